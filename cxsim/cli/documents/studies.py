"""Documents of commands that compare variants, policies and levers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from cxsim.cli.documents.base import Document, Name, Row, Value
from cxsim.cli.documents.runs import Figure


class VariantFigure(Figure):
    """A figure of a variant."""

    variant: str


class Compare(Document):
    """Variants on the same draws: paired differences from the base, then the figures of each."""

    inputs: dict[str, Any]
    differences: list[Row]
    figures: list[VariantFigure]
    targets: list[Row]
    wall_seconds: Value
    folder: str | None


class ExplainedStep(BaseModel):
    """One step: what it changes, with the paired 95 % interval, and the paths and values that it is about."""

    step: str
    title: str
    change: float
    low: Value
    high: Value
    level: float = Field(description="the metric after the step")
    sentence: str
    overrides: dict[str, Any]


class ExplainedEnd(BaseModel):
    """Where an explanation starts or ends."""

    name: str
    value: float
    low: Value = None
    high: Value = None


class Reforecast(Document):
    """The rest of a day that has begun."""

    inputs: dict[str, Any]
    likely: Value = Field(description="chance to meet all SL targets of the day if nothing is done")
    recommended: str | None = Field(description="the recommended move, as a sentence")
    tried: int = Field(description="number of moves that could be worked")
    day: list[Row]
    intervals: list[Row]
    moves: list[Row]
    busyness: list[Row]
    backlog: list[Row]
    notes: list[str] = Field(description="what was assumed, and what differs from the plan")
    folder: str | None


class Explain(Document):
    """A metric step by step, from Erlang C to the simulation or from one scenario to another."""

    inputs: dict[str, Any]
    start: ExplainedEnd
    end: ExplainedEnd
    steps: list[ExplainedStep]
    folder: str | None


class OneTournament(BaseModel):
    """A tournament on a scenario: policies, the last to drop out first, and what they are beside one another."""

    scenario: str
    figure: str
    best: str
    indifference: float
    confidence: float
    seed: int
    rows: list[Row]
    beside: list[Row]
    intervals: list[Row]


class Tournament(Document):
    """The best of several policies, a tournament for each scenario."""

    tournaments: list[OneTournament]


class ReproducedRow(BaseModel):
    """A figure of a published result beside its reference, or a finding, whose value is a difference."""

    case: str
    figure: str
    scope: str
    name: str
    unit: str
    kind: str = Field(description="exact, printed, limit or finding")
    reference: Value
    reference_low: Value
    reference_high: Value
    value: Value
    low: Value
    high: Value
    difference: Value = Field(description="value over reference, minus 1")
    p: Value = Field(description="of the t test; corrected by Holm for exact and printed values")
    verdict: str = Field(description="agrees, deviates, holds, fails or unclear")
    says: str
    because: str


class Reproduce(Document):
    """A published result computed again: every figure beside its reference."""

    name: str
    title: str
    source: str
    says: str
    scenario: str
    seed: int
    replications: int
    agrees: bool
    rows: list[ReproducedRow]


class Listed(BaseModel):
    """A published result that can be computed again."""

    name: str
    title: str
    source: str


class ReproduceList(Document):
    """The published results that can be computed again."""

    results: list[Listed]


class Tune(Document):
    """The settings that were best, and what they are worth on fresh draws."""

    scenario: Name
    figure: str
    settings: dict[str, Any]
    before: Value
    after: Value
    difference: Value
    low: Value
    high: Value
    verdict: str
    sentence: str
    tried: list[Row]
    replications: int
    checked: int
    seed: int


class Levers(Document):
    """What could be done for customers, and what it is worth."""

    scenario: Name
    replications: int
    seed: int
    days: Value
    budget: Value
    best: Any
    sentence: str
    levers: list[Row]
    assumptions: list[Row]


class LeversStaff(Document):
    """Each choice of levers with the cheapest staff for it (`--staff`)."""

    scenario: Name
    days: Value
    best: Any
    choices: list[Row]


class Sensitivity(Document):
    """How lever results depend on their assumptions."""

    scenario: Name
    replications: int
    seed: int
    firm: Any
    sentence: str
    rows: list[Row]
