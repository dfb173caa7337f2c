"""How one value becomes another: the steps in sentences, as a table for the terminal, and as a waterfall."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from cxsim.metrics.registry import REGISTRY, better
from cxsim.report.common import formats, style
from cxsim.report.common.formats import change, change_between, plural, quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.studies.explanation import Explanation

NEUTRAL = style.GREY
ENDS = style.BLUE
BY_FORMULA = ("returns", "inputs")  # steps from Erlang C to Erlang C


def is_clear(low: float, high: float) -> bool:
    """Whether an interval leaves no doubt about the sign of a change."""
    return low > 0.0 or high < 0.0


def sentence(title: str, why: str, figure: str, value: float, low: float, high: float) -> str:
    """What a step does, in a sentence."""
    unit, many = REGISTRY[figure].unit, title.endswith("s") or " and " in title
    size = change(abs(value), unit).removeprefix("+")
    if not is_clear(low, high) and not math.isnan(low):
        does = "make" if many else "makes"
        does += f" no clear difference ({change_between(low, high, unit)})" if low != high else " no difference"
    elif value > 0.0:
        does = f"{'add' if many else 'adds'} {size}"
    else:
        does = f"{'take' if many else 'takes'} away {size}"
    return f"{title} {does}: {why}."


def heading(found: Explanation) -> str:
    """What is explained."""
    where = f" of {found.queue}" if found.queue else ""
    return f"{formats.title(found.figure)}{where}, from {found.start_name} to {found.end_name}"


def colour(figure: str, value: float, low: float, high: float) -> str:
    """The colour of a change: good, bad, or neither."""
    side = better(figure) * (1 if value > 0.0 else -1)
    if not is_clear(low, high) and not math.isnan(low):
        return NEUTRAL
    return {1: style.GREEN, -1: style.VERMILLION, 0: style.ORANGE}[side]


def summary(found: Explanation, width: int | None = None) -> RenderableType:
    """The table of the steps, and a sentence for each."""
    unit = found.unit
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("step", overflow="fold")
    for head in ("change", "95 % interval", found.figure):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_row(Text(found.start_name, style="bold"), "", "", quantity(found.start, unit))
    for row in found.steps.to_dict("records"):
        value, low, high = float(row["change"]), float(row["low"]), float(row["high"])
        span = "formula" if row["step"] in BY_FORMULA else change_between(low, high, unit)
        table.add_row(f"  {row['title']}", change(value, unit), span, quantity(float(row["level"]), unit))
    table.add_row(Text(found.end_name, style="bold"), "", "", quantity(found.end, unit))
    runs = f"{plural(found.replications, 'replication')} of each step on the same random numbers, seed {found.seed}"
    how = f"Changes add up exactly; they are those of {found.orders}. {runs}, engine {found.engine}."
    parts: list[RenderableType] = [Text(f"{found.scenario}: {heading(found)}", style="bold"), Text(), table, Text()]
    if not len(found.steps):
        parts.append(Text("Nothing differs that a simulation looks at."))
    parts += [Text(f"{row['sentence']}") for row in found.steps.to_dict("records")]
    whole = Group(*parts, Text(), Text(how, style="dim"))
    return Constrain(whole, width) if width else whole


def plot(found: Explanation) -> Figure:
    """A waterfall from top to bottom: a bar from zero for each end, a floating bar for each step."""
    from matplotlib.figure import Figure

    factor = 100.0 if found.unit == "share" else 1.0
    rows = found.steps.to_dict("records")
    figure = Figure(figsize=(9.0, 1.4 + 0.36 * (len(rows) + 2)), layout="constrained")
    ax = figure.subplots()
    names = [found.start_name, *(str(row["title"]) for row in rows), found.end_name]
    reach = [0.0, found.start, found.end, *(float(row["level"]) for row in rows)]
    spread = (max(reach) - min(reach)) * factor or 1.0
    for y, value in ((0, found.start), (len(rows) + 1, found.end)):
        ax.barh(y, value * factor, color=ENDS, height=0.66)
        ax.text(value * factor + 0.01 * spread, y, quantity(value, found.unit), va="center", fontsize=9, weight="bold")
    before = found.start
    for y, row in enumerate(rows, start=1):
        value, low, high, level = (float(row[key]) for key in ("change", "low", "high", "level"))
        tone = colour(found.figure, value, low, high)
        ax.barh(y, value * factor, left=before * factor, color=tone, height=0.66)
        ax.plot([before * factor] * 2, [y - 1 + 0.33, y - 0.33], color=style.GREY, lw=0.7)
        if low != high and math.isfinite(low):
            ends = [(before + one) * factor for one in (low, high)]
            ax.plot(ends, [y, y], color=style.INK, lw=1.2)
        right = max(before, level, before + (high if math.isfinite(high) else value)) * factor
        ax.text(right + 0.01 * spread, y, change(value, found.unit), va="center", fontsize=9)
        before = level
    ax.plot([before * factor] * 2, [len(rows) + 0.33, len(rows) + 0.67], color=style.GREY, lw=0.7)
    ax.set_yticks(range(len(names)), [name if len(name) <= 36 else f"{name[:35]}…" for name in names])
    ax.invert_yaxis()
    ax.set_xlim(min(min(reach) * factor, 0.0), max(reach) * factor + 0.16 * spread)
    ax.set_xlabel(
        f"{formats.title(found.figure)}, {'%' if factor > 1.0 else found.unit}; black: 95 % interval", fontsize=9
    )
    ax.set_title(heading(found), loc="left", fontsize=11, weight="bold")
    ax.grid(axis="x", color=style.RULE, lw=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return figure
