"""Which staff can be decided: headcounts or shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.optimizer.problem.structure import Structure, headcounts
from cxsim.optimizer.shifts.shift_columns import shift_columns
from cxsim.scenario.model.optimizing import optimizing

if TYPE_CHECKING:
    from cxsim.model.calendar import Timeline
    from cxsim.optimizer.problem.prices import Prices
    from cxsim.scenario.model.scenario import Scenario


def structure(scenario: Scenario, timeline: Timeline, prices: Prices) -> Structure:
    """What `optimize.staff` says can be decided: headcounts or shifts."""
    make = headcounts if optimizing(scenario).kind == "headcounts" else shifts
    return make(scenario, timeline, prices)


def shifts(scenario: Scenario, timeline: Timeline, prices: Prices) -> Structure:
    """Shifts of people; see `shifting.shift_columns`."""
    return shift_columns(scenario, timeline, prices)
