"""Headcounts as a scenario gives them, which many plans of it share: who is wanted, and who of them is present."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cxsim.model.shares_by_time import Shrinkage
from cxsim.model.staffing_input import Level, Roster
from cxsim.model.time_spans import DAY

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.scenario.model.scenario import Scenario


class Given(NamedTuple):
    """What a plan is made of before anything is changed; of groups without shifts: who is wanted, and present."""

    roster: Roster
    shrinkage: Shrinkage
    wanted: dict[str, list[Level]]
    exact: dict[str, list[Level]]


def as_given(scenario: Scenario, timeline: Timeline) -> Given:
    """What a scenario gives. Raises TableError or ValueError as `plan` does."""
    roster = Roster(scenario, timeline)
    wanted = {name: roster.levels(name) for name in scenario.groups if not roster.has_shifts(name)}
    shrinkage = Shrinkage(scenario, timeline)
    exact = {name: present(scenario, timeline, name, levels, shrinkage) for name, levels in wanted.items()}
    return Given(roster, shrinkage, wanted, exact)


def present(
    scenario: Scenario, timeline: Timeline, name: str, given: Sequence[Level], shrinkage: Shrinkage
) -> list[Level]:
    """The agents of a group who are present, not rounded."""
    scheduled = scenario.is_scheduled(name)
    left = shrinkage.apart(name, given, lambda x, part: x * (1.0 - part)) if scheduled else given
    here = [1.0 - scenario.absent(name, day) for day in timeline.dates] if scenario.absences else []
    return [(a, b, round(x * here[day_of(timeline, a)] if here else x, 9)) for a, b, x in left]


def day_of(timeline: Timeline, at: float) -> int:
    """The simulated day of a moment, -1 before the first."""
    if not timeline.midnights:
        return int(at // DAY)
    return bisect_right(timeline.midnights, at) - 1
