"""Customers with memory against a Markov chain that is solved, and against formulas.

Error rates: each test of chance below fails by mistake once in ten thousand seeds; seeds are fixed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from cxsim.model.prepare import prepare
from cxsim.randomness.inverse_cdf import inverse_normal
from cxsim.scenario import parse
from cxsim.schema import ledger
from cxsim.simulation.replications import replicate

ERROR = 1e-4
DAY = 86400.0


def center(segment, experience, volume, **more):
    """A center that answers at once and talks for no time, open all day; only the counted day is simulated."""
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "00:00-24:00", "before": 0, "after": 0},
            "segments": {"all": {"value": 100, **segment}},
            "experience": experience,
            "reasons": {"calls": {"volume": volume, "handle_time": {"deterministic": "0.001s"}, **more}},
            "groups": {"team": {"agents": 20, "serves": ["calls"]}},
        }
    )


def at_end(made, _, __):
    """How many seats are taken when the day ends."""
    return int((made.customers.members["joins"] <= DAY).sum())


def population(seats, customers, rate, mean_empty, leaves, brings, warns, time):
    """The chances of 0 .. seats customers after `time`, of a birth-and-death chain with moves that follow an issue.

    An issue comes at `rate` for each customer. Then its customer leaves or not; on its own account one person of the
    market, drawn evenly, becomes a customer (`brings`) or stops being one (`warns`), if it can.
    """
    moves = np.zeros((seats + 1, seats + 1))
    for n in range(seats + 1):
        if n < seats:
            moves[n, n + 1] += (seats - n) / mean_empty
        for left, chance in ((1, leaves), (0, 1.0 - leaves)) if n else ():
            now = n - left
            for to, share in (
                (min(now + 1, seats), brings * (seats - now) / seats),
                (max(now - 1, 0), warns * now / seats),
            ):
                moves[n, to] += rate * n * chance * share
                moves[n, now] -= rate * n * chance * share
            moves[n, now] += rate * n * chance
    np.fill_diagonal(moves, 0.0)
    np.fill_diagonal(moves, -moves.sum(axis=1))
    squarings = 30
    step = np.eye(seats + 1) + moves * (time / 2**squarings)
    for _ in range(squarings):
        step = step @ step
    return step[customers]


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_the_number_of_customers_follows_its_markov_chain(engine) -> None:
    """Chi-square of the number at the end of a day over 6,000 days (300 in the readable engine)."""
    seats, customers, leaves, brings, warns = 9, 6, 0.6, 0.45, 0.5 * 0.8
    scenario = center(
        {"customers": customers, "market": seats, "replaced_after": "9 h"},
        {
            "churn": {"first": "60%"},
            "word_of_mouth": {"brings": "100%", "warns": "80%"},
            "promoters": {"first": "45%"},
            "detractors": {"first": "50%"},
        },
        {"per_hour": 0.25},
    )
    days = 6000 if engine == "clock" else 300
    _, counts = replicate(prepare(scenario, 5), days, engine=engine, keep=at_end)
    chances = population(seats, customers, 0.25 / customers / 3600.0, 9 * 3600.0, leaves, brings, warns, DAY)
    assert chances.sum() == pytest.approx(1.0)
    seen, meant = np.bincount(counts, minlength=seats + 1), days * chances
    kept = meant >= 5.0
    seen, meant = np.append(seen[kept], seen[~kept].sum()), np.append(meant[kept], meant[~kept].sum())
    if meant[-1] < 1.0:
        seen, meant = seen[:-1], meant[:-1]
    square, freedom = float(((seen - meant) ** 2 / meant).sum()), len(meant) - 1
    # Wilson and Hilferty's cube root of a chi-square is nearly normal.
    z = ((square / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
    assert z < inverse_normal(1.0 - ERROR), (seen, meant)


def test_the_chain_itself_leaves_the_field_when_nothing_acts() -> None:
    """Without word of mouth each customer is a chain of two states: there, or replaced."""
    chances = population(6, 6, 0.5, 2.0, 0.3, 0.0, 0.0, 4.0)
    leave, come = 0.15, 0.5
    there = (come + leave * math.exp(-(leave + come) * 4.0)) / (leave + come)
    mean = float(chances @ np.arange(7))
    # Leaving and coming of the seats do not depend on one another.
    assert mean == pytest.approx(6 * there, rel=1e-6)


def test_remembered_effort_makes_leaving_likelier_as_said() -> None:
    """Two issues of one customer: 1 − (1 − p)(1 − p · 2^(effort left / points)), over 20,000 days."""
    scenario = center(
        {"customers": 2, "heavy_users": "99.9999%"},
        {"churn": {"first": "20%"}, "memory": {"fades": "6 h", "churn_doubles": 0.5}, "effort": {"contact": 1}},
        {"arrivals": {"times": ["06:00", "12:00"]}},
    )
    days = 20_000

    def left(made, _, __):
        seats = made.customers.moves["seat"]
        return int((seats == 0).any()), len(made.legs)

    _, found = replicate(prepare(scenario, 3), days, keep=left)
    share = np.mean([one for one, _ in found])
    # All but one in 10 ** 6 issues are of the first of the two; half of a point is left after six hours.
    chance = 1.0 - (1.0 - 0.2) * (1.0 - 0.2 * 2.0 ** (0.5 / 0.5))
    error = math.sqrt(chance * (1.0 - chance) / days)
    assert abs(share - chance) < inverse_normal(1.0 - ERROR / 2) * error
    assert np.mean([legs for _, legs in found]) == pytest.approx(1.8, abs=0.02)  # who has left does not call again


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_remembered_effort_makes_patience_shorter_as_said(engine) -> None:
    """By hand: the only agent is away, so both issues of one customer end by its patience."""
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
        "segments": {"all": {"customers": 2, "heavy_users": "99.9999%"}},
        "experience": {
            "memory": {"fades": "1 h", "patience_halves": 4},
            "churn": {"unsolved": "0%"},
            "effort": {"contact": 1, "wait_minute": 1},
        },
        "channels": {"phone": {"patience": {"deterministic": "4 min"}}},
        "reasons": {"calls": {"volume": {"arrivals": {"times": ["09:00", "10:00"]}}, "talk": "1 min"}},
        "groups": {"team": {"agents": [0, 0, 0, 0, 0, 0, 0, 1], "serves": ["calls"]}},
    }
    _, (made,) = replicate(prepare(parse(tree), 1), 1, engine=engine, keep=True)
    first, second = made.legs
    assert first["ended"] - first["queued"] == pytest.approx(240.0)
    # 1 point for the contact, 4 for the minutes; 56 minutes later 2 ** (-56 / 60) of it.
    burden = 5.0 * 2.0 ** (-56 / 60)
    wait = 240.0 * 2.0 ** (-burden / 4.0)
    assert second["ended"] - second["queued"] == pytest.approx(wait)
    fades = 2.0 ** (-(3600.0 + wait - 240.0) / 3600.0)
    assert made.customers.members["burden"][0] == pytest.approx(5.0 * fades + 1.0 + wait / 60.0)


def test_what_restores_takes_its_share() -> None:
    scenario = center(
        {"customers": 2, "heavy_users": "99.9999%"},
        {"churn": {"first": "0%"}, "memory": {"restored": "25%"}, "effort": {"contact": 1}},
        {"arrivals": {"times": ["06:00", "12:00", "18:00"]}},
    )
    _, (made,) = replicate(prepare(scenario, 3), 1, keep=True)
    assert made.customers.members["burden"][0] == pytest.approx(((0.75) + 1.0) * 0.75 * 0.75 + 0.75)


def test_moves_come_in_order_and_only_from_who_is_there() -> None:
    scenario = center(
        {"customers": 40, "market": 60, "replaced_after": "5 h"},
        {"churn": {"first": "50%"}, "word_of_mouth": {"brings": "100%", "warns": "100%"}},
        {"per_hour": 1.5},
    )
    for _, made in enumerate(replicate(prepare(scenario, 2), 20, keep=True)[1]):
        moves = made.customers.moves
        assert (np.diff(moves["time"]) >= 0.0).all() and len(moves) > 5
        assert (moves["until"] > moves["time"]).all()
        empty = {}
        for move in moves:
            if move["kind"] == ledger.BROUGHT:
                assert empty.get(int(move["seat"]), math.inf) > move["time"]
                empty[int(move["seat"])] = -math.inf
            else:
                assert empty.get(int(move["seat"]), -math.inf) <= move["time"]
                empty[int(move["seat"])] = move["until"]
