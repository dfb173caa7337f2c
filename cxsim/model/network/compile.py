"""The scenario compiled to arrays and index numbers: all that an engine knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.jit.struct_arrays import Book
from cxsim.model import scores
from cxsim.model.by_time import Change, by_interval, pieces
from cxsim.model.demand import expected_of
from cxsim.model.handle_times import handle_changes, mean_factors
from cxsim.model.network.distributions import Distributions
from cxsim.model.network.flow import flow
from cxsim.model.network.people import customers, habits, team_of
from cxsim.model.network.queues import channels, queues, transfers, waiting
from cxsim.model.network.returns import begins, hops, reasons, returns
from cxsim.model.network.routing import bits, by_prices, mark, matches, priced_work, row_range, tells_waits
from cxsim.model.network.work import handle_times, meetings, patience, places, shares, skills
from cxsim.model.shares_by_time import away_gaps, gap, resolution_factors
from cxsim.randomness.distributions import encode
from cxsim.rules import ivr_steps
from cxsim.rules.routing.catalogue import AGENT_RULES, AGENTS, CONTACT_RULES
from cxsim.schema.names import (
    OWN,
)
from cxsim.schema.network import (
    EXIT_DTYPE,
    GROUP_DTYPE,
    NETWORK,
    OPENING_DTYPE,
    SETTINGS_DTYPE,
)

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.model.demand import Demand
    from cxsim.model.plan import Plan
    from cxsim.scenario import Scenario


def network(scenario: Scenario, timeline: Timeline, plan: Plan, seed: int, demand: Demand | None) -> Book:
    """The scenario as a book of arrays; `seed` only decides how agents differ from one another.

    Means over the reasons of a queue are weighted by the demand; it may be None where the scenario `tells_waits` not.
    """
    volumes = np.ones(len(scenario.reasons))
    gaps = away_gaps(scenario, timeline)
    changing = pieces(
        handling=handle_changes(scenario, timeline),
        solving=resolution_factors(scenario, timeline),
        attending=gaps,
    )
    longer = by_interval(changing, timeline)
    usual = longer.mean(axis=1)
    if demand is not None and tells_waits(scenario):
        volumes = (demand.totals + np.diff(demand.first_time)).reshape(len(volumes), -1).sum(axis=1)
        usual = mean_factors(longer, expected_of(demand, timeline))
    laws = Distributions()
    names = {"queue": list(scenario.queues), "group": list(scenario.groups)}
    by_queue, by_group = matches(scenario, names)
    stage_rows, queue_rows = queues(scenario, names, by_queue)
    group_rows = _groups(scenario, names, by_group, plan, laws, gaps)
    mark(queue_rows, group_rows, by_queue)
    settings = _settings(scenario, timeline)
    settings["chats"] = np.bitwise_or.reduce(np.where(queue_rows["slots"] > 1, bits(queue_rows), np.uint64(0)))
    steps, ways, exits, spans, first_steps = flow(scenario, timeline, names, laws)
    met = meetings(scenario)
    skill_rows = skills(scenario, laws, met)
    for flag, kind in (("paced", "handling"), ("achieves", "solving")):
        settings[flag] = settings["individual"] | bool((changing[kind]["first"] < changing[kind]["last"]).any())
    done = scores.unseen(scenario)
    if scores.looks_at_work(scenario):
        done = scores.work(scenario, met, skill_rows, handle_times(scenario, met) * usual[met[:, 0], None], volumes)
    returns_of = returns(scenario, laws, names, first_steps, exits)
    arrays: dict[str, npt.NDArray[Any]] = {
        "reasons": reasons(scenario, names, laws, first_steps),
        **channels(scenario),
        "patience": patience(scenario, laws),
        "meetings": places(scenario, met),
        "skills": skill_rows.reshape(-1),
        "returns": returns_of,
        **changing,
        "hops": hops(scenario, returns_of, names, first_steps, exits),
        "segments": shares(scenario),
        **customers(scenario, seed),
        **habits(scenario),
        "begins": begins(scenario, names, first_steps, exits),
        **transfers(scenario, names, laws),
        **waiting(scenario, queue_rows, laws, volumes, usual),
        "queues": queue_rows,
        "stages": stage_rows,
        "groups": group_rows,
        "by_queue": by_queue,
        "by_group": by_group,
        **scores.scores(scenario, by_queue, by_group, done),
        **scores.shown(scenario, by_queue, by_group, done),
        **priced_work(scenario, done, met, skill_rows, volumes),
        "openings": np.array(list(zip(timeline.open_starts, timeline.open_ends, strict=True)), OPENING_DTYPE),
        "steps": steps,
        "spans": spans,
        "ways": ways,
        "exits": np.array(exits, EXIT_DTYPE),
        "settings": settings,
        "team": team_of(scenario, plan.first_seat, seed),
    }
    records, knots = encode(list(laws.numbers))
    return NETWORK.book(**arrays | by_prices(arrays, plan), laws=records, knots=knots)


def restaffed(net: Book, plan: Plan, people: npt.NDArray[np.void]) -> Book:
    """The same network with another plan and its people, `team_of` its seats."""
    rows = net["groups"].copy()
    rows["by_count"] = plan.by_count
    rows["first_seat"], rows["last_seat"] = plan.first_seat[:-1], plan.first_seat[1:]
    arrays = net.arrays | {"groups": rows, "team": people}
    return NETWORK.book(**arrays | by_prices(arrays, plan))


def _groups(
    scenario: Scenario,
    names: dict[str, list[str]],
    by_group: npt.NDArray[np.void],
    plan: Plan,
    laws: Distributions,
    gaps: list[list[Change]],
) -> npt.NDArray[np.void]:
    rows = np.zeros(len(scenario.groups), GROUP_DTYPE)
    hand_back = scenario.staff.at_shift_end == "hand_back"
    for g, group in enumerate(scenario.groups.values()):
        shortest = min((each for _, each in gaps[g]), default=gap(group))
        seats = (plan.first_seat[g], plan.first_seat[g + 1])
        matches = row_range(by_group, "group", g)
        rows[g] = (shortest, max(0, laws.number(group.away)), plan.by_count[g], hand_back, *matches, *seats, 0, 0)
    return rows


def _settings(scenario: Scenario, timeline: Timeline) -> npt.NDArray[np.void]:
    rows = np.zeros(1, SETTINGS_DTYPE)
    policy = scenario.own_policy
    interrupts = any(channel.interruptible for channel in scenario.channels.values())
    for name, value in {
        "reopening_spread": scenario.closed_hours.spread,
        "end": timeline.end,
        "counted_from": timeline.counted_from,
        "interval": timeline.interval,
        "per_second": 1.0 / timeline.interval,
        "intervals": timeline.n_intervals,
        "counted": min((timeline.counted_to - timeline.counted_from) / timeline.interval, timeline.n_intervals),
        "segments": len(scenario.segments),
        "queue_count": len(scenario.queues),
        "notes": bool(scenario.routing.policy) or AGENTS[scenario.routing.agent].by_count,
        "last_agent": scenario.routing.last_agent,
        "known": scenario.routing.last_agent or bool(scenario.routing.preferred_agent),
        "agent_rule": OWN if policy and policy.agent else AGENT_RULES.index(scenario.routing.agent),
        "contact_rule": OWN if policy and policy.contact else CONTACT_RULES.index(scenario.routing.contact),
        "lost_when_closed": scenario.closed_hours.then == "lost",
        "turn_away": scenario.at_close == "turn_away",
        "individual": any(group.differ for group in scenario.groups.values()),
        "loop": ivr_steps.loop(scenario),
        "interrupts": interrupts,
        "urgent": ivr_steps.urgent(scenario),
        "judges": ivr_steps.judges(scenario),
        "decides": ivr_steps.decides(scenario),
        "community": any(reason.community for reason in scenario.reasons.values()),
        "people": any(segment.customers for segment in scenario.segments.values()),
        "dialler": any(q.outbound is not None and q.outbound.mode == "predictive" for q in scenario.queues.values()),
    }.items():
        rows[name] = value
    return rows
