"""Samples brought into families of columns over the same rows, and figures taken from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cxsim.metrics.confidence_intervals import Interval, ratio_interval, t_interval
from cxsim.metrics.control_variates import Control, controlled_ratio
from cxsim.metrics.figure import KIND, OFFERED, Figure
from cxsim.metrics.registry import REGISTRY, terms
from cxsim.metrics.shapes import Floats, Layout, Sample, Staffing
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS, PRICED, QUANTILES
from cxsim.metrics.waits import scope_rows
from cxsim.schema.service_levels import SL_DEFINITIONS

BATCH_BYTES = 128 * 2**20
COLUMNS_A_FIGURE = 4
FROM_CONTACTS = ("answered", "served", "talk", "wrap", "resolved", "transferred")


def formula(name: str, layout: Layout) -> Figure:
    """The figure of that name, with `sl` as the layout defines it; KeyError for an unknown name."""
    figure = REGISTRY[name]
    if name == "sl":
        words, above, below = SL_DEFINITIONS[layout.definition]
        return replace(figure, formula=words, numerator=above, denominator=below)
    return figure


@dataclass(frozen=True, eq=False)
class Family:
    """Columns over the same rows: name → replication × row × time, times being intervals, days, total."""

    rows: tuple[tuple[str, str], ...]
    columns: dict[str, Floats]

    def spans(self, scopes: Sequence[str]) -> list[slice]:
        """The rows of these scopes, those that lie together in one slice."""
        found = [n for n, (scope, _) in enumerate(self.rows) if scope in scopes]
        begins = [n for n in found if n - 1 not in found]
        ends = [n + 1 for n in found if n + 1 not in found]
        return [slice(a, b) for a, b in zip(begins, ends, strict=True)]

    def total(self, expression: str, rows: slice) -> Floats | None:
        """The sum the expression asks for; None where a column is missing."""
        answer: Floats | None = None
        for name, sign in terms(expression):
            column = self.columns.get(name)
            if column is None:
                return None
            part = column[:, rows] if column.shape[1] > 1 else column
            if answer is None:
                answer = part if sign > 0 else -part
            else:
                answer = answer + part if sign > 0 else answer - part
        return answer


def over_time(values: Floats, layout: Layout, only_open: bool = False) -> Floats:
    """Append the sums over days and over all to the last axis; `only_open` leaves closed intervals out."""
    summed = values * layout.open_mask if only_open else values
    first = np.searchsorted(layout.day_of, np.arange(len(layout.days)))
    days = np.add.reduceat(summed, first, axis=-1)
    return np.concatenate([values, days, days.sum(axis=-1, keepdims=True)], axis=-1)


def _with_total(values: Floats) -> Floats:
    """Put the sum over the names before them on the second to last axis."""
    return np.concatenate([values.sum(axis=-2, keepdims=True), values], axis=-2)


def contact_rows(layout: Layout) -> tuple[tuple[str, str], ...]:
    """The rows of the figures of contacts, as (scope, name)."""
    named = (
        ("queue", layout.queues),
        ("reason", layout.reasons),
        ("segment", layout.segments),
        (KIND, layout.mixed),
    )
    return (("total", "total"), *((scope, name) for scope, names in named for name in names))


def quantile_spot(figure: Figure) -> tuple[int, int]:
    """Where a quantile figure stands in the first two axes of `waits.each_quantiles`."""
    return int(figure.numerator == "wait_all"), QUANTILES.index(figure.quantile)


def contact_family(samples: Sequence[Sample], layout: Layout, wanted: Collection[str]) -> Family:
    columns = [name for name in CONTACT_COLUMNS if name in wanted]
    numbers = [CONTACT_COLUMNS.index(name) for name in columns]
    sums = np.stack([sample.contacts[numbers] for sample in samples], axis=1)
    rows = contact_rows(layout)
    table = np.empty((len(columns), len(samples), len(rows), layout.n_intervals))
    members = scope_rows(layout)
    for row, streams in enumerate(members):
        table[:, :, row] = sums[:, :, streams].sum(axis=2)
    full = dict(zip(columns, over_time(table, layout), strict=True))
    for name in PRICED:
        if name in wanted:
            each = np.stack(
                [
                    sum(
                        sample.contacts[CONTACT_COLUMNS.index(of)] * price[:, None] for of, price in layout.priced[name]
                    )
                    for sample in samples
                ]
            )
            money = np.stack([each[:, streams].sum(axis=1) for streams in members], axis=1)
            full[name] = over_time(money, layout)
    return Family(rows, full)


def _seconds(layout: Layout) -> Floats:
    return over_time(np.diff(layout.edges)[None, None], layout, only_open=True)


def _open_time(layout: Layout) -> Floats:
    """What agents are averaged over: the open time of each interval, all of one in which it is closed."""
    return np.where(layout.open_mask, layout.open_seconds, np.diff(layout.edges))


def _while_open(agents: Floats, layout: Layout) -> Floats:
    """Agent-seconds of each group inside the open time: in an interval open in part, no more than its seats give."""
    seats = np.bincount(layout.group_of, minlength=len(layout.groups))[:, None]
    part = _open_time(layout) < np.diff(layout.edges)
    return np.where(part, np.minimum(agents, seats * _open_time(layout)), agents)


def _agent_family(
    samples: Sequence[Sample], layout: Layout, staffing: Staffing, contacts: Family, wanted: Collection[str]
) -> Family:
    def summed(name: str) -> Floats:
        number = GROUP_COLUMNS.index(name)
        return np.stack([sample.groups[number, : len(layout.groups)] for sample in samples])

    n, length = len(samples), np.diff(layout.edges)
    columns = {name: over_time(_with_total(summed(name)), layout) for name in GROUP_COLUMNS if name in wanted}
    if "open_seconds" in wanted:
        columns["open_seconds"] = over_time(_open_time(layout)[None, None], layout, only_open=True)
    if "present" in wanted:
        there = _while_open(summed("on_duty") + summed("away"), layout)
        columns["present"] = over_time(_with_total(there), layout, only_open=True)
    inside: Floats | float = 1.0  # part of the planned time that falls in the open time
    if staffing.planned is not None:
        seconds = np.asarray(staffing.planned, dtype=np.float64)[None] * length
        inside = np.where(seconds > 0, _while_open(seconds, layout) / np.where(seconds > 0, seconds, 1.0), 1.0)
    for name, agents in (("planned", staffing.planned), ("scheduled", staffing.scheduled)):
        if agents is not None and name in wanted:
            seconds = np.asarray(agents, dtype=np.float64)[None] * length * inside
            columns[name] = np.repeat(over_time(_with_total(seconds), layout, only_open=True), n, axis=0)
    if staffing.paid is not None and not {"paid_time", "staff_cost"}.isdisjoint(wanted):
        over = summed("overrun") * (1.0 if staffing.overrun_paid else 0.0)
        paid = np.asarray(staffing.paid, dtype=np.float64)[None] + over
        columns["paid_time"] = over_time(_with_total(paid), layout)
        if staffing.wage is not None:
            wages = paid / 3600 * np.asarray(staffing.wage, dtype=np.float64)[:, None]
            columns["staff_cost"] = over_time(_with_total(wages), layout)
    # Contacts and their cost belong to no group, but the total row has both sides of cost per contact.
    of_contacts = (*PRICED, "conversation_cost", "compensation")
    for name in of_contacts:
        if name in contacts.columns:
            columns[name] = np.zeros((n, 1 + len(layout.groups), layout.n_intervals + len(layout.days) + 1))
    for name in (*FROM_CONTACTS, *of_contacts):
        if name in contacts.columns and name in columns:
            columns[name][:, 0] = contacts.columns[name][:, 0]
    rows = (("total", "total"), *(("group", name) for name in layout.groups))
    return Family(rows, columns)


def _queue_family(samples: Sequence[Sample], layout: Layout, staffing: Staffing, wanted: Collection[str]) -> Family:
    columns = {}
    if "seconds" in wanted:
        columns["seconds"] = _seconds(layout)
    if "open_seconds" in wanted:
        columns["open_seconds"] = over_time(_open_time(layout)[None, None], layout, only_open=True)
    if "waiting" in wanted:
        waiting = np.stack([sample.waiting for sample in samples])
        columns["waiting"] = over_time(_with_total(waiting), layout, only_open=True)
    if "most" in wanted:
        most = np.stack([sample.most for sample in samples])
        first = np.searchsorted(layout.day_of, np.arange(len(layout.days)))
        days = np.maximum.reduceat(most, first, axis=-1)
        peaks = np.concatenate([most, days, days.max(axis=-1, keepdims=True)], axis=-1)
        columns["most"] = np.concatenate([np.full_like(peaks[:, :1], np.nan), peaks], axis=1)
    if staffing.required is not None and "required" in wanted:
        need = np.nan_to_num(np.asarray(staffing.required, dtype=np.float64))[None] * _open_time(layout)
        full = over_time(_with_total(need), layout, only_open=True)
        columns["required"] = np.repeat(full, len(samples), axis=0)
    rows = (("total", "total"), *(("queue", name) for name in layout.queues))
    return Family(rows, columns)


def families(
    samples: Sequence[Sample], layout: Layout, staffing: Staffing, wanted: Collection[str]
) -> tuple[Family, Family, Family]:
    """The wanted columns (`wanted_columns`) over the rows of contacts, of groups and of queues."""
    if not samples:
        raise ValueError("metrics need at least one sample")
    contacts = contact_family(samples, layout, wanted)
    return (
        contacts,
        _agent_family(samples, layout, staffing, contacts, wanted),
        _queue_family(samples, layout, staffing, wanted),
    )


def wanted_columns(names: Sequence[str], layout: Layout) -> list[str]:
    """The columns that these figures are made of."""
    figures = [formula(name, layout) for name in names]
    sides = " ".join(f"{figure.numerator} {figure.denominator}" for figure in figures if figure.kind != "quantile")
    return list(dict.fromkeys(column for column, _ in terms(f"{sides} {OFFERED}")))


def batches(names: Sequence[str], layout: Layout, replications: int) -> Iterator[list[str]]:
    """The figures (quantiles apart) in order, so many at a time that their columns stay small in memory."""
    plain = [name for name in names if REGISTRY[name].kind != "quantile"]
    rows = 1 + len(layout.queues) + len(layout.reasons) + len(layout.segments) + len(layout.groups)
    each = 8 * COLUMNS_A_FIGURE * replications * rows * (layout.n_intervals + len(layout.days) + 1)
    size = max(1, BATCH_BYTES // each)
    for start in range(0, len(plain), size):
        yield plain[start : start + size]


@dataclass(frozen=True, eq=False)
class Parts:
    """A figure over some rows: numerators and denominators (None for a sum), replication × row × time."""

    figure: Figure
    rows: tuple[tuple[str, str], ...]
    above: Floats
    below: Floats | None

    def interval(self, confidence: float, known: Control | None = None) -> Interval:
        """The figure with its bounds, row × time."""
        if known is not None:
            return controlled_ratio(self.above, self.below, known, confidence)[0]
        if self.below is None:
            return t_interval(self.above, confidence)
        return ratio_interval(self.above, self.below, confidence)


def parts(families: Sequence[Family], layout: Layout, names: Sequence[str]) -> Iterator[Parts]:
    """Each figure (quantiles apart), each scope from the first family that has the columns for it."""
    for name in names:
        figure = formula(name, layout)
        if figure.kind == "quantile":
            continue
        left = [*figure.scopes, *([KIND] if "queue" in figure.scopes else [])]
        for family in families:
            for rows in family.spans(left):
                above = family.total(figure.numerator, rows)
                below = family.total(figure.denominator, rows) if figure.denominator else None
                if above is None or (figure.denominator and below is None):
                    continue
                kept = family.rows[rows]
                left = [scope for scope in left if scope not in {scope for scope, _ in kept}]
                yield Parts(figure, kept, above * figure.scale if figure.scale != 1.0 else above, below)
