"""The canonical tables of an import as arrays: contacts, intervals, and spells of agents, on one axis of local time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.redials import Floats
from cxsim.importing.canonical import OUTCOMES, TABLES
from cxsim.importing.mapping import LOCAL, parse_yaml
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    import pandas as pd


DAY = 86400.0
Texts = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
MOST_DAYS = 1100
LONGEST_NAME = 80
_MOST_FAULTS = 20
_APART = 60.0  # s by which the begin of a talk may differ from the end of the wait: ringing, or a rounded clock
_NEEDED = {
    "contacts": ("arrived", "outcome", "wait_s"),
    "intervals": ("start", "minutes", "offered"),
    "staffing": ("agent", "start", "end"),
}
_LOGGED_IN = ("logged_in", "shift")


@dataclass(frozen=True, eq=False)
class Contacts:
    """Contacts that reached the queue or an agent, in the order in which they did.

    Times in seconds since `Records.first`; durations in seconds, NaN where unknown.
    """

    at: Floats  # when it joined the queue, or was answered at once
    reason: Texts
    queued: Bools
    wait: Floats
    outcome: Texts  # answered, abandoned or forced_exit
    agent: Texts  # '' where unknown
    talk: Floats  # talk and hold
    hold: Floats  # the part of it on hold
    acw: Floats
    customer: Texts  # '' where unknown
    began: Floats  # when the talk began; NaN without one

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, keep: Any) -> Contacts:
        return Contacts(**{name: values[keep] for name, values in vars(self).items()})

    @property
    def answered(self) -> Bools:
        return np.asarray(self.outcome == "answered")

    @property
    def abandoned(self) -> Bools:
        return np.asarray(self.outcome == "abandoned")

    @property
    def talk_end(self) -> Floats:
        return self.began + self.talk

    @property
    def freed(self) -> Floats:
        """When the agent was done, after-call work included."""
        return self.talk_end + np.nan_to_num(self.acw)


@dataclass(frozen=True, eq=False)
class Intervals:
    """An interval report, by queue and start (s since `Records.first`); NaN where it does not say."""

    start: Floats
    queue: Texts
    width: Floats
    offered: Floats
    answered: Floats
    abandoned: Floats
    aht: Floats
    hold: Floats  # the part of it on hold
    asa: Floats
    wait: Floats
    abandon_wait: Floats
    level: Floats
    in_sl: Floats  # answered within the time of the service level
    agents: Floats


@dataclass(frozen=True, eq=False)
class Duty:
    """Spells on duty from log-ins or shifts, in seconds since `Records.first`."""

    agent: Texts
    group: Texts
    start: Floats
    end: Floats


@dataclass(frozen=True, eq=False)
class Records:
    """All that was recorded, and what was left out of it."""

    first: date
    days: int
    timezone: str | None
    contacts: Contacts | None
    intervals: Intervals | None
    duty: Duty | None
    notes: tuple[str, ...] = ()
    scheduled: Duty | None = None  # the shifts of agents who also log in; `duty` has their log-ins

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=k) for k in range(self.days)]


def read_records(source: Any) -> Records:
    """Read the tables of one import or of several. ExportError with every fault.

    `source` is a folder of `cxsim import`, several of them, an `Export`, or {name of a table: DataFrame}.
    """
    tables, timezone = _tables(source)
    faults: list[TableError] = []
    for name, (table, place) in tables.items():
        for column in _NEEDED[name]:
            if column not in table:
                fix = "make the table with cxsim import; docs/reference/imports.md lists its columns"
                faults.append(TableError(place, None, f"has no column {column!r}", fix))
    if not tables or not {"contacts", "intervals"} & set(tables):
        place = str(source) if isinstance(source, (str, Path)) else "calibrate"
        fix = "import an export first: cxsim import calls.csv, then name its results folder"
        faults.append(TableError(place, None, "has neither contacts.csv nor intervals.csv", fix))
    if faults:
        raise ExportError(faults)
    stamps = {
        name: _seconds(table["start" if name != "contacts" else "arrived"], place, name, faults)
        for name, (table, place) in tables.items()
    }
    if faults:
        raise ExportError(faults)
    begins = [np.nanmin(s) for name, s in stamps.items() if name != "staffing" and np.isfinite(s).any()]
    ends = [np.nanmax(s) for name, s in stamps.items() if name != "staffing" and np.isfinite(s).any()]
    if not begins:
        place = next(place for name, (_, place) in tables.items() if name != "staffing")
        raise ExportError([TableError(place, None, "has no rows", "import an export with at least a day of contacts")])
    first = int(min(begins) // DAY)
    if (apart := int(max(ends) // DAY) - first + 1) > MOST_DAYS:
        place = next(place for name, (_, place) in tables.items() if name != "staffing")
        rule = f"holds days that are {apart:,} days apart; at most {MOST_DAYS:,} can be calibrated"
        raise ExportError([TableError(place, None, rule, "check the dates, or import fewer days")])
    days, zero = int(max(ends) // DAY) - first + 1, first * DAY
    notes: list[str] = []
    contacts = intervals = duty = scheduled = None
    if "contacts" in tables:
        contacts = _contacts(*tables["contacts"], stamps["contacts"] - zero, faults, notes)
    if "intervals" in tables:
        intervals = _intervals(*tables["intervals"], stamps["intervals"] - zero, faults)
    if "staffing" in tables:
        duty, scheduled = _duty(*tables["staffing"], stamps["staffing"] - zero, zero, faults, notes)
    if faults:
        raise ExportError(faults)
    first_day = date(1970, 1, 1) + timedelta(days=first)
    return Records(first_day, days, timezone, contacts, intervals, duty, tuple(notes), scheduled)


def _tables(source: Any) -> tuple[dict[str, tuple[dict[str, Texts], str]], str | None]:
    """{name: (columns as texts, place)}, and the time zone."""
    if isinstance(source, Mapping):
        return {n: (_texts(t), n) for n, t in source.items() if n in TABLES and t is not None}, None
    if hasattr(source, "tables") and hasattr(source, "mapping"):
        found = {n: ({c: _plain(v) for c, v in t.items()}, n) for n, t in source.tables.items()}
        return found, _zone(source.mapping)
    folders = [Path(p) for p in ([source] if isinstance(source, (str, Path)) else source)]
    out: dict[str, tuple[dict[str, Texts], str]] = {}
    zone: str | None = None
    faults: list[TableError] = []
    for folder in folders:
        if not folder.is_dir():
            fix = "name the results folder of cxsim import, such as results/import-calls"
            faults.append(TableError(str(folder), None, "is not a folder", fix))
            continue
        for name in TABLES:
            path = folder / f"{name}.csv"
            if not path.is_file():
                continue
            if name in out:
                fix = "import the files of both together: cxsim import may.csv june.csv"
                faults.append(TableError(str(path), None, f"is a second table of {name}", fix))
                continue
            try:
                out[name] = (_texts(_csv(path)), str(path))
            except (OSError, ValueError) as error:
                faults.append(TableError(str(path), None, f"cannot be read: {error}", "import the export again"))
        mapping = folder / "mapping.yaml"
        if mapping.is_file():
            zone = zone or _zone(parse_yaml(mapping.read_text(encoding="utf-8"), str(mapping)))
    if faults:
        raise ExportError(faults)
    return out, zone


def _csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def _zone(mapping: Mapping[str, Any]) -> str | None:
    zone = str(mapping.get("timezone") or LOCAL)
    return None if zone == LOCAL else zone


def _texts(table: pd.DataFrame) -> dict[str, Texts]:
    return {str(name): _plain(table[name].to_numpy()) for name in table.columns}


def _plain(values: npt.NDArray[Any]) -> Texts:
    """A column as texts; blank where there is nothing."""
    if values.dtype.kind == "f":
        return np.array(["" if x != x else repr(x) for x in values.tolist()], dtype=object)
    return np.array(["" if x is None or x != x else str(x) for x in values.tolist()], dtype=object)


def _seconds(column: Texts, place: str, name: str, faults: list[TableError]) -> Floats:
    """Wall-clock seconds since 1970 of stamps such as 2026-03-02T08:00:00+01:00, whose offset is left out."""
    texts, back = np.unique(column.astype(str), return_inverse=True)
    out = np.full(len(texts), np.nan)
    for i, text in enumerate(texts.tolist()):
        try:
            out[i] = _moment(text)
        except ValueError:
            line = int(np.flatnonzero(back.reshape(-1) == i)[0]) + 2
            if len(faults) < _MOST_FAULTS:
                rule = f"is not a time such as 2026-03-02T08:00:00+01:00 ({name})"
                faults.append(TableError(f"{place}:{line}", text, rule, "make the table with cxsim import"))
    return np.asarray(out[back.reshape(-1)])


def _moment(text: str) -> float:
    """Wall-clock seconds since 1970 of a stamp; NaN for a blank."""
    if not text:
        return np.nan
    end = next((k for k in range(16, len(text)) if text[k] in "+-Z"), len(text))
    return int(np.datetime64(text[:end].replace(" ", "T"), "ms").astype(np.int64)) / 1000.0


def _numbers(table: Mapping[str, Texts], name: str, place: str, faults: list[TableError]) -> Floats:
    if name not in table:
        return np.full(len(next(iter(table.values()))), np.nan)
    column = table[name]
    try:
        found = np.asarray(np.where(column == "", "nan", column).astype(np.float64))
        below = np.flatnonzero(found < 0.0)
        if len(below):
            i = int(below[0])
            fix = "correct it in the export and import it again"
            faults.append(TableError(f"{place}:{i + 2}", column[i], f"is below 0 ({name})", fix))
        return np.where(np.isfinite(found), found, np.nan)
    except ValueError:
        for i, text in enumerate(column.tolist()):
            try:
                float(text or "nan")
            except ValueError:
                faults.append(
                    TableError(f"{place}:{i + 2}", text, f"is not a number ({name})", "import the export again")
                )
                break
        return np.full(len(column), np.nan)


def _text(table: Mapping[str, Texts], name: str, rows: int) -> Texts:
    return table[name] if name in table else np.full(rows, "", dtype=object)


def _contacts(
    table: Mapping[str, Texts], place: str, arrived: Floats, faults: list[TableError], notes: list[str]
) -> Contacts:
    rows = len(arrived)
    outcome = _text(table, "outcome", rows)
    for text in sorted(set(outcome.tolist()) - set(OUTCOMES)):
        line = int(np.flatnonzero(outcome == text)[0]) + 2
        faults.append(TableError(f"{place}:{line}", text, "is not an outcome", f"use one of {', '.join(OUTCOMES)}"))
    number = {
        n: _numbers(table, n, place, faults) for n in ("wait_s", "ivr_s", "talk_s", "hold_s", "acw_s", "handle_s")
    }
    queued_at = _seconds(_text(table, "queued", rows), place, "queued", faults) if "queued" in table else None
    zero = float(np.nanmin(_seconds(table["arrived"], place, "arrived", []) - arrived)) if rows else 0.0
    before = arrived + np.nan_to_num(number["ivr_s"])
    at = before if queued_at is None else np.where(np.isfinite(queued_at), queued_at - zero, before)
    wait = number["wait_s"]
    queued = np.isfinite(wait) & (wait > 0.0)
    if queued_at is not None:
        queued |= np.isfinite(queued_at)
    wait = np.where(np.isfinite(wait), wait, np.where((outcome == "answered") & ~queued, 0.0, np.nan))
    talk = number["talk_s"] + np.nan_to_num(number["hold_s"])
    talk = np.where(np.isfinite(talk), talk, number["handle_s"] - np.nan_to_num(number["acw_s"]))
    agent = _text(table, "agent", rows)
    talk = np.where((talk == 0.0) & (agent == ""), np.nan, talk)  # nobody's: not recorded
    reason = _reasons(_text(table, "reason", rows), _text(table, "queue", rows))
    keep = np.isin(outcome.astype(str), ["answered", "abandoned", "forced_exit"]) & np.isfinite(arrived)
    for text, why in (("left_before_queue", "ended before joining a queue"), ("unknown", "have an unknown outcome")):
        if count := int((outcome == text).sum()):
            notes.append(f"{count:,} contacts {why}; they are not used")
    blank = keep & ~np.isfinite(wait)
    if blank.any():
        notes.append(f"{int(blank.sum()):,} contacts have no wait; they are not used")
    keep &= ~blank
    began = np.where(outcome == "answered", at + wait, np.nan)
    if "ended" in table:
        stated = _seconds(table["ended"], place, "ended", faults) - zero - talk
        began = np.where(np.abs(stated - began) <= _APART, stated, began)
    found = Contacts(
        at,
        reason,
        queued,
        wait,
        outcome,
        agent,
        talk,
        number["hold_s"],
        number["acw_s"],
        _text(table, "customer", rows),
        began,
    )
    order = np.flatnonzero(keep)[np.argsort(at[keep], kind="stable")]
    return found[order]


def _reasons(reason: Texts, queue: Texts) -> Texts:
    """The reason of each contact, or its queue; both where one reason comes to several queues."""
    reason, queue = _names(reason), _names(queue)
    has = reason != ""
    if not has.any():
        return np.where(queue == "", "contacts", queue)
    pairs = set(zip(reason.tolist(), queue.tolist(), strict=True))
    several = {r for r in {r for r, _ in pairs} if len({q for x, q in pairs if x == r}) > 1}
    both = [
        f"{r or 'other'} {q}".strip() if r in several else (r or q or "other")
        for r, q in zip(reason.tolist(), queue.tolist(), strict=True)
    ]
    return _names(np.array(both, dtype=object))


def _names(column: Texts) -> Texts:
    """Texts as names of a scenario: without dots, stars, brackets and equals signs, not longer than 80 characters."""
    made: dict[str, str] = {}
    for text in dict.fromkeys(column.tolist()):
        plain = base = re.sub(r"[.*\[\]=\s]+", " ", text).strip()[: LONGEST_NAME - 4]
        k = 2
        while plain and plain in made.values():
            plain, k = f"{base} {k}", k + 1
        made[text] = plain
    return np.array([made[text] for text in column.tolist()], dtype=object)


def _intervals(table: Mapping[str, Texts], place: str, start: Floats, faults: list[TableError]) -> Intervals:
    def number(name: str) -> Floats:
        return _numbers(table, name, place, faults)

    queue = _names(_text(table, "queue", len(start)))
    aht = number("aht_s")
    parts = number("talk_s") + np.nan_to_num(number("hold_s")) + np.nan_to_num(number("acw_s"))
    return Intervals(
        start,
        np.where(queue == "", "contacts", queue),
        60.0 * number("minutes"),
        number("offered"),
        number("answered"),
        number("abandoned"),
        np.where(np.isfinite(aht), aht, parts),
        number("hold_s"),
        number("asa_s"),
        number("wait_s"),
        number("abandon_wait_s"),
        number("service_level"),
        number("answered_in_sl"),
        number("agents"),
    )


def _duty(
    table: Mapping[str, Texts], place: str, start: Floats, zero: float, faults: list[TableError], notes: list[str]
) -> tuple[Duty, Duty | None]:
    """Spells on duty, and the shifts of agents whose log-ins are recorded too: these say when they were there."""
    rows = len(start)
    end = _seconds(table["end"], place, "end", faults) - zero
    activity = _text(table, "activity", rows)
    keep = np.isfinite(start) & np.isfinite(end) & (end > start)
    if np.isin(activity.astype(str), _LOGGED_IN).any():
        other = keep & ~np.isin(activity.astype(str), _LOGGED_IN)
        if other.any():
            notes.append(f"{int(other.sum()):,} rows of staffing are not log-ins or shifts; they are not used")
        keep &= ~other
    agent, group = _text(table, "agent", rows), _text(table, "group", rows)

    def spells(some: Bools) -> Duty:
        return Duty(agent[some], group[some], start[some], end[some])

    log_ins = keep & (activity == "logged_in")
    planned = keep & (activity == "shift") & np.isin(agent.astype(str), np.unique(agent[log_ins].astype(str)))
    if not planned.any():
        return spells(keep), None
    notes.append(
        f"{int(planned.sum()):,} shifts are of agents whose log-ins are recorded: on duty is who was logged in"
    )
    return spells(keep & ~planned), spells(planned)


def within(records: Records, days: Sequence[int]) -> Records:
    """The contacts of some days only; used to hold days back."""
    if records.contacts is None:
        return records
    keep = np.isin(records.contacts.at // DAY, np.asarray(days))
    return replace(records, contacts=records.contacts[keep])
