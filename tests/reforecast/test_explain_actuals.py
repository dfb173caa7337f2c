"""From the plan of a day to what happened: one cause is changed, and its step carries the change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from reforecast.made_days import DESK, desk, seen

import cxsim
from cxsim import explain_actuals
from cxsim.cli import cli
from cxsim.importing import ExportError
from cxsim.metrics import figure_values
from cxsim.model.prepare import prepare
from cxsim.simulation.replications import replicate

CLOSE = 16 * 3600.0
DAYS = 150
FEW = {"replications": 60, "threads": 1}
PLAN = {"reasons.*.volume.busyness": None, "after_contact": {}, "groups.both.skills": {"help": {}}}
CAUSES = {
    "volume": {"reasons.*.volume.factor": 1.25},
    "handle_time": {"reasons.*.handle_times": {"factor": 1.25}},
    "staffing": {"groups.front.agents": 3, "groups.both.agents": 2},
    "other": {"groups.*.availability": "75%"},
}
STAFF = {"staff": {}, "groups.front.agents": 4, "groups.both.agents": 2}


def mean_day(scenario, agents):
    """The table of a day that is the mean of many: whole contacts, and no noise to speak of. And its SL."""
    model = prepare(scenario, 11)
    samples, ledgers = replicate(model, DAYS, threads=1, keep=True)
    above, below = figure_values(samples, model.layout, "sl")
    tables = [seen(scenario, one, model, CLOSE) for one in ledgers]
    out = tables[0].copy()
    counts = {name: np.sum([one[name] for one in tables], axis=0) for name in ("offered", "answered", "abandoned")}
    work = np.sum([np.nan_to_num(one["aht_s"]) * one["answered"] for one in tables], axis=0)
    out["offered"] = np.round(counts["offered"] / DAYS).astype(int)
    out["answered"] = np.minimum(np.round(counts["answered"] / DAYS).astype(int), out["offered"])
    out["aht_s"] = work.sum() / counts["answered"].sum()
    out["service_level"] = above.sum() / below.sum()
    out["agents"] = out["queue"].map(agents)
    return out.drop(columns=["answered_in_sl", "abandoned"]), float(above.sum() / below.sum())


@pytest.fixture(scope="module")
def plan():
    return desk(**PLAN, **STAFF)


@pytest.mark.parametrize("cause", CAUSES)
def test_the_step_of_the_cause_carries_the_change(plan, cause):
    """Fixed seed. The table is a mean of 150 days, so that nothing but the cause differs from the plan.

    The step of the cause has the sign and at least 70 % of the whole change; each of the others has less than 30 % of
    it. (Rounded counts and the sampling of 150 days move the SL by a point or so.)
    """
    agents = {"sales": 3, "help": 2} if cause == "staffing" else {"sales": 4, "help": 2}
    table, sl = mean_day(plan.vary(CAUSES[cause]), agents)
    found = explain_actuals(plan, table, **FEW)
    steps = found.steps.set_index("step")["change"]
    whole = sl - found.start
    assert abs(whole) > 0.05 and found.end == pytest.approx(sl)
    assert steps.drop("noise").abs().idxmax() == cause, steps
    assert steps[cause] / whole > 0.7, steps
    assert (steps.drop([cause, "noise"]).abs() < 0.3 * abs(whole)).all(), steps
    assert abs(steps["noise"]) < 0.06, steps


@pytest.mark.parametrize("shapley", [False, True])
@pytest.mark.parametrize("queue", ["", "sales"])
def test_the_steps_add_up_exactly(plan, shapley, queue):
    table, _ = mean_day(plan.vary(CAUSES["volume"]), {"sales": 3, "help": 2})
    found = explain_actuals(plan, table, queue=queue, shapley=shapley, replications=10, threads=1)
    assert found.start + found.steps["change"].sum() == pytest.approx(found.end, abs=1e-12)
    assert found.steps["step"].tolist() == ["volume", "handle_time", "staffing", "other", "noise"]
    assert np.isfinite(found.steps[["low", "high"]]).all(axis=None)
    assert found.steps["level"].iloc[-1] == pytest.approx(found.end, abs=1e-12)


def test_the_noise_of_days_that_went_as_planned_is_called_noise(plan):
    """Single drawn days with the true volume and people: at most 4 of 20 have something else than noise.

    Fixed seed; of 20 right 95 % ranges more than 4 fail with a chance of 0.3 %.
    """
    model = prepare(plan, 5)
    _, ledgers = replicate(model, 20, threads=1, keep=True)
    other = 0
    for ledger in ledgers:
        table = seen(plan, ledger, model, CLOSE).assign(aht_s=np.nan)
        table["agents"] = table["queue"].map({"sales": 4, "help": 2})
        steps = explain_actuals(plan, table, replications=20, threads=1).steps.set_index("step")["change"]
        other += steps["other"] != 0.0
    assert other <= 4


def test_both_engines_explain_alike(plan):
    table, _ = mean_day(plan.vary(CAUSES["volume"]), {"sales": 4, "help": 2})
    one, two = (explain_actuals(plan, table, engine=e, replications=2, threads=1).steps for e in ("clock", "story"))
    pd.testing.assert_frame_equal(one, two)


def test_what_the_actuals_do_not_tell_is_no_step_or_is_asked_for(plan):
    table, _ = mean_day(plan, {"sales": 4, "help": 2})
    bare = explain_actuals(plan, table.drop(columns=["agents", "aht_s"]), replications=5, threads=1)
    assert bare.steps["step"].tolist() == ["volume", "other", "noise"]
    with pytest.raises(ExportError) as wrong:
        explain_actuals(plan, table.drop(columns="service_level"), replications=5, threads=1)
    assert len(wrong.value.faults) == 2 and "answered_in_sl or service_level" in str(wrong.value)
    with pytest.raises(ValueError, match="asa"):
        explain_actuals(plan, table, figure="asa")


def test_the_command_shows_saves_and_prints_it(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table, _ = mean_day(plan.vary(CAUSES["volume"]), {"sales": 4, "help": 2})
    table.to_csv("monday.csv", index=False)
    Path("desk.yaml").write_text(DESK, encoding="utf-8")
    words = ["explain", "desk.yaml", "--actuals", "monday.csv", "--planned-staff", "--replications", "4"]
    said = CliRunner().invoke(cli, [*words, "--until", "12:00"])
    assert said.exit_code == 0, said.output
    assert "Plan" in said.output and "Actual" in said.output and "Noise" in said.output
    folder = Path("results/explain-desk")
    assert {one.name for one in folder.iterdir()} >= {"steps.csv", "explanation.json", "waterfall.png"}
    document = json.loads(CliRunner().invoke(cli, [*words, "--json", "--no-save"]).stdout)
    assert [step["step"] for step in document["steps"]][-2:] == ["other", "noise"]
    for wrong in (["explain", "desk.yaml", "--date", "2026-03-02"], [*words, "desk.yaml"]):
        said = CliRunner().invoke(cli, wrong)
        assert said.exit_code == 2 and "--actuals" in said.output


def test_it_is_a_public_name():
    assert cxsim.explain_actuals is explain_actuals
