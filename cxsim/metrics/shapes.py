"""What the fold needs to know (Layout), what it leaves (Sample), and what the plan adds (Staffing)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from cxsim.metrics.figure import KINDS
from cxsim.metrics.late import Late, never_late
from cxsim.metrics.sums import ENDS, TALKED_TO
from cxsim.schema.network import EFFORT_DTYPE
from cxsim.schema.service_levels import DEFAULT_SL, SL_DEFINITIONS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Wait histogram: bin 0 holds waits of zero, bin 1 those up to LEAST, the others are 1% wide.
LEAST = 1e-3
GROWTH = 1.01
BINS = 2560
HISTOGRAM_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Layout:
    """Names, sizes and rules that turn a ledger into figures; picklable.

    Times are seconds on the ledger's clock. `edges` are the n_intervals + 1 borders of the counted intervals,
    `day_of` the counted day of each. `streams` are (queue, reason, segment) rows: every place the contacts
    can fall; queue -1, the last row of `stream_of`, is that of contacts that come to no queue.
    `stream_of[queue, reason, segment]` is its row, or -1. `group_of` is the group of each seat.
    `cell_of` is the wait histogram of an interval; `cell_day` and `cell_time` the day and interval of a cell,
    -1 where it spans several.
    """

    reasons: tuple[str, ...]
    segments: tuple[str, ...]
    queues: tuple[str, ...]
    groups: tuple[str, ...]
    streams: Integers
    stream_of: Integers
    group_of: Integers
    serves: tuple[tuple[int, ...], ...]
    edges: Floats
    open_mask: npt.NDArray[np.bool_]
    open_seconds: Floats
    labels: tuple[str, ...]
    days: tuple[str, ...]
    day_of: Integers
    cell_of: Integers
    cell_day: Integers
    cell_time: Integers
    end: float
    within: Floats
    short_abandon: float
    accumulated: bool
    definition: str
    fcr_window: float
    priced: Mapping[str, Sequence[tuple[str, Floats]]]  # columns that follow from others: those, and weights by stream
    points: Floats  # of effort, in the order of EFFORT_DTYPE
    gifts: Floats  # money of a compensation, by group
    fees: Floats  # money of a conversation with an AI agent, by node of the flow
    shared: npt.NDArray[np.bool_]
    at_home: npt.NDArray[np.bool_]
    late: Late
    kinds: Mapping[str, tuple[int, ...]]  # queues by kind of channel

    def counts(self, arrived: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which of these arrival times are in the counted time: not in a warm-up, nor after it."""
        return np.asarray((arrived >= self.edges[0]) & (arrived < self.edges[-1]), np.bool_)

    @property
    def n_intervals(self) -> int:
        """How many intervals are counted."""
        return len(self.labels)

    @property
    def mixed(self) -> tuple[str, ...]:
        """The kinds of channel, where there are several; else none."""
        return tuple(self.kinds) if len(self.kinds) > 1 else ()

    @property
    def interval(self) -> float:
        """The length of an interval in seconds."""
        return float(self.edges[1] - self.edges[0])


@dataclass(frozen=True, eq=False)
class Staffing:
    """What the plan says, for the figures about agents and money; parts that are None give no figure.

    `scheduled`, `planned` (agents expected present) and `paid` (seconds) are group × interval, `wage` is
    money per hour and group, `required` agents are queue × interval (NaN where there is no answer).
    """

    scheduled: Floats | None = None
    planned: Floats | None = None
    paid: Floats | None = None
    wage: Floats | None = None
    overrun_paid: bool = True
    required: Floats | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """The sums of one replication.

    `contacts` is column × stream × interval, `groups` column × group × interval, `waiting` and `most` queue ×
    interval. `bins` and `counts` are the filled cells of the wait histogram (answered or abandoned × stream × cell ×
    bin, flattened), in the order in which they were filled; `waits.each_quantiles` makes quantiles of them.
    """

    contacts: Floats
    groups: Floats
    waiting: Floats
    most: Floats
    bins: Integers
    counts: npt.NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return sum(int(part.nbytes) for part in vars(self).values())


def layout(
    *,
    reasons: Sequence[str],
    segments: Sequence[str] = ("all",),
    queues: Sequence[str],
    groups: Sequence[str],
    group_of: npt.ArrayLike,
    labels: Sequence[datetime],
    interval: float,
    counted_from: float,
    end: float,
    counted_to: float = math.inf,
    within: float | Sequence[float] = 20.0,
    streams: npt.ArrayLike | None = None,
    serves: Sequence[Sequence[int]] | None = None,
    open_mask: npt.ArrayLike | None = None,
    open_seconds: npt.ArrayLike | None = None,
    short_abandon: float = 5.0,
    basis: str = "attempt",
    definition: str = DEFAULT_SL,
    fcr_window: float = 86400.0,
    contact_cost: Sequence[float] | None = None,
    shared: Sequence[bool] | None = None,
    at_home: Sequence[bool] | None = None,
    kind_of: Sequence[str] | None = None,
    points: Sequence[float] | None = None,
    fees: Sequence[float] = (),
    gifts: Sequence[float] = (),
    lesson_cost: Sequence[float] | None = None,
    offered: Sequence[float] | None = None,
    leaving: npt.ArrayLike = 0.0,
    lost: npt.ArrayLike = 0.0,
    late: Late | None = None,
) -> Layout:
    """Lay out the sums of a run. Raises ValueError for an unknown definition or basis.

    `labels` are the local starts of the counted intervals, the first at `counted_from` and each `interval` seconds
    long, though the last ends at `counted_to`; `end` is where simulated time ends. `group_of` gives the group of every
    seat. `within` is T in seconds, one or one a queue; `basis` 'attempt' or 'accumulated' says whether T looks at the
    wait of the attempt or of the issue so far. `streams` lists (queue, reason, segment) as index rows, default all
    combinations; `serves` the groups of each queue, default all. `open_seconds` is the open time of each interval, by
    default all of it where `open_mask` says open. `contact_cost` is money of each reason for a contact that an agent
    talks to; `shared` says of which queues an agent serves several contacts at a time, in which customers are `at_home`
    while they wait, by default in none; `kind_of` is the kind of channel of each queue (`registry.KINDS`), by default
    one for all. `points` are the weights of effort in the order of EFFORT_DTYPE, `fees` the money of a conversation
    with an AI agent by node of the flow, `gifts` that of a compensation by group, `lesson_cost` and `offered` those
    of a resolved issue that is learned from and of a resolving talk in which something is sold by reason, `leaving`
    the shares who leave after an issue, and `lost` the money a year that this loses, by segment and how it ended:
    solved at once, later, or not at all. `late` says whose time after midnight belongs to the day before, by default
    nobody's.
    """
    _check(definition, basis)
    rows, stream_of = _streams(sizes := (len(queues), len(reasons), len(segments)), streams)
    days, day_of = _days(labels)
    mask = np.ones(len(labels), dtype=np.bool_) if open_mask is None else np.array(open_mask, dtype=np.bool_)
    cells = dict(zip(("cell_of", "cell_day", "cell_time"), _cells(len(rows), mask, day_of, len(days)), strict=True))
    edges = np.minimum(counted_from + interval * np.arange(len(labels) + 1, dtype=np.float64), counted_to)
    return Layout(
        reasons=tuple(reasons),
        segments=tuple(segments),
        queues=tuple(queues),
        groups=tuple(groups),
        streams=rows,
        stream_of=stream_of,
        group_of=np.array(group_of, dtype=np.int64),
        serves=tuple(tuple(int(group) for group in row) for row in serves or [range(len(groups))] * len(queues)),
        edges=edges,
        open_mask=mask,
        open_seconds=np.diff(edges) * mask if open_seconds is None else np.array(open_seconds, dtype=np.float64),
        labels=_texts(labels),
        days=days,
        day_of=day_of,
        **cells,
        end=float(end),
        within=np.broadcast_to(np.asarray(within, dtype=np.float64), (len(queues),)).copy(),
        short_abandon=float(short_abandon),
        accumulated=basis == "accumulated",
        definition=definition,
        fcr_window=float(fcr_window),
        priced=_priced(rows, (contact_cost, lesson_cost, offered), leaving, lost, sizes),
        points=np.array([0.0] * len(EFFORT_DTYPE.names or ()) if points is None else points, dtype=np.float64),
        fees=np.array(fees, dtype=np.float64),
        gifts=np.array(gifts, dtype=np.float64),
        at_home=_flags(at_home, len(queues)),
        kinds=_kinds(kind_of or ()),
        shared=_flags(shared, len(queues)),
        late=never_late(len(np.asarray(group_of)), len(days)) if late is None else late,
    )


def _check(definition: str, basis: str) -> None:
    if definition not in SL_DEFINITIONS:
        raise ValueError(f"{definition!r} is not a definition of SL; the definitions are {', '.join(SL_DEFINITIONS)}")
    if basis not in ("attempt", "accumulated"):
        raise ValueError(f"basis {basis!r} is neither 'attempt' nor 'accumulated'")


def _streams(sizes: tuple[int, int, int], given: npt.ArrayLike | None) -> tuple[Integers, Integers]:
    """Rows (queue, reason, segment) of the streams, all by default, and the number of each; -1 where there is none."""
    wanted = list(np.ndindex(*sizes)) if given is None else given
    rows = np.asarray(wanted, dtype=np.int64).reshape(-1, 3)
    rows = rows if given is None else np.unique(rows, axis=0)
    stream_of = np.full((sizes[0] + 1, *sizes[1:]), -1, dtype=np.int64)
    stream_of[rows[:, 0], rows[:, 1], rows[:, 2]] = np.arange(len(rows))
    return rows, stream_of


def _days(labels: Sequence[datetime]) -> tuple[tuple[str, ...], Integers]:
    """The dates, and the number of that of each interval."""
    dates = [label.date().isoformat() for label in labels]
    days = tuple(dict.fromkeys(dates))
    return days, np.array([days.index(date) for date in dates], dtype=np.int64)


def _texts(labels: Sequence[datetime]) -> tuple[str, ...]:
    whole_minutes = all(label.second == 0 == label.microsecond for label in labels)
    return tuple(label.isoformat(timespec="minutes" if whole_minutes else "auto") for label in labels)


def _flags(given: Sequence[bool] | None, n: int) -> npt.NDArray[np.bool_]:
    return np.array(given if given is not None else [False] * n, dtype=bool)


def _kinds(kind_of: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Queues by kind of channel."""
    return {kind: tuple(q for q, name in enumerate(kind_of) if name == kind) for kind in KINDS if kind in kind_of}


def _priced(
    streams: Integers,
    of_reasons: Sequence[Sequence[float] | None],
    leaving: npt.ArrayLike,
    lost: npt.ArrayLike,
    sizes: tuple[int, int, int],
) -> dict[str, list[tuple[str, Floats]]]:
    price, lesson, sold = (np.zeros(sizes[1]) if x is None else np.asarray(x, dtype=np.float64) for x in of_reasons)
    shares, worth = (np.broadcast_to(np.asarray(x, dtype=np.float64), (sizes[2], 3)) for x in (leaving, lost))
    return {
        "contact_cost": [(name, sign * price[streams[:, 1]]) for name, sign in TALKED_TO],
        "lesson_cost": [(name, lesson[streams[:, 1]]) for name in ENDS[:2]],
        "revenue": [("resolved", sold[streams[:, 1]])],
        "leavers": [(name, shares[streams[:, 2], k]) for k, name in enumerate(ENDS)],
        "value_lost": [(name, worth[streams[:, 2], k]) for k, name in enumerate(ENDS)],
    }


def _cells(
    n_streams: int, open_mask: npt.NDArray[np.bool_], day_of: Integers, n_days: int
) -> tuple[Integers, Integers, Integers]:
    """Wait histograms: one an open interval and one for each day's closed hours; else one a day; else one."""

    def fits(cells: int) -> bool:
        return 2 * n_streams * cells * BINS * 4 <= HISTOGRAM_BYTES

    n = len(day_of)
    if fits(int(open_mask.sum()) + n_days):
        cell_of = np.empty(n, dtype=np.int64)
        cell_day: list[int] = []
        cell_time: list[int] = []
        for day in range(n_days):
            inside = np.flatnonzero(day_of == day)
            for i in inside[open_mask[inside]]:
                cell_of[i] = len(cell_day)
                cell_day.append(day)
                cell_time.append(int(i))
            if not open_mask[inside].all():
                cell_of[inside[~open_mask[inside]]] = len(cell_day)
                cell_day.append(day)
                cell_time.append(-1)
        return cell_of, np.array(cell_day, dtype=np.int64), np.array(cell_time, dtype=np.int64)
    if fits(n_days):
        return day_of.copy(), np.arange(n_days, dtype=np.int64), np.full(n_days, -1, dtype=np.int64)
    nowhere = np.full(1, -1, dtype=np.int64)
    return np.zeros(n, dtype=np.int64), nowhere, nowhere.copy()
