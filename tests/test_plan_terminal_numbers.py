"""No number of a goal is cut on the screen, however narrow: texts wrap instead."""

import io

import pandas as pd
import pytest
from example_optimum import example_optimum
from rich.console import Console

from cxsim.report.plan import words


def screen(optimum, width):
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(optimum.summary(width))
    return console.file.getvalue()


def week():
    """Goals by day and interval of a week, some of which are missed: long values and long verdicts."""
    whole = example_optimum(days=7, certified=False)
    rows = []
    for figure, bound, limit, spans in (
        ("sl", "min", 0.8, [f"2026-03-0{day}" for day in range(2, 9)]),
        ("abandoned_share", "max", 0.1, [f"2026-03-0{day}" for day in range(2, 9)]),
        ("sl", "min", 0.6, [f"2026-03-0{day}T08:30" for day in range(2, 9)]),
    ):
        for k, span in enumerate(spans):
            value, slack = limit + 0.01 * (k - 3), 0.01 * (k - 3)
            rows.append(
                dict.fromkeys(whole.goals.columns)
                | {"goal": f"{figure} {span}", "figure": figure, "scope": "total", "name": "", "span": span}
                | {"bound": bound, "limit": limit, "value": value, "low": value - 0.013, "high": value + 0.013}
                | {"slack": slack, "slack_low": slack - 0.013, "unit": "share", "met": slack > 0.013, "binding": False}
            )
    whole.__dict__["goals"] = pd.DataFrame(rows, columns=whole.goals.columns)
    return whole


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_numbers_of_every_goal_are_whole(width):
    optimum = week()
    text = screen(optimum, width)
    part = text[text.index("\nGoals") : text.index("value: the interval")]
    assert "\u2026" not in part, part
    assert max(map(len, text.splitlines())) <= width
    for line in words.lines(optimum):
        for number in (line.goal, line.bound, line.slack, line.value):
            assert number in part
