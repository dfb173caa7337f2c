"""Assumptions outside `experience`, which `sensitivity` makes smaller and larger.

How fast lessons are learned, what a community helps with, how often agents are courteous, what an AI agent resolves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from cxsim.scenario.model import units
from cxsim.schema.names import OTHERS

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

# By part: the list of the scenario in which it is declared, and its keys that are assumptions; none if it is a number.
KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "learning": ("reasons", ("fed_back", "halves", "delay", "prevents", "resolution", "spreads")),
    "community": ("reasons", ("helps", "helps_most", "halves")),
    "hold": ("reasons", ()),
    "courtesy": ("groups", ()),
    "empowerment": ("groups", ("decides", "misuse")),
    "ai_agent": ("flow", ("accepted", "resolves", "hands_over", "hang_up")),
}


class Assumption(NamedTuple):
    """A number that is assumed: its path from the top of the scenario, its value, and between what it may be."""

    path: str
    value: float
    least: float = 0.0
    most: float = math.inf

    def times(self, factor: float) -> float:
        """Another value, as far as it may be: of the courteous share, a factor on what is lacking."""
        if self.path.endswith(".courtesy"):
            return max(self.least, 1.0 - (1.0 - self.value) * factor)
        value = self.value * factor
        return min(max(round(value) if isinstance(self.value, int) else value, self.least), self.most)


def assumptions(scenario: Scenario, part: str) -> list[Assumption]:
    """The numbers of a part that have an effect in a scenario."""
    loyalty = scenario.experience.loyalty
    if part == "courtesy" and loyalty.discourtesy == 1.0:
        return []
    if part == "hold" and loyalty.hold == 1.0 and scenario.experience.effort.hold == 0.0:
        return []
    nothing = 1.0 if part == "courtesy" else 0.0
    return [one for one in _of(scenario, part) if one.value != nothing]


def written(scenario: Scenario, path: str, value: float) -> str:
    """A value of an assumption, by its path, as a user would write it."""
    *steps, key = path.split(".")
    top: Any = scenario
    owner = reduce(_step, steps, top)
    old = _step(owner, key)
    if isinstance(owner, dict) or isinstance(old, dict):
        return units.write_percent(value)
    new = round(value) if isinstance(old, int) else value
    return str(owner.model_copy(update={key: new}).model_dump(mode="json", include={key})[key])


def varied(scenario: Scenario, one: Assumption, factor: float) -> tuple[float, Scenario]:
    """Another value of an assumption, and the scenario with it."""
    value = one.times(factor)
    said = written(scenario, one.path, value)
    return value, scenario.vary({one.path: int(said) if isinstance(one.value, int) else said})


def _step(owner: Any, name: str) -> Any:
    return owner[name] if isinstance(owner, dict) else getattr(owner, name)


def _of(scenario: Scenario, part: str) -> Iterator[Assumption]:
    where, keys = KEYS[part]
    for name, one in getattr(scenario, where).items():
        held, path = getattr(one, part), f"{where}.{name}.{part}"
        if not keys:
            yield Assumption(path, held, most=1.0)
        for key in keys if held is not None else ():
            yield from _number(held, f"{path}.{key}", key)


def _number(held: Any, path: str, key: str) -> Iterator[Assumption]:
    """What a part says of a key: a number, or shares by reason."""
    value = getattr(held, key)
    if isinstance(value, dict):
        for reason, share in value.items():
            yield Assumption(path if list(value) == [OTHERS] else f"{path}.{reason}", share, most=1.0)
    elif key in ("helps", "helps_most"):
        yield Assumption(path, value, *((0.0, held.helps_most) if key == "helps" else (held.helps, 1.0)))
    elif isinstance(value, int):
        yield Assumption(path, value, least=1.0)
    elif value is not None:
        yield Assumption(path, value, most=math.inf if key in ("delay", "spreads", "resolution") else 1.0)
