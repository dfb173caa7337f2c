"""Agents' hours by day: every second of overrun and of work belongs to the day whose shift it prolongs.

Worked out again from the ledger's rows: an overrun that begins at the end of a shift is part of the day in which the
shift ended, in a center that is closed over night; and so is all the work in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.running import figures, model_of, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cxsim
from cxsim.metrics.sums import GROUP_COLUMNS
from cxsim.schema import ledger
from cxsim.simulation.simulate import simulate

DAY = 86400.0


def night(times: list[str], days: int = 1, **horizon: Any) -> dict[str, Any]:
    """One agent until midnight, at 60 an hour; contacts of 20 minutes at these times."""
    return {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "days": days, "open": "22:00-24:00", "before": "0 days", "after": "0 days"}
        | horizon,
        "reasons": {"a": {"volume": {"arrivals": {"times": times}}, "talk": {"deterministic": {"value": "20 min"}}}},
        "groups": {"g": {"agents": 1, "serves": ["a"], "wage": 60}},
    }


def told(tree: dict[str, Any], engine: str) -> dict[tuple[str, str], float]:
    table = simulate(cxsim.parse(tree), replications=1, engine=engine).figures  # type: ignore[arg-type]
    table = table[table.scope == "total"]
    return {(row.figure, row.interval): row.value for row in table.itertuples()}


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_time_after_the_last_midnight_is_paid_and_counted(engine: str) -> None:
    """Contacts at 23:50 and 23:55 keep the agent until 00:30: 40 minutes of work in two and a half hours."""
    found = told(night(["23:50:00", "23:55:00"]), engine)
    assert found["overrun_hours", "total"] == 0.5
    assert found["cost", "total"] == 150
    assert found["occupancy", "total"] == pytest.approx(40 / 150)


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_each_days_overrun_belongs_to_the_day_whose_shift_it_is(engine: str) -> None:
    times = ["2026-03-02T23:50:00", "2026-03-02T23:55:00", "2026-03-03T23:55:00"]
    found = told(night(times, days=2), engine)
    days = ("2026-03-02", "2026-03-03")
    assert [found["overrun_hours", day] for day in days] == [0.5, 0.25]
    assert [found["cost", day] for day in days] == [150, 135]
    assert [found["occupancy", day] for day in days] == pytest.approx([40 / 150, 20 / 135])


def test_the_overrun_of_an_uncounted_day_is_not_counted() -> None:
    times = ["2026-03-02T23:50:00", "2026-03-02T23:55:00"]
    found = told(night(times, start="2026-03-03", before="1 day"), "clock")
    assert found["overrun_hours", "total"] == 0
    assert found["occupancy", "total"] == 0


def test_who_is_planned_at_midnight_works_on_the_day_of_the_clock() -> None:
    """A shift from 22:00 to 02:00: its second half is the next day's, and the second call of 20 minutes with it."""
    tree = night(["2026-03-02T23:50:00", "2026-03-03T00:05:00"], days=2, open="00:00-24:00")
    del tree["groups"]["g"]["agents"]
    tree["staff"] = {"shifts": [{"group": "g", "date": "2026-03-02", "start": "22:00", "end": "02:00"}]}
    found = told(tree, "clock")
    assert [found["paid_hours", day] for day in ("2026-03-02", "2026-03-03")] == [2, 2]
    assert [found["occupancy", day] for day in ("2026-03-02", "2026-03-03")] == pytest.approx([10 / 120, 30 / 120])


@st.composite
def nights(draw: st.DrawFn) -> dict[str, Any]:
    """Days that are closed over night, some to midnight, with too few agents and long talks."""
    days = draw(st.integers(1, 3))
    hours = [("20:00", "24:00"), ("16:00", "23:30"), ("08:00", "24:00"), ("09:00", "12:00")]
    opens, closes = draw(st.sampled_from(hours))
    tree = {
        "cxsim": 1,
        "horizon": {
            "start": "2026-03-02",
            "days": days,
            "open": f"{opens}-{closes}",
            "interval": "30 min",
            "before": f"{draw(st.integers(0, 1))} days",
            "after": f"{draw(st.integers(0, 1))} days",
        },
        "channels": {"phone": {"patience": "40 min"}, "chat": {"concurrent": draw(st.integers(1, 2))}},
        "reasons": {"a": {"volume": "9/h", "talk": "12 min", "wrap": "3 min"}, "b": {"volume": "4/h", "talk": "9 min"}},
        "queues": {"b": {"channel": "chat"}},
        "groups": {"g": {"agents": draw(st.integers(1, 3)), "serves": ["a", "b"]}},
    }
    if draw(st.booleans()):
        shift = {"group": "g", "start": opens, "end": closes, "agents": tree["groups"]["g"].pop("agents")}
        tree["staff"] = {"shifts": [shift]}
    return tree


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(nights())
def test_overrun_and_work_of_all_days_are_those_of_the_ledger(tree: dict[str, Any]) -> None:
    model = model_of(tree)
    made = written(model, "clock")
    sample, when = figures(model, made), model.timeline
    day_of = model.layout.day_of
    days = len(model.layout.days)

    def by_day(*names: str) -> np.ndarray[Any, Any]:
        sums = sum(sample.groups[GROUP_COLUMNS.index(name), 0] for name in names)
        return np.bincount(day_of, sums, days)

    spells = made.spells
    overrun, worked = np.zeros(days), np.zeros(days)
    late = spells[spells["state"] == ledger.OVERRUN]
    for spell in late:
        day = int(np.ceil((spell["start"] - when.counted_from) / DAY)) - 1
        if 0 <= day < days:
            overrun[day] += spell["end"] - spell["start"]
    assert by_day("overrun") == pytest.approx(overrun, abs=1e-3)
    chats = np.array([model.layout.shared[leg["queue"]] for leg in made.legs], dtype=bool)
    calls = made.legs[(made.legs["agent"] >= 0) & ~chats]
    engaged = spells[spells["state"] == ledger.ENGAGED]
    spans = [(x["answered"], x["ended"], x["agent"]) for x in calls]
    spans += [(x["start"], x["end"], x["agent"]) for x in engaged]
    for start, end, agent in spans:
        mine = late[(late["agent"] == agent) & (late["start"] < end) & (late["end"] > start)]
        until = mine["start"][0] if len(mine) else end  # in overrun, the day is that in which the shift ended
        day = int(np.ceil((until - when.counted_from) / DAY)) - 1
        if 0 <= day < days:
            worked[day] += end - start
    assert by_day("busy_talk", "busy_wrap", "engaged") == pytest.approx(worked, abs=1e-3)
    assert (by_day("busy_talk", "busy_wrap", "engaged") <= by_day("on_duty", "overrun") + 1e-3).all()
