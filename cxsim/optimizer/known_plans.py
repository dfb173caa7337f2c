"""Plans that are known before the search and beside it: where it begins, and what its answer must not be dearer than.

Today's staffing, Erlang C for each queue alone, the linear program's plan, and the best of these with everybody
multiplied until it serves: a plan that works, within seconds. The search begins with the best of them; at its end,
the cheapest that surely meets the goals is the answer, whatever it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.certificate.certify import lacking as goals_lacking
from cxsim.optimizer.first_plans import ERLANG, TODAY, given, near_plan, of_program, usual, was_certified, within_budget
from cxsim.optimizer.optimization_result import Optimum
from cxsim.optimizer.problem.stage import Impossible, TimeUp
from cxsim.optimizer.problem.structure import limits_of
from cxsim.optimizer.search.growing import grown
from cxsim.optimizer.search.points import worth
from cxsim.optimizer.search.trimming import trimmed
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.optimizer.run import Run
    from cxsim.optimizer.search.points import Point, Trier
    from cxsim.optimizer.search.shortfall import Order
    from cxsim.optimizer.search.trust import Wanted

Floats = npt.NDArray[np.float64]

CLOSE = 0.05  # slack of the worst goal within which a plan fits a scenario that it was not made for
UNSPENT = 0.9  # of the budget, below which a plan is remarked on
LOOKS = 24  # replications of a first look
MOST_GROWN = 12  # times that a first plan gets more people
GROWN = (1.04, 1.08, 1.14, 1.25, 1.5, 2.0)  # factors on everybody, tried until a plan serves
PATIENT = 30.0  # s for the shifts of a first plan where a time limit left no time for any
IN_HASTE = 128  # replications on which plans are compared where time is over
LEAST = 4  # replications of one under a time limit
SPARE = (0, 2, 5)  # goals that a plan meets more than today's roster, see `Order.no_worse`
WORTH_A_PROOF = 0.002  # of the cost that a plan on the way must save; its own proof adds about as much
MET = "meets the goals, and no cheaper plan could be proved to"
PROGRAM = "The linear program's plan"
RESUMED, NEAR = "The plan that was resumed", "The plan of a scenario like this one"
SCALED, TRIMMED, VISITED = "A start with more people", "A start with fewer people", "An earlier plan"


@dataclass(eq=False)
class Known:
    """Plans that are known, by name, as columns (N,) of the structure; `best` is what the search would answer now."""

    run: Run
    trier: Trier
    wanted: Wanted
    replications: int
    confidence: float
    keep: Callable[[Point], None]  # stores the plan that would be the answer now
    plans: dict[str, Floats] = field(default_factory=dict)
    best: Floats = field(default_factory=lambda: np.zeros(0))
    meeting: Floats | None = None  # the cheapest that met every goal when it was simulated
    topped_up: Floats | None = None  # the plan that its proof was about to simulate, with people for what it lacked
    exact: bool = False  # whether every cheaper plan was tried
    order: Order | None = None  # where no plan can meet all goals: how plans compare there
    nearest: dict[int, Point] = field(default_factory=dict)  # the best then, by what it has to spare: see `SPARE`
    near: bool = False  # whether a start is the answer of a search for a scenario like this one
    _best_worth: float = np.inf
    _meeting: Point | None = None
    _visited_cost: float = np.inf

    def visited(self, point: Point, target: Floats) -> None:
        """Keep the cheapest plan of the search that has its slack (K,), so that later steps cannot lose it."""
        if self.order is not None:
            self._comes_nearer(point)
            return
        self._meets(point)
        self.best = self.worth_a_proof(point).x
        if point.cost < self._visited_cost and bool((point.slack >= target).all()):
            self.plans[VISITED], self._visited_cost = point.x, point.cost
        self.keep(self._meeting or point)

    def starts(self, resume: str | Path | Optimum | Floats | None) -> list[Floats]:
        """Columns to begin from, the best last. Raises Impossible.

        Until there is a first plan, nothing is stopped by a time limit. The plan of a scenario like this one is a start
        beside the others: what it was best for may be what is different here.
        """
        self.run.until(None)
        points: list[Point] = []
        if isinstance(resume, Optimum):
            points += [self._look(NEAR, x, self.replications) for x in near_plan(self.run, resume, self._patience())]
            self.near = resume.certified and any(map(_fits, points))
        elif resume is not None:
            points = [self._look(RESUMED, x, self.replications) for x in given(self.run, resume)]
            self.near = not isinstance(resume, np.ndarray) and was_certified(Path(resume)) and _fits(points[0])
            if self.order is not None:  # what the earlier run gave may be worse than today's roster
                points += [self._look(name, x) for name, x in self._usual() if name == TODAY]
            elif self.run.aim is None and not isinstance(resume, np.ndarray):
                self._told_of_resumed(points[0])
                points += self._serving(points)
            points.sort(key=self._worth, reverse=True)
            return [point.x for point in points]
        near = points[:1]
        if self.run.aim is None:
            for name, x in self._usual():
                points.append(self._look(name, x))
            points += self._serving(points)
            points += self._trimmed(points)
        else:
            points += [self._look(name, x) for name, x in self._within_budget()]
        if not points and self.run.program is None:  # a plan that is late is better than none
            points = [self._look(name, x) for name, x in self._usual(PATIENT)]
        if not points and self.run.program is None:
            raise Impossible(
                "--time-limit: time ran out before there was any plan, and the current roster has no agents;"
                " allow more time"
            )
        good = self.near or TRIMMED in self.plans
        if self.run.seconds is None or not good:  # a search with a good start needs the time for itself
            try:
                for x in of_program(self.run, self.run.affordable(0.02, self.replications)):
                    points.append(self._look(PROGRAM, x))
            except TimeUp:
                pass
        self.run.until(self.run.search_share)
        points.sort(key=self._worth, reverse=True)
        if self.near and near[0].cost <= points[-1].cost:  # what it lacks is little, and soon mended
            points.append(near[0])
        self.near = self.near and points[-1] in near
        self.best = points[-1].x
        return [point.x for point in points]

    def _told_of_resumed(self, point: Point) -> None:
        """Say what the plan that is given does in this scenario, which may have changed since."""
        met, count = int((point.slack >= 0.0).sum()), len(point.slack)
        currency = self.run.problem.scenario.currency
        self.run.messages.append(
            f"The search began with the given plan: in this scenario it costs {point.cost:,.2f} {currency} and meets"
            f" {met} of {count} goals."
        )

    def _worth(self, point: Point) -> tuple[bool, float]:
        """Key by which starts are compared; lower is better."""
        return (False, worth(point)) if self.order is None else self.order.key(point.cost, point.trial)

    def _comes_nearer(self, point: Point) -> None:
        """Keep the best plan where none can meet all goals, and the best that beat today's with some to spare.

        On other replications a plan that was just as good as today's roster may be worse.
        """
        order = self.order
        assert order is not None
        for spare in SPARE:
            kept = self.nearest.get(spare)
            if kept is None or order.key(point.cost, point.trial, spare) < order.key(kept.cost, kept.trial, spare):
                self.nearest[spare] = point
        self.best = self.nearest[0].x
        self.plans[VISITED] = self.best
        self.keep(self.nearest[0])

    def _meets(self, point: Point) -> None:
        if (self._meeting is None or point.cost < self._meeting.cost) and bool((point.slack >= 0.0).all()):
            self.meeting, self._meeting = point.x, point

    def worth_a_proof(self, point: Point) -> Point:
        """The plan of the search; where it lacks more than a proof could mend, one known that lacks nothing."""
        far = float(point.slack.min(initial=0.0)) < -self.run.params.far_lacking
        return min(point, self._meeting, key=worth) if far and self._meeting is not None else point

    def in_haste(self, *more: Floats) -> Floats:
        """The plan to give where time is over before any is proved.

        One that met the goals, if there is one. Under a time limit that was on few replications: of it, the search's
        own plans and any `more`, the one that is worth most on more of them.
        """
        first = self.best if self.meeting is None else self.meeting
        rest = [x for x in (self.best, self.topped_up, self.plans.get(VISITED), *more) if x is not None and x.size]
        if self.run.seconds is None or all(np.array_equal(x, first) for x in rest):
            return first
        self.run.until(None)
        n = self.run.affordable(0.02, IN_HASTE, LEAST)
        return min((first, *rest), key=lambda x: worth(self.trier(x, n)))

    def _look(self, name: str, x: Floats, replications: int = LOOKS) -> Point:
        """Simulate a plan, report it if it is the best so far, and keep it under its name."""
        run = self.run
        if run.seconds is not None and not run.replications:  # the machine code is loaded: no part of the pace
            self.trier(x, 1)
            run.reset_pace()
            self.trier(x, LEAST)
        point = self.trier(x, run.affordable(0.02, replications, LEAST))
        self._meets(point)
        if name:
            self.plans[name] = point.x
        if self.order is not None:
            self._comes_nearer(point)
            run.note("calibrate", self.nearest[0].cost, point.trial)
        elif not self.best.size or worth(point) <= self._best_worth:
            self.best, self._best_worth = point.x, worth(point)
            run.note("calibrate", point.cost, point.trial)
            self.keep(self._meeting or point)
        run.until(run.search_share)
        return point

    def _usual(self, patience: float | None = None) -> Iterator[tuple[str, Floats]]:
        """The plans a planner has without the optimizer, as far as the structure can have them.

        Each is to be found within `patience` (s); where that is not given, within a share of the time for the search.
        """
        for name in (TODAY, ERLANG):
            if name == ERLANG and self.order is not None and self.best.size:
                return  # it asks for more people than there are
            x = usual(self.run, name, patience or self._patience())
            if x is not None:
                yield name, x

    def _within_budget(self) -> Iterator[tuple[str, Floats]]:
        """The same plans with as many people as the budget pays for."""
        for name in (TODAY, ERLANG):
            x = within_budget(self.run, name, self._patience())
            if x is not None:
                yield f"{name}, with as many people as the budget pays for", x

    def _patience(self) -> float:
        """Seconds for the shifts of a start: most of what the search has as long as there is no plan."""
        if self.run.seconds is None:
            return 5.0
        return max(0.2, self.run.left() * (0.1 if self.best.size else 0.8))

    def _serving(self, points: list[Point]) -> list[Point]:
        """A plan that meets every goal, if there is none already: the best with more of those whose goals fail.

        Where shifts leave no room for that, with everybody multiplied.
        """
        structure = self.run.problem.structure
        if self.order is not None:
            return self._at_their_limits()
        if not points or any((point.slack >= 0.0).all() for point in points):
            return []
        best = min(points, key=worth)
        start = best.x
        if (found := self._grown(best)) is not None:
            return [found]
        for factor in GROWN:
            x = structure.complete(
                np.where(structure.integer, np.minimum(np.rint(start * factor), structure.high), start)
            )
            if structure.broken(x):
                break
            point = self._look(SCALED, x)
            if (point.slack >= 0.0).all():
                return [point]
        return self._at_their_limits()

    def _trimmed(self, points: list[Point]) -> list[Point]:
        """Cheaper plans than those that meet every goal, before slopes are taken over several days: see `trimming`."""
        problem = self.run.problem
        meeting = [point for point in points if (point.slack >= 0.0).all()]
        if self.order is not None or problem.model.timeline.days <= 1 or not meeting:
            return []
        found = trimmed(problem, min(meeting, key=worth), lambda x: self._look("", x))
        meeting = [point for point in found if (point.slack >= 0.0).all()]
        if meeting:
            self.plans[TRIMMED] = min(meeting, key=worth).x
        return [min(some, key=worth) for some in (meeting, found) if some]

    def _grown(self, point: Point) -> Point | None:
        """A plan with more people, round by round, in the groups and intervals whose goals fail."""
        for number in range(MOST_GROWN):
            failing = point.slack < 0.0
            if not failing.any():
                return point
            x = grown(self.run.problem, point.x, point.trial, failing, number >= MOST_GROWN // 2)
            if x is None:  # the groups that would do are at their limits
                x = grown(self.run.problem, point.x, point.trial, failing, wide=True)
            if x is None:
                return None
            point = self._look(SCALED, x)
        return None

    def _at_their_limits(self) -> list[Point]:
        """Every group at its limit all the time, where all have one; a message names the goals that it misses."""
        structure, goals = self.run.problem.structure, self.run.problem.goals.goals
        most = np.where(structure.integer, structure.high, 0.0)
        if structure.kind != "headcounts" or not np.isfinite(most).all():
            return []
        point = self._look(SCALED, structure.complete(most))
        missed = [goal.title for goal, far in zip(goals, self._surely_missed(point), strict=True) if far]
        if missed:
            more = f" and {len(missed) - 3} more" if len(missed) > 3 else ""
            self.run.messages.append(
                f"With every group at its limit all the time, these goals are missed: {', '.join(missed[:3])}{more}."
                f" Raise {self._limits_of(missed)}, or lower the goals."
            )
        return [point]

    def _limits_of(self, missed: list[str]) -> str:
        """The limits of the groups that serve the goals of these titles, with what they are now."""
        problem = self.run.problem
        queues = {goal.name for goal in problem.goals.goals if goal.title in missed and goal.scope == "queue"}
        other = any(goal.scope != "queue" for goal in problem.goals.goals if goal.title in missed)
        limits = limits_of(problem.scenario, problem.model.timeline, optimizing(problem.scenario).groups)[1]
        return " or ".join(
            f"optimize.groups.{name}.max (now {most:g})"
            for (name, group), most in zip(problem.scenario.groups.items(), limits, strict=True)
            if other or queues & set(group.skills)
        )

    def _surely_missed(self, point: Point) -> npt.NDArray[np.bool_]:
        error = np.nan_to_num(point.trial.error)
        return np.asarray(point.trial.slack[: len(self.run.problem.goals)] + 4.0 * error < 0.0)

    def cheapest(self, x: Floats, held: bool = True) -> Floats:
        """The cheapest plan that surely meets the goals, of `x` and those known; `x` if none does.

        Dearer ones than `x` count only where it is not `held` to meet them.
        """
        run, structure = self.run, self.run.problem.structure
        if run.aim is not None:
            return self._best_sought(x, run.aim)
        n = min(512, self.wanted.replications)
        trial = run.problem.trials.run(structure.plan(x), range(n))
        chosen, cost, staff = x, run.cost_of(x, trial), structure.cost_of(x)
        if not held:
            cost = staff = np.inf
        for name, other in sorted(self.plans.items(), key=lambda one: structure.cost_of(one[1])):
            enough = 1.0 - WORTH_A_PROOF if name == VISITED else 1.0
            if np.array_equal(other, chosen) or structure.cost_of(other) >= enough * staff:
                continue
            theirs = run.problem.trials.run(structure.plan(other), range(n))
            if run.cost_of(other, theirs) >= cost:
                continue
            if not goals_lacking(theirs, self.wanted.sigmas, self.wanted.replications).any():
                if name != VISITED:  # that one the search itself found
                    why = "meets the goals for less than any plan the search found" if held else MET
                    run.messages.append(f"{name} {why}.")
                chosen, cost, staff = other, run.cost_of(other, theirs), structure.cost_of(other)
        return chosen

    def _best_sought(self, x: Floats, aim: int) -> Floats:
        """The plan within the budget that meets the goals with the best of the figure that is sought."""
        run, structure = self.run, self.run.problem.structure
        n = min(512, self.wanted.replications)

        def found(columns: Floats) -> tuple[float, float]:
            slack = run.sought.trials.run(structure.plan(columns), range(n)).slack
            return float(np.minimum(np.delete(slack, aim), 0.0).sum()), float(slack[aim])

        chosen, best = x, found(x)
        for name, other in self.plans.items():
            if not structure.broken(other) and not np.array_equal(other, chosen) and (theirs := found(other)) > best:
                run.messages.append(f"{name}: better than any plan the search found.")
                chosen, best = other, theirs
        asked = optimizing(run.problem.scenario)
        spent = structure.cost_of(chosen)
        if asked.budget is not None and spent < UNSPENT * asked.budget:
            title = run.sought.goals.goals[aim].title
            run.messages.append(
                f"The plan spends {spent / asked.budget:.0%} of the budget; no dearer plan was found with"
                f" a better {title}. A metric of answered contacts may be best when few are answered; a rule such as"
                " 'subject_to: [{figure: abandoned_share, max: 5%}]' prevents that."
            )
        return chosen


def _fits(point: Point) -> bool:
    """Whether the worst goal of a plan that was certified elsewhere is within `CLOSE` of its limit here."""
    return abs(float(point.slack.min(initial=1.0))) <= CLOSE
