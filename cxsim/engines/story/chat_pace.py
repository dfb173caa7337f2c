"""The pace of an agent's chats: each one more slows the others."""

from __future__ import annotations

import math

from cxsim.engines import events as ev
from cxsim.engines.story.center import Agent, Center, Chat
from cxsim.engines.story.queues import expect_nothing
from cxsim.rules import contact_rules
from cxsim.rules.routing import system_state


def settle_chats(center: Center, agent: Agent) -> None:
    """What is left of each of an agent's chats now."""
    now = center.now()
    for chat in agent.chats:
        slow = contact_rules.pace(center.net, agent.channel, len(agent.chats))
        chat.work, chat.since = contact_rules.still(chat.work, now - chat.since, slow), now


def schedule_chats(center: Center, agent: Agent) -> None:
    """When each of an agent's chats ends at the present pace."""
    slow = contact_rules.pace(center.net, agent.channel, len(agent.chats))
    for chat in agent.chats:
        expect_end(center, chat, agent, center.now() + chat.work * slow)


def expect_end(center: Center, chat: Chat, agent: Agent, until: float) -> None:
    if math.isnan(chat.ends):
        told = chat.contact.news
        expect_nothing(center, chat.contact)
        chat.contact.talk_ends = center.env.at(until, ev.TALK_END, chat.contact.issue)
        told.succeed()
    else:
        chat.timer += 1
        center.env.process(center.life.write_up(center, chat, agent, until, chat.timer))


def note_chats(center: Center, agent: Agent) -> None:
    """Let policies see whether an agent has room for another chat."""
    chats = 0 if agent.leave_due or agent.break_due else len(agent.chats)
    system_state.show_chats(center.net, center.board.record, agent.number, chats, agent.channel, float(center.env.now))
