"""An Optimum in a terminal of 80 to 120 columns: an answer, not a log."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from cxsim.report.common import formats
from cxsim.report.common.formats import quantity, share
from cxsim.report.common.terminal import plain_table
from cxsim.report.plan import bound_words, floors, working_times
from cxsim.report.plan import words as staffing_words
from cxsim.schema.plan_tables import THIS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.optimizer.optimization_result import Optimum

MOST_GOALS = 14
MOST_MOVES = 3
MOST_QUEUES = 10
MOST_ROWS, MOST_SHIFTS = 60, 72  # in a table of people
MOST_BLOCKS = 3  # tables that show the groups by time
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
    """Answer, who works when, plans side by side, notes, goals, bound, money, changes; `width` columns at most."""
    words = staffing_words
    style = "bold" if optimum.certified else "bold yellow"
    parts: list[RenderableType] = [
        Text(optimum.name, style="bold"),
        Text(words.run_line(optimum), style="dim"),
        Text(),
        Text(words.headline(optimum), style=style),
    ]
    first = 0 if optimum.reached is None else 1  # why not all goals can be met, and what would help
    if first and optimum.messages:
        parts += [Text(), Text(optimum.messages[0], style="yellow")]
    if first and (low := floors.below(optimum)):
        parts += [Text(), Text("Below the floor", style="bold"), *(Text(text) for text in low)]
    if optimum.levels.any():
        parts += [Text(), *_staffing(optimum, width or 100)]
    if len(optimum.comparison):
        parts += [Text(), _plans(optimum)]
    if optimum.messages[first:]:
        parts += [Text(), Text("Notes", style="bold")]
        parts += [Text(text, style="yellow") for text in optimum.messages[first:]]
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
    """Who works when: of shifts the people by shift and day first; then agents by time and group."""
    shifts = [*who_works(optimum, width), Text()] if optimum.kind == "shifts" else []
    return [*shifts, *agents_present(optimum, width)]


def agents_present(optimum: Optimum, width: int) -> list[RenderableType]:
    """Agents by time and group, as many days as fit a screen or two."""
    out: list[RenderableType] = []
    days = working_times.by_time(optimum)
    shown = _first(days)
    order = sorted(range(len(optimum.groups)), key=lambda g: -int(optimum.levels[g].sum()))
    order = [g for g in order if optimum.levels[g].any()]
    blocks = _blocks(optimum, shown, sorted(order), width)
    named, rest = [g for block in blocks[:MOST_BLOCKS] for g in block], []
    if len(blocks) > MOST_BLOCKS:  # too many groups for a screen: the largest, and the sum of the others
        named, rest = sorted(order[: len(named) - 1]), order[len(named) - 1 :]
        blocks = _blocks(optimum, shown, named, width)
    out.append(Text(working_times.TITLE, style="bold"))
    for k, block in enumerate(blocks):
        last = k == len(blocks) - 1
        out += [*([Text()] if k else []), _block(optimum, shown, block, rest if last else [], total=not k)]
    if len(shown) < len(days):
        left = formats.listing([day.title for day in days[len(shown) :]], 4)
        out.append(Text(f"Not shown: {left}. The page and plan.csv have every day.", style="dim"))
    if unused := [name for g, name in enumerate(optimum.groups) if g not in order]:
        out.append(Text(f"Nobody works in {formats.listing(unused, 8)}.", style="dim"))
    if said := working_times.clocks(optimum):
        out.append(Text(said, style="dim"))
    return out


def _first(days: list[working_times.Day]) -> list[working_times.Day]:
    """The first days, as many as fit a screen or two."""
    rows = 0
    out: list[working_times.Day] = []
    for day in days:
        rows += len(day.rows) + 1
        if out and rows > MOST_ROWS:
            break
        out.append(day)
    return out


def _blocks(optimum: Optimum, days: list[working_times.Day], groups: list[int], width: int) -> list[list[int]]:
    """The groups in as many tables as the width takes, about alike in number."""
    title = max([len("00:00-00:00"), *(len(day.title) for day in days)])
    widths = [max(5, *map(len, working_times.stacked(optimum.groups[g]).splitlines())) for g in groups]
    room = width - title - len("agents") - 4

    def split(most: int) -> list[list[int]]:
        out: list[list[int]] = [[]]
        taken = 0
        for g, wide in zip(groups, widths, strict=True):
            if out[-1] and (taken + min(wide, WIDEST_NAME) + 2 > room or len(out[-1]) == most):
                out.append([])
                taken = 0
            out[-1].append(g)
            taken += min(wide, WIDEST_NAME) + 2
        return out

    fewest = len(split(len(groups)))
    return next(found for most in range(1, len(groups) + 1) if len(found := split(most)) == fewest)


def _block(
    optimum: Optimum, days: list[working_times.Day], groups: list[int], rest: list[int], *, total: bool
) -> Table:
    """One table of times, the groups that it shows, and the sum of the `rest`."""
    names = [working_times.stacked(optimum.groups[g]) for g in groups]
    heads = ["", *(["agents"] if total else []), *names, *(["others"] if rest else [])]
    table = _table("", heads, widths=dict.fromkeys(range(1, len(heads)), WIDEST_NAME))
    table.title = None
    for column in table.columns:
        column.vertical = "bottom"
    for day in days:
        if day.title:
            table.add_row(Text(day.title, style="bold"))
        for title, counts in day.rows:
            everyone = sum(counts)
            numbers = [*([everyone] if total else []), *(counts[g] for g in groups)]
            numbers += [sum(counts[g] for g in rest)] if rest else []
            style = "" if everyone else "yellow"
            cells = [Text(str(n), style=style or ("" if n else "dim")) for n in numbers]
            table.add_row(Text(title, style=style), *cells)
    return table


def who_works(optimum: Optimum, width: int) -> list[RenderableType]:
    """People by shift and day, so many days side by side as there is room for."""
    days, shifts = working_times.by_shift(optimum)
    heads = ["group", "shift", *(["breaks"] if any(one.breaks for one in shifts) else [])]
    heads += ["name"] if any(one.name for one in shifts) else []
    cells = [[one.group, one.hours, *([one.breaks] if "breaks" in heads else [])] for one in shifts]
    cells = [[*row, *([one.name] if "name" in heads else [])] for row, one in zip(cells, shifts, strict=True)]
    taken = sum(max(map(len, column)) + 2 for column in zip(heads, *cells, strict=True))
    many = max(1, (width - taken) // (len("Mon") + 2))
    out: list[RenderableType] = [Text(working_times.SHIFTS, style="bold")]
    for first in range(0, len(days), many):
        part = slice(first, first + many)
        own = [(row, one.people[part]) for row, one in zip(cells, shifts, strict=True) if any(one.people[part])]
        names = ["\n".join(day.split()[:2]) or "people" for day in days[part]]  # the month is said above
        table = _table("", [*heads, *names], len(heads))
        table.title = None
        before = ""
        for row, people in own[:MOST_SHIFTS]:
            texts = [Text("" if row[0] == before else row[0]), *map(Text, row[1:])]
            table.add_row(*texts, *(Text(str(n) if n else "\u00b7", style="" if n else "dim") for n in people))
            before = row[0]
        out += [*([Text()] if first else []), table]
        if len(own) > MOST_SHIFTS:
            left = formats.plural(len(own) - MOST_SHIFTS, "shift")
            out.append(Text(f"and {left} more; the page and plan.csv have them all.", style="dim"))
    return out


def _goals(optimum: Optimum, width: int) -> list[RenderableType]:
    found = staffing_words.lines(optimum)
    shown = sorted(found, key=lambda line: line.met)[:MOST_GOALS] if len(found) > MOST_GOALS else found
    table = _table(
        "Goals",
        ["metric", "goal", "value", staffing_words.bound_head(optimum), "slack", ""],
        2,
        {0: max(24, width - 56), 1: 24},
        wraps=(0, 2, 5),
    )
    for line in shown:
        value = line.value + (f" {line.at}" if line.at else "")
        tight = " tight" if line.met and (line.binding or _tight(line)) else ""
        table.add_row(
            Text(line.subject),
            Text(line.goal),
            Text(value),
            Text(line.bound, style="dim"),
            Text(line.slack),
            Text(line.verdict + tight, style="green" if line.met else "bold red"),
        )
    out: list[RenderableType] = [table]
    left = len(found) - len(shown)
    if left:
        out.append(Text(f"and {formats.plural(left, 'goal')} more, all met; the page lists every one.", style="dim"))
    note = f"value: the interval with the least slack. {staffing_words.bound_note(optimum)}."
    out.append(Text(f"{note} slack: in points, or in the metric's unit.", style="dim"))
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
