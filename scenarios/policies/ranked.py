"""The usual rule as a policy of one's own: smallest order, then idle longest; smallest rank, then waiting longest."""


def choose_agent(contact, groups, center):
    best = groups[0]
    for group in groups:
        if (group.order, -group.idle_for) < (best.order, -best.idle_for):
            best = group
    return best.number


def choose_contact(agent, queues, center):
    best = queues[0]
    for queue in queues:
        if (queue.rank, queue.priority, -queue.wait) < (best.rank, best.priority, -best.wait):
            best = queue
    return best.number
