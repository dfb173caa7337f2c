"""A week's plan as one workbook of numbers, on a terminal, and as a document."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group
from rich.text import Text

from cxsim.report.common import formats
from cxsim.report.common.terminal import plain_table
from cxsim.report.plan.terminal import agents_present, who_works
from cxsim.report.run.document import plain, records
from cxsim.report.run.workbook import Book, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.studies.week_plan import WeekPlan

TEAMS = {
    "required": "agents",
    "required_people": "people",
    "present": "agents",
    "over_under_people": "agents",
    "required_fte": "agents",
    "scheduled_fte": "agents",
    "over_under_fte": "agents",
}
QUEUES = {"offered": "contacts", "sl": "share", "asa": "s", "abandoned_share": "share"}
WHAT_IF = {"sl": "share", "difference": "share", "abandoned_share": "share", "cost": "money"}
TOTALS = {"target": "share", "within": "s", **QUEUES}
TABLES = ("totals", "what_if", "teams", "queues", "shifts", "roster", "costs")


def workbook(plan: WeekPlan) -> bytes:
    """The whole workbook; the same bytes for the same plan."""
    out = io.BytesIO()
    book = Book(out, plan.optimum.currency)
    _summary(book, plan)
    sheets: list[tuple[str, pd.DataFrame, dict[str, str]]] = [
        ("SL by queue", plan.totals, TOTALS),
        ("What if", plan.what_if, {**WHAT_IF, "difference_low": "share", "difference_high": "share"}),
        ("By half-hour and team", plan.teams, TEAMS),
        ("By day and team", by_day(plan), {"scheduled_hours": "h", "required_hours": "h", "over_under_hours": "h"}),
        ("By half-hour and queue", plan.queues, QUEUES),
        ("Shifts", plan.shifts, {"paid_hours": "h"}),
        ("Roster", plan.roster, {}),
        ("Costs", plan.costs.drop(columns="term", errors="ignore"), {"money": "money"}),
    ]
    for name, frame, units in sheets:
        if len(frame):
            made = write(book, name, frame, units)
            if name == "By half-hour and team":
                _colours(book, frame, made.columns["over_under_people"], made.columns["over_under_fte"])
    _definitions(book, plan)
    book.book.close()
    return out.getvalue()


def by_day(plan: WeekPlan) -> pd.DataFrame:
    """Hours required, scheduled and present of each team on each day."""
    hours = plan.optimum.interval / 3600.0
    kept = ["required", "present", "required_fte", "scheduled_fte", "over_under_fte"]
    out = plan.teams.groupby(["date", "weekday", "team"], sort=False)[kept].sum() * hours
    out.columns = pd.Index(
        ["required_hours", "present_hours", "required_hours_on_roster", "scheduled_hours", "over_under_hours"]
    )
    return out.reset_index()


def _summary(book: Book, plan: WeekPlan) -> None:
    made = book.sheet("Summary")
    made.set_column(0, 0, 120)
    made.write_string(0, 0, plan.scenario.name, book.format(bold=True, font_size=16))
    made.write_string(2, 0, plan.optimum.headline(), book.format(bold=True, font_size=12, text_wrap=True))
    row = 4
    for text in (*sentences(plan), *plan.messages):
        made.set_row(row, _height(text, 120))
        made.write_string(row, 0, text, book.format(text_wrap=True))
        row += 1


def _goal(row: dict[Any, Any]) -> str:
    """The target of a queue in words."""
    return f"{formats.share(row['target'], 0)} within {formats.seconds(row['within'])}"


def _height(text: str, width: int) -> float:
    """The height of a row whose text wraps, in points."""
    return 14.0 * (1 + len(text) // width)


def sentences(plan: WeekPlan) -> list[str]:
    """What the tables show, in sentences."""
    out = []
    for row in plan.totals.to_dict("records"):
        band = formats.between(row["sl_low"], row["sl_high"], "share")
        out.append(f"{row['queue']}: SL {formats.share(row['sl'])} ({band}), target {_goal(row)}.")
    short = plan.teams[plan.teams["over_under_people"] <= -1.0]
    if len(short):
        worst = short.sort_values("over_under_people", kind="stable").iloc[0]
        at = formats.when(f"{worst['date']}T{worst['time']}")
        out.append(
            f"{len(short):,} of {len(plan.teams):,} half-hours of a team have fewer people present than Erlang "
            f"requires for its share of the queues; most at {at} in {worst['team']}: "
            f"{-worst['over_under_people']:.1f} people. The simulated SL says whether that is enough: "
            "teams that help each other need fewer."
        )
    return out


def _colours(book: Book, frame: pd.DataFrame, *columns: int) -> None:
    """Red for too few, green for people to spare."""
    sheet = book.book.get_worksheet_by_name("By half-hour and team")
    for column in columns:
        for criteria, value, colour in (("<=", -1, "#F7D4CC"), (">=", 1, "#D5EDE4")):
            rule = {"type": "cell", "criteria": criteria, "value": value}
            sheet.conditional_format(
                1, column, len(frame), column, {**rule, "format": book.book.add_format({"bg_color": colour})}
            )


def _definitions(book: Book, plan: WeekPlan) -> None:
    made = book.sheet("Definitions")
    made.set_column(0, 0, 28)
    made.set_column(1, 1, 110)
    for i, (name, text) in enumerate(plan.definitions):
        made.set_row(i, _height(text, 110))
        made.write_string(i, 0, name, book.format(bold=True))
        made.write_string(i, 1, text, book.format(text_wrap=True))


def summary(plan: WeekPlan, width: int = 80) -> RenderableType:
    """What a terminal of `width` columns shows."""
    parts: list[RenderableType] = [
        Text(plan.scenario.name, style="bold"),
        Text(),
        Text(plan.optimum.headline()),
        Text(),
        *(who_works if len(plan.shifts) else agents_present)(plan.optimum, width),
        Text(),
    ]
    grid = plain_table("Expected service")
    for head in ("queue", "target", "SL", "95 %", "ASA", "abandoned"):
        grid.add_column(head, justify="left" if head in ("queue", "target") else "right")
    for row in plan.totals.to_dict("records"):
        grid.add_row(
            row["queue"],
            _goal(row),
            formats.share(row["sl"]),
            formats.between(row["sl_low"], row["sl_high"], "share"),
            formats.seconds(row["asa"]),
            formats.share(row["abandoned_share"]),
        )
    parts += [grid, Text(), _what_if(plan), Text(), _days(plan), Text()]
    parts += [Text(text) for text in (*sentences(plan)[len(plan.totals) :], *plan.messages)]
    return Group(*parts)


def _what_if(plan: WeekPlan) -> RenderableType:
    grid = plain_table("What if: SL by queue, and cost with overrun as simulated")
    queues = list(plan.totals["queue"])
    for head in ("", *queues, f"simulated {plan.optimum.currency}"):
        grid.add_column(head, justify="right" if head else "left")
    for name, rows in plan.what_if.groupby("what_if", sort=False):
        sl = [formats.share(value) for value in rows["sl"]]
        grid.add_row(str(name), *sl, f"{rows['cost'].iloc[0]:,.0f}")
    return grid


def _days(plan: WeekPlan) -> RenderableType:
    """Most people present at the same time, by team and day."""
    grid = plain_table("Most people present, by team")
    days = list(dict.fromkeys(zip(plan.teams["date"], plan.teams["weekday"], strict=True)))
    for head in ("team", *(f"{weekday} {int(date[8:])}" for date, weekday in days)):
        grid.add_column(head, justify="left" if head == "team" else "right")
    most = plan.teams.groupby(["team", "date"], sort=False)["present"].max()
    for team in dict.fromkeys(plan.teams["team"]):
        grid.add_row(team, *(f"{most[team, date]:.0f}" for date, _ in days))
    return grid


def document(plan: WeekPlan) -> dict[str, Any]:
    """What `cxsim plan --json` prints."""
    return {
        "schema_version": 1,
        "certified": plan.optimum.certified,
        "cost": plain(plan.optimum.cost),
        "message": plan.optimum.headline(),
        "messages": list(plan.messages),
        **{name: records(getattr(plan, name)) for name in TABLES},
    }
