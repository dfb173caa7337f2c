"""Policies that choose whose work a contact interrupts: worlds by hand, what they see, a chain, and their faults.

Times of worlds are minutes and seconds after eight, as in agreement/test_worlds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from agreement.running import differences, in_order, verified, written
from agreement.test_worlds import told
from oracles.markov import mean, off, stationary
from test_policy_classes import Counts, Ranked

import cxsim
from cxsim.model.custom_policy import PolicyError
from cxsim.model.prepare import prepare
from cxsim.model.routing_choice import routed
from cxsim.policies import State, Timers
from cxsim.scenario import ScenarioError
from cxsim.schema import ledger
from cxsim.simulation.replications import replay

ENGINES = ("clock", "story")


@pytest.fixture(params=ENGINES)
def engine(request):
    return str(request.param)


class Longest:
    """Who has worked longest on what may be interrupted."""

    def choose_interrupted(self, contact, agents):
        best = -1
        for agent in agents:
            if agent.may_take and (best < 0 or agent.elapsed > agents[best].elapsed):
                best = agent.number
        return best


class Nobody:
    def choose_interrupted(self, contact, agents):
        return None


class Later:
    """Interrupts for those who have waited a minute: at a moment that the policy sets."""

    recheck = Timers()

    def choose_interrupted(self, contact, agents, center):
        if contact.wait < 60.0:
            self.recheck[0] = center.now + 60.0 - contact.wait
            return None
        for agent in agents:
            if agent.may_take:
                return agent.number
        return None


class Urgent:
    """The third queue interrupts the second, both on the channel of letters."""

    def choose_interrupted(self, contact, agents):
        for agent in agents:
            if agent.may_take and contact.queue == 2 and agent.queue == 1:
                return agent.number
        return None


class Logs:
    """Writes down what it was shown each time, and who was chosen: the lowest number."""

    asked = State()
    contacts = State(20, 4, start=0.0)
    people = State(20, "agents", 4, start=-1.0)

    def choose_interrupted(self, contact, agents):
        n = self.asked[0]
        self.asked[0] += 1
        self.contacts[n, 0] = contact.queue
        self.contacts[n, 1] = contact.wait
        self.contacts[n, 2] = contact.waiting
        chosen = -1
        for agent in agents:
            if agent.may_take:
                self.people[n, agent.number, 0] = agent.elapsed
                self.people[n, agent.number, 1] = agent.queue
                self.people[n, agent.number, 2] = agent.reason
                self.people[n, agent.number, 3] = agent.segment
                if chosen < 0:
                    chosen = agent.number
        self.contacts[n, 3] = chosen
        return chosen


def tree(calls, letters, *, urgent=(), agents=3, call="2 min", letter="30 min", reserve=0):
    """Calls, letters, and urgent letters, which come at minutes after eight."""
    mail = {"deferrable": True, "interruptible": True}
    came = {"m": (letters, letter, "l"), "a": (calls, call, "q"), "u": (urgent, "2 min", "x")}
    return {
        "cxsim": 1,
        "horizon": {"open": "08:00-09:00", "interval": "15 min", "before": "0 days", "after": "0 days"},
        "channels": {"phone": {}, "mail": mail},
        "reasons": {
            name: {
                "volume": {"arrivals": {"times": [f"08:{minute}:00" for minute in times]}},
                "talk": {"deterministic": talk},
                "queue": queue,
            }
            for name, (times, talk, queue) in came.items()
            if times
        },
        "queues": {"q": {}, "l": {"channel": "mail"}, "x": {"channel": "mail"}},
        "groups": {"g": {"agents": agents, "skills": {"q": {"reserve": reserve}, "x": {"rank": 2}, "l": {"rank": 3}}}},
    }


def model_of(policy, *given, **more):
    return prepare(routed(cxsim.parse(tree(*given, **more)), policy))


def legs(engine, policy, *given, **more):
    model = model_of(policy, *given, **more)
    return told(model, in_order(written(model, engine)))


LETTERS = ["00", "01", "02"]


def test_a_policy_chooses_whose_work_is_interrupted(engine) -> None:
    """The rule would take the third agent, who began last."""
    assert legs(engine, Longest, ["06"], LETTERS) == [
        "m1 0:00 l 0:00-6:00 g 1 handed on",
        "m1 6:00 l 8:00-32:00 g 1",
        "m2 1:00 l 1:00-31:00 g 2",
        "m3 2:00 l 2:00-32:00 g 3",
        "a1 6:00 q 6:00-8:00 g 1",
    ]


def test_a_policy_may_interrupt_nobody(engine) -> None:
    assert legs(engine, Nobody, ["06"], LETTERS)[-1] == "a1 6:00 q 30:00-32:00 g 1"


def test_a_policy_interrupts_at_a_moment_of_its_own(engine) -> None:
    """Both calls have waited a minute at 7:00, and each interrupts another agent."""
    found = legs(engine, Later, ["06", "06"], LETTERS)
    assert found[-2:] == ["a1 6:00 q 7:00-9:00 g 1", "a2 6:00 q 7:00-9:00 g 2"]
    assert found[0] == "m1 0:00 l 0:00-7:00 g 1 handed on"


def test_letters_may_interrupt_letters_if_the_policy_says_so(engine) -> None:
    """By the rule only a contact of a channel that is not interruptible itself interrupts work."""
    assert legs(engine, Urgent, [], ["00"], urgent=["05"], agents=1) == [
        "m1 0:00 l 0:00-5:00 g 1 handed on",
        "m1 5:00 l 7:00-32:00 g 1",
        "u1 5:00 x 5:00-7:00 g 1",
    ]


def test_work_that_began_at_the_same_instant_is_not_interrupted(engine) -> None:
    assert legs(engine, Longest, ["06"], ["06"], agents=1)[-1] == "a1 6:00 q 36:00-38:00 g 1"


def test_a_policy_is_not_asked_where_a_reserve_or_a_leaver_forbids_it(engine) -> None:
    """A group whose calls have a reserve interrupts nothing; nor does one in which somebody is due to leave."""
    assert legs(engine, Longest, ["06"], ["00"], agents=1, reserve=1)[-1].startswith("a1 6:00 q unfinished")
    falls = legs(engine, Longest, ["16"], ["00", "01"], agents=[2, 1, 1, 1])
    assert falls[-1] == "a1 16:00 q 31:00-33:00 g 2"
    stays = legs(engine, Longest, ["16"], ["00", "01"], agents=2)
    assert stays[-1] == "a1 16:00 q 16:00-18:00 g 1"


def test_what_a_policy_sees_of_work_in_hand_is_what_the_ledger_says() -> None:
    seen = {}
    for engine in ENGINES:
        keeper = ledger.Keeper()
        model = model_of(Logs, ["06", "07"], LETTERS, urgent=["07"], call="10 min")
        seen[engine] = memory = replay(model, 0, engine, keeper)
        assert memory["asked"][0] == 3  # a1; then a2 and u1, which are asked for even if all but one are busy
        assert memory["contacts"][:3].tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [2, 0, 0, 2]]
        letter = [1, 0, 0]  # queue, reason, segment
        assert memory["people"][0].tolist() == [[360, *letter], [300, *letter], [240, *letter]]
        assert memory["people"][1].tolist() == [[-1] * 4, [360, *letter], [300, *letter]]
        assert memory["people"][2].tolist() == [[-1] * 4, [-1] * 4, [300, *letter]]
    assert all((seen["clock"][name] == seen["story"][name]).all() for name in seen["clock"])


# --- a day with chance ---------------------------------------------------------------------------------------------


DAY = {
    "cxsim": 1,
    "horizon": {"open": "08:00-10:00", "interval": "60 min", "before": "0 days", "after": "0 days"},
    "channels": {"phone": {"patience": "3 min"}, "mail": {"deferrable": True, "interruptible": True}},
    "reasons": {
        "call": {"volume": {"per_hour": 50}, "handle_time": "3 min"},
        "letter": {"volume": {"per_hour": 20}, "handle_time": "6 min"},
    },
    "queues": {"call": {}, "letter": {"channel": "mail"}},
    "groups": {
        "both": {"agents": 3, "skills": {"call": {}, "letter": {"rank": 2}}},
        "more": {"agents": 2, "skills": {"call": {"order": 2}, "letter": {"rank": 2}}},
    },
}


class ByRule:
    """The usual rule: the first groups by order, who began last on what is put aside, the lower number."""

    def choose_interrupted(self, contact, agents, skills):
        best, order = -1, 0
        if contact.queue == 1:
            return None
        for agent in agents:
            if agent.may_take:
                mine = skills[agent.group, contact.queue].order
                if best < 0 or mine < order or (mine == order and agent.since > agents[best].since):
                    best, order = agent.number, mine
        return best


@pytest.mark.parametrize("kind", [ByRule, Ranked])
def test_the_usual_choice_as_a_class_replays_it(kind, engine) -> None:
    """`Ranked` does not choose it at all: the rule does."""
    right = in_order(written(prepare(cxsim.parse(DAY)), "clock"))
    assert (right.legs["outcome"] == ledger.HANDED_ON).sum() > 10
    assert not differences(right, in_order(written(prepare(routed(cxsim.parse(DAY), kind)), engine)))


def test_an_agent_who_is_interrupted_stops_talking(engine) -> None:
    """Contacts answered, less talks that ended, are the agents who talk, at each event."""
    model, keeper = prepare(routed(cxsim.parse(DAY), Counts)), ledger.Keeper()
    memory = replay(model, 0, engine, keeper)
    assert (keeper.ledger().legs["outcome"] == ledger.HANDED_ON).sum() > 10
    assert memory["wrong"][0] == 0


class Threshold:
    """A call interrupts a letter only if another call waits already."""

    def choose_interrupted(self, contact, agents):
        if contact.waiting < 1:
            return None
        for agent in agents:
            if agent.may_take:
                return agent.number
        return None


AGENTS, CALLS, CALL, LETTERS_AN_HOUR, LETTER, ROOM = 2, 14.0, 15.0, 8.0, 12.0, 80


def threshold(state):
    """Moves of (agents on calls, on letters, calls that wait, letters that wait), an hour."""
    calls, letters, waiting, backlog = state
    if calls + letters < AGENTS:
        yield CALLS, (calls + 1, letters, waiting, backlog)
        yield LETTERS_AN_HOUR, (calls, letters + 1, waiting, backlog)
    else:
        if letters and waiting >= 1:
            yield CALLS, (calls + 1, letters - 1, waiting, backlog + 1)
        elif waiting < ROOM:
            yield CALLS, (calls, letters, waiting + 1, backlog)
        if backlog < ROOM:
            yield LETTERS_AN_HOUR, (calls, letters, waiting, backlog + 1)
    for rate, left in ((CALL * calls, (calls - 1, letters)), (LETTER * letters, (calls, letters - 1))):
        if rate and waiting:
            yield rate, (left[0] + 1, left[1], waiting - 1, backlog)
        elif rate and backlog:
            yield rate, (left[0], left[1] + 1, waiting, backlog - 1)
        elif rate:
            yield rate, (*left, waiting, backlog)


def test_preemption_from_a_threshold_on_is_its_chain() -> None:
    """Error rate: each figure at 4 of its own standard errors, about once in ten thousand; the seed is fixed."""
    share = stationary((0, 0, 0, 0), threshold)
    assert mean(share, lambda s: s[2] >= ROOM or s[3] >= ROOM) < 1e-3
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "horizon": {"steady": {"warm_up": "20 h", "length": "200 h"}, "interval": "60 min"},
            "channels": {"phone": {}, "mail": {"deferrable": True, "interruptible": True}},
            "reasons": {
                "call": {"volume": {"per_hour": CALLS}, "handle_time": f"{3600 / CALL} s"},
                "letter": {"volume": {"per_hour": LETTERS_AN_HOUR}, "handle_time": f"{3600 / LETTER} s"},
            },
            "queues": {"call": {}, "letter": {"channel": "mail"}},
            "groups": {"g": {"agents": AGENTS, "skills": {"call": {}, "letter": {"rank": 2}}}},
        }
    )
    found = cxsim.simulate(scenario, policy=Threshold, seed=5, replications=20)
    assert off(found, "queue_length", "call", mean(share, lambda s: s[2])) < 4.0
    assert off(found, "queue_length", "letter", mean(share, lambda s: s[3])) < 4.0
    assert off(found, "occupancy", "g", mean(share, lambda s: (s[0] + s[1]) / AGENTS)) < 4.0
    usual = cxsim.simulate(scenario, seed=5, replications=20)
    assert off(usual, "queue_length", "call", mean(share, lambda s: s[2])) > 4.0


# --- faults --------------------------------------------------------------------------------------------------------


def test_a_choice_without_agents_to_choose_from_is_a_fault(tmp_path) -> None:
    (tmp_path / "mine.py").write_text("class P:\n    def choose_interrupted(self, contact):\n        return 1\n")
    with pytest.raises(ScenarioError) as error:
        cxsim.parse(DAY | {"routing": {"policy": "mine.py"}}, folder=tmp_path)
    assert "is not shown what it chooses from; add agents: def choose_interrupted" in str(error.value)


def test_whoever_may_not_be_interrupted_is_named(tmp_path, engine) -> None:
    text = "class P:\ndef choose_interrupted(self, contact, agents):\n    return 99"
    (tmp_path / "mine.py").write_text(text.replace("\n", "\n    "))
    scenario = cxsim.parse(DAY | {"routing": {"policy": "mine.py"}}, folder=tmp_path)
    with pytest.raises(PolicyError) as error:
        cxsim.simulate(scenario, replications=1, engine=engine)
    assert "returns 99, which is not an agent who may take this contact" in str(error.value)


def test_nothing_is_asked_where_no_work_may_be_interrupted(engine) -> None:
    """Not one row changes, and the policy is never called."""
    firm = DAY | {"channels": {"phone": {"patience": "3 min"}, "mail": {"deferrable": True}}}
    model, keeper = prepare(routed(cxsim.parse(firm), Logs)), ledger.Keeper()
    assert replay(model, 0, engine, keeper)["asked"][0] == 0
    assert not differences(in_order(written(prepare(cxsim.parse(firm)), "clock")), in_order(keeper.ledger()))
    assert np.isfinite(keeper.ledger().legs["arrived"]).all()


def test_one_channel_is_enough_where_a_policy_chooses(tmp_path) -> None:
    (tmp_path / "mine.py").write_text(
        "class P:\n    def choose_interrupted(self, contact, agents):\n        return None\n"
    )
    one = DAY | {"channels": {"mail": {"interruptible": True}}, "queues": {"call": {}, "letter": {}}}
    with pytest.raises(ScenarioError, match="needs a second channel that can interrupt it"):
        cxsim.parse(one)
    cxsim.parse(one | {"routing": {"policy": "mine.py"}}, folder=tmp_path)


@pytest.mark.parametrize("name", ["Chooser", "Picker", "Whole"])
def test_the_classes_that_the_agreement_test_draws_interrupt_and_both_engines_agree(name) -> None:
    routing = {"policy": f"{Path(__file__).parent / 'agreement' / 'policies.py'}:{name}", "parameters": {"kept": 1}}
    model = prepare(cxsim.parse(DAY | {"routing": routing}))
    fast = in_order(written(model, "clock"))
    assert (fast.legs["outcome"] == ledger.HANDED_ON).sum() >= 3
    assert not differences(fast, in_order(verified(model)))


def test_the_choice_is_stored_and_hashed_with_the_run() -> None:
    files = [list(routed(cxsim.parse(DAY), kind).files.values()) for kind in (Longest, Longest, ByRule)]
    assert files[0] == files[1] != files[2]
    policy = routed(cxsim.parse(DAY), Longest).own_policy
    assert policy is not None and "choose_interrupted" in policy.path.read_text()
