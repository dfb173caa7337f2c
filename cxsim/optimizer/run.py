"""One optimization: the problem, what is known of it, and where it stands."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.model.demand import expected_of
from cxsim.optimizer import deadline
from cxsim.optimizer.bounds.choose import bound_of
from cxsim.optimizer.fluid.fluid import fluid, reachable
from cxsim.optimizer.fluid.nearest import nearest, needed
from cxsim.optimizer.plan_evaluator import Trials, forecasts
from cxsim.optimizer.problem.goals import Goal, of_goals
from cxsim.optimizer.problem.said import team
from cxsim.optimizer.problem.stage import Impossible, Progress, Stage, TimeUp, failure
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.gradient import Slopes
    from cxsim.optimizer.search.shortfall import Order
    from cxsim.optimizer.search_params import SearchParams

Floats = npt.NDArray[np.float64]

BOUND_SHARE = 0.05  # of the time limit, for the bound
REPAIRED = 2  # blocks of a proof that its repairs take over several days: each change is tried on a quarter of one


@dataclass(eq=False)
class Run:
    """One optimization: the problem, what is known of it, and where it stands.

    `sought` is the problem that the search solves: with the figure that is the objective, if one is, as its last goal.
    """

    problem: Problem
    solver: str
    seconds: float | None
    progress: Progress | None
    wall: float = field(default_factory=lambda: time.perf_counter())
    cpu: float = field(default_factory=lambda: time.process_time())
    bound: float = math.nan
    bound_status: Literal["rigorous", "heuristic", "none"] = "none"
    bound_note: str = ""
    fluid: Fluid | None = None  # the program without chance, which bounds the cost
    pooled: Fluid | None = None
    program: Fluid | None = None
    slopes: Slopes | None = None  # of the search, near the plan
    history: list[Stage] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    stopped: bool = False
    unreachable: bool = False  # no plan within the limits on staff meets all goals
    least_missed: float = math.nan  # contacts that every plan misses, where that is so
    order: Order | None = None  # how plans compare then
    sought: Problem = field(init=False)
    aim: int | None = field(init=False)
    params: SearchParams = field(init=False)

    def __post_init__(self) -> None:
        self.params = self.problem.params
        self.sought, self.aim = sought_by(self.problem)

    def take(self, problem: Problem) -> None:
        """Continue with the problem under another routing, with the counts of replications and seconds so far."""
        old, new = (self.problem, self.sought), (problem, sought_by(problem)[0])
        for before, after in zip(old, new, strict=True):
            for name in ("replications_run", "seconds_run"):
                setattr(after.trials, name, getattr(before.trials, name))
        self.problem, self.sought = new[0], new[0] if self.aim is None else new[1]

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
        """Report where the search stands; returns whether it may go on."""
        slack = trial.slack if trial is not None else np.zeros(0)
        if trial is not None and trial.goals is not self.problem.goals:
            slack, target = slack[:-1], target[:-1] if target is not None else None
        worst = int(np.argmin(slack)) if len(slack) else -1
        stage = Stage(
            phase,
            cost=cost if self.aim is None else abs(cost),
            unit="money" if self.aim is None else self.sought.goals.goals[self.aim].unit,
            bound=self.bound,
            met=trial is not None and bool((slack >= (0.0 if target is None else target)).all()),
            worst=self.problem.goals.goals[worst].title if worst >= 0 else "",
            slack=float(slack[worst]) if worst >= 0 else math.nan,
            missed=self.order.reached(trial).missed if self.order is not None and trial is not None else math.nan,
        )
        return self.tell(stage)

    def tell(self, stage: Stage) -> bool:
        """Complete a stage and report it; returns whether the search may go on."""
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
        return self.seconds * self.search_share - (time.perf_counter() - self.wall)

    @property
    def spent(self) -> float:
        """The share of the time limit that is over; 0 without a limit."""
        return 0.0 if self.seconds is None else (time.perf_counter() - self.wall) / max(self.seconds, 1e-9)

    @property
    def search_share(self) -> float:
        """By which share of the time limit the search ends: where there is nothing to prove, when a proof would."""
        params = self.problem.params
        return params.proof_share if self.unreachable else params.search_share

    def until(self, share: float | None) -> None:
        """Let simulations end at this share of the time limit, if there is one; None removes the deadline."""
        deadline.until(None if share is None or self.seconds is None else self.wall + share * self.seconds)

    def affordable(self, share: float, most: int, least: int = 4) -> int:
        """Replications that this share of the time limit has time for, at the pace so far; `most` without a limit."""
        if self.seconds is None:
            return most
        spent = [(trials.replications_run, trials.seconds_run) for trials in (self.problem.trials, self.sought.trials)]
        run, seconds = (sum(column) for column in zip(*spent, strict=True))
        return most if not run else int(np.clip(share * self.seconds * run / max(seconds, 1e-9), least, most))

    def reset_pace(self) -> None:
        """Measure the seconds a replication takes from here on only."""
        for trials in (self.problem.trials, self.sought.trials):
            trials.seconds_run = 0.0

    def close(self) -> None:
        """Stop the threads."""
        for one in {id(trials): trials for trials in (self.problem.trials, self.sought.trials)}.values():
            one.close()

    def in_time(self) -> bool:
        """Whether the search still has time."""
        return self.seconds is None or self.left() > 0.0

    @property
    def contacts(self) -> float:
        """Expected fresh contacts of a replication, all simulated days together."""
        model = self.problem.model
        counted = float(expected_of(model.demand, model.timeline).sum())
        return counted * len(model.timeline.dates) / max(model.timeline.days, 1)

    @property
    def most(self) -> int:
        """Replications of a block of the certificate, at most."""
        params = self.params
        most = int(
            2
            ** round(
                math.log2(
                    np.clip(params.proof_contacts / max(self.contacts, 1.0), params.least_proof, params.most_proof)
                )
            )
        )
        blocks = params.proof_blocks + (REPAIRED if self.problem.model.timeline.days > 1 else 0)
        share = (params.proof_share - params.search_share) / blocks
        fits = self.affordable(share, most, 1)
        return most if fits >= most else max(params.hurried_proof, int(2 ** math.floor(math.log2(fits))))

    def presolve(self) -> None:
        """Prove what is out of reach, and bound what is not. Raises Impossible where no staff at all can do it."""
        self.note("fluid", math.nan)
        try:
            self.program = fluid(self.problem, erlang="none", explained=False)
        except TimeUp:
            self.messages.append("The time limit left no time for the linear program: there is no bound.")
        except Impossible:
            self._out_of_reach()
        else:
            if self.aim is None:
                self.fluid = self.program
                self.bound = self.program.bound
                self.bound_status = "rigorous" if self.program.rigorous else "heuristic"

    def _out_of_reach(self) -> None:
        """What can be reached where not all goals can: a plan within the limits on staff, or else Impossible."""
        try:
            near = nearest(self.problem) if self.aim is None else None
        except TimeUp:
            self.unreachable = True
            self.messages.append("No plan within the limits on staff meets all goals; a linear program proves it.")
            return
        if near is not None:
            self.program, self.unreachable, self.least_missed = near.program, True, near.missed
            self.messages.insert(0, near.said)
            return
        deadline.until(None)  # what is wrong is worth more than the time limit
        missed = reachable(self.problem)
        limits = self._budget_too_small() or team(self.problem)
        hint = f"\n{limits}" if limits else ""
        if missed:
            best = {title: value for title, (value, _) in missed.items()}
            raise Impossible("\n".join(text for _, text in missed.values()) + hint, best=best)
        try:
            fluid(self.problem, erlang="none")
        except Impossible as nobody:
            raise Impossible(f"{nobody}{hint}", best=nobody.best, conflict=nobody.conflict) from None

    def bounded_by(self, bound: float, status: Literal["rigorous", "heuristic", "none"], note: str) -> None:
        """Take a bound that was found elsewhere, and look for no other."""
        self.bound, self.bound_status, self.bound_note, self.pooled = bound, status, note, None

    def _budget_too_small(self) -> str:
        """What the goals need, where it is the budget that puts them out of reach; '' otherwise."""
        scenario = self.problem.scenario
        budget = optimizing(scenario).budget
        least = math.nan if budget is None else needed(self.problem)
        if budget is None or not least > budget:
            return ""
        return (
            f"optimize.budget: {budget:,.2f} {scenario.currency} is too small: the goals need at least {least:,.2f} "
            f"{scenario.currency}, and more with random contacts. Write a larger budget, or lower goals."
        )

    def tighten(self) -> None:
        """Raise the bound by a chain or pooled sets, in a small part of the time limit.

        Under the scenario's own routing: the bound is to hold for every routing.
        """
        if self.fluid is None:
            return
        self.until(self.spent + BOUND_SHARE)
        try:
            bound = bound_of(self.problem.before or self.problem, self.fluid)
        except TimeUp:
            self.messages.append("The time limit left no time for a better lower bound than that of the fluid program.")
            return
        except Exception as error:  # a bound is worth less than the plan
            self.messages.append(f"{failure('The bound', error)}: the bound is that of the fluid program.")
            return
        finally:
            self.until(None)
        self.bound, self.bound_status, self.bound_note = bound.value, bound.status, "; ".join(bound.near)
        self.pooled = bound.program


def sought_by(problem: Problem) -> tuple[Problem, int | None]:
    """The problem to search, and which goal is the objective in place of money."""
    sense, figure = optimizing(problem.scenario).objective
    if figure == "cost":
        return problem, None
    goal = Goal(figure, "total", "total", "total", "min" if sense == "max" else "max", 0.0, sought=True)
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
