"""When agents who are not always available turn away from work, and for how long."""

from __future__ import annotations

import math

from cxsim.jit.decorators import shared
from cxsim.randomness import draws
from cxsim.randomness.inverse_cdf import value_of
from cxsim.rules.contact_rules import piece_at
from cxsim.schema import network as nw


@shared
def first_away(net, now):
    """The number of an agent's first away spell on the day of `now`: spells of other days do not change a day's."""
    day = math.floor((now - nw.settings(net, 0).counted_from) / 86400.0)
    return (4096 + int(day)) << 12


@shared
def away_gap(net, run, agent, n, now):
    """How long an agent who is at hand from `now` on stays so before turning away, spell number `n`; may be infinite.

    The time has a constant hazard between changes of the group's availability, and runs on from one to the next.
    """
    key = draws.child(draws.child(run, nw.team(net, agent).key), n)
    need = -math.log1p(-draws.uniform(key, draws.AWAY_GAP))
    group = nw.team(net, agent).group
    k = nw.attending(net, group).first
    last = nw.attending(net, group).last
    if k == last:
        return nw.groups(net, group).gap * need
    k = piece_at(net, k, last, now)
    passed = 0.0
    while k + 1 < last:
        until = nw.pieces(net, k + 1).start - now
        spent = (until - passed) / nw.pieces(net, k).value
        if spent > need:
            break
        need -= spent
        passed = until
        k += 1
    gap = nw.pieces(net, k).value
    return passed + gap * need if gap < math.inf else math.inf


@shared
def away_length(net, run, agent, n):
    """How long away spell number `n` of an agent lasts."""
    key = draws.child(draws.child(run, nw.team(net, agent).key), n)
    law = nw.laws(net, nw.groups(net, nw.team(net, agent).group).away)
    return value_of(law, nw.knots(net), draws.uniform(key, draws.AWAY_LENGTH))
