"""Small Markov chains in continuous time, written as moves and solved exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import numpy as np

State = TypeVar("State", bound=Hashable)


def stationary(start: State, moves: Callable[[State], Iterable[tuple[float, State]]]) -> dict[State, float]:
    """The long-run share of time in each state that can be reached from `start`; `moves` gives (rate, next state)."""
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    number, states = {start: 0}, [start]
    rows, columns, rates = [], [], []
    for state in states:
        for rate, to in moves(state):
            if rate <= 0.0:
                continue
            if to not in number:
                number[to] = len(states)
                states.append(to)
            rows += [number[to], number[state]]
            columns += [number[state], number[state]]
            rates += [rate, -rate]
    n = len(states)
    balance = csc_array((rates, (rows, columns)), shape=(n, n))
    # The first state weighs 1 and the others follow: no dense row of ones, so that the factors stay sparse.
    factors = splu(balance[1:, 1:].tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    weights = np.concatenate([[1.0], factors.solve(-balance[1:, [0]].toarray()[:, 0])])
    return dict(zip(states, (weights / weights.sum()).tolist(), strict=True))


def mean(share: dict[State, float], of: Callable[[State], float]) -> float:
    """The long-run mean of a function of the state."""
    return math.fsum(p * of(state) for state, p in share.items())


def plus(counts: tuple[int, ...], at: int, by: int) -> tuple[int, ...]:
    """The counts with one of them changed."""
    return (*counts[:at], counts[at] + by, *counts[at + 1 :])
