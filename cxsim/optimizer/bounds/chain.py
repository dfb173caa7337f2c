"""One queue and one team over one interval: the birth-death chain of contacts in the system (Erlang A or C).

A state is the number N of contacts that wait or are with the team: arrivals at `rate`, departures at
min(N, n) ÷ handle time + (N - n)⁺ ÷ patience. Everything is computed by uniformization, for many n at once, and is what
an interval can give at best: see `docs/explanation/decisions/0027-bounds.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc, pdtr, pdtrc

Floats = npt.NDArray[np.float64]

SETTLED = 1e-10  # difference between states, or between steps, below which a chain has forgotten how it began


@dataclass(frozen=True)
class Queue:
    """One queue during an interval: contacts/s, mean handle time, mean patience (infinite for none), threshold; s."""

    rate: float
    handle: float
    patience: float
    within: float


@dataclass(frozen=True, eq=False)
class Interval:
    """What n agents (row) give in an interval that begins with N contacts in the system (column).

    `in_time` expected contacts that arrive in the interval and are answered in time, from above; `waited` expected
    contact-seconds of waiting in it, from below. `ended` is the distribution of N at the end if it began empty.
    """

    in_time: Floats
    waited: Floats
    ended: Floats


def answered_within(queue: Queue, agents: Floats, states: int) -> Floats:
    """The chance (agents, N) that an arrival who meets N contacts, N < states, is answered in time.

    Whoever finds all n busy waits for N - n + 1 departures of those ahead and stays as long. The times of these
    departures are those of order statistics, so that the chance is an incomplete beta function.
    """
    n = np.asarray(agents, dtype=np.float64)[:, None]
    ahead = np.arange(states)[None, :] - n  # waiting ahead
    waits = ahead >= 0.0
    place = np.where(waits, ahead, 0.0) + 1.0
    staffed = np.maximum(n, 1e-300)
    if math.isinf(queue.patience):
        chance = gammainc(place, staffed * queue.within / queue.handle)
    else:
        odds = staffed * queue.patience / queue.handle
        share = -math.expm1(-queue.within / queue.patience)
        chance = odds / (odds + place) * betainc(place, odds + 1.0, share)
    return np.where(waits, np.where(n > 0.0, chance, 0.0), 1.0)


def interval(queue: Queue, agents: Floats, seconds: float, states: int) -> Interval:
    """What each number of agents gives in an interval of so many seconds; fewer than `states` contacts in the system.

    Arrivals beyond are turned away, so that there are never more contacts than in truth. Who arrives less than the
    threshold before the end is taken to be answered in time, since more agents may come then.
    """
    n = np.asarray(agents, dtype=np.float64)[:, None]
    number = np.arange(states)[None, :].astype(np.float64)
    waiting = np.maximum(number - n, 0.0)
    down = np.minimum(number, n) / queue.handle + waiting / queue.patience
    up = np.full((len(n), states), queue.rate)
    up[:, -1] = 0.0
    pace = 1.02 * (up + down).max(axis=1, keepdims=True)
    steps = up / pace, down / pace
    early = max(0.0, seconds - queue.within)
    met = _integral(answered_within(queue, agents, states), steps, pace[:, 0], early)
    waited = _integral(waiting, steps, pace[:, 0], seconds)
    return Interval(
        in_time=queue.rate * (met + (seconds - early)),
        waited=waited,
        ended=_ended(steps, pace[:, 0], seconds),
    )


def _integral(value: Floats, steps: tuple[Floats, Floats], pace: Floats, seconds: float) -> Floats:
    """∫ E[value(N(t))] dt over the seconds, by starting state: the tails of Poisson counts weigh the chain's powers."""
    up, down = steps
    stay = 1.0 - up - down
    out, now, ahead, part = np.zeros_like(value), value.copy(), np.empty_like(value), np.empty_like(value)
    scale = max(float(np.abs(value).max()), 1e-300)
    counts = pdtrc(np.arange(_most(pace, seconds))[:, None], pace * seconds) / pace
    spent = np.zeros(len(value))
    for k, weight in enumerate(counts):
        out += np.multiply(weight[:, None], now, out=part)
        spent += weight
        if k % 16 == 0 and float((now.max(axis=1) - now.min(axis=1)).max()) < SETTLED * scale:
            break
        np.multiply(stay, now, out=ahead)
        ahead[:, :-1] += np.multiply(up[:, :-1], now[:, 1:], out=part[:, :-1])
        ahead[:, 1:] += np.multiply(down[:, 1:], now[:, :-1], out=part[:, 1:])
        now, ahead = ahead, now
    return out + np.maximum(seconds - spent, 0.0)[:, None] * now


def _ended(steps: tuple[Floats, Floats], pace: Floats, seconds: float) -> Floats:
    """The distribution of N after so many seconds, begun with nobody."""
    up, down = steps
    stay = 1.0 - up - down
    now, ahead, part = np.zeros_like(up), np.empty_like(up), np.empty_like(up)
    now[:, 0] = 1.0
    out, given = np.zeros_like(up), np.zeros(len(up))
    counts = np.diff(pdtr(np.arange(_most(pace, seconds))[:, None], pace * seconds), axis=0, prepend=0.0)
    for k, weight in enumerate(counts):
        out += np.multiply(weight[:, None], now, out=part)
        given += weight
        np.multiply(stay, now, out=ahead)
        ahead[:, 1:] += np.multiply(up[:, :-1], now[:, :-1], out=part[:, 1:])
        ahead[:, :-1] += np.multiply(down[:, 1:], now[:, 1:], out=part[:, :-1])
        now, ahead = ahead, now
        if k % 16 == 0 and float(np.abs(ahead - now).sum(axis=1).max()) < SETTLED:
            break
    return np.asarray(out + np.maximum(1.0 - given, 0.0)[:, None] * now)


def _most(pace: Floats, seconds: float) -> int:
    """Steps that a uniformized chain takes in so many seconds, but for a chance of 1e-12."""
    mean = float(pace.max()) * seconds
    return math.ceil(mean + 8.0 * math.sqrt(mean) + 20.0)
