"""The map: scenario → network, plan, draws → ledger → figures → result."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from cxsim import metrics
from cxsim.metrics.confidence_intervals import LEAST_REPLICATIONS
from cxsim.model.prepare import prepare
from cxsim.model.routing_choice import Policy, routed
from cxsim.scenario.model import units
from cxsim.simulation.build_result import assemble
from cxsim.simulation.control_variates import fresh_contacts
from cxsim.simulation.replications import MOST_REPLICATIONS, Engine, Progress, Watch, replicate

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result


_log = logging.getLogger(__name__)


def simulate(
    scenario: Scenario,
    *,
    policy: Policy | None = None,
    seed: int = 1,
    replications: int | None = None,
    precision: Mapping[str, float | str] | None = None,
    confidence: float = 0.95,
    control_variates: bool = False,
    engine: Engine = "clock",
    threads: int | None = None,
    keep: Sequence[str] = (),
    progress: Progress | None = None,
) -> Result:
    """Simulate a scenario and return its metrics with confidence intervals.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : policy, optional
        Routing policy in place of the scenario's: the name of a rule, a file, a class, an instance of one, or a pair of
        functions (choose_agent, choose_contact). Its source and parameters are stored with the result.
    seed : int, default 1
        Random seed, from 0 to 2**63 - 1. The same seed gives the same result.
    replications : int, optional
        Number of replications, from 1 to 10,000; 20 if neither this nor `precision` is given.
    precision : mapping, optional
        {metric: half-width}: adds replications until the interval of each metric is that narrow, at most 10,000.
        Half-widths are absolute for shares (0.01 or '1%' is one point) and relative for everything else.
    confidence : float, default 0.95
        Confidence level of the intervals, from 0.5 to 0.999.
    control_variates : bool, default False
        Whether to remove from means and ratios what the number of fresh contacts explains, whose mean is known exactly:
        narrower intervals from the same replications, at least 10. `definitions` says how much was removed.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine, or the readable one, which is slower and gives the same result.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    keep : sequence of str, default ()
        Tables to keep, 'legs' and 'spells': one row per contact leg, and one per agent and state.
    progress : callable, optional
        Called as `progress(done, expected)` after each replication. If it returns False, the run stops and the result
        contains the replications done so far; `definitions` and `provenance` say so.

    Returns
    -------
    Result
        Metrics, targets and everything needed to reproduce the run.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario, or the policy cannot be used.
    ValueError
        Another argument is wrong; the message lists all of them.
    KeyboardInterrupt
        The run was interrupted; nothing is left behind.

    Examples
    --------
    >>> result = cxsim.simulate(scenario, precision={"sl": "1%"})
    >>> result.estimate("sl", "queue", "sales")
    """
    began = time.perf_counter()
    widths = check_arguments(replications, precision, engine, keep, seed, threads, confidence, control_variates)
    if policy is not None:
        scenario = routed(scenario, policy)
    model = prepare(scenario, int(seed))
    _log.info("simulating %s: engine %s, seed %d", scenario.name, engine, seed)
    watch = Watch(progress)
    if control_variates:
        fresh_contacts(model, LEAST_REPLICATIONS)  # refuses before anything is simulated
    held = bool(keep)
    samples, kept = replicate(model, replications, widths, engine, threads, held, watch, confidence, control_variates)
    _log.info("%s: %d replications in %.2f s", scenario.name, len(samples), time.perf_counter() - began)
    took = time.perf_counter() - began
    known = fresh_contacts(model, len(samples)) if control_variates else None
    return assemble(model, samples, kept, engine, took, keep, widths, watch.ended, confidence, known)


def check_arguments(
    replications: int | None,
    precision: Mapping[str, float | str] | None,
    engine: str,
    keep: Sequence[str],
    seed: int = 1,
    threads: int | None = None,
    confidence: float = 0.95,
    control_variates: bool = False,
) -> dict[str, float]:
    """The wanted widths as numbers; ValueError with all that is wrong with the arguments of `simulate`."""
    wrong: list[str] = []
    if not (_whole(seed) and 0 <= seed < 2**63):
        wrong.append(f"seed: {seed!r} is not a whole number from 0 to 2**63 - 1")
    if threads is not None and not (_whole(threads) and threads >= 1):
        wrong.append(f"threads: {threads!r} is not a whole number above 0; leave it out to use all processors")
    if replications is not None and precision:
        wrong.append("give either replications or precision; precision decides the number of replications")
    if replications is not None and not (_whole(replications) and 1 <= replications <= MOST_REPLICATIONS):
        rule = "is not between 1 and" if _whole(replications) else "is not a whole number from 1 to"
        wrong.append(f"replications: {replications!r} {rule} {MOST_REPLICATIONS:,}")
    level: Any = confidence
    if type(level) is bool or not isinstance(level, Real) or not 0.5 <= float(level) <= 0.999:
        wrong.append(f"confidence: {confidence!r} is not a level from 0.5 to 0.999; write 0.99 for 99 %")
    if control_variates and replications is not None and _whole(replications) and replications < LEAST_REPLICATIONS:
        rule = f"{replications} replications are too few for a regression"
        wrong.append(f"control_variates: {rule}; give {LEAST_REPLICATIONS} or more, or leave control_variates out")
    widths: dict[str, float] = {}
    given: Any = precision
    if given is not None and not isinstance(given, Mapping):
        wrong.append(f"precision: {precision!r} is not a mapping of metrics to widths; write {{'sl': 0.01}}")
    for figure, width in given.items() if isinstance(given, Mapping) else ():
        try:
            widths[figure] = _width(figure, width)
        except ValueError as error:
            wrong.append(str(error))
    if engine not in ("clock", "story"):
        wrong.append(f"engine: {engine!r} is not an engine; the engines are clock and story")
    if isinstance(keep, str):
        wrong.append(f"keep: {keep!r} is a single string; write a list of legs, spells")
    else:
        unknown = [table for table in keep if table not in ("legs", "spells")]
        wrong += [f"keep: {table!r} is not a table; the tables are legs and spells" for table in unknown]
    if wrong:
        raise ValueError("\n".join(wrong))
    return widths


def _whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _width(figure: Any, width: Any) -> float:
    """A half-width as a number; shares may be written in points, everything as a percentage."""
    if figure not in metrics.REGISTRY:
        fix = units.suggestion(str(figure), metrics.REGISTRY, "the metrics are")
        raise ValueError(f"precision: {figure!r} is not a metric; {fix}")
    known = metrics.REGISTRY[figure]
    if "total" not in known.scopes:
        raise ValueError(f"precision: {figure} has no total over all queues; choose another metric, such as sl")
    value = math.nan
    if isinstance(width, str):
        with suppress(units.Refusal):
            value = units.points(width) if units.is_points(width) and known.absolute else units.percent(width)
    elif type(width) is not bool and isinstance(width, Real):
        value = float(width)
    if not 0.0 < value < math.inf:
        raise ValueError(f"precision: {width!r} for {figure} is not a positive width; write 0.01 or '1%'")
    return value
