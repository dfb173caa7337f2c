"""Where an issue first waits, after all tries that end before a queue, as the engine has it draw for draw."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim
from cxsim.metrics.sums import CONTACT_COLUMNS
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.first_queues import _first_queue
from cxsim.optimizer.problem.problem import problem
from cxsim.randomness import draws
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs, replicate


@pytest.fixture(scope="module")
def posed():
    """A portal that is always open and helps half of those whom it contains, a menu, and queues that close at noon."""
    target = {"target": {"sl": {"share": "80%", "within": "20s"}}}
    return cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"days": 2, "open": "08:00-12:00", "interval": "60 min"},
            "channels": {"portal": {"always_open": True}, "chat": {"patience": "never"}},
            "reasons": {
                "ask": {"volume": {"per_hour": [20] * 24}, "talk": "1 min", "resolution": "100%", "flow": "portal"},
                "call": {"volume": "30/h", "talk": "1 min", "resolution": "100%", "queue": "calls"},
            },
            "flow": {
                "portal": {
                    "self_service": {"time": "2 min", "hang_up": "10%", "contained": "60%", "of_which_false": "50%"},
                    "channel": "portal",
                    "then": "menu",
                },
                "menu": {
                    "menu": {"time": "20s", "hang_up": "10%", "chooses": {"others": {"call": "70%", "chat": "30%"}}},
                    "to": {"call": "calls", "chat": "chats"},
                },
            },
            "queues": {"calls": dict(target), "chats": {"channel": "chat", **target}},
            "groups": {"all": {"agents": 40, "serves": ["calls", "chats"], "wage": 20}},
            "after_contact": {
                "hung_up": {"redial": "80%", "delay": "20 min"},
                "closed": {"redial": "60%", "delay": {"exponential": {"mean": "2 h"}}, "next": {"calls": "100%"}},
                "contained": {
                    "repeat": "90%",
                    "delay": {"exponential": {"mean": "1 h"}},
                    "next": {"menu": "50%", "chats": "50%"},
                },
            },
        }
    )


def test_an_issue_first_waits_where_and_when_the_engine_has_it_wait(posed) -> None:
    """Before, an issue whose first try ended in a menu, a portal or at a closed door never came to a queue."""
    model = prepare(posed)
    given = inputs(model, 3)
    _, kept = replicate(model, 4, keep=True)
    legs = kept[3].legs
    waits = legs[(legs["queue"] >= 0) & (legs["outcome"] != ledger.CLOSED)]
    waits = waits[np.lexsort((waits["queued"], waits["issue"]))][::-1]
    seen = {int(leg["issue"]): (int(leg["queue"]), float(leg["queued"])) for leg in waits}
    later = 0
    for time, issue in zip(given.times.tolist(), given.issues.tolist(), strict=True):
        r, day = issue >> ledger.REASON_SHIFT, issue >> ledger.DAY_SHIFT & (1 << 14) - 1
        key = np.uint64(draws.child(given.run_key, model.network["reasons"]["hash"][r]))
        key = np.uint64(draws.child(np.uint64(draws.child(key, day)), issue & (1 << ledger.DAY_SHIFT) - 1))
        queue, came = _first_queue(model.network.record, given.run_key, r, key, time)
        assert (queue, came if queue >= 0 else -1.0) == seen.get(issue, (-1, -1.0))
        later += queue >= 0 and came - time > 600.0
    assert later > 50


def test_the_program_counts_as_many_fresh_contacts_as_come_to_each_queue(posed) -> None:
    """Nobody gives up and all are helped, so who comes to a queue is answered once; 3 % are 6 standard errors."""
    asked = problem(posed, threads=1)
    trial = asked.trials.run(asked.model.plan, range(64))
    answered = trial.contacts[CONTACT_COLUMNS.index("answered")].sum(axis=1)
    found = flows(asked.model)
    for q, queue in enumerate(asked.model.layout.queues):
        seen = answered[asked.model.layout.streams[:, 0] == q].sum()
        assert found.fresh[found.queue_of == q].sum() == pytest.approx(seen, rel=0.03), queue
