"""The least that one queue and one team can cost: paths through a day's numbers of agents, priced by its goals.

Goals of single intervals exclude steps. Goals over the day get prices, which the program of all mixtures of paths
finds (Dantzig and Wolfe, Operations Research 8(1), 1960); whatever the prices, the best path's value is a bound.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cxsim.erlang.vectorised import figures
from cxsim.optimizer.bounds.bound import Bound
from cxsim.optimizer.bounds.chain import Interval
from cxsim.optimizer.bounds.levels import Levels, levels_of, too_large, value
from cxsim.optimizer.bounds.queue_case import Asked, QueueCase
from cxsim.optimizer.solver.program import Builder
from cxsim.optimizer.solver.solve import solve
from cxsim.schema.service_levels import DEFAULT_SL

Floats = npt.NDArray[np.float64]

ROUNDS = 60
CLOSE = 2e-4  # of the cost, between the best bound and the mixture, at which it is enough
EPSILON = 1e-7  # of the contacts, for rounding


def one_queue(case: QueueCase) -> Bound | None:
    """The bound of a case; None where its chain is too large, or no numbers of agents meet the goals."""
    found = _steady(case) if case.steady else _day(case)
    if found is None:
        return None
    return Bound(found, "heuristic" if case.near else "rigorous", "chain", case.near)


def _steady(case: QueueCase) -> float | None:
    """The fewest agents of Erlang A or C that meet the goals."""
    rate, load = float(case.rate[0]), float(case.rate[0]) * case.handle
    agents = np.arange(float(case.low[0]), min(float(case.high[0]), load + 12.0 * math.sqrt(load) + 20.0) + 1.0)
    if not agents.size:
        return None
    same = [np.full(agents.size, one) for one in (rate, case.handle, case.patience, case.within)]
    sl, asa, lost = figures(same[0], same[1], same[2], agents, same[3], DEFAULT_SL, 0.0)
    endless = math.isinf(case.patience)
    waits = np.where(lost >= 1.0, np.inf, asa) if endless else lost * case.patience  # Little: θ · queue = lost · rate
    good = np.ones(agents.size, dtype=bool)
    for one in case.asked:
        good &= {"sl": sl >= one.share, "lost": lost <= one.share, "wait": waits <= one.share}[one.kind]
    if not good.any():
        return None
    return float(case.cost[0] * agents[int(np.argmax(good))])


def _day(case: QueueCase) -> float | None:
    if too_large(case):
        return None
    known: dict[tuple[float, ...], Interval] = {}
    levels = [levels_of(case, j, known) for j in range(len(case.rate))]
    steps = [_money(case, levels, j) for j in range(len(levels))]
    whole = [one for one in case.asked if not one.single]
    gains: list[list[Floats]] = [[] for _ in whole]
    for j, now in enumerate(levels):
        before = levels[j - 1] if case.joined[j] else None
        tables = {one.kind: value(one.kind, before, now, case.patience) for one in case.asked}
        for one in case.asked:
            gain = _gain(one, tables[one.kind], now.offered, j)
            if one.single and j in one.at:
                steps[j] = np.where(gain >= 0.0, steps[j], np.inf)
        for k, one in enumerate(whole):
            gains[k].append(_gain(one, tables[one.kind], now.offered, j))
    found = _priced(steps, gains)
    return None if found is None else _rounded(case, found)


def _money(case: QueueCase, levels: list[Levels], j: int) -> Floats:
    """Cost of the agents of an interval, and of those who leave before it: (L', L), L' = 1 at a beginning."""
    now = levels[j]
    wages = case.cost[j] * now.least[None, :]
    if not case.joined[j]:
        return wages if j == 0 else np.repeat(wages, len(levels[j - 1].least), axis=0)
    before = levels[j - 1]
    fewer = np.maximum(before.least[:, None] - now.most[None, :], 0.0)
    more = np.maximum(now.least[None, :] - before.most[:, None], 0.0)
    open_ended = now.perfect  # its last class has no upper end
    if open_ended:
        fewer[:, -1] = 0.0
    if before.perfect:
        more[-1, :] = 0.0
    return np.where(np.maximum(fewer, more) <= case.change, wages + case.leaver * fewer, np.inf)


def _gain(one: Asked, table: Floats, offered: float, j: int) -> Floats:
    """What a step adds to the slack of a goal, in contacts or contact-seconds; nothing outside its intervals."""
    if j not in one.at:
        return np.zeros((1, 1))
    sign = 1.0 if one.kind == "sl" else -1.0
    return np.asarray(sign * (table - one.share * offered) + EPSILON * offered)


def _priced(steps: list[Floats], gains: list[list[Floats]]) -> float | None:
    """The best bound over prices of the goals; None where no path meets the goals."""
    if not gains:
        cheapest = _path(steps, steps)
        return None if cheapest is None else _cost(steps, cheapest)
    first = _path(steps, [-sum(each) for each in zip(*gains, strict=True)])  # what all goals like most
    if first is None:
        return None
    paths, best = [first], -math.inf
    for _ in range(ROUNDS):
        price, above = _mixture(steps, gains, paths)
        if price is None:
            return None
        weighed = [
            step - sum(y * gain[j] for y, gain in zip(price, gains, strict=True)) for j, step in enumerate(steps)
        ]
        path = _path(steps, weighed)
        assert path is not None
        best = max(best, _cost(weighed, path))
        if above - best <= CLOSE * abs(above) or path in paths:
            break
        paths.append(path)
    return best


def _path(steps: list[Floats], weighed: list[Floats]) -> tuple[int, ...] | None:
    """The path of least weight among steps that are allowed; None without one."""
    total, back = np.zeros(1), []
    for step, weight in zip(steps, weighed, strict=True):
        reach = np.where(np.isfinite(step), total[:, None] + weight, np.inf)
        back.append(reach.argmin(axis=0))
        total = reach.min(axis=0)
    if not np.isfinite(total.min()):
        return None
    at = [int(total.argmin())]
    for came in reversed(back[1:]):
        at.append(int(came[at[-1]]))
    return tuple(reversed(at))


def _cost(tables: list[Floats], path: tuple[int, ...]) -> float:
    """What a path adds up to in tables of its steps."""
    total = 0.0
    for j, (table, now) in enumerate(zip(tables, path, strict=True)):
        row = 0 if j == 0 or table.shape[0] == 1 else path[j - 1]
        total += float(table[row, 0 if table.shape[1] == 1 else now])
    return total


def _mixture(
    steps: list[Floats], gains: list[list[Floats]], paths: list[tuple[int, ...]]
) -> tuple[Floats | None, float]:
    """Prices of the goals and the cost of the cheapest mixture of paths that meets them."""
    build = Builder()
    weight = build.columns(len(paths), "path", cost=[_cost(steps, path) for path in paths])
    for k, gain in enumerate(gains):
        build.row(weight, [_cost(gain, path) for path in paths], low=0.0, name=f"goal {k}")
    build.row(weight, 1.0, 1.0, 1.0, "one plan")
    found = solve(build.program())
    if not found.found:
        return None, math.nan
    return np.maximum(found.duals[:-1], 0.0), found.objective


def _rounded(case: QueueCase, bound: float) -> float:
    """The next cost that whole agents can have, where all intervals cost the same and nobody costs for leaving."""
    unit = float(case.cost.min())
    if case.leaver > 0.0 or unit <= 0.0 or not np.allclose(case.cost, unit, rtol=1e-12):
        return bound
    return max(bound, math.ceil(bound / unit - 1e-6) * unit)
