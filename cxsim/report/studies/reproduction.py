"""A published result beside its simulation: the table for a terminal, and a picture of the deviations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from cxsim.report.common import formats, style
from cxsim.report.common.formats import change, change_between, plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.published.reproduction import Reproduction

MARKS = {"exact": ("o", style.BLUE), "printed": ("s", style.GREEN), "limit": ("D", style.ORANGE)}
NAMES = {"exact": "exact value", "printed": "printed value", "limit": "limit or approximation"}


def precise(value: float, unit: str) -> str:
    """A value with the digits that a comparison needs: shares in per cent, everything else with four digits."""
    return f"{100 * value:.4g} %" if unit == "share" else f"{value:.5g}" + (" s" if unit == "s" else "")


def label(row: Mapping[Any, Any]) -> str:
    """`abandoned share of cards`."""
    of = f" of {row['name']}" if row["name"] else ""
    return f"{formats.title(str(row['figure']))}{of}"


def summary(found: Reproduction) -> RenderableType:
    """Source, what it says, the table, the findings, the reasons of deviations."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("case", "figure"):
        table.add_column(head, overflow="fold")
    for head in ("reference", "kind", "simulated", "95 % interval"):
        table.add_column(head, justify="left" if head == "kind" else "right", no_wrap=True)
    table.add_column("verdict")
    rows = found.table.to_dict("records")
    for row in rows:
        if row["kind"] != "finding":
            low, high = (precise(float(row[end]), str(row["unit"])) for end in ("low", "high"))
            value, reference = (precise(float(row[part]), str(row["unit"])) for part in ("value", "reference"))
            table.add_row(row["case"], label(row), reference, row["kind"], value, f"{low} to {high}", row["verdict"])
    said = [Text(finding_words(row)) for row in rows if row["kind"] == "finding"]
    reasons = dict.fromkeys(row["because"] for row in rows if row["because"])
    said += [Text(f"Where a limit or an approximation deviates: {reason}.") for reason in reasons]
    how = (
        f"Scenario {found.result.scenario}; "
        f"{plural(found.replications, 'replication')} of each case, seed {found.seed}."
        " Exact and printed values are tested together at an error rate of 1 % (Holm)."
    )
    return Group(
        Text(found.result.title, style="bold"),
        Text(found.result.source, style="dim"),
        Text(f"\n{found.result.says}\n"),
        table,
        Text(),
        *said,
        Text(how, style="dim"),
    )


def finding_words(row: Mapping[Any, Any]) -> str:
    """A finding, whether it holds, and by how much."""
    unit = str(row["unit"])
    size = change(float(row["value"]), unit)
    span = change_between(float(row["low"]), float(row["high"]), unit)
    says = str(row["says"])
    return f"{says[:1].upper()}{says[1:]}: {row['verdict']} ({row['case']}: {size}, {span})."


def plot(found: Reproduction) -> Figure:
    """Every figure in per cent of its reference, with its 95 % interval; zero is the reference."""
    from matplotlib.figure import Figure

    rows = [row for row in found.table.to_dict("records") if row["kind"] != "finding"]
    figure = Figure(figsize=(8.0, 1.3 + 0.24 * len(rows)), layout="constrained")
    ax = figure.subplots()
    seen: set[str] = set()
    for y, row in enumerate(rows):
        mark, colour = MARKS[str(row["kind"])]
        reference = float(row["reference"])
        at, low, high = (100.0 * (float(row[part]) / reference - 1.0) for part in ("value", "low", "high"))
        name = NAMES[str(row["kind"])] if row["kind"] not in seen else None
        seen.add(str(row["kind"]))
        ax.errorbar(
            at, y, xerr=[[at - low], [high - at]], fmt=mark, color=colour, ms=5, capsize=2.5, lw=1.2, label=name
        )
        if row["reference_low"] == row["reference_low"]:
            ends = [100.0 * (float(row[end]) / reference - 1.0) for end in ("reference_low", "reference_high")]
            ax.plot(ends, [y + 0.25] * 2, color=style.GREY, lw=2.5, solid_capstyle="butt")
    ax.axvline(0.0, color=style.INK, lw=0.9)
    ax.set_yticks(range(len(rows)), [f"{row['case']}: {label(row)}" for row in rows], fontsize=8)
    ax.invert_yaxis()
    ax.set_xlabel("simulated, in per cent above or below the reference; 95 % intervals", fontsize=9)
    ax.set_title(found.result.title, loc="left", fontsize=11, weight="bold")
    ax.grid(axis="x", color=style.RULE, lw=0.8)
    ax.set_axisbelow(True)
    ax.legend(fontsize=8, frameon=False, loc="best")
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return figure
