"""The fold: ledger blocks of one replication in, sums by interval out, in one pass and constant memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.jit.decorators import compiled, inner
from cxsim.metrics.shapes import BINS, Floats, Integers, Layout, Sample
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS, WITHIN_SECONDS
from cxsim.metrics.waits import wait_bin, wait_quantiles
from cxsim.schema.ledger import (
    ABANDONED,
    ANSWERED,
    AWAY,
    BALKED,
    BLOCKED,
    BREAK,
    CALLBACK,
    CALLED_BACK,
    CLOSED,
    CONSULT,
    CONSULTED,
    CONTAINED,
    ENGAGED,
    HANDED_ON,
    HUNG_UP,
    LEG_DTYPE,
    ON_DUTY,
    OURS,
    OUTBOUND,
    REPLIED,
    SPELL_DTYPE,
    SWITCHED,
    TOLD_AGAIN,
    TRANSFER,
    TRANSFERRED,
    TURN,
    UNFINISHED,
    UNREACHED,
    Customers,
)

# Times are compared to the microsecond, so that a wait of exactly T that floating point made a hair longer is
# in time.
MICROSECOND = 1e-6
FIRST_WITHIN, SECOND_WITHIN = WITHIN_SECONDS
# What is added up is first rounded to a multiple of 2**-20 (a microsecond): then every sum below 2**33 is exact, and so
# the same in whatever order the rows of a ledger come. Adding and taking away 1.5 * 2**32 leaves just those digits.
_DIGITS = 1.5 * 2.0**32

# Columns by number: the compiled code cannot look names up.
C = {name: number for number, name in enumerate(CONTACT_COLUMNS)}
G = {name: number for number, name in enumerate(GROUP_COLUMNS)}
FRESH, ENTERED, QUEUED, SHORT = C["fresh"], C["entered"], C["queued"], C["short_abandoned"]
C_ANSWERED, C_ABANDONED, C_BALKED, C_BLOCKED = C["answered"], C["abandoned"], C["balked"], C["blocked"]
ANSWERED_AGAIN = C["answered_again"]  # after a transfer
C_CLOSED, C_CONTAINED, C_UNFINISHED = C["closed"], C["contained"], C["unfinished"]
C_TRANSFERRED = C["transferred"]
OFFERS, CALLBACKS, REACHED = C["callbacks_offered"], C["callbacks"], C["callbacks_reached"]
C_UNREACHED, CALLBACK_WAIT = C["callbacks_unreached"], C["callback_wait"]
# Of turns, of what is dialled, of consultations: by cause, `TURN` the first.
C_REPLIED, OTHER_ANSWERED, OTHER_WAIT, OTHER_LOST = C["replied"], C["turns_answered"], C["turn_wait"], C["turns_lost"]
OUTBOUND_REACHED, CONSULTS_ANSWERED = C["outbound_reached"], C["consults_answered"]
OUTBOUND_UNREACHED, OUTBOUND_LEFT = C["outbound_unreached"], C["outbound_left"]
TOLD, TOLD_WAIT, TOLD_ERROR = C["told"], C["told_wait"], C["told_error"]
CONTAINED_FALSE, C_HUNG_UP, FLOW_TIME = C["contained_false"], C["hung_up"], C["flow_time"]
IN_TIME, ABANDONED_IN_TIME, IN_20, IN_60 = (
    C["in_time"],
    C["abandoned_in_time"],
    C["answered_20s"],
    C["answered_60s"],
)
WAIT_ANSWERED, WAIT_ABANDONED, WAIT_OTHER = C["wait_answered"], C["wait_abandoned"], C["wait_other"]
SERVED, TALK, WRAP, RESOLVED = C["served"], C["talk"], C["wrap"], C["resolved"]
FIRST_ANSWERS, FIRST_RESOLVED = C["first_answers"], C["first_resolved"]
WINDOW_CLOSED, WINDOW_ALONE = C["window_closed"], C["window_alone"]
COHORT_CONTACTS, COHORT_ANSWERED, COHORT_IN_TIME = (
    C["cohort_contacts"],
    C["cohort_answered"],
    C["cohort_in_time"],
)
COHORT_RESOLVED, COHORT_TIME = C["cohort_resolved"], C["cohort_time"]
COHORT_FIRST, COHORT_LATER, COHORT_GIVEN_UP = C["cohort_first"], C["cohort_later"], C["cohort_given_up"]
COHORT_EFFORT = C["cohort_effort"]
G_TRANSFERRED, G_REPLIED, G_CONSULTED = G["transferred"], G["replied"], G["consults_answered"]
G_ANSWERED, G_SERVED, G_TALK, G_WRAP, G_RESOLVED = (
    G["answered"],
    G["served"],
    G["talk"],
    G["wrap"],
    G["resolved"],
)
BUSY_TALK, BUSY_WRAP = G["busy_talk"], G["busy_wrap"]
CHAT_TIME, G_ENGAGED = G["chat_time"], G["engaged"]
G_ON_DUTY, G_BREAK, G_AWAY, G_OVERRUN = G["on_duty"], G["break"], G["away"], G["overrun"]


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
    points: Floats
    day_of: Integers
    row_of: Integers
    until: Floats
    home: Integers


@inner
def exact(x: float) -> float:
    """`x` rounded so that sums of such numbers are exact; its size must stay below 2**31."""
    return (x + _DIGITS) - _DIGITS


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


@inner
def points(leg: np.void, rules: Rules) -> float:
    """The effort of a leg to its customer."""
    weights = rules.points
    found = 0.0
    if leg["leg"] == 1:
        found += weights[0]
        if leg["attempt"] > 1:
            found += weights[5]
    queued = leg["queued"]
    if leg["queue"] < 0:
        found += weights[2]
    elif queued == queued and not rules.at_home[leg["queue"]] and leg["cause"] != CALLED_BACK and leg["cause"] != TURN:
        left = leg["answered"] if leg["answered"] == leg["answered"] else leg["ended"]
        found += weights[1] * ((left if left == left else rules.end) - queued)
    if leg["outcome"] == TRANSFERRED:
        found += weights[3]
    if leg["felt"] & TOLD_AGAIN:
        found += weights[4]
    if leg["felt"] & SWITCHED:
        found += weights[6]
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


@compiled
def add_legs(
    legs: npt.NDArray[np.void],
    rules: Rules,
    back: Integers,
    count: Integers,
    contacts: Floats,
    groups: Floats,
    waits: npt.NDArray[np.uint32],
    limits: Floats,
    under: Floats,
) -> int:
    """Add a block of legs; returns the number of the first leg that falls into no stream, or -1.

    `back` and `count` are those of `HandedBack`, with room for the block.
    `contacts` is stream × interval × column, `groups` group × interval × column, `waits` (answered,
    abandoned) × stream × cell × bin, or empty where no histogram is wanted. `under` counts waits of at most
    each of `limits` (s): limit × (answered, abandoned) × stream × interval. Columns that follow from others
    are left to `complete`.
    """
    binned = waits.size > 0
    edges = rules.edges
    step = rules.interval
    i = 0
    served_in = 0
    for n in range(legs.shape[0]):
        leg = legs[n]
        outcome = leg["outcome"]
        answered = leg["answered"]
        ended = leg["ended"]
        talk_end = leg["talk_end"]
        if answered == answered:
            group = leg["group"]
            agent = leg["agent"]
            hung_up = talk_end if talk_end == talk_end else rules.end
            left = ended if ended == ended else rules.end
            begun = place(answered, edges, step, served_in)
            served_in = max(begun, 0)
            counted = booked(answered, begun, agent, rules)
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
            else:
                begun = spread(answered, hung_up, begun, rules, agent, groups, BUSY_TALK)
                spread(hung_up, left, begun, rules, agent, groups, BUSY_WRAP)
        stream = rules.stream_of[leg["entry"], leg["reason"], leg["segment"]]
        if stream < 0:
            return n
        i = place(leg["arrived"], edges, step, max(i, 0))
        opened = place(leg["opened"], edges, step, max(i, 0))
        if i >= 0 and answered == answered and outcome != UNFINISHED:
            contacts[stream, i, TALK] += exact(talk_end - answered)
            contacts[stream, i, WRAP] += exact(ended - talk_end)
        in_flow = leg["queue"] < 0
        queued = leg["queued"]
        if in_flow and i >= 0 and queued == queued:
            contacts[stream, i, FLOW_TIME] += exact(ended - queued)
        ours = leg["felt"] & OURS > 0
        if opened >= 0 and leg["cause"] != CONSULT and not ours:
            contacts[stream, opened, COHORT_EFFORT] += exact(points(leg, rules))
        at_once = False
        if leg["cause"] != CONSULT and (outcome == HANDED_ON or leg["leg"] > 1):
            k = known(back, count, leg["issue"], leg["attempt"])
            if outcome != HANDED_ON and k >= 0:
                at_once = True
                count[0] -= 1
                back[k, 0], back[k, 1] = back[count[0], 0], back[count[0], 1]
            elif outcome == HANDED_ON and k < 0 and answered == answered and leg["waited"] + answered - queued <= 0.0:
                back[count[0], 0], back[count[0], 1] = leg["issue"], leg["attempt"]
                count[0] += 1
        if outcome == HANDED_ON:
            continue

        wait = leg["waited"]
        if queued == queued and not in_flow:
            if answered == answered:
                wait += answered - queued
            else:
                wait += (ended if ended == ended else rules.end) - queued
        total = wait + leg["accumulated"]
        judged = total if rules.accumulated else wait
        target = rules.within[leg["entry"]] + MICROSECOND
        # A contact still in service when time ends was answered like any other; only its work is unknown.
        was_answered = answered == answered and outcome != UNREACHED
        # Counted where it came first, as who is called back; what is asked is no customer's contact.
        came = leg["cause"] == TRANSFER or leg["cause"] == TURN
        called = leg["cause"] == CALLED_BACK
        other = leg["cause"] - TURN  # in no service level: turns, what is dialled, what is asked
        if leg["cause"] == CONSULT:
            if i >= 0:
                sums = contacts[stream, i]
                sums[FRESH + CONSULT] += 1.0
                sums[CONSULTS_ANSWERED if was_answered else OTHER_LOST + other] += 1.0
                sums[OTHER_WAIT + other] += exact(wait) if was_answered else 0.0
            continue
        if opened >= 0:
            cohort = contacts[stream, opened]
            cohort[COHORT_CONTACTS] += 0.0 if came or called or other >= 0 else 1.0
            if was_answered and leg["nth"] == 1 and not came:
                cohort[COHORT_ANSWERED] += 1.0
                cohort[COHORT_IN_TIME] += 1.0 if total <= target else 0.0
            if leg["resolved"] == 1:
                cohort[COHORT_RESOLVED] += 1.0
                cohort[COHORT_TIME] += exact((talk_end if outcome == ANSWERED else ended) - leg["opened"])
            if not ours:
                if leg["resolved"] == 1:
                    cohort[COHORT_FIRST if leg["attempt"] == 1 else COHORT_LATER] += 1.0
                elif leg["next"] == 0 and outcome != UNFINISHED:
                    goes_on = outcome in (TRANSFERRED, REPLIED, CALLBACK)
                    cohort[COHORT_GIVEN_UP] += 0.0 if goes_on else 1.0
        if i < 0:
            continue
        sums = contacts[stream, i]
        sums[FRESH + leg["cause"]] += 1.0
        sums[OFFERS] += leg["offer"]
        if was_answered:
            if called:
                sums[REACHED] += 1.0
                sums[CALLBACK_WAIT] += exact(answered - leg["arrived"])
            elif other >= 0:
                sums[OTHER_ANSWERED + other] += 1.0
                sums[OTHER_WAIT + other] += exact(wait)
            else:
                sums[C_ANSWERED] += 1.0
                sums[ANSWERED_AGAIN] += 1.0 if came else 0.0
                sums[WAIT_ANSWERED] += exact(wait)
                sums[QUEUED] += 1.0 if wait > 0.0 and not at_once else 0.0
                sums[IN_TIME] += 1.0 if judged <= target else 0.0
                sums[IN_20] += 1.0 if judged <= FIRST_WITHIN + MICROSECOND else 0.0
                sums[IN_60] += 1.0 if judged <= SECOND_WITHIN + MICROSECOND else 0.0
                if binned:
                    waits[0, stream, rules.cell_of[i], wait_bin(wait)] += np.uint32(1)
                for n_limit in range(limits.shape[0]):
                    under[n_limit, 0, stream, i] += 1.0 if wait <= limits[n_limit] + MICROSECOND else 0.0
                if leg["told"] < np.inf:
                    sums[TOLD] += 1.0
                    sums[TOLD_WAIT] += exact(leg["told"])
                    sums[TOLD_ERROR] += exact(abs(leg["told"] - wait))
            if outcome == UNFINISHED:
                sums[SERVED] -= 1.0
            elif outcome == TRANSFERRED:
                sums[C_TRANSFERRED] += 1.0
            elif outcome == REPLIED:
                sums[C_REPLIED] += 1.0
            else:
                sums[RESOLVED] += leg["resolved"]
                if leg["nth"] == 1:
                    sums[FIRST_ANSWERS] += 1.0
                    sums[FIRST_RESOLVED] += leg["resolved"]
                closes = talk_end + rules.fcr_window
                if closes <= rules.end:
                    sums[WINDOW_CLOSED] += 1.0
                    sums[WINDOW_ALONE] += 1.0 if not leg["next_at"] <= closes else 0.0
            continue
        if came:  # answered where it came first, and lost since
            if leg["nth"] == 1:
                sums[FIRST_ANSWERS] += 1.0
            if ended + rules.fcr_window <= rules.end:
                sums[WINDOW_CLOSED] += 1.0
                sums[WINDOW_ALONE] += 1.0 if not leg["next_at"] <= ended + rules.fcr_window else 0.0
        if other >= 0:
            column = OUTBOUND_UNREACHED if outcome == UNREACHED else OTHER_LOST + other
            if leg["cause"] == OUTBOUND and outcome == UNFINISHED:
                column = OUTBOUND_LEFT
            sums[column] += 1.0
        elif outcome == ABANDONED:
            sums[C_ABANDONED] += 1.0
            sums[WAIT_ABANDONED] += exact(wait)
            sums[SHORT] += 1.0 if wait <= rules.short_abandon + MICROSECOND else 0.0
            sums[ABANDONED_IN_TIME] += 1.0 if judged <= target else 0.0
            if binned:
                waits[1, stream, rules.cell_of[i], wait_bin(wait)] += np.uint32(1)
            for n_limit in range(limits.shape[0]):
                under[n_limit, 1, stream, i] += 1.0 if wait <= limits[n_limit] + MICROSECOND else 0.0
        elif outcome == BALKED:
            sums[C_BALKED] += 1.0
        elif outcome == BLOCKED:
            sums[C_BLOCKED] += 1.0
        elif outcome == CONTAINED:
            sums[C_CONTAINED] += 1.0
            sums[CONTAINED_FALSE] += 1.0 - leg["resolved"]
        elif outcome == HUNG_UP:
            sums[C_HUNG_UP] += 1.0
        elif outcome == CALLBACK:
            sums[CALLBACKS] += 1.0
        elif outcome == UNREACHED:
            sums[C_UNREACHED] += 1.0
        elif called:
            sums[C_UNFINISHED] += 1.0
        else:
            sums[C_CLOSED if outcome == CLOSED else C_UNFINISHED] += 1.0
            if queued == queued and not in_flow:
                sums[ENTERED] += 1.0
                sums[QUEUED] += 1.0
                sums[WAIT_OTHER] += exact(wait)
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
        layout.points,
        layout.day_of,
        *layout.late,
    )


class Fold:
    """The running sums of one replication; feed it blocks in ledger order, then `finish()`."""

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
        self._back = HandedBack()

    def legs(self, block: npt.NDArray[np.void]) -> None:
        """Add a block of legs (LEG_DTYPE); ValueError for a leg that belongs to no stream of the layout."""
        if block.dtype != LEG_DTYPE:
            raise ValueError(f"legs have dtype {block.dtype}, not LEG_DTYPE")
        sums = (self._contacts, self._groups, self._waits, self._limits, self._under)
        back, count = self._back.room(len(block))
        check(block, add_legs(block, self._rules, back, count, *sums))

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
        """The sums so far, small enough to keep for every replication."""
        flat = self._waits.reshape(-1)
        bins = np.flatnonzero(flat != 0)
        contacts = self._contacts.copy()
        complete(contacts)
        return Sample(
            contacts=np.ascontiguousarray(np.moveaxis(contacts, 2, 0)),
            groups=np.ascontiguousarray(np.moveaxis(self._groups, 2, 0)),
            waiting=self._waiting.copy(),
            most=self._most.copy(),
            quantiles=wait_quantiles(self.layout, bins, flat[bins]),
            bins=bins,
            counts=flat[bins],
        )


def fold(layout: Layout) -> Fold:
    """Begin the sums of one replication."""
    return Fold(layout)
