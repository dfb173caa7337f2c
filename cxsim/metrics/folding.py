"""The fold: ledger blocks of one replication in, sums by interval out, in one pass and constant memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import compiled, inner, tiny
from cxsim.metrics.leg_sums import (
    MICROSECOND,
    add_answered,
    add_consult,
    add_conversation,
    add_end_of_answered,
    add_feelings,
    add_to_issue,
    add_unanswered,
    exact,
    judged,
    waited,
)
from cxsim.metrics.shapes import BINS, Floats, Integers, Layout, Sample
from cxsim.metrics.sums import (
    BUSY_TALK,
    BUSY_WRAP,
    C_ABANDONED,
    C_ANSWERED,
    CHAT_TIME,
    COHORT_EFFORT,
    CONSULTS_ANSWERED,
    CONTACT_COLUMNS,
    ENTERED,
    FLOW_TIME,
    FRESH,
    G_ANSWERED,
    G_AWAY,
    G_BREAK,
    G_CONSULTED,
    G_ENGAGED,
    G_ON_DUTY,
    G_OVERRUN,
    G_REPLIED,
    G_RESOLVED,
    G_SERVED,
    G_TALK,
    G_TRANSFERRED,
    G_WRAP,
    GROUP_COLUMNS,
    OFFERS,
    OTHER_ANSWERED,
    OUTBOUND_REACHED,
    QUEUED,
    REACHED,
    SERVED,
    TALK,
    WRAP,
)
from cxsim.metrics.waits import wait_bin
from cxsim.rules.effort import of_leg
from cxsim.schema.ledger import (
    AWAY,
    BREAK,
    CALLED_BACK,
    CONSULT,
    CONSULTED,
    CONVERSED,
    ENGAGED,
    HANDED_ON,
    LEG_DTYPE,
    ON_DUTY,
    OURS,
    OUTBOUND,
    REPLIED,
    RUDE,
    SPELL_DTYPE,
    TRANSFERRED,
    UNFINISHED,
    UNREACHED,
    Customers,
)
from cxsim.schema.network import EFFORT_DTYPE


class Rules(NamedTuple):
    """The part of a Layout the compiled pass reads; times in seconds."""

    edges: Floats
    stream_of: Integers
    group_of: Integers
    cell_of: Integers
    within: Floats
    interval: float
    end: float
    short_abandon: float
    fcr_window: float
    accumulated: bool
    shared: npt.NDArray[np.bool_]
    at_home: npt.NDArray[np.bool_]
    points: npt.NDArray[np.void]  # EFFORT_DTYPE, one row
    gifts: Floats  # of a compensation, by group
    fees: Floats  # of a conversation with an AI agent, by node of the flow
    day_of: Integers
    row_of: Integers
    until: Floats
    home: Integers


@inner
def place(time: float, edges: Floats, interval: float, guess: int) -> int:
    """The number of the interval that holds `time`, -1 outside all (and for NaN); looks at `guess` first."""
    if edges[guess] <= time < edges[guess + 1]:
        return guess
    last = edges.shape[0] - 1
    if not (edges[0] <= time < edges[last]):
        return -1
    i = int(min((time - edges[0]) / interval, last - 1.0))
    while time < edges[i]:
        i -= 1
    while time >= edges[i + 1]:
        i += 1
    return i


@inner
def booked(time: float, i: int, agent: int, rules: Rules) -> int:
    """The interval in which the time of an agent counts that is in interval `i` (-1: outside all), or -1.

    After a midnight it is the last interval of the day before, until the agent's next shift begins (`Late`).
    """
    row = rules.row_of[agent]
    if i < 0 and time < rules.edges[0]:
        return -1
    day = rules.day_of[i] if i >= 0 else rules.until.shape[1] - 1
    return int(rules.home[row, day]) if time < rules.until[row, day] else i


@inner
def spread(start: float, end: float, i: int, rules: Rules, agent: int, table: Floats, column: int) -> int:
    """Add the seconds of [start, end) of an agent to `table[group, interval, column]`, from interval `i` on.

    Seconds after a midnight until the agent's next shift begins are booked on the day before (`Late`). Both ends are
    rounded, not the time between them, so that what follows on one another adds up to the whole and nobody is busy for
    longer than staffed. Returns the last interval looked at; `i` is -1 where `start` lies outside all.
    """
    edges = rules.edges
    last: int = edges.shape[0] - 2
    row, group = rules.row_of[agent], rules.group_of[agent]
    if i < 0:
        i = 0 if start < edges[0] else last
    while True:
        a, b = max(start, edges[i]), min(end, edges[i + 1])
        if b > a:
            day = rules.day_of[i]
            until = rules.until[row, day]
            if a < until:
                if rules.home[row, day] >= 0:
                    table[group, rules.home[row, day], column] += exact(min(b, until)) - exact(a)
                a = until
            if b > a:
                table[group, i, column] += exact(b) - exact(a)
        if end <= edges[i + 1]:
            return i
        if i == last:
            break
        i += 1
    days = rules.until.shape[1] - 1
    a, b = max(start, edges[last + 1]), min(end, rules.until[row, days])
    if b > a and rules.home[row, days] >= 0:
        table[group, rules.home[row, days], column] += exact(b) - exact(a)
    return last


class FilledBins:
    """The places of the filled bins of a histogram, in the order in which they were filled, after their number."""

    def __init__(self) -> None:
        self.places = np.zeros(1, np.int64)

    def room(self, more: int) -> Integers:
        """The places, with room for so many more."""
        needed = 1 + int(self.places[0]) + more
        if needed > len(self.places):
            grown = np.zeros(2 * needed, np.int64)
            grown[: len(self.places)] = self.places
            self.places = grown
        return self.places

    def take(self) -> Integers:
        """The places; there are none then."""
        found = self.places[1 : 1 + self.places[0]].copy()
        self.places[0] = 0
        return found


class HandedBack:
    """Contacts that were answered at once, handed back, and are not over: rows of (issue, attempt), and how many."""

    def __init__(self) -> None:
        self.rows = np.zeros((0, 2), np.int64)
        self.count = np.zeros(1, np.int64)

    def room(self, more: int) -> tuple[Integers, Integers]:
        """The rows, with room for so many more, and their number."""
        needed = int(self.count[0]) + more
        if needed > len(self.rows):
            grown = np.zeros((2 * needed, 2), np.int64)
            grown[: len(self.rows)] = self.rows
            self.rows = grown
        return self.rows, self.count


@inner
def known(back: Integers, count: Integers, issue: int, attempt: int) -> int:
    """The row of a contact among those handed back; -1 for none."""
    for k in range(count[0] - 1, -1, -1):
        if back[k, 0] == issue and back[k, 1] == attempt:
            return k
    return -1


@tiny
def add_service(leg: np.void, rules: Rules, groups: Floats, guess: int) -> int:
    """Add what an answered leg was to its agent's group; returns the interval in which it was answered, or 0."""
    answered, talk_end, ended, outcome = leg["answered"], leg["talk_end"], leg["ended"], leg["outcome"]
    agent, group = leg["agent"], leg["group"]
    hung_up = talk_end if talk_end == talk_end else rules.end
    left = ended if ended == ended else rules.end
    begun = place(answered, rules.edges, rules.interval, guess)
    served_in = max(begun, 0)
    today = begun >= 0 and answered >= rules.until[rules.row_of[agent], rules.day_of[begun]]
    counted = begun if today else booked(answered, begun, agent, rules)
    if counted >= 0:
        by_us = leg["cause"] == CALLED_BACK or leg["cause"] == OUTBOUND
        dialled = outcome == UNREACHED or (outcome == HANDED_ON and by_us)
        groups[group, counted, G_ANSWERED] += 0.0 if dialled else 1.0
        if outcome != HANDED_ON and outcome != UNFINISHED and outcome != UNREACHED:
            groups[group, counted, G_SERVED] += 1.0
            groups[group, counted, G_TRANSFERRED] += 1.0 if outcome == TRANSFERRED else 0.0
            groups[group, counted, G_REPLIED] += 1.0 if outcome == REPLIED else 0.0
            groups[group, counted, G_CONSULTED] += 1.0 if outcome == CONSULTED else 0.0
            groups[group, counted, G_RESOLVED] += leg["resolved"]
        if outcome != UNFINISHED:
            groups[group, counted, G_TALK] += exact(hung_up - answered)
            groups[group, counted, G_WRAP] += exact(left - hung_up)
    if rules.shared[leg["queue"]]:
        spread(answered, left, begun, rules, agent, groups, CHAT_TIME)
    elif today and left <= rules.edges[begun + 1]:  # most are over within their interval
        groups[group, begun, BUSY_TALK] += exact(hung_up) - exact(answered)
        groups[group, begun, BUSY_WRAP] += exact(left) - exact(hung_up)
    else:
        begun = spread(answered, hung_up, begun, rules, agent, groups, BUSY_TALK)
        spread(hung_up, left, begun, rules, agent, groups, BUSY_WRAP)
    return served_in


@tiny
def was_at_once(leg: np.void, back: Integers, count: Integers) -> bool:
    """Whether a contact that is over was answered at once before it was handed back; notes who is handed back."""
    outcome = leg["outcome"]
    if leg["cause"] == CONSULT or (outcome != HANDED_ON and leg["leg"] <= 1):
        return False
    k = known(back, count, leg["issue"], leg["attempt"])
    if outcome != HANDED_ON:
        if k >= 0:
            count[0] -= 1
            back[k, 0], back[k, 1] = back[count[0], 0], back[count[0], 1]
        return k >= 0
    answered = leg["answered"]
    if k < 0 and answered == answered and leg["waited"] + answered - leg["queued"] <= 0.0:
        back[count[0], 0], back[count[0], 1] = leg["issue"], leg["attempt"]
        count[0] += 1
    return False


@compiled
def add_legs(
    legs: npt.NDArray[np.void],
    rules: Rules,
    back: Integers,
    count: Integers,
    contacts: Floats,
    groups: Floats,
    waits: npt.NDArray[np.uint32],
    filled: Integers,
    limits: Floats,
    under: Floats,
) -> int:
    """Add a block of legs; returns the number of the first leg that falls into no stream, or -1.

    `back` and `count` are those of `HandedBack`, `filled` is that of `FilledBins`, with room for the block.
    `contacts` is stream × interval × column, `groups` group × interval × column, `waits` (answered,
    abandoned) × stream × cell × bin, or empty where no histogram is wanted. `under` counts waits of at most
    each of `limits` (s): limit × (answered, abandoned) × stream × interval. Columns that follow from others
    are left to `complete`.
    """
    i = 0
    served_in = 0
    for n in range(legs.shape[0]):
        leg = legs[n]
        outcome, answered, queued = leg["outcome"], leg["answered"], leg["queued"]
        if answered == answered:
            served_in = add_service(leg, rules, groups, served_in)
        stream = rules.stream_of[leg["entry"], leg["reason"], leg["segment"]]
        if stream < 0:
            return n
        i = place(leg["arrived"], rules.edges, rules.interval, max(i, 0))
        opened = place(leg["opened"], rules.edges, rules.interval, max(i, 0))
        if i >= 0 and answered == answered and outcome != UNFINISHED:
            contacts[stream, i, TALK] += exact(leg["talk_end"] - answered)
            contacts[stream, i, WRAP] += exact(leg["ended"] - leg["talk_end"])
        if leg["queue"] < 0 and i >= 0 and queued == queued:
            contacts[stream, i, FLOW_TIME] += exact(leg["ended"] - queued)
            if leg["felt"] & CONVERSED > 0:
                add_conversation(contacts[stream, i], leg, rules.fees[-1 - leg["queue"]])
        if leg["felt"] >= RUDE and i >= 0:
            add_feelings(contacts[stream, i], leg, rules.gifts)
        ours = leg["felt"] & OURS > 0
        if opened >= 0 and leg["cause"] != CONSULT and not ours:
            contacts[stream, opened, COHORT_EFFORT] += exact(of_leg(rules.points[0], leg, rules.at_home, rules.end))
        at_once = was_at_once(leg, back, count)
        if outcome == HANDED_ON:
            continue

        wait = waited(leg, rules.end)
        # A contact still in service when time ends was answered like any other; only its work is unknown.
        was_answered = answered == answered and outcome != UNREACHED
        if leg["cause"] == CONSULT:
            if i >= 0:
                add_consult(contacts[stream, i], leg, wait, was_answered)
            continue
        target = rules.within[leg["entry"]] + MICROSECOND
        total = wait + leg["accumulated"]
        if opened >= 0:
            add_to_issue(contacts[stream, opened], leg, was_answered, total <= target)
        if i < 0:
            continue
        sums = contacts[stream, i]
        sums[FRESH + leg["cause"]] += 1.0
        sums[OFFERS] += leg["offer"]
        seen = total if rules.accumulated else wait
        if was_answered:
            add_answered(sums, leg, wait, seen, target, at_once)
            add_end_of_answered(sums, leg, rules.fcr_window, rules.end)
        else:
            add_unanswered(sums, leg, wait, seen <= target, rules)
        kind = judged(leg, was_answered)
        if kind >= 0:
            if waits.size > 0:
                cell, bin_ = rules.cell_of[i], wait_bin(wait)
                if waits[kind, stream, cell, bin_] == 0:
                    filled[0] += 1
                    filled[filled[0]] = ((kind * waits.shape[1] + stream) * waits.shape[2] + cell) * BINS + bin_
                waits[kind, stream, cell, bin_] += np.uint32(1)
            for n_limit in range(limits.shape[0]):
                under[n_limit, kind, stream, i] += 1.0 if wait <= limits[n_limit] + MICROSECOND else 0.0
    return -1


@compiled
def add_spells(spells: npt.NDArray[np.void], rules: Rules, groups: Floats) -> None:
    """Add a block of agents' spells to group × interval × column."""
    for n in range(spells.shape[0]):
        spell = spells[n]
        state = spell["state"]
        column = G_OVERRUN
        if state == ON_DUTY:
            column = G_ON_DUTY
        elif state == BREAK:
            column = G_BREAK
        elif state == AWAY:
            column = G_AWAY
        elif state == ENGAGED:
            column = G_ENGAGED
        end = spell["end"] if spell["end"] == spell["end"] else rules.end
        i = place(spell["start"], rules.edges, rules.interval, 0)
        spread(spell["start"], end, i, rules, spell["agent"], groups, column)


def check(legs: npt.NDArray[np.void], lost: int) -> None:
    """ValueError for the leg that `add_legs` could not place."""
    if lost >= 0:
        leg = legs[lost]
        raise ValueError(
            f"leg {lost}: queue {leg['entry']}, reason {leg['reason']}, segment {leg['segment']} "
            "is not a stream of the layout"
        )


@compiled
def complete(contacts: Floats) -> None:
    """Add to stream × interval × column what the pass leaves out, to save it a few additions a contact."""
    for stream in range(contacts.shape[0]):
        for i in range(contacts.shape[1]):
            sums = contacts[stream, i]
            sums[ENTERED] += sums[C_ANSWERED] + sums[C_ABANDONED]
            sums[QUEUED] += sums[C_ABANDONED]
            sums[SERVED] += sums[C_ANSWERED] + sums[REACHED] + sums[OTHER_ANSWERED] + sums[OUTBOUND_REACHED]
            sums[SERVED] += sums[CONSULTS_ANSWERED]


def rules(layout: Layout) -> Rules:
    """What the compiled pass reads of a layout."""
    return Rules(
        layout.edges,
        layout.stream_of,
        layout.group_of,
        layout.cell_of,
        layout.within,
        layout.interval,
        layout.end,
        layout.short_abandon,
        layout.fcr_window,
        layout.accumulated,
        layout.shared,
        layout.at_home,
        layout.points.view(EFFORT_DTYPE),
        layout.gifts,
        layout.fees,
        layout.day_of,
        *layout.late,
    )


class Fold:
    """The running sums of one replication at a time; feed it blocks in ledger order, then `finish()`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._rules = rules(layout)
        n = layout.n_intervals
        self._contacts = np.zeros((len(layout.streams), n, len(CONTACT_COLUMNS)))
        self._groups = np.zeros((max(len(layout.groups), 1), n, len(GROUP_COLUMNS)))
        self._waits = np.zeros((2, len(layout.streams), len(layout.cell_day), BINS), dtype=np.uint32)
        self._limits = np.zeros(0)
        self._under = np.zeros((0, 2, len(layout.streams), n))
        self._waiting = np.zeros((len(layout.queues), n))
        self._most = np.zeros((len(layout.queues), n))
        self._back, self._filled = HandedBack(), FilledBins()

    @property
    def nbytes(self) -> int:
        """What is held, in bytes."""
        return sum(int(part.nbytes) for part in (self._contacts, self._groups, self._waits, self._waiting, self._most))

    def legs(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of legs (LEG_DTYPE); ValueError for a leg that belongs to no stream of the layout."""
        if block.dtype != LEG_DTYPE:
            raise ValueError(f"legs have dtype {block.dtype}, not LEG_DTYPE")
        back, count = self._back.room(len(block))
        waits = (self._waits, self._filled.room(len(block)), self._limits, self._under)
        check(block, add_legs(block, self._rules, back, count, self._contacts, self._groups, *waits))

    def spells(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of spells (SPELL_DTYPE)."""
        if block.dtype != SPELL_DTYPE:
            raise ValueError(f"spells have dtype {block.dtype}, not SPELL_DTYPE")
        add_spells(block, self._rules, self._groups)

    def lengths(self, waiting: npt.ArrayLike, most: npt.ArrayLike) -> None:
        """Add queue lengths, queue × counted interval: contact-seconds, and the most that waited at once."""
        self._waiting += np.asarray(waiting, dtype=np.float64)
        np.maximum(self._most, np.asarray(most, dtype=np.float64), out=self._most)

    def customers(self, made: Customers) -> None:
        """Nothing here is measured of them."""

    def finish(self) -> Sample:
        """The sums of the replication, small enough to keep for every one; those of the next begin at nothing."""
        complete(self._contacts)
        waits, bins = self._waits.reshape(-1), self._filled.take()
        made = Sample(
            contacts=self._contacts.transpose(2, 0, 1).copy(),
            groups=self._groups.transpose(2, 0, 1).copy(),
            waiting=self._waiting.copy(),
            most=self._most.copy(),
            bins=bins,
            counts=waits[bins],
        )
        waits[bins] = 0  # only these: a histogram is large, and most of it is empty
        for sums in (self._contacts, self._groups, self._waiting, self._most):
            sums.fill(0.0)
        self._back.count[0] = 0
        return made


def fold(layout: Layout) -> Fold:
    """Begin the sums of one replication."""
    return Fold(layout)
