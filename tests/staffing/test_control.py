"""Goals corrected for how busy the replications were: less noise, no bias, and errors that are true."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cxsim
from cxsim.model.demand import arrivals
from cxsim.model.prepare import prepare
from cxsim.optimizer.control import LEAST
from cxsim.optimizer.problem.problem import problem
from cxsim.randomness import draws
from cxsim.simulation.control_variates import contacts_of, expected_contacts

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
DAYS = 4096


def posed(volume, **optimize):
    return problem(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"days": 1, "open": "08:00-10:00", "interval": "1 h", "before": 0, "after": 0},
                "reasons": {"calls": {"volume": volume, "handle_time": "4 min", "patience": "3 min"}},
                "queues": {"calls": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
                "groups": {"front": {"agents": 6, "serves": ["calls"], "wage": 20}},
                "optimize": {"within_team": False, "floor": "0%", **optimize},
            }
        )
    )


BUSY = {"per_interval": [60, 50], "busyness": {"gamma": {"cv": "25%"}}}


@pytest.fixture(scope="module")
def trial():
    asked = posed(BUSY)
    return asked.trials.run(asked.model.plan, range(DAYS))


@pytest.mark.parametrize("n", [24, 128])
def test_the_noise_is_less_without_bias_and_the_error_is_true(trial, n):
    """Blocks of a long trial against the whole, seed 1; each bound is four standard errors of what it bounds."""
    plain = replace(trial, control=None)
    blocks = range(0, DAYS, n)
    away = np.array([_part(trial, k, n).slack[0] - trial.slack[0] for k in blocks])
    raw = np.array([_part(plain, k, n).slack[0] - plain.slack[0] for k in blocks])
    claimed = np.sqrt(np.mean([_part(trial, k, n).error[0] ** 2 for k in blocks]))
    assert away.std() < 0.75 * raw.std()
    assert abs(away.std() / claimed - 1.0) < 4.0 / np.sqrt(2 * len(blocks))
    assert abs(away.mean()) < 4.0 * away.std() / np.sqrt(len(blocks))
    assert abs(trial.slack[0] - plain.slack[0]) < 4.0 * plain.error[0]


def _part(trial, first, n):
    at = slice(first, first + n)
    control = None if trial.control is None else trial.control[at]
    return replace(
        trial, replications=trial.replications[at], above=trial.above[at], below=trial.below[at], control=control
    )


def test_it_is_the_regression_on_the_contacts_at_what_is_expected(trial):
    some = trial.first(300)
    above, below = (np.polyfit(some.control, side[:, 0], 1)[1] for side in (some.above, some.below))
    assert some.value[0] == pytest.approx(above / below, abs=1e-12)
    assert abs(some.residual[:, 0] @ (some.control - some.control.mean())) < 1e-6


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_as_many_contacts_come_as_expected(path):
    """Over all shipped scenarios; a mean of 60 replications is beyond 4.5 standard errors once in 8,000 scenarios."""
    model = prepare(cxsim.read(path), 3)
    expected = expected_contacts(model).sum()
    if not expected:
        pytest.skip("all volumes are lists of times or whole numbers")
    keys = [draws.run_key(3, r) for r in range(60)]
    off = np.array([contacts_of(model, *arrivals(model.demand, key)).sum() - expected for key in keys])
    assert abs(off.mean()) <= 4.5 * off.std(ddof=1) / np.sqrt(len(off))


def test_parts_put_together_are_the_whole_and_few_days_are_left_alone(trial):
    both = trial.first(200).merged(_part(trial, 200, 100))
    assert both.value == pytest.approx(trial.first(300).value, abs=1e-12)
    few = trial.first(LEAST - 1)
    assert few.value == pytest.approx(few.goals.value(few.above, few.below))


@pytest.mark.parametrize(
    "volume",
    [
        {"count": 5, "busyness": {"gamma": {"cv": "25%"}}},  # numbers are rounded: their mean is not the one expected
        {"count": 50},
    ],
)
def test_nothing_is_corrected_where_the_mean_is_not_known_or_nothing_varies(volume):
    asked = posed(volume)
    found = asked.trials.run(asked.model.plan, range(40))
    assert not found.control.any()
    assert found.value == pytest.approx(found.goals.value(found.above, found.below))


def test_a_share_of_days_is_not_corrected():
    asked = posed(BUSY, subject_to=[{"figure": "sl", "min": "70%", "on_days": "60%"}])
    k = next(k for k, goal in enumerate(asked.goals.goals) if goal.days is not None)
    found = asked.trials.run(asked.model.plan, range(40))
    plain = found.goals.value(found.above, found.below)
    assert found.control.any() and 0.0 < plain[k] < 1.0
    assert found.value[k] == plain[k]
