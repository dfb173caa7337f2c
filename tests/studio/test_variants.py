"""What-if over HTTP: variants on the same draws, the same figures as `compare`, and refusals in the house form."""

import json

import pytest
from studio_world import SMALL, TIMES

import cxsim
from cxsim.studio import answers
from cxsim.studio.variants import Variant, values


@pytest.fixture
def ask(client, desk, monkeypatch):
    monkeypatch.setattr(answers, "FULL", 12)

    def asked(*variants):
        return client.post("/api/what-if", params=desk, json={"variants": list(variants)})

    return asked


def last(answer):
    """The last answer by variant."""
    assert answer.status_code == 200, answer.text
    return {one["variant"]: one for one in map(json.loads, answer.text.splitlines())}


@pytest.mark.parametrize("slow", [False, True])
def test_variants_have_the_figures_and_differences_of_compare(ask, client, desk, folder, monkeypatch, slow):
    """On a slow machine too, where the first answer has fewer replications and several questions simulate the plan."""
    if slow:
        monkeypatch.setattr(answers, "SLOW", -1.0)
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", time, 4] for time in TIMES]})
    found = last(ask({"name": "busy", "volume": 1.2}, {"name": "slow", "handle_time": 1.1, "resolution": -20}))
    (folder / "four.yaml").write_text(SMALL.replace("agents: 3", "agents: 4"))
    base = cxsim.read(folder / "four.yaml")
    busy = base.vary({"reasons.help.volume.factor": 1.2})
    slow = base.vary({"reasons.help.handle_times.factor": 1.1, "reasons.help.resolution": "80%"})
    both = cxsim.compare({"base": base, "busy": busy, "slow": slow}, replications=12)
    for number, name in ((-1, "base"), (0, "busy"), (1, "slow")):
        for figure in ("sl", "fcr_true", "cost"):
            assert found[number]["totals"][figure]["value"] == pytest.approx(
                both.results[name].estimate(figure).value, rel=1e-4
            )
    rows = both.differences.query("variant == 'busy' and figure == 'sl' and scope == 'total' and interval == 'total'")
    told = found[0]["totals"]["sl"]
    assert [told["change_low"], told["change_high"]] == pytest.approx([*rows.iloc[0][["low", "high"]]], rel=1e-3)
    assert found[0]["missed_before"] == found[-1]["missed"]
    for number, name in ((-1, "base"), (0, "busy"), (1, "slow")):
        needed = both.results[name].series("agents_required", "total")["value"].tolist()
        assert found[number]["required"] == needed[: len(TIMES)]


def test_the_first_answers_come_before_any_is_complete(ask):
    found = [
        json.loads(line) for line in ask({"name": "a", "volume": 1.1}, {"name": "b", "volume": 0.9}).text.splitlines()
    ]
    assert [one["variant"] for one in found[:3]] == [-1, 0, 1]
    assert not any(one["done"] for one in found[:3]) and all(one["done"] for one in found[-3:])


@pytest.mark.parametrize(
    "variant",
    [
        {"name": "", "volume": 1.1},
        {"name": "x", "volume": 0},
        {"name": "x", "patience": 99},
        {"name": "x", "volume": "much"},
        {},
    ],
)
def test_a_variant_that_cannot_be_is_refused(ask, variant):
    answer = ask(variant)
    assert answer.status_code == 422 and answer.json()["faults"][0]["message"]
    assert ask().status_code == 422 and ask(*[{"name": "x", "volume": 1.1}] * 6).status_code == 422


def test_a_patience_that_cannot_be_scaled_is_said_with_its_variant(ask, folder):
    (folder / "desk.yaml").write_text(SMALL + "segments: {hasty: {share: 100%, patience: 1 min}}\n")
    fault = ask({"name": "calm", "patience": 2}).json()["faults"][0]
    assert (fault["place"], fault["path"]) == ("calm", "segments.hasty.patience")


def test_factors_are_put_over_those_of_the_scenario(folder):
    text = SMALL.replace("volume: 40/h", "volume: {per_hour: 40, factor: 1.5}").replace(
        "wage: 20", "wage: 20\n    shrinkage: 10%\n    scheduled: true"
    )
    (folder / "desk.yaml").write_text(text)
    changed = values(cxsim.read(folder / "desk.yaml"), Variant(name="x", volume=2.0, shrinkage=5.0))
    assert changed["reasons.help.volume.factor"] == 3.0
    assert changed["groups.desk.shrinkage"] == "15%" and changed["groups.back.shrinkage"] == "5%"


def test_more_shrinkage_of_scheduled_teams_leaves_fewer_present(ask, folder):
    (folder / "desk.yaml").write_text(SMALL.replace("agents: 3  ", "agents: 30  ") + "staff: {scheduled: true}\n")
    found = last(ask({"name": "ill", "shrinkage": 50}))
    assert found[0]["totals"]["occupancy"]["change_low"] > 0.0
