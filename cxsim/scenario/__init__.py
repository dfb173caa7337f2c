"""What the user writes: a scenario file, read into frozen models, with every fault at its place."""

from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.io.reading import parse, read
from cxsim.scenario.io.writing import document, dump
from cxsim.scenario.model.scenario import Scenario

__all__ = ["Fault", "Scenario", "ScenarioError", "document", "dump", "parse", "read"]
