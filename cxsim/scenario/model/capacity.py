"""What a plan of hiring by month needs: volumes, teams, who leaves, how people are hired and what may be missed."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms
from cxsim.scenario.model.capacity_units import Leaving
from cxsim.scenario.model.part import Part
from cxsim.scenario.model.units import Refusal


class Hiring(Part):
    """How people join a team: in classes that begin on the first of a month."""

    at_most: f.Positive = Field(description="most people in a class")
    at_least: f.Positive = Field(1, description="fewest people in a class, if there is one")
    lead_time: f.Months = Field(description="months from the decision to the first day")
    cost: f.Amount = Field(0.0, description="one-off cost of each person: advertising, recruiting, trainers")
    training: f.Training = Field(0.0, description="time from the first day in which a person does no productive work")
    ramp_up: f.Productivity = Field(
        (), description="productivity in each month after training, as shares of full productivity; then 100%"
    )

    @model_validator(mode="after")
    def _sizes(self) -> Hiring:
        if self.at_least > self.at_most:
            raise Refusal(f"is above at_most, {self.at_most}", f"write {self.at_most} or less", ("at_least",))
        if self.at_most > MOST_IN_A_CLASS:
            raise Refusal(f"is above {MOST_IN_A_CLASS}", f"write {MOST_IN_A_CLASS} or less", ("at_most",))
        return self


MOST_IN_A_CLASS = 40


class MonthlyOvertime(Part):
    """Hours beyond the contract, decided month by month when the volume is known."""

    up_to: f.Share = Field(description="most overtime in a month, as a share of the hours worked")
    pay: f.Factor = Field(1.0, description="factor on the wage for overtime")


class Temps(Part):
    """Temporary staff, decided month by month when the volume is known."""

    at_most: f.Count = Field(description="most temporary people at once")
    wage: f.Amount = Field(description="cost per hour worked")
    productivity: f.Share = Field(1.0, description="productivity as a share of that of experienced staff")


class Team(Part):
    """People who can stand in for one another, of one group or of several."""

    groups: tuple[f.Text, ...] = Field((), description="groups in which they work; default: the group of this name")
    people: f.People = Field(description="people on the first day, all experienced; a whole number, not FTE")
    hours: f.WeekHours | None = Field(None, description="contract hours of a person per week; default: `full_time`")
    wage: f.Amount | None = Field(None, description="wage per paid hour; default: that of its groups")
    joining: dict[f.Text, f.Count] = Field(
        default_factory=dict, description="people who have already signed, by the month of their first day"
    )
    leaves: f.LeavingOf | None = Field(None, description="attrition of this team; default: that of all teams")
    hiring: Hiring | None = Field(None, description="hiring for this team; default: that of all teams")
    overtime: MonthlyOvertime | None = Field(None, description="overtime of this team; default: that of all teams")
    temps: Temps | None = Field(None, description="temporary staff of this team; default: that of all teams")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "groups")


class Uncertainty(Part):
    """How far volumes and handle times may be from the forecast; the forecast is the mean."""

    volume: f.Spread = Field(0.0, description="coefficient of variation of the volume of a reason in a month")
    handle_time: f.Spread = Field(0.0, description="coefficient of variation of the mean handle time of a month")
    month_to_month: f.Share = Field(
        0.0,
        description="correlation of the error of a month with that of the month before, of volumes and handle times",
    )
    between_reasons: f.Share = Field(0.0, description="correlation of the errors of two reasons in the same month")
    volume_and_handle_time: f.Points = Field(
        0.0,
        description="correlation of the handle time with the error that all volumes share: `+30 points` is 0.3",
    )
    range: f.Share | None = Field(
        None, description="what the columns `REASON low` and `REASON high` of the file enclose: `90%` of the outcomes"
    )


class Future(Part):
    """One of several futures: what becomes of volumes and handle times from a month on."""

    share: f.Share = Field(description="its probability")
    since: f.Text = Field("", alias="from", description="first month in which it differs; default: the first of all")
    volume: f.Factor = Field(1.0, description="factor on all volumes")
    handle_time: f.Factor = Field(1.0, description="factor on all handle times")


class Capacity(Part):
    """What `cxsim capacity` plans: hiring by month and team."""

    start: f.Month = Field(description="first month, such as 2026-07")
    months: f.Positive = Field(12, description="number of months, up to 36")
    volumes: dict[f.Text, f.ManyContacts] = Field(
        default_factory=dict,
        description="fresh contacts a month by reason: one number, or one per month; reasons not given come as in the"
        " scenario",
    )
    file: f.Text | None = Field(
        None, description="CSV or XLSX file of volumes: a column `month` and one for each reason"
    )
    sheet: f.Text | None = Field(None, description="sheet of a workbook; default: the first")
    uncertainty: Uncertainty = Field(default_factory=Uncertainty, description="how far months may be from the forecast")
    futures: dict[f.Name, Future] = Field(
        default_factory=dict, description="several futures with their probabilities; their shares add up to 100%"
    )
    open_days: f.Factor | None = Field(
        None,
        description="days in a month that are like a day of the horizon; default: all days of the month, where the"
        " horizon is whole weeks",
    )
    full_time: f.WeekHours = Field(description="contract hours per week of 1 FTE")
    shrinkage: f.Shrinkages = Field(
        description="share of contract hours not on duty (holidays, sickness, meetings): one, or one per month; the"
        " training of new people is extra"
    )
    shift_fit: f.Share = Field(
        1.0, description="share of the hours on duty that shifts bring to where they are needed; the rest is idle"
    )
    miss_at_most: f.Share | None = Field(
        None,
        description="most probability in each month that hours are missing after all overtime and temporary staff;"
        " default: 10% where no `missing_hour` is given",
    )
    missing_hour: f.Amount | None = Field(
        None,
        description="price of an hour of work for which nobody is there; default: twice the dearest hour of all teams",
    )
    leaves: f.LeavingOf | None = Field(None, description="attrition of all teams that have none of their own")
    hiring: Hiring | None = Field(None, description="hiring for all teams that have none of their own")
    overtime: MonthlyOvertime | None = Field(None, description="overtime of all teams that have none of their own")
    temps: Temps | None = Field(None, description="temporary staff of all teams that have none of their own")
    teams: dict[f.Name, Team] = Field(description="teams, with the people there on the first day")

    @property
    def miss(self) -> float | None:
        """The most probability of missing a month, or None where missing hours have only a price."""
        if self.miss_at_most is None and self.missing_hour is None:
            return 0.10
        return self.miss_at_most

    def leaving(self, team: Team) -> Leaving:
        """The attrition of a team."""
        return team.leaves or self.leaves or Leaving()
