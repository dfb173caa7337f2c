"""Forecasts of made histories, whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from forecast.made_histories import MONDAY, PROFILE, history, truth
from scipy.stats import binomtest

from cxsim.forecast import Event, ForecastParams, QueueForecast, forecast
from cxsim.forecast.calendar import Calendar, public_holidays
from cxsim.forecast.history import History


def one(past: History, **options: object) -> QueueForecast:
    return forecast([past], weeks=2, **options).queues[0]  # type: ignore[arg-type]


def without(past: History, *days: date) -> History:
    volume = past.volume.copy()
    volume[[past.days.index(on) for on in days]] = np.nan
    return replace(past, volume=volume)


def test_a_history_without_noise_is_continued_exactly() -> None:
    found = one(history(20))
    assert found.days == tuple(on for k in range(14) if (on := MONDAY + timedelta(weeks=20, days=k)).weekday() < 5)
    for on, volume in zip(found.days, found.volume, strict=True):
        assert volume == pytest.approx(truth(on), rel=0.01)
    assert found.busyness == pytest.approx(0.0, abs=0.01)


def test_closed_weekdays_and_closed_intervals_are_never_forecast() -> None:
    past = history(20)
    past.volume[[on.weekday() == 4 for on in past.days], 3] = np.nan  # Fridays end early
    found = one(past)
    for on, volume, high in zip(found.days, found.volume, found.high, strict=True):
        assert on.weekday() < 5
        assert (volume[3] == 0.0) == (on.weekday() == 4) == (high[3] == 0.0)


def test_the_day_after_a_holiday_and_the_first_of_the_month_have_their_effects() -> None:
    calendar = Calendar(frozenset(range(5)), public_holidays("US", [2026]))
    usual = calendar.names()
    after, first = usual.index("day after a holiday"), usual.index("working day 1 of the month")

    def factor(on: date) -> float:
        features = calendar.features([on])[0]
        return 1.5 ** features[after] * 1.3 ** features[first]

    holidays = [on for on in public_holidays("US", [2026]) if MONDAY <= on < MONDAY + timedelta(weeks=40)]
    closed = [on for on in holidays if on.weekday() < 5]
    past = without(history(40, factor=factor), *closed)
    found = one(past, holidays="US")
    assert found.method == "calendar regression"
    assert found.effects["day after a holiday"] == pytest.approx(1.5, rel=0.03)
    assert found.effects["working day 1 of the month"] == pytest.approx(1.3, rel=0.03)
    assert date(2026, 10, 12) not in found.days, "Columbus Day is closed, as the holidays before it were"
    tuesday = found.days.index(date(2026, 10, 13))
    assert found.volume[tuesday] == pytest.approx(1.5 * truth(date(2026, 10, 13)), rel=0.03)


def test_an_event_has_the_effect_that_it_had_or_the_factor_that_is_given() -> None:
    mailings = [MONDAY + timedelta(weeks=w, days=1) for w in (3, 8, 13, 18, 20)]
    past = history(20, factor=lambda on: 2.0 if on in mailings else 1.0)
    learned = one(past, events=(Event("mailing", frozenset(mailings)),))
    assert learned.volume[learned.days.index(mailings[-1])] == pytest.approx(2.0 * truth(mailings[-1]), rel=0.1)
    given = one(past, events=(Event("mailing", frozenset(mailings), 2.0),))
    assert given.volume[given.days.index(mailings[-1])] == pytest.approx(2.0 * truth(mailings[-1]), rel=0.01)
    assert given.volume[0] == pytest.approx(truth(given.days[0]), rel=0.01), "the past is cleared of it"


def test_an_event_never_seen_is_asked_about() -> None:
    ahead = MONDAY + timedelta(weeks=20)
    with pytest.raises(ValueError, match=r"'launch' is ahead, but never was in the history; give it a factor"):
        one(history(20), events=(Event("launch", frozenset([ahead])),))


def test_a_holiday_ahead_of_a_history_without_one_is_asked_about() -> None:
    past = history(6)  # to 15 February; Presidents' Day is the 16th
    past = without(past, date(2026, 1, 19))
    assert date(2026, 2, 16) not in one(past, holidays="US").days, "January's holiday was closed"
    short = replace(past, days=past.days[21:], volume=past.volume[21:])
    with pytest.raises(ValueError, match=r"--closed 2026-02-16 or --open 2026-02-16"):
        one(short, holidays="US")
    assert date(2026, 2, 16) in one(short, holidays="US", opened=[date(2026, 2, 16)]).days
    assert date(2026, 2, 16) not in one(short, holidays="US", closed=[date(2026, 2, 16)]).days


def test_missing_and_partial_days_teach_nothing_and_are_told() -> None:
    past = history(20)
    exact = one(past)
    gap, partial = MONDAY + timedelta(weeks=5), MONDAY + timedelta(weeks=20) - timedelta(days=3)
    cut = without(past, gap)
    cut.volume[cut.days.index(partial), 2:] = np.nan
    found = one(cut)
    assert found.volume == pytest.approx(exact.volume, rel=0.005)
    assert any(str(gap) in note and "taken as missing, not as zero" in note for note in found.notes)
    assert any(str(partial) in note and "missing intervals" in note for note in found.notes)


@pytest.mark.parametrize(
    ("days", "method"), [(5, "mean of all days"), (9, "mean of all days"), (14, "weekday mean"), (28, "weekday mean")]
)
def test_short_histories_fall_back_in_the_stated_order(days: int, method: str) -> None:
    past = history(5)
    short = replace(past, days=past.days[:days], volume=past.volume[:days])
    found = one(short)
    assert found.method == method and "too few for a backtest" in found.reason and found.scores == ()
    expected = truth(found.days[0]) if method == "weekday mean" else past.volume[:days][short.is_open].mean(axis=0)
    assert found.volume[0] == pytest.approx(expected)


def test_four_days_are_refused() -> None:
    past = history(1)
    with pytest.raises(ValueError, match="has 4 complete open days; a forecast needs at least 5"):
        one(replace(past, days=past.days[:4], volume=past.volume[:4]))


def test_a_baseline_is_used_and_named_where_it_is_better() -> None:
    """Volumes jump to a new level each week: the last week is the best guess there is."""
    levels = np.random.default_rng(7).lognormal(0.0, 0.6, 60)
    past = history(30, factor=lambda on: float(np.cumprod(levels)[(on - MONDAY).days // 7] ** 0.2))
    found = one(past)
    assert found.method == min(found.scores, key=lambda s: s.wape).model != "calendar regression"
    assert {s.model for s in found.scores} == {
        "calendar regression",
        "weekday mean",
        "seasonal naive",
        "four-week mean",
    }


@pytest.mark.parametrize("cv", [0.0, 0.1])
def test_bands_cover_what_comes(cv: float) -> None:
    """90 % of days lie inside their bands; two-sided binomial test at 0.1 % over 25 histories, seed fixed.

    Days of one history share their parameters, so one day of each is tested.
    """
    rng = np.random.default_rng(2026)
    inside, busy = 0, []
    for _ in range(25):
        found = one(history(24, noise=rng, cv=cv, scale=5.0))
        k = int(rng.integers(len(found.days)))
        mean = truth(found.days[k], 5.0).sum()
        factor = rng.gamma(1.0 / cv**2, cv**2) if cv else 1.0
        inside += found.day_low[k] <= rng.poisson(mean * factor) <= found.day_high[k]
        busy.append(found.busyness)
    assert binomtest(inside, 25, 0.9).pvalue > 0.001, inside
    assert np.mean(busy) == pytest.approx(cv, abs=0.03)


def test_the_band_of_a_day_is_narrower_than_the_sum_of_its_intervals_bands() -> None:
    found = one(history(24, noise=np.random.default_rng(1), scale=3.0))
    assert (found.day_high - found.day_low < found.high.sum(axis=1) - found.low.sum(axis=1)).all()
    assert ((found.low <= found.volume) & (found.volume <= found.high)).all()


def test_handle_times_are_weighted_by_answered_contacts() -> None:
    past = history(20)
    rows = np.array([on.weekday() < 5 for on in past.days])
    answered, aht = np.zeros(past.volume.shape), np.full(past.volume.shape, np.nan)
    answered[rows] = PROFILE * 1e6  # so many that nothing is drawn towards the mean
    aht[rows] = [200.0, 250.0, 300.0, 240.0]
    odd = np.flatnonzero(rows)[-1]
    answered[odd, 0], aht[odd, 0] = 1.0, 3600.0  # one long call on the last day
    found = one(replace(past, answered=answered, aht=aht))
    assert found.aht is not None
    assert found.aht[0] == pytest.approx([200.0, 250.0, 300.0, 240.0], rel=1e-3)


def test_few_answered_contacts_are_drawn_towards_the_usual_handle_time() -> None:
    past = history(20)
    rows = np.array([on.weekday() < 5 for on in past.days])
    answered, aht = np.zeros(past.volume.shape), np.full(past.volume.shape, np.nan)
    answered[rows], aht[rows] = [1000.0, 1000.0, 1000.0, 0.5], [300.0, 300.0, 300.0, 900.0]
    found = one(replace(past, answered=answered, aht=aht))
    assert found.aht is not None
    assert 300.0 < found.aht[0, 3] < 500.0


@pytest.mark.parametrize("field", ["gain", "decay", "penalties", "leads", "least_days", "aht_weeks"])
def test_a_wrong_constant_is_named(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        ForecastParams(**{field: (-1.0,) if field == "penalties" else -1})  # type: ignore[arg-type]


def test_nothing_later_than_an_origin_is_known_at_it() -> None:
    """The forecasts of the past stay the same whatever came after their origin."""
    from cxsim.forecast.backtest import rolling
    from cxsim.forecast.model import Past, fit

    past = history(14, noise=np.random.default_rng(3))
    rows = past.is_open
    days = tuple(on for on, there in zip(past.days, rows, strict=True) if there)
    calendar = Calendar(frozenset(range(5)))
    said = rolling(Past(days, past.volume[rows], calendar), fit, ForecastParams())
    other = past.volume[rows].copy()
    other[50:] *= 3.0
    again = rolling(Past(days, other, calendar), fit, ForecastParams())
    early = [k for k, s in enumerate(said) if s.day - s.lead + 1 <= 50]
    assert early and len(early) < len(said)
    for k in early:
        assert np.array_equal(said[k].volume, again[k].volume)
    assert not np.array_equal(said[-1].volume, again[-1].volume)
