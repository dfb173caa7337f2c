"""What is exported: offered contacts and handle times by queue and interval, from a folder that cxsim wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

COLUMNS = ("queue", "start", "offered", "answered", "aht", "talk", "wrap")
FIGURES = {"offered": "offered", "answered": "answered", "aht": "aht", "talk_mean": "talk", "wrap_mean": "wrap"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Offered contacts of intervals.

    table: columns queue, start (local date and time), offered, answered, aht, talk, wrap (the last three in seconds);
    NaN for what the folder does not say. width: length of an interval in seconds.
    """

    table: pd.DataFrame
    width: float


def read_rows(folder: Path) -> Rows:
    """The intervals of a folder of `cxsim forecast` or `cxsim run`; ValueError for anything else.

    Of a run they are the means over its replications, redials and repeats included.
    """
    if (folder / "forecast.csv").is_file():
        return _of_forecast(folder)
    if (folder / "figures.csv").is_file() and (folder / "result.json").is_file():
        return _of_result(folder)
    raise ValueError(f"{folder}: is not a folder of `cxsim forecast` or `cxsim run`")


def _of_forecast(folder: Path) -> Rows:
    read = pd.read_csv(folder / "forecast.csv", dtype={"queue": str})
    start = pd.to_datetime(read["date"] + " " + read["time"])
    table = pd.DataFrame({"queue": read["queue"], "start": start, "offered": read["volume"], "aht": read.get("aht")})
    gaps = table.groupby("queue")["start"].diff().dt.total_seconds()
    width = float(gaps[gaps > 0.0].min()) if (gaps > 0.0).any() else 86400.0
    return Rows(_ordered(table), width)


def _of_result(folder: Path) -> Rows:
    read = pd.read_csv(folder / "figures.csv", dtype={"interval": str, "name": str})
    rows = read[(read["scope"] == "queue") & read["interval"].str.contains("T") & read["figure"].isin(FIGURES)]
    wide = rows.pivot_table(index=["name", "interval"], columns="figure", values="value", sort=False).reset_index()
    wide = wide.rename(columns={**FIGURES, "name": "queue"})
    wide["start"] = pd.to_datetime(wide["interval"].str.slice(0, 16))
    facts = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return Rows(_ordered(wide), float(facts["interval"]))


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    if not len(table):
        raise ValueError("the folder has no intervals to export")
    columns = table.reindex(columns=list(COLUMNS))
    return columns.sort_values(["queue", "start"], kind="stable", ignore_index=True)
