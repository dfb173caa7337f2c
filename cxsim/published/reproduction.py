"""What comes of reproducing a published result: one table, with its words, picture and document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cxsim.report.common import latex
from cxsim.report.run.document import records
from cxsim.report.studies import reproduction as report

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.published.catalogue import Result

SCHEMA_VERSION: Final = 1
COLUMNS: Final = (
    "case",
    "figure",
    "scope",
    "name",
    "unit",
    "kind",
    "reference",
    "reference_low",
    "reference_high",
    "value",
    "low",
    "high",
    "difference",
    "p",
    "verdict",
    "says",
    "because",
)


@dataclass(frozen=True, eq=False)
class Reproduction:
    """A published result beside its simulation.

    Attributes
    ----------
    name : str
        Name of the result, such as 'erlang-a'.
    result : Result
        Its title, source, what it says, its scenario, and what is compared.
    table : DataFrame
        case, figure, scope, name, unit, kind, reference (with reference_low and reference_high where the source prints
        an interval), value, low, high (95 %), difference (value over reference, minus 1), p (corrected by Holm for
        exact and printed values), verdict, says, because. `kind` is 'exact', 'printed', 'limit' or 'finding'; the value
        of a finding is the difference that it is about, and has no reference.
    seed : int
        Random seed.
    replications : int
        Number of replications of each case.
    seconds : float
        Processor time used.
    """

    name: str
    result: Result
    table: pd.DataFrame
    seed: int
    replications: int
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether all exact and printed values agree and all findings hold.

        Returns
        -------
        bool
            Limits and approximations do not count.
        """
        rows = self.table[self.table["kind"] != "limit"]
        return bool(rows["verdict"].isin(["agrees", "holds"]).all())

    def plot(self) -> Figure:
        """Draw every figure in per cent of its reference, with its interval.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return report.plot(self)

    def summary(self) -> RenderableType:
        """What a terminal shows: source, table, findings.

        Returns
        -------
        RenderableType
            For `rich.print`.
        """
        return report.summary(self)

    def to_latex(self, caption: str = "", label: str = "") -> str:
        """The figures beside their references as a table for a paper.

        Parameters
        ----------
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
        for row in self.table[self.table["kind"] != "finding"].to_dict("records"):
            unit, told = str(row["unit"]), report.label(row)
            reference, value = (latex.number(float(row[key]), unit) for key in ("reference", "value"))
            span = latex.interval(float(row["low"]), float(row["high"]), unit)
            texts = (latex.escaped(str(row["case"])), latex.titled(told, unit))
            rows.append((*texts, reference, str(row["kind"]), value, span, str(row["verdict"])))
        heads = ("case", "metric", "reference", "kind", "simulated", r"95\% interval", "verdict")
        return latex.tabular(heads, rows, 2, caption, label)

    def document(self) -> dict[str, Any]:
        """What `cxsim reproduce NAME --json` prints.

        Returns
        -------
        dict
            schema_version, name, title, source, says, scenario, seed, replications, agrees, rows; NaN becomes None.
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "title": self.result.title,
            "source": self.result.source,
            "says": self.result.says,
            "scenario": self.result.scenario,
            "seed": self.seed,
            "replications": self.replications,
            "agrees": self.agrees,
            "rows": records(self.table),
        }

    def __repr__(self) -> str:
        return f"<cxsim.Reproduction {self.name}: {'agrees' if self.agrees else 'does not agree'}>"
