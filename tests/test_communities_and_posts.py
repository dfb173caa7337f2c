"""Communities that grow with those they help, and posts that others see, against chains that are solved.

Each test of chance fails by mistake once in ten thousand seeds; seeds are fixed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, written

import cxsim
from cxsim.model.prepare import prepare
from cxsim.randomness.inverse_cdf import inverse_normal
from cxsim.scenario import ScenarioError
from cxsim.schema.ledger import BROUGHT, WARNED
from cxsim.simulation.replications import replicate

ERROR = 1e-4
DAY = 86400.0


def center(volume: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A center with enough agents, open for a day."""
    return {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-20:00", "before": 0, "after": 0},
        "reasons": {"bill": {"volume": volume, "talk": {"deterministic": "1 min"}}},
        "queues": {"bill": {}},
        "groups": {"people": {"agents": 50, "serves": ["bill"], "wage": 0}},
        **changes,
    }


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def chain(steps: int, up: Callable[[int], float]) -> np.ndarray[Any, Any]:
    """The chances of 0 .. steps after so many steps, each of which adds 1 with the chance `up(k)`."""
    chances = np.zeros(steps + 1)
    chances[0] = 1.0
    chance = np.array([up(k) for k in range(steps + 1)])
    for _ in range(steps):
        chances = chances * (1.0 - chance) + np.append(0.0, (chances * chance)[:-1])
    return chances


def fits(counts: list[int], chances: np.ndarray[Any, Any]) -> bool:
    """Whether counts have a distribution, by chi-square (Wilson and Hilferty's cube root)."""
    seen, meant = np.bincount(counts, minlength=len(chances)), len(counts) * chances
    kept = meant >= 5.0
    seen, meant = np.append(seen[kept], seen[~kept].sum()), np.append(meant[kept], meant[~kept].sum())
    if meant[-1] < 1.0:
        assert seen[-1] < 20
        seen, meant = seen[:-1], meant[:-1]
    square, freedom = float(((seen - meant) ** 2 / meant).sum()), len(meant) - 1
    z = ((square / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
    return z < inverse_normal(1.0 - ERROR)


def test_a_community_grows_as_its_chain_says(engine: str) -> None:
    """Of 20 issues, the number helped; the share is 50 % - 40 % · 2^(-n / 3) after n."""
    tree = center({"count": 20})
    tree["reasons"]["bill"]["community"] = {"helps": "10%", "helps_most": "50%", "halves": 3}

    def helped(made: Any, _: Any, __: Any) -> int:
        number = int(made.customers.helped.sum())
        assert len(made.legs) + number == 20
        return number

    days = 2000 if engine == "clock" else 150
    _, counts = replicate(prepare(cxsim.parse(tree), 3), days, engine=engine, keep=helped)  # type: ignore[arg-type]
    chances = chain(20, lambda n: 0.5 - 0.4 * 2.0 ** (-n / 3.0))
    assert fits(counts, chances)
    assert not fits(counts, chain(20, lambda n: 0.5 - 0.4 * 2.0 ** (-n / 6.0)))  # another half would be seen


def test_only_issues_of_the_counted_days_count_as_helped() -> None:
    tree = center({"count": 30})
    tree["horizon"] |= {"before": "1 day", "after": "1 day"}
    tree["reasons"]["bill"]["community"] = {"helps": "100%", "helps_most": "100%", "halves": 1}
    found = cxsim.journeys(cxsim.parse(tree), replications=2)
    assert found.customer.set_index("figure")["value"]["helped"] == 1.0
    made = in_order(written(model_of(tree), "clock"))
    assert made.customers is not None and made.customers.helped.tolist() == [30.0] and len(made.legs) == 0


def test_the_scorecard_says_what_share_of_issues_the_community_helped() -> None:
    tree = center({"count": 1000})
    tree["reasons"]["bill"]["community"] = {"helps": "30%", "helps_most": "30%", "halves": 1}
    board = cxsim.journeys(cxsim.parse(tree), replications=4).customer.set_index("figure")["value"]
    assert abs(board["helped"] - 0.3) < 4 * math.sqrt(0.21 / 4000)


def test_communities_and_posts_that_do_nothing_change_not_one_row(engine: str) -> None:
    """A community that helps nobody; posts that sway nobody."""
    people = {"all": {"customers": 200}}
    plain, same = center({"count": 100}, segments=people), center({"count": 100}, segments=people)
    same["reasons"]["bill"]["community"] = {"helps": "0%", "helps_most": "0%", "halves": 5}
    same["experience"] = {"posts": {"praises": "100%", "complains": "100%", "reach": 30}}
    assert differences(*(in_order(written(model_of(tree), engine)) for tree in (plain, same))) == []


def test_a_complaint_costs_as_many_customers_as_its_chain_says(engine: str) -> None:
    """Of 10 customers, 8 readers drawn at random leave with 30 %, of whom some are the same customer."""
    tree = center({"count": 1}, segments={"all": {"customers": 10}})
    tree["reasons"]["bill"]["resolution"] = "0%"
    tree["experience"] = {
        "churn": {"unsolved": "0%"},
        "promoters": {"unsolved": "0%"},
        "detractors": {"unsolved": "100%"},
        "posts": {"complains": "100%", "reach": 8, "loses": "30%"},
    }

    def lost(made: Any, _: Any, __: Any) -> int:
        moves = made.customers.moves
        assert (moves["kind"] == WARNED).all() and len(np.unique(moves["seat"])) == len(moves)
        assert len(moves) == (made.customers.members["joins"] > DAY).sum()
        return len(moves)

    days = 2000 if engine == "clock" else 150
    _, counts = replicate(prepare(cxsim.parse(tree), 5), days, engine=engine, keep=lost)  # type: ignore[arg-type]
    assert fits(counts, chain(8, lambda k: 0.3 * (10 - k) / 10))
    assert abs(np.mean(counts) - 10 * (1 - 0.97**8)) < 4 * np.std(counts) / math.sqrt(days)


def test_praise_that_all_see_wins_the_whole_market(engine: str) -> None:
    tree = center({"per_day": 40}, segments={"all": {"customers": 50, "market": 60, "value": 100}})
    tree["experience"] = {
        "churn": {"first": "0%"},
        "promoters": {"first": "100%"},
        "detractors": {"first": "0%"},
        "posts": {"praises": "100%", "reach": 1000, "wins": "100%"},
    }
    made = in_order(written(model_of(tree), engine))
    assert made.customers is not None
    moves = made.customers.moves
    assert (moves["kind"] == BROUGHT).all() and len(moves) == 10
    found = cxsim.journeys(cxsim.parse(tree), replications=1, engine=engine)  # type: ignore[arg-type]
    assert found.people["brought"].tolist() == [10.0]
    assert found.customer.set_index("figure")["value"]["value_lost"] == -1000.0


def test_posts_need_customers_who_are_told_apart_and_somebody_who_sees_them() -> None:
    tree = center({"count": 5})
    tree["experience"] = {"posts": {"complains": "5%", "loses": "1%"}}
    tree["reasons"]["bill"]["community"] = {"helps": "20%", "helps_most": "10%", "halves": 10}
    with pytest.raises(ScenarioError) as caught:
        cxsim.parse(tree)
    text = str(caught.value)
    for place in ("experience.posts.complains", "experience.posts.reach", "reasons.bill.community.helps_most"):
        assert place in text
