"""A scenario replayed on an interval report: as many contacts in each interval, at times that each replication draws.

A report says how many contacts came in an interval, not when in it. Each replication draws their times evenly over the
interval, which is how Poisson arrivals lie once their number is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import arrivals, replay
from cxsim.calibrate.records import DAY, Records
from cxsim.calibrate.replay import Seen
from cxsim.capacity.draws import children, uniforms
from cxsim.jit.decorators import processors
from cxsim.model.demand import REPLAY, Demand
from cxsim.model.network.compile import network
from cxsim.model.prepare import Model, prepare
from cxsim.randomness.draws import ARRIVAL, CHOICE, child, name_hash, run_key
from cxsim.schema.ledger import Keeper
from cxsim.simulation.replications import replay as replayed

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

_REPORT = name_hash("an interval report")
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Offered:
    """Contacts by unit of the report and interval, (units, days * slots), and which reasons a unit has."""

    counts: Counts
    width: float
    reasons: Sequence[Mapping[int, float]]  # by unit: share of each reason


def run(scenario: Scenario, offered: Offered, replications: int, seed: int, threads: int | None) -> list[Seen]:
    """Simulate the scenario with these contacts in place of its own; one `Seen` for each replication."""
    model = prepare(scenario, seed=seed)
    model = _with(model, _demand(model, offered, run_key(seed, 0)))
    end = scenario.horizon.days * DAY

    def one(number: int) -> Seen:
        mine = replace(model, demand=_demand(model, offered, run_key(seed, number)))
        keeper = Keeper()
        replayed(mine, number, "clock", keeper)
        seen = replay.simulated(keeper.ledger(), acw=True)
        keep = (seen.at >= 0.0) & (seen.at < end)
        return Seen(**{name: values[keep] for name, values in vars(seen).items()})

    first = one(0)  # alone, so that nothing is compiled twice
    with ThreadPoolExecutor(threads or processors()) as pool:
        return [first, *pool.map(one, range(1, replications))]


def _with(model: Model, demand: Demand) -> Model:
    """The model with this demand, also where its network looks at the volume."""
    net = network(model.scenario, model.timeline, model.plan, model.seed, demand)
    return replace(model, demand=demand, network=net)


def _demand(model: Model, offered: Offered, key: np.uint64) -> Demand:
    """Exact times: evenly within each interval, each contact with a reason of its unit. Draws are keyed by contact."""
    days, slots = model.demand.days, round(DAY / offered.width)
    rows, times = [], []
    for unit, shares in enumerate(offered.reasons):
        counts = offered.counts[unit]
        place = np.repeat(np.arange(len(counts)), counts)
        keys = children(children([child(key, _REPORT)], unit), np.arange(len(place)))
        upto = np.cumsum(list(shares.values()))
        nth = np.searchsorted(upto / upto[-1], uniforms(keys, CHOICE))
        rows.append(np.array(list(shares))[nth] * days + place // slots)
        times.append((place + uniforms(keys, ARRIVAL)) * offered.width)
    row, time = np.concatenate(rows), np.concatenate(times)
    order = np.lexsort((time, row))
    reasons = len(model.demand.modes)
    return model.demand._replace(
        modes=np.full(reasons, REPLAY, np.int64),
        busyness=np.full(reasons, -1, np.int64),
        totals=np.zeros(reasons * days),
        first_piece=np.zeros(reasons * days + 1, np.int64),
        first_time=np.searchsorted(row[order], np.arange(reasons * days + 1)).astype(np.int64),
        times=time[order],
        crowd=1.0,
    )


def on_recorded_days(scenario: Scenario, records: Records, staff: Mapping[str, Counts] | None, width: float) -> Any:
    """The scenario on the recorded days, without volumes and returns of its own; with the recorded people if given."""
    values = replay.horizon_of(records) | {"after_contact": {}}
    for name in scenario.reasons:
        values |= {f"reasons.{name}.volume": {"per_hour": 0}, f"reasons.{name}.after_contact": {}}
    if staff is not None:
        values |= {
            "horizon.open": replay.WHOLE_DAY,
            **{f"groups.{name}.agents": None if staff.get(name, np.zeros(1)).any() else 0 for name in scenario.groups},
            "staff": {"shifts": _shifts(records, staff, width)},
            "groups.*.shrinkage": "0%",
            "groups.*.shrinkage_by_time": None,
        }
    return scenario.vary(values)


def _shifts(records: Records, staff: Mapping[str, Counts], width: float) -> list[dict[str, Any]]:
    """Headcounts by interval as shifts: the first agent stays as long as there is one, the second as there are two."""
    slots = round(DAY / width)
    found: dict[tuple[str, str, str, str], int] = {}
    for name, counts in staff.items():
        for day, row in enumerate(counts.reshape(-1, slots)):
            on = (records.first + timedelta(days=day)).isoformat()
            for level in range(1, int(row.max(initial=0)) + 1):
                edges = np.flatnonzero(np.diff(np.concatenate(([0], row >= level, [0]))))
                for a, b in edges.reshape(-1, 2).tolist():
                    key = (name, on, arrivals.clock(a * width), arrivals.clock(b * width))
                    found[key] = found.get(key, 0) + 1
    return [
        {"group": name, "date": on, "start": start, "end": end, "agents": agents}
        for (name, on, start, end), agents in found.items()
    ]


def within_hours(scenario: Scenario, records: Records, offered: Offered) -> tuple[Offered, int]:
    """The contacts in intervals in which the scenario is open, and how many are not."""
    slots = round(DAY / offered.width)
    middle = (np.arange(slots) + 0.5) * offered.width
    inside = np.zeros((records.days, slots), np.bool_)
    for day, on in enumerate(records.dates()):
        for start, end in scenario.horizon.open.get(on.weekday(), ()):
            inside[day] |= (middle >= start) & (middle < end)
    kept = offered.counts * inside.reshape(1, -1)
    return replace(offered, counts=kept), int((offered.counts - kept).sum())
