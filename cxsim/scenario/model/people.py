"""Who serves, where contacts wait, and who is there when: queues, groups, skills, staff."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, model_validator

from cxsim.randomness.distributions import Law, law
from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
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
        None, description="share of on-duty time spent on contacts, of the groups that serve it"
    )
    fcr_true: AtLeastShare | None = Field(None, description="share of issues resolved at their first answered contact")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.target(value)


class Overflow(Part):
    """After a wait: open the queue to further groups, or hand its contacts on to another queue."""

    after: f.Seconds = Field(description="time since the contact began to wait")
    to: tuple[f.Text, ...] | None = Field(None, description="groups that may take the contact from then on")
    to_queue: f.Text | None = Field(None, description="queue that the contact moves to")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "to")


class Transfer(Part):
    """Contacts that an agent hands on to another queue."""

    to: f.Text = Field(description="queue they go to")
    share: f.SharesOf = Field(description="share of the contacts served here, for all or by reason (with `others`)")
    when: Literal[HANDING] = Field(
        HANDING[0],
        description="of all contacts; of those that this agent does not resolve; or of those for which another rule "
        "here came to nothing: a consultation that did not resolve, or nobody idle where `if_idle` asks for it",
    )
    kind: Literal[TRANSFERS] = Field(
        TRANSFERS[0],
        description="cold: the agent leaves at once; warm: stays until the next agent has taken over; "
        "conference: stays to the end; consult: asks an agent there while the customer holds, and goes on",
    )
    handover: f.LawOf | None = Field(None, description="of a warm transfer or a consultation: time that both talk")
    talk: f.Factor = Field(
        1.0, description="of `always`: factor on this agent's talk, below 1 where a misroute is soon noticed"
    )
    talk_after: f.Factor = Field(1.0, description="factor on the next agent's talk")
    if_idle: f.Flag = Field(False, description="only if an agent who may take it is idle at the end of the talk")
    retold: f.Seconds = Field(0.0, description="time the customer needs to tell it all again to the next agent")
    keeps_place: f.Flag = Field(False, description="waits by the time it first began to wait, not behind all others")


class Leaving(Part):
    """Who leaves on hearing of a long wait."""

    over: f.Seconds = Field(description="announced waits above this")
    share: f.Share = Field(description="share that leaves at once")


class Announcing(Part):
    """The estimated wait, told to everybody who has to wait."""

    estimator: Literal[ESTIMATORS] = Field(
        ESTIMATORS[0],
        description="what the estimate is made from: the queue's length, with or without those who will give up, the "
        "wait of the last who was answered, or of who is first in line",
    )
    leaves: tuple[Leaving, ...] = Field((), description="who leaves at once, by the wait told; the last that applies")
    patience: f.SegmentPatience | None = Field(
        None, description="patience of who stays: a law in place of the stated one, or {factor: ...} of it"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "leaves")


class Callback(Part):
    """A call back instead of waiting on the line."""

    over: f.Seconds = Field(description="offered to whoever would wait longer than this, by the estimate")
    accepted: f.Share = Field(description="share of those offered that hang up and wait to be called")
    estimator: Literal[ESTIMATORS] | None = Field(
        None, description="as of `announces`; its estimate where that is given, else queue_length"
    )
    after: f.LawOf | None = Field(
        None, description="time until the promised call, behind those who wait then; keeps its place if not given"
    )
    dial: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=20.0), description="time an agent spends on a try"
    )
    reached: f.Share = Field(1.0, description="share of tries in which the customer answers")
    tries: f.Positive = Field(3, description="tries in all, before it is given up")
    retry: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=900.0), description="time until the next try"
    )


class Turns(Part):
    """Messages that go to and fro: after an answer the customer writes again."""

    share: f.SharesOf = Field(description="share of the answers after which the customer writes again, or by reason")
    think: f.LawOf = Field(description="time until it does")


class Outbound(Part):
    """Contacts of this queue are on a list, and are dialled."""

    mode: Literal[DIALLING] = Field(
        "progressive",
        description="preview: an agent looks at the record, then dials; progressive: dials at once; predictive: a "
        "dialler calls several for each idle agent, and who answers waits for one",
    )
    preview: f.LawOf | None = Field(None, description="of `preview`: how long the agent looks")
    dial: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=20.0), description="time until a try is answered, or not"
    )
    reached: f.Share = Field(description="share of tries in which the customer answers")
    tries: f.Positive = Field(3, description="tries in all, before a record is given up")
    retry: f.LawOf = Field(
        default_factory=lambda: law("deterministic", value=3600.0), description="time until the next try"
    )
    ahead: f.Factor = Field(1.0, description="of `predictive`: lines dialled for each idle agent")
    dropped_at_most: f.Share = Field(
        1.0, description="of `predictive`: where more of those reached gave up waiting so far, agents dial themselves"
    )


class Queue(Part):
    """Where contacts wait."""

    channel: f.Text = Field("", description="channel its contacts come by; the first one if not given")
    priority: f.Whole = Field(1, description="a smaller number goes first")
    capacity: f.Count | None = Field(None, description="waiting places; unlimited if not given")
    target: Target | None = Field(None, description="what it should reach")
    talk: f.LawOf | None = Field(None, description="talk of contacts that are served here, in place of the reasons'")
    wrap: f.LawOf | None = Field(None, description="wrap of contacts that are served here, in place of the reasons'")
    overflow: tuple[Overflow, ...] = Field((), description="what happens after a wait, once or in stages")
    announces: Announcing | None = Field(None, description="the expected wait, told to who must wait")
    callback: Callback | None = Field(None, description="a call back, offered to who would wait long")
    transfers: tuple[Transfer, ...] = Field((), description="contacts that its agents hand on to other queues")
    turns: Turns | None = Field(None, description="messages that go to and fro")
    outbound: Outbound | None = Field(None, description="its contacts are on a list, and are dialled")
    agents_needed: Literal["erlang_a", "erlang_c"] = Field("erlang_a", description="formula behind `agents required`")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "overflow", "transfers")


class Skill(Part):
    """How a group serves a queue."""

    rank: f.Positive = Field(1, description="a smaller rank is preferred, by agents and by contacts")
    order: f.Positive | None = Field(
        None, description="rank of this group for the queue's contacts, where it differs from `rank`"
    )
    reserve: f.Count = Field(
        0, description="idle agents of the group kept for others: contacts of this queue get only those beyond"
    )
    handle_time: f.SkillTime = Field(
        default_factory=HandleTime, description="factor on talk and wrap, or their mean as a time"
    )
    talk: f.SkillTime | None = Field(None, description="factor on talk alone, or its mean as a time")
    wrap: f.SkillTime | None = Field(None, description="factor on wrap alone, or its mean as a time")
    resolution: f.SkillResolution | None = Field(
        None, description="+/- points on the reason's, or a share in its place"
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
    holidays: tuple[f.Day, ...] = Field((), description="days, there, on which nobody begins to work")


class Tenure(Part):
    """How long agents have been there; who is new works slower and resolves less, and learns."""

    attrition: f.Spread = Field(description="share of the agents who leave in a year, and are replaced")
    handle_time: f.Factor = Field(1.0, description="factor on talk and wrap of one on the first day")
    resolution: f.Points = Field(0.0, description="what one on the first day resolves more, or less")
    halves: f.Seconds = Field(description="time in which half of these differences is learned")

    def of(self, u: float) -> tuple[float, float]:
        """The factor on handle time and the shift of resolution of the agent at the quantile `u` of ages."""
        if self.attrition <= 0.0 or self.halves <= 0.0:
            return 1.0, 0.0
        new = 2.0 ** (math.log1p(-u) * units.YEAR / self.attrition / self.halves)
        return 1.0 + (self.handle_time - 1.0) * new, self.resolution * new


class Group(Part):
    """Agents who share skills and cost."""

    agents: f.Agents | None = Field(
        None, description="headcount: one number, or one per open interval; else see `staff`"
    )
    serves: tuple[f.Text, ...] = Field((), description="queues served, all at rank 1: the short form of skills")
    skills: dict[f.Text, Skill] = Field(default_factory=dict, description="queues served, and how")
    wage: f.Amount = Field(0.0, description="money per paid hour")
    availability: f.Share = Field(
        1.0, description="share of the time at hand (not on a contact) truly there; away-spells begin when idle"
    )
    away: f.LawOf = Field(default_factory=lambda: _exponential(600.0), description="length of an away-spell")
    shrinkage: f.Shrinkage = Field(0.0, description="share of paid time not on duty; {planned, unplanned} combine")
    spread: Spread = Field(default_factory=Spread, description="how agents differ")
    tenure: Tenure | None = Field(None, description="how long they have been there; all are experienced if not given")
    site: f.Text | None = Field(None, description="where it works: its shifts and staff tables tell the time there")
    scheduled: f.Flag | None = Field(
        None,
        description="true: agents given are scheduled, shrinkage is still to come off; false: they are present; as "
        "`staff.scheduled` if not given",
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

    group: f.Text = Field(description="group they belong to")
    date: f.Day | None = Field(None, description="the day; every day, or every `weekday`, if not given")
    weekday: f.Weekdays | None = Field(None, description="weekdays, such as mon-fri")
    start: f.Clock = Field(description="begin of duty; in the model, seconds of its day")
    end: f.Clock = Field(description="end of duty; in the model above 86400 when on the next day")
    breaks: tuple[f.Span, ...] = Field((), description="times off duty within the shift")
    agents: f.Positive = Field(1, description="how many people")
    paid: f.Seconds | None = Field(
        None, description="time paid for each at the group's wage; from start to end if not given"
    )
    name: f.Text | None = Field(None, description="who")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "breaks")

    @model_validator(mode="after")
    def _past_midnight(self) -> Shift:
        return short_forms.past_midnight(self)


class Staff(Part):
    """Who is there when, in place of the groups' `agents`: a file, headcounts, or shifts."""

    file: f.Text | None = Field(None, description="CSV or XLSX file of headcounts or shifts")
    sheet: f.Text | None = Field(None, description="sheet of a workbook; the first if not given")
    columns: f.Columns = Field(
        default_factory=dict, description="names of columns where the file has others: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell means the one above, as of merged cells"
    )
    kind: Literal["headcounts", "shifts"] | None = Field(
        None, description="what the file holds; by its columns if not given"
    )
    headcounts: dict[f.Text, f.Agents] = Field(
        default_factory=dict, description="agents by group: one number, or one per open interval"
    )
    shifts: tuple[Shift, ...] = Field((), description="shifts of people")
    scheduled: f.Flag | None = Field(
        None,
        description="of all groups with shrinkage, true: agents given are scheduled, shrinkage is still to come off; "
        "false: they are present",
    )
    at_shift_end: Literal["finish", "hand_back"] = Field(
        "finish", description="finish the contact, or hand it back to the head of its queue"
    )
    overrun_paid: f.Flag = Field(True, description="time after the shift's end is paid")
    redraw_agents: f.Flag = Field(
        False,
        description="draw how agents differ (`spread`, `tenure`) again in each replication, so that intervals cover the"
        " luck of the team; else they are the same people in all",
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "carry_down")
