"""The rows of the fluid program that hold goals and curves, and the program itself: see `fluid`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer import deadline
from cxsim.optimizer.fluid.backlog import LATE
from cxsim.optimizer.fluid.blocks import LEAST, TARGET, Blocks, Columns, Reference
from cxsim.optimizer.fluid.contact_flows import Flows
from cxsim.optimizer.fluid.erlang_curves import Pieces, erlang_pieces
from cxsim.optimizer.solver.program import Program
from cxsim.schema.service_levels import DEFAULT_SL

if TYPE_CHECKING:
    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Sets = Sequence[tuple[tuple[int, ...], int]]
Side = list[tuple[Numbers, Floats | float]]

SOME = 1e-4  # share of the fresh contacts that a ratio to be made best must be of
_FIXED = {"answered_within_20s": 20.0, "answered_within_60s": 60.0}
_WAITS = ("wait", "wait_all")
_FCR = ("fcr_true", "fcr_measured")


def program_of(
    stream: Flows,
    problem: Problem,
    goals: Sequence[Goal],
    *,
    erlang: str,
    now: Reference,
    returns: tuple[Floats, ...] | None = None,
    offsets: Floats | None = None,
    bonus: Floats | None = None,
    sets: Sets = (),
    aim: tuple[Goal, float] | None = None,
    whole: bool = False,
) -> tuple[Program, Columns]:
    """The fluid program with the goals as rows, and where its columns are.

    `aim` (goal, ratio) makes the ratio of the goal's figure as good as can be in place of the cost, as a step of
    Dinkelbach's method, and imposes no goals but the others; `whole` keeps the structure's whole numbers.
    """
    make = _Maker(stream, problem, erlang, now)
    make.staff(whole)
    make.more_for_late(bonus)
    make.contacts(aim is None, {key for goal in goals for key in _times(goal)})
    make.flow(stream.settled()[1:] if returns is None and stream.dense else returns)
    make.time()
    if erlang == "own":
        make.own_curves(bonus)
    shift = np.zeros(len(goals)) if offsets is None else offsets
    for goal, offset in zip(goals, shift, strict=True):
        if aim is None or goal != aim[0]:
            make.goal(goal, float(offset))
    for members, i in sets:
        deadline.check()  # of a week, all curves take seconds
        make.pooled_curve(members, i)
    return make.done(aim)


def in_goals(stream: Flows, goals: Sequence[Goal]) -> list[bool]:
    """Which goals the program can hold."""
    known = (
        *_FIXED,
        *_FCR,
        *_WAITS,
        "abandoned_share",
        "answered_share",
        "occupancy",
        "contacts_per_issue",
        "asa",
        "wait_mean",
    )
    return [
        (goal.figure in known or goal.figure == "sl" or goal.figure.startswith("sl_"))
        and not (goal.days is not None and goal.bound == "max" and goal.quantile is None)
        for goal in goals
    ]


def _times(goal: Goal) -> list[float]:
    if goal.quantile is not None:
        return [goal.limit]
    return [_FIXED[goal.figure]] if goal.figure in _FIXED else []


class _Maker(Blocks):
    """Adds curves and goals to the blocks."""

    def more_for_late(self, bonus: Floats | None) -> None:
        """Work that waits and was done too late in simulation takes so much longer."""
        if bonus is not None and self.later.any():
            weight = self.now.offered
            mean = (weight * bonus).sum(axis=1) / np.maximum(weight.sum(axis=1), LEAST)
            self.longer = np.where(self.later, 1.0 + LATE * np.maximum(-mean, 0.0), 1.0)

    def own_curves(self, bonus: Floats | None) -> None:
        """Each reason and interval is an Erlang-A queue of the agents allotted to it."""
        stream, now = self.stream, self.now
        r, i = (part for part in np.nonzero(now.offered > LEAST))
        keep = (stream.open_seconds[i] > 0.0) & stream.able[r].any(axis=1) & ~self.later[r]
        r, i = r[keep], i[keep]
        told = now.cells(stream, r, i)
        extra = np.zeros(r.size) if bonus is None else bonus[r, i]
        beside = None if self.blend is None else self.blend.beside.at(r, i)
        for key, block in self.in_time.items():
            within = stream.within[r] if key == TARGET else np.full(r.size, key)
            definition = stream.definition if key == TARGET else DEFAULT_SL
            pieces = erlang_pieces("in_time", *told, within, definition, stream.short, beside)
            self._curve("in time", block, pieces, r, i, extra)
        finite = np.isfinite(stream.patience[r])
        if finite.any():
            rate, handle, patience = (part[finite] for part in told)
            within, own = stream.within[r[finite]], None if beside is None else beside.at(np.flatnonzero(finite))
            pieces = erlang_pieces("abandoned", rate, handle, patience, within, stream.definition, stream.short, own)
            self._curve("lost", self.lost, pieces, r[finite], i[finite], None)
        if self._needs_waits():
            opened = np.zeros(self.n_intervals, bool)
            opened[self.open] = True
            cells = np.broadcast_to(opened, (self.n_reasons, self.n_intervals))
            price = np.where(np.isfinite(stream.patience), 0.0, self.problem.prices.waiting)
            self.waited = self.block(cells, "waited", stream.reasons, cost=np.repeat(price, len(self.open)))
            pieces = erlang_pieces("waited", *told, stream.within[r], stream.definition, stream.short, beside)
            self._curve("waited", self.waited, pieces, r, i, None)
            at = self.open[None, :]
            later = np.flatnonzero(self.later)[:, None]
            each, waiting = self.waited[later, at].ravel(), self.waiting[later, at].ravel()
            rows = np.arange(each.size)
            self.build.rows(
                np.concatenate([rows, rows]),
                np.concatenate([each, waiting]),
                np.concatenate([np.ones(each.size), np.full(each.size, -stream.length)]),
                0.0,
                np.inf,
                [f"waited, backlog {k}" for k in rows],
            )

    def _needs_waits(self) -> bool:
        asked = {goal.figure for goal in self.problem.goals.goals}
        endless = not np.isfinite(self.stream.patience).all()
        return bool(asked & {"asa", "wait_mean"}) or (endless and self.problem.prices.waiting > 0.0)

    def _curve(self, kind: str, block: Numbers, pieces: Pieces, r: Numbers, i: Numbers, extra: Floats | None) -> None:
        """Block ≤ (in time) or ≥ (else) (level + extra) · offered + slope · reference · agents allotted."""
        stream, now = self.stream, self.now
        upper = kind == "in time"
        cell = pieces.cell
        level = pieces.level if extra is None else pieces.level + extra[cell]
        rows = np.arange(cell.size)
        columns = [block[r[cell], i[cell]], self.offered[r[cell], i[cell]]]
        values = [np.ones(cell.size), -level]
        numbers = [rows, rows]
        for g in range(self.n_groups):
            able = stream.able[r[cell], g] & (pieces.slope != 0.0)
            at = cell[able]
            # A slower agent counts for less: curves are those of agents with the reference's handle time.
            worth = now.handle[r[at], i[at]] / (stream.handle[r[at], g] * stream.lengthened[r[at], i[at]])
            numbers.append(rows[able])
            columns.append(self.allotted[r[at], g, i[at]])
            values.append(-pieces.slope[able] * now.offered[r[at], i[at]] * worth)
        names = [f"{kind}, {stream.reasons[r[c]]} {self.labels[i[c]]}, line".replace(" ,", ",") for c in cell]
        self.build.rows(
            np.concatenate(numbers),
            np.concatenate(columns),
            np.concatenate(values),
            -np.inf if upper else 0.0,
            0.0 if upper else np.inf,
            names,
        )

    def pooled_curve(self, members: tuple[int, ...], i: int) -> None:
        """A set of reasons has no more in time than one queue of them all, served by all who can serve any."""
        stream, now = self.stream, self.now
        mine = np.array(members)
        member = np.zeros((1, self.n_reasons))
        member[0, mine] = 1.0
        rate, handle, patience, within = now.pooled(stream, member, i)
        if rate[0] * stream.open_seconds[i] <= LEAST:
            return
        told = rate, handle, patience, within, stream.definition, stream.short
        contacts = float(now.offered[mine, i].sum())
        self._pooled_rows(members, i, erlang_pieces("in_time", *told), self.in_time[TARGET], contacts, -np.inf)
        longest = stream.patience[mine].max(keepdims=True)
        if self.loses and np.isfinite(longest).all():
            pieces = erlang_pieces("abandoned", rate, handle, longest, within, stream.definition, stream.short)
            self._pooled_rows(members, i, pieces, self.lost, contacts, np.inf)

    def _pooled_rows(
        self, members: tuple[int, ...], i: int, pieces: Pieces, block: Numbers, contacts: float, open_side: float
    ) -> None:
        """Block of a set ≤ (open side -inf) or ≥ (inf) level · offered + slope · reference · agents who serve any."""
        stream, mine = self.stream, np.array(members)
        able = np.flatnonzero(stream.able[mine].any(axis=0))
        name = f"pooled{' lost' * (open_side > 0)}, " + " + ".join(stream.reasons[r] for r in members)
        for level, slope in zip(pieces.level, pieces.slope, strict=True):
            if slope == 0.0:
                continue
            at = np.concatenate([block[mine, i], self.offered[mine, i], self.levels[able, i]])
            of = np.concatenate([np.ones(mine.size), np.full(mine.size, -level), np.full(able.size, -slope * contacts)])
            label = f"{name} {self.labels[i]}, line".replace(" ,", ",")
            self.build.row(at, of, min(open_side, 0.0), max(open_side, 0.0), label)

    @property
    def loses(self) -> bool:
        """Whether contacts lost have goals or a price, so that the sets of the pooled program lose some as well."""
        prices, goals = self.problem.prices, self.problem.goals.goals
        return prices.abandoned > 0.0 or any(goal.figure in ("abandoned_share", "answered_share") for goal in goals)

    # --- Goals ------------------------------------------------------------------------------------------------------

    def goal(self, goal: Goal, offset: float) -> None:
        """The goal as a row: above - limit · below."""
        sides = self._sides(goal)
        if sides is None:
            return
        above, below = sides
        limit = goal.required + offset
        if goal.days is not None:
            # At least `limit` on a share of days is at least their product on average; a plan needs about the limit.
            share = goal.limit if goal.quantile is None else goal.quantile
            limit = share * (1.0 if self.erlang == "own" else goal.days) + offset
        at = np.concatenate([part for part, _ in [*above, *below]])
        of = np.concatenate(
            [np.broadcast_to(value, part.shape) for part, value in above]
            + [-limit * np.broadcast_to(value, part.shape) for part, value in below]
        )
        row = self.build.row(
            at, of, 0.0 if goal.at_least else -np.inf, np.inf if goal.at_least else 0.0, f"goal, {goal.title}"
        )
        self.goal_rows.append((row, goal, self._size(goal)))

    def _size(self, goal: Goal) -> float:
        r, i, _ = self._scope(goal)
        return float(self.now.offered[np.ix_(r, i)].sum())

    def _scope(self, goal: Goal) -> tuple[Numbers, Numbers, Numbers]:
        """Reasons, intervals and groups of a goal."""
        stream, layout = self.stream, self.problem.model.layout
        reasons, groups = np.arange(self.n_reasons), np.arange(self.n_groups)
        if goal.scope == "queue":
            q = layout.queues.index(goal.name)
            reasons, groups = np.flatnonzero(stream.queue_of == q), np.array(layout.serves[q], np.int64)
        elif goal.scope == "reason":
            reasons = np.flatnonzero(stream.mix[:, layout.reasons.index(goal.name)] > 1.0 - 1e-9)
        elif goal.scope == "group":
            groups = np.array([stream.groups.index(goal.name)])
        if stream.steady or goal.span == "total":
            return reasons, self.open, groups
        if goal.span in layout.days:
            here = layout.day_of[self.open] == layout.days.index(goal.span)
            return reasons, self.open[here], groups
        return reasons, np.intersect1d(self.open, [layout.labels.index(goal.span)]), groups

    def _sides(self, goal: Goal) -> tuple[Side, Side] | None:
        """What is above and below the line, as columns and coefficients; None if the program does not hold it."""
        if not in_goals(self.stream, [goal])[0]:
            return None
        r, i, g = self._scope(goal)
        if not r.size or not i.size:
            return None
        cells = np.ix_(r, i)
        offered: Side = [(self.offered[cells].ravel(), 1.0)]
        served: Side = [self._served(r, i, None)]
        figure = goal.figure
        if goal.quantile is not None:
            return [(self.in_time[goal.limit][cells].ravel(), 1.0)], served if figure == "wait" else offered
        if figure in _FIXED:
            return [(self.in_time[_FIXED[figure]][cells].ravel(), 1.0)], offered
        if figure == "sl" or figure.startswith("sl_"):
            return [(self.in_time[TARGET][cells].ravel(), 1.0)], offered
        if figure == "abandoned_share":
            return [(self.lost[cells].ravel(), 1.0)], offered
        if figure == "answered_share":
            return served, offered
        if figure in _FCR:
            return [self._served(r, i, self.stream.resolution)], [self._served(r, i, 1.0 - self.stream.going_on)]
        if figure == "contacts_per_issue":
            fresh = self.fresh[cells].ravel()
            return [(self.offered[cells].ravel(), 1.0), self._served(r, i, -self.stream.going_on)], [(fresh, 1.0)]
        if figure == "occupancy":
            busy = [
                (self.served[k][np.ix_(g, i)].ravel(), self.stream.handle_in(i)[k, g].ravel())
                for k in range(self.n_reasons)
            ]
            work: Side = [(at[at >= 0], of[at >= 0]) for at, of in busy]
            seconds = np.broadcast_to(self.stream.open_seconds[i], (g.size, i.size)).ravel()
            return work, [(self.levels[np.ix_(g, i)].ravel(), seconds)]
        if figure in ("asa", "wait_mean") and self.waited.max() >= 0:
            wait: Side = [(self.waited[cells].ravel(), 1.0)]
            patience = self.stream.patience[r]
            if figure == "asa":
                return wait, served
            gone = np.repeat(np.where(np.isfinite(patience), patience, 0.0), i.size)
            return [*wait, (self.lost[cells].ravel(), gone)], offered
        return None

    def _served(self, r: Numbers, i: Numbers, weight: Floats | None) -> tuple[Numbers, Floats]:
        block = self.served[np.ix_(r, np.arange(self.n_groups), i)]
        factor = np.ones(self._shape) if weight is None else weight
        of = np.broadcast_to(factor[r][:, :, None], block.shape)
        return block[block >= 0], of[block >= 0]

    def done(self, aim: tuple[Goal, float] | None) -> tuple[Program, Columns]:
        """The program; with an aim, of its own cost."""
        sides = None
        if aim is not None:
            above, below = np.zeros(self.build.n), np.zeros(self.build.n)
            for total, parts in zip((above, below), self._sides(aim[0]) or ([], []), strict=True):
                for at, of in parts:
                    np.add.at(total, at, of)
            # A ratio of nothing is none: somebody is served, somebody there.
            self.build.row(np.flatnonzero(below), below[below != 0.0], SOME * self.stream.fresh.sum(), name="some")
        program = self.build.program()
        if aim is not None:
            sign = -1.0 if aim[0].at_least else 1.0
            program = replace(program, cost=sign * (above - aim[1] * below))
            sides = (above, below)
        columns = Columns(
            self.open,
            self.x,
            self.levels,
            self.served,
            self.allotted,
            self.lost,
            self.offered,
            self.unresolved,
            self.in_time,
            self.waited,
            self.constant,
            self.goal_rows,
            sides,
            self.loses,
            self.blend,
        )
        return program, columns
