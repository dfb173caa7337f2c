"""The scenario compiled to arrays and index numbers: all that an engine knows of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.struct_arrays import Book
from cxsim.model import scores
from cxsim.randomness import draws
from cxsim.randomness.distributions import Law, encode
from cxsim.randomness.inverse_cdf import inverse_normal
from cxsim.rules import ivr_steps
from cxsim.schema.names import (  # fmt: skip
    AGENT_RULES,
    CAUSES,
    CONTACT_RULES,
    DIALLING,
    ENDINGS,
    ESTIMATORS,
    HANDING,
    OTHERS,
    OWN,
    TRANSFERS,
)
from cxsim.schema.network import (
    AFTERS,
    CALLBACK_DTYPE,
    CHANNEL_DTYPE,
    EXIT_DTYPE,
    FEELING_DTYPE,
    GROUP_DTYPE,
    LEAVING_DTYPE,
    LOYALTY_DTYPE,
    MARKET_DTYPE,
    MATCH_DTYPE,
    NETWORK,
    OPENING_DTYPE,
    PATIENCE_DTYPE,
    QUEUE_DTYPE,
    REASON_DTYPE,
    REST,
    RETURN_DTYPE,
    SETTINGS_DTYPE,
    SKILL_DTYPE,
    STAGE_DTYPE,
    STEP_DTYPE,
    TEAM_DTYPE,
    TRANSFER_DTYPE,
    UNLIMITED,
    WAY_DTYPE,
    WORK_DTYPE,
)
from cxsim.schema.scores import SCORE_DTYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxsim.model.calendar import Timeline
    from cxsim.model.demand import Demand
    from cxsim.model.plan import Plan
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.people import Queue
    from cxsim.scenario.model.scenario import Redial, Repeat

LOOK_BACK = frozenset({"fewest_contacts", "rank_then_fewest_contacts"})  # rules that count contacts that are over


class _Laws:
    """Collects laws and hands out their numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Law, int] = {}

    def number(self, law: Law | None) -> int:
        """The number of a law; -1 for none and for one that never comes."""
        if law is None or law.name == "never":
            return -1
        return self.numbers.setdefault(law, len(self.numbers))


def tells_waits(scenario: Scenario) -> bool:
    """Whether waits are estimated, or agents scored by what they do, for which the network needs the volumes."""
    rules = {scenario.routing.agent, scenario.routing.contact}
    told = any(queue.announces or queue.callback for queue in scenario.queues.values())
    told |= any(node.least_delay for node in scenario.flow.values())
    return told or bool(rules & scores.WORK_RULES) or bool(scenario.routing.policy)


def network(scenario: Scenario, timeline: Timeline, plan: Plan, seed: int, demand: Demand | None) -> Book:
    """The scenario as a book of arrays; `seed` only decides how agents differ from one another.

    Means over the reasons of a queue are weighted by the demand; it may be None where the scenario `tells_waits` not.
    """
    volumes = np.ones(len(scenario.reasons))
    if demand is not None and tells_waits(scenario):
        volumes = (demand.totals + np.diff(demand.first_time)).reshape(len(volumes), -1).sum(axis=1)
    laws = _Laws()
    names = {"queue": list(scenario.queues), "group": list(scenario.groups)}
    by_queue, by_group = _matches(scenario, names)
    stage_rows, queue_rows = _queues(scenario, names, by_queue)
    group_rows = _groups(scenario, names, by_group, plan, laws)
    _mark(queue_rows, group_rows, by_queue)
    settings = _settings(scenario, timeline)
    settings["chats"] = np.bitwise_or.reduce(np.where(queue_rows["slots"] > 1, _bits(queue_rows), np.uint64(0)))
    steps, ways, exits, spans, first_steps = _flow(scenario, timeline, names, laws)
    skill_rows = _skills(scenario, laws)
    done = scores.work(scenario, skill_rows, handle_times(scenario), volumes)
    returns_of = _returns(scenario, laws, names, first_steps, exits)
    arrays: dict[str, npt.NDArray[Any]] = {
        "reasons": _reasons(scenario, names, laws, first_steps),
        **_channels(scenario),
        "patience": _patience(scenario, laws),
        "skills": skill_rows,
        "returns": returns_of,
        "hops": _hops(scenario, returns_of, names, first_steps, exits),
        "segments": _shares(scenario),
        **_customers(scenario, seed),
        **_transfers(scenario, names, laws),
        **_waiting(scenario, queue_rows, laws, volumes),
        "queues": queue_rows,
        "stages": stage_rows,
        "groups": group_rows,
        "by_queue": by_queue,
        "by_group": by_group,
        **scores.scores(scenario, by_queue, by_group, done),
        **scores.shown(scenario, by_queue, by_group, done),
        **_priced_work(scenario, done, skill_rows, volumes),
        "openings": np.array(list(zip(timeline.open_starts, timeline.open_ends, strict=True)), OPENING_DTYPE),
        "steps": steps,
        "spans": spans,
        "ways": ways,
        "exits": np.array(exits, EXIT_DTYPE),
        "settings": settings,
        "team": team_of(scenario, plan.first_seat, seed),
    }
    records, knots = encode(list(laws.numbers))
    return NETWORK.book(**arrays | _by_prices(arrays, plan), laws=records, knots=knots)


def restaffed(net: Book, plan: Plan, people: npt.NDArray[np.void]) -> Book:
    """The same network with another plan and its people, `team_of` its seats."""
    rows = net["groups"].copy()
    rows["by_count"] = plan.by_count
    rows["first_seat"], rows["last_seat"] = plan.first_seat[:-1], plan.first_seat[1:]
    arrays = net.arrays | {"groups": rows, "team": people}
    return NETWORK.book(**arrays | _by_prices(arrays, plan))


def _priced_work(
    scenario: Scenario, done: scores.Work, skills: npt.NDArray[np.void], volumes: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[Any]]:
    """What prices are made of, where a rule goes by them."""
    if scores.PRICED not in (scenario.routing.agent, scenario.routing.contact):
        return {"load": np.zeros(0), "work": np.zeros(0, WORK_DTYPE)}
    rows = np.zeros(done.time.shape, WORK_DTYPE)
    rows["time"], rows["lasting"] = done.time * scores.shared_time(scenario)[:, None], done.lasting
    return {"load": scores.loads(scenario, skills, volumes), "work": rows.reshape(-1)}


def _by_prices(arrays: Mapping[str, npt.NDArray[Any]], plan: Plan) -> dict[str, npt.NDArray[np.void]]:
    """The tables of a rule that goes by prices, which are those of a plan."""
    if not len(arrays["load"]):
        return {}
    work, matches = arrays["work"].reshape(len(arrays["load"]), -1), arrays["by_queue"]
    serves = np.zeros(work.shape, np.bool_)
    serves[matches["queue"], matches["group"]] = True
    given = (arrays["load"], work["time"], work["lasting"], serves, plan.present.sum(axis=1))
    by_contact, by_second = scores.by_prices(*given)
    settings, made = arrays["settings"][0], {}
    for table, rows, rule, known, base in (
        ("agent_scores", "by_queue", "agent_rule", AGENT_RULES, by_contact),
        ("contact_scores", "by_group", "contact_rule", CONTACT_RULES, by_second),
    ):
        if settings[rule] == known.index(scores.PRICED):
            made[table] = np.zeros(len(arrays[rows]), SCORE_DTYPE)
            made[table]["base"] = base[arrays[rows]["queue"], arrays[rows]["group"]]
    return made


def _reasons(
    scenario: Scenario, names: dict[str, list[str]], laws: _Laws, first_steps: dict[str, int]
) -> npt.NDArray[np.void]:
    rows = np.zeros(len(scenario.reasons), REASON_DTYPE)
    for r, (name, reason) in enumerate(scenario.reasons.items()):
        queue = -1 if reason.flow else names["queue"].index(reason.queue)
        rows[r] = (draws.name_hash(name), queue, laws.number(reason.talk), first_steps.get(reason.flow or "", -1),
                   ivr_steps.day_and_night(scenario, name))  # fmt: skip
    return rows


def _flow(
    scenario: Scenario, timeline: Timeline, names: dict[str, list[str]], laws: _Laws
) -> tuple[Any, Any, Any, Any, dict[str, int]]:
    """Steps, the ways out of each by reason, their exits, the times of gates, and the number of each step."""
    program = ivr_steps.steps(scenario)
    number = {name: k for k, name in enumerate(program)}
    node = {name: k for k, name in enumerate(scenario.flow)}
    queue = {name: q for q, name in enumerate(names["queue"])}
    channels = list(scenario.channels)
    rows = np.zeros(len(program), STEP_DTYPE)
    ways = np.zeros((len(program), len(scenario.reasons)), WAY_DTYPE)
    exits: list[tuple[float, float, int, int]] = []
    spans: list[tuple[float, float]] = []
    for k, step in enumerate(program.values()):
        channel = channels.index(scenario.flow[step.node].channel)
        gate, first, gap, outage = step.gate, len(spans), math.inf, 0
        for d, day in enumerate(timeline.dates if gate is not None else ()):
            held = sorted(gate.spans(day)) if gate is not None else []
            spans += [(timeline.at(d, a), timeline.at(d, b)) for a, b in held]
        if gate is not None and gate.availability < 1.0 and gate.outage is not None:
            gap = gate.outage.mean * gate.availability / (1.0 - gate.availability)
            outage = laws.number(gate.outage)
        inside = number[step.inside] if step.inside else -1
        least = (ESTIMATORS.index(step.least.estimator), step.least.random) if step.least else (-1, 0)
        down = 1.0 - gate.availability if gate else 0.0
        rows[k] = (step.hang_up, laws.number(step.law), node[step.node], channel, inside, step.retold, *least, first,
                   len(spans), gap, down, outage, draws.name_hash(step.node))  # fmt: skip
        for r, reason in enumerate(scenario.reasons):
            first, total = len(exits), 0.0
            for way in step.exits.get(reason, ()):
                total += way.chance
                to = (number if way.kind == ivr_steps.TO_STEP else queue).get(way.to, -1)
                exits.append((total, way.saves, way.kind, to))
            ways[k, r] = (first, len(exits))
    return rows, ways.reshape(-1), exits, np.array(spans, OPENING_DTYPE), number


def _channels(scenario: Scenario) -> dict[str, npt.NDArray[Any]]:
    rows, paces = np.zeros(len(scenario.channels), CHANNEL_DTYPE), list[float]()
    for row, one in zip(rows, scenario.channels.values(), strict=True):
        row["lines"], row["slots"] = UNLIMITED if one.lines is None else one.lines, one.concurrent
        row["first_pace"] = len(paces)
        said = one.slowdown or (1.0,)
        paces += [said[min(k, len(said) - 1)] for k in range(one.concurrent)]
    return {"channels": rows, "paces": np.array(paces)}


def _shares(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Cumulative shares of the segments in the issues that are drawn, those of seats that are empty among them."""
    shares = np.cumsum([segment.share * segment.crowd for segment in scenario.segments.values()])
    return shares if all(segment.crowd == 1.0 for segment in scenario.segments.values()) else shares / shares[-1]


def _customers(scenario: Scenario, seed: int) -> dict[str, npt.NDArray[Any]]:
    """Who the customers are, and what they make of what happens to them."""
    markets = np.zeros(len(scenario.segments), MARKET_DTYPE)
    first = 0
    for row, (name, segment) in zip(markets, scenario.segments.items(), strict=True):
        seats = segment.seats
        empty = math.inf if segment.replaced_after is None else segment.replaced_after
        row["first"], row["seats"], row["customers"] = first, seats, segment.customers or 0
        row["unevenness"], row["empty"], row["leaves"] = segment.unevenness, empty, segment.churn
        row["hash"] = draws.name_hash(name)
        known = scenario.routing.preferred_agent
        group = known.get(name, known.get(OTHERS))
        row["preferred"] = -1 if group is None else list(scenario.groups).index(group)
        row["preferred_key"] = draws.child(np.uint64(draws.child(draws.name_hash("preferred"), seed)), row["hash"])
        first += seats
    said = scenario.experience
    feelings = np.array([
        (getattr(said.churn, how), getattr(said.promoters, how), getattr(said.detractors, how))
        for how in ENDINGS
    ], FEELING_DTYPE)  # fmt: skip
    effort, memory = said.effort, said.memory
    loyalty = np.array([(
        effort.contact, effort.wait_minute / 60.0, effort.menu, effort.transfer, effort.retelling, effort.again,
        effort.switch, *(math.log(2.0) / each if each else 0.0 for each in (
            memory.fades, memory.patience_halves, memory.churn_doubles)),
        memory.restored, said.word_of_mouth.brings, said.word_of_mouth.warns,
    )], LOYALTY_DTYPE)  # fmt: skip
    return {"markets": markets, "feelings": feelings, "loyalty": loyalty}


def _patience(scenario: Scenario, laws: _Laws) -> npt.NDArray[np.void]:
    rows = np.zeros((len(scenario.channels), len(scenario.reasons), len(scenario.segments)), PATIENCE_DTYPE)
    for c, channel in enumerate(scenario.channels.values()):
        for r, reason in enumerate(scenario.reasons.values()):
            for s, segment in enumerate(scenario.segments.values()):
                law, factor = ivr_steps.patience(channel, reason, segment)
                balk = channel.balk if reason.balk is None or channel.deferrable else reason.balk
                rows[c, r, s] = (factor, balk, laws.number(law))
    return rows.reshape(-1)


def _skills(scenario: Scenario, laws: _Laws) -> npt.NDArray[np.void]:
    rows = np.zeros((len(scenario.reasons), len(scenario.queues), len(scenario.groups)), SKILL_DTYPE)
    for r, reason in enumerate(scenario.reasons.values()):
        for q, (name, queue) in enumerate(scenario.queues.items()):
            talk, wrap = ivr_steps.laws_in(reason, queue)
            numbers = (laws.number(talk), laws.number(wrap))
            for g, group in enumerate(scenario.groups.values()):
                skill, resolution = group.skills.get(name), reason.resolution
                if skill is not None and skill.resolution is not None:
                    solves = skill.resolution
                    resolution = reason.resolution + solves.points if solves.share is None else solves.share
                rows[r, q, g] = (*ivr_steps.paces(skill, talk, wrap), min(1.0, max(0.0, resolution)), *numbers)
    return rows.reshape(-1)


def handle_times(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Mean talk and wrap (R, Q, G) of each group's agents with a reason's contacts in a queue, in seconds."""
    out = np.zeros((len(scenario.reasons), len(scenario.queues), len(scenario.groups)))
    for r, reason in enumerate(scenario.reasons.values()):
        for q, (name, queue) in enumerate(scenario.queues.items()):
            talk, wrap = ivr_steps.laws_in(reason, queue)
            for g, group in enumerate(scenario.groups.values()):
                talking, wrapping = ivr_steps.paces(group.skills.get(name), talk, wrap)
                out[r, q, g] = talk.mean * talking + (wrap.mean * wrapping if wrap else 0.0)
    return out


def _returns(
    scenario: Scenario, laws: _Laws, names: dict[str, list[str]], steps: dict[str, int], exits: list[Any]
) -> npt.NDArray[np.void]:
    """What may follow each end of an attempt; where the next one begins is added to the exits."""
    rows = np.zeros((len(scenario.reasons), AFTERS), RETURN_DTYPE)
    for r, reason in enumerate(scenario.reasons.values()):
        says = reason.after_contact
        rules: list[Redial | Repeat] = [getattr(says, cause) for cause in CAUSES]
        for k, rule in enumerate(rules):
            # A delay of "never" is no return at all.
            share = rule.chance if laws.number(rule.delay) >= 0 else 0.0
            keeps = (rule.patience == "keep", rule.work == "keep")
            ways = _begun(rule.next, names, steps, exits)
            rows[r, k] = (share, max(0, laws.number(rule.delay)), rule.at_most, *keeps, *ways)
    return rows.reshape(-1)


def _begun(
    shares: dict[str, float], names: dict[str, list[str]], steps: dict[str, int], exits: list[Any]
) -> tuple[int, int]:
    """The rows, added to the exits, of where attempts begin."""
    first, total = len(exits), 0.0
    for place, part in shares.items():
        total += part
        if place in steps:
            exits.append((total, 0.0, ivr_steps.TO_STEP, steps[place]))
        else:
            exits.append((total, 0.0, ivr_steps.TO_QUEUE, names["queue"].index(place)))
    return first, len(exits)


def _hops(
    scenario: Scenario, returns: npt.NDArray[np.void], names: dict[str, list[str]], steps: dict[str, int],
    exits: list[Any],
) -> npt.NDArray[np.void]:
    """Where attempts of each segment begin, if any has its own ways."""
    own = [[getattr(segment.next, cause) for cause in CAUSES] for segment in scenario.segments.values()]
    rows = np.zeros((len(own), len(scenario.reasons), AFTERS) if any(map(any, own)) else 0, WAY_DTYPE)
    for s in range(len(rows)):
        rows[s]["first"], rows[s]["last"] = (returns[key].reshape(rows[s].shape) for key in ("first", "last"))
        for k, shares in enumerate(own[s]):
            if shares:
                rows[s, :, k] = _begun(shares, names, steps, exits)
    return rows.reshape(-1)


def _matches(scenario: Scenario, names: dict[str, list[str]]) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    """Who may serve what: skills at once, overflow after its delay and behind everything else."""
    found = []
    for g, group in enumerate(scenario.groups.values()):
        for queue, skill in group.skills.items():
            q = names["queue"].index(queue)
            order, priority = skill.order or skill.rank, scenario.queues[queue].priority
            found.append((0.0, q, g, order, skill.rank, priority, skill.reserve))
    last: dict[str, dict[int, int]] = {"queue": {}, "group": {}}
    for _, q, g, order, rank, *_ in found:
        last["queue"][q] = max(last["queue"].get(q, 0), order)
        last["group"][g] = max(last["group"].get(g, 0), rank)
    for q, place in enumerate(scenario.queues.values()):
        for stage, overflow in enumerate(place.overflow):
            for name in overflow.to or ():
                g = names["group"].index(name)
                order, rank = last["queue"].get(q, 0) + 1 + stage, last["group"].get(g, 0) + 1
                found.append((overflow.after, q, g, order, rank, place.priority, 0))
    rows = np.array(found, MATCH_DTYPE)
    return (
        rows[np.lexsort((rows["group"], rows["order"], rows["queue"]))],
        rows[np.lexsort((rows["queue"], rows["rank"], rows["group"]))],
    )


def _bits(rows: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    return np.uint64(1) << np.minimum(np.arange(len(rows), dtype=np.uint64), np.uint64(63))


def _mark(queues: npt.NDArray[np.void], groups: npt.NDArray[np.void], matches: npt.NDArray[np.void]) -> None:
    """Give each queue and group its bit, and the bits of those that it goes with; who has none shares the last one."""
    by_queue, by_group = _bits(queues), _bits(groups)
    np.bitwise_or.at(queues["groups"], matches["queue"], by_group[matches["group"]])
    np.bitwise_or.at(groups["queues"], matches["group"], by_queue[matches["queue"]])
    queues["mark"], groups["mark"] = by_queue & ~REST, by_group & ~REST


def _ranges(rows: npt.NDArray[np.void], key: str, place: int) -> tuple[int, int]:
    mine = np.flatnonzero(rows[key] == place)
    return (int(mine[0]), int(mine[-1]) + 1) if mine.size else (0, 0)


def time_allowed(scenario: Scenario, queue: Queue) -> float:
    """The wait within which a contact is answered in time, in seconds: by the queue's target, else by the scenario."""
    target = queue.target.sl if queue.target else None
    return target.within if target else scenario.sl.within


def _queues(
    scenario: Scenario, names: dict[str, list[str]], by_queue: npt.NDArray[np.void]
) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    stages: list[tuple[float, int]] = []
    rows = np.zeros(len(scenario.queues), QUEUE_DTYPE)
    asked = {one.to for queue in scenario.queues.values() for one in queue.transfers if one.kind == "consult"}
    for q, (name, queue) in enumerate(scenario.queues.items()):
        first = len(stages)
        for overflow in queue.overflow:
            to = names["queue"].index(overflow.to_queue) if overflow.to_queue else -1
            stages.append((overflow.after, to))
        capacity = UNLIMITED if queue.capacity is None else queue.capacity
        channel = scenario.channels[queue.channel]
        hands_on = bool(queue.transfers) or queue.turns is not None
        open_ended = channel.interruptible or hands_on or queue.callback is not None or name in asked
        open_ended |= queue.outbound is not None or any(one.customers for one in scenario.segments.values())
        dialled = 0 if queue.outbound is None else 1 + (queue.outbound.mode == DIALLING[2])
        kind = (list(scenario.channels).index(queue.channel), channel.day_and_night, channel.interruptible,
                channel.deferrable, hands_on, open_ended, channel.concurrent, dialled)  # fmt: skip
        kinds = ("channel", "day_and_night", "interruptible", "deferrable", "hands_on", "open_ended", "slots",
                 "outbound")  # fmt: skip
        ranges = ("capacity", "first_stage", "last_stage", "first_match", "last_match")
        given = (capacity, first, len(stages), *_ranges(by_queue, "queue", q))
        for key, value in zip((*ranges, *kinds), (*given, *kind), strict=True):
            rows[key][q] = value
        if scenario.routing.policy:  # else nobody asks, and a sweep over targets need not compile anew
            rows["within"][q] = time_allowed(scenario, queue)
    return np.array(stages, STAGE_DTYPE), rows


def _transfers(scenario: Scenario, names: dict[str, list[str]], laws: _Laws) -> dict[str, npt.NDArray[Any]]:
    """Who hands what on, by queue, reason and of which contacts."""
    ways = np.zeros((len(scenario.queues), len(scenario.reasons), len(HANDING)), WAY_DTYPE)
    rows: list[tuple[Any, ...]] = []
    for q, queue in enumerate(scenario.queues.values()):
        for r, reason in enumerate(scenario.reasons):
            for k, when in enumerate(HANDING):
                first, total = len(rows), 0.0
                for one in queue.transfers:
                    share = one.share.get(reason, one.share.get(OTHERS, 0.0))
                    if one.when == when and share > 0.0:
                        total += share
                        to, kind = names["queue"].index(one.to), TRANSFERS.index(one.kind)
                        rows.append((total, one.talk, one.talk_after, one.retold, laws.number(one.handover), to, kind,
                                     one.keeps_place, one.if_idle))  # fmt: skip
                again = queue.turns.share.get(reason, queue.turns.share.get(OTHERS, 0.0)) if queue.turns else 0.0
                if queue.turns is not None and when == "always" and again > 0.0:
                    think = laws.number(queue.turns.think)
                    rows.append((total + again, 1.0, 1.0, 0.0, think, q, len(TRANSFERS), False, False))
                ways[q, r, k] = (first, len(rows))
    return {"handing": ways.reshape(-1), "transfers": np.array(rows, TRANSFER_DTYPE)}


def _waiting(
    scenario: Scenario, rows: npt.NDArray[np.void], laws: _Laws, volumes: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[Any]]:
    """What customers who must wait are told and offered; filled into the queues' rows."""
    leavings: list[tuple[float, float]] = []
    callbacks: list[tuple[Any, ...]] = []
    met = [set(ivr_steps.handed_on(scenario, *ivr_steps.queues_of(scenario, name, False))) for name in scenario.reasons]
    for row, (name, queue) in zip(rows, scenario.queues.items(), strict=True):
        channel = scenario.channels[queue.channel]
        weight = time = leaving = 0.0
        for r, reason in enumerate(scenario.reasons.values()):
            for segment in scenario.segments.values():
                part = (volumes[r] + 1e-9) * segment.share if name in met[r] else 0.0
                law, factor = ivr_steps.patience(channel, reason, segment)
                mean = math.inf if law is None else law.mean * factor
                weight += part
                time += part * ivr_steps.handle_time(reason, queue)
                leaving += part / max(mean, 1.0)
        row["handle_time"], row["giving_up"] = (time / weight, leaving / weight) if weight > 0.0 else (0.0, 0.0)
        row["told_factor"], row["told_law"], row["callback"] = 1.0, -1, -1
        row["first_leaving"] = len(leavings)
        told = queue.announces
        if told is not None:
            row["announces"], row["estimator"] = True, ESTIMATORS.index(told.estimator)
            leavings += [(one.over, one.share) for one in told.leaves]
            if isinstance(told.patience, float):
                row["told_factor"] = told.patience
            elif told.patience is not None:
                number = laws.number(told.patience)
                row["told_law"] = -2 if number < 0 else number
        row["last_leaving"] = len(leavings)
        if queue.callback is not None:
            one = queue.callback
            row["callback"] = len(callbacks)
            usual = told.estimator if told is not None else ESTIMATORS[0]
            numbers = [laws.number(law) for law in (one.after, one.dial, one.retry, None)]
            how = (one.tries, ESTIMATORS.index(one.estimator or usual))
            callbacks.append((one.over, one.accepted, one.reached, *numbers, 1.0, 1.0, *how))
        if queue.outbound is not None:
            each = queue.outbound
            row["callback"] = len(callbacks)
            numbers = [laws.number(law) for law in (None, each.dial, each.retry, each.preview)]
            callbacks.append(
                (math.inf, 0.0, each.reached, *numbers, each.ahead, each.dropped_at_most, each.tries, 0)
            )
    return {"leavings": np.array(leavings, LEAVING_DTYPE), "callbacks": np.array(callbacks, CALLBACK_DTYPE)}


def _groups(
    scenario: Scenario, names: dict[str, list[str]], by_group: npt.NDArray[np.void], plan: Plan, laws: _Laws
) -> npt.NDArray[np.void]:
    rows = np.zeros(len(scenario.groups), GROUP_DTYPE)
    hand_back = scenario.staff.at_shift_end == "hand_back"
    for g, group in enumerate(scenario.groups.values()):
        there = group.availability
        gap = math.inf if there >= 1.0 else group.away.mean * there / (1.0 - there)
        seats = (plan.first_seat[g], plan.first_seat[g + 1])
        matches = _ranges(by_group, "group", g)
        rows[g] = (gap, max(0, laws.number(group.away)), plan.by_count[g], hand_back, *matches, *seats, 0, 0)
    return rows


def _settings(scenario: Scenario, timeline: Timeline) -> npt.NDArray[np.void]:
    rows = np.zeros(1, SETTINGS_DTYPE)
    policy = scenario.own_policy
    interrupts = any(channel.interruptible for channel in scenario.channels.values())
    for name, value in {
        "reopening_spread": scenario.closed_hours.spread,
        "end": timeline.end,
        "counted_from": timeline.counted_from,
        "interval": timeline.interval,
        "per_second": 1.0 / timeline.interval,
        "intervals": timeline.n_intervals,
        "counted": min((timeline.counted_to - timeline.counted_from) / timeline.interval, timeline.n_intervals),
        "segments": len(scenario.segments),
        "queue_count": len(scenario.queues),
        "group_count": len(scenario.groups),
        "notes": bool(scenario.routing.policy) or scenario.routing.agent in LOOK_BACK,
        "last_agent": scenario.routing.last_agent,
        "known": scenario.routing.last_agent or bool(scenario.routing.preferred_agent),
        "agent_rule": OWN if policy and policy.agent else AGENT_RULES.index(scenario.routing.agent),
        "contact_rule": OWN if policy and policy.contact else CONTACT_RULES.index(scenario.routing.contact),
        "lost_when_closed": scenario.closed_hours.then == "lost",
        "turn_away": scenario.at_close == "turn_away",
        "individual": any(group.differ for group in scenario.groups.values()),
        "loop": ivr_steps.loop(scenario),
        "interrupts": interrupts,
        "people": any(segment.customers for segment in scenario.segments.values()),
        "dialler": any(q.outbound is not None and q.outbound.mode == DIALLING[2] for q in scenario.queues.values()),
    }.items():
        rows[name] = value
    return rows


def redrawn(net: Book, scenario: Scenario, plan: Plan, seed: int, replication: int) -> Book:
    """The network with the people of one replication, where they are drawn again in each; else the same."""
    if not scenario.staff.redraw_agents:
        return net
    return NETWORK.book(**net.arrays | {"team": team_of(scenario, plan.first_seat, seed, replication)})


def team_of(
    scenario: Scenario, first_seat: npt.NDArray[np.int64], seed: int, replication: int | None = None
) -> npt.NDArray[np.void]:
    """Agents as individuals: a lognormal handle-time factor of mean 1, a normal shift of the chance to resolve.

    Where a group says so, each has been there for an exponential time, and is that far from experienced.
    Seats of group g are first_seat[g] .. first_seat[g + 1] - 1; who sits on one depends on group and seat alone, and
    where agents are drawn again in each replication, on its number.
    """
    rows = np.zeros(int(first_seat[-1]), TEAM_DTYPE)
    root = draws.child(draws.name_hash("team"), seed)
    if replication is not None:
        root = draws.child(np.uint64(root), replication)
    for g, (name, group) in enumerate(scenario.groups.items()):
        sigma = math.sqrt(math.log1p(group.spread.handle_time**2))
        for seat in range(int(first_seat[g + 1] - first_seat[g])):
            key = np.uint64(draws.child(draws.name_hash(name), seat))
            own = np.uint64(draws.child(np.uint64(root), key))
            speed = inverse_normal(draws.uniform(own, draws.TRAIT_SPEED)) if sigma > 0.0 else 0.0
            solving = 0.0
            if group.spread.resolution > 0.0:
                solving = inverse_normal(draws.uniform(own, draws.TRAIT_RESOLUTION)) * group.spread.resolution
            handle = math.exp(sigma * speed - 0.5 * sigma * sigma)
            if group.tenure is not None:
                slower, less = group.tenure.of(draws.uniform(own, draws.TRAIT_AGE))
                handle, solving = handle * slower, solving + less
            rows[first_seat[g] + seat] = (handle, solving, key, g, seat)
    return rows
