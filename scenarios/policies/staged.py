"""Help in stages: groups beyond the first take a contact only if its queue does badly or has waited long enough.

A queue does badly when its recent service level is below `least` or its expected wait above `longest` seconds; even
then nobody helps from a group that is busier than `busy`. Whoever has waited `at_last` seconds goes to anybody.
`first` is the order, and the rank, of the group's own work. A contact that waits is offered again to who gets free, and
to who is idle at each stage of its queue's overflow: give the queue a stage at `at_last`, {after: 60s, to: []}.
"""


def choose_agent(contact, groups, center, first=1, least=0.8, longest=30.0, busy=0.9, at_last=60.0):
    badly = contact.recent_sl < least or contact.expected_wait > longest
    for group in groups:  # by order
        helps = badly and 1 - group.idle / group.present <= busy
        if group.order <= first or helps or contact.wait >= at_last:
            return group.number
    return None


def choose_contact(agent, queues, center, first=1, least=0.8, longest=30.0, busy=0.9, at_last=60.0):
    calm = 1 - (agent.idle + 1) / agent.present <= busy
    for queue in queues:  # by rank
        badly = queue.recent_sl < least or queue.expected_wait > longest
        if queue.rank <= first or (badly and calm) or queue.wait >= at_last:
            return queue.number
    return None
