"""A roster problem: shifts to fill, people, requests, and what counts as early and late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cxsim.rostering.people import Person, open_table, read_people
from cxsim.rostering.rules import barred, broken
from cxsim.rostering.slots import Demand, Slot, Span
from cxsim.rostering.wishes import Request, read_wishes
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

EARLY, LATE = 9 * 3600.0, 18 * 3600.0


@dataclass(frozen=True)
class Problem:
    """Who could work what, and what they wish; people and slots are numbered as they stand here.

    `away` and `dated` are those of `Wishes`.

    Shifts that begin before `early` are early, those that end after `late` are late (seconds of the day). `fairness`
    is what one shift above the fair share counts, in weights of requests. `unfilled` are teams of the plan without
    people in the table.
    """

    asked: Demand
    people: tuple[Person, ...]
    away: tuple[tuple[Span, ...], ...]
    dated: tuple[Mapping[int, tuple[Span, ...]], ...]
    fixed: frozenset[tuple[int, int]]
    requests: tuple[Request, ...]
    early: float = EARLY
    late: float = LATE
    fairness: float = 1.0
    unfilled: tuple[str, ...] = ()
    outside: int = 0
    _bars: dict[tuple[int, int], str] = field(default_factory=dict, repr=False, compare=False)

    def bar(self, p: int, s: int) -> str:
        """Why a person cannot work a slot whatever else they work, as a rule in words; empty if they can."""
        if (p, s) not in self._bars:
            found = barred(self.people[p], self.asked.slots[s], self.away[p], self.dated[p], self.asked)
            self._bars[p, s] = found
        return self._bars[p, s]

    @cached_property
    def able(self) -> tuple[tuple[int, ...], ...]:
        """The slots that each person could work."""
        slots = range(len(self.asked.slots))
        return tuple(tuple(s for s in slots if not self.bar(p, s)) for p in range(len(self.people)))

    def is_late(self, slot: Slot) -> bool:
        """Whether a shift ends late."""
        return slot.end > self.late

    def is_weekend(self, slot: Slot) -> bool:
        """Whether a shift begins on a Saturday or Sunday."""
        return self.asked.dates[slot.day].weekday() >= 5

    def components(self) -> list[tuple[str, ...]]:
        """Teams that share people, each group of them apart from the others, in the order of the plan."""
        of = {team: {team} for team in self.asked.teams if team not in self.unfilled}
        for person in self.people:
            joined = set[str]().union(*(of[team] for team in person.teams if team in of))
            for team in joined:
                of[team] = joined
        return list(dict.fromkeys(tuple(team for team in of if team in of[one]) for one in of))


def read_problem(
    scenario: Scenario,
    asked: Demand,
    people: Path,
    requests: Path | None = None,
    *,
    early: float = EARLY,
    late: float = LATE,
    fairness: float = 1.0,
) -> Problem:
    """The problem of two tables. ExportError with all their faults, and with fixed shifts that break a rule."""
    faults: list[TableError] = []
    found = read_people(people, scenario, asked, faults)
    table = open_table(requests, "Requests") if requests is not None else None
    if requests is None and people.suffix.casefold() in (".xlsx", ".xlsm"):
        table = open_table(people, "Requests")
    elif requests is not None and table is None:
        raise TableError(str(requests), None, "has no sheet 'Requests'", "name the sheet Requests")
    wishes = read_wishes(table, found, asked, faults)
    used = {team for person in found for team in person.teams}
    made = Problem(
        asked,
        tuple(found),
        wishes.away,
        wishes.dated,
        frozenset((p, s) for p, s, _ in wishes.fixed),
        wishes.requests,
        early,
        late,
        fairness,
        tuple(team for team in asked.teams if team not in used),
        wishes.outside,
    )
    faults += _fixed_faults(made, wishes.fixed)
    if faults:
        raise ExportError(faults)
    return made


def _fixed_faults(made: Problem, fixed: Sequence[tuple[int, int, str]]) -> list[TableError]:
    """Fixed shifts that break a rule, by themselves or together: no roster could keep them."""
    out: list[TableError] = []
    of: dict[int, list[int]] = {}
    taken: dict[int, int] = {}
    for p, s, place in dict.fromkeys(fixed):
        name, slot = made.people[p].name, made.asked.slots[s]
        what = f"{name}, {slot.title} on {made.asked.on(slot.day)}"
        rule = made.bar(p, s)
        together = [made.asked.slots[k] for k in sorted({*of.get(p, ()), s})]
        broke = [] if rule else broken(made.people[p], together, made.asked)
        if rule:
            out.append(TableError(place, what, f"breaks a rule: {rule}", "remove the fixed shift, or change the rule"))
        elif broke and s not in of.get(p, ()):
            fix = "remove one of the fixed shifts, or change the rule"
            out.append(TableError(place, what, f"breaks a rule together with other fixed shifts: {broke[0]}", fix))
        elif s not in of.get(p, ()):
            of.setdefault(p, []).append(s)
            taken[s] = taken.get(s, 0) + 1
            if taken[s] > slot.needed:
                rule = f"is fixed for more people than the plan has on that shift ({slot.needed})"
                out.append(TableError(place, what, rule, "remove one, or add people to the plan's shift"))
    return out
