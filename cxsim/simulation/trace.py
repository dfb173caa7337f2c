"""The story of contacts and of the decisions about them, in words: who was idle or waiting, and why this one.

Everything is told from the ledger of one replication, so both engines tell the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model.prepare import Model, prepare
from cxsim.model.routing_choice import described
from cxsim.randomness.draws import run_key
from cxsim.rules.loyalty import preferred_of
from cxsim.schema import ledger
from cxsim.simulation.replications import Engine, replay

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

TICK = 1e-6  # s, for what is reckoned from times in the ledger
MOST_GROUPS = 6  # that are named as idle, or queues as waiting
TIMES = ("arrived", "queued", "answered", "talk_end", "ended", "next_at", "opened")
ENDS = {
    ledger.ABANDONED: "abandons the queue",
    ledger.BALKED: "balks: leaves because it would have to wait",
    ledger.BLOCKED: "is blocked: no trunk or waiting place is free",
    ledger.CLOSED: "is turned away, because the queue is closed",
    ledger.CONTAINED: "ends in self-service",
    ledger.UNFINISHED: "is unfinished when the simulated time ends",
    ledger.HUNG_UP: "hangs up",
    ledger.CALLBACK: "accepts a callback",
    ledger.UNREACHED: "is not reached on the last try",
}
BEGINS = {
    ledger.FRESH: "makes contact",
    ledger.REDIAL: "tries again",
    ledger.REPEAT: "comes back, because the issue is not resolved",
    ledger.TURN: "writes again",
    ledger.OUTBOUND: "is on the outbound list",
    ledger.CALLED_BACK: "is due for a callback",
    ledger.TRANSFER: "enters the next queue",
    ledger.CONSULT: "is the subject of a consultation",
}


@dataclass(frozen=True, eq=False)
class Trace:
    """What happened in one replication, as `trace` tells it.

    Attributes
    ----------
    scenario : Scenario
        What was simulated.
    lines : list of (float, int, str)
        Time (s since midnight of the first counted day, negative before it), issue number and text, in order of time.
    replication : int
        Which replication; 0 is the first.
    seed : int
        Random seed.
    """

    scenario: Scenario
    lines: list[tuple[float, int, str]]
    replication: int
    seed: int

    def text(self) -> list[str]:
        """The lines as a terminal shows them.

        Returns
        -------
        list of str
            Each line with its time of day, and with the issue number if there are several issues.
        """
        several = len({issue for _, issue, _ in self.lines}) > 1
        return [f"{_clock(time)}  {f'#{issue}  ' if several else ''}{line}" for time, issue, line in self.lines]


def trace(
    scenario: Scenario,
    *,
    issue: int | None = None,
    start: float | None = None,
    end: float | None = None,
    day: int = 0,
    replication: int = 0,
    seed: int = 1,
    engine: Engine = "clock",
) -> Trace:
    """Explain what happened to one issue, or to every contact in a span of time, event by event.

    Give either `issue` or both `start` and `end`.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    issue : int, optional
        Number of the issue to follow from its first contact to its end.
    start : float, optional
        Start of the span (s since midnight of `day`).
    end : float, optional
        End of the span (s since midnight of `day`); after `start`.
    day : int, default 0
        Which day of the horizon; 0 is the first.
    replication : int, default 0
        Which replication; 0 is the first.
    seed : int, default 1
        Random seed.
    engine : {'clock', 'story'}, default 'clock'
        Which engine simulates; both tell the same.

    Returns
    -------
    Trace
        What happened, in order of time.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario.
    ValueError
        Neither or both of `issue` and the span were given, the span is empty, or there is no such issue or day.

    Examples
    --------
    >>> for line in cxsim.trace(scenario, start=9 * 3600, end=9 * 3600 + 60).text():
    ...     print(line)
    """
    if (issue is None) == (start is None or end is None):
        raise ValueError("give an issue, or times from and to")
    model = prepare(scenario, seed)
    keeper = ledger.Keeper()
    replay(model, replication, engine, keeper)
    told = _Told(model, keeper.ledger(), replication)
    legs = told.legs
    if issue is not None:
        mine = np.flatnonzero(legs["issue"] == issue)
        if not len(mine):
            raise ValueError(
                f"issue {issue}: it does not exist in replication {replication}; give a time to see issues"
            )
        window = (-math.inf, math.inf)
    else:
        when = model.timeline
        days = math.ceil((when.counted_to - when.counted_from) / 86400.0)
        if not 0 <= day < days:
            raise ValueError(f"day {day}: the horizon has days 0 to {days - 1}")
        assert start is not None and end is not None
        if not start < end:
            raise ValueError("the end time is not after the start time")
        window = (86400.0 * day + start, 86400.0 * day + end)
        # Of each leg some time lies in the window, or nothing of it is told.
        times = np.stack([legs[name] for name in TIMES[:5]])
        mine = np.flatnonzero(((times >= window[0]) & (times <= window[1])).any(axis=0))
    inside = (line for k in mine.tolist() for line in told.leg(k) if window[0] <= line[0] <= window[1])
    lines = sorted(inside, key=lambda one: one[0])
    return Trace(scenario, lines, replication, seed)


def _clock(time: float) -> str:
    day, second = divmod(time, 86400.0)
    text = f"{int(second // 3600):02d}:{int(second % 3600 // 60):02d}:{second % 60:04.1f}"
    return text if day == 0 else f"day {int(day)} {text}"


class _Told:
    """A ledger and what is needed to tell it."""

    def __init__(self, model: Model, made: ledger.Ledger, replication: int) -> None:
        zero = math.floor(model.timeline.counted_from / 86400.0) * 86400.0
        self.model, self.legs, self.spells = model, made.legs.copy(), made.spells.copy()
        for rows, names in ((self.legs, TIMES), (self.spells, ("start", "end"))):
            for name in names:
                rows[name] -= zero
        self.run = run_key(model.seed, replication)
        scenario = model.scenario
        self.queues, self.nodes, self.groups = list(scenario.queues), list(scenario.flow), list(scenario.groups)
        self.reasons, self.segments = list(scenario.reasons), list(scenario.segments)
        self.seats = list(model.plan.seats)
        net = model.network
        self.group_of = net["team"]["group"]
        self.slots = net["queues"]["slots"]
        self.urgent, self.priority = bool(net["settings"]["urgent"][0]), net["markets"]["priority"]
        self.serving = np.flatnonzero(self.legs["agent"] >= 0)

    def leg(self, k: int) -> Iterator[tuple[float, int, str]]:
        """The lines of a leg."""
        leg = self.legs[k]
        issue, where = int(leg["issue"]), self.place(int(leg["queue"]))
        came = float(leg["queued"])
        if math.isnan(came):  # turned away at once, where it arrived or to where it was led
            came = float(leg["arrived"]) if int(leg["leg"]) == 1 else float(leg["ended"])
        first = int(leg["leg"]) == 1 or leg["cause"] in (ledger.TRANSFER, ledger.TURN, ledger.CALLED_BACK)
        if first:
            who = f"a customer ({self.segments[leg['segment']]}, {self.reasons[leg['reason']]})"
            yield came, issue, f"{who} {BEGINS[int(leg['cause'])]}, contact {leg['attempt']}: {where}"
        else:
            yield came, issue, f"is now in {where}"
        beside = self.left_beside(k)
        if beside:
            policy = described(self.model.scenario, "agent")
            yield came, issue, f"keeps waiting, although these agents are idle: {beside}. {policy}."
        agent = int(leg["agent"])
        if agent >= 0 and not math.isnan(leg["answered"]):
            waited = float(leg["answered"]) - float(leg["queued"])
            after = f" after {waited:,.1f} s" if waited > 0.0 else " at once"
            yield float(leg["answered"]), issue, f"{self.seats[agent]} answers{after}. {self.why(k)}"
        outcome = int(leg["outcome"])
        if outcome in ENDS:
            yield float(leg["ended"]), issue, ENDS[outcome] + self.again(leg)
        elif outcome == ledger.ANSWERED:
            solved = "resolved" if leg["resolved"] else "not resolved"
            yield float(leg["talk_end"]), issue, f"the talk ends, {solved}{self.again(leg)}"
        elif outcome == ledger.TRANSFERRED:
            yield float(leg["talk_end"]), issue, f"{self.seats[agent]} transfers it"
        elif outcome == ledger.REPLIED:
            yield float(leg["talk_end"]), issue, "is answered; the customer will write again"

    def left_beside(self, k: int) -> str:
        """Whose agents were idle for a contact that a policy of the user's own made wait."""
        leg, own = self.legs[k], self.model.scenario.own_policy
        queue, at = int(leg["queue"]), float(leg["queued"])
        if own is None or not own.decides("agent") or queue < 0 or self.slots[queue] > 1 or not leg["ended"] > at:
            return ""
        if leg["answered"] == at or leg["cause"] in (ledger.OUTBOUND, ledger.CALLED_BACK):
            return ""
        return self.idle(at, queue, -1, at - float(leg["arrived"]))

    def place(self, queue: int) -> str:
        """A queue or a node of the flow."""
        return f"queue {self.queues[queue]}" if queue >= 0 else f"{self.nodes[-1 - queue]} (flow)"

    def again(self, leg: Any) -> str:
        """What the customer does next."""
        return "" if leg["next"] == ledger.FRESH else f"; next contact at {_clock(float(leg['next_at']))}"

    def why(self, k: int) -> str:
        """Why this agent and this contact came together."""
        leg, at = self.legs[k], float(self.legs[k]["answered"])
        queue, agent = int(leg["queue"]), int(leg["agent"])
        if self.slots[queue] > 1:
            return "A chat goes to the agent with the fewest chats."
        rested = self.idle_since(agent, at, True)
        if leg["queued"] < at and not (rested is not None and rested < at):
            waiting = self.waiting(at, int(self.group_of[agent]), k)
            others = f"; waiting for this group: {waiting}" if waiting else "; no other contact waits for this group"
            return f"Becomes free{others}. {described(self.model.scenario, 'contact')}.{self.by_segment()}"
        idle = self.idle(at, queue, agent, at - float(leg["arrived"]))
        rules = self.model.scenario.routing
        preferred = self.preferred(k)
        if preferred >= 0 and preferred == agent:
            return f"Idle for this queue: {idle}. This is the customer's preferred agent."
        if rules.last_agent and self.talked_before(k) == agent:
            return f"Idle for this queue: {idle}. This agent talked to the customer last."
        if not idle:
            return "The agent has just become free."
        other = f" The preferred agent, {self.seats[preferred]}, is not idle for this queue." if preferred >= 0 else ""
        return f"Idle for this queue: {idle}.{other} {described(self.model.scenario, 'agent')}."

    def preferred(self, k: int) -> int:
        """The customer's preferred agent; -1 for none."""
        leg = self.legs[k]
        return int(preferred_of(self.model.network.record, self.run, int(leg["issue"]), int(leg["segment"])))

    def talked_before(self, k: int) -> int:
        """The agent who talked to the customer about the issue before a leg; -1 for nobody."""
        legs, leg = self.legs, self.legs[k]
        mine = (legs["issue"] == leg["issue"]) & (legs["answered"] < leg["answered"])
        return int(legs["agent"][mine][np.argmax(legs["answered"][mine])]) if mine.any() else -1

    def waiting(self, at: float, group: int, k: int) -> str:
        """Who else waits for a group at a time."""
        legs, rows = self.legs, self.model.network["by_group"]
        left = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
        there = (legs["queue"] >= 0) & (legs["queued"] < at) & (left > at)
        there[k] = False
        out = []
        for queue, after in rows[["queue", "after"]][rows["group"] == group].tolist():
            mine = there & (legs["queue"] == queue) & (at - legs["arrived"] >= after - TICK)
            if mine.any():
                waits = legs[mine][np.lexsort((legs["queued"][mine], self.priority[legs["segment"][mine]]))]
                who = f": {self.segments[waits['segment'][0]]}" if self.urgent else ""
                out.append(f"{self.queues[queue]} {mine.sum()} (first{who} since {_clock(float(waits['queued'][0]))})")
        return ", ".join(out[:MOST_GROUPS])

    def by_segment(self) -> str:
        """That some segments are served before others, and which."""
        if not self.urgent:
            return ""
        ranks = ", ".join(f"{name} {rank}" for name, rank in zip(self.segments, self.priority.tolist(), strict=True))
        return f" Priorities of the segments: {ranks}."

    def idle(self, at: float, queue: int, chosen: int, wait: float) -> str:
        """Whose agents are idle for a contact at a time, after a wait; -1 chosen for nobody. Reserves are left out."""
        rows = self.model.network["by_queue"]
        rows = rows[rows["queue"] == queue]
        out = []
        for row in rows[np.argsort(rows["order"], kind="stable")]:
            members = np.flatnonzero(self.group_of == row["group"])
            since = [(self.idle_since(int(a), at, int(a) == chosen), int(a)) for a in members]
            free = sorted(one for one in since if one[0] is not None)
            offered = row["after"] <= wait + TICK and len(free) > row["reserve"]
            if free and (offered or (chosen >= 0 and row["group"] == self.group_of[chosen])):
                longest = f"{self.seats[free[0][1]]} since {_clock(float(free[0][0] or 0.0))}"
                out.append(f"{self.groups[row['group']]} {len(free)} (longest {longest}; order {row['order']})")
        return ", ".join(out[:MOST_GROUPS])

    def idle_since(self, agent: int, at: float, chosen: bool) -> float | None:
        """Since when an agent is idle just before a time; None for one who is not."""
        spells = self.spells[(self.spells["agent"] == agent) & (self.spells["start"] < at)]
        on = spells[(spells["state"] == ledger.ON_DUTY) | (spells["state"] == ledger.OVERRUN)]
        if not len(on) or (float(on["end"].max()) < at if not chosen else False):
            return None
        here = self.serving[self.legs["agent"][self.serving] == agent]
        legs: npt.NDArray[np.void] = self.legs[here]
        before = legs[legs["answered"] < at]
        ended = before["ended"][~np.isnan(before["ended"])]
        if len(ended) and float(ended.max()) > at:
            return None
        return max([float(on["start"].max()), *([float(ended.max())] if len(ended) else [])])
