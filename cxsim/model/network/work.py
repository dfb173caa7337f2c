"""Talk, wrap, resolution and patience as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.network.distributions import Distributions
from cxsim.rules import contact_times, ivr_steps
from cxsim.schema.network import (
    MEETING_DTYPE,
    NEVER_MET,
    PATIENCE_DTYPE,
    SKILL_DTYPE,
)

if TYPE_CHECKING:
    from cxsim.randomness.distributions import Law
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.scenario import Skill

Ints = npt.NDArray[np.int64]


def shares(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Cumulative shares of the segments in the issues that are drawn, those of seats that are empty among them."""
    shares = np.cumsum([segment.share * segment.crowd for segment in scenario.segments.values()])
    return shares if all(segment.crowd == 1.0 for segment in scenario.segments.values()) else shares / shares[-1]


def patience(scenario: Scenario, laws: Distributions) -> npt.NDArray[np.void]:
    rows = np.zeros((len(scenario.channels), len(scenario.reasons), len(scenario.segments)), PATIENCE_DTYPE)
    for c, channel in enumerate(scenario.channels.values()):
        for r, reason in enumerate(scenario.reasons.values()):
            for s, segment in enumerate(scenario.segments.values()):
                law, factor = contact_times.patience(channel, reason, segment)
                balk = channel.balk if reason.balk is None or channel.deferrable else reason.balk
                rows[c, r, s] = (factor, balk, laws.number(law))
    return rows.reshape(-1)


def meetings(scenario: Scenario) -> Ints:
    """The (reason, queue) pairs (M, 2) that meet: the queues to which contacts of a reason can come; in order."""
    place = {name: q for q, name in enumerate(scenario.queues)}
    found = [
        (r, place[queue])
        for r, name in enumerate(scenario.reasons)
        for queue in ivr_steps.handed_on(scenario, *ivr_steps.queues_of(scenario, name))
    ]
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def places(scenario: Scenario, met: Ints) -> npt.NDArray[np.void]:
    """Where in `skills`, flattened, those of each reason and queue begin (R × Q,)."""
    rows = np.zeros((len(scenario.reasons), len(scenario.queues)), MEETING_DTYPE)
    rows["first"] = NEVER_MET
    rows["first"][met[:, 0], met[:, 1]] = len(scenario.groups) * np.arange(len(met))
    return rows.reshape(-1)


def skills(scenario: Scenario, laws: Distributions, met: Ints) -> npt.NDArray[np.void]:
    """Skills by meeting and group; who has none there, as after an overflow, works at the usual pace."""
    resolution = np.array([reason.resolution for reason in scenario.reasons.values()])[met[:, 0]]
    usual = np.zeros(len(met), SKILL_DTYPE)
    usual["talking"] = usual["wrapping"] = 1.0
    usual["resolution"] = np.clip(resolution, 0.0, 1.0)
    usual["talk"] = _by_meeting(scenario, met, "talk", laws.number)
    usual["wrap"] = _by_meeting(scenario, met, "wrap", laws.number)
    rows = np.repeat(usual[:, None], len(scenario.groups), axis=1)
    talk, wrap = _means(scenario, met)
    for here, g, skill in _held(scenario, met):
        rows["talking"][here, g], rows["wrapping"][here, g] = contact_times.paces(skill, talk[here], wrap[here])
        if (own := skill.resolution) is not None:
            share = resolution[here] + own.points if own.share is None else own.share
            rows["resolution"][here, g] = np.clip(share, 0.0, 1.0)
    return rows


def handle_times(scenario: Scenario, met: Ints) -> npt.NDArray[np.float64]:
    """Mean talk and wrap (meeting, group) of each group's agents with a reason's contacts in a queue, in seconds."""
    talk, wrap = _means(scenario, met)
    out = np.repeat((talk + wrap)[:, None], len(scenario.groups), axis=1)
    for here, g, skill in _held(scenario, met):
        talking, wrapping = contact_times.paces(skill, talk[here], wrap[here])
        out[here, g] = talk[here] * talking + wrap[here] * wrapping
    return out


def _held(scenario: Scenario, met: Ints) -> Iterator[tuple[Ints, int, Skill]]:
    """The meetings, the group and what it says of each skill."""
    order = np.argsort(met[:, 1], kind="stable")
    ends = np.searchsorted(met[order, 1], np.arange(len(scenario.queues) + 1))
    here = {name: order[ends[q] : ends[q + 1]] for q, name in enumerate(scenario.queues)}
    for g, group in enumerate(scenario.groups.values()):
        for name, skill in group.skills.items():
            yield here[name], g, skill


def _means(scenario: Scenario, met: Ints) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean talk and wrap of each meeting, in seconds; wrap is 0 where there is none."""

    def mean(law: Law | None) -> float:
        return law.mean if law else 0.0

    return _by_meeting(scenario, met, "talk", mean), _by_meeting(scenario, met, "wrap", mean)


def _by_meeting(
    scenario: Scenario, met: Ints, part: str, value: Callable[[Law | None], float]
) -> npt.NDArray[np.float64]:
    """A value of the laws of talk or wrap: that of the queue, where it has a law of its own (`laws_in`)."""
    out = np.array([value(getattr(reason, part)) for reason in scenario.reasons.values()])[met[:, 0]]
    for q, queue in enumerate(scenario.queues.values()):
        if own := getattr(queue, part):
            out[met[:, 1] == q] = value(own)
    return out
