"""What has been seen of a day, from a table of intervals: offered, answered, handle times, staff."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.begun_day.rows import Rows, rows_of
from cxsim.importing.read_export import read_export
from cxsim.scenario.model.units import suggestion, write_clock
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.model.prepare import Model
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
COUNTS = ("offered", "answered", "abandoned", "short_abandoned", "answered_in_sl", "agents")
FAR = 10.0  # a mean handle time so many times longer or shorter than the scenario's is in another unit


@dataclass(frozen=True, eq=False)
class Actuals:
    """What was seen of one day, by queue of the scenario and counted interval (Q, I); NaN where nothing is known.

    date: the day; first, last: the counted intervals seen, from `first` to before `last`; told: the queues (Q,) that
    the table has; place: where it came from. `aht` is in seconds, `service_level` a share of the offered.
    """

    date: date
    first: int
    last: int
    place: str
    told: npt.NDArray[np.bool_]
    offered: Floats
    answered: Floats
    abandoned: Floats
    short_abandoned: Floats
    answered_in_sl: Floats
    service_level: Floats
    aht: Floats
    agents: Floats

    def sum(self, name: str, q: int) -> float:
        """The sum of a count over what was seen of a queue; NaN if an interval lacks it."""
        return float(getattr(self, name)[q, self.first : self.last].sum())

    def handle_time(self, q: int) -> tuple[float, float]:
        """Answered contacts whose handle time is known, and their mean; NaN without any."""
        n = self.answered[q, self.first : self.last]
        aht = self.aht[q, self.first : self.last]
        n = np.where(np.isfinite(n), n, self.offered[q, self.first : self.last])
        good = np.isfinite(aht) & np.isfinite(n) & (n > 0.0)
        count = float(n[good].sum())
        return count, float((n * aht)[good].sum() / count) if count else math.nan


@dataclass
class _Reading:
    """The rows of one day, and what is wrong with them."""

    rows: Rows
    faults: list[TableError]

    def wrong(self, i: int, value: object, rule: str, fix: str) -> None:
        self.faults.append(TableError(self.rows.places[i], value, rule, fix))

    def number(self, name: str) -> Floats:
        """A column as numbers, NaN for blanks; a fault for each cell that is not a number from 0."""
        out = np.full(len(self.rows), np.nan)
        for i, text in enumerate(self.rows.cells.get(name, ())):
            if not text:
                continue
            try:
                out[i] = float(text)
            except ValueError:
                self.wrong(i, text, f"is not a number ({name})", "write a number such as 12, or leave it blank")
                continue
            if not 0.0 <= out[i] < 1e9:
                self.wrong(i, text, f"is not a number from 0 ({name})", "correct it in the export")
                out[i] = np.nan
            elif name in COUNTS and out[i] != round(out[i]):
                what = "agents: people are whole" if name == "agents" else "contacts"
                fix = f"write {math.floor(out[i])} or {math.ceil(out[i])}, or leave it blank"
                self.wrong(i, text, f"is not a whole number of {what} ({name})", fix)
        return out

    def starts(self) -> list[datetime | None]:
        """When each row begins, by the clocks on the wall."""
        out: list[datetime | None] = []
        for i, text in enumerate(self.rows.cells["start"]):
            try:
                out.append(datetime.fromisoformat(text[:19].replace(" ", "T")))
            except ValueError:
                self.wrong(i, text, "is not the start of an interval", "write it as 2026-03-02T08:30")
                out.append(None)
        return out


def read_rows(source: Any) -> Rows:
    """The rows of a table of intervals.

    `source` is a folder of `cxsim import`, a table with its columns (CSV or XLSX), any other file that `read_export`
    reads without a question, an `Export`, or a DataFrame. ExportError with what is wrong.
    """
    return rows_of(source, read_export)


def day_of(rows: Rows, model_days: list[date], wanted: date | None) -> date:
    """The day that the actuals are about. ExportError where it is not a day of the scenario, or not clear."""
    reading = _Reading(rows, [])
    found = sorted({one.date() for one in reading.starts() if one is not None})
    if reading.faults:
        raise ExportError(reading.faults)
    shown = ", ".join(map(str, found[:5])) + (", …" if len(found) > 5 else "")
    if wanted is None and len(found) == 1:
        wanted = found[0]
    if wanted is None:
        both = [day for day in found if day in model_days]
        fix = f"say which day it is: --date {(both or found)[-1]}"
        raise ExportError([TableError(rows.name, None, f"has several days: {shown}", fix)])
    if wanted not in found:
        fix = f"write --date {found[-1]}, or give the table of that day"
        raise ExportError([TableError(rows.name, None, f"has no rows of {wanted}; its days are {shown}", fix)])
    return wanted


def read_actuals(rows: Rows, model: Model, day: date, until: float, names: Mapping[str, str]) -> Actuals:
    """The rows of a day until a time (s after midnight) on the intervals of a model. ExportError with every fault."""
    timeline = model.timeline
    reading = _Reading(rows, [])
    d = timeline.days_before + (day - timeline.dates[timeline.days_before]).days
    width = timeline.interval
    midnight, end = timeline.midnight(d), timeline.at(d, until)
    first = round((midnight - timeline.counted_from) / width)
    last = first + round((end - midnight) / width)
    queues = list(model.scenario.queues)
    columns = {name: reading.number(name) for name in (*COUNTS, "service_level", "minutes")}
    columns["aht"] = _handle_times(reading)
    starts = reading.starts()
    out = {name: np.full((len(queues), timeline.n_intervals), np.nan) for name in columns}
    weights = np.zeros_like(out["aht"])
    covered = np.zeros_like(weights)
    lines: dict[tuple[int, float], int] = {}
    unknown = set[str]()
    for i, (start, given) in enumerate(zip(starts, rows.cells["queue"], strict=True)):
        name = names.get(given, given)
        if start is None or start.date() != day:
            continue
        if name not in queues:
            if name not in unknown:
                fix = f"{suggestion(name, queues, 'its queues are')} Add --name '{given}=QUEUE'"
                reading.wrong(i, given, "is not a queue of the scenario", fix.replace("? Add", "? Then add"))
            unknown.add(name)
            continue
        at = timeline.at(d, (start - datetime.combine(day, datetime.min.time())).total_seconds())
        if at >= end:
            continue
        if model.scenario.queues[name].outbound is not None:
            continue  # its contacts are dialled, as the scenario lists them
        q, seconds = queues.index(name), 60.0 * columns["minutes"][i]
        if not _fits(at - midnight, seconds, width):
            long, own = f"{seconds / 60:g} min", f"{width / 60:g} min"
            rule = f"lasts {long} from {start:%H:%M}, but the intervals of the scenario are {own}"
            fix = f"export intervals of {own} or a part of them, or add --set 'horizon.interval={long}'"
            reading.wrong(i, None, rule, fix)
            continue
        if (q, at) in lines:
            rule = f"is the interval {start:%H:%M} of {given} again, after {rows.places[lines[q, at]]}"
            reading.wrong(i, None, rule, "keep one of the two rows, or add them up")
            continue
        lines[q, at] = i
        k = int((at - timeline.counted_from) // width)
        if math.isnan(columns["offered"][i]):
            reading.wrong(i, "", "has no offered contacts", "write the number, 0 for none")
        covered[q, k] += seconds
        handled = columns["answered"][i] if np.isfinite(columns["answered"][i]) else columns["offered"][i]
        level, weight = columns["aht"][i], float(np.nan_to_num(handled))
        if np.isfinite(level) and weight > 0.0:
            out["aht"][q, k] = float(np.nan_to_num(out["aht"][q, k]) * weights[q, k] + level * weight) / (
                weights[q, k] + weight
            )
            weights[q, k] += weight
        share = columns["service_level"][i]
        if np.isfinite(share):
            offered = columns["offered"][i]
            out["service_level"][q, k] = np.nan_to_num(out["service_level"][q, k]) + share * np.nan_to_num(offered)
        for count in COUNTS:
            value = columns[count][i]
            if count == "agents":
                value *= seconds / width
            if np.isfinite(value):
                out[count][q, k] = np.nan_to_num(out[count][q, k]) + value
    told = np.array([any(q == one for one, _ in lines) for q in range(len(queues))])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(out["offered"] > 0.0, out["service_level"] / out["offered"], 1.0)
    out["service_level"] = np.where(np.isfinite(out["service_level"]), share, np.nan)
    out["agents"] = np.round(out["agents"])
    _whole(reading, model, told, covered, out, first, last, day)
    if reading.faults:
        raise ExportError(reading.faults)
    kept = {name: values for name, values in out.items() if name != "minutes"}
    return Actuals(day, first, last, rows.name, told, **kept)


def _handle_times(reading: _Reading) -> Floats:
    """Mean handle times: the column, or its parts."""
    aht, talk = reading.number("aht_s"), reading.number("talk_s")
    parts = talk + np.nan_to_num(reading.number("hold_s")) + np.nan_to_num(reading.number("acw_s"))
    return np.where(np.isfinite(aht), aht, parts)


def _fits(after_midnight: float, seconds: float, width: float) -> bool:
    """Whether a row lies inside one interval of the scenario."""
    if not 0.0 < seconds <= width:
        return False
    return after_midnight // width == (after_midnight + seconds - 1.0) // width and width % seconds < 1e-6


def _whole(
    reading: _Reading,
    model: Model,
    told: npt.NDArray[np.bool_],
    covered: Floats,
    out: Mapping[str, Floats],
    first: int,
    last: int,
    day: date,
) -> None:
    """Tell what is missing before the last interval, and what cannot be."""
    timeline, place = model.timeline, reading.rows.name
    for q, name in enumerate(model.scenario.queues):
        if not told[q]:
            continue
        always = model.scenario.channels[model.scenario.queues[name].channel].day_and_night
        for k in range(first, last):
            clock = f"{timeline.labels[k]:%H:%M}"
            is_open = always or bool(timeline.open_mask[k])
            if is_open and covered[q, k] < timeline.interval - 1.0 and not always:
                fix = f"add the row {name},{day}T{clock}, with 0 if there were no contacts"
                reading.faults.append(TableError(place, None, f"has no row of {name} for {clock}", fix))
            if not is_open and np.nan_to_num(out["offered"][q, k]) > 0.0:
                rule = f"has {out['offered'][q, k]:g} contacts of {name} at {clock}, when it is closed"
                fix = "widen horizon.open, or remove the row"
                reading.faults.append(TableError(place, None, rule, fix))
        offered, answered = (float(np.nansum(out[n][q, first:last])) for n in ("offered", "answered"))
        if answered > offered:
            rule = f"has more contacts of {name} answered ({answered:g}) than offered ({offered:g})"
            reading.faults.append(TableError(place, None, rule, "check which columns are which"))


def times_compare(scenario: Scenario, queue: str) -> bool:
    """Whether a mean handle time per answered contact means the same in a report and here."""
    one = scenario.queues[queue]
    return one.callback is None and one.turns is None and one.outbound is None


def check_handle_times(actuals: Actuals, scenario: Scenario, expected: Floats) -> list[TableError]:
    """What to say of handle times that are so far from those `expected` (Q,) that their unit must be another."""
    faults = []
    for q, name in enumerate(scenario.queues):
        count, seen = actuals.handle_time(q)
        usual = float(expected[q])
        if not count or not usual > 0.0 or 1.0 / FAR <= seen / usual <= FAR or not times_compare(scenario, name):
            continue
        rule = f"has a mean handle time of {seen:.3g} s in {name}, but the scenario has {usual:.3g} s"
        fix = "write seconds in the column aht_s"
        for unit, factor in (("minutes", 60.0), ("milliseconds", 0.001), ("hours", 3600.0)):
            if 1.0 / 3.0 <= seen * factor / usual <= 3.0:
                fix = f"these look like {unit}: write {seen * factor:.0f} for {seen:.3g}"
        faults.append(TableError(actuals.place, None, rule, fix))
    return faults


def check_until(model: Model, day: date, until: float, whole: bool = False) -> list[TableError]:
    """What is wrong with the time until which a day was seen; its end is right only if the day may be `whole`."""
    timeline = model.timeline
    d = timeline.days_before + (day - timeline.dates[timeline.days_before]).days
    clock, width, hours = write_clock(until), timeline.interval, timeline.hours[d]
    if not hours:
        return [TableError("--until", clock, f"is on {day:%a} {day}, when the center is closed", "choose another day")]
    said = ", ".join(f"{write_clock(a)}-{write_clock(b)}" for a, b in hours)
    if not hours[0][0] < until < hours[-1][1] + whole:
        near = min((hours[0][0] + width, hours[-1][1] - width), key=lambda x: abs(x - until))
        return [TableError("--until", clock, f"is outside opening hours ({said})", f"write {write_clock(near)}")]
    if until % width > 1e-6:
        near = width * max(1, round(until / width))
        rule = f"is not where an interval begins (every {width / 60:g} min)"
        return [TableError("--until", clock, rule, f"write {write_clock(near)}")]
    return []
