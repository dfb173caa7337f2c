"""Resolution against time: a share of the one and the rest of the other (after Mehrotra, Ross, Ryder and Zhou 2012).

`share` 1 is resolve_first, 0 is fastest, for agents; what is between weighs ten minutes like a whole resolution.
"""


def choose_agent(contact, groups, center, share=0.5):
    best, score, idle = None, -1e9, -1.0
    for group in groups:
        mine = share * group.resolution - (1 - share) * group.handle_time / 600
        if mine > score or (mine == score and group.idle_for > idle):
            best, score, idle = group.number, mine, group.idle_for
    return best
