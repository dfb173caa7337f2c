"""The rest of a day in words, as tables for the terminal, as a picture and as a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group
from rich.constrain import Constrain
from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import (
    between,
    change,
    change_between,
    plural,
    quantity,
    share,
    title,
    when,
)
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_page
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.common.terminal import plain_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.begun_day.outcome import Reforecast

MOST = 10  # moves that a terminal and a picture show
PARTS = ("so far", "rest of the day", "whole day")


def verdict(found: Reforecast) -> str:
    """The day in a sentence."""
    value, low, high = found.value("sl", found.queue)
    of = f" of {found.queue}" if found.queue else ""
    said = f"The SL{of} of the whole day is expected to be {share(value)} (90 % band {between(low, high, 'share')})"
    if math.isnan(found.likely):
        return f"{said}."
    return f"{said}; the chance to meet all targets is {share(found.likely, 0)}."


def heading(found: Reforecast) -> str:
    """Which day it is, and from when on."""
    return f"{found.scenario}, {found.date} from {found.until}"


def advice(found: Reforecast) -> str:
    """What to do, in a sentence."""
    if not found.tried:
        return "Nothing can be moved: nobody leaves early, has a break to come, or can be lent or spared."
    if not found.recommended:
        tried = plural(found.tried, "move")
        if found.likely >= 0.9:
            return f"Nothing needs to be done, and nobody can be spared ({tried} tried)."
        return f"No move makes a clear difference ({tried} tried)."
    row = next(r for r in found.moves.to_dict("records") if r["move"] == found.recommended)
    gain = f"{change(row['change'], 'share')} SL ({change_between(row['low'], row['high'], 'share')})"
    cost = _money(found, row["cost"])
    said = f"Recommended: {row['move']}: {gain}, {cost}."
    cheaper = found.moves[found.moves["as_good"] & (found.moves["cost"] < row["cost"] - 1e-9)]
    if len(cheaper) and row["kind"] != "time off":
        other = cheaper.sort_values("cost", kind="stable").iloc[0]
        said += f" Not distinguishable from it, and cheaper: {other['move']} ({_money(found, other['cost'])})."
    return said


def _money(found: Reforecast, cost: float) -> str:
    if abs(cost) < 0.005:
        return "at no cost"
    word = "saves" if cost < 0.0 else "costs"
    return f"{word} {quantity(abs(cost), 'money', found.currency)}"


def busy(found: Reforecast) -> list[str]:
    """How busy the day is, in sentences; once where it is the same for several reasons."""
    out: dict[str, list[str]] = {}
    for row in found.busyness.to_dict("records"):
        gap = row["factor"] - 1.0
        word = "more" if gap > 0.0 else "fewer"
        ends = f"{100 * row['low'] - 100:+.0f} to {100 * row['high'] - 100:+.0f} %".replace("-", "\u2212")
        out.setdefault(f"{100 * abs(gap):.0f} % {word} contacts than planned ({ends})", []).append(str(row["reason"]))
    return [f"{', '.join(names)}: {text}." for text, names in out.items()]


def waiting(found: Reforecast) -> str:
    """How many wait now, in a sentence."""
    said = []
    for row in found.backlog.to_dict("records"):
        ends = between(row["low"], row["high"], "contacts")
        said.append(f"{row['queue']} {row['waiting']:.1f}" + (f" ({ends})" if ends else ""))
    return f"Waiting at {found.until}: {', '.join(said)}."


def summary(found: Reforecast, width: int | None = None) -> RenderableType:
    """What a terminal shows: the verdict, the day, the remaining intervals, the moves, and what was assumed."""
    head = heading(found)
    parts: list[RenderableType] = [Text(head, style="bold"), Text(verdict(found)), Text(advice(found)), Text("")]
    parts += [Text(text) for text in (*busy(found), waiting(found))]
    parts += [Text(""), _day(found), Text(""), _intervals(found)]
    if len(found.moves):
        parts += [Text(""), _moves(found)]
    parts += [Text(""), *(Text(f"note: {note}", style="dim") for note in found.notes)]
    whole = Group(*parts)
    return Constrain(whole, width) if width else whole


def _cells(row: dict[Any, Any], figure: str, unit: str) -> tuple[str, str]:
    return quantity(row[figure], unit), between(row[f"{figure}_low"], row[f"{figure}_high"], unit)


def _day(found: Reforecast) -> Any:
    table = plain_table("The day, with 90 % bands")
    for k, name in enumerate(("queue", "metric", *PARTS)):
        table.add_column(name, justify="left" if k < 2 else "right")
    for queue, figure, rows in _by_figure(found):
        cells = []
        for row in rows:
            ends = between(row["low"], row["high"], row["unit"])
            text = quantity(row["value"], row["unit"]) + (f" ({ends})" if ends else "")
            cells.append(f"{text} {_seen(row)}".rstrip())
        table.add_row(queue, title(figure), *cells)
    return table


def _by_figure(found: Reforecast) -> list[tuple[str, str, list[dict[Any, Any]]]]:
    """The rows of the day, by queue and metric: those of each part, in order."""
    groups = found.day.groupby(["queue", "figure"], sort=False)
    rows = {(str(q), str(f)): {row["part"]: row for row in part.to_dict("records")} for (q, f), part in groups}
    names = list(dict.fromkeys(found.day["queue"]))
    ordered = sorted(rows, key=lambda key: names.index(key[0]))
    return [(queue, figure, [rows[queue, figure][part] for part in PARTS]) for queue, figure in ordered]


def _seen(row: dict[Any, Any]) -> str:
    return "seen" if row["seen"] else ""


def _intervals(found: Reforecast) -> Any:
    shown = found.queue or "all"
    table = plain_table(f"The rest of the day by interval, {shown}, with 90 % bands")
    for k, name in enumerate(("interval", "offered", "SL", "ASA", "abandoned", "staff")):
        table.add_column(name, justify="right" if k else "left")
    staff = found.intervals[found.intervals["queue"] == "all"].set_index("interval")["staff"]
    for row in found.intervals[found.intervals["queue"] == shown].to_dict("records"):
        cells = []
        for figure, unit in (("offered", "contacts"), ("sl", "share"), ("asa", "s"), ("abandoned_share", "share")):
            cells.append(_short(row[figure], row[f"{figure}_low"], row[f"{figure}_high"], unit))
        table.add_row(when(row["interval"], day=False), *cells, quantity(float(staff[row["interval"]]), "agents"))
    return table


def _short(value: float, low: float, high: float, unit: str) -> str:
    """A value with its band, without what a planner does not need in a row of a table."""
    if math.isnan(value) or math.isnan(low):
        return quantity(value, unit)
    if unit == "share":
        return f"{100 * value:.0f}% ({100 * low:.0f} to {100 * high:.0f}%)"
    if unit == "contacts":
        return f"{value:.0f} ({low:.0f} to {high:.0f})"
    return f"{quantity(value, unit)} ({between(low, high, unit) or quantity(low, unit)})"


def _moves(found: Reforecast) -> Any:
    of = f" of {found.queue}" if found.queue else ""
    table = plain_table(f"Moves, by what they add to the day's SL{of}")
    heads = ("", "move", "SL", "95 % interval", "hours", "cost", "targets met")
    for k, name in enumerate(heads):
        table.add_column(name, justify="left" if k == 1 else "right", no_wrap=k != 1)
    for row in found.moves.head(MOST).to_dict("records"):
        mark = f"{row['rank']}{'=' if row['as_good'] and row['rank'] > 1 else ''}"
        table.add_row(
            mark,
            str(row["move"]),
            change(row["change"], "share"),
            change_between(row["low"], row["high"], "share"),
            f"{row['hours']:+.1f}".replace("-", "\u2212"),
            quantity(row["cost"], "money"),
            share(row["likely"], 0),
        )
    return table


def plot(found: Reforecast) -> Figure:
    """Bands of SL and contacts by remaining interval, and what the moves change."""
    from matplotlib.figure import Figure

    rows = found.moves.head(MOST)
    heights = [4.2, 0.7 + 0.32 * len(rows)] if len(rows) else [4.2]
    figure = Figure(figsize=(9.0, sum(heights) + 0.3), layout="constrained")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    axes = parts[0].subplots(2, 1)
    shown = found.queue or "all"
    part = found.intervals[found.intervals["queue"] == shown]
    for ax, name, factor, unit in ((axes[0], "sl", 100.0, "%"), (axes[1], "offered", 1.0, "contacts")):
        _band(ax, part, name, factor)
        style.dress(ax, f"{title(name)}, {shown}, 90 % band for this day", unit)
        style.from_zero(ax)
    axes[0].set_ylim(0.0, 102.0)
    if len(rows):
        _gains(parts[1].subplots(), found)
    return figure


def _band(ax: Axes, part: Any, name: str, factor: float) -> None:
    x = np.arange(len(part) + 1)
    value, low, high = (
        np.append(y, y[-1:])
        for y in (part[key].to_numpy(float) * factor for key in (name, f"{name}_low", f"{name}_high"))
    )
    ax.fill_between(x, low, high, color=style.SKY, alpha=0.45, lw=0, step="post")
    ax.plot(x, value, color=style.BLUE, lw=1.6, drawstyle="steps-post")
    x = x[:-1]
    every = max(1, len(x) // 10)
    ax.set_xticks(x[::every], [when(t, day=False) for t in part["interval"]][::every])


def _gains(ax: Axes, found: Reforecast) -> None:
    rows = found.moves.head(MOST).to_dict("records")
    for y, row in enumerate(rows):
        tone = style.GREEN if row["low"] > 0.0 else style.VERMILLION if row["high"] < 0.0 else style.GREY
        ax.plot([100 * row["low"], 100 * row["high"]], [y, y], color=tone, lw=2.0)
        ax.plot(100 * row["change"], y, "o", color=tone, ms=5)
    ax.axvline(0.0, color=style.GREY, lw=0.8)
    names = [str(row["move"]) for row in rows]
    ax.set_yticks(range(len(rows)), [name if len(name) <= 62 else f"{name[:61]}…" for name in names], fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    style.dress(ax, "What moves add to the day's SL, with 95 % interval", "")
    ax.set_xlabel("points", fontsize=9)


def page(found: Reforecast) -> str:
    """The page: verdict, picture, tables, and what was assumed."""
    drawn = svg_of(plot(found), "reforecast", heading(found))
    day, intervals, moves = _grids(found)
    return render_page(
        name=f"The rest of {found.date}",
        run=f"{found.scenario}, from {found.until}; {plural(found.replications, 'replication')}, seed {found.seed}",
        verdict=f"{verdict(found)} {advice(found)}",
        mood="met" if found.likely >= 0.9 else "missed" if found.likely < 0.5 else "",
        pictures=[picture("The rest of the day", " ".join((*busy(found), waiting(found))), drawn, intervals)],
        tables=[*([moves] if moves.rows else []), day],
        assumptions=found.notes,
        footer="cxsim reforecast",
    )


def _grids(found: Reforecast) -> tuple[Grid, Grid, Grid]:
    day = []
    for queue, figure, rows in _by_figure(found):
        cells = [
            Cell(quantity(row["value"], row["unit"]), between(row["low"], row["high"], row["unit"]) or _seen(row))
            for row in rows
        ]
        day.append(Row((Cell(queue), Cell(title(figure)), *cells)))
    units = (("offered", "contacts"), ("sl", "share"), ("asa", "s"), ("abandoned_share", "share"))
    intervals = [
        Row((Cell(when(row["interval"], day=False)), Cell(row["queue"]), *(Cell(*_cells(row, *one)) for one in units)))
        for row in found.intervals.to_dict("records")
    ]
    moves = [
        Row(
            (
                Cell(str(row["rank"])),
                Cell(row["move"]),
                Cell(change(row["change"], "share"), change_between(row["low"], row["high"], "share")),
                Cell(f"{row['hours']:+.1f}".replace("-", "\u2212")),
                Cell(quantity(row["cost"], "money", found.currency)),
                Cell(share(row["likely"], 0)),
                Cell("yes" if row["as_good"] else "no"),
            )
        )
        for row in found.moves.to_dict("records")
    ]
    band = "Beside: 90 % prediction band, for this one day."
    return (
        Grid("The day", ("Queue", "Metric", *(part.capitalize() for part in PARTS)), tuple(day), left=2, note=band),
        Grid("By interval", ("Interval", "Queue", "Offered", "SL", "ASA", "Abandoned"), tuple(intervals), 2, band),
        Grid(
            "Moves",
            ("Rank", "Move", "SL of the day", "Hours", "Cost", "Targets met", "As good as the best"),
            tuple(moves),
            left=2,
            note="Beside: paired 95 % interval, against doing nothing. Targets met: chance to meet all of them.",
        ),
    )
