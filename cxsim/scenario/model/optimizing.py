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

    waiting_hour: f.Amount = Field(0.0, description="cost per hour of customers' waiting, whatever the outcome")
    abandoned: f.Amount = Field(0.0, description="cost per abandoned contact")
    unresolved: f.Amount = Field(0.0, description="cost per issue that is never resolved")


class Rule(Part):
    """What must hold: `targets` (those of the queues), or a figure with a bound."""

    targets: f.Flag = Field(False, description="all targets of the queues; replaces `figure`")
    figure: f.Text | None = Field(
        None, description="a ratio among the [metrics](figures.md), or `wait` with a quantile"
    )
    scope: f.Text = Field(
        "total",
        description="`total`; each `queue`, `reason`, `segment` or `group`; or a single one, such as `queue:billing`",
    )
    each: Literal["horizon", "day", "interval"] = Field(
        "horizon", description="over the whole counted time, or in every single day or open interval"
    )
    min: f.Limit | None = Field(
        None, description="lower limit, in the metric's unit; `target` for each queue's own target"
    )
    max: f.Limit | None = Field(
        None, description="upper limit, in the metric's unit; `target` for each queue's own target"
    )
    quantile: f.Share | None = Field(None, description="for `wait`: the share that waits no longer than `max`")
    on_days: f.Share | None = Field(
        None, description="share of days on which the rule must hold; default: on average over all days"
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
            raise Refusal("is not a rule", "write targets, or {figure: sl, scope: queue, min: target}")
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

    min: f.Count = Field(0, description="minimum number of agents present in every open interval")
    max: f.Count | None = Field(
        None, description="maximum number of agents present in any interval; without it, `within_team` sets the limit"
    )
    keep: f.Flag = Field(False, description="keep the current headcounts; the optimizer may only add agents")
    change: f.Positive | None = Field(
        None, description="maximum change in agents from one interval to the next (plans of headcounts only)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if self.max is not None and self.max < self.min:
            raise Refusal(f"is below the minimum of {self.min}", f"write {self.min} or more", ("max",))
        return self


class Break(Part):
    """Time off within a shift, begun inside a window counted from the shift's start."""

    length: f.Seconds = Field(description="length of the break")
    after: f.Seconds = Field(description="earliest start, counted from the start of the shift")
    before: f.Seconds | None = Field(
        None, description="latest start, counted from the start of the shift; default: exactly at `after`"
    )
    every: f.Seconds | None = Field(None, description="step between possible starts; default: `starts_every`")
    paid: f.Flag = Field(False, description="whether the break is paid")
    lengths: tuple[f.Seconds, ...] = Field(
        (), alias="for", description="shift lengths that have this break; default: all"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "for")

    @model_validator(mode="after")
    def _ordered(self) -> Break:
        if self.before is not None and self.before < self.after:
            text = units.write_duration(self.after)
            raise Refusal(f"is earlier than the earliest start, {text}", f"write {text} or later", ("before",))
        if self.length <= 0.0:
            raise Refusal("must be above 0", "write a time such as 30 min", ("length",))
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

    lengths: tuple[f.Seconds, ...] = Field((), description="allowed shift lengths; default: all")
    days: f.Positive | None = Field(None, description="working days per week; default: `week.days_on`")
    hours: f.Seconds | None = Field(None, description="maximum hours per week, without unpaid breaks and overtime")
    share: Share = Field(default_factory=Share, description="share of all people (for a single day: of all shifts)")
    min: f.Count = Field(0, description="minimum number of people (for a single day: of shifts)")
    max: f.Count | None = Field(None, description="maximum number of people (for a single day: of shifts)")
    wage: f.Factor = Field(1.0, description="factor on the group's wage")
    groups: tuple[f.Text, ...] = Field((), description="groups that use this contract; default: all")

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

    up_to: f.Seconds = Field(description="maximum overtime at the end of a shift, in steps of `starts_every`")
    pay: f.Factor = Field(1.0, description="factor on the wage for overtime")
    lengths: tuple[f.Seconds, ...] = Field(
        (), alias="for", description="shift lengths that may have overtime; default: the longest of each contract"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "for")


class Shifts(Part):
    """Which shifts can be worked: every length at every start that fits into the opening hours."""

    lengths: tuple[f.Seconds, ...] = Field(description="shift lengths: time on site, including breaks")
    starts_every: f.Seconds = Field(1800.0, description="step between possible starts, counted from opening time")
    breaks: tuple[Break, ...] = Field((), alias="break", description="breaks within a shift")
    paid_extra: f.Seconds = Field(0.0, description="paid time added to every shift, such as for logging in")
    contracts: dict[f.Name, Contract] = Field(
        default_factory=dict, description="contracts, such as full time and part time; default: one with all lengths"
    )
    overtime: Overtime | None = Field(None, description="overtime after shifts")
    keep: f.Flag = Field(False, description="keep the current shifts; the optimizer may only add shifts")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "lengths", "break")


class Week(Part):
    """What holds for one person in each week, counted from the first day of the horizon."""

    days_on: f.Positive = Field(5, description="working days per week (fewer if fewer days are open)")
    days_off_together: f.Count = Field(0, description="minimum days off in a row; Sunday and Monday are consecutive")
    rest: f.Seconds = Field(39600.0, description="minimum time between the end of a shift and the start of the next")
    hours: f.Seconds | None = Field(None, description="maximum hours per week, with overtime but without unpaid breaks")


class Optimize(Part):
    """What `cxsim optimize` looks for."""

    minimise: f.Text | None = Field(None, description="`cost` (the default), or a metric together with a `budget`")
    maximise: f.Text | None = Field(None, description="a metric, together with a `budget`")
    budget: f.Amount | None = Field(None, description="maximum staff cost over the counted time")
    counts: tuple[Term, ...] = Field(
        (),
        description="terms of the cost to include: `wages`, `overrun`, `contacts`, `waiting`, `abandonment`, "
        "`unresolved`, `churn` (a year's value of customers expected to leave); default: the first three "
        "and those with a price",
    )
    prices: Penalties = Field(
        default_factory=Penalties,
        description="prices that put waiting, abandonment or unresolved issues into the objective",
    )
    subject_to: tuple[Rule, ...] = Field(
        (), description="rules that every plan must meet; default: the queues' targets"
    )
    forecasts: dict[f.Text, f.Share] = Field(
        default_factory=dict,
        description="several forecasts at once: the share of days for each override; `base` is the file without "
        "overrides",
    )
    staff: Literal["headcounts", "shifts"] | None = Field(
        None, description="what the optimizer decides; default: shifts if `shifts` is set, else headcounts"
    )
    groups: dict[f.Text, Limits] = Field(default_factory=dict, description="limits for individual groups")
    within_team: f.Flag = Field(
        True,
        description="limit groups without a `max` to 110 % of the most agents on the current roster at once, rounded"
        " up; `false` for no limit. Ignored in steady state",
    )
    floor: f.Share = Field(
        0.75,
        description="minimum SL of every open interval, as a share of the lowest SL target: 60 % if that is 80 %;"
        " `0%` for none. Used when cost is minimized, unless a goal of your own sets the SL of every interval",
    )
    routing: f.RoutingParts = Field(
        (),
        description="decide the routing too: `true` for all of it, or a list of `ranks` (rank and order of skills), "
        "`skills` (which of them are used), `reserves` and `delays` (of overflow to groups); default: `false`",
    )
    shifts: Shifts | None = Field(None, description="the shifts to choose from")
    week: Week | None = Field(None, description="weekly rules for each person")

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
