"""A Frontier as a picture that a manager understands, a terminal screen, a page, and a folder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.constrain import Constrain
from rich.text import Text

from cxsim.report.common import formats, style
from cxsim.report.common.formats import quantity, share
from cxsim.report.common.pages import Cell, Grid, Row, formulas, picture, render_notebook, render_page
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.common.style import BLUE, GREY, INK, ORANGE, PALE, VERMILLION
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.common.terminal import plain_table
from cxsim.report.run.folder import _rounded, csv_text
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.optimizer.frontier_result import Frontier

SCHEMA_VERSION = 1
KIND = "cxsim frontier"
MARK = "frontier.json"
WORDS = {"sl": "SL", "fcr_true": "FCR"}
LONG = {"sl": "answered in time (SL)", "fcr_true": "resolved at the first contact (FCR)"}


def _money(found: Frontier, value: float) -> str:
    return quantity(value, "money", found.currency)


def _series(found: Frontier, series: str) -> Any:
    """The points of a series, the base with them, in the order of its figure."""
    frame = found.points
    mine = frame[(frame["series"] == series) | (frame["series"] == "base")]
    return mine.sort_values(series, kind="stable")


def headline(found: Frontier) -> str:
    """What one more point costs at the plan that meets the goals, and where it becomes dear."""
    base = found.points.iloc[0]
    parts = [f"The cheapest plan found for the scenario's goals costs {_money(found, float(base['cost']))}"]
    for series in found.figures:
        prices = found.prices[(found.prices["series"] == series) & found.prices["per_point"].notna()]
        if not len(prices):
            continue
        first, last = prices.iloc[0], prices.iloc[-1]
        now = prices[prices["figure_before"] >= float(base[series]) - 1e-9]
        here = now.iloc[0] if len(now) else last
        text = f"from there, one more point of {WORDS[series]} costs about {_money(found, float(here['per_point']))}"
        dearer = float(last["per_point"]) > 1.3 * float(first["per_point"])
        if dearer and _money(found, float(last["per_point"])) != _money(found, float(here["per_point"])):
            text += (
                f", rising to {_money(found, float(last['per_point']))} near {share(float(last['figure_after']), 0)}"
            )
        parts.append(text)
    out = "; ".join(parts) + "."
    if len(found.unreachable):
        beyond = [
            f"{WORDS.get(str(row['figure']), row['figure'])} of {share(float(row['target']), 0)}"
            for row in found.unreachable.to_dict("records")
        ]
        verb = "is" if len(beyond) == 1 else "are"
        out += f" {formats.listing(beyond)} {verb} out of reach with these groups, whatever the number of agents."
    return f"{out} No plan here is certified: `cxsim optimize` proves the one that you choose."


def plot(found: Frontier) -> Figure:
    """Cost against each figure: plans joined where none dominates them, prices of a point beside the steps."""
    from matplotlib.figure import Figure

    # A figure that nothing moves (FCR where all is resolved) gets no panel of its own.
    moved = [one for one in found.figures if len(_series(found, one)) > 1 or (found.unreachable["figure"] == one).any()]
    figures = moved or list(found.figures)
    count = len(figures)
    width, height = 10.4, 4.6
    figure = Figure(figsize=(width, height))
    gap = 0.09
    room = (0.915 - gap * (count - 1) - 0.0) / count
    costs = found.points["cost"].astype(float)
    low, high = float(costs.min()), float(costs.max())
    pad = 0.09 * (high - low) or 0.02 * abs(high)
    for k, series in enumerate(figures):
        ax = figure.add_axes((0.075 + k * (room + gap), 0.13, room - 0.01, 0.66))
        _panel(found, series, ax, (low - pad, high + pad))
    style.one_legend(figure, (0.99, 1 - 0.3 / height), length=1.4)
    return figure


def _panel(found: Frontier, series: str, ax: Axes, limits: tuple[float, float]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    mine = _series(found, series)
    good = mine[(mine["dominated_by"] == "") & mine["reached"].astype(bool)].sort_values("cost", kind="stable")
    ax.plot(good["cost"], good[series], "-", color=BLUE, lw=1.8, alpha=0.5, zorder=2)
    for row in mine.to_dict("records"):
        x, y = float(row["cost"]), float(row[series])
        dominated, reached = bool(row["dominated_by"]), bool(row["reached"])
        base = row["series"] == "base"
        colour = ORANGE if base else PALE if dominated else BLUE if reached else VERMILLION
        label = (
            "scenario's goals"
            if base
            else "clearly dominated"
            if dominated
            else ("cheapest plan found" if reached else "target not reached by the search")
        )
        ax.plot(
            [x, x], [float(row[f"{series}_low"]), float(row[f"{series}_high"])], color=colour, lw=2, alpha=0.6, zorder=3
        )
        ax.plot([x], [y], "o", color=colour, ms=8 if base else 6.5, label=label, zorder=4)
        ax.annotate(
            str(row["point"]), (x, y), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8, color=GREY
        )
    for row in found.prices[found.prices["series"] == series].to_dict("records"):
        if math.isnan(float(row["per_point"])):
            continue
        rows = {int(each["point"]): each for each in found.points.to_dict("records")}
        a, b = (rows[int(row[side])] for side in ("before", "after"))
        ax.annotate(
            f"{float(row['per_point']):,.3g} a point",
            ((float(a["cost"]) + float(b["cost"])) / 2, (float(a[series]) + float(b[series])) / 2),
            xytext=(9, -7),
            textcoords="offset points",
            fontsize=8.5,
            color=INK,
            va="top",
        )
    beyond = found.unreachable[found.unreachable["figure"] == series]
    values = [float(v) for v in (*mine[series], *mine[f"{series}_low"], *mine[f"{series}_high"])]
    for row in beyond.to_dict("records"):
        at = float(row["target"])
        values.append(at)
        ax.axhline(at, color=VERMILLION, lw=1.1, ls=(0, (4, 3)), label="out of reach (proved)", zorder=1)
        ax.annotate(
            share(at, 0),
            (0.01, at),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=8.5,
            color=VERMILLION,
        )
    style.dress(ax, LONG[series])
    bottom, top = min(values), max(values)
    pad = max(0.008, 0.1 * (top - bottom))
    ax.set_ylim(max(0.0, bottom - pad), min(1.0, top + pad))
    ax.set_xlim(*limits)
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v * 100:.3g}%"))
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    ax.set_xlabel(f"cost, {found.currency}", fontsize=8.5, color=GREY)


def sentence(found: Frontier) -> str:
    """What the picture shows."""
    shown = len(found.points)
    dominated = int((found.points["dominated_by"] != "").sum())
    text = f"Each dot is a plan, the cheapest found for its target, simulated on the same days; {shown} plans"
    text += (
        f", {dominated} of them clearly dominated by another" if dominated else ", none clearly dominated by another"
    )
    return text + (
        ". Higher is better service; further right costs more. Numbers along the line are the cost of one more point."
    )


def summary(found: Frontier, width: int | None = None) -> RenderableType:
    """The answer, the plans, what one more point costs, and what is out of reach."""
    parts: list[RenderableType] = [
        Text(found.name, style="bold"),
        Text(_run_line(found), style="dim"),
        Text(),
        Text(headline(found), style="bold"),
        *(Text(text, style="yellow") for text in found.messages),
        Text(),
        _table(_points(found), "Plans"),
    ]
    if len(found.prices):
        parts += [Text(), _table(_prices(found), "What does one more point cost?")]
    if found.routings:
        parts += [Text(), Text("What changes in the routing", style="bold")]
        parts += [Text(f"Plan {k}: {'; '.join(table['title'])}.") for k, table in found.routings.items()]
    for row in found.unreachable.to_dict("records"):
        head = f"{WORDS.get(str(row['figure']), row['figure'])} {share(float(row['target']), 0)}"
        parts.append(Text(f"{head}: {row['proof']}.", style="red"))
    whole = Group(*parts)
    return Constrain(whole, width) if width else whole


def _table(grid: Grid, title: str) -> RenderableType:
    table = plain_table(title)
    for i, head in enumerate(grid.heads):
        table.add_column(Text(head), justify="left" if i < grid.left else "right", no_wrap=True)
    for row in grid.rows:
        cells = [Text(cell.text + (f" {cell.note}" if cell.note else "")) for cell in row.cells]
        table.add_row(*cells, style="bold" if row.total else "")
    return table


def _run_line(found: Frontier) -> str:
    return (
        f"{formats.plural(len(found.points), 'plan')}, seed {found.seed}; {found.replications:,} replications, "
        f"{formats.seconds(found.wall_seconds)}."
    )


def _points(found: Frontier) -> Grid:
    rows = []
    for row in found.points.to_dict("records"):
        series, target = str(row["series"]), float(row["target"])
        asked = "scenario's goals" if series == "base" else f"{WORDS[series]} {share(target, 0)}"
        state = (
            f"dominated by {row['dominated_by']}" if row["dominated_by"] else "" if row["reached"] else "not reached"
        )
        cells = [Cell(str(row["point"])), Cell(asked), Cell(_money(found, float(row["cost"])))]
        for figure, unit in (("sl", "share"), ("fcr_true", "share"), ("asa", "s"), ("abandoned_share", "share")):
            half = (float(row[f"{figure}_high"]) - float(row[f"{figure}_low"])) / 2
            note = f"± {half * 100:.1f}" if unit == "share" and figure != "abandoned_share" and half == half else ""
            cells.append(Cell(quantity(float(row[figure]), unit), note))
        rows.append(Row((*cells, Cell(state)), series == "base"))
    heads = ("", "target", "cost", "SL", "FCR", "ASA", "aband.", "")
    return Grid("Plans", heads, tuple(rows), 2)


def _prices(found: Frontier) -> Grid:
    rows = []
    for row in found.prices.to_dict("records"):
        if row["cost"] == 0.0 and row["figure_before"] == row["figure_after"]:
            continue  # one plan, found for two targets
        per = [float(row[key]) for key in ("per_point", "per_point_low", "per_point_high")]
        between = formats.between(per[1], per[2], "money", found.currency)
        texts = [
            WORDS[str(row["series"])],
            f"{share(float(row['figure_before']))} to {share(float(row['figure_after']))}",
            f"{row['before']} to {row['after']}",
            formats.change(float(row["cost"]), "money"),
            "not clear" if math.isnan(per[0]) else _money(found, per[0]),
            between,
        ]
        rows.append(Row(tuple(Cell(text) for text in texts)))
    heads = ("metric", "from, to", "plans", "cost", "one more point", "95%")
    note = "Cost of the step divided by the points gained, both paired on the same draws."
    return Grid("What does one more point cost?", heads, tuple(rows), 3, note)


def notebook(found: Frontier) -> str:
    """What a notebook shows."""
    return render_notebook(
        name=found.name, verdict=headline(found), run=_run_line(found), tables=[_points(found), _prices(found)]
    )


def page(found: Frontier) -> str:
    """The whole page as text."""
    drawing = svg_of(plot(found), "frontier", sentence(found))
    beyond = tuple(
        Row((Cell(f"{WORDS.get(str(r['figure']), r['figure'])} {share(float(r['target']), 0)}"), Cell(str(r["proof"]))))
        for r in found.unreachable.to_dict("records")
    )
    routings = tuple(
        Row((Cell(str(k)), Cell(str(title)))) for k, table in found.routings.items() for title in table["title"]
    )
    grids = [
        _prices(found),
        Grid("What changes in the routing", ("Plan", "Change"), routings, 2),
        Grid("Out of reach", ("Target", "Proof"), beyond, 2),
    ]
    return render_page(
        name=found.name,
        run=_run_line(found),
        verdict=headline(found),
        pictures=[picture("What cost buys", sentence(found), drawing, _points(found))],
        tables=[grid for grid in grids if grid.rows],
        definitions=found.definitions,
        assumptions=[
            "Every plan was simulated on the same draws, so differences between plans are paired.",
            "A plan is clearly dominated if another costs no more, is better in SL or FCR (95 %), and is worse in "
            "neither by more than 0.1 points.",
            "The plans are the cheapest found; cheaper ones may exist. They are not certified, so optimize the one "
            "that you choose.",
            "Points marked out of reach are proved by a linear program in which every contact is answered by the "
            "agent who resolves it best.",
        ],
        glossary=formulas(("sl", "fcr_true", "asa", "abandoned_share")),
        scenario=found.scenario_text,
        footer=f"Made by cxsim, seed {found.seed}. The same scenario and seed give the same plans.",
    )


def save(found: Frontier, folder: Path, *, pictures: bool = True) -> Path:
    """Write a frontier into a folder: all or nothing."""

    def fill(made: Path) -> None:
        for name, frame in (("points", found.points), ("prices", found.prices), ("unreachable", found.unreachable)):
            write_text(made / f"{name}.csv", csv_text(_rounded(frame)))
        for number, table in found.plans.items():
            write_text(made / "plans" / f"{number}.csv", csv_text(table))
        write_text(made / "scenario.yaml", found.scenario_text)
        if pictures:
            (made / "figures").mkdir()
            (made / "figures" / "frontier.png").write_bytes(
                style.png(plot(found), f"Cost against service: {found.name}")
            )
            write_text(made / "report.html", page(found))
        facts = {
            "kind": KIND,
            "schema_version": SCHEMA_VERSION,
            "name": found.name,
            "seed": found.seed,
            "figures": list(found.figures),
            "replications": found.replications,
            "messages": list(found.messages),
            "routing_changes": {str(k): dict(values) for k, values in found.routing_changes.items()},
        }
        write_json(made / MARK, facts)

    return write_folder(folder, KIND, fill)
