"""What depends on what happened before: compensation out of a budget, lessons and who knows them, a community.

Both engines ask at the same events; what they change lies on the board.
"""

from __future__ import annotations

import math

from cxsim.jit.decorators import shared
from cxsim.randomness import draws
from cxsim.rules import contact_rules
from cxsim.rules.routing.system_state import board_knowing, board_lessons, board_purses, board_taught
from cxsim.schema import network as nw
from cxsim.schema.ledger import COMPENSATED, MISUSED

CENT = 1e-9  # a budget of ten times 0.1 is enough for ten


@shared
def ends(net, board, skill, agent, reason, begun, felt, may_give, issue_key, attempt, service, now):
    """Whether a talk that ends resolves the issue, and the flags that this adds to those its leg has, `felt`.

    Asked again in the same event it says the same, and gives nothing away twice.
    """
    chance = contact_rules.chance_to_resolve(net, skill, agent, reason, begun)
    if nw.care(net, reason).spreads > 0.0:
        chance += nw.care(net, reason).gain * _known_by(net, board, reason, agent, now)
    else:
        chance += nw.care(net, reason).gain * _learned(net, board, reason, now)
    place = draws.attempt_key(issue_key, attempt, service)
    resolved = draws.uniform(place, draws.RESOLVE) < chance
    rule = nw.conduct(net, nw.team(net, agent).group)
    if felt & (COMPENSATED | MISUSED):
        return True, 0
    share = rule.misuse if resolved else rule.decides
    if not may_give or share <= 0.0 or draws.uniform(place, draws.COMPENSATE) >= share:
        return resolved, 0
    purse = board_purses(board, agent)
    day = math.floor(now / 86400.0)
    if purse.day != day:
        purse.day = day
        purse.spent = 0.0
    if purse.spent + rule.given > rule.budget + CENT:
        return resolved, 0
    purse.spent += rule.given
    return True, MISUSED if resolved else COMPENSATED


@shared
def _learned(net, board, reason, now):
    """The share of all that can be learned about a reason that is known by now."""
    rule = nw.care(net, reason)
    if rule.rate <= 0.0:
        return 0.0
    lessons = board_lessons(board, reason)
    days = board.taught_size // net.reasons_size
    known = min(days, math.floor((now - rule.delay) / 86400.0))
    while lessons.upto < known:
        lessons.known += board_taught(board)[reason * days + lessons.upto]
        lessons.upto += 1
    return 1.0 - math.exp(-rule.rate * lessons.known)


@shared
def _knower(net, board, reason, place):
    """What a group, or, behind all groups, an agent knows about a reason."""
    return board_knowing(board, reason * (net.groups_size + net.team_size) + place)


@shared
def _untold(rule, one, now):
    """The part of the lessons of an agent or a group that a colleague does not know yet."""
    return one.untold * math.exp(-rule.spreads * (now - one.at))


@shared
def _known_by(net, board, reason, agent, now):
    """The share of all that can be learned about a reason that an agent knows: by lessons of its own and its group."""
    rule = nw.care(net, reason)
    group = _knower(net, board, reason, nw.team(net, agent).group)
    own = _knower(net, board, reason, net.groups_size + agent)
    lessons = group.count - (_untold(rule, group, now) - _untold(rule, own, now))
    return 1.0 - math.exp(-rule.rate * lessons)


@shared
def _learns(rule, one, now):
    one.untold = _untold(rule, one, now) + 1.0
    one.at = now
    one.count += 1.0


@shared
def prevented(net, board, reason, issue_key, now):
    """Whether a fresh issue brings no contact: it does not arise, by what was learned, or a community helps."""
    share = nw.care(net, reason).prevents
    if share > 0.0 and draws.uniform(issue_key, draws.PREVENT) < share * _learned(net, board, reason, now):
        return True
    return nw.care(net, reason).helps_most > 0.0 and _helped(net, board, reason, issue_key, now)


@shared
def _helped(net, board, reason, issue_key, now):
    """Whether a community helps with a fresh issue, of which it grows."""
    rule = nw.care(net, reason)
    members = board_lessons(board, reason)
    share = rule.helps_most - (rule.helps_most - rule.helps) * math.exp(-rule.grows * members.helped)
    if draws.uniform(issue_key, draws.COMMUNITY) >= share:
        return False
    members.helped += 1.0
    settings = nw.settings(net, 0)
    if settings.counted_from <= now < settings.counted_from + settings.counted * settings.interval:
        members.counted += 1.0
    return True


@shared
def teach(net, board, reason, issue_key, agent, now):
    """An issue was resolved by an agent (-1 for nobody): perhaps it is a lesson."""
    share = nw.care(net, reason).fed_back
    if share > 0.0 and draws.uniform(issue_key, draws.LESSON) < share:
        days = board.taught_size // net.reasons_size
        board_taught(board)[reason * days + min(days - 1, math.floor(now / 86400.0))] += 1.0
        rule = nw.care(net, reason)
        if agent >= 0 and rule.spreads > 0.0:
            _learns(rule, _knower(net, board, reason, nw.team(net, agent).group), now)
            _learns(rule, _knower(net, board, reason, net.groups_size + agent), now)


@shared
def ends_as_drawn(net, board, skill, agent, reason, begun, felt, may_give, issue_key, attempt, service, now):
    """The same where nothing depends on what happened before."""
    if nw.settings(net, 0).decides:
        return ends(net, board, skill, agent, reason, begun, felt, may_give, issue_key, attempt, service, now)
    return contact_rules.resolves(net, skill, agent, reason, begun, issue_key, attempt, service), 0
