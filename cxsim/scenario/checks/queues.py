"""Rules about queues: who serves them, and where contacts overflow."""

from __future__ import annotations

from collections.abc import Iterator

from cxsim.scenario.checks.view import View
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.scenario import Scenario


def queues_named(view: View) -> Iterator[Finding]:
    """A queue of a reason must be listed or served; one of a skill must be listed or a reason's."""
    served = view.served_by()
    known = [queue for queue in view.queues if queue in view.listed or queue in served]
    for name, reason in view.scenario.reasons.items():
        if reason.queue and reason.queue != name and reason.queue not in known and view.sound(("groups",), ("queues",)):
            yield Finding(
                ("reasons", name, "queue"),
                "is not a queue",
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
                yield Finding(at, "is not a queue", fix, queue, key=at[2] == "skills")
        if isinstance(short, list):
            for i, queue in enumerate(short):
                if queue in short[:i]:
                    yield Finding(("groups", name, "serves", i), "is listed twice", "remove it")


def served(view: View) -> Iterator[Finding]:
    """Every queue that gets contacts must be served, at once or after an overflow."""
    if not view.sound(("groups",), ("queues",)):
        return
    scenario, served = view.scenario, view.served_by()
    yield from _led_to(view, served)
    if not served:
        return  # each group is told that it serves no queue
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
        yield Finding(
            at, f"has no group that serves it, so contacts of {name!r} would never be answered", fix, reason.queue
        )
    for name in scenario.queues:
        entered = {
            queue for stage in scenario.queues[name].overflow for queue in ([stage.to_queue] if stage.to_queue else [])
        }
        for target in entered:
            later = scenario.queues.get(target)
            if later is not None and target not in served and not later.overflow:
                i = next(i for i, stage in enumerate(scenario.queues[name].overflow) if stage.to_queue == target)
                rule = "has no group that serves it, so transferred contacts would never be answered"
                yield Finding(
                    ("queues", name, "overflow", i, "to_queue"),
                    rule,
                    f"add {target!r} to the skills of a group",
                )


def _led_to(view: View, served: dict[str, list[str]]) -> Iterator[Finding]:
    """A queue that the flow leads to is served, at once or after an overflow."""
    for name, node in view.scenario.flow.items():
        for path, target in node.targets():
            queue = view.scenario.queues.get(target)
            if queue is None or target in served or target not in view.queues:
                continue
            if not any(stage.to or stage.to_queue for stage in queue.overflow):
                rule = "has no group that serves it, so its contacts would never be answered"
                fix = f"add it to 'serves' or 'skills' of a group ({units.listing(view.groups)})"
                yield Finding(("flow", name, *path), rule, fix)


def overflows(view: View) -> Iterator[Finding]:
    served = view.served_by()
    for name, queue in view.scenario.queues.items():
        seen: dict[str, int] = {}
        for i, stage in enumerate(queue.overflow):
            at: Path = ("queues", name, "overflow", i)
            if (stage.to is None) == (stage.to_queue is None):
                rule = "leads nowhere" if stage.to is None else "leads to both groups and a queue"
                yield Finding(at, rule, "give either 'to: [groups]' or 'to_queue: queue'")
            if i and queue.overflow[i - 1].after > stage.after:
                yield Finding((*at, "after"), "is earlier than the stage before it", "sort the stages by time")
            if i and queue.overflow[i - 1].to_queue is not None:
                yield Finding(
                    at,
                    "can never happen: an earlier stage moves the contact to another queue",
                    "remove it, or put it before that stage",
                )
            for k, group in enumerate(stage.to or ()):
                if group not in view.groups:
                    hint = units.suggestion(group, view.groups, "the groups are")
                    fix = (
                        f"it is a queue: write to_queue: {group}"
                        if group in view.queues and not units.nearest(group, view.groups)
                        else hint
                    )
                    yield Finding((*at, "to", k), "is not a group", fix, group)
                elif group in served.get(name, ()):
                    rule = f"already serves {name!r}"
                    yield Finding((*at, "to", k), rule, f"remove it here, or from the skills of {group!r}", group)
                elif group in seen:
                    yield Finding(
                        (*at, "to", k),
                        f"is already in stage {seen[group] + 1}",
                        "remove it from one of them",
                        group,
                    )
                seen.setdefault(group, i)
            target = stage.to_queue
            if target is not None and target not in view.queues:
                hint = units.suggestion(target, view.queues, "the queues are")
                fix = f"it is a group: write to: [{target}]" if target in view.groups else hint
                yield Finding((*at, "to_queue"), "is not a queue", fix)


def moved_on(scenario: Scenario, name: str) -> Iterator[tuple[int, str]]:
    """The queues to which contacts of one overflow, one after another, with the stage by which they leave it."""
    for i, stage in enumerate(scenario.queues[name].overflow):
        seen: list[str] = []
        place = stage.to_queue
        while place and place in scenario.queues and place not in seen:
            yield i, place
            seen.append(place)
            place = next((one.to_queue for one in scenario.queues[place].overflow if one.to_queue), None)
