"""Courtesy, holds, expectations, compensation, lessons and first touchpoints, by hand and in both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, written

import cxsim
from cxsim.schema import ledger
from cxsim.simulation.issue_histories import issues


def center(times: list[str], agents: int = 9, **changes: Any) -> dict[str, Any]:
    """Calls of five minutes, resolved by every second talk or so."""
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00", "before": 0, "after": 0},
        "reasons": {
            "bill": {
                "volume": {"arrivals": {"times": times}},
                "talk": {"deterministic": "5 min"},
                "resolution": "50%",
            }
        },
        "queues": {"bill": {}},
        "groups": {"people": {"agents": agents, "serves": ["bill"], "wage": 0}},
        **changes,
    }


MANY = [f"{8 + k // 60:02d}:{k % 60:02d}" for k in range(110)]


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def legs_of(tree: dict[str, Any], engine: str) -> Any:
    return in_order(written(model_of(tree), engine)).legs


def test_keys_that_make_no_difference_change_not_one_row(engine: str) -> None:
    """A talk that is never on hold, courtesy of 100 %, no budget, no lessons, expectations that nobody has."""
    plain = center(MANY, segments={"all": {"customers": 1000}})
    same = center(MANY, segments={"all": {"customers": 1000, "begins": "bill"}})
    same["reasons"]["bill"] |= {"hold": "0%", "learning": {"halves": 10, "fed_back": "0%", "prevents": "50%"}}
    same["groups"]["people"] |= {"courtesy": "100%", "empowerment": {"budget": 0, "given": 10}}
    same["experience"] = {"expectations": {}, "loyalty": {"discourtesy": 5, "hold": 5, "broken": 5}}
    made = [in_order(written(model_of(tree), engine)) for tree in (plain, same)]
    assert differences(*made) == []


def test_holds_and_discourtesy_come_at_their_shares_and_holds_cost_effort(engine: str) -> None:
    tree = center(MANY, experience={"effort": {"contact": 0, "wait_minute": 0, "again": 0, "hold": 7}})
    tree["reasons"]["bill"]["hold"] = "100%"
    tree["groups"]["people"]["courtesy"] = "0%"
    felt = legs_of(tree, engine)["felt"]
    assert (felt & ledger.HELD > 0).all() and (felt & ledger.RUDE > 0).all()
    result = cxsim.simulate(cxsim.parse(tree), replications=1, engine=engine)  # type: ignore[arg-type]
    figures = ("effort", "held_share", "discourteous_share")
    assert [result.estimate(name).value for name in figures] == [7, 1, 1]


def test_waits_are_judged_by_what_was_announced_or_is_expected(engine: str) -> None:
    """One agent: the first is answered at once, the second after 4 min, the third would wait 9 and gives up after 5."""
    tree = center(["08:00", "08:01", "08:01"], agents=1)
    tree["experience"] = {"expectations": {"wait": "3 min"}}
    tree["channels"] = {"phone": {"patience": {"deterministic": "5 min"}}}
    felt = legs_of(tree, engine)["felt"]
    assert felt.tolist() == [ledger.KEPT, ledger.BROKEN, ledger.BROKEN]
    tree["experience"]["expectations"]["tolerance"] = "1 min"
    assert legs_of(tree, engine)["felt"].tolist() == [ledger.KEPT, ledger.KEPT, ledger.BROKEN]
    tree["queues"]["bill"] = {"announces": {"estimator": "queue_length"}}
    del tree["experience"]["expectations"]["wait"]
    legs = legs_of(tree, engine)
    late = legs["told"] + 60 < np.where(np.isnan(legs["answered"]), 300, legs["answered"] - legs["queued"])
    judged = np.where(np.isnan(legs["told"]), 0, np.where(late, ledger.BROKEN, ledger.KEPT))
    kept = np.where((legs["outcome"] == ledger.ABANDONED) & ~late, 0, judged)
    assert legs["felt"].tolist() == kept.tolist()


def test_a_budget_is_spent_by_agent_and_day_and_not_beyond(engine: str) -> None:
    """One agent may settle two cases a day; resolution is 0, so that the third to sixth are not settled."""
    tree = center(["08:00", "08:10", "08:20", "08:30", "08:40", "08:50"], agents=1)
    tree["horizon"]["days"] = 2
    tree["reasons"]["bill"]["resolution"] = "0%"
    tree["groups"]["people"]["empowerment"] = {"budget": 20, "given": 10}
    legs = legs_of(tree, engine)
    assert legs["resolved"].tolist() == 2 * [1, 1, 0, 0, 0, 0]
    assert (legs["felt"] & ledger.COMPENSATED > 0).tolist() == 2 * [True, True, False, False, False, False]
    result = cxsim.simulate(cxsim.parse(tree), replications=1, engine=engine)  # type: ignore[arg-type]
    figures = ("compensation", "compensations", "misused_share", "cost")
    assert [result.estimate(name).value for name in figures] == [40, 4, 0, 40]


def test_misuse_costs_and_resolves_nothing_more(engine: str) -> None:
    tree = center(MANY[::10])
    tree["reasons"]["bill"]["resolution"] = "100%"
    tree["groups"]["people"]["empowerment"] = {"budget": 1000, "given": 10, "decides": "0%", "misuse": "100%"}
    legs = legs_of(tree, engine)
    assert (legs["felt"] == ledger.MISUSED).all() and len(legs) == 11
    result = cxsim.simulate(cxsim.parse(tree), replications=1, engine=engine)  # type: ignore[arg-type]
    assert [result.estimate(name).value for name in ("compensation", "misused_share")] == [110, 1]


def learned(gain: str, prevents: str, delay: str = "0s") -> dict[str, Any]:
    rule = {"halves": 10, "resolution": gain, "prevents": prevents, "delay": delay, "cost": 2}
    tree = center([])
    tree["horizon"] |= {"days": 4, "open": "08:00-20:00"}
    tree["groups"]["people"]["agents"] = 300
    tree["reasons"]["bill"] |= {"volume": {"count": 1000}, "resolution": "50%", "learning": rule}
    return tree


def test_lessons_of_earlier_days_prevent_issues_and_raise_resolution(engine: str) -> None:
    """Some 500 lessons a day: all is known from the second day on; five standard errors of a binomial."""
    legs = legs_of(learned("30 points", "40%"), engine)
    day = (legs["opened"] // 86400).astype(int)
    came = np.bincount(day, minlength=4)
    solved = np.bincount(day, legs["resolved"]) / came
    assert came[0] == 1000 and abs(solved[0] - 0.5) < 0.08
    assert (abs(came[1:] - 600) < 5 * np.sqrt(240)).all() and (abs(solved[1:] - 0.8) < 5 * np.sqrt(0.16 / 600)).all()


def test_a_delay_puts_lessons_off_by_as_many_days(engine: str) -> None:
    legs = legs_of(learned("0 points", "100%", "1 day"), engine)
    assert np.bincount((legs["opened"] // 86400).astype(int), minlength=4).tolist() == [1000, 1000, 0, 0]


def test_lessons_follow_their_formula_by_hand() -> None:
    """Of 1,000 resolved issues as lessons with a half at 1,000, half of the 60 % that can be prevented are."""
    tree = learned("0 points", "60%")
    tree["reasons"]["bill"] |= {"resolution": "100%"}
    tree["reasons"]["bill"]["learning"] |= {"halves": 1000}
    day = (legs_of(tree, "clock")["opened"] // 86400).astype(int)
    assert abs(np.bincount(day)[1] - 700) < 5 * np.sqrt(210)
    result = cxsim.simulate(cxsim.parse(tree), replications=1)
    assert result.estimate("lesson_cost").value == pytest.approx(2 * len(day))


def test_loyalty_factors_change_who_leaves_and_nothing_else(engine: str) -> None:
    """Every talk is discourteous: leaving at 10 % becomes 30 %, and is the same for 0 % where nobody leaves."""
    tree = center([], segments={"all": {"customers": 100000, "value": 100}})
    tree["horizon"]["open"] = "08:00-20:00"
    tree["groups"]["people"] |= {"agents": 900, "courtesy": "0%"}
    tree["reasons"]["bill"] |= {"volume": {"count": 4000}, "resolution": "100%"}
    tree["experience"] = {"churn": {"first": "10%"}, "loyalty": {"discourtesy": 3}}
    found = in_order(written(model_of(tree), engine))
    assert found.customers is not None
    assert abs(len(found.customers.moves) - 1200) < 5 * np.sqrt(4000 * 0.3 * 0.7)
    model = model_of({**tree, "segments": {"all": {"value": 100}}})
    one = issues(model, in_order(written(model, engine)), 0)
    assert one.each["churn"] == pytest.approx(0.3) and one.each["value_lost"] == pytest.approx(30)


def test_a_segment_begins_at_its_own_touchpoint(engine: str) -> None:
    tree = center(MANY, segments={"many": {"share": "70%"}, "few": {"share": "30%", "begins": "own"}})
    tree["queues"]["own"] = {"priority": 1}
    tree["groups"]["people"]["serves"] = ["bill", "own"]
    legs = legs_of(tree, engine)
    assert (legs["queue"] == legs["segment"]).all() and set(legs["queue"]) == {0, 1}


def test_lifetime_is_discounted_survival() -> None:
    """Sums of (0.9 ⁄ 1.08)^k: all years 6, three of them by hand; without discount and leaving, as many as count."""
    for given, years in (
        ({"leaves": "10%", "discount": "8%"}, 1 / (1 - 0.9 / 1.08)),
        ({"leaves": "10%", "discount": "8%", "years": 3}, 1 + 0.9 / 1.08 + (0.9 / 1.08) ** 2),
        ({"leaves": "0%", "years": 5}, 5),
    ):
        tree = center(MANY, segments={"all": {"value": 100}}, experience={"lifetime": given})
        plain = center(MANY, segments={"all": {"value": 100}})
        lost = [cxsim.simulate(cxsim.parse(one), replications=1).estimate("value_lost").value for one in (tree, plain)]
        assert lost[0] == pytest.approx(years * lost[1])


def test_revenue_is_that_of_offers_in_resolving_talks() -> None:
    tree = center(MANY)
    tree["reasons"]["bill"] |= {"resolution": "100%", "offer": {"made": "50%", "accepted": "20%", "revenue": 30}}
    result = cxsim.simulate(cxsim.parse(tree), replications=1)
    assert result.estimate("revenue").value == pytest.approx(110 * 3)
    assert result.estimate("revenue_per_contact").value == pytest.approx(3)
