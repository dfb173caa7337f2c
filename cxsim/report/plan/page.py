"""An Optimum as one page that can be mailed, and as what a notebook shows."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cxsim.optimizer.problem.stage import PHASES
from cxsim.report.common import formats
from cxsim.report.common.charts import Chart
from cxsim.report.common.formats import quantity, share
from cxsim.report.common.pages import Cell, Grid, Row, formulas, picture, render_notebook, render_page
from cxsim.report.plan import bound_words, working_times
from cxsim.report.plan import words as staffing_words
from cxsim.report.plan.pictures import plan as planned
from cxsim.schema.plan_tables import THIS

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.report.run.pictures import Picture

FIGURES = ("cost", "sl", "fcr_true", "abandoned_share", "asa", "occupancy")
MOST_ROWS = 700
MOST_COLUMNS = 12  # groups side by side, on paper too
MOST_MOVES = 10


def page(optimum: Optimum, pictures: Sequence[Picture]) -> str:
    """The whole page as text; the same bytes for the same optimum."""
    words = staffing_words
    drawn = [picture(p.title, p.sentence, p.svg, _behind(optimum, p.key)) for p in pictures]
    lists = [points(optimum), moves(optimum)]
    return render_page(
        name=optimum.name,
        run=words.run_line(optimum),
        verdict=re.sub(r"(\d) (s|min|h|days|EUR)\b", "\\1\u00a0\\2", words.headline(optimum)),
        mood="met" if optimum.certified else "unclear",
        tiles=_tiles(optimum),
        first=[grid for grid in (*working(optimum), comparison(optimum), routing(optimum)) if grid.rows],
        replications=optimum.replications,
        pictures=drawn,
        tables=[grid for grid in lists if grid.rows],
        definitions=optimum.definitions,
        assumptions=_assumptions(optimum),
        glossary=formulas(FIGURES),
        scenario=optimum.scenario_text,
        footer=_footer(optimum),
    )


def charts(optimum: Optimum) -> list[Chart]:
    """The pictures of the page, each drawn when it is asked for."""
    return [
        Chart(key, title, sentence, partial(make, optimum), partial(_behind, optimum, key))
        for key, title, sentence, make in planned(optimum)
    ]


def _behind(optimum: Optimum, key: str) -> Grid:
    """The table behind a picture."""
    tables: dict[str, Callable[[Optimum], Grid]] = {
        "costs": costs,
        "staffing": levels,
        "goals": goals,
        "service": by_interval,
        "allocation": allocation,
        "search": search,
    }
    return tables[key](optimum)


def notebook(optimum: Optimum) -> str:
    """What a notebook shows: the answer, the plans side by side, the goals and the prices of a point."""
    shown = [grid for grid in (comparison(optimum), goals(optimum, "Goals"), points(optimum)) if grid.rows]
    return render_notebook(
        name=optimum.name,
        verdict=staffing_words.headline(optimum),
        run=staffing_words.run_line(optimum) + " " + bound_words.bound(optimum),
        tables=shown,
    )


def _tiles(optimum: Optimum) -> list[dict[str, str]]:
    words, out = staffing_words, []

    def tile(title: str, value: str, note: str = "") -> None:
        out.append({"title": title, "value": value, "note": note})

    if optimum.objective == "cost":
        tile(
            "cost of the plan",
            words.money(optimum, optimum.cost),
            "certified" if optimum.certified else "not certified",
        )
    if bound_words.worth_printing(optimum):
        tile(f"lower bound ({optimum.bound_status})", bound_words.value(optimum), f"gap {share(optimum.gap)}")
    near = optimum.nearby
    if near is not None and near.simulated:
        tile("cheaper changes that keep the goals", f"{near.kept} of {near.simulated}", "of up to two agents or shifts")
    if optimum.reached is not None:
        today = optimum.reached.today
        note = "" if today is None else f"today's staffing: {today.missed:,.0f} missed, {today.met} goals met"
        tile("contacts that goals miss", f"{optimum.reached.plan.missed:,.0f}", note)
        tile("goals met", f"{optimum.reached.plan.met} of {len(optimum.goals)}", "no plan can meet all")
    elif len(optimum.goals):
        met = int(optimum.goals["met"].astype(bool).sum())
        tile(
            "goals proved" if optimum.certified else "goals clearly met",
            f"{met} of {len(optimum.goals)}",
            f"{int(optimum.goals['binding'].astype(bool).sum())} tight",
        )
    for figure in ("sl", "fcr_true", "abandoned_share", "asa"):
        row = words.figure_of(optimum, THIS, figure)
        if row and not math.isnan(float(row["value"])):
            margin = formats.margin(float(row["low"]), float(row["high"]), str(row["unit"]), optimum.currency)
            tile(formats.head(figure), quantity(float(row["value"]), str(row["unit"]), optimum.currency), margin)
    hours = float(optimum.levels.sum()) * optimum.interval / 3600
    tile("agent-hours present", f"{hours:,.0f}", f"at most {int(optimum.levels.sum(axis=0).max())} at once")
    return out


def _change(row: dict[str, Any], currency: str) -> str:
    by, low, high = (float(row[key]) for key in ("difference", "difference_low", "difference_high"))
    if math.isnan(by):
        return ""
    unit = str(row["unit"])
    margin = formats.margin(low, high, unit, currency).replace(" points", "").replace(f" {currency}", "")
    return f"{formats.change(by, unit, currency).replace(' points', '').replace(f' {currency}', '')} {margin}".strip()


def working(optimum: Optimum) -> list[Grid]:
    """Who works when: of shifts the people by shift and day; then agents present by time and group."""
    note, out = working_times.clocks(optimum), []
    if optimum.kind == "shifts":
        days, shifts = working_times.by_shift(optimum)
        named = any(one.name for one in shifts)
        heads = ("Group", "Shift", "Breaks", *(("Name",) if named else ()), *(day or "People" for day in days))
        rows = []
        for one in shifts[:MOST_ROWS]:
            texts = (one.group, one.hours, one.breaks, *((one.name,) if named else ()))
            rows.append(Row(tuple(map(Cell, (*texts, *(str(n) if n else "\u00b7" for n in one.people))))))
        left = (
            f"The first {MOST_ROWS} of {len(shifts)} shifts; the workbook has all." if len(shifts) > MOST_ROWS else ""
        )
        out.append(Grid(working_times.SHIFTS, heads, tuple(rows), 3 + named, left))
    if optimum.levels.any():
        every = range(len(optimum.groups))
        for first in every[::MOST_COLUMNS]:
            some, total = every[first : first + MOST_COLUMNS], not first
            out.append(_times(optimum, some, total, note if some[-1] == every[-1] else ""))
    return out


def _times(optimum: Optimum, groups: range, total: bool, note: str) -> Grid:
    """Agents present by time: of some groups, and with the `total` of all of them in the first table."""
    rows: list[Row] = []
    for day in working_times.by_time(optimum):
        rows += [Row((Cell(day.title), *[Cell("")] * (total + len(groups))), True)] if day.title else []
        for at, counts in day.rows:
            numbers = [*([sum(counts)] if total else []), *(counts[g] for g in groups)]
            rows.append(Row((Cell(at), *(Cell(str(n)) for n in numbers))))
    left = f"The first {MOST_ROWS} of {len(rows)} rows; the workbook has all. " if len(rows) > MOST_ROWS else ""
    names = (working_times.stacked(optimum.groups[g]) for g in groups)
    heads = ("Time", *(("Agents",) if total else ()), *names)
    caption = working_times.TITLE if total else f"{working_times.TITLE}, continued"
    return Grid(caption, heads, tuple(rows[:MOST_ROWS]), 1, left + note)


def comparison(optimum: Optimum) -> Grid:
    """The plans side by side, each difference from this plan beside its value."""
    words = staffing_words
    plans = words.plans(optimum)
    figures = [f for f in FIGURES if any(words.figure_of(optimum, plan, f) for plan in plans)]
    rows = []
    for plan in plans:
        cells = [Cell(plan)]
        for figure in figures:
            row = words.figure_of(optimum, plan, figure)
            value = quantity(float(row["value"]), str(row["unit"]), optimum.currency) if row else formats.NOTHING
            cells.append(Cell(value, _change(row, optimum.currency) if row and plan != THIS else ""))
        met, count = words.goals_met(optimum, plan)
        cells.append(Cell(f"{met} of {count}" if count else ""))
        rows.append(Row(tuple(cells), plan == THIS))
    note = (
        "All plans are simulated on the same draws; grey: difference from this plan (95%, paired). Erlang C staffs "
        "each queue separately, in its cheapest group. " + bound_words.bound(optimum)
    )
    heads = ("Plan", *(formats.head(figure) for figure in figures), "Goals met")
    return Grid("Compared with today's staffing and Erlang C", heads, tuple(rows), 1, note)


def costs(optimum: Optimum) -> Grid:
    """Where the money goes, a row a term and a column a plan."""
    words = staffing_words
    plans = words.plans(optimum) or [THIS]
    rows = []
    for row in optimum.costs.to_dict("records"):
        cells = [Cell(str(row["title"]), "" if row["counts"] else "not in the objective")]
        for plan in plans:
            if plan == THIS:
                margin = formats.margin(float(row["low"]), float(row["high"]), "money", optimum.currency)
                cells.append(Cell(words.money(optimum, float(row["money"])), margin))
            else:
                found = words.figure_of(optimum, plan, str(row["term"]))
                cells.append(Cell(words.money(optimum, float(found["value"])) if found else ""))
        rows.append(Row(tuple(cells)))
    return Grid("The table", ("Term", *plans), tuple(rows))


def levels(optimum: Optimum) -> Grid:
    """Agents present: a row an interval, a column a group, and the need beside their sum."""
    need = optimum.need.set_index("interval") if len(optimum.need) else None
    days = len({label.date() for label in optimum.labels}) > 1
    rows, is_open = [], optimum.open_intervals
    for i, label in enumerate(optimum.labels):
        text = label.isoformat(timespec="minutes")
        total = int(optimum.levels[:, i].sum())
        known = need is not None and text in need.index
        busy = float(need.loc[text, "busy"]) if known and need is not None else math.nan
        erlang = float(need.loc[text, "erlang_c"]) if known and need is not None else math.nan
        if not total and not busy > 0.5 and not (known and is_open[i]):
            continue
        numbers = [f"{int(n)}" for n in optimum.levels[:, i]]
        cells = [
            formats.when(text, day=days),
            str(total),
            quantity(busy, "agents"),
            quantity(erlang, "agents"),
            *numbers,
        ]
        rows.append(Row(tuple(Cell(cell) for cell in cells)))
    note = f"The first {MOST_ROWS} of {len(rows)} rows; all are in the workbook." if len(rows) > MOST_ROWS else ""
    heads = ("Interval", "Present", "Busy", "Erlang C", *map(working_times.stacked, optimum.groups))
    return Grid("The table", heads, tuple(rows[:MOST_ROWS]), 1, note)


def goals(optimum: Optimum, caption: str = "The table") -> Grid:
    """Every goal with value, what is proved, and its room; those over many spans in a line."""
    rows = []
    for line in staffing_words.lines(optimum):
        tight = formats.listing(list(line.binding), 6) if line.binding else ""
        cells = (line.subject, line.goal, line.verdict, tight, f"{line.value}", line.bound, line.slack)
        noted = [Cell(cell) for cell in cells]
        noted[4] = Cell(line.value, line.at)
        rows.append(Row(tuple(noted)))
    heads = ("Metric", "Goal", "Verdict", "Tight at", "Value", staffing_words.bound_head(optimum).capitalize(), "Slack")
    note = (
        "Value: if a goal has many intervals, the tightest one and its time. "
        f"{staffing_words.bound_note(optimum).capitalize()}. Slack: in points for shares, else in "
        "the metric's unit."
    )
    return Grid(caption, heads, tuple(rows), 4, note)


def by_interval(optimum: Optimum) -> Grid:
    """Every goal by itself."""
    rows = []
    records = optimum.goals.to_dict("records")
    for at, row in list(zip(optimum.goals.index, records, strict=True))[:MOST_ROWS]:
        unit = str(row["unit"])
        proved = row["low"] if row["bound"] == "min" else row["high"]
        texts = (
            str(row["goal"]),
            staffing_words.wanted(row, optimum.currency),
            staffing_words.verdict(optimum.goals.loc[[at]], optimum.certified),
            quantity(float(row["value"]), unit, optimum.currency),
            quantity(float(proved), unit, optimum.currency),
            staffing_words.room(row, optimum.currency),
        )
        rows.append(Row(tuple(Cell(text) for text in texts)))
    return Grid(
        "The table",
        ("Goal", "Limit", "Verdict", "Value", staffing_words.bound_head(optimum).capitalize(), "Slack"),
        tuple(rows),
        3,
    )


def routing(optimum: Optimum) -> Grid:
    """What the plan changes in the routing of the scenario."""
    rows = tuple(Row((Cell(str(title)),)) for title in optimum.routing["title"])
    return Grid(staffing_words.ROUTING, ("Change",), rows, 1)


def allocation(optimum: Optimum) -> Grid:
    """Who serves what: simulated share, the program's share, and the ranks both lead to."""
    rows = []
    for row in optimum.allocation.to_dict("records"):
        ranks = [float(row[key]) if row[key] is not None else math.nan for key in ("rank", "program_rank")]
        texts = [str(row["queue"]), str(row["group"]), share(float(row["share"])), share(float(row["program_share"]))]
        texts += [formats.NOTHING if math.isnan(rank) else f"{rank:.0f}" for rank in ranks]
        rows.append(Row(tuple(Cell(text) for text in texts)))
    heads = (
        "Queue",
        "Group",
        "Share simulated",
        "Share in the fluid program",
        "Current rank",
        "Rank from the fluid program",
    )
    note = " ".join(text for text in optimum.messages if "rank" in text)
    return Grid("The table", heads, tuple(rows), 2, note)


def search(optimum: Optimum) -> Grid:
    """The search, a row a step."""
    rows, out_of_reach = [], optimum.history["missed"].notna().any()
    for row in optimum.history.to_dict("records")[-MOST_ROWS:]:
        texts = (
            PHASES.get(str(row["phase"]), str(row["phase"])),
            quantity(float(row["cost"]), "money"),
            quantity(float(row["missed"]), "count") if out_of_reach else quantity(float(row["bound"]), "money"),
            "met" if row["met"] else str(row["worst"]),
            staffing_words.signed(row["slack"]),
            f"{int(row['replications']):,}",
            formats.seconds(float(row["cpu_seconds"])),
        )
        rows.append(Row(tuple(Cell(text) for text in texts)))
    second = "Contacts missed" if out_of_reach else "Bound"
    heads = ("Phase", "Best cost", second, "Goals", "Least slack", "Replications", "Processor time")
    return Grid("The table", heads, tuple(rows))


def points(optimum: Optimum) -> Grid:
    """What one more point costs, and one less saves."""
    rows = []
    for row in optimum.points.to_dict("records"):
        name = f" of {row['name']}" if row["name"] else ""
        cells = [
            Cell(f"{formats.head(str(row['figure']))}{name}"),
            Cell(f"{float(row['step']) * 100:+g} point".replace("-", "\u2212")),
            Cell(str(row["how"])),
            Cell(formats.change(float(row["cost"]), "money", optimum.currency)),
            Cell(formats.change_between(float(row["low"]), float(row["high"]), "money", optimum.currency)),
            Cell(
                formats.change(float(row["reached"]), "share"),
                formats.change_between(float(row["reached_low"]), float(row["reached_high"]), "share"),
            ),
        ]
        rows.append(Row(tuple(cells)))
    heads = ("Metric", "Change", "How", "Cost", "95% interval", "Change simulated")
    note = "These are not shadow prices: the plan is changed and simulated again on the same draws."
    return Grid("What does one more point cost?", heads, tuple(rows), 3, note)


def moves(optimum: Optimum) -> Grid:
    """The best single additions and the cheapest removals."""
    rows = []
    for kind in ("addition", "removal"):
        for row in optimum.moves[optimum.moves["kind"] == kind].head(MOST_MOVES).to_dict("records"):
            cells = [Cell(str(row["title"])), Cell(staffing_words.after_change(row))]
            for key, unit in (("cost", "money"), ("sl", "share"), ("fcr_true", "share")):
                low, high = float(row[f"{key}_low"]), float(row[f"{key}_high"])
                value, half = float(row[key]), (high - low) / 2
                if unit == "share":
                    text = formats.signed(value * 100) or formats.NOTHING
                    cells.append(Cell(text, f"± {half * 100:.2f}" if half == half else ""))
                else:
                    text = formats.change(value, unit, optimum.currency)
                    cells.append(Cell(text, formats.margin(low, high, unit).strip()))
            rows.append(Row(tuple(cells)))
    heads = ("Change", "Goals", "Cost", "SL, points", "FCR, points")
    note = "Each change is simulated on the same draws as the plan, with a paired 95% interval; additions come first."
    return Grid("One agent more or less", heads, tuple(rows), 2, note)


def _assumptions(optimum: Optimum) -> list[str]:
    proof = (
        f"Certified: every goal held on {optimum.certified_on:,} replications that the search did not use, with "
        f"{optimum.confidence:.0%} confidence in all of them at once."
        if optimum.certified
        else "Not certified: goals are met or missed in simulation, and none of them is proved."
    )
    return [proof, *optimum.messages, *optimum.assumptions]


def _footer(optimum: Optimum) -> str:
    code = hashlib.sha256(optimum.scenario_text.encode()).hexdigest()[:12]
    return (
        f"Made by cxsim from scenario {code}, seed {optimum.seed}, solver {optimum.solver}. Local times. "
        "Without a time limit, the same scenario and seed give the same plan."
    )
