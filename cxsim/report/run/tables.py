"""The long table of figures turned into the wide ones that people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxsim.schema.result_tables import FIGURE_COLUMNS

if TYPE_CHECKING:
    from cxsim.simulation.result import Result

HEADS = {"total": (), "day": ("date",), "interval": ("date", "time")}


def figure_names(result: Result, scope: str, by: str = "total") -> list[str]:
    """The figures measured at a scope, in the order of the registry as they came."""
    return list(dict.fromkeys(figure for figure, at, _, when in result._rows if at == scope and when == by))


def wide(
    result: Result, scope: str, by: str = "total", bounds: bool = False, figures: Sequence[str] | None = None
) -> pd.DataFrame:
    """A row a name and interval, a column a figure (all, or those named, in the order of the registry).

    Columns first: the scope's name, date, time. With `bounds`, `_low` and `_high` follow where there are any.
    """
    order = [f for f in figure_names(result, scope, by) if figures is None or f in figures]
    chosen = set(order)
    rows = [
        found
        for (figure, at, _, when), found in result._rows.items()
        if at == scope and when == by and figure in chosen
    ]
    part = result.figures.iloc[np.sort(np.concatenate(rows)) if rows else []]
    keys = {column: part[column].astype(str).to_numpy(dtype=object) for column in ("name", "interval", "figure")}
    if scope == "total":
        keys["name"] = np.full(len(part), "", dtype=object)
    indexed = part[["value", "low", "high"]].astype(float).set_axis(pd.MultiIndex.from_arrays(list(keys.values())))
    indexed = indexed[~indexed.index.duplicated()]
    value, low, high = (indexed[column].unstack() for column in ("value", "low", "high"))
    columns = {}
    for figure in order:
        columns[figure] = value[figure]
        if bounds and low[figure].notna().any():
            columns[f"{figure}_low"], columns[f"{figure}_high"] = low[figure], high[figure]
    rank = {name: i for i, name in enumerate(result.names(scope))}
    out = pd.DataFrame(columns, index=value.index).rename_axis(["name", "interval"]).reset_index()
    out = out.sort_values(["name", "interval"], kind="stable", key=lambda s: s.map(rank) if s.name == "name" else s)
    out = out.reset_index(drop=True)
    when, names = out.pop("interval").astype(str), out.pop("name")
    if by == "interval":
        out.insert(0, "time", when.str.slice(11))
    if by != "total":
        out.insert(0, "date", when.str.slice(0, 10))
    if scope != "total":
        out.insert(0, scope, names)
    return out


def across(result: Result, figure: str, scope: str, by: str = "interval") -> pd.DataFrame:
    """One figure: a row an interval (its ISO text is the index), a column a name."""
    parts = {
        name or "total": result.series(figure, scope, name, by).set_index("interval")["value"]
        for name in result.names(scope)
    }
    if by == "total":
        parts = {
            name or "total": pd.Series({"total": result.estimate(figure, scope, name).value})
            for name in result.names(scope)
        }
    return pd.DataFrame(parts).rename_axis("interval")


def closed(result: Result) -> set[str]:
    """The intervals in which nothing is offered and nobody is needed: closed, though someone may be finishing."""
    offered, need = (result.series(figure).set_index("interval")["value"] for figure in ("offered", "agents_required"))
    return set(offered.index[(offered == 0) & ~(need.reindex(offered.index) > 0)]) if len(need) else set()


def units(result: Result) -> dict[str, str]:
    """The unit of every figure."""
    frame = result.figures[["figure", "unit"]].drop_duplicates("figure")
    return {str(figure): str(unit) for figure, unit in zip(frame["figure"], frame["unit"], strict=True)}


CONTACTS = [
    "offered",
    "fresh",
    "redials",
    "repeats",
    "transferred_in",
    "answered",
    "transferred",
    "abandoned",
    "short_abandoned",
    "balked",
    "blocked",
    "closed",
    "sl",
    "asa",
    "wait_p50",
    "wait_p95",
    "abandoned_share",
    "aht",
    "queue_length",
    "queue_length_max",
    "agents_required",
]
AGENTS = [
    "agents_required",
    "agents_scheduled",
    "agents_planned",
    "agents_present",
    "occupancy",
    "utilisation",
    "concurrency",
    "answered",
    "aht",
    "overrun_hours",
    "paid_hours",
    "cost",
]
OUTCOMES = [
    "fcr_true",
    "fcr_measured",
    "contacts_per_issue",
    "issues_resolved",
    "time_to_resolution",
    "cost_per_contact",
    "cost_per_resolution",
]
BY_SCOPE = {
    "total": [*CONTACTS, *(figure for figure in AGENTS if figure not in CONTACTS)],
    "queue": CONTACTS,
    "reason": CONTACTS,
    "segment": CONTACTS,
    "group": AGENTS,
    "kind": CONTACTS,
}
# What a page has room for.
CONTACTS_SHORT = (
    "offered fresh redials repeats transferred_in answered transferred balked blocked closed sl asa wait_p95"
    " abandoned_share aht"
)
AGENTS_SHORT = (
    "agents_scheduled agents_present occupancy utilisation concurrency answered aht overrun_hours paid_hours cost"
)
RARE = (
    "redials",
    "repeats",
    "transferred_in",
    "transferred",
    "concurrency",
    "balked",
    "blocked",
    "closed",
    "overrun_hours",
    "cost",
)
MIXING = ("sl", "asa", "wait_p50", "wait_p95", "share_queued", "abandoned_share", "aht")  # not over unlike channels
BOUNDED = ("sl", "asa", "abandoned_share", "occupancy")


def mixed(result: Result) -> bool:
    """Whether queues are of several kinds of channel, over which waits have no meaningful total."""
    return len(result.kinds) > 1


def wholes(result: Result) -> list[tuple[str, str, str]]:
    """Scope, name and label of what sums up the queues: all of them, or those of each kind of channel."""
    return [("kind", kind, kind) for kind in result.kinds] if mixed(result) else [("total", "", "")]


def closing(result: Result) -> list[tuple[str, str, str]]:
    """Scope, name and label of the rows that end a table of queues; in `total`, what mixes channels is left out."""
    if len(result.names("queue")) == 1:
        return []
    kinds = [("kind", kind, f"all {kind}") for kind, queues in result.kinds.items() if len(queues) > 1]
    return [*(kinds if mixed(result) else []), ("total", "", "total")]


def planner(result: Result, scope: str, by: str, bounds: bool = True) -> pd.DataFrame:
    """The figures a planner looks at first, of one scope: a row a name and interval."""
    wanted = [*BY_SCOPE[scope], *(OUTCOMES if by == "total" else ())]
    frame = wide(result, scope, by, bounds, wanted)
    if by == "interval" and {"offered", "agents_required"} <= set(frame.columns):
        # Who still finishes after closing is no staffing against a need: there is none.
        closed = (frame["offered"] == 0) & ~(frame["agents_required"] > 0)
        for figure in ("agents_required", "agents_scheduled", "agents_planned", "agents_present"):
            if figure in frame.columns:
                frame.loc[closed & (frame[figure] == 0), figure] = np.nan
    if scope in ("total", "segment") and mixed(result):
        gone = [f"{figure}{end}" for figure in MIXING for end in ("", "_low", "_high")]
        frame = frame.drop(columns=[column for column in gone if column in frame.columns])
    keys = [column for column in (scope, "date", "time") if column in frame.columns]
    columns = [
        column
        for figure in wanted
        for column in (figure, *((f"{figure}_low", f"{figure}_high") if figure in BOUNDED else ()))
        if column in frame.columns and frame[column].notna().any()
    ]
    return frame[[*keys, *columns]]


def saved(result: Result) -> dict[str, pd.DataFrame]:
    """Every table of a result by the name of its CSV file (without .csv), in a fixed order."""
    out = {"figures": result.figures[list(FIGURE_COLUMNS)]}
    for scope in BY_SCOPE:
        if not result.names(scope):
            continue
        for by in ("total", "day", "interval"):
            if any(at == scope and when == by for _, at, _, when in result._rows):
                frame = planner(result, scope, by)
                out[f"tables/{scope}_{by}"] = frame
    targets = result.targets.copy()
    if "misses" in targets.columns:
        targets["misses"] = [";".join(each) if isinstance(each, list | tuple) else each for each in targets["misses"]]
    out["targets"] = targets
    for name in ("plan", "erlang", "wait_histogram"):
        frame = getattr(result, name)
        if frame is not None:
            out[name] = frame
    return out
