"""What requests and refusals are made of, wherever they go."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=1000)]
PathQuery = Annotated[str, Query(max_length=1000, description="the scenario: a path in the starting folder")]


class Refused(BaseModel):
    """One fault: where it is, what was written, the rule, the nearest fix, and the sentence made of these."""

    model_config = ConfigDict(extra="allow")
    place: str
    path: str
    value: Any
    rule: str
    fix: str
    message: str


class Refusal(BaseModel):
    """Why a request was not answered: every fault."""

    faults: Annotated[list[Refused], Field(min_length=1)]


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The request cannot be read."},
    401: {"model": Refusal, "description": "The token is missing or wrong."},
    403: {"model": Refusal, "description": "The request comes from another web page."},
    413: {"model": Refusal, "description": "The body is too large."},
    421: {"model": Refusal, "description": "The Host header is not an address of this service."},
    422: {"model": Refusal, "description": "The scenario or the request has faults."},
}
