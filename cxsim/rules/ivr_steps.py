"""The contact flow of a scenario, compiled: what a contact meets before a queue, as steps and ways out of them.

A *node* of the scenario (an announcement, a menu, a self-service) becomes one step, a menu one step a try. A contact
spends the step's time there or hangs up meanwhile, and leaves by one of the exits of its reason: to another step, to a
queue, or out. What is decided at a step is drawn when the contact enters it; both engines ask
`cxsim.rules.contact_rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.rules.routing.catalogue import BASIC_AGENT_RULES, BASIC_CONTACT_RULES
from cxsim.schema.ledger import CONVERSED, PASSED
from cxsim.schema.names import CAUSES, LOOPS

if TYPE_CHECKING:
    from cxsim.randomness.distributions import Law
    from cxsim.scenario.model.flows import AiAgent, Gate, LeastDelay, Node
    from cxsim.scenario.model.scenario import Scenario

# How a contact leaves a step; BREAKS_OFF is to hang up at a time that is uniform over the step's.
TO_STEP, TO_QUEUE, HANGS_UP, CONTAINED, NOT_HELPED, TURNED_AWAY, BREAKS_OFF = range(7)

CLOSED = "closed"  # the target that turns contacts away
LITTLE = 0.01  # of contacts turned away: a share below is not worth a sentence


@dataclass(frozen=True)
class Exit:
    """A way out of a step: with `chance` above 0, by `kind` of the above, to the step or queue named."""

    chance: float
    kind: int
    to: str = ""
    option: str = ""  # what was chosen in a menu
    saves: float = 0.0  # seconds of talk; below 0 where something is told again
    retold: bool = False  # whether an agent has to be told again what was told here
    pace: float = 1.0  # factor on the step's time
    flags: int = 0  # of its leg in the ledger
    holds: bool = False  # whether it takes one of the conversations that the step can have at a time


@dataclass(frozen=True)
class Step:
    """A stay in a node: its time (none if None), the share that hangs up in it, the exits of each reason."""

    node: str
    law: Law | None
    hang_up: float
    exits: dict[str, tuple[Exit, ...]]
    least: LeastDelay | None = None  # which exit is decided by waits, not drawn
    gate: Gate | None = None  # when a contact that comes is in the step `inside` instead
    inside: str = ""
    full: Exit | None = None  # the way out where all its conversations are taken
    capacity: int | None = None  # conversations at a time; None for any number


def steps(scenario: Scenario) -> dict[str, Step]:
    """The steps by name, each node's first under the node's own name, for the reasons that can come there."""
    out: dict[str, Step] = {}
    for name, node in scenario.flow.items():
        for tried in range(node.menu.tries if node.menu else 1):
            exits = {
                reason: tuple(way for way in _exits(scenario, name, node, reason, tried) if way.chance > 0.0)
                for reason in _come_to(scenario, name)
            }
            out[_try(name, tried)] = Step(name, node.time, node.hang_up, exits, node.least_delay)
        if node.ai_agent is not None and node.ai_agent.concurrent is not None:
            full = replace(_to(scenario, 1.0, node.otherwise or node.then or CLOSED), pace=0.0, flags=PASSED)
            out[name] = replace(out[name], full=full, capacity=node.ai_agent.concurrent)
        if node.gate is not None:
            inside = f"{name}, open" if node.hours else f"{name}, down"
            out[name] = replace(out[name], gate=node.gate, inside=inside)
            target = (node.then if node.hours else node.otherwise or node.then) or CLOSED
            exits = {reason: (_to(scenario, 1.0, target),) for reason in _come_to(scenario, name)}
            out[inside] = Step(name, None, 0.0, exits)
    return out


def _try(name: str, tried: int) -> str:
    return name if tried == 0 else f"{name}, try {tried + 1}"


def _exits(scenario: Scenario, name: str, node: Node, reason: str, tried: int) -> Iterator[Exit]:
    if node.self_service is not None:
        service = node.self_service
        yield Exit(service.contained * (1.0 - service.of_which_false), CONTAINED)
        yield Exit(service.contained * service.of_which_false, NOT_HELPED)
        onward = _to(scenario, 1.0 - service.contained, node.then or CLOSED)
        yield replace(onward, saves=-(service.retold or 0.0), retold=service.retold != 0.0)
    elif node.ai_agent is not None:
        yield from _talks(scenario, node, node.ai_agent, reason)
    elif node.hours is not None:
        yield _to(scenario, 1.0, node.otherwise or CLOSED)
    elif node.capture is not None:
        works = node.capture.success
        yield replace(_to(scenario, works, node.then or CLOSED), saves=node.capture.saves)
        yield _to(scenario, 1.0 - works, node.otherwise or node.then or CLOSED)
    elif node.menu is not None:
        menu = node.menu
        good = 1.0 - menu.invalid
        for option, share in menu.of(reason).items():
            yield _to(scenario, share * good, node.to[option], option)
        if menu.invalid > 0.0:
            last = tried + 1 == menu.tries
            if not last:
                yield Exit(menu.invalid, TO_STEP, _try(name, tried + 1))
            elif node.otherwise is not None:
                yield _to(scenario, menu.invalid, node.otherwise)
            else:
                yield Exit(menu.invalid, HANGS_UP)
    elif node.least_delay is not None:  # even shares, as far as nobody knows better
        for target in node.least_delay.of:
            yield _to(scenario, 1.0 / len(node.least_delay.of), target)
    elif node.announcement is not None:
        yield _to(scenario, 1.0, node.then or CLOSED)
    else:
        raise AssertionError(f"no exits are known for the node {name!r}")


def _talks(scenario: Scenario, node: Node, one: AiAgent, reason: str) -> Iterator[Exit]:
    """The ways out of an AI agent: past it at once, or out of a conversation."""
    share, onward = one.shares(reason), node.then or CLOSED
    yield replace(_to(scenario, share["not_offered"], onward), pace=0.0, flags=PASSED)
    yield replace(_to(scenario, share["refused"], onward), pace=0.0)
    pace = one.longer.get(reason, 1.0)
    for kind, end in ((BREAKS_OFF, "broken_off"), (CONTAINED, "resolved"), (NOT_HELPED, "false")):
        yield Exit(share[end], kind, pace=pace, flags=CONVERSED, holds=True)
    handed = _to(scenario, share["handed_over"], onward)
    saves, retold = one.saves - (one.retold or 0.0), one.retold != 0.0
    yield replace(handed, saves=saves, retold=retold, pace=pace, flags=CONVERSED, holds=True)


def _to(scenario: Scenario, chance: float, target: str, option: str = "") -> Exit:
    if target == CLOSED:
        return Exit(chance, TURNED_AWAY, option=option)
    return Exit(chance, TO_STEP if target in scenario.flow else TO_QUEUE, target, option)


def _come_to(scenario: Scenario, name: str) -> list[str]:
    """The reasons whose contacts can reach a node."""
    return [reason for reason in scenario.reasons if name in reached(scenario, reason)[0]]


def reached(scenario: Scenario, reason: str, again: bool = True) -> tuple[list[str], list[str]]:
    """The nodes and the queues that contacts of a reason can come to by its flow, in the order they are met.

    Where only further attempts begin comes last, or is left out if not `again`.
    """
    start = scenario.reasons[reason].flow
    first = [place for segment in scenario.segments.values() for place in segment.begins]
    places = [*([start] if start else []), *(hops(scenario, reason) if again else first)]
    nodes: list[str] = [name for name in dict.fromkeys(places) if name in scenario.flow]
    queues: list[str] = [name for name in dict.fromkeys(places) if name not in scenario.flow and name != start]
    for name in nodes:
        for target in leads_to(scenario.flow[name], reason):
            if target in scenario.flow:
                nodes += [target] if target not in nodes else []
            elif target != CLOSED and target not in queues:
                queues.append(target)
    return nodes, queues


def named(scenario: Scenario) -> tuple[list[str], list[str]]:
    """The nodes that some reason's flow or `next` leads to, and the queues these name, at whatever share."""
    nodes = [reason.flow for reason in scenario.reasons.values() if reason.flow]
    holders = [scenario.after_contact, *(reason.after_contact for reason in scenario.reasons.values())]
    nodes += [place for one in holders for cause in CAUSES for place in getattr(one, cause).next]
    nodes += [place for one in scenario.segments.values() for cause in CAUSES for place in getattr(one.next, cause)]
    nodes += [place for one in scenario.segments.values() for place in one.begins]
    nodes = [name for name in dict.fromkeys(nodes) if name in scenario.flow]
    queues: dict[str, None] = {}
    for name in nodes:
        targets = dict.fromkeys(target for _, target in scenario.flow[name].targets())
        nodes += [target for target in targets if target in scenario.flow and target not in nodes]
        queues |= dict.fromkeys(target for target in targets if target not in scenario.flow and target != CLOSED)
    return nodes, list(queues)


def straight(scenario: Scenario) -> bool:
    """Whether all contacts go to their reason's queue, wait there uninformed, and are served there to the end."""
    queues = scenario.queues.values()
    return not any(reached(scenario, name)[0] or hops(scenario, name) for name in scenario.reasons) and not any(
        queue.transfers or queue.announces or queue.callback or queue.turns or queue.outbound for queue in queues
    )


def loop(scenario: Scenario) -> int:
    """Which loop of the compiled engine runs a scenario, a place in `names.LOOPS`: the first that knows all it has.

    `basic`: calls without limits, who wait in one queue or give up, served by the first idle agent. `plain`: lines,
    full queues, balking, overflow, reserves, contacts handed back and any choice as well. `rich`: what contacts go
    through before and after, and all else. `own` and `own_rich`: the same with a policy that is a class.
    """
    policy = scenario.own_policy
    if policy is not None and policy.hooks is not None:
        rich = _needed(scenario) == LOOPS.index("rich") or policy.hooks.sees_effort
        return LOOPS.index("own_rich" if rich else "own")
    return _needed(scenario)


def _needed(scenario: Scenario) -> int:
    """The first of the loops without classes that knows all a scenario has."""
    channels, queues, routing = scenario.channels.values(), scenario.queues.values(), scenario.routing
    if (
        not straight(scenario)
        or any(queue.talk is not None for queue in queues)
        or any(channel.concurrent > 1 or channel.interruptible for channel in channels)
        or any(segment.customers for segment in scenario.segments.values())
        or judges(scenario)
        or decides(scenario)
        or urgent(scenario)
        or routing.last_agent
        or routing.preferred_agent
    ):
        return LOOPS.index("rich")
    if (
        any(channel.lines is not None or channel.balk > 0.0 for channel in channels)
        or any((reason.balk or 0.0) > 0.0 for reason in scenario.reasons.values())
        or any(queue.capacity is not None or queue.overflow for queue in queues)
        or any(skill.reserve for group in scenario.groups.values() for skill in group.skills.values())
        or scenario.staff.at_shift_end == "hand_back"
        or routing.policy
        or routing.agent not in BASIC_AGENT_RULES
        or routing.contact not in BASIC_CONTACT_RULES
    ):
        return LOOPS.index("plain")
    return LOOPS.index("basic")


def judges(scenario: Scenario) -> bool:
    """Whether talks may have holds or discourtesy, or waits are judged."""
    return (
        scenario.experience.expectations is not None
        or any(reason.hold > 0.0 for reason in scenario.reasons.values())
        or any(group.courtesy < 1.0 for group in scenario.groups.values())
    )


def decides(scenario: Scenario) -> bool:
    """Whether something depends on what happened before: compensation from a budget, lessons, a community."""
    return any(one.learning or one.community for one in scenario.reasons.values()) or any(
        group.empowerment is not None for group in scenario.groups.values()
    )


def urgent(scenario: Scenario) -> bool:
    """Whether customers of some segments are served before others."""
    return len({segment.priority for segment in scenario.segments.values()}) > 1


def hops(scenario: Scenario, reason: str) -> list[str]:
    """The nodes and queues where attempts of a reason begin, besides where the reason says."""
    after = scenario.reasons[reason].after_contact
    out = [place for segment in scenario.segments.values() for place in segment.begins]
    for cause in CAUSES:
        rule = getattr(after, cause)
        ways = [rule.next, *(getattr(segment.next, cause) for segment in scenario.segments.values())]
        out += [place for way in ways for place in way] if rule.chance > 0.0 else []
    return list(dict.fromkeys(out))


def leads_to(node: Node, reason: str) -> list[str]:
    """Where contacts of a reason may go from a node."""
    if node.least_delay is not None:
        return list(node.least_delay.of)
    if node.menu is None:
        besides = node.hours is not None or node.gate is not None
        besides |= node.capture is not None and node.capture.success < 1.0
        besides |= node.ai_agent is not None and node.ai_agent.concurrent is not None
        return [name for name in (node.then, node.otherwise if besides else None) if name]
    chosen = [node.to[option] for option, share in node.menu.of(reason).items() if share > 0.0 and option in node.to]
    return chosen + ([node.otherwise] if node.otherwise and node.menu.invalid > 0.0 else [])


def queues_of(scenario: Scenario, reason: str, again: bool = True) -> list[str]:
    """The queues in which contacts of a reason may begin to wait: its own, or those its flow leads to."""
    one = scenario.reasons[reason]
    found = reached(scenario, reason, again)[1]
    return found if one.flow else list(dict.fromkeys([one.queue, *found]))


def overflows(scenario: Scenario, queue: str) -> list[str]:
    """A queue, and those to which its contacts may overflow."""
    found = [queue]
    for name in found:
        stages = scenario.queues[name].overflow if name in scenario.queues else ()
        found += dict.fromkeys(one.to_queue for one in stages if one.to_queue and one.to_queue not in found)
    return found


def handed_on(scenario: Scenario, *queues: str) -> list[str]:
    """Queues, and those to which their contacts may be transferred, or may overflow."""
    found = list(queues)
    for name in found:
        queue = scenario.queues.get(name)
        moves = [] if queue is None else [one.to for one in queue.transfers]
        moves += [stage.to_queue for stage in queue.overflow if stage.to_queue] if queue else []
        found += dict.fromkeys(to for to in moves if to not in found)
    return found


@dataclass(frozen=True, eq=False)
class Expected:
    """What becomes of a contact that enters a flow: expected numbers of visits and shares, by node.

    `visits` counts how often it comes to a node (tries of a menu are one visit), `ways` the moves from node to (node or
    queue, option), `hung_up`, `contained`, `not_helped` (the falsely contained) and `turned_away` how it ends at a
    node; `queues` the share that comes to each queue; `seconds` the mean time in the flow.
    """

    visits: dict[str, float]
    ways: dict[tuple[str, str, str], float]
    hung_up: dict[str, float]
    contained: dict[str, float]
    not_helped: dict[str, float]
    turned_away: dict[str, float]
    queues: dict[str, float]
    seconds: float


def expected(scenario: Scenario, reason: str, begin: str = "", shut: bool = False) -> Expected:
    """The shares that the flow of a reason implies: visits v solve v = start + v P (a finite absorbing chain).

    `begin` is the node where contacts begin, in place of the reason's.
    Where the way depends on the time, by when contacts come: as inline volumes say, else evenly over their hours.
    With `shut` only of those that come outside the opening hours.
    """
    program = {name: step for name, step in steps(scenario).items() if reason in step.exits}
    names = list(program)
    number = {name: k for k, name in enumerate(names)}
    moves = np.zeros((len(names), len(names)))
    shares = {name: _time_inside(scenario, reason, step.gate, shut) for name, step in program.items() if step.gate}

    def enter(name: str) -> list[tuple[int, float]]:
        """The steps that a contact which comes to one may be in, by the time it comes, with their shares."""
        if name not in shares:
            return [(number[name], 1.0)]
        return [(number[name], 1.0 - shares[name]), (number[program[name].inside], shares[name])]

    for name, step in program.items():
        for way in step.exits[reason]:
            for to, share in enter(way.to) if way.kind == TO_STEP else ():
                moves[number[name], to] += (1.0 - step.hang_up) * way.chance * share
    start = np.zeros(len(names))
    for k, share in enter(begin or scenario.reasons[reason].flow or ""):
        start[k] = share
    visits = np.linalg.solve((np.eye(len(names)) - moves).T, start)
    ends: dict[int, dict[str, float]] = {kind: {} for kind in (HANGS_UP, CONTAINED, NOT_HELPED, TURNED_AWAY)}
    ways: dict[tuple[str, str, str], float] = {}
    queues: dict[str, float] = {}
    seconds = 0.0
    for name, visit in zip(names, visits.tolist(), strict=True):
        step = program[name]
        # Who hangs up does so at a time that is uniform over the step's.
        stay = sum(way.chance * way.pace * (0.5 if way.kind == BREAKS_OFF else 1.0) for way in step.exits[reason])
        stay = stay * (1.0 - step.hang_up) + 0.5 * step.hang_up
        seconds += visit * (step.law.mean if step.law is not None else 0.0) * stay
        _add(ends[HANGS_UP], step.node, visit * step.hang_up)
        for way in step.exits[reason]:
            share = visit * (1.0 - step.hang_up) * way.chance
            if way.kind == TO_QUEUE:
                _add(queues, way.to, share)
            if way.kind in ends or way.kind == BREAKS_OFF:
                _add(ends[HANGS_UP if way.kind == BREAKS_OFF else way.kind], step.node, share)
            elif way.kind == TO_QUEUE or program[way.to].node != step.node:
                _add(ways, (step.node, way.to, way.option), share)
    first = {
        name: visits[number[name]] + (visits[number[program[name].inside]] if program[name].inside else 0.0)
        for name in scenario.flow
        if name in number
    }
    return Expected(
        {name: float(visit) for name, visit in first.items()},
        ways,
        ends[HANGS_UP],
        ends[CONTAINED],
        ends[NOT_HELPED],
        ends[TURNED_AWAY],
        queues,
        seconds,
    )


def _time_inside(scenario: Scenario, reason: str, gate: Gate, shut: bool) -> float:
    """The share of a reason's contacts that come while a gate holds, over the days of the horizon, to five minutes."""
    horizon, volume = scenario.horizon, scenario.reasons[reason].volume
    always = day_and_night(scenario, reason)
    slots = np.arange(288) * 300.0
    inside = total = 0.0
    for d in range(min(horizon.days, 28)):
        day = horizon.start + timedelta(days=d)
        weight = np.zeros(288)
        for a, b in [(0.0, 86400.0)] if always else horizon.hours_on(day):
            weight[(slots >= a) & (slots < b)] = volume.weekdays.get(day.weekday(), 1.0)
        for given, width in ((volume.per_hour, 3600.0), (volume.per_interval or volume.profile, horizon.interval)):
            starts = horizon.slots(width, always) if isinstance(given, tuple) else ()
            for start, level in zip(starts, given if isinstance(given, tuple) else (), strict=False):
                weight[(slots >= start) & (slots < start + width)] *= level
        for a, b in horizon.hours_on(day) if shut else ():
            weight[(slots >= a) & (slots < b)] = 0.0
        held = np.zeros(288, bool)
        for a, b in gate.spans(day):
            held |= (slots >= a) & (slots < b)
        share = np.where(held, 1.0, 1.0 - gate.availability)
        inside, total = inside + float(weight @ share), total + float(weight.sum())
    return inside / total if total > 0.0 else 0.0


def turned_away(scenario: Scenario, reason: str) -> float:
    """The share of a reason's fresh contacts that come outside the opening hours and are led to a closed queue."""
    one = scenario.reasons[reason]
    if not one.flow or not day_and_night(scenario, reason):
        return 0.0
    channels = {name: scenario.channels[queue.channel] for name, queue in scenario.queues.items()}
    found = expected(scenario, reason, shut=True).queues
    return sum(share for queue, share in found.items() if not channels[queue].day_and_night)


def mixed(scenario: Scenario, weights: Mapping[str, float]) -> Expected:
    """The same for contacts of several reasons, each with its weight; reasons without a flow do not count."""
    parts = [(weight, expected(scenario, name)) for name, weight in weights.items() if scenario.reasons[name].flow]
    whole = sum(weight for weight, _ in parts) or 1.0
    out: dict[str, dict[Any, float]] = {
        name: {} for name in ("visits", "ways", "hung_up", "contained", "not_helped", "turned_away", "queues")
    }
    seconds = 0.0
    for weight, part in parts:
        seconds += weight / whole * part.seconds
        for name, sums in out.items():
            for key, value in getattr(part, name).items():
                _add(sums, key, weight / whole * value)
    return Expected(**out, seconds=seconds)


def queue_shares(scenario: Scenario, reason: str, cause: str | None = None) -> dict[str, float]:
    """The share of a reason's contacts that comes to each queue: of first ones, or of those again after a `cause`."""
    one = scenario.reasons[reason]
    usual: Mapping[str, float] = {one.flow or one.queue: 1.0}
    begun: dict[str, float] = {}
    rule = getattr(one.after_contact, cause) if cause else None
    for segment in scenario.segments.values():
        own = getattr(segment.next, cause or "") or rule.next if rule is not None and rule.chance > 0.0 else None
        for place, share in (own or segment.begins or usual).items():
            _add(begun, place, segment.share * share)
    out: dict[str, float] = {}
    for place, share in begun.items():
        there = expected(scenario, reason, place).queues if place in scenario.flow else {place: 1.0}
        for queue, part in there.items():
            _add(out, queue, share * part)
    return out


def day_and_night(scenario: Scenario, reason: str) -> bool:
    """Whether contacts of a reason begin in a channel that is open at any hour."""
    one = scenario.reasons[reason]
    place = scenario.flow.get(one.flow) if one.flow else scenario.queues.get(one.queue or reason)
    channel = scenario.channels.get(place.channel) if place is not None else None
    return channel is not None and channel.day_and_night


def _add(sums: dict[Any, float], key: Any, value: float) -> None:
    if value > 0.0:
        sums[key] = sums.get(key, 0.0) + value
