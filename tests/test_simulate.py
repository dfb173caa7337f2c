"""simulate: the same answer however it is computed, and arguments and scenarios that cannot be."""

import numpy as np
import pandas as pd
import pytest

import cxsim
from cxsim.scenario import ScenarioError, parse
from cxsim.model import prepare
from cxsim.replicate import Cancelled, _Heeding, replicate
from cxsim.simulate import simulate

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
        ({"replications": 5, "precision": {"sl": 0.01}}, "not both"),
        ({"precision": {"sll": 0.01}}, "did you mean 'sl'"),
        ({"precision": {"sl": 0.0}}, "width above 0"),
        ({"precision": {"sl": float("nan")}}, "width above 0"),
        ({"precision": {"queue_length_max": 0.1}}, "no total"),
        ({"engine": "clok"}, "clock, story"),
        ({"keep": ["leg"]}, "legs, spells"),
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

    from cxsim.ledger import LEG_DTYPE, Keeper

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
        "groups": {"g": {"agents": 5, "serves": ["a"], "shrinkage": "50%"}},
    }
    table = simulate(parse(tree), replications=2).figures
    for figure, agents in (("agents_present", 5), ("agents_planned", 5), ("agents_scheduled", 10)):
        rows = table[(table["figure"] == figure) & (table["scope"] == "group")]
        assert rows["value"].to_numpy() == pytest.approx(np.full(len(rows), agents)), figure
        assert len(rows) == 5  # total, day, and three intervals, the first open for 20 minutes
