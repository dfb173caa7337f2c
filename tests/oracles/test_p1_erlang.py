"""P1 of the acceptance cases: closed forms of Erlang B, C and A, every figure exact."""

import json
import math
from pathlib import Path

import pytest

from cxsim.erlang.formulas import erlang_b, erlang_c, steady

CASES = json.loads((Path(__file__).parent / "acceptance_public.json").read_text())
CASE = next(case for case in CASES if case["id"] == "P1")
P1, PARAMS = CASE["expect"], CASE["params"]
EXACT = 1e-11


def exactly(value):
    return pytest.approx(float(value), rel=EXACT, abs=1e-14)


def garnett(row, wait):
    """The figures of an M/M/n+M row by the names of the acceptance file, from the library."""
    state = steady(row["lam"], 1 / row["mu"], row["n"], patience=1 / row["theta"])
    return {
        "P_wait": state.queued,
        "P_ab": state.abandoned,
        "EW": state.wait_mean,
        "Lq": state.queue_length,
        "occ": state.occupancy,
        "P_block": state.blocked,
        "EW_served": state.asa,
        "EW_ab": state.ata,
        "P_served_within_T": state.answered_within(wait),
        "P_ab_within_T": state.abandoned_within(wait),
        "P_V_gt_T": state.virtual_over(wait),
    }


@pytest.mark.parametrize("row", P1["grid"], ids=lambda r: f"lam{r['lam']}-n{r['n']}-theta{r['theta']}")
def test_erlang_a_grid(row):
    for name, value in garnett(row, row["T"]).items():
        assert value == exactly(row[name]), name


def test_erlang_a_of_garnett_mandelbaum_and_reiman():
    found = garnett(PARAMS, 1 / 3)
    assert set(found) == set(P1["MMNM"])
    for name, value in found.items():
        assert value == exactly(P1["MMNM"][name]), name
    assert 100 * found["P_ab"] == pytest.approx(3.0912, abs=5e-5)
    assert 60 * found["EW"] == pytest.approx(3.7095, abs=5e-5)


@pytest.mark.parametrize(("case", "load"), [("MMN", 48), ("MMN_reduced", None)])
def test_erlang_c_of_the_same_center(case, load):
    want = P1[case]
    state = steady(load or 50 * want["rho"], 1, 50)
    assert erlang_c(state.load, 50) == exactly(want["C"])
    assert state.queued == exactly(want["C"])
    assert state.asa == exactly(want["EW"])
    assert state.asa / state.queued == exactly(want["EWq_given_wait"])
    assert state.sl(1 / 3) == exactly(want["SL"])
    assert state.queue_length == exactly(want["Lq"])
    assert state.occupancy == exactly(want["rho"])
    assert state.wait_quantile(0.9, "all") == exactly(want["p90"])


def test_wait_quantiles_of_erlang_a():
    state = steady(PARAMS["lam"], 1 / PARAMS["mu"], PARAMS["n"], patience=1 / PARAMS["theta"])
    for of, name in (("virtual", "virtual"), ("all", "actual"), ("answered", "served")):
        assert 60 * state.wait_quantile(0.9, of) == exactly(P1["p90"][f"gkm_MMNM_p90_{name}_wait_sec"])


@pytest.mark.parametrize("rate", [8.4, 8.25, 8.1])
def test_90_agents_on_120_lines(rate):
    want = P1["p90"][f"ww_MM90_120_lam{rate:g}"]
    state = steady(rate, 10, 90, lines=120)
    assert state.blocked == exactly(want["P_block"])
    assert state.asa == exactly(want["EW_served"])
    assert state.sl(0.5, "answered_of_answered") == exactly(want["P_W_le_half_served"])
    assert state.queued == exactly(want["P_wait"])


@pytest.mark.parametrize("row", P1["erlang_bc"], ids=lambda r: f"a{r['a']}-n{r['n']}")
def test_erlang_b_and_c_grid(row):
    assert erlang_b(row["a"], row["n"]) == exactly(row["ErlangB"])
    state = steady(row["a"], 1, row["n"])
    assert state.stable == (row["ErlangC"] != "")
    if state.stable:
        assert erlang_c(row["a"], row["n"]) == exactly(row["ErlangC"])
        assert state.asa == exactly(row["ASA_in_AHT"])
    else:
        assert state.asa == math.inf
