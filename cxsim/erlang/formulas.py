"""Erlang B, C and A: the steady state of M/M/n/K+M.

One model covers all three: Poisson arrivals, exponential handle times, n agents, exponential patience, K
lines. No patience and no limit of lines is Erlang C; patience is Erlang A (Palm); as many lines as agents is
Erlang B.

Agents may be fractional. Erlang's loss formula is continued by the integral of Jagers and van Doorn
(Operations Research Letters 5, 1986): 1/B(n, a) = a ∫ exp(-a t) (1 + t)^n dt over t > 0. The states above n
need no continuation: j waiting contacts leave at the rate n/handle_time + j/patience for any real n. A
fractional number of waiting places K - n admits to the last place with the probability of its fraction. All
figures are continuous in n and exact at whole n.

Waits use the law of the j+1 departures ahead of a contact that finds j waiting: exp(-V/patience) is
Beta(n·patience/handle_time, j+1) distributed; the limit without patience is Erlang's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxsim.erlang.roots import bisect, check_number, doubled
from cxsim.schema.service_levels import (
    DEFAULT_SL,
    GONE_MET,
    OF_ANSWERED,
    SL_NAMES,
    WITH_BLOCKED,
    WITHOUT_GONE,
    WITHOUT_SHORT,
)

FloatArray = NDArray[np.float64]

_NEGLIGIBLE: Final = 1e-40
_BLOCK: Final = 4096
_MOST_STATES: Final = 1_000_000
MOST: Final = 2_000_000  # erlangs and agents


def erlang_b(load: float, lines: float) -> float:
    """Share of offered contacts that find all `lines` busy (Erlang B, M/G/n/n).

    `load` is the offered load in erlangs (rate × handle time), `lines` any real number from 0. Cost grows
    with the square root of the load. ValueError for negative or non-finite numbers.
    """
    check_number("load", load, least=0, most=MOST)
    check_number("lines", lines, least=0, most=MOST)
    if load == 0:
        return 0.0 if lines > 0 else 1.0
    return 1 / _inverse_b(lines, load)


def erlang_c(load: float, agents: float) -> float:
    """Share of contacts that wait when nobody gives up (Erlang C, M/M/n); 1 from load = agents on.

    `load` in erlangs, `agents` any real number from 0. ValueError for negative or non-finite numbers.
    """
    check_number("load", load, least=0, most=MOST)
    check_number("agents", agents, least=0, most=MOST)
    if load >= agents:
        return 1.0
    return agents / (agents + (agents - load) * (_inverse_b(agents, load) - 1)) if load > 0 else 0.0


def _inverse_b(lines: float, load: float) -> float:
    """1/B by the recursion 1/B(n) = 1 + n/load · 1/B(n-1), which holds for real n and damps every error.

    What precedes the last 10 √n steps below the load has no weight left, so the recursion begins there.
    """
    fraction = lines - math.floor(lines)
    reach = min(lines, load)
    skip = max(0, math.floor(reach - 10 * math.sqrt(reach) - 50))
    inverse = 1.0 if skip or fraction == 0 else _inverse_b_below_one(fraction, load)
    for k in range(skip + 1, math.floor(lines) + 1):
        inverse = 1 + (fraction + k) / load * inverse
        if inverse == math.inf:
            break
    return inverse


def _inverse_b_below_one(lines: float, load: float) -> float:
    """The Jagers-van Doorn integral for 0 < lines < 1: exp(a) a^-n Γ(1+n, a)."""
    s = 1 + lines
    if load < 1.5:
        term = total = 1 / s
        k = 0
        while term > 1e-18 * total:
            k += 1
            term *= load / (s + k)
            total += term
        return float(math.exp(load) * load**-lines * math.gamma(s) - load * total)
    b = load + 1 - s
    c, d = math.inf, 1 / b
    h = d
    for i in range(1, 1000):
        numerator = -i * (i - s)
        b += 2
        d = 1 / (numerator * d + b)
        c = b + (0.0 if c == math.inf else numerator / c)
        h *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return load * h


@dataclass(frozen=True, eq=False)
class Steady:
    """The steady state of one queue: its figures as attributes and methods; made by `steady`.

    Shares are of offered contacts unless said otherwise; times in seconds; `rate` in contacts per second.
    `asa` is the mean wait of answered contacts, `ata` of abandoned ones, `wait_mean` of both. Where the queue
    grows without end (`stable` is false) waits are infinite and shares take their limits. A mean over nobody
    is NaN.
    """

    rate: float
    handle_time: float
    agents: float
    patience: float
    lines: float
    stable: bool
    immediate: float
    queued: float
    blocked: float
    abandoned: float
    queue_length: float
    asa: float
    _first: int = field(repr=False)
    _entering: FloatArray = field(repr=False)

    @property
    def load(self) -> float:
        """Offered load in erlangs."""
        return self.rate * self.handle_time

    @property
    def answered(self) -> float:
        """Share of offered contacts that are answered (in an unstable queue: in the long run)."""
        if self.agents == 0:
            return 0.0
        if not self.stable:
            return self.agents / self.load
        return 1 - self.blocked - self.abandoned

    @property
    def share_queued(self) -> float:
        """Share of contacts not blocked that wait at all."""
        return self.queued / (1 - self.blocked) if self.blocked < 1 else math.nan

    @property
    def abandoned_share(self) -> float:
        """Abandoned contacts as a share of those not blocked."""
        return self.abandoned / (1 - self.blocked) if self.blocked < 1 else math.nan

    @property
    def occupancy(self) -> float:
        """Share of the agents' time spent on contacts; NaN without agents."""
        return self.load * self.answered / self.agents if self.agents > 0 else math.nan

    @property
    def wait_mean(self) -> float:
        """Mean wait of all contacts not blocked, answered or not (Little's law)."""
        if self.rate == 0:
            return 0.0
        return self.queue_length / (self.rate * (1 - self.blocked)) if self.blocked < 1 else math.nan

    @property
    def ata(self) -> float:
        """Mean wait of the contacts that abandon; NaN if none does."""
        if self.abandoned <= 1e-12:
            return math.nan
        answered_part = self.asa * self.answered if self.answered > 0 else 0.0
        return (self.queue_length / self.rate - answered_part) / self.abandoned

    def virtual_over(self, wait: float) -> float:
        """Share of offered contacts, not blocked, that would wait over `wait` s if they never gave up."""
        check_number("wait", wait, least=0)
        if not self.stable:
            return 1.0
        if self._closed_form:
            return self.queued * math.exp(-(self.agents - self.load) * wait / self.handle_time)
        if self.agents == 0:
            return self.queued
        from scipy.special import betainc, betaincc, gammaincc

        ahead = self._ahead
        if self.patience == math.inf:
            over = gammaincc(ahead, self.agents * wait / self.handle_time)
        else:
            x = self.agents * self.patience / self.handle_time
            passed = -math.expm1(-wait / self.patience)
            over = betaincc(ahead, x, passed) if passed < 0.5 else betainc(x, ahead, 1 - passed)
        return min(1.0, float(self._entering @ over))

    def over(self, wait: float) -> float:
        """Share of offered contacts that wait longer than `wait` s, whatever becomes of them."""
        return math.exp(-wait / self.patience) * self.virtual_over(wait)

    def answered_within(self, wait: float) -> float:
        """Share of offered contacts answered after at most `wait` s."""
        check_number("wait", wait, least=0)
        if not self.stable:
            return 0.0
        if self._closed_form or self.patience == math.inf:
            return self.immediate + self.queued - self.virtual_over(wait)
        if self.agents == 0:
            return 0.0
        from scipy.special import betainc

        ratio = self.handle_time / self.patience
        ahead = self._ahead
        stay = self.agents / (self.agents + ahead * ratio)
        done = betainc(ahead, self.agents / ratio + 1, -math.expm1(-wait / self.patience))
        return self.immediate + float((self._entering * stay) @ done)

    def abandoned_within(self, wait: float) -> float:
        """Share of offered contacts that abandon after at most `wait` s."""
        if self.patience == math.inf:
            return 0.0
        return max(0.0, 1 - self.blocked - self.answered_within(wait) - self.over(wait))

    def sl(self, within: float, definition: str = DEFAULT_SL, short_abandon: float = 5.0) -> float:
        """Service level: the share answered within `within` s, by one of the `SL_NAMES`.

        `short_abandon` (s) is used by `excluding_short_abandoned` only. Blocked contacts count in
        `including_blocked` only. NaN where the definition counts nobody; ValueError for an unknown
        definition.
        """
        met = self.answered_within(within)
        if definition not in SL_NAMES:
            raise ValueError(f"definition: {definition!r} is not one of " + ", ".join(SL_NAMES))
        number = SL_NAMES.index(definition)
        if number == WITH_BLOCKED:
            return met
        of = 1 - self.blocked
        if number == OF_ANSWERED:
            of = self.answered
        elif number == WITHOUT_SHORT:
            of -= self.abandoned_within(short_abandon)
        elif number == GONE_MET:
            met += self.abandoned_within(within)
        elif number == WITHOUT_GONE:
            of -= self.abandoned_within(within)
        return min(1.0, met / of) if of > 0 and (self.rate > 0 or self.agents > 0) else math.nan

    def wait_quantile(self, share: float, of: str = "answered") -> float:
        """The wait in seconds that `share` of contacts do not exceed; 0 if so many do not wait at all.

        `of`: `answered`, `all` (not blocked, answered or not) or `virtual` (as if nobody gave up). Infinite
        in an unstable queue. ValueError unless 0 <= share < 1.
        """
        if not 0 <= share < 1:
            raise ValueError(f"share: {share} is not a share of at least 0 and below 1")
        tails: dict[str, tuple[Callable[[float], float], float]] = {
            "answered": (lambda t: self.answered - self.answered_within(t), self.answered),
            "all": (self.over, 1 - self.blocked),
            "virtual": (self.virtual_over, 1 - self.blocked),
        }
        if of not in tails:
            raise ValueError(f"of: {of!r} is not one of " + ", ".join(tails))
        tail, whole = tails[of]
        if whole <= 0:
            return math.nan
        if not self.stable or (self.agents == 0 and (of == "virtual" or self.patience == math.inf)):
            return math.inf
        level = (1 - share) * whole
        if tail(0.0) <= level:
            return 0.0
        high = doubled(lambda t: tail(t) <= level, self.handle_time / max(1.0, self.agents), 1e15)
        return bisect(lambda t: tail(t) <= level, 0.0, high)

    @property
    def _closed_form(self) -> bool:
        return self.patience == math.inf and self.lines == math.inf

    @property
    def _ahead(self) -> FloatArray:
        return np.arange(self._first + 1, self._first + 1 + self._entering.size, dtype=np.float64)


def steady(
    rate: float, handle_time: float, agents: float, *, patience: float = math.inf, lines: float = math.inf
) -> Steady:
    """Solve M/M/n/K+M in steady state.

    `rate` in contacts per second, `handle_time` and `patience` mean seconds (`math.inf`: nobody gives up),
    `agents` any real number from 0, `lines` = contacts present at most, waiting or served (`math.inf`: no
    limit), at least `agents`. Stable for tens of thousands of agents. ValueError for impossible numbers.
    Source: Garnett, Mandelbaum and Reiman, M&SOM 4(3), 2002; the module's text says how fractions are
    continued.
    """
    check_number("rate", rate, least=0)
    check_number("handle_time", handle_time, above=0)
    check_number("agents", agents, least=0, most=MOST)
    check_number("patience", patience, above=0, infinite=True)
    check_number("lines", lines, least=0, infinite=True)
    if lines < agents:
        raise ValueError(f"lines: {lines:g} trunks are fewer than {agents:g} agents; every agent needs one")
    if patience != math.inf and patience > 1e9 * handle_time:
        raise ValueError(
            f"patience: {patience:g} s is more than 1e9 handle times; leave it out if no customer abandons"
        )
    load = rate * handle_time
    check_number("load", load, most=MOST)
    given = (rate, handle_time, agents, patience, lines)
    nobody = np.empty(0)
    if load == 0:
        free = 1.0 if agents > 0 else 0.0
        return Steady(*given, True, free, 1 - free, 0.0, 0.0, 0.0, math.nan, 0, nobody)
    if patience == math.inf and lines == math.inf:
        if load >= agents:
            return Steady(*given, False, 0.0, 1.0, 0.0, 0.0, math.inf, math.inf, 0, nobody)
        wait = erlang_c(load, agents)
        spare = agents - load
        asa = wait * handle_time / spare
        return Steady(*given, True, 1 - wait, wait, 0.0, 0.0, rate * asa, asa, 0, nobody)
    if agents == 0 and patience == math.inf:
        return Steady(*given, True, 0.0, 0.0, 1.0, 0.0, lines, math.nan, 0, nobody)

    ratio = handle_time / patience
    places = lines - agents
    first, weights, at_none = _queue_weights(load, agents, ratio, places)
    below = (_inverse_b(agents, load) - 1) * at_none if at_none > 0 else 0.0
    total = below + float(weights.sum())
    share = weights / total
    waiting_now = np.arange(first, first + share.size, dtype=np.float64)
    entering = share * np.clip(places - waiting_now, 0.0, 1.0)
    stay = agents / (agents + (waiting_now + 1) * ratio)
    # Mean wait of who is answered behind j others: Σ 1/(n + (i+1) ratio) over i = 0..j, in handle times.
    waits = np.cumsum(1 / (agents + (waiting_now + 1) * ratio)) + _harmonic(agents, ratio, first)
    length = float(share @ waiting_now)
    blocked = float((share - entering).sum()) if places < math.inf else 0.0
    immediate = below / total if below < math.inf else 1.0
    answered = immediate + float(entering @ stay)
    asa = handle_time * float((entering * stay) @ waits) / answered if answered > 0 else math.nan
    queued, abandoned = float(entering.sum()), ratio * length / load
    return Steady(*given, True, immediate, queued, blocked, abandoned, length, asa, first, entering)


def _harmonic(agents: float, ratio: float, count: int) -> float:
    """Sum over i = 1..count of 1/(agents + i·ratio)."""
    if count == 0:
        return 0.0
    if ratio == 0:
        return count / agents
    from scipy.special import digamma

    x = agents / ratio + 1
    return float(digamma(x + count) - digamma(x)) / ratio


def _queue_weights(load: float, agents: float, ratio: float, places: float) -> tuple[int, FloatArray, float]:
    """Relative weights of the states with j waiting, j = first, first+1, …; and that of j = 0.

    The weight falls on both sides of its mode, so each side is a running product of factors below 1.
    """
    whole = math.floor(places) if places < math.inf else 0
    last = math.inf if places == math.inf else whole + (1 if places > whole else 0)
    if ratio > 0:
        mode = int(min(max(0.0, (load - agents) / ratio), last))
    else:
        mode = 0 if load <= agents else int(last)

    up = _products(lambda j: load / (agents + j * ratio), mode + 1, 1, last)
    down = _products(lambda j: (agents + (j + 1) * ratio) / load, mode - 1, -1, 0)
    first = mode - down.size
    weights = np.concatenate((down[::-1], [1.0], up))
    at_none = float(weights[0]) if first == 0 else 0.0
    if last < math.inf and places > whole and first + weights.size - 1 == last:
        # The place that exists in part is entered with the probability of its fraction.
        weights[-1] *= places - whole
    return first, weights, at_none


def _products(factor: Callable[[FloatArray], FloatArray], start: int, step: int, stop: float) -> FloatArray:
    """Running products of `factor` at start, start+step, … until `stop` or until they are negligible."""
    blocks: list[NDArray[np.floating]] = []
    product, size = 1.0, 0
    while (stop - start) * step >= 0 and product > _NEGLIGIBLE:
        count = int(min(_BLOCK, (stop - start) * step + 1))
        block = np.cumprod(factor(start + step * np.arange(count, dtype=np.float64)))
        block *= product
        blocks.append(block)
        product, start, size = float(block[-1]), start + step * count, size + count
        if size > _MOST_STATES:
            raise ValueError("lines: the queue needs over a million states; use fewer trunks or a shorter patience")
    return np.concatenate(blocks) if blocks else np.empty(0)
