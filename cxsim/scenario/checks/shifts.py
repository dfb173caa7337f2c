"""Rules about the shifts and weeks that the optimizer may choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from math import floor, gcd, prod
from typing import Any

from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.break_positions import placings
from cxsim.scenario.model.optimizing import Break, Shifts
from cxsim.scenario.model.scenario import Scenario
from cxsim.scenario.model.units import DAY

AT: Path = ("optimize", "shifts")
MOST_SHIFTS = 20_000  # of one group, contract and day
SHORTEST_STEP = 300.0


Sound = Callable[..., bool]  # whether nothing at or below a path of the block was left out


def check_shifts(scenario: Scenario, groups: Sequence[str], sound: Sound) -> Iterator[Finding]:
    """Every broken rule of shifts, contracts, overtime and week; `sound` says what can be judged."""
    asked = scenario.optimize
    if asked is None or asked.shifts is None or scenario.horizon.steady is not None:
        return
    shifts = asked.shifts
    grid, lengths = sound("shifts", "starts_every"), sound("shifts", "lengths")
    if grid:
        found = list(_grid(scenario, shifts))
        yield from found
        grid = not found
    if grid and lengths:
        found = list(_lengths(scenario, shifts))
        yield from found
        whole = not found and sound("shifts", "break")
        breaks = list(_breaks(shifts, sound))
        yield from breaks
        if whole and not breaks:
            yield from _too_many(scenario, shifts)
    yield from _contracts(shifts, groups, sound)
    if sound("shifts", "overtime"):
        yield from _overtime(shifts, grid, lengths)
    if shifts.keep and not _shifts_today(scenario):
        yield Finding((*AT, "keep"), "keeps the current shifts, but there are none", "remove it, or give staff.shifts")
    if sound("week"):
        yield from _week(scenario, shifts, sound)


def _grid(scenario: Scenario, shifts: Shifts) -> Iterator[Finding]:
    step, interval = shifts.starts_every, scenario.horizon.interval
    if step < SHORTEST_STEP:
        yield Finding((*AT, "starts_every"), "is shorter than 5 min", "write 15 min or 30 min")
    elif interval >= 60.0 and step % interval and interval % step:
        rule = f"cannot be combined with intervals of {_time(interval)}"
        yield Finding((*AT, "starts_every"), rule, f"write {_time(interval)}, or a divisor or multiple of it")


def _lengths(scenario: Scenario, shifts: Shifts) -> Iterator[Finding]:
    step = _unit(scenario, shifts)
    longest = max((b - a for _, spans in _open_days(scenario) for a, b in spans), default=0.0)
    for i, length in enumerate(shifts.lengths):
        at = (*AT, "lengths", i)
        if length <= 0.0 or length > DAY:
            yield Finding(at, "is not a shift length", "write a time such as 8 h")
        elif length in shifts.lengths[:i]:
            yield Finding(at, "is given twice", "remove it")
        elif length % step:
            near = [x for x in (floor(length / step) * step, (floor(length / step) + 1) * step) if x > 0.0]
            fix = f"write {' or '.join(_time(x) for x in near)}, or set starts_every: 15 min"
            yield Finding(at, f"is not a multiple of {_time(step)}", fix)
        elif length > longest:
            fix = f"write {_time(longest)} or less"
            yield Finding(at, f"does not fit into the opening hours (at most {_time(longest)})", fix)
    good = [x for x in shifts.lengths if 0.0 < x <= longest]
    told: set[int] = set()
    for weekday, spans in _open_days(scenario):
        most = max(b - a for a, b in spans)
        if good and min(good) > most and weekday not in told:
            told.add(weekday)
            rule = f"leave {units.WEEKDAYS[weekday]} without a shift that fits: it is open for {_time(most)}"
            yield Finding((*AT, "lengths"), rule, f"add a length of {_time(most)} or less")


def _unit(scenario: Scenario, shifts: Shifts) -> float:
    """The step on which shifts end."""
    return float(gcd(round(shifts.starts_every), round(max(60.0, scenario.horizon.interval))))


def _open_days(scenario: Scenario) -> list[tuple[int, list[tuple[float, float]]]]:
    """The weekdays of the horizon that are open, with their spans, carried on where they touch midnight."""
    horizon, out = scenario.horizon, []
    for k in range(min(7, horizon.days)):
        day = horizon.start + timedelta(days=k)
        weekday, spans = day.weekday(), list(horizon.hours_on(day))
        following = horizon.hours_on(day + timedelta(days=1))
        if spans and spans[-1][1] >= DAY and following and following[0][0] <= 0.0:
            spans[-1] = (spans[-1][0], DAY + following[0][1])
        if spans:
            out.append((weekday, spans))
    return out


def _breaks(shifts: Shifts, sound: Sound) -> Iterator[Finding]:
    for i, one in enumerate(shifts.breaks):
        at = (*AT, "break", i)
        if not sound("shifts", "break", i):
            continue
        for k, length in enumerate(one.lengths):
            if length not in shifts.lengths:
                yield Finding((*at, "for", k), "is not a shift length", _nearest(length, shifts.lengths))
        if one.every is not None and one.every < SHORTEST_STEP:
            yield Finding((*at, "every"), "is shorter than 5 min", "write 15 min or 30 min")
        yield from _window(shifts, one, at)
    if sound("shifts", "break") and all(one.every is None or one.every >= SHORTEST_STEP for one in shifts.breaks):
        yield from _room(shifts)


def _window(shifts: Shifts, one: Break, at: Path) -> Iterator[Finding]:
    short = [x for x in shifts.lengths if (not one.lengths or x in one.lengths) and one.latest + one.length > x]
    if not short:
        return
    shortest = min(short)
    key = "after" if one.before is None or one.after + one.length > shortest else "before"
    latest = shortest - one.length
    others = [x for x in shifts.lengths if x not in short]
    rule = f"puts the break after the end of a shift of {_time(shortest)}"
    fix = f"write {_time(max(0.0, latest))} or earlier"
    if others:
        fix += f", or add 'for: [{', '.join(_time(x) for x in others)}]'"
    if latest < 0.0:
        rule, fix = (
            f"is longer than a shift of {_time(shortest)}",
            "shorten it, or list the lengths that have it in 'for'",
        )
        key = "length"
    yield Finding((*at, key), rule, fix)


def _room(shifts: Shifts) -> Iterator[Finding]:
    """The breaks of a shift must fit beside one another."""
    for length in shifts.lengths:
        mine = [one for one in shifts.breaks if not one.lengths or length in one.lengths]
        if len(mine) < 2 or any(one.latest + one.length > length for one in mine):
            continue
        few = prod(_places(shifts, one) for one in mine) <= MOST_SHIFTS
        if few and next(placings(shifts, length), None) is None:
            rule = f"always overlap in a shift of {_time(length)}"
            yield Finding((*AT, "break"), rule, "separate their windows")
            return


def _places(shifts: Shifts, one: Break) -> int:
    return floor((one.latest - one.after) / (one.every or shifts.starts_every) + 1e-9) + 1


def _too_many(scenario: Scenario, shifts: Shifts) -> Iterator[Finding]:
    most = 0
    for _, spans in _open_days(scenario):
        count = 0
        for length in shifts.lengths:
            mine = [one for one in shifts.breaks if not one.lengths or length in one.lengths]
            starts = sum(max(0, floor((min(b - a - length, DAY)) / shifts.starts_every) + 1) for a, b in spans)
            count += starts * prod(_places(shifts, one) for one in mine)
        most = max(most, count)
    if most > MOST_SHIFTS:
        rule = f"allows {most:,} different shifts a day; the limit is {MOST_SHIFTS:,}"
        yield Finding((*AT, "break"), rule, "narrow the break windows, or lengthen starts_every")


def _contracts(shifts: Shifts, groups: Sequence[str], sound: Sound) -> Iterator[Finding]:
    contracts = shifts.contracts
    for name, contract in contracts.items():
        at = (*AT, "contracts", name)
        for i, length in enumerate(contract.lengths):
            if sound("shifts", "lengths") and length not in shifts.lengths:
                yield Finding((*at, "lengths", i), "is not a shift length", _nearest(length, shifts.lengths))
        for i, group in enumerate(contract.groups):
            if group not in groups:
                fix = units.suggestion(group, groups, "the groups are")
                yield Finding((*at, "groups", i), "is not a group", fix)
        if contract.days is not None and contract.days > 7:
            yield Finding((*at, "days"), "is more than 7 days", "write 5")
    if not contracts or not sound("shifts", "contracts"):
        return
    least = sum(one.share.min for one in contracts.values())
    most = sum(one.share.max for one in contracts.values())
    last = list(contracts)[-1]
    if least > 1.0 + 1e-9:
        at_ = next(name for name in reversed(contracts) if contracts[name].share.min > 0.0)
        rest = contracts[at_].share.min - (least - 1.0)
        fix = f"write {rest * 100:.6g}% or less" if rest >= 0 else "make the minima sum to at most 100%"
        yield Finding((*AT, "contracts", at_, "share", "min"), f"makes the minima sum to {least * 100:.6g}%", fix)
    if most < 1.0 - 1e-9:
        fix = "make the maxima sum to at least 100%"
        yield Finding((*AT, "contracts", last, "share", "max"), f"makes the maxima sum to {most * 100:.6g}%", fix)
    for i, length in enumerate(shifts.lengths):
        if all(one.lengths and length not in one.lengths for one in contracts.values()):
            fix = f"add it to the lengths of {units.listing(contracts)}, or remove it"
            yield Finding((*AT, "lengths", i), "is not in any contract", fix)
    for group in groups:
        if all(one.groups and group not in one.groups for one in contracts.values()):
            yield Finding(
                (*AT, "contracts"), f"leave {group!r} without a contract", "add it to the groups of a contract"
            )


def _overtime(shifts: Shifts, grid: bool, lengths: bool) -> Iterator[Finding]:
    overtime = shifts.overtime
    if overtime is None:
        return
    at = (*AT, "overtime")
    if overtime.up_to <= 0.0 or (grid and overtime.up_to % shifts.starts_every):
        step = _time(shifts.starts_every)
        fix = f"write {step} or a multiple of it"
        yield Finding((*at, "up_to"), f"is not a multiple of {step}", fix)
    if overtime.pay < 1.0:
        yield Finding((*at, "pay"), "pays less than normal hours", "write 100% or more, such as 125%")
    for i, length in enumerate(overtime.lengths):
        if lengths and length not in shifts.lengths:
            yield Finding((*at, "for", i), "is not a shift length", _nearest(length, shifts.lengths))


def _week(scenario: Scenario, shifts: Shifts, sound: Sound) -> Iterator[Finding]:
    assert scenario.optimize is not None
    week, at = scenario.optimize.week, ("optimize", "week")
    if week is not None:
        if week.days_on > 7:
            yield Finding((*at, "days_on"), "is more than 7 days", "write 5")
        elif week.days_on + week.days_off_together > 7:
            fix = f"write {7 - week.days_on} or less"
            rule = f"plus {week.days_on} days on is more than a week"
            yield Finding((*at, "days_off_together"), rule, fix)
        if week.rest >= DAY:
            yield Finding((*at, "rest"), "is a day or more; use days off for that", "write 11 h")
        elif shifts.lengths and week.rest + min(shifts.lengths) > DAY:
            fix = f"write {_time(DAY - min(shifts.lengths))} or less"
            yield Finding((*at, "rest"), "plus a shift is more than a day, so nobody could work two days in a row", fix)
    general = week.days_on if week is not None else 5
    if not (sound("shifts", "lengths") and sound("shifts", "break") and sound("shifts", "contracts")):
        return
    if week is not None and week.hours is not None and general <= 7:
        yield from _hours(shifts, shifts.lengths, general, week.hours, (*at, "hours"))
    for name, contract in shifts.contracts.items():
        days = contract.days or general
        if contract.days is not None and week is not None and contract.days + week.days_off_together > 7 >= days:
            rule = f"plus {week.days_off_together} days off together is more than a week"
            fix = f"write {max(1, 7 - week.days_off_together)} or less"
            yield Finding((*AT, "contracts", name, "days"), rule, fix)
        where = (*AT, "contracts", name, "hours")
        if contract.hours is not None and days <= 7:
            yield from _hours(shifts, contract.lengths or shifts.lengths, days, contract.hours, where)
        elif week is not None and week.hours is not None and contract.lengths and days <= 7:
            yield from _hours(shifts, contract.lengths, days, week.hours, (*AT, "contracts", name))


def _hours(shifts: Shifts, lengths: Sequence[float], days: int, hours: float, at: Path) -> Iterator[Finding]:
    """The hours of a week must have room for its days, with the shortest shifts that are worked."""

    def worked(length: float) -> float:
        mine = (one for one in shifts.breaks if not one.lengths or length in one.lengths)
        return length - sum(one.length for one in mine if not one.paid)

    least = days * min((worked(x) for x in lengths), default=0.0)
    if least > hours + 1e-6:
        what = "is" if at[-1] == "hours" else f"works at most {_time(hours)} a week, which is"
        rule = f"{what} too little for {days} days of work ({_time(least)} at least)"
        fix = f"write {_time(least)} or more, fewer days, or shorter shifts"
        yield Finding(at, rule, fix, "" if at[-1] == "hours" else str(at[-1]), key=at[-1] != "hours")


def _nearest(length: float, lengths: Sequence[float]) -> str:
    if not lengths:
        return "add lengths to the shifts"
    return f"did you mean {_time(min(lengths, key=lambda x: abs(x - length)))}?"


def _shifts_today(scenario: Scenario) -> bool:
    staff: Any = scenario.staff
    return bool(staff.shifts) or (staff.file is not None and staff.kind != "headcounts")


def _time(seconds: float) -> str:
    """A time as a planner writes it: 7h30m rather than 450 min, 40 h rather than days."""
    hours, minutes = divmod(round(seconds / 60.0), 60)
    if not hours or seconds != 60.0 * round(seconds / 60.0):
        return units.write_duration(seconds)
    return f"{hours}h{minutes}m" if minutes else f"{hours} h"
