"""Pictures of a sweep: response curves with bands, a tornado, a heat map with its interaction, sensitivity indices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.metrics.registry import better
from cxsim.report.common import formats, style
from cxsim.report.common.formats import quantity
from cxsim.report.common.style import BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE, SKY, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxsim.studies.sweep.effects import Reading

MOST_CURVES = 9
MOST_BARS = 20
MOST_CELLS = 16  # levels of a factor in a heat map
LINES = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY, INK)


def _new(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _value_axis(reading: Reading, axis: Any) -> None:
    """Ticks of an axis in the figure's unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(style.round_times() if reading.unit == "s" else MaxNLocator(5, steps=[1, 2, 5, 10]))
    if reading.unit == "share":
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.3g}%"))
    elif reading.unit == "s":
        axis.set_major_formatter(FuncFormatter(lambda v, _: formats.seconds(round(v, 6))))
    else:
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.6g}"))


def strongest(reading: Reading) -> list[str]:
    """The factors by how much they move the figure, the strongest first."""
    if len(reading.indices):
        first = reading.indices[reading.indices["index"].isin(("mu_star", "total"))]
        return [str(name) for name in first.sort_values("value", ascending=False, kind="stable")["factor"]]
    swung = [str(name) for name in reading.swings["factor"]]
    return swung + [str(one["name"]) for one in reading.factors if one["name"] not in swung]


def curves(reading: Reading) -> Figure:
    """The figure at each level of each factor, all points of that level taken together, with 95 % bands."""
    names = strongest(reading)[:MOST_CURVES]
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = _new(3.4 * columns + 0.4, 2.5 * rows + 0.2)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for ax, name in zip(grid, names, strict=False):
        mine = reading.levels[reading.levels["factor"] == name].sort_values("x", kind="stable")
        x, y = mine["x"].to_numpy(float), mine["value"].to_numpy(float)
        ax.fill_between(x, mine["low"].to_numpy(float), mine["high"].to_numpy(float), color=BLUE, alpha=0.18, lw=0)
        ax.plot(x, y, "o-", color=BLUE, ms=4, lw=1.6)
        style.dress(ax, name)
        _level_axis(reading, ax, mine)
        _value_axis(reading, ax.yaxis)
    for ax in grid[len(names) :]:
        ax.set_visible(False)
    return figure


def _level_axis(reading: Reading, ax: Axes, levels: pd.DataFrame) -> None:
    """Ticks at the levels themselves where they are words or few, else at round numbers."""
    from matplotlib.ticker import PercentFormatter

    name = str(levels["factor"].iloc[0])
    fact = next(one for one in reading.factors if one["name"] == name)
    if fact["column"] == "str" or len(levels) <= 6:
        texts = [str(text) for text in levels["level"]]
        long = max(map(len, texts)) * len(texts) > 34
        ax.set_xticks(levels["x"].to_numpy(float), texts, rotation=30 if long else 0, ha="right" if long else "center")
    elif fact.get("scale", 1.0) != 1.0:
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=str(fact["unit"])))
    elif fact["unit"]:
        ax.set_xlabel(str(fact["unit"]).strip(), fontsize=8.5, color=GREY)


def tornado(reading: Reading) -> Figure:
    """What the figure changes from the first level of each factor to the last, paired on the same draws."""
    swings = reading.swings.head(MOST_BARS).iloc[::-1]
    figure = _new(8.6, 0.9 + 0.36 * len(swings))
    ax = figure.subplots()
    centre = float(np.average(reading.points["value"].to_numpy(float)))
    for y, row in enumerate(swings.to_dict("records")):
        low, high = float(row["from_value"]), float(row["to_value"])
        rising = high >= low
        ax.barh(y, high - low, left=low, height=0.62, color=BLUE if rising else ORANGE)
        for value, level in ((low, row["from_level"]), (high, row["to_level"])):
            outside = value == max(low, high)
            ax.annotate(
                str(level),
                (value, y),
                xytext=(4 if outside else -4, 0),
                textcoords="offset points",
                va="center",
                ha="left" if outside else "right",
                fontsize=8,
                color=INK,
            )
    ax.axvline(centre, color=GREY, lw=0.9, ls=(0, (3, 3)))
    style.dress(ax)
    ax.grid(axis="y", visible=False)
    ax.set_yticks(range(len(swings)), [str(name) for name in swings["factor"]])
    ends = swings[["from_value", "to_value"]].to_numpy(float)
    room = 0.14 * max(float(np.nanmax(ends) - np.nanmin(ends)), 1e-9)
    ax.set_xlim(float(np.nanmin(ends)) - room, float(np.nanmax(ends)) + room)
    _value_axis(reading, ax.xaxis)
    ax.set_xlabel(formats.title(reading.figure), fontsize=8.5, color=GREY)
    return figure


def interacting(reading: Reading) -> tuple[str, str] | None:
    """The two strongest factors, where both have few levels and points for most pairs of them."""
    names = [name for name in strongest(reading) if 1 < reading.points[name].nunique() <= MOST_CELLS]
    if len(names) < 2 or reading.kind in ("one_at_a_time", "morris", "sobol_indices"):
        return None
    pairs = reading.points[names[:2]].drop_duplicates()
    size = reading.points[names[0]].nunique() * reading.points[names[1]].nunique()
    return (names[0], names[1]) if len(pairs) > 0.4 * size else None


def table_of(reading: Reading, across: str, down: str) -> pd.DataFrame:
    """Mean values of the figure by two factors, over the others."""
    made = reading.points.pivot_table(index=down, columns=across, values="value", aggfunc="mean", sort=False)

    def order(name: str, found: Any) -> list[Any]:
        fact = next(one for one in reading.factors if one["name"] == name)
        return [v for v in fact["values"] if v in set(found)] if fact["column"] == "str" else sorted(found)

    return made.reindex(index=order(down, made.index), columns=order(across, made.columns))


def heat_map(reading: Reading, across: str, down: str) -> Figure:
    """The figure by two factors: a cell a pair; beside it a line a level, parallel if nothing interacts."""
    made = table_of(reading, across, down)
    values = made.to_numpy(float)
    figure = _new(10.4, max(3.4, 1.2 + 0.34 * len(made)))
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
    worse = better(reading.figure) < 0
    if math.isnan(reading.target):
        look: dict[str, Any] = {"cmap": "Blues_r" if worse else "Blues"}
    else:
        span = max(abs(np.nanmin(values) - reading.target), abs(np.nanmax(values) - reading.target), 1e-9)
        look = {"cmap": "RdBu_r" if worse else "RdBu", "vmin": reading.target - span, "vmax": reading.target + span}
    image = left.imshow(values, aspect="auto", origin="lower", **look)
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    small = values.shape[1] > 9
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            if math.isfinite(value):
                dark = (value > middle) != worse
                if not math.isnan(reading.target):
                    dark = abs(value - reading.target) > 0.6 * span
                left.text(
                    j,
                    i,
                    _short(reading, value),
                    ha="center",
                    va="center",
                    fontsize=6.5 if small else 8,
                    color="white" if dark else INK,
                )
    left.set_xticks(range(values.shape[1]), [reading.shown(across, one) for one in made.columns], fontsize=8)
    left.set_yticks(range(values.shape[0]), [reading.shown(down, one) for one in made.index], fontsize=8)
    left.set_xlabel(across, fontsize=8.5, color=GREY)
    left.set_ylabel(down, fontsize=8.5, color=GREY)
    left.tick_params(length=0, colors=INK)
    for spine in left.spines.values():
        spine.set_visible(False)
    image.set_rasterized(False)
    chosen = np.unique(np.linspace(0, len(made) - 1, min(len(made), len(LINES))).round().astype(int))
    places = np.arange(values.shape[1])
    for colour, k in zip(LINES, chosen, strict=False):
        right.plot(places, values[k], "o-", color=colour, ms=3.5, lw=1.5, label=reading.shown(down, made.index[k]))
    style.dress(right)
    if not math.isnan(reading.target):
        right.axhline(reading.target, color=INK, lw=1, ls=(0, (4, 3)), label="target")
    _value_axis(reading, right.yaxis)
    right.set_xticks(places, [reading.shown(across, one) for one in made.columns], fontsize=8)
    right.set_xlabel(across, fontsize=8.5, color=GREY)
    right.legend(title=down, fontsize=8, title_fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _short(reading: Reading, value: float) -> str:
    if reading.unit == "share":
        return f"{100 * value:.0f}%"
    return formats.seconds(value) if reading.unit == "s" else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def indices(reading: Reading) -> Figure:
    """Sensitivity indices: Morris' mean effect against its spread, or Sobol' first and total shares of the variance."""
    frame = reading.indices
    names = strongest(reading)
    if reading.kind == "morris":
        figure = _new(7.0, 4.2)
        ax = figure.subplots()
        mean, spread = (frame[frame["index"] == one].set_index("factor") for one in ("mu_star", "sigma"))
        for name in names:
            x, y = float(mean["value"][name]), float(spread["value"][name])
            ax.plot([float(mean["low"][name]), float(mean["high"][name])], [y, y], color=PALE, lw=2)
            ax.plot([x], [y], "o", color=BLUE, ms=6)
            ax.annotate(name, (x, y), xytext=(6, 5), textcoords="offset points", fontsize=8.5, color=INK)
        style.dress(ax)
        ax.margins(0.12)
        _value_axis(reading, ax.xaxis)
        _value_axis(reading, ax.yaxis)
        ax.set_xlabel("mean size of the effect over the whole range", fontsize=8.5, color=GREY)
        ax.set_ylabel("spread of the effect (curvature, interaction, noise)", fontsize=8.5, color=GREY)
        return figure
    figure = _new(8.6, 1.0 + 0.5 * len(names))
    ax = figure.subplots()
    for k, (index, colour, label) in enumerate((("first", SKY, "alone"), ("total", BLUE, "with interactions"))):
        mine = frame[frame["index"] == index].set_index("factor").loc[names[::-1]]
        places = np.arange(len(names)) + (0.18 if k == 0 else -0.18)
        ax.barh(places, np.maximum(mine["value"].to_numpy(float), 0.0), height=0.34, color=colour, label=label)
        ax.hlines(places, mine["low"].to_numpy(float), mine["high"].to_numpy(float), color=INK, lw=1)
    style.dress(ax)
    ax.grid(axis="y", visible=False)
    ax.set_yticks(range(len(names)), names[::-1])
    ax.set_xlim(left=0.0)
    ax.set_xlabel("share of the variance over the design", fontsize=8.5, color=GREY)
    style.legend(ax)
    return figure


def quick(reading: Reading, value: float) -> str:
    """A value of the figure in its unit."""
    return quantity(value, reading.unit, reading.currency)
