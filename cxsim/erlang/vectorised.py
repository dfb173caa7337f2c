"""Erlang C and A for many queues and intervals at once: `cxsim.erlang.formulas` in compiled form.

The same model and the same continuation to fractional agents as there, for queues without a limit of lines.
The incomplete beta functions of the waits are summed along the states by their recurrence
I(a+1, b) = I(a, b) - x^a (1-x)^b / (a B(a, b)). Inside, time is counted in handle times.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxsim.erlang.formulas import erlang_b
from cxsim.jit.decorators import compiled, inner
from cxsim.schema.service_levels import GONE_MET, OF_ANSWERED, SL_NAMES, WITHOUT_GONE, WITHOUT_SHORT

Floats = NDArray[np.float64]

# Whoever waits this many handle times on average is taken to wait for ever, and a queue that is longer than
# so many contacts to be as long as it is on average (its fluid limit).
_FOR_EVER: Final = 1e4
_FLUID: Final = 2e4
_MOST_AGENTS: Final = 10_000_000
_CERTAIN: Final = 1 - 1e-9  # the share taken for one of 100 %, which no number of agents reaches


def figures(
    rate: Floats,
    handle_time: Floats,
    patience: Floats,
    agents: Floats,
    within: Floats,
    definition: str,
    short: float,
) -> tuple[Floats, Floats, Floats]:
    """SL, ASA (s) and the share abandoned, for each element of arrays of one length.

    `rate` contacts per second, times in seconds, `patience` infinite for Erlang C, `agents` any real number
    from 0, `short` the seconds of a short abandon. Without patience and with too few agents the SL is 0 and
    the ASA infinite.
    """
    load = rate * handle_time
    parts = zip(load.tolist(), (agents - np.floor(agents)).tolist(), strict=True)
    begin = np.array([1 / erlang_b(a, n) if n > 0 else 1.0 for a, n in parts], dtype=np.float64)
    out = np.empty((3, load.size))
    ratio, limit, brief = _in_handle_times(handle_time, patience, within, short)
    _fill(load, agents, begin, ratio, limit, brief, SL_NAMES.index(definition), out)
    return out[0], out[1] * handle_time, out[2]


def least_agents(
    rate: Floats,
    handle_time: Floats,
    patience: Floats,
    share: Floats,
    within: Floats,
    definition: str,
    short: float,
) -> Floats:
    """The fewest whole agents, 1 or more, whose SL is at least `share`; arguments as in `figures`."""
    out = np.empty(rate.size)
    ratio, limit, brief = _in_handle_times(handle_time, patience, within, short)
    goal = np.minimum(share, _CERTAIN)
    _search(rate * handle_time, goal, ratio, limit, brief, SL_NAMES.index(definition), out)
    return out


def _in_handle_times(
    handle_time: Floats, patience: Floats, within: Floats, short: float
) -> tuple[Floats, Floats, Floats]:
    ratio = handle_time / np.maximum(patience, 1e-6 * handle_time)
    return np.where(ratio < 1 / _FOR_EVER, 0.0, ratio), within / handle_time, short / handle_time


@compiled
def _fill(load, agents, begin, ratio, within, short, definition, out):
    for k in range(load.size):
        inverse = _inverse_b(load[k], agents[k], begin[k])
        answered, asa, _, _ = _state(load[k], agents[k], inverse, ratio[k], within[k])
        out[0, k] = _sl(load[k], agents[k], inverse, ratio[k], within[k], short[k], definition)
        out[1, k] = asa
        out[2, k] = 0.0 if ratio[k] == 0.0 else 1.0 - answered


@compiled
def _search(load, share, ratio, within, short, definition, out):
    """By doubled steps from the load on, then by halves: the SL rises with the agents."""
    for k in range(load.size):
        cell = (load[k], ratio[k], within[k], short[k], definition, share[k])
        low, high, step = 0, max(1, math.ceil(load[k])), 1
        while high < _MOST_AGENTS and not _meets(high, cell):
            low, high, step = high, high + step, 2 * step
        step = 1
        while low == 0 and high > 1:
            middle = max(1, high - step)
            if _meets(middle, cell):
                high, step = middle, 2 * step
            else:
                low = middle
        while high - low > 1:
            middle = (low + high) // 2
            if _meets(middle, cell):
                high = middle
            else:
                low = middle
        out[k] = high if high < _MOST_AGENTS else math.nan


@inner
def _meets(whole, cell):
    load, ratio, within, short, definition, share = cell
    agents = float(whole)
    return _sl(load, agents, _inverse_b(load, agents, 1.0), ratio, within, short, definition) >= share


@inner
def _sl(load, agents, inverse, ratio, within, short, definition):
    answered, _, met, gone = _state(load, agents, inverse, ratio, within)
    of = 1.0
    if definition == OF_ANSWERED:
        of = answered
    elif definition == GONE_MET:
        met += gone
    elif definition == WITHOUT_GONE:
        of -= gone
    elif definition == WITHOUT_SHORT:
        of -= _state(load, agents, inverse, ratio, short)[3]
    return min(1.0, met / of) if of > 0.0 else math.nan


@inner
def _inverse_b(load, agents, begin):
    """1/B for load > 0 (`erlang._inverse_b`); `begin` is 1/B of the fraction of `agents` alone."""
    whole = math.floor(agents)
    fraction = agents - whole
    reach = min(agents, load)
    skip = max(0, math.floor(reach - 10.0 * math.sqrt(reach) - 50.0))
    inverse = 1.0 if skip > 0 else begin
    for k in range(skip + 1, whole + 1):
        inverse = 1.0 + (fraction + k) / load * inverse
        if inverse == math.inf:
            break
    return inverse


@inner
def _state(load, agents, inverse, ratio, within):
    """Share answered, ASA, shares answered and abandoned within a time; `ratio` 0 is Erlang C."""
    if agents == 0:
        return 0.0, math.inf if ratio == 0.0 else math.nan, 0.0, -math.expm1(-ratio * within)
    if ratio == 0.0:
        if load >= agents:
            return agents / load, math.inf, 0.0, 0.0
        wait, spare = agents / (agents + (agents - load) * (inverse - 1.0)), agents - load
        return 1.0, wait / spare, 1.0 - wait * math.exp(-spare * within), 0.0
    if inverse == math.inf:
        return 1.0, 0.0, 1.0, 0.0
    mode = (load - agents) / ratio
    if mode > _FLUID:
        wait = math.log(load / agents) / ratio
        answered = agents / load
        return answered, wait, answered if wait <= within else 0.0, -math.expm1(-ratio * min(within, wait))
    return _with_queue(load, agents, inverse, ratio, within, mode)


@inner
def _with_queue(load, agents, inverse, ratio, within, mode):
    """Erlang A: sums over the states with 0, 1, … waiting, relative to the state with none."""
    weight, idle = 1.0, inverse - 1.0
    total, answered, waits, in_time, over = idle, 0.0, 0.0, 0.0, 0.0
    x = -math.expm1(-ratio * within)
    # Whoever waits sees 1, 2, … departures ahead of him within the time: `served` as far as he has not given
    # up, `passed` as if he never did.
    served, passed = -math.expm1(-within * (agents + ratio)), -math.expm1(-within * agents)
    odds, floor = agents / ratio, math.log(x * agents / ratio) - within * agents if x > 0.0 else 0.0
    first = floor + math.log1p(1.0 / odds) - within * ratio
    served_step, served_log = (_awake(first), first) if x > 0.0 else (0.0, 0.0)
    passed_step, passed_log = (_awake(floor), floor) if x > 0.0 else (0.0, 0.0)
    wait, ahead = 0.0, 1
    while True:
        leaving = agents + ahead * ratio
        stay = weight * agents / leaving
        wait += 1.0 / leaving
        total += weight
        answered += stay
        waits += stay * wait
        in_time += stay * served
        over += weight * (1.0 - passed)
        if ahead > mode and weight < 1e-17 * total:
            break
        weight *= load / leaving
        served -= max(0.0, served_step)
        passed -= max(0.0, passed_step)
        served_step, served_log = _next(served_step, served_log, x * (ahead + odds + 1.0) / (ahead + 1.0))
        passed_step, passed_log = _next(passed_step, passed_log, x * (ahead + odds) / (ahead + 1.0))
        ahead += 1
        if total > 1e200:
            weight, idle, total, answered = weight * 1e-200, idle * 1e-200, total * 1e-200, answered * 1e-200
            waits, in_time, over = waits * 1e-200, in_time * 1e-200, over * 1e-200
    gone = 1.0 - (idle + in_time) / total - math.exp(-ratio * within) * over / total
    served_at_all = idle + answered
    return served_at_all / total, waits / served_at_all, (idle + in_time) / total, max(0.0, gone)


@inner
def _awake(log):
    """A number from its logarithm; -1 stands for one that is still too small for a float."""
    return math.exp(log) if log > -600.0 else -1.0


@inner
def _next(step, log, factor):
    if step >= 0.0:
        return step * factor, log
    log += math.log(factor)
    return _awake(log), log
