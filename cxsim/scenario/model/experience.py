"""What contacts are to customers: effort, and what it does to their loyalty. Assumptions, all of them replaceable."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.part import Part

# What a default rests on, and what kind of evidence that is; for every output that rests on it.
SOURCES: Final = {
    "effort": ("cxsim's own weights; no reliable published values", "assumption"),
    "churn": ("SQM Group 2022: defection by whether and when the issue was solved", "vendor survey"),
    "spend": ("off by default; no reliable published curve", "assumption"),
    "csat": ("levels are cxsim's own; 12 points a transfer: SQM Group 2021", "assumption and vendor survey"),
    "disloyal": (
        "CEB (now Gartner): 96 % of high-effort, 9 % of low-effort customers; the threshold is cxsim's own",
        "vendor survey",
    ),
    "survey": ("response rates are cxsim's own", "assumption"),
    "memory": ("off by default; no reliable published values", "assumption"),
    "promoters": ("cxsim's own shares; no reliable published values by outcome", "assumption"),
    "detractors": ("cxsim's own shares; no reliable published values by outcome", "assumption"),
    "word_of_mouth": ("off by default", "assumption"),
    "posts": ("off by default; no reliable published rates", "assumption"),
    "loyalty": ("off by default; no reliable published factors", "assumption"),
    "expectations": ("off by default", "assumption"),
    "lifetime": ("off by default: one year's value; the formula is that of discounted survival", "assumption"),
    "settled": ("cxsim's own threshold", "assumption"),
    "success": ("levels are cxsim's own; no reliable published values", "assumption"),
}
ALWAYS: Final = (
    "effort",
    "churn",
    "csat",
    "disloyal",
    "promoters",
    "detractors",
    "settled",
    "success",
)  # on these all rests


_first = partial(Field, description="solved at the first contact")
_later = partial(Field, description="solved at a later one")
_unsolved = partial(Field, description="not solved")


class Effort(Part):
    """Points of effort; only their proportions matter."""

    contact: f.Amount = Field(1.0, description="points for each contact")
    wait_minute: f.Amount = Field(0.2, description="for each minute on a call or chat; not for mail or callbacks")
    menu: f.Amount = Field(0.5, description="for each menu, announcement or self-service")
    transfer: f.Amount = Field(2.0, description="for each transfer")
    retelling: f.Amount = Field(1.0, description="for repeating everything to another agent")
    again: f.Amount = Field(2.0, description="for each repeat or redial")
    switch: f.Amount = Field(1.0, description="for each change of channel")
    hold: f.Amount = Field(0.0, description="for each talk in which the customer is put on hold")


class Churn(Part):
    """The share of customers who leave, by how an issue of theirs went."""

    first: f.Share = _first(0.05)
    later: f.Share = _later(0.09)
    unsolved: f.Share = _unsolved(0.25)


class Spend(Part):
    """The share of a year's value that a customer who stays spends less, by how an issue went."""

    first: f.Share = _first(0.0)
    later: f.Share = _later(0.0)
    unsolved: f.Share = _unsolved(0.0)


class Csat(Part):
    """The share of customers who are satisfied, by how it went: an issue, or a contact where contacts are surveyed."""

    first: f.Share = _first(0.85)
    later: f.Share = _later(0.70)
    unsolved: f.Share = _unsolved(0.35)
    transfer: f.Share = Field(0.12, description="subtracted for each transfer")


class Disloyal(Part):
    """The share of customers who are more disloyal than before, by the effort of an issue."""

    low_effort: f.Share = Field(0.09, description="with effort below the high-effort threshold")
    high_effort: f.Share = Field(0.96, description="with effort at or above the threshold")
    high: f.Amount = Field(8.0, description="effort points from which an issue counts as high effort")


class Loyalty(Part):
    """How what happens in single contacts changes the probability of leaving when the issue ends: factors on it."""

    discourtesy: f.Factor = Field(1.0, description="for each discourteous talk, such as 1.3")
    hold: f.Factor = Field(1.0, description="for each talk in which the customer is put on hold")
    broken: f.Factor = Field(1.0, description="for each wait longer than expected")
    kept: f.Factor = Field(1.0, description="for each answer within the expected wait, such as 0.95")
    compensated: f.Factor = Field(1.0, description="for each compensation that settles an issue, such as 0.7")


class Expectations(Part):
    """The waits that customers expect; broken by a longer one, kept by an answer in time."""

    wait: f.Seconds | None = Field(
        None, description="expected wait where none is announced; default: only announced waits are judged"
    )
    tolerance: f.Seconds = Field(0.0, description="time by which a wait may be longer and still be as expected")


class Lifetime(Part):
    """How many years of a customer's value are lost with the customer, by discounted survival."""

    leaves: f.Share = Field(description="share of customers who leave in a year for other reasons")
    discount: f.Share = Field(0.0, description="discount rate per year")
    years: f.Positive | None = Field(None, description="number of years that count; default: all")

    @property
    def factor(self) -> float:
        """Years' worth of a customer: Σ ((1 - leaves) ⁄ (1 + discount))^k over the years k = 0, 1, …"""
        ratio = (1.0 - self.leaves) / (1.0 + self.discount)
        if self.years is None:
            return 1.0 / (1.0 - ratio) if ratio < 1.0 else math.inf
        return float(self.years) if ratio == 1.0 else (1.0 - ratio**self.years) / (1.0 - ratio)


class Success(Part):
    """How successful customers feel after a visit to a touchpoint: a level by what came of it, lowered by its effort.

    A visit with so much effort counts level · 2^(-effort ⁄ effort_halves).
    """

    solved: f.Share = Field(1.0, description="level after a visit that solved the issue")
    onward: f.Share = Field(0.5, description="after one that led on to another place within the contact")
    failed: f.Share = Field(0.0, description="after any other")
    effort_halves: f.Amount | None = Field(
        None, description="points of effort in a visit that halve the level; default: effort has no effect on it"
    )


class Survey(Part):
    """How satisfaction is asked for: what a company measures is what those say who were asked and answered."""

    asked: f.Share = Field(1.0, description="share of these customers who are sent a survey")
    of: Literal["answered", "resolved", "all"] = Field(
        "answered",
        description="which contacts: ended by an agent, those of them that resolved the issue, or all (including "
        "abandoned and self-service)",
    )
    satisfied: f.Share = Field(0.15, description="share of satisfied customers who answer it")
    dissatisfied: f.Share = Field(0.15, description="share of other customers who answer it")


class Memory(Part):
    """What customers who are told apart remember of their issues, and what it does; nothing, if not asked for."""

    fades: f.Seconds | None = Field(
        None, description="time after which half of the effort is forgotten; default: never"
    )
    patience_halves: f.Amount | None = Field(
        None, description="points of remembered effort that halve patience, including this issue so far"
    )
    churn_doubles: f.Amount | None = Field(
        None, description="points of remembered effort that double the probability of leaving when an issue ends"
    )
    restored: f.Share = Field(
        0.0, description="share of the remembered effort removed by an issue solved at the first contact"
    )


class Promoters(Part):
    """The share of customers who recommend the company, by how an issue went."""

    first: f.Share = _first(0.45)
    later: f.Share = _later(0.25)
    unsolved: f.Share = _unsolved(0.08)


class Detractors(Part):
    """The share of customers who speak ill of it, by how an issue went."""

    first: f.Share = _first(0.15)
    later: f.Share = _later(0.35)
    unsolved: f.Share = _unsolved(0.65)


class WordOfMouth(Part):
    """What customers who are told apart do to the market by what they say."""

    brings: f.Share = Field(0.0, description="share of promoters who win a new customer from the market")
    warns: f.Share = Field(
        0.0,
        description="share of detractors who warn someone in the market, customers who leave if they are a customer",
    )


class Posts(Part):
    """What customers who are told apart post in social media, and what it does to those who see it."""

    praises: f.Share = Field(0.0, description="share of promoters who post their experience")
    complains: f.Share = Field(0.0, description="share of detractors who do")
    reach: f.Count = Field(
        0, description="number of people of the segment's market, drawn at random, who see a post; at most 1,000"
    )
    wins: f.Share = Field(0.0, description="share of those who see praise and are not customers who become customers")
    loses: f.Share = Field(0.0, description="share of the customers who see a complaint who leave")


class Lever(Part):
    """Something that can be done about it: an override, or a ready-made remedy, with a price."""

    cost: f.Amount = Field(0.0, description="cost per year, in addition to its effect on wages")
    override: f.Text | None = Field(
        None, description="the override with its changes; default: the override of the same name"
    )
    use: tuple[f.Text, ...] = Field(
        (), description="ready-made remedies or operating models to use instead; `cxsim levers --catalogue` lists them"
    )
    sizes: dict[f.Text, f.Share] = Field(
        default_factory=dict, description="settings of the remedies, where they differ from the catalogue"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "use")


class Experience(Part):
    """How journeys are judged from the customer's side."""

    effort: Effort = Field(default_factory=Effort, description="weights of customer effort")
    churn: Churn = Field(default_factory=Churn, description="customers who leave")
    spend: Spend = Field(default_factory=Spend, description="customers who stay but spend less")
    csat: Csat = Field(default_factory=Csat, description="satisfied customers")
    disloyal: Disloyal = Field(default_factory=Disloyal, description="customers who become less loyal")
    survey: Survey | None = Field(None, description="how satisfaction is measured; default: not measured")
    memory: Memory = Field(default_factory=Memory, description="effects of remembered effort")
    promoters: Promoters = Field(
        default_factory=Promoters, description="promoters: customers who recommend the company"
    )
    detractors: Detractors = Field(
        default_factory=Detractors, description="detractors: customers who advise against it"
    )
    word_of_mouth: WordOfMouth = Field(
        default_factory=WordOfMouth, description="effects of promoters and detractors on the market"
    )
    posts: Posts = Field(default_factory=Posts, description="effects of posts in social media on the market")
    loyalty: Loyalty = Field(
        default_factory=Loyalty, description="effects of courtesy, holds, waits and compensation on leaving"
    )
    expectations: Expectations | None = Field(None, description="expected waits; default: waits are not judged")
    lifetime: Lifetime | None = Field(None, description="lifetime of customers; default: one year counts")
    success: Success = Field(default_factory=Success, description="sense of success after a visit to a touchpoint")
    settled: f.Share = Field(
        0.75,
        description="an interval is red for customers if a smaller share of its issues is solved at the first contact",
    )

    @property
    def years(self) -> float:
        """How many years of its value a lost customer costs."""
        return 1.0 if self.lifetime is None else self.lifetime.factor

    def assumptions(self) -> list[dict[str, str]]:
        """What the figures rest on: what, its value, its source and the kind of evidence; the user's where given."""
        rows, written = [], self.model_dump(mode="json", exclude_none=True)
        for what, (source, kind) in SOURCES.items():
            if what in ALWAYS or what in self.model_fields_set:
                given = what in self.model_fields_set
                rows.append(
                    {
                        "what": what.replace("_", " "),
                        "value": _said(written.get(what, "none")),
                        "source": "the scenario" if given else source,
                        "kind": "given" if given else kind,
                    }
                )
        return rows


TIMES = ("fades", "wait", "tolerance")


def written(name: str, value: float) -> str:
    """A number of the experience as a user would write it."""
    if (
        name in Effort.model_fields
        or name in Loyalty.model_fields
        or name in ("patience_halves", "churn_doubles", "high", "effort_halves")
    ):
        return f"{value:.6g}"
    return units.write_duration(value) if name in TIMES else f"{100.0 * value:.6g}%"


def _said(value: object) -> str:
    """A part of the experience, as written, in a line."""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_said(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
