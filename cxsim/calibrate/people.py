"""How many agents of each group are there when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import agents
from cxsim.calibrate.agents import Team
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.durations import Durations
from cxsim.calibrate.estimates import Estimated
from cxsim.calibrate.report_only import OCCUPANCY
from cxsim.calibrate.scenario_file import ReasonPart
from cxsim.calibrate.staffing import on_duty, whole_agents

Counts = npt.NDArray[np.int64]


def recorded(basis: Basis, team: Team) -> Counts:
    """Whole agents by group, weekday and interval: the mean of the days of the weekday."""
    spells, days, slots = team.spells, basis.days, basis.days.slots
    edges = np.arange(basis.records.days * slots + 1) * basis.width
    of = np.array([team.group_of[a] for a in spells.agent.tolist()])
    out = np.zeros((len(team.groups), 7, slots), np.int64)
    means = np.zeros((len(team.groups), 7, slots))
    for g, name in enumerate(team.groups):
        there = on_duty(spells.start[of == name], spells.end[of == name], edges).reshape(-1, slots)
        for w in range(7):
            rows = days.of_weekday(w)
            means[g, w] = there[rows].mean(axis=0) if len(rows) else 0.0
    for w in range(7):
        out[:, w] = whole_agents(means[:, w])
    out *= days.mask()[None]
    hours = float(means.sum()) * basis.width / 3600
    method = f"times on duty from {team.source}, mean of each weekday"
    basis.told.rows.append(Estimated("all", "agent-hours a week", hours, np.nan, np.nan, "hours", method, len(of)))
    if team.source == "services":
        basis.told.assumptions.append(
            "Log-ins are not recorded: an agent is on duty from the first to the last contact of a shift, rounded "
            f"outward to the quarter-hour, and absent in gaps of more than {agents.LONGEST_GAP / 60:g} min."
        )
    return out


def needed(basis: Basis, reasons: Sequence[ReasonPart], talk: Mapping[str, Durations]) -> Counts:
    """Agents that make themselves busy for a usual share of the time, where nothing says who was there."""
    basis.told.assumptions.append(
        f"Agents are as many as make them busy {OCCUPANCY:.0%} of the time, and always available: nothing says who "
        "was there. Import log-ins or shifts too."
    )
    work = sum(np.asarray(one.volume) * talk[one.name].mean for one in reasons)
    return np.ceil(np.asarray(work) / basis.width / OCCUPANCY).astype(np.int64)[None]
