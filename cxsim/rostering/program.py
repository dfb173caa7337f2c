"""The roster as an integer program: first the cover, then requests and fairness at that cover.

One variable says whether a person works a slot that the person could work. Rest is a clique for each end of a day:
who ends then or later cannot begin too early on a day after it. Teams that share no people are solved one by one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.solver.program import Builder, Program, Solution
from cxsim.optimizer.solver.solve import solve
from cxsim.rostering.fairness import OTHER_TEAM, Shares, counts, shares
from cxsim.rostering.problem import Problem
from cxsim.rostering.rules import TIGHT, off_runs, weekend
from cxsim.rostering.slots import DAY
from cxsim.rostering.wishes import Request

Floats = npt.NDArray[np.float64]
HOUR = 3600.0
MIP_GAP = 1e-4


@dataclass(frozen=True, eq=False)
class Model:
    """The program of some teams: what its columns mean, and both costs.

    `x` is the column of (person, slot); `open` that of the people missing from a slot; `cover` the row that limits the
    hours missing. `constant` is what requests cost that no roster grants.
    """

    teams: tuple[str, ...]
    program: Program
    x: dict[tuple[int, int], int]
    open: dict[int, int]
    missing: Floats
    worth: Floats
    cover: int
    constant: float

    def first(self) -> Program:
        """The least hours missing."""
        return replace(self.program, cost=self.missing)

    def second(self, hours: float) -> Program:
        """Requests and fairness, with so many hours missing at most."""
        high = self.program.row_high.copy()
        high[self.cover] = hours + 1e-6 * max(1.0, hours)
        return replace(self.program, cost=self.worth, row_high=high)

    def forced(self, program: Program, columns: Sequence[int], value: float) -> Program:
        """A program with some of the choices set to 0, or one of them made."""
        if value == 0.0:
            top = program.high.copy()
            top[list(columns)] = 0.0
            return replace(program, high=top)
        from scipy.sparse import csr_array, vstack

        row = csr_array(
            (np.ones(len(columns)), (np.zeros(len(columns), int), list(columns))), shape=(1, program.cost.size)
        )
        return replace(
            program,
            rows=vstack([program.rows, row], format="csr"),
            row_low=np.append(program.row_low, 1.0),
            row_high=np.append(program.row_high, 1.0),
            row_names=(*program.row_names, "granted"),
        )

    def chosen(self, found: Solution) -> dict[int, list[int]]:
        """The slots of each person in a solution, by day."""
        out: dict[int, list[int]] = defaultdict(list)
        for (p, s), column in self.x.items():
            if found.x[column] > 0.5:
                out[p].append(s)
        return {p: sorted(mine) for p, mine in out.items()}


def model(problem: Problem, teams: Sequence[str]) -> Model:
    """The program of some teams that share no people with others."""
    slots = problem.asked.slots
    here = [s for s, slot in enumerate(slots) if slot.team in teams]
    people = [p for p, one in enumerate(problem.people) if one.team in teams]
    builder = Builder()
    pairs = [(p, s) for p in people for s in problem.able[p]]
    low = [float(pair in problem.fixed) for pair in pairs]
    names = [f"x[{problem.people[p].name},{s}]" for p, s in pairs]
    x = dict(zip(pairs, builder.columns(len(pairs), names, low=low, high=1.0, integer=True).tolist(), strict=True))
    open_ = dict(zip(here, builder.columns(len(here), "open").tolist(), strict=True))
    of: dict[int, list[int]] = defaultdict(list)
    for p, s in pairs:
        of[s].append(x[p, s])
    for s in here:
        need = float(slots[s].needed)
        columns = [*of[s], open_[s]]
        builder.row(columns, 1.0, need, need, f"cover[{s}]")
    for p in people:
        _rules(builder, problem, p, {s: x[p, s] for s in problem.able[p]})
    hours = [(slots[s].end - slots[s].start - sum(b - a for a, b in slots[s].breaks)) / HOUR for s in here]
    cover = builder.row([open_[s] for s in here], hours, name="hours missing")
    worth: dict[int, float] = defaultdict(float)
    constant = 0.0
    for p, s in pairs:
        worth[x[p, s]] += OTHER_TEAM * (slots[s].team != problem.people[p].team)
    refused: dict[int, tuple[dict[int, float], float]] = {}
    for p in people:
        refused[p] = _refused(problem, p, x)
        constant += refused[p][1]
        for column, weight in refused[p][0].items():
            worth[column] += weight
    for team in teams:
        for one in shares(problem, team):
            _fair(builder, problem, one, x, refused, worth)
    program = builder.program()
    missing, cost = np.zeros(program.cost.size), np.zeros(program.cost.size)
    missing[[open_[s] for s in here]] = hours
    cost[list(worth)] = list(worth.values())
    return Model(tuple(teams), program, x, open_, missing, cost, cover, constant)


def _rules(builder: Builder, problem: Problem, p: int, x: dict[int, int]) -> None:
    """The rows of one person's rules."""
    person, asked = problem.people[p], problem.asked
    slots, last = asked.slots, len(asked.dates)
    days: dict[int, list[int]] = defaultdict(list)
    for s in x:
        days[slots[s].day].append(s)
    on = {d: [x[s] for s in here] for d, here in days.items()}
    for d, columns in on.items():
        builder.row(columns, 1.0, high=1.0, name=f"one shift a day, {person.name}, {d}")
    _rest(builder, problem, p, days, x)
    for week in range(-(-last // 7)):
        here = [s for d in range(7 * week, min(7 * week + 7, last)) for s in days.get(d, ())]
        columns = [x[s] for s in here]
        if not here:
            continue
        builder.row(columns, 1.0, high=float(person.days), name=f"days a week, {person.name}, {week}")
        if person.hours is not None:
            worked = [slots[s].worked / HOUR for s in here]
            builder.row(columns, worked, high=person.hours / HOUR + TIGHT, name=f"hours a week, {person.name}, {week}")
        if person.off_together:
            runs = off_runs(person, week, asked)
            free = builder.columns(len(runs), f"free[{person.name},{week}]", high=1.0, integer=True)
            builder.row(free, 1.0, 1.0, name=f"days off together, {person.name}, {week}")
            for run, column in zip(runs, free.tolist(), strict=True):
                for d in run:
                    if d in on:
                        builder.row([column, *on[d]], 1.0, high=1.0, name=f"day off, {person.name}, {d}")
    _rows_of_days(builder, problem, p, on)


def _rest(builder: Builder, problem: Problem, p: int, days: dict[int, list[int]], x: dict[int, int]) -> None:
    person, slots = problem.people[p], problem.asked.slots
    latest = max((slots[s].end for here in days.values() for s in here), default=0.0)
    for d, today in days.items():
        for lag in range(1, 2 + int((latest + person.rest) // DAY)):
            then = days.get(d + lag, [])
            told: set[tuple[int, int]] = set()
            for end in sorted({slots[s].end for s in today}):
                late = [x[s] for s in today if slots[s].end >= end]
                early = [x[s] for s in then if slots[s].start + lag * DAY - end < person.rest - TIGHT]
                if early and (len(late), len(early)) not in told:
                    told.add((len(late), len(early)))
                    builder.row([*late, *early], 1.0, high=1.0, name=f"rest, {person.name}, {d}")


def _rows_of_days(builder: Builder, problem: Problem, p: int, on: dict[int, list[int]]) -> None:
    """Days in a row, those before the roster included, and weekends."""
    person, asked = problem.people[p], problem.asked
    most, last = person.in_a_row, len(asked.dates)
    for first in range(-min(person.days_before, most), last - most):
        window = [column for d in range(max(0, first), first + most + 1) for column in on.get(d, ())]
        worked = float(max(0, -first))
        if window:
            name = f"days in a row, {person.name}, {first}"
            builder.row(window, 1.0, high=max(0.0, most - worked), name=name)
    if person.weekends is None:
        return
    weekends: dict[int, list[int]] = defaultdict(list)
    for d in on:
        if weekend(d, asked) >= 0:
            weekends[weekend(d, asked)].append(d)
    columns = builder.columns(len(weekends), f"weekend[{person.name}]", high=1.0, integer=True)
    if len(columns):
        builder.row(columns, 1.0, high=float(person.weekends), name=f"weekends, {person.name}")
    for column, here in zip(columns.tolist(), weekends.values(), strict=True):
        for d in here:
            entries = [*on[d], column]
            builder.row(entries, [1.0] * len(on[d]) + [-1.0], high=0.0, name=f"weekend, {person.name}, {d}")


def _refused(problem: Problem, p: int, x: dict[tuple[int, int], int]) -> tuple[dict[int, float], float]:
    """The weight of a person's refused requests: what each choice adds, and what is refused without any."""
    weights: dict[int, float] = defaultdict(float)
    constant = 0.0
    for one in problem.requests:
        if one.person == p:
            _, against = sides(problem, one)
            if one.what == "shift":
                constant += one.weight
                for s in granting(problem, one):
                    weights[x[p, s]] -= one.weight
            else:
                for s in against:
                    weights[x[p, s]] += one.weight
    return weights, constant


def sides(problem: Problem, one: Request) -> tuple[list[int], list[int]]:
    """The slots of a request's day that the person could work: those that grant it, and those against it."""
    slots = problem.asked.slots
    here = [s for s in problem.able[one.person] if slots[s].day == one.day]
    good = [s for s in here if one.granted_by(slots[s], problem.early, problem.late)]
    return good, [s for s in here if s not in good]


def granting(problem: Problem, one: Request) -> list[int]:
    """The slots that grant a request."""
    return sides(problem, one)[0]


def _fair(
    builder: Builder,
    problem: Problem,
    one: Shares,
    x: dict[tuple[int, int], int],
    refused: dict[int, tuple[dict[int, float], float]],
    worth: dict[int, float],
) -> None:
    """Columns and rows of the unfairness of a team and kind: counts, their sum, deviations, the largest."""
    n = len(one.people)
    totals = builder.columns(n, f"count[{one.team},{one.kind}]", low=-math.inf)
    whole = builder.columns(1, f"sum[{one.team},{one.kind}]", low=-math.inf)
    bad = builder.columns(n, f"above[{one.team},{one.kind}]")
    largest = builder.columns(1, f"largest[{one.team},{one.kind}]")
    sign = -1.0 if one.kind == "shifts" else 1.0
    for k, (p, before) in enumerate(zip(one.people, one.past, strict=True)):
        if one.kind == "refused":
            weights, constant = refused[p]
        else:
            weights = {x[p, s]: 1.0 for s in problem.able[p] if counts(problem, s, one.kind)}
            constant = 0.0
        entries, values = [totals[k], *weights], [1.0, *(-value for value in weights.values())]
        builder.row(entries, values, before + constant, before + constant, f"count, {one.kind}, {p}")
        builder.row([totals[k], whole[0], bad[k]], [sign, -sign * one.share[k], -1.0], high=0.0, name=f"above, {p}")
        builder.row([bad[k], largest[0]], [1.0, -1.0], high=0.0, name=f"largest, {one.kind}, {p}")
        worth[int(bad[k])] += problem.fairness / n
    builder.row([*totals, whole[0]], [1.0] * n + [-1.0], 0.0, 0.0, f"sum, {one.team}, {one.kind}")
    worth[int(largest[0])] += problem.fairness


@dataclass(frozen=True, eq=False)
class Solved:
    """The roster of some teams: the slots of each person, hours missing and their bound, worth and its bound.

    `proved` says that no roster that keeps the rules misses fewer hours; `gap` how far the worth may be from the best.
    """

    model: Model
    roster: dict[int, list[int]]
    missing: float
    missing_bound: float
    proved: bool
    worth: float
    worth_bound: float
    best: bool


def solved(problem: Problem, teams: Sequence[str], *, solver: str, seconds: float) -> Solved:
    """The best roster of some teams that is found in the time. ValueError where not even a first one is."""
    made = model(problem, teams)
    first = solve(made.first(), solver=solver, seconds=0.4 * seconds, gap=0.0)
    if not first.found:
        raise ValueError(
            f"no roster of {', '.join(teams)} was found in {seconds:g} s; write a longer --time-limit"
            if first.status == "nothing"
            else f"the fixed shifts of {', '.join(teams)} break a rule together; remove one of them"
        )
    hours = float(made.missing @ first.x)
    left = max(1.0, seconds - first.seconds)
    second = solve(made.second(hours), solver=solver, seconds=left, gap=MIP_GAP, start=first.x)
    best = second if second.found else first
    bound = first.objective if first.status == "optimal" else first.bound
    return Solved(
        made,
        made.chosen(best),
        float(made.missing @ best.x),
        float(bound) if math.isfinite(bound) else 0.0,
        first.status == "optimal",
        float(made.worth @ best.x) + made.constant,
        (second.objective if second.status == "optimal" else second.bound) + made.constant,
        second.status == "optimal",
    )
