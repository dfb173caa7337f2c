"""Pictures of a plan's goals: service over the day, and the room each goal leaves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.report.common import formats, style
from cxsim.report.common.style import BLUE, GREY, INK, ORANGE, RULE, VERMILLION
from cxsim.report.plan import words as staffing_words
from cxsim.report.plan.drawing import MOST_LINES, WIDTH, short_name, time_axis
from cxsim.report.run import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxsim.optimizer.optimization_result import Optimum


FARTHEST = 10.0  # points of room beyond which a goal is only named


def service(optimum: Optimum) -> Figure:
    """The goals by interval: each figure over the day with what is proved of it, against its limit."""
    frame = optimum.goals
    frame = frame[frame["span"].map(staffing_words.spread) == "interval"]
    keys = list(dict.fromkeys(zip(frame["figure"], frame["scope"], frame["name"], strict=True)))[: style.MOST_PANELS]
    if not keys:
        return _by_queue(optimum)
    axis = time_axis(optimum)

    def draw(name: str, ax: Axes) -> None:
        figure, scope, of = keys[int(name)]
        part = frame[(frame["figure"] == figure) & (frame["scope"] == scope) & (frame["name"] == of)]
        _goal_panel(part, axis, ax)
        style.dress(ax, f"{formats.head(figure)}{f' of {short_name(of)}' if of else ', all contacts'}")
        axis.dress(ax)

    return style.panels([str(i) for i in range(len(keys))], draw, wide=len(axis.days) > 1 or len(keys) == 1)


def _goal_panel(part: pd.DataFrame, axis: style.TimeAxis, ax: Axes) -> None:
    share = str(part["unit"].iloc[0]) == "share"
    floor = str(part["bound"].iloc[0]) == "min"
    series = part.rename(columns={"span": "interval"})[["interval", "value", "low", "high", "limit", "binding", "met"]]
    series = series.astype({"value": float, "low": float, "high": float, "limit": float})
    x, shown = axis.points(series.reset_index(drop=True))
    value, limit = shown["value"].to_numpy(dtype=float), shown["limit"].to_numpy(dtype=float)
    proved = shown["low" if floor else "high"].to_numpy(dtype=float)
    tight = shown["binding"].map(lambda flag: flag is True or flag == 1).to_numpy(dtype=bool)
    missed = shown["met"].map(lambda flag: flag is False or flag == 0).to_numpy(dtype=bool)
    half = axis.step / 2
    corners = np.column_stack([x - half, x + half]).ravel()
    ax.plot(corners, np.repeat(limit, 2), color=INK, lw=1.2, ls=(0, (4, 3)), label="goal", zorder=2.5)
    ax.vlines(
        x,
        np.minimum(value, proved),
        np.maximum(value, proved),
        color=BLUE,
        lw=1.4,
        alpha=0.6,
        zorder=3,
        label="down to its bound" if floor else "up to its bound",
    )
    ax.plot(x, value, "o", color=BLUE, ms=4, label="simulated", zorder=4)
    ax.plot(x[tight], value[tight], "o", color=ORANGE, ms=5.2, label="tight", zorder=5)
    if missed.any():
        ax.plot(x[missed], value[missed], "D", color=VERMILLION, ms=5.2, label="missed, or not clearly met", zorder=6)
    if share:
        everything = np.concatenate([value, proved, limit])
        low, high = np.nanmin(everything), np.nanmax(everything)
        pad = max(0.02, 0.12 * (high - low))
        style.percent_axis(ax, 1.0)
        _percent_ticks(ax, max(0.0, low - pad), min(1.0, high + pad))
    else:
        style.from_zero(ax)


def _percent_ticks(ax: Axes, low: float, high: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_ylim(low, high)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    digits = 0 if high - low > 0.04 else 1
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v * 100:.{digits}f}%"))


def _by_queue(optimum: Optimum) -> Figure:
    """Without goals by interval: SL of each queue over the day, as the plan was simulated."""
    result = optimum.result
    assert result is not None
    names = list(result.names("queue"))[: style.MOST_PANELS] or [""]

    def draw(name: str, ax: Axes) -> None:
        drawing.service_level(result, name, ax)

    return style.panels(names, draw, wide=len(style.time_axis(result).days) > 1)


def goals(optimum: Optimum) -> Figure:
    """Slack of each goal: what is simulated and what is proved, from the goal's limit."""
    from matplotlib.figure import Figure

    told = [(line, staffing_words.tightest(part)) for line, part in staffing_words.families(optimum)]
    told = sorted(told, key=lambda one: _number(one[1]["slack_low"], -9.0))[:MOST_LINES]
    height = 0.3 * len(told) + 1.35
    figure = Figure(figsize=(WIDTH, height))
    ax = figure.add_axes((0.3, 0.55 / height, 0.67, (height - 1.25) / height))
    names = []
    for y, (line, row) in enumerate(told):
        slack, low = float(row["slack"]) * 100, float(row["slack_low"]) * 100
        colour = VERMILLION if not row["met"] else ORANGE if row["binding"] else BLUE
        label = "missed, or not clearly met" if not row["met"] else "tight" if row["binding"] else "slack"
        if not math.isnan(low) and abs(slack) <= FARTHEST:
            ax.plot([low, slack], [y, y], color=colour, lw=2.2, solid_capstyle="round", alpha=0.6, zorder=3)
            ax.plot([low], [y], "|", color=colour, ms=9, mew=1.8, zorder=4)
        if slack > FARTHEST:
            ax.annotate(f"{slack:.0f} \u203a", (FARTHEST, y), ha="right", va="center", color=colour, fontsize=8.5)
        elif slack < -FARTHEST:
            ax.annotate(f"\u2039 \u2212{-slack:.0f}", (-FARTHEST, y), va="center", color=colour, fontsize=8.5)
        else:
            ax.plot([slack], [y], "o", color=colour, ms=6, label=label, zorder=5)
        names.append(f"{short_name(line.subject, 34)}  {line.goal}")
    ax.axvline(0, color=INK, lw=1.2, zorder=2)
    style.dress(ax)
    ax.set_yticks(range(len(told)), names)
    ax.set_ylim(len(told) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=RULE, lw=0.8)
    left, right = ax.get_xlim()
    over = any(float(row["slack"]) * 100 > FARTHEST for _, row in told)
    under = any(float(row["slack"]) * 100 < -FARTHEST for _, row in told)
    ax.set_xlim(-FARTHEST if under else max(-FARTHEST, min(left, -0.6)), FARTHEST if over else max(right, 2.0))
    ax.set_xlabel(
        "slack to the goal, in points (for waits: % of the goal); the tick marks its bound",
        fontsize=8.5,
        color=GREY,
    )
    style.one_legend(figure, (0.985, 1 - 0.3 / height))
    return figure


def _number(value: Any, otherwise: float) -> float:
    return float(value) if value is not None and math.isfinite(float(value)) else otherwise
