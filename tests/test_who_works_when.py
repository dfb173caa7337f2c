"""Terminal, page and workbook of a plan say who works when: every team, every time, whole people."""

import io
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from example_optimum import example_optimum
from rich.console import Console

import cxsim
from cxsim import parse
from cxsim.model.calendar import timeline
from cxsim.report.plan import words, working_times
from cxsim.report.plan.page import page, working
from cxsim.report.plan.workbook import workbook

SIX = ("billing_north", "billing_south", "moving_desk", "contracts", "collections", "outage_desk")
TWELVE = (*SIX, "technical", "complaints", "juniors", "generalists", "seniors", "partner")


def terminal(found, width=80):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(found.summary(width))
    return console.export_text().splitlines()


def rows_of(lines, title):
    """The lines of the tables under a title, up to the next title."""
    at = next(i for i, line in enumerate(lines) if line.startswith(title))
    end = next(i for i in range(at + 1, len(lines)) if re.match(r"(Comparison|Who works when|Notes)", lines[i]))
    return lines[at + 1 : end]


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_a_terminal_shows_every_team_of_twelve_at_every_time(width):
    """At 80 columns there were two teams, and a sum of the ten others."""
    found = example_optimum(groups=TWELVE)
    lines = rows_of(terminal(found, width), working_times.TITLE)
    assert "others" not in " ".join(lines) and max(map(len, lines)) <= width
    at_eight = [line.split()[1:] for line in lines if line.startswith("08:00-08:30")]
    numbers = [int(n) for row in at_eight for n in row]
    assert numbers == [int(found.levels[:, 0].sum()), *found.levels[:, 0].tolist()]


def test_who_works_when_comes_right_after_the_answer():
    found = replace(example_optimum(), messages=("A long remark. " * 20,))
    lines = terminal(found)
    assert lines.index(working_times.TITLE) <= 8
    assert lines.index(working_times.TITLE) < lines.index("Notes")
    html = page(found, [])
    assert html.index(working_times.TITLE) < html.index("Compared with")


def test_days_that_are_worked_alike_are_one_day():
    found = example_optimum(days=5)
    wednesday = [i for i, label in enumerate(found.labels) if label.weekday() == 2]
    levels = found.levels.copy()
    levels[0, wednesday] += 1
    days = working_times.by_time(replace(found, levels=levels))
    assert [day.title for day in days] == ["Mon 2 to Tue 3 Mar", "Wed 4 Mar", "Thu 5 to Fri 6 Mar"]
    assert days[0].rows[0] == ("08:00-08:30", tuple(found.levels[:, 0].tolist()))
    assert working_times.by_time(found)[0].title == "Mon 2 to Fri 6 Mar"


def test_times_with_the_same_people_are_one_row_and_too_many_teams_are_summed_up():
    found = example_optimum(groups=tuple(f"a group of {k}" for k in range(80)))
    lines = rows_of(terminal(replace(found, levels=np.ones_like(found.levels))), working_times.TITLE)
    numbers = [int(n) for line in lines if line.startswith("08:00-18:00") for n in line.split()[1:]]
    assert numbers[0] == 80 == sum(numbers[1:])
    assert "others" in " ".join(lines)


def a_week_of_shifts():
    found = example_optimum(days=5, kind="shifts", groups=("front", "experts"))
    days = sorted({label.date().isoformat() for label in found.labels})
    rows = [
        (group, day, start, end, breaks, 1 + k)
        for group in ("front", "experts")
        for k, day in enumerate(days)
        for start, end, breaks in (("08:00", "16:30", "11:00-11:30"), ("09:00", "13:00", math.nan))
    ]
    return replace(found, plan=pd.DataFrame(rows, columns=["group", "date", "start", "end", "breaks", "agents"]))


def test_shifts_of_a_week_are_a_row_each_with_the_people_of_every_day():
    """They were a row for each day, so that a screen ended within the first team."""
    found = a_week_of_shifts()
    days, shifts = working_times.by_shift(found)
    assert days == ["Mon 2 Mar", "Tue 3 Mar", "Wed 4 Mar", "Thu 5 Mar", "Fri 6 Mar"]
    assert [(one.group, one.hours, one.breaks, one.people) for one in shifts] == [
        (group, hours, breaks, (1, 2, 3, 4, 5))
        for group in ("front", "experts")
        for hours, breaks in (("08:00-16:30", "11:00-11:30"), ("09:00-13:00", ""))
    ]
    lines = terminal(found)
    row = next(line for line in lines if line.startswith("experts"))
    assert row.split() == ["experts", "08:00-16:30", "11:00-11:30", "1", "2", "3", "4", "5"]
    first, second = working(found)
    assert [cell.text for cell in first.rows[0].cells] == ["front", "08:00-16:30", "11:00-11:30", *"12345"]
    assert second.rows[0].cells[0].text == "Mon 2 to Fri 6 Mar"
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(found)))["Shifts"]
    assert [cell.value for cell in sheet[2]] == ["front", "08:00-16:30", "11:00-11:30", 1, 2, 3, 4, 5]


def test_a_terminal_shows_the_shifts_of_a_plan_of_one_day():
    lines = terminal(example_optimum(kind="shifts"))
    at = lines.index(working_times.SHIFTS)
    assert lines[at + 2].split() == ["front", "08:00-16:30", "11:30-12:00", "3"]


def test_the_workbook_opens_on_the_answer_and_counts_whole_people_of_teams_by_name():
    found = example_optimum(groups=("front", "second_line", "Present"))
    book = openpyxl.load_workbook(io.BytesIO(workbook(found)))
    assert book.active.title == "Answer" and book.sheetnames[0] == "Plan"
    heads = [cell.value for cell in book["Staffing"][1]]
    assert heads == ["Date", "Time", "front", "second_line", "Present", "Present", "Busy", "Erlang C"]
    assert {cell.number_format for cell in book["Staffing"][2][2:6]} == {"#,##0"}
    assert book["Search"]["G2"].number_format == "#,##0"


def at_desk(found, **more):
    """The optimum over the intervals of a scenario with its groups."""
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-18:00", "interval": "1 h", "timezone": "Europe/Berlin"},
            "reasons": {"cards": {"volume": "60/h", "handle_time": "4 min"}},
            "groups": {name: {"agents": 3, "serves": ["cards"], **more} for name in found.groups},
            **({"sites": {"far": {"timezone": "Asia/Manila"}}} if more else {}),
        }
    )
    labels = timeline(scenario).labels
    levels = np.full((len(found.groups), len(labels)), 2)
    levels[:, [label.hour for label in labels].index(10)] = 0
    return replace(found, scenario=scenario, labels=labels, levels=levels, need=found.need.iloc[:0], interval=3600.0)


def test_an_open_time_without_anybody_is_in_every_table():
    found = at_desk(example_optimum())
    assert ("10:00-11:00", (0, 0, 0)) in working_times.by_time(found)[0].rows
    times = [str(row[1].value) for row in openpyxl.load_workbook(io.BytesIO(workbook(found)))["Staffing"].rows]
    assert "10:00:00" in times


def test_times_of_teams_with_their_own_clocks_say_whose_they_are():
    said = working_times.clocks(at_desk(example_optimum(groups=("near", "away")), site="far"))
    assert said == (
        "Times are those of Europe/Berlin. The rows of plan.csv are by each group's own clock: near Asia/Manila and "
        "away Asia/Manila."
    )
    assert working_times.clocks(at_desk(example_optimum())) == ""


def goals_of(slack, slack_low):
    frame = example_optimum().goals.iloc[5 : 5 + len(slack)].copy()
    frame["slack"], frame["slack_low"] = slack, slack_low
    frame["met"] = frame["slack_low"] >= 0.0
    return frame


@pytest.mark.parametrize(
    ("slack", "slack_low", "said"),
    [
        ([0.02], [0.01], "met"),
        ([0.02], [-0.01], "met, not clearly"),
        ([-0.02], [-0.03], "missed"),
        ([math.nan], [math.nan], "not measured"),
        ([0.02, 0.03, 0.04], [0.01, 0.01, 0.01], "met"),
        ([0.02, 0.03, 0.04], [-0.01, 0.01, 0.01], "2 of 3 clearly met"),
        ([0.02, -0.03, 0.04], [-0.01, -0.04, 0.01], "1 of 3 missed"),
    ],
)
def test_met_and_proved_mean_one_thing_each(slack, slack_low, said):
    """A table said "182 of 190 met" under a headline that all are met; nothing is proved of what is not certified."""
    assert words.verdict(goals_of(slack, slack_low), certified=False) == said
    certain = words.verdict(goals_of(slack, slack_low), certified=True)
    assert certain == ("proved" if said == "met" else said)


def test_a_plan_that_is_not_certified_has_nothing_proved():
    """Each of its goals was `proved`, from eight replications, under a headline that it is not certified."""
    found = example_optimum(certified=False)
    lines = terminal(replace(found, messages=()))
    assert not [line for line in lines if "proved" in line and "goals met" not in line and "all proved" not in line]
    assert "Proved" not in page(replace(found, moves=found.moves.iloc[:0]), [])


def test_goals_that_are_missed_are_not_said_to_determine_the_cost():
    found = example_optimum(certified=False)
    assert words.binding(found).startswith("Goals that determine the cost: SL of cards")
    missed = found.goals.copy()
    missed.loc[[0, 7], "slack"] = -0.02
    assert words.binding(replace(found, goals=missed)) == "Goals missed in simulation: SL of cards; SL at 09:00."


@pytest.mark.parametrize(("limit", "shown"), [(0.8, "80%"), (0.525, "52.5%"), (0.5625, "56.25%")])
def test_a_goal_is_shown_as_it_was_written(limit, shown):
    row = {**example_optimum().goals.iloc[0].to_dict(), "limit": limit}
    assert words.wanted(row) == f"\u2265 {shown}"


def test_amounts_fit_their_columns_and_long_remarks_wrap_on_the_sheet():
    """11,847.30 EUR was shown as ###, and one remark made the printed sheet too small to read."""
    found = replace(example_optimum(), messages=("A long remark. " * 30,))
    book = openpyxl.load_workbook(io.BytesIO(workbook(found)))
    assert book["Search"].column_dimensions["B"].width >= len("15,519.96 EUR")
    answer = book["Answer"]
    (row,) = [cell.row for cell in answer["A"] if str(cell.value).startswith("A long remark")]
    assert answer.cell(row, 1).alignment.wrap_text and answer.row_dimensions[row].height >= 42


def test_a_page_has_as_many_tables_of_people_as_fit_the_paper():
    """The columns of the last teams were cut off when printed."""
    found = example_optimum(groups=tuple(f"team {k}" for k in range(30)))
    grids = working(found)
    assert [len(grid.heads) for grid in grids] == [14, 13, 7]
    numbers = [int(cell.text) for grid in grids for cell in grid.rows[0].cells[1:]]
    assert numbers == [int(found.levels[:, 0].sum()), *found.levels[:, 0].tolist()]
    assert 'class="scroll many wide"' in page(found, [])


def test_printed_tables_are_not_cut_at_the_edge_of_a_scrolling_box():
    """The last columns, the goals that are met among them, were missing on paper."""
    html = page(example_optimum(), [])
    printed = html[html.index("@media print") : html.index("@media (max-width")]
    assert ".scroll { overflow: visible; }" in printed and "@page { size: landscape" in printed


def test_no_message_names_a_day_by_numbers_that_may_be_month_or_day():
    """`Mon 03-02` is a day of February or of March; `Mon 02 Mar` stood beside `Mon 2 Mar`."""
    found = [
        f"{path.name}:{k}"
        for path in Path(cxsim.__file__).parent.rglob("*.py")
        for k, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"%a %(m|d)|(?<!%Y-)%m-%d", line)
    ]
    assert not found, "write formats.day_label: " + ", ".join(found)


def test_a_week_of_shifts_is_side_by_side_at_80_columns():
    """Saturday stood alone, 90 lines below Friday."""
    found = a_week_of_shifts()
    friday = found.plan[found.plan["date"] == found.plan["date"].max()]
    names = {"front": "orders_b", "experts": "digital_2"}
    plan = pd.concat([found.plan, friday.assign(date="2026-03-07")])
    week = replace(found, plan=plan.assign(group=plan["group"].map(names)), groups=tuple(names.values()))
    lines = terminal(week)
    at = lines.index(working_times.SHIFTS)
    assert lines[at + 1].split() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert lines[at + 2].split() == ["group", "shift", "breaks", "2", "3", "4", "5", "6", "7"]
