"""Required agents: read from a table by group or by queue, and which groups may cover them.

A need by group keeps its whole agents in the group. What is left of it, less than one agent, may be met by any group
that serves all of its queues; a need by queue by any group that serves the queue. People are whole, so that of all
needs that only some groups can meet the sum is rounded up, never each by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cxsim.model.volume import skipped, wall_at
from cxsim.optimizer.problem.structure import DAY, clock
from cxsim.tables.folds import told_apart
from cxsim.tables.reader import Table, read_table
from cxsim.tables.times import TIME_COLUMNS, step, times

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

NOISE = 1e-7  # of an agent; less is not a requirement
MOST_SETS = 64  # sets of groups written as rows; of more, people are allotted by variables
COLUMNS = ("agents", "need", "count")
SETS = tuple[tuple[Booleans, Booleans], ...]  # groups, and the demands that no other group can meet


@dataclass(frozen=True, eq=False)
class Demand:
    """D demands over G groups and I intervals: `agents` (D, I) of the groups `able` (D, G), `column` they came from."""

    able: Booleans
    agents: Floats
    column: str = ""

    @property
    def alone(self) -> Floats:
        """Agents (G, I) that only one group can meet."""
        one = self.able.sum(axis=1) == 1
        return np.asarray(self.able[one].T.astype(np.float64) @ self.agents[one])

    def sets(self) -> tuple[SETS, bool]:
        """Sets of groups that must hold the sum of their own demands; whether these say it all (Hall's theorem).

        All unions of overlapping demands would say it all; where they are too many, those of each demand and of all
        that hang together.
        """
        first = [tuple(row) for row in dict.fromkeys(map(tuple, self.able.tolist())) if any(row)]
        known = dict.fromkeys(first)
        todo = list(known)
        while todo and len(known) <= MOST_SETS:
            one = np.array(todo.pop())
            for other in list(known):
                if (one & other).any() and (union := tuple((one | other).tolist())) not in known:
                    known[union] = None
                    todo.append(union)
        enough = len(known) <= MOST_SETS
        chosen = list(known) if enough else [*first, *_components(first)]
        pairs = ((np.array(groups), ~(self.able & ~np.array(groups)).any(axis=1)) for groups in dict.fromkeys(chosen))
        return tuple(pairs), enough


def _components(sets: list[tuple[bool, ...]]) -> list[tuple[bool, ...]]:
    """The unions of sets that hang together."""
    out: list[Booleans] = []
    for one in map(np.array, sets):
        apart = [other for other in out if not (other & one).any()]
        joined = [other for other in out if (other & one).any()]
        out = [*apart, np.logical_or.reduce([one, *joined])]
    return [tuple(one.tolist()) for one in out]


def by_group(need: npt.ArrayLike, scenario: Scenario | None = None, column: str = "") -> Demand:
    """Agents needed of each group (G, I); with a scenario, what is left over may be met by who serves the same."""
    wanted = np.asarray(need, dtype=np.float64)
    own = np.eye(len(wanted), dtype=bool)
    if scenario is None:
        return Demand(own, wanted, column)
    served = [frozenset(group.skills) for group in scenario.groups.values()]
    standing_in = np.array([[mine <= other for other in served] for mine in served])
    whole = np.floor(wanted + NOISE)
    left = np.where(wanted - whole > NOISE, wanted - whole, 0.0)
    return _merged(np.concatenate([own, standing_in]), np.concatenate([whole, left]), column)


def by_queue(need: Floats, scenario: Scenario, column: str = "") -> Demand:
    """Agents needed for each queue (Q, I), of any group that serves it."""
    able = np.array([[queue in group.skills for group in scenario.groups.values()] for queue in scenario.queues])
    return _merged(able, need, column)


def _merged(able: Booleans, agents: Floats, column: str) -> Demand:
    """Demands of the same groups are one."""
    kinds, of = np.unique(able, axis=0, return_inverse=True)
    total = np.zeros((len(kinds), agents.shape[1]))
    np.add.at(total, np.ravel(of), agents)
    return Demand(kinds, total, column)


def read_need(source: str | Path | pd.DataFrame, scenario: Scenario, timeline: Timeline) -> Demand:
    """What a table of agents needed (`read_agents`) asks of the groups."""
    kind, column, agents = read_agents(source, scenario, timeline)
    return by_group(agents, scenario, column) if kind == "group" else by_queue(agents, scenario, column)


def read_agents(
    source: str | Path | pd.DataFrame, scenario: Scenario, timeline: Timeline
) -> tuple[Literal["group", "queue"], str, Floats]:
    """Agents needed of each group (G, I) or queue (Q, I), which of these, and the column they stood in.

    The table has a group or a queue, a time, agents and perhaps a date; or a time and a column for each group.

    Reads what `cxsim run` (plan.csv, erlang.csv) and the layer `requirements` write. A row lasts as long as the
    smallest step between times; fractions are kept; groups and queues that the table leaves out need nobody. Raises
    TableError for cells that are no number or time, for gaps and second rows, for a need in closed hours, and where
    agents may be people present or people scheduled.
    """
    table = read_table(source) if isinstance(source, (str, Path)) else _as_table(source)
    if (end := table.find("end", "to")) is not None:
        fix = "name a table of agents by interval; to test these shifts, use --layer certify --plan"
        raise table.fault(1, end, None, "is a column of shifts, but requirements are expected", fix)
    begins = table.need(*TIME_COLUMNS)
    when = times(table, begins, timeline.zone)
    width = step(when.seconds, timeline.interval)
    names: dict[Literal["group", "queue"], tuple[str, ...]]
    names = {"group": tuple(scenario.groups), "queue": tuple(scenario.queues)}
    by = [one for one in names if table.find(one) is not None]
    if len(by) == 2:
        raise table.fault(1, None, None, "has both groups and queues", "remove one of the two columns")
    kind: Literal["group", "queue"] = by[0] if by else "group"
    column, values = _agents(table, kind, bool(by), scenario)
    of = None if not by else table.cells[table.need(kind)]
    for line, name in zip(table.lines, of or (), strict=False):
        if name not in names[kind]:
            fix = f"the {kind}s are " + ", ".join(repr(one) for one in names[kind])
            raise table.fault(line, name, kind, f"is not a {kind}", fix)
    out = np.zeros((len(names[kind]), timeline.n_intervals))
    for k, name in enumerate(names[kind]):
        if name not in values:
            continue
        for d in range(timeline.days_before, timeline.days_before + timeline.days):
            mine = [i for i in when.calendar.rows(timeline.dates[d]) or [] if of is None or of[i] == name]
            lasting: list[tuple[float, float, int]] = []
            for i, fold in told_apart(table, mine, when, begins, partial(timeline.twice, d), name):
                start = float(when.seconds[i])
                spans = timeline.spans(d, start, min(start + width, DAY), fold=fold)
                lasting += [(a, b, i) for a, b in spans]
                here = [_intervals(timeline, a, b) for a, b in spans]
                if values[name][i] > NOISE and not here:
                    raise skipped(table, i, timeline.dates[d], start)
                if values[name][i] > NOISE and not any(timeline.open_mask[one].any() for one in here):
                    rule = f"has a requirement at {clock(start)}, when the center is closed"
                    raise table.fault(table.lines[i], table.cells[column or name][i], column or name, rule, "write 0")
                for one in here:
                    out[k, one] = np.maximum(out[k, one], values[name][i])
            _check_gaps(table, name, sorted(lasting), timeline, d)
    return kind, column, np.where(timeline.open_mask, out, 0.0)


def _intervals(timeline: Timeline, start: float, end: float) -> slice:
    """The counted intervals that a span of time touches."""
    first, last = ((x - timeline.counted_from) / timeline.interval for x in (start, end))
    return slice(max(0, int(np.floor(first + 1e-9))), max(0, int(np.ceil(last - 1e-9))))


def _check_gaps(table: Table, name: str, rows: list[tuple[float, float, int]], timeline: Timeline, d: int) -> None:
    until = rows[0][0] if rows else 0.0
    for start, end, i in rows:
        if start > until + 1e-6:
            here, missing = (clock(wall_at(timeline, d, moment)) for moment in (start, until))
            rule = f"follows a gap: {name!r} has no row for {missing}"
            raise table.fault(table.lines[i], here, None, rule, "add it, with 0 for no agents")
        until = max(until, end)


def _agents(table: Table, kind: str, named: bool, scenario: Scenario) -> tuple[str, Mapping[str, Floats]]:
    """The column that holds the need ('' where each group has its own), and agents present of each name by row."""
    if kind == "queue":
        by = {name: table.find(f"agents_required_{name}") for name in ("a", "c")}
        if all(by.values()):
            both = {name: table.numbers(str(column)) for name, column in by.items()}
            kinds = {name: "c" if one.agents_needed == "erlang_c" else "a" for name, one in scenario.queues.items()}
            return str(by["a"]), {name: both[kind] for name, kind in kinds.items()}
        asked = table.find("agents_required") or table.need(*COLUMNS)
        return asked, dict.fromkeys(scenario.queues, table.numbers(asked))
    keep = {
        name: 1.0 - group.shrinkage if scenario.is_scheduled(name) else 1.0 for name, group in scenario.groups.items()
    }
    if named:
        present, scheduled = table.find("present"), table.find("scheduled")
        if present is not None:
            return present, dict.fromkeys(scenario.groups, table.numbers(present))
        if scheduled is not None:
            _refuse_varying(table, scheduled, scenario)
            shown = table.numbers(scheduled)
            return scheduled, {name: shown * share for name, share in keep.items()}
        column = table.need(*COLUMNS)
        of = table.cells[table.need("group")]
        _refuse_either(table, column, [name for name in keep if name in of and keep[name] < 1.0])
        return column, dict.fromkeys(scenario.groups, table.numbers(column))
    own = {name: found for name in scenario.groups if (found := table.find(name)) is not None}
    if not own:
        table.need("group")
    _refuse_either(table, next(iter(own)), [name for name in own if keep[name] < 1.0])
    return "", {name: table.numbers(found) for name, found in own.items()}


def _refuse_varying(table: Table, column: str, scenario: Scenario) -> None:
    varying = [
        name for name, group in scenario.groups.items() if group.shrinkage_by_time and scenario.is_scheduled(name)
    ]
    if varying:
        rule = f"counts people scheduled, but the shrinkage of {varying[0]!r} changes by time"
        raise table.fault(1, column, None, rule, "give people present, in a column 'present'")


def _refuse_either(table: Table, column: str, groups: list[str]) -> None:
    if groups:
        rule = f"may mean people present or people scheduled: {groups[0]!r} is scheduled and has shrinkage"
        fix = "use the columns group, start and present (or scheduled) instead"
        raise table.fault(1, column, None, rule, fix)


def _as_table(frame: pd.DataFrame) -> Any:
    columns = tuple(str(name) for name in frame.columns)
    cells = {name: tuple("" if x is None or x != x else str(x) for x in frame[name]) for name in frame.columns}
    return Table(Path("need"), columns, cells, tuple(range(2, len(frame) + 2)))
