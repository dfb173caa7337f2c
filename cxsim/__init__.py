"""cxsim: a contact-center simulator and staffing optimizer.

    import cxsim

    scenario = cxsim.read("scenarios/quickstart.yaml")
    result = cxsim.simulate(scenario)
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxsim.compare import Comparison, compare
    from cxsim.decide import Decision, decide
    from cxsim.frontier import Frontier, frontier
    from cxsim.journeys import Journeys, journeys
    from cxsim.levers import Levers, levers
    from cxsim.optimize import optimize
    from cxsim.optimum import Optimum
    from cxsim.results import Result, load
    from cxsim.scenario import Scenario, ScenarioError, parse, read
    from cxsim.sensitivity import Sensitivity, sensitivity
    from cxsim.simulate import simulate
    from cxsim.sweep import sweep
    from cxsim.tournament import Tournament, tournament
    from cxsim.trace import Trace, trace
    from cxsim.tune import Tuned, tune

_HOMES = {
    "Comparison": "cxsim.compare",
    "Decision": "cxsim.decide",
    "Frontier": "cxsim.frontier",
    "Journeys": "cxsim.journeys",
    "Levers": "cxsim.levers",
    "Optimum": "cxsim.optimum",
    "Result": "cxsim.results",
    "Scenario": "cxsim.scenario",
    "ScenarioError": "cxsim.scenario",
    "Sensitivity": "cxsim.sensitivity",
    "Tournament": "cxsim.tournament",
    "Trace": "cxsim.trace",
    "Tuned": "cxsim.tune",
    "compare": "cxsim.compare",
    "decide": "cxsim.decide",
    "frontier": "cxsim.frontier",
    "journeys": "cxsim.journeys",
    "levers": "cxsim.levers",
    "load": "cxsim.results",
    "optimize": "cxsim.optimize",
    "parse": "cxsim.scenario",
    "read": "cxsim.scenario",
    "sensitivity": "cxsim.sensitivity",
    "simulate": "cxsim.simulate",
    "sweep": "cxsim.sweep",
    "tournament": "cxsim.tournament",
    "trace": "cxsim.trace",
    "tune": "cxsim.tune",
}

__all__ = [
    "Comparison",
    "Decision",
    "Frontier",
    "Journeys",
    "Levers",
    "Optimum",
    "Result",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "Tournament",
    "Trace",
    "Tuned",
    "compare",
    "decide",
    "frontier",
    "journeys",
    "levers",
    "load",
    "optimize",
    "parse",
    "read",
    "sensitivity",
    "simulate",
    "sweep",
    "tournament",
    "trace",
    "tune",
]


def __getattr__(name: str) -> Any:
    """Import a public word when it is first used: `cxsim --help` needs none of them."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'cxsim' has no attribute {name!r}")


class _Package(ModuleType):
    """Keeps `cxsim.simulate` a function although a module of that name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and _HOMES.get(name) == f"cxsim.{name}":
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
