"""The map of the optimizer: presolve → start → cuts → polish → (enumeration when small) → certificate → Optimum."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.cluster import remote
from cxsim.optimizer.advice.advice import COMPARED, compared_on
from cxsim.optimizer.build_optimum import conclude
from cxsim.optimizer.certificate.confidence import correlation_of, critical, low_slack
from cxsim.optimizer.first_plans import TODAY
from cxsim.optimizer.known_plans import RESUMED
from cxsim.optimizer.problem.problem import problem as problem_of
from cxsim.optimizer.problem.problem import refuse_free
from cxsim.optimizer.problem.said import defaults
from cxsim.optimizer.problem.stage import Impossible, Progress, TimeUp, failure
from cxsim.optimizer.proved import Advised, Proved, Searched
from cxsim.optimizer.proving import last_error, proved_route, without_spared
from cxsim.optimizer.routing.alternate import leave_time, routed
from cxsim.optimizer.routing.words import earlier_routing
from cxsim.optimizer.run import Run
from cxsim.optimizer.searching import best_of_several, searched, write_checkpoint
from cxsim.optimizer.solver.solvers import check

if TYPE_CHECKING:
    from cxsim.optimizer.known_plans import Known
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.search.points import Point
    from cxsim.optimizer.search.trust import Search
    from cxsim.optimizer.search_params import SearchParams
    from cxsim.scenario import Scenario
    from cxsim.schema.plan_tables import Reached

Floats = npt.NDArray[np.float64]


def optimize(
    scenario: Scenario,
    *,
    seed: int = 1,
    threads: int | None = None,
    solver: str = "highs",
    seconds: float | None = None,
    resume: str | Path | Optimum | None = None,
    checkpoint: str | Path | None = None,
    thorough: float = 1.0,
    confidence: float = 0.95,
    certified: bool = True,
    advise: bool = True,
    progress: Progress | None = None,
    keep: Callable[[Optimum], object] | None = None,
    params: SearchParams | None = None,
    cluster: str | None = None,
) -> Optimum:
    """Find the cheapest staffing that meets a scenario's goals, and certify it on fresh replications.

    Without `seconds` the search ends by itself and depends on the seed alone, unless a large shift problem uses up the
    solver's time limit. A step that fails once there is a plan does not lose the plan: `messages` say what is missing.

    Parameters
    ----------
    scenario : Scenario
        A scenario with targets or an `optimize` block.
    seed : int, default 1
        Random seed.
    threads : int, optional
        Number of threads; all processors if not given. The plan does not depend on it.
    solver : str, default 'highs'
        Name of the integer-programming solver.
    seconds : float, optional
        Time limit for search, certificate and advice together (s).
    resume : str, Path or Optimum, optional
        A plan to start from: a `staff.file`, the folder of an earlier or interrupted run, or a `checkpoint`. An Optimum
        is the plan of a scenario like this one: it is a start beside the usual ones.
    checkpoint : str or Path, optional
        A file to which the best plan so far is written during the search.
    thorough : float, default 1.0
        Factor on the number of search rounds.
    confidence : float, default 0.95
        Confidence with which all goals hold together in the certificate.
    certified : bool, default True
        Whether to certify the plan.
    advise : bool, default True
        Whether to compare the plan with other plans and price changes.
    progress : callable, optional
        Called with each `Stage`; return False to certify and return the best plan so far.
    keep : callable, optional
        Called with the best plan so far: with the first one, during the search, before the certificate, and before the
        advice.
    params : SearchParams, optional
        The constants of the search (default: `SearchParams()`).
    cluster : str, optional
        Dask cluster that simulates: `tcp://host:8786`, or `local:4` for workers of this machine. The answer does not
        depend on it.

    Returns
    -------
    Optimum
        The plan, its cost and bound, and the certificate.

    Raises
    ------
    ScenarioError
        The scenario breaks a rule of the optimizer, or a table does not fit it.
    Impossible
        No plan can meet the goals or rules; the message says what can be reached.
    NoCluster
        The cluster cannot be reached, or its workers run another version.
    SolverError
        The solver is not installed.
    ValueError
        `resume` belongs to another problem.

    References
    ----------
    The cutting-plane method: Atlason, Epelman and Henderson (2008), "Optimizing call center staffing using simulation
    and analytic center cutting-plane methods", Management Science 54(2).

    Examples
    --------
    >>> best = cxsim.optimize(scenario, seconds=60)
    >>> best.plan
    """
    check(solver)
    wall, cpu = time.perf_counter(), time.process_time()
    found = problem_of(scenario, seed=seed, threads=threads, params=params)
    run = Run(found, solver, seconds, progress, wall, cpu)
    refuse_free(run.problem)
    if not len(run.sought.goals):
        fix = "--set 'queues.*.target={sl: {share: 80%, within: 20s}}', or goals in optimize.subject_to"
        raise Impossible(f"optimize: there are no goals, so the cheapest plan has no staff; add targets, such as {fix}")
    try:
        with remote.on(cluster):
            return _optimized(run, resume, checkpoint, thorough, confidence, certified, advise, keep)
    finally:
        run.until(None)
        run.close()


def _optimized(
    run: Run,
    resume: str | Path | Optimum | None,
    checkpoint: str | Path | None,
    thorough: float,
    confidence: float,
    certified: bool,
    advise: bool,
    keep: Callable[[Optimum], object] | None,
) -> Optimum:
    run.messages += defaults(run.problem)
    run.until(run.problem.params.presolve_share)
    run.presolve()
    out = _Answer(run, confidence, keep)
    leave_time(run)
    remarks = len(run.messages)
    first = searched(run, resume, checkpoint, thorough, confidence, out.on_the_way)

    def better(point: Point) -> None:
        out.kept(point, "this plan was certified")
        if checkpoint is not None:
            write_checkpoint(Path(checkpoint), point.x)

    known, search = best_of_several(
        run,
        first,
        lambda draws: searched(run, resume, None, thorough, confidence, lambda point: None, draws),
        confidence,
        better,
        remarks,
    )
    if run.seconds is None:
        run.tighten()

    def again(x: Floats) -> tuple[Known, Search]:
        return searched(run, x, checkpoint, thorough, confidence, out.on_the_way)

    routes = routed(run, known, search, again, earlier_routing(run.problem.scenario, resume))
    known, x, proof = routes[0].known, routes[0].known.best, None
    if certified and not run.unreachable:
        out.kept(known.trier(known.in_haste(), 1), "this plan was certified")
        run.until(run.problem.params.proof_share)
        try:
            proof = proved_route(run, routes, confidence)
        except Exception as error:
            if not isinstance(error, TimeUp):  # that one the headline says
                run.messages.append(f"{failure('The proof', error)}: the plan is not certified.")
            x = known.in_haste()
        run.until(None)
    if run.seconds is not None:  # the proof is worth more than the bound
        run.tighten()
    answered = next(route for route in routes if route.problem is run.problem)
    run.slopes = answered.search.found if run.problem.before is None else None
    reached = None
    if proof is not None:
        x, trial, low = proof.x, proof.trial, proof.slack_low
    elif run.order is not None:
        x, trial, reached = _nearest_known(run, known)
        low = _low(run, trial, confidence)
    else:
        trial, low = _looked_at(run, x, confidence)
    run.note("certify" if proof is not None else "polish", run.cost_of(x, trial), trial)
    advised = Advised()
    certain = proof is not None and proof.certified
    critical_again = critical(correlation_of(trial), last_error(confidence), trial.n)
    slack_again = low_slack(trial, critical_again) if certain else None
    answer = out.of(Proved(x, trial, low, certain, reached, slack_again), advise, advised=advised)
    cheaper = without_spared(run, proof, advised.cheaper, confidence)
    near = None if answer.nearby is None else answer.nearby.unproved()
    if cheaper is not None:
        text = "The advice found a small change that makes the plan cheaper; the changed plan was certified."
        run.messages.append(text)
        run.bounded_by(answer.bound, answer.bound_status, answer.bound_note)
        advised.parts = {} if near is None else {"nearby": near}
        advised.parts |= {"points": answer.points} if len(answer.points) else {}
        return out.of(Proved(cheaper.x, cheaper.trial, cheaper.slack_low, True), advise, advised=advised)
    return replace(answer, nearby=near)


@dataclass
class _Answer:
    """Builds the Optimum of a plan, and passes plans of the running search to `keep`."""

    run: Run
    confidence: float
    keep: Callable[[Optimum], object] | None
    _stored: Point | None = None
    _again: float = -math.inf  # when the next plan on the way may be kept

    def of(
        self, plan: Proved, advise: bool, *more: str, shown_on: int | None = None, advised: Advised | None = None
    ) -> Optimum:
        run = self.run
        searched = Searched(
            bound=run.bound,
            bound_status=run.bound_status,
            bound_note=run.bound_note,
            pooled=run.pooled,
            program=run.program,
            history=run.history,
            replications=run.replications,
            slopes=run.slopes,
            began=(run.wall, run.cpu),
            messages=(*run.messages, *more),
            solver=run.solver,
            confidence=self.confidence,
        )
        return conclude(
            run.problem,
            plan,
            searched,
            advise=advise,
            progress=run.progress,
            keep=self.keep,
            seconds=run.seconds,
            shown_on=shown_on,
            advised=advised,
        )

    def on_the_way(self, point: Point) -> None:
        """Store the best plan so far as often as `keep_share` allows; always the first one."""
        if self.keep is None or point is self._stored or time.perf_counter() < self._again:
            return
        began = time.perf_counter()
        self.kept(point, "its search was over")
        now = time.perf_counter()
        self._again = now + (now - began) / self.run.problem.params.keep_share

    def kept(self, point: Point, when: str) -> None:
        """Store a plan of the running search with what the search knows of it."""
        if self.keep is not None:
            self._stored = point
            run = self.run
            trial = point.trial
            if run.aim is not None:  # the search has a goal more
                trial = run.problem.trials.run(run.problem.structure.plan(point.x), range(8))
            low = _low(run, trial, self.confidence)
            reached = None if run.order is None else run.order.told(trial, run.least_missed)
            self.of(Proved(point.x, trial, low, False, reached), False, f"The run ended before {when}.", shown_on=0)


def _looked_at(run: Run, x: Floats, confidence: float) -> tuple[Trial, Floats]:
    """A plan simulated without proof: its trial, and what its slack (K,) may be at the least."""
    n = run.affordable(0.03, min(run.problem.params.unproved, run.most), 8)
    trial = run.problem.trials.run(run.problem.structure.plan(x), range(1_000_000, 1_000_000 + n))
    return trial, _low(run, trial, confidence)


def _low(run: Run, trial: Trial, confidence: float) -> Floats:
    """What the slack (K,) of a trial may be at the least."""
    return np.asarray(trial.slack - run.errors(confidence) * np.nan_to_num(trial.error))


def _nearest_known(run: Run, known: Known) -> tuple[Floats, Trial, Reached]:
    """The best of the plans known where none can meet all goals, on the replications that plans are compared on."""
    assert run.order is not None
    problem, order = run.problem, run.order.on(COMPARED)
    block = range(COMPARED, COMPARED + compared_on(problem))
    rest = (known.plans[name] for name in (TODAY, RESUMED) if name in known.plans)
    every = {x.tobytes(): x for x in (known.best, *rest, *(point.x for point in known.nearest.values()))}
    tried = [(x, problem.trials.run(problem.structure.plan(x), block)) for x in every.values()]
    x, trial = min(tried, key=lambda one: order.key(run.cost_of(*one), one[1]))
    if not order.no_worse(trial):
        run.messages.append(
            "Today's staffing meets more goals, or leaves no interval as far behind, but it is not among the plans that"
            " optimize allows."
        )
    return x, trial, order.told(trial, run.least_missed)
