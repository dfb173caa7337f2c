"""What must hold of every ledger, worked out from the ledger and the scenario anew, not by asking an engine.

Each check takes a model and a ledger sorted by (issue, attempt, leg) and returns what is wrong, in words. Only the
small decisions of `cxsim.rules.contact_rules` (draws turned into values) are asked again; who waits where, who is idle
and who is next is found by looking at the rows.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.model.prepare import Model
from cxsim.randomness import draws
from cxsim.rules import contact_rules, ivr_steps, returns
from cxsim.rules.routing.catalogue import AGENT_RULES, CONTACT_RULES, SCORED_AGENTS
from cxsim.schema import ledger
from cxsim.schema import network as nw
from cxsim.schema.ledger import DAY_SHIFT, REASON_SHIFT
from cxsim.schema.names import TRANSFERS
from cxsim.simulation.replications import inputs

Floats = npt.NDArray[np.float64]
AFTER = {
    ledger.ABANDONED: returns.AFTER_ABANDONED,
    ledger.BALKED: returns.AFTER_BALKED,
    ledger.BLOCKED: returns.AFTER_BLOCKED,
    ledger.CLOSED: returns.AFTER_CLOSED,
    ledger.ANSWERED: returns.AFTER_UNRESOLVED,
    ledger.HUNG_UP: returns.AFTER_HUNG_UP,
    ledger.CONTAINED: returns.AFTER_CONTAINED,
}
ENDS = {  # how a leg in the flow ends, by the kind of exit
    ivr_steps.TO_STEP: ledger.HANDED_ON,
    ivr_steps.TO_QUEUE: ledger.HANDED_ON,
    ivr_steps.HANGS_UP: ledger.HUNG_UP,
    ivr_steps.CONTAINED: ledger.CONTAINED,
    ivr_steps.NOT_HELPED: ledger.CONTAINED,
    ivr_steps.TURNED_AWAY: ledger.CLOSED,
    ivr_steps.BREAKS_OFF: ledger.HUNG_UP,
}


class Story:
    """A ledger and its model, with what the checks share."""

    def __init__(self, model: Model, made: ledger.Ledger, replication: int = 0) -> None:
        self.model, self.made, self.legs = model, made, made.legs
        self.inputs = inputs(model, replication)
        self.book = self.inputs.network  # with the agents of this replication
        self.settings = self.book["settings"][0]
        self.end = float(self.settings["end"])
        legs = self.legs
        self.queued = legs["queued"]
        # When a leg left its queue: answered, or ended without an agent.
        self.left = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
        self.in_flow = legs["queue"] < 0
        self.waits = ~np.isnan(legs["queued"]) & (self.left > legs["queued"]) & ~self.in_flow
        self.last = np.append((np.diff(legs["issue"]) != 0) | (np.diff(legs["attempt"]) != 0), True)[: len(legs)]
        self.first = np.append(True, self.last[:-1])[: len(legs)]
        # When the contact began to wait, in whatever queue: on arrival, or when the flow led it to its first.
        self.led = ~self.first & np.roll(self.in_flow, 1) & ~self.in_flow
        self.given = ~self.first & np.roll(legs["outcome"] == ledger.TRANSFERRED, 1)  # by an agent to another queue
        self.rows = self._transfers()
        self.home, self.dials = self._calls()
        # Whom an agent has dialled and then talks to is one contact.
        self.chats = (legs["agent"] >= 0) & ~self.in_flow
        self.chats &= self.book["queues"]["slots"][np.maximum(legs["queue"], 0)] > 1
        self.begun = ~(np.roll(self.dials, 1) & ~self.first & ~self.home)
        self.since = legs["arrived"].copy()
        for k in range(1, len(legs)):
            if not self.first[k] and not (self.given[k] and not self.book["transfers"]["keeps"][self.rows[k - 1]]):
                again = self.in_flow[k - 1] or legs["outcome"][k - 1] == ledger.CALLBACK
                again |= self.dials[k - 1] and self.home[k]
                self.since[k] = legs["queued"][k] if again and legs["queued"][k] > 0 else self.since[k - 1]
        group, queue = self.book["by_queue"]["group"], self.book["by_queue"]["queue"]
        self.match = {(int(q), int(g)): row for q, g, row in zip(queue, group, self.book["by_queue"], strict=True)}

    def _transfers(self) -> npt.NDArray[np.int64]:
        """The row of `transfers` by which each leg that ended so was handed on; the first that leads to that queue."""
        out = np.full(len(self.legs), -1)
        for k in np.flatnonzero(self.legs["outcome"] == ledger.TRANSFERRED):
            leg, net = self.legs[k], self.book.record
            place = (self.key(int(leg["issue"])), int(leg["attempt"]), int(leg["leg"]))
            for failed in (0, 1):
                row = contact_rules.transfer(net, int(leg["queue"]), int(leg["reason"]), failed, *place)
                if row >= 0:
                    break
            out[k] = row
        return out

    def _calls(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Legs of contacts that wait at home to be called, and those in which an agent dialled to the end."""
        home, dials = np.zeros(len(self.legs), bool), np.zeros(len(self.legs), bool)
        calling, rule = False, -1
        for k, leg in enumerate(self.legs):
            calling &= not self.first[k]
            home[k] = calling
            place = (self.key(int(leg["issue"])), int(leg["attempt"]), int(leg["leg"]))
            if calling and leg["agent"] >= 0:
                dials[k] = leg["talk_end"] == leg["answered"] + contact_rules.dial_time(self.book.record, rule, *place)
                calling = not (dials[k] and contact_rules.reached(self.book.record, rule, *place))
            if leg["outcome"] == ledger.CALLBACK:
                calling, rule = True, int(self.book["queues"]["callback"][leg["queue"]])
        return home, dials

    @cached_property
    def handed_back(self) -> npt.NDArray[np.bool_]:
        """Legs that begin where an agent handed the contact back."""
        before = np.roll(self.legs, 1)
        return np.asarray(~self.first & ~self.given & ~np.roll(self.dials, 1) & (before["agent"] >= 0))

    @cached_property
    def put_aside(self) -> npt.NDArray[np.bool_]:
        """Legs that an agent, who stays on duty, broke off for another contact."""
        legs, spells = self.legs, self.made.spells
        ends = {(int(s["agent"]), float(s["end"])) for s in spells if s["state"] != ledger.ENGAGED}
        stays = [(int(leg["agent"]), float(leg["ended"])) not in ends for leg in legs]
        broken = (legs["outcome"] == ledger.HANDED_ON) & (legs["agent"] >= 0)
        return np.asarray(broken & np.array(stays, bool) & ~self.dials)

    @cached_property
    def idle(self) -> dict[int, Floats]:
        """By agent the spans on duty and not on a contact: rows of (from, to)."""
        legs, spells = self.legs, self.made.spells
        out = {}
        for agent in range(len(self.book["team"])):
            mine = legs[(legs["agent"] == agent) & ~self.chats]
            chats = spells[(spells["agent"] == agent) & (spells["state"] == ledger.ENGAGED)]
            busy = np.column_stack([mine["answered"], mine["ended"]])
            busy = np.concatenate([busy, np.column_stack([chats["start"], chats["end"]])])
            busy = busy[np.lexsort((busy[:, 1], busy[:, 0]))]
            here = spells[(spells["agent"] == agent) & np.isin(spells["state"], (ledger.ON_DUTY, ledger.OVERRUN))]
            out[agent] = np.array(list(_without(_joined(here["start"], here["end"]), busy))).reshape(-1, 2)
        return out

    def key(self, issue: int) -> np.uint64:
        day = issue >> DAY_SHIFT & (1 << REASON_SHIFT - DAY_SHIFT) - 1
        key = np.uint64(draws.child(self.inputs.run_key, self.book["reasons"]["hash"][issue >> REASON_SHIFT]))
        return np.uint64(draws.child(np.uint64(draws.child(key, day)), issue & (1 << DAY_SHIFT) - 1))


MOST_CHATS = 300  # looked at in one world: each is compared with all that wait


def _joined(starts: Floats, ends: Floats) -> list[list[float]]:
    out: list[list[float]] = []
    for a, b in sorted(zip(starts.tolist(), ends.tolist(), strict=True)):
        if out and a == out[-1][1]:
            out[-1][1] = b
        else:
            out.append([a, b])
    return out


def _without(spans: list[list[float]], busy: Floats) -> Iterator[tuple[float, float]]:
    k = 0
    for a, b in spans:
        while k < len(busy) and busy[k, 0] < b:
            if busy[k, 0] >= a:
                if busy[k, 0] > a:
                    yield a, float(busy[k, 0])
                a = max(a, float(busy[k, 1]))
            k += 1
        if b > a:
            yield a, b


def told(story: Story, wrong: npt.NDArray[np.bool_], rule: str) -> Iterator[str]:
    """The first leg that breaks a rule."""
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        yield f"{int(wrong.sum())} legs: {rule}\n  {story.legs[k]}"


# --- contacts ------------------------------------------------------------------------------------------------------


def each_contact_ends_once(story: Story) -> Iterator[str]:
    legs, last, first = story.legs, story.last, story.first
    yield from told(story, last & (legs["outcome"] == ledger.HANDED_ON), "a contact handed on has no next leg")
    goes_on = np.isin(legs["outcome"], (ledger.HANDED_ON, ledger.TRANSFERRED, ledger.CALLBACK))
    yield from told(story, last & goes_on, "a contact that goes on has no next leg")
    yield from told(story, ~last & ~goes_on, "a contact ended, and has a next leg")
    yield from told(story, first & (legs["leg"] != 1), "the first leg is not number 1")
    if len(legs) < 2:
        return
    one, two = legs[:-1], legs[1:]
    inside = np.append(~first[1:], False)
    led, given = story.led[1:], story.given[1:]
    called = one["outcome"] == ledger.CALLBACK
    later = called | (story.dials[:-1] & story.home[1:])  # at a time that was promised, or of the next try
    wait = np.where(story.in_flow, 0.0, story.left - story.queued)[:-1]
    for name, wrong in {
        "leg": two["leg"] != one["leg"] + 1,
        "arrived": (two["arrived"] != np.where(called, one["ended"], one["arrived"])) & ~given,
        "queued": (two["queued"] != np.where(given, two["arrived"], one["ended"]))
        & ~(later & (two["queued"] > one["ended"]))
        & ~((led | given | (two["outcome"] == ledger.BLOCKED)) & np.isnan(two["queued"])),
        "entry": two["entry"] != np.where(led | given, two["queue"], one["entry"]),
        "waited": two["waited"] != np.where(given, 0.0, one["waited"] + wait),
        "accumulated": two["accumulated"] != one["accumulated"] + np.where(given, one["waited"] + wait, 0.0),
        "cause": two["cause"] != np.where(given, ledger.TRANSFER, np.where(called, ledger.CALLED_BACK, one["cause"])),
    }.items():
        yield from told(story, inside & np.append(wrong, False), f"`{name}` of the next leg does not follow from it")
    # Only a contact that its agent handed back stays in its queue.
    stays = (one["agent"] >= 0) | called
    moved = np.append(((two["queue"] == one["queue"]) != stays) & (one["queue"] >= 0) & ~given, False)
    yield from told(story, inside & moved, "handed on to the wrong queue")


def every_arrival_is_an_issue(story: Story) -> Iterator[str]:
    fresh = story.legs[(story.legs["attempt"] == 1) & story.first]
    order = np.argsort(story.inputs.issues, kind="stable")
    if not np.array_equal(fresh["issue"], story.inputs.issues[order]):
        yield f"{len(fresh)} issues are not the {len(order)} fresh arrivals"
    elif not np.array_equal(fresh["arrived"], story.inputs.times[order]):
        yield "an issue does not begin with its arrival"


def attempts_follow_one_another(story: Story) -> Iterator[str]:
    """The next attempt comes when the last leg of this one says, for that cause, and none otherwise."""
    legs = story.legs[story.last]
    if not len(legs):
        return
    comes = np.append(legs["issue"][1:] == legs["issue"][:-1], False)
    two = np.roll(legs, -1)
    due = (legs["next"] != ledger.FRESH) & (legs["next_at"] < story.end)
    for rule, wrong in {
        "a return is missing or not called for": comes != due,
        "attempts are not numbered in turn": comes & (two["attempt"] != legs["attempt"] + 1),
        "a return at another time than said": comes
        & (np.roll(story.legs[story.first], -1)["arrived"] != legs["next_at"]),
        "a return for another cause": comes & (np.roll(story.legs[story.first], -1)["cause"] != legs["next"]),
        "`opened` is lost": comes & (two["opened"] != legs["opened"]),
        "a repeat of what was not answered": (legs["next"] == ledger.REPEAT)
        & ~np.isin(legs["outcome"], (ledger.ANSWERED, ledger.CONTAINED)),
        "a repeat of what was resolved": (legs["next"] == ledger.REPEAT) & (legs["resolved"] != 0),
        "a redial of what was answered": (legs["next"] == ledger.REDIAL) & (legs["outcome"] == ledger.ANSWERED),
        "next without a time": (legs["next"] != ledger.FRESH) == np.isnan(legs["next_at"]),
        "a return into the past": legs["next_at"]
        < legs["ended"] - (legs["ended"] - np.fmax(legs["talk_end"], 0)) * (legs["outcome"] == ledger.ANSWERED),
    }.items():
        if wrong.any():
            yield f"{rule}\n  {legs[np.flatnonzero(wrong)[0]]}"
    opens, closes = story.book["openings"]["start"], story.book["openings"]["end"]
    strict = book_closed(story, legs)
    for at in legs["next_at"][due & strict]:
        if not ((opens <= at) & (at < closes)).any():
            yield f"a return at {at}, when closed"
            break


def book_closed(story: Story, legs: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Legs of reasons that keep to the opening hours."""
    return np.asarray(story.book["reasons"]["day_and_night"][legs["reason"]] == 0)


def steps_are_in_order(story: Story) -> Iterator[str]:
    legs = story.legs
    for a, b in (
        ("opened", "arrived"),
        ("arrived", "queued"),
        ("queued", "answered"),
        ("answered", "talk_end"),
        ("talk_end", "ended"),
    ):
        yield from told(story, legs[a] > legs[b], f"{b} before {a}")
    served = np.isin(legs["outcome"], (ledger.ANSWERED, ledger.TRANSFERRED, ledger.UNREACHED))
    served |= (legs["outcome"] == ledger.HANDED_ON) & (legs["agent"] >= 0)
    turned = np.isin(legs["outcome"], (ledger.BLOCKED, ledger.BALKED))
    turned |= (legs["outcome"] == ledger.CLOSED) & np.isnan(legs["queued"])
    ends_in_flow = np.isin(legs["outcome"], (ledger.CONTAINED, ledger.HUNG_UP))
    for rule, wrong in {
        "an agent where nobody answered, or none where somebody did": served != (legs["agent"] >= 0),
        "`answered` without an agent": served == np.isnan(legs["answered"]),
        "`talk_end` without an agent": served == np.isnan(legs["talk_end"]),
        "`queued` of a contact that never waited": turned != np.isnan(legs["queued"]),
        "resolved without an answer": (legs["resolved"] != 0)
        & ~np.isin(legs["outcome"], (ledger.ANSWERED, ledger.CONTAINED)),
        "contained or hung up in a queue": ends_in_flow & ~story.in_flow,
        "a queue entered in the flow": story.in_flow & (legs["entry"] != -1),
        "a wait in earlier legs below 0": (legs["waited"] < 0) | (legs["accumulated"] < 0),
        "work after handing back": (legs["outcome"] == ledger.HANDED_ON)
        & (legs["ended"] != np.fmax(legs["talk_end"], legs["ended"])),
    }.items():
        yield from told(story, wrong, rule)


def each_leg_is_what_was_drawn(story: Story) -> Iterator[str]:
    """Segments, patience, work, resolution and returns follow from the draws, kept or drawn anew as stated."""
    book, net = story.book, story.book.record
    issue, key, start = -1, np.uint64(0), -1
    patience_of = work_of = service = 1
    left, whole, extra, came, counted = 1.0, 1.0, 0.0, -1, False
    step, patience = -1, math.inf
    from_time, accumulated, nth = 0.0, 0.0, 0
    for k, leg in enumerate(story.legs):
        reason, segment, attempt = (int(leg[f]) for f in ("reason", "segment", "attempt"))
        if leg["issue"] != issue:
            issue, patience_of, work_of, accumulated, nth = int(leg["issue"]), 1, 1, 0.0, 0
            key = story.key(issue)
            start = int(contact_rules.first_way(net, segment, key))
        # Work is drawn anew for whoever begins after a contact was handed back, not for one moved to another queue.
        again = story.handed_back[k] and not story.put_aside[k - 1]
        service = 1 if story.first[k] else service + int(again or story.given[k])
        whole = float(book["transfers"]["after"][story.rows[k - 1]]) if story.given[k] else whole
        whole = 1.0 if story.first[k] else whole
        left = whole if story.first[k] or again or story.given[k] else left
        extra, came = (0.0, -1) if story.first[k] else (extra, came)
        counted &= not story.first[k]
        if story.given[k]:
            extra, came = float(book["transfers"]["retold"][story.rows[k - 1]]), k - 1
        if story.in_flow[k]:
            if story.first[k]:
                step = int(book["reasons"]["step"][reason] if start < 0 else book["exits"]["to"][start])
            came_at = leg["ended"] if math.isnan(leg["queued"]) else leg["queued"]
            step = int(contact_rules.step_at(net, step, story.inputs.run_key, came_at))
            place = (key, attempt, int(leg["leg"]))
            way = int(contact_rules.way_out(net, step, reason, *place))
            if way >= 0 and book["exits"]["holds"][way] >= 0 and not leg["felt"] & ledger.CONVERSED:
                way = int(book["steps"]["full"][step])  # no conversation was free
            kind, to = (ivr_steps.HANGS_UP, -1) if way < 0 else book["exits"][way][["kind", "to"]]
            if leg["queue"] != -1 - book["steps"]["node"][step]:
                yield f"not in node {book['steps']['node'][step]}\n  {leg}"
            if not math.isnan(leg["queued"]):
                if leg["ended"] != leg["queued"] + contact_rules.step_time(net, step, way, *place):
                    yield f"a stay of another length\n  {leg}"
                if (leg["outcome"], bool(leg["resolved"])) != (ENDS[int(kind)], kind == ivr_steps.CONTAINED):
                    yield f"leaves otherwise than by exit {way}, of kind {kind}\n  {leg}"
                if kind == ivr_steps.TO_QUEUE and story.legs["queue"][k + 1] != to:
                    yield f"not led to queue {to}\n  {leg}"
            step, patience, from_time = int(to), math.inf, leg["queued"]
            extra -= float(book["exits"]["saves"][way]) if way >= 0 else 0.0
        elif story.home[k]:
            patience = math.inf
        elif story.first[k] or story.led[k] or story.given[k]:
            who = (net, int(leg["queue"]), reason, segment, key)
            law = contact_rules.patience if math.isnan(leg["told"]) else contact_rules.told_patience
            patience = law(*who, patience_of, service)
            from_time = leg["queued"]
            if leg["outcome"] in (ledger.BALKED, ledger.CALLBACK) or story.waits[k]:
                balks = contact_rules.balks(*who, attempt)
                wait, place = float(leg["told"]), (key, attempt, int(leg["leg"]))
                balks |= contact_rules.leaves(net, int(leg["queue"]), wait, *place)
                if balks != (leg["outcome"] == ledger.BALKED):
                    yield f"balks: {balks}\n  {leg}"
                row = int(book["queues"]["callback"][leg["queue"]])
                if (bool(leg["offer"]) and contact_rules.accepts(net, row, *place)) != (
                    leg["outcome"] == ledger.CALLBACK
                ):
                    yield f"to be called back: {leg['outcome'] != ledger.CALLBACK}\n  {leg}"
        elif story.handed_back[k]:
            who = (net, int(leg["queue"]), reason, segment, key)
            law = contact_rules.patience if math.isnan(leg["told"]) else contact_rules.told_patience
            patience = law(*who, patience_of, service)
            from_time = leg["queued"]
        begins = book["exits"][start] if start >= 0 else None
        if (
            story.first[k]
            and begins is not None
            and begins["kind"] == ivr_steps.TO_QUEUE
            and leg["queue"] != begins["to"]
        ):
            yield f"begins elsewhere than in queue {begins['to']}\n  {leg}"
        if leg["segment"] != contact_rules.segment_of(net, key):
            yield f"segment\n  {leg}"
        if story.left[k] > from_time + patience:
            yield f"waited longer than its patience of {patience} s\n  {leg}"
        if leg["outcome"] == ledger.ABANDONED and leg["ended"] != from_time + patience:
            yield f"abandoned at another time than its patience of {patience} s\n  {leg}"
        if leg["accumulated"] != accumulated:
            yield f"accumulated is not {accumulated}\n  {leg}"
        if story.home[k] and leg["agent"] >= 0:
            if not story.dials[k] and leg["outcome"] != ledger.HANDED_ON:
                yield f"dials for another time\n  {leg}"
        elif leg["agent"] >= 0:
            agent = int(leg["agent"])
            skill = contact_rules.skill_of(net, reason, int(leg["queue"]), int(leg["group"]))
            if not 0 <= skill < book["skills"].size:
                yield f"was served where no contact of its reason can come\n  {leg}"
                continue
            who = (skill, agent, reason, leg["answered"], key, work_of, service)
            talk = contact_rules.talk_time(net, *who) * left + extra
            talk = max(0.0, talk)
            extra, place = 0.0, (key, attempt, int(leg["leg"]))
            row = contact_rules.transfer(net, int(leg["queue"]), reason, 0, *place)
            if row >= 0:
                talk *= float(book["transfers"]["talk"][row])
            if came >= 0 and TRANSFERS[book["transfers"]["kind"][story.rows[came]]] != "cold":
                both = talk
                if TRANSFERS[book["transfers"]["kind"][story.rows[came]]] == "warm":
                    both = contact_rules.handover_time(net, story.rows[came], *place)
                    talk += both
                if story.legs["talk_end"][came] != leg["answered"] + both:
                    yield f"handed over in {both} s, which the agent before did not stay for\n  {leg}"
            came = -1
            wrap = contact_rules.wrap_time(net, *who)
            if leg["outcome"] == ledger.HANDED_ON:
                if leg["talk_end"] > leg["answered"] + talk:
                    yield f"handed back after its talk of {talk} s\n  {leg}"
                if story.put_aside[k]:
                    left *= 1.0 - (leg["ended"] - leg["answered"]) / talk if talk > 0.0 else 0.0
                    if not book["queues"]["interruptible"][leg["queue"]]:
                        yield f"put aside, and may not be\n  {leg}"
            else:
                nth += not counted
                counted = True
                done = leg["answered"] + talk
                if story.chats[k]:
                    slow = book["paces"][book["channels"]["first_pace"][leg["channel"]] :]
                    slow = slow[: book["queues"]["slots"][leg["queue"]]]
                    for what, work, time in (
                        ("talk", talk, leg["talk_end"] - leg["answered"]),
                        ("wrap", wrap, leg["ended"] - leg["talk_end"]),
                    ):
                        if not work * slow.min() - 1e-6 <= time <= work * slow.max() + 1e-6:
                            yield f"a chat's {what} of {work} s\n  {leg}"
                    done, wrap = leg["talk_end"], leg["ended"] - leg["talk_end"]
                held = story.rows[k] >= 0 and TRANSFERS[book["transfers"]["kind"][story.rows[k]]] != "cold"
                if leg["talk_end"] < done if held else leg["talk_end"] != done:
                    yield f"talk {talk} s\n  {leg}"
                if held and story.legs["arrived"][k + 1] != done:
                    yield f"transferred at another time than the end of the talk of {talk} s\n  {leg}"
                cut = held and story.legs["outcome"][k + np.argmax(story.last[k:])] == ledger.UNFINISHED
                wrapped = 0.0 if cut and leg["ended"] == leg["talk_end"] else wrap
                if not story.chats[k] and leg["ended"] != leg["talk_end"] + wrapped:
                    yield f"wrap {wrap} s\n  {leg}"
                draw = (key, attempt, service)
                solves = bool(contact_rules.resolves(net, skill, agent, reason, leg["answered"], *draw))
                solves |= bool(leg["felt"] & ledger.COMPENSATED)
                if book["care"]["gain"][reason] > 0.0:  # what was learned by then is not in the ledger
                    solves = bool(leg["resolved"])
                if row < 0 and not solves:
                    row = contact_rules.transfer(net, int(leg["queue"]), reason, 1, *place)
                if (row >= 0) != (leg["outcome"] == ledger.TRANSFERRED):
                    yield f"transfer by row {row}\n  {leg}"
                elif row >= 0:
                    accumulated += leg["waited"] + (leg["answered"] - leg["queued"])
                    if story.legs["queue"][k + 1] != book["transfers"]["to"][row] and story.given[k + 1]:
                        yield f"handed on to the wrong queue\n  {leg}"
                elif bool(leg["resolved"]) != solves:
                    yield f"resolved\n  {leg}"
        if leg["nth"] != nth:
            yield f"nth is not {nth}\n  {leg}"
        if leg["outcome"] in AFTER:
            after = AFTER[int(leg["outcome"])]
            now = leg["talk_end"] if leg["agent"] >= 0 else leg["ended"]
            again = math.inf if leg["resolved"] else returns.next_attempt(net, reason, after, key, attempt, now)
            if leg["next_at"] != again and not (math.isnan(leg["next_at"]) and again == math.inf):
                yield f"returns at {again}\n  {leg}"
            rule = book["returns"][nw.AFTERS * reason + after]
            way = int(returns.next_way(net, reason, int(leg["segment"]), after, key, attempt))
            start = way if way >= 0 else start
            patience_of = patience_of if rule["keep_patience"] else attempt + 1
            work_of = work_of if rule["keep_work"] else attempt + 1
            if not math.isnan(leg["queued"]) and not story.in_flow[k]:
                accumulated += leg["waited"] + (story.left[k] - leg["queued"])


# --- agents --------------------------------------------------------------------------------------------------------


def agents_are_never_overbooked(story: Story) -> Iterator[str]:
    """Contacts of an agent follow one another, inside the agent's time on duty; spells follow one another too."""
    legs, spells = story.legs, story.made.spells
    team = story.book["team"]
    for agent in range(len(team)):
        mine = legs[(legs["agent"] == agent) & ~story.chats]
        mine = mine[np.lexsort((mine["ended"], mine["answered"]))]
        chats = legs[(legs["agent"] == agent) & story.chats]
        level = _levels(chats["answered"], chats["ended"], np.zeros(0))[1]
        most = story.book["queues"]["slots"].max()
        if level.size and level.max() > most:
            yield f"agent {agent} has {level.max()} chats at a time, at most {most}"
        for leg in mine[mine["ended"] > mine["answered"]]:
            if ((chats["answered"] < leg["ended"]) & (chats["ended"] > leg["answered"])).any():
                yield f"agent {agent} chats during\n  {leg}"
        own = spells[(spells["agent"] == agent) & (spells["state"] != ledger.ENGAGED)]
        engaged = spells[(spells["agent"] == agent) & (spells["state"] == ledger.ENGAGED)]
        if abs((engaged["end"] - engaged["start"]).sum() - _union(chats)) > 1e-6:
            yield f"agent {agent} is engaged for another time than that of the chats\n{engaged}"
        if (mine["group"] != team["group"][agent]).any():
            yield f"agent {agent} in another group"
        if (mine["answered"][1:] < mine["ended"][:-1]).any():
            k = int(np.flatnonzero(mine["answered"][1:] < mine["ended"][:-1])[0])
            yield f"agent {agent} has two contacts at a time\n  {mine[k]}\n  {mine[k + 1]}"
        if (own["end"] <= own["start"]).any() or (own["start"][1:] < own["end"][:-1]).any():
            yield f"spells of agent {agent} overlap: {own}"
        here = np.isin(own["state"], (ledger.ON_DUTY, ledger.OVERRUN))
        spans = np.array(_joined(own["start"][here], own["end"][here])).reshape(-1, 2)
        for leg in mine[mine["ended"] > mine["answered"]]:
            if not ((spans[:, 0] <= leg["answered"]) & (leg["ended"] <= spans[:, 1])).any():
                yield f"agent {agent} works when not on duty\n  {leg}\n  {own}"
                break


def _union(legs: npt.NDArray[np.void]) -> float:
    """Seconds in which there is at least one of them."""
    points, level = _levels(legs["answered"], legs["ended"], np.zeros(0))
    return float(np.diff(points)[level[:-1] > 0].sum())


def spells_tile_each_day(story: Story) -> Iterator[str]:
    """From coming to going an agent is always in some state, and people with shifts keep to them."""
    spells, plan = story.made.spells, story.inputs.plan
    for agent in range(len(story.book["team"])):
        own = spells[(spells["agent"] == agent) & (spells["state"] != ledger.ENGAGED)]
        group = int(story.book["team"]["group"][agent])
        if story.book["groups"]["by_count"][group]:
            continue
        rows = plan[plan["agent"] == agent]
        duties = []
        for start, leave in zip(rows["time"][rows["kind"] == 4], rows["time"][rows["kind"] == 1], strict=True):
            if leave > start:
                duties.append((float(start), float(leave)))
        pauses = list(zip(rows["time"][rows["kind"] == 2], rows["time"][rows["kind"] == 5], strict=True))
        for a, b in duties:
            inside = own[(own["start"] < b) & (own["end"] > a)]
            tiled = sum(min(x["end"], b) - max(x["start"], a) for x in inside)
            if abs(tiled - (b - a)) > 1e-6:
                yield f"agent {agent}: {tiled} s told of a shift of {b - a} s\n{own}"
        for spell in own:
            a, b = float(spell["start"]), float(spell["end"])
            if spell["state"] == ledger.BREAK and not any(x <= a and b <= y for x, y in pauses):
                yield f"agent {agent}: a break outside the plan, {spell}"
            if spell["state"] in (ledger.ON_DUTY, ledger.BREAK) and not any(x <= a and b <= y for x, y in duties):
                yield f"agent {agent}: on duty outside the plan, {spell}"
            if spell["state"] == ledger.OVERRUN and any(x < b and a < y for x, y in duties):
                yield f"agent {agent}: overrun inside a shift, {spell}"


def headcounts_are_kept(story: Story) -> Iterator[str]:
    """Of a group with a headcount as many are on duty or away as planned; who is there beyond that is in overrun."""
    spells, plan, team = story.made.spells, story.inputs.plan, story.book["team"]["group"]
    for group in np.flatnonzero(story.book["groups"]["by_count"]):
        rows = plan[plan["group"] == group]
        own = spells[(team[spells["agent"]] == group) & ~np.isin(spells["state"], (ledger.OVERRUN, ledger.ENGAGED))]
        points = np.unique(np.concatenate([rows["time"], own["start"], own["end"]]))
        if not len(points):
            continue
        middles = (points[1:] + points[:-1]) / 2
        here = ((own["start"][None, :] < middles[:, None]) & (own["end"][None, :] > middles[:, None])).sum(axis=1)
        row = np.searchsorted(rows["time"], middles, side="right") - 1
        planned = np.where(row >= 0, rows["count"][np.maximum(row, 0)], 0)
        if (here != planned).any():
            k = int(np.flatnonzero(here != planned)[0])
            yield f"group {group}: {here[k]} there at {middles[k]}, planned {planned[k]}"


# --- queues --------------------------------------------------------------------------------------------------------


def _levels(starts: Floats, ends: Floats, extra: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Instants, and how many spans hold each of the times between them."""
    points = np.unique(np.concatenate([starts, ends, extra]))
    change = np.zeros(len(points), np.int64)
    np.add.at(change, np.searchsorted(points, starts), 1)
    np.add.at(change, np.searchsorted(points, ends), -1)
    return points, np.cumsum(change)


def queue_lengths_are_those_of_the_legs(story: Story) -> Iterator[str]:
    """Area and maximum by interval, from who waited from when to when: Little's law, to the last contact-second."""
    settings, made = story.settings, story.made
    ends_at = np.minimum(np.arange(settings["intervals"] + 1), settings["counted"])  # the last interval may be a part
    grid = settings["counted_from"] + settings["interval"] * ends_at
    for queue in range(settings["queue_count"]):
        mine = story.waits & (story.legs["queue"] == queue)
        starts, ends = story.queued[mine], story.left[mine]
        area = np.clip(ends[:, None], grid[:-1], grid[1:]) - np.clip(starts[:, None], grid[:-1], grid[1:])
        got = made.waiting[queue]
        if not np.allclose(area.sum(axis=0), got, rtol=1e-9, atol=1e-5):
            k = int(np.argmax(np.abs(area.sum(axis=0) - got)))
            yield f"queue {queue}, interval {k}: {got[k]} contact-seconds are not {area.sum(axis=0)[k]}"
        at_once = ~np.isnan(story.queued) & (story.legs["queue"] == queue)  # may pass through in no time
        points, level = _levels(starts, ends, np.concatenate([grid, story.queued[at_once]]))
        most = np.zeros(len(grid) - 1, np.int64)
        bound = np.zeros(len(grid) - 1, np.int64)
        place = np.searchsorted(grid, points, side="right") - 1
        for k, where in enumerate(place):
            here = int(((story.queued[at_once] <= points[k]) & (story.left[at_once] >= points[k])).sum())
            for interval in {int(where), int(where) - (points[k] == grid[min(int(where), len(grid) - 1)])}:
                if 0 <= interval < len(bound):
                    bound[interval] = max(bound[interval], here)
            if 0 <= where < len(most):
                most[where] = max(most[where], level[k])
        wrong = (made.most[queue] < most) | (made.most[queue] > bound)
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            yield f"queue {queue}, interval {k}: at most {made.most[queue][k]}, not {most[k]} to {bound[k]}"


def room_is_kept(story: Story) -> Iterator[str]:
    """No more contacts wait than there are places, nor are more in the system than lines; who is blocked had none."""
    legs = story.legs
    spans = {}
    has_line = np.full(len(legs), -1)
    for channel, row in enumerate(story.book["channels"]):
        spans[channel] = in_channel(story, channel, has_line)
        level = _levels(*spans[channel], np.zeros(0))[1]
        if level.size and level.max() > row["lines"]:
            yield f"more than {row['lines']} contacts in channel {channel}"
    for queue, row in enumerate(story.book["queues"]):
        mine = story.waits & (legs["queue"] == queue)
        level = _levels(story.queued[mine], story.left[mine], np.zeros(0))[1]
        back = story.handed_back[mine].any() or story.home[mine].any()
        if level.size and level.max() > row["capacity"] and not back:
            yield f"queue {queue}: {level.max()} wait, {row['capacity']} places"
    for k in np.flatnonzero(legs["outcome"] == ledger.BLOCKED):
        leg, at = legs[k], legs["ended"][k]
        came, gone = spans[int(leg["channel"])]
        here, lines = int(((came <= at) & (gone >= at)).sum()), story.book["channels"]["lines"][leg["channel"]]
        places = ~np.isnan(story.queued) & (legs["queue"] == leg["queue"]) & (story.queued <= at) & (story.left >= at)
        full = leg["queue"] >= 0 and places.sum() >= story.book["queues"]["capacity"][leg["queue"]]
        same = not story.first[k] and has_line[k] == leg["channel"]
        if (here < lines or same) and not full:
            yield f"blocked with {here} in the system and {places.sum()} in its queue\n  {leg}"
            return


def in_channel(story: Story, channel: int, has_line: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """From when to when each line of a channel is held: by a contact from leg to leg, up to the end of its talk.

    `has_line` is filled with the channel in which each contact held a line as its leg began.
    """
    legs, came, gone, since, held = story.legs, [], [], math.nan, -1
    for k, leg in enumerate(legs):
        refused = math.isnan(leg["queued"])
        at = leg["ended"] if refused else leg["queued"]
        if story.first[k]:
            held = -1
        has_line[k] = held
        # A contact that overflows to another channel keeps the line it has.
        moved = story.in_flow[k] or story.first[k] or story.led[k] or story.given[k]
        line = int(leg["channel"]) if moved else held
        line = -1 if refused or story.home[k] or (held < 0 and not moved) else line
        if line != held:
            if held == channel:
                came.append(since)
                gone.append(at)
            since, held = at, line
        if (story.last[k] or leg["outcome"] == ledger.CALLBACK) and held >= 0:
            if held == channel:
                came.append(since)
                gone.append(leg["ended"] if math.isnan(leg["talk_end"]) else leg["talk_end"])
            held = -1
    return np.array(came), np.array(gone)


def nobody_idles_while_a_contact_waits(story: Story) -> Iterator[str]:
    """No agent on duty is idle for any time in which a contact waits that the agent may serve."""
    team = story.book["team"]["group"]
    for k in np.flatnonzero(story.waits):
        leg = story.legs[k]
        for agent, group in enumerate(team):
            row = story.match.get((int(leg["queue"]), int(group)))
            if row is None:
                continue
            start, end = max(leg["queued"], story.since[k] + row["after"]), story.left[k]
            if row["reserve"] > 0:
                others = [story.idle[a] for a in np.flatnonzero(team == group)]
                points, level = _levels(*np.concatenate(others).T, np.zeros(0))
                more = np.flatnonzero(level[:-1] > row["reserve"])
                if ((points[more] < end) & (points[more + 1] > start)).any():
                    yield f"more than {row['reserve']} of group {group} idle, while this waits\n  {leg}"
                    return
                continue
            spans = story.idle[agent]
            if start < end and ((spans[:, 0] < end) & (spans[:, 1] > start)).any():
                span = spans[(spans[:, 0] < end) & (spans[:, 1] > start)][0]
                yield f"agent {agent} idles, {span}, while this waits\n  {leg}"
                return


def the_right_contact_is_next(story: Story) -> Iterator[str]:
    """Whoever is answered, nobody whom that agent should have preferred has been waiting for longer than that moment.

    In a queue that is first come, first served; between queues, what the rule says.
    """
    legs = story.legs
    rule = CONTACT_RULES[story.settings["contact_rule"]]
    scores = story.book["contact_scores"]
    if scores["count"].any() or scores["ratio"].any():
        return  # what it looks at changes with every event: see tests/test_policies.py
    score_of = {
        (int(row["queue"]), int(row["group"])): score
        for row, score in zip(story.book["by_group"], scores, strict=bool(len(scores)))
    }
    group_of: dict[int, list[Any]] = defaultdict(list)
    for (queue, group), row in story.match.items():
        group_of[group].append((queue, row))
    waiting = np.flatnonzero(story.waits)
    broken = {(int(leg["agent"]), float(leg["ended"])) for leg in legs[story.put_aside]}
    for k in np.flatnonzero(legs["agent"] >= 0):
        leg, at = legs[k], float(legs["answered"][k])
        if (int(leg["agent"]), at) in broken or not story.begun[k] or (story.chats[k] and not story.waits[k]):
            continue  # the contact chose, or had been dialled
        own = story.match[int(leg["queue"]), int(leg["group"])]
        if story.since[k] + own["after"] > at:
            yield f"answered by a group that may not yet\n  {leg}"
        across = waiting[(story.queued[waiting] < at) & (story.left[waiting] > at)]
        place = (int(leg["queue"]), int(leg["group"]))
        others = story.chats & (legs["agent"] == leg["agent"]) & (legs["answered"] <= at) & (legs["ended"] > at)
        if story.chats[k] and others.sum() > 1:
            continue  # beside other chats: see `chats_keep_their_order`
        mine = _preference(story, rule, own, k, score_of.get(place), at)
        for queue, row in group_of[int(leg["group"])]:
            if queue != leg["queue"] and (row["reserve"] > 0 or rule == "random"):
                continue
            there = across[legs["queue"][across] == queue]
            # A rule that scores looks at the first of a queue; within one, segments and waits decide.
            score = None if queue == leg["queue"] else score_of.get((queue, int(leg["group"])))
            own_key = _preference(story, rule, own, k, None, at) if queue == leg["queue"] else mine
            there = there[story.since[there] + row["after"] < at]
            for j in sorted(there, key=lambda j: _in_queue(story, j))[:1]:
                if _preference(story, rule, row, j, score, at) < own_key:
                    yield f"at {at} agent {leg['agent']} takes\n  {leg}\nand not\n  {legs[j]}"
                    return


def chats_keep_their_order(story: Story) -> Iterator[str]:
    """No chat begins while an earlier one of its queue waits that could have been served there."""
    legs = story.legs
    waiting = np.flatnonzero(story.waits & ~story.in_flow)
    for k in np.flatnonzero(story.chats):
        leg, at = legs[k], float(legs["answered"][k])
        own = story.match[int(leg["queue"]), int(leg["group"])]
        there = waiting[(legs["queue"][waiting] == leg["queue"]) & (story.queued[waiting] < at)]
        there = there[(story.left[there] > at) & (story.since[there] + own["after"] < at)]
        for j in there:
            if _in_queue(story, j) < _in_queue(story, k):
                yield f"begins\n  {leg}\nand not\n  {legs[j]}"
                return


def no_chat_waits_for_a_free_slot(story: Story) -> Iterator[str]:
    """A chat waits beside an agent with chats and a free slot only while something holds it back.

    That is: the agent, or one of a group with a headcount, is due to leave; the agent's break is due; or a contact of
    another channel, which cannot be deferred and which the group takes first by order, waits for such an agent.
    """
    legs, spells, team = story.legs, story.made.spells, story.book["team"]["group"]
    queues, plan = story.book["queues"], story.inputs.plan
    chats = np.flatnonzero(story.waits & (queues["slots"][np.maximum(legs["queue"], 0)] > 1) & ~story.in_flow)
    if not len(chats):
        return
    times = [legs[name] for name in ("arrived", "queued", "answered", "talk_end", "ended")]
    points = np.concatenate([*times, spells["start"], spells["end"], plan["time"]])
    delays = [story.since + row["after"] for row in story.match.values()]
    points = np.unique(np.concatenate([points, *delays]))
    points = points[np.isfinite(points)]
    middles = (points[1:] + points[:-1]) / 2.0

    def during(starts: Any, ends: Any) -> npt.NDArray[np.int64]:
        """How many of some spans hold each of the middles."""
        return np.searchsorted(np.sort(starts), middles) - np.searchsorted(np.sort(ends), middles)

    late = spells[spells["state"] == ledger.OVERRUN]
    idle, room = {}, {}
    for group in np.unique(team):
        agents = np.flatnonzero(team == group)
        spans = np.concatenate([story.idle[a] for a in agents])
        idle[group] = during(spans[:, 0], spans[:, 1])
        due = late[np.isin(late["agent"], agents)]
        someone = during(due["start"], due["end"]) > 0
        for agent in agents:
            own = due[due["agent"] == agent]
            leaves = someone if story.book["groups"]["by_count"][group] else during(own["start"], own["end"]) > 0
            pauses = plan[plan["agent"] == agent]
            begun, ended = (pauses["time"][pauses["kind"] == kind] for kind in (2, 5))
            for channel, row in enumerate(story.book["channels"]):
                mine = story.chats & (legs["agent"] == agent) & (legs["channel"] == channel)
                beside = during(legs["answered"][mine], legs["ended"][mine])
                open_ = (beside > 0) & (beside < row["slots"]) & ~leaves & (during(begun, ended) == 0)
                room[group, channel] = room.get((group, channel), False) | open_
    rule = CONTACT_RULES[story.settings["contact_rule"]]
    rule = rule if story.settings["contact_rule"] < 3 else CONTACT_RULES[0]
    waiting = np.flatnonzero(story.waits & ~story.in_flow)
    for k in chats[:MOST_CHATS]:
        leg = legs[k]
        for (queue, group), row in story.match.items():
            if queue != leg["queue"]:
                continue
            free = (middles > max(story.queued[k], story.since[k] + row["after"])) & (middles < story.left[k])
            free &= room.get((group, int(queues["channel"][queue])), False)
            mine = _preference(story, rule, row, k, None, 0.0)
            for j in waiting if free.any() else ():
                held = story.match.get((int(legs["queue"][j]), group))
                other = queues[legs["queue"][j]]
                if held is None or other["deferrable"] or other["channel"] == queues["channel"][queue]:
                    continue
                if _preference(story, rule, held, j, None, 0.0) < mine:
                    here = (middles > max(story.queued[j], story.since[j] + held["after"])) & (middles < story.left[j])
                    free &= ~(here & (idle[group] >= held["reserve"]))
            if free.any():
                yield f"at {middles[np.argmax(free)]} group {group} has a free slot, while this waits\n  {leg}"
                return


ORDERS = {  # of rules of contacts that do not score: what comes before the longest wait
    "rank_then_longest_wait": ("rank", "priority"),
    "first_come": (),
    "priority": ("priority", "rank"),
    "random": ("priority", "rank"),  # only within a queue, where both are alike
}


def _in_queue(story: Story, k: Any) -> tuple[int, float, int]:
    """What orders contacts within a queue: the priority of the segment, the wait, the issue."""
    leg = story.legs[k]
    return int(story.book["markets"]["priority"][leg["segment"]]), float(story.since[k]), int(leg["issue"])


def _preference(story: Story, rule: str, row: Any, k: Any, score: Any, at: float) -> tuple[float, ...]:
    first = _in_queue(story, k)
    if score is not None:
        return (-float(score["base"] + score["slope"] * (at - first[1])), *first)
    return (*(int(row[key]) for key in ORDERS.get(rule, ("priority", "rank"))), *first)


def the_right_agent_is_chosen(story: Story) -> Iterator[str]:
    """Whoever is answered at once gets the agent whom the rule prefers among those idle before that moment."""
    legs = story.legs
    rule = AGENT_RULES[story.settings["agent_rule"]]
    if story.settings["agent_rule"] >= SCORED_AGENTS:
        return
    answered = {
        a: np.sort(legs["answered"][(legs["agent"] == a) & story.begun]) for a in range(len(story.book["team"]))
    }
    for k in np.flatnonzero((legs["agent"] >= 0) & ~story.waits & ~story.chats):
        leg, at = legs[k], float(legs["answered"][k])
        chosen = int(leg["agent"])
        idle: dict[int, tuple[int, float, int]] = {}
        for agent, group in enumerate(story.book["team"]["group"]):
            row = story.match.get((int(leg["queue"]), int(group)))
            if row is None or story.since[k] + row["after"] > at:
                continue
            spans = story.idle[agent]
            # The chosen agent's idle time ends now; another's goes on.
            inside = spans[(spans[:, 0] < at) & ((spans[:, 1] > at) | ((agent == chosen) & (spans[:, 1] == at)))]
            if len(inside):
                handled = int(np.searchsorted(answered[agent], at, side="left"))
                idle[agent] = (int(row["order"]), float(inside[-1, 0]), handled)
        crowd = Counter(int(story.book["team"]["group"][agent]) for agent in idle)
        for agent in list(idle):
            group = int(story.book["team"]["group"][agent])
            if crowd[group] <= story.match[int(leg["queue"]), group]["reserve"] and agent != chosen:
                del idle[agent]
        if chosen not in idle:
            continue  # became idle at this very moment, so it was the agent who chose
        mine = _liking(rule, chosen, idle[chosen])
        for agent, what in idle.items():
            if agent != chosen and _liking(rule, agent, what) < mine:
                yield f"agent {chosen} {idle[chosen]} is chosen, not {agent} {what} ({rule})\n  {leg}"
                return


LIKINGS: dict[str, Callable[[int, float, int, int], tuple[float, ...]]] = {
    "rank_then_longest_idle": lambda order, since, handled, agent: (order, since, agent),
    "longest_idle": lambda order, since, handled, agent: (since, agent),
    "rank_then_random": lambda order, since, handled, agent: (order,),
    "random": lambda order, since, handled, agent: (),
    "rank_then_fewest_contacts": lambda order, since, handled, agent: (order, handled, since, agent),
    "fewest_contacts": lambda order, since, handled, agent: (handled, since, agent),
}


def _liking(rule: str, agent: int, what: tuple[int, float, int]) -> tuple[float, ...]:
    return LIKINGS[rule](*what, agent)


def who_is_left_unserved_had_nobody(story: Story) -> Iterator[str]:
    """Unfinished contacts only where customers never lose patience; turned away only at closing time."""
    legs = story.legs
    closes = story.book["openings"]["end"]
    shut = legs["outcome"] == ledger.CLOSED
    shut &= ~story.in_flow  # the flow turns away when it says
    place = np.searchsorted(closes, legs["ended"], side="right")
    open_then = (place < len(closes)) & (
        legs["ended"] >= story.book["openings"]["start"][np.minimum(place, len(closes) - 1)]
    )
    late_led = shut & np.isnan(legs["queued"])
    yield from told(story, late_led & open_then, "led to a queue and turned away, though it is open")
    shut &= ~late_led
    yield from told(story, shut & ~np.isin(legs["ended"], closes), "turned away at another time than closing")
    deferred = ~story.in_flow & (story.book["queues"]["day_and_night"][np.maximum(legs["queue"], 0)] != 0)
    for k in np.flatnonzero(~story.first):
        deferred[k] |= deferred[k - 1]  # moved on from a queue that was not closed
    if story.settings["turn_away"]:
        deferred |= story.home
        unfinished = (legs["outcome"] == ledger.UNFINISHED) & ~deferred
        yield from told(story, unfinished, "unfinished though contacts are turned away")
        after = np.searchsorted(closes, legs["arrived"], side="right")
        late = story.waits & ~deferred & (story.left > closes[np.minimum(after, len(closes) - 1)]) & ~story.handed_back
        yield from told(story, late, "waits past closing time")
    else:
        yield from told(story, shut, "turned away though the queue is served")


CHECKS = (
    each_contact_ends_once,
    every_arrival_is_an_issue,
    attempts_follow_one_another,
    steps_are_in_order,
    each_leg_is_what_was_drawn,
    agents_are_never_overbooked,
    spells_tile_each_day,
    headcounts_are_kept,
    queue_lengths_are_those_of_the_legs,
    room_is_kept,
    nobody_idles_while_a_contact_waits,
    the_right_contact_is_next,
    chats_keep_their_order,
    no_chat_waits_for_a_free_slot,
    the_right_agent_is_chosen,
    who_is_left_unserved_had_nobody,
)


def faults(model: Model, made: ledger.Ledger, replication: int = 0) -> list[str]:
    """Everything that is wrong with a ledger that is sorted by (issue, attempt, leg), by the name of the check."""
    story = Story(model, made, replication)
    return [f"{check.__name__}: {fault}" for check in CHECKS for fault in check(story)]
