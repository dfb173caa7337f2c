"""What the pictures of plans share: colours, the axis of time, and one legend for a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.report.common import style
from cxsim.report.common.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum

PALETTE = (
    BLUE,
    ORANGE,
    GREEN,
    PURPLE,
    SKY,
    VERMILLION,
    "#8C6D1F",
    "#4B5F9E",
    "#9CC46B",
    "#B5485D",
    "#8A9299",
    "#D9C26A",
)
MOST_GROUPS = len(PALETTE)
MOST_LINES = 18
WIDTH = 10.4
InTime = Callable[[], bool]  # whether there is time left


def always() -> bool:
    """As if there were no time limit."""
    return True


def colours(optimum: Optimum) -> dict[str, str]:
    """The colour of each group, the same in every picture; groups beyond the palette share its last."""
    return {name: PALETTE[min(i, MOST_GROUPS - 1)] for i, name in enumerate(optimum.groups)}


def time_axis(optimum: Optimum) -> style.TimeAxis:
    """The axis of local time over the intervals in which it is open, or anybody is there."""
    live = (optimum.levels.sum(axis=0) > 0) | optimum.open_intervals
    if len(optimum.need):
        live |= optimum.need["busy"].fillna(0).to_numpy(dtype=float)[: len(live)] > 0.5
    moments = [label for label, there in zip(optimum.labels, live, strict=True) if there] or list(optimum.labels)
    days = tuple(sorted({moment.date() for moment in moments}))
    step = optimum.interval / 3600
    starts = [moment.hour + moment.minute / 60 + moment.second / 3600 for moment in moments]
    return style.TimeAxis(days, "interval", min(starts), min(24.0, max(starts) + step), step)


def _starts(optimum: Optimum) -> list[str]:
    return [label.isoformat(timespec="minutes") for label in optimum.labels]


def plan_series(optimum: Optimum, values: Any) -> pd.DataFrame:
    """Values by interval of a plan, as a frame of (interval, value)."""
    return pd.DataFrame({"interval": _starts(optimum), "value": np.asarray(values, dtype=float)})


def short_name(name: str, most: int = 26) -> str:
    """A name, cut to so many characters with an ellipsis."""
    return name if len(name) <= most else name[: most - 1] + "\u2026"
