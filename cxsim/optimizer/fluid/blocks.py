"""The columns of the fluid program, and its rows of staff, flows and time: see `fluid` for what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.fluid.backlog import Blend, blend
from cxsim.optimizer.fluid.contact_flows import Flows
from cxsim.optimizer.problem.levelled import due_by
from cxsim.optimizer.solver.program import Builder
from cxsim.schema.service_levels import SL_DEFINITIONS

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.problem.structure import Structure

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

TARGET = -1.0  # the time of an SL: that of each queue
LEAST = 1e-9  # contacts an interval


@dataclass(frozen=True, eq=False)
class Reference:
    """The contacts offered (R, I) and their handle times (R, I), s, to which curves belong.

    Of a plan also the agents (G, I) and the contacts that each group serves (R, G, I).
    """

    offered: Floats
    handle: Floats
    levels: Floats | None = None
    served: Floats | None = None
    part: Floats | None = None  # of the time in which work waits, as `blend` has it

    @classmethod
    def of(cls, stream: Flows, returns: tuple[Floats, Floats] | None) -> Reference:
        """As if all contacts were served, by each group that can alike."""
        able = stream.able
        many = np.maximum(able.sum(axis=1), 1)
        mean = np.where(able, stream.handle, 0.0).sum(axis=1) / many
        if returns is not None:
            back = returns[0] + returns[1]
            offered = stream.fresh + (back.sum(axis=1, keepdims=True) if stream.steady else back)
        else:
            offered = stream.settled()[0]
        return cls(offered, np.where(mean > 0.0, mean, 1.0)[:, None] * stream.lengthened)

    def moved(self, stream: Flows, columns: Columns, x: Floats) -> Reference:
        """The reference taken from a solution."""
        served = columns.served_at(x)
        total = served.sum(axis=1)
        work = np.einsum("rgi,rgi->ri", served, np.where(stream.able[:, :, None], stream.handle_in(), 0.0))
        handle = np.where(total > LEAST, work / np.where(total > LEAST, total, 1.0), self.handle)
        part = None if columns.blend is None else columns.blend.part
        return Reference(columns.offered_at(x), handle, columns.levels_at(x), served, part)

    def cells(self, stream: Flows, r: Numbers, i: Numbers) -> tuple[Floats, Floats, Floats]:
        """Rate (1/s), handle time and patience of cells."""
        return self.offered[r, i] / stream.open_seconds[i], self.handle[r, i], stream.patience[r]

    def _risen(self, stream: Flows) -> Floats:
        """The work at hand over that of a steady state (R, I), at most 1: as in M/M/∞ that begins empty."""
        out = np.ones_like(self.offered)
        if stream.steady:
            return out
        now = np.zeros(len(out))
        for i, seconds in enumerate(stream.open_seconds):
            if seconds <= 0.0:
                now[:] = 0.0
                continue
            load, stay = self.offered[:, i] * self.handle[:, i] / seconds, np.exp(-seconds / self.handle[:, i])
            mean = load + (now - load) * (1.0 - stay) * self.handle[:, i] / seconds
            out[:, i] = np.where(load > mean, mean / np.where(load > 0.0, load, 1.0), 1.0)
            now = load + (now - load) * stay
        return out

    def pooled(self, stream: Flows, member: Floats, i: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Rate, handle time (of the fastest groups), patience and the longest time in time of sets of reasons.

        Where the load is still rising the rate is that of a steady state with as much work as there is on average.
        """
        rate = self.offered[:, i] / stream.open_seconds[i] * self._risen(stream)[:, i]
        total = member @ rate
        safe = np.where(total > 0.0, total, 1.0)
        fastest = np.where(stream.able.any(axis=1), stream.handle.min(axis=1, initial=np.inf), 1.0)
        fastest = fastest * stream.lengthened[:, i]
        giving_up = member @ (rate / stream.patience)
        patience = np.where(giving_up > 0.0, total / np.where(giving_up > 0.0, giving_up, 1.0), np.inf)
        return total, member @ (rate * fastest) / safe, patience, (member * stream.within).max(axis=1)


@dataclass(frozen=True, eq=False)
class Columns:
    """Where the columns of a program are: numbers, -1 for none."""

    intervals: Numbers  # the open ones
    x: Numbers  # of the structure
    levels: Numbers  # (G, I)
    served: Numbers  # (R, G, I)
    allotted: Numbers  # (R, G, I)
    lost: Numbers  # (R, I)
    offered: Numbers  # (R, I)
    unresolved: Numbers  # (R, I)
    in_time: dict[float, Numbers]  # (R, I) by time
    waited: Numbers  # (R, I)
    constant: float
    goal_rows: list[tuple[int, Goal, float]]  # row, goal, size of the side that the limit multiplies
    aim: tuple[Floats, Floats] | None
    loses: bool = False  # whether the sets of the pooled program have curves of contacts lost
    blend: Blend | None = None  # what work that waits does to live contacts

    def levels_at(self, x: Floats) -> Floats:
        """Agents, (G, I)."""
        return _at(self.levels, x)

    def served_at(self, x: Floats) -> Floats:
        """Contacts served an interval, (R, G, I)."""
        return _at(self.served, x)

    def lost_at(self, x: Floats) -> Floats:
        """Contacts lost, (R, I)."""
        return _at(self.lost, x)

    def offered_at(self, x: Floats) -> Floats:
        """Contacts offered, (R, I)."""
        return _at(self.offered, x)

    def in_time_at(self, x: Floats) -> Floats:
        """Contacts answered within their queue's time, (R, I)."""
        return _at(self.in_time[TARGET], x)

    def sides_at(self, x: Floats) -> tuple[float, float]:
        """Both sides of the ratio that is the aim."""
        assert self.aim is not None
        return float(self.aim[0] @ x), float(self.aim[1] @ x)


def _at(numbers: Numbers, x: Floats) -> Floats:
    return np.where(numbers >= 0, x[numbers], 0.0)


class Blocks:
    """Puts columns and rows together, block by block."""

    def __init__(self, stream: Flows, problem: Problem, erlang: str, now: Reference) -> None:
        self.stream, self.problem, self.erlang, self.now = stream, problem, erlang, now
        self.build = Builder()
        self.n_reasons, self.n_groups, self.n_intervals = stream.shape
        self.open = np.flatnonzero(stream.open_seconds > 0.0)
        layout = problem.model.layout
        short = layout.labels if len(layout.days) > 1 else tuple(str(label)[11:16] for label in layout.labels)
        self.labels = ("",) if stream.steady else short
        self.goal_rows: list[tuple[int, Goal, float]] = []
        self.constant = 0.0
        self.waited = self.none(self.n_reasons)
        self.waiting = self.none(self.n_reasons)  # at the end of an interval
        self.blend = blend(problem.scenario, stream, now) if erlang == "own" else None
        self.longer = np.ones(self.n_reasons)  # more time for work that turned out late
        self.allotted = self.none(self.n_reasons, self.n_groups)

    def none(self, *shape: int) -> Numbers:
        """No columns."""
        return np.full((*shape, self.n_intervals), -1, dtype=np.int64)

    def block(self, where: npt.NDArray[np.bool_], name: str, who: Sequence[str], **given: npt.ArrayLike) -> Numbers:
        """A column for each true place of `where` (..., I)."""
        places = np.argwhere(where)
        names = [f"{name}, {who[self._who(place)]} {self.labels[place[-1]]}".rstrip() for place in places]
        out = np.full(where.shape, -1, dtype=np.int64)
        out[where] = self.build.columns(len(places), names, **given)
        return out

    def _who(self, place: Numbers) -> int:
        return int(np.ravel_multi_index(tuple(place[:-1]), self._shape)) if len(place) > 2 else int(place[0])

    @property
    def _shape(self) -> tuple[int, int]:
        return self.n_reasons, self.n_groups

    def staff(self, whole: bool) -> None:
        """The structure's columns and rows, and the levels that they make."""
        block: Structure = self.problem.structure
        self.x = self.build.columns(
            block.size, block.names, block.cost, block.low, block.high, block.integer if whole else False
        )
        own = block.rows.tocoo()
        self.build.rows(own.row, self.x[own.col], own.data, block.row_low, block.row_high, block.row_names)
        here = np.zeros((self.n_groups, self.n_intervals), bool)
        here[:, self.open] = True
        self.levels = self.block(here, "agents", self.stream.groups)
        cover = block.cover.tocsr()
        places = np.argwhere(here)
        first = cover[places[:, 0] * block.n_intervals + places[:, 1]].tocoo()
        rows = np.concatenate([first.row, np.arange(len(places))])
        columns = np.concatenate([self.x[first.col], self.levels[here]])
        values = np.concatenate([first.data, np.full(len(places), -1.0)])
        names = [f"levels, {self.stream.groups[g]} {self.labels[i]}".rstrip() for g, i in places]
        self.build.rows(rows, columns, values, 0.0, 0.0, names)

    def contacts(self, priced: bool, times: set[float]) -> None:
        """What becomes of contacts."""
        stream, prices, layout = self.stream, self.problem.prices, self.problem.model.layout
        opened = np.zeros(self.n_intervals, bool)
        opened[self.open] = True
        of_reason = np.zeros(len(layout.reasons))
        of_reason[layout.streams[:, 1]] = prices.contact
        of_contact = stream.mix @ of_reason
        pairs = stream.able[:, :, None] & opened
        cells = np.broadcast_to(opened, (self.n_reasons, self.n_intervals))
        patience = np.where(np.isfinite(stream.patience), stream.patience, 0.0)
        away = stream.staying_away
        cost = of_contact[:, None] + (prices.solved - prices.unresolved) * stream.resolution
        cost += prices.given_up * away[:, 1:] * stream.failing
        gone = prices.abandoned + prices.waiting * patience + prices.given_up * away[:, 0]
        on = 1.0 if priced else 0.0
        both = [f"{r} by {g}" for r in stream.reasons for g in stream.groups]
        money = on * np.broadcast_to(cost[:, :, None], pairs.shape)[pairs]
        self.served = self.block(pairs, "served", both, cost=money)
        if self.erlang == "own":
            self.allotted = self.block(pairs & ~self.later[:, None, None], "allotted", both)
        most = np.where(np.isfinite(stream.patience) | stream.steady, np.inf, 0.0)
        self.lost = self.block(
            cells,
            "lost",
            stream.reasons,
            cost=on * np.repeat(gone, len(self.open)),
            high=np.repeat(most, len(self.open)),
        )
        self.offered = self.block(cells, "offered", stream.reasons)
        begun = stream.fresh[:, self.open].ravel()
        self.fresh = self.block(cells, "fresh", stream.reasons, low=begun, high=begun)
        self.unresolved = self.block(cells, "unresolved", stream.reasons)
        self.in_time = {
            key: self.block(cells, "in time" if key == TARGET else f"within {key:g}s", stream.reasons)
            for key in sorted({TARGET, *times})
        }
        self.constant += on * prices.unresolved * float(stream.fresh.sum())

    @property
    def later(self) -> npt.NDArray[np.bool_]:
        """The reasons (R,) that are planned by their backlog beside Erlang queues of the others."""
        return np.zeros(self.n_reasons, dtype=bool) if self.blend is None else self.blend.waits

    def _backlog(self) -> npt.NDArray[np.bool_]:
        """The reasons whose contacts may wait for the next interval: those whose patience outlasts it."""
        stream = self.stream
        return np.full(self.n_reasons, False) if stream.steady else stream.patience > stream.length

    def _may_be_late(self, key: float) -> npt.NDArray[np.bool_]:
        """The reasons whose contacts may be answered in a later interval and still be in time.

        Where each reason is an Erlang queue of its own, those that are planned by their backlog.
        """
        mine = self.later if self.erlang == "own" else np.ones(self.n_reasons, dtype=bool)
        return mine & self.stream.deferred(self.stream.within if key == TARGET else np.full(self.n_reasons, key))

    def _answered_later(self, r: int, key: float, block: Numbers) -> None:
        """Work that may wait: all that came until an interval and is in time is served until its deadline.

        Whoever is served first, so that work fills the hours in which nothing else comes. That is a relaxation. A plan
        serves who came first, and what it never does makes all late that comes after: so where reasons have Erlang
        queues, all that came before an interval is done when the first of that interval are due.
        """
        stream, build = self.stream, self.build
        within = float(stream.within[r]) if key == TARGET else key
        able, n = np.flatnonzero(stream.able[r]), self.open.size
        own = self.erlang == "own"
        done = build.columns(n, [f"served until {self.labels[i]}, {stream.reasons[r]}".strip() for i in self.open])
        good = build.columns(n, [f"in time until {self.labels[i]}, {stream.reasons[r]}".strip() for i in self.open])
        starts = self.problem.model.layout.edges[self.open]
        due = due_by(starts, stream.length, within)
        for k, i in enumerate(self.open):
            label = f"{stream.reasons[r]} {self.labels[i]}".rstrip()
            before = [[], []] if k == 0 else [[done[k - 1]], [good[k - 1]]]
            served, each = self.served[r, able, i], [self.offered[r, i] if own else block[r, i]]
            for name, at, added, one in (("served", done, served, before[0]), ("good", good, each, before[1])):
                columns = np.concatenate([[at[k]], one, added]).astype(np.int64)
                values = np.concatenate([[1.0], -np.ones(columns.size - 1)])
                build.row(columns, values, 0.0, 0.0, f"{name} until, {label}")
            until = [*before[1], block[r, i]] if own else [good[k]]
            at = np.array([*until, done[min(int(due[k]), n - 1)]], np.int64)
            build.row(at, [*np.ones(len(until)), -1.0], high=0.0, name=f"due, {label}")
            build.row([block[r, i], self.offered[r, i]], [1.0, -1.0], high=0.0, name=f"in time, {label}")

    def _coming_back(
        self, name: str, kernels: Sequence[csr_array], to: Floats, source: Numbers
    ) -> list[tuple[int, float, csc_array, Numbers]]:
        """(stream, share, kernel by interval, columns) of what comes again to each stream.

        What is divided among several streams has columns of its own, so that its delays are written once.
        """
        from scipy.sparse import csc_array, eye_array

        out: list[tuple[int, float, csc_array, Numbers]] = []
        for s, kernel in enumerate(kernels):
            by_interval, parts = csc_array(kernel), np.flatnonzero(to[s])
            columns = source[s]
            if len(parts) > 1 and by_interval.nnz:
                due = np.zeros((1, self.n_intervals), bool)
                due[0, self.open] = True
                columns = self.block(due, name, (self.stream.reasons[s],))[0]
                for i in self.open:
                    part = slice(by_interval.indptr[i], by_interval.indptr[i + 1])
                    self.build.row(
                        np.concatenate([[columns[i]], source[s, by_interval.indices[part]]]),
                        np.concatenate([[1.0], -by_interval.data[part]]),
                        0.0,
                        0.0,
                        f"{name}, {self.stream.reasons[s]} {self.labels[i]}".rstrip(),
                    )
                by_interval = csc_array(eye_array(self.n_intervals))
            out += [(int(r), float(to[s, r]), by_interval, columns) for r in parts]
        return out

    def flow(self, returns: tuple[Floats, ...] | None) -> None:
        """Offered = fresh + returns + handed on; served + lost = offered; unresolved of the served."""
        stream, build = self.stream, self.build
        waits = self._backlog()
        opened = np.zeros(self.n_intervals, bool)
        opened[self.open] = True
        backlog = self.waiting = self.block(waits[:, None] & opened, "waiting", stream.reasons)
        # Attempts end: at most this share of the contacts is of the last one allowed, after which nobody returns.
        cut = stream.returning ** np.maximum(stream.at_most - 1.0, 1.0) if stream.steady else np.zeros(self.n_reasons)
        back = (
            []
            if returns is not None
            else [
                *self._coming_back("redials", stream.redial, stream.redial_to, self.lost),
                *self._coming_back("repeats", stream.repeat, stream.repeat_to, self.unresolved),
            ]
        )
        late = {key: self._may_be_late(key) for key in self.in_time}
        for key, block in self.in_time.items():
            for waiting in np.flatnonzero(late[key]):
                self._answered_later(int(waiting), key, block)
        come = [(s, g, stream.moved[s, r, g], r) for s, r, g in np.argwhere(stream.moved > 0.0)]
        for r, reason in enumerate(stream.reasons):
            for k, i in enumerate(self.open):
                label = f"{reason} {self.labels[i]}".rstrip()
                columns = [np.array([self.offered[r, i], self.fresh[r, i]])]
                values, right = [np.array([1.0, -1.0])], 0.0
                if returns is not None:
                    right = float(sum(part[r, i] for part in returns))
                else:
                    for to, share, kernel, source in back:
                        if to == r:
                            part = slice(kernel.indptr[i], kernel.indptr[i + 1])
                            columns.append(source[kernel.indices[part]])
                            values.append(-share * kernel.data[part])
                for s, g, share, to in come:
                    if to == r:
                        columns.append(np.array([self.served[s, g, i]]))
                        values.append(np.array([-share]))
                at, of = np.concatenate(columns), np.concatenate(values)
                if cut[r] > 0.0 and returns is None:
                    build.row(at, of, high=right, name=f"flow, {label}, most")
                    of = of.copy()
                    of[0] += stream.returning[r] * cut[r]
                    build.row(at, of, low=right, name=f"flow, {label}")
                else:
                    build.row(at, of, right, right, f"flow, {label}")
                able = np.flatnonzero(stream.able[r])
                served = self.served[r, able, i]
                at = np.concatenate([[self.offered[r, i]], served, [self.lost[r, i]]])
                of = np.concatenate([[1.0], np.full(able.size, -1.0), [-1.0]])
                if waits[r]:
                    before = [backlog[r, self.open[k - 1]]] if k else []
                    at = np.concatenate([at, [backlog[r, i]], before]).astype(np.int64)
                    of = np.concatenate([of, [-1.0], [1.0] * len(before)])
                build.row(at, of, 0.0, 0.0, f"ends, {label}")
                failing = stream.failing[r, able]
                build.row(
                    np.concatenate([[self.unresolved[r, i]], served]),
                    np.concatenate([[-1.0], failing]),
                    0.0,
                    0.0,
                    f"unresolved, {label}",
                )
                most_in_time = SL_DEFINITIONS[stream.definition].asks_who_left_in_time
                for key, block in self.in_time.items():
                    name = f"in time, {label}" if key == TARGET else f"within {key:g}s, {label}"
                    if late[key][r]:
                        continue
                    if waits[r]:  # what is served of the backlog came before
                        build.row([block[r, i], self.offered[r, i]], [1.0, -1.0], high=0.0, name=f"{name}, of those")
                    if most_in_time and key == TARGET:
                        build.row([block[r, i], self.offered[r, i]], [1.0, -1.0], high=0.0, name=name)
                    else:
                        build.row(
                            np.concatenate([[block[r, i]], served]),
                            np.concatenate([[1.0], np.full(able.size, -1.0)]),
                            high=0.0,
                            name=name,
                        )

    def time(self) -> None:
        """Nobody works more than the time at hand."""
        stream = self.stream
        for g, group in enumerate(stream.groups):
            able = np.flatnonzero(stream.able[:, g])
            for i in self.open if able.size else ():
                seconds, label = stream.open_seconds[i], f"{group} {self.labels[i]}".rstrip()
                work, level = stream.handle[able, g] * stream.lengthened[able, i] / seconds, self.levels[g, i]
                if self.erlang != "own":
                    self.build.row([*self.served[able, g, i], level], [*work, -1.0], high=0.0, name=f"time, {label}")
                    continue
                self._own_time(g, int(i), able, work, label)

    def _own_time(self, g: int, i: int, able: Numbers, work: Floats, label: str) -> None:
        """Agents are allotted to the reasons that cannot wait; work that can takes what time these leave."""
        stream, there, level = self.stream, self.stream.availability[g, i], self.levels[g, i]
        waits = self.later[able]
        later, able = able[waits], able[~waits]
        more, work = work[waits] * self.longer[later], work[~waits]
        allotted, put_off = self.allotted[able, g, i], self.served[later, g, i]
        if able.size:
            self.build.row([*allotted, level], [*np.ones(able.size), -there], high=0.0, name=f"time, {label}")
        if later.size and self.blend is not None:
            columns = [*self.served[able, g, i], *put_off, level]
            values = [*work, *more, -there * (1.0 - self.blend.idle[g, i])]
            self.build.row(columns, values, high=0.0, name=f"time, {label}, all work")
        at, n = np.arange(able.size), able.size
        self.build.rows(
            np.concatenate([at, at]),
            np.concatenate([self.served[able, g, i], allotted]),
            np.concatenate([work, -np.ones(n)]),
            -np.inf,
            0.0,
            [f"time, {stream.reasons[r]} by {label}" for r in able],
        )
