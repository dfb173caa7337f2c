"""The fresh contacts of a day that has begun: those seen until now in their intervals, then a draw of the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.begun_day.busyness import Posterior
from cxsim.begun_day.particles import uniforms
from cxsim.model.demand import FIXED, REPLAY, Demand, arrivals, cumulative
from cxsim.randomness.draws import BUSYNESS, child, name_hash, run_key, uniform
from cxsim.schema.ledger import DAY_SHIFT, REASON_SHIFT, issue_id

if TYPE_CHECKING:
    from cxsim.model.prepare import Model

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LATER = 1 << 24  # numbers of issues from here on are those that come after what was seen
WAITING = 1 << 25  # and from here on those that were put into a queue
_SEEN = name_hash("seen of the day")
_ALL = 1 << 30


@dataclass(frozen=True, eq=False)
class Volume:
    """Cumulative expected contacts of a reason on the day: `levels` at `times` (s), constant rate between.

    `blocks` are the numbers of the blocks of the day in which its pieces lie, two times for each piece.
    """

    times: Floats
    levels: Floats
    blocks: Ints

    @classmethod
    def of(cls, demand: Demand, r: int, d: int) -> Volume:
        """The volume that a demand has for a reason on a simulated day."""
        times, levels, blocks = cumulative(demand, r, d)
        return cls(times, levels, np.maximum(blocks, 0))

    def varied(self, factors: Floats) -> Volume:
        """The volume with a factor on each block of the day (K,)."""
        ends = np.cumsum((self.levels[1::2] - self.levels[::2]) * factors[self.blocks])
        begins = np.concatenate(([0.0], ends[:-1]))[: len(ends)]
        return replace(self, levels=np.column_stack([begins, ends]).ravel())

    def upto(self, time: float) -> float:
        """Expected contacts until a time."""
        return float(np.interp(time, self.times, self.levels)) if len(self.times) else 0.0

    def when(self, levels: Floats) -> Floats:
        """The times at which these levels are reached."""
        return np.asarray(np.interp(levels, self.levels, self.times))


class Volumes(NamedTuple):
    """The volume of each reason, and its expected contacts before and in each counted interval (R, I)."""

    of: list[Volume]
    before: Floats
    expected: Floats

    @classmethod
    def counted(cls, volumes: list[Volume], edges: Floats) -> Volumes:
        """Volumes with their contacts between the edges of the intervals."""
        upto = np.array([[volume.upto(t) for t in edges.tolist()] for volume in volumes])
        return cls(volumes, upto[:, :-1], np.diff(upto, axis=1))


@dataclass(eq=False)
class Day:
    """Draws the fresh contacts of replications of a day of which the beginning is known.

    `seen` (Q, I) are the offered contacts of each counted interval, NaN where nothing is known; `fresh` (Q, I) the
    share of them that is fresh; `reach` (Q, R) the share of each reason that comes to a queue first. `extra` holds, for
    a replication, contacts put into a queue or taken out (see `backlog`).
    """

    model: Model
    d: int
    until: float
    first: int
    last: int
    seen: Floats
    fresh: Floats
    reach: Floats
    posterior: Posterior
    extra: dict[int, tuple[Ints, Floats, Ints]] = field(default_factory=dict)
    _made: dict[int, tuple[Floats, Ints]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        demand = self.model.demand
        edges = self.model.layout.edges
        own = [Volume.of(demand, r, self.d) for r in range(len(demand.modes))]
        self.volumes = Volumes.counted(own, edges)  # where every factor is 1
        blocks = 1 + max((int(one.blocks.max()) for one in own if len(one.blocks)), default=0)
        alone = [Volumes.counted([one.varied(block) for one in own], edges) for block in np.eye(blocks)]
        self.by_block = np.stack([one.expected for one in alone], axis=1)  # contacts by block and interval (R, K, I)
        self.whole = np.array([[v.levels[-1] if len(v.levels) else 0.0 for v in one.of] for one in alone]).T  # (R, K)
        opens = self.model.timeline.open_starts
        self.opened = np.array(
            [max([a, *opens[(a < opens) & (opens < b)].tolist()]) for a, b in pairwise(edges.tolist())]
        )

    def arrivals(self, replication: int) -> tuple[Floats, Ints]:
        """Times and issues of all fresh contacts of a replication, those of other days included."""
        if replication not in self._made:
            self._made[replication] = self._draw(replication)
        return self._made[replication]

    @property
    def key(self) -> np.uint64:
        """The address of the random numbers of the day that are common to all replications."""
        return np.uint64(child(np.uint64(child(run_key(self.model.seed, 0), _SEEN)), _ALL))

    def factors(self, replication: int) -> tuple[Floats, Volumes]:
        """How busy the day is in a replication, by reason (R,), and its volumes but for this factor."""
        calendar = np.uint64(child(run_key(self.model.seed, replication), _SEEN))
        point = self.posterior.point(float(uniform(calendar, BUSYNESS)))
        day, blocks = self.posterior.factors[:, point], self.posterior.blocks
        if blocks is None:
            return day, self.volumes
        varied = [one.varied(blocks[r, :, point]) for r, one in enumerate(self.volumes.of)]
        return day, Volumes.counted(varied, self.model.layout.edges)

    def put(self, replication: int, removed: Ints, times: Floats, issues: Ints) -> None:
        """Take fresh contacts out of a replication, by issue, and put others in."""
        old = self.extra.get(replication, (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)))
        self.extra[replication] = (
            np.concatenate([old[0], removed]),
            np.concatenate([old[1], times]),
            np.concatenate([old[2], issues]),
        )
        self._made.pop(replication, None)

    def _draw(self, replication: int) -> tuple[Floats, Ints]:
        model, demand = self.model, self.model.demand
        run = run_key(model.seed, replication)
        own = self.d + demand.first_day
        times, issues = arrivals(demand, run)
        days = (issues >> DAY_SHIFT) & ((1 << (REASON_SHIFT - DAY_SHIFT)) - 1)
        reason = issues >> REASON_SHIFT
        root = np.uint64(child(np.uint64(child(run, _SEEN)), own))
        factors, volumes = self.factors(replication)
        mornings = self._mornings(root, factors, volumes)
        today: list[tuple[Floats, Ints]] = []
        drop = np.zeros(len(times), bool)
        for r in range(len(demand.modes)):
            mine = (days == own) & (reason == r)
            if demand.modes[r] == REPLAY:
                drop[mine] = self._was_seen(r, times[mine])
                later = np.zeros(0)
            else:
                drop |= mine
                later = self._rest(np.uint64(child(root, r)), r, volumes.of[r], factors[r], len(mornings[r]))
            for at, first in ((np.sort(mornings[r]), LATER if demand.modes[r] == REPLAY else 0), (later, LATER)):
                today.append((at, issue_id(r, own, first) + np.arange(len(at), dtype=np.int64)))
        removed, more_times, more_issues = self.extra.get(replication, (np.zeros(0, np.int64), np.zeros(0), None))
        times = np.concatenate([times[~drop], *(at for at, _ in today), more_times])
        issues = np.concatenate(
            [issues[~drop], *(number for _, number in today), *([] if more_issues is None else [more_issues])]
        ).astype(np.int64)
        if len(removed):
            keep = ~np.isin(issues, removed)
            times, issues = times[keep], issues[keep]
        order = np.lexsort((issues, times))
        return times[order], issues[order]

    def _mornings(self, root: np.uint64, factors: Floats, volumes: Volumes) -> list[Floats]:
        """Times of the fresh contacts until now, by reason: those seen, and a draw of those of which nothing was seen.

        They lie at the rate of the scenario within each interval, evenly over its open time where that is 0.
        """
        cells, lost = self._cells
        key = np.uint64(child(root, 1 << 20))
        exact = self.seen[cells[:, 0], cells[:, 1]] * self.fresh[cells[:, 0], cells[:, 1]]
        counts = np.floor(exact + uniforms(key, len(cells))).astype(np.int64)
        shares = self.reach[cells[:, 0]] * volumes.expected[:, cells[:, 1]].T * factors
        shares = np.where(shares.sum(axis=1, keepdims=True) > 0.0, shares, self.reach[cells[:, 0]])
        upto = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
        of = np.repeat(np.arange(len(cells)), counts)
        draws = uniforms(np.uint64(child(key, 1)), 2 * len(of))
        which = (draws[: len(of), None] > upto[of]).sum(axis=1)
        edges = self.model.layout.edges
        out: list[list[Floats]] = []
        for r, volume in enumerate(volumes.of):
            mine = which == r
            i, u = cells[of[mine], 1], draws[len(of) :][mine]
            low, more = volumes.before[r, i], volumes.expected[r, i]
            at = volume.when(low + u * more) if len(volume.levels) else np.zeros(len(i))
            at = np.where(more > 0.0, at, self.opened[i] + u * (edges[i + 1] - self.opened[i]))
            out.append([np.clip(at, edges[i], np.nextafter(edges[i + 1], edges[i]))])
        for i, r in lost:
            part = np.uint64(child(np.uint64(child(root, 1 << 21)), i * len(volumes.of) + r))
            share = 1.0 - self.reach[np.isfinite(self.seen[:, i]), r].sum()
            low = float(volumes.before[r, i])
            high = low + float(volumes.expected[r, i])
            out[r].append(_stream(part, volumes.of[r], low, high, share * factors[r]))
        return [np.concatenate(parts) for parts in out]

    @cached_property
    def _cells(self) -> tuple[Ints, list[tuple[int, int]]]:
        """Queues and intervals (n, 2) of which contacts were seen, and intervals and reasons of which some were not."""
        span = range(self.first, self.last)
        cells = [(q, i) for i in span for q in np.flatnonzero(np.isfinite(self.seen[:, i])) if self.reach[q].any()]
        lost = [
            (i, r)
            for i in span
            for r, part in enumerate(1.0 - self.reach[np.isfinite(self.seen[:, i])].sum(axis=0))
            if part > 1e-9 and self.volumes.expected[r, i] > 0.0
        ]
        return np.array(cells, np.int64).reshape(-1, 2), lost

    def _was_seen(self, r: int, times: Floats) -> npt.NDArray[np.bool_]:
        """Whether given times of a reason are in an interval of which the contacts were seen."""
        edges = self.model.layout.edges
        i = np.searchsorted(edges, times, side="right") - 1
        inside = (i >= self.first) & (i < self.last)
        known = self.reach[:, r] @ np.isfinite(self.seen[:, np.clip(i, 0, self.seen.shape[1] - 1)]) > 0.5
        return np.asarray(inside & known)

    def _rest(self, key: np.uint64, r: int, volume: Volume, factor: float, morning: int) -> Floats:
        """Times of the contacts of a reason that are still to come."""
        demand = self.model.demand
        total = float(volume.levels[-1]) if len(volume.levels) else 0.0
        low = volume.upto(self.until)
        if demand.modes[r] == FIXED:
            left = max(0, math.floor(total * factor + 0.5) - morning)
            draws = np.sort(uniforms(key, left))
            return volume.when(low + draws * (total - low)) if total > low else np.zeros(0)
        return _stream(key, volume, low, total, factor)


def _stream(key: np.uint64, volume: Volume, low: float, high: float, factor: float) -> Floats:
    """A Poisson stream between two levels of a volume, times a factor."""
    mean = (high - low) * factor
    if not mean > 0.0:
        return np.zeros(0)
    count = 64
    while True:
        levels = np.cumsum(-np.log(uniforms(key, count)))
        if levels[-1] >= mean:
            break
        count = max(2 * count, int(1.2 * mean))
    return volume.when(low + levels[levels < mean] / factor)
