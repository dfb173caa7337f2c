"""The small designs of routing (V, N, W, inverted V) against their chains, and waits by priority against a formula.

Error rate: each figure is judged at 4 of its own standard errors, about once in ten thousand; seeds are fixed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from agreement.running import differences, in_order, written
from oracles.markov import mean, off, stationary

import cxsim
from cxsim.model.prepare import prepare

POLICIES = Path(__file__).parents[2] / "scenarios" / "policies"
PATIENCE = 3.0  # minutes


@dataclass(frozen=True)
class Design:
    """Queues and groups by number: calls an hour, agents, minutes of talk of each pair that may meet.

    `order`: of each queue the groups as a call tries them; `rank`: of each group the queues as an agent tries them;
    `reserve`: of a pair, how many of the group must be idle besides.
    """

    rates: tuple[float, ...]
    agents: tuple[int, ...]
    talk: dict[tuple[int, int], float]  # (queue, group)
    order: tuple[tuple[int, ...], ...]
    rank: tuple[tuple[int, ...], ...]
    reserve: dict[tuple[int, int], int] = field(default_factory=dict)
    routing: dict[str, object] = field(default_factory=dict)
    most: int = 30  # waiting, where the chain is cut

    def scenario(self) -> cxsim.Scenario:
        groups = {}
        for g, agents in enumerate(self.agents):
            skills = {}
            for q, queue_order in enumerate(self.order):
                if (q, g) in self.talk:
                    skills[f"q{q}"] = {
                        "order": queue_order.index(g) + 1,
                        "rank": self.rank[g].index(q) + 1,
                        "handle_time": f"{100 * self.talk[q, g] / self.usual(q)!r}%",
                        "reserve": self.reserve.get((q, g), 0),
                    }
            groups[f"g{g}"] = {"agents": agents, "skills": skills}
        reasons = {
            f"q{q}": {
                "volume": {"per_hour": rate},
                "talk": {"exponential": {"mean": f"{60 * self.usual(q)!r}s"}},
                "patience": f"{PATIENCE} min",
            }
            for q, rate in enumerate(self.rates)
        }
        return cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"steady": {"warm_up": "4 h", "length": "250 h"}, "interval": "60 min"},
                "reasons": reasons,
                "groups": groups,
                "routing": self.routing,
            }
        )

    def usual(self, q: int) -> float:
        """The talk time of a queue's first group, minutes."""
        return self.talk[q, self.order[q][0]]

    def chain(self) -> dict[tuple[tuple[int, ...], tuple[int, ...]], float]:
        """Shares of time by (waiting by queue, busy by pair)."""
        pairs = list(self.talk)

        def idle(busy: tuple[int, ...], g: int) -> int:
            return self.agents[g] - sum(n for n, (_, group) in zip(busy, pairs, strict=True) if group == g)

        def moves(state: tuple[tuple[int, ...], tuple[int, ...]]):
            waiting, busy = state
            for q, rate in enumerate(self.rates):
                free = (g for g in self.order[q] if idle(busy, g) > self.reserve.get((q, g), 0))
                g = next(free, None)
                if g is not None:
                    yield rate / 60.0, (waiting, plus(busy, pairs.index((q, g)), 1))
                elif waiting[q] < self.most:
                    yield rate / 60.0, (plus(waiting, q, 1), busy)
                yield waiting[q] / PATIENCE, (plus(waiting, q, -1) if waiting[q] else waiting, busy)
            for k, (pair, n) in enumerate(zip(pairs, busy, strict=True)):
                left, g = (plus(busy, k, -1) if n else busy), pair[1]
                next_one = (q for q in self.rank[g] if waiting[q] and idle(left, g) > self.reserve.get((q, g), 0))
                q = next(next_one, None)
                after = (waiting, left) if q is None else (plus(waiting, q, -1), plus(left, pairs.index((q, g)), 1))
                yield n / self.talk[pair], after

        return stationary(((0,) * len(self.rates), (0,) * len(pairs)), moves)


def plus(counts: tuple[int, ...], at: int, by: int) -> tuple[int, ...]:
    return (*counts[:at], counts[at] + by, *counts[at + 1 :])


PLAIN = {"contact": "rank_then_longest_wait", "agent": "rank_then_longest_idle"}
V = Design((40.0, 25.0), (4,), {(0, 0): 3.0, (1, 0): 4.0}, ((0,), (0,)), ((0, 1),), routing=PLAIN)
N = Design(
    (30.0, 24.0),
    (2, 3),
    {(0, 0): 4.0, (0, 1): 5.0, (1, 1): 4.0},
    ((0, 1), (1,)),
    ((0,), (1, 0)),
    routing=PLAIN,
    most=20,
)
N_KEPT = Design(N.rates, N.agents, N.talk, N.order, N.rank, {(0, 1): 1}, PLAIN, 20)
W = Design(
    (24.0, 20.0, 24.0),
    (2, 2),
    {(0, 0): 3.0, (1, 0): 4.0, (1, 1): 5.0, (2, 1): 3.0},
    ((0,), (0, 1), (1,)),
    ((0, 1), (2, 1)),
    routing=PLAIN,
    most=9,
)
INVERTED_V = Design((50.0,), (3, 3), {(0, 0): 5.0, (0, 1): 3.0}, ((1, 0),), ((0,), (0,)), routing={"agent": "fastest"})
CMU = Design((25.0, 40.0), (4,), {(0, 0): 6.0, (1, 0): 2.0}, ((0,), (0,)), ((1, 0),), routing={"contact": "cmu"})
PRIORITY = Design((25.0, 40.0), (4,), {(0, 0): 6.0, (1, 0): 2.0}, ((0,), (0,)), ((0, 1),), routing=PLAIN)


@pytest.mark.parametrize(
    ("design", "seed"),
    [(V, 1), (N, 2), (N_KEPT, 3), (W, 4), (INVERTED_V, 5), (CMU, 6), (PRIORITY, 7)],
    ids=["V", "N", "N with one kept", "W", "inverted V, fastest first", "c mu", "priority"],
)
def test_a_design_is_its_chain(design: Design, seed: int) -> None:
    share = design.chain()
    assert mean(share, lambda s: max(s[0]) >= design.most) < 1e-4
    found = cxsim.simulate(design.scenario(), seed=seed, replications=40)
    for q, rate in enumerate(design.rates):
        length = mean(share, lambda s, q=q: s[0][q])
        assert off(found, "queue_length", f"q{q}", length) < 4.0
        assert off(found, "abandoned_share", f"q{q}", length / PATIENCE * 60.0 / rate, "queue") < 4.0
    for g, agents in enumerate(design.agents):
        busy = mean(share, lambda s, g=g: sum(n for n, (_, h) in zip(s[1], design.talk, strict=True) if h == g))
        assert off(found, "occupancy", f"g{g}", busy / agents) < 4.0


def test_a_policy_of_ones_own_keeps_what_a_reserve_keeps() -> None:
    """`reserve.py` on the N design replays what the skill's reserve does, row for row in both engines."""
    tables = N_KEPT.scenario()
    own = N.scenario().vary(
        {
            "routing.policy": str(POLICIES / "reserve.py"),
            "routing.parameters": {"own": "queues.q1", "kept": 1},
            "horizon.steady.length": "20 h",
        }
    )
    tables = tables.vary({"horizon.steady.length": "20 h"})
    right = in_order(written(prepare(tables), "clock"))
    assert len(right.legs) > 1000
    for engine in ("clock", "story"):
        assert not differences(right, in_order(written(prepare(own), engine)))


def test_many_servers_with_priorities_wait_as_the_formula_says() -> None:
    """M/M/n, non-preemptive: W_k = C(n, a) / (n μ (1 - σ_{k-1}) (1 - σ_k)) (Cobham 1954; Kella and Yechiali 1985)."""
    n, minutes, rates = 5, 4.0, (20.0, 25.0, 18.0)
    load = sum(rates) * minutes / 60.0
    blocked = load**n / math.factorial(n)
    delayed = blocked / ((1 - load / n) * sum(load**k / math.factorial(k) for k in range(n)) + blocked)
    heads = [0.0]
    for rate in rates:
        heads.append(heads[-1] + rate * minutes / 60.0 / n)
    tree = {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": "20 h", "length": "400 h"}, "interval": "60 min"},
        "reasons": {
            f"q{k}": {"volume": {"per_hour": rate}, "talk": {"exponential": {"mean": f"{minutes} min"}}}
            for k, rate in enumerate(rates)
        },
        "queues": {f"q{k}": {"priority": k + 1} for k in range(3)},
        "groups": {"g": {"agents": n, "serves": [f"q{k}" for k in range(3)]}},
        "routing": {"contact": "priority"},
    }
    found = cxsim.simulate(cxsim.parse(tree), seed=9, replications=60)
    for k, (before, after) in enumerate(pairwise(heads)):
        wait = 60.0 * delayed * minutes / n / ((1 - before) * (1 - after))
        assert off(found, "asa", f"q{k}", wait, "queue") < 4.0


@pytest.mark.parametrize(("random", "seed"), [(False, 11), (True, 12)])
def test_the_least_expected_delay_is_its_chain(random: bool, seed: int) -> None:
    """Calls choose between two sites of 2 and 3 agents by (waiting + 1) · handle time / agents, 0 where one is idle.

    Or by chance in proportion to 1 / (that + handle time). Exponential talk of 3 and 5 minutes, and patience.
    """
    agents, talk, rate, most = (2, 3), (3.0, 5.0), 70.0, 40

    def moves(state: tuple[int, int]):
        waits = [0.0 if n < c else (n - c + 1) * t / c for n, c, t in zip(state, agents, talk, strict=True)]
        mean = (talk[0] + talk[1]) / 2.0  # of the reason, as the estimator and the handle time have it
        if random:
            weights = [1.0 / (60.0 * w / t * mean + 60.0 * mean) for w, t in zip(waits, talk, strict=True)]
            shares = [w / sum(weights) for w in weights]
        else:
            waits = [w / t for w, t in zip(waits, talk, strict=True)]  # both by the same mean
            shares = [1.0, 0.0] if waits[0] <= waits[1] else [0.0, 1.0]
        for q in (0, 1):
            if state[q] < most:
                yield shares[q] * rate / 60.0, plus(state, q, 1)
            waiting = max(0, state[q] - agents[q])
            yield min(state[q], agents[q]) / talk[q] + waiting / PATIENCE, plus(state, q, -1) if state[q] else state

    share = stationary((0, 0), moves)
    mean_talk = (talk[0] + talk[1]) / 2.0
    found = cxsim.simulate(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"steady": {"warm_up": "4 h", "length": "250 h"}, "interval": "60 min"},
                "channels": {"phone": {"patience": f"{PATIENCE} min"}},
                "reasons": {
                    "help": {
                        "volume": {"per_hour": rate},
                        "flow": "spread",
                        "talk": {"exponential": {"mean": f"{mean_talk} min"}},
                    }
                },
                "flow": {"spread": {"least_delay": {"of": ["one", "two"], "random": random}}},
                "groups": {
                    name: {"agents": n, "skills": {name: {"handle_time": f"{100 * t / mean_talk!r}%"}}}
                    for name, n, t in zip(("one", "two"), agents, talk, strict=True)
                },
            }
        ),
        seed=seed,
        replications=40,
    )
    for q, name in enumerate(("one", "two")):
        length = mean(share, lambda s, q=q: max(0, s[q] - agents[q]))
        assert off(found, "queue_length", name, length) < 4.0
        assert off(found, "occupancy", name, mean(share, lambda s, q=q: min(s[q], agents[q])) / agents[q]) < 4.0
