"""Journeys: what became of customers' issues, contact after contact and across channels, beside what the company sees.

Issues that are still open when the simulated time ends are left out of all shares. Everything is computed from the
ledger, so both engines say the same. Effort, satisfaction, churn and value follow from weights and shares that are
assumptions (`Experience`); they act on the simulation only where customers are told apart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.prepare import Model, prepare
from cxsim.report.studies.journeys import plot
from cxsim.simulation.build_result import assemble
from cxsim.simulation.issue_histories import CAUSES, MOVED, Summary, summary
from cxsim.simulation.replications import Engine, Progress, Watch, replicate
from cxsim.simulation.simulate import check_arguments
from cxsim.simulation.touchpoints import VISITED, touchpoints
from cxsim.studies.scorecards import COLUMNS, boards_by_segment, company_board, customer_board, sums_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.metrics import Sample
    from cxsim.scenario import Scenario
    from cxsim.schema.ledger import Ledger
    from cxsim.simulation.result import Result

Floats = npt.NDArray[np.float64]
DEFAULT_REPLICATIONS = 10
GREEN_FROM = 10.0  # issues begun in an interval, over all replications, below which nothing is said of it


@dataclass(frozen=True, eq=False)
class Journeys:
    """What happened to the issues that began in the counted time.

    Attributes
    ----------
    scenario : Scenario
        What was simulated.
    result : Result
        The company's view, as `simulate` gives it.
    paths : DataFrame
        One row per journey, the most common first: path, issues (per replication), share, time (mean, s), contacts,
        effort, solved (0 or 1), churn (share who leave), value_lost (per replication, money a year).
    customer : DataFrame
        The customer's scorecard: figure, title, formula, value, low, high, unit.
    company : DataFrame
        The company's scorecard, with the same columns.
    gap : DataFrame
        One row per interval that looks good to the company and bad to customers: interval, sl, target, settled, issues,
        and the number of issues not solved at once by cause.
    levels : DataFrame
        One row per interval with enough issues: interval, sl, settled.
    surveys : DataFrame
        One row per surveyed queue: queue, contacts, sent, answered (per replication), measured and true (share
        satisfied among those who answered and among all contacts), bias.
    people : DataFrame
        One row per segment if customers are modelled individually, means over replications: segment, value, start,
        left_first, left_later, left_unsolved, warned, brought, replaced, end.
    segments : DataFrame
        Both scorecards by segment, if there are two or more: segment, view ('company' or 'customer'), and the columns
        of the scorecards. The company's has the metrics that can be told by segment.
    touchpoints : DataFrame
        One row per visited touchpoint: touchpoint, kind, visits (per replication), and per visit the shares solved and
        onward (led on to another place within the contact), effort (points) and success (felt, an assumption).
    intervals : int
        Number of intervals that reach the service level and have enough issues to judge.
    assumptions : tuple of dict
        What the figures rest on.
    """

    scenario: Scenario
    result: Result
    paths: pd.DataFrame
    customer: pd.DataFrame
    company: pd.DataFrame
    gap: pd.DataFrame
    levels: pd.DataFrame
    surveys: pd.DataFrame
    people: pd.DataFrame
    segments: pd.DataFrame
    touchpoints: pd.DataFrame
    intervals: int  # of those looked at for the gap, how many are green for the company
    assumptions: tuple[dict[str, str], ...]

    @property
    def troubled(self) -> pd.DataFrame:
        """The journeys that were not solved at the first contact.

        Returns
        -------
        DataFrame
            Rows of `paths`.
        """
        return self.paths[(self.paths["solved"] == 0) | (self.paths["contacts"] > 1.0)]

    def plot(self, most: int = 12) -> Figure:
        """Chart the most common journeys, and those not solved at once, as rows of contacts coloured by how they ended.

        Parameters
        ----------
        most : int, default 12
            Number of journeys to show in each part.

        Returns
        -------
        Figure
            A matplotlib figure.
        """
        return plot(self, most)


def journeys(
    scenario: Scenario,
    *,
    seed: int = 1,
    replications: int | None = None,
    precision: Mapping[str, float | str] | None = None,
    confidence: float = 0.95,
    engine: Engine = "clock",
    threads: int | None = None,
    keep: Sequence[str] = (),
    progress: Progress | None = None,
) -> Journeys:
    """Simulate a scenario and follow each issue to its end: the customer's view beside the company's.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    seed : int, default 1
        Random seed.
    replications : int, optional
        Number of replications, from 1 to 10,000; 10 if neither this nor `precision` is given.
    precision : mapping, optional
        {metric: half-width}, as for `simulate`.
    confidence : float, default 0.95
        Confidence level of the intervals, from 0.5 to 0.999.
    engine : {'clock', 'story'}, default 'clock'
        The compiled engine or the readable one.
    threads : int, optional
        Number of threads; all processors if not given. The result does not depend on it.
    keep : sequence of str, default ()
        Tables to keep in `result`: 'legs' and 'spells'.
    progress : callable, optional
        Called as `progress(done, expected)`; return False to stop with the replications done so far.

    Returns
    -------
    Journeys
        The journeys, both scorecards, and `result`, which equals that of `simulate`.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario.
    ValueError
        Another argument is wrong; the message lists all of them.

    Examples
    --------
    >>> cxsim.journeys(scenario).paths.head()
    """
    import pandas as pd

    began = time.perf_counter()
    widths = check_arguments(replications, precision, engine, keep, seed, threads, confidence)
    model = prepare(scenario, int(seed))
    watch = Watch(progress)
    many = replications or (None if widths else DEFAULT_REPLICATIONS)

    def read(made: Ledger, number: int, _: object) -> tuple[Ledger | None, Summary]:
        return made if keep else None, summary(model, made, number)

    samples, both = replicate(model, many, widths, engine, threads, read, watch, confidence)
    kept, found = [made for made, _ in both if made is not None], [one for _, one in both]
    took = time.perf_counter() - began
    result = assemble(model, samples, kept, engine, took, keep, widths, watch.ended, confidence)
    gap, levels, green = _gap(model, result, found)
    customer = pd.DataFrame(customer_board(sums_of(found), scenario, confidence), columns=COLUMNS)
    return Journeys(
        scenario=scenario,
        result=result,
        paths=_paths(found),
        customer=customer,
        company=company_board(result, found, scenario, confidence),
        gap=gap,
        levels=levels,
        surveys=_surveys(found, scenario),
        people=_people(found, scenario),
        segments=boards_by_segment(result, found, scenario, confidence),
        touchpoints=_visited(found, scenario),
        intervals=green,
        assumptions=tuple(scenario.experience.assumptions()),
    )


def follow(
    model: Model,
    replications: int,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
    told: bool = False,
) -> tuple[list[Sample], list[Summary]]:
    """The samples and the issues of each replication; without their paths in words if not `told`."""

    def read(made: Ledger, number: int, _: object) -> Summary:
        return summary(model, made, number, told)

    return replicate(model, replications, None, engine, threads, read, progress)


def _paths(found: Sequence[Summary]) -> pd.DataFrame:
    """The journeys of issues that are over, the commonest first."""
    import pandas as pd

    sums: dict[str, Floats] = {}
    for one in found:
        for path, each in one.paths.items():
            sums[path] = sums.get(path, 0.0) + each
    total, n = max(sum(each[0] for each in sums.values()), 1.0), max(len(found), 1)
    rows = []
    for path, (many, seconds, contacts, effort, churn, lost) in sorted(sums.items(), key=lambda one: -one[1][0]):
        solved = path.endswith(": solved")
        mean = seconds / many if solved else math.nan
        rows.append(
            (path, many / n, many / total, mean, contacts / many, effort / many, int(solved), churn / many, lost / n)
        )
    columns = ["path", "issues", "share", "time", "contacts", "effort", "solved", "churn", "value_lost"]
    return pd.DataFrame(rows, columns=columns)


def _surveys(found: Sequence[Summary], scenario: Scenario) -> pd.DataFrame:
    """What surveys say of each queue, beside what is so."""
    import pandas as pd

    names, n = [*scenario.queues, "(self-service)"], max(len(found), 1)
    rows = []
    sums = np.sum([one.surveys for one in found], axis=0)
    for name, (contacts, satisfied, sent, answered, said) in zip(names, sums, strict=True):
        if contacts and scenario.experience.survey is not None:
            measured = said / answered if answered else math.nan
            true = satisfied / contacts
            rows.append((name, contacts / n, sent / n, answered / n, measured, true, measured - true))
    columns = ["queue", "contacts", "sent", "answered", "measured", "true", "bias"]
    return pd.DataFrame(rows, columns=columns)


def _people(found: Sequence[Summary], scenario: Scenario) -> pd.DataFrame:
    """How many customers there are, and why they are more or fewer than at the beginning."""
    import pandas as pd

    known = [one.people for one in found if one.people is not None]
    means = np.mean(known, axis=0) if known else np.zeros((len(scenario.segments), len(MOVED)))
    rows = [
        (name, segment.value, *each)
        for (name, segment), each in zip(scenario.segments.items(), means, strict=True)
        if segment.customers
    ]
    return pd.DataFrame(rows, columns=["segment", "value", *MOVED])


def _visited(found: Sequence[Summary], scenario: Scenario) -> pd.DataFrame:
    """Touchpoints that were visited: how often, and what a visit comes to."""
    import pandas as pd

    points = touchpoints(scenario)
    sums = np.sum([one.visits for one in found], axis=0) if found else np.zeros((len(points), len(VISITED)))
    rows = [
        (*point, each[0] / len(found), *(each[1:] / each[0]))
        for point, each in zip(points, sums, strict=True)
        if each[0] > 0.0
    ]
    return pd.DataFrame(rows, columns=["touchpoint", "kind", *VISITED])


def _gap(model: Model, result: Result, found: Sequence[Summary]) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Intervals that are green for the company and red for its customers, all of them, and how many are green."""
    import pandas as pd

    n = model.timeline.n_intervals
    begun, settled = np.zeros(n) + sum(one.begun for one in found), np.zeros(n) + sum(one.settled for one in found)
    causes = np.zeros((n, len(CAUSES))) + sum(one.causes for one in found)
    sl = result.series("sl").set_index("interval")["value"]
    goal, line = model.scenario.sl.share, model.scenario.experience.settled
    rows, levels, green = [], [], 0
    for i, label in enumerate(model.layout.labels):
        level = float(sl.get(label, math.nan))
        if not (math.isfinite(level) and begun[i] >= GREEN_FROM):
            continue
        share = settled[i] / begun[i]
        levels.append((label, level, share))
        if level < goal:
            continue
        green += 1
        if share < line:
            rows.append((label, level, goal, share, begun[i] / len(found), *(causes[i] / len(found))))
    frame = pd.DataFrame(rows, columns=["interval", "sl", "target", "settled", "issues", *CAUSES])
    every = pd.DataFrame(levels, columns=["interval", "sl", "settled"])
    return frame.sort_values("settled", kind="stable").reset_index(drop=True), every, green
