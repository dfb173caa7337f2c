"""Pictures of a calibration: volumes, talk, patience, handle times and people over the week."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.report.common import style
from cxsim.report.common.formats import clock as minutes
from cxsim.report.common.formats import quantity, share
from cxsim.report.common.pages import Cell, Grid, Row, picture
from cxsim.report.common.svg import svg as svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cxsim.calibrate.calibration import Calibration

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST = 9  # panels of a picture
POINTS = (20.0, 60.0, 120.0, 300.0, 600.0)


def pictures(found: Calibration) -> list[dict[str, Any]]:
    """The sections of the page that have a picture."""
    out = [_volumes(found)]
    if found.talk:
        out.append(_talk(found))
    if found.curves:
        out.append(_patience(found))
    if any(one.handle_time is not None for one in found.parts.reasons):
        out.append(_handle_times(found))
    out.append(_staff(found))
    return out


def _drawn(
    title: str,
    sentence: str,
    key: str,
    names: list[str],
    draw: Callable[[str, Axes], None],
    table: Grid,
    share_y: bool = False,
) -> dict[str, Any]:
    figure = style.panels(names, draw, wide=False, share_y=share_y, x_label=True)
    return picture(title, sentence, svg_of(figure, key, title), table)


def _hours(found: Calibration) -> Any:
    return np.arange(found.parts.days.slots + 1) * found.parts.days.width / 3600.0


def _week(found: Calibration, ax: Axes, values: Any, unit: str, name: str) -> None:
    """Lines by time of day: one for each day type, of its weekdays' mean."""
    days = found.parts.days
    for colour, kind in zip((style.BLUE, style.ORANGE, style.GREEN, style.PURPLE), days.types(), strict=False):
        first, last = days.open[kind[0]] or (0, 0)
        label = _weekdays(kind)
        mean = np.asarray(values)[kind].mean(axis=0)[first:last]
        ax.stairs(mean, _hours(found)[first : last + 1], color=colour, lw=1.4, label=label)
    style.dress(ax, name, unit)
    style.from_zero(ax, 0.1)
    ax.xaxis.set_major_formatter(lambda x, _: f"{int(x):02d}:00")


def _weekdays(kind: list[int]) -> str:
    """Weekdays in words, runs of three and more cut short: Mon–Thu, Sun."""
    runs: list[list[int]] = []
    for w in kind:
        if runs and runs[-1][-1] == w - 1:
            runs[-1].append(w)
        else:
            runs.append([w])
    return ", ".join(
        f"{DAYS[run[0]]}\u2013{DAYS[run[-1]]}" if len(run) > 2 else ", ".join(DAYS[w] for w in run) for run in runs
    )


def _volumes(found: Calibration) -> dict[str, Any]:
    parts = {one.name: one for one in found.parts.reasons[:MOST]}
    rows = tuple(
        Row((Cell(one.name), *(Cell(f"{one.volume[w].sum():,.0f}") for w in range(7)), Cell(share(one.busyness))))
        for one in found.parts.reasons
    )
    table = Grid("Fresh contacts a day", ("Reason", *DAYS, "Busyness"), rows)
    return _drawn(
        "Volumes",
        "Expected fresh contacts per interval, by day type.",
        "volumes",
        list(parts),
        lambda name, ax: _week(found, ax, parts[name].volume, "contacts", name),
        table,
    )


def _talk(found: Calibration) -> dict[str, Any]:
    def draw(name: str, ax: Axes) -> None:
        one = found.talk[name]
        x = np.sort(one.values)
        top = float(np.quantile(x, 0.98)) if len(x) else 1.0
        grid = np.linspace(0.0, top, 120)
        ax.plot(grid, np.searchsorted(x, grid, side="right") / max(len(x), 1), color=style.BLUE, lw=1.6, label="talks")
        law = (one.knots, one.shares) if one.fit is None else (one.fit.knots, one.shares[: len(one.fit.knots)])
        ax.plot(*law, "--", color=style.ORANGE, lw=1.2, label="scenario")
        ax.set_xlim(0.0, top)
        style.dress(ax, name, "share up to")
        style.percent_axis(ax, 1.0)
        ax.xaxis.set_major_locator(style.round_times())
        ax.xaxis.set_major_formatter(lambda v, _: minutes(v))

    rows = tuple(
        Row(
            (
                Cell(name),
                Cell(f"{len(one.values):,}"),
                Cell(quantity(one.mean, "s")),
                Cell(f"{one.short:,}"),
                Cell(one.fit.title if one.fit else "as recorded"),
                Cell(one.why),
            )
        )
        for name, one in found.talk.items()
    )
    heads = ("Reason", "Talks", "Mean", "Up to 10 s", "Distribution", "Why")
    return _drawn(
        "Talk",
        "Share of talks up to each length (min:s), recorded and as the scenario has them.",
        "talk",
        list(found.talk)[:MOST],
        draw,
        Grid("Talk by reason", heads, rows, texts=(5, 6)),
        share_y=True,
    )


def _patience(found: Calibration) -> dict[str, Any]:
    def draw(name: str, ax: Axes) -> None:
        one = found.curves[name]
        last = one.curve.times[one.curve.at_risk >= 30]
        top = min(float(last[-1]) if len(last) else 60.0, 600.0)
        grid = np.linspace(0.0, top, 200)
        ax.plot(grid, one.curve.at(grid), color=style.BLUE, lw=1.6)
        ax.set_xlim(0.0, top)
        style.dress(ax, name, "still waiting")
        style.percent_axis(ax, 1.0)
        ax.xaxis.set_major_locator(style.round_times())
        ax.xaxis.set_major_formatter(lambda v, _: minutes(v))

    rows = tuple(
        Row(
            (
                Cell(name),
                Cell(f"{one.waited:,}"),
                Cell(f"{one.events:,}"),
                *(Cell(share(float(one.curve.at(t))) if len(one.times) and t <= one.times[-1] else "") for t in POINTS),
            )
        )
        for name, one in found.curves.items()
    )
    heads = ("Reason", "Waited", "Abandoned", *(f"Above {t:g} s" for t in POINTS))
    sentence = (
        "Share of customers who would still wait (min:s), by Kaplan\u2013Meier: customers who were answered "
        "would have waited longer."
    )
    return _drawn(
        "Patience",
        sentence,
        "patience",
        list(found.curves)[:MOST],
        draw,
        Grid("Patience by reason", heads, rows),
        share_y=True,
    )


def _handle_times(found: Calibration) -> dict[str, Any]:
    timed = [one for one in found.parts.reasons if one.handle_time is not None]
    first = timed[0]
    table = np.asarray(first.handle_time)
    mean = table[found.parts.days.mask()].mean()
    rows = tuple(
        Row(
            (
                Cell(one.name),
                *(
                    Cell(
                        quantity(float(np.asarray(one.handle_time)[w][found.parts.days.mask()[w]].mean()), "s")
                        if found.parts.days.open[w]
                        else ""
                    )
                    for w in range(7)
                ),
            )
        )
        for one in timed
    )
    return _drawn(
        "Handle time by interval",
        "Times the mean of the reason: what is beyond chance.",
        "handle",
        ["All reasons"],
        lambda name, ax: _week(found, ax, table / mean, "factor", name),
        Grid("Mean handle time in open hours", ("Reason", *DAYS), rows),
    )


def _staff(found: Calibration) -> dict[str, Any]:
    parts = found.parts
    names = list(parts.groups)
    hours = parts.staff.sum(axis=2) * parts.days.width / 3600.0
    rows = tuple(Row((Cell(name), *(Cell(f"{hours[g, w]:,.0f}") for w in range(7)))) for g, name in enumerate(names))
    return _drawn(
        "People on duty",
        "Agents of all groups per interval, by day type.",
        "staff",
        ["All groups"],
        lambda name, ax: _week(found, ax, parts.staff.sum(axis=0), "agents", name),
        Grid("Agent-hours a day", ("Group", *DAYS), rows),
    )
