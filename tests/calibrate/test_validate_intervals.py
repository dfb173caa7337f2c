"""A scenario against an interval report: the right one does not differ, a wrong one does, and the cause is named."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import GROUPS, TRUTH, contacts, intervals, logins
from click.testing import CliRunner

import cxsim
from cxsim.calibrate import comparison, interval_replay, validate
from cxsim.cli import cli
from cxsim.importing import ExportError

FIGURES = {"abandoned", "asa", "abandon_wait", "service_level", "handle_time"}


@pytest.fixture(scope="module")
def tables():
    staff = logins()
    return {"intervals": intervals(contacts(seed=3)), "staffing": staff.assign(group=staff["agent"].map(GROUPS))}


def found(tables, **changes):
    return validate(cxsim.parse(TRUTH).vary(changes), tables, replications=12)


def steps(one, figure):
    return one.causes[one.causes["figure"] == figure].set_index("cause")["change"]


def test_the_truth_does_not_differ_from_its_own_report(tables):
    """Fixed seed; the chance of any false difference is 5 %."""
    one = found(tables)
    assert not len(one.differs), one.differs
    assert set(one.table["scope"]) == {"total", "interval", "queue"} and one.of == "intervals"
    assert set(one.table["figure"]) == FIGURES
    assert set(one.table[one.table["scope"] == "queue"]["name"]) == {"orders", "faults"}


def test_false_differences_are_as_rare_as_the_error_rate_says():
    """Twelve reports of the truth, 5 % each: more than three with any difference has a chance of 0.2 %."""
    staff = logins()
    staff = staff.assign(group=staff["agent"].map(GROUPS))
    wrong = 0
    for seed in range(20, 32):
        tables = {"intervals": intervals(contacts(seed=seed)), "staffing": staff}
        wrong += bool(len(validate(cxsim.parse(TRUTH), tables, replications=8, seed=seed).differs))
    assert wrong <= 3


def test_longer_talk_than_recorded_differs_and_the_cause_is_handle_time(tables):
    one = found(tables, **{"reasons.*.handle_times": {"factor": 1.33}})
    total = one.table[one.table["scope"] == "total"].set_index("figure")
    assert total.loc["handle_time", "differs"] and total.loc["asa", "differs"]
    asa = steps(one, "asa")
    assert asa["handle time"] < -5 and abs(asa["handle time"]) > 3 * abs(asa["staffing"])


@pytest.mark.parametrize(
    "change, cause",
    [({"reasons.*.volume.factor": 1.3}, "volume"), ({"groups.both.agents": 3}, "staffing")],
)
def test_the_miss_of_a_plan_is_put_down_to_what_was_planned_wrong(tables, change, cause):
    asa = steps(found(tables, **change), "asa")
    causes = asa[["volume", "handle time", "staffing"]]
    assert causes.abs().idxmax() == cause and causes[cause] < -5


def test_the_steps_add_up_to_what_was_observed(tables):
    one = found(tables)
    for figure in FIGURES:
        asa = steps(one, figure)
        assert asa.drop("observed").sum() == pytest.approx(asa["observed"])


def test_as_many_contacts_as_reported_come_in_each_interval_of_each_replication(tables):
    """Exactly the volume of the report, without redials on top, at other times in each replication."""
    scenario = cxsim.parse(TRUTH)
    records = cxsim.calibrate.records.read_records(tables)
    there = interval_replay.on_recorded_days(scenario, records, {"both": np.full(12 * 48, 1)}, 1800.0)
    counts = np.random.default_rng(1).poisson(3.0, (2, 12 * 48))
    offered = interval_replay.Offered(counts, 1800.0, [{0: 1.0}, {1: 1.0}])
    runs = interval_replay.run(there, offered, 3, 1, 1)
    for one in runs:
        for r in range(2):
            at = one.at[one.reason == r]
            np.testing.assert_array_equal(np.bincount((at // 1800).astype(int), minlength=12 * 48), counts[r])
    assert not np.array_equal(np.sort(runs[0].at), np.sort(runs[1].at))


def test_a_mean_by_hand_and_one_contact_does_not_decide():
    """Five equal replications; 1 of 50 contacts more is within chance, 20 of 50 are not."""
    runs = np.zeros(5)
    assert comparison.tested(0.02, runs, "share", 50)[3] > 0.3
    assert comparison.tested(0.4, runs, "share", 50)[3] < 0.001


def test_agents_counted_by_queue_cannot_be_given_to_groups_that_share_queues(tables):
    report = tables["intervals"].assign(agents=4)
    one = validate(cxsim.parse(TRUTH), {"intervals": report}, replications=5)
    assert any("counts agents by queue" in note for note in one.notes)
    assert "staffing" not in set(one.causes["cause"])


def test_agents_counted_by_queue_are_replayed_where_each_queue_has_a_group(tables):
    """A center of one queue with 2 agents planned; the report counts 5: the staffing step takes the wait away."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": TRUTH["horizon"],
            "reasons": {"orders": TRUTH["reasons"]["orders"]},
            "groups": {"desk": {"agents": 3, "serves": ["orders"]}},
        }
    )
    report = tables["intervals"].query("queue == 'orders'").assign(agents=5)
    asa = steps(validate(scenario, {"intervals": report}, replications=6), "asa")
    assert asa["staffing"] < -20


def test_the_time_of_the_service_level_is_said_where_the_report_does_not_say_it(tables):
    report = tables["intervals"]
    report = report.assign(service_level=report["answered_in_sl"] / report["offered"]).drop(columns="answered_in_sl")
    one = validate(cxsim.parse(TRUTH), {**tables, "intervals": report}, replications=5)
    assert any("T = 20 s" in note and "--set sl.within" in note for note in one.notes)


def test_rows_of_two_channels_of_a_queue_are_added_and_means_weighted(tables):
    """Each row split in a part of a quarter and one of three quarters: the same comparison, and a note."""
    report = tables["intervals"]
    counts = ["offered", "answered", "abandoned", "answered_in_sl"]
    one, two = report.astype(dict.fromkeys(counts, float)), report.astype(dict.fromkeys(counts, float))
    one[counts], two[counts] = 0.25 * report[counts], 0.75 * report[counts]
    one["asa_s"], two["asa_s"] = 1.3 * report["asa_s"], 0.9 * report["asa_s"]
    split = pd.concat([one, two])
    plain, added = (
        validate(cxsim.parse(TRUTH), {**tables, "intervals": table}, replications=5) for table in (report, split)
    )
    np.testing.assert_allclose(added.table["observed"], plain.table["observed"])
    np.testing.assert_allclose(added.table["simulated"], plain.table["simulated"])
    assert any("that another row has" in note for note in added.notes)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"queue": "Sales"}, r"'Sales' is not a queue or reason of the scenario; add --name 'Sales'=QUEUE"),
        ({"minutes": 1440}, "no intervals within the day"),
        ({"offered": 0}, "has 0 contacts offered"),
    ],
)
def test_a_report_that_does_not_fit_is_refused(tables, change, said):
    report = tables["intervals"].query("queue == 'orders'").assign(**change)
    with pytest.raises(ExportError, match=said):
        validate(cxsim.parse(TRUTH), {"intervals": report}, replications=5)


def test_two_queues_that_name_one_reason_and_unknown_groups_are_faults(tables):
    with pytest.raises(ExportError, match="has contacts of orders, as 'faults' has"):
        validate(cxsim.parse(TRUTH), tables, names={"faults": "orders"}, replications=5)
    staff = tables["staffing"].assign(group="night")
    with pytest.raises(ExportError, match="'night' is not a group of the scenario; add --name 'night'=GROUP"):
        validate(cxsim.parse(TRUTH), {**tables, "staffing": staff}, replications=5)


def test_command_replays_a_report(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").mkdir()
    tables["intervals"].to_csv("log/intervals.csv", index=False)
    tables["staffing"].to_csv("log/staffing.csv", index=False)
    (tmp_path / "center.yaml").write_text(json.dumps(TRUTH), encoding="utf-8")
    words = ["validate", "center.yaml", "--against", "log", "--replications", "5"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert "reported volumes" in done.stdout and "staffing" in done.stdout
    told = json.loads(CliRunner().invoke(cli, [*words, "--json", "--out", "other"]).stdout)
    assert {row["scope"] for row in told["comparison"]} == {"total", "interval", "queue"}
    page = (tmp_path / "other" / "report.html").read_text(encoding="utf-8")
    assert "By queue" in page and "service level" in page
