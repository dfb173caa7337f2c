"""What the documents of all commands have."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Value = float | None
Cell = str | int | float | bool | None
Row = dict[str, Cell | list[Cell]]  # of a table: column and cell
Name = Annotated[str, Field(description="a name of the scenario")]


class Document(BaseModel):
    """What all documents have."""

    model_config = ConfigDict(extra="allow", strict=True)

    schema_version: int = Field(description="version of this kind of document")
