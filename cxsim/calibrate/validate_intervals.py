"""A scenario against an interval report: what each interval shows, and the miss of the plan by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import arrivals, interval_replay, replay
from cxsim.calibrate.comparison import FEW, STEPS, judged, steps, tested
from cxsim.calibrate.interval_replay import Counts, Offered
from cxsim.calibrate.records import DAY, Intervals, Records
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.replay import Seen
from cxsim.calibrate.staffing import on_duty, whole_agents
from cxsim.model.demand import expected
from cxsim.model.network.queues import time_allowed
from cxsim.model.prepare import facts
from cxsim.scenario.io.faults import ScenarioError
from cxsim.schema.service_levels import SL_DEFINITIONS
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

TITLES = {
    "abandoned": ("share abandoned", "share"),
    "asa": ("mean wait of answered contacts", "s"),
    "wait": ("mean wait of all contacts", "s"),
    "abandon_wait": ("mean wait of abandoned contacts", "s"),
    "service_level": ("service level", "share"),
    "handle_time": ("mean handle time", "s"),
}
MOST_OFFERED = 2_000_000  # contacts that can be replayed


@dataclass(frozen=True, eq=False)
class Sums:
    """Of each figure by unit and interval, (units, days * slots): what is added up, and the contacts it is divided by.

    Both are 0 where the report does not say (`told`).
    """

    above: Mapping[str, Floats]
    below: Mapping[str, Floats]
    told: Mapping[str, npt.NDArray[np.bool_]]

    def figure(self, name: str, keep: npt.NDArray[np.bool_] | slice = slice(None)) -> tuple[float, float]:
        """(value, contacts) over some cells; NaN without contacts."""
        below = float(self.below[name][keep].sum())
        return (float(self.above[name][keep].sum()) / below if below > 0 else np.nan), below


@dataclass(frozen=True, eq=False)
class Report:
    """The report on a grid of units and intervals. A unit is a queue of the report."""

    units: Sequence[str]
    reasons: Sequence[Mapping[int, float]]  # by unit: which reasons of the scenario it has, and their shares
    width: float
    cells: Mapping[str, Floats]  # column: (units, days * slots), NaN where it does not say


def compared(
    scenario: Scenario,
    records: Records,
    names: Mapping[str, str],
    error_rate: float,
    how: tuple[int, int, int | None],
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The comparison, the causes, and notes. ExportError or ScenarioError where the two do not fit."""
    import pandas as pd

    report, notes = _report(scenario, records, names)
    offered = Offered(np.rint(np.nan_to_num(report.cells["offered"])).astype(np.int64), report.width, report.reasons)
    seen = _observed(scenario, report)
    shown = {name: title for name, title in TITLES.items() if seen.below[name].any()}
    if "service_level" in shown:
        notes.append(_of_level(scenario, report))
    staff, why = _staff(scenario, records, report, names)
    there = interval_replay.on_recorded_days(scenario, records, staff, report.width)
    inside, outside = (offered, 0) if staff is not None else interval_replay.within_hours(scenario, records, offered)
    runs = interval_replay.run(there, inside, *how)
    table = _table(report, shown, seen, [_simulated(scenario, report, one, seen) for one in runs], error_rate)
    if why:
        notes.append(why)
    if outside:
        notes.append(f"{outside:,} contacts came outside the scenario's opening hours; they are not replayed")
    if any(queue.transfers for queue in scenario.queues.values()):
        notes.append(
            "contacts are transferred: a report that counts them again in the second queue has them twice in the replay"
        )
    try:
        own = replay.run(replay.planned(scenario, records, False), *how).runs
    except ScenarioError as error:
        reason = str(error).splitlines()[0]
        notes.append(f"the miss is not split by cause: the plan does not fit these days ({reason})")
        return table, pd.DataFrame(columns=STEPS), notes
    called = interval_replay.on_recorded_days(scenario, records, None, report.width)
    inside, _ = interval_replay.within_hours(scenario, records, offered)
    factors = _longer(scenario, report, seen, runs)
    chain = [own, interval_replay.run(called, inside, *how)]
    chain.append(interval_replay.run(replay.longer(called, factors), inside, *how))
    causes = ["volume", "handle time"]
    if staff is not None:
        causes.append("staffing")
        chain.append(interval_replay.run(replay.longer(there, factors), offered, *how))
    sums = [[_simulated(scenario, report, one, seen) for one in made] for made in chain]
    values = [{name: np.array([one.figure(name)[0] for one in made]) for name in shown} for made in sums]
    return table, steps(shown, values, causes, {name: seen.figure(name)[0] for name in shown}), notes


def _table(
    report: Report, shown: Mapping[str, tuple[str, str]], seen: Sums, runs: Sequence[Sums], error_rate: float
) -> pd.DataFrame:
    """Every metric in total, by interval of the day and by queue, with p-values adjusted by Holm."""
    slots = round(DAY / report.width)
    place = np.arange(next(iter(seen.above.values())).shape[1]) % slots
    shape = next(iter(seen.above.values())).shape
    scopes = [("total", "", np.ones(shape, np.bool_))]
    scopes += [("interval", arrivals.clock(k * report.width), np.broadcast_to(place == k, shape)) for k in range(slots)]
    scopes += [
        ("queue", name, np.broadcast_to((np.arange(len(report.units)) == u)[:, None], shape))
        for u, name in enumerate(report.units)
    ]
    rows: list[tuple[object, ...]] = []
    for scope, name, keep in scopes:
        for figure, (title, unit) in shown.items():
            observed, contacts = seen.figure(figure, keep)
            if contacts < FEW:
                continue
            made = np.array([one.figure(figure, keep)[0] for one in runs])
            count = round(contacts)
            rows.append((scope, name, figure, title, unit, count, observed, *tested(observed, made, unit, count)))
    return judged(rows, error_rate)


def _report(scenario: Scenario, records: Records, names: Mapping[str, str]) -> tuple[Report, list[str]]:
    """The report on a grid, with the reasons of each of its queues. ExportError where one has none."""
    table = records.intervals
    assert table is not None
    widths, many = np.unique(table.width[np.isfinite(table.width)], return_counts=True)
    width = float(widths[np.argmax(many)]) if len(widths) else np.nan
    if not 0 < width <= DAY / 6 or DAY % width:
        rule = "has no intervals within the day, so nothing says when contacts came"
        raise ExportError([TableError("intervals", None, rule, "import a report by half-hour, or by hour")])
    notes = []
    good = (table.width == width) & np.isfinite(table.offered)
    if others := int((~good).sum()):
        notes.append(f"{others:,} rows have another length than {width / 60:g} min, or no volume; not used")
    units = sorted({str(queue) for queue in table.queue[good].tolist()})
    reasons = _reasons(scenario, units, names)
    slots = round(DAY / width)
    place = np.floor(table.start / width).astype(np.int64)
    row = np.searchsorted(np.array(units), table.queue.astype(str))
    shape = (len(units), records.days * slots)
    cell = row[good] * shape[1] + place[good]
    if again := len(cell) - len(np.unique(cell)):
        notes.append(f"{again:,} rows are of a queue and interval that another row has, as of another channel; added")
    cells = {
        column: _added(cell, values[good], _weight(table, column)[good], shape)
        for column, values in vars(table).items()
        if column not in ("start", "queue", "width")
    }
    total = float(np.nansum(cells["offered"]))
    if not 0 < total <= MOST_OFFERED:
        rule = f"has {total:,.0f} contacts offered; between 1 and {MOST_OFFERED:,} can be replayed"
        raise ExportError([TableError("intervals", None, rule, "import other days")])
    return Report(units, reasons, width, cells), notes


def _weight(table: Intervals, column: str) -> Floats:
    """The contacts that a mean is about; NaN for a count."""
    of = {"aht": table.answered, "asa": table.answered, "abandon_wait": table.abandoned}
    if column in of:
        return of[column]
    return table.offered if column in ("wait", "level") else np.full(len(table.start), np.nan)


def _added(cell: npt.NDArray[np.int64], values: Floats, weight: Floats, shape: tuple[int, int]) -> Floats:
    """Rows by cell: counts added, means weighted by their contacts (alike if these are not known); NaN without rows."""
    told = np.isfinite(values)
    mean = np.isfinite(weight).any()
    parts = np.where(np.isfinite(weight) & (weight > 0.0), weight, 1e-9) if mean else np.ones(len(values))
    size = shape[0] * shape[1]
    sums = np.bincount(cell[told], (values * parts)[told], minlength=size)
    below = np.bincount(cell[told], parts[told] if mean else None, minlength=size)
    there = below > 0
    out = np.full(size, np.nan)
    out[there] = sums[there] / (below[there] if mean else 1.0)
    return out.reshape(shape)


def _reasons(scenario: Scenario, units: Sequence[str], names: Mapping[str, str]) -> list[dict[int, float]]:
    """By queue of the report: reasons of the scenario with their shares. A name may be that of a queue or a reason."""
    when, _, volume = facts(scenario)
    size = expected(scenario, when).sum(axis=1) if volume.totals.any() else np.ones(len(scenario.reasons))
    faults: list[TableError] = []
    out: list[dict[int, float]] = []
    taken: dict[int, str] = {}
    for unit in units:
        name = names.get(unit, unit)
        mine = [k for k, one in enumerate(scenario.reasons.values()) if one.queue == name]
        if not mine and name in scenario.reasons:
            mine = [list(scenario.reasons).index(name)]
        if not mine:
            known = ", ".join(dict.fromkeys([*scenario.queues, *scenario.reasons]))
            fix = f"add --name {unit!r}=QUEUE; its queues and reasons are {known}"
            faults.append(TableError("intervals", unit, "is not a queue or reason of the scenario", fix))
        for k in mine:
            if k in taken:
                rule = f"has contacts of {list(scenario.reasons)[k]}, as {taken[k]!r} has"
                faults.append(TableError("intervals", unit, rule, "name another reason, or import one of the two"))
            taken[k] = unit
        total = float(size[mine].sum())
        out.append({k: float(size[k]) / total if total > 0 else 1.0 / len(mine) for k in mine})
    if faults:
        raise ExportError(faults)
    return out


def _observed(scenario: Scenario, report: Report) -> Sums:
    """The sums of the report. A mean of no contacts is a sum of 0; one that is blank otherwise is left out."""
    cell = report.cells
    offered, abandoned = cell["offered"], cell["abandoned"]
    answered = np.where(np.isfinite(cell["answered"]), cell["answered"], offered - np.nan_to_num(abandoned))
    met = cell["in_sl"] if np.isfinite(cell["in_sl"]).any() else cell["level"]
    of = answered if SL_DEFINITIONS[_definition(scenario, report)].denominator == "answered" else offered
    pairs = {
        "abandoned": (abandoned, offered),
        "asa": (cell["asa"] * answered, answered),
        "wait": (cell["wait"] * offered, offered),
        "abandon_wait": (cell["abandon_wait"] * abandoned, abandoned),
        "service_level": (met if met is cell["in_sl"] else met * of, of),
        "handle_time": (cell["aht"] * answered, answered),
    }
    told = {
        name: np.isfinite(contacts) & (np.isfinite(sums) | (contacts == 0)) & bool(np.isfinite(sums).any())
        for name, (sums, contacts) in pairs.items()
    }
    above = {name: np.where(told[name], np.nan_to_num(sums), 0.0) for name, (sums, _) in pairs.items()}
    below = {name: np.where(told[name], contacts, 0.0) for name, (_, contacts) in pairs.items()}
    return Sums(above, below, told)


def _simulated(scenario: Scenario, report: Report, made: Seen, seen: Sums) -> Sums:
    """The sums of a replication, in the cells in which the report says what they were."""
    unit_of = np.full(len(scenario.reasons), -1)
    for u, shares in enumerate(report.reasons):
        unit_of[list(shares)] = u
    unit = unit_of[made.reason]
    cells = report.cells["offered"].shape
    place = unit * cells[1] + np.floor(made.at / report.width).astype(np.int64)
    allowed = [time_allowed(scenario, scenario.queues[one.queue]) for one in scenario.reasons.values()]
    soon = made.wait <= np.array(allowed)[made.reason]
    left, worked = made.abandoned, np.isfinite(made.handle)
    short = left & (made.wait < scenario.sl.short_abandon)

    def total(weights: Floats | npt.NDArray[np.bool_]) -> Floats:
        good = unit >= 0
        sums = np.bincount(place[good], np.asarray(weights, np.float64)[good], minlength=cells[0] * cells[1])
        return np.asarray(sums.reshape(cells))

    offered, answered, abandoned = total(np.ones(len(made.at))), total(~left), total(left)
    parts = {
        "in_time": total(~left & soon),
        "entered": offered,
        "answered": answered,
        "short_abandoned": total(short),
        "abandoned_in_time": total(left & soon),
        "fresh + redial + repeat": offered,
    }
    definition = SL_DEFINITIONS[_definition(scenario, report)]
    pairs = {
        "abandoned": (abandoned, offered),
        "asa": (total(np.where(left, 0.0, made.wait)), answered),
        "wait": (total(made.wait), offered),
        "abandon_wait": (total(np.where(left, made.wait, 0.0)), abandoned),
        "service_level": (_sum(definition.numerator, parts), _sum(definition.denominator, parts)),
        "handle_time": (total(np.where(worked, made.handle, 0.0)), total(worked)),
    }
    return Sums(
        {name: above * seen.told[name] for name, (above, _) in pairs.items()},
        {name: below * seen.told[name] for name, (_, below) in pairs.items()},
        seen.told,
    )


def _sum(text: str, parts: Mapping[str, Floats]) -> Floats:
    """A sum such as 'entered - short_abandoned'."""
    if text in parts:
        return parts[text]
    words = text.split()
    out = parts[words[0]]
    for sign, name in zip(words[1::2], words[2::2], strict=True):
        out = out + parts[name] if sign == "+" else out - parts[name]
    return out


def _definition(scenario: Scenario, report: Report) -> str:
    """How the service level is reckoned: contacts answered in time by their count, or as the scenario has it."""
    counted = bool(np.isfinite(report.cells["in_sl"]).any())
    return "answered_of_offered" if counted else scenario.sl.definition


def _of_level(scenario: Scenario, report: Report) -> str:
    limits = sorted({time_allowed(scenario, scenario.queues[one.queue]) for one in scenario.reasons.values()})
    times = " or ".join(f"{x:g} s" for x in limits)
    if np.isfinite(report.cells["in_sl"]).any():
        return (
            f"the report does not say the time of its service level: T = {times} is taken, as in the scenario; if "
            "it is another, add --set sl.within=30s"
        )
    return (
        f"the report does not say the time of its service level or its definition: it is taken as "
        f"{SL_DEFINITIONS[_definition(scenario, report)].formula}, T = {times}, as in the scenario; "
        "if the report counts otherwise, add --set sl.within=30s or --set sl.definition=NAME"
    )


def _longer(scenario: Scenario, report: Report, seen: Sums, runs: Sequence[Seen]) -> dict[str, float]:
    """By how much reported handle times are longer than simulated ones, by reason."""
    out: dict[str, float] = {}
    names = list(scenario.reasons)
    made = [_simulated(scenario, report, one, seen) for one in runs]
    for unit, shares in enumerate(report.reasons):
        keep = np.zeros_like(report.cells["offered"], dtype=np.bool_)
        keep[unit] = True
        observed, contacts = seen.figure("handle_time", keep)
        usual = float(np.nanmean([one.figure("handle_time", keep)[0] for one in made])) if contacts >= FEW else np.nan
        if np.isfinite(usual) and usual > 0:
            out |= {names[k]: observed / usual for k in shares}
    return out


def _staff(
    scenario: Scenario, records: Records, report: Report, names: Mapping[str, str]
) -> tuple[dict[str, Counts] | None, str]:
    """Recorded people by group and interval, or why there are none."""
    duty, groups = records.duty, list(scenario.groups)
    own = "the agents of the scenario's own plan are replayed, and staffing is not among the causes"
    if duty is not None and len(duty.start):
        of = [names.get(name, name) or (groups[0] if len(groups) == 1 else "") for name in duty.group.tolist()]
        if not all(of):
            return None, f"the log-ins do not say the group of each agent: {own}"
        unknown = sorted(set(of) - set(groups))
        if unknown and len(groups) > 1:
            fix = f"its groups are {', '.join(groups)}"
            raise ExportError(
                [
                    TableError("staffing", one, "is not a group of the scenario", f"add --name {one!r}=GROUP; {fix}")
                    for one in unknown
                ]
            )
        place = np.array(of if not unknown else groups * len(of))
        edges = np.arange(report.cells["offered"].shape[1] + 1) * report.width
        there = [on_duty(duty.start[place == name], duty.end[place == name], edges) for name in groups]
        return dict(zip(groups, whole_agents(np.stack(there)), strict=True)), ""
    agents = report.cells["agents"]
    if not np.isfinite(agents).any():
        return None, f"nothing says who was there: {own}. Import log-ins or shifts too"
    found: dict[str, Floats] = {}
    for unit, shares in enumerate(report.reasons):
        queues = {list(scenario.reasons.values())[k].queue for k in shares}
        serving = [name for name, group in scenario.groups.items() if queues & set(group.skills)]
        if len(serving) != 1 or set(scenario.groups[serving[0]].skills) - queues or serving[0] in found:
            return None, (
                f"the report counts agents by queue, but groups of the scenario serve several queues: {own}. "
                "Import log-ins or shifts with the agents' groups too"
            )
        found[serving[0]] = np.nan_to_num(agents[unit])
    counts = whole_agents(np.stack(list(found.values())))
    return dict(zip(found, counts, strict=True)), ""
