"""What levers change, as a table for the terminal and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import between, quantity
from cxsim.report.studies.journeys import told
from cxsim.scenario.lever_catalogue import LEFT_OUT, MODELS, REMEDIES
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.optimizer.levers_and_staffing import Decision
    from cxsim.studies.levers import Levers

COLOURS = {"pays": style.GREEN, "does not pay": style.VERMILLION, "not distinguishable": style.GREY}
VERDICTS = {"pays": "yes", "does not pay": "no", "not distinguishable": "unclear"}
SHOWN = (("first", "at once", 100.0), ("effort", "effort", 1.0), ("churn", "churn", 100.0))


def plot(found: Levers) -> Figure:
    """The net worth of each lever over the horizon, with its interval; the best on top."""
    from matplotlib.figure import Figure

    table = found.table.sort_values("net", kind="stable")
    figure = Figure(figsize=(8.5, 1.3 + 0.42 * len(table)), layout="constrained")
    ax = figure.subplots()
    for k, row in enumerate(table.to_dict("records")):
        colour = COLOURS[row["verdict"]]
        ax.plot([row["net_low"], row["net_high"]], [k, k], color=colour, lw=3, solid_capstyle="round")
        ax.plot(row["net"], k, "o", color=colour, ms=7)
    ax.axvline(0.0, color=style.INK, lw=1)
    ax.set_yticks(range(len(table)), [str(one).replace("_", " ") for one in table["levers"]])
    ax.set_ylim(-0.6, len(table) - 0.4)
    what = "cost saved + value kept − price"
    ax.set_xlabel(f"net value over {found.days:.3g} days, {found.scenario.currency}: {what}; 95 % intervals")
    ax.set_title(f"{found.scenario.name}: value of each lever", loc="left", fontsize=11, weight="bold")
    ax.grid(axis="x", color=style.RULE, lw=0.8)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return figure


def summary(found: Levers) -> list[RenderableType]:
    """A row a lever, what is best, and what it rests on."""
    head = (
        f"Compared with the scenario without levers, over {found.days:.3g} days, on the same {found.replications} "
        "replications."
    )
    table = Table(title=head, title_justify="left", box=None, pad_edge=False, collapse_padding=True)
    table.add_column("lever", min_width=13, overflow="fold")
    for name in ("costs", *(title for _, title, _ in SHOWN), "keeps", "net value", "±"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("pays", no_wrap=True)
    for row in found.table.sort_values("net", ascending=False, kind="stable").to_dict("records"):
        shown = [_change(row, figure, factor) for figure, _, factor in SHOWN]
        net = [_signed(row["net"]), f"{(row['net_high'] - row['net_low']) / 2.0:,.0f}"]
        name = row["levers"].replace("_", " ")
        kept = -float(row["value_lost"])
        money = [_signed(kept - row["net"]), *shown, _signed(kept)]
        table.add_row(name, *money, *net, VERDICTS[row["verdict"]])
    explained = (
        f"Amounts in {found.scenario.currency} over these days: the cost of a lever (its price and its effect "
        "on the center's cost), the value of the customers that it keeps, and the difference. Solved at first contact "
        "and churn are in points; ~ 0 if not clear."
    )
    lines = [explained, *told(found.assumptions)]
    return [table, Text(), Text(sentence(found), style="bold"), *(Text(line, style="dim") for line in lines)]


def catalogue() -> list[RenderableType]:
    """The ready-made remedies and operating models, with the sizes they have if nothing else is said."""
    table = Table(title="Remedies, for `use` in a lever", title_justify="left", box=None, pad_edge=False)
    for head in ("name", "what it does", "sizes (assumptions)", "needs"):
        table.add_column(head, overflow="fold")
    for name, remedy in REMEDIES.items():
        sizes = ", ".join(f"{key} {100 * size:g}%" for key, size in remedy.sizes.items())
        table.add_row(name, remedy.does, sizes, ", ".join(remedy.needs))
    models = Table(title="Operating models: combinations of remedies", title_justify="left", box=None, pad_edge=False)
    models.add_column("name")
    models.add_column("remedies", overflow="fold")
    for name, parts in MODELS.items():
        models.add_row(name, ", ".join(parts))
    out = [Text(f"Not offered, {name}: {why}.", style="dim") for name, why in LEFT_OUT.items()]
    return [table, Text(), models, Text(), *out]


def sentence(found: Levers) -> str:
    """What to do, if anything is clear."""
    if not found.best:
        return "No lever is clearly worth more than its price."
    row = found.table[found.table["levers"] == found.best].iloc[0]
    within = f" within {found.budget:,.0f} a year" if found.budget is not None else ""
    net = quantity(row["net"], "money", found.scenario.currency)
    return (
        f"Highest value{within}: {found.best.replace('_', ' ')}, {net} net"
        f" ({between(row['net_low'], row['net_high'], 'money', found.scenario.currency)})."
    )


def chosen(found: Decision) -> list[RenderableType]:
    """What each choice of levers costs with the staff that is best for it."""
    head = f"The cheapest staff for each choice, over {found.days:.3g} days; goals proved on unseen replications."
    table = Table(title=head, title_justify="left", box=None, pad_edge=False)
    table.add_column("levers", overflow="fold")
    for name in ("staff", "levers' price", "together", "goals"):
        table.add_column(name, justify="right")
    currency = found.scenario.currency
    for row in found.table.to_dict("records"):
        money = [quantity(row[key], "money", currency) for key in ("staff", "price", "total")]
        goals = "proved" if row["certified"] else "met" if row["met"] else "missed"
        table.add_row(row["levers"].replace("_", " ") or "none", *money, goals)
    counted = "value of lost customers" if "churn" in _counted(found) else ""
    said = f"Staff is the cost in the objective{', including ' + counted if counted else ''}."
    best = found.best.replace("_", " ") or "no lever"
    rests = told(found.scenario.experience.assumptions()) if counted else []
    return [table, Text(), Text(f"Cheapest: {best}. {said}"), *(Text(line, style="dim") for line in rests)]


def _counted(found: Decision) -> frozenset[str]:
    return optimizing(found.scenario).terms


def _change(row: Mapping[Any, Any], figure: str, factor: float) -> str:
    clear = row[f"{figure}_low"] > 0.0 or row[f"{figure}_high"] < 0.0
    return f"{factor * row[figure]:+.2f}" if clear else "~ 0"


def _signed(value: float) -> str:
    return f"{value:+,.0f}".replace("-", "−") if abs(value) >= 0.5 else "0"
