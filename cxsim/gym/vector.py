"""Environments side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium

from cxsim.gym.routing import Routing
from cxsim.scenario import Scenario


def vectorised(
    scenario: Scenario, number: int, environment: Callable[..., gymnasium.Env[Any, Any]] = Routing, **settings: Any
) -> gymnasium.vector.SyncVectorEnv:
    """So many environments side by side, which share out the replications: environment i has i, i + number, …

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    number : int
        How many environments.
    environment : class, default Routing
        `Routing`, `Staffing` or `Callbacks`.
    **settings
        As for the environment.

    Returns
    -------
    SyncVectorEnv
        Gymnasium's vector environment. Reset it with one seed for all, `reset(seed=[1] * number)`.
    """
    makers = [partial(environment, scenario, first=i, every=number, **settings) for i in range(number)]
    return gymnasium.vector.SyncVectorEnv(makers)
