"""A forecast as tables, files, a picture and words for the terminal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.table import Table
from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import number, share
from cxsim.report.run.folder import csv_text
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.forecast import Forecast, QueueForecast

KIND = "cxsim forecast"
PAST_DAYS = 28
DIGITS = 4
SHOWN_DAYS = 14
FRESH = (
    "These volumes count what the history counts. In a scenario, `volume` means fresh contacts. If the history "
    "includes redials and repeats, and the scenario makes them too, they are counted twice."
)
TOTAL = (
    "These volumes include redials and repeats. In a scenario, `volume` means fresh contacts: let nobody contact again "
    "there, or forecast again with --redial, --resolution and --repeat."
)
TAKEN_OUT = (
    "These volumes are fresh contacts: redials and repeats are taken out of the history. after_contact has them."
)
ONLY_FRESH = "These volumes are fresh contacts, as you said of the history."


def intervals(found: Forecast) -> pd.DataFrame:
    """A row per queue, day and open interval: queue, date, time, volume, low, high (90 % band), aht in seconds."""
    rows = []
    for one in found.queues:
        for k, on in enumerate(one.days):
            for s in np.flatnonzero(one.volume[k] > 0.0):
                aht = float(one.aht[k, s]) if one.aht is not None else math.nan
                rows.append((one.queue, on, _clock(one.slots[s]), one.volume[k, s], one.low[k, s], one.high[k, s], aht))
    frame = pd.DataFrame(rows, columns=["queue", "date", "time", "volume", "low", "high", "aht"])
    return frame if frame["aht"].notna().any() else frame.drop(columns="aht")


def days(found: Forecast) -> pd.DataFrame:
    """A row per queue and open day: queue, date, weekday, volume, low, high (90 % band of the day's total)."""
    rows = [
        (one.queue, on, f"{on:%a}", one.volume[k].sum(), one.day_low[k], one.day_high[k])
        for one in found.queues
        for k, on in enumerate(one.days)
    ]
    return pd.DataFrame(rows, columns=["queue", "date", "weekday", "volume", "low", "high"])


def backtest(found: Forecast) -> pd.DataFrame:
    """A row per queue and model: errors as shares, and the share of intervals and days inside their 90 % band."""
    rows = [
        (one.queue, s.model, s.model == one.method, s.wape, s.daily_wape, s.bias, s.coverage, s.day_coverage)
        for one in found.queues
        for s in one.scores
    ]
    names = ["queue", "model", "used", "wape", "daily_wape", "bias", "coverage", "day_coverage"]
    return pd.DataFrame(rows, columns=names)


def effects(found: Forecast) -> pd.DataFrame:
    """A row per queue and calendar effect: what it multiplies a day by, against the mean of all days."""
    rows = [(one.queue, name, factor) for one in found.queues for name, factor in one.effects.items()]
    return pd.DataFrame(rows, columns=["queue", "effect", "factor"])


def wide(found: Forecast, value: str) -> pd.DataFrame:
    """`volume` or `aht` of `intervals` with a column per queue: date, time, one column each.

    Where a queue is closed, holidays included, volumes are 0 and handle times the queue's mean, so that a scenario
    finds a row for every usual hour.
    """
    table = intervals(found).pivot_table(index=["date", "time"], columns="queue", values=value, sort=False)
    table = table[[one.queue for one in found.queues if one.queue in table.columns]]
    table = table.reindex(table.index.union(_usual_hours(found)))
    table = table.fillna(0.0 if value == "volume" else table.mean())
    return table.sort_index().reset_index().rename_axis(columns=None)


def _usual_hours(found: Forecast) -> pd.MultiIndex:
    """Every (date, time) from the first to the last forecast day at which its weekday is open for any queue."""
    first = min(one.days[0] for one in found.queues)
    last = max(one.days[-1] for one in found.queues)
    times: dict[int, set[str]] = {}
    for one in found.queues:
        for k, on in enumerate(one.days):
            times.setdefault(on.weekday(), set()).update(_clock(x) for x in one.slots[one.volume[k] > 0.0])
    span = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    rows = [(on, text) for on in span for text in sorted(times.get(on.weekday(), ()))]
    return pd.MultiIndex.from_tuples(rows, names=["date", "time"])


def of_volume(found: Forecast) -> str:
    """What the volumes count, in a sentence."""
    if found.fresh:
        return TAKEN_OUT if found.offered == "total" else ONLY_FRESH
    return FRESH if found.offered is None else TOTAL


def _after_contact(found: Forecast) -> list[str]:
    """How customers contact again, as keys of a scenario."""
    back, lines = found.returning, list[str]()
    if back is not None and back.redial:
        lines.append(f"  abandoned: {{redial: {100 * back.redial:g}%, delay: {back.redial_delay:g}s}}")
    if back is not None and back.again:
        lines.append(f"  unresolved: {{repeat: {100 * back.repeat:g}%, delay: {back.repeat_delay:g}s}}")
    return ["after_contact:", *lines] if lines else []


def scenario_part(found: Forecast) -> str:
    """The horizon and the reasons of a scenario that reads `volumes.csv` and `handle_times.csv`, as YAML."""
    first = min(one.days[0] for one in found.queues)
    last = max(one.days[-1] for one in found.queues)
    width = found.queues[0].width
    timed = any(one.aht is not None for one in found.queues)
    lines = [
        f"# Put these keys into a scenario next to volumes.csv{' and handle_times.csv' * timed}.",
        *(f"# {line}" for line in _wrapped(of_volume(found))),
        "horizon:",
        f"  start: {first}",
        f"  days: {(last - first).days + 1}",
        f"  interval: {width / 60.0:g} min",
        f"  open: {{{', '.join(_open(found))}}}",
        "reasons:",
    ]
    for one in found.queues:
        busy = f", busyness: {{gamma: {{cv: {100 * one.busyness:.2g}%}}}}" if one.busyness >= 0.0005 else ""
        name = _quoted(one.queue)
        lines += [f"  {name}:", f"    volume: {{file: volumes.csv, column: {name}{busy}}}"]
        if one.aht is not None:
            lines.append(f"    handle_times: {{file: handle_times.csv, column: {name}}}")
        if found.returning is not None and found.returning.again:
            lines.append(f"    resolution: {100 * found.returning.resolution:g}%")
    lines += _after_contact(found)
    return "\n".join(lines) + "\n"


def _open(found: Forecast) -> list[str]:
    """The hours in which any queue is open, by weekday."""
    out = []
    for k, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        slots = [
            float(one.slots[s])
            for one in found.queues
            for i, on in enumerate(one.days)
            if on.weekday() == k
            for s in np.flatnonzero(one.volume[i] > 0.0)
        ]
        if slots:
            out.append(f"{name}: {_clock(min(slots))}-{_clock(max(slots) + found.queues[0].width)}")
    return out


def _quoted(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace(" ", "")
    return (
        name if plain.isalnum() and plain[0].isalpha() else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def _wrapped(text: str, width: int = 110) -> list[str]:
    return textwrap.wrap(text, width)


def save(found: Forecast, folder: Path) -> Path:
    """Write all tables, the part of a scenario and the picture into a folder: all or nothing."""

    def fill(made: Path) -> None:
        tables = {
            "forecast.csv": intervals(found),
            "days.csv": days(found),
            "volumes.csv": wide(found, "volume"),
            "backtest.csv": backtest(found),
            "effects.csv": effects(found),
        }
        if "aht" in tables["forecast.csv"].columns:
            tables["handle_times.csv"] = wide(found, "aht")
        for name, table in tables.items():
            if len(table):
                (made / name).write_text(csv_text(_short(table)), encoding="utf-8")
        (made / "scenario-part.yaml").write_text(scenario_part(found), encoding="utf-8")
        (made / "forecast.png").write_bytes(style.png(plot(found), ""))

    return write_folder(folder, KIND, fill)


def _short(table: pd.DataFrame) -> pd.DataFrame:
    return table.round(dict.fromkeys(table.columns[[kind.kind == "f" for kind in table.dtypes]], DIGITS))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"


def plot(found: Forecast) -> Figure:
    """A row per queue: daily totals of the last weeks with what is expected, and the first open day by interval."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 0.6 + 2.5 * len(found.queues)), layout="constrained")
    axes = figure.subplots(len(found.queues), 2, squeeze=False, width_ratios=[1.7, 1.0])
    for row, (one, (left, right)) in enumerate(zip(found.queues, axes, strict=True)):
        _plot_days(left, one)
        _plot_day(right, one)
        left.set_title(f"{one.queue}: contacts a day", loc="left", fontsize=10, weight="bold", color=style.INK)
        name = f"{one.days[0]:%A} {one.days[0]}, per {_step(one.width)}"
        right.set_title(name, loc="left", fontsize=10, weight="bold", color=style.INK)
        if row == 0:
            left.legend(fontsize=8, frameon=False, loc="lower left", ncols=3)
        for ax in (left, right):
            ax.set_ylim(bottom=0.0)
            ax.tick_params(labelsize=8)
            ax.grid(axis="y", color=style.RULE, lw=0.8)
            for side in ("top", "right"):
                ax.spines[side].set_visible(False)
    return figure


def _plot_days(ax: Axes, one: QueueForecast) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    totals, open_days = one.history.totals, one.history.is_open
    past = [(on, t) for on, t, there in zip(one.history.days, totals, open_days, strict=True) if there][-PAST_DAYS:]
    ax.plot(_dates([on for on, _ in past]), [t for _, t in past], "o-", ms=3, lw=1, color=style.GREY, label="history")
    half = 1.0 / 3.0  # of a day
    for k, on in enumerate(one.days):
        label = "90 % band" if k == 0 else None
        span = _dates([on])[0] + np.array([-half, half])
        ax.fill_between(span, one.day_low[k], one.day_high[k], color=style.SKY, alpha=0.45, lw=0, label=label)
    ax.plot(_dates(one.days), one.volume.sum(axis=1), "o", ms=4, color=style.BLUE, label="forecast")
    ticks = AutoDateLocator()  # type: ignore[no-untyped-call]  # matplotlib's dates have no types
    ax.xaxis.set_major_locator(ticks)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ticks))  # type: ignore[no-untyped-call]  # matplotlib's dates have no types


def _dates(days: Sequence[date]) -> npt.NDArray[np.float64]:
    from matplotlib.dates import date2num

    return np.asarray(date2num(list(days)), dtype=np.float64)  # type: ignore[no-untyped-call]  # as above


def _plot_day(ax: Axes, one: QueueForecast) -> None:
    shown = np.flatnonzero(one.volume[0] > 0.0)
    hours = np.append(one.slots[shown], one.slots[shown][-1:] + one.width) / 3600.0
    ax.stairs(one.high[0, shown], hours, baseline=one.low[0, shown], fill=True, color=style.SKY, alpha=0.45)
    ax.stairs(one.volume[0, shown], hours, color=style.BLUE, lw=1.6)
    ax.xaxis.set_major_formatter(lambda x, _: f"{int(x):02d}:{round(x % 1 * 60):02d}")


def _step(width: float) -> str:
    return "day" if width >= 86400.0 else f"{width / 60.0:g} min"


def summary(found: Forecast) -> list[RenderableType]:
    """For each queue: the days with their bands, how good the model was, and what was left out."""
    out: list[RenderableType] = []
    shared = [note for note in found.queues[0].notes if all(note in one.notes for one in found.queues)]
    for one in found.queues:
        out += [_days_table(one), Text(_sentence(one))]
        if one.scores:
            out.append(_scores_table(one))
        out += [Text(f"note: {note}", style="yellow") for note in one.notes if note not in shared]
        out.append(Text(""))
    whose = "every queue: " if len(found.queues) > 1 else ""
    out += [Text(f"note: {whose}{note}", style="yellow") for note in shared]
    return [*out, Text("")] if shared else out


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, collapse_padding=True)
    for k, name in enumerate(columns):
        table.add_column(name, justify="right" if k else "left", no_wrap=True)
    return table


def _days_table(one: QueueForecast) -> Table:
    busiest = ["busiest"] if len(one.slots) > 1 else []
    columns = ("day", "expected", "90 % band", *busiest, *(["AHT"] if one.aht is not None else []))
    table = _table(f"{one.queue}: contacts a day", columns)
    for k, on in enumerate(one.days[:SHOWN_DAYS]):
        cells = [_day(on), number(float(one.volume[k].sum()))]
        cells.append(f"{number(float(one.day_low[k]))} to {number(float(one.day_high[k]))}")
        if len(one.slots) > 1:
            top = int(np.argmax(one.volume[k]))
            cells.append(f"{_clock(one.slots[top])}  {number(float(one.volume[k, top]))}")
        if one.aht is not None:
            cells.append(f"{np.average(one.aht[k], weights=one.volume[k]):.0f} s")
        table.add_row(*cells)
    if len(one.days) > SHOWN_DAYS:
        table.add_row(f"and {len(one.days) - SHOWN_DAYS} more days")
    return table


def _day(on: date) -> str:
    return f"{on:%a} {on}"


def _sentence(one: QueueForecast) -> str:
    text = f"Model: {one.method} ({one.reason})."
    if one.busyness > 0.0:
        text += f" Days differ from their forecast by {share(one.busyness)} (busyness, beyond chance)."
    return text


def _scores_table(one: QueueForecast) -> Table:
    table = _table("Backtest", ("model", "WAPE", "WAPE of days", "bias", "in band", "days in band"))
    for s in one.scores:
        name = f"{s.model} (used)" if s.model == one.method else s.model
        shown = [share(x) if x == x else "–" for x in (s.wape, s.daily_wape)]
        inside = [share(x, 0) if x == x else "–" for x in (s.coverage, s.day_coverage)]
        table.add_row(name, *shown, f"{100 * s.bias:+.1f} %", *inside)
    return table
