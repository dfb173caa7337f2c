"""A cell of a workbook as the value that a YAML file would have there, and back."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from cxsim.scenario.io.faults import Fault, shown
from cxsim.scenario.io.yaml_tree import load, plain_scalar
from cxsim.scenario.model import units
from cxsim.scenario.model.units import Refusal
from cxsim.tables.reader import cell_text, column_letters, readings

LONGEST = 32_000  # characters of a cell; a spreadsheet takes 32,767
TIMES = {"s", "sec", "seconds", "min", "minutes", "h", "hours", "days"}
HARD_BLANKS = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ")  # what other programs put between words
_FIRST = ("{", "[", '"', "'")
_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}


class Cell(NamedTuple):
    """A cell as the file has it: text, number, truth value, date or time; and whether it shows a percentage."""

    value: Any
    percent: bool = False


class Ambiguous(Exception):
    """A number that may mean two things: the rule and the fix."""

    def __init__(self, rule: str, fix: str) -> None:
        self.rule, self.fix = rule, fix


def read(cell: Cell, unit: str = "", is_list: bool = False, is_flag: bool = False) -> tuple[Any, list[Fault]]:
    """The value of a cell, and what is wrong with YAML in it. Raises Ambiguous."""
    value = cell.value
    if isinstance(value, str):
        return _text(value.strip(), unit, is_list, is_flag)
    if isinstance(value, bool):
        return value, []
    if isinstance(value, (int, float)):
        number = int(value) if float(value).is_integer() and abs(value) < 1e15 else float(value)
        if unit == "yyyy-mm-dd" and 20_000 < number < 80_000:  # the days of Excel from 1954 to 2119
            on = (date(1899, 12, 30) + timedelta(days=int(number))).isoformat()
            raise Ambiguous("is a number, not a date", f"format the cell as a date, or write {on} if that is meant")
        if cell.percent:
            return f"{_plain(value * 100)}%", []
        if unit == "%":
            if 0.0 < number <= 1.0:
                rule = f"may mean {_plain(number * 100)}% or {_plain(number)}%"
                raise Ambiguous(rule, f"write {_plain(number * 100)}% or {_plain(number)}% with the percent sign")
            return f"{_plain(number)}%", []
        if unit == "points":
            return f"{number:+} points", []
        return (f"{_plain(number)}{' ' * (len(unit) > 1)}{unit}" if unit in TIMES else number), []
    return cell_text(value), []


def _text(text: str, unit: str, is_list: bool, is_flag: bool) -> tuple[Any, list[Fault]]:
    """A text of a cell. A number typed as text is the number; one that may be two is asked about."""
    if text.startswith(_FIRST):
        value, _, faults = load(text.encode(), "cell")
        return value, faults
    text = text.translate(HARD_BLANKS).strip()
    if is_flag and text.casefold() in _ANSWERS:
        return _ANSWERS[text.casefold()], []
    if is_list:
        return [plain_scalar(part.strip()) for part in re.split("[,;\n]", text) if part.strip()], []
    found = readings(text) if unit in TIMES or unit in ("%", "points") else ()
    if len(found) > 1:
        raise Ambiguous(f"may mean {found[0]} or {found[1]}", f"write {found[0]}, or {found[1]}, as a number")
    return read(Cell(float(found[0])), unit) if found else (plain_scalar(text), [])


def _plain(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else f"{value:.15g}"


def written(value: Any, unit: str = "", is_list: bool = False) -> tuple[Any, str] | None:
    """What to write into a cell, and its number format, so that `read` gives the value again; None if nothing does."""
    for made, style in _ways(value, unit, is_list):
        if isinstance(made, str) and len(made) > LONGEST:
            continue
        try:
            back, faults = read(Cell(made, "%" in style), unit, is_list)
        except Ambiguous:
            continue
        if not faults and _same(back, value, unit, is_list):
            return made, style
    return None


def _ways(value: Any, unit: str, is_list: bool) -> list[tuple[Any, str]]:
    out: list[tuple[Any, str]] = []
    if isinstance(value, str):
        out += _numbers(value, unit)
        return [*out, (value, ""), (json.dumps(value, ensure_ascii=False), "")]
    if isinstance(value, bool) or value is None:
        return [(value, "")] if value is not None else []
    if isinstance(value, (int, float)):
        exact = math.isfinite(value) and float(f"{value:.16G}") == value and abs(value) < 1e15
        text = repr(value).replace("inf", ".inf")  # as YAML writes it
        return [(value, ""), (text, "")] if exact else [(text, "")]
    if is_list and isinstance(value, list) and value and all(isinstance(x, str) for x in value):
        out.append((", ".join(value), ""))
    return [*out, (flow(value), ""), (json.dumps(value, ensure_ascii=False), "")]


def _numbers(text: str, unit: str) -> list[tuple[Any, str]]:
    """A text with a unit as a number under a heading with that unit."""
    try:
        if unit == "s":
            seconds = units.duration(text)
            return [(int(seconds) if seconds.is_integer() else seconds, "")] if seconds < 3600 else []
        if unit == "%":
            share = units.percent(text)
            digits = next((n for n in range(3) if f"{share * 100:.{n}f}" == _plain(share * 100)), None)
            return [] if digits is None else [(share, "0" + "." * bool(digits) + "0" * digits + "%")]
        if unit == "hh:mm" and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text):
            return [(time.fromisoformat(text.zfill(5)), "hh:mm")]
        if unit == "yyyy-mm-dd":
            return [(datetime.fromisoformat(text), "yyyy-mm-dd")] if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else []
    except (Refusal, ValueError):
        pass
    return []


def _same(back: Any, value: Any, unit: str, is_list: bool = False) -> bool:
    """Whether a value read back means the same as the one written; one entry is a list of one where lists are read."""
    if is_list and isinstance(value, (str, int, float)) and isinstance(back, list):
        return bool(back == [value])
    if isinstance(value, str) and isinstance(back, str) and back != value:
        try:
            if unit == "s":
                return units.duration(back) == units.duration(value)
            if unit == "%":
                return units.percent(back) == units.percent(value)
            if unit == "hh:mm":
                return units.clock(back) == units.clock(value)
        except Refusal:
            return False
    if type(back) is not type(value) and not (isinstance(back, (int, float)) and isinstance(value, (int, float))):
        return False
    return bool(back == value) and (isinstance(back, bool) == isinstance(value, bool))


def flow(value: Any) -> str:
    """A value as YAML in one line, with quotes only where a text needs them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_bare(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        text = repr(float(value)).replace("inf", ".inf").replace("nan", ".nan")
        return text + "0" * (len(readings(text)) > 1)  # three decimals are no thousands
    return str(value) if isinstance(value, int) else _bare(str(value))


def _bare(text: str) -> str:
    plain = re.fullmatch(r"[\w.%+/<>=~^$*()'-]([\w.%+/<>=~^$*()' -]|:(?! ))*", text) and not text.startswith(
        ("'", "*", "%", "- ", ">", "=")
    )
    safe = plain and not text.endswith((":", " ")) and isinstance(plain_scalar(text), str)
    return text if safe else json.dumps(text, ensure_ascii=False)


def cell_name(row: int, column: int) -> str:
    """`C4` for row 3 and column 2, counted from 0."""
    return f"{column_letters(column)}{row + 1}"


def said(cell: Cell) -> str:
    """A cell as a message quotes it."""
    if cell.percent and isinstance(cell.value, (int, float)):
        return f"{_plain(cell.value * 100)}%"
    return shown(cell_text(cell.value))


def name_of(cell: Cell) -> str:
    """The name in a cell; a number is the text of its digits."""
    return cell_text(cell.value).translate(HARD_BLANKS).strip()
