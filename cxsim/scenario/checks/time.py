"""Rules about days, hours, intervals, and lists that follow them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from cxsim.rules.ivr_steps import day_and_night
from cxsim.scenario.checks.tables import zone_of
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.customers import Volume
from cxsim.scenario.model.scenario import Scenario, Shift
from cxsim.scenario.model.units import DAY
from cxsim.tables.folds import converted

MOST_DAYS = 3660
MOST_INTERVALS = 1_000_000
LENGTHS = (5, 10, 15, 20, 30, 60, 120, 240, 360, 480, 720, 1440)  # minutes, such as divide the day
SHORTEST_BLOCK = 300.0  # s, of a day with a factor of its own
STEADY_EXCLUDES = ("start", "days", "open", "holidays", "exceptions", "before", "after")


def check_times(scenario: Scenario, tree: dict[str, Any]) -> Iterator[Finding]:
    """Every broken rule about time."""
    yield from _horizon(scenario, tree)
    if _divides(scenario.horizon.interval):
        yield from _lists(scenario)
    yield from _events(scenario)
    yield from _notices(scenario)
    yield from _absences(scenario)
    yield from _sites(scenario)
    yield from _shifts(scenario)
    yield from _arrivals(scenario)


def _divides(interval: float) -> bool:
    return interval >= 60.0 and abs(DAY / interval - round(DAY / interval)) < 1e-9


def _horizon(scenario: Scenario, tree: dict[str, Any]) -> Iterator[Finding]:
    horizon = scenario.horizon
    steady = horizon.steady
    if horizon.interval < 60.0:
        yield Finding(("horizon", "interval"), "is shorter than a minute", "write 15 min or 30 min")
    elif not _divides(horizon.interval):
        near = min(LENGTHS, key=lambda minutes: abs(60 * minutes - horizon.interval)) * 60
        yield Finding(("horizon", "interval"), "does not divide the day", f"write {units.write_duration(float(near))}")
    elif (steady.length if steady else horizon.days * DAY) / horizon.interval > MOST_INTERVALS:
        yield Finding(
            ("horizon", "interval"),
            "cuts the horizon into more than a million intervals",
            "write a longer interval",
        )
    if horizon.days > MOST_DAYS:
        yield Finding(("horizon", "days"), f"is more than {MOST_DAYS} days", "shorten the horizon")
    if steady is not None:
        for key in STEADY_EXCLUDES:
            if key in horizon.model_fields_set:
                rule = "cannot be combined with steady, which has no days"
                yield Finding(("horizon", key), rule, f"remove {key!r}, or steady", key, key=True)
        if steady.length <= 0.0:
            yield Finding(
                ("horizon", "steady", "length"), "is too short to count anything", "write a length such as 100 h"
            )
        elif _divides(horizon.interval) and steady.length < horizon.interval:
            fix = f"write {units.write_duration(horizon.interval)} or more, or a shorter interval"
            yield Finding(("horizon", "steady", "length"), "is shorter than an interval", fix)
    elif not any(horizon.hours_on(day) for day in _dates(scenario)):
        days = ", ".join(dict.fromkeys(units.WEEKDAYS[day.weekday()] for day in _dates(scenario)))
        at = ("horizon", "start") if "start" in horizon.model_fields_set else ("horizon", "open")
        yield Finding(
            at, f"leaves the horizon ({days}) without an open day", "start on an open day, or open on one of these days"
        )


def _dates(scenario: Scenario) -> list[date]:
    return [scenario.horizon.start + timedelta(days=i) for i in range(min(scenario.horizon.days, MOST_DAYS))]


def _not_steady(daily: Iterable[tuple[Path, object]]) -> Iterator[Finding]:
    for place, given in daily:
        if given:
            key = str(place[-1])
            rule = "cannot be combined with steady state, which has no days"
            yield Finding(place, rule, f"remove {key!r}", key, key=True)


def _lists(scenario: Scenario) -> Iterator[Finding]:
    """A list has one number per open interval or hour; in steady state there is only one number."""
    horizon = scenario.horizon
    lists: list[tuple[Path, object, float]] = []
    for name, reason in scenario.reasons.items():
        volume, at = reason.volume, ("reasons", name, "volume")
        lists.append(((*at, "per_hour"), volume.per_hour, 3600.0))
        lists.append(((*at, "per_interval"), volume.per_interval, horizon.interval))
        lists.append(((*at, "profile"), volume.profile, horizon.interval))
        if volume.profile is not None and not sum(volume.profile) > 0.0:
            yield Finding((*at, "profile"), "has no weight above 0", "give the open intervals weights above 0")
        yield from _listed(scenario, name)
        if volume.within_interval == "linear" and not _changes(volume):
            exact = volume.arrivals is not None or volume.at is not None
            fix = "remove it: the times are given" if exact else "give a list of numbers or a file, or remove it"
            yield Finding((*at, "within_interval"), "needs a volume that changes by interval", fix, key=True)
        if not SHORTEST_BLOCK <= volume.intraday_block <= 86400.0:
            yield Finding((*at, "intraday_block"), "is not between 5 minutes and a day", "write 1h or 2h")
        if horizon.steady is not None:
            for key in ("file", "count", "arrivals"):
                if getattr(volume, key) is not None:
                    yield Finding((*at, key), "cannot be combined with steady state", "write per_hour", key, key=True)
            daily: list[tuple[Path, object]] = [
                ((*at, key), getattr(volume, key)) for key in ("weekdays", "busyness", "intraday")
            ]
            yield from _not_steady(daily)
    for spot, said in scenario.by_time():
        if horizon.steady is None:
            lists.append(((*spot, "factors"), said.factors, horizon.interval))
        else:
            yield from _not_steady([((*spot, key), getattr(said, key)) for key in ("file", "factors", "weekdays")])
    for name, group in scenario.groups.items():
        lists.append((("groups", name, "agents"), group.agents, horizon.interval))
    for name, agents in scenario.staff.headcounts.items():
        lists.append((("staff", "headcounts", name), agents, horizon.interval))
    for path, given, width in lists:
        if not isinstance(given, tuple):
            continue
        if horizon.steady is not None:
            yield Finding(path, "is a list, but steady state takes one number", "write a single number")
            continue
        always = path[0] == "reasons" and path[2] == "volume" and day_and_night(scenario, str(path[1]))
        slots = horizon.slots(width, always)
        if len(given) != len(slots):
            what = (
                "hours" if width == 3600.0 and path[-1] == "per_hour" else f"intervals of {units.write_duration(width)}"
            )
            first, last = units.write_clock(slots[0]), units.write_clock(min(DAY, slots[-1] + width))
            rule = f"has {len(given)} numbers, but there are {len(slots)} open {what} ({first} to {last})"
            fix = f"give {len(slots)} numbers, or one for all"
            each = {"profile": "weights", "factors": "factors"}.get(str(path[-1]))
            yield Finding(path, rule, f"give {len(slots)} {each}" if each else fix)


def _changes(volume: Volume) -> bool:
    """Whether a volume can have different rates in different intervals."""
    lists = (volume.per_hour, volume.per_interval, volume.profile)
    return volume.file is not None or any(isinstance(one, tuple) for one in lists)


def _listed(scenario: Scenario, name: str) -> Iterator[Finding]:
    """Contacts that come all at one time of day are counted, and come while it is open."""
    volume, at = scenario.reasons[name].volume, ("reasons", name, "volume", "at")
    if volume.at is None:
        return
    if volume.count is None:
        yield Finding(at, "needs a count", "add count, the number of records on the list", key=True)
    if volume.profile is not None or volume.busyness is not None or volume.intraday is not None:
        yield Finding(at, "cannot be combined with profile, busyness and intraday", "remove them", key=True)
    hours = scenario.horizon.all_hours
    if not day_and_night(scenario, name) and not any(a <= volume.at < b for a, b in hours):
        fix = "write a time within opening hours, or set the channel's always_open: true"
        yield Finding(at, "is outside opening hours", fix)


def _events(scenario: Scenario) -> Iterator[Finding]:
    steady = scenario.horizon.steady is not None
    for i, event in enumerate(scenario.events):
        at: Path = ("events", i)
        if steady:
            yield Finding(at, "cannot be combined with steady state, which has no days", "remove it")
            continue
        if event.end <= event.start:
            fix = f"write a time after {units.write_clock(event.start)}"
            yield Finding((*at, "to" if event.end < DAY else "from"), "ends before it begins", fix)
        if event.date is not None and not _near(event.date, scenario):
            yield Finding((*at, "date"), "is outside the horizon", f"the horizon is {_span(scenario)}")


def _absences(scenario: Scenario) -> Iterator[Finding]:
    for i, one in enumerate(scenario.absences):
        at: Path = ("absences", i)
        if scenario.horizon.steady is not None:
            yield Finding(at, "cannot be combined with steady state, which has no days", "remove it")
            continue
        if one.date is not None and one.weekday is not None:
            yield Finding((*at, "weekday"), "cannot be combined with date", "keep one of them", key=True)
        elif one.date is not None and not _near(one.date, scenario):
            yield Finding((*at, "date"), "is outside the horizon", f"the horizon is {_span(scenario)}")
        for k, name in enumerate(one.groups or ()):
            if name not in scenario.groups:
                fix = units.suggestion(name, scenario.groups, "the groups are")
                yield Finding((*at, "groups", k), "is not a group", fix, name)
    for k, day in enumerate(scenario.horizon.holidays):
        if day in scenario.horizon.exceptions:
            rule = "is also in horizon.exceptions"
            yield Finding(("horizon", "holidays", k), rule, "keep one of them", day.isoformat())


def _sites(scenario: Scenario) -> Iterator[Finding]:
    horizon = scenario.horizon
    places: list[tuple[Path, str]] = [
        (("sites", name, "timezone"), site.timezone) for name, site in scenario.sites.items()
    ]
    if horizon.timezone is not None:
        places.append((("horizon", "timezone"), horizon.timezone))
    for place, zone in places:
        if zone not in available_timezones():
            near = units.suggestion(zone, sorted(available_timezones()), "")
            fix = near if near.startswith("did you mean") else "write one such as Europe/Berlin or UTC"
            yield Finding(place, "is not a time zone", fix, zone)
    if scenario.sites and horizon.timezone is None:
        yield Finding(("sites",), "require the center's own time zone", "add timezone: ... to horizon", key=True)
    if scenario.sites and horizon.steady is not None:
        yield Finding(("sites",), "cannot be combined with steady state, which has no days", "remove them", key=True)
    used = {group.site for group in scenario.groups.values()}
    for name in scenario.sites:
        if name not in used:
            yield Finding(
                ("sites", name),
                "is not the site of any group",
                f"write 'site: {name}' in a group, or remove it",
                key=True,
            )
    for name, group in scenario.groups.items():
        if group.site is not None and group.site not in scenario.sites:
            fix = units.suggestion(group.site, list(scenario.sites), "the sites are") if scenario.sites else "add sites"
            yield Finding(("groups", name, "site"), "is not a site", fix, group.site)


def _notices(scenario: Scenario) -> Iterator[Finding]:
    for i, one in enumerate(scenario.notices):
        at: Path = ("notices", i)
        if scenario.horizon.steady is not None:
            yield Finding(at, "cannot be combined with steady state, which has no days", "remove it")
            continue
        if one.end <= one.start:
            fix = f"write a time after {units.write_clock(one.start)}"
            yield Finding((*at, "to" if one.end < DAY else "from"), "ends before it begins", fix)
        if one.date is not None and not _near(one.date, scenario):
            yield Finding((*at, "date"), "is outside the horizon", f"the horizon is {_span(scenario)}")
        if one.annoys is not None and one.annoys.within <= 0.0:
            yield Finding((*at, "annoys", "within"), "must be above 0", "write a time above 0, such as 2 h")
        named = [((*at, "reasons", k), name) for k, name in enumerate(one.reasons)]
        named += [((*at, "annoys", "reason"), one.annoys.reason)] if one.annoys else []
        for place, name in named:
            if name not in scenario.reasons:
                fix = units.suggestion(name, list(scenario.reasons), "the reasons are")
                yield Finding(place, "is not a reason", fix, name)
            elif scenario.reasons[name].volume.arrivals is not None:
                fix = "give the reason rates, or remove it here"
                yield Finding(place, "replays a log, so its contacts cannot be changed", fix, name)
        if one.prevents > 0.0 and not one.reasons:
            yield Finding((*at, "prevents"), "lists no reasons whose contacts it prevents", "add reasons: [...]")
        if one.prevents == 0.0 and one.annoys is None:
            yield Finding(at, "has no effect", "add 'prevents' or 'annoys'")


def _near(day: date, scenario: Scenario) -> bool:
    """Inside the horizon, or among the days simulated before and after it."""
    horizon = scenario.horizon
    before = 14 if horizon.before is None else horizon.before
    after = 14 if horizon.after is None else horizon.after
    distance = (day - horizon.start).days
    return -before <= distance < horizon.days + after


def _span(scenario: Scenario) -> str:
    first = scenario.horizon.start
    last = first + timedelta(days=min(scenario.horizon.days, MOST_DAYS) - 1)
    return f"{first}" if first == last else f"{first} to {last}"


def _shifts(scenario: Scenario) -> Iterator[Finding]:
    horizon, shifts = scenario.horizon, scenario.staff.shifts
    dates = _dates(scenario)
    if horizon.steady is None:
        yield from _overlapping(scenario, dates)
    for i, shift in enumerate(shifts):
        at: Path = ("staff", "shifts", i)
        if horizon.steady is not None:
            yield Finding(
                at,
                "is a shift, but steady state has constant headcounts",
                "give the group a number of agents: 10",
            )
            continue
        if shift.date is not None and shift.weekday is not None:
            yield Finding((*at, "weekday"), "cannot be combined with a date", "remove one of them")
        if shift.date is not None and not _near(shift.date, scenario):
            yield Finding((*at, "date"), "is outside the horizon", f"the horizon is {_span(scenario)}")
            continue
        yield from _hours(scenario, shift, at, dates)
        yield from _breaks(shift, at)


def _overlapping(scenario: Scenario, dates: list[date]) -> Iterator[Finding]:
    """A named person works one shift at a time; the first overlap of each name is told."""
    shifts = scenario.staff.shifts
    people: dict[tuple[str, str], list[int]] = {}
    for i, shift in enumerate(shifts):
        if shift.name is not None:
            people.setdefault((shift.group, shift.name), []).append(i)
    for (_, name), mine in people.items():
        dated = {shifts[i].date for i in mine} - {None}
        near = {day + timedelta(days=k) for day in dated if day is not None for k in (-1, 0, 1)}
        spans: list[tuple[float, float, int]] = []
        for day in sorted({*dates[:9], *near}) if len(mine) > 1 else ():
            here = [i for i in mine if shifts[i].date == day or day.weekday() in (shifts[i].weekday or ())]
            every = [i for i in mine if shifts[i].date is None and shifts[i].weekday is None]
            at = day.toordinal() * DAY
            spans += [(at + shifts[i].start, at + shifts[i].end, i) for i in {*here, *every}]
        spans.sort()
        for (_, end, before), (start, _, i) in pairwise(spans):
            if start < end and i != before:
                first, later = min(before, i), max(before, i)
                ends = (shifts[first].start, (shifts[first].end - 1) % DAY + 1)
                hours = "-".join(map(units.write_clock, ends))
                rule = f"overlaps another shift of {name!r} (shifts.{first}, {hours})"
                fix = "remove one of the shifts, or give each person a different name"
                yield Finding(("staff", "shifts", later, "start"), rule, fix)
                break


def _hours(scenario: Scenario, shift: Shift, at: Path, dates: list[date]) -> Iterator[Finding]:
    """A shift must fall on a day of the horizon and into its opening hours."""
    days = [shift.date] if shift.date is not None else dates
    if shift.weekday is not None and shift.date is None:
        days = [day for day in dates if day.weekday() in shift.weekday]
        if not days:
            yield Finding((*at, "weekday"), "does not occur in the horizon", f"the horizon is {_span(scenario)}")
            return
    for day in days:
        for offset in (0, 1):
            opening = scenario.horizon.hours_on(day + timedelta(days=offset))
            if any(shift.start < b + offset * DAY and a + offset * DAY < shift.end for a, b in opening):
                return
    open_days = set(scenario.horizon.all_hours)
    hours = units.listing(f"{units.write_clock(a)}-{units.write_clock(b)}" for a, b in sorted(open_days))
    shown = f"{units.write_clock(shift.start)}-{units.write_clock((shift.end - 1) % DAY + 1)}"
    yield Finding((*at, "start"), "is outside the opening hours", f"move the shift into {hours}", shown)


def _breaks(shift: Shift, at: Path) -> Iterator[Finding]:
    end = shift.start
    for k, (a, b) in sorted(enumerate(shift.breaks), key=lambda one: one[1]):
        where = (*at, "breaks", k)
        last = units.write_clock(shift.end if shift.end <= DAY else shift.end - DAY)
        if b <= a:
            yield Finding(where, "ends before it begins", "write it as 12:00-12:30")
        elif a < shift.start or b > shift.end:
            yield Finding(
                where,
                "is outside the shift",
                f"move it between {units.write_clock(shift.start)} and {last}",
            )
        elif a < end:
            yield Finding(where, "overlaps another break", "separate the breaks")
        end = max(end, b)
    if sum(b - a for a, b in shift.breaks) >= shift.end - shift.start:
        yield Finding((*at, "breaks"), "fill the whole shift", "shorten the breaks")


def _arrivals(scenario: Scenario) -> Iterator[Finding]:
    horizon = scenario.horizon
    for name, reason in scenario.reasons.items():
        arrivals, at = reason.volume.arrivals, ("reasons", name, "volume", "arrivals")
        if arrivals is None:
            continue
        if (arrivals.file is None) == (arrivals.times is None):
            rule = "has neither a file nor times" if arrivals.file is None else "has both a file and times"
            yield Finding(at, rule, "give 'file: log.csv' or 'times: [08:00:05, …]'")
        for key in ("factor", "weekdays", "busyness", "intraday"):
            if key in reason.volume.model_fields_set and getattr(reason.volume, key) not in (1.0, {}, None):
                rule = "cannot be combined with arrivals, which are exact times"
                yield Finding((*at[:-1], key), rule, f"remove {key!r}", key, key=True)
        zone = zone_of(horizon.timezone)
        for k, (on, seconds, offset) in enumerate(arrivals.times or ()):
            where = (*at, "times", k)
            if offset is not None and zone is None:
                if horizon.timezone is None:
                    rule = "has a UTC offset, but the scenario has no time zone to convert it to"
                    fix = "add the time zone to horizon, such as 'timezone: Europe/Berlin', or remove the offset"
                    yield Finding(where, rule, fix)
                continue
            day, clock = on, seconds
            if on is not None and offset is not None and zone is not None:
                day, clock, _ = converted(on, seconds, offset, zone)
            if day_and_night(scenario, name) and (day is None or _near(day, scenario)):
                continue
            dates = [day] if day is not None else [d for d in _dates(scenario) if horizon.hours_on(d)]
            if day is not None and not _near(day, scenario):
                yield Finding(where, "is outside the horizon", f"the horizon is {_span(scenario)}")
            elif not all(any(a <= clock < b for a, b in horizon.hours_on(d)) for d in dates):
                yield Finding(where, "is outside the opening hours", "widen horizon.open, or remove it")
