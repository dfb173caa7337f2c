"""Work that can wait, beside work that cannot, in a program in which each reason has an Erlang queue of its own.

Work with a time target longer than an interval needs no agents in the interval in which it comes. It needs their time
before it is due: what is done must keep up with what is due. So it fills the time in which the agents of live contacts
would be idle, and the intervals in which few of these come.

It does not leave live contacts alone: an agent who writes a letter is not idle when a call comes. While letters wait,
every agent beyond the reserve is busy. Then calls meet the queue of Erlang A without the states in which more agents
are idle than the reserve, and agents become free as often as letters and calls end (`figures_beside`). For which part
of an interval letters wait is told by the last plan, in which they are written as soon as somebody is idle. Where
letters are interrupted, calls do not notice them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.erlang.formulas import erlang_b
from cxsim.erlang.vectorised import figures

if TYPE_CHECKING:
    from cxsim.optimizer.fluid.blocks import Reference
    from cxsim.optimizer.fluid.contact_flows import Flows
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
LEAST_LOAD = 1e-6  # erlangs
FULL = 0.98  # of the agents, the most load of customers who never give up
DAMPED = 0.3  # of a new part of the time in which work waits; more falls into a two-cycle
LATE = 0.3  # more time for work that was done too late in simulation, a share of the correction


@dataclass(frozen=True, eq=False)
class Beside:
    """What live contacts have beside them, by cell or by stream and interval.

    `part` of the time in which other work waits, the agents that this work leaves idle (`reserve`), and how long such
    a contact takes (`longer`, s).
    """

    part: Floats
    reserve: Floats
    longer: Floats

    def at(self, *place: npt.NDArray[np.int64]) -> Beside:
        """The same at places."""
        return Beside(self.part[place], self.reserve[place], self.longer[place])

    def repeated(self, times: int) -> Beside:
        """Each so many times in turn."""
        return Beside(*(np.repeat(one, times) for one in (self.part, self.reserve, self.longer)))


@dataclass(frozen=True, eq=False)
class Blend:
    """Which streams are planned by their backlog (R,), and what that does to the others.

    `idle` (G, I) is the share of the agents who are kept idle although work waits, `part` (G, I) how much of the time
    it waits, `beside` (R, I) what each live stream meets.
    """

    waits: npt.NDArray[np.bool_]
    idle: Floats
    part: Floats
    beside: Beside


def waiting_streams(scenario: Scenario, stream: Flows) -> npt.NDArray[np.bool_]:
    """The streams (R,) of deferrable channels whose time target is longer than an interval."""
    queues = list(scenario.queues.values())
    deferrable = np.array([scenario.channels[queues[q].channel].deferrable for q in stream.queue_of.tolist()], bool)
    return np.asarray(deferrable & stream.deferred(stream.within))


def blend(scenario: Scenario, stream: Flows, now: Reference) -> Blend | None:
    """What work that can wait does to live contacts at a reference; None where no work can."""
    waits = waiting_streams(scenario, stream)
    if not waits.any():
        return None
    able = np.where(stream.able[:, :, None], stream.handle_in(), 0.0)
    opened = np.where(stream.open_seconds > 0.0, stream.open_seconds, np.inf)
    weight = now.offered.sum(axis=1)[waits, None, None] * stream.able[waits][:, :, None]
    longer = (weight * able[waits]).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
    reserve = np.broadcast_to(_reserves(scenario, stream, waits)[:, None], longer.shape)
    served = now.served
    if served is None:
        even = stream.able / np.maximum(stream.able.sum(axis=1, keepdims=True), 1)
        served = now.offered[:, None, :] * even[:, :, None]
    work = served * able / opened
    live = work[~waits].sum(axis=0)
    helpers = np.asarray((stream.able & waits[:, None]).any(axis=0))
    helps = np.broadcast_to(helpers[:, None], live.shape)
    part, idle = np.where(helps, 0.5, 0.0), np.zeros(live.shape)
    if now.levels is not None:
        agents = now.levels * stream.availability
        idle = _kept_idle(live, agents, np.where(np.isinf(reserve), 0.0, reserve)) * helps
        spare = np.where(helps, np.maximum(agents - live - idle, 0.0), 0.0)
        part = np.where(helps, _busy(stream, now, waits, spare), 0.0)
        if now.part is not None:
            part = DAMPED * part + (1.0 - DAMPED) * now.part
        idle = np.divide(idle, agents, out=np.zeros_like(idle), where=agents > LEAST_LOAD)
    felt = np.where(np.isinf(reserve), 0.0, part)
    share = np.divide(served, served.sum(axis=1, keepdims=True), out=np.zeros_like(served), where=served > 0.0)
    kept = np.where(np.isinf(reserve), 0.0, reserve)
    beside = Beside(*(np.einsum("rgi,gi->ri", share, one) for one in (felt, kept, longer)))
    return Blend(waits, np.clip(idle, 0.0, 1.0), part, beside)


def _busy(stream: Flows, now: Reference, waits: npt.NDArray[np.bool_], spare: Floats) -> Floats:
    """How much of its open time (I,) work waits, if it is done as soon as `spare` agents (G, I) have time.

    What is left at the end is there at the beginning, as of a like week before: twice round tells.
    """
    hours = stream.open_seconds
    mean = np.where(stream.able[waits], stream.handle[waits], 0.0).sum(axis=1) / np.maximum(
        stream.able[waits].sum(axis=1), 1
    )
    comes = (now.offered[waits] * mean[:, None] * stream.lengthened[waits]).sum(axis=0)
    room, out, left = spare.sum(axis=0) * hours, np.zeros(len(hours)), 0.0
    for _ in range(2):
        for i in np.flatnonzero(hours):
            done = min(left + comes[i], room[i])
            out[i] = done / room[i] if room[i] > 0.0 else 1.0
            left += comes[i] - done
    return out


def _kept_idle(load: Floats, agents: Floats, reserve: Floats) -> Floats:
    """Agents idle on average while work waits, nobody of the live contacts being in the queue."""
    kept, idle, term = np.ones_like(load), np.zeros_like(load), np.ones_like(load)
    for j in range(1, 1 + int(min(np.max(reserve, initial=0.0), np.max(agents, initial=0.0)))):
        term = term * np.maximum(agents - j + 1.0, 0.0) / np.maximum(load, 1e-3)
        kept += np.where(reserve >= j, term, 0.0)
        idle += np.where(reserve >= j, j * term, 0.0)
    return np.asarray(np.minimum(idle / kept, np.maximum(agents - load, 0.0)))


def _reserves(scenario: Scenario, stream: Flows, waits: npt.NDArray[np.bool_]) -> Floats:
    """Agents whom each group (G,) keeps idle from work that can wait; infinite where that is interrupted."""
    names, out = list(scenario.queues), np.full(len(stream.groups), np.inf)
    for g, group in enumerate(scenario.groups.values()):
        for r in np.flatnonzero(waits & stream.able[:, g]):
            name = names[stream.queue_of[r]]
            if not scenario.channels[scenario.queues[name].channel].interruptible:
                out[g] = min(out[g], float(group.skills[name].reserve) if name in group.skills else 0.0)
    return out


def figures_beside(
    rate: Floats,
    handle: Floats,
    patience: Floats,
    agents: Floats,
    within: Floats,
    definition: str,
    short: float,
    beside: Beside,
) -> tuple[Floats, Floats, Floats]:
    """SL, ASA (s) and the share abandoned of live contacts beside work that waits for a part of the time.

    With n agents and a reserve of m, 0 to m are idle while work waits. The state with j idle is
    n (n - 1) … (n - j + 1) / a^j times as likely as that with none, as in Erlang's queue; the load a is what live
    contacts would be if they took as long as all contacts in hand.
    """
    alone = figures(rate, handle, patience, agents, within, definition, short)
    if not beside.part.any():
        return alone
    load = rate * handle
    writing = np.maximum(agents - load, 0.0)
    mixed = (load * handle + writing * beside.longer) / np.maximum(load + writing, LEAST_LOAD)
    mixed = np.minimum(mixed, np.where(np.isinf(patience), FULL * agents / rate, np.inf))
    mixed = np.maximum(mixed, handle)
    queued = figures(rate, mixed, patience, agents, within, definition, short)
    at_once = figures(rate, mixed, patience, agents, np.zeros_like(within), definition, short)[0]
    waits = np.clip(1.0 - at_once, 1e-12, 1.0)
    load = np.maximum(rate * mixed, LEAST_LOAD)
    busy = np.array([erlang_b(a, n) for a, n in zip(load.tolist(), agents.tolist(), strict=True)])
    queue = waits / np.maximum(1.0 - waits, 1e-12) * np.maximum(1.0 / np.maximum(busy, 1e-12) - 1.0, 0.0)
    kept, term = np.zeros_like(load), np.ones_like(load)
    for j in range(1, 1 + int(min(np.max(beside.reserve, initial=0.0), np.max(agents, initial=0.0)))):
        term = term * np.maximum(agents - j + 1.0, 0.0) / load
        kept += term * np.clip(beside.reserve - j + 1.0, 0.0, 1.0)
    more = np.maximum(queue / np.maximum(queue + kept, 1e-12) / waits, 1.0)  # times as many must wait
    gone = np.minimum(queued[2] * more, 1.0)
    told = (np.maximum(1.0 - (1.0 - queued[0]) * more, 0.0), queued[1] * more, gone)
    part = beside.part
    with np.errstate(invalid="ignore"):
        mix = [
            np.where(part > 0.0, part * b, 0.0) + np.where(part < 1.0, (1.0 - part) * a, 0.0)
            for a, b in zip(alone, told, strict=True)
        ]
    return mix[0], mix[1], mix[2]
