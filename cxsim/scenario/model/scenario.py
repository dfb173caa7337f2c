"""What a scenario says, validated: frozen models in seconds, fractions and `Law` objects; nothing but facts.

`cxsim.scenario.read` also completes what it read, so that whoever uses a `Scenario` never meets a default
that depends on another value: every queue is listed, every segment has its share, every reason its queue,
talk law and `after_contact`, every group its `skills`. Where a list is "one per open interval", it follows
`Horizon.slots`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from cxsim.rules.routing.catalogue import AGENT_RULES, CONTACT_RULES
from cxsim.scenario.io.policy_file import Policies, PolicyFile, load
from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.by_time import ByTime
from cxsim.scenario.model.capacity import Capacity
from cxsim.scenario.model.customers import (
    AfterContact,
    Arrivals,
    Channel,
    Event,
    HandleTimes,
    Notice,
    Reason,
    Redial,
    Repeat,
    Segment,
    Volume,
)
from cxsim.scenario.model.experience import Experience, Lever
from cxsim.scenario.model.flows import Node
from cxsim.scenario.model.optimizing import Optimize
from cxsim.scenario.model.part import Part
from cxsim.scenario.model.people import Absence, Group, Overflow, Queue, Shift, Site, Skill, Spread, Staff, Target
from cxsim.scenario.model.readers import HandleTime, Resolve
from cxsim.schema.service_levels import DEFAULT_SL, SL_NAMES
from cxsim.tables.reader import Table


def _eight_to_six() -> dict[int, tuple[tuple[float, float], ...]]:
    return dict.fromkeys(range(7), ((28800.0, 64800.0),))


class Steady(Part):
    """A run in steady state: constant rates and headcounts, contacts counted by arrival after a warm-up."""

    warm_up: f.Seconds = Field(description="simulated time before counting begins")
    length: f.Seconds = Field(description="counted time")
    after: f.Seconds | None = Field(
        None,
        description="simulated, uncounted time afterwards, so that issues end; default: derived from the returns",
    )

    @property
    def spans(self) -> tuple[float, float, float]:
        """Seconds before, in and after the counted time, as far as they are given."""
        return self.warm_up, self.length, self.after or 0.0


class Horizon(Part):
    """Which days are simulated, when they are open, and into which intervals figures are cut."""

    start: f.Day = Field(date(2026, 1, 5), description="first counted day")
    days: f.Positive = Field(1, description="number of counted days")
    open: f.Opening = Field(
        default_factory=_eight_to_six,
        description="opening hours, for every day or by weekday; `closed` for none",
    )
    holidays: tuple[f.Day, ...] = Field(
        (), description="dates on which the whole center is closed and nobody is scheduled"
    )
    exceptions: f.Exceptions = Field(
        default_factory=dict, description="other opening hours on single dates; `closed` for none, as on a holiday"
    )
    interval: f.Seconds = Field(1800.0, description="length of an interval of the tables; divides the day")
    timezone: f.Text | None = Field(
        None, description="time zone such as Europe/Berlin: days on which clocks change have 23 or 25 hours"
    )
    before: f.Days | None = Field(
        None, description="simulated, uncounted days before; default: derived from returns and backlog"
    )
    after: f.Days | None = Field(
        None, description="simulated, uncounted days after; default: derived from returns and backlog"
    )
    steady: Steady | None = Field(
        None, description="steady state instead of days; excludes start, days, open, before and after"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "holidays")

    def hours_on(self, day: date) -> tuple[tuple[float, float], ...]:
        """The opening hours of a date, in seconds of the day; none where it is closed."""
        if day in self.holidays:
            return ()
        return self.exceptions[day] if day in self.exceptions else self.open.get(day.weekday(), ())

    @property
    def free(self) -> frozenset[date]:
        """The dates on which nobody is scheduled: holidays, and days that an exception closes."""
        return frozenset((*self.holidays, *(day for day, hours in self.exceptions.items() if not hours)))

    @property
    def all_hours(self) -> tuple[tuple[float, float], ...]:
        """All opening hours that some day has, each once."""
        days = (*self.open.values(), *self.exceptions.values())
        return tuple(dict.fromkeys(span for day in days for span in day))

    def slots(self, width: float, day_and_night: bool = False) -> tuple[float, ...]:
        """Starts, in seconds of the day, of the clock's slots of `width` s that are open on some day.

        A list "one per open interval" (or hour) has one number per slot; a day closed at a slot skips it.
        """
        spans = {(0.0, units.DAY)} if day_and_night else set(self.all_hours)
        starts = (i * width for i in range(math.ceil(units.DAY / width)))
        return tuple(s for s in starts if any(a < s + width and s < b for a, b in spans))


class ClosedHours(Part):
    """What becomes of a return that falls due while closed."""

    then: Literal["next_opening", "lost"] = Field(
        "next_opening", description="whether such returns wait for the next opening or are lost"
    )
    spread: f.Seconds = Field(3600.0, description="these returns arrive evenly within this time after opening")


class ServiceLevel(Part):
    """How the service level is reckoned."""

    definition: Literal[SL_NAMES] = Field(DEFAULT_SL, description="formula of the service level, by name")
    short_abandon: f.Seconds = Field(5.0, description="contacts that abandon sooner are short abandons")
    basis: Literal["attempt", "accumulated"] = Field(
        "attempt", description="which wait counts: that of the attempt, or of all attempts of the issue"
    )
    within: f.Seconds = Field(20.0, description="threshold of a queue without a target of its own")
    share: f.Share = Field(0.8, description="share of a queue without a target of its own")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.level(value)


class Routing(Part):
    """Which agent takes a contact, and which contact an agent takes."""

    agent: Literal[AGENT_RULES] = Field(AGENT_RULES[0], description="which agent for this contact")
    contact: Literal[CONTACT_RULES] = Field(CONTACT_RULES[0], description="which contact for this agent")
    weights: dict[f.Text, f.Amount] = Field(
        default_factory=dict,
        description="by queue, for rules with weights: weight of lengths or waits, cost of waiting, or share of all "
        "waiting contacts; default: 1",
    )
    credit: dict[f.Text, f.Seconds] = Field(
        default_factory=dict, description="by queue, for `ageing`: time added to the wait of its contacts; default: 0"
    )
    idleness: dict[f.Text, f.Amount] = Field(
        default_factory=dict, description="by group, for `idleness_ratio`: its part of all idle agents; default: 1"
    )
    last_agent: f.Flag = Field(
        False,
        description="whether the agent who last talked to the customer about the issue takes it again, if idle and "
        "serving the queue",
    )
    preferred_agent: f.NamedFor = Field(
        default_factory=dict,
        description="group in which each customer has a preferred agent, who is chosen first if idle; one group, or "
        "by segment",
    )
    policy: f.Text = Field("", description="your own policy, which replaces the rules: `file.py` or `file.py:name`")
    parameters: dict[f.Text, f.Parameter] = Field(
        default_factory=dict, description="of `policy`: number, time, share, or queues.NAME and groups.NAME"
    )


TableOf = Volume | Arrivals | HandleTimes | ByTime | Staff  # what refers to a table


@dataclass(frozen=True)
class Source:
    """Where a scenario came from: its file, the tables it refers to, and what was put over it.

    files: name as written -> resolved path; hashes: name -> sha256; tables: (name, sheet) -> cells;
    places: path -> where its value was written; chosen: the overrides and settings in effect;
    written: the values as written, overrides applied, and the place of each; policies: files of the user's own as they
    were when first looked at; outside: whether tables may lie outside the folder; policy_outside: whether the policy
    may.
    """

    path: Path | None = None
    folder: Path = field(default_factory=Path)
    files: dict[str, Path] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    tables: dict[tuple[str, str | None], Table] = field(default_factory=dict)
    places: dict[tuple[str | int, ...], str] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    written: tuple[dict[str, Any], dict[Any, Any]] | None = None
    policies: Policies = field(default_factory=Policies)
    outside: bool = False
    policy_outside: bool = False


# How a scenario is varied: `io.reading` puts it here, as reading needs this module.
VARY: list[Callable[[Scenario, Mapping[str, Any], Sequence[str]], Scenario]] = []


class Scenario(Part):
    """A contact center and its customers, as a planner describes them."""

    cxsim: Literal[1] = Field(description="version of this format")
    name: f.Text = Field("scenario", description="name used in reports; default: the file's name")
    currency: f.Text = Field("EUR", description="currency of all amounts")
    notes: f.Text = Field("", description="remarks, kept with the results")
    horizon: Horizon = Field(default_factory=Horizon, description="days, opening hours, intervals")
    at_close: Literal["serve_queue", "turn_away"] = Field(
        "serve_queue", description="whether contacts waiting at closing time are served or turned away"
    )
    closed_hours: ClosedHours = Field(default_factory=ClosedHours, description="returns that become due while closed")
    segments: dict[f.Name, Segment] = Field(
        default_factory=dict, description="kinds of customers; default: one segment, `all`"
    )
    channels: dict[f.Name, Channel] = Field(
        default_factory=dict, description="ways to make contact; default: one, `phone`"
    )
    reasons: dict[f.Name, Reason] = Field(description="why customers make contact")
    events: tuple[Event, ...] = Field((), description="one-off events")
    experience: Experience = Field(
        default_factory=Experience, description="customers' experience: effort, satisfaction, loyalty"
    )
    levers: dict[f.Name, Lever] = Field(default_factory=dict, description="possible improvements and their cost")
    sites: dict[f.Name, Site] = Field(default_factory=dict, description="places where groups work")
    notices: tuple[Notice, ...] = Field((), description="notices sent to customers before they make contact")
    flow: dict[f.Name, Node] = Field(
        default_factory=dict, description="menus, self-service and announcements before a queue"
    )
    queues: dict[f.Name, Queue] = Field(
        default_factory=dict, description="where contacts wait; a queue that a reason names needs no entry"
    )
    groups: dict[f.Name, Group] = Field(description="agents with the same skills and wage")
    after_contact: AfterContact = Field(default_factory=AfterContact, description="redials and repeats")
    sl: ServiceLevel = Field(default_factory=ServiceLevel, description="how the service level is calculated")
    fcr_window: f.Seconds | None = Field(
        None, description="window of measured FCR; default: derived from the return delays"
    )
    routing: Routing = Field(default_factory=Routing, description="which contact goes to which agent")
    absences: tuple[Absence, ...] = Field((), description="people who are away on single days, such as the sick")
    staff: Staff = Field(default_factory=Staff, description="headcounts or shifts; replaces the groups' `agents`")
    optimize: Optimize | None = Field(None, description="goals and limits for `cxsim optimize`")
    capacity: Capacity | None = Field(None, description="teams, volumes and hiring for `cxsim capacity`")
    overrides: dict[f.Name, dict[str, Any]] = Field(
        default_factory=dict,
        description="named variations: path -> value; apply one with --with NAME; later ones take precedence",
    )
    _source: Source = PrivateAttr(default_factory=Source)

    @property
    def source(self) -> Source:
        """Where the scenario was read from: its file, folder and tables.

        Returns
        -------
        Source
            The record that `vary` and the results need to read the files again.
        """
        return self._source

    @property
    def files(self) -> dict[str, str]:
        """The checksums of the tables that the scenario names.

        Returns
        -------
        dict
            SHA-256 of each file in hexadecimal, by the file's name as written.
        """
        return dict(self._source.hashes)

    @property
    def own_policy(self) -> PolicyFile | None:
        """The user's own routing policy.

        Returns
        -------
        PolicyFile or None
            The policy that `routing.policy` names; None without one.

        Raises
        ------
        PolicyFault
            The file breaks a rule for policies.
        OSError
            The file cannot be read.
        """
        written, known = self.routing.policy, self.source.policies
        if written and written not in known:
            known[written] = load(self.source.folder, written, self.source.policy_outside)
        return known[written] if written else None

    def is_scheduled(self, group: str) -> bool:
        """Whether a group's agents are scheduled headcounts, from which shrinkage is still subtracted.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        bool
            True for scheduled agents, False for agents who are at work.

        Raises
        ------
        KeyError
            There is no such group.
        """
        own = self.groups[group].scheduled
        return bool(self.staff.scheduled if own is None else own)

    def absent(self, group: str, day: date) -> float:
        """The share of a group's people who are away on a day.

        Parameters
        ----------
        group : str
            Name of the group.
        day : date
            The day.

        Returns
        -------
        float
            From 0 to 1. Several absences combine as 1 - (1 - a)(1 - b).
        """
        here = 1.0
        for one in self.absences:
            if (one.groups is None or group in one.groups) and one.is_on(day):
                here *= 1.0 - one.share
        return 1.0 - here

    def table(self, file: str, sheet: str | None = None) -> Table:
        """The cells of a table that the scenario names, as they were when the scenario was read.

        Parameters
        ----------
        file : str
            The file's name as the scenario writes it.
        sheet : str, optional
            The sheet of a workbook; the first sheet if not given.

        Returns
        -------
        Table
            The header and the rows.

        Raises
        ------
        KeyError
            The scenario does not name this file and sheet.
        """
        return self._source.tables[file, sheet]

    def by_time(self) -> list[tuple[tuple[str, str, str], ByTime | HandleTimes]]:
        """What changes by interval and weekday: where it stands, and what is said.

        Returns
        -------
        list of (path, ByTime or HandleTimes)
            Paths such as `("reasons", "sales", "handle_times")`, reasons first.
        """
        parts: list[tuple[str, Mapping[str, Reason | Group], tuple[str, ...]]] = [
            ("reasons", self.reasons, ("handle_times", "resolution_by_time")),
            ("groups", self.groups, ("availability_by_time", "shrinkage_by_time")),
        ]
        return [
            ((part, name, key), said)
            for part, places, keys in parts
            for name, one in places.items()
            for key in keys
            if (said := getattr(one, key)) is not None
        ]

    def table_of(self, part: TableOf) -> Table:
        """The table of one part of the scenario, with that part's `columns`, `carry_down` and `where` applied.

        Parameters
        ----------
        part : Volume, HandleTimes, ByTime or Staff
            A part of the scenario that names a file.

        Returns
        -------
        Table
            The header and the rows.

        Raises
        ------
        KeyError
            The part does not name a file.
        """
        table = self.table(part.file or "", part.sheet).named(part.columns, part.carry_down)
        if isinstance(part, Volume):
            table = table.where(part.where)
            return table if part.profile is None else table.of_days()
        return table

    def vary(self, values: Mapping[str, Any] | None = None, with_: Sequence[str] = ()) -> Scenario:
        """A changed copy of the scenario.

        Parameters
        ----------
        values : mapping, optional
            {path: value}, with values as in the file; applied after `with_`.
        with_ : sequence of str, default ()
            Names of the scenario's `overrides` to apply, in this order.

        Returns
        -------
        Scenario
            The changed scenario, checked again.

        Raises
        ------
        ScenarioError
            A change breaks a rule; `faults` lists every fault found.
        ValueError
            The scenario was not made by `read` or `parse`.

        Examples
        --------
        >>> bigger = scenario.vary({"groups.team.agents": 12})
        """
        return VARY[0](self, values or {}, with_)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__ and self.files == other.files

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.reasons), tuple(self.groups)))


__all__ = [
    "AfterContact",
    "Arrivals",
    "ByTime",
    "Channel",
    "Event",
    "Group",
    "HandleTime",
    "HandleTimes",
    "Horizon",
    "Optimize",
    "Overflow",
    "Queue",
    "Reason",
    "Redial",
    "Repeat",
    "Resolve",
    "Scenario",
    "Segment",
    "Shift",
    "Skill",
    "Source",
    "Spread",
    "Staff",
    "Target",
    "Volume",
]
