"""Queues of any length: what happens to one contact takes no longer the more of them wait."""

from __future__ import annotations

import math

import pytest

import cxsim
from cxsim.engines import story
from cxsim.engines.story import center
from cxsim.model.prepare import prepare
from cxsim.rules.routing import system_state, wait_estimates
from cxsim.schema import names
from cxsim.schema.ledger import Keeper
from cxsim.simulation.replications import inputs

ABANDONING = names.ESTIMATORS.index("queue_length_abandoning")


def estimated(waiting: int, patience: str) -> tuple[float, float, float]:
    """The wait that is announced behind so many, the rate at which agents take them, that at which each gives up."""
    announced = {"estimator": "queue_length_abandoning", "leaves": {"over": "3 min", "share": "8%"}}
    model = prepare(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-10:00"},
                "channels": {"phone": {"patience": patience}},
                "reasons": {"r": {"volume": {"per_hour": 60}, "talk": "5 min", "queue": "q"}},
                "queues": {"q": {"announces": announced}},
                "groups": {"g": {"agents": 6, "serves": ["q"]}},
            }
        ),
        1,
    )
    board = system_state.board(model.network, 1)
    board["queues"]["waiting"], board["groups"]["present"] = waiting, 6
    row = model.network["queues"][0]
    wait = wait_estimates.expected_wait(model.network.record, board.record, 0, ABANDONING, 0.0)
    return wait, 6 / float(row["handle_time"]), float(row["giving_up"])


@pytest.mark.parametrize("patience", ["5 min", "400 h", "never"])
@pytest.mark.parametrize("waiting", [0, 10, 1022, 1023, 1024, 1025, 5000, 80_000])
def test_the_wait_behind_many_is_the_sum_of_its_steps(waiting: int, patience: str) -> None:
    wait, rate, giving_up = estimated(waiting, patience)
    assert wait == pytest.approx(math.fsum(1.0 / (rate + i * giving_up) for i in range(waiting + 1)), rel=1e-12)


def test_the_wait_behind_a_thousand_million_is_known_at_once() -> None:
    """Added one by one, its terms would take seconds at each arrival."""
    assert estimated(10**9, "5 min")[0] == pytest.approx(300.0 * math.log(1e9 * 300.0 / 300.0 / 6.0), rel=0.05)


def test_closing_time_and_patience_look_at_each_contact_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons of contacts in the readable engine, where callers leave from among callbacks: n log n, not n²."""
    compared = 0

    def counted(self: center.Contact, other: center.Contact) -> bool:
        nonlocal compared
        compared += 1
        return (self.since, self.issue) < (other.since, other.issue)

    model = prepare(
        cxsim.parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-08:30", "before": "0 days", "after": "0 days"},
                "at_close": "turn_away",
                "channels": {"phone": {"patience": "10 min"}},
                "reasons": {"r": {"volume": {"count": 2000}, "talk": "5 min", "queue": "q"}},
                "queues": {"q": {"callback": {"over": "0s", "accepted": "50%", "dial": "20s", "tries": 1}}},
                "groups": {"g": {"agents": 1, "serves": ["q"]}},
            }
        ),
        1,
    )
    given = inputs(model, 0)
    monkeypatch.setattr(center.Contact, "__lt__", counted)
    monkeypatch.setattr(center.Contact, "__eq__", lambda *_: pytest.fail("a queue is searched from the front"))
    story.replay(given, Keeper())
    assert compared < 30 * 2000
