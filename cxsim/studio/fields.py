"""Field types shared by all requests, and how a request is refused."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from cxsim.studio.first_page import LONGEST_PATH

Text = Annotated[str, Field(max_length=1000)]
PathQuery = Annotated[str, Query(max_length=LONGEST_PATH, description="the scenario: a path in the starting folder")]


class Refused(BaseModel):
    """One fault: where it is, what was written, the rule, the nearest fix, and the sentence made of these."""

    model_config = ConfigDict(extra="allow")
    place: str
    path: str
    value: Any
    rule: str
    fix: str
    message: str


# Written out: a model would be listed with the media type of each address's answers, and some of these are not JSON.
REFUSAL = {
    "type": "object",
    "required": ["faults"],
    "properties": {"faults": {"type": "array", "minItems": 1, "items": Refused.model_json_schema()}},
}
REASONS = {
    400: "The request cannot be read.",
    401: "The token is missing or wrong.",
    403: "The request comes from another web page.",
    413: "The body is too large.",
    421: "The Host header is not an address of this service.",
    422: "The scenario or the request has faults.",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": reason, "content": {"application/json": {"schema": REFUSAL}}}
    for status, reason in REASONS.items()
}
