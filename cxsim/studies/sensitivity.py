"""How far the verdict on each lever depends on what is assumed of customers.

One assumption at a time is made smaller and larger, and every lever weighed again on the same draws: what changes is
the assumption alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from cxsim.report.studies.sensitivity import plot
from cxsim.scenario import ScenarioError
from cxsim.scenario import assumptions as outside
from cxsim.scenario.model import units
from cxsim.scenario.model.experience import TIMES, written
from cxsim.simulation.replications import Engine
from cxsim.studies.levers import levers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.scenario import Scenario
    from cxsim.scenario.model.experience import Experience

ALWAYS = ("churn", "spend", "loyalty", "lifetime")  # parts of the experience that are money whoever the customers are
TOLD_APART = ("memory", "word_of_mouth", "posts")  # those that act where customers are told apart
BEHIND = {
    "memory": ("effort",),
    "word_of_mouth": ("promoters", "detractors"),
    "posts": ("promoters", "detractors"),
}  # what acts through them
FIXED = ("years", "reach")
COLUMNS = (
    "lever",
    "assumption",
    "value",
    "low_value",
    "high_value",
    "net",
    "net_low",
    "net_high",
    "verdict",
    "verdict_low",
    "verdict_high",
    "breaks_even",
)


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How each lever's net worth changes with the assumptions.

    Attributes
    ----------
    scenario : Scenario
        The scenario as it is.
    table : DataFrame
        One row per lever and assumption, the most influential first: lever, assumption (its path below `experience`,
        or from the top of the scenario: `reasons.NAME.learning.halves`),
        value, low_value and high_value (as written), net, net_low and net_high (money over the horizon), the three
        verdicts, and `breaks_even`, the value at which the net worth is 0 by linear interpolation (NaN if none).
    replications : int
        Number of replications of each choice.
    seed : int
        Random seed.
    days : float
        Length of the horizon (days); NaN in steady state.
    """

    scenario: Scenario
    table: pd.DataFrame
    replications: int
    seed: int
    days: float

    @property
    def firm(self) -> list[str]:
        """The levers whose verdict is the same under every assumption.

        Returns
        -------
        list of str
            Names of levers.
        """
        return [lever for lever in self.table["lever"].unique() if not len(self.depends(lever))]

    def depends(self, lever: str) -> pd.DataFrame:
        """The assumptions that change the verdict on a lever.

        Parameters
        ----------
        lever : str
            Name of the lever.

        Returns
        -------
        DataFrame
            Rows of `table`; empty if none changes it.
        """
        mine = self.table[self.table["lever"] == lever]
        return mine[(mine["verdict_low"] != mine["verdict"]) | (mine["verdict_high"] != mine["verdict"])]

    def plot(self) -> Figure:
        """Chart the net worth of each lever between both ends of each assumption, the most influential on top.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return plot(self)


def sensitivity(
    scenario: Scenario,
    *,
    low: float = 0.5,
    high: float = 2.0,
    only: Sequence[str] = (),
    seed: int = 1,
    replications: int = 10,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Sensitivity:
    """Test how the verdicts on levers depend on their assumptions, changing one assumption at a time.

    Parameters
    ----------
    scenario : Scenario
        A scenario with `levers` and with segments that have a `value`.
    low : float, default 0.5
        Factor on each assumption at its lower end.
    high : float, default 2.0
        Factor on each assumption at its upper end; shares stop at 100 %.
    only : sequence of str, default ()
        Parts to change, such as 'churn' or 'learning'; all that affect money if empty.
    seed : int, default 1
        Random seed.
    replications : int, default 10
        Number of replications of each choice.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    progress : callable, optional
        Called as `progress(done, expected)` over all replications; what it returns is ignored.

    Returns
    -------
    Sensitivity
        The net worth of each lever at both ends of each assumption.

    Raises
    ------
    ScenarioError
        The scenario breaks a rule once a lever or an assumption is changed.
    ValueError
        The scenario has no levers or no values, or a part in `only` does not affect money.

    Examples
    --------
    >>> cxsim.sensitivity(scenario, only=["churn"]).firm
    """
    import pandas as pd

    if not scenario.levers:
        raise ValueError("levers: the scenario has none; add at least one")
    acting = parts(scenario)
    if not acting:
        raise ValueError("segments: no segment has a value, so no assumption affects money; add a value")
    for part in only:
        if part not in acting:
            raise ValueError(f"{part}: does not affect money here; these do: {', '.join(acting)}")
    varied = list(_variations(scenario, [part for part in acting if not only or part in only], low, high))
    total, done = 1 + sum(len(ends) for _, _, ends in varied), 0

    def weighed(one: Scenario) -> dict[str, tuple[float, str]]:
        nonlocal done

        def told(k: int, of: int) -> None:
            if progress is not None:
                progress(done * of + k, total * of)

        found = levers(one, seed=seed, replications=replications, engine=engine, threads=threads, progress=told)
        done += 1
        return {row["levers"]: (row["net"], row["verdict"]) for row in found.table.to_dict("records")}

    now = weighed(scenario)
    rows = []
    for path, value, ends in varied:
        found = [(at, weighed(one)) for at, one in ends]
        for lever, (net, verdict) in now.items():
            (at_low, below), (at_high, above) = found
            nets = [below[lever][0], above[lever][0]]
            crossing = _crossing([at_low, value, at_high], [nets[0], net, nets[1]])
            verdicts = (verdict, below[lever][1], above[lever][1])
            rows.append((lever, path, value, at_low, at_high, net, *nets, *verdicts, crossing))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = (table["net_high"] - table["net_low"]).abs()
    table = table.assign(_order=-order).sort_values(["lever", "_order"], kind="stable").drop(columns="_order")
    days = (scenario.horizon.days if scenario.horizon.steady is None else 0) or math.nan
    return Sensitivity(scenario, table.reset_index(drop=True), replications, seed, float(days))


def parts(scenario: Scenario) -> list[str]:
    """The parts of the experience that act on money in a scenario."""
    said = scenario.experience
    if not any(segment.value for segment in scenario.segments.values()):
        return []
    out = [part for part in ALWAYS if getattr(said, part) is not None and any(_numbers(said, part))]
    if any(segment.customers for segment in scenario.segments.values()):
        for part in TOLD_APART:
            if any(value for _, value in getattr(said, part)):
                out += [part, *BEHIND[part]]
    if said.expectations is not None and any(_numbers(said, "expectations")):
        judged = said.loyalty.broken != 1.0 or said.loyalty.kept != 1.0
        out += ["expectations"] * judged
    out += [part for part in outside.KEYS if outside.assumptions(scenario, part)]
    return list(dict.fromkeys(out))


def _variations(
    scenario: Scenario, acting: Sequence[str], low: float, high: float
) -> Iterator[tuple[str, float, list[tuple[float, Scenario]]]]:
    """Each number of these parts: its path, its value, and the scenario with a smaller and a larger one."""
    for part in acting:
        for one in outside.assumptions(scenario, part) if part in outside.KEYS else ():
            ends = [outside.varied(scenario, one, factor) for factor in (low, high)]
            yield one.path, one.value, sorted(ends, key=lambda end: end[0])
        for name, value in () if part in outside.KEYS else _numbers(scenario.experience, part):
            path = f"{part}.{name}"
            yield path, value, [_with(scenario, path, name, value * factor) for factor in (low, high)]


def _numbers(said: Experience, part: str) -> list[tuple[str, float]]:
    """The numbers of a part that have an effect: shares above 0, factors other than 1.

    Years, and how many see a post, are not varied.
    """
    nothing = 1.0 if part == "loyalty" else 0.0
    return [(name, value) for name, value in getattr(said, part) if value not in (None, nothing) and name not in FIXED]


def _with(scenario: Scenario, path: str, name: str, value: float) -> tuple[float, Scenario]:
    """The scenario with a number of the experience changed, as far as it can be."""
    told = written(name, value)
    if not told.endswith("%"):
        return value, scenario.vary({f"experience.{path}": told if name in TIMES else float(told)})
    value = min(value, 1.0)
    try:
        return value, scenario.vary({f"experience.{path}": written(name, value)})
    except ScenarioError:  # promoters and detractors are no more than all
        part, _, how = path.partition(".")
        other = "detractors" if part == "promoters" else "promoters"
        value = 1.0 - float(getattr(getattr(scenario.experience, other), how))
        return value, scenario.vary({f"experience.{path}": units.write_percent(value)})


def _crossing(values: Sequence[float], nets: Sequence[float]) -> float:
    """Where the net worth is 0 between neighbouring values; NaN for nowhere."""
    for (a, x), (b, y) in pairwise(zip(values, nets, strict=True)):
        if (x < 0.0 < y) or (y < 0.0 < x):
            return a + (b - a) * x / (x - y)
    return math.nan
