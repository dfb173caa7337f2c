"""Percents and points of a design are stored as shares, as figures are, and shown as they were written."""

import pytest
from sweeping.small import SCENARIO, scenario

from cxsim.scenario import parse
from cxsim.studies.sweep.effects import read
from cxsim.studies.sweep.factors import of_values, split
from cxsim.studies.sweep.folder import made
from cxsim.studies.sweep.sweep import sweep

RESOLUTION = "reasons.sales.resolution"


def design(**factor):
    return made({"factors": {"solved": {"path": RESOLUTION, **factor}}, "replications": 1}, scenario())


def test_percents_are_shares_and_go_into_the_scenario_as_they_were_written():
    plan = design(values=["85.9%", "100%"])
    assert [values[0] for values in plan] == [0.859, 1.0]
    factor = plan.factors[0]
    assert [factor.raw(value) for value in factor.values] == ["85.9%", "100%"]
    assert factor.shown(0.859) == "85.9%"
    assert plan.shown(0) == "solved=85.9%"
    points = of_values("better", "", ["+9 points", "+12.5 points"])
    assert points.values == (0.09, 0.125)
    assert [points.raw(value) for value in points.values] == ["+9 points", "+12.5 points"]


@pytest.mark.parametrize("hundredths", range(1, 10_000, 7))
def test_no_percent_is_lost_on_the_way(hundredths):
    written = f"{hundredths / 100:.12g}%"
    factor = of_values("solved", RESOLUTION, [written])
    assert factor.raw(factor.values[0]) == written
    assert split(written)[0] == pytest.approx(hundredths / 1e4, rel=1e-15)


def test_ranges_in_percent_are_cut_in_shares():
    assert [x for (x,) in design(**{"from": "70%", "to": "80%", "steps": 3})] == [0.7, 0.75, 0.8]
    assert [x for (x,) in design(**{"from": "70%", "to": "73%", "whole": True})] == [0.7, 0.71, 0.72, 0.73]


def test_conditions_speak_of_percents_as_the_design_does():
    plan = made(
        {"factors": {"solved": {"path": RESOLUTION, "values": ["70%", "80%", "90%"]}}, "where": ["solved >= 80"]},
        scenario(),
    )
    assert [x for (x,) in plan] == [0.8, 0.9]
    assert plan.left_out == 1


def test_a_sweep_stores_shares_and_its_page_shows_percents(tmp_path):
    pytest.importorskip("pyarrow")
    factors = {"solved": {"path": RESOLUTION, "values": ["60%", "85.9%"]}}
    done = sweep(
        {"factors": factors, "replications": 2, "figures": ["fcr_true"]}, scenario=scenario(), folder=tmp_path / "x"
    )
    assert sorted(set(done.table()["solved"])) == [0.6, 0.859]
    found = read(done, "fcr_true")
    assert found.points["solved"].tolist() == [0.6, 0.859]
    assert found.levels["level"].tolist() == ["60%", "85.9%"]
    assert found.shown("solved", 0.859) == "85.9%"
    by_hand = parse(SCENARIO).vary({RESOLUTION: "85.9%"})
    assert by_hand.reasons["sales"].resolution == pytest.approx(0.859)
