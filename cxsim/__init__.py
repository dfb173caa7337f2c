"""cxsim: a contact-center simulator and staffing optimizer.

import cxsim

scenario = cxsim.read("scenarios/quickstart.yaml")
result = cxsim.simulate(scenario)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxsim import calibrate, forecast
    from cxsim.begun_day.explain_day import explain_actuals
    from cxsim.begun_day.outcome import Reforecast
    from cxsim.begun_day.reforecast import reforecast
    from cxsim.capacity.capacity_plan import capacity_plan
    from cxsim.capacity.plan import CapacityPlan
    from cxsim.importing import Cancelled, Export, ExportError, read_export
    from cxsim.optimizer.frontier import frontier
    from cxsim.optimizer.frontier_result import Frontier
    from cxsim.optimizer.levers_and_staffing import Decision, decide
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.optimizer.optimize import optimize
    from cxsim.optimizer.problem.stage import Impossible
    from cxsim.optimizer.search_params import SearchParams
    from cxsim.published.reproduce import reproduce
    from cxsim.published.reproduction import Reproduction
    from cxsim.rostering.people_roster import PeopleRoster
    from cxsim.rostering.roster import roster
    from cxsim.scenario import Scenario, ScenarioError, parse, read
    from cxsim.simulation.result import Result
    from cxsim.simulation.simulate import simulate
    from cxsim.simulation.stored import load
    from cxsim.simulation.trace import Trace, trace
    from cxsim.studies.compare import compare
    from cxsim.studies.comparison import Comparison
    from cxsim.studies.explain import explain
    from cxsim.studies.explanation import Explanation
    from cxsim.studies.journeys import Journeys, journeys
    from cxsim.studies.levers import Levers, levers
    from cxsim.studies.measure import Replication, measure
    from cxsim.studies.sensitivity import Sensitivity, sensitivity
    from cxsim.studies.sweep.sweep import Sweep, sweep
    from cxsim.studies.tournament import Tournament, tournament
    from cxsim.studies.tune import Tuned, tune

_HOMES = {
    "Cancelled": "cxsim.importing",
    "CapacityPlan": "cxsim.capacity.plan",
    "Comparison": "cxsim.studies.comparison",
    "Decision": "cxsim.optimizer.levers_and_staffing",
    "Explanation": "cxsim.studies.explanation",
    "Export": "cxsim.importing",
    "ExportError": "cxsim.importing",
    "Frontier": "cxsim.optimizer.frontier_result",
    "Impossible": "cxsim.optimizer.problem.stage",
    "Journeys": "cxsim.studies.journeys",
    "Levers": "cxsim.studies.levers",
    "Optimum": "cxsim.optimizer.optimization_result",
    "Reforecast": "cxsim.begun_day.outcome",
    "PeopleRoster": "cxsim.rostering.people_roster",
    "Replication": "cxsim.studies.measure",
    "Reproduction": "cxsim.published.reproduction",
    "Result": "cxsim.simulation.result",
    "Scenario": "cxsim.scenario",
    "ScenarioError": "cxsim.scenario",
    "SearchParams": "cxsim.optimizer.search_params",
    "Sensitivity": "cxsim.studies.sensitivity",
    "Sweep": "cxsim.studies.sweep.sweep",
    "Tournament": "cxsim.studies.tournament",
    "Trace": "cxsim.simulation.trace",
    "Tuned": "cxsim.studies.tune",
    "capacity_plan": "cxsim.capacity.capacity_plan",
    "compare": "cxsim.studies.compare",
    "decide": "cxsim.optimizer.levers_and_staffing",
    "explain": "cxsim.studies.explain",
    "explain_actuals": "cxsim.begun_day.explain_day",
    "frontier": "cxsim.optimizer.frontier",
    "journeys": "cxsim.studies.journeys",
    "levers": "cxsim.studies.levers",
    "load": "cxsim.simulation.stored",
    "measure": "cxsim.studies.measure",
    "optimize": "cxsim.optimizer.optimize",
    "parse": "cxsim.scenario",
    "read": "cxsim.scenario",
    "read_export": "cxsim.importing",
    "reforecast": "cxsim.begun_day.reforecast",
    "roster": "cxsim.rostering.roster",
    "reproduce": "cxsim.published.reproduce",
    "sensitivity": "cxsim.studies.sensitivity",
    "simulate": "cxsim.simulation.simulate",
    "sweep": "cxsim.studies.sweep.sweep",
    "tournament": "cxsim.studies.tournament",
    "trace": "cxsim.simulation.trace",
    "tune": "cxsim.studies.tune",
}

__all__ = [
    "Cancelled",
    "CapacityPlan",
    "Comparison",
    "Decision",
    "Explanation",
    "Export",
    "ExportError",
    "Frontier",
    "Impossible",
    "Journeys",
    "Levers",
    "Optimum",
    "PeopleRoster",
    "Reforecast",
    "Replication",
    "Reproduction",
    "Result",
    "Scenario",
    "ScenarioError",
    "SearchParams",
    "Sensitivity",
    "Sweep",
    "Tournament",
    "Trace",
    "Tuned",
    "calibrate",
    "capacity_plan",
    "compare",
    "decide",
    "explain",
    "explain_actuals",
    "forecast",
    "frontier",
    "journeys",
    "levers",
    "load",
    "measure",
    "optimize",
    "parse",
    "read",
    "read_export",
    "reforecast",
    "reproduce",
    "roster",
    "sensitivity",
    "simulate",
    "sweep",
    "tournament",
    "trace",
    "tune",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `cxsim --help` needs none of them."""
    from importlib import import_module

    if name in ("calibrate", "forecast"):
        return import_module(f"cxsim.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'cxsim' has no attribute {name!r}")
