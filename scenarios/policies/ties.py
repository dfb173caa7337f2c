"""Other ties among the idle groups of the smallest order: `most_idle`, or `weighted`, at random by routing.idleness."""


def choose_most_idle(contact, groups, center):
    best = groups[0]
    for group in groups:  # by order
        if group.order == best.order and group.idle > best.idle:
            best = group
    return best.number


def choose_weighted(contact, groups, center):
    left = 0.0
    for group in groups:
        if group.order == groups[0].order:
            left += group.weight
    left *= contact.u
    for group in groups:
        left -= group.weight
        if left <= 0.0:
            return group.number
    return groups[0].number


most_idle, weighted = (choose_most_idle, None), (choose_weighted, None)
