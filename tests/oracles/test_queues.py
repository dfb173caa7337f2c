"""Queues in steady state against theory: Little's law, Cobham's priority queue, and an N-design solved as a chain."""

import numpy as np
import pytest
from oracles.agreement import Estimate, Run, judge
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from cxsim.erlang.formulas import erlang_c


def steady(days, **parts):
    return {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "12 h", "length": f"{days} days"}, "interval": "24 h"},
        **parts,
    }


def test_littles_law():
    """Length of the queue = rate of arrivals × mean wait; the same for agents at work; law by law, redials and all."""
    run = Run(
        steady(
            40,
            reasons={
                "calls": {
                    "volume": {"per_hour": 300},
                    "talk": {"lognormal": {"mean": "4 min", "cv": "120%"}},
                    "wrap": {"gamma": {"mean": "40s", "cv": "60%"}},
                    "patience": {"weibull": {"mean": "3 min", "shape": 0.7}},
                }
            },
            groups={"team": {"agents": 22, "serves": ["calls"]}},
            after_contact={"abandoned": {"redial": "50%", "delay": "10 min"}},
        ),
        20,
        seed=11,
    )
    seconds = 40 * 86400.0
    waits = run.at("wait_answered + wait_abandoned + wait_other") / seconds
    lengths, _ = run.parts("queue_length")
    lengths = lengths / seconds
    work = run.at("talk + wrap") / seconds
    busy, on_duty = run.parts("occupancy")
    agents = 22 * busy / on_duty
    for one, other, unit in ((lengths, waits, "waiting"), (agents, work, "at work")):
        # What begins on one side of the border of counted time and ends on the other is all the difference.
        assert np.abs(one - other).max() < 2e-3 * other.mean(), unit
        judge(f"Little, {unit}", [Estimate.of(unit, one - other + other.mean()).exactly(other.mean())])


@pytest.mark.parametrize("rule", ["priority", pytest.param("rank", marks=pytest.mark.slow)])
def test_priority_queue(rule):
    """Two classes, one service law, n servers, no abandonment (Cobham 1954): Wk = W0 / ((1 − σ(k−1)) (1 − σk))."""
    agents, talk = 8, 180.0
    loads = {"urgent": 2.4, "usual": 4.4}
    by_queue = rule == "priority"
    run = Run(
        steady(
            240,
            reasons={
                name: {"volume": {"per_hour": load * 3600 / talk}, "talk": f"{talk:g}s"} for name, load in loads.items()
            },
            queues={"urgent": {"priority": 1}, "usual": {"priority": 2 if by_queue else 1}},
            groups={
                "team": {
                    "agents": agents,
                    "skills": {"urgent": {"rank": 1}, "usual": {"rank": 1 if by_queue else 2}},
                }
            },
            routing={"contact": "priority" if by_queue else "rank_then_longest_wait"},
        ),
        40,
        seed=12,
    )
    queued = erlang_c(sum(loads.values()), agents)
    first = queued * talk / agents
    sigma = np.cumsum(list(loads.values())) / agents
    judge(
        f"Cobham by {rule}",
        [
            run.estimate("W urgent", "asa", "queue", "urgent").exactly(first / (1 - sigma[0])),
            run.estimate("W usual", "asa", "queue", "usual").exactly(first / (1 - sigma[0]) / (1 - sigma[1])),
            run.estimate("P wait", "share_queued").exactly(queued),
            run.estimate("L usual", "queue_length", "queue", "usual").exactly(
                loads["usual"] / talk * first / (1 - sigma[0]) / (1 - sigma[1])
            ),
        ],
    )


# --- an N-design ----------------------------------------------------------------------------------------------------

N_RATE = {"a": 5.0, "b": 2.0}  # per unit of time
N_PATIENCE = {"a": 1.0, "b": 0.6}  # mean
N_AGENTS = {"one": 4, "both": 3}
N_TALK = {"one": 1.0, "both": 0.8}  # mean, by group
MOST = 60  # waiting in a queue


def n_design():
    """Chain of (busy in `one`, busy in `both`, waiting a, waiting b): a goes to `one` first, `both` takes b first."""
    n, m = N_AGENTS["one"], N_AGENTS["both"]
    states = [(x, y, 0, 0) for x in range(n + 1) for y in range(m)]
    states += [(x, m, 0, q) for x in range(n) for q in range(MOST + 1)]
    states += [(n, m, p, q) for p in range(MOST + 1) for q in range(MOST + 1)]
    number = {state: i for i, state in enumerate(states)}
    rows, columns, rates = [], [], []

    def go(state, to, rate):
        if rate > 0 and to in number:
            rows.extend([number[to], number[state]])
            columns.extend([number[state]] * 2)
            rates.extend([rate, -rate])

    for state in states:
        x, y, p, q = state
        if x < n:
            go(state, (x + 1, y, 0, q), N_RATE["a"])
        elif y < m:
            go(state, (x, y + 1, 0, 0), N_RATE["a"])
        else:
            go(state, (x, y, p + 1, q), N_RATE["a"])
        go(state, (x, y + 1, 0, 0) if y < m else (x, y, p, q + 1), N_RATE["b"])
        go(state, (x, y, p - 1, q) if p else (x - 1, y, 0, q), x / N_TALK["one"])
        after = (x, y, p, q - 1) if q else (x, y, p - 1, 0) if p else (x, y - 1, 0, 0)
        go(state, after, y / N_TALK["both"])
        if p:
            go(state, (x, y, p - 1, q), p / N_PATIENCE["a"])
        if q:
            go(state, (x, y, p, q - 1), q / N_PATIENCE["b"])
    size = len(states)
    balance = coo_array((rates, (rows, columns)), shape=(size, size)).tolil()
    balance[0] = 1.0
    share = spsolve(balance.tocsc(), np.eye(1, size)[0])
    assert share.min() > -1e-12
    table = np.array(states)
    assert share[(table[:, 2:] == MOST).any(axis=1)].sum() < 1e-12
    x, y, p, q = (share @ column for column in table.T)
    return {
        "queue": {"a": p, "b": q},
        "abandoned": {
            "a": p / N_PATIENCE["a"] / N_RATE["a"],
            "b": q / N_PATIENCE["b"] / N_RATE["b"],
        },
        "queued": {
            "a": share[(table[:, 0] == n) & (table[:, 1] == m)].sum(),
            "b": share[table[:, 1] == m].sum(),
        },
        "occupancy": {"one": x / n, "both": y / m},
    }


def test_n_design():
    unit = 100.0
    talk = f"{unit * N_TALK['one']:g}s"
    helped = {"handle_time": f"{unit * N_TALK['both']:g}s"}
    run = Run(
        steady(
            25,
            reasons={
                name: {
                    "volume": {"per_hour": 3600 / unit * N_RATE[name]},
                    "talk": talk,
                    "patience": f"{unit * N_PATIENCE[name]:g}s",
                }
                for name in N_RATE
            },
            groups={
                "one": {"agents": N_AGENTS["one"], "skills": {"a": {"rank": 1}}},
                "both": {
                    "agents": N_AGENTS["both"],
                    "skills": {"b": {"rank": 1, **helped}, "a": {"rank": 2, **helped}},
                },
            },
        ),
        40,
        seed=13,
    )
    expected = n_design()
    estimates = []
    for name in N_RATE:
        at = ("queue", name)
        wait = expected["queue"][name] / N_RATE[name]
        estimates += [
            run.estimate(f"P_ab {name}", "abandoned_share", *at).exactly(expected["abandoned"][name]),
            run.estimate(f"P_wait {name}", "share_queued", *at).exactly(expected["queued"][name]),
            run.estimate(f"EW {name}", "wait_mean", *at, scale=1 / unit).exactly(wait),
            run.estimate(f"Lq {name}", "queue_length", *at).exactly(expected["queue"][name]),
        ]
    for group, occupancy in expected["occupancy"].items():
        estimates.append(run.estimate(f"occ {group}", "occupancy", "group", group).exactly(occupancy))
    judge("N-design", estimates)
