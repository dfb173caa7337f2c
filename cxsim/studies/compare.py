"""Scenarios side by side on the same draws: every customer of one is met by the others too."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxsim import metrics
from cxsim.model.prepare import prepare
from cxsim.simulation.build_result import assemble
from cxsim.simulation.replications import Engine, Progress, side_by_side
from cxsim.simulation.simulate import check_arguments

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result

Run = tuple[Sequence[metrics.Sample], metrics.Layout, metrics.Staffing]

MARK = "comparison.json"
KIND = "cxsim comparison"
SCHEMA_VERSION = 1
COLUMNS = (
    "variant",
    "figure",
    "scope",
    "name",
    "interval",
    "base",
    "value",
    "difference",
    "low",
    "high",
    "verdict",
    "unit",
    "n",
)
KEYS = ["figure", "scope", "name", "interval"]
BY_QUEUE = ("sl",)  # what a terminal shows of each queue; the tables and the page have the rest


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two or more scenarios, the first of them the base, replayed on the same draws.

    `results` holds the whole Result of each by its name. `differences` is a long table (variant, figure, scope,
    name, interval, base, value, difference, low, high, verdict, unit, n): `difference` is value - base over
    paired replications, with its 95 % interval (NaN at one replication); `verdict` is better, worse or changed
    where that interval leaves out zero, else no clear difference; shares differ as shares (0.01 is a point).
    `precision` are the half-widths that were asked for. Where they are `simultaneous`, the intervals of a figure hold
    together over all variants with 95 % (Bonferroni); else each on its own.
    """

    results: Mapping[str, Result]
    differences: pd.DataFrame
    seed: int
    replications: int
    engine: str
    wall_seconds: float = math.nan
    precision: Mapping[str, float] = field(default_factory=dict)
    simultaneous: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names, that of the base first."""
        return tuple(self.results)

    @property
    def base(self) -> str:
        """What the others are compared with."""
        return self.names[0]

    @property
    def currency(self) -> str:
        """The currency of the base."""
        return self.results[self.base].currency

    def table(self, *figures: str, scope: str = "total", interval: str = "total") -> pd.DataFrame:
        """Rows of `differences` at one scope and interval: the figures named, or the main ones."""
        from cxsim.report.studies.comparison import SHOWN

        frame = self.differences
        wanted = list(figures) or SHOWN
        part = frame[frame["figure"].isin(wanted) & (frame["scope"] == scope) & (frame["interval"] == interval)]
        return part.reset_index(drop=True)

    def pair(self, variant: str) -> pd.DataFrame:
        """The differences of one variant: figure, scope, name, interval, a (base), b, difference, low, high, unit."""
        if variant not in self.names[1:]:
            raise ValueError(f"{variant!r} is not a variant; the variants are {', '.join(self.names[1:])}")
        part = self.differences[self.differences["variant"] == variant]
        return part.rename(columns={"base": "a", "value": "b"}).drop(columns=["variant", "verdict"])

    def plot(self, variant: str = "") -> Figure:
        """The paired differences of a variant (the first, if not named) with their intervals, a panel a figure."""
        from cxsim.report.studies.comparison import plot

        variant = variant or self.names[1]
        return plot(self.pair(variant), (self.base, variant), currency=self.currency)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: for each variant a sentence, the main figures and their differences."""
        from rich.console import Group
        from rich.constrain import Constrain
        from rich.text import Text

        from cxsim.report.common.formats import plural
        from cxsim.report.studies.comparison import sentence

        runs = f"{plural(self.replications, 'replication')}, seed {self.seed}, engine {self.engine}."
        head = f"The same customers with each of: {', '.join(self.names)}. {runs}"
        parts: list[RenderableType] = [Text(head, style="dim")]
        for variant in self.names[1:]:
            said = sentence(self.pair(variant), (self.base, variant), self.currency, self._against(variant))
            parts += [Text(), Text(said, style="bold"), Text(), self._grid(variant)]
        if any(len(result.targets) for result in self.results.values()):
            parts += [Text(), Text("Targets met: " + "; ".join(map(self._targets, self.names)) + ".")]
        parts.append(Text(self._caution, style="dim"))
        whole = Group(*parts)
        return Constrain(whole, width) if width else whole

    def _grid(self, variant: str) -> RenderableType:
        """The main figures of base and variant, and the difference with its margin, in 80 columns."""
        from rich.table import Table
        from rich.text import Text

        from cxsim.report.common import formats
        from cxsim.report.studies import comparison

        frame = self.pair(variant)
        by_queue = (frame["scope"] == "queue") & frame["figure"].isin(BY_QUEUE)
        few = comparison.shown(frame[frame["scope"].isin(("total", "kind")) | by_queue])
        grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        grid.add_column("metric", max_width=22, no_wrap=True, overflow="ellipsis")
        for head in (self.base, variant):
            grid.add_column(Text(head), justify="right", max_width=14, no_wrap=True, overflow="ellipsis")
        grid.add_column("difference", justify="right", no_wrap=True)
        grid.add_column("", no_wrap=True)
        for row in few.to_dict("records"):
            unit, low, high = str(row["unit"]), float(row["low"]), float(row["high"])
            by = formats.change(float(row["difference"]), unit, self.currency)
            margin = formats.margin(low, high, unit, self.currency)
            if unit == "":  # contacts per issue: small numbers
                by, margin = f"{row['difference']:+.3f}", f"± {(high - low) / 2:.3f}" if margin else ""
            if margin.endswith(" points"):
                by = by.removesuffix(" points")
            verdict = "not clear" if row["verdict"] == comparison.ALIKE else str(row["verdict"])
            verdict = "the same" if low == high == 0 else verdict
            grid.add_row(
                Text(_label(row)),
                *(Text(formats.quantity(float(row[side]), unit, self.currency)) for side in ("a", "b")),
                Text(f"{by} {margin}".strip()),
                Text(verdict if margin else "", style=comparison.STYLES[str(row["verdict"])]),
            )
        return grid

    def _against(self, variant: str) -> str:
        from cxsim.report.studies.comparison import targets

        pair = self.pair(variant)
        return targets(self.results[self.base], self.results[variant], pair, (self.base, variant))

    def _targets(self, name: str) -> str:
        met = [one is not None and one == 1 for one in self.results[name].targets["met"]]
        return f"{name} {sum(met)} of {len(met)}"

    def imprecise(self) -> list[str]:
        """In sentences, which wanted precision was not reached, or means nothing; none where all were."""
        from cxsim.report.studies.comparison import imprecise

        return [text for name in self.names[1:] for text in imprecise(self.pair(name), name, self.precision)]

    @property
    def _caution(self) -> str:
        if self.replications == 1:
            return "One replication gives no confidence intervals; run more to compare the variants."
        if self.simultaneous:
            return (
                "Differences are paired; the 95 % intervals of a metric hold jointly for all "
                f"{len(self.names) - 1} variants (Bonferroni). Of twenty metrics without a real difference, about one "
                "still looks clear by chance."
            )
        return (
            "Differences are paired, with 95 % intervals. Of twenty metrics without a real difference, about one "
            "still looks clear by chance."
        )

    def document(self) -> dict[str, Any]:
        """What `--json` prints: schema_version, inputs, differences, figures and targets by variant, wall_seconds."""
        from cxsim.report.run.document import plain, records

        documents = {name: result.document() for name, result in self.results.items()}
        return {
            "schema_version": SCHEMA_VERSION,
            "inputs": {
                "base": self.base,
                "scenarios": {name: one["inputs"]["scenario"] for name, one in documents.items()},
                "seed": self.seed,
                "replications": self.replications,
                "engine": self.engine,
                "precision": dict(self.precision),
                "confidence": self.results[self.base].confidence,
                "simultaneous": self.simultaneous,
                "currency": self.currency,
                "definitions": documents[self.base]["inputs"]["definitions"],
            },
            "differences": [_in_one_word(row) for row in records(self.differences.astype(dict.fromkeys(KEYS, str)))],
            "figures": [{"variant": name, **row} for name, one in documents.items() for row in one["figures"]],
            "targets": [{"variant": name, **row} for name, one in documents.items() for row in one["targets"]],
            "wall_seconds": plain(self.wall_seconds),
        }

    def save(self, folder: str | Path, *, pictures: bool = True) -> Path:
        """Write tables, page, figures and the whole result of each scenario into `folder`, all or nothing.

        A folder that holds an earlier comparison is replaced; any other that is not empty raises
        FileExistsError. Same scenarios and seed, same bytes in every table.
        """
        from cxsim.storage.folders import write_folder

        return write_folder(Path(folder), KIND, lambda made: self._fill(made, pictures))

    def _fill(self, made: Path, pictures: bool) -> None:
        from cxsim.report.common.style import png
        from cxsim.report.run.folder import csv_text
        from cxsim.report.studies.comparison import page

        main = pd.concat([self.table(), self.table(*BY_QUEUE, scope="queue")])
        tables = {"differences": self.differences, "main_figures": main}
        for name, frame in tables.items():
            _write(made / f"{name}.csv", csv_text(frame))
        folders = _folders(self.names)
        for name, result in self.results.items():
            result.save(made / "runs" / folders[name], pictures=False, report=False)
        if pictures:
            (made / "figures").mkdir()
            for variant in self.names[1:]:
                (made / "figures" / f"{folders[variant]}.png").write_bytes(png(self.plot(variant), ""))
            pairs = [(self.base, variant, self.pair(variant)) for variant in self.names[1:]]
            against = [self._against(variant) for variant in self.names[1:]]
            title = f"{self.names[1]} against {self.base}" if len(pairs) == 1 else "Comparison"
            _write(made / "report.html", page(pairs, title, self.currency, self._caution, against))
        facts = {
            "kind": KIND,
            "schema_version": SCHEMA_VERSION,
            "base": self.base,
            "runs": {name: f"runs/{folders[name]}" for name in self.names},
            "seed": self.seed,
            "replications": self.replications,
            "engine": self.engine,
            "precision": dict(self.precision),
            "wall_seconds": None if math.isnan(self.wall_seconds) else self.wall_seconds,
        }
        _write(made / MARK, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")

    def _repr_html_(self) -> str:
        shown = self.table().drop(columns=["scope", "name", "interval", "n"])
        return str(shown.to_html(index=False))

    def __repr__(self) -> str:
        runs = f"{self.replications} replications, seed {self.seed}, {self.engine}"
        return f"<cxsim.Comparison {' | '.join(self.names)}: {runs}>"


def compare(
    scenarios: Sequence[Scenario] | Mapping[str, Scenario],
    *,
    names: Sequence[str] | None = None,
    seed: int = 1,
    replications: int | None = None,
    precision: Mapping[str, float | str] | None = None,
    simultaneous: bool = False,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Replay scenarios on the same draws and take every figure's difference from the first, replication by replication.

    `scenarios` are two or more, or a mapping of names to them; `names` default to the scenarios' own, numbered
    where they are alike. All must count the same intervals. `replications` fixes their number (20 if neither is
    given); `precision` ({figure: half-width}) adds replications until the interval of each figure's difference over
    all contacts is that narrow, absolute for shares, else relative to the base's value. `simultaneous` widens the
    intervals of each figure so that they hold together over all variants (Bonferroni). `progress` is called with
    (done, expected) over all scenarios; a comparison is not ended early, so what it returns is not heeded. Raises
    ScenarioError or ValueError before anything is simulated.
    """
    began = time.perf_counter()
    if isinstance(scenarios, Mapping):
        names, scenarios = list(scenarios), list(scenarios.values())
    widths = check_arguments(replications, precision, engine, (), seed, threads)
    called = _names(scenarios, names)
    models = [prepare(scenario, int(seed)) for scenario in scenarios]
    for name, model in zip(called, models, strict=True):
        if model.layout.labels != models[0].layout.labels:
            same = "use the same start, days, opening hours and interval in both"
            raise ValueError(f"{name} counts different intervals from {called[0]}: {same}")
    samples = side_by_side(models, replications, widths, engine, threads, progress)
    replayed = (time.perf_counter() - began) / len(models)
    runs: list[Run] = [(own, model.layout, model.staffing) for own, model in zip(samples, models, strict=True)]
    results = {
        name: assemble(model, own, (), engine, replayed, ())
        for name, model, own in zip(called, models, samples, strict=True)
    }
    level = 1.0 - 0.05 / (len(models) - 1 if simultaneous else 1)
    tables = [
        _differences(runs[0], run, name, results[called[0]].figures, results[name].figures, level)
        for run, name in zip(runs[1:], called[1:], strict=True)
    ]
    wall = time.perf_counter() - began
    whole = pd.concat(tables, ignore_index=True)
    return Comparison(results, whole, seed, len(samples[0]), engine, wall, widths, simultaneous)


def _label(row: Mapping[Any, Any]) -> str:
    """The head of a row: the figure of all, or of a kind of channel; below it, the queue."""
    from cxsim.report.common import formats

    head, name = formats.head(str(row["figure"])), str(row["name"])
    if row["scope"] == "kind":
        return f"{head}, {name.removeprefix('all ')}"
    return f"  {name}" if name else head


def _names(scenarios: Sequence[Scenario], names: Sequence[str] | None) -> list[str]:
    if len(scenarios) < 2:
        raise ValueError(f"a comparison needs two scenarios or more, not {len(scenarios)}")
    if names is None:
        own = [scenario.name for scenario in scenarios]
        return [name if own.count(name) == 1 else f"{name} {own[: n + 1].count(name)}" for n, name in enumerate(own)]
    called = [str(name) for name in names]
    if len(called) != len(scenarios):
        raise ValueError(f"names: {len(called)} names for {len(scenarios)} scenarios; give one name per scenario")
    twice = [name for name in called if called.count(name) > 1]
    if twice or "" in called:
        which = twice[0] if twice else ""
        raise ValueError(f"names: {which!r} is used for more than one scenario; give each a different name")
    return called


def _differences(
    base: Run, other: Run, name: str, before: pd.DataFrame, after: pd.DataFrame, level: float
) -> pd.DataFrame:
    from cxsim.report.studies.comparison import verdicts

    frame = metrics.differences(base, other, level).astype(dict.fromkeys(KEYS, str))
    frame = frame.rename(columns={"value": "difference"})
    for column, figures in (("base", before), ("value", after)):
        values = figures[[*KEYS, "value"]].astype(dict.fromkeys(KEYS, str)).rename(columns={"value": column})
        frame = frame.merge(values, on=KEYS, how="left", validate="one_to_one")
    frame["verdict"] = verdicts(frame)
    return frame.assign(variant=name)[list(COLUMNS)]


def _in_one_word(row: dict[str, Any]) -> dict[str, Any]:
    """A row with scope and name in one word, as in the document of a run."""
    name = row.pop("name")
    return {**row, "scope": row["scope"] if row["scope"] == "total" else f"{row['scope']}:{name}"}


def _folders(names: Sequence[str]) -> dict[str, str]:
    """A folder for each name, in characters that every file system takes."""
    out: dict[str, str] = {}
    for n, name in enumerate(names):
        safe = re.sub(r"[^\w.+=-]+", "-", name).strip("-.")[:60] or f"run-{n + 1}"
        out[name] = safe if safe.lower() not in {one.lower() for one in out.values()} else f"{safe}-{n + 1}"
    return out


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
