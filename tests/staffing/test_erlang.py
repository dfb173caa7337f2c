"""The Erlang formulae against chains solved term by term, their limits, and their own inverses."""

import json
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from cxsim.cli import cli
from cxsim.erlang.formulas import erlang_b, erlang_c, steady
from cxsim.erlang.required_agents import Target, agents_for, lines_for, lines_for_queue, load_for, rate_for
from cxsim.schema.service_levels import SL_NAMES

FEW = st.integers(1, 30)
LOADS = st.floats(0.05, 40)
PATIENCE = st.floats(0.05, 50) | st.just(math.inf)


def birth_and_death(load, agents, ratio, lines):
    """The chain of M/M/n/K+M solved term by term in exact arithmetic; handle time 1, patience 1/ratio."""
    weights = [Fraction(1)]
    for i in range(1, lines + 1):
        weights.append(weights[-1] * Fraction(load) / (min(i, agents) + Fraction(ratio) * max(0, i - agents)))
    total = sum(weights)
    return [float(w / total) for w in weights]


@given(LOADS, FEW, st.integers(0, 20), st.floats(0.05, 50))
def test_a_finite_queue_is_its_birth_and_death_chain(load, agents, places, patience):
    shares = birth_and_death(load, agents, 1 / patience, agents + places)
    state = steady(load, 1.0, agents, patience=patience, lines=agents + places)
    assert state.blocked == pytest.approx(shares[-1], rel=1e-10)
    assert state.immediate == pytest.approx(sum(shares[:agents]), rel=1e-10)
    assert state.queued == pytest.approx(sum(shares[agents:-1]), rel=1e-10, abs=1e-300)
    length = sum(j * p for j, p in enumerate(shares[agents:]))
    assert state.queue_length == pytest.approx(length, rel=1e-10, abs=1e-300)
    busy = sum(min(i, agents) * p for i, p in enumerate(shares))
    assert state.occupancy == pytest.approx(busy / agents, rel=1e-9)
    assert state.abandoned == pytest.approx(length / patience / load, rel=1e-10, abs=1e-300)


@settings(max_examples=40)
@given(LOADS, FEW, PATIENCE, st.integers(0, 25) | st.none(), st.floats(0.001, 5))
def test_shares_add_up_and_waits_are_a_distribution(load, agents, patience, places, wait):
    lines = math.inf if places is None else agents + places
    state = steady(load, 1.0, agents, patience=patience, lines=lines)
    if not state.stable:
        assert load >= agents
        return
    assert state.immediate + state.queued + state.blocked == pytest.approx(1, abs=1e-12)
    parts = state.answered_within(wait) + state.abandoned_within(wait) + state.over(wait) + state.blocked
    assert parts == pytest.approx(1, abs=1e-12)
    assert state.answered_within(1e9) == pytest.approx(state.answered, abs=1e-9)
    assert state.abandoned_within(1e9) == pytest.approx(state.abandoned, abs=1e-9)
    assert state.answered_within(wait / 2) <= state.answered_within(wait) + 1e-15
    assert 0 <= state.virtual_over(wait) <= 1
    for share in (0.3, 0.9):
        quantile = state.wait_quantile(share)
        assert state.answered_within(quantile) >= share * state.answered * (1 - 1e-9)


@settings(max_examples=12)
@given(LOADS, FEW, st.floats(0.05, 5))
def test_mean_waits_are_the_integrals_of_their_tails(load, agents, patience):
    state = steady(load, 1.0, agents, patience=patience)
    # Nobody waits longer than a patience that is exponential: 60 means are as good as forever.
    mean = quad(state.over, 0, 60 * patience, points=[patience, 5 * patience], epsrel=1e-6)[0]
    assert mean == pytest.approx(state.wait_mean, rel=1e-5, abs=1e-8)


@given(st.floats(5, 200), st.floats(0, 200))
def test_erlang_b_between_whole_lines_is_the_integral_of_jagers_and_van_doorn(load, lines):
    value = quad(
        lambda s: math.exp(-s + lines * math.log1p(s / load)), 0, 900, limit=500, points=[max(0.5, lines - load)]
    )[0]
    assert erlang_b(load, lines) == pytest.approx(1 / value, rel=1e-7)


@given(st.floats(0.05, 300), st.integers(0, 320))
def test_erlang_b_is_its_recursion(load, lines):
    value = 1.0
    for k in range(1, lines + 1):
        value = load * value / (k + load * value)
    assert erlang_b(load, lines) == pytest.approx(value, rel=1e-12)


def test_large_systems_are_quick_and_exact():
    value = 1.0
    for k in range(1, 20_001):
        value = 19_900.0 * value / (k + 19_900.0 * value)
    assert erlang_b(19_900, 20_000) == pytest.approx(value, rel=1e-12)
    # The heavy-traffic limit of Halfin and Whitt: C → 1 / (1 + b Φ(b)/φ(b)) for n = a + b √a.
    load = 1e6
    normal = 0.5 * (1 + math.erf(math.sqrt(0.5)))
    limit = 1 / (1 + normal / (math.exp(-0.5) / math.sqrt(2 * math.pi)))
    assert erlang_c(load, load + math.sqrt(load)) == pytest.approx(limit, rel=2e-3)
    state = steady(12_000 / 240, 240, 10_000, patience=300)
    assert state.abandoned == pytest.approx(1 - 10_000 / 12_000, rel=1e-6)
    assert state.wait_mean == pytest.approx(300 / 6, rel=1e-6)


def test_long_patience_is_erlang_c_and_no_waiting_place_erlang_b():
    c = steady(100 / 240, 240, 105)
    a = steady(100 / 240, 240, 105, patience=1e11)
    assert a.asa == pytest.approx(c.asa, rel=1e-5)
    assert a.sl(20) == pytest.approx(c.sl(20), rel=1e-6)
    assert a.wait_quantile(0.95) == pytest.approx(c.wait_quantile(0.95), rel=1e-5)
    assert steady(100 / 240, 240, 105, lines=5000).sl(20) == pytest.approx(c.sl(20), rel=1e-10)
    assert steady(10, 1, 12, lines=12).blocked == pytest.approx(erlang_b(10, 12), rel=1e-14)
    assert steady(10, 1, 12, patience=3, lines=12).blocked == pytest.approx(erlang_b(10, 12), rel=1e-14)


@pytest.mark.parametrize("more", [{}, {"patience": 180.0}, {"lines": 25.0}, {"patience": 180.0, "lines": 13}])
def test_figures_are_continuous_and_monotone_between_whole_agents(more):
    agents = np.arange(8.25, 13.01, 0.25)
    rows = [steady(8 / 240, 240, float(n), **more) for n in agents]
    for figure in ("queued", "asa", "occupancy", "abandoned_share"):
        assert all(np.diff([getattr(r, figure) for r in rows]) <= 0), figure
    assert all(np.diff([r.sl(20) for r in rows]) > 0)
    for n in (9.0, 10.0, 13.0):
        for nearby in (n - 1e-9, min(n + 1e-9, more.get("lines", math.inf))):
            assert steady(8 / 240, 240, nearby, **more).sl(20) == pytest.approx(
                steady(8 / 240, 240, n, **more).sl(20), abs=1e-8
            )


def test_service_level_definitions():
    state = steady(120 / 3600, 240, 7, patience=180, lines=12)
    met, over = state.answered_within(20), state.over(20)
    abandoned = state.abandoned_within(20)
    admitted = 1 - state.blocked
    want = {
        "answered_of_offered": met / admitted,
        "answered_of_answered": met / state.answered,
        "excluding_short_abandoned": met / (admitted - state.abandoned_within(5)),
        "abandoned_in_time_count_as_met": (admitted - over) / admitted,
        "excluding_abandoned_in_time": met / (admitted - abandoned),
        "including_blocked": met,
    }
    assert set(want) == set(SL_NAMES)
    for name, value in want.items():
        assert state.sl(20, name) == pytest.approx(value, rel=1e-12), name
    assert len({round(v, 9) for v in want.values()}) == len(want)


@settings(max_examples=40)
@given(st.floats(0.2, 60), st.floats(0.5, 0.95), st.sampled_from([math.inf, 120.0, 600.0]))
def test_agents_for_a_service_level_is_the_edge(load, share, patience):
    rate, target = load / 240, Target(sl=share, within=20)
    whole = agents_for(target, rate, 240, patience=patience)
    assert target.met(steady(rate, 240, whole, patience=patience))
    assert whole == 1 or not target.met(steady(rate, 240, whole - 1, patience=patience))
    exact = agents_for(target, rate, 240, patience=patience, whole=False)
    assert whole - 1 <= exact <= whole
    reached = steady(rate, 240, exact, patience=patience).sl(20)
    assert exact < 1e-6 or reached == pytest.approx(share, abs=1e-8)
    assert rate_for(target, whole, 240, patience=patience) >= rate * (1 - 1e-9)


@pytest.mark.parametrize(
    "target",
    [
        Target(asa=10),
        Target(abandoned=0.03),
        Target(occupancy=0.8),
        Target(sl=0.9, within=15, asa=5),
    ],
)
def test_volume_and_agents_are_inverse(target):
    rate = rate_for(target, 20, 300, patience=150)
    exact = agents_for(target, rate * (1 - 1e-9), 300, patience=150, whole=False)
    assert exact == pytest.approx(20, rel=1e-6)
    assert agents_for(target, rate * (1 + 1e-6), 300, patience=150) == 21


def test_lines():
    assert lines_for(0.01, 8) == 15
    assert erlang_b(8, 15) <= 0.01 < erlang_b(8, 14)
    assert erlang_b(8, lines_for(0.01, 8, whole=False)) == pytest.approx(0.01, rel=1e-9)
    assert erlang_b(load_for(0.02, 10), 10) == pytest.approx(0.02, rel=1e-9)
    assert load_for(0.02, 10) == pytest.approx(5.084, abs=5e-4)
    lines = lines_for_queue(0.01, 8 / 240, 240, 10)
    assert steady(8 / 240, 240, 10, lines=lines).blocked <= 0.01
    assert steady(8 / 240, 240, 10, lines=lines - 1).blocked > 0.01
    with pytest.raises(ValueError, match="add agents"):
        lines_for_queue(0.01, 12 / 240, 240, 10)


def test_nothing_offered_and_nobody_there():
    idle = steady(0, 240, 5)
    assert (idle.sl(20), idle.occupancy, idle.queue_length, idle.wait_quantile(0.9)) == (1, 0, 0, 0)
    assert agents_for(Target(sl=0.8), 0, 240) == 0
    alone = steady(1 / 60, 240, 0, patience=100)
    assert alone.abandoned == pytest.approx(1)
    assert alone.wait_mean == pytest.approx(100)
    assert (alone.sl(20), alone.answered) == (0, 0)
    assert math.isnan(alone.wait_quantile(0.5))
    assert steady(1 / 60, 240, 0, lines=5).blocked == 1


def test_a_queue_that_grows_without_end_takes_its_limits():
    state = steady(12 / 240, 240, 10)
    assert (state.stable, state.asa, state.sl(20), state.occupancy) == (False, math.inf, 0, 1)
    assert state.answered == pytest.approx(10 / 12)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: steady(-1, 240, 5), "rate: -1 is out of range; it must be at least 0"),
        (lambda: steady(1, 0, 5), "handle_time: 0"),
        (lambda: steady(1, 240, math.nan), "agents: nan"),
        (lambda: steady(1, 240, math.inf), "agents: inf"),
        (lambda: steady(1, 240, 5, patience=0), "patience: 0"),
        (lambda: steady(1, 240, 5, lines=4), "lines: 4 trunks are fewer than 5 agents"),
        (lambda: steady(1, 1, 5, patience=1e10), "leave it out"),
        (lambda: steady(1e300, 1e300, 5), "load: inf"),
        (lambda: erlang_b(-1, 5), "load: -1"),
        (lambda: erlang_c(1, -5), "agents: -5"),
        (lambda: Target(), "there is none"),
        (lambda: Target(sl=80), "sl: 80 is not a target"),
        (lambda: Target(sl=0.8, definition="best"), "'best' is not one of"),
        (lambda: steady(1, 1, 5).sl(20, "best"), "'best' is not one of"),
        (lambda: steady(1, 1, 5).wait_quantile(1), "share: 1"),
        (lambda: agents_for(Target(occupancy=0.05), 12 / 240, 240, lines=12), "add trunks"),
        (lambda: lines_for(0, 5), "blocked: 0"),
    ],
)
def test_impossible_numbers_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def ask(*arguments):
    return CliRunner().invoke(cli, ["erlang", *arguments])


def test_the_command_answers_in_a_table():
    shown = ask("--volume", "120/h", "--aht", "4 min", "--sl", "80%/20s")
    assert shown.exit_code == 0
    assert "11 agents meet the target (exactly 10.92)" in shown.stdout
    assert "target sl ≥ 80.0 %: 80.9 %, met" in shown.stdout
    assert [
        line.split()[0]
        for line in shown.stdout.splitlines()
        if line.strip()[:2].strip().isdigit() and "%" in line and "agents" not in line
    ] == ["8", "9", "10", "11", "12", "13", "14"]


@pytest.mark.parametrize(
    ("arguments", "figure", "value"),
    [
        (["--volume", "240 per 30 min", "--aht", "4 min", "--patience", "3 min", "--abandoned", "3%"], "agents", 36),
        (["--volume", "2/min", "--aht", "4min", "--agents", "10"], "agents", 10),
        (["--aht", "4 min", "--agents", "10", "--sl", "80%/20s"], "volume_per_hour", 107.91634740605787),
        (["--volume", "120/h", "--aht", "4 min", "--agents", "10", "--blocked", "1%"], "lines", 20),
        (["--volume", "120/h", "--aht", "4 min", "--model", "b", "--blocked", "1%"], "lines", 15),
        (
            ["--aht", "4 min", "--model", "b", "--blocked", "1%", "--lines", "15"],
            "volume_per_hour",
            3600 * load_for(0.01, 15) / 240,
        ),
        (["--volume", "0/h", "--aht", "4 min"], "agents", 0),
    ],
)
def test_the_command_answers_what_is_left_out(arguments, figure, value):
    shown = ask(*arguments, "--json")
    assert shown.exit_code == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert document["schema_version"] == 1
    assert document["answer"]["figure"] == figure
    assert document["answer"]["value"] == pytest.approx(value, rel=1e-9)
    assert {"figure", "scope", "interval", "value", "low", "high", "unit", "n"} == set(document["figures"][0])
    assert all(target["met"] for target in document["targets"])
    assert ask(*arguments).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--volume", "120", "--aht", "4 min"], "write contacts per time, such as 120/h"),
        (["--volume", "many/h", "--aht", "4 min"], "not a volume"),
        (["--volume", "120/hour", "--aht", "4"], "has no unit|is not a time"),
        (["--volume", "120/h", "--aht", "4 min", "--sl", "80/20"], "write 80%/20s"),
        (["--volume", "120/h", "--aht", "4 min", "--sl", "100%/20s"], "--sl: 1 is not a target"),
        (["--volume", "120/h", "--aht", "0s"], "--aht: 0 is out of range"),
        (["--aht", "4 min"], "either --volume or --agents"),
        (["--volume", "120/h", "--aht", "4 min", "--agents", "nan"], "--agents: nan"),
        (["--volume", "120/h", "--aht", "4 min", "--agents", "5", "--lines", "3"], "--lines: 3 trunks are fewer"),
        (["--volume", "120/h", "--aht", "4 min", "--model", "a"], "needs --patience"),
        (["--volume", "120/h", "--aht", "4 min", "--model", "c", "--patience", "3 min"], "has no patience"),
        (["--volume", "120/h", "--aht", "4 min", "--model", "b"], "needs two of"),
        (["--volume", "120/h", "--aht", "4 min", "--model", "b", "--asa", "5s"], "only target is --blocked"),
        (["--aht", "4 min", "--agents", "5", "--patience", "3 min", "--blocked", "1%"], "sets no limit"),
    ],
)
def test_the_command_refuses_bad_input_with_exit_code_2(arguments, says):
    shown = ask(*arguments)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert re.search(says, " ".join(shown.stderr.split())), shown.stderr
    assert "Traceback" not in shown.stderr
