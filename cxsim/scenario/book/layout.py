"""The sheets of a scenario workbook. Their columns are the keys of the models; a heading is a key with its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.paths import LEAF, ROOT, Shape, below, keys, shape_of
from cxsim.scenario.model import fields, readers, units

EACH, ENTRY = "*", "#"  # in a path: the name in a key column, and the next entry of a list


class Records(NamedTuple):
    """A sheet with a row for each entry of a part of the scenario.

    `path` says where the entries are; `keys` are the headings of the columns with their names; `shown` are the columns
    that an empty sheet has, in this order. Any other key of the entry may be a column too.
    """

    title: str
    path: Path
    keys: tuple[str, ...]
    shown: tuple[str, ...]
    about: str


SETTINGS, OTHER, SERIES, ROSTER = "Settings", "Other settings", "By interval", "Roster"
RECORDS = (
    Records(
        "Queues", ("queues", EACH), ("Queue",), ("channel", "priority"),
        "Where contacts wait. A queue that a reason names needs no row.",
    ),
    Records(
        "Reasons", ("reasons", EACH), ("Reason",),
        ("queue", "volume", "handle_time", "talk", "wrap", "resolution", "patience", "volume.factor"),
        "Why customers make contact. Give the volume here, or by interval on the sheet Volumes.",
    ),
    Records(
        "Teams", ("groups", EACH), ("Team",),
        ("serves", "agents", "wage", "shrinkage", "scheduled", "availability"),
        "Agents with the same skills and wage. Without `Agents`, people come from Shifts, Roster or Headcounts.",
    ),
    Records(
        "Skills", ("groups", EACH, "skills", EACH), ("Team", "Queue"), ("rank", "handle_time", "resolution"),
        "Which queues a team serves, with rank 1 first. It replaces `Serves` of the sheet Teams.",
    ),
    Records(
        "Shifts", ("staff", "shifts", ENTRY), (),
        ("group", "weekday", "date", "start", "end", "breaks", "agents", "name"),
        "People of one team from a start to an end. The sheet Roster has a row for each person instead.",
    ),
    Records(
        "Targets", ("queues", EACH, "target"), ("Queue",), ("sl.share", "sl.within", "asa.max", "abandoned.max"),
        "What each queue should reach.",
    ),
    Records(
        "Channels", ("channels", EACH), ("Channel",), ("patience", "lines", "concurrent", "deferrable"),
        "Ways to make contact.",
    ),
    Records("Segments", ("segments", EACH), ("Segment",), ("share", "patience", "value"), "Kinds of customers."),
    Records(
        "Returns", ("after_contact", EACH), ("After",), ("redial", "repeat", "delay", "at_most"),
        "Who contacts again: redials after abandoned, blocked, …; repeats after unresolved.",
    ),
    Records(
        "Events", ("events", ENTRY), (), ("name", "date", "from", "to", "factor", "reasons"),
        "One-off changes of the volume, such as a mailing.",
    ),
)  # fmt: skip
NAMED = {
    "group": "Teams", "groups": "Teams", "team": "Teams", "queue": "Queues", "to_queue": "Queues", "serves": "Queues",
    "channel": "Channels", "reason": "Reasons", "reasons": "Reasons",
}  # fmt: skip
CURATED = (
    "name", "currency", "notes", "horizon.start", "horizon.days", "horizon.open", "horizon.holidays",
    "horizon.exceptions", "horizon.interval", "horizon.timezone", "at_close", "sl.definition", "sl.share", "sl.within",
    "staff.scheduled", "staff.at_shift_end", "routing.agent", "routing.contact",
    "optimize.shifts.lengths", "optimize.shifts.starts_every", "optimize.shifts.break",
)  # fmt: skip


class Own(NamedTuple):
    """A sheet that is a table by interval: a column of dates or weekdays, one of times, then a column of numbers each.

    `holder` is where the scenario refers to it; `rivals` are the keys there that give the same in another way.
    """

    title: str
    part: str  # whose names are the headings
    key: str
    rivals: tuple[str, ...]
    about: str


OWN = (
    Own(
        "Volumes", "reasons", "volume", ("per_hour", "per_interval", "per_day", "count", "file", "arrivals"),
        "Contacts in each interval: a weekday or a date, a time, and a column for each reason.",
    ),
    Own(
        "Handle times", "reasons", "handle_times", ("file", "factors"),
        "Mean handle time in seconds in each interval: a weekday or a date, a time, and a column for each reason.",
    ),
    Own(
        "Headcounts", "groups", "staff", ("file",),
        "Agents in each interval: a weekday or a date, a time, and a column for each team.",
    ),
)  # fmt: skip


def records(scenario_keys: bool = True) -> tuple[Records, ...]:
    """The sheets of records, those that stand above and one for each other map or list of parts of a scenario."""
    if not scenario_keys:
        return RECORDS
    known = {one.path[0] for one in RECORDS if len(one.path) == 2}
    more = []
    for key, info in keys(ROOT.model).items():
        shape = shape_of(info)
        item = shape.item
        if key not in known and shape.kind in ("map", "list") and item is not None and item.kind == "model":
            name = key.replace("_", " ")
            title = "Flow" if key == "flow" else name.capitalize()
            head = (name.removesuffix("s").capitalize() if name != "flow" else "Node",) if shape.kind == "map" else ()
            assert item.model is not None
            shown = tuple(list(keys(item.model))[:6])
            more.append(
                Records(title, (key, EACH if shape.kind == "map" else ENTRY), head, shown, f"{info.description}.")
            )
    return (*RECORDS, *more)


def columns(one: Records) -> dict[str, tuple[Shape, FieldInfo]]:
    """Every column that a sheet may have, by its dotted key, with what stands there."""
    return _columns(one.path)


@cache
def _columns(path: Path) -> dict[str, tuple[Shape, FieldInfo]]:
    out: dict[str, tuple[Shape, FieldInfo]] = {}
    for at in _shapes(ROOT, path):
        out.update(dict(_keys(at, "", 0)))
    return out


def _shapes(at: Shape, path: Path) -> Iterator[Shape]:
    """The shapes at a path, of each key where a model is gone through by name."""
    if not path:
        yield at
    elif at.kind == "model" and path[0] == EACH:
        assert at.model is not None
        for key in keys(at.model):
            yield from _shapes(below(at, key) or LEAF, path[1:])
    else:
        yield from _shapes(below(at, path[0]) or LEAF, path[1:])


def _keys(at: Shape, lead: str, depth: int) -> Iterator[tuple[str, tuple[Shape, FieldInfo]]]:
    if at.kind != "model" or depth > 4:
        return
    assert at.model is not None
    for key, info in keys(at.model).items():
        shape = shape_of(info)
        yield f"{lead}{key}", (shape, info)
        yield from _keys(shape, f"{lead}{key}.", depth + 1)


def is_list(shape: Shape) -> bool:
    """Whether a cell may hold several texts with commas between them."""
    return shape.kind == "list" and shape.item is not None and shape.item.kind == "leaf"


_READERS: dict[Any, str] = {
    units.duration: "s",
    readers.law_of: "s",
    readers.segment_patience: "s",
    units.percent: "%",
    units.spread: "%",
    readers.shrinkage: "%",
    readers.shares_of: "%",
    units.clock: "hh:mm",
    units.day: "yyyy-mm-dd",
}


def unit(info: FieldInfo) -> str:
    """The unit in the heading of a column: `s`, `%`, `hh:mm`, `yyyy-mm-dd`, or none."""
    for meta in (*info.metadata, *_inner(info.annotation)):
        found = _READERS.get(getattr(meta, "func", None))
        if found:
            return found
    return ""


def _inner(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    if get_origin(annotation) is not tuple:
        for part in get_args(annotation):
            yield from getattr(part, "__metadata__", ())


def choices(info: FieldInfo) -> tuple[str, ...]:
    """What a drop-down offers: the words of a choice, or true and false."""
    parts = (info.annotation, *get_args(info.annotation))
    for part in parts:
        if get_origin(part) is Literal:
            return tuple(str(x) for x in get_args(part))
    return ("true", "false") if is_flag(info) else ()


def is_flag(info: FieldInfo) -> bool:
    """Whether a key is true or false."""
    return get_args(fields.Flag)[1] in (*info.metadata, *_inner(info.annotation))


def heading(key: str, info: FieldInfo) -> str:
    """The heading of a column: its key in words, and the unit of plain numbers."""
    words = [
        word.upper() if word in ("sl", "asa", "fcr") else word
        for word in key.replace("_", " ").replace(".", " ").split()
    ]
    mark = unit(info)
    text = " ".join(words)
    return text[:1].upper() + text[1:] + (f" ({mark})" if mark else "")


def heads(one: Records) -> dict[str, str]:
    """The columns of a sheet by what their heading says, in small letters and without a unit."""
    return {folded(heading(key, info)): key for key, (_, info) in columns(one).items()}


def folded(text: str) -> str:
    """A heading as it is compared: small letters, single blanks, no unit."""
    return " ".join(re.sub(r"\([^()]*\)\s*$", "", text).replace("_", " ").replace(".", " ").casefold().split())


def told_unit(text: str) -> str:
    """The unit that a heading tells."""
    match = re.search(r"\(([^()]*)\)\s*$", text)
    return match[1].strip() if match else ""
