"""How the composite values of a scenario are read and written: skills, opening hours, weekdays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationInfo

from cxsim.randomness.distributions import Law
from cxsim.scenario.model import distributions, units
from cxsim.scenario.model.meant import clock_meant
from cxsim.scenario.model.units import Refusal
from cxsim.schema.names import OTHERS, printable
from cxsim.tables.stamps import stamp

ROUTING_PARTS = ("ranks", "skills", "reserves", "delays")  # what the optimizer may decide of the routing
Times = Any  # a number, or an array of them


@dataclass(frozen=True)
class HandleTime:
    """How long a skill's contacts take: `factor` times the usual time, or so that its mean is `mean` s."""

    factor: float = 1.0
    mean: float | None = None

    def of(self, usual: Times) -> Times:
        """The factor on a time whose mean is `usual` s, or on each of several."""
        if self.mean is None:
            return self.factor
        some = np.asarray(usual) > 0.0
        return np.where(some, self.mean / np.where(some, usual, 1.0), 1.0)[()]


@dataclass(frozen=True)
class Resolve:
    """How a skill changes the chance to resolve: `points` (a fraction) are added, or it is `share`."""

    points: float = 0.0
    share: float | None = None


def handle_time(value: object) -> HandleTime:
    """A skill's handle time: a factor (`1.2`, `120%`) or a mean (`4 min`)."""
    if isinstance(value, HandleTime):
        return value
    if isinstance(value, str) and "%" not in value:
        mean = units.duration(value)
        if mean <= 0:
            raise Refusal("is not a handle time", "write a time above 0s")
        return HandleTime(mean=mean)
    factor = units.factor(value)
    if factor <= 0:
        raise Refusal("is not a factor for a time", "write a factor above 0, such as 120%")
    return HandleTime(factor=factor)


def write_handle_time(value: HandleTime) -> object:
    """A skill's handle time as a user writes it."""
    return units.write_number(value.factor) if value.mean is None else units.write_duration(value.mean)


def resolve(value: object) -> Resolve:
    """A skill's resolution: `+9 points`, or a share in place of the reason's."""
    if isinstance(value, Resolve):
        return value
    if units.is_points(value):
        return Resolve(points=units.points(value))
    try:
        return Resolve(share=units.percent(value))
    except Refusal as refusal:
        if "unit" in refusal.parts[0][1] and isinstance(value, (int, float)):
            shown = value * 100 if abs(value) < 1 else value
            raise Refusal(
                "has no unit", f"write '{shown:+.10g} points' (added) or '{abs(shown):.10g}%' (set)"
            ) from None
        raise


def write_resolve(value: Resolve) -> str:
    """A skill's resolution as a user writes it."""
    return units.write_points(value.points) if value.share is None else units.write_percent(value.share)


def law_of(value: object, info: ValidationInfo) -> Law:
    """A law; its file, if any, is looked for in the folder of the validation context, below it unless `outside`."""
    context = info.context or {}
    return distributions.read_law(value, context.get("folder"), context.get("outside", False))


def shares_of(value: object) -> dict[str, float]:
    """One share for all reasons, or by reason with `others` for the rest."""
    if isinstance(value, dict):
        return {name(key): units.percent(share) for key, share in value.items()}
    return {OTHERS: units.percent(value)}


def ways(value: object) -> dict[str, float]:
    """A place, or the share of each of several."""
    if isinstance(value, dict):
        return {name(key): units.percent(share) for key, share in value.items()}
    return {name(value): 1.0}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def named_for(value: object) -> dict[str, str]:
    """One name for all segments, or by segment with `others` for the rest."""
    if not isinstance(value, (str, dict)) or (isinstance(value, dict) and not all(map(_is_text, value.values()))):
        raise Refusal(
            "is neither a name nor a mapping of segments to names", "write NAME, or {SEGMENT: NAME, others: NAME}"
        )
    if isinstance(value, dict):
        return {name(key): name(one) for key, one in value.items()}
    return {OTHERS: name(value)}


def write_named_for(value: dict[str, str]) -> object:
    return value[OTHERS] if list(value) == [OTHERS] else value


def write_shares_of(value: dict[str, float]) -> object:
    written = {key: units.write_percent(share) for key, share in value.items()}
    return written[OTHERS] if list(written) == [OTHERS] else written


def series(value: object, read: Any) -> float | tuple[float, ...]:
    """One number, or a list of them."""
    return units.each(value, read, "numbers") if isinstance(value, (list, tuple)) else float(read(value))


def agents(value: object) -> int | tuple[int, ...]:
    """A headcount, or a list of them."""
    if isinstance(value, (list, tuple)):
        return tuple(int(x) for x in units.each(value, _seats, "agents"))
    return _seats(value)


def _seats(value: object) -> int:
    return units.count(value, 0, 1_000_000)


def write_series(value: float | tuple[float, ...]) -> object:
    """One number or a list, as short as they read back."""
    return [units.write_number(x) for x in value] if isinstance(value, tuple) else units.write_number(value)


def weights(value: object) -> dict[int, float]:
    """Factors by weekday, Monday 0."""
    if not isinstance(value, dict):
        raise Refusal("is not a mapping of weekdays", "write {mon: 1.25, fri: 0.9}")
    out: dict[int, float] = {}
    parts = []
    for key, weight in value.items():
        try:
            for day in _key_days(key):
                out[day] = units.factor(weight)
        except Refusal as refusal:
            parts += [((str(key), *at), rule, fix) for at, rule, fix in refusal.parts]
    if parts:
        raise Refusal.of(parts)
    return dict(sorted(out.items()))


def _key_days(key: object) -> tuple[int, ...]:
    """The weekdays that a key names; a refusal begins with the key, so that it is placed there."""
    if isinstance(key, int):
        return (key,)
    try:
        return units.weekdays(key)
    except Refusal as refusal:
        raise Refusal.of([((), f"{key!r} {rule}", fix) for _, rule, fix in refusal.parts]) from None


def write_weights(value: dict[int, float]) -> object:
    """Factors by weekday as a user writes them."""
    return {units.WEEKDAYS[day]: units.write_number(weight) for day, weight in value.items()}


def shrinkage(value: object) -> float:
    """A share, or {planned, unplanned}, which combine as 1 - (1 - p)(1 - u)."""
    if not isinstance(value, dict):
        out = units.percent(value)
    else:
        left, parts = 1.0, []
        for key, share in value.items():
            try:
                if key not in ("planned", "unplanned"):
                    raise Refusal(
                        f"{key!r} is not a key here", units.suggestion(key, ("planned", "unplanned"), "known")
                    )
                left *= 1.0 - units.percent(share)
            except Refusal as refusal:
                parts += [((str(key), *at), rule, fix) for at, rule, fix in refusal.parts]
        if parts:
            raise Refusal.of(parts)
        out = round(1.0 - left, 12)
    if out >= 1.0:
        raise Refusal("leaves no agents", "write a shrinkage below 100%")
    return out


def day_span(value: object) -> tuple[float, float]:
    """A span of the day such as `12:00-12:30`, in seconds since midnight."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(x, float) for x in value):
        return float(value[0]), float(value[1])
    ends = re.split("[-–—]", value) if isinstance(value, str) else []
    if len(ends) != 2:
        raise Refusal("is not a time span", "write 12:00-12:30")
    try:
        return units.clock(ends[0]), units.clock(ends[1])
    except Refusal:
        meant = [clock_meant(end) for end in ends]
        if not all(meant):
            raise
        raise Refusal("is not a time span", f"write {'-'.join(meant)}") from None


def write_span(value: tuple[float, float]) -> str:
    """A span of the day as text; what lies after midnight is written as the next day's clock."""
    return "-".join(units.write_clock(x if x <= units.DAY else x - units.DAY) for x in value)


def week_days(value: object) -> tuple[int, ...]:
    """Weekdays, Monday 0."""
    if isinstance(value, tuple) and all(isinstance(x, int) for x in value):
        return value
    return units.weekdays(value)


def write_days(value: tuple[int, ...]) -> str:
    """Weekdays as a user writes them."""
    return ", ".join(units.WEEKDAYS[i] for i in value)


def any_text(value: object) -> str:
    """Text, or a bare value taken as text."""
    if value is None or isinstance(value, (list, dict, tuple)):
        raise Refusal("is not text", "write text in quotes")
    out = str(value)
    if len(out) > 10_000:
        raise Refusal("is longer than 10,000 characters", "shorten it")
    if printable(out) != out:
        bad = next(c for c in out if printable(c) != c)
        raise Refusal(f"contains {bad!r}, which is a control character", "write it without")
    return out


def routing_parts(value: object) -> tuple[str, ...]:
    """`true` for all parts of the routing, `false` for none, or a list of some."""
    if isinstance(value, bool):
        return ROUTING_PARTS if value else ()
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)):
        raise Refusal("is neither true, false nor a list", f"write true, or some of [{', '.join(ROUTING_PARTS)}]")
    wrong = [
        ((n,), "is not a part of the routing", units.suggestion(one, ROUTING_PARTS, "the parts are"))
        for n, one in enumerate(given)
        if one not in ROUTING_PARTS
    ]
    if wrong:
        raise Refusal.of([((), *wrong[0][1:])] if isinstance(value, str) else list(wrong))
    return tuple(part for part in ROUTING_PARTS if part in given)


def write_routing_parts(value: tuple[str, ...]) -> object:
    return value == ROUTING_PARTS if value in ((), ROUTING_PARTS) else list(value)


def name(value: object) -> str:
    """A name of a queue, group, reason or segment: at most 80 characters, no dot, star, bracket or equals sign."""
    text = str(value).strip() if isinstance(value, str) else any_text(value).strip()
    if not text:
        raise Refusal("is an empty name", "give a name")
    if len(text) > 80:
        raise Refusal("is longer than 80 characters", "shorten the name")
    bad = next((c for c in text if c in ".*[]=" or not c.isprintable()), None)
    if bad is not None:
        rest = "".join(c for c in text if c not in ".*[]=" and c.isprintable())
        raise Refusal(f"contains {bad!r}, which is not allowed in names", f"write '{rest}'")
    return text


def opening(value: object) -> dict[int, tuple[tuple[float, float], ...]]:
    """Opening hours by weekday; a weekday that is left out is closed."""
    if not isinstance(value, dict):
        hours = _hours(value)
        return dict.fromkeys(range(7), hours)
    out: dict[int, tuple[tuple[float, float], ...]] = {}
    parts = []
    for key, text in value.items():
        try:
            for day in _key_days(key):
                if day in out:
                    raise Refusal(f"{key!r} sets {units.WEEKDAYS[day]} twice", "set each weekday once")
                out[day] = _hours(text)
        except Refusal as refusal:
            parts += [((str(key), *at), rule, fix) for at, rule, fix in refusal.parts]
    if parts:
        raise Refusal.of(parts)
    out = {day: hours for day, hours in sorted(out.items()) if hours}
    if not out:
        raise Refusal("is never open", "give the opening hours of a weekday, such as {mon-fri: 08:00-18:00}")
    return out


def _hours(value: object) -> tuple[tuple[float, float], ...]:
    if value in ("closed", "", (), []):
        return ()
    if isinstance(value, str):
        value = [x.strip() for x in value.split(",")]
    if not isinstance(value, (list, tuple)):
        raise Refusal("is not an opening time", "write 08:00-18:00, or closed")
    spans: list[tuple[float, float]] = []
    for text in value:
        a, b = day_span(text)
        if b <= a:
            last = units.write_clock(a)
            raise Refusal("ends before it begins", f"for a night, write {last}-24:00, and 00:00-… on the next day")
        spans.append((a, b))
    spans.sort()
    for (a, until), (b, c) in pairwise(spans):
        if b < until:
            rule = f"has overlapping opening hours: {write_span((a, until))} and {write_span((b, c))}"
            raise Refusal(rule, f"write {write_span((a, max(until, c)))} for both")
    return tuple(spans)


def exceptions(value: object) -> dict[date, tuple[tuple[float, float], ...]]:
    """Opening hours of single days, in place of those of their weekday; no hours where closed."""
    if not isinstance(value, dict):
        raise Refusal("is not a mapping of dates to hours", "write {2026-12-24: 08:00-14:00, 2026-12-31: closed}")
    out: dict[date, tuple[tuple[float, float], ...]] = {}
    parts: list[tuple[tuple[str | int, ...], str, str]] = []
    for key, text in value.items():
        try:
            day = units.day(key)
        except Refusal as refusal:
            parts += [((str(key),), f"{str(key)!r} {rule}", fix) for _, rule, fix in refusal.parts]
            continue
        try:
            out[day] = _hours(text)
        except Refusal as refusal:
            parts += [((str(key), *at), rule, fix) for at, rule, fix in refusal.parts]
    if parts:
        raise Refusal.of(parts)
    return dict(sorted(out.items()))


def write_exceptions(value: dict[date, tuple[tuple[float, float], ...]]) -> dict[str, str]:
    """Opening hours of single days as a user writes them."""
    return {day.isoformat(): ", ".join(map(write_span, hours)) or "closed" for day, hours in value.items()}


def write_opening(value: dict[int, tuple[tuple[float, float], ...]]) -> object:
    """Opening hours as a user writes them."""
    texts = {day: ", ".join(write_span(span) for span in hours) for day, hours in value.items()}
    if len(texts) == 7 and len(set(texts.values())) == 1:
        return texts[0]
    return {units.WEEKDAYS[day]: text for day, text in texts.items()}


def segment_patience(value: object, info: ValidationInfo) -> Law | float:
    """A law, or {factor: ...} as a float."""
    if isinstance(value, float):
        return value
    if isinstance(value, dict) and "factor" in value:
        if len(value) > 1:
            raise Refusal("has other keys besides factor", "write {factor: 0.7}, or a distribution")
        try:
            out = units.factor(value["factor"])
        except Refusal as refusal:
            raise Refusal.of([(("factor", *at), rule, fix) for at, rule, fix in refusal.parts]) from None
        if out <= 0:
            raise Refusal("is not a factor for patience", "write a factor above 0", ("factor",))
        return out
    return law_of(value, info)


def write_segment_patience(value: Law | float) -> object:
    """A segment's patience as a user writes it."""
    return {"factor": units.write_number(value)} if isinstance(value, float) else distributions.write_law(value)


def moment(value: object) -> tuple[date | None, float, float | None]:
    """A point in time: (date or None for every day, seconds of the day, seconds east of UTC or None)."""
    if isinstance(value, tuple):
        return value
    found = stamp(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Refusal("is not a point in time", "write 08:30:05 (every day) or 2026-03-02T08:30:05")
    if found.offset is not None and found.day is None:
        raise Refusal("has a UTC offset but no date", "write the date too, such as 2026-03-02T08:30Z")
    return found.day, found.seconds, found.offset


def write_moment(value: tuple[date | None, float, float | None]) -> str:
    """A point in time as a user writes it."""
    day, seconds, offset = value
    clock = units.write_clock(seconds)
    if offset is not None:
        minutes = round(abs(offset) / 60.0)
        clock += f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return clock if day is None else f"{day.isoformat()}T{clock}"


def columns(value: object) -> dict[str, str]:
    """Which column of a file stands for a name that is looked for: {date: Call Date}."""
    if not isinstance(value, dict):
        raise Refusal("is not a mapping of names to columns", "write {date: Call Date}")
    parts: list[tuple[tuple[str | int, ...], str, str]] = [
        ((str(key),), f"{key!r} is not a name that this file uses", units.suggestion(key, ROLES, "the names are"))
        for key in value
        if key not in ROLES
    ]
    if parts:
        raise Refusal.of(parts)
    return {str(key): any_text(column) for key, column in value.items()}


ROLES = (
    "date",
    "weekday",
    "day",
    "time",
    "start",
    "interval",
    "from",
    "end",
    "to",
    "group",
    "agents",
    "headcount",
    "count",
    "breaks",
    "break",
    "name",
    "agent",
    "paid_hours",
    "reason",
)


def limit(value: object, info: ValidationInfo) -> float | str:
    """A bound of a figure: a share, a time or a bare number as its unit asks; `target` for a queue's own."""
    if value == "target":
        return "target"
    figure = info.data.get("figure")
    if figure is None:  # nothing to read it by; said elsewhere
        return 0.0
    unit = units_of_figures().get(figure)
    if unit == "share":
        return units.percent(value)
    if unit == "s":
        return units.duration(value)
    return units.number(value) if unit is not None else 0.0


def units_of_figures() -> dict[str, str]:
    """The unit of every ratio of the registry, and of the waits of which a quantile can be asked."""
    from cxsim.metrics.registry import REGISTRY

    ratios = {name: figure.unit for name, figure in REGISTRY.items() if figure.kind == "ratio"}
    return {"wait": "s", "wait_all": "s", **ratios}


def write_limit(value: float | str, figure: str | None) -> object:
    """A bound as a user writes it."""
    unit = units_of_figures().get(figure or "")
    if isinstance(value, str):
        return value
    if unit == "share":
        return units.write_percent(value)
    return units.write_duration(value) if unit == "s" else units.write_number(value)
