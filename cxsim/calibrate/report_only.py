"""A scenario from interval reports alone: volumes, handle times, patience by its mean; the rest is assumed."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import arrivals
from cxsim.calibrate.arrivals import Days
from cxsim.calibrate.calibration import Calibration
from cxsim.calibrate.estimates import Estimated, Z
from cxsim.calibrate.records import Intervals, Records
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.scenario_file import LawText, Parts, ReasonPart, files_of
from cxsim.calibrate.staffing import on_duty, whole_agents
from cxsim.calibrate.together import together
from cxsim.forecast.returns import Returning, fresh_volume
from cxsim.model.prepare import facts
from cxsim.report.common.formats import plural
from cxsim.scenario.io.reading import read
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

TALK_CV = 1.0  # assumed: an interval report has means only
PATIENCE = 300.0  # s, assumed where abandons are not reported
OCCUPANCY = 0.85  # assumed where agents are not reported
FACTOR = 5.0  # by which the mean handle time of an interval may differ from that of all
HANDLE_TIME = 300.0  # s, assumed where it is not reported
LONGEST = 4 * 3600.0  # s: longer intervals have no profile of the day


def calibrate_intervals(
    records: Records,
    name: str,
    offered: Literal["total", "fresh"] | None = None,
    returning: Returning | None = None,
) -> Calibration:
    """Make a scenario from an interval report.

    ExportError where it has no intervals within the day, or nothing says whether its contacts include those who
    contact again.
    """
    report = records.intervals
    assert report is not None
    if offered is None:
        rule = "counts offered contacts, and nothing says whether customers who contact again are among them"
        fix = (
            "add --offered total if they are, as phone systems count, or --offered fresh if they are taken out; "
            "in Python offered='total'"
        )
        raise ExportError([TableError("intervals", None, rule, fix)])
    widths, many = np.unique(report.width[np.isfinite(report.width)], return_counts=True)
    width = float(widths[np.argmax(many)]) if len(widths) else math.nan
    if not 0 < width <= LONGEST or 86400.0 % width:
        rule = "has no intervals within the day, so nothing says when contacts come"
        raise ExportError([TableError("intervals", None, rule, "import a report by half-hour, or by hour")])
    return _Report(records, report, width, offered, returning).calibration(name)


class _Report:
    """The parts of a scenario from one report; rows, notes and assumptions are collected on the way."""

    def __init__(
        self, records: Records, report: Intervals, width: float, offered: str, returning: Returning | None
    ) -> None:
        self.records, self.report, self.width = records, report, width
        self.offered, self.returning = offered, returning
        self.rows: list[Estimated] = []
        self.notes = list(records.notes)
        self.assumptions: list[str] = []
        self.fresh = 0.0
        self.of_queues: dict[str, list[str]] = {}
        self.mine = (report.width == width) & np.isfinite(report.offered)
        if others := int((~self.mine).sum()):
            self.notes.append(f"{others:,} rows have another length than {width / 60:g} min, or no volume; not used")
        total = self.table(report.offered, self.mine)
        self.days: Days = arrivals.days_of(total, records.first, width)
        for on, why in self.days.left_out:
            self.notes.append(f"{on:%a} {on}: {why}; the day is not used")
        self.queues = [str(q) for q in np.unique(report.queue[self.mine].astype(str))]

    def table(self, values: Floats, keep: npt.NDArray[np.bool_]) -> Floats:
        """Sums by day and interval."""
        good = keep & np.isfinite(values)
        return arrivals.counts(self.report.start[good], self.records.days, self.width, values[good])

    def _assume(self, queue: str, text: str) -> None:
        self.of_queues.setdefault(text, []).append(queue)

    def calibration(self, name: str) -> Calibration:
        self.tables = {
            queue: self.table(self.report.offered, self.mine & (self.report.queue == queue)) for queue in self.queues
        }
        self.vary = together(self.tables, self.days)
        reasons = [self._reason(queue) for queue in self.queues]
        self.rows += self.vary.rows
        groups, staff = self._staff(reasons)
        first, last = self.days.dates[0], self.days.dates[-1]
        contacts = float(np.nansum(self.report.offered[self.mine]))
        self.assumptions = [
            f"{', '.join(queues)}: {text}" for text, queues in self.of_queues.items()
        ] + self.assumptions
        self.assumptions += [
            *self._returns(contacts),
            "Agents are available all the time that the report counts them as on duty.",
            *self.vary.said,
        ]
        parts = Parts(
            name=name or f"Calibrated, {first} to {last}",
            source=f"Calibrated from interval reports of {contacts:,.0f} contacts, {first} to {last}.",
            days=self.days,
            timezone=self.records.timezone,
            reasons=reasons,
            groups=groups,
            staff=staff,
            availability=1.0,
            away=0.0,
            away_remark="",
            redials=None,
            assumptions=self.assumptions,
            with_within=20.0,
            returning=self.returning,
        )
        files = files_of(parts)
        with TemporaryDirectory() as folder:
            for file, text in files.items():
                (Path(folder) / file).write_text(text, encoding="utf-8")
            facts(read(Path(folder) / "scenario.yaml"))
        notes, assumed = tuple(self.notes), tuple(self.assumptions)
        return Calibration(parts.name, files, notes, assumed, None, tuple(self.rows), parts, {}, {})

    def _reason(self, queue: str) -> ReasonPart:
        mine = self.mine & (self.report.queue == queue)
        table = self.tables[queue]
        self.rows += arrivals.estimates(queue, table, self.days)
        if self.offered == "total" and self.returning is not None:
            table = self._fresh(queue, mine, table)
        mean, handle_time = self._handle_time(queue, mine)
        return ReasonPart(
            name=queue,
            volume=arrivals.profile(table, self.days),
            busyness=self.vary.busyness[queue],
            intraday=self.vary.intraday[queue],
            shared=self.vary.shared,
            talk=LawText(f"{{lognormal: {{mean: {mean:.6g}s, cv: {TALK_CV:.0%}}}}}", {}, "assumed shape"),
            wrap=None,
            patience=self._patience(queue, mine),
            handle_time=handle_time,
        )

    def _fresh(self, queue: str, mine: npt.NDArray[np.bool_], table: Floats) -> Floats:
        """The contacts of a queue without those who contacted again."""
        assert self.returning is not None
        report = self.report
        left = np.where(np.isfinite(report.abandoned), report.abandoned, report.offered - report.answered)
        if not np.isfinite(left[mine]).any():
            rule = (
                f"does not say how many contacts of {queue} were answered or abandoned, so nothing says who may redial"
            )
            raise ExportError([TableError("intervals", None, rule, "import a report with one of the two")])
        gone = self.table(np.maximum(left, 0.0), mine)
        served = np.maximum(table - gone, 0.0)
        found = fresh_volume(table, gone, served, self.returning, self.width)
        self.fresh += float(found.sum())
        method = "offered less redials and repeats, whose shares and delays were given (Ding, Koole and van der Mei)"
        part = float(found.sum() / table.sum())
        self.rows.append(
            Estimated(queue, "fresh share of offered", part, np.nan, np.nan, "share", method, int(mine.sum()))
        )
        return found

    def _returns(self, contacts: float) -> list[str]:
        """What is assumed of customers who contact again."""
        back = self.returning
        if self.offered == "fresh" and back is None:
            return ["Nobody redials and every contact resolves its issue; the report was said to count fresh contacts."]
        if back is None:
            return [
                "Nobody redials and every contact resolves its issue: redials and repeats are in the volume, as in the "
                "report, which does not tell them from fresh contacts. So more agents will not make volume fall."
            ]
        told = [f"{back.redial:.1%} of abandoned contacts redial after {back.redial_delay:g} s on average"]
        if back.again:
            told.append(
                f"{1 - back.resolution:.1%} of answered contacts do not resolve the issue, and {back.repeat:.1%} of "
                f"these contact again after {back.repeat_delay / 3600:g} h on average"
            )
        out = f"As you said, {', and '.join(told)}; an interval report does not tell these numbers."
        if self.offered == "total":
            out += (
                f" They make {1 - self.fresh / contacts:.1%} of the offered contacts, which were taken out. Other "
                "shares with other fresh volumes explain the report as well."
            )
        return [out]

    def _handle_time(self, queue: str, mine: npt.NDArray[np.bool_]) -> tuple[float, Floats | None]:
        """The mean handle time (s), and by weekday and interval, weighted by answered contacts."""
        report = self.report
        answered = np.where(np.isfinite(report.answered), report.answered, report.offered)
        good = mine & np.isfinite(report.aht) & (report.aht > 0) & (answered > 0)
        if not good.any():
            self._assume(queue, f"a contact takes {HANDLE_TIME:g} s; the report has no handle time.")
            return HANDLE_TIME, None
        work = self.table(report.aht * answered, good)
        count = self.table(answered, good)
        mean = float(work.sum() / count.sum())
        means = (report.aht[good], answered[good])
        spread = math.sqrt(float(np.average((means[0] - mean) ** 2, weights=means[1])) / good.sum())
        method = "mean of the intervals, weighted by answered contacts"
        self.rows.append(
            Estimated(
                queue, "handle time: mean", mean, mean - Z * spread, mean + Z * spread, "s", method, int(good.sum())
            )
        )
        self._hold(queue, good)
        self._assume(
            queue,
            f"handle times are lognormal with a coefficient of variation of {TALK_CV:.0%}, all of it talk; the report "
            "has means only, and nothing says whether they include after-call work.",
        )
        out = np.full((7, self.days.slots), mean)
        for kind in self.days.types():
            rows = np.concatenate([self.days.of_weekday(w) for w in kind])
            w, n = work[rows].sum(axis=0), count[rows].sum(axis=0)
            out[kind] = np.where(n > 0, np.divide(w, n, out=np.full(len(n), mean), where=n > 0), mean)
        most = FACTOR * mean
        if cut := int(((out < mean / FACTOR) | (out > most)).sum()):
            self._assume(
                queue,
                f"the mean handle time of {plural(cut, 'interval')} of the week is cut to between a fifth and "
                f"five times the mean ({mean / FACTOR:.0f} to {most:.0f} s).",
            )
        return mean, np.clip(out, mean / FACTOR, most)

    def _hold(self, queue: str, good: npt.NDArray[np.bool_]) -> None:
        """The mean time on hold as a row, where the report has it."""
        report = self.report
        answered = np.where(np.isfinite(report.answered), report.answered, report.offered)
        good = good & np.isfinite(report.hold)
        if not good.any() or not (report.hold[good] > 0.0).any():
            return
        hold, weight = report.hold[good], answered[good]
        mean = float(np.average(hold, weights=weight))
        half = Z * math.sqrt(float(np.average((hold - mean) ** 2, weights=weight)) / good.sum())
        method = "mean of the intervals, weighted by answered contacts"
        self.rows.append(
            Estimated(queue, "hold: mean per talk", mean, mean - half, mean + half, "s", method, int(good.sum()))
        )
        self._assume(
            queue,
            "the time on hold is part of the handle time, and no talk counts as one with a hold: a report of means "
            "does not say which share of talks has one.",
        )

    def _patience(self, queue: str, mine: npt.NDArray[np.bool_]) -> LawText:
        """Exponential patience: all time waited ⁄ abandoned contacts."""
        report = self.report
        left = float(np.nansum(report.abandoned[mine]))
        waited, how = self._waited(mine)
        if left < 1 or not waited > 0:
            what = "no abandons" if left < 1 else "no waits"
            self._assume(queue, f"patience is exponential with a mean of {PATIENCE:g} s; the report has {what}.")
            return LawText(f"{PATIENCE:g}s", {}, "assumed")
        mean = waited / left
        low, high = (mean * math.exp(k * Z / math.sqrt(left)) for k in (-1, 1))
        method = f"exponential: time waited ⁄ abandoned contacts{how}"
        self.rows.append(Estimated(queue, "patience: mean", mean, low, high, "s", method, int(left)))
        self._assume(queue, f"patience is exponential; a report of means does not show its shape{how}.")
        return LawText(f"{mean:.6g}s", {}, f"time waited ⁄ {left:,.0f} abandoned")

    def _waited(self, mine: npt.NDArray[np.bool_]) -> tuple[float, str]:
        """All time waited (s), and what had to be assumed for it."""
        report = self.report
        if np.isfinite(report.wait[mine]).any():
            return float(np.nansum(report.wait[mine] * report.offered[mine])), ""
        answered, asa = report.answered[mine], report.asa[mine]
        if not np.isfinite(asa).any():
            return math.nan, ""
        gone = report.abandon_wait[mine]
        told = np.isfinite(gone).any()
        served = float(np.nansum(answered * asa))
        left = float(np.nansum(report.abandoned[mine] * (gone if told else asa)))
        return served + left, "" if told else ", if those who abandon wait as long as those who are answered"

    def _staff(self, reasons: list[ReasonPart]) -> tuple[dict[str, dict[str, int]], npt.NDArray[np.int64]]:
        report, slots, mask = self.report, self.days.slots, self.days.mask()
        duty = self.records.duty
        if duty is not None and len(duty.start):
            edges = np.arange(self.records.days * slots + 1) * self.width
            there = on_duty(duty.start, duty.end, edges).reshape(-1, slots)
            mean = np.stack(
                [
                    there[self.days.of_weekday(w)].mean(axis=0) if len(self.days.of_weekday(w)) else there[0] * 0
                    for w in range(7)
                ]
            )
            self.assumptions.append("All agents serve all queues: the log-ins do not say which agent serves which.")
            return {"agents": dict.fromkeys(self.queues, 1)}, np.rint(mean * mask).astype(np.int64)[None]
        known = [q for q in self.queues if np.isfinite(report.agents[self.mine & (report.queue == q)]).any()]
        means = []
        for one in reasons:
            if one.name in known:
                mine = self.mine & (report.queue == one.name)
                table = self.table(report.agents, mine)
                means.append(
                    np.stack(
                        [
                            table[self.days.of_weekday(w)].mean(axis=0)
                            if len(self.days.of_weekday(w))
                            else np.zeros(slots)
                            for w in range(7)
                        ]
                    )
                )
            else:
                usual = float(one.talk.text.split("mean: ")[1].split("s")[0])
                time = one.handle_time if one.handle_time is not None else np.full((7, slots), usual)
                means.append(np.ceil(one.volume * time / self.width / OCCUPANCY))
        missing = [q for q in self.queues if q not in known]
        if missing:
            self.assumptions.append(
                f"Agents are as many as make them busy {OCCUPANCY:.0%} of the time ({', '.join(missing)}): the report "
                "does not say how many there were."
            )
        self.assumptions.append("Each queue has agents of its own: the report does not say who serves what.")
        out = np.stack([whole_agents(np.stack(means)[:, w]) for w in range(7)], axis=1) * mask[None]
        return {q: {q: 1} for q in self.queues}, out.astype(np.int64)
