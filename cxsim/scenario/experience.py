"""What contacts are to customers: effort, and what it does to their loyalty. Assumptions, all of them replaceable."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from cxsim.scenario import fields as f
from cxsim.scenario.part import Part

# What a default rests on, and what kind of evidence that is; for every output that rests on it.
SOURCES: Final = {
    "memory": ("cxsim: no published figures", "assumption"),
    "advocacy": ("cxsim's own shares: no published ones by outcome are sound", "assumption"),
    "word_of_mouth": ("cxsim: nobody tells anybody unless asked for", "assumption"),
    "churn": ("SQM Group 2022: defection by whether and when the issue was solved", "vendor survey"),
    "effort": ("cxsim's own weights: no published ones are sound", "assumption"),
    "settled": ("cxsim's own line", "assumption"),
}


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

    first: f.Share = Field(0.05, description="solved at the first contact")
    later: f.Share = Field(0.09, description="solved at a later one")
    unsolved: f.Share = Field(0.25, description="not solved")


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


class Advocates(Part):
    """What customers would say of a company after an issue."""

    promoters: f.Share = Field(0.0, description="share who recommend it")
    detractors: f.Share = Field(0.0, description="share who speak ill of it")


def _advocates(promoters: float, detractors: float) -> Advocates:
    return Advocates.model_construct(promoters=promoters, detractors=detractors)


class Advocacy(Part):
    """Who recommends the company and who speaks ill of it, by how an issue went."""

    first: Advocates = Field(
        default_factory=lambda: _advocates(0.45, 0.15), description="solved at the first contact"
    )
    later: Advocates = Field(
        default_factory=lambda: _advocates(0.25, 0.35), description="solved at a later one"
    )
    unsolved: Advocates = Field(
        default_factory=lambda: _advocates(0.08, 0.65), description="not solved"
    )


class WordOfMouth(Part):
    """What customers who are told apart do to the market by what they say."""

    brings: f.Share = Field(
        0.0, description="share of the promoters who tell someone of the market: a customer from then on"
    )
    warns: f.Share = Field(
        0.0, description="share of the detractors who tell someone of the market, who leaves if a customer"
    )


class Lever(Part):
    """Something that can be done about it: an override with a price."""

    cost: f.Amount = Field(0.0, description="money a year, besides what it changes in wages")
    override: f.Text | None = Field(None, description="the override that says what it changes; the one of its own name")


class Experience(Part):
    """How journeys are judged from the customer's side."""

    effort: Effort = Field(default_factory=Effort, description="weights of what is hard on customers")
    churn: Churn = Field(default_factory=Churn, description="who leaves")
    memory: Memory = Field(default_factory=Memory, description="what remembered effort does")
    advocacy: Advocacy = Field(default_factory=Advocacy, description="promoters and detractors, by how an issue went")
    word_of_mouth: WordOfMouth = Field(default_factory=WordOfMouth, description="what these do to the market")
    settled: f.Share = Field(
        0.75, description="an interval is red for customers where fewer of its issues are solved at the first contact"
    )

    def assumptions(self) -> list[dict[str, str]]:
        """What the figures rest on: what, its value, its source and the kind of evidence; the user's where given."""
        rows = []
        effort = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in self.effort)
        churn = ", ".join(f"{name} {100 * value:g} %" for name, value in self.churn)
        for what, value in (("effort", effort), ("churn", churn), ("settled", f"{100 * self.settled:g} %")):
            source, kind = SOURCES[what]
            if what in self.model_fields_set:
                source, kind = "the scenario", "given"
            rows.append({"what": what, "value": value, "source": source, "kind": kind})
        return rows
