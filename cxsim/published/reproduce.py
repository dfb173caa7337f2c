"""Published results computed again: the cases simulated on the same draws, every figure beside its reference."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.metrics.confidence_intervals import holm, paired_ratio_difference, ratio_error, t_quantile
from cxsim.metrics.estimates import figure_values
from cxsim.metrics.registry import REGISTRY
from cxsim.model.prepare import Model, prepare
from cxsim.published.catalogue import BASE, EXACT, FINDING, LIMIT, PRINTED, RESULTS, Finding, Printed, Result
from cxsim.published.reproduction import COLUMNS, Reproduction
from cxsim.scenario import Scenario, examples, read
from cxsim.scenario.model.units import suggestion
from cxsim.simulation.replications import Progress, side_by_side
from cxsim.simulation.simulate import check_arguments

if TYPE_CHECKING:
    from cxsim.metrics import Sample
    from cxsim.published.formulas import Key

SEED = 7
ERROR_RATE = 0.01  # of all figures of a result together
CONFIDENCE = 0.95


def reproduce(
    name: str,
    *,
    seed: int = SEED,
    replications: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Reproduction:
    """Simulate a published result and set every figure beside its published or exact value.

    A figure agrees if its t test, corrected by Holm for all figures of the result, does not reject it at an error rate
    of 1 %. Exact values are computed from the scenario, by formulas and Markov chains that share no code with the
    engines. A limit or an approximation may deviate, and the table says why. A finding holds if the 95 % interval of
    the paired difference is on its side of 0.

    Parameters
    ----------
    name : str
        One of `cxsim.published.catalogue.RESULTS`, such as 'erlang-a'; `cxsim reproduce` lists them.
    seed : int, default 7
        Random seed.
    replications : int, optional
        Number of replications of each case, from 2 to 10,000; the result's own if not given.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` over all cases. What it returns is ignored.

    Returns
    -------
    Reproduction
        The table of figures, references and verdicts.

    Raises
    ------
    ValueError
        There is no such result, or another argument is wrong.

    Examples
    --------
    >>> cxsim.reproduce("erlang-a").table
    """
    if name not in RESULTS:
        raise ValueError(f"{name!r} is not a published result; {suggestion(name, RESULTS, 'the results are')}")
    result = RESULTS[name]
    number = result.replications if replications is None else replications
    check_arguments(number, None, "clock", (), seed, threads)
    if number < 2:
        raise ValueError("replications: one replication gives no intervals; give at least 2")
    began = time.process_time()
    scenarios = {case: scenario(result, case) for case in cases(result)}
    models = {case: prepare(one, int(seed)) for case, one in scenarios.items()}
    samples = side_by_side(list(models.values()), number, threads=threads, progress=progress)
    run = _Run(models, dict(zip(models, samples, strict=True)))
    rows = [*_checked(result, scenarios, run), *(_printed(one, run) for one in result.printed)]
    _judge(rows)
    rows += [_finding(one, run) for one in result.findings]
    table = pd.DataFrame(rows)[list(COLUMNS)]
    return Reproduction(name, result, table, int(seed), number, time.process_time() - began)


def cases(result: Result) -> tuple[str, ...]:
    """The cases of a result that are compared: names of overrides, and '' for the scenario as it stands."""
    found = [case for check in result.checks for case in check.cases]
    found += [one.case for one in result.printed]
    for finding in result.findings:
        found += [case for case in (finding.lower, finding.higher) if isinstance(case, str)]
    return tuple(dict.fromkeys(found))


def scenario(result: Result, case: str = BASE) -> Scenario:
    """The scenario of a result, with the override of a case."""
    return read(examples.folder() / f"{result.scenario}.yaml", with_=[case] if case else [])


class _Run:
    """The simulated cases."""

    def __init__(self, models: dict[str, Model], samples: dict[str, list[Sample]]) -> None:
        self.models, self.samples = models, samples

    def parts(self, case: str, key: Key) -> tuple[Any, Any]:
        """Numerators and denominators of a figure, by replication."""
        model, (figure, scope, name) = self.models[case], key
        return figure_values(self.samples[case], model.layout, figure, scope, name or "total", "total", model.staffing)


def _row(case: str, key: Key, kind: str, **more: Any) -> dict[str, Any]:
    figure, scope, name = key
    empty = dict.fromkeys(COLUMNS, math.nan) | {"says": "", "because": ""}
    return (
        empty
        | {
            "case": case or "base",
            "figure": figure,
            "scope": scope,
            "name": name,
            "unit": REGISTRY[figure].unit,
            "kind": kind,
        }
        | more
    )


def _compared(case: str, key: Key, kind: str, run: _Run, reference: float, error: float, **more: Any) -> dict[str, Any]:
    """A figure beside its reference, which has a standard error of its own unless it is exact."""
    above, below = run.parts(case, key)
    value, spread = (float(part) for part in ratio_error(above, below))
    half = t_quantile(CONFIDENCE, len(above) - 1) * spread
    both = math.hypot(spread, error)
    return _row(
        case,
        key,
        kind,
        reference=reference,
        value=value,
        low=value - half,
        high=value + half,
        difference=value / reference - 1.0 if reference else math.nan,
        p=_p_value(value - reference, both, len(above) - 1),
        **more,
    )


def _p_value(off: float, error: float, degrees: int) -> float:
    from scipy.special import stdtr

    if error == 0.0:
        return float(off == 0.0)
    return float(2.0 * stdtr(degrees, -abs(off) / error))


def _checked(result: Result, scenarios: dict[str, Scenario], run: _Run) -> Iterator[dict[str, Any]]:
    for check in result.checks:
        for case in check.cases:
            for key, right in check.of(scenarios[case]).items():
                yield _compared(case, key, check.kind, run, right, 0.0, because=check.because)


def _printed(one: Printed, run: _Run) -> dict[str, Any]:
    """A printed value, whose rounding is an error too."""
    digits = max(len(repr(number).partition(".")[2]) for number in (one.value, one.low, one.high))
    error = math.hypot((one.high - one.low) / 2.0 / 1.96, 10.0**-digits / math.sqrt(12.0))
    ends = {"reference_low": one.times * one.low, "reference_high": one.times * one.high}
    return _compared(one.case, one.key, PRINTED, run, one.times * one.value, one.times * error, **ends)


def _judge(rows: list[dict[str, Any]]) -> None:
    """Verdicts: of all exact and printed values together by Holm, of limits each for itself."""
    family = [row for row in rows if row["kind"] in (EXACT, PRINTED)]
    for row, p in zip(family, holm(np.array([row["p"] for row in family])), strict=True):
        row["p"] = float(p)
        row["verdict"] = "agrees" if p > ERROR_RATE else "deviates"
    for row in rows:
        if row["kind"] == LIMIT:
            row["verdict"] = "agrees" if row["p"] > ERROR_RATE else "deviates"
        if row["verdict"] == "agrees":
            row["because"] = ""


def _finding(one: Finding, run: _Run) -> dict[str, Any]:
    """The difference that a finding is about: higher minus lower, with its paired interval."""
    lower = run.parts(one.lower, one.key)
    if isinstance(one.higher, str):
        value, low, high = (float(x) for x in paired_ratio_difference(lower, run.parts(one.higher, one.key)))
        case = f"{one.higher or 'base'} - {one.lower or 'base'}"
    else:
        level, spread = (float(part) for part in ratio_error(*lower))
        half = t_quantile(CONFIDENCE, len(lower[0]) - 1) * spread
        value, low, high = one.higher - level, one.higher - level - half, one.higher - level + half
        case = f"{one.higher:g} - {one.lower or 'base'}"
    verdict = "holds" if low > 0.0 else "fails" if high < 0.0 else "unclear"
    return _row(case, one.key, FINDING, value=value, low=low, high=high, verdict=verdict, says=one.says)
