"""A Result in a terminal of 80 to 100 columns."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxsim.report.common import formats
from cxsim.report.common.formats import quantity, seconds, share
from cxsim.report.common.terminal import plain_table
from cxsim.report.run import features, tables, target_words, words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.simulation.result import Result

STATUS = {
    target_words.MET: "green",
    target_words.MISSED: "bold red",
    target_words.UNCLEAR: "yellow",
    target_words.UNKNOWN: "yellow",
}
MOST_DAYS = 3
MOST_SPANS = 8
LEAST = 8  # columns of a name at least
NAME = 12  # columns of a name that are kept in a narrow terminal
MOST_LISTED = 4  # targets whose missing intervals are listed one by one


def _clock(value: float) -> str:
    """A wait in a narrow column: minutes and seconds, from a minute to two hours."""
    if math.isnan(value) or value < 59.5 or value >= 7200.0:
        return seconds(value)
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}:{rest:02d}"


def _columns(table: Table, heads: list[str], left: int = 1) -> None:
    for i, head in enumerate(heads):
        table.add_column(
            Text(head),
            justify="left" if i < left else "right",
            no_wrap=i > 0,
            overflow="ellipsis" if i == 0 else "fold",
            min_width=LEAST if i == 0 else None,
            max_width=28 if i == 0 else None,
        )


def summary(result: Result, width: int | None = None) -> RenderableType:
    """Verdict, targets, intervals that miss, queues, groups and cost; `width` columns at most."""
    parts: list[RenderableType] = [
        Text(result.name, style="bold"),
        Text(words.run_line(result), style="dim"),
        Text(),
        Text(words.headline(result), style="bold"),
    ]
    judged = target_words.judgements(result)
    if judged:
        parts += [Text(), _targets(judged, result.confidence), *_misses(result, judged)]
    parts += [Text(), _queues(result)]
    groups = _groups(result)
    if groups is not None:
        parts += [Text(), groups]
        note = _note(result)
        parts += [Text(note, style="dim")] if note else []
    parts += [Text(line) for line in words.shrinkage(result)]
    said = (*features.SAID, _whole)
    lines = [line for tell in said if (line := tell(result))]
    if lines:
        parts += [Text(), *map(Text, lines)]
    for head, key in (("SL", "sl"), ("Agents", "agents"), ("Control variates", "control_variates")):
        if result.definitions.get(key):
            parts.append(Text(f"{head}: {result.definitions[key]}", style="dim"))
    whole = Group(*parts)
    if width is None:
        return whole
    for part in parts:
        if isinstance(part, Table):
            _narrow(part, width)
    return Constrain(whole, width)


def _narrow(table: Table, width: int) -> None:
    """Let columns at the right drop out until the rest fits beside the names."""

    def needed() -> int:
        wide = [max(cell_len(str(cell)) for cell in (column.header, *column.cells)) for column in table.columns]
        return max(min(wide[0], NAME), LEAST) + sum(wide[1:]) + 2 * (len(wide) - 1)

    while len(table.columns) > 2 and needed() > width:
        table.columns.pop()


def _targets(judged: list[target_words.Judgement], confidence: float) -> Table:
    table = plain_table("Targets")
    _columns(table, ["queue", "metric", "target", "value", formats.level(confidence), "verdict", "missed in"], left=3)
    for j in judged:
        table.add_row(
            Text(j.queue),
            Text(formats.head(j.figure)),
            Text(j.goal),
            Text(j.value),
            Text(j.margin.replace(" points", ""), style="dim"),
            Text("unclear" if j.status == target_words.UNCLEAR else j.status, style=STATUS[j.status]),
            Text(f"{len(j.misses)} of {j.intervals}" if j.intervals else ""),
        )
    return table


def _misses(result: Result, judged: list[target_words.Judgement]) -> list[RenderableType]:
    """The intervals that miss, neighbours run together; on a long run, the days that miss most."""
    lines: list[RenderableType] = []
    missing = [j for j in judged if j.misses]
    if len(missing) > MOST_LISTED:
        worst = plain_table("Worst intervals")
        _columns(worst, ["queue", "metric", "when", "value"], left=3)
        for j in missing:
            if j.worst:
                cells = (j.queue, formats.head(j.figure), formats.when(j.worst), j.worst_value)
                worst.add_row(*(Text(cell) for cell in cells[:3]), Text(cells[3], style="red"))
        return [Text(), worst]
    for j in missing:
        days = target_words.spans(result, j.misses, MOST_SPANS)
        text = Text()
        text.append(f"{formats.head(j.figure)} of {j.queue} misses its target: ", style="red")
        if len({label.date() for label in result.labels}) <= 1:
            text.append(days[0][1])
        else:
            count = Counter(interval[:10] for interval in j.misses)
            chosen = {day for day, _ in count.most_common(MOST_DAYS)}
            text.append("; ".join(f"{formats.when(day)} {hours}" for day, hours in days if day in chosen))
            left = len(days) - len(chosen)
            text.append(f"; and on {formats.plural(left, 'more day')}" if left > 0 else "")
        if j.worst and j.worst_value:
            text.append(f"; worst {words.at(result, j.worst)}, {j.worst_value}")
        lines.append(Padding(text, (0, 0, 0, 2)))
    return lines


def _queues(result: Result) -> Table:
    table = plain_table("Queues")
    names = result.names("queue") or ("",)
    scopes = [("queue", name, name) for name in names if name] + tables.closing(result)
    scopes = scopes or [("total", "", "total")]
    alike = not tables.mixed(result)
    heads = ["queue", "offered", "redials", "repeats", "SL", "ASA", "P95", "aband.", "AHT"]
    blocked = any(result.estimate("blocked", *scope[:2]).value > 0 for scope in scopes)
    if blocked:
        heads.insert(4, "blocked")
    handed = any(result.estimate("transferred_in", *scope[:2]).value > 0 for scope in scopes)
    if handed:
        heads.insert(4, "transf. in")
    _columns(table, heads)
    shown = ("offered", "redials", "repeats", "sl", "asa", "wait_p95", "abandoned_share", "aht")
    for scope in scopes:
        got = {f: result.estimate(f, *scope[:2]).value for f in (*shown, "blocked", "transferred_in")}
        if scope[0] == "total" and not alike:
            got |= dict.fromkeys(tables.MIXING, math.nan)
        row = [
            scope[2],
            f"{got['offered']:,.0f}",
            f"{got['redials']:,.0f}",
            f"{got['repeats']:,.0f}",
            share(got["sl"]),
            _clock(got["asa"]),
            _clock(got["wait_p95"]),
            share(got["abandoned_share"]),
            _clock(got["aht"]),
        ]
        if blocked:
            row.insert(4, f"{got['blocked']:,.0f}")
        if handed:
            row.insert(4, f"{got['transferred_in']:,.0f}")
        row = [formats.NOTHING if cell == "nan" else cell for cell in row]
        if scope[0] == "total" and not alike:
            row = ["" if cell == formats.NOTHING else cell for cell in row]
        table.add_row(*(Text(cell, style="" if scope[0] == "queue" else "bold") for cell in row))
    return table


def _groups(result: Result) -> Table | None:
    names = result.names("group")
    if not names:
        return None
    table = plain_table("Groups")
    money = result.estimate("cost").value > 0
    _columns(
        table,
        [
            "group",
            "present",
            "occupancy",
            "utilisation",
            "paid h",
            "overrun h",
            *([f"cost {result.currency}"] if money else []),
        ],
    )
    for scope in [*(("group", name) for name in names), *([("total", "")] if len(names) > 1 else [])]:
        got = {
            f: result.estimate(f, *scope).value
            for f in ("occupancy", "utilisation", "paid_hours", "overrun_hours", "cost")
        }
        present = result.series("agents_present", *scope)["value"].max()
        row = [
            scope[1] or "total",
            quantity(float(present), "agents"),
            share(got["occupancy"]),
            share(got["utilisation"]),
            quantity(got["paid_hours"], "contacts"),
            quantity(got["overrun_hours"], "contacts"),
            *([f"{got['cost']:,.0f}"] if money else []),
        ]
        table.add_row(*(Text(cell, style="bold" if scope[0] == "total" else "") for cell in row))
    return table


def _note(result: Result) -> str:
    """Why the groups need not add up to their total."""
    names = result.names("group")
    if len(names) < 2:
        return ""
    by_group = sum(result.estimate("cost", "group", name).value for name in names)
    text = "present: largest number at the same time; groups may reach theirs at different times"
    contacts = result.estimate("cost").value - by_group > 0.005
    return text + ("; total cost includes the cost of contacts." if contacts else ".")


def _whole(result: Result) -> str:
    """FCR, contacts per issue and cost in one line each."""
    figures = (
        "fcr_true",
        "fcr_measured",
        "contacts_per_issue",
        "cost",
        "cost_per_contact",
        "cost_per_resolution",
    )
    parts = []
    for figure in figures:
        got = result.estimate(figure)
        if math.isnan(got.value) or (figure.startswith("cost") and got.value == 0):
            continue
        parts.append(f"{formats.head(figure)} {quantity(got.value, got.unit, result.currency)}")
    return ". ".join(parts) + "." if parts else ""
