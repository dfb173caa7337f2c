"""Factors of a design: what is changed in a scenario, and through which values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from cxsim.scenario.io.healing import flow

Kind = Literal["number", "whole", "choice", "overrides"]
Value = float | int | str
BASE = "base"  # no override at all
_NUMBER = re.compile(r"([-+]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([-+]?\d+))?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Factor:
    """One factor: a path of the scenario and its values, a range low .. high, or named overrides.

    Numbers stand without their unit, which is the text that follows them (` min`, empty). Those in percent or in points
    stand as shares, as figures do: 85.9% is 0.859. `written` are the values
    as they go into the scenario, where the kind is choice. `steps` is the number of levels of a range in a grid.
    """

    name: str
    path: str
    kind: Kind
    values: tuple[Value, ...] = ()
    written: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    steps: int | None = None
    unit: str = ""
    signed: bool = False
    base: Value | None = None

    @property
    def ranged(self) -> bool:
        """Whether it is a range of numbers, not a list of values."""
        return not self.values

    @property
    def scale(self) -> float:
        """What a number is multiplied with where its unit is written."""
        return scale_of(self.unit)

    @property
    def column(self) -> str:
        """The type of its column in tables: f64, i64 or str."""
        return {"number": "f64", "whole": "i64"}.get(self.kind, "str")

    def at(self, u: float) -> Value:
        """The value at 0 <= u < 1 of its range or list."""
        if self.values:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        if self.kind == "whole":
            return int(min(self.low + int(u * (self.high - self.low + 1.0)), self.high))
        return round(self.low + u * (self.high - self.low), 12)

    def levels(self) -> tuple[Value, ...]:
        """Its values in a grid; none for a range of numbers that says no steps."""
        if self.values:
            return self.values
        if self.kind == "whole" and self.steps is None:
            return tuple(range(int(self.low), int(self.high) + 1))
        if self.steps is None:
            return ()
        if self.steps == 1:
            return (self._cast(self.low),)
        width = (self.high - self.low) / (self.steps - 1)
        return tuple(dict.fromkeys(self._cast(round(self.low + i * width, 12)) for i in range(self.steps)))

    def _cast(self, x: float) -> Value:
        return round(x) if self.kind == "whole" else x

    def raw(self, value: Value) -> Any:
        """A value as it would be written in the scenario."""
        if self.kind == "choice":
            return self.written[self.values.index(value)]
        if not self.unit and not self.signed:
            return value
        sign = "+" if self.signed and float(value) >= 0.0 else ""
        return f"{sign}{self._text(value)}{self.unit}"

    def _text(self, value: Value) -> str:
        return str(value) if isinstance(value, str) else text_of(value if self.scale == 1.0 else value * self.scale)

    def shown(self, value: Value) -> str:
        """A value with its unit, for people."""
        return f"{self._text(value)}{self.unit}" if self.kind != "choice" else str(value)

    def facts(self) -> dict[str, Any]:
        """What the store keeps of it."""
        ranged = {"low": self.low, "high": self.high, "steps": self.steps}
        return {
            "name": self.name,
            "path": self.path,
            "kind": self.kind,
            "unit": self.unit,
            "scale": self.scale,
            "column": self.column,
            "values": list(self.values) or None,
            **(ranged if self.ranged else {}),
            "base": self.base,
        }


def scale_of(unit: str) -> float:
    """100 for percent and points, whose numbers stand as shares; else 1."""
    return 100.0 if unit.strip() in ("%", "point", "points", "pt", "pts", "pp") else 1.0


def text_of(value: Value) -> str:
    """A number without needless digits, a text as it is."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def split(value: Any) -> tuple[float, str, bool] | None:
    """A number, its unit and whether its sign is written, of what a user wrote; None where it is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value), "", False
    found = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or ":" in found[4] or "-" in found[4] or re.search(r"\d", found[4]):
        return None
    number = float(f"{found[1]}{found[2]}" + (f"e{found[3]}" if found[3] else ""))
    number = number if scale_of(found[4]) == 1.0 else round(number / scale_of(found[4]), 14)
    return number, found[4], found[1] == "+" or "point" in found[4]


def of_values(name: str, path: str, values: list[Any], base: Any = None) -> Factor:
    """A factor over listed values: numbers where all are numbers of one unit, else choices."""
    parts = [split(value) for value in values]
    units = {part[1] for part in parts if part is not None}
    if all(part is not None for part in parts) and len(units) == 1:
        numbers = [part[0] for part in parts if part is not None]
        whole = all(isinstance(value, int) for value in values)
        own = split(base) if base is not None else None
        kept: tuple[Value, ...] = tuple(int(x) for x in numbers) if whole else tuple(numbers)
        signed = any(part[2] for part in parts if part is not None)
        usual = None if own is None else (int(own[0]) if whole else own[0])
        return Factor(name, path, "whole" if whole else "number", kept, (), unit=units.pop(), signed=signed, base=usual)
    texts = tuple(_label(value) for value in values)
    return Factor(name, path, "choice", texts, tuple(values), base=None if base is None else _label(base))


def _label(value: Any) -> str:
    """A value of any kind in one line."""
    return (
        flow({"": value}, ("",)) if isinstance(value, dict | list) else text_of(value) if value is not None else "none"
    )
