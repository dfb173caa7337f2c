"""Tables of a scenario as planners have them: dates in any order that all rows settle, spans, rows of totals.

What leaves two readings stays as it is, and is refused where it is used.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np

from cxsim.tables import instants
from cxsim.tables.coded import coded
from cxsim.tables.reader import Table
from cxsim.tables.stamps import day, stamp
from cxsim.tables.times import TIME_COLUMNS

_TIME = re.compile(r"^(?!.*(break|lunch|pause)).*\b(time|start|interval|from|period|hour)", re.IGNORECASE)
_TOTALS = re.compile(r"(?:grand |sub)?totals?\b.*", re.IGNORECASE)


def tidy(table: Table) -> Table:
    """The table with dates as 2026-11-30, spans as their start, and without rows of totals; `tidied` says so."""
    table = _without_totals(table)
    cells, said = dict(table.cells), list(table.tidied)
    for name, texts in table.cells.items():
        if all(not text or stamp(text) is not None or day(text) is not None for text in texts):
            continue
        found = _plain(texts, _TIME.search(name) is not None)
        if found is not None:
            cells[name], how = found
            said.append(f"{name!r}: {how}")
    return replace(table, cells=cells, memo={}, tidied=tuple(said)) if said else table


def _plain(texts: tuple[str, ...], spans_too: bool) -> tuple[tuple[str, ...], str] | None:
    """The texts of a column of dates or times in plain form, and what was done; None where that is not sure."""
    column = coded(texts)
    blank = np.array([not text for text in column.values], np.bool_)
    found = instants.written(column)
    if not (found.ok | blank).all() or np.isin(found.kind[found.ok], (4, 5, 6)).any():
        return None
    ways = instants.orders(found)
    if len(ways) != 1:
        return None
    days = instants.days(found, ways[0])
    dated = found.ok & (found.kind > 0)
    if np.isnan(days[dated]).any():
        return None
    spans = found.ok & np.isfinite(found.ends)
    if spans.any() and (
        not spans_too or not spans[found.ok].all() or len(np.unique((found.ends - found.seconds)[spans])) > 1
    ):
        return None
    out = []
    for k, text in enumerate(column.values):
        on = date.fromordinal(int(days[k]) + instants.EPOCH).isoformat() if dated[k] else ""
        out.append(text if blank[k] else _written(text, on, float(found.seconds[k]), bool(spans[k])))
    how = {"dmy": "read as day, month, year", "mdy": "read as month, day, year"}.get(ways[0], "dates read")
    told = [how] * bool(dated.any()) + ["read as the start of spans"] * bool(spans.any())
    return tuple(out[code] for code in column.codes.tolist()), " and ".join(told)


def _written(text: str, on: str, seconds: float, span: bool) -> str:
    clock = re.search(r"\d{1,2}:.*", text, re.DOTALL)
    if not span:  # what stands after the date may have an offset
        return on if clock is None else f"{on} {clock[0]}".strip()
    minutes = int(seconds) // 60
    return f"{on} {minutes // 60:02d}:{minutes % 60:02d}".strip()


def _without_totals(table: Table) -> Table:
    """Leave out rows whose cell of the day or time is blank, or says so itself, and that are called totals."""
    when = [name for name in (table.find("date"), table.find(*TIME_COLUMNS)) if name is not None]
    keep = []
    for i in range(len(table)):
        texts = [table.cells[name][i] for name in table.columns]
        unplaced = bool(when) and all(
            not table.cells[name][i] or _TOTALS.fullmatch(table.cells[name][i]) for name in when
        )
        keep.append(not (unplaced and any(_TOTALS.fullmatch(text) for text in texts)))
    if all(keep) or not any(keep):
        return table
    lines = [str(line) for line, kept in zip(table.lines, keep, strict=True) if not kept]
    shown = ", ".join(lines[:5]) + (" …" if len(lines) > 5 else "")
    told = f"{len(lines)} row{'s' * (len(lines) > 1)} of totals left out (line{'s' * (len(lines) > 1)} {shown})"
    return replace(table.only(keep), tidied=(told,))
