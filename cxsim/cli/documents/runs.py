"""Documents of commands that simulate a scenario, or show what was simulated."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from cxsim.cli.documents.base import Document, Name, Row, Value


class Figure(BaseModel):
    """A figure of a place and a time, with its 95 % interval over n replications."""

    figure: str
    scope: str = Field(description="total, or kind:name such as queue:billing")
    interval: str = Field(description="total, a date, or the start of an interval in local time")
    value: Value
    low: Value
    high: Value
    unit: str
    n: int | None


class Run(Document):
    """The figures of a run."""

    inputs: dict[str, Any] = Field(description="scenario, seed, replications, engine, file, overrides")
    figures: list[Figure]
    targets: list[Row]
    wall_seconds: Value
    customers: dict[str, Any] | None = Field(None, description="with --view: as `journeys`")
    folder: str | None = Field(description="where the results are stored")


class Line(BaseModel):
    """What happened at a time (seconds since the first midnight) with an issue."""

    time: float
    issue: int
    text: str


class Trace(Document):
    """Contacts and decisions in words."""

    scenario: Name
    replication: int
    lines: list[Line]


class Stored(BaseModel):
    """A folder of results."""

    folder: str
    kind: str
    made: str
    bytes: int


class ResultsLs(Document):
    """What lies in a folder of results, the newest first."""

    results: list[Stored]


class ResultsDiff(Document):
    """What differs between two runs: lines of the scenario, and figures."""

    scenario: list[str]
    figures: list[Row]


class Gap(BaseModel):
    """Intervals that are green for the company and red for customers."""

    sentence: str
    green: int
    red: list[Row]


class JourneysDocument(Document):
    """The customer's view beside the company's."""

    scenario: Name
    replications: int
    seed: int
    company: list[Row]
    customer: list[Row]
    customers: list[Row]
    surveys: list[Row]
    gap: Gap
    journeys: list[Row]
    troubled: list[Row]
    touchpoints: list[Row]
    segments: list[Row]
    assumptions: list[Row]
