"""How far verdicts depend on assumptions, as a table for the terminal and as a picture."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import plural, quantity
from cxsim.report.studies.levers import COLOURS
from cxsim.scenario import assumptions
from cxsim.scenario.model.experience import written

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.studies.sensitivity import Sensitivity

SHOWN = 6  # assumptions of a lever that are drawn
MOST = 9  # levers that are drawn


def _written(found: Sensitivity, assumption: str, value: float) -> str:
    value = float(f"{value:.3g}")
    if hasattr(found.scenario, assumption.partition(".")[0]):
        return assumptions.written(found.scenario, assumption, value)
    return written(assumption.rpartition(".")[2], value)


def plot(found: Sensitivity) -> Figure:
    """A panel a lever, a bar an assumption: from the net worth with the smaller value to that with the larger."""
    from matplotlib.figure import Figure

    names = list(found.table["lever"].unique())[:MOST]
    across = min(3, len(names))
    down = math.ceil(len(names) / across)
    figure = Figure(figsize=(4.4 * across, 0.8 + down * (0.9 + 0.3 * SHOWN)), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False)
    for k, ax in enumerate(axes.flat):
        ax.set_visible(k < len(names))
        if k >= len(names):
            continue
        rows = found.table[found.table["lever"] == names[k]].head(SHOWN).iloc[::-1]
        for y, row in enumerate(rows.to_dict("records")):
            sure = row["verdict_low"] == row["verdict"] == row["verdict_high"]
            colour = COLOURS[row["verdict"]] if sure else style.SKY
            ends = sorted((row["net_low"], row["net_high"]))
            ax.barh(y, ends[1] - ends[0], left=ends[0], height=0.62, color=colour)
            ax.plot([row["net"]] * 2, [y - 0.4, y + 0.4], color=style.INK, lw=1)
        ax.axvline(0.0, color=style.INK, lw=0.8, ls=":")
        ax.set_yticks(range(len(rows)), [_short(found, row) for row in rows.to_dict("records")], fontsize=8)
        ax.set_title(names[k].replace("_", " "), loc="left", fontsize=10, weight="bold")
        ax.tick_params(axis="x", labelsize=8)
        ax.locator_params(axis="x", nbins=4)
        ax.set_axisbelow(True)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        ax.grid(axis="x", color=style.RULE, lw=0.6)
    what = (
        f"net value, {found.scenario.currency}, with a lower and a higher value of each assumption; blue: the "
        "verdict changes"
    )
    figure.supxlabel(what, fontsize=9)
    figure.suptitle(
        f"{found.scenario.name}: how verdicts depend on assumptions", x=0.01, ha="left", fontsize=12, weight="bold"
    )
    return figure


def _short(found: Sensitivity, row: dict[Hashable, Any]) -> str:
    name = str(row["assumption"])
    low, high = (_written(found, name, float(row[key])) for key in ("low_value", "high_value"))
    return f"{name.replace('_', ' ').replace('.', ' ')} {low} to {high}"


def summary(found: Sensitivity) -> list[RenderableType]:
    """Lever by lever: firm, or what its verdict depends on."""
    tried = found.table["assumption"].nunique()
    table = Table(
        title=f"Verdicts with a lower and a higher value of each of {plural(tried, 'assumption')}, one at a time.",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in ("lever", "pays", "net worth", "depends on"):
        table.add_column(name, justify="right" if name == "net worth" else "left", overflow="fold")
    for lever in found.table["lever"].unique():
        first = found.table[found.table["lever"] == lever].iloc[0]
        rows = found.depends(lever).to_dict("records")
        what = "; ".join(_dependence(found, row) for row in rows) or "nothing: always the same"
        net = quantity(float(first["net"]), "money", found.scenario.currency)
        table.add_row(lever.replace("_", " "), str(first["verdict"]), net, what)
    return [table, Text(), Text(sentence(found))]


def _dependence(found: Sensitivity, row: dict[Hashable, Any]) -> str:
    """What a verdict depends on: at which value it becomes what."""
    name = str(row["assumption"])
    said = [
        f"{row[f'verdict_{end}']} at {_written(found, name, float(row[f'{end}_value']))}"
        for end in ("low", "high")
        if row[f"verdict_{end}"] != row["verdict"]
    ]
    even = float(row["breaks_even"])
    more = f", breaks even at {_written(found, name, even)}" if math.isfinite(even) else ""
    return f"{name.replace('.', ' ').replace('_', ' ')} ({', '.join(said)}{more})"


def sentence(found: Sensitivity) -> str:
    """In a sentence, which verdicts hold whatever is assumed."""
    names = list(found.table["lever"].unique())
    firm = [name.replace("_", " ") for name in found.firm]
    if len(firm) == len(names):
        return "Every verdict is the same for all assumptions within these bounds."
    if not firm:
        return "Every verdict depends on assumptions about customers; measure these first."
    return f"The same for all assumptions within these bounds: {', '.join(firm)}. The others depend on assumptions."
