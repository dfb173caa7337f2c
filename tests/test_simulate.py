"""simulate: the same answer however it is computed, and arguments and scenarios that cannot be."""

import math

import numpy as np
import pandas as pd
import pytest

import cxsim
from cxsim.model.prepare import prepare
from cxsim.scenario import ScenarioError, parse
from cxsim.simulation.replications import Cancelled, _Heeding, replicate
from cxsim.simulation.simulate import simulate

SMALL = {
    "cxsim": 1,
    "horizon": {"open": "09:00-12:00"},
    "reasons": {
        "sales": {"volume": "50/h", "handle_time": "4 min", "patience": "2 min", "resolution": "80%"},
        "help": {"volume": "30/h", "talk": "5 min", "wrap": "30s", "patience": "3 min"},
    },
    "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
    "groups": {"team": {"agents": 6, "serves": ["sales", "help"], "wage": 24}},
    "after_contact": {
        "abandoned": {"redial": "40%", "delay": "10 min"},
        "unresolved": {"repeat": "50%", "delay": "30 min"},
    },
}


@pytest.fixture(scope="module")
def scenario():
    return parse(SMALL)


@pytest.fixture(scope="module")
def result(scenario):
    return simulate(scenario, replications=12, seed=3, keep=("legs", "spells"))


def test_the_public_words_stay_functions():
    for _ in range(2):
        assert callable(cxsim.simulate) and callable(cxsim.compare) and callable(cxsim.read)


def test_threads_do_not_change_a_figure(scenario, result):
    for threads in (1, 2, 5):
        again = simulate(scenario, replications=12, seed=3, threads=threads)
        pd.testing.assert_frame_equal(again.figures, result.figures, check_exact=True)


def test_a_replication_does_not_depend_on_how_many_follow(scenario):
    model = prepare(scenario, 3)
    few, many = replicate(model, 3)[0], replicate(model, 6)[0]
    for one, other in zip(few, many, strict=False):
        assert np.array_equal(one.contacts, other.contacts) and np.array_equal(one.groups, other.groups)


def test_another_seed_is_another_world(scenario, result):
    other = simulate(scenario, replications=12, seed=4)
    assert other.estimate("offered").value != result.estimate("offered").value


def test_figures_agree_with_the_legs_kept(result):
    legs = result.legs
    last = legs[legs["outcome"] != "handed on"]
    counted = last[(last["arrived"] >= 0) & (last["arrived"] < 86400)]
    answered = (counted["outcome"] == "answered").sum() / 12
    assert result.estimate("answered").value == pytest.approx(answered)
    assert result.estimate("offered").value == pytest.approx(len(counted) / 12)
    talk = (last["ended"] - last["answered"]).sum()
    on_duty = result.spells[result.spells["state"].isin(["on duty", "overrun"])]
    assert result.estimate("occupancy").value == pytest.approx(
        talk / (on_duty["end"] - on_duty["start"]).sum(), rel=0.02
    )


def test_precision_stops_when_it_is_reached_and_not_before(scenario):
    result = simulate(scenario, precision={"sl": 0.02})
    sl = result.estimate("sl")
    assert (sl.high - sl.low) / 2 <= 0.02
    assert result.replications == sl.n >= 10
    same = simulate(scenario, replications=result.replications)
    pd.testing.assert_frame_equal(result.figures, same.figures, check_exact=True)
    wide = simulate(scenario, precision={"sl": 0.5, "asa": 9.0})
    assert wide.replications == 10


def test_a_figure_that_never_occurs_is_not_waited_for():
    calm = parse({**SMALL, "groups": {"team": {"agents": 60, "serves": ["sales", "help"]}}})
    result = simulate(calm, precision={"ata": 0.1})
    assert 100 <= result.replications <= 160
    assert "not reached" in result.definitions["precision"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"replications": 0}, "not between 1"),
        ({"replications": 5, "precision": {"sl": 0.01}}, "give either"),
        ({"precision": {"sll": 0.01}}, "did you mean 'sl'"),
        ({"precision": {"sl": 0.0}}, "is not a positive width"),
        ({"precision": {"sl": float("nan")}}, "is not a positive width"),
        ({"precision": {"queue_length_max": 0.1}}, "no total"),
        ({"engine": "clok"}, "clock and story"),
        ({"keep": ["leg"]}, "legs and spells"),
        ({"keep": "legs"}, "a single string"),
        ({"seed": -1}, "seed: -1"),
        ({"seed": 1.5}, r"seed: 1\.5"),
        ({"seed": 2**64}, "seed: 18446744073709551616"),
        ({"seed": True}, "seed: True"),
        ({"replications": 2.5}, "not a whole number"),
        ({"precision": {"sl": "wide"}}, "'wide' for sl"),
        ({"precision": {"sl": True}}, "True for sl"),
        ({"threads": -1}, "threads: -1"),
        ({"threads": 0}, "threads: 0"),
        ({"seed": -1, "threads": 0}, "(?s)seed: -1.*threads: 0"),
    ],
)
def test_arguments_that_cannot_be_are_refused_before_anything_runs(scenario, named, said):
    with pytest.raises(ValueError, match=said):
        simulate(scenario, **named)


def test_people_who_never_come_are_a_fault(tmp_path):
    (tmp_path / "shifts.csv").write_text("group,date,start,end\nteam,2031-01-06,09:00,12:00\n")
    groups = {"team": {"serves": ["sales", "help"]}}
    with pytest.raises(ScenarioError, match="none of its shifts"):
        far = {**SMALL, "groups": groups, "staff": {"file": "shifts.csv", "kind": "shifts"}}
        prepare(parse(far, folder=tmp_path))


def test_progress_counts_replications(scenario):
    seen = []
    simulate(scenario, replications=5, progress=lambda done, expected: seen.append((done, expected)))
    assert seen == [(n, 5) for n in range(1, 6)]


def test_an_interrupt_gives_up_the_replications_under_way(scenario):
    def interrupt(done, expected):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(scenario, replications=1000, threads=2, progress=interrupt)


def test_a_sink_heeds_the_end_of_its_run():
    from threading import Event

    from cxsim.schema.ledger import LEG_DTYPE, Keeper

    stop = Event()
    sink = _Heeding(Keeper(), stop)
    sink.legs(np.zeros(1, LEG_DTYPE))
    stop.set()
    with pytest.raises(Cancelled):
        sink.legs(np.zeros(1, LEG_DTYPE))


def test_measured_fcr_is_known_when_the_day_after_is_closed():
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-06", "open": {"mon-fri": "09:00-12:00"}},  # a Friday
        "reasons": {"a": {"volume": {"per_hour": 20}, "talk": "2 min", "resolution": "60%"}},
        "groups": {"g": {"agents": 3, "serves": ["a"]}},
        "after_contact": {"unresolved": {"repeat": "100%", "delay": "30 min"}},
    }
    model = prepare(parse(tree))
    assert model.layout.end == model.timeline.end == 4 * 86400.0
    table = simulate(parse(tree), replications=4).figures
    found = table[(table["figure"] == "fcr_measured") & (table["interval"] == "total")]["value"]
    assert found.notna().all()
    assert 0.5 < found.iloc[0] < 0.9


def test_agents_are_averaged_over_the_time_it_is_open():
    tree = {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "open": "08:10-09:30", "interval": "30 min"},
        "reasons": {"a": {"volume": {"per_hour": 20}, "talk": "2 min"}},
        "groups": {"g": {"agents": 5, "serves": ["a"], "shrinkage": "50%", "scheduled": False}},
    }
    table = simulate(parse(tree), replications=2).figures
    for figure, agents in (("agents_present", 5), ("agents_planned", 5), ("agents_scheduled", 10)):
        rows = table[(table["figure"] == figure) & (table["scope"] == "group")]
        # Total, day, and three intervals, the first open for 20 minutes; a last call may end after closing.
        assert rows["value"].to_numpy()[:5] == pytest.approx(np.full(5, agents)), figure


def test_a_comparison_checks_its_arguments_likewise(scenario):
    with pytest.raises(ValueError, match=r"(?s)seed: -1.*threads: 0"):
        cxsim.compare([scenario, scenario], seed=-1, threads=0)


def test_a_width_may_be_written_as_a_percentage(scenario):
    wide = simulate(scenario, precision={"sl": "50%"})
    assert wide.replications == 10


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_may_end_a_run_and_keep_what_is_there(scenario, threads):
    some = simulate(scenario, replications=50, threads=threads, progress=lambda done, expected: done < 4)
    assert some.replications == 4
    said = "ended on request after 4 of 50 replications"
    assert some.definitions["replications"] == some.provenance["ended"] == said
    pd.testing.assert_frame_equal(some.figures, simulate(scenario, replications=4).figures, check_exact=True)


def test_what_a_result_does_not_have_is_refused_with_the_nearest(result):
    with pytest.raises(ValueError, match="did you mean 'sl'"):
        result.estimate("sll")
    with pytest.raises(ValueError, match="did you mean 'queue'"):
        result.series("sl", "queu", "sales")
    with pytest.raises(ValueError, match="did you mean 'sales'"):
        result.estimate("sl", "queue", "sale")
    assert np.isnan(result.estimate("queue_length_max").value)


def test_a_scenario_can_be_varied(scenario):
    more = scenario.vary({"groups.team.agents": 12})
    assert (more.groups["team"].agents, scenario.groups["team"].agents) == (12, 6)
    assert more == parse(SMALL, set_=["groups.team.agents=12"])
    assert more.vary({"groups.team.wage": 30}).source.chosen == ("groups.team.agents=12", "groups.team.wage=30")
    stormy = parse({**SMALL, "overrides": {"storm": {"reasons.sales.volume": "90/h"}}})
    assert stormy.vary(with_=("storm",)).reasons["sales"].volume.per_hour == 90
    with pytest.raises(ScenarioError, match=r"groups\.team\.agents"):
        scenario.vary({"groups.tem.agents": 12})


def test_a_target_nobody_could_meet_or_miss_is_not_measured():
    silent = {**SMALL, "reasons": {**SMALL["reasons"], "sales": {**SMALL["reasons"]["sales"], "volume": "0/h"}}}
    quiet = simulate(parse(silent), replications=2)
    assert list(quiet.targets["met"]) == [None]
    assert "could not be measured" in quiet.headline()


def test_agents_at_hand_when_saturated():
    from cxsim.cli.check import at_hand

    team = {"agents": 6, "serves": ["sales", "help"], "availability": "50%", "away": "4 min"}
    found = at_hand(
        parse({**SMALL, "groups": {"team": team}}),
        "team",
        {"sales": 1.0, "help": 0.0},
        {"sales": 1.0, "help": 1.0},
        0.5,
    )
    assert found == pytest.approx(1 / (1 + (1 - np.exp(-1))))


def test_a_chart_takes_the_name_of_a_series_from_its_cell():
    from types import SimpleNamespace

    from cxsim.report.run.charts import _add
    from cxsim.report.run.workbook import Sheet

    odd, added = "=cmd|' /C calc'!A0", []
    place = Sheet("queue_interval", 1, 9, {"queue": 0, "time": 1, "sl": 2}, {odd: (3, 6)}, key="queue")
    _add(SimpleNamespace(add_series=added.append), place, "sl", odd, odd, "black", "time")
    assert added[0]["name"] == ["queue_interval", 3, 0]


@pytest.mark.parametrize("engine", ["clock", "story"])
@pytest.mark.parametrize(("then", "comes"), [("next_opening", 24 * 3600.0), ("lost", math.nan)])
def test_a_return_due_after_the_last_closing_is_no_further_contact_of_that_day(engine, then, comes):
    fails = {"unresolved": {"repeat": "100%", "delay": {"deterministic": "2h"}, "at_most": 2}}
    sales = {"volume": {"arrivals": {"times": ["08:30:00", "11:00:00"]}}, "talk": {"deterministic": "1 min"}}
    one_day = {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00", "before": "0 days", "after": "0 days"},
        "fcr_window": "3h",
        "closed_hours": {"then": then},
        "reasons": {"sales": {**sales, "resolution": "0%", "after_contact": fails}},
        "groups": {"team": {"agents": 2, "serves": ["sales"]}},
    }
    result = simulate(parse(one_day), replications=1, engine=engine, keep=["legs"])
    due = result.legs["next_at"].to_numpy()
    assert np.array_equal(due, [8.5 * 3600 + 60 + 7200, math.nan, comes], equal_nan=True)
    assert result.estimate("fcr_measured").value == 2 / 3  # alone in their windows: the repeat, and the late one
