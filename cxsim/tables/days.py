"""The day of each row of a table, and what to say where it has none or two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from cxsim.tables.reader import Table, TableError
from cxsim.tables.stamps import dates_in, day, weekdays

EVERY_DAY = ("every day", "daily", "all days")
_LOOKED_AT = 1000  # cells of a column that say whether it holds days


_DAY_WORD = re.compile(r"(?<![a-z])(date|datum|weekday|wochentag)(?![a-z])", re.IGNORECASE)
_COUNT = re.compile(r"\d{1,9}(?:[.,]\d+)?")  # of these, 36,000 to 80,000 may be dates of a spreadsheet


Days = list[date | tuple[int, ...]]  # of each row: a date, weekdays, or () for every day


def days_of(table: Table, column: str, given: Sequence[date | None], elsewhere: Sequence[bool]) -> Days:
    """The day of each row; a date told `elsewhere`, with an offset, may be another one than that beside it."""
    found_in = (table.find("date"), table.find("weekday", "day"))
    columns = [name for name in found_in if name is not None and name != column]
    out: Days = []
    blank: list[int] = []
    for i in range(len(table)):
        said = [(name, table.cells[name][i]) for name in columns if table.cells[name][i]]
        on: date | tuple[int, ...] | None = given[i]
        if on is not None and elsewhere[i]:
            out.append(on)
            continue
        for k, (name, text) in enumerate(said):
            found = _day_of(text)
            if found is None and (k or on is not None):
                continue  # such as the day of the month beside a date
            if found is None:
                raise _not_a_day(table, i, name)
            if isinstance(on, date) and not _agree(on, found):
                rule = f"does not match the day of its row, {on:%a} {on}"
                fix = f"correct one of them, or rename {name!r} if it has another meaning"
                raise table.fault(table.lines[i], text, name, rule, fix)
            on = found if on is None else on
        if on is None:
            blank.append(i)
        out.append(() if on is None else on)
    if blank and len(blank) < len(out):
        i, name = blank[0], columns[0] if columns else column
        rule, fix = "has a row without a day, but other rows have one", "write the date too, such as 2026-03-02T08:30"
        if columns:
            fix = (
                f"write it in each row ('every day' for all), or add 'carry_down: {name}' next to 'file' if a blank "
                "cell means the day above"
            )
        raise table.fault(table.lines[i], None, name, rule, fix)
    if not any(isinstance(on, date) for on in out):
        _no_other_days(table, column, columns)
    return out


def _agree(on: date, found: date | tuple[int, ...]) -> bool:
    return found == on if isinstance(found, date) else not found or on.weekday() in found


def _day_of(text: str) -> date | tuple[int, ...] | None:
    if text.casefold() in EVERY_DAY:
        return ()
    on = day(text)
    return on if on is not None else weekdays(text)


def _not_a_day(table: Table, i: int, name: str) -> TableError:
    text, line = table.cells[name][i], table.lines[i]
    if table.totals(i):
        return table.fault(line, table.totals(i), None, "is a row of totals", f"remove line {line}")
    ways = " or ".join(str(on) for on in dates_in(text))
    rule = "may mean two different days" if " or " in ways else "is not a day"
    return table.fault(line, text, name, rule, f"write {ways or '2026-03-02, or mon, or mon-fri'}")


def _no_other_days(table: Table, column: str, read: Sequence[str]) -> None:
    """Refuse a column that holds days and is not read: the rows would hold for every day."""
    for name in table.columns:
        if name == column or name in read:
            continue
        cells = [text for text in table.cells[name][:_LOOKED_AT] if text]
        days = sum(bool(dates_in(text)) or (not read and weekdays(text) is not None) for text in cells)
        unlike = sum(not _COUNT.fullmatch(text) or 36_000 <= float(text.replace(",", ".")) <= 80_000 for text in cells)
        called = _DAY_WORD.search(name.replace("_", " ")) is not None and 2 * unlike >= len(cells)
        if cells and (2 * days >= len(cells) or called):
            rule = "contains days but is not used, so its rows would count for every " + ("week" if read else "day")
            role = "weekday" if all(weekdays(text) for text in cells) else "date"
            role = "time" if all(re.search(r"\d:\d\d", text) for text in cells) else role
            fix = f"write 'columns: {{{role}: {name}}}' next to 'file', or remove the column"
            raise table.fault(table.header, name, None, rule, fix)
