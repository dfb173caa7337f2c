"""What requests are made of, wherever they go."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

Text = Annotated[str, Field(max_length=1000)]
PathQuery = Annotated[str, Query(max_length=1000, description="the scenario: a path in the starting folder")]
