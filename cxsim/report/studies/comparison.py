"""Paired differences between two runs on the same draws, as a table, a picture and a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cxsim.metrics.figure import KINDS
from cxsim.metrics.registry import better
from cxsim.report.common import formats, style
from cxsim.report.common.charts import Chart
from cxsim.report.common.formats import change, level, listing, one_in, plural, quantity
from cxsim.report.common.pages import Cell, Grid, Row, formulas, picture, render_page
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run import target_words
from cxsim.report.run.tables import MIXING
from cxsim.report.run.words import of_kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.simulation.result import Result

COLUMNS = ("figure", "scope", "name", "interval", "a", "b", "difference", "low", "high", "unit")
SHOWN = [
    "sl",
    "asa",
    "abandoned_share",
    "blocked_share",
    "occupancy",
    "offered",
    "redials",
    "repeats",
    "fcr_true",
    "contacts_per_issue",
    "paid_hours",
    "cost",
    "cost_per_contact",
    "cost_per_resolution",
]
CUSTOMERS = ("sl", "asa", "abandoned_share", "blocked_share", "fcr_true")
SERVED = ("sl", "answered_share", "abandoned_share")  # how many are served, on which other figures are conditional
UNLIKE = 20.0  # how many times another's change is too large for both to be seen on one axis
OTHER_VOLUME = 0.001  # part of the fresh contacts by which variants differ before it is said
BETTER, WORSE, CHANGED, ALIKE = "better", "worse", "changed", "no clear difference"
COLOURS = {BETTER: style.GREEN, WORSE: style.VERMILLION, CHANGED: style.BLUE, ALIKE: style.GREY}
STYLES = {BETTER: "green", WORSE: "red", CHANGED: "cyan", ALIKE: "dim"}


def verdict(figure: str, low: float, high: float) -> str:
    """Whether b is better or worse than a, changed where neither word fits, or not clearly different."""
    if math.isnan(low) or math.isnan(high) or low <= 0 <= high:
        return ALIKE
    sign = better(figure)
    return CHANGED if sign == 0 else BETTER if (low > 0) == (sign > 0) else WORSE


def verdicts(frame: pd.DataFrame) -> list[str]:
    """The verdict of each row. Shorter waits or fewer repeats are not better where fewer are served, or in time."""
    bounds = zip(frame["figure"].astype(str), frame["low"], frame["high"], strict=True)
    found = [verdict(figure, low, high) for figure, low, high in bounds]
    keys = list(zip(*(frame[key].astype(str) for key in ("figure", "scope", "name", "interval")), strict=True))
    fewer = {key[1:] for key, word in zip(keys, found, strict=True) if word == WORSE and key[0] in SERVED}
    return [
        CHANGED
        if word == BETTER and (key[0] in ("asa", "repeats") or key[0].startswith("wait_")) and key[1:] in fewer
        else word
        for key, word in zip(keys, found, strict=True)
    ]


def shown(frame: pd.DataFrame, figures: Sequence[str] = (), interval: str = "total") -> pd.DataFrame:
    """The rows worth a look, each with a verdict: main figures (or those named) of the whole run."""
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(f"the table of differences has no column {missing[0]!r}; it needs {', '.join(COLUMNS)}")
    text = frame.astype({"figure": str, "scope": str, "name": str, "interval": str, "unit": str})
    text = text[text["interval"] == interval]
    text = _by_kind(text.assign(verdict=verdicts(text)))
    wanted = list(figures) or SHOWN
    part = text[text["figure"].isin(wanted) & (text["interval"] == interval) & text["difference"].notna()]
    part = part[(part["a"] != 0) | (part["b"] != 0)]
    queues = part.loc[part["scope"] == "queue", "name"].nunique()
    scopes = [
        "total",
        "kind",
        *(["queue"] if queues > 1 else []),
        *(["group"] if (part["scope"] == "group").any() else []),
    ]
    groups = part.loc[part["scope"] == "group", "name"].nunique()
    part = part[part["scope"].isin(scopes if groups > 1 else [scope for scope in scopes if scope != "group"])]
    rank = {figure: i for i, figure in enumerate(wanted)}
    place = {scope: i for i, scope in enumerate(scopes)}
    part = part.assign(
        name=part["name"].where(part["scope"] != "total", ""),
        _figure=part["figure"].map(rank),
        _scope=part["scope"].map(place),
    )
    part = part.sort_values(["_figure", "_scope"], kind="stable").drop(columns=["_figure", "_scope"])
    return part.reset_index(drop=True)


def _by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Totals of what differs by kind of channel (waits, shares) by kind, where there are several."""
    kinds = frame["scope"] == "kind"
    if not kinds.any():
        return frame
    mixing = frame["figure"].isin(MIXING)
    out = frame[(mixing & (frame["scope"] != "total")) | (~mixing & ~kinds)]
    same = ["figure", "a", "b", "difference", "low", "high"]
    values = out[same].round(12).apply(tuple, axis=1)
    of_a_kind = set(values[out["scope"] == "kind"])
    out = out[~((out["scope"] == "queue") & values.isin(of_a_kind) & out["figure"].isin(MIXING))]  # alone in its kind
    return out.assign(name=out["name"].where(out["scope"] != "kind", "all " + out["name"]))


def _rows(frame: pd.DataFrame, currency: str) -> list[tuple[str, ...]]:
    out: list[tuple[str, ...]] = []
    for row in frame.to_dict("records"):
        unit, low, high = str(row["unit"]), float(row["low"]), float(row["high"])
        out.append(
            (
                formats.title(str(row["figure"])),
                str(row["name"]) or "all",
                quantity(float(row["a"]), unit, currency),
                quantity(float(row["b"]), unit, currency),
                change(float(row["difference"]), unit, currency),
                formats.change_between(low, high, unit, currency),
                str(row["verdict"]),
            )
        )
    return out


def sentence(frame: pd.DataFrame, names: tuple[str, str] = ("a", "b"), currency: str = "", against: str = "") -> str:
    """What the comparison says, in one sentence on the whole run, and one on queues for whom SL falls nonetheless.

    `against` are the sentences on targets (`targets`), which come first.
    """
    rows = shown(frame)
    part = rows[rows["scope"].isin(("total", "kind"))]
    said = {word: [] for word in (BETTER, WORSE)}  # type: dict[str, list[str]]
    served = False  # whether customers are served worse: then that comes first
    for row in part.to_dict("records"):
        if row["verdict"] in said:
            by = change(float(row["difference"]), str(row["unit"]), currency)
            of = f" of {of_kind(str(row['name']).removeprefix('all ')).lower()}" if row["scope"] == "kind" else ""
            text = f"{formats.title(str(row['figure'])).replace(',', '')}{of} {by}"  # commas part the figures
            served = served or (row["verdict"] == WORSE and str(row["figure"]) in CUSTOMERS)
            said[str(row["verdict"])].append(text)
    a, b = names
    first = f"{against}{_volume(frame, b)}"
    if not said[BETTER] and not said[WORSE]:
        known = part["low"].notna().any()
        like = f"{b} is not clearly different from {a}" if known else f"One replication cannot distinguish {b} from {a}"
        return f"{first}{like}.{_worse_queues(rows)}"
    order = (WORSE, BETTER) if served else (BETTER, WORSE)
    parts = [f"{word} in {listing(said[word], 5)}" for word in order if said[word]]
    return f"{first}Against {a}, {b} is " + "; ".join(parts) + f".{_worse_queues(rows)}{_one_day(frame)}"


def targets(base: Result, other: Result, frame: pd.DataFrame, names: tuple[str, str] = ("a", "b")) -> str:
    """What became worse against the targets of both, then what is met now; empty where neither happened."""
    a, b = names
    before = {(j.queue, j.figure, j.goal): j for j in target_words.judgements(base)}
    worse = {
        (str(row["name"]), str(row["figure"]))
        for row in frame[(frame["scope"] == "queue") & (frame["interval"] == "total")].to_dict("records")
        if verdict(str(row["figure"]), float(row["low"]), float(row["high"])) == WORSE
    }
    lost, unsure, further, won = list[str](), list[str](), list[str](), list[str]()
    for j in target_words.judgements(other):
        was = before.get((j.queue, j.figure, j.goal))
        if was is None:
            continue
        text = f"{target_words.named(j)} {was.value} \u2192 {j.value} (target {j.goal})"
        if j.status == target_words.MISSED and was.status != target_words.MISSED:
            lost.append(text)
        elif j.status == target_words.MISSED and (j.queue, j.figure) in worse:
            further.append(text)
        elif j.status == target_words.UNCLEAR and was.status == target_words.MET:
            unsure.append(text)
        elif j.status == target_words.MET and was.status == target_words.MISSED:
            won.append(text)
    said = (
        (lost, f"{b} misses {plural(len(lost), 'target')} that {a} does not miss: "),
        (further, f"{b} misses {plural(len(further), 'target')} by more than {a} does: "),
        (unsure, f"{b} is too close to call on {plural(len(unsure), 'target')} that {a} meets: "),
        (won, f"{b} meets {plural(len(won), 'target')} that {a} misses: "),
    )
    return "".join(f"{head}{listing(found, 4)}. " for found, head in said if found)


def _worse_queues(rows: pd.DataFrame) -> str:
    """The queues whose SL is worse where that of all contacts is not."""
    sl = rows[(rows["figure"] == "sl") & (rows["verdict"] == WORSE)]
    if not len(sl) or sl["scope"].isin(("total", "kind")).any():
        return ""
    told = [
        f"{row['name']} {change(float(row['difference']), 'share')}"
        for row in sl[sl["scope"] == "queue"].to_dict("records")
    ]
    return f" However, SL is worse in {listing(told, 3)}." if told else ""


def _one_day(frame: pd.DataFrame) -> str:
    """The day on which SL changes most, where its change is at least twice that of the whole run."""
    sl = frame[frame["figure"] == "sl"]
    live = sl[(sl["scope"] == "kind") & (sl["name"] == KINDS[0])]
    sl = live if len(live) else sl[sl["scope"] == "total"]
    days = sl[sl["interval"].astype(str).str.fullmatch(r"\d{4}-\d\d-\d\d") & sl["low"].notna()]
    total = sl.loc[sl["interval"] == "total", "difference"]
    if len(days) < 2 or not len(total):
        return ""
    top = days.iloc[int(days["difference"].abs().to_numpy().argmax())]
    alike = verdict("sl", float(top["low"]), float(top["high"])) == ALIKE
    if alike or abs(float(top["difference"])) < 2.0 * abs(float(total.iloc[0])):
        return ""
    of = " of live contacts" if len(live) else ""
    on = formats.day_label(date.fromisoformat(str(top["interval"])))
    values = f"{quantity(float(top['a']), 'share')} \u2192 {quantity(float(top['b']), 'share')}"
    return f" SL{of} changes most on {on}: {values} ({change(float(top['difference']), 'share')})."


def _volume(frame: pd.DataFrame, b: str) -> str:
    """A sentence where b's customers are more or fewer: then it is no plan alone that differs."""
    whole = frame[(frame["figure"] == "fresh") & (frame["scope"] == "total") & (frame["interval"] == "total")]
    if not len(whole):
        return ""
    was, now = float(whole["a"].iloc[0]), float(whole["b"].iloc[0])
    if not was > 0.0 or abs(now - was) < OTHER_VOLUME * was:
        return ""
    by = f"{abs(now - was) / was:.1%} {'more' if now > was else 'fewer'}"
    return f"{b} has {by} fresh contacts ({quantity(was, 'contacts')} \u2192 {quantity(now, 'contacts')}). "


def imprecise(frame: pd.DataFrame, name: str, precision: Mapping[str, float]) -> list[str]:
    """In sentences, which figures' differences are not within the half-width wanted, or mean nothing."""
    whole = frame[(frame["scope"] == "total") & (frame["interval"] == "total") & frame["figure"].isin(list(precision))]
    out = []
    for row in whole.to_dict("records"):
        figure, width, n = str(row["figure"]), precision[str(row["figure"])], f"{int(row['n']):,}"
        half = (float(row["high"]) - float(row["low"])) / 2
        base = 1.0 if formats.absolute(figure) else abs(float(row["a"]))
        if not half >= 0.0:
            out.append(f"precision: the difference of {name} in {figure} could not be measured in {n} replications")
        elif half > width * base * (1 + 1e-9):
            got = f"{100 * half / base:.3g}%" if base else "more"
            out.append(
                f"precision not reached: the difference of {name} in {figure} is within {got} after {n} replications,"
                f" not {100 * width:g}%"
            )
    return out


def table(
    frame: pd.DataFrame, names: tuple[str, str] = ("a", "b"), currency: str = "", confidence: float = 0.95
) -> RenderableType:
    """The paired differences b - a for a terminal: value of each, difference, 95% interval, verdict."""
    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for i, head in enumerate(("metric", "of", *names, "difference", f"{level(confidence)} interval", "")):
        grid.add_column(Text(head), justify="left" if i in (0, 1, 6) else "right", no_wrap=i not in (0, 1))
    before = ""
    for row in _rows(shown(frame), currency):
        first = row[0] if row[0] != before else ""
        before = row[0]
        texts = [
            Text(first),
            *map(Text, row[1:6]),
            Text("" if row[6] == ALIKE else row[6], style=STYLES[row[6]]),
        ]
        grid.add_row(*texts)
    return Group(Text(sentence(frame, names, currency), style="bold"), Text(), grid)


def plot(
    frame: pd.DataFrame,
    names: tuple[str, str] = ("a", "b"),
    figures: Sequence[str] = (),
    currency: str = "",
    confidence: float = 0.95,
) -> Figure:
    """A dot and its 95% interval for each paired difference; one panel a figure, units on its axis."""
    from matplotlib.figure import Figure

    part = shown(frame, figures)
    part = part[_moves(part)] if _moves(part).any() else part
    blocks = [block for key in dict.fromkeys(part["figure"]) for block in _scales(part[part["figure"] == key])]
    keys = list(range(len(blocks)))
    columns = min(3, max(1, len(keys)))
    lines = [blocks[i : i + columns] for i in range(0, len(blocks), columns)] or [[]]
    each, space, head, foot, top = 0.24, 0.25, 0.42, 0.5, 0.4  # inches
    tallest = [each * max((len(block) for block in line), default=1) + space for line in lines]
    size = (10.4, sum(tallest) + len(lines) * (head + foot) + top)
    figure = Figure(figsize=size)
    margin, gap = 1.15, 1.15
    width = (size[0] - margin - 0.2 - (columns - 1) * gap) / columns
    y = size[1] - top
    for line, full in zip(lines, tallest, strict=True):
        y -= head
        for column, block in enumerate(line):
            height = each * len(block) + space
            x = margin + column * (width + gap)
            ax = figure.add_axes((x / size[0], (y - height) / size[1], width / size[0], height / size[1]))
            _dots(ax, str(block["figure"].iloc[0]), block, currency)
        y -= full + foot
    style.one_legend(figure, (1, 1), length=1.2, gap=2.0)
    figure.text(
        0.01,
        1 - 0.1 / size[1],
        f"{names[1]} minus {names[0]}, {level(confidence)} interval",
        va="top",
        fontsize=10,
        color=style.INK,
    )
    return figure


def _reach(part: pd.DataFrame) -> pd.Series[float]:
    """How far from zero each row goes."""
    return part[["low", "high", "difference"]].abs().max(axis=1)


def _moves(part: pd.DataFrame) -> pd.Series[bool]:
    """Rows of figures of which anything differs: a panel of zeros says nothing."""
    return _reach(part).groupby(part["figure"]).transform("max") > 0.0


def _scales(block: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of a wait in two panels where some changes are too small to be seen beside others."""
    if str(block["unit"].iloc[0]) != "s":
        return [block]
    reach = _reach(block)
    large = reach >= reach.max() / UNLIKE
    return [block] if large.all() or not (reach[~large] > 0.0).any() else [block[large], block[~large]]


def _dots(ax: Any, key: str, block: pd.DataFrame, currency: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    unit = str(block["unit"].iloc[0])
    share = unit in formats.SHARES
    most = float(_reach(block).max())
    hours, minutes = unit == "s" and most > 7200.0, unit == "s" and 7200.0 >= most > 120.0
    scale = 100.0 if share else 1.0 / 3600.0 if hours else 1.0 / 60.0 if minutes else 1.0
    for y, row in enumerate(block.to_dict("records")):
        colour = COLOURS[str(row["verdict"])]
        low, high, middle = (float(row[column]) * scale for column in ("low", "high", "difference"))
        filled = row["verdict"] != ALIKE
        if not math.isnan(low):
            ax.plot([low, high], [y, y], color=colour, lw=2, solid_capstyle="round", zorder=3)
        ax.plot(
            [middle],
            [y],
            "o",
            color=colour,
            mfc=colour if filled else "white",
            ms=5.5,
            zorder=4,
            label=str(row["verdict"]),
        )
    ax.axvline(0, color=style.INK, lw=1, zorder=2)
    style.dress(ax, formats.title(key))
    ax.set_yticks(range(len(block)), [name[:16] or "all" for name in block["name"]])
    ax.set_ylim(len(block) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=style.RULE, lw=0.8)
    reach = max(abs(ax.get_xlim()[0]), abs(ax.get_xlim()[1])) or 1.0
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, -0.15 * reach), max(high, 0.15 * reach))
    wide = max(len(_signed(value)) for value in ax.get_xlim()) > 6
    ax.xaxis.set_major_locator(MaxNLocator(2 if wide else 4))  # so that large numbers do not touch
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _signed(value)))
    words = {
        "s": "hours" if hours else "minutes" if minutes else "seconds",
        "h": "hours",
        "agents": "agents",
        "contacts": "contacts",
        "money": currency or "money",
    }
    ax.set_xlabel("points" if share else words.get(unit, unit), fontsize=8.5, color=style.GREY)


def _signed(value: float) -> str:
    """A tick: four digits at most after a sign, never with an exponent."""
    if not value:
        return "0"
    return f"{value:+,.0f}" if abs(value) >= 1000.0 else f"{value:+.4g}" if abs(value) >= 1e-3 else f"{value:+f}"


def page(
    pairs: Sequence[tuple[str, str, pd.DataFrame]],
    title: str,
    currency: str = "",
    caution: str = "",
    against: Sequence[str] = (),
    confidence: float = 0.95,
) -> str:
    """One self-contained page for any number of pairs (name of a, name of b, paired differences).

    `against` has for each pair the sentences on targets.
    """
    drawn = charts(pairs, currency, against, confidence)
    sections = [
        picture(
            one.title, one.sentence if len(pairs) > 1 else "", svg_of(one.figure(), one.key, one.sentence), one.table()
        )
        for one in drawn
    ]
    names = listing(list(dict.fromkeys(name for a, b, _ in pairs for name in (a, b))))
    return render_page(
        name=title,
        run=f"{names}, on the same random draws: each customer has the same patience and the same work in all of them.",
        verdict=drawn[0].sentence if len(pairs) == 1 else f"{names} compared.",
        pictures=sections,
        assumptions=[
            "Differences are paired: both runs have the same customers, with the same patience and work.",
            f"A difference is clear if its {level(confidence)} interval does not include zero.",
            caution
            or f"Of metrics without a real difference, about one in {one_in(confidence)} looks clear by chance.",
        ],
        glossary=formulas(SHOWN),
        footer="Made by cxsim.",
    )


def charts(
    pairs: Sequence[tuple[str, str, pd.DataFrame]],
    currency: str = "",
    against: Sequence[str] = (),
    confidence: float = 0.95,
) -> list[Chart]:
    """A chart for each pair, with what `page` says of it."""
    about = against or [""] * len(pairs)
    return [
        Chart(
            f"pair{i}",
            f"{b} against {a}",
            sentence(frame, (a, b), currency, of),
            partial(plot, frame, (a, b), currency=currency, confidence=confidence),
            partial(_table_behind, frame, (a, b), currency, confidence),
        )
        for i, ((a, b, frame), of) in enumerate(zip(pairs, about, strict=True))
    ]


def _table_behind(frame: pd.DataFrame, names: tuple[str, str], currency: str, confidence: float) -> Grid:
    rows = tuple(Row(tuple(Cell(text) for text in row)) for row in _rows(shown(frame), currency))
    heads = ("Metric", "Of", *names, "Difference", f"{level(confidence)} interval", "Verdict")
    return Grid("The table", heads, rows, left=2)
