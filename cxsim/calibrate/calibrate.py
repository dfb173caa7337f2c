"""`calibrate`, the map of a calibration: read the tables, estimate each part, write the scenario, close the loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from cxsim.calibrate import agents, arrivals, closed_loop, durations, patience, replay
from cxsim.calibrate.calibration import Calibration
from cxsim.calibrate.durations import FEW, QUANTILES, Durations
from cxsim.calibrate.estimates import Estimated, Z, mean_interval
from cxsim.calibrate.groups import talk_by_group
from cxsim.calibrate.joint import FEW_DAYS, Joint, fresh_and_redials
from cxsim.calibrate.looks import against_report, looks
from cxsim.calibrate.patience import Patience
from cxsim.calibrate.records import Contacts, Records, read_records
from cxsim.calibrate.redials import Returns, fresh_arrivals, returns
from cxsim.calibrate.report_only import OCCUPANCY, calibrate_intervals
from cxsim.calibrate.scenario_file import (
    NEW_DRAW,
    LawText,
    Parts,
    ReasonPart,
    Redials,
    delay_law,
    duration_law,
    file_name,
    files_of,
    patience_law,
)
from cxsim.calibrate.staffing import on_duty, whole_agents
from cxsim.calibrate.together import together
from cxsim.forecast.returns import Returning
from cxsim.scenario import Scenario
from cxsim.scenario.io.reading import read
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError
from cxsim.tables.steps import Progress, Steps

FEW_RETURNS = 50  # identified customers who abandoned, below which redials are not estimated
FINE = 120.0  # s: intervals in which redials are looked for without identity
FEW_CONTACTS = 100  # below which there is nothing to calibrate


def calibrate(
    source: Any,
    *,
    name: str = "",
    interval: float = 1800.0,
    redial_within: float = 3600.0,
    longest_talk: float = durations.LONGEST,
    replications: int = 10,
    seed: int = 1,
    threads: int | None = None,
    offered: Literal["total", "fresh"] | None = None,
    returning: Returning | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Make a scenario from the tables of an import, with every estimate and every assumption.

    From contacts: volumes by weekday and interval with busyness, talk and after-call work by reason and interval,
    patience, redials of identified customers, skills and groups, people on duty, availability. From an interval report
    alone: what it can carry; the rest is assumed, and said so.

    Parameters
    ----------
    source : path, sequence of paths, Export, or mapping
        A results folder of `cxsim import`, several with different tables, what `read_export` returned, or the tables
        as {'contacts': DataFrame}.
    name : str, default ''
        Name of the scenario; if empty, the dates of the data.
    interval : float, default 1800.0
        Length of an interval (s); it must divide the day.
    redial_within : float, default 3600.0
        A customer who abandoned and calls again within this time (s) may have redialled.
    longest_talk : float, default 3600.0
        Longer talk times (s) are taken for mistakes and left out.
    replications : int, default 10
        Replications of the closed loop.
    seed : int, default 1
        Random seed of the closed loop.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    offered : {'total', 'fresh'}, optional
        Whether the contacts of an interval report include customers who contact again; needed for one.
    returning : Returning, optional
        With an interval report: how customers contact again, known or assumed (`cxsim.forecast.Returning`). The
        scenario has them, and with `offered='total'` they are taken out of its volume.
    progress : callable, optional
        Called as `progress(done, expected)` in steps, mostly replications; if it returns False, the calibration ends.

    Returns
    -------
    Calibration
        The scenario as files, estimates, assumptions, and the closed loop.

    Raises
    ------
    ExportError
        The tables cannot be read, or are too few to calibrate; `faults` lists every fault.
    ValueError
        `interval` does not divide the day.
    Cancelled
        `progress` returned False.

    Examples
    --------
    >>> found = cxsim.calibrate.calibrate("results/import-calls")
    >>> found.save("results/calibrate-calls")
    >>> scenario = cxsim.read("results/calibrate-calls/scenario.yaml")
    """
    if interval <= 0 or 86400.0 % interval:
        raise ValueError(f"interval: {interval:g} s does not divide the day; write 900, 1800 or 3600")
    steps = Steps(progress, 2 + closed_loop.MOST_TRIED * closed_loop.REPLICATIONS + replications)
    records = read_records(source)
    steps.tell(1)
    if records.contacts is None:
        result = calibrate_intervals(records, name, offered, returning)
        steps.to(steps.expected)
        return result
    if offered is not None or returning is not None:
        rule = "are there, so redials are estimated from them; offered and returning are about interval reports"
        fix = "leave out --offered, --redial, --resolution and --repeat, or name a folder with intervals only"
        raise ExportError([TableError("contacts", None, rule, fix)])
    contacts = records.contacts
    if len(contacts) < FEW_CONTACTS or not contacts.answered.any():
        rule = f"has {len(contacts):,} contacts that reached the queue: too few to calibrate"
        raise ExportError(
            [TableError("contacts", None, rule, f"import at least {FEW_CONTACTS} contacts, better a month")]
        )
    found = _Estimation(records, contacts, interval, redial_within, longest_talk)
    parts = found.parts(name)
    steps.tell(1)
    with TemporaryDirectory() as folder:
        scenario = _written(Path(folder), parts)
        table = None
        if found.team.spells.start.size:
            search = closed_loop.availability(scenario, records, found.team, contacts, found.available.share, steps)
            parts = found.fitted(parts, search)
            scenario = _written(Path(folder), parts)
            seen = replay.figures_of(replay.observed(contacts, closed_loop.places(scenario)))
            steps.to(steps.expected - replications)
            again = replay.replay_of(scenario, records, found.team)
            played = replay.run(again, replications, seed, threads, progress=steps.part())
            table = closed_loop.compared(seen, played.totals())
    steps.to(steps.expected)
    return Calibration(
        name=parts.name,
        files=files_of(parts),
        notes=tuple(found.notes),
        assumptions=tuple(parts.assumptions),
        closed_loop=table,
        rows=tuple(found.rows),
        parts=parts,
        curves=found.curves,
        talk=found.talk,
    )


def _written(folder: Path, parts: Parts) -> Scenario:
    for name, text in files_of(parts).items():
        (folder / name).write_text(text, encoding="utf-8")
    return read(folder / "scenario.yaml")


class _Estimation:
    """The parts of a scenario, estimated one after another; rows, notes and assumptions are collected on the way."""

    def __init__(
        self, records: Records, contacts: Contacts, interval: float, redial_within: float, longest: float
    ) -> None:
        self.records, self.contacts, self.width = records, contacts, interval
        self.longest = longest
        self.rows: list[Estimated] = []
        self.notes: list[str] = list(records.notes)
        self.assumptions: list[str] = []
        self.overrides: list[str] = []
        self.curves: dict[str, Patience] = {}
        self.talk: dict[str, Durations] = {}
        table = arrivals.counts(contacts.at, records.days, interval)
        self.days = arrivals.days_of(table, records.first, interval)
        outside = int(
            table.sum() - sum((table[k] * self.days.mask()[on.weekday()]).sum() for k, on in enumerate(self.days.dates))
        )
        if outside:
            self.notes.append(f"{outside:,} contacts came outside the usual hours; they are in no volume")
        for on, why in self.days.left_out:
            self.notes.append(f"{on:%a} {on}: {why}; the day is not used for volumes")
        self.notes += looks(contacts, longest) + against_report(records)
        self.weekday = np.array([self.days.dates[int(d)].weekday() for d in contacts.at // 86400.0])
        self.again = self._returns(redial_within)
        self.team = agents.team(records)
        self.notes += self.team.notes
        self.available = agents.availability(contacts, self.team)
        self.rows += agents.estimates(self.available, self.team)

    def parts(self, name: str) -> Parts:
        """Everything that the scenario needs."""
        reasons, first, last = self._reasons(), self.days.dates[0], self.days.dates[-1]
        staff = self._staff() if self.team.spells.start.size else self._needed(reasons)
        return Parts(
            name=name or f"Calibrated, {first} to {last}",
            source=f"Calibrated from {len(self.contacts):,} contacts, {first} to {last}.",
            days=self.days,
            timezone=self.records.timezone,
            reasons=reasons,
            groups={g.name: g.skills for g in self.team.groups.values()},
            staff=staff,
            availability=1.0,
            away=20.0,
            away_remark="",
            redials=self._redials(),
            assumptions=self._assumed(),
            with_within=20.0,
            talk_of=self.talk_of,
            overrides=self.overrides,
        )

    def fitted(self, parts: Parts, search: closed_loop.Search) -> Parts:
        """The scenario with the availability and the length of absences that the closed loop found."""
        share, length = search.best
        shares, lengths = search.alike()
        method, rows = "closed loop: nearest to what was observed, of those tried", len(self.contacts)
        note = f"misfit {search.tried[share, length]:.2f}; interval: settings that fit as well, but for chance"
        self.rows.append(Estimated("all", "availability: fitted", share, *shares, "share", method, rows, note))
        if share < 1.0:
            self.rows.append(Estimated("all", "away: mean length", length, *lengths, "s", method, rows, note))
        counted = self.available
        remark = "fitted by the closed loop"
        if counted.share is not None:
            remark += f"; {counted.share:.1%} was counted at {counted.rows:,} arrivals with idle agents and no queue"
        return replace(parts, availability=share, away=length, away_remark=remark)

    def _returns(self, within: float) -> Returns | None:
        named = self.contacts[self.contacts.customer != ""]
        left = named.abandoned
        if int(left.sum()) < FEW_RETURNS or left.all():
            why = "no customer ids" if not len(named) else f"{int(left.sum())} identified customers who abandoned"
            hint = self._indicated() or "Compare with --set after_contact.abandoned.redial=30%."
            self.assumptions.append(
                f"Nobody redials ({why}): observed contacts, redials among them, count as fresh. {hint}"
            )
            return None
        ended = np.where(np.isfinite(named.talk_end), named.talk_end, named.at + named.wait)
        found = returns(named.customer.astype(str), named.at, ended, left, within)
        n, m = int(left.sum()), int((~left).sum())
        a, b = found.after_abandoned, found.after_served
        half = Z * float(np.sqrt(a * (1 - a) / n + b * (1 - b) / m))
        method = f"identified customers: calls again within {within / 60:g} min after abandoning, less after service"
        low, high, note = found.excess - half, found.excess + half, f"{a:.1%} after abandoning, {b:.1%} after service"
        self.rows.append(Estimated("all", "redial", found.excess, low, high, "share", method, n + m, note))
        return found

    def _indicated(self) -> str:
        """What the log indicates of redials without identity, in a sentence; empty where it does not."""
        contacts, at = self.contacts, self.contacts.at
        found: list[tuple[int, Joint]] = []
        for kind in self.days.types():
            rows = np.concatenate([self.days.of_weekday(w) for w in kind])
            first, last = (round(x * self.width / FINE) for x in self.days.open[kind[0]] or (0, 0))
            seen = arrivals.counts(at, self.records.days, FINE)[rows, first:last]
            gone = arrivals.counts((at + contacts.wait)[contacts.abandoned], self.records.days, FINE)[rows, first:last]
            if len(rows) >= FEW_DAYS and gone.sum() >= FEW_RETURNS:
                found.append((int(seen.sum()), fresh_and_redials(seen, gone, FINE)))
        if not found:
            return ""
        rows_, one = max(found, key=lambda pair: pair[0])
        method = (
            "contacts and abandons of earlier minutes, without identity (Ding, Koole and van der Mei): an indication"
        )
        note = "" if one.told else "the data does not tell redials from fresh contacts"
        self.rows.append(
            Estimated("all", "redial without identity", one.share, one.low, one.high, "share", method, rows_, note)
        )
        if not one.told or one.low <= 0.0:
            return ""
        part = 1.0 - one.share * float(contacts.abandoned.mean())
        self.overrides = [
            "with_redials:  # what contacts and abandons of earlier minutes indicate, without identity",
            f"  after_contact.abandoned.redial: {one.share:.1%}",
            f"  after_contact.abandoned.delay: {one.delay:g}s",
            f"  after_contact.abandoned.patience: {NEW_DRAW}",
            f"  reasons.*.volume.factor: {part:.3f}",
        ]
        return f"Some {one.share:.0%} may redial: run the scenario --with with_redials to see what that changes."

    def _reasons(self) -> list[ReasonPart]:
        contacts, out = self.contacts, []
        names = [str(r) for r in np.unique(contacts.reason.astype(str))]
        every = durations.durations(contacts.talk, self.longest)
        all_patience = patience.patience(contacts.wait[contacts.queued], contacts.abandoned[contacts.queued])
        self.rows += durations.estimates("all", "talk", every)
        self.rows += patience.estimates("all", all_patience)
        self.curves["all"] = all_patience
        if all_patience.fits and all_patience.fit is None:
            self.notes.append(
                f"no distribution follows the curve of patience; the exponential one misses it by "
                f"{100 * max(f.off for f in all_patience.fits if f.name == 'exponential'):.0f} points beyond chance"
            )
        wraps = self._wraps(names)
        tables = {
            one: arrivals.counts(contacts.at[contacts.reason == one], self.records.days, self.width) for one in names
        }
        self.vary = together(tables, self.days)
        self.rows += self.vary.rows
        self.assumptions += self.vary.said
        for one in names:
            mine = contacts.reason == one
            found = durations.durations(contacts.talk[mine], self.longest)
            few = len(found.values) < FEW
            self.talk[one] = every if few else found
            if few:
                self.assumptions.append(f"Talk of {one} is like that of all: it has only {len(found.values)} talks.")
            else:
                self.rows += durations.estimates(one, "talk", found)
            waited = mine & contacts.queued
            curve = patience.patience(contacts.wait[waited], contacts.abandoned[waited])
            if curve.events < FEW:
                self.assumptions.append(
                    f"Patience of {one} is like that of all: only {curve.events} of its contacts abandoned."
                )
                curve = all_patience
            else:
                self.rows += patience.estimates(one, curve)
            self.curves[one] = curve
            out.append(self._reason(one, mine, few, wraps[one]))
        self._timed(out, wraps)
        return out

    def _reason(self, one: str, mine: Any, few: bool, wrap: Durations | None) -> ReasonPart:
        contacts = self.contacts
        table = arrivals.counts(contacts.at[mine], self.records.days, self.width)
        self.rows += arrivals.estimates(one, table, self.days)
        volume = arrivals.profile(table, self.days)
        if self.again is not None and self.again.excess > 0:
            left = arrivals.counts(contacts.at[mine & contacts.abandoned], self.records.days, self.width)
            gone = arrivals.profile(left, self.days)
            for w in range(7):
                fresh = fresh_arrivals(volume[w], gone[w], self.again.excess, self.again.delays, self.width)
                volume[w] = np.where(volume[w] > 0, fresh, 0.0)
        shared = self.curves[one] is self.curves["all"]
        return ReasonPart(
            name=one,
            volume=volume,
            busyness=self.vary.busyness[one],
            intraday=self.vary.intraday[one],
            shared=self.vary.shared,
            talk=duration_law(
                self.talk[one], file_name("talk", "all" if few else one), "of all reasons" if few else ""
            ),
            wrap=None if wrap is None else duration_law(wrap, file_name("wrap", self._wrap_of(one))),
            patience=patience_law(
                self.curves[one], file_name("patience", "all" if shared else one), "of all reasons" if shared else ""
            ),
            handle_time=None,
        )

    def _wrap_of(self, one: str) -> str:
        return one if np.isfinite(self.contacts.acw[self.contacts.reason == one]).sum() >= FEW else "all"

    def _wraps(self, names: Sequence[str]) -> dict[str, Durations | None]:
        """After-call work by reason: as recorded, or from pauses while customers wait, or none."""
        acw = self.contacts.acw
        if np.isfinite(acw).sum() >= FEW:
            every = durations.durations(acw, self.longest)
            self.rows += durations.estimates("all", "after-call work", every)
            out: dict[str, Durations | None] = {}
            for one in names:
                own = durations.durations(acw[self.contacts.reason == one], self.longest)
                out[one] = own if len(own.values) >= FEW else every
                if out[one] is own:
                    self.rows += durations.estimates(one, "after-call work", own)
            return out
        found, rows = agents.wrap_of(self.contacts)
        if found is None:
            self.assumptions.append(
                "After-call work is zero, or talk times include it: it is not recorded, and customers waited too "
                "rarely to see how long agents pause between two of them."
            )
            return dict.fromkeys(names)
        mean = float(np.sum(np.diff(found.shares) * (found.knots[1:] + found.knots[:-1]) / 2))
        method = f"pauses up to {agents.LONGEST_PAUSE:g} s while customers wait, Kaplan–Meier"
        low, high = mean_interval(found.values)
        shift = mean - found.mean
        self.rows.append(Estimated("all", "after-call work: mean", mean, low + shift, high + shift, "s", method, rows))
        self.assumptions.append(
            "After-call work is not recorded: it is the pause that agents take between two contacts while customers "
            f"wait, up to {agents.LONGEST_PAUSE:g} s ({mean:.0f} s on average), alike for all reasons."
        )
        return dict.fromkeys(names, found)

    def _timed(self, reasons: list[ReasonPart], wraps: dict[str, Durations | None]) -> None:
        """Handle times by interval, where they differ by more than chance; for all reasons by the same factors."""
        contacts = self.contacts
        mean = {one.name: self.talk[one.name].mean for one in reasons}
        expected = np.array([mean[r] for r in contacts.reason.tolist()])
        talk = np.where(contacts.talk <= self.longest, contacts.talk, np.nan)
        began = np.where(np.isfinite(contacts.began), contacts.began, contacts.at)
        factor = durations.by_interval(began, talk, expected, self.days.types(), self.weekday, self.width)
        usual = expected * factor[self.weekday, (began % 86400.0 // self.width).astype(np.int64)]
        self.talk_of, rows = talk_by_group(contacts, self.team.group_of, talk, usual)
        self.rows += rows
        for k, one in enumerate(reasons):
            wrap = wraps[one.name]
            total = mean[one.name] + (_mean(wrap) if wrap is not None else 0.0)
            if np.ptp(factor) > 0.01:
                reasons[k] = replace(one, handle_time=total * factor)
        inside = factor[self.days.mask()]
        method = "talk ⁄ mean of the same reasons, drawn towards 1 by as much as chance explains"
        self.rows += [
            Estimated(
                "all",
                f"handle-time factor: {word} interval",
                float(x),
                np.nan,
                np.nan,
                "ratio",
                method,
                int(np.isfinite(talk).sum()),
            )
            for word, x in (("shortest", inside.min()), ("longest", inside.max()))
        ]

    def _staff(self) -> Any:
        """Whole agents by group, weekday and interval: the mean of the days of the weekday."""
        spells, slots = self.team.spells, self.days.slots
        edges = np.arange(self.records.days * slots + 1) * self.width
        of = np.array([self.team.group_of[a] for a in spells.agent.tolist()])
        out = np.zeros((len(self.team.groups), 7, slots), np.int64)
        means = np.zeros((len(self.team.groups), 7, slots))
        for g, name in enumerate(self.team.groups):
            there = on_duty(spells.start[of == name], spells.end[of == name], edges).reshape(-1, slots)
            for w in range(7):
                rows = self.days.of_weekday(w)
                means[g, w] = there[rows].mean(axis=0) if len(rows) else 0.0
        for w in range(7):
            out[:, w] = whole_agents(means[:, w])
        out *= self.days.mask()[None]
        hours = float(means.sum()) * self.width / 3600
        method = f"times on duty from {self.team.source}, mean of each weekday"
        self.rows.append(Estimated("all", "agent-hours a week", hours, np.nan, np.nan, "hours", method, len(of)))
        if self.team.source == "services":
            self.assumptions.append(
                "Log-ins are not recorded: an agent is on duty from the first to the last contact of a shift, rounded "
                f"outward to the quarter-hour, and absent in gaps of more than {agents.LONGEST_GAP / 60:g} min."
            )
        return out

    def _needed(self, reasons: list[ReasonPart]) -> Any:
        """Agents that make themselves busy for a usual share of the time, where nothing says who was there."""
        self.assumptions.append(
            f"Agents are as many as make them busy {OCCUPANCY:.0%} of the time, and always available: nothing says who "
            "was there. Import log-ins or shifts too."
        )
        work = sum(np.asarray(one.volume) * self.talk[one.name].mean for one in reasons)
        return np.ceil(np.asarray(work) / self.width / OCCUPANCY).astype(np.int64)[None]

    def _redials(self) -> Redials | None:
        found = self.again
        if found is None or found.excess <= 0.0 or len(found.delays) < 10:
            return None
        remark = (
            f"Of identified customers who abandoned, {found.after_abandoned:.1%} called again in time, of those served "
            f"{found.after_served:.1%}: the difference."
        )
        return Redials(found.excess, delay_law(found.delays, QUANTILES), "anew", remark)

    def _assumed(self) -> list[str]:
        fixed = [
            "Every answered contact resolves its issue (resolution 100%): a repeat within days is not a failed "
            "resolution, and nothing else in the data tells the two apart.",
        ]
        if self.again is not None:
            fixed.append(
                "A redial has new patience; customers without an id redial like those with one; later redials than "
                "the time looked at count as fresh contacts."
            )
        if (self.contacts.outcome == "forced_exit").any():
            fixed.append(
                "Contacts that the system took out of the queue were willing to wait longer (censored); the scenario "
                "has no such exit."
            )
        return self.assumptions + fixed


def _mean(found: Durations) -> float:
    """The mean of the law that a scenario gets."""
    if found.fit is not None:
        return found.fit.mean
    return float(np.sum(np.diff(found.shares) * (found.knots[1:] + found.knots[:-1]) / 2))


__all__ = ["LawText", "calibrate"]
