"""What comes of a reforecast: bands of the day and its remaining intervals, and the moves in order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim import metrics
from cxsim.begun_day.backlog import Waiting, counts
from cxsim.begun_day.begun import FIGURES
from cxsim.begun_day.measured import BAND, REST, SO_FAR, WHOLE, Measured, band, seen
from cxsim.metrics.confidence_intervals import paired_ratio_difference
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.common.style import png
from cxsim.report.run.document import plain, records
from cxsim.report.run.folder import csv_text
from cxsim.report.studies import reforecast as report
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.begun_day.moves import Move
    from cxsim.begun_day.reforecast import Begun
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
KIND, MARK, SCHEMA_VERSION = "cxsim reforecast", "reforecast.json", 1
LIKELY: Final = 0.9  # chance of meeting the targets from which people may go home


@dataclass(frozen=True, eq=False)
class Reforecast:
    """The rest of a day, given what was seen of it.

    Attributes
    ----------
    scenario : str
        Name of the scenario.
    date : str
        The day, as an ISO date.
    until : str
        Until when it was seen, such as '11:00'.
    queue : str
        The queue whose SL ranks the moves; empty for all contacts.
    currency : str
        Currency of costs.
    intervals : DataFrame
        A row per remaining interval and queue ('all' first): interval, queue, then offered, sl, asa (s) and
        abandoned_share, each with _low and _high (90 % prediction band), and staff present as planned (of 'all').
    day : DataFrame
        part ('so far', 'rest of the day', 'whole day'), queue, figure, unit, value, low, high, seen (whether value was
        seen rather than simulated).
    moves : DataFrame
        rank, kind, group, people, move, change, low, high (of the day's SL against doing nothing, with the paired 95 %
        interval), sl, likely, hours (of pay), cost, as_good (not distinguishable from the first by its paired
        interval). Best first; time off last, by what it saves.
    busyness : DataFrame
        reason, factor, low, high: how busy the day is against the scenario, with its 90 % interval.
    backlog : DataFrame
        queue, waiting, low, high, given: contacts that wait at `until`.
    likely : float
        Chance that the day meets all SL targets of its queues if nothing is done; NaN without targets.
    recommended : str
        The recommended move, as a sentence; empty for none.
    tried : int
        Number of moves that could be worked.
    notes : tuple of str
        What was assumed, and what differs from the plan.
    replications : int
        Number of replications.
    seed : int
        Random seed.
    """

    scenario: str
    date: str
    until: str
    queue: str
    currency: str
    intervals: pd.DataFrame
    day: pd.DataFrame
    moves: pd.DataFrame
    busyness: pd.DataFrame
    backlog: pd.DataFrame
    likely: float
    recommended: str
    tried: int
    notes: tuple[str, ...]
    replications: int
    seed: int

    def value(self, figure: str = "sl", queue: str = "", part: str = WHOLE) -> tuple[float, float, float]:
        """A metric of the day with its 90 % prediction band.

        Parameters
        ----------
        figure : {'sl', 'asa', 'abandoned_share', 'offered'}, default 'sl'
            Which metric.
        queue : str, default ''
            Name of the queue; of all contacts if empty.
        part : {'whole day', 'rest of the day', 'so far'}, default 'whole day'
            Which part of the day.

        Returns
        -------
        tuple of float
            Value, low, high.

        Raises
        ------
        KeyError
            There is no such row in `day`.
        """
        table = self.day
        found = table[(table["figure"] == figure) & (table["queue"] == (queue or "all")) & (table["part"] == part)]
        if not len(found):
            raise KeyError((figure, queue, part))
        row = found.iloc[0]
        return float(row["value"]), float(row["low"]), float(row["high"])

    def plot(self) -> Figure:
        """Draw the remaining intervals with their bands, and what the moves change.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return report.plot(self)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows.

        Parameters
        ----------
        width : int, optional
            Width in characters; that of the terminal if not given.

        Returns
        -------
        RenderableType
            For `rich.print`.
        """
        return report.summary(self, width)

    def document(self) -> dict[str, Any]:
        """What `cxsim reforecast --json` prints.

        Returns
        -------
        dict
            schema_version, inputs, day, intervals, moves, busyness, backlog, likely, recommended, notes; NaN becomes
            None.
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "inputs": {
                "scenario": self.scenario,
                "date": self.date,
                "until": self.until,
                "queue": self.queue or None,
                "currency": self.currency,
                "replications": self.replications,
                "seed": self.seed,
            },
            "likely": plain(self.likely),
            "recommended": self.recommended or None,
            "tried": self.tried,
            "day": records(self.day),
            "intervals": records(self.intervals),
            "moves": records(self.moves),
            "busyness": records(self.busyness),
            "backlog": records(self.backlog),
            "notes": list(self.notes),
        }

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write intervals.csv, day.csv, moves.csv, reforecast.json, report.html and reforecast.png, all or nothing.

        A folder that holds an earlier reforecast is replaced.

        Parameters
        ----------
        folder : str or Path
            Where to write; made if it does not exist.
        pictures : bool, default True
            Whether to write the page and the chart.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FileExistsError
            The folder is not empty and does not hold a reforecast.
        OSError
            The folder cannot be written.
        """
        return write_folder(Path(folder), KIND, lambda made: self._fill(made, pictures))

    def _fill(self, made: Path, pictures: bool) -> None:
        for name in ("intervals", "day", "moves"):
            write_text(made / f"{name}.csv", csv_text(getattr(self, name)))
        write_json(made / MARK, {"kind": KIND, **self.document()})
        if pictures:
            write_text(made / "report.html", report.page(self))
            (made / "reforecast.png").write_bytes(png(self.plot(), report.heading(self)))

    def __repr__(self) -> str:
        return f"<cxsim.Reforecast {self.scenario} {self.date} from {self.until}, {len(self.moves)} moves>"


def build(
    found: Begun,
    base: Measured,
    there: Sequence[Waiting],
    full: Sequence[tuple[Move, Measured]],
    tried: int,
    queue: str,
    backlog: Mapping[str, int],
) -> Reforecast:
    """Tables from what was simulated."""
    scenario, actuals = found.model.scenario, found.actuals
    likely = _likely(found, base)
    table = _moves(found, base, full, queue)
    waiting = counts(there)
    ends = (
        np.quantile(waiting, BAND, axis=0, method="weibull")
        if len(waiting) > 1
        else np.full((2, waiting.shape[1]), np.nan)
    )
    rows = [
        (name, float(waiting[:, q].mean()), float(ends[0, q]), float(ends[1, q]), name in backlog)
        for q, name in enumerate(scenario.queues)
    ]
    post = found.day.posterior
    mean = post.mean()
    busy = [
        (name, float(mean[r]), post.quantile(r, BAND[0]), post.quantile(r, BAND[1]))
        for r, name in enumerate(scenario.reasons)
        if scenario.reasons[name].volume.busyness is not None
    ]
    return Reforecast(
        scenario=scenario.name,
        date=actuals.date.isoformat(),
        until=found.times.clock(found.times.now),
        queue=queue,
        currency=scenario.currency,
        intervals=_intervals(found, base),
        day=_day(found, base),
        moves=table,
        busyness=pd.DataFrame(busy, columns=["reason", "factor", "low", "high"]),
        backlog=pd.DataFrame(rows, columns=["queue", "waiting", "low", "high", "given"]),
        likely=likely,
        recommended=_recommended(table, likely),
        tried=tried,
        notes=(*found.notes, *_assumed(found, backlog)),
        replications=len(there),
        seed=found.model.seed,
    )


def _likely(found: Begun, one: Measured) -> float:
    """The share of replications in which the day meets every SL target."""
    met: npt.NDArray[np.bool_] | None = None
    for name, queue in found.model.scenario.queues.items():
        if queue.target and queue.target.sl:
            above, below = one.part("sl", name, WHOLE)
            own = above >= queue.target.sl.share * below - 1e-9
            met = own if met is None else met & own
    return math.nan if met is None else float(met.mean())


def _moves(found: Begun, base: Measured, full: Sequence[tuple[Move, Measured]], queue: str) -> pd.DataFrame:
    nothing = base.part("sl", queue, WHOLE)
    rows = []
    for move, one in full:
        own = one.part("sl", queue, WHOLE)
        gained = [float(x) for x in paired_ratio_difference(nothing, own)]
        wage = float(found.model.scenario.groups[move.group].wage)
        rows.append((move, own, gained, _likely(found, one), move.hours, move.hours * wage))
    up = sorted((row for row in rows if row[0].kind != "time off"), key=lambda row: -row[2][0])
    off = sorted((row for row in rows if row[0].kind == "time off"), key=lambda row: (row[5], row[4]))
    out = []
    for rank, (move, own, change, likely, hours, cost) in enumerate([*up, *off], start=1):
        same = move.kind != "time off" and (rank == 1 or float(paired_ratio_difference(up[0][1], own).high) >= 0.0)
        sl = float(own[0].sum() / own[1].sum())
        out.append((rank, move.kind, move.group, move.people, move.words, *change, sl, likely, hours, cost, same))
    names = [
        "rank",
        "kind",
        "group",
        "people",
        "move",
        "change",
        "low",
        "high",
        "sl",
        "likely",
        "hours",
        "cost",
        "as_good",
    ]
    return pd.DataFrame(out, columns=names)


def _recommended(table: pd.DataFrame, likely: float) -> str:
    """The best move, or none: time off only where the targets stay likely, others only where they clearly help."""
    if likely >= LIKELY:
        off = table[(table["kind"] == "time off") & (table["likely"] >= LIKELY)]
        return str(off.iloc[0]["move"]) if len(off) else ""
    up = table[(table["kind"] != "time off") & (table["low"] > 0.0)]
    return str(up.iloc[0]["move"]) if len(up) else ""


def _names(found: Begun, base: Measured, figure: str) -> list[str]:
    """Of what a figure is told: all contacts ('') and each queue."""
    mixed = figure == "asa" and len(found.model.layout.kinds) > 1
    return [name for name in base.by_interval[figure] if name or not mixed]


def _day(found: Begun, base: Measured) -> pd.DataFrame:
    rows = []
    for part in (SO_FAR, REST, WHOLE):
        for figure in FIGURES:
            for name in _names(found, base, figure):
                above, below = base.part(figure, name, part)
                below = np.ones_like(above) if figure == "offered" else below
                value, low, high = band(above, below)
                known = part == SO_FAR and low == high and _told(found, figure, name)
                rows.append((part, name or "all", figure, metrics.REGISTRY[figure].unit, value, low, high, known))
    return pd.DataFrame(rows, columns=["part", "queue", "figure", "unit", "value", "low", "high", "seen"])


def _told(found: Begun, figure: str, name: str) -> bool:
    queues = list(found.model.scenario.queues)
    return all(seen(found, figure, queues.index(one)) is not None for one in ([name] if name else queues))


def _intervals(found: Begun, base: Measured) -> pd.DataFrame:
    layout, rest = found.model.layout, base.rest
    edges = layout.edges
    rows = []
    for name in base.by_interval["offered"]:
        for i in range(rest.start, rest.stop):
            offered = base.by_interval["offered"][name][0][:, i]
            if not (found.model.timeline.open_mask[i] or offered.any()):
                continue
            cells: list[float] = []
            for figure in ("offered", "sl", "asa", "abandoned_share"):
                above, below = (side[:, i] for side in base.by_interval[figure][name])
                told = name in _names(found, base, figure)
                cells += band(above, np.ones_like(above) if figure == "offered" else below) if told else [math.nan] * 3
            staff = sum(
                found.crew.mean(group, float(edges[i]), float(edges[i + 1])) for group in found.model.plan.groups
            )
            rows.append((layout.labels[i], name or "all", *cells, staff if not name else math.nan))
    heads = [
        f"{figure}{end}" for figure in ("offered", "sl", "asa", "abandoned_share") for end in ("", "_low", "_high")
    ]
    return pd.DataFrame(rows, columns=["interval", "queue", *heads, "staff"])


def _busy(scenario: Scenario) -> list[str]:
    """How what came so far bears on what is expected later, in sentences."""
    varied = [one.volume for one in scenario.reasons.values() if one.volume.busyness or one.volume.intraday]
    if not varied:
        return ["The scenario has no busyness, so what came so far does not change what is expected later."]
    out = []
    if any(one.busyness for one in varied):
        whose = "to all reasons" if all(one.shared >= 1.0 for one in varied) else "in part to all reasons"
        out.append(f"Busyness is a factor common to the whole day and {whose}, as in the scenario.")
    if any(one.intraday for one in varied):
        out.append("Contacts also vary within the day, as in the scenario: a rush tells little of the hours after it.")
    return out


def _assumed(found: Begun, backlog: Mapping[str, int]) -> list[str]:
    """What the forecast takes for granted, in sentences."""
    scenario, actuals, clock = found.model.scenario, found.actuals, found.times.clock(found.times.now)
    out = [f"Until {clock} contacts are those seen, evenly placed within their intervals at the scenario's rate."]
    untold = [name for q, name in enumerate(scenario.queues) if not actuals.told[q]]
    if untold:
        out.append(f"{', '.join(untold)}: not in the actuals, so drawn from the scenario since opening.")
    for q, name in enumerate(scenario.queues):
        known = np.flatnonzero(np.isfinite(actuals.offered[q]))
        volume = found.day.reach[q] @ found.day.volumes.expected
        if len(known) and volume[actuals.first : known[0]].any():
            begin = found.model.timeline.labels[known[0]]
            out.append(
                f"{name}: nothing is told of it before {begin:%H:%M}, so it is drawn from the scenario until then."
            )
    if (found.day.fresh < 1.0).any():
        part = 1.0 - float(np.nansum(actuals.offered * found.day.fresh) / max(1.0, np.nansum(actuals.offered)))
        out.append(
            f"Of the contacts seen, {100 * part:.0f} % are taken for redials and repeats, as the simulation has them."
        )
    out += _busy(scenario)
    if not np.isfinite(actuals.agents).any():
        out.append(f"People are there as planned, but for what --staff says of {clock}.")
    if backlog:
        said = ", ".join(f"{name} {count}" for name, count in backlog.items())
        out.append(f"Waiting at {clock}, as given: {said}; those that the simulation lacks joined just before.")
    if not _told(found, "sl", ""):
        out.append(f"The SL until {clock} is simulated where the actuals do not tell it.")
    out.append("Costs are wages of the hours added or saved; breaks and lending cost nothing.")
    return out
