"""Reasons in several queues, as the optimizer's programs see them: flows, transfers, returns to another place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cxsim
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.rules import contact_rules
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs, replicate


def menu(**changes: Any) -> dict[str, Any]:
    """An hour a day by phone: a menu, two queues, and a third to which one hands on."""
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00", "days": 2, "interval": "1 h", "before": 0, "after": 0},
        "channels": {"phone": {"patience": "3 min"}},
        "reasons": {
            "bill": {"volume": {"per_hour": 200}, "talk": "4 min", "resolution": "75%", "flow": "main"},
            "order": {"volume": {"per_hour": 100}, "talk": "2 min", "wrap": "30s", "queue": "sales"},
        },
        "flow": {
            "main": {
                "menu": {"time": "20s", "hang_up": "10%", "chooses": {"others": {"one": "70%", "two": "30%"}}},
                "to": {"one": "billing", "two": "sales"},
            }
        },
        "queues": {
            "billing": {
                "target": {"sl": {"share": "80%", "within": "20s"}},
                "transfers": {"to": "experts", "share": "40%", "when": "unresolved", "retold": "30s"},
            },
            "sales": {"transfers": {"to": "billing", "share": {"bill": "50%"}, "talk": "25%"}},
            "experts": {"target": {"sl": {"share": "80%", "within": "20s"}}},
        },
        "groups": {
            "front": {"agents": 20, "wage": 20, "skills": {"billing": {}, "sales": {"handle_time": "120%"}}},
            "second": {"agents": 8, "wage": 30, "skills": {"experts": {"resolution": "100%"}}},
        },
        "sl": {"share": "80%", "within": "20s"},
        "after_contact": {"unresolved": {"repeat": "50%", "delay": "10 min", "next": {"experts": "100%"}}},
        **changes,
    }


def test_shares_of_flows_and_transfers_are_those_worked_out_by_hand() -> None:
    model = prepare(cxsim.parse(menu()))
    found = flows(model)
    bills = ("bill in billing", "bill in sales", "bill in experts")
    assert found.reasons == (*bills, "order in sales", "order in experts")
    of = {name: k for k, name in enumerate(found.reasons)}
    front, second = 0, 1
    billing, sales, experts = of["bill in billing"], of["bill in sales"], of["bill in experts"]
    # Of 200 an hour 10 % hang up, 70 % and 30 % of the others choose; 8 hours.
    sums = found.fresh.sum(axis=1)
    assert sums[billing] == pytest.approx(8 * 200 * 0.9 * 0.7, rel=0.03)
    assert sums[sales] == pytest.approx(8 * 200 * 0.9 * 0.3, rel=0.04)
    assert sums[experts] == 0.0
    assert sums[of["order in sales"]] == pytest.approx(800.0)
    assert found.resolution[billing, front] == pytest.approx(0.75)
    assert found.moved[billing, experts, front] == pytest.approx(0.25 * 0.4)
    assert found.failing[billing, front] == pytest.approx(0.25 * 0.6)
    # Half of the bills in sales are sent to billing after a quarter of the talk; the others are resolved at 75 %.
    assert found.moved[sales, billing, front] == pytest.approx(0.5)
    assert found.resolution[sales, front] == pytest.approx(0.5 * 0.75)
    assert found.failing[sales, front] == pytest.approx(0.5 * 0.25)
    assert found.handle[sales, front] == pytest.approx(1.2 * 240.0 * (0.5 + 0.5 * 0.25))
    # To the experts come a tenth of billing, handed on, and half of the failing: of sales an eighth, of billing 15 %.
    in_sales, in_billing = 0.3, 0.7 + 0.5 * 0.3
    handed, back = 0.1 * in_billing, 0.5 * (0.125 * in_sales + 0.15 * in_billing)
    told = 30.0 * handed / (handed + back)
    assert found.handle[experts, second] == pytest.approx(240.0 + told, abs=0.5)
    assert not found.able[experts, front]
    # The unresolved go to the experts the next time, wherever they were.
    assert found.repeat_to[[billing, sales, experts]][:, experts] == pytest.approx(1.0)
    assert found.repeat_to[of["order in sales"]].sum() == pytest.approx(1.0)


def test_a_contact_is_led_where_the_engine_leads_it() -> None:
    model = prepare(cxsim.parse(menu()))
    given = inputs(model, 3)
    _, kept = replicate(model, 4, keep=True)
    legs = kept[3].legs
    first = legs[(legs["queue"] >= 0) & (legs["attempt"] == 1) & (legs["cause"] == ledger.FRESH)]
    came_at = np.where(np.isnan(first["queued"]), first["ended"], first["queued"])  # turned away as it came
    seen = {int(leg["issue"]): (int(leg["queue"]), float(at)) for leg, at in zip(first, came_at, strict=True)}
    from cxsim.randomness import draws

    for time, issue in zip(given.times.tolist(), given.issues.tolist(), strict=True):
        r, day = issue >> ledger.REASON_SHIFT, issue >> ledger.DAY_SHIFT & (1 << 14) - 1
        key = np.uint64(draws.child(given.run_key, model.network["reasons"]["hash"][r]))
        key = np.uint64(draws.child(np.uint64(draws.child(key, day)), issue & (1 << ledger.DAY_SHIFT) - 1))
        queue, came = contact_rules.first_queue(model.network.record, given.run_key, r, key, time)
        assert (queue, came if queue >= 0 else -1.0) == seen.get(issue, (-1, -1.0))


def test_further_turns_and_questions_are_work() -> None:
    """Three answers in four bring another: four answers an issue; who is asked talks for the handover, not the talk."""
    tree = menu(after_contact={})
    del tree["flow"], tree["reasons"]["bill"]["flow"]
    tree["reasons"]["bill"]["queue"] = "billing"
    tree["queues"]["billing"]["turns"] = {"share": "75%", "think": "5 min"}
    tree["queues"]["billing"]["transfers"] = {
        "to": "experts",
        "share": "100%",
        "when": "unresolved",
        "kind": "consult",
        "handover": "90s",
    }
    tree["queues"]["sales"] = {}
    found = flows(prepare(cxsim.parse(tree)))
    billing, experts = found.reasons.index("bill in billing"), found.reasons.index("bill in experts")
    assert found.handle[billing, 0] == pytest.approx((240.0 + 0.25 * 90.0) * 4.0)
    assert found.moved[billing, experts, 0] == pytest.approx(0.25)
    assert found.handle[experts, 1] == pytest.approx(90.0)


def test_the_fluid_program_keeps_the_balance_of_what_is_handed_on() -> None:
    """Offered = fresh + returns + handed on, for every stream and interval."""
    found = fluid(problem(cxsim.parse(menu())))
    stream = found.flows
    served = found.allocation * (stream.open_seconds / 3600.0)
    handed = np.einsum("rgi,rsg->si", served, stream.moved)
    assert handed.sum() > 50.0
    fresh = np.where(stream.open_seconds > 0.0, stream.fresh, 0.0)
    assert found.offered == pytest.approx(fresh + found.redials + found.repeats + handed, abs=1e-6)
    assert served.sum(axis=1) + found.lost == pytest.approx(found.offered, abs=1e-6)


def test_contacts_of_closed_hours_that_wait_come_at_the_opening() -> None:
    tree = menu(
        channels={"mail": {"deferrable": True}},
        reasons={"letter": {"volume": {"per_hour": [5] * 24}, "talk": "4 min", "queue": "letters"}},
        queues={"letters": {"channel": "mail"}},
        groups={"front": {"agents": 4, "serves": ["letters"]}},
    )
    for key in ("flow", "after_contact"):
        del tree[key]
    stream = flows(prepare(cxsim.parse(tree)))
    assert stream.fresh[0, 8] == pytest.approx(9 * 5.0)  # from midnight to nine
    assert stream.fresh[0, 9:12] == pytest.approx(5.0)
    assert stream.fresh[0, 32] == pytest.approx(21 * 5.0)  # from noon, over the night, to nine


@pytest.mark.parametrize("key", ["flow", "transfers", "callback"])
def test_bounds_are_not_called_rigorous_where_they_are_argued(key: str) -> None:
    tree = menu(
        horizon={"steady": {"warm_up": "1 h", "length": "10 h"}, "interval": "1 h"},
        channels={"phone": {"patience": "5 min"}},
        after_contact={},
    )
    if key != "transfers":
        for queue in tree["queues"].values():
            queue.pop("transfers", None)
    if key != "flow":
        del tree["flow"], tree["reasons"]["bill"]["flow"]
        tree["reasons"]["bill"]["queue"] = "billing"
    if key == "callback":
        tree["queues"]["billing"] |= {"callback": {"over": "1 min", "accepted": "50%"}}
    if key != "transfers":
        tree["queues"].pop("experts"), tree["groups"].pop("second")
    assert not fluid(problem(cxsim.parse(tree))).rigorous
