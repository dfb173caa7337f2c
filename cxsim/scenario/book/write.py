"""A scenario as a workbook to fill in: headings with units, notes, drop-downs; every value reads back the same."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from xlsxwriter import Workbook

from cxsim.scenario.book import cells, layout
from cxsim.scenario.book.spread import Made, Spread, spread
from cxsim.scenario.io.paths import info_at

Grid = Sequence[Sequence[Any]]  # rows of cells, the headings first
CREATED = datetime(2000, 1, 1)  # one date, so that the same scenario is the same bytes
ROWS = 200  # that drop-downs reach down
WIDEST = 46
ABOUT = (
    ("What this is", "A scenario for cxsim. Fill in the sheets, save, then run: cxsim check FILE, cxsim run FILE"),
    ("Units", "A heading tells the unit of plain numbers: 240 below 'Handle time (s)' is 240 seconds. A cell may also "
     "have its own unit: 4 min, 80%, 120/h"),
    ("Percent", "Write 80 %. A plain 0.8 below a heading with (%) is asked about, unless the cell is formatted as a "
     "percentage."),
    ("Lists", "Put commas between names: sales, service"),
    ("Yes or no", "Write yes or no."),
    ("Distributions", "A bare time is the mean of an exponential distribution. Others are written as "
     "{lognormal: {mean: 4 min, cv: 80%}}"),
    ("Blank cells", "mean the default. `cxsim check FILE --explain` lists every default."),
    ("Further keys", "Any key of the scenario reference may be the heading of a further column, or a row on the sheet "
     "Other settings: its path and its value."),
    ("Own sheets", "cxsim leaves out sheets whose name begins with Note, and columns headed Note."),
    ("YAML", "cxsim convert FILE.xlsx FILE.yaml writes the same scenario as text, and the other way round."),
)  # fmt: skip


def workbook(tree: Mapping[str, Any], grids: Mapping[str, Grid] | None = None, blank: bool = False) -> bytes:
    """A scenario workbook.

    `tree` has the values as a YAML file has them. `grids` are further sheets, such as Volumes, by title. With `blank`,
    every sheet that a planner may need is there, filled or not; otherwise those with something on them.
    Raises ValueError for a value that no cell can hold.
    """
    found = spread(dict(tree))
    out = io.BytesIO()
    made = _Maker(out)
    made.about()
    made.settings(found, blank)
    grids = dict(grids or {})
    for one in layout.records():
        rows = found.rows.get(one.title, [])
        if blank and one.title == "Targets":
            rows = rows or [((queue,), {}) for queue in tree.get("queues", {})]
        if rows or (blank and one in layout.RECORDS) or (blank and one.title == "Absences"):
            made.records(one, rows)
        if one.title == "Reasons":
            for own in layout.OWN[:2]:
                made.grid(own.title, own.about, grids.pop(own.title, None))
        if one.title == "Shifts":
            made.grid(
                layout.ROSTER, "A row for each person: a shift, off or leave below each day.", grids.pop("Roster", None)
            )
            made.grid(layout.OWN[2].title, layout.OWN[2].about, grids.pop(layout.OWN[2].title, None))
    for title, grid in grids.items():
        made.grid(title, "", grid)
    made.series(found.series)
    made.other(found.other)
    made.book.close()
    return out.getvalue()


class _Maker:
    """A workbook being written."""

    def __init__(self, out: io.BytesIO) -> None:
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = Workbook(out, options)
        self.book.set_properties({"created": CREATED, "title": "cxsim scenario"})
        base = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
        self.base, self.styles = base, dict[str, Any]()
        self.bold = self.book.add_format({**base, "bold": True})
        self.key = self.book.add_format({**base, "bold": True, "bottom": 1, "bg_color": "#CFE2F0", "text_wrap": True})
        self.head = self.book.add_format({**base, "bold": True, "bottom": 1, "bg_color": "#EEF1F3", "text_wrap": True})
        shown = {"num_format": "ddd dd/mm/yyyy", "align": "left"}
        self.date = self.book.add_format({**base, "bold": True, "bottom": 1, "bg_color": "#EEF1F3", **shown})
        self.grey = self.book.add_format({**base, "font_color": "#6B737C", "text_wrap": True})
        self.wrap = self.book.add_format({**base, "text_wrap": True})

    def style(self, pattern: str) -> Any:
        """The format of a number format."""
        if pattern not in self.styles:
            more = {"num_format": pattern, "align": "left" if "-" in pattern or ":" in pattern else "right"}
            self.styles[pattern] = self.book.add_format({**self.base, **(more if pattern else {})})
        return self.styles[pattern]

    def sheet(self, title: str, widths: Sequence[int] = ()) -> Any:
        """A new sheet with its headings frozen."""
        made = self.book.add_worksheet(title)
        made.freeze_panes(1, 0)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        for j, width in enumerate(widths):
            made.set_column(j, j, width, self.style(""))
        return made

    def cell(self, sheet: Any, i: int, j: int, value: Any, pattern: str = "") -> int:
        """Write a cell as what it is; its width in characters."""
        style = self.style(pattern)
        if isinstance(value, bool):
            sheet.write_boolean(i, j, value, style)
        elif isinstance(value, (int, float)):
            sheet.write_number(i, j, value, style)
        elif isinstance(value, datetime | time):
            sheet.write_datetime(i, j, value, style)
            return 10
        elif value not in (None, ""):
            sheet.write_string(i, j, str(value), style)
        return len(str(value))

    def about(self) -> None:
        """The first sheet: how to fill in the others."""
        made = self.sheet("Read me", (18, 110))
        made.hide_gridlines(2)
        made.write_string(0, 0, "cxsim scenario workbook", self.bold)
        for i, (name, text) in enumerate(ABOUT, start=2):
            made.write_string(i, 0, name, self.bold)
            made.write_string(i, 1, text, self.wrap)

    def settings(self, found: Spread, blank: bool) -> None:
        """A row for each common setting; those without a value only in a workbook to fill in."""
        rows = [key for key in layout.CURATED if key in found.settings or blank]
        for lead in ("horizon.open", "horizon.exceptions"):
            below = [key for key in found.settings if key.startswith(f"{lead}.")]
            rows = [one for key in rows for one in (below if below and key == lead else [key])]
            rows += [key for key in below if key not in rows]
        if not rows:
            return
        made = self.sheet(layout.SETTINGS, (24, 30, 14, 90))
        for j, text in enumerate(("Setting", "Value", "Unit", "Meaning")):
            made.write_string(0, j, text, self.key if j < 2 else self.head)
        for i, key in enumerate(rows, start=1):
            path = tuple(key.split("."))
            info = info_at(path) or info_at(path[:2])
            made.write_string(i, 0, key, self.style(""))
            if key in found.settings:
                self.cell(made, i, 1, *found.settings[key])
            if info is not None:
                unit = layout.unit(info)
                made.write_string(i, 2, f"({unit})" if unit else "", self.grey)
                made.write_string(i, 3, info.description or "", self.grey)
                self._choice(made, i, 1, i, layout.choices(info))

    def records(self, one: layout.Records, rows: Sequence[tuple[tuple[str, ...], dict[str, Made]]]) -> None:
        """A sheet with a row for each entry; its columns are those usually needed and those that are used."""
        known = layout.columns(one)
        used = list(dict.fromkeys(key for _, row in rows for key in row))
        instead = {"talk": "handle_time", "handle_time": "talk", "wrap": "handle_time"}
        shown = [key for key in one.shown if key in known and not (instead.get(key) in used and key not in used)]
        names = [*shown, *(key for key in used if key not in shown)]
        made = self.sheet(one.title)
        widths = [max(10, len(key) + 2) for key in one.keys] + [
            max(9, *(len(word) for word in layout.heading(key, known[key][1]).split())) + 3 for key in names
        ]
        for j, text in enumerate(one.keys):
            made.write_string(0, j, text, self.key)
            self._choice(made, 1, j, ROWS, (), layout.NAMED.get(text.lower(), ""), one.title)
        lead = len(one.keys)
        for j, key in enumerate(names, start=lead):
            info = known[key][1]
            made.write_string(0, j, layout.heading(key, info), self.head)
            made.write_comment(0, j, f"{key}: {info.description or 'see the scenario reference'}", {"x_scale": 2.2})
            self._choice(made, 1, j, ROWS, layout.choices(info), layout.NAMED.get(key, ""), one.title)
        for i, (named, row) in enumerate(rows, start=1):
            for j, name in enumerate(named):
                widths[j] = max(widths[j], self.cell(made, i, j, name) + 2)
            for j, key in enumerate(names, start=lead):
                if key in row:
                    widths[j] = max(widths[j], self.cell(made, i, j, *row[key]) + 2)
        made.set_row(0, 32)
        for j, width in enumerate(widths):
            made.set_column(j, j, min(width, WIDEST))
        made.write_string(0, lead + len(names), "Note", self.head)
        made.set_column(lead + len(names), lead + len(names), 30)
        made.write_comment(0, 0, one.about, {"x_scale": 2.2})

    def _choice(
        self, sheet: Any, i: int, j: int, last: int, choices: Sequence[str], named: str = "", title: str = ""
    ) -> None:
        """A drop-down that suggests; what is written beside it is left to `cxsim check`."""
        source: Any = list(choices)
        if not choices and named and named != title:
            source = f"='{named}'!$A$2:$A${ROWS}"
        if source and (isinstance(source, str) or len(",".join(source)) <= 255):
            sheet.data_validation(i, j, last, j, {"validate": "list", "source": source, "show_error": False})

    def grid(self, title: str, about: str, grid: Grid | None) -> None:
        """A table as it is given."""
        if grid is None:
            return
        made = self.sheet(title)
        widths = [10 + 6 * isinstance(head, datetime) for head in grid[0]]
        for j, head in enumerate(grid[0]):
            if isinstance(head, datetime):
                made.write_datetime(0, j, head, self.date)
            else:
                made.write_string(0, j, str(head), self.key if j < 2 else self.head)
        for i, row in enumerate(grid[1:], start=1):
            for j, value in enumerate(row):
                pattern = "hh:mm" if isinstance(value, time) else "yyyy-mm-dd" if isinstance(value, datetime) else ""
                widths[j] = max(widths[j], self.cell(made, i, j, value, pattern) + 2)
        for j, width in enumerate(widths):
            made.set_column(j, j, min(width, WIDEST))
        if about:
            made.write_comment(0, 0, about, {"x_scale": 2.2})

    def series(self, series: Mapping[str, Sequence[Any]]) -> None:
        """A column for each list of numbers, one for each open interval."""
        if not series:
            return
        made = self.sheet(layout.SERIES, (6, *(max(12, *(len(x) for x in key.split("."))) + 2 for key in series)))
        made.write_string(0, 0, "No.", self.head)
        for i in range(max(map(len, series.values()))):
            self.cell(made, i + 1, 0, i + 1)
        for j, (key, values) in enumerate(series.items(), start=1):
            made.write_string(0, j, key, self.key)
            for i, value in enumerate(values, start=1):
                found = cells.written(value)
                if found is None:
                    raise ValueError(f"{key}: {value!r} cannot be written into a cell")
                self.cell(made, i, j, *found)
        made.set_row(0, 48)

    def other(self, other: Mapping[str, Any]) -> None:
        """A row for everything that no other sheet has a place for."""
        if not other:
            return
        made = self.sheet(layout.OTHER, (44, 90))
        made.write_string(0, 0, "Path", self.key)
        made.write_string(0, 1, "Value", self.key)
        for i, (key, value) in enumerate(other.items(), start=1):
            self.cell(made, i, 0, key)
            found = cells.written(value)
            if found is not None:
                self.cell(made, i, 1, *found)
                continue
            text = cells.flow(value)
            for j, first in enumerate(range(0, len(text), cells.LONGEST), start=1):
                self.cell(made, i, j, text[first : first + cells.LONGEST])
