"""A plan that is resumed after the scenario changed: its people, whatever the columns, and what it does now."""

import json

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.known_plans import RESUMED, SCALED, Known
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.run import Run
from cxsim.optimizer.search.points import Trier
from cxsim.optimizer.search.starting import start_of
from cxsim.optimizer.search.trust import Wanted
from cxsim.optimizer.search_params import SearchParams
from cxsim.scenario.io.faults import ScenarioError

GROUPS = {"one": {"agents": 10, "serves": ["a"], "wage": 20}, "two": {"agents": 7, "serves": ["b"], "wage": 24}}
QUICK = SearchParams(least_proof=256, most_proof=256)


def center(groups=GROUPS, calls="100/h"):
    work = {"handle_time": "4 min", "patience": "3 min"}
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "open": "08:00-11:00", "interval": "1 h"},
            "reasons": {"a": {"volume": calls, **work}, "b": {"volume": "60/h", **work}},
            "queues": {name: {"target": {"sl": {"share": "80%", "within": "20s"}}} for name in "ab"},
            "groups": groups,
            "optimize": {"floor": "0%"},
        }
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    found = cxsim.optimize(center(), threads=1, advise=False, thorough=0.1, params=QUICK)
    return found, found.save(tmp_path_factory.mktemp("resumed") / "kept", pictures=False)


def begun(scenario, folder):
    run = Run(problem(scenario, threads=1), "highs", None, None)
    known = Known(run, Trier(run.problem), Wanted(1.0, 256), 64, 0.95, lambda point: None)
    return run, known, known.starts(folder)


def test_a_changed_wage_begins_with_the_plan_as_it_is_and_says_what_it_does_now(kept):
    found, folder = kept
    dearer = {**GROUPS, "two": {**GROUPS["two"], "wage": 26}}
    run, known, starts = begun(center(dearer), folder)
    assert np.array_equal(known.plans[RESUMED], found.x) and len(starts) == 1
    hours = found.plan.groupby("group")["agents"].sum()
    (said,) = [text for text in run.messages if text.startswith("The search began with the given plan")]
    told = float(said.split("it costs ")[1].split(" EUR")[0].replace(",", ""))
    assert told == pytest.approx(run.problem.structure.cost_of(found.x), abs=0.005)
    assert told >= hours["one"] * 20 + hours["two"] * 26
    assert "meets 2 of 2 goals" in said


def test_more_volume_begins_with_more_people_where_the_plan_fails_now(kept):
    """15 % more calls: before, the search had nothing that met the goals until it had found it by itself."""
    found, folder = kept
    run, known, starts = begun(center(calls="115/h"), folder)
    (said,) = [text for text in run.messages if text.startswith("The search began with the given plan")]
    assert "meets 1 of 2 goals" in said
    more = run.problem.structure.levels(known.plans[SCALED]) - found.levels
    assert (more[0] >= 0).all() and more[0].sum() > 0 and not more[1].any()
    assert np.array_equal(starts[-1], known.plans[SCALED])


def test_columns_that_mean_something_else_are_not_taken_for_the_plan(kept):
    """Groups in another order have as many columns: before, each group began with the people of the other."""
    found, folder = kept
    turned = problem(center({name: GROUPS[name] for name in ("two", "one")}), threads=1)
    levels = turned.structure.levels(start_of(turned, folder))
    assert np.array_equal(levels[::-1], found.levels)
    facts = json.loads((folder / "optimum.json").read_text(encoding="utf-8"))
    assert facts["signature"] == problem(center(), threads=1).structure.signature != turned.structure.signature


def test_a_plan_for_groups_that_are_not_there_is_refused_with_their_names(kept):
    other = problem(center({"one": GROUPS["one"], "duo": GROUPS["two"]}), threads=1)
    with pytest.raises(ScenarioError, match="'two'"):
        start_of(other, kept[1])
