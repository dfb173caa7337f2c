"""Routing policies by name: what each rule does, where it is from, when it is good; a scenario with one in effect."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from cxsim.schema.names import AGENT_RULES, CONTACT_RULES

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


class Policy(NamedTuple):
    """One rule: what it prefers, its source, and when it is good or fails."""

    prefers: str
    source: str = ""
    when: str = ""


CONTACTS: Final[dict[str, Policy]] = {
    "rank_then_longest_wait": Policy("smallest rank, then priority, then who has waited longest", "", "the usual one"),
    "first_come": Policy("who has waited longest, whatever the queue", "", "fair; blind to cost and speed"),
    "priority": Policy("smallest priority of the queue, then rank", "Cobham 1954", "starves low priorities in a peak"),
    "random": Policy("any queue in which somebody waits, at random", "", "a floor to compare with"),
    "longest_queue": Policy("the most who wait, times weights", "", "evens lengths, not waits"),
    "weighted_wait": Policy("the longest wait of a head, times weights", "Kleinrock 1964", "waits stand in proportion"),
    "ageing": Policy("the longest wait, with a credit for some queues", "Kleinrock 1964", "priority without starving"),
    "cmu": Policy("cost of waiting × speed of the agent", "Cox and Smith 1961", "least cost, if it grows evenly"),
    "generalised_cmu": Policy(
        "cost × wait × speed", "Van Mieghem 1995; Mandelbaum and Stolyar 2004", "least cost if it grows with the square"
    ),
    "queue_ratio": Policy(
        "who is furthest above its share of all who wait", "Gurvich and Whitt 2009", "large centers"
    ),
    "resolve_first": Policy("what this agent resolves best", "", "few come back; speed is ignored"),
    "p_mu": Policy("resolution × speed: most resolved in a while", "Zhan and Ward 2014", "large loads of one cost"),
    "marginal_cost": Policy("worth of a contact less cost of its time, by fluid prices", "Harrison and López 1999",
                            "groups good at different things, under load"),
}  # fmt: skip
AGENTS: Final[dict[str, Policy]] = {
    "rank_then_longest_idle": Policy("smallest order, then idle longest", "", "the usual one"),
    "longest_idle": Policy("idle longest, whatever the order", "Atar 2008", "fair among agents"),
    "rank_then_random": Policy("smallest order, then at random"),
    "random": Policy("at random", "", "a floor to compare with"),
    "rank_then_fewest_contacts": Policy("smallest order, then fewest contacts so far"),
    "fewest_contacts": Policy("fewest contacts so far", "", "even loads by number, not by work"),
    "fastest": Policy("the fastest with this queue", "Armony 2005", "shortest waits; the fast work most"),
    "resolve_first": Policy("who resolves it best", "Mehrotra, Ross, Ryder and Zhou 2012", "few come back"),
    "p_mu": Policy("resolution × speed", "Zhan and Ward 2014", "most resolved in a while"),
    "specialist_first": Policy("who serves the fewest queues", "", "keeps generalists for others"),
    "idleness_ratio": Policy(
        "the group furthest above its part of all who are idle", "Gurvich and Whitt 2009", "large centers"
    ),
    "marginal_cost": Policy("worth of the contact less cost of its time, by fluid prices", "Harrison and López 1999",
                            "groups good at different things, under load"),
}  # fmt: skip


def named(name: str) -> str:
    """A policy as it can be typed again: a file by its name, and the folder it is in if it is in one."""
    from cxsim.scenario.io.policy_file import ENDING, split

    return "/".join(name.split("/")[-2:]) if split(name)[0].endswith(ENDING) else name


def settings(name: str) -> dict[str, str]:
    """The values of `routing` for a policy: a rule of contacts, of agents, of both, or `contacts/agents`.

    Or a file of one's own, `file.py` or `file.py:name`, in the folder one is in. Raises ValueError with the nearest
    names.
    """
    from cxsim.scenario.io.policy_file import ENDING, split
    from cxsim.scenario.model.units import suggestion

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
            raise ValueError(f"{rule!r} is no rule of {key}s; {suggestion(rule, known[key], 'they are')}")
    if not wanted:
        raise ValueError(f"{name!r} is no policy; {suggestion(name, [*CONTACT_RULES, *AGENT_RULES], 'they are')}")
    return {f"routing.{key}": rule for key, rule in wanted.items()}


def routed(scenario: Scenario, name: str) -> Scenario:
    """The scenario with a policy in effect. Raises ValueError for one that is not known.

    A rule takes the place of the scenario's own policy; of the parameters those stay that the new one has.
    """
    from cxsim.scenario.io.policy_file import PolicyFault, load

    given: dict[str, Any] = settings(name)
    if scenario.routing.policy:
        written, known = given.setdefault("routing.policy", None), {}
        with suppress(PolicyFault, OSError):  # told where it is read
            source = scenario.source
            known = load(source.folder, written, source.policy_outside).parameters if written else {}
        kept = {key: value for key, value in scenario.routing.parameters.items() if key in known}
        given["routing.parameters"] = kept or None
    return scenario.vary(given)


def described(scenario: Scenario, kind: Literal["agent", "contact"]) -> str:
    """What decides which agent, or which contact: a rule with what it prefers, or the user's own file."""
    file = scenario.own_policy
    if file is not None and getattr(file, kind):
        return f"Policy {scenario.routing.policy}"
    name = getattr(scenario.routing, kind)
    return f"Rule {name}: {(AGENTS if kind == 'agent' else CONTACTS)[name].prefers}"
