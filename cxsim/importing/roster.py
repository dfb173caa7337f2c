"""A roster grid becomes spells: a row for each agent and day with a shift; days off and leave are told apart."""

from __future__ import annotations

from collections import Counter

import numpy as np

from cxsim.importing.contacts import note
from cxsim.importing.fields import Rows
from cxsim.importing.mapping import Plan
from cxsim.importing.quality import Quality, several
from cxsim.tables.coded import constant
from cxsim.tables.faults import ExportError, Question
from cxsim.tables.reader import TableError
from cxsim.tables.roster_cells import AWAY, OFF, span

USUAL = 6.0  # hours; up to here many rules ask for no break


def _with_breaks(rows: Rows, plan: Plan) -> Rows:
    """The shifts with their unpaid breaks. ExportError where short shifts may have none."""
    if "unpaid" not in rows.numbers:
        return rows
    hours, unpaid = (rows.number("end") - rows.number("start")) / 3600.0, np.nan_to_num(rows.number("unpaid"))
    short = (hours <= USUAL) & (unpaid > 0)
    if plan.unpaid_above is None and short.any() and ((hours > USUAL) & (unpaid > 0)).any():
        column = " ".join(plan.columns["unpaid"].columns)
        rule = (
            f"gives a break to shifts, some of which last {USUAL:g} hours or less"
            f" ({several(int(short.sum()), 'shift')}): do these include the break too?"
        )
        raise ExportError(
            [Question(f"{rows.files.text(0)}  {column}:", None, rule, "unpaid_above", (f"{USUAL:g}", "0"))]
        )
    rows.numbers["unpaid"] = np.where(hours > (plan.unpaid_above or 0.0), unpaid, 0.0)
    return rows


def read_roster(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """The shifts of a grid. ExportError for cells that are neither a shift nor a kind of absence."""
    cells, days = rows.text("shift"), rows.number("on")
    spans = {text: span(text) for text in cells.values}
    away = {text for text in cells.values if text.casefold() in AWAY}
    faults = []
    for text in cells.values:
        if spans[text] is None and text not in away and text.casefold() not in OFF:
            k = int(np.flatnonzero(cells.codes == cells.values.index(text))[0])
            fix = f"write a shift such as 8:00-16:30, off, or one of {', '.join(AWAY[:5])}"
            faults.append(
                TableError(f"{rows.files.text(k)}:{rows.lines[k]}", text, "is neither a shift nor an absence", fix)
            )
    if faults:
        raise ExportError(faults)
    works = cells.each(lambda text: spans[text] is not None, np.bool_)
    off = cells.each(lambda text: text.casefold() in OFF, np.bool_)
    note(rows, off, "dropped", "a day off", quality)
    absent = ~works & ~off
    for text, count in Counter(cells.texts()[absent].tolist()).items():
        quality.find(
            "absence",
            f"{count} days of {text} are on the roster; they are not shifts, and shrinkage must not count them again",
        )
    note(rows, absent, "dropped", "an absence on the roster", quality)
    start = cells.each(lambda text: (spans[text] or (np.nan, np.nan))[0], np.float64)
    end = cells.each(lambda text: (spans[text] or (np.nan, np.nan))[1], np.float64)
    rows.numbers["start"], rows.numbers["end"] = days + start, days + end
    rows.texts["activity"] = constant("shift", len(rows))
    out = _with_breaks(rows.kept(works), plan)
    return out.kept(np.lexsort((out.number("start"), out.text("agent").texts().astype(str))))
