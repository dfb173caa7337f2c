"""Documents of `check` and `flow`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from cxsim.cli.documents.base import Document


class Fault(BaseModel):
    """One fault of a file: where, what stands there, the rule it breaks, and the nearest fix."""

    place: str
    path: str
    value: str
    rule: str
    fix: str


class Pool(BaseModel):
    """Queues that share groups: work offered, in erlangs, against agents; on average and in the tightest interval."""

    queues: list[str]
    groups: list[str]
    load: float
    agents: float
    tightest: str
    tightest_load: float
    tightest_agents: float
    waits: bool = Field(description="some of the work can wait overnight, so averages are over day and night")


class Setting(BaseModel):
    """A value of the scenario, where it came from, and what it means."""

    path: str
    value: str
    origin: str
    meaning: str


class Check(Document):
    """No faults, and what the scenario comes to."""

    file: str
    faults: list[Fault]
    facts: list[str] = Field(description="days, contacts and people in sentences")
    pools: list[Pool]
    values: list[Setting] | None = Field(None, description="with --explain: every value")


class Faulty(Document):
    """What is wrong with a scenario; exit code 2."""

    faults: list[Fault] = Field(description="a hundred at most")
    count: int = Field(description="of all faults")


class Flow(Document):
    """The share of contacts that goes each way, over all reasons and for each."""

    file: str
    flow: dict[str, Any]
    reasons: dict[str, dict[str, Any]]
