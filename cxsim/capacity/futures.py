"""Futures: what may become of volumes, handle times and people, drawn by address.

The error of a reason's volume is lognormal with mean 1, and so is that of handle times. Errors of a month follow those
of the month before (first-order autoregression). People leave one by one, each at an age of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.capacity.draws import children, normals, uniforms
from cxsim.capacity.needs import Needs
from cxsim.capacity.problem import Problem
from cxsim.randomness.draws import name_hash, run_key
from cxsim.scenario.model.capacity_units import month
from cxsim.tables.months import by_month

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# What a draw is for, under the key of a future.
COMMON, OWN, HANDLE, FUTURE, OLD, NEW = range(6)
AT_ONCE = 200  # people drawn at once, so that many of them need little memory
# Numbers of the first future of each use, far apart: to plan with, to polish with, to judge with.
PLANNING, POLISHING, JUDGING = 0, 1_000_000, 2_000_000


@dataclass(frozen=True, eq=False)
class Sample:
    """S futures: the hours that queues need, and how long people stay.

    `ages[t][k, c, s]` is for how many months person k of the class of month c is there, at least 1; one row for each
    person whom a class may have.
    """

    problem: Problem
    need: Floats  # (Q, M, S)
    old: Floats  # (T, M, S) people there who need not be hired any more
    old_hours: Floats  # (T, M, S) productive hours of them
    ages: tuple[npt.NDArray[np.int16], ...]

    @property
    def size(self) -> int:
        """S."""
        return int(self.need.shape[2])

    @cached_property
    def heads(self) -> tuple[tuple[Small, ...], ...]:
        """By team and month of the class: people there (K + 1, M, S) of the first k persons of the class."""
        return tuple(tuple(self._cumulated(t, c, None) for c in range(self.ages[t].shape[1])) for t in self._teams)

    @cached_property
    def able(self) -> tuple[tuple[Small, ...], ...]:
        """As `heads`: their productive hours."""
        given = self.problem.productivity
        return tuple(tuple(self._cumulated(t, c, given[t]) for c in range(self.ages[t].shape[1])) for t in self._teams)

    @property
    def _teams(self) -> range:
        return range(len(self.problem.teams))

    def _cumulated(self, t: int, c: int, productivity: Floats | None) -> Small:
        ages, m = self.ages[t][:, c], len(self.problem.months)
        out = np.zeros((len(ages) + 1, m, self.size), dtype=np.float32)
        if c not in self.problem.classes(t):
            return out
        for j in range(m - c):
            there = np.cumsum(ages > j, axis=0)
            weight = 1.0 if productivity is None else productivity[j] * self.problem.hours[t, c + j]
            out[1:, c + j] = weight * there
        return out


def sample(scenario: Scenario, problem: Problem, needs: Needs, seed: int, first: int, size: int) -> Sample:
    """`size` futures, beginning with number `first`; the same whatever else is asked."""
    root = np.array([run_key(seed, first + k) for k in range(size)], dtype=np.uint64)
    need = needs.hours(loads(scenario, problem, needs, root))
    t_all, m = len(problem.teams), len(problem.months)
    old, old_hours = np.zeros((t_all, m, size)), np.zeros((t_all, m, size))
    ages = []
    for t, name in enumerate(problem.teams):
        own = children(root, int(name_hash(f"team {name}") >> np.uint64(1)))
        _add(old[t], old_hours[t], problem, t, own, int(problem.people[t]), -1)
        for c in np.flatnonzero(problem.joining[t]):
            _add(old[t], old_hours[t], problem, t, own, int(problem.joining[t, c]), int(c))
        keys = children(children(own, NEW)[None, None, :], np.arange(m)[None, :, None])
        keys = children(keys, np.arange(problem.at_most[t])[:, None, None])
        ages.append(_ages(uniforms(keys, NEW), problem.stay[t]))
    return Sample(problem, need, old, old_hours, tuple(ages))


def _add(old: Floats, hours: Floats, problem: Problem, t: int, own: npt.NDArray[np.uint64], n: int, c: int) -> None:
    """Add n people who were there before the plan (c = -1, experienced) or have signed for month c."""
    stay, begin = problem.stay_old[t] if c < 0 else problem.stay[t], max(c, 0)
    for some in range(0, n, AT_ONCE):
        people = np.arange(some, min(some + AT_ONCE, n))
        keys = children(children(children(own, OLD), c + 1)[None, :], people[:, None])
        ages = _ages(uniforms(keys, OLD), stay)
        for j in range(len(problem.months) - begin):
            there = (ages > j).sum(axis=0)
            old[begin + j] += there
            hours[begin + j] += there * problem.hours[t, begin + j] * (1.0 if c < 0 else problem.productivity[t, j])


def _ages(u: Floats, stay: Floats) -> npt.NDArray[np.int16]:
    """In how many months a person is there: the number of j with u < stay[j]."""
    return np.asarray(np.searchsorted(-stay, -u, side="left"), dtype=np.int16)


def loads(scenario: Scenario, problem: Problem, needs: Needs, root: npt.NDArray[np.uint64]) -> Floats:
    """The workload (R, M, S) of each reason as a multiple of the scenario's."""
    asked = scenario.capacity
    assert asked is not None
    given, m = asked.uncertainty, len(problem.months)
    rho, between = given.month_to_month, given.between_reasons
    common = _followed(root, COMMON, m, rho)
    own = [_followed(children(root, int(name_hash(name) >> np.uint64(1))), OWN, m, rho) for name in needs.reasons]
    cross = given.volume_and_handle_time
    handle = cross * common + math.sqrt(1.0 - cross**2) * _followed(root, HANDLE, m, rho)
    sigma_handle = math.sqrt(math.log1p(given.handle_time**2))
    factor = np.exp(sigma_handle * handle - 0.5 * sigma_handle**2)
    out = np.empty((len(needs.reasons), m, root.size))
    spread = volume_sigmas(scenario, problem, needs)
    for r in range(len(needs.reasons)):
        z = math.sqrt(between) * common + math.sqrt(1.0 - between) * own[r]
        sigma = spread[r][:, None]
        out[r] = needs.forecast[r][:, None] * np.exp(sigma * z - 0.5 * sigma**2)
    return np.asarray(out * factor * _futures(scenario, problem, root))


def volume_sigmas(scenario: Scenario, problem: Problem, needs: Needs) -> Floats:
    """The standard deviation (R, M) of the logarithm of each volume: by its own range in the file, or by the CV."""
    from scipy.special import ndtri

    asked = scenario.capacity
    assert asked is not None
    given = asked.uncertainty
    out = np.full(needs.forecast.shape, math.sqrt(math.log1p(given.volume**2)))
    table = None if asked.file is None or given.range is None else scenario.table(asked.file, asked.sheet)
    for r, name in enumerate(needs.reasons):
        ends = [] if table is None else [table.find(f"{name} {end}") for end in ("low", "high")]
        if table is None or not ends or not all(ends):
            continue
        low, high = (by_month(table, str(end), problem.months) for end in ends)
        if not ((low > 0.0) & (high >= low)).all():
            k = int(np.flatnonzero(~((low > 0.0) & (high >= low)))[0])
            raise ValueError(
                f"{asked.file}: {name} in {problem.labels[k]} has a range from {low[k]:g} to {high[k]:g}; "
                "write a low above 0 and a high that is not below it"
            )
        out[r] = np.log(high / low) / (2.0 * float(ndtri(0.5 + 0.5 * float(given.range or 0.0))))
    return out


def _followed(keys: npt.NDArray[np.uint64], purpose: int, months: int, rho: float) -> Floats:
    """Standard normal errors (M, S), each correlated by rho with that of the month before."""
    fresh = normals(children(keys[None, :], np.arange(months)[:, None]), 10 + purpose)
    out = fresh.copy()
    for k in range(1, months):
        out[k] = rho * out[k - 1] + math.sqrt(1.0 - rho**2) * fresh[k]
    return out


def _futures(scenario: Scenario, problem: Problem, root: npt.NDArray[np.uint64]) -> Floats:
    """The factor (M, S) of the future that is drawn for each."""
    asked = scenario.capacity
    assert asked is not None
    out = np.ones((len(problem.months), root.size))
    upto, u = 0.0, uniforms(root, FUTURE)
    for future in asked.futures.values():
        mine = (u >= upto) & (u < upto + future.share)
        upto += future.share
        begin = problem.months.index(month(future.since)) if future.since else 0
        out[begin:, mine] *= future.volume * future.handle_time
    return out


def expected_load(scenario: Scenario, problem: Problem, needs: Needs) -> Floats:
    """The mean workload (R, M): the forecast, and the mean of the futures."""
    asked = scenario.capacity
    assert asked is not None
    out = needs.forecast.copy()
    factor = np.ones(len(problem.months)) if not asked.futures else np.zeros(len(problem.months))
    for future in asked.futures.values():
        begin = problem.months.index(month(future.since)) if future.since else 0
        own = np.ones(len(problem.months))
        own[begin:] = future.volume * future.handle_time
        factor += future.share * own
    return out * factor


def is_certain(scenario: Scenario, problem: Problem) -> bool:
    """Whether all futures are the same."""
    asked = scenario.capacity
    assert asked is not None
    given = asked.uncertainty
    people = (problem.stay == 1.0).all() and (problem.stay_old == 1.0).all()
    return bool(
        people and given.volume == 0.0 and given.handle_time == 0.0 and given.range is None and len(asked.futures) < 2
    )
