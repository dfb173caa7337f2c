"""What the Erlang formulae are asked: agents for a target, volume for agents, lines for a blocking.

Every answer is the edge of a condition that is monotone in what is sought, found by bisection on
`erlang.steady`. One exception: where patience is shorter than the handle time, more agents on the same lines
may block more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxsim.erlang.formulas import MOST, Steady, erlang_b, steady
from cxsim.erlang.roots import bisect, check_number, check_share, doubled, least_whole
from cxsim.schema.service_levels import DEFAULT_SL, SL_NAMES

MOST_SOUGHT = 100_000  # agents, lines or erlangs around which an answer is sought: some seconds


@dataclass(frozen=True)
class Target:
    """What must hold: any of a service level, an ASA, an abandonment, an occupancy and a blocking ceiling.

    `sl`, `abandoned` (of contacts not blocked), `occupancy` and `blocked` are shares above 0 and below 1;
    `within`, `short_abandon` and `asa` seconds; `definition` one of `SL_NAMES`. ValueError when nothing is
    asked, or nothing possible.
    """

    sl: float | None = None
    within: float = 20.0
    definition: str = DEFAULT_SL
    short_abandon: float = 5.0
    asa: float | None = None
    abandoned: float | None = None
    occupancy: float | None = None
    blocked: float | None = None

    def __post_init__(self) -> None:
        for name in ("sl", "abandoned", "occupancy", "blocked"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ValueError(f"{name}: {value:g} is not a target; it must be above 0 and below 1 (100 %)")
        if self.asa is not None:
            check_number("asa", self.asa, above=0)
        check_number("within", self.within, least=0)
        if self.definition not in SL_NAMES:
            raise ValueError(f"definition: {self.definition!r} is not one of " + ", ".join(SL_NAMES))
        if all(v is None for v in (self.sl, self.asa, self.abandoned, self.occupancy, self.blocked)):
            raise ValueError("target: there is none; give sl, asa, abandoned, occupancy or blocked")

    def met(self, state: Steady) -> bool:
        """Whether every figure asked for holds in `state`; figures over nobody hold."""
        missed = (
            (self.occupancy is not None and state.occupancy > self.occupancy)
            or (self.abandoned is not None and state.abandoned_share > self.abandoned)
            or (self.blocked is not None and state.blocked > self.blocked)
            or (self.asa is not None and state.asa > self.asa)
            or (self.sl is not None and state.sl(self.within, self.definition, self.short_abandon) < self.sl)
        )
        return not missed


def agents_for(
    target: Target,
    rate: float,
    handle_time: float,
    *,
    patience: float = math.inf,
    lines: float = math.inf,
    whole: bool = True,
) -> float:
    """The fewest agents that meet `target`, whole or, with `whole=False`, to 10 digits.

    `rate` per second, times in seconds; 0 when nothing is offered. ValueError when not even as many agents as
    lines meet the target.
    """

    def met(agents: float) -> bool:
        return agents > 0 and target.met(steady(rate, handle_time, agents, patience=patience, lines=lines))

    steady(rate, handle_time, 0, patience=patience, lines=lines)
    check_number("load", rate * handle_time, most=MOST_SOUGHT)
    if rate == 0:
        return 0
    most = math.floor(min(lines, MOST))
    if lines < math.inf and not met(most):
        raise ValueError(f"target: even {most} agents, one per trunk, miss it; add trunks or lower the target")
    fewest = least_whole(met, math.ceil(rate * handle_time), most)
    return fewest if whole else bisect(met, fewest - 1, fewest)


def rate_for(
    target: Target, agents: float, handle_time: float, *, patience: float = math.inf, lines: float = math.inf
) -> float:
    """The greatest rate (contacts per second) at which `agents` still meet `target`.

    Times in seconds. ValueError without agents, and when the target holds at any rate (it does not bind).
    """
    check_number("agents", agents, above=0, most=MOST_SOUGHT)

    def missed(rate: float) -> bool:
        return not target.met(steady(rate, handle_time, agents, patience=patience, lines=lines))

    start = agents / handle_time
    if missed(start * 1e-9):
        raise ValueError("target: it is missed even with almost no contacts; lower the target or add agents")
    return bisect(missed, 0.0, doubled(missed, start, 1e4 * start))


def lines_for(blocked: float, load: float, *, whole: bool = True) -> float:
    """The fewest lines on which at most the share `blocked` of `load` erlangs is lost (Erlang B)."""
    check_share("blocked", blocked)
    check_number("load", load, least=0, most=MOST_SOUGHT)
    if load == 0:
        return 0

    def met(lines: float) -> bool:
        return erlang_b(load, lines) <= blocked

    fewest = least_whole(met, math.ceil(load), MOST)
    return fewest if whole or fewest == 0 else bisect(met, fewest - 1, fewest)


def load_for(blocked: float, lines: float) -> float:
    """The greatest load in erlangs of which `lines` lose at most the share `blocked` (Erlang B)."""
    check_share("blocked", blocked)
    check_number("lines", lines, above=0, most=MOST_SOUGHT)
    return bisect(
        lambda load: erlang_b(load, lines) > blocked,
        0.0,
        doubled(lambda load: erlang_b(load, lines) > blocked, lines, 0.5 * MOST),
    )


def lines_for_queue(blocked: float, rate: float, handle_time: float, agents: int, *, patience: float = math.inf) -> int:
    """The fewest lines for `agents` and their queue that block at most the share `blocked` (M/M/n/K+M).

    `rate` per second, times in seconds. ValueError when the agents cannot carry the load however many wait.
    """
    check_share("blocked", blocked)

    def met(places: float) -> bool:
        return steady(rate, handle_time, agents, patience=patience, lines=agents + places).blocked <= blocked

    if patience == math.inf and rate * handle_time * (1 - blocked) >= agents:
        raise ValueError(f"blocked: {agents} agents block more than {blocked:g} of the load; add agents")
    return agents + least_whole(met, 0, MOST)
