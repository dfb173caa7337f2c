"""An Optimum as one workbook whose first sheet `staff.file` reads back; text never turns into formulas."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim.optimizer.problem.stage import PHASES
from cxsim.report.common import formats
from cxsim.report.plan import bound_words
from cxsim.report.plan import words as staffing_words
from cxsim.report.plan.drawing import PALETTE
from cxsim.report.plan.page import comparison
from cxsim.report.plan.working_times import by_shift, stacked
from cxsim.report.run.workbook import Book, _lines, write

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum

LINE = 150  # characters that fit across the sheet of the answer
CHART = {"width": 900, "height": 380}


def workbook(optimum: Optimum) -> bytes:
    """The whole workbook; the same bytes for the same optimum."""
    out = io.BytesIO()
    book = Book(out, optimum.currency)
    _plan(book, optimum.plan)
    _answer(book, optimum)
    _staffing(book, optimum)
    if optimum.kind == "shifts":
        _shifts(book, optimum)
    sheets: list[tuple[str, pd.DataFrame, dict[str, str]]] = [
        ("Goals", _goals(optimum), {"Slack, points or %": ""}),
        ("Cost split", _costs(optimum), {"Money": "money", "From": "money", "To": "money"}),
        ("Comparison", _comparison(optimum), {}),
        ("Moves", _moves(optimum), dict.fromkeys(("Cost", "Cost from", "Cost to"), "money")),
        ("One more point", _points(optimum), {"Cost": "money", "From": "money", "To": "money"}),
        (
            "Who serves what",
            _allocation(optimum),
            {
                "Share": "share",
                "Share in the fluid program": "share",
                "Current rank": "people",
                "Rank from the fluid program": "people",
            },
        ),
        ("Routing", _routing(optimum), {}),
        ("Search", _search(optimum), {"Cost": "money", "Bound": "money", "Replications": "people"}),
    ]
    for name, frame, units in sheets:
        if len(frame):
            write(book, name, frame, units)
    _notes(book, optimum)
    answer = book.book.get_worksheet_by_name("Answer")
    if answer is not None:
        answer.activate()  # the first sheet is for `staff.file`, this one for people
    book.book.close()
    return out.getvalue()


def _plan(book: Book, frame: pd.DataFrame) -> None:
    """The plan with the very heads and texts of plan.csv, so that the workbook itself can be a `staff.file`."""
    made, hours = book.sheet("Plan"), book.format(num_format="0.00")
    made.freeze_panes(1, 0)
    if len(frame):
        made.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    for i, column in enumerate(frame.columns):
        made.write_string(0, i, str(column), book.head())
        longest = len(str(column))
        for row, value in enumerate(frame[column], start=1):
            if isinstance(value, str):
                made.write_string(row, i, value, book.format())
                longest = max(longest, len(value))
            elif value is None or not math.isfinite(float(value)):
                made.write_blank(row, i, None, book.format())
            else:  # hours of thirds have no end
                made.write_number(row, i, float(value), hours if column == "paid_hours" else book.format())
        made.set_column(i, i, min(44, longest + 3))


def _answer(book: Book, optimum: Optimum) -> None:
    words = staffing_words
    made = book.sheet("Answer")
    made.set_column(0, 0, 34)
    made.set_column(1, 7, 19)
    made.write_string(0, 0, optimum.name, book.format(bold=True, font_size=16))
    made.write_string(1, 0, words.run_line(optimum), book.format(font_color="#5D656E"))
    made.merge_range(3, 0, 5, 7, "", book.format())
    made.write_string(3, 0, words.headline(optimum), book.format(bold=True, font_size=12, text_wrap=True))
    made.merge_range(6, 0, 7, 7, "", book.format())
    made.write_string(6, 0, bound_words.bound(optimum), book.format(text_wrap=True))
    row = 9
    for text in optimum.messages:
        made.merge_range(row, 0, row, 7, "", book.format())
        made.write_string(row, 0, text, book.format(font_color="#8A6100", text_wrap=True))
        made.set_row(row, 14.0 * (1 + len(text) // LINE))
        row += 1
    row += bool(optimum.messages)
    table = _plans(optimum)
    if len(table):
        row = _lines(made, book, row, list(table.columns), [tuple(map(str, line)) for line in table.to_numpy()]) + 1
    goals = [
        (
            line.subject,
            line.goal,
            line.value + (f" {line.at}" if line.at else ""),
            line.bound,
            line.slack,
            line.verdict,
            ", ".join(line.binding[:6]),
        )
        for line in words.lines(optimum)
    ]
    if goals:
        _lines(
            made,
            book,
            row,
            ("Metric", "Goal", "Value", words.bound_head(optimum).capitalize(), "Slack", "Verdict", "Tight at"),
            goals,
        )


def _plans(optimum: Optimum) -> pd.DataFrame:
    grid = comparison(optimum)
    rows = [[f"{cell.text}  {cell.note}".strip() for cell in row.cells] for row in grid.rows]
    return pd.DataFrame(rows, columns=list(grid.heads))


def _moments(optimum: Optimum) -> pd.DataFrame:
    texts = [label.isoformat(timespec="minutes") for label in optimum.labels]
    return pd.DataFrame({"date": [text[:10] for text in texts], "time": [text[11:] for text in texts]})


def _staffing(book: Book, optimum: Optimum) -> None:
    """Agents by group against need, with a chart of its own."""
    frame = _moments(optimum)
    for g in range(len(optimum.groups)):
        frame[f"group {g}"] = optimum.levels[g].astype(float)  # a group may be called Present
    frame["Present"] = optimum.levels.sum(axis=0).astype(float)
    if len(optimum.need):
        need = optimum.need.set_index("interval").reindex(frame["date"] + "T" + frame["time"])
        frame["Busy"] = need["busy"].to_numpy(dtype=float)
        frame["Erlang C"] = need["erlang_c"].to_numpy(dtype=float)
    live = (frame["Present"] > 0) | optimum.open_intervals
    frame = frame[live].reset_index(drop=True)
    units = {str(name): "agents" if name == "Busy" else "people" for name in frame.columns[2:]}
    place = write(book, "Staffing", frame, units)
    sheet = book.book.get_worksheet_by_name("Staffing")
    for g, name in enumerate(optimum.groups if sheet is not None else ()):
        sheet.write_string(0, 2 + g, name, book.head())
        sheet.set_column(2 + g, 2 + g, max(9, *(len(part) + 2 for part in stacked(name).splitlines())))
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    names = list(frame.columns)
    category = [place.name, 1, 1, len(frame), 1]
    for g in range(len(optimum.groups)):
        chart.add_series(
            {
                "name": [place.name, 0, 2 + g],
                "categories": category,
                "values": [place.name, 1, 2 + g, len(frame), 2 + g],
                "fill": {"color": PALETTE[min(g, len(PALETTE) - 1)]},
                "border": {"color": "white", "width": 0.25},
                "gap": 4,
            }
        )
    if "Erlang C" in names:
        line = book.book.add_chart({"type": "line"})
        for column, colour in (("Busy", "#22262B"), ("Erlang C", "#D55E00")):
            at = names.index(column)
            line.add_series(
                {
                    "name": column,
                    "categories": category,
                    "values": [place.name, 1, at, len(frame), at],
                    "line": {"color": colour, "width": 1.75},
                }
            )
        chart.combine(line)
    chart.set_title({"name": "Staffing against requirement", "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_x_axis({"num_format": "hh:mm", "num_font": {"size": 9}, "interval_unit": max(1, len(frame) // 20)})
    chart.set_y_axis({"min": 0, "num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#E4E8EB"}}})
    chart.set_size(CHART)
    if sheet is not None:
        sheet.insert_chart(1, len(names) + 1, chart, {"object_position": 3})


def _shifts(book: Book, optimum: Optimum) -> None:
    """People by shift and day, as the page shows them."""
    days, shifts = by_shift(optimum)
    named = any(one.name for one in shifts)
    texts = [(one.group, one.hours, one.breaks, *((one.name,) if named else ())) for one in shifts]
    heads = ["Group", "Shift", "Breaks", *(["Name"] if named else [])]
    left = len(heads)
    made = book.sheet("Shifts")
    made.freeze_panes(1, left)
    whole = book.format(num_format="#,##0", align="center")
    for i, head in enumerate((*heads, *(day or "People" for day in days))):
        made.write_string(0, i, head, book.head())
    for row, (told, one) in enumerate(zip(texts, shifts, strict=True), start=1):
        for i, text in enumerate(told):
            made.write_string(row, i, text, book.format())
        for i, n in enumerate(one.people, start=left):
            if n:
                made.write_number(row, i, n, whole)
    for i, head in enumerate(heads):
        made.set_column(i, i, min(44, max([len(head), *(len(told[i]) for told in texts)]) + 3))
    made.set_column(left, left + len(days) - 1, 11)


def _search(optimum: Optimum) -> pd.DataFrame:
    frame = optimum.history
    return pd.DataFrame(
        {
            "Phase": [PHASES.get(str(phase), str(phase)) for phase in frame["phase"]],
            "Cost": frame["cost"].astype(float),
            "Bound": frame["bound"].astype(float),
            "Goals met": frame["met"].map(bool),
            "Worst goal": frame["worst"].astype(str),
            "Slack, points": 100 * frame["slack"].astype(float),
            "Replications": frame["replications"].astype(float),
            "Processor time (s)": frame["cpu_seconds"].astype(float),
        }
    )


def _goals(optimum: Optimum) -> pd.DataFrame:
    rows = []
    for at, row in zip(optimum.goals.index, optimum.goals.to_dict("records"), strict=True):
        unit = str(row["unit"])
        texts = [quantity_of(row[key], unit, optimum.currency) for key in ("value", "low", "high")]
        slack = float(row["slack"])
        rows.append(
            (
                row["goal"],
                staffing_words.wanted(row, optimum.currency),
                staffing_words.verdict(optimum.goals.loc[[at]], optimum.certified),
                "tight" if row["binding"] else "",
                *texts,
                slack * 100,
                staffing_words.room(row, optimum.currency),
            )
        )
    heads = ["Goal", "Limit", "Verdict", "Tight", "Value", "From", "To", "Slack, points or %", "Slack"]
    return pd.DataFrame(rows, columns=heads)


def quantity_of(value: Any, unit: str, currency: str = "") -> str:
    """A value of a table as text; n/a for none."""
    return formats.quantity(None if value is None else float(value), unit, currency)


def _costs(optimum: Optimum) -> pd.DataFrame:
    frame = optimum.costs
    return pd.DataFrame(
        {
            "Term": frame["title"].astype(str),
            "Counts": frame["counts"].map(bool),
            "Money": frame["money"].astype(float),
            "From": frame["low"].astype(float),
            "To": frame["high"].astype(float),
        }
    )


def _comparison(optimum: Optimum) -> pd.DataFrame:
    rows = []
    for row in optimum.comparison.to_dict("records"):
        unit = str(row["unit"])
        of = row["name"] if row["scope"] != "total" else "all"
        texts = [formats.title(str(row["figure"])), of, row["plan"], quantity_of(row["value"], unit, optimum.currency)]
        texts.append(formats.between(float(row["low"]), float(row["high"]), unit, optimum.currency))
        texts.append(formats.change(float(row["difference"]), unit, optimum.currency))
        texts.append(
            formats.change_between(float(row["difference_low"]), float(row["difference_high"]), unit, optimum.currency)
        )
        rows.append(texts)
    heads = ["Metric", "Of", "Plan", "Value", "95% interval", "Compared with this plan", "95% interval, paired"]
    return pd.DataFrame(rows, columns=heads)


def _moves(optimum: Optimum) -> pd.DataFrame:
    rows = []
    for row in optimum.moves.to_dict("records"):
        numbers = [float(row[key]) for key in ("cost", "cost_low", "cost_high")]
        shares = [
            100 * float(row[key]) for key in ("sl", "sl_low", "sl_high", "fcr_true", "fcr_true_low", "fcr_true_high")
        ]
        rows.append((row["kind"], row["title"], staffing_words.after_change(row), *numbers, *shares))
    heads = [
        "Kind",
        "Change",
        "Goals",
        "Cost",
        "Cost from",
        "Cost to",
        "SL, points",
        "SL from",
        "SL to",
        "FCR, points",
        "FCR from",
        "FCR to",
    ]
    return pd.DataFrame(rows, columns=heads)


def _points(optimum: Optimum) -> pd.DataFrame:
    rows = [
        (
            formats.title(str(row["figure"])),
            row["name"] or "all",
            100 * float(row["step"]),
            float(row["cost"]),
            float(row["low"]),
            float(row["high"]),
            100 * float(row["reached"]),
            row["how"],
        )
        for row in optimum.points.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["Metric", "Of", "Points", "Cost", "From", "To", "Points simulated", "How"])


def _allocation(optimum: Optimum) -> pd.DataFrame:
    frame = optimum.allocation
    return pd.DataFrame(
        {
            "Queue": frame["queue"].astype(str),
            "Group": frame["group"].astype(str),
            "Share": frame["share"].astype(float),
            "Share in the fluid program": frame["program_share"].astype(float),
            "Current rank": frame["rank"].astype(float),
            "Rank from the fluid program": frame["program_rank"].astype(float),
        }
    )


def _routing(optimum: Optimum) -> pd.DataFrame:
    frame = optimum.routing
    heads = {"title": "Change", "group": "Group", "queue": "Queue", "before": "Before", "after": "In this plan"}
    return frame[list(heads)].rename(columns=heads)


def _notes(book: Book, optimum: Optimum) -> None:
    made = book.sheet("Notes")
    made.set_column(0, 0, 26)
    made.set_column(1, 1, 110)
    lines = [
        *((formats.title(word), text) for word, text in optimum.definitions.items()),
        *(("note", text) for text in (*optimum.messages, *optimum.assumptions)),
    ]
    _lines(made, book, 0, ("Word", "Means"), lines)
