"""A proof that a time limit cuts short: what could be proved by then is proved."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from staffing.known_goals import Known, posed

from cxsim.optimizer import deadline
from cxsim.optimizer.certificate.certify import TESTS, certify
from cxsim.optimizer.problem.stage import TimeUp

A_WEEK = 0.02  # seconds of a replication


@pytest.fixture
def timed(monkeypatch):
    """Makes a problem with a known truth whose replications take time; gives it with the blocks it was asked for."""
    now = [1000.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def made(slack, seconds, noise=0.05):
        problem = posed(Known(slack, noise=noise), wages=(20.0,))
        simulated, asked = problem.trials.run, []

        def run(x, numbers):
            for _ in numbers:
                deadline.check()
                now[0] += A_WEEK
            asked.append(numbers)
            return simulated(x, numbers)

        problem.trials.run = run
        deadline.until(now[0] + seconds)
        return problem, asked

    yield made
    deadline.until(None)


def one_more(x, trial, lacking):
    return x + 1.0


def test_a_plan_that_was_ready_is_proved_where_thinning_takes_all_the_time(timed):
    """Before, the proof was lost with the time: the plan was not certified."""
    problem, asked = timed(lambda x: np.array([0.02 * x[0]]), seconds=256 * 3 * A_WEEK)

    def thin(x, trial, spare):
        while True:
            problem.trials.run(x - 1.0, range(32))

    found = certify(problem, [3.0], replications=256, most=256, thin=thin)
    assert found.certified and found.x[0] == 3.0
    assert asked[-1] == range(TESTS[0], TESTS[0] + 256)


def test_a_plan_that_was_topped_up_goes_to_the_test_where_there_is_no_time_to_read_it_again(timed):
    """There is time for two blocks and a half."""
    problem, asked = timed(lambda x: np.array([0.02 * x[0] - 0.065]), seconds=256 * 2.5 * A_WEEK)
    found = certify(problem, [3.0], replications=256, most=256, repair=lambda *given: one_more(*given) + 1.0)
    assert found.certified and found.x[0] == 5.0
    assert [len(numbers) for numbers in asked] == [256, 256]  # no time is lost on what cannot be read to its end


def test_a_plan_that_lacks_something_is_not_tested_when_time_is_over(timed):
    problem, _ = timed(lambda x: np.array([-0.05]), seconds=256 * 1.5 * A_WEEK)

    def repair(x, trial, lacking):
        while True:
            problem.trials.run(x, range(8))

    with pytest.raises(TimeUp):
        certify(problem, [3.0], replications=256, most=256, repair=repair)


def test_a_plan_that_failed_its_test_is_not_tested_again_as_it_is(timed):
    """The second test is of the plan topped up, also where time is over before it is read."""
    problem, _ = timed(lambda x: np.array([0.02 * x[0] - 0.065]), seconds=256 * 3.2 * A_WEEK)
    simulated = problem.trials.run

    def run(x, numbers):
        """The first test is bad luck."""
        trial = simulated(x, numbers)
        return replace(trial, above=0.9 * trial.above) if numbers[0] == TESTS[0] else trial

    problem.trials.run = run
    found = certify(problem, [5.0], replications=256, most=256, repair=one_more)
    assert found.x[0] == 6.0 and found.certified and found.tests == 2


def test_few_replications_of_a_week_stand_for_as_many_days(timed):
    """A repair looks at changes on 256 days at least: before, on 256 weeks, for which two minutes leave no time."""
    from cxsim.optimizer.search.mending import few_of

    problem, _ = timed(lambda x: np.array([0.01]), seconds=1e9)
    week = replace(problem, model=replace(problem.model, timeline=replace(problem.model.timeline, days=7)))
    trial = problem.trials.run(np.array([1.0]), range(128))
    assert (few_of(trial, problem), few_of(trial, week)) == (128, 37)
