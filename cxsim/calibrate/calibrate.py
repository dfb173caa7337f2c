"""`calibrate`, the map of a calibration: read the tables, estimate each part, write the scenario, close the loop."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from cxsim.calibrate import closed_loop, durations, replay
from cxsim.calibrate.basis import basis
from cxsim.calibrate.calibration import Calibration
from cxsim.calibrate.estimation import Estimation
from cxsim.calibrate.records import read_records
from cxsim.calibrate.report_only import calibrate_intervals
from cxsim.calibrate.scenario_file import Parts, files_of
from cxsim.calibrate.settings import REPLICATIONS
from cxsim.calibrate.shifts import Wanted, without_log_ins
from cxsim.forecast.returns import Returning
from cxsim.scenario import Scenario
from cxsim.scenario.io.reading import read
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError
from cxsim.tables.steps import Progress, Steps

FEW_CONTACTS = 100  # below which there is nothing to calibrate


def calibrate(
    source: Any,
    *,
    name: str = "",
    interval: float = 1800.0,
    redial_within: float = 3600.0,
    repeat_within: float | None = None,
    longest_talk: float = durations.LONGEST,
    staff: Wanted | None = None,
    replications: int = 10,
    seed: int = 1,
    threads: int | None = None,
    offered: Literal["total", "fresh"] | None = None,
    returning: Returning | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Make a scenario from the tables of an import, with every estimate and every assumption.

    From contacts: volumes by weekday and interval with busyness, talk and after-call work by reason and interval,
    patience, redials of identified customers, skills and groups, people on duty, availability. From an interval report
    alone: what it can carry; the rest is assumed, and said so.

    Parameters
    ----------
    source : path, sequence of paths, Export, or mapping
        A results folder of `cxsim import`, several with different tables, what `read_export` returned, or the tables
        as {'contacts': DataFrame}.
    name : str, default ''
        Name of the scenario; if empty, the dates of the data.
    interval : float, default 1800.0
        Length of an interval (s); it must divide the day.
    redial_within : float, default 3600.0
        A customer who abandoned and calls again within this time (s) may have redialled.
    repeat_within : float, optional
        An identified customer who contacts again about the same reason within this time (s) after an answer may not
        have been resolved: resolution and repeats are estimated, also by interval. Not given: all are resolved.
    longest_talk : float, default 3600.0
        Longer talk times (s) are taken for mistakes and left out.
    staff : {'shifts', 'headcounts'}, optional
        How the staff of the scenario is written. Not given: as shifts if log-ins are recorded and at least 90 % of the
        agent-hours stand where agents were logged in, otherwise as headcounts.
    replications : int, default 10
        Replications of the closed loop.
    seed : int, default 1
        Random seed of the closed loop.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    offered : {'total', 'fresh'}, optional
        Whether the contacts of an interval report include customers who contact again; needed for one.
    returning : Returning, optional
        With an interval report: how customers contact again, known or assumed (`cxsim.forecast.Returning`). The
        scenario has them, and with `offered='total'` they are taken out of its volume.
    progress : callable, optional
        Called as `progress(done, expected)` in steps, mostly replications; if it returns False, the calibration ends.

    Returns
    -------
    Calibration
        The scenario as files, estimates, assumptions, and the closed loop.

    Raises
    ------
    ExportError
        The tables cannot be read, or are too few to calibrate; `faults` lists every fault.
    ValueError
        `interval` does not divide the day, or `repeat_within` is not above 0.
    Cancelled
        `progress` returned False.

    Examples
    --------
    >>> found = cxsim.calibrate.calibrate("results/import-calls")
    >>> found.save("results/calibrate-calls")
    >>> scenario = cxsim.read("results/calibrate-calls/scenario.yaml")
    """
    if repeat_within is not None and not 0.0 < repeat_within < math.inf:
        raise ValueError(f"repeat_within: {repeat_within:g} s is not a time above 0; write 86400 or 259200")
    if interval <= 0 or 86400.0 % interval:
        raise ValueError(f"interval: {interval:g} s does not divide the day; write 900, 1800 or 3600")
    steps = Steps(progress, 2 + closed_loop.MOST_TRIED * REPLICATIONS + replications)
    records = read_records(source)
    steps.tell(1)
    if records.contacts is None:
        if staff == "shifts":
            raise without_log_ins()
        result = calibrate_intervals(records, name, offered, returning)
        steps.to(steps.expected)
        return result
    if offered is not None or returning is not None:
        rule = "are there, so redials are estimated from them; offered and returning are about interval reports"
        fix = "leave out --offered, --redial, --resolution and --repeat, or name a folder with intervals only"
        raise ExportError([TableError("contacts", None, rule, fix)])
    contacts = records.contacts
    if len(contacts) < FEW_CONTACTS or not contacts.answered.any():
        rule = f"has {len(contacts):,} contacts that reached the queue: too few to calibrate"
        raise ExportError(
            [TableError("contacts", None, rule, f"import at least {FEW_CONTACTS} contacts, better a month")]
        )
    start = basis(records, contacts, interval, longest_talk)
    found = Estimation(start, redial_within, repeat_within)
    parts = found.parts(name, staff)
    steps.tell(1)
    with TemporaryDirectory() as folder:
        scenario = _written(Path(folder), parts)
        table = None
        if found.team.spells.start.size:
            counted, paused = found.available.share, found.paused
            search, answer = closed_loop.availability(scenario, records, found.team, contacts, counted, paused, steps)
            parts = found.fitted(parts, search, answer)
            scenario = _written(Path(folder), parts)
            seen = replay.figures_of(replay.observed(contacts, closed_loop.places(scenario)))
            steps.to(steps.expected - replications)
            again = replay.replay_of(scenario, records, found.team)
            played = replay.run(again, replications, seed, threads, progress=steps.part())
            table = closed_loop.compared(seen, played.totals())
    steps.to(steps.expected)
    return Calibration(
        name=parts.name,
        files=files_of(parts),
        notes=tuple(start.told.notes),
        assumptions=tuple(parts.assumptions),
        closed_loop=table,
        rows=tuple(start.told.rows),
        parts=parts,
        curves=found.found.curves,
        talk=found.found.talk,
    )


def _written(folder: Path, parts: Parts) -> Scenario:
    for name, text in files_of(parts).items():
        (folder / name).write_text(text, encoding="utf-8")
    return read(folder / "scenario.yaml")
