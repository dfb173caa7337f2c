"""From Erlang C to the simulation, step by step: against formulas, against `compare`, and what must add up."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxsim
from cxsim.erlang.formulas import steady
from cxsim.erlang.requirements import erlang_c, told
from cxsim.model.prepare import prepare
from cxsim.simulation.replications import replicate
from cxsim.studies import explain_values
from cxsim.studies.explain import FIGURES, _staffing
from cxsim.studies.explain_steps import BARE, STEPS, features, whole_agents, without
from cxsim.studies.explain_values import Value, Values, in_order, random_orders, shapley

SCENARIOS = Path(__file__).parent.parent / "scenarios"
FILES = sorted(SCENARIOS.glob("*.yaml")) + sorted((SCENARIOS / "experience").glob("*.yaml"))
LARGE = ("anonymous-bank", "multi-skill-day", "omnichannel-retailer", "members-year", "operating-models", "six-skills")
STEADY: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"steady": {"warm_up": "2 h", "length": "40 h"}, "interval": "60 min"},
    "reasons": {"help": {"volume": "60/h", "talk": "5 min"}},
    "groups": {"team": {"agents": 7, "serves": ["help"]}},
}
DAY: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"open": "08:00-12:00", "days": 2, "interval": "60 min"},
    "channels": {"phone": {"patience": "2 min", "lines": 12}},
    "reasons": {
        "bill": {
            "volume": {"per_hour": [30, 50, 40, 30], "busyness": {"gamma": {"cv": "10%"}}},
            "talk": {"lognormal": {"mean": "4 min", "cv": "80%"}},
            "wrap": "40s",
            "resolution": "80%",
        },
        "move": {"volume": "20/h", "talk": "6 min"},
    },
    "groups": {
        "bills": {
            "agents": [4, 5, 5, 4],
            "skills": {"bill": {}},
            "availability": "90%",
            "spread": {"handle_time": "10%"},
        },
        "both": {"agents": 2, "skills": {"move": {}, "bill": {"rank": 2, "handle_time": "120%"}}},
    },
    "after_contact": {
        "abandoned": {"redial": "50%", "delay": "5 min"},
        "unresolved": {"repeat": "60%", "delay": "30 min"},
    },
}


def change(found: cxsim.Explanation, step: str) -> dict[str, float]:
    (row,) = found.steps[found.steps["step"] == step].to_dict("records")
    return row


def adds_up(found: cxsim.Explanation) -> None:
    assert math.fsum([found.start, *found.steps["change"]]) == pytest.approx(found.end, abs=1e-12)
    levels = found.start + found.steps["change"].cumsum()
    assert np.allclose(found.steps["level"], levels, rtol=0.0, atol=1e-12)


def test_a_center_as_erlang_c_sees_it_has_one_step_and_that_is_zero() -> None:
    """95 % intervals of three figures with a fixed seed."""
    for figure in ("sl", "asa", "occupancy", "abandoned_share"):
        found = cxsim.explain(cxsim.parse(STEADY), figure=figure, replications=30, seed=3)
        assert list(found.steps["step"]) == ["time"]
        row = change(found, "time")
        assert row["low"] <= 0.0 <= row["high"], figure
        assert found.start == pytest.approx(found.end, rel=0.1), figure
        adds_up(found)


def test_the_start_is_what_the_run_tells_of_erlang_c() -> None:
    """Row by row that of `Result.erlang`, and their mean by contacts."""
    scenario = cxsim.parse(DAY)
    model = prepare(scenario, 1)
    samples, _ = replicate(model, 4)
    table, inputs = cxsim.simulate(scenario, replications=4).erlang, told(model, samples)
    assert table is not None
    queues, intervals = np.nonzero(inputs.rate > 0.0)
    weights = (inputs.rate * inputs.open_seconds)[queues, intervals]
    rows = []
    for q, i in zip(queues, intervals, strict=True):
        alone = np.zeros_like(inputs.rate)
        alone[q, i] = inputs.rate[q, i]
        rows.append(erlang_c(model, inputs._replace(rate=alone), "sl", [q]))
    assert rows == pytest.approx(table["sl_erlang_c"].tolist())
    found = cxsim.explain(scenario, replications=4)
    assert found.start == pytest.approx(float((weights * table["sl_erlang_c"]).sum() / weights.sum()))
    mine = np.array(table["queue"] == "bill")
    found = cxsim.explain(scenario, queue="bill", replications=4)
    assert found.start == pytest.approx(float((weights * table["sl_erlang_c"])[mine].sum() / weights[mine].sum()))


@pytest.mark.parametrize("figure", ["abandoned_share", "sl"])
def test_abandonment_is_the_way_from_erlang_c_to_erlang_a(figure: str) -> None:
    """The step holds Erlang A less what the simulation without patience gave (one 95 % interval, seed fixed)."""
    scenario = cxsim.parse({**STEADY, "channels": {"phone": {"patience": "3 min"}}})
    found = cxsim.explain(scenario, figure=figure, replications=30, seed=5)
    assert list(found.steps["step"])[-2:] == ["time", "abandonment"]
    one = steady(1 / 60, 300.0, 7, patience=180.0)
    right = one.abandoned_share if figure == "abandoned_share" else one.sl(20.0)
    assert found.end_low <= right <= found.end_high
    row, before = change(found, "abandonment"), change(found, "time")["level"]
    assert row["low"] <= right - before <= row["high"]
    adds_up(found)


def test_a_center_with_repeats_alone_has_them_as_its_step() -> None:
    """The step is the paired difference that `compare` gives, and Erlang C counted the same contacts before."""
    scenario = cxsim.parse(
        {
            **STEADY,
            "reasons": {"help": {"volume": "50/h", "talk": "5 min", "resolution": "70%"}},
            "after_contact": {"unresolved": {"repeat": "60%", "delay": "1 h"}},
        }
    )
    found = cxsim.explain(scenario, replications=10, seed=2)
    assert [one for one in found.steps["step"] if one != "inputs"] == ["returns", "time", "repeats"]
    assert change(found, "returns")["change"] > 0.05 > -0.05 > change(found, "repeats")["change"]
    paired(found, scenario.vary({"after_contact.unresolved.repeat": "0%"}), scenario, "repeats", seed=2)


def paired(found: cxsim.Explanation, base: cxsim.Scenario, other: cxsim.Scenario, step: str, seed: int) -> None:
    two = cxsim.compare({"a": base, "b": other}, replications=found.replications, seed=seed)
    (row,) = two.table(found.figure).to_dict("records")
    mine = change(found, step)
    assert mine["change"] == pytest.approx(row["difference"], abs=1e-12)
    assert (mine["low"], mine["high"]) == pytest.approx((row["low"], row["high"]), abs=1e-12)


def test_the_last_step_is_the_paired_difference_of_compare() -> None:
    scenario = cxsim.parse(DAY)
    found = cxsim.explain(scenario, replications=8, seed=4)
    assert list(found.steps["step"])[-1] == "limits"
    paired(found, scenario.vary(found.overrides["limits"]), scenario, "limits", seed=4)


def test_the_steps_are_those_that_the_scenario_has_in_the_order_of_the_page() -> None:
    found = cxsim.explain(cxsim.parse(DAY), replications=3)
    had = ["busyness", "abandonment", "redials", "repeats", "after_call_work", "distributions", "multi_skill"]
    assert list(found.steps["step"]) == ["returns", "inputs", "time", *had, "availability", "individuals", "limits"]
    page = (Path(__file__).parent.parent / "docs" / "how-to" / "explain.md").read_text(encoding="utf-8")
    places = [page.find(f"| {step.title} |") for step in STEPS]
    assert -1 not in places and places == sorted(places)


@pytest.mark.parametrize("figure", FIGURES)
def test_steps_add_up_for_every_figure_in_order_and_by_shapley(figure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = cxsim.parse(DAY)
    if figure == "asa":
        scenario = scenario.vary({"groups.bills.agents": 9, "groups.both.agents": 6})
    monkeypatch.setattr(explain_values, "SOME_ORDERS", 4)
    whole = cxsim.simulate(scenario, replications=3).estimate(figure)
    for by_shapley in (False, True):
        found = cxsim.explain(scenario, figure=figure, replications=3, shapley=by_shapley)
        adds_up(found)
        assert (found.end, found.end_low, found.end_high) == pytest.approx((whole.value, whole.low, whole.high))
        assert all(found.steps["low"] <= found.steps["change"]) and all(found.steps["change"] <= found.steps["high"])


def test_both_engines_give_the_same_steps() -> None:
    scenario = cxsim.parse(DAY)
    clock, story = (cxsim.explain(scenario, replications=2, engine=one) for one in ("clock", "story"))
    assert clock.steps["change"].tolist() == pytest.approx(story.steps["change"].tolist(), abs=1e-12)


def test_the_number_of_threads_changes_nothing() -> None:
    scenario = cxsim.parse(DAY)
    one, two = (cxsim.explain(scenario, replications=4, threads=n) for n in (1, 2))
    assert one.document() == two.document()


# --- Taking steps out ------------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_taken_out_is_out_and_the_rest_is_there(file: Path) -> None:
    """Of every shipped scenario: each step by itself leaves the others, all together leave none, and it still runs."""
    if file.stem in ("members-year", "operating-models"):
        scenario = cxsim.read(file).vary({"horizon.days": 7, "horizon.before": "1 days", "horizon.after": "1 days"})
    else:
        scenario = cxsim.read(file)
    base = scenario.vary(BARE)
    model = prepare(base, 1)
    samples, _ = replicate(model, 1)
    staffing = _staffing(model, samples)
    had, headcounts = features(base, staffing), staffing._replace(on_shifts=False)
    for name in had:
        left = without(base, [name], staffing).scenario
        assert set(features(left, headcounts)) <= set(had) - {name}
        prepare(left, 1)
    bare = without(base, had, staffing)
    assert not features(bare.scenario, headcounts)
    prepare(bare.scenario, 1)


def test_dedicated_agents_are_as_many_as_the_groups_have() -> None:
    for file in ("anonymous-bank", "calls-and-mail", "staffing-week"):
        model = prepare(cxsim.read(SCENARIOS / f"{file}.yaml").vary(BARE), 1)
        samples, _ = replicate(model, 1)
        staffing = _staffing(model, samples)
        given = staffing.by_group.sum(axis=0)
        assert staffing.by_queue.sum(axis=0).tolist() == given.tolist(), file
        assert given == pytest.approx((model.plan.present).sum(axis=0), abs=0.51), file


rows = st.lists(st.floats(0.0, 9.0).map(lambda x: round(x, 3)), min_size=6, max_size=6)


@given(st.lists(rows, min_size=1, max_size=5))
def test_whole_agents_keep_the_total_of_each_interval_and_the_hours_of_each_row(exact: list[list[float]]) -> None:
    x = np.array(exact)
    whole = whole_agents(x)
    assert (whole == np.floor(whole)).all() and (whole >= 0.0).all() and (whole[x == 0.0] == 0.0).all()
    assert (abs(whole.sum(axis=0).cumsum() - x.sum(axis=0).cumsum()) <= 0.5 + 1e-6).all()
    if (x > 0.0).all():
        assert (abs(whole.sum(axis=1) - x.sum(axis=1)) <= len(exact)).all()
    y = np.round(x)
    assert (whole_agents(y) == y).all()


def test_after_call_work_and_distributions_keep_the_means() -> None:
    base = cxsim.parse(DAY).vary(BARE)
    model = prepare(base, 1)
    staffing = _staffing(model, replicate(model, 1)[0])
    for names in (["after_call_work"], ["distributions"], ["after_call_work", "distributions"]):
        reason = without(base, names, staffing).scenario.reasons["bill"]
        assert reason.talk.mean + (reason.wrap.mean if reason.wrap else 0.0) == pytest.approx(280.0)
        assert (reason.wrap is None) == ("after_call_work" in names)
        assert (reason.talk.name == "exponential") == ("distributions" in names)


# --- Shapley values ------------------------------------------------------------


def toy(value: Any) -> Values:
    return Values(lambda steps: Value(value(steps), np.array([value(steps) - 1.0, 1.0 - value(steps)])))


@pytest.mark.parametrize("count", [1, 3, 6, 9])
def test_shapley_values_of_what_adds_up_are_its_parts(count: int) -> None:
    """Over all orders (up to 6 steps) and over random ones."""
    parts = {f"step {n}": 1.5**n for n in range(count)}
    values = toy(lambda steps: math.fsum(parts[one] for one in steps))
    for weights in (shapley(list(parts))[0], in_order(list(parts))):
        for name, part in parts.items():
            assert values.change(weights[name])[0] == pytest.approx(part, abs=1e-12)


def test_shapley_values_share_out_what_steps_do_together() -> None:
    """Both of two steps are needed for 6; a third adds 1 in any case."""
    values = toy(lambda steps: 6.0 * ({"a", "b"} <= steps) + ("c" in steps))
    weights, orders = shapley(["a", "b", "c"])
    assert [values.change(weights[name])[0] for name in "abc"] == pytest.approx([3.0, 3.0, 1.0])
    assert orders == "all 6 orders of the steps"
    assert [values.change(in_order(["a", "b", "c"])[name])[0] for name in "abc"] == pytest.approx([0.0, 6.0, 1.0])


def test_random_orders_are_documented_fixed_and_in_pairs() -> None:
    names = list("abcdefgh")
    orders = random_orders(names)
    assert len(orders) == 24 and orders == random_orders(names) and len(set(orders)) > 20
    assert all(sorted(one) == names for one in orders)
    assert all(one == other[::-1] for one, other in zip(orders[::2], orders[1::2], strict=True))
    values = toy(lambda steps: float(len(steps) ** 2))
    weights, said = shapley(names)
    assert said == "24 random orders of the steps (seed 1)"
    assert math.fsum(values.change(weights[one])[0] for one in names) == pytest.approx(64.0, abs=1e-12)


# --- Shipped scenarios ------------------------------------------------------------


@pytest.mark.parametrize(
    "file", [pytest.param(one, id=one.stem, marks=[pytest.mark.slow] * (one.stem in LARGE)) for one in FILES]
)
def test_every_shipped_scenario_is_explained(file: Path) -> None:
    scenario = cxsim.read(file)
    if file.stem == "members-year":
        scenario = scenario.vary({"horizon.days": 28})
    found = cxsim.explain(scenario, replications=2)
    adds_up(found)
    assert found.end == pytest.approx(cxsim.simulate(scenario, replications=2).estimate("sl").value, abs=1e-12)
    assert not found.steps["title"].duplicated().any()


# --- What is said, drawn and saved ------------------------------------------------------------


def test_sentences_tell_sign_size_and_doubt(tmp_path: Path) -> None:
    from cxsim.report.studies.explain import sentence

    assert sentence("Redials", "they call again", "sl", -0.123, -0.13, -0.11) == (
        "Redials take away 12.3 points: they call again."
    )
    assert sentence("Abandonment", "they go", "asa", 4.0, 3.0, 5.0) == "Abandonment adds 4 s: they go."
    assert sentence("Busy days", "some", "sl", 0.01, -0.01, 0.03) == (
        "Busy days make no clear difference (−1.0 to +3.0 points): some."
    )
    assert sentence("Multi-skill", "why", "sl", 0.0, 0.0, 0.0) == "Multi-skill makes no difference: why."
    assert sentence("Volume, handle time and staffing", "a", "sl", 0.02, math.nan, math.nan) == (
        "Volume, handle time and staffing add 2.0 points: a."
    )


def test_it_is_saved_as_table_document_and_picture(tmp_path: Path) -> None:
    found = cxsim.explain(cxsim.parse(DAY), replications=2)
    folder = found.save(tmp_path / "why")
    assert sorted(one.name for one in folder.iterdir() if one.suffix in (".csv", ".json", ".png"))
    told = json.loads((folder / "explanation.json").read_text(encoding="utf-8"))
    assert told["start"]["value"] + math.fsum(row["change"] for row in told["steps"]) == pytest.approx(
        told["end"]["value"], abs=1e-12
    )
    assert (folder / "steps.csv").read_text(encoding="utf-8").startswith("step,title,change,low,high,level,sentence\n")
    assert (folder / "waterfall.png").read_bytes()[:4] == b"\x89PNG"
    axes = found.plot().axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()][1:-1] == list(found.steps["title"])
    assert "Explanation sl: Erlang C to Simulation" in repr(found)
    one = replace(found, replications=1)
    assert one.summary(80)


# --- What cannot be explained ------------------------------------------------------------


@pytest.mark.parametrize(
    ("change_", "arguments", "said"),
    [
        ({}, {"figure": "fcr"}, "figure: 'fcr' cannot be explained"),
        ({}, {"queue": "bil"}, "has no queue 'bil'; did you mean 'bill'?"),
        ({}, {"replications": 0}, "replications: 0 is not between 1 and"),
        ({"groups.both.agents": 0, "groups.bills.agents": 1}, {"figure": "asa"}, "Erlang C has no finite wait"),
        ({"reasons.move.volume.factor": 0}, {"queue": "move"}, "move"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_the_reason(change_: Any, arguments: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        cxsim.explain(cxsim.parse(DAY).vary(change_), **{"replications": 2, **arguments})


def test_waits_of_calls_and_mail_have_no_common_mean() -> None:
    scenario = cxsim.read(SCENARIOS / "calls-and-mail.yaml")
    with pytest.raises(ValueError, match="waits of live and deferred have no common mean; name one of call, letter"):
        cxsim.explain(scenario, figure="asa", replications=1)
