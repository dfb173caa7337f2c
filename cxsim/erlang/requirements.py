"""Agents required by queue and interval, and Erlang's answer beside the simulated one.

Erlang looks at each queue and interval alone. It is told contacts: the fresh ones that are expected, and the
redials and repeats that were simulated, mean of the replications. It is told a handle time: that of each reason
and segment over the whole run, by the factors of the scenario's `handle_times` if there are any, weighted by the
contacts of the interval; an interval of its own only where `MANY` contacts of the queue were served in it, so that
chance does not move the answer from one interval to the next. And it is told the mean patience of those contacts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cxsim.erlang.vectorised import figures, least_agents
from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.model.by_time import by_interval
from cxsim.model.demand import expected_of
from cxsim.rules.contact_times import handle_time, patience
from cxsim.rules.ivr_steps import reached

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.metrics import Sample
    from cxsim.model.prepare import Model
    from cxsim.scenario import Scenario

Floats = NDArray[np.float64]

BALANCING_ROUNDS = 60
MANY = 10_000  # contacts served over all replications whose mean handle time is known to a percent or so
_AGAIN = ("redial", "repeat", "transferred_in", "called_back", "turns", "consults")
_SUMS = ("fresh", *_AGAIN, "callbacks", "served", "talk", "wrap")


@dataclass(frozen=True, eq=False)
class _Work:
    """What Erlang is told, queue × interval; of use only where there are contacts (`there`).

    `rate` is contacts per open second; times in seconds; `patience` infinite where nobody gives up.
    """

    there: NDArray[np.bool_]
    rate: Floats
    handle_time: Floats
    patience: Floats
    share: Floats
    within: Floats
    open_share: Floats  # by interval


def required_agents(model: Model, samples: Sequence[Sample]) -> Floats:
    """Whole agents that each queue needs for its SL target (or the scenario's), queue × interval.

    By Erlang A or C as `agents_needed` of the queue says; by C where nobody gives up. NaN where the center is
    closed or nobody makes contact.
    """
    work = _work(model, samples)
    by_c = np.array([queue.agents_needed == "erlang_c" for queue in model.scenario.queues.values()])
    patience = np.where(by_c[:, None], np.inf, work.patience)
    answer = np.full(work.rate.shape, np.nan)
    answer[work.there] = _least(model, work, patience)
    return answer


def erlang_table(model: Model, samples: Sequence[Sample]) -> pd.DataFrame:
    """Erlang C and A for each queue and interval with contacts, to stand beside the simulated figures.

    `agents` are those planned in the groups that serve the queue, each group divided among its queues so that
    work per agent is as even as skills allow; so they need not be whole. `agents_required_*` are whole agents for the
    SL target, `sl_*` and `abandoned_*` shares, `wait_*` the ASA in seconds. Where Erlang C grows without end,
    its SL is 0 and its wait infinite.
    """
    import pandas as pd

    work = _work(model, samples)
    there = work.there
    queues, intervals = np.nonzero(there)
    agents = _agents(model, work)[there]
    layout = model.layout
    never = np.full(work.rate.shape, np.inf)

    def erlang(patience: Floats) -> tuple[Floats, Floats, Floats]:
        told = (work.rate[there], work.handle_time[there], patience[there], agents, work.within[there])
        return figures(*told, layout.definition, layout.short_abandon)

    sl_c, wait_c, _ = erlang(never)
    sl_a, wait_a, abandoned_a = erlang(work.patience)
    return pd.DataFrame(
        {
            "queue": np.array(layout.queues, dtype=object)[queues],
            "interval": np.array(layout.labels, dtype=object)[intervals],
            "agents": agents,
            "agents_required_c": _least(model, work, never),
            "agents_required_a": _least(model, work, work.patience),
            "sl_erlang_c": sl_c,
            "sl_erlang_a": sl_a,
            "wait_erlang_c": wait_c,
            "wait_erlang_a": wait_a,
            "abandoned_erlang_a": abandoned_a,
        }
    )


def divided_agents(model: Model, samples: Sequence[Sample]) -> Floats:
    """The agents that `erlang_table` gives each queue, by the group they come from: group × queue × interval.

    Not whole numbers; 0 where the center is closed.
    """
    work = _work(model, samples)
    return np.where(work.open_share > 0, _divided(model, work), 0.0)


class Told(NamedTuple):
    """What Erlang C is told, queue × interval: 0 contacts where there are none or the center is closed.

    `rate` is contacts per open second, times in seconds, `agents` as `erlang_table` gives them.
    """

    rate: Floats
    handle_time: Floats
    agents: Floats
    within: Floats
    open_seconds: Floats


def told(model: Model, samples: Sequence[Sample]) -> Told:
    """What `erlang_table` tells Erlang C."""
    work = _work(model, samples)
    seconds = np.broadcast_to(model.timeline.open_seconds, work.rate.shape)
    return Told(np.where(work.there, work.rate, 0.0), work.handle_time, _agents(model, work), work.within, seconds)


def erlang_c(model: Model, told: Told, figure: str, queues: Sequence[int]) -> float:
    """A figure of Erlang C over all intervals of these queues, weighted by contacts; the occupancy by agents.

    `figure` is sl, asa (infinite where one interval has more work than agents), abandoned_share or occupancy. NaN
    without contacts.
    """
    here = np.zeros(told.rate.shape, dtype=bool)
    here[list(queues)] = told.rate[list(queues)] > 0.0
    if not here.any():
        return math.nan
    rate, handle_time, agents, within, seconds = (one[here] for one in told)
    contacts = rate * seconds
    if figure == "abandoned_share":
        return 0.0
    if figure == "occupancy":
        able = float((agents * seconds).sum())
        return float((np.minimum(rate * handle_time, agents) * seconds).sum()) / able if able > 0.0 else 0.0
    layout = model.layout
    patient = np.full(rate.shape, np.inf)
    sl, wait, _ = figures(rate, handle_time, patient, agents, within, layout.definition, layout.short_abandon)
    return float((contacts * {"sl": sl, "asa": wait}[figure]).sum() / contacts.sum())


def _least(model: Model, work: _Work, patience: Floats) -> Floats:
    """The fewest agents, for the cells with contacts in order."""
    at = work.there
    definition, short = model.layout.definition, model.layout.short_abandon
    told = (work.rate[at], work.handle_time[at], patience[at], work.share[at], work.within[at])
    return least_agents(*told, definition, short)


def _work(model: Model, samples: Sequence[Sample]) -> _Work:
    layout, scenario = model.layout, model.scenario
    sums = _means(samples)
    queue_of, reason_of, segment_of = layout.streams.T

    def by_queue(of_stream: Floats) -> Floats:
        total = np.zeros((len(layout.queues), layout.n_intervals))
        np.add.at(total, queue_of, of_stream)
        return total

    open_seconds = model.timeline.open_seconds
    is_open = open_seconds > 0
    of_segment = np.array([segment.share for segment in scenario.segments.values()])
    fresh = expected_of(model.demand, model.timeline)[reason_of] * of_segment[segment_of][:, None]
    by_flow = np.array([bool(reached(scenario, name)[0]) for name in scenario.reasons])[reason_of]
    fresh = np.where(by_flow[:, None], sums["fresh"], fresh)  # to which queue they come is known by simulation
    again = sum(sums[name] for name in _AGAIN) - sums["callbacks"]
    offered = np.maximum(fresh + again, 0.0) * (queue_of >= 0)[:, None]
    contacts = by_queue(offered)
    weights = offered / np.where(contacts > 0, contacts, 1.0)[queue_of]

    def mixed(of_stream: Sequence[float] | Floats) -> Floats:
        # Nobody of a stream, times a mean that may be infinite, is nothing.
        means, nothing = np.array(of_stream).reshape(len(weights), -1), np.zeros_like(weights)
        return by_queue(np.multiply(weights, means, out=nothing, where=weights > 0))

    work, all_served = sums["talk"] + sums["wrap"], sums["served"].sum(axis=1)
    by_law = np.array(_law_handle_times(scenario, queue_of, reason_of))
    factors = by_interval(model.network, model.timeline)[reason_of]
    plain = (sums["served"] * factors).sum(axis=1)  # contacts, each as long as it takes at factor 1
    of_run = np.where(all_served > 0, work.sum(axis=1) / np.where(all_served > 0, plain, 1.0), by_law)
    served = by_queue(sums["served"])
    own = by_queue(work) / np.where(served > 0, served, 1.0)
    handle_time = np.where(served * len(samples) >= MANY, own, mixed(of_run[:, None] * factors))
    goals = [queue.target.sl if queue.target else None for queue in scenario.queues.values()]
    shares = np.array([goal.share if goal else scenario.sl.share for goal in goals])
    shape = contacts.shape
    return _Work(
        there=(contacts > 0) & (handle_time > 0) & is_open,
        rate=contacts / np.where(is_open, open_seconds, np.inf),
        handle_time=handle_time,
        patience=mixed(_law_patience(scenario, queue_of, reason_of, segment_of)),
        share=np.broadcast_to(shares[:, None], shape),
        within=np.broadcast_to(layout.within[:, None], shape),
        open_share=np.clip(open_seconds / np.diff(layout.edges), 0.0, 1.0),
    )


def _means(samples: Sequence[Sample]) -> dict[str, Floats]:
    """Means over the replications of the sums that are needed, stream × interval each."""
    columns = [CONTACT_COLUMNS.index(name) for name in _SUMS]
    total = np.zeros_like(samples[0].contacts[columns])
    for sample in samples:
        total += sample.contacts[columns]
    return dict(zip(_SUMS, total / len(samples), strict=True))


def _law_handle_times(scenario: Scenario, queue_of: NDArray[np.int64], reason_of: NDArray[np.int64]) -> list[float]:
    """Mean talk and wrap of each stream as the scenario states them, whoever serves."""
    reasons, queues = list(scenario.reasons.values()), list(scenario.queues.values())
    return [handle_time(reasons[r], queues[q]) for q, r in zip(queue_of, reason_of, strict=True)]


def _law_patience(
    scenario: Scenario, queue_of: NDArray[np.int64], reason_of: NDArray[np.int64], segment_of: NDArray[np.int64]
) -> list[float]:
    """Mean patience of each stream."""
    reasons, segments = list(scenario.reasons.values()), list(scenario.segments.values())
    queues = list(scenario.queues.values())
    means = []
    for q, r, s in zip(queue_of, reason_of, segment_of, strict=True):
        law, factor = patience(scenario.channels[queues[q].channel], reasons[r], segments[s])
        means.append(law.mean * factor if law is not None else np.inf)
    return means


def _agents(model: Model, work: _Work) -> Floats:
    """Planned agents of each queue while it is open: groups divided so that loads are as even as skills allow."""
    return np.asarray(_divided(model, work).sum(axis=0))


def _divided(model: Model, work: _Work) -> Floats:
    """Planned agents by group, queue and interval, each group divided among its queues."""
    scenario, plan = model.scenario, model.plan
    groups = scenario.groups.values()
    serves = np.array([[queue in group.skills for queue in scenario.queues] for group in groups])
    load = np.where(work.there, work.rate * work.handle_time, 0.0)
    of_group = serves.astype(np.float64) @ load
    # Who is there in an interval that is open in part is there while it is open.
    present = plan.present / np.where(work.open_share > 0, work.open_share, 1.0)
    present = np.minimum(present, np.diff(plan.first_seat)[:, None])
    # Groups whose queues are all empty are divided evenly.
    parts = np.where(of_group[:, None] > 0, load, 1.0) * serves[:, :, None]
    for _ in range(BALANCING_ROUNDS):
        agents = np.einsum("gqi,gi->qi", parts, present / np.maximum(parts.sum(axis=1), 1e-300))
        # A queue with more work per agent than others gets a larger part of every group that serves it.
        parts *= np.sqrt(np.where((load > 0) & (agents > 0), load / np.maximum(agents, 1e-300), 1.0))
        parts /= np.maximum(parts.max(axis=1, keepdims=True), 1e-300)
    return np.asarray(parts * (present / np.maximum(parts.sum(axis=1), 1e-300))[:, None, :])
