"""The day in replications: what was seen of it put before what is simulated, and bands of single days."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.begun_day.begun import FIGURES, Sides, sides

if TYPE_CHECKING:
    from cxsim.begun_day.moves import Move
    from cxsim.begun_day.reforecast import Begun
    from cxsim.model.prepare import Model

Floats = npt.NDArray[np.float64]
Ratio = tuple[Floats, Floats]  # numerators and denominators by replication
BAND: Final = (0.05, 0.95)
SO_FAR, REST, WHOLE = "so far", "rest of the day", "whole day"


@dataclass(frozen=True, eq=False)
class Measured:
    """The day in replications: sides by interval, and of the SL what was seen put before what is simulated."""

    by_interval: Sides
    rest: slice
    so_far: Mapping[str, Mapping[str, Ratio]]

    def part(self, figure: str, name: str, part: str) -> Ratio:
        """Numerators and denominators of a part of the day."""
        above, below = self.by_interval[figure][name]
        a, b = (side[:, self.rest].sum(axis=1) for side in (above, below))
        if part == REST:
            return a, b
        first = self.so_far[figure][name]
        return first if part == SO_FAR else (first[0] + a, first[1] + b)


def measured(found: Begun, model: Model, samples: Sequence[metrics.Sample], names: Sequence[str] = FIGURES) -> Measured:
    """What some replications say of the day."""
    by_interval = sides(samples, model, names)
    actuals, layout = found.actuals, model.layout
    rest = slice(actuals.last, int(np.flatnonzero(layout.day_of == layout.day_of[actuals.first])[-1]) + 1)
    past = slice(actuals.first, actuals.last)
    so_far: dict[str, dict[str, Ratio]] = {}
    for figure, rows in by_interval.items():
        known = {name: seen(found, figure, q) for q, name in enumerate(model.scenario.queues)}
        made = {name: (above[:, past].sum(axis=1), below[:, past].sum(axis=1)) for name, (above, below) in rows.items()}
        for name, pair in known.items():
            if pair is not None and name in made:
                made[name] = (np.full(len(samples), pair[0]), np.full(len(samples), pair[1]))
        if "" in made and any(pair is not None for pair in known.values()):
            parts = [pair for name, pair in made.items() if name]
            made[""] = (np.sum([a for a, _ in parts], axis=0), np.sum([b for _, b in parts], axis=0))
        if figure == "offered":
            made = {name: (a, np.ones(len(samples))) for name, (a, _) in made.items()}
        so_far[figure] = made
    return Measured(by_interval, rest, so_far)


def seen(found: Begun, figure: str, q: int) -> tuple[float, float] | None:
    """Numerator and denominator of a figure of a queue until now, as far as the actuals tell it."""
    actuals, layout = found.actuals, found.model.layout
    if not actuals.told[q]:
        return None

    def total(name: str) -> float:
        values = getattr(actuals, name)[q, actuals.first : actuals.last]
        busy = np.nan_to_num(actuals.offered[q, actuals.first : actuals.last]) > 0.0
        return float(values[busy].sum())

    offered = total("offered")
    if figure == "offered":
        return offered, 1.0
    if figure == "abandoned_share":
        pair = (total("abandoned"), offered)
    elif figure == "sl" and not layout.accumulated:
        below = {
            "answered_of_offered": offered,
            "including_blocked": offered,
            "answered_of_answered": total("answered"),
            "excluding_short_abandoned": offered - total("short_abandoned"),
        }.get(layout.definition, math.nan)
        above = total("answered_in_sl")
        if math.isnan(above):
            past = slice(actuals.first, actuals.last)
            weight = actuals.answered if layout.definition == "answered_of_answered" else actuals.offered
            share, n = actuals.service_level[q, past], weight[q, past]
            above = float(np.where(np.nan_to_num(n) > 0.0, share * n, 0.0).sum())
        pair = (above, below)
    else:
        return None
    return pair if all(map(math.isfinite, pair)) else None


def band(above: Floats, below: Floats) -> tuple[float, float, float]:
    """The ratio of sums, and between what single replications lie with a chance of 90 %.

    The ends are order statistics k/(n + 1), between which a further draw lies with that chance (Weibull).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(above.sum() / below.sum()) if below.sum() > 0.0 else math.nan
        each = (above / below)[below > 0.0]
    if len(each) < 2:
        return value, math.nan, math.nan
    low, high = np.quantile(each, BAND, method="weibull")
    return value, float(low), float(high)


def shortlist(base: Measured, seen: Sequence[tuple[Move, Measured]], queue: str, most: int) -> list[Move]:
    """The moves worth a closer look: the best of each kind, those that add most, and the time off that costs least."""

    def gain(one: Measured) -> float:
        a, b = one.part("sl", queue, WHOLE)
        x, y = (side[: len(a)] for side in base.part("sl", queue, WHOLE))
        return float(a.sum() / b.sum() - x.sum() / y.sum()) if b.sum() and y.sum() else 0.0

    ranked = sorted(
        ((gain(one), -n, move) for n, (move, one) in enumerate(seen)), key=lambda row: row[:2], reverse=True
    )
    best = {move.kind: move for _, _, move in reversed(ranked)}.values()  # of each kind
    others = [move for _, _, move in ranked if move not in best]
    up = [move for move in [*best, *others] if move.kind != "time off"][:most]
    return up + [move for _, _, move in ranked if move.kind == "time off"][: most // 2]
