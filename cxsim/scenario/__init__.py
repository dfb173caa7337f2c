"""What the user writes: a scenario file, read into frozen models, with every fault at its place."""

from cxsim.scenario.faults import Fault, ScenarioError
from cxsim.scenario.models import Scenario
from cxsim.scenario.reading import parse, read
from cxsim.scenario.writing import document, dump

__all__ = ["Fault", "Scenario", "ScenarioError", "document", "dump", "parse", "read"]
