"""A lower bound, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WORTH_PRINTING = 0.3  # the largest gap that says something


@dataclass(frozen=True)
class Bound:
    """No plan costs less than `value` (money).

    `status` says whether that is proved; `method` which relaxation it is; `near` in what the scenario differs from the
    relaxation's model, in words, where the bound is heuristic.
    """

    value: float
    status: Literal["rigorous", "heuristic"]
    method: Literal["fluid", "chain", "pooled"]
    near: tuple[str, ...] = ()
