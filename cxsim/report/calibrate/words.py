"""A calibration in words and tables: for the terminal and for its page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from cxsim.report.common.formats import between, change, plural, quantity
from cxsim.report.common.pages import Cell, Grid, Row
from cxsim.report.common.terminal import plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.calibrate.calibration import Calibration
    from cxsim.calibrate.estimates import Estimated

# What the terminal shows; the rest is in estimates.csv.
_SHOWN = (
    "redial",
    "resolution",
    "availability:",
    "away:",
    "after-call work: mean",
    "talk: mean",
    "hold: share of talks",
    "hold: mean of",
    "patience: share above 60 s",
    "busyness (cv)",
    "agent-hours",
)


def shown(value: float, unit: str) -> str:
    """A value with its unit; nothing for NaN."""
    if math.isnan(value):
        return ""
    if unit == "hours":
        return f"{value:,.0f} h"
    return quantity(value, unit if unit in ("share", "s", "contacts", "agents") else "", "")


def interval(row: Estimated) -> str:
    """The 95 % interval; nothing where there is none."""
    unit = row.unit if row.unit in ("share", "s", "contacts", "agents") else ""
    return between(row.low, row.high, unit)


def verdict(found: Calibration) -> str:
    """The calibration in a sentence."""
    said = f"{plural(len(found.parts.reasons), 'reason')}, {plural(len(found.parts.groups), 'group')}"
    if found.closed_loop is None:
        return f"{said}, from interval reports: {plural(len(found.assumptions), 'assumption')} to check"
    by = {row["figure"]: row for row in found.closed_loop.to_dict("records")}
    return (
        f"{said}. Replayed, {quantity(by['abandoned']['simulated'], 'share')} abandon "
        f"({quantity(by['abandoned']['observed'], 'share')} observed) and wait "
        f"{quantity(by['wait']['simulated'], 's')} ({quantity(by['wait']['observed'], 's')})"
    )


def summary(found: Calibration) -> list[RenderableType]:
    """The calibration for a terminal: main estimates, the closed loop, assumptions, and what was left out."""
    out: list[RenderableType] = [Text(found.name, style="bold"), Text("")]
    table = plain_table("Estimates (all are in estimates.csv)")
    for k, head in enumerate(("of", "estimate", "value", "95% interval", "rows")):
        table.add_column(head, justify="right" if k in (2, 4) else "left", no_wrap=k != 1)
    for row in found.rows:
        if row.parameter.startswith(_SHOWN) and not math.isnan(row.value):
            table.add_row(row.of, row.parameter, shown(row.value, row.unit), interval(row), f"{row.rows:,}")
    out += [table, Text("")]
    if found.closed_loop is not None:
        out += [_closed_loop(found), Text("")]
    if found.assumptions:
        out.append(Text("Assumed, because the data does not tell:", style="bold"))
        out += [Text(f"  - {text}") for text in found.assumptions]
        out.append(Text(""))
    out += [Text(f"note: {note}", style="yellow") for note in found.notes]
    return out


def _closed_loop(found: Calibration) -> Table:
    table = plain_table("Closed loop: the recorded days, simulated")
    for k, head in enumerate(("metric", "observed", "simulated", "difference")):
        table.add_column(head, justify="right" if k else "left", no_wrap=True)
    for row in found.closed_loop.to_dict("records") if found.closed_loop is not None else ():
        unit, gap = str(row["unit"]), row["simulated"] - row["observed"]
        table.add_row(
            row["title"], quantity(row["observed"], unit), quantity(row["simulated"], unit), change(gap, unit)
        )
    return table


def grids(found: Calibration) -> list[Grid]:
    """The tables of the page: the closed loop, and every estimate."""
    out = []
    if found.closed_loop is not None:
        rows = [
            Row(
                (
                    Cell(str(r["title"])),
                    Cell(quantity(r["observed"], r["unit"])),
                    Cell(quantity(r["simulated"], r["unit"]), between(r["low"], r["high"], r["unit"])),
                    Cell(change(r["simulated"] - r["observed"], r["unit"])),
                )
            )
            for r in found.closed_loop.to_dict("records")
        ]
        note = "The recorded days, with the observed arrivals and people on duty. Beside: 95 % of single replications."
        heads = ("Metric", "Observed", "Simulated", "Difference")
        out.append(Grid("Closed loop", heads, tuple(rows), note=note))
    rows = [
        Row(
            (
                Cell(r.of),
                Cell(r.parameter),
                Cell(shown(r.value, r.unit)),
                Cell(interval(r)),
                Cell(f"{r.rows:,}"),
                Cell(f"{r.method}; {r.note}" if r.note else r.method),
            )
        )
        for r in found.rows
    ]
    columns = ("Of", "Estimate", "Value", "95% interval", "Rows", "Method")
    out.append(Grid("Every estimate", columns, tuple(rows), left=2, texts=(4, 6)))
    return out


def document(found: Calibration) -> dict[str, Any]:
    """The calibration as JSON takes it."""
    loop = [] if found.closed_loop is None else found.closed_loop.to_dict("records")
    return {
        "schema_version": 1,
        "name": found.name,
        "estimates": [{k: _plain(v) for k, v in row._asdict().items()} for row in found.rows],
        "closed_loop": [{k: _plain(v) for k, v in row.items()} for row in loop],
        "assumptions": list(found.assumptions),
        "notes": list(found.notes),
        "files": sorted(found.files),
    }


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
