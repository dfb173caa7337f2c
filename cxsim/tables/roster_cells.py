"""What stands in a cell of a roster grid: a shift, a day off, or an absence."""

from __future__ import annotations

import re

from cxsim.tables.stamps import clock

_SHIFT = re.compile(
    r"(\d{1,2}(?:[:.]\d{2})?(?: ?[ap]m)?)\s*(?:-|–|—|to)\s*(\d{1,2}(?:[:.]\d{2})?(?: ?[ap]m)?)", re.IGNORECASE
)
OFF = ("", "off", "x", "-", "–", "free", "day off", "frei")
AWAY = ("leave", "holiday", "vacation", "sick", "training", "al", "pto", "urlaub", "krank")


def span(text: str) -> tuple[float, float] | None:
    """The start and end of a shift such as 8:00-16:30 or 8-16, in seconds of the day; None for other text."""
    match = _SHIFT.fullmatch(text.strip())
    if match is None:
        return None
    a, b = (
        clock(part.replace(".", ":") if ":" in part or "." in part else re.sub(r"^(\d+)", r"\1:00", part))
        for part in match.groups()
    )
    if a is None or b is None:
        return None
    return a, b if b > a else b + 86400.0
