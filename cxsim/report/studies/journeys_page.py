"""Journeys, and what levers are worth, as one page that can be shown to a board: nothing beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxsim.report.common import formats
from cxsim.report.common.formats import quantity
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_page
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run import words
from cxsim.report.run.page import _footer
from cxsim.report.studies import journeys as drawn
from cxsim.report.studies import levers as lever_words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.studies.journeys import Journeys
    from cxsim.studies.levers import Levers

TILES = ("first", "failed", "contacts", "effort", "satisfied", "churn", "value_lost")
MOST_PATHS, MOST_GAPS = 12, 20


def page(found: Journeys, levers: Levers | None = None) -> str:
    """The whole page as text: both scorecards, the gap, journeys, customers, surveys, and value of each lever."""
    segments = list(found.segments["segment"].unique())
    tables = [_touchpoints(found), *(_by_segment(found, view, segments) for view in drawn.TITLES if segments)]
    tables += [_people(found), _surveys(found)]
    pictures = [
        picture(
            "Customer journeys",
            _failed(found),
            _svg(drawn.plot(found, MOST_PATHS), "journeys"),
            _paths(found),
        )
    ]
    if found.intervals:
        pictures.insert(
            0,
            picture(
                "Where the two views differ",
                drawn.gap(found),
                _svg(drawn.plot_gap(found), "gap"),
                _gap(found),
            ),
        )
    if levers is not None:
        pictures.append(
            picture(
                "Value of each lever",
                lever_words.sentence(levers),
                _svg(lever_words.plot(levers), "levers"),
                _levers(levers),
            )
        )
    return render_page(
        name=found.scenario.name,
        run=words.run_line(found.result),
        verdict=drawn.gap(found),
        mood="missed" if len(found.gap) else "met" if found.intervals else "",
        tiles=_tiles(found),
        first=[_boards(found)],
        replications=found.result.replications,
        pictures=pictures,
        tables=[grid for grid in tables if grid.rows],
        assumptions=[*drawn.told(found.assumptions), *found.result.assumptions],
        glossary=[(row["title"], row["formula"]) for row in found.customer.to_dict("records")],
        scenario=found.result.scenario_text,
        footer=_footer(found.result),
    )


def _svg(figure: Figure, key: str) -> str:
    return svg_of(figure, key, key)


def _value(row: dict[Any, Any], currency: str) -> Cell:
    unit = "" if row["unit"] == "points" else str(row["unit"])
    margin = formats.margin(row["low"], row["high"], unit, currency)
    return Cell(quantity(row["value"], unit, currency), margin)


def _tiles(found: Journeys) -> list[dict[str, str]]:
    out, currency = [], found.result.currency
    board = {row["figure"]: row for row in found.customer.to_dict("records")}
    for row in (board[figure] for figure in TILES if figure in board):
        cell = _value(row, currency)
        out.append({"title": row["title"][:1].upper() + row["title"][1:], "value": cell.text, "note": cell.note})
    return out


def _boards(found: Journeys) -> Grid:
    """Both scorecards side by side."""
    currency = found.result.currency
    sides = [
        [(row["title"], _value(row, currency)) for row in board.to_dict("records")]
        for board in (found.company, found.customer)
    ]
    rows = []
    for k in range(max(map(len, sides))):
        cells: list[Cell] = []
        for side in sides:
            title, value = side[k] if k < len(side) else ("", Cell(""))
            cells += [Cell(title[:1].upper() + title[1:]), value]
        rows.append(Row((cells[0], cells[1], cells[2], cells[3])))
    heads = ("The company's view: its queues", "", "The customer's view: whole issues", "")
    return Grid("Two views of the same days", heads, tuple(rows), texts=(3,))


def _by_segment(found: Journeys, view: str, segments: Sequence[str]) -> Grid:
    """A scorecard with a column for each segment."""
    rows = tuple(
        Row((Cell(title[:1].upper() + title[1:]), *(Cell(value, sides) for value, sides in cells)))
        for title, cells in drawn.beside(found, view, segments)
    )
    return Grid(f"{drawn.TITLES[view]}, by segment", ("", "All", *segments), rows)


def _touchpoints(found: Journeys) -> Grid:
    """Visits to touchpoints, and what they come to."""
    rows = tuple(
        Row(
            (
                Cell(row["touchpoint"]),
                Cell(row["kind"]),
                Cell(f"{row['visits']:,.0f}"),
                Cell(formats.share(row["solved"])),
                Cell(formats.share(row["onward"])),
                Cell(f"{row['effort']:.2f}"),
                Cell(formats.share(row["success"])),
            )
        )
        for row in found.touchpoints.to_dict("records")
    )
    heads = ("Touchpoint", "Kind", "Visits", "Solved", "Led on", "Effort", "Felt success")
    note = "Visits per replication; effort in points per visit; felt success by the levels of experience.success."
    return Grid("Touchpoints, by visit", heads, rows, left=2, note=note)


def _failed(found: Journeys) -> str:
    """What the journeys not solved at once have in common, in a sentence."""
    bad = found.troubled
    share, lost = float(bad["share"].sum()), float(bad["value_lost"].sum())
    whole = float(found.paths["value_lost"].sum())
    text = f"{formats.share(share)} of the issues are not solved at the first contact"
    if whole > 0.0 and lost > 0.0:
        text += f", and they cause {formats.share(lost / whole)} of the value lost"
    return f"{text}. The most common of them are listed below."


def _paths(found: Journeys) -> Grid:
    """The most common journeys that were not solved at once, with what they cost."""
    currency = found.result.currency
    rows = [
        Row(
            (
                Cell(row["path"]),
                Cell(formats.share(row["share"])),
                Cell(formats.seconds(row["time"]) if math.isfinite(row["time"]) else "unsolved"),
                Cell(f"{row['effort']:.1f}"),
                Cell(quantity(row["value_lost"], "money", currency)),
            )
        )
        for row in found.troubled.head(MOST_PATHS).to_dict("records")
    ]
    heads = ("Journey", "Share", "Time", "Effort", "Value lost")
    return Grid("The most common journeys not solved at the first contact", heads, tuple(rows))


def _gap(found: Journeys) -> Grid:
    """Intervals that look good to the company, and were not."""
    rows = [
        Row(
            (
                Cell(formats.when(str(row["interval"]))),
                Cell(formats.share(row["sl"])),
                Cell(formats.share(row["settled"])),
                Cell(f"{row['issues']:.0f}"),
            )
        )
        for row in found.gap.head(MOST_GAPS).to_dict("records")
    ]
    heads = ("Interval", "SL", "Solved at first contact", "Issues")
    return Grid("Green for the company, red for customers", heads, tuple(rows), note=_more(found.gap, MOST_GAPS))


def _more(frame: pd.DataFrame, most: int) -> str:
    return f"The worst {most} of {len(frame):,}." if len(frame) > most else ""


def _people(found: Journeys) -> Grid:
    """Why there are more or fewer customers."""
    currency, people = found.result.currency, found.people
    rows = []
    for key, title, sign in drawn.PEOPLE if len(people) else ():
        counts = sign * people[key] + 0.0
        worth = quantity(float((counts * people["value"]).sum()), "money", currency)
        cells = (Cell(title), *(Cell(f"{count:,.0f}") for count in counts), Cell(worth))
        rows.append(Row(cells, key in ("start", "end")))
    heads = ("Customers", *(str(name) for name in people["segment"]), "Value per year")
    return Grid("Customers, by the day on which they left or joined", heads, tuple(rows))


def _surveys(found: Journeys) -> Grid:
    """What surveys say, and what is so."""
    rows = [
        Row(
            (
                Cell(row["queue"]),
                Cell(f"{row['sent']:,.0f}"),
                Cell(f"{row['answered']:,.0f}"),
                Cell(formats.share(row["measured"])),
                Cell(formats.share(row["true"])),
                Cell("" if math.isnan(row["bias"]) else f"{100 * row['bias']:+.1f} points"),
            )
        )
        for row in found.surveys.to_dict("records")
    ]
    heads = ("Queue", "Sent", "Answered", "Satisfied, by surveys", "True value", "Bias")
    return Grid("Satisfaction measured by surveys", heads, tuple(rows))


def _levers(levers: Levers) -> Grid:
    """Lever by lever: what changes, and what that is worth."""
    currency = levers.scenario.currency
    shown: Sequence[tuple[str, str]] = (
        ("sl", "SL"),
        ("first", "Solved at first contact"),
        ("effort", "Effort"),
        ("churn", "Churn"),
        ("cost", "Cost"),
        ("value_lost", "Value lost"),
        ("net", "Net value"),
    )
    units = {"sl": "share", "first": "share", "churn": "share", "effort": ""}
    rows = []
    for row in levers.table.sort_values("net", ascending=False, kind="stable").to_dict("records"):
        cells = [Cell(str(row["levers"]).replace("_", " "), row["verdict"])]
        for figure, _ in shown:
            unit = units.get(figure, "money")
            half = (row[f"{figure}_high"] - row[f"{figure}_low"]) / 2.0
            margin = formats.margin(row[figure] - half, row[figure] + half, unit, currency)
            cells.append(Cell(formats.change(row[figure], unit, currency), margin))
        rows.append(Row(tuple(cells)))
    note = (
        f"Changes over {levers.days:.3g} days, with 95% intervals of paired replications; the net value is after "
        "the lever's price."
    )
    return Grid("Lever by lever", ("Lever", *(title for _, title in shown)), tuple(rows), note=note)
