"""From Erlang C to the simulation: what a scenario has that Erlang C leaves out, in a fixed order.

A step is a name, words, and the overrides that take it out of a scenario, with paths and values as of `--set`. To take
several out, they go in the opposite order, each from what the later ones left. Two steps also replace who is there:
`LEVELS` says by what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.randomness.distributions import Law, law
from cxsim.scenario.model.distributions import write_law
from cxsim.schema.names import CAUSES, REPEATS

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Values = dict[str, Any]
# What no step needs, and what may name groups that a step takes out.
BARE: Final[Values] = {"overrides": {}, "levers": {}, "optimize": None, "capacity": None}


class Staffing(NamedTuple):
    """Who is there in whole agents by interval, as given (`by_group`) and dedicated to one queue each (`by_queue`).

    `main` is the group that gives each queue the most agents. `on_shifts` is whether anybody works shifts.
    """

    by_group: Floats
    by_queue: Floats
    queues: tuple[str, ...]
    main: tuple[str, ...]
    on_shifts: bool


class Case(NamedTuple):
    """A scenario, and the agents present by group and interval where they are not its own."""

    scenario: Scenario
    levels: Floats | None = None


@dataclass(frozen=True)
class Step:
    """What Erlang C leaves out: its name, what it does in a sentence, and the overrides that take it out."""

    name: str
    title: str
    why: str
    overrides: Callable[[Scenario, Staffing], Values]


def _busyness(scenario: Scenario, _: Staffing) -> Values:
    return {
        f"reasons.{name}.volume.{key}": None
        for name, one in scenario.reasons.items()
        for key in ("busyness", "intraday")
        if getattr(one.volume, key)
    }


def _leaves(patience: Law | float | None) -> bool:
    return patience is not None and not (isinstance(patience, Law) and patience.name == "never")


def _abandonment(scenario: Scenario, _: Staffing) -> Values:
    out: Values = {}
    for part in ("channels", "reasons", "segments"):
        named: Mapping[str, Any] = getattr(scenario, part)
        out |= {f"{part}.{name}.patience": None for name, one in named.items() if _leaves(one.patience)}
    out |= {f"channels.{name}.balk": "0%" for name, one in scenario.channels.items() if one.balk}
    out |= {f"reasons.{name}.balk": None for name, one in scenario.reasons.items() if one.balk}
    return out | {f"queues.{name}.announces": None for name, one in scenario.queues.items() if one.announces}


def _again(scenario: Scenario, causes: Iterable[str], key: str) -> Values:
    """No further attempt after these ends, for all reasons and for those that say so themselves."""
    out: Values = {}
    for cause in causes:
        if getattr(scenario.after_contact, cause).chance:
            out[f"after_contact.{cause}.{key}"] = "0%"
        for name, reason in scenario.reasons.items():
            own = getattr(reason.after_contact, cause)
            if own.chance and own != getattr(scenario.after_contact, cause):
                out[f"reasons.{name}.after_contact.{cause}.{key}"] = "0%"
    return out


def _redials(scenario: Scenario, _: Staffing) -> Values:
    return _again(scenario, [cause for cause in CAUSES if cause not in REPEATS], "redial")


def _repeats(scenario: Scenario, _: Staffing) -> Values:
    return _again(scenario, REPEATS, "repeat")


def _after_call_work(scenario: Scenario, _: Staffing) -> Values:
    """The same handle time, all of it talk."""
    out: Values = {}
    for part in ("reasons", "queues"):
        for name, one in getattr(scenario, part).items():
            if one.wrap is not None and one.talk is not None and one.wrap.mean > 0.0 and one.talk.mean > 0.0:
                longer = one.talk.scaled((one.talk.mean + one.wrap.mean) / one.talk.mean)
                out |= {f"{part}.{name}.talk": write_law(longer), f"{part}.{name}.wrap": None}
    return out


def _distributions(scenario: Scenario, _: Staffing) -> Values:
    """Exponential times of the same means."""
    out: Values = {}
    for part, keys in {
        "channels": ("patience",),
        "segments": ("patience",),
        "reasons": ("talk", "wrap", "patience"),
        "queues": ("talk", "wrap"),
    }.items():
        for name, one in getattr(scenario, part).items():
            for key in keys:
                given = getattr(one, key)
                if isinstance(given, Law) and given.name != "exponential" and 0.0 < given.mean < math.inf:
                    out[f"{part}.{name}.{key}"] = write_law(law("exponential", mean=given.mean))
    return out


def _is_dedicated(scenario: Scenario) -> bool:
    """Whether each queue has one group of its own, which works as its reasons say, and no contact goes elsewhere."""
    served = [queue for group in scenario.groups.values() for queue in group.skills]
    skills = [skill for group in scenario.groups.values() for skill in group.skills.values()]
    return (
        len(served) == len(set(served)) == len(scenario.groups)
        and all(len(group.skills) == 1 for group in scenario.groups.values())
        and all(
            (skill.handle_time.factor, skill.handle_time.mean, skill.talk, skill.wrap, skill.resolution, skill.reserve)
            == (1.0, None, None, None, None, 0)
            for skill in skills
        )
        and not any(queue.overflow for queue in scenario.queues.values())
    )


def _multi_skill(scenario: Scenario, staffing: Staffing) -> Values:
    """A group for each queue in place of the groups, otherwise like the one that gives it the most agents."""
    if _is_dedicated(scenario):
        return {}
    out: Values = {f"queues.{name}.overflow": [] for name, queue in scenario.queues.items() if queue.overflow}
    out |= {"routing": {}, "sites": {}} | STAFF
    groups: Values = {}
    most = staffing.by_queue.max(axis=1, initial=0.0)
    for queue, main, agents in zip(staffing.queues, staffing.main, most.tolist(), strict=True):
        like = scenario.groups[main].model_dump(mode="json", by_alias=True, exclude_none=True)
        kept: Values = {key: like[key] for key in ("wage", "availability", "away", "spread", "tenure") if key in like}
        if by_time := scenario.groups[main].availability_by_time:
            kept["availability_by_time"] = by_time.written_for(main)
        groups[queue] = {"skills": {queue: {}}, "agents": int(agents), **kept}
    return out | {"groups": groups}


# Headcounts in place of what `staff` says.
STAFF: Final[Values] = {
    "staff.file": None,
    "staff.sheet": None,
    "staff.columns": {},
    "staff.carry_down": [],
    "staff.kind": None,
    "staff.headcounts": {},
    "staff.shifts": [],
    "staff.scheduled": False,
}


def _availability(scenario: Scenario, _: Staffing) -> Values:
    out: Values = {}
    for name, one in scenario.groups.items():
        if one.availability < 1.0:
            out[f"groups.{name}.availability"] = "100%"
        if one.availability_by_time is not None:
            out[f"groups.{name}.availability_by_time"] = None
    return out


def _shifts(scenario: Scenario, staffing: Staffing) -> Values:
    """As many people from interval to interval, without beginnings, ends and breaks of their own."""
    if not staffing.on_shifts:
        return {}
    most = staffing.by_group.max(axis=1, initial=0.0)
    return STAFF | {f"groups.{name}.agents": int(n) for name, n in zip(scenario.groups, most.tolist(), strict=True)}


def _individuals(scenario: Scenario, _: Staffing) -> Values:
    out: Values = {}
    for name, group in scenario.groups.items():
        if group.differ:
            out |= {f"groups.{name}.spread": {}, f"groups.{name}.tenure": None}
    return out


def _limits(scenario: Scenario, _: Staffing) -> Values:
    out: Values = {f"channels.{name}.lines": None for name, one in scenario.channels.items() if one.lines}
    return out | {f"queues.{name}.capacity": None for name, one in scenario.queues.items() if one.capacity is not None}


def _menus(scenario: Scenario, _: Staffing) -> Values:
    """The same paths in no time; who is contained or hangs up there does so still."""
    out: Values = {}
    for name, node in scenario.flow.items():
        kind = next(
            (key for key in ("menu", "self_service", "ai_agent", "announcement", "capture") if getattr(node, key)), ""
        )
        if node.time is not None:
            out[f"flow.{name}.{kind}.time"] = None
        if node.capture is not None and node.capture.saves:
            out[f"flow.{name}.capture.saves"] = "0s"
        if node.ai_agent is not None:
            at = f"flow.{name}.ai_agent"
            out |= {f"{at}.concurrent": None, f"flow.{name}.otherwise": None} if node.ai_agent.concurrent else {}
            out |= {f"{at}.longer": {}} if node.ai_agent.longer else {}
            out |= {f"{at}.saves": "0s"} if node.ai_agent.saves else {}
            out |= {f"{at}.retold": None} if node.ai_agent.retold else {}
        if node.self_service is not None:
            given, at = node.self_service, f"flow.{name}.self_service"
            if node.gate is not None:
                out |= {f"{at}.availability": "100%", f"{at}.down": [], f"flow.{name}.otherwise": None}
            out |= {f"{at}.retold": None} if given.retold else {}
    return out


def _callbacks(scenario: Scenario, _: Staffing) -> Values:
    return {f"queues.{name}.callback": None for name, one in scenario.queues.items() if one.callback}


def _chats(scenario: Scenario, _: Staffing) -> Values:
    out: Values = {}
    for name, channel in scenario.channels.items():
        if channel.concurrent > 1:
            out |= {f"channels.{name}.concurrent": 1, f"channels.{name}.slowdown": None}
    return out


def _messages(scenario: Scenario, _: Staffing) -> Values:
    return {f"queues.{name}.turns": None for name, one in scenario.queues.items() if one.turns}


def _transfers(scenario: Scenario, _: Staffing) -> Values:
    out: Values = {}
    written = (scenario.source.written or ({}, {}))[0].get("queues") or {}
    for name, one in scenario.queues.items():
        if one.transfers:
            out[f"queues.{name}.transfers"] = []
            # A queue that only transfers name is to stay.
            out |= {f"queues.{to.to}": {"priority": 1} for to in one.transfers if to.to not in written}
    return out


LEVELS: Final = {"multi_skill": "by_queue", "shifts": "by_group"}
STEPS: Final = (
    Step("busyness", "Busy days", "some days bring more contacts than forecast, and others fewer", _busyness),
    Step("abandonment", "Abandonment", "customers who give up free the queue for those who stay", _abandonment),
    Step("redials", "Redials", "customers who did not get through call again", _redials),
    Step("repeats", "Repeats", "customers whose issue is not resolved come back", _repeats),
    Step(
        "after_call_work",
        "After-call work",
        "part of the handle time comes after the customer has gone",
        _after_call_work,
    ),
    Step("distributions", "Distributions", "times vary as given, not exponentially", _distributions),
    Step(
        "multi_skill",
        "Multi-skill",
        "groups share queues, with the skills, speeds and routing that they have, in place of dedicated agents",
        _multi_skill,
    ),
    Step("availability", "Availability", "agents are away for part of the time between contacts", _availability),
    Step("shifts", "Shifts and breaks", "people come, go and take breaks, and finish the contact they are on", _shifts),
    Step("individuals", "Individual agents", "agents of one group differ from one another", _individuals),
    Step("limits", "Trunks and queue places", "contacts are blocked when lines or places are full", _limits),
    Step("menus", "Time in the menu", "menus and self-service take time, fail at times, and change the talk", _menus),
    Step("callbacks", "Callbacks", "customers are called back instead of waiting on the line", _callbacks),
    Step("chats", "Concurrent contacts", "an agent serves several contacts at a time, each more slowly", _chats),
    Step("messages", "Replies", "customers write again after an answer", _messages),
    Step("transfers", "Transfers", "agents hand contacts on to other queues", _transfers),
)


def staffing_of(scenario: Scenario, present: Floats, divided: Floats, on_shifts: bool) -> Staffing:
    """Whole agents by group and by queue.

    `present` is groups × intervals, while the center is open; `divided` groups × queues × intervals, neither whole.
    """
    groups = tuple(scenario.groups)
    main = tuple(groups[g] for g in divided.sum(axis=2).argmax(axis=0))
    return Staffing(whole_agents(present), whole_agents(divided.sum(axis=0)), tuple(scenario.queues), main, on_shifts)


def whole_agents(exact: Floats) -> Floats:
    """Whole agents, rows × intervals, that come to the same as these: in each interval to the same total, rounded.

    What an interval rounds off is carried to the next, so that each row keeps its agent-hours to within one agent in
    one interval.
    """
    out = np.zeros_like(exact)
    carried, spare = np.zeros(exact.shape[0]), 0.0
    for i in range(exact.shape[1]):
        there = exact[:, i] > 0.0
        if not there.any():
            continue
        total = math.floor(float(exact[:, i].sum()) + spare + 0.5 + 1e-9)
        spare += float(exact[:, i].sum()) - total
        due = np.where(there, exact[:, i] + carried, 0.0).round(9)
        here = np.maximum(np.floor(due), 0.0)
        for g in cycle(g for g in np.argsort(here - due, kind="stable") if there[g]):
            if here.sum() >= total:
                break
            here[g] += 1.0
        for g in np.argsort(due - here, kind="stable"):
            here[g] -= min(here[g], max(float(here.sum()) - total, 0.0))
        carried = np.where(there, due - here, carried)
        out[:, i] = here
    return out


def features(scenario: Scenario, staffing: Staffing) -> dict[str, Values]:
    """The steps that a scenario has, in order, each with the overrides that take it alone out."""
    found = {step.name: step.overrides(scenario, staffing) for step in STEPS}
    return {name: values for name, values in found.items() if values}


def without(scenario: Scenario, names: Iterable[str], staffing: Staffing) -> Case:
    """The scenario with these steps taken out. Raises ScenarioError where it then breaks a rule."""
    out = set(names)
    case = Case(scenario)
    for step in reversed(STEPS):
        if step.name in out and (values := step.overrides(case.scenario, staffing)):
            levels = getattr(staffing, LEVELS[step.name]) if step.name in LEVELS else case.levels
            case = Case(case.scenario.vary(values), levels)
    return case
