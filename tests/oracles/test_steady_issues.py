"""Issues of a steady state are followed to their end: figures by issue against their formulas.

With agents always free, the chance to resolve r, and repeats with the chance c after a mean delay d, an attempt is
followed by another with q = c(1 - r). Contacts per issue are 1 / (1 - q), issues resolved r / (1 - q), and the time to
resolution of those resolved t + (d + t) q / (1 - q), with t the mean talk.
"""

from __future__ import annotations

import re

import pytest

from cxsim.cli.check import facts
from cxsim.model.calendar import timeline
from cxsim.model.time_spans import DAY
from cxsim.scenario import Scenario, ScenarioError, parse
from cxsim.simulation.simulate import simulate

H = 3600.0


def center(after: str | None = None, chance: str = "60%", delay: str = "90 min", **more) -> Scenario:
    """The case of the issue: everybody is answered at once, and 30 % of the contacts resolve nothing."""
    steady = {"warm_up": "2 h", "length": "6 h"} | ({"after": after} if after else {})
    return parse(
        {
            "cxsim": 1,
            "horizon": {"steady": steady, "interval": "60 min"},
            "reasons": {"a": {"volume": "120/h", "talk": "3 min", "resolution": "70%"}},
            "groups": {"g": {"agents": 30, "serves": ["a"]}},
            "after_contact": {"unresolved": {"repeat": chance, "delay": delay, "at_most": 1000}},
            **more,
        }
    )


def test_issues_of_a_steady_state_are_followed_to_their_end() -> None:
    """Fixed seed, 40 replications; each interval misses its exact value with 5 %, and 1.5 half-widths with 0.4 %."""
    result = simulate(center(), seed=5, replications=40)
    q = 0.6 * 0.3
    exact = {
        "contacts_per_issue": 1 / (1 - q),
        "issues_resolved": 0.7 / (1 - q),
        "time_to_resolution": 180 + (5400 + 180) * q / (1 - q),
    }
    assert list(exact.values()) == pytest.approx([1.2195, 0.8537, 1405], rel=1e-3)
    table = result.figures
    total = table[(table.scope == "total") & (table.interval == "total")].set_index("figure")
    for figure, value in exact.items():
        row = total.loc[figure]
        half = (row.high - row.low) / 2
        assert half < 0.1 * value
        assert abs(row.value - value) < 1.5 * half, (figure, row.value, value)


def test_what_is_simulated_on_is_not_counted() -> None:
    """Fresh contacts, hours paid and occupancy are those of the counted time alone."""
    result = simulate(center(), seed=5, replications=10)
    table = result.figures
    total = table[(table.scope == "total") & (table.interval == "total")].set_index("figure")["value"]
    assert total["fresh"] == pytest.approx(720, rel=0.05)
    assert total["paid_hours"] == 180
    assert total["agents_present"] == 30


def test_at_most_one_issue_in_ten_thousand_goes_on_after_the_simulated_time() -> None:
    """By the exact law: a geometric number of exponential delays sums to an exponential with the mean d / (1 - q)."""
    for chance, delay in ((0.6, 1.5), (0.9, 0.1), (0.1, 3.0)):
        when = timeline(center(chance=f"{100 * chance:g}%", delay=f"{60 * delay:g} min"))
        q = 0.3 * chance
        after = (when.end - when.counted_to) / H
        goes_on = q * 2.718281828 ** (-after * (1 - q) / (delay + 0.05))
        assert goes_on <= 1e-4
        assert after < 100 * delay


def test_without_returns_nothing_is_simulated_on() -> None:
    when = timeline(center(chance="0%"))
    assert when.end == when.counted_to == 8 * H


def test_what_cannot_happen_prolongs_no_steady_state() -> None:
    """Nobody hangs up in a flow that is not there, nor waits for the longer talk of another reason's queue."""
    hung_up = {"hung_up": {"redial": "50%", "delay": "90 min"}}
    when = timeline(center(after_contact={"abandoned": {"redial": "0%"}, **hung_up}))
    assert when.end == when.counted_to and "warm-up" not in " ".join(when.notes)
    reasons = {name: {"volume": "120/h", "talk": "3 min", "resolution": "70%"} for name in ("a", "b")}
    reasons["b"]["after_contact"] = {"unresolved": {"repeat": "0%"}}
    more = {"reasons": reasons, "groups": {"g": {"agents": 30, "serves": ["a", "b"]}}}
    usual, longer = (timeline(center(**more, queues={"a": {}, "b": queue})) for queue in ({}, {"talk": "1 h"}))
    assert longer.end == usual.end > usual.counted_to


def test_a_steady_state_says_what_it_cuts_and_which_fcr_it_can_measure() -> None:
    said = " ".join(facts(center(after="1 h"))[0])
    assert re.search(r"only 1 h are simulated after the counted time: the last returns are missing", said)
    assert "Measured FCR is not available: its window of 1 day is longer" in said
    assert "The warm-up of 2 h is shorter than returns take (95 % come within 4.49 h)" in said
    said = " ".join(facts(center(after="30 h", fcr_window="12 h"))[0])
    assert "returns are missing" not in said and "Measured FCR" not in said


def test_endless_returns_are_refused_unless_after_is_given() -> None:
    given = {"chance": "100%", "delay": "2 days"}
    refusal = r"horizon.steady: customers may keep coming back for .* write after: 14 days"
    with pytest.raises(ScenarioError, match=refusal):
        facts(center(**given))
    assert timeline(center(after="3 days", **given)).end == 8 * H + 3 * DAY
