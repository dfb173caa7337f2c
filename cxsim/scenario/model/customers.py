"""Who makes contact, why, how often, and what follows: reasons, volumes, segments, channels, returns."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from pydantic import AliasChoices, Field, model_validator

from cxsim.randomness.distributions import Law, law
from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.by_time import ByTime
from cxsim.scenario.model.part import Part

CHUNK = 1 << 20  # seats that are looked at together


def _exponential(mean: float) -> Law:
    return law("exponential", mean=mean)


class Hopping(Part):
    """Where the next attempt begins, by what ended the last one: a node or queue, or shares."""

    abandoned: f.Ways = Field(default_factory=dict, description="after abandoning a queue")
    balked: f.Ways = Field(default_factory=dict, description="after balking")
    blocked: f.Ways = Field(default_factory=dict, description="after a busy signal")
    closed: f.Ways = Field(default_factory=dict, description="after being turned away")
    hung_up: f.Ways = Field(default_factory=dict, description="after hanging up in the flow")
    unresolved: f.Ways = Field(default_factory=dict, description="after an answer that did not help")
    contained: f.Ways = Field(default_factory=dict, description="after self-service that did not help")


class Segment(Part):
    """A kind of customer."""

    share: f.Share = Field(0.0, description="share of the fresh contacts; segments without one split the rest evenly")
    patience: f.SegmentPatience | None = Field(
        None, description="a distribution that replaces the default patience, or {factor: ...} to scale it (a float)"
    )
    priority: f.Whole = Field(
        1,
        description="customers with a smaller number are served first among those who wait in a queue; between queues "
        "it comes after the rank and priority of the queue, before the longest wait",
    )
    value: f.Amount = Field(0.0, description="value of one such customer per year, in the scenario's currency")
    customers: f.Positive | None = Field(
        None,
        description="number of customers at the start, each with a memory; if omitted, customers are not modelled "
        "individually",
    )
    market: f.Positive | None = Field(None, description="largest possible number of customers; default: `customers`")
    replaced_after: f.Seconds | None = Field(
        None, description="mean time until a new customer replaces one who left; default: never"
    )
    churn: f.Factor = Field(1.0, description="factor on the shares of experience.churn; below 1 for loyal customers")
    heavy_users: f.Share = Field(
        0.2, description="share of issues that come from the busiest fifth of customers; 20% if all are alike"
    )
    begins: f.Ways = Field(
        default_factory=dict,
        description="where their first contacts begin, whatever the reason: a node, a queue, or shares of several; "
        "default: as the reason says",
    )
    next: Hopping = Field(
        default_factory=Hopping, description="where their next attempts begin; replaces after_contact"
    )

    @property
    def seats(self) -> int:
        """How many customers there could be; 0 where they are not told apart."""
        return max(self.market or 0, self.customers) if self.customers else 0

    @property
    def unevenness(self) -> float:
        """Standard deviation of the logarithm of how often a customer has issues, which is lognormal; 0 for all alike.

        The busiest share x of the customers then has the share Φ(Φ⁻¹(x) + unevenness) of the issues.
        """
        normal = NormalDist()
        return max(0.0, normal.inv_cdf(self.heavy_users) - normal.inv_cdf(0.2)) if self.heavy_users > 0.2 else 0.0

    @property
    def busiest(self) -> float:
        """The share of the issues that the busiest customer has, of those that a full market has."""
        normal = NormalDist()
        return normal.cdf(normal.inv_cdf(1.0 / self.seats) + self.unevenness) if self.seats > 1 else 1.0

    @property
    def crowd(self) -> float:
        """How many issues are drawn for one that finds its customer at the start, when some seats are empty."""
        seats, customers, found = self.seats, self.customers or 0, 0.0
        if seats == customers:
            return 1.0
        if self.unevenness == 0.0:
            return seats / customers
        from scipy.special import ndtr, ndtri

        for first in range(0, seats, CHUNK):
            k = np.arange(first, min(seats, first + CHUNK))
            taken = -(-(k + 1) * customers // seats) > -(-k * customers // seats)  # as `cxsim.rules.loyalty.taken`
            edges = ndtr(ndtri(np.append(k, k[-1] + 1) / seats) + self.unevenness)
            found += float(np.diff(edges)[taken].sum())
        return 1.0 / found


class Channel(Part):
    """A way to make contact."""

    patience: f.LawOf | None = Field(
        None, description="how long a contact waits before it abandons; default: it never does"
    )
    balk: f.Share = Field(0.0, description="share that balks when it would have to wait")
    lines: f.Positive | None = Field(
        None, description="number of trunks: contacts that can be in the channel at the same time; default: unlimited"
    )
    always_open: f.Flag = Field(
        False, description="contacts arrive at any hour, whatever horizon.open says; always so in a deferrable channel"
    )
    concurrent: f.Positive = Field(
        1, description="contacts that an agent serves at the same time; above 1 they are chats"
    )
    slowdown: f.Slowdown = Field(
        (),
        description="factor on the work of each contact while 1, 2, … are served at the same time; the last applies "
        "to all above",
    )
    deferrable: f.Flag = Field(
        False,
        description="work that may wait for days: closing time does not end it and agents do not stay late for it",
    )
    interruptible: f.Flag = Field(
        False,
        description="a contact of another channel preempts it when no agent is idle; the interrupted work is requeued",
    )

    @property
    def day_and_night(self) -> bool:
        """Whether contacts come at any hour."""
        return self.always_open or self.deferrable


class Arrivals(Part):
    """Exact times of fresh contacts: the replay of a log, from a table or a list."""

    file: f.Text | None = Field(None, description="CSV or XLSX file in the scenario's folder")
    sheet: f.Text | None = Field(None, description="sheet of a workbook; default: the first")
    columns: f.Columns = Field(
        default_factory=dict, description="column names where the file uses other names: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell repeats the cell above, as merged cells do"
    )
    column: f.Text = Field(
        "time", description="column with the times: ISO date and time, or a time of day for every day"
    )
    reason: f.Text | None = Field(None, description="use only rows with this text in the column `reason`")
    times: tuple[f.Moment, ...] | None = Field(None, description="the times themselves, instead of a file")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "carry_down")


class Volume(Part):
    """How many fresh contacts come, and when: per_hour, per_interval, per_day, count, file or arrivals."""

    per_hour: f.Rates | None = Field(None, description="mean contacts per hour: one number, or one per open hour")
    per_interval: f.ManyContacts | None = Field(
        None, description="mean contacts per interval: one number, or one per open interval"
    )
    per_day: f.Contacts | None = Field(None, description="mean contacts per day, spread over the day by `profile`")
    count: f.Count | None = Field(
        None, description="exactly this many contacts each day, spread over the day by `profile`"
    )
    at: f.Clock | None = Field(
        None, description="with `count`: all contacts at this time of day, such as an outbound list"
    )
    profile: f.Profile | None = Field(None, description="weights, one per open interval; default: equal")
    file: f.Text | None = Field(
        None,
        description="CSV or XLSX file of mean contacts per interval: date or weekday, time, and one column per reason;"
        " with `profile`, of mean contacts per day",
    )
    sheet: f.Text | None = Field(None, description="sheet of a workbook; default: the first")
    column: f.Text | None = Field(None, description="column of the file; default: the reason's name")
    columns: f.Columns = Field(
        default_factory=dict, description="column names where the file uses other names: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell repeats the cell above, as merged cells do"
    )
    where: dict[f.Text, f.Text] = Field(
        default_factory=dict, description="only the rows of the file with these texts in these columns: {Queue: Orders}"
    )
    arrivals: Arrivals | None = Field(None, description="exact arrival times instead of a rate")
    within_interval: Literal["constant", "linear"] = Field(
        "constant",
        description="how the rate runs within each interval: constant, or linear: without jumps, with the same "
        "expected contacts in each interval",
    )
    weekdays: f.Weights = Field(default_factory=dict, description="factors by weekday")
    factor: f.Factor = Field(1.0, description="factor on the whole volume")
    busyness: f.FactorLaw | None = Field(
        None, description="distribution of a random factor with mean 1, the same for the whole day"
    )
    intraday: f.FactorLaw | None = Field(
        None, description="distribution of a random factor with mean 1, drawn for each `intraday_block` of the day"
    )
    intraday_block: f.Seconds = Field(
        3600.0, description="length of the blocks of the day that `intraday` is drawn for"
    )
    shared: f.Share = Field(
        1.0,
        description="how much `busyness` and `intraday` follow those of other reasons: 100%: one random number for all "
        "reasons; 0%: one of its own. Two reasons correlate by the product of their shares.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.volume(value)


class HandleTimes(Part):
    """How talk and wrap of a reason change by interval and weekday: mean times from a file, or factors."""

    file: f.Text | None = Field(
        None,
        description="CSV or XLSX file of mean handle times (talk and wrap) per interval: date or weekday, time, and "
        "one column per reason",
    )
    sheet: f.Text | None = Field(None, description="sheet of a workbook; default: the first")
    column: f.Text | None = Field(None, description="column of the file; default: the reason's name")
    columns: f.Columns = Field(
        default_factory=dict, description="column names where the file uses other names: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell repeats the cell above, as merged cells do"
    )
    unit: Literal["s", "min", "h"] = Field("s", description="unit of plain numbers in the file")
    factors: f.Profile | None = Field(
        None, description="instead of a file: factors on talk and wrap, one per open interval"
    )
    weekdays: f.Weights = Field(default_factory=dict, description="factors by weekday")
    factor: f.Factor = Field(1.0, description="factor on talk and wrap at any time")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.by_time(value)


class Event(Part):
    """A one-off: a factor on the volume for a while."""

    name: f.Text = Field("event", description="what happens")
    date: f.Day | None = Field(None, description="the day; default: every day")
    start: f.Clock = Field(0.0, alias="from", description="from this time of day")
    end: f.Clock = Field(units.DAY, alias="to", description="to this time of day")
    factor: f.Factor = Field(description="factor on the volume during this time")
    reasons: tuple[f.Text, ...] | None = Field(None, description="the affected reasons; default: all")


class Annoyed(Part):
    """Contacts that a notice brings."""

    reason: f.Text = Field(description="the reason of these contacts")
    share: f.Share = Field(description="share of the notified customers who make contact because of it")
    within: f.Seconds = Field(7200.0, description="they arrive evenly within this time, during opening hours")


class Notice(Part):
    """Customers are told something before they ask, such as that there is an outage."""

    name: f.Text = Field("notice", description="name of the notice")
    date: f.Day | None = Field(None, description="the day; default: every day")
    start: f.Clock = Field(alias="from", description="time of day at which it is sent")
    end: f.Clock = Field(units.DAY, alias="to", description="time of day from which it has no effect")
    customers: f.Count = Field(description="number of customers notified")
    reasons: tuple[f.Text, ...] = Field((), description="the reasons whose contacts it prevents")
    prevents: f.Share = Field(0.0, description="share of these reasons' contacts that it prevents during this time")
    annoys: Annoyed | None = Field(None, description="contacts that it causes")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "reasons")


class Redial(Part):
    """What follows an attempt that failed before it was answered."""

    redial: f.Share = Field(0.0, description="share that tries again")
    delay: f.LawOf = Field(default_factory=lambda: _exponential(600.0), description="time until the next attempt")
    at_most: f.Positive = Field(10, description="total attempts per issue, including the first")
    patience: Literal["keep", "anew"] = Field(
        "keep", description="whether the next attempt keeps its patience or gets a new draw"
    )
    work: Literal["keep", "anew"] = Field(
        "keep", description="whether the next attempt keeps its talk and wrap or gets a new draw"
    )
    next: f.Ways = Field(
        default_factory=dict,
        description="where the next attempt begins: a node, a queue, or shares of several; default: where it began "
        "before",
    )

    @property
    def chance(self) -> float:
        """Probability of another attempt."""
        return self.redial


class Repeat(Part):
    """What follows an answered contact that did not resolve the issue."""

    repeat: f.Share = Field(0.0, description="share that contacts again")
    delay: f.LawOf = Field(default_factory=lambda: _exponential(86400.0), description="time until the next attempt")
    at_most: f.Positive = Field(10, description="total attempts per issue, including the first")
    patience: Literal["keep", "anew"] = Field(
        "anew", description="whether the next attempt keeps its patience or gets a new draw"
    )
    work: Literal["keep", "anew"] = Field(
        "anew", description="whether the next attempt keeps its talk and wrap or gets a new draw"
    )
    next: f.Ways = Field(
        default_factory=dict,
        description="where the next attempt begins: a node, a queue, or shares of several; default: where it began "
        "before",
    )

    @property
    def chance(self) -> float:
        """Probability of another attempt."""
        return self.repeat


class AfterContact(Part):
    """What follows each kind of end that leaves the issue open."""

    abandoned: Redial = Field(default_factory=Redial, description="after abandoning a queue")
    blocked: Redial = Field(default_factory=Redial, description="after a busy signal: no free trunk or waiting place")
    balked: Redial = Field(default_factory=Redial, description="after balking; default: as `abandoned`")
    closed: Redial = Field(
        default_factory=Redial, description="after being turned away when closed; default: as `blocked`"
    )
    hung_up: Redial = Field(default_factory=Redial, description="after hanging up in the flow; default: as `abandoned`")
    unresolved: Repeat = Field(
        default_factory=Repeat, description="after an answered contact that did not resolve the issue"
    )
    contained: Repeat = Field(
        default_factory=Repeat,
        description="after self-service that did not resolve the issue; default: as `unresolved`",
    )


class Learning(Part):
    """What the organisation learns from resolved issues of a reason: they recur less, and agents resolve more."""

    fed_back: f.Share = Field(1.0, description="share of resolved issues that become lessons")
    cost: f.Amount = Field(0.0, description="cost per lesson")
    delay: f.Seconds = Field(0.0, description="time until a lesson has an effect, from the end of its day")
    halves: f.Count = Field(description="number of lessons after which half of all that can be learned is known")
    prevents: f.Share = Field(0.0, description="share of fresh issues that do not arise once all is known")
    resolution: f.Points = Field(
        0.0, description="points on the resolution of all agents once all is known, such as a shared knowledge base"
    )
    spreads: f.Seconds | None = Field(
        None,
        description="time in which half of what an agent has learned reaches a colleague of the same group: "
        "`resolution` then follows what each agent knows, without `delay`; default: all agents know what the "
        "organisation knows",
    )

    @property
    def rate(self) -> float:
        """The rate at which what is not known yet falls with a lesson."""
        return math.log(2.0) / self.halves if self.halves else 0.0


class Community(Part):
    """Customers who help each other: part of the fresh issues of a reason never become contacts, and it grows by that.

    The share of fresh issues that it helps after n of them is helps_most - (helps_most - helps) · 2^(-n ⁄ halves).
    """

    helps: f.Share = Field(description="share of fresh issues that it helps with at the beginning")
    helps_most: f.Share = Field(description="share that it helps with once it has grown")
    halves: f.Positive = Field(description="number of issues helped after which half of its growth is done")

    @property
    def rate(self) -> float:
        """The rate at which the growth that is still to come falls with an issue helped."""
        return math.log(2.0) / self.halves


class Offer(Part):
    """Something offered to customers whose issue an agent has resolved."""

    made: f.Share = Field(1.0, description="share of resolving talks in which it is offered")
    accepted: f.Share = Field(description="share of offers that are accepted")
    revenue: f.Amount = Field(description="revenue of an accepted offer")

    @property
    def expected(self) -> float:
        """Revenue to be expected of a resolving talk."""
        return self.made * self.accepted * self.revenue


class Reason(Part):
    """Why customers make contact: its volume, its work, and what becomes of its issues."""

    volume: Volume = Field(description="number of fresh contacts")
    talk: f.LawOf = Field(
        validation_alias=AliasChoices("talk", "handle_time"),
        description="talk time of an agent; `handle_time` if wrap is not separate",
    )
    wrap: f.LawOf | None = Field(None, description="after-call work; default: none")
    handle_times: HandleTimes | None = Field(
        None, description="how talk and wrap change by interval and weekday; default: always alike"
    )
    resolution: f.Share = Field(1.0, description="probability that an answered contact resolves the issue")
    resolution_by_time: ByTime | None = Field(
        None, description="how resolution changes by interval and weekday; default: always alike"
    )
    queue: f.Text = Field("", description="queue in which its contacts wait; default: the queue of the same name")
    flow: f.Text | None = Field(None, description="flow node where its contacts begin, before any queue")
    patience: f.LawOf | None = Field(None, description="replaces the channel's value")
    balk: f.Share | None = Field(None, description="replaces the channel's value")
    after_contact: AfterContact = Field(
        default_factory=AfterContact, description="differences from the scenario's after_contact"
    )
    hold: f.Share = Field(0.0, description="share of talks in which an agent puts the customer on hold")
    learning: Learning | None = Field(None, description="what is learned from resolved issues; default: nothing")
    community: Community | None = Field(
        None, description="customers who help each other and grow in number by that; default: none"
    )
    offer: Offer | None = Field(None, description="offer made when an agent has resolved the issue; default: none")
    cost: f.Amount = Field(
        0.0,
        description="cost per contact that an agent talks to, such as a toll; counted once for a transferred contact, "
        "and for a callback that reaches the customer",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_time(cls, value: Any) -> Any:
        return short_forms.reason(value)
