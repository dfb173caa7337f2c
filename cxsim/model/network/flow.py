"""The contact flow as arrays: steps, the ways out of each by reason, gates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.model.network.distributions import Distributions
from cxsim.randomness import draws
from cxsim.rules import ivr_steps
from cxsim.schema.names import ESTIMATORS
from cxsim.schema.network import OPENING_DTYPE, STEP_DTYPE, UNLIMITED, WAY_DTYPE

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario import Scenario


def flow(
    scenario: Scenario, timeline: Timeline, names: dict[str, list[str]], laws: Distributions
) -> tuple[Any, Any, Any, Any, dict[str, int]]:
    """Steps, the ways out of each by reason, their exits, the times of gates, and the number of each step."""
    program = ivr_steps.steps(scenario)
    number = {name: k for k, name in enumerate(program)}
    node = {name: k for k, name in enumerate(scenario.flow)}
    queue = {name: q for q, name in enumerate(names["queue"])}
    channels = list(scenario.channels)
    rows = np.zeros(len(program), STEP_DTYPE)
    ways = np.zeros((len(program), len(scenario.reasons)), WAY_DTYPE)
    exits: list[tuple[Any, ...]] = []

    def put(way: ivr_steps.Exit, upto: float, k: int) -> int:
        """Add a way out of step k to the exits; its row."""
        to = (number if way.kind == ivr_steps.TO_STEP else queue).get(way.to, -1)
        holds = k if way.holds else -1
        exits.append((upto, way.saves, way.pace, way.kind, to, holds, way.flags, way.retold))
        return len(exits) - 1

    spans: list[tuple[float, float]] = []
    for k, step in enumerate(program.values()):
        channel = channels.index(scenario.flow[step.node].channel)
        gate, first, gap, outage = step.gate, len(spans), math.inf, 0
        for d, day in enumerate(timeline.dates if gate is not None else ()):
            held = sorted(gate.spans(day)) if gate is not None else []
            spans += [(timeline.at(d, a), timeline.at(d, b)) for a, b in held]
        if gate is not None and gate.availability < 1.0 and gate.outage is not None:
            gap = gate.outage.mean * gate.availability / (1.0 - gate.availability)
            outage = laws.number(gate.outage)
        inside = number[step.inside] if step.inside else -1
        least = (ESTIMATORS.index(step.least.estimator), step.least.random) if step.least else (-1, 0)
        down = 1.0 - gate.availability if gate else 0.0
        rows[k] = (
            step.hang_up,
            laws.number(step.law),
            node[step.node],
            channel,
            inside,
            UNLIMITED if step.capacity is None else step.capacity,
            -1 if step.full is None else put(step.full, 1.0, k),
            *least,
            first,
            len(spans),
            gap,
            down,
            outage,
            draws.name_hash(step.node),
        )
        for r, reason in enumerate(scenario.reasons):
            first, total = len(exits), 0.0
            for way in step.exits.get(reason, ()):
                total += way.chance
                put(way, total, k)
            ways[k, r] = (first, len(exits))
    return rows, ways.reshape(-1), exits, np.array(spans, OPENING_DTYPE), number
