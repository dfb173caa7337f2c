"""Short forms a user may write, turned into the long ones before a model reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cxsim.scenario.model import units
from cxsim.scenario.model.units import DAY, Refusal
from cxsim.tables.reader import readings

if TYPE_CHECKING:
    from cxsim.scenario.model.scenario import Shift

KINDS_OF_VOLUME = ("per_hour", "per_interval", "per_day", "count", "file", "arrivals")
T = TypeVar("T")


def volume(value: Any) -> Any:
    """`24/h` or `500/day` for {per_hour: 24} or {per_day: 500}; and exactly one kind of volume."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        ways = readings(value.text) if isinstance(value, units.ThreeDecimals) else (f"{value:.10g}",)
        fix = " or ".join(f"'{one}/{unit}'" for one in ways for unit in ("h", "day"))
        raise Refusal("has no unit, but a rate needs one", f"write {fix}")
    if isinstance(value, str):
        given = units.rate(value)
        if given is None:
            fix = "write '24/h', '200 per 30 min', '500/day', or a map such as {per_hour: [40, 55, 70]}"
            raise Refusal("is not a volume", fix)
        return {"per_hour" if given[1] == "hour" else "per_day": given[0]}
    if not isinstance(value, dict):
        return value
    stated = [kind for kind in KINDS_OF_VOLUME if value.get(kind) is not None]
    unknown = next((k for k in value if k not in KNOWN_OF_VOLUME), None)
    if not stated and unknown is None:
        raise Refusal("has no volume", f"write one of {', '.join(KINDS_OF_VOLUME)}")
    if len(stated) > 1:
        raise Refusal(
            f"has both {' and '.join(stated)}, but a volume can have only one of them",
            f"remove {stated[1]}",
            (stated[1],),
        )
    if value.get("profile") is not None and stated and stated[0] not in ("per_day", "count", "file"):
        raise Refusal(
            f"cannot be combined with {stated[0]}",
            "remove it, since a profile is for per_day, count or file",
            ("profile",),
        )
    for key in ("column", "sheet", "columns", "carry_down", "where"):
        if value.get(key) is not None and stated and stated[0] != "file":
            raise Refusal(f"cannot be combined with {stated[0]}", "remove it, since it belongs to file", (key,))
    return lists(value, "carry_down")


def by_time(value: Any) -> Any:
    """Either a file or factors, and what belongs to a file only beside one."""
    if not isinstance(value, dict):
        return value
    if value.get("file") is not None and value.get("factors") is not None:
        raise Refusal("cannot be combined with file", "keep one of them", ("factors",))
    for key in ("column", "sheet", "unit"):
        if value.get(key) is not None and value.get("file") is None:
            raise Refusal("requires a file", "remove it, or name the file", (key,))
    return lists(value, "carry_down")


KNOWN_OF_VOLUME = (
    *KINDS_OF_VOLUME,
    "profile",
    "sheet",
    "column",
    "columns",
    "carry_down",
    "where",
    "within_interval",
    "weekdays",
    "factor",
    "busyness",
    "intraday",
    "intraday_block",
    "shared",
)


def level(value: Any) -> Any:
    """`80%/20s` for {share: 80%, within: 20s}."""
    if not isinstance(value, str):
        return value
    units.level(value)
    share, within = value.split("/")
    return {"share": share, "within": within}


def target(value: Any) -> Any:
    """`80%/20s` for {sl: 80%/20s}."""
    return {"sl": level(value)} if isinstance(value, str) else value


def reason(value: Any) -> Any:
    """Either handle_time, or talk and wrap, of a reason or a skill."""
    if isinstance(value, dict) and value.get("handle_time") is not None:
        for other in ("talk", "wrap"):
            if value.get(other) is not None:
                fix = (
                    "handle_time includes wrap; write talk and wrap instead" if other == "wrap" else "keep one of them"
                )
                raise Refusal("cannot be combined with handle_time", fix, (other,))
    return value


def lists(value: Any, *names: str) -> Any:
    """One entry where a list is meant becomes a list of one."""
    if not isinstance(value, dict):
        return value
    single = {
        n: [value[n]] for n in names if n in value and value[n] is not None and not isinstance(value[n], (list, tuple))
    }
    return {**value, **single}


def group(value: Any) -> Any:
    """`serves` as one name or a list, and not together with skills."""
    if isinstance(value, dict) and value.get("serves") and value.get("skills"):
        raise Refusal("cannot be combined with skills", "list the queue under skills", ("serves",))
    return lists(value, "serves")


def past_midnight(shift: Shift) -> Shift:
    """Move an end, and breaks, that lie before the start to the next day."""
    if shift.end <= shift.start:
        object.__setattr__(shift, "end", shift.end + DAY)
    if shift.breaks:
        moved = []
        for a, b in shift.breaks:
            a = a + DAY if a < shift.start and shift.end > DAY else a
            b = b + DAY if b <= a and shift.end > DAY else b
            moved.append((a, b))
        object.__setattr__(shift, "breaks", tuple(moved))
    return shift
