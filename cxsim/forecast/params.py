"""The constants of the forecasting model that a researcher may want to turn."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class ForecastParams:
    """Constants of the model; every field is checked, ValueError names the one that is wrong.

    penalties: the ridge penalties to choose from, by the leave-one-out error of the daily totals.
    gain: weight of a new day in the running mean of the residuals, 0 to 1.
    decay: what is left of that mean after another open day of lead, 0 to 1.
    own_days: how many days of the same weekday weigh as much as the common profile of the day.
    least_days: open days below which calendar effects are not estimated (weekday means are used instead).
    own_weeks: weeks below which weekdays are not told apart (the mean of all open days is used instead).
    backtest_days: open days at the end of the history that the backtest forecasts.
    leads: open days ahead, 1 to this number, at which the backtest forecasts each day.
    near_leads: residuals of leads that differ by at most this many open days make one band.
    recent_weeks: weeks in which an interval must have been open to be forecast.
    aht_contacts: answered contacts that weigh as much as the prior in the handle time of an interval.
    aht_weeks: half-life of the weight of past days in handle times, in weeks.
    """

    penalties: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0)
    gain: float = 0.15
    decay: float = 0.95
    own_days: float = 4.0
    least_days: int = 25
    own_weeks: int = 2
    backtest_days: int = 30
    leads: int = 10
    near_leads: int = 3
    recent_weeks: int = 8
    aht_contacts: float = 50.0
    aht_weeks: float = 4.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            lowest, highest = _RANGES[field.name]
            values = value if isinstance(value, tuple) else (value,)
            if not values or not all(lowest <= one <= highest for one in values):
                raise ValueError(f"{field.name}: {value!r} is not between {lowest:g} and {highest:g}")


_RANGES: dict[str, tuple[float, float]] = {
    "penalties": (1e-6, 1e6),
    "gain": (0.0, 1.0),
    "decay": (0.0, 1.0),
    "own_days": (0.0, 1e6),
    "least_days": (10, 10_000),
    "own_weeks": (1, 1_000),
    "backtest_days": (5, 1_000),
    "leads": (1, 100),
    "near_leads": (0, 100),
    "recent_weeks": (1, 1_000),
    "aht_contacts": (0.0, 1e6),
    "aht_weeks": (0.1, 1_000),
}
