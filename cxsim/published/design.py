"""What a formula or a chain needs of a small scenario: rates, staff, talks and skills, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cxsim.randomness.distributions import Law, law

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.customers import Reason

HOUR = 3600.0


class Design(NamedTuple):
    """Queues and groups by number, in the order of the scenario; one reason for each queue. Rates per second."""

    queues: tuple[str, ...]
    groups: tuple[str, ...]
    rates: tuple[float, ...]
    patience: tuple[float, ...]  # mean by queue; inf for those who never hang up
    agents: tuple[int, ...]
    talk: dict[tuple[int, int], float]  # mean by (queue, group)
    solves: dict[tuple[int, int], float]  # share resolved by (queue, group)
    order: tuple[tuple[int, ...], ...]  # of each queue the groups, as a contact tries them
    rank: tuple[tuple[int, ...], ...]  # of each group the queues, as an agent tries them
    reserve: dict[tuple[int, int], int]

    @property
    def load(self) -> float:
        """Offered load of the first queue, in erlangs."""
        return self.rates[0] * self.talk[0, 0]


def design(scenario: Scenario) -> Design:
    """The design of a scenario with constant volumes and numbers of agents, whose times are all exponential."""
    reasons, groups = list(scenario.reasons.values()), list(scenario.groups.values())
    talk, solves, reserve = {}, {}, {}
    orders, ranks = {}, {}
    for g, group in enumerate(groups):
        for q, (name, reason) in enumerate(scenario.reasons.items()):
            skill = group.skills.get(name)
            if skill is None and name not in group.serves:
                continue
            talk[q, g], solves[q, g] = reason.talk.mean, reason.resolution
            reserve[q, g], orders[q, g], ranks[q, g] = 0, 1, 1
            if skill is not None:
                talk[q, g] = skill.handle_time.mean or reason.talk.mean * skill.handle_time.factor
                reserve[q, g], orders[q, g], ranks[q, g] = skill.reserve, skill.order or 1, skill.rank
                if skill.resolution is not None:
                    solves[q, g] = float(skill.resolution.share or 0.0)
    return Design(
        tuple(scenario.reasons),
        tuple(scenario.groups),
        tuple(_one(one.volume.per_hour) / HOUR for one in reasons),
        tuple(_patience(scenario, one).mean for one in reasons),
        tuple(int(_one(one.agents)) for one in groups),
        talk,
        solves,
        tuple(
            tuple(sorted((g for g in range(len(groups)) if (q, g) in talk), key=lambda g: orders[q, g]))
            for q in range(len(reasons))
        ),
        tuple(
            tuple(sorted((q for q in range(len(reasons)) if (q, g) in talk), key=lambda q: ranks[q, g]))
            for g in range(len(groups))
        ),
        reserve,
    )


def _one(value: object) -> float:
    """The one number that a volume or a staff is. ValueError for a list, or for none."""
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not one number, and a formula needs a constant one")
    return float(value)


def patience(scenario: Scenario) -> Law:
    """The patience of the first reason."""
    return _patience(scenario, next(iter(scenario.reasons.values())))


def _patience(scenario: Scenario, reason: Reason) -> Law:
    own = reason.patience or scenario.channels["phone"].patience
    return own or law("never")
