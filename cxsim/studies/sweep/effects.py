"""What a sweep says of one figure: its value at every point, the effect of each factor, sensitivity indices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from ruamel.yaml import YAML

from cxsim.metrics import REGISTRY
from cxsim.metrics.confidence_intervals import paired_ratio_difference, ratio_interval, t_quantile
from cxsim.scenario.model import units
from cxsim.studies.sweep import sampling
from cxsim.studies.sweep.store import POINTS, TABLE, Store

if TYPE_CHECKING:
    from cxsim.studies.sweep.sweep import Sweep

Floats = npt.NDArray[np.float64]

MOST_LEVELS = 12  # a factor with more values is shown in bins
BINS = 8
SPREAD = ("latin_hypercube", "sobol")  # designs in which all factors move at once
RESAMPLES = 500  # of walks or blocks, for the intervals of sensitivity indices
LEVEL_COLUMNS = ("factor", "level", "x", "points", "value", "low", "high")
SWING_COLUMNS = ("factor", "from_level", "to_level", "from_value", "to_value", "change", "low", "high")
INDEX_COLUMNS = ("factor", "index", "value", "low", "high")


@dataclass(frozen=True, eq=False)
class Reading:
    """One figure of a sweep.

    `points` has a row a point with figures: its factors, value, 95 % interval over replications and their number.
    `levels` says what the figure is, all points at one level (or bin) of a factor taken together; `swings` the change
    from the first level to the last, the largest first: paired on the same draws, or of a fit on all factors in a Latin
    hypercube or Sobol sequence. Both are empty for Morris walks.
    `indices` are those of the design: `mu_star` and `sigma` of Morris (1991), as change over the whole range, or
    `first` and `total` of Sobol' by the estimators of Saltelli et al. (2010), with intervals from resampled walks or
    blocks; empty for other designs. `target` is that of the queues, in the figure's unit, where all have the same; else
    NaN.
    """

    figure: str
    scope: str
    name: str
    unit: str
    currency: str
    kind: str
    factors: tuple[Mapping[str, Any], ...]
    points: pd.DataFrame
    levels: pd.DataFrame
    swings: pd.DataFrame
    indices: pd.DataFrame
    target: float = math.nan

    def shown(self, factor: str, value: Any) -> str:
        """A value of a factor with its unit."""
        fact = next(one for one in self.factors if one["name"] == factor)
        return f"{_brief(value * fact.get('scale', 1.0))}{fact['unit']}" if not isinstance(value, str) else value


def _brief(value: float) -> str:
    """A number in four digits."""
    return f"{value:.4g}" if abs(value) < 1000.0 else f"{value:,.0f}"


TARGETS = {
    "sl": ("sl", "share"),
    "asa": ("asa", "max"),
    "abandoned_share": ("abandoned", "max"),
    "blocked_share": ("blocked", "max"),
    "occupancy": ("occupancy", "max"),
    "fcr_true": ("fcr_true", "min"),
}  # where a queue's target of a figure stands


class Unread(ValueError):
    """A figure that the sweep does not hold."""


def read(sweep: Sweep, figure: str, scope: str = "total", name: str = "total") -> Reading:
    """What a sweep says of a figure of one `name` of a scope. Raises Unread with what there is."""
    store, facts = Store(sweep.folder), sweep.manifest
    factors = tuple(facts["factors"])
    design = _frame(store, POINTS)
    rows = _rows(store, figure, scope, name)
    if rows.empty:
        raise Unread(_lacking(store, figure, scope, name))
    above, below, at = _sides(rows)
    design = design.set_index("point").loc[at].reset_index()
    estimate = ratio_interval(above.T, below.T)
    n = np.isfinite(above).sum(axis=1)
    points = design[["point", *(one["name"] for one in factors)]].assign(
        value=np.nanmean(above, axis=1) / np.nanmean(below, axis=1), low=estimate.low, high=estimate.high, n=n
    )
    whole = above[:, : int(n.min())], below[:, : int(n.min())]
    # Walks visit few corners: what else differs between two levels of a factor would pass for its effect.
    shown = factors if facts["design"] != "morris" else ()
    kind, currency = str(facts["design"]), str(facts["currency"])
    values = points["value"].to_numpy(np.float64)
    levels, swings = _effects(shown, design, *whole, kind)
    if kind in SPREAD:
        swings = _regressed(factors, design, values)
    indices = _indices(kind, factors, design, values)
    known = facts["figure_facts"].get(figure) or {}
    unit = REGISTRY[figure].unit if figure in REGISTRY else known.get("unit", "")
    return Reading(
        figure,
        scope,
        name,
        unit,
        currency,
        kind,
        factors,
        points,
        levels,
        swings,
        indices,
        target_of(store.read("scenario.yaml").decode(), figure, scope, name),
    )


def target_of(scenario: str, figure: str, scope: str = "total", name: str = "total") -> float:
    """The target of a figure in a stored scenario: of a queue, or the one that all its queues have; else NaN."""
    queues = (YAML(typ="safe", pure=True).load(scenario) or {}).get("queues") or {}
    if scope not in ("total", "queue") or figure not in TARGETS:
        return math.nan
    key, bound = TARGETS[figure]
    chosen = list(queues.values()) if scope == "total" else [queues.get(name)]
    found = {str(((one or {}).get("target") or {}).get(key, {}).get(bound, "")) for one in chosen}
    text = found.pop() if len(found) == 1 else ""
    return (units.duration if figure == "asa" else units.percent)(text) if text else math.nan


def _frame(store: Store, name: str, **how: Any) -> pd.DataFrame:
    with store.open(name) as file:
        return pd.read_parquet(file, **how)


def _rows(store: Store, figure: str, scope: str, name: str) -> pd.DataFrame:
    wanted = [("figure", "==", figure), ("scope", "==", scope), ("name", "==", name), ("interval", "==", "total")]
    return _frame(
        store, TABLE, columns=["point", "replication", "numerator", "denominator"], filters=wanted
    )  # only what is asked for leaves the file


def _lacking(store: Store, figure: str, scope: str, name: str) -> str:
    there = _frame(store, TABLE, columns=["figure", "scope", "name"]).drop_duplicates()
    figures = list(dict.fromkeys(there["figure"]))
    if figure not in figures:
        return f"{figure!r} is not in this sweep; it has {', '.join(figures)}"
    pairs = there[there["figure"] == figure]
    places = ["total" if s == "total" else f"{s}:{n}" for s, n in zip(pairs["scope"], pairs["name"], strict=True)]
    return f"{figure} of {scope}:{name} is not in this sweep; it has {', '.join(places)}"


def _sides(rows: pd.DataFrame) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Numerators and denominators by point and replication, NaN where a point has fewer; the points' numbers."""
    both = rows.pivot(index="point", columns="replication", values=["numerator", "denominator"])
    return (
        both["numerator"].to_numpy(np.float64),
        both["denominator"].to_numpy(np.float64),
        both.index.to_numpy(np.int64),
    )


# --- Effects ----------------------------------------------------------------------------------------------------------


def _effects(
    factors: Sequence[Mapping[str, Any]], design: pd.DataFrame, above: Floats, below: Floats, kind: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    levels, swings = [], []
    for one in factors:
        name = str(one["name"])
        mine = np.ones(len(design), dtype=bool)
        if kind == "one_at_a_time":
            mine = design["role"].isin(("base", name)).to_numpy()
        elif kind == "sobol_indices":
            mine = design["role"].isin(("A", "B")).to_numpy()
        elif kind == "grid":
            mine = _matched(name, [str(other["name"]) for other in factors if other is not one], design)
        parts = _level_parts(one, design[name].where(mine))
        sums = [(above[chosen].sum(axis=0), below[chosen].sum(axis=0)) for _, _, chosen in parts]
        for (label, x, chosen), (up, down) in zip(parts, sums, strict=True):
            found = ratio_interval(up, down)
            levels.append((name, label, x, int(chosen.sum()), *map(float, found)))
        if len(parts) > 1 and kind not in SPREAD:
            change = paired_ratio_difference(sums[0], sums[-1])
            ends = [float(up.sum() / down.sum()) if down.sum() else math.nan for up, down in (sums[0], sums[-1])]
            swings.append((name, parts[0][0], parts[-1][0], *ends, *map(float, change)))
    return pd.DataFrame(levels, columns=list(LEVEL_COLUMNS)), _largest_first(swings)


def _largest_first(swings: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    swung = pd.DataFrame(swings, columns=list(SWING_COLUMNS))
    order = swung["change"].abs().sort_values(ascending=False, kind="stable").index
    return swung.loc[order].reset_index(drop=True)


def _regressed(factors: Sequence[Mapping[str, Any]], design: pd.DataFrame, values: Floats) -> pd.DataFrame:
    """Swings of a design in which all factors move at once: of a least-squares fit on all of them, x and x² of numbers.

    The interval is that of the fit: what other factors do between two bins is not taken for this one's effect. Empty
    where there are too few points to tell the factors apart.
    """
    known = np.isfinite(values)
    design, values = design[known], values[known]
    blocks: list[Floats] = [np.ones((len(design), 1))]
    ends: list[tuple[str, str, str, Floats, Floats]] = []
    for one in factors:
        name, parts = str(one["name"]), _level_parts(one, design[one["name"]])
        if len(parts) < 2:
            continue
        if one["column"] == "str":
            block = np.stack([chosen for _, _, chosen in parts[1:]], axis=1).astype(float)
            first, last = np.zeros(len(parts) - 1), np.eye(len(parts) - 1)[-1]
        else:
            x = design[name].to_numpy(np.float64)
            powers = np.arange(1, 3 if len(np.unique(x)) > 2 else 2)
            block = ((x[:, None] - x.min()) / np.ptp(x)) ** powers
            first, last = (((parts[k][1] - x.min()) / np.ptp(x)) ** powers for k in (0, -1))
        ends.append((name, parts[0][0], parts[-1][0], first, last))
        blocks.append(block)
    whole = np.concatenate(blocks, axis=1)
    free = len(values) - whole.shape[1]
    if free <= 0 or np.linalg.matrix_rank(whole) < whole.shape[1]:
        return _largest_first([])
    fitted = np.linalg.lstsq(whole, values, rcond=None)[0]
    spread = np.linalg.inv(whole.T @ whole) * ((values - whole @ fitted) ** 2).sum() / free
    rows, at = [], 1
    for name, low, high, first, last in ends:
        mine = slice(at, at := at + len(first))
        step = last - first
        change = float(step @ fitted[mine])
        half = t_quantile(0.95, free) * math.sqrt(float(step @ spread[mine, mine] @ step))
        start, end = (
            float(values.mean()) + float((one - whole[:, mine].mean(axis=0)) @ fitted[mine]) for one in (first, last)
        )
        rows.append((name, low, high, start, end, change, change - half, change + half))
    return _largest_first(rows)


def _matched(name: str, others: list[str], design: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Points (P,) whose other values occur with every value of a factor; all if there are none.

    Where conditions or failures took points out of a grid, its levels would else differ in more than the factor.
    """
    everyone = np.ones(len(design), dtype=bool)
    if not others:
        return everyone
    complete = design.groupby(others)[name].transform("nunique").to_numpy() == design[name].nunique()
    return complete if complete.any() else everyone


def _level_parts(factor: Mapping[str, Any], values: pd.Series) -> list[tuple[str, float, npt.NDArray[np.bool_]]]:
    """Label, place on an axis, and points (P,) of each level of a factor; bins of as many points where it has many."""
    unit, scale, there = str(factor["unit"]), float(factor.get("scale", 1.0)), values.notna().to_numpy()
    if factor["column"] == "str":
        found = [one for one in factor["values"] if (values == one).any()]
        return [(str(one), float(k), (values == one).to_numpy()) for k, one in enumerate(found)]
    numbers = values.astype(float).to_numpy()
    distinct = np.unique(numbers[there])
    if len(distinct) <= MOST_LEVELS:
        return [(f"{_brief(float(x) * scale)}{unit}", float(x), numbers == x) for x in distinct]
    edges = np.quantile(numbers[there], np.linspace(0.0, 1.0, BINS + 1))
    bin_of = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, BINS - 1)
    out = []
    for k in range(BINS):
        chosen = there & (bin_of == k)
        if chosen.any():
            middle = float(numbers[chosen].mean())
            out.append((f"{middle * scale:.3g}{unit}", middle, chosen))
    return out


# --- Sensitivity indices ----------------------------------------------------------------------------------------------


def _indices(kind: str, factors: Sequence[Mapping[str, Any]], design: pd.DataFrame, values: Floats) -> pd.DataFrame:
    names = [str(one["name"]) for one in factors]
    rows: list[tuple[str, str, float, float, float]] = []
    if kind == "morris":
        effects = elementary_effects(names, design, values)
        for name in names:
            mine = effects[name]
            rows += _resampled(name, {"mu_star": lambda x: np.abs(x).mean(axis=-1), "sigma": _spread}, mine[None])
    elif kind == "sobol_indices":
        blocks = _blocks(names, design, values)
        for k, name in enumerate(names):
            a, b, mixed = blocks[:, 0], blocks[:, 1], blocks[:, 2 + k]
            rows += _resampled(name, {"first": _first, "total": _total}, np.stack([a, b, mixed]))
    return pd.DataFrame(rows, columns=list(INDEX_COLUMNS))


def elementary_effects(names: Sequence[str], design: pd.DataFrame, values: Floats) -> dict[str, Floats]:
    """Morris' elementary effects by factor: what the figure changed at each step, for a move over the whole range."""
    found: dict[str, list[float]] = {name: [] for name in names}
    share = 2.0 * (sampling.MORRIS_LEVELS - 1) / sampling.MORRIS_LEVELS  # one over a step
    for _, walk in design.assign(_value=values).groupby("block", sort=True):
        steps = walk["_value"].diff().to_numpy()
        for row, (role, step) in enumerate(zip(walk["role"], steps, strict=True)):
            if row and role in found and walk["point"].iloc[row] == walk["point"].iloc[row - 1] + 1:
                moved = walk[role]
                way = 1.0 if isinstance(moved.iloc[row], str) or moved.iloc[row] >= moved.iloc[row - 1] else -1.0
                found[role].append(way * step * share)
    return {name: np.array(effects, dtype=np.float64) for name, effects in found.items()}


def _blocks(names: Sequence[str], design: pd.DataFrame, values: Floats) -> Floats:
    """Values by block and role A, B, AB of each factor, of the blocks that are complete."""
    roles = ["A", "B", *(f"AB:{name}" for name in names)]
    table = design.assign(_value=values).pivot(index="block", columns="role", values="_value")
    return table.reindex(columns=roles).dropna().to_numpy(np.float64)


def _resampled(name: str, indices: Mapping[str, Any], data: Floats) -> list[tuple[str, str, float, float, float]]:
    """Each index of data (parts, walks or blocks), with a 95 % percentile interval over resampled walks or blocks."""
    n = data.shape[-1]
    if n < 2:
        return [(name, index, math.nan, math.nan, math.nan) for index in indices]
    draws = np.floor(sampling.uniforms(1, f"resample {name}", RESAMPLES * n) * n).astype(np.int64).reshape(RESAMPLES, n)
    out = []
    for index, formula in indices.items():
        value = float(formula(data if len(data) > 1 else data[0]))
        again = np.array([formula(data[:, rows] if len(data) > 1 else data[0][rows]) for rows in draws])
        low, high = np.nanquantile(again, [0.025, 0.975])
        out.append((name, index, value, float(low), float(high)))
    return out


def _spread(effects: Floats) -> Floats:
    return np.asarray(effects.std(axis=-1, ddof=1))


def _variance(data: Floats) -> float:
    return float(np.concatenate([data[0], data[1]]).var())


def _first(data: Floats) -> float:
    """Saltelli et al. (2010), table 2 (b)."""
    spread = _variance(data)
    return float((data[1] * (data[2] - data[0])).mean() / spread) if spread > 0.0 else 0.0


def _total(data: Floats) -> float:
    """Saltelli et al. (2010), table 2 (f), after Jansen (1999)."""
    spread = _variance(data)
    return float(0.5 * ((data[0] - data[2]) ** 2).mean() / spread) if spread > 0.0 else 0.0
