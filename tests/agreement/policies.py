"""Routing policies that look at every field they are shown, and at times choose nobody."""


def agent(contact, groups, center, kept=1.0, share=0.3):
    best, most = None, -1.0
    for group in groups:
        score = (
            group.idle / group.present
            + group.idle_for / 600
            + group.resolution
            - group.handle_time / 1000
            + group.weight
            + contact.u / (group.order + group.serves)
            + contact.wait / 900
            + 0.01 * contact.attempt
            + 0.1 * contact.recent_sl
            + contact.expected_wait / (900 + contact.expected_wait)
        )
        if group.idle <= kept and contact.priority + contact.reason + contact.segment > 4 and contact.waiting > 1:
            continue
        if score > most and center.idle / (1 + center.present) <= 1 + share:
            best, most = group.number, score
    return best


def contact(agent, queues, center, kept=1.0):
    if agent.idle > kept and center.waiting < 2 and agent.serves > 1 and agent.present > 2:
        return None
    best = queues[0]
    for queue in queues:
        mine = queue.wait * queue.weight + queue.credit + queue.waiting * queue.resolution - queue.rank
        mine += min(queue.expected_wait, 60.0) - 20 * queue.recent_sl
        if mine / queue.handle_time > (best.wait - queue.priority + agent.group) / best.handle_time:
            best = queue
    return best.number


both, agents, contacts = (agent, contact), (agent, None), (None, contact)
