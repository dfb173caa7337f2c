"""A plan in a planner's terms: who is needed, scheduled and short by half-hour; shifts, roster, what-if rows.

The shifts and their certificate are the optimizer's, the figures those of `simulate` and `compare`; here they are only
laid side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.model.prepare import prepare
from cxsim.model.shares_by_time import Shrinkage
from cxsim.optimizer.advice.advice import shares_served
from cxsim.optimizer.problem.requirements import requirements
from cxsim.report.exchange.roster import read_roster
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.io.reading import read
from cxsim.scenario.io.yaml_tree import load
from cxsim.scenario.lever_catalogue import resolving
from cxsim.scenario.usual_share import usual
from cxsim.studies.compare import compare
from cxsim.tables.reader import read_table

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result
    from cxsim.studies.comparison import Comparison

SHARES = 6  # replications that tell which team serves which queue
FIGURES = ("sl", "asa", "abandoned_share")
PLAN = "this plan"
DEFINITIONS = (
    ("Required", "Agents that the queues need for their SL targets by Erlang A (C where a queue says so), redials and "
     "repeats included, each queue by itself, shared out to teams as they serve the queue in the simulation."),
    ("Required, people", "Required, rounded up to whole people present."),
    ("Scheduled", "People on shift, breaks included, before shrinkage and absences: the mean over the interval."),
    ("Present", "People planned to be on duty: shrinkage, absences and breaks taken off; whole people at any moment."),
    ("Over or under, people", "Present minus required in whole people. Negative: too few."),
    ("Over or under, FTE", "Scheduled minus required ÷ (1 − shrinkage) ÷ (1 − absent): people missing on the roster."),
    ("Teams that help each other", "A team may be short and the SL met, because another team takes its contacts. The "
     "simulated SL counts, not the sum of the rows."),
    ("SL, low and high", "Simulated mean with its 95 % confidence interval; single days vary more."),
    ("Difference", "What-if row minus this plan, on the same random numbers, with its 95 % interval."),
    ("Costs", "Wages of paid hours, overrun included, and what the scenario prices besides, over the counted days."),
    ("Certified", "Every goal was met with 95 % confidence together, on replications that the search had not seen."),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class WeekPlan:
    """A certified plan, laid out for planners.

    optimum: the optimizer's answer; scenario: with the plan as its staff; teams: by interval and team; queues: by
    interval and queue; totals: by queue; what_if: by variant and queue; shifts: a row per shift; roster: a row per
    person, a column per day (empty for headcounts); messages: sentences that a reader must know.
    """

    optimum: Optimum
    scenario: Scenario
    teams: pd.DataFrame
    queues: pd.DataFrame
    totals: pd.DataFrame
    what_if: pd.DataFrame
    shifts: pd.DataFrame
    roster: pd.DataFrame
    costs: pd.DataFrame
    messages: tuple[str, ...] = ()
    definitions: tuple[tuple[str, str], ...] = field(default=DEFINITIONS)


def with_volumes(scenario: Scenario, path: Path) -> tuple[Scenario, list[str]]:
    """The scenario with the volumes of a table, and what a reader must know.

    A table has a column for each reason, or rows with the columns queue and volume, as `cxsim forecast` writes both; a
    column may also have the name of the queue of a single reason. Raises ValueError where nothing fits.
    """
    file = path / "volumes.csv" if path.is_dir() else path
    table = read_table(file)
    by_row = table.find("queue") if table.find("volume") else None
    names = list(dict.fromkeys(table.cells[by_row])) if by_row else list(table.columns)
    found, left = dict[str, str](), list[str]()
    for reason, one in scenario.reasons.items():
        alone = sum(other.queue == one.queue for other in scenario.reasons.values()) == 1
        wanted = [reason, one.queue] if alone else [reason]
        name = next((n for w in wanted for n in names if n.casefold() == w.casefold()), None)
        if name is None:
            left.append(reason)
        else:
            found[reason] = name
    if not found:
        raise ValueError(
            f"{file}: has none of the reasons {', '.join(scenario.reasons)}; its names are {', '.join(names)}"
        )
    values: dict[str, Any] = {}
    for reason, name in found.items():
        volume: dict[str, Any] = {"file": str(file.resolve()), "column": name}
        if by_row:
            volume |= {"column": "volume", "where": {by_row: name}}
        old = scenario.reasons[reason].volume
        for key in ("busyness", "intraday"):
            if getattr(old, key) is not None:
                volume[key] = scenario.model_dump(mode="json")["reasons"][reason]["volume"][key]
                volume |= {"shared": old.shared, "intraday_block": old.intraday_block}
        if old.factor != 1.0:
            volume["factor"] = old.factor
        values[f"reasons.{reason}.volume"] = volume
    said = [f"{', '.join(left)}: not in {file.name}, so the volume of the scenario is used."] if left else []
    return scenario.vary(values), said


def changed(scenario: Scenario, with_: Sequence[str], set_: Sequence[str]) -> Scenario:
    """The scenario with named overrides and `PATH=VALUE` texts put over it. Raises ScenarioError."""
    values: dict[str, Any] = {}
    for text in set_:
        path, _, given = text.partition("=")
        values[path.strip()], _, faults = load(given.encode(), "--variant")
        if faults:
            raise ScenarioError(faults)
    return scenario.vary(values, with_=with_)


def what_ifs(scenario: Scenario) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The usual questions as {name: {path: value}}, and which of them cannot be asked of this scenario."""
    more: dict[str, Any] = {}
    said = []
    for name, reason in scenario.reasons.items():
        if reason.volume.arrivals is None:
            more[f"reasons.{name}.volume.factor"] = reason.volume.factor * 1.15
    own = (skill.resolution for crew in scenario.groups.values() for skill in crew.skills.values())
    shares = [usual(scenario, name, "resolution") for name in scenario.reasons]
    shares += [one.share for one in own if one is not None and one.share is not None]
    solved = resolving(scenario, lambda share: round(share + 0.05, 12)) if min(shares, default=1.0) < 1.0 else {}
    out = {"volume +15 %": more} if more else {}
    if len(more) < len(scenario.reasons):
        said.append("Volume +15 % leaves out reasons whose arrivals are exact times.")
    absences = scenario.model_dump(mode="json", exclude_none=True)["absences"]
    if scenario.horizon.steady is None:
        out["10 % sick"] = {"absences": [*absences, {"name": "sick", "share": "10%"}]}
    if not solved:
        said.append("FCR +5 points is left out: every contact is resolved already.")
    elif not _acts(scenario):
        said.append(
            "FCR +5 points is left out: in this scenario, customers who were not helped do not contact again. Fill in "
            "Returns (after_contact.unresolved.repeat), with fresh volumes."
        )
    else:
        out["FCR +5 points"] = solved
    return out, said


def _acts(scenario: Scenario) -> bool:
    """Whether resolution changes how many contacts there are, or where they go."""
    repeats = any(one.after_contact.unresolved.repeat > 0.0 for one in scenario.reasons.values())
    handed = (rule.when == "unresolved" for queue in scenario.queues.values() for rule in queue.transfers)
    return repeats or any(handed)


def lay_out(
    optimum: Optimum,
    folder: Path,
    variants: Mapping[str, Callable[[Scenario], Scenario]],
    *,
    seed: int = 1,
    replications: int = 20,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    messages: Sequence[str] = (),
    allow_outside: bool = False,
) -> WeekPlan:
    """The planner's tables of an optimum that was saved in `folder`; `variants` make further scenarios of the plan."""
    planned = read(folder / "scenario.yaml", allow_outside=allow_outside)
    asked, said = what_ifs(planned)
    said.append(
        f"Service and what-ifs here are means of {replications} replications; the first sentence rests on more."
    )
    scenarios = {PLAN: planned, **{name: planned.vary(values) for name, values in asked.items()}}
    scenarios |= {name: make(planned) for name, make in variants.items()}
    found = compare(scenarios, seed=seed, replications=replications, threads=threads, progress=progress)
    base = found.results[PLAN]
    shifts = optimum.plan if optimum.kind == "shifts" else pd.DataFrame()
    if not len(shifts):
        said.append("The plan is headcounts by interval. Add optimize.shifts to the scenario for shifts and a roster.")
    return WeekPlan(
        optimum=optimum,
        scenario=planned,
        teams=_teams(planned, seed, threads),
        queues=_queues(planned, base),
        totals=_totals(planned, base),
        what_if=_what_if(planned, found),
        shifts=shifts,
        roster=_roster(planned, folder / "plan.csv") if len(shifts) else pd.DataFrame(),
        costs=optimum.costs,
        messages=(*messages, *said, *optimum.messages),
    )


def _teams(scenario: Scenario, seed: int, threads: int | None) -> pd.DataFrame:
    """Required, scheduled and present people of each team in each open interval."""
    model = prepare(scenario, seed)
    timeline, plan = model.timeline, model.plan
    need = np.zeros((len(scenario.queues), timeline.n_intervals))
    table = requirements(scenario, model=model)
    place = {label: i for i, label in enumerate(model.layout.labels)}
    rows = [list(scenario.queues).index(name) for name in table["queue"]]
    need[rows, [place[label] for label in table["interval"]]] = table["agents"]
    shares = shares_served(model, SHARES, threads)
    for q, name in enumerate(scenario.queues):
        if not shares[q].any():  # nobody is there who could: the need is that of those who would take it first
            ranks = {g: skill.rank for g, one in enumerate(scenario.groups.values()) if (skill := one.skills.get(name))}
            first = [g for g, rank in ranks.items() if rank == min(ranks.values())]
            shares[q, first] = 1.0 / max(1, len(first))
    required = shares.T @ need
    shrinkage = Shrinkage(scenario, timeline).means(timeline)
    out = []
    for i in np.flatnonzero(timeline.open_mask):
        label = timeline.labels[i]
        day = (label.replace(tzinfo=None) if label.tzinfo else label).date()
        for g, name in enumerate(scenario.groups):
            keep = (1.0 - shrinkage[g, i]) * (1.0 - scenario.absent(name, day))
            least = required[g, i]
            people = float(np.ceil(round(least, 6)))
            fte = least / keep if keep > 0.0 else np.nan
            there, on = float(plan.present[g, i]), float(plan.scheduled[g, i])
            when = (f"{label:%Y-%m-%d}", f"{label:%a}", f"{label:%H:%M}")
            numbers = (least, people, there, there - people, fte, on, on - fte)
            out.append((f"{label:%Y-%m-%d %H:%M} {name}", *when, name, *numbers))
    columns = ["key", "date", "weekday", "time", "team", "required", "required_people", "present"]
    return pd.DataFrame(out, columns=[*columns, "over_under_people", "required_fte", "scheduled_fte", "over_under_fte"])


def _queues(scenario: Scenario, result: Result) -> pd.DataFrame:
    """Contacts and expected figures of each queue in each open interval."""
    parts = []
    for name in scenario.queues:
        sl = result.series("sl", "queue", name)
        part = sl.rename(columns={"value": "sl", "low": "sl_low", "high": "sl_high"})
        for figure in ("offered", "asa", "abandoned_share"):
            part[figure] = result.series(figure, "queue", name)["value"]
        stamps = [text.replace("T", " ")[:16] for text in part.pop("interval")]
        part.insert(0, "key", [f"{stamp} {name}" for stamp in stamps])
        part.insert(1, "date", [stamp[:10] for stamp in stamps])
        part.insert(2, "time", [stamp[11:] for stamp in stamps])
        part.insert(3, "queue", name)
        parts.append(part)
    out = pd.concat(parts, ignore_index=True)
    out = out[(out["offered"] > 0.0) | out["sl"].notna()]
    order = ["key", "date", "time", "queue", "offered", "sl", "sl_low", "sl_high", "asa", "abandoned_share"]
    return out.sort_values(["date", "time"], kind="stable")[order].reset_index(drop=True)


def _totals(scenario: Scenario, result: Result) -> pd.DataFrame:
    """The expected figures of each queue over the counted time, beside its SL target."""
    out = []
    for name, queue in scenario.queues.items():
        goal = queue.target.sl if queue.target and queue.target.sl else None
        row: list[Any] = [name, goal.share if goal else scenario.sl.share, goal.within if goal else scenario.sl.within]
        for figure in ("offered", *FIGURES):
            found = result.estimate(figure, "queue", name)
            row += [found.value, found.low, found.high]
        out.append(row)
    heads = [f"{figure}{end}" for figure in ("offered", *FIGURES) for end in ("", "_low", "_high")]
    return pd.DataFrame(out, columns=["queue", "target", "within", *heads])


def _what_if(scenario: Scenario, found: Comparison) -> pd.DataFrame:
    """SL, abandonment and cost of each variant, and its difference from the plan in SL."""
    out = []
    table = found.table("sl", scope="queue")
    for name, result in found.results.items():
        for queue in scenario.queues:
            sl, gone = (result.estimate(figure, "queue", queue) for figure in ("sl", "abandoned_share"))
            cost = result.estimate("cost")
            row = table[(table["variant"] == name) & (table["name"] == queue)]
            change = [float(row[key].iloc[0]) if len(row) else np.nan for key in ("difference", "low", "high")]
            out.append((name, queue, sl.value, sl.low, sl.high, *change, gone.value, cost.value))
    columns = ["what_if", "queue", "sl", "sl_low", "sl_high", "difference", "difference_low", "difference_high"]
    return pd.DataFrame(out, columns=[*columns, "abandoned_share", "cost"])


def _roster(scenario: Scenario, file: Path) -> pd.DataFrame:
    """A row for each person with the shift of each day; people without a name are the seats of the day's shifts."""
    first, days = scenario.horizon.start, scenario.horizon.days
    span = [first + timedelta(days=k) for k in range(days)]
    named = read_table(file).find("name") is not None
    shifts: list[list[Any]] = []
    for one in read_roster(file, first, days):
        last = shifts[-1][-1] if shifts else None
        if last is not None and (last.group, last.person, last.end) == (one.group, one.person, one.start):
            shifts[-1].append(one)
        else:
            shifts.append([one])
    rows: dict[tuple[str, str], dict[Any, str]] = {}
    taken: dict[tuple[str, Any], int] = {}
    for parts in sorted(shifts, key=lambda x: (x[0].group, x[0].start, x[-1].end, x[0].person)):
        group, person, day = parts[0].group, parts[0].person, parts[0].start.date()
        if not named:
            taken[group, day] = taken.get((group, day), 0) + 1
            person = f"{group} {taken[group, day]}"
        rows.setdefault((group, person), {})[day] = f"{parts[0].start:%H:%M}-{parts[-1].end:%H:%M}"
    order = sorted(rows, key=lambda key: (list(scenario.groups).index(key[0]), len(key[1]), key[1]))
    heads = [f"{day:%a} {day}" for day in span]  # as the sheet Roster of a scenario reads it
    cells = [(person, group, *(rows[group, person].get(day, "off") for day in span)) for group, person in order]
    return pd.DataFrame(cells, columns=["agent", "team", *heads])
