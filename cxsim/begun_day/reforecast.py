"""`reforecast`, the map: what a day will be given what was seen of it, and what can still be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim import metrics
from cxsim.begun_day import actuals as seen_of
from cxsim.begun_day import begun, moves, outcome
from cxsim.begun_day.actuals import Actuals
from cxsim.begun_day.backlog import settle, waiting
from cxsim.begun_day.busyness import Posterior, posterior
from cxsim.begun_day.crew import Crew, crew_of, plan_of
from cxsim.begun_day.draws import Day
from cxsim.begun_day.measured import Measured, measured, shortlist
from cxsim.begun_day.moves import KINDS, Move, Times
from cxsim.begun_day.outcome import Reforecast
from cxsim.model.prepare import Model, prepare
from cxsim.rules.ivr_steps import queues_of
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.model import units
from cxsim.simulation.replications import Progress, replicate
from cxsim.simulation.simulate import check_arguments
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
DEFAULT_REPLICATIONS = 200  # as many days as a 90 % band needs
PILOT = 20  # replications that tell handle times and how many contacts are redials or repeats
FIRST_LOOK = 5  # the part of the replications, one in so many, after which the moves that seem best are chosen
LOOKS = 2_000  # replications of that first look over all moves together, as far as each has enough
KEPT = 6  # moves that are simulated with all replications
ENOUGH = 20  # answered contacts from which a mean handle time says something
BEYOND = 3.0  # standard errors from which a handle time differs from the scenario's by more than chance


@dataclass(frozen=True, eq=False)
class Begun:
    """A day that has begun, ready to be simulated, and what is known of it."""

    model: Model
    day: Day
    actuals: Actuals
    crew: Crew
    planned: Crew
    times: Times
    pace: Floats  # (R, 2) factor on handle times until now, and from now on
    notes: tuple[str, ...]

    def with_crew(self, crew: Crew) -> Model:
        """The model with another crew, on the same draws."""
        plan = plan_of(self.model.plan, crew, self.model.layout.edges)
        return begun.with_plan(self.model, plan, self.pace, self.spans)

    @property
    def spans(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """From when to when the two paces hold."""
        return (self.times.midnight, self.times.now), (self.times.now, self.times.close)


def reforecast(
    scenario: Scenario,
    actuals: Any,
    *,
    until: str | float,
    date: Date | None = None,
    names: Mapping[str, str] | None = None,
    backlog: Mapping[str, float] | None = None,
    staff: Mapping[str, float] | None = None,
    planned_staff: bool = False,
    handle_times_last: bool = False,
    kinds: Sequence[str] = tuple(KINDS),
    at_most: int = 2,
    queue: str = "",
    replications: int = DEFAULT_REPLICATIONS,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Reforecast:
    """Forecast the rest of a day that has begun, and rank what can still be done.

    The day is simulated from its opening with the contacts that were seen, placed within their intervals, and with the
    people who were there. What comes later is drawn: how busy the day is, given the counts so far (see
    `cxsim.begun_day.busyness`), and then Poisson arrivals. Each move is simulated on the same draws.

    Parameters
    ----------
    scenario : Scenario
        The plan of the day.
    actuals : path, Export or DataFrame
        Intervals with the columns of `cxsim import`: queue, start, minutes, offered, and optionally answered, aht_s,
        abandoned, answered_in_sl, service_level, agents. Only rows before `until` are used.
    until : str or float
        Until when the day was seen: a time of day such as '11:00', or seconds after midnight, where an interval begins.
    date : date, optional
        The day; that of the actuals if they have one.
    names : mapping, optional
        {queue in the actuals: queue of the scenario}, where they differ.
    backlog : mapping, optional
        {queue: contacts that wait at `until`}. By default the simulation tells how many wait.
    staff : mapping, optional
        {group: people at work at `until`}. The difference from the plan is taken for the rest of the day.
    planned_staff : bool, default False
        Leave the column `agents` of the actuals aside, and take people as planned.
    handle_times_last : bool, default False
        Whether the handle times seen so far go on for the rest of the day. By default the scenario's do.
    kinds : sequence of str, default ('overtime', 'break', 'time off', 'lend')
        Kinds of moves to try.
    at_most : int, default 2
        Most people of a team that one move may ask.
    queue : str, default ''
        Rank moves by the SL of this queue; of all contacts if empty.
    replications : int, default 200
        Number of replications: days that could follow.
    seed : int, default 1
        Random seed.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)`; what it returns is ignored.

    Returns
    -------
    Reforecast
        Expected metrics with bands, and the moves.

    Raises
    ------
    ExportError
        The actuals do not fit the scenario; `faults` lists every fault.
    ScenarioError
        The scenario cannot be simulated on that day.
    ValueError
        Another argument is wrong.

    Examples
    --------
    >>> cxsim.reforecast(scenario, "today.csv", until="11:00").moves
    """
    check_arguments(replications, None, "clock", (), seed, threads)
    _check(scenario, kinds, at_most, queue)
    now = units.clock(until) if isinstance(until, str) else float(until)
    rows = seen_of.read_rows(actuals)
    on_day = seen_of.day_of(rows, days_of(scenario), date)
    base = prepare(one_day(scenario, on_day), seed)
    found = begin(
        base, rows, on_day, now, names or {}, staff or {}, backlog or {}, planned_staff, handle_times_last, threads
    )
    counted = {name: int(count) for name, count in (backlog or {}).items()}
    return _told(found, counted, kinds, at_most, queue, replications, threads, progress)


def _check(scenario: Scenario, kinds: Sequence[str], at_most: int, queue: str) -> None:
    wrong = [f"kinds: {one!r} is not a kind of move; they are {', '.join(KINDS)}" for one in kinds if one not in KINDS]
    if at_most < 1:
        wrong.append(f"at_most: {at_most} is below 1")
    if queue and queue not in scenario.queues:
        wrong.append(f"queue: no queue {queue!r}; {units.suggestion(queue, scenario.queues, 'the queues are')}")
    if scenario.horizon.steady is not None:
        wrong.append("horizon.steady: a steady state has no day that could have begun; give days and opening hours")
    if any(segment.crowd > 1.0 for segment in scenario.segments.values()):
        wrong.append("segments: with a market larger than its customers, counts do not tell how busy a day is")
    if wrong:
        raise ValueError("\n".join(wrong))


def days_of(scenario: Scenario) -> list[Date]:
    """The days of a scenario's horizon."""
    first = scenario.horizon.start
    return [first + timedelta(days=k) for k in range(scenario.horizon.days)]


def one_day(scenario: Scenario, day: Date) -> Scenario:
    """The scenario for one day of its horizon, or as it is where that day cannot stand alone."""
    if day not in days_of(scenario):
        last = days_of(scenario)[-1]
        rule = f"is not a day of the scenario, which is about {scenario.horizon.start} to {last}"
        raise ExportError([TableError("actuals", str(day), rule, f"add --set horizon.start={day}, or give --date")])
    if scenario.horizon.days == 1:
        return scenario
    try:
        alone = scenario.vary({"horizon.start": day.isoformat(), "horizon.days": 1})
        prepare(alone)
    except ScenarioError:  # a team that is off on that day, say
        return scenario
    return alone


def begin(
    base: Model,
    rows: Any,
    on_day: Date,
    now: float,
    names: Mapping[str, str],
    staff: Mapping[str, float],
    backlog: Mapping[str, float],
    planned_staff: bool,
    handle_times_last: bool,
    threads: int | None,
    whole: bool = False,
) -> Begun:
    """The day until now, or to its end if `whole`. ExportError with every fault of what was given."""
    scenario = base.scenario
    faults = [*seen_of.check_until(base, on_day, now, whole), *_named(scenario, staff, backlog)]
    if faults:
        raise ExportError(faults)
    actuals = seen_of.read_actuals(rows, base, on_day, now, names)
    d = base.timeline.days_before + (on_day - base.timeline.dates[base.timeline.days_before]).days
    samples, _ = replicate(base, PILOT, threads=threads)
    usual, error = _handle_times(base, samples, actuals)
    faults += seen_of.check_handle_times(actuals, scenario, usual)
    faults += begun.staff_faults(scenario, actuals, staff, planned_staff, whole)
    if faults:
        raise ExportError(faults)
    hours = base.timeline.hours[d]
    times = Times(base.timeline.midnight(d), base.timeline.at(d, now), base.timeline.at(d, hours[-1][1]))
    wider = begun.widened(base, moves.with_lent(scenario))
    planned = crew_of(wider.plan)
    people = {name: int(count) for name, count in staff.items()}
    seen = begun.staff_seen(scenario, planned, actuals, times, base.layout.edges, people, planned_staff)
    reach = begun.reach(base, samples)
    pace, notes = _pace(scenario, actuals, usual, error, reach, handle_times_last)
    day = _day(wider, d, times, actuals, reach, np.ones_like(actuals.offered))
    found = Begun(wider, day, actuals, seen.crew, planned, times, pace, (*seen.notes, *notes))
    again = begun.columns(samples, base.layout, "redial", "repeat").mean(axis=0)
    for _ in range(2 if again.any() else 0):  # how many of the contacts seen were redials or repeats
        with np.errstate(divide="ignore", invalid="ignore"):
            fresh = np.where(actuals.offered > 0.0, 1.0 - again / actuals.offered, 1.0)
        day = _day(wider, d, times, actuals, reach, np.clip(fresh, 0.05, 1.0))
        found = replace(found, day=day)
        made, _ = replicate(replace(found.with_crew(found.crew), drawn=day.arrivals), PILOT, threads=threads)
        again = begun.columns(made, base.layout, "redial", "repeat").mean(axis=0)
    return found


def _named(scenario: Scenario, staff: Mapping[str, float], backlog: Mapping[str, float]) -> list[TableError]:
    """What is wrong with the names and numbers of staff and backlog."""
    faults = []
    for option, given, known, what in (
        ("--staff", staff, list(scenario.groups), "people"),
        ("--backlog", backlog, list(scenario.queues), "contacts"),
    ):
        for name, count in given.items():
            if name not in known:
                kind = "group" if option == "--staff" else "queue"
                fix = units.suggestion(name, known, f"the {kind}s are")
                faults.append(TableError(option, name, f"is not a {kind} of the scenario", fix))
            elif count != int(count) or count < 0:
                fix = f"write {option} '{name}={max(0, round(count))}'"
                faults.append(TableError(option, f"{name}={count:g}", f"is not a whole number of {what}", fix))
    for name in backlog:
        if name in scenario.queues and not _direct(scenario, name):
            rule = "cannot have a backlog given: its contacts come through a menu"
            faults.append(TableError("--backlog", name, rule, "leave it out; the simulation tells how many wait"))
    return faults


def _direct(scenario: Scenario, queue: str) -> bool:
    return any(
        queues_of(scenario, name, again=False) == [queue] and not one.flow for name, one in scenario.reasons.items()
    )


def _day(model: Model, d: int, times: Times, actuals: Actuals, reach: Floats, fresh: Floats) -> Day:
    span = slice(actuals.first, actuals.last)
    day = Day(
        model,
        d,
        times.now,
        actuals.first,
        actuals.last,
        actuals.offered,
        fresh,
        reach,
        Posterior(np.ones((reach.shape[1], 1)), np.ones(1)),
    )
    counts = (actuals.offered * fresh)[:, span]
    day.posterior = posterior(model.demand, day.by_block[:, :, span], day.whole, reach, counts, day.key)
    return day


def _handle_times(model: Model, samples: Sequence[metrics.Sample], actuals: Actuals) -> tuple[Floats, Floats]:
    """What the scenario has as mean handle time of each queue until now, and the spread of that mean over days (Q,)."""
    span = slice(actuals.first, actuals.last)
    work = begun.columns(samples, model.layout, "talk", "wrap")[:, :, span].sum(axis=2)
    count = begun.columns(samples, model.layout, "answered")[:, :, span].sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = work / count
        usual = np.nan_to_num(work.sum(axis=0) / count.sum(axis=0), posinf=0.0)
    good = np.isfinite(each)
    spread = np.where(good, each - usual, 0.0)
    return usual, np.sqrt((spread**2).sum(axis=0) / np.maximum(1, good.sum(axis=0) - 1))


def _pace(
    scenario: Scenario, actuals: Actuals, usual: Floats, error: Floats, reach: Floats, lasting: bool
) -> tuple[Floats, list[str]]:
    """The factor on handle times of each reason until now and from now on (R, 2), and what to say of them."""
    factor = np.ones(len(usual))
    notes = []
    for q, name in enumerate(scenario.queues):
        count, seen = actuals.handle_time(q)
        if count < ENOUGH or not usual[q] > 0.0:
            continue
        if not seen_of.times_compare(scenario, name):
            notes.append(
                f"{name}: its handle times are left aside, because callbacks or replies are counted differently."
            )
            continue
        factor[q] = seen / usual[q]
        if abs(seen - usual[q]) > BEYOND * error[q] and not lasting:
            notes.append(
                f"{name}: handle times so far are {seen:.0f} s, and {usual[q]:.0f} s in the scenario, more than chance;"
                " the rest of the day is simulated with the scenario's (--handle-times seen takes those so far)."
            )
    weight = reach.sum(axis=0)
    until = np.where(weight > 0.0, factor @ reach / np.where(weight > 0.0, weight, 1.0), 1.0)
    return np.column_stack([until, until if lasting else np.ones_like(until)]), notes


def _told(
    found: Begun,
    backlog: Mapping[str, int],
    kinds: Sequence[str],
    at_most: int,
    queue: str,
    replications: int,
    threads: int | None,
    progress: Progress | None,
) -> Reforecast:
    """Simulate the day as it is, then the moves."""
    scenario = found.model.scenario
    listed = moves.catalogue(scenario, found.crew, found.times, at_most, kinds)
    first = min(replications, max(PILOT, min(replications // FIRST_LOOK, LOOKS // max(1, len(listed)))))
    total = replications + len(listed) * first + min(KEPT + KEPT // 2, len(listed)) * replications
    done = 0

    def simulated(model: Model, numbers: int, keep: Any = False) -> tuple[list[metrics.Sample], list[Any]]:
        nonlocal done
        out = replicate(replace(model, drawn=found.day.arrivals), numbers, threads=threads, keep=keep)
        done += numbers
        if progress is not None:
            progress(min(done, total), total)
        return out

    model = found.with_crew(found.crew)
    count = waiting(model, found.times.now)
    samples, there = simulated(model, replications, count)
    if backlog:
        samples, there = settle(found, model, backlog, samples, there, lambda: simulated(model, replications, count))
    base = measured(found, model, samples)
    models = {move: found.with_crew(move.crew) for move in listed}

    def tried(some: Sequence[Move], numbers: int) -> list[tuple[Move, Measured]]:
        return [(move, measured(found, models[move], simulated(models[move], numbers)[0], ("sl",))) for move in some]

    full = tried(shortlist(base, tried(listed, first), queue, KEPT), replications)
    return outcome.build(found, base, there, full, len(listed), queue, backlog)
