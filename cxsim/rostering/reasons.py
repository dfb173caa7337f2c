"""Why a shift stays open, and why a request is refused: by the rules, and by solving the program with it granted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cxsim.optimizer.solver.solve import solve
from cxsim.rostering.fairness import granted
from cxsim.rostering.problem import Problem
from cxsim.rostering.program import MIP_GAP, Solved, sides
from cxsim.rostering.rules import broken
from cxsim.rostering.wishes import Request

FEWER = 1e-6  # hours or weight that count as none
MOST_TOLD = 2


@dataclass(frozen=True)
class Refusal:
    """A refused request: the rule that refuses it, and why in words."""

    request: Request
    rule: str
    why: str


def why_open(problem: Problem, roster: dict[int, list[int]], s: int) -> str:
    """Why nobody more works a slot: how many of those of the team are held back by which rule."""
    slot, slots = problem.asked.slots[s], problem.asked.slots
    found: Counter[str] = Counter()
    for p, person in enumerate(problem.people):
        mine = roster.get(p, [])
        if slot.team not in person.teams or s in mine:
            continue
        said = problem.bar(p, s)
        if not said and any(slots[k].day == slot.day for k in mine):
            found["work another shift that day"] += 1
            continue
        told = [said] if said else broken(person, [*(slots[k] for k in mine), slot], problem.asked)
        found[told[0].partition(":")[0] if told else "not proved"] += 1
    parts = [f"{rule} ({count})" for rule, count in found.most_common()]
    return ", ".join(parts) if parts else "everybody of the team works it"


def short(problem: Problem, roster: dict[int, list[int]]) -> dict[int, int]:
    """How many people are missing from each slot that is not full, of teams with people."""
    there = Counter(s for mine in roster.values() for s in mine)
    return {
        s: slot.needed - there[s]
        for s, slot in enumerate(problem.asked.slots)
        if slot.team not in problem.unfilled and slot.needed > there[s]
    }


def refusals(problem: Problem, parts: Sequence[Solved], *, solver: str, seconds: float) -> list[Refusal]:
    """What is refused to whom, and why. Each is tried in the program as long as there is time."""
    until = time.perf_counter() + seconds
    out: list[Refusal] = []
    for part in parts:
        for request in problem.requests:
            p = request.person
            if problem.people[p].team in part.model.teams and not granted(problem, request, part.roster.get(p, [])):
                out.append(_simple(problem, request) or _tried(problem, part, request, solver, until))
    return out


def _simple(problem: Problem, request: Request) -> Refusal | None:
    """What needs no search: a shift that is not in the plan, a rule that bars it, a fixed shift."""
    person, slots = problem.people[request.person], problem.asked.slots
    good, _ = sides(problem, request)
    own = [slots[s] for p, s in problem.fixed if p == request.person]
    today = [slot for slot in own if slot.day == request.day]
    if today:
        return Refusal(request, "fixed shift", f"{today[0].title} is fixed on that day")
    if request.what != "shift":
        return None
    there = [
        s
        for s, slot in enumerate(slots)
        if slot.day == request.day and slot.team in person.teams and (slot.start, slot.end) == request.span
    ]
    if not there:
        return Refusal(request, "plan", f"the plan has no such shift for {' or '.join(person.teams)} on that day")
    if not good:
        rule, _, why = problem.bar(request.person, there[0]).partition(": ")
        return Refusal(request, rule, why or f"{person.name} is away")
    told = [broken(person, [*own, slots[s]], problem.asked) for s in good]
    if all(told):
        rule, _, why = told[0][0].partition(": ")
        return Refusal(request, rule, f"{why} (with the fixed shifts)")
    return None


def _tried(problem: Problem, part: Solved, request: Request, solver: str, until: float) -> Refusal:
    """What the best roster with the request granted would give up."""
    made, p = part.model, request.person
    good, bad = sides(problem, request)
    wanted = request.what == "shift"
    columns = [made.x[p, s] for s in (good if wanted else bad)]
    left = until - time.perf_counter()
    if left <= 0.0:
        return Refusal(request, "not examined", "the time limit left no time to find out why")
    first = solve(made.forced(made.first(), columns, float(wanted)), solver=solver, seconds=left, gap=0.0)
    if first.status == "infeasible":
        return Refusal(request, "rules", f"no roster that keeps the rules of {problem.people[p].name} grants it")
    if first.status == "optimal" and first.objective > part.missing + FEWER:
        before, after = short(problem, part.roster), short(problem, {**part.roster, **made.chosen(first)})
        lost = [s for s in after if after[s] > before.get(s, 0) and s in made.open]
        more = max(1, sum(after[s] for s in after if s in made.open) - sum(before[s] for s in before if s in made.open))
        return Refusal(request, "cover", _lost(problem, request, lost, more))
    left = max(0.5, until - time.perf_counter())
    second = solve(
        made.forced(made.second(part.missing), columns, float(wanted)), solver=solver, seconds=left, gap=MIP_GAP
    )
    if second.status != "optimal":
        return Refusal(request, "not examined", "the time limit left no time to find out why")
    roster = made.chosen(second)
    return Refusal(request, "weight", _given_up(problem, part, request, roster))


def _given_up(problem: Problem, part: Solved, request: Request, roster: dict[int, list[int]]) -> str:
    now = [
        one
        for one in problem.requests
        if problem.people[one.person].team in part.model.teams
        and granted(problem, one, part.roster.get(one.person, []))
        and not granted(problem, one, roster.get(one.person, []))
    ]
    if not now:
        return "granting it would share late shifts, weekends, refused requests or shifts less fairly"
    worst = sorted(now, key=lambda one: -one.weight)[:MOST_TOLD]
    names = [
        f"{problem.people[one.person].name}'s {one.title} on {problem.asked.on(one.day)} (weight {one.weight:g})"
        for one in worst
    ]
    more = f" and {len(now) - len(worst)} more" if len(now) > len(worst) else ""
    return f"granting it would refuse {', '.join(names)}{more}, or be less fair"


def _lost(problem: Problem, request: Request, lost: Sequence[int], more: int) -> str:
    """How many more shifts nobody would work, and the first of them, that of the request's day if it is one."""
    slots = [problem.asked.slots[s] for s in lost]
    slots = sorted(slots, key=lambda one: abs(one.day - request.day))[:1]
    which = "".join(f", such as {one.title} on {problem.asked.on(one.day)} ({one.team})" for one in slots)
    return f"{'one more shift' if more == 1 else f'{more} more shifts'} would have nobody{which}"
