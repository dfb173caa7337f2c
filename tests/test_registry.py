"""The registry is data: each fact about a figure stands in its row, once."""

from __future__ import annotations

from cxsim.metrics import REGISTRY, better
from cxsim.metrics.registry import terms
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS, PRICED
from cxsim.report.common import formats
from cxsim.scenario import parse
from cxsim.scenario.io.faults import ScenarioError
from cxsim.schema.service_levels import SL_DEFINITIONS

FROM_PLAN = {"waiting", "seconds", "most", "required", "open_seconds", "scheduled", "planned", "present", "paid_time"}


def test_every_figure_is_made_of_sums_that_there_are() -> None:
    known = {*CONTACT_COLUMNS, *GROUP_COLUMNS, *PRICED, *FROM_PLAN, "staff_cost"}
    for figure in REGISTRY.values():
        if figure.kind != "quantile":
            assert {name for name, _ in terms(f"{figure.numerator} + {figure.denominator}")} <= known, figure.name


def test_a_share_and_its_complement_point_in_opposite_directions() -> None:
    assert better("answered_share") == -better("abandoned_share") == 1
    assert all(better(f"sl_{name}") == 1 for name in SL_DEFINITIONS)
    assert all(better(name) == -1 for name in REGISTRY if name.startswith(("wait_p", "wait_all")))
    assert better("offered") == better("not a figure") == 0


def test_reports_and_goals_know_the_same_direction() -> None:
    """A goal from the wrong side is refused for each ratio that has a direction, and for no other."""
    for name, figure in REGISTRY.items():
        if figure.kind != "ratio" or figure.unit != "share" or "total" not in figure.scopes:
            continue
        assert refused(name, "min") == (better(name) < 0), name
        assert refused(name, "max") == (better(name) > 0), name


def refused(figure: str, bound: str) -> bool:
    tree = {
        "cxsim": 1,
        "reasons": {"call": {"volume": {"per_hour": 60}, "handle_time": "4 min", "patience": "3 min"}},
        "groups": {"a": {"agents": 8, "serves": ["call"], "wage": 20}},
        "optimize": {"minimise": "cost", "subject_to": [{"figure": figure, bound: "50%"}]},
    }
    try:
        parse(tree)
    except ScenarioError as error:
        return any("wrong direction" in fault.rule for fault in error.faults)
    return False


def test_the_head_of_a_column_is_the_short_title_of_the_row() -> None:
    for name, figure in REGISTRY.items():
        assert formats.head(name) == (figure.short or formats.title(name))
