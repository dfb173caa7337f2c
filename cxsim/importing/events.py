"""A log of events becomes contacts and log-ins: each entry into a queue is a contact, ended by what comes next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cxsim.importing.contacts import NAMES, note
from cxsim.importing.fields import Rows
from cxsim.importing.mapping import EVENTS, Plan
from cxsim.importing.quality import Quality, several
from cxsim.importing.staffing import spells
from cxsim.tables.coded import coded
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError


class Contacts(NamedTuple):
    contacts: Rows
    staffing: Rows | None


def read_events(rows: Rows, plan: Plan, quality: Quality) -> Contacts:
    """Contacts and log-ins of a log. ExportError for events that the mapping does not know."""
    events = rows.text("event")
    unknown = [text for text in events.values if text not in plan.events]
    if unknown:
        faults = []
        for text in unknown[:20]:
            k = int(np.flatnonzero(events.codes == events.values.index(text))[0])
            fix = f"add '{text}: ignore' to its events, or one of {', '.join(EVENTS)}"
            faults.append(
                TableError(
                    f"{rows.files.text(k)}:{rows.lines[k]}  event:",
                    text,
                    "is an event that the mapping does not know",
                    fix,
                )
            )
        raise ExportError(faults)
    meaning = [str(plan.events[text]) for text in events.values]
    staff = np.array([one in ("login", "logout") for one in meaning], np.bool_)[events.codes]
    ignored = np.array([one == "ignore" for one in meaning], np.bool_)[events.codes]
    for text, one in zip(events.values, meaning, strict=True):
        if one == "ignore":
            note(
                rows,
                events.codes == events.values.index(text),
                "dropped",
                f"event {text} says nothing about contacts or log-ins",
                quality,
            )
    contacts = _stays(rows.kept(~staff & ~ignored), plan, quality)
    staffing = spells(rows.kept(staff), plan, quality) if staff.any() else None
    return Contacts(contacts, staffing)


def _stays(rows: Rows, plan: Plan, quality: Quality) -> Rows:
    """A contact for each entry into a queue; what happens without an entry is noted."""
    order = np.lexsort((np.arange(len(rows)), rows.number("at"), rows.text("contact").codes))
    ids, events = rows.text("contact"), rows.text("event")
    meaning = [str(plan.events[text]) for text in events.values]
    at = rows.number("at")
    begin: list[int] = []  # rows at which a contact joins a queue
    answered: list[float] = []
    ended: list[float] = []
    outcome: list[int] = []
    agent: list[int] = []
    passed: list[float] = []
    legs: list[float] = []
    alone = np.zeros(len(rows), np.bool_)
    joined = np.zeros(len(rows), np.bool_)
    unknown, served = NAMES.index("unknown"), NAMES.index("answered")
    current = -1
    for i in order.tolist():
        what = meaning[events.codes[i]]
        if what == "queued":
            current = int(ids.codes[i])
            begin.append(i)
            for values, value in ((answered, np.nan), (ended, np.nan), (passed, 0.0)):
                values.append(value)
            outcome.append(unknown)
            agent.append(-1)
            legs.append(1.0)
            continue
        if current != ids.codes[i] or not begin:
            alone[i] = True
            continue
        joined[i] = True
        legs[-1] += 1.0
        if what == "answered" and np.isnan(answered[-1]):
            answered[-1], outcome[-1], agent[-1] = float(at[i]), served, i
        elif what in ("abandoned", "forced_exit"):
            ended[-1], outcome[-1] = float(at[i]), NAMES.index(what)
        elif what in ("ended", "transferred"):
            ended[-1], passed[-1] = float(at[i]), float(what == "transferred")
    note(rows, alone, "dropped", "an event of a contact that never joined a queue", quality)
    note(rows, joined, "joined", "to the contact that joined the queue before", quality)
    if not begin:
        raise ExportError(
            [
                TableError(
                    ", ".join(quality.read), None, "has no contact that joins a queue", "check 'events' of the mapping"
                )
            ]
        )
    who = rows.text("agent")
    out = rows.kept(np.array(begin))
    out.texts["agent"] = coded([who.text(i) if i >= 0 else "" for i in agent])
    end, answer, start = np.array(ended), np.array(answered), out.number("at")
    left = np.where(np.isfinite(answer), answer, end)
    out.numbers = {
        "arrived": start,
        "queued": start,
        "ended": end,
        "wait": left - start,
        "talk": end - answer,
        "handle": end - answer,
        "outcome": np.array(outcome, dtype=np.float64),
        "transferred": np.array(passed),
        "legs": np.array(legs),
    }
    open_ = int((out.numbers["outcome"] == unknown).sum())
    if open_:
        quality.find(
            "unfinished",
            f"no event says how {several(open_, 'contact')} ended after joining a queue; the log may end first",
        )
    return out.kept(np.argsort(start, kind="stable"))
