"""What a staffing page says and draws: no signed zeros, the whole opening time, and no shortage that is none."""

from dataclasses import replace

import numpy as np
import pytest
from example_optimum import example_optimum
from example_result import example_result

from cxsim import parse
from cxsim.cli.watching import watching
from cxsim.model.calendar import timeline
from cxsim.optimizer.problem.stage import Stage
from cxsim.report.common import formats
from cxsim.report.plan.drawing import time_axis
from cxsim.report.plan.goal_pictures import goals
from cxsim.report.plan.page import comparison, levels, page
from cxsim.report.run import words


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (-0.0, "agents", "0"),
        (-0.04, "agents", "0.0"),
        (-0.004, "EUR", "0.00 EUR"),
        (-0.0, "h", "0.0 h"),
        (-0.2, "agents", "-0.2"),
        (-30.0, "EUR", "-30.00 EUR"),
        (-0.0, "share", "0.0%"),
    ],
)
def test_what_rounds_to_zero_has_no_sign(value, unit, shown):
    assert formats.quantity(value, unit, "EUR") == shown


@pytest.mark.parametrize(("value", "shown"), [(-0.001, "0.00"), (0.0, "0.00"), (-1.5, "\u22121.50"), (0.25, "+0.25")])
def test_a_signed_number_that_rounds_to_zero_has_no_sign(value, shown):
    assert formats.signed(value) == shown


def test_agents_exactly_as_needed_leave_zero_to_spare():
    """The mean of nothing but zeros is minus zero when its sign is turned."""
    result = example_result(("cards",), ("front",))
    present = result.figures["figure"].eq("agents_present") & result.figures["scope"].eq("total")
    needed = result.figures[result.figures["figure"].eq("agents_required") & result.figures["scope"].eq("total")]
    figures = result.figures.copy()
    there = figures.loc[present, "interval"].map(needed.set_index("interval")["value"])
    figures.loc[present, "value"] = there.to_numpy()
    said = words.staffing(replace(result, figures=figures))
    assert "with 0 to spare" in said and "-0" not in said


@pytest.mark.parametrize(("skills", "pooled"), [("[cards, billing]", True), ("[cards]", False), ("cards", False)])
def test_queues_on_their_own_are_no_need_of_agents_who_serve_several(skills, pooled):
    result = example_result(("cards", "billing"), ("front", "experts"))
    text = f"cxsim: 1\ngroups: {{front: {{serves: {skills}}}, experts: {{serves: [billing]}}}}\n"
    said = words.staffing(replace(result, scenario_text=text))
    assert ("Agents here serve several queues" in said) is pooled
    assert ("below the" in said or "cover the Erlang requirement" in said) is not pooled


def test_charts_and_tables_show_the_whole_opening_time():
    """Nobody works the last hours, though it is open until 22:00."""
    found = example_optimum()
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"start": str(found.labels[0].date()), "days": 1, "open": "07:00-22:00", "interval": "30 min"},
            "reasons": {"cards": {"volume": "60/h", "handle_time": "4 min"}},
            "groups": {"front": {"agents": 3, "serves": ["cards"]}},
        }
    )
    labels = timeline(scenario).labels
    levels_now = np.zeros((3, len(labels)), dtype=np.int64)
    levels_now[:, 16:30] = 4
    need = found.need.iloc[:0].reindex(range(len(labels)))
    need["interval"] = [label.isoformat(timespec="minutes") for label in labels]
    shown = replace(found, scenario=scenario, labels=labels, levels=levels_now, need=need)
    axis = time_axis(shown)
    assert (axis.first, axis.last) == (7.0, 22.0)
    rows = [row.cells[0].text for row in levels(shown).rows]
    assert rows[0] == "07:00" and rows[-1] == "21:30"
    assert levels(shown).heads[:4] == ("Interval", "Present", "Busy", "Erlang C")


def test_a_table_of_many_columns_puts_its_notes_below_the_values():
    """So that the last column, the goals that are met, is not cut off at the right."""
    found = example_optimum()
    assert len(comparison(found).heads) > 7
    text = page(found, [])
    assert '<div class="scroll many">' in text and ".many td small { display: block" in text


def test_a_search_whose_output_is_redirected_is_told_line_by_line(monkeypatch, capsys):
    """One line in ten seconds, none when quiet."""
    now = [0.0]
    monkeypatch.setattr("cxsim.cli.watching.time.monotonic", lambda: now[0])
    for quiet, count in ((False, 3), (True, 0)):
        now[0] = 0.0
        with watching(quiet, "EUR") as watch:
            for second in range(35):
                now[0] = float(second)
                watch(Stage("cuts", cost=1234.5, bound=1000.0, met=True, replications=400))
        told = capsys.readouterr().err.splitlines()
        assert len(told) == count
    with watching(False, "EUR") as watch:
        now[0] += 12.0
        watch(Stage("cuts", cost=1234.5, bound=1000.0, met=True, replications=400))
    said = "12 s: cuts from simulation; best plan 1,234 EUR, meets its goals so far; bound 1,000 EUR; 400 replications"
    assert capsys.readouterr().err.splitlines() == [said]


def test_a_goal_that_is_missed_by_far_is_in_the_picture():
    found = example_optimum(certified=False)
    missed = found.goals.copy()
    missed.loc[0, ["slack", "slack_low", "met"]] = [-0.42, -0.43, False]
    figure = goals(replace(found, goals=missed))
    texts = [one.get_text() for one in figure.axes[0].texts]
    assert "\u2039 \u221242" in texts
    assert figure.axes[0].get_xlim()[0] == -10.0
