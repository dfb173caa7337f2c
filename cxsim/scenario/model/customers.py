"""Who makes contact, why, how often, and what follows: reasons, volumes, segments, channels, returns."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from pydantic import AliasChoices, Field, model_validator

from cxsim.randomness.distributions import Law, law
from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.part import Part

CHUNK = 1 << 20  # seats that are looked at together


def _exponential(mean: float) -> Law:
    return law("exponential", mean=mean)


class Hopping(Part):
    """Where the next attempt begins, by what ended the last one: a node or queue, or shares."""

    abandoned: f.Ways = Field(default_factory=dict, description="after abandoning a queue")
    balked: f.Ways = Field(default_factory=dict, description="after leaving at once")
    blocked: f.Ways = Field(default_factory=dict, description="after a busy signal")
    closed: f.Ways = Field(default_factory=dict, description="after being turned away")
    hung_up: f.Ways = Field(default_factory=dict, description="after hanging up in the flow")
    unresolved: f.Ways = Field(default_factory=dict, description="after an answer that did not help")
    contained: f.Ways = Field(default_factory=dict, description="after self-service that did not help")


class Segment(Part):
    """A kind of customer."""

    share: f.Share = Field(0.0, description="share of the fresh contacts; segments without one split the rest evenly")
    patience: f.SegmentPatience | None = Field(
        None, description="a law in place of the stated one, or {factor: ...} of it (a float)"
    )
    value: f.Amount = Field(0.0, description="money that a customer of the kind is worth a year")
    customers: f.Positive | None = Field(
        None, description="how many there are at the start, each with a memory; not told apart if not given"
    )
    market: f.Positive | None = Field(None, description="how many there could be; as many as `customers` if not given")
    replaced_after: f.Seconds | None = Field(
        None, description="mean time until someone takes a seat of the market that is empty; never if not given"
    )
    churn: f.Factor = Field(1.0, description="factor on the shares of experience.churn: how loyal they are")
    heavy_users: f.Share = Field(
        0.2, description="share of the issues that the busiest fifth of them have; 20% is all alike"
    )
    next: Hopping = Field(
        default_factory=Hopping, description="where its next attempts begin, in place of after_contact"
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
            taken = -(-(k + 1) * customers // seats) > -(
                -k * customers // seats
            )  # as `cxsim.rules.customer_memory.taken`
            edges = ndtr(ndtri(np.append(k, k[-1] + 1) / seats) + self.unevenness)
            found += float(np.diff(edges)[taken].sum())
        return 1.0 / found


class Channel(Part):
    """A way to make contact."""

    patience: f.LawOf | None = Field(
        None, description="how long a contact waits before it abandons; never if not given"
    )
    balk: f.Share = Field(0.0, description="share that leaves at once when it would have to wait")
    lines: f.Positive | None = Field(
        None, description="contacts that can be in the channel at a time; unlimited if not given"
    )
    always_open: f.Flag = Field(
        False, description="contacts come at any hour, whatever horizon.open says; so in every deferrable channel"
    )
    concurrent: f.Positive = Field(1, description="contacts that an agent serves at a time; above 1 they are chats")
    slowdown: f.Slowdown = Field(
        (), description="factor on the work of each while 1, 2, … are served at a time; the last for all above"
    )
    deferrable: f.Flag = Field(
        False, description="work that may wait for days: closing time neither ends it nor lets it keep agents"
    )
    interruptible: f.Flag = Field(
        False, description="an agent leaves it for a contact of another channel that finds nobody idle, and it waits on"
    )

    @property
    def day_and_night(self) -> bool:
        """Whether contacts come at any hour."""
        return self.always_open or self.deferrable


class Arrivals(Part):
    """Exact times of fresh contacts: the replay of a log, from a table or a list."""

    file: f.Text | None = Field(None, description="CSV or XLSX file beside the scenario")
    sheet: f.Text | None = Field(None, description="sheet of a workbook; the first if not given")
    columns: f.Columns = Field(
        default_factory=dict, description="names of columns where the file has others: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell means the one above, as of merged cells"
    )
    column: f.Text = Field("time", description="column of the times: ISO date and time, or a time of day on every day")
    reason: f.Text | None = Field(None, description="only rows with this text in the column `reason`")
    times: tuple[f.Moment, ...] | None = Field(None, description="the times themselves, in place of a file")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "carry_down")


class Volume(Part):
    """How many fresh contacts come, and when: per_hour, per_interval, per_day, count, file or arrivals."""

    per_hour: f.Rates | None = Field(None, description="mean contacts an hour: one number, or one per open hour")
    per_interval: f.ManyContacts | None = Field(
        None, description="mean contacts an interval: one number, or one per open interval"
    )
    per_day: f.Contacts | None = Field(None, description="mean contacts a day, spread over it by `profile`")
    count: f.Count | None = Field(None, description="exactly this many contacts each day, spread over it by `profile`")
    at: f.Clock | None = Field(None, description="with `count`: all at this time of day, as a list to be dialled")
    profile: f.Profile | None = Field(None, description="weights, one per open interval; evenly if not given")
    file: f.Text | None = Field(
        None,
        description="CSV or XLSX file of mean contacts an interval: date or weekday, time, a column a reason; with"
        " `profile`, of mean contacts a day",
    )
    sheet: f.Text | None = Field(None, description="sheet of a workbook; the first if not given")
    column: f.Text | None = Field(None, description="column of the file; the reason's own name if not given")
    columns: f.Columns = Field(
        default_factory=dict, description="names of columns where the file has others: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell means the one above, as of merged cells"
    )
    where: dict[f.Text, f.Text] = Field(
        default_factory=dict, description="only rows of the file with these texts in these columns: {Queue: Orders}"
    )
    arrivals: Arrivals | None = Field(None, description="exact times in place of a rate")
    weekdays: f.Weights = Field(default_factory=dict, description="factors by weekday")
    factor: f.Factor = Field(1.0, description="factor on the whole volume")
    busyness: f.FactorLaw | None = Field(None, description="law of a factor of the day, mean 1, common to the day")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.volume(value)


class Event(Part):
    """A one-off: a factor on the volume for a while."""

    name: f.Text = Field("event", description="what happens")
    date: f.Day | None = Field(None, description="the day; every day if not given")
    start: f.Clock = Field(0.0, alias="from", description="from this time of day")
    end: f.Clock = Field(units.DAY, alias="to", description="to this time of day")
    factor: f.Factor = Field(description="factor on the volume meanwhile")
    reasons: tuple[f.Text, ...] | None = Field(None, description="the reasons it touches; all if not given")


class Annoyed(Part):
    """Contacts that a notice brings."""

    reason: f.Text = Field(description="the reason for which they come")
    share: f.Share = Field(description="share of the customers told who make contact because of it")
    within: f.Seconds = Field(7200.0, description="they come evenly within this time, while it is open")


class Notice(Part):
    """Customers are told something before they ask, such as that there is an outage."""

    name: f.Text = Field("notice", description="what is said")
    date: f.Day | None = Field(None, description="the day; every day if not given")
    start: f.Clock = Field(alias="from", description="sent at this time of day")
    end: f.Clock = Field(units.DAY, alias="to", description="no longer of use from this time of day on")
    customers: f.Count = Field(description="how many are told")
    reasons: tuple[f.Text, ...] = Field((), description="the reasons of which it prevents contacts")
    prevents: f.Share = Field(0.0, description="share of the contacts of these reasons that no longer come meanwhile")
    annoys: Annoyed | None = Field(None, description="contacts that it brings")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "reasons")


class Redial(Part):
    """What follows an attempt that failed before it was answered."""

    redial: f.Share = Field(0.0, description="share that tries again")
    delay: f.LawOf = Field(default_factory=lambda: _exponential(600.0), description="time until the next attempt")
    at_most: f.Positive = Field(10, description="attempts of one issue in all, the first included")
    patience: Literal["keep", "anew"] = Field("keep", description="the same patience again, or drawn anew")
    work: Literal["keep", "anew"] = Field("keep", description="the same talk and wrap again, or drawn anew")
    next: f.Ways = Field(
        default_factory=dict, description="where the next attempt begins: a node or queue, or shares; as before if none"
    )

    @property
    def chance(self) -> float:
        """Probability of another attempt."""
        return self.redial


class Repeat(Part):
    """What follows an answered contact that did not resolve the issue."""

    repeat: f.Share = Field(0.0, description="share that comes back")
    delay: f.LawOf = Field(default_factory=lambda: _exponential(86400.0), description="time until the next attempt")
    at_most: f.Positive = Field(10, description="attempts of one issue in all, the first included")
    patience: Literal["keep", "anew"] = Field("anew", description="the same patience again, or drawn anew")
    work: Literal["keep", "anew"] = Field("anew", description="the same talk and wrap again, or drawn anew")
    next: f.Ways = Field(
        default_factory=dict, description="where the next attempt begins: a node or queue, or shares; as before if none"
    )

    @property
    def chance(self) -> float:
        """Probability of another attempt."""
        return self.repeat


class AfterContact(Part):
    """What follows each kind of end that leaves the issue open."""

    abandoned: Redial = Field(default_factory=Redial, description="after abandoning a queue")
    blocked: Redial = Field(default_factory=Redial, description="after a busy signal: no line or no waiting place free")
    balked: Redial = Field(default_factory=Redial, description="after leaving at once; as `abandoned` where not given")
    closed: Redial = Field(
        default_factory=Redial, description="after being turned away at close; as `blocked` where not given"
    )
    hung_up: Redial = Field(
        default_factory=Redial, description="after hanging up in the flow; as `abandoned` where not given"
    )
    unresolved: Repeat = Field(
        default_factory=Repeat, description="after an answered contact that did not resolve the issue"
    )
    contained: Repeat = Field(
        default_factory=Repeat, description="after self-service that resolved nothing; as `unresolved` where not given"
    )


class Reason(Part):
    """Why customers make contact: its volume, its work, and what becomes of its issues."""

    volume: Volume = Field(description="how many fresh contacts")
    talk: f.LawOf = Field(
        validation_alias=AliasChoices("talk", "handle_time"),
        description="time an agent talks; `handle_time` where wrap is not told apart",
    )
    wrap: f.LawOf | None = Field(None, description="after-contact work; none if not given")
    resolution: f.Share = Field(1.0, description="chance that an answered contact resolves the issue")
    queue: f.Text = Field("", description="queue it waits in; one of the reason's own name if not given")
    flow: f.Text | None = Field(None, description="node of the flow where its contacts begin, before any queue")
    patience: f.LawOf | None = Field(None, description="in place of the channel's")
    balk: f.Share | None = Field(None, description="in place of the channel's")
    after_contact: AfterContact = Field(
        default_factory=AfterContact, description="what differs from the scenario's after_contact"
    )
    cost: f.Amount = Field(
        0.0,
        description="money per contact that an agent talks to, such as a toll: once if it is transferred, and for a"
        " callback that reaches the customer",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_time(cls, value: Any) -> Any:
        return short_forms.reason(value)
