"""What a plan changes in the routing of its scenario: a table, and sentences that a planner can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxsim.optimizer.routing.state import Routing, places, routing_of
from cxsim.report.common.formats import plural
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.model import units

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

ROUTING_COLUMNS = ("what", "group", "queue", "before", "after", "title")
Row = tuple[str, str, str, str, str, str]


def routing_table(own: Scenario, planned: Scenario) -> pd.DataFrame:
    """What differs between the routing of a scenario and that of a plan, a row a change; see `ROUTING_COLUMNS`."""
    import pandas as pd

    before, after = routing_of(own), routing_of(planned)
    rows = [*_skills(before, after), *_orders(before, after), *_ranks(before, after), *_reserves(before, after)]
    return pd.DataFrame([*rows, *_delays(own, before, after)], columns=list(ROUTING_COLUMNS))


def _skills(before: Routing, after: Routing) -> list[Row]:
    return [
        ("skill", group, queue, "used", "not used", f"Group {group} no longer serves {queue}")
        for group, queue in before.skills
        if (group, queue) not in after.skills
    ]


def _orders(before: Routing, after: Routing) -> list[Row]:
    """For each queue whose groups are tried in another order, one row."""
    return [
        ("order", "", one, was, now, f"Contacts of {one} go to {now} (before: {was})")
        for one, was, now in _reordered(before, after, "order", 1)
    ]


def _ranks(before: Routing, after: Routing) -> list[Row]:
    """For each group that takes its queues in another order, one row."""
    return [
        ("rank", one, "", was, now, f"Group {one} takes {now} (before: {was})")
        for one, was, now in _reordered(before, after, "rank", 0)
    ]


def _reordered(before: Routing, after: Routing, name: str, side: int) -> Iterator[tuple[str, str, str]]:
    """(queue or group, the order before, the order after) where it differs for the skills that are still used."""
    for one in dict.fromkeys(pair[side] for pair in after.skills):
        mine = [pair for pair in after.skills if pair[side] == one]
        was, now = ([getattr(where.skills[pair], name) for pair in mine] for where in (before, after))
        if places(was) != places(now):
            names = [pair[1 - side] for pair in mine]
            yield one, _in_order(names, was), _in_order(names, now)


def _in_order(names: list[str], values: list[int]) -> str:
    """Names in the order of their values, those with the same value joined: `a or b, then c`."""
    return ", then ".join(
        " or ".join(name for name, value in zip(names, values, strict=True) if value == level)
        for level in sorted(set(values))
    )


def _reserves(before: Routing, after: Routing) -> list[Row]:
    out: list[Row] = []
    for (group, queue), use in after.skills.items():
        was, now = before.skills[group, queue].reserve, use.reserve
        if was != now:
            text = f"Group {group} keeps {plural(now, 'idle agent')} back from {queue} (before: {was})"
            out.append(("reserve", group, queue, str(was), str(now), text))
    return out


def _delays(own: Scenario, before: Routing, after: Routing) -> list[Row]:
    out: list[Row] = []
    for queue, k in after.delays:
        was, now = (units.write_duration(one.delays[queue, k]) for one in (before, after))
        if was != now:
            to = " and ".join(own.queues[queue].overflow[k].to or ())
            out.append(("delay", "", queue, was, now, f"Queue {queue} overflows to {to} after {now} (before: {was})"))
    return out


def earlier_routing(scenario: Scenario, resume: Any) -> Routing | None:
    """The routing of an earlier plan to continue from, as far as it still fits the scenario; None without one."""
    try:
        if isinstance(resume, (str, Path)):
            path = Path(resume)
            stored = path / "optimum.json" if path.is_dir() else path.with_name("optimum.json")
            given = json.loads(stored.read_text(encoding="utf-8")).get("routing_changes")
        else:
            given = getattr(resume, "routing_changes", None)  # an Optimum has them
        return routing_of(scenario.vary(given)) if given else None
    except (OSError, ValueError, ScenarioError):
        return None
