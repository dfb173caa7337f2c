"""The days a run simulates, when each is open, and which of its time is counted.

Time is in seconds since the midnight that begins the first simulated day; where clocks change, `Timeline.at` knows
when a time of day is. A horizon of dated days has uncounted days before it (so that Monday meets last week's
repeats) and after it (so that windows close); a horizon in steady state is one long opening whose beginning is not
counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from datetime import timezone as tz_offset
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxsim.rules.ivr_steps import handed_on, handle_time, queues_of, reached
from cxsim.schema.names import CAUSES, REPEATS

if TYPE_CHECKING:
    from cxsim.scenario.model.scenario import Scenario

DAY = 86400.0
SHORT_DELAY = 12 * 3600.0  # returns that nearly always come within this need no days before
LONGEST_BEFORE = LONGEST_AFTER = 14  # days
QUANTILE = 0.95
BACKLOG = 7  # days before and after where work waits over night: each weekday leaves its own backlog to the next
CUT = 1e-4  # at most this share of the issues of a steady state goes on after the simulated time

Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Timeline:
    """What is simulated and what is counted; times in seconds since the midnight that begins `origin`."""

    origin: date
    days_before: int
    days: int
    days_after: int
    dates: tuple[date, ...]  # every simulated day
    hours: tuple[tuple[Span, ...], ...]  # by simulated day, opening hours in seconds of that day
    usual: tuple[Span, ...]  # union of the opening hours of the days of the horizon
    open_starts: npt.NDArray[np.float64]  # openings that touch are one
    open_ends: npt.NDArray[np.float64]
    counted_from: float
    counted_to: float
    interval: float
    n_intervals: int
    labels: tuple[datetime, ...]  # start of each counted interval
    open_mask: npt.NDArray[np.bool_]  # counted intervals with some open time
    open_seconds: npt.NDArray[np.float64]  # open time of each counted interval
    fcr_window: float
    steady: bool
    notes: tuple[str, ...]
    midnights: tuple[float, ...] = ()  # of the simulated days and the one after, where clocks change
    zone: ZoneInfo | None = None
    goes_on: bool = False  # whether the day after the last simulated one is open from its midnight on

    @property
    def end(self) -> float:
        """End of simulated time, in seconds: nothing is staffed, called or counted after it."""
        return self.hours[0][-1][1] if self.steady else self.midnight(len(self.dates))

    @property
    def open_at_end(self) -> bool:
        """Whether it is open at the last simulated midnight, and goes on to be, by the hours of that weekday."""
        return self.goes_on and self.open_ends[-1] >= self.end

    def model_day(self, d: int) -> int:
        """The day of the horizon (0 its first) whose volume and staff simulated day `d` has.

        Itself inside the horizon; outside it the nearest day of the horizon with the same weekday, or, when
        there is none, the days of the horizon in turn.
        """
        inside = d - self.days_before
        if 0 <= inside < self.days:
            return inside
        turn = inside % 7
        if turn >= self.days:
            return inside % self.days
        return turn if inside < 0 else turn + (self.days - 1 - turn) // 7 * 7

    def model_date(self, d: int) -> date:
        """The date of `model_day(d)`."""
        return self.dates[self.days_before + self.model_day(d)]

    def hours_of(self, d: int, day_and_night: bool) -> tuple[Span, ...]:
        """The hours in which contacts come on simulated day `d`, in seconds of that day."""
        return ((0.0, DAY),) if day_and_night and not self.steady else self.hours[d]

    def midnight(self, d: int) -> float:
        """The midnight that begins simulated day `d`, in seconds."""
        inside = min(max(d, 0), len(self.midnights) - 1) if self.midnights else 0
        return (self.midnights[inside] if self.midnights else 0.0) + (d - inside) * DAY

    @property
    def clocks_change(self) -> bool:
        """Whether a simulated day has 23 or 25 hours, or so."""
        return bool(self.midnights)

    def at(self, d: int, wall: float, zone: ZoneInfo | None = None) -> float:
        """When clocks show `wall` seconds after midnight of simulated day `d`, in seconds since the first midnight.

        Those of the center, or of another `zone`. A time that clocks skip is when they do; of one that they show twice
        it is the first, and the end of an hour that comes twice is after the second.
        """
        if zone is None and not self.midnights:
            return d * DAY + wall
        there = zone or self.zone
        assert there is not None and self.zone is not None
        return _instant(there, self.origin + timedelta(days=d), wall) - _instant(self.zone, self.origin, 0.0)


    def spans(self, d: int, start: float, end: float, zone: ZoneInfo | None = None, fold: int = -1) -> list[Span]:
        """When clocks show a time from `start` to `end` of day `d`: never if they skip it, twice if they show it twice.

        In order and as `at`, those that touch made one; `fold` 0 or 1 picks the first or second of two.
        """
        if zone is None and not self.midnights:
            return [] if fold == 1 else [(d * DAY + start, d * DAY + end)]
        there = zone or self.zone
        assert there is not None and self.zone is not None
        first, found = _instant(self.zone, self.origin, 0.0), list[Span]()
        for begin, until, wall in _parts(there, self.origin + timedelta(days=d)):
            a, b = max(start, wall), min(end, wall + until - begin)
            if a < b or start == end == a < wall + until - begin:
                found.append((begin - first + a - wall, begin - first + b - wall))
        return found[fold : fold + 1] if fold >= 0 else merge(found) if start < end else found

    def twice(self, d: int, wall: float, zone: ZoneInfo | None = None) -> bool:
        """Whether clocks show this time of day `d` twice."""
        return len(self.spans(d, wall, wall, zone)) > 1


def timeline(scenario: Scenario) -> Timeline:
    """The timeline of a scenario, its unset edges and FCR window derived from the delays of its returns."""
    horizon: Any = scenario.horizon
    window = _seconds(scenario.fcr_window)
    if horizon.steady is not None:
        return _steady(scenario, window)
    before, after, window, notes = _edges(scenario, window)
    origin = horizon.start - timedelta(days=before)
    dates = tuple(origin + timedelta(days=d) for d in range(before + horizon.days + after))
    hours = tuple(tuple((float(a), float(b)) for a, b in horizon.open.get(day.weekday(), ())) for day in dates)
    inside = hours[before : before + horizon.days]
    if not any(inside):
        raise ValueError("horizon: none of its days is open; change start, days or open")
    zone = ZoneInfo(horizon.timezone) if horizon.timezone else None
    midnights = _midnights(zone, origin, len(dates))
    interval = float(horizon.interval)
    if midnights and 3600.0 % interval:
        raise ValueError("horizon.interval: clocks change on a simulated day; write one that divides an hour: 30 min")
    blank = Timeline(
        origin=origin, days_before=before, days=horizon.days, days_after=after, dates=dates, hours=hours, usual=(),
        open_starts=np.zeros(0), open_ends=np.zeros(0), counted_from=0.0, counted_to=0.0, interval=interval,
        n_intervals=0, labels=(), open_mask=np.zeros(0, bool), open_seconds=np.zeros(0), fcr_window=window,
        steady=False, notes=(), midnights=midnights, zone=zone,
    )  # fmt: skip
    spans = [(blank.at(d, a), blank.at(d, b)) for d, day in enumerate(hours) for a, b in day]
    openings = merge([span for span in spans if span[0] < span[1]])
    counted_from, counted_to = blank.midnight(before), blank.midnight(before + horizon.days)
    n = math.ceil((counted_to - counted_from) / interval - 1e-9)
    grid = np.asarray(counted_from + interval * np.arange(n), dtype=np.float64)
    return replace(
        blank,
        usual=tuple(merge([span for day in inside for span in day])),
        open_starts=np.array([a for a, _ in openings]),
        open_ends=np.array([b for _, b in openings]),
        counted_from=counted_from,
        counted_to=counted_to,
        n_intervals=n,
        labels=_labels(blank, grid),
        open_mask=_open_seconds(grid, interval, counted_to, openings) > 0.0,
        open_seconds=_open_seconds(grid, interval, counted_to, openings),
        goes_on=any(a == 0.0 for a, _ in horizon.open.get((origin + timedelta(days=len(dates))).weekday(), ())),
        notes=(*notes, *_replayed(scenario), *_changes(blank)),
    )


@lru_cache(maxsize=1 << 16)
def _instant(zone: ZoneInfo, on: date, wall: float) -> float:
    """When clocks of a zone show a time, in seconds since 1970; when they skip it, the moment at which they do."""
    naive = datetime.combine(on, time()) + timedelta(seconds=wall)
    found = naive.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(found, zone).replace(tzinfo=None) == naive:
        return found
    low, high = naive.replace(tzinfo=zone, fold=1).timestamp(), found
    before = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 0.5:
        middle = (low + high) / 2.0
        low, high = (middle, high) if datetime.fromtimestamp(middle, zone).utcoffset() == before else (low, middle)
    return float(round(high))


@lru_cache(maxsize=1 << 12)
def _parts(zone: ZoneInfo, on: date) -> tuple[tuple[float, float, float], ...]:
    """A day between changes of its clocks: (begin, end) in seconds since 1970, and what clocks show at the begin."""
    start, end = _instant(zone, on, 0.0), _instant(zone, on + timedelta(days=1), 0.0)
    cuts = [start]
    for a, b in pairwise([start + 3600.0 * k for k in range(int((end - start) // 3600.0))] + [end]):
        low, high, before = a, b, _offset(zone, a)
        if _offset(zone, b) == before:
            continue
        while high - low > 1.0:
            middle = float((low + high) // 2.0)
            low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
        if start < high < end:
            cuts.append(high)
    midnight = datetime.combine(on, time())
    shown = [datetime.fromtimestamp(a, zone).replace(tzinfo=None) - midnight for a in cuts]
    return tuple(
        (a, b, wall.total_seconds()) for a, b, wall in zip(cuts, [*cuts[1:], end], shown, strict=True)
    )


def _offset(zone: ZoneInfo, moment: float) -> timedelta | None:
    return datetime.fromtimestamp(moment, zone).utcoffset()


def _midnights(zone: ZoneInfo | None, origin: date, days: int) -> tuple[float, ...]:
    """Where the days begin, or nothing if all of them have 24 hours."""
    if zone is None:
        return ()
    first = _instant(zone, origin, 0.0)
    found = tuple(_instant(zone, origin + timedelta(days=d), 0.0) - first for d in range(days + 1))
    return found if any(b - a != DAY for a, b in pairwise(found)) else ()


def _labels(timeline: Timeline, grid: npt.NDArray[np.float64]) -> tuple[datetime, ...]:
    """What clocks show when intervals begin; an hour that comes twice has its offset the second time."""
    midnight = datetime.combine(timeline.origin, time())
    if not timeline.midnights or timeline.zone is None:
        return tuple(midnight + timedelta(seconds=float(x)) for x in grid)
    first = _instant(timeline.zone, timeline.origin, 0.0)
    told = [datetime.fromtimestamp(first + float(x), timeline.zone) for x in grid]
    fixed = [tz_offset(one.utcoffset() or timedelta()) for one in told]
    return tuple(one.replace(tzinfo=tz if one.fold else None) for one, tz in zip(told, fixed, strict=True))


def _changes(timeline: Timeline) -> list[str]:
    """The days of other than 24 hours, in sentences."""
    lengths = [b - a for a, b in pairwise(timeline.midnights)]
    return [
        f"{day:%a} {day} has {length / 3600.0:g} hours: clocks change."
        for day, length in zip(timeline.dates, lengths, strict=False)
        if length != DAY
    ]


def _steady(scenario: Scenario, window: float | None) -> Timeline:
    horizon: Any = scenario.horizon
    warm_up, length, interval = (
        float(horizon.steady.warm_up),
        float(horizon.steady.length),
        float(horizon.interval),
    )
    interval = min(interval, length)
    counted_to = warm_up + length
    window = DAY if window is None else window
    after, notes = _steady_after(scenario, window)
    end = counted_to + after
    n = math.ceil(length / interval - 1e-9)
    start = datetime.combine(horizon.start, time()) + timedelta(seconds=warm_up)
    grid = np.asarray(warm_up + interval * np.arange(n), dtype=np.float64)
    return Timeline(
        origin=horizon.start,
        days_before=0,
        days=1,
        days_after=0,
        dates=(horizon.start,),
        hours=(((0.0, end),),),
        usual=((0.0, end),),
        open_starts=np.array([0.0]),
        open_ends=np.array([end]),
        counted_from=warm_up,
        counted_to=counted_to,
        interval=interval,
        n_intervals=n,
        labels=tuple(start + timedelta(seconds=i * interval) for i in range(n)),
        open_mask=np.ones(n, dtype=bool),
        open_seconds=_open_seconds(grid, interval, counted_to, [(0.0, end)]),
        fcr_window=window,
        steady=True,
        notes=notes,
    )


def _steady_after(scenario: Scenario, window: float) -> tuple[float, tuple[str, ...]]:
    """Seconds simulated after the counted time of a steady state, so that its issues end; and what to say of it.

    Raises ValueError where issues may go on for more than `LONGEST_AFTER` days and the scenario does not say how long
    to follow them.
    """
    horizon: Any = scenario.horizon
    warm_up, length, given = float(horizon.steady.warm_up), float(horizon.steady.length), horizon.steady.after
    needed = _longest_issue(scenario)
    if given is None and needed > LONGEST_AFTER * DAY:
        how_long = span_text(needed) if math.isfinite(needed) else "any length of time"
        raise ValueError(
            f"horizon.steady: customers may keep coming back for {how_long}, longer than the {LONGEST_AFTER} days that"
            " are simulated on without being asked; write after: 14 days, which cuts later returns, or shorten the"
            " delays, chances or at_most of after_contact"
        )
    after = needed if given is None else float(given)
    notes = [f"Steady state: one opening of {span_text(warm_up + length + after)}, the first {span_text(warm_up)} of it"
             f" not counted{f', nor the last {span_text(after)}' if after else ''}."]  # fmt: skip
    if given is None and after:
        notes.append(f"The last {span_text(after)} are simulated so that all but 1 in {1 / CUT:,.0f} issues end.")
    elif given is not None and needed > after:
        notes.append(
            f"Returns may come until {span_text(needed)} after the first contact, but only {span_text(after)} are"
            " simulated after the counted time: late issues are cut, so contacts per issue come out too low."
        )
    longest, repeats = longest_delay(scenario)
    if longest > warm_up:
        notes.append(
            f"The warm-up of {span_text(warm_up)} is shorter than returns take (95 % come within {span_text(longest)}):"
            " fewer customers return in the counted time than in steady state. Write a longer warm_up."
        )
    if repeats and window > after:
        seen = length + after - window
        which = f"only of contacts in the first {span_text(seen)}" if seen > 0.0 else "is not available"
        notes.append(
            f"Measured FCR {which}: its window of {span_text(window)} is longer than the {span_text(after)} simulated"
            f" after the counted time. Write a shorter fcr_window, or steady.after: {span_text(window)}."
        )
    return after, tuple(notes)


def _longest_issue(scenario: Scenario) -> float:
    """Seconds after its first contact within which all but a share `CUT` of the issues end, if every wait is in vain.

    The last return comes by its 1 - CUT quantile, those before it after the mean of delay and talk.
    """
    out = 0.0
    for name, reason in scenario.reasons.items():
        rules = _returns_of(scenario, name)
        chance = max((chance for _, _, chance in rules), default=0.0)
        most = max((rule.at_most - 1 for rule, _, _ in rules), default=0)
        if chance < 1.0:
            most = min(most, max(1, math.ceil(math.log(CUT) / math.log(chance) - 1e-9))) if chance > 0.0 else 0
        delays = [rule.delay for rule, _, _ in rules if rule.delay.name != "never"]
        if most and delays:
            last = max(float(delay.quantile(1.0 - CUT)) for delay in delays)
            queues = reachable(scenario, *queues_of(scenario, name))
            work = max((handle_time(reason, scenario.queues[queue]) for queue in queues), default=0.0)
            mean = max(float(delay.mean) for delay in delays) + work
            out = max(out, last + most * work + (most - 1) * mean)
    return out


def _edges(scenario: Scenario, window: float | None) -> tuple[int, int, float, tuple[str, ...]]:
    horizon: Any = scenario.horizon
    longest, repeats = longest_delay(scenario)
    long = longest > SHORT_DELAY
    notes = []
    before = horizon.before
    carried, left, waits = _carried(scenario)
    if before is None:
        returning = min(LONGEST_BEFORE, math.ceil(longest / DAY)) if long else 0
        before = max(returning, carried)
        why = f"95 % of the returns come within {span_text(longest)}" if longest else "nothing makes a customer return"
        why = waits if carried > returning else why
        notes.append(f"{_days(before)} before the horizon simulated, not counted: {why}.")
    else:
        notes.append(f"{_days(before)} before the horizon simulated, not counted, as the scenario says.")
    if window is None:
        window = 7 * DAY if long else DAY
        notes.append(f"FCR window {span_text(window)}, derived from the delays of the returns.")
    else:
        notes.append(f"FCR window {span_text(window)}, as the scenario says.")
    after = horizon.after
    if after is None:
        closing = math.ceil(window / DAY - 1e-9) if repeats else 0
        redialling = min(LONGEST_AFTER, math.ceil(_last_return(scenario, redials=True) / DAY - 1e-9))
        after = max(closing, redialling, left)
        why = "no return takes longer than a few hours" if longest else "nothing makes a customer return"
        if after:
            why = "so that FCR windows close" if closing >= redialling else "so that redials come"
            why = waits if left > max(closing, redialling) else why
            # A return due on a closed day comes at the next opening, and so must be simulated as far as that.
            last = horizon.start + timedelta(days=horizon.days - 1)
            while not horizon.open.get((last + timedelta(days=after)).weekday()):
                after += 1
        notes.append(f"{_days(after)} after the horizon simulated, not counted: {why}.")
    else:
        notes.append(f"{_days(after)} after the horizon simulated, not counted, as the scenario says.")
    needed = _last_return(scenario)
    if needed > after * DAY:
        notes.append(
            f"Returns may come until {span_text(needed)} after the first contact: those of late issues are cut"
            f" {_days(after).lower()} after the horizon, so contacts per issue come out too low."
        )
    return before, after, window, tuple(notes)


def _carried(scenario: Scenario) -> tuple[int, int, str]:
    """Days before and after that work needs which one day leaves to the next; and why, in words."""
    horizon: Any = scenario.horizon
    waiting = [name for name, queue in scenario.queues.items() if scenario.channels[queue.channel].day_and_night]
    if waiting:
        return BACKLOG, BACKLOG, f"contacts of {listed(waiting)} wait over night and weekends"

    def open_at_midnight(day: date) -> int:
        evening, morning = (horizon.open.get((day - timedelta(days=n)).weekday(), ()) for n in (1, 0))
        return int(any(b == DAY for _, b in evening) and any(a == 0.0 for a, _ in morning))

    edges = (horizon.start, horizon.start + timedelta(days=horizon.days))
    return open_at_midnight(edges[0]), open_at_midnight(edges[1]), "it is open at midnight, with contacts in service"


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def longest_delay(scenario: Scenario) -> tuple[float, bool]:
    """The longest 95 % quantile (s) of the delays of returns that can happen; and whether repeats can."""
    longest, repeats = 0.0, False
    for rule, repeat in _returns(scenario):
        delay = float(rule.delay.quantile(QUANTILE))
        if math.isfinite(delay):
            longest, repeats = max(longest, delay), repeats or repeat
    return longest, repeats


def _last_return(scenario: Scenario, redials: bool = False) -> float:
    """Seconds after an issue's first contact in which nearly all its long returns come; `redials`: of these alone.

    As if every attempt failed: 95 % of the chains end within so many returns, all but the last of mean delay.
    """
    out = 0.0
    for rule, repeat in _returns(scenario):
        last = float(rule.delay.quantile(QUANTILE))
        if (redials and repeat) or not SHORT_DELAY < last < math.inf:
            continue
        most = rule.at_most - 1
        if rule.chance < 1.0:
            most = min(most, max(1, math.ceil(math.log(1.0 - QUANTILE) / math.log(rule.chance) - 1e-9)))
        mean = float(rule.delay.mean)
        out = max(out, last + (most - 1) * (mean if math.isfinite(mean) else last))
    return out


def _replayed(scenario: Scenario) -> list[str]:
    """The reasons whose returns a replayed log turns off, in a sentence each."""
    out = []
    for name, reason in scenario.reasons.items():
        off = [
            cause
            for cause in CAUSES
            if getattr(scenario.after_contact, cause).chance > 0.0
            and getattr(reason.after_contact, cause).chance == 0.0
            and cause not in reason.after_contact.model_fields_set
        ]
        if reason.volume.arrivals is not None and off:
            out.append(
                f"reasons.{name}: its log of arrivals contains its redials and repeats, so none are added"
                f" ({', '.join(off)})."
            )
    return out


def _returns(scenario: Scenario) -> list[tuple[Any, bool]]:
    """The rules of `after_contact` by which a customer can return, and whether each makes repeats."""
    return [(rule, repeats) for name in scenario.reasons for rule, repeats, _ in _returns_of(scenario, name)]


def _returns_of(scenario: Scenario, name: str) -> list[tuple[Any, bool, float]]:
    """Of one reason: each rule by which a customer can return, whether it makes repeats, and its greatest chance."""
    after = scenario.reasons[name].after_contact
    ends = {cause: 1.0 for cause in CAUSES if cause not in REPEATS}
    ends["unresolved"] = 1.0 - _lowest_resolution(scenario, name)
    ends["hung_up"] = ends["contained"] = float(bool(reached(scenario, name)[0]))
    out = [(getattr(after, cause), cause in REPEATS, share) for cause, share in ends.items()]
    return [(rule, repeats, rule.chance * share) for rule, repeats, share in out if rule.chance * share > 0.0
            and rule.at_most > 1]  # fmt: skip


def _lowest_resolution(scenario: Scenario, name: str) -> float:
    """The least share of this reason's contacts that an agent who may answer them resolves."""
    own = least = float(scenario.reasons[name].resolution)
    for queue in reachable(scenario, *queues_of(scenario, name)):
        helpers = {name for stage in scenario.queues[queue].overflow for name in stage.to or ()}
        for name, group in scenario.groups.items():
            skill = group.skills.get(queue)
            if skill is None and name not in helpers:
                continue
            change = None if skill is None else skill.resolution
            if group.spread.resolution > 0.0:
                return 0.0
            new = min(0.0, group.tenure.resolution) if group.tenure else 0.0
            usual = own if not change else own + change.points if change.share is None else change.share
            least = min(least, max(0.0, usual + new))
    return least


def reachable(scenario: Scenario, *queues: str) -> list[str]:
    """Queues and those to which their contacts may overflow or be transferred."""
    return handed_on(scenario, *queues)


def explain(timeline: Timeline) -> list[str]:
    """What is simulated and counted, in sentences."""
    if timeline.steady:
        return list(timeline.notes)
    first = timeline.labels[0].date()
    last = first + timedelta(days=timeline.days - 1)
    span = f"{first:%a} {first}" if first == last else f"{first:%a} {first} to {last:%a} {last}"
    shut = sum(not day for day in timeline.hours[timeline.days_before : timeline.days_before + timeline.days])
    closed = f", {shut} of them closed" if shut else ""
    counted = f"{_days(timeline.days)} counted, {span}{closed}, in intervals of {span_text(timeline.interval)}."
    return [counted, *timeline.notes]


def merge(spans: Sequence[Span]) -> list[Span]:
    """Spans sorted, those that touch or overlap made one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif end > start:
            out.append((start, end))
    return out


def clip(start: float, end: float, hours: Sequence[Span]) -> list[Span]:
    """The parts of [start, end) that lie inside the opening hours."""
    return [(max(start, a), min(end, b)) for a, b in hours if min(end, b) > max(start, a)]


def span_text(seconds: float) -> str:
    """A duration as a planner writes it: 45s, 20 min, 1.5 h, 7 days."""
    for size, unit in ((DAY, "day"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            number = f"{seconds / size:.3g}"
            return f"{number} {unit}{'s' if unit == 'day' and number != '1' else ''}"
    return f"{seconds:.3g}s"


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n or 'No'} days"


def _open_seconds(
    grid: npt.NDArray[np.float64], interval: float, end: float, openings: Sequence[Span]
) -> npt.NDArray[np.float64]:
    """Open seconds of each interval; `end` is that of the last."""
    edges = np.minimum(np.append(grid, grid[-1] + interval), end)
    so_far = np.zeros(len(edges))
    for start, stop in openings:
        so_far += np.clip(edges - start, 0.0, stop - start)
    return np.diff(so_far)


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(value)
