"""The most common journeys of customers, as a picture and in words."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import margin, plural, quantity, seconds, when
from cxsim.schema.ledger import HANDED_ON, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.studies.journeys import Journeys

PEOPLE = (
    ("start", "on the first counted day", 1.0),
    ("left_first", "left, although solved at the first contact", -1.0),
    ("left_later", "left, solved later", -1.0),
    ("left_unsolved", "left, not solved", -1.0),
    ("warned", "warned off by others", -1.0),
    ("brought", "brought by others", 1.0),
    ("replaced", "joined without recommendation", 1.0),
    ("end", "on the last counted day", 1.0),
)
SOLVED, UNSOLVED, LOST, PASSED = "#7fbf9d", "#f2c14e", "#e07a5f", "#c9d6df"
HEIGHT, WIDTH = 0.46, 1.5  # inches of a row, of a contact


def _colour(contact: str) -> str:
    """By how a contact ended: solved, not solved, lost before an answer."""
    end = contact.rpartition(": ")[2]
    return SOLVED if end == "solved" else UNSOLVED if end in ("not solved", OUTCOMES[HANDED_ON]) else LOST


def plot(found: Journeys, most: int) -> Figure:
    """A row a journey, a box a contact, coloured by how it ended; those not solved at once below the others."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    half = max(1, most // 2)
    parts = [
        ("The most common journeys", found.paths.head(half)),
        ("The most common journeys not solved at the first contact", found.troubled.head(most)),
    ]
    wide = max((path.count(" | ") + 1 for _, rows in parts for path in rows["path"]), default=1)
    lines = sum(len(rows) + 1.2 for _, rows in parts)
    figure = Figure(figsize=(max(8.0, 1.0 + WIDTH * wide + 2.6), 0.6 + HEIGHT * lines), layout="constrained")
    ax = figure.subplots()
    y = 0.0
    for title, rows in parts:
        share = 100.0 * float(rows["share"].sum())
        text = f"{title}: {share:.0f} % of all issues"
        ax.text(-0.6, y, text, fontsize=10, weight="bold", va="center", color=style.INK)
        y += 1.0
        for row in rows.to_dict("records"):
            ax.text(-0.12, y, f"{100 * row['share']:.1f} %", ha="right", va="center", fontsize=9, color=style.INK)
            for i, contact in enumerate(row["path"].split(" | ")):
                colour = PASSED if contact == "…" else _colour(contact)
                shape = "round,pad=0,rounding_size=0.08"
                box = FancyBboxPatch((i + 0.04, y - 0.4), 0.92, 0.8, boxstyle=shape, facecolor=colour, edgecolor="none")
                ax.add_patch(box)
                text = "\n".join(textwrap.wrap(contact, 24)[:3])
                ax.text(i + 0.5, y, text, ha="center", va="center", fontsize=6.5, color=style.INK)
            ax.text(wide + 0.1, y, _came_to(row), va="center", fontsize=8, color=style.INK)
            y += 1.0
        y += 0.2
    ax.set_xlim(-0.7, wide + 1.7)
    ax.set_ylim(y - 0.4, -0.6)
    ax.axis("off")
    ax.set_title(found.scenario.name, loc="left", fontsize=12, weight="bold", color=style.INK)
    return figure


def plot_gap(found: Journeys) -> Figure:
    """Each interval by what the company and what customers see of it; and why first contacts of the worst failed."""
    from matplotlib.figure import Figure

    causes = list(found.gap.columns[5:])  # after interval, sl, target, settled, issues
    line, goal = found.scenario.experience.settled, found.scenario.sl.share
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1.0])
    x, y = 100.0 * found.levels["sl"], 100.0 * found.levels["settled"]
    low = min(100.0 * line - 10.0, float(y.min()) - 3.0 if len(y) else 0.0)
    bad = (found.levels["sl"] >= goal) & (found.levels["settled"] < line)
    left.axhspan(low, 100.0 * line, xmin=0.0, color="#f6e3dc", zorder=0)
    left.axvline(100.0 * goal, color=style.INK, lw=0.8, ls=":")
    left.axhline(100.0 * line, color=style.INK, lw=0.8, ls=":")
    left.scatter(x[~bad], y[~bad], s=18, color=style.GREY, alpha=0.7, linewidths=0)
    left.scatter(x[bad], y[bad], s=26, color=style.VERMILLION, linewidths=0)
    left.set_ylim(low, 101.0)
    left.set_xlabel("service level of the interval, %", fontsize=9)
    left.set_ylabel("issues solved at the first contact, %", fontsize=9)
    head = f"{int(bad.sum())} of {found.intervals} intervals green for the company are red for customers"
    left.set_title(head, loc="left", fontsize=10, weight="bold", color=style.INK)
    whole = float(found.gap["issues"].sum())
    shares = [100.0 * float(found.gap[cause].sum()) / whole if whole else 0.0 for cause in causes]
    right.barh(range(len(causes)), shares, color=style.VERMILLION, height=0.6)
    for k, share in enumerate(shares):
        right.text(share + 0.4, k, f"{share:.1f}", va="center", fontsize=8, color=style.INK)
    right.set_yticks(range(len(causes)), causes, fontsize=8)
    right.invert_yaxis()
    right.set_xlim(0.0, max(shares) * 1.18 + 1.0)
    right.set_title(
        "reasons in those intervals: % of their issues", loc="left", fontsize=10, weight="bold", color=style.INK
    )
    for ax in (left, right):
        ax.tick_params(labelsize=8)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return figure


def _came_to(row: Mapping[Any, Any]) -> str:
    took = seconds(row["time"]) if math.isfinite(row["time"]) else "unsolved"
    return f"{took}, effort {row['effort']:.1f}"


def summary(found: Journeys, view: str, top: int, segments: Sequence[str] = ()) -> list[RenderableType]:
    """What a terminal shows: the scorecards, the gap between them, the commonest journeys, what it rests on.

    `segments` are those whose scorecards stand beside those of all customers.
    """
    parts: list[RenderableType] = []
    for one in ("company", "customer"):
        if view in (one, "both"):
            parts += [_side_by_side(found, one, segments) if segments else _board(found, one), Text()]
    if view in ("customer", "both"):
        tables = (touchpoints(found), _people(found), _surveys(found))
        parts += [part for table in tables if table is not None for part in (table, Text())]
    parts += [Text(gap(found)), Text(), _listed("The most common journeys", found.paths.head(top)), Text()]
    parts += [_listed("The most common journeys not solved at the first contact", found.troubled.head(top)), Text()]
    parts += [Text(line, style="dim") for line in told(found.assumptions)]
    return parts


TITLES = {"company": "The company's view: its queues", "customer": "The customer's view: whole issues"}


def board(found: Journeys, view: str) -> pd.DataFrame:
    """A scorecard of all customers."""
    return found.company if view == "company" else found.customer


def beside(found: Journeys, view: str, segments: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Rows of a scorecard by segment: the title, then value and margin of all customers and of each segment.

    A figure that cannot be told by segment has – there.
    """
    own = found.segments[found.segments["view"] == view]
    currency, rows = found.result.currency, []
    known = {(row["segment"], row["figure"]): row for row in own.to_dict("records")}
    for row in board(found, view).to_dict("records"):
        cells = [row, *(known.get((name, row["figure"])) for name in segments)]
        rows.append((str(row["title"]), [("–", "") if cell is None else _shown(cell, currency) for cell in cells]))
    return rows


def _shown(row: Mapping[Any, Any], currency: str) -> tuple[str, str]:
    unit = "" if row["unit"] == "points" else str(row["unit"])
    return quantity(row["value"], unit, currency), margin(row["low"], row["high"], unit, currency)


def _side_by_side(found: Journeys, view: str, segments: Sequence[str]) -> Table:
    """A scorecard with a column for each segment."""
    table = _table(f"{TITLES[view]}, by segment", ["metric", "all", *segments])
    for title, cells in beside(found, view, segments):
        table.add_row(title, *(f"{value} {sides}".strip() for value, sides in cells))
    return table


def touchpoints(found: Journeys) -> Table | None:
    """Visits to touchpoints; None where there were none."""
    if not len(found.touchpoints):
        return None
    heads = ["touchpoint", "kind", "visits", "solved", "led on", "effort", "felt success"]
    table = _table("Touchpoints, by visit", heads)
    for row in found.touchpoints.to_dict("records"):
        shares = [f"{100 * row[key]:.1f}%" for key in ("solved", "onward")]
        felt = f"{100 * row['success']:.1f}%"
        table.add_row(row["touchpoint"], row["kind"], f"{row['visits']:,.0f}", *shares, f"{row['effort']:.2f}", felt)
    return table


def _board(found: Journeys, view: str) -> Table:
    table = _table(TITLES[view], ["metric", "value", "95%"])
    for row in board(found, view).to_dict("records"):
        unit = str(row["unit"])
        half = (row["high"] - row["low"]) / 2.0
        value = row["value"]
        if unit in ("", "points"):
            table.add_row(row["title"], f"{value:.2f}", f"± {half:.2f}")
        elif unit == "share":
            table.add_row(row["title"], f"{100 * value:.1f}%", f"± {100 * half:.1f}")
        else:
            currency = found.result.currency
            table.add_row(row["title"], quantity(value, unit, currency), f"± {quantity(half, unit, currency)}")
    return table


def _people(found: Journeys) -> Table | None:
    """Why there are more or fewer customers, and what they are worth; None where they are not told apart."""
    if not len(found.people):
        return None
    rows, currency = found.people, found.result.currency
    table = _table("Customers, by the day on which they left or joined", ["", *rows["segment"], "value per year"])
    for key, title, sign in PEOPLE:
        counts = sign * rows[key] + 0.0  # no minus before nothing
        worth = float((counts * rows["value"]).sum())
        table.add_row(title, *(f"{count:,.0f}" for count in counts), quantity(worth, "money", currency))
    return table


def _surveys(found: Journeys) -> Table | None:
    """What surveys say, and what is so; None where there are none."""
    if not len(found.surveys):
        return None
    table = _table("Measured by surveys", ["queue", "sent", "answered", "satisfied, by surveys", "true value", "bias"])
    for row in found.surveys.to_dict("records"):
        shares = ("–" if math.isnan(row[key]) else f"{100 * row[key]:.1f}%" for key in ("measured", "true"))
        bias = "–" if math.isnan(row["bias"]) else f"{100 * row['bias']:+.1f} points"
        table.add_row(row["queue"], f"{row['sent']:,.0f}", f"{row['answered']:,.0f}", *shares, bias)
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    """A table whose first column is text, the others numbers."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for k, name in enumerate(columns):
        table.add_column(name, justify="right" if k else "left")
    return table


def _listed(title: str, rows: pd.DataFrame) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    priced = bool((rows["value_lost"] > 0.0).any()) if len(rows) else False
    heads: list[tuple[str, JustifyMethod]] = [("share", "right"), ("time", "right"), ("effort", "right")]
    heads += [("lost", "right")] if priced else []
    heads.append(("journey", "left"))
    for name, side in heads:
        table.add_column(name, justify=side, overflow="fold")
    for row in rows.to_dict("records"):
        took = seconds(row["time"]) if math.isfinite(row["time"]) else "unsolved"
        lost = [f"{row['value_lost']:,.0f}"] if priced else []
        table.add_row(f"{100 * row['share']:.1f}%", took, f"{row['effort']:.1f}", *lost, row["path"])
    return table


def gap(found: Journeys) -> str:
    """In a sentence, which of the company's green intervals are red for its customers."""
    if not found.intervals:
        return "No interval reaches the service level, so none is green for the company."
    line, goal = found.scenario.experience.settled, found.scenario.sl.share
    head = f"Of {plural(found.intervals, 'interval')} with a service level of {100 * goal:.0f}% or more"
    if not len(found.gap):
        return f"{head} in none fewer than {100 * line:.0f}% of the issues are solved at the first contact."
    worst = found.gap.iloc[0]
    return (
        f"{head} {len(found.gap)} {'is' if len(found.gap) == 1 else 'are'} red for customers: fewer than"
        f" {100 * line:.0f}% of the issues that began in it are solved at the first contact. Worst at"
        f" {when(str(worst['interval']))}: SL {100 * worst['sl']:.0f}%, solved at the first contact "
        f"{100 * worst['settled']:.0f}%."
    )


def told(assumptions: Sequence[Mapping[str, str]]) -> list[str]:
    """What effort and churn rest on, a line each."""
    return [f"Assumption, {one['what']}: {one['value']} ({one['source']}; {one['kind']})." for one in assumptions]
