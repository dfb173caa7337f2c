"""The parts of a scenario, estimated one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cxsim.calibrate import absences, agents, people, returning_customers, shifts
from cxsim.calibrate import repeats as repeating
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.closed_loop import Answer, by_interval
from cxsim.calibrate.estimates import Estimated
from cxsim.calibrate.reasons import Reasons, reasons
from cxsim.calibrate.scenario_file import Again, Parts, repeat_delay
from cxsim.calibrate.settings import Search
from cxsim.calibrate.shrinkage import shrinkage

WIDE = 0.25  # an interval of availability, above which the data does not tell it well


class Estimation:
    """Everything that the contacts of a record tell; `basis.told` collects estimates, notes and assumptions."""

    found: Reasons

    def __init__(self, basis: Basis, redial_within: float, repeat_within: float | None = None) -> None:
        self.basis = basis
        self.redials, self.overrides = returning_customers.known(basis, redial_within)
        self.repeats = None if repeat_within is None else repeating.repeats(basis, repeat_within)
        self.repeat_within = repeat_within
        self.team = agents.team(basis.records)
        basis.told.notes.extend(self.team.notes)
        self.available = agents.availability(basis.contacts, self.team)
        basis.told.rows.extend(agents.estimates(self.available, self.team))
        self.paused = absences.absent(basis.contacts, self.team)
        if self.paused is not None:
            basis.told.rows.extend(absences.estimates(self.paused))

    def parts(self, name: str, wanted: shifts.Wanted | None = None) -> Parts:
        """Everything that the scenario needs; `wanted` says how its staff is written."""
        basis = self.basis
        self.found = found = reasons(basis, self.redials, self.repeats, self.team.group_of)
        first, last = basis.days.dates[0], basis.days.dates[-1]
        recorded = self.team.spells.start.size
        staff = people.recorded(basis, self.team) if recorded else people.needed(basis, found.parts, found.talk)
        week = shifts.chosen(basis, self.team.spells, self.team.source, self.team.group_of, wanted)
        there = self.team.spells if week is None else shifts.whole(self.team.spells)
        return Parts(
            name=name or f"Calibrated, {first} to {last}",
            source=f"Calibrated from {len(basis.contacts):,} contacts, {first} to {last}.",
            days=basis.days,
            timezone=basis.records.timezone,
            reasons=found.parts,
            groups={g.name: g.skills for g in self.team.groups.values()},
            staff=staff,
            shrinkage=shrinkage(basis, there, self.team.group_of) if self.team.source == "log-ins" else None,
            shifts=week.shifts if week is not None else None,
            availability=1.0,
            away=20.0,
            away_remark="",
            redials=returning_customers.part_of(self.redials),
            assumptions=self._assumed(),
            with_within=20.0,
            work_of=found.of_groups,
            overrides=self.overrides,
            again=self._again(),
        )

    def fitted(self, parts: Parts, search: Search, answer: Answer) -> Parts:
        """The scenario with the availability and the length of absences that the closed loop confirmed or found."""
        share, rows, told = answer.share, len(self.basis.contacts), self.basis.told.rows
        method, note = answer.method, answer.note
        told.append(
            Estimated("all", "availability: fitted", share, answer.low, answer.high, "share", method, rows, note)
        )
        if share < 1.0:
            away = (answer.length, answer.shortest, answer.longest)
            told.append(Estimated("all", "away: mean length", *away, "s", method, rows, note))
        said = list(parts.assumptions)
        if answer.high - answer.low > WIDE:
            said.append(
                f"Availability is {share:.0%}, but anything from {answer.low:.0%} to {answer.high:.0%} gives about the "
                "same waits: where customers rarely wait, a log does not show whether idle agents were at hand."
            )
        if answer.by_pauses and self.paused is not None:
            factor, by_slot = absences.by_interval(self.paused, self.basis)
        else:
            factor, by_slot = by_interval(search, answer, self.basis)
        told.extend(by_slot)
        counted = self.available
        remark = (
            "pauses while customers wait; the closed loop confirms them" if answer.by_pauses else "by the closed loop"
        )
        if counted.share is not None:
            remark += (
                f"; of idle agents {counted.share:.1%} were at hand, by {counted.rows:,} arrivals that found no queue"
            )
        found: dict[str, Any] = {"availability": share, "away": round(answer.length, 1), "available": factor}
        return replace(parts, **found, away_remark=remark, assumptions=said)

    def _again(self) -> Again | None:
        found = self.repeats
        if found is None:
            return None
        by_reason: dict[str, Any] = {name: found.resolution(name) for name in found.share}
        return Again(by_reason, repeat_delay(found.delays))

    def _assumed(self) -> list[str]:
        fixed = []
        if self.repeat_within is None:
            fixed.append(
                "Every answered contact resolves its issue (resolution 100%): a repeat within days is not a failed "
                "resolution, and nothing else in the data tells the two apart.",
            )
        if self.redials is not None:
            fixed.append(
                "A redial has new patience; customers without an id redial like those with one; later redials than "
                "the time looked at count as fresh contacts."
            )
        if (self.basis.contacts.outcome == "forced_exit").any():
            fixed.append(
                "Contacts that the system took out of the queue were willing to wait longer (censored); the scenario "
                "has no such exit."
            )
        return self.basis.told.assumptions + fixed
