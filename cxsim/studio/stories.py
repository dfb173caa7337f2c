"""The contacts of one replication: found by what they went through, and shown event by event."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI, Query

from cxsim.model.prepare import Model, prepare
from cxsim.scenario import Scenario
from cxsim.schema import ledger
from cxsim.simulation.issue_histories import OPEN, _told, issues
from cxsim.simulation.replications import replay
from cxsim.simulation.trace import trace
from cxsim.studio.edited import edited
from cxsim.studio.fields import PathQuery
from cxsim.studio.runner import Open
from cxsim.studio.workspace import refused

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

HELD = 4  # replications that are kept
MOST_EXAMPLES = 8  # of a journey
LOOKED_THROUGH = 5  # replications, for examples
MOST_LISTED = 300  # contacts of one answer
MOST_LINES = 200  # of a story
Number = Annotated[int, Query(ge=0, le=199)]
Word = Annotated[str, Query(max_length=2000)]
Seconds = Annotated[float, Query(ge=0.0, le=1e7)]
ORDERS = ("time", "wait", "contacts")


class Told(NamedTuple):
    """One replication: what was simulated, and its ledger."""

    scenario: Scenario
    model: Model
    made: ledger.Ledger
    zero: float  # s: midnight of the first counted day, on the ledger's axis


_held: OrderedDict[tuple[str, str, int, str, int], Told] = OrderedDict()
_lock = threading.Lock()


def replication_of(one: Open, number: int) -> Told:
    """The ledger of a replication of the plan on the screen; kept for the next question."""
    with one.lock:
        document = one.document
        key = (str(document.path), document.sha256, document.revision, str(document.workspace.root), number)
        with _lock:
            if key in _held:
                _held.move_to_end(key)
                return _held[key]
        scenario = edited(document)
    model = prepare(scenario)
    keeper = ledger.Keeper()
    replay(model, number, "clock", keeper)
    zero = math.floor(model.timeline.counted_from / 86400.0) * 86400.0
    found = Told(scenario, model, keeper.ledger(), zero)
    with _lock:
        _held[key] = found
        while len(_held) > HELD:
            _held.popitem(last=False)
    return found


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of contacts and their stories."""

    @app.get("/api/customers/examples")
    def examples(path: PathQuery, journey: Word) -> dict[str, Any]:
        """Customers whose issue took a journey, as `POST /api/customers` tells it, with the story of each."""
        one, found = desk.open(path), []
        for number in range(LOOKED_THROUGH):
            told = replication_of(one, number)
            found += [_example(told, number, issue) for issue in _who_took(told, number, journey)]
            if len(found) >= MOST_EXAMPLES:
                break
        return {"examples": found[:MOST_EXAMPLES]}

    @app.get("/api/contacts")
    def contacts(
        path: PathQuery,
        replication: Number = 0,
        queue: Word = "",
        reason: Word = "",
        outcome: Word = "",
        date: Word = "",
        start: Word = "",
        end: Word = "",
        least_wait: Seconds = 0.0,
        order: Word = "time",
        issue: Word = "",
    ) -> dict[str, Any]:
        """Contacts of one replication, by queue, reason, outcome, time and wait; times are `HH:MM`."""
        told = replication_of(desk.open(path), replication)
        return _listed(told, queue, reason, outcome, date, start, end, least_wait, order, issue)

    @app.get("/api/story")
    def story(path: PathQuery, issue: Word, replication: Number = 0) -> dict[str, Any]:
        """What happened to one issue, and why, event by event."""
        told = replication_of(desk.open(path), replication)
        number = _number(issue)
        if number is None or not (told.made.legs["issue"] == number).any():
            raise refused(issue, f"'{issue[:40]}' is not an issue of replication {replication}; choose one of the list")
        return _story(told, replication, number)


def _number(issue: str) -> int | None:
    return int(issue) if issue.isascii() and issue.isdigit() and len(issue) < 19 else None


def _who_took(told: Told, number: int, journey: str) -> list[int]:
    """Issues that are over and took a journey."""
    found = issues(told.model, told.made, number)
    paths = _told(told.model, found.legs, found.attempts, found.begins)
    took = [k for k, path in enumerate(paths) if path == journey and found.how[k] != OPEN]
    return [int(found.legs["issue"][found.begins[k]]) for k in took[:MOST_EXAMPLES]]


def _example(told: Told, number: int, issue: int) -> dict[str, Any]:
    legs = told.made.legs
    first = legs[legs["issue"] == issue][0]
    scenario = told.scenario
    return {
        "issue": str(issue),  # more digits than a browser's numbers have
        "replication": number,
        "at": stamp(told, float(first["opened"])),
        "reason": list(scenario.reasons)[first["reason"]],
        "segment": list(scenario.segments)[first["segment"]],
    }


def _story(told: Told, number: int, issue: int) -> dict[str, Any]:
    lines = trace(told.scenario, issue=issue, replication=number, seed=told.model.seed).lines
    return {
        **_example(told, number, issue),
        "lines": [{"at": stamp(told, at + told.zero), "text": text} for at, _, text in lines[:MOST_LINES]],
        "more": max(len(lines) - MOST_LINES, 0),
    }


def stamp(told: Told, at: float) -> str:
    """A time of the ledger as date and time of day: 2026-03-02 09:30:05."""
    if not math.isfinite(at):
        return ""
    return str(np.datetime64(told.model.timeline.origin, "s") + np.timedelta64(round(at), "s")).replace("T", " ")


def _listed(
    told: Told,
    queue: str,
    reason: str,
    outcome: str,
    date: str,
    start: str,
    end: str,
    least_wait: float,
    order: str,
    issue: str,
) -> dict[str, Any]:
    legs, scenario = told.made.legs, told.scenario
    queues, reasons = list(scenario.queues), list(scenario.reasons)
    wait, when = waits(legs), told.model.timeline
    came = np.where(np.isnan(legs["queued"]), legs["arrived"], legs["queued"])
    of_customers = (legs["queue"] >= 0) & (legs["cause"] != ledger.CONSULT)
    of_customers &= (came >= when.counted_from) & (came < when.counted_to)
    mask = of_customers.copy()
    for chosen, names, column in ((queue, queues, "queue"), (reason, reasons, "reason")):
        if chosen:
            mask &= legs[column] == (names.index(chosen) if chosen in names else -2)
    if outcome:
        mask &= legs["outcome"] == (ledger.OUTCOMES.index(outcome) if outcome in ledger.OUTCOMES else -1)
    mask &= np.nan_to_num(wait) >= least_wait
    mask &= _during(told, came, date, start, end)
    if issue:
        number = _number(issue)
        mask &= legs["issue"] == (-1 if number is None else number)
    rows = np.flatnonzero(mask)
    by = {"time": came[rows], "wait": -np.nan_to_num(wait[rows]), "contacts": -legs["attempt"][rows].astype(np.float64)}
    if order not in by:
        raise refused(order, f"'{order[:20]}' is not an order; choose {', '.join(ORDERS)}")
    rows = rows[np.lexsort((came[rows], by[order]))]
    return {
        "found": len(rows),
        "of": int(of_customers.sum()),
        "outcomes": sorted({ledger.OUTCOMES[k] for k in np.unique(legs["outcome"][of_customers]).tolist()}),
        "contacts": [_contact(told, k, float(wait[k]), float(came[k])) for k in rows[:MOST_LISTED].tolist()],
    }


def _during(told: Told, came: npt.NDArray[np.float64], date: str, start: str, end: str) -> npt.NDArray[np.bool_]:
    """Which came on a date and between two times of day; an empty text sets no bound."""
    mask = np.ones(len(came), bool)
    day = np.floor(came / 86400.0)
    if date:
        try:
            wanted = (np.datetime64(date, "D") - np.datetime64(told.model.timeline.origin, "D")).astype(int)
        except ValueError:
            raise refused(date, f"'{date[:20]}' is not a date; write 2026-03-02") from None
        mask &= day == wanted
    for text, is_end in ((start, False), (end, True)):
        if not text:
            continue
        hour, _, minute = text.partition(":")
        if not (hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()):
            raise refused(text, f"'{text[:20]}' is not a time; write 09:30")
        bound = int(hour[:4]) * 3600.0 + int(minute[:4]) * 60.0
        time = came - day * 86400.0
        mask &= (time < bound) if is_end else (time >= bound)
    return mask


def waits(legs: npt.NDArray[np.void]) -> npt.NDArray[np.float64]:
    """Seconds in the queue of each stay; NaN for one that never came to it."""
    left = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
    return np.asarray(left - legs["queued"], np.float64)


def _contact(told: Told, k: int, wait: float, came: float) -> dict[str, Any]:
    leg, scenario = told.made.legs[k], told.scenario
    agent = int(leg["agent"])
    talked = float(leg["talk_end"] - leg["answered"])
    return {
        "issue": str(leg["issue"]),
        "at": stamp(told, came),
        "queue": list(scenario.queues)[leg["queue"]],
        "reason": list(scenario.reasons)[leg["reason"]],
        "segment": list(scenario.segments)[leg["segment"]],
        "attempt": int(leg["attempt"]),
        "outcome": ledger.OUTCOMES[leg["outcome"]],
        "wait": round(wait, 1) if math.isfinite(wait) else None,
        "talk": round(talked, 1) if math.isfinite(talked) else None,
        "agent": list(told.model.plan.seats)[agent] if agent >= 0 else "",
        "resolved": bool(leg["resolved"] == 1),
    }
