"""Which rows of a sheet are data: totals, repeated headers, notes and what is not demand are left out, each counted."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from cxsim.importing.fields import chosen, column_of
from cxsim.importing.mapping import Plan
from cxsim.importing.quality import Quality
from cxsim.tables import instants
from cxsim.tables.sheets import Sheet

Bools = npt.NDArray[np.bool_]
TOTALS = re.compile(
    r"(?:(?:grand|sub|report|daily|overall)[ -]?)?"
    r"(?:totals?|sum|summe|gesamt|insgesamt|totaux|totale|all queues|average|avg|mean)\b.*",
    re.IGNORECASE,
)
_MAIN = {"intervals": "start", "staffing": "start", "events": "at"}


def filtered(sheet: Sheet, plan: Plan, quality: Quality) -> Bools:
    """The rows to read. The others are noted with their reason."""
    keep = np.ones(len(sheet), np.bool_)

    def leave(rows: Bools, why: str) -> None:
        rows = rows & keep
        quality.note("dropped", why, sheet.path, sheet.lines[rows])
        keep[rows] = False

    filled = np.zeros(len(sheet), np.int64)
    repeated = np.zeros(len(sheet), np.int64)
    for name, column in sheet.columns.items():
        filled += ~column.has("")
        repeated += column.has(name)
    leave(filled == 0, "blank row")
    if len(sheet.columns) > 1:
        leave(repeated >= min(2, len(sheet.columns)), "the header again")
    spec = plan.columns.get(_MAIN.get(plan.layout, "arrived"))
    if spec is not None and plan.layout != "roster":
        column = column_of(sheet, spec)
        when = instants.written(column)
        readable = (when.ok & (when.kind > 0))[column.codes] if len(column.values) else keep
        unread = np.flatnonzero(~readable)
        totals = np.zeros(len(sheet), np.bool_)
        for one in sheet.columns.values():
            totals[unread] |= one.kept(unread).each(
                lambda text: TOTALS.fullmatch(text.strip(" :")) is not None, np.bool_
            )
        leave(totals, "row of totals")
        leave(~readable & (filled == 1) & (len(sheet.columns) > 2), "a note, not a row")
    for name, column, texts in chosen(plan.drop, sheet):
        for text in sorted(t for t in column.values if t.casefold() in texts):
            leave(column.has(text), f"{name} is {text!r}")
    for name, column, texts in chosen(plan.demand, sheet):
        other = sorted({t for t in column.values if t.casefold() not in texts})
        for text in other:
            leave(column.has(text), f"not demand: {name} is {text!r}")
    return keep
