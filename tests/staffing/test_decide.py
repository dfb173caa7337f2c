"""Levers beside staff."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from cxsim import optimize
from cxsim.optimizer import levers_and_staffing
from cxsim.optimizer.levers_and_staffing import decide
from cxsim.scenario import parse
from cxsim.studies.levers import pulled

TREE = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-11:00", "after": "3 days"},
    "channels": {"phone": {"patience": "2 min"}},
    "reasons": {"calls": {"volume": {"per_hour": [60, 90, 60]}, "talk": "4 min", "resolution": "70%"}},
    "groups": {"team": {"agents": 8, "serves": ["calls"], "wage": 25}},
    "queues": {"calls": {"target": {"sl": {"share": "80%", "within": "30s"}}}},
    "levers": {"desk": {"use": "smart_desktop", "sizes": {"shorter": "25%"}, "cost": 3650}, "dear": {}},
    "overrides": {"dear": {"groups.team.wage": 30}},
}


def test_each_choice_has_its_own_staff_and_the_price_is_added() -> None:
    found = decide(parse(TREE), seed=2, budget=10_000)
    table = found.table.set_index("levers")
    assert set(table.index) == {"", "desk", "dear", "desk + dear"}
    assert table.loc["desk", "price"] == pytest.approx(10.0)  # a day of a year
    assert table.loc["desk", "staff"] < 0.9 * table.loc["", "staff"]  # a quarter less talk
    assert table.loc["dear", "staff"] == pytest.approx(1.2 * table.loc["", "staff"], rel=0.06)
    assert table["certified"].all() and found.best == "desk"
    assert (table["total"] == table["staff"] + table["price"]).all()
    alone = optimize(pulled(parse(TREE), ["desk"]), seed=2, advise=False)
    assert table.loc["desk", "staff"] == pytest.approx(alone.cost)


def test_nothing_to_decide_is_refused() -> None:
    with pytest.raises(ValueError, match="has none"):
        decide(parse({**TREE, "levers": {}}))


def test_a_time_limit_is_shared_out_over_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each choice gets an equal part of what is left, by a clock that each search moves by 20 s."""
    now, given = [100.0], list[float]()

    def searched(scenario: object, *, seconds: float, **_: object) -> SimpleNamespace:
        given.append(seconds)
        now[0] += 20.0
        goals = pd.DataFrame({"met": [True]})
        return SimpleNamespace(cost=1.0, bound=0.5, goals=goals, certified=True)

    monkeypatch.setattr(levers_and_staffing, "optimize", searched)
    monkeypatch.setattr(levers_and_staffing.time, "perf_counter", lambda: now[0])
    decide(parse(TREE), budget=10_000, seconds=60.0)
    assert given == [15.0, pytest.approx(40.0 / 3.0), 10.0, levers_and_staffing.LEAST]
