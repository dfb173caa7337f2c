"""What contacts are to customers: effort, and what it does to their loyalty. Assumptions, all of them replaceable."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.part import Part

# What a default rests on, and what kind of evidence that is; for every output that rests on it.
SOURCES: Final = {
    "effort": ("cxsim's own weights: no published ones are sound", "assumption"),
    "churn": ("SQM Group 2022: defection by whether and when the issue was solved", "vendor survey"),
    "spend": ("nobody spends less unless asked for: no published curve is sound", "assumption"),
    "csat": ("levels are cxsim's own; 12 points a transfer: SQM Group 2021", "assumption and vendor survey"),
    "disloyal": (
        "CEB (now Gartner): 96 % of high-effort, 9 % of low-effort customers; the line between is cxsim's own",
        "vendor survey",
    ),
    "survey": ("who answers is cxsim's own", "assumption"),
    "memory": ("nothing is remembered unless asked for: no published figures are sound", "assumption"),
    "promoters": ("cxsim's own shares: no published ones by outcome are sound", "assumption"),
    "detractors": ("cxsim's own shares: no published ones by outcome are sound", "assumption"),
    "word_of_mouth": ("nobody tells anybody unless asked for", "assumption"),
    "settled": ("cxsim's own line", "assumption"),
}
ALWAYS: Final = ("effort", "churn", "csat", "disloyal", "promoters", "detractors", "settled")  # on these all rests


_first = partial(Field, description="solved at the first contact")
_later = partial(Field, description="solved at a later one")
_unsolved = partial(Field, description="not solved")


class Effort(Part):
    """Points of effort; only their proportions matter."""

    contact: f.Amount = Field(1.0, description="points for each contact")
    wait_minute: f.Amount = Field(0.2, description="for each minute on the line; not of mail or calls back")
    menu: f.Amount = Field(0.5, description="for each menu, announcement or self-service passed through")
    transfer: f.Amount = Field(2.0, description="for being handed on")
    retelling: f.Amount = Field(1.0, description="for telling it all again")
    again: f.Amount = Field(2.0, description="for having to come back, or to redial")
    switch: f.Amount = Field(1.0, description="for having to change the channel")


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
    transfer: f.Share = Field(0.12, description="taken off for each time they were handed on")


class Disloyal(Part):
    """The share of customers who are more disloyal than before, by the effort of an issue."""

    low_effort: f.Share = Field(0.09, description="below the points of high effort")
    high_effort: f.Share = Field(0.96, description="from there on")
    high: f.Amount = Field(8.0, description="points from which the effort of an issue is high")


class Survey(Part):
    """How satisfaction is asked for: what a company measures is what those say who were asked and answered."""

    asked: f.Share = Field(1.0, description="share of these customers who are sent a survey")
    of: Literal["answered", "resolved", "all"] = Field(
        "answered",
        description="contacts an agent ended, those of them that helped, or all, abandoned and self-service too",
    )
    satisfied: f.Share = Field(0.15, description="share of the satisfied who answer it")
    dissatisfied: f.Share = Field(0.15, description="share of the others who do")


class Memory(Part):
    """What customers who are told apart remember of their issues, and what it does; nothing, if not asked for."""

    fades: f.Seconds | None = Field(
        None, description="after this time half of the effort is forgotten; never if not given"
    )
    patience_halves: f.Amount | None = Field(
        None, description="points of remembered effort that halve the patience, those of this issue so far included"
    )
    churn_doubles: f.Amount | None = Field(
        None, description="points of remembered effort that double the chance to leave when an issue is over"
    )
    restored: f.Share = Field(0.0, description="share of it that an issue solved at the first contact takes away")


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

    brings: f.Share = Field(
        0.0, description="share of the promoters who tell someone of the market: a customer from then on"
    )
    warns: f.Share = Field(
        0.0, description="share of the detractors who tell someone of the market, who leaves if a customer"
    )


class Lever(Part):
    """Something that can be done about it: an override, or a ready-made remedy, with a price."""

    cost: f.Amount = Field(0.0, description="money a year, besides what it changes in wages")
    override: f.Text | None = Field(
        None, description="the override that says what it changes; the one of its own name where nothing is said"
    )
    use: tuple[f.Text, ...] = Field(
        (), description="ready-made remedies or operating models in its place, as `cxsim levers --catalogue` lists"
    )
    sizes: dict[f.Text, f.Share] = Field(default_factory=dict, description="sizes of the remedies, in place of theirs")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "use")


class Experience(Part):
    """How journeys are judged from the customer's side."""

    effort: Effort = Field(default_factory=Effort, description="weights of what is hard on customers")
    churn: Churn = Field(default_factory=Churn, description="who leaves")
    spend: Spend = Field(default_factory=Spend, description="who stays and spends less")
    csat: Csat = Field(default_factory=Csat, description="who is satisfied")
    disloyal: Disloyal = Field(default_factory=Disloyal, description="who is more disloyal than before")
    survey: Survey | None = Field(None, description="how satisfaction is measured; not if not given")
    memory: Memory = Field(default_factory=Memory, description="what remembered effort does")
    promoters: Promoters = Field(default_factory=Promoters, description="who recommends the company")
    detractors: Detractors = Field(default_factory=Detractors, description="who speaks ill of it")
    word_of_mouth: WordOfMouth = Field(default_factory=WordOfMouth, description="what these do to the market")
    settled: f.Share = Field(
        0.75, description="an interval is red for customers where fewer of its issues are solved at the first contact"
    )

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


def written(name: str, value: float) -> str:
    """A number of the experience as a user would write it."""
    if name in Effort.model_fields or name in ("patience_halves", "churn_doubles", "high"):
        return f"{value:.6g}"
    return units.write_duration(value) if name == "fades" else f"{100.0 * value:.6g}%"


def _said(value: object) -> str:
    """A part of the experience, as written, in a line."""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_said(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
