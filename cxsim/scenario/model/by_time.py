"""How a share of a reason or a group changes over the day and the week."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms
from cxsim.scenario.model.part import Part


class ByTime(Part):
    """How a share changes by interval and weekday: shares from a file, or factors on the usual share."""

    file: f.Text | None = Field(
        None,
        description="CSV or XLSX file of shares such as 85% per interval: date or weekday, time, and one column per "
        "reason or group",
    )
    sheet: f.Text | None = Field(None, description="sheet of a workbook; default: the first")
    column: f.Text | None = Field(None, description="column of the file; default: the name of the reason or group")
    columns: f.Columns = Field(
        default_factory=dict, description="column names where the file uses other names: {date: Call Date}"
    )
    carry_down: tuple[f.Text, ...] = Field(
        (), description="columns in which a blank cell repeats the cell above, as merged cells do"
    )
    unit: Literal["percent", "fraction"] | None = Field(
        None, description="what plain numbers in the file are: percent (85) or fraction (0.85); 85% needs no unit"
    )
    factors: f.Profile | None = Field(
        None, description="instead of a file: factors on the usual share, one per open interval"
    )
    weekdays: f.Weights = Field(default_factory=dict, description="factors by weekday")
    factor: f.Factor = Field(1.0, description="factor on the share at any time")

    def written_for(self, owner: str) -> dict[str, Any]:
        """As a scenario writes it for a part of another name, which reads the same column as its `owner`."""
        out = self.model_dump(mode="json", exclude_none=True)
        return {**out, "column": self.column or owner} if self.file else out

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return short_forms.by_time(value)
