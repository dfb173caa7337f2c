"""The charts of a report as a widget for notebooks: the same drawings, values under the pointer, tables behind them.

A chart is drawn when it is first chosen, so that showing a result costs one drawing and not all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cxsim.report.common.pages import Grid, filled, readings_script
from cxsim.report.common.svg import svg as svg_of

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from matplotlib.figure import Figure

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Chart:
    """A chart of a report: what it says, how it is drawn, and the table behind it."""

    key: str
    title: str
    sentence: str
    figure: Callable[[], Figure]
    table: Callable[[], Grid]

    def drawn(self) -> dict[str, str]:
        """The drawing as SVG and its table as HTML."""
        drawing = svg_of(self.figure(), self.key, self.sentence or self.title)
        return {"svg": drawing, "table": filled("table.html.j2", table=self.table())}


@cache
def _kind() -> type[AnyWidget]:
    """The class of the widget, made when it is first needed: anywidget is an extra."""
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise ImportError("widgets need anywidget; install it with: pip install 'cxsim[notebook]'") from None

    class Charts(anywidget.AnyWidget):
        """A heading, a choice of charts, and the one that is chosen."""

        _esm = readings_script() + filled("widget.js")
        _css = filled("widget.css")
        heading = traitlets.Unicode("").tag(sync=True)
        charts = traitlets.List(traitlets.Dict()).tag(sync=True)
        chosen = traitlets.Unicode("").tag(sync=True)
        drawn = traitlets.Dict().tag(sync=True)

    return Charts


def widget(heading: str, charts: Sequence[Chart], chosen: str = "") -> AnyWidget:
    """A widget with these charts below a heading in HTML; `chosen` is drawn at once, the first if empty.

    Raises
    ------
    ImportError
        anywidget is not installed.
    ValueError
        There is no such chart.
    """
    make = _kind()
    known = {one.key: one for one in charts}
    if chosen and chosen not in known:
        raise ValueError(f"{chosen!r} is not a chart; the charts are {', '.join(known)}")
    chosen = chosen or next(iter(known), "")
    said = [{"key": one.key, "title": one.title, "sentence": one.sentence} for one in charts]
    made = make(heading=heading, charts=said, chosen=chosen, drawn={chosen: known[chosen].drawn()} if chosen else {})

    def draw(change: Mapping[str, Any]) -> None:
        key = str(change["new"])
        if key in known and key not in made.drawn:
            made.drawn = {**made.drawn, key: known[key].drawn()}

    made.observe(draw, names="chosen")
    return made


def mimebundle(make: Callable[[], AnyWidget]) -> dict[str, Any]:
    """The widget as a notebook shows it; nothing where no notebook asks or the extra is not installed."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None or find_spec("anywidget") is None:
        return {}
    bundle: Any = make()._repr_mimebundle_()  # with or without metadata, by version
    shown = bundle[0] if isinstance(bundle, tuple) else bundle
    return {kind: data for kind, data in shown.items() if kind == WIDGET_VIEW}
