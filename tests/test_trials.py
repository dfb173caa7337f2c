"""Trials: the sums of `replicate`, whatever the threads, and mixtures of forecasts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cxsim import metrics
from cxsim.metrics.families import formula
from cxsim.metrics.registry import terms
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.model.plan import plan_of_levels
from cxsim.model.prepare import Model, prepare
from cxsim.optimizer import plan_evaluator
from cxsim.optimizer.plan_evaluator import Trial, Trials, forecasts
from cxsim.optimizer.problem.goals import Goal, Goals, goals, of_goals
from cxsim.optimizer.problem.prices import Prices, prices
from cxsim.scenario import Scenario, parse
from cxsim.schema import ledger
from cxsim.simulation.replications import replicate


def tree(**more: Any) -> dict[str, Any]:
    """Two queues, two groups, a segment each for money and people, two short days with redials and repeats."""
    return {
        "cxsim": 1,
        "horizon": {"start": "2026-03-02", "days": 2, "open": "09:00-11:15", "interval": "30 min", "before": 0},
        "segments": {"gold": {"share": "30%"}, "other": {"share": "70%"}},
        "reasons": {
            "sales": {
                "volume": {"per_hour": 60, "busyness": {"gamma": {"cv": "20%"}}},
                "handle_time": {"lognormal": {"mean": "4 min", "cv": "80%"}},
                "patience": "90s",
                "resolution": "80%",
                "cost": 0.5,
            },
            "tech": {"volume": {"per_hour": 40}, "handle_time": "5 min", "patience": "2 min", "resolution": "60%"},
        },
        "queues": {
            "sales": {
                "target": {
                    "sl": {"share": "80%", "within": "20s"},
                    "asa": {"max": "20s"},
                    "abandoned": {"max": "5%"},
                    "blocked": {"max": "1%"},
                    "occupancy": {"max": "85%"},
                    "fcr_true": {"min": "75%"},
                }
            },
            "tech": {"capacity": 6, "target": {"sl": {"share": "70%", "within": "30s"}}},
        },
        "groups": {
            "one": {"agents": [4, 5, 5, 4, 4], "wage": 20, "skills": {"sales": {}}, "availability": "95%"},
            "both": {
                "agents": 4,
                "wage": 25,
                "shrinkage": "20%",
                "scheduled": False,
                "skills": {"tech": {"rank": 1}, "sales": {"rank": 2, "resolution": "+5 points"}},
            },
        },
        "after_contact": {
            "abandoned": {"redial": "50%", "delay": "10 min"},
            "unresolved": {"repeat": "60%", "delay": "30 min"},
        },
        **more,
    }


def made(scenario: Scenario, wanted: Goals | None = None, **options: Any) -> tuple[Model, Goals, Trials]:
    model = prepare(scenario, options.get("seed", 1))
    found = goals(scenario, model.layout, model.timeline) if wanted is None else wanted
    return model, found, Trials(forecasts(scenario), found, money(scenario, model), **options)


def money(scenario: Scenario, model: Model) -> Prices:
    return prices(scenario, model.layout, model.timeline)


def every_goal(model: Model) -> list[Goal]:
    """Every ratio of the registry at every scope, over the whole time, a day and an interval."""
    layout, out = model.layout, []
    names = {
        "total": ("total",),
        "queue": layout.queues,
        "reason": layout.reasons,
        "segment": layout.segments,
        "group": layout.groups,
    }
    for figure in metrics.REGISTRY.values():
        if figure.kind != "ratio" or figure.name.startswith("agents_"):
            continue
        scopes = [*figure.scopes, *(["queue"] if set(figure.scopes) == {"total", "group"} else [])]
        for scope in scopes:
            for name in names[scope]:
                for span in ("total", layout.days[1], "2026-03-02T09:30"):
                    out.append(Goal(figure.name, scope, name, span, "max", 1.0))
    return out


TIMES = {
    *("wait_answered", "wait_abandoned", "wait_other", "talk", "wrap", "cohort_time", "waiting", "seconds"),
    *("busy_talk", "busy_wrap", "on_duty", "overrun", "paid_time", "staff_cost", "contact_cost"),
    *("cohort_effort", "leavers"),
}


def test_the_sides_of_every_figure_are_those_of_a_run() -> None:
    """Counts to the last bit; sums of seconds and of money to the rounding of their order."""
    scenario = parse(tree())
    model = prepare(scenario, 3)
    wanted = every_goal(model)
    trial = made(scenario, of_goals(wanted, scenario, model.layout), seed=3)[2].run(model.plan, range(3))
    samples, _ = replicate(model, 3)
    exact = 0
    for k, goal in enumerate(wanted):
        sides = metrics.figure_values(
            samples, model.layout, goal.figure, goal.scope, goal.name, goal.span, model.staffing
        )
        known = formula(goal.figure, model.layout)
        for mine, theirs, text in zip(
            (trial.above[:, k], trial.below[:, k]), sides, (known.numerator, known.denominator), strict=True
        ):
            if TIMES & {name for name, _ in terms(text)}:
                np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-9, err_msg=goal.title)
            else:
                assert mine.tolist() == theirs.tolist(), goal.title
                exact += 1
    assert len(wanted) > 500
    assert exact > 500


def test_mean_sums_are_those_of_a_run() -> None:
    scenario = parse(tree())
    model, _, tried = made(scenario, seed=5)
    trial = tried.run(model.plan, range(4))
    samples, _ = replicate(model, 4)
    np.testing.assert_allclose(trial.contacts, np.mean([s.contacts for s in samples], axis=0), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(trial.groups, np.mean([s.groups for s in samples], axis=0), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(trial.waiting, np.mean([s.waiting for s in samples], axis=0), rtol=1e-12, atol=1e-9)
    assert trial.contacts.shape[0] == len(CONTACT_COLUMNS)
    assert trial.groups.shape[0] == len(GROUP_COLUMNS)


def test_a_wait_quantile_is_the_share_that_waits_no_longer() -> None:
    """Counted wait by wait from the ledger."""
    scenario = parse(tree())
    model = prepare(scenario, 2)
    wanted = [
        Goal("wait", "queue", "sales", "total", "max", 45.0, quantile=0.9),
        Goal("wait_all", "total", "total", "total", "max", 45.0, quantile=0.9),
        Goal("wait", "reason", "tech", "total", "max", 90.0, quantile=0.9),
    ]
    trial = made(scenario, of_goals(wanted, scenario, model.layout), seed=2)[2].run(model.plan, [0])
    _, (kept,) = replicate(model, 1, keep=True)
    legs = kept.legs
    counted = (legs["arrived"] >= model.layout.edges[0]) & (legs["arrived"] < model.layout.edges[-1])
    answered = ~np.isnan(legs["answered"]) & (legs["outcome"] == ledger.ANSWERED) & counted
    abandoned = (legs["outcome"] == ledger.ABANDONED) & counted
    wait = np.where(answered, legs["answered"], legs["ended"]) - legs["queued"]
    queue = legs["entry"]
    for k, (chosen, within) in enumerate(
        [(answered & (queue == 0), 45.0), (answered | abandoned, 45.0), (answered & (queue == 1), 90.0)]
    ):
        assert trial.below[0, k] == chosen.sum() > 50
        assert trial.above[0, k] == (wait[chosen] <= within + 1e-6).sum()
    assert 0.0 < trial.value[0] < 1.0
    np.testing.assert_allclose(trial.slack, trial.value - 0.9)


def test_on_a_share_of_days_each_day_of_each_replication_is_judged() -> None:
    scenario = parse(tree(optimize={"subject_to": [{"figure": "sl", "min": "60%", "on_days": "50%"}], "floor": "0%"}))
    model, found, tried = made(scenario)
    trial = tried.run(model.plan, range(30))
    samples, _ = replicate(model, 30)
    good = 0
    for day in model.layout.days:
        above, below = metrics.figure_values(samples, model.layout, "sl", interval=day)
        good += int((above / below >= 0.6).sum())
    assert 0 < good < 60
    assert trial.above.sum() == good
    assert trial.below.sum() == 60
    assert trial.value.tolist() == [good / 60]
    assert trial.slack.tolist() == [good / 60 - 0.5]
    above, below = found.by_interval(trial.sums)
    average = sum(metrics.figure_values(samples, model.layout, "sl")[n].sum() for n in (0,))
    assert above.sum() * 30 == pytest.approx(average)
    assert below.shape == (1, model.layout.n_intervals)


def test_threads_and_what_was_run_before_change_nothing() -> None:
    scenario = parse(tree(optimize={"prices": {"waiting_hour": 30, "abandoned": 2, "unresolved": 8}}))
    model, found, alone = made(scenario, threads=1)
    side = made(scenario, found, threads=3)[2]
    side.run(model.plan, range(7, 19))
    first, second = alone.run(model.plan, range(40)), side.run(model.plan, range(40))
    for part in ("above", "below", "outcome", "sums"):
        assert np.array_equal(getattr(first, part), getattr(second, part)), part
    assert alone.replications_run == 40
    assert side.replications_run == 52


def test_arrivals_that_are_not_kept_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = parse(tree())
    model, found, usual = made(scenario)
    monkeypatch.setattr(plan_evaluator, "KEPT_BYTES", 1)
    poor = made(scenario, found)[2]
    poor.run(model.plan, range(6))
    assert np.array_equal(usual.run(model.plan, range(6)).sums, poor.run(model.plan, range(6)).sums)
    assert not poor._arrivals


def test_another_plan_is_simulated_as_that_scenario_would_be() -> None:
    """More and fewer seats than the scenario's own plan, agents who differ, and a group of nobody."""
    more = tree()
    more["groups"]["one"]["spread"] = {"handle_time": "20%", "resolution": "5 points"}
    scenario = parse(more)
    model, _, tried = made(scenario)
    for one, both in ((9, 2), (0, 6), (2, 31)):
        levels = np.where(model.timeline.open_mask, [[one], [both]], 0)
        trial = tried.run(plan_of_levels(scenario, model.timeline, levels), range(2))
        again = scenario.vary({"groups.one.agents": one, "groups.both.agents": both})
        samples, _ = replicate(prepare(again, 1), 2)
        np.testing.assert_allclose(trial.contacts * 2, sum(s.contacts for s in samples), rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(trial.groups * 2, sum(s.groups for s in samples), rtol=1e-12, atol=1e-9)


def test_money_of_what_becomes_of_contacts() -> None:
    scenario = parse(tree(optimize={"prices": {"waiting_hour": 30, "abandoned": 2, "unresolved": 8}}))
    model, _, tried = made(scenario)
    trial = tried.run(model.plan, range(3))
    samples, _ = replicate(model, 3)
    for n, sample in enumerate(samples):
        sums = dict(zip(CONTACT_COLUMNS, sample.contacts.sum(axis=2), strict=True))
        sales = model.layout.streams[:, 1] == 0
        waited = sum(sums[f"wait_{who}"].sum() for who in ("answered", "abandoned", "other"))
        expected = 0.5 * sums["answered"][sales].sum() + 30 * waited / 3600 + 2 * sums["abandoned"].sum()
        expected += 8 * (sums["fresh"].sum() - sums["cohort_resolved"].sum())
        assert trial.outcome[n] == pytest.approx(expected, rel=1e-12)
    assert tried.prices.outcome(trial.contacts) == pytest.approx(trial.outcome.mean(), rel=1e-12)


def test_two_trials_of_a_plan_are_merged_into_one() -> None:
    model, _, tried = made(parse(tree()))
    whole = tried.run(model.plan, range(10))
    both = tried.run(model.plan, range(4)).merged(tried.run(model.plan, range(4, 10)))
    assert both.n == 10
    assert np.array_equal(both.above, whole.above)
    assert both.replications.tolist() == list(range(10))
    np.testing.assert_allclose(both.sums, whole.sums, rtol=1e-12)
    np.testing.assert_array_equal(both.slack, whole.slack)
    np.testing.assert_array_equal(both.error, whole.error)


def stormy(**storm: Any) -> Scenario:
    changes = storm or {"reasons.sales.volume.factor": 1.5}
    return parse(
        tree(overrides={"storm": changes}, optimize={"forecasts": {"base": "70%", "storm": "30%"}}),
    )


def test_forecasts_have_their_shares_in_every_stretch_of_replications() -> None:
    tried = made(stormy())[2]
    for start in (0, 17, 1_000_000, 2_000_000):
        for n in (10, 50, 200):
            storms = tried.forecast_of(range(start, start + n)).sum()
            assert abs(storms - 0.3 * n) <= 2.0


def test_a_replication_is_that_of_its_own_forecast() -> None:
    scenario = stormy()
    model, _, tried = made(scenario)
    trial = tried.run(model.plan, range(6))
    of = tried.forecast_of(range(6)).tolist()
    assert set(of) == {0, 1}
    base, _ = replicate(model, 6)
    storm, _ = replicate(prepare(scenario.vary(with_=["storm"]), 1), 6)
    for r, forecast in enumerate(of):
        sample = (base, storm)[forecast][r]
        above, _ = metrics.figure_values([sample], model.layout, "sl", "queue", "sales")
        assert trial.above[r, 0] == above[0]
    mean = np.mean([(base, storm)[forecast][r].contacts for r, forecast in enumerate(of)], axis=0)
    np.testing.assert_allclose(trial.contacts, mean, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"horizon.after": "9 days"}, "different days"),
        ({"horizon.open": "09:00-11:10"}, "hours"),
        ({"groups.one.skills": {"tech": {"rank": 2}, "sales": {}}}, "serves"),
    ],
)
def test_forecasts_of_other_days_or_groups_are_refused(change: dict[str, Any], told: str) -> None:
    scenario = parse(tree())
    model = prepare(scenario, 1)
    found = goals(scenario, model.layout, model.timeline)
    with pytest.raises(ValueError, match=told):
        Trials([(scenario, 0.5), (scenario.vary(change), 0.5)], found, money(scenario, model))


def test_no_replications_are_refused() -> None:
    model, _, tried = made(parse(tree()))
    with pytest.raises(ValueError, match="none are given"):
        tried.run(model.plan, [])


def test_errors_are_those_of_the_ratio_estimator() -> None:
    model, found, tried = made(parse(tree()))
    trial = replace(tried.run(model.plan, range(20)), control=None)
    k = next(k for k, goal in enumerate(found.goals) if goal.figure == "asa")
    samples, _ = replicate(model, 20)
    value, error = metrics.standard_error(samples, model.layout, "asa", "queue", "sales")
    assert trial.value[k] == pytest.approx(value, rel=1e-12)
    assert trial.slack[k] == pytest.approx((20 - value) / 20)
    assert trial.error[k] == pytest.approx(error / 20, rel=1e-9)


def test_single_replications_have_no_error() -> None:
    model, _, tried = made(parse(tree()))
    trial: Trial = tried.run(model.plan, [3])
    assert np.isnan(trial.error).all()
    assert trial.n == 1


def test_figures_beside_the_goals_are_watched() -> None:
    scenario = parse(tree(optimize={"maximise": "issues_resolved", "budget": 900}))
    model, _, tried = made(scenario)
    trial = tried.run(model.plan, range(3)).merged(tried.run(model.plan, [3]))
    samples, _ = replicate(model, 4)
    assert set(plan_evaluator.WATCHED) | {"issues_resolved"} == set(trial.figures)
    for name, (above, below) in trial.figures.items():
        expected = metrics.figure_values(samples, model.layout, name, staffing=model.staffing)
        np.testing.assert_allclose((above, below), expected, rtol=1e-12)
