"""A certified plan that is resumed stays until a run of the same scenario certifies one that is no dearer."""

import json

import pytest

SHORT = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 09:00-11:00, interval: 1 h}
reasons: {a: {volume: 20/h, handle_time: 4 min, patience: 3 min}}
queues: {a: {target: {sl: {share: 50%, within: 20s}}}}
groups: {one: {agents: 3, serves: [a], wage: 10}}
"""
BARE = ("--no-advice", "--no-pictures", "--time-limit", "2min")


def broken(*args, **more):
    raise RuntimeError("out of order")


@pytest.fixture
def certified(cxsim, center, monkeypatch):
    """A folder with a certified plan; no run after this one gets a proof."""
    (center / "short.yaml").write_text(SHORT)
    assert cxsim("optimize", "short.yaml", *BARE, "--out", "kept", "--strict").exit_code == 0
    monkeypatch.setattr("cxsim.optimizer.proving.certify", broken)
    return center / "kept"


def test_a_certified_plan_is_not_lost_to_one_that_could_not_be_proved(cxsim, certified):
    before = {name: (certified / name).read_bytes() for name in ("plan.csv", "optimum.json")}
    done = cxsim("optimize", "short.yaml", *BARE, "--resume", "kept", "--strict")
    assert done.exit_code == 3, done.stderr
    assert {name: (certified / name).read_bytes() for name in before} == before
    assert "The earlier plan in kept is certified and stays; this one is in kept/unfinished." in done.stdout
    assert json.loads((certified / "unfinished" / "optimum.json").read_text())["certified"] is False
    assert "--resume kept" in done.stdout


def test_the_answer_for_another_scenario_takes_its_place(cxsim, certified):
    more = ("--set", "reasons.a.volume.factor=1.5", "--resume", "kept")
    done = cxsim("optimize", "short.yaml", *BARE, *more)
    assert done.exit_code == 0, done.stderr
    assert json.loads((certified / "optimum.json").read_text())["certified"] is False
    assert "stays" not in done.stdout and not (certified / "unfinished").exists()
