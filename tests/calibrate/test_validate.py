"""A scenario against what was recorded: the right one does not differ, a wrong one does, and the cause is named."""

from __future__ import annotations

import numpy as np
import pytest
from calibrate.made_contacts import TRUTH, contacts, logins
from click.testing import CliRunner

import cxsim
from cxsim.calibrate import validate
from cxsim.cli import cli
from cxsim.importing import ExportError
from cxsim.metrics.confidence_intervals import holm

HEAVY = {"groups.both.agents": 4, "groups.orders only.agents": 2}


@pytest.fixture(scope="module")
def tables():
    return {"contacts": contacts(seed=3), "staffing": logins()}


def found(tables, **changes):
    return validate(cxsim.parse(TRUTH).vary(changes), tables, replications=12)


def test_the_truth_does_not_differ_from_its_own_record(tables):
    """Fixed seed; the chance of any false difference is 5 %."""
    one = found(tables)
    assert not len(one.differs), one.differs
    assert set(one.table["scope"]) == {"total", "interval", "reason"}
    assert set(one.table["figure"]) == {"queued", "abandoned", "wait", "within_20", "within_60", "handle_time"}


def test_longer_talk_than_recorded_differs_and_the_cause_is_handle_time(tables):
    """Talk of a third more: waits differ; the step of handle times takes the miss back, the rest is small."""
    one = found(tables, **{"reasons.*.handle_times": {"factor": 1.33}})
    wait = one.table[(one.table["scope"] == "total") & (one.table["figure"] == "wait")].iloc[0]
    assert wait["differs"] and wait["simulated"] > wait["observed"]
    steps = one.causes[one.causes["figure"] == "wait"].set_index("cause")["change"]
    assert steps["handle time"] < -5 and abs(steps["handle time"]) > 3 * abs(steps["staffing"])


@pytest.mark.parametrize(
    "change, cause",
    [({"reasons.*.volume.factor": 1.3}, "volume"), ({"groups.both.agents": 3}, "staffing")],
)
def test_the_miss_of_a_plan_is_put_down_to_what_was_planned_wrong(tables, change, cause):
    steps = found(tables, **change).causes
    wait = steps[steps["figure"] == "wait"].set_index("cause")["change"]
    causes = wait[["volume", "handle time", "staffing"]]
    assert causes.abs().idxmax() == cause and causes[cause] < -5


def test_the_steps_add_up_to_what_was_observed(tables):
    for _, part in found(tables).causes.groupby("figure"):
        steps = part.set_index("cause")["change"]
        assert steps.drop("observed").sum() == pytest.approx(steps["observed"])


def test_other_patience_than_recorded_is_in_the_rest(tables):
    """Customers who never abandon: nothing of the plan is wrong, so the step that remains is large."""
    one = found(tables, **{"reasons.*.patience": "never"})
    steps = one.causes[one.causes["figure"] == "abandoned"].set_index("cause")["change"]
    assert steps["rest"] > 0.15 and steps[["volume", "handle time", "staffing"]].abs().max() < 0.01


def test_holm_by_hand():
    """Sorted p-values times 4, 3, 2, 1, never falling, at most 1."""
    assert holm(np.array([0.01, 0.5, 0.02, 0.04])) == pytest.approx([0.04, 0.5, 0.06, 0.08])


def test_reasons_that_the_scenario_does_not_have_are_faults_with_the_option_to_add(tables):
    log = tables["contacts"].assign(queue=tables["contacts"]["queue"].replace({"orders": "Sales"}))
    with pytest.raises(ExportError, match=r"'Sales' is not a reason of the scenario; add --name 'Sales'=REASON"):
        validate(cxsim.parse(TRUTH), {"contacts": log}, replications=5)
    named = validate(cxsim.parse(TRUTH), {"contacts": log}, names={"Sales": "orders"}, replications=5)
    assert "orders" in set(named.table["name"])


def test_command_says_what_differs(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").mkdir()
    tables["contacts"].to_csv("log/contacts.csv", index=False)
    folder = cxsim.calibrate.calibrate("log", replications=2).save("center")
    words = ["validate", str(folder / "scenario.yaml"), "--against", "log"]
    done = CliRunner().invoke(cli, [*words, "--replications", "5"])
    assert done.exit_code == 0, done.output
    assert "by more than chance" in done.stdout and "planned" in done.stdout
    names = {path.name for path in (tmp_path / "results" / "validate-center").iterdir() if path.name[0] != "."}
    assert names == {"comparison.csv", "causes.csv", "report.html", "report.json"}
    wrong = CliRunner().invoke(cli, [*words, "--name", "x"])
    assert wrong.exit_code == 2 and "DATA=NAME" in wrong.output
