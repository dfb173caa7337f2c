"""What a contact takes and how long it waits: the laws of talk, wrap and patience that count for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxsim.randomness.distributions import Law
    from cxsim.scenario.model.customers import Channel, Reason, Segment
    from cxsim.scenario.model.people import Queue, Skill
    from cxsim.scenario.model.readers import Times


def laws_in(reason: Reason, queue: Queue) -> tuple[Law, Law | None]:
    """The laws of talk and wrap of a reason's contacts in a queue: its own, else the reason's."""
    return queue.talk or reason.talk, queue.wrap or reason.wrap


def paces(skill: Skill | None, talk: Times, wrap: Times) -> tuple[Times, Times]:
    """The factors on talk and wrap, of these means, of agents with a skill; 1 without one, as after an overflow."""
    if skill is None:
        return 1.0, 1.0
    both = skill.handle_time.of(talk + wrap)
    talking = both if skill.talk is None else skill.talk.of(talk)
    return talking, both if skill.wrap is None else skill.wrap.of(wrap)


def handle_time(reason: Reason, queue: Queue) -> float:
    """Mean talk and wrap in a queue, whoever serves, in seconds."""
    talk, wrap = laws_in(reason, queue)
    return talk.mean + (wrap.mean if wrap else 0.0)


def patience(channel: Channel, reason: Reason, segment: Segment) -> tuple[Law | None, float]:
    """The law of who waits in a channel and the factor on it: of the segment, else of the reason, else of the channel.

    What segments and reasons say is of people who wait; in a deferrable channel only its own law counts.
    """
    if channel.deferrable:
        return channel.patience, 1.0
    own = segment.patience
    if own is not None and not isinstance(own, float):
        return own, 1.0
    return reason.patience or channel.patience, 1.0 if own is None else own
