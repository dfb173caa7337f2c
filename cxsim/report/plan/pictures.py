"""The pictures of an Optimum: the plan, its goals, its money, who serves what, and how it was found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.report.common import formats, style
from cxsim.report.common.style import BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE, RULE, SKY, VERMILLION
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.plan import words as staffing_words
from cxsim.report.plan.drawing import (
    MOST_LINES,
    WIDTH,
    InTime,
    always,
    colours,
    plan_series,
    short_name,
    time_axis,
)
from cxsim.report.plan.goal_pictures import goals, service
from cxsim.report.run.pictures import Picture
from cxsim.schema.plan_tables import THIS, TODAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxsim.optimizer.optimization_result import Optimum

TERMS = {
    "wages": BLUE,
    "overtime": "#4B5F9E",
    "overrun": SKY,
    "contacts": GREEN,
    "waiting": ORANGE,
    "abandonment": VERMILLION,
    "unresolved": PURPLE,
    "churn": "#B5485D",
}
PHASE_COLOURS = {
    "requirements": PALE,
    "fluid": PALE,
    "cover": PALE,
    "calibrate": SKY,
    "cuts": ORANGE,
    "polish": PURPLE,
    "enumerate": PURPLE,
    "certify": GREEN,
    "advise": GREY,
}


def _steps(axis: style.TimeAxis, series: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Corners of a line that is constant over each interval and broken between days."""
    x, shown = axis.points(series)
    half = axis.step / 2
    return np.column_stack([x - half, x + half]).ravel(), np.repeat(shown["value"].to_numpy(dtype=float), 2)


def staffing(optimum: Optimum) -> Figure:
    """Agents present, stacked by group, under the agents busy and the agents Erlang C asks for."""
    axis = time_axis(optimum)
    rows = 1 if len(axis.days) <= 2 else math.ceil(len(axis.days) / 2)
    chunks = [axis.days] if rows == 1 else [axis.days[i : i + 2] for i in range(0, len(axis.days), 2)]
    names = [str(i) for i in range(len(chunks))]

    def draw(name: str, ax: Axes) -> None:
        part = style.TimeAxis(chunks[int(name)], "interval", axis.first, axis.last, axis.step)
        alone = formats.day_label(part.days[0]) if len(part.days) == 1 and rows > 1 else ""
        _stack(optimum, part, ax, alone if rows > 1 else "agents present, by group")
        part.dress(ax)

    return _legend_below(style.panels(names, draw, wide=True))


def _legend_below(figure: Figure) -> Figure:
    """The legend of many groups in several lines under the panels."""
    legend = figure.legends[0] if figure.legends else None
    if legend is None or len(legend.legend_handles) <= 5:
        return figure
    handles, names = list(legend.legend_handles), [text.get_text() for text in legend.get_texts()]
    legend.remove()
    columns = 6
    extra = 0.25 * math.ceil(len(names) / columns) + 0.1
    width, height = figure.get_size_inches()
    places = [ax.get_position().bounds for ax in figure.axes]
    figure.set_size_inches(width, height + extra)
    for ax, (x, y, w, h) in zip(figure.axes, places, strict=True):
        ax.set_position((x, (y * height + extra) / (height + extra), w, h * height / (height + extra)))
    figure.legend(
        [handle for handle in handles if handle is not None],
        names,
        loc="lower center",
        ncols=columns,
        frameon=False,
        fontsize=8.5,
        handlelength=1.2,
        columnspacing=1.3,
        labelcolor=INK,
        borderaxespad=0.2,
    )
    return figure


def _stack(optimum: Optimum, axis: style.TimeAxis, ax: Axes, title: str) -> None:
    look = colours(optimum)
    base: np.ndarray[Any, Any] | None = None
    used = np.zeros(len(optimum.labels))
    for g, name in enumerate(optimum.groups):
        if not optimum.levels[g].any():
            continue
        used = used + optimum.levels[g]
        x, top = _steps(axis, plan_series(optimum, used))
        under = np.where(np.isnan(top), np.nan, 0.0) if base is None else base
        ax.fill_between(x, under, top, color=look[name], alpha=0.8, lw=0, label=short_name(name), zorder=2)
        ax.plot(x, top, color="white", lw=0.6, zorder=2.2)
        base = top
    need = optimum.need
    if len(need):
        for column, colour, dashes, label in (
            ("erlang_c", VERMILLION, "-", "Erlang C, each queue separately"),
            ("busy", INK, (0, (2, 1.5)), "busy"),
        ):
            if column in need and need[column].notna().any():
                values = need[["interval", column]].rename(columns={column: "value"})
                values = values.assign(value=values["value"].astype(float).where(values["value"].astype(float) > 0))
                x, y = _steps(axis, values)
                ax.plot(x, y, color=colour, lw=1.6, ls=dashes, label=label, zorder=4)
    style.from_zero(ax)
    style.whole_numbers(ax)
    style.dress(ax, title, "agents")


def costs(optimum: Optimum) -> Figure:
    """Where the money goes, for this plan and those it is compared with, beside the lower bound."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    plans = staffing_words.plans(optimum) or [THIS]
    counted = optimum.costs[optimum.costs["counts"].astype(bool)]
    terms = [str(term) for term in counted["term"]]
    titles = dict(zip(counted["term"].astype(str), counted["title"].astype(str), strict=True))
    height = 0.46 * len(plans) + 1.4
    figure = Figure(figsize=(WIDTH, height))
    ax = figure.add_axes((0.16, 0.55 / height, 0.72, (height - 1.25) / height))
    for y, plan in enumerate(plans):
        left = 0.0
        for term in terms:
            value = _term(optimum, plan, term)
            if value > 0:
                ax.barh(
                    y,
                    value,
                    left=left,
                    height=0.62,
                    color=TERMS.get(term, PALE),
                    label=titles[term],
                    zorder=2,
                    ec="white",
                    lw=0.5,
                )
                left += value
        met, count = staffing_words.goals_met(optimum, plan)
        note = f"{staffing_words.money(optimum, left)}"
        note += f"\n{met} of {count} goals" if count else ""
        ax.annotate(
            note,
            (left, y),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK if met == count else VERMILLION,
            linespacing=1.25,
        )
    if math.isfinite(optimum.bound) and optimum.objective == "cost":
        ax.axvline(
            optimum.bound, color=INK, lw=1.2, ls=(0, (4, 3)), zorder=3, label=f"lower bound ({optimum.bound_status})"
        )
    style.dress(ax)
    ax.set_yticks(range(len(plans)), plans)
    ax.set_ylim(len(plans) - 0.5, -0.5)
    ax.set_xlim(0, ax.get_xlim()[1] * 1.02)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=RULE, lw=0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel(optimum.currency, fontsize=8.5, color=GREY)
    style.one_legend(figure, (0.985, 1 - 0.3 / height))
    return figure


def _term(optimum: Optimum, plan: str, term: str) -> float:
    if plan == THIS:
        found = optimum.costs.loc[optimum.costs["term"] == term, "money"]
        return float(found.iloc[0]) if len(found) else 0.0
    row = staffing_words.figure_of(optimum, plan, term)
    return float(row.get("value", 0.0))


def search(optimum: Optimum) -> Figure:
    """The cost of the best plan so far against processor time, with the bound and the phases.

    Where no plan can meet all goals, the contacts that the goals miss.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    frame = optimum.history.astype({"cost": float, "bound": float, "missed": float, "cpu_seconds": float})
    reached = optimum.reached if frame["missed"].notna().any() else None
    figure = Figure(figsize=(WIDTH, 3.6))
    ax = figure.add_axes((0.09, 0.16, 0.88, 0.67))
    x, y = frame["cpu_seconds"].to_numpy(), frame["cost" if reached is None else "missed"].to_numpy()
    known = np.isfinite(y)
    ax.plot(x[known], y[known], color=PALE, lw=1.5, drawstyle="steps-post", zorder=2)
    met = frame["met"].map(lambda flag: flag is True or flag == 1).to_numpy(dtype=bool)
    for phase in dict.fromkeys(frame["phase"].astype(str)):
        here = (frame["phase"] == phase).to_numpy() & known
        colour = PHASE_COLOURS.get(phase, GREY)
        if (here & met).any():
            ax.plot(x[here & met], y[here & met], "o", color=colour, ms=5, label=phase, zorder=4)
        if (here & ~met).any():
            ax.plot(
                x[here & ~met],
                y[here & ~met],
                "o",
                color=colour,
                mfc="white",
                ms=5,
                zorder=3,
                label=None if (here & met).any() else phase + (" (goals missed)" if reached is None else ""),
            )
    bounds = frame["bound"].to_numpy()
    if np.isfinite(bounds).any():
        ax.plot(x, bounds, color=INK, lw=1.2, ls=(0, (4, 3)), drawstyle="steps-post", label="lower bound", zorder=2)
    today = staffing_words.figure_of(optimum, TODAY, "cost").get("value") if optimum.objective == "cost" else None
    unit = optimum.currency if optimum.objective == "cost" else formats.head(optimum.objective)
    if reached is not None:
        today, unit = None if reached.today is None else reached.today.missed, "contacts that goals miss"
    if today is not None:
        ax.axhline(float(today), color=VERMILLION, lw=1, ls=":", label="today's staffing", zorder=1)
    style.dress(ax, "", unit)
    values = np.concatenate([y[known & met] if (known & met).any() else y[known], bounds[np.isfinite(bounds)]])
    if len(values):
        low, high = float(values.min()), float(values.max())
        pad = 0.08 * (high - low) or 0.05 * abs(high)
        ax.set_ylim(low - pad, high + pad)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}" if abs(v) >= 10 else f"{v:.3g}"))
    ax.set_xlabel("processor time, seconds", fontsize=8.5, color=GREY)
    style.one_legend(figure, (0.985, 1 - 0.3 / 3.6))
    return figure


def allocation(optimum: Optimum) -> Figure:
    """Who serves what: each queue's contacts by group, as simulated."""
    from matplotlib.figure import Figure

    frame = optimum.allocation
    queues = list(dict.fromkeys(frame["queue"].astype(str)))[:MOST_LINES]
    look = colours(optimum)
    lines = math.ceil(len(optimum.groups) / 6)
    height = 0.36 * len(queues) + 0.95 + 0.25 * lines
    figure = Figure(figsize=(WIDTH, height))
    ax = figure.add_axes((0.16, 0.35 / height, 0.81, (height - 0.8 - 0.25 * lines) / height))
    for y, queue in enumerate(queues):
        left = 0.0
        part = frame[frame["queue"] == queue]
        rank = {name: i for i, name in enumerate(optimum.groups)}
        for row in sorted(part.to_dict("records"), key=lambda row: rank.get(str(row["group"]), 99)):
            share, group = float(row["share"]), str(row["group"])
            if not share > 0:
                continue
            ax.barh(
                y,
                share,
                left=left,
                height=0.66,
                color=look.get(group, GREY),
                label=short_name(group),
                ec="white",
                lw=0.5,
                zorder=2,
            )
            if share >= 0.07:
                ax.text(
                    left + share / 2,
                    y,
                    formats.share(share, 0),
                    ha="center",
                    va="center",
                    fontsize=8.5,
                    color="white",
                    fontweight="bold",
                    zorder=3,
                )
            left += share
    style.dress(ax)
    ax.set_yticks(range(len(queues)), [short_name(queue) for queue in queues])
    ax.set_ylim(len(queues) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.grid(visible=False)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    names = [short_name(name) for name in optimum.groups]
    style.one_legend(figure, (0.985, 1 - 0.3 / height), names=names, most=6, length=1.2)
    return figure


def draw(
    optimum: Optimum, *, png: bool = True, svg: bool = True, in_time: InTime = always, missing: list[str] | None = None
) -> list[Picture]:
    """Every picture there is data for, drawn once, as SVG for the page, as PNG for slides, or both.

    Once `in_time` says that there is no time left, the titles of the others go to `missing`.
    """
    out = []
    for key, title, sentence, make in plan(optimum):
        if not in_time():
            if missing is not None:
                missing.append(title)
            continue
        figure = make(optimum)
        text = svg_of(figure, key, sentence) if svg else ""
        data = style.png(figure, f"{title}: {optimum.name}") if png else b""
        out.append(Picture(key, title, sentence, "total", (), text, data))
    return out


def plan(optimum: Optimum) -> list[tuple[str, str, str, Callable[[Optimum], Figure]]]:
    """What there is to draw: key, title, sentence, and the function that draws it."""
    words = staffing_words
    wanted: list[tuple[str, str, str, Callable[[Optimum], Figure], bool]] = [
        ("staffing", "Staffing against requirement", words.staffing(optimum), staffing, bool(optimum.levels.any())),
        ("costs", "What it costs", words.costs(optimum), costs, len(optimum.costs) > 0),
        ("goals", "Slack of each goal", words.binding(optimum), goals, len(optimum.goals) > 0),
        ("service", "Service over the day", words.service(optimum), service, _has_service(optimum)),
        ("allocation", "Who serves what", words.allocation(optimum), allocation, len(optimum.allocation) > 0),
        ("search", "Search progress", words.search(optimum), search, len(optimum.history) > 1),
    ]
    return [one[:4] for one in wanted if one[4]]


def _has_service(optimum: Optimum) -> bool:
    return optimum.result is not None or bool((optimum.goals["span"].map(staffing_words.spread) == "interval").any())
