"""Prices: what staff, contacts, waits, abandonment and unresolved issues cost, as the objective counts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.metrics import Layout
from cxsim.metrics.registry import terms
from cxsim.metrics.shapes import Floats, Integers
from cxsim.metrics.sums import CONTACT_COLUMNS, ENDS, TALKED_TO
from cxsim.metrics.tally import Places
from cxsim.model.demand import Demand, demand, expected_of
from cxsim.model.handle_times import by_interval, handle_factors, mean_factors
from cxsim.rules.ivr_steps import laws_in, paces
from cxsim.scenario.model.optimizing import TERMS, optimizing

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.randomness.distributions import Law
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.scenario import Skill

BUSY_AT_END = 0.85  # share of leaving agents taken to be on a contact
WAITED = "wait_answered + wait_abandoned + wait_other"
UNRESOLVED = "fresh - cohort_resolved"


@dataclass(frozen=True, eq=False)
class Prices:
    """Money for staff, G groups in I counted intervals, and for what becomes of the contacts of S streams.

    `present` (G, I) is for one agent present in the open time of an interval: wage × hours ÷ (1 − shrinkage). `leaver`
    (G,) is the overrun expected of one agent who leaves between two intervals, 0 where overrun is not paid or does not
    count. `contact` (S,) is for a contact that an agent talked to, `lesson` (S,) for an issue resolved, `waiting` for
    a second of waiting, `abandoned` for an abandoned contact, `unresolved` for an issue begun and never resolved,
    `leaving` (3, S) for one solved at once, later, or given up; each 0 where it does not count. `conversations` and
    `compensation` are 1 where there are AI agents that cost money, or agents who may compensate, whose sums of money
    are counted. `counted` are the terms of the objective.

    A program that does not tell issues apart takes `solved` for a contact that resolves one, as if it were the first,
    and `given_up` for one that fails and after which the customer does not come back: no more than what is counted.
    It leaves out lessons, conversations and compensation, and contacts called back or dialled: so it stays a bound.
    """

    present: Floats
    leaver: Floats
    contact: Floats
    lesson: Floats
    conversations: float
    compensation: float
    waiting: float
    abandoned: float
    unresolved: float
    leaving: Floats
    solved: float
    given_up: float
    counted: frozenset[str]

    def by_interval(self, contacts: Floats) -> Floats:
        """Money for contacts, waits, abandonment and unresolved issues by interval (I,): of the contact sums (C, S, I).

        Of differences of such sums, the difference. Issues count in the interval in which they begin.
        """
        return np.asarray(sum(self._terms(contacts).values()), dtype=np.float64)

    def outcome(self, contacts: Floats) -> float:
        """The money of `by_interval` over the whole counted time."""
        return float(self.by_interval(contacts).sum())

    def split(self, contacts: Floats, wages: float, overrun: float) -> dict[str, float]:
        """The cost by term, wages and overrun as they are given; terms that do not count are 0."""
        staff = {"wages": wages, "overrun": overrun}
        of_contacts = {term: float(np.sum(money)) for term, money in self._terms(contacts).items()}
        return {term: (staff | of_contacts)[term] if term in self.counted else 0.0 for term in TERMS}

    def leavers(self, levels: npt.ArrayLike, open_mask: npt.NDArray[np.bool_]) -> Floats:
        """Agents (G,) who leave between an open interval and the next one, were the levels (G, I) headcounts."""
        given = np.asarray(levels, dtype=np.float64)
        joined = open_mask[:-1] & open_mask[1:]
        return np.asarray((np.maximum(given[:, :-1] - given[:, 1:], 0.0) * joined).sum(axis=1), dtype=np.float64)

    def staff(self, levels: npt.ArrayLike, open_mask: npt.NDArray[np.bool_]) -> dict[str, float]:
        """Wages and expected overrun of headcounts (G, I)."""
        wages = float((np.asarray(levels, dtype=np.float64) * self.present).sum())
        return {"wages": wages, "overrun": float(self.leavers(levels, open_mask) @ self.leaver)}

    def cells(self, places: Places) -> tuple[Integers, Floats]:
        """The outcome as weights on a vector of sums: places and money for each unit there."""
        contacts = places.numbers()[0]
        at, weights = [np.zeros(0, np.int64)], [np.zeros(0)]
        for _, expression, price in self._priced():
            for name, sign in terms(expression):
                cells = contacts[:, :, CONTACT_COLUMNS.index(name)]
                money = sign * np.broadcast_to(np.asarray(price), (len(contacts),))
                if money.any():
                    at.append(cells.ravel())
                    weights.append(np.repeat(money, cells.shape[1]))
        return np.concatenate(at), np.concatenate(weights)

    def _priced(self) -> list[tuple[str, str, Floats | float]]:
        return [
            *(("contacts", name, sign * self.contact) for name, sign in TALKED_TO),
            *(("contacts", name, self.lesson) for name in ENDS[:2]),
            ("contacts", "conversation_cost", self.conversations),
            ("contacts", "compensation", self.compensation),
            ("waiting", WAITED, self.waiting),
            ("abandonment", "abandoned", self.abandoned),
            ("unresolved", UNRESOLVED, self.unresolved),
            *(("churn", name, price) for name, price in zip(ENDS, self.leaving, strict=True)),
        ]

    def _terms(self, contacts: Floats) -> Mapping[str, Floats]:
        out: dict[str, Floats] = {}
        for term, expression, price in self._priced():
            columns = [sign * contacts[CONTACT_COLUMNS.index(name)] for name, sign in terms(expression)]
            money = np.broadcast_to(np.asarray(price, dtype=np.float64), (contacts.shape[1],))
            out[term] = out.get(term, 0.0) + money @ np.sum(columns, axis=0)
        return out


def prices(scenario: Scenario, layout: Layout, timeline: Timeline, volume: Demand | None = None) -> Prices:
    """The prices of a scenario, as its `optimize` block says what counts; `volume` is its demand, if at hand."""
    asked = optimizing(scenario)
    counted = asked.terms
    groups = scenario.groups.values()
    wage = np.array([float(group.wage) for group in groups])
    keep = np.array([1.0 - group.shrinkage for group in groups])
    overrun = "overrun" in counted and scenario.staff.overrun_paid and scenario.staff.at_shift_end == "finish"
    contacts = np.array([float(reason.cost) for reason in scenario.reasons.values()])[layout.streams[:, 1]]
    machines = [node.ai_agent for node in scenario.flow.values() if node.ai_agent is not None]
    penalties = asked.prices
    given = {
        "waiting": float(penalties.waiting_hour) / 3600.0,
        "abandonment": float(penalties.abandoned),
        "unresolved": float(penalties.unresolved),
    }
    waiting, abandoned, unresolved = (given[term] if term in counted else 0.0 for term in given)
    worth = np.array([weights for _, weights in layout.priced["value_lost"]]) * ("churn" in counted)
    share = np.array([segment.share for segment in scenario.segments.values()])
    each = np.zeros((3, len(share)))
    each[:, layout.streams[:, 2]] = worth
    return Prices(
        present=(wage / keep)[:, None] * timeline.open_seconds / 3600.0,
        leaver=wage * residual_service(scenario, timeline, volume) * (BUSY_AT_END / 3600.0) * overrun,
        contact=contacts * ("contacts" in counted),
        lesson=layout.priced["lesson_cost"][0][1] * ("contacts" in counted),
        conversations=float("contacts" in counted and any(one.cost > 0.0 for one in machines)),
        compensation=float("contacts" in counted and any(group.empowerment for group in groups)),
        waiting=waiting,
        abandoned=abandoned,
        unresolved=unresolved,
        leaving=worth,
        solved=float(np.minimum(each[0], each[1]) @ share),
        given_up=float(each[2] @ share),
        counted=counted,
    )


def residual_service(scenario: Scenario, timeline: Timeline, volume: Demand | None = None) -> Floats:
    """Mean rest of a service in progress (G,), s: (1 + cv²)/2 × its mean, averaged over the group's skills.

    A queue's service is that of its reasons, by their expected volume.
    """
    reasons = list(scenario.reasons.values())
    counts = expected_of(demand(scenario, timeline) if volume is None else volume, timeline)
    expected = counts.sum(axis=1)
    longer = mean_factors(by_interval(handle_factors(scenario, timeline), timeline), counts)
    out = np.zeros(len(scenario.groups))
    for g, group in enumerate(scenario.groups.values()):
        rests = []
        for queue, skill in group.skills.items():
            mine = np.array([reason.queue == queue for reason in reasons])
            mine = mine if mine.any() else np.ones(len(reasons), dtype=bool)
            weights = np.where(mine, expected, 0.0)
            weights = weights if weights.sum() > 0.0 else mine.astype(np.float64)
            rest = longer * [_rest(skill, *laws_in(reason, scenario.queues[queue])) for reason in reasons]
            rests.append(float(weights @ rest / weights.sum()))
        out[g] = np.mean(rests) if rests else 0.0
    return out


def _rest(skill: Skill, talk: Law, wrap: Law | None) -> float:
    """Mean rest of a service in progress, s: a skill's own mean keeps the coefficient of variation."""
    talking, wrapping = paces(skill, talk.mean, wrap.mean if wrap else 0.0)
    mean = talk.mean * talking + (wrap.mean * wrapping if wrap else 0.0)
    spread = _variance(talk) * talking**2 + (_variance(wrap) * wrapping**2 if wrap else 0.0)
    return float(0.5 * (mean + spread / max(mean, 1e-300)))


def _variance(law: object) -> float:
    mean, cv = float(getattr(law, "mean", 0.0)), float(getattr(law, "cv", 0.0))
    return (mean * cv) ** 2 if np.isfinite(mean) and np.isfinite(cv) else 0.0
