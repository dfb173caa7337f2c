"""Which intervals stay below their floor, in sentences."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxsim.report.common.formats import day_label

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.optimizer.optimization_result import Optimum

FLOOR = r"\(floor\)$"  # how the title of such a goal ends


def kinds_met(optimum: Optimum) -> str:
    """How many targets and how many floors are met; '' where there are no floors."""
    frame, floor = optimum.goals, _floors(optimum)
    if not floor.any():
        return ""
    met = frame["slack"].astype(float) >= 0.0
    whole, parts = met[~floor], met[floor]
    return (
        f" ({int(whole.sum())} of {len(whole)} targets, and the floor in {int(parts.sum())} of {len(parts)} intervals)"
    )


def below(optimum: Optimum) -> list[str]:
    """The intervals below their floor, a text for each day; of floors of queues for each queue and day."""
    frame = optimum.goals
    low = frame[_floors(optimum) & (frame["slack"].astype(float) < 0.0)]
    opened = [
        one.isoformat(timespec="minutes")
        for one, there in zip(optimum.labels, optimum.open_intervals, strict=True)
        if there
    ]
    ends = dict(zip(map(str, opened), [*map(str, opened[1:]), ""], strict=True))
    out = []
    names = low["name"].astype(str)
    for name in names.unique().tolist():
        by_day: dict[str, list[str]] = {}
        for span in low.loc[names == name, "span"].astype(str):
            by_day.setdefault(span[:10], []).append(span)
        whose = f"{name} on " if name else ""
        for day, spans in by_day.items():
            runs: list[list[str]] = []
            for span in spans:
                if runs and ends.get(runs[-1][-1]) == span:
                    runs[-1].append(span)
                else:
                    runs.append([span])
            times = ", ".join(f"{run[0][11:16]}-{_end(run[-1], optimum)}" for run in runs)
            out.append(f"{whose}{day_label(datetime.fromisoformat(day))}: {times}")
    return out


def _floors(optimum: Optimum) -> pd.Series[bool]:
    return optimum.goals["goal"].astype(str).str.contains(FLOOR, regex=True)


def _end(span: str, optimum: Optimum) -> str:
    """When an interval ends, by the clock."""
    return f"{datetime.fromisoformat(span) + timedelta(seconds=optimum.interval):%H:%M}"
