"""Numbers, shares and lengths of time as exports write them, and what the texts of a whole column leave open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.tables.coded import Coded

Floats = npt.NDArray[np.float64]
UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0, "days": 86400.0}
CLOCKS = ("mm:ss", "hh:mm", "hh:mm:ss")
_MARKED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}")  # 1,200: the mark may stand between thousands, or begin decimals
_SURE_DECIMAL = re.compile(r"[+-]?\d*([.,])(?:\d{1,2}|\d{4,})|[+-]?(?:0|\d{4,})?([.,])\d+")
_SURE_BOTH = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f’])\d{3})+([.,])\d+")
_SURE_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3}){2,}")
_LONG = re.compile(r"(-?)(?:(\d+)[.:\s](?=\d+:\d\d:\d\d))?(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)")
_SHORT = re.compile(r"(-?)(\d+):(\d{2}(?:[.,]\d+)?)")
_WORDED = re.compile(
    r"(?:(\d+)\s*h(?:ours?)?)?\s*(?:(\d+)\s*m(?:in(?:utes?)?)?)?\s*(?:(\d+(?:\.\d+)?)\s*s(?:ec(?:onds?)?)?)?",
    re.IGNORECASE,
)


class Marks(NamedTuple):
    """What the numbers of a file say of their decimal mark: how many show a point, a comma, or leave it open."""

    point: int
    comma: int
    unsure: tuple[str, ...]

    @property
    def decimal(self) -> str:
        """The mark, or empty where nothing shows it (and nothing needs it) or texts contradict each other."""
        return "." if self.point and not self.comma else "," if self.comma and not self.point else ""


def marks(texts: Iterable[str]) -> Marks:
    """What the texts of all numeric columns of a file show of their decimal mark."""
    point = comma = 0
    unsure: list[str] = []
    for text in texts:
        plain = text.strip(" %€$£")
        if "." not in plain and "," not in plain:
            continue
        decimal = ""
        if match := _SURE_BOTH.fullmatch(plain):
            decimal = match[2]
        elif match := _SURE_THOUSANDS.fullmatch(plain):
            decimal = "." if match[1] == "," else ","
        elif _MARKED.fullmatch(plain) and not plain.lstrip("+-").startswith("0"):
            unsure.append(text)
        elif match := _SURE_DECIMAL.fullmatch(plain):
            decimal = match[1] or match[2]
        point += decimal == "."
        comma += decimal == ","
    return Marks(point, comma, tuple(unsure))


def number(text: str, decimal: str = ".") -> float:
    """A number with this decimal mark, any other mark between thousands; NaN for other text."""
    plain = re.sub(r"[\s'’\u00a0\u202f]", "", text.strip(" €$£"))
    other = "," if decimal == "." else "."
    if other in plain:
        head, _, tail = plain.partition(decimal)
        if not re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(?:\{other}\d{{3}})+", head) or other in tail:
            return np.nan
        plain = plain.replace(other, "")
    plain = plain.replace(decimal, ".")
    if plain.startswith("(") and plain.endswith(")"):
        return np.nan
    try:
        return float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain) else np.nan
    except ValueError:
        return np.nan


def numbers(column: Coded, decimal: str = ".") -> tuple[Floats, npt.NDArray[np.bool_]]:
    """A value for each distinct text, NaN for what is not a number, and whether it had a percent sign."""
    values = np.array([number(text.rstrip("% "), decimal) for text in column.values], dtype=np.float64)
    signs = np.array([text.rstrip().endswith("%") for text in column.values], dtype=np.bool_)
    return values, signs


def length(text: str, unit: str, decimal: str = ".") -> float:
    """A length of time in seconds; a number without a colon is in `unit`, which also reads 4:05. NaN for other text."""
    if ":" in text:
        if match := _LONG.fullmatch(text):
            days, hours, minutes = int(match[2] or 0), int(match[3]), int(match[4])
            whole = days * 86400.0 + hours * 3600.0 + minutes * 60.0 + float(match[5].replace(",", "."))
            return -whole if match[1] else whole
        if (match := _SHORT.fullmatch(text)) is not None and unit in CLOCKS:
            first, second = int(match[2]), float(match[3].replace(",", "."))
            whole = first * 3600.0 + second * 60.0 if unit == "hh:mm" else first * 60.0 + second
            return np.nan if second >= 60.0 else -whole if match[1] else whole
        return np.nan
    value = number(text, decimal)
    if np.isnan(value):
        match = _WORDED.fullmatch(text.strip())
        if match is None or not any(match.groups()):
            return np.nan
        return float(match[1] or 0) * 3600.0 + float(match[2] or 0) * 60.0 + float(match[3] or 0)
    return value * UNITS[unit] if unit in UNITS else np.nan


def clock_forms(texts: Iterable[str]) -> tuple[int, int, int, float]:
    """(h:mm:ss, n:nn, without a colon, the largest first number of n:nn) among texts of lengths of time."""
    long = short = bare = 0
    largest = 0.0
    for text in texts:
        if _LONG.fullmatch(text):
            long += 1
        elif match := _SHORT.fullmatch(text):
            short, largest = short + 1, max(largest, float(match[2]))
        elif re.fullmatch(r"[+-]?[\d.,]*\d.*", text):
            bare += 1
    return long, short, bare, largest
