"""A capacity plan as a folder: tables, one document, workbook, page and picture; all or nothing."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim.report.common import style
from cxsim.report.common.formats import between, share
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_page
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run.folder import csv_text
from cxsim.report.run.workbook import Book, _lines, write
from cxsim.report.studies import capacity as told
from cxsim.simulation.build_result import version
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from cxsim.capacity.plan import CapacityPlan

KIND = "cxsim capacity"
TABLES = ("hires", "months", "teams", "compared")
DIGITS = 4
SHARES = ("missed", "missed_low", "missed_high", "worst_missed")
MONEY = ("cost", "cost_low", "cost_high", "paid", "hiring_cost", "difference", "difference_low", "difference_high")


def save(found: CapacityPlan, folder: Path, *, pictures: bool = True) -> Path:
    """Write everything into a folder."""

    def fill(made: Path) -> None:
        for name in TABLES:
            write_text(made / f"{name}.csv", csv_text(rounded(getattr(found, name))))
        write_json(made / "capacity.json", document(found))
        if pictures:
            (made / "capacity.xlsx").write_bytes(workbook(found))
            (made / "capacity.png").write_bytes(style.png(told.plot(found), f"{found.scenario.name}: capacity plan"))
            write_text(made / "report.html", page(found))

    return write_folder(folder, KIND, fill)


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Without false digits."""
    return frame.round(dict.fromkeys(frame.columns[[kind.kind == "f" for kind in frame.dtypes]], DIGITS))


def document(found: CapacityPlan) -> dict[str, Any]:
    """What `--json` prints."""

    def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
        rows = rounded(frame).to_dict("records")
        return [{str(k): None if isinstance(v, float) and v != v else v for k, v in row.items()} for row in rows]

    return {
        "schema_version": 1,
        "kind": KIND,
        "scenario": found.scenario.name,
        "currency": found.scenario.currency,
        "seed": found.seed,
        "futures": found.futures,
        "promise": found.promise,
        "held": found.held,
        "cost": found.cost,
        "bound": found.bound if math.isfinite(found.bound) else None,
        "gap": found.gap if math.isfinite(found.gap) else None,
        "sentences": told.sentences(found),
        "messages": list(found.messages),
        "assumptions": list(found.assumptions),
        **{name: records(getattr(found, name)) for name in TABLES},
    }


def workbook(found: CapacityPlan) -> bytes:
    """The whole workbook: the answer, hires, months with a chart, teams, and the plans compared."""
    out = io.BytesIO()
    book = Book(out, found.scenario.currency)
    first = book.sheet("Plan")
    first.set_column(0, 0, 16)
    first.set_column(1, 9, 15)
    first.write_string(0, 0, f"{found.scenario.name}: capacity plan", book.format(bold=True, font_size=16))
    row = 2
    for text in (*told.sentences(found), *found.messages, told.bound(found)):
        first.merge_range(row, 0, row + 1, 9, "", book.format())
        first.write_string(row, 0, text, book.format(text_wrap=True))
        row += 2
    row = _lines(first, book, row + 1, tuple(x.capitalize() for x in told.PLAN_HEADS), told.plan_rows(found)) + 1
    if len(found.hires):
        heads = ("Decide by", "Start", "Team", "People", "Hiring cost")
        lines = [
            (r["decide_by"], r["start"], r["team"], (float(r["people"]), "count"), (float(r["hiring_cost"]), "money"))
            for r in found.hires.to_dict("records")
        ]
        _lines(first, book, row, heads, lines)
    units = {**dict.fromkeys(SHARES, "share"), **dict.fromkeys(MONEY, "money")}
    place = write(book, "Months", found.months, units)
    _chart(book, place.name, found.months)
    for sheet, frame in (("Teams", found.teams), ("Compared", found.compared)):
        write(book, sheet, frame, units)
    notes = book.sheet("Notes")
    notes.set_column(0, 0, 16)
    notes.set_column(1, 1, 120)
    _lines(notes, book, 0, ("Word", "Means"), [("assumption", one) for one in (*found.assumptions, told.METHOD)])
    book.book.close()
    return out.getvalue()


def _chart(book: Book, sheet: str, months: pd.DataFrame) -> None:
    chart = book.book.add_chart({"type": "line"})
    names = list(months.columns)
    colours = {"need_fte": style.ORANGE, "have_fte": style.BLUE}
    for name, colour in colours.items():
        for end, dash in (("", "solid"), ("_low", "dash"), ("_high", "dash")):
            column = names.index(f"{name}{end}")
            chart.add_series(
                {
                    "name": {"need_fte": "Needed", "have_fte": "There"}[name]
                    + {"_low": ", 5 %", "_high": ", 95 %"}.get(end, ""),
                    "categories": [sheet, 1, 0, len(months), 0],
                    "values": [sheet, 1, column, len(months), column],
                    "line": {"color": colour, "width": 2.25 if not end else 1.0, "dash_type": dash},
                }
            )
    chart.set_title({"name": "FTE needed and there", "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"min": 0, "num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#E4E8EB"}}})
    chart.set_size({"width": 900, "height": 360})
    made = book.book.get_worksheet_by_name(sheet)
    if made is not None:
        made.insert_chart(len(months) + 3, 0, chart, {"object_position": 3})


def page(found: CapacityPlan) -> str:
    """The page for decision makers."""
    words = told.sentences(found)
    first = found.compared.iloc[0]
    spread = between(first["cost_low"], first["cost_high"], "money", found.scenario.currency)
    tiles = [
        {"title": "Hires", "value": str(int(first["hires"])), "note": f"over {len(found.months)} months"},
        {
            "title": "First decision",
            "value": str(found.hires["decide_by"].iloc[0]) if len(found.hires) else "none",
            "note": "month in which recruiting must begin",
        },
        {
            "title": "Mean cost",
            "value": told.money(found, found.cost),
            "note": f"{spread} in 90 % of futures",
        },
        {
            "title": "Worst month",
            "value": share(float(first["worst_missed"])),
            "note": f"probability of missing {first['worst_month']}",
        },
    ]
    drawn = svg_of(told.plot(found), "capacity", "FTE needed and there, hires and risk by month")
    hires = _grid(
        "Hires",
        ("Decide by", "Start", "Team", "People", "Hiring cost"),
        [
            (r["decide_by"], r["start"], r["team"], str(r["people"]), told.money(found, r["hiring_cost"]))
            for r in found.hires.to_dict("records")
        ],
        left=3,
    )
    months = _grid("By month", tuple(x.capitalize() for x in told.MONTH_HEADS), told.month_rows(found), texts=(8,))
    teams = _grid("People by month and team", *_people(found))
    plans = _grid(
        "On the same futures", tuple(x.capitalize() for x in told.PLAN_HEADS), told.plan_rows(found), texts=(8,)
    )
    return render_page(
        name=f"{found.scenario.name}: capacity plan",
        run=f"{found.futures:,} futures, seed {found.seed}",
        verdict=words[0],
        mood="good" if found.held else "bad",
        tiles=tiles,
        first=[hires] if len(found.hires) else [],
        pictures=[picture("Capacity by month", " ".join([*words[1:], *found.messages]), drawn, months)],
        tables=[plans, teams],
        assumptions=[told.METHOD, told.bound(found), *found.assumptions],
        footer=f"cxsim {version()}",
    )


def _people(found: CapacityPlan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    names = list(dict.fromkeys(found.teams["team"]))
    rows = []
    for label, part in found.teams.groupby("month", sort=False):
        of = {row["team"]: row for row in part.to_dict("records")}
        cells = [f"{of[n]['people']:.1f}  ({of[n]['people_low']:.0f} to {of[n]['people_high']:.0f})" for n in names]
        rows.append((str(label), *cells))
    return ("Month", *names), rows


def _grid(
    caption: str, heads: tuple[str, ...], rows: list[tuple[str, ...]], left: int = 1, texts: tuple[int, ...] = ()
) -> Grid:
    made = tuple(Row(tuple(Cell(str(text)) for text in row)) for row in rows)
    return Grid(caption, heads, made, left=left, texts=texts)
