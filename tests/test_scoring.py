"""Fluid prices, and the rule that goes by them: duals by hand, duality on drawn centers, and what it is worth.

Error rates: the test of chance fails by mistake less than once in ten thousand seeds; the seed is fixed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from cxsim import compare, parse
from cxsim.model.network.compile import restaffed
from cxsim.model.prepare import prepare
from cxsim.model.scores import _duals, by_prices, prices
from cxsim.studies.sweep.compiling import Compiler

NAMES = ("contact", "agent")


def two_talents(rule="", agents=10, horizon=None):
    """A is good at all, and far better at hard work; B does simple work nearly as fast."""
    return parse(
        {
            "cxsim": 1,
            "horizon": horizon or {"steady": {"warm_up": "10 h", "length": "50 h"}},
            "channels": {"phone": {"patience": "10 min"}},
            "reasons": {
                "simple": {"volume": "132/h", "talk": {"exponential": {"mean": "4 min"}}},
                "hard": {"volume": "80/h", "talk": {"exponential": {"mean": "6 min"}}},
            },
            "groups": {
                "a": {"agents": 10, "skills": {"simple": {"handle_time": "75%"}, "hard": {}}},
                "b": {"agents": agents, "skills": {"simple": {}, "hard": {"handle_time": "16 min"}}},
            },
            "routing": dict.fromkeys(NAMES, rule) if rule else {},
        }
    )


def test_prices_by_hand() -> None:
    """A serves all hard work and some simple: 3 a = 4 b, (a + b) ⁄ 2 = 1 in minutes of a load, worth 3 a and 6 a."""
    time = np.array([[180.0, 240.0], [360.0, 960.0]])
    worth, cost = prices(np.array([150.0, 80.0]), time, np.ones((2, 2)), np.ones((2, 2), bool), np.array([10.0, 10.0]))
    scale = 8 / 7 / cost[0]
    assert cost * scale == pytest.approx([8 / 7, 6 / 7])
    assert worth * scale == pytest.approx([180 * 8 / 7, 360 * 8 / 7])


def test_who_comes_back_costs_again() -> None:
    """One group, half of whom it does not help come back: a contact is worth two services."""
    worth, cost = prices(np.ones(1), np.full((1, 1), 100.0), np.full((1, 1), 0.5), np.ones((1, 1), bool), np.ones(1))
    assert worth[0] == pytest.approx(2 * 100.0 * cost[0])


@pytest.mark.parametrize("seed", range(20))
def test_prices_are_the_duals_of_the_fluid_program(seed) -> None:
    """What a contact is worth is the least cost of serving it; the worth of the busiest's work is the least load."""
    rng = np.random.default_rng(seed)
    queues, groups = rng.integers(1, 6, 2)
    time, lasting = rng.uniform(60, 900, (queues, groups)), rng.uniform(0.3, 1.0, (queues, groups))
    serves = rng.random((queues, groups)) < 0.6
    serves[np.arange(queues), rng.integers(0, groups, queues)] = True
    load, agents = rng.uniform(10, 200, queues), rng.integers(1, 20, groups).astype(float)
    worth, cost = prices(load, time, lasting, serves, agents)
    share = np.where(serves, worth[:, None] * lasting / np.maximum(cost * time, 1e-300), 0.0)
    assert share.max(axis=1) == pytest.approx(np.ones(queues)) and (cost >= 0.0).all()
    q, g = np.nonzero(serves)
    demand, busy = np.zeros((queues, len(q) + 1)), np.zeros((groups, len(q) + 1))
    demand[q, range(len(q))], busy[g, range(len(q))], busy[:, -1] = lasting[q, g], time[q, g], -agents
    found = linprog(np.append(np.zeros(len(q)), 1.0), busy, np.zeros(groups), demand, load)
    first, price = _duals(load, time, lasting, serves, agents)
    assert first @ load == pytest.approx(found.fun * (price @ agents))
    assert found.x[:-1] @ (first[q] * lasting[q, g] - price[g] * time[q, g]) == pytest.approx(0.0, abs=1e-6 * found.fun)


def test_a_busier_team_elsewhere_changes_no_price_among_others() -> None:
    """Nor one whose work others could do: what is left is priced by itself, and costs less than theirs."""
    load = np.array([132.0, 80.0, 900.0])
    time = np.array([[180.0, 240.0, 1.0], [360.0, 960.0, 1.0], [1.0, 300.0, 300.0]])
    serves = np.array([[True, True, False], [True, True, False], [False, False, True]])
    agents = np.array([10.0, 10.0, 5.0])
    beside = by_prices(load, time, np.ones((3, 3)), serves, agents)[0]
    assert beside[1, 1] < 0.0 == beside[0, 1] == beside[1, 0] == beside[2, 2]
    serves[0, 2] = serves[1, 2] = True  # the busiest could help, and should not
    helping = by_prices(load, time * [1, 1, 300], np.ones((3, 3)), serves, agents)[0]
    assert (helping[:2, 2] < 0.0).all() and helping[0, 1] == helping[1, 0] == helping[2, 2] == 0.0 > helping[1, 1]


def test_work_that_the_program_does_not_choose_scores_less() -> None:
    net = prepare(two_talents("marginal_cost")).network
    for table, rows in (("agent_scores", "by_queue"), ("contact_scores", "by_group")):
        base = {
            (int(row["queue"]), int(row["group"])): score["base"]
            for row, score in zip(net[rows], net[table], strict=True)
        }
        assert base[1, 1] < -0.1 and base[0, 1] == base[1, 0] == 0.0 >= base[0, 0]


def test_groups_that_are_alike_score_alike() -> None:
    """Whatever the solver makes of thirds, and whoever else is there."""
    for others in (0, 1, 2):
        n = 3 + others
        serves = np.zeros((1 + others, n), bool)
        serves[0, :3] = True
        serves[np.arange(1, 1 + others), np.arange(3, n)] = True
        time, load = np.full(serves.shape, 61.7), np.array([200.0, 31.0, 17.0])[: 1 + others]
        for scores in by_prices(load, time, np.ones(serves.shape), serves, np.ones(n)):
            assert not scores.any()


def test_work_that_takes_next_to_no_time_has_no_price() -> None:
    """And no group of its own left, once the one that serves it has a price."""
    time = np.array([[300.0], [1e-9]])
    worth, cost = prices(np.array([100.0, 1.0]), time, np.ones((2, 1)), np.ones((2, 1), bool), np.ones(1))
    assert worth[0] > 0.0 == worth[1] and cost[0] > 0.0
    assert not prices(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1), bool), np.ones(1))[0].any()


def test_loads_are_where_contacts_go() -> None:
    """By the flow, by what agents hand on, and less of an agent where several are served at once."""
    scenario = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-18:00"},
            "channels": {"phone": {}, "chat": {"concurrent": 3, "slowdown": [1, 1.2, 1.5]}},
            "reasons": {
                "help": {"volume": "60/h", "talk": "4 min", "resolution": "60%", "flow": "menu"},
                "chat": {"volume": "20/h", "talk": "9 min", "queue": "chat"},
            },
            "flow": {
                "menu": {"menu": {"chooses": {"others": {"one": "75%", "two": "25%"}}}, "to": {"one": "a", "two": "b"}}
            },
            "queues": {
                "a": {"transfers": [{"to": "b", "share": "10%"}, {"to": "c", "share": "50%", "when": "unresolved"}]},
                "b": {},
                "c": {},
                "chat": {"channel": "chat"},
            },
            "groups": {"all": {"agents": 9, "serves": ["a", "b", "c", "chat"]}},
            "routing": {"agent": "marginal_cost"},
        }
    )
    net = prepare(scenario).network
    assert net["load"] == pytest.approx([450, 150 + 45, 450 * 0.5 * 0.4, 200])
    assert net["work"]["time"] == pytest.approx([240, 240, 240, 540 * 1.5 / 3])


def test_prices_follow_the_plan() -> None:
    """With few in B simple work is for A too, and with many it is not: in sweeps and for an optimizer."""
    day = {"start": "2026-01-05", "days": 1, "open": "08:00-18:00"}
    few, many = (two_talents("marginal_cost", agents, day) for agents in (4, 20))
    compiler, kept = Compiler(1), []
    for scenario in (few, many, few):
        one, right = compiler.model(scenario).network, prepare(scenario, 1).network
        for name, array in right.arrays.items():
            for field in array.dtype.names or (...,):
                np.testing.assert_array_equal(one[name][field], array[field], f"{name} {field}")
        kept.append(right["agent_scores"]["base"].tolist())
    assert kept[0] == kept[2] != kept[1]
    model = prepare(many, 1)
    tried = restaffed(prepare(few, 1).network, model.plan, model.network["team"])
    assert tried["agent_scores"]["base"].tolist() == kept[1]


def test_where_nobody_is_there_or_nobody_serves_prices_are_nothing() -> None:
    worth, _ = prices(np.ones(2), np.ones((2, 1)), np.ones((2, 1)), np.array([[True], [False]]), np.ones(1))
    assert worth[1] == 0.0 < worth[0]
    none = prices(np.ones(1), np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1), bool), np.zeros(1))
    assert not none[0].any() and not none[1].any()


def test_groups_good_at_different_things_wait_less_by_prices() -> None:
    """The fastest first leaves hard work to who takes 16 minutes for it; prices do not."""
    rules = [two_talents(rule) for rule in ("marginal_cost", "p_mu", "")]
    rules.append(two_talents().vary({"routing.contact": "cmu", "routing.agent": "fastest"}))
    names = ("prices", "p_mu", "usual", "fastest")
    table = compare(dict(zip(names, rules, strict=True)), replications=10, simultaneous=True).table("asa")
    gaps = table[table["variant"] != "prices"]
    assert len(gaps) == 3 and (gaps["low"] > 0.0).all()
