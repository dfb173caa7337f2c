"""The map: scenario → network, plan, draws → ledger → figures → result."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cxsim import draws, ledger, measures
from cxsim.demand import Demand, arrivals, demand
from cxsim.engines.inputs import Inputs
from cxsim.exchange.tables import TableError
from cxsim.horizon import Timeline, timeline
from cxsim.memory import Book
from cxsim.network import STAFF_DTYPE, network
from cxsim.plan import Plan, plan
from cxsim.scenario.faults import Fault, ScenarioError
from cxsim.scenario.units import suggestion
from cxsim.statistics import LEAST_REPLICATIONS, stopping

if TYPE_CHECKING:
    from cxsim.results import Result
    from cxsim.scenario import Scenario

Engine = Literal["clock", "story"]
Progress = Callable[[int, int], None]
DEFAULT_REPLICATIONS = 20
MOST_REPLICATIONS = 10_000
HOPELESS = 100  # replications after which a figure that never occurred is no longer waited for


@dataclass(frozen=True, eq=False)
class Model:
    """A scenario ready to be replayed: everything that replications share."""

    scenario: Scenario
    timeline: Timeline
    plan: Plan
    demand: Demand
    network: Book
    layout: measures.Layout
    staffing: measures.Staffing
    seed: int


def prepare(scenario: Scenario, seed: int = 1) -> Model:
    """Compile a scenario. Raises ScenarioError with all faults of tables that do not fit its horizon."""
    when, who, volume = facts(scenario)
    net = network(scenario, when, who, seed)
    return Model(scenario, when, who, volume, net, _layout(scenario, when, who), _staffing(scenario, who), seed)


def facts(scenario: Scenario) -> tuple[Timeline, Plan, Demand]:
    """What a scenario comes to: its days, people and volume. Raises ScenarioError with all faults met."""
    faults: list[Fault] = []
    place = str(scenario.source.path or "<scenario>")

    def told(make: Callable[..., Any], *given: Any) -> Any:
        try:
            return make(scenario, *given)
        except ScenarioError as wrong:
            faults.extend(wrong.faults)
        except TableError as wrong:
            value = "" if wrong.value is None else str(wrong.value)
            faults.append(Fault(wrong.place, "", value, wrong.rule, wrong.fix))
        except ValueError as wrong:
            faults.append(Fault(place, "", "", str(wrong)))
        return None

    when = told(timeline)
    if when is not None:
        who, volume = told(plan, when), told(demand, when)
    if faults:
        raise ScenarioError(faults)
    return when, who, volume


def simulate(
    scenario: Scenario,
    *,
    seed: int = 1,
    replications: int | None = None,
    precision: dict[str, float] | None = None,
    engine: Engine = "clock",
    threads: int | None = None,
    keep: Sequence[str] = (),
    progress: Progress | None = None,
) -> Result:
    """Simulate a scenario and return its figures with 95 % intervals.

    `replications` fixes their number (20 if neither is given); `precision` ({figure: half-width}, absolute
    for shares, relative for the rest) adds replications until every named figure's interval is that narrow,
    or there are 10,000 of them. `keep` holds 'legs' and 'spells' to keep those tables. `progress` is called
    with (done, expected). The result does not depend on `threads` (all processors by default). Raises
    ScenarioError for a scenario whose tables do not fit it, ValueError for other arguments.
    KeyboardInterrupt leaves nothing behind.
    """
    from cxsim.assemble import assemble

    began = time.perf_counter()
    check_arguments(replications, precision, engine, keep)
    model = prepare(scenario, seed)
    samples, kept = replicate(model, replications, precision, engine, threads, bool(keep), progress)
    return assemble(model, samples, kept, engine, time.perf_counter() - began, keep, precision)


def replicate(
    model: Model,
    replications: int | None = None,
    precision: dict[str, float] | None = None,
    engine: Engine = "clock",
    threads: int | None = None,
    keep: bool = False,
    progress: Progress | None = None,
) -> tuple[list[measures.Sample], list[ledger.Ledger]]:
    """The samples (and ledgers, if kept) of as many replications as asked, in order."""
    wanted = replications or (LEAST_REPLICATIONS if precision else DEFAULT_REPLICATIONS)
    samples: list[measures.Sample] = []
    kept: list[ledger.Ledger] = []
    while len(samples) < wanted:
        for sample, held in _replay_all(model, range(len(samples), wanted), engine, threads, keep):
            samples.append(sample)
            if held is not None:
                kept.append(held)
            if progress is not None:
                progress(len(samples), wanted)
        if precision and replications is None:
            wanted = _needed(model, samples, precision)
    return samples, kept


def check_arguments(
    replications: int | None, precision: dict[str, float] | None, engine: str, keep: Sequence[str]
) -> None:
    """Raise ValueError for arguments of `simulate` that cannot be."""
    if replications is not None and precision:
        raise ValueError("give replications or precision, not both: precision finds their number")
    if replications is not None and not 1 <= replications <= MOST_REPLICATIONS:
        raise ValueError(f"replications: {replications} is not between 1 and {MOST_REPLICATIONS:,}")
    for figure, width in (precision or {}).items():
        if figure not in measures.REGISTRY:
            fix = suggestion(figure, measures.REGISTRY, "they are")
            raise ValueError(f"precision: {figure!r} is no figure; {fix}")
        if "total" not in measures.REGISTRY[figure].scopes:
            raise ValueError(f"precision: {figure} has no total over all queues; name another, such as sl")
        if not 0.0 < width < float("inf"):
            raise ValueError(f"precision: {width!r} for {figure} is no width above 0; write 0.01")
    if engine not in ("clock", "story"):
        raise ValueError(f"engine: {engine!r} is no engine; they are clock, story")
    for table in keep:
        if table not in ("legs", "spells"):
            raise ValueError(f"keep: {table!r} is no table; they are legs, spells")


def _needed(model: Model, samples: list[measures.Sample], precision: dict[str, float]) -> int:
    """How many replications the widest of the named figures seems to need; no more once all are precise."""
    needed = 0
    for figure, width in precision.items():
        above, below = measures.figure_values(samples, model.layout, figure, staffing=model.staffing)
        absolute = measures.REGISTRY[figure].absolute
        judged = stopping(above, below, width, absolute=absolute, most=MOST_REPLICATIONS)
        never = len(samples) >= HOPELESS and not np.isfinite(judged.value)
        needed = max(needed, len(samples) if judged.done or never else judged.needed)
    return needed


class Cancelled(Exception):
    """Raised inside a replication whose run was given up."""


class _Heeding:
    """A sink that passes everything on until its run is given up."""

    def __init__(self, sink: ledger.Sink, stop: Event) -> None:
        self._sink, self._stop = sink, stop

    def legs(self, block: np.ndarray[Any, Any]) -> None:
        if self._stop.is_set():
            raise Cancelled
        self._sink.legs(block)

    def spells(self, block: np.ndarray[Any, Any]) -> None:
        self._sink.spells(block)

    def lengths(self, waiting: np.ndarray[Any, Any], most: np.ndarray[Any, Any]) -> None:
        self._sink.lengths(waiting, most)


def _replay_all(
    model: Model, numbers: range, engine: Engine, threads: int | None, keep: bool
) -> Iterator[tuple[measures.Sample, ledger.Ledger | None]]:
    """Replications in order; the compiled engine releases the interpreter, so threads run side by side."""
    stop = Event()
    one = partial(_measured, model, engine=engine, keep=keep, stop=stop)
    workers = min(threads or _processors(), len(numbers))
    if workers <= 1 or engine == "story":
        yield from map(one, numbers)
        return
    if not numbers.start:  # alone, so that nothing is compiled twice
        yield one(numbers[0])
        numbers = numbers[1:]
    with ThreadPoolExecutor(workers) as pool:
        rest = iter(numbers)
        running = [pool.submit(one, number) for number in islice(rest, 2 * workers)]
        try:
            while running:
                first = running.pop(0)
                yield first.result()
                running += [pool.submit(one, number) for number in islice(rest, 1)]
        finally:
            stop.set()
            for future in running:
                future.cancel()


def _processors() -> int:
    """The processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _measured(
    model: Model, number: int, *, engine: Engine, keep: bool, stop: Event
) -> tuple[measures.Sample, ledger.Ledger | None]:
    fold = measures.fold(model.layout)
    keeper = ledger.Keeper() if keep else None
    sink = fold if keeper is None else ledger.Both(fold, keeper)
    replay(model, number, engine, _Heeding(sink, stop))
    return fold.finish(), keeper.ledger() if keeper is not None else None


def inputs(model: Model, replication: int) -> Inputs:
    """What an engine needs for one replication."""
    key = draws.run_key(model.seed, replication)
    times, issues = arrivals(model.demand, key)
    return Inputs(model.network, model.plan.events.astype(STAFF_DTYPE), times, issues, key)


def replay(model: Model, replication: int, engine: Engine, sink: ledger.Sink) -> None:
    """Replay one replication in one engine; its ledger goes to `sink` block by block."""
    if engine == "clock":
        from cxsim.engines import clock

        clock.replay(inputs(model, replication), sink)
    else:
        from cxsim.engines import story

        story.replay(inputs(model, replication), sink)


def _layout(scenario: Scenario, when: Timeline, who: Plan) -> measures.Layout:
    queues, groups = list(scenario.queues), list(scenario.groups)
    reasons = list(scenario.reasons.values())
    targets = [queue.target.sl if queue.target else None for queue in scenario.queues.values()]
    return measures.layout(
        reasons=list(scenario.reasons),
        segments=list(scenario.segments),
        queues=queues,
        groups=groups,
        group_of=np.repeat(np.arange(len(groups)), np.diff(who.first_seat)),
        labels=when.labels,
        interval=when.interval,
        counted_from=when.counted_from,
        counted_to=when.counted_to,
        end=float(when.open_ends[-1]),
        within=[target.within if target else scenario.sl.within for target in targets],
        streams=[
            (queues.index(reason.queue), r, s)
            for r, reason in enumerate(reasons)
            for s in range(len(scenario.segments))
        ],
        serves=[
            [
                g
                for g, group in enumerate(scenario.groups.values())
                if queue in group.skills
                or any(groups[g] in (stage.to or ()) for stage in scenario.queues[queue].overflow)
            ]
            for queue in queues
        ],
        open_mask=when.open_mask,
        short_abandon=scenario.sl.short_abandon,
        basis=scenario.sl.basis,
        definition=scenario.sl.definition,
        fcr_window=when.fcr_window,
        contact_cost=[reason.cost for reason in reasons],
    )


def _staffing(scenario: Scenario, who: Plan) -> measures.Staffing:
    return measures.Staffing(
        scheduled=who.scheduled,
        planned=who.present,
        paid=who.paid,
        wage=who.wage,
        overrun_paid=scenario.staff.overrun_paid,
    )


def with_required(model: Model, required: np.ndarray[Any, Any]) -> Model:
    """The same model with agents required per queue and interval."""
    return replace(model, staffing=replace(model.staffing, required=required))
