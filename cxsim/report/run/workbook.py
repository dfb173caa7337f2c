"""A Result as one XLSX workbook: a sheet a table, native charts, text that never turns into formulas."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pandas as pd
from xlsxwriter import Workbook

from cxsim.report.common import formats
from cxsim.report.run import charts, tables, target_words, waits, words

if TYPE_CHECKING:
    from cxsim.simulation.result import Estimate, Result

Entry = str | tuple[float, str]  # a text, or a number and its unit
# One date for every workbook, so that the same tables are the same bytes.
CREATED = datetime(2000, 1, 1)
SHEETS = {
    "queue": "Queue",
    "group": "Group",
    "reason": "Reason",
    "segment": "Segment",
    "kind": "Kind",
    "total": "All",
}
WIDEST = 44


@dataclass
class Sheet:
    """Where a table stands: first and last row of data, column of each figure, rows of each name, column of names."""

    name: str
    first: int = 0
    last: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, tuple[int, int]] = field(default_factory=dict)
    key: str = ""


class Book:
    """A workbook being written, with its formats."""

    def __init__(self, out: io.BytesIO, currency: str) -> None:
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = Workbook(out, options)
        self.book.set_properties({"created": CREATED, "title": "cxsim result"})
        self.currency = currency
        self.cache: dict[str, Any] = {}

    def format(self, **properties: Any) -> Any:
        """One format object for each set of properties."""
        key = repr(sorted(properties.items()))
        if key not in self.cache:
            self.cache[key] = self.book.add_format(
                {"font_name": "Calibri", "font_size": 10, "valign": "top", **properties}
            )
        return self.cache[key]

    def number(self, unit: str) -> Any:
        """The number format of a unit; durations stay in seconds, as their head says."""
        money = "#,##0.00" + (f' "{self.currency}"' if self.currency.isalpha() else "")
        patterns = {
            "share": "0.0%",
            "s": "#,##0.0",
            "h": "#,##0.0",
            "agents": "#,##0.0",
            "people": "#,##0",
            "contacts": "#,##0.0",
            "money": money,
        }
        return self.format(num_format=patterns.get(unit, "#,##0.00"))

    def quantity(self, unit: str) -> Any:
        """The number format of a unit where the head of the column cannot name it: a number, shown with its unit."""
        named = {"s": '#,##0.0 "s"', "h": '#,##0.0 "h"'}
        return self.format(num_format=named[unit], align="right") if unit in named else self.number(unit)

    def head(self) -> Any:
        """The format of heads of columns."""
        return self.format(bold=True, bottom=1, text_wrap=True, bg_color="#EEF1F3", valign="bottom")

    def sheet(self, name: str) -> Any:
        """A new worksheet, printed on one page wide."""
        made = self.book.add_worksheet(name)
        made.hide_gridlines(2)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        return made


def _unit_words(unit: str) -> str:
    return {"s": " (s)", "h": " (h)"}.get(unit, "")


def _text(column: str, units: dict[str, str]) -> str:
    """The head of a column, with its unit; "SL, points" stays as it is."""
    for ending in ("_low", "_high"):
        base = column.removesuffix(ending)
        if base != column and base in units:
            return f"{formats.head(base)} {ending[1:]}{_unit_words(units[base])}"
    words = " ".join(column.replace("_", " ").split())
    return formats.head(column) + _unit_words(units[column]) if column in units else words[:1].upper() + words[1:]


def write(book: Book, name: str, frame: pd.DataFrame, units: dict[str, str], key: str = "") -> Sheet:
    """One table as one sheet: frozen, filtered heads, widths that fit, numbers as numbers, text as text."""
    made = book.sheet(name)
    place = Sheet(name, 1, len(frame), {str(column): i for i, column in enumerate(frame.columns)})
    frozen = sum(column in (*SHEETS, "date", "time", "interval", "start") for column in frame.columns)
    made.freeze_panes(1, frozen)
    if len(frame):
        made.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    for i, column in enumerate(frame.columns):
        text = _text(str(column), units)
        made.write_string(0, i, text, book.head())
        unit = units.get(str(column).removesuffix("_low").removesuffix("_high"), "")
        longest = _column(book, made, i, str(column), frame[column], unit)
        made.set_column(i, i, min(WIDEST, max(longest, max(map(len, text.split()), default=4) + 2, 8) + 1))
    made.set_row(0, 30)
    if key and key in frame.columns:
        place.key = key
        names = frame[key].astype(str)
        for each in dict.fromkeys(names):
            rows = [i for i, found in enumerate(names) if found == each]
            place.blocks[each] = (rows[0] + 1, rows[-1] + 1)
    return place


def _column(book: Book, made: Any, i: int, column: str, values: pd.Series[Any], unit: str) -> int:
    """Write one column and return the length of its longest text."""
    day, clock = (
        book.format(num_format="ddd d mmm yyyy", align="left"),
        book.format(num_format="hh:mm", align="left"),
    )
    plain, shown = book.format(), book.number(unit)
    longest = 0
    for row, value in enumerate(values, start=1):
        if column == "date" and isinstance(value, str) and len(value) == 10:
            moment = date.fromisoformat(value)
            made.write_datetime(row, i, datetime(moment.year, moment.month, moment.day), day)
            longest = 15
        elif column == "time" and isinstance(value, str) and value:
            made.write_datetime(row, i, time.fromisoformat(value).replace(tzinfo=None), clock)
        elif isinstance(value, bool) or type(value).__name__ == "bool_":
            made.write_string(row, i, "yes" if value else "no", plain)
        elif isinstance(value, str):
            made.write_string(row, i, value, plain)
            longest = max(longest, len(value))
        elif value is None or not math.isfinite(float(value)):
            made.write_blank(row, i, None, plain)
        else:
            made.write_number(row, i, float(value), shown)
            longest = max(longest, 9)
            if unit == "money":
                longest = max(longest, len(f"{float(value):,.2f} {book.currency}"))
    return longest


def workbook(result: Result) -> bytes:
    """The whole workbook; the same bytes for the same result."""
    out = io.BytesIO()
    book = Book(out, result.currency)
    units = tables.units(result)
    _summary(book, result)
    graphs = book.sheet("Charts")
    places: dict[str, Sheet] = {}
    days = len({label.date() for label in result.labels}) > 1
    for scope in ("kind", "queue", "group", "reason", "segment"):
        names = result.names(scope)
        if names and not (scope in ("reason", "segment") and (len(names) == 1 or names == result.names("queue"))):
            write(book, SHEETS[scope] + "s", tables.planner(result, scope, "total"), units)
    for scope, what in (("total", "All"), ("kind", "Kind"), ("queue", "Queue"), ("group", "Group")):
        if not result.names(scope):
            continue
        for by, word in (("day", "days"), ("interval", "intervals")):
            frame = tables.planner(result, scope, by)
            if len(frame) and (days or by == "interval"):
                if scope == "queue":
                    frame = _with_target(result, frame)
                places[f"{scope}_{by}"] = write(book, f"{what} {word}", frame, {**units, "SL target": "share"}, scope)
    kept = _waits(result)
    if len(kept):
        places["waits"] = write(
            book, "Waits", kept, {"Answered": "share", "Abandoned": "share", "Still waiting": "share"}, "queue"
        )
    if result.erlang is not None and len(result.erlang):
        places["erlang"] = write(book, "Erlang", *_erlang(result), key="queue")
    if result.plan is not None and len(result.plan):
        write(book, "Plan", _plan(result.plan), {"scheduled": "agents", "present": "agents", "paid_hours": "h"})
    _definitions(book, result)
    charts.draw(book.book, graphs, places, result)
    book.book.close()
    return out.getvalue()


def _with_target(result: Result, frame: pd.DataFrame) -> pd.DataFrame:
    goals = frame["queue"].map({queue: waits.target(result, "sl", queue) for queue in result.names("queue")})
    if goals.notna().any() and "sl" in frame.columns:
        frame = frame.copy()
        frame.insert(list(frame.columns).index("sl"), "SL target", goals.astype(float))
    return frame


def _plan(frame: pd.DataFrame) -> pd.DataFrame:
    """The plan with its intervals as dates and times."""
    if "interval" not in frame.columns:
        return frame
    moments = frame["interval"].astype(str)
    out = frame.drop(columns="interval")
    out.insert(1, "date", moments.str.slice(0, 10))
    out.insert(2, "time", moments.str.slice(11))
    return out


def _waits(result: Result) -> pd.DataFrame:
    limits = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 1800.0)
    rows = [
        (queue, limit, answered, gone, max(0.0, 1 - answered - gone))
        for queue in result.names("queue") or ("",)
        for limit, answered, gone in waits.after(result, queue, limits)
    ]
    return pd.DataFrame(rows, columns=["queue", "After (s)", "Answered", "Abandoned", "Still waiting"])


def _erlang(result: Result) -> tuple[pd.DataFrame, dict[str, str]]:
    frame = result.erlang if result.erlang is not None else pd.DataFrame()
    moments = frame["interval"].astype(str)
    simulated = {
        (queue, interval): value
        for queue in result.names("queue")
        for interval, value in result.series("sl", "queue", queue)[["interval", "value"]].itertuples(
            index=False, name=None
        )
    }
    keys = zip(frame["queue"].astype(str), moments, strict=True)
    out = pd.DataFrame(
        {"queue": frame["queue"].astype(str), "date": moments.str.slice(0, 10), "time": moments.str.slice(11)}
    )
    out["SL simulated"] = [simulated.get(key, math.nan) for key in keys]
    units = {"SL simulated": "share"}
    titles = {
        "sl_erlang_a": ("SL Erlang A", "share"),
        "sl_erlang_c": ("SL Erlang C", "share"),
        "abandoned_erlang_a": ("Abandoned Erlang A", "share"),
        "wait_erlang_a": ("ASA Erlang A (s)", ""),
        "wait_erlang_c": ("ASA Erlang C (s)", ""),
        "agents": ("Agents", "agents"),
        "agents_required_a": ("Required Erlang A", "agents"),
        "agents_required_c": ("Required Erlang C", "agents"),
    }
    for column, (title, unit) in titles.items():
        if column in frame.columns and frame[column].notna().any():
            out[title] = frame[column].astype(float)
            units[title] = unit
    return out, units


def _summary(book: Book, result: Result) -> None:
    made = book.sheet("Summary")
    made.set_column(0, 0, 22)
    made.set_column(1, 1, 26)
    made.set_column(2, 2, 20)
    made.set_column(3, 8, 15)
    made.write_string(0, 0, result.name, book.format(bold=True, font_size=16))
    made.write_string(1, 0, words.run_line(result), book.format(font_color="#5D656E"))
    made.merge_range(3, 0, 4, 7, "", book.format())
    made.write_string(3, 0, words.headline(result), book.format(bold=True, font_size=12, text_wrap=True))
    row = 6
    judged = target_words.judgements(result)
    colours = {target_words.MET: "#00694D", target_words.MISSED: "#B34700"}
    if judged:
        row = _lines(
            made,
            book,
            row,
            ("Queue", "Metric", "Target", "Value", *_ends(result), "Verdict", "Intervals missed", "Intervals"),
            [
                (
                    j.queue,
                    formats.title(j.figure),
                    j.goal,
                    *_three(result.estimate(j.figure, "queue", j.queue)),
                    j.status,
                    (len(j.misses), "count"),
                    (j.intervals, "count"),
                )
                for j in judged
            ],
        )
        for i, j in enumerate(judged):
            style = book.format(bold=True, font_color=colours.get(j.status, "#8A6100"))
            made.write_string(row - len(judged) + i, 6, j.status, style)
        row += 1
    figures = (
        "offered",
        "answered",
        "sl",
        "asa",
        "abandoned_share",
        "occupancy",
        "utilisation",
        "paid_hours",
        *tables.OUTCOMES,
        "cost",
    )
    shown: list[Sequence[Entry]] = []
    for figure in figures:
        for scope, name, label in tables.wholes(result) if figure in tables.MIXING else [("total", "", "")]:
            got = result.estimate(figure, scope, name)
            if not math.isnan(got.value):
                shown.append((formats.title(figure), label or "all", *_three(got), formats.formula(figure)))
    heads = ("Whole run", "Of", "Value", *_ends(result), "Formula")
    _lines(made, book, row, heads, shown)


def _ends(result: Result) -> tuple[str, str]:
    """Heads of the two ends of an interval."""
    level = formats.level(result.confidence)
    return f"{level} low", f"{level} high"


def _three(got: Estimate) -> tuple[tuple[float, str], ...]:
    """A value and its bounds, each with the unit it is shown in."""
    bounds = (got.low, got.high) if got.low < got.high else (math.nan, math.nan)
    return tuple((float(value), got.unit) for value in (got.value, *bounds))


def _lines(made: Any, book: Book, row: int, heads: Sequence[str], lines: Sequence[Sequence[Entry]]) -> int:
    """A table: texts as they are, numbers as numbers in their unit, nothing for NaN."""
    for i, head in enumerate(heads):
        made.write_string(row, i, head, book.head())
    for line in lines:
        row += 1
        for i, entry in enumerate(line):
            if isinstance(entry, str):
                made.write_string(row, i, entry, book.format())
            elif math.isfinite(entry[0]):
                count = book.format(num_format="0")
                made.write_number(row, i, float(entry[0]), count if entry[1] == "count" else book.quantity(entry[1]))
    return row + 1


def _definitions(book: Book, result: Result) -> None:
    made = book.sheet("Definitions")
    made.set_column(0, 0, 30)
    made.set_column(1, 1, 110)
    made.freeze_panes(1, 0)
    made.write_string(0, 0, "Word", book.head())
    made.write_string(0, 1, "Means", book.head())
    measured = dict.fromkeys(figure for figure, *_ in result._rows)
    lines = [
        *((formats.title(word), text) for word, text in result.definitions.items()),
        *(("assumption", text) for text in result.assumptions),
        *((formats.title(f), formats.formula(f)) for f in measured if formats.formula(f)),
    ]
    for row, (word, text) in enumerate(lines, start=1):
        made.write_string(row, 0, word, book.format(bold=True))
        made.write_string(row, 1, text, book.format(text_wrap=True))
