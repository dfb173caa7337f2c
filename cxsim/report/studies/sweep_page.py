"""A sweep as one page that can be mailed, and its summary in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.metrics.registry import better
from cxsim.report.common import formats
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_page
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.studies import sweep_pictures
from cxsim.report.studies.sweep_pictures import quick
from cxsim.studies.sweep.effects import SPREAD, Reading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEST = 5
SAID = 5  # levels of a factor that are listed in a sentence
SURE = "95 % intervals, over replications that all points share"
RESAMPLED = "Indices have 95 % intervals from resampled walks or blocks; they include the noise of the simulation."
OF_DESIGN = {
    "grid": "every combination",
    "list": "the listed points",
    "latin_hypercube": "a Latin hypercube",
    "sobol": "a Sobol sequence",
    "one_at_a_time": "one factor at a time",
    "morris": "Morris walks",
    "sobol_indices": "blocks for Sobol indices",
}


def of_what(reading: Reading) -> str:
    """`SL of sales`, or `SL` for the whole."""
    return formats.head(reading.figure) + ("" if reading.scope == "total" else f" of {reading.name}")


def sentences(reading: Reading) -> list[str]:
    """What the sweep says of the figure: what reaches its target, what moves it, what does not, its range."""
    values = reading.points["value"].to_numpy(float)
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    out = reaching(reading)
    span = (
        f"{of_what(reading)} runs from {quick(reading, values[low])} ({_place(reading, low)}) to"
        f" {quick(reading, values[high])} ({_place(reading, high)})."
    )
    if reading.kind == "morris" and len(reading.indices):
        mean = reading.indices[reading.indices["index"] == "mu_star"].sort_values("value", ascending=False)
        moved = [
            f"{row['factor']} ({formats.change(float(row['value']), reading.unit, reading.currency)[1:]})"
            for row in mean.head(3).to_dict("records")
        ]
        out.append(
            f"Over their whole ranges, these factors change it most on average, up or down: {formats.listing(moved)}."
        )
    clear = [row for row in reading.swings.to_dict("records") if _clear(row)]
    if clear:
        parts = [
            f"{row['factor']} ({row['from_level']} to {row['to_level']}:"
            f" {formats.change(float(row['change']), reading.unit, reading.currency)})"
            for row in clear[:3]
        ]
        out.append(f"Factors that change {of_what(reading)} most: {formats.listing(parts)}.")
    unclear = [str(row["factor"]) for row in reading.swings.to_dict("records") if not _clear(row)]
    if unclear and not all(math.isnan(float(row["low"])) for row in reading.swings.to_dict("records")):
        out.append(f"No clear change from the lowest to the highest level of {formats.listing(unclear)}.")
    return [*out, span]


def reaching(reading: Reading) -> list[str]:
    """Which level of one factor reaches the target at each level of another: a sentence, or none.

    Of the two factors that matter most it is the one of agents that is looked for, or the strongest.
    """
    pair = sweep_pictures.interacting(reading)
    if pair is None or math.isnan(reading.target):
        return []
    facts = {str(one["name"]): one for one in reading.factors}
    staff = next((name for name in pair if "agents" in str(facts[name]["path"])), pair[0])
    other = pair[1] if staff == pair[0] else pair[0]
    if facts[staff]["column"] == "str":
        return []
    made = sweep_pictures.table_of(reading, staff, other)
    sign = 1.0 if better(reading.figure) > 0 else -1.0
    ends = sign * np.nanmean(made.to_numpy(float)[:, [0, -1]], axis=0)
    rises = bool(ends[1] >= ends[0])
    columns = list(made.columns) if rises else list(made.columns)[::-1]
    rows = list(made.index)
    rows = rows if len(rows) <= SAID else [rows[0], rows[len(rows) // 2], rows[-1]]
    parts = []
    for row in rows:
        met = [one for one in columns if sign * made.loc[row, one] >= sign * reading.target]
        what = reading.shown(staff, met[0]) if met else f"{'more' if rises else 'less'} than the sweep tried"
        parts.append(f"{what} at {other} {reading.shown(other, row)}")
    others = [str(one["name"]) for one in reading.factors if one["name"] not in pair]
    mean = f" (means over {formats.listing(others)})" if others else ""
    least = "" if rises else "at most "
    head = f"The {of_what(reading)} target of {_goal(reading)} needs {staff} of {least}"
    return [f"{head}{formats.listing(parts)}{mean}."]


def _goal(reading: Reading) -> str:
    """The target, without decimals that say nothing."""
    whole = reading.unit == "share" and abs(100 * reading.target - round(100 * reading.target)) < 1e-9
    return formats.share(reading.target, 0) if whole else quick(reading, reading.target)


def _clear(row: Mapping[Any, Any]) -> bool:
    low, high = float(row["low"]), float(row["high"])
    return (low > 0.0 or high < 0.0) if not math.isnan(low) else float(row["change"]) != 0.0


def _place(reading: Reading, row: int) -> str:
    values = reading.points.iloc[row]
    return ", ".join(f"{one['name']} {reading.shown(one['name'], values[one['name']])}" for one in reading.factors)


def _bounds(reading: Reading, low: float, high: float) -> str:
    return formats.margin(low, high, reading.unit, reading.currency)


def ends(reading: Reading, count: int = BEST) -> Grid:
    """The best points and the worst; highest and lowest where neither is better."""
    sign = better(reading.figure)
    frame = reading.points.dropna(subset=["value"]).sort_values("value", ascending=sign < 0, kind="stable")
    words = ("best", "worst") if sign else ("highest", "lowest")
    rows = []
    parts = ((words[0], frame.head(count)), (words[1], frame.iloc[count:].tail(count).iloc[::-1]))
    for word, part in parts:
        for row in part.to_dict("records"):
            cells = [Cell(reading.shown(one["name"], row[one["name"]])) for one in reading.factors]
            value = Cell(quick(reading, float(row["value"])), _bounds(reading, float(row["low"]), float(row["high"])))
            rows.append(Row((Cell(word), Cell(str(row["point"])), *cells, value)))
    heads = ("", "point", *(str(one["name"]) for one in reading.factors), formats.head(reading.figure))
    return Grid(f"{words[0].capitalize()} and {words[1]} points: {of_what(reading)}", heads, tuple(rows), 1)


def _levels(reading: Reading) -> Grid:
    rows = [
        Row(
            (
                Cell(str(row["factor"])),
                Cell(str(row["level"])),
                Cell(str(row["points"])),
                Cell(quick(reading, float(row["value"])), _bounds(reading, float(row["low"]), float(row["high"]))),
            )
        )
        for row in reading.levels.to_dict("records")
    ]
    return Grid("The table", ("Factor", "Level", "Points", formats.head(reading.figure)), tuple(rows), 2)


def _swings(reading: Reading) -> Grid:
    rows = []
    for row in reading.swings.to_dict("records"):
        low, high = float(row["low"]), float(row["high"])
        rows.append(
            Row(
                (
                    Cell(str(row["factor"])),
                    Cell(str(row["from_level"])),
                    Cell(str(row["to_level"])),
                    Cell(quick(reading, float(row["from_value"]))),
                    Cell(quick(reading, float(row["to_value"]))),
                    Cell(formats.change(float(row["change"]), reading.unit, reading.currency)),
                    Cell(formats.change_between(low, high, reading.unit, reading.currency)),
                )
            )
        )
    heads = ("Factor", "From", "To", "there", "here", "Change", "95% interval")
    return Grid("The table", heads, tuple(rows), 3)


def _cells(reading: Reading, across: str, down: str) -> Grid:
    made = sweep_pictures.table_of(reading, across, down)
    rows = tuple(
        Row(
            (
                Cell(reading.shown(down, at)),
                *(Cell(quick(reading, float(v)) if math.isfinite(v) else formats.NOTHING) for v in row),
            )
        )
        for at, row in zip(made.index, made.to_numpy(float), strict=True)
    )
    return Grid("The table", (f"{down} \\ {across}", *(reading.shown(across, one) for one in made.columns)), rows)


def _indices(reading: Reading) -> Grid:
    def shown(value: float) -> str:
        return quick(reading, value) if reading.kind == "morris" else f"{value:.3f}"

    rows = tuple(
        Row(
            (
                Cell(str(row["factor"])),
                Cell(str(row["index"]).replace("_", " ")),
                Cell(shown(float(row["value"]))),
                Cell(f"{shown(float(row['low']))} to {shown(float(row['high']))}"),
            )
        )
        for row in reading.indices.to_dict("records")
    )
    return Grid("The table", ("Factor", "Index", "Value", "95% interval"), rows, 2)


def pictures(reading: Reading) -> list[tuple[str, str, str, Figure, Grid]]:
    """Key, title, sentence, figure and table of each picture that the design gives."""
    head = of_what(reading)
    out = []
    if len(reading.swings):
        how = "averaged over all points of a level (in a grid: those whose other values occur at every level)"
        if reading.kind in SPREAD:
            how = "by a regression on all factors together"
        says = f"From the first level of each factor to the last, {how}. Blue rises, orange falls; dashed is the mean."
        out.append(("tornado", f"Factors that change {head}", says, sweep_pictures.tornado(reading), _swings(reading)))
    if len(reading.indices):
        says = (
            "Further right: a larger effect. Higher: the effect depends more on the other factors."
            if reading.kind == "morris"
            else "Share of the variance over the design that each factor causes alone, and with its interactions."
        )
        out.append(("indices", f"Sensitivity of {head}", says, sweep_pictures.indices(reading), _indices(reading)))
    says = "Averaged over all points of a level, with 95 % bands; factors with many values are binned."
    if len(reading.levels):
        out.append(("curves", f"{head} by factor", says, sweep_pictures.curves(reading), _levels(reading)))
    pair = sweep_pictures.interacting(reading)
    if pair is not None:
        says = f"Means over the other factors. If lines are not parallel, the effect of {pair[0]} depends on {pair[1]}."
        drawn = sweep_pictures.heat_map(reading, *pair)
        if not math.isnan(reading.target):
            says = f"Blue reaches the target of {_goal(reading)}, red does not. {says}"
        out.insert(0, ("heat-map", f"{head} by {pair[0]} and {pair[1]}", says, drawn, _cells(reading, *pair)))
    return out


def run_line(reading: Reading, facts: Mapping[str, Any], points: int, failed: int) -> str:
    """What was swept, in a line."""
    kind = OF_DESIGN.get(reading.kind, reading.kind)
    each = (
        f"{facts['replications']} replications each"
        if facts.get("replications")
        else "replications until the precision is reached"
    )
    parts = [f"{formats.plural(points, 'point')} of {formats.plural(len(reading.factors), 'factor')} ({kind})", each]
    if failed:
        parts.append(f"{formats.plural(failed, 'point')} failed")
    return ", ".join(parts) + f". Seed {facts['seed']}, engine {facts['engine']}."


def page(readings: Sequence[Reading], facts: Mapping[str, Any], points: int, failed: int, scenario: str) -> str:
    """The whole page as text."""
    drawn = [
        picture(title, says, svg_of(figure, f"{key}-{reading.figure}-{k}", f"{title}. {says}"), table)
        for k, reading in enumerate(readings)
        for key, title, says, figure, table in pictures(reading)
    ]
    first = readings[0]
    return render_page(
        name=str(facts["name"]),
        run=run_line(first, facts, points, failed),
        verdict=" ".join(sentences(first)[:2]),
        pictures=drawn,
        tables=[ends(reading) for reading in readings],
        assumptions=[
            "Every point has the same customers (common random numbers), so differences between points are paired.",
            f"Values have {SURE}.",
            "A factor's effect holds within this design; over other ranges it differs.",
            *([RESAMPLED] if len(first.indices) else []),
        ],
        glossary=[(formats.title(one.figure), formats.formula(one.figure)) for one in readings],
        scenario=scenario,
        footer=f"Made by cxsim, seed {facts['seed']}. The same design gives the same table.",
    )
