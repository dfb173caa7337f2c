"""What the user writes: a scenario file, read into frozen models, with every fault at its place."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxsim.scenario.io.faults import Fault, ScenarioError
    from cxsim.scenario.io.reading import parse, read
    from cxsim.scenario.io.writing import document, dump
    from cxsim.scenario.model.scenario import Scenario

__all__ = ["Fault", "Scenario", "ScenarioError", "document", "dump", "parse", "read"]
_HOMES = {
    "Fault": "io.faults",
    "Scenario": "model.scenario",
    "ScenarioError": "io.faults",
    "document": "io.writing",
    "dump": "io.writing",
    "parse": "io.reading",
    "read": "io.reading",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: the list of examples needs no models."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
