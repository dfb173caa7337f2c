"""One column of a shift program, and rows that columns share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.structure import Row
from cxsim.optimizer.shifts.patterns import Pattern
from cxsim.scenario.model.optimizing import Contract, optimizing

if TYPE_CHECKING:
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """People of group `group` (its number) who work `pattern` on counted day `day`; `name` is one of today's people."""

    group: int
    day: int
    pattern: Pattern
    fixed: int | None = None  # so many of today's shifts that stay
    name: str | None = None


def contracts_of(scenario: Scenario, group: str) -> dict[str, Contract]:
    """The contracts that a group has, by name; '' where the scenario names none."""
    asked = optimizing(scenario).shifts
    if asked is None or not asked.contracts:
        return {"": Contract()}
    return {name: one for name, one in asked.contracts.items() if not one.groups or group in one.groups}


def share_rows(
    people: npt.NDArray[np.int64],
    mine: Mapping[str, npt.NDArray[np.bool_]],
    contracts: Mapping[str, Contract],
    on: str,
) -> list[Row]:
    """Shares and numbers of contracts among the columns `people`; `mine` says which are a contract's."""
    out: list[Row] = []
    for name, contract in contracts.items():
        at = f"contracts.{name}"
        share = mine[name].astype(np.float64)
        if contract.share.min > 0.0:
            out.append((people, share - contract.share.min, 0.0, np.inf, f"{at}.share.min{on}"))
        if contract.share.max < 1.0:
            out.append((people, share - contract.share.max, -np.inf, 0.0, f"{at}.share.max{on}"))
        own = people[mine[name]]
        if contract.min > 0:
            out.append((own, np.ones(len(own)), float(contract.min), np.inf, f"{at}.min{on}"))
        if contract.max is not None:
            out.append((own, np.ones(len(own)), -np.inf, float(contract.max), f"{at}.max{on}"))
    return out
