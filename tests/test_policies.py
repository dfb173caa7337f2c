"""Routing rules that score: truth tables of small situations, and what theory says of them.

Error rates: each test of chance fails by mistake less than once in ten thousand seeds; seeds are fixed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement.running import differences, in_order, written

from cxsim import simulate
from cxsim.erlang.formulas import erlang_c
from cxsim.model.prepare import prepare
from cxsim.randomness.draws import run_key
from cxsim.rules.contact_rules import key_of
from cxsim.rules.loyalty import preferred_of, seat_of
from cxsim.rules.routing import choices, system_state
from cxsim.scenario import ScenarioError, parse
from cxsim.schema.ledger import REPEAT, TOLD_AGAIN

NOW = 1000.0


def center(rule="rank_then_longest_wait", agent="rank_then_longest_idle", **more):
    """Two queues; a specialist of each and one who serves both, at other speeds and resolutions."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-18:00"},
            "reasons": {
                "quick": {"volume": "50/h", "talk": "2 min", "resolution": "60%"},
                "slow": {"volume": "30/h", "talk": "5 min", "resolution": "80%"},
            },
            "groups": {
                "one": {"agents": 2, "skills": {"quick": {}}},
                "two": {"agents": 3, "skills": {"slow": {"resolution": "90%"}}},
                "both": {"agents": 2, "skills": {"quick": {"handle_time": "80%"}, "slow": {"handle_time": "150%"}}},
            },
            "routing": {"contact": rule, "agent": agent, **more},
        }
    )


def chosen_queue(scenario, waiting, since, group="both"):
    """The queue that an agent takes from, with so many waiting in each, the first since then."""
    model = prepare(scenario)
    board = system_state.board(model.network, 0)
    board["queues"]["waiting"] = waiting
    board["groups"]["idle"] = 1
    for queue, (first, issue) in enumerate(zip(since, (5, 7), strict=True)):
        system_state.show_head(model.network.record, board.record, queue, float(first), issue)
    number = list(scenario.groups).index(group)
    return ("quick", "slow", None)[int(choices.choose_queue(model.network.record, board.record, number, NOW))]


def chosen_group(scenario, idle, since, queue):
    """The group whose agent takes a contact, with so many idle in each, the longest since then."""
    model = prepare(scenario)
    board = system_state.board(model.network, 0)
    for group, seat in enumerate((0, 2, 5)):
        board["agents"]["idle_since"][seat] = since[group]
        system_state.show_idle(model.network.record, board.record, group, idle[group], seat if idle[group] else -1)
    number = list(scenario.queues).index(queue)
    seat = int(choices.choose_agent(model.network.record, board.record, number, NOW, NOW, 0.5))
    return None if seat < 0 else list(scenario.groups)[int(model.network["team"]["group"][seat])]


@pytest.mark.parametrize(
    ("rule", "more", "waiting", "since", "chosen"),
    [
        ("longest_queue", {}, [3, 4], [100, 900], "slow"),
        ("longest_queue", {}, [4, 4], [900, 100], "slow"),  # a tie: who has waited longer
        ("longest_queue", {"weights": {"quick": 2}}, [3, 5], [900, 100], "quick"),
        ("longest_queue", {}, [0, 0], [math.inf, math.inf], None),
        ("weighted_wait", {}, [1, 9], [100, 101], "quick"),
        ("weighted_wait", {"weights": {"slow": 3}}, [1, 1], [400, 790], "slow"),  # 600 against 3 · 210
        ("weighted_wait", {"weights": {"slow": 3}}, [1, 1], [400, 810], "quick"),
        ("ageing", {"credit": {"slow": "5 min"}}, [1, 1], [600, 899], "slow"),
        ("ageing", {"credit": {"slow": "5 min"}}, [1, 1], [600, 901], "quick"),
        ("cmu", {}, [1, 9], [990, 0], "quick"),  # one in 96 s against one in 450 s
        ("cmu", {"weights": {"quick": 1, "slow": 5}}, [1, 1], [0, 990], "slow"),  # 1/96 < 5/450
        ("generalised_cmu", {}, [1, 1], [990, 955], "quick"),  # 10/96 > 45/450
        ("generalised_cmu", {}, [1, 1], [990, 950], "slow"),  # 10/96 < 50/450
        ("queue_ratio", {"weights": {"quick": 1, "slow": 3}}, [3, 6], [100, 200], "quick"),  # 3 − 9/4 > 6 − 27/4
        ("queue_ratio", {"weights": {"quick": 1, "slow": 3}}, [2, 7], [100, 200], "slow"),  # 2 − 9/4 < 7 − 27/4
        ("resolve_first", {}, [1, 1], [100, 990], "slow"),  # 60 % against 80 %
        ("p_mu", {}, [1, 1], [990, 100], "quick"),  # 0.6/96 against 0.8/450
    ],
)
def test_which_contact(rule, more, waiting, since, chosen) -> None:
    assert chosen_queue(center(rule, **more), waiting, since) == chosen


@pytest.mark.parametrize(
    ("rule", "more", "idle", "since", "queue", "chosen"),
    [
        ("fastest", {}, [1, 1, 1], [0, 0, 900], "quick", "both"),  # at 80 %
        ("fastest", {}, [1, 1, 1], [0, 900, 0], "slow", "two"),
        ("resolve_first", {}, [1, 1, 1], [0, 900, 0], "slow", "two"),
        ("resolve_first", {}, [1, 1, 1], [900, 0, 0], "quick", "both"),  # alike: who has been idle longer
        ("p_mu", {}, [1, 1, 1], [0, 0, 900], "quick", "both"),
        ("specialist_first", {}, [1, 1, 1], [900, 0, 0], "quick", "one"),
        ("specialist_first", {}, [0, 1, 1], [math.inf, 0, 0], "quick", "both"),
        ("idleness_ratio", {}, [1, 3, 2], [0, 0, 900], "quick", "both"),
        ("idleness_ratio", {"idleness": {"one": 1, "two": 3, "both": 8}}, [1, 3, 2], [900, 0, 0], "quick", "one"),
        ("fastest", {}, [0, 0, 0], [math.inf] * 3, "quick", None),
    ],
)
def test_which_agent(rule, more, idle, since, queue, chosen) -> None:
    assert chosen_group(center(agent=rule, **more), idle, since, queue) == chosen


@pytest.mark.parametrize(
    "rule", ["longest_queue", "weighted_wait", "ageing", "cmu", "generalised_cmu", "queue_ratio", "p_mu"]
)
@pytest.mark.parametrize("agent", ["fastest", "specialist_first", "idleness_ratio"])
def test_both_engines_choose_alike(rule, agent) -> None:
    model = prepare(center(rule, agent, weights={"slow": 2}, credit={"slow": "1 min"}, idleness={"both": 3}))
    one, other = (in_order(written(model, engine)) for engine in ("clock", "story"))
    assert not differences(one, other) and len(one.legs) > 500


def single(rule, weights):
    """One agent, two kinds of contacts, exponential work: an M/M/1 queue with priorities."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "400 h"}, "interval": "60 min"},
            "reasons": {
                "quick": {"volume": {"per_hour": 12}, "talk": {"exponential": {"mean": "90s"}}},
                "slow": {"volume": {"per_hour": 6}, "talk": {"exponential": {"mean": "4 min"}}},
            },
            "groups": {"team": {"agents": 1, "serves": ["quick", "slow"]}},
            "routing": {"contact": rule, "weights": weights},
        }
    )


@pytest.mark.parametrize(("weights", "first"), [({}, "quick"), ({"slow": 4}, "slow")])
def test_the_cmu_rule_is_the_priority_that_the_costs_say(weights, first) -> None:
    """Mean waits by Cobham (1954) for the order of c · μ; 60 runs, within 3.9 errors."""
    load = {"quick": 12 * 90 / 3600, "slow": 6 * 240 / 3600}
    residual = (12 * 2 * 90**2 + 6 * 2 * 240**2) / 3600 / 2
    second = "slow" if first == "quick" else "quick"
    meant = {first: residual / (1 - load[first]), second: residual / ((1 - load[first]) * (1 - sum(load.values())))}
    found = simulate(single("cmu", weights), replications=60, seed=8)
    for queue, wait in meant.items():
        got = found.estimate("asa", "queue", queue)
        assert abs(got.value - wait) < 3.9 / 2.0 * (got.high - got.low) / 2.0


def test_the_cmu_rule_costs_least_of_all_priorities() -> None:
    """Σ c · λ · wait, for two costs, against the other order and against first come (Cox and Smith 1961)."""
    for weights in ({}, {"slow": 4}):
        cost = {"quick": 1.0, "slow": 1.0} | weights
        totals = {}
        for rule in ("cmu", "first_come", "longest_queue"):
            found = simulate(single(rule, weights if rule == "cmu" else {}), replications=30, seed=8)
            waits = {queue: found.estimate("asa", "queue", queue).value for queue in cost}
            totals[rule] = cost["quick"] * 12 * waits["quick"] + cost["slow"] * 6 * waits["slow"]
        assert totals["cmu"] == min(totals.values())


def test_queues_keep_their_ratio_in_a_large_center() -> None:
    """State-space collapse of the queue ratio (Gurvich and Whitt 2009): with many agents queues stand as 1 to 3."""
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "5 h", "length": "30 h"}, "interval": "60 min"},
            "reasons": {
                name: {"volume": {"per_hour": 1930}, "talk": {"exponential": {"mean": "3 min"}}} for name in ("a", "b")
            },
            "groups": {"team": {"agents": 196, "serves": ["a", "b"]}},
            "routing": {"contact": "queue_ratio", "weights": {"a": 1, "b": 3}},
        }
    )
    found = simulate(scenario, replications=6, seed=1)
    lengths = [found.estimate("queue_length", "queue", name).value for name in ("a", "b")]
    assert lengths[0] + lengths[1] > 20.0
    assert lengths[0] / sum(lengths) == pytest.approx(0.25, abs=0.01)


def test_the_fastest_first_wait_less_than_the_slowest_first() -> None:
    """Inverted V: with the fast ones taken first waits are shorter (Armony 2005) than with the slow ones first."""
    tree = {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "4 h", "length": "40 h"}, "interval": "60 min"},
        "reasons": {"calls": {"volume": {"per_hour": 110}, "talk": {"exponential": {"mean": "4 min"}}}},
        "groups": {
            "slow": {"agents": 6, "skills": {"calls": {"handle_time": "140%"}}},
            "fast": {"agents": 6, "skills": {"calls": {"handle_time": "80%", "rank": 2}}},
        },
    }
    fast, ranked = (
        simulate(parse({**tree, "routing": {"agent": rule}}), replications=12, seed=3).estimate("asa")
        for rule in ("fastest", "rank_then_longest_idle")
    )
    assert fast.high < ranked.low


def test_names_that_nobody_has_are_refused() -> None:
    with pytest.raises(ScenarioError, match="is not a queue"):
        center("weighted_wait", weights={"quik": 2})
    with pytest.raises(ScenarioError, match="is not a group"):
        center(agent="idleness_ratio", idleness={"bothh": 2})


def test_scores_are_tables_that_plain_rules_have_not() -> None:
    plain, scored = (prepare(center(rule)).network for rule in ("first_come", "cmu"))
    assert not len(plain["contact_scores"]) and len(scored["contact_scores"]) == 4
    assert np.all(scored["contact_scores"]["base"] > 0.0)


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_the_last_agent_takes_it_again_if_idle(engine) -> None:
    """Each repeat goes to who talked last exactly if idle then, and only others are told the story again."""
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-18:00"},
            "reasons": {"help": {"volume": "60/h", "talk": "4 min", "resolution": "40%"}},
            "after_contact": {"unresolved": {"repeat": "90%", "delay": "20 min", "at_most": 5}},
            "groups": {"team": {"agents": 9, "serves": ["help"]}},
            "routing": {"last_agent": True},
        }
    )
    legs = written(prepare(scenario), engine).legs
    last: dict[int, int] = {}
    found = {True: 0, False: 0}
    for leg in legs[np.lexsort((legs["answered"], legs["arrived"]))]:
        before = last.get(int(leg["issue"]), -1)
        if leg["cause"] == REPEAT and leg["answered"] == leg["queued"]:
            at = float(leg["answered"])
            engaged = bool(((legs["agent"] == before) & (legs["answered"] < at) & (legs["ended"] > at)).any())
            found[not engaged] += 1
            assert (int(leg["agent"]) == before) == (not engaged)
            assert bool(leg["felt"] & TOLD_AGAIN) == engaged
        if leg["answered"] >= 0.0:
            last[int(leg["issue"])] = int(leg["agent"])
    assert found[True] > 50 and found[False] > 20


def advised(**routing):
    """One kind of work for two teams, of customers who come again."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 5, "open": "08:00-18:00"},
            "segments": {
                "key": {"share": "40%", "customers": 400, "heavy_users": "70%"},
                "others_of_us": {"share": "60%"},
            },
            "reasons": {"help": {"volume": "60/h", "talk": "4 min", "resolution": "40%"}},
            "after_contact": {"unresolved": {"repeat": "90%", "delay": "20 min", "at_most": 5}},
            "groups": {
                "team": {"agents": 6, "serves": ["help"]},
                "advisers": {"agents": 4, "skills": {"help": {"order": 2, "rank": 1}}},
            },
            "routing": routing,
        }
    )


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_a_customer_comes_to_the_preferred_agent_if_idle(engine) -> None:
    """Each contact of a key customer that finds somebody idle goes to one and the same agent exactly if idle."""
    model = prepare(advised(preferred_agent={"key": "advisers"}))
    legs = written(model, engine).legs
    net, run = model.network.record, run_key(model.seed, 0)
    found = {True: 0, False: 0}
    of_seat: dict[int, set[int]] = {}
    for leg in legs[(legs["segment"] == 0) & (legs["answered"] == legs["queued"])]:
        own = int(preferred_of(net, run, int(leg["issue"]), 0))
        seat = int(seat_of(net, 0, np.uint64(key_of(net, run, int(leg["issue"])))))
        at = float(leg["answered"])
        engaged = bool(((legs["agent"] == own) & (legs["answered"] < at) & (legs["ended"] > at)).any())
        assert 6 <= own < 10 and (int(leg["agent"]) == own) == (not engaged)
        found[not engaged] += 1
        of_seat.setdefault(seat, set()).add(own)
    assert found[True] > 300 and found[False] > 50
    assert len(of_seat) > 30 and all(len(owns) == 1 for owns in of_seat.values())
    for leg in legs[(legs["segment"] == 1) & (legs["answered"] == legs["queued"]) & (legs["agent"] >= 6)]:
        at = float(leg["answered"])
        assert ((legs["agent"] < 6) & (legs["answered"] <= at) & (legs["ended"] > at)).sum() == 6


def test_the_share_that_meets_its_preferred_agent_is_that_of_a_formula() -> None:
    """In M/M/n all agents are alike: 1 − ρ + C ⁄ n with Erlang's C; and nobody's wait changes for it.

    Within 4 standard errors over 40 days, false in one run of 16,000; the seed is fixed.
    """
    tree = {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "2 h", "length": "24 h"}},
        "reasons": {"help": {"volume": "42/h", "talk": {"exponential": {"mean": "4 min"}}}},
        "groups": {"team": {"agents": 4, "serves": ["help"]}},
    }
    own, usual = (prepare(parse({**tree, "routing": routing})) for routing in ({"preferred_agent": "team"}, {}))
    shares = []
    for replication in range(40):
        run = run_key(own.seed, replication)
        legs, other = (in_order(written(model, "clock", replication)).legs for model in (own, usual))
        np.testing.assert_array_equal(legs["answered"], other["answered"])
        mine = [int(preferred_of(own.network.record, run, int(issue), 0)) for issue in legs["issue"]]
        shares.append(float((legs["agent"] == mine)[legs["answered"] >= 0].mean()))
    load = 42 / 60 * 4
    expected = 1 - load / 4 + float(erlang_c(load, 4)) / 4
    assert abs(np.mean(shares) - expected) < 4 * np.std(shares, ddof=1) / math.sqrt(40)


def test_who_knows_the_customer_saves_telling_it_again() -> None:
    told = [
        simulate(advised(**routing), replications=5).estimate("effort").value
        for routing in ({}, {"preferred_agent": {"key": "advisers"}}, {"preferred_agent": "team", "last_agent": True})
    ]
    assert told[0] > told[1] > told[2]


def test_the_last_agent_saves_effort_and_changes_no_customer() -> None:
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-18:00"},
        "reasons": {"help": {"volume": "60/h", "talk": "4 min", "resolution": "50%"}},
        "after_contact": {"unresolved": {"repeat": "80%", "delay": "20 min"}},
        "groups": {"team": {"agents": 9, "serves": ["help"]}},
    }
    runs = [simulate(parse({**tree, "routing": {"last_agent": known}}), replications=10) for known in (False, True)]
    told, effort = zip(*((one.estimate("repeats").value, one.estimate("effort").value) for one in runs), strict=True)
    assert effort[1] < effort[0] and told[1] == pytest.approx(told[0], rel=0.02)


def test_any_queue_is_as_likely_at_random() -> None:
    """Two queues always full, an agent who takes 3,000 contacts: as many of each, within 3.9 standard errors."""
    scenario = center("random")
    model = prepare(scenario)
    board = system_state.board(model.network, 0)
    board["queues"]["waiting"], board["groups"]["idle"] = 1, 1
    both, taken = list(scenario.groups).index("both"), 0
    for n in range(3000):
        for queue in range(2):
            system_state.show_head(model.network.record, board.record, queue, 0.0, 2 * n + 1 + queue)
        taken += int(choices.choose_queue(model.network.record, board.record, both, NOW + 0.37 * n))
    assert abs(taken - 1500) < 3.9 * math.sqrt(3000 / 4)
    assert not differences(*(in_order(written(model, engine)) for engine in ("clock", "story")))
