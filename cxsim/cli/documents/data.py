"""Documents of commands that read history: `import`, `calibrate`, `validate` and `forecast`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from cxsim.cli.documents.base import Document, Name, Row


class ForecastQueue(BaseModel):
    """How one queue is forecast."""

    queue: Name
    method: str = Field(description="the model with the smallest error in the backtest")
    reason: str
    busyness: float = Field(description="coefficient of variation of a factor common to the day")
    notes: list[str]


class Forecast(Document):
    """Volumes and handle times of the coming weeks."""

    queues: list[ForecastQueue]
    days: list[Row]
    intervals: list[Row]
    backtest: list[Row]
    effects: list[Row]


class ImportedFile(BaseModel):
    """A file that was read: its form, its rows, and how many of them are in the tables."""

    file: str
    form: str
    rows: int
    kept: int


class Fate(BaseModel):
    """Rows of a file that are not in the tables as they were: what became of them, why, and the first lines."""

    what: Literal["dropped", "joined", "added", "repaired"]
    why: str
    file: str
    rows: int
    lines: list[int]


class Found(BaseModel):
    """Something about the data that a reader must know, and the fix if there is one."""

    name: str
    text: str
    fix: str


class Evidence(BaseModel):
    """Why a key of the mapping has its value."""

    key: str
    value: str
    why: str


class Import(Document):
    """What an import read, and what became of every row."""

    folder: str
    tables: dict[str, int] = Field(description="rows by table")
    files: list[ImportedFile]
    rows: list[Fate]
    findings: list[Found]
    evidence: list[Evidence]
    figures: list[Row] = Field(description="sums by queue and channel")


class Estimate(BaseModel):
    """One estimate with its 95% interval; null where there is none."""

    of: str = Field(description="a reason, a group, or all")
    parameter: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    method: str
    rows: int
    note: str


class Calibrate(Document):
    """A scenario from imported tables: where it is, every estimate, and what was assumed."""

    folder: str
    name: str
    estimates: list[Estimate]
    closed_loop: list[Row] = Field(description="observed and simulated metrics of the recorded days")
    assumptions: list[str]
    notes: list[str]
    files: list[str] = Field(description="the scenario and its tables, in the folder")


class Compared(BaseModel):
    """A metric as recorded and of the replay: in total, in an interval of the day, or of a reason or queue."""

    scope: Literal["total", "interval", "reason", "queue"] = Field(description="queue: of an interval report")
    name: str
    figure: str
    title: str
    unit: str
    contacts: int
    observed: float | None
    simulated: float | None
    low: float | None = Field(description="95% of single replications, from here")
    high: float | None
    p: float = Field(description="p-value after Holm's correction over all rows")
    differs: bool


class Validate(Document):
    """A scenario against recorded contacts or an interval report, and its miss by cause."""

    folder: str
    name: str
    days: str
    replications: int
    error_rate: float = Field(description="chance of any false difference over all rows")
    comparison: list[Compared]
    causes: list[Row] = Field(description="steps from the scenario's own plan to what was observed, by metric")
    notes: list[str]
