"""The map of the optimizer: presolve → start → cuts → polish → (enumeration when small) → certificate → Optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.stage import Impossible, Progress, failure
from cxsim.optimizer.proved import Proved, Searched
from cxsim.optimizer.run import Run

if TYPE_CHECKING:
    from cxsim.optimizer.certificate.certify import Certificate
    from cxsim.optimizer.known_plans import Known
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.search.trust import Search
    from cxsim.optimizer.search_params import SearchParams
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]


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
    """The cheapest staff that meets a scenario's goals, shown to meet them on replications the search has not seen.

    `seconds` limits all of it by the clock: search, proof and advice. Else it ends by itself, the same for a seed
    whatever the `threads`, unless a whole-number program runs out of its few seconds, as large shift problems do.
    `thorough` multiplies its rounds.
    `resume` is a plan to begin from, a `staff.file`, the folder of an earlier optimum, or a `checkpoint` that an
    earlier call wrote as it went. `certified=False` leaves out the proof, `advise=False` the comparisons with other
    plans. `progress` is told every `Stage`; where it returns False the best plan so far is proved and returned. `keep`
    is given the best plan once a minute, before the proof, and before the advice. A step that fails once
    there is a plan does not lose it: `messages` say what failed and what is missing. `params` are the constants of the
    search, by default `SearchParams()`. Raises ScenarioError, Impossible
    for goals or rules that nobody can meet, with what can be reached, and SolverError for a solver that is not there.
    """
    from cxsim.optimizer.problem.problem import problem, refuse_free
    from cxsim.optimizer.solver.solvers import check

    check(solver)
    run = Run(problem(scenario, seed=seed, threads=threads, params=params), solver, seconds, progress)
    refuse_free(run.problem)
    if not len(run.sought.goals):
        fix = "--set 'queues.*.target={sl: {share: 80%, within: 20s}}', or goals in optimize.subject_to"
        raise Impossible(f"optimize: nothing is promised, so that nobody would be staffed; give targets, such as {fix}")
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
    from cxsim.optimizer.problem.said import defaults
    from cxsim.optimizer.searching import searched

    run.messages += defaults(run.problem)
    run.until(run.problem.params.presolve_share)
    run.presolve()
    out = _Answer(run, confidence, keep)
    known, search = searched(run, resume, checkpoint, thorough, confidence, out.kept)
    x, proof = known.best, None
    if certified:
        out.kept(x, "this plan was proved")
        run.until(run.problem.params.proof_share)
        try:
            proof = _proved(run, search, known, x, confidence)
            other = known.cheapest(proof.x)
            if other is not proof.x:
                second = _proved(run, search, known, other, confidence)
                proof = second if second.certified or not proof.certified else proof
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
        from cxsim.optimizer.build_optimum import conclude

        run = self.run
        searched = Searched(
            bound=run.bound,
            bound_status=run.bound_status,
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


def _proved(run: Run, search: Search, known: Known, x: Floats, confidence: float) -> Certificate:
    """The plan proved on untouched replications, topped up where it must be and thinned where it can be."""
    from cxsim.optimizer.certificate.certify import certify

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
