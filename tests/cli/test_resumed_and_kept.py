"""A certified plan that is resumed stays until a run of the same scenario certifies one that is no dearer."""

import json

import pytest

from cxsim.optimizer.known_plans import Known

SHORT = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 09:00-11:00, interval: 1 h}
reasons: {a: {volume: 20/h, handle_time: 4 min, patience: 3 min}}
queues: {a: {target: {sl: {share: 50%, within: 20s}}}}
groups: {one: {agents: 3, serves: [a], wage: 10}}
"""
STEADY = SHORT.replace(
    "{start: 2026-03-02, days: 1, open: 09:00-11:00, interval: 1 h}",
    "{steady: {warm_up: 1 h, length: 10 h}, interval: 1 h}",
)
TABLE = SHORT.replace("volume: 20/h", "volume: {file: volumes.csv}")
BARE = ("--no-advice", "--no-pictures", "--time-limit", "12s")


def broken(*args, **more):
    raise RuntimeError("out of order")


def volumes(center, calls):
    rows = [f"2026-03-02,{hour:02d}:00,{calls}" for hour in (9, 10)]
    (center / "volumes.csv").write_text("\n".join(("date,time,a", *rows, "")))


@pytest.fixture(params=["day", "steady", "table"])
def certified(cxsim, center, monkeypatch, request):
    """A folder with a certified plan; no run after this one gets a proof, and all end with another plan."""
    (center / "short.yaml").write_text({"day": SHORT, "steady": STEADY, "table": TABLE}[request.param])
    volumes(center, 20)
    done = cxsim("optimize", "short.yaml", *BARE, "--out", "kept", "--strict")
    assert done.exit_code == 0, done.stderr
    monkeypatch.setattr("cxsim.optimizer.proving.certify", broken)
    whole = Known.in_haste
    monkeypatch.setattr(Known, "in_haste", lambda self, *more: whole(self, *more) + self.run.problem.structure.integer)
    return center / "kept"


def test_a_certified_plan_is_not_lost_to_one_that_could_not_be_proved(cxsim, certified):
    before = {name: (certified / name).read_bytes() for name in ("plan.csv", "optimum.json")}
    done = cxsim("optimize", "short.yaml", *BARE, "--resume", "kept", "--strict")
    assert done.exit_code == 3, done.stderr
    assert {name: (certified / name).read_bytes() for name in before} == before
    assert "The earlier plan in kept is certified and stays; this one is in kept/unfinished." in done.stdout
    assert json.loads((certified / "unfinished" / "optimum.json").read_text())["certified"] is False
    assert "--resume kept" in done.stdout


@pytest.mark.parametrize("certified", ["table"], indirect=True)
def test_other_volumes_in_the_same_file_make_another_scenario(cxsim, center, certified):
    """Before, a plan that was certified for the old volumes stayed."""
    volumes(center, 30)
    done = cxsim("optimize", "short.yaml", *BARE, "--resume", "kept")
    assert done.exit_code == 0, done.stderr
    assert json.loads((certified / "optimum.json").read_text())["certified"] is False
    assert "stays" not in done.stdout


@pytest.mark.parametrize("certified", ["day", "steady"], indirect=True)
def test_the_answer_for_another_scenario_takes_its_place(cxsim, certified):
    more = ("--set", "reasons.a.volume.factor=1.5", "--resume", "kept")
    done = cxsim("optimize", "short.yaml", *BARE, *more)
    assert done.exit_code == 0, done.stderr
    assert json.loads((certified / "optimum.json").read_text())["certified"] is False
    assert "stays" not in done.stdout and not (certified / "unfinished").exists()
