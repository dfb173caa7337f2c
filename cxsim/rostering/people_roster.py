"""A roster of named people: who works when, what stays open, what was refused, and how fair it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cxsim.report.studies.roster_folder import save

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


@dataclass(frozen=True, eq=False)
class PeopleRoster:
    """Named people assigned to the shifts of a plan.

    Attributes
    ----------
    scenario : Scenario
        The scenario whose shifts were assigned.
    shifts : DataFrame
        A row per person and shift, as `staff.file` reads it: group, name, date, start, end, breaks, agents, paid_hours.
        Teams without people in the table keep the rows of the plan, without a name.
    grid : DataFrame
        A row per person, a column per day: the shift, `off` or `leave`.
    cover : DataFrame
        A row per shift of the plan: date, weekday, team, shift, needed, assigned, missing, why.
    requests : DataFrame
        A row per person, request and day: name, team, date, weekday, request, weight, answer (granted or refused),
        rule, why.
    fairness : DataFrame
        A row per person: name, team, contract, shifts and hours of the roster; for shifts, late, weekend and refused
        `_fair` (the fair share of past and present), and for the last three `_before` (past counts).
    people : DataFrame
        The table of people for the next roster: past counts, last shift and days in a row brought up to date.
    complete : bool
        Whether every shift has its people.
    proved : bool
        Whether no roster that keeps the rules has fewer hours missing.
    missing_hours : float
        Hours of work that nobody is assigned to.
    missing_bound : float
        No roster that keeps the rules has fewer hours missing.
    worth : float
        Weight of refused requests plus unfairness, which is minimised at that cover.
    worth_bound : float
        No roster of that cover has less.
    messages : tuple of str
        What to know before using the roster.
    rules : tuple of str
        What the roster rests on, in sentences.
    late_rows : frozenset of int
        The rows of `shifts` that end late.
    scenario_text : str
        The scenario with the roster as its staff, as YAML.
    inputs : mapping
        The files that this scenario names, by their path beside it.
    """

    scenario: Scenario
    shifts: pd.DataFrame
    grid: pd.DataFrame
    cover: pd.DataFrame
    requests: pd.DataFrame
    fairness: pd.DataFrame
    people: pd.DataFrame
    complete: bool
    proved: bool
    missing_hours: float
    missing_bound: float
    worth: float
    worth_bound: float
    messages: tuple[str, ...]
    rules: tuple[str, ...]
    late_rows: frozenset[int]
    scenario_text: str
    inputs: Mapping[str, bytes]

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write tables, calendars, scenario, workbook and page into a folder: all or nothing.

        Parameters
        ----------
        folder : str or Path
            Where to; a folder that an earlier roster went to is replaced.
        pictures : bool, default True
            Whether to write the page and the workbook too.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OSError
            The folder cannot be written, or holds something else.
        """
        return save(self, Path(folder), pictures=pictures)
