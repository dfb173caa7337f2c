"""Fresh volume from what was offered: redials and repeats of known behaviour taken out of an interval report.

Offered contacts are fresh ones, redials after abandoning, and repeats after an answer that did not resolve the issue.
If it is known which share comes back, and when, the report says how many came back in each interval, since it counts
who abandoned and who was answered: fresh = offered - redials - repeats (Ding, Koole and van der Mei 2015). The report
itself does not say that share: several pairs of fresh volume and redial share explain it alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cxsim.forecast.history import Floats, History
from cxsim.tables.stamps import DAY

AFTER_OPENING = 3600.0  # s: returns that fall due while closed come evenly within this time, as in a scenario
ASK = (
    "the history counts offered contacts, and nothing says whether customers who contact again are among them; write "
    "--offered total if they are, as phone systems count, or --offered fresh if they are taken out already"
)
_LONG = 5.0  # mean delays after which the rest of the returns no longer counts
_MOST_WEEKS = 4  # that are put before the first day, as returns of contacts before the record


@dataclass(frozen=True)
class Returning:
    """How customers come back, known or assumed.

    Attributes
    ----------
    redial : float, default 0.0
        Share of abandoned contacts that tries again.
    redial_delay : float, default 600.0
        Mean time (s) until then; exponential.
    resolution : float, default 1.0
        Share of answered contacts that resolves the issue.
    repeat : float, default 0.0
        Share of the others that contacts again.
    repeat_delay : float, default 86400.0
        Mean time (s) until then; exponential.
    """

    redial: float = 0.0
    redial_delay: float = 600.0
    resolution: float = 1.0
    repeat: float = 0.0
    repeat_delay: float = 86400.0

    def __post_init__(self) -> None:
        for name in ("redial", "resolution", "repeat"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: {getattr(self, name):g} is not a share; write it between 0 and 1")
        for name in ("redial_delay", "repeat_delay"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}: {getattr(self, name):g} s is not a time above 0; write 600 for 10 minutes")

    @property
    def again(self) -> float:
        """Share of answered contacts that come again."""
        return (1.0 - self.resolution) * self.repeat


def fresh_volume(offered: Floats, abandoned: Floats, answered: Floats, returning: Returning, interval: float) -> Floats:
    """Take redials and repeats out of offered contacts.

    Contacts that fall due while closed come within an hour after opening. A day is open from its first to its last
    interval with contacts. The days before the record are taken to be like its first week.

    Parameters
    ----------
    offered : array (D, I)
        Offered contacts by day and interval; NaN where nothing is recorded. All days, closed ones too.
    abandoned, answered : array (D, I)
        Abandoned and answered contacts.
    returning : Returning
        Which shares come back, and when.
    interval : float
        Length of an interval (s); I of them are a day.

    Returns
    -------
    array (D, I)
        Fresh contacts, at least 0; NaN where `offered` is.

    References
    ----------
    Ding, Koole and van der Mei (2015), "On the estimation of the true demand in call centers with redials and
    reconnects", EJOR 246.
    """
    seen = np.nan_to_num(np.asarray(offered, dtype=np.float64))
    days, slots = seen.shape
    longest = max(
        returning.redial_delay if returning.redial else 0.0, returning.repeat_delay if returning.again else 0.0
    )
    weeks = min(_MOST_WEEKS, math.ceil(_LONG * longest / (7 * DAY))) if days >= 7 and longest else 0
    first = 7 * weeks

    def extended(values: Floats) -> Floats:
        full = np.nan_to_num(np.asarray(values, dtype=np.float64))
        return np.concatenate([full[:7]] * weeks + [full]) if weeks else full

    is_open = _open(extended(seen)).ravel()
    back = np.zeros(len(is_open))
    for causes, share, delay in (
        (abandoned, returning.redial, returning.redial_delay),
        (answered, returning.again, returning.repeat_delay),
    ):
        if share > 0.0:
            most = min(len(back), math.ceil(_LONG * 2 * delay / interval) + 2)
            back += share * np.convolve(extended(causes).ravel(), lags(delay, interval, most))[: len(back)]
    came = _within_hours(back, is_open, max(1, round(AFTER_OPENING / interval))).reshape(-1, slots)[first:]
    return np.where(np.isnan(offered), np.nan, np.maximum(seen - came, 0.0))


def lags(delay: float, interval: float, most: int) -> Floats:
    """Which share of returns comes 0, 1, 2, … intervals after a contact at any time of its interval.

    The delay is exponential with this mean (s).
    """
    r = interval / delay
    first = 1.0 - (1.0 - math.exp(-r)) / r
    k = np.arange(1, most + 1)
    return np.concatenate(([first], (1.0 - math.exp(-r)) ** 2 / r * np.exp(-(k - 1) * r)))


def _open(seen: Floats) -> npt.NDArray[np.bool_]:
    """Of each day, the intervals from the first to the last with contacts."""
    some = seen > 0.0
    return np.logical_or.accumulate(some, axis=1) & np.logical_or.accumulate(some[:, ::-1], axis=1)[:, ::-1]


def _within_hours(back: Floats, is_open: npt.NDArray[np.bool_], spread: int) -> Floats:
    """Returns by interval, those due while closed moved to the first `spread` intervals after the next opening."""
    out = np.where(is_open, back, 0.0)
    total = np.concatenate(([0.0], np.cumsum(np.where(is_open, 0.0, back))))
    opens = np.flatnonzero(is_open & ~np.concatenate(([False], is_open[:-1])))
    before = 0
    for at in opens.tolist():
        waiting, before = total[at] - total[before], at
        end = at + spread
        hours = np.arange(at, min(end, len(back)))
        hours = hours[is_open[hours]]
        out[hours] += waiting / len(hours)
    return out


def without_returns(histories: Sequence[History], returning: Returning) -> tuple[History, ...]:
    """Histories of fresh contacts. ValueError where one does not say how many were answered."""
    missing = [one.queue for one in histories if one.answered is None]
    if missing:
        raise ValueError(
            f"{', '.join(missing)}: the history does not say how many contacts were answered, so nothing says how many "
            "abandoned and may redial; name the column with --answered, or forecast what was offered"
        )
    out = []
    for one in histories:
        assert one.answered is not None
        slots = round(DAY / one.width)
        place = np.round(one.slots / one.width).astype(np.int64)
        offered, answered = (np.full((len(one.days), slots), np.nan) for _ in range(2))
        offered[:, place], answered[:, place] = one.volume, one.answered
        served = np.where(np.isnan(answered), offered, answered)
        fresh = fresh_volume(offered, np.maximum(offered - served, 0.0), served, returning, one.width)
        out.append(replace(one, volume=fresh[:, place]))
    return tuple(out)
