"""The confidence level by choice: of figures, targets, differences and journeys, in Python and on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.metrics.confidence_intervals import t_quantile

CENTER = """
cxsim: 1
name: Levels
horizon: {start: 2026-01-05, open: 08:00-10:00}
sl: {within: 20 s}
reasons: {calls: {volume: 60/h, talk: 3 min, patience: 3 min}}
queues: {calls: {target: {sl: 80%/20s}}}
groups: {team: {agents: 4, serves: [calls]}}
overrides: {five: {groups.team.agents: 5}}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "center.yaml").write_text(CENTER)
    return "center.yaml"


def half(row):
    return (row["high"] - row["low"]) / 2


def test_widths_are_in_the_ratio_of_the_quantiles(file):
    center = cxsim.read(file)
    usual = cxsim.simulate(center, replications=8)
    wide = cxsim.simulate(center, replications=8, confidence=0.99)
    times = t_quantile(0.99, 7) / t_quantile(0.95, 7)
    for figure in ("sl", "asa", "offered", "occupancy"):
        a, b = usual.estimate(figure), wide.estimate(figure)
        assert a.value == b.value
        assert b.high - b.low == pytest.approx(times * (a.high - a.low))
    assert half(wide.targets.iloc[0]) == pytest.approx(times * half(usual.targets.iloc[0]))
    assert wide.confidence == 0.99 and "99 %" in wide.definitions["confidence"]
    assert "confidence" not in usual.provenance and wide.provenance["confidence"] == 0.99


def test_differences_have_the_level_too_and_say_so(file):
    both = {"four": cxsim.read(file), "five": cxsim.read(file, with_=["five"])}
    usual, wide = (cxsim.compare(both, replications=8, confidence=level) for level in (0.95, 0.9))
    a, b = (found.table("asa").set_index("variant").loc["five"] for found in (usual, wide))
    assert half(b) == pytest.approx(half(a) * t_quantile(0.9, 7) / t_quantile(0.95, 7))
    assert "90 %" in wide._caution and "ten metrics" in wide._caution
    assert "95 %" in usual._caution and "twenty" in usual._caution
    assert wide.document()["inputs"]["confidence"] == 0.9


def test_a_precision_is_that_of_the_chosen_level(file):
    center = cxsim.read(file)
    usual, wide = (cxsim.simulate(center, precision={"asa": 0.4}, confidence=level) for level in (0.8, 0.99))
    assert wide.replications > usual.replications


def test_the_level_is_kept_with_the_results_and_used_again(file, tmp_path):
    run = CliRunner().invoke
    told = run(cli, ["run", file, "--confidence", "99", "--replications", "5", "--out", "r", "-q"])
    assert told.exit_code == 0, told.output
    assert cxsim.load("r").confidence == 0.99
    page = (tmp_path / "r" / "report.html").read_text()
    assert "99% interval" in page and "99% band" in page and "95% interval" not in page and "95% band" not in page
    again = json.loads(run(cli, ["run", "r", "--json", "--no-save"]).stdout)
    assert again["inputs"]["confidence"] == 0.99
    five = ["compare", file, "--with", "five", "--confidence", "90%", "--replications", "5", "--json", "--no-save"]
    assert json.loads(run(cli, five).stdout)["inputs"]["confidence"] == 0.9


def test_the_scorecard_of_customers_has_the_level(file):
    center = cxsim.read(file)
    usual, wide = (cxsim.journeys(center, replications=6, confidence=level) for level in (0.95, 0.99))
    times = t_quantile(0.99, 5) / t_quantile(0.95, 5)
    a, b = (found.customer[found.customer["low"] < found.customer["high"]] for found in (usual, wide))
    assert len(a) > 0
    assert (b["high"] - b["low"]).to_numpy() == pytest.approx(times * (a["high"] - a["low"]).to_numpy())


@pytest.mark.parametrize("level", ["1", "150", "much", "-5", "100"])
def test_what_is_not_a_level_is_refused(file, level):
    told = CliRunner().invoke(cli, ["run", file, "--confidence", level])
    assert told.exit_code == 2 and "is not a confidence level from 50 to 99.9; write 99 for 99 %" in told.output


@pytest.mark.parametrize("level", [95, 0.2, "0.9", True, float("nan")])
def test_what_is_not_a_level_is_refused_in_python(file, level):
    with pytest.raises(ValueError, match=r"confidence: .* write 0.99 for 99 %"):
        cxsim.simulate(cxsim.read(file), confidence=level)
