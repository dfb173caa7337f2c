"""The map of the optimizer: presolve → start → cuts → polish → (enumeration when small) → certificate → Optimum."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.exchange.folders import write_file
from cxsim.scenario.optimizing import optimizing
from cxsim.staffing.stage import Impossible, Progress, Stage

if TYPE_CHECKING:
    from cxsim.optimum import Optimum
    from cxsim.scenario import Scenario
    from cxsim.staffing.certify import Certificate
    from cxsim.staffing.fluid import Fluid
    from cxsim.staffing.problem import Problem
    from cxsim.staffing.search.points import Point
    from cxsim.staffing.search.trust import Search
    from cxsim.trials import Trial

Floats = npt.NDArray[np.float64]

SMALL = 16  # whole-number columns up to which every cheaper plan may be tried
PROOF = 80e6  # contacts that a block of the certificate may have
PROVED = (1024, 32768)  # replications of it, at least and at most
CUSHION = 1.5  # standard errors that a plan keeps beyond those of the certificate
SHARE_LEFT = 0.75  # of a time limit that the search may take
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
) -> Optimum:
    """The cheapest staff that meets a scenario's goals, shown to meet them on replications the search has not seen.

    `seconds` limits the search by the clock. Else it ends by itself, the same for a seed whatever the `threads`, unless
    a whole-number program runs out of its few seconds, as large shift problems do. `thorough` multiplies its rounds.
    `resume` is a plan to begin from, a `staff.file`, the folder of an earlier optimum, or a `checkpoint` that an
    earlier call wrote as it went. `certified=False` leaves out the proof, `advise=False` the comparisons with other
    plans. `progress` is told every `Stage`; where it returns False the best plan so far is proved and returned. Raises
    ScenarioError, Impossible for goals or rules that nobody can meet, with what can be reached, and SolverError for a
    solver that is not there.
    """
    from cxsim.conclude import conclude
    from cxsim.staffing.problem import problem, refuse_free

    run = _Run(problem(scenario, seed=seed, threads=threads), solver, seconds, progress)
    refuse_free(run.problem)
    if not len(run.sought.goals):
        fix = "--set 'queues.*.target={sl: {share: 80%, within: 20s}}', or goals in optimize.subject_to"
        raise Impossible(f"optimize: nothing is promised, so that nobody would be staffed; give targets, such as {fix}")
    run.presolve()
    x, search = _searched(run, resume, checkpoint, thorough, confidence)
    proof: Certificate | None = None
    if certified:
        proof = _proved(run, search, x, confidence)
        x, trial, low = proof.x, proof.trial, proof.slack_low
    else:
        trial = run.problem.trials.run(run.problem.structure.plan(x), range(1_000_000, 1_000_200))
        low = trial.slack - run.errors(confidence) * np.nan_to_num(trial.error)
    run.note("certify" if certified else "polish", run.cost_of(x, trial), trial)
    spent = run.replications
    out = conclude(
        run.problem, x,
        trial=trial, slack_low=low, certified=proof is not None and proof.certified,
        bound=run.bound, bound_status=run.bound_status, program=run.program, history=run.history,
        replications=spent, began=(run.wall, run.cpu), messages=run.messages,
        solver=solver, confidence=confidence, advise=advise, progress=progress,
    )  # fmt: skip
    for one in {id(trials): trials for trials in (run.problem.trials, run.sought.trials)}.values():
        one.close()
    return out


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
            seconds_left=self._left(),
        )
        self.history.append(stage)
        if self.progress is not None and self.progress(stage) is False:
            self.stopped = True
        return not self.stopped

    def _left(self) -> float:
        if self.seconds is None:
            return math.nan
        return self.seconds * SHARE_LEFT - (time.perf_counter() - self.wall)

    def in_time(self) -> bool:
        """Whether the search still has time."""
        return self.seconds is None or self._left() > 0.0

    @property
    def contacts(self) -> float:
        """Expected fresh contacts of a replication, all simulated days together."""
        from cxsim.demand import expected_of

        model = self.problem.model
        counted = float(expected_of(model.demand, model.timeline).sum())
        return counted * len(model.timeline.dates) / max(model.timeline.days, 1)

    @property
    def most(self) -> int:
        """Replications of a block of the certificate, at most."""
        return int(2 ** round(math.log2(np.clip(PROOF / max(self.contacts, 1.0), *PROVED))))

    def presolve(self) -> None:
        """Prove what is out of reach, and bound what is not. Raises Impossible."""
        from cxsim.staffing.fluid import fluid, reachable

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
    from cxsim.staffing.goals import Goal, of_goals
    from cxsim.trials import Trials, forecasts

    sense, figure = optimizing(problem.scenario).objective
    if figure == "cost":
        return problem, None
    goal = Goal(figure, "total", "total", "total", "min" if sense == "max" else "max", 0.0)
    goals = of_goals((*problem.goals.goals, goal), problem.scenario, problem.model.layout)
    old = problem.trials
    trials = Trials(
        forecasts(problem.scenario), goals, problem.prices, seed=problem.model.seed, threads=old.threads,
        models=old.models,
    )  # fmt: skip
    return replace(problem, goals=goals, trials=trials), len(goals) - 1


def _searched(
    run: _Run, resume: str | Path | None, checkpoint: str | Path | None, thorough: float, confidence: float
) -> tuple[Floats, Search]:
    """The best plan that the search finds (N,), and the search, which knows how to repair it."""
    from cxsim.staffing.search.points import Trier
    from cxsim.staffing.search.trust import Search, Wanted, phases, search

    problem = run.sought
    groups = len(problem.structure.groups)
    cells = groups * (1 if problem.model.timeline.steady else int(problem.model.timeline.open_mask.sum()))
    plan = phases(run.contacts, groups, cells, thorough)
    kept = Path(checkpoint) if checkpoint is not None else None

    def told(phase: str, point: Point, target: Floats) -> bool:
        if kept is not None:
            _write(kept, point.x)
        return run.note(phase, point.cost, point.trial, target) and run.in_time()

    trier = Trier(problem, run.aim)
    under_way = Search(problem, trier, Wanted(run.errors(confidence) + CUSHION, run.most), run.solver, told)
    begun = [_given(run, resume)] if resume is not None else _starts(run, plan[0].values)
    best = trier(begun[-1], plan[0].values)
    if run.note("calibrate", best.cost, best.trial):
        best = search(under_way, best.x, plan)
    return _enumerated(run, best.x), under_way


def _starts(run: _Run, replications: int) -> list[Floats]:
    """Plans to begin from, the best last."""
    from cxsim.staffing.goals import Goal
    from cxsim.staffing.search.calibrate import starts, stretched, whole

    assert run.program is not None
    if run.aim is None:
        try:
            found = starts(run.problem, replications)
        except Impossible:  # by Erlang's curves only: the fluid program has a solution
            x = whole(run.problem, run.program.x)
            return [x, stretched(run.problem, x, run.program.x, replications)]
        run.program = found[-1][1]
        return [x for x, _ in found]
    from cxsim.staffing.fluid import fluid

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
    from cxsim.staffing.search.calibrate import whole

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
            raise ValueError(f"{path}: of another problem: {x.size} columns, not {run.problem.structure.size}")
        return x
    from cxsim.staffing.starting import start_of

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
    from cxsim.staffing.enumeration import enumerate_plans

    found = enumerate_plans(run.problem, incumbent=x, progress=run.tell)
    if found.status == "exact" and found.x is not None:
        run.messages.append(f"{found.candidates:,} plans were tried by cost: none that meets the goals is cheaper.")
        return structure.complete(found.x)
    return x


def _proved(run: _Run, search: Search, x: Floats, confidence: float) -> Certificate:
    """The plan proved on untouched replications, topped up where it must be."""
    from cxsim.staffing.certify import certify

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

    return certify(
        run.problem, x, replications=min(512, run.most), most=run.most, confidence=confidence, cushion=CUSHION,
        repair=repair, rounds=REPAIRS, progress=run.tell,
    )  # fmt: skip
