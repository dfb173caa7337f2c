"""Drawings as SVG for pages: text stays text, ids touch no other drawing's, and nothing is longer than it need be.

matplotlib writes a path for each bar, a point for each step of a curve, six decimals, and the fonts of each text: a
page of a week would be many times as large. Coordinates are rounded to a tenth of a point.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from cxsim.report.common.readings import readings
from cxsim.schema.names import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG, LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
NEAR = 0.08  # points: how far a curve may be from where it was
MOST_PASSED = 12  # points left out in a row: so that a long curve does not take long
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
STRAIGHT = re.compile(r"[MLz\s\d.e+-]*")
MEASURES = ("x", "y", "width", "height", "transform", "d", "points")
IMPLIED = {"stroke-linecap: butt", "fill-opacity: 1", "stroke-opacity: 1", "stroke-width: 1"}


def svg(figure: Figure, key: str, description: str) -> str:
    """The figure as an <svg> element, `key` being different for each figure of a page."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = io.StringIO()
    escape_controls(figure)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": key}):
        figure.patch.set_visible(False)
        notes = {"Date": None, "Creator": None}
        FigureCanvasSVG(figure).print_svg(out, metadata=notes)  # type: ignore[no-untyped-call]  # matplotlib has no types here
        figure.patch.set_visible(True)
    text = out.getvalue()
    root = ElementTree.fromstring(text[text.index("<svg") :])
    compact(root)
    root.set("id", f"{key}-svg")
    root.set("role", "img")
    root.set("aria-label", printable(description))
    told = readings(figure)
    if told:
        root.set("data-values", told)
    for style in root.iter(f"{{{SVG}}}style"):
        style.text = (style.text or "").replace("*{", f"#{key}-svg *{{", 1)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def escape_controls(figure: Figure) -> None:
    """Show the control characters in the texts of a figure as Python writes them; no SVG may hold them."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        said = text.get_text()
        if printable(said) != said:
            text.set_text(printable(said))


def compact(root: ElementTree.Element) -> None:
    """Shorten a drawing in place, without a change that can be seen."""
    metadata = root.find(f"{{{SVG}}}metadata")
    if metadata is not None:
        root.remove(metadata)
    used = {
        name
        for one in root.iter()
        for value in one.attrib.values()
        for name in re.findall(r"(?:url\(#|^#)([^)\s]+)\)?", value)
    }
    for one in root.iter():
        _shorten(one, used)
    _flatten(root)


def _shorten(one: ElementTree.Element, used: set[str]) -> None:
    if one.get("id") not in used:
        one.attrib.pop("id", None)
    style = [part for part in (one.get("style") or "").split("; ") if part and not part.startswith("font-family")]
    style = [part for part in style if part not in IMPLIED]
    one.attrib.pop("style", None)
    if style:
        one.set("style", ";".join(part.replace(": ", ":") for part in style))
    if one.get("transform", "").startswith("rotate(-0 "):
        del one.attrib["transform"]
    if f"{{{LINK}}}href" in one.attrib:
        one.set("href", one.attrib.pop(f"{{{LINK}}}href"))
    for name in MEASURES:
        if name in one.attrib:
            one.set(name, _path(one.attrib[name]) if name == "d" else NUMBER.sub(_rounded, one.attrib[name]))
    if one.tag != f"{{{SVG}}}text" and not (one.text or "").strip():
        one.text = None
    if not (one.tail or "").strip():
        one.tail = None


def _rounded(found: re.Match[str]) -> str:
    return _short(float(found.group()))


def _path(data: str) -> str:
    """A path with fewer decimals; of straight lines, without points that they pass by too closely to be seen."""
    if not STRAIGHT.fullmatch(data):
        return " ".join(NUMBER.sub(lambda found: f"{float(found.group()):.2f}", data).split())  # a mark's curves
    out: list[str] = []
    for piece in re.findall(r"M[^M]*", data):
        numbers = [float(one) for one in re.findall(r"[-\d.e]+", piece)]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        out.append("M" + " ".join(f"{_short(x)} {_short(y)}" for x, y in _thinned(points)) + "z" * ("z" in piece))
    return "".join(out)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of a line without those less than NEAR from the line between the ones kept beside them."""
    points = [p for p, before in zip(points, [(math.inf, 0.0), *points], strict=False) if p != before]
    kept, since = points[:1], 1
    for k in range(2, len(points)):
        a, b = kept[-1], points[k]
        if k - since > MOST_PASSED or any(_apart(points[j], a, b) > NEAR for j in range(since, k)):
            kept.append(points[k - 1])
            since = k
    return kept + points[1:][-1:]


def _apart(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far a point is from the stretch between two others."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = min(1.0, max(0.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length)) if length else 0.0
    return float(((p[0] - a[0] - t * dx) ** 2 + (p[1] - a[1] - t * dy) ** 2) ** 0.5)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _flatten(parent: ElementTree.Element) -> None:
    """Take away groups that say nothing, and join neighbouring paths that look alike."""
    kept: list[ElementTree.Element] = []
    for one in _without_groups(parent):
        _flatten(one)
        before = kept[-1] if kept else None
        if before is not None and before.tag == one.tag == f"{{{SVG}}}path" and _look(before) == _look(one):
            before.set("d", before.attrib["d"] + one.attrib["d"])
        else:
            kept.append(one)
    parent[:] = list(_dressed(kept))


def _dressed(found: list[ElementTree.Element]) -> Iterator[ElementTree.Element]:
    """Neighbours of one style under a group that has it."""
    for style, some in groupby(found, key=lambda one: one.get("style")):
        run = list(some)
        if style is None or len(run) < 3:
            yield from run
            continue
        group = ElementTree.Element(f"{{{SVG}}}g", {"style": style})
        for one in run:
            del one.attrib["style"]
        group.extend(run)
        yield group


def _without_groups(parent: ElementTree.Element) -> Iterator[ElementTree.Element]:
    for one in parent:
        if one.tag == f"{{{SVG}}}g" and not one.attrib:
            yield from _without_groups(one)
        else:
            yield one


def _look(one: ElementTree.Element) -> tuple[tuple[str, str], ...]:
    """What two paths must share to be drawn as one; translucent ones would look different where they overlap."""
    if "opacity" in one.get("style", "") or "id" in one.attrib:
        return (("", str(id(one))),)
    return tuple(sorted((name, value) for name, value in one.attrib.items() if name != "d"))
