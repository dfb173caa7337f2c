"""An Optimum as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cxsim.report.run.document import plain, records, scenario
from cxsim.schema.plan_tables import SCHEMA_VERSION

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum


def document(optimum: Optimum) -> dict[str, Any]:
    """The whole optimum: the answer first, then inputs, goals and tables; NaN and infinities are null."""
    return {
        "schema_version": SCHEMA_VERSION,
        "cost": plain(optimum.cost),
        "bound": plain(optimum.bound),
        "bound_status": optimum.bound_status,
        "bound_note": optimum.bound_note,
        "gap": plain(optimum.gap),
        "nearby": None if optimum.nearby is None else plain(asdict(optimum.nearby)),
        "reached": None if optimum.reached is None else plain(asdict(optimum.reached)),
        "is_today": optimum.is_today,
        "certified": bool(optimum.certified),
        "replications": int(optimum.replications),
        "certified_on": int(optimum.certified_on),
        "cpu_seconds": plain(optimum.cpu_seconds),
        "wall_seconds": plain(optimum.wall_seconds),
        "message": optimum.headline(),
        "messages": list(optimum.messages),
        "inputs": {
            "scenario": scenario(optimum.scenario_text),
            "seed": optimum.seed,
            "solver": optimum.solver,
            "params": optimum.params.stored(),
            "objective": optimum.objective,
            "sense": optimum.sense,
            "budget": plain(optimum.budget),
            "confidence": optimum.confidence,
            "currency": optimum.currency,
            "interval_seconds": optimum.interval,
            "definitions": dict(optimum.definitions),
        },
        "plan": records(optimum.plan),
        "routing": records(optimum.routing),
        "routing_changes": dict(optimum.routing_changes),
        "goals": records(optimum.goals),
        "costs": records(optimum.costs),
        "comparison": records(optimum.comparison),
        "goals_of_plans": records(optimum.goals_of_plans),
        "points": records(optimum.points),
        "moves": records(optimum.moves),
        "allocation": records(optimum.allocation),
        "need": records(optimum.need),
        "history": records(optimum.history),
    }
