"""Handle times by interval and weekday: worlds by hand, no effect of factors of 1, and M/M/n in two halves of a day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agreement.running import differences, in_order, model_of, written
from agreement.strategies import scenarios
from agreement.test_worlds import world
from hypothesis import HealthCheck, given, settings

import cxsim
from cxsim.cli.check import pools
from cxsim.erlang.formulas import steady
from cxsim.model.by_time import by_interval
from cxsim.model.demand import expected_of
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.problem.requirements import requirements
from cxsim.rules.contact_rules import handle_factor

MINUTE = {"deterministic": "1 min"}


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_instant_at_which_an_agent_begins_decides_for_talk_and_wrap(engine: str) -> None:
    """Four minutes and one of wrap, by quarters of an hour as long, twice, half, and as long."""
    calls = (
        ["00", "14", "14:30", "29:30", "31"],
        "4 min",
        {"wrap": MINUTE, "handle_times": {"factors": [1, 2, 0.5, 1]}},
    )
    legs, _ = world(engine, reasons={"a": calls}, groups={"g": {"agents": 1, "serves": ["q"]}})
    assert legs == [
        "a1 0:00 q 0:00-5:00 g 1",
        "a2 14:00 q 14:00-19:00 g 1",
        "a3 14:30 q 19:00-29:00 g 1",
        "a4 29:30 q 29:30-39:30 g 1",
        "a5 31:00 q 39:30-42:00 g 1",
    ]


def test_the_factors_of_skill_weekday_and_interval_multiply(engine: str) -> None:
    """A Monday with 3 for the day and half for the quarter, an agent who takes twice as long: 3 times 4 + 1 minutes."""
    times = {"factors": [0.5, 1, 1, 1], "weekdays": {"mon": 3, "tue": 7}, "factor": 1}
    calls = (["00"], "4 min", {"wrap": MINUTE, "handle_times": times})
    legs, _ = world(engine, reasons={"a": calls}, groups={"g": {"agents": 1, "skills": {"q": {"handle_time": "200%"}}}})
    assert legs == ["a1 0:00 q 0:00-15:00 g 1"]


def test_work_that_was_interrupted_goes_on_at_the_pace_of_its_new_interval(engine: str) -> None:
    """Half of ten minutes of mail is done when a call of five minutes comes; the rest takes half as long after 8:15."""
    legs, _ = world(
        engine,
        reasons={
            "m": (["05"], "10 min", {"queue": "mail", "handle_times": {"factors": [1, 0.5, 1, 1]}}),
            "c": (["10"], "5 min", {"queue": "q"}),
        },
        channels={"phone": {}, "mail": {"interruptible": True}},
        queues={"q": {}, "mail": {"channel": "mail"}},
        groups={"g": {"agents": 1, "serves": ["q", "mail"]}},
    )
    assert [line for line in legs if line.startswith("m1")][-1].endswith("15:00-17:30 g 1")


def test_factors_of_one_change_not_one_row() -> None:
    @settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=12)
    @given(scenarios(loop="plain"))
    def one(tree: dict[str, Any]) -> None:
        with_ones, without = dict(tree), dict(tree)
        without["reasons"] = {
            n: {k: v for k, v in r.items() if k != "handle_times"} for n, r in tree["reasons"].items()
        }
        with_ones["reasons"] = {n: r | {"handle_times": {"factor": 1}} for n, r in without["reasons"].items()}
        wrong = differences(*(in_order(written(model_of(said), "clock")) for said in (with_ones, without)))
        assert not wrong, "\n".join(wrong)

    one()


def halves(**more: Any) -> cxsim.Scenario:
    """M/M/10 by day and night: 4 minutes in the first twelve hours, 6 in the last."""
    times = {"factors": [1.0] * 6 + [1.5] * 6}
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"days": 1, "open": "00:00-24:00", "interval": "2 h"},
            "reasons": {"call": {"volume": {"per_hour": 75}, "talk": "4 min", "handle_times": times} | more},
            "groups": {"team": {"agents": 10, "serves": ["call"]}},
        }
    )


def test_each_half_of_a_day_waits_as_erlang_c_says_of_its_mean() -> None:
    """Four hours after each change, 16 figures at 4 standard errors: an error rate of 1 in 1000; the seed is fixed."""
    found = cxsim.simulate(halves(), seed=5, replications=1500)
    told = found.figures
    for hour, mean in [(h, 240.0) for h in (4, 6, 8, 10)] + [(h, 360.0) for h in (16, 18, 20, 22)]:
        right = {"asa": steady(75 / 3600, mean, 10).asa, "occupancy": 75 / 3600 * mean / 10}
        for figure, scope in (("asa", "queue"), ("occupancy", "group")):
            rows = told[(told["figure"] == figure) & (told["scope"] == scope)]
            row = rows[[str(label)[11:13] == f"{hour:02d}" for label in rows["interval"]]].iloc[0]
            error = (row["high"] - row["low"]) / 2.0 / 1.96
            assert abs(row["value"] - right[figure]) < 4.0 * error, (hour, figure, row["value"], right[figure])


def test_formulas_know_the_handle_time_of_each_interval() -> None:
    """Offered load, Erlang's agents, the fluid model and the load of `check`: 5 erlangs, then 7.5."""
    scenario = halves()
    model = prepare(scenario, 1)
    load = np.array([5.0] * 6 + [7.5] * 6)
    stream = flows(model)
    assert (stream.fresh * stream.handle_in()[:, 0])[0] / 7200.0 == pytest.approx(load)
    needed = requirements(scenario, lagged=False, returns=False)
    assert needed["load"].to_numpy() == pytest.approx(load)
    lagged = requirements(scenario, returns=False)
    assert lagged["load"].to_numpy()[[3, 4, 5, 9, 10, 11]] == pytest.approx(load[[3, 4, 5, 9, 10, 11]], rel=2e-3)
    (pool,) = pools(scenario, model.timeline, model.plan.present, expected_of(model.demand, model.timeline))
    assert pool.load == pytest.approx(6.25)
    assert pool.tightest_load == pytest.approx(7.5)
    found = cxsim.simulate(scenario, seed=2, replications=30)
    erlang = found.erlang["agents_required_c"].to_numpy()
    assert (erlang[:6] == erlang[0]).all() and (erlang[6:] == erlang[6]).all() and erlang[6] > erlang[0]


def test_estimated_waits_know_the_mean_of_the_handle_times_by_volume() -> None:
    """Two thirds of the contacts come in the second half, with 6 minutes: 5:20 on average."""
    told = {"announces": {"estimator": "queue_length"}}
    tree = {
        "cxsim": 1,
        "horizon": {"days": 1, "open": "00:00-24:00", "interval": "12 h", "before": "0 days", "after": "0 days"},
        "reasons": {
            "call": {"volume": {"per_interval": [100, 200]}, "talk": "4 min", "handle_times": {"factors": [1, 1.5]}}
        },
        "queues": {"call": told},
        "groups": {"team": {"agents": 10, "serves": ["call"]}},
    }
    assert prepare(cxsim.parse(tree)).network["queues"]["handle_time"][0] == pytest.approx(320.0)


TABLE = """weekday,time,calls,AHT
mon,08:00,10,240
mon,09:00,10,0:05:00
mon,10:00,0,
mon,11:00,0,0
mon,12:00,10,480
tue,08:00,10,300
tue,09:00,10,300
tue,12:00,10,300
"""


def from_file(folder: Path, table: str, **times: Any) -> cxsim.Scenario:
    (folder / "h.csv").write_text(table, encoding="utf-8")
    text = f"""cxsim: 1
horizon: {{start: 2026-03-02, days: 2, open: [08:00-10:00, 12:00-13:00], interval: 1 h, before: 7 days, after: 7 days}}
reasons:
  call: {{volume: 10/h, talk: 3 min, wrap: 1 min, handle_times: {times | {"file": "h.csv", "column": "AHT"}}}}
groups: {{team: {{serves: call, agents: 3}}}}
"""
    (folder / "s.yaml").write_text(text.replace("'", ""), encoding="utf-8")
    return cxsim.read(folder / "s.yaml")


def test_a_file_gives_the_mean_of_each_interval_and_holds_until_the_next(tmp_path: Path) -> None:
    """Blank and 0 in closed hours are no rows; nights and lunch go on with the row before.

    Days without rows have those of the counted day that they stand for, as volumes do: Sunday has Tuesday's.
    """
    table = TABLE.replace("0:05:00", "300")
    model = prepare(from_file(tmp_path, table, weekdays="{tue: 2}"))
    monday = model.timeline.counted_from
    factors = [
        float(handle_factor(model.network.record, 0, monday + 3600.0 * hour))
        for hour in (-1, 0, 7.9, 8, 8.99, 9, 11.99, 12, 13, 23.9, 24, 24 + 8, 24 + 23, 48 + 8, 7 * 24 + 12)
    ]
    assert factors == [1.25, 1, 1, 1, 1, 1.25, 1.25, 2, 2, 2, 2.5, 2.5, 2.5, 1, 2]
    by = by_interval(model.network, model.timeline)
    assert by[0, [8, 9, 10, 12, 24 + 8]].tolist() == [1, 1.25, 1.25, 2, 2.5]
