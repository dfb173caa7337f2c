"""Agents and shifts by pyworkforce; run by `peers.py` and `week_peers.py` with a Python that has it.

    pip install pyworkforce==0.5.1

`needs` reads {rate, handle_time: queue × interval in 1/s and s, within (s), share} as JSON and writes {positions}.
`shifts` reads the {needs: by period, shifts: name → 1 where it is there, seconds} of one day and writes people by
shift. Its 0.5.1 has no solver for agents with several skills: schedules and rosters take one need per interval.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pyworkforce.queuing import ErlangC  # type: ignore[import-not-found]
from pyworkforce.scheduling import MinRequiredResources  # type: ignore[import-not-found]


def needs(asked: dict[str, Any]) -> dict[str, Any]:
    """Positions by queue and interval."""
    positions = []
    for rates, times in zip(asked["rate"], asked["handle_time"], strict=True):
        row = []
        for rate, handle_time in zip(rates, times, strict=True):
            if rate <= 0.0:
                row.append(0)
                continue
            erlang = ErlangC(
                transactions=rate * 1800.0,
                aht=handle_time / 60.0,
                asa=asked["within"] / 60.0,
                interval=30,
                shrinkage=0.0,
            )
            row.append(int(erlang.required_positions(service_level=asked["share"])["raw_positions"]))
        positions.append(row)
    return {"positions": positions}


def shifts(asked: dict[str, Any]) -> dict[str, int]:
    """People by shift of one day."""
    most = max(asked["needs"])
    found = MinRequiredResources(
        num_days=1,
        periods=len(asked["needs"]),
        shifts_coverage=asked["shifts"],
        required_resources=[asked["needs"]],
        max_period_concurrency=10 * most,
        max_shift_concurrency=most,
        max_search_time=asked["seconds"],
    ).solve()
    return {one["shift"]: int(one["resources"]) for one in found["resources_shifts"] if one["resources"] > 0}


json.dump({"needs": needs, "shifts": shifts}[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
