"""Customers and agents as individuals, as arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.struct_arrays import Book
from cxsim.randomness import draws
from cxsim.randomness.inverse_cdf import inverse_normal
from cxsim.schema.names import (
    ENDINGS,
    OTHERS,
)
from cxsim.schema.network import (
    CARE_DTYPE,
    CONDUCT_DTYPE,
    EFFORT_DTYPE,
    FEELING_DTYPE,
    LOYALTY_DTYPE,
    MARKET_DTYPE,
    NETWORK,
    TEAM_DTYPE,
)

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.experience import Experience

LEAST_FACTOR = 1e-12  # of what makes nobody leave


def customers(scenario: Scenario, seed: int) -> dict[str, npt.NDArray[Any]]:
    """Who the customers are, and what they make of what happens to them."""
    markets = np.zeros(len(scenario.segments), MARKET_DTYPE)
    first = 0
    for row, (name, segment) in zip(markets, scenario.segments.items(), strict=True):
        seats = segment.seats
        empty = math.inf if segment.replaced_after is None else segment.replaced_after
        row["first"], row["seats"], row["customers"] = first, seats, segment.customers or 0
        row["unevenness"], row["empty"], row["leaves"] = segment.unevenness, empty, segment.churn
        row["priority"], row["value"], row["hash"] = segment.priority, segment.value, draws.name_hash(name)
        known = scenario.routing.preferred_agent
        group = known.get(name, known.get(OTHERS))
        row["preferred"] = -1 if group is None else list(scenario.groups).index(group)
        row["preferred_key"] = draws.child(np.uint64(draws.child(draws.name_hash("preferred"), seed)), row["hash"])
        first += seats
    said = scenario.experience
    feelings = np.array(
        [(getattr(said.churn, how), getattr(said.promoters, how), getattr(said.detractors, how)) for how in ENDINGS],
        FEELING_DTYPE,
    )
    memory = said.memory
    loyalty = np.array(
        [
            (
                *effort_points(scenario),
                *(
                    math.log(2.0) / each if each else 0.0
                    for each in (memory.fades, memory.patience_halves, memory.churn_doubles)
                ),
                memory.restored,
                said.word_of_mouth.brings,
                said.word_of_mouth.warns,
                *(said.posts.praises, said.posts.complains, said.posts.reach, said.posts.wins, said.posts.loses),
                *_expected(said),
                *(
                    math.log(max(factor, LEAST_FACTOR))
                    for factor in (
                        said.loyalty.discourtesy,
                        said.loyalty.hold,
                        said.loyalty.broken,
                        said.loyalty.kept,
                        said.loyalty.compensated,
                    )
                ),
            )
        ],
        LOYALTY_DTYPE,
    )
    return {"markets": markets, "feelings": feelings, "loyalty": loyalty}


def _expected(said: Experience) -> tuple[float, float]:
    """The wait that customers expect (NaN where waits are not judged), and the tolerance, in seconds."""
    if said.expectations is None:
        return math.nan, 0.0
    wait = said.expectations.wait
    return math.inf if wait is None else wait, said.expectations.tolerance


def habits(scenario: Scenario) -> dict[str, npt.NDArray[np.void]]:
    """Holds, lessons and communities by reason, courtesy and compensation by group."""
    care = np.zeros(len(scenario.reasons), CARE_DTYPE)
    for row, reason in zip(care, scenario.reasons.values(), strict=True):
        row["hold"] = reason.hold
        if (one := reason.learning) is not None:
            row["fed_back"], row["prevents"], row["gain"] = one.fed_back, one.prevents, one.resolution
            row["rate"], row["delay"] = one.rate, one.delay
            row["spreads"] = math.log(2.0) / one.spreads if one.spreads else 0.0
        if (those := reason.community) is not None:
            row["helps"], row["helps_most"], row["grows"] = those.helps, those.helps_most, those.rate
    conduct = np.zeros(len(scenario.groups), CONDUCT_DTYPE)
    for row, group in zip(conduct, scenario.groups.values(), strict=True):
        row["courtesy"] = group.courtesy
        if (rule := group.empowerment) is not None:
            row["budget"], row["given"], row["decides"], row["misuse"] = (
                rule.budget,
                rule.given,
                rule.decides,
                rule.misuse,
            )
    return {"care": care, "conduct": conduct}


def effort_points(scenario: Scenario) -> tuple[float, ...]:
    """The weights of effort, in points, in the order of EFFORT_DTYPE; of a wait by the second."""
    given = scenario.experience.effort
    names = EFFORT_DTYPE.names or ()
    return tuple(given.wait_minute / 60.0 if name == "wait" else getattr(given, name) for name in names)


def redrawn(net: Book, scenario: Scenario, plan: Plan, seed: int, replication: int) -> Book:
    """The network with the people of one replication, where they are drawn again in each; else the same."""
    if not scenario.staff.redraw_agents:
        return net
    return NETWORK.book(**net.arrays | {"team": team_of(scenario, plan.first_seat, seed, replication)})


def team_of(
    scenario: Scenario, first_seat: npt.NDArray[np.int64], seed: int, replication: int | None = None
) -> npt.NDArray[np.void]:
    """Agents as individuals: a lognormal handle-time factor of mean 1, a normal shift of the chance to resolve.

    Where a group says so, each has been there for an exponential time, and is that far from experienced.
    Seats of group g are first_seat[g] .. first_seat[g + 1] - 1; who sits on one depends on group and seat alone, and
    where agents are drawn again in each replication, on its number.
    """
    rows = np.zeros(int(first_seat[-1]), TEAM_DTYPE)
    root = draws.child(draws.name_hash("team"), seed)
    if replication is not None:
        root = draws.child(np.uint64(root), replication)
    for g, (name, group) in enumerate(scenario.groups.items()):
        sigma = math.sqrt(math.log1p(group.spread.handle_time**2))
        own_name = draws.name_hash(name)
        for seat in range(int(first_seat[g + 1] - first_seat[g])):
            key = np.uint64(draws.child(own_name, seat))
            own = np.uint64(draws.child(np.uint64(root), key))
            speed = inverse_normal(draws.uniform(own, draws.TRAIT_SPEED)) if sigma > 0.0 else 0.0
            solving = 0.0
            if group.spread.resolution > 0.0:
                solving = inverse_normal(draws.uniform(own, draws.TRAIT_RESOLUTION)) * group.spread.resolution
            handle = math.exp(sigma * speed - 0.5 * sigma * sigma)
            if group.tenure is not None:
                slower, less = group.tenure.of(draws.uniform(own, draws.TRAIT_AGE))
                handle, solving = handle * slower, solving + less
            rows[first_seat[g] + seat] = (handle, solving, key, g, seat)
    return rows
