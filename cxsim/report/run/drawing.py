"""The pictures of a run, each drawn on one pair of axes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.metrics.registry import better
from cxsim.report.common import formats, style
from cxsim.report.common.readings import name_places, name_unit, reading
from cxsim.report.common.style import BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE, SKY, VERMILLION
from cxsim.report.run import tables
from cxsim.report.run.waits import erlang_series, target, threshold, waits
from cxsim.report.run.words import of_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cxsim.simulation.result import Result

TOLD_WAITS = 101  # points of a distribution that a page tells


def _scope(kind: str, name: str) -> tuple[str, str]:
    return (kind, name) if name else ("total", "")


def _line(
    ax: Axes,
    axis: style.TimeAxis,
    series: pd.DataFrame,
    colour: str,
    label: str = "",
    marks: bool = True,
    dashes: str = "-",
) -> tuple[np.ndarray[Any, Any], pd.DataFrame]:
    x, shown = axis.points(series)
    label = label if series["low"].notna().any() else re.sub(r", [\d.]+% band$", "", label)
    ax.fill_between(x, shown["low"], shown["high"], color=colour, alpha=0.2, lw=0, zorder=2)
    dense = len(x) > 130
    marker = "o" if marks and not dense else ""
    ax.plot(
        x,
        shown["value"],
        dashes,
        color=colour,
        lw=1.2 if dense else 1.7,
        marker=marker,
        ms=3.2,
        label=label,
        zorder=3,
    )
    band = (shown["low"], shown["high"]) if shown["low"].notna().any() else None
    reading(ax, label, colour, x, shown["value"], band)
    return x, shown


def _goal(ax: Axes, value: float, text: str) -> None:
    if math.isfinite(value):
        ax.axhline(value, color=INK, lw=1, ls=(0, (4, 3)), zorder=2.5, label=text)


def _band(result: Result) -> str:
    """`95% band`."""
    return f"{formats.level(result.confidence)} band"


def _over_time(
    result: Result,
    figure: str,
    scope: tuple[str, str],
    ax: Axes | None,
    by: str | None,
    label: str,
    goal: float,
    goal_text: str,
) -> Axes:
    ax = ax or style.new_axes()
    axis = style.time_axis(result, by)
    series = result.series(figure, *scope, by=axis.by)
    x, shown = _line(ax, axis, series, BLUE, label)
    if math.isfinite(goal):
        _goal(ax, goal, goal_text)
        reading(ax, goal_text, INK, x, np.where(np.isnan(x), np.nan, goal))
        value = shown["value"].to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            missed = value < goal if better(figure) > 0 else value > goal
        if missed.any():
            size = 4.6 if len(x) <= 130 else 2.2
            ax.plot(x[missed], value[missed], "D", color=VERMILLION, ms=size, label="misses the target", zorder=4)
    style.dress(ax, scope[1] or "all queues")
    axis.dress(ax)
    return ax


def _finish(ax: Axes) -> Axes:
    style.legend(ax)
    return ax


def service_level(result: Result, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """SL over time with its 95% band and the target; y in per cent of contacts."""
    ax = _over_time(
        result, "sl", _scope("queue", queue), ax, by, f"SL, {_band(result)}", target(result, "sl", queue), "target"
    )
    style.percent_axis(ax, 1.02)
    ax.set_ylabel("SL, % of contacts", fontsize=8.5, color=GREY)
    return _finish(ax)


def wait(result: Result, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """Mean wait of answered contacts (ASA) over time with its 95% band; seconds, or minutes beyond ten."""
    ax = _over_time(
        result,
        "asa",
        _scope("queue", queue),
        ax,
        by,
        f"mean wait (ASA), {_band(result)}",
        target(result, "asa", queue),
        "target",
    )
    style.from_zero(ax)
    time_on_y(ax)
    return _finish(ax)


def time_on_y(ax: Axes) -> None:
    """The y axis in seconds, in minutes and seconds beyond 150 s, or in hours beyond two, by its limits as it is."""
    from matplotlib.ticker import FuncFormatter

    def text(value: float, _: object) -> str:
        top = ax.get_ylim()[1]
        return f"{value / 3600:g}" if top > 7200 else formats.clock(value) if top > 150 else f"{value:g}"

    top = ax.get_ylim()[1]
    ax.yaxis.set_major_locator(style.round_times())
    ax.yaxis.set_major_formatter(FuncFormatter(text))
    ax.set_ylabel("hours" if top > 7200 else "min:s" if top > 150 else "seconds", fontsize=8.5, color=GREY)
    name_unit(ax, "s")


def abandonment(result: Result, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """Abandoned share over time with its 95% band and the target; y in per cent of contacts."""
    goal = target(result, "abandoned_share", queue)
    ax = _over_time(
        result,
        "abandoned_share",
        _scope("queue", queue),
        ax,
        by,
        f"abandoned, {_band(result)}",
        goal,
        "target (at most)",
    )
    style.percent_axis(ax)
    ax.set_ylabel("% of contacts", fontsize=8.5, color=GREY)
    return _finish(ax)


def offered(result: Result, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """Contacts offered per interval (or day), stacked by cause; to a queue, those handed in too."""
    ax = ax or style.new_axes()
    axis = style.time_axis(result, by)
    width = axis.step if axis.by == "interval" else 0.9
    base: np.ndarray[Any, Any] | float = 0.0
    causes = [("fresh", SKY, "fresh"), ("redials", ORANGE, "redials"), ("repeats", PURPLE, "repeats")]
    causes += [("transferred_in", GREEN, "transferred in")] if queue else []
    for figure, colour, label in causes:
        series = result.series(figure, *_scope("queue", queue), by=axis.by)
        left = axis.place(list(series["interval"])) - (0 if axis.by == "interval" else 0.45)
        value = series["value"].fillna(0).to_numpy(dtype=float)
        if figure != "fresh" and not value.any():
            continue
        edge = "white" if len(left) <= 130 else colour
        ax.bar(left, value, width, base, color=colour, align="edge", label=label, ec=edge, lw=0.4, zorder=2)
        base = base + value
        reading(ax, label, colour, left + width / 2, value)
    style.dress(ax, queue or "all queues", "contacts per " + ("day" if axis.by == "day" else span(result)))
    axis.dress(ax)
    return _finish(ax)


def span(result: Result) -> str:
    """The length of an interval in words."""
    minutes = result.interval / 60
    return "hour" if minutes == 60 else formats.seconds(result.interval)


def staffing(result: Result, group: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """Agents present (filled) against scheduled and required (lines), constant over each interval."""
    ax = ax or style.new_axes()
    axis = style.time_axis(result, by)
    scope = _scope("group", group)
    closed = tables.closed(result)

    def steps(figure: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        series = result.series(figure, *scope, by=axis.by)
        if not len(series):
            return np.array([]), np.array([])
        half = axis.step / 2 if axis.by == "interval" else 0.5
        if axis.by == "interval":
            series = series.assign(value=series["value"].where(~series["interval"].isin(closed)))
        x, shown = axis.points(series)
        xs = np.column_stack([x - half, x + half]).ravel()
        return xs, np.repeat(shown["value"].to_numpy(dtype=float), 2)

    x, present = steps("agents_present")
    if len(x):
        _told(ax, "present", SKY, x, present)
        ax.fill_between(x, present, color=SKY, alpha=0.45, lw=0, label="present", zorder=1)
    _, required = steps("agents_required")
    if len(required) == len(present) and len(x):
        with np.errstate(invalid="ignore"):
            short = (required > present).tolist()
        if any(short):
            ax.fill_between(
                x,
                present,
                required,
                where=short,
                color=VERMILLION,
                alpha=0.3,
                lw=0,
                zorder=1.5,
                label="below requirement",
            )
    x, scheduled = steps("agents_scheduled")
    same = len(scheduled) == len(present) and np.allclose(scheduled, present, equal_nan=True)
    if len(x) and not same:
        ax.plot(x, scheduled, color=GREY, lw=1.7, ls=(0, (1.5, 1.5)), label="scheduled", zorder=3)
        _told(ax, "scheduled", GREY, x, scheduled)
    x, required = steps("agents_required")
    if len(x) and not np.isnan(required).all():
        ax.plot(x, required, color=VERMILLION, lw=1.7, label="required", zorder=3)
        _told(ax, "required", VERMILLION, x, required)
    style.from_zero(ax)
    style.whole_numbers(ax)
    style.dress(ax, group or "all groups", "agents")
    axis.dress(ax)
    return _finish(ax)


def _told(ax: Axes, label: str, colour: str, edges: np.ndarray[Any, Any], steps: np.ndarray[Any, Any]) -> None:
    """Have a line of steps told at the middle of each."""
    reading(ax, label, colour, (edges[::2] + edges[1::2]) / 2, steps[::2])


def occupancy(result: Result, group: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """Occupancy over time with its 95% band; y in per cent of time on duty."""
    ax = ax or style.new_axes()
    axis = style.time_axis(result, by)
    if group:
        x, shown = axis.points(_while_planned(result, "", axis.by))
        ax.plot(x, shown["value"], color=PALE, lw=1.5, label="all groups", zorder=2)
        reading(ax, "all groups", GREY, x, shown["value"])
    _line(
        ax,
        axis,
        _while_planned(result, group, axis.by),
        GREEN,
        f"occupancy, {_band(result)}",
    )
    style.dress(ax, group or "all groups")
    axis.dress(ax)
    style.percent_axis(ax, 1.02)
    ax.set_ylabel("% of time on duty", fontsize=8.5, color=GREY)
    return _finish(ax)


def _while_planned(result: Result, group: str, by: str) -> pd.DataFrame:
    """Occupancy while anybody is planned: the last to finish are busy all of their time."""
    busy = result.series("occupancy", *_scope("group", group), by=by)
    present = result.series("agents_present", *_scope("group", group), by=by).set_index("interval")["value"]
    return busy.assign(
        **{column: busy[column].where(~(busy["interval"].map(present) == 0.0)) for column in ("value", "low", "high")}
    )


def wait_distribution(result: Result, queue: str = "", ax: Axes | None = None) -> Axes:
    """What has become of contacts after t of waiting: answered, still waiting, gone; together 100%."""
    ax = ax or style.new_axes()
    frame = waits(result, queue)
    style.dress(ax, queue or "all queues")
    if not len(frame):
        ax.text(0.5, 0.5, "no waits recorded", transform=ax.transAxes, ha="center", color=GREY, fontsize=9)
        return ax
    edge = frame["upper_edge"].to_numpy(dtype=float)
    answered, gone = frame["answered"].to_numpy(dtype=float), frame["abandoned"].to_numpy(dtype=float)
    if edge[0] > 0:
        edge, answered, gone = np.insert(edge, 0, 0.0), np.insert(answered, 0, 0.0), np.insert(gone, 0, 0.0)
    edge = np.append(edge, max(float(edge[-1]), 1e6))
    answered, gone = np.append(answered, answered[-1]), np.append(gone, gone[-1])
    done = int(np.searchsorted(answered + gone, 0.985))
    within = threshold(result, queue)
    last = max(float(edge[min(done, len(edge) - 2)]), 3 * within if math.isfinite(within) else 0.0, 10.0)
    unit, scale = ("hours", 3600.0) if last > 7200 else ("minutes", 60.0) if last > 300 else ("seconds", 1.0)
    x = edge / scale
    ax.fill_between(x, 0, answered, color=BLUE, alpha=0.75, lw=0, label="answered")
    ax.fill_between(x, answered, 1 - gone, color="#eef1f3", lw=0, label="still waiting")
    ax.fill_between(x, 1 - gone, 1, color=VERMILLION, alpha=0.75, lw=0, label="abandoned")
    ax.set_xlim(0, last / scale)
    style.percent_axis(ax, 1)
    name_places(ax, lambda after: f"after {formats.seconds(after * scale)}")
    some = np.unique(np.clip(np.searchsorted(edge, np.linspace(0.0, last, TOLD_WAITS)), 0, len(edge) - 1))
    for label, colour, share in (("answered", BLUE, answered), ("abandoned", VERMILLION, gone)):
        reading(ax, label, colour, x[some], share[some])
    ax.set_xlabel(f"time waited, {unit}", fontsize=8.5, color=GREY)
    ax.set_ylabel("% of contacts", fontsize=8.5, color=GREY)
    if math.isfinite(within):
        part = float(np.interp(within, edge, answered))
        ax.axvline(within / scale, color=INK, lw=1, ls=(0, (4, 3)))
        left = within < 0.45 * last  # there is room for the text on the right of the line
        ax.annotate(
            f"{formats.share(part, 0)} within {formats.seconds(within)}",
            (within / scale, 0.08),
            xytext=(5 if left else -5, 0),
            textcoords="offset points",
            fontsize=8.5,
            color="white",
            fontweight="bold",
            ha="left" if left else "right",
        )
    return _finish(ax)


def erlang(result: Result, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
    """SL simulated (with its 95% band) beside SL by Erlang A and Erlang C; y in per cent of contacts.

    By day, Erlang's answers are weighted by the contacts offered.
    """
    ax = ax or style.new_axes()
    axis = style.time_axis(result, by)
    queue = queue or (result.names("queue") or ("",))[0]
    simulated = result.series("sl", *_scope("queue", queue), by=axis.by)
    _line(ax, axis, simulated, BLUE, f"simulated, {_band(result)}", marks=False)
    for column, colour, dashes, label in (
        ("sl_erlang_a", ORANGE, "--", "Erlang A"),
        ("sl_erlang_c", GREEN, ":", "Erlang C"),
    ):
        series = erlang_series(result, queue, column, axis.by)
        if len(series):
            _line(ax, axis, series, colour, label, marks=False, dashes=dashes)
    style.dress(ax, queue)
    axis.dress(ax)
    style.percent_axis(ax, 1.02)
    ax.set_ylabel("SL, % of contacts", fontsize=8.5, color=GREY)
    return _finish(ax)


def _first_kind(result: Result) -> str:
    """Whose figures stand for all queues: those of the first kind of channel, where there are several."""
    return of_kind(tables.wholes(result)[0][2]).lower()


def heat(result: Result, figure: str = "sl", queue: str = "", ax: Axes | None = None) -> Axes:
    """A share by day (rows) and local time of day (columns); blue is good, red is bad, pale is the target."""
    from matplotlib.colors import TwoSlopeNorm

    scope = ("queue", queue) if queue else tables.wholes(result)[0][:2]
    series = result.series(figure, *scope)
    axis = style.time_axis(result, "interval")
    slots = max(1, round((axis.last - axis.first) / axis.step))
    grid = np.full((len(axis.days), slots), math.nan)
    days, hours = axis.where(list(series["interval"]))
    keep = ~np.isnan(days + hours) & series["value"].notna().to_numpy()
    grid[days[keep].astype(int), np.rint(hours[keep] / axis.step).astype(int)] = series["value"][keep]
    filled = np.flatnonzero(~np.isnan(grid).all(axis=0))
    first = int(filled[0]) if len(filled) else 0  # columns that are empty on every day are cut off
    grid = grid[:, first : int(filled[-1]) + 1 if len(filled) else slots]
    slots, begins = grid.shape[1], axis.first + first * axis.step
    ax = ax or style.new_axes(10.4, 0.9 + (0.3 if len(axis.days) <= 10 else 0.19) * len(axis.days))
    goal = target(result, figure, queue)
    good = better(figure) > 0
    centre = goal if math.isfinite(goal) and 0 < goal < 1 else 0.8 if good else float(np.nanmedian(grid))
    top = 1.0 if good else max(float(np.nanmax(grid)), centre * 1.5)
    norm = TwoSlopeNorm(min(max(centre, 1e-6), top - 1e-6), 0.0, top)
    image = ax.imshow(grid, aspect="auto", cmap="RdYlBu" if good else "RdYlBu_r", norm=norm, interpolation="nearest")
    kind = _first_kind(result)
    style.dress(ax, queue or kind or "all queues")
    ax.grid(False)
    every = max(1, round((1 if slots * axis.step <= 14 else 2) / axis.step))
    ticks = np.arange(0, slots, every)
    names = [f"{int(h) % 24:02d}:{round(h % 1 * 60):02d}" for h in begins + ticks * axis.step]
    ax.set_xticks(ticks - 0.5, names)
    ax.set_yticks(range(len(axis.days)), [formats.day_label(day) for day in axis.days])
    bar = ax.figure.colorbar(image, ax=ax, pad=0.01, aspect=30)
    bar.ax.tick_params(labelsize=8.5, length=0)
    bar.outline.set_visible(False)
    marks = [float(mark) for mark in np.arange(0, top + 1e-9, 0.2 if top > 0.5 else 0.05)]
    marks = [mark for mark in marks if abs(mark - centre) > 0.04] + [0.9] * (good and centre < 0.85)
    bar.set_ticks(sorted([*marks, centre]) if len(axis.days) > 4 else [0.0, centre, top])
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f}%")
    return ax
