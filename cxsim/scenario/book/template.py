"""The workbook to fill in: a small center as an example on every sheet."""

from __future__ import annotations

from datetime import time
from typing import Any

from cxsim.scenario.book.write import Grid, workbook
from cxsim.scenario.io.yaml_tree import load
from cxsim.scenario.templates import workbook_text

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MONDAY = {  # contacts in each half-hour from 08:00 to 18:00 on a Monday
    "orders": (14, 20, 26, 30, 34, 34, 30, 26, 22, 20, 22, 24, 26, 28, 28, 26, 24, 20, 16, 12),
    "billing": (8, 11, 14, 16, 18, 17, 15, 13, 11, 11, 12, 13, 14, 14, 14, 13, 12, 10, 8, 6),
}
LEVEL = (1.0, 0.9, 0.85, 0.85, 0.8, 0.6)  # of a Monday, by weekday
FULL, EARLY, LATE = "08:00-16:30", "08:30-17:00", "09:30-18:00"
# Team, shifts on weekdays, and how many people work so; every second person works on Saturday instead of Wednesday.
PEOPLE = (
    ("Orders", FULL, 3), ("Orders", EARLY, 3), ("Orders", LATE, 4), ("Billing", FULL, 2), ("Billing", EARLY, 2),
    ("Billing", LATE, 3), ("Float", FULL, 1), ("Float", LATE, 2),
)  # fmt: skip
SKILLS = {"Orders": {"orders": {"rank": 1}}, "Billing": {"billing": {"rank": 1}},
          "Float": {"orders": {"rank": 2, "handle_time": "105%"},
                    "billing": {"rank": 2, "handle_time": "110%"}}}  # fmt: skip


def template() -> bytes:
    """The workbook of `cxsim new --workbook`."""
    tree: dict[str, Any] = load(workbook_text().encode(), "workbook.yaml")[0]
    for team, skills in SKILLS.items():
        tree["groups"][team]["skills"] = skills
    reasons, teams = list(tree["reasons"]), list(tree["groups"])
    grids: dict[str, Grid] = {
        "Volumes": _volumes(reasons),
        "Handle times": [["Weekday", "Time", *reasons]],
        "Headcounts": [["Weekday", "Time", *teams]],
        "Roster": _roster(),
    }
    return workbook(tree, grids, blank=True)


def _volumes(reasons: list[str]) -> Grid:
    out: list[list[Any]] = [["Weekday", "Time", *reasons]]
    for day, level in zip(WEEK, LEVEL, strict=True):
        for k in range(20):
            if day != "Sat" or 2 <= k < 12:
                counts = [round(MONDAY[name][k] * level) for name in reasons]
                out.append([day, time(8 + k // 2, 30 * (k % 2)), *counts])
    return out


def _roster() -> Grid:
    out: list[list[Any]] = [["Agent", "Team", *WEEK, "Unpaid break", "Note"]]
    for team, shift, people in PEOPLE:
        for _ in range(people):
            saturday = len(out) % 2 == 0
            short = "09:00-13:00" if len(out) % 4 else "10:00-14:00"
            week = [shift, shift, "off" if saturday else shift, shift, shift, short if saturday else "off"]
            out.append([f"A{len(out):03d}", team, *week, "30 min after 4 h", ""])
    return out
