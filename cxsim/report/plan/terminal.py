"""An Optimum in a terminal of 80 to 120 columns: an answer, not a log."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from cxsim.report.common import formats
from cxsim.report.common.formats import quantity, share
from cxsim.report.common.terminal import plain_table
from cxsim.report.plan import bound_words
from cxsim.report.plan import words as staffing_words
from cxsim.schema.plan_tables import THIS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.optimizer.optimization_result import Optimum

MOST_GOALS = 14
MOST_MOVES = 3
MOST_QUEUES = 10
MOST_SPANS, MOST_SHIFTS = 48, 24
WIDEST_NAME = 14  # of the groups in a table of people


def _table(
    title: str, heads: list[str], left: int = 1, widths: dict[int, int] | None = None, wraps: tuple[int, ...] = ()
) -> Table:
    """A table whose columns keep their width, but for those that wrap."""
    table = plain_table(title)
    for i, head in enumerate(heads):
        table.add_column(
            Text(head),
            justify="left" if i < left else "right",
            no_wrap=i not in wraps,
            overflow="fold" if i in wraps else "ellipsis",
            max_width=(widths or {}).get(i),
        )
    return table


def summary(optimum: Optimum, width: int | None = None) -> RenderableType:
    """Answer, plans side by side, goals, bound, money, one more point, who serves what; `width` columns at most."""
    words = staffing_words
    style = "bold" if optimum.certified else "bold yellow"
    parts: list[RenderableType] = [
        Text(optimum.name, style="bold"),
        Text(words.run_line(optimum), style="dim"),
        Text(),
        Text(words.headline(optimum), style=style),
    ]
    parts += [Text(text, style="yellow") for text in optimum.messages]
    if len(optimum.comparison):
        parts += [Text(), _plans(optimum)]
    if optimum.levels.any():
        parts += [Text(), *_staffing(optimum, width or 100)]
    if len(optimum.routing):
        parts += [Text(), Text(words.ROUTING, style="bold")]
        parts += [Text(f"{text}.") for text in optimum.routing["title"]]
    if len(optimum.goals):
        parts += [Text(), *_goals(optimum, width or 100)]
    parts += [Text(), Text(bound_words.bound(optimum))]
    if len(optimum.costs):
        parts += [Text(), _costs(optimum)]
    if len(optimum.points):
        parts += [Text(), _points(optimum)]
    if len(optimum.moves):
        parts += [Text(), _moves(optimum)]
    if len(optimum.allocation):
        parts += [Text(), *_allocation(optimum)]
    whole = Group(*parts)
    if width is None:
        return whole
    return Constrain(whole, width)


def _plans(optimum: Optimum) -> Table:
    figures = [("cost", "cost"), ("sl", "SL"), ("fcr_true", "FCR"), ("abandoned_share", "aband."), ("asa", "ASA")]
    figures += [("occupancy", "occ.")]
    plans = staffing_words.plans(optimum)
    shown = [
        (figure, head)
        for figure, head in figures
        if any(
            math.isfinite(float(staffing_words.figure_of(optimum, plan, figure).get("value", math.nan)))
            for plan in plans
        )
    ]
    heads = ["", *(f"cost {optimum.currency}" if figure == "cost" else head for figure, head in shown), "goals met"]
    table = _table("Comparison on the same draws", heads)
    for plan in plans:
        style = "bold" if plan == THIS else ""
        cells = [Text(plan, style=style)]
        for figure, _ in shown:
            row = staffing_words.figure_of(optimum, plan, figure)
            value = float(row.get("value", math.nan))
            unit = str(row.get("unit", ""))
            text = quantity(value, unit) if figure == "cost" else quantity(value, unit, optimum.currency)
            cells.append(Text(text, style=style))
        met, count = staffing_words.goals_met(optimum, plan)
        cells.append(Text(f"{met} of {count}" if count else "", style="green" if met == count else "red"))
        table.add_row(*cells)
    return table


def _staffing(optimum: Optimum, width: int) -> list[RenderableType]:
    """Who is there when: agents by time and group, intervals alike in one row; of shifts the shifts first."""
    out: list[RenderableType] = []
    if optimum.kind == "shifts":
        out += [_shifts(optimum), *_more(len(optimum.plan), MOST_SHIFTS, "shift"), Text()]
    rows = _spans(optimum)
    order = sorted(range(len(optimum.groups)), key=lambda g: -int(optimum.levels[g].sum()))
    order = [g for g in order if optimum.levels[g].any()]
    room = max(2, (width - 30) // (max([5, *(min(len(optimum.groups[g]), WIDEST_NAME) for g in order)]) + 2))
    shown = sorted(order if len(order) <= room else order[: room - 1])
    rest = [g for g in order if g not in shown]
    heads = ["", "agents", *(optimum.groups[g] for g in shown), *(["others"] if rest else [])]
    widths = dict.fromkeys(range(2, len(heads)), WIDEST_NAME)
    table = _table("Agents present, by time and group", heads, widths=widths)
    for title, counts in rows[:MOST_SPANS]:
        numbers = [int(counts.sum()), *(int(counts[g]) for g in shown)]
        numbers += [int(counts[rest].sum())] if rest else []
        style = "" if numbers[0] else "yellow"
        table.add_row(Text(title, style=style), *(Text(str(n), style=style or ("" if n else "dim")) for n in numbers))
    return [*out, table, *_more(len(rows), MOST_SPANS, "row")]


def _shifts(optimum: Optimum) -> Table:
    columns = [name for name in ("group", "date", "start", "end", "breaks", "agents", "name") if name in optimum.plan]
    table = _table("Shifts", columns, len(columns))
    for row in optimum.plan[optimum.plan["agents"] > 0].head(MOST_SHIFTS).to_dict("records"):
        table.add_row(*(Text(str(row[name])) for name in columns))
    return table


def _more(count: int, most: int, what: str) -> list[RenderableType]:
    if count <= most:
        return []
    return [Text(f"and {formats.plural(count - most, what)} more; plan.csv has them all.", style="dim")]


def _spans(optimum: Optimum) -> list[tuple[str, Any]]:
    """Open or staffed intervals, neighbours with the same people in one: a title, and agents by group."""
    live = optimum.levels.any(axis=0) | optimum.open_intervals
    several = len({label.date() for label in optimum.labels}) > 1
    spans: list[list[int]] = []
    for i in live.nonzero()[0].tolist():
        after = bool(spans) and spans[-1][1] == i - 1 and optimum.labels[i].date() == optimum.labels[i - 1].date()
        if after and (optimum.levels[:, i] == optimum.levels[:, i - 1]).all():
            spans[-1][1] = i
        else:
            spans.append([i, i])
    step = timedelta(seconds=optimum.interval)
    out = []
    for first, last in spans:
        start, end = optimum.labels[first], optimum.labels[last] + step
        day = f"{formats.day_label(start)} " if several else ""
        until = "24:00" if end.date() != start.date() else f"{end:%H:%M}"
        out.append((f"{day}{start:%H:%M}-{until}", optimum.levels[:, first]))
    return out


def _goals(optimum: Optimum, width: int) -> list[RenderableType]:
    found = staffing_words.lines(optimum)
    shown = sorted(found, key=lambda line: line.met)[:MOST_GOALS] if len(found) > MOST_GOALS else found
    table = _table("Goals", ["metric", "goal", "value", "proved", "slack", ""], 2, {0: max(24, width - 56), 1: 24})
    for line in shown:
        value = line.value + (f" {line.at}" if line.at else "")
        verdict = "met" if line.met else "not proved" if line.count == 1 else f"{line.count_met} of {line.count} met"
        tight = " tight" if line.met and (line.binding or _tight(line)) else ""
        table.add_row(
            Text(line.subject),
            Text(line.goal),
            Text(value),
            Text(line.bound, style="dim"),
            Text(line.slack),
            Text(verdict + tight, style="green" if line.met else "bold red"),
        )
    out: list[RenderableType] = [table]
    left = len(found) - len(shown)
    if left:
        out.append(Text(f"and {formats.plural(left, 'goal')} more, all met; the page lists every one.", style="dim"))
    note = "value: the interval with the least slack. proved: one-sided bound, all goals together"
    out.append(Text(f"{note} {optimum.confidence:.0%}. slack: in points, or in the metric's unit.", style="dim"))
    out.append(Text(staffing_words.binding(optimum)))
    return out


def _tight(line: staffing_words.Line) -> bool:
    try:
        return 0 <= float(line.slack) < 1.0
    except ValueError:
        return False


def _costs(optimum: Optimum) -> Table:
    frame = optimum.costs
    total = float(frame.loc[frame["counts"].astype(bool), "money"].astype(float).sum()) or 1.0
    table = _table("Cost by type", ["", optimum.currency, "", ""], 1)
    for row in frame.to_dict("records"):
        money = float(row["money"])
        if not money:
            continue
        counts = bool(row["counts"])
        table.add_row(
            Text(str(row["title"]), style="" if counts else "dim"),
            Text(quantity(money, "money"), style="" if counts else "dim"),
            Text(share(money / total, 1) if counts else "not in the objective", style="dim"),
            Text(formats.margin(float(row["low"]), float(row["high"]), "money"), style="dim"),
        )
    return table


def _points(optimum: Optimum) -> Table:
    table = _table("Cost of one more point, simulated", ["", optimum.currency, "95%", "gained"], 1, wraps=(0,))
    for row in optimum.points.to_dict("records"):
        step = f"{float(row['step']) * 100:+g} point".replace("-", "\u2212")
        head = f"{formats.head(str(row['figure']))} {step}, {row['how']}"
        if math.isnan(float(row["cost"])):
            table.add_row(Text(head), Text("not known", style="dim"))
            continue
        table.add_row(
            Text(head),
            Text(formats.change(float(row["cost"]), "money")),
            Text(formats.change_between(float(row["low"]), float(row["high"]), "money"), style="dim"),
            Text(formats.signed(float(row["reached"]) * 100, 1), style="dim"),
        )
    return table


def _moves(optimum: Optimum) -> Table:
    heads = ["", optimum.currency, "± 95%", "SL", "FCR", "goals"]
    table = _table("One agent more or less, simulated", heads, wraps=(0, 5))
    for kind in ("addition", "removal"):
        part = optimum.moves[optimum.moves["kind"] == kind]
        for row in part.head(MOST_MOVES).to_dict("records"):
            half = (float(row["cost_high"]) - float(row["cost_low"])) / 2
            table.add_row(
                Text(str(row["title"])),
                Text(formats.change(float(row["cost"]), "money")),
                Text(quantity(half, "money") if half > 0 else "", style="dim"),
                Text(_points_of(float(row["sl"]))),
                Text(_points_of(float(row["fcr_true"]))),
                Text(staffing_words.after_change(row), style="green" if row["met"] else "red"),
            )
    table.columns[-1].justify = "left"
    return table


def _points_of(value: float) -> str:
    return formats.signed(value * 100) or formats.NOTHING


def _allocation(optimum: Optimum) -> list[RenderableType]:
    frame = optimum.allocation
    lines: list[RenderableType] = [Text("Who serves what", style="bold")]
    queues = list(dict.fromkeys(frame["queue"].astype(str)))
    for queue in queues[:MOST_QUEUES]:
        part = frame[(frame["queue"] == queue) & (frame["share"] >= 0.005)].sort_values("share", ascending=False)
        text = ", ".join(f"{row['group']} {share(float(row['share']), 0)}" for row in part.to_dict("records"))
        lines.append(Text(f"{queue}: {text}"))
    if len(queues) > MOST_QUEUES:
        lines.append(Text(f"and {len(queues) - MOST_QUEUES} more queues.", style="dim"))
    return lines
