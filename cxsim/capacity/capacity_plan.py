"""`capacity_plan` is the map: requirement, futures, program, improvement, and judgement in fresh futures."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.capacity import futures as draw
from cxsim.capacity import plan as tables
from cxsim.capacity.futures import Sample, sample
from cxsim.capacity.improve import improved, worth
from cxsim.capacity.needs import Needs, needs
from cxsim.capacity.plan import CapacityPlan
from cxsim.capacity.problem import Problem, problem
from cxsim.capacity.program import Programmed, limits, most_hires, optimum
from cxsim.capacity.recourse import evaluate
from cxsim.capacity.rule import rule_of_thumb, with_buffer

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Ints = npt.NDArray[np.int64]
Tell = Callable[[str], object]

PLANNED_WITH = 60  # futures of the program
POLISHED_WITH = 1500  # futures in which the plan is improved
LARGEST = 60_000_000  # numbers that the people of all classes in all futures may take
Z = 2.6  # standard errors of the distance kept from the promise: 0.5 %, for 12 months together
THIS, RULE, NONE = "this plan", "rule of thumb", "no hiring"


def capacity_plan(
    scenario: Scenario,
    *,
    seed: int = 1,
    futures: int = 4000,
    seconds: float = 120.0,
    solver: str = "highs",
    progress: Tell | None = None,
) -> CapacityPlan:
    """Plan hiring by month and team for uncertain volumes, handle times and attrition.

    The plan minimizes the mean cost: wages, hiring, overtime, temporary staff and the price of missing hours. Each
    month may be missed with no more than the probability that the scenario's `capacity` block allows. All hires are
    decided now; overtime and temporary staff when the month is known.

    Parameters
    ----------
    scenario : Scenario
        A scenario with a `capacity` block.
    seed : int, default 1
        Random seed; the same seed gives the same futures.
    futures : int, default 4000
        Number of fresh futures in which the plan is judged.
    seconds : float, default 120.0
        Most time for the search, without the requirement and the judgement.
    solver : str, default 'highs'
        Solver of the integer program: highs, or any that PuLP knows.
    progress : callable, optional
        Called with a line of text at each step.

    Returns
    -------
    CapacityPlan
        Hires, headcounts and risk by month, and the comparison with the rule of thumb.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario.
    SolverError
        The solver is not there.
    ValueError
        There is no `capacity` block, or an argument or a volume is wrong; the message says what to write.
    """
    if scenario.capacity is None:
        raise ValueError(
            "the scenario has no capacity block; add 'capacity:' with start, full_time, shrinkage, hiring and teams"
        )
    if not 100 <= futures <= 100_000:
        raise ValueError(f"futures: {futures} is not between 100 and 100,000")
    if not 1.0 <= seconds <= 86400.0:
        raise ValueError(f"seconds: {seconds:g} is not between 1 and 86,400")
    tell: Tell = progress or (lambda text: None)
    made, needed = problem(scenario), needs(scenario, seed=seed, tell=tell)
    _draw_volumes(scenario, made, needed)
    rule = rule_of_thumb(scenario, made, needed, 0.1 * seconds)
    chosen, program, large, most_missed = _search(scenario, made, needed, rule, seed, futures, seconds, solver, tell)
    known = {THIS: chosen, RULE: rule, NONE: np.zeros_like(chosen)}
    if most_missed is not None and worth(rule, large, most_missed).above > 0.0:
        tell("comparing with the rule of thumb")
        buffered = with_buffer(
            scenario, made, needed, lambda hires: worth(hires, large, most_missed).above == 0.0, 0.03 * seconds
        )
        if buffered is not None:
            known[f"{RULE} + {buffered[0]:.0%}"] = buffered[1]
    tell(f"judging the plan in {futures:,} fresh futures")
    judge = _fitting(scenario, made, needed, seed, draw.JUDGING, futures)
    plans = {name: (hires, evaluate(hires, judge)) for name, hires in known.items()}
    reachable = evaluate(most_hires(made), judge).missed.mean(axis=1)
    outcome = plans[THIS][1]
    months = tables.months_table(outcome, judge, needed, made.miss, reachable)
    months["missed_by_rule"] = plans[RULE][1].missed.mean(axis=1)
    return CapacityPlan(
        scenario=scenario,
        hires=tables.hires_table(chosen, made),
        months=months,
        teams=tables.teams_table(outcome, judge, chosen),
        compared=tables.compared_table(plans, made),
        cost=outcome.cost,
        bound=program.bound,
        gap=program.gap,
        promise=made.miss,
        held=bool(months["verdict"].isin(("kept", "out of reach", "priced")).all()),
        futures=judge.size,
        seed=seed,
        messages=_messages(made, needed, months, judge),
        assumptions=_assumptions(scenario, made),
    )


def _draw_volumes(scenario: Scenario, made: Problem, needed: Needs) -> None:
    """Refuse ranges of volumes that cannot be, before anything is searched."""
    draw.volume_sigmas(scenario, made, needed)


def _fitting(scenario: Scenario, made: Problem, needed: Needs, seed: int, first: int, size: int) -> Sample:
    """As many of these futures as memory allows, and one where all are the same."""
    if draw.is_certain(scenario, made):
        return sample(scenario, made, needed, seed, first, 1)
    months = len(made.months)
    of_one = sum(int(k + 1) * len(made.classes(t)) * months * 2 for t, k in enumerate(made.at_most))
    return sample(scenario, made, needed, seed, first, max(100, min(size, LARGEST // max(1, of_one))))


def _search(
    scenario: Scenario,
    made: Problem,
    needed: Needs,
    rule: Ints,
    seed: int,
    futures: int,
    seconds: float,
    solver: str,
    tell: Tell,
) -> tuple[Ints, Programmed, Sample, Ints | None]:
    """The best plan found (the program's, improved in many more futures than it can hold); these, and its limits."""
    began = time.perf_counter()
    small = _fitting(scenario, made, needed, seed, draw.PLANNING, PLANNED_WITH)
    small_limits = limits(small, made.miss)
    tell("finding a first plan")
    start, _ = improved(rule, small, small_limits, began + 0.2 * seconds)
    tell("solving the stochastic program")
    program = optimum(
        small,
        small_limits,
        seconds=max(1.0, 0.55 * seconds),
        gap=1e-6 if small.size == 1 else 2e-3,
        start=start,
        solver=solver,
    )
    tell("improving the plan")
    large = small if small.size == 1 else _fitting(scenario, made, needed, seed, draw.POLISHING, POLISHED_WITH)
    large_limits = limits(large, made.miss, _kept(made.miss, large.size, futures))
    known = [start] if program.hires is None else [program.hires, start]
    first = min(known, key=lambda plan: worth(plan, large, large_limits))
    best, _ = improved(first, large, large_limits, max(began + seconds, time.perf_counter() + 0.2 * seconds))
    return best, program, large, large_limits


def _kept(miss: float | None, planned: int, judged: int) -> float | None:
    """The share of misses that a plan may have in `planned` futures so that it keeps `miss` in `judged` fresh ones."""
    if miss is None or planned == 1:
        return miss
    error = (miss * (1.0 - miss) * (1.0 / planned + 1.0 / judged)) ** 0.5
    return max(0.0, float(miss - Z * error))


def _messages(made: Problem, needed: Needs, months: object, judge: Sample) -> tuple[str, ...]:
    import pandas as pd

    assert isinstance(months, pd.DataFrame)
    out = []
    late = months.loc[months["verdict"] == "out of reach", "month"].tolist()
    if late:
        out.append(
            f"No plan keeps the promise in {', '.join(late)}: even with every class full, it is missed too often. "
            "Earlier, larger classes, more overtime or temporary staff would help."
        )
    unsure = months.loc[months["verdict"].isin(("not shown", "missed")), "month"].tolist()
    if unsure:
        out.append(f"In {', '.join(unsure)} the limit is not proved to be kept; more --futures may prove it.")
    beyond = float((needed.mix @ needed.forecast).max(initial=0.0))
    if beyond > needed.scales[-1]:
        out.append(
            f"Some months have {beyond:.1f} times the scenario's workload, more than the {needed.scales[-1]:g} times "
            "at which the requirement was computed; beyond that it goes on in proportion."
        )
    return tuple(out)


def _assumptions(scenario: Scenario, made: Problem) -> tuple[str, ...]:
    asked = scenario.capacity
    assert asked is not None
    out = [
        "The requirement is that of each queue by itself for its target (Erlang A or C, as the queue says), at five"
        " volumes; groups that serve several queues make it a little smaller in truth.",
        "People of a team can work in all its groups, and hours of a month go wherever they are missing.",
        "All hires are decided now. A plan made again each month, as volumes become known, costs no more.",
        "People leave at the end of a month. People there on the first day are experienced.",
        "Nobody is dismissed; what people cost and bring after the last month does not count.",
        f"A missing hour of work is priced at {made.missing_hour:,.2f} {made.currency}"
        + ("" if asked.missing_hour is not None else ", twice the dearest hour of all teams (`missing_hour`)")
        + ".",
    ]
    if asked.shift_fit == 1.0:
        out.append("Shifts bring every hour to where it is needed (`shift_fit: 100%`); real rosters reach less.")
    if asked.miss_at_most is None and asked.missing_hour is None:
        out.append("Each month may be missed with a probability of 10% (`miss_at_most`).")
    return tuple(out)
