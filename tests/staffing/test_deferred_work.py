"""Work that may wait in the fluid program: it is served until its deadline, so it fills the hours without calls."""

from __future__ import annotations

import numpy as np
import pytest

from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.scenario import parse


def day(letters, within="16 h", calls="0/h", **optimize):
    """Ten hours; letters of six minutes, answered by the team that takes the calls."""
    return problem(
        parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-18:00", "interval": "60 min", "before": "0 days", "after": "0 days"},
                "channels": {"phone": {}, "mail": {"deferrable": True}},
                "reasons": {
                    "call": {"volume": calls if isinstance(calls, str) else {"per_hour": calls}, "talk": "5 min"},
                    "letter": {"volume": {"per_hour": [0.0] * 8 + letters + [0.0] * 6}, "talk": "6 min"},
                },
                "queues": {
                    "call": {"target": {"sl": {"share": "80%", "within": "20s"}}},
                    "letter": {"channel": "mail", "target": {"sl": {"share": "90%", "within": within}}},
                },
                "groups": {"team": {"agents": 10, "serves": ["call", "letter"], "wage": 20}},
                "optimize": {"within_team": False, **optimize},
            }
        )
    )


def served_hours(found):
    """Agents by open hour."""
    levels = np.asarray(found.levels).sum(axis=0)
    return levels[8:18]


def test_letters_of_a_morning_are_spread_over_the_hours_until_their_deadline() -> None:
    """100 letters at 08:00, 10 hours of work, with no more than two agents: they take five hours, in time."""
    found = fluid(day([100.0] + [0.0] * 9, groups={"team": {"max": 2}}, floor="0%"), erlang="none")
    assert served_hours(found).sum() == pytest.approx(9.0, abs=0.6)  # 90 % in time
    assert served_hours(found).max() <= 2.0 + 1e-6


def test_a_deadline_of_three_hours_keeps_them_within_three_hours() -> None:
    """In time is what is served by 11:00: 90 letters, nine hours of work, in the first three hours."""
    found = fluid(day([100.0] + [0.0] * 9, within="3 h", floor="0%"), erlang="none")
    assert served_hours(found)[:3].sum() == pytest.approx(9.0, abs=0.5)
    # At once, and not counted as in time because somebody serves them later.
    soon = fluid(day([100.0] + [0.0] * 9, within="20s", floor="0%"), erlang="none")
    assert served_hours(soon)[0] == pytest.approx(9.0, abs=0.1)
    assert fluid(day([100.0] + [0.0] * 9, within="20s", floor="0%"), erlang="own").cost > 200.0


def test_letters_fill_the_valley_between_two_peaks_of_calls() -> None:
    """Two agents all day are free; the same team with a flat limit serves calls first and letters in between."""
    calls = [60.0, 60.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 60.0, 60.0]
    letters = [120.0] + [0.0] * 9
    with_letters = fluid(day(letters, calls=calls, floor="0%"), erlang="none")
    without = fluid(day([0.01] + [0.0] * 9, calls=calls, floor="0%"), erlang="none")
    assert with_letters.cost > without.cost
    levels, plain = served_hours(with_letters), served_hours(without)
    peaks = [0, 1, 8, 9]
    assert levels[peaks].sum() <= plain[peaks].sum() + 4.0
    assert (levels[2:8] - plain[2:8]).sum() + (levels[peaks] - plain[peaks]).sum() == pytest.approx(10.8, abs=0.5)


def test_the_program_without_chance_is_below_a_plan_that_serves_letters_later() -> None:
    """Before, letters in time had to be served in the hour they came, so the bound was above what a valley costs."""
    letters = [100.0] + [0.0] * 9
    limited = day(
        letters,
        groups={"team": {"max": 1}},
        floor="0%",
        subject_to=[{"figure": "sl", "scope": "queue:letter", "min": "90%"}],
    )
    found = fluid(limited, erlang="none")
    assert found.bound <= 20.0 * 9.0 + 1e-6
