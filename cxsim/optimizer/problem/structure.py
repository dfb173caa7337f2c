"""What staff can be had, as a block of an integer program: headcounts by interval, or shifts of people.

A column x[j] is a number of agents or people; `levels = cover · x` are the agents present by group and interval. The
block has the structure's own rules as rows (limits of groups, contracts, the week, a budget): what the contacts need
is no business of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cxsim.model.plan import plan, plan_of_levels
from cxsim.optimizer.problem.staff_table import by_clock, check_days, on_leave, rows_by_clock
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.solver.program import Program
from cxsim.report.common.formats import day_label
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from cxsim.model.calendar import Timeline
    from cxsim.model.plan import Plan
    from cxsim.optimizer.problem.prices import Prices
    from cxsim.scenario.model.scenario import Scenario

DAY = 86400.0
OVER_ROSTER = 1.1  # times the most agents on today's roster at once, that a team may have
Floats = npt.NDArray[np.float64]
Numbers = Sequence[int] | npt.NDArray[np.int64]
Row = tuple[Numbers, Sequence[float] | Floats, float, float, str]


@dataclass(frozen=True, eq=False)
class Moments:
    """A moments of the open time, in each of which the same people are there; as in `Structure`, but without means.

    `interval` (A,) is the one each lies in, `labels` say when it begins and ends, `cover` (G · A, N) who is there.
    """

    interval: npt.NDArray[np.int64]
    labels: tuple[tuple[str, str], ...]
    cover: csr_array


@dataclass(frozen=True, eq=False)
class Structure:
    """N columns and M rows: cost · x, low ≤ x ≤ high, row_low ≤ rows · x ≤ row_high.

    `cover` (G · I, N) turns columns into agents present on average; an interval that is open in part counts its open
    time. `moments` are those within the intervals; without it nobody comes or goes inside of one.
    """

    kind: Literal["headcounts", "shifts"]
    groups: tuple[str, ...]
    n_intervals: int
    cost: Floats
    low: Floats
    high: Floats
    integer: npt.NDArray[np.bool_]
    cover: csr_array
    rows: csr_array
    row_low: Floats
    row_high: Floats
    names: tuple[str, ...]
    row_names: tuple[str, ...]
    planned: Callable[[Floats], Plan] = field(repr=False)
    tabled: Callable[[Floats], pd.DataFrame] = field(repr=False)
    completed: Callable[[Floats], Floats] = field(repr=False)
    moments: Callable[[], Moments] | None = field(default=None, repr=False)
    labels: tuple[str, ...] = ()  # of the intervals
    payload: Any = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """The number of columns."""
        return len(self.cost)

    @property
    def cells(self) -> tuple[str, ...]:
        """What the rows of `cover` are called: group and interval."""
        labels = self.labels or tuple(str(i) for i in range(self.n_intervals))
        return tuple(f"{group} {one}" for group in self.groups for one in labels)

    @property
    def signature(self) -> str:
        """What tells columns that mean the same from others: a checksum of their names."""
        return sha256("\n".join((self.kind, *self.names)).encode()).hexdigest()[:16]

    def program(self) -> Program:
        """The structure alone, as a program."""
        return Program(
            self.cost,
            self.low,
            self.high,
            self.integer,
            self.rows,
            self.row_low,
            self.row_high,
            self.names,
            self.row_names,
        )

    def levels(self, x: npt.ArrayLike) -> Floats:
        """Agents present, group × interval."""
        given = np.asarray(x, dtype=np.float64)
        return np.asarray(self.cover @ given).reshape(len(self.groups), self.n_intervals)

    def cost_of(self, x: npt.ArrayLike) -> float:
        """Money for the staff, what leavers are expected to cost with it."""
        return float(self.cost @ np.asarray(x, dtype=np.float64))

    def complete(self, x: npt.ArrayLike) -> Floats:
        """`x` with the columns that follow from the others (leavers; who works which days) filled in."""
        return self.completed(np.asarray(x, dtype=np.float64))

    def plan(self, x: npt.ArrayLike) -> Plan:
        """The plan that the simulator runs; `x` is rounded."""
        return self.planned(np.rint(np.asarray(x, dtype=np.float64)))

    def table(self, x: npt.ArrayLike) -> pd.DataFrame:
        """The plan as the table that `staff.file` reads back to the same plan."""
        return self.tabled(np.rint(np.asarray(x, dtype=np.float64)))

    def broken(self, x: npt.ArrayLike, tolerance: float = 1e-6) -> list[str]:
        """The names of the rows and columns whose bounds `x` does not keep."""
        given = np.asarray(x, dtype=np.float64)
        value = np.asarray(self.rows @ given)
        rows = (value < self.row_low - tolerance) | (value > self.row_high + tolerance)
        columns = (given < self.low - tolerance) | (given > self.high + tolerance)
        return [self.row_names[i] for i in np.flatnonzero(rows)] + [self.names[j] for j in np.flatnonzero(columns)]


def headcounts(scenario: Scenario, timeline: Timeline, prices: Prices) -> Structure:
    """Agents present by group and open interval; in steady state one number a group.

    Leavers l[g, i] ≥ n[g, i] − n[g, i + 1] between neighbouring open intervals cost `prices.leaver`. Raises
    ValueError where a group's limits contradict today's headcounts that are to stay.
    """
    groups, asked = tuple(scenario.groups), optimizing(scenario)
    at, limits = _counted(timeline), limits_of(scenario, timeline, asked.groups)
    place, n = [np.asarray(at)] if timeline.steady else [np.array([i]) for i in at], timeline.n_intervals
    low, high = limits
    width = len(place)
    cost = np.array([[prices.present[g, where].sum() for where in place] for g in range(len(groups))])
    if by_clock(scenario, timeline):
        check_days(scenario, timeline)
    away = on_leave(scenario, timeline)
    lows = np.array([[np.where(away[g], 0.0, low[g])[where].max() for where in place] for g in range(len(groups))])
    highs = np.array([[0.0 if away[g, where].all() else high[g] for where in place] for g in range(len(groups))])
    names = [f"{name}{'' if timeline.steady else f' {label(timeline, int(w[0]))}'}" for name in groups for w in place]
    entries = [(g * n + i, g * width + k) for g in range(len(groups)) for k, w in enumerate(place) for i in w]
    joined = [] if timeline.steady else [k for k in range(width - 1) if neighbours(timeline, at[k], at[k + 1])]
    pairs = [(g, k) for g in range(len(groups)) if float(prices.leaver[g]) > 0.0 for k in joined]
    first = width * len(groups)
    rows: list[Row] = []
    for j, (g, k) in enumerate(pairs):
        here = g * width + k
        name = f"leavers, {groups[g]} {label(timeline, at[k])}"
        rows.append(([first + j, here, here + 1], [1.0, -1.0, 1.0], 0.0, np.inf, name))
        names.append(name)
    rows += _changes(scenario, timeline, [(g, k, at[k]) for g in range(len(groups)) for k in joined], width)
    total = np.concatenate([cost.ravel(), [float(prices.leaver[g]) for g, _ in pairs]])
    if asked.budget is not None:
        rows.append((np.flatnonzero(total), total[total != 0.0], -np.inf, asked.budget, "budget"))
    before = np.array([g * width + k for g, k in pairs], dtype=np.int64)

    def completed(x: Floats) -> Floats:
        out = np.array(x, dtype=np.float64)
        out[first:] = np.maximum(0.0, out[before] - out[before + 1])
        return out

    def levels(x: Floats) -> npt.NDArray[np.int64]:
        out = np.zeros((len(groups), n), dtype=np.int64)
        counts = np.rint(x[:first]).astype(np.int64).reshape(len(groups), width)
        for k, where in enumerate(place):
            out[:, where] = counts[:, k, None]
        return out

    def planned(x: Floats) -> Plan:
        return plan_of_levels(scenario, timeline, levels(x))

    return assemble(
        "headcounts",
        groups,
        n,
        cost=total,
        low=np.concatenate([lows.ravel(), np.zeros(len(pairs))]),
        high=np.concatenate([highs.ravel(), np.full(len(pairs), np.inf)]),
        integer=np.arange(len(total)) < first,
        cover=([1.0] * len(entries), [r for r, _ in entries], [c for _, c in entries]),
        rows=rows,
        names=names,
        labels=tuple(label(timeline, i) for i in range(n)),
        planned=planned,
        tabled=lambda x: table_of_levels(scenario, timeline, levels(x)),
        completed=completed,
    )


def _changes(
    scenario: Scenario, timeline: Timeline, places: Sequence[tuple[int, int, int]], width: int
) -> Iterator[Row]:
    """Rows for how many may come or go between neighbouring intervals: (group, column, interval) of the first."""
    asked, groups = optimizing(scenario).groups, tuple(scenario.groups)
    for g, k, i in places:
        most = asked[groups[g]].change if groups[g] in asked else None
        if most is not None:
            here = g * width + k
            title = f"groups.{groups[g]}.change, {label(timeline, i + 1)}"
            yield [here + 1, here], [1.0, -1.0], -float(most), float(most), title


def assemble(
    kind: Literal["headcounts", "shifts"],
    groups: tuple[str, ...],
    n_intervals: int,
    *,
    cover: tuple[Sequence[float] | Floats, Numbers, Numbers],
    rows: Sequence[Row],
    names: Sequence[str],
    **rest: Any,
) -> Structure:
    """A structure of `cover` as (values, rows, columns) and `rows` as (columns, values, low, high, name)."""
    from scipy.sparse import csr_array

    value, r, c = cover
    shape = (len(groups) * n_intervals, len(names))
    sizes = [len(row[0]) for row in rows]
    matrix = csr_array(
        (
            np.concatenate([np.asarray(row[1], dtype=np.float64) for row in rows]) if rows else np.zeros(0),
            np.concatenate([np.asarray(row[0], dtype=np.int64) for row in rows]) if rows else np.zeros(0, np.int64),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        ),
        shape=(len(rows), len(names)),
    )
    return Structure(
        kind=kind,
        groups=groups,
        n_intervals=n_intervals,
        cover=csr_array((np.asarray(value, dtype=np.float64), (np.asarray(r), np.asarray(c))), shape=shape),
        rows=matrix,
        row_low=np.array([row[2] for row in rows], dtype=np.float64),
        row_high=np.array([row[3] for row in rows], dtype=np.float64),
        names=tuple(names),
        row_names=tuple(row[4] for row in rows),
        **rest,
    )


def table_of_levels(scenario: Scenario, timeline: Timeline, levels: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Headcounts as a table of `staff.file`: group, start, agents, and the date where there are several days.

    Agents are those present, whole people, whatever the scenario's own headcounts are.
    """
    import pandas as pd

    if by_clock(scenario, timeline):
        return pd.DataFrame(rows_by_clock(scenario, timeline, levels), columns=["group", "start", "agents"])
    step = _step(timeline)
    parts = round(timeline.interval / step)
    out: list[tuple[object, ...]] = []
    for g, name in enumerate(scenario.groups):
        for d in range(timeline.days):
            first = d * round(DAY / timeline.interval)
            inside = [i for i in _counted(timeline) if first <= i < first + round(DAY / timeline.interval)]
            if timeline.steady:
                out.append((name, "", "00:00", int(levels[g, 0])))
                continue
            if not inside:
                continue
            on = timeline.dates[timeline.days_before + d].isoformat()
            hours = timeline.hours[timeline.days_before + d]
            for i in range(inside[0], inside[-1] + 1):
                for k in range(parts):
                    start = (i - first) * timeline.interval + k * step
                    here = any(a < start + step and start < b for a, b in hours)
                    out.append((name, on, clock(start), int(levels[g, i]) if here else 0))
            end = (inside[-1] + 1 - first) * timeline.interval
            if end < DAY:
                out.append((name, on, clock(end), 0))
    table = pd.DataFrame(out, columns=["group", "date", "start", "agents"])
    return table if timeline.days > 1 else table.drop(columns="date")


def _counted(timeline: Timeline) -> list[int]:
    return [int(i) for i in np.flatnonzero(timeline.open_mask)]


def neighbours(timeline: Timeline, i: int, k: int) -> bool:
    """Whether two intervals are neighbours within one opening: people stay from one to the other."""
    if k != i + 1:
        return False
    edge = timeline.counted_from + k * timeline.interval
    return bool(((timeline.open_starts < edge) & (edge < timeline.open_ends)).any())


def label(timeline: Timeline, i: int) -> str:
    moment = timeline.labels[i]
    again = "" if moment.tzinfo is None else moment.isoformat()[-6:]  # the second of an hour that comes twice
    return f"{moment:%H:%M}{again}" if timeline.days == 1 else f"{day_label(moment)} {moment:%H:%M}{again}"


def limits_of(scenario: Scenario, timeline: Timeline, groups: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """The least agents by group and interval, and the most by group."""
    low = np.zeros((len(scenario.groups), timeline.n_intervals))
    high = team_limits(scenario, timeline)
    today: Floats | None = None
    for g, name in enumerate(scenario.groups):
        limits = groups.get(name)
        if limits is None:
            continue
        low[g] = np.where(timeline.open_mask, float(limits.min), 0.0)
        high[g] = max(high[g], float(limits.min)) if limits.max is None else float(limits.max)
        if limits.keep:
            today = todays(scenario, timeline) if today is None else today
            low[g] = np.maximum(low[g], today[g])
        if low[g].max(initial=0.0) > high[g]:
            i = int(np.argmax(low[g]))
            rule = f"{high[g]:g} is below the {low[g, i]:g} current agents at {label(timeline, i)}, which are kept"
            raise Impossible(f"optimize.groups.{name}.max: {rule}; write {low[g, i]:g} or more, or keep: false")
    return low, high


def team_limits(scenario: Scenario, timeline: Timeline) -> Floats:
    """The most agents of each group by today's roster (G,): 110 % of the most at once; infinite where it has a `max`.

    Raises Impossible for groups that have nobody on the roster.
    """
    asked = optimizing(scenario)
    out = np.full(len(scenario.groups), np.inf)
    missing = [
        g for g, name in enumerate(scenario.groups) if name not in asked.groups or asked.groups[name].max is None
    ]
    if not asked.within_team or timeline.steady or not missing:
        return out
    most = todays(scenario, timeline).max(axis=1, initial=0.0)
    nobody = [name for g, name in enumerate(scenario.groups) if g in missing and not most[g] > 0.0]
    if nobody:
        lines = "\n".join(
            f"optimize.groups.{name}.max: group {name} has no agents on today's roster, so cxsim cannot know its"
            f" size; write optimize: {{groups: {{{name}: {{max: 12}}}}}}, or within_team: false for no limits"
            for name in nobody
        )
        raise Impossible(lines)
    out[missing] = np.ceil(OVER_ROSTER * most[missing] - 1e-9)
    return out


def todays(scenario: Scenario, timeline: Timeline) -> Floats:
    """Today's agents present by group and interval, while it is open."""
    length = np.full(timeline.n_intervals, timeline.interval)
    length[-1] = timeline.counted_to - timeline.counted_from - timeline.interval * (timeline.n_intervals - 1)
    share = timeline.open_seconds / length
    present = plan(scenario, timeline).present
    return np.where(share > 0.0, np.rint(1e6 * present / np.where(share > 0.0, share, 1.0)) / 1e6, 0.0)


def _step(timeline: Timeline) -> float:
    """The longest step in which every opening and closing time falls: that of the table."""
    out = Fraction(timeline.interval)
    for day in timeline.hours:
        for span in day:
            for edge in span:
                a, b = out, Fraction(edge)
                while b:
                    a, b = b, a % b
                out = a
    return float(out) if not timeline.steady else timeline.interval


def clock(seconds: float) -> str:
    """A time of day as tables write it."""
    whole = round(seconds)
    text = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}"
    return text if whole % 60 == 0 else f"{text}:{whole % 60:02d}"
