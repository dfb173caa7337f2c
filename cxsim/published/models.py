"""Exact figures of small scenarios by Markov chains that share no code with the engines.

Each function takes a scenario and returns figures as {(figure, scope, name): value}. A queue is cut where it is so
long for less than 1e-5 of the time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cxsim.erlang.formulas import steady
from cxsim.published.chains import mean, plus, stationary
from cxsim.published.design import design
from cxsim.published.formulas import TOTAL, Figures, Key

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Counts = tuple[int, ...]
Moves = Iterator[tuple[float, Counts]]
CUT = 1e-5
ORBIT = 32  # contacts that will come again, where the chain is cut


def skills(scenario: Scenario) -> Figures:
    """Any small design with orders, ranks and reserves: contacts waiting by queue, agents busy by skill."""
    d = design(scenario)
    pairs, kinds = list(d.talk), len(d.rates)

    def idle(state: Counts, g: int) -> int:
        return d.agents[g] - sum(n for n, (_, group) in zip(state[kinds:], pairs, strict=True) if group == g)

    def moves(state: Counts) -> Moves:
        for q, rate in enumerate(d.rates):
            g = next((g for g in d.order[q] if idle(state, g) > d.reserve[q, g]), None)
            if g is not None:
                yield rate, plus(state, kinds + pairs.index((q, g)), 1)
            elif state[q] < most:
                yield rate, plus(state, q, 1)
            if state[q]:
                yield state[q] / d.patience[q], plus(state, q, -1)
        for k, pair in enumerate(pairs):
            if not state[kinds + k]:
                continue
            left, g = plus(state, kinds + k, -1), pair[1]
            taken = next((q for q in d.rank[g] if left[q] and idle(left, g) > d.reserve[q, g]), None)
            after = left if taken is None else plus(plus(left, taken, -1), kinds + pairs.index((taken, g)), 1)
            yield state[kinds + k] / d.talk[pair], after

    for most in (9, 14, 20, 30):
        share = stationary(_empty(kinds + len(pairs)), moves)
        if mean(share, lambda s: max(s[:kinds]) >= most) < CUT:  # noqa: B023
            break
    found: dict[Key, float] = {}
    for q, name in enumerate(d.queues):
        length = _at(share, lambda s, q=q: s[q])
        found["queue_length", "queue", name] = length
        found["abandoned_share", "queue", name] = length / d.patience[q] / d.rates[q]
    for g, name in enumerate(d.groups):
        found["occupancy", "group", name] = 1.0 - _at(share, lambda s, g=g: idle(s, g)) / d.agents[g]
    return found


def _empty(size: int) -> Counts:
    """Nobody anywhere."""
    return (0,) * size


def _at(share: dict[Counts, float], of: Callable[..., float]) -> float:
    return mean(share, of)


def queue_ratio(scenario: Scenario) -> Figures:
    """Two queues, one group: a free agent takes the queue furthest above its share of all who wait."""
    d = design(scenario)
    n, talk = d.agents[0], d.talk[0, 0]
    weights = [float(scenario.routing.weights[name]) for name in d.queues]
    parts = [weight / sum(weights) for weight in weights]
    most = 30 + 3 * int(math.sqrt(n)) + n // 4

    def moves(state: Counts) -> Moves:
        busy, *waiting = state
        for q, rate in enumerate(d.rates):
            if busy < n:
                yield rate, plus(state, 0, 1)
            elif waiting[q] < most:
                yield rate, plus(state, 1 + q, 1)
            if waiting[q]:
                yield waiting[q] / d.patience[q], plus(state, 1 + q, -1)
        total = sum(waiting)
        if total:
            over = [waiting[q] - parts[q] * total if waiting[q] else -math.inf for q in range(2)]
            yield busy / talk, plus(state, 1 + over.index(max(over)), -1)
        elif busy:
            yield busy / talk, plus(state, 0, -1)

    share = stationary(_empty(3), moves)
    return {("queue_length", "queue", name): _at(share, lambda s, q=q: s[1 + q]) for q, name in enumerate(d.queues)}


def queue_ratio_limit(scenario: Scenario) -> Figures:
    """What lengths tend to in large centers: fixed parts of all who wait, however many these are."""
    exact = queue_ratio(scenario)
    weights = {name: float(weight) for name, weight in scenario.routing.weights.items()}
    total, whole = sum(exact.values()), sum(weights.values())
    return {key: total * weights[key[2]] / whole for key in exact}


def inverted_v(scenario: Scenario) -> Figures:
    """One queue, two groups of other speed and resolution; unresolved contacts come again after a delay.

    State: agents busy in each group, waiting, and contacts still to come again. With `random` any idle agent is as
    likely; otherwise one group goes first.
    """
    d = design(scenario)
    again = next(iter(scenario.reasons.values())).after_contact.unresolved
    delay, comes = again.delay.mean, again.repeat
    rule, first = scenario.routing.agent, d.order[0][0]
    score = {
        "fastest": lambda g: 1.0 / d.talk[0, g],
        "resolve_first": lambda g: d.solves[0, g],
        "p_mu": lambda g: d.solves[0, g] / d.talk[0, g],
    }.get(rule, lambda g: float(g == first))

    def begins(state: Counts, rate: float) -> Moves:
        idle = [d.agents[g] - state[g] for g in (0, 1)]
        if not any(idle):
            if state[2] < most:
                yield rate, plus(state, 2, 1)
        elif rule == "random":
            for g in (0, 1):
                yield rate * idle[g] / sum(idle), plus(state, g, 1)
        else:
            yield rate, plus(state, max((g for g in (0, 1) if idle[g]), key=score), 1)

    def moves(state: Counts) -> Moves:
        yield from begins(state, d.rates[0])
        if state[3]:
            yield from begins(plus(state, 3, -1), state[3] / delay)
        for g in (0, 1):
            rate, lost = state[g] / d.talk[0, g], (1.0 - d.solves[0, g]) * comes
            left = plus(state, 2, -1) if state[2] else plus(state, g, -1)
            yield rate * (1.0 - lost), left
            yield rate * lost, plus(left, 3, 1) if state[3] < ORBIT else left

    for most in (40, 80, 240):
        share = stationary(_empty(4), moves)
        if mean(share, lambda s: s[2] >= most) < CUT:  # noqa: B023
            break
    answered = [_at(share, lambda s, g=g: s[g]) / d.talk[0, g] for g in (0, 1)]
    found: dict[Key, float] = {("wait_mean", *TOTAL): _at(share, lambda s: s[2]) / sum(answered)}
    for g, name in enumerate(d.groups):
        found["occupancy", "group", name] = _at(share, lambda s, g=g: s[g]) / d.agents[g]
    if comes:
        found["fcr_true", *TOTAL] = sum(answered[g] * d.solves[0, g] for g in (0, 1)) / sum(answered)
    return found


def redials(scenario: Scenario) -> Figures:
    """One queue, one group; those who hang up redial, and those not resolved call again (Ding et al. 2015)."""
    d = design(scenario)
    n, rate, patience = d.agents[0], d.rates[0], d.patience[0]
    talk, unresolved = d.talk[0, 0], 1.0 - d.solves[0, 0]
    after = next(iter(scenario.reasons.values())).after_contact
    back, repeat = after.abandoned, after.unresolved
    most, orbit, later = n + 34, 16, 24

    def moves(state: Counts) -> Moves:
        inside, hung_up, unsolved = state
        if inside < most:
            yield rate, plus(state, 0, 1)
            yield hung_up / back.delay.mean, (inside + 1, max(hung_up - 1, 0), unsolved)
            yield unsolved / repeat.delay.mean, (inside + 1, hung_up, max(unsolved - 1, 0))
        lost = max(0, inside - n) / patience
        yield lost * (1.0 - back.redial), (max(inside - 1, 0), hung_up, unsolved)
        yield lost * back.redial, (max(inside - 1, 0), min(hung_up + 1, orbit), unsolved)
        ends = min(inside, n) / talk
        yield ends * (1.0 - unresolved * repeat.repeat), (max(inside - 1, 0), hung_up, unsolved)
        yield ends * unresolved * repeat.repeat, (max(inside - 1, 0), hung_up, min(unsolved + 1, later))

    share = stationary(_empty(3), moves)
    offered = rate + _at(share, lambda s: s[1] / back.delay.mean + s[2] / repeat.delay.mean)
    waiting = _at(share, lambda s: max(0, s[0] - n))
    return {
        ("queue_length", *TOTAL): waiting,
        ("wait_mean", *TOTAL): waiting / offered,
        ("abandoned_share", *TOTAL): waiting / patience / offered,
        ("occupancy", *TOTAL): _at(share, lambda s: min(s[0], n)) / n,
    }


def redials_by_fluid(scenario: Scenario) -> Figures:
    """The usual shortcut: the fluid's rate of all calls, and Erlang A for it. An approximation that is too low.

    All calls x solve x = λ + p (x - s μ) + q s μ, where x > s μ (overloaded); else x = λ / (1 - q).
    """
    d = design(scenario)
    after = next(iter(scenario.reasons.values())).after_contact
    p, q = after.abandoned.redial, (1.0 - d.solves[0, 0]) * after.unresolved.repeat
    full = d.agents[0] / d.talk[0, 0]
    calls = d.rates[0] / (1.0 - q)
    if calls > full:
        calls = (d.rates[0] + (q - p) * full) / (1.0 - p)
    state = steady(calls, d.talk[0, 0], d.agents[0], patience=d.patience[0])
    return {("abandoned_share", *TOTAL): state.abandoned, ("wait_mean", *TOTAL): state.wait_mean}


def callbacks(scenario: Scenario) -> Figures:
    """One queue in which callers and callbacks keep their places: the agents who talk and dial, and who waits in order.

    A callback is offered to a caller whose expected wait, (waiting + 1) talk ⁄ agents, is longer than `over`.
    """
    d = design(scenario)
    name = d.queues[0]
    queue = scenario.queues[name]
    offer, n, talk, places = queue.callback, d.agents[0], d.talk[0, 0], queue.capacity or 8
    State = tuple[int, int, str]  # talking, dialling, who waits: c on the line, b at home; the first one first

    def moves(state: State) -> Iterator[tuple[float, State]]:
        talking, dialling, line = state
        if talking + dialling < n:
            yield d.rates[0], (talking + 1, dialling, line)
        elif len(line) < places:
            share = offer.accepted if offer is not None and (len(line) + 1) * talk / n > offer.over else 0.0
            yield d.rates[0] * share, (talking, dialling, line + "b")
            yield d.rates[0] * (1.0 - share), (talking, dialling, line + "c")
        for k, kind in enumerate(line):
            if kind == "c":
                yield 1.0 / d.patience[0], (talking, dialling, line[:k] + line[k + 1 :])
        if talking:
            yield talking / talk, _next(talking - 1, dialling, line)
        if dialling and offer is not None:
            yield dialling / offer.dial.mean, (talking + 1, dialling - 1, line)

    share = stationary((0, 0, ""), moves)
    on_line = mean(share, lambda s: s[2].count("c"))
    blocked = mean(share, lambda s: s[0] + s[1] == n and len(s[2]) == places)
    dialled = mean(share, lambda s: s[1]) / offer.dial.mean if offer else 0.0  # they leave the queue as callbacks
    found: dict[Key, float] = {
        ("abandoned_share", "queue", name): on_line / d.patience[0] / (d.rates[0] * (1.0 - blocked) - dialled),
        ("blocked_share", "queue", name): blocked,
        ("queue_length", "queue", name): mean(share, lambda s: len(s[2])),
        ("occupancy", "group", d.groups[0]): mean(share, lambda s: s[0] + s[1]) / n,
    }
    if offer is not None:
        home = mean(share, lambda s: s[2].count("b"))
        found["callback_wait", "queue", name] = home / dialled + offer.dial.mean
    return found


def _next(talking: int, dialling: int, line: str) -> tuple[int, int, str]:
    """An agent is free: takes the first of those who wait."""
    if not line:
        return talking, dialling, line
    return (talking + 1, dialling, line[1:]) if line[0] == "c" else (talking, dialling + 1, line[1:])
