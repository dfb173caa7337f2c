"""What the rows of a plan say: who comes and goes."""

from __future__ import annotations

# In the order they act when simultaneous: the first three leave, the others come.
(
    FALL,  # a headcount falls to `count`
    LEAVE,  # `agent` ends a shift
    BREAK_BEGINS,
    RISE,  # a headcount rises to `count`
    COME,  # `agent` begins a shift
    BREAK_ENDS,
) = range(6)
