"""Small Markov chains in continuous time, written as moves and solved exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

import cxsim

State = TypeVar("State", bound=Hashable)


def stationary(start: State, moves: Callable[[State], Iterable[tuple[float, State]]]) -> dict[State, float]:
    """The long-run share of time in each state that can be come to from `start`; `moves` gives (rate, next state)."""
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
    balance = csc_array((rates, (rows, columns)), shape=(n, n)).tolil()
    balance[n - 1, :] = 1.0
    right = np.zeros(n)
    right[n - 1] = 1.0
    found = spsolve(balance.tocsc(), right)
    return dict(zip(states, found.tolist(), strict=True))


def mean(share: dict[State, float], of: Callable[[State], float]) -> float:
    """The long-run mean of a function of the state."""
    return math.fsum(p * of(state) for state, p in share.items())


def off(found: cxsim.Result, figure: str, name: str, right: float, scope: str = "") -> float:
    """How many standard errors a simulated figure lies from the right value, by its own 95 % interval."""
    told: Any = found.figures
    chosen = (told["figure"] == figure) & (told["name"] == name) & (told["interval"] == "total")
    if scope:
        chosen &= told["scope"] == scope
    row = told[chosen].iloc[0]
    error = (row["high"] - row["low"]) / 2.0 / 1.96
    assert error > 0.0
    return float(abs(row["value"] - right) / error)
