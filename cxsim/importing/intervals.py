"""Rows of an interval and queue become the table of intervals: lengths, totals, rows with the same key."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.importing.fields import Rows
from cxsim.importing.filtering import TOTALS
from cxsim.importing.mapping import Plan
from cxsim.importing.quality import Quality, several
from cxsim.tables import instants
from cxsim.tables.faults import ExportError, Question
from cxsim.tables.reader import TableError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
COUNTS = ("offered", "answered", "abandoned", "short_abandoned", "answered_in_sl", "agents")
# Means, each with the count that it is a mean over.
MEANS = {
    "aht": "answered",
    "talk": "answered",
    "hold": "answered",
    "acw": "answered",
    "asa": "answered",
    "wait": "offered",
    "abandon_wait": "abandoned",
    "service_level": "offered",
}
MEASURES = (*COUNTS, *MEANS)
DAY, MONTH = 1440.0, -1.0  # minutes; a month has the length that it has


def minutes_of(text: str) -> float:
    """The length of an interval in minutes: `30 min`, `15mins`, `00:30`, `1 h`, `day`, `month`; NaN for other text."""
    plain = text.strip().casefold()
    if plain in ("day", "daily", "1 day", "1d"):
        return DAY
    if plain in ("month", "monthly", "1 month"):
        return MONTH
    if match := re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", plain):
        return float(match[1]) * 60.0 + float(match[2])
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(m|min|mins|minute|minutes|h|hour|hours)?", plain)
    if match is None:
        return np.nan
    return float(match[1]) * (60.0 if (match[2] or "m").startswith("h") else 1.0)


def lengths(rows: Rows, plan: Plan, quality: Quality) -> Floats:
    """The length of every row in minutes. ExportError where nothing tells it."""
    start = instants.local_seconds(rows.number("start"), plan.zone)
    if "length" in rows.texts:
        found = rows.texts["length"].each(minutes_of, np.float64)
        if np.isnan(found).any():
            k = int(np.flatnonzero(np.isnan(found))[0])
            where = f"{rows.files.text(k)}:{rows.lines[k]}"
            raise ExportError(
                [
                    TableError(
                        where,
                        rows.texts["length"].text(k),
                        "is not the length of an interval",
                        "write 15mins, 30, or daily",
                    )
                ]
            )
        return _months(found, start)
    if plan.interval:
        given = minutes_of(plan.interval)
        if np.isnan(given):
            raise ExportError(
                [
                    TableError(
                        "mapping  interval:",
                        plan.interval,
                        "is not the length of an interval",
                        "write 30 min, day or month",
                    )
                ]
            )
        return _months(np.full(len(rows), given), start)
    ends = rows.ends.get("start", rows.number("end"))
    if np.isfinite(ends).any():
        found = (ends - rows.number("start")) / 60.0
        usual = float(np.median(found[np.isfinite(found)]))
        wrong = np.isfinite(found) & ((found <= 0) | (found > 7 * DAY))
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            raise ExportError(
                [
                    TableError(
                        f"{rows.files.text(k)}:{rows.lines[k]}",
                        None,
                        "ends before it begins, or a week after",
                        "correct its times",
                    )
                ]
            )
        quality.told("interval", f"{usual:g} min", "rows have a start and an end")
        return np.where(np.isfinite(found), found, usual)
    local = np.unique(start)
    gaps = np.diff(local)
    whole_days = not np.any(local % 86400.0)
    if whole_days:
        days = [date(1970, 1, 1) + timedelta(days=float(x) // 86400.0) for x in local.tolist()]
        if len(days) > 1 and all(one.day == 1 for one in days):
            quality.told("interval", "month", "every date is the first of a month")
            return _months(np.full(len(rows), MONTH), start)
        if len(days) > 1 or len(rows) == 1:
            quality.told("interval", "day", "a date without a time in every row")
            return np.full(len(rows), DAY)
    if not len(gaps):
        raise ExportError(
            [
                Question(
                    str(rows.files.text(0)),
                    None,
                    "has one time only, which does not tell how long an interval is",
                    "interval",
                    ("30 min", "15 min", "60 min", "day"),
                )
            ]
        )
    step = float(gaps.min()) / 60.0
    quality.told("interval", f"{step:g} min", "the smallest step between two times")
    return np.full(len(rows), step)


def _months(found: Floats, start: Floats) -> Floats:
    month = found == MONTH
    if month.any():
        for k in np.flatnonzero(month & np.isfinite(start)).tolist():
            on = date(1970, 1, 1) + timedelta(days=float(start[k]) // 86400.0)
            found[k] = calendar.monthrange(on.year, on.month)[1] * DAY
    return found


def read_intervals(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """The rows as the table of intervals, in the order of queue, channel and start."""
    rows = _with_numbers(rows, plan, quality)
    if not len(rows):
        raise ExportError(
            [
                TableError(
                    ", ".join(quality.read),
                    None,
                    "has no interval with numbers",
                    "see what was dropped, or export a period with contacts",
                )
            ]
        )
    minutes = lengths(rows, plan, quality)
    start = rows.number("start")
    if plan.stamps == "end":
        start = start - minutes * 60.0
    rows.numbers["start"], rows.numbers["minutes"] = start, minutes
    for role in MEANS:
        spec = plan.columns.get(role)
        if spec is not None and spec.per == "total" and role in rows.numbers:
            with np.errstate(divide="ignore", invalid="ignore"):
                count = rows.number(MEANS[role])
                rows.numbers[role] = np.where(count > 0, rows.numbers[role] / count, np.nan)
    rows = _without_totals(rows, quality)
    return _added(rows, plan, quality)


def _with_numbers(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    if "complete" in rows.texts:
        cut = rows.texts["complete"].each(lambda t: t.casefold() in ("false", "no", "0", "n"), np.bool_)
        rows = _drop(rows, cut, "incomplete interval", quality)
    counts = [role for role in COUNTS if role in rows.numbers]
    told = np.zeros(len(rows), np.bool_)
    for role in MEASURES:
        told |= np.isfinite(rows.number(role))
    if plan.blanks == "zero":
        for role in counts:
            rows.numbers[role] = np.where(np.isfinite(rows.numbers[role]), rows.numbers[role], 0.0)
        _note(rows, ~told, "repaired", "blank numbers read as 0", quality)
        return rows
    if (~told).any():
        quality.told("blanks", "missing", "rows without any number are left out, not read as 0")
    rows = _drop(rows, ~told, "no numbers: closed, or no data", quality)
    return _drop(rows, ~np.isfinite(rows.number("offered")), "offered is blank", quality)


def _note(rows: Rows, which: Bools, what: str, why: str, quality: Quality) -> None:
    for k, name in enumerate(rows.files.values):
        quality.note(what, why, name, rows.lines[which & (rows.files.codes == k)])


def _drop(rows: Rows, which: Bools, why: str, quality: Quality) -> Rows:
    if not which.any():
        return rows
    _note(rows, which, "dropped", why, quality)
    return rows.kept(~which)


def _without_totals(rows: Rows, quality: Quality) -> Rows:
    """Leave out a queue called Total whose numbers are the sums of the others at the same time."""
    queue = rows.text("queue")
    totals = queue.each(lambda text: TOTALS.fullmatch(text) is not None, np.bool_)
    if not totals.any() or totals.all():
        return rows
    offered, start = np.nan_to_num(rows.number("offered")), rows.number("start")
    codes = np.unique(start, return_inverse=True)[1]
    channels = rows.text("channel")
    keys = codes * max(len(channels.values), 1) + channels.codes
    others = np.bincount(keys[~totals], offered[~totals], minlength=keys.max() + 1)
    share = np.mean(np.abs(others[keys[totals]] - offered[totals]) < 0.5)
    name = queue.values[queue.codes[np.flatnonzero(totals)[0]]]
    if share < 0.5:
        quality.find(
            "totals",
            f"queue {name!r} is called a total, but its numbers are not the sums of the others; it was kept as a queue",
        )
        return rows
    if share < 1.0:
        quality.find("totals", f"queue {name!r} is not the sum of the others in {100 * (1 - share):.0f} % of its rows")
    return _drop(rows, totals, f"row of totals: queue {name!r}", quality)


def _added(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """One row for each queue, channel, start and length."""
    keys = np.stack(
        [rows.text("queue").codes, rows.text("channel").codes, *_codes(rows.number("start"), rows.number("minutes"))]
    )
    _, first, group, size = np.unique(keys, axis=1, return_index=True, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    rows.numbers["rows"] = np.ones(len(rows))
    if (size > 1).any():
        many = size[group] > 1
        same = _alike(rows, group, first)
        files = len(rows.files.values) > 1 and bool((rows.files.codes[first][group] != rows.files.codes)[many].any())
        rule = plan.duplicates or _rule(rows, many, same, files, first, group, quality)
        rows, group, first = _by_rule(rows, rule, group, first, same, quality)
    start, queue = rows.number("start"), rows.text("queue").texts()
    order = np.lexsort((start, rows.text("channel").texts().astype(str), queue.astype(str)))
    return rows.kept(order)


def _codes(*columns: Floats) -> list[npt.NDArray[np.int64]]:
    return [np.unique(column, return_inverse=True)[1].reshape(-1) for column in columns]


def _alike(rows: Rows, group: npt.NDArray[Any], first: npt.NDArray[Any]) -> Bools:
    """Whether a row has the same numbers as one of its key, such as the first."""
    same = np.ones(len(rows), np.bool_)
    for role in MEASURES:
        if role in rows.numbers:
            values = rows.numbers[role]
            other = values[first][group]
            same &= (values == other) | (np.isnan(values) & np.isnan(other))
    return same


def _rule(rows: Rows, many: Bools, same: Bools, files: bool, first: Any, group: Any, quality: Quality) -> str:
    """What to do with rows of the same key, where nothing was said. ExportError where two readings are possible."""
    later = many.copy()
    later[first] = False
    nonzero = np.nan_to_num(rows.number("offered")) > 0
    k = int(np.flatnonzero(later)[0])
    where = f"{rows.files.text(k)}:{rows.lines[k]}"
    begin = int(first[group[k]])
    other = f"line {rows.lines[begin]} of {rows.files.text(begin)}"
    if files:
        if same[later].all():
            quality.told("duplicates", "drop", "rows of the same interval in two files have the same numbers")
            return "drop"
        apart = int((later & ~same).sum())
        text = f"{apart:,} of {int(later.sum()):,} intervals that are in two files have different numbers there"
        rule = f"is the interval of {other} with other numbers: {text}; the files contradict each other"
        raise ExportError([Question(where, None, rule, "duplicates", ("last", "first", "add"))])
    if (same & later & nonzero).any() and same[later & nonzero].all():
        rule = f"is the interval of {other} again, with the same numbers ({several(int(later.sum()), 'row')})"
        raise ExportError([Question(where, None, rule, "duplicates", ("drop", "add"))])
    quality.told(
        "duplicates",
        "add",
        f"{several(int(later.sum()), 'row')} of one file with the key of another row and other numbers",
    )
    return "add"


def _by_rule(rows: Rows, rule: str, group: Any, first: Any, same: Bools, quality: Quality) -> tuple[Rows, Any, Any]:
    position = np.arange(len(rows))
    last = np.zeros(len(first), np.int64)
    np.maximum.at(last, group, position)
    if rule in ("first", "last", "drop"):
        keeper = last if rule == "last" else first
        gone = np.ones(len(rows), np.bool_)
        gone[keeper] = False
        same = _alike(rows, group, keeper)
        apart = gone & ~same
        if apart.any() and rule == "drop":
            k = int(np.flatnonzero(apart)[0])
            raise ExportError(
                [
                    Question(
                        f"{rows.files.text(k)}:{rows.lines[k]}",
                        None,
                        "has the key of another row, but other numbers: it is not a repetition",
                        "duplicates",
                        ("add", "first", "last"),
                    )
                ]
            )
        _note(rows, gone & same, "dropped", "the same interval again", quality)
        _note(rows, apart, "dropped", f"the same interval with other numbers (duplicates: {rule})", quality)
        if apart.any():
            quality.find(
                "contradictions",
                f"{several(int(apart.sum()), 'interval')} twice with different numbers; the {rule} row was kept,"
                " nothing was merged",
            )
        return rows.kept(np.sort(keeper)), None, None
    added = np.ones(len(rows), np.bool_)
    added[first] = False
    _note(rows, added, "added", "to the first row of the same interval", quality)
    n = len(first)
    out = rows.kept(first)
    for role in MEANS:
        if role in rows.numbers:
            weight = np.nan_to_num(rows.number(MEANS[role]))
            value = rows.numbers[role]
            good = np.isfinite(value)
            total = np.bincount(group[good], (weight * np.nan_to_num(value))[good], minlength=n)
            over = np.bincount(group[good], weight[good], minlength=n)
            with np.errstate(divide="ignore", invalid="ignore"):
                out.numbers[role] = np.where(over > 0, total / over, np.nan)
    for role in (*COUNTS, "rows"):
        if role in rows.numbers:
            values = rows.numbers[role]
            total = np.bincount(group, np.nan_to_num(values), minlength=n)
            none = np.bincount(group, np.isfinite(values).astype(float), minlength=n) == 0
            out.numbers[role] = np.where(none, np.nan, total)
    return out, None, None
