"""Customers with memory: who they are, what they remember, when they leave and who comes in their place.

The market of a segment is a row of seats, each taken by a customer or empty. An issue belongs to the seat that its
address draws; if nobody sits there, it does not arise, so load falls as customers leave. When an issue is over, its
effort is added to what the customer remembers, and it is drawn whether the customer leaves, and whether someone else of
the market is told, or reads a post. Nothing here is an event of its own: an empty seat knows since it was left when it
will be taken.

Both engines call these functions; what they change lies on the board.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import shared
from cxsim.jit.struct_arrays import Book
from cxsim.randomness import draws
from cxsim.randomness.inverse_cdf import inverse_normal
from cxsim.rules.contact_rules import key_of
from cxsim.rules.routing.choices import preferred
from cxsim.rules.routing.system_state import board_members, board_missed, board_moves, board_tally
from cxsim.schema import network as nw
from cxsim.schema.ledger import (
    AT_ONCE,
    BROKEN,
    BROUGHT,
    COMPENSATED,
    HELD,
    KEPT,
    LEFT,
    RUDE,
    WARNED,
    Customers,
)


@shared
def seat_of(net, segment, issue_key):
    """The seat of the customer behind an issue; -1 where the segment's customers are not told apart."""
    row = nw.markets(net, segment)
    if row.seats == 0:
        return -1
    u = draws.uniform(issue_key, draws.CUSTOMER)
    if row.unevenness > 0.0:  # the busiest first, of customers whose rates are lognormal
        u = 0.5 * math.erfc((row.unevenness - inverse_normal(u)) / math.sqrt(2.0))
    return row.first + min(row.seats - 1, np.int64(row.seats * u))


@shared
def preferred_of(net, run, issue, segment):
    """The preferred agent of the customer behind an issue of a run; -1 for none."""
    key = key_of(net, run, issue)
    return preferred(net, segment, seat_of(net, segment, key), key)


@shared
def find_seats(net, segments, keys, out):
    """The seats of many issues, into `out`."""
    for k in range(len(keys)):
        out[k] = seat_of(net, segments[k], keys[k])


@shared
def find_keys(net, run, issues, out):
    """The keys of many issues of a run, into `out`."""
    for k in range(len(issues)):
        out[k] = key_of(net, run, issues[k])


@shared
def find_draws(keys, attempts, purpose, out):
    """The draws for a purpose of many attempts, into `out`."""
    for k in range(len(keys)):
        out[k] = draws.uniform(draws.attempt_key(keys[k], attempts[k], 0), purpose)


@shared
def is_there(board, seat, now):
    """Whether a seat is taken."""
    return board_members(board, seat).joins <= now


@shared
def remembered(net, board, seat, now):
    """The effort that a customer has not forgotten, in points."""
    member = board_members(board, seat)
    return member.burden * math.exp(-nw.loyalty(net, 0).fading * (now - member.noted))


@shared
def hurried(net, board, seat, opened, before, now):
    """The factor on the patience of who remembers, and had so much effort with this issue `before` this contact."""
    rate = nw.loyalty(net, 0).hurry
    if rate <= 0.0:
        return 1.0
    past = 0.0
    if board_members(board, seat).joins <= opened:
        past = remembered(net, board, seat, now)
    return math.exp(-rate * (past + before))


@shared
def met(net, reason, group, issue_key, attempt, leg):
    """The flags of a talk with an agent of a group: discourtesy, a hold."""
    flags = 0
    place = draws.attempt_key(issue_key, attempt, leg)
    courtesy = nw.conduct(net, group).courtesy
    if courtesy < 1.0 and draws.uniform(place, draws.COURTESY) >= courtesy:
        flags |= RUDE
    hold = nw.care(net, reason).hold
    if hold > 0.0 and draws.uniform(place, draws.HOLD) < hold:
        flags |= HELD
    return flags


@shared
def judged(net, told, wait, answered):
    """The flags of a wait on the line: longer than what was announced or is expected, or else, if answered, not."""
    loyalty = nw.loyalty(net, 0)
    expected = loyalty.expected
    if not expected >= 0.0:
        return 0
    if told >= 0.0:
        expected = told
    if wait > expected + loyalty.tolerance:
        return BROKEN
    return KEPT if answered and expected < math.inf else 0


@shared
def strain_of(weights, flags):
    """The log of the factor on the chance to leave that the flags of a leg mean; `weights` as LOYALTY_DTYPE."""
    strain = 0.0
    if flags & RUDE:
        strain += weights["rude"]
    if flags & HELD:
        strain += weights["held"]
    if flags & BROKEN:
        strain += weights["broken"]
    if flags & KEPT:
        strain += weights["kept"]
    if flags & COMPENSATED:
        strain += weights["compensated"]
    return strain


@shared
def strains(weights, felt, out):
    """The same of many legs, into `out`."""
    for k in range(len(felt)):
        out[k] = strain_of(weights, felt[k])


@shared
def close(net, board, segment, seat, issue, issue_key, opened, effort, strain, how, now):
    """An issue is over: its customer remembers, perhaps leaves, perhaps tells someone else.

    `strain` is the sum of `strain_of` over its legs. A customer who opened it and has left meanwhile does neither.
    """
    member = board_members(board, seat)
    if member.joins > opened:
        return
    loyalty = nw.loyalty(net, 0)
    past = remembered(net, board, seat, now)
    felt = nw.feelings(net, how)
    chance = felt.leaves * nw.markets(net, segment).leaves
    if chance > 0.0:  # else nothing that is remembered makes anyone leave, however much it is
        chance = min(1.0, chance * math.exp(loyalty.doubt * past + strain))
    burden = past + effort
    if how == AT_ONCE:
        burden *= 1.0 - loyalty.restored
    member.burden = burden
    member.noted = now
    if draws.uniform(issue_key, draws.CHURN) < chance:
        _leave(net, board, segment, seat, issue, issue_key, draws.BACK, LEFT, how, now)
    u = draws.uniform(issue_key, draws.ADVOCACY)
    if u < felt.promotes * loyalty.brings:
        _bring(net, board, segment, issue, issue_key, how, now)
    elif u >= 1.0 - felt.detracts * loyalty.warns:
        other = _someone(net, segment, issue_key)
        if board_members(board, other).joins <= now:
            _leave(net, board, segment, other, issue, issue_key, draws.BACK_TOLD, WARNED, how, now)
    if loyalty.reach > 0.0:
        _post(net, board, segment, issue, issue_key, how, now)


@shared
def _post(net, board, segment, issue, issue_key, how, now):
    """A promoter or detractor perhaps posts it, and so many of the market read it, each of whom it may sway."""
    loyalty = nw.loyalty(net, 0)
    felt = nw.feelings(net, how)
    u = draws.uniform(issue_key, draws.ADVOCACY)
    good = u < felt.promotes
    share = loyalty.praises if good else loyalty.complains if u >= 1.0 - felt.detracts else 0.0
    if draws.uniform(issue_key, draws.POST) >= share:
        return
    row = nw.markets(net, segment)
    swayed = loyalty.wins if good else loyalty.loses
    for k in range(np.int64(loyalty.reach)):
        key = draws.child(issue_key, k)
        if draws.uniform(key, draws.SWAYED) >= swayed:
            continue
        seat = row.first + min(row.seats - 1, np.int64(row.seats * draws.uniform(key, draws.READER)))
        if good:
            _join(board, segment, seat, issue, how, now)
        elif board_members(board, seat).joins <= now:
            _leave(net, board, segment, seat, issue, key, draws.BACK_TOLD, WARNED, how, now)


@shared
def _leave(net, board, segment, seat, issue, issue_key, purpose, kind, how, now):
    """A seat is empty from now on, and taken by someone else after a while."""
    mean = nw.markets(net, segment).empty
    until = math.inf
    if mean < math.inf:
        until = now - mean * math.log1p(-draws.uniform(issue_key, purpose))
    member = board_members(board, seat)
    member.joins = until
    member.burden = 0.0
    member.noted = now
    _note(board, segment, seat, issue, kind, how, now, until)


@shared
def _bring(net, board, segment, issue, issue_key, how, now):
    """Someone of the market is told of a good experience, and becomes a customer unless it is one."""
    _join(board, segment, _someone(net, segment, issue_key), issue, how, now)


@shared
def _join(board, segment, seat, issue, how, now):
    """Somebody of the market becomes a customer, unless it is one."""
    member = board_members(board, seat)
    if member.joins > now:
        until = member.joins
        member.joins = now
        member.noted = now
        _note(board, segment, seat, issue, BROUGHT, how, now, until)


@shared
def _someone(net, segment, issue_key):
    """Someone of a segment's market, by chance."""
    row = nw.markets(net, segment)
    return row.first + min(row.seats - 1, np.int64(row.seats * draws.uniform(issue_key, draws.TOLD)))


@shared
def _note(board, segment, seat, issue, kind, how, now, until):
    tally = board_tally(board, 0)
    row = board_moves(board, tally.moves)
    tally.moves += 1
    row.time = now
    row.until = until
    row.issue = issue
    row.seat = seat
    row.segment = segment
    row.kind = kind
    row.how = how


@shared
def miss(board, segment):
    """An issue does not arise: nobody sits in its seat."""
    board_missed(board)[segment] += 1


@shared
def taken(k, customers, seats):
    """Whether seat number k (from 0) of so many is taken at the start: evenly spread, the first one always."""
    return -(-(k + 1) * customers // seats) > -(-k * customers // seats)


@shared
def take_seats(net, run, members):
    """Who is a customer at the start: as `taken` says; the empty seats wait for someone from then on."""
    for segment in range(net.markets_size):
        row = nw.markets(net, segment)
        for k in range(row.seats):
            member = members[row.first + k]
            member["burden"] = 0.0
            member["noted"] = 0.0
            member["joins"] = -math.inf
            if not taken(k, row.customers, row.seats):
                member["joins"] = math.inf
                if row.empty < math.inf:
                    key = draws.child(draws.child(run, row.hash), k)
                    member["joins"] = -row.empty * math.log1p(-draws.uniform(key, draws.BACK))


def seated(net: Book, board: Book, run_key: np.uint64) -> None:
    """Fill in the members of a board (one a seat) as they are when the simulated time begins."""
    if board["members"].size:
        take_seats(net.record, run_key, board["members"])


def whose(
    net: Book, run_key: np.uint64, issues: npt.NDArray[np.int64], segments: npt.NDArray[np.int16]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The keys of issues (n,) of a run, and the seats of their customers; -1 where these are not told apart."""
    keys, seats = np.zeros(len(issues), np.uint64), np.full(len(issues), -1)
    find_keys(net.record, run_key, np.ascontiguousarray(issues), keys)
    find_seats(net.record, segments.astype(np.int64), keys, seats)
    return keys, seats


def there(begun: Book, moves: npt.NDArray[np.void], when: float, segments: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """How many customers each segment has at a time: those seated when the time began, and all moves since.

    `segments` (market's seats,) says whose seat each is.
    """
    count = np.bincount(segments, begun["members"]["joins"] <= when, len(begun["missed"]))
    past = moves[moves["time"] <= when]
    came = np.where(past["kind"] == BROUGHT, 1.0, -1.0) * (past["until"] > when)
    return np.asarray(count + np.bincount(past["segment"], came, len(count)))


def made(board: Book) -> Customers:
    """What became of customers in a run that is over."""
    moves = board["moves"][: board["tally"]["moves"][0]]
    helped = board["lessons"]["counted"].copy()
    return Customers(moves.copy(), board["members"].copy(), board["missed"].copy(), helped)
