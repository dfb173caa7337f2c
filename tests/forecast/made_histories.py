"""Made histories whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from cxsim.forecast.history import History

PROFILE = np.array([10.0, 30.0, 40.0, 20.0])  # contacts in each half-hour from 09:00
LEVELS = (1.4, 1.0, 0.9, 0.9, 1.1)  # of Monday to Friday
MONDAY = date(2026, 1, 5)


def history(
    weeks: int,
    *,
    factor: Callable[[date], float] = lambda on: 1.0,
    noise: np.random.Generator | None = None,
    cv: float = 0.0,
    scale: float = 1.0,
) -> History:
    """Weeks from Monday 5 January 2026, closed at weekends; exact means, or Poisson counts of busy days."""
    days = tuple(MONDAY + timedelta(days=k) for k in range(7 * weeks))
    volume = np.full((len(days), len(PROFILE)), np.nan)
    for k, on in enumerate(days):
        if on.weekday() < 5:
            volume[k] = scale * LEVELS[on.weekday()] * PROFILE * factor(on)
            if noise is not None:
                busy = noise.gamma(1.0 / cv**2, cv**2) if cv else 1.0
                volume[k] = noise.poisson(volume[k] * busy)
    return History("sales", days, 32400.0 + 1800.0 * np.arange(4.0), 1800.0, volume)


def truth(on: date, scale: float = 1.0) -> npt.NDArray[np.float64]:
    """The mean volume of a usual day."""
    return scale * LEVELS[on.weekday()] * PROFILE
