"""What a planner asks once there is a plan: how it compares, what one agent more or less does, who serves what.

Everything said here is simulated again, on replications that no search and no certificate has seen, and differences
are paired: a shadow price of a linear program is never an answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.metrics import REGISTRY
from cxsim.metrics.confidence_intervals import (
    Interval,
    paired_difference,
    paired_ratio_difference,
    ratio_interval,
    t_interval,
)
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.model.demand import expected_of
from cxsim.model.prepare import Model, staffed
from cxsim.optimizer import deadline
from cxsim.optimizer.advice.rivals import Rival, erlang_levels, rival
from cxsim.optimizer.plan_evaluator import Trial, Trials
from cxsim.optimizer.problem.goals import Goal, Goals, of_goals
from cxsim.optimizer.problem.problem import problem as made
from cxsim.simulation.replications import replicate

if TYPE_CHECKING:
    from cxsim.model.plan import Plan
    from cxsim.optimizer.fluid.fluid import Fluid
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]

COMPARED = 5_000_000  # replications on which plans are compared
SCREENED = 5_500_000  # on which changes are looked for
TRIED = 6_000_000  # on which they are simulated again
TOTALS = ("sl", "fcr_true", "abandoned_share", "asa", "occupancy")
BY_QUEUE = ("sl", "fcr_true", "abandoned_share")
THIS = "this plan"


@dataclass(frozen=True, eq=False)
class Tried:
    """A plan with what its staff costs, and its trial for the goals and the figures of an Adviser."""

    rival: Rival
    trial: Trial

    @property
    def staff(self) -> float:
        """Money for wages and expected overrun."""
        return self.rival.wages + self.rival.overrun

    @property
    def cost(self) -> Interval:
        """The objective's money, with bounds."""
        found = t_interval(self.trial.outcome)
        return Interval(*(np.asarray(part + self.staff) for part in found))


class Adviser:
    """Tries plans for the problem's K goals and for the figures every planner asks for."""

    def __init__(self, problem: Problem, *, threads: int | None = None) -> None:
        self.problem = problem
        layout, scenario = problem.model.layout, problem.scenario
        self.figures = [(figure, "total", "") for figure in TOTALS]
        queues = layout.queues if len(layout.queues) > 1 else ()
        self.figures += [(figure, "queue", name) for name in queues for figure in BY_QUEUE]
        wanted = [Goal(figure, scope, name or "total", "total", "min", 0.0) for figure, scope, name in self.figures]
        self.n_goals = len(problem.goals)
        self.goals: Goals = of_goals((*problem.goals.goals, *wanted), scenario, layout)
        given = list(zip([one.scenario for one in problem.trials.models], problem.trials.shares.tolist(), strict=True))
        self.trials = Trials(
            given,
            self.goals,
            problem.prices,
            seed=problem.model.seed,
            threads=threads or problem.trials.threads,
            models=problem.trials.models,
        )
        self.n = compared_on(problem)

    def place(self, figure: str, scope: str = "total", name: str = "") -> int:
        """The number of a figure among the rows of a trial."""
        return self.n_goals + self.figures.index((figure, scope, name))

    def tried(self, one: Rival, first: int, n: int | None = None) -> Tried:
        """A plan simulated on `n` replications from number `first` on."""
        return Tried(one, self.trials.run(one.plan, range(first, first + (n or self.n))))

    def slack(self, trial: Trial) -> Floats:
        """The slack of the problem's goals (K,)."""
        return self.goals.slack(trial.value)[: self.n_goals]

    def close(self) -> None:
        """Let the threads go."""
        self.trials.close()


def compared_on(problem: Problem) -> int:
    """How many replications plans are compared on."""
    contacts = float(expected_of(problem.model.demand, problem.model.timeline).sum())
    days = max(1, len(problem.model.timeline.dates))
    return int(np.clip(round(1.5e6 / max(contacts * days / problem.model.timeline.days, 1.0)), 30, 400))


def differences(base: Trial, other: Trial) -> Interval:
    """Other − base of every row of two trials on the same replications, with paired bounds."""
    return paired_ratio_difference((base.above, base.below), (other.above, other.below))


def comparison(adviser: Adviser, plans: Sequence[Tried], split: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """The plans side by side, the first of them the base; `split` has the money of each by term.

    Columns as `cxsim.optimizer.optimization_result.COMPARISON_COLUMNS`.
    """
    base, rows = plans[0], list[tuple[Any, ...]]()
    for one in plans:
        n = one.trial.n
        cost, by = one.cost, paired_difference(base.trial.outcome, one.trial.outcome)
        extra = one.staff - base.staff
        money = [float(x) for x in (*cost, *(part + extra for part in by))]
        if one is base:
            money[3:] = [0.0, 0.0, 0.0]
        rows.append((one.rival.name, "cost", "total", "", *money, "money", n))
        for term, value in split[one.rival.name].items():
            less = value - split[base.rival.name].get(term, 0.0)
            rows.append(
                (one.rival.name, term, "total", "", value, math.nan, math.nan, less, math.nan, math.nan, "money", n)
            )
        values, moved = ratio_interval(one.trial.above, one.trial.below), differences(base.trial, one.trial)
        for figure, scope, name in adviser.figures:
            k = adviser.place(figure, scope, name)
            parts = [float(part[k]) for part in (*values, *moved)]
            rows.append((one.rival.name, figure, scope, name, *parts, REGISTRY[figure].unit, n))
    columns = ["plan", "figure", "scope", "name", "value", "low", "high", "difference", "difference_low"]
    return pd.DataFrame(rows, columns=[*columns, "difference_high", "unit", "n"])


def goals_of_plans(
    adviser: Adviser, plans: Sequence[Tried], proved: Mapping[str, npt.NDArray[np.bool_]]
) -> pd.DataFrame:
    """Every goal under every plan: value, slack, and whether it is met; `proved` says it of certified plans."""
    rows = []
    for one in plans:
        value = one.trial.value[: adviser.n_goals]
        slack = adviser.slack(one.trial)
        error = one.trial.error[: adviser.n_goals]
        met = proved.get(one.rival.name, slack >= 0.0)
        for k, goal in enumerate(adviser.problem.goals.goals):
            low = slack[k] - 1.96 * error[k]
            rows.append((one.rival.name, goal.title, value[k], slack[k], low, bool(met[k]), goal.unit))
    return pd.DataFrame(rows, columns=["plan", "goal", "value", "slack", "slack_low", "met", "unit"])


def split(problem: Problem, one: Tried) -> dict[str, float]:
    """The money of a plan by term of the objective that counts."""
    found = problem.prices.split(one.trial.contacts, one.rival.wages, one.rival.overrun)
    return {term: money for term, money in found.items() if term in problem.prices.counted}


def simulated_overrun(problem: Problem, trial: Trial) -> float:
    """Money for the overrun that was simulated, whatever the objective reckons."""
    seconds = trial.groups[GROUP_COLUMNS.index("overrun")].sum(axis=1)
    return float((seconds / 3600.0) @ problem.model.plan.wage)


def need(problem: Problem, one: Tried) -> pd.DataFrame:
    """Agents present, busy (as simulated) and by Erlang C for each queue alone, in each counted interval."""
    layout = problem.model.layout
    seconds = np.where(layout.open_seconds > 0.0, layout.open_seconds, np.diff(layout.edges))
    columns = [GROUP_COLUMNS.index(name) for name in ("busy_talk", "busy_wrap", "engaged")]
    busy = one.trial.groups[columns].sum(axis=(0, 1)) / seconds
    streams = layout.streams
    contacts = expected_of(problem.model.demand, problem.model.timeline).copy()
    returns = one.trial.contacts[[CONTACT_COLUMNS.index("redial"), CONTACT_COLUMNS.index("repeat")]].sum(axis=0)
    np.add.at(contacts, streams[:, 1], returns)
    _, by_queue = erlang_levels(problem, contacts)
    required = by_queue.sum(axis=0)
    return pd.DataFrame(
        {
            "interval": list(layout.labels),
            "present": one.rival.levels.sum(axis=0),
            "busy": busy,
            "erlang_c": np.where(required > 0.0, required, np.nan),
        }
    )


def shares_served(model: Model, replications: int, threads: int | None = None) -> Floats:
    """The share of each queue's answered contacts that each group serves, simulated (Q, G)."""
    _, kept = replicate(model, replications, threads=threads, keep=True)
    served = np.zeros((len(model.layout.queues), len(model.layout.groups)))
    for one in kept:
        legs = one.legs[one.legs["group"] >= 0]
        np.add.at(served, (legs["entry"], legs["group"]), 1.0)
    return _shares(served)


def allocation(problem: Problem, plan: Plan, program: Fluid | None = None, *, replications: int = 6) -> pd.DataFrame:
    """Who serves what: the share of each queue's answered contacts by group, simulated and in the fluid program.

    `rank` is the group's place in the queue's order of preference today, `program_rank` by its share in the program,
    NaN without one.
    """
    deadline.check()
    model, scenario = staffed(problem.model, plan), problem.scenario
    queues, groups = list(scenario.queues), list(scenario.groups)
    shares = shares_served(model, replications, problem.trials.threads)
    planned = np.full(shares.shape, np.nan) if program is None else _shares(served_by(problem, program))
    rows = []
    for q, queue in enumerate(queues):
        able = [g for g, name in enumerate(groups) if queue in scenario.groups[name].skills or shares[q, g] > 0]
        order = sorted(able, key=lambda g: (-np.nan_to_num(planned[q, g]), g))
        for g in able:
            skill = scenario.groups[groups[g]].skills.get(queue)
            rank = math.nan if skill is None else float(skill.order or skill.rank)
            place = math.nan if program is None else float(order.index(g) + 1)
            rows.append((queue, groups[g], float(shares[q, g]), float(planned[q, g]), rank, place))
    return pd.DataFrame(rows, columns=["queue", "group", "share", "program_share", "rank", "program_rank"])


def served_by(problem: Problem, program: Fluid) -> Floats:
    """Contacts that the fluid program serves, queue × group."""
    served = np.asarray(program.allocation, dtype=np.float64).sum(axis=2)
    out = np.zeros((len(problem.scenario.queues), served.shape[1]))
    np.add.at(out, program.flows.queue_of, served)
    return out


def _shares(served: Floats) -> Floats:
    total = served.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(served, total, out=np.zeros_like(served), where=total > 0.0))


def ranks_tried(adviser: Adviser, base: Tried, table: pd.DataFrame) -> str:
    """In a sentence, what the program's order of groups would do in place of today's; '' where nothing changes."""
    known = table.dropna(subset=["rank", "program_rank"])
    order = known.groupby("queue")["rank"].rank(method="first")
    if not len(known) or (order.to_numpy() == known["program_rank"].to_numpy()).all():
        return ""
    changes = {
        f"groups.{row['group']}.skills.{row['queue']}.order": int(row["program_rank"])
        for row in known.to_dict("records")
    }
    old = adviser.problem
    other = Adviser(made(old.scenario.vary(changes), seed=old.model.seed, threads=old.trials.threads))
    new = other.tried(rival(other.problem, THIS, base.rival.plan), int(base.trial.replications[0]), base.trial.n)
    moved = differences(base.trial, new.trial)
    other.close()
    said, clear, same = [], False, True
    for figure, head in (("sl", "SL"), ("fcr_true", "FCR")):
        k = adviser.place(figure)
        value, low, high = (100.0 * float(part[k]) for part in moved)
        if math.isfinite(value):
            said.append(f"{head} {value:+.1f} points ({low:+.1f} to {high:+.1f})")
            clear |= low > 0.0 or high < 0.0
            same &= max(abs(low), abs(high)) < 0.05
    if same:
        return ""
    verdict = "simulated with this plan" if clear else "simulated with this plan, no clear difference"
    return f"Ranks from the fluid program's shares instead of the current ones: {', '.join(said)}; {verdict}."
