"""A time limit longer than a search needs is used for others, on other draws; the cheapest plan is the answer."""

import json

import pytest
import yaml

import cxsim
from cxsim.optimizer import searching
from cxsim.optimizer.optimize import optimize
from cxsim.optimizer.search_params import SearchParams

CENTER = """
cxsim: 1
horizon: {start: 2026-03-02, days: 1, open: "09:00-13:00", interval: 1 h}
reasons:
  sales: {volume: 60/h, handle_time: 4 min, patience: 3 min}
groups:
  team: {agents: 8, serves: [sales], wage: 24}
queues:
  sales: {target: {sl: {share: 80%, within: 20s}}}
optimize: {floor: 0%}
"""


@pytest.fixture
def center():
    return cxsim.parse(yaml.safe_load(CENTER))


def searches_of(monkeypatch, center, most, **given):
    """An optimization that may make so many searches, the draws of each, and the cost of its plan ready for a proof."""
    seen, costs = [], []
    own, ready = searching.Search.look, searching._ready

    def look(self, point, phase):
        seen.append((self.trier.first, self.taken))
        own(self, point, phase)

    def cost(*args):
        made = ready(*args)
        costs.append(made.cost)
        return made

    monkeypatch.setattr(searching, "SEARCHES", most)
    monkeypatch.setattr(searching.Search, "look", look)
    monkeypatch.setattr(searching, "_ready", cost)
    params = SearchParams(small_columns=1)  # else every plan is tried
    return optimize(center, advise=False, params=params, **given), seen, costs


def test_time_that_is_left_goes_to_searches_on_other_draws(monkeypatch, center):
    found, seen, costs = searches_of(monkeypatch, center, 3, seconds=120.0)
    assert found.certified
    assert len(costs) == 3
    assert len({first for first, _ in seen}) == 3
    assert len(set(seen)) == len(seen)  # no slopes twice on the same draws
    assert any("3 searches on different draws" in text for text in found.messages)
    assert found.cost == pytest.approx(min(costs), rel=0.02)  # the proof may still add or take somebody


def test_without_a_time_limit_there_is_one_search(monkeypatch, center):
    found, seen, costs = searches_of(monkeypatch, center, 3)
    assert found.certified
    assert costs == []
    assert {first for first, _ in seen} == {0}
    assert not any("searches on different draws" in text for text in found.messages)


def test_a_short_time_limit_leaves_room_for_one(monkeypatch, center):
    monkeypatch.setattr(searching, "AGAIN", 1e9)
    _, _, costs = searches_of(monkeypatch, center, 3, seconds=120.0)
    assert costs == []


def test_a_further_search_that_fails_does_not_lose_the_plan(monkeypatch, center):
    own = searching.searched

    def once(*args):
        if args[-1] == 1:
            raise RuntimeError("out of order")
        return own(*args)

    monkeypatch.setattr("cxsim.optimizer.optimize.searched", once)
    found, _, costs = searches_of(monkeypatch, center, 3, seconds=120.0)
    assert found.certified
    assert len(costs) == 1
    assert "A further search failed (out of order): it is left out." in found.messages


def test_a_run_that_is_killed_in_a_further_search_has_stored_the_plan_that_was_ready_for_its_proof(
    monkeypatch, center, tmp_path
):
    """Before, it had stored the plan as the search left it: what was added for the proof, or taken, was lost."""
    own, ready, known, stored = searching.searched, searching._ready, [], []

    def killed(*args):
        if args[-1] == 1:
            raise KeyboardInterrupt
        return own(*args)

    def one_more(run, found, confidence):
        found[0].best = found[0].best + run.problem.structure.integer  # the proof adds somebody
        known.append(ready(run, found, confidence))
        return known[-1]

    monkeypatch.setattr("cxsim.optimizer.optimize.searched", killed)
    monkeypatch.setattr(searching, "_ready", one_more)
    monkeypatch.setattr(searching.Search, "thinned", lambda *given: None)
    params = SearchParams(small_columns=1)
    checkpoint = tmp_path / "best.json"
    with pytest.raises(KeyboardInterrupt):
        optimize(center, advise=False, seconds=120.0, params=params, checkpoint=checkpoint, keep=stored.append)
    (point,) = known
    assert json.loads(checkpoint.read_text())["x"] == point.x.tolist() == stored[-1].x.tolist()
    assert stored[-1].cost == pytest.approx(point.cost)
    assert stored[-1].goals["low"].to_numpy() < stored[-1].goals["value"].to_numpy()  # told with its uncertainty


def test_a_search_that_the_user_stops_is_followed_by_a_proof_and_no_other_search(monkeypatch, center):
    own, stages = searching.searched, []

    def stopped(*args):
        if args[-1] == 1:
            args[0].stopped = True
        return own(*args)

    monkeypatch.setattr("cxsim.optimizer.optimize.searched", stopped)
    found, _, costs = searches_of(monkeypatch, center, 3, seconds=120.0, progress=stages.append)
    assert found.certified
    assert len(costs) == 1
    assert not any("searches on different draws" in text for text in found.messages)


def test_where_every_cheaper_plan_was_tried_no_other_search_is_made(monkeypatch, center):
    monkeypatch.setattr(searching, "_enumerated", lambda run, x: x)
    monkeypatch.setattr(searching, "_ready", lambda *args: pytest.fail("another search was to come"))
    found = optimize(center, advise=False, seconds=120.0)
    assert found.certified
