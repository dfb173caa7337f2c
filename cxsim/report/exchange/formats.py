"""The files that other workforce tools read, as data: a row a format, each column with where it comes from."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from cxsim.report.exchange.rows import Rows
from cxsim.tables.reader import neutral

Cell = Callable[["Line"], str]


@dataclass(frozen=True)
class Line:
    """One row to write: its queue, start and end in local time, its numbers, and what the user said."""

    queue: str
    start: datetime
    end: datetime
    numbers: Mapping[str, float]
    width: float
    asked: Mapping[str, str]

    def utc(self) -> datetime:
        """The start in UTC."""
        return self.start.replace(tzinfo=ZoneInfo(self.asked["timezone"])).astimezone(UTC)


@dataclass(frozen=True)
class Format:
    """A file format.

    title, source: what reads it, and where its columns are described. columns: header and cell of each.
    header: whether the header is written. needs: numbers without which a row cannot be written. asks: what only the
    user knows, with the question. by: a row per `interval` or per `day`. whole: offered contacts as whole numbers that
    add up. one_queue: whether a file holds a single queue. minutes: the interval lengths that it takes, any if empty.
    """

    title: str
    source: str
    columns: tuple[tuple[str, Cell], ...]
    delimiter: str = ","
    header: bool = True
    needs: tuple[str, ...] = ("offered", "aht")
    asks: Mapping[str, str] = field(default_factory=dict)
    by: str = "interval"
    whole: bool = False
    one_queue: bool = False
    minutes: tuple[int, ...] = ()


def number(name: str, digits: int = 2) -> Cell:
    """A cell with one of the numbers, without needless zeros."""
    return lambda line: (
        f"{round(line.numbers[name], digits):.{digits}f}".rstrip("0").rstrip(".")
        if digits
        else (f"{line.numbers[name]:.0f}")
    )


def stamp(pattern: str, which: str = "start") -> Cell:
    """A cell with the local start or end of the interval."""
    return lambda line: getattr(line, which).strftime(pattern)


def said(name: str) -> Cell:
    """A cell with what the user said."""
    return lambda line: line.asked[name]


ZONE = "time zone of the center, such as Europe/Berlin, because the file is in UTC"
FORMATS: Mapping[str, Format] = {
    "amazon_connect": Format(
        title="Amazon Connect forecast override",
        source="Amazon Connect administrator guide, forecast override template",
        columns=(
            ("QueueName", lambda line: neutral(line.queue)),
            ("QueueId", said("queue_id")),
            ("ChannelType", said("channel")),
            ("TimeStamp", lambda line: f"{line.utc():%Y-%m-%dT%H:%M:%SZ}"),
            ("IntervalDuration", lambda line: f"{line.width / 60.0:.0f}mins"),
            ("IncomingContactVolume", number("offered")),
            ("AverageHandleTime", number("aht")),
        ),
        asks={
            "timezone": ZONE,
            "queue_id": "id of the queue in Amazon Connect",
            "channel": "channel type, such as VOICE or CHAT",
        },
        one_queue=True,
        minutes=(15, 30),
    ),
    "calabrio": Format(
        title="Calabrio (Teleopti) forecast",
        source="Calabrio help, import of forecasts",
        columns=(
            ("skill", lambda line: neutral(line.queue)),
            ("start", stamp("%Y%m%d %H:%M")),
            ("end", stamp("%Y%m%d %H:%M", "end")),
            ("tasks", number("offered")),
            ("task time", number("talk")),
            ("after task time", number("wrap")),
        ),
        header=False,
        needs=("offered", "talk", "wrap"),
    ),
    "genesys_cloud": Format(
        title="Genesys Cloud historical import",
        source="Genesys Cloud resource center, historical data import",
        columns=(
            ("Interval Start UTC Date", lambda line: f"{line.utc():%Y-%m-%dT%H:%M:%SZ}"),
            ("Queue", lambda line: neutral(line.queue)),
            ("Media Type", said("channel")),
            ("Skill Set", lambda line: ""),
            ("Language", lambda line: ""),
            ("Offered", number("offered", 0)),
            ("Interactions Handled", number("answered", 0)),
            ("Total Handle Time (Seconds)", lambda line: f"{line.numbers['answered'] * line.numbers['aht']:.0f}"),
        ),
        needs=("offered", "answered", "aht"),
        asks={"timezone": ZONE, "channel": "media type: voice, chat, email, callback or message"},
        whole=True,
        minutes=(15, 30, 60),
    ),
    "injixo": Format(
        title="injixo forecast",
        source="injixo help pages, forecast import",
        columns=(("Timestamp", stamp("%Y-%m-%d %H:%M")), ("Offered", number("offered", 0)), ("AHT", number("aht"))),
        delimiter=";",
        whole=True,
        one_queue=True,
    ),
    "verint_strategic": Format(
        title="Verint strategic planner",
        source="Verint help, strategic planner import",
        columns=(
            ("Work queue name", lambda line: neutral(line.queue)),
            ("Date", lambda line: f"{line.start.month}-{line.start.day}-{line.start.year}"),
            ("Volume", number("offered")),
            ("AHT", number("aht")),
        ),
        header=False,
        by="day",
    ),
}


def export(rows: Rows, name: str, asked: Mapping[str, str], queue: str | None = None) -> str:
    """The text of a file in one of `FORMATS`.

    ValueError lists everything that is missing: numbers that the rows do not have, questions that only the user can
    answer, a queue to choose.
    """
    form, table = FORMATS[name], rows.table
    queues = list(dict.fromkeys(table["queue"]))
    faults = []
    if queue is not None and queue not in queues:
        faults.append(f"there is no queue {queue!r}; the queues are {', '.join(queues)}")
    elif form.one_queue and queue is None and len(queues) > 1:
        faults.append(f"a file holds one queue; choose it: --queue {queues[0]!r} (or {', '.join(queues[1:])})")
    if queue in queues:
        table = table[table["queue"] == queue]
    for question, text in form.asks.items():
        if not asked.get(question):
            faults.append(f"the {text} is missing; write --{question.replace('_', '-')} …")
    zone = asked.get("timezone")
    if zone and "timezone" in form.asks and not _is_zone(zone):
        faults.append(f"{zone!r} is not a time zone; write a name such as Europe/Berlin")
    if form.minutes and rows.width / 60.0 not in form.minutes:
        fits = ", ".join(map(str, form.minutes))
        faults.append(f"intervals last {rows.width / 60.0:g} minutes, and the format takes {fits}")
    table = table.assign(**{key: table[key].fillna(_given(asked, key)) for key in ("talk", "wrap", "aht")})
    if "talk" in form.needs:
        table["talk"] = table["talk"].fillna(table["aht"] - table["wrap"])
    busy = table[table["offered"] > 0.0]
    for need in form.needs:
        if busy[need].isna().any():
            faults.append(f"the folder does not say {MISSING[need]}")
    if faults:
        raise ValueError("; ".join(faults))
    return _written(form, _prepared(form, table), rows.width, asked)


MISSING = {
    "offered": "how many contacts are offered",
    "answered": "how many contacts are answered: export a run, not a forecast",
    "aht": "the handle time in every interval; write --aht 240, in seconds",
    "talk": "the handle time in every interval; write --aht 240, in seconds",
    "wrap": "how much of the handle time is after-call work; write --wrap 30, in seconds",
}


def _given(asked: Mapping[str, str], key: str) -> float:
    return float(asked[key]) if asked.get(key) else math.nan


def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _prepared(form: Format, table: pd.DataFrame) -> pd.DataFrame:
    if form.by == "day":
        table = table.assign(start=table["start"].dt.normalize(), work=table["offered"] * table["aht"].fillna(0.0))
        table = table.groupby(["queue", "start"], sort=False)[["offered", "work"]].sum().reset_index()
        table["aht"] = table["work"] / table["offered"]
    if form.whole:
        for key in ("offered", "answered"):
            if table[key].notna().any() if key in table else False:
                table[key] = table.groupby(["queue", table["start"].dt.date], sort=False)[key].transform(_whole)
    return table.fillna(0.0)


def _whole(values: pd.Series) -> Any:
    """Whole numbers whose running sum stays within a half of the given one, so that days keep their totals."""
    return np.diff(np.round(np.cumsum(values.to_numpy(dtype=float))), prepend=0.0)


def _written(form: Format, table: pd.DataFrame, width: float, asked: Mapping[str, str]) -> str:
    out = io.StringIO()
    made = csv.writer(out, delimiter=form.delimiter, lineterminator="\n")
    if form.header:
        made.writerow([name for name, _ in form.columns])
    for row in table.to_dict("records"):
        start = row["start"].to_pydatetime()
        numbers = {str(key): float(value) for key, value in row.items() if key not in ("queue", "start")}
        line = Line(str(row["queue"]), start, start + timedelta(seconds=width), numbers, width, asked)
        made.writerow([cell(line) for _, cell in form.columns])
    return out.getvalue()
