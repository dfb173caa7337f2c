"""Published results: formulas and chains against the reference answers, and the simulation against both."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.published import formulas, models
from cxsim.published.catalogue import RESULTS
from cxsim.published.reproduce import cases, scenario

CASES = {
    case["id"]: case for case in json.loads((Path(__file__).parent / "oracles" / "acceptance_public.json").read_text())
}


def figures(found):
    """Figures of all contacts by name."""
    return {key[0]: value for key, value in found.items()}


def of(name, case=""):
    return scenario(RESULTS[name], case)


@pytest.mark.parametrize("case", ["", "small", "impatient", "patient", "overloaded"])
def test_birth_and_death_is_erlang_a_of_the_reference(case):
    center = of("erlang-a", case)
    rate, n = center.reasons["calls"].volume.per_hour / 60, center.groups["team"].agents
    theta = 60.0 / center.reasons["calls"].patience.mean
    row = next(row for row in CASES["P1"]["expect"]["grid"] if (row["lam"], row["n"], row["theta"]) == (rate, n, theta))
    found = figures(formulas.birth_and_death(center))
    assert found["share_queued"] == pytest.approx(row["P_wait"], rel=1e-8)
    assert found["abandoned_share"] == pytest.approx(row["P_ab"], rel=1e-8)
    assert found["wait_mean"] / 60 == pytest.approx(row["EW"], rel=1e-8)
    assert found["occupancy"] == pytest.approx(row["occ"], rel=1e-8)


def test_ninety_agents_on_120_lines_are_those_of_the_reference():
    found, row = figures(formulas.birth_and_death(of("two-skills", "six"))), CASES["P1"]["expect"]["p90"]
    row = row["ww_MM90_120_lam8.4"]
    assert found["blocked_share"] == pytest.approx(row["P_block"], rel=1e-8)
    assert found["wait_mean"] / 60 == pytest.approx(row["EW_served"], rel=1e-8)


@pytest.mark.parametrize(
    ("case", "law"), [("", "M"), ("erlang", "E2"), ("lognormal", "LN(1,scv=4)"), ("uniform", "U(0,2)")]
)
def test_integrals_of_patience_are_those_of_the_reference(case, law):
    row = next(row for row in CASES["P2"]["expect"] if (row["lam"], row["patience"]) == (110, law))
    found = figures(formulas.general_patience(of("patience", case)))
    assert found["share_queued"] == pytest.approx(row["P_wait"], rel=1e-4)
    assert found["abandoned_share"] == pytest.approx(row["P_ab"], rel=1e-4)
    assert found["wait_mean"] / 100 == pytest.approx(row["EW"], rel=1e-4)


@pytest.mark.parametrize(("case", "row"), [("", 0), ("ten", 3)])
def test_the_chain_of_redials_and_its_shortcut_are_those_of_the_reference(case, row):
    expect = CASES["P7"]["expect"][row]
    exact, fluid = (figures(f(of("redials", case))) for f in (models.redials, models.redials_by_fluid))
    assert exact["abandoned_share"] == pytest.approx(expect["exact_P_ab_per_attempt"], rel=1e-5)
    assert exact["wait_mean"] / 60 == pytest.approx(expect["exact_EW_per_attempt"], rel=1e-5)
    assert exact["occupancy"] == pytest.approx(expect["exact_occ"], rel=1e-6)
    assert fluid["abandoned_share"] == pytest.approx(expect["fluid_erlA_P_ab"], rel=1e-9)


def test_the_chain_of_the_m_design_is_that_of_the_reference():
    found, row = models.skills(of("m-design")), CASES["P8"]["expect"]["mmodel_opt_Pab_le_5pct"][0]
    for q, name in enumerate(("cards", "loans")):
        assert found["abandoned_share", "queue", name] == pytest.approx(row[f"Pab{q}"], rel=1e-4)


def test_square_root_staffing_comes_closer_to_its_limit_with_size():
    """From R = 16 to 400: by a factor of at least 2.5."""
    off = []
    for case in ("small", "", "large"):
        center = of("square-root-staffing", case)
        exact, limit = formulas.birth_and_death(center), formulas.square_root_limit(center)
        off.append([abs(exact[key] / limit[key] - 1.0) for key in limit])
    for small, usual, large in zip(*off, strict=True):
        assert large < usual < small
        assert large < 0.4 * small


def test_two_groups_that_are_alike_are_one():
    """The inverted V with equal agents, and the general chain of skills, are M/M/n+M."""
    alike = of("fastest-first").vary({"groups.slow.skills.calls.handle_time": "3 min"})
    one = figures(formulas.birth_and_death(alike))
    assert models.inverted_v(alike)["wait_mean", "total", ""] == pytest.approx(one["wait_mean"], rel=1e-4)
    queue = of("queue-ratio")
    length = sum(models.queue_ratio(queue).values())
    rate = sum(reason.volume.per_hour for reason in queue.reasons.values()) / 3600
    together = queue.vary({"reasons.gold.patience": "5 min", "reasons.regular.patience": "5 min"})
    assert figures(formulas.birth_and_death(together))["wait_mean"] * rate == pytest.approx(length, rel=1e-4)


def test_a_result_is_one_table_with_a_verdict_for_each_figure():
    found = cxsim.reproduce("callbacks", replications=4)
    assert found.replications == 4 and found.seed == 7
    assert set(found.table["kind"]) == {"exact", "finding"}
    assert set(found.table["verdict"]) <= {"agrees", "deviates", "holds", "fails", "unclear"}
    exact = found.table[found.table["kind"] == "exact"]
    assert len(exact) == 9 and exact[["reference", "value", "low", "high", "p"]].notna().all().all()
    assert found.document()["rows"][0]["case"] == "base"


def test_a_reference_that_is_five_per_cent_off_is_found(monkeypatch):
    """Ten replications, seed 7: the half-widths of the waits are about 2 %."""
    right = formulas.birth_and_death

    def wrong(center):
        return {key: 1.05 * value for key, value in right(center).items()}

    one = RESULTS["erlang-a"]
    check = one.checks[0]._replace(of=wrong, cases=("",))
    monkeypatch.setitem(RESULTS, "erlang-a", one._replace(checks=(check,)))
    assert not cxsim.reproduce("erlang-a", replications=5).agrees


def test_the_command_lists_draws_and_refuses(tmp_path):
    run = CliRunner().invoke
    listed = run(cli, ["reproduce", "--json"])
    assert [row["name"] for row in json.loads(listed.stdout)["results"]] == list(RESULTS)
    out = tmp_path / "v.svg"
    told = run(cli, ["reproduce", "v-design", "--replications", "3", "--json", "--out", str(out), "-q"])
    assert told.exit_code == 0 and json.loads(told.stdout)["name"] == "v-design" and out.stat().st_size > 1000
    for words, said in (
        (["erlang-b"], "did you mean 'erlang-a'"),
        (["v-design", "--replications", "1"], "give at least 2"),
        (["v-design", "--out", "x.txt"], "is not a chart file"),
    ):
        told = run(cli, ["reproduce", *words])
        assert told.exit_code == 2 and said in told.output, told.output


def test_every_result_has_a_scenario_a_source_and_cases():
    assert len(RESULTS) >= 8
    for name, result in RESULTS.items():
        assert result.title and result.source and result.says, name
        assert cases(result), name
        scenario(result)


@pytest.mark.slow
@pytest.mark.parametrize("name", RESULTS)
def test_a_published_result_is_reproduced(name):
    """Each at a family error of 1 %, seed 7; half-widths at most 3 % of the value (rare events 10 %)."""
    found = cxsim.reproduce(name)
    print(found.table.to_string())
    assert found.agrees
    assert found.seconds < 180
    for row in found.table[found.table["kind"].isin(["exact", "printed"])].to_dict("records"):
        rare = row["figure"] in ("blocked", "abandoned", "redials") or (
            row["unit"] == "share" and row["reference"] < 0.01
        )
        assert (row["high"] - row["low"]) / 2 < (0.1 if rare else 0.03) * row["value"], row
    for row in found.table[found.table["kind"] == "limit"].to_dict("records"):
        assert row["verdict"] == "agrees" or row["because"]
        assert math.isfinite(row["difference"])
