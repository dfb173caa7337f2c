"""Rules about lists that are dialled, callbacks and announced waits."""

from __future__ import annotations

from collections.abc import Iterator

from cxsim.randomness.distributions import Law
from cxsim.scenario.checks.queues import moved_on
from cxsim.scenario.checks.view import View
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.schema.names import OTHERS


def dialled(view: View) -> Iterator[Finding]:
    """Messages come to an end, and what is dialled goes together."""
    for name, queue in view.scenario.queues.items():
        at: Path = ("queues", name)
        if queue.turns is not None:
            for reason in queue.turns.share:
                if reason != OTHERS and reason not in view.reasons:
                    fix = units.suggestion(reason, [*view.reasons, OTHERS], "the reasons are")
                    yield Finding((*at, "turns", "share", reason), "is not a reason", fix, reason, key=True)
            if not queue.turns.think.mean < float("inf"):
                yield Finding(
                    (*at, "turns", "think"),
                    "has no finite mean",
                    "write a distribution with a finite mean, such as 5 min",
                )
        out = queue.outbound
        if out is None:
            continue
        channel = view.scenario.channels.get(queue.channel)
        if channel is not None and (channel.concurrent > 1 or channel.interruptible):
            fix = "give the queue a channel that is neither concurrent nor interruptible"
            yield Finding((*at, "outbound"), f"cannot be combined with the channel {queue.channel!r}", fix, key=True)
        for key in ("callback", "announces", "overflow"):
            if getattr(queue, key):
                rule = "cannot be combined with outbound: customers do not wait there"
                yield Finding((*at, key), rule, "remove it", key=True)
        if (out.mode == "preview") != (out.preview is not None):
            rule, fix = (
                ("needs a time for mode: preview", "add preview: 30s")
                if out.preview is None
                else (f"cannot be combined with mode: {out.mode}", "write mode: preview, or remove it")
            )
            yield Finding((*at, "outbound", "mode" if out.preview is None else "preview"), rule, fix)
        for option in ("ahead", "dropped_at_most"):
            if out.mode != "predictive" and getattr(out, option) != 1.0:
                rule = f"cannot be combined with mode: {out.mode}"
                yield Finding((*at, "outbound", option), rule, "write mode: predictive, or remove it")
        if out.ahead < 1.0:
            fix = "write 1 or more lines for each idle agent"
            yield Finding((*at, "outbound", "ahead"), "dials fewer lines than there are idle agents", fix)
        if out.reached <= 0.0:
            yield Finding((*at, "outbound", "reached"), "means no customer is ever reached", "write more than 0%")
        for key in ("preview", "dial", "retry"):
            law: Law | None = getattr(out, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding(
                    (*at, "outbound", key), "has no finite mean", "write a distribution with a finite mean, such as 20s"
                )


def told(view: View) -> Iterator[Finding]:
    """What those who wait are told and offered makes sense."""
    for name, queue in view.scenario.queues.items():
        at: Path = ("queues", name)
        leaves = queue.announces.leaves if queue.announces else ()
        for i, one in enumerate(leaves):
            if i and leaves[i - 1].over >= one.over:
                place = (*at, "announces", "leaves", i, "over")
                yield Finding(place, "must be above the wait before it", "sort the list by wait")
        call = queue.callback
        if call is None:
            continue
        channel = view.scenario.channels.get(queue.channel)
        if channel is not None and channel.concurrent > 1:
            fix = "remove it, or set the channel's 'concurrent' to 1"
            yield Finding((*at, "callback"), "cannot be combined with a concurrent channel", fix, key=True)
        if channel is not None and channel.interruptible:
            fix = "remove it, or the channel's 'interruptible'"
            yield Finding((*at, "callback"), "cannot be combined with an interruptible channel", fix, key=True)
        for stage, other in moved_on(view.scenario, name):
            there = view.scenario.channels.get(view.scenario.queues[other].channel)
            if there is not None and (there.concurrent > 1 or there.interruptible):
                rule = f"leads to {other!r}, which cannot have callbacks: its channel is concurrent or interruptible"
                fix = "remove it, or remove the callback"
                yield Finding((*at, "overflow", stage, "to_queue"), rule, fix)
        for key in ("after", "dial", "retry"):
            law: Law | None = getattr(call, key)
            if law is not None and not law.mean < float("inf"):
                yield Finding(
                    (*at, "callback", key), "has no finite mean", "write a distribution with a finite mean, such as 20s"
                )
        if call.reached <= 0.0:
            yield Finding(
                (*at, "callback", "reached"),
                "means no customer is ever reached",
                "write more than 0%, or remove the callback",
            )
