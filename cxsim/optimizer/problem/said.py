"""What is taken for granted of a plan unless the scenario says otherwise, in sentences with the key to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.model.staffing_input import Roster
from cxsim.optimizer.problem.structure import OVER_ROSTER, team_limits
from cxsim.scenario.model import units
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.optimizer.problem.problem import Problem


def defaults(problem: Problem) -> list[str]:
    """The limits of teams, the floor, and that shifts were not asked for."""
    return [text for text in (team(problem), _floor(problem), _shifts(problem)) if text]


def team(problem: Problem) -> str:
    """The most agents of each group that has no limit of its own."""
    limits = team_limits(problem.scenario, problem.model.timeline)
    known = [f"{name} {most:g}" for name, most in zip(problem.scenario.groups, limits, strict=True) if most < 1e9]
    if not known:
        return ""
    return (
        f"Groups have at most {OVER_ROSTER:.0%} of the most agents on today's roster at once: {', '.join(known)}."
        " Write optimize.groups.NAME.max for other limits."
    )


def _floor(problem: Problem) -> str:
    floors = [goal for goal in problem.goals.goals if goal.floor]
    if not floors:
        return ""
    each = "of every queue " if floors[0].scope == "queue" else ""
    return (
        f"A goal by default: an SL {each}of at least {units.write_percent(floors[0].limit)} in every open interval."
        " Write optimize.floor for another share of the targets, or 0% for none."
    )


def _length(seconds: float) -> str:
    """The length of a shift as planners write it: 8 h, 8h30m."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}h{minutes:02d}m" if hours and minutes and seconds % 60 == 0 else units.write_duration(seconds)


def _shifts(problem: Problem) -> str:
    """Headcounts, though today's roster has shifts: the line that has shifts planned."""
    scenario, timeline = problem.scenario, problem.model.timeline
    if problem.structure.kind != "headcounts" or timeline.steady or optimizing(scenario).staff is not None:
        return ""
    roster = Roster(scenario, timeline)
    mine = [name for name in scenario.groups if roster.has_shifts(name)]
    days = range(timeline.days_before, timeline.days_before + timeline.days)
    lengths = sorted({line.end - line.start for name in mine for day in days for line in roster.lines(name, day)})
    if not lengths:
        return ""
    said = ", ".join(_length(length) for length in lengths[:4])
    return (
        "Today's roster has shifts, but this plan is agents by interval."
        f" To plan shifts, write optimize: {{shifts: {{lengths: [{said}]}}}}."
    )
