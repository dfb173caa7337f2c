"""The routing as a decision: what may change, what a change is worth, and that a plan carries its routing."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from oracles.routing_cases import FILE
from oracles.small_cases import read, scenario

import cxsim
from cxsim import metrics
from cxsim.model.prepare import prepare
from cxsim.optimizer.advice.advice import COMPARED
from cxsim.optimizer.build_optimum import text_of
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import best_value, fluid
from cxsim.optimizer.frontier import _as_hard
from cxsim.optimizer.problem.goals import Goal
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.routing.alternate import Route
from cxsim.optimizer.routing.improve import EASE, Pass, eased_slack, flat_prices
from cxsim.optimizer.routing.moves import decided, neighbours, resolving, strict, whole
from cxsim.optimizer.routing.rerouted import rerouted
from cxsim.optimizer.routing.state import changes, routing_of, tidied
from cxsim.optimizer.routing.words import earlier_routing, routing_table
from cxsim.optimizer.search_params import SearchParams
from cxsim.simulation.replications import replicate_more

ALL = ("order", "rank", "skills", "reserves", "delays")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHARE = {"share": "80%", "within": "20s"}
# Contacts go to those who can do both, though these are dearer and few: the wrong way round.
TEAMS = {
    "cxsim": 1,
    "name": "Teams",
    "horizon": {"start": "2026-01-05", "open": "09:00-11:00", "interval": "1 h", "before": 0, "after": 0},
    "reasons": {
        "sales": {"volume": "60/h", "talk": "4 min", "patience": "2 min", "resolution": "90%"},
        "help": {"volume": "40/h", "talk": "5 min", "patience": "3 min", "resolution": "80%"},
    },
    "queues": {
        "sales": {"target": {"sl": SHARE}, "overflow": [{"after": "30s", "to": ["helpers"]}]},
        "help": {"target": {"sl": SHARE}},
    },
    "groups": {
        "sellers": {"agents": 5, "skills": {"sales": {"order": 2}}, "wage": 20},
        "helpers": {"agents": 4, "skills": {"help": {"order": 2}}, "wage": 20},
        "both": {
            "agents": 3,
            "skills": {"sales": {"rank": 2, "order": 1}, "help": {"rank": 1, "order": 1, "reserve": 1}},
            "wage": 22,
        },
    },
    "optimize": {"routing": True, "within_team": False},
}


def teams(**values):
    return cxsim.parse(TEAMS).vary(values)


@pytest.fixture(scope="module")
def posed():
    return problem(teams(), seed=3, threads=1)


# --- what is asked --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        (True, ("ranks", "skills", "reserves", "delays")),
        (False, ()),
        ("ranks", ("ranks",)),
        (["delays", "ranks"], ("ranks", "delays")),
    ],
)
def test_all_of_the_routing_or_a_part_is_asked_for(asked, read):
    found = teams(**{"optimize.routing": asked})
    assert found.optimize.routing == read
    assert cxsim.parse(cxsim.scenario.document(found)).optimize.routing == read


def test_the_routing_is_not_decided_unless_asked():
    assert not cxsim.parse({**TEAMS, "optimize": {"within_team": False}}).optimize.routing


def test_ranks_are_decided_only_where_the_rules_look_at_them():
    assert decided(teams(), ("ranks",)) == ("order", "rank")
    assert decided(teams(**{"routing.agent": "longest_idle"}), ("ranks",)) == ("rank",)
    assert decided(teams(**{"routing.contact": "first_come"}), ("ranks", "delays")) == ("order", "delays")


# --- routings and their scenarios -----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["", "three-queues.yaml", "multi-skill-day.yaml"])
def test_every_change_of_a_routing_is_the_routing_of_the_changed_scenario(file):
    """Also changes of changes; the one thing that may be refused is a queue without anybody."""
    given = cxsim.read(SCENARIOS / file) if file else teams()
    own, seen = routing_of(given), 0
    for one in islice(neighbours(own, own, ALL), 0, None, 11 if file else 1):
        for two in [one, *islice(neighbours(one, own, ALL), 3, None, 41)]:
            wanted = tidied(two, own)
            made = given.vary(changes(given, wanted))
            assert tidied(routing_of(made), own) == wanted
            seen += 1
    assert seen > 5
    assert changes(given, own) == {}


def test_neighbours_differ_and_leave_no_queue_without_a_group():
    own = routing_of(teams())
    found = list(neighbours(own, own, ALL))
    assert all(one != own for one in found)
    assert all({queue for _, queue in one.skills} == {"sales", "help"} for one in found)
    assert all({group for group, _ in one.skills} == {"sellers", "helpers", "both"} for one in found)
    dropped = own.without(("both", "help"))
    assert any(one.skills.keys() == own.skills.keys() for one in neighbours(dropped, own, ALL))  # it can be given back


def test_ranks_that_say_the_same_are_the_same_routing():
    own = routing_of(teams())
    later = own.using({pair: type(use)(use.rank + 3, use.order * 5, use.reserve) for pair, use in own.skills.items()})
    assert tidied(later, own) == own


def test_only_skills_that_leave_everybody_work_are_left_out():
    """M: two orders of each queue, two ranks; without a skill of `both` two orders of the other queue; else nothing."""
    assert len(strict(routing_of(teams()), ("order", "rank", "skills"), 100)) == 2 * 2 * 2 + 2 + 2
    assert strict(routing_of(teams()), ("order", "rank", "skills"), 11) is None


def test_the_problem_under_another_routing_is_that_of_the_changed_scenario(posed):
    """Bit by bit, with shared contacts."""
    own = routing_of(posed.scenario)
    values = {
        "groups.both.skills.sales.order": 3,
        "groups.both.skills.help": None,
        "queues.sales.overflow.0.after": "5s",
    }
    wanted = routing_of(posed.scenario.vary(values))
    fresh = problem(posed.scenario.vary(values), seed=3, threads=1)
    plan = posed.model.plan
    ours, theirs = (one.trials.run(plan, range(6)) for one in (rerouted(posed, wanted), fresh))
    assert (ours.above == theirs.above).all() and (ours.below == theirs.below).all()
    assert (ours.outcome == theirs.outcome).all()
    assert (ours.above != posed.trials.run(plan, range(6)).above).any()
    assert rerouted(posed, own) is posed


def test_a_forecast_gets_the_routing_too():
    asked = {**TEAMS["optimize"], "forecasts": {"base": "50%", "storm": "50%"}}
    overrides = {"storm": {"reasons.help.volume": "50/h"}}
    given = cxsim.parse({**TEAMS, "optimize": asked, "overrides": overrides})
    one = problem(given, seed=1, threads=1)
    other = rerouted(one, routing_of(given).without(("both", "help")))
    assert all("help" not in model.scenario.groups["both"].skills for model in other.trials.models)
    assert [model.scenario.reasons["help"].volume for model in other.trials.models] == [
        model.scenario.reasons["help"].volume for model in one.trials.models
    ]


# --- what a change is worth -----------------------------------------------------------------------------------------


def test_slack_counts_the_less_the_more_there_is_of_it():
    slack = np.array([-0.3, -0.02, 0.0, 0.02, 0.2])
    value = eased_slack(slack)
    assert (np.diff(value) > 0.0).all()
    assert value[2] == 0.0 and value[4] < EASE
    assert (np.diff(np.diff(eased_slack(np.linspace(-0.1, 0.1, 41)))) < 1e-12).all()


def test_the_wrong_way_round_is_turned_round():
    """Seed 3, one team for both: contacts go to the own teams first, which leaves it free for whoever needs it."""
    values = {"queues.sales.overflow": [], "groups.both.skills.help.reserve": 0, "groups.both.skills.help.rank": 2}
    values |= {"groups.sellers.agents": 4, "groups.helpers.agents": 3}
    posed = problem(teams(**values), seed=3, threads=1)
    passing = Pass(posed, posed.model.plan, flat_prices(posed, 500.0), 500.0)
    own = routing_of(posed.scenario)
    found = passing.best(own, sweeps=1)
    assert passing.worth(passing._trial(found, 64)) > passing.worth(passing._trial(own, 64))
    assert found.skills["sellers", "sales"].order <= found.skills["both", "sales"].order
    said = list(routing_table(posed.scenario, posed.scenario.vary(changes(posed.scenario, found)))["title"])
    assert any(text.startswith("Contacts of sales go to ") for text in said)


def test_changes_are_told_in_words():
    values = {
        "groups.both.skills.sales": None,
        "groups.both.skills.help.reserve": 2,
        "groups.helpers.skills.help.order": 1,
        "groups.both.skills.help.order": 2,
        "queues.sales.overflow.0.after": "15s",
    }
    assert list(routing_table(teams(), teams().vary(values))["title"]) == [
        "Group both no longer serves sales",
        "Contacts of help go to helpers, then both (before: both, then helpers)",
        "Group both keeps 2 idle agents back from help (before: 1)",
        "Queue sales overflows to helpers after 15s (before: 30s)",
    ]


def test_the_program_says_who_comes_first(posed):
    """Whole routings of the linear program and of resolution keep to the skills there are."""
    program = fluid(posed)
    found = whole(posed, ALL, program)
    own = routing_of(posed.scenario)
    assert found and all(one.skills.keys() <= own.skills.keys() for one in found)


def test_each_contact_to_whoever_resolves_it_best():
    given = teams(**{"groups.both.skills.help.resolution": "95%", "groups.helpers.skills.help.order": 1})
    one = problem(given, threads=1)
    (best,) = resolving(given, routing_of(given), flows(one.model).resolution, ALL)
    assert best.skills["both", "help"].order < best.skills["helpers", "help"].order


# --- what can be reached --------------------------------------------------------------------------------------------


def test_the_best_fcr_is_that_of_first_answers():
    """By hand: 60 sales at 90 % and 40 of help at 50 %, all first answers: 74 %, whoever comes back."""
    values = {"reasons.help.resolution": "50%", "after_contact.unresolved": {"repeat": "90%", "delay": "5 min"}}
    one = problem(teams(**values), threads=1)
    goal = Goal("fcr_true", "total", "total", "total", "min", 0.5)
    kept = [goal for goal in one.goals.goals if goal.span == "total"]
    # With four fifths of each queue answered, at most a fifth of help is lost: 60 at 90 %, 32 at 50 %.
    assert best_value(one, flows(one.model), goal, kept) == pytest.approx((54 + 16) / 92, abs=1e-4)


def test_harder_goals_are_known():
    easy = [Goal("sl", "queue", "sales", "total", "min", 0.8), Goal("asa", "total", "total", "total", "max", 30.0)]
    hard = [Goal("sl", "queue", "sales", "total", "min", 0.85), Goal("asa", "total", "total", "total", "max", 30.0)]
    assert _as_hard(hard, easy) and not _as_hard(easy, hard)
    assert not _as_hard(hard[:1], easy)


# --- the whole ------------------------------------------------------------------------------------------------------

QUICK = SearchParams(least_proof=256, most_proof=256)


def simple(routing):
    """One team for two queues whose ranks are the wrong way round (`routing_cases.json`), so that it needs one more."""
    case = next(case for case, _ in read(FILE) if case.name == "V-2")
    given = scenario(case)
    given["horizon"] = {"start": "2026-01-05", "open": "00:00-24:00", "interval": "24 h", "before": 0, "after": 0}
    given["optimize"] |= {"routing": routing, "floor": "0%"}
    given["groups"]["g0"]["agents"] = 6
    return cxsim.parse(given)


@pytest.fixture(scope="module")
def after():
    """The plan with the routing decided (seed 1)."""
    return cxsim.optimize(simple(True), seed=1, threads=1, thorough=0.1, params=QUICK)


def test_deciding_the_routing_saves_an_agent(after):
    """With the ranks as they are, six are needed: the chains of `routing_cases.json` say so, and so does the plan."""
    assert after.certified and after.x.tolist() == [5]
    assert any("With the current routing" in text and "2,6" in text for text in after.messages), after.messages
    assert "It needs 1 change of the routing." in after.headline()


@pytest.mark.slow
def test_without_it_the_routing_stays(after):
    before = cxsim.optimize(simple(False), advise=False, seed=1, threads=1, thorough=0.1, params=QUICK)
    assert before.x.tolist() == [6] and before.cost > after.cost
    assert not len(before.routing) and not before.routing_changes


def test_a_plan_carries_its_routing(after, tmp_path):
    """The folder simulated again has the plan's own figures, and its tables say what changed."""
    assert len(after.routing) and after.routing_changes
    folder = after.save(tmp_path / "plan", pictures=False)
    again = cxsim.read(folder / "scenario.yaml")
    assert routing_of(again) == routing_of(after.scenario)
    run = cxsim.simulate(again, replications=after.result.replications, seed=1)
    columns = ["figure", "scope", "name", "interval", "value"]
    assert run.figures[columns].equals(after.result.figures[columns])
    assert (folder / "tables" / "routing.csv").exists()
    assert "What changes in the routing" in _text(after.summary(100))
    assert after.document()["routing_changes"] == dict(after.routing_changes)


def test_others_are_compared_under_the_current_routing(after):
    today = after.comparison[(after.comparison["plan"] == "today's staffing") & (after.comparison["figure"] == "sl")]
    n = int(today.iloc[0]["n"])
    model = prepare(simple(False), seed=1)
    samples = replicate_more(model, range(COMPARED, COMPARED + n))
    above, below = metrics.figure_values(samples, model.layout, "sl", staffing=model.staffing)
    assert float(today.iloc[0]["value"]) == pytest.approx(float(above.sum() / below.sum()), abs=1e-12)


def test_an_earlier_plan_gives_its_routing_to_the_next(after, tmp_path):
    folder = after.save(tmp_path / "plan", pictures=False)
    assert earlier_routing(simple(True), folder / "plan.csv") == routing_of(after.scenario)
    assert earlier_routing(simple(True), None) is None
    assert earlier_routing(simple(True), tmp_path / "none.csv") is None


def _text(renderable):
    from rich.console import Console

    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(renderable)
    return console.export_text()


def test_a_plan_in_steady_state_runs_as_it_was_planned(tmp_path):
    """A table of headcounts by time of day would end with the first of the six days."""
    case = next(case for case, _ in read(FILE) if case.name == "V-2")
    given = cxsim.parse(scenario(case)).vary({"groups.g0.agents": 5})
    one = problem(given, seed=1, threads=1)
    text = text_of(one, one.structure.table([5.0]))
    (tmp_path / "scenario.yaml").write_text(text, encoding="utf-8")
    again = cxsim.read(tmp_path / "scenario.yaml")
    assert prepare(again).plan.present.tolist() == prepare(given).plan.present.tolist()
    assert prepare(again).plan.present.min() == 5.0


def test_a_routing_under_which_the_plan_meets_its_goals_beats_one_of_equal_cost():
    """Under a time limit, a routing that mended a plan was dropped, since the plan cost the same as before."""

    def route(cost, meets):
        known = SimpleNamespace(best=np.array([cost]), meeting=np.array([cost]) if meets else None)
        return Route(SimpleNamespace(structure=SimpleNamespace(cost_of=lambda x: float(x[0]))), known, None)

    assert route(5_552.0, True).beats(route(5_552.0, False))
    assert route(6_000.0, True).beats(route(5_552.0, False))
    assert not route(5_000.0, False).beats(route(5_552.0, True))
    assert route(5_000.0, True).beats(route(5_552.0, True))
    assert not route(5_552.0, True).beats(route(5_552.0, True))
