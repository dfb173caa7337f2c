"""Who serves, where contacts wait, and who is there when: queues, groups, skills, staff."""

from __future__ import annotations

import math
from datetime import date as date_
from typing import Any, Literal

from pydantic import Field, model_validator

from cxsim.randomness.distributions import Law, law
from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.by_time import ByTime
from cxsim.scenario.model.part import Part
from cxsim.scenario.model.readers import HandleTime
from cxsim.schema.names import DIALLING, ESTIMATORS, HANDING, TRANSFERS


def _exponential(mean: float) -> Law:
    return law("exponential", mean=mean)


class ServiceTarget(Part):
    """A share answered within a time."""

    share: f.Share
    within: f.Seconds

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.level(value)


class AtMostTime(Part):
    """A time not to exceed."""

    max: f.Seconds


class AtMostShare(Part):
    """A share not to exceed."""

    max: f.Share


class AtLeastShare(Part):
    """A share to reach."""

    min: f.Share


class Target(Part):
    """What a queue should reach; figures of the registry."""

    sl: ServiceTarget | None = Field(None, description="service level")
    asa: AtMostTime | None = Field(None, description="mean wait of answered contacts")
    abandoned: AtMostShare | None = Field(None, description="share abandoned")
    blocked: AtMostShare | None = Field(None, description="share blocked")
    occupancy: AtMostShare | None = Field(
        None, description="share of time on duty spent on contacts, in the groups that serve the queue"
    )
    fcr_true: AtLeastShare | None = Field(None, description="share of issues resolved at their first answered contact")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.target(value)


class Overflow(Part):
    """After a wait: open the queue to further groups, or hand its contacts on to another queue."""

    after: f.Seconds = Field(description="time since the contact began to wait")
    to: tuple[f.Text, ...] | None = Field(None, description="groups that may also take the contact from then on")
    to_queue: f.Text | None = Field(None, description="queue that the contact moves to")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "to")


class Transfer(Part):
    """Contacts that an agent hands on to another queue."""

    to: f.Text = Field(description="queue that they go to")
    share: f.SharesOf = Field(description="share of the contacts served here, for all or by reason (with `others`)")
    when: Literal[HANDING] = Field(
        HANDING[0],
        description="which contacts: all; those that this agent does not resolve; or those for which another transfer "
        "rule of the queue failed (a consultation did not resolve it, or nobody was idle for `if_idle`)",
    )
    kind: Literal[TRANSFERS] = Field(
        TRANSFERS[0],
        description="cold: the agent leaves at once; warm: the agent stays until the next agent has taken over; "
        "conference: the agent stays to the end; consult: the agent asks an agent of that queue while the "
        "customer holds, then continues",
    )
    handover: f.LawOf | None = Field(
        None, description="for a warm transfer or a consultation: time that both agents talk"
    )
    talk: f.Factor = Field(
        1.0, description="for `always`: factor on this agent's talk, below 1 if a misroute is noticed early"
    )
    talk_after: f.Factor = Field(1.0, description="factor on the next agent's talk")
    if_idle: f.Flag = Field(
        False, description="transfer only if an agent who may take the contact is idle at the end of the talk"
    )
    retold: f.Seconds = Field(0.0, description="time that the customer needs to repeat everything to the next agent")
    keeps_place: f.Flag = Field(
        False, description="whether it is queued by the time it first began to wait, not at the end"
    )


class Leaving(Part):
    """Who leaves on hearing of a long wait."""

    over: f.Seconds = Field(description="applies to announced waits above this")
    share: f.Share = Field(description="share that balks")


class Announcing(Part):
    """The estimated wait, told to everybody who has to wait."""

    estimator: Literal[ESTIMATORS] = Field(
        ESTIMATORS[0],
        description="basis of the estimate: the queue length, with or without contacts that will abandon; the wait of "
        "the contact answered last; or the wait so far of the contact at the head of the queue",
    )
    leaves: tuple[Leaving, ...] = Field(
        (), description="share that balks, by announced wait; the last entry that applies is used"
    )
    patience: f.SegmentPatience | None = Field(
        None,
        description="patience of those who stay: a distribution that replaces the stated one, or {factor: ...} to "
        "scale it",
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "leaves")


class Callback(Part):
    """A call back instead of waiting on the line."""

    over: f.Seconds = Field(description="offered to customers whose estimated wait is longer than this")
    accepted: f.Share = Field(description="share of offered callbacks that are accepted")
    estimator: Literal[ESTIMATORS] | None = Field(
        None, description="basis of the estimate, as in `announces`; default: that of `announces`, else queue_length"
    )
    after: f.LawOf | None = Field(
        None,
        description="time until the promised callback, which then joins the end of the queue; default: the customer "
        "keeps their place",
    )
    dial: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=20.0), description="time that an agent spends on one try"
    )
    reached: f.Share = Field(1.0, description="share of tries in which the customer answers")
    tries: f.Positive = Field(3, description="total number of tries")
    retry: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=900.0), description="time until the next try"
    )


class Turns(Part):
    """Messages that go to and fro: after an answer the customer writes again."""

    share: f.SharesOf = Field(
        description="share of answers after which the customer writes again; one value, or by reason"
    )
    think: f.LawOf = Field(description="time until the customer writes again")


class Outbound(Part):
    """Contacts of this queue are on a list, and are dialled."""

    mode: Literal[DIALLING] = Field(
        "progressive",
        description="preview: an agent reads the record, then dials; progressive: an agent dials at once; predictive: "
        "a dialler calls several customers per idle agent, and those who answer wait for an agent",
    )
    preview: f.LawOf | None = Field(None, description="for `preview`: time that the agent reads the record")
    dial: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=20.0), description="duration of one try, answered or not"
    )
    reached: f.Share = Field(description="share of tries in which the customer answers")
    tries: f.Positive = Field(3, description="total number of tries per record")
    retry: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=3600.0), description="time until the next try"
    )
    ahead: f.Factor = Field(1.0, description="for `predictive`: lines dialled per idle agent")
    dropped_at_most: f.Share = Field(
        1.0,
        description="for `predictive`: highest share of reached customers who abandon; above it, agents dial "
        "themselves",
    )


class Queue(Part):
    """Where contacts wait."""

    channel: f.Text = Field("", description="channel of its contacts; default: the first channel")
    priority: f.Whole = Field(1, description="a smaller number is served first")
    capacity: f.Count | None = Field(None, description="number of waiting places; default: unlimited")
    target: Target | None = Field(None, description="targets of the queue")
    talk: f.LawOf | None = Field(None, description="talk of contacts served in this queue; replaces the reason's talk")
    wrap: f.LawOf | None = Field(None, description="wrap of contacts served in this queue; replaces the reason's wrap")
    overflow: tuple[Overflow, ...] = Field((), description="what happens after a wait, in one or more stages")
    announces: Announcing | None = Field(None, description="announcement of the expected wait")
    callback: Callback | None = Field(None, description="callback offer for customers with a long expected wait")
    transfers: tuple[Transfer, ...] = Field((), description="transfers to other queues by its agents")
    turns: Turns | None = Field(None, description="conversations of several messages")
    outbound: Outbound | None = Field(None, description="its contacts are an outbound list that agents dial")
    agents_needed: Literal["erlang_a", "erlang_c"] = Field("erlang_a", description="formula behind `agents required`")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "overflow", "transfers")


class Skill(Part):
    """How a group serves a queue."""

    rank: f.Positive = Field(1, description="a smaller rank is preferred, both by agents and by contacts")
    order: f.Positive | None = Field(
        None, description="rank of this group when a contact chooses an agent, if it differs from `rank`"
    )
    reserve: f.Count = Field(
        0,
        description="number of idle agents reserved for other queues: contacts of this queue get only agents above it",
    )
    handle_time: f.SkillTime = Field(
        default_factory=HandleTime, description="factor on talk and wrap, or their mean as a time"
    )
    talk: f.SkillTime | None = Field(None, description="factor on talk alone, or its mean as a time")
    wrap: f.SkillTime | None = Field(None, description="factor on wrap alone, or its mean as a time")
    resolution: f.SkillResolution | None = Field(
        None, description="+/- points on the reason's resolution, or a share that replaces it"
    )

    @model_validator(mode="before")
    @classmethod
    def _times(cls, value: Any) -> Any:
        return short_forms.reason(value)


class Spread(Part):
    """How agents of a group differ from one another."""

    handle_time: f.Spread = Field(0.0, description="coefficient of variation of an agent's handle-time factor")
    resolution: f.Points = Field(0.0, description="standard deviation of an agent's resolution")


class Site(Part):
    """A place where groups work."""

    timezone: f.Text = Field(description="its time zone, such as Asia/Manila")
    holidays: tuple[f.Day, ...] = Field((), description="local dates on which no shift begins")


class Tenure(Part):
    """How long agents have been there; who is new works slower and resolves less, and learns."""

    attrition: f.Spread = Field(description="share of agents who leave and are replaced each year")
    handle_time: f.Factor = Field(1.0, description="factor on talk and wrap of a new agent on the first day")
    resolution: f.Points = Field(0.0, description="difference in resolution of a new agent on the first day")
    halves: f.Seconds = Field(description="time in which half of these differences disappears")

    def of(self, u: float) -> tuple[float, float]:
        """The factor on handle time and the shift of resolution of the agent at the quantile `u` of ages."""
        if self.attrition <= 0.0 or self.halves <= 0.0:
            return 1.0, 0.0
        new = 2.0 ** (math.log1p(-u) * units.YEAR / self.attrition / self.halves)
        return 1.0 + (self.handle_time - 1.0) * new, self.resolution * new


class Empowerment(Part):
    """What agents may give away to settle what they could not resolve, out of a budget per agent and day."""

    budget: f.Amount = Field(description="most that one agent may give away in one day")
    given: f.Amount = Field(description="compensation per case")
    decides: f.Share = Field(
        1.0, description="share of talks that do not resolve the issue in which the agent settles it by compensation"
    )
    misuse: f.Share = Field(0.0, description="share of talks that resolve the issue in which compensation is given too")


class Group(Part):
    """Agents who share skills and cost."""

    agents: f.Agents | None = Field(
        None, description="headcount: one number, or one per open interval; default: see `staff`"
    )
    serves: tuple[f.Text, ...] = Field((), description="queues served, all at rank 1; short form of `skills`")
    skills: dict[f.Text, Skill] = Field(default_factory=dict, description="queues served, with their settings")
    wage: f.Amount = Field(0.0, description="wage per paid hour")
    availability: f.Share = Field(
        1.0,
        description="share of time not on a contact in which an agent is available (adherence); an agent goes away "
        "only when idle",
    )
    availability_by_time: ByTime | None = Field(
        None, description="how availability changes by interval and weekday; default: always alike"
    )
    away: f.LawOf = Field(default_factory=lambda: _exponential(600.0), description="length of one absence")
    shrinkage: f.Shrinkage = Field(0.0, description="share of paid time not on duty; {planned, unplanned} combine")
    shrinkage_by_time: ByTime | None = Field(
        None, description="how shrinkage changes by interval and weekday; default: always alike"
    )
    spread: Spread = Field(default_factory=Spread, description="how agents differ")
    tenure: Tenure | None = Field(None, description="tenure and learning of agents; default: all are experienced")
    courtesy: f.Share = Field(1.0, description="share of talks in which the customer is treated courteously")
    empowerment: Empowerment | None = Field(None, description="compensation that agents may decide on; default: none")
    site: f.Text | None = Field(None, description="site of the group; its shifts and staff tables use local time there")
    scheduled: f.Flag | None = Field(
        None,
        description="true: the agents given are scheduled, and shrinkage is subtracted; false: they are present; "
        "default: `staff.scheduled`",
    )

    @property
    def differ(self) -> bool:
        """Whether its agents differ from one another."""
        return self.spread.handle_time > 0.0 or self.spread.resolution > 0.0 or self.tenure is not None

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.group(value)


class Shift(Part):
    """People of one group from a start to an end; an end at or before the start is on the next day."""

    group: f.Text = Field(description="group of these people")
    date: f.Day | None = Field(None, description="the day; default: every day, or every `weekday`")
    weekday: f.Weekdays | None = Field(None, description="weekdays, such as mon-fri")
    start: f.Clock = Field(description="start of duty; in the model, seconds of its day")
    end: f.Clock = Field(description="end of duty; in the model above 86400 when on the next day")
    breaks: tuple[f.Span, ...] = Field((), description="times off duty within the shift")
    agents: f.Positive = Field(1, description="number of people")
    paid: f.Seconds | None = Field(
        None, description="paid time per person at the group's wage; default: from start to end"
    )
    name: f.Text | None = Field(None, description="who")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "breaks")

    @model_validator(mode="after")
    def _past_midnight(self) -> Shift:
        return short_forms.past_midnight(self)


class Absence(Part):
    """People who are away for a whole day, over and above shrinkage."""

    name: f.Text = Field("absence", description="why they are away, such as flu")
    share: f.Share = Field(description="share of the people of each group who are away; they are paid")
    date: f.Day | None = Field(None, description="the day; default: every day, or every `weekday`")
    weekday: f.Weekdays | None = Field(None, description="weekdays, such as tue or mon-fri")
    groups: tuple[f.Text, ...] | None = Field(None, description="the affected groups; default: all")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "groups")

    def is_on(self, day: date_) -> bool:
        """Whether these people are away on a day."""
        if self.date is not None:
            return day == self.date
        return self.weekday is None or day.weekday() in self.weekday


class Staff(Part):
    """Who is there when, in place of the groups' `agents`: a file, headcounts, or shifts."""

    file: f.Text | None = Field(None, description="CSV or XLSX file of headcounts or shifts")
    sheet: f.Text | None = Field(None, description="sheet of a workbook; default: the first")
    columns: f.Columns = Field(
        default_factory=dict, description="column names where the file uses other names: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell repeats the cell above, as merged cells do"
    )
    kind: Literal["headcounts", "shifts"] | None = Field(
        None, description="contents of the file; default: decided by its columns"
    )
    headcounts: dict[f.Text, f.Agents] = Field(
        default_factory=dict, description="agents by group: one number, or one per open interval"
    )
    shifts: tuple[Shift, ...] = Field((), description="shifts of people")
    scheduled: f.Flag | None = Field(
        None,
        description="for all groups with shrinkage: true: the agents given are scheduled, and shrinkage is "
        "subtracted; false: they are present",
    )
    at_shift_end: Literal["finish", "hand_back"] = Field(
        "finish",
        description="what agents do at the end of their shift: finish the contact, or requeue it at the head of its "
        "queue",
    )
    overrun_paid: f.Flag = Field(True, description="whether time after the end of the shift is paid")
    redraw_agents: f.Flag = Field(
        False,
        description="whether agents' differences (`spread`, `tenure`) are drawn again in each replication, so that "
        "confidence intervals include the variation between teams; default: the same people in all "
        "replications",
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "carry_down")
