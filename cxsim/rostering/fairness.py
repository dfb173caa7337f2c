"""Fair shares of unpopular work, and how far a roster is from them.

Shares are those of a team. Of late shifts and weekend shifts, a person's share is in proportion to the contract days
and to the part of such days on which the person could work one; of refused requests, to the weight of the own
requests; of all shifts, to contract days and available days. Past counts are added before shares are taken. Who
cannot work a kind at all, or has no requests, has no share and is left out with the past counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxsim.rostering.problem import Problem
from cxsim.rostering.wishes import Request

KINDS = ("late", "weekend", "refused", "shifts")
OTHER_TEAM = 0.01  # what a shift of another team counts, in weights of requests
Roster = Mapping[int, Sequence[int]]  # the slots of each person, by number


@dataclass(frozen=True)
class Shares:
    """Of one team and kind: its people, what each had before, and the share of each (they sum to 1)."""

    team: str
    kind: str
    people: tuple[int, ...]
    past: tuple[float, ...]
    share: tuple[float, ...]

    def above(self, now: Sequence[float]) -> list[float]:
        """By how much each is above the fair share (of shifts: below it), given the counts of this roster."""
        whole = [a + b for a, b in zip(self.past, now, strict=True)]
        total = sum(whole)
        sign = -1.0 if self.kind == "shifts" else 1.0
        return [sign * (one - share * total) for one, share in zip(whole, self.share, strict=True)]

    def unfairness(self, now: Sequence[float]) -> float:
        """The largest deviation plus the mean one; those on the good side count 0."""
        bad = [max(0.0, one) for one in self.above(now)]
        return max(bad) + sum(bad) / len(bad)


def shares(problem: Problem, team: str) -> list[Shares]:
    """The shares of a team, kind by kind, among the people who could have any."""
    own = [p for p, one in enumerate(problem.people) if one.team == team]
    out = []
    for kind in KINDS:
        weights = {p: weight for p in own if (weight := _weight(problem, p, kind)) > 0.0}
        total = sum(weights.values())
        if weights:
            past = tuple(problem.people[p].past.get(kind, 0.0) for p in weights)
            out.append(Shares(team, kind, tuple(weights), past, tuple(one / total for one in weights.values())))
    return out


def _weight(problem: Problem, p: int, kind: str) -> float:
    if kind == "refused":
        return sum(one.weight for one in problem.requests if one.person == p)
    person, slots = problem.people[p], problem.asked.slots
    counted = {s for s, slot in enumerate(slots) if slot.team in person.teams and counts(problem, s, kind)}
    days = {slots[s].day for s in counted}
    could = {slots[s].day for s in counted.intersection(problem.able[p])}
    return person.days * len(could) / len(days) if days else 0.0


def counts(problem: Problem, s: int, kind: str) -> bool:
    """Whether a slot is work of this kind."""
    slot = problem.asked.slots[s]
    return kind == "shifts" or (problem.is_late(slot) if kind == "late" else problem.is_weekend(slot))


def granted(problem: Problem, request: Request, mine: Sequence[int]) -> bool:
    """Whether the slots of a person grant a request."""
    slots = problem.asked.slots
    slot = next((slots[s] for s in mine if slots[s].day == request.day), None)
    return request.granted_by(slot, problem.early, problem.late)


def count(problem: Problem, p: int, kind: str, mine: Sequence[int]) -> float:
    """How much of a kind a person has in this roster."""
    if kind == "refused":
        own = (one for one in problem.requests if one.person == p)
        return sum(one.weight for one in own if not granted(problem, one, mine))
    return float(sum(counts(problem, s, kind) for s in mine))


def objective(problem: Problem, roster: Roster, teams: Sequence[str]) -> float:
    """What a roster of these teams is worth once its cover is given, the less the better.

    The weight of refused requests, plus `fairness` times the unfairness of each team and kind, plus a little for
    shifts in other teams.
    """
    out = 0.0
    for p, person in enumerate(problem.people):
        if person.team in teams:
            mine = roster.get(p, ())
            out += count(problem, p, "refused", mine)
            out += OTHER_TEAM * sum(problem.asked.slots[s].team != person.team for s in mine)
    for team in teams:
        for one in shares(problem, team):
            now = [count(problem, p, one.kind, roster.get(p, ())) for p in one.people]
            out += problem.fairness * one.unfairness(now)
    return out
