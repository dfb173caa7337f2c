"""Keep some agents free for what a group does first: others' contacts only while more than `kept` are idle.

Set both with `routing.parameters`: {own: queues.NAME, kept: 2}.
"""


def choose_agent(contact, groups, center, own=0, kept=1):
    for group in groups:  # by order
        if contact.queue == own or group.serves == 1 or group.idle > kept:
            return group.number
    return None


def choose_contact(agent, queues, center, own=0, kept=1):
    for queue in queues:  # by rank
        if queue.number == own or agent.serves == 1 or agent.idle >= kept:
            return queue.number
    return None
