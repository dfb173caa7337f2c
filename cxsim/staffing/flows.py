"""The flows of contacts as a planner sees them: what comes, who can do it, how long it takes, what comes back.

Everything is an expected value over the counted time: R reasons, G groups, I intervals. In steady state, where all
intervals are alike, the whole counted time is one interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.demand import expected_of
from cxsim.distributions import Law
from cxsim.flow import patience
from cxsim.horizon import reachable

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from cxsim.model import Model
    from cxsim.scenario import Scenario
    from cxsim.scenario.models import Redial, Repeat

Floats = npt.NDArray[np.float64]
POINTS = 32  # of an interval, at which the law of a delay is read
LEAST_SHARE = 1e-4  # of the returns of an interval that is worth an entry of its own


@dataclass(frozen=True, eq=False)
class Flows:
    """Fresh contacts, work, resolution and returns; seconds, contacts an interval, shares.

    `handle` (R, G) is infinite where a group cannot serve. `redial[r][i, j]` is the share of the contacts lost in
    interval i that try again in j, `repeat[r][i, j]` that of the contacts left unresolved in i.
    """

    reasons: tuple[str, ...]
    groups: tuple[str, ...]
    queue_of: npt.NDArray[np.int64]  # (R,)
    fresh: Floats  # (R, I)
    handle: Floats  # (R, G)
    resolution: Floats  # (R, G)
    patience: Floats  # (R,) mean; infinite where nobody gives up
    availability: Floats  # (G,)
    open_seconds: Floats  # (I,)
    redial: tuple[csr_array, ...]
    repeat: tuple[csr_array, ...]
    within: Floats  # (R,) of the queue's SL
    definition: str
    short: float
    returning: Floats  # (R,) at most this share of the contacts of a reason come back
    at_most: npt.NDArray[np.int64]  # (R,) attempts
    steady: bool

    @property
    def able(self) -> npt.NDArray[np.bool_]:
        """Which groups can serve which reasons, (R, G)."""
        return np.isfinite(self.handle)

    @property
    def shape(self) -> tuple[int, int, int]:
        """R, G, I."""
        return (*self.handle.shape, self.fresh.shape[1])


def flows(model: Model, fresh: Floats | None = None) -> Flows:
    """The flows of a model; `fresh` (R, counted intervals) in place of its own expected fresh contacts.

    Returns that fall in closed hours come at the next opening, or are lost, as the scenario says; those after the
    end are lost, or, where days before the horizon are simulated, come at its beginning as those of a like week.
    Contacts that overflow to another queue are served by its groups as by their own. The limit on the attempts of an
    issue, balking, and capacities of queues and lines are left out. Chats take the share of an agent that
    they take at the number at a time at which most work is done.
    """
    scenario, timeline, layout = model.scenario, model.timeline, model.layout
    reasons = list(scenario.reasons.values())
    queues, groups = list(scenario.queues), list(scenario.groups)
    work = np.array([reason.talk.mean + (reason.wrap.mean if reason.wrap else 0.0) for reason in reasons])
    skill = model.network["skills"].reshape(len(reasons), len(queues), len(groups))
    handle, resolution = np.full((len(reasons), len(groups)), math.inf), np.zeros((len(reasons), len(groups)))
    for r, reason in enumerate(reasons):
        for q in reachable(scenario, reason.queue):
            for g in layout.serves[queues.index(q)]:
                if math.isinf(handle[r, g]):
                    here = skill[r, queues.index(q), g]
                    several = _at_a_time(scenario, q)
                    handle[r, g] = max(1e-3, work[r] * float(here["handle"]) / several)
                    resolution[r, g] = float(here["resolution"])
    volume = expected_of(model.demand, timeline) if fresh is None else fresh
    seconds = timeline.open_seconds
    if timeline.steady:
        volume, seconds = volume.sum(axis=1, keepdims=True), seconds.sum(keepdims=True)
    own = np.where(np.isfinite(handle), handle, 0.0).sum(axis=1) / np.maximum(np.isfinite(handle).sum(axis=1), 1)
    worst = np.where(np.isfinite(handle), resolution, 1.0).min(axis=1)
    rules = [reason.after_contact for reason in reasons]
    return Flows(
        reasons=tuple(scenario.reasons),
        groups=tuple(groups),
        queue_of=np.array([queues.index(reason.queue) for reason in reasons]),
        fresh=volume,
        handle=handle,
        resolution=resolution,
        patience=_patience(scenario),
        availability=np.array([group.availability for group in scenario.groups.values()]),
        open_seconds=seconds,
        redial=tuple(_kernel(model, rule.abandoned, 0.0) for rule in rules),
        repeat=tuple(_kernel(model, rule.unresolved, own[r]) for r, rule in enumerate(rules)),
        within=np.array([layout.within[queues.index(reason.queue)] for reason in reasons]),
        definition=layout.definition,
        short=layout.short_abandon,
        returning=np.array(
            [max(x.abandoned.chance, x.unresolved.chance * (1.0 - low)) for x, low in zip(rules, worst, strict=True)]
        ),
        at_most=np.array([min(rule.abandoned.at_most, rule.unresolved.at_most) for rule in rules]),
        steady=timeline.steady,
    )


def _at_a_time(scenario: Scenario, queue: str) -> float:
    """How much work an agent does at best in the time of one contact: k at a time, each so much slower."""
    channel = scenario.channels[scenario.queues[queue].channel]
    paces = channel.slowdown or (1.0,)
    return max((k + 1) / paces[min(k, len(paces) - 1)] for k in range(channel.concurrent))


def _patience(scenario: Scenario) -> Floats:
    """Mean patience of each reason: 1 over the mean rate of giving up of its segments."""
    out = []
    for reason in scenario.reasons.values():
        channel, rate = scenario.channels[scenario.queues[reason.queue].channel], 0.0
        for segment in scenario.segments.values():
            law, factor = patience(channel, reason, segment)
            mean = math.inf if law is None else law.mean * factor
            rate += segment.share / max(mean, 1e-6)
        out.append(1.0 / rate if rate > 0.0 else math.inf)
    return np.array(out)


def lag_shares(law: Law, length: float, count: int, after: float = 0.0) -> Floats:
    """The shares of delays that end 0, 1, … `count` - 1 intervals later, begun evenly over an interval.

    With H the integral of the law's distribution function, the second differences of H at multiples of the
    interval's `length`, over `length`. `after` seconds pass before the delay begins.
    """
    points = (np.arange(count * POINTS) + 0.5) * (length / POINTS)
    total = np.concatenate([[0.0], np.cumsum(law.cdf(points - after).reshape(count, POINTS).mean(axis=1))])
    ahead = np.diff(total)  # share of delays shorter than k + 1 intervals, averaged over that interval
    return np.maximum(np.diff(np.concatenate([[0.0], ahead])), 0.0)


def _kernel(model: Model, rule: Redial | Repeat, after: float) -> csr_array:
    """Shares of an interval's failed contacts that come back in each interval, (I, I)."""
    from scipy.sparse import csr_array

    timeline = model.timeline
    if timeline.steady:
        return csr_array(np.array([[rule.chance if math.isfinite(rule.delay.mean) else 0.0]]))
    n = timeline.n_intervals
    if rule.chance == 0.0 or rule.delay.name == "never":
        return csr_array((n, n))
    shares = rule.chance * lag_shares(rule.delay, timeline.interval, n, after)
    lags = np.flatnonzero(shares > LEAST_SHARE * rule.chance)
    lost = model.scenario.closed_hours.then == "lost"
    cyclic = timeline.days_before > 0
    is_open = np.flatnonzero(timeline.open_mask)
    begun, lag = (part.ravel() for part in np.meshgrid(is_open, lags, indexing="ij"))
    due, kept = begun + lag, shares[lag]
    due, inside = (due % n, np.ones(due.shape, bool)) if cyclic else (due, due < n)
    begun, due, kept = begun[inside], due[inside], kept[inside]
    place = np.searchsorted(is_open, due)
    shut = ~timeline.open_mask[due]
    fits = (place < is_open.size) | cyclic
    fits &= ~(shut & lost)
    to = is_open[place % is_open.size]
    return csr_array((kept[fits], (begun[fits], to[fits])), shape=(n, n))
