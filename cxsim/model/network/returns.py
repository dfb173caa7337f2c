"""Reasons, and what follows an attempt, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model.network.distributions import Distributions
from cxsim.randomness import draws
from cxsim.rules import ivr_steps
from cxsim.schema.names import (
    CAUSES,
)
from cxsim.schema.network import (
    AFTERS,
    REASON_DTYPE,
    RETURN_DTYPE,
    WAY_DTYPE,
)

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.scenario import Redial, Repeat


def reasons(
    scenario: Scenario, names: dict[str, list[str]], laws: Distributions, first_steps: dict[str, int]
) -> npt.NDArray[np.void]:
    rows = np.zeros(len(scenario.reasons), REASON_DTYPE)
    for r, (name, reason) in enumerate(scenario.reasons.items()):
        queue = -1 if reason.flow else names["queue"].index(reason.queue)
        rows[r] = (
            draws.name_hash(name),
            queue,
            laws.number(reason.talk),
            first_steps.get(reason.flow or "", -1),
            ivr_steps.day_and_night(scenario, name),
        )
    return rows


def returns(
    scenario: Scenario, laws: Distributions, names: dict[str, list[str]], steps: dict[str, int], exits: list[Any]
) -> npt.NDArray[np.void]:
    """What may follow each end of an attempt; where the next one begins is added to the exits."""
    rows = np.zeros((len(scenario.reasons), AFTERS), RETURN_DTYPE)
    for r, reason in enumerate(scenario.reasons.values()):
        says = reason.after_contact
        rules: list[Redial | Repeat] = [getattr(says, cause) for cause in CAUSES]
        for k, rule in enumerate(rules):
            # A delay of "never" is no return at all.
            share = rule.chance if laws.number(rule.delay) >= 0 else 0.0
            keeps = (rule.patience == "keep", rule.work == "keep")
            ways = _begun(rule.next, names, steps, exits)
            rows[r, k] = (share, max(0, laws.number(rule.delay)), rule.at_most, *keeps, *ways)
    return rows.reshape(-1)


def _begun(
    shares: dict[str, float], names: dict[str, list[str]], steps: dict[str, int], exits: list[Any]
) -> tuple[int, int]:
    """The rows, added to the exits, of where attempts begin."""
    first, total = len(exits), 0.0
    for place, part in shares.items():
        total += part
        to = (ivr_steps.TO_STEP, steps[place]) if place in steps else (ivr_steps.TO_QUEUE, names["queue"].index(place))
        exits.append((total, 0.0, 1.0, *to, -1, 0, False))
    return first, len(exits)


def hops(
    scenario: Scenario,
    returns: npt.NDArray[np.void],
    names: dict[str, list[str]],
    steps: dict[str, int],
    exits: list[Any],
) -> npt.NDArray[np.void]:
    """Where attempts of each segment begin, if any has its own ways."""
    own = [[getattr(segment.next, cause) for cause in CAUSES] for segment in scenario.segments.values()]
    rows = np.zeros((len(own), len(scenario.reasons), AFTERS) if any(map(any, own)) else 0, WAY_DTYPE)
    for s in range(len(rows)):
        rows[s]["first"], rows[s]["last"] = (returns[key].reshape(rows[s].shape) for key in ("first", "last"))
        for k, shares in enumerate(own[s]):
            if shares:
                rows[s, :, k] = _begun(shares, names, steps, exits)
    return rows.reshape(-1)


def begins(
    scenario: Scenario, names: dict[str, list[str]], steps: dict[str, int], exits: list[Any]
) -> npt.NDArray[np.void]:
    """Where the first attempts of each segment begin, if any says so."""
    own = [segment.begins for segment in scenario.segments.values()]
    rows = np.zeros(len(own) if any(own) else 0, WAY_DTYPE)
    for row, shares in zip(rows, own, strict=False):
        row["first"], row["last"] = _begun(shares, names, steps, exits)
    return rows
