"""What a mapping leaves open: settled from all rows, with the evidence, or asked where two readings are possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cxsim.importing.canonical import NEEDED, ROLES
from cxsim.importing.fields import column_of
from cxsim.importing.guessing import demand_of, layout_of, names, outcomes_of, plain, roles_of, title_zone, with_units
from cxsim.importing.identities import buckets
from cxsim.importing.mapping import LOCAL, Plan, Spec, missing, nearest
from cxsim.importing.quality import Quality
from cxsim.tables import amounts, instants
from cxsim.tables.coded import Coded
from cxsim.tables.faults import ExportError, Question
from cxsim.tables.reader import TableError
from cxsim.tables.sheets import Sheet

_LAYOUTS = "'layout: contacts', 'layout: intervals' or another"


def complete(plan: Plan, sheets: Sequence[Sheet], quality: Quality) -> Plan:
    """The mapping with nothing left open. ExportError with every fault and every question."""
    sheet = sheets[0]
    if not plan.layout:
        layout, why = layout_of(sheet)
        if not layout:
            raise ExportError([_unlike(sheet)])
        plan = replace(plan, layout=layout)
        quality.told("layout", layout, why)
    faults: list[TableError] = list(_unknown(plan, sheets))
    if not plan.wide and not plan.source:
        found = roles_of(sheet, plan.layout)
        named = {column for spec in plan.columns.values() for column in spec.columns}
        new = {r: s for r, s in found.items() if _open(plan, r) and not named.intersection(s.columns)}
        whole = {r: plan.columns[r].upon(s) if r in plan.columns else s for r, s in new.items()}
        plan = replace(plan, columns={**plan.columns, **whole})
        plan = _outcomes(plan, sheets, new, quality)
        for role, spec in new.items():
            quality.told(f"columns.{role}", " + ".join(spec.columns), "by its name and its texts")
    for one in sheets:
        gone = [
            c
            for role in NEEDED[plan.layout]
            if role in plan.columns
            for c in plan.columns[role].columns
            if not one.find(c)
        ]
        for column in dict.fromkeys(gone if plan.source or one is not sheet else ()):
            hint = nearest(column, one.columns, "its columns are")
            faults.append(
                TableError(
                    f"{one.path}:{one.header}", None, f"has no column {column!r}, which {_whose(plan)} need", hint
                )
            )
    for role in missing(plan):
        faults.append(_needed(sheet, plan, role))
    if not plan.demand and plan.layout in ("contacts", "segments"):
        demand = demand_of(sheet, plan.columns)
        if demand:
            plan = replace(plan, demand=demand)
            column, texts = next(iter(demand.items()))
            quality.told("demand", f"{column}: {', '.join(texts)}", "inbound rows; the others are not demand")
        elif question := _which_demand(sheet, plan):
            faults.append(question)
    if faults:
        raise ExportError(faults)
    _unread(plan, sheets, quality)
    for settle in (_dates, _decimal, _units, _percent, _zone, _stamps):
        plan = settle(plan, sheets, quality, faults)
    if faults:
        raise ExportError(faults)
    return plan


def _unread(plan: Plan, sheets: Sequence[Sheet], quality: Quality) -> None:
    used = {c.casefold() for spec in plan.columns.values() for c in spec.columns}
    used |= {c.casefold() for part in (plan.demand, plan.drop) for c in part}
    rest = list(dict.fromkeys(c for sheet in sheets for c in sheet.columns if c.casefold() not in used))
    buckets(rest, quality)
    if rest:
        told = ", ".join(rest[:30]) + (f" and {len(rest) - 30} more" if len(rest) > 30 else "")
        quality.told(
            "columns not read", told, "none of them was needed" if plan.source else "no role was found for them"
        )


def _outcomes(plan: Plan, sheets: Sequence[Sheet], new: dict[str, Spec], quality: Quality) -> Plan:
    """A guessed column of outcomes with what its texts mean; without it where a text is not a usual word."""
    spec = plan.columns.get("outcome")
    if spec is None or spec.values or spec.value:
        return plan
    values: dict[str, str] = {}
    for sheet in sheets:
        found = outcomes_of(sheet, spec)
        if found is None:
            new.pop("outcome", None)
            quality.find(
                "outcome",
                f"column {spec.columns[0]!r} is not read: its texts are not plainly answered or abandoned",
                "add 'columns: {outcome: {column: NAME, values: {TEXT: answered}}}' if it tells",
            )
            return replace(plan, columns={role: one for role, one in plan.columns.items() if role != "outcome"})
        values |= found
    told = ", ".join(f"{text}: {meaning}" for text, meaning in list(values.items())[:6])
    quality.told("columns.outcome.values", told, "usual words")
    return replace(plan, columns={**plan.columns, "outcome": replace(spec, values=values)})


def _open(plan: Plan, role: str) -> bool:
    spec = plan.columns.get(role)
    return spec is None or not (spec.columns or spec.value)


def _unlike(sheet: Sheet) -> TableError:
    known = {plain(column) for column in sheet.columns}
    stamp = any(
        known.intersection(wanted)
        for roles in names().values()
        for wanted in (roles.get("arrived", []), roles.get("start", []))
    )
    rule = "does not tell what a row is" if stamp else "has no column that says when a row was"
    columns = ", ".join(map(repr, list(sheet.columns)[:20]))
    return TableError(
        f"{sheet.path}:{sheet.header}",
        None,
        rule,
        f"add {_LAYOUTS} and 'columns:' to the mapping; its columns are {columns}",
    )


def _unknown(plan: Plan, sheets: Sequence[Sheet]) -> Iterator[TableError]:
    """Columns that the mapping names and no file has."""
    for role, spec in plan.columns.items():
        for column in spec.columns:
            if not any(sheet.find(column) for sheet in sheets) and not plan.source:
                hint = nearest(column, sheets[0].columns, "its columns are")
                yield TableError(f"{sheets[0].path}:{sheets[0].header}", column, f"is not a column ({role})", hint)
    for key in ("demand", "drop"):
        for column, texts in getattr(plan, key).items():
            known = [sheet for sheet in sheets if sheet.find(column)]
            if not known and not plan.source:
                hint = nearest(column, sheets[0].columns, "its columns are")
                yield TableError(f"{sheets[0].path}:{sheets[0].header}", column, f"is not a column ({key})", hint)
            elif known and key == "demand":
                there = {t.casefold() for sheet in known for t in sheet.columns[sheet.find(column) or ""].values}
                if not there.intersection(t.casefold() for t in texts):
                    rule = f"is in no row of column {column!r}: nothing would be demand"
                    yield TableError(
                        str(known[0].path), ", ".join(texts), rule, f"its texts are {', '.join(sorted(there)[:10])}"
                    )


def _whose(plan: Plan) -> str:
    return f"files of source {plan.source}" if plan.source else "the other files have and the rows"


def _needed(sheet: Sheet, plan: Plan, role: str) -> TableError:
    columns = ", ".join(map(repr, list(sheet.columns)[:20]))
    if plan.source:
        wanted = "its columns have other names than this source has"
    else:
        wanted = f"add 'columns: {{{role}: NAME}}' to the mapping"
    return TableError(
        f"{sheet.path}:{sheet.header}",
        None,
        f"has no column for {role!r}, which {plan.layout} need",
        f"{wanted}; there are {columns}",
    )


def _which_demand(sheet: Sheet, plan: Plan) -> Question | None:
    """A question where there is a column of directions, and its words do not say which of them are demand."""
    spec = plan.columns.get("direction")
    if spec is None or not spec.columns:
        return None
    column = spec.columns[0]
    texts = [t for t in sheet.columns[sheet.find(column) or column].values if t][:8]
    if not texts:
        return None
    rule = f"has rows of several directions ({', '.join(texts)}): which of them are demand?"
    return Question(f"{sheet.path}  {column}:", None, rule, f"demand.{column}", tuple(texts[:1]))


def _columns(plan: Plan, sheets: Sequence[Sheet], kinds: tuple[str, ...]) -> Iterator[tuple[Sheet, str, Spec, Coded]]:
    known = ROLES[plan.layout]
    for sheet in sheets:
        for role, spec in plan.columns.items():
            if known.get(role) in kinds and spec.columns and any(sheet.find(c) for c in spec.columns):
                yield sheet, role, spec, column_of(sheet, spec)


def _dates(plan: Plan, sheets: Sequence[Sheet], quality: Quality, faults: list[TableError]) -> Plan:
    if plan.dates:
        return plan
    possible: list[tuple[str, ...]] = []
    example, place = "", ""
    for sheet, _, spec, column in _columns(plan, sheets, ("stamp",)):
        found = instants.written(column)
        ways = instants.orders(found)
        if not (found.ok & (found.kind > 0)).any() or ways == ("ymd",):
            continue
        possible.append(ways)
        if len(ways) == 2 or not example:
            k = int(np.flatnonzero(found.ok & np.isin(found.kind, (2, 6)))[0])
            example, place = (
                column.values[k],
                sheet.place(int(sheet.lines[np.flatnonzero(column.codes == k)[0]]), " + ".join(spec.columns)),
            )
    if not possible:
        return replace(plan, dates="ymd")
    common = set(possible[0]).intersection(*possible[1:])
    if len(common) == 1:
        order = common.pop()
        quality.told("dates", order, f"the only order in which every date exists, such as {example}")
        return replace(plan, dates=order)
    if not common:
        rule = "is in a column where day and month change places, or where a date does not exist"
        faults.append(
            TableError(
                place, example, rule, "add 'dates: dmy' or 'dates: mdy' to the mapping to see which cells are wrong"
            )
        )
    elif paired := _by_pairs(plan, sheets):
        quality.told("dates", paired, "in the other order, times of one row would be weeks apart")
        return replace(plan, dates=paired)
    else:
        faults.append(
            Question(place, example, "may be day and month, or month and day, in every row", "dates", ("dmy", "mdy"))
        )
    return plan


def _by_pairs(plan: Plan, sheets: Sequence[Sheet]) -> str:
    """The order in which all times of a row are within two days of each other, if only one is like that, or empty."""
    near: set[instants.Order] = {"dmy", "mdy"}
    ways: tuple[instants.Order, instants.Order] = ("dmy", "mdy")
    told = False
    for sheet in sheets:
        found = [column for one, _, _, column in _columns(plan, [sheet], ("stamp",)) if one is sheet]
        if len(found) < 2:
            continue
        for order in ways:
            days = [instants.days(instants.written(column), order)[column.codes] for column in found]
            with np.errstate(invalid="ignore"):
                apart = np.nanmax([np.nanmax(np.abs(one - days[0]), initial=0.0) for one in days[1:]])
            if apart > 2.0:
                near.discard(order)
                told = told or apart > 20.0
    return near.pop() if len(near) == 1 and told else ""


def _decimal(plan: Plan, sheets: Sequence[Sheet], quality: Quality, faults: list[TableError]) -> Plan:
    if plan.decimal:
        return plan
    texts: dict[str, tuple[Sheet, Spec, Coded]] = {}
    for sheet, _, spec, column in _columns(plan, sheets, ("count", "share", "seconds")):
        texts.update((text, (sheet, spec, column)) for text in column.values if text and text not in texts)
    found = amounts.marks(texts)
    if found.point and found.comma:
        rare = "," if found.point > found.comma else "."
        text = next(t for t in texts if rare in t and amounts.marks([t]).decimal == rare)
        sheet, spec, column = texts[text]
        where = sheet.place(
            int(sheet.lines[np.flatnonzero(column.codes == column.values.index(text))[0]]), spec.columns[0]
        )
        faults.append(Question(where, text, "has another decimal mark than other cells", "decimal", (".", ",")))
        return plan
    mark = found.decimal
    if not mark and found.unsure:
        sheet, spec, column = texts[found.unsure[0]]
        where = sheet.place(
            int(sheet.lines[np.flatnonzero(column.codes == column.values.index(found.unsure[0]))[0]]), spec.columns[0]
        )
        other = "," if "." in found.unsure[0] else "."
        here = "." if other == "," else ","
        whole, part = amounts.number(found.unsure[0], other), amounts.number(found.unsure[0], here)
        rule = f"may be {whole:,.0f}, or {part:g} with decimals"
        faults.append(Question(where, found.unsure[0], rule, "decimal", (other, here)))
        return plan
    if mark:
        quality.told("decimal", mark, f"{max(found.point, found.comma):,} numbers show it")
    return replace(plan, decimal=mark or ".")


def _units(plan: Plan, sheets: Sequence[Sheet], quality: Quality, faults: list[TableError]) -> Plan:
    plan, why, unsure = with_units(sheets[0], plan)
    for role, (unit, reason) in why.items():
        quality.told(f"columns.{role}.unit", unit, reason)
    for role in unsure:
        spec = plan.columns[role]
        texts = [t for t in sheets[0].columns[sheets[0].find(spec.columns[0]) or ""].values if t]
        clocks = any(":" in t for t in texts)
        rule = "may be minutes and seconds, or hours and minutes" if clocks else "may be seconds or minutes"
        choices = ("mm:ss", "hh:mm") if clocks else ("s", "min", "ms")
        where = f"{sheets[0].path}  {spec.columns[0]}:"
        faults.append(Question(where, texts[0] if texts else None, rule, f"columns.{role}.unit", choices))
    return plan


def _percent(plan: Plan, sheets: Sequence[Sheet], quality: Quality, faults: list[TableError]) -> Plan:
    signed = bare = 0
    high = 0.0
    for _, _, _, column in _columns(plan, sheets, ("share",)):
        values, signs = amounts.numbers(column, plan.decimal or ".")
        counts = column.counts
        good = np.isfinite(values)
        signed += int(counts[good & signs].sum())
        bare += int(counts[good & ~signs].sum())
        high = max(high, float(values[good & ~signs].max(initial=0.0)))
    if signed and bare:
        quality.find(
            "mixed_percent",
            f"shares are written with a % sign in {signed:,} rows and without in {bare:,}; each is read by itself",
        )
    if plan.percent or not bare:
        return plan
    percent = "points" if high > 1.0 else "fraction"
    quality.told("percent", percent, f"shares without a % sign go up to {high:g}")
    return replace(plan, percent=percent)


def _zone(plan: Plan, sheets: Sequence[Sheet], quality: Quality, faults: list[TableError]) -> Plan:
    if plan.timezone:
        return plan
    bare = clocks = told = False
    place = ""
    for sheet, _, spec, column in _columns(plan, sheets, ("stamp",)):
        found = instants.written(column)
        told = told or bool(np.isfinite(found.offsets[found.ok]).any())
        without = found.ok & np.isnan(found.offsets)
        with_clock = any(":" in text for text in column.values)
        clocks = clocks or with_clock
        if without.any() and with_clock and not bare:
            bare, place = True, f"{sheet.path}  {' + '.join(spec.columns)}:"
    if not bare:
        zone = "UTC" if told else LOCAL
        quality.told(
            "timezone",
            zone,
            "times have an offset from UTC, so days are cut there unless you name a zone"
            if told
            else "no times of day",
        )
        return replace(plan, timezone=zone)
    named = next(filter(None, (title_zone(sheet.titles) for sheet in sheets)), None)
    if named:
        quality.told("timezone", named[0], "a line above the header says so")
        return replace(plan, timezone=named[0])
    rule = "has times that do not say their time zone: the center's own clocks, or UTC?"
    faults.append(
        Question(
            place,
            None,
            rule,
            "timezone",
            ("Europe/Paris", "UTC", LOCAL),
            " (your zone; local if days and hours are all that matters)",
        )
    )
    return plan


def _stamps(plan: Plan, sheets: Sequence[Sheet], quality: Quality, faults: list[TableError]) -> Plan:
    if plan.layout != "intervals" or plan.stamps:
        return plan
    column = next((c for _, role, _, c in _columns(plan, sheets, ("stamp",)) if role == "start"), None)
    if column is None:
        return plan
    found = instants.written(column)
    name = " ".join(plan.columns["start"].columns)
    if np.isfinite(found.ends).any() or "end" in plan.columns:
        return replace(plan, stamps="start")
    if any("24:00" in text for text in column.values):
        quality.told("stamps", "end", "one of them is 24:00")
        return replace(plan, stamps="end")
    why = f"{name!r} says so" if "start" in name.lower() else "assumed: nothing in the file says that they are ends"
    quality.told("stamps", "start", why)
    return replace(plan, stamps="start")
