"""`roster` is the map: the shifts of a plan, people and requests, the program, and the tables of its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim.model.calendar import timeline
from cxsim.model.demand import demand as volumes
from cxsim.optimizer.solver import solvers
from cxsim.rostering import tables
from cxsim.rostering.people_roster import PeopleRoster
from cxsim.rostering.problem import EARLY, LATE, Problem, read_problem
from cxsim.rostering.program import Solved, solved
from cxsim.rostering.reasons import refusals, short
from cxsim.rostering.slots import demand
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.io.writing import document, yaml_text
from cxsim.scenario.model.units import write_clock
from cxsim.simulation.build_result import stored
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

FILE = "roster.csv"


def roster(
    scenario: Scenario,
    people: str | Path,
    requests: str | Path | None = None,
    *,
    weeks: int | None = None,
    early: float = EARLY,
    late: float = LATE,
    fairness: float = 1.0,
    seconds: float = 120.0,
    solver: str = "highs",
    progress: Callable[[str], object] | None = None,
) -> PeopleRoster:
    """Assign named people to the shifts of a plan.

    Rules always hold. The hours of work that nobody is assigned to are as few as the rules allow; at that cover, the
    weight of refused requests plus the unfairness is as small as possible.

    Parameters
    ----------
    scenario : Scenario
        A scenario whose staff are shifts, such as a plan of `optimize`.
    people : str or Path
        Table of people, CSV or XLSX (sheet People).
    requests : str or Path, optional
        Table of leave, fixed shifts and requests; default: the sheet Requests of the workbook of people, if any.
    weeks : int, optional
        Number of weeks, each with the shifts of the plan; default: the plan's days.
    early : float, default 32400.0
        Shifts that begin before are early, in seconds of the day.
    late : float, default 64800.0
        Shifts that end after are late, in seconds of the day.
    fairness : float, default 1.0
        What one shift above a person's fair share counts, in weights of requests; 0 leaves fairness out.
    seconds : float, default 120.0
        Most time for the search, with the reasons of refused requests.
    solver : str, default 'highs'
        Solver of the integer programs: highs, or any that PuLP knows.
    progress : callable, optional
        Called with a line of text at each step.

    Returns
    -------
    PeopleRoster
        Who works when, what stays open, what was refused and why, and how fair it is.

    Raises
    ------
    ExportError
        The tables have faults; it lists all of them.
    ScenarioError
        A table of the scenario does not fit it.
    SolverError
        The solver is not there.
    TableError
        A table cannot be read.
    ValueError
        The scenario has no shifts or no dates, an argument is out of range, or there was no time for a first roster.
    """
    for name, value, low, high in (("fairness", fairness, 0.0, 1e6), ("seconds", seconds, 1.0, 86400.0)):
        if not low <= value <= high:
            raise ValueError(f"{name}: {value:g} is not between {low:g} and {high:g}")
    solvers.check(solver)
    tell = progress or (lambda text: None)
    began = time.perf_counter()
    asked = demand(scenario, weeks)
    file = Path(people)
    problem = read_problem(
        scenario,
        asked,
        file,
        None if requests is None else Path(requests),
        early=early,
        late=late,
        fairness=fairness,
    )
    parts = _solved(problem, solver, began + 0.75 * seconds, tell)
    found = {p: mine for part in parts for p, mine in part.roster.items()}
    tell("finding out why requests are refused")
    refused = refusals(problem, parts, solver=solver, seconds=max(0.0, began + seconds - time.perf_counter()))
    shifts = tables.shifts_table(problem, found)
    text, said = _scenario_text(scenario, problem, shifts)
    names = stored(scenario)
    return PeopleRoster(
        scenario=scenario,
        shifts=shifts,
        grid=tables.grid_table(problem, found),
        cover=tables.cover_table(problem, found),
        requests=tables.requests_table(problem, found, refused),
        fairness=tables.fairness_table(problem, found),
        people=tables.next_people(problem, found, file),
        complete=not short(problem, found),
        proved=all(part.proved for part in parts),
        missing_hours=sum(part.missing for part in parts),
        missing_bound=sum(part.missing_bound for part in parts),
        worth=sum(part.worth for part in parts),
        worth_bound=sum(part.worth_bound for part in parts),
        messages=(*_messages(problem, scenario, found), *said),
        rules=_rules(problem),
        late_rows=tables.late_rows(problem, shifts),
        scenario_text=text,
        inputs={
            names[name]: path.read_bytes()
            for name, path in scenario.source.files.items()
            if name != scenario.staff.file
        },
    )


def _solved(problem: Problem, solver: str, until: float, tell: Callable[[str], object]) -> list[Solved]:
    """The best roster of each group of teams that share people, in order; what one leaves of its time is the next's."""
    groups = problem.components()
    out: list[Solved] = []
    for k, teams in enumerate(groups):
        tell(f"assigning {', '.join(teams)}")
        weights = [sum(one.needed for one in problem.asked.slots if one.team in group) for group in groups[k:]]
        left = max(1.0, until - time.perf_counter())
        out.append(solved(problem, teams, solver=solver, seconds=max(1.0, left * weights[0] / max(1, sum(weights)))))
    return out


def _messages(problem: Problem, scenario: Scenario, found: Mapping[int, Sequence[int]]) -> list[str]:
    out = []
    if problem.unfilled:
        names = ", ".join(problem.unfilled)
        out.append(f"No people are listed for {names}: their shifts stay as in the plan, without names.")
    if problem.outside:
        out.append(f"{problem.outside} rows of requests are about other days than the roster's, and were left out.")
    out += _beyond(problem)
    leave = any(problem.away[p] for p in range(len(problem.people)))
    shrunk = [team for team in problem.asked.teams if scenario.groups[team].shrinkage > 0.0]
    if leave and shrunk:
        out.append(
            f"Leave is taken off this roster. Make sure that the shrinkage of {', '.join(shrunk)} does not include the "
            "same leave again."
        )
    return out


def _beyond(problem: Problem) -> list[str]:
    """Weeks in which a group of teams needs more days of work than its people have, whatever the rules."""
    asked, out = problem.asked, []
    weeks = -(-len(asked.dates) // 7)
    for teams in problem.components():
        told = []
        for week in range(weeks):
            days = range(7 * week, min(7 * week + 7, len(asked.dates)))
            needed = sum(one.needed for one in asked.slots if one.team in teams and one.day in days)
            there = 0
            for p, person in enumerate(problem.people):
                if person.team in teams:
                    could = {asked.slots[s].day for s in problem.able[p]}.intersection(days)
                    there += min(person.days, len(could))
            if needed > there:
                told.append(f"{needed} shifts for {there}" + (f" in week {week + 1}" if weeks > 1 else ""))
        if told:
            out.append(
                f"{' and '.join(teams)}: the plan needs more shifts than the people there can work by contract days, "
                f"availability and leave: {', '.join(told)}."
            )
    return out


def _rules(problem: Problem) -> tuple[str, ...]:
    """What the roster rests on."""
    early, late = write_clock(problem.early), write_clock(problem.late)
    usual = problem.people[0] if problem.people else None
    out = [
        "One shift a day; weeks are counted from the first day of the roster. Leave keeps a person free from 00:00 to "
        "24:00.",
        f"A shift is early if it begins before {early} and late if it ends after {late}; weekends are Saturday and "
        "Sunday.",
        "Hours missing are as few as the rules allow. At that cover, the weight of refused requests plus the "
        "unfairness is as small as possible.",
        "A fair share of late and weekend shifts follows contract days and the days on which a person can work them; "
        "of refused requests, the weight of the person's requests. Past counts are included.",
        f"Unfairness is, for each team and kind, the largest number above a fair share plus the mean; one counts as a "
        f"request of weight {problem.fairness:g}.",
    ]
    rest = sorted({person.rest / 3600.0 for person in problem.people})
    row = sorted({person.in_a_row for person in problem.people})
    if usual is not None:
        hours, days = ", ".join(f"{one:g}" for one in rest), ", ".join(map(str, row))
        out.append(f"Rest between shifts: {hours} h. Most days in a row: {days}.")
    return tuple(out)


def _scenario_text(scenario: Scenario, problem: Problem, table: pd.DataFrame) -> tuple[str, list[str]]:
    """The scenario with the roster as its staff; over all days of the roster, if its volumes allow."""
    own, days = scenario.horizon.days, len(problem.asked.dates)
    said: list[str] = []
    if days != own:
        try:
            longer = scenario.vary({"horizon.days": days})
            volumes(longer, timeline(longer))
            scenario = longer
        except (ScenarioError, TableError, ValueError) as error:
            why = str(error).splitlines()[0]
            said.append(f"scenario.yaml simulates the plan's {own} days only: its tables do not reach further ({why}).")
    names = {name: place for name, place in stored(scenario).items() if name != scenario.staff.file}
    written = document(scenario, names)
    staff: dict[str, Any] = dict(written.get("staff", {}))
    if scenario.staff.headcounts:  # which stand beside shifts only in the scenario itself
        staff["shifts"] = [_inline(row) for row in table.to_dict("records")]
    else:
        kept = ("scheduled", "at_shift_end", "overrun_paid", "redraw_agents")
        staff = {"file": FILE, "kind": "shifts", **{key: staff[key] for key in kept if key in staff}}
    written["staff"] = staff
    for team in problem.asked.teams:
        written["groups"][team].pop("agents", None)
        if not (table["group"] == team).any():
            written["groups"][team]["agents"] = 0
    return yaml_text(written), said


def _inline(row: dict[Any, Any]) -> dict[str, Any]:
    out = {key: row[key] for key in ("group", "date", "start", "end", "agents")}
    out |= {"breaks": row["breaks"].split(";")} if row["breaks"] else {}
    out |= {"name": row["name"]} if row["name"] else {}
    return out | {"paid": f"{row['paid_hours']:.10g} h"}
