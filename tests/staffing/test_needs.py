"""Agents required and the Erlang table: the compiled formulae, and what they are told."""

import math
import time

import numpy as np
import pandas as pd
import pytest

from cxsim import metrics, parse
from cxsim.erlang.formulas import steady
from cxsim.erlang.required_agents import Target, agents_for
from cxsim.erlang.requirements import erlang_table, required_agents
from cxsim.erlang.vectorised import figures, least_agents
from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.model.prepare import prepare
from cxsim.schema.service_levels import SL_NAMES

COLUMNS = [
    *("queue", "interval", "agents", "agents_required_c", "agents_required_a"),
    *("sl_erlang_c", "sl_erlang_a", "wait_erlang_c", "wait_erlang_a", "abandoned_erlang_a"),
]


def two_queues(**changes):
    """Cards (its own team and a shared one) and sales (only the shared one), 08:00-10:00."""
    given = {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00"},
        "reasons": {
            "cards": {"volume": "60/h", "handle_time": "4 min", "patience": "3 min"},
            "sales": {"volume": "30/h", "handle_time": "6 min", "patience": "never"},
        },
        "queues": {"cards": {"target": {"sl": {"share": "90%", "within": "30s"}}}},
        "groups": {
            "team": {"agents": 6, "serves": ["cards"]},
            "both": {"agents": 5, "serves": ["cards", "sales"]},
        },
    }
    return prepare(parse(given | changes))


def reasons(cards, sales):
    """The two reasons with other volumes."""
    return {
        "cards": {"volume": cards, "handle_time": "4 min", "patience": "3 min"},
        "sales": {"volume": sales, "handle_time": "6 min", "patience": "never"},
    }


def sample(model, fresh, talk=0.0, redial=0.0, served=None):
    """One replication with so many contacts in every stream and open interval; talk in seconds a contact."""
    layout = model.layout
    sums = np.zeros((len(CONTACT_COLUMNS), len(layout.streams), layout.n_intervals))
    answered = fresh + redial if served is None else served
    given = {"fresh": fresh, "redial": redial, "served": answered, "talk": answered * talk}
    for name, value in given.items():
        sums[CONTACT_COLUMNS.index(name)] = np.broadcast_to(value, sums.shape[1:]) * layout.open_mask
    nothing = np.zeros((1, 0))
    rest = {"groups": nothing, "waiting": nothing, "most": nothing, "quantiles": nothing}
    return metrics.Sample(sums, **rest, bins=np.zeros(0, int), counts=np.zeros(0, np.uint32))


@pytest.mark.parametrize("definition", SL_NAMES)
def test_the_compiled_formulae_are_the_plain_ones(definition):
    some = np.random.default_rng(SL_NAMES.index(definition))
    n = 40
    load, handle = np.exp(some.uniform(-3, 5, n)), some.uniform(60, 900, n)
    patience = np.where(some.random(n) < 0.1, np.inf, np.exp(some.uniform(1, 8, n)))
    agents = load * some.uniform(0.3, 1.6, n)
    agents[::3] = np.round(agents[::3])
    within = some.choice([0.0, 10.0, 20.0, 300.0], n)
    sl, asa, abandoned = figures(load / handle, handle, patience, agents, within, definition, 5.0)
    for k in range(n):
        state = steady(load[k] / handle[k], handle[k], agents[k], patience=patience[k])
        assert sl[k] == pytest.approx(state.sl(within[k], definition, 5.0), rel=1e-10, abs=1e-12, nan_ok=True)
        assert asa[k] == pytest.approx(state.asa, rel=1e-10, nan_ok=True)
        assert abandoned[k] == pytest.approx(state.abandoned, rel=1e-10, abs=1e-12)
    fewest = least_agents(load / handle, handle, patience, np.full(n, 0.8), within, definition, 5.0)
    for k in range(n):
        target = Target(sl=0.8, within=within[k], definition=definition, short_abandon=5.0)
        assert fewest[k] == agents_for(target, load[k] / handle[k], handle[k], patience=patience[k])


@pytest.mark.parametrize(
    ("load", "agents", "patience"),
    [
        (3000.0, 2000.0, 200.0),
        (3000.0, 3050.0, 5000.0),
        (20.0, 5.0, 20_000.0),
        (1e-9, 1.0, 60.0),
        (5.0, 2000.0, 60.0),
    ],
)
def test_extreme_queues_agree_too(load, agents, patience):
    state = steady(load / 240, 240, agents, patience=patience)
    told = (np.array([load / 240]), np.array([240.0]), np.array([patience]), np.array([agents]))
    for within in (0.0, 20.0, 3600.0):
        sl, asa, abandoned = figures(*told, np.array([within]), "abandoned_in_time_count_as_met", 5.0)
        wanted = state.sl(within, "abandoned_in_time_count_as_met")
        assert sl[0] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
        assert asa[0] == pytest.approx(state.asa, rel=1e-9, abs=1e-9)
        assert abandoned[0] == pytest.approx(state.abandoned, rel=1e-9, abs=1e-9)


def test_a_hopeless_queue_of_patient_contacts_waits_as_long_as_its_fluid():
    told = (np.array([2.0]), np.array([240.0]), np.array([60_000.0]), np.array([100.0]))
    _, asa, abandoned = figures(*told, np.array([20.0]), "answered_of_offered", 5.0)
    assert asa[0] == pytest.approx(steady(2.0, 240.0, 100.0, patience=60_000.0).asa, rel=1e-3)
    assert abandoned[0] == pytest.approx(1 - 100 / 480)


def test_a_target_of_all_contacts_and_one_of_none_have_an_answer():
    told = (np.full(2, 0.1), np.full(2, 240.0), np.full(2, np.inf))
    most, least = least_agents(*told, np.array([1.0, 0.0]), np.full(2, 20.0), "answered_of_offered", 5.0)
    assert 40 < most < 100
    assert least == 1


def test_required_agents_follow_expected_volume_simulated_returns_and_handle_times():
    model = two_queues()
    answer = required_agents(model, [sample(model, 20.0, 300.0), sample(model, 30.0, 300.0, redial=10.0)])
    is_open = model.layout.open_mask
    assert np.isnan(answer[:, ~is_open]).all()
    cards = agents_for(Target(sl=0.9, within=30), 35 / 1800, 300, patience=180)  # 30 fresh, 5 redials
    sales = agents_for(Target(sl=0.8, within=20), 20 / 1800, 300)  # the scenario's target; nobody gives up
    assert (answer[0, is_open] == cards).all()
    assert (answer[1, is_open] == sales).all()


def test_chance_does_not_move_the_need_from_interval_to_interval():
    model = two_queues()
    few, many = np.random.default_rng(1).uniform(0.5, 1.5, (2, 1, model.layout.n_intervals))
    answer = required_agents(model, [sample(model, 30.0 * few, 240.0 * many)] * 20)
    for queue in answer[:, model.layout.open_mask]:
        assert len(set(queue)) == 1
    # Where very many were served, an interval has a handle time of its own.
    by_hour = np.where(np.arange(model.layout.n_intervals) < 18, 200.0, 300.0)
    large = two_queues(reasons=reasons("1200/h", "30/h"))
    cards = required_agents(large, [sample(large, 600.0, by_hour)] * 20)[0, large.layout.open_mask]
    assert cards[0] == cards[1] < cards[2] == cards[3]


def test_a_queue_may_ask_for_erlang_c():
    model = two_queues(queues={"cards": {"agents_needed": "erlang_c"}})
    answer = required_agents(model, [sample(model, 30.0, 240.0)])
    wanted = agents_for(Target(sl=0.8, within=20), 30 / 1800, 240)
    assert answer[0, model.layout.open_mask].tolist() == [wanted] * 4


def test_where_nobody_was_answered_the_handle_time_is_that_of_the_law():
    model = two_queues()
    answer = required_agents(model, [sample(model, 30.0, served=0.0)])
    wanted = agents_for(Target(sl=0.9, within=30), 30 / 1800, 240, patience=180)
    assert (answer[0, model.layout.open_mask] == wanted).all()


def test_where_nobody_came_the_volume_is_the_expected_one():
    model = two_queues()
    answer = required_agents(model, [sample(model, 0.0)])
    wanted = agents_for(Target(sl=0.9, within=30), 30 / 1800, 240, patience=180)
    assert (answer[0, model.layout.open_mask] == wanted).all()


def test_without_any_volume_nothing_is_required():
    nothing = {"cards": {"volume": "0/h", "handle_time": "4 min"}}
    model = two_queues(reasons=nothing, groups={"team": {"agents": 6, "serves": ["cards"]}})
    assert np.isnan(required_agents(model, [sample(model, 0.0)])).all()
    assert list(erlang_table(model, [sample(model, 0.0)]).columns) == COLUMNS


def test_the_patience_of_segments_is_mixed_by_who_comes():
    segments = {"calm": {"share": "75%", "patience": {"factor": 3.0}}, "hasty": {"share": "25%"}}
    model = two_queues(segments=segments)
    streams = model.layout.streams
    fresh = np.where(streams[:, 2] == 0, 22.5, 7.5)[:, None]
    table = erlang_table(model, [sample(model, fresh, 240.0)])
    row = table[table["queue"] == "cards"].iloc[0]
    state = steady(30 / 1800, 240, row["agents"], patience=0.75 * 540 + 0.25 * 180)
    assert row["sl_erlang_a"] == pytest.approx(state.sl(30), rel=1e-10)


def test_a_segment_that_never_gives_up_makes_it_erlang_c_only_where_it_comes():
    segments = {"calm": {"share": "50%", "patience": "never"}, "hasty": {"share": "50%"}}
    model = two_queues(segments=segments)
    both = erlang_table(model, [sample(model, 15.0, 240.0)])
    model = two_queues(segments={"calm": {"share": "0%", "patience": "never"}, "hasty": {"share": "100%"}})
    only = erlang_table(model, [sample(model, 15.0, 240.0)])
    assert (both["sl_erlang_a"] == both["sl_erlang_c"]).all()
    assert (only["sl_erlang_a"] > only["sl_erlang_c"])[only["queue"] == "cards"].all()


def test_the_table_divides_groups_so_that_queues_are_evenly_loaded():
    model = two_queues(reasons=reasons("60/h", "20/h"))
    fresh = np.where(model.layout.streams[:, 0] == 0, 30.0, 10.0)[:, None]
    table = erlang_table(model, [sample(model, fresh, 240.0)])
    assert list(table.columns) == COLUMNS
    assert table["interval"].tolist() == [f"2026-01-05T{t}" for t in ("08:00", "08:30", "09:00", "09:30")] * 2
    cards, sales = (table[table["queue"] == name] for name in ("cards", "sales"))
    assert cards["agents"].to_numpy() == pytest.approx(11 * 0.75)  # as much work per agent as sales
    assert sales["agents"].to_numpy() == pytest.approx(11 * 0.25)
    state = steady(30 / 1800, 240, 8.25, patience=180)
    first = cards.iloc[0]
    assert first["wait_erlang_a"] == pytest.approx(state.asa)
    assert first["abandoned_erlang_a"] == pytest.approx(state.abandoned)
    assert first["wait_erlang_c"] == pytest.approx(steady(30 / 1800, 240, 8.25).asa)
    assert first["agents_required_a"] <= first["agents_required_c"]


def test_a_queue_with_too_few_agents_waits_for_ever_without_patience():
    model = two_queues(reasons=reasons("180/h", "180/h"))
    table = erlang_table(model, [sample(model, 90.0, 240.0)])
    assert table["sl_erlang_c"].tolist() == [0.0] * 8  # 24 erlangs for 11 agents
    assert table["wait_erlang_c"].tolist() == [math.inf] * 8


def test_an_interval_that_is_open_in_part_counts_its_open_time():
    whole, half = two_queues(), two_queues(horizon={"open": "08:15-10:00"})
    first = erlang_table(half, [sample(half, 15.0, 240.0)]).iloc[0]
    later = erlang_table(whole, [sample(whole, 30.0, 240.0)]).iloc[0]
    pd.testing.assert_series_equal(first, later, check_names=False)


def test_a_week_of_eight_queues_is_quick():
    names = [f"q{k}" for k in range(8)]
    model = two_queues(
        horizon={"days": 7, "open": "08:00-20:00"},
        reasons={name: {"volume": "90/h", "handle_time": "4 min", "patience": "3 min"} for name in names},
        queues={},
        groups={name: {"agents": 8, "serves": [name]} for name in names},
    )
    samples = [sample(model, 45.0, 240.0)] * 20
    erlang_table(model, samples), required_agents(model, samples)  # compiled by now
    began = time.perf_counter()
    assert len(erlang_table(model, samples)) == 8 * 7 * 24
    required_agents(model, samples)
    assert time.perf_counter() - began < 1.0
