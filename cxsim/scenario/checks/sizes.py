"""Rules about size: what would never finish, or not fit, is refused before an engine sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cxsim.rules.ivr_steps import day_and_night
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model.scenario import Reason, Scenario
from cxsim.scenario.model.units import DAY
from cxsim.tables.reader import Table, TableError
from cxsim.tables.times import TIME_COLUMNS

MOST_CONTACTS = 1e8  # of one replication, warm-up days included: some minutes
MOST_A_DAY = 2e6
MOST_UNSERVED = 2e6  # beyond what the agents could ever serve: those who wait take 1.3 kB each
MOST_NAMES = 2000
MOST_AGENTS = 200_000  # of all groups together
MOST_CUSTOMERS = 20_000_000  # 90 bytes each, in every replication at work
MOST_CELLS = 500_000  # intervals × reasons, queues and groups: 15 kB each
SHORTEST_AWAY = 1.0

Tables = Mapping[tuple[str, str | None], Table]


def check_sizes(scenario: Scenario, broken: list[Path], tables: Tables) -> Iterator[Finding]:
    """Every rule of size that is broken."""
    for key in ("reasons", "groups"):
        if not getattr(scenario, key) and not any(path[0] == key for path in broken):
            yield Finding((key,), "is empty", "add at least one")
    for key in ("reasons", "queues", "groups", "segments"):
        if len(getattr(scenario, key)) > MOST_NAMES:
            yield Finding((key,), f"has more than {MOST_NAMES} entries", "merge some of them")
    yield from _contacts(scenario, tables)
    yield from _people(scenario, tables)
    names = len(scenario.reasons) + len(scenario.queues) + len(scenario.groups)
    horizon = scenario.horizon
    intervals = (horizon.steady.length if horizon.steady else horizon.days * DAY) / max(horizon.interval, 1.0)
    if intervals * names > MOST_CELLS:
        rule = f"divides the horizon into {intervals:,.0f} intervals for each of {names:,} reasons, queues and groups"
        fix = f"write a longer interval, or shorten the horizon; the limit is {MOST_CELLS:,} values of each kind"
        yield Finding(("horizon", "interval"), rule, fix)


def _contacts(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Limits on contacts: of a day, of a replication, and of those that can only wait."""
    steady = scenario.horizon.steady
    days = 1 if steady is not None else simulated_days(scenario)
    a_day = {name: _a_day(scenario, name, reason, tables) for name, reason in scenario.reasons.items()}
    for name, many in a_day.items():
        at: Path = ("reasons", name, "volume")
        if steady is None and many > MOST_A_DAY:
            rule = f"gives about {_said(many)} contacts a day; the limit is {MOST_A_DAY:,.0f}"
            yield Finding(at, rule, "check the unit, the factors and the events")
            return
        if many * days > MOST_CONTACTS:
            rule = f"gives about {_said(many * days)} contacts per replication; the limit is {MOST_CONTACTS:,.0f}"
            yield Finding(at, rule, "check the unit, or shorten the horizon")
            return
    total = sum(a_day.values()) * days
    if total > MOST_CONTACTS or (steady is None and sum(a_day.values()) > MOST_A_DAY):
        rule = f"together give about {_said(total)} contacts per replication and {_said(sum(a_day.values()))} a day"
        fix = f"the limits are {MOST_CONTACTS:,.0f} per replication and {MOST_A_DAY:,.0f} a day"
        yield Finding(("reasons",), rule, fix)
        return
    largest = max(a_day, key=lambda name: a_day[name], default="")
    if total <= MOST_UNSERVED:
        return
    time = steady.warm_up + steady.length if steady is not None else days * DAY
    at_once = max((channel.concurrent for channel in scenario.channels.values()), default=1)
    shortest = min((reason.talk.mean for reason in scenario.reasons.values()), default=1.0)
    served = sum(_most_agents(scenario, tables).values()) * at_once * time / max(shortest / 10.0, 1.0)
    if total - served > MOST_UNSERVED:
        rule = f"gives over {_said(total - served)} more contacts than these agents can serve"
        fix = f"check its unit and the number of agents; the limit is {MOST_UNSERVED:,.0f} unserved contacts"
        yield Finding(("reasons", largest, "volume"), rule, fix)


def _people(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Limits on agents, on how often they are away, and on customers."""
    staff, total = scenario.staff, 0.0
    for name, most in _most_agents(scenario, tables).items():
        total += most
        if total <= MOST_AGENTS:
            continue
        at: Path = ("groups", name, "agents")
        own = [(i, shift.agents) for i, shift in enumerate(staff.shifts) if shift.group == name]
        if own:
            at = ("staff", "shifts", max(own, key=lambda one: one[1])[0], "agents")
        elif name in staff.headcounts:
            at = ("staff", "headcounts", name)
        elif staff.file is not None and scenario.groups[name].agents is None:
            at = ("staff", "file")
        rule = f"gives {total:,.0f} agents in total; the limit is {MOST_AGENTS:,}"
        yield Finding(at, rule, "check the number; it counts people, not hours")
        break
    for name, group in scenario.groups.items():
        if group.availability < 1.0 and group.away.mean < SHORTEST_AWAY:
            yield Finding(("groups", name, "away"), "is shorter than a second on average", "write a time such as 5 min")
    crowd = 0
    for name, segment in scenario.segments.items():
        crowd += segment.seats
        if crowd > MOST_CUSTOMERS:
            key = "market" if segment.market else "customers"
            rule = f"gives {crowd:,} customers in total; the limit is {MOST_CUSTOMERS:,}"
            fix = "model a fraction of them, and scale volume and agents down to match"
            yield Finding(("segments", name, key), rule, fix)
            break


def _most_agents(scenario: Scenario, tables: Tables) -> dict[str, float]:
    """How many people of each group there are at once, at most; of a table, its largest numbers."""
    staff, out = scenario.staff, dict[str, float]()
    for name, group in scenario.groups.items():
        given = staff.headcounts.get(name, group.agents)
        out[name] = float(max(given) if isinstance(given, tuple) else given or 0)
        out[name] += sum(shift.agents for shift in staff.shifts if shift.group == name)
    table = tables.get((staff.file, staff.sheet)) if staff.file is not None else None
    if table is not None:
        table = table.named(staff.columns, staff.carry_down)
        who, counts = table.find("group"), table.find("agents", "headcount", "count")
        shifts = table.find("end", "to") is not None
        for name in scenario.groups:
            rows = numbers(table, name if who is None else counts)
            if who is not None:
                rows = rows or [1.0] * len(table)
                rows = [x for x, group in zip(rows, table.cells[who], strict=True) if group == name]
            out[name] += sum(rows) if shifts else max(rows, default=0.0)
    return out


def numbers(table: Table, column: str | None) -> list[float]:
    """The numbers of a column; none if there is no such column, or a fault that is told elsewhere."""
    try:
        known = column is not None and table.find(column) is not None
        return table.numbers(str(column), counts=True).tolist() if known else []
    except TableError:
        return []


def _days_of(table: Table) -> int:
    """How many days a table tells apart: dates, weekdays or dates of its time stamps; 1 where it has none."""
    column = table.find("date", "weekday", "day")
    stamps = table.find(*TIME_COLUMNS)
    cells = table.cells[column] if column else [x[:10] for x in table.cells[stamps] if len(x) > 10] if stamps else ()
    return max(1, len(set(cells)))


def simulated_days(scenario: Scenario) -> int:
    """Days of the horizon with those before and after it, as far as the scenario names them."""
    horizon = scenario.horizon
    return horizon.days + (horizon.before or 0) + (horizon.after or 0)


def contacts(scenario: Scenario, name: str, reason: Reason) -> float:
    """About how many fresh contacts a reason has in the counted days; tables not counted."""
    days = 1 if scenario.horizon.steady is not None else scenario.horizon.days
    return _a_day(scenario, name, reason, {}) * days


def _a_day(scenario: Scenario, name: str, reason: Reason, tables: Tables) -> float:
    """About how many fresh contacts a reason has on its busiest weekday; in steady state, in all."""
    volume, horizon = reason.volume, scenario.horizon
    days = max(horizon.days, 1)
    open_time = max(
        (sum(b - a for a, b in day) for day in (*horizon.open.values(), *horizon.exceptions.values())), default=0.0
    )
    if day_and_night(scenario, name):
        open_time = DAY
    if horizon.steady is not None:
        open_time, days = sum(horizon.steady.spans), 1
    a_day = 0.0
    if volume.per_hour is not None:
        a_day = _mean(volume.per_hour) * open_time / 3600.0
    elif volume.per_interval is not None:
        a_day = _mean(volume.per_interval) * open_time / max(horizon.interval, 1.0)
    elif volume.per_day is not None or volume.count is not None:
        a_day = volume.per_day or float(volume.count or 0)
        if horizon.steady is not None:
            a_day *= open_time / DAY
    elif volume.file is not None and (volume.file, volume.sheet) in tables:
        table = tables[volume.file, volume.sheet].named(volume.columns, volume.carry_down).where(volume.where)
        a_day = sum(numbers(table, volume.column or name)) / _days_of(table)
    more = 1.0
    for event in scenario.events:
        if event.reasons is None or name in event.reasons:
            part = (event.end - event.start) / DAY / (1 if event.date is None else days)
            more += max(event.factor - 1.0, 0.0) * part
    return a_day * volume.factor * more * max([1.0, *volume.weekdays.values()])


def _said(number: float) -> str:
    return f"{number:,.0f}" if number < 1e12 else f"{number:.2g}"


def _mean(given: float | tuple[float, ...]) -> float:
    return sum(given) / len(given) if isinstance(given, tuple) else given
