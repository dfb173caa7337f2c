"""A made-up Result of any size, for the tests of what shows one."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from cxsim.simulation.result import Result

SHAPE = [
    0.45,
    0.7,
    0.95,
    1.1,
    1.2,
    1.15,
    1.0,
    0.85,
    0.8,
    0.9,
    1.0,
    1.05,
    1.0,
    0.9,
    0.8,
    0.7,
    0.6,
    0.5,
    0.42,
    0.35,
]


def example_result(
    queues: tuple[str, ...] = ("cards", "billing", "sales"),
    groups: tuple[str, ...] = ("front", "experts"),
    days: int = 1,
    replications: int = 40,
    seed: int = 7,
    start: str = "2026-03-02",
    wage: float = 24.0,
    targets: bool = True,
) -> Result:
    """A plausible day (or days) from 08:00 to 18:00 in half-hours; nothing in it was simulated."""
    noise = np.random.default_rng(seed)
    first = datetime.fromisoformat(start + "T08:00")
    labels = tuple(first + timedelta(days=day, minutes=30 * i) for day in range(days) for i in range(len(SHAPE)))
    rows: list[tuple[Any, ...]] = []

    def put(figure: str, scope: str, name: str, interval: str, value: float, half: float, unit: str) -> None:
        low, high = (value - half, value + half) if replications > 1 else (math.nan, math.nan)
        if unit == "share":
            low, high = max(low, 0.0), min(high, 1.0)
        rows.append((figure, scope, name, interval, value, low, high, unit, replications))

    def put_all(scope: str, name: str, interval: str, base: dict[str, float]) -> None:
        offered = base["fresh"] + base["redials"] + base["repeats"]
        slack = base["slack"]
        sl = 1 / (1 + math.exp(-slack))
        wait = 45 * math.exp(-slack / 1.5)
        lost = min(0.6, 0.25 * (1 - sl) ** 1.4)
        wide = 1.0 if interval != "total" else 0.25
        empty = offered == 0
        put("offered", scope, name, interval, offered, 0.05 * offered, "contacts")
        for cause in ("fresh", "redials", "repeats"):
            put(cause, scope, name, interval, base[cause], 0.06 * base[cause], "contacts")
        put("answered", scope, name, interval, offered * (1 - lost), 0.05 * offered, "contacts")
        put("abandoned", scope, name, interval, offered * lost, 0.3 * offered * lost, "contacts")
        put("sl", scope, name, interval, math.nan if empty else sl, 0.05 * wide, "share")
        put("abandoned_share", scope, name, interval, math.nan if empty else lost, 0.3 * lost * wide, "share")
        put("asa", scope, name, interval, math.nan if empty else wait, 0.25 * wait * wide, "s")
        put("wait_p50", scope, name, interval, wait * 0.4, 0.2 * wait * wide, "s")
        put("wait_p95", scope, name, interval, wait * 4, 0.9 * wait * wide, "s")
        put("aht", scope, name, interval, 280.0, 6.0, "s")

    weights = np.array([1.0 / (i + 1) for i in range(len(queues))])
    weights /= weights.sum()
    for scope, names, parts in (
        ("total", ("",), [1.0]),
        ("queue", queues, list(weights)),
        ("reason", queues, list(weights)),
    ):
        for name, part in zip(names, parts, strict=True):
            whole = {"fresh": 0.0, "redials": 0.0, "repeats": 0.0, "slack": 0.0}
            for day in range(days):
                one = {"fresh": 0.0, "redials": 0.0, "repeats": 0.0, "slack": 0.0}
                for i, level in enumerate(SHAPE):
                    moment = labels[day * len(SHAPE) + i]
                    busy = (1.25, 1.05, 1.0, 0.95, 0.9, 0.6, 0.5)[moment.weekday()]
                    fresh = 130 * part * level * busy
                    slack = 1.9 - 2.3 * (level * busy - 0.8) + 0.3 * noise.normal() - (name == queues[-1]) * 0.8
                    base = {
                        "fresh": fresh,
                        "redials": fresh * 0.08 * level,
                        "repeats": fresh * 0.07,
                        "slack": slack,
                    }
                    put_all(scope, name, moment.isoformat(timespec="minutes"), base)
                    for key, value in base.items():
                        one[key] += value / (len(SHAPE) if key == "slack" else 1)
                put_all(scope, name, f"{labels[day * len(SHAPE)]:%Y-%m-%d}", one)
                for key, value in one.items():
                    whole[key] += value / (days if key == "slack" else 1)
            put_all(scope, name, "total", whole)
            put("fcr_true", scope, name, "total", 0.74, 0.01, "share")
            put("fcr_measured", scope, name, "total", 0.79, 0.01, "share")
            put("contacts_per_issue", scope, name, "total", 1.23, 0.01, "")
    plan = []
    parts = np.array([0.7, *[0.3 / max(len(groups) - 1, 1)] * (len(groups) - 1)])
    for scope, names in (("total", ("",)), ("group", groups)):
        for k, name in enumerate(names):
            part = 1.0 if scope == "total" else float(parts[k])
            for i, moment in enumerate(labels):
                level = SHAPE[i % len(SHAPE)]
                text = moment.isoformat(timespec="minutes")
                present = round(part * (8 + 38 * min(level, 1.05)))
                put("agents_present", scope, name, text, present, 0.0, "agents")
                put("agents_scheduled", scope, name, text, round(present / 0.82), 0.0, "agents")
                if scope == "total":
                    put("agents_required", scope, name, text, 44 * level + 3, 0.0, "agents")
                put("occupancy", scope, name, text, min(0.97, 0.62 + 0.28 * level + 0.02 * k), 0.02, "share")
                if scope == "group":
                    plan.append((name, text, round(present / 0.82), present))
            put("occupancy", scope, name, "total", 0.84 + 0.02 * k, 0.01, "share")
            put("utilisation", scope, name, "total", 0.69, 0.01, "share")
            put("paid_hours", scope, name, "total", 510 * part * days, 0.4, "h")
            put("overrun_hours", scope, name, "total", 2.4 * part * days, 0.4, "h")
            put("cost", scope, name, "total", 510 * part * wage * days, 12.0, "money")
    put("cost_per_contact", "total", "", "total", 510 * wage / 2400, 0.05, "money")
    put("cost_per_resolution", "total", "", "total", 510 * wage / 1900, 0.05, "money")
    figures = pd.DataFrame(rows, columns=["figure", "scope", "name", "interval", "value", "low", "high", "unit", "n"])
    blank = Result(
        name="Retail bank, first week of March",
        scenario_text="",
        figures=figures,
        seed=7,
        replications=replications,
        engine="clock",
        interval=1800.0,
        labels=labels,
    )
    wanted = []
    for i, queue in enumerate(queues):
        sl = blank.estimate("sl", "queue", queue)
        lost = blank.estimate("abandoned_share", "queue", queue)
        each = blank.series("sl", "queue", queue)
        worst = each.loc[each["value"].idxmin(), "interval"]
        level = (0.8, 0.8, 0.9)[i % 3]
        wanted.append((queue, "sl", level, sl.value, sl.low, sl.high, sl.value >= level, worst, 20.0))
        if i == 0:
            wanted.append(
                (
                    queue,
                    "abandoned_share",
                    0.05,
                    lost.value,
                    lost.low,
                    lost.high,
                    lost.value <= 0.05,
                    worst,
                    math.nan,
                )
            )
    targets_frame = pd.DataFrame(
        wanted if targets else [],
        columns=["queue", "figure", "target", "value", "low", "high", "met", "worst_interval", "within"],
    )
    edges = np.concatenate([[0.0], np.geomspace(0.5, 1800, 300)])
    waits = []
    for i, queue in enumerate(queues):
        answered = np.diff(1 - (0.35 - 0.05 * i) * np.exp(-edges / (30 + 15 * i)), prepend=0) * 900
        left = np.diff(1 - np.exp(-edges / 90), prepend=0) * (30 + 30 * i)
        waits.append(pd.DataFrame({"queue": queue, "upper_edge": edges, "answered": answered, "abandoned": left}))
    erlang = []
    for queue in queues:
        simulated = blank.series("sl", "queue", queue)
        for interval, value in zip(simulated["interval"], simulated["value"], strict=True):
            erlang.append(
                (
                    queue,
                    interval,
                    12.0,
                    14.0,
                    12.5,
                    max(0.0, min(1.0, 1.6 * value - 0.62)),
                    min(1.0, value + 0.03),
                )
            )
    return Result(
        name=blank.name,
        scenario_text="cxsim: 1\nname: Retail bank\nreasons: {cards: {volume: 60/h, handle_time: 4 min}}\n",
        figures=figures,
        seed=7,
        replications=replications,
        engine="clock",
        interval=1800.0,
        labels=labels,
        targets=targets_frame,
        wall_seconds=1.234,
        definitions={
            "sl": "contacts answered within the target time over all contacts answered, "
            "abandoned or turned away at close.",
            "fcr_measured": "over a window of 7 days; contacts whose window had not closed are left out.",
        },
        assumptions=("Redials keep the patience of the first attempt.", "Headcounts are agents present."),
        provenance={"cxsim": "0.1.0", "seed": 7, "command": "cxsim run scenario.yaml", "wall_seconds": 1.234},
        plan=pd.DataFrame(plan, columns=["group", "interval", "scheduled", "present"]),
        erlang=pd.DataFrame(
            erlang,
            columns=[
                "queue",
                "interval",
                "agents",
                "agents_required_c",
                "agents_required_a",
                "sl_erlang_c",
                "sl_erlang_a",
            ],
        ),
        wait_histogram=pd.concat(waits, ignore_index=True),
    )
