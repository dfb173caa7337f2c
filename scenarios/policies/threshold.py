"""Wait or resolution: others help those who resolve best only once `many` wait (after Zhan and Ward 2014).

`best` is the group that resolves best: routing.parameters: {best: groups.NAME, many: 4}.
"""


def choose_agent(contact, groups, center, best=0, many=0):
    for group in groups:
        if group.number == best:
            return best
    return groups[0].number if contact.waiting >= many else None


def choose_contact(agent, queues, center, best=0, many=0):
    longest, found = -1.0, None
    for queue in queues:
        if queue.wait > longest and (agent.group == best or queue.waiting > many):
            longest, found = queue.wait, queue.number
    return found
