"""What a user writes for a month, a number of months, attrition, people and productivity, and back."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from cxsim.scenario.model import units
from cxsim.scenario.model.units import Refusal

_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_OTHER_MONTH = re.compile(r"(\d{1,2})[/.-](\d{4})")
_MONTHS = re.compile(r"(\d+)\s*months?")
_RATE = re.compile(r"(.+?)\s*(?:/|\b(?:per|an?)\b)\s*(month|year)")
Month = tuple[int, int]  # year, month 1 to 12


@dataclass(frozen=True)
class Leaving:
    """The share of people who leave each month: `newcomers` in their first months (`first`), and `others`."""

    others: float = 0.0
    newcomers: float = 0.0
    first: int = 0

    def hazard(self, tenure: int) -> float:
        """The probability that a person who has been there `tenure` whole months leaves within the next."""
        return self.newcomers if tenure < self.first else self.others


def month(value: object) -> Month:
    """A month such as `2026-07`."""
    text = value.isoformat()[:7] if hasattr(value, "isoformat") else str(value).strip()
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) <= 2200:
        other = _OTHER_MONTH.fullmatch(text)
        fix = f"{other[2]}-{int(other[1]):02d}" if other and 1 <= int(other[1]) <= 12 else "2026-07"
        raise Refusal("is not a month", f"write {fix}")
    return int(found[1]), int(found[2])


def write_month(value: Month) -> str:
    """A month as text."""
    return f"{value[0]}-{value[1]:02d}"


def months(value: object) -> int:
    """A number of months with its unit, such as `2 months`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value == 0:
            return 0
        raise Refusal("has no unit, but a time needs one", f"write '{value:g} months'")
    found = _MONTHS.fullmatch(str(value).strip())
    if found is None:
        raise Refusal("is not a number of months", "write whole months, such as '2 months'")
    return units.count(int(found[1]), 0, 120)


def write_months(value: int) -> str:
    """A number of months as text."""
    return f"{value} month{'' if value == 1 else 's'}"


def monthly(value: object) -> float:
    """Attrition such as `2.5% per month` or `30% per year` as a share a month; a year's is divided by 12."""
    text = str(value).strip()
    found = _RATE.fullmatch(text)
    if found is None:
        given = text if text.endswith("%") else "3%"
        if _is_number(value):
            given = f"{100 * value if isinstance(value, float) and 0.0 < value < 1.0 else value:.10g}%"
        if text.endswith("%"):
            units.spread(text)
        rule = "may be a month's or a year's" if text.endswith("%") or _is_number(value) else "is not attrition"
        raise Refusal(rule, f"write '{given} per month' or '{given} per year'")
    share = units.spread(found[1]) / (12.0 if found[2] == "year" else 1.0)
    if share > 1.0:
        raise Refusal("is more than all people in a month", "write a smaller share")
    return share


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def leaving(value: object) -> Leaving:
    """Attrition: one rate, or {newcomers: 6% per month, first: 6 months, others: 2% per month}."""
    if isinstance(value, Leaving):
        return value
    if not isinstance(value, dict):
        rate = monthly(value)
        return Leaving(rate, rate, 0)
    parts: list[tuple[tuple[str | int, ...], str, str]] = []
    out: dict[str, float] = {}
    readers = {"newcomers": monthly, "first": months, "others": monthly}
    for key in (key for key in value if key not in readers):
        parts.append(((str(key),), "is not a key of attrition", units.suggestion(key, readers, "the keys are")))
    for key, read in readers.items():
        if key not in value:
            example = {"newcomers": "'6% per month'", "first": "'6 months'", "others": "'2% per month'"}[key]
            parts.append(((), f"has no {key!r}", f"add {key}: {example}"))
            continue
        try:
            out[key] = read(value[key])
        except Refusal as refusal:
            parts += [((key, *at), rule, fix) for at, rule, fix in refusal.parts]
    if parts:
        raise Refusal.of(parts)
    return Leaving(out["others"], out["newcomers"], int(out["first"]))


def write_leaving(value: Leaving) -> object:
    """Attrition as a user writes it, by month."""

    def rate(share: float) -> str:
        return f"{units.write_percent(share)} per month"

    if not value.first:
        return rate(value.others)
    return {"newcomers": rate(value.newcomers), "first": write_months(value.first), "others": rate(value.others)}


def people(value: object) -> int:
    """A whole number of people; FTE is refused, since it may be net or gross."""
    if isinstance(value, str) and re.search(r"fte", value, re.IGNORECASE):
        amount = math.ceil(float(_digits(value)))
        rule = "may be net or gross FTE, and people leave and join one by one"
        raise Refusal(rule, f"count people and give their contract hours: {{people: {amount}, hours: 38 h}}")
    if isinstance(value, float) and not float(value).is_integer():
        rule = "is not a whole number of people; if it is FTE, it may be net or gross"
        raise Refusal(rule, f"count people and give their contract hours: {{people: {round(value)}, hours: 38 h}}")
    return units.count(value, 0, 5000)


def _digits(text: str) -> str:
    found = re.search(r"\d+(?:\.\d+)?", text)
    return found[0] if found else "12"


def hours(value: object) -> float:
    """Hours a week, such as `38 h`, in seconds."""
    return _timed(value, "h")


def training(value: object) -> float:
    """A length of training, such as `4 weeks`, in seconds."""
    return _timed(value, "weeks")


def _timed(value: object, unit: str) -> float:
    if _is_number(value) and value != 0:
        raise Refusal("has no unit, but a time needs one", f"write '{value:.10g} {unit}'")
    return units.duration(value)


def productivity(value: object) -> tuple[float, ...]:
    """Shares of full productivity by month, or {handle_time: [150%, 120%]}: handle times as factors."""
    if isinstance(value, dict):
        if list(value) != ["handle_time"]:
            raise Refusal("is not a ramp-up", "write [60%, 80%] or {handle_time: [160%, 125%]}")
        factors = units.each(value["handle_time"], units.factor, "factors")
        if min(factors) <= 0.0:
            raise Refusal("has a factor of zero", "write factors above 0, such as 150%", ("handle_time",))
        return tuple(1.0 / factor for factor in factors)
    if value == [] or value == ():
        return ()
    return units.each(value, lambda v: units.percent(v, 2.0), "shares")


def write_productivity(value: tuple[float, ...]) -> list[str]:
    """Productivity as shares."""
    return [units.write_percent(one) for one in value]


def shrinkages(value: object) -> float | tuple[float, ...]:
    """One share, or one per month; below 100 %."""
    if isinstance(value, (list, tuple)):
        return units.each(value, _shrinkage, "shares")
    return _shrinkage(value)


def _shrinkage(value: object) -> float:
    share = units.percent(value)
    if share >= 1.0:
        raise Refusal("means that people are never on duty", "write a share below 100%, such as 30%")
    return share


def write_shrinkages(value: float | tuple[float, ...]) -> object:
    """Shares as text."""
    return [units.write_percent(one) for one in value] if isinstance(value, tuple) else units.write_percent(value)
