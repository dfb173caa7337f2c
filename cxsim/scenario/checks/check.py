"""Rules between the parts of a scenario: what no single value can break alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cxsim.randomness.distributions import Law
from cxsim.scenario.checks.flow import check_flow
from cxsim.scenario.checks.optimize import check_optimize
from cxsim.scenario.checks.sizes import check_sizes, contacts
from cxsim.scenario.checks.tables import check_tables
from cxsim.scenario.checks.time import check_times
from cxsim.scenario.io import policy_file
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.lever_catalogue import MODELS, REMEDIES, members, missing
from cxsim.scenario.model import units
from cxsim.scenario.model.experience import Lever
from cxsim.scenario.model.scenario import Queue, Scenario
from cxsim.schema.names import AGENT_RULES, CAUSES, CONTACT_RULES, ENDINGS, HANDING, OTHERS
from cxsim.tables.reader import Table

ADVOCACY = ("promoters", "detractors")
MOST_A_DAY = 1.0  # issues of one customer

Tables = Mapping[tuple[str, str | None], Table]


def check(scenario: Scenario, tree: dict[str, Any], broken: list[Path], tables: Tables) -> Iterator[Finding]:
    """Every broken rule.

    `tree` is what was written; what follows from a path in `broken`, which was left out, is not said again.
    """
    view = _View(scenario, tree, broken)
    for rule in (
        _queues_named, _served, _overflows, _transfers, _dialled, _told, _loops, _segments, _customers, _experience,
        _routed, _staffed, _scheduled_said, _laws, _scopes,
    ):  # fmt: skip
        yield from rule(view)
    yield from check_flow(scenario, view.queues, view.reasons, broken)
    yield from check_sizes(scenario, broken, tables)
    yield from check_times(scenario, tree)
    yield from check_tables(scenario, tables)
    names = {"queue": view.queues, "reason": view.reasons, "group": view.groups, "segment": list(scenario.segments)}
    yield from check_optimize(scenario, names, broken)


class _View:
    """A scenario with the names that were written, those of faulty entries included."""

    def __init__(self, scenario: Scenario, tree: dict[str, Any], broken: list[Path]) -> None:
        self.scenario, self.tree, self.broken = scenario, tree, broken
        self.groups = self._names("groups", scenario.groups)
        self.reasons = self._names("reasons", scenario.reasons)
        listed = self._names("queues", {})
        self.listed = list(listed)
        named = []
        raw = tree.get("reasons")
        for name, reason in raw.items() if isinstance(raw, dict) else ():
            queue = reason.get("queue") if isinstance(reason, dict) else None
            if not (isinstance(reason, dict) and reason.get("flow")):
                named.append(queue if isinstance(queue, str) else name)
        served = [queue for group in scenario.groups.values() for queue in group.skills]
        led = [target for node in scenario.flow.values() for _, target in node.targets()]
        led += [one.to for queue in scenario.queues.values() for one in queue.transfers]
        self.queues = list(dict.fromkeys([*listed, *named, *(name for name in served if name in led)]))

    def _names(self, key: str, known: Mapping[str, Any]) -> list[str]:
        raw = self.tree.get(key)
        return list(dict.fromkeys([*(raw if isinstance(raw, dict) else ()), *known]))

    def sound(self, *paths: Path) -> bool:
        """Whether nothing at or below these paths was left out."""
        return not any(b[: len(p)] == p for p in paths for b in self.broken)

    def served_by(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for name, group in self.scenario.groups.items():
            for queue in group.skills:
                out.setdefault(queue, []).append(name)
        return out


def _queues_named(view: _View) -> Iterator[Finding]:
    """A queue of a reason must be listed or served; one of a skill must be listed or a reason's."""
    served = view.served_by()
    known = [queue for queue in view.queues if queue in view.listed or queue in served]
    for name, reason in view.scenario.reasons.items():
        if reason.queue and reason.queue != name and reason.queue not in known and view.sound(("groups",), ("queues",)):
            yield Finding(
                ("reasons", name, "queue"),
                "is no queue",
                units.suggestion(reason.queue, known, "the queues are"),
            )
    lost = any(one.flow and one.flow not in view.scenario.flow for one in view.scenario.reasons.values())
    if lost or not view.sound(("flow",)) or ("reasons",) in view.broken or ("queues",) in view.broken:
        return  # nobody knows what else is a queue
    for name, group in view.scenario.groups.items():
        raw = view.tree.get("groups", {}).get(name, {})
        serves = raw.get("serves") if isinstance(raw, dict) else None
        short = [serves] if isinstance(serves, str) else serves
        for queue in group.skills:
            if queue not in view.queues:
                at: Path = ("groups", name, "skills", queue)
                if isinstance(short, list) and queue in short:
                    at = ("groups", name, "serves", short.index(queue))
                fix = units.suggestion(queue, view.queues, "the queues are")
                yield Finding(at, "is no queue", fix, queue, key=at[2] == "skills")
        if isinstance(short, list):
            for i, queue in enumerate(short):
                if queue in short[:i]:
                    yield Finding(("groups", name, "serves", i), "is served twice", "remove it")


def _served(view: _View) -> Iterator[Finding]:
    """Every queue that gets contacts must be served, at once or after an overflow."""
    if not view.sound(("groups",), ("queues",)):
        return
    scenario, served = view.scenario, view.served_by()
    yield from _led_to(view, served)
    for name, reason in scenario.reasons.items():
        if reason.flow or (reason.queue != name and reason.queue not in view.listed and reason.queue not in served):
            continue  # said elsewhere
        queue = scenario.queues[reason.queue]
        elsewhere = any(stage.to or stage.to_queue for stage in queue.overflow)
        if reason.queue in served or elsewhere:
            continue
        at: Path = ("reasons", name, "queue") if reason.queue != name else ("reasons", name)
        idle = [q for q in served if q not in view.queues]
        close = units.nearest(reason.queue, idle)
        fix = (
            f"did you mean {close!r} in the group's skills?"
            if close
            else f"add it to 'serves' or 'skills' of a group ({units.listing(view.groups)})"
        )
        yield Finding(at, f"is served by no group: contacts of {name!r} would never be answered", fix, reason.queue)
    for name in scenario.queues:
        entered = {
            queue for stage in scenario.queues[name].overflow for queue in ([stage.to_queue] if stage.to_queue else [])
        }
        for target in entered:
            later = scenario.queues.get(target)
            if later is not None and target not in served and not later.overflow:
                i = next(i for i, stage in enumerate(scenario.queues[name].overflow) if stage.to_queue == target)
                rule = "is served by no group, so contacts handed to it would never be answered"
                yield Finding(
                    ("queues", name, "overflow", i, "to_queue"),
                    rule,
                    f"add {target!r} to the skills of a group",
                )


def _led_to(view: _View, served: dict[str, list[str]]) -> Iterator[Finding]:
    """A queue that the flow leads to is served, at once or after an overflow."""
    for name, node in view.scenario.flow.items():
        for path, target in node.targets():
            queue = view.scenario.queues.get(target)
            if queue is None or target in served or target not in view.queues:
                continue
            if not any(stage.to or stage.to_queue for stage in queue.overflow):
                rule = "is served by no group: contacts led to it would never be answered"
                fix = f"add it to 'serves' or 'skills' of a group ({units.listing(view.groups)})"
                yield Finding(("flow", name, *path), rule, fix)


def _overflows(view: _View) -> Iterator[Finding]:
    served = view.served_by()
    for name, queue in view.scenario.queues.items():
        seen: dict[str, int] = {}
        for i, stage in enumerate(queue.overflow):
            at: Path = ("queues", name, "overflow", i)
            if (stage.to is None) == (stage.to_queue is None):
                rule = "leads nowhere" if stage.to is None else "leads both to groups and to a queue"
                yield Finding(at, rule, "give either 'to: [groups]' or 'to_queue: queue'")
            if i and queue.overflow[i - 1].after > stage.after:
                yield Finding((*at, "after"), "comes before the stage above it", "list the stages by their time")
            if i and queue.overflow[i - 1].to_queue is not None:
                yield Finding(
                    at,
                    "follows a stage that moves the contact away",
                    "remove it, or put it before",
                )
            for k, group in enumerate(stage.to or ()):
                if group not in view.groups:
                    hint = units.suggestion(group, view.groups, "the groups are")
                    fix = (
                        f"it is a queue: write to_queue: {group}"
                        if group in view.queues and not units.nearest(group, view.groups)
                        else hint
                    )
                    yield Finding((*at, "to", k), "is no group", fix, group)
                elif group in served.get(name, ()):
                    rule = f"serves {name!r} already, so nothing overflows to it"
                    yield Finding((*at, "to", k), rule, f"remove it here, or from the skills of {group!r}", group)
                elif group in seen:
                    yield Finding(
                        (*at, "to", k),
                        f"is in stage {seen[group] + 1} already",
                        "remove it from one of them",
                        group,
                    )
                seen.setdefault(group, i)
            target = stage.to_queue
            if target is not None and target not in view.queues:
                hint = units.suggestion(target, view.queues, "the queues are")
                fix = f"it is a group: write to: [{target}]" if target in view.groups else hint
                yield Finding((*at, "to_queue"), "is no queue", fix)


def _transfers(view: _View) -> Iterator[Finding]:
    """Transfers lead to another queue that is served, share out no more than there is, and come to an end."""
    served = view.served_by()
    for name, queue in view.scenario.queues.items():
        for i, one in enumerate(queue.transfers):
            at: Path = ("queues", name, "transfers", i)
            target = view.scenario.queues.get(one.to)
            if one.to == name:
                yield Finding((*at, "to"), "is the queue itself", "name another queue, or remove the transfer")
            elif one.to not in view.queues:
                fix = units.suggestion(one.to, view.queues, "the queues are")
                fix = "it is a group: name a queue that it serves" if one.to in view.groups else fix
                yield Finding((*at, "to"), "is no queue", fix)
            elif one.to not in served and not (target is not None and target.overflow) and view.sound(("groups",)):
                rule = "is served by no group: contacts handed to it would never be answered"
                yield Finding((*at, "to"), rule, f"add {one.to!r} to 'serves' or 'skills' of a group")
            several = [
                place for place in (name, one.to)
                if place in view.scenario.queues
                and (channel := view.scenario.channels.get(view.scenario.queues[place].channel)) is not None
                and channel.concurrent > 1
            ]  # fmt: skip
            if several and one.kind != "cold":
                rule = f"does not go with {several[0]!r}, where an agent serves several at a time"
                yield Finding((*at, "kind"), rule, "write kind: cold")
            for reason in one.share:
                if reason != OTHERS and reason not in view.reasons:
                    fix = units.suggestion(reason, [*view.reasons, OTHERS], "the reasons are")
                    yield Finding((*at, "share", reason), "is no reason", fix, reason, key=True)
            if one.handover is not None and one.kind not in ("warm", "consult"):
                rule = f"does not go with a {one.kind} transfer"
                yield Finding((*at, "handover"), rule, "write kind: warm, or remove it")
            if one.handover is None and one.kind == "consult":
                rule = "takes time: say how long both agents talk"
                yield Finding((*at, "kind"), rule, "add a handover, such as handover: 2 min", key=True)
            if one.kind == "consult" and one.retold > 0.0:
                rule = "does not go with a consultation: the customer stays with the agent"
                yield Finding((*at, "retold"), rule, "remove it, or let handover be longer")
            if one.kind == "consult" and target is not None and any(stage.to_queue for stage in target.overflow):
                rule = f"asks in {one.to!r}, whose contacts overflow to another queue: what is asked must stay"
                yield Finding((*at, "kind"), rule, "let it overflow to groups (to: ...), or write kind: cold")
            channel = None if target is None else view.scenario.channels.get(target.channel)
            if one.kind == "consult" and channel is not None and channel.interruptible:
                rule = f"asks in {one.to!r}, whose work may be put aside"
                yield Finding((*at, "kind"), rule, "name a queue of another channel, or write kind: cold")
            if one.handover is not None and not one.handover.mean < float("inf"):
                yield Finding((*at, "handover"), "never ends", "write a law with an end, such as 30s")
            for key in ("talk", "talk_after"):
                if getattr(one, key) <= 0.0:
                    yield Finding((*at, key), "takes no time", "write a factor above 0, such as 80%")
            if one.talk != 1.0 and (one.when != "always" or one.if_idle):
                rule = "does not go with if_idle" if one.when == "always" else f"does not go with when: {one.when}"
                fix = "remove it: whether the contact is handed on is only known at the end of the talk"
                yield Finding((*at, "talk"), rule, fix)
            if one.kind == "consult" and one.talk_after != 1.0:
                rule = "does not go with a consultation: the customer stays with the agent"
                yield Finding((*at, "talk_after"), rule, "remove it, or write another handover")
            if one.kind == "consult" and one.when == "in_vain":
                rule = "does not go with when: in_vain: nothing follows a second consultation"
                yield Finding((*at, "kind"), rule, "write kind: cold, warm or conference")
            if one.if_idle and channel is not None and channel.concurrent > 1:
                rule = f"does not go with {one.to!r}, where an agent serves several at a time"
                yield Finding((*at, "if_idle"), rule, "remove it")
            if one.when == "in_vain" and not any(
                other.if_idle or other.kind == "consult" for other in queue.transfers if other.when != "in_vain"
            ):
                rule = "never happens: no other transfer here asks an agent or needs one who is idle"
                yield Finding((*at, "when"), rule, "write when: unresolved, or add a consult or if_idle to another")
        for when in HANDING:
            for reason in view.scenario.reasons:
                shares: list[tuple[Path, float]] = [
                    (("transfers", i, "share"), one.share.get(reason, one.share.get(OTHERS, 0.0)))
                    for i, one in enumerate(queue.transfers) if one.when == when
                ]  # fmt: skip
                if queue.turns is not None and when == "always":
                    again = queue.turns.share.get(reason, queue.turns.share.get(OTHERS, 0.0))
                    shares.append((("turns", "share"), again))
                    if again >= 1.0:
                        at = ("queues", name, "turns", "share")
                        yield Finding(at, f"lets {reason!r} write for ever", "write less than 100%")
                        break
                total = sum(share for _, share in shares)
                if total > 1.0 + 1e-9:
                    place: Path = ("queues", name, *shares[-1][0])
                    rule = f"makes the shares of {reason!r} ({when}) sum to {_percent(total)}"
                    yield Finding(place, rule, "make them sum to at most 100%")
                    break


def _dialled(view: _View) -> Iterator[Finding]:
    """Messages come to an end, and what is dialled goes together."""
    for name, queue in view.scenario.queues.items():
        at: Path = ("queues", name)
        if queue.turns is not None:
            for reason in queue.turns.share:
                if reason != OTHERS and reason not in view.reasons:
                    fix = units.suggestion(reason, [*view.reasons, OTHERS], "the reasons are")
                    yield Finding((*at, "turns", "share", reason), "is no reason", fix, reason, key=True)
            if not queue.turns.think.mean < float("inf"):
                yield Finding((*at, "turns", "think"), "never ends", "write a law with an end, such as 5 min")
        out = queue.outbound
        if out is None:
            continue
        channel = view.scenario.channels.get(queue.channel)
        if channel is not None and (channel.concurrent > 1 or channel.interruptible):
            fix = "give the queue a channel of calls, one at a time, not to be put aside"
            yield Finding((*at, "outbound"), f"does not go with the channel {queue.channel!r}", fix, key=True)
        for key in ("callback", "announces", "overflow"):
            if getattr(queue, key):
                rule = "does not go with outbound: customers do not wait there"
                yield Finding((*at, key), rule, "remove it", key=True)
        if (out.mode == "preview") != (out.preview is not None):
            rule, fix = ("is missing its time", "add preview: 30s") if out.preview is None else (
                f"does not go with mode: {out.mode}", "write mode: preview, or remove it")  # fmt: skip
            yield Finding((*at, "outbound", "mode" if out.preview is None else "preview"), rule, fix)
        for option in ("ahead", "dropped_at_most"):
            if out.mode != "predictive" and getattr(out, option) != 1.0:
                rule = f"does not go with mode: {out.mode}"
                yield Finding((*at, "outbound", option), rule, "write mode: predictive, or remove it")
        if out.ahead < 1.0:
            fix = "write 1 or more: lines for each idle agent"
            yield Finding((*at, "outbound", "ahead"), "leaves idle agents without a call", fix)
        if out.reached <= 0.0:
            yield Finding((*at, "outbound", "reached"), "reaches nobody", "write more than 0%")
        for key in ("preview", "dial", "retry"):
            law: Law | None = getattr(out, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding((*at, "outbound", key), "never ends", "write a law with an end, such as 20s")


def _told(view: _View) -> Iterator[Finding]:
    """What those who wait are told and offered makes sense."""
    for name, queue in view.scenario.queues.items():
        at: Path = ("queues", name)
        leaves = queue.announces.leaves if queue.announces else ()
        for i, one in enumerate(leaves):
            if i and leaves[i - 1].over >= one.over:
                place = (*at, "announces", "leaves", i, "over")
                yield Finding(place, "is not above the one before it", "list them by their wait")
        call = queue.callback
        if call is None:
            continue
        channel = view.scenario.channels.get(queue.channel)
        if channel is not None and channel.concurrent > 1:
            fix = "remove it: callbacks are of calls, one at a time"
            yield Finding((*at, "callback"), "does not go with several contacts at a time", fix, key=True)
        if channel is not None and channel.interruptible:
            fix = "remove it, or the channel's 'interruptible'"
            yield Finding((*at, "callback"), "does not go with work that may be put aside", fix, key=True)
        for stage, other in _moved_on(view.scenario, name):
            there = view.scenario.channels.get(view.scenario.queues[other].channel)
            if there is not None and (there.concurrent > 1 or there.interruptible):
                rule = f"leads to {other!r}, where nobody can be called back: its work goes beside others, or aside"
                fix = "remove it, or the callback"
                yield Finding((*at, "overflow", stage, "to_queue"), rule, fix)
        for key in ("after", "dial", "retry"):
            law: Law | None = getattr(call, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding((*at, "callback", key), "never ends", "write a law with an end, such as 20s")
        if call.reached <= 0.0:
            yield Finding((*at, "callback", "reached"), "reaches nobody", "write more than 0%, or remove the callback")


def _moved_on(scenario: Scenario, name: str) -> Iterator[tuple[int, str]]:
    """The queues to which contacts of one overflow, one after another, with the stage by which they leave it."""
    for i, stage in enumerate(scenario.queues[name].overflow):
        seen: list[str] = []
        place = stage.to_queue
        while place and place in scenario.queues and place not in seen:
            yield i, place
            seen.append(place)
            place = next((one.to_queue for one in scenario.queues[place].overflow if one.to_queue), None)


def _loops(view: _View) -> Iterator[Finding]:
    """Contacts handed from queue to queue must not come back to where they were."""
    following = {
        name: (i, stage.to_queue)
        for name, queue in view.scenario.queues.items()
        for i, stage in enumerate(queue.overflow)
        if stage.to_queue is not None
    }
    told: set[str] = set()
    yield from _rounds(view)
    for start in following:
        way = [start]
        while way[-1] in following and following[way[-1]][1] not in way:
            way.append(following[way[-1]][1])
        if way[-1] not in following:
            continue
        back = following[way[-1]][1]
        ring = way[way.index(back) :]
        if told & set(ring):
            continue
        told |= set(ring)
        last = ring[-1]
        rule = "overflows to itself" if len(ring) == 1 else f"closes a circle: {' → '.join([*ring, back])}"
        fix = "remove this overflow" if len(ring) == 1 else "let one of them keep its contacts"
        yield Finding(("queues", last, "overflow", following[last][0], "to_queue"), rule, fix)


def _rounds(view: _View) -> Iterator[Finding]:
    """Contacts that every queue hands on are never done."""
    on = {
        name: one.to
        for name, queue in view.scenario.queues.items()
        for one in queue.transfers
        if one.when == "always" and one.share and min(one.share.values()) >= 1.0 and one.to in view.scenario.queues
    }
    for start in on:
        way = [start]
        while way[-1] in on and on[way[-1]] not in way:
            way.append(on[way[-1]])
        if way[-1] in on and on[way[-1]] == start and len(way) > 1:
            rule = f"hands every contact on, and so do {units.listing(way[1:])}: none is ever done"
            yield Finding(("queues", start, "transfers"), rule, "let one of them keep some", key=True)
            return


def _segments(view: _View) -> Iterator[Finding]:
    if not view.sound(("segments",)):
        return
    segments = view.scenario.segments
    given = [name for name, segment in segments.items() if "share" in segment.model_fields_set]
    total = sum(segments[name].share for name in given)
    last = given[-1] if given else ""
    if len(given) == len(segments) and abs(total - 1.0) > 1e-9 and given:
        rest = 1.0 - (total - segments[last].share)
        fix = f"did you mean {_percent(rest)} here?" if 0 <= rest <= 1 else "make them sum to 100%"
        yield Finding(("segments", last, "share"), f"makes the shares sum to {_percent(total)}, not 100%", fix)
    elif total > 1.0 + 1e-9:
        rule = f"makes the shares sum to {_percent(total)}"
        yield Finding(
            ("segments", last, "share"),
            rule,
            "make them sum to at most 100%; the segments without a share split the rest",
        )


def _customers(view: _View) -> Iterator[Finding]:
    """Customers who are told apart: a market that holds them, enough of them for their issues."""
    if ("segments",) in view.broken:
        return
    scenario = view.scenario
    horizon = scenario.horizon
    days = sum(horizon.steady.spans) / units.DAY if horizon.steady else float(horizon.days)
    issues = sum(contacts(scenario, name, reason) for name, reason in scenario.reasons.items())
    a_day = issues / max(days, 1e-9)
    for name, segment in scenario.segments.items():
        at = ("segments", name)
        if not view.sound(at):
            continue
        if segment.customers is None:
            for key in ("market", "replaced_after", "heavy_users"):
                if getattr(segment, key) != type(segment).model_fields[key].default:
                    rule = "is said of customers who are not told apart"
                    yield Finding((*at, key), rule, "say how many there are: customers: 20000")
            continue
        if segment.market is not None and segment.market < segment.customers:
            rule = f"is less than its {segment.customers:,} customers"
            yield Finding((*at, "market"), rule, f"write at least {segment.customers}, or leave it out")
        dialled = [r for r, one in scenario.reasons.items() if scenario.queues.get(one.queue, Queue()).outbound]
        if dialled and segment.seats > segment.customers:
            rule = f"is more than its customers, while {dialled[0]!r} is a list to be dialled, of customers"
            yield Finding((*at, "market"), rule, "leave it out")
        fixed = [r for r, one in scenario.reasons.items() if one.volume.count is not None or one.volume.arrivals]
        for reason in fixed:
            if segment.seats > segment.customers:
                rule = f"is more than its customers, while {reason!r} has a given number of contacts, not a rate"
                yield Finding((*at, "market"), rule, "leave it out, or give the volume as per_hour or per_day")
        if not 0.2 <= segment.heavy_users < 1.0:
            rule = "is no share that the busiest fifth can have"
            yield Finding((*at, "heavy_users"), rule, "write 20% (all alike) or more, below 100%")
        if (segment.replaced_after or 1.0) <= 0.0 or segment.replaced_after == 0.0:
            yield Finding((*at, "replaced_after"), "is no time", "write a time such as 180 days")
        each = a_day * segment.share / segment.customers
        if each > MOST_A_DAY and view.sound(("reasons",), ("horizon",)):
            rule = f"are too few for their issues: each would have {each:.2g} a day"
            yield Finding((*at, "customers"), rule, f"write at least {math.ceil(a_day * segment.share / MOST_A_DAY)}")


def _experience(view: _View) -> Iterator[Finding]:
    """What the experience says must be shares together, and act on someone."""
    said = view.scenario.experience
    for how in ENDINGS:
        promoters, detractors = getattr(said.promoters, how), getattr(said.detractors, how)
        if promoters + detractors > 1.0 + 1e-9 and view.sound(*(("experience", key) for key in ADVOCACY)):
            rule = f"and the promoters sum to {_percent(promoters + detractors)}"
            at: Path = ("experience", "detractors", how)
            yield Finding(at, rule, f"write at most {_percent(1.0 - promoters)} with {_percent(promoters)} promoters")
    for key in ("fades", "patience_halves", "churn_doubles"):
        if getattr(said.memory, key) == 0.0 and view.sound(("experience", "memory", key)):
            yield Finding(("experience", "memory", key), "is nothing", "write more than 0, or leave it out")
    if any(segment.customers for segment in view.scenario.segments.values()) or not view.sound(("segments",)):
        return
    for part in ("memory", "word_of_mouth"):
        for key in (name for name, value in getattr(said, part) if value):
            rule = "acts on customers who are told apart, and no segment has any"
            yield Finding(("experience", part, key), rule, "say how many there are: segments.NAME.customers: 20000")


def _routed(view: _View) -> Iterator[Finding]:
    """Weights, credits and parts of idleness are of queues and groups that there are."""
    routing = view.scenario.routing
    for key, known, what in (("weights", view.queues, "queue"), ("credit", view.queues, "queue"),
                             ("idleness", view.groups, "group")):  # fmt: skip
        for name in getattr(routing, key):
            if name not in known:
                fix = units.suggestion(name, known, f"the {what}s are")
                yield Finding(("routing", key, name), f"is no {what}", fix, name, key=True)
    segments = [*view.scenario.segments, OTHERS]
    for name, group in routing.preferred_agent.items():
        at: Path = ("routing", "preferred_agent")
        if name not in segments:
            fix = units.suggestion(name, segments, "the segments are")
            yield Finding((*at, name), "is no segment", fix, name, key=True)
        if group not in view.groups:
            fix = units.suggestion(group, view.groups, "the groups are")
            yield Finding(at if list(routing.preferred_agent) == [OTHERS] else (*at, name), "is no group", fix, group)
    yield from _own_policy(view.scenario)


def _files_beside(scenario: Scenario, name: str) -> str:
    """The nearest fix for a file that is not there."""
    folder = (scenario.source.folder / name).parent
    known = [one.name for one in folder.glob(f"*{policy_file.ENDING}")] if folder.is_dir() else []
    near = units.nearest(name.rpartition("/")[2], known)
    if near and near != name.rpartition("/")[2]:
        return f"did you mean {near!r}?"
    return "a name in a scenario is looked for in its folder, one after --policy in the current one"


def _own_policy(scenario: Scenario) -> Iterator[Finding]:
    """A policy file can be used, and its parameters are those that are given."""
    routing, at = scenario.routing, ("routing", "policy")
    if not routing.policy:
        for name in routing.parameters:
            rule, fix = "is a parameter, and there is no policy to have it", "name the file: routing.policy: mine.py"
            yield Finding(("routing", "parameters", name), rule, fix, name, key=True)
        return
    if not policy_file.split(routing.policy)[0].endswith(policy_file.ENDING):
        fix = "write file.py, or file.py:name"
        if routing.policy in (*CONTACT_RULES, *AGENT_RULES):
            key = "contact" if routing.policy in CONTACT_RULES else "agent"
            fix = f"for the rule of that name write routing.{key}: {routing.policy}"
        yield Finding(at, "is no Python file", fix)
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
            yield Finding(("routing", "parameters", name), "is no parameter of this policy", fix, name, key=True)
            continue
        try:
            policy_file.number(scenario, value)
        except policy_file.PolicyFault as fault:
            yield Finding(("routing", "parameters", name), fault.rule, fault.fix)


def _remedies(scenario: Scenario, name: str, lever: Lever) -> Iterator[Finding]:
    """A lever's ready-made remedies: known, of use here, with sizes that they have."""
    known = [*REMEDIES, *MODELS]
    for i, one in enumerate(lever.use):
        at: Path = ("levers", name, "use", i)
        if one not in known:
            yield Finding(at, "is no remedy", units.suggestion(one, known, "they are"), one)
        elif one in lever.use[:i]:
            yield Finding(at, "is named twice", "remove it", one)
        elif one in REMEDIES and (lacks := missing(scenario, REMEDIES[one])):
            yield Finding(at, f"has nothing to act on: the scenario has no {lacks[0]}", "add it, or remove this", one)
    if lever.override is not None:
        yield Finding(("levers", name, "override"), "stands beside `use`", "remove one of them")
    sizes = list(dict.fromkeys(size for one in members(lever.use) if one in REMEDIES for size in REMEDIES[one].sizes))
    for size in lever.sizes:
        if size not in sizes:
            fix = units.suggestion(size, sizes, "they are")
            yield Finding(("levers", name, "sizes", size), "is no size of these remedies", fix, size, key=True)
        elif size in ("shorter", "wrap", "faster") and lever.sizes[size] >= 1.0:
            yield Finding(("levers", name, "sizes", size), "leaves no time at all", "write less than 100%")


def _percent(value: float) -> str:
    return f"{value * 100:.6g}%"


def _staffed(view: _View) -> Iterator[Finding]:
    """Who is there when must be said once for each group."""
    scenario, staff = view.scenario, view.scenario.staff
    if staff.redraw_agents and not any(group.differ for group in scenario.groups.values()):
        rule = "has nothing to draw: agents of a group are alike"
        fix = "give a group spread or tenure, or remove it"
        yield Finding(("staff", "redraw_agents"), rule, fix, "redraw_agents", key=True)
    ways = [key for key in ("headcounts", "shifts") if getattr(staff, key)]
    if staff.file is not None and ways:
        yield Finding(("staff", ways[0]), "does not go with a file", "remove one of them", ways[0], key=True)
    if staff.file is None:
        for key in ("kind", "sheet"):
            if getattr(staff, key) is not None:
                yield Finding(("staff", key), "goes only with a file", "add 'file: …', or remove it")
    for name in staff.headcounts:
        if name not in view.groups:
            yield Finding(
                ("staff", "headcounts", name),
                "is no group",
                units.suggestion(name, view.groups, "the groups are"),
                key=True,
            )
        elif any(shift.group == name for shift in staff.shifts):
            yield Finding(
                ("staff", "headcounts", name),
                "has shifts as well",
                "keep headcounts or shifts",
                name,
                key=True,
            )
    for i, shift in enumerate(staff.shifts):
        if shift.group not in view.groups:
            yield Finding(
                ("staff", "shifts", i, "group"),
                "is no group",
                units.suggestion(shift.group, view.groups, "the groups are"),
            )
    inline = {*staff.headcounts, *(shift.group for shift in staff.shifts)}
    for name, group in scenario.groups.items():
        if not group.skills and view.sound(("groups", name)):
            yield Finding(("groups", name), "serves no queue", f"add 'serves: [{units.listing(view.queues[:3])}]'")
        if group.agents is not None and name in inline:
            at: Path = ("groups", name, "agents")
            yield Finding(at, "is said again under staff", "remove it here, or the group's lines under staff")
        if (
            group.agents is None
            and name not in inline
            and staff.file is None
            and view.sound(("groups", name), ("staff",))
        ):
            yield Finding(
                ("groups", name),
                "has no agents",
                "add 'agents: 10', or headcounts or shifts under staff",
            )


def _scheduled_said(view: _View) -> Iterator[Finding]:
    """Where shrinkage is above zero, it must be said whether the agents given are scheduled or present."""
    scenario = view.scenario
    silent = [
        name
        for name, group in scenario.groups.items()
        if group.shrinkage > 0.0
        and group.scheduled is None
        and scenario.staff.scheduled is None
        and view.sound(("groups", name), ("staff", "scheduled"))
    ]
    if not silent:
        return
    part = scenario.groups[silent[0]].shrinkage
    where = f"under groups.{silent[0]}" if len(silent) == 1 else "under staff, for all groups,"
    more = f"; nor does that of {units.listing(silent[1:])}" if len(silent) > 1 else ""
    rule = f"does not say whether the agents given are scheduled or present{more}"
    fix = (
        f"write {where} 'scheduled: true' (of 100 agents given, {100 * (1 - part):.4g} are present and 100 are paid) "
        f"or 'scheduled: false' (100 are present, {100 / (1 - part):.4g} are paid)"
    )
    yield Finding(("groups", silent[0], "shrinkage"), rule, fix)


def _laws(view: _View) -> Iterator[Finding]:
    """Work and delays must end; a contact takes some time."""
    for name, reason in view.scenario.reasons.items():
        at: Path = ("reasons", name)
        if reason.talk.mean + (reason.wrap.mean if reason.wrap is not None else 0.0) <= 0.0:
            yield Finding((*at, "talk"), "takes no time", "write a time above 0s")
        for key in ("talk", "wrap"):
            law: Law | None = getattr(reason, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding((*at, key), "never ends", "write a law with an end, such as 4 min")
    for name, queue in view.scenario.queues.items():
        for key in ("talk", "wrap"):
            law = getattr(queue, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding(("queues", name, key), "never ends", "write a law with an end, such as 4 min")
        if queue.talk is not None and queue.talk.mean <= 0.0:
            yield Finding(("queues", name, "talk"), "takes no time", "write a time above 0s")
    wrapped = any(reason.wrap is not None for reason in view.scenario.reasons.values())
    for name, group in view.scenario.groups.items():
        for place, skill in group.skills.items():
            there = view.scenario.queues.get(place)
            if skill.wrap is not None and not wrapped and (there is None or there.wrap is None):
                fix = "add a wrap to the reasons, or to the queue, or remove it"
                yield Finding(("groups", name, "skills", place, "wrap"), "has no wrap to change", fix)
    holders: list[tuple[Path, Any]] = [(("after_contact",), view.scenario.after_contact)]
    holders += [
        (("reasons", name, "after_contact"), reason.after_contact) for name, reason in view.scenario.reasons.items()
    ]
    for at, rules in holders:
        for cause in CAUSES:
            if _written(view.tree, (*at, cause, "delay")) and not getattr(rules, cause).delay.mean < float("inf"):
                yield Finding((*at, cause, "delay"), "never ends", "set redial or repeat to 0% instead")
    for name, group in view.scenario.groups.items():
        if not 0.0 < group.away.mean < float("inf"):
            yield Finding(("groups", name, "away"), "is no length of an away-spell", "write a time such as 10 min")
        if group.availability <= 0.0:
            yield Finding(
                ("groups", name, "availability"), "leaves nobody there", "write more than 0%, or fewer agents"
            )


def _scopes(view: _View) -> Iterator[Finding]:
    scenario = view.scenario
    channels = list(scenario.channels)
    for part, places in (("queues", scenario.queues), ("flow", scenario.flow)):
        for name, place in places.items():
            if place.channel not in channels and ("channels",) not in view.broken:
                fix = units.suggestion(place.channel, channels, "the channels are")
                yield Finding((part, name, "channel"), "is no channel", fix)
    used = {place.channel for places in (scenario.queues, scenario.flow) for place in places.values()}
    for name, channel in scenario.channels.items():
        known = used <= {*channels} and view.sound(("queues",), ("flow",), ("reasons",))
        if known and name not in (*used, channels[0]):
            fix = f"write 'channel: {name}' at a queue, or remove it"
            yield Finding(("channels", name), "is the channel of no queue and no node", fix, name, key=True)
        if len(channel.slowdown) > channel.concurrent and view.sound(("channels", name, "concurrent")):
            rule = f"has factors for {len(channel.slowdown)} at a time, where an agent serves {channel.concurrent}"
            yield Finding(("channels", name, "slowdown"), rule, f"give at most {channel.concurrent}")
        if any(factor <= 0.0 for factor in channel.slowdown):
            yield Finding(("channels", name, "slowdown"), "takes no time", "write factors such as [1, 1.15, 1.35]")
        if channel.concurrent > 20:
            yield Finding(("channels", name, "concurrent"), "is more than 20 at a time", "write 3")
        if channel.concurrent > 1 and channel.interruptible:
            fix = "remove one of them"
            yield Finding(("channels", name, "interruptible"), "does not go with several at a time", fix)
        if channel.interruptible and len(channels) == 1:
            fix = "remove it, or give the queues that may interrupt a channel of their own"
            yield Finding(("channels", name, "interruptible"), "has no other channel to be interrupted for", fix)
    for name, lever in scenario.levers.items():
        named = list(scenario.overrides)
        if lever.use:
            yield from _remedies(scenario, name, lever)
        elif (lever.override or name) not in named:
            spot: Path = ("levers", name, "override") if lever.override else ("levers", name)
            fix = units.suggestion(lever.override or name, named, "the overrides are") if named else "add overrides"
            yield Finding(spot, "is no override, so it changes nothing", fix, lever.override or name)
    for i, event in enumerate(scenario.events):
        for k, reason in enumerate(event.reasons or ()):
            if reason not in view.reasons:
                yield Finding(
                    ("events", i, "reasons", k),
                    "is no reason",
                    units.suggestion(reason, view.reasons, "the reasons are"),
                )
    for name, queue in scenario.queues.items():
        target = queue.target.sl if queue.target is not None else None
        if target is not None and target.share <= 0.0:
            yield Finding(
                ("queues", name, "target", "sl", "share"),
                "is no target",
                "write a share above 0%, such as 80%",
            )
    returns: list[tuple[Path, Any]] = [(("after_contact",), scenario.after_contact)]
    returns += [(("reasons", name, "after_contact"), reason.after_contact) for name, reason in scenario.reasons.items()]
    for at, rules in returns:
        for cause in CAUSES:
            if getattr(rules, cause).at_most > 1000 and _written(view.tree, (*at, cause, "at_most")):
                yield Finding((*at, cause, "at_most"), "is more than 1000 attempts", "write 10")


def _written(tree: Any, path: Path) -> bool:
    node = tree
    for step in path:
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True
