"""A tournament as a table for the terminal and as a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from cxsim.metrics.registry import REGISTRY, better
from cxsim.model.routing_choice import named
from cxsim.report.common import style
from cxsim.report.common.formats import change, quantity, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.studies.tournament import Tournament

COLOURS = {
    "best": style.GREEN,
    "worse": style.VERMILLION,
    "better": style.BLUE,
    "not distinguishable": style.GREY,
    "the same": style.GREY,
}
METHOD = (
    "All values come from fresh replications that were not used for the choice. A difference from the best uses "
    "the replications that both have in common; the intervals hold jointly (Bonferroni)."
)
MOST_LINES = 6  # of differences by interval


def unit_of(found: Tournament) -> str:
    return REGISTRY[found.figure].unit


def equal(found: Tournament) -> bool:
    """Whether all contestants gave the same in every replication."""
    return set(found.table["verdict"]) <= {"best", "the same"}


def first_of(found: Tournament) -> str:
    """Best policy, or that nobody is."""
    if equal(found):
        return "no difference"
    told = set(found.table["verdict"]) & {"worse", "better"}
    return named(found.best) if told else f"no clear best ({named(found.best)} first)"


def _values(found: Tournament) -> Figure:
    """The figure of each, where there is no difference to draw."""
    from matplotlib.figure import Figure

    rows, unit = found.table.iloc[::-1].to_dict("records"), unit_of(found)
    figure = Figure(figsize=(8.5, 1.4 + 0.38 * len(rows)), layout="constrained")
    ax = figure.subplots()
    places = range(len(rows))
    ax.barh(places, [row["value"] for row in rows], height=0.6, color=style.PALE)
    for k, row in zip(places, rows, strict=True):
        ax.annotate(quantity(row["value"], unit), (0.0, k), xytext=(6, 0), textcoords="offset points", va="center")
    ax.set_yticks(places, [named(str(row["name"])) for row in rows])
    ax.set_xticks([])
    ax.set_xlim(left=0.0)
    head = f"No difference by {title(found.figure)}: the same in every replication"
    ax.set_title(head, loc="left", fontsize=11, weight="bold")
    for side in ax.spines.values():
        side.set_visible(False)
    return figure


def plot(found: Tournament) -> Figure:
    """A row a contestant: how far it is from the best, with its simultaneous interval; the values of equals."""
    from matplotlib.figure import Figure

    if equal(found):
        return _values(found)
    rows = found.table.iloc[::-1].to_dict("records")
    factor = 100.0 if unit_of(found) == "share" else 1.0
    figure = Figure(figsize=(8.5, 1.4 + 0.38 * len(rows)), layout="constrained")
    ax = figure.subplots()
    for k, row in enumerate(rows):
        colour = COLOURS[row["verdict"]]
        if row["low"] == row["low"]:
            ax.plot([factor * row["low"], factor * row["high"]], [k, k], color=colour, lw=3, solid_capstyle="round")
        ax.plot(factor * row["difference"], k, "o", color=colour, ms=7)
    ax.axvline(0.0, color=style.INK, lw=1)
    ax.set_yticks(range(len(rows)), [named(str(row["name"])) for row in rows])
    unit = "points" if factor > 1.0 else unit_of(found)
    ax.set_xlabel(f"difference from the best{f', {unit}' if unit else ''}; the intervals hold jointly")
    clear = first_of(found) == named(found.best)
    head = f"{'Best by' if clear else 'By'} {title(found.figure)}: {first_of(found)}"
    ax.set_title(head, loc="left", fontsize=11, weight="bold")
    ax.grid(axis="x", color=style.RULE, lw=0.8)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return figure


def heat(found: Mapping[str, Tournament]) -> Figure:
    """Policies by scenarios: how far each is from the best there, shaded from the best to the worst of a scenario."""
    from matplotlib.figure import Figure

    first = next(iter(found.values()))
    tables, sign = [one.table.set_index("name") for one in found.values()], better(first.figure)
    gaps = np.array([[-sign * table.loc[name, "difference"] for table in tables] for name in first.table["name"]])
    clear = np.array([[table.loc[name, "verdict"] == "worse" for table in tables] for name in first.table["name"]])
    gaps = np.where(clear, np.maximum(gaps, 0.0), 0.0)  # what is not told apart has the shade of the best
    worst = np.maximum(gaps.max(axis=0), 1e-300)
    order = np.argsort((gaps / worst).mean(axis=1), kind="stable")
    names = [str(first.table["name"].iloc[i]) for i in order]
    figure = Figure(figsize=(3.2 + 1.7 * len(tables), 1.6 + 0.36 * len(names)), layout="constrained")
    ax = figure.subplots()
    ax.imshow((gaps / worst)[order], cmap="YlOrBr", vmin=0.0, vmax=1.6, aspect="auto")
    factor = 100.0 if unit_of(first) == "share" else 1.0
    for k, name in enumerate(names):
        for j, table in enumerate(tables):
            row = table.loc[name]
            alike = row["verdict"] == "not distinguishable"
            by = factor * float(str(row["difference"]))
            told = (f"{by:+.1f}" if abs(by) >= 0.1 else f"{by:+.2g}").replace("-", "\N{MINUS SIGN}")
            told = str(row["verdict"]) if row["verdict"] in ("best", "the same") else f"≈ {told}" if alike else told
            ax.text(
                j,
                k,
                told,
                ha="center",
                va="center",
                fontsize=9,
                color=style.INK,
                weight="bold" if told == "best" else "normal",
            )
    ax.set_yticks(range(len(names)), [named(name) for name in names])
    ax.set_xticks(range(len(tables)), [textwrap.fill(one, 18) for one in found])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    unit = "points" if factor > 1.0 else unit_of(first)
    head = f"{title(first.figure)}: difference from the best of each scenario{f', {unit}' if unit else ''}"
    ax.set_title(head, loc="left", fontsize=11, weight="bold")
    ax.set_xlabel("≈ not distinguishable from the best", fontsize=9)
    return figure


def trade(found: Tournament) -> Figure:
    """Wait against resolution, and what a resolved issue costs by the colour: a dot a contestant."""
    from matplotlib.figure import Figure

    wide = found.beside.pivot_table(index="name", columns="figure", values="value", sort=False)
    figure = Figure(figsize=(8.5, 5.0), layout="constrained")
    ax = figure.subplots()
    cost = wide["cost_per_resolution"]
    dots = ax.scatter(wide["asa"], 100.0 * wide["fcr_true"], c=cost, cmap="viridis_r", s=70, zorder=3)
    for k, (name, row) in enumerate(wide.sort_values("asa").iterrows()):
        ax.annotate(
            named(str(name)),
            (row["asa"], 100.0 * row["fcr_true"]),
            xytext=(7, 5 if k % 2 else -11),
            textcoords="offset points",
            fontsize=8,
            color=style.INK,
        )
    figure.colorbar(dots, ax=ax, label=f"{title('cost_per_resolution')}", shrink=0.8)
    ax.set_xlabel(f"{title('asa')}, s")
    ax.set_ylabel(f"{title('fcr_true')}, %")
    ax.margins(x=0.16, y=0.12)
    ax.grid(color=style.RULE, lw=0.8)
    ax.set_title("Wait against resolution against cost", loc="left", fontsize=11, weight="bold")
    return figure


def shown(found: Tournament) -> list[str]:
    """Those next to the best whose differences by interval are shown."""
    differ = found.table[found.table["verdict"] != "the same"]
    return [str(name) for name in differ["name"]][1 : MOST_LINES + 1]


def by_interval(found: Tournament) -> Figure:
    """How far those next to the best are from it over the day, with 95 % intervals, each on its own."""
    from matplotlib.figure import Figure

    names = shown(found)
    factor = 100.0 if unit_of(found) == "share" else 1.0
    figure = Figure(figsize=(8.5, 1.2 + 1.35 * len(names)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(names), 1, sharex=True, sharey=True))
    labels = sorted(set(map(str, found.intervals.dropna(subset=["difference"])["interval"])))
    for ax, name in zip(axes, names, strict=True):
        rows = found.intervals[found.intervals["name"] == name].set_index("interval").reindex(labels)
        places = range(len(rows))
        ax.fill_between(places, factor * rows["low"], factor * rows["high"], color=style.BLUE, alpha=0.25, lw=0)
        ax.plot(places, factor * rows["difference"], color=style.BLUE, lw=1.8)
        ax.axhline(0.0, color=style.INK, lw=1)
        ax.set_title(named(name), loc="left", fontsize=9)
        ax.grid(axis="y", color=style.RULE, lw=0.8)
    days = len({label[:10] for label in labels}) > 1
    ticks = range(0, len(labels), max(1, len(labels) // 8))
    axes[-1].set_xticks(list(ticks), [labels[k][:10] if days else labels[k][11:16] for k in ticks])
    unit = "points" if factor > 1.0 else unit_of(found)
    figure.supylabel(f"difference{f', {unit}' if unit else ''}", fontsize=9)
    figure.suptitle(
        f"{title(found.figure)} by interval, from {named(found.best)}", x=0.01, ha="left", fontsize=11, weight="bold"
    )
    return figure


def summary(found: Tournament) -> list[RenderableType]:
    """A row a contestant, and in words how far the choice holds."""
    unit = unit_of(found)
    table = Table(title=f"By {title(found.figure)}, on the same draws", title_justify="left", box=None, pad_edge=False)
    for name in ("contestant", title(found.figure), "from the best", "±", "replications", "verdict"):
        table.add_column(name, justify="left" if name in ("contestant", "verdict") else "right")
    for row in found.table.to_dict("records"):
        half = (row["high"] - row["low"]) / 2.0
        gap = "" if row["verdict"] == "best" else change(row["difference"], unit)
        about = "" if half != half else change(half, unit).lstrip("+")
        told = "not clear" if row["verdict"] == "not distinguishable" else row["verdict"]
        cells = (quantity(row["value"], unit), gap, about, f"{row['replications']:,}", told)
        table.add_row(named(str(row["name"])), *cells)
    return [table, Text(), Text(verdict(found))]


def verdict(found: Tournament) -> str:
    """Who is chosen, and how far that holds."""
    unit = unit_of(found)
    least = f"{100 * found.indifference:g} points" if unit == "share" else quantity(found.indifference, unit)
    least = "1 point" if least == "1 points" else least
    if equal(found):
        value = quantity(float(found.table["value"].iloc[0]), unit)
        return (
            f"No difference: all {len(found.table)} have the same {title(found.figure)} ({value}) in every replication,"
            " so there is nothing to choose. Compare them by another metric, or with a higher load."
        )
    if not found.sure:
        left = [named(str(row["name"])) for row in found.table.to_dict("records") if row["verdict"] != "worse"]
        return (
            f"Not settled after {found.table['replications'].max():,} replications: {', '.join(left)} are still "
            f"too close to call; {named(found.best)} is ahead. {METHOD}"
        )
    if not set(found.table["verdict"]) & {"worse", "better"}:
        return (
            f"No clear best: {named(found.best)} came first, but no other is clearly worse on fresh draws. A policy "
            f"better than all others by {least} would have been found with a probability of"
            f" {100 * found.confidence:.0f}% or more (Kim and Nelson 2001). {METHOD}"
        )
    return (
        f"{named(found.best)} is selected: this is correct with a probability of {100 * found.confidence:.0f}% or "
        "more if the best"
        f" is better than all others by {least} (Kim and Nelson 2001). {_ahead(found)}{METHOD}"
    )


def _ahead(found: Tournament) -> str:
    """Who did better than the chosen one on fresh draws, which the indifference allows."""
    rows = [row for row in found.table.to_dict("records") if row["verdict"] == "better"]
    small = all(abs(float(row["difference"])) < found.indifference for row in rows)
    names = ", ".join(named(str(row["name"])) for row in rows)
    how = "by less than that" if small else "so the choice may be due to chance"
    return f"On fresh draws {names} did better, {how}. " if rows else ""
