"""Trunks and closing time."""

from __future__ import annotations

from cxsim.engines.clock import state as ws
from cxsim.jit.decorators import tiny
from cxsim.rules import contact_rules
from cxsim.schema import network as nw

from .features import RULES


@tiny
def is_closed(net, board, w):
    return contact_rules.closed(net, ws.state(w, 0).now)


@tiny
def finds_trunk(net, w, c):
    """Whether a contact has a line in the channel it is in, or one is free there."""
    contact = ws.contacts(w, c)
    taken = ws.lines(w, contact.channel).taken
    return contact.line == contact.channel or taken < nw.channels(net, contact.channel).lines


@tiny
def take_trunk(w, c):
    """A line of the channel the contact is in, in place of any other."""
    contact = ws.contacts(w, c)
    if contact.line != contact.channel:
        give_trunk(w, c)
        contact.line = contact.channel
        ws.lines(w, contact.line).taken += 1


@tiny
def give_trunk(w, c):
    contact = ws.contacts(w, c)
    if RULES and contact.line >= 0:
        ws.lines(w, contact.line).taken -= 1
        contact.line = -1
