"""Documents of commands that plan staff."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from cxsim.cli.documents.base import Document, Name, Row, Value
from cxsim.cli.documents.runs import Figure


class Optimize(Document):
    """The cheapest staff that meets the goals, with its proof and its tables."""

    cost: Value
    bound: Value
    bound_status: str
    bound_note: str
    gap: Value
    nearby: dict[str, Any] | None
    reached: dict[str, Any] | None
    is_today: bool
    certified: bool
    replications: int
    certified_on: int
    cpu_seconds: Value
    wall_seconds: Value
    message: str
    messages: list[str]
    inputs: dict[str, Any]
    routing: list[Row]
    routing_changes: dict[str, Any]
    plan: list[Row]
    goals: list[Row]
    costs: list[Row]
    comparison: list[Row]
    goals_of_plans: list[Row]
    points: list[Row]
    moves: list[Row]
    allocation: list[Row]
    need: list[Row]
    history: list[Row]
    stopped: bool
    folder: str | None


class Plan(Document):
    """A certified plan by half-hour and team, with its expected service, shifts, roster and what-if rows."""

    certified: bool
    cost: Value
    message: str
    messages: list[str]
    totals: list[Row]
    what_if: list[Row]
    teams: list[Row]
    queues: list[Row]
    shifts: list[Row]
    roster: list[Row]
    costs: list[Row]
    stopped: bool
    file: str
    folder: str


class Layer(Document):
    """One step of the optimizer (`--layer`); its facts and tables follow under their names."""

    layer: str
    message: str
    inputs: dict[str, Any]
    stopped: bool
    folder: str | None


class Frontier(Document):
    """What cost buys: points, the price of one more, and what is out of reach."""

    message: str
    inputs: dict[str, Any]
    points: list[Row]
    prices: list[Row]
    unreachable: list[Row]
    plans: dict[str, list[Row]]
    routings: dict[str, list[Row]]
    routing_changes: dict[str, dict[str, Any]]
    messages: list[str]
    replications: int
    cpu_seconds: Value
    wall_seconds: Value
    folder: str | None


class Answer(BaseModel):
    """What was asked: a number of agents or lines, or a volume."""

    figure: str
    value: Value
    exact: Value = Field(description="with a fraction of an agent")
    text: str


class ErlangTarget(BaseModel):
    """A target of an Erlang question, and whether it is met."""

    figure: str
    target: float
    value: Value
    met: bool


class Erlang(Document):
    """The answer of the Erlang formulae, its figures, and those of some agents fewer and more."""

    inputs: dict[str, str | float | None]
    answer: Answer
    figures: list[Figure]
    targets: list[ErlangTarget]
    table: list[dict[str, Value]]
    wall_seconds: float


class Capacity(Document):
    """Hiring by month and team, the risk of missing each month, and the rule of thumb on the same futures."""

    kind: str
    scenario: Name
    currency: str
    seed: int
    futures: int = Field(description="number of fresh futures in which the plan is judged")
    promise: Value = Field(
        description="most probability of missing a month; null where missing hours have only a price"
    )
    held: bool = Field(description="whether every month that can keep the promise is shown to keep it")
    cost: float = Field(description="mean over the futures, with the price of missing hours")
    bound: Value = Field(description="least mean cost of any plan in the futures that the program was solved with")
    gap: Value
    sentences: list[str]
    messages: list[str]
    assumptions: list[str]
    hires: list[Row]
    months: list[Row]
    teams: list[Row]
    compared: list[Row]


class RosterDocument(Document):
    """Who works when, what stays open, what was refused and why, and how fair it is."""

    kind: str
    scenario: Name
    complete: bool = Field(description="whether every shift has its people")
    proved: bool = Field(description="whether no roster that keeps the rules has fewer hours missing")
    missing_hours: float = Field(description="hours of work that nobody is assigned to")
    missing_bound: float = Field(description="no roster that keeps the rules has fewer hours missing")
    worth: float = Field(description="weight of refused requests plus unfairness, minimised at that cover")
    worth_bound: Value = Field(description="no roster of that cover has less")
    sentences: list[str]
    messages: list[str]
    rules: list[str]
    shifts: list[Row]
    cover: list[Row]
    requests: list[Row]
    fairness: list[Row]
