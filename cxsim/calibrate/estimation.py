"""The parts of a scenario, estimated one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cxsim.calibrate import agents, people, returning_customers, shifts
from cxsim.calibrate import repeats as repeating
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.closed_loop import Search, by_interval
from cxsim.calibrate.estimates import Estimated
from cxsim.calibrate.reasons import Reasons, reasons
from cxsim.calibrate.scenario_file import Again, Parts, repeat_delay
from cxsim.calibrate.shrinkage import shrinkage


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

    def fitted(self, parts: Parts, search: Search) -> Parts:
        """The scenario with the availability and the length of absences that the closed loop found."""
        share, length = search.best
        shares, lengths = search.alike()
        method, rows = "closed loop: nearest to what was observed, of those tried", len(self.basis.contacts)
        note = f"misfit {search.tried[share, length]:.2f}; interval: settings that fit as well, but for chance"
        told = self.basis.told.rows
        told.append(Estimated("all", "availability: fitted", share, *shares, "share", method, rows, note))
        if share < 1.0:
            told.append(Estimated("all", "away: mean length", length, *lengths, "s", method, rows, note))
        factor, by_slot = by_interval(search, self.basis)
        told.extend(by_slot)
        counted = self.available
        remark = "fitted by the closed loop"
        if counted.share is not None:
            remark += f"; {counted.share:.1%} was counted at {counted.rows:,} arrivals with idle agents and no queue"
        return replace(parts, availability=share, away=length, away_remark=remark, available=factor)

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
