"""Chats that end."""

from __future__ import annotations

from dataclasses import replace

from cxsim.engines import events as ev
from cxsim.engines.story.agents import become_free, release_when_empty
from cxsim.engines.story.center import Agent, Center, Chat, Contact
from cxsim.engines.story.chat_pace import expect_end, note_chats, schedule_chats, settle_chats
from cxsim.engines.story.effort import ends
from cxsim.engines.story.heads import show_due, shown_first
from cxsim.engines.story.queues import dequeue
from cxsim.engines.story.recording import write_leg, write_spell
from cxsim.engines.story.returns import come_back, plan_of
from cxsim.engines.story.service import serve
from cxsim.engines.story.transfers import kind_of, send_to_queue, transfer_row
from cxsim.engines.story.trunks import give_trunk
from cxsim.rules import contact_rules
from cxsim.rules.routing import chat_slots
from cxsim.schema import ledger
from cxsim.schema.names import TURN


def end_chat(center: Center, contact: Contact, agent: Agent) -> None:
    """The customer of a chat is done, or handed on; it is written up."""
    now = center.now()
    chat = next(one for one in agent.chats if one.contact is contact)
    skill = contact_rules.skill_of(center.net, contact.reason, contact.queue, agent.group)
    draw = (contact.key, contact.work_attempt, contact.service)
    wrap = contact_rules.wrap_time(center.net, skill, agent.number, contact.reason, contact.answered, *draw)
    resolved = ends(center, contact, agent)
    row = transfer_row(center, contact, resolved)
    contact.nth += not contact.counted
    chat.contact, chat.work, chat.since, chat.ends = replace(contact), wrap, now, now
    contact.felt = 0
    if wrap > 0.0:
        slow = contact_rules.pace(center.net, agent.channel, len(agent.chats))
        expect_end(center, chat, agent, now + wrap * slow)
    if row >= 0:
        chat.outcome = ledger.REPLIED if kind_of(center, row) == TURN else ledger.TRANSFERRED
        send_to_queue(center, contact, row, None)
    else:
        give_trunk(center, contact)
        chat.resolved = resolved
        again, chat.following, chat.next_at = plan_of(center, contact, ledger.ANSWERED, chat.resolved)
        come_back(center, contact, again, ledger.ANSWERED, chat.resolved)
    if wrap <= 0.0:
        release_chat(center, chat, agent)


def release_chat(center: Center, chat: Chat, agent: Agent) -> None:
    """A chat is written up: its leg, the pace of those that go on, and the next one."""
    now = center.now()
    write_leg(center, chat.contact, chat.outcome, chat.ends, now, chat.resolved, chat.following, chat.next_at)
    settle_chats(center, agent)
    chat.timer += 1  # nothing to write up may have been put off by a chat that came to the agent just before
    agent.chats.remove(chat)
    note_chats(center, agent)
    if agent.chats:
        schedule_chats(center, agent)
    else:
        write_spell(center, agent, ledger.ENGAGED, agent.engaged_since, now)
        agent.state = ev.TALKING  # undecided
        become_free(center, agent)


def offer_slots(center: Center) -> None:
    """After each event, whatever it was: agents with room take the chats that wait and that they may take now."""
    taken = bool(chat_slots.chats_wait(center.net, center.board.record))
    while taken:
        taken = False
        for group in range(len(center.crews)):
            while (contact := _next_chat(center, group)) is not None:
                queue = contact.queue
                dequeue(center, contact)
                serve(
                    center, contact, center.agents[chat_slots.free_desk(center.net, center.board.record, group, queue)]
                )
                release_when_empty(center, queue)
                taken = True


def _next_chat(center: Center, group: int) -> Contact | None:
    """The chat that the agents of a group take next beside others."""
    show_due(center, group, due=True)
    queue = int(chat_slots.next_chat(center.net, center.board.record, group, float(center.env.now)))
    contact = shown_first(center, queue) if queue >= 0 else None
    show_due(center, group, due=False)
    return contact
