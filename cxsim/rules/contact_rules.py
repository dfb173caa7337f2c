"""What happens to a contact: the decisions both engines share. What brings another contact stands in `returns`."""

from __future__ import annotations

import math

from cxsim.jit.decorators import shared, tiny
from cxsim.randomness import draws
from cxsim.randomness.inverse_cdf import value_of
from cxsim.rules import ivr_steps
from cxsim.rules.routing import choices
from cxsim.schema import network as nw
from cxsim.schema.ledger import (
    CLOSED,
    CONTAINED,
    DAY_SHIFT,
    HANDED_ON,
    HUNG_UP,
    OUTBOUND,
    REASON_SHIFT,
)
from cxsim.schema.names import HANDING, IN_VAIN, UNRESOLVED


@shared
def key_of(net, run, issue):
    """The key of an issue's draws, from its number."""
    reason = issue >> REASON_SHIFT
    day = (issue >> DAY_SHIFT) & ((1 << (REASON_SHIFT - DAY_SHIFT)) - 1)
    number = issue & ((1 << DAY_SHIFT) - 1)
    return draws.child(draws.child(draws.child(run, nw.reasons(net, reason).hash), day), number)


@shared
def segment_of(net, issue_key):
    """The segment of the customer behind an issue."""
    if nw.settings(net, 0).segments == 1:
        return 0
    u = draws.uniform(issue_key, draws.SEGMENT)
    segment = 0
    while segment < net.segments_size - 1 and u >= nw.segments(net)[segment]:
        segment += 1
    return segment


@shared
def step_at(net, step, run, now):
    """The step in which a contact is that comes to `step` now: another while the gate of this one holds."""
    row = nw.steps(net, step)
    if row.inside < 0:
        return step
    low = row.first_span
    high = row.last_span
    while low < high:
        middle = (low + high) >> 1
        if nw.spans(net, middle).start > now:
            high = middle
        else:
            low = middle + 1
    while low > row.first_span and nw.spans(net, low - 1).start > now - 86400.0:  # no span is longer than a day
        low -= 1
        if now < nw.spans(net, low).end:
            return row.inside
    if row.gap < math.inf and _is_down(net, step, run, now):
        return row.inside
    return step


@shared
def _is_down(net, step, run, now):
    """Whether a self-service is out of order, by chance: up and down in turn, begun anew each midnight."""
    row = nw.steps(net, step)
    law = nw.laws(net, row.outage)
    day = math.floor((now - nw.settings(net, 0).counted_from) / 86400.0)
    key = draws.child(draws.child(run, row.hash), 4096 + int(day))
    time = nw.settings(net, 0).counted_from + 86400.0 * day
    down = draws.uniform(key, draws.OUTAGE) < row.down
    n = 0
    while True:
        spell = draws.child(key, n)
        if down:
            time += value_of(law, nw.knots(net), draws.uniform(spell, draws.DOWN_TIME))
        else:
            time -= row.gap * math.log1p(-draws.uniform(spell, draws.UP_TIME))
        if time > now:
            return down
        down = not down
        n += 1


@shared
def way_out(net, step, reason, issue_key, attempt, leg):
    """How a contact leaves a step of the flow, a row of `Network.exits`; -1 if it hangs up there."""
    key = draws.attempt_key(issue_key, attempt, leg)
    share = nw.steps(net, step).hang_up
    if share > 0.0 and draws.uniform(key, draws.HANG_UP) < share:
        return -1
    cell = step * net.reasons_size + reason
    way = nw.ways(net, cell).first
    last = nw.ways(net, cell).last - 1
    u = draws.uniform(key, draws.CHOICE)
    while way < last and u >= nw.exits(net, way).upto:
        way += 1
    return way


@shared
def step_time(net, step, way, issue_key, attempt, leg):
    """How long a contact stays in a step; who hangs up leaves at a time that is uniform over that."""
    law = nw.steps(net, step).law
    if law < 0:
        return 0.0
    key = draws.attempt_key(issue_key, attempt, leg)
    time = value_of(nw.laws(net, law), nw.knots(net), draws.uniform(key, draws.STEP_TIME))
    if way >= 0:
        time *= nw.exits(net, way).pace
        if nw.exits(net, way).kind != ivr_steps.BREAKS_OFF:
            return time
    return time * draws.uniform(key, draws.HANG_UP_AT)


@shared
def way_to_talk(net, step, way, talking):
    """The way out of a step that was drawn, or that of an AI agent who has all its conversations already."""
    row = nw.steps(net, step)
    if row.full >= 0 and way >= 0 and nw.exits(net, way).holds >= 0 and talking >= row.capacity:
        return row.full
    return way


@shared
def step_outcome(kind):
    """The outcome of a leg in the flow that is left by an exit of this kind."""
    if kind == ivr_steps.HANGS_UP or kind == ivr_steps.BREAKS_OFF:
        return HUNG_UP
    if kind == ivr_steps.TURNED_AWAY:
        return CLOSED
    if kind == ivr_steps.CONTAINED or kind == ivr_steps.NOT_HELPED:
        return CONTAINED
    return HANDED_ON


@shared
def first_way(net, segment, issue_key):
    """Where the first attempt of an issue begins, a row of `exits`; -1 where its reason says."""
    if net.begins_size == 0:
        return -1
    way = nw.begins(net, segment).first
    last = nw.begins(net, segment).last
    if way == last:
        return -1
    u = draws.uniform(issue_key, draws.BEGIN)
    while way < last - 1 and u >= nw.exits(net, way).upto:
        way += 1
    return way


@shared
def first_queue(net, run, reason, issue_key, now):
    """The queue to which the flow leads a contact that comes `now`, and when; -1 where it leads to none."""
    step = nw.reasons(net, reason).step
    if net.begins_size > 0:
        row = first_way(net, segment_of(net, issue_key), issue_key)
        if row >= 0:
            if nw.exits(net, row).kind == ivr_steps.TO_QUEUE:
                return nw.exits(net, row).to, now
            step = nw.exits(net, row).to
    time = now
    leg = 1
    while step >= 0:
        step = step_at(net, step, run, time)
        way = way_out(net, step, reason, issue_key, 1, leg)
        time += step_time(net, step, way, issue_key, 1, leg)
        if way < 0:
            return -1, time
        kind = nw.exits(net, way).kind
        if kind == ivr_steps.TO_QUEUE:
            return nw.exits(net, way).to, time
        if kind != ivr_steps.TO_STEP:
            return -1, time
        step = nw.exits(net, way).to
        leg += 1
    return nw.reasons(net, reason).queue, time


@tiny
def _customers(net, queue, reason, segment):
    """The row of `patience` that holds for a reason and segment in a queue."""
    kind = nw.queues(net, queue).channel * net.reasons_size + reason
    return kind * nw.settings(net, 0).segments + segment


@shared
def patience(net, queue, reason, segment, issue_key, attempt, service):
    """How long this customer waits in a queue before giving up, in seconds; infinite for `never`."""
    cell = nw.patience(net, _customers(net, queue, reason, segment))
    if cell.law < 0:
        return math.inf
    u = draws.uniform(draws.attempt_key(issue_key, attempt, service), draws.PATIENCE)
    return cell.factor * value_of(nw.laws(net, cell.law), nw.knots(net), u)


@shared
def told_patience(net, queue, reason, segment, issue_key, attempt, service):
    """The patience of a customer who was told the expected wait, from the same draw as without."""
    row = nw.queues(net, queue)
    if row.told_law == nw.OWN_PATIENCE:
        return row.told_factor * patience(net, queue, reason, segment, issue_key, attempt, service)
    if row.told_law == nw.NEVER_GIVES_UP:
        return math.inf
    u = draws.uniform(draws.attempt_key(issue_key, attempt, service), draws.PATIENCE)
    return value_of(nw.laws(net, row.told_law), nw.knots(net), u)


@shared
def leaves(net, queue, wait, issue_key, attempt, leg):
    """Whether a customer leaves on hearing that the wait will be so long."""
    row = nw.queues(net, queue)
    share = 0.0
    for k in range(row.first_leaving, row.last_leaving):
        if wait > nw.leavings(net, k).over:
            share = nw.leavings(net, k).share
    return share > 0.0 and draws.uniform(draws.attempt_key(issue_key, attempt, leg), draws.LEAVE) < share


@shared
def accepts(net, rule, issue_key, attempt, leg):
    """Whether a customer who is offered a call back takes it."""
    share = nw.callbacks(net, rule).accepted
    return share > 0.0 and draws.uniform(draws.attempt_key(issue_key, attempt, leg), draws.ACCEPT) < share


@shared
def promised_in(net, rule, issue_key, attempt, leg):
    """How long until the promised call, 0 where it keeps its place."""
    law = nw.callbacks(net, rule).after
    return _drawn(net, law, issue_key, attempt, leg, draws.PROMISE)


@shared
def dial_time(net, rule, issue_key, attempt, leg):
    """How long an agent, or a dialler, is busy with a try: a look at the record, where there is one, and dialling."""
    row = nw.callbacks(net, rule)
    look = _drawn(net, row.preview, issue_key, attempt, leg, draws.PREVIEW)
    return look + _drawn(net, row.dial, issue_key, attempt, leg, draws.DIAL)


@shared
def retry_time(net, rule, issue_key, attempt, leg):
    """How long until the next try."""
    law = nw.callbacks(net, rule).retry
    return _drawn(net, law, issue_key, attempt, leg, draws.RETRY)


@shared
def reached(net, rule, issue_key, attempt, leg):
    """Whether the customer answers when called back."""
    share = nw.callbacks(net, rule).reached
    return share >= 1.0 or draws.uniform(draws.attempt_key(issue_key, attempt, leg), draws.REACH) < share


@shared
def waited_for_call(cause, queued, answered):
    """The wait that ends when an agent dials: of a customer who is called back; a record on a list waits for nobody."""
    return 0.0 if cause == OUTBOUND else answered - queued


@shared
def _drawn(net, law, issue_key, attempt, leg, purpose):
    """A time by one of the laws, 0 for none."""
    if law < 0:
        return 0.0
    u = draws.uniform(draws.attempt_key(issue_key, attempt, leg), purpose)
    return value_of(nw.laws(net, law), nw.knots(net), u)


@shared
def balks(net, queue, reason, segment, issue_key, attempt):
    """Whether a customer who would have to wait leaves at once instead."""
    share = nw.patience(net, _customers(net, queue, reason, segment)).balk
    return share > 0.0 and draws.uniform(draws.attempt_key(issue_key, attempt, 1), draws.BALK) < share


@shared
def skill_of(net, reason, queue, group):
    """The place in `skills` of a group's skill with a reason's contacts in a queue."""
    return nw.meetings(net, reason * nw.settings(net, 0).queue_count + queue).first + group


@shared
def piece_at(net, low, high, at):
    """The row of `pieces`, from `low` and before `high`, that holds at an instant: before the first, the first."""
    while low + 1 < high:
        middle = (low + high) >> 1
        if nw.pieces(net, middle).start > at:
            high = middle
        else:
            low = middle
    return low


@shared
def handle_factor(net, reason, begun):
    """The factor on talk and wrap of a reason's contacts with which an agent begins at an instant."""
    low = nw.handling(net, reason).first
    high = nw.handling(net, reason).last
    return 1.0 if low == high else nw.pieces(net, piece_at(net, low, high, begun)).value


@shared
def resolution_factor(net, reason, begun):
    """The factor on the resolution of a reason's contacts with which an agent begins at an instant."""
    low = nw.solving(net, reason).first
    high = nw.solving(net, reason).last
    return 1.0 if low == high else nw.pieces(net, piece_at(net, low, high, begun)).value


@shared
def _own_pace(net, agent, reason, begun):
    pace = handle_factor(net, reason, begun)
    return pace * nw.team(net, agent).handle if nw.settings(net, 0).individual else pace


@tiny
def _pace(net, agent, reason, begun):
    """The factor of the agent and of the instant on handle time; rows are only read where they say something."""
    return _own_pace(net, agent, reason, begun) if nw.settings(net, 0).paced else 1.0


@shared
def work_of(net, law, issue_key, attempt, service):
    """The work of a contact by one of the laws: what an agent of pace 1 would talk (and hold), in seconds.

    `service` counts the agents who began on this contact: handed back, its work is drawn anew.
    """
    u = draws.uniform(draws.attempt_key(issue_key, attempt, service), draws.TALK)
    return value_of(nw.laws(net, law), nw.knots(net), u)


@shared
def at_pace(net, work, skill, agent, reason, begun):
    """How long work takes this agent, who begins with the contact at an instant, in seconds."""
    return work * nw.skills(net, skill).talking * _pace(net, agent, reason, begun)


@shared
def talk_time(net, skill, agent, reason, begun, issue_key, attempt, service):
    """Talk (and hold) with this agent, in seconds: the work, scaled by who serves and when."""
    work = work_of(net, nw.skills(net, skill).talk, issue_key, attempt, service)
    return at_pace(net, work, skill, agent, reason, begun)


@shared
def wrap_time(net, skill, agent, reason, begun, issue_key, attempt, service):
    """After-call work of one leg with this agent, who began with the contact at an instant, in seconds."""
    law = nw.skills(net, skill).wrap
    if law < 0:
        return 0.0
    u = draws.uniform(draws.attempt_key(issue_key, attempt, service), draws.WRAP)
    work = value_of(nw.laws(net, law), nw.knots(net), u)
    return work * nw.skills(net, skill).wrapping * _pace(net, agent, reason, begun)


@shared
def chance_to_resolve(net, skill, agent, reason, begun):
    """The chance that an agent who begins with a contact at an instant resolves its issue."""
    chance = nw.skills(net, skill).resolution
    if nw.settings(net, 0).achieves:
        chance = chance * resolution_factor(net, reason, begun) + nw.team(net, agent).resolution
    return chance


@shared
def resolves(net, skill, agent, reason, begun, issue_key, attempt, service):
    """Whether this leg resolves the issue."""
    chance = chance_to_resolve(net, skill, agent, reason, begun)
    if chance >= 1.0:
        return True
    if chance <= 0.0:
        return False
    return draws.uniform(draws.attempt_key(issue_key, attempt, service), draws.RESOLVE) < chance


@shared
def transfer(net, queue, reason, when, issue_key, attempt, leg):
    """The row of `transfers` by which an agent hands a contact on, -1 for none.

    `when` is ALWAYS for what is handed on whatever the agent achieves, UNRESOLVED for what this agent could not
    resolve, IN_VAIN for that of which another rule came to nothing.
    """
    cell = len(HANDING) * (queue * net.reasons_size + reason) + when
    row = nw.handing(net, cell).first
    last = nw.handing(net, cell).last
    if row == last:
        return -1
    u = draws.uniform(draws.attempt_key(issue_key, attempt, leg), draws.TRANSFER + 2 * when)
    while row < last:
        if u < nw.transfers(net, row).upto:
            return row
        row += 1
    return -1


@shared
def handover_time(net, row, issue_key, attempt, leg):
    """How long both agents of a warm transfer talk before the next one goes on alone."""
    return _drawn(net, nw.transfers(net, row).handover, issue_key, attempt, leg, draws.HANDOVER)


@shared
def pace(net, channel, chats):
    """How many times longer work takes while an agent serves so many contacts of a channel at a time."""
    return nw.paces(net)[nw.channels(net, channel).first_pace + chats - 1]


@shared
def still(work, spent, slow):
    """The work that is left after a while at a pace, in seconds of an agent who does nothing else."""
    return max(0.0, work - spent / slow)


@shared
def closed(net, time):
    """Whether the center is closed at a time; the instant of closing is closed."""
    k = opening_at(net, time)
    return k >= net.openings_size or time < nw.openings(net, k).start


@shared
def opening_at(net, time):
    """The first opening that ends after `time`: the one that holds it, or the next; their number if there is none."""
    low = 0
    high = net.openings_size
    while low < high:
        middle = (low + high) >> 1
        if nw.openings(net, middle).end > time:
            high = middle
        else:
            low = middle + 1
    return low


@shared
def _can_go(net, board, row, since, now):
    """Whether an agent who may take the contact is idle, where a row of `transfers` is only for that."""
    rule = nw.transfers(net, row)
    if not rule.if_idle:
        return True
    if not nw.queues(net, rule.to).day_and_night and closed(net, now):
        return False
    return choices.anyone_idle(net, board, rule.to, since if rule.keeps else now, now)


@shared
def to_whom(net, board, queue, reason, drawn, asked, resolved, since, now, issue_key, attempt, leg):
    """The row of `transfers` by which an agent hands a contact on at the end of the talk, or asks another; -1 for none.

    `drawn` is the row that was drawn before the talk, or, after another was `asked` in vain, that which was drawn then.
    `since` is when the contact began to wait.
    """
    if drawn >= 0 and _can_go(net, board, drawn, since, now):
        return drawn
    if asked:
        return -1
    row = -1
    other = transfer(net, queue, reason, IN_VAIN, issue_key, attempt, leg)
    if other >= 0 and not _can_go(net, board, other, since, now):
        other = -1
    if drawn >= 0:
        row = other
    if row < 0 and not resolved:
        row = transfer(net, queue, reason, UNRESOLVED, issue_key, attempt, leg)
        if row >= 0 and not _can_go(net, board, row, since, now):
            row = other
    return row
