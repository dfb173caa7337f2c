"""Policies that are classes: what they are shown, what they may do, what they remember, and their faults."""

from __future__ import annotations

import textwrap

import pytest
from agreement.running import differences, in_order, written
from test_policy_objects import TREE

import cxsim
from cxsim.model.custom_policy import PolicyError
from cxsim.model.prepare import prepare
from cxsim.model.routing_choice import routed
from cxsim.policies import ANSWERED, ENDED, JOINED, LEFT, TALKING, TIMER, State, Timers
from cxsim.scenario import ScenarioError
from cxsim.schema import ledger
from cxsim.simulation.replications import replay

ENGINES = ("clock", "story")


class Ranked:
    """The usual rule."""

    def choose_agent(self, contact, groups):
        best = groups[0]
        for group in groups:
            if (group.order, -group.idle_for) < (best.order, -best.idle_for):
                best = group
        return best.number

    def choose_contact(self, agent, contacts):
        best = contacts[0]
        for one in contacts:
            if (one.rank, one.priority, -one.wait, one.issue) < (best.rank, best.priority, -best.wait, best.issue):
                best = one
        return best.number


class ByAgent:
    """The usual rule, by agents and by the first of each queue."""

    def choose_agent(self, contact, agents, skills):
        best = -1
        for agent in agents:
            if agent.may_take:
                if best < 0:
                    best = agent.number
                    continue
                mine = skills[agent.group, contact.queue].order
                other = skills[agents[best].group, contact.queue].order
                if mine < other or (mine == other and agent.elapsed > agents[best].elapsed):
                    best = agent.number
        return best

    def choose_contact(self, agent, heads):
        best = heads[0]
        for one in heads:
            if (one.rank, one.priority, -one.wait, one.issue) < (best.rank, best.priority, -best.wait, best.issue):
                best = one
        return best.queue


class LongestQueue:
    def choose_contact(self, agent, queues, heads):
        best = 0
        for n in range(len(queues)):
            more = queues[n].waiting - queues[best].waiting
            older = heads[n].wait - heads[best].wait
            if more > 0 or (more == 0 and (older > 0 or (older == 0 and heads[n].issue < heads[best].issue))):
                best = n
        return queues[best].number


class Newest:
    """Whoever came last, of all who wait."""

    def choose_contact(self, agent, contacts):
        best = contacts[0]
        for one in contacts:
            if one.wait < best.wait or (one.wait == best.wait and one.issue > best.issue):
                best = one
        return best.number


class Counts:
    """Counts what it is told, and how agents stand."""

    seen = State(6, "queues")
    talk = State("agents", start=0.0)
    wait = State(start=0.0)
    wrong = State()

    def after(self, event, agents, every_queue):
        if event.queue >= 0:
            self.seen[event.kind, event.queue] += 1
        if event.kind == ENDED:
            self.talk[event.agent] += event.talk
        if event.kind == ANSWERED:
            self.wait[0] += event.wait
            person = agents[event.agent]
            if person.state != TALKING or person.elapsed != 0.0 or person.queue != event.queue:
                self.wrong[0] += 1
        talking = 0
        for person in agents:
            if person.state == TALKING:
                talking += 1
        if talking != self.seen[ANSWERED].sum() - self.seen[ENDED].sum() + (event.kind == ENDED):
            self.wrong[0] += 1
        waiting = 0
        for queue in every_queue:
            waiting += queue.waiting
        if waiting < self.seen[JOINED].sum() - self.seen[ANSWERED].sum() - self.seen[LEFT].sum():
            self.wrong[0] += 1


class Rests:
    """Every third contact is held back for 40 s, beside idle agents."""

    hold = 40.0
    asked = State()
    times = State(64, start=0.0)
    timer = Timers(2)

    def choose_contact(self, agent, heads, center):
        return None if heads[0].wait < self.hold - 1e-6 else heads[0].queue

    def choose_agent(self, contact, groups, center):
        self.asked[0] += 1
        if self.asked[0] % 3 == 0:
            if self.timer[1] < 1e300:
                self.timer[0] = center.now + self.hold
            else:
                self.timer[1] = center.now + self.hold
            return None
        return groups[0].number

    def after(self, event, center):
        if event.kind == TIMER:
            self.times[int(self.times[0]) % 60 + 1] = center.now + event.number
            self.times[0] += 1


def made(policy, **routing):
    return prepare(routed(cxsim.parse(TREE | {"routing": routing}), policy))


def run(model, engine, replication=0):
    keeper = ledger.Keeper()
    memory = replay(model, replication, engine, keeper)
    return keeper.ledger(), memory


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", [Ranked, ByAgent])
def test_the_usual_rule_as_a_class_replays_the_usual_rule(kind, engine) -> None:
    right = in_order(written(prepare(cxsim.parse(TREE)), "clock"))
    assert len(right.legs) > 250
    assert not differences(right, in_order(written(made(kind), engine)))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_longest_queue_as_a_class_replays_the_rule_of_that_name(engine) -> None:
    right = in_order(written(prepare(cxsim.parse(TREE | {"routing": {"contact": "longest_queue"}})), "clock"))
    usual = in_order(written(prepare(cxsim.parse(TREE)), "clock"))
    assert differences(right, usual)
    assert not differences(right, in_order(written(made(LongestQueue), engine)))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_agent_may_take_anyone_who_waits(engine) -> None:
    """By the ledger: whoever is answered by a freed agent came last of those waiting then for it."""
    legs, _ = run(made(Newest), engine)
    rows = legs.legs[legs.legs["answered"] > legs.legs["queued"]]
    left = rows["answered"]
    assert len(rows) > 50
    for row in rows:
        there = (legs.legs["queued"] < row["answered"]) & (legs.legs["ended"] > row["answered"])
        there &= ~(legs.legs["answered"] <= row["answered"])
        assert not (legs.legs["queued"][there] > row["queued"]).any()
    assert (left >= rows["queued"]).all()


def test_what_a_policy_is_told_is_what_the_ledger_says() -> None:
    """Joined, answered, left and ended by queue, talk by agent, and the states of agents, in either engine."""
    found = {}
    for engine in ENGINES:
        model = made(Counts)
        made_, memory = run(model, engine)
        legs = made_.legs
        for queue in range(2):
            here = legs[legs["queue"] == queue]
            answered, waited = ~(here["answered"] != here["answered"]), here["ended"] > here["queued"]
            later = answered & (here["answered"] > here["queued"])
            assert memory["seen"][ANSWERED, queue] == memory["seen"][ENDED, queue] == answered.sum()
            assert memory["seen"][LEFT, queue] == (~answered & waited).sum() > 0
            assert memory["seen"][JOINED, queue] == later.sum() + (~answered).sum()
        talked = legs["talk_end"] - legs["answered"]
        for agent in range(7):
            assert memory["talk"][agent] == pytest.approx(talked[legs["agent"] == agent].sum(), abs=1e-6)
        waits = legs["answered"] - legs["queued"]
        assert memory["wait"][0] == pytest.approx(waits[waits == waits].sum(), abs=1e-6)
        assert memory["wrong"][0] == 0
        found[engine] = memory
    assert all((found["clock"][name] == found["story"][name]).all() for name in found["clock"])


def test_every_replication_begins_without_memory() -> None:
    for engine in ENGINES:
        model = made(Counts)
        first = run(model, engine)[1]
        run(model, engine, 1)
        again = run(model, engine)[1]
        assert all((first[name] == again[name]).all() for name in first) and first["seen"].sum() > 100


@pytest.mark.parametrize("engine", ENGINES)
def test_contacts_held_back_are_taken_when_the_timer_is_due(engine) -> None:
    """Of agents who are idle all along: those held back wait for 40 s to the bit, all others for nothing."""
    few = TREE | {"reasons": {"quick": {"volume": "6/h", "talk": "20s"}, "slow": {"volume": "5/h", "talk": "20s"}}}
    few |= {"channels": {"phone": {"patience": "never"}}}
    model = prepare(routed(cxsim.parse(few), Rests))
    legs, memory = run(model, engine)
    waits = legs.legs["answered"] - legs.legs["queued"]
    held = waits > 0.0
    assert 0 < held.sum() == memory["asked"][0] // 3 and memory["times"][0] >= held.sum()
    assert waits[held] == pytest.approx(40.0, abs=1e-9)


def test_numbers_on_an_instance_are_parameters() -> None:
    patient = Rests()
    patient.hold = 70.0
    scenario = cxsim.parse(TREE)
    given = routed(scenario, patient)
    assert given.routing.parameters == {"hold": 70.0}
    same = routed(scenario, Rests).vary({"routing.parameters.hold": "70 s"})
    assert not differences(*(in_order(written(prepare(one), "clock")) for one in (given, same)))
    assert differences(*(in_order(written(prepare(one), "clock")) for one in (given, routed(scenario, Rests))))


def test_a_state_may_be_called_as_a_clock_is(tmp_path) -> None:
    text = "from cxsim.policies import State\nclass P:\n    time = State()\n    def after(self, event):\n        {}\n"
    (tmp_path / "mine.py").write_text(text.format("self.time[0] += 1"))
    assert cxsim.parse(TREE | {"routing": {"policy": "mine.py"}}, folder=tmp_path).own_policy.hooks.name == "P"
    (tmp_path / "mine.py").write_text("import time\n" + text.format("self.time[0] += time.time()"))
    with pytest.raises(ScenarioError, match="uses time, which differs in every run"):
        cxsim.parse(TREE | {"routing": {"policy": "mine.py"}}, folder=tmp_path)


FAULTY = {
    "def choose_agent(self, contact, center):\n    return 1": "is not shown what it chooses from; add agents or groups",
    "def choose_contact(self, agent, qeues):\n    return 1": "asks for 'qeues', which it cannot be shown; did you mean",
    "def choose_agnt(self, contact, groups):\n    return 1": "did you mean choose_agent?",
    "def __init__(self):\n    pass": "declare numbers in the class",
    "kept = [1, 2]\n" + "def after(self, event):\n    pass": "P.kept is a list, not a number, a tuple",
    "def after(self, event):\n    self.n = 1": "P.after sets self.n, but only arrays can change; declare n = State()",
    "served = State(3)\ndef after(self, event):\n    self.sreved[0] = 1": "did you mean served?",
    "def after(self, event):\n    known.append(event.kind)": "uses known, a list that calls could change",
    "n = State('queue')": "'queue' is not a size",
}


@pytest.mark.parametrize("body", FAULTY)
def test_a_class_that_cannot_be_used_is_a_fault_of_the_scenario(tmp_path, body) -> None:
    text = "from cxsim.policies import State\nknown = []\nclass P:\n" + textwrap.indent(body, "    ")
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ScenarioError) as error:
        cxsim.parse(TREE | {"routing": {"policy": "mine.py:P"}}, folder=tmp_path)
    assert FAULTY[body] in str(error.value)


FAILING = {
    "def choose_agent(self, contact, agents):\n    return 99": "returns 99, which is not an agent who may take this",
    "def choose_agent(self, contact, groups):\n    return 99": "returns 99, which is not a group with an idle agent",
    "def choose_contact(self, agent, contacts):\n    return len(contacts)": "which is not one of the contacts; return",
    "def choose_contact(self, agent, heads):\n    return 9": "return the `queue` of one of the `heads`, or None",
    "t = Timers()\ndef after(self, event, center):\n    self.t[0] = center.now - 5.0": "not a time from now on",
    "n = State(2)\ndef after(self, event):\n    self.n[event.kind + 5] = 1": "P.after: fails: IndexError",
    "def choose_agent(self, contact, groups):\n    return contact.idle": "'idle' is not a field of this argument",
    # The fourth answer is wrong, and what the class remembers has changed when it is asked again.
    "n = State(1)\ndef choose_agent(self, contact, groups):\n    self.n[0] += 1\n"
    "    return -1 if self.n[0] == 4.0 else groups[0].number": "returns -1, which is not a group with an idle agent",
    "n = State(1)\ndef choose_contact(self, agent, heads):\n    self.n[0] += 1\n"
    "    return 2.5 if self.n[0] == 4.0 else None": "returns 2.5, which is not a queue with a contact",
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("body", FAILING)
def test_a_method_that_fails_is_told(tmp_path, body, engine) -> None:
    text = "from cxsim.policies import State, Timers\nclass P:\n" + textwrap.indent(body, "    ")
    (tmp_path / "mine.py").write_text(text)
    scenario = cxsim.parse(TREE | {"routing": {"policy": "mine.py"}}, folder=tmp_path)
    with pytest.raises(PolicyError) as error:
        cxsim.simulate(scenario, replications=1, engine=engine)
    assert FAILING[body] in str(error.value) and "mine.py:" in str(error.value)
