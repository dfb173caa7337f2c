"""Trials: plans simulated on the same draws, for their goals and prices only, as fast as the engine goes.

All that replications share is made once, arrivals are kept, and a replication leaves no more than the two sides of
each goal, its money, and its part of the mean sums. Replication r has the draws of replication r of `simulate`.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.cluster import remote
from cxsim.cluster.versions import computing_version
from cxsim.engines.clock import replay
from cxsim.engines.inputs import Inputs
from cxsim.jit.decorators import processors
from cxsim.jit.struct_arrays import Book
from cxsim.metrics.folding import Rules, rules
from cxsim.metrics.shapes import Floats, Integers
from cxsim.metrics.tally import Tally, weigh
from cxsim.model.demand import arrivals
from cxsim.model.network.compile import restaffed
from cxsim.model.network.people import redrawn, team_of
from cxsim.model.overrun_days import late
from cxsim.model.prepare import Model, prepare
from cxsim.optimizer import deadline
from cxsim.optimizer.control import Estimates, estimates
from cxsim.optimizer.problem.goals import Goal, Goals, of_goals
from cxsim.randomness import draws
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.network import STAFF_DTYPE
from cxsim.simulation.control_variates import contacts_of, expected_contacts

if TYPE_CHECKING:
    from cxsim.metrics import Layout
    from cxsim.model.plan import Plan
    from cxsim.optimizer.problem.prices import Prices
    from cxsim.scenario import Scenario

KEPT_BYTES = 512 * 2**20  # of arrivals
CHUNK, PARTS = 8, 4  # replications whose sums are added up before those of others, at most; parts of a run, at least
WATCHED = ("sl", "wait_mean", "abandoned_share", "fcr_true", "contacts_per_issue", "occupancy")
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, eq=False)
class Trial:
    """What a plan did in n replications: K goals, and mean sums over the replications.

    `above` and `below` (n, K) are the sides of each goal, a ratio of sums; `outcome` (n,) the money of contacts, waits,
    abandonment and unresolved issues; `sums` the mean of the vectors that `Places` lays out; `figures` both sides
    (n,) of the figures watched (`WATCHED`, and that of the objective), over all contacts and the whole time. `control`
    (n,) is how many fresh contacts more came than expected: goals are corrected for it, see `control`.
    """

    goals: Goals
    replications: Integers  # (n,)
    above: Floats
    below: Floats
    outcome: Floats
    sums: Floats
    figures: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)
    control: Floats | None = None

    @property
    def n(self) -> int:
        """How many replications."""
        return len(self.replications)

    @property
    def contacts(self) -> Floats:
        """Mean contact sums, column × stream × interval (`CONTACT_COLUMNS`)."""
        return np.moveaxis(self._part(0), 2, 0)

    @property
    def groups(self) -> Floats:
        """Mean sums of groups, column × group × interval (`GROUP_COLUMNS`)."""
        return np.moveaxis(self._part(1), 2, 0)

    @property
    def waiting(self) -> Floats:
        """Mean contact-seconds waited, queue × interval."""
        return self._part(2)

    def _part(self, number: int) -> Floats:
        return np.asarray(self.goals.places.split(self.sums)[number], dtype=np.float64)

    @property
    def value(self) -> Floats:
        """The value of each goal (K,): a ratio of sums as of replications as busy as expected, NaN over nothing."""
        return self._estimates.value

    @property
    def slack(self) -> Floats:
        """By how much each goal is met (K,): see `Goals.slack`."""
        return self.goals.slack(self.value)

    @property
    def error(self) -> Floats:
        """Standard errors of the slack (K,)."""
        return self._estimates.error / self.goals.scale

    @property
    def residual(self) -> Floats:
        """What each replication adds to the goals' values (n, K)."""
        return self._estimates.residual

    @cached_property
    def _estimates(self) -> Estimates:
        return estimates(self.goals, self.above, self.below, self.control)

    def first(self, n: int) -> Trial:
        """The first n replications; the mean sums are those of all."""
        sides = {name: (above[:n], below[:n]) for name, (above, below) in self.figures.items()}
        control = None if self.control is None else self.control[:n]
        return replace(
            self,
            replications=self.replications[:n],
            above=self.above[:n],
            below=self.below[:n],
            outcome=self.outcome[:n],
            figures=sides,
            control=control,
        )

    def merged(self, other: Trial) -> Trial:
        """This trial and one of the same plan on other replications."""
        sides = {
            name: (np.concatenate([above, other.figures[name][0]]), np.concatenate([below, other.figures[name][1]]))
            for name, (above, below) in self.figures.items()
        }
        here, there = self.n / (self.n + other.n), other.n / (self.n + other.n)
        return Trial(
            self.goals,
            np.concatenate([self.replications, other.replications]),
            np.concatenate([self.above, other.above]),
            np.concatenate([self.below, other.below]),
            np.concatenate([self.outcome, other.outcome]),
            here * self.sums + there * other.sums,
            sides,
            None if self.control is None or other.control is None else np.concatenate([self.control, other.control]),
        )


@dataclass(frozen=True, eq=False)
class _Staffed:
    """A forecast with the people of a plan."""

    network: Book
    rules: Rules


class _Part(NamedTuple):
    """Some replications of a plan: sides of the goals (n, K) and of the figures watched, money (n,), sums over all.

    `control` (n,) is how many fresh contacts more came than expected.
    """

    above: Floats
    below: Floats
    seen: Floats
    outcome: Floats
    total: Floats
    control: Floats


@dataclass(frozen=True, eq=False)
class TrialsJob:
    """What a worker of a cluster needs to simulate plans; it can be pickled."""

    forecasts: tuple[tuple[Scenario, float], ...]
    goals: Goals
    prices: Prices
    seed: int
    version: str

    def prepared(self) -> Callable[[tuple[Plan, Sequence[Integers]]], list[_Part]]:
        """What simulates the parts of a plan, one after another."""
        trials = Trials(list(self.forecasts), self.goals, self.prices, seed=self.seed, threads=1)

        def simulated(asked: tuple[Plan, Sequence[Integers]]) -> list[_Part]:
            plan, parts = asked
            return list(map(trials.simulating(plan, np.concatenate(parts)), parts))

        return simulated

    def own_version(self) -> str:
        """The version of the sources of this process."""
        return computing_version()


class Trials:
    """Plans tried on the same draws; see the module.

    `scenario` is one, or several with the share of days of each (forecasts of the same days, queues and groups);
    replication r then belongs to the forecast in whose share the fractional part of r · 0.618… falls. ValueError for
    forecasts that do not fit together. Results do not depend on `threads` (all processors by default).
    """

    def __init__(
        self,
        scenario: Scenario | Sequence[tuple[Scenario, float]],
        goals: Goals,
        prices: Prices,
        *,
        seed: int = 1,
        threads: int | None = None,
        models: Sequence[Model] | None = None,
    ) -> None:
        forecasts = list(scenario) if isinstance(scenario, Sequence) else [(scenario, 1.0)]
        self.models = list(models) if models else [prepare(one, seed) for one, _ in forecasts]
        self.goals, self.prices = goals, prices
        self.shares = np.array([share for _, share in forecasts]) / sum(share for _, share in forecasts)
        self.threads = threads or processors()
        self.replications_run = 0
        self.seconds_run = 0.0
        self._check()
        base = self.models[0]
        self.watched = watched(base.scenario, base.layout, goals)
        at, weights = prices.cells(goals.places)
        self._outcome = (np.array([0, len(at)]), at, weights)
        self._seconds = np.diff(self.models[0].layout.edges)
        self._rules = [rules(model.layout) for model in self.models]
        self._expected = [float(expected_contacts(model).sum()) for model in self.models]
        self._crowd: list[dict[int, npt.NDArray[np.void]]] = [{} for _ in self.models]
        self._arrivals: dict[tuple[int, int], tuple[Floats, Integers]] = {}
        self._kept_bytes = 0
        self._tallies: list[Tally] = []
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._warm = False
        self._job: TrialsJob | None = None

    def under(self, models: Sequence[Model]) -> Trials:
        """These trials with models that differ in their routing only: contacts and threads are shared."""
        if self._pool is None and self.threads > 1:
            self._pool = ThreadPoolExecutor(self.threads)
        out = copy(self)
        out.models = list(models)
        out._rules = [rules(model.layout) for model in models]
        out._crowd = [{} for _ in models]
        out.replications_run, out.seconds_run, out._job = 0, 0.0, None
        return out

    def _check(self) -> None:
        first = self.models[0]
        for model in self.models[1:]:
            for what in ("queues", "groups", "reasons", "segments", "labels", "serves"):
                if getattr(model.layout, what) != getattr(first.layout, what):
                    raise ValueError(
                        f"forecasts: {what} differ; a forecast may change volumes and distributions, but not these"
                    )
            if model.timeline.dates != first.timeline.dates or model.timeline.hours != first.timeline.hours:
                raise ValueError(
                    "forecasts: they simulate different days; set the same horizon.before, horizon.after and hours in "
                    "all"
                )

    def forecast_of(self, replications: npt.ArrayLike) -> Integers:
        """The number of the forecast that each replication belongs to."""
        point = (np.asarray(replications, dtype=np.float64) + 0.5) * GOLDEN % 1.0
        edges = np.cumsum(self.shares)[:-1]
        return np.searchsorted(edges, point, side="right").astype(np.int64)

    def run(self, plan: Plan, replications: Sequence[int] | range | Integers) -> Trial:
        """Simulate a plan on the replications of these numbers, in their order. Raises TimeUp at the deadline."""
        (found,) = self.each([plan], replications)
        return found

    def each(self, plans: Iterable[Plan], replications: Sequence[int] | range | Integers) -> Iterator[Trial]:
        """Each plan simulated as by `run`, in order; the next ones are under way while one is read."""
        numbers = np.asarray(replications, dtype=np.int64)
        if not len(numbers):
            raise ValueError("replications: none are given")
        n = len(numbers)
        size = max(1, min(CHUNK, n // PARTS))  # whatever the threads, so that sums do not depend on them
        parts = [numbers[start : start + size] for start in range(0, n, size)]
        began, answers = time.perf_counter(), self._parts(plans, parts)
        while some := list(islice(answers, len(parts))):
            now = time.perf_counter()
            self.replications_run += n
            self.seconds_run += now - began
            began = now
            yield self._trial(numbers, some)

    def _trial(self, numbers: Integers, parts: Sequence[_Part]) -> Trial:
        above, below, outcome, control = (
            np.concatenate([getattr(part, side) for part in parts]) for side in ("above", "below", "outcome", "control")
        )
        seen = np.concatenate([part.seen for part in parts], axis=1)
        sums = np.zeros(self.goals.places.size)
        for part in parts:
            sums += part.total
        figures = {goal.figure: (seen[0, :, k], seen[1, :, k]) for k, goal in enumerate(self.watched.goals)}
        return Trial(
            self.goals, numbers, *self.goals.sums(above, below), outcome, sums / len(numbers), figures, control
        )

    def _parts(self, plans: Iterable[Plan], parts: Sequence[Integers]) -> Iterator[_Part]:
        """What each part comes to, plan by plan, in order: on a cluster if there is one, else here."""
        far, numbers = remote.current(), np.concatenate(parts)
        if far is None:
            staffed = (self.simulating(plan, numbers) for plan in plans)
            yield from self._here((simulated, part) for simulated in staffed for part in parts)
            return
        if self._job is None:
            given = tuple(zip([model.scenario for model in self.models], self.shares.tolist(), strict=True))
            seed = self.models[0].seed
            self._job = TrialsJob(given, self.goals, self.prices, seed, computing_version())
        together = max(1, -(-len(parts) // (2 * far.slots())))
        rest = iter(plans)
        while some := list(islice(rest, max(1, 4 * far.slots() * together // len(parts)))):
            asked = [(plan, parts[k : k + together]) for plan in some for k in range(0, len(parts), together)]
            for found in far.map(self._job, asked, deadline.check):
                yield from found

    def simulating(self, plan: Plan, numbers: Integers) -> Callable[[Integers], _Part]:
        """What simulates parts of these replications of a plan."""
        staffed = {int(f): self._staffed(int(f), plan) for f in np.unique(self.forecast_of(numbers))}
        events, end = plan.events.astype(STAFF_DTYPE), deadline.end()

        def simulated(part: Integers) -> _Part:
            tally = self._tallies.pop() if self._tallies else Tally(self.goals.places, self._seconds)
            n, total = len(part), np.zeros(len(tally.sums))
            above, below = np.empty((n, self.goals.rows)), np.empty((n, self.goals.rows))
            seen, outcome, control = np.empty((2, n, self.watched.rows)), np.empty(n), np.empty(n)
            forecasts = self.forecast_of(part)
            for k in range(n):
                deadline.check(end)
                forecast, number = int(forecasts[k]), int(part[k])
                tally.begin(staffed[forecast].rules, plan.paid)
                model = self.models[forecast]
                network = redrawn(staffed[forecast].network, model.scenario, plan, model.seed, number)
                arriving = self._arriving(forecast, number)
                control[k] = contacts_of(model, *arriving).sum() - self._expected[forecast]
                key = draws.run_key(model.seed, number)
                replay.replay(Inputs(network, events, *arriving, key, model.policy), tally)
                one = tally.finish()
                above[k], below[k] = self.goals.rows_of(one)
                seen[:, k] = self.watched.rows_of(one)
                weigh(*self._outcome, one, outcome[k : k + 1])
                total += one
            self._tallies.append(tally)
            return _Part(above, below, seen, outcome, total, control)

        return simulated

    def _here(self, jobs: Iterator[tuple[Callable[[Integers], _Part], Integers]]) -> Iterator[_Part]:
        """The answers in order; side by side, since the engine releases the interpreter."""
        alone = None if self.threads <= 1 else int(not self._warm)  # alone at first, so that nothing is compiled twice
        for simulated, part in islice(jobs, alone):
            yield simulated(part)
            self._warm = True
        if self.threads <= 1:
            return
        self._pool = self._pool or ThreadPoolExecutor(self.threads)
        running = deque[Future[_Part]]()
        try:
            while True:
                more = islice(jobs, 3 * self.threads - len(running))
                running.extend(self._pool.submit(simulated, part) for simulated, part in more)
                if not running:
                    return
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()

    def _arriving(self, forecast: int, number: int) -> tuple[Floats, Integers]:
        kept = self._arrivals.get((forecast, number))
        if kept is not None:
            return kept
        model = self.models[forecast]
        times, issues = arrivals(model.demand, draws.run_key(model.seed, number))
        made = (times.copy(), issues.copy())
        with self._lock:
            size = made[0].nbytes + made[1].nbytes
            if self._kept_bytes + size <= KEPT_BYTES:
                self._kept_bytes += size
                self._arrivals[forecast, number] = made
        return made

    def _staffed(self, forecast: int, plan: Plan) -> _Staffed:
        """The network and the rules of a forecast with a plan's people."""
        model = self.models[forecast]
        seats = np.diff(plan.first_seat)
        groups = [self._people(forecast, g)[: int(n)] for g, n in enumerate(seats)]
        for g, (rows, n) in enumerate(zip(groups, seats, strict=True)):
            if len(rows) < n:
                groups[g] = self._people(forecast, g, int(n))[: int(n)]
        network = restaffed(model.network, plan, np.concatenate(groups))
        group_of = np.repeat(np.arange(len(seats)), seats)
        who_is_late = late(plan, model.timeline)._asdict()
        return _Staffed(network, self._rules[forecast]._replace(group_of=group_of, **who_is_late))

    def _people(self, forecast: int, g: int, least: int = 1) -> npt.NDArray[np.void]:
        """At least so many people of a group: who sits on a seat depends on nothing else."""
        crowd = self._crowd[forecast]
        if g not in crowd or len(crowd[g]) < least:
            model = self.models[forecast]
            first = np.zeros(len(model.plan.groups) + 1, dtype=np.int64)
            first[g + 1 :] = max(2 * least, 16)
            crowd[g] = team_of(model.scenario, first, model.seed)
        return crowd[g]

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def watched(scenario: Scenario, layout: Layout, wanted: Goals) -> Goals:
    """The figures watched beside the goals, over all contacts and the whole time."""
    names = dict.fromkeys([*WATCHED, optimizing(scenario).objective[1]])
    found = [Goal(name, "total", "total", "total", "min", 0.0) for name in names if name != "cost"]
    return of_goals(found, scenario, layout, wanted.places.limits)


def forecasts(scenario: Scenario) -> list[tuple[Scenario, float]]:
    """The scenario under each of its forecasts, with their shares; itself alone where it has none."""
    asked = scenario.optimize
    if asked is None or not asked.forecasts:
        return [(scenario, 1.0)]
    return [
        (scenario if name == "base" else scenario.vary(with_=[name]), share)
        for name, share in asked.forecasts.items()
        if share > 0.0
    ]
