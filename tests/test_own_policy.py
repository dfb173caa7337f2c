"""A routing policy of the user's own: the same as tables where it says the same, its parameters, its faults."""

from __future__ import annotations

import pickle
import textwrap

import pytest
from agreement.running import differences, in_order, written

import cxsim
from cxsim.model.custom_policy import OwnPolicy, PolicyError
from cxsim.model.prepare import prepare
from cxsim.model.routing_choice import routed
from cxsim.scenario import ScenarioError, parse
from cxsim.schema.ledger import ABANDONED, ANSWERED, HANDED_ON

LEAVING = (ANSWERED, ABANDONED, HANDED_ON)
RANKED = "scenarios/policies/ranked.py"
GOOD = """
    def choose_agent(contact, groups, center, kept=0):
        for group in groups:
            if group.idle > kept:
                return group.number
"""


def tree(**routing):
    return {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-12:00"},
        "channels": {"phone": {"patience": "3 min"}},
        "after_contact": {"abandoned": {"redial": "40%", "delay": "5 min"}},
        "reasons": {
            "quick": {"volume": "90/h", "talk": "2 min", "resolution": "60%"},
            "slow": {"volume": "50/h", "talk": "5 min", "resolution": "80%"},
        },
        "groups": {
            "one": {"agents": 2, "skills": {"quick": {}}},
            "two": {"agents": 3, "skills": {"slow": {"resolution": "90%"}}},
            "both": {"agents": 2, "skills": {"quick": {"order": 2}, "slow": {"order": 2, "rank": 2}}},
        },
        "routing": routing,
    }


@pytest.fixture
def center(tmp_path):
    """A scenario with a policy file of this text."""

    def made(text, name="", **routing):
        (tmp_path / "mine.py").write_text(textwrap.dedent(text))
        policy = f"mine.py:{name}" if name else "mine.py"
        return parse(tree(policy=policy, **routing), folder=tmp_path)

    return made


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_the_usual_rule_in_python_replays_the_usual_rule(engine) -> None:
    usual, own = parse(tree()), parse(tree(policy=RANKED))
    right = in_order(written(prepare(usual), "clock"))
    assert len(right.legs) > 400
    assert not differences(right, in_order(written(prepare(own), engine)))


@pytest.mark.parametrize(("share", "rule"), [(1, "resolve_first"), (0, "fastest")])
def test_the_ends_of_a_trade_are_rules_with_names(share, rule) -> None:
    policy = {"policy": "scenarios/policies/trade.py", "parameters": {"share": share}}
    right = in_order(written(prepare(parse(tree(agent=rule))), "clock"))
    assert not differences(right, in_order(written(prepare(parse(tree(**policy))), "clock")))


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_parameters_are_numbers_times_shares_and_names(center, engine) -> None:
    text = """
        def choose_contact(agent, queues, center, first=0, after=60, share=0.5):
            for queue in queues:
                if queue.number == first and queue.wait >= after and share == 0.25:
                    return queue.number
            return queues[0].number
    """
    given = {"first": "queues.slow", "after": "30 s", "share": "25%"}
    with_names = center(text, parameters=given)
    with_numbers = center(text, parameters={"first": 1, "after": 30, "share": 0.25})
    usual = center(text)
    ledgers = [in_order(written(prepare(one), engine)) for one in (with_names, with_numbers, usual)]
    assert not differences(ledgers[0], ledgers[1])
    assert differences(ledgers[0], ledgers[2])


def test_what_a_function_does_not_choose_the_rule_does(center) -> None:
    half = center(GOOD, contact="first_come")
    model = prepare(half)
    assert model.network["settings"]["agent_rule"][0] == -1
    assert model.network["settings"]["contact_rule"][0] == 1
    assert not differences(*(in_order(written(model, engine)) for engine in ("clock", "story")))


def test_a_pair_is_named_and_none_stands_for_the_rule(center) -> None:
    text = textwrap.dedent(GOOD) + "\npair = (choose_agent, lambda agent, queues, center: queues[0].number)\n"
    model = prepare(center(text, "pair"))
    assert not differences(*(in_order(written(model, engine)) for engine in ("clock", "story")))


FAULTY = {
    "def choose_agent(contact, groups)\n    return 1": ["line 1: is not valid Python"],
    "import nothing_of_that_name": ["line 1: cannot be loaded (ModuleNotFoundError"],
    "def choose_agents(contact, groups, center):\n    return 1": ["defines neither choose_agent nor choose_contact"],
    "def choose_agent(contact, groups):\n    return 1": ["line 1: choose_agent takes 2 arguments"],
    "def choose_agent(contact, groups, center, k):\n    return 1": ["the parameter 'k' has no number", "write k=1.0"],
    "def choose_agent(contact, groups, center):\n    return 0\n"
    "def choose_contacts(agent, queues, center):\n    return 0": ["line 3: defines 'choose_contacts', which"],
    "def choose_agent(contact, groups, center, k=float('inf')):\n    return 0": ["the parameter 'k' has no number"],
    "choose_agent = 5": ["choose_agent is of type int, not a function"],
    "from functools import partial\nchoose_agent = partial(max)": ["choose_agent is of type partial, not a function"],
    "import sys\nsys.exit(3)": ["line 2: cannot be loaded (SystemExit: 3)"],
    "import numpy as np\ndef choose_agent(contact, groups, center):\n    return np.random.randint(3)": [
        "line 2: draws random numbers",
        "use contact.u",
    ],
    "import time\ndef choose_agent(contact, groups, center):\n    return int(time.time()) % 2": [
        "line 2: uses time, which differs in every run"
    ],
    "n = 0\ndef choose_agent(contact, groups, center):\n    global n\n    n += 1\n    return 0": [
        "line 4: keeps n from one call to the next"
    ],
    "def choose_agent(contact, groups, center, k=1):\n    return 0\n"
    "def choose_contact(agent, queues, center, k=2):\n    return 0": [
        "the parameter 'k' has the default 1 in one function"
    ],
}


@pytest.mark.parametrize("text", FAULTY)
def test_a_file_that_cannot_be_used_is_a_fault_of_the_scenario(center, text) -> None:
    with pytest.raises(ScenarioError) as error:
        center(text)
    assert all(part in str(error.value) for part in FAULTY[text]), error.value


@pytest.mark.parametrize(
    ("routing", "told"),
    [
        ({"parameters": {"keptt": 1}}, "is not a parameter of this policy; did you mean 'kept'?"),
        ({"parameters": {"kept": "queues.slwo"}}, "does not name any of the queues; did you mean 'slow'?"),
        ({"parameters": {"kept": "many"}}, "is not a parameter; write 5"),
        ({"policy": "mine.txt"}, "is not a Python file"),
        ({"policy": "cmu"}, "to use the rule of that name, write routing.contact: cmu"),
        ({"policy": "mien.py"}, "did you mean 'mine.py'?"),
        ({"policy": "mine.py:pairr"}, "defines no 'pairr'; did you mean 'pair'?"),
        ({"policy": "mine.py:three"}, "'three' is not a pair of functions"),
    ],
)
def test_what_a_scenario_says_of_a_policy_is_checked(tmp_path, routing, told) -> None:
    text = textwrap.dedent(GOOD) + "\npair = (choose_agent, None)\nthree = (1, 2, 3)\n"
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ScenarioError) as error:
        parse(tree(**{"policy": "mine.py", **routing}), folder=tmp_path)
    assert told in str(error.value)


def test_parameters_without_a_policy_are_a_fault() -> None:
    with pytest.raises(ScenarioError, match="but the scenario has no policy"):
        parse(tree(parameters={"kept": 1}))


FAILING = {
    "def choose_agent(contact, groups, center):\n    return -1": (1, "returns -1", "not a group with an idle agent"),
    "def choose_agent(contact, groups, center):\n    return 10 ** 15": (1, "returns 1000000000000000", "center("),
    "def choose_agent(contact, groups, center):\n    return 99": (1, "returns 99", "not a group with an idle agent"),
    "def choose_agent(contact, groups, center):\n    return groups[0].number + 0.5": (1, "returns 0.5", "one(num"),
    "def choose_contact(agent, queues, center):\n    x = 1\n    return x // (queues[0].waiting - queues[0].waiting)": (
        3,
        "ZeroDivisionError",
        "agent(group ",
    ),
    "def choose_contact(agent, queues, center):\n    raise ValueError('never')": (2, "ValueError: never", "center(now"),
}


@pytest.mark.parametrize("engine", ["clock", "story"])
@pytest.mark.parametrize("text", FAILING)
def test_a_failure_tells_its_line_and_the_moment(center, tmp_path, text, engine) -> None:
    line, *parts = FAILING[text]
    with pytest.raises(PolicyError) as error:
        cxsim.simulate(center(text), replications=1, engine=engine)
    assert f"{tmp_path / 'mine.py'}:{line}:1" in str(error.value)
    assert all(part in str(error.value) for part in parts), error.value


def test_both_engines_fail_at_the_same_moment(center) -> None:
    """The first failure is told, and what the function was shown then."""
    text = """
        def choose_agent(contact, groups, center):
            if center.now > 30000 and contact.attempt == 2:
                return 7
            return groups[0].number
    """
    told = []
    for engine in ("clock", "story"):
        with pytest.raises(PolicyError) as error:
            cxsim.simulate(center(text), replications=1, engine=engine)
        told.append(str(error.value))
    assert told[0] == told[1] and "attempt 2" in told[0]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return queues[0].lenght", "'lenght' is not a field of its arguments"),
        ("return max(queues, key=lambda q: q.wait).number", "--engine story, which takes any Python"),
        ("return queues", "returns something that is not a number; return the number of one of the queues"),
        ("with center as f:\n        return 1", "--engine story, which takes any Python"),
        ("return 'a' if queues[0].wait > 1 else 1", "cannot be compiled for the engine clock: "),
    ],
)
def test_what_cannot_be_compiled_is_said(center, body, told) -> None:
    with pytest.raises(PolicyError) as error:
        cxsim.simulate(center(f"def choose_contact(agent, queues, center):\n    {body}\n"), replications=1)
    assert told in str(error.value)


@pytest.mark.parametrize("engine", ["clock", "story"])
@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("expected_wait", "'expected_wait' is not a field of this argument; write contact.expected_wait"),
        ("idel", "'idel' is not a field of its arguments; did you mean 'idle'?"),
    ],
)
def test_a_field_of_something_else_is_told_with_its_line(center, engine, field, told) -> None:
    text = f"def choose_agent(contact, groups, center):\n    best = groups[0]\n    return best.{field}\n"
    with pytest.raises(PolicyError) as error:
        cxsim.simulate(center(text), replications=1, engine=engine)
    assert f"mine.py:3:1  choose_agent: {told}" in str(error.value)


def test_a_function_that_is_not_compiled_is_told(center) -> None:
    text = "def best(x):\n    return x\ndef choose_agent(contact, groups, center):\n    return best(groups[0].number)\n"
    with pytest.raises(PolicyError, match=r"write @numba\.njit above"):
        cxsim.simulate(center(text), replications=1)


def test_what_is_no_number_is_told_in_story_too(center) -> None:
    text = "import numpy as np\ndef choose_contact(agent, queues, center):\n    return np.arange(3)\n"
    with pytest.raises(PolicyError, match=r"returns .*, which is not a queue"):
        cxsim.simulate(center(text), replications=1, engine="story")


def test_story_takes_any_python(center) -> None:
    text = "def choose_contact(agent, queues, center):\n    return max(queues, key=lambda q: q.wait).number\n"
    any_python = center(text)
    longest = parse(tree(contact="first_come"))
    assert not differences(*(in_order(written(prepare(one), "story")) for one in (any_python, longest)))


def test_a_rule_takes_the_place_of_a_policy(center) -> None:
    scenario = center(GOOD, parameters={"kept": 2})
    assert routed(scenario, "cmu").routing.policy == ""
    assert routed(parse(tree()), RANKED).routing.policy.endswith("ranked.py")


def test_a_file_is_what_it_was_when_the_scenario_was_read(center, tmp_path) -> None:
    scenario = center(GOOD)
    model = prepare(scenario)
    first = in_order(written(model, "clock"))
    (tmp_path / "mine.py").write_text("def choose_contact(agent, queues, center):\n    return 77\n")
    assert not differences(first, in_order(written(model, "clock")))
    assert not differences(first, in_order(written(prepare(scenario), "story")))
    (tmp_path / "mine.py").write_text(textwrap.dedent(GOOD).replace("> kept", "> 1"))
    again = scenario.vary({})
    assert differences(first, in_order(written(prepare(again), "clock"))) and again.files != scenario.files


def test_a_scenario_with_a_policy_goes_to_another_process(center) -> None:
    scenario = center(GOOD)
    sent = pickle.loads(pickle.dumps(scenario))
    assert not differences(*(in_order(written(prepare(one), "clock")) for one in (scenario, sent)))


def test_what_is_shown_cannot_be_used_to_reach_elsewhere(center) -> None:
    """Neither a row beyond the last nor a number that is written there gets past the check."""
    for engine in ("clock", "story"):
        with pytest.raises(PolicyError, match="IndexError"):
            text = "def choose_contact(agent, queues, center):\n    return queues[5000000].waiting\n"
            cxsim.simulate(center(text), replications=1, engine=engine)
    with pytest.raises(ScenarioError, match=r"line 2: sets .number, but its arguments are read-only"):
        center("def choose_contact(agent, queues, center):\n    queues[0].number = 10**8\n    return 10**8\n")


def test_what_waits_before_a_contact_is_what_it_is_shown(center) -> None:
    """At a stage of overflow the contact itself stands in its queue, and is not counted."""
    text = """
        def choose_agent(contact, groups, center):
            if contact.wait > 0 and center.waiting == 1 and contact.waiting != 0:
                return 99
            return groups[0].number
    """
    late = {"queues.quick.overflow": [{"after": "20 s", "to": ["two"]}]}
    for engine in ("clock", "story"):
        result = cxsim.simulate(center(text).vary(late), replications=2, engine=engine)  # 99 would be refused
        assert result.estimate("answered").value > 0


@pytest.mark.parametrize("overflow", [[], [{"after": "10 s", "to": ["two"]}, {"after": "40 s", "to_queue": "slow"}]])
def test_the_recent_service_level_and_the_expected_wait_are_those_of_the_ledger(center, overflow, monkeypatch) -> None:
    """Each newest contact counts for 5 %; (n + 1) h / s for the wait: 120 s and 4 agents, 300 s and 5.

    Who moves on late counts where it waited, and by its whole wait where it came to.
    """
    text = """
        seen = []

        def choose_agent(contact, groups, center):
            seen.append((center.now, contact.queue, contact.waiting, contact.recent_sl, contact.expected_wait))
            return groups[0].number

        def choose_contact(agent, queues, center):
            for queue in queues:
                seen.append((center.now, queue.number, queue.waiting, queue.recent_sl, queue.expected_wait))
            return queues[0].number
    """
    slow = {"sl": {"share": "80%", "within": "60 s"}}
    scenario = center(text).vary({"queues": {"quick": {"overflow": overflow}, "slow": {"target": slow}}})
    monkeypatch.setattr(OwnPolicy, "fresh", lambda self: self)  # so that what it noted can be read afterwards
    legs = written(prepare(scenario), "story").legs
    assert scenario.own_policy is not None and scenario.own_policy.agent is not None
    seen = scenario.own_policy.agent.function.__globals__["seen"]
    assert len(seen) > 300
    levels, low = [1.0, 1.0], 1.0
    over = iter(sorted((leg for leg in legs if leg["outcome"] in LEAVING), key=left))
    leg = next(over)
    for now, queue, waiting, level, wait in seen:
        while left(leg) < now:
            q = leg["queue"]
            in_time = left(leg) - leg["arrived"] <= (20.0, 60.0)[q]
            if in_time and leg["outcome"] == ANSWERED:
                levels[q] += 0.05 * (1 - levels[q])
            elif not in_time:
                levels[q] *= 0.95
            leg = next(over)
        assert level == pytest.approx(levels[queue], abs=1e-12)
        if now < 12 * 3600 and not overflow:  # then they begin to go home
            assert wait == pytest.approx((waiting + 1) * (120 / 4, 300 / 5)[queue])
        low = min(low, level)
    assert low < 0.5


def left(leg) -> float:
    """When a contact left its queue."""
    return float(leg["answered"] if leg["outcome"] == ANSWERED else leg["ended"])


def test_help_in_stages_comes_when_it_is_said_to(center) -> None:
    """Within the bounds nobody but the first group takes a contact; without any it is the usual rule."""
    scenario = parse(tree(policy="scenarios/policies/staged.py"))
    kept = {"least": 0.0, "longest": "1 h", "at_last": "1 h", "busy": 1}
    for engine in ("clock", "story"):
        alone = written(prepare(scenario.vary({"routing.parameters": kept})), engine).legs
        assert not (alone["group"] == 2).any()
        free = written(prepare(scenario.vary({"routing.parameters": {"least": 1.1, "busy": 1.1}})), engine)
        assert not differences(in_order(free), in_order(written(prepare(parse(tree())), engine)))
        helped = written(prepare(scenario), engine).legs
        assert 0 < (helped["group"] == 2).sum() < (free.legs["group"] == 2).sum()


@pytest.mark.parametrize("engine", ["clock", "story"])
def test_ties_go_to_the_most_idle_or_by_weight(engine) -> None:
    """Three groups that are nearly always idle, parts 3, 1 and 4, the last of a later order: by weight 3 of 4 contacts.

    Within 4 standard errors, false in one run of 16,000; the seed is fixed.
    """
    alike = {
        "cxsim": 1,
        "horizon": {"start": "2026-01-05", "days": 5, "open": "08:00-18:00"},
        "reasons": {"help": {"volume": "40/h", "talk": "10 s"}},
        "groups": {
            "a": {"agents": 5, "serves": ["help"]},
            "b": {"agents": 9, "serves": ["help"]},
            "c": {"agents": 20, "skills": {"help": {"order": 2}}},
        },
    }
    routing = {"policy": "scenarios/policies/ties.py:most_idle", "idleness": {"a": 3, "b": 1, "c": 4}}
    legs = written(prepare(parse({**alike, "routing": routing})), engine).legs
    assert set(legs["group"].tolist()) == {1}  # never five of nine are busy
    routing["policy"] = "scenarios/policies/ties.py:weighted"
    group = written(prepare(parse({**alike, "routing": routing})), engine).legs["group"]
    n = len(group)
    assert n > 1500 and set(group.tolist()) == {0, 1}
    assert abs((group == 0).mean() - 0.75) < 4 * (0.75 * 0.25 / n) ** 0.5


def test_two_pairs_of_a_file_keep_the_parameters_that_each_has(center, tmp_path) -> None:
    text = textwrap.dedent(GOOD) + "\ndef plain(contact, groups, center):\n    return groups[0].number\n"
    scenario = center(text + "\na = (choose_agent, None)\nb = (plain, None)\n", "a", parameters={"kept": 2})
    assert routed(scenario, f"{tmp_path}/mine.py:b").routing.parameters == {}
    assert routed(scenario, f"{tmp_path}/mine.py:a").routing.parameters == {"kept": 2}
    assert routed(scenario, f"{tmp_path}/mine.py").routing.parameters == {"kept": 2}


def test_a_file_may_have_classes_of_its_own(center) -> None:
    text = "from dataclasses import dataclass\n\n@dataclass\nclass Plan:\n    first: int = 0\n"
    text += "def choose_contact(agent, queues, center):\n    return queues[Plan().first].number\n"
    assert cxsim.simulate(center(text), replications=1, engine="story").estimate("answered").value > 0


def test_a_result_keeps_the_policy(center, tmp_path) -> None:
    scenario = center(GOOD, parameters={"kept": 1})
    found = cxsim.simulate(scenario, replications=2)
    folder = found.save(tmp_path / "run", pictures=False, report=False)
    (tmp_path / "mine.py").unlink()
    again = cxsim.simulate(cxsim.read(folder / "scenario.yaml"), replications=2)
    assert (folder / "inputs" / "mine.py").exists()
    assert again.estimate("asa").value == found.estimate("asa").value
