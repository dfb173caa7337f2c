"""What comes of a comparison: scenarios simulated on the same random numbers, and their differences."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from cxsim import metrics
from cxsim.report.common import formats, latex
from cxsim.report.common.charts import mimebundle, widget
from cxsim.report.common.formats import level, listing, one_in, plural, title
from cxsim.report.common.pages import render_notebook
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.common.style import checked_formats, drawn
from cxsim.report.run.document import plain, records
from cxsim.report.run.folder import csv_text
from cxsim.report.studies import comparison
from cxsim.report.studies.comparison import SERVED, SHOWN, charts, imprecise, page, plot, sentence, targets
from cxsim.simulation.figure_rows import LaterFigures
from cxsim.simulation.lazy import Lazy
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.simulation.result import Result


Run = tuple[Sequence[metrics.Sample], metrics.Layout, metrics.Staffing]


MARK = "comparison.json"
KIND = "cxsim comparison"
SCHEMA_VERSION = 1


KEYS = ["figure", "scope", "name", "interval"]
BY_QUEUE = ("sl",)  # what a terminal shows of each queue; the tables and the page have the rest


@dataclass(frozen=True, eq=False)
class Comparison(Lazy):
    """Two or more scenarios, simulated with common random numbers; the first is the base.

    After `compare`, `differences` and the tables of the results are made when they are first read.

    Attributes
    ----------
    results : mapping of Result
        The whole result of each scenario, by name.
    differences : DataFrame
        variant, figure, scope, name, interval, base, value, difference, low, high, verdict, unit, n. `difference` is
        value - base over paired replications with its interval (NaN with one replication); differences of shares
        are shares (0.01 is one point). `verdict` is better, worse or changed if the interval excludes zero, else
        'no clear difference'.
    seed : int
        Random seed.
    replications : int
        Number of replications of each scenario.
    engine : str
        'clock' or 'story'.
    wall_seconds : float
        Elapsed time (s).
    precision : mapping
        The half-widths that were asked for.
    simultaneous : bool
        Whether the intervals of a metric hold together over all variants (Bonferroni), or each on its own.
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
        """The names of the scenarios, the base first.

        Returns
        -------
        tuple of str
            One name per scenario.
        """
        return tuple(self.results)

    @property
    def base(self) -> str:
        """The name of the scenario that the others are compared with.

        Returns
        -------
        str
            The first name.
        """
        return self.names[0]

    @property
    def confidence(self) -> float:
        """The confidence level of all intervals.

        Returns
        -------
        float
            0.95 unless another was chosen.
        """
        return self.results[self.base].confidence

    @property
    def currency(self) -> str:
        """The currency of the base.

        Returns
        -------
        str
            As the scenario writes it.
        """
        return self.results[self.base].currency

    def table(self, *figures: str, scope: str = "total", interval: str = "total") -> pd.DataFrame:
        """The differences at one scope and interval.

        Parameters
        ----------
        *figures : str
            Which metrics; the main ones if none is given.
        scope : str, default 'total'
            'total', 'queue', 'reason', 'segment' or 'group'.
        interval : str, default 'total'
            'total', an ISO date, or the ISO start of an interval.

        Returns
        -------
        DataFrame
            Rows of `differences`; empty if nothing matches.
        """
        wanted, held = list(figures) or SHOWN, self.__dict__["_held"].get("differences")
        if isinstance(held, LaterFigures):  # a verdict looks at how many are served, too
            frame = held.table([name for name in metrics.REGISTRY if name in wanted or name in SERVED])
        else:
            frame = self.differences
        part = frame[frame["figure"].isin(wanted) & (frame["scope"] == scope) & (frame["interval"] == interval)]
        return part.reset_index(drop=True)

    def to_latex(self, *figures: str, scope: str = "total", caption: str = "", label: str = "") -> str:
        """Paired differences as a table for a paper.

        Parameters
        ----------
        *figures : str
            Metrics; those of `table` if none is given.
        scope : str, default 'total'
            'total', 'queue', 'reason', 'segment', 'group' or 'kind'.
        caption : str, default ''
            With a caption the table is a float.
        label : str, default ''
            Its label, for references.

        Returns
        -------
        str
            LaTeX that needs the package booktabs; shares are in per cent.
        """
        rows = []
        for row in self.table(*figures, scope=scope).to_dict("records"):
            unit, of = str(row["unit"]), str(row["name"]) if scope != "total" else "all"
            values = [latex.number(float(row[key]), unit) for key in ("base", "value", "difference")]
            span = latex.interval(float(row["low"]), float(row["high"]), unit)
            told = latex.titled(title(str(row["figure"])), unit)
            rows.append((latex.escaped(str(row["variant"])), told, latex.escaped(of), *values, span))
        heads = ("variant", "metric", "of", latex.escaped(self.base), "value", "difference")
        return latex.tabular((*heads, latex.escaped(f"{level(self.confidence)} interval")), rows, 3, caption, label)

    def pair(self, variant: str) -> pd.DataFrame:
        """The base and one variant side by side.

        Parameters
        ----------
        variant : str
            Name of the variant.

        Returns
        -------
        DataFrame
            figure, scope, name, interval, a (the base), b (the variant), difference, low, high, unit.

        Raises
        ------
        ValueError
            There is no such variant.
        """
        if variant not in self.names[1:]:
            raise ValueError(f"{variant!r} is not a variant; the variants are {', '.join(self.names[1:])}")
        part = self.differences[self.differences["variant"] == variant]
        return part.rename(columns={"base": "a", "value": "b"}).drop(columns=["variant", "verdict"])

    def plot(self, variant: str = "") -> Figure:
        """Chart the differences of one variant with their intervals, one panel per metric.

        Parameters
        ----------
        variant : str, default ''
            Name of the variant; the first one if empty.

        Returns
        -------
        Figure
            A matplotlib figure.

        Raises
        ------
        ValueError
            There is no such variant.
        """
        variant = variant or self.names[1]
        return plot(self.pair(variant), (self.base, variant), currency=self.currency, confidence=self.confidence)

    def summary(self, width: int | None = None) -> RenderableType:
        """What a terminal shows: for each variant a sentence, the main metrics and their differences.

        Parameters
        ----------
        width : int, optional
            Width in characters; that of the terminal if not given.

        Returns
        -------
        RenderableType
            For `rich.print`.
        """
        head = f"The same customers with each of: {', '.join(self.names)}. {self._runs}"
        parts: list[RenderableType] = [Text(head, style="dim")]
        for variant in self.names[1:]:
            said = sentence(self.pair(variant), (self.base, variant), self.currency, self._against(variant))
            parts += [Text(), Text(said, style="bold"), Text(), self._grid(variant)]
        if any(len(result.targets) for result in self.results.values()):
            parts += [Text(), Text("Targets met: " + "; ".join(map(self._targets, self.names)) + ".")]
        parts.append(Text(self._caution, style="dim"))
        whole = Group(*parts)
        return Constrain(whole, width) if width else whole

    @property
    def _runs(self) -> str:
        return f"{plural(self.replications, 'replication')}, seed {self.seed}, engine {self.engine}."

    def _grid(self, variant: str) -> RenderableType:
        """The main figures of base and variant, and the difference with its margin, in 80 columns."""
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
        pair = self.pair(variant)
        return targets(self.results[self.base], self.results[variant], pair, (self.base, variant))

    def _targets(self, name: str) -> str:
        met = [one is not None and one == 1 for one in self.results[name].targets["met"]]
        return f"{name} {sum(met)} of {len(met)}"

    def imprecise(self) -> list[str]:
        """Which of the asked precisions were not reached, or do not apply.

        Returns
        -------
        list of str
            One sentence each; empty if all were reached.
        """
        return [text for name in self.names[1:] for text in imprecise(self.pair(name), name, self.precision)]

    @property
    def _caution(self) -> str:
        if self.replications == 1:
            return "One replication gives no confidence intervals; run more to compare the variants."
        level = f"{100.0 * self.confidence:g} %"
        chance = (
            f"Of {one_in(self.confidence)} metrics without a real difference, about one still looks clear by chance."
        )
        if self.simultaneous:
            return (
                f"Differences are paired; the {level} intervals of a metric hold jointly for all "
                f"{len(self.names) - 1} variants (Bonferroni). {chance}"
            )
        return f"Differences are paired, with {level} intervals. {chance}"

    def document(self) -> dict[str, Any]:
        """What `cxsim compare --json` prints.

        Returns
        -------
        dict
            schema_version, inputs, differences, figures and targets by variant, wall_seconds; NaN becomes None.
        """
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
                "confidence": self.confidence,
                "simultaneous": self.simultaneous,
                "currency": self.currency,
                "definitions": documents[self.base]["inputs"]["definitions"],
            },
            "differences": [_in_one_word(row) for row in records(self.differences.astype(dict.fromkeys(KEYS, str)))],
            "figures": [{"variant": name, **row} for name, one in documents.items() for row in one["figures"]],
            "targets": [{"variant": name, **row} for name, one in documents.items() for row in one["targets"]],
            "wall_seconds": plain(self.wall_seconds),
        }

    def save(self, folder: str | Path, *, pictures: bool = True, formats: Sequence[str] = ("png",)) -> Path:
        """Write tables, page, charts and the whole result of each scenario into a folder, all or nothing.

        A folder that holds an earlier comparison is replaced. The same scenarios and seed give the same bytes in every
        table.

        Parameters
        ----------
        folder : str or Path
            Where to write; made if it does not exist.
        pictures : bool, default True
            Whether to write the charts as files.
        formats : sequence of str, default ('png',)
            Formats of the charts: 'png', 'svg' and 'pdf'; the last two are for papers and have no title inside.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FileExistsError
            The folder is not empty and does not hold a comparison.
        OSError
            The folder cannot be written.
        ValueError
            There is no such format.
        """
        kinds = checked_formats(formats)
        return write_folder(Path(folder), KIND, lambda made: self._fill(made, pictures, kinds))

    def _fill(self, made: Path, pictures: bool, formats: Sequence[str]) -> None:
        main = pd.concat([self.table(), self.table(*BY_QUEUE, scope="queue")])
        tables = {"differences": self.differences, "main_figures": main}
        for name, frame in tables.items():
            write_text(made / f"{name}.csv", csv_text(frame))
        folders = _folders(self.names)
        for name, result in self.results.items():
            result.save(made / "runs" / folders[name], pictures=False, report=False)
        if pictures:
            (made / "figures").mkdir()
            for variant in self.names[1:]:
                for kind, data in drawn(self.plot(variant), "", formats).items():
                    (made / "figures" / f"{folders[variant]}.{kind}").write_bytes(data)
            pairs, against = self._pairs()
            title = f"{self.names[1]} against {self.base}" if len(pairs) == 1 else "Comparison"
            write_text(made / "report.html", page(pairs, title, self.currency, self._caution, against, self.confidence))
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
        write_json(made / MARK, facts)

    def _pairs(self) -> tuple[list[tuple[str, str, pd.DataFrame]], list[str]]:
        """Each variant against the base, and what is said of its targets."""
        names = self.names[1:]
        return [(self.base, name, self.pair(name)) for name in names], [self._against(name) for name in names]

    def widget(self, variant: str = "") -> AnyWidget:
        """The differences of each variant as a widget: chart, table, and what they say.

        Parameters
        ----------
        variant : str, default ''
            Name of the variant that is open at first; the first one if empty.

        Returns
        -------
        AnyWidget
            For a notebook, which shows it at the end of a cell.

        Raises
        ------
        ImportError
            The extra `notebook` is not installed.
        ValueError
            There is no such variant.
        """
        if variant and variant not in self.names[1:]:
            raise ValueError(f"{variant!r} is not a variant; the variants are {', '.join(self.names[1:])}")
        pairs, against = self._pairs()
        found = charts(pairs, self.currency, against, self.confidence)
        chosen = found[self.names[1:].index(variant)].key if variant else ""
        return widget(render_notebook(f"{listing(list(self.names))} compared", "", self._runs, []), found, chosen)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return mimebundle(self.widget)

    def _repr_html_(self) -> str:
        shown = self.table().drop(columns=["scope", "name", "interval", "n"])
        return str(shown.to_html(index=False))

    def __repr__(self) -> str:
        runs = f"{self.replications} replications, seed {self.seed}, {self.engine}"
        return f"<cxsim.Comparison {' | '.join(self.names)}: {runs}>"


def _label(row: Mapping[Any, Any]) -> str:
    """The head of a row: the figure of all, or of a kind of channel; below it, the queue."""
    head, name = formats.head(str(row["figure"])), str(row["name"])
    if row["scope"] == "kind":
        return f"{head}, {name.removeprefix('all ')}"
    return f"  {name}" if name else head


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
