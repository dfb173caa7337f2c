"""How ledgers of related scenarios must be related."""

from __future__ import annotations

import copy
import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agreement.running import Raw, differences, in_order, model_of, written
from agreement.strategies import scenarios
from hypothesis import HealthCheck, assume, given, settings

from cxsim import parse
from cxsim.engines.clock import replay
from cxsim.engines.inputs import Inputs
from cxsim.schema import ledger
from cxsim.schema.names import CAUSES, REPEATS
from cxsim.simulation.replications import inputs
from cxsim.simulation.simulate import simulate

ROOT = Path(__file__).resolve().parents[2]
FEW = settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
TIMES = ("arrived", "queued", "answered", "talk_end", "ended", "next_at", "opened", "waited", "accumulated")

RICH: dict[str, Any] = {
    "cxsim": 1,
    "horizon": {"days": 2, "open": "08:00-12:00", "before": "0 days", "after": "0 days"},
    "segments": {"many": {"share": "80%"}, "few": {"share": "20%", "patience": {"factor": 0.5}}},
    "channels": {"phone": {"patience": "2 min", "balk": "5%", "lines": 25}},
    "reasons": {
        "a": {
            "volume": "60/h",
            "talk": {"lognormal": {"mean": "4 min", "cv": "80%"}},
            "wrap": "30s",
            "resolution": "80%",
        },
        "b": {"volume": "40/h", "talk": {"gamma": {"mean": "5 min", "cv": "60%"}}, "resolution": "70%"},
    },
    "queues": {
        "a": {"capacity": 6},
        "b": {"overflow": [{"after": "30s", "to": ["h"]}, {"after": "90s", "to_queue": "a"}]},
    },
    "groups": {
        "g": {
            "skills": {"a": {}, "b": {"rank": 2, "handle_time": "120%"}},
            "spread": {"handle_time": "15%"},
            "agents": 4,
        },
        "h": {"serves": ["a"], "availability": "80%"},
    },
    "staff": {
        "shifts": [{"group": "h", "start": "08:00", "end": "11:30", "breaks": ["09:00-09:15"], "agents": 3}],
        "at_shift_end": "hand_back",
    },
    "after_contact": {
        "abandoned": {"redial": "50%", "delay": "5 min"},
        "unresolved": {"repeat": "70%", "delay": "1 h"},
    },
}


# --- what an engine does with its memory changes nothing --------------------------------------------------------


@pytest.mark.parametrize("block", [64, 100, 4096])
def test_the_size_of_a_block_changes_nothing(block: int) -> None:
    model = model_of(RICH)
    sink = Raw()
    replay.replay(inputs(model, 0), sink, block=block)
    assert not differences(in_order(sink.ledger()), in_order(written(model, "story")))
    assert (len(sink.blocks["legs"]) > 5) == (block < 200)


@FEW
@given(scenarios())
def test_a_growing_pool_of_contacts_changes_nothing(tree: dict[str, Any]) -> None:
    model = model_of(tree)
    sink = Raw()
    replay.replay(inputs(model, 0), sink, contacts=2)
    assert not differences(sink.ledger(), written(model, "clock"))


def test_what_was_left_in_the_memory_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that another replication was in, with its contacts overwritten by nonsense, is as good as a new one."""
    begun = []

    def begin(room: replay._Room, inputs: Inputs) -> None:
        begun.append(room)
        if len(set(begun)) < len(begun):
            for name in ("nodes", "contacts", "more", "spells"):
                room.world[name].view(np.uint8)[...] = 0x5A
        usual(room, inputs)

    usual = replay._Room.begin
    monkeypatch.setattr(replay._Room, "begin", begin)

    @FEW
    @given(scenarios())
    def check(tree: dict[str, Any]) -> None:
        begun.clear()
        model = model_of(tree)
        first = written(model, "clock")
        written(model, "clock", 1)
        assert not differences(first, written(model, "clock"))
        rooms = 3 if model.scenario.staff.redraw_agents else 1  # one a network: with other people it is another
        assert len(begun) == 3 and len(set(begun)) == rooms

    check()


def test_more_queues_and_groups_than_bits_change_nothing() -> None:
    """Behind 66 queues and groups of which nothing comes, the same happens as alone: in both engines."""
    tree: dict[str, Any] = copy.deepcopy(RICH)
    idle = [f"idle {i}" for i in range(66)]
    tree["reasons"] = {name: {"volume": "0/h", "talk": "1 min"} for name in idle} | tree["reasons"]
    tree["queues"] = {name: {} for name in idle} | tree["queues"]
    tree["groups"] = {name: {"serves": [name], "agents": 0} for name in idle} | tree["groups"]
    alone = in_order(written(model_of(RICH), "clock"))
    assert {"a", "b"} == {list(RICH["queues"])[queue] for queue in np.unique(alone.legs["queue"])}
    for engine in ("clock", "story"):
        made = in_order(written(model_of(tree), engine))
        assert len(made.legs) == len(alone.legs) > 300
        for name in TIMES:
            np.testing.assert_array_equal(np.sort(made.legs[name]), np.sort(alone.legs[name]))


def test_the_number_of_threads_changes_nothing() -> None:
    one, two = (simulate(parse(RICH), replications=4, threads=n, keep=["legs", "spells"]) for n in (1, 2))
    assert one.figures.equals(two.figures)
    assert one.legs is not None and two.legs is not None and one.legs.equals(two.legs)
    assert one.spells is not None and two.spells is not None and one.spells.equals(two.spells)


SMALL: dict[str, Any] = {**RICH, "horizon": {"open": "08:00-09:00", "before": "0 days", "after": "0 days"}}
SMALL["staff"] = {"shifts": [{"group": "h", "start": "08:00", "end": "08:45", "breaks": ["08:10-08:20"], "agents": 2}]}


def digest(made: ledger.Ledger) -> str:
    """A ledger's fields as one hash; padding between them is left out."""
    made = in_order(made)
    out = hashlib.sha256()
    for table in (made.legs, made.spells):
        for name in table.dtype.names or ():
            out.update(np.ascontiguousarray(table[name]).tobytes())
    for array in (made.waiting, made.most):
        out.update(array.tobytes())
    return f"{len(made.legs)} legs {out.hexdigest()}"


def test_without_the_compiler_the_ledger_is_the_same() -> None:
    model = model_of(SMALL)
    compiled = digest(written(model, "clock"))
    program = (
        "import numba; assert numba.config.DISABLE_JIT\n"
        "from agreement.running import model_of, written\n"
        "from agreement.test_relations import SMALL, digest\n"
        "model = model_of(SMALL)\n"
        "for engine in ('clock', 'story'): print(digest(written(model, engine)))\n"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.split("\n")[:2] == [compiled, compiled]


# --- names and strangers -----------------------------------------------------------------------------------------


def renamed(tree: Any, old: str, new: str) -> Any:
    """The tree with a name changed wherever it stands, as a key or as a value."""
    if isinstance(tree, dict):
        return {new if k == old else k: renamed(v, old, new) for k, v in tree.items()}
    if isinstance(tree, list):
        return [renamed(v, old, new) for v in tree]
    return new if tree == old else tree


@FEW
@given(scenarios())
def test_renaming_a_queue_changes_nothing(tree: dict[str, Any]) -> None:
    other = renamed(tree, "q1", "the first of all queues")
    assert not differences(written(model_of(tree), "clock"), written(model_of(other), "clock"))


def test_renaming_a_reason_draws_other_customers() -> None:
    one, two = (
        model_of(RICH),
        model_of(
            {
                **RICH,
                "reasons": renamed(RICH["reasons"], "a", "c") | {},
                "queues": renamed(RICH["queues"], "a", "c"),
                "groups": renamed(RICH["groups"], "a", "c"),
            }
        ),
    )
    first, second = inputs(one, 0), inputs(two, 0)
    of = [[t for t, i in zip(x.times, x.issues, strict=True) if i >> ledger.REASON_SHIFT == 1] for x in (first, second)]
    assert of[0] == of[1]  # those of the other reason are the same
    of = [[t for t, i in zip(x.times, x.issues, strict=True) if i >> ledger.REASON_SHIFT == 0] for x in (first, second)]
    assert not set(of[0]) & set(of[1])


@FEW
@given(scenarios())
def test_an_unrelated_reason_leaves_the_others_alone(tree: dict[str, Any]) -> None:
    tree = copy.deepcopy(tree)
    tree.get("channels", {}).get("phone", {}).pop("lines", None)  # all share them
    tree.pop("experience", None)  # and customers who remember
    for kind in tree.get("segments", {}).values():
        for key in ("customers", "market", "replaced_after", "heavy_users", "begins"):
            kind.pop(key, None)
    before = model_of(tree)
    other = copy.deepcopy(tree)
    other["reasons"]["stranger"] = {
        "volume": {"per_hour": 30},
        "talk": {"deterministic": "90s"},
        "queue": "elsewhere",
        "resolution": "100%",
        "patience": "2 min",
        # Rules of all reasons may lead to queues of the others, which then are not unrelated.
        "after_contact": {cause: {"repeat" if cause in REPEATS else "redial": "0%"} for cause in CAUSES},
    }
    other["queues"]["elsewhere"] = {}
    other["groups"]["strangers"] = {"agents": 1, "serves": ["elsewhere"]}
    after = model_of(other)
    assume(after.timeline.dates == before.timeline.dates)
    one, two = in_order(written(before, "clock")), in_order(written(after, "clock"))
    assume(not (one.legs["outcome"] == ledger.UNFINISHED).any())  # they end when the last thing happens
    queues, seats = len(before.scenario.queues), len(before.plan.seats)
    kept = ledger.Ledger(
        two.legs[two.legs["reason"] < len(before.scenario.reasons)],
        two.spells[two.spells["agent"] < seats],
        two.waiting[:queues],
        two.most[:queues],
    )
    assert not differences(one, kept)


# --- time, people ------------------------------------------------------------------------------------------------


def steady(k: int) -> dict[str, Any]:
    """A scenario in which every time is `k` times as long; its laws scale to the last bit when k is a power of two."""
    return {
        "cxsim": 1,
        "horizon": {"steady": {"warm_up": f"{k} h", "length": f"{4 * k} h"}, "interval": f"{k * 30} min"},
        "closed_hours": {"spread": f"{k} h"},
        "channels": {"phone": {"patience": f"{k * 2} min", "balk": "10%"}},
        "reasons": {
            "a": {
                "volume": {"per_hour": 64 / k},
                "talk": f"{k * 3} min",
                "wrap": {"deterministic": f"{k * 30}s"},
                "resolution": "75%",
            },
            "b": {
                "volume": {"per_hour": 32 / k},
                "talk": {"uniform": {"low": f"{k * 60}s", "high": f"{k * 180}s"}},
                "patience": {"values": [f"{k * 30}s", f"{k * 60}s"]},
            },
        },
        "queues": {"b": {"overflow": [{"after": f"{k * 30}s", "to": ["g"]}]}},
        "groups": {
            "g": {"agents": 4, "serves": ["a"], "availability": "80%", "away": f"{k * 4} min"},
            "h": {"agents": 1, "skills": {"b": {}, "a": {"rank": 2}}, "spread": {"handle_time": "20%"}},
        },
        "after_contact": {
            "abandoned": {"redial": "50%", "delay": f"{k * 5} min"},
            "unresolved": {"repeat": "50%", "delay": {"deterministic": f"{k * 10} min"}},
        },
    }


@pytest.mark.parametrize("k", [2, 4])
def test_all_times_scaled_scale_the_ledger(k: int) -> None:
    one, two = written(model_of(steady(1)), "clock"), written(model_of(steady(k)), "clock")
    assert len(one.legs) > 400
    for name in TIMES:
        two.legs[name] /= k
    for name in ("start", "end"):
        two.spells[name] /= k
    assert not differences(one, two._replace(waiting=two.waiting / k))


def patient(agents: int) -> dict[str, Any]:
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-12:00"},
        "reasons": {"r": {"volume": {"per_hour": 60}, "handle_time": {"lognormal": {"mean": "3 min", "cv": "100%"}}}},
        "groups": {"g": {"agents": agents, "serves": ["r"]}},
    }


def test_one_more_agent_makes_nobody_wait_longer() -> None:
    """First come, first served, with nobody leaving: work belongs to the customer, so it holds for each of them
    (Kiefer and Wolfowitz 1955, "On the theory of queues with many servers")."""
    waits = []
    for agents in range(2, 7):
        legs = in_order(written(model_of(patient(agents)), "clock")).legs
        waits.append(legs["answered"] - legs["queued"])
    for fewer, more in itertools.pairwise(waits):
        assert (more <= fewer).all()
        assert more.sum() < fewer.sum()


def test_customers_are_the_same_whoever_serves_them() -> None:
    """Common random numbers: arrivals, talk and wrap of an issue's first contact do not depend on the staff."""
    one, two = (in_order(written(model_of(patient(n)), "clock")).legs for n in (2, 6))
    assert np.array_equal(one["arrived"], two["arrived"])
    np.testing.assert_allclose(one["talk_end"] - one["answered"], two["talk_end"] - two["answered"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("interval", ["30 min", "24 h"])  # the last of 24 hours is a part
def test_waiting_is_arrival_rate_times_wait(interval: str) -> None:
    """Little's law on a long run: mean queue length = rate of contacts × mean wait, from different tables."""
    tree = steady(1)
    tree["horizon"] = {"steady": {"warm_up": "0 h", "length": "200 h"}, "interval": interval}
    made = written(model_of(tree), "clock")
    length = 200 * 3600.0
    left = np.where(np.isnan(made.legs["answered"]), made.legs["ended"], made.legs["answered"])
    # The table is of the counted time; contacts come and wait after it too.
    wait = np.nansum(np.minimum(left, length) - np.minimum(made.legs["queued"], length))
    assert (left > length).any()
    assert made.waiting.sum() == pytest.approx(wait, rel=1e-9)
    assert made.waiting.sum() / length > 0.1
