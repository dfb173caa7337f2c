"""Queues with their transfers, callbacks and channels as arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model.network.distributions import Distributions
from cxsim.model.network.routing import row_range
from cxsim.rules import contact_times, ivr_steps
from cxsim.schema.names import (
    AGENTS_DIAL,
    DIALS_AHEAD,
    ESTIMATORS,
    HANDING,
    NOT_DIALLED,
    OTHERS,
    TRANSFERS,
    TURN,
)
from cxsim.schema.network import (
    CALLBACK_DTYPE,
    CHANNEL_DTYPE,
    LEAVING_DTYPE,
    NEVER_GIVES_UP,
    OWN_PATIENCE,
    QUEUE_DTYPE,
    STAGE_DTYPE,
    TRANSFER_DTYPE,
    UNLIMITED,
    WAY_DTYPE,
)

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.people import Queue


def channels(scenario: Scenario) -> dict[str, npt.NDArray[Any]]:
    rows, paces = np.zeros(len(scenario.channels), CHANNEL_DTYPE), list[float]()
    for row, one in zip(rows, scenario.channels.values(), strict=True):
        row["lines"], row["slots"] = UNLIMITED if one.lines is None else one.lines, one.concurrent
        row["first_pace"] = len(paces)
        said = one.slowdown or (1.0,)
        paces += [said[min(k, len(said) - 1)] for k in range(one.concurrent)]
    return {"channels": rows, "paces": np.array(paces)}


def time_allowed(scenario: Scenario, queue: Queue) -> float:
    """The wait within which a contact is answered in time, in seconds: by the queue's target, else by the scenario."""
    target = queue.target.sl if queue.target else None
    return target.within if target else scenario.sl.within


def queues(
    scenario: Scenario, names: dict[str, list[str]], by_queue: npt.NDArray[np.void]
) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    stages: list[tuple[float, int]] = []
    rows = np.zeros(len(scenario.queues), QUEUE_DTYPE)
    asked = {one.to for queue in scenario.queues.values() for one in queue.transfers if one.kind == "consult"}
    for q, (name, queue) in enumerate(scenario.queues.items()):
        first = len(stages)
        for overflow in queue.overflow:
            to = names["queue"].index(overflow.to_queue) if overflow.to_queue else -1
            stages.append((overflow.after, to))
        capacity = UNLIMITED if queue.capacity is None else queue.capacity
        channel = scenario.channels[queue.channel]
        hands_on = bool(queue.transfers) or queue.turns is not None
        open_ended = channel.interruptible or hands_on or queue.callback is not None or name in asked
        open_ended |= queue.outbound is not None or any(one.customers for one in scenario.segments.values())
        open_ended |= ivr_steps.decides(scenario)
        dialled = NOT_DIALLED
        if queue.outbound is not None:
            dialled = DIALS_AHEAD if queue.outbound.mode == "predictive" else AGENTS_DIAL
        kind = (
            list(scenario.channels).index(queue.channel),
            channel.day_and_night,
            channel.interruptible,
            channel.deferrable,
            hands_on,
            open_ended,
            channel.concurrent,
            dialled,
        )
        kinds = (
            "channel",
            "day_and_night",
            "interruptible",
            "deferrable",
            "hands_on",
            "open_ended",
            "slots",
            "outbound",
        )
        ranges = ("capacity", "first_stage", "last_stage", "first_match", "last_match")
        given = (capacity, first, len(stages), *row_range(by_queue, "queue", q))
        for key, value in zip((*ranges, *kinds), (*given, *kind), strict=True):
            rows[key][q] = value
        if scenario.routing.policy:  # else nobody asks, and a sweep over targets need not compile anew
            rows["within"][q] = time_allowed(scenario, queue)
    return np.array(stages, STAGE_DTYPE), rows


def transfers(scenario: Scenario, names: dict[str, list[str]], laws: Distributions) -> dict[str, npt.NDArray[Any]]:
    """Who hands what on, by queue, reason and of which contacts."""
    ways = np.zeros((len(scenario.queues), len(scenario.reasons), len(HANDING)), WAY_DTYPE)
    rows: list[tuple[Any, ...]] = []
    for q, queue in enumerate(scenario.queues.values()):
        if not queue.transfers and queue.turns is None:
            ways[q] = (len(rows), len(rows))
            continue
        for r, reason in enumerate(scenario.reasons):
            for k, when in enumerate(HANDING):
                first, total = len(rows), 0.0
                for one in queue.transfers:
                    share = one.share.get(reason, one.share.get(OTHERS, 0.0))
                    if one.when == when and share > 0.0:
                        total += share
                        to, kind = names["queue"].index(one.to), TRANSFERS.index(one.kind)
                        rows.append(
                            (
                                total,
                                one.talk,
                                one.talk_after,
                                one.retold,
                                laws.number(one.handover),
                                to,
                                kind,
                                one.keeps_place,
                                one.if_idle,
                            )
                        )
                again = queue.turns.share.get(reason, queue.turns.share.get(OTHERS, 0.0)) if queue.turns else 0.0
                if queue.turns is not None and when == "always" and again > 0.0:
                    think = laws.number(queue.turns.think)
                    rows.append((total + again, 1.0, 1.0, 0.0, think, q, TURN, False, False))
                ways[q, r, k] = (first, len(rows))
    return {"handing": ways.reshape(-1), "transfers": np.array(rows, TRANSFER_DTYPE)}


def waiting(
    scenario: Scenario,
    rows: npt.NDArray[np.void],
    laws: Distributions,
    volumes: npt.NDArray[np.float64],
    longer: npt.NDArray[np.float64],
) -> dict[str, npt.NDArray[Any]]:
    """What customers who must wait are told and offered; filled into the queues' rows.

    By reason, `volumes` are contacts and `longer` the mean factor of the intervals on handle times.
    """
    leavings: list[tuple[float, float]] = []
    callbacks: list[tuple[Any, ...]] = []
    met: dict[str, list[int]] = {name: [] for name in scenario.queues}  # the reasons, by number
    for r, reason_name in enumerate(scenario.reasons):
        for queue_name in ivr_steps.handed_on(scenario, *ivr_steps.queues_of(scenario, reason_name, False)):
            met[queue_name].append(r)
    reasons = list(scenario.reasons.values())
    for row, (name, queue) in zip(rows, scenario.queues.items(), strict=True):
        channel = scenario.channels[queue.channel]
        weight = time = leaving = 0.0
        for r in met[name]:
            for segment in scenario.segments.values():
                part = (volumes[r] + 1e-9) * segment.share
                law, factor = contact_times.patience(channel, reasons[r], segment)
                mean = math.inf if law is None else law.mean * factor
                weight += part
                time += part * contact_times.handle_time(reasons[r], queue) * longer[r]
                leaving += part / max(mean, 1.0)
        row["handle_time"], row["giving_up"] = (time / weight, leaving / weight) if weight > 0.0 else (0.0, 0.0)
        row["told_factor"], row["told_law"], row["callback"] = 1.0, OWN_PATIENCE, -1
        row["first_leaving"] = len(leavings)
        told = queue.announces
        if told is not None:
            row["announces"], row["estimator"] = True, ESTIMATORS.index(told.estimator)
            leavings += [(one.over, one.share) for one in told.leaves]
            if isinstance(told.patience, float):
                row["told_factor"] = told.patience
            elif told.patience is not None:
                number = laws.number(told.patience)
                row["told_law"] = NEVER_GIVES_UP if number < 0 else number
        row["last_leaving"] = len(leavings)
        if queue.callback is not None:
            one = queue.callback
            row["callback"] = len(callbacks)
            usual = told.estimator if told is not None else ESTIMATORS[0]
            numbers = [laws.number(law) for law in (one.after, one.dial, one.retry, None)]
            how = (one.tries, ESTIMATORS.index(one.estimator or usual))
            callbacks.append((one.over, one.accepted, one.reached, *numbers, 1.0, 1.0, *how))
        if queue.outbound is not None:
            each = queue.outbound
            row["callback"] = len(callbacks)
            numbers = [laws.number(law) for law in (None, each.dial, each.retry, each.preview)]
            callbacks.append((math.inf, 0.0, each.reached, *numbers, each.ahead, each.dropped_at_most, each.tries, 0))
    return {"leavings": np.array(leavings, LEAVING_DTYPE), "callbacks": np.array(callbacks, CALLBACK_DTYPE)}
