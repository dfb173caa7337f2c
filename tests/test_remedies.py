"""Ready-made levers: what they change, that nothing changes by none of it, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from agreement.running import differences

from cxsim.model.prepare import prepare
from cxsim.scenario import ScenarioError, parse, read
from cxsim.scenario.lever_catalogue import LEFT_OUT, MODELS, REMEDIES, changed, members, missing
from cxsim.simulation.replications import replicate
from cxsim.studies.levers import levers, pulled

EVERYTHING = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 2, "open": "08:00-12:00", "after": "5 days"},
    "segments": {"all": {"value": 200, "customers": 4000}},
    "experience": {"survey": {"asked": "50%"}, "memory": {"churn_doubles": 10}},
    "channels": {"phone": {"patience": "2 min"}},
    "reasons": {
        "bills": {
            "volume": "60/h",
            "talk": {"lognormal": {"mean": "4 min", "cv": "60%"}},
            "wrap": "30s",
            "resolution": "70%",
            "flow": "menu",
        },
        "faults": {"volume": "30/h", "handle_time": "6 min", "resolution": "55%", "flow": "menu"},
    },
    "flow": {
        "menu": {
            "menu": {
                "time": "20s",
                "hang_up": "4%",
                "invalid": "5%",
                "tries": 2,
                "chooses": {"bills": {"one": "100%"}, "faults": {"two": "100%"}},
            },
            "to": {"one": "portal", "two": "faults"},
            "otherwise": "faults",
        },
        "portal": {"self_service": {"time": "60s", "contained": "40%", "of_which_false": "25%"}, "then": "bills"},
    },
    "queues": {
        "bills": {},
        "faults": {"transfers": {"to": "experts", "share": "40%", "when": "unresolved", "retold": "60s"}},
    },
    "groups": {
        "service": {
            "agents": 9,
            "serves": ["bills", "faults"],
            "wage": 24,
            "spread": {"resolution": "5 points"},
            "tenure": {"attrition": "40%", "handle_time": "150%", "resolution": "-15 points", "halves": "60 days"},
        },
        "experts": {"agents": 2, "skills": {"experts": {"resolution": "90%", "handle_time": "5 min"}}, "wage": 30},
    },
    "after_contact": {
        "unresolved": {"repeat": "60%", "delay": "2 h"},
        "abandoned": {"redial": "50%", "delay": "10 min"},
    },
}


def legs_of(scenario):
    (made,) = replicate(prepare(scenario, 3), 1, keep=True)[1]
    return made


@pytest.mark.parametrize("name", [name for name in REMEDIES if name not in ("shared_history", "peer_learning")])
def test_a_remedy_of_size_nothing_changes_not_one_row(name) -> None:
    scenario = parse(EVERYTHING)
    none = changed(scenario, [name], dict.fromkeys(REMEDIES[name].sizes, 0.0))
    assert not differences(legs_of(scenario), legs_of(none))


@pytest.mark.parametrize(
    ("name", "figure", "up"),
    [
        ("shared_history", "effort", False),
        ("smart_desktop", "sl", True),
        ("knowledge_base", "first", True),
        ("empowerment", "effort", False),
        ("simple_menu", "first", True),
        ("better_portal", "solved", True),
        ("community", "value_lost", False),
        ("timed_calls", "first", False),
        ("untimed_calls", "first", True),
        ("closed_loop", "solved", True),
        ("training", "first", True),
    ],
)
def test_what_a_remedy_does_points_the_way_it_says(name, figure, up) -> None:
    """Each with 95 % intervals of 12 paired replications, on the side that its mechanism means."""
    scenario = parse({**EVERYTHING, "levers": {"it": {"use": name}}})
    row = levers(scenario, replications=12, seed=2).table.iloc[0]
    if up:
        assert row[f"{figure}_low"] > 0.0
    else:
        assert row[f"{figure}_high"] < 0.0


def test_who_may_decide_hands_on_half_as_many_and_resolves_the_others() -> None:
    scenario = parse(EVERYTHING)
    free = changed(scenario, ["empowerment"], {})
    before, after = scenario.reasons["faults"], free.reasons["faults"]
    assert after.resolution == pytest.approx(0.55 + 0.45 * 0.4 * 0.5)
    (rule,) = free.queues["faults"].transfers
    share = rule.share["faults"]
    assert share * (1.0 - after.resolution) == pytest.approx(0.5 * 0.4 * (1.0 - before.resolution))
    assert after.cost == pytest.approx(0.45 * 0.4 * 0.5 * 1.2 * 0.05 * 200)


def test_laws_keep_their_shape() -> None:
    fast = changed(parse(EVERYTHING), ["smart_desktop"], {"shorter": 0.1, "wrap": 0.5})
    talk, wrap = fast.reasons["bills"].talk, fast.reasons["bills"].wrap
    assert talk.mean == pytest.approx(216.0) and talk.cv == pytest.approx(0.6) and wrap.mean == pytest.approx(15.0)
    assert fast.reasons["faults"].talk.mean == pytest.approx(324.0)
    assert fast.groups["experts"].skills["experts"].handle_time.mean == pytest.approx(270.0)


def test_a_portal_helps_more_and_deceives_fewer() -> None:
    portal = changed(parse(EVERYTHING), ["better_portal"], {}).flow["portal"].self_service
    assert portal.of_which_false == pytest.approx(0.1)
    assert portal.contained * (1.0 - portal.of_which_false) == pytest.approx(1.1 * 0.4 * 0.75)


def test_operating_models_are_remedies_together() -> None:
    assert {name for parts in MODELS.values() for name in parts} <= set(REMEDIES)
    assert members(["relationship_management", "courtesy", "shared_history"]) == [
        "shared_history",
        "knowledge_base",
        "smart_desktop",
        "courtesy",
    ]
    assert all(reason for reason in LEFT_OUT.values())
    scenario = read("scenarios/experience/operating-models.yaml").vary({"horizon.days": 28})
    table = levers(scenario, replications=6).table.set_index("levers")
    assert table.loc["interaction", "first_high"] < 0.0 < table.loc["relationship", "first_low"]
    assert table.loc["relationship", "first"] < table.loc["experience", "first"]


def test_levers_are_pulled_together() -> None:
    tree = {
        **EVERYTHING,
        "levers": {"more": {}, "knows": {"use": ["knowledge_base"], "sizes": {"closes": "50%"}}},
        "overrides": {"more": {"groups.service.agents": 12, "reasons.bills.resolution": "80%"}},
    }
    both = pulled(parse(tree), ["knows", "more"])
    assert both.groups["service"].agents == 12
    assert both.reasons["bills"].resolution == pytest.approx(0.9)
    assert np.isclose(both.groups["service"].spread.resolution, 0.03)


@pytest.mark.parametrize(
    ("lever", "told"),
    [
        ({"use": "knowledge"}, "did you mean 'knowledge_base'"),
        ({"use": "simple_menu"}, "has no effect here: the scenario has no flow.X.menu"),
        ({"use": ["knowledge_base", "knowledge_base"]}, "is named twice"),
        ({"use": "closed_loop"}, "no experience.survey"),
        ({"use": "courtesy", "override": "x"}, "cannot be combined with"),
        ({"use": "courtesy", "sizes": {"pleasing": "10%"}}, "did you mean 'pleased'"),
        ({"use": "courtesy", "sizes": {"pleased": "110%"}}, "more than 100%"),
        ({"use": "timed_calls", "sizes": {"shorter": "100%"}}, "leaves no handle time"),
    ],
)
def test_a_lever_on_what_is_not_there_is_refused(lever, told) -> None:
    plain = {
        "cxsim": 1,
        "reasons": {"calls": {"volume": "60/h", "talk": "4 min"}},
        "levers": {"it": lever},
        "groups": {"team": {"agents": 6, "serves": ["calls"]}},
        "overrides": {"x": {"groups.team.agents": 7}},
    }
    with pytest.raises(ScenarioError, match=told):
        parse(plain)


def test_every_need_is_known_and_met_by_a_scenario_that_has_everything() -> None:
    talks = {"ai_agent": {"time": "60s", "resolves": "30%"}, "then": "bills"}
    portal = {**EVERYTHING["flow"]["portal"], "then": "assistant"}
    learns = {
        **EVERYTHING["reasons"]["faults"],
        "learning": {"halves": 9, "resolution": "5 points", "spreads": "2 days"},
    }
    reasons = {**EVERYTHING["reasons"], "faults": learns}
    flow = {**EVERYTHING["flow"], "portal": portal, "assistant": talks}
    scenario = parse({**EVERYTHING, "flow": flow, "reasons": reasons})
    assert all(not missing(scenario, remedy) for remedy in REMEDIES.values())


def test_of_several_ways_to_hand_on_all_are_decided_and_own_shares_rise_too() -> None:
    queues = {
        "bills": {},
        "faults": {
            "transfers": [
                {"to": "experts", "share": "40%", "when": "unresolved"},
                {"to": "bills", "share": "40%", "when": "unresolved"},
            ]
        },
    }
    service = {"agents": 9, "skills": {"bills": {}, "faults": {"resolution": "40%"}}}
    groups = {**EVERYTHING["groups"], "service": service}
    free = changed(parse({**EVERYTHING, "queues": queues, "groups": groups}), ["empowerment"], {})
    assert free.reasons["faults"].resolution == pytest.approx(0.55 + 0.45 * 0.5 * 0.8)
    assert free.groups["service"].skills["faults"].resolution.share == pytest.approx(0.4 + 0.6 * 0.5 * 0.8)
    shares = [one.share["faults"] for one in free.queues["faults"].transfers]
    assert shares == pytest.approx([0.2 / 0.6] * 2)


def test_nobody_is_called_back_who_was_not_asked() -> None:
    asked = {**EVERYTHING["experience"], "survey": {"asked": "50%", "of": "resolved"}}
    scenario = parse({**EVERYTHING, "experience": asked})
    loop = changed(scenario, ["closed_loop"], {})
    assert loop.reasons["bills"].after_contact.unresolved.repeat == pytest.approx(0.6)
