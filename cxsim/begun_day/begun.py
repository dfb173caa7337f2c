"""A day that has begun, ready to be simulated: people as they were seen, handle times, and the contacts drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.begun_day.crew import Crew, Person, away
from cxsim.jit.struct_arrays import Book
from cxsim.metrics.families import families, parts, wanted_columns
from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.model.plan import Plan
from cxsim.model.prepare import Model, staffed
from cxsim.model.shift_assignment import Duty
from cxsim.rules.ivr_steps import queues_of, reached
from cxsim.schema.network import NETWORK, PIECE_DTYPE, WAY_DTYPE
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.begun_day.actuals import Actuals
    from cxsim.begun_day.moves import Times
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
FIGURES = ("sl", "asa", "abandoned_share", "offered")
Sides = Mapping[str, Mapping[str, tuple[Floats, Floats]]]


def columns(samples: Sequence[metrics.Sample], layout: metrics.Layout, *names: str) -> Floats:
    """The sum of columns of contacts by replication, first queue and interval: (N, Q, I)."""
    numbers = [CONTACT_COLUMNS.index(name) for name in names]
    out = np.zeros((len(samples), len(layout.queues), layout.n_intervals))
    for n, sample in enumerate(samples):
        summed = sample.contacts[numbers].sum(axis=0)
        for row, (queue, _, _) in enumerate(layout.streams):
            if queue >= 0:
                out[n, queue] += summed[row]
    return out


def sides(samples: Sequence[metrics.Sample], model: Model, names: Sequence[str] = FIGURES) -> Sides:
    """Numerators and denominators, replication × interval, of each figure over 'all' and each queue."""
    layout = model.layout
    n = layout.n_intervals
    found: dict[str, dict[str, tuple[Floats, Floats]]] = {name: {} for name in names}
    for part in parts(families(samples, layout, model.staffing, wanted_columns(names, layout)), layout, names):
        for row, (scope, name) in enumerate(part.rows):
            if scope not in ("total", "queue"):
                continue
            above = part.above[:, row, :n]
            if part.below is None:
                below = np.ones_like(above)
            else:
                below = np.broadcast_to(part.below[:, row if part.below.shape[1] > 1 else 0, :n], above.shape)
            found[part.figure.name]["" if scope == "total" else name] = (above, below)
    return found


def reach(model: Model, samples: Sequence[metrics.Sample]) -> Floats:
    """Share of the fresh contacts of each reason that comes to each queue first: (Q, R), by rule or as simulated."""
    scenario, layout = model.scenario, model.layout
    queues = list(scenario.queues)
    out = np.zeros((len(queues), len(scenario.reasons)))
    fresh = np.sum([sample.contacts[CONTACT_COLUMNS.index("fresh")].sum(axis=1) for sample in samples], axis=0)
    for r, name in enumerate(scenario.reasons):
        ways = queues_of(scenario, name, again=False)
        if len(ways) == 1 and not reached(scenario, name, again=False)[0]:
            out[queues.index(ways[0]), r] = 1.0
            continue
        rows = [(queue, count) for (queue, reason, _), count in zip(layout.streams, fresh, strict=True) if reason == r]
        total = sum(count for _, count in rows)
        for queue, count in rows:
            if queue >= 0 and total > 0.0:
                out[queue, r] += count / total
    return out


def widened(model: Model, scenario: Scenario) -> Model:
    """The model of a scenario that has more groups, in which nobody is yet."""
    plan, more = model.plan, len(scenario.groups) - len(model.plan.groups)
    if not more:
        return model
    none = np.zeros((more, plan.present.shape[1]))
    wages = [float(group.wage) for group in list(scenario.groups.values())[-more:]]
    wider = replace(
        plan,
        groups=tuple(scenario.groups),
        first_seat=np.append(plan.first_seat, [plan.first_seat[-1]] * more),
        by_count=np.append(plan.by_count, np.ones(more, bool)),
        scheduled=np.vstack([plan.scheduled, none]),
        present=np.vstack([plan.present, none]),
        paid=np.vstack([plan.paid, none]),
        wage=np.append(plan.wage, wages),
    )
    return staffed(replace(model, scenario=scenario), wider)


def with_plan(model: Model, plan: Plan, pace: Floats, spans: Sequence[tuple[float, float]]) -> Model:
    """The model with another plan, and the work of each reason `pace` (R, n) times as long in each of n spans."""
    made = staffed(model, plan)
    return replace(made, network=_paced(made.network, pace, spans)) if (pace != 1.0).any() else made


def _paced(net: Book, pace: Floats, spans: Sequence[tuple[float, float]]) -> Book:
    handling = np.zeros(len(pace), WAY_DTYPE)
    rows: list[tuple[float, float]] = net["pieces"].tolist()
    for r, (first, last) in enumerate(net["handling"]):
        old = [(float(a), float(x)) for a, x in net["pieces"][first:last]] or [(0.0, 1.0)]
        times = sorted({*(a for a, _ in old), *(t for span in spans for t in span)})
        times = [max(times[0], 0.0), *times[1:]] if times[0] <= old[0][0] else times
        begin = len(rows)
        for t in times:
            level = [x for a, x in old if a <= t][-1] if old[0][0] <= t else old[0][1]
            rows.append((t, level * next((float(pace[r, n]) for n, (a, b) in enumerate(spans) if a <= t < b), 1.0)))
        handling[r] = (begin, len(rows))
    settings = net["settings"].copy()
    settings["paced"] = True
    arrays = {"handling": handling, "pieces": np.array(rows, PIECE_DTYPE), "settings": settings}
    return NETWORK.book(**net.arrays | arrays)


@dataclass(frozen=True)
class Seen:
    """A crew as it was seen, and in sentences what was done to the plan."""

    crew: Crew
    notes: tuple[str, ...]


def staff_seen(
    scenario: Scenario, crew: Crew, actuals: Actuals, times: Times, edges: Floats, now: Mapping[str, int], planned: bool
) -> Seen:
    """The crew with as many people as were seen, and from now on as the last interval or `now` says.

    Who was missing in the last interval stays away for the rest of the day, and who came in addition stays. ExportError
    is not raised here: `staff_faults` tells what cannot be read.
    """
    notes: list[str] = []
    queue_of = {} if planned else readable(scenario, actuals)
    for group in list(crew.steps) + list(crew.people):
        gaps: list[tuple[float, float, int]] = []
        last = 0
        if group in queue_of:
            q = queue_of[group]
            for i in range(actuals.first, actuals.last):
                if np.isfinite(actuals.agents[q, i]):
                    a, b = float(edges[i]), float(edges[i + 1])
                    last = int(actuals.agents[q, i]) - round(crew.mean(group, a, b))
                    gaps.append((a, b, last))
        if group in now:
            last = now[group] - crew.at(group, times.now)
        gaps.append((times.now, times.close, last))
        for a, b, more in gaps:
            crew = changed(crew, group, a, b, more)
        if last:
            word = "more" if last > 0 else "fewer"
            notes.append(
                f"{group}: {abs(last)} {word} than planned at {times.clock(times.now)}, taken for the rest of the day."
            )
    return Seen(crew, tuple(notes))


def changed(crew: Crew, group: str, start: float, end: float, more: int) -> Crew:
    """The crew with more or fewer people of a group in a span of time, as far as there are any."""
    if not more or end <= start:
        return crew
    if group in crew.steps:
        there = [(max(a, start), min(b, end)) for a, b, n in crew.spans(group) if n and max(a, start) < min(b, end)]
        for a, b in there or [(start, end)]:
            crew = crew.counted(group, a, b, more)
        return crew
    people = list(crew.people[group])
    if more > 0:
        ends = [duty.end for one in people for duty in one.duties if duty.start < end and duty.end > start]
        end = min(end, max(ends, default=end))
        extra = Duty(start, end, ())
        for _ in range(more):
            free = next((n for n, one in enumerate(people) if _extra(one) and one.duties[-1].end <= start), None)
            if free is None:
                people.append(Person(f"{group} extra {sum(map(_extra, people)) + 1}", (extra,)))
            else:
                before = people[free].duties
                joined = before[-1].end == start
                duties = (*before[:-1], replace(before[-1], end=end)) if joined else (*before, extra)
                people[free] = replace(people[free], duties=duties)
        return crew.with_people(group, people)
    left = -more
    for n in range(len(people) - 1, -1, -1):
        if left and any(duty.start < end and duty.end > start for duty in people[n].duties):
            people[n] = away(people[n], start, end)
            left -= 1
    return crew.with_people(group, people)


def _extra(person: Person) -> bool:
    return " extra " in person.name


def readable(scenario: Scenario, actuals: Actuals) -> dict[str, int]:
    """For each group whose number of people a queue of the table tells, that queue's number."""
    out: dict[str, int] = {}
    for q, name in enumerate(scenario.queues):
        if np.isfinite(actuals.agents[q]).any():
            serving = [group for group, one in scenario.groups.items() if name in one.skills]
            if len(serving) == 1:
                out.setdefault(serving[0], q)
    return out


def staff_faults(
    scenario: Scenario, actuals: Actuals, now: Mapping[str, float], planned: bool, whole: bool
) -> list[TableError]:
    """What cannot be told from the numbers of agents in the table; of a `whole` day nobody can say who is there now."""
    if planned:
        return []
    faults = []
    telling = readable(scenario, actuals)
    for q, name in enumerate(scenario.queues):
        if not np.isfinite(actuals.agents[q]).any():
            continue
        serving = [group for group, one in scenario.groups.items() if name in one.skills]
        if len(serving) != 1:
            what = f"are served by {' and '.join(serving)}: the table does not tell how many of each"
            ask = "".join(f" --staff '{group}=N'" for group in serving if group not in now and not whole)
            fix = f"add --planned-staff{ask}"
            faults.append(TableError(actuals.place, None, f"has agents of {name}, whose contacts {what}", fix))
            continue
        other = telling[serving[0]]
        both = np.isfinite(actuals.agents[q]) & np.isfinite(actuals.agents[other])
        if (actuals.agents[q] != actuals.agents[other])[both].any():
            queues = list(scenario.queues)
            rule = f"has different numbers of agents for {queues[other]} and {name}, which {serving[0]} serves alone"
            faults.append(
                TableError(
                    actuals.place, None, rule, "add --planned-staff" + ("" if whole else f" --staff '{serving[0]}=N'")
                )
            )
    return faults
