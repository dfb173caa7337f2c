"""A routing apart from its scenario: who serves what in which order, with which reserves and delays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cxsim.scenario.model import units

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Pair = tuple[str, str]  # group, queue
Stage = tuple[str, int]  # queue, number of the overflow stage
Changes = dict[str, Any]  # path of the scenario: value, as `Scenario.vary` takes them; None leaves a skill out


@dataclass(frozen=True)
class Use:
    """How a group uses a skill: `rank` for its agents, `order` for the contacts, and the idle agents kept back."""

    rank: int
    order: int
    reserve: int = 0


@dataclass(frozen=True)
class Routing:
    """The skills that are used, and the delays (s) after which queues overflow to further groups."""

    skills: Mapping[Pair, Use]
    delays: Mapping[Stage, float] = field(default_factory=dict)

    def using(self, values: Mapping[Pair, Use]) -> Routing:
        """The same with other uses of some skills."""
        return replace(self, skills={**self.skills, **values})

    def without(self, pair: Pair) -> Routing:
        """The same without a skill."""
        return replace(self, skills={one: use for one, use in self.skills.items() if one != pair})

    def delayed(self, stage: Stage, after: float) -> Routing:
        """The same with another delay."""
        return replace(self, delays={**self.delays, stage: after})

    def groups_of(self, queue: str) -> list[str]:
        """Groups that use their skill for a queue."""
        return [g for g, q in self.skills if q == queue]

    def queues_of(self, group: str) -> list[str]:
        """Queues for which a group uses its skill."""
        return [q for g, q in self.skills if g == group]


def routing_of(scenario: Scenario) -> Routing:
    """The routing that a scenario has."""
    skills = {
        (name, queue): Use(skill.rank, skill.order or skill.rank, skill.reserve)
        for name, group in scenario.groups.items()
        for queue, skill in group.skills.items()
    }
    delays = {
        (name, k): stage.after
        for name, queue in scenario.queues.items()
        for k, stage in enumerate(queue.overflow)
        if stage.to
    }
    return Routing(skills, delays)


def changes(own: Scenario, wanted: Routing) -> Changes:
    """What turns a scenario into one with the routing `wanted`."""
    before, out = routing_of(own), Changes()
    for (group, queue), use in before.skills.items():
        at, now = f"groups.{group}.skills.{queue}", wanted.skills.get((group, queue))
        if now is None:
            out[at] = None
            continue
        said = own.groups[group].skills[queue].order
        if now.rank != use.rank:
            out[f"{at}.rank"] = now.rank
        if now.order != (said or now.rank):
            out[f"{at}.order"] = now.order
        if now.reserve != use.reserve:
            out[f"{at}.reserve"] = now.reserve
    for (queue, k), after in before.delays.items():
        if wanted.delays[queue, k] != after:
            out[f"queues.{queue}.overflow.{k}.after"] = units.write_duration(wanted.delays[queue, k])
    return out


def tidied(wanted: Routing, own: Routing) -> Routing:
    """The same routing with the scenario's own numbers wherever these say the same, else the least ones."""
    skills = dict(wanted.skills)
    for side, name in ((0, "rank"), (1, "order")):
        for one in dict.fromkeys(pair[side] for pair in skills):
            mine = [pair for pair in skills if pair[side] == one]
            given = [getattr(skills[pair], name) for pair in mine]
            known = [getattr(own.skills[pair], name) for pair in mine]
            told = known if places(known) == places(given) else [1 + place for place in places(given)]
            for pair, value in zip(mine, told, strict=True):
                skills[pair] = replace(skills[pair], **{name: value})
    return replace(wanted, skills=skills)


def places(values: list[int]) -> list[int]:
    """The place of each value among the different ones, from 0."""
    order = sorted(set(values))
    return [order.index(value) for value in values]
