"""Overrides that change nothing, since a file says the same by time: each is refused with the line that does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cxsim.randomness.distributions import Law, LawError
from cxsim.scenario.io.defaults import complete
from cxsim.scenario.io.faults import Fault, Path, dotted
from cxsim.scenario.io.overrides import Layers
from cxsim.scenario.io.yaml_tree import place_of, text_of
from cxsim.scenario.model.by_time import ByTime
from cxsim.scenario.model.scenario import Scenario
from cxsim.scenario.usual_share import PART, by_file, file_shares
from cxsim.tables.reader import Table, TableError

Tables = Mapping[tuple[str, str | None], Table]
TIMES = ("talk", "handle_time", "wrap")


def overshadowed(
    scenario: Scenario,
    before: Callable[[], Scenario | None],
    layers: Layers,
    broken: Sequence[Path],
    tables: Tables,
) -> Iterator[Fault]:
    """A fault for each plain share or mean that was put over a scenario whose file takes its place.

    Who also changes the block of the file means it, and what is in `broken` was told already. `before` makes the
    scenario without what was put over it. A handle time whose distribution is another one has an effect: its mean
    does not count, how it varies does.
    """
    faulty = {at[:3] for at in broken}
    for at in dict.fromkeys(at for at in layers.touched if len(at) == 3 and at not in faulty):
        part, name, key = (str(step) for step in at)
        if key in PART and part == PART[key] and name in getattr(scenario, part):
            block: Path = (part, name, f"{key}_by_time")
            said = by_file(scenario, name, key)
            if said is not None and not layers.reached(block):
                yield _fault(layers, at, block, said.file or "", _factor(scenario, name, key, said, tables))
        elif part == "reasons" and key in TIMES and name in scenario.reasons:
            block = (part, name, "handle_times")
            times = scenario.reasons[name].handle_times
            if times is not None and times.file and not layers.reached(block):
                plain = before()
                old = complete(plain).reasons.get(name) if plain is not None else None
                longer = _longer(old, scenario.reasons[name])
                if longer is not None:
                    yield _fault(layers, at, block, times.file, times.factor * longer)


def _fault(layers: Layers, at: Path, block: Path, file: str, factor: float | None) -> Fault:
    path = dotted(block)
    number = f"{factor:.4g}" if factor is not None and math.isfinite(factor) else "1.1"
    rule = f"has no effect: {block[-1]} reads {file}, which takes its place"
    fix = f"write {path}.factor={number}, which multiplies every row, or {path}=null to leave the file out"
    return Fault(place_of(layers.marks, at), dotted(at), text_of(layers.marks, at), rule, fix)


def _factor(scenario: Scenario, name: str, share: str, said: ByTime, tables: Tables) -> float | None:
    """The factor that makes the mean of a file the share that was put there; None for a table that cannot be read."""
    try:
        table = tables[said.file or "", said.sheet].named(said.columns, said.carry_down)
        mean = file_shares(said, name, table, scenario.horizon)[0]
    except (KeyError, TableError, ValueError):
        return None
    wanted = getattr(getattr(scenario, PART[share])[name], share)
    return said.factor * wanted / mean if mean > 0.0 else None


def _longer(old: Any, new: Any) -> float | None:
    """How many times longer a handle time became that varies as before; None where it varies otherwise or is alike."""
    if old is None:
        return None
    totals = [one.talk.mean + (one.wrap.mean if one.wrap is not None else 0.0) for one in (old, new)]
    if not all(0.0 < total < math.inf for total in totals) or math.isclose(*totals):
        return None
    return totals[1] / totals[0] if _varies_as(old.talk, new.talk) and _varies_as(old.wrap, new.wrap) else None


def _varies_as(old: Law | None, new: Law | None) -> bool:
    if old is None or new is None:
        return old is new
    if old.name != new.name or old.mean <= 0.0:
        return False
    try:
        return math.isclose(old.scaled(new.mean / old.mean).cv, new.cv, rel_tol=1e-9, abs_tol=1e-12)
    except LawError:
        return False
