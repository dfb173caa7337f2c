"""A made-up Optimum of any size, for the tests of what shows one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from example_result import SHAPE, example_result

from cxsim.optimizer.optimization_result import Optimum
from cxsim.schema import plan_tables as o

AGAIN = "solved again near the plan, simulated"


def example_optimum(
    queues: tuple[str, ...] = ("cards", "billing", "sales"),
    groups: tuple[str, ...] = ("front", "experts", "nights"),
    days: int = 1,
    certified: bool = True,
    seed: int = 7,
    kind: str = "headcounts",
) -> Optimum:
    """A plausible optimum over the day (or days) of `example_result`; nothing in it was simulated."""
    noise = np.random.default_rng(seed)
    result = example_result(queues, groups, days=days, targets=True)
    labels = result.labels
    parts = np.array([0.55, *[0.45 / max(len(groups) - 1, 1)] * (len(groups) - 1)])
    shape = np.array([SHAPE[i % len(SHAPE)] for i in range(len(labels))])
    levels = np.rint(np.outer(parts, 6 + 36 * shape)).astype(np.int64)
    starts = [label.isoformat(timespec="minutes") for label in labels]
    plan = pd.DataFrame(
        {
            "group": np.repeat(np.array(groups, dtype=object), len(labels)),
            "start": starts * len(groups),
            "agents": levels.reshape(-1),
        }
    )
    if kind == "shifts":
        rows = [
            (group, f"{8 + k:02d}:00", f"{16 + k:02d}:30", f"{11 + k:02d}:30-{12 + k:02d}:00", 3 + 2 * k)
            for group in groups
            for k in range(2)
        ]
        plan = pd.DataFrame(rows, columns=["group", "start", "end", "breaks", "agents"])
    cost = 11_847.3 * days
    goals = _goals(queues, starts, noise, certified)
    history = [
        ("fluid", math.nan, 0.83 * cost, False, "", math.nan, math.nan, 0, 0.4),
        ("calibrate", 1.31 * cost, 0.83 * cost, False, "SL of cards", -0.21, math.nan, 300, 4.0),
        ("calibrate", 1.18 * cost, 0.83 * cost, True, "SL of cards", 0.004, math.nan, 900, 9.0),
        ("cuts", 1.07 * cost, 0.88 * cost, True, "SL of sales", 0.002, math.nan, 5_000, 31.0),
        ("cuts", 1.03 * cost, 0.88 * cost, True, "SL, 10:00", 0.001, math.nan, 12_000, 62.0),
        ("polish", 1.004 * cost, 0.88 * cost, True, "SL, 10:00", 0.0004, math.nan, 24_000, 104.0),
        ("certify", cost, 0.88 * cost, certified, "SL, 10:00", 0.0021, math.nan, 30_000, 133.0),
    ]
    return Optimum(
        name="Retail bank, first week of March",
        scenario=None,  # type: ignore[arg-type]
        scenario_text="cxsim: 1\nname: Retail bank\nreasons: {cards: {volume: 60/h, handle_time: 4 min}}\n",
        kind=kind,  # type: ignore[arg-type]
        plan=plan,
        x=levels.reshape(-1).astype(float),
        levels=levels,
        groups=groups,
        labels=labels,
        interval=1800.0,
        cost=cost,
        bound=0.88 * cost,
        bound_status="heuristic",
        certified=certified,
        goals=goals,
        replications=34_200,
        certified_on=4_000,
        cpu_seconds=171.3,
        wall_seconds=92.8,
        seed=1,
        costs=pd.DataFrame(
            [
                ("wages", "wages", 0.955 * cost, math.nan, math.nan, True),
                ("overrun", "overrun", 0.012 * cost, 0.0119 * cost, 0.0121 * cost, True),
                ("contacts", "cost of contacts", 0.033 * cost, 0.032 * cost, 0.034 * cost, True),
                ("waiting", "waiting", 640.0, 630.0, 650.0, False),
            ],
            columns=list(o.COST_COLUMNS),
        ),
        need=pd.DataFrame(
            {
                "interval": starts,
                "present": levels.sum(axis=0),
                "busy": 0.84 * levels.sum(axis=0),
                "erlang_c": np.ceil(1.14 * levels.sum(axis=0) + 1),
            }
        ),
        allocation=pd.DataFrame(
            [
                (queue, group, *_shares(len(groups), i, j), float(1 + (j != i % len(groups))), float(1 + j))
                for i, queue in enumerate(queues)
                for j, group in enumerate(groups)
            ],
            columns=list(o.ALLOCATION_COLUMNS),
        ),
        comparison=_comparison(cost, queues),
        goals_of_plans=pd.DataFrame(
            [
                (plan, row["goal"], row["value"] + d, *[row["slack"] + d] * 2, row["slack"] + d >= 0, "share")
                for plan, d in ((o.THIS, 0.0), (o.TODAY, -0.02), (o.ERLANG, 0.06))
                for row in goals.to_dict("records")
            ],
            columns=list(o.PLAN_GOAL_COLUMNS),
        ),
        moves=_moves(groups, starts),
        points=pd.DataFrame(
            [
                ("sl", "total", "", 0.01, 61.2, 52.0, 70.1, 0.0102, 0.0094, 0.011, AGAIN, 400),
                ("sl", "total", "", -0.01, -54.7, -63.0, -46.0, -0.0098, -0.011, -0.009, AGAIN, 400),
                ("fcr_true", "total", "", 0.01, 118.3, 97.0, 140.0, 0.0101, 0.009, 0.012, AGAIN, 400),
            ],
            columns=list(o.POINT_COLUMNS),
        ),
        history=pd.DataFrame(history, columns=list(o.HISTORY_COLUMNS)),
        messages=() if certified else ("SL, 10:00 could not be shown: its bound is 0.3 points short.",),
        definitions=result.definitions,
        assumptions=result.assumptions,
        result=replace(result, seed=1),
    )


def _shares(count: int, i: int, j: int) -> tuple[float, float]:
    first = 0.72 if j == i % count else 0.28 / max(count - 1, 1)
    return first, min(1.0, first + 0.02)


def _goals(queues: tuple[str, ...], starts: list[str], noise: Any, certified: bool) -> pd.DataFrame:
    rows = []
    for i, queue in enumerate(queues):
        value = 0.8 + (0.004, 0.021, 0.034)[i % 3]
        rows.append(("SL of " + queue, "sl", "queue", queue, "total", "min", 0.8, math.nan, math.nan, value, "share"))
    rows.append(
        (
            "abandoned share of " + queues[0],
            "abandoned_share",
            "queue",
            queues[0],
            "total",
            "max",
            0.05,
            math.nan,
            math.nan,
            0.031,
            "share",
        )
    )
    rows.append(
        ("ASA of " + queues[-1], "asa", "queue", queues[-1], "total", "max", 30.0, math.nan, math.nan, 17.2, "s")
    )
    for start in starts:
        value = 0.7 + abs(0.05 * noise.normal()) + 0.0021
        rows.append((f"SL, {start[11:]}", "sl", "total", "", start, "min", 0.7, math.nan, math.nan, value, "share"))
    out = []
    for k, row in enumerate(rows):
        value, limit = row[9], row[6]
        slack = (value - limit) * (1 if row[5] == "min" else -1) / (limit if row[10] == "s" else 1)
        half = 0.002 if row[10] == "share" else 0.6
        low_slack = slack - half / (limit if row[10] == "s" else 1)
        met = low_slack >= 0 and (certified or k != 6)
        out.append((*row[:9], value, value - half, value + half, slack, low_slack, row[10], met, slack < 0.01))
    return pd.DataFrame(out, columns=list(o.GOAL_COLUMNS))


def _comparison(cost: float, queues: tuple[str, ...]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    figures = {
        o.THIS: (1.0, 0.81, 0.794, 0.031, 14.2, 0.84),
        o.TODAY: (1.103, 0.79, 0.741, 0.044, 21.9, 0.77),
        o.ERLANG: (1.241, 0.874, 0.752, 0.018, 8.1, 0.69),
    }
    units = {
        "cost": "money",
        "sl": "share",
        "fcr_true": "share",
        "abandoned_share": "share",
        "asa": "s",
        "occupancy": "share",
    }
    for plan, values in figures.items():
        for (figure, unit), value, base in zip(units.items(), values, figures[o.THIS], strict=True):
            scale = cost if figure == "cost" else 1.0
            half = 0.004 * value * scale
            by = (value - base) * scale
            rows.append(
                (
                    plan,
                    figure,
                    "total",
                    "",
                    value * scale,
                    value * scale - half,
                    value * scale + half,
                    by,
                    by - half / 5,
                    by + half / 5,
                    unit,
                    400,
                )
            )
        for part, title in ((0.955, "wages"), (0.012, "overrun"), (0.033, "contacts")):
            money = part * values[0] * cost
            rows.append((plan, title, "total", "", money, money, money, 0.0, 0.0, 0.0, "money", 400))
        for i, queue in enumerate(queues):
            value = values[1] + 0.01 * i
            rows.append((plan, "sl", "queue", queue, value, value - 0.003, value + 0.003, 0.0, 0.0, 0.0, "share", 400))
    return pd.DataFrame(rows, columns=list(o.COMPARISON_COLUMNS))


def _moves(groups: tuple[str, ...], starts: list[str]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for k in range(5):
        group, start = groups[k % len(groups)], starts[(3 * k + 2) % len(starts)]
        gain = 0.003 - 0.0004 * k
        rows.append(
            (
                "addition",
                f"one more in {group} at {start[11:]}",
                group,
                start,
                1,
                12.4 - k,
                11.0 - k,
                13.8 - k,
                gain,
                gain - 0.0004,
                gain + 0.0004,
                0.0004,
                0.0001,
                0.0007,
                "SL, 10:00",
                0.003,
                0.001,
                True,
                400,
            )
        )
        rows.append(
            (
                "removal",
                f"one less in {group} at {start[11:]}",
                group,
                start,
                -1,
                -11.9 + k,
                -13.0 + k,
                -10.0 + k,
                -gain,
                -gain - 0.0004,
                -gain + 0.0004,
                -0.0004,
                -0.0008,
                0.0,
                "SL, 10:00",
                -0.002,
                -0.004,
                k == 3,
                400,
            )
        )
    return pd.DataFrame(rows, columns=list(o.MOVE_COLUMNS))
