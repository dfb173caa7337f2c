"""Exact figures of small scenarios by formulas that share no code with the engines.

Each function takes a scenario and returns figures as {(figure, scope, name): value}: shares, seconds, numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from cxsim.published.design import design, patience

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Key = tuple[str, str, str]  # figure, scope, name
Figures = Mapping[Key, float]
TOTAL = ("total", "")


def birth_and_death(scenario: Scenario) -> Figures:
    """One queue and one pool of agents who work alike, with patience and trunks: M/M/n+M, or M/M/n/k.

    Several queues that all groups serve in the same way count as one.
    """
    d = design(scenario)
    n, rate, talk = sum(d.agents), sum(d.rates), d.talk[0, 0]
    trunks = scenario.channels["phone"].lines
    most = trunks if trunks is not None else n + 60 + 20 * int(math.sqrt(n)) + int(4 * rate * min(d.patience[0], 600.0))
    logs = [0.0]
    for k in range(most):
        leaves = min(k + 1, n) / talk + max(0, k + 1 - n) / d.patience[0]
        logs.append(logs[-1] + math.log(rate / leaves))
    share = np.exp(np.array(logs) - max(logs))
    share /= share.sum()
    states = np.arange(most + 1)
    waiting = float(share @ np.maximum(states - n, 0))
    blocked = float(share[most]) if trunks is not None else 0.0
    figures = {
        ("share_queued", *TOTAL): float(share[n:].sum() - blocked) / (1.0 - blocked),
        ("wait_mean", *TOTAL): waiting / (rate * (1.0 - blocked)),
        ("occupancy", *TOTAL): float(share @ np.minimum(states, n)) / n,
    }
    if trunks is not None:
        return figures | {("blocked_share", *TOTAL): blocked}
    return figures | {("abandoned_share", *TOTAL): waiting / d.patience[0] / rate}


def general_patience(scenario: Scenario) -> Figures:
    """M/M/n+G by the integrals of Zeltyn and Mandelbaum (2005), section 3.

    With H(x) the integral of the share still patient, J = ∫ exp(λ H(x) - n μ x) dx, and J1 and JH the same with x and
    H(x) as factors: the abandoned, those who wait, and the mean wait.
    """
    d, law = design(scenario), patience(scenario)
    n, rate, service = d.agents[0], d.rates[0], 1.0 / d.talk[0, 0]
    x = np.linspace(0.0, 14.0 * d.talk[0, 0], 400_001)
    still = 1.0 - law.cdf(x)
    step = x[1]
    patient = np.concatenate([[0.0], np.cumsum((still[1:] + still[:-1]) / 2.0) * step])
    weight = np.exp(rate * patient - n * service * x)

    def integral(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return float(((values[1:] + values[:-1]) / 2.0).sum() * step)

    whole, above = integral(weight), integral(patient * weight)
    term, idle = 1.0, 0.0  # Σ of (λ/μ)^j / j! over the last of them
    for j in range(n - 1, -1, -1):
        idle += term
        term *= j * service / rate
    below = idle + rate * whole
    abandoned = (1.0 + (rate - n * service) * whole) / below
    return {
        ("share_queued", *TOTAL): rate * whole / below,
        ("abandoned_share", *TOTAL): abandoned,
        ("wait_mean", *TOTAL): rate * above / below,
    }


def square_root_limit(scenario: Scenario) -> Figures:
    """What the share that waits and the abandoned tend to in large centers (Garnett, Mandelbaum and Reiman 2002).

    With β the agents beyond the load R in units of √R, g = √(μ / θ) and h the hazard of the normal distribution:
    P(wait) = 1 / (1 + h(β g) / (g h(-β))), and P(abandoned | wait) = (h(β g) - β g) / (g √R).
    """
    d = design(scenario)
    load, g = d.load, math.sqrt(d.patience[0] / d.talk[0, 0])
    beta = (d.agents[0] - load) / math.sqrt(load)
    waits = 1.0 / (1.0 + _hazard(beta * g) / (g * _hazard(-beta)))
    gives_up = (_hazard(beta * g) - beta * g) / (g * math.sqrt(load))
    return {("share_queued", *TOTAL): waits, ("abandoned_share", *TOTAL): waits * gives_up}


def _hazard(x: float) -> float:
    return math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi) / (0.5 * math.erfc(x / math.sqrt(2.0)))


def priorities(scenario: Scenario) -> Figures:
    """M/M/n with priorities, no interruption: W_k = C / (n μ (1 - σ_{k-1}) (1 - σ_k)), with C of Erlang C."""
    d = design(scenario)
    n, talk = d.agents[0], d.talk[0, 0]
    load = sum(d.rates) * talk
    blocked = load**n / math.factorial(n)
    delayed = blocked / ((1 - load / n) * sum(load**k / math.factorial(k) for k in range(n)) + blocked)
    found: dict[Key, float] = {}
    before = 0.0
    for name, rate in zip(d.queues, d.rates, strict=True):
        after = before + rate * talk / n
        found["wait_mean", "queue", name] = delayed * talk / n / ((1 - before) * (1 - after))
        before = after
    return found
