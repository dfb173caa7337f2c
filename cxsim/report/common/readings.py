"""The values that a page tells where the pointer stands: kept with the axes while they are drawn.

Axes with named places on x (`name_places`) tell the labelled curves on them, and those of `reading`, such as bars.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Unit = Literal["", "%", "s"]


@dataclass(frozen=True, eq=False)
class Reading:
    """A series on axes: its label, colour, places on x and values, with the ends of its band where it has one."""

    label: str
    colour: str
    x: Floats
    value: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(eq=False)
class _Told:
    place: Callable[[float], str] | None = None
    unit: Unit = ""
    series: list[Reading] = field(default_factory=list)


_KEPT: WeakKeyDictionary[Axes, _Told] = WeakKeyDictionary()


def name_places(ax: Axes, place: Callable[[float], str]) -> None:
    """Say what a place on the x axis is called, such as `Mon 18 Jan 08:30`."""
    _told(ax).place = place


def name_unit(ax: Axes, unit: Unit) -> None:
    """Say what the values of y are: shares ('%'), seconds ('s') or numbers ('')."""
    _told(ax).unit = unit


def reading(
    ax: Axes,
    label: str,
    colour: str,
    x: npt.ArrayLike,
    value: npt.ArrayLike,
    band: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> None:
    """Have a series told: values (N,) at places x (N,), and the lower and upper ends of a band."""
    low, high = band or (None, None)
    ends = [None if one is None else np.asarray(one, dtype=np.float64) for one in (low, high)]
    data = np.asarray(x, dtype=np.float64), np.asarray(value, dtype=np.float64)
    _told(ax).series.append(Reading(label, colour, *data, *ends))


def _told(ax: Axes) -> _Told:
    return _KEPT.setdefault(ax, _Told())


def readings(figure: Figure) -> str:
    """All that the axes of a figure tell, as JSON for the page's script; '' if nothing.

    `places` are lists of [x in tenths of a point, name], shared by axes; each of `axes` has its box in points from the
    top left, the number of its list, its unit, and series of [label, colour, values, low, high].
    """
    height = 72.0 * figure.get_figheight()
    scale = 72.0 / figure.dpi
    places: dict[tuple[tuple[int, str], ...], int] = {}
    out = []
    for ax in figure.axes:
        told = _KEPT.get(ax)
        if told is None or told.place is None:
            continue
        series = told.series or list(_lines(ax))
        finite = [one.x[np.isfinite(one.x) & np.isfinite(one.value)] for one in series]
        x: Floats = np.unique(np.round(np.concatenate(finite), 6)).astype(np.float64) if finite else np.zeros(0)
        low, high = ax.get_xlim()
        x = x[(x >= low) & (x <= high)]
        if not x.size:
            continue
        at = ax.transData.transform(np.column_stack([x, np.zeros(x.size)]))[:, 0] * scale
        named = tuple((round(10.0 * float(p)), told.place(float(v))) for p, v in zip(at, x, strict=True))
        box = ax.get_window_extent()
        out.append(
            {
                "box": [
                    round(v * scale, 1) for v in (box.x0, height / scale - box.y1, box.x1, height / scale - box.y0)
                ],
                "at": places.setdefault(named, len(places)),
                "unit": told.unit,
                "series": [_written(one, x, told.unit) for one in series],
            }
        )
    if not out:
        return ""
    return json.dumps({"places": [list(zip(*one, strict=True)) for one in places], "axes": out}, separators=(",", ":"))


def _lines(ax: Axes) -> list[Reading]:
    """The labelled curves that are drawn."""
    from matplotlib.colors import to_hex

    found = []
    for line in ax.get_lines():
        x, y = (np.asarray(one, dtype=np.float64) for one in line.get_data(orig=False))
        if not str(line.get_label()).startswith("_") and len(x) > 2 and line.get_transform() == ax.transData:
            found.append(Reading(str(line.get_label()), to_hex(line.get_color()), x, y))
    return found


def _written(one: Reading, x: Floats, unit: Unit) -> list[Any]:
    """A series at the places x."""
    keep = np.isfinite(one.x) & np.isfinite(one.value)
    where = np.searchsorted(x, np.round(one.x[keep], 6))
    inside = (where < x.size) & np.isin(np.round(one.x[keep], 6), x)

    def at(values: Floats | None) -> Sequence[float | int | None] | None:
        if values is None:
            return None
        out: list[float | int | None] = [None] * x.size
        for place, value in zip(where[inside], values[keep][inside], strict=True):
            out[place] = _short(float(value), unit)
        return out

    told = [one.label.removesuffix(", 95% band"), one.colour, at(one.value)]
    return told if one.low is None else [*told, at(one.low), at(one.high)]


def _short(value: float, unit: Unit) -> float | int | None:
    """Per cent with a decimal, or a number with four digits."""
    if not math.isfinite(value):
        return None
    rounded = round(100.0 * value, 1) if unit == "%" else float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded
