"""Which sums a figure is made of: rows of weights on the vector of a replication's sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cxsim.metrics import REGISTRY, Layout
from cxsim.metrics.families import formula
from cxsim.metrics.figure import SCOPES
from cxsim.metrics.registry import terms
from cxsim.metrics.shapes import Floats, Integers
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS, PRICED
from cxsim.metrics.tally import Places, weigh

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

WAITS = {"wait": (("answered",), 1), "wait_all": (("answered", "abandoned"), 2)}
# Statements of the plan or of Erlang's formulae, not outcomes of a simulation.
NOT_GOALS = ("agents_required", "agents_scheduled", "agents_planned", "agents_present")
Cells = tuple[Integers, Floats]  # places in the vector, and their weights


class Rows(NamedTuple):
    """Sparse rows of weights: row j has cells at[first[j]:first[j + 1]]."""

    first: Integers
    at: Integers
    weights: Floats

    def times(self, sums: Floats) -> Floats:
        """Each row's sum of weights × sums."""
        out = np.empty(len(self.first) - 1)
        weigh(self.first, self.at, self.weights, sums, out)
        return out


class Figured(Protocol):
    """What is asked of a goal here."""

    @property
    def figure(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def span(self) -> str: ...
    @property
    def limit(self) -> float: ...
    @property
    def days(self) -> float | None: ...


def names_of(scope: str, layout: Layout) -> tuple[str, ...]:
    """The names a scope has in a layout; ('total',) for the total."""
    if scope not in SCOPES:
        raise ValueError(f"{scope!r} is not a scope; the scopes are {', '.join(SCOPES)}")
    return ("total",) if scope == "total" else tuple(getattr(layout, f"{scope}s"))


def stacked(rows: Sequence[Cells]) -> Rows:
    first = np.cumsum([0, *(len(at) for at, _ in rows)], dtype=np.int64)
    at = np.concatenate([np.zeros(0, np.int64), *(at for at, _ in rows)])
    return Rows(first, at, np.concatenate([np.zeros(0), *(weights for _, weights in rows)]))


class Weigher:
    """Finds the cells of figures: which sums of the vector, with which weights."""

    def __init__(self, scenario: Scenario, layout: Layout, space: Places) -> None:
        self.layout, self.limits = layout, space.limits
        self.contacts, self.groups, self.waiting, self.under, self.paid, self.seconds = space.numbers()
        self.wages = np.array([float(group.wage) for group in scenario.groups.values()]) / 3600.0
        self.overrun_paid = scenario.staff.overrun_paid

    def rows(self, goal: Figured) -> list[list[Cells]]:
        """Both sides of each row of a goal."""
        masks = self._masks(goal)
        if goal.figure in WAITS:
            return [self._waits(goal, mask) for mask in masks]
        if goal.figure not in REGISTRY or goal.figure in NOT_GOALS or REGISTRY[goal.figure].kind != "ratio":
            raise ValueError(f"{goal.figure!r} cannot be a goal; use a ratio, or wait with a quantile")
        known = formula(goal.figure, self.layout)
        sides = (known.numerator, known.denominator)
        columns = {name for side in sides for name, _ in terms(side)}
        of_groups = set(known.scopes) <= {"total", "group"}
        if goal.scope not in known.scopes and not (of_groups and goal.scope == "queue"):
            raise ValueError(f"{goal.figure} has no scope {goal.scope!r}; it has {', '.join(known.scopes)}")
        if goal.scope != "group" and columns <= {*CONTACT_COLUMNS, *PRICED}:
            family = "contacts"
        else:
            family = "queues" if "waiting" in columns else "groups"
        return [[self._side(side, family, goal, mask) for side in sides] for mask in masks]

    def _masks(self, goal: Figured) -> list[npt.NDArray[np.bool_]]:
        layout = self.layout
        if goal.span in layout.labels:
            return [np.arange(layout.n_intervals) == layout.labels.index(goal.span)]
        days = [layout.day_of == d for d in range(len(layout.days))]
        if goal.span in layout.days:
            return [days[layout.days.index(goal.span)]]
        if goal.span != "total":
            raise ValueError(f"{goal.span!r} is not a counted interval or day, nor 'total'")
        open_days = [day for day in days if (day & layout.open_mask).any()]
        return [np.ones(layout.n_intervals, dtype=bool)] if goal.days is None else open_days

    def _members(self, family: str, scope: str, name: str) -> Integers:
        """Streams, groups or queues of a scope."""
        layout = self.layout
        if name not in names_of(scope, layout):
            raise ValueError(f"{name!r} is not a {scope}; the {scope}s are {', '.join(names_of(scope, layout))}")
        number = names_of(scope, layout).index(name)
        if family == "contacts":
            if scope == "total":
                return np.arange(len(layout.streams))
            return np.flatnonzero(layout.streams[:, ("queue", "reason", "segment").index(scope)] == number)
        if family == "groups" and scope == "queue":
            return np.array(layout.serves[number], dtype=np.int64)
        if scope == "total":
            return np.arange(len(layout.groups if family == "groups" else layout.queues))
        return np.array([number])

    def _waits(self, goal: Figured, mask: npt.NDArray[np.bool_]) -> list[Cells]:
        columns, parts = WAITS[goal.figure]
        streams = self._members("contacts", goal.scope, goal.name)
        within = self.under[self.limits.index(goal.limit), :parts][:, streams][:, :, mask].ravel()
        numbers = [CONTACT_COLUMNS.index(name) for name in columns]
        of = self.contacts[streams][:, mask][:, :, numbers].ravel()
        return [(within, np.ones(len(within))), (of, np.ones(len(of)))]

    def _side(
        self, expression: str, family: str, goal: Figured, mask: npt.NDArray[np.bool_]
    ) -> tuple[Integers, Floats]:
        members = self._members(family, goal.scope, goal.name)
        at, weights = [np.zeros(0, np.int64)], [np.zeros(0)]
        for name, sign in terms(expression):
            for cells, price in self._column(name, family, members, goal.scope == "total"):
                mine = cells[:, mask]
                at.append(mine.ravel())
                weights.append((sign * np.broadcast_to(price, cells.shape)[:, mask]).ravel())
        return np.concatenate(at), np.concatenate(weights)

    def _column(self, name: str, family: str, members: Integers, whole: bool) -> list[tuple[Integers, Floats | float]]:
        """Cells (row × interval) of a column with their weights; `whole`: all groups together, contacts too."""
        layout = self.layout
        if family == "queues":
            return [(self.waiting[members], 1.0)] if name == "waiting" else [(self.seconds[None], self._is_open)]
        if family == "groups":
            if name in ("paid_time", "staff_cost"):
                price = np.ones(len(members)) if name == "paid_time" else self.wages[members]
                out: list[tuple[Integers, Floats | float]] = [(self.paid[members], price[:, None])]
                if self.overrun_paid:
                    out.append((self.groups[members][:, :, GROUP_COLUMNS.index("overrun")], price[:, None]))
                return out
            of_contacts = name in PRICED or name in CONTACT_COLUMNS
            if not (whole and of_contacts):
                if of_contacts and name not in GROUP_COLUMNS:
                    return []
                return [(self.groups[members][:, :, GROUP_COLUMNS.index(name)], 1.0)]
            members = np.arange(len(layout.streams))
        if name in PRICED:
            return [
                (self.contacts[members][:, :, CONTACT_COLUMNS.index(of)], price[members][:, None])
                for of, price in layout.priced[name]
            ]
        return [(self.contacts[members][:, :, CONTACT_COLUMNS.index(name)], 1.0)]

    @property
    def _is_open(self) -> Floats:
        return self.layout.open_mask.astype(np.float64)[None]
