"""How pictures look: palette, panels, and the axis of local time that days share."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.report.common import formats
from cxsim.report.common.readings import name_places, name_unit
from cxsim.report.common.svg import escape_controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

    from cxsim.simulation.result import Result

# Okabe and Ito, Color Universal Design (2008): told apart with every common colour blindness.
BLUE, ORANGE, VERMILLION, GREEN, SKY, PURPLE = (
    "#0072B2",
    "#E69F00",
    "#D55E00",
    "#009E73",
    "#56B4E9",
    "#CC79A7",
)
INK, GREY, PALE, RULE = "#22262b", "#6b737c", "#c9d0d6", "#e4e8eb"
MOST_DAYS_BY_INTERVAL = 8
MOST_PANELS = 15
UNLIKE = 4.0  # how many times another's scale is too large for both to be read
TIME_STEPS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
    28800,
    43200,
    86400,
    172800,
    345600,
)


@dataclass(frozen=True)
class TimeAxis:
    """Where intervals (or days) stand on the x axis: hours, with closed nights cut out."""

    days: tuple[date, ...]
    by: str
    first: float
    last: float
    step: float

    @property
    def pitch(self) -> float:
        """Hours on the axis from one day to the next."""
        open_hours = self.last - self.first
        return open_hours if open_hours >= 24 else open_hours * 1.06

    def where(self, intervals: Sequence[str]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Number of the day and hours since its first opening, of each interval; NaN outside the axis."""
        rank = {day.isoformat(): i for i, day in enumerate(self.days)}
        days = np.array([rank.get(text[:10], math.nan) for text in intervals], dtype=float)
        if self.by == "day":
            return days, np.zeros(len(days))
        moments = [datetime.fromisoformat(text) for text in intervals]
        hours = np.array([m.hour + m.minute / 60 + m.second / 3600 - self.first for m in moments], dtype=float)
        hours[(hours < 0) | (hours > self.last - self.first - 1e-9)] = math.nan
        return days, hours

    def place(self, intervals: Sequence[str]) -> np.ndarray[Any, Any]:
        """Left edge of each interval, or centre of each day."""
        days, hours = self.where(intervals)
        return days if self.by == "day" else days * self.pitch + hours

    def points(self, series: pd.DataFrame) -> tuple[np.ndarray[Any, Any], pd.DataFrame]:
        """Middles of the intervals shown, with an empty row where some are missing, so that no line crosses a night."""
        if self.by == "day":
            return self.place(list(series["interval"])), series
        days, hours = self.where(list(series["interval"]))
        keep = ~np.isnan(days + hours)
        days, series = days[keep], series[keep].reset_index(drop=True)
        middle = days * self.pitch + hours[keep] + self.step / 2
        apart = np.diff(middle) > 1.5 * self.step  # intervals with no value between them
        breaks = np.flatnonzero(apart | ((np.diff(days) > 0) & (self.last - self.first < 24))) + 1
        places = np.insert(np.arange(len(series)), breaks, -1)
        return np.insert(middle, breaks, math.nan), series.reindex(places).reset_index(drop=True)

    def name(self, x: float) -> str:
        """What a place on the axis is called: the day, or the start of the interval it lies in."""
        if self.by == "day":
            return formats.day_label(self.days[min(max(round(x), 0), len(self.days) - 1)])
        day = min(max(math.floor(x / self.pitch + 1e-9), 0), len(self.days) - 1)
        steps = math.floor((x - day * self.pitch) / self.step + 1e-6)
        minutes = round(60.0 * (self.first + steps * self.step))
        clock = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
        return clock if len(self.days) == 1 else f"{formats.day_label(self.days[day])} {clock}"

    def dress(self, ax: Axes) -> None:
        """Ticks at local hours (one day), hours and day names (some days), or dates (many)."""
        name_places(ax, self.name)
        if self.by == "day":
            stride = max(1, math.ceil(len(self.days) / 12))
            stride = 7 * math.ceil(stride / 7) if len(self.days) > 21 else stride
            at = [i for i in range(len(self.days)) if i % stride == 0]
            names = [
                formats.day_label(self.days[i]) if stride == 1 or stride % 7 == 0 else f"{self.days[i]:%d %b}"
                for i in at
            ]
            ax.set_xticks(at, names)
            ax.set_xlim(-0.6, len(self.days) - 0.4)
            for i, day in enumerate(self.days):
                if day.weekday() >= 5:
                    ax.axvspan(i - 0.5, i + 0.5, color="#f4f5f6", zorder=0, lw=0)
            return
        width = self.last - self.first
        count = len(self.days)
        if count > 1:
            ax.set_title(ax.get_title(loc="left"), loc="left", fontsize=10, fontweight="bold", color=INK, pad=20)
        inches = (ax.bbox.width / ax.figure.dpi) if count else 0.0
        room = inches / count / 0.62
        hourly = next((h for h in (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0) if width / h <= room), 24.0)
        offset = math.ceil(self.first / hourly) * hourly - self.first
        hours = np.arange(offset, width + (1e-9 if count == 1 else -hourly * 0.4), hourly)
        many = count > MOST_DAYS_BY_INTERVAL
        ticks, names = [], []
        for i in range(count):
            for hour in hours if not many else []:
                minutes = round((self.first + hour) * 60)
                ticks.append(i * self.pitch + hour)
                names.append(f"{minutes // 60 % 24:02d}:{minutes % 60:02d}")
            if i:
                ax.axvline(i * self.pitch - (self.pitch - width) / 2, color=PALE, lw=0.8, zorder=0)
            if count > 1 and (not many or i % math.ceil(count / 10) == 0):
                ax.annotate(
                    formats.day_label(self.days[i]),
                    (i * self.pitch + (0 if many else width / 2), 1),
                    xycoords=("data", "axes fraction"),
                    xytext=(0, 3),
                    textcoords="offset points",
                    ha="left" if many else "center",
                    va="bottom",
                    fontsize=8.5,
                    color=GREY,
                )
        ax.set_xticks(ticks, names)
        margin = self.step * 0.3
        ax.set_xlim(-margin, (count - 1) * self.pitch + width + margin)


def time_axis(result: Result, by: str | None = None) -> TimeAxis:
    """The axis for a result: by interval up to eight days, by day beyond (where days were measured)."""
    offered = result.series("offered", "total")
    present = result.series("agents_present", "total")
    live = set(offered.loc[offered["value"] > 0, "interval"]) | set(present.loc[present["value"] > 0, "interval"])
    if result.plan is not None and "interval" in result.plan:  # all that are open, though nobody comes or is there
        live |= set(result.plan["interval"].astype(str))
    texts = sorted(live) or [label.isoformat(timespec="minutes") for label in result.labels]
    moments = [datetime.fromisoformat(text) for text in texts]
    days = tuple(sorted({m.date() for m in moments})) or (date(2000, 1, 3),)
    if by is None:
        measured = len(result.series("offered", "total", by="day"))
        by = "day" if len(days) > MOST_DAYS_BY_INTERVAL and measured > 1 else "interval"
    step = result.interval / 3600
    starts = [m.hour + m.minute / 60 + m.second / 3600 for m in moments] or [0.0]
    return TimeAxis(days, by, min(starts), min(24.0, max(starts) + step) if len(days) > 1 else max(starts) + step, step)


def dress(ax: Axes, name: str = "", unit: str = "") -> None:
    """Quiet frame: one baseline, light horizontal rules, the name above, the unit beside the axis."""
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(GREY)
    ax.grid(axis="y", color=RULE, lw=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(colors=GREY, labelcolor=INK, labelsize=8.5, length=0, axis="y")
    ax.tick_params(colors=GREY, labelcolor=INK, labelsize=8.5, length=3, axis="x")
    ax.set_title(name, loc="left", fontsize=10, fontweight="bold", color=INK, pad=7)
    ax.set_ylabel(unit, fontsize=8.5, color=GREY)


def percent_axis(ax: Axes, top: float | None = None) -> None:
    """A y axis of shares, written in per cent, from 0% to the top (by default that of the data)."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if top is None:
        from_zero(ax, 0.1)
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    else:
        ax.set_ylim(0, top)
        ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])

    def text(value: float, _: object) -> str:
        high = ax.get_ylim()[1]
        return f"{value * 100:.{0 if high >= 0.04 else 1 if high >= 0.004 else 2}f}%"

    ax.yaxis.set_major_formatter(FuncFormatter(text))
    name_unit(ax, "%")


def whole_numbers(ax: Axes) -> None:
    """A y axis of counts: a few ticks, at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def round_times() -> Locator:
    """Ticks of an axis in seconds at round seconds, minutes or hours, at most five steps."""
    from matplotlib.ticker import Locator, MultipleLocator

    class RoundTimes(Locator):
        def __call__(self) -> Any:
            assert self.axis is not None
            return self.tick_values(*self.axis.get_view_interval())

        def tick_values(self, vmin: float, vmax: float) -> Any:
            reach = abs(vmax - vmin)
            step = next((step for step in TIME_STEPS if reach <= 5 * step), reach / 5)
            return MultipleLocator(step).tick_values(vmin, vmax)

    return RoundTimes()


def from_zero(ax: Axes, least: float = 1.0) -> None:
    """A y axis from zero to a little over the data; to `least` where the data is nothing."""
    top = ax.dataLim.y1
    ax.set_ylim(0, top * 1.06 if math.isfinite(top) and top > 0 else least)


def new_axes(width: float = 9.0, height: float = 3.6) -> Axes:
    """Axes of their own: shown by a notebook where there is one, else free of pyplot's global state."""
    if "IPython" in sys.modules and "ipykernel" in sys.modules:
        import matplotlib.pyplot as plt

        return plt.subplots(figsize=(width, height), layout="constrained")[1]
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def legend(ax: Axes) -> None:
    """A legend in one line above the axes, where more than one thing is drawn."""
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) > 1:
        ax.legend(
            handles,
            labels,
            loc="lower right",
            bbox_to_anchor=(1, 1.0),
            ncols=len(labels),
            frameon=False,
            fontsize=8.5,
            handlelength=1.4,
            columnspacing=1.2,
            borderaxespad=0.3,
            labelcolor=INK,
        )


def panels(
    names: Sequence[str],
    draw: Callable[[str, Axes], None],
    wide: bool,
    share_y: bool = True,
    x_label: bool = False,
) -> Figure:
    """Small multiples: one panel a name, with one legend for all.

    With `share_y` they have one scale, but each its own where the largest has more than UNLIKE times that of the least.
    """
    from matplotlib.figure import Figure

    count = max(1, min(len(names), MOST_PANELS))
    columns = 1 if wide or count == 1 else 2 if count in (2, 4) else 3
    rows = math.ceil(count / columns)
    # Inches, laid out by hand: matplotlib's own layout engines take as long as all the drawing.
    plot = 2.5 if count == 1 else 1.5 if columns == 1 else 1.9 if columns == 2 else 1.75
    left, right, above, below, head = 0.72, 0.16, 0.46 if wide else 0.34, 0.34 + 0.2 * x_label, 0.3
    width, height = 10.4, head + rows * (plot + above + below)
    figure = Figure(figsize=(width, height))
    gap = 0.6 if columns > 1 else 0.0  # room for the labels of each, which may turn out to have its own scale
    room = (width - left - right - (columns - 1) * gap) / columns
    grid = np.empty((rows, columns), dtype=object)
    for i in range(rows * columns):
        row, column = divmod(i, columns)
        x = left + column * (room + gap)
        y = height - head - (row + 1) * (plot + above + below) + below
        if i < count:
            grid[row, column] = figure.add_axes((x / width, y / height, room / width, plot / height))
            draw(names[i], grid[row, column])
    shown = list(grid.flat[:count])
    tops = [ax.get_ylim()[1] for ax in shown]
    if share_y and max(tops) <= UNLIKE * min(tops):
        unit = max(shown, key=lambda ax: ax.get_ylim()[1]).get_ylabel()
        low, high = min(ax.get_ylim()[0] for ax in shown), max(ax.get_ylim()[1] for ax in shown)
        for i, ax in enumerate(shown):
            ax.set_ylim(low, high)
            ax.set_ylabel(unit)
            ax.tick_params(labelleft=i % columns == 0)
    for i, ax in enumerate(shown):
        if i % columns:
            ax.set_ylabel("")
    one_legend(figure, (1 - 0.1 / width, 1 - 0.02 / height), most=6, length=1.5, gap=1.4, borderaxespad=0.2, axes=shown)
    for ax in shown:
        if ax.get_legend():
            ax.get_legend().remove()
    return figure


def one_legend(
    figure: Figure,
    corner: tuple[float, float],
    *,
    axes: Sequence[Axes] = (),
    names: Sequence[str] | None = None,
    most: int | None = None,
    length: float = 1.3,
    gap: float = 1.3,
    **more: Any,
) -> None:
    """One legend at the top right for all axes, each label once; `names` are those to show, in order.

    At most `most` entries stand on a line. `length` of a line in it and `gap` between columns are in font sizes.
    """
    handles: dict[str, Any] = {}
    for ax in axes or figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    shown = [name for name in names if name in handles] if names is not None else list(handles)
    if shown:
        figure.legend(
            [handles[name] for name in shown],
            shown,
            loc="upper right",
            bbox_to_anchor=corner,
            ncols=min(len(shown), most or len(shown)),
            frameon=False,
            fontsize=8.5,
            handlelength=length,
            columnspacing=gap,
            labelcolor=INK,
            **more,
        )


FORMATS = ("png", "svg", "pdf")


def checked_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Formats of charts, each once. ValueError for one that is not drawn."""
    given = (formats,) if isinstance(formats, str) else tuple(dict.fromkeys(formats))
    for one in given:
        if one not in FORMATS:
            raise ValueError(f"formats: {one!r} is not a chart format; the formats are {', '.join(FORMATS)}")
    return given


def drawn(figure: Figure, name: str, formats: Sequence[str]) -> dict[str, bytes]:
    """The figure in each format: PNG with its name above, SVG and PDF without, as a paper has captions."""
    vectors = {kind: vector(figure, kind) for kind in formats if kind != "png"}
    return vectors | ({"png": png(figure, name)} if "png" in formats else {})


def vector(figure: Figure, kind: str) -> bytes:
    """The figure as SVG or PDF, with fonts that journals take and the same bytes each time."""
    import matplotlib as mpl

    notes = {"svg": ("Date", "Creator"), "pdf": ("CreationDate", "Creator", "Producer")}[kind]
    out = io.BytesIO()
    escape_controls(figure)
    with mpl.rc_context({"svg.hashsalt": "cxsim", "pdf.fonttype": 42}):
        figure.savefig(out, format=kind, metadata=dict.fromkeys(notes))
    return out.getvalue()


def png(figure: Figure, name: str) -> bytes:
    """The figure as PNG with its name above, for slides and mail."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    out = io.BytesIO()
    name = name if len(name) <= 64 else name[:63] + "\u2026"
    y = 1 - 0.06 / figure.get_figheight()
    engine: Any = figure.get_layout_engine()
    if engine is not None and not figure.legends:  # a legend makes room for the name, else there is none
        engine.set(rect=(0.0, 0.0, 1.0, 1.0 - 0.28 / figure.get_figheight()))
    figure.suptitle(name, x=0.01, y=y, ha="left", va="top", fontsize=11.5, fontweight="bold", color=INK)
    figure.set_dpi(150)
    escape_controls(figure)
    FigureCanvasAgg(figure).print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call]  # matplotlib has no types here
    return out.getvalue()
