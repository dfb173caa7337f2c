"""Rules about routing and policy files."""

from __future__ import annotations

from collections.abc import Iterator

from cxsim.rules.routing.catalogue import AGENT_RULES, CONTACT_RULES
from cxsim.scenario.checks.view import View
from cxsim.scenario.io import policy_file
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.scenario import Scenario
from cxsim.schema.names import OTHERS


def routed(view: View) -> Iterator[Finding]:
    """Weights, credits and parts of idleness are of queues and groups that there are."""
    routing = view.scenario.routing
    for key, known, what in (
        ("weights", view.queues, "queue"),
        ("credit", view.queues, "queue"),
        ("idleness", view.groups, "group"),
    ):
        for name in getattr(routing, key):
            if name not in known:
                fix = units.suggestion(name, known, f"the {what}s are")
                yield Finding(("routing", key, name), f"is not a {what}", fix, name, key=True)
    segments = [*view.scenario.segments, OTHERS]
    for name, group in routing.preferred_agent.items():
        at: Path = ("routing", "preferred_agent")
        if name not in segments:
            fix = units.suggestion(name, segments, "the segments are")
            yield Finding((*at, name), "is not a segment", fix, name, key=True)
        if group not in view.groups:
            fix = units.suggestion(group, view.groups, "the groups are")
            yield Finding(
                at if list(routing.preferred_agent) == [OTHERS] else (*at, name), "is not a group", fix, group
            )
    yield from _own_policy(view.scenario)


def _files_beside(scenario: Scenario, name: str) -> str:
    """The nearest fix for a file that is not there."""
    folder = (scenario.source.folder / name).parent
    known = [one.name for one in folder.glob(f"*{policy_file.ENDING}")] if folder.is_dir() else []
    near = units.nearest(name.rpartition("/")[2], known)
    if near and near != name.rpartition("/")[2]:
        return f"did you mean {near!r}?"
    return "a scenario's policy is looked up in the scenario's folder; one after --policy in the current folder"


def _own_policy(scenario: Scenario) -> Iterator[Finding]:
    """A policy file can be used, and its parameters are those that are given."""
    routing, at = scenario.routing, ("routing", "policy")
    if not routing.policy:
        for name in routing.parameters:
            rule, fix = (
                "is a policy parameter, but the scenario has no policy",
                "name the file: routing.policy: mine.py",
            )
            yield Finding(("routing", "parameters", name), rule, fix, name, key=True)
        return
    if not policy_file.split(routing.policy)[0].endswith(policy_file.ENDING):
        fix = "write file.py, or file.py:name"
        if routing.policy in (*CONTACT_RULES, *AGENT_RULES):
            key = "contact" if routing.policy in CONTACT_RULES else "agent"
            fix = f"to use the rule of that name, write routing.{key}: {routing.policy}"
        yield Finding(at, "is not a Python file", fix)
        return
    try:
        policy = scenario.own_policy
    except policy_file.PolicyFault as fault:
        where = f"line {fault.line}: " if fault.line else ""
        yield Finding(at, where + fault.rule, fault.fix)
        return
    except (OSError, ValueError) as error:
        rule = f"cannot be read ({getattr(error, 'strerror', '') or error})"
        yield Finding(at, rule, _files_beside(scenario, policy_file.split(routing.policy)[0]))
        return
    known = policy.parameters if policy else {}
    for name, value in routing.parameters.items():
        if name not in known:
            fix = units.suggestion(name, known, "its parameters are")
            yield Finding(("routing", "parameters", name), "is not a parameter of this policy", fix, name, key=True)
            continue
        try:
            policy_file.number(scenario, value)
        except policy_file.PolicyFault as fault:
            yield Finding(("routing", "parameters", name), fault.rule, fault.fix)
