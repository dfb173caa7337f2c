"""What makes days differ: weekdays, public holidays, the start and end of the month, the user's events."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import holidays
import numpy as np
import numpy.typing as npt

from cxsim.forecast.history import date_of
from cxsim.tables.reader import Table, read_table

Floats = npt.NDArray[np.float64]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_DAYS = 4  # working days at the start of a month that may differ from others
LAST_DAYS = 2  # and at its end
LONGEST_BRIDGE = 7  # days looked at before and after a day for a holiday
LONGEST_EVENT = 366  # days


@dataclass(frozen=True)
class Event:
    """Something that happens on some days, such as a mailing.

    factor: what it multiplies the volume by; None to estimate it from the days of the history that have it.
    """

    name: str
    days: frozenset[date]
    factor: float | None = None


Events = tuple[Event, ...]


@dataclass(frozen=True)
class Calendar:
    """What is known of every day, past and future.

    weekdays: the weekdays on which the center is usually open, 0 for Monday. holidays: their names by date.
    closed: days on which it is closed, though it is open on that weekday.
    """

    weekdays: frozenset[int]
    holidays: Mapping[date, str] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()
    events: Events = ()
    memo: dict[date, Floats] = field(default_factory=dict, compare=False, repr=False)

    def is_open(self, on: date) -> bool:
        """Whether the center is open at all."""
        return on.weekday() in self.weekdays and on not in self.closed

    def names(self) -> list[str]:
        """The names of the features, in the order of `features`."""
        return [
            *(WEEKDAYS[k] for k in sorted(self.weekdays)),
            "public holiday",
            "day after a holiday",
            "day before a holiday",
            *(f"working day {k + 1} of the month" for k in range(FIRST_DAYS)),
            "last working day of the month",
            *(f"working day {k + 1} from the end of the month" for k in range(1, LAST_DAYS)),
            *(event.name for event in self._estimated()),
        ]

    def features(self, days: Sequence[date]) -> Floats:
        """The features (days, features): 1 where a name of `names` is true of a day, 0 elsewhere."""
        for on in days:
            if on not in self.memo:
                self.memo[on] = np.array(list(map(float, self._of(on))))
        return np.array([self.memo[on] for on in days]).reshape(len(days), len(self.names()))

    def factors(self, days: Sequence[date]) -> Floats:
        """The product of the known factors of events on each day (days,)."""
        out = np.ones(len(days))
        for event in self.events:
            if event.factor is not None:
                out[[k for k, on in enumerate(days) if on in event.days]] *= event.factor
        return out

    def _estimated(self) -> list[Event]:
        return [event for event in self.events if event.factor is None]

    def _of(self, on: date) -> Iterator[bool]:
        for k in sorted(self.weekdays):
            yield on.weekday() == k
        yield on in self.holidays
        yield self._next_to_holiday(on, -1)
        yield self._next_to_holiday(on, 1)
        place, after = self._in_month(on)
        for k in range(FIRST_DAYS):
            yield place == k
        for k in range(LAST_DAYS):
            yield after == k
        for event in self._estimated():
            yield on in event.days

    def _next_to_holiday(self, on: date, way: int) -> bool:
        """Whether the next day before or after, but for weekdays that are always closed, is a holiday."""
        if on in self.holidays:
            return False
        for k in range(1, LONGEST_BRIDGE + 1):
            other = on + timedelta(days=way * k)
            if other in self.holidays and other.weekday() in self.weekdays:
                return True
            if self.is_open(other):
                return False
        return False

    def _works(self, on: date) -> bool:
        return on.weekday() < 5 and self.is_open(on) and on not in self.holidays

    def _in_month(self, on: date) -> tuple[int, int]:
        """How many working days of the month come before this one and after it; -1 and -1 for other days."""
        if not self._works(on):
            return -1, -1
        first = on.replace(day=1)
        others = [first + timedelta(days=k) for k in range(31)]
        same = [one for one in others if one.month == on.month and self._works(one)]
        return same.index(on), len(same) - 1 - same.index(on)


def public_holidays(code: str, years: Collection[int]) -> dict[date, str]:
    """The public holidays of a country or one of its parts, by date.

    Parameters
    ----------
    code : str
        ISO 3166 code of a country such as `US`, or with a part of it such as `DE-BY`.
    years : collection of int
        The calendar years.

    Returns
    -------
    dict of date to str
        The name of each holiday.

    Raises
    ------
    ValueError
        For a country or a part that the package `holidays` does not know.
    """
    country, _, part = code.strip().upper().partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(f"{code!r} is not a country code that is known; write for example US, GB-ENG or DE-BY")
    if part and part not in known[country]:
        close = difflib.get_close_matches(part, known[country], 1)
        fix = f"did you mean {country}-{close[0]}?" if close else f"the parts are {', '.join(known[country]) or 'none'}"
        raise ValueError(f"{code!r} is not a known part of {country}; {fix}")
    found = holidays.country_holidays(country, subdiv=part or None, years=sorted(years))
    return {on: str(name) for on, name in sorted(found.items())}


def read_events(path: str | Path) -> Events:
    """Read the user's events from a table with columns `name` and `date`, and if you like `to` and `factor`.

    A row with `to` holds for every day from `date` to it. Rows of one name are one event.

    Parameters
    ----------
    path : str or Path
        A CSV or XLSX file.

    Returns
    -------
    tuple of Event
        In the order of the file.

    Raises
    ------
    TableError
        For a date that is none or has two meanings, a span that ends before it begins, or two factors of one event.
    """
    table = read_table(path)
    names, until = table.column("name"), table.find("to", "end")
    days: dict[str, set[date]] = {}
    factors: dict[str, float] = {}
    for i, name in enumerate(names):
        if not name:
            raise table.fault(table.lines[i], "", "name", "", "write what happens, such as mailing")
        first = date_of(table, i, table.need("date"))
        last = date_of(table, i, until) if until and table.column(until)[i] else first
        if not 0 <= (last - first).days <= LONGEST_EVENT:
            fix = f"write a date from {first} on, at most a year later"
            raise table.fault(table.lines[i], str(last), until, f"does not follow {first}", fix)
        days.setdefault(name, set()).update(first + timedelta(days=k) for k in range((last - first).days + 1))
        text = table.column("factor")[i] if table.find("factor") else ""
        if text:
            factor = _factor(table, i, text)
            if factors.setdefault(name, factor) != factor:
                rule = f"differs from the factor {factors[name]:g} that {name} has above"
                raise table.fault(table.lines[i], text, "factor", rule, "give the event another name")
    return tuple(Event(name, frozenset(those), factors.get(name)) for name, those in days.items())


def _factor(table: Table, i: int, text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0.0 < value < 1000.0:
        raise table.fault(table.lines[i], text, "factor", "is not a factor above 0", "write 1.2 or 120%")
    return value
