"""`cxsim check`: every fault of a scenario, or what it comes to."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common, counted
from cxsim.cli import shared_options as shared
from cxsim.cli.common import say

if TYPE_CHECKING:
    from cxsim.scenario import Scenario, ScenarioError

WRONG_INPUT = 2


@dataclass(frozen=True)
class Pool:
    """Queues that share groups: work offered (erlangs, no redials) against agents, on average and at its tightest.

    Averages are over the open time, or, where some of the work may wait over night (`waits`), over the whole counted
    time. At its tightest is the interval (empty for none) with the most work that cannot wait, against its agents.
    """

    queues: tuple[str, ...]
    groups: tuple[str, ...]
    load: float
    agents: float
    tightest: str
    tightest_load: float
    tightest_agents: float
    waits: bool


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.variation
@click.option("--explain", is_flag=True, help="Print every value, including defaults, and where it came from.")
@shared.json_option
def check(scenario: Path, with_: tuple[str, ...], set_: tuple[str, ...], explain: bool, as_json: bool) -> int:
    """Report every fault of SCENARIO or, if there are none, summarise its load and staffing.

    The summary lists simulated days, expected contacts, and the work offered compared with the agents who can do it.
    Nothing is simulated. Exits with code 0, or 2 if there are faults.
    """
    from cxsim.scenario import ScenarioError

    place = common.locate(scenario)
    try:
        found = common.read_scenario(place.file, with_=with_, set_=set_)
        said, pools = facts(found)
    except ScenarioError as error:
        return _faulty(error, as_json)
    if as_json:
        values = _values(found) if explain else {}
        pooled = [asdict(pool) for pool in pools]
        head = {"schema_version": 1, "file": str(scenario), "faults": []}
        common.print_json({**head, "facts": said, "pools": pooled, **values})
        return 0
    if explain:
        from cxsim.scenario.io.explain import explain_text

        common.echo(explain_text(found) + "\n")
    common.echo(f"{place.file}: no faults\n")
    common.show(*said, "", _table(pools))
    return 0


def _faulty(error: ScenarioError, as_json: bool) -> int:
    from cxsim.scenario.io.faults import MOST_SHOWN

    if as_json:
        faults = [asdict(fault) for fault in error.faults[:MOST_SHOWN]]
        common.print_json({"schema_version": 1, "faults": faults, "count": len(error.faults)})
    say(f"{error}\n{counted(error)}")
    return WRONG_INPUT


def _values(scenario: Scenario) -> dict[str, Any]:
    from cxsim.scenario.io.explain import explain

    return {"values": [asdict(value) for value in explain(scenario)]}


def facts(scenario: Scenario) -> tuple[list[str], list[Pool]]:
    """What a scenario comes to, in sentences, and its pools. ScenarioError where its tables do not fit."""
    from cxsim.model import calendar, demand, handle_times, shares_by_time
    from cxsim.model.prepare import facts as facts_of

    when, who, volume = facts_of(scenario)
    offered = demand.expected_of(volume, when)
    said = [*calendar.explain(when), *demand.explain(scenario, when), *handle_times.explain(scenario)]
    said += [*shares_by_time.explain(scenario), *who.notes]
    said += readings(scenario, when)
    hours, money = float(who.paid.sum()) / 3600, float((who.paid.sum(axis=1) * who.wage).sum()) / 3600
    if hours > 0:
        wages = f", {money:,.0f} {scenario.currency}" if money else ""
        said.append(f"{hours:,.0f} paid hours in counted time{wages}.")
    for name, paid in zip(scenario.groups, who.paid[:, ~when.open_mask].sum(axis=1) / 3600, strict=True):
        if paid >= 0.05:
            said.append(f"{name}: {paid:,.1f} of the paid hours are outside opening hours.")
    return said, pools(scenario, when, who.present, offered)


def readings(scenario: Scenario, when: Any) -> list[str]:
    """How each table was read, in sentences: its rows, the days and times that they are about."""
    from cxsim.report.common.formats import plural
    from cxsim.tables.reader import table_name
    from cxsim.tables.times import TIME_COLUMNS, reading

    users: list[tuple[Any, tuple[str, ...]]] = [(scenario.staff, TIME_COLUMNS)]
    for one in scenario.reasons.values():
        users.append((one.volume, TIME_COLUMNS))
        if one.volume.arrivals is not None:
            users.append((one.volume.arrivals, (one.volume.arrivals.column,)))
    users += [(said, TIME_COLUMNS) for _, said in scenario.by_time()]
    out = []
    for name, sheet in scenario.source.tables:
        said: dict[str, None] = {}
        for part, columns in users:
            if (part.file, part.sheet) == (name, sheet):
                table = scenario.table_of(part)
                said[reading(table, table.need(*columns), when.zone)] = None
        rows = plural(len(scenario.table(name, sheet).lines), "row")
        out.append(f"{table_name(name, sheet)}: {rows}{'; '.join(['', *said, *scenario.table(name, sheet).tidied])}.")
    return out


def pools(scenario: Scenario, when: Any, present: Any, offered: Any) -> list[Pool]:
    """Offered work and agents of each set of queues and groups that belong together."""
    import numpy as np

    from cxsim.model.by_time import by_interval, pieces
    from cxsim.model.handle_times import handle_factors, mean_factors
    from cxsim.model.shares_by_time import availability, resolution_factors
    from cxsim.rules.contact_times import handle_time
    from cxsim.rules.ivr_steps import queue_shares

    factors = by_interval(handle_factors(scenario, when), when)
    usual = dict(zip(scenario.reasons, mean_factors(factors, offered).tolist(), strict=True))
    solved = by_interval(pieces(solving=resolution_factors(scenario, when)), when, "solving")
    there = availability(scenario, when)
    names, labels = list(scenario.groups), [label.isoformat(timespec="minutes") for label in when.labels]
    always = [name for name, queue in scenario.queues.items() if scenario.channels[queue.channel].day_and_night]
    seconds = np.append(np.full(when.n_intervals - 1, when.interval), 0.0)
    seconds[-1] = when.counted_to - when.counted_from - seconds.sum()
    out = []
    weights = dict(zip(scenario.reasons, (float(row.sum()) for row in offered), strict=True))
    for queues, groups in _together(scenario):
        work, urgent = np.zeros(when.n_intervals), np.zeros(when.n_intervals)
        for row, solving, (name, reason) in zip(offered * factors, solved, scenario.reasons.items(), strict=True):
            for queue, share in queue_shares(scenario, name).items():
                if queue in queues:
                    each = (
                        row * share * handle_time(reason, scenario.queues[queue]) * _contacts(reason, solving) / seconds
                    )
                    work += each
                    urgent += each * (queue not in always)
        agents = np.zeros(when.n_intervals)
        for group in groups:
            agents += present[names.index(group)] * [
                at_hand(scenario, group, weights, usual, share) for share in there[names.index(group)]
            ]
        if not work.any():
            continue
        waits = any(queue in always for queue in queues)
        counted = np.ones(when.n_intervals, bool) if waits else when.open_mask
        load, people = (float(np.average(values[counted], weights=seconds[counted])) for values in (work, agents))
        with np.errstate(divide="ignore", invalid="ignore"):
            busy = np.where(urgent > 0, urgent / agents, 0.0)
        worst = int(np.argmax(np.round(busy, 9)))  # the first, where many are as tight
        at, most, least = (labels[worst], urgent[worst], agents[worst]) if urgent.any() else ("", 0.0, 0.0)
        out.append(Pool(tuple(queues), tuple(groups), load, people, at, float(most), float(least), waits))
    return out


def at_hand(scenario: Scenario, name: str, weights: dict[str, float], usual: dict[str, float], there: float) -> float:
    """The share of on-duty time at which agents of a saturated group, available for a share `there`, are at hand.

    Away-spells begin when idle: one falls due during a contact of mean h with chance 1 - e^(-h/g) and follows it,
    so the share is h / (h + a(1 - e^(-h/g))), a the mean away-spell and g = aA/(1 - A) the mean time between them.
    """
    from cxsim.rules.contact_times import handle_time
    from cxsim.rules.ivr_steps import queue_shares

    group = scenario.groups[name]
    if not 0.0 < there < 1.0:
        return there
    own = [
        (weights[key] * share, handle_time(reason, scenario.queues[queue]) * usual[key])
        for key, reason in scenario.reasons.items()
        for queue, share in queue_shares(scenario, key).items()
        if queue in group.skills
    ]
    whole = sum(weight for weight, _ in own)
    handled = sum(weight * time for weight, time in own) / whole if whole else 0.0
    away = float(group.away.mean)
    gap = away * there / (1.0 - there)
    if not (handled > 0 and away > 0):
        return there
    return handled / (handled - away * math.expm1(-handled / gap))


def _contacts(reason: Any, solving: Any) -> Any:
    """Contacts an issue comes to through repeats, by factors on resolution, if nobody abandons."""
    again = reason.after_contact.unresolved
    chance = float(again.chance) * (1.0 - (float(reason.resolution) * solving).clip(max=1.0))
    return sum(chance**n for n in range(min(int(again.at_most), 50)))


def _together(scenario: Scenario) -> list[tuple[list[str], list[str]]]:
    """Queues and groups that are linked by a skill or an overflow, in the order of the scenario."""
    place = {("queue", name): ("queue", name) for name in scenario.queues}
    place |= {("group", name): ("group", name) for name in scenario.groups}

    def root(item: tuple[str, str]) -> tuple[str, str]:
        while place[item] != item:
            item = place[item]
        return item

    links = [(("group", name), ("queue", queue)) for name, group in scenario.groups.items() for queue in group.skills]
    for name, queue in scenario.queues.items():
        for stage in queue.overflow:
            links += [(("queue", name), ("group", group)) for group in stage.to or ()]
            links += [(("queue", name), ("queue", stage.to_queue))] if stage.to_queue else []
    for one, other in links:
        place[root(one)] = root(other)
    pooled: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for item in place:
        pooled.setdefault(root(item), ([], []))[item[0] == "group"].append(item[1])
    return list(pooled.values())


def _table(pools: list[Pool]) -> Any:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from cxsim.report.common.formats import listing, when

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    grid.add_column("queues", overflow="fold")
    grid.add_column("when", no_wrap=True)
    for head in ("work", "agents", "work ÷ agents"):
        grid.add_column(head, justify="right", no_wrap=True)
    short, growing = False, []
    for pool in pools:
        rows = [("on average, day and night" if pool.waits else "on average", pool.load, pool.agents)]
        if pool.tightest:
            rows.append((f"tightest, {when(pool.tightest)}", pool.tightest_load, pool.tightest_agents))
        for i, (at, load, agents) in enumerate(rows):
            over = load >= agents
            short |= over
            part = Text(f"{100 * load / agents:.0f}%" if agents else "no agents", "bold red" if over else "")
            first = Text(listing(list(pool.queues), 4)) if i == 0 else Text("")
            grid.add_row(first, at, f"{load:.1f}", f"{agents:.1f}", part)
        if pool.waits and pool.load >= pool.agents:
            growing.append(listing(list(pool.queues), 4))
    notes = (
        "Work in erlangs: contacts × mean handle time, with repeats but without redials and skill speeds. Agents "
        "× the share of time that they are available when contacts are always waiting."
    )
    if any(pool.waits for pool in pools):
        notes += " Work that can wait overnight counts in the average, not in the tightest interval."
    parts: list[Any] = [grid, Text(notes, style="dim")]
    if short:
        warning = "If work exceeds the agents' capacity, only abandonment keeps the queue from growing."
        parts.append(Text(warning, style="yellow"))
    for queues in growing:
        warning = (
            f"{queues}: more work arrives than agents can do, so the backlog grows from week to week and "
            "results depend on how many days are simulated before."
        )
        parts.append(Text(warning, style="yellow"))
    return Group(*parts)
