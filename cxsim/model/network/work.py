"""Talk, wrap, resolution and patience as arrays."""

from __future__ import annotations

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
    from cxsim.scenario import Scenario


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
    rows = np.zeros((len(scenario.reasons), len(scenario.queues), len(scenario.groups)), SKILL_DTYPE)
    for r, reason in enumerate(scenario.reasons.values()):
        for q, (name, queue) in enumerate(scenario.queues.items()):
            talk, wrap = ivr_steps.laws_in(reason, queue)
            numbers = (laws.number(talk), laws.number(wrap))
            for g, group in enumerate(scenario.groups.values()):
                skill, resolution = group.skills.get(name), reason.resolution
                if skill is not None and skill.resolution is not None:
                    solves = skill.resolution
                    resolution = reason.resolution + solves.points if solves.share is None else solves.share
                rows[r, q, g] = (*ivr_steps.paces(skill, talk, wrap), min(1.0, max(0.0, resolution)), *numbers)
    return rows.reshape(-1)


def handle_times(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Mean talk and wrap (R, Q, G) of each group's agents with a reason's contacts in a queue, in seconds."""
    out = np.zeros((len(scenario.reasons), len(scenario.queues), len(scenario.groups)))
    for r, reason in enumerate(scenario.reasons.values()):
        for q, (name, queue) in enumerate(scenario.queues.items()):
            talk, wrap = ivr_steps.laws_in(reason, queue)
            for g, group in enumerate(scenario.groups.values()):
                talking, wrapping = ivr_steps.paces(group.skills.get(name), talk, wrap)
                out[r, q, g] = talk.mean * talking + (wrap.mean * wrapping if wrap else 0.0)
    return out
