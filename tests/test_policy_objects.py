"""Policies as Python objects: stored as a file that stands alone, the same in every study, and their faults."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import cxsim
from cxsim.model.routing_choice import routed
from cxsim.scenario import ScenarioError

TREE = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-10:00"},
    "channels": {"phone": {"patience": "3 min"}},
    "reasons": {
        "quick": {"volume": "90/h", "talk": "2 min"},
        "slow": {"volume": "50/h", "talk": "5 min"},
    },
    "groups": {
        "one": {"agents": 3, "skills": {"quick": {}, "slow": {"rank": 2}}},
        "two": {"agents": 4, "skills": {"slow": {}, "quick": {"rank": 2}}},
    },
}
BONUS = np.array([0.0, 60.0])
SPARE = 1


def wait_of(queue):
    return queue.wait + BONUS[queue.number]


def choose_agent(contact, groups, center, kept=SPARE):
    for group in groups:
        if group.idle > kept:
            return group.number
    return None


def choose_contact(agent, queues, center):
    best = queues[0]
    for queue in queues:
        if wait_of(queue) > wait_of(best):
            best = queue
    return best.number


def rows(result):
    return result.figures[["figure", "scope", "name", "interval", "value"]]


@pytest.fixture
def scenario():
    return cxsim.parse(TREE)


def test_functions_with_what_they_use_replay_as_the_file_that_is_stored(scenario, tmp_path) -> None:
    given = cxsim.simulate(scenario, policy=(choose_agent, choose_contact), engine="story", replications=2)
    folder = given.save(tmp_path / "run")
    kept = next(Path(folder or tmp_path / "run").rglob("inputs/*.py"))
    text = kept.read_text()
    assert "BONUS = " in text and "def wait_of" in text and "SPARE = 1" in text
    again = cxsim.simulate(scenario, policy=f"{kept}:policy", engine="story", replications=2)
    assert rows(given).equals(rows(again))
    plain = cxsim.simulate(scenario, engine="story", replications=2)
    assert not rows(given).equals(rows(plain))


def test_what_a_policy_uses_is_part_of_its_hash(scenario, monkeypatch) -> None:
    before = routed(scenario, (choose_agent, choose_contact))
    assert routed(scenario, (choose_agent, choose_contact)).files == before.files
    monkeypatch.setitem(globals(), "BONUS", np.array([0.0, 61.0]))
    assert list(routed(scenario, (choose_agent, choose_contact)).files.values()) != list(before.files.values())


def test_one_function_leaves_the_other_choice_to_the_rule(scenario) -> None:
    both = cxsim.simulate(scenario, policy=(choose_agent, None), replications=2)
    assert rows(both).equals(rows(cxsim.simulate(scenario, policy=choose_agent, replications=2)))


def test_rules_and_files_are_policies_too(scenario) -> None:
    named = cxsim.simulate(scenario, policy="first_come", replications=2)
    assert rows(named).equals(rows(cxsim.simulate(scenario.vary({"routing.contact": "first_come"}), replications=2)))


def test_every_study_takes_policies(scenario) -> None:
    policies = {"usual": "rank_then_longest_wait", "spare": choose_agent}
    found = cxsim.compare(scenario, policies=policies, replications=3)
    assert list(found.results) == ["usual", "spare"]
    alone = cxsim.simulate(scenario, policy=choose_agent, replications=3)
    assert rows(found.results["spare"]).equals(rows(alone))
    assert set(cxsim.tournament(scenario, policies=policies, indifference=60.0, most=10).table["name"]) == set(policies)
    over = {"routing.parameters.kept": (0, 1)}
    tuned = cxsim.tune(scenario, over, policy=choose_agent, evaluations=2, replications=2, check=10)
    assert tuned.settings["routing.parameters.kept"] in (0, 1)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ((choose_agent,), "is not a pair of functions"),
        (wait_of, "'wait_of' is neither choose_agent nor choose_contact"),
        (eval("lambda contact, groups, center: 0"), "write a function with def"),
        (
            partial(choose_agent, kept=2),
            "is not a policy; write a class with choose_agent, choose_contact, choose_interrupted or after",
        ),
    ],
)
def test_what_is_not_a_policy_is_told(scenario, policy, told) -> None:
    with pytest.raises(ScenarioError) as error:
        cxsim.simulate(scenario, policy=policy)
    assert told in str(error.value)


def test_studies_tell_what_goes_with_what(scenario) -> None:
    with pytest.raises(ValueError, match="give one scenario and no names"):
        cxsim.compare([scenario, scenario], policies=["cmu", "first_come"])
    with pytest.raises(ValueError, match="'cmu' is used for two policies"):
        cxsim.compare(scenario, policies=["cmu", "cmu"])
    with pytest.raises(ValueError, match="is not a list of policies"):
        cxsim.tournament(scenario, policies="cmu", indifference=1.0)
