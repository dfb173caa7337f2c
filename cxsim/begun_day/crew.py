"""Who is there on a day: the events of a plan as people and headcounts that can be changed, and a plan again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cxsim.model.plan import EVENT_DTYPE, Plan
from cxsim.model.shift_assignment import Duty, at_work
from cxsim.schema.plan_events import BREAK_BEGINS, BREAK_ENDS, COME, FALL, LEAVE, RISE

Floats = npt.NDArray[np.float64]
Steps = tuple[tuple[float, int], ...]  # from this time on, so many agents


@dataclass(frozen=True)
class Person:
    """A seat of a group on shifts, and its duties in order (s since the first midnight)."""

    name: str
    duties: tuple[Duty, ...]


@dataclass(frozen=True)
class Crew:
    """Headcounts (`steps`) or people by group, in the order of the plan's groups."""

    steps: Mapping[str, Steps]
    people: Mapping[str, tuple[Person, ...]]

    def at(self, group: str, time: float) -> int:
        """How many of a group are at work at a moment; who is on a break is not."""
        if group in self.steps:
            return level_at(self.steps[group], time)
        return sum(a <= time < b for one in self.people[group] for duty in one.duties for a, b in at_work(duty))

    def mean(self, group: str, start: float, end: float) -> float:
        """The mean number at work in a span of time."""
        return float(self.means(group, np.array([start, end]))[0])

    def means(self, group: str, edges: Floats) -> Floats:
        """The mean number at work between each two edges."""
        spans = np.array(self.spans(group)).reshape(-1, 3)
        inside = np.minimum(spans[:, 1, None], edges[None, 1:]) - np.maximum(spans[:, 0, None], edges[None, :-1])
        return np.asarray(spans[:, 2] @ np.clip(inside, 0.0, None) / np.diff(edges))

    def spans(self, group: str) -> list[tuple[float, float, int]]:
        """From when to when how many are at work."""
        if group in self.steps:
            steps = self.steps[group]
            ends = [*(time for time, _ in steps[1:]), np.inf]
            return [(a, b, n) for (a, n), b in zip(steps, ends, strict=False) if n]
        return [(a, b, 1) for one in self.people[group] for duty in one.duties for a, b in at_work(duty)]

    def counted(self, group: str, start: float, end: float, more: int) -> Crew:
        """With `more` (or fewer) of a headcount group from `start` to `end`, never below none."""
        steps = self.steps[group]
        times = sorted({*(time for time, _ in steps), start, end})
        found = [(t, max(0, level_at(steps, t) + (more if start <= t < end else 0))) for t in times]
        kept = [one for k, one in enumerate(found) if not k or one[1] != found[k - 1][1]]
        return replace(self, steps={**self.steps, group: tuple(kept)})

    def with_people(self, group: str, people: Sequence[Person]) -> Crew:
        """With other people of a group on shifts."""
        return replace(self, people={**self.people, group: tuple(people)})

    def only(self, group: str) -> Crew:
        """With a group that had nobody as a group of people, so that some can join it."""
        steps = {name: one for name, one in self.steps.items() if name != group}
        return Crew(steps, {**self.people, group: self.people.get(group, ())})


def level_at(steps: Steps, time: float) -> int:
    """The headcount at a moment."""
    now = 0
    for since, count in steps:
        if since > time:
            break
        now = count
    return now


def crew_of(plan: Plan) -> Crew:
    """The people of a plan, read from its events."""
    steps: dict[str, list[tuple[float, int]]] = {
        name: [] for name, by_count in zip(plan.groups, plan.by_count, strict=True) if by_count
    }
    duties: list[list[Duty]] = [[] for _ in plan.seats]
    began: dict[int, tuple[float, list[tuple[float, float]]]] = {}
    for event in plan.events:
        time, kind, agent = float(event["time"]), int(event["kind"]), int(event["agent"])
        if kind in (RISE, FALL):
            steps[plan.groups[event["group"]]].append((time, int(event["count"])))
        elif kind == COME:
            began[agent] = (time, [])
        elif kind == BREAK_BEGINS:
            began[agent][1].append((time, time))
        elif kind == BREAK_ENDS:
            breaks = began[agent][1]
            breaks[-1] = (breaks[-1][0], time)
        elif kind == LEAVE:
            start, breaks = began.pop(agent)
            duties[agent].append(Duty(start, time, tuple(breaks)))
    people = {
        name: tuple(Person(plan.seats[s], tuple(duties[s])) for s in range(plan.first_seat[g], plan.first_seat[g + 1]))
        for g, name in enumerate(plan.groups)
        if not plan.by_count[g]
    }
    return Crew({name: tuple(one) for name, one in steps.items()}, people)


def plan_of(plan: Plan, crew: Crew, edges: Floats) -> Plan:
    """The plan with another crew; `edges` are those of the counted intervals. What is paid stays as it was planned."""
    events: list[tuple[float, int, int, int, int]] = []
    first, seats = [0], list[str]()
    for g, name in enumerate(plan.groups):
        if name in crew.steps:
            steps = crew.steps[name]
            before = 0
            for time, count in steps:
                if count != before:
                    events.append((time, RISE if count > before else FALL, g, -1, count))
                before = count
            known = plan.first_seat[g + 1] - plan.first_seat[g] if plan.by_count[g] else 0
            most = max([int(known), *(count for _, count in steps)])
            seats += [f"{name} {k + 1}" for k in range(most)]
        else:
            for person in crew.people[name]:
                events += _events(g, len(seats), person.duties)
                seats.append(person.name)
        first.append(len(seats))
    present = np.array([crew.means(name, edges) for name in plan.groups])
    return replace(
        plan,
        first_seat=np.array(first, dtype=np.int64),
        seats=tuple(seats),
        by_count=np.array([name in crew.steps for name in plan.groups]),
        events=np.array(sorted(events), dtype=EVENT_DTYPE),
        present=present.reshape(plan.present.shape),
    )


def _events(g: int, agent: int, duties: Iterable[Duty]) -> list[tuple[float, int, int, int, int]]:
    out = []
    for duty in duties:
        work = at_work(duty)
        for k, (a, b) in enumerate(work):
            out.append((a, BREAK_ENDS if k else COME, g, agent, 0))
            out.append((b, BREAK_BEGINS if k + 1 < len(work) else LEAVE, g, agent, 0))
    return out


def away(person: Person, start: float, end: float) -> Person:
    """A person who is not there from `start` to `end`: the duty is cut, or ends, or begins later."""
    out: list[Duty] = []
    for duty in person.duties:
        if duty.end <= start or duty.start >= end:
            out.append(duty)
            continue
        for a, b in ((duty.start, start), (end, duty.end)):
            if b > a:
                kept = tuple((max(u, a), min(v, b)) for u, v in duty.breaks if min(v, b) > max(u, a))
                out.append(replace(duty, start=a, end=b, breaks=kept))
    return replace(person, duties=tuple(out))
