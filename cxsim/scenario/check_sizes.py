"""Rules about size: what would never finish, or not fit, is refused before an engine sees it."""

from __future__ import annotations

from collections.abc import Iterator

from cxsim.scenario.faults import Path
from cxsim.scenario.models import Reason, Scenario
from cxsim.scenario.translate import Finding
from cxsim.scenario.units import DAY

MOST_CONTACTS = 1e9
MOST_NAMES = 2000
MOST_AGENTS = 200_000


def check_sizes(scenario: Scenario, broken: list[Path]) -> Iterator[Finding]:
    """Every rule of size that is broken."""
    for key in ("reasons", "groups"):
        if not getattr(scenario, key) and not any(path[0] == key for path in broken):
            yield Finding((key,), f"names no {key}", "give at least one")
    for key in ("reasons", "queues", "groups", "segments"):
        if len(getattr(scenario, key)) > MOST_NAMES:
            yield Finding((key,), f"has more than {MOST_NAMES} entries", "merge some of them")
    total = 0.0
    for name, reason in scenario.reasons.items():
        many = contacts(scenario, name, reason)
        if many > MOST_CONTACTS:
            rule = f"means about {many:.2g} contacts, more than 1e9"
            yield Finding(("reasons", name, "volume"), rule, "check the units and events, or shorten the horizon")
        else:
            total += many
    if total > MOST_CONTACTS:
        rule = f"mean about {total:.2g} contacts, more than 1e9"
        yield Finding(("reasons",), rule, "check the units, or shorten the horizon")
    for name, group in scenario.groups.items():
        most = max(group.agents) if isinstance(group.agents, tuple) else group.agents or 0
        if most > MOST_AGENTS:
            yield Finding(("groups", name, "agents"), f"is more than {MOST_AGENTS:,} agents", "check the number")


def contacts(scenario: Scenario, name: str, reason: Reason) -> float:
    """About how many fresh contacts a reason has in all; tables not counted."""
    volume, horizon = reason.volume, scenario.horizon
    open_time, days = (
        max((sum(b - a for a, b in day) for day in horizon.open.values()), default=0.0),
        horizon.days,
    )
    if horizon.steady is not None:
        open_time, days = sum(horizon.steady.spans), 1
    a_day = 0.0
    if volume.per_hour is not None:
        a_day = _mean(volume.per_hour) * open_time / 3600.0
    elif volume.per_interval is not None:
        a_day = _mean(volume.per_interval) * open_time / max(horizon.interval, 1.0)
    elif volume.per_day is not None or volume.count is not None:
        a_day = volume.per_day or float(volume.count or 0)
        if horizon.steady is not None:
            a_day *= open_time / DAY
    more = 1.0
    for event in scenario.events:
        if event.reasons is None or name in event.reasons:
            part = (event.end - event.start) / DAY / (1 if event.date is None else max(days, 1))
            more += max(event.factor - 1.0, 0.0) * part
    return a_day * days * volume.factor * more * max([1.0, *volume.weekdays.values()])


def _mean(given: float | tuple[float, ...]) -> float:
    return sum(given) / len(given) if isinstance(given, tuple) else given
