"""The rule of thumb: mean volume ÷ productivity, and as many hires as replace who leaves on average."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.capacity.futures import Sample, expected_load
from cxsim.capacity.needs import Needs
from cxsim.capacity.problem import Problem
from cxsim.capacity.program import most_hires, optimum

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Ints = npt.NDArray[np.int64]
WAGES = 1e3  # an hour that is missing costs so many times the dearest hour: the rule meets the mean wherever it can
MOST_BUFFER = 40  # %


class _Averages(Sample):
    """One future in which everything is at its mean, so that a part of a person may be there."""

    def _cumulated(self, t: int, c: int, productivity: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float32]:
        problem, m = self.problem, len(self.problem.months)
        out = np.zeros((problem.at_most[t] + 1, m, 1), dtype=np.float32)
        if c not in problem.classes(t):
            return out
        there = problem.stay[t, : m - c]
        if productivity is not None:
            there = there * problem.trained[t, : m - c] * problem.hours[t, c:]
        out[:, c:, 0] = np.arange(problem.at_most[t] + 1)[:, None] * there
        return out


def averages(scenario: Scenario, problem: Problem, needs: Needs, buffer: float = 0.0) -> Sample:
    """The one future that the rule of thumb plans for, with a buffer on its need."""
    need = (1.0 + buffer) * needs.average(expected_load(scenario, problem, needs))[:, :, None]
    m = len(problem.months)
    old, hours = np.zeros((len(problem.teams), m, 1)), np.zeros((len(problem.teams), m, 1))
    for t in range(len(problem.teams)):
        old[t, :, 0] += problem.people[t] * problem.stay_old[t]
        hours[t, :, 0] += problem.people[t] * problem.stay_old[t] * problem.hours[t]
        for c in np.flatnonzero(problem.joining[t]):
            there = problem.joining[t, c] * problem.stay[t, : m - c]
            old[t, c:, 0] += there
            hours[t, c:, 0] += there * problem.trained[t, : m - c] * problem.hours[t, c:]
    none = tuple(np.zeros((int(k), m, 1), dtype=np.int16) for k in problem.at_most)
    return _Averages(problem, need, old, hours, none)


def rule_of_thumb(
    scenario: Scenario, problem: Problem, needs: Needs, seconds: float | None = None, buffer: float = 0.0
) -> Ints:
    """The hires (T, M) of the rule: the cheapest that cover the mean need by experienced people, without overtime.

    The rule knows lead times and the length of training, so that people are there when they are needed. It does not
    know the ramp-up, uncertainty or economies of scale. `buffer` is a share added to the need.
    """
    dearest = max(float(problem.pay.max(initial=0.0)), float(problem.hire_cost.max(initial=0.0)), 1.0)
    plain = replace(
        problem,
        overtime=np.zeros_like(problem.overtime),
        temps=np.zeros_like(problem.temps),
        missing_hour=WAGES * dearest,
    )
    found = optimum(averages(scenario, plain, needs, buffer), None, seconds=seconds, gap=1e-3)
    return most_hires(problem) if found.hires is None else found.hires


def with_buffer(
    scenario: Scenario, problem: Problem, needs: Needs, keeps: Callable[[Ints], bool], seconds: float
) -> tuple[float, Ints] | None:
    """The smallest buffer, in steps of 1 %, with which the rule's hires keep the limits, and these hires; or None."""
    low, high, found = 0, MOST_BUFFER + 1, None
    while high - low > 1:
        middle = (low + high) // 2
        hires = rule_of_thumb(scenario, problem, needs, seconds, middle / 100)
        if keeps(hires):
            high, found = middle, (middle / 100, hires)
        else:
            low = middle
    return found
