"""Which day agents' overrun after midnight belongs to."""

from __future__ import annotations

import math

import numpy as np

from cxsim.metrics.late import Late, never_late
from cxsim.model.calendar import Timeline
from cxsim.model.plan import Plan
from cxsim.schema.plan_events import COME, FALL, LEAVE, RISE


def late(plan: Plan, timeline: Timeline) -> Late:
    """Whose time after which midnight belongs to the day before.

    Nobody's in steady state, nor after the last simulated midnight of a center that stays open.
    """
    dates = [label.date() for label in timeline.labels]
    first = np.array([n for n, day in enumerate(dates) if n == 0 or day != dates[n - 1]])
    days = len(first)
    seats = int(plan.first_seat[-1])
    if timeline.steady:
        return never_late(seats, days)
    midnights = timeline.counted_from + timeline.interval * np.append(first, len(dates)).astype(np.float64)
    midnights[-1] = timeline.counted_to
    by_seat = np.repeat(~plan.by_count, np.diff(plan.first_seat))
    group_of = np.repeat(np.arange(len(plan.groups)), np.diff(plan.first_seat))
    row_of = np.where(by_seat, len(plan.groups) + np.arange(seats), group_of)
    n = len(plan.groups) + seats
    until, home = np.tile(midnights, (n, 1)), np.full((n, days + 1), -1)
    events = plan.events
    events = events[np.isin(events["kind"], (FALL, RISE, COME, LEAVE))]
    row = np.where(events["agent"] >= 0, len(plan.groups) + events["agent"], events["group"])
    there = np.where(events["agent"] >= 0, events["kind"] == COME, events["count"] > 0)
    order = np.argsort(row, kind="stable")
    begins = np.searchsorted(row[order], np.arange(n + 1))
    last = np.append(first[1:], len(dates)) - 1  # of each day
    for k in np.unique(row).tolist():
        mine = order[begins[k] : begins[k + 1]]
        times, planned = events["time"][mine], there[mine]
        at = np.searchsorted(times, midnights, side="right") - 1  # the last event until each midnight
        off = (at >= 0) & ~planned[at]
        starts = np.append(times[planned], math.inf)
        until[k, off] = starts[np.searchsorted(starts, midnights[off], side="right")]
        # The last of several events in which all went; the day it is in ends with it, if it is at midnight.
        went = np.where(planned, -1, np.arange(len(times)))
        went[1:][~planned[1:] & ~planned[:-1]] = -1
        ended = times[np.maximum(np.maximum.accumulate(went), 0)][at]
        day = np.searchsorted(midnights, ended, side="left") - 1
        inside = off & (day >= 0)
        home[k, inside] = last[day[inside]]
    if timeline.open_at_end:
        until[:, -1] = np.where(timeline.end == timeline.counted_to, timeline.counted_to, until[:, -1])
    return Late(row_of, until, home)
