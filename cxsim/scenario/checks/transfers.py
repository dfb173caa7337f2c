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
                yield Finding((*at, "to"), "transfers to its own queue", "name another queue, or remove the transfer")
            elif one.to not in view.queues:
                fix = units.suggestion(one.to, view.queues, "the queues are")
                fix = "it is a group: name a queue that it serves" if one.to in view.groups else fix
                yield Finding((*at, "to"), "is not a queue", fix)
            elif one.to not in served and not (target is not None and target.overflow) and view.sound(("groups",)):
                rule = "has no group that serves it, so transferred contacts would never be answered"
                yield Finding((*at, "to"), rule, f"add {one.to!r} to 'serves' or 'skills' of a group")
            several = [
                place
                for place in (name, one.to)
                if place in view.scenario.queues
                and (channel := view.scenario.channels.get(view.scenario.queues[place].channel)) is not None
                and channel.concurrent > 1
            ]
            if several and one.kind != "cold":
                rule = f"cannot be combined with the concurrent channel of {several[0]!r}"
                yield Finding((*at, "kind"), rule, "write kind: cold")
            for reason in one.share:
                if reason != OTHERS and reason not in view.reasons:
                    fix = units.suggestion(reason, [*view.reasons, OTHERS], "the reasons are")
                    yield Finding((*at, "share", reason), "is not a reason", fix, reason, key=True)


def _keys(view: View) -> Iterator[Finding]:
    """Which keys of a transfer go together."""
    for name, queue in view.scenario.queues.items():
        for i, one in enumerate(queue.transfers):
            at: Path = ("queues", name, "transfers", i)
            target = view.scenario.queues.get(one.to)
            if one.handover is not None and one.kind not in ("warm", "consult"):
                rule = f"cannot be combined with a {one.kind} transfer"
                yield Finding((*at, "handover"), rule, "write kind: warm, or remove it")
            if one.handover is None and one.kind == "consult":
                rule = "needs the time that both agents talk"
                yield Finding((*at, "kind"), rule, "add handover, such as handover: 2 min", key=True)
            if one.kind == "consult" and one.retold > 0.0:
                rule = "cannot be combined with kind: consult, since the customer stays with the first agent"
                yield Finding((*at, "retold"), rule, "remove it, or lengthen handover")
            if one.kind == "consult" and target is not None and any(stage.to_queue for stage in target.overflow):
                rule = f"cannot be used with {one.to!r}, whose contacts overflow to another queue"
                yield Finding((*at, "kind"), rule, "make it overflow to groups (to: ...), or write kind: cold")
            channel = None if target is None else view.scenario.channels.get(target.channel)
            if one.kind == "consult" and channel is not None and channel.interruptible:
                rule = f"cannot be used with {one.to!r}, whose channel is interruptible"
                yield Finding((*at, "kind"), rule, "name a queue of another channel, or write kind: cold")
            if one.handover is not None and not one.handover.mean < float("inf"):
                yield Finding(
                    (*at, "handover"), "has no finite mean", "write a distribution with a finite mean, such as 30s"
                )
            for key in ("talk", "talk_after"):
                if getattr(one, key) <= 0.0:
                    yield Finding((*at, key), "must be above 0", "write a factor above 0, such as 80%")
            if one.talk != 1.0 and (one.when != "always" or one.if_idle):
                rule = (
                    "cannot be combined with if_idle"
                    if one.when == "always"
                    else f"cannot be combined with when: {one.when}"
                )
                fix = "remove it; the talk is over before it is known whether the contact is transferred"
                yield Finding((*at, "talk"), rule, fix)
            if one.kind == "consult" and one.talk_after != 1.0:
                rule = "cannot be combined with kind: consult, since the customer stays with the first agent"
                yield Finding((*at, "talk_after"), rule, "remove it, or write another kind")
            if one.kind == "consult" and one.when == "in_vain":
                rule = "cannot be combined with when: in_vain; a failed consultation is not followed by another"
                yield Finding((*at, "kind"), rule, "write kind: cold, warm or conference")
            if one.if_idle and channel is not None and channel.concurrent > 1:
                rule = f"cannot be combined with {one.to!r}, whose channel is concurrent"
                yield Finding((*at, "if_idle"), rule, "remove it")
            if one.when == "in_vain" and not any(
                other.if_idle or other.kind == "consult" for other in queue.transfers if other.when != "in_vain"
            ):
                rule = "never happens: no other transfer here is a consult or has if_idle"
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
                        yield Finding(at, f"makes customers of {reason!r} write again forever", "write less than 100%")
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
        rule = "overflows to itself" if len(ring) == 1 else f"overflows in a loop: {' → '.join([*ring, back])}"
        fix = "remove this overflow" if len(ring) == 1 else "remove one of these overflows"
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
            rule = f"transfers every contact, and so does {units.listing(way[1:])}, so no contact ever ends"
            yield Finding(("queues", start, "transfers"), rule, "reduce the share of one of them below 100%", key=True)
            return
