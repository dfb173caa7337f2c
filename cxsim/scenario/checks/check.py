"""Rules between the parts of a scenario: what no single value can break alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cxsim.scenario.checks.capacity import check_capacity
from cxsim.scenario.checks.customers import customers, experience, segments
from cxsim.scenario.checks.distributions import laws, scopes
from cxsim.scenario.checks.flow import check_flow
from cxsim.scenario.checks.optimize import check_optimize
from cxsim.scenario.checks.outbound import dialled, told
from cxsim.scenario.checks.queues import overflows, queues_named, served
from cxsim.scenario.checks.routing import routed
from cxsim.scenario.checks.sizes import check_sizes
from cxsim.scenario.checks.staff import scheduled_said, staffed
from cxsim.scenario.checks.tables import check_tables
from cxsim.scenario.checks.time import check_times
from cxsim.scenario.checks.transfers import loops, transfers
from cxsim.scenario.checks.view import Tables, View
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model.scenario import Scenario


def check(scenario: Scenario, tree: dict[str, Any], broken: list[Path], tables: Tables) -> Iterator[Finding]:
    """Every broken rule.

    `tree` is what was written; what follows from a path in `broken`, which was left out, is not said again.
    """
    view = View(scenario, tree, broken)
    for rule in (
        queues_named,
        served,
        overflows,
        transfers,
        dialled,
        told,
        loops,
        segments,
        customers,
        experience,
        routed,
        staffed,
        scheduled_said,
        laws,
        scopes,
    ):
        yield from rule(view)
    yield from check_flow(scenario, view.queues, view.reasons, broken)
    yield from check_sizes(scenario, broken, tables)
    outside = view.sound(("horizon", "start"), ("horizon", "days"))  # a wrong horizon has no outside
    yield from (found for found in check_times(scenario, tree) if outside or "outside the horizon" not in found.rule)
    yield from check_tables(scenario, tables)
    names = {"queue": view.queues, "reason": view.reasons, "group": view.groups, "segment": list(scenario.segments)}
    yield from check_optimize(scenario, names, broken)
    yield from check_capacity(scenario, names, broken, tables)
