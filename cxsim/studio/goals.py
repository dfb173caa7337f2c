"""Goals of an optimization as a page edits them: metric, scope, time span, and limit."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from cxsim.metrics.registry import REGISTRY
from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.model.optimizing import OF_TARGET, Rule, optimizing
from cxsim.scenario.model.readers import write_limit
from cxsim.scenario.model.units import write_duration, write_percent

MOST = 500
Words = Annotated[str, Field(max_length=200)]


class Goal(BaseModel):
    """A goal: `figure` of `scope` is at least (min) or at most (max) `limit`, over the horizon or in `each`."""

    figure: Words
    scope: Words = "total"
    each: Literal["horizon", "day", "interval"] = "horizon"
    bound: Literal["min", "max"] = "min"
    limit: Words
    quantile: Words | None = None
    on_days: Words | None = None

    def rule(self) -> dict[str, Any]:
        """As `optimize.subject_to` has it."""
        out: dict[str, Any] = {"figure": self.figure, "scope": self.scope, "each": self.each, self.bound: self.limit}
        return out | {key: value for key in ("quantile", "on_days") if (value := getattr(self, key)) is not None}


class Asked(BaseModel):
    """What to optimize: goals (null: those of the scenario) and what counts (null: as the scenario says)."""

    goals: Annotated[list[Goal], Field(max_length=MOST)] | None = None
    minimise: Words | None = None
    maximise: Words | None = None
    budget: Annotated[float, Field(gt=0.0, le=1e12)] | None = None

    def values(self) -> dict[str, Any]:
        """The changes of the scenario, as `Scenario.vary` takes them."""
        out: dict[str, Any] = {}
        if self.goals is not None:
            out["optimize.subject_to"] = [goal.rule() for goal in self.goals]
        if self.minimise or self.maximise:
            out |= {"optimize.minimise": self.minimise, "optimize.maximise": self.maximise}
            out["optimize.budget"] = self.budget
        return out


def of_scenario(scenario: Scenario) -> list[Goal]:
    """The goals of a scenario one by one: its rules, with the targets of its queues written out."""
    rules = optimizing(scenario).subject_to or (Rule.model_construct(targets=True, each="horizon"),)
    return [goal for rule in rules for goal in (_targets(scenario, rule) if rule.targets else [_goal(rule)])]


def _goal(rule: Rule) -> Goal:
    return Goal(
        figure=rule.figure or "",
        scope=rule.scope,
        each=rule.each,
        bound=rule.bound,
        limit=str(write_limit(rule.limit, rule.figure)),
        quantile=None if rule.quantile is None else write_percent(rule.quantile),
        on_days=None if rule.on_days is None else write_percent(rule.on_days),
    )


def _targets(scenario: Scenario, rule: Rule) -> list[Goal]:
    out = []
    for name, queue in scenario.queues.items():
        for figure, part in OF_TARGET.items():
            wanted = getattr(queue.target, part, None) if queue.target is not None else None
            if wanted is None:
                continue
            for bound, key in (("min", "share"), ("min", "min"), ("max", "max")):
                limit = getattr(wanted, key, None)
                if limit is not None and not (key == "min" and limit == 0.0):
                    days = None if rule.on_days is None else write_percent(rule.on_days)
                    told = str(write_limit(limit, figure))
                    out.append(
                        Goal(
                            figure=figure, scope=f"queue:{name}", each=rule.each, bound=bound, limit=told, on_days=days
                        )
                    )
    return out


def choices(scenario: Scenario) -> dict[str, Any]:
    """What a goal can be made of: metrics with their units, and scopes."""
    within = {
        name: write_duration(queue.target.sl.within)
        for name, queue in scenario.queues.items()
        if queue.target is not None and queue.target.sl
    }
    return {
        "figures": [
            {"name": one.name, "title": one.title, "unit": one.unit, "scopes": list(one.scopes)}
            for one in REGISTRY.values()
            if one.kind == "ratio"
        ],
        "scopes": [
            "total",
            "queue",
            *(f"queue:{name}" for name in scenario.queues),
            *(f"group:{name}" for name in scenario.groups),
        ],
        "within": within,
    }


def at_goals(error: ScenarioError) -> list[dict[str, Any]]:
    """The faults of goals, each with the number of its goal, -1 for those about something else."""
    return [{**vars(fault), "message": fault.message, "goal": _number(fault)} for fault in error.faults]


def _number(fault: Fault) -> int:
    found = re.search(r"subject_to[.\[](\d+)", fault.path)
    return int(found[1]) if found else -1
