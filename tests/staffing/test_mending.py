"""Plans mended and thinned on one set of days: enough for every goal at once, and no more than that."""

from dataclasses import replace

import numpy as np
import pytest

import cxsim
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.search.gradient import slopes

DAYS = range(4000, 4128)


@pytest.fixture(scope="module")
def desks():
    """Two queues with a group each: two goals that nobody serves together."""
    queue = {"target": {"sl": {"share": "80%", "within": "20s"}}}
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-12:00"},
                "reasons": {
                    name: {"volume": "90/h", "handle_time": "4 min", "patience": "3 min"} for name in ("a", "b")
                },
                "queues": {"a": queue, "b": queue},
                "groups": {name: {"agents": 9, "serves": [name], "wage": 20} for name in ("a", "b")},
                "optimize": {"floor": "0%", "within_team": False},
            }
        )
    )


def trial(desks, x):
    return desks.trials.run(desks.structure.plan(x), DAYS)


def plan(desks, agents):
    return desks.structure.complete(np.where(desks.structure.integer, float(agents), 0.0))


def test_all_goals_that_lack_slack_are_mended_at_once(desks):
    """Fails where one half-hour of one agent is added a time: both desks lack far more than that."""
    from cxsim.optimizer.search.mending import topped_up

    x = plan(desks, 7)
    known, found = trial(desks, x), slopes(desks, desks.structure.levels(x), range(24))
    lacking = np.maximum(0.02 - known.slack, 0.0)
    assert (lacking > 0.05).all()
    before = desks.trials.replications_run
    mended = topped_up(desks, found, x, known, lacking)
    days = desks.trials.replications_run - before
    assert mended is not None and (trial(desks, mended).slack >= 0.02 - 0.005).all()
    assert (mended - x).sum() >= 4 and days <= desks.params.repair_rounds * known.n


def test_a_plan_that_will_do_by_the_slopes_is_known_before_it_is_simulated(desks):
    """Should time end the top-up, it is a better answer than a start that is far too dear."""
    from cxsim.optimizer.problem.stage import TimeUp
    from cxsim.optimizer.search.mending import topped_up

    x, told = plan(desks, 7), []
    known, found = trial(desks, x), slopes(desks, desks.structure.levels(x), range(24))

    def over(more):
        told.append(more)
        raise TimeUp

    before = desks.trials.replications_run
    with pytest.raises(TimeUp):
        topped_up(desks, found, x, known, np.maximum(0.02 - known.slack, 0.0), over)
    assert desks.trials.replications_run == before
    assert (trial(desks, told[0]).slack > known.slack + 0.05).all()


def test_what_is_spare_is_taken_and_not_more(desks):
    from cxsim.optimizer.search.mending import thinned

    x = plan(desks, 12)
    known, found = trial(desks, x), slopes(desks, desks.structure.levels(x), range(24))
    spare = known.slack - 0.05
    assert (spare > 0.05).all()
    cheaper = thinned(desks, found, x, known, spare)
    assert cheaper is not None and desks.structure.cost_of(cheaper) < 0.97 * desks.structure.cost_of(x)
    assert (trial(desks, cheaper).slack >= 0.05 - 1e-9).all()
    assert thinned(desks, found, x, known, spare - 1.0) is None


def test_people_who_were_added_in_vain_leave_again(desks):
    """Slopes that promise as much of the wrong group: before, both groups got more, and the proof paid double."""
    from cxsim.optimizer.search.mending import topped_up

    x = plan(desks, 9)
    known, found = trial(desks, x), slopes(desks, desks.structure.levels(x), range(24))
    wrong = replace(found, up=found.up + found.up[:, ::-1], down=found.down + found.down[:, ::-1])
    lacking = np.array([0.06, 0.0])
    mended = topped_up(desks, wrong, x, known, lacking)
    assert mended is not None and trial(desks, mended).slack[0] - known.slack[0] >= 0.06
    more = desks.structure.levels(mended) - desks.structure.levels(x)
    assert more[0].sum() > 0.0 and not more[1].any()


def test_a_plan_that_its_proof_made_dearer_is_thinned_until_it_is_not(desks):
    """Before, a plan was thinned once: what a top-up paid too much stayed. Not below the plan that came."""
    from cxsim.optimizer.certificate.certify import certify

    thinnings = []

    def doubled(x, trial, lacking):
        return plan(desks, 20)

    def fewer(x, trial, spare):
        thinnings.append(float(x[0]))
        return plan(desks, x[0] - 2.0)

    proof = certify(desks, plan(desks, 7), replications=64, most=64, cushion=0.5, repair=doubled, thin=fewer)
    assert proof.certified and thinnings == [20.0, 18.0, 16.0, 14.0]
    once = certify(desks, plan(desks, 20), replications=64, most=64, cushion=0.5, repair=doubled, thin=fewer)
    assert once.certified and thinnings[4:] == [20.0]


def test_a_proof_without_slopes_gets_more_people_where_goals_fail(monkeypatch):
    """A search that was cut off before it had any slopes. Before, there was no top-up: not certified."""

    def cut_off(run, starts, plan):
        structure = run.problem.structure
        return run.trier(structure.complete(np.where(structure.integer, 7.0, 0.0)), plan[0].values)

    monkeypatch.setattr("cxsim.optimizer.searching.search_from", cut_off)
    monkeypatch.setattr("cxsim.optimizer.search.trust.Search.repair", lambda *given: None)
    monkeypatch.setattr("cxsim.optimizer.known_plans.Known.cheapest", lambda known, x, *more: x)
    found = cxsim.optimize(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-10:00"},
                "reasons": {"a": {"volume": "90/h", "handle_time": "4 min", "patience": "3 min"}},
                "queues": {"a": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
                "groups": {"a": {"agents": 7, "serves": ["a"], "wage": 20}},
                "optimize": {"floor": "0%", "within_team": False},
            }
        ),
        threads=1,
        advise=False,
    )
    assert found.certified and found.plan["agents"].max() > 7
