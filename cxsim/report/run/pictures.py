"""The pictures of a report: what is drawn, in which order, and the sentence under each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from cxsim.report.common import formats, style
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run import drawing, tables, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxsim.simulation.result import Result


@dataclass(frozen=True)
class Picture:
    """One drawn picture: `key` names its file, `figures` the columns of the table behind it."""

    key: str
    title: str
    sentence: str
    scope: str
    figures: tuple[str, ...]
    svg: str = ""
    png: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)  # by format


Draw = Callable[..., "Axes"]


def _queues(result: Result) -> list[str]:
    """Queues, those with most contacts first where there are too many to draw."""
    names = list(result.names("queue")) or [""]
    if len(names) > style.MOST_PANELS:
        size = {name: result.estimate("offered", "queue", name).value for name in names}
        names = sorted(names, key=lambda name: -size[name])[: style.MOST_PANELS]
    return names


def _with(result: Result, queues: list[str], figure: str) -> list[str]:
    """The queues of which there is anything to draw; the first where there is nothing of any."""
    scope = [("queue", name) if name else ("total", "") for name in queues]
    found = [queue for queue, of in zip(queues, scope, strict=True) if result.estimate(figure, *of).value >= 0.0]
    if figure == "abandoned_share":
        found = [queue for queue in found if result.estimate(figure, "queue" if queue else "total", queue).value > 0.0]
    return found or queues[:1]


def _groups(result: Result) -> list[str]:
    names = list(result.names("group"))
    if len(names) >= style.MOST_PANELS:
        size = {name: result.estimate("paid_hours", "group", name).value for name in names}
        names = sorted(names, key=lambda name: -size[name])[: style.MOST_PANELS - 1]
    return [""] if len(names) <= 1 else ["", *names]


def _panels(result: Result, draw: Draw, names: list[str], share_y: bool = True, over_time: bool = True) -> Figure:
    axis = style.time_axis(result)
    wide = over_time and len(axis.days) > 1

    def one(name: str, ax: Axes) -> None:
        draw(result, name, ax)

    return style.panels(names, one, wide, share_y, x_label=not over_time)


def _heat(result: Result) -> Figure:
    return drawing.heat(result).figure  # type: ignore[return-value]  # never a SubFigure


def plan(result: Result) -> list[tuple[Picture, Callable[[], Figure]]]:
    """What there is to draw, each with the function that draws it."""
    queues, groups = _queues(result), _groups(result)
    waited, lost = (_with(result, queues, figure) for figure in ("asa", "abandoned_share"))
    unit = "day" if style.time_axis(result).by == "day" else "interval"

    def picture(key: str, title: str, scope: str, figures: str) -> Picture:
        said = getattr(words, key)(result)
        kind, drawn = ("group", groups) if key in ("staffing", "occupancy") else ("queue", queues)
        if key == "abandonment" and 0 < len(lost) < len(queues):
            said += f" No contacts abandon in {formats.listing([one for one in queues if one not in lost])}."
        left = len(result.names(kind)) - sum(1 for name in drawn if name)
        if left > 0 and drawn != [""] and key != "heat":
            said += f" The {len(result.names(kind)) - left} largest of {len(result.names(kind))} {kind}s are drawn."
        return Picture(key, title, said, scope, tuple(figures.split()))

    over = partial(_panels, result)
    found: list[tuple[Picture, Callable[[], Figure]]] = [
        (
            picture("service_level", f"Service level by {unit}", "queue", "offered sl"),
            partial(over, drawing.service_level, queues),
        ),
        (
            picture("wait", f"Wait by {unit}", "queue", "answered asa wait_p50 wait_p95"),
            partial(over, drawing.wait, waited),
        ),
        (
            picture("abandonment", f"Abandonment by {unit}", "queue", "offered abandoned abandoned_share"),
            partial(over, drawing.abandonment, lost),
        ),
        (
            picture("offered", "Offered contacts, by cause", "queue", "offered fresh redials repeats"),
            partial(over, drawing.offered, queues),
        ),
        (
            picture(
                "staffing",
                "Staffing against requirement",
                "total",
                "agents_required agents_scheduled agents_planned agents_present",
            ),
            partial(over, drawing.staffing, groups, share_y=False),
        ),
        (
            picture("occupancy", "Occupancy", "group", "agents_present occupancy"),
            partial(over, drawing.occupancy, groups),
        ),
    ]
    days = len(style.time_axis(result, "interval").days)
    if 1 < days <= 62:
        found.insert(
            1,
            (picture("heat", "Service level by day and hour", "total", "offered sl"), partial(_heat, result)),
        )
    if result.wait_histogram is not None and len(result.wait_histogram):
        waits = partial(over, drawing.wait_distribution, waited, over_time=False)
        found.append((picture("wait_distribution", "Waiting times", "queue", "waits"), waits))
    names = [queue for queue in queues if queue in _answered(result)]
    if names:
        found.append((picture("erlang", "Beside Erlang", "queue", "erlang"), partial(over, drawing.erlang, names)))
    return found


def _answered(result: Result) -> set[str]:
    """Queues for which Erlang has any answer: live ones, where channels are of several kinds."""
    frame = result.erlang
    columns = [] if frame is None else [c for c in ("sl_erlang_a", "sl_erlang_c") if c in frame.columns]
    if frame is None or not columns:
        return set()
    found = set(frame.loc[frame[columns].notna().any(axis=1), "queue"].astype(str))
    return found & set(result.kinds.get("live", ())) if tables.mixed(result) else found


def draw(result: Result, *, formats: Sequence[str] = ("png",), svg: bool = True) -> list[Picture]:
    """Draw every picture once: as files of these formats, as SVG for the page, or both."""
    out = []
    for picture, make in plan(result):
        figure = make()
        text = svg_of(figure, picture.key, picture.sentence) if svg else ""
        files = style.drawn(figure, f"{picture.title}: {result.name}", formats)
        out.append(replace(picture, svg=text, files=files))
    return out
