"""Watch: one day of one replication as intervals that a page can play: contacts in queues, agents and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI, Query

from cxsim.schema import ledger
from cxsim.studio.fields import PathQuery
from cxsim.studio.stories import Number, Told, replication_of
from cxsim.studio.workspace import refused

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

MOST = 120_000  # contacts of a day that are played
DAY = 86400.0
Floats = npt.NDArray[np.float64]


def add(app: FastAPI, desk: Desk) -> None:
    """Add the address of this screen."""

    @app.get("/api/watch")
    def watch(
        path: PathQuery, replication: Number = 0, date: Annotated[str, Query(max_length=10)] = ""
    ) -> dict[str, Any]:
        """One day of a replication: queues, groups, agents, and every contact with the times of what happened to it.

        Times are seconds since the midnight of the day, null where a step never happened. Of the columns of
        `contacts`, entry k of each is about the same stay of a contact in a queue.
        """
        return _day(replication_of(desk.open(path), replication), date, replication)


def _dates(told: Told) -> list[str]:
    when = told.model.timeline
    first, last = round(when.counted_from // DAY), int(-(-when.counted_to // DAY))
    return [str(np.datetime64(when.origin, "D") + np.timedelta64(day, "D")) for day in range(first, last)]


def _day(told: Told, date: str, replication: int) -> dict[str, Any]:
    model, scenario, legs = told.model, told.scenario, told.made.legs
    dates = _dates(told)
    if date and date not in dates:
        raise refused(date, f"'{date}' is not a day of this plan; choose from {dates[0]} to {dates[-1]}")
    midnight = told.model.timeline.counted_from // DAY * DAY + DAY * (dates.index(date) if date else 0)
    queued = np.where(np.isnan(legs["queued"]), legs["arrived"], legs["queued"])
    end = np.fmax(np.fmax(legs["ended"], legs["talk_end"]), queued)
    there = (legs["queue"] >= 0) & (legs["cause"] != ledger.CONSULT) & (queued < midnight + DAY) & (end >= midnight)
    rows = np.flatnonzero(there)
    rows = rows[np.argsort(queued[rows], kind="stable")]
    cut = rows[:MOST]
    begins, ends = _hours(told, midnight)
    return {
        "name": scenario.name,
        "replication": replication,
        "date": date or dates[0],
        "dates": dates,
        "opens": begins,
        "closes": ends,
        "queues": list(scenario.queues),
        "groups": list(scenario.groups),
        "group_of": model.network["team"]["group"].tolist(),  # of each agent
        "outcomes": list(ledger.OUTCOMES),
        "states": list(ledger.STATES),
        "left_out": len(rows) - len(cut),
        "contacts": {
            "issue": [str(one) for one in legs["issue"][cut].tolist()],  # more digits than a browser's numbers have
            "queue": legs["queue"][cut].tolist(),
            "agent": legs["agent"][cut].tolist(),
            "outcome": legs["outcome"][cut].tolist(),
            "queued": _seconds(queued[cut] - midnight),
            "answered": _seconds(legs["answered"][cut] - midnight),
            "talked": _seconds(legs["talk_end"][cut] - midnight),
            "ended": _seconds(legs["ended"][cut] - midnight),
        },
        "spells": _spells(told, midnight),
    }


def _hours(told: Told, midnight: float) -> tuple[float, float]:
    """When the day begins and ends to be worth watching: its opening hours, or all of it."""
    when = told.model.timeline
    inside = (when.open_ends > midnight) & (when.open_starts < midnight + DAY)
    if not inside.any():
        return 0.0, DAY
    return (
        max(float(when.open_starts[inside].min()) - midnight, 0.0),
        min(float(when.open_ends[inside].max()) - midnight, DAY),
    )


def _spells(told: Told, midnight: float) -> dict[str, Any]:
    """What agents do besides talk and after-call work, during the day."""
    spells = told.made.spells
    mine = (spells["start"] < midnight + DAY) & (spells["end"] > midnight) & (spells["state"] != ledger.ENGAGED)
    spells = spells[mine]
    return {
        "agent": spells["agent"].tolist(),
        "state": spells["state"].tolist(),
        "start": _seconds(np.maximum(spells["start"] - midnight, 0.0)),
        "end": _seconds(np.minimum(spells["end"] - midnight, DAY)),
    }


def _seconds(values: Floats) -> list[float | None]:
    return [None if x != x else round(x, 1) for x in values.tolist()]
