"""Log-ins and spells become the table of staffing: an agent, from when to when."""

from __future__ import annotations

import numpy as np

from cxsim.importing.contacts import dropped, note
from cxsim.importing.fields import Rows
from cxsim.importing.mapping import Plan
from cxsim.importing.quality import Quality, several
from cxsim.tables.coded import constant
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

LONGEST = 16 * 3600.0  # s; a log-in that lasts longer was not closed


def read_staffing(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """Rows of spells, or of log-ins and log-outs, as spells."""
    if "event" in rows.texts:
        return spells(rows, plan, quality)
    rows = dropped(rows, ~np.isfinite(rows.number("start")), "no start", quality)
    rows = rows.kept(np.lexsort((rows.number("start"), rows.text("agent").codes)))
    if "end" not in rows.numbers:
        agents, start = rows.text("agent").codes, rows.number("start")
        rows.numbers["end"] = np.append(np.where(agents[1:] == agents[:-1], start[1:], np.nan), np.nan)
        quality.told("columns.end", "the next row", "rows have no end: each lasts until the next row of its agent")
    end = rows.number("end")
    wrong = end < rows.number("start")
    if wrong.any():
        night = wrong & (end + 86400.0 > rows.number("start"))
        rows.numbers["end"] = np.where(night, end + 86400.0, end)
        note(rows, night, "repaired", "ends before it begins: read as the next day", quality)
    return rows.kept(np.lexsort((rows.number("start"), rows.text("agent").texts().astype(str))))


def spells(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """Pairs of log-in and log-out of an agent (and queue). What has no counterpart is noted."""
    events = rows.text("event")
    meaning = [str(plan.events.get(text, text)) for text in events.values]
    unknown = [
        text for text, one in zip(events.values, meaning, strict=True) if one not in ("login", "logout", "ignore")
    ]
    if unknown:
        fix = "add it to 'events': login, logout or ignore"
        raise ExportError(
            [
                TableError(f"{rows.files.text(0)}  event:", text, "is neither a log-in nor a log-out", fix)
                for text in unknown[:20]
            ]
        )
    at = rows.numbers["at"] if "at" in rows.numbers else rows.number("start")
    agents, queues = rows.text("agent").codes, rows.text("queue").codes
    order = np.lexsort((np.arange(len(rows)), at))
    opened: dict[tuple[int, int], int] = {}
    starts: list[int] = []
    ends: list[float] = []
    lonely, twice, closing, other = (np.zeros(len(rows), np.bool_) for _ in range(4))
    for i in order.tolist():
        what, key = meaning[events.codes[i]], (int(agents[i]), int(queues[i]))
        if what == "login":
            if key in opened:
                twice[i] = True
            else:
                opened[key] = i
        elif what == "logout":
            begun = opened.pop(key, None)
            if begun is None:
                lonely[i] = True
            else:
                closing[i] = True
                starts.append(begun)
                ends.append(float(at[i]))
        else:
            other[i] = True
    note(rows, lonely, "dropped", "a log-out without a log-in before it", quality)
    note(rows, twice, "dropped", "a log-in while logged in", quality)
    note(rows, other, "dropped", "an event that says nothing about log-ins", quality)
    note(rows, closing, "joined", "to the log-in before", quality)
    starts += list(opened.values())
    ends += [np.nan] * len(opened)
    if opened:
        quality.find("logged_in", f"{several(len(opened), 'log-in')} without a log-out; the end is blank")
    out = rows.kept(np.array(starts, dtype=np.int64))
    out.numbers = {"start": at[starts] if starts else np.zeros(0), "end": np.array(ends)}
    out.texts["activity"] = constant("logged_in", len(out))
    out.texts.pop("event", None)
    long = int(((out.number("end") - out.number("start")) > LONGEST).sum())
    if long:
        quality.find(
            "long_spells", f"{several(long, 'log-in')} of more than {LONGEST / 3600:g} hours: a log-out may be missing"
        )
    return out.kept(np.lexsort((out.number("start"), out.text("agent").texts().astype(str))))
