"""The Gymnasium environment: its checker, addressed draws, and that a step decides what the engines decide."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.utils.env_checker import check_env  # noqa: E402

import cxsim.gym  # noqa: E402
from cxsim.gym.episode import AGENT, CONTACT, Episode  # noqa: E402
from cxsim.model.prepare import prepare  # noqa: E402

CENTER = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "open": "08:00-09:00"},
    "channels": {"phone": {"patience": "3 min"}},
    "reasons": {
        "help": {"volume": "40/h", "talk": "4 min"},
        "fault": {"volume": "30/h", "talk": "4 min"},
    },
    "groups": {
        "desk": {"agents": 2, "serves": ["help"]},
        "experts": {"agents": 3, "skills": {"fault": {"order": 1, "rank": 1}, "help": {"order": 2, "rank": 2}}},
    },
}


@pytest.fixture
def center():
    return cxsim.parse(CENTER)


def test_gymnasiums_own_checker_finds_nothing(center, recwarn):
    env = cxsim.gym.Routing(center)
    check_env(env, skip_render_check=True)
    env.close()
    assert [str(one.message) for one in recwarn] == []
    assert gymnasium.make("cxsim/Routing-v0", scenario=center).reset(seed=1)[0].shape == env.observation_space.shape


def played(env, choose, **reset):
    shown, info = env.reset(**reset)
    total, steps, over = 0.0, 0, False
    while not over:
        shown, reward, over, _, info = env.step(choose(shown, info))
        total, steps = total + reward, steps + 1
    return total, steps


def minutes(found):
    """Contact-minutes waited, by the legs."""
    legs = found.legs
    return float((legs["answered"].fillna(legs["ended"]) - legs["queued"]).sum()) / 60.0


def usual(shown, info):
    """An action that is not permitted counts as the usual choice."""
    return int(np.flatnonzero(info["action_mask"] == 0)[0]) if (info["action_mask"] == 0).any() else 1


def test_two_learners_meet_the_same_customers(center):
    """Any two environments, whatever the first one did before; another replication has other customers."""
    one, other = cxsim.gym.Routing(center), cxsim.gym.Routing(center)
    for _ in range(2):
        played(one, lambda shown, info: 0, seed=5)
    assert played(one, usual, seed=5) == played(other, usual, seed=5)
    assert played(one, usual) == played(other, usual)
    assert played(one, usual, options={"replication": 0}) != played(one, usual, options={"replication": 1})


class Usual:
    """The scenario's own order and rank, as a learner would take them."""

    def __init__(self, env):
        self.parts = env.parts

    def __call__(self, shown, info):
        kind, _, group, *_ = self.parts.read(shown)
        permitted = np.flatnonzero(info["action_mask"])[1:]
        if kind[CONTACT]:
            return int(permitted[0])  # desk before experts
        order = [1, 0] if group[1] else [0, 1]
        return 1 + next(q for q in order if 1 + q in permitted)


def test_a_step_decides_what_the_engines_decide(center):
    """With the usual choices the waits are those of the usual rule; reward is minus the minutes waited."""
    env = cxsim.gym.Routing(center)
    found = cxsim.simulate(center, replications=1, seed=3, keep=["legs"])
    total, steps = played(env, Usual(env), seed=3)
    assert steps > 20
    assert -total == pytest.approx(minutes(found), rel=1e-9)


def test_an_exported_router_decides_as_it_did_in_the_environment(center, tmp_path):
    """Three random routers: the waits of the environment, and those of both engines with the exported file."""
    env = cxsim.gym.Routing(center)
    drawn = np.random.default_rng(1)
    for n in range(3):
        router = cxsim.gym.LinearRouter.zero(env)
        router.weights[:] = drawn.normal(0.3, 1.0, router.weights.shape)
        total, _ = played(env, lambda shown, info, router=router: router.action(shown), seed=2)
        file = cxsim.gym.export(router, tmp_path / f"router{n}.py")
        for engine in ("clock", "story") if n == 0 else ("story",):
            found = cxsim.simulate(center, policy=file, replications=1, seed=2, engine=engine, keep=["legs"])
            assert minutes(found) == pytest.approx(-total, rel=1e-9)


def test_environments_side_by_side_share_out_the_replications(center):
    both = cxsim.gym.vectorised(center, 2)
    _, info = both.reset(seed=[1, 1])
    assert list(info["replication"]) == [0, 1]
    single = cxsim.gym.Routing(center)
    single.reset(seed=1)
    for _ in range(10):
        single_shown, *_ = single.step(1)
        shown, *_ = both.step(np.array([1, 1]))
        assert (shown[0] == single_shown).all()
    both.close()


def test_a_policy_of_the_scenario_and_bad_costs(center):
    with pytest.raises(ValueError, match="costs: 'x' is not a queue; the queues are help, fault"):
        cxsim.gym.Routing(center, costs={"x": 2})
    dear, plain = cxsim.gym.Routing(center, costs={"help": 3, "fault": 3}), cxsim.gym.Routing(center)
    assert played(dear, usual, seed=1)[0] == pytest.approx(3 * played(plain, usual, seed=1)[0])


def test_who_closes_early_leaves_no_thread(center):
    import threading

    before = threading.active_count()
    for _ in range(3):
        env = cxsim.gym.Routing(center)
        env.reset(seed=1)
        env.step(1)
        env.close()
    assert threading.active_count() == before
    episode = Episode(prepare(env.scenario, 1), 0)
    assert episode.question is not None and episode.question.kind in (CONTACT, AGENT)
    episode.close()


def test_an_episode_of_a_scenario_without_room_to_ask_is_refused() -> None:
    """Without the check, the rows to choose from were written beyond the end of an array."""
    with pytest.raises(ValueError, match="no room to show choices; prepare it with routed"):
        Episode(prepare(cxsim.parse(CENTER), 1), 0)
