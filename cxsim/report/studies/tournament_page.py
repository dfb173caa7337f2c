"""Tournaments as one page: who is best where, by how much, at what price, and when in the day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxsim.metrics import REGISTRY
from cxsim.model.routing_choice import named
from cxsim.report.common import formats
from cxsim.report.common.formats import quantity, title
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_page
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run.page import MOST_ROWS
from cxsim.report.studies import tournament as drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cxsim.studies.tournament import Tournament


def page(found: Mapping[str, Tournament], currency: str, version: str) -> str:
    """The whole page as text, of one scenario or of several."""
    first = next(iter(found.values()))
    pictures: list[dict[str, Any]] = []
    if len(found) > 1:
        pictures.append(
            _picture(
                "Policies by scenarios",
                "One column per scenario; the best policy of each is named.",
                drawn.heat(found),
                "heat",
                _winners(found),
            )
        )
    for k, (name, one) in enumerate(found.items()):
        where = f" in {name}" if len(found) > 1 else ""
        head = f"Best policy{where}"
        pictures.append(_picture(head, drawn.verdict(one), drawn.plot(one), f"best-{k}", _table(one, currency)))
        if drawn.equal(one):
            continue  # nothing differs at any time
        pictures += [
            _picture(
                f"Trade-offs{where}",
                "Each dot is a policy: further left means shorter waits, higher means more issues resolved.",
                drawn.trade(one),
                f"trade-{k}",
                _beside(one, currency),
            ),
            _picture(
                f"Differences by time{where}",
                "Differences by interval, each with a 95 % interval; the choice above uses the whole day.",
                drawn.by_interval(one),
                f"interval-{k}",
                _intervals(one, currency),
            ),
        ]
    tiles = [{"title": name, "value": drawn.first_of(one), "note": ""} for name, one in found.items()]
    runs = f"seed {first.seed}, chosen with a confidence of {formats.share(first.confidence)}"
    return render_page(
        name="Tournament of routing policies",
        run=runs,
        verdict=drawn.verdict(first),
        tiles=tiles,
        replications=int(first.table["replications"].max()),
        pictures=pictures,
        assumptions=[drawn.METHOD],
        glossary=_glossary(first),
        footer=f"cxsim {version}",
    )


def _picture(head: str, sentence: str, figure: Figure, key: str, table: Grid) -> dict[str, Any]:
    return picture(head, sentence, svg_of(figure, key, key), table)


def _winners(found: Mapping[str, Tournament]) -> Grid:
    rows = []
    for name, one in found.items():
        alike = [named(str(n)) for n in one.table[one.table["verdict"] == "not distinguishable"]["name"]]
        rows.append(Row((Cell(name), Cell(drawn.first_of(one)), Cell(", ".join(alike) or "none"))))
    return Grid("The best of each scenario", ("Scenario", "Best", "Not distinguishable from it"), tuple(rows), left=3)


def _table(found: Tournament, currency: str) -> Grid:
    unit = drawn.unit_of(found)
    rows = []
    for row in found.table.to_dict("records"):
        best = row["verdict"] == "best"
        gap = "" if best else formats.change(row["difference"], unit, currency)
        margin = "" if best else formats.margin(row["low"], row["high"], unit, currency)
        cells = (
            Cell(named(str(row["name"]))),
            Cell(quantity(row["value"], unit, currency)),
            Cell(gap, margin),
            Cell(f"{row['replications']:,}"),
            Cell(row["verdict"]),
        )
        rows.append(Row(cells, best))
    heads = ("Policy", title(found.figure), "Difference from the best", "Replications", "Verdict")
    return Grid(f"By {title(found.figure)}", heads, tuple(rows), texts=(5,))


def _beside(found: Tournament, currency: str) -> Grid:
    figures = list(dict.fromkeys(found.beside["figure"]))
    rows = []
    for name, part in found.beside.groupby("name", sort=False):
        by = {row["figure"]: row for row in part.to_dict("records")}
        cells = [
            Cell(
                quantity(by[one]["value"], by[one]["unit"], currency),
                formats.margin(by[one]["low"], by[one]["high"], by[one]["unit"], currency),
            )
            for one in figures
        ]
        rows.append(Row((Cell(named(str(name))), *cells)))
    most = int(found.beside["replications"].max())
    note = f"Over {most:,} replications or fewer, each with a 95 % interval."
    return Grid("Other metrics of each policy", ("Policy", *map(title, figures)), tuple(rows), note=note)


def _intervals(found: Tournament, currency: str) -> Grid:
    names, unit = drawn.shown(found), drawn.unit_of(found)
    rows = []
    known = found.intervals.dropna(subset=["difference"])
    for interval, part in known.groupby("interval", sort=False):
        by = {row["name"]: row for row in part.to_dict("records")}
        cells = [
            Cell(
                formats.change(by[one]["difference"], unit, currency),
                formats.margin(by[one]["low"], by[one]["high"], unit, currency),
            )
            if one in by
            else Cell("")
            for one in names
        ]
        rows.append(Row((Cell(formats.when(str(interval))), *cells)))
    heads = ("Interval", *map(named, names))
    note = f"The first {MOST_ROWS} of {len(rows):,} intervals." if len(rows) > MOST_ROWS else ""
    caption = f"{title(found.figure)}, difference from {named(found.best)}"
    return Grid(caption, heads, tuple(rows[:MOST_ROWS]), note=note)


def _glossary(found: Tournament) -> list[tuple[str, str]]:
    return [(title(name), REGISTRY[name].formula) for name in dict.fromkeys((found.figure, *found.beside["figure"]))]
