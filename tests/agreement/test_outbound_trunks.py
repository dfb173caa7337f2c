"""A contact that the contact flow puts on a list of records to dial gives its trunk back."""

from __future__ import annotations

import pytest
from agreement.running import model_of, verified
from agreement.test_worlds import world

from cxsim.schema import ledger

FLOW = {"ask": {"self_service": {"contained": "0%", "time": {"deterministic": "1 min"}}, "then": "q"}}
LIST = {"outbound": {"mode": "progressive", "reached": "1%", "dial": {"deterministic": "30s"}, "tries": 1}}


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_a_record_that_is_given_up_leaves_the_trunk_to_the_next_contact(engine: str) -> None:
    legs, _ = world(
        engine,
        reasons={"a": (["00", "05", "10"], "1 min", {"flow": "ask"})},
        flow=FLOW,
        queues={"q": LIST},
        channels={"phone": {"lines": 1}},
        groups={"g": {"agents": 1, "serves": ["q"]}},
    )
    assert not any("blocked" in leg for leg in legs)
    assert sum("unreached" in leg for leg in legs) == 3


def test_trunks_and_the_contacts_that_hold_them_agree() -> None:
    tree = {
        "cxsim": 1,
        "horizon": {"open": "08:00-09:00"},
        "reasons": {"a": {"volume": {"per_hour": 20}, "talk": "1 min", "flow": "ask"}},
        "flow": FLOW,
        "queues": {"q": LIST},
        "groups": {"g": {"agents": 1, "serves": ["q"]}},
    }
    assert (verified(model_of(tree)).legs["outcome"] == ledger.UNREACHED).any()
