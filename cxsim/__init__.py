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
    from cxsim.results import Result, load
    from cxsim.scenario import Scenario, ScenarioError, parse, read
    from cxsim.simulate import simulate

_HOMES = {
    "Comparison": "cxsim.compare",
    "Result": "cxsim.results",
    "Scenario": "cxsim.scenario",
    "ScenarioError": "cxsim.scenario",
    "compare": "cxsim.compare",
    "load": "cxsim.results",
    "parse": "cxsim.scenario",
    "read": "cxsim.scenario",
    "simulate": "cxsim.simulate",
}

__all__ = ["Comparison", "Result", "Scenario", "ScenarioError", "compare", "load", "parse", "read", "simulate"]


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
