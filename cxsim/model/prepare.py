"""A scenario ready to be replayed: network, plan, draws, and the layout its figures are measured in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim import metrics
from cxsim.jit.struct_arrays import Book
from cxsim.model.calendar import Timeline, timeline
from cxsim.model.demand import Demand, Floats, Ints, demand
from cxsim.model.edges import serving
from cxsim.model.handle_times import handle_changes
from cxsim.model.network.compile import network
from cxsim.model.network.people import effort_points
from cxsim.model.network.queues import time_allowed
from cxsim.model.overrun_days import late
from cxsim.model.own_policy import AnyPolicy, own_policy
from cxsim.model.plan import Plan, plan
from cxsim.model.shares_by_time import away_gaps, resolution_factors
from cxsim.rules.ivr_steps import handed_on, queues_of, reached
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.schema.names import ENDINGS
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.customers import Channel


@dataclass(frozen=True, eq=False)
class Model:
    """A scenario ready to be replayed: everything that replications share."""

    scenario: Scenario
    timeline: Timeline
    plan: Plan
    demand: Demand
    network: Book
    layout: metrics.Layout
    staffing: metrics.Staffing
    seed: int
    drawn: Callable[[int], tuple[Floats, Ints]] | None = None  # fresh arrivals of a replication, in place of `demand`'s

    @property
    def policy(self) -> AnyPolicy | None:
        """The policy of the user's own, if there is one."""
        return own_policy(self.scenario, self.plan)


def prepare(scenario: Scenario, seed: int = 1) -> Model:
    """Compile a scenario. Raises ScenarioError with all faults of tables that do not fit its horizon."""
    when, who, volume = facts(scenario)
    net = network(scenario, when, who, seed, volume)
    return Model(scenario, when, who, volume, net, _layout(scenario, when, who), _staffing(scenario, who), seed)


def facts(scenario: Scenario) -> tuple[Timeline, Plan, Demand]:
    """What a scenario comes to: its days, people and volume. Raises ScenarioError with all faults met."""
    faults: list[Fault] = []
    place = str(scenario.source.path or "<scenario>")

    def told(make: Callable[..., Any], *given: Any) -> Any:
        try:
            return make(scenario, *given)
        except ScenarioError as wrong:
            faults.extend(wrong.faults)
        except TableError as wrong:
            value = "" if wrong.value is None else str(wrong.value)
            faults.append(Fault(wrong.place, "", value, wrong.rule, wrong.fix))
        except ValueError as wrong:
            faults.append(Fault(place, "", "", str(wrong)))
        return None

    when = told(timeline)
    if when is not None:
        who, volume = told(plan, when), told(demand, when)
        for make in (handle_changes, away_gaps, resolution_factors):
            told(make, when)
    if faults:
        raise ScenarioError(faults)
    return when, who, volume


def _layout(scenario: Scenario, when: Timeline, who: Plan) -> metrics.Layout:
    queues, groups = list(scenario.queues), list(scenario.groups)
    places, number = ({name: n for n, name in enumerate(names)} for names in (queues, groups))
    reasons = list(scenario.reasons.values())
    return metrics.layout(
        reasons=list(scenario.reasons),
        segments=list(scenario.segments),
        queues=queues,
        groups=groups,
        group_of=np.repeat(np.arange(len(groups)), np.diff(who.first_seat)),
        labels=when.labels,
        interval=when.interval,
        counted_from=when.counted_from,
        counted_to=when.counted_to,
        end=when.end,
        open_seconds=when.open_seconds,
        late=late(who, when),
        within=[time_allowed(scenario, queue) for queue in scenario.queues.values()],
        streams=[
            (queue, r, s)
            for r, reason in enumerate(scenario.reasons)
            for queue in _entries(scenario, reason, places)
            for s in range(len(scenario.segments))
        ],
        serves=[[number[group] for group in names] for names in serving(scenario).values()],
        open_mask=when.open_mask,
        short_abandon=scenario.sl.short_abandon,
        basis=scenario.sl.basis,
        definition=scenario.sl.definition,
        fcr_window=when.fcr_window,
        contact_cost=[reason.cost for reason in reasons],
        **_experience(scenario),
        kind_of=[kind_of(scenario.channels[queue.channel]) for queue in scenario.queues.values()],
        shared=[scenario.channels[queue.channel].concurrent > 1 for queue in scenario.queues.values()],
    )


def kind_of(channel: Channel) -> str:
    """The kind of a channel, within which waits can be compared: deferred work, chats, or live contacts."""
    if channel.deferrable or channel.interruptible:
        return "deferred"
    return "chat" if channel.concurrent > 1 else "live"


def _experience(scenario: Scenario) -> dict[str, Any]:
    """What measures need to know of what contacts are to customers."""
    said, reasons = scenario.experience, scenario.reasons.values()
    loyal = np.array([[segment.churn] for segment in scenario.segments.values()])
    leaving = np.minimum(loyal * [getattr(said.churn, how) for how in ENDINGS], 1.0)
    spend = np.array([getattr(said.spend, how) for how in ENDINGS])
    value = said.years * np.array([segment.value for segment in scenario.segments.values()])
    return {
        "points": effort_points(scenario),
        "gifts": [group.empowerment.given if group.empowerment else 0.0 for group in scenario.groups.values()],
        "lesson_cost": [one.learning.fed_back * one.learning.cost if one.learning else 0.0 for one in reasons],
        "offered": [one.offer.expected if one.offer else 0.0 for one in reasons],
        "fees": [node.ai_agent.cost if node.ai_agent else 0.0 for node in scenario.flow.values()],
        "leaving": leaving,
        "lost": value[:, None] * (leaving + (1.0 - leaving) * spend),
        "at_home": [scenario.channels[queue.channel].deferrable for queue in scenario.queues.values()],
    }


def _entries(scenario: Scenario, reason: str, places: Mapping[str, int]) -> list[int]:
    """The queues, by number, that contacts of a reason may come to first, be transferred to, or write to again.

    -1 is none, of those that end in the flow.
    """
    first = queues_of(scenario, reason)
    met = {queue: scenario.queues[queue] for queue in handed_on(scenario, *first)}
    given = {one.to for queue in met.values() for one in queue.transfers}
    given |= {name for name, queue in met.items() if queue.turns}  # who came by overflow writes to this one again
    found = sorted(places[queue] for queue in given.union(first) if queue in places)
    return [-1, *found] if reached(scenario, reason)[0] else found


def _staffing(scenario: Scenario, who: Plan) -> metrics.Staffing:
    return metrics.Staffing(
        scheduled=who.scheduled,
        planned=who.present,
        paid=who.paid,
        wage=who.wage,
        overrun_paid=scenario.staff.overrun_paid,
    )


def with_required(model: Model, required: np.ndarray[Any, Any]) -> Model:
    """The same model with agents required per queue and interval."""
    return replace(model, staffing=replace(model.staffing, required=required))


def staffed(model: Model, who: Plan) -> Model:
    """The same model with another plan."""
    scenario, when = model.scenario, model.timeline
    net = network(scenario, when, who, model.seed, model.demand)
    return replace(model, plan=who, network=net, layout=_layout(scenario, when, who), staffing=_staffing(scenario, who))
