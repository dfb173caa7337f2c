"""Rules about staff and shrinkage."""

from __future__ import annotations

from collections.abc import Iterator

from cxsim.scenario.checks.view import View
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units


def staffed(view: View) -> Iterator[Finding]:
    """Who is there when must be said once for each group."""
    scenario, staff = view.scenario, view.scenario.staff
    if staff.redraw_agents and not any(group.differ for group in scenario.groups.values()):
        rule = "has no effect: all agents of a group are identical"
        fix = "give a group spread or tenure, or remove it"
        yield Finding(("staff", "redraw_agents"), rule, fix, "redraw_agents", key=True)
    ways = [key for key in ("headcounts", "shifts") if getattr(staff, key)]
    if staff.file is not None and ways:
        yield Finding(("staff", ways[0]), "cannot be combined with a file", "remove one of them", ways[0], key=True)
    if staff.file is None:
        for key in ("kind", "sheet"):
            if getattr(staff, key) is not None:
                yield Finding(("staff", key), "requires a file", "add 'file: …', or remove it")
    for name in staff.headcounts:
        if name not in view.groups:
            yield Finding(
                ("staff", "headcounts", name),
                "is not a group",
                units.suggestion(name, view.groups, "the groups are"),
                key=True,
            )
        elif any(shift.group == name for shift in staff.shifts):
            yield Finding(
                ("staff", "headcounts", name),
                "has both headcounts and shifts",
                "keep one of them",
                name,
                key=True,
            )
    for i, shift in enumerate(staff.shifts):
        if shift.group not in view.groups:
            yield Finding(
                ("staff", "shifts", i, "group"),
                "is not a group",
                units.suggestion(shift.group, view.groups, "the groups are"),
            )
    inline = {*staff.headcounts, *(shift.group for shift in staff.shifts)}
    for name, group in scenario.groups.items():
        if not group.skills and view.sound(("groups", name)):
            fix = f"add 'serves: [{units.listing(view.queues[:3])}]', or its skills"
            yield Finding(("groups", name), "serves no queue", fix, name)
        if group.agents is not None and name in inline:
            at: Path = ("groups", name, "agents")
            yield Finding(at, "is also set under staff", "remove it here, or remove the group under staff")
        if (
            group.agents is None
            and name not in inline
            and staff.file is None
            and view.sound(("groups", name), ("staff",))
        ):
            yield Finding(
                ("groups", name),
                "has no agents",
                "add 'agents: 10', or put headcounts or shifts under staff",
            )


def scheduled_said(view: View) -> Iterator[Finding]:
    """Where shrinkage is above zero, it must be said whether the agents given are scheduled or present."""
    scenario = view.scenario
    silent = [
        name
        for name, group in scenario.groups.items()
        if group.shrinkage > 0.0
        and group.scheduled is None
        and scenario.staff.scheduled is None
        and view.sound(("groups", name), ("staff", "scheduled"))
    ]
    if not silent:
        return
    part = scenario.groups[silent[0]].shrinkage
    where = f"under groups.{silent[0]}" if len(silent) == 1 else "under staff, for all groups,"
    more = f"; the same is true of {units.listing(silent[1:])}" if len(silent) > 1 else ""
    rule = f"does not say whether the agents given are scheduled or present{more}"
    fix = (
        f"write {where} 'scheduled: true' (of 100 agents given, {100 * (1 - part):.4g} are present and 100 are paid) "
        f"or 'scheduled: false' (100 are present, {100 / (1 - part):.4g} are paid)"
    )
    yield Finding(("groups", silent[0], "shrinkage"), rule, fix)
