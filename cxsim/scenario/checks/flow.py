"""Rules of the contact flow: where it leads, what it asks, and that every contact gets out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxsim.rules.ivr_steps import CLOSED, expected, hops, leads_to, named, reached
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.flows import AiAgent, LeastDelay, Menu, Node
from cxsim.scenario.model.scenario import AfterContact, Scenario
from cxsim.schema.names import CAUSES, OTHERS

KINDS = ("menu", "self_service", "ai_agent", "announcement", "hours", "capture", "least_delay")
MOST_TRIES = 20
MOST_VISITS = 50  # of a node by one contact, on average


def check_flow(
    scenario: Scenario, queues: Sequence[str], reasons: Sequence[str], broken: Sequence[Path]
) -> Iterator[Finding]:
    """Every broken rule; `queues` and `reasons` are those that are written.

    What follows from a path in `broken`, which was left out, is not said again.
    """
    found = [*_each(scenario, queues, reasons, broken)]
    if not any(path[:1] in (("flow",), ("reasons",)) for path in broken):
        found += [*_entered(scenario, [*scenario.flow, *queues, CLOSED]), *_left(scenario)]
        found += [] if found else _stays(scenario)
    yield from found


def _each(
    scenario: Scenario, queues: Sequence[str], reasons: Sequence[str], broken: Sequence[Path]
) -> Iterator[Finding]:
    """What is wrong with single nodes, and with where reasons begin."""
    nodes = list(scenario.flow)
    for name, node in scenario.flow.items():
        if any(path[:2] == ("flow", name) for path in broken):
            continue
        if name == CLOSED or name in queues:
            rule = (
                "is a reserved name: as a target it turns contacts away"
                if name == CLOSED
                else "is also the name of a queue"
            )
            yield Finding(("flow", name), rule, "give the node another name", name, key=True)
        yield from _kind(scenario, name, node)
        yield from _leads(name, node, nodes, queues)
        if node.menu is not None:
            yield from _menu(name, node, node.menu, reasons)
        if node.ai_agent is not None:
            yield from _ai_agent(scenario, name, node.ai_agent, reasons)
    yield from _next(scenario, nodes, queues, broken)
    for name, reason in scenario.reasons.items():
        if reason.flow is None:
            continue
        if "queue" in reason.model_fields_set:
            fix = "remove it: the flow leads to queues"
            yield Finding(("reasons", name, "queue"), "cannot be combined with a flow", fix)
        if reason.flow not in nodes and not any(path[:1] == ("flow",) for path in broken):
            fix = units.suggestion(reason.flow, nodes, "the nodes are")
            yield Finding(("reasons", name, "flow"), "is not a node of the flow", fix)


def _next(scenario: Scenario, nodes: Sequence[str], queues: Sequence[str], broken: Sequence[Path]) -> Iterator[Finding]:
    """Where further attempts begin is known, and the shares add up."""
    holders: list[tuple[Path, AfterContact]] = [(("after_contact",), scenario.after_contact)]
    holders += [(("reasons", name, "after_contact"), one.after_contact) for name, one in scenario.reasons.items()]
    told = set()
    given: list[tuple[Path, str, dict[str, float]]] = [
        ((*at, cause, "next"), cause, getattr(rules, cause).next)
        for at, rules in holders
        for cause in CAUSES
        if cause in rules.model_fields_set
    ]
    given += [
        (("segments", name, "next", cause), cause, getattr(segment.next, cause))
        for name, segment in scenario.segments.items()
        for cause in CAUSES
    ]
    given += [(("segments", name, "begins"), "begins", segment.begins) for name, segment in scenario.segments.items()]
    for place, cause, ways in given:
        if not ways or (cause, repr(ways)) in told or place in broken:
            continue
        told.add((cause, repr(ways)))
        for target in ways:
            if target not in nodes and target not in queues:
                fix = units.suggestion(target, [*nodes, *queues], "the nodes and queues are")
                yield Finding((*place, target), "is neither a node nor a queue", fix, target, key=True)
        if abs(sum(ways.values()) - 1.0) > 1e-9:
            rule = f"makes the shares sum to {100 * sum(ways.values()):.6g}%, not 100%"
            yield Finding(place, rule, "make them sum to 100%")


def _kind(scenario: Scenario, name: str, node: Node) -> Iterator[Finding]:
    given = [kind for kind in KINDS if getattr(node, kind) is not None]
    if len(given) != 1:
        rule = f"has several kinds ({units.listing(given)})" if given else "has no kind"
        yield Finding(("flow", name), rule, f"write exactly one of {', '.join(KINDS)}")
        return
    if node.time is not None and not node.time.mean < float("inf"):
        yield Finding(
            ("flow", name, given[0], "time"),
            "has no finite mean",
            "write a distribution with a finite mean, such as 20s",
        )
    wrong = {"to", "otherwise"} if node.menu is None else {"then"}
    limited = node.ai_agent is not None and node.ai_agent.concurrent is not None
    if node.hours is not None or node.capture is not None or node.gate is not None or limited:
        wrong -= {"otherwise"}
    if node.least_delay is not None:
        wrong = {"to", "then", "otherwise"}
        yield from _least(scenario, name, node.least_delay)
    for key in sorted(wrong):
        if key in node.model_fields_set:
            fix = "write then: …" if node.menu is None else "write to: {option: …}"
            if node.ai_agent is not None and key == "otherwise":
                fix = "remove it, or limit the conversations: ai_agent.concurrent"
            fix = "remove it: least_delay.of lists the next queues" if node.least_delay is not None else fix
            yield Finding(("flow", name, key), f"cannot be combined with {given[0]}", fix, key, key=True)
    yield from _times(scenario, name, node)
    if node.menu is None and node.least_delay is None and node.then is None:
        yield Finding(("flow", name), "leads nowhere", f"add 'then:' with a node, a queue, or {CLOSED!r}")


def _least(scenario: Scenario, name: str, chosen: LeastDelay) -> Iterator[Finding]:
    """A choice by waits is among two queues or more, each once."""
    at: Path = ("flow", name, "least_delay", "of")
    if len(set(chosen.of)) < 2:
        yield Finding(at, "has fewer than two queues", "name at least two queues")
    elif len(set(chosen.of)) < len(chosen.of):
        yield Finding(at, "names a queue twice", "name each once")
    for target in chosen.of:
        if target in scenario.flow or target == CLOSED:
            yield Finding(at, f"names {target!r}, which is not a queue", "name queues only")


def _times(scenario: Scenario, name: str, node: Node) -> Iterator[Finding]:
    """Opening hours and outages fit a horizon of days, and there is something between them."""
    if node.gate is None:
        return
    at: Path = ("flow", name, "hours" if node.hours else "self_service")
    if scenario.horizon.steady is not None and (node.hours is not None or node.gate.down):
        yield Finding(
            at, "cannot be combined with steady state, which has no days", "remove it, or give the horizon days"
        )
    if node.hours is not None and not any(node.hours.open.values()):
        yield Finding((*at, "open"), "is never open", "write hours such as 08:00-18:00")
    for i, one in enumerate(node.gate.down):
        if one.end <= one.start:
            yield Finding((*at, "down", i, "to"), "ends before it begins", "write a time after 'from'")
    service = node.self_service
    if service is not None and service.availability <= 0.0:
        yield Finding(
            (*at, "availability"), "means the self-service never works", "write more than 0%, or remove the node"
        )
    if service is not None and not 0.0 < service.outage.mean < float("inf"):
        yield Finding((*at, "outage"), "is not an outage length", "write a time such as 30 min")


def _leads(name: str, node: Node, nodes: list[str], queues: Sequence[str]) -> Iterator[Finding]:
    for path, target in node.targets():
        if target != CLOSED and target not in nodes and target not in queues:
            fix = units.suggestion(target, [*nodes, *queues], "the nodes and queues are")
            yield Finding(("flow", name, *path), "is neither a node nor a queue", fix)


def _menu(name: str, node: Node, menu: Menu, reasons: Sequence[str]) -> Iterator[Finding]:
    at: Path = ("flow", name, "menu")
    if menu.tries > MOST_TRIES:
        yield Finding((*at, "tries"), f"is more than the limit of {MOST_TRIES} tries", "write 3")
    if menu.invalid >= 1.0:
        yield Finding((*at, "invalid"), "means no input is ever understood", "write less than 100%")
    options = set()
    for reason, shares in menu.chooses.items():
        if reason != OTHERS and reason not in reasons:
            fix = units.suggestion(reason, [*reasons, OTHERS], "the reasons are")
            yield Finding((*at, "chooses", reason), "is not a reason", fix, reason, key=True)
        total = sum(shares.values())
        if abs(total - 1.0) > 1e-9:
            last = next(reversed(shares), "")
            rest = 1.0 - (total - shares.get(last, 0.0))
            fix = f"did you mean {100 * rest:.6g}% here?" if last and 0.0 <= rest <= 1.0 else "make them sum to 100%"
            place: Path = (*at, "chooses", reason, last) if last else (*at, "chooses", reason)
            yield Finding(place, f"makes the shares sum to {100 * total:.6g}%, not 100%", fix)
        for option in shares:
            options.add(option)
            if option not in node.to:
                fix = units.suggestion(option, list(node.to), "the options are")
                yield Finding((*at, "chooses", reason, option), "is not an option of 'to'", fix, option, key=True)
    for option in node.to:
        if option not in options:
            yield Finding(
                ("flow", name, "to", option),
                "is never chosen",
                "give it a share in 'chooses', or remove it",
                option,
                key=True,
            )


def _ai_agent(scenario: Scenario, name: str, one: AiAgent, reasons: Sequence[str]) -> Iterator[Finding]:
    """Shares and factors are of reasons that exist, and every reason has its resolution; keys that do nothing."""
    at: Path = ("flow", name, "ai_agent")
    come = [reason for reason in reasons if reason in scenario.reasons and name in reached(scenario, reason)[0]]
    for key in ("longer", "offered", "accepted", "resolves", "hands_over"):
        given = getattr(one, key)
        for reason in given:
            if reason not in reasons and not (reason == OTHERS and key != "longer"):
                fix = units.suggestion(reason, [*reasons, *([OTHERS] if key != "longer" else [])], "the reasons are")
                yield Finding((*at, key, reason), "is not a reason", fix, reason, key=True)
        left = [reason for reason in come if reason not in given]
        if key != "longer" and left and OTHERS not in given:
            rule = f"has no share for {units.listing(left)}"
            yield Finding((*at, key), rule, f"add {OTHERS!r}", key=True)
    if one.hang_up >= 1.0:
        yield Finding((*at, "hang_up"), "means every customer breaks the conversation off", "write less than 100%")
    if one.time is None and one.concurrent is not None:
        rule = "limits conversations that take no time"
        yield Finding((*at, "concurrent"), rule, "add time: …, or remove it", key=True)
    if one.time is None and one.longer:
        yield Finding((*at, "longer"), "is a factor on `time`, which is not given", "add time: …", key=True)


def _entered(scenario: Scenario, known: Sequence[str]) -> Iterator[Finding]:
    """A node is of use to someone, unless a misspelt target hides to whom; a menu says what all who come choose."""
    led = [target for node in scenario.flow.values() for _, target in node.targets()]
    led += [place for reason in scenario.reasons for place in hops(scenario, reason)]
    sure = all(name in known for name in [*led, *(one.flow for one in scenario.reasons.values() if one.flow)])
    comes: dict[str, list[str]] = {name: [] for name in scenario.flow}
    for reason in scenario.reasons:
        for name in reached(scenario, reason)[0]:
            comes[name].append(reason)
    met = named(scenario)[0]
    for name, node in scenario.flow.items():
        if name not in met and sure:
            fix = "route contacts to it from another node or a reason's 'flow', or remove it"
            yield Finding(("flow", name), "cannot be reached by any contact", fix, name, key=True)
        for reason in comes[name]:
            if node.menu is not None and reason not in node.menu.chooses and OTHERS not in node.menu.chooses:
                rule = f"has no shares for {reason!r}, whose contacts come here"
                yield Finding(("flow", name, "menu", "chooses"), rule, f"add {reason!r} or {OTHERS!r}", key=True)


def _left(scenario: Scenario) -> Iterator[Finding]:
    """From every node a contact of each reason that comes there can get out."""
    for reason in scenario.reasons:
        nodes = reached(scenario, reason)[0]
        menus = [menu for name in nodes if (menu := scenario.flow[name].menu) is not None]
        if not all(menu.of(reason) for menu in menus):
            continue  # said already: nobody knows what these contacts choose
        free = {name for name in nodes if _ends(scenario, name, reason)}
        grown = True
        while grown:
            more = {
                name
                for name in nodes
                if name not in free and any(target in free for target in leads_to(scenario.flow[name], reason))
            }
            grown, free = bool(more), free | more
        caught = [name for name in nodes if name not in free]
        if caught:
            rule = f"traps contacts of {reason!r} in a loop: {' → '.join([*caught, caught[0]])}"
            yield Finding(("flow", caught[0]), rule, "send one of these nodes to a queue", caught[0], key=True)
            return


def _stays(scenario: Scenario) -> Iterator[Finding]:
    """In a flow without other faults, contacts get out before long."""
    for reason, one in scenario.reasons.items():
        visits = expected(scenario, reason).visits if one.flow else {}
        for name in (name for name, times in visits.items() if times > MOST_VISITS):
            rule = f"is visited {visits[name]:,.0f} times on average by each contact of {reason!r}"
            yield Finding(("flow", name), rule, "send fewer contacts back to it", name, key=True)


def _ends(scenario: Scenario, name: str, reason: str) -> bool:
    """Whether some contacts of a reason get out of the flow at a node."""
    node = scenario.flow[name]
    turned_away = node.hours is not None and node.otherwise is None
    if node.hang_up > 0.0 or turned_away or (node.self_service is not None and node.self_service.contained > 0.0):
        return True
    if node.menu is not None and node.menu.invalid > 0.0 and node.otherwise is None:
        return True
    if node.ai_agent is not None:
        share = node.ai_agent.shares(reason)
        if share["resolved"] + share["false"] + share["broken_off"] > 0.0:
            return True
    return any(target not in scenario.flow for target in leads_to(node, reason))
