"""A tournament as a table for the terminal and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.report import style
from cxsim.report.formats import change, quantity, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.tournament import Tournament

COLOURS = {"best": style.GREEN, "worse": style.VERMILLION, "not distinguishable": style.GREY}


def _unit(found: Tournament) -> str:
    from cxsim.measures import REGISTRY

    return REGISTRY[found.figure].unit


def plot(found: Tournament) -> Figure:
    """A row a contestant: how far it is from the best, with its simultaneous interval."""
    from matplotlib.figure import Figure

    rows = found.table.iloc[::-1].to_dict("records")
    factor = 100.0 if _unit(found) == "share" else 1.0
    figure = Figure(figsize=(8.5, 1.4 + 0.38 * len(rows)), layout="constrained")
    ax = figure.subplots()
    for k, row in enumerate(rows):
        colour = COLOURS[row["verdict"]]
        if row["low"] == row["low"]:
            ax.plot([factor * row["low"], factor * row["high"]], [k, k], color=colour, lw=3, solid_capstyle="round")
        ax.plot(factor * row["difference"], k, "o", color=colour, ms=7)
    ax.axvline(0.0, color=style.INK, lw=1)
    ax.set_yticks(range(len(rows)), [str(row["name"]).replace("_", " ") for row in rows])
    unit = "points" if factor > 1.0 else _unit(found)
    ax.set_xlabel(f"{title(found.figure)}, difference from the best{f', {unit}' if unit else ''}; simultaneous 95 %")
    head = f"Best by {title(found.figure)}: {found.best.replace('_', ' ')}"
    ax.set_title(head, loc="left", fontsize=11, weight="bold")
    ax.grid(axis="x", color=style.RULE, lw=0.8)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return figure


def summary(found: Tournament) -> list[RenderableType]:
    """A row a contestant, and in words how far the choice holds."""
    from rich.table import Table
    from rich.text import Text

    unit = _unit(found)
    table = Table(title=f"By {title(found.figure)}, on the same draws", title_justify="left", box=None, pad_edge=False)
    for name in ("contestant", title(found.figure), "from the best", "±", "replications", "verdict"):
        table.add_column(name, justify="left" if name in ("contestant", "verdict") else "right")
    for row in found.table.to_dict("records"):
        half = (row["high"] - row["low"]) / 2.0
        gap = "" if row["verdict"] == "best" else change(row["difference"], unit)
        about = "" if half != half else change(half, unit).lstrip("+")
        cells = (quantity(row["value"], unit), gap, about, f"{row['replications']:,}", row["verdict"])
        table.add_row(str(row["name"]).replace("_", " "), *cells)
    least = f"{100 * found.indifference:g} points" if unit == "share" else quantity(found.indifference, unit)
    text = (
        f"{found.best.replace('_', ' ')} is chosen: right with a probability of {100 * found.confidence:.0f}% or more"
        f" if the best is better than all others by {least} (Kim and Nelson 2001). Intervals hold together"
        " (Bonferroni)."
    )
    return [table, Text(), Text(text)]
