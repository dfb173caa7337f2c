"""Talk, wrap, resolution and patience as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.network.distributions import Distributions
from cxsim.rules import ivr_steps
from cxsim.schema.network import (
    PATIENCE_DTYPE,
    SKILL_DTYPE,
)

if TYPE_CHECKING:
    from cxsim.randomness.distributions import Law
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.scenario import Skill


def shares(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Cumulative shares of the segments in the issues that are drawn, those of seats that are empty among them."""
    shares = np.cumsum([segment.share * segment.crowd for segment in scenario.segments.values()])
    return shares if all(segment.crowd == 1.0 for segment in scenario.segments.values()) else shares / shares[-1]


def patience(scenario: Scenario, laws: Distributions) -> npt.NDArray[np.void]:
    rows = np.zeros((len(scenario.channels), len(scenario.reasons), len(scenario.segments)), PATIENCE_DTYPE)
    for c, channel in enumerate(scenario.channels.values()):
        for r, reason in enumerate(scenario.reasons.values()):
            for s, segment in enumerate(scenario.segments.values()):
                law, factor = ivr_steps.patience(channel, reason, segment)
                balk = channel.balk if reason.balk is None or channel.deferrable else reason.balk
                rows[c, r, s] = (factor, balk, laws.number(law))
    return rows.reshape(-1)


def skills(scenario: Scenario, laws: Distributions) -> npt.NDArray[np.void]:
    """Skills by reason, queue and group; who has none there, as after an overflow, works at the usual pace."""
    reasons = list(scenario.reasons.values())
    resolution = np.array([reason.resolution for reason in reasons])
    usual = np.zeros((len(reasons), len(scenario.queues)), SKILL_DTYPE)
    usual["talking"] = usual["wrapping"] = 1.0
    usual["resolution"] = np.clip(resolution, 0.0, 1.0)[:, None]
    usual["talk"] = _by_queue(scenario, "talk", laws.number)
    usual["wrap"] = _by_queue(scenario, "wrap", laws.number)
    rows = np.repeat(usual[:, :, None], len(scenario.groups), axis=2)
    talk, wrap = _means(scenario)
    for q, g, skill in _held(scenario):
        mine = rows[:, q, g]
        mine["talking"], mine["wrapping"] = ivr_steps.paces(skill, talk[:, q], wrap[:, q])
        if (own := skill.resolution) is not None:
            mine["resolution"] = np.clip(resolution + own.points if own.share is None else own.share, 0.0, 1.0)
    return rows.reshape(-1)


def handle_times(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Mean talk and wrap (R, Q, G) of each group's agents with a reason's contacts in a queue, in seconds."""
    talk, wrap = _means(scenario)
    out = np.repeat((talk + wrap)[:, :, None], len(scenario.groups), axis=2)
    for q, g, skill in _held(scenario):
        talking, wrapping = ivr_steps.paces(skill, talk[:, q], wrap[:, q])
        out[:, q, g] = talk[:, q] * talking + wrap[:, q] * wrapping
    return out


def _held(scenario: Scenario) -> Iterator[tuple[int, int, Skill]]:
    """The queue, the group and what it says of each skill."""
    place = {name: q for q, name in enumerate(scenario.queues)}
    for g, group in enumerate(scenario.groups.values()):
        for name, skill in group.skills.items():
            yield place[name], g, skill


def _means(scenario: Scenario) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean talk and wrap (R, Q) of a reason's contacts in a queue, in seconds; wrap is 0 where there is none."""

    def mean(law: Law | None) -> float:
        return law.mean if law else 0.0

    return _by_queue(scenario, "talk", mean), _by_queue(scenario, "wrap", mean)


def _by_queue(scenario: Scenario, part: str, value: Callable[[Law | None], float]) -> npt.NDArray[np.float64]:
    """A value of the laws of talk or wrap (R, Q): that of the queue, where it has a law of its own (`laws_in`)."""
    out = np.repeat([[value(getattr(reason, part))] for reason in scenario.reasons.values()], len(scenario.queues), 1)
    for q, queue in enumerate(scenario.queues.values()):
        if own := getattr(queue, part):
            out[:, q] = value(own)
    return out
