"""A routing policy by its name or file, and a scenario with it in effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cxsim.rules.routing.catalogue import AGENT_RULES, AGENTS, CONTACT_RULES, CONTACTS
from cxsim.scenario.io import policy_source
from cxsim.scenario.io.policy_file import ENDING, PolicyFault, load, split
from cxsim.scenario.model.units import suggestion

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


# A rule's name, `contacts/agents`, a file, a class, an instance of one, or a pair of functions (None for the rule).
Policy: TypeAlias = Any


def named(name: str) -> str:
    """A policy as it can be typed again: a file by its name, and the folder it is in if it is in one."""
    return "/".join(name.split("/")[-2:]) if split(name)[0].endswith(ENDING) else name


def settings(name: str) -> dict[str, str]:
    """The values of `routing` for a policy: a rule of contacts, of agents, of both, or `contacts/agents`.

    Or a file of one's own, `file.py` or `file.py:name`, in the folder one is in. Raises ValueError with the nearest
    names.
    """
    file, part = split(name)
    if file.endswith(ENDING):
        path = str(Path(file).resolve())
        return {"routing.policy": f"{path}:{part}" if part else path}
    contact, slash, agent = name.partition("/")
    if slash:
        wanted = {"contact": contact.strip(), "agent": agent.strip()}
    else:
        wanted = {key: name for key, rules in (("contact", CONTACT_RULES), ("agent", AGENT_RULES)) if name in rules}
    known = {"contact": CONTACT_RULES, "agent": AGENT_RULES}
    for key, rule in wanted.items():
        if rule not in known[key]:
            raise ValueError(
                f"{rule!r} is not a routing rule for {key}s; {suggestion(rule, known[key], 'the rules are')}"
            )
    if not wanted:
        raise ValueError(
            f"{name!r} is not a routing policy; {suggestion(name, [*CONTACT_RULES, *AGENT_RULES], 'the rules are')}"
        )
    return {f"routing.{key}": rule for key, rule in wanted.items()}


def routed(scenario: Scenario, policy: Policy) -> Scenario:
    """The scenario with a policy in effect. Raises ValueError for one that is not known, ScenarioError for its faults.

    A rule takes the place of the scenario's own policy; of the parameters those stay that the new one has.
    """
    named_one = isinstance(policy, str | Path)
    given: dict[str, Any] = settings(str(policy)) if named_one else policy_source.as_settings(policy)
    if scenario.routing.policy:
        written, known = given.setdefault("routing.policy", None), {}
        with suppress(PolicyFault, OSError):  # told where it is read
            source = scenario.source
            known = load(source.folder, written, source.policy_outside).parameters if written else {}
        kept = {key: value for key, value in scenario.routing.parameters.items() if key in known}
        given["routing.parameters"] = {**kept, **(given.get("routing.parameters") or {})} or None
    return scenario.vary(given)


def variants(scenario: Scenario, policies: Sequence[Policy] | Mapping[str, Policy]) -> dict[str, Scenario]:
    """The scenario with each of some policies in effect, by name. Raises as `routed` does, or ValueError."""
    if isinstance(policies, str | Path) or not isinstance(policies, Sequence | Mapping):
        raise ValueError(f"policies: {policies!r} is not a list of policies; write [{policies!r}]")
    if isinstance(policies, Mapping):
        return {str(name): routed(scenario, one) for name, one in policies.items()}
    names = [policy_source.name_of(one) for one in policies]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"policies: {twice[0]!r} is used for two policies; write {{'a name': policy, …}}")
    return {name: routed(scenario, one) for name, one in zip(names, policies, strict=True)}


def described(scenario: Scenario, kind: Literal["agent", "contact"]) -> str:
    """What decides which agent, or which contact: a rule with what it prefers, or the user's own file."""
    file = scenario.own_policy
    if file is not None and file.decides(kind):
        return f"Policy {scenario.routing.policy}"
    name = getattr(scenario.routing, kind)
    return f"Rule {name}: {(AGENTS if kind == 'agent' else CONTACTS)[name].prefers}"
