"""Documents of sweeps and their reports."""

from __future__ import annotations

from pydantic import BaseModel, Field

from cxsim.cli.documents.base import Document, Row


class Sweep(Document):
    """What a sweep computed."""

    folder: str
    points: int
    stored: int = Field(description="points that already existed")
    computed: int
    failures: list[Row]
    seconds: float
    remarks: list[str]


class SweepDry(Document):
    """What a sweep would take (`--dry-run`), by its first point."""

    points: int
    stored: int
    replications: int
    seconds_each: float
    bytes_each: float
    seconds: float
    bytes: float


class SweepFigure(BaseModel):
    """What a sweep says of a figure."""

    figure: str
    scope: str
    name: str
    unit: str
    message: str
    points: list[Row]
    levels: list[Row]
    swings: list[Row]
    indices: list[Row]


class SweepReport(Document):
    """What a sweep says of its figures, and the files written."""

    figures: list[SweepFigure]
    files: list[str]
