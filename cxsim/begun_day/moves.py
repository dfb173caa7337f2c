"""What can still be done today: overtime, breaks moved, time off and people lent, each as a change of the crew.

A move is one that can be worked: the people are on duty, nobody stays beyond closing time or takes a break outside
their shift, and who is lent has the skills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cxsim.begun_day.crew import Crew, Person, away, level_at
from cxsim.model.shift_assignment import Duty
from cxsim.report.common.formats import plural
from cxsim.scenario.model.units import write_clock

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

KINDS: Final = {"overtime": "overtime", "break": "breaks moved", "time off": "time off", "lend": "people lent"}
LONGER: Final = (3600.0, 7200.0)  # s of overtime
SHIFTED: Final = (-3600.0, -1800.0, 1800.0, 3600.0)  # s by which a break moves
LENT: Final = " for "


@dataclass(frozen=True, eq=False)
class Move:
    """One thing to do: kind, team, how many people, in words, hours of pay it adds, and the crew with it."""

    kind: str
    group: str
    people: int
    words: str
    hours: float
    crew: Crew


@dataclass(frozen=True)
class Times:
    """The day in seconds since the first midnight: its midnight, now, and closing time."""

    midnight: float
    now: float
    close: float

    def clock(self, time: float) -> str:
        """A moment as clocks show it, on a day on which they do not change."""
        return write_clock(round((time - self.midnight) % 86400.0))


def lendable(scenario: Scenario) -> list[tuple[str, str]]:
    """Pairs of groups (from, to): who is lent works as the other group, and has the skills for all it serves."""
    groups = scenario.groups
    return [
        (a, b)
        for a in groups
        for b in groups
        if a != b and set(groups[b].skills) <= set(groups[a].skills) and groups[a].site == groups[b].site
        if _ways(scenario, a) != _ways(scenario, b)
    ]


def _ways(scenario: Scenario, group: str) -> list[tuple[str, int, int | None, int]]:
    """What decides which contacts a group gets."""
    return sorted(
        (queue, skill.rank, skill.order, skill.reserve) for queue, skill in scenario.groups[group].skills.items()
    )


def with_lent(scenario: Scenario) -> Scenario:
    """The scenario with an empty group for each way to lend people: own speed and resolution, ranks of the other."""
    added: dict[str, Any] = {}
    for a, b in lendable(scenario):
        own, other = scenario.groups[a], scenario.groups[b]
        skills = {
            queue: own.skills[queue].model_copy(update={"rank": s.rank, "order": s.order, "reserve": s.reserve})
            for queue, s in other.skills.items()
        }
        added[name_of(a, b)] = own.model_copy(update={"agents": 0, "skills": skills, "serves": ()})
    return scenario.model_copy(update={"groups": {**scenario.groups, **added}}) if added else scenario


def name_of(group: str, other: str) -> str:
    """The group of people lent by one group to another."""
    return f"{group}{LENT}{other}"


def catalogue(
    scenario: Scenario, crew: Crew, times: Times, at_most: int, kinds: Sequence[str] = tuple(KINDS)
) -> list[Move]:
    """All moves of these kinds for up to `at_most` people."""
    own = [name for name in scenario.groups if not _is_lent(scenario, name)]
    makers: dict[str, Callable[[Scenario, str, Crew, Times, int], Iterator[Move]]] = {
        "overtime": _overtime,
        "break": _breaks,
        "time off": _time_off,
        "lend": _lent,
    }
    sizes = sorted({1, at_most})
    return [
        move for kind in kinds for group in own for k in sizes for move in makers[kind](scenario, group, crew, times, k)
    ]


def _is_lent(scenario: Scenario, name: str) -> bool:
    a, found, b = name.partition(LENT)
    return bool(found) and a in scenario.groups and b in scenario.groups


def _pay(scenario: Scenario) -> float:
    """The factor on the wage for overtime, where the scenario says it."""
    shifts = scenario.optimize.shifts if scenario.optimize else None
    return shifts.overtime.pay if shifts and shifts.overtime else 1.0


def _duty_now(person: Person, times: Times) -> Duty | None:
    """The duty of a person of which some is still to come today."""
    return next((one for one in person.duties if one.end > times.now and one.start < times.close), None)


def _with(person: Person, old: Duty, new: Duty) -> Person:
    return replace(person, duties=tuple(new if one == old else one for one in person.duties))


def _changed(crew: Crew, group: str, made: dict[int, Person]) -> Crew:
    return crew.with_people(group, [made.get(n, one) for n, one in enumerate(crew.people[group])])


def _overtime(scenario: Scenario, group: str, crew: Crew, times: Times, k: int) -> Iterator[Move]:
    """People whose shift ends before closing time stay longer."""
    for end, who in _ends(group, crew, times).items():
        if len(who) < k:
            continue
        for longer in LONGER:
            until = min(end + longer, times.close)
            if until - end < 1800.0 or (longer != LONGER[0] and end + LONGER[0] >= times.close):
                continue
            if group in crew.steps:
                made = crew.counted(group, end, until, k)
            else:
                people = {}
                for n in who[:k]:
                    person = crew.people[group][n]
                    duty = _duty_now(person, times)
                    assert duty is not None
                    people[n] = _with(person, duty, replace(duty, end=until))
                made = _changed(crew, group, people)
            said = f"{plural(k, 'person', 'people')} of {group} due to leave at {times.clock(end)}"
            words = f"{said} {'stays' if k == 1 else 'stay'} until {times.clock(until)}"
            yield Move("overtime", group, k, words, k * (until - end) / 3600.0 * _pay(scenario), made)


def _ends(group: str, crew: Crew, times: Times) -> dict[float, list[int]]:
    """Who leaves when, from now on and before closing time: people of a group on shifts, or a count."""
    out: dict[float, list[int]] = {}
    if group in crew.steps:
        before = 0
        for time, count in crew.steps[group]:
            if times.now < time < times.close and count < before:
                out[time] = list(range(before - count))
            before = count
        return out
    for n, person in enumerate(crew.people[group]):
        duty = _duty_now(person, times)
        if duty is not None and duty.end < times.close:
            out.setdefault(duty.end, []).append(n)
    return dict(sorted(out.items()))


def _breaks(scenario: Scenario, group: str, crew: Crew, times: Times, k: int) -> Iterator[Move]:
    """A break that is still to come is taken earlier or later, within the shift and clear of other breaks."""
    coming: dict[tuple[float, float], list[int]] = {}
    for n, person in enumerate(crew.people.get(group, ())):
        duty = _duty_now(person, times)
        for span in duty.breaks if duty else ():
            if span[0] >= times.now:
                coming.setdefault(span, []).append(n)
    for (a, b), who in sorted(coming.items()):
        for by in SHIFTED:
            people = {}
            for n in who:
                person = crew.people[group][n]
                duty = _duty_now(person, times)
                assert duty is not None
                others = [one for one in duty.breaks if one != (a, b)]
                fits = max(times.now, duty.start) < a + by and b + by < duty.end
                if fits and not any(u < b + by and a + by < v for u, v in others):
                    breaks = tuple(sorted([*others, (a + by, b + by)]))
                    people[n] = _with(person, duty, replace(duty, breaks=breaks))
                if len(people) == k:
                    break
            if len(people) == k:
                whose = plural(k, "person", "people")
                takes = "takes the break" if k == 1 else "take the break"
                words = f"{whose} of {group} {takes} of {times.clock(a)} at {times.clock(a + by)}"
                yield Move("break", group, k, words, 0.0, _changed(crew, group, people))


def _time_off(scenario: Scenario, group: str, crew: Crew, times: Times, k: int) -> Iterator[Move]:
    """People who are there go home now."""
    if crew.at(group, times.now) <= k:  # somebody stays
        return
    if group in crew.steps:
        steps = crew.steps[group]
        hours = sum(
            max(0.0, min(b, times.close) - max(a, times.now)) / 3600.0 * min(k, n) for a, b, n in crew.spans(group)
        )
        made = crew.counted(group, times.now, times.close, -k)
        assert level_at(made.steps[group], times.now) == level_at(steps, times.now) - k
    else:
        who = _there(group, crew, times)
        last = sorted(who, key=lambda n: -_duty_end(crew.people[group][n], times))[:k]
        hours = sum(_duty_end(crew.people[group][n], times) - times.now for n in last) / 3600.0
        gone = {n: away(crew.people[group][n], times.now, _duty_end(crew.people[group][n], times)) for n in last}
        made = _changed(crew, group, gone)
    words = f"{plural(k, 'person', 'people')} of {group} {'goes' if k == 1 else 'go'} home at {times.clock(times.now)}"
    yield Move("time off", group, k, words, -hours, made)


def _duty_end(person: Person, times: Times) -> float:
    duty = _duty_now(person, times)
    return duty.end if duty else times.now


def _there(group: str, crew: Crew, times: Times) -> list[int]:
    """The people of a group on shifts who are on duty now."""
    out = []
    for n, person in enumerate(crew.people[group]):
        duty = _duty_now(person, times)
        if duty is not None and duty.start <= times.now:
            out.append(n)
    return out


def _lent(scenario: Scenario, group: str, crew: Crew, times: Times, k: int) -> Iterator[Move]:
    """People who are there work as another group for the rest of the day, or of their shift."""
    if crew.at(group, times.now) < k:
        return
    for other in scenario.groups:
        to = name_of(group, other)
        if to not in scenario.groups:
            continue
        if group in crew.steps:
            made = crew
            for a, b, n in crew.spans(group):
                start, end = max(a, times.now), min(b, times.close)
                if end > start:
                    some = min(k, n)
                    made = made.counted(group, start, end, -some).counted(to, start, end, some)
        else:
            who = _there(group, crew, times)[:k]
            if len(who) < k:
                continue
            gone, come = {}, []
            for n in who:
                person = crew.people[group][n]
                end = _duty_end(person, times)
                gone[n] = away(person, times.now, end)
                come.append(replace(away(person, -1e12, times.now), name=person.name))
            made = _changed(crew, group, gone).only(to)
            made = made.with_people(to, [*made.people[to], *come])
        queues = " and ".join(scenario.groups[to].skills)
        words = f"{plural(k, 'person', 'people')} of {group} {'works' if k == 1 else 'work'} as {other} ({queues})"
        yield Move("lend", group, k, words, 0.0, made)
