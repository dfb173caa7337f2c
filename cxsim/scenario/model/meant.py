"""What a time of day or a date in another form most likely means, for the fix of a fault."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

_SPOKEN = re.compile(r"(\d{1,2})(?:[.:h ]?(\d{2})|h)?\s*([ap]m)?", re.IGNORECASE)
_FORMS = ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d %b %Y", "%d %B %Y")


def clock_meant(value: object) -> str:
    """The time of day that 8, 8.30, 8h30, 8:30 am or a fraction of a day most likely means; empty for anything else."""
    if isinstance(value, float) and 0.0 < value < 1.0:
        hour, minute = divmod(round(value * 1440), 60)
        return f"{hour:02d}:{minute:02d}"
    text = f"{value:.2f}" if isinstance(value, float) else str(value).strip()  # 8.3 was typed as 8.30
    match = _SPOKEN.fullmatch(text) if not isinstance(value, bool) else None
    if match is None:
        return ""
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if half:
        hour = hour % 12 + 12 * (half[0] == "p") if 1 <= hour <= 12 else 25
    return f"{hour:02d}:{minute:02d}" if hour * 60 + minute <= 1440 and minute < 60 else ""


def dates_meant(text: str) -> str:
    """The dates that a text such as 4/11/2026 or 4 Nov 2026 may mean, with `or` between them."""
    out = []
    for form in _FORMS:
        with suppress(ValueError):
            out.append(datetime.strptime(re.sub(r"[./-]", "/", text), form).date().isoformat())
    return " or ".join(dict.fromkeys(out))
