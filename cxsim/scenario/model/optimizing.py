"""What the optimizer is asked: what counts, what must hold, and which staff can be had."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_serializer, model_validator

from cxsim.scenario.model import fields as f
from cxsim.scenario.model import readers, short_forms, units
from cxsim.scenario.model.part import Part
from cxsim.scenario.model.units import Refusal

TERMS = ("wages", "overrun", "contacts", "waiting", "abandonment", "unresolved", "churn")
USUAL_TERMS = ("wages", "overrun", "contacts")
PRICED = {"waiting_hour": "waiting", "abandoned": "abandonment", "unresolved": "unresolved"}
OF_TARGET = {
    "sl": "sl",
    "asa": "asa",
    "abandoned_share": "abandoned",
    "blocked_share": "blocked",
    "occupancy": "occupancy",
    "fcr_true": "fcr_true",
}
Term = Literal["wages", "overrun", "contacts", "waiting", "abandonment", "unresolved", "churn"]
_EVERY = {"every interval": "interval", "every day": "day", "horizon": "horizon"}
_QUANTILE = re.compile(r"(wait|wait_all)_p(\d{1,2}(?:\.\d+)?)")


class Penalties(Part):
    """Money for what customers suffer, beside the wages."""

    waiting_hour: f.Amount = Field(0.0, description="money per hour that customers wait, whatever comes of it")
    abandoned: f.Amount = Field(0.0, description="money per contact abandoned")
    unresolved: f.Amount = Field(0.0, description="money per issue that is never resolved")


class Rule(Part):
    """What must hold: `targets` (those of the queues), or a figure with a bound."""

    targets: f.Flag = Field(False, description="every target that the queues state; in place of a figure")
    figure: f.Text | None = Field(None, description="a ratio of the [figures](figures.md), or `wait` with a quantile")
    scope: f.Text = Field(
        "total",
        description="`total`; each `queue`, `reason`, `segment` or `group`; or one of them, `queue:billing`",
    )
    each: Literal["horizon", "day", "interval"] = Field(
        "horizon", description="over the whole counted time, or in each day or open interval by itself"
    )
    min: f.Limit | None = Field(None, description="at least this, in the figure's unit; `target` for the queue's own")
    max: f.Limit | None = Field(None, description="at most this, in the figure's unit; `target` for the queue's own")
    quantile: f.Share | None = Field(None, description="of `wait`: the share that waits no longer than `max`")
    on_days: f.Share | None = Field(
        None, description="on at least this share of days; on average over all days if not given"
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_rule(value)

    @field_serializer("min", "max", when_used="json")
    def _written(self, value: float | str | None) -> object:
        return None if value is None else readers.write_limit(value, self.figure)

    @property
    def unit(self) -> str:
        """What the bound is: 'share', 's', or another unit of the registry, which is written bare."""
        return readers.units_of_figures().get(self.figure or "", "")

    @property
    def bound(self) -> Literal["min", "max"]:
        """Which bound is given."""
        return "max" if self.min is None else "min"

    @property
    def limit(self) -> float | str:
        """The bound: a fraction, seconds, a bare number, or 'target'."""
        given = self.max if self.min is None else self.min
        assert given is not None
        return given


def short_rule(value: Any) -> Any:
    """`targets` for {targets: true}; `every interval` for each: interval; wait_p95 for a quantile of the wait."""
    if isinstance(value, str):
        if value != "targets":
            raise Refusal("is no rule", "write targets, or {figure: sl, scope: queue, min: target}")
        return {"targets": True}
    if not isinstance(value, dict):
        return value
    out = dict(value)
    if isinstance(out.get("targets"), str) and out["targets"] in _EVERY:
        out = {"each": _EVERY[out["targets"]], **out, "targets": True}
    match = _QUANTILE.fullmatch(str(out.get("figure")))
    if match is not None and "quantile" not in out:
        out |= {"figure": match[1], "quantile": f"{match[2]}%"}
    return out


class Limits(Part):
    """How many of a group there may be."""

    min: f.Count = Field(0, description="agents present in every open interval, at least")
    max: f.Count | None = Field(
        None, description="agents present in any interval, at most; see `within_team` if not given"
    )
    keep: f.Flag = Field(False, description="today's headcounts stay; people may only be added")
    change: f.Positive | None = Field(
        None, description="agents who may come or go from one interval to the next, at most (plans of headcounts)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if self.max is not None and self.max < self.min:
            raise Refusal(f"is below the minimum of {self.min}", f"write {self.min} or more", ("max",))
        return self


class Break(Part):
    """A time off within a shift, begun inside a window counted from the shift's start."""

    length: f.Seconds = Field(description="how long")
    after: f.Seconds = Field(description="begins at the earliest, counted from the shift's start")
    before: f.Seconds | None = Field(
        None, description="begins at the latest, counted from the shift's start; exactly at `after` if not given"
    )
    every: f.Seconds | None = Field(None, description="step between its possible starts; as `starts_every`")
    paid: f.Flag = Field(False, description="whether it is paid")
    lengths: tuple[f.Seconds, ...] = Field((), alias="for", description="lengths of shift that have it; all")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "for")

    @model_validator(mode="after")
    def _ordered(self) -> Break:
        if self.before is not None and self.before < self.after:
            text = units.write_duration(self.after)
            raise Refusal(f"is before the earliest start, {text}", f"write {text} or later", ("before",))
        if self.length <= 0.0:
            raise Refusal("takes no time", "write a time such as 30 min", ("length",))
        return self

    @property
    def latest(self) -> float:
        """The latest start, in seconds after the shift's."""
        return self.after if self.before is None else self.before


class Share(Part):
    """Between which shares of all."""

    min: f.Share = Field(0.0, description="at least")
    max: f.Share = Field(1.0, description="at most")

    @model_validator(mode="after")
    def _ordered(self) -> Share:
        if self.max < self.min:
            text = units.write_percent(self.min)
            raise Refusal(f"is below the minimum of {text}", f"write {text} or more", ("max",))
        return self


class Contract(Part):
    """Terms on which people work: full time, part time."""

    lengths: tuple[f.Seconds, ...] = Field((), description="lengths of shift they work; all if not given")
    days: f.Positive | None = Field(None, description="days they work a week; as `week.days_on` if not given")
    hours: f.Seconds | None = Field(
        None, description="hours they work a week at most, unpaid breaks and overtime left out"
    )
    share: Share = Field(default_factory=Share, description="share of all people; in a single day, of all shifts")
    min: f.Count = Field(0, description="people at least; in a single day, shifts")
    max: f.Count | None = Field(None, description="people at most; in a single day, shifts")
    wage: f.Factor = Field(1.0, description="factor on the group's wage")
    groups: tuple[f.Text, ...] = Field((), description="groups that have it; all if not given")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "lengths", "groups")

    @model_validator(mode="after")
    def _ordered(self) -> Contract:
        if self.max is not None and self.max < self.min:
            raise Refusal(f"is below the minimum of {self.min}", f"write {self.min} or more", ("max",))
        return self


class Overtime(Part):
    """Shifts that go on longer, at another pay for the extra time."""

    up_to: f.Seconds = Field(description="extra time at the end of a shift, at most; in steps of `starts_every`")
    pay: f.Factor = Field(1.0, description="factor on the wage for the extra time")
    lengths: tuple[f.Seconds, ...] = Field(
        (), alias="for", description="lengths of shift that may go on; the longest of each contract if not given"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "for")


class Shifts(Part):
    """Which shifts can be worked: every length at every start that fits into the opening hours."""

    lengths: tuple[f.Seconds, ...] = Field(description="time on site, breaks included")
    starts_every: f.Seconds = Field(1800.0, description="step between possible starts, counted from the opening")
    breaks: tuple[Break, ...] = Field((), alias="break", description="time off within a shift")
    paid_extra: f.Seconds = Field(0.0, description="time paid with every shift beside it, as for logging in")
    contracts: dict[f.Name, Contract] = Field(
        default_factory=dict, description="full time, part time; one with all lengths if not given"
    )
    overtime: Overtime | None = Field(None, description="shifts that may go on longer")
    keep: f.Flag = Field(False, description="today's shifts stay; shifts may only be added")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "lengths", "break")


class Week(Part):
    """What holds for one person in each week, counted from the first day of the horizon."""

    days_on: f.Positive = Field(5, description="days of work in a week (fewer where fewer days are open)")
    days_off_together: f.Count = Field(0, description="days off in a row, at least; Sunday and Monday are neighbours")
    rest: f.Seconds = Field(39600.0, description="time between the end of a shift and the start of the next")
    hours: f.Seconds | None = Field(
        None, description="hours worked in a week at most, overtime included, unpaid breaks left out"
    )


class Optimize(Part):
    """What `cxsim optimize` looks for."""

    minimise: f.Text | None = Field(None, description="`cost` (if nothing is said), or a figure, with a `budget`")
    maximise: f.Text | None = Field(None, description="a figure, with a `budget`")
    budget: f.Amount | None = Field(None, description="money for staff over the counted time, at most")
    counts: tuple[Term, ...] = Field(
        (),
        description="terms of the cost that count, of `wages`, `overrun`, `contacts`, `waiting`, `abandonment`,"
        " `unresolved`, `churn` (a year's value of customers expected to leave); the first three and those with a price"
        " if not given",
    )
    prices: Penalties = Field(default_factory=Penalties, description="money for what customers suffer")
    subject_to: tuple[Rule, ...] = Field((), description="what must hold; the queues' targets if not given")
    forecasts: dict[f.Text, f.Share] = Field(
        default_factory=dict, description="share of days of each override, `base` for none: several forecasts at once"
    )
    staff: Literal["headcounts", "shifts"] | None = Field(
        None, description="what is decided; shifts if `shifts` are given, else headcounts"
    )
    groups: dict[f.Text, Limits] = Field(default_factory=dict, description="limits of single groups")
    within_team: f.Flag = Field(
        True,
        description="groups without a `max` have at most 110 % of the most agents on today's roster at once, rounded"
        " up; `false` for no such limit. Not in steady state",
    )
    floor: f.Share = Field(
        0.75,
        description="the least SL of every open interval, as a share of the lowest SL target: 60 % where that is 80 %;"
        " `0%` for none. For plans of least cost; a rule on the SL of every interval takes its place",
    )
    shifts: Shifts | None = Field(None, description="which shifts can be worked")
    week: Week | None = Field(None, description="rules for the week of one person")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "counts", "subject_to")

    @property
    def kind(self) -> Literal["headcounts", "shifts"]:
        """What is decided."""
        return self.staff or ("shifts" if self.shifts is not None else "headcounts")

    @property
    def objective(self) -> tuple[Literal["min", "max"], str]:
        """The direction and the figure: ('min', 'cost') unless something else is said."""
        return ("max", self.maximise) if self.maximise is not None else ("min", self.minimise or "cost")

    @property
    def terms(self) -> frozenset[str]:
        """The terms of the cost that count."""
        if self.counts:
            return frozenset(self.counts)
        return frozenset(USUAL_TERMS) | {term for key, term in PRICED.items() if getattr(self.prices, key) > 0.0}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What must hold: the queues' targets where nothing is said."""
        return self.subject_to or (Rule(targets=True),)


def optimizing(scenario: Any) -> Optimize:
    """The scenario's `optimize` block, or the one that holds where it has none."""
    return scenario.optimize or Optimize()
