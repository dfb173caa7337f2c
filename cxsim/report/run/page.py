"""A Result as one page that can be mailed: no script, no network, nothing beside it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from cxsim.report.common import formats, style
from cxsim.report.common.charts import Chart
from cxsim.report.common.formats import quantity
from cxsim.report.common.pages import Cell, Grid, Row, picture, render_notebook, render_page
from cxsim.report.run import tables, target_words, waits, words
from cxsim.report.run.pictures import Picture, plan
from cxsim.report.run.tables import MIXING

if TYPE_CHECKING:
    from cxsim.simulation.result import Result

MOST_ROWS = 500
MOODS = {
    target_words.MET: "met",
    target_words.MISSED: "missed",
    target_words.UNCLEAR: "unclear",
    target_words.UNKNOWN: "unclear",
}
SIGNS = {
    target_words.MET: "\u2713",
    target_words.MISSED: "\u2717",
    target_words.UNCLEAR: "\u2248",
    target_words.UNKNOWN: "?",
}
TILES = (
    "sl",
    "asa",
    "abandoned_share",
    "occupancy",
    "fcr_true",
    "contacts_per_issue",
    "cost",
    "cost_per_contact",
)


def page(result: Result, pictures: Sequence[Picture]) -> str:
    """The whole page as text; the same bytes for the same result."""
    drawn = [picture(p.title, p.sentence, p.svg, _behind(result, p)) for p in pictures]
    judged = target_words.judgements(result)
    return render_page(
        name=result.name,
        run=words.run_line(result),
        verdict=re.sub(r"(\d) (s|min|h|days)\b", "\\1\u00a0\\2", words.headline(result)),
        mood=_mood(judged),
        tiles=_tiles(result),
        targets=[_target(result, j) for j in judged],
        replications=result.replications,
        level=formats.level(result.confidence),
        pictures=drawn,
        tables=[*totals(result), *_small(result)],
        definitions=result.definitions,
        assumptions=_assumptions(result),
        glossary=_glossary(result),
        scenario=result.scenario_text,
        footer=_footer(result),
    )


def notebook(result: Result) -> str:
    """What a notebook shows: the verdict, targets, queues and groups."""
    judged = target_words.judgements(result)
    heads = ("Queue", "Metric", "Target", "Value", "Verdict")
    rows = tuple(
        Row(
            (
                Cell(j.queue),
                Cell(formats.title(j.figure)),
                Cell(j.goal),
                Cell(j.value, j.margin),
                Cell(j.status),
            )
        )
        for j in judged
    )
    shown = [Grid("Targets", heads, rows, left=3)] if judged else []
    return render_notebook(
        name=result.name,
        verdict=words.headline(result),
        run=words.run_line(result),
        tables=[*shown, *totals(result, ("queue", "group"))],
    )


def charts(result: Result) -> list[Chart]:
    """The pictures of the page, each drawn when it is asked for."""
    return [
        Chart(one.key, one.title, one.sentence, figure, partial(_behind, result, one)) for one, figure in plan(result)
    ]


def _mood(judged: Sequence[target_words.Judgement]) -> str:
    found = {MOODS[j.status] for j in judged}
    return next((mood for mood in ("missed", "unclear", "met") if mood in found), "")


def _tiles(result: Result) -> list[dict[str, str]]:
    out = []
    whole = [("total", "", "")]
    shown = [(f, *of) for f in TILES for of in (tables.wholes(result) if f in tables.MIXING else whole)]
    for figure, scope, name, label in shown:
        got = result.estimate(figure, scope, name)
        if math.isnan(got.value) or (figure.startswith("cost") and got.value == 0):
            continue
        if label and figure == "abandoned_share" and got.value == 0:
            continue
        margin = formats.margin(got.low, got.high, got.unit, result.currency)
        out.append(
            {
                "title": formats.title(figure) + (f", {label}" if label else ""),
                "value": quantity(got.value, got.unit, result.currency),
                "note": margin,
            }
        )
    return out


def _target(result: Result, j: target_words.Judgement) -> dict[str, str]:
    one_day = len({label.date() for label in result.labels}) <= 1
    misses = target_words.spans(result, j.misses, 12) if j.misses else []
    if not misses:
        text = "none" if j.intervals else ""
    elif one_day:
        text = f"{len(j.misses)} of {j.intervals}: {misses[0][1]}"
    else:
        text = f"{len(j.misses)} of {j.intervals}, on {formats.plural(len(misses), 'day')}"
    if j.worst and j.worst_value:
        text += f"; worst {words.at(result, j.worst)}, {j.worst_value}"
    return {
        "queue": j.queue,
        "figure": formats.title(j.figure),
        "goal": j.goal,
        "status": j.status,
        "mood": MOODS[j.status],
        "sign": SIGNS[j.status],
        "value": j.value,
        "between": j.between,
        "misses": text,
    }


def grid(result: Result, frame: pd.DataFrame, caption: str, note: str = "") -> Grid:
    """A wide table of figures as text; each `_low`, `_high` pair goes beside its value."""
    units = tables.units(result)
    keys = [column for column in frame.columns if column in (*tables.BY_SCOPE, "date", "time")]
    figures = [column for column in frame.columns if column in units]
    if len(frame) > MOST_ROWS:
        more = f"The first {MOST_ROWS} of {len(frame):,} rows; all are in the workbook and the CSV tables."
        note = f"{more} {note}".strip()
        frame = frame.head(MOST_ROWS)
    # Means of counts line up: one decimal below 100 throughout a column that has any.
    fractions = {f for f in figures if units[f] == "contacts" and (frame[f].dropna() % 1 != 0).any()}
    rows = []
    for record in frame.to_dict("records"):
        cells = [Cell(formats.when(str(record[key])) if key == "date" else str(record[key])) for key in keys]
        for figure in figures:
            low, high = record.get(f"{figure}_low", math.nan), record.get(f"{figure}_high", math.nan)
            margin = formats.margin(low, high, units[figure], result.currency).replace(" points", "")
            text = quantity(record[figure], units[figure], result.currency)
            cells.append(Cell(text + ".0" * (figure in fractions and text.isdecimal() and len(text) < 3), margin))
        closes = record.get(keys[0]) in ("total", *(f"all {kind}" for kind in result.kinds)) if keys else False
        rows.append(Row(tuple(cells), closes))
    heads = (*(key.capitalize() for key in keys), *(formats.head(figure) for figure in figures))
    formulas = (*("" for _ in keys), *(formats.formula(figure) for figure in figures))
    return Grid(caption, heads, tuple(rows), max(len(keys), 1), note, formulas)


def totals(result: Result, scopes: Sequence[str] = ("queue", "group", "reason", "segment")) -> list[Grid]:
    """A table a scope over the whole run, ending in the total; none that only repeats another."""
    out = []
    for scope in scopes:
        names = result.names(scope)
        if not names or (scope in ("reason", "segment") and (len(names) == 1 or names == result.names("queue"))):
            continue
        frame = tables.planner(result, scope, "total")
        ends = tables.closing(result) if scope == "queue" else [("total", "", "total")] if len(names) > 1 else []
        for at, name, label in ends:
            whole = tables.wide(result, at, "total", bounds=True)
            whole = (whole[whole[at] == name] if name else whole).assign(**{scope: label})
            if at == "total" and scope != "group" and tables.mixed(result):
                mixing = [f"{figure}{end}" for figure in MIXING for end in ("", "_low", "_high")]
                whole = whole.drop(columns=[column for column in mixing if column in whole])
            frame = pd.concat([frame, whole.reindex(columns=frame.columns)], ignore_index=True)
        short = tables.AGENTS_SHORT if scope == "group" else tables.CONTACTS_SHORT
        wanted = [f for f in short.split() if f in frame and (f not in tables.RARE or (frame[f] > 0).any())]
        shown = [c for f in wanted for c in (f, f"{f}_low", f"{f}_high") if c in frame]
        out.append(grid(result, frame[[scope, *shown]], f"{scope.capitalize()}s"))
    return out


def _small(result: Result) -> list[Grid]:
    """FCR, contacts per issue and what they cost, where they were measured."""
    rows = []
    for figure in tables.OUTCOMES:
        got = result.estimate(figure)
        if not math.isnan(got.value) and not (figure.startswith("cost") and got.value == 0):
            between = formats.between(got.low, got.high, got.unit, result.currency)
            cells = (
                formats.title(figure),
                formats.formula(figure),
                quantity(got.value, got.unit, result.currency),
                between,
            )
            rows.append(Row(tuple(Cell(text) for text in cells)))
    heads = ("Metric", "Formula", "Value", f"{formats.level(result.confidence)} interval")
    return [Grid("Resolution and cost", heads, tuple(rows), left=2)] if rows else []


def _behind(result: Result, picture: Picture) -> Grid:
    """The table behind a picture."""
    if picture.figures == ("waits",):
        return _waits(result)
    if picture.figures == ("erlang",):
        return _erlang(result)
    by = "interval" if picture.key == "heat" else style.time_axis(result).by
    scope = picture.scope
    parts = [tables.planner(result, scope, by)] if result.names(scope) else []
    if picture.key == "staffing" and result.names("group"):
        parts.append(tables.planner(result, "group", by).rename(columns={"group": "total"}))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if picture.key == "staffing":
        frame.insert(0, "group", frame["total"].fillna("all") if "total" in frame else "all")
    columns = [
        c
        for c in frame.columns
        if c in (scope, "group", "date", "time") or c.removesuffix("_low").removesuffix("_high") in picture.figures
    ]
    columns = [
        c for c in columns if not (c == "total" or (c == "date" and by == "interval" and frame["date"].nunique() == 1))
    ]
    return grid(result, frame[columns], "The table")


def _waits(result: Result) -> Grid:
    limits = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800)
    rows = [
        Row(tuple(Cell(t) for t in (queue, formats.seconds(limit), *map(formats.share, (a, g, max(0.0, 1 - a - g))))))
        for queue in result.names("queue") or ("",)
        for limit, a, g in waits.after(result, queue, limits)
    ]
    heads = ("Queue", "After", "Answered", "Abandoned", "Still waiting")
    return Grid(
        "The table",
        heads,
        tuple(rows),
        note="Shares of contacts that were answered or gave up; waits are accurate to 1%.",
    )


def _erlang(result: Result) -> Grid:
    frame = result.erlang if result.erlang is not None else pd.DataFrame()
    shares = [c for c in ("sl_erlang_a", "sl_erlang_c", "abandoned_erlang_a") if c in frame.columns]
    numbers = [c for c in ("agents", "agents_required_a", "agents_required_c") if c in frame.columns]
    waits = [c for c in ("wait_erlang_a", "wait_erlang_c") if c in frame.columns]
    titles = {
        "sl_erlang_a": "SL Erlang A",
        "sl_erlang_c": "SL Erlang C",
        "abandoned_erlang_a": "Abandoned Erlang A",
        "agents": "Agents",
        "agents_required_a": "Required A",
        "agents_required_c": "Required C",
        "wait_erlang_a": "ASA Erlang A",
        "wait_erlang_c": "ASA Erlang C",
    }
    simulated = {
        (queue, interval): value
        for queue in result.names("queue")
        for interval, value in result.series("sl", "queue", queue)[["interval", "value"]].itertuples(
            index=False, name=None
        )
    }
    rows = []
    for record in frame.head(MOST_ROWS).to_dict("records"):
        queue, interval = str(record["queue"]), str(record["interval"])
        texts = [queue, formats.when(interval), formats.share(simulated.get((queue, interval), math.nan))]
        texts += [formats.share(float(record[c])) for c in shares]
        texts += [quantity(float(record[c]), "s") for c in waits] + [
            quantity(float(record[c]), "agents") for c in numbers
        ]
        rows.append(Row(tuple(Cell(text) for text in texts)))
    heads = ("Queue", "Interval", "SL simulated", *(titles[c] for c in (*shares, *waits, *numbers)))
    return Grid("The table", heads, tuple(rows), left=2)


def _assumptions(result: Result) -> list[str]:
    note = (
        f"Intervals are {formats.level(result.confidence)} confidence intervals over {result.replications} "
        "replications; ratios are ratios of sums, never means of ratios."
        if result.replications > 1
        else "One replication gives no confidence intervals: another seed would give other numbers."
    )
    return [*result.assumptions, note]


def _glossary(result: Result) -> list[tuple[str, str]]:
    shown = dict.fromkeys([*tables.CONTACTS, *tables.AGENTS, *tables.OUTCOMES])
    measured = {figure for figure, *_ in result._rows}
    return [(formats.title(f), formats.formula(f)) for f in shown if f in measured and formats.formula(f)]


def _footer(result: Result) -> str:
    code = hashlib.sha256(result.scenario_text.encode()).hexdigest()[:12]
    return (
        f"Made by cxsim from scenario {code}, seed {result.seed}, "
        f"{formats.plural(result.replications, 'replication')}, "
        f"engine {result.engine}. Local times. The same scenario and seed give the same tables."
    )
