"""Handle times by weekday and interval: weighted means of the past, drawn towards what is better known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxsim.forecast.history import History
from cxsim.forecast.params import ForecastParams

Floats = npt.NDArray[np.float64]


def handle_times(history: History, params: ForecastParams) -> Floats | None:
    """Mean handle times (7, slots) in seconds by weekday, Monday first, and interval; None without any in the history.

    Means are weighted by answered contacts and by age. The interval of a weekday is drawn towards that interval of all
    days, and that towards the mean of all, by `params.aht_contacts` answered contacts.
    """
    if history.aht is None or history.answered is None or np.isnan(history.aht).all():
        return None
    age = np.arange(len(history.days))[::-1] / 7.0
    weight = np.nan_to_num(history.answered) * 0.5 ** (age / params.aht_weeks)[:, None]
    weight = np.where(np.isnan(history.aht), 0.0, weight)
    talked = weight * np.nan_to_num(history.aht)
    prior = params.aht_contacts or 1e-9
    mean = talked.sum() / weight.sum()
    by_slot = (talked.sum(axis=0) + prior * mean) / (weight.sum(axis=0) + prior)
    on = np.array([day.weekday() for day in history.days])
    return np.array(
        [(talked[on == k].sum(axis=0) + prior * by_slot) / (weight[on == k].sum(axis=0) + prior) for k in range(7)]
    )
