"""The map of the optimizer: presolve → start → cuts → polish → (enumeration when small) → certificate → Optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.build_optimum import conclude
from cxsim.optimizer.certificate.certify import certify
from cxsim.optimizer.problem.problem import problem as problem_of
from cxsim.optimizer.problem.problem import refuse_free
from cxsim.optimizer.problem.said import defaults
from cxsim.optimizer.problem.stage import Impossible, Progress, failure
from cxsim.optimizer.proved import Proved, Searched
from cxsim.optimizer.run import Run
from cxsim.optimizer.searching import searched
from cxsim.optimizer.solver.solvers import check

if TYPE_CHECKING:
    from cxsim.optimizer.certificate.certify import Certificate
    from cxsim.optimizer.known_plans import Known
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.search.trust import Search
    from cxsim.optimizer.search_params import SearchParams
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

PROOFS = (0.9, 0.1)  # of the error allowed, by proof: a second plan is proved only where the first became too dear


def optimize(
    scenario: Scenario,
    *,
    seed: int = 1,
    threads: int | None = None,
    solver: str = "highs",
    seconds: float | None = None,
    resume: str | Path | None = None,
    checkpoint: str | Path | None = None,
    thorough: float = 1.0,
    confidence: float = 0.95,
    certified: bool = True,
    advise: bool = True,
    progress: Progress | None = None,
    keep: Callable[[Optimum], object] | None = None,
    params: SearchParams | None = None,
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
    resume : str or Path, optional
        A plan to start from: a `staff.file`, the folder of an earlier optimum, or a `checkpoint`.
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
        Called with the best plan so far: once a minute, before the certificate, and before the advice.
    params : SearchParams, optional
        The constants of the search (default: `SearchParams()`).

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
    run = Run(problem_of(scenario, seed=seed, threads=threads, params=params), solver, seconds, progress)
    refuse_free(run.problem)
    if not len(run.sought.goals):
        fix = "--set 'queues.*.target={sl: {share: 80%, within: 20s}}', or goals in optimize.subject_to"
        raise Impossible(f"optimize: there are no goals, so the cheapest plan has no staff; add targets, such as {fix}")
    try:
        return _optimized(run, resume, checkpoint, thorough, confidence, certified, advise, keep)
    finally:
        run.until(None)
        run.close()


def _optimized(
    run: Run,
    resume: str | Path | None,
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
    known, search = searched(run, resume, checkpoint, thorough, confidence, out.kept)
    run.tighten()
    x, proof = known.best, None
    if certified:
        out.kept(x, "this plan was certified")
        run.until(run.problem.params.proof_share)
        try:
            proof = _proved(run, search, known, x, 1.0 - PROOFS[0] * (1.0 - confidence))
            other = known.cheapest(proof.x)  # what the proof added can make a known plan the cheaper one
            if other is not proof.x:
                second = _proved(run, search, known, other, 1.0 - PROOFS[1] * (1.0 - confidence))
                proof = _better(run, proof, second)
        except Exception as error:
            run.messages.append(f"{failure('The proof', error)}: the plan is not certified.")
            x = known.in_haste()
        run.until(None)
    if proof is not None:
        x, trial, low = proof.x, proof.trial, proof.slack_low
    else:
        trial, low = _looked_at(run, x, confidence)
    run.note("certify" if proof is not None else "polish", run.cost_of(x, trial), trial)
    return out.of(Proved(x, trial, low, proof is not None and proof.certified), advise)


@dataclass(frozen=True)
class _Answer:
    """Makes the Optimum of a plan, and gives it to whoever keeps plans on the way."""

    run: Run
    confidence: float
    keep: Callable[[Optimum], object] | None

    def of(self, plan: Proved, advise: bool, *more: str) -> Optimum:
        run = self.run
        searched = Searched(
            bound=run.bound,
            bound_status=run.bound_status,
            bound_note=run.bound_note,
            pooled=run.pooled,
            program=run.program,
            history=run.history,
            replications=run.replications,
            began=(run.wall, run.cpu),
            messages=(*run.messages, *more),
            solver=run.solver,
            confidence=self.confidence,
        )
        return conclude(
            run.problem, plan, searched, advise=advise, progress=run.progress, keep=self.keep, seconds=run.seconds
        )

    def kept(self, x: Floats, when: str) -> None:
        """Have a plan on the way kept; what depends on the clock is not counted."""
        if self.keep is not None:
            trials = self.run.problem.trials
            counted = trials.replications_run
            self.of(Proved(x, *_looked_at(self.run, x, self.confidence), False), False, f"The run ended before {when}.")
            trials.replications_run = counted


def _looked_at(run: Run, x: Floats, confidence: float) -> tuple[Trial, Floats]:
    """A plan simulated without proof: its trial, and what its slack (K,) may be at the least."""
    n = run.affordable(0.03, min(run.problem.params.unproved, run.most), 8)
    trial = run.problem.trials.run(run.problem.structure.plan(x), range(1_000_000, 1_000_000 + n))
    return trial, trial.slack - run.errors(confidence) * np.nan_to_num(trial.error)


def _better(run: Run, first: Certificate, second: Certificate) -> Certificate:
    """The certificate of the answer: the certified one; of two the cheaper; the second, a known plan, of none."""
    if first.certified and second.certified:
        return min(first, second, key=lambda one: run.cost_of(one.x, one.trial))
    return first if first.certified else second


def _proved(run: Run, search: Search, known: Known, x: Floats, confidence: float) -> Certificate:
    """The plan proved on untouched replications, topped up where it must be and thinned where it can be."""
    structure, params = run.problem.structure, run.problem.params

    def seen(columns: Floats, trial: Trial, slack: Floats, fill: float) -> tuple[Trial, Floats]:
        """The same with the figure that is sought, which needs no proof."""
        if run.aim is None:
            return trial, slack
        return run.sought.trials.run(structure.plan(columns), trial.replications), np.insert(slack, run.aim, fill)

    def repair(columns: Floats, trial: Trial, lacking: Floats) -> Floats | None:
        trial, lacking = seen(columns, trial, lacking, 0.0)
        more = search.topped_up(columns, trial, lacking)
        found = [] if more is None else [more]
        if more is None or structure.cost_of(more) > (1.0 + params.cheap_repair) * structure.cost_of(columns):
            better = search.repair(columns, trial, lacking)
            found += [] if better is None else [better]
        if not found:
            return None
        known.meeting = min(found, key=structure.cost_of)  # should the proof be cut short, this is the better plan
        return known.meeting

    most = min(search.wanted.replications, run.most)
    return certify(
        run.problem,
        x,
        replications=min(512, most),
        most=most,
        confidence=confidence,
        cushion=params.cushion,
        repair=repair,
        thin=search.thinned if run.aim is None else None,
        rounds=params.most_repairs,
        progress=run.tell,
    )
