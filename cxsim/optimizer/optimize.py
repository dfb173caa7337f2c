"""The map of the optimizer: presolve → start → cuts → polish → (enumeration when small) → certificate → Optimum."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.problem.stage import Impossible, Progress, Stage, TimeUp, failure
from cxsim.scenario.model.optimizing import optimizing
from cxsim.storage.folders import write_file

if TYPE_CHECKING:
    from cxsim.optimizer.certificate.certify import Certificate
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.points import Point
    from cxsim.optimizer.search.trust import Search
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

SMALL = 16  # whole-number columns up to which every cheaper plan may be tried
PROOF = 80e6  # contacts that a block of the certificate may have
PROVED = (1024, 32768)  # replications of it, at least and at most
CUSHION = 1.5  # standard errors that a plan keeps beyond those of the certificate
SEARCHED, PROVEN = 0.5, 0.85  # of a time limit, by when the search and the proof are to be over
LEAST_PROOF, BLOCKS = 128, 3  # replications of a block under a time limit, and blocks there should be time for
KEPT_EVERY = 60.0  # seconds of a search from one plan that is kept to the next
LOOKED_AT = 200  # replications of a plan that is not proved
REPAIRS = 12  # top-ups before the proof is given up
CHEAP = 0.001  # of the staff's cost: what a top-up may add before the search is asked for something better
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
) -> Optimum:
    """The cheapest staff that meets a scenario's goals, shown to meet them on replications the search has not seen.

    `seconds` limits all of it by the clock: search, proof and advice. Else it ends by itself, the same for a seed
    whatever the `threads`, unless a whole-number program runs out of its few seconds, as large shift problems do.
    `thorough` multiplies its rounds.
    `resume` is a plan to begin from, a `staff.file`, the folder of an earlier optimum, or a `checkpoint` that an
    earlier call wrote as it went. `certified=False` leaves out the proof, `advise=False` the comparisons with other
    plans. `progress` is told every `Stage`; where it returns False the best plan so far is proved and returned. `keep`
    is given the best plan once a minute, before the proof, and before the advice. A step that fails once
    there is a plan does not lose it: `messages` say what failed and what is missing. Raises ScenarioError, Impossible
    for goals or rules that nobody can meet, with what can be reached, and SolverError for a solver that is not there.
    """
    from cxsim.optimizer.build_optimum import conclude
    from cxsim.optimizer.problem.problem import problem, refuse_free
    from cxsim.optimizer.solver.solvers import check

    check(solver)
    run = _Run(problem(scenario, seed=seed, threads=threads), solver, seconds, progress)
    refuse_free(run.problem)
    if not len(run.sought.goals):
        fix = "--set 'queues.*.target={sl: {share: 80%, within: 20s}}', or goals in optimize.subject_to"
        raise Impossible(f"optimize: there are no goals, so the cheapest plan has no staff; add targets, such as {fix}")
    run.presolve()

    def concluded(x: Floats, trial: Trial, low: Floats, proved: bool, advise: bool, more: tuple[str, ...]) -> Optimum:
        return conclude(
            run.problem,
            x,
            trial=trial,
            slack_low=low,
            certified=proved,
            bound=run.bound,
            bound_status=run.bound_status,
            program=run.program,
            history=run.history,
            replications=run.replications,
            began=(run.wall, run.cpu),
            messages=(*run.messages, *more),
            solver=solver,
            confidence=confidence,
            advise=advise,
            progress=progress,
            keep=keep,
            seconds=seconds,
        )

    def kept(x: Floats, when: str) -> None:
        if keep is not None:  # what depends on the clock is not counted
            counted = run.problem.trials.replications_run
            concluded(x, *_looked_at(run, x, confidence), False, False, (f"The run ended before {when}.",))
            run.problem.trials.replications_run = counted

    x, search = _searched(run, resume, checkpoint, thorough, confidence, kept)
    proof: Certificate | None = None
    if certified:
        kept(x, "this plan was certified")
        run.until(PROVEN)
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
    out = concluded(x, trial, low, proof is not None and proof.certified, advise, ())
    for one in {id(trials): trials for trials in (run.problem.trials, run.sought.trials)}.values():
        one.close()
    return out


def _looked_at(run: _Run, x: Floats, confidence: float) -> tuple[Trial, Floats]:
    """A plan simulated without proof: its trial, and what its slack (K,) may be at the least."""
    n = min(LOOKED_AT, run.most)
    trial = run.problem.trials.run(run.problem.structure.plan(x), range(1_000_000, 1_000_000 + n))
    return trial, trial.slack - run.errors(confidence) * np.nan_to_num(trial.error)


@dataclass(eq=False)
class _Run:
    """One optimization: the problem, what is known of it, and where it stands.

    `sought` is the problem that the search solves: with the figure that is the objective, if one is, as its last goal.
    """

    problem: Problem
    solver: str
    seconds: float | None
    progress: Progress | None
    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)
    bound: float = math.nan
    bound_status: Literal["rigorous", "heuristic", "none"] = "none"
    program: Fluid | None = None
    history: list[Stage] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    stopped: bool = False
    sought: Problem = field(init=False)
    aim: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.sought, self.aim = _sought(self.problem)

    @property
    def replications(self) -> int:
        """Simulated so far."""
        ours = self.problem.trials.replications_run
        return ours if self.aim is None else ours + self.sought.trials.replications_run

    def cost_of(self, x: Floats, trial: Trial) -> float:
        """Money for the staff of a plan and for what became of the contacts."""
        return self.problem.structure.cost_of(x) + float(trial.outcome.mean())

    def errors(self, confidence: float) -> float:
        """Standard errors of a simultaneous one-sided bound of all goals, shared out by Bonferroni."""
        return NormalDist().inv_cdf(1.0 - (1.0 - confidence) / max(len(self.problem.goals), 1))

    def note(self, phase: str, cost: float, trial: Trial | None = None, target: Floats | None = None) -> bool:
        """Tell where the search stands; whether it may go on."""
        slack = trial.slack if trial is not None else np.zeros(0)
        if trial is not None and trial.goals is not self.problem.goals:
            slack, target = slack[:-1], target[:-1] if target is not None else None
        worst = int(np.argmin(slack)) if len(slack) else -1
        stage = Stage(
            phase,
            cost=cost,
            bound=self.bound,
            met=trial is not None and bool((slack >= (0.0 if target is None else target)).all()),
            worst=self.problem.goals.goals[worst].title if worst >= 0 else "",
            slack=float(slack[worst]) if worst >= 0 else math.nan,
        )
        return self.tell(stage)

    def tell(self, stage: Stage) -> bool:
        """Complete a stage and pass it on; whether the search may go on."""
        stage = replace(
            stage,
            bound=self.bound,
            replications=self.replications,
            cpu_seconds=time.process_time() - self.cpu,
            seconds_left=self.left(),
        )
        self.history.append(stage)
        logging.getLogger(__name__).info(
            "%s: cost %.6g, bound %.6g, %s", stage.phase, stage.cost, stage.bound, "met" if stage.met else "not met"
        )
        if self.progress is not None and self.progress(stage) is False:
            self.stopped = True
        return not self.stopped

    def left(self) -> float:
        """Seconds that the search still has; NaN without a limit."""
        if self.seconds is None:
            return math.nan
        return self.seconds * SEARCHED - (time.perf_counter() - self.wall)

    def until(self, share: float | None) -> None:
        """Have simulations end at this share of the time limit, if there is one; None: no more."""
        end = None if share is None or self.seconds is None else self.wall + share * self.seconds
        self.problem.trials.deadline = self.sought.trials.deadline = end

    def in_time(self) -> bool:
        """Whether the search still has time."""
        return self.seconds is None or self.left() > 0.0

    @property
    def contacts(self) -> float:
        """Expected fresh contacts of a replication, all simulated days together."""
        from cxsim.model.demand import expected_of

        model = self.problem.model
        counted = float(expected_of(model.demand, model.timeline).sum())
        return counted * len(model.timeline.dates) / max(model.timeline.days, 1)

    @property
    def most(self) -> int:
        """Replications of a block of the certificate, at most."""
        most = int(2 ** round(math.log2(np.clip(PROOF / max(self.contacts, 1.0), *PROVED))))
        trials = self.sought.trials
        if self.seconds is None or not trials.replications_run:
            return most
        left = (PROVEN - SEARCHED) * self.seconds * trials.replications_run / trials.seconds_run
        return min(most, max(LEAST_PROOF, int(2 ** math.floor(math.log2(max(left / BLOCKS, 1.0))))))

    def presolve(self) -> None:
        """Prove what is out of reach, and bound what is not. Raises Impossible."""
        from cxsim.optimizer.fluid.fluid import fluid, reachable

        self.note("fluid", math.nan)
        try:
            plain = fluid(self.problem, erlang="none")
        except Impossible as nobody:
            missed = reachable(self.problem)
            if not missed:
                raise
            best = {title: value for title, (value, _) in missed.items()}
            text = "\n".join(text for _, text in missed.values())
            raise Impossible(text, best=best, conflict=nobody.conflict) from None
        self.program = plain
        if self.aim is None:
            self.bound, self.bound_status = plain.bound, "rigorous" if plain.rigorous else "heuristic"


def _sought(problem: Problem) -> tuple[Problem, int | None]:
    """The problem to search, and which goal is the objective in place of money."""
    from cxsim.optimizer.plan_evaluator import Trials, forecasts
    from cxsim.optimizer.problem.goals import Goal, of_goals

    sense, figure = optimizing(problem.scenario).objective
    if figure == "cost":
        return problem, None
    goal = Goal(figure, "total", "total", "total", "min" if sense == "max" else "max", 0.0)
    goals = of_goals((*problem.goals.goals, goal), problem.scenario, problem.model.layout)
    old = problem.trials
    trials = Trials(
        forecasts(problem.scenario),
        goals,
        problem.prices,
        seed=problem.model.seed,
        threads=old.threads,
        models=old.models,
    )
    return replace(problem, goals=goals, trials=trials), len(goals) - 1


def _searched(
    run: _Run,
    resume: str | Path | None,
    checkpoint: str | Path | None,
    thorough: float,
    confidence: float,
    keep: Callable[[Floats, str], None],
) -> tuple[Floats, Search]:
    """The best plan that the search finds (N,), and the search, which knows how to repair it.

    `keep` is given the best so far, and when it would be the last one: once in `KEPT_EVERY` seconds.
    """
    from cxsim.optimizer.search.points import Trier
    from cxsim.optimizer.search.trust import Search, Wanted, phases, search

    problem = run.sought
    groups = len(problem.structure.groups)
    cells = groups * (1 if problem.model.timeline.steady else int(problem.model.timeline.open_mask.sum()))
    plan = phases(run.contacts, groups, cells, thorough)
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
        if time.perf_counter() - last >= KEPT_EVERY:
            keep(x, "its search was over")
            last = time.perf_counter()
        return run.note(phase, point.cost, point.trial, target) and run.in_time()

    under_way = Search(problem, trier, Wanted(run.errors(confidence) + CUSHION, most), run.solver, told)
    run.until(SEARCHED)
    try:
        if run.note("calibrate", best.cost, best.trial):
            x = search(under_way, best.x, plan).x
        x = _or_todays(run, under_way, _enumerated(run, x))
    except TimeUp:  # the best plan so far goes on to its proof
        pass
    except Exception as error:
        run.messages.append(f"{failure('The search', error)}: this is the best plan that it found.")
    run.until(None)
    return x, under_way


def _starts(run: _Run, replications: int) -> list[Floats]:
    """Plans to begin from, the best last."""
    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.search.calibrate import starts, stretched, whole

    assert run.program is not None
    if run.aim is None:
        try:
            found = starts(run.problem, replications)
        except Impossible:  # by Erlang's curves only: the fluid program has a solution
            x = whole(run.problem, run.program.x)
            return [x, stretched(run.problem, x, run.program.x, replications)]
        run.program = found[-1][1]
        return [x for x, _ in found]
    from cxsim.optimizer.fluid.fluid import fluid

    goal = run.sought.goals.goals[run.aim]
    for limit in LADDER if goal.bound == "min" else ROPE:
        asked = (*run.problem.goals.goals, Goal(goal.figure, "total", "total", "total", goal.bound, limit))
        try:
            run.program = fluid(run.problem, goals=asked, erlang="own", rounds=2)
        except Impossible:
            continue
        break
    return [_affordable(run, run.program.x)]


def _affordable(run: _Run, x: Floats) -> Floats:
    """Fractional columns made whole within the rules, a budget among them."""
    from cxsim.optimizer.search.calibrate import whole

    structure = run.problem.structure
    for made in (whole(run.problem, x), structure.complete(np.maximum(np.floor(x), np.ceil(structure.low)))):
        if not structure.broken(made):
            return made
    return made


def _given(run: _Run, resume: str | Path) -> Floats:
    """Columns of the plan to begin from."""
    path = Path(resume)
    if path.suffix == ".json":
        x = np.array(json.loads(path.read_text(encoding="utf-8"))["x"], dtype=np.float64)
        if x.size != run.problem.structure.size:
            raise ValueError(
                f"{path}: belongs to another problem: it has {x.size} columns, not {run.problem.structure.size}"
            )
        return x
    from cxsim.optimizer.search.starting import start_of

    return start_of(run.problem, path)


def _write(path: Path, x: Floats) -> None:
    """A checkpoint, whole or not at all."""
    write_file(path, json.dumps({"x": x.tolist()}).encode())


def _enumerated(run: _Run, x: Floats) -> Floats:
    """The exact optimum where there are few enough cheaper plans; else `x`."""
    structure = run.problem.structure
    if run.stopped or run.aim is not None or int(structure.integer.sum()) > SMALL:
        return x
    if run.problem.prices.cells(run.problem.goals.places)[1].any():
        return x
    from cxsim.optimizer.search.enumeration import enumerate_plans

    found = enumerate_plans(run.problem, incumbent=x, progress=run.tell)
    if found.status == "exact" and found.x is not None:
        run.messages.append(
            f"{found.candidates:,} plans were tried in order of cost; none that meets the goals is cheaper."
        )
        return structure.complete(found.x)
    return x


def _or_todays(run: _Run, search: Search, x: Floats) -> Floats:
    """Today's staff, where the structure can have it and it meets every goal for less; else `x`."""
    from cxsim.optimizer.advice.rivals import today
    from cxsim.optimizer.certificate.certify import lacking
    from cxsim.optimizer.search.starting import columns_of

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
    if lacking(theirs, search.wanted.sigmas, search.wanted.replications).any():
        return x
    run.messages.append("Today's staffing meets the goals for less than any plan the search found.")
    return columns


def _proved(run: _Run, search: Search, x: Floats, confidence: float) -> Certificate:
    """The plan proved on untouched replications, topped up where it must be."""
    from cxsim.optimizer.certificate.certify import certify

    structure = run.problem.structure

    def repair(columns: Floats, trial: Trial, lacking: Floats) -> Floats | None:
        if run.aim is not None:  # the search also looks at what is sought, which needs no proof
            trial = run.sought.trials.run(structure.plan(columns), trial.replications)
            lacking = np.insert(lacking, run.aim, 0.0)
        added = search.topped_up(columns, lacking)
        if added is not None and structure.cost_of(added) <= (1.0 + CHEAP) * structure.cost_of(columns):
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
        cushion=CUSHION,
        repair=repair,
        rounds=REPAIRS,
        progress=run.tell,
    )
