"""Fresh arrivals: rates, profiles, busyness and events, and the stream of arrivals they give.

The volume of a reason on a day is a rate that is constant, or changes linearly, in pieces. Its cumulative, inverted at
the points of a unit-rate Poisson stream, gives the arrivals (Cinlar 1975, "Introduction to stochastic processes",
section 4.7). Each gap is a keyed draw of its own, so changing one reason, day or rate moves no other draw.
"""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.jit.buffer_pool import Scratch
from cxsim.jit.decorators import compiled, inner
from cxsim.model.linear_rates import Piece, cut
from cxsim.model.time_spans import DAY
from cxsim.model.volume import Seen, replay
from cxsim.model.volume import pieces as pieces_of
from cxsim.randomness.distributions import Law, encode
from cxsim.randomness.draws import ARRIVAL, BUSYNESS, child, name_hash, uniform
from cxsim.randomness.inverse_cdf import value
from cxsim.rules import ivr_steps
from cxsim.schema.ledger import DAY_SHIFT, issue_id

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

POISSON, FIXED, REPLAY = range(3)
FIRST_DAY = 1 << 12  # number of the horizon's first day in issues and keys: days before it have smaller ones
_AT_ONCE = 128  # arrivals that are drawn ahead
_FULL = -1
_PARTS = 32  # constant parts of a piece with a linear rate, where only constant ones will do
_NEVER_ZERO = 1e-9  # the smallest factor of a block, as its rate is divided by
_CALENDAR = name_hash("the calendar, common to all reasons")


class Demand(NamedTuple):
    """The volume of R reasons on D simulated days, pieces of a rate or times; row r·D + d: reason r, day d.

    Pieces have a start (s), a `latest` (the last instant of the piece), a rate at the start (contacts/s) and its slope
    (contacts/s²), and the expected contacts of that day `before` them and `upto` their end; pieces without arrivals
    are left out.
    """

    hashes: npt.NDArray[np.uint64]  # (R,)
    modes: Ints  # (R,) POISSON, FIXED or REPLAY
    busyness: Ints  # (R,) law of the factor of a day, -1 for none
    totals: Floats  # (R·D,) expected contacts
    first_piece: Ints  # (R·D + 1,)
    starts: Floats
    latest: Floats
    rates: Floats
    slopes: Floats
    before: Floats
    upto: Floats
    first_time: Ints  # (R·D + 1,)
    times: Floats
    laws: npt.NDArray[np.void]
    knots: Floats
    first_day: int  # number of simulated day 0 in issues and keys
    days: int  # D
    intraday: Ints  # (R,) law of the factor of a block of the day, -1 for none
    shared: Floats  # (R,) how much both factors follow what is common to all reasons
    block: Ints  # of each piece, the number of its block of the day; -1 without `intraday`
    crowd: float = 1.0  # seats of the market over customers: so many more issues are drawn, of which those arise that
    # find a customer


def demand(scenario: Scenario, timeline: Timeline, seen: Seen | None = None) -> Demand:
    """The volume of every reason on every simulated day, clipped to the hours that are open.

    Weekday factors and dated events follow the calendar on every simulated day; a file that does not know a
    day outside the horizon gives it the rows of `Timeline.model_date`. Raises TableError or ValueError, with
    the place, for rows and lists that do not fit the horizon.
    """
    reasons = list(scenario.reasons.items())
    seen = {} if seen is None else seen
    pieces: list[list[Piece]] = []
    replayed: list[Floats] = []
    modes, busyness, intraday, laws = list[int](), list[int](), list[int](), list[Law]()
    blocks: list[int] = []
    for name, reason in reasons:
        volume = reason.volume
        listed = volume.arrivals is not None or volume.at is not None
        modes.append(REPLAY if listed else FIXED if volume.count is not None else POISSON)
        busyness.append(-1 if volume.busyness is None else len(laws))
        laws += [] if volume.busyness is None else [volume.busyness]
        intraday.append(-1 if volume.intraday is None else len(laws))
        laws += [] if volume.intraday is None else [volume.intraday]
        for d in range(len(timeline.dates)):
            if listed:
                pieces.append([])
                replayed.append(replay(scenario, timeline, name, d, seen))
            else:
                day = pieces_of(scenario, timeline, name, d, seen)
                if volume.intraday is not None:
                    day, those = _cut(day, timeline, d, volume.intraday_block)
                    blocks += those
                else:
                    blocks += [-1] * len(day)
                pieces.append(day)
                replayed.append(np.empty(0))
    flat = [piece for day in pieces for piece in day]
    starts, ends, rates, last = np.array(flat, dtype=np.float64).reshape(-1, 4).T.copy()
    sums = [np.cumsum([(b - a) * (first + end) / 2 for a, b, first, end in day]) for day in pieces]
    upto = np.concatenate([np.empty(0), *sums])
    before = np.concatenate([np.empty(0), *(np.concatenate([[0.0], total[:-1]]) for total in sums if len(total))])
    codes, knots = encode(laws)
    return Demand(
        hashes=np.array([name_hash(name) for name, _ in reasons], dtype=np.uint64),
        modes=np.array(modes, dtype=np.int64),
        busyness=np.array(busyness, dtype=np.int64),
        totals=np.array([total[-1] if len(total) else 0.0 for total in sums]),
        first_piece=np.cumsum([0, *(len(day) for day in pieces)]),
        starts=starts,
        latest=np.nextafter(ends, -math.inf),
        rates=rates,
        slopes=(last - rates) / (ends - starts),
        before=before,
        upto=upto,
        first_time=np.cumsum([0, *(len(day) for day in replayed)]),
        times=np.concatenate([np.empty(0), *replayed]),
        laws=codes,
        knots=knots,
        first_day=FIRST_DAY - timeline.days_before,
        days=len(timeline.dates),
        intraday=np.array(intraday, dtype=np.int64),
        shared=np.array([reason.volume.shared for _, reason in reasons]),
        block=np.array(blocks, dtype=np.int64),
        crowd=sum(segment.share * segment.crowd for segment in scenario.segments.values()),
    )


def _cut(day: list[Piece], timeline: Timeline, d: int, block: float) -> tuple[list[Piece], list[int]]:
    """The pieces of a day, cut where a block of the day ends, and the number of the block of each."""
    edges = [timeline.at(d, k * block) for k in range(math.ceil(DAY / block) + 1)]
    out: list[Piece] = []
    blocks: list[int] = []
    for piece in day:
        for part in cut(piece, [t for t in edges if piece[0] < t < piece[1]]):
            out.append(part)
            blocks.append(bisect.bisect_right(edges, part[0]) - 1)
    return out, blocks


def explain(scenario: Scenario, timeline: Timeline) -> list[str]:
    """The volume in sentences: what each reason expects in counted time, and what of its file is left out."""
    seen: Seen = {}
    counts = expected_of(demand(scenario, timeline, seen), timeline)
    sums = counts.sum(axis=1)
    out = []
    for name, row, total in zip(scenario.reasons, counts, sums, strict=True):
        out.append(f"{name}: {total:,.0f} fresh contacts expected in counted time.")
        out += _left_out(name, seen)
        if (name, "in opening hours") in seen:
            file = seen[name, "in opening hours"]
            out.append(f"{name}: {file} has no rows for some hours of the day, so none of its contacts arrive then.")
        out += _turned_away(scenario, timeline, name, row)
    years = (timeline.counted_to - timeline.counted_from) / (365.0 * 86400.0)
    for name, segment in scenario.segments.items():
        if segment.customers:
            each = float(sums.sum()) * segment.share / segment.customers / years
            market = f" of a market of {segment.seats:,}" if segment.seats > segment.customers else ""
            who = f"{segment.customers:,} customers at the start{market}"
            most = float(sums.sum()) * segment.share * segment.crowd * segment.busiest / years
            busiest = f", the busiest with {most:,.2g}" if segment.unevenness and segment.seats > 1 else ""
            out.append(f"{name}: {who}, each with {each:.2g} issues a year{busiest}.")
    return out


def _turned_away(scenario: Scenario, timeline: Timeline, name: str, counts: Floats) -> list[str]:
    """In a sentence, what share of a reason's fresh contacts finds the queue closed to which the flow leads."""
    lost = ivr_steps.turned_away(scenario, name)
    if lost <= 0.0 or counts.sum() <= 0.0:
        return []
    grid = timeline.counted_from + timeline.interval * np.arange(timeline.n_intervals + 1)
    is_open = timeline.open_seconds / np.diff(np.minimum(grid, timeline.counted_to))
    share = lost * float(counts @ (1.0 - is_open)) / float(counts.sum())
    if share < ivr_steps.LITTLE:
        return []
    fix = "send them elsewhere with an 'hours' node in the flow, or open the queue longer"
    return [f"{name}: about {100 * share:.0f}% of these arrive while their queue is closed and are turned away; {fix}."]


def left_out(scenario: Scenario, timeline: Timeline) -> list[str]:
    """In sentences, what of the files of volume falls in closed hours and is left out."""
    if all(reason.volume.file is None for reason in scenario.reasons.values()):
        return []
    seen: Seen = {}
    demand(scenario, timeline, seen)
    return [text for name in scenario.reasons for text in _left_out(name, seen)]


def _left_out(name: str, seen: Seen) -> list[str]:
    left = seen.get((name, "left out"), 0.0)
    if left <= 0.0:
        return []
    shown = f"{left:,.0f}" if left >= 9.5 else f"{left:.2g}"
    return [f"{name}: {shown} contacts of its file are outside opening hours and are ignored."]


def expected(scenario: Scenario, timeline: Timeline) -> Floats:
    """Expected fresh contacts by reason and counted interval: float64 (R, n_intervals)."""
    return expected_of(demand(scenario, timeline), timeline)


def expected_of(demand: Demand, timeline: Timeline) -> Floats:
    """As `expected`, of a demand that was already made."""
    grid = timeline.counted_from + timeline.interval * np.arange(timeline.n_intervals + 1)
    grid[-1] = min(grid[-1], timeline.counted_to)
    out = np.zeros((len(demand.modes), timeline.n_intervals))
    for r, mode in enumerate(demand.modes):
        for d in range(demand.days):
            row = r * demand.days + d
            if mode == REPLAY:
                at = slice(demand.first_time[row], demand.first_time[row + 1])
                out[r] += np.histogram(demand.times[at], grid)[0]
            elif demand.totals[row] > 0.0:
                at = slice(demand.first_piece[row], demand.first_piece[row + 1])
                total = demand.totals[row]
                whole = math.floor(total + 0.5) / total if mode == FIXED and demand.busyness[r] < 0 else 1.0
                out[r] += np.diff(_upto(demand, at, grid)) * whole
    return out


def _upto(demand: Demand, at: slice, times: npt.NDArray[np.floating[Any]]) -> Floats:
    """Contacts of a day that are expected until some times; `at` are its pieces."""
    starts, latest, slopes = demand.starts[at], demand.latest[at], demand.slopes[at]
    if not slopes.any():
        edges, levels = np.column_stack([starts, latest]), np.column_stack([demand.before[at], demand.upto[at]])
        return np.asarray(np.interp(times, edges.ravel(), levels.ravel()), np.float64)
    piece = np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)
    since = np.clip(times, starts[piece], latest[piece]) - starts[piece]
    return np.asarray(
        demand.before[at][piece] + since * (demand.rates[at][piece] + since * slopes[piece] / 2), np.float64
    )


def cumulative(demand: Demand, r: int, d: int) -> tuple[Floats, Floats, Ints]:
    """Expected contacts (factor 1) of a reason on a day: parts with a constant rate each.

    Returns the times (2P,) at which each of the P parts begins and ends, the contacts expected until then (2P,), and
    the block of the day in which each part lies (P,). A piece whose rate changes linearly is cut into `_PARTS`.
    """
    row = r * demand.days + d
    at = slice(demand.first_piece[row], demand.first_piece[row + 1])
    share = np.linspace(0.0, 1.0, _PARTS + 1) if demand.slopes[at].any() else np.array([0.0, 1.0])
    starts, latest = demand.starts[at, None], demand.latest[at, None]
    edges = starts + (latest - starts) * share
    times = np.stack([edges[:, :-1], edges[:, 1:]], axis=-1).ravel()
    return times, _upto(demand, at, times), np.repeat(demand.block[at], len(share) - 1)


def arrivals(demand: Demand, run: np.uint64, scratch: Scratch | None = None) -> tuple[Floats, Ints]:
    """The fresh arrivals of a replication: times (s, sorted) and issues (reason << 50 | day << 36 | number).

    Arrivals at the same instant are ordered by issue. The day is counted from the horizon's first, which is
    number FIRST_DAY, so that more days before the horizon leave the draws of its own days alone. `run` is
    `draws.run_key(seed, replication)`. Both lie in `scratch` where it is given, until the next call with it.
    """
    scratch = scratch or Scratch()
    factors = day_factors(demand, run)
    if (demand.intraday >= 0).any():
        demand = _busy_blocks(demand, run)
    reasons = len(demand.modes)
    expected = (demand.totals.reshape(reasons, demand.days) * factors).sum(axis=0)
    if len(demand.times):
        expected += np.diff(demand.first_time).reshape(reasons, demand.days).sum(axis=0)
    starts = np.empty(reasons + 1, dtype=np.int64)
    slack = 1
    while True:
        size = _bound(float(expected.sum()), slack, reasons * demand.days)
        most = _bound(float(expected.max()), slack, reasons) if reasons > 1 else 0
        times, issues = scratch.array("times", size, np.float64), scratch.array("issues", size, np.int64)
        others = scratch.array("other times", most, np.float64), scratch.array("other issues", most, np.int64)
        n = _generate(demand, run, factors, starts, *others, times, issues)
        if n != _FULL:
            return times[:n], issues[:n]
        slack *= 2


def _bound(expected: float, slack: int, streams: int) -> int:
    return slack * (int(expected + 12.0 * math.sqrt(expected)) + streams + 64)


def day_factors(demand: Demand, run: np.uint64) -> Floats:
    """The busyness of each (reason, day), by how much more the market is: float64 (R, D); one uniform for all."""
    calendar = np.uint64(child(run, _CALENDAR))
    out = np.ones((len(demand.hashes), demand.days))
    for d in range(demand.days if (demand.busyness >= 0).any() else 0):
        u = uniform(np.uint64(child(calendar, d + demand.first_day)), BUSYNESS)
        for r, law in enumerate(demand.busyness):
            if law >= 0:
                own = np.uint64(child(np.uint64(child(run, demand.hashes[r])), d + demand.first_day))
                out[r, d] = value(demand.laws, demand.knots, law, _partly(u, own, demand.shared[r]))
    return out * demand.crowd if demand.crowd != 1.0 else out


def _partly(u: float, own: np.uint64, shared: float) -> float:
    """A uniform number that follows `u` by a share, and a draw of its own for the rest (Gaussian copula)."""
    if shared >= 1.0:
        return u
    from scipy.special import ndtr, ndtri

    mine = uniform(own, BUSYNESS)
    return float(ndtr(shared * ndtri(u) + math.sqrt(1.0 - shared * shared) * ndtri(mine)))


def _busy_blocks(demand: Demand, run: np.uint64) -> Demand:
    """The demand of a replication, each block of a day with its factor. `count` keeps its number of contacts."""
    calendar = np.uint64(child(run, _CALENDAR))
    size = demand.upto - demand.before
    rates, slopes, before = demand.rates.copy(), demand.slopes.copy(), demand.before.copy()
    upto, totals = demand.upto.copy(), demand.totals.copy()
    for r, law in enumerate(demand.intraday.tolist()):
        for d in range(demand.days if law >= 0 else 0):
            row = r * demand.days + d
            at = slice(demand.first_piece[row], demand.first_piece[row + 1])
            common = np.uint64(child(calendar, d + demand.first_day))
            own = np.uint64(child(np.uint64(child(run, demand.hashes[r])), d + demand.first_day))
            blocks, place = np.unique(demand.block[at], return_inverse=True)
            found = np.empty(len(blocks))
            for k, block in enumerate(blocks.tolist()):
                u = uniform(np.uint64(child(common, block)), BUSYNESS)
                u = _partly(u, np.uint64(child(own, block)), demand.shared[r])
                found[k] = max(value(demand.laws, demand.knots, law, u), _NEVER_ZERO)
            factor = found[place]
            if demand.modes[r] == FIXED and len(place):
                factor *= totals[row] / float((size[at] * factor).sum())
            ends = np.cumsum(size[at] * factor)
            rates[at] *= factor
            slopes[at] *= factor
            upto[at], before[at] = ends, np.concatenate(([0.0], ends[:-1]))[: len(ends)]
            totals[row] = ends[-1] if len(ends) else 0.0
    return demand._replace(rates=rates, slopes=slopes, before=before, upto=upto, totals=totals)


@compiled
def _generate(demand, run, factors, starts, other_times, other_issues, times, issues):  # type: ignore[no-untyped-def]  # numba types it
    """Each day's streams one after another, then merged in pairs until one is left; how many arrivals, or `_FULL`."""
    reasons, days = factors.shape
    rounds = 0
    while (1 << rounds) < reasons:
        rounds += 1
    n = 0
    for d in range(days):
        # From there to the other place and back again, so that the last round ends in `times`.
        from_times, from_issues, to_times, to_issues = times[n:], issues[n:], other_times, other_issues
        if rounds & 1:
            from_times, from_issues, to_times, to_issues = other_times, other_issues, times[n:], issues[n:]
        filled = 0
        for r in range(reasons):
            starts[r] = filled
            filled = _stream(demand, run, factors[r, d], r, d, from_times, from_issues, filled)
            if filled == _FULL:
                return _FULL
        if reasons > 1 and filled >= min(times.shape[0] - n, other_times.shape[0]):
            return _FULL
        starts[reasons] = filled
        streams = reasons
        while streams > 1:
            left = 0
            for k in range(0, streams, 2):
                low = starts[k]
                _merge(from_times, from_issues, low, starts[k + 1], starts[min(k + 2, streams)], to_times, to_issues)
                starts[left] = low
                left += 1
            starts[left] = filled
            streams = left
            from_times, from_issues, to_times, to_issues = to_times, to_issues, from_times, from_issues
        n += filled
    return n


@inner
def _merge(times, issues, low, middle, high, to_times, to_issues):  # type: ignore[no-untyped-def]  # numba types it
    """Merge two sorted streams, the first one first where they meet; there is a place more behind them.

    From both ends at once, so that the processor has two things to do at a time, and without a branch on whose turn it
    is, which none foresees.
    """
    i, j, k = low, middle, low  # what comes first of what is left, and where it goes
    p, q, end = middle - 1, high - 1, high - 1  # what comes last
    mine, theirs, my_last, their_last = times[i], times[j], times[p], times[q]
    while p - i > 0 and q - j > 0:
        next_mine, next_theirs, my_next, their_next = times[i + 1], times[j + 1], times[p - 1], times[q - 1]
        second = theirs < mine
        to_times[k] = theirs if second else mine
        to_issues[k] = issues[j if second else i]
        mine = mine if second else next_mine
        theirs = next_theirs if second else theirs
        j += second
        i += not second
        k += 1
        first = their_last < my_last
        to_times[end] = my_last if first else their_last
        to_issues[end] = issues[p if first else q]
        my_last = my_next if first else my_last
        their_last = their_last if first else their_next
        p -= first
        q -= not first
        end -= 1
    while i <= p and j <= q:
        second = times[j] < times[i]
        at = j if second else i
        to_times[k], to_issues[k] = times[at], issues[at]
        j += second
        i += not second
        k += 1
    while i <= p:
        to_times[k], to_issues[k] = times[i], issues[i]
        i += 1
        k += 1
    while j <= q:
        to_times[k], to_issues[k] = times[j], issues[j]
        j += 1
        k += 1


@inner
def _stream(demand, run, factor, r, d, out, issues, n):  # type: ignore[no-untyped-def]  # numba types it
    row = r * demand.days + d
    key = child(child(run, demand.hashes[r]), d + demand.first_day)
    issue = issue_id(r, d + demand.first_day, 0)
    if demand.modes[r] == REPLAY:
        for i in range(demand.first_time[row], demand.first_time[row + 1]):
            if n == out.shape[0]:
                return _FULL
            out[n] = demand.times[i]
            issues[n] = issue
            issue += 1
            n += 1
        return n
    total = demand.totals[row]
    if not total * factor > 0.0:
        return n
    most = np.int64(1) << DAY_SHIFT
    scale, end = 1.0 / factor, total
    if demand.modes[r] == FIXED:
        most = np.int64(math.floor(total * factor + 0.5))
        level = 0.0
        for number in range(most + 1):
            level -= math.log(uniform(child(key, number), ARRIVAL))
        scale, end = total / level, math.inf
    p, last = demand.first_piece[row], demand.first_piece[row + 1] - 1
    level = 0.0
    for first in range(0, most, _AT_ONCE):
        count = min(_AT_ONCE, most - first, out.shape[0] - n)
        if count == 0:
            return _FULL
        now, named = out[n : n + count], issues[n : n + count]
        for i in range(count):  # a loop of its own, which the processor does for several at a time
            now[i] = uniform(child(key, first + i), ARRIVAL)
        for i in range(count):
            level -= math.log(now[i])
            point = level * scale
            if point >= end:
                return n
            while p < last and point >= demand.upto[p]:
                p += 1
            rest, rate, slope = point - demand.before[p], demand.rates[p], demand.slopes[p]
            if slope == 0.0:
                since = rest / rate
            else:  # the root of rate * since + slope * since**2 / 2 == rest that loses no digits
                root = rate + math.sqrt(max(rate * rate + 2.0 * slope * rest, 0.0))
                since = 2.0 * rest / root if root > 0.0 else 0.0
            now[i] = min(demand.starts[p] + since, demand.latest[p])
            named[i] = issue + first + i
            n += 1
    return n
