"""Spans of time: merged, clipped, and in words."""

from __future__ import annotations

from collections.abc import Sequence

DAY = 86400.0

Span = tuple[float, float]


def merge(spans: Sequence[Span]) -> list[Span]:
    """Spans sorted, those that touch or overlap made one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif end > start:
            out.append((start, end))
    return out


def clip(start: float, end: float, hours: Sequence[Span]) -> list[Span]:
    """The parts of [start, end) that lie inside the opening hours."""
    return [(max(start, a), min(end, b)) for a, b in hours if min(end, b) > max(start, a)]


def span_text(seconds: float) -> str:
    """A duration as a planner writes it: 45s, 20 min, 1.5 h, 7 days."""
    for size, unit in ((DAY, "day"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            number = f"{seconds / size:.3g}"
            return f"{number} {unit}{'s' if unit == 'day' and number != '1' else ''}"
    return f"{seconds:.3g}s"
