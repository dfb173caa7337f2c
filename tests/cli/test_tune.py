"""`cxsim tune` at the command line."""

from __future__ import annotations

import json

SCENARIO = """
cxsim: 1
reasons: {quick: {volume: 60/h, talk: 2 min}, slow: {volume: 20/h, talk: 6 min}}
groups: {team: {agents: 5, serves: [quick, slow]}}
routing: {contact: cmu, weights: {slow: 6}}
"""
FAST = ("--replications", "3", "--check", "20", "--out", "t.svg")


def test_it_chooses_checks_and_draws(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    done = cxsim("tune", "s.yaml", "--over", "routing.weights.slow=1..6", *FAST)
    assert done.exit_code == 0, done.stderr
    assert "On 20 fresh replications" in done.stdout and "--set routing.weights.slow=" in done.stdout
    assert (center / "t.svg").stat().st_size > 2000
    told = json.loads(cxsim("tune", "s.yaml", "--over", "routing.weights.slow=1..6", *FAST, "--json").stdout)
    assert told["verdict"] == "better" and len(told["tried"]) == 6 and told["settings"]["routing.weights.slow"] < 3


def test_what_is_wrong_is_said(cxsim, center):
    (center / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    for words, told in (
        (("--over", "routing.weights.slow"), "is not a range"),
        (("--over", "routing.weights.slow=1..x"), "is not a range"),
        (("--over", "routing.wieghts.slow=1..3"), "did you mean"),
        (("--over", "routing.weights.slow=1..3", "--by", "asaa"), "is not a metric"),
        (("--over", "routing.weights.slow=1..3", "--by", "offered"), "no better direction"),
    ):
        done = cxsim("tune", "s.yaml", *words, *FAST)
        assert done.exit_code == 2 and told in done.stderr, done.stderr
