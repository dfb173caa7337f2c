"""`cxsim plan` stores its plan before the proof, and leaves time within its limit for the workbook."""

import pytest

SHORT = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: 09:00-11:00, interval: 1 h}
reasons: {a: {volume: 20/h, handle_time: 4 min, patience: 3 min}}
queues: {a: {target: {sl: {share: 50%, within: 20s}}}}
groups: {one: {agents: 3, serves: [a], wage: 10}}
"""


@pytest.fixture
def short(center):
    (center / "short.yaml").write_text(SHORT)
    return center


def test_a_plan_that_is_stopped_at_its_proof_is_in_its_folder(cxsim, short, monkeypatch):
    def killed(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("cxsim.optimizer.proving.certify", killed)
    assert cxsim("plan", "short.yaml").exit_code == 130
    assert (short / "results/plan-short/plan.csv").exists()
    assert not (short / "results/plan-short.xlsx").exists()


def test_the_limit_covers_the_workbook_and_the_what_ifs(cxsim, short, monkeypatch):
    given = []

    def searching(*args, seconds, **more):
        given.append(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr("cxsim.optimizer.optimize.optimize", searching)
    assert cxsim("plan", "short.yaml", "--time-limit", "60s").exit_code == 130
    assert 30.0 < given[0] < 58.0


def test_a_plan_of_headcounts_is_shown_by_time_and_says_on_what_its_service_rests(cxsim, short):
    """Before, the command ended with an internal error: such a plan has no shifts to show."""
    done = cxsim("plan", "short.yaml", "--replications", "2", "--time-limit", "1min")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Who works when: agents present, by time and group" in said
    assert "Service and what-ifs here are means of 2 replications; the first sentence rests on more." in said
