"""Agents by pyworkforce's Erlang C; run by `peers.py` with a Python that has it (`pip install pyworkforce==0.5.1`).

Reads {rate, handle_time: queue × interval in 1/s and s, within (s), share} as JSON, writes {positions}. Its 0.5.1 has
no solver for agents with several skills: schedules and rosters take one need per interval.
"""

from __future__ import annotations

import json
import sys

from pyworkforce.queuing import ErlangC  # type: ignore[import-not-found]

asked = json.load(sys.stdin)
positions = []
for rates, times in zip(asked["rate"], asked["handle_time"], strict=True):
    row = []
    for rate, handle_time in zip(rates, times, strict=True):
        if rate <= 0.0:
            row.append(0)
            continue
        erlang = ErlangC(
            transactions=rate * 1800.0, aht=handle_time / 60.0, asa=asked["within"] / 60.0, interval=30, shrinkage=0.0
        )
        row.append(int(erlang.required_positions(service_level=asked["share"])["raw_positions"]))
    positions.append(row)
json.dump({"positions": positions}, sys.stdout)
