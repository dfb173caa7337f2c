"""The flows of contacts as a planner sees them: what comes, who can do it, how long it takes, what comes back.

Everything is an expected value over the counted time: R streams, G groups, I intervals. A stream is a reason in one of
the queues that its contacts come to; without a contact flow and transfers each reason is one stream. Where that makes
many, the streams of a queue are one. In steady state, where all intervals are alike, the whole counted time is one
interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model.by_time import by_interval
from cxsim.model.demand import expected_of
from cxsim.model.handle_times import mean_factors
from cxsim.model.shares_by_time import availability
from cxsim.optimizer.fluid.first_queues import first_queues
from cxsim.randomness.distributions import Law
from cxsim.rules import contact_rules
from cxsim.rules.contact_times import laws_in, patience
from cxsim.rules.ivr_steps import overflows, queue_shares, queues_of, reached
from cxsim.schema.names import OTHERS

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from cxsim.model.prepare import Model
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.people import Transfer
    from cxsim.scenario.model.scenario import Reason, Redial, Repeat

Floats = npt.NDArray[np.float64]
POINTS = 32  # of an interval, at which the law of a delay is read
LEAST_SHARE = 1e-4  # of the returns of an interval that is worth an entry of its own
MOST_STREAMS = 12  # above which those of a queue are one
MOST_DELAYS = 100_000  # pairs of intervals between which contacts come back


@dataclass(frozen=True, eq=False)
class Flows:
    """Fresh contacts, work, resolution and returns; seconds, contacts an interval, shares.

    `handle` (R, G) is infinite where a group cannot serve; `lengthened` (R, I) is the factor on it in each interval.
    `resolution` is the share of the contacts served whose issue is resolved there, `moved` (R from, R to, G) the share
    that goes on to another stream at once. `redial[r][i, j]` is the share of the contacts lost in interval i that try
    again in j, `repeat[r][i, j]` that of the contacts left unresolved in i; `redial_to` and `repeat_to` (R from, R to)
    say in which stream.
    """

    reasons: tuple[str, ...]  # what streams are called: the reason, with its queue where it comes to several; the queue
    groups: tuple[str, ...]
    mix: Floats  # (R, reasons), shares of the reasons in each stream
    queue_of: npt.NDArray[np.int64]  # (R,)
    fresh: Floats  # (R, I)
    handle: Floats  # (R, G)
    lengthened: Floats  # (R, I)
    resolution: Floats  # (R, G)
    moved: Floats  # (R, R, G)
    patience: Floats  # (R,) mean; infinite where nobody gives up
    availability: Floats  # (G, I)
    open_seconds: Floats  # (I,)
    redial: tuple[csr_array, ...]
    repeat: tuple[csr_array, ...]
    redial_to: Floats  # (R, R)
    repeat_to: Floats  # (R, R)
    within: Floats  # (R,) of the queue's SL
    definition: str
    short: float
    returning: Floats  # (R,) at most this share of the contacts of a reason come back
    at_most: npt.NDArray[np.int64]  # (R,) attempts
    staying_away: Floats  # (R, 2) share of the contacts lost, and of those left unresolved, that do not come back
    steady: bool

    @property
    def able(self) -> npt.NDArray[np.bool_]:
        """Which groups can serve which streams, (R, G)."""
        return np.isfinite(self.handle)

    @property
    def shape(self) -> tuple[int, int, int]:
        """R, G, I."""
        return (*self.handle.shape, self.fresh.shape[1])

    @property
    def length(self) -> float:
        """Mean seconds of an open interval; infinite where none is open."""
        opened = self.open_seconds > 0.0
        return float(self.open_seconds[opened].mean()) if opened.any() else math.inf

    def deferred(self, within: Floats) -> npt.NDArray[np.bool_]:
        """Which streams (R,) can be answered in a later interval and still be `within` (R,) seconds."""
        return np.asarray((self.patience > self.length) & (within >= self.length) & (not self.steady))

    def handle_in(self, i: Any = slice(None)) -> Floats:
        """Handle times in intervals, (R, G, intervals)."""
        return self.handle[:, :, None] * self.lengthened[:, None, i]

    @property
    def going_on(self) -> Floats:
        """The share of the contacts served that goes on to another stream, (R, G)."""
        return np.asarray(self.moved.sum(axis=1))

    @property
    def failing(self) -> Floats:
        """The share of the contacts served that ends unresolved, (R, G)."""
        return np.maximum(1.0 - self.resolution - self.going_on, 0.0)

    @property
    def dense(self) -> bool:
        """Whether returns are spread over too many intervals to follow, in a program, from who serves."""
        return bool(sum(kernel.nnz for kernel in (*self.redial, *self.repeat)) > MOST_DELAYS)

    def settled(self) -> tuple[Floats, Floats, Floats]:
        """Contacts offered, redials and repeats (R, I) were all served, by each group that can alike."""
        many = np.maximum(self.able.sum(axis=1), 1)
        failing = np.where(self.able, self.failing, 0.0).sum(axis=1) / many
        moved = self.moved.sum(axis=2) / many[:, None]
        offered, repeats = self.fresh, np.zeros_like(self.fresh)
        for _ in range(30):
            repeats = self.repeats(failing[:, None] * offered)
            offered = self.fresh + repeats + moved.T @ offered
        return offered, np.zeros_like(offered), repeats

    def redials(self, lost: Floats) -> Floats:
        """What comes again of contacts lost (R, I), by stream and interval."""
        return np.asarray(self.redial_to.T @ np.stack([lost[r] @ kernel for r, kernel in enumerate(self.redial)]))

    def repeats(self, unresolved: Floats) -> Floats:
        """What comes again of contacts left unresolved (R, I), by stream and interval."""
        came = np.stack([unresolved[r] @ kernel for r, kernel in enumerate(self.repeat)])
        return np.asarray(self.repeat_to.T @ came)


def flows(model: Model, fresh: Floats | None = None) -> Flows:
    """The flows of a model; `fresh` (R, counted intervals) in place of its own expected fresh contacts.

    Returns that fall in closed hours come at the next opening, or are lost, as the scenario says; those after the
    end are lost, or, where days before the horizon are simulated, come at its beginning as those of a like week. So is
    what comes while it is closed and waits. Resolution that changes by interval is its mean over the fresh contacts. To
    which queues a contact flow leads, and when, is seen in a sample, with all tries that end before a queue.
    Contacts that overflow to another queue are served by its groups as by their own. The limit on the attempts of an
    issue, balking, leaving on an announcement, calls back, tries to reach who is on a list, and capacities of queues
    and lines are left out. Chats take the share of an agent that they take at the number at a time at which most work
    is done.
    """
    scenario, timeline, layout = model.scenario, model.timeline, model.layout
    reasons, names = list(scenario.reasons.values()), list(scenario.reasons)
    queues, groups = list(scenario.queues), list(scenario.groups)
    pairs, skills = _streams(scenario), model.network["skills"]
    solved = mean_factors(by_interval(model.network, timeline, "solving"), expected_of(model.demand, timeline))
    handle, resolution = np.full((len(pairs), len(groups)), math.inf), np.zeros((len(pairs), len(groups)))
    for row, (r, own) in enumerate(pairs):
        for q in overflows(scenario, queues[own]):
            for g in layout.serves[queues.index(q)]:
                if math.isinf(handle[row, g]):
                    here = skills[contact_rules.skill_of(model.network.record, r, queues.index(q), int(g))]
                    resolution[row, g] = min(1.0, float(here["resolution"]) * solved[r])
                    factors = (float(here["talking"]), float(here["wrapping"]))
                    work = _work(scenario, reasons[r], names[r], queues[own], float(resolution[row, g]), factors)
                    handle[row, g] = max(1e-3, work / _at_a_time(scenario, q))
    moved, time = _moved(model, pairs, handle, resolution)
    resolution *= 1.0 - _handed(scenario, names, queues, pairs, "always")[:, None]
    volume = _fresh(model, pairs) if fresh is None else fresh
    seconds = timeline.open_seconds
    lengthened = by_interval(model.network, timeline)[[r for r, _ in pairs]]
    there = availability(scenario, timeline)
    if timeline.steady:
        lengthened, there = lengthened.mean(axis=1, keepdims=True), there.mean(axis=1, keepdims=True)
        volume, seconds = volume.sum(axis=1, keepdims=True), seconds.sum(keepdims=True)
    own_time = np.where(np.isfinite(handle), handle, 0.0).sum(axis=1) / np.maximum(np.isfinite(handle).sum(axis=1), 1)
    worst = np.where(np.isfinite(handle), resolution, 1.0).min(axis=1)
    rules = [reasons[r].after_contact for r, _ in pairs]
    several = {r for r, _ in pairs if sum(other == r for other, _ in pairs) > 1}
    found = Flows(
        reasons=tuple(f"{names[r]} in {queues[q]}" if r in several else names[r] for r, q in pairs),
        groups=tuple(groups),
        mix=np.eye(len(reasons))[[r for r, _ in pairs]],
        queue_of=np.array([q for _, q in pairs]),
        fresh=volume,
        handle=handle,
        lengthened=lengthened,
        resolution=resolution,
        moved=moved,
        patience=_patience(scenario, [(reasons[r], queues[q]) for r, q in pairs]),
        availability=there,
        open_seconds=seconds,
        redial=tuple(_kernel(model, rule.abandoned, 0.0) for rule in rules),
        repeat=tuple(_kernel(model, rule.unresolved, own_time[k]) for k, rule in enumerate(rules)),
        redial_to=_to(scenario, names, queues, pairs, "abandoned"),
        repeat_to=_to(scenario, names, queues, pairs, "unresolved"),
        within=np.array([layout.within[q] for _, q in pairs]),
        definition=layout.definition,
        short=layout.short_abandon,
        returning=np.array(
            [max(x.abandoned.chance, x.unresolved.chance * (1.0 - low)) for x, low in zip(rules, worst, strict=True)]
        ),
        at_most=np.array([min(rule.abandoned.at_most, rule.unresolved.at_most) for rule in rules]),
        staying_away=1.0 - np.array([(rule.abandoned.chance, rule.unresolved.chance) for rule in rules]),
        steady=timeline.steady,
    )
    if moved.any():  # what is handed on takes longer there, or less: on average over all who come
        stays = found.settled()[0].sum(axis=1)
        found = replace(found, handle=np.maximum(1e-3, handle + ((stays @ time) / np.maximum(stays, 1e-9))[:, None]))
    return found if len(pairs) <= MOST_STREAMS else _by_queue(found, queues)


def _by_queue(found: Flows, names: list[str]) -> Flows:
    """The same with the streams of each queue as one, weighted by how many contacts come to them."""
    queues = np.unique(found.queue_of)
    member = (found.queue_of == queues[:, None]).astype(np.float64)
    weight = member * np.maximum(found.settled()[0].sum(axis=1), 1e-9)
    weight /= weight.sum(axis=1, keepdims=True)
    able = (member @ found.able) > 0.0
    served = weight[:, :, None] * found.able
    served /= np.maximum(served.sum(axis=1, keepdims=True), 1e-300)
    work = np.einsum("qrg,rg->qg", served, np.where(found.able, found.handle, 0.0))
    leaving = weight @ (1.0 / found.patience)

    def mixed(kernels: tuple[csr_array, ...]) -> tuple[csr_array, ...]:
        return tuple(
            sum((w * k for w, k in zip(row, kernels, strict=True) if w > 0.0), 0.0 * kernels[0]).tocsr()
            for row in weight
        )

    return replace(
        found,
        reasons=tuple(names[q] for q in queues),
        mix=weight @ found.mix,
        queue_of=queues,
        fresh=member @ found.fresh,
        handle=np.where(able, work, math.inf),
        lengthened=weight @ found.lengthened,
        resolution=np.einsum("qrg,rg->qg", served, found.resolution),
        moved=np.einsum("qrg,rsg,ps->qpg", served, found.moved, member),
        patience=np.divide(1.0, leaving, out=np.full(len(queues), math.inf), where=leaving > 0.0),
        redial=mixed(found.redial),
        repeat=mixed(found.repeat),
        redial_to=weight @ found.redial_to @ member.T,
        repeat_to=weight @ found.repeat_to @ member.T,
        within=np.array([found.within[found.queue_of == q][0] for q in queues]),
        returning=np.array([found.returning[found.queue_of == q].max() for q in queues]),
        at_most=np.array([found.at_most[found.queue_of == q].max() for q in queues]),
        staying_away=weight @ found.staying_away,
    )


def _streams(scenario: Scenario) -> list[tuple[int, int]]:
    """(reason, queue) of each stream."""
    out, queues = [], list(scenario.queues)
    for r, name in enumerate(scenario.reasons):
        found = queues_of(scenario, name)
        for queue in found:
            found += dict.fromkeys(one.to for one, _ in _transfer_rows(scenario, queue, name) if one.to not in found)
        out += [(r, q) for q in sorted(map(queues.index, found))]
    return out


def _transfer_rows(scenario: Scenario, queue: str, reason: str) -> list[tuple[Transfer, float]]:
    """What agents of a queue hand on of a reason's contacts, with the shares."""
    rows = [(one, one.share.get(reason, one.share.get(OTHERS, 0.0))) for one in scenario.queues[queue].transfers]
    return [(one, share) for one, share in rows if share > 0.0]


def _handed(scenario: Scenario, names: list[str], queues: list[str], pairs: list[tuple[int, int]], when: str) -> Floats:
    """The share of each stream that is handed on, of all (`always`) or of the unresolved."""
    rows = [_transfer_rows(scenario, queues[q], names[r]) for r, q in pairs]
    return np.array([sum(share for one, share in row if one.when == when) for row in rows])


def _work(
    scenario: Scenario, reason: Reason, name: str, queue: str, resolution: float, factors: tuple[float, float]
) -> float:
    """Mean handle time of a stay in a queue and its further turns, with the factors of a skill on talk and wrap.

    What is handed on may be noticed early; who hands it on may have to stay.
    """
    law, wrap = laws_in(reason, scenario.queues[queue])
    talk, factor, extra = law.mean, 1.0, 0.0
    rows = _transfer_rows(scenario, queue, name)
    for one, share in rows:
        factor -= share * (1.0 - one.talk)
        extra += _chance(rows, one, share, resolution) * (talk if one.kind == "conference" else _both(one))
    turns = scenario.queues[queue].turns
    again = 0.0 if turns is None else turns.share.get(name, turns.share.get(OTHERS, 0.0))
    return ((talk * factor + extra) * factors[0] + (wrap.mean * factors[1] if wrap else 0.0)) / (1.0 - again)


def _chance(rows: list[tuple[Transfer, float]], one: Transfer, share: float, resolution: Any) -> Any:
    """The chance that a stay ends by a transfer, or asks, where agents resolve so much (a number or an array).

    Nobody knows here who will be idle: `if_idle` counts as if somebody were, and `in_vain` only follows consultations.
    """
    failed = 1.0 - resolution
    unresolved = (1.0 - sum(part for other, part in rows if other.when == "always")) * failed
    if one.when == "in_vain":
        asked = [(other, part) for other, part in rows if other.kind == "consult"]
        return share * failed * sum(part * (1.0 if other.when == "always" else unresolved) for other, part in asked)
    return share * (1.0 if one.when == "always" else unresolved)


def _moved(model: Model, pairs: list[tuple[int, int]], handle: Floats, resolution: Floats) -> tuple[Floats, Floats]:
    """The shares that go on (R, R, G), and times them what each adds to the time of a stay there (R from, R to).

    Customers tell it again, or are handed over; what an agent asks takes the time that both talk, in place of a stay.
    """
    scenario = model.scenario
    names, queues = list(scenario.reasons), list(scenario.queues)
    out = np.zeros((len(pairs), len(pairs), handle.shape[1]))
    time = np.zeros((len(pairs), len(pairs)))
    able = np.isfinite(handle)
    many = np.maximum(able.sum(axis=1), 1)
    for row, (r, q) in enumerate(pairs):
        rows = _transfer_rows(scenario, queues[q], names[r])
        for one, share in rows:
            to = pairs.index((r, queues.index(one.to)))
            gone = np.where(able[row], _chance(rows, one, share, resolution[row]), 0.0)
            out[row, to] += gone
            talk = laws_in(scenario.reasons[names[r]], scenario.queues[one.to])[0].mean
            extra = one.retold + _both(one) + (one.talk_after - 1.0) * talk
            if one.kind == "consult":
                extra -= float(np.where(able[to], handle[to], 0.0).sum()) / many[to]
            time[row, to] += float(gone.sum()) / many[row] * extra
    return out, time


def _both(one: Transfer) -> float:
    """How long two agents talk, s."""
    return one.handover.mean if one.kind in ("warm", "consult") and one.handover is not None else 0.0


def _to(scenario: Scenario, names: list[str], queues: list[str], pairs: list[tuple[int, int]], cause: str) -> Floats:
    """In which stream a contact is that comes again, (R from, R to)."""
    out = np.zeros((len(pairs), len(pairs)))
    for row, (r, _) in enumerate(pairs):
        for queue, share in queue_shares(scenario, names[r], cause).items():
            out[row, pairs.index((r, queues.index(queue)))] += share
    return out


def _fresh(model: Model, pairs: list[tuple[int, int]]) -> Floats:
    """Issues that first come to each queue, (R, I): those of closed intervals at the next opening."""
    scenario, timeline = model.scenario, model.timeline
    names = list(scenario.reasons)
    volume = expected_of(model.demand, timeline)
    elsewhere = any(segment.begins for segment in scenario.segments.values())
    by_flow = [elsewhere or bool(reached(scenario, name, False)[0]) for name in names]
    own = [list(scenario.queues).index(reason.queue) if reason.queue else -1 for reason in scenario.reasons.values()]
    out = np.zeros((len(pairs), timeline.n_intervals))
    share = first_queues(model) if any(by_flow) else {}
    for row, (r, q) in enumerate(pairs):
        if by_flow[r]:
            out[row] = volume[r].sum() * share.get((r, q), 0.0)
        elif q == own[r]:
            out[row] = volume[r]
    return _carried(model, out)


def _carried(model: Model, counts: Floats) -> Floats:
    """Counts by interval, those of closed ones in the next open one."""
    is_open = np.flatnonzero(model.timeline.open_mask)
    shut = np.flatnonzero(~model.timeline.open_mask)
    if not shut.size or not is_open.size:
        return counts
    out = counts.copy()
    place = np.searchsorted(is_open, shut)
    kept = (place < is_open.size) | (model.timeline.days_before > 0)
    np.add.at(out.T, is_open[place[kept] % is_open.size], counts[:, shut[kept]].T)
    out[:, shut] = 0.0
    return out


def _at_a_time(scenario: Scenario, queue: str) -> float:
    """How much work an agent does at best in the time of one contact: k at a time, each so much slower."""
    channel = scenario.channels[scenario.queues[queue].channel]
    paces = channel.slowdown or (1.0,)
    return max((k + 1) / paces[min(k, len(paces) - 1)] for k in range(channel.concurrent))


def _patience(scenario: Scenario, streams: list[tuple[Reason, str]]) -> Floats:
    """Mean patience of each stream: 1 over the mean rate of giving up of its segments."""
    out = []
    for reason, queue in streams:
        channel, rate = scenario.channels[scenario.queues[queue].channel], 0.0
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
