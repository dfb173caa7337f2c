"""The constants of the search: documented, checked, and stored with the plan."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from example_optimum import example_optimum

import cxsim
from cxsim import SearchParams
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.gradient import slopes


def test_every_constant_has_a_unit_a_reason_and_a_default_within_its_range():
    rows = SearchParams.table()
    assert [row["name"] for row in rows] == [one.name for one in fields(SearchParams)]
    assert all(row["unit"] and row["why"] and row["range"] for row in rows)
    assert SearchParams() == SearchParams(**{row["name"]: row["default"] for row in rows})


def test_all_faults_are_told_at_once_with_the_range_and_the_default():
    with pytest.raises(ValueError) as refused:
        SearchParams(elite=2.5, stretch=0.5, cushion=float("nan"))
    said = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in said] == ["stretch", "elite", "cushion"]
    assert said[1] == "elite: 2.5 is not a whole number; the default is 4"
    assert any(
        "stretch: 0.5 is out of range (at least 1, at most 4); the default is 1.2 factor" in line for line in said
    )


def test_a_lower_end_above_its_upper_end_is_refused():
    with pytest.raises(ValueError, match=r"least_proof: 4096 is above most_proof, 1024"):
        SearchParams(least_proof=4096, most_proof=1024)


def test_they_cannot_be_changed_afterwards():
    with pytest.raises(FrozenInstanceError):
        SearchParams().elite = 3  # type: ignore[misc]


def test_the_plan_keeps_them(tmp_path):
    day = replace(example_optimum(), params=SearchParams(elite=7))
    stored = json.loads((day.save(tmp_path / "a", pictures=False) / "optimum.json").read_text())
    assert stored["params"]["elite"] == day.document()["inputs"]["params"]["elite"] == 7
    assert len(stored["params"]) == len(fields(SearchParams))


def test_a_constant_changes_what_the_search_does():
    desk = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"open": "08:00-12:00"},
            "reasons": {"help": {"volume": {"per_hour": 60}, "handle_time": "4 min"}},
            "queues": {"help": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
            "groups": {"team": {"agents": 6, "serves": ["help"], "wage": 20}},
        }
    )
    counts = []
    for spacing in (2, 4):
        one = problem(desk, params=SearchParams(slope_spacing=spacing))
        slopes(one, one.structure.levels(np.full(one.structure.size, 6.0)), range(4))
        counts.append(one.trials.replications_run)
    assert counts[1] > counts[0]
