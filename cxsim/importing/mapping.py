"""A mapping: what the columns of an export mean and how to read its texts. YAML in, YAML out, all faults at once."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cxsim.importing.canonical import NEEDED, OUTCOMES, ROLES
from cxsim.tables.amounts import CLOCKS, UNITS
from cxsim.tables.faults import ExportError
from cxsim.tables.instants import ORDERS
from cxsim.tables.reader import TableError

LOCAL: Final = "local"  # a time zone that is not known: the clocks of the center
KEYS: Final = {
    "source": "name of a known source",
    "layout": "contacts, segments, events, intervals, staffing or roster: what a row of the export is",
    "sheet": "sheet of a workbook",
    "encoding": "encoding of a text file, where the bytes do not tell",
    "delimiter": "what separates the columns, where the lines do not tell",
    "names": "names of the columns of a file without a header",
    "timezone": f"zone of times without an offset, such as Europe/Paris; '{LOCAL}' if it does not matter",
    "dates": "order of day and month: dmy, mdy, ymd or yymmdd",
    "decimal": "decimal mark, '.' or ','",
    "percent": "scale of shares without a % sign: fraction (0.8) or points (80)",
    "stamps": "whether the time of an interval is its start or its end",
    "interval": "length of an interval, such as 30 min, or day, month",
    "columns": "what each column is",
    "demand": "rows that are demand: {column: [texts]}; all others are left out",
    "drop": "rows to leave out: {column: [texts]}",
    "wide": "columns that hold one measure for several queues or times: {measure: offered, names: queue, columns: […]}",
    "events": "what each event of a log means",
    "duplicates": "of rows with the same key: add, first, last, or drop what is repeated",
    "unreadable": "drop, to leave out rows with a cell that cannot be read",
    "blanks": "what rows without any number mean: missing or zero",
    "forced_exits": "waits in seconds at which the system took contacts out of the queue; none",
    "week_of": "a date in the week that a roster is for",
    "unpaid_above": "hours above which a shift of a roster has the unpaid break of its agent",
}
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "layout": tuple(ROLES),
    "dates": ORDERS,
    "decimal": (".", ","),
    "percent": ("fraction", "points"),
    "stamps": ("start", "end"),
    "duplicates": ("add", "first", "last", "drop"),
    "unreadable": ("drop",),
    "blanks": ("missing", "zero"),
}
EVENTS: Final = {
    "queued": "joins the queue",
    "answered": "is answered",
    "abandoned": "leaves the queue",
    "forced_exit": "is taken out of the queue",
    "ended": "ends",
    "transferred": "is passed on, which ends it for this agent",
    "login": "logs in (an agent)",
    "logout": "logs out (an agent)",
    "ignore": "does nothing that is read",
}
DIGITS: Final = "hhmm"  # unit of a time of day that is written as a number: 830 is 08:30
_SPEC = ("columns", "column", "unit", "per", "value", "values", "blanks", "pattern")


@dataclass(frozen=True)
class Spec:
    """Where the values of a role are: `columns` joined by blanks, or one `value` for all rows.

    `unit` of times (hhmm for a time of day such as 830), `per` mean or total, `values` that texts stand for, `blanks`
    that mean nothing, and a `pattern` whose first group is the value.
    """

    columns: tuple[str, ...] = ()
    unit: str = ""
    per: str = "mean"
    value: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    blanks: tuple[str, ...] = ()
    pattern: str = ""

    def upon(self, below: Spec | None) -> Spec:
        """This, with the columns of another where it names none, such as a unit for a column that was guessed."""
        if below is None or self.columns or self.value:
            return self
        return replace(
            below,
            unit=self.unit or below.unit,
            per=self.per if self.per != "mean" else below.per,
            values=self.values or below.values,
            blanks=self.blanks or below.blanks,
            pattern=self.pattern or below.pattern,
        )

    def written(self) -> object:
        """As short as it reads back."""
        rest = {
            "unit": self.unit,
            "per": self.per if self.per != "mean" else "",
            "value": self.value,
            "values": dict(self.values),
            "blanks": list(self.blanks),
            "pattern": self.pattern,
        }
        told = {key: value for key, value in rest.items() if value}
        where: object = list(self.columns) if len(self.columns) > 1 else self.columns[0] if self.columns else None
        if not told:
            return where
        return told if where is None else {"columns" if len(self.columns) > 1 else "column": where, **told}


@dataclass(frozen=True)
class Plan:
    """A mapping that has been read; empty values are not known yet."""

    source: str = ""
    layout: str = ""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    names: tuple[str, ...] = ()
    timezone: str = ""
    dates: str = ""
    decimal: str = ""
    percent: str = ""
    stamps: str = ""
    interval: str = ""
    columns: Mapping[str, Spec] = field(default_factory=dict)
    demand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drop: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wide: Mapping[str, Any] = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)
    duplicates: str = ""
    unreadable: str = ""
    blanks: str = ""
    forced_exits: tuple[float, ...] | None = None
    week_of: str = ""
    unpaid_above: float | None = None

    @property
    def zone(self) -> ZoneInfo | None:
        return None if self.timezone in ("", LOCAL) else ZoneInfo(self.timezone)

    def over(self, below: Plan) -> Plan:
        """This mapping, with what it leaves open taken from another."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        told = {key: value for key, value in given.items() if value not in ("", (), {}, None)}
        if "columns" in told:
            told["columns"] = {
                **below.columns,
                **{role: spec.upon(below.columns.get(role)) for role, spec in told["columns"].items()},
            }
        return replace(below, **told)

    def written(self) -> dict[str, object]:
        """As YAML takes it, without what is empty."""
        out: dict[str, object] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "columns":
                value = {role: spec.written() for role, spec in value.items()}
            elif one.name == "forced_exits":
                value = None if value is None else [float(x) for x in value] or "none"
            elif isinstance(value, tuple):
                value = list(value)
            elif one.name in ("demand", "drop"):
                value = {key: list(texts) for key, texts in value.items()}
            if value not in ("", [], {}, None):
                out[one.name] = value
        return out


def read_mapping(path: Path) -> dict[str, Any]:
    """The keys of a mapping file. TableError for a file that is not a YAML map."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TableError(str(path), None, "the file does not exist", "check its name") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(str(path), None, f"cannot be read ({error})", "write YAML in UTF-8") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, place: str) -> dict[str, Any]:
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError, ValueError) as error:  # ValueError: a date that does not exist
        said = " ".join(str(getattr(error, "problem", "") or error).split())
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = place if line is None else f"{place}:{line + 1}"
        raise TableError(where, None, f"is not YAML ({said})", "check its indents, colons and quotes") from None
    if not isinstance(found, dict):
        raise TableError(place, None, "is not a map of keys", "write 'layout: intervals', 'columns:' …")
    return found


def as_yaml(value: Mapping[str, Any], remarks: Mapping[str, str] | None = None) -> str:
    """A map as YAML, each key with its remark in the line above."""
    writer = YAML(typ="safe", pure=True)
    writer.width = 110
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel.yaml declares no type
    parts = []
    for key, one in value.items():
        writer.default_flow_style = None if isinstance(one, (Mapping, list, tuple)) else False
        out = io.StringIO()
        writer.dump({key: one}, out)
        remark = (remarks or {}).get(key, "")
        parts += [f"# {line}\n" for line in remark.splitlines()] + [out.getvalue().removesuffix("...\n")]
    return "".join(parts)


def nearest(word: object, known: Iterable[str], say: str = "the keys are") -> str:
    """A hint at what may have been meant."""
    names = list(known)
    close = difflib.get_close_matches(str(word).casefold(), [n.casefold() for n in names], 1, 0.6)
    real = next((n for n in names if close and n.casefold() == close[0]), None)
    return f"did you mean {real!r}?" if real else f"{say} {', '.join(map(repr, names[:30]))}"


def plan_of(given: Mapping[str, Any], place: str) -> Plan:
    """Check a mapping. ExportError with every fault."""
    faults: list[TableError] = []
    told: dict[str, Any] = {}

    def fault(key: str, value: object, rule: str, fix: str) -> None:
        faults.append(TableError(f"{place}  {key}:", value, rule, fix))

    for key, value in given.items():
        if key == "cxsim_import" or value is None:
            continue
        if key not in KEYS:
            fault(str(key), None, "is not a key of a mapping", nearest(key, KEYS))
        elif key in CHOICES and str(value) not in CHOICES[key]:
            fault(key, value, "is not possible here", nearest(value, CHOICES[key], "write one of"))
        elif key in ("columns", "demand", "drop", "wide", "events") and not isinstance(value, Mapping):
            fault(key, value, "is not a map", f"write {KEYS[key]}")
        elif key == "columns":
            told[key] = _specs(value, fault)
        elif key in ("demand", "drop"):
            told[key] = {str(c): tuple(map(_text, x if isinstance(x, list) else [x])) for c, x in value.items()}
        elif key == "names":
            told[key] = tuple(map(str, value)) if isinstance(value, list) else ()
            if not told[key]:
                fault(key, value, "is not a list of names", "write [start, queue, offered]")
        elif key == "forced_exits":
            told[key] = _exits(value, fault)
        elif key == "unpaid_above":
            told[key] = _hours(value, fault)
        elif key in ("wide", "events"):
            told[key] = value
        elif key == "timezone":
            told[key] = _zone(str(value), fault)
        else:
            told[key] = _text(value)
    layout = told.get("layout", "")
    for role in told.get("columns", {}):
        known = ROLES[layout] if layout else {r for roles in ROLES.values() for r in roles}
        if role not in known:
            rule = f"is not a role of layout {layout}" if layout else "is not a role"
            fault(f"columns.{role}", None, rule, nearest(role, known, "the roles are"))
    for text, meaning in (told.get("events") or {}).items():
        if str(meaning) not in EVENTS:
            fault(f"events.{text}", meaning, "is not a meaning of an event", nearest(meaning, EVENTS, "write one of"))
    if faults:
        raise ExportError(faults)
    return Plan(**told)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _zone(text: str, fault: Any) -> str:
    if text == LOCAL:
        return text
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        fault(
            "timezone",
            text,
            "is not a time zone",
            nearest(text, sorted(available_timezones()), "write one such as Europe/Paris; there are also")[:200],
        )
    return text


def _hours(value: object, fault: Any) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        fault("unpaid_above", value, "is not a number of hours", "write 6")
        return None


def _exits(value: object, fault: Any) -> tuple[float, ...]:
    given: list[Any] = value if isinstance(value, list) else [value]
    if value in ("none", []):
        return ()
    try:
        return tuple(map(float, given))
    except (TypeError, ValueError):
        fault("forced_exits", value, "is not a list of seconds", "write [60, 300], or none")
        return ()


def _specs(given: Mapping[str, Any], fault: Any) -> dict[str, Spec]:
    out = {}
    for role, value in given.items():
        at = f"columns.{role}"
        if isinstance(value, Mapping):
            for key in value:
                if key not in _SPEC:
                    fault(at, key, "is not a key of a column", nearest(key, _SPEC))
            unit, per = str(value.get("unit", "")), str(value.get("per", "mean"))
            known = (DIGITS,) if any(of.get(str(role)) == "stamp" for of in ROLES.values()) else (*UNITS, *CLOCKS)
            if unit and unit not in known:
                fault(
                    at,
                    unit,
                    "is not a unit" if len(known) > 1 else "is not a unit of a time of day",
                    f"write {'one of ' if len(known) > 1 else ''}{', '.join(known)}",
                )
            if per not in ("mean", "total"):
                fault(at, per, "is neither mean nor total", "write 'per: mean' or 'per: total'")
            values = value.get("values", {})
            if not isinstance(values, Mapping):
                fault(at, values, "is not a map of texts", "write {TEXT IN THE FILE: answered}")
                values = {}
            if role == "outcome":
                for text, meaning in values.items():
                    if str(meaning) not in OUTCOMES:
                        fault(f"{at}.{text}", meaning, "is not an outcome", nearest(meaning, OUTCOMES, "write one of"))
            where = value.get("columns", value.get("column", [])) or []
            out[str(role)] = Spec(
                _list(where),
                unit,
                per,
                _text(value["value"]) if "value" in value else "",
                {_text(k): _text(v) for k, v in values.items()},
                _list(value.get("blanks", [])),
                str(value.get("pattern", "")),
            )
        elif isinstance(value, (str, int, float, list)):
            out[str(role)] = Spec(_list(value))
        else:
            fault(at, value, "is not a column", "write the column's name")
    return out


def _list(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)


def missing(plan: Plan) -> Sequence[str]:
    """The roles that the layout needs and the mapping lacks."""
    return [role for role in NEEDED[plan.layout] if role not in plan.columns]
