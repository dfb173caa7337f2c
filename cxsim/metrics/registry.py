"""The registry: every figure that the program knows, by name, in the order of the tables.

A figure is a name for a sum, or for one sum over another. The sums ("columns") are what the fold keeps for
each interval; `numerator` and `denominator` are written as column names joined by `+` and `-`. The rows stand in
`catalogue`, by subject: a new figure is a row there.
"""

from __future__ import annotations

from cxsim.metrics.catalogue import agents, automation, care, contacts, issues, money, service_level, shares, times
from cxsim.metrics.figure import Direction, Figure

_SUBJECTS = (contacts, service_level, shares, times, issues, care, automation, agents, money)
REGISTRY: dict[str, Figure] = {figure.name: figure for subject in _SUBJECTS for figure in subject.ROWS}


def better(figure: str) -> Direction:
    """1 when more of the figure is better for customers or budget, -1 when less is, 0 when neither, or not known."""
    return REGISTRY[figure].better if figure in REGISTRY else 0


def terms(expression: str) -> tuple[tuple[str, int], ...]:
    """Split 'a + b - c' into (('a', 1), ('b', 1), ('c', -1))."""
    found: list[tuple[str, int]] = []
    sign = 1
    for word in expression.split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            found.append((word, sign))
    return tuple(found)
