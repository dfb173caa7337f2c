"""A lower bound, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.fluid import Fluid


@dataclass(frozen=True)
class Bound:
    """No plan costs less than `value` (money).

    `status` says whether that is proved; `method` which relaxation it is; `near` in what the scenario differs from the
    relaxation's model, in words, where the bound is heuristic.
    """

    value: float
    status: Literal["rigorous", "heuristic"]
    method: Literal["fluid", "chain", "pooled", "slopes"]
    near: tuple[str, ...] = ()
    program: Fluid | None = field(default=None, repr=False)  # the answer of the pooled program
