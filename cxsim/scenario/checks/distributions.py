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
from cxsim.schema.names import CAUSES


def laws(view: View) -> Iterator[Finding]:
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
            if written(view.tree, (*at, cause, "delay")) and not getattr(rules, cause).delay.mean < float("inf"):
                yield Finding((*at, cause, "delay"), "never ends", "set redial or repeat to 0% instead")
    for name, group in view.scenario.groups.items():
        if not 0.0 < group.away.mean < float("inf"):
            yield Finding(("groups", name, "away"), "is no length of an away-spell", "write a time such as 10 min")
        if group.availability <= 0.0:
            yield Finding(
                ("groups", name, "availability"), "leaves nobody there", "write more than 0%, or fewer agents"
            )


def scopes(view: View) -> Iterator[Finding]:
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
            yield from remedies(scenario, name, lever)
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
            if getattr(rules, cause).at_most > 1000 and written(view.tree, (*at, cause, "at_most")):
                yield Finding((*at, cause, "at_most"), "is more than 1000 attempts", "write 10")
