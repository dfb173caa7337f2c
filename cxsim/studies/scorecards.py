"""Both scorecards of journeys: the company's and the customer's, of everyone and by segment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.metrics.confidence_intervals import ratio_interval
from cxsim.metrics.registry import REGISTRY
from cxsim.simulation.issue_histories import Summary

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result

Floats = npt.NDArray[np.float64]
COLUMNS = ["figure", "title", "formula", "value", "low", "high", "unit"]

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
BY_SEGMENT = ("sl", "asa", "aht", "abandoned_share", "fcr_measured")  # of the company's figures
LEAVING = {
    False: ("customers expected to leave", "customers by the declared shares ÷ finished issues (assumption)"),
    True: (
        "issues that lost the customer",
        "customers who left after the issue, or are expected to ÷ finished issues (assumption)",
    ),
}


def sums_of(found: Sequence[Summary]) -> dict[str, tuple[Floats, Floats]]:
    """The sides of the customer's figures (n,), each a ratio of sums over issues that are over."""
    surveys, helped = np.array([one.surveys.sum(axis=0) for one in found]), [one.sums["helped"] for one in found]
    out = _sides([one.sums for one in found])
    out["helped"] = (np.array(helped), np.array(helped) + out["solved"][1])
    return out | {"csat_measured": (surveys[:, 4], surveys[:, 3])}


def _sides(found: Sequence[Mapping[str, float]]) -> dict[str, tuple[Floats, Floats]]:
    def sums(name: str) -> Floats:
        return np.array([one[name] for one in found])

    many = sums("issues")
    return {
        "solved": (sums("solved"), many),
        "failed": (sums("unsolved"), many),
        "time": (sums("time"), sums("solved")),
        **{name: (sums(name), many) for name in OVER_ISSUES},
        "value_lost": (sums("value_lost"), np.ones(len(found))),
    }


def company_board(result: Result, found: Sequence[Summary], scenario: Scenario, confidence: float) -> pd.DataFrame:
    """The company's scorecard: those of its figures that were measured."""
    import pandas as pd

    seen = [*COMPANY, *(OF_AI if any(node.ai_agent for node in scenario.flow.values()) else ())]
    rows = [_measured(result, figure) for figure in seen]
    if scenario.experience.survey is not None:
        told = ratio_interval(*sums_of(found)["csat_measured"], confidence)
        title = ("satisfied as measured", "satisfied ÷ answered surveys (assumption)")
        rows.append(("csat_measured", *title, float(told.value), float(told.low), float(told.high), "share"))
    return pd.DataFrame([row for row in rows if math.isfinite(row[3])], columns=COLUMNS)


def _measured(result: Result, figure: str, *where: str) -> tuple[Any, ...]:
    told = result.estimate(figure, *where)
    return (figure, REGISTRY[figure].title, REGISTRY[figure].formula, told.value, told.low, told.high, told.unit)


def customer_board(
    sides: Mapping[str, tuple[Floats, Floats]], scenario: Scenario, confidence: float
) -> list[tuple[Any, ...]]:
    """The customer's scorecard, as far as its sides are given."""
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
    if any(reason.community for reason in scenario.reasons.values()):
        formula = "fresh issues that a community helped with ÷ these and finished issues"
        rows.insert(2, ("helped", "helped by the community", formula, "share"))
    out = []
    for figure, title, formula, unit in (row for row in rows if row[0] in sides):
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


def boards_by_segment(result: Result, found: Sequence[Summary], scenario: Scenario, confidence: float) -> pd.DataFrame:
    """Both scorecards of each segment, where there are several."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for k, name in enumerate(scenario.segments if len(scenario.segments) > 1 else ()):
        for figure in BY_SEGMENT:
            row = _measured(result, figure, "segment", name)
            if math.isfinite(row[3]):
                rows.append((name, "company", *row))
        sides = _sides([one.by_segment[k] for one in found])
        rows += [(name, "customer", *row) for row in customer_board(sides, scenario, confidence)]
    return pd.DataFrame(rows, columns=["segment", "view", *COLUMNS])
