"""A week of shifts for twelve groups: the covering program with rules of the week, and the roster of named people.

    python -m benchmarks.week [--gap 0.01] [--seconds 540] [--groups 12] [--contracts]

The need is the check plan of `staffing_A_large` (agents by group and half-hour), each weekday by its own factor; the
shifts are those of `staffing_B`: 166 patterns a group and day. Printed: size, time, cost, bound, gap, memory, and what
the roster could not keep. Every solve runs in one thread. With --contracts there are full time (8 h, five days) and
part time (4 h and 6 h, four days), at least 60 % of all people full time: a rule that ties all groups together.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
from cxsim.optimizer.shifts.tours import named

import cxsim
from cxsim.model.calendar import timeline
from cxsim.optimizer.shifts.covering import cover
from cxsim.optimizer.shifts.staff import shifts

FACTORS = (1.1, 1.05, 1.0, 1.0, 0.95, 0.6, 0.45)  # Monday to Sunday
MODEL = Path(__file__).parent / "staffing" / "A_large.json"


class Wages:
    """Prices of staff alone: wages, overrun left out."""

    def __init__(self, scenario: cxsim.Scenario) -> None:
        self.leaver = np.zeros(len(scenario.groups))


CONTRACTS = {
    "full": {"lengths": "8 h", "days": 5, "share": {"min": "60%"}},
    "part": {"lengths": ["4 h", "6 h"], "days": 4},
}


def week(groups: list[str], wages: list[float], contracts: bool) -> cxsim.Scenario:
    """The scenario: a week open 20 hours a day, 8 h, 6 h and 4 h shifts, five days on, two days off together."""
    return cxsim.parse(
        {
            "cxsim": 1,
            "name": "A week of shifts",
            "horizon": {"start": "2026-03-02", "days": 7, "open": "00:00-20:00", "interval": "30 min"},
            "reasons": {"calls": {"volume": "60/h", "handle_time": "5 min"}},
            "groups": {
                name: {"agents": 1, "serves": ["calls"], "wage": wage} for name, wage in zip(groups, wages, strict=True)
            },
            "optimize": {
                "subject_to": [{"figure": "sl", "min": "80%"}],
                "shifts": {
                    "lengths": ["4 h", "6 h", "8 h"],
                    "paid_extra": "15 min",
                    "contracts": CONTRACTS if contracts else {},
                    "break": [
                        {"length": "30 min", "after": "3h30m", "before": "4h30m", "for": "8 h"},
                        {"length": "30 min", "after": "2h30m", "before": "3 h", "for": "6 h"},
                    ],
                },
                "week": {"days_on": 5, "days_off_together": 2, "rest": "11 h", "hours": "40 h"},
            },
        }
    )


def main() -> None:
    """Solve, and say what it took."""
    parser = argparse.ArgumentParser(description="A week of shifts for twelve groups.")
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--contracts", action="store_true")
    given = parser.parse_args()
    model = json.loads(MODEL.read_text(encoding="utf-8"))
    plan = np.array(model["check"]["agents"], dtype=np.float64)[: given.groups]
    scenario = week([f"group {g + 1}" for g in range(len(plan))], model["wage"][: len(plan)], given.contracts)
    times = timeline(scenario)
    began = time.perf_counter()
    structure = shifts(scenario, times, Wages(scenario))
    need = np.zeros((len(plan), times.n_intervals))
    for d, factor in enumerate(FACTORS):
        need[:, 48 * d : 48 * d + plan.shape[1]] = factor * plan
    built = time.perf_counter() - began
    size = f"{structure.size:,} columns, {structure.rows.shape[0]:,} rows of the week"
    print(f"{size}, built in {built:.1f} s", flush=True)
    cpu = time.process_time()
    found = cover(structure, need, gap=given.gap, seconds=given.seconds)
    print(
        f"{found.status}: cost {found.cost:,.1f}, bound {found.bound:,.1f}, gap {100 * found.gap:.2f} %,"
        f" {found.blocks} blocks, {found.seconds:.0f} s, {time.process_time() - cpu:.0f} CPU-seconds",
        flush=True,
    )
    print(
        f"need {need.sum():,.0f}, present {found.levels.sum():,.0f} agent-half-hours;"
        f" broken rules: {len(structure.broken(found.x))}"
    )
    began = time.perf_counter()
    roster = named(scenario, times, structure, found.x)
    print(
        f"{roster.table['name'].nunique():,} people, {len(roster.table):,} shifts handed out in"
        f" {time.perf_counter() - began:.1f} s; not kept: {len(roster.misses)}",
        *roster.misses[:5],
        sep="\n  ",
    )
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main()
