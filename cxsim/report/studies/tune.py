"""What was tuned, as a table for the terminal and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from cxsim.metrics import REGISTRY
from cxsim.report.common import style
from cxsim.report.common.formats import change, margin, quantity, title
from cxsim.studies.sweep.factors import split

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.studies.tune import Tuned

MOST = 8  # settings shown


def _unit(found: Tuned) -> str:
    return REGISTRY[found.figure].unit


def _short(path: str) -> str:
    """The part of a path that tells it from others."""
    return path.rpartition("routing.")[2]


def plot(found: Tuned) -> Figure:
    """A panel a number: the figure of every setting that was tried; the best stands out."""
    from matplotlib.figure import Figure

    factor = 100.0 if _unit(found) == "share" else 1.0
    figure = Figure(figsize=(8.5, 0.8 + 2.6 * len(found.factors)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(found.factors), 1))
    values = factor * found.tried["value"].to_numpy(dtype=float)
    for ax, one in zip(axes, found.factors, strict=True):
        places = [float(part[0]) * one.scale for part in map(split, found.tried[one.path]) if part is not None]
        ax.plot(places, values, "o", color=style.PALE, ms=6, mec=style.GREY)
        if found.settings:
            ax.plot(places[0], values[0], "o", color=style.GREEN, ms=9)
            ax.annotate("best", (places[0], values[0]), xytext=(8, 6), textcoords="offset points", color=style.GREEN)
        ax.set_xlabel(f"{_short(one.path)}{f', {one.unit.strip()}' if one.unit.strip() else ''}")
        low, high = np.nanmin(values), np.nanpercentile(values, 90)
        if high > low and values.max() > high + 2.0 * (high - low):  # one awful setting would hide all others
            ax.set_ylim(low - 0.1 * (high - low), high + 0.6 * (high - low))
        style.dress(ax, title(found.figure), "%" if factor > 1.0 else _unit(found))
    figure.suptitle(sentence(found), x=0.01, ha="left", fontsize=10, weight="bold", wrap=True)
    return figure


def summary(found: Tuned) -> list[RenderableType]:
    """The best settings that were tried, and what the best is worth on fresh draws."""
    unit, currency = _unit(found), found.scenario.currency
    head = f"{len(found.tried)} settings on the same {found.replications} replications, the best first"
    head += f"; {found.refused} more were not valid scenarios" if found.refused else ""
    table = Table(box=None, pad_edge=False)
    for one in found.factors:
        table.add_column(_short(one.path), justify="right", overflow="fold")
    table.add_column(title(found.figure), justify="right")
    for row in found.tried.head(MOST).to_dict("records"):
        table.add_row(*(str(row[one.path]) for one in found.factors), quantity(row["value"], unit, currency))
    if not found.settings:
        return [Text(head), Text(), table, Text(), Text(sentence(found), style="bold")]
    sets = " ".join(f"--set {path}={_quoted(value)}" for path, value in found.settings.items())
    ends = ", ".join(map(_short, found.at_end))
    edge = [Text(f"At the end of its range, so a value beyond it may be better: {ends}.")] if ends else []
    use = Text(f"To use it: {sets}", style="dim")
    return [Text(head), Text(), table, Text(), Text(sentence(found), style="bold"), *edge, Text(), use]


def _as_it_is(found: Tuned) -> str:
    return f"{quantity(found.before, _unit(found), found.scenario.currency)} on {found.checked} fresh replications"


def _quoted(value: object) -> str:
    return f"'{value}'" if " " in str(value) else str(value)


def sentence(found: Tuned) -> str:
    """What the best setting is worth on fresh draws."""
    unit, currency = _unit(found), found.scenario.currency
    if not found.settings:
        return f"The unchanged scenario is as good as any of these settings, {title(found.figure)} {_as_it_is(found)}."
    sides = [quantity(x, unit, currency) for x in (found.before, found.after)]
    if found.before != found.before or found.after != found.after:
        return f"On {found.checked} fresh replications {title(found.figure)} is {sides[0]} before and {sides[1]}."
    gap = f"{change(found.difference, unit, currency)} {margin(found.low, found.high, unit, currency)}"
    return (
        f"On {found.checked} fresh replications: {title(found.figure)} {sides[0]} before, {sides[1]} with the best "
        f"setting, {gap}: {found.verdict}."
    )
