"""Tables whose columns are queues, times of day or weekdays, turned so that each value has a row of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from cxsim.importing.guessing import roles_of
from cxsim.importing.mapping import Plan, Spec
from cxsim.importing.quality import Quality
from cxsim.tables import instants
from cxsim.tables.coded import Coded, coded, stacked
from cxsim.tables.faults import ExportError, Unset
from cxsim.tables.reader import TableError
from cxsim.tables.sheets import Sheet
from cxsim.tables.stamps import weekdays

NAME, VALUE = "(name)", "(value)"


def long_form(plan: Plan, sheets: Sequence[Sheet], quality: Quality) -> tuple[Plan, list[Sheet]]:
    """The sheets with a row for each of the wide columns, and the mapping of the new columns."""
    if plan.layout == "roster":
        return _roster(plan, sheets, quality)
    measure, names = str(plan.wide.get("measure", "offered")), str(plan.wide.get("names", "queue"))
    given = plan.wide.get("columns")
    out = []
    for sheet in sheets:
        chosen = [str(x) for x in given] if isinstance(given, list) else _rest(sheet, plan)
        unknown = [name for name in chosen if sheet.find(name) is None]
        if unknown or not chosen:
            fix = f"its columns are {', '.join(map(repr, sheet.columns))}"
            raise ExportError(
                [TableError(f"{sheet.path}:{sheet.header}", x, "is not a column (wide)", fix) for x in unknown or [""]]
            )
        out.append(_turned(sheet, chosen))
        quality.read[sheet.path.name] = len(out[-1])
    columns = dict(plan.columns)
    columns[measure] = replace(columns[measure], columns=(VALUE,)) if measure in columns else Spec((VALUE,))
    if names == "queue":
        columns["queue"] = Spec((NAME,))
    else:
        first = columns["start"].columns if "start" in columns else (next(iter(sheets[0].columns)),)
        columns["start"] = Spec((*first, NAME))
    return replace(plan, columns=columns, wide={}, layout=plan.layout or "intervals"), out


def as_given(plan: Plan, given: Plan) -> Plan:
    """A mapping as it is to be saved: about the columns of the file, not those of the long form."""
    if not given.wide and plan.layout != "roster":
        return plan
    specs = {
        role: spec for role, spec in plan.columns.items() if VALUE not in spec.columns and NAME not in spec.columns
    }
    if "start" in plan.columns and NAME in plan.columns["start"].columns and "start" in given.columns:
        specs["start"] = given.columns["start"]
    return replace(plan, wide=given.wide, columns=specs)


def _rest(sheet: Sheet, plan: Plan) -> list[str]:
    named = {name for spec in plan.columns.values() for name in spec.columns}
    return [column for column in sheet.columns if column not in named]


def _turned(sheet: Sheet, chosen: Sequence[str]) -> Sheet:
    names = [sheet.find(name) or name for name in chosen]
    rows, width = len(sheet), len(names)
    columns = {
        name: Coded(column.values, np.tile(column.codes, width))
        for name, column in sheet.columns.items()
        if name not in names
    }
    columns[NAME] = Coded(list(names), np.repeat(np.arange(width, dtype=np.int32), rows))
    columns[VALUE] = stacked([sheet.columns[name] for name in names])
    return replace(sheet, columns=columns, lines=np.tile(sheet.lines, width), memo={})


def _roster(plan: Plan, sheets: Sequence[Sheet], quality: Quality) -> tuple[Plan, list[Sheet]]:
    out, columns = [], dict(plan.columns)
    for sheet in sheets:
        days = _days(sheet, plan, quality)
        turned = _turned(sheet, list(days))
        texts = [days[name].isoformat() for name in turned.columns[NAME].values]
        turned.columns[NAME] = Coded(texts, turned.columns[NAME].codes)
        quality.read[sheet.path.name] = len(turned)
        out.append(turned)
    found = roles_of(sheets[0], "roster")
    columns = {**found, **columns, "on": Spec((NAME,)), "shift": Spec((VALUE,))}
    for role, spec in found.items():
        quality.told(f"columns.{role}", spec.columns[0], "by its name")
    unpaid = columns.get("unpaid")
    if unpaid is not None and not unpaid.unit:
        columns["unpaid"] = replace(unpaid, unit="min")
    return replace(plan, columns=columns, timezone=plan.timezone or "local"), out


def _days(sheet: Sheet, plan: Plan, quality: Quality) -> dict[str, date]:
    """The date of each column of a day. ExportError where nothing says which week it is."""
    found: dict[str, date] = {}
    week: dict[str, int] = {}
    for name in sheet.columns:
        day = _date(name)
        if day is not None:
            found[name] = day
        elif (on := weekdays(name.split(" ")[0])) is not None and len(on) == 1:
            week[name] = on[0]
    if not week and not found:
        rule, fix = "has no column for a weekday or a date", "name its days mon, tue …, or write their dates"
        raise ExportError([TableError(f"{sheet.path}:{sheet.header}", None, rule, fix)])
    if not week:
        return found
    monday, why = _monday(sheet, plan)
    if monday is None:
        rule = "has columns of weekdays, and nothing says which week they are"
        raise ExportError([Unset(f"{sheet.path}:{sheet.header}", None, rule, "week_of", "2026-11-02")])
    quality.told("week_of", monday.isoformat(), why)
    return {**found, **{name: monday + timedelta(days=on) for name, on in week.items()}}


def _monday(sheet: Sheet, plan: Plan) -> tuple[date | None, str]:
    if plan.week_of:
        on = _date(plan.week_of)
        if on is not None:
            return on - timedelta(days=on.weekday()), "as you said"
    for title in sheet.titles:
        for text in re.findall(r"\d{4}-\d{2}-\d{2}|\d{1,2}\.? [A-Za-z]{3,9} \d{4}", title):
            on = _date(text)
            if on is not None:
                return on - timedelta(days=on.weekday()), "a line above the header says so"
    return None, ""


def _date(text: str) -> date | None:
    """A date with the year first or a named month; None for other text."""
    written = instants.written(coded([text]))
    days = instants.days(written, "ymd")[0]
    plain = written.ok[0] and written.kind[0] in (1, 3) and np.isfinite(days)
    return date(1970, 1, 1) + timedelta(days=float(days)) if plain else None
