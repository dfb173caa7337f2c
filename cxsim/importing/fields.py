"""The values of an export by role: each column read once, every cell that cannot be read told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.importing.canonical import ROLES
from cxsim.importing.mapping import DIGITS, Plan, Spec
from cxsim.tables import amounts, instants
from cxsim.tables.coded import Coded, constant, joined, stacked
from cxsim.tables.reader import TableError
from cxsim.tables.sheets import Sheet

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
LARGEST = 1e9  # contacts, or seconds: 30 years
MOST_FAULTS = 20  # of one column
_NO = ("", "false", "no", "n", "0")


@dataclass
class Rows:
    """Rows of one or several files: texts, numbers and times (s since 1970; of the clocks until `placed`) by role."""

    files: Coded
    lines: npt.NDArray[np.int64]
    texts: dict[str, Coded] = field(default_factory=dict)
    numbers: dict[str, Floats] = field(default_factory=dict)
    ends: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def kept(self, keep: npt.NDArray[Any]) -> Rows:
        return Rows(
            self.files.kept(keep),
            self.lines[keep],
            {role: column.kept(keep) for role, column in self.texts.items()},
            {role: values[keep] for role, values in self.numbers.items()},
            {role: values[keep] for role, values in self.ends.items()},
        )

    def number(self, role: str) -> Floats:
        """Numbers of a role; NaN for all rows where there is none."""
        return self.numbers[role] if role in self.numbers else np.full(len(self), np.nan)

    def text(self, role: str) -> Coded:
        return self.texts[role] if role in self.texts else constant("", len(self))


def stack(parts: list[Rows]) -> Rows:
    """The rows of several files, one below the other; a role that a file lacks is blank there."""
    if len(parts) == 1:
        return parts[0]
    texts = list(dict.fromkeys(role for part in parts for role in part.texts))
    numbers = list(dict.fromkeys(role for part in parts for role in part.numbers))
    ends = list(dict.fromkeys(role for part in parts for role in part.ends))
    return Rows(
        stacked([part.files for part in parts]),
        np.concatenate([part.lines for part in parts]),
        {role: stacked([part.text(role) for part in parts]) for role in texts},
        {role: np.concatenate([part.number(role) for part in parts]) for role in numbers},
        {role: np.concatenate([part.ends.get(role, np.full(len(part), np.nan)) for part in parts]) for role in ends},
    )


def column_of(sheet: Sheet, spec: Spec) -> Coded:
    """The texts of a role: its columns joined, blank where one of them is one of the blanks."""
    key = f"{spec.columns} {spec.blanks} {spec.value} {spec.unit == DIGITS}"
    if key not in sheet.memo:
        sheet.memo[key] = _column_of(sheet, spec)
    return sheet.memo[key]


def _column_of(sheet: Sheet, spec: Spec) -> Coded:
    if not spec.columns:
        return constant(spec.value, len(sheet))
    parts = [sheet.columns[name] for column in spec.columns if (name := sheet.find(column)) is not None]
    if not parts:
        return constant("", len(sheet))
    if spec.unit == DIGITS:
        parts[-1] = parts[-1].changed(_with_colon)
    blanks = {text.casefold() for text in spec.blanks}
    found = joined(parts) if len(parts) > 1 else parts[0]
    if blanks:
        if len(parts) > 1:
            empty = np.zeros(len(sheet), np.bool_)
            for part in parts:
                empty |= part.each(lambda text: text.casefold() in blanks, np.bool_)
            values = [*found.values, ""]
            return Coded(values, np.where(empty, len(values) - 1, found.codes).astype(np.int32)).changed(str)
        return found.changed(lambda text: "" if text.casefold() in blanks else text)
    return found


def _with_colon(text: str) -> str:
    """A time of day that is written as a number: 830 is 08:30, and 0 is midnight."""
    return f"{text.zfill(4)[:2]}:{text.zfill(4)[2:]}" if re.fullmatch(r"\d{1,4}", text) else text


class Reader:
    """Reads the roles of one sheet by a mapping, gathering faults; `bad` marks rows with a cell that cannot be read."""

    def __init__(self, sheet: Sheet, plan: Plan, keep: Bools) -> None:
        self.sheet, self.plan, self.keep = sheet, plan, keep
        self.faults: list[TableError] = []
        self.bad = np.zeros(len(sheet), np.bool_)
        self.repairs: dict[str, npt.NDArray[np.int64]] = {}

    def rows(self) -> Rows:
        kinds = ROLES[self.plan.layout]
        out = Rows(constant(self.sheet.path.name, len(self.sheet)), self.sheet.lines)
        for role, spec in self.plan.columns.items():
            if spec.columns and not any(self.sheet.find(c) for c in spec.columns):
                continue
            column = column_of(self.sheet, spec)
            kind = kinds[role]
            if kind == "stamp":
                out.numbers[role], ends = self._stamps(column, spec)
                if np.isfinite(ends).any():
                    out.ends[role] = ends
            elif kind == "seconds":
                out.numbers[role] = self._values(
                    column,
                    spec,
                    [amounts.length(t, spec.unit or "s", self._mark) for t in column.values],
                    "is not a length of time",
                    _as(spec.unit),
                )
            elif kind == "count":
                out.numbers[role] = self._values(
                    column,
                    spec,
                    [amounts.number(t, self._mark) for t in column.values],
                    "is not a number",
                    f"write a number such as 12 or 12{self._mark}5",
                )
            elif kind == "share":
                out.numbers[role] = self._shares(column, spec)
            elif kind == "flag":
                column = self._texts(column, spec)
                out.numbers[role] = column.each(lambda text: float(text.casefold() not in _NO), np.float64)
            else:
                out.texts[role] = self._texts(column, spec)
        return out

    @property
    def _mark(self) -> str:
        return self.plan.decimal or "."

    def _texts(self, column: Coded, spec: Spec) -> Coded:
        if spec.pattern:
            rule = re.compile(spec.pattern)
            column = column.changed(lambda text: m.group(1) if (m := rule.search(text)) else "")
        if spec.values:
            values = {key.casefold(): value for key, value in spec.values.items()}
            others = values.get("others")
            unknown = [t for t in column.values if t and t.casefold() not in values]
            if unknown and others is None:
                for text in unknown[:MOST_FAULTS]:
                    self._fault(
                        column,
                        spec,
                        column.values.index(text),
                        "has no meaning in the mapping",
                        f"add '{text}: MEANING' to its values",
                    )
            column = column.changed(lambda text: values.get(text.casefold(), others or "") if text else "")
        return column

    def _values(self, column: Coded, spec: Spec, values: list[float], rule: str, fix: str) -> Floats:
        out = np.array(values, dtype=np.float64) if values else np.zeros(0)
        for k in np.flatnonzero(np.isnan(out)).tolist():
            if column.values[k]:
                self._fault(column, spec, k, rule, fix)
        for k in np.flatnonzero(out < 0).tolist():
            self._fault(column, spec, k, "is below 0", "correct it, or leave the row out")
        for k in np.flatnonzero(out > LARGEST).tolist():
            self._fault(column, spec, k, "is too large to be real", "correct it, or leave the row out")
        return out[column.codes]

    def _shares(self, column: Coded, spec: Spec) -> Floats:
        """Shares as fractions; texts with a % sign are always in points."""
        values, signs = amounts.numbers(column, self._mark)
        scale = 0.01 if self.plan.percent == "points" else 1.0
        values = np.where(signs, values * 0.01, values * scale)
        for k in np.flatnonzero(np.isnan(values)).tolist():
            if column.values[k]:
                self._fault(column, spec, k, "is not a share", "write 0.8 or 80%")
        for k in np.flatnonzero((values < 0) | (values > 1.0 + 1e-9)).tolist():
            self._fault(
                column,
                spec,
                k,
                "is not a share between 0 and 1",
                "set 'percent: points' if 80 means 80 %, or correct it",
            )
        return values[column.codes]

    def _stamps(self, column: Coded, spec: Spec) -> tuple[Floats, Floats]:
        """Times on the clocks of the export, or in UTC where a text has an offset; ends of spans."""
        found = instants.written(column)
        order: instants.Order = next((one for one in instants.ORDERS if one == self.plan.dates), "ymd")
        days = instants.days(found, order)
        values = days * 86400.0 + found.seconds
        ends = days * 86400.0 + found.ends
        for k in np.flatnonzero(np.isnan(values)).tolist():
            if column.values[k]:
                rule = "is a time without a date" if found.ok[k] and found.kind[k] == 0 else "is not a date and time"
                fix = (
                    "name the column of dates too: [DATE, TIME]"
                    if found.ok[k] and found.kind[k] == 0
                    else "write a date and time such as 2026-03-02 08:30"
                )
                self._fault(column, spec, k, rule, fix)
        values, ends = values[column.codes], ends[column.codes]
        offsets = found.offsets[column.codes]
        told = np.isfinite(offsets)
        local = np.where(told, np.nan, values)
        utc, twice, gap = self._utc(local)
        self._repair("in the hour that comes twice when clocks go back: placed by the order of rows", twice & ~told)
        self._repair("in the hour that clocks skip: read as an hour later", gap & ~told)
        out = np.where(told, values - offsets, utc)
        return out, np.where(np.isfinite(ends), out + (ends - values), np.nan)

    def _utc(self, local: Floats) -> tuple[Floats, Bools, Bools]:
        zone = self.plan.zone
        utc, twice, gap = instants.to_utc(local, zone)
        known = np.isfinite(local)
        twice, gap = twice & known, gap & known
        if twice.any():
            key = np.where(twice, local, np.nan)
            second = instants.in_second_hour(key, twice, self._groups())
            utc, _, _ = instants.to_utc(local, zone, second)
        return utc, twice, gap

    def _groups(self) -> npt.NDArray[np.int64] | None:
        """The queue and channel of each row, as a number; None where rows are a log in order of time."""
        if self.plan.layout != "intervals":
            return None
        out = np.zeros(len(self.sheet), np.int64)
        for role in ("queue", "channel"):
            if role in self.plan.columns:
                column = column_of(self.sheet, self.plan.columns[role])
                out = out * max(len(column.values), 1) + column.codes
        return out

    def _repair(self, why: str, rows: Bools) -> None:
        rows = rows & self.keep
        if rows.any():
            self.repairs[why] = np.union1d(self.repairs.get(why, np.empty(0, np.int64)), self.sheet.lines[rows])

    def _fault(self, column: Coded, spec: Spec, k: int, rule: str, fix: str) -> None:
        rows = np.flatnonzero((column.codes == k) & self.keep)
        if not len(rows):
            return
        self.bad[rows] = True
        if self.plan.unreadable == "drop" or len(self.faults) >= 5 * MOST_FAULTS:
            return
        where = self.sheet.place(int(self.sheet.lines[rows[0]]), " + ".join(spec.columns))
        more = f" (and in {len(rows) - 1} more rows)" if len(rows) > 1 else ""
        self.faults.append(
            TableError(where, column.values[k], rule + more, f"{fix}, or add 'unreadable: drop' to the mapping")
        )


def _as(unit: str) -> str:
    return {"mm:ss": "write minutes:seconds", "hh:mm": "write hours:minutes", "hh:mm:ss": "write h:mm:ss"}.get(
        unit, "write a number, or h:mm:ss"
    )


def chosen(plan_part: Mapping[str, tuple[str, ...]], sheet: Sheet) -> Iterator[tuple[str, Coded, frozenset[str]]]:
    """The columns of a filter that the sheet has, with the texts it names in small letters."""
    for column, texts in plan_part.items():
        name = sheet.find(column)
        if name is not None:
            yield name, sheet.columns[name], frozenset(text.casefold() for text in texts)
