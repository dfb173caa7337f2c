"""A self-service on the way to an agent: in the journey, in the effort, and in the talk, by hand in both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.running import in_order, model_of, written

import cxsim
from cxsim.schema import ledger
from cxsim.simulation.issue_histories import issues
from cxsim.studies.journeys import journeys

EFFORT = {"contact": 1, "wait_minute": 0, "menu": 10, "transfer": 100, "retelling": 1000, "again": 0, "switch": 10000}
COUNTED = ("contacts", "menus", "transfers", "retellings", "switches")


def center(service: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One customer comes to a portal at 8:10, which takes a minute and never helps, and then to the desk."""
    served = {"time": {"deterministic": "1 min"}, "contained": "0%", **(service or {})}
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-10:00", "before": 0, "after": 0},
        "channels": {"web": {"always_open": True}, "phone": {}},
        "reasons": {
            "bill": {
                "volume": {"arrivals": {"times": ["08:10"]}},
                "talk": {"deterministic": "5 min"},
                "flow": "portal",
            }
        },
        "flow": {"portal": {"self_service": served, "channel": "web", "then": "desk"}},
        "queues": {"desk": {"channel": "phone"}},
        "groups": {"a": {"agents": 1, "serves": ["desk"]}},
        "experience": {"effort": EFFORT},
        **changes,
    }


def told(tree: dict[str, Any], engine: Any) -> tuple[str, tuple[float, ...], float]:
    """The only journey, what was counted of it, and its time to solution."""
    found = journeys(cxsim.parse(tree), replications=1, engine=engine)
    (row,) = found.paths.to_dict("records")
    values = found.customer.set_index("figure")["value"]
    counts = tuple(float(values[figure]) for figure in COUNTED)
    weights = (1.0, 10.0, 100.0, 1000.0, 10000.0)
    assert row["effort"] == pytest.approx(sum(w * c for w, c in zip(weights, counts, strict=True)))
    return row["path"], counts, row["time"]


@pytest.fixture(params=["clock", "story"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_portal_that_did_not_help_is_a_stop_of_the_journey(engine: str) -> None:
    """The customer changes the channel and tells the agent again; nothing of this was counted before."""
    assert told(center(), engine) == ("portal: not solved → desk: solved", (1, 1, 0, 1, 1), 360.0)


def test_time_to_tell_it_again_lengthens_the_talk(engine: str) -> None:
    assert told(center({"retold": "30s"}), engine) == ("portal: not solved → desk: solved", (1, 1, 0, 1, 1), 390.0)


def test_an_agent_who_sees_what_was_said_is_not_told_again(engine: str) -> None:
    assert told(center({"retold": "0s"}), engine) == ("portal: not solved → desk: solved", (1, 1, 0, 0, 1), 360.0)


def test_nobody_tells_anything_to_a_portal_that_is_down(engine: str) -> None:
    tree = center({"down": {"from": "08:00", "to": "09:00"}})
    tree["flow"]["portal"]["otherwise"] = "desk"
    assert told(tree, engine)[1:] == ((1, 1, 0, 0, 1), 300.0)


def test_a_bot_on_the_phone_is_told_again_and_no_other_channel(engine: str) -> None:
    tree = center()
    tree["flow"]["portal"]["channel"] = "phone"
    assert told(tree, engine)[1] == (1, 1, 0, 1, 0)


def test_a_transfer_to_another_channel_changes_it(engine: str) -> None:
    """And within the channel does not: what is handed on is told again only with `retold`."""
    tree = center(channels={"web": {"always_open": True}, "phone": {}, "video": {}})
    tree["queues"] = {
        "desk": {"channel": "phone", "transfers": {"to": "near", "share": "100%"}},
        "near": {"channel": "phone", "transfers": {"to": "far", "share": "100%"}},
        "far": {"channel": "video"},
    }
    tree["groups"]["a"] = {"agents": 1, "serves": ["desk", "near", "far"]}
    path = "portal: not solved → desk: handed on → near: handed on → far: solved"
    assert told(tree, engine)[:2] == (path, (1, 1, 2, 1, 2))


def test_a_repeat_that_is_called_back_is_told_again_once_reached(engine: str) -> None:
    """A contact that is made because the last one did not help waits to be called back: no agent heard of it yet."""
    tree = center()
    tree["queues"]["desk"]["callback"] = {"over": "0s", "accepted": "100%", "dial": {"deterministic": "10s"}}
    tree["reasons"]["bill"] = {
        "volume": {"arrivals": {"times": ["08:00", "08:01"]}},
        "talk": {"deterministic": "5 min"},
        "queue": "desk",
        "resolution": "0%",
        "after_contact": {"unresolved": {"repeat": "100%", "delay": {"deterministic": "1 min"}, "at_most": 2}},
    }
    del tree["flow"]
    tree["channels"] = {"phone": {}}
    legs = in_order(written(model_of(tree), engine)).legs
    again = (legs["felt"] & ledger.TOLD_AGAIN) > 0
    assert (legs["cause"] == ledger.CALLED_BACK).any()
    # Each of the two second contacts is told again once, in the leg in which they talk.
    assert again.sum() == 2 and (legs["outcome"][again] == ledger.ANSWERED).all()
    assert (legs["attempt"][again] == 2).all()


def test_what_customers_remember_is_the_effort_of_the_ledger(engine: str) -> None:
    """Customers who forget nothing carry the effort of their issues; the engine sums it up as it happens."""
    tree = center(
        segments={"all": {"customers": 2000}},
        experience={
            "effort": EFFORT,
            "memory": {"patience_halves": 1e9},
            "churn": {"first": "0%", "later": "0%", "unsolved": "0%"},
        },
    )
    tree["flow"]["portal"]["self_service"]["contained"] = "30%"
    tree["reasons"]["bill"] |= {
        "volume": {"per_hour": 60},
        "resolution": "60%",
        "after_contact": {"unresolved": {"repeat": "50%", "delay": "10 min", "next": {"desk": "50%", "portal": "50%"}}},
    }
    tree["groups"]["a"]["agents"] = 9
    model = model_of(tree)
    made = in_order(written(model, engine))
    assert made.customers is not None
    one = issues(model, made, 0)
    assert (one.how >= 0).all() and one.each["switches"].sum() > one.each["contacts"].sum() / 2
    np.testing.assert_allclose(made.customers.members["burden"].sum(), one.each["effort"].sum(), rtol=1e-12)
