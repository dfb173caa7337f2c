"""Covering a need: known optima, bounds that hold, blocks that add up, and contradictions by name."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from staffing.programs import check_rules
from staffing.staff import staff, tree

from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.shifts.covering import blocks, cover, covering_program, part_of, structure_of
from cxsim.optimizer.shifts.needed import read_agents
from cxsim.optimizer.solver.solve import solve
from cxsim.tables.reader import TableError

CASES = Path(__file__).parents[1] / "oracles" / "acceptance_public.json"


def bank():
    """P8 of the public reference: a bank's Wednesday, 24 hours, eight shifts."""
    case = next(one for one in json.loads(CASES.read_text()) if one["id"] == "P8")
    hours = [f"{h:02d}:00" for h in range(24)]
    table = pd.DataFrame(np.array(case["params"]["A"]).T, columns=hours).assign(cost=case["params"]["cost"])
    return structure_of(table, hours), np.array([case["params"]["need"]]), case["expect"]


def test_the_shifts_of_p8_cost_6336():
    found, need, expected = bank()
    best = cover(found, need, gap=0.0)
    assert best.status == "optimal"
    assert best.cost == best.bound == expected["ip_cost"] == 6336
    assert (best.levels >= need).all()
    assert (best.x == np.rint(best.x)).all()
    assert cover(found, need, integer=False).cost == pytest.approx(expected["lp_relaxation"])


def small(seed):
    draw = np.random.default_rng(seed)
    matrix = (draw.random((5, 6)) < 0.5).astype(float)
    matrix[np.arange(5), np.arange(5)] = 1.0  # every interval can be covered
    table = pd.DataFrame(matrix.T, columns=list("abcde")).assign(cost=draw.integers(2, 9, 6).astype(float), high=3.0)
    return structure_of(table, list("abcde")), draw.uniform(0.0, 2.9, (1, 5))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("soft", [False, True])
def test_the_cheapest_cover_is_found(seed, soft):
    """Against every plan of up to three people a shift; with penalties for each agent short and spare, too."""
    found, need = small(seed)
    under, over = (np.array([[3.0, 1.0, 4.0, 1.0, 5.0]]), 0.3) if soft else (None, 0.0)
    plans = np.array(list(product(range(4), repeat=6)), dtype=float)
    levels = plans @ found.cover.toarray().T
    short, spare = np.maximum(0.0, need - levels), np.maximum(0.0, levels - need)
    price = plans @ found.cost + ((short * under).sum(axis=1) + over * spare.sum(axis=1) if soft else 0.0)
    best = price[(short.max(axis=1) <= 1e-9) | soft].min()
    ours = cover(found, need, under=under, over=over, gap=0.0)
    assert ours.objective == pytest.approx(best)
    assert ours.bound <= best + 1e-6
    assert ours.cost == pytest.approx(ours.x @ found.cost)
    np.testing.assert_allclose(ours.short, np.maximum(0.0, need - ours.levels))


def test_groups_and_days_are_solved_by_themselves_where_no_rule_ties_them():
    given = {"shifts": {"lengths": ["4 h"], "starts_every": "4 h"}}
    _, times, found = staff(tree(given, {"days": 3}))
    need = np.where(times.open_mask, [[2.0], [1.5]], 0.0)
    assert len(blocks(covering_program(found, need))) == 2 * 3 * 3  # shifts of 4 h do not overlap
    best = cover(found, need)
    assert best.blocks == 18
    assert best.cost == pytest.approx(3 * 12 * (2 * 20 / 0.8 + 2 * 15))
    tied = given | {"shifts": {**given["shifts"], "contracts": {"a": {"share": {"min": "50%"}}, "b": {}}}}
    _, times, found = staff(tree(tied, {"days": 3}))
    assert cover(found, need).blocks == 3


def test_whole_people_need_whole_numbers():
    """Rounding a need of 1.2 up is no loss where shifts are whole, and the bound is then tight."""
    _, times, found = staff(tree({"shifts": {"lengths": ["4 h"], "starts_every": "4 h"}}))
    need = np.where(times.open_mask, [[1.2], [0.0]], 0.0)
    best = cover(found, need)
    assert best.gap == 0.0
    assert best.levels[0].max() == 2.0
    assert best.spare[0].max() == pytest.approx(0.8)
    assert cover(found, need, integer=False).levels[0].max() == pytest.approx(1.2)


def test_a_start_is_kept_when_there_is_no_time_for_better():
    _, times, found = staff(tree({"shifts": {"lengths": ["4 h", "6 h"]}, "within_team": False}))
    need = np.where(times.open_mask, [[3.3], [4.1]], 0.0)
    best = cover(found, need, gap=0.0)
    again = cover(found, need, gap=0.99, start=best.x)  # any plan would do
    assert again.objective == pytest.approx(best.objective)


CONTRADICTIONS = [
    (
        {"groups": {"front": {"min": 3}}, "shifts": {"lengths": ["4 h"]}, "budget": 100},
        {},
        {"budget", "groups.front.min"},
    ),
    (
        {
            "groups": {"front": {"min": 5, "max": 9}},
            "shifts": {"lengths": ["8 h"], "contracts": {"full": {"max": 3}}},
            "week": {"days_on": 5},
        },
        {"days": 7},
        {"contracts.full.max", "groups.front.min", "week.days_on"},
    ),
    (
        {
            "shifts": {
                "lengths": ["4 h", "8 h"],
                "contracts": {
                    "full": {"lengths": "8 h", "share": {"min": "60%"}, "max": 2},
                    "part": {"lengths": "4 h", "min": 3},
                },
            }
        },
        {},
        {"contracts.full.max", "contracts.full.share.min", "contracts.part.min"},
    ),
]


@pytest.mark.parametrize(("block", "horizon", "rules"), CONTRADICTIONS)
def test_a_smallest_set_of_contradictory_rules_is_named(block, horizon, rules):
    given = tree({**block, "minimise": "cost"}, horizon, front={"wage": 20})
    _, _, found = staff(given)
    with pytest.raises(Impossible) as error:
        check_rules(found)
    assert {name.partition(",")[0] for name in error.value.conflict} == rules
    assert "contradict one another" in str(error.value)
    program = found.program()
    named = [i for i, name in enumerate(found.row_names) if name in error.value.conflict]
    every = np.arange(found.size)
    assert solve(part_of(program, every, np.array(named))).status == "infeasible"
    for i in named:  # and a smallest one: without any of them the others can be kept
        assert solve(part_of(program, every, np.array([k for k in named if k != i]))).found


def test_a_need_beyond_the_limits_is_named_with_them():
    _, times, found = staff(tree({"groups": {"front": {"max": 2}}, "shifts": {"lengths": ["4 h"]}}))
    with pytest.raises(Impossible, match=r"groups\.front\.max, \d\d:\d\d; need, front \d\d:\d\d"):
        cover(found, np.where(times.open_mask, [[3.0], [0.0]], 0.0))


def test_a_need_no_shift_reaches_is_named():
    _, times, found = staff(tree({"shifts": {"lengths": ["12 h"]}}))
    need = np.zeros((2, times.n_intervals))
    need[0, 0] = 1.0  # at midnight it is closed
    with pytest.raises(Impossible, match="no shift reaches 00:00, where front needs 1") as error:
        cover(found, need)
    assert error.value.conflict == ("front 00:00",)


def test_a_need_is_read_from_a_table(tmp_path):
    scenario, times, _ = staff(tree({"shifts": {"lengths": ["4 h"]}}, {"days": 2}))
    wide = pd.DataFrame({"start": ["08:00", "12:00", "16:00"], "front": [2.5, 4, 1], "back": [0, 1.5, 0]})
    (tmp_path / "need.csv").write_text(wide.to_csv(index=False))
    need = read_agents(tmp_path / "need.csv", scenario, times)[2]
    assert (need == read_agents(wide, scenario, times)[2]).all()
    for first in (0, 48):
        assert need[0, first : first + 48].tolist() == [0] * 16 + [2.5] * 8 + [4] * 8 + [1] * 8 + [0] * 8
    monday, tuesday = "2026-03-02", "2026-03-03"
    rows = [("back", monday, "08:00", 1.25), ("back", monday, "08:30", 2.0), ("back", tuesday, "19:30", 3)]
    long = pd.DataFrame(rows, columns=["group", "date", "start", "agents"])
    need = read_agents(long, scenario, times)[2]
    assert need[1, [16, 17, 18]].tolist() == [1.25, 2.0, 0.0]
    assert need[1, 48 + 39] == 3.0
    assert need.sum() == 6.25


def test_a_need_that_is_no_number_is_told_with_its_place(tmp_path):
    scenario, times, _ = staff(tree({"shifts": {"lengths": ["4 h"]}}))
    (tmp_path / "need.csv").write_text("group,start,agents\nfront,08:00,many\n")
    with pytest.raises(TableError, match="many' is not a number"):
        read_agents(tmp_path / "need.csv", scenario, times)
    (tmp_path / "need.csv").write_text("group,start,agents\nfromt,08:00,2\n")
    with pytest.raises(TableError, match="fromt' is not a group"):
        read_agents(tmp_path / "need.csv", scenario, times)
    with pytest.raises(ValueError, match="2 × 48 numbers"):
        cover(staff(tree({"shifts": {"lengths": ["4 h"]}}))[2], np.zeros((1, 48)))
