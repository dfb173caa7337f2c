"""Rows of a contact, or of its segments, become the table of contacts: waits, outcomes, repeated records."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxsim.importing.canonical import OUTCOMES
from cxsim.importing.fields import Rows
from cxsim.importing.mapping import Plan
from cxsim.importing.quality import Quality, several
from cxsim.tables.coded import Coded
from cxsim.tables.faults import ExportError, Question
from cxsim.tables.reader import TableError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
DAY = 86400.0
LATER = ("queued", "answered", "ended", "wrapped")
NAMES = tuple(OUTCOMES)


def note(rows: Rows, which: Bools, what: str, why: str, quality: Quality) -> None:
    """Note the fate of some rows, file by file."""
    if which.any():
        for k, name in enumerate(rows.files.values):
            quality.note(what, why, name, rows.lines[which & (rows.files.codes == k)])


def dropped(rows: Rows, which: Bools, why: str, quality: Quality) -> Rows:
    if not which.any():
        return rows
    note(rows, which, "dropped", why, quality)
    return rows.kept(~which)


def read_contacts(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """The rows as the table of contacts, in the order of arrival."""
    rows = dropped(rows, ~np.isfinite(rows.number("arrived")), "no time of arrival", quality)
    if not len(rows):
        raise ExportError(
            [
                TableError(
                    ", ".join(quality.read), None, "has no contact to read", "see 'demand' and 'drop' of the mapping"
                )
            ]
        )
    _next_day(rows, plan, quality)
    rows = _once(rows, plan, quality)
    rows.numbers["legs"] = np.ones(len(rows))
    _derive(rows, plan, quality)
    if plan.layout == "segments":
        rows = _joined(rows, quality)
    return rows.kept(np.argsort(rows.number("arrived"), kind="stable"))


def _next_day(rows: Rows, plan: Plan, quality: Quality) -> None:
    """Times of day beside one date are of the next day where they would be half a day before the arrival."""
    first = plan.columns.get("arrived")
    if first is None or len(first.columns) < 2:
        return
    moved = np.zeros(len(rows), np.bool_)
    for role in LATER:
        spec = plan.columns.get(role)
        if role in rows.numbers and spec is not None and spec.columns[:1] == first.columns[:1]:
            late = rows.numbers[role] < rows.number("arrived") - DAY / 2
            rows.numbers[role] = np.where(late, rows.numbers[role] + DAY, rows.numbers[role])
            moved |= late
    note(rows, moved, "repaired", "times after midnight beside the date of arrival: read as the next day", quality)


def _once(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """One row for each contact id; the records of a contact that differ are told."""
    ids = rows.text("contact")
    if "contact" not in rows.texts or plan.layout == "segments":
        return rows
    blank = np.array([not text for text in ids.values], np.bool_)[ids.codes]
    counts = np.bincount(ids.codes, minlength=len(ids.values))
    again = (counts[ids.codes] > 1) & ~blank
    if not again.any():
        return rows
    rule = plan.duplicates if plan.duplicates in ("first", "last") else ""
    apart = _differ(rows, ids, again)
    if "updated" in rows.numbers:
        rank, why = np.nan_to_num(rows.number("updated"), nan=-np.inf), "an older record of the same contact"
    elif rule:
        rank, why = np.zeros(len(rows)), "the same contact again"
    elif apart.any():
        raise ExportError([_unlike_records(rows, ids, apart, again)])
    else:
        rank, why = _filled(rows), "the same contact again, with no more than the record that was kept"
    place = np.arange(len(rows)) if rule == "last" or "updated" in rows.numbers else -np.arange(len(rows))
    best = np.lexsort((place, rank, ids.codes))  # the last of each id is kept
    last = np.append(ids.codes[best][1:] != ids.codes[best][:-1], True)
    keep = ~again
    keep[best[last]] = True
    if apart.any():
        names = len(np.unique(ids.codes[apart]))
        kept = "last changed" if "updated" in rows.numbers else rule
        text = f"records of {several(names, 'contact')} differ; the {kept} one was kept, nothing was merged"
        quality.find("contradictions", text)
    return dropped(rows, ~keep, why, quality)


def _filled(rows: Rows) -> Floats:
    """How many values each row has."""
    out = np.zeros(len(rows))
    for values in rows.numbers.values():
        out += np.isfinite(values)
    for column in rows.texts.values():
        out += column.each(bool, np.bool_)
    return out


def _differ(rows: Rows, ids: Coded, again: Bools) -> Bools:
    """Rows with a value that differs from that of the fullest record with the same id; a blank differs from nothing."""
    fullest = np.lexsort((_filled(rows), ids.codes))
    last = np.append(ids.codes[fullest][1:] != ids.codes[fullest][:-1], True)
    of = np.zeros(len(ids.values), np.int64)
    of[ids.codes[fullest[last]]] = fullest[last]
    other = of[ids.codes]
    apart = np.zeros(len(rows), np.bool_)
    for role, values in rows.numbers.items():
        if role != "updated":
            apart |= np.isfinite(values) & np.isfinite(values[other]) & (values != values[other])
    for column in rows.texts.values():
        told = column.each(bool, np.bool_)
        apart |= told & told[other] & (column.codes != column.codes[other])
    return apart & again


def _unlike_records(rows: Rows, ids: Coded, apart: Bools, again: Bools) -> TableError:
    k = int(np.flatnonzero(apart)[0])
    where = f"{rows.files.text(k)}:{rows.lines[k]}  contact:"
    names = len(np.unique(ids.codes[apart]))
    files = len(np.unique(rows.files.codes[again])) > 1
    rule = f"has the id of another row, with different values ({several(names, 'contact')})"
    if files:
        return Question(where, None, rule + ": the files contradict each other", "duplicates", ("last", "first"))
    fix = "add 'layout: segments' if a row is a segment, or 'duplicates: last' if a later row replaces an earlier one"
    return TableError(where, None, rule, fix)


def _derive(rows: Rows, plan: Plan, quality: Quality) -> None:
    """Waits, lengths and outcomes, worked out of the stamps where the export does not say them."""
    arrived, queued = rows.number("arrived"), rows.number("queued")
    answered, ended = rows.number("answered"), rows.number("ended")
    wait, talk = rows.number("wait"), rows.number("talk")
    # A wait as it was measured beats one between two stamps that may be rounded.
    has_queue = np.isfinite(queued) if "queued" in rows.numbers else np.isfinite(wait) | np.isfinite(answered)
    outcome = _outcome(rows, plan, has_queue, answered, wait, talk)
    served = outcome == NAMES.index("answered")
    known = np.isfinite(queued)
    entered = np.where(known, queued, arrived) if "queued" not in rows.numbers else queued
    left = np.where(served, answered, ended)
    wait = np.where(np.isfinite(wait), wait, left - entered)
    if "answered" in rows.numbers and "ended" in rows.numbers:
        talk = np.where(np.isfinite(talk), talk, ended - answered)
    if "handle" in rows.numbers and "talk" not in rows.numbers:
        parts = np.nan_to_num(rows.number("acw")) + np.nan_to_num(rows.number("hold"))
        talk = np.where(np.isfinite(talk), talk, rows.number("handle") - parts)
    negative = (wait < 0) | (talk < 0)
    if negative.any():
        note(rows, negative, "repaired", "times in the wrong order: the length between them read as 0", quality)
        quality.find(
            "order",
            f"times of {several(int(negative.sum()), 'contact')} are in the wrong order, such as answer before queue",
        )
        wait, talk = np.maximum(wait, 0.0), np.maximum(talk, 0.0)
    talk = np.where(served, talk, np.nan)
    acw = rows.number("acw")
    if "wrapped" in rows.numbers:
        acw = np.where(np.isfinite(acw), acw, np.maximum(rows.number("wrapped") - ended, 0.0))
    handle = rows.number("handle")
    total = talk + np.nan_to_num(rows.number("hold")) + np.nan_to_num(acw)
    rows.numbers["handle"] = np.where(np.isfinite(handle) & served, handle, np.where(served, total, np.nan))
    if "queued" in rows.numbers:  # who was answered without a queue did not wait
        wait = np.where(has_queue, wait, np.where(served, 0.0, np.nan))
        rows.numbers["ended"] = np.where(np.isfinite(ended) | served, ended, queued + wait)
    rows.numbers["wait"] = wait
    rows.numbers["talk"], rows.numbers["acw"] = talk, acw
    ivr = rows.number("ivr")
    if "queued" in rows.numbers:
        end_of_menu = np.where(has_queue, queued, np.where(served, answered, ended))
        ivr = np.where(np.isfinite(ivr), ivr, end_of_menu - arrived)
        early = ivr < 0
        note(rows, early, "repaired", "left the menu before the arrival: the time between read as 0", quality)
        ivr = np.maximum(ivr, 0.0)
    rows.numbers["ivr"] = ivr
    rows.numbers["outcome"] = outcome.astype(np.float64)


def _outcome(
    rows: Rows, plan: Plan, has_queue: Bools, answered: Floats, wait: Floats, talk: Floats
) -> npt.NDArray[np.int64]:
    """A number of OUTCOMES for each row: what the export says, else what the stamps say, then the known exits."""
    said = rows.texts.get("outcome")
    number = {name: k for k, name in enumerate(NAMES)}
    if said is not None and (plan.columns["outcome"].values or plan.columns["outcome"].value):
        out = said.each(lambda text: number.get(text, number["unknown"]), np.int64)
    else:
        if "answered" in rows.numbers:
            served = np.isfinite(answered)
        elif "talk" in rows.numbers or "handle" in rows.numbers:
            served = (np.nan_to_num(talk) > 0) | (np.nan_to_num(rows.number("handle")) > 0)
        else:
            served = np.zeros(len(rows), np.bool_)
        before = "left_before_queue" if "queued" in rows.numbers else "abandoned"
        out = np.where(served, number["answered"], np.where(has_queue, number["abandoned"], number[before]))
    unserved = out == number["abandoned"]
    if "queued" in rows.numbers:
        out = np.where(unserved & ~has_queue, number["left_before_queue"], out)
    for exit_ in plan.forced_exits or ():
        at = wait if "wait" in rows.numbers else rows.number("ended") - rows.number("queued")
        out = np.where((out == number["abandoned"]) & (np.abs(at - exit_) < 0.5), number["forced_exit"], out)
    return np.asarray(out, dtype=np.int64)


def _joined(rows: Rows, quality: Quality) -> Rows:
    """The segments of a contact as one contact: its first queue and agent, lengths added, outcome of the customer."""
    rows = rows.kept(np.lexsort((rows.number("arrived"), rows.text("contact").codes)))
    ids = rows.text("contact")
    blank = np.array([not text for text in ids.values], np.bool_)[ids.codes]
    key = np.where(blank, -1 - np.arange(len(rows)), ids.codes)
    _, first, group, size = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    out = rows.kept(first)
    served = rows.number("outcome") == NAMES.index("answered")
    for role in ("talk", "hold", "acw", "handle"):
        values = rows.number(role)
        total = np.bincount(group, np.nan_to_num(values), minlength=len(first))
        seen = np.bincount(group, np.isfinite(values).astype(float), minlength=len(first)) > 0
        out.numbers[role] = np.where(seen, total, np.nan)
    ever = np.bincount(group, served.astype(float), minlength=len(first)) > 0
    out.numbers["outcome"] = np.where(ever, NAMES.index("answered"), out.number("outcome"))
    out.numbers["legs"] = size.astype(np.float64)
    out.numbers["transferred"] = np.maximum(np.nan_to_num(out.number("transferred")), (size > 1).astype(float))
    last = np.full(len(first), -np.inf)
    np.maximum.at(last, group, np.nan_to_num(rows.number("ended"), nan=-np.inf))
    out.numbers["ended"] = np.where(np.isfinite(last), last, np.nan)
    joined = np.ones(len(rows), np.bool_)
    joined[first] = False
    note(rows, joined, "joined", "a later segment of the same contact", quality)
    if joined.any():
        quality.find(
            "segments",
            f"{several(int(joined.sum()), 'row')} joined to the first segment of the same contact"
            f" ({several(int((size > 1).sum()), 'contact')})",
        )
    return out


def as_text(outcome: Floats) -> Coded:
    """Outcomes by name."""
    return Coded(list(NAMES), outcome.astype(np.int32))
