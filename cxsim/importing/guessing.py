"""What the columns of an export are, guessed from all of its rows, each guess with its evidence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from cxsim.importing.canonical import ROLES
from cxsim.importing.mapping import Plan, Spec, parse_yaml
from cxsim.tables import amounts, instants
from cxsim.tables.coded import Coded
from cxsim.tables.sheets import Sheet

_CLOCK_NAMES = (
    "time",
    "uhrzeit",
    "zeit",
    "heure",
    "hora",
    "interval",
    "hour",
    "start time",
    "half hour",
    "from",
    "start",
    "period",
)
_DATE_NAMES = ("date", "day", "call date", "datum", "tag", "jour", "fecha", "dia", "start date")
_WEEKDAYS = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(day|sday|nesday|rsday|urday)?", re.IGNORECASE)
DEMAND = re.compile(r"in|inc|inbound|incoming|eingehend|i", re.IGNORECASE)
OTHER = re.compile(
    r"out|outbound|outgoing|ausgehend|o|int|internal|l|consult|transfer_out|api|disconnect", re.IGNORECASE
)


@cache
def names() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Names that say what a column holds, by layout and role."""
    path = Path(__file__).with_name("names.yaml")
    return parse_yaml(path.read_text(encoding="utf-8"), path.name)


def plain(name: str) -> str:
    """A column's name in small letters, words by blanks: `createdAt` and `CREATED_AT` are `created at`."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)
    text = re.sub(
        r"\(\s*(avg|s|sec|secs|seconds|ms|min|mins|minutes)\s*\)|[\[(]\s*(y/n)\s*[\])]",
        r" \2",
        text,
        flags=re.IGNORECASE,
    )
    words = re.sub(r"[^a-z0-9%]+", " ", text.lower()).strip()
    words = re.sub(r"^(average) ", "avg ", words) if words not in _known() else words
    return re.sub(r"( in)? (s|sec|secs|seconds|ms|milliseconds|20s|20 seconds|80 20)$", "", words) or words


@cache
def _known() -> frozenset[str]:
    return frozenset(name for roles in names().values() for known in roles.values() for name in known)


def sample(column: Coded, most: int = 500) -> list[str]:
    """Some distinct texts of a column, from all over it."""
    texts = column.values[:: max(len(column.values) // most, 1)]
    return [text for text in texts if text] or [text for text in column.values if text][:most]


def numeric(column: Coded) -> bool:
    """Whether most distinct texts are numbers, shares or lengths of time."""
    texts = sample(column, 2000)
    good = sum(
        1 for t in texts if re.fullmatch(r"[+-]?[\d.,'’ ]*\d%?|\d+:\d\d(:\d\d([.,]\d+)?)?|\d+ ?(s|sec|min|h)", t)
    )
    return bool(texts) and good >= 0.5 * len(texts)


def dated(column: Coded) -> bool:
    """Whether most distinct texts are dates, with or without a time."""
    some = Coded(sample(column), np.zeros(0, np.int32))
    found = instants.written(some)
    return bool(some.values) and bool((found.ok & (found.kind > 0)).sum() >= 0.5 * len(some.values))


def timed(column: Coded) -> bool:
    """Whether most distinct texts are times of day or spans of it, without a date."""
    some = Coded(sample(column), np.zeros(0, np.int32))
    found = instants.written(some)
    return bool(some.values) and bool((found.ok & (found.kind == 0)).sum() >= 0.5 * len(some.values))


def roles_of(sheet: Sheet, layout: str) -> dict[str, Spec]:
    """Which column has which role, by name, where its texts can be what the role needs."""
    known: dict[str, str] = {}
    for column in sheet.columns:
        known.setdefault(plain(column), column)
    out: dict[str, Spec] = {}
    taken: set[str] = set()
    for role, wanted in names().get("contacts" if layout == "segments" else layout, {}).items():
        kind = ROLES[layout][role]
        for name in wanted:
            found = known.get(name)
            if found is None or found in taken or not _fits(sheet.columns[found], kind, role):
                continue
            out[role] = Spec((found,))
            taken.add(found)
            break
    _join_dates(sheet, layout, out)
    return out


def _fits(column: Coded, kind: str, role: str) -> bool:
    if kind == "stamp":
        return dated(column) or timed(column)
    if kind in ("seconds", "count", "share"):
        return numeric(column)
    return not (role == "outcome" and dated(column))


def _join_dates(sheet: Sheet, layout: str, out: dict[str, Spec]) -> None:
    """A time of day without a date needs the column of dates beside it; a date alone the column of times."""
    dates = [c for c in sheet.columns if plain(c) in _DATE_NAMES and dated(sheet.columns[c])]
    main = {"intervals": "start", "staffing": "start"}.get(layout, "arrived")
    if main not in out and dates:
        out[main] = Spec((dates[0],))
    for role, spec in list(out.items()):
        if ROLES[layout].get(role) != "stamp" or len(spec.columns) != 1:
            continue
        column = sheet.columns[spec.columns[0]]
        if dates and spec.columns[0] not in dates and timed(column):
            out[role] = Spec((dates[0], spec.columns[0]))
    name = out[main].columns[0] if main in out and len(out[main].columns) == 1 else ""
    if name and dated(sheet.columns[name]):
        found = instants.written(sheet.columns[name])
        bare = not (found.seconds[found.ok] != 0).any() and not any(":" in t for t in sheet.columns[name].values)
        clocks = [c for c in sheet.columns if plain(c) in _CLOCK_NAMES and c != name and timed(sheet.columns[c])]
        if bare and clocks and not (found.kind == 5).any():
            out[main] = Spec((name, clocks[0]))


def layout_of(sheet: Sheet) -> tuple[str, str]:
    """What a row of the sheet is, and why; empty where nothing tells."""
    weekdays = [c for c in sheet.columns if _WEEKDAYS.fullmatch(c.split(" ")[0])]
    if len(weekdays) >= 5:
        return "roster", f"a column for each weekday: {', '.join(weekdays)}"
    found = {layout: roles_of(sheet, layout) for layout in ("intervals", "contacts", "staffing")}
    interval, contact, staffing = found["intervals"], found["contacts"], found["staffing"]
    if (
        "event" in staffing
        and "agent" in staffing
        and re.search(
            r"log(ged)?[ -]?(in|on)", " ".join(sheet.columns[staffing["event"].columns[0]].values[:50]), re.IGNORECASE
        )
    ):
        return "staffing", f"{staffing['event'].columns[0]!r} tells of log-ins"
    measures = [r for r in ("answered", "abandoned", "aht", "service_level", "asa") if r in interval]
    if "offered" in interval and "start" in interval:
        return "intervals", f"{interval['offered'].columns[0]!r} counts contacts" + (
            " beside " + ", ".join(interval[r].columns[0] for r in measures) if measures else ""
        )
    each = [r for r in ("answered", "ended", "wait", "talk", "outcome", "queued") if r in contact]
    if "arrived" in contact and each:
        return "contacts", "a row for each contact with " + ", ".join(contact[r].columns[0] for r in each)
    if {"agent", "start", "end"} <= staffing.keys():
        return "staffing", "agents with a start and an end"
    return "", ""


def title_zone(titles: Sequence[str]) -> tuple[str, str] | None:
    """A time zone that a line above the header names, and that line."""
    for line in titles:
        for word in re.findall(r"\b(?:[A-Z][A-Za-z]+/[A-Z][A-Za-z_/]+|UTC|GMT)\b", line):
            try:
                ZoneInfo(word)
            except (KeyError, ValueError, OSError):
                continue
            return word, line
    return None


def demand_of(sheet: Sheet, roles: Mapping[str, Spec]) -> dict[str, tuple[str, ...]]:
    """The texts of a column of directions that are demand; empty where there is no such column."""
    spec = roles.get("direction")
    if spec is None or not spec.columns:
        return {}
    texts = [t for t in sheet.columns[spec.columns[0]].values if t]
    inbound = tuple(t for t in texts if DEMAND.fullmatch(t))
    if inbound and all(DEMAND.fullmatch(t) or OTHER.fullmatch(t) for t in texts):
        return {spec.columns[0]: inbound}
    return {}


def unit_in_name(name: str) -> str:
    """The unit that a column's name says: s, ms, min or h; empty where it says none."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    for unit, pattern in (
        ("ms", r"\b(ms|msec|millis|milliseconds)\b"),
        ("s", r"\b(s|sec|secs|second|seconds)\b|_s$|\[s\]"),
        ("min", r"\b(min|mins|minutes)\b"),
        ("h", r"\b(h|hrs|hours)\b"),
    ):
        if re.search(pattern, re.sub(r"\d+ ?s(ec|econds)?\b", "", words)):
            return unit
    return ""


ANSWERED = re.compile(r"answered|handled|completed?|connected|yes|y|true|1|agent|released", re.IGNORECASE)
ABANDONED = re.compile(
    r"abandon(ed)?|aband|lost|no[ _]?answer|missed|unanswered|no|n|false|0|hang ?up|hung up", re.IGNORECASE
)


def outcomes_of(sheet: Sheet, spec: Spec) -> dict[str, str] | None:
    """What the texts of a column of outcomes mean, where each is a usual word; None where one is not."""
    column = sheet.find(spec.columns[0]) if spec.columns else None
    if column is None:
        return None
    texts = [text for text in sheet.columns[column].values if text]
    found = {t: "answered" for t in texts if ANSWERED.fullmatch(t)} | {
        t: "abandoned" for t in texts if ABANDONED.fullmatch(t)
    }
    return found if len(found) == len(texts) and found else None


def with_units(sheet: Sheet, plan: Plan) -> tuple[Plan, dict[str, tuple[str, str]], list[str]]:
    """The mapping with a unit for every length of time; (unit, why) by role, and the roles whose unit is open.

    A length in plain numbers is in seconds, milliseconds or minutes: only one of them may make sense for its mean.
    """
    kinds = ROLES[plan.layout]
    specs, why, unsure = dict(plan.columns), {}, []
    waiting: list[str] = []
    for role, spec in plan.columns.items():
        if kinds.get(role) != "seconds" or spec.unit or not spec.columns:
            continue
        column = sheet.find(spec.columns[0])
        if column is None:
            continue
        texts = [t for t in sheet.columns[column].values if t and t not in spec.blanks]
        found = _unit(texts, sheet.columns[column], unit_in_name(column), handle=role in ("aht", "talk", "handle"))
        if found is None:
            waiting.append(role)
        else:
            specs[role] = replace(spec, unit=found[0])
            why[role] = found
    units = {unit for unit, _ in why.values() if unit in amounts.UNITS}
    for role in waiting:
        same = next(iter(units)) if len(units) == 1 else ""
        if same:
            specs[role] = replace(specs[role], unit=same)
            why[role] = same, "as the other times of the file"
        else:
            unsure.append(role)
    return replace(plan, columns=specs), why, unsure


def _unit(texts: Sequence[str], column: Coded, said: str, handle: bool) -> tuple[str, str] | None:
    long, short, bare, largest = amounts.clock_forms(texts)
    if long and not short and not bare:
        return "hh:mm:ss", "every text is h:mm:ss"
    if short and not bare:
        if largest >= 24:
            return "mm:ss", f"the first number goes up to {largest:g}, which no hour of a mean does"
        lengths = np.array([amounts.length(t, "hh:mm") for t in column.values])[column.codes]
        lengths = lengths[np.isfinite(lengths)]
        if len(lengths) and np.median(lengths) >= 3600.0:
            shown = f"{np.median(lengths) / 3600.0:.1f} hours"
            return "mm:ss", f"as hours and minutes half of the {len(lengths):,} times would be above {shown}"
        return None
    if said:
        return said, "its name says so"
    values = np.array(
        [amounts.number(t) if amounts.number(t) == amounts.number(t) else amounts.number(t, ",") for t in column.values]
    )[column.codes]
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return "s", "it is always 0 or blank"
    middle, high = float(np.median(values)), float(np.quantile(values, 0.95))
    if middle >= 7200.0:
        return "ms", f"half are above {middle:,.0f}, which would be hours if seconds"
    if (handle and middle >= 60.0) or (not handle and high >= 100.0):
        shown = f"half are above {middle:,.0f}" if handle else f"5 % are above {high:,.0f}"
        return "s", f"{shown}: hours if minutes, a fraction of a second if milliseconds"
    return None
