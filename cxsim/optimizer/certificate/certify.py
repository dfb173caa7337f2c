"""Certificates: that a plan meets every goal, shown on replications that no search has seen.

1. On a first untouched block the plan is simulated in stages until every goal has a cushion: slack of so many
   standard errors that a test as long as this one will hardly fail. Where more replications could not give it one,
   `repair` tops the plan up, and the block is simulated again: what it says is no longer proof (the optimizer's curse).
   A plan that has its cushion is thinned: people it does not need leave, and the block is simulated again; once, or
   several times where the top-ups made it dearer than the plan that came; and only while there is time.
2. The plan is then tested on a second block, untouched by all that came before, with simultaneous one-sided bounds
   (`confidence.critical`): it is certified if all are met. Where it falls short, but both blocks together say that
   four times the replications would do, the test goes on to so many. A plan that fails is topped up once more and
   tested on a third block in the same way. The error allowed is shared out over these tests (alpha spending by
   Bonferroni: three quarters to the first), so that the chance to certify a plan that misses some goal is at most
   1 - `confidence`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer import deadline
from cxsim.optimizer.certificate.confidence import correlation_of, critical, low_slack, spread_of
from cxsim.optimizer.problem.stage import Progress, Stage, TimeUp

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.goals import Goals
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]
# From (x, its trial, the slack (K,) that each goal lacks) to a better plan; None if there is none.
Repair = Callable[[Floats, "Trial", Floats], "Floats | None"]

TUNING, TESTS = 1_000_000, (2_000_000, 3_000_000)  # first replication of each block
SPENT = ((0.75, 0.15), (0.08, 0.02))  # of the error, by test: as planned, and gone on with
LONGER = 4  # times as many replications for a test that goes on
FIRST, MOST = 128, 4096  # replications
CUSHION = 3.0  # standard errors beyond those of the bounds
ROUNDS = 40  # of repair
DEARER, MOST_THINNED = 0.01, 4  # share of the cost above which a plan is thinned again; times it is at most
ROOM = 1.1  # times as long as the last simulation of as many replications, that a test may take
WORTH_READING = 5e-4  # of the cost, that thinning must save for the block to be simulated again
READS = 3.0  # times as long as a block takes, that must be left before a plan is thinned


@dataclass(frozen=True, eq=False)
class Certificate:
    """What untouched replications say of a plan, K goals.

    `x` is the plan, topped up `rounds` times; `trial` its last test (of the tuning block where there was none).
    `slack_low` (K,) are lower bounds of the slack that hold at once with `confidence`, `errors` standard errors below
    the estimate; `low` (K,) the same bounds as values of the goals: lower ones where a goal is a minimum, else upper
    ones. `met` (K,) are goals whose bound is met; all of them if `certified`. `replications` were simulated in all,
    `tested_on` in the last test.
    """

    x: Floats
    trial: Trial
    slack_low: Floats
    errors: float
    confidence: float
    certified: bool
    rounds: int
    tests: int
    replications: int
    tested_on: int

    @property
    def value(self) -> Floats:
        """The goals' values (K,)."""
        return self.trial.value

    @property
    def met(self) -> npt.NDArray[np.bool_]:
        """Goals whose bound is met."""
        return np.asarray(self.slack_low >= 0.0)

    @property
    def low(self) -> Floats:
        """The bounds of the values (K,), on the side that matters."""
        return value_at(self.trial.goals, self.slack_low)


def value_at(goals: Goals, slack: Floats) -> Floats:
    """The values (K,) that have this slack."""
    sign = np.array([1.0 if goal.at_least else -1.0 for goal in goals.goals])
    scale = np.array([1.0 if goal.unit == "share" or goal.required <= 0.0 else goal.required for goal in goals.goals])
    return np.asarray(goals.limits + sign * scale * slack, dtype=np.float64)


def certify(
    problem: Problem,
    x: npt.ArrayLike,
    *,
    replications: int = FIRST,
    most: int = MOST,
    confidence: float = 0.95,
    cushion: float = CUSHION,
    repair: Repair | None = None,
    thin: Repair | None = None,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
    test: bool = True,
) -> Certificate:
    """Show that a plan meets every goal, topping it up with `repair` where it does not; see the module.

    `replications` is the first stage, `most` the longest stage and test; `cushion` (standard errors) beyond the bounds
    is wanted before the test, `rounds` is how often the plan may be topped up. `thin` is given the slack (K,) that may
    go instead of what is lacking, and finds a cheaper plan or none. `progress` is called for every stage;
    False ends it with what is known: the plan as it is, not certified. So does `test` false once the plan is ready
    for its test: the block that says so is the one that it was topped up and thinned on.
    """
    run = _Run(problem, np.asarray(x, dtype=np.float64), repair, rounds, progress, thin)
    level = 1.0 - confidence
    tuned: Trial | None = None
    for number, (block, (share, more)) in enumerate(zip(TESTS, SPENT, strict=True)):
        with run.time_for_a_test():
            tuned, ready = run.tuned(level * share, cushion, replications, most)
        if not ready or not test:
            return run.certificate(tuned, level * share, confidence, False, number)
        tested = run.simulate(range(block, block + tuned.n))
        made = run.certificate(tested, level * share, confidence, True, number + 1)
        run.tell(tested, made.certified)
        if not made.certified and run.may_still_pass(tuned, tested, level * more):
            tested = tested.merged(run.simulate(range(block + tested.n, block + LONGER * tested.n)))
            made = run.certificate(tested, level * more, confidence, True, number + 1)
            run.tell(tested, made.certified)
        if made.certified or run.stopped or number + 1 == len(TESTS):
            return made
        run.ready_plan = None  # the test has refuted it
        if not run.top_up(tested, lacking(tested, made.errors + cushion, most)):
            return made
    raise AssertionError


def tested(problem: Problem, x: Floats, block: range, confidence: float) -> Certificate:
    """What one test on replications that nothing was chosen by says of a plan as it is."""
    run = _Run(problem, np.asarray(x, dtype=np.float64), None, 0, None)
    trial = run.simulate(block)
    return run.certificate(trial, 1.0 - confidence, confidence, True, 1)


def lacking(trial: Trial, errors: float, most: int) -> Floats:
    """The slack (K,) each goal lacks, were the estimate kept and its error as small as `most` replications make it."""
    return np.asarray(np.maximum(errors * spread_of(trial) / math.sqrt(max(most, trial.n)) - trial.slack, 0.0))


@dataclass
class _Run:
    """One certification: the plan as it is, and what it took so far."""

    problem: Problem
    x: Floats
    repair: Repair | None
    rounds_left: int
    progress: Progress | None
    thin: Repair | None = None
    rounds: int = 0
    replications: int = 0
    stopped: bool = False
    thinned: int = 0
    seconds_each: float = 0.0  # of the last replications
    began: float = field(init=False)  # cost of the plan that came
    end: float = field(init=False)  # of the proof
    ready_plan: tuple[Floats, Trial] | None = None  # the last that was ready for a test
    untried: bool = False  # whether the plan was topped up, and not simulated on a whole block since
    last: Trial | None = None  # of the tuning block
    bounds_hold: bool = False  # whether its bounds hold without a cushion

    def __post_init__(self) -> None:
        self.began = self.cost
        self.end = deadline.end()

    @contextmanager
    def time_for_a_test(self) -> Iterator[None]:
        """Have what is done in it end in time for a test, once it is known how long that takes."""
        if self.last is not None:
            self.leave_time(self.last.n)
        try:
            yield
        finally:
            deadline.until(None if math.isinf(self.end) else self.end)

    def tuned(self, level: float, cushion: float, first: int, most: int) -> tuple[Trial, bool]:
        """As `tune`; a plan that was ready before it was thinned goes to the test where what came of it is not.

        Where time is over before a plan has its cushion, so does one that was topped up and not simulated since, or one
        whose bounds hold without the cushion. Raises TimeUp where there is none.
        """
        try:
            trial, ready = self.tune(level, cushion, first, most)
            if ready or self.ready_plan is None:
                return trial, ready
        except TimeUp:
            if self.ready_plan is None:
                if self.last is None or not (self.untried or self.bounds_hold):
                    raise
                return self.last, True
        self.x, trial = self.ready_plan
        return trial, True

    @property
    def cost(self) -> float:
        """Money for the staff of the plan as it is."""
        return self.problem.structure.cost_of(self.x)

    def simulate(self, numbers: range) -> Trial:
        self.replications += len(numbers)
        before = time.perf_counter()
        found = self.problem.trials.run(self.problem.structure.plan(self.x), numbers)
        self.seconds_each = (time.perf_counter() - before) / len(numbers)
        return found

    def leave_time(self, n: int) -> None:
        """Have what follows end in time for a test of so many replications."""
        if not math.isinf(self.end):
            deadline.until(self.end - ROOM * n * self.seconds_each)

    def tune(self, level: float, cushion: float, first: int, most: int) -> tuple[Trial, bool]:
        """The plan's trial of the tuning block, and whether every goal has its cushion; tops up where none will do."""
        n, trial = min(first, most), None
        while True:
            done = trial.n if trial is not None else 0
            if self.untried and deadline.left() < self.seconds_each * (n - done):
                raise TimeUp
            more = self.simulate(range(TUNING + done, TUNING + n))
            trial = more if trial is None else trial.merged(more)
            self.leave_time(trial.n)
            errors = critical(correlation_of(trial), level, n) + cushion
            ready = bool((low_slack(trial, errors) >= 0.0).all())
            self.last, self.untried, self.bounds_hold = (
                trial,
                False,
                bool((low_slack(trial, errors - cushion) >= 0.0).all()),
            )
            self.tell(trial, ready)
            if ready:
                self.ready_plan = self.x, trial
            if ready and not self.stopped and self.thinner(trial, errors, most):
                trial, n = None, most
                continue
            if ready or self.stopped:
                return trial, ready
            # Two errors of luck would not be enough: no use to simulate on.
            hopeless = lacking(trial, errors, most) > 2.0 * spread_of(trial) / math.sqrt(n)
            if n < most and not hopeless.any():
                n = min(2 * n, most)
                continue
            wanting = np.maximum(lacking(trial, errors, most), 1e-6 * (low_slack(trial, errors) < 0.0))
            if not self.top_up(trial, wanting):
                # Nothing better is known: a plan whose bounds hold without the cushion may still stand the test.
                return trial, self.bounds_hold
            if self.ready_plan is not None and self.cost >= self.problem.structure.cost_of(self.ready_plan[0]):
                return trial, False  # what was thinned and topped up is dearer than before
            trial = None

    def may_still_pass(self, tuned: Trial, tested: Trial, level: float) -> bool:
        """Whether a test that fell short would pass with more replications, were the mean of both blocks the truth."""
        n = LONGER * tested.n
        if self.stopped or deadline.left() < ROOM * (n - tested.n) * self.seconds_each:
            return False
        errors = critical(correlation_of(tested), level, n)
        likely = 0.5 * (tuned.slack + tested.slack)
        return bool((likely >= errors * spread_of(tested) / math.sqrt(n)).all())

    def top_up(self, trial: Trial, lacking: Floats) -> bool:
        """Whether there is a better plan, which is then taken."""
        if self.repair is None or self.rounds_left <= 0:
            return False
        better = self.repair(self.x, trial, lacking)
        if better is None:
            return False
        self.x, self.untried = np.asarray(better, dtype=np.float64), True
        self.rounds += 1
        self.rounds_left -= 1
        return True

    def thinner(self, trial: Trial, errors: float, most: int) -> bool:
        """Whether there is a cheaper plan that keeps its cushion, which is then taken."""
        dearer = self.cost > (1.0 + DEARER) * self.began
        in_time = deadline.left() > READS * self.seconds_each * most
        if self.thin is None or not in_time or self.thinned >= (MOST_THINNED if dearer else 1):
            return False
        self.thinned += 1
        cheaper = self.thin(self.x, trial, trial.slack - errors * spread_of(trial) / math.sqrt(max(most, trial.n)))
        if cheaper is None or self.problem.structure.cost_of(cheaper) > (1.0 - WORTH_READING) * self.cost:
            return False
        self.x = np.asarray(cheaper, dtype=np.float64)
        return True

    def tell(self, trial: Trial, met: bool) -> None:
        if self.progress is None:
            return
        slack = trial.slack
        worst = int(np.argmin(slack)) if len(slack) else -1
        stage = Stage(
            "certify",
            cost=self.cost,
            met=met,
            worst=trial.goals.goals[worst].title if worst >= 0 else "",
            slack=float(slack[worst]) if worst >= 0 else math.nan,
            replications=self.replications,
        )
        self.stopped |= self.progress(stage) is False

    def certificate(self, trial: Trial, level: float, confidence: float, test: bool, tests: int) -> Certificate:
        errors = critical(correlation_of(trial), level, trial.n)
        low = low_slack(trial, errors)
        good = test and bool((low >= 0.0).all())
        tested = trial.n if test else 0
        return Certificate(self.x, trial, low, errors, confidence, good, self.rounds, tests, self.replications, tested)
