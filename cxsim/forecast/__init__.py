"""Forecasts of volume and handle time by interval, with bands, from history."""

from __future__ import annotations

from cxsim.forecast.backtest import Score
from cxsim.forecast.calendar import Event, Events, read_events
from cxsim.forecast.forecast import Forecast, QueueForecast, forecast
from cxsim.forecast.history import History, read_history
from cxsim.forecast.params import ForecastParams
from cxsim.forecast.returns import Returning, fresh_volume, without_returns

__all__ = [
    "Event",
    "Events",
    "Forecast",
    "ForecastParams",
    "History",
    "QueueForecast",
    "Returning",
    "Score",
    "forecast",
    "fresh_volume",
    "read_events",
    "read_history",
    "without_returns",
]
