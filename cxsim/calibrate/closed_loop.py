"""The closed loop: the recorded days replayed with the scenario, and availability, fitted by it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cxsim.calibrate import replay
from cxsim.calibrate.absences import Absent
from cxsim.calibrate.agents import Team
from cxsim.calibrate.arrivals import clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.estimates import Estimated, Z, at_edge, drawn_together
from cxsim.calibrate.records import Contacts, Records
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.settings import HIGHEST, LOWEST, REPLICATIONS, TOLERANCE, Search, Setting, free, setting
from cxsim.tables.steps import Steps

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

LENGTHS = (10.0, 15.0, 20.0, 30.0, 60.0, 180.0, 600.0)  # s: mean lengths of an absence that are tried first
SHARES = (
    1.0,
    0.95,
    0.9,
    0.85,
    0.8,
    0.7,
    0.6,
    0.5,
    0.4,
    0.3,
    0.2,
    0.1,
)  # availabilities that are tried where nothing could be counted
FIRST_STEPS = (0.5, 0.35)  # of the search: of the logit of availability, and of the log of the length
SEARCHED = 40  # settings that the search may try
BELOW, ABOVE = (0.5, 0.7, 0.85, 0.95, 1.0), (0.3, 0.7, 1.0)  # around the best, to see how waiting follows
FEW_OF_SLOT = 50  # contacts in an interval of the day, below which it is like the others
LEAST_SLOPE = 0.1  # by which the share that waits falls with availability, below which it does not tell it
MOST_TRIED = 1 + 2 * len(SHARES) + 3 * len(LENGTHS) + SEARCHED + 5 + len(BELOW) + len(ABOVE)  # settings
ALIKE = 0.25  # of the misfit: full availability that misses by no more than this above the best is the simpler answer


@dataclass(frozen=True)
class Answer:
    """Availability and the mean length of absences (s), each with its 95 % interval, and how they were found."""

    share: float
    low: float
    high: float
    length: float
    shortest: float
    longest: float
    method: str
    note: str
    by_pauses: bool = False


def availability(
    scenario: Scenario,
    records: Records,
    who: Team,
    contacts: Contacts,
    counted: float | None,
    paused: Absent | None,
    steps: Steps,
) -> tuple[Search, Answer]:
    """Find the availability and the length of absences with which the replay is like what was observed.

    Those of the agents' pauses, if a replay with them is off by no more than chance. If not, or without them, those
    with which the replay comes nearest: first several lengths at the counted availability and above it, which busy
    agents make too low, then a search whose steps grow while the misfit falls and shrink when it does not (Nelder
    and Mead 1965), all on the same random numbers.
    """
    base = replay.replay_of(scenario, records, who)
    search = Search(base, replay.figures_of(replay.observed(contacts, places(scenario))), steps)
    if paused is not None:
        at = paused.share, paused.length if math.isfinite(paused.length) else LENGTHS[-1]
        if search.at(*at) <= search.chance(at):
            return search, _confirmed(search, at, paused)
    if counted is None or counted >= 1.0:
        starts = [_from_the_top(search)]
    else:
        starts = [counted, 0.5 * (1.0 + counted)]
    starts += [paused.share] if paused is not None else []
    for share in starts:
        for length in LENGTHS if share < 1.0 else ():
            if search.at(share, length) > 2.0 * search.misfit(search.best) + 1.0 and length > search.best[1]:
                break
    settled = _nearest(search)
    return search, _nearest_answer(search, settled)


def _from_the_top(search: Search) -> float:
    """The best availability from 100 % down, with long absences; the search ends where the misfit only grows."""
    for share in SHARES:
        if search.at(share, LENGTHS[-1]) > 2.0 * search.misfit(search.best) + 1.0:
            break
    return search.best[0]


def _nearest(search: Search) -> bool:
    """Look for the smallest misfit from the best setting so far; whether the search settled."""
    from scipy.optimize import minimize

    if search.best[0] >= HIGHEST[0]:
        return True
    low, high = free(LOWEST), free(HIGHEST)
    start = np.clip(free(search.best), low, high)
    simplex = np.vstack((start, start + np.diag(FIRST_STEPS)))
    options = {"initial_simplex": np.minimum(simplex, high), "maxfev": SEARCHED, "xatol": TOLERANCE, "fatol": 0.05}
    bounds = list(zip(low, high, strict=True))
    found = minimize(lambda z: search.at(*setting(z)), start, method="Nelder-Mead", bounds=bounds, options=options)
    return bool(found.success)


def _confirmed(search: Search, at: Setting, paused: Absent) -> Answer:
    method = "pauses while customers wait, profile likelihood; the closed loop confirms it"
    note = f"misfit {search.misfit(at):.2f}, by chance up to {search.chance(at):.2f}"
    note = "; ".join(filter(None, (note, paused.edge)))
    share, length = at
    return Answer(share, paused.low, paused.high, length, paused.shortest, paused.longest, method, note, True)


def _nearest_answer(search: Search, settled: bool) -> Answer:
    best = search.best
    low, high = search.intervals(best) if best[0] < 1.0 else (LOWEST, HIGHEST)
    note = f"misfit {search.misfit(best):.2f}, by chance up to {search.chance(best):.2f}; {len(search.tried)} settings"
    said = [note, at_edge(best[0], LOWEST[0], HIGHEST[0], "share"), at_edge(best[1], LOWEST[1], HIGHEST[1], "s")]
    if not settled:
        said.append(f"the search had not settled after {SEARCHED} settings")
    share, least, most = best[0], low[0], high[0]
    if search.at(1.0, best[1]) <= search.misfit(best) + ALIKE:
        share, most = 1.0, 1.0  # the simpler one
        least = min(_lowest_alike(search, best), low[0] if best[0] < 1.0 else 1.0)
    method = "closed loop: nearest to what was observed; interval by chance, simulated moments"
    return Answer(share, least, most, best[1], low[1], high[1], method, "; ".join(filter(None, said)))


def _lowest_alike(search: Search, best: Setting) -> float:
    """The lowest availability that fits as well as full availability: short absences show least."""
    allowed = search.misfit(best) + max(ALIKE, search.chance(best))
    fits, fails = 0, len(SHARES)  # places in SHARES
    while fails - fits > 1:
        middle = (fits + fails) // 2
        fits, fails = (middle, fails) if search.at(SHARES[middle], LENGTHS[0]) <= allowed else (fits, middle)
    return min(share for share, length in search.tried if search.misfit((share, length)) <= allowed)


def by_interval(search: Search, answer: Answer, basis: Basis) -> tuple[Floats | None, list[Estimated]]:
    """Factors on availability by interval of the day (slots,), and a row for each; None where it does not vary.

    In each interval, the availability with which as many customers wait in the replay as did: between replays with
    availabilities around the best. A chi-squared test (1 %) decides whether intervals differ.
    """
    share, length = answer.share, answer.length
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
    found = np.array([following(float(seen[k]), mean[:, k], grid) for k in used])
    ends = [at_edge(float(x), float(grid[0]), float(grid[-1]), "share") for x in found]
    level, drawn = drawn_together(found, errors, count[used].astype(np.float64))
    if drawn is None:
        return None, []
    factor = np.ones(slots)
    factor[used] = drawn / level
    method = "closed loop: as many customers wait as did, drawn towards the mean by as much as chance explains"
    rows = []
    half_widths = (Z * np.sqrt(errors)).tolist()
    for k, x, half, end in zip(used.tolist(), drawn.tolist(), half_widths, ends, strict=True):
        name, own = f"availability: {clock(k * basis.width)}", share * x / level
        low, most = max(0.0, own - half), min(1.0, own + half)
        end = end or ("cut to 100 %" if own > 1.0 else "")
        rows.append(Estimated("all", name, min(1.0, own), low, most, "share", method, int(count[k]), end))
    return factor, rows


def following(seen: float, waits: Floats, grid: Floats) -> float:
    """The availability with which a share waits, between those of a grid; at its end where more or fewer wait."""
    return float(np.interp(seen, waits[::-1], grid[::-1]))


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
