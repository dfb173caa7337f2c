"""Trunks and closing time."""

from __future__ import annotations

from cxsim.engines.story.center import Center, Contact
from cxsim.rules import contact_rules


def finds_trunk(center: Center, contact: Contact, channel: int) -> bool:
    """Whether a contact has a line in a channel, or one is free there."""
    contact.channel = channel
    return contact.line == channel or center.lines[channel] < center.book["channels"]["lines"][channel]


def take_trunk(center: Center, contact: Contact) -> None:
    """A line of the channel the contact is in, in place of any other."""
    if contact.line != contact.channel:
        give_trunk(center, contact)
        contact.line = contact.channel
        center.lines[contact.line] += 1


def give_trunk(center: Center, contact: Contact) -> None:
    if contact.line >= 0:
        center.lines[contact.line] -= 1
    contact.line = -1


def is_closed(center: Center) -> bool:
    return bool(contact_rules.closed(center.net, float(center.env.now)))
