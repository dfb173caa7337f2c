"""From the tables of an import to a scenario: known parameters are found again, and what is not known is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import TRUTH, contacts, logins
from click.testing import CliRunner

import cxsim
from cxsim import Cancelled
from cxsim.calibrate import calibrate
from cxsim.cli import cli
from cxsim.importing import ExportError

TOLD = []  # (done, expected) of the calibration below


@pytest.fixture(scope="module")
def found():
    """The truth of made_contacts, recorded and calibrated; seed fixed."""
    tables = {"contacts": contacts(), "staffing": logins()}
    return calibrate(tables, replications=4, progress=lambda *step: TOLD.append(step))


def row(found, of, parameter):
    table = found.estimates
    return table[(table["of"] == of) & (table["parameter"] == parameter)].iloc[0]


def test_a_calibration_tells_how_far_it_is(found):
    done, expected = zip(*TOLD, strict=True)
    assert len(set(expected)) == 1
    assert done[0] == 1
    assert sorted(done) == list(done)
    assert done[-1] == expected[0]
    assert len(set(done)) > 12, "the settings that are tried tell their replications"


@pytest.mark.parametrize("at", [1, 2, 5])  # after reading, after the estimates, among the replications
def test_a_calibration_ends_on_request_wherever_it_is(at):
    told = []

    def progress(done, expected):
        told.append(done)
        return done < at

    with pytest.raises(Cancelled, match=f"ended on request after {at} of "):
        calibrate({"contacts": contacts(), "staffing": logins()}, replications=4, progress=progress)
    assert told[-1] == at


def test_known_parameters_are_found_again(found, tmp_path):
    """Within the 99.99 % range of each estimate: four standard errors."""
    truth = {
        ("orders", "talk: median"): 180.0,
        ("orders", "talk: sigma"): 0.7,
        ("faults", "talk: mean"): 300.0,
        ("faults", "talk: gamma shape"): 1.5,
        ("all", "after-call work: mean"): 40.0,
        ("orders", "patience: mean"): 120.0,
        ("faults", "patience: mean"): 180.0,
        ("all", "redial"): 0.4,
    }
    for (of, parameter), value in truth.items():
        one = row(found, of, parameter)
        assert one["low"] < one["value"] < one["high"]
        assert abs(one["value"] - value) <= 4 * (one["high"] - one["low"]) / 3.92, (of, parameter, one["value"])


def test_the_scenario_has_the_families_skills_hours_and_people_of_the_truth(found, tmp_path):
    scenario = cxsim.read(found.save(tmp_path / "out") / "scenario.yaml")
    assert scenario.reasons["orders"].talk.name == "lognormal"
    assert scenario.reasons["faults"].talk.name == "gamma"
    assert {law.patience.name for law in scenario.reasons.values()} == {"exponential"}
    assert {tuple(sorted(group.skills)) for group in scenario.groups.values()} == {("faults", "orders"), ("orders",)}
    assert {group.availability for group in scenario.groups.values()} == {1.0}
    assert scenario.horizon.open == dict.fromkeys(range(5), ((28800.0, 57600.0),))
    staff = pd.read_csv(tmp_path / "out" / "staff.csv")
    assert sorted(staff.drop(columns=["weekday", "time"]).to_numpy().sum(axis=0)) == [2 * 5 * 16, 4 * 5 * 16]
    assert all(reason.handle_times is None for reason in scenario.reasons.values()), "no interval differs"


def test_volumes_are_fresh_contacts(found, tmp_path):
    """The truth has 400 and 160 fresh contacts a day; observed ones contain redials of one in eleven."""
    volumes = pd.read_csv(found.save(tmp_path / "out") / "volumes.csv")
    seen = volumes[["orders", "faults"]].sum() / 5
    log = contacts()
    assert seen["orders"] == pytest.approx(400, rel=0.08) and seen["faults"] == pytest.approx(160, rel=0.08)
    assert volumes[["orders", "faults"]].sum().sum() * 2 < len(log) - 300


def test_the_closed_loop_gives_what_was_observed(found):
    """Every figure within 95 % of single replications, widened to 99.9 % for five of them."""
    for one in found.closed_loop.to_dict("records"):
        half = (one["high"] - one["low"]) / 2 * 1.7
        assert abs(one["simulated"] - one["observed"]) <= half, one


def test_every_estimate_has_a_method_and_rows(found):
    table = found.estimates
    assert (table["rows"] > 0).all() and (table["method"] != "").all()
    assert found.document()["estimates"][0]["of"] == "all"
    json.dumps(found.document(), allow_nan=False)


def test_handle_times_that_differ_between_intervals_are_found():
    """Talk is half as long again from 12:00: the factors show it; p below 1 % decides."""
    log = contacts()
    late = log["arrived"].str[11:13].astype(int) >= 12
    log["talk_s"] = np.where(late, 1.5, 1.0) * log["talk_s"]
    found = calibrate({"contacts": log, "staffing": logins()}, replications=2)
    table = pd.DataFrame([line.split(",") for line in found.files["handle-times.csv"].splitlines()[1:]])
    monday = table[(table[0] == "mon")].set_index(1)[2].astype(float)
    assert monday["14:00"] / monday["09:00"] == pytest.approx(1.5, rel=0.1)


def test_without_customers_nobody_redials_and_it_says_so():
    found = calibrate({"contacts": contacts(identities=False), "staffing": logins()}, replications=2)
    assert "\nafter_contact" not in found.files["scenario.yaml"]
    assert any("Nobody redials (no customer ids)" in text for text in found.assumptions)
    assert "Nobody redials" in found.files["scenario.yaml"], "a comment of the scenario too"


def test_few_contacts_of_a_reason_take_the_distributions_of_all():
    log = contacts()
    log.loc[log.index[:12], "queue"] = "rare"
    found = calibrate({"contacts": log, "staffing": logins()}, replications=2)
    assert any("Talk of rare is like that of all" in text for text in found.assumptions)
    assert any("Patience of rare is like that of all" in text for text in found.assumptions)


def report(**more):
    """Two weeks of an interval report: 20 offered, 18 answered, 2 abandoned in each half-hour from 08:00 to 16:00."""
    days = [f"2026-01-{d:02d}" for d in (5, 6, 7, 8, 9, 12, 13, 14, 15, 16)]
    rows = [
        {
            "queue": "q",
            "start": f"{on}T{8 + i // 2:02d}:{30 * (i % 2):02d}:00",
            "minutes": 30,
            "offered": 20,
            "answered": 18,
            "abandoned": 2,
            "aht_s": 240 + 120 * (i >= 8),
            "asa_s": 20,
            "abandon_wait_s": 30,
            "agents": 4,
        }
        for on in days
        for i in range(16)
    ]
    return pd.DataFrame(rows).assign(**more)


def test_an_interval_report_carries_volumes_handle_times_agents_and_mean_patience():
    """Time waited ⁄ abandoned: (18 × 20 + 2 × 30) ⁄ 2 = 210 s, by hand."""
    found = calibrate({"intervals": report()}, offered="total")
    assert row(found, "q", "handle time: mean")["value"] == pytest.approx(300)
    assert row(found, "q", "patience: mean")["value"] == pytest.approx(210)
    text = found.files["scenario.yaml"]
    assert "patience: 210s" in text and "open: {mon: 08:00-16:00" in text
    assert "mon,08:00,240.0" in found.files["handle-times.csv"] and "mon,12:00,360.0" in found.files["handle-times.csv"]
    assert found.files["staff.csv"].splitlines()[1] == "mon,08:00,4"
    assert found.closed_loop is None
    assert any("Nobody redials" in text for text in found.assumptions)


def test_what_an_interval_report_lacks_is_assumed_and_said():
    found = calibrate({"intervals": report().drop(columns=["aht_s", "asa_s", "agents"])}, offered="total")
    said = " ".join(found.assumptions)
    for text in ("takes 300 s", "patience is exponential with a mean of 300 s", "busy 85% of the time"):
        assert text in said and text in found.files["scenario.yaml"].replace("\n#   ", " ")


def test_command_writes_the_scenario_and_the_report(tmp_path):
    folder = tmp_path / "import"
    folder.mkdir()
    report().to_csv(folder / "intervals.csv", index=False)
    done = CliRunner().invoke(
        cli, ["calibrate", str(folder), "--offered", "total", "--out", str(tmp_path / "out"), "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["folder"] == str(tmp_path / "out") and told["assumptions"]
    assert {"scenario.yaml", "volumes.csv", "estimates.csv", "report.html", "report.json"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert CliRunner().invoke(cli, ["check", str(tmp_path / "out" / "scenario.yaml")]).exit_code == 0


@pytest.mark.parametrize(
    "name, change, said",
    [
        ("contacts", {"outcome": "gone"}, "'gone' is not an outcome"),
        ("contacts", {"wait_s": "long"}, "is not a number (wait_s)"),
        ("contacts", {"wait_s": -3}, "'-3' is below 0 (wait_s)"),
        ("contacts", {"arrived": "yesterday"}, "is not a time"),
    ],
)
def test_spoilt_tables_are_refused_with_place_value_and_fix(name, change, said, tmp_path):
    log = contacts().astype(object)
    log.loc[log.index[3], list(change)] = list(change.values())
    with pytest.raises(ExportError, match=":5") as error:
        calibrate({name: log})
    assert said in str(error.value)


def test_a_folder_without_tables_is_refused_by_the_command(tmp_path):
    done = CliRunner().invoke(cli, ["calibrate", str(tmp_path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and "import an export first" in done.output
    assert not (tmp_path / "out").exists()


def test_the_truth_is_a_scenario():
    assert cxsim.parse(TRUTH).name == "truth"


def test_a_log_that_names_no_agent_assumes_how_many_there_are(tmp_path):
    found = calibrate({"contacts": contacts().assign(agent="")})
    assert found.closed_loop is None and any("nothing says who was there" in text for text in found.assumptions)
    scenario = cxsim.read(found.save(tmp_path / "out") / "scenario.yaml")
    assert list(scenario.groups) == ["agents"]
    assert CliRunner().invoke(cli, ["check", str(tmp_path / "out" / "scenario.yaml")]).exit_code == 0


def test_names_that_a_scenario_cannot_have_are_made_plain(tmp_path):
    log = contacts().replace({"queue": {"orders": "Orders.EN [1]=a*", "faults": "x" * 200}})
    found = calibrate({"contacts": log, "staffing": logins()}, replications=2)
    scenario = cxsim.read(found.save(tmp_path / "out") / "scenario.yaml")
    assert "Orders EN 1 a" in scenario.reasons and all(len(name) <= 80 for name in scenario.reasons)


def test_days_far_apart_are_refused():
    log = contacts()
    log.loc[log.index[0], "arrived"] = "1926-01-05T08:00:00"
    with pytest.raises(ExportError, match="days apart; at most 1,100"):
        calibrate({"contacts": log})
