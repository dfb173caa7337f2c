"""The fluid program: staffing, allocation and the flows that come back, as one linear program.

For each reason r and open interval i: contacts served by each group, contacts lost, and

    served + lost = fresh + redials of the lost + repeats of the unresolved,

where who serves decides what is unresolved, so the program sends work where it is resolved best. No group works more
time than its agents are present. What keeps a plain fluid from being a plan is chance; three ways to bring it in:

- `none`: none at all; a contact served counts as answered in time. In steady state this is a relaxation of every
  plan: its long-run averages keep the flows and the agents' time, and answered in time is part of answered; limits
  on attempts loosen the flows by their share. So the bound is rigorous there, for plain goals (`Fluid.rigorous`). For
  a day that changes, contacts and agents move over the edges of intervals, and the bound is heuristic.
- `pooled`: besides, what a set of reasons can have in time is at most what one queue of them all would give to all
  agents who can serve any of them (Erlang A, its concave majorant). Sets are added where they are broken. A better
  bound, heuristic.
- `own`: agents are allotted to reasons, each an Erlang-A queue of its own: a start, no bound.

The curves belong to the contacts offered at a reference and scale with them, so solving and taking new references
is repeated a few times. Where returns are spread over very many intervals they are those of contacts that are all
served, by each group that can alike. Balking, full queues and lines, segments, and forecasts other than the scenario
as it is are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cxsim.erlang.vectorised import figures
from cxsim.optimizer.fluid.blocks import Columns, Reference
from cxsim.optimizer.fluid.contact_flows import Flows, flows
from cxsim.optimizer.fluid.rows import in_goals, program_of
from cxsim.optimizer.problem.stage import Impossible, TimeUp
from cxsim.optimizer.solver.program import Program, Solution
from cxsim.optimizer.solver.solve import conflict, solve
from cxsim.report.common.formats import quantity
from cxsim.rules.ivr_steps import straight
from cxsim.schema.service_levels import SL_DEFINITIONS

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.optimizer.problem.goals import Goal
    from cxsim.optimizer.problem.problem import Problem

Floats = npt.NDArray[np.float64]
Erlang = Literal["none", "pooled", "own"]
ROUNDS = {"none": 1, "pooled": 4, "own": 3}
BROKEN = 2e-3  # by how much of its contacts a set may have more in time than a queue of them all
MOST_SETS = 10  # reasons of which every set is looked at


@dataclass(frozen=True, eq=False)
class Fluid:
    """An answer of the fluid program; R reasons, G groups, I counted intervals, K goals asked.

    `levels` (G, I) agents, fractional; `x` the columns of the structure; `cost` money as the objective counts it,
    staff and contacts; `bound` below the cost of every plan, as far as `rigorous` says. `allocation` (R, G, I) are
    contacts an hour served, `offered`, `lost`, `redials`, `repeats` (R, I) contacts an interval, `sl` (R, I) the share
    in time that the program believes. `left_out` are the titles of the goals it does not hold.
    """

    levels: Floats
    x: Floats
    cost: float
    bound: float
    rigorous: bool
    status: str
    allocation: Floats
    offered: Floats
    lost: Floats
    redials: Floats
    repeats: Floats
    sl: Floats
    duals: pd.DataFrame
    left_out: tuple[str, ...]
    seconds: float
    flows: Flows
    program: Program = field(repr=False)
    columns: Columns = field(repr=False)

    def served_by(self) -> pd.DataFrame:
        """Who serves what: reason, group, share of the reason's contacts, rank by share; groups not used left out."""
        import pandas as pd

        total = self.allocation.sum(axis=2)
        share = total / np.maximum(total.sum(axis=1, keepdims=True), 1e-12)
        rows = []
        for r, reason in enumerate(self.flows.reasons):
            order = [int(g) for g in np.argsort(-share[r], kind="stable") if share[r, g] > 1e-4]
            rows += [(reason, self.flows.groups[g], share[r, g], k + 1) for k, g in enumerate(order)]
        return pd.DataFrame(rows, columns=["reason", "group", "share", "rank"])


def fluid(
    problem: Problem,
    *,
    goals: Sequence[Goal] | None = None,
    erlang: Erlang = "none",
    returns: tuple[Floats, Floats] | None = None,
    offsets: npt.ArrayLike = 0.0,
    bonus: npt.ArrayLike = 0.0,
    fresh: Floats | None = None,
    reference: Fluid | None = None,
    rounds: int | None = None,
    method: Literal["choose", "simplex", "ipm"] = "ipm",
    explained: bool = True,
    whole: float = 0.0,
) -> Fluid:
    """Solve the fluid program of a problem.

    `goals` in place of the problem's; `returns`: redials and repeats (R, I) measured in a simulation, in place of flows
    that follow from who serves; `offsets` (K,) are added to what each goal requires, `bonus` (R, I) to the share in
    time that the curves give; `fresh` (R, I) in place of the expected contacts; `reference` an earlier answer from
    which the curves' contacts are taken; `whole` seconds for the same with whole agents, at the end. Raises Impossible
    where no staff can meet the goals, with the rows that contradict one another if that is to be `explained`, which
    takes long; TimeUp where a deadline is over before the first round is.
    """
    asked = tuple(problem.goals.goals if goals is None else goals)
    stream = flows(problem.model, fresh)
    now = Reference.of(stream, returns) if reference is None else _reference(stream, reference)
    lines = _lines(problem, stream) if erlang == "pooled" else np.zeros(0, np.int64)
    first = sets = _first_sets(stream, lines) if erlang == "pooled" else ()
    shift = np.broadcast_to(np.asarray(offsets, np.float64), (len(asked),))
    given = np.asarray(bonus, np.float64)
    extra = _folded(np.broadcast_to(given, (len(stream.reasons), problem.structure.n_intervals)), stream)
    frozen = None if returns is None else tuple(_summed(part, stream) for part in returns)
    made: tuple[Program, Columns] | None = None
    found: Solution | None = None
    seconds = 0.0
    options: dict[str, Any] = {"erlang": erlang, "returns": frozen, "offsets": shift, "bonus": extra}
    for _ in range(ROUNDS[erlang] if rounds is None else rounds):
        try:
            trial = program_of(stream, problem, asked, now=now, sets=sets, **options)
            answer = solve(trial[0], method=method)
        except TimeUp:
            if found is None:
                raise
            break
        made, found = trial, answer
        seconds += found.seconds
        if not found.found:
            if found.status == "infeasible" and not explained:
                raise Impossible("the goals cannot be met")
            _refuse(problem, made[0], found, asked)
        if erlang != "pooled" or len(sets) == len(first):
            now = now.moved(stream, made[1], found.x)
        if erlang == "pooled":
            more = _broken(stream, made[1], found.x, now, sets, lines)
            if not more:
                break
            sets = (*sets, *more)
    if whole > 0.0:
        trial = program_of(stream, problem, asked, now=now, sets=sets, whole=True, **options)
        answer = solve(trial[0], seconds=whole)
        seconds += answer.seconds
        if answer.found:
            made, found = trial, answer
    assert made is not None and found is not None
    coupled = returns is None and not stream.dense
    return _answer(problem, stream, asked, made[0], made[1], found, erlang, coupled, seconds)


def _reference(stream: Flows, earlier: Fluid) -> Reference:
    served = _summed(earlier.allocation, stream) * _hours(stream)
    work = np.where(stream.able[:, :, None], stream.handle_in(), 0.0)
    contacts = served.sum(axis=1)
    mean = np.einsum("rgi,rgi->ri", served, work) / np.where(contacts > 0.0, contacts, 1.0)
    plain = Reference.of(stream, None)
    handle = np.where(contacts > 0.0, mean, plain.handle)
    levels, blend = None if stream.steady else earlier.levels, earlier.columns.blend
    return Reference(_summed(earlier.offered, stream), handle, levels, served, None if blend is None else blend.part)


def _hours(stream: Flows) -> Floats:
    return stream.open_seconds / 3600.0


def _summed(values: Floats, stream: Flows) -> Floats:
    """Counts by interval as the flows have them: all in one in steady state."""
    return values.sum(axis=-1, keepdims=True) if stream.steady else values


def _folded(values: Floats, stream: Flows) -> Floats:
    return values.mean(axis=-1, keepdims=True) if stream.steady else values


def _refuse(problem: Problem, program: Program, found: Solution, asked: Sequence[Goal]) -> None:
    if found.status != "infeasible":
        raise RuntimeError(f"the fluid program ended {found.status!r}")
    inner = ("flow, ", "time, ", "levels, ", "ends, ", "unresolved, ", "in time, ")
    rows = tuple(name for name in conflict(program) if not name.startswith(inner))
    text = "no staff within the limits can meet the goals: "
    text += "these cannot hold at the same time: " + "; ".join(rows) if rows else "the limits allow too little staff"
    raise Impossible(text, conflict=rows)


# --- Sets of reasons ------------------------------------------------------------------------------------------------


def _lines(problem: Problem, stream: Flows) -> npt.NDArray[np.int64]:
    """The reasons whose contacts wait in line for an agent of their own, and for less than an interval to be in time.

    Of chats, mail, lists and conversations, and of queues that turn contacts away, Erlang's queue says nothing.
    """
    scenario, queues = problem.scenario, list(problem.scenario.queues.values())
    out = []
    for r, q in enumerate(stream.queue_of.tolist()):
        queue, channel = queues[q], scenario.channels[queues[q].channel]
        plain = channel.concurrent == 1 and not (channel.deferrable or channel.interruptible)
        plain &= queue.outbound is None and queue.turns is None and queue.capacity is None
        if plain and (stream.steady or stream.within[r] < problem.model.timeline.interval):
            out.append(r)
    return np.array(out, np.int64)


def _first_sets(stream: Flows, lines: npt.NDArray[np.int64]) -> tuple[tuple[tuple[int, ...], int], ...]:
    """All reasons that wait in line together and each by itself, in each interval with contacts."""
    every = tuple(lines.tolist())
    if not every:
        return ()
    sets = [every, *((r,) for r in every)] if len(every) > 1 else [every]
    busy = np.flatnonzero(stream.fresh[lines].sum(axis=0) > 0.0)
    return tuple((one, int(i)) for one in sets for i in busy)


def _candidates(stream: Flows, lines: npt.NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Sets of reasons worth looking at: all of few reasons; of many, those of each group and of each pair."""
    n = len(lines)
    if n <= MOST_SETS:
        return [tuple(int(r) for b, r in enumerate(lines) if k >> b & 1) for k in range(1, 2**n)]
    found = {tuple(lines[able[lines]].tolist()) for able in stream.able.T}
    found |= {tuple(sorted({*a, *b})) for a in found for b in found}
    return sorted(one for one in found if one)


def _broken(
    stream: Flows,
    columns: Columns,
    x: Floats,
    now: Reference,
    sets: Sequence[tuple[tuple[int, ...], int]],
    lines: npt.NDArray[np.int64],
) -> tuple[tuple[tuple[int, ...], int], ...]:
    """The set that is most over its curve in each interval, where one is."""
    levels, in_time, lost = columns.levels_at(x), columns.in_time_at(x), columns.lost_at(x)
    there = set(sets)
    out = []
    all_sets = _candidates(stream, lines)
    if not all_sets:
        return ()
    member = np.array([[r in one for r in range(len(stream.reasons))] for one in all_sets], dtype=np.float64)
    able = (member @ stream.able) > 0.0
    longest = np.array([stream.patience[list(one)].max() for one in all_sets])
    loses = columns.loses and bool(np.isfinite(longest).all())
    for i in columns.intervals:
        told = now.pooled(stream, member, int(i))
        agents = able @ levels[:, i]
        busy = told[0] > 1e-12
        sl = np.ones(len(all_sets))
        rate, handle, patience, within = (part[busy] for part in told)
        sl[busy] = figures(rate, handle, patience, agents[busy], within, stream.definition, stream.short)[0]
        contacts = np.maximum(member @ now.offered[:, i], 1e-12)
        over = member @ in_time[:, i] / contacts - sl
        if loses:
            gone = np.zeros(len(all_sets))
            gone[busy] = figures(rate, handle, longest[busy], agents[busy], within, stream.definition, stream.short)[2]
            over = np.maximum(over, gone - member @ lost[:, i] / contacts)
        over[~busy] = 0.0
        for k in np.argsort(-over)[:3]:
            if over[k] > BROKEN and (all_sets[k], int(i)) not in there:
                out.append((all_sets[k], int(i)))
    return tuple(out)


# --- The answer -----------------------------------------------------------------------------------------------------


def _answer(
    problem: Problem,
    stream: Flows,
    asked: Sequence[Goal],
    program: Program,
    columns: Columns,
    found: Solution,
    erlang: Erlang,
    coupled: bool,
    seconds: float,
) -> Fluid:
    structure, x = problem.structure, found.x
    served = columns.served_at(x)
    lost, offered = columns.lost_at(x), columns.offered_at(x)
    redials = stream.redials(lost)
    repeats = stream.repeats(np.einsum("rgi,rg->ri", served, stream.failing))
    held = in_goals(stream, asked)
    rigorous = erlang == "none" and coupled and _relaxes(problem, stream, asked)
    hours = np.where(_hours(stream) > 0.0, _hours(stream), 1.0)
    cost = found.objective + columns.constant
    with np.errstate(divide="ignore", invalid="ignore"):
        sl = columns.in_time_at(x) / offered
    spread = structure.n_intervals if stream.steady else 1

    def unfolded(values: Floats, share: bool = False) -> Floats:
        return np.repeat(values, spread, axis=-1) / (1 if share else spread)

    return Fluid(
        levels=structure.levels(x[columns.x]),
        x=x[columns.x],
        cost=cost,
        bound=found.bound + columns.constant,
        rigorous=rigorous,
        status=found.status,
        allocation=unfolded(served / hours, share=True),
        offered=unfolded(offered),
        lost=unfolded(lost),
        redials=unfolded(redials),
        repeats=unfolded(repeats),
        sl=unfolded(sl, share=True),
        duals=_explained(program, columns, found, offered),
        left_out=tuple(goal.title for goal, holds in zip(asked, held, strict=True) if not holds),
        seconds=seconds,
        flows=stream,
        program=program,
        columns=columns,
    )


def _relaxes(problem: Problem, stream: Flows, asked: Sequence[Goal]) -> bool:
    """Whether the long-run averages of every plan satisfy the program without chance.

    In steady state, where all contacts not answered give up in a queue, agents of a group are alike, and goals are on
    shares of contacts: not FCR, which counts first answers where the program counts all.
    """
    scenario = problem.scenario
    plain = all(not queue.overflow and queue.capacity is None for queue in scenario.queues.values())
    plain &= all(channel.lines is None and channel.balk == 0.0 for channel in scenario.channels.values())
    plain &= not any(channel.deferrable or channel.interruptible for channel in scenario.channels.values())
    plain &= not any(skill.reserve for group in scenario.groups.values() for skill in group.skills.values())
    plain &= not any(reason.balk for reason in scenario.reasons.values())
    plain &= straight(scenario)
    plain &= all(group.spread.handle_time == group.spread.resolution == 0.0 for group in scenario.groups.values())
    of_offered = SL_DEFINITIONS[stream.definition].of_offered
    shares = ("abandoned_share", "answered_share", "occupancy", "answered_within_20s", "answered_within_60s")
    known = all(goal.days is None and (goal.figure in shares or (goal.figure == "sl" and of_offered)) for goal in asked)
    return stream.steady and bool((stream.patience < np.inf).all()) and plain and known


def _explained(program: Program, columns: Columns, found: Solution, offered: Floats) -> pd.DataFrame:
    """What the rows of goals hold the cost at; hints of what to simulate, not prices."""
    import pandas as pd

    rows = []
    for row, goal, size in columns.goal_rows:
        dual = float(found.duals[row])
        if abs(dual) * size <= 1e-9:
            continue
        point = dual * size * 0.01
        what = "one point more" if goal.bound == "min" else "one point less"
        rows.append((goal.title, point, f"{what} of {goal.title} might cost about {abs(point):.3g}; simulate to know"))
    return pd.DataFrame(rows, columns=["row", "dual", "sentence"])


def reachable(problem: Problem, goals: Sequence[Goal] | None = None) -> dict[str, tuple[float, str]]:
    """The goals that no staff allowed can reach: title → (best value reachable, the proof in words).

    Each goal by itself, over all staffing that the structure allows, without a budget on quality: by the fluid
    program, whose answered contacts all count as in time. Ratios are made best by Dinkelbach's method.
    """
    asked = tuple(problem.goals.goals if goals is None else goals)
    stream = flows(problem.model)
    out: dict[str, tuple[float, str]] = {}
    for goal, holds in zip(asked, in_goals(stream, asked), strict=True):
        if not holds:
            continue
        best = best_value(problem, stream, goal)
        worse = best < goal.required if goal.at_least else best > goal.required
        if worse and abs(best - goal.required) > 1e-6:
            most = "at most" if goal.at_least else "at least"
            out[goal.title] = (
                best,
                f"{goal.title}: {_shown(goal, goal.required)} is out of reach; with all staff within the limits, and"
                f" each contact given to the agent who handles it best, it is {most} {_shown(goal, best)}",
            )
    return out


def _shown(goal: Goal, value: float) -> str:
    """A value of a goal in its unit; with all its digits where rounding would make it equal to what is required."""
    text = quantity(value, goal.unit)
    return f"{value:.6g}" if value != goal.required and text == quantity(goal.required, goal.unit) else text


def best_value(problem: Problem, stream: Flows, goal: Goal, kept: Sequence[Goal] = ()) -> float:
    """The best value of one goal's figure that the fluid program allows, with the goals `kept` as far as it holds them.

    FCR is that of first answers, so it is made best without contacts that come back: these are mostly those that are
    hard to resolve, and leave less time for the others.
    """
    now = Reference.of(stream, None)
    ratio = goal.required
    none = (np.zeros_like(stream.fresh), np.zeros_like(stream.fresh)) if goal.figure == "fcr_true" else None
    for _ in range(8):
        program, columns = program_of(
            stream, problem, (goal, *kept), erlang="none", now=now, aim=(goal, ratio), returns=none
        )
        found = solve(program)
        if not found.found:
            return ratio
        above, below = columns.sides_at(found.x)
        if below <= 1e-9 or abs(above / below - ratio) < 1e-7:
            return above / below if below > 1e-9 else ratio
        ratio = above / below
    return ratio
