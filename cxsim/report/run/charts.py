"""The native charts of the workbook, drawn from the ranges of its own sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxsim.report.common.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILLION
from cxsim.report.run.tables import mixed

if TYPE_CHECKING:
    from cxsim.report.run.workbook import Sheet
    from cxsim.simulation.result import Result

PALETTE = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY, INK, GREY)
MOST_LINES = 8
WIDTH, HEIGHT, ROWS = 620, 310, 16


def draw(book: Any, sheet: Any, places: dict[str, Sheet], result: Result) -> None:
    """Put every chart there is data for on the sheet, two beside each other."""
    days = len({label.date() for label in result.labels})
    each = max(1, round(len(result.labels) / days)) if days > 1 else max(1, round(3600 / result.interval))
    pattern = "ddd d mmm" if days > 1 else "hh:mm"
    small = {
        "num_font": {"size": 9, "color": GREY},
        "line": {"color": GREY},
        "label_position": "low",
        "text_axis": True,
    }
    over_time = {**small, "num_format": pattern, "interval_unit": each, "interval_tick": each}
    made = _charts(book, places, "date" if days > 1 else "time", result)
    for chart in made:
        chart.set_x_axis(over_time)
    waits = _waits(book, places)
    if waits is not None:
        waits.set_x_axis({**small, "name": "seconds waited", "name_font": {"size": 9, "color": GREY, "bold": False}})
        made.append(waits)
    made = [chart for chart in made if chart.series]
    for i, chart in enumerate(made):
        chart.set_size({"width": WIDTH, "height": HEIGHT})
        sheet.insert_chart(i // 2 * ROWS, i % 2 * 10, chart, {"object_position": 3})
    if not made:
        sheet.write_string(0, 0, "Nothing was measured by interval.")


def _charts(book: Any, places: dict[str, Sheet], key: str, result: Result) -> list[Any]:
    out = []
    queues, groups, whole = (places.get(f"{scope}_interval") for scope in ("queue", "group", "total"))
    if queues is not None:
        every = list(queues.blocks)[:MOST_LINES]
        # Waits of calls and of mail have no scale in common: a chart for each kind of channel.
        wait = "Mean wait of answered contacts (ASA)"
        alike = [(f"{wait}: {kind}", [name for name in every if name in result.kinds[kind]]) for kind in result.kinds]
        waits = alike if mixed(result) else [(wait, every)]
        for figure, title, axis, pattern, names in (
            ("sl", "Service level", "SL", "0%", every),
            *(("asa", title, "seconds", "#,##0", names) for title, names in waits if names),
            ("abandoned_share", "Abandoned share", "abandoned", "0%", every),
        ):
            chart = _chart(book, "line", title, axis, pattern, top=1 if figure == "sl" else None)
            for name in names:
                _add(chart, queues, figure, name, name, PALETTE[every.index(name)], key)
                if figure == "sl" and len(names) == 1:
                    _add(chart, queues, "SL target", name, "target", INK, key, dash="dash")
            out.append(chart)
    if whole is not None:
        stacked = _chart(book, "column", "Contacts offered, by cause", "contacts", "0", subtype="stacked")
        for figure, title, colour in (
            ("fresh", "fresh", SKY),
            ("redials", "redials", ORANGE),
            ("repeats", "repeats", PURPLE),
        ):
            _add(stacked, whole, figure, "", title, colour, key, fill=True)
        out.append(stacked)
        staffing = _chart(book, "line", "Staffing against requirement", "agents", "0")
        for figure, colour, dash in (
            ("agents_present", SKY, "solid"),
            ("agents_scheduled", GREY, "round_dot"),
            ("agents_required", VERMILLION, "solid"),
        ):
            _add(staffing, whole, figure, "", figure.removeprefix("agents_"), colour, key, dash=dash)
        out.append(staffing)
    if groups is not None:
        chart = _chart(book, "line", "Occupancy", "occupancy", "0%", top=1)
        for i, name in enumerate(list(groups.blocks)[:MOST_LINES]):
            _add(chart, groups, "occupancy", name, name, PALETTE[i], key)
        out.append(chart)
    erlang = places.get("erlang")
    if erlang is not None:
        for name in list(erlang.blocks)[:MOST_LINES]:
            chart = _chart(book, "line", "Compared with Erlang: " + name, "SL", "0%", top=1)
            for column, colour, dash in (
                ("SL simulated", BLUE, "solid"),
                ("SL Erlang A", ORANGE, "dash"),
                ("SL Erlang C", GREEN, "round_dot"),
            ):
                _add(chart, erlang, column, name, column.removeprefix("SL "), colour, key, dash=dash)
            out.append(chart)
    return out


def _waits(book: Any, places: dict[str, Sheet]) -> Any:
    waits = places.get("waits")
    if waits is None:
        return None
    chart = _chart(book, "line", "Share of contacts answered, by time waited", "share of contacts", "0%", top=1)
    for i, name in enumerate(list(waits.blocks)[:MOST_LINES]):
        _add(chart, waits, "Answered", name, name or "all", PALETTE[i], "After (s)")
    return chart


def _chart(
    book: Any, kind: str, title: str, axis: str, pattern: str, subtype: str = "", top: float | None = None
) -> Any:
    chart = book.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
    small = {"size": 9, "color": GREY, "bold": False}
    chart.set_title({"name": title, "name_font": {"size": 12, "color": INK}, "overlay": False})
    limits = {"min": 0, **({"max": top} if top is not None else {})}
    chart.set_y_axis(
        {
            "name": axis,
            "name_font": small,
            "num_font": small,
            "num_format": pattern,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#E4E8EB"}},
            **limits,
        }
    )
    chart.set_legend({"position": "bottom", "font": {"size": 9, "color": INK}})
    chart.show_blanks_as("gap")
    return chart


def _add(
    chart: Any,
    place: Sheet,
    column: str,
    name: str,
    title: str,
    colour: str,
    key: str,
    *,
    dash: str = "solid",
    fill: bool = False,
) -> None:
    if column not in place.columns or key not in place.columns:
        return
    first, last = place.blocks.get(name, (place.first, place.last))
    look: dict[str, Any] = {"line": {"color": colour, "width": 1.75, "dash_type": dash}}
    if fill:
        look = {"fill": {"color": colour}, "border": {"color": "white", "width": 0.25}, "gap": 8}
    chart.add_series(
        {
            # A text that begins with = would be read as a formula; a cell holds it as the text it is.
            "name": [place.name, first, place.columns[place.key]] if name and name == title else title,
            "categories": [place.name, first, place.columns[key], last, place.columns[key]],
            "values": [place.name, first, place.columns[column], last, place.columns[column]],
            **look,
        }
    )
