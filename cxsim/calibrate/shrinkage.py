"""Shrinkage: which share of scheduled time agents are not logged in, where shifts and log-ins are both recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.arrivals import DAY, WEEKDAYS
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import FEW
from cxsim.calibrate.estimates import Estimated, Z, drawn_together
from cxsim.calibrate.redials import Floats, Ints
from cxsim.calibrate.staffing import Spells, on_duty

LEAST = 0.005  # a shrinkage below this is none
MOST = 0.95  # of scheduled time, on any weekday


@dataclass(frozen=True, eq=False)
class Shrinkage:
    """The share of scheduled time that each group is not there, and factors by weekday; None where they are alike."""

    share: Mapping[str, float]
    weekdays: Mapping[str, float] | None


def shrinkage(basis: Basis, spells: Spells, group_of: Mapping[str, str]) -> Shrinkage | None:
    """Shrinkage of each group; None where shifts and log-ins are not both recorded.

    A shift is one row. A group with fewer than 30 shifts is like all. Weekdays are compared over all groups by a
    chi-squared test (1 %); if they differ, each factor is drawn towards 1 by as much as chance explains.
    """
    planned = basis.records.scheduled
    if planned is None:
        return None
    days = basis.days
    day = (planned.start // DAY).astype(np.int64)
    inside = (day >= 0) & (day < basis.records.days)
    inside[inside] = days.used[day[inside]]
    inside &= np.array([agent in group_of for agent in planned.agent.tolist()], np.bool_)
    if int(inside.sum()) < FEW:
        return None
    agent, start, end = planned.agent[inside].astype(str), planned.start[inside], planned.end[inside]
    weekday = np.array([days.dates[k].weekday() for k in day[inside].tolist()])
    lasts = end - start
    missing = np.maximum(lasts - _there(spells, agent, start, end), 0.0)
    method, rows = "scheduled time in which agents are not logged in; a shift is one observation", len(lasts)
    every, half = _ratio(missing, lasts)
    told = basis.told.rows
    told.append(Estimated("all", "shrinkage", every, every - half, every + half, "share", method, rows))
    if every < LEAST:
        return None
    group = np.array([group_of[one] for one in agent.tolist()])
    share = dict.fromkeys(sorted(set(group_of.values())), every)
    for name in share:
        mine = group == name
        if int(mine.sum()) >= FEW and len(share) > 1:
            share[name], half = _ratio(missing[mine], lasts[mine])
            bounds = (share[name] - half, share[name] + half)
            told.append(Estimated(name, "shrinkage", share[name], *bounds, "share", method, int(mine.sum())))
    basis.told.assumptions.append(
        "Scheduled time is paid, and shrinkage is the part of it in which agents are not logged in; staff is who was "
        "there, and more is paid for (scheduled: false)."
    )
    usual = lasts * np.array([share[name] for name in group.tolist()])
    factors = _by_weekday(basis, missing, usual, weekday, every, method)
    if factors is not None:
        most = MOST / max(share.values())
        factors = {name: min(factor, most) for name, factor in factors.items()}
    return Shrinkage(share, factors)


def _there(spells: Spells, agent: npt.NDArray[np.str_], start: Floats, end: Floats) -> Floats:
    """How long each of the agents is logged in between a start and an end (s)."""
    out = np.zeros(len(start))
    for name in np.unique(agent).tolist():
        own = spells.agent == name
        logged = _joined(spells.start[own], spells.end[own])
        for i in np.flatnonzero(agent == name).tolist():
            out[i] = float(on_duty(*logged, [start[i], end[i]])[0]) * (end[i] - start[i])
    return out


def _joined(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Spells of one agent without overlaps: a log-in for a second queue counts once."""
    order = np.argsort(start)
    start, end = start[order], np.maximum.accumulate(end[order])
    if not len(start):
        return start, end
    opens = np.concatenate([[True], start[1:] > end[:-1]])
    return start[opens], end[np.append(np.flatnonzero(opens)[1:] - 1, len(end) - 1)]


def _ratio(missing: Floats, lasts: Floats) -> tuple[float, float]:
    """Missing ⁄ scheduled time, and half of its 95 % interval, over independent shifts."""
    share = float(missing.sum() / lasts.sum())
    return share, Z * math.sqrt(float(((missing - share * lasts) ** 2).sum())) / float(lasts.sum())


def _by_weekday(
    basis: Basis, missing: Floats, usual: Floats, weekday: Ints, every: float, method: str
) -> dict[str, float] | None:
    number = np.bincount(weekday, minlength=7)
    busy = np.flatnonzero(number >= FEW)
    if len(busy) < 2:
        return None
    whole = np.bincount(weekday, usual, minlength=7)[busy].astype(np.float64)
    ratio = np.bincount(weekday, missing, minlength=7)[busy] / whole
    # The spread of all, since a weekday on which nobody happens to be away would look sure.
    noise = float(((missing - usual) ** 2).sum() / (usual**2).sum())
    error = noise * np.bincount(weekday, usual**2, minlength=7)[busy] / whole**2
    level, drawn = drawn_together(ratio, error, whole)
    if drawn is None:
        return None
    out = {}
    for k, w in enumerate(busy.tolist()):
        out[WEEKDAYS[w]] = max(0.0, float(drawn[k])) / level
        own, half = every * float(ratio[k]) / level, every * Z * math.sqrt(float(error[k])) / level
        value, name = every * out[WEEKDAYS[w]], f"shrinkage: {WEEKDAYS[w]}"
        basis.told.rows.append(Estimated("all", name, value, own - half, own + half, "share", method, int(number[w])))
    return out
