"""The closed loop: the recorded days replayed with the scenario, and availability, fitted by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cxsim.calibrate import replay
from cxsim.calibrate.agents import Team
from cxsim.calibrate.arrivals import clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.estimates import Estimated, Z, drawn_together
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
BELOW, ABOVE = (0.5, 0.7, 0.85, 0.95, 1.0), (0.3, 0.7, 1.0)  # around the best, to see how waiting follows
FEW_OF_SLOT = 50  # contacts in an interval of the day, below which it is like the others
LEAST_SLOPE = 0.1  # by which the share that waits falls with availability, below which it does not tell it
STEP = 0.03  # in which availability moves from the count, as long as the misfit falls
MOST_STEPS = 3
REPLICATIONS = 12  # of each
MOST_TRIED = len(SHARES) + len(LENGTHS) + 2 * MOST_STEPS + len(FINER) + 1 + len(BELOW) + len(ABOVE)  # settings
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
            made = self.replayed(*key).totals()
            means = {name: float(values.mean()) for name, values in made.items()}
            self.tried[key] = replay.misfit(self.seen, means)
        return self.tried[key]

    def replayed(self, share: float, length: float) -> replay.Replayed:
        """The recorded days with an availability and a mean length of absences."""
        change = {"availability": share, "away": law("exponential", mean=length)}
        groups = {name: group.model_copy(update=change) for name, group in self.base.groups.items()}
        changed = self.base.model_copy(update={"groups": groups})
        return replay.run(changed, REPLICATIONS, progress=self.steps.part())

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


def by_interval(search: Search, basis: Basis) -> tuple[Floats | None, list[Estimated]]:
    """Factors on availability by interval of the day (slots,), and a row for each; None where it does not vary.

    In each interval, the availability with which as many customers wait in the replay as did: between replays with
    availabilities around the best. A chi-squared test (1 %) decides whether intervals differ.
    """
    share, length = search.best
    if share >= 1.0:
        return None, []
    contacts, slots = basis.contacts, basis.days.slots
    grid = np.unique(np.clip([share * x for x in BELOW] + [share + (1.0 - share) * x for x in ABOVE], 0.02, 0.999))
    waits = np.array([_waiting(search.replayed(float(one), length), basis) for one in grid])
    count = np.bincount(basis.slots(contacts.at), minlength=slots)
    seen = np.bincount(basis.slots(contacts.at), contacts.queued, minlength=slots) / np.maximum(count, 1)
    middle = int(np.searchsorted(grid, share))
    mean = waits.mean(axis=1)
    low, high = max(0, middle - 1), min(len(grid) - 1, middle + 1)
    slope = (mean[low] - mean[high]) / (grid[high] - grid[low])
    chance = mean[middle] * (1.0 - mean[middle]) / np.maximum(count, 1)
    used = np.flatnonzero((count >= FEW_OF_SLOT) & (slope > LEAST_SLOPE) & (chance > 0.0))
    if len(used) < 2:
        return None, []
    # Waiting customers come in clusters: what replications differ by, against independent ones, over all intervals.
    spread = max(1.0, float(np.mean(waits[middle].var(axis=0, ddof=1)[used] / chance[used])))
    errors = spread * chance[used] * (1.0 + 1.0 / REPLICATIONS) / slope[used] ** 2
    found = np.array([np.interp(seen[k], mean[::-1, k], grid[::-1]) for k in used])
    level, drawn = drawn_together(found, errors, count[used].astype(np.float64))
    if drawn is None:
        return None, []
    factor = np.ones(slots)
    factor[used] = drawn / level
    method = "closed loop: as many customers wait as did, drawn towards the mean by as much as chance explains"
    rows = []
    for k, x, half in zip(used.tolist(), drawn.tolist(), (Z * np.sqrt(errors)).tolist(), strict=True):
        name, own = f"availability: {clock(k * basis.width)}", share * x / level
        low, most = max(0.0, own - half), min(1.0, own + half)
        rows.append(Estimated("all", name, min(1.0, own), low, most, "share", method, int(count[k])))
    return factor, rows


def _waiting(made: replay.Replayed, basis: Basis) -> Floats:
    """The share of contacts that wait, by replication and interval of the day."""
    out = []
    for one in made.runs:
        slot = basis.slots(one.at)
        count = np.bincount(slot, minlength=basis.days.slots)
        out.append(np.bincount(slot, one.queued, minlength=basis.days.slots) / np.maximum(count, 1))
    return np.array(out)


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
