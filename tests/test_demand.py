"""Fresh arrivals: every way to state a volume against sums done by hand; the randomness of the streams."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from cxsim.model.calendar import timeline
from cxsim.model.demand import FIRST_DAY, arrivals, day_factors, demand, expected, explain, left_out
from cxsim.randomness.draws import run_key
from cxsim.scenario import Scenario, ScenarioError, parse
from cxsim.schema.ledger import issue_id
from cxsim.tables.reader import TableError

H = 3600.0
DAY = 86400.0
RUN = run_key(7, 0)


def scenario(volumes: dict[str, Any], folder: Path | None = None, **more: Any) -> Scenario:
    """One reason per volume, Monday 2 March 2026, 08:00-12:00 in hours, unless told otherwise."""
    horizon = {"start": "2026-03-02", "open": "08:00-12:00", "interval": "1 h", **more.pop("horizon", {})}
    tree = {
        "cxsim": 1,
        "horizon": horizon,
        "reasons": {name: {"volume": volume, "handle_time": "4 min"} for name, volume in volumes.items()},
        "groups": {"team": {"agents": 5, "serves": list(volumes)}},
    }
    return parse({**tree, **more}, folder=folder or ".")


def by_hour(s: Scenario, day: int = 0) -> list[float]:
    """Expected contacts of the first reason, in its open hours 8 to 12 of a counted day."""
    return [round(float(x), 9) for x in expected(s, timeline(s))[0][24 * day + 8 : 24 * day + 12]]


def draw(s: Scenario, seed: int = 7, replication: int = 0) -> tuple[Any, Any]:
    return arrivals(demand(s, timeline(s)), run_key(seed, replication))


@pytest.mark.parametrize(
    ("volume", "answer"),
    [
        ({"per_hour": 60}, [60, 60, 60, 60]),
        ({"per_hour": [10, 20, 0, 40]}, [10, 20, 0, 40]),
        ({"per_interval": 15}, [15, 15, 15, 15]),
        ({"per_interval": [1, 2, 3, 4]}, [1, 2, 3, 4]),
        ({"per_day": 100}, [25, 25, 25, 25]),
        ({"per_day": 100, "profile": [1, 2, 3, 4]}, [10, 20, 30, 40]),
        ({"count": 10, "profile": [0, 1, 1, 0]}, [0, 5, 5, 0]),
        ({"per_hour": 60, "factor": 1.5}, [90, 90, 90, 90]),
        ({"per_hour": 60, "weekdays": {"mon": 0.5, "tue": 9}}, [30, 30, 30, 30]),
        ({"arrivals": {"times": ["08:00:00", "09:59:59.5", "09:00", "11:30"]}}, [1, 2, 0, 1]),
    ],
)
def test_every_inline_volume_gives_the_expected_contacts(volume: Any, answer: list[float]) -> None:
    s = scenario({"sales": volume})
    assert by_hour(s) == answer
    assert expected(s, timeline(s)).sum() == pytest.approx(sum(answer))


def test_a_list_follows_the_clock_and_a_shorter_day_skips_its_closed_hours() -> None:
    hours = {"mon": "08:00-12:00", "tue": "09:30-11:00"}
    s = scenario({"sales": {"per_hour": [10, 20, 30, 40]}}, horizon={"days": 2, "open": hours})
    assert by_hour(s) == [10, 20, 30, 40]
    assert by_hour(s, 1) == [0, 10, 30, 0]
    s = scenario({"sales": {"per_day": 60, "profile": [1, 2, 3, 4]}}, horizon={"days": 2, "open": hours})
    assert by_hour(s, 1) == [0, 15, 45, 0]  # half of the second hour's weight, all of the third's


def test_an_interval_that_is_partly_open_has_its_whole_count_in_its_open_part() -> None:
    s = scenario({"sales": {"per_interval": [6, 10, 10]}}, horizon={"open": "08:30-11:00"})
    assert by_hour(s) == [6, 10, 10, 0]
    times, _ = draw(s)
    assert times.min() >= 8.5 * H


def test_events_multiply_and_overlapping_ones_multiply_each_other() -> None:
    events = [
        {"name": "outage", "date": "2026-03-02", "from": "09:00", "to": "10:30", "factor": 2},
        {"name": "advert", "from": "10:00", "to": "11:00", "factor": 1.5, "reasons": ["sales"]},
        {"name": "another day", "date": "2026-03-03", "factor": 9},
        {"name": "of others", "factor": 7, "reasons": ["service"]},
    ]
    volumes = {"sales": {"per_hour": 60}, "service": {"per_hour": 1}}
    s = scenario(volumes, events=events)
    assert by_hour(s) == [60, 120, 0.5 * 60 * 3 + 0.5 * 60 * 1.5, 60]
    assert expected(s, timeline(s))[1].sum() == pytest.approx(7 * (1 + 2 + 1 + 0.5 + 1))


def test_a_volume_file_is_read_by_date_then_weekday_then_every_day(tmp_path: Path) -> None:
    text = "date,time,sales\n2026-03-02,08:00,4\n2026-03-02,09:00,8\n2026-03-02,10:00,0\n2026-03-02,11:00,0\n"
    text += "tue,08:00,5\ntue,09:00,0\ntue,10:00,0\ntue,11:00,0\n"
    text += "every day,08:00,1\nevery day,09:00,0\nevery day,10:00,0\ndaily,11:00,2\n"
    (tmp_path / "volumes.csv").write_text(text)
    s = scenario({"sales": {"file": "volumes.csv"}}, tmp_path, horizon={"days": 3})
    assert by_hour(s) == [4, 8, 0, 0]
    assert by_hour(s, 1) == [5, 0, 0, 0]
    assert by_hour(s, 2) == [1, 0, 0, 2]


def test_days_outside_the_horizon_take_the_rows_of_their_model_day(tmp_path: Path) -> None:
    clocks = [f"{h:02d}:{m}" for h in range(8, 12) for m in ("00", "30")]
    days = (("2026-03-02", "4 8 0 0 0 0 0 0"), ("2026-03-01", "100 0 0 0 0 0 0 0"))
    rows = [f"{on}T{at},{n}\n" for on, counts in days for at, n in zip(clocks, counts.split(), strict=True)]
    text = "time,n\n" + "".join(rows)
    (tmp_path / "volumes.csv").write_text(text)
    volume = {"file": "volumes.csv", "column": "n"}
    s = scenario({"sales": volume}, tmp_path, horizon={"before": "2 days", "after": "1 day"})
    t = timeline(s)
    assert demand(s, t).totals.tolist() == [12.0, 100.0, 12.0, 12.0]
    assert expected(s, t).sum() == pytest.approx(12.0)


def test_contacts_of_a_file_in_closed_hours_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "volumes.csv").write_text("time,sales\n07:00,3\n08:00,4\n09:00,0\n10:00,0\n11:00,5\n12:00,6\n")
    s = scenario({"sales": {"file": "volumes.csv"}}, tmp_path)
    assert by_hour(s) == [4, 0, 0, 5]
    assert explain(s, timeline(s)) == [
        "sales: 9 fresh contacts expected in counted time.",
        "sales: 9 contacts of its file are outside opening hours and are ignored.",
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("time,sales\n08:00,1\n08:00,2\n", "second row for the same time"),
        ("time,sales\n08:00,-1\n", "is below 0"),
        ("time,sale\n08:00,1\n", "'sales' is not a column"),
        ("when,sales\n08:00,1\n", "no time column"),
        ("time,sales\n8 o'clock,1\n", "is not a time"),
        ("date,time,sales\n2026-03-09,08:00,1\n", "has no rows for Mon 2026-03-02"),
    ],
)
def test_a_volume_file_that_does_not_fit_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    (tmp_path / "volumes.csv").write_text(text)
    with pytest.raises((TableError, ScenarioError), match=rule):
        s = scenario({"sales": {"file": "volumes.csv"}}, tmp_path)
        demand(s, timeline(s))


def test_a_log_is_replayed_to_the_instant_and_split_by_reason(tmp_path: Path) -> None:
    text = (
        "reason,time\nB,2026-03-03 09:00:00\nA,2026-03-02 08:00:00\nB,2026-03-02 08:00:00\n"
        "A,2026-03-02 11:59:59.25\nA,2026-03-03 08:30:00\n"
    )
    (tmp_path / "log.csv").write_text(text)
    volumes = {name: {"arrivals": {"file": "log.csv", "reason": name}} for name in "AB"}
    s = scenario(volumes, tmp_path, horizon={"days": 2})
    times, issues = draw(s)
    assert times.tolist() == [8 * H, 8 * H, 12 * H - 0.75, DAY + 8.5 * H, DAY + 9 * H]
    first, second = FIRST_DAY, FIRST_DAY + 1
    assert issues.tolist() == [
        issue_id(*x) for x in [(0, first, 0), (1, first, 0), (0, first, 1), (0, second, 0), (1, second, 0)]
    ]
    again, _ = draw(s, seed=99)
    assert again.tolist() == times.tolist()


def test_times_of_day_are_replayed_on_every_open_day(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("time\n08:30:00\n09:00:00\n")
    hours = {"mon": "08:00-12:00", "wed": "08:00-12:00"}
    s = scenario({"sales": {"arrivals": {"file": "log.csv"}}}, tmp_path, horizon={"days": 3, "open": hours})
    times, _ = draw(s)
    assert times.tolist() == [8.5 * H, 9 * H, 2 * DAY + 8.5 * H, 2 * DAY + 9 * H]


@pytest.mark.parametrize("when", ["2026-03-02 12:00:00", "2026-03-02 07:59:59"])
def test_a_replayed_call_in_closed_hours_is_a_fault(tmp_path: Path, when: str) -> None:
    (tmp_path / "log.csv").write_text(f"time\n2026-03-02 08:30:00\n{when}\n")
    s = scenario({"sales": {"arrivals": {"file": "log.csv"}}}, tmp_path)
    with pytest.raises(TableError, match=r"log.csv:3  time:  .*is outside opening hours.*widen horizon.open"):
        demand(s, timeline(s))


def test_a_replayed_call_on_a_closed_day_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("time\n2026-03-02 08:30:00\n2026-03-03 09:00:00\n")
    horizon = {"days": 2, "open": {"mon": "08:00-12:00"}}
    s = scenario({"sales": {"arrivals": {"file": "log.csv"}}}, tmp_path, horizon=horizon)
    with pytest.raises(TableError, match="is outside opening hours"):
        demand(s, timeline(s))


def test_steady_state_has_constant_rates_from_the_first_second() -> None:
    horizon = {"steady": {"warm_up": "10 h", "length": "1000 h"}, "start": None, "open": None}
    horizon = {k: v for k, v in horizon.items() if v}
    tree = {
        "cxsim": 1,
        "horizon": horizon,
        "reasons": {
            "a": {"volume": {"per_hour": 30}, "handle_time": "1 min"},
            "b": {"volume": {"per_day": 240}, "handle_time": "1 min"},
        },
        "groups": {"team": {"agents": 5, "serves": ["a", "b"]}},
    }
    s = parse(tree)
    t = timeline(s)
    assert expected(s, t).sum(axis=1) == pytest.approx([30_000, 10_000])
    times, issues = arrivals(demand(s, t), RUN)
    n = np.bincount(issues >> 50)
    assert n[0] == pytest.approx(30_300, abs=4 * math.sqrt(30_300))
    assert n[1] == pytest.approx(10_100, abs=4 * math.sqrt(10_100))
    assert 0 < times[0] < 1000
    assert times[-1] < 1010 * H


def test_arrivals_are_sorted_numbered_in_order_and_inside_the_opening_hours() -> None:
    hours = {"mon-fri": "08:00-10:00, 11:00-12:00"}
    volumes = {
        "a": {"per_hour": 300},
        "b": {"per_hour": [0, 500, 100, 20]},
        "c": {"count": 50},
        "d": {"per_hour": 0},
    }
    volumes["b"] = {"per_hour": [0, 500, 20]}
    s = scenario(volumes, horizon={"days": 7, "open": hours, "before": "1 day"})
    t = timeline(s)
    times, issues = arrivals(demand(s, t), RUN)
    assert (np.diff(times) >= 0).all()
    place = np.searchsorted(t.open_starts, times, side="right") - 1
    assert ((times >= t.open_starts[place]) & (times < t.open_ends[place])).all()
    reason, day, number = issues >> 50, (issues >> 36) & 0x3FFF, issues & (2**36 - 1)
    assert (day - FIRST_DAY + t.days_before == times // DAY).all()
    for r in range(3):
        for d in np.unique(day):
            mine = number[(reason == r) & (day == d)]
            assert mine.tolist() == list(range(len(mine)))
    assert len(np.unique(issues)) == len(issues)
    assert not (reason == 3).any()
    assert np.bincount(day[reason == 2] - FIRST_DAY + 1).tolist() == [
        0,
        50,
        50,
        50,
        50,
        50,
    ]  # the day before is a Sunday


def test_simultaneous_arrivals_are_ordered_by_issue() -> None:
    same = {"arrivals": {"times": ["09:00", "09:00"]}}
    times, issues = draw(scenario({"b": same, "a": same, "c": same}))
    assert times.tolist() == [9 * H] * 6
    assert (np.diff(issues) > 0).all()


def test_gaps_are_exponential_and_counts_are_poisson() -> None:
    """Kolmogorov-Smirnov and chi-square tests, each with an error rate of 0.1 % at a fixed seed."""
    s = scenario(
        {"a": {"per_hour": 2000}, "b": {"per_hour": 3}},
        horizon={"days": 250, "open": "00:00-24:00", "before": 0, "after": 0},
        groups={"team": {"agents": 150, "serves": ["a", "b"]}},
    )
    d = demand(s, timeline(s))
    times, issues = arrivals(d, RUN)
    gaps = np.diff(times[issues >> 50 == 0])[:200_000]
    assert stats.kstest(gaps, "expon", args=(0, 1.8)).pvalue > 0.001
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 3.3 / math.sqrt(len(gaps))
    per_hour = np.bincount((times[issues >> 50 == 1] // H).astype(int), minlength=6000)
    seen = np.bincount(np.minimum(per_hour, 9), minlength=10)
    hoped = len(per_hour) * np.append(stats.poisson.pmf(np.arange(9), 3), stats.poisson.sf(8, 3))
    assert stats.chisquare(seen, hoped).pvalue > 0.001
    both = np.corrcoef(per_hour, np.bincount((times[issues >> 50 == 0] // H).astype(int), minlength=6000))
    assert abs(both[0, 1]) < 3.3 / math.sqrt(6000)


def test_a_changing_rate_is_followed() -> None:
    """Times of an inhomogeneous stream, put through its cumulative rate, are uniform; error rate 0.1 %."""
    s = scenario({"a": {"per_hour": [3000, 9000, 0, 6000]}})
    times, _ = draw(s)
    level = np.interp(times, [8 * H, 9 * H, 10 * H, 11 * H, 12 * H], [0, 3000, 12000, 12000, 18000])
    assert len(times) == pytest.approx(18000, abs=4 * math.sqrt(18000))
    assert not ((times > 10 * H) & (times < 11 * H)).any()
    assert stats.kstest(level / 18000, "uniform").pvalue > 0.001


def test_a_fixed_count_is_exact_and_its_times_are_those_of_a_poisson_stream_given_its_count() -> None:
    s = scenario({"a": {"count": 5000, "profile": [1, 3, 0, 2]}}, horizon={"days": 3})
    times, _ = draw(s)
    assert np.bincount((times // DAY).astype(int)).tolist() == [5000, 5000, 5000]
    level = np.interp(times % DAY, [8 * H, 9 * H, 10 * H, 11 * H, 12 * H], [0, 1, 4, 4, 6])
    assert stats.kstest(level / 6, "uniform").pvalue > 0.001
    s = scenario({"a": {"count": 10, "weekdays": {"mon": 1.26}}})
    assert len(draw(s)[0]) == 13
    assert len(draw(scenario({"a": {"count": 0}}))[0]) == 0


def test_busyness_has_mean_1_and_its_spread_and_is_common_to_the_reasons_of_a_day() -> None:
    busy = {"per_hour": 10, "busyness": {"gamma": {"cv": "20%"}}}
    other = {"per_hour": 10, "busyness": {"gamma": {"cv": "50%"}}}
    s = scenario({"a": busy, "b": busy, "c": other, "d": {"per_hour": 10}}, horizon={"days": 2000})
    d = demand(s, timeline(s))
    f = day_factors(d, RUN)
    assert f[0].mean() == pytest.approx(1.0, abs=4 * 0.2 / math.sqrt(2000))
    assert f[0].std() == pytest.approx(0.2, rel=0.08)
    assert stats.kstest(f[2], "gamma", args=(4, 0, 0.25)).pvalue > 0.001
    assert (f[0] == f[1]).all()
    assert stats.spearmanr(f[0], f[2]).statistic == pytest.approx(1.0)
    assert (f[3] == 1.0).all()
    times, issues = arrivals(d, RUN)
    n = np.bincount(times[issues >> 50 == 2].astype(int) // int(DAY), minlength=2000)
    assert n.var() == pytest.approx(40 + (0.5 * 40) ** 2, rel=0.2)  # Poisson mixed by the factor
    assert not (f[0] == day_factors(d, run_key(7, 1))[0]).any()


def test_adding_a_reason_or_a_day_leaves_every_other_arrival_alone() -> None:
    a, b = {"per_hour": 50, "busyness": {"gamma": {"cv": "10%"}}}, {"per_hour": [10, 20, 30, 40]}
    few = draw(scenario({"a": a, "b": b}))
    many = draw(scenario({"new": {"per_hour": 70}, "a": a, "b": b}))
    for r in (0, 1):
        assert few[0][few[1] >> 50 == r].tolist() == many[0][many[1] >> 50 == r + 1].tolist()
    longer = draw(scenario({"a": a, "b": b}, horizon={"days": 3, "before": "2 days"}))
    day = (longer[1] >> 36) & 0x3FFF
    assert (longer[0][day == FIRST_DAY] - 2 * DAY).tolist() == pytest.approx(few[0].tolist())
    assert longer[1][day == FIRST_DAY].tolist() == few[1].tolist()


def test_the_same_seed_gives_the_same_arrivals_and_another_gives_others() -> None:
    s = scenario({"a": {"per_hour": 500}})
    d = demand(s, timeline(s))
    assert arrivals(d, run_key(1, 0))[0].tolist() == arrivals(d, run_key(1, 0))[0].tolist()
    assert arrivals(d, run_key(1, 0))[0][:3].tolist() != arrivals(d, run_key(1, 1))[0][:3].tolist()
    two = draw(scenario({"a": {"per_hour": 500}, "b": {"per_hour": 500}}, horizon={"days": 2}))
    assert len(np.unique(two[0] % DAY)) == len(two[0])


def test_a_higher_rate_keeps_the_draws_and_only_brings_arrivals_forward() -> None:
    slow, fast = (draw(scenario({"a": {"per_hour": rate}}))[0] for rate in (100, 110))
    n = len(slow)
    assert len(fast) >= n
    assert (fast[:n] - 8 * H) * 1.1 == pytest.approx(slow - 8 * H)


def test_many_reasons_merge_like_a_sort() -> None:
    volumes = {f"r{i}": {"per_hour": 5 + i} for i in range(37)}
    s = scenario(volumes, horizon={"days": 2})
    d = demand(s, timeline(s))
    times, issues = arrivals(d, RUN)
    order = np.lexsort((issues, times))
    assert order.tolist() == list(range(len(times)))
    assert set((issues >> 50).tolist()) == set(range(37))


def test_mail_whose_table_has_opening_hours_only_comes_in_them(tmp_path: Path) -> None:
    """Mail may come at night; a report by opening hours says nothing of that, and `check` says what is assumed."""
    (tmp_path / "v.csv").write_text("time,a\n08:00,10\n09:00,20\n10:00,30\n11:00,40\n")
    s = scenario({"a": {"file": "v.csv"}}, tmp_path, channels={"mail": {"deferrable": True}})
    when = timeline(s)
    assert demand(s, when).totals.tolist() == [100.0] * len(when.dates)
    assert "a: v.csv has no rows for some hours of the day, so none of its contacts arrive then." in explain(s, when)
    (tmp_path / "v.csv").write_text("time,a\n08:00,10\n09:00,20\n11:00,40\n")
    with pytest.raises(TableError, match="no row for open time"):
        demand(scenario({"a": {"file": "v.csv"}}, tmp_path, channels={"mail": {"deferrable": True}}), when)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("08:00,10\n09:00,20\n11:00,40\n", r"no row for open time on Mon 2026-03-02 from '?10:00"),
        ("09:00,20\n10:00,30\n11:00,40\n", "no row for open time on .* from '?08:00"),
        ("08:00,10\n09:00,20\n10:00,30\n", "no row for open time on .* from '?11:00"),
        ("08:00,10\n08:30,20\n09:00,20\n10:00,30\n11:00,40\n", "no row for open time on .* from '?09:30"),
    ],
)
def test_open_time_without_a_row_is_a_fault(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "v.csv").write_text("time,a\n" + rows)
    s = scenario({"a": {"file": "v.csv"}}, tmp_path)
    with pytest.raises(TableError, match=said):
        demand(s, timeline(s))


def test_closed_time_needs_no_row_and_a_zero_says_that_nothing_comes(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("time,a\n08:00,10\n09:00,0\n11:00,40\n12:00,5\n")
    s = scenario({"a": {"file": "v.csv"}}, tmp_path, horizon={"open": "08:00-10:00, 11:00-12:00"})
    assert by_hour(s) == [10, 0, 0, 40]
    assert left_out(s, timeline(s)) == ["a: 5 contacts of its file are outside opening hours and are ignored."]
