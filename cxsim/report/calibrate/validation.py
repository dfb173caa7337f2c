"""A validation in words, tables, pictures and files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import between, change, change_between, plural, quantity, share
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_page
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.common.terminal import plain_table
from cxsim.report.run.folder import csv_text
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import RenderableType

    from cxsim.calibrate.validate import Validation

KIND = "cxsim validation"
SHOWN = 12
_SHORT = {
    "queued": "waited",
    "abandoned": "abandoned",
    "wait": "mean wait",
    "within_20": "\u2264 20 s",
    "within_60": "\u2264 60 s",
    "asa": "ASA",
    "abandon_wait": "wait of abandoned",
    "service_level": "SL",
    "handle_time": "AHT",
}
_REPLAYED = {"contacts": "recorded arrivals and people", "intervals": "reported volumes and people"}
_ENDS = ("planned", "observed")


def save(found: Validation, folder: Path) -> Path:
    """Write everything into a folder, whole or not at all. Returns its real path."""

    def fill(made: Path) -> None:
        write_text(made / "comparison.csv", csv_text(found.table.round(6)))
        write_text(made / "causes.csv", csv_text(found.causes.round(6)))
        write_json(made / "report.json", {"kind": KIND, **document(found)})
        write_text(made / "report.html", page(found))

    return write_folder(folder, KIND, fill)


def document(found: Validation) -> dict[str, Any]:
    """The validation as JSON takes it."""

    def plain(value: Any) -> Any:
        value = value.item() if isinstance(value, np.generic) else value
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {
        "schema_version": 1,
        "name": found.name,
        "days": found.days,
        "replications": found.replications,
        "error_rate": found.error_rate,
        "comparison": [{k: plain(v) for k, v in row.items()} for row in found.table.to_dict("records")],
        "causes": [{k: plain(v) for k, v in row.items()} for row in found.causes.to_dict("records")],
        "notes": list(found.notes),
    }


def verdict(found: Validation) -> str:
    """The validation in a sentence."""
    count, rows = len(found.differs), len(found.table)
    if not count:
        return f"None of {rows} comparisons differs by more than chance"
    return f"{count} of {plural(rows, 'comparison')} {'differ' if count > 1 else 'differs'} by more than chance"


def _replayed(found: Validation) -> str:
    """What took the place of the scenario's own; people only if the data has them."""
    people = not len(found.causes) or "staffing" in set(found.causes["cause"])
    return _REPLAYED[found.of] if people else _REPLAYED[found.of].replace(" and people", "")


def summary(found: Validation) -> list[RenderableType]:
    """The validation for a terminal: totals, causes, and where it differs most."""
    rate = f"Chance of any false difference: {share(found.error_rate, 0)} (Holm); {found.replications} replications."
    out: list[RenderableType] = [Text(f"{found.name} against {found.days}", style="bold"), Text("")]
    out += [_totals(found), Text(f"{verdict(found)}. {rate}"), Text("")]
    worst = found.differs[found.differs["scope"] != "total"].sort_values("p", kind="stable")
    if len(worst):
        table = plain_table("Where it differs most")
        for k, head in enumerate(("where", "metric", "observed", "simulated", "difference")):
            table.add_column(head, justify="left" if k < 2 else "right", no_wrap=True)
        for row in worst.head(SHOWN).to_dict("records"):
            table.add_row(row["name"], row["title"], *_cells(row))
        out += [table, Text("")]
    if len(found.causes):
        out += [_causes(found), Text("")]
    out += [Text(f"note: {note}", style="yellow") for note in found.notes]
    return out


def _cells(row: Mapping[Any, Any]) -> tuple[str, str, str]:
    unit = str(row["unit"])
    gap = change(row["simulated"] - row["observed"], unit)
    return quantity(row["observed"], unit), quantity(row["simulated"], unit), gap


def _totals(found: Validation) -> Any:
    table = plain_table(f"Replayed: {_replayed(found)}")
    for k, head in enumerate(("metric", "observed", "simulated", "difference", "beyond chance")):
        table.add_column(head, justify="right" if 0 < k < 4 else "left", no_wrap=True)
    for row in found.table[found.table["scope"] == "total"].to_dict("records"):
        table.add_row(row["title"], *_cells(row), "yes" if row["differs"] else "no")
    return table


def _steps(found: Validation) -> list[tuple[str, str, list[dict[Any, Any]]]]:
    return [
        (str(title), str(part["unit"].iloc[0]), part.to_dict("records"))
        for title, part in found.causes.groupby("title", sort=False)
    ]


def _causes(found: Validation) -> Any:
    table = plain_table("From the scenario's own plan to what was observed")
    steps = _steps(found)
    table.add_column("step", no_wrap=True)
    for _, _, rows in steps:
        table.add_column(_SHORT.get(str(rows[0]["figure"]), str(rows[0]["title"])), justify="right", no_wrap=True)
    for k, row in enumerate(steps[0][2]):
        told = [
            quantity(rows[k]["change"], unit) if row["cause"] in _ENDS else change(rows[k]["change"], unit)
            for _, unit, rows in steps
        ]
        table.add_row(str(row["cause"]), *told)
    return table


def page(found: Validation) -> str:
    """The report as one HTML page with nothing beside it."""
    pictures = [_by_interval(found)] if (found.table["scope"] == "interval").any() else []
    return render_page(
        name="Validation",
        run=f"{found.name} against {found.days}; {found.replications} replications",
        verdict=verdict(found),
        mood="met" if not len(found.differs) else "",
        pictures=pictures,
        tables=_grids(found),
        assumptions=[
            f"Chance of any false difference over all comparisons: {share(found.error_rate, 0)} (t test, Holm).",
            f"{_replayed(found).capitalize()} take the place of the scenario's.",
            "Redials and repeats of the scenario are off: the record has them.",
            *found.notes,
        ],
        footer="cxsim validate",
    )


def _by_interval(found: Validation) -> dict[str, Any]:
    part = found.table[found.table["scope"] == "interval"]
    titles = list(dict.fromkeys(part["title"]))

    def draw(title: str, ax: Axes) -> None:
        rows = part[part["title"] == title]
        x = np.array([float(t[:2]) + float(t[3:]) / 60 for t in rows["name"]])
        ax.fill_between(x, rows["low"], rows["high"], color=style.SKY, alpha=0.45, lw=0, label="95% of replications")
        ax.plot(x, rows["simulated"], color=style.BLUE, lw=1.4, label="simulated")
        ax.plot(x, rows["observed"], "o", ms=3, color=style.INK, label="observed")
        out = rows["differs"].to_numpy()
        ax.plot(x[out], rows["observed"][out], "o", ms=4.5, color=style.VERMILLION, label="differs")
        style.dress(ax, title, str(rows["unit"].iloc[0]).replace("share", ""))
        if rows["unit"].iloc[0] == "share":
            style.percent_axis(ax)
        else:
            style.from_zero(ax)
        ax.xaxis.set_major_formatter(lambda v, _: f"{int(v):02d}:00")

    figure = style.panels(titles, draw, wide=False, share_y=False, x_label=True)
    rows = tuple(
        Row(
            (
                Cell(r["name"]),
                Cell(r["title"]),
                Cell(f"{r['contacts']:,}"),
                *(Cell(c) for c in _cells(r)),
                Cell("yes" if r["differs"] else ""),
            )
        )
        for r in part.to_dict("records")
    )
    heads = ("Interval", "Metric", "Contacts", "Observed", "Simulated", "Difference", "Beyond chance")
    table = Grid("Every interval", heads, rows, left=2)
    return picture(
        "By interval of the day",
        "Observed against what single replications give.",
        svg_of(figure, "interval", "By interval of the day"),
        table,
    )


def _grids(found: Validation) -> list[Grid]:
    out = []
    heads = ("Metric", "Observed", "Simulated", "Difference", "Beyond chance")
    for scope, caption in (("total", "In total"), ("reason", "By reason"), ("queue", "By queue")):
        rows = [
            Row(
                (
                    Cell(f"{r['name']}: {r['title']}" if r["name"] else r["title"]),
                    Cell(_cells(r)[0]),
                    Cell(_cells(r)[1], between(r["low"], r["high"], r["unit"])),
                    Cell(_cells(r)[2]),
                    Cell("yes" if r["differs"] else "no"),
                )
            )
            for r in found.table[found.table["scope"] == scope].to_dict("records")
        ]
        if not rows:
            continue
        note = "Beside: 95 % of single replications." if scope == "total" else ""
        out.append(Grid(caption, heads, tuple(rows), note=note))
    steps = _steps(found)
    if steps:
        rows = [
            Row(
                (
                    Cell(title),
                    *(
                        Cell(quantity(r["change"], unit))
                        if r["cause"] in _ENDS
                        else Cell(change(r["change"], unit), change_between(r["low"], r["high"], unit))
                        for r in part
                    ),
                )
            )
            for title, unit, part in steps
        ]
        note = "Steps in this order, on the same random numbers; they add up. Beside: 95 % intervals."
        names = ("Metric", *(str(r["cause"]).capitalize() for r in steps[0][2]))
        out.append(Grid("From the plan to what was observed", names, tuple(rows), note=note))
    return out
