"""A scenario with every default that depends on another value filled in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from cxsim.rules.ivr_steps import named, reached
from cxsim.scenario.model.part import Part
from cxsim.scenario.model.scenario import (
    AfterContact,
    Channel,
    Group,
    Queue,
    Reason,
    Redial,
    Repeat,
    Scenario,
    Segment,
    Skill,
)
from cxsim.schema.names import CAUSES, REPEATS

CHANCE = {cause: "repeat" if cause in REPEATS else "redial" for cause in CAUSES}
T = TypeVar("T", bound=Part)
FOLLOWS = {"balked": "abandoned", "closed": "blocked", "hung_up": "abandoned", "contained": "unresolved"}


def complete(scenario: Scenario) -> Scenario:
    """List every queue; give segments their share, reasons queue and `after_contact`, groups their skills."""
    general = _after(scenario.after_contact)
    said = scenario.after_contact.model_fields_set
    reasons = {name: _reason(name, reason, general, said) for name, reason in scenario.reasons.items()}
    completed = scenario.model_copy(update={"reasons": reasons})
    led_to = [queue for name in reasons for queue in reached(completed, name)[1]] + named(completed)[1]
    onward = [one.to for queue in scenario.queues.values() for one in queue.transfers]
    channels = scenario.channels or {"phone": Channel()}
    first = next(iter(channels))
    begins = [reason.queue for reason in reasons.values() if reason.queue]
    queues = dict.fromkeys([*scenario.queues, *begins, *led_to, *onward])
    return scenario.model_copy(
        update={
            "segments": _segments(scenario.segments),
            "channels": channels,
            "reasons": reasons,
            "queues": {name: _of_channel(scenario.queues.get(name, Queue()), first) for name in queues},
            "flow": {name: _of_channel(node, first) for name, node in scenario.flow.items()},
            "groups": {name: _group(group) for name, group in scenario.groups.items()},
            "after_contact": general,
        }
    )


def _of_channel(place: T, first: str) -> T:
    """A queue or node of the flow with its channel."""
    return _copy(place, {"channel": place.channel or first}, set(place.model_fields_set))  # type: ignore[attr-defined]  # a queue or a node has a channel


def _segments(segments: dict[str, Segment]) -> dict[str, Segment]:
    if not segments:
        return {"all": Segment(share="100%")}
    without = [name for name, segment in segments.items() if "share" not in segment.model_fields_set]
    given = sum(Decimal(repr(segment.share)) for name, segment in segments.items() if name not in without)
    rest = max(0.0, float((1 - given) / len(without))) if without else 0.0
    out = {}
    for name, segment in segments.items():
        out[name] = _copy(segment, {"share": rest}, segment.model_fields_set) if name in without else segment
    return out


def _reason(name: str, reason: Reason, general: AfterContact, said: set[str]) -> Reason:
    update: dict[str, Any] = {"after_contact": merged(general, reason.after_contact, said, usual(reason, general))}
    if not reason.queue and not reason.flow:
        update["queue"] = name
    return reason.model_copy(update=update)


def _group(group: Group) -> Group:
    if not group.serves:
        return group
    return group.model_copy(update={"skills": {queue: Skill() for queue in group.serves}, "serves": ()})


def _after(given: AfterContact) -> AfterContact:
    """Each cause as the one it follows, where nothing else is said of it."""
    said = set(given.model_fields_set)
    return _copy(given, {cause: getattr(given, other) for cause, other in FOLLOWS.items() if cause not in said}, said)


def usual(reason: Reason, general: AfterContact) -> AfterContact:
    """What holds for a reason where it says nothing: the scenario's rules, but no returns beside a replayed log.

    A log of arrivals contains its redials and repeats.
    """
    if reason.volume.arrivals is None:
        return general
    off = {cause: _copy(getattr(general, cause), {CHANCE[cause]: 0.0}, set()) for cause in CAUSES}
    return _copy(general, off, set())


def merged(general: AfterContact, own: AfterContact, said: set[str], usual: AfterContact) -> AfterContact:
    """The scenario's rules with a reason's own over them; `said`: the causes the scenario speaks of.

    `usual` are the rules for the causes of which the reason says nothing.
    """
    update: dict[str, Redial | Repeat] = {}
    for cause in CAUSES:
        base, over = getattr(general, cause), getattr(own, cause)
        follows = FOLLOWS.get(cause)
        if cause in own.model_fields_set:
            given = over.model_fields_set
            update[cause] = _copy(base, {name: getattr(over, name) for name in given}, set(given))
        elif follows in own.model_fields_set and cause not in said:
            update[cause] = update[follows]
        else:
            update[cause] = getattr(usual, cause)
    return _copy(own, update, set(own.model_fields_set))


def _copy(part: T, update: Mapping[str, Any], said: set[str]) -> T:
    """A copy with other values, of which only those in `said` count as given, so that only they are written again."""
    out: T = part.model_copy(update=update)
    out.model_fields_set.clear()
    out.model_fields_set.update(said)
    return out
