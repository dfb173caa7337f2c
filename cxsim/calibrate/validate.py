"""`validate`: a scenario replayed on what was recorded, compared interval by interval, and the miss split by cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import agents, arrivals, closed_loop, replay, validate_intervals
from cxsim.calibrate.agents import Team
from cxsim.calibrate.comparison import FEW, FEWEST, STEPS, judged, steps, tested
from cxsim.calibrate.records import DAY, Contacts, Records, read_records
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.replay import Replayed, Seen
from cxsim.report.calibrate import validation as report
from cxsim.scenario.io.faults import ScenarioError
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

CAUSES = ("volume", "handle time", "staffing")
MOST_TIMES = 200_000  # contacts that can be replayed


@dataclass(frozen=True, eq=False)
class Validation:
    """How far a scenario is from what was recorded.

    Attributes
    ----------
    name : str
        Name of the scenario.
    days : str
        First and last recorded day.
    table : DataFrame
        A row per metric and scope: scope ('total', 'interval', 'reason', or 'queue' of an interval report), name,
        figure, title, unit, contacts, observed, simulated, low, high (95 % of single replications), p, and whether it
        differs.
    causes : DataFrame
        A row per metric and step from the scenario's own plan to what was observed: figure, title, unit, cause,
        change, low, high (95 %). Empty where the scenario has no volumes for the recorded days.
    error_rate : float
        The chance that any row differs although the scenario is right, over all rows together (Holm).
    replications : int
        Number of replications.
    notes : tuple of str
        What was left out, and what could not be done.
    of : str
        What was recorded: 'contacts' or 'intervals'.
    """

    name: str = field(repr=False)
    days: str = field(repr=False)
    table: pd.DataFrame
    causes: pd.DataFrame
    error_rate: float
    replications: int
    notes: tuple[str, ...]
    of: Literal["contacts", "intervals"] = "contacts"

    @property
    def differs(self) -> pd.DataFrame:
        """The rows that differ by more than chance.

        Returns
        -------
        DataFrame
            Rows of `table`.
        """
        return self.table[self.table["differs"]]

    def save(self, folder: str | Path) -> Path:
        """Write the tables and the report into a folder, whole or not at all.

        Parameters
        ----------
        folder : str or path
            Where to write. An earlier validation there is replaced; a folder with anything else is refused.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OSError
            The folder cannot be written, or holds something else.
        """
        return report.save(self, Path(folder))

    def document(self) -> dict[str, Any]:
        """The validation as one JSON document.

        Returns
        -------
        dict
            The document of `cxsim validate --json`, without its folder; unknown numbers are null.
        """
        return report.document(self)


def validate(
    scenario: Scenario,
    source: Any,
    *,
    names: Mapping[str, str] | None = None,
    replications: int = 20,
    error_rate: float = 0.05,
    seed: int = 1,
    threads: int | None = None,
) -> Validation:
    """Replay the recorded arrivals and people with a scenario, and compare every metric with what was recorded.

    A metric differs if the observed value lies outside what single replications give, by a t test, after Holm's
    correction over all rows. The miss of the scenario's own plan is split into volume, handle time, staffing and the
    rest, in this order, each on the same random numbers.

    An interval report says how many contacts each interval had, not when in it: each replication draws their times
    evenly. Every metric that the report has is compared, and the people of its log-ins or of its count of agents take
    the place of the planned ones.

    Parameters
    ----------
    scenario : Scenario
        What to validate: its distributions, skills, patience and availability.
    source : path, sequence of paths, Export, or mapping
        What was recorded, as `calibrate.calibrate` takes it: contacts, or else an interval report.
    names : mapping, optional
        {name in the data: name in the scenario} of reasons, queues or groups, where they differ.
    replications : int, default 20
        Number of replications; at least 5.
    error_rate : float, default 0.05
        Chance of any false difference over all rows.
    seed : int, default 1
        Random seed.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.

    Returns
    -------
    Validation
        The comparison and the causes.

    Raises
    ------
    ScenarioError
        The scenario cannot be replayed on the recorded days; `faults` lists every fault.
    ExportError
        The tables cannot be read, or their reasons are not those of the scenario; `faults` lists every fault.
    ValueError
        An argument is out of range.

    Examples
    --------
    >>> scenario = cxsim.read("results/calibrate-january/scenario.yaml")
    >>> cxsim.calibrate.validate(scenario, "results/import-february").differs
    """
    if replications < FEWEST:
        raise ValueError(f"replications: {replications} is below {FEWEST}, which the test needs")
    if not 0.0 < error_rate < 1.0:
        raise ValueError(f"error_rate: {error_rate} is not between 0 and 1; write 0.05")
    found = read_records(source)
    if found.contacts is None:
        how = (replications, seed, threads)
        table, causes, more = validate_intervals.compared(scenario, found, names or {}, error_rate, how)
        return Validation(
            scenario.name, _days(found), table, causes, error_rate, replications, (*found.notes, *more), "intervals"
        )
    records = _named(found, scenario, names or {})
    contacts = records.contacts
    assert contacts is not None and len(contacts)
    who, base, notes = _team(scenario, records)
    acw = bool(np.isfinite(contacts.acw).any())
    played = replay.run(replay.replay_of(base, records, who), replications, seed, threads, acw)
    seen = replay.observed(contacts, closed_loop.places(scenario))
    table = _compared(scenario, seen, played, error_rate)
    causes, more = _causes(scenario, base, records, who, seen, played, (replications, seed, threads, acw))
    said = (*records.notes, *notes, *more)
    return Validation(scenario.name, _days(records), table, causes, error_rate, replications, said)


def _days(records: Records) -> str:
    return f"{records.dates()[0]} to {records.dates()[-1]}"


def _named(records: Records, scenario: Scenario, names: Mapping[str, str]) -> Records:
    """The records with the scenario's names of reasons. ExportError where one has none."""
    contacts = records.contacts
    assert contacts is not None
    reasons = [names.get(r, r) for r in contacts.reason.tolist()]
    known = ", ".join(scenario.reasons)
    faults: list[TableError] = [
        TableError(
            "contacts", one, "is not a reason of the scenario", f"add --name {one!r}=REASON; its reasons are {known}"
        )
        for one in sorted(set(reasons) - set(scenario.reasons))
    ]
    if len(contacts) > MOST_TIMES:
        rule = f"has {len(contacts):,} contacts; at most {MOST_TIMES:,} can be replayed"
        faults.append(TableError("contacts", None, rule, "import fewer days"))
    if faults:
        raise ExportError(faults)
    return replace(records, contacts=replace_reason(contacts, np.array(reasons, dtype=object)))


def replace_reason(contacts: Contacts, reason: npt.NDArray[np.object_]) -> Contacts:
    """Contacts with other reasons."""
    return replace(contacts, reason=reason)


def _team(scenario: Scenario, records: Records) -> tuple[Team, Scenario, list[str]]:
    """The recorded people in groups of the scenario; a group of other skills is added to the scenario.

    An agent belongs to the group with the same skills. Where the scenario has none, a group with these skills is added,
    with the availability and shrinkage of the most similar group.
    """
    found = agents.team(records)
    alike = {name: frozenset(_reasons_of(scenario, name)) for name in scenario.groups}
    label: dict[str, str] = {}
    values: dict[str, Any] = {}
    notes = list(found.notes)
    for name, group in found.groups.items():
        skills = frozenset(group.skills)
        same = [one for one, own in alike.items() if own == skills and _desk(scenario, one) == _ranked(group.skills)]
        if same:
            label[name] = same[0]
            continue
        near = max(alike, key=lambda one: (len(alike[one] & skills) / len(alike[one] | skills), one))
        label[name] = new = _free(f"{name} (recorded)", {*scenario.groups, *label.values()})
        like = scenario.groups[near]
        by_time = like.availability_by_time
        queues = {scenario.reasons[r].queue: {"rank": k} for r, k in group.skills.items()}
        values[f"groups.{new}"] = {
            "skills": queues,
            "agents": 0,
            "availability": f"{100 * like.availability}%",
            "availability_by_time": by_time and by_time.written_for(near),
            "away": f"{like.away.mean}s",
        }
        notes.append(f"no group of the scenario serves what {name} serves; one was added that is available like {near}")
    who = replace(found, group_of={agent: label[one] for agent, one in found.group_of.items()})
    return who, scenario.vary(values) if values else scenario, notes


def _reasons_of(scenario: Scenario, group: str) -> list[str]:
    return [name for name, reason in scenario.reasons.items() if reason.queue in scenario.groups[group].skills]


def _desk(scenario: Scenario, group: str) -> frozenset[str]:
    skills = scenario.groups[group].skills
    return _ranked({r: skills[scenario.reasons[r].queue].rank for r in _reasons_of(scenario, group)})


def _ranked(ranks: Mapping[str, int]) -> frozenset[str]:
    """What is served first, where not all is served alike."""
    first = min(ranks.values(), default=1)
    return frozenset(r for r, k in ranks.items() if k == first) if len(set(ranks.values())) > 1 else frozenset()


def _free(name: str, taken: set[str]) -> str:
    k, base = 2, name[:70]
    while name in taken:
        name, k = f"{base} {k}", k + 1
    return name


def _compared(scenario: Scenario, seen: Seen, played: Replayed, error_rate: float) -> pd.DataFrame:
    """Every metric in total, by interval of the day and by reason, with p-values adjusted by Holm."""
    width = float(scenario.horizon.interval)
    slots = round(DAY / width)
    scopes: list[tuple[str, str, Callable[[Seen], Any]]] = [("total", "", lambda one: np.ones(len(one.at), np.bool_))]
    scopes += [("interval", arrivals.clock(k * width), partial(_in_slot, k, width)) for k in range(slots)]
    scopes += [("reason", name, partial(_of_reason, k)) for k, name in enumerate(scenario.reasons)]
    rows = []
    for scope, name, keep in scopes:
        mine = keep(seen)
        if mine.sum() < FEW:
            continue
        made = [keep(one) for one in played.runs]
        for figure, title, unit, value in _figures():
            observed = float(np.nanmean(value(seen)[mine]))
            runs = np.array(
                [np.nanmean(value(one)[k]) if k.any() else np.nan for one, k in zip(played.runs, made, strict=True)]
            )
            rows.append(
                (
                    scope,
                    name,
                    figure,
                    title,
                    unit,
                    int(mine.sum()),
                    observed,
                    *tested(observed, runs, unit, int(mine.sum())),
                )
            )
    return judged(rows, error_rate)


def _in_slot(k: int, width: float, one: Seen) -> npt.NDArray[np.bool_]:
    return np.asarray(one.at % DAY // width == k)


def _of_reason(k: int, one: Seen) -> npt.NDArray[np.bool_]:
    return np.asarray(one.reason == k)


def _figures() -> list[tuple[str, str, str, Callable[[Seen], Floats]]]:
    found = [(f, t, replay.UNITS[f], lambda one, f=f: one.value(f)) for f, t in replay.FIGURES.items()]
    return [*found, ("handle_time", "mean handle time", "s", lambda one: one.handle)]


def _causes(
    scenario: Scenario,
    base: Scenario,
    records: Records,
    who: Team,
    seen: Seen,
    played: Replayed,
    how: tuple[int, int, int | None, bool],
) -> tuple[pd.DataFrame, list[str]]:
    """The way from the scenario's own plan on the recorded days to what was observed: four steps that add up."""
    import pandas as pd

    try:
        own = replay.run(replay.planned(scenario, records, False), *how)
        busy = replay.run(called := replay.planned(base, records, True), *how)
    except ScenarioError as error:
        why = str(error).splitlines()[0]
        none = pd.DataFrame(columns=STEPS)
        return none, [f"the miss is not split by cause: the plan does not fit these days ({why})"]
    factors = _longer(base, seen, played)
    longer = replay.run(replay.longer(called, factors), *how)
    there = replay.run(replay.longer(replay.replay_of(base, records, who), factors), *how)
    runs = [own.totals(), busy.totals(), longer.totals(), there.totals()]
    titles = {figure: (title, replay.UNITS[figure]) for figure, title in replay.FIGURES.items()}
    return steps(titles, runs, CAUSES, replay.figures_of(seen)), []


def _longer(scenario: Scenario, seen: Seen, played: Replayed) -> dict[str, float]:
    """By how much observed handle times are longer than simulated ones, by reason."""
    out = {}
    for k, name in enumerate(scenario.reasons):
        made = np.concatenate([one.handle[one.reason == k] for one in played.runs])
        mine = seen.handle[seen.reason == k]
        if np.isfinite(mine).sum() >= FEW and np.isfinite(made).any():
            out[name] = float(np.nanmean(mine) / np.nanmean(made))
    return out
