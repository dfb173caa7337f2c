"""From history to a forecast: which days count, which model is the best, what it says, and how sure it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxsim.forecast import backtest as bt
from cxsim.forecast.calendar import Calendar, Events, public_holidays
from cxsim.forecast.handle_times import handle_times
from cxsim.forecast.history import History
from cxsim.forecast.model import Fitted, Past, Regression, mean_of_days, weekday_mean
from cxsim.forecast.params import ForecastParams
from cxsim.forecast.returns import ASK, Returning, without_returns

Floats = npt.NDArray[np.float64]

LEAST_DAYS = 5  # open days without which there is nothing to forecast from
LONGEST = 366  # days ahead
USUALLY = 0.5  # share of a weekday's days that are open, or have a row in an interval, where that is usual


@dataclass(frozen=True, eq=False)
class QueueForecast:
    """What is expected of one queue.

    Attributes
    ----------
    queue : str
        Name of the queue.
    days : tuple of date
        The open days that are forecast.
    slots : ndarray (slots,)
        Start of each interval, seconds after midnight, local time.
    width : float
        Length of an interval in seconds.
    volume, low, high : ndarray (days, slots)
        Expected contacts and their 90 % band; 0 where the queue is closed.
    day_low, day_high : ndarray (days,)
        90 % band of the daily totals. (The bands of the intervals do not add up to it.)
    aht : ndarray (days, slots) or None
        Expected mean handle time in seconds.
    busyness : float
        Coefficient of variation of a factor common to the day, beyond Poisson noise.
    method, reason : str
        The model that was used, and why.
    scores : tuple of Score
        The backtest of the model and of each baseline; empty when the history is too short for one.
    effects : dict of str to float
        What each calendar effect multiplies a day by, against the mean of all days; empty for baselines.
    notes : tuple of str
        What was left out of the history, and why.
    """

    queue: str
    days: tuple[date, ...]
    slots: Floats
    width: float
    volume: Floats
    low: Floats
    high: Floats
    day_low: Floats
    day_high: Floats
    aht: Floats | None
    busyness: float
    method: str
    reason: str
    scores: tuple[bt.Score, ...]
    effects: dict[str, float]
    notes: tuple[str, ...]
    history: History


@dataclass(frozen=True, eq=False)
class Forecast:
    """The forecasts of all queues of a history, in its order.

    `offered` is 'total' or 'fresh' where the user said what the history counts; `returning` how customers contact
    again, where they said so.
    """

    queues: tuple[QueueForecast, ...]
    offered: Literal["total", "fresh"] | None = None
    returning: Returning | None = None

    @property
    def fresh(self) -> bool:
        """Whether the volumes are of fresh contacts."""
        return self.offered == "fresh" or self.returning is not None


def forecast(
    histories: Sequence[History],
    *,
    weeks: int = 4,
    start: date | None = None,
    holidays: str | None = None,
    events: Events = (),
    closed: Collection[date] = (),
    opened: Collection[date] = (),
    offered: Literal["total", "fresh"] | None = None,
    returning: Returning | None = None,
    params: ForecastParams = ForecastParams(),  # noqa: B008
) -> Forecast:
    """Forecast volumes and handle times by interval.

    Parameters
    ----------
    histories : sequence of History
        What `read_history` returns.
    weeks : int, default 4
        Weeks to forecast, from `start`.
    start : date, optional
        First day of the forecast; the day after the history by default.
    holidays : str, optional
        Country of the public holidays: `US`, `DE-BY`. None by default.
    events : tuple of Event
        What else makes days differ; see `read_events`.
    closed, opened : collection of date
        Days, past or future, on which the center is closed or open against its habit.
    offered : {'total', 'fresh'}, optional
        Whether customers who contact again are among the contacts of the history; needed with `returning`.
    returning : Returning, optional
        How they contact again, known or assumed. With `offered='total'` they are taken out, and the forecast is of
        fresh contacts.
    params : ForecastParams
        Constants of the model.

    Returns
    -------
    Forecast
        For each queue: volumes with 90 % bands, handle times, and how good the model was in the past.

    Raises
    ------
    ValueError
        For a history too short or with a question that only the user can answer; the message says what to write.
    """
    if not 1 <= weeks * 7 <= LONGEST:
        raise ValueError(f"{weeks} weeks cannot be forecast; choose 1 to {LONGEST // 7}")
    if returning is not None and offered is None:
        raise ValueError(ASK)
    if returning is not None and offered == "total":
        histories = without_returns(histories, returning)
    return Forecast(
        tuple(
            _queue(one, weeks, start, holidays, events, frozenset(closed), frozenset(opened), params)
            for one in histories
        ),
        offered,
        returning,
    )


def _queue(
    history: History,
    weeks: int,
    start: date | None,
    holidays: str | None,
    events: Events,
    closed: frozenset[date],
    opened: frozenset[date],
    params: ForecastParams,
) -> QueueForecast:
    first = start or history.days[-1] + timedelta(days=1)
    if first <= history.days[-1]:
        raise ValueError(f"{history.queue}: the forecast cannot begin on {first}, before the history ends")
    ahead = tuple(first + timedelta(days=k) for k in range(7 * weeks))
    calendar = _calendar(history, ahead, holidays, events, closed, opened)
    past, notes = _usable(history, calendar)
    if len(past.days) < LEAST_DAYS:
        rule = f"{history.queue}: has {len(past.days)} complete open days"
        raise ValueError(f"{rule}; a forecast needs at least {LEAST_DAYS}")
    days = tuple(on for on in ahead if calendar.is_open(on))
    method, reason, fitted, said, scores = _best(past, params)
    between = [history.days[-1] + timedelta(days=k) for k in range(1, (first - history.days[-1]).days)]
    skipped = sum(calendar.is_open(on) for on in between)
    is_open = _open_slots(history, calendar, params)
    shape = (len(days), len(history.slots))
    volume, low, high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    day_low, day_high = np.zeros(len(days)), np.zeros(len(days))
    spreads, known = [], bt.residuals(past, said)
    for k, on in enumerate(days):
        volume[k] = np.where(is_open[on.weekday()], fitted(on, skipped + k + 1), 0.0)
        rows = known.near(skipped + k + 1, params)
        low[k], high[k] = bt.band(volume[k], rows)
        day_low[k], day_high[k] = bt.day_band(volume[k], rows)
        spreads.append(bt.day_spread(volume[k], rows))
    lengths = handle_times(history, params)
    effects = _effects(fitted) if isinstance(fitted, Regression) else {}
    return QueueForecast(
        history.queue,
        days,
        history.slots,
        history.width,
        volume,
        low,
        high,
        day_low,
        day_high,
        None if lengths is None else np.array([lengths[on.weekday()] for on in days]).reshape(shape),
        float(np.mean(spreads)) if spreads else 0.0,
        method,
        reason,
        scores,
        effects,
        tuple(notes),
        history,
    )


def _calendar(
    history: History,
    ahead: Sequence[date],
    holidays: str | None,
    events: Events,
    closed: frozenset[date],
    opened: frozenset[date],
) -> Calendar:
    """What is known of all days; ValueError with the question for what only the user knows."""
    there = dict(zip(history.days, history.is_open.tolist(), strict=True))
    weekdays = set()
    for k in range(7):
        days = [is_open for on, is_open in there.items() if on.weekday() == k]
        if days and np.mean(days) >= USUALLY:
            weekdays.add(k)
    years = range(history.days[0].year - 1, ahead[-1].year + 2)
    named = public_holidays(holidays, years) if holidays else {}
    shut = set(closed)
    usual = [on for on in named if on.weekday() in weekdays and on not in shut and on not in opened]
    seen = {on: there[on] for on in usual if on in there}
    shut |= {on for on, is_open in seen.items() if not is_open}
    coming = [on for on in usual if on in set(ahead)]
    if seen and not any(seen.values()):
        shut |= set(coming)
    elif coming and not seen:
        asked = ", ".join(f"{on} ({named[on]})" for on in coming)
        first = coming[0]
        raise ValueError(
            f"{history.queue}: the history has no public holiday, and the forecast has: {asked}; say for each whether "
            f"the center is open: --closed {first} or --open {first}"
        )
    for event in events:
        known = event.factor is not None or any(there.get(on) for on in event.days)
        if not known and event.days & set(ahead):
            raise ValueError(
                f"{history.queue}: {event.name!r} is ahead, but never was in the history; "
                "give it a factor in the file of events, such as 1.2"
            )
    return Calendar(frozenset(weekdays), named, frozenset(shut), tuple(events))


def _usable(history: History, calendar: Calendar) -> tuple[Past, list[str]]:
    """The days to learn from: open, on a weekday that is usually open, with all their rows; and what was left out."""
    on = np.array([day.weekday() for day in history.days])
    rows = ~np.isnan(history.volume)
    is_open = history.is_open
    usual = np.array(
        [
            rows[is_open & (on == k)].mean(axis=0) >= USUALLY if (is_open & (on == k)).any() else rows[0]
            for k in range(7)
        ]
    )
    full = np.array([not (usual[day.weekday()] & ~row).any() for day, row in zip(history.days, rows, strict=True)])
    expected = np.array([calendar.is_open(day) for day in history.days])
    kept = expected & is_open & full
    missing = [day for day, e, there in zip(history.days, expected, is_open, strict=True) if e and not there]
    partial = [day for day, e, o, f in zip(history.days, expected, is_open, full, strict=True) if e and o and not f]
    odd = [day for day, e, o in zip(history.days, expected, is_open, strict=True) if o and not e]
    notes = []
    if missing:
        notes.append(
            f"{_days(missing)} without contacts on usually open weekdays: taken as missing, not as zero; if the center "
            f"was closed, say so (--closed {missing[0]}), since the day after may be busier"
        )
    if partial:
        notes.append(f"{_days(partial)} with missing intervals: left out")
    if odd:
        notes.append(f"{_days(odd)} open although usually or by your word closed: left out")
    days = tuple(day for day, keep in zip(history.days, kept, strict=True) if keep)
    return Past(days, np.nan_to_num(history.volume[kept]), calendar), notes


def _days(days: Sequence[date], most: int = 4) -> str:
    shown = ", ".join(str(day) for day in days[:most]) + (", …" if len(days) > most else "")
    return f"{len(days)} day{'s' if len(days) > 1 else ''} ({shown})"


def _best(past: Past, params: ForecastParams) -> tuple[str, str, Fitted, list[bt.Said], tuple[bt.Score, ...]]:
    """The model to use, why, fitted to all days, with its forecasts of the past and all scores.

    In this order: the regression or a baseline, whichever was best in the backtest; without enough days for a backtest,
    the mean by weekday; with fewer than `params.own_weeks` weeks, the mean of all days.
    """
    n = len(past.days)
    if n >= params.least_days + params.leads:
        short = params
        if n - params.least_days < params.backtest_days:
            short = replace(params, backtest_days=max(n - params.least_days, 5))
        said = {name: bt.rolling(past, make, short) for name, make in bt.MODELS.items()}
        scores = tuple(bt.score(name, past, rows, short) for name, rows in said.items())
        best = min(scores, key=lambda one: one.wape)
        covered = bt.with_coverage(best, past, said[best.model], short)
        scores = tuple(covered if one is best else one for one in scores)
        reason = f"smallest error of {len(scores)} models on the last {short.backtest_days} open days"
        return best.model, reason, bt.MODELS[best.model](past, params), said[best.model], scores
    weeks = min(sum(day.weekday() == k for day in past.days) for k in past.calendar.weekdays)
    make, name = (weekday_mean, "weekday mean") if weeks >= params.own_weeks else (mean_of_days, "mean of all days")
    reason = f"{n} open days are too few for a backtest, which needs {params.least_days + params.leads}"
    said_short = []
    for t in range(n):
        others = Past(past.days[:t] + past.days[t + 1 :], np.delete(past.volume, t, axis=0), past.calendar)
        said_short.append(bt.Said(t, 1, make(others, params)(past.days[t], 1)))
    return name, reason, make(past, params), said_short, ()


def _open_slots(history: History, calendar: Calendar, params: ForecastParams) -> dict[int, npt.NDArray[np.bool_]]:
    """By weekday, the intervals (slots,) that had a contact in the last weeks in which that weekday was open."""
    out = {}
    for k in calendar.weekdays:
        rows = [i for i, on in enumerate(history.days) if on.weekday() == k and history.is_open[i]]
        recent = history.volume[rows[-params.recent_weeks :]]
        out[k] = np.nan_to_num(recent).sum(axis=0) > 0.0
    return out


def _effects(fitted: Regression) -> dict[str, float]:
    names = fitted.calendar.names()
    return {name: float(np.exp(x)) for name, x in zip(names, fitted.level.effects, strict=True) if abs(x) > 1e-9}
