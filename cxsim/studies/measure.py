"""Figures of one's own: a function of each replication's ledger, with intervals over replications."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxsim.metrics.confidence_intervals import LEAST_REPLICATIONS, ratio_interval
from cxsim.metrics.control_variates import controlled_ratio
from cxsim.model.prepare import Model, prepare
from cxsim.model.routing_choice import Policy, routed
from cxsim.simulation.control_variates import fresh_contacts
from cxsim.simulation.replications import DEFAULT_REPLICATIONS, Engine, Progress, replicate
from cxsim.simulation.simulate import check_arguments

if TYPE_CHECKING:
    from cxsim.engines.inputs import Memory
    from cxsim.scenario import Scenario
    from cxsim.schema.ledger import Ledger

Figures = Mapping[str, Any]  # of a name: a number, or a pair of numerator and denominator


@dataclass(frozen=True, eq=False)
class Replication:
    """One simulated run, as arrays.

    Attributes
    ----------
    number : int
        Which replication, from 0.
    legs : structured array
        One row per contact leg, with the columns of the ledger; queues, groups, reasons and agents by number.
    spells : structured array
        One row per agent and state.
    counted : array of bool
        For each leg, whether its contact arrived in the counted intervals.
    memory : mapping of str to array
        What a policy that is a class has in its arrays at the end.
    scenario : Scenario
        What was simulated.
    """

    number: int
    legs: npt.NDArray[np.void]
    spells: npt.NDArray[np.void]
    counted: npt.NDArray[np.bool_]
    memory: Memory
    scenario: Scenario


def measure(
    scenario: Scenario,
    figures: Callable[[Replication], Figures],
    *,
    policy: Policy | None = None,
    seed: int = 1,
    replications: int | None = None,
    batches: int | None = None,
    confidence: float = 0.95,
    control_variates: bool = False,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Figures of your own, with confidence intervals, without keeping the rows of all replications.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    figures : callable
        Called with each `Replication`; returns {name: value}. A value is a number, whose mean is taken, or a pair of
        numerator and denominator, whose sums are divided. The names must be the same in every replication.
    policy : policy, optional
        Routing policy in place of the scenario's, as for `simulate`.
    seed : int, default 1
        Random seed.
    replications : int, optional
        Number of replications, from 1 to 10,000; 20 if neither this nor `batches` is given.
    batches : int, optional
        Of a steady state: simulate one long run instead, and cut its counted time into so many equal parts that do not
        overlap, from 10 to 1000; `figures` is called with each. Contacts belong to the part in which they arrive, and
        spells are cut at the borders. Batches must be much longer than the center remembers: their correlation is in
        the table.
    confidence : float, default 0.95
        Confidence level of the intervals, from 0.5 to 0.999.
    control_variates : bool, default False
        Whether to remove what the number of fresh contacts explains, as `simulate` does. Needs 10 replications or more.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` after each replication. If it returns False, the run stops.

    Returns
    -------
    DataFrame
        figure, value, low, high, replications: one row per name. No interval at one replication. With
        `control_variates` also removed, the share of the variance that they took away. With `batches`:
        figure, value, low, high, batches, lag_1, the correlation of each batch with the next. Above 0.2 the batches are
        too short and the intervals too narrow: simulate longer, or take fewer batches.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario, or the policy cannot be used.
    ValueError
        Another argument is wrong, or the figures are not numbers or differ between replications.

    Examples
    --------
    >>> cxsim.measure(scenario, lambda run: {"longest wait": np.nanmax(run.legs["answered"] - run.legs["queued"])})
    """
    if batches is not None:
        _check_batches(scenario, replications, batches, control_variates)
        replications = 1
    replications = DEFAULT_REPLICATIONS if replications is None else replications
    check_arguments(replications, None, engine, (), seed, threads, confidence, control_variates)
    model = prepare(scenario if policy is None else routed(scenario, policy), int(seed))
    if control_variates:
        fresh_contacts(model, LEAST_REPLICATIONS)  # refuses before anything is simulated

    def read(made: Ledger, number: int, memory: Memory) -> list[dict[str, tuple[float, float]]]:
        whole = _shown(model, made, number, memory)
        parts = [whole] if batches is None else _batches(whole, model.layout.edges, batches)
        return [_pairs(figures(part), part.number) for part in parts]

    _, lists = replicate(model, replications, None, engine, threads, read, progress)
    found = [one for each in lists for one in each]
    names = list(found[0])
    for number, one in enumerate(found):
        if list(one) != names:
            rule = f"figures: replication {number} gives {', '.join(one)}, and the first gives {', '.join(names)}"
            raise ValueError(f"{rule}; give every figure in every replication")
    known = fresh_contacts(model, len(found)).at(-1) if control_variates else None
    rows = []
    for name in names:
        above, below = np.array([one[name] for one in found]).T
        if known is None:
            interval = ratio_interval(above, below, confidence)
            more = () if batches is None else (_correlation(above, below),)
        else:
            interval, removed = controlled_ratio(above, below, known, confidence)
            more = (float(removed),)
        rows.append((name, float(interval.value), float(interval.low), float(interval.high), len(found), *more))
    ends = ["replications"] if batches is None else ["batches", "lag_1"]
    ends += ["removed"] if control_variates else []
    return pd.DataFrame(rows, columns=["figure", "value", "low", "high", *ends])


def _check_batches(scenario: Scenario, replications: int | None, batches: int, control_variates: bool) -> None:
    wrong = []
    if control_variates:
        wrong.append("control_variates: they need replications, not batches; leave out one of the two")
    if replications is not None:
        wrong.append("give either replications or batches; batches are parts of one run")
    asked: Any = batches
    if isinstance(asked, bool) or not isinstance(asked, Integral) or not 10 <= int(asked) <= 1000:
        wrong.append(f"batches: {batches!r} is not a whole number from 10 to 1000; write 30")
    if scenario.horizon.steady is None:
        wrong.append("batches: the scenario has no steady state; write horizon.steady, or use replications")
    if wrong:
        raise ValueError("\n".join(wrong))


def _shown(model: Model, made: Ledger, number: int, memory: Memory) -> Replication:
    return Replication(
        number, made.legs, made.spells, model.layout.counts(made.legs["arrived"]), memory, model.scenario
    )


def _batches(whole: Replication, edges: npt.NDArray[np.float64], many: int) -> Iterator[Replication]:
    """A run cut into so many equal parts of the counted time: contacts by arrival, spells cut at the borders."""
    borders = np.linspace(edges[0], edges[-1], many + 1)
    for number, (start, end) in enumerate(pairwise(borders.tolist())):
        legs = whole.legs[(whole.legs["arrived"] >= start) & (whole.legs["arrived"] < end)]
        spells = whole.spells[(whole.spells["end"] > start) & (whole.spells["start"] < end)].copy()
        spells["start"], spells["end"] = np.maximum(spells["start"], start), np.minimum(spells["end"], end)
        counted = np.ones(len(legs), np.bool_)
        yield Replication(number, legs, spells, counted, whole.memory, whole.scenario)


def _correlation(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> float:
    """Of each batch with the next, by their deviations from the whole figure; NaN where nothing varies."""
    off = above - below * above.sum() / below.sum()
    spread = float(off @ off)
    return float(off[1:] @ off[:-1]) / spread if spread > 0.0 else math.nan


def _pairs(given: Any, number: int) -> dict[str, tuple[float, float]]:
    """What a function gave, as numerators and denominators. Raises ValueError."""
    if not isinstance(given, Mapping) or not given:
        raise ValueError(f"figures: replication {number} gives {given!r}, which is not {{name: value}}")
    out = {}
    for name, value in given.items():
        pair = value if isinstance(value, tuple) and len(value) == 2 else (value, 1.0)
        if not all(isinstance(x, Real) and math.isfinite(float(x)) for x in pair):
            rule = f"figures: {name} is {value!r} in replication {number}"
            raise ValueError(f"{rule}; give a finite number, or a pair of numerator and denominator")
        out[str(name)] = (float(pair[0]), float(pair[1]))
    return out
