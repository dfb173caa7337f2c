"""The closed loop: the recorded days replayed with the scenario, and availability, fitted by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cxsim.calibrate import replay
from cxsim.calibrate.agents import Team
from cxsim.calibrate.records import Contacts, Records
from cxsim.calibrate.redials import Floats
from cxsim.randomness.distributions import law
from cxsim.tables.steps import Steps

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

LENGTHS = (10.0, 15.0, 20.0, 30.0, 60.0, 180.0, 600.0)  # s: mean lengths of an absence that are tried
FINER = (0.75, 0.875, 1.125, 1.25)  # times the best of them
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)  # availabilities that are tried where none could be counted
STEP = 0.03  # in which availability moves from the count, as long as the misfit falls
MOST_STEPS = 3
REPLICATIONS = 12  # of each
MOST_TRIED = len(SHARES) + len(LENGTHS) + 2 * MOST_STEPS + len(FINER) + 1  # settings
ALIKE = 0.25  # of the misfit: settings nearer than this to the best are not told apart


@dataclass(eq=False)
class Search:
    """The misfit of each availability and mean length of an absence (s) tried."""

    base: Scenario
    seen: Mapping[str, float]
    steps: Steps
    tried: dict[tuple[float, float], float] = field(default_factory=dict)

    def at(self, share: float, length: float) -> float:
        """The misfit of a setting."""
        key = (round(share, 4), round(length, 2))
        if key not in self.tried:
            change = {"availability": key[0], "away": law("exponential", mean=key[1])}
            groups = {name: group.model_copy(update=change) for name, group in self.base.groups.items()}
            changed = self.base.model_copy(update={"groups": groups})
            made = replay.run(changed, REPLICATIONS, progress=self.steps.part()).totals()
            means = {name: float(values.mean()) for name, values in made.items()}
            self.tried[key] = replay.misfit(self.seen, means)
        return self.tried[key]

    @property
    def best(self) -> tuple[float, float]:
        return min(self.tried, key=lambda one: self.tried[one])

    def alike(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(lowest, highest) availability and length of the settings that are not told apart from the best."""
        near = [one for one, value in self.tried.items() if value <= min(self.tried.values()) + ALIKE]
        shares, lengths = zip(*near, strict=True)
        return (min(shares), max(shares)), (min(lengths), max(lengths))


def availability(
    scenario: Scenario, records: Records, who: Team, contacts: Contacts, counted: float | None, steps: Steps
) -> Search:
    """Find the availability and the length of absences with which the replay comes nearest to what was observed.

    From the counted availability, first the length, then availability by steps, then the length more finely: one
    after another, on the same random numbers.
    """
    base = replay.replay_of(scenario, records, who)
    search = Search(base, replay.figures_of(replay.observed(contacts, places(scenario))), steps)
    if counted is None:
        for share in SHARES:
            search.at(share, LENGTHS[-1])
            if search.tried[share, LENGTHS[-1]] > 2.0 * min(search.tried.values()) + 1.0:
                break
        if search.best[0] >= 1.0:
            return search
    share = search.best[0] if counted is None else counted
    for length in LENGTHS:
        if search.at(share, length) > 2.0 * min(search.tried.values()) + 1.0 and length > search.best[1]:
            break
    for way in (STEP, -STEP):
        for _ in range(MOST_STEPS):
            now, length = search.best
            if not 0.02 < now + way < 1.0 or search.at(now + way, length) > search.tried[now, length]:
                break
    share, length = search.best
    for times in FINER:
        search.at(share, length * times)
    if search.at(1.0, length) <= min(search.tried.values()) + ALIKE:
        search.tried = {one: value for one, value in search.tried.items() if one[0] == 1.0}  # the simpler one
    return search


def places(scenario: Scenario) -> dict[str, int]:
    """The number of each reason."""
    return {name: k for k, name in enumerate(scenario.reasons)}


def compared(seen: Mapping[str, float], made: Mapping[str, Floats]) -> pd.DataFrame:
    """Observed and simulated figures, with 95 % of single replications."""
    import pandas as pd

    rows = []
    for figure, title in replay.FIGURES.items():
        values = made[figure]
        half = 1.96 * float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
        mean = float(values.mean())
        rows.append((figure, title, replay.UNITS[figure], seen[figure], mean, mean - half, mean + half))
    return pd.DataFrame(rows, columns=["figure", "title", "unit", "observed", "simulated", "low", "high"])
