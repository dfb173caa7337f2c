"""Work that carries over: a week begins with the backlog of the week before, and load compares like with like."""

from __future__ import annotations

import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console

from cxsim.cli.check import Pool, _table, facts
from cxsim.model.calendar import timeline
from cxsim.report.run import words
from cxsim.report.run.page import notebook, page
from cxsim.report.run.terminal import summary
from cxsim.report.run.workbook import workbook
from cxsim.scenario import Scenario, parse
from cxsim.simulation.simulate import simulate


def mail(**horizon: Any) -> Scenario:
    """Mail of one hour of work an hour, at all hours; four agents from Monday to Friday, ten hours a day."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 7, "open": {"mon-fri": "08:00-18:00"}} | horizon,
            "channels": {"mail": {"deferrable": True}},
            "reasons": {"mail": {"volume": {"per_hour": 10}, "handle_time": {"deterministic": {"value": "6 min"}}}},
            "queues": {"mail": {"channel": "mail", "target": {"sl": {"share": "90%", "within": "24 h"}}}},
            "groups": {"team": {"agents": 4, "serves": ["mail"]}},
        }
    )


def mixed(letters: int) -> Scenario:
    """Calls in the eight open hours, letters at all hours, of a tenth of an hour each; five agents."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 5, "open": {"mon-fri": "08:00-16:00"}},
            "channels": {"phone": {"patience": "3 min"}, "mail": {"deferrable": True}},
            "reasons": {
                "call": {"volume": "20/h", "handle_time": "6 min"},
                "letter": {"volume": f"{letters}/h", "handle_time": "6 min"},
            },
            "queues": {"letter": {"channel": "mail"}},
            "groups": {"team": {"agents": 5, "skills": {"call": {}, "letter": {"rank": 2}}}},
        }
    )


def pool(scenario: Scenario) -> Pool:
    (one,) = facts(scenario)[1]
    return one


def test_a_week_of_mail_begins_with_the_backlog_of_the_weekend() -> None:
    """From nothing the SL is 68 %; 20 replications, half-width 1.8 points, seed fixed."""
    when = timeline(mail())
    assert when.days_before >= 7
    assert when.days_after >= 7
    result = simulate(mail())
    assert 0.53 < result.estimate("sl").value < 0.60
    longer = simulate(mail(before="28 days", after="7 days"))
    assert longer.estimate("sl").value == pytest.approx(result.estimate("sl").value, abs=0.02)
    assert result.estimate("unfinished").value == 0


def test_what_the_scenario_says_of_days_before_and_after_wins() -> None:
    when = timeline(mail(before="2 days", after="0 days"))
    assert (when.days_before, when.days_after) == (2, 0)


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        ("00:00-24:00", (1, 1)),
        ("08:00-24:00", (0, 0)),
        ({"mon-fri": "00:00-24:00"}, (0, 1)),  # Sunday is closed, Tuesday is open
        ({"mon": "00:00-24:00", "sun": "12:00-24:00"}, (1, 0)),
    ],
)
def test_a_center_open_at_midnight_has_a_day_before_and_after(hours: Any, days: tuple[int, int]) -> None:
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "open": hours},
        "reasons": {"a": {"volume": "6/h", "talk": "5 min"}},
        "groups": {"g": {"agents": 2, "serves": ["a"]}},
    }
    when = timeline(parse(tree))
    assert (when.days_before, when.days_after) == days


def test_load_compares_work_and_agents_over_the_same_time() -> None:
    """168 hours of work a week for 200 hours of agents, not for the open hours' share of the work."""
    one = pool(mail())
    assert one.load / one.agents == pytest.approx(0.84)
    assert one.tightest == ""  # nothing of it is due at once
    two = pool(mixed(20))
    assert two.load / two.agents == pytest.approx(1.6)  # (8 + 24) hours of 2 agents' work for 8 hours of 5
    assert two.tightest_load / two.tightest_agents == pytest.approx(0.4)  # of the calls alone
    assert pool(mixed(5)).load / pool(mixed(5)).agents == pytest.approx(0.7)


def test_load_of_work_that_does_not_wait_is_that_of_open_hours() -> None:
    calls = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": 2, "open": "08:00-16:00"},
            "reasons": {"call": {"volume": "20/h", "handle_time": "6 min"}},
            "groups": {"team": {"agents": 5, "serves": ["call"]}},
        }
    )
    assert (pool(calls).load, pool(calls).agents, pool(calls).waits) == (pytest.approx(2), 5, False)


def test_every_summary_says_what_is_left_unanswered() -> None:
    result = simulate(mail(after="0 days"), replications=2)
    left = result.estimate("unfinished").value
    assert left > 300
    said = f"{left:,.0f} contacts were still unanswered when the simulation ended (mail {left:,.0f})."
    assert words.unfinished(result) == said
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(summary(result))
    assert said in console.export_text()
    assert said in page(result, ())
    assert said in notebook(result)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(workbook(result))).get_sheet_by_name("Summary")
    assert any(said in str(cell) for row in sheet.to_python() for cell in row)
    assert words.unfinished(simulate(mail(), replications=1)) == ""


@pytest.mark.parametrize(("letters", "grows"), [(20, True), (5, False)])
def test_a_backlog_that_grows_is_said(letters: int, grows: bool) -> None:
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(_table([pool(mixed(letters))]))
    assert ("so the backlog grows from week to week" in console.export_text()) is grows
