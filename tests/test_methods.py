"""`cxsim methods`: the checklist STRESS-DES filled in from a scenario."""

from __future__ import annotations

import re

from click.testing import CliRunner

from cxsim.cli import cli

CENTER = """
cxsim: 1
name: Bookshop
notes: How many agents does the bookshop need?
horizon: {start: 2026-01-05, open: 08:00-09:00}
channels: {phone: {patience: 3 min}}
reasons: {orders: {volume: 30/h, talk: 3 min, resolution: 70%}}
queues: {orders: {capacity: 7, target: {sl: 80%/20s}}}
groups: {team: {agents: 2, serves: [orders]}}
overrides: {three: {groups.team.agents: 3}}
"""
ITEMS = [
    *("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5"),
    *("3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "6.1"),
]


def test_every_item_is_there_with_what_the_scenario_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(CENTER)
    run = CliRunner().invoke
    text = run(cli, ["methods", "shop.yaml"]).stdout
    assert re.findall(r"^### (\S+) ", text, re.MULTILINE) == ITEMS
    for said in (
        "How many agents does the bookshop need?",
        "orders (talk: exponential, mean 180; resolved: 70 %)",
        "team (2 agents; serves orders)",
        "orders (priority 1; at most 7 waiting)",
        "phone: exponential, mean 180",
        "Named variants: three",
        "Terminating",
        "20 independent replications, 95 % t intervals",
    ):
        assert said in text, said
    steady = run(cli, ["methods", "shop.yaml", "--set", "horizon={steady: {warm_up: 2 h, length: 40 h}}"]).stdout
    assert "Non-terminating" in steady and "warm-up of 2 h" in steady
    assert "3 agents" in run(cli, ["methods", "shop.yaml", "--with", "three", "--confidence", "99"]).stdout


def test_a_results_folder_is_described_as_it_was_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(CENTER)
    run = CliRunner().invoke
    words = ["--replications", "3", "--seed", "8", "--confidence", "90", "--no-pictures", "--out", "r", "-q"]
    assert run(cli, ["run", "shop.yaml", *words]).exit_code == 0
    text = run(cli, ["methods", "r"]).stdout
    assert "3 independent replications, 90 % t intervals" in text and "Seed 8" in text
