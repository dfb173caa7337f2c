"""Rules about distributions, and figures that need a scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cxsim.randomness.distributions import Law
from cxsim.scenario.checks.customers import remedies
from cxsim.scenario.checks.view import View, written
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.by_time import ByTime
from cxsim.scenario.model.customers import HandleTimes
from cxsim.schema.names import CAUSES

MOST_LONGER = 10.0  # a larger factor on handle times is a time, or a slip


def laws(view: View) -> Iterator[Finding]:
    """Work and delays must end; a contact takes some time."""
    for name, reason in view.scenario.reasons.items():
        at: Path = ("reasons", name)
        if reason.talk.mean + (reason.wrap.mean if reason.wrap is not None else 0.0) <= 0.0:
            yield Finding((*at, "talk"), "must be above 0", "write a time above 0s, such as 4 min")
        for key in ("talk", "wrap"):
            law: Law | None = getattr(reason, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding(
                    (*at, key), "has no finite mean", "write a distribution with a finite mean, such as 4 min"
                )
        yield from _factors((*at, "handle_times"), reason.handle_times, "the times")
        yield from _share_by_time((*at, "resolution_by_time"), reason.resolution_by_time, reason.resolution)
    for name, queue in view.scenario.queues.items():
        for key in ("talk", "wrap"):
            law = getattr(queue, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding(
                    ("queues", name, key),
                    "has no finite mean",
                    "write a distribution with a finite mean, such as 4 min",
                )
        if queue.talk is not None and queue.talk.mean <= 0.0:
            yield Finding(("queues", name, "talk"), "must be above 0", "write a time above 0s, such as 4 min")
    wrapped = any(reason.wrap is not None for reason in view.scenario.reasons.values())
    for name, group in view.scenario.groups.items():
        for place, skill in group.skills.items():
            there = view.scenario.queues.get(place)
            if skill.wrap is not None and not wrapped and (there is None or there.wrap is None):
                fix = "add a wrap to the reasons or the queue, or remove it"
                yield Finding(("groups", name, "skills", place, "wrap"), "changes wrap, but there is none", fix)
    holders: list[tuple[Path, Any]] = [(("after_contact",), view.scenario.after_contact)]
    holders += [
        (("reasons", name, "after_contact"), reason.after_contact) for name, reason in view.scenario.reasons.items()
    ]
    for at, rules in holders:
        for cause in CAUSES:
            if written(view.tree, (*at, cause, "delay")) and not getattr(rules, cause).delay.mean < float("inf"):
                yield Finding((*at, cause, "delay"), "has no finite mean", "set redial or repeat to 0% instead")
    for name, group in view.scenario.groups.items():
        if not 0.0 < group.away.mean < float("inf"):
            yield Finding(("groups", name, "away"), "is not an away time", "write a time such as 10 min")
        for key in ("availability", "shrinkage"):
            at = ("groups", name, f"{key}_by_time")
            yield from _share_by_time(at, getattr(group, str(at[-1])), getattr(group, key))
        if group.availability <= 0.0:
            yield Finding(
                ("groups", name, "availability"),
                "means agents are never available",
                "write more than 0%, or fewer agents",
            )


def _factors(at: Path, times: HandleTimes | ByTime | None, what: str) -> Iterator[Finding]:
    """Factors are above 0, and not so large that one is a time in seconds, or a share in percent."""
    if times is None:
        return
    given: list[tuple[Path, float]] = [((*at, "factor"), times.factor)]
    given += [((*at, "weekdays", units.WEEKDAYS[day]), factor) for day, factor in times.weekdays.items()]
    given += [((*at, "factors", k), factor) for k, factor in enumerate(times.factors or ())]
    for place, factor in given:
        if factor <= 0.0:
            yield Finding(place, "must be above 0", "write 1 for no change, or a factor such as 1.1")
        elif factor > MOST_LONGER:
            fix = f"write a factor such as 1.1, or {what} in a file"
            longer = "times as long" if isinstance(times, HandleTimes) else "times the usual share"
            yield Finding(place, f"is more than the limit of {MOST_LONGER:g} {longer}", fix)


def _share_by_time(at: Path, said: ByTime | None, usual: float) -> Iterator[Finding]:
    """A share that changes has a usual one above 0; what it comes to is seen when it is compiled."""
    if said is None:
        return
    yield from _factors(at, said, "the shares")
    what = str(at[-1]).removesuffix("_by_time")
    if usual <= 0.0 and what != "availability":
        fix = f"write the usual {what} next to it, such as '{what}: {'30%' if what == 'shrinkage' else '80%'}'"
        yield Finding(at, f"changes {what}, which is 0%", fix, key=True)


def scopes(view: View) -> Iterator[Finding]:
    scenario = view.scenario
    channels = list(scenario.channels)
    for part, places in (("queues", scenario.queues), ("flow", scenario.flow)):
        for name, place in places.items():
            if place.channel not in channels and ("channels",) not in view.broken:
                fix = units.suggestion(place.channel, channels, "the channels are")
                yield Finding((part, name, "channel"), "is not a channel", fix)
    used = {place.channel for places in (scenario.queues, scenario.flow) for place in places.values()}
    for name, channel in scenario.channels.items():
        known = used <= {*channels} and view.sound(("queues",), ("flow",), ("reasons",))
        if known and name not in (*used, channels[0]):
            fix = f"write 'channel: {name}' at a queue, or remove it"
            yield Finding(("channels", name), "is a channel that no queue or node uses", fix, name, key=True)
        if len(channel.slowdown) > channel.concurrent and view.sound(("channels", name, "concurrent")):
            rule = (
                f"has {len(channel.slowdown)} factors, but an agent serves at most {channel.concurrent} contacts "
                "at a time"
            )
            yield Finding(("channels", name, "slowdown"), rule, f"give at most {channel.concurrent}")
        if any(factor <= 0.0 for factor in channel.slowdown):
            yield Finding(
                ("channels", name, "slowdown"), "must be above 0", "write factors above 0, such as [1, 1.15, 1.35]"
            )
        if channel.concurrent > 20:
            yield Finding(
                ("channels", name, "concurrent"), "is more than the limit of 20 contacts at a time", "write 3"
            )
        if channel.concurrent > 1 and channel.interruptible:
            fix = "remove one of them"
            yield Finding(("channels", name, "interruptible"), "cannot be combined with concurrent above 1", fix)
        if channel.interruptible and len(channels) == 1 and not scenario.routing.policy:
            fix = "remove it, or put the queues that may interrupt on another channel"
            yield Finding(("channels", name, "interruptible"), "needs a second channel that can interrupt it", fix)
    for name, lever in scenario.levers.items():
        named = list(scenario.overrides)
        if lever.use:
            yield from remedies(scenario, name, lever)
        elif (lever.override or name) not in named:
            spot: Path = ("levers", name, "override") if lever.override else ("levers", name)
            meant = lever.override or name
            fix = units.suggestion(meant, named, "the overrides are") if named else f"add {meant!r} under overrides"
            yield Finding(spot, "is not an override", fix, meant)
    for i, event in enumerate(scenario.events):
        for k, reason in enumerate(event.reasons or ()):
            if reason not in view.reasons:
                yield Finding(
                    ("events", i, "reasons", k),
                    "is not a reason",
                    units.suggestion(reason, view.reasons, "the reasons are"),
                )
    for name, queue in scenario.queues.items():
        target = queue.target.sl if queue.target is not None else None
        if target is not None and target.share <= 0.0:
            yield Finding(
                ("queues", name, "target", "sl", "share"),
                "is not a target",
                "write a share above 0%, such as 80%",
            )
    returns: list[tuple[Path, Any]] = [(("after_contact",), scenario.after_contact)]
    returns += [(("reasons", name, "after_contact"), reason.after_contact) for name, reason in scenario.reasons.items()]
    for at, rules in returns:
        for cause in CAUSES:
            if getattr(rules, cause).at_most > 1000 and written(view.tree, (*at, cause, "at_most")):
                yield Finding((*at, cause, "at_most"), "is more than the limit of 1000 attempts", "write 10")
