"""Agents required by queue and interval: Erlang C or A, by the load present rather than the load that arrives.

The load lags behind the arrivals by the length of the contacts (the modified offered load of Jennings, Mandelbaum,
Massey & Whitt, Management Science 42(10), 1996): m(t) = ∫ λ(t - u) P(S > u) du, with the law of the handle time as
it is. Repeats and redials arrive with the delays that the scenario states. Work of a deferrable queue whose time target
is longer than an interval is not needed when it comes: it is done as evenly as its time target allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.erlang.vectorised import figures, least_agents
from cxsim.model.handle_times import mean_factors
from cxsim.model.prepare import Model, prepare
from cxsim.optimizer.fluid.backlog import waiting_streams
from cxsim.optimizer.fluid.contact_flows import Flows, flows
from cxsim.optimizer.problem.levelled import due_by, levelled
from cxsim.rules.contact_times import laws_in

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.randomness.distributions import Law
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
POINTS = 128  # of an interval, at which the law of the handle time is read
ROUNDS = 4  # of load, agents, abandonment, redials
HALVINGS = 40
LEAST_LOAD = 1e-9


def requirements(
    scenario: Scenario, *, lagged: bool = True, returns: bool = True, model: Model | None = None, seed: int = 1
) -> pd.DataFrame:
    """Agents that each queue needs by itself for its SL target (or the scenario's), by open interval.

    Columns: queue, interval, `offered_per_hour`, `load` (Erlangs, mean over the interval, lagged unless told
    otherwise), `agents` (fractional: where Erlang's SL, continued between whole numbers, meets the target; below one
    agent it may be a fraction of one) and `agents_whole`. Of queues whose work can wait longer than an interval, load
    and agents are those who do it as evenly as the time target allows. `returns`: repeats of unresolved contacts, as
    the groups that the queue's contacts try first resolve them, and redials of those that Erlang has abandon. `model`
    is that of the scenario, if it is at hand. Erlang C where nobody gives up or the queue says so.
    """
    import pandas as pd

    made = prepare(scenario, seed) if model is None else model
    stream = flows(made)
    handle, failing = _first_choice(scenario, stream)
    asked = [queue.target.sl if queue.target else None for queue in scenario.queues.values()]
    share = np.array([goal.share if goal else scenario.sl.share for goal in asked])
    by_c = np.array([queue.agents_needed == "erlang_c" for queue in scenario.queues.values()])
    typical = handle * mean_factors(stream.lengthened, stream.fresh)
    kernels = [_busy(made, r, typical[r], stream) if lagged else None for r in range(len(handle))]
    offered = stream.fresh
    gone = np.zeros_like(offered)
    for _ in range(ROUNDS if returns else 1):
        if returns:
            offered = _with_returns(stream, offered, gone, failing)
        seconds = np.where(stream.open_seconds > 0.0, stream.open_seconds, np.inf)
        work = offered * handle[:, None] * stream.lengthened
        load = np.stack([row if k is None else _lag(row, k) for row, k in zip(work, kernels, strict=True)]) / seconds
        table = _agents(made, stream, offered, load, handle, share, by_c)
        gone = np.where(np.isnan(table["gone"]), 0.0, table["gone"])[stream.queue_of]
    queues, intervals = np.nonzero(np.broadcast_to(stream.open_seconds > 0.0, table["load"].shape))
    labels = np.array(made.layout.labels[: table["load"].shape[1]], dtype=object)
    _later(made, stream, offered * handle[:, None] * stream.lengthened, table)
    return pd.DataFrame(
        {
            "queue": np.array(made.layout.queues, dtype=object)[queues],
            "interval": labels[intervals],
            "offered_per_hour": table["offered"][queues, intervals],
            "load": table["load"][queues, intervals],
            "agents": table["agents"][queues, intervals],
            "agents_whole": table["whole"][queues, intervals],
        }
    )


def _later(model: Model, stream: Flows, work: Floats, table: dict[str, Floats]) -> None:
    """Agents of queues that are planned by their backlog, in place of Erlang's; `work` (R, I) in seconds."""
    waits, timeline = waiting_streams(model.scenario, stream), model.timeline
    opened = np.flatnonzero(stream.open_seconds > 0.0)
    for q in np.unique(stream.queue_of[waits]):
        within = model.layout.within[q]
        comes = work[waits & (stream.queue_of == q)].sum(axis=0)[opened]
        period = timeline.counted_to - timeline.counted_from if timeline.days_before else 0.0
        due = due_by(model.layout.edges[opened], stream.length, within, period)
        done = levelled(comes, stream.open_seconds[opened], due, period > 0.0)
        agents = np.zeros(stream.shape[2])
        agents[opened] = done / stream.open_seconds[opened]
        table["load"][q], table["agents"][q], table["whole"][q] = agents, agents, np.ceil(agents - 1e-6)


def _first_choice(scenario: Scenario, stream: Flows) -> tuple[Floats, Floats]:
    """Handle time of each stream with the groups that its contacts try first, and the share left unresolved."""
    handle, failing = np.ones(len(stream.reasons)), np.zeros(len(stream.reasons))
    groups, queues = list(scenario.groups.values()), list(scenario.queues)
    for r, q in enumerate(stream.queue_of):
        able = np.flatnonzero(stream.able[r])
        if not able.size:
            continue
        skills = [groups[g].skills.get(queues[q]) for g in able]
        order = np.array([skill.order or skill.rank if skill else 1 << 30 for skill in skills])
        first = able[order == order.min()]
        handle[r], failing[r] = stream.handle[r, first].mean(), stream.failing[r, first].mean()
    return handle, failing


def _with_returns(stream: Flows, offered: Floats, gone: Floats, failing: Floats) -> Floats:
    """Fresh contacts, repeats and redials, given the share of each reason's contacts that give up."""
    moved = stream.moved.sum(axis=2) / np.maximum(stream.able.sum(axis=1), 1)[:, None]
    for _ in range(30):
        served = offered * (1.0 - gone)
        back = stream.redials(offered * gone) + stream.repeats(served * failing[:, None])
        offered = stream.fresh + back + moved.T @ served
    return offered


def busy_shares(law: Law, length: float, count: int, scale: float = 1.0) -> Floats:
    """Of the work of contacts that begin evenly over an interval, the shares done 0, 1, … intervals later.

    The law's values times `scale`; Σ shares is 1 but for work beyond `count` intervals.
    """
    step = length / POINTS
    edges = np.arange(count * POINTS + 1) * step
    surviving = 1.0 - law.cdf((edges[:-1] + step / 2) / scale)
    done = np.concatenate([[0.0], np.cumsum(surviving) * step])  # ∫ P(S > u) du
    starts = (np.arange(POINTS) + 0.5) * step
    ends = np.arange(1, count + 1)[:, None] * length - starts
    until = np.interp(ends, edges, done).mean(axis=1)
    return np.diff(np.concatenate([[0.0], until])) / (law.mean * scale)


def _busy(model: Model, r: int, handle: float, stream: Flows) -> Floats | None:
    """The shares of a reason's work done so many intervals after the contact; None where nothing lags."""
    reason = list(model.scenario.reasons.values())[int(stream.mix[r].argmax())]
    talk = laws_in(reason, list(model.scenario.queues.values())[int(stream.queue_of[r])])[0]
    if stream.steady or not 0.0 < talk.mean < np.inf or handle <= 0.0:
        return None
    # Talk and wrap together as the law of the talk, stretched to the mean of both.
    count = min(model.timeline.n_intervals, 1 + int(np.ceil(20.0 * handle / model.timeline.interval)))
    return busy_shares(talk, model.timeline.interval, count, handle / talk.mean)


def _lag(work: Floats, shares: Floats) -> Floats:
    return np.convolve(work, shares)[: work.size]


def _agents(
    model: Model,
    stream: Flows,
    offered: Floats,
    load: Floats,
    handle: Floats,
    share: Floats,
    by_c: npt.NDArray[np.bool_],
) -> dict[str, Floats]:
    """The reasons of a queue together, and what Erlang says of them; queue × interval, NaN for no load."""
    shape = (share.size, load.shape[1])
    sums = np.zeros((4, *shape))
    giving_up = offered / np.where(np.isfinite(stream.patience), stream.patience, np.inf)[:, None]
    times = handle[:, None] * stream.lengthened
    for k, part in enumerate((load, load / times, offered, giving_up)):
        np.add.at(sums[k], stream.queue_of, part)
    loads, rate, contacts, leaving = sums
    there = loads > LEAST_LOAD
    mean = loads[there] / rate[there]
    rates = rate[there]
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody leaves
        patience = np.where(leaving[there] > 0.0, contacts[there] / leaving[there], np.inf)
    queue = np.nonzero(there)[0]
    patience = np.where(by_c[queue], np.inf, patience)
    within = model.layout.within[queue]
    definition, short = model.layout.definition, model.layout.short_abandon
    goal = np.minimum(share[queue], 1.0 - 1e-9)
    whole = least_agents(rates, mean, patience, goal, within, definition, short)
    low, high = np.zeros(whole.size), whole.copy()
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        sl = figures(rates, mean, patience, middle, within, definition, short)[0]
        met = sl >= goal
        low, high = np.where(met, low, middle), np.where(met, middle, high)
    gone = figures(rates, mean, patience, high, within, definition, short)[2]
    hours = np.where(stream.open_seconds > 0.0, stream.open_seconds, np.inf) / 3600.0
    out = {"load": loads, "offered": contacts / hours}
    for name, value in (("agents", high), ("whole", whole), ("gone", gone)):
        out[name] = np.where(there, 0.0, 0.0 if name != "gone" else np.nan)
        out[name][there] = value
    return out
