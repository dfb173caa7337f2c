"""What control variates and stratified busyness save: `python -m benchmarks.variance [replications]`.

For scenarios that are shipped, the share of the variance of a figure over replications that is removed by

1. the number of fresh contacts as a control variate (`simulate(..., control_variates=True)`),
2. ten strata of the uniform number that the busyness of a day is drawn from, each with a tenth of the replications,
3. both.

A share of 0.5 means that half the replications give an interval of the same width. Stratification is tried here only:
see docs/how-to/precision.md for why it is not in cxsim. About two CPU-minutes at 400 replications.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

import cxsim
from cxsim import metrics
from cxsim.metrics.control_variates import controlled_ratio
from cxsim.model import demand
from cxsim.model.prepare import Model, prepare
from cxsim.randomness.draws import BUSYNESS, run_key, uniform
from cxsim.simulation.control_variates import fresh_contacts
from cxsim.simulation.replications import replicate

Floats = npt.NDArray[np.float64]
SCENARIOS = Path(__file__).parent.parent / "scenarios"
NAMES = ("quickstart", "multi-skill-day", "two-tiers", "staffing-week")
FIGURES = ("sl", "asa", "abandoned_share", "occupancy")
STRATA = 10


@contextmanager
def strata(model: Model, replications: int) -> Iterator[None]:
    """Let replication k draw the busyness of its days from stratum k mod STRATA, in an order of each day's own."""
    orders = np.random.default_rng(7).permuted(np.tile(np.arange(STRATA), (model.demand.days, 1)), axis=1)
    number = {int(run_key(model.seed, k)): k for k in range(replications)}
    usual = demand.day_factors

    def stratified(given: demand.Demand, run: np.uint64) -> Floats:
        calls = iter(range(given.days))

        def drawn(key: np.uint64, purpose: int) -> float:
            stratum = orders[next(calls), number[int(run)] % STRATA]
            return float(stratum + uniform(key, purpose)) / STRATA

        demand.uniform, kept = (lambda key, what: drawn(key, what) if what == BUSYNESS else uniform(key, what)), uniform
        try:
            return usual(given, run)
        finally:
            demand.uniform = kept

    demand.day_factors = stratified
    try:
        yield
    finally:
        demand.day_factors = usual


def spread(left: Floats, groups: npt.NDArray[np.intp]) -> float:
    """The variance within groups, as that of a mean with as many replications in each."""
    return float(np.mean([left[groups == one].var(ddof=1) for one in np.unique(groups)]))


def residuals(model: Model, samples: list[metrics.Sample], figure: str) -> Floats:
    """What each replication adds to the error of a figure."""
    above, below = metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
    return np.asarray((above - below * above.sum() / below.sum()) / below.mean())


def without(left: Floats, off: Floats) -> Floats:
    """Residuals without what is linear in the control."""
    return np.asarray(left - off * float(off @ left) / float(off @ off))


def main(replications: int = 400) -> None:
    """Print a row for each scenario and figure."""
    print(f"{'scenario':18}{'figure':18}{'control':>9}{'strata':>9}{'both':>9}")
    for name in NAMES:
        model = prepare(cxsim.read(SCENARIOS / f"{name}.yaml"), 1)
        known = fresh_contacts(model, replications).at(-1)
        samples, _ = replicate(model, replications)
        one = np.zeros(replications, np.intp)
        stratum = np.arange(replications) % STRATA
        busy = bool((model.demand.busyness >= 0).any()) and not (model.demand.shared < 1.0).any()
        if busy:
            with strata(model, replications):
                other, off = replicate(model, replications, threads=1)[0], fresh_contacts(model, replications).at(-1)
        for figure in FIGURES:
            above, below = metrics.figure_values(samples, model.layout, figure, staffing=model.staffing)
            usual = spread(residuals(model, samples, figure), one)
            shares = [float(controlled_ratio(above, below, known)[1])]
            if busy:
                left = residuals(model, other, figure)
                shares += [1 - spread(left, stratum) / usual, 1 - spread(without(left, off.along), stratum) / usual]
            print(f"{name:18}{figure:18}" + "".join(f"{share:9.0%}" for share in shares), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
