"""Rules about transfers, and contacts that would move in a loop."""

from __future__ import annotations

from collections.abc import Iterator

from cxsim.scenario.checks.customers import percent
from cxsim.scenario.checks.view import View
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.schema.names import HANDING, OTHERS


def transfers(view: View) -> Iterator[Finding]:
    """Transfers lead to another queue that is served, share out no more than there is, and come to an end."""
    yield from _targets(view)
    yield from _keys(view)
    yield from _shares(view)


def _targets(view: View) -> Iterator[Finding]:
    """Where transfers lead, and of what reasons."""
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
                place
                for place in (name, one.to)
                if place in view.scenario.queues
                and (channel := view.scenario.channels.get(view.scenario.queues[place].channel)) is not None
                and channel.concurrent > 1
            ]
            if several and one.kind != "cold":
                rule = f"does not go with {several[0]!r}, where an agent serves several at a time"
                yield Finding((*at, "kind"), rule, "write kind: cold")
            for reason in one.share:
                if reason != OTHERS and reason not in view.reasons:
                    fix = units.suggestion(reason, [*view.reasons, OTHERS], "the reasons are")
                    yield Finding((*at, "share", reason), "is no reason", fix, reason, key=True)


def _keys(view: View) -> Iterator[Finding]:
    """Which keys of a transfer go together."""
    for name, queue in view.scenario.queues.items():
        for i, one in enumerate(queue.transfers):
            at: Path = ("queues", name, "transfers", i)
            target = view.scenario.queues.get(one.to)
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


def _shares(view: View) -> Iterator[Finding]:
    """No queue hands on more than there is."""
    for name, queue in view.scenario.queues.items():
        for when in HANDING if queue.transfers or queue.turns is not None else ():
            for reason in view.scenario.reasons:
                shares: list[tuple[Path, float]] = [
                    (("transfers", i, "share"), one.share.get(reason, one.share.get(OTHERS, 0.0)))
                    for i, one in enumerate(queue.transfers)
                    if one.when == when
                ]
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
                    rule = f"makes the shares of {reason!r} ({when}) sum to {percent(total)}"
                    yield Finding(place, rule, "make them sum to at most 100%")
                    break


def loops(view: View) -> Iterator[Finding]:
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


def _rounds(view: View) -> Iterator[Finding]:
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
