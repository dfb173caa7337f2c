"""The map of the optimizer: presolve → start → cuts → polish → (enumeration when small) → certificate → Optimum."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.advice.rivals import today
from cxsim.optimizer.build_optimum import conclude
from cxsim.optimizer.certificate.certify import certify
from cxsim.optimizer.certificate.certify import lacking as goals_lacking
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.goals import Goal
from cxsim.optimizer.problem.problem import problem as problem_of
from cxsim.optimizer.problem.problem import refuse_free
from cxsim.optimizer.problem.stage import Impossible, Progress, TimeUp, failure
from cxsim.optimizer.proved import Proved, Searched
from cxsim.optimizer.run import Run
from cxsim.optimizer.search.calibrate import starts, stretched, whole
from cxsim.optimizer.search.enumeration import enumerate_plans
from cxsim.optimizer.search.points import Trier
from cxsim.optimizer.search.starting import columns_of, start_of
from cxsim.optimizer.search.trust import Search, Wanted, phases
from cxsim.optimizer.search.trust import search as search_from
from cxsim.optimizer.solver.solvers import check
from cxsim.storage.folders import write_file

if TYPE_CHECKING:
    from cxsim.optimizer.certificate.certify import Certificate
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.search.points import Point
    from cxsim.optimizer.search.trust import Search
    from cxsim.optimizer.search_params import SearchParams
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

LADDER = (0.95, 0.9, 0.8, 0.65, 0.5, 0.3)  # of a figure that is to be large, tried as a start under a budget
ROPE = (0.01, 0.03, 0.1, 0.3, 1.0, 5.0, 20.0, 60.0, 180.0)  # of one that is to be small


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
    run.presolve()
    out = _Answer(run, confidence, keep)
    x, search = _searched(run, resume, checkpoint, thorough, confidence, out.kept)
    proof: Certificate | None = None
    if certified:
        out.kept(x, "this plan was proved")
        run.until(run.problem.params.proof_share)
        try:
            proof = _proved(run, search, x, confidence)
        except Exception as error:
            run.messages.append(f"{failure('The proof', error)}: the plan is not certified.")
        run.until(None)
    if proof is not None:
        x, trial, low = proof.x, proof.trial, proof.slack_low
    else:
        trial, low = _looked_at(run, x, confidence)
    run.note("certify" if proof is not None else "polish", run.cost_of(x, trial), trial)
    answer = out.of(Proved(x, trial, low, proof is not None and proof.certified), advise)
    run.close()
    return answer


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
    n = min(run.problem.params.unproved, run.most)
    trial = run.problem.trials.run(run.problem.structure.plan(x), range(1_000_000, 1_000_000 + n))
    return trial, trial.slack - run.errors(confidence) * np.nan_to_num(trial.error)


def _searched(
    run: Run,
    resume: str | Path | None,
    checkpoint: str | Path | None,
    thorough: float,
    confidence: float,
    keep: Callable[[Floats, str], None],
) -> tuple[Floats, Search]:
    """The best plan that the search finds (N,), and the search, which knows how to repair it.

    `keep` is given the best so far, and when it would be the last one: once in `keep_every` seconds.
    """
    problem = run.sought
    groups = len(problem.structure.groups)
    cells = groups * (1 if problem.model.timeline.steady else int(problem.model.timeline.open_mask.sum()))
    params = problem.params
    plan = phases(run.contacts, groups, cells, thorough, params.full_size)
    kept, last = Path(checkpoint) if checkpoint is not None else None, time.perf_counter()
    trier = Trier(problem, run.aim)
    begun = [_given(run, resume)] if resume is not None else _starts(run, plan[0].values)
    best = trier(begun[-1], plan[0].values)
    x = best.x
    most = run.most

    def told(phase: str, point: Point, target: Floats) -> bool:
        nonlocal x, last
        x = point.x
        if kept is not None:
            _write(kept, x)
        if time.perf_counter() - last >= params.keep_every:
            keep(x, "its search was over")
            last = time.perf_counter()
        return run.note(phase, point.cost, point.trial, target) and run.in_time()

    under_way = Search(problem, trier, Wanted(run.errors(confidence) + params.cushion, most), run.solver, told)
    run.until(params.search_share)
    try:
        if run.note("calibrate", best.cost, best.trial):
            x = search_from(under_way, best.x, plan).x
        x = _or_todays(run, under_way, _enumerated(run, x))
    except TimeUp:  # the best plan so far goes on to its proof
        pass
    except Exception as error:
        run.messages.append(f"{failure('The search', error)}: this is the best plan that it found.")
    run.until(None)
    return x, under_way


def _starts(run: Run, replications: int) -> list[Floats]:
    """Plans to begin from, the best last."""
    assert run.program is not None
    if run.aim is None:
        try:
            found = starts(run.problem, replications)
        except Impossible:  # by Erlang's curves only: the fluid program has a solution
            x = whole(run.problem, run.program.x)
            return [x, stretched(run.problem, x, run.program.x, replications)]
        run.program = found[-1][1]
        return [x for x, _ in found]
    goal = run.sought.goals.goals[run.aim]
    for limit in LADDER if goal.bound == "min" else ROPE:
        asked = (*run.problem.goals.goals, Goal(goal.figure, "total", "total", "total", goal.bound, limit))
        try:
            run.program = fluid(run.problem, goals=asked, erlang="own", rounds=2)
        except Impossible:
            continue
        break
    return [_affordable(run, run.program.x)]


def _affordable(run: Run, x: Floats) -> Floats:
    """Fractional columns made whole within the rules, a budget among them."""
    structure = run.problem.structure
    for made in (whole(run.problem, x), structure.complete(np.maximum(np.floor(x), np.ceil(structure.low)))):
        if not structure.broken(made):
            return made
    return made


def _given(run: Run, resume: str | Path) -> Floats:
    """Columns of the plan to begin from."""
    path = Path(resume)
    if path.suffix == ".json":
        x = np.array(json.loads(path.read_text(encoding="utf-8"))["x"], dtype=np.float64)
        if x.size != run.problem.structure.size:
            raise ValueError(
                f"{path}: belongs to another problem: it has {x.size} columns, not {run.problem.structure.size}"
            )
        return x
    return start_of(run.problem, path)


def _write(path: Path, x: Floats) -> None:
    """A checkpoint, whole or not at all."""
    write_file(path, json.dumps({"x": x.tolist()}).encode())


def _enumerated(run: Run, x: Floats) -> Floats:
    """The exact optimum where there are few enough cheaper plans; else `x`."""
    structure = run.problem.structure
    if run.stopped or run.aim is not None or int(structure.integer.sum()) > run.problem.params.small_columns:
        return x
    if run.problem.prices.cells(run.problem.goals.places)[1].any():
        return x
    found = enumerate_plans(run.problem, incumbent=x, progress=run.tell)
    if found.status == "exact" and found.x is not None:
        run.messages.append(
            f"{found.candidates:,} plans were tried in order of cost; none that meets the goals is cheaper."
        )
        return structure.complete(found.x)
    return x


def _or_todays(run: Run, search: Search, x: Floats) -> Floats:
    """Today's staff, where the structure can have it and it meets every goal for less; else `x`."""
    structure, known = run.problem.structure, today(run.problem)
    if run.aim is not None or known is None:
        return x
    columns = columns_of(run.problem, known.plan, 30.0 if run.seconds is None else max(0.5, run.left()))
    if structure.broken(columns) or not np.allclose(structure.levels(columns), known.levels):
        return x
    n = min(512, search.wanted.replications)
    ours, theirs = (run.problem.trials.run(structure.plan(each), range(n)) for each in (x, columns))
    if run.cost_of(columns, theirs) >= run.cost_of(x, ours):
        return x
    if goals_lacking(theirs, search.wanted.sigmas, search.wanted.replications).any():
        return x
    run.messages.append("Today's staffing meets the goals for less than any plan the search found.")
    return columns


def _proved(run: Run, search: Search, x: Floats, confidence: float) -> Certificate:
    """The plan proved on untouched replications, topped up where it must be."""
    structure, params = run.problem.structure, run.problem.params

    def repair(columns: Floats, trial: Trial, lacking: Floats) -> Floats | None:
        if run.aim is not None:  # the search also looks at what is sought, which needs no proof
            trial = run.sought.trials.run(structure.plan(columns), trial.replications)
            lacking = np.insert(lacking, run.aim, 0.0)
        added = search.topped_up(columns, lacking)
        if added is not None and structure.cost_of(added) <= (1.0 + params.cheap_repair) * structure.cost_of(columns):
            return added
        better = search.repair(columns, trial, lacking)
        return added if better is None else better

    most = search.wanted.replications
    return certify(
        run.problem,
        x,
        replications=min(512, most),
        most=most,
        confidence=confidence,
        cushion=params.cushion,
        repair=repair,
        rounds=params.most_repairs,
        progress=run.tell,
    )
