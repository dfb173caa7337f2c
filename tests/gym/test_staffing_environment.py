"""Staffing moves as an environment: Gymnasium's checker, the same customers, no look ahead, and sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.utils.env_checker import check_env  # noqa: E402

import cxsim.gym  # noqa: E402
from cxsim.metrics import figure_values  # noqa: E402
from cxsim.model.prepare import prepare  # noqa: E402
from cxsim.simulation.replications import replicate  # noqa: E402

CENTER = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "open": "08:00-10:00"},
    "reasons": {
        "help": {"volume": {"per_hour": [40, 50]}, "talk": "4 min", "patience": "4 min"},
        "fault": {"volume": "30/h", "talk": "4 min"},
    },
    "groups": {
        "desk": {"agents": [3, 3, 4, 3], "serves": ["help"]},
        "experts": {"agents": 3, "serves": ["fault", "help"]},
    },
}
NOTHING = np.array([2, 2])


@pytest.fixture
def center():
    return cxsim.parse(CENTER)


def played(env, moves, **reset):
    shown, info = env.reset(**reset)
    seen, rewards, over = [shown], [], False
    for move in moves:
        shown, reward, over, cut, info = env.step(np.asarray(move))
        seen.append(shown)
        rewards.append(reward)
        assert not cut
    assert over and env.observation_space.contains(shown)
    return np.array(seen), np.array(rewards), info


def test_gymnasiums_own_checker_finds_nothing(center, recwarn):
    env = cxsim.gym.Staffing(center)
    check_env(env, skip_render_check=True)
    assert [str(one.message) for one in recwarn] == []
    assert gymnasium.make("cxsim/Staffing-v0", scenario=center).reset(seed=1)[0].shape == env.observation_space.shape


def test_without_moves_a_day_is_that_of_simulate(center):
    """The rewards of a day are the minutes waited and the customers who abandoned of the same replication."""
    env = cxsim.gym.Staffing(center, period=1, prices={"waiting": 1, "abandoned": 7, "agent_hour": 100})
    for number in (0, 3):
        _, rewards, info = played(env, [NOTHING] * 4, options={"replication": number})
        model = prepare(center, 1)
        samples, _ = replicate(model, number + 1)
        waited = samples[number].waiting.sum() / 60  # that after closing too
        left = figure_values(samples, model.layout, "abandoned")[0][number]
        assert info["replication"] == number
        assert -rewards.sum() == pytest.approx(waited + 7 * left)


def test_agents_added_cost_their_hours_and_shorten_waits(center):
    env = cxsim.gym.Staffing(center, prices={"waiting": 0, "abandoned": 0, "agent_hour": 30})
    _, rewards, _ = played(env, [[4, 2], [0, 2]], seed=1)
    assert rewards.tolist() == [-60.0, 60.0]  # two more for an hour, then two fewer
    env = cxsim.gym.Staffing(center, prices={"agent_hour": 0})
    _, usual, _ = played(env, [NOTHING, NOTHING], seed=1)
    _, more, _ = played(env, [[4, 4], [4, 4]], seed=1)
    _, none, _ = played(cxsim.gym.Staffing(center, most=9, prices={"agent_hour": 0}), [[0, 0], [0, 0]], seed=1)
    assert none.sum() < usual.sum() < more.sum()  # nobody is there: never fewer than none


def test_what_is_seen_does_not_depend_on_later_moves(center):
    env = cxsim.gym.Staffing(center, period=1)
    one, first, _ = played(env, [[3, 2], [2, 2], [0, 0], [4, 4]], seed=5)
    two, second, _ = played(env, [[3, 2], [2, 2], [4, 4], [0, 0]], seed=5)
    np.testing.assert_array_equal(one[:3], two[:3])
    np.testing.assert_array_equal(first[:2], second[:2])
    assert (one[3:] != two[3:]).any()


def test_two_learners_meet_the_same_customers_and_seeds_differ(center):
    a, b = cxsim.gym.Staffing(center), cxsim.gym.Staffing(center)
    days = [played(env, [NOTHING] * 2, seed=4)[0] for env in (a, b)]
    np.testing.assert_array_equal(*days)
    assert (played(a, [NOTHING] * 2)[0] != days[0]).any()
    assert (played(b, [NOTHING] * 2, seed=5)[0] != days[0]).any()


def test_side_by_side(center):
    envs = cxsim.gym.vectorised(center, 2, cxsim.gym.Staffing, period=4)
    envs.reset(seed=[1, 1])
    _, rewards, over, _, info = envs.step(np.array([NOTHING, NOTHING]))
    assert over.all() and rewards[0] != rewards[1] and info["replication"].tolist() == [0, 1]
    envs.close()


def test_what_cannot_be_moved_is_refused(center):
    def refused(change, **settings):
        with pytest.raises(ValueError) as error:
            cxsim.gym.Staffing(cxsim.parse(CENTER | change), **settings)
        return str(error.value)

    shifts = {
        "staff": {"shifts": [{"group": "desk", "start": "08:00", "end": "10:00", "agents": 3}]},
        "groups": {"desk": {"serves": ["help"]}, "experts": CENTER["groups"]["experts"]},
    }
    assert "groups.desk: it has shifts" in refused(shifts)
    assert "most: 0 is not a whole number above 0" in refused({}, most=0)
    assert "'wait' is not a price; the prices are waiting, abandoned, agent_hour" in refused({}, prices={"wait": 1})
    assert "abandoned is -1; write 0 or more" in refused({}, prices={"abandoned": -1})
    steady = {
        "horizon": {"steady": {"length": "10h", "warm_up": "2h"}},
        "reasons": {"help": {"volume": "40/h", "talk": "4 min"}},
        "groups": {"desk": {"agents": 3, "serves": ["help"]}},
    }
    assert "steady state and has no day" in refused(steady)
    env = cxsim.gym.Staffing(center, period=4)
    env.reset(seed=1)
    env.step(NOTHING)
    with pytest.raises(RuntimeError, match="call reset"):
        env.step(NOTHING)
