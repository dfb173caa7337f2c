"""The `optimize:` block: what is meant by what is written, what is written back, and where its faults are told."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cxsim.metrics import REGISTRY
from cxsim.scenario import ScenarioError, document, dump, parse, read
from cxsim.scenario.io.explain import explain
from cxsim.scenario.io.json_schema import schema
from cxsim.scenario.model.optimizing import Optimize, Rule, optimizing

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def asking(**block):
    """A small scenario with this block."""
    return {
        "cxsim": 1,
        "reasons": {"sales": {"volume": "120/h", "handle_time": "4 min"}},
        "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {"team": {"agents": 10, "serves": ["sales"]}},
        "optimize": block,
    }


def faults(mapping):
    with pytest.raises(ScenarioError) as error:
        parse(mapping)
    return [str(fault) for fault in error.value.faults]


def rules(*given):
    return parse(asking(subject_to=list(given))).optimize.rules


def test_without_a_block_the_cheapest_headcounts_that_meet_the_targets_are_meant():
    tree = asking()
    del tree["optimize"]
    scenario = parse(tree)
    assert scenario.optimize is None
    asked = optimizing(scenario)
    assert asked == Optimize()
    assert asked.kind == "headcounts"
    assert asked.objective == ("min", "cost")
    assert asked.rules == (Rule(targets=True),)
    assert asked.terms == {"wages", "overrun", "contacts"}


def test_an_empty_block_asks_the_same():
    assert parse(asking()).optimize == Optimize()


def test_what_has_a_price_counts_unless_something_else_is_said():
    asked = parse(asking(prices={"abandoned": 2, "waiting_hour": 30})).optimize
    assert asked.terms == {"wages", "overrun", "contacts", "waiting", "abandonment"}
    asked = parse(asking(prices={"abandoned": 2}, counts=["wages", "abandonment"])).optimize
    assert asked.terms == {"wages", "abandonment"}


def test_short_forms_of_rules():
    short = rules("targets", {"targets": "every interval"}, {"figure": "wait_p95", "max": "3 min"})
    long = rules(
        {"targets": True},
        {"targets": True, "each": "interval"},
        {"figure": "wait", "quantile": "95%", "max": "180s"},
    )
    assert short == long
    assert [rule.each for rule in short] == ["horizon", "interval", "horizon"]


@pytest.mark.parametrize(
    ("rule", "bound", "limit", "unit"),
    [
        ({"figure": "sl", "min": "80%"}, "min", 0.8, "share"),
        ({"figure": "asa", "max": "1 min"}, "max", 60.0, "s"),
        ({"figure": "contacts_per_issue", "max": 1.2}, "max", 1.2, ""),
        ({"figure": "occupancy", "scope": "group", "max": "85%"}, "max", 0.85, "share"),
        ({"figure": "wait_all", "quantile": "90%", "max": "2 min"}, "max", 120.0, "s"),
        ({"figure": "sl", "scope": "queue", "min": "target"}, "min", "target", "share"),
    ],
)
def test_a_bound_has_the_unit_of_its_figure(rule, bound, limit, unit):
    (one,) = rules(rule)
    assert (one.bound, one.limit, one.unit) == (bound, limit, unit)


def test_every_ratio_of_the_registry_can_be_bounded_but_the_one_that_erlang_reckons():
    limits = {"share": "50%", "s": "1 min"}
    for name, figure in REGISTRY.items():
        if figure.kind != "ratio":
            continue
        accepted = 0
        for bound in ("min", "max"):
            try:
                (one,) = rules({"figure": name, bound: limits.get(figure.unit, 1)})
            except ScenarioError:
                continue
            accepted += 1
            assert one.unit == figure.unit
        assert accepted >= (name != "agents_required"), name
    assert "is calculated by Erlang" in faults(asking(subject_to=[{"figure": "agents_required", "max": 4}]))[0]


BLOCK = {
    "maximise": "fcr_true",
    "budget": 3000,
    "counts": ["wages", "overrun", "unresolved"],
    "prices": {"unresolved": 8},
    "subject_to": [
        "targets",
        {"figure": "wait", "quantile": "95%", "max": "3 min"},
        {"figure": "sl", "scope": "queue:sales", "min": "target", "on_days": "90%"},
        {"figure": "contacts_per_issue", "max": 1.3},
    ],
    "forecasts": {"base": "70%", "storm": "30%"},
    "groups": {"team": {"min": 2, "max": 40, "keep": True}},
    "shifts": {
        "lengths": ["4 h", "8 h"],
        "starts_every": "15 min",
        "break": {"length": "30 min", "after": "3 h", "before": "5 h", "for": "8 h", "paid": True},
        "paid_extra": "15 min",
        "contracts": {"full": {"lengths": "8 h", "share": {"min": "60%"}, "hours": "40 h"}, "part": {"wage": "95%"}},
        "overtime": {"up_to": "1 h", "pay": "150%"},
    },
    "week": {"days_on": 5, "days_off_together": 2, "hours": "45 h"},
}


def whole():
    return asking(**BLOCK) | {"overrides": {"storm": {"reasons.sales.volume": "200/h"}}}


def test_what_is_written_back_reads_the_same():
    scenario = parse(whole())
    assert parse(document(scenario)).optimize == scenario.optimize
    assert parse(YAML(typ="safe", pure=True).load(dump(scenario))).optimize == scenario.optimize
    assert scenario.optimize.shifts.breaks[0].lengths == (28800.0,)
    assert scenario.optimize.shifts.overtime.pay == 1.5


def test_values_can_be_put_over_the_block():
    scenario = parse(whole(), set_=["optimize.budget=5000", "optimize.shifts.contracts.full.share.min=40%"])
    assert scenario.optimize.budget == 5000.0
    assert scenario.optimize.shifts.contracts["full"].share.min == 0.4
    assert scenario.vary({"optimize.week.rest": "12 h"}).optimize.week.rest == 43200.0


def test_explain_tells_defaults_and_places():
    found = {line.path: line for line in explain(parse(asking()))}
    assert found["optimize.minimise"].value == "cost"
    assert found["optimize.subject_to"].value == "the queues' targets"
    assert found["optimize.counts"].value.startswith("wages, overrun, contacts")
    assert not found["optimize.minimise"].given
    found = {line.path: line for line in explain(read(SCENARIOS / "staffing-week.yaml"))}
    assert found["optimize.subject_to.0.targets"].given
    assert found["optimize.shifts.break.0.before"].value == "5 h"
    assert found["optimize.week.rest"].origin.endswith("staffing-week.yaml:80:50")
    assert found["optimize.groups.sellers.max"].value == "no limit"
    assert "optimize.subject_to.0.figure" not in found


def test_editors_are_told_the_short_forms():
    parts = schema()["$defs"]
    assert {"const": "targets"} in parts["Rule"]["anyOf"]
    assert set(BLOCK) - {"maximise"} <= set(parts["Optimize"]["properties"])
    assert "break" in parts["Shifts"]["properties"]
    assert "for" in parts["Break"]["properties"]
    json.dumps(schema())


def test_a_target_may_be_named_where_a_queue_states_it():
    tree = asking(subject_to=[{"figure": "asa", "scope": "queue", "max": "target"}])
    assert "is not set for sales" in faults(tree)[0]
    tree["queues"]["sales"]["target"]["asa"] = {"max": "20s"}
    assert parse(tree).optimize.rules[0].limit == "target"


def test_the_service_level_of_a_queue_without_a_target_is_that_of_the_scenario():
    tree = asking(subject_to=[{"figure": "sl", "scope": "queue", "min": "target"}])
    del tree["queues"]
    assert parse(tree).optimize.rules[0].limit == "target"


def test_faults_of_one_part_do_not_hide_those_of_another():
    block = {**BLOCK, "budget": "3000 EUR", "week": {"days_on": 9}, "groups": {"tem": {"min": 2}}}
    said = faults(whole() | {"optimize": block})
    assert len(said) == 3
    assert "is not a number; write it without a unit: 3000" in said[0]
    assert any("'tem' is not a group; did you mean 'team'?" in line for line in said)
    assert any("optimize.week.days_on: '9' is more than 7 days" in line for line in said)


def test_the_example_of_the_scenarios_folder_is_what_a_planner_would_write():
    scenario = read(SCENARIOS / "staffing-week.yaml")
    asked = optimizing(scenario)
    assert asked.kind == "shifts"
    assert list(asked.shifts.contracts) == ["full", "part"]
    assert asked.week.days_off_together == 2
    assert asked.terms == {"wages", "overrun", "contacts", "abandonment", "unresolved"}
