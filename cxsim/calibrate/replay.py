"""A scenario replayed on what was recorded: the observed arrivals and people on duty, with the scenario's laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.agents import Team
from cxsim.calibrate.records import DAY, Contacts, Records
from cxsim.calibrate.redials import Floats
from cxsim.model.prepare import Model, prepare
from cxsim.scenario.model.customers import HandleTimes
from cxsim.schema.ledger import ABANDONED, ANSWERED, Ledger
from cxsim.simulation.replications import Progress, replicate

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

WITHIN = (20.0, 60.0)  # s: thresholds of service levels that are compared
FIGURES = {
    "queued": "share that waited",
    "abandoned": "share abandoned",
    "wait": "mean wait of all contacts",
    "within_20": "answered within 20 s",
    "within_60": "answered within 60 s",
}
UNITS = {"queued": "share", "abandoned": "share", "wait": "s", "within_20": "share", "within_60": "share"}
SCALES = {"queued": 0.10, "abandoned": 0.015, "wait": 0.10, "within_20": 0.10, "within_60": 0.10}
WHOLE_DAY = "00:00-24:00"


@dataclass(frozen=True, eq=False)
class Seen:
    """Contacts as both the record and an engine have them: one row per contact."""

    at: Floats
    reason: npt.NDArray[np.int64]
    queued: npt.NDArray[np.bool_]
    wait: Floats
    abandoned: npt.NDArray[np.bool_]
    handle: Floats  # talk, and after-call work where the record has it; NaN without an answer, or where not known

    def value(self, figure: str) -> Floats:
        """A figure's numerator for each contact; its mean is the figure."""
        if figure == "wait":
            return self.wait
        if figure in ("queued", "abandoned"):
            return np.asarray(getattr(self, figure), dtype=np.float64)
        limit = float(figure.partition("_")[2])
        return np.asarray(~self.abandoned & (self.wait <= limit), dtype=np.float64)


def observed(contacts: Contacts, reasons: Mapping[str, int]) -> Seen:
    """The recorded contacts. One that the system took out of the queue counts as neither answered nor abandoned."""
    forced = contacts.outcome == "forced_exit"
    return Seen(
        contacts.at,
        np.array([reasons[r] for r in contacts.reason.tolist()], np.int64),
        contacts.queued,
        np.where(forced & ~np.isfinite(contacts.wait), 0.0, contacts.wait),
        contacts.abandoned,
        contacts.freed - contacts.began,
    )


def simulated(ledger: Ledger, acw: bool) -> Seen:
    """The contacts of a replication; handle times with after-call work, or without."""
    legs = ledger.legs
    legs = legs[np.isin(legs["outcome"], (ANSWERED, ABANDONED))]
    wait = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"]) - legs["arrived"]
    left = legs["outcome"] == ABANDONED
    handle = np.where(left, np.nan, legs["ended" if acw else "talk_end"] - legs["answered"])
    return Seen(legs["arrived"], legs["reason"].astype(np.int64), wait > 0.0, wait, left, handle)


def replay_of(scenario: Scenario, records: Records, who: Team) -> Scenario:
    """The scenario on the recorded days, with the recorded arrivals and people in place of its own.

    `who.groups` must be groups of the scenario. It is open day and night, so that no recorded contact is outside.
    """
    present = {who.group_of[agent] for agent in who.spells.agent.tolist()}
    values: dict[str, Any] = {
        **horizon_of(records),
        "horizon.open": WHOLE_DAY,
        **{f"groups.{name}.agents": None if name in present else 0 for name in scenario.groups},
        **_arrivals(scenario, records, records.contacts),
        "staff": {"shifts": shifts(records, who)},
        "groups.*.shrinkage": "0%",
        "groups.*.shrinkage_by_time": None,
    }
    return scenario.vary(values)


def planned(scenario: Scenario, records: Records, recorded: bool) -> Scenario:
    """The scenario on the recorded days with people as it plans them, with its own volumes or the recorded arrivals.

    Recorded contacts outside its opening hours are left out. ScenarioError where its tables do not have these days.
    """
    values = horizon_of(records)
    if recorded:
        contacts = records.contacts
        assert contacts is not None
        weekday = np.array([on.weekday() for on in records.dates()])[(contacts.at // DAY).astype(np.int64)]
        inside = np.zeros(len(contacts), np.bool_)
        for w, spans in scenario.horizon.open.items():
            for start, end in spans:
                inside |= (weekday == w) & (contacts.at % DAY >= start) & (contacts.at % DAY < end - 1.0)
        values |= _arrivals(scenario, records, contacts[inside])
    return scenario.vary(values)


def longer(scenario: Scenario, factors: Mapping[str, float]) -> Scenario:
    """The scenario with other handle times, by a factor for each reason."""
    reasons = {}
    for name, reason in scenario.reasons.items():
        now = reason.handle_times or HandleTimes()
        times = now.model_copy(update={"factor": now.factor * factors.get(name, 1.0)})
        reasons[name] = reason.model_copy(update={"handle_times": times})
    return scenario.model_copy(update={"reasons": reasons})


def horizon_of(records: Records) -> dict[str, Any]:
    return {
        "horizon.start": records.first.isoformat(),
        "horizon.days": records.days,
        "horizon.timezone": None,
        "horizon.before": 0,
        "horizon.after": 0,
    }


def _arrivals(scenario: Scenario, records: Records, contacts: Contacts | None) -> dict[str, Any]:
    """Volumes of exact times; returns that a reason states are off, since the record contains them."""
    assert contacts is not None
    values: dict[str, Any] = {}
    for name in scenario.reasons:
        times = contacts.at[contacts.reason == name].tolist()
        exact = {"arrivals": {"times": [_moment(records, t) for t in times]}}
        values[f"reasons.{name}.volume"] = exact if times else {"per_hour": 0}
        values[f"reasons.{name}.after_contact"] = {}
    return values


def _moment(records: Records, t: float) -> str:
    return (
        datetime(records.first.year, records.first.month, records.first.day) + timedelta(seconds=round(t))
    ).isoformat()


def shifts(records: Records, who: Team) -> list[dict[str, Any]]:
    """The spells on duty as shifts of a scenario, cut at the end of the recorded days."""
    out = []
    last = records.days * DAY
    for agent, start, end in zip(
        who.spells.agent.tolist(), who.spells.start.tolist(), who.spells.end.tolist(), strict=True
    ):
        start, end = max(0.0, start), min(end, last)
        while start < end - 0.5:
            until = min(end, start + DAY - 1.0)
            a, b = _moment(records, start), _moment(records, until)
            close = "24:00:00" if b[11:] == "00:00:00" else b[11:]
            out.append({"group": who.group_of[agent], "date": a[:10], "start": a[11:], "end": close, "agents": 1})
            start = until
    return out


@dataclass(frozen=True, eq=False)
class Replayed:
    """What replications of a replay gave."""

    model: Model
    runs: list[Seen]

    def totals(self, keep: Callable[[Seen], Any] | None = None) -> dict[str, Floats]:
        """Each figure by replication."""
        out = {}
        for figure in FIGURES:
            values = [one.value(figure)[slice(None) if keep is None else keep(one)] for one in self.runs]
            out[figure] = np.array([float(v.mean()) if len(v) else np.nan for v in values])
        return out


def run(
    scenario: Scenario,
    replications: int,
    seed: int = 1,
    threads: int | None = None,
    acw: bool = True,
    progress: Progress | None = None,
) -> Replayed:
    """Simulate a replay; with `acw`, handle times include after-call work."""
    model = prepare(scenario, seed=seed)
    horizon = scenario.horizon.days * DAY

    def read(ledger: Ledger, _: int, __: object) -> Seen:
        seen = simulated(ledger, acw)
        keep = (seen.at >= 0.0) & (seen.at < horizon)
        return Seen(**{name: values[keep] for name, values in vars(seen).items()})

    _, runs = replicate(model, replications, threads=threads, keep=read, progress=progress)
    return Replayed(model, runs)


def figures_of(seen: Seen) -> dict[str, float]:
    """Every figure of some contacts."""
    return {figure: float(seen.value(figure).mean()) for figure in FIGURES}
