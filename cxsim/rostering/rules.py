"""The hard rules of a roster, in one place and in words: what bars a person from a shift, and what shifts break."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from cxsim.rostering.people import Person
from cxsim.rostering.slots import DAY, Demand, Slot, Span, span_text
from cxsim.scenario.model.units import write_duration

TIGHT = 1e-6
HOUR = 3600.0


def barred(person: Person, slot: Slot, away: Sequence[Span], dated: Mapping[int, Sequence[Span]], asked: Demand) -> str:
    """Why a person cannot work a shift, whatever else they work; empty if they can.

    `away` are seconds from the first midnight; `dated` the availability of single days, in place of the weekday's.
    """
    if slot.team not in person.teams:
        return f"team: works for {' and '.join(person.teams)}, not for {slot.team}"
    if any(a < slot.ends and slot.begins < b for a, b in away):
        return "leave"
    if person.available is not None or slot.day in dated:
        weekly = person.available or {}
        spans = dated.get(slot.day) or weekly.get(asked.dates[slot.day].weekday(), ())
        if not any(a <= slot.start and slot.end <= b for a, b in spans):
            said = " and ".join(span_text(one) for one in spans if one[1] < 2 * DAY)
            return f"availability: {said if spans else 'not on this weekday'}"
    if person.lengths and slot.end - slot.start not in person.lengths:
        lengths = ", ".join(write_duration(length) for length in person.lengths)
        return f"contract {person.contract}: shifts of {lengths}"
    if person.until is not None and slot.begins - person.until < person.rest - TIGHT:
        return f"rest: {_hours(slot.begins - person.until)} h after the last shift before the roster"
    return ""


def broken(person: Person, shifts: Sequence[Slot], asked: Demand) -> list[str]:
    """Which rules the shifts of one person break, in words; `barred` shifts are not looked at."""
    mine = sorted(shifts, key=lambda one: one.begins)
    days = [one.day for one in mine]
    out = [f"one shift a day: two on {asked.on(a)}" for a, b in pairwise(days) if a == b]
    for one, other in pairwise(mine):
        rest = other.begins - one.ends
        if one.day != other.day and rest < person.rest - TIGHT:
            when = f"{asked.on(one.day)} and {asked.on(other.day)}"
            out.append(f"rest: {_hours(rest)} h between {when}, less than {_hours(person.rest)} h")
    return out + _of_weeks(person, mine, asked) + _in_a_row(person, days, asked) + _weekends(person, days, asked)


def _of_weeks(person: Person, mine: Sequence[Slot], asked: Demand) -> list[str]:
    out: list[str] = []
    weeks: defaultdict[int, list[Slot]] = defaultdict(list)
    for one in mine:
        weeks[asked.week(one.day)].append(one)
    for week, here in weeks.items():
        on = f"in week {week + 1}" if len(asked.dates) > 7 else "a week"
        if len(here) > person.days:
            out.append(f"days a week: {len(here)} {on}, more than {person.days}")
        worked = sum(one.worked for one in here)
        if person.hours is not None and worked > person.hours + TIGHT:
            out.append(f"hours a week: {_hours(worked)} h {on}, more than {_hours(person.hours)} h")
        if person.off_together and not _has_days_off(person, {one.day for one in mine}, week, asked):
            out.append(f"days off together: fewer than {person.off_together} in a row {on}")
    return out


def off_runs(person: Person, week: int, asked: Demand) -> list[list[int]]:
    """The runs of days, in a week or from it into the next, that would be its days off in a row.

    Days after the roster count as off.
    """
    last = len(asked.dates)
    firsts = range(7 * week, min(7 * week + 7, last))
    return [[d for d in range(k, k + person.off_together) if d < last] for k in firsts]


def _has_days_off(person: Person, worked: set[int], week: int, asked: Demand) -> bool:
    return any(not worked.intersection(run) for run in off_runs(person, week, asked))


def _in_a_row(person: Person, days: Sequence[int], asked: Demand) -> list[str]:
    row, last, over = person.days_before, -1, list[int]()
    for day in dict.fromkeys(days):
        row = row + 1 if day == last + 1 else 1
        last = day
        over += [day] if row > person.in_a_row else []
    return [f"days in a row: more than {person.in_a_row} up to {asked.on(over[0])}"] if over else []


def weekend(day: int, asked: Demand) -> int:
    """The weekend of a Saturday or Sunday, as a number; -1 for other days."""
    on = asked.dates[day]
    return (on.toordinal() - 6) // 7 if on.weekday() >= 5 else -1


def _weekends(person: Person, days: Sequence[int], asked: Demand) -> list[str]:
    found = {weekend(day, asked) for day in days} - {-1}
    if person.weekends is None or len(found) <= person.weekends:
        return []
    return [f"weekends: {len(found)}, more than {person.weekends}"]


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR:.4g}"
