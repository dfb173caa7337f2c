"""Journeys: what became of customers' issues, contact after contact and across channels, beside what the company sees.

Issues that are still open when the simulated time ends are left out of all shares. Everything is computed from the
ledger, so both engines say the same. Effort, satisfaction, churn and value follow from weights and shares that are
assumptions (`Experience`); they act on the simulation only where customers are told apart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import ratio_interval
from cxsim.metrics.registry import REGISTRY
from cxsim.model.prepare import Model, prepare
from cxsim.report.studies.journeys import plot
from cxsim.simulation.build_result import assemble
from cxsim.simulation.issue_histories import CAUSES, MOVED, Summary, summary
from cxsim.simulation.replications import Engine, Progress, Watch, replicate
from cxsim.simulation.simulate import check_arguments

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

COMPANY = (
    "sl",
    "asa",
    "aht",
    "occupancy",
    "abandoned_share",
    "contained_share",
    "fcr_measured",
    "cost_per_contact",
)
OF_AI = ("automated_share", "ai_false_resolution", "conversation_cost")
OVER_ISSUES = (
    "first",
    "contacts",
    "wait",
    "menus",
    "transfers",
    "retellings",
    "switches",
    "effort",
    "rude",
    "holds",
    "broken",
    "kept",
    "compensated",
    "satisfied",
    "nps",
    "disloyal",
    "churn",
)
LEAVING = {
    False: ("customers expected to leave", "customers by the declared shares ÷ finished issues (assumption)"),
    True: (
        "issues that lost the customer",
        "customers who left after the issue, or are expected to ÷ finished issues (assumption)",
    ),
}


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
    seen = [*COMPANY, *(OF_AI if any(node.ai_agent for node in scenario.flow.values()) else ())]
    company = [
        (figure, *_title(figure), *(getattr(result.estimate(figure), k) for k in ("value", "low", "high", "unit")))
        for figure in seen
    ]
    if scenario.experience.survey is not None:
        told = ratio_interval(*sums_of(found)["csat_measured"], confidence)
        title = ("satisfied as measured", "satisfied ÷ answered surveys (assumption)")
        company.append(("csat_measured", *title, float(told.value), float(told.low), float(told.high), "share"))
    columns = ["figure", "title", "formula", "value", "low", "high", "unit"]
    board = pd.DataFrame([row for row in company if math.isfinite(row[3])], columns=columns)
    return Journeys(
        scenario=scenario,
        result=result,
        paths=_paths(found),
        customer=pd.DataFrame(_customer(found, scenario, confidence), columns=columns),
        company=board,
        gap=gap,
        levels=levels,
        surveys=_surveys(found, scenario),
        people=_people(found, scenario),
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


def sums_of(found: Sequence[Summary]) -> dict[str, tuple[Floats, Floats]]:
    """The sides of the customer's figures (n,), each a ratio of sums over issues that are over."""

    def sums(name: str) -> Floats:
        return np.array([one.sums[name] for one in found])

    many, surveys = sums("issues"), np.array([one.surveys.sum(axis=0) for one in found])
    return {
        "solved": (sums("solved"), many),
        "failed": (sums("unsolved"), many),
        "time": (sums("time"), sums("solved")),
        **{name: (sums(name), many) for name in OVER_ISSUES},
        "value_lost": (sums("value_lost"), np.ones(len(found))),
        "csat_measured": (surveys[:, 4], surveys[:, 3]),
    }


def _title(figure: str) -> tuple[str, str]:
    return REGISTRY[figure].title, REGISTRY[figure].formula


def _customer(found: Sequence[Summary], scenario: Scenario, confidence: float) -> list[tuple[Any, ...]]:
    """The customer's scorecard."""
    rows = [
        ("solved", "issues solved", "issues solved in the end ÷ finished issues", "share"),
        (
            "first",
            "solved at the first contact",
            "by the first contact in any channel, including self-service ÷ finished issues",
            "share",
        ),
        ("failed", "journeys that failed", "given up unsolved ÷ finished issues", "share"),
        (
            "time",
            "time to solution",
            "from the first contact to the end of the one that solved the issue ÷ issues solved",
            "s",
        ),
        ("contacts", "contacts per issue", "contacts ÷ finished issues", ""),
        ("wait", "time waiting per issue", "waiting in all queues ÷ finished issues", "s"),
        ("menus", "menus per issue", "menus, announcements and self-service ÷ finished issues", ""),
        ("transfers", "transfers per issue", "transfers ÷ finished issues", ""),
        (
            "retellings",
            "repeated explanations per issue",
            "times that a customer repeated everything ÷ finished issues",
            "",
        ),
        ("switches", "channel switches per issue", "changes of channel, also within a contact ÷ finished issues", ""),
        (
            "effort",
            "effort per issue",
            "weighted sum of these and of repeats and redials ÷ finished issues (assumption)",
            "points",
        ),
        *_treated(scenario),
        (
            "satisfied",
            "satisfied customers",
            "customers by the declared shares ÷ finished issues (assumption)",
            "share",
        ),
        (
            "nps",
            "promoters minus detractors",
            "customers by the declared shares ÷ finished issues (assumption)",
            "share",
        ),
        (
            "disloyal",
            "less loyal customers",
            "customers by effort and the declared shares ÷ finished issues (assumption)",
            "share",
        ),
        ("churn", *LEAVING[any(segment.customers for segment in scenario.segments.values())], "share"),
    ]
    if any(segment.value for segment in scenario.segments.values()):
        life = scenario.experience.lifetime
        formula = ("a year's" if life is None else f"{life.factor:.4g} years'") + (
            " value of customers who leave, spend less or are warned off after issues that began on "
            "these days, minus the value of new customers won (assumption)"
        )
        rows.append(("value_lost", "value lost", formula, "money"))
    out, sides = [], sums_of(found)
    for figure, title, formula, unit in rows:
        told = ratio_interval(*sides[figure], confidence)
        out.append((figure, title, formula, float(told.value), float(told.low), float(told.high), unit))
    return out


def _treated(scenario: Scenario) -> Iterator[tuple[str, str, str, str]]:
    """Rows on how customers were treated, as far as the scenario says anything about it."""
    if any(group.courtesy < 1.0 for group in scenario.groups.values()):
        yield "rude", "discourteous talks per issue", "discourteous talks ÷ finished issues", ""
    if any(reason.hold > 0.0 for reason in scenario.reasons.values()):
        yield "holds", "talks on hold per issue", "talks in which the customer was on hold ÷ finished issues", ""
    if scenario.experience.expectations is not None:
        yield "broken", "waits longer than expected per issue", "waits longer than expected ÷ finished issues", ""
        yield "kept", "waits as expected per issue", "answers within the expected wait ÷ finished issues", ""
    if any(group.empowerment for group in scenario.groups.values()):
        yield "compensated", "compensations per issue", "compensations that settled it ÷ finished issues", ""


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
