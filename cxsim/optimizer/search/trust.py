"""The search proper: propose by slopes and cuts, simulate, believe or step back; few replications first, more later.

A proposal that lowers the merit (cost, and shortfalls at about twice their duals) is the next incumbent and widens the
region; another becomes a cut and narrows it. How much more was lost than the slopes said is learned as κ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.search import mending
from cxsim.optimizer.search.cuts import Cut, Region, cut_of, propose
from cxsim.optimizer.search.exchanges import Exchanging, Worth
from cxsim.optimizer.search.gradient import Slopes, slopes
from cxsim.optimizer.search.points import Point, Trier, prices_of, wanted
from cxsim.optimizer.search.profiles import believed
from cxsim.optimizer.search.shortfall import SOFT, STEP, collapsed, counted_by

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.goals import Goals
    from cxsim.optimizer.problem.problem import Problem
    from cxsim.optimizer.search.shortfall import Order
    from cxsim.optimizer.search_params import SearchParams

Floats = npt.NDArray[np.float64]

FAR_DEARER = 1.5  # times the price of a shortfall, with every round in which it is large: it was too low
LEAST_VALUES, LEAST_DAYS = 24, 4  # replications of a plan, and days of slopes, that a time limit leaves at least
STRICT = 2  # goals more than today's roster meets, which a strict search does not give up again
DRY = 1  # looks in a row without a better exchange of shifts, before a program is solved
FREE = 2  # phases of the search for the nearest plan that are not strict
SLOPES_FROM = 200_000  # the first replication that slopes are taken on; each time the next ones


@dataclass(frozen=True)
class Phase:
    """Rounds of a search: replications of each plan and of each difference, agents moved in a cell at most.

    `guard` is how many standard errors of its own replications a plan's slack must keep, besides those of the
    certificate; `dear` multiplies the price of shortfalls, and again `dearer` with every round in which the incumbent
    has them: one agent may be worth more than a shortfall that is smaller than what the agent brings. The plan that the
    phase begins with is the anchor of the others on `anchor` replications, if that is more than theirs. With `looks`
    slopes are taken after so many new incumbents, otherwise when proposals fail; a `mending` phase ends when no goal
    lacks anything.
    """

    name: Literal["cuts", "polish"]
    rounds: int
    values: int
    differences: int
    box: float
    guard: float
    dear: float = 1.0
    dearer: float = 1.0
    anchor: int = 0
    looks: int = 1
    mending: bool = False


@dataclass(frozen=True)
class Wanted:
    """The slack that a plan is to keep: `sigmas` standard errors of `replications`."""

    sigmas: float
    replications: int


@dataclass(eq=False)
class Search:
    """A search under way: what it is told, what it knows, and the best plan so far."""

    problem: Problem
    trier: Trier
    wanted: Wanted
    solver: str = "highs"
    told: Callable[[str, Point, Floats], bool] | None = None  # False ends it
    seen: Slopes | None = None  # as simulated
    found: Slopes | None = None  # as believed
    at: Floats | None = None  # the plan of the last look
    kappa: float = 1.2
    budget: float = 0.0
    cuts: list[Cut] = field(default_factory=list)
    duals: Floats | None = None
    least: Floats | None = None  # slack that is asked whatever is `wanted`
    differences: int = 16  # replications of slopes where no phase says
    taken: int = 0  # replications used for slopes so far
    stopped: bool = False
    counted: Goals | None = None  # the contacts that each goal counts
    order: Order | None = None  # where no plan can meet all goals: how plans compare there
    far: bool = False  # whether intervals far below their floor count for more
    strict: bool = False  # whether a plan that is no worse than today's roster is kept so
    exchanging: Exchanging | None = None  # steps without a program, tried before one

    @property
    def params(self) -> SearchParams:
        return self.problem.params

    @property
    def aim(self) -> int | None:
        return self.trier.aim

    def target(self, point: Point, phase: Phase) -> Floats:
        """The slack (K,) that a plan is to keep."""
        if self.order is not None:  # nothing is proved
            return np.full(len(point.slack), SOFT / 2)
        target = wanted(point.trial, self.wanted.sigmas, self.wanted.replications)
        target += wanted(point.trial, phase.guard, max(point.trial.n, self.trier.known))
        if self.least is not None:
            target = np.maximum(target, self.least)
        if self.aim is not None:
            target[self.aim] = -np.inf
        return target

    def prices(self, phase: Phase, grown: Floats | float = 1.0, at: Point | None = None) -> Floats:
        """What a unit of each goal's shortfall costs (K,), which has `grown` so many times in the phase."""
        assert self.found is not None
        if self.order is not None and at is not None:
            return self.order.prices(at.trial)
        cheapest = prices_of(self.problem, self.found, self.aim, None if at is None else at.x)
        dear = np.minimum(phase.dear * grown, self.params.most_price)
        if self.duals is None or self.problem.model.timeline.days > 1:  # noise has duals of its own
            return np.asarray(dear * cheapest)
        return np.asarray(dear * np.clip(2.0 * self.duals, self.params.least_price * cheapest, cheapest))

    def merit(self, point: Point, target: Floats, price: Floats) -> float:
        """What the search makes small: cost, and what shortfalls below `target` (K,) cost at these prices (K,)."""
        if self.order is not None:
            return self.order.merit(point, self.far)
        if self.aim is not None:
            return point.merit(target, price)
        self.counted = self.counted or counted_by(self.problem)
        return point.merit(target, price) + collapsed(point, target, self.counted, self.params.flat_slack)

    def _better(self, new: Point, at: Point, target: Floats, price: Floats) -> bool:
        """Whether a plan is the better one; where `strict`, it may not become worse than today's roster for that."""
        if self.order is not None and self.strict:
            orders = [[not self.order.no_worse(one.trial, spare) for spare in (0, STRICT)] for one in (new, at)]
            if orders[0] != orders[1]:
                return orders[0] < orders[1]
        return self.merit(new, target, price) < self.merit(at, target, price) - 1e-9

    def look(self, point: Point, phase: Phase, times: int = 1) -> None:
        """Take slopes at a plan, on so many `times` the replications, and average them with the earlier ones.

        Where no plan can meet all goals, earlier ones of the same plan count in full.
        """
        start, count = SLOPES_FROM + self.taken, times * phase.differences
        new = slopes(self.problem, point.levels, range(start, start + count))
        self.taken += count
        same = self.order is not None and self.at is not None and np.array_equal(self.at, point.x)
        memory = 1.0 if same else self.params.slope_memory
        self.seen, self.at = new if self.seen is None else new.blended(self.seen, memory), point.x
        several = self.problem.model.timeline.days > 1
        self.found = believed(self.problem, self.seen, point.trial) if several else self.seen.calmed()
        if self.exchanging is not None:
            self.exchanging.looked()

    def _exchanged(self, at: Point, phase: Phase) -> Point | None:
        """The plan after exchanges of shifts, simulated; None where a program is to find the next."""
        if self.exchanging is None or self.order is None or self.found is None:
            return None
        lacking = partial(self.order.lacking, far=self.far)
        x = self.exchanging.step(at, self.found, Worth(self.order.prices(at.trial), lacking, self.kappa))
        return None if x is None else self.trier(x, phase.values)

    def run(self, start: Point, phase: Phase) -> list[Point]:
        """The plans of one phase that were best in turn, the best last."""
        self.differences = phase.differences
        at = self.trier(start.x, phase.values)
        best = [at]
        agents = max(at.levels.sum() / (self._spread), 1.0)
        first = self.params.first_moved if self.order is None else STEP
        self.budget = self.budget or max(self.params.least_moved, first * agents)
        moves, failures, grown = max(phase.looks, 1) * bool(phase.looks), 0, np.ones(len(at.slack))
        looked = 0  # failures at the last look
        dry = 0  # looks in a row without a better exchange
        worth: list[float] = []
        for _ in range(phase.rounds):
            old = failures and failures % 3 == 0 and failures != looked
            if (phase.looks and moves >= phase.looks) or old or self.found is None:
                self.look(at, phase)
                moves, looked = 0, failures
            assert self.found is not None
            target = self.target(at, phase)
            if (new := self._exchanged(at, phase)) is not None:
                better = self._better(new, at, target, np.zeros(0))
                assert self.exchanging is not None
                many = self.exchanging.learn(better)
                if better:
                    at, moves = new, phase.looks if many else moves + 1
                    failures = looked = dry = 0
                    best.append(new)
                if self.told is not None and not self.told(phase.name, at, target):
                    self.stopped = True
                    break
                continue
            if self.exchanging is not None and self.order is not None and dry < DRY:
                self.look(at, phase, 2)  # cheaper than a program, and more is known then
                dry, moves = dry + 1, 0
                continue
            lacking = at.slack < target
            if phase.mending and not lacking.any():
                break
            price = self.prices(phase, grown, at)
            far = at.slack < target - self.params.far_lacking
            grown = np.where(lacking, grown * np.where(far, max(phase.dearer, FAR_DEARER), phase.dearer), grown)
            region = Region(phase.box, self.budget, np.full(len(price), self.kappa))
            proposal = propose(
                self.problem, at, self.found, region, target, price, tuple(self.cuts), aim=self.aim, solver=self.solver
            )
            if proposal is None:
                break
            capped = np.minimum(proposal.duals, price)
            self.duals = capped if self.duals is None else 0.5 * (self.duals + capped)
            new = self.trier(proposal.x, phase.values)
            self._learn(at, new, proposal.slack)
            size = float(np.abs(new.levels - at.levels).sum()) / self._spread or self.budget
            better = self._better(new, at, target, price)
            if better:
                self._keep(cut_of(at, self.found, flat=self.params.flat_slack))
                at, moves = new, moves + 1
                failures = looked = dry = 0
                best.append(new)
                self.budget = min(
                    self.budget * self.params.grow, max(self.params.least_moved, self.params.most_moved * agents)
                )
            else:
                self._keep(
                    None if np.array_equal(new.x, at.x) else cut_of(new, self.found, flat=self.params.flat_slack)
                )
                failures += 1
                self.budget = max(self.params.least_moved, min(self.budget, size) * self.params.shrink)
                dearer = phase.dearer > 1.0 and bool(lacking.any()) and self.order is None  # may still help
                if failures >= self.params.most_failures and self.budget <= self.params.least_moved and not dearer:
                    break
            if self.told is not None and not self.told(phase.name, at, target):
                self.stopped = True
                break
            worth.append(self.merit(at, target, price))
            if not phase.mending and self._stalls(worth, at, target):
                break
        return best

    def _stalls(self, worth: list[float], at: Point, target: Floats) -> bool:
        """Whether the last rounds brought next to nothing to a plan that lacks nothing."""
        n, least = self.params.stall_rounds, self.params.stall_gain * abs(worth[-1])
        n *= 1 if self.order is None else 2  # a step that fails says little: the next is smaller
        ready = self.order is not None or bool((at.slack >= target).all())
        return len(worth) > n and ready and worth[-1 - n] - worth[-1] < least

    @property
    def _spread(self) -> float:
        """Over how many intervals one agent is counted: all of them in steady state."""
        timeline = self.problem.model.timeline
        return float(timeline.open_mask.sum()) if timeline.steady else 1.0

    def _keep(self, cut: Cut | None) -> None:
        if cut is not None:
            self.cuts = [*self.cuts[1 - self.params.most_cuts :], cut]

    def _learn(self, at: Point, new: Point, expected: Floats) -> None:
        lost, really = at.slack - expected, at.slack - new.slack
        told = lost > self.params.learn_from
        if told.any():
            ratio = float(really[told].sum() / lost[told].sum())
            self.kappa = float(
                np.clip(
                    self.kappa * math.sqrt(np.clip(ratio, 0.6, 1.6)),
                    self.params.least_curvature,
                    self.params.most_curvature,
                )
            )

    def repair(self, x: Floats, known: Trial, lacking: Floats) -> Floats | None:
        """A plan near `x`, of which the trial is `known`, with the slack (K,) that it lacks; None if none is found.

        What is lacking is made dearer until nothing is.
        """
        few = min(known.n, int(np.clip(known.n // 16, mending.least_of(self.problem), self.params.most_repair)))
        phase = Phase(
            "polish",
            self.params.repair_rounds,
            few,
            2 * self.differences,
            1.0,
            0.0,
            4.0,
            2.0,
            looks=False,
            mending=True,
        )
        trier = replace(self.trier, first=int(known.replications[0]), anchor=known, _kept={})
        least = np.where(lacking > 0.0, known.slack + lacking, -np.inf)
        mender = replace(
            self, trier=trier, least=least, told=None, cuts=[], duals=None, budget=2.0 * self.params.least_moved
        )
        start = trier(x, few)
        found = mender.run(start, phase)[-1]
        self.seen, self.found, self.kappa, self.taken = mender.seen, mender.found, mender.kappa, mender.taken
        return None if np.array_equal(found.x, start.x) else found.x

    def topped_up(
        self, x: Floats, known: Trial, lacking: Floats, tried: Callable[[Floats], object] | None = None
    ) -> Floats | None:
        """`x`, of which the trial is `known`, with people until nothing of the slack (K,) is lacking; see `mending`."""
        return None if self.found is None else mending.topped_up(self.problem, self.found, x, known, lacking, tried)

    def thinned(self, x: Floats, known: Trial, spare: Floats) -> Floats | None:
        """`x`, of which the trial is `known`, without people whom the goals can do without; see `mending`."""
        return None if self.found is None else mending.thinned(self.problem, self.found, x, known, spare)


def phases(
    contacts: float, groups: int, cells: int, thorough: float = 1.0, full_size: int = 200, days: int = 1
) -> tuple[Phase, ...]:
    """The phases for a problem of so many contacts a replication, groups, groups × intervals, and counted days.

    Slopes need days, whether of one week or of several.
    """
    size = max(contacts, 1.0) * math.sqrt(max(1.0, full_size / cells))
    least = max(2, math.ceil(8 / days))
    differences = int(np.clip(max(60_000 / size, 50 / groups / days), least, 48))
    few, some, many = (
        int(np.clip(millions * 1e6 / size, *limits))
        for millions, limits in ((1.5, (48, 400)), (3.0, (64, 800)), (6.0, (96, 1200)))
    )
    long, longest = (
        int(np.clip(millions * 1e6 / size, *limits)) for millions, limits in ((12.0, (256, 4000)), (20.0, (512, 6000)))
    )
    rounds = [max(1, round(n * thorough)) for n in (14, 14, 6)]
    return (
        Phase("cuts", rounds[0], few, differences, 2.0, 0.0, looks=1 if days == 1 else 2),
        Phase("polish", rounds[1], some, differences, 2.0, 0.5, 1.5, 1.25, long, looks=3),
        Phase("polish", rounds[2], many, differences, 1.0, 1.0, 3.0, 1.5, longest, looks=0),
    )


def fitted(plan: tuple[Phase, ...], designs: int, replications: float, days: int = 1) -> tuple[Phase, ...]:
    """The phases with half the rounds of polish and fewer replications each, if there is time for so many in all.

    `designs` are the trials of a look at the slopes, `days` those counted in a replication: slopes need days, whether
    of one week or of several. With fewer than `LEAST_VALUES` and `LEAST_DAYS` chance would pick the plans: then time
    ends the search before its last phases.
    """
    least = max(2, math.ceil(LEAST_DAYS / days))

    def part_of(plan: tuple[Phase, ...]) -> float:
        looks = [phase.rounds // phase.looks if phase.looks else 0 for phase in plan]
        asked = sum(
            phase.rounds * phase.values + many * designs * phase.differences + phase.anchor
            for phase, many in zip(plan, looks, strict=True)
        )
        return replications / max(asked, 1)

    if part_of(plan) >= 1.0:
        return plan
    plan = (plan[0], *(replace(phase, rounds=-(-phase.rounds // 2)) for phase in plan[1:]))
    part = min(part_of(plan), 1.0)

    def fewer(count: int, least: int) -> int:
        return max(min(count, least), round(part * count))

    return tuple(
        replace(
            phase,
            values=fewer(phase.values, LEAST_VALUES),
            differences=fewer(phase.differences, least),
            anchor=fewer(phase.anchor, 2 * LEAST_VALUES),
        )
        for phase in plan
    )


def nearing(first: Phase) -> tuple[Phase, ...]:
    """The phases where no plan meets all goals, by the first of `phases`: each has more replications than the last."""
    rounds, values = 2 * first.rounds, first.values
    return tuple(
        replace(first, name="polish" if n else "cuts", rounds=rounds, values=(1 + n) * values, looks=3)
        for n in range(4)
    )


def search(run: Search, starts: Sequence[Floats], plan: tuple[Phase, ...]) -> Point:
    """The best plan after all phases, from columns `starts`, the best last; each goes on from the best few before."""
    best = [run.trier(start, plan[0].values) for start in starts]
    every = list(best)
    for number, phase in enumerate(plan):
        run.far, run.strict = phase.name == "cuts", number >= FREE
        if number:
            run.trier.anchor = None
            if run.order is not None:
                run.order.dearer(best[-1])
            if phase.anchor > phase.values:
                run.trier.anchor = run.trier(best[-1].x, phase.anchor).trial
            again = [run.trier(point.x, phase.values) for point in best[-run.params.elite :]]
            target, price = run.target(again[-1], phase), run.prices(phase, at=again[-1])
            again.sort(key=lambda point: run.merit(point, target, price))
            best = [again[0]]
            if run.order is not None and run.strict:
                order = run.order
                kept = run.trier(min(every, key=lambda point: order.key(point.cost, point.trial)).x, phase.values)
                best = [min((again[0], kept), key=order.merit)]
            run.cuts = [cut for cut in run.cuts if cut.slack.min(initial=0.0) > -run.params.flat_slack / 2]
            run.budget = max(
                run.params.least_moved, min(run.budget, run.params.first_moved * 0.3 * float(best[0].levels.sum()))
            )
            if run.order is not None:  # each phase begins with steps of its own
                run.budget = 0.0
        best += run.run(best[-1], phase)[1:]
        every += best
        if run.stopped:
            break
    return best[-1]
