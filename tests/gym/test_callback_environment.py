"""Callback offers as an environment: Gymnasium's checker, the usual rule gives the usual rows, and sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

import cxsim

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.utils.env_checker import check_env  # noqa: E402

import cxsim.gym  # noqa: E402
from cxsim.schema.ledger import LEG_DTYPE  # noqa: E402

CENTER = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "open": "08:00-10:00"},
    "reasons": {
        "help": {"volume": "50/h", "talk": "4 min", "patience": "4 min"},
        "fault": {"volume": "30/h", "talk": "4 min", "patience": "5 min"},
    },
    "queues": {"help": {"callback": {"over": "90s", "accepted": "60%"}}, "fault": {}},
    "groups": {"desk": {"agents": 5, "serves": ["help", "fault"]}},
}


@pytest.fixture
def center():
    return cxsim.parse(CENTER)


def played(env, choose, **reset):
    shown, info = env.reset(**reset)
    total, asked, over = 0.0, [], False
    while not over:
        asked.append((shown, info["now"]))
        assert env.observation_space.contains(shown)
        shown, reward, over, _, info = env.step(choose(shown, info))
        total += reward
    return total, asked, list(env._episode.center.legs)


def test_gymnasiums_own_checker_finds_nothing(center, recwarn):
    env = cxsim.gym.Callbacks(center)
    check_env(env, skip_render_check=True)
    env.close()
    assert [str(one.message) for one in recwarn] == []
    assert gymnasium.make("cxsim/Callbacks-v0", scenario=center).reset(seed=1)[0].shape == env.observation_space.shape


def test_the_usual_rule_gives_the_usual_rows(center):
    env = cxsim.gym.Callbacks(center)
    _, asked, legs = played(env, lambda shown, info: info["usual"], seed=1)
    usual = cxsim.simulate(center, replications=1, keep=["legs"], engine="story").legs
    rows = sorted(zip(usual["issue"], usual["queued"].fillna(-1), usual["ended"], strict=True))
    assert sorted((leg[0], -1 if np.isnan(leg[2]) else leg[2], leg[5]) for leg in legs) == rows
    assert (usual["outcome"] == "callback").sum() > 2 and len(asked) > 10


def test_the_reward_is_what_the_legs_say(center):
    """Minutes on the line and for a callback, and who abandoned, summed over the legs of the day by hand."""
    each = {}
    for price in ("waiting", "callback", "abandoned"):
        env = cxsim.gym.Callbacks(center, dict.fromkeys(("waiting", "callback", "abandoned"), 0.0) | {price: 1.0})
        each[price], _, _ = played(env, lambda shown, info: 1, seed=1)
    usual = cxsim.parse(CENTER | {"queues": {"help": {"callback": {"over": "0s", "accepted": "60%"}}, "fault": {}}})
    legs = cxsim.simulate(usual, replications=1, keep=["legs"], engine="story").legs
    minutes = (legs["answered"].fillna(legs["ended"]) - legs["queued"]).fillna(0.0) / 60
    back = legs["cause"] == "called back"
    assert -each["waiting"] == pytest.approx(minutes[~back].sum())
    assert -each["callback"] == pytest.approx(minutes[back].sum())
    assert -each["abandoned"] == ((legs["outcome"] == "abandoned") & legs["counted"]).sum()


def test_offering_nothing_and_everything(center):
    env = cxsim.gym.Callbacks(center)
    never = played(env, lambda shown, info: 0, seed=2)[2]
    always = played(env, lambda shown, info: 1, seed=2)[2]
    offer = LEG_DTYPE.names.index("offer")
    assert sum(leg[offer] for leg in never) == 0 < sum(leg[offer] for leg in always)


def test_two_learners_meet_the_same_customers(center):
    a, b = cxsim.gym.Callbacks(center), cxsim.gym.Callbacks(center)
    one, two = (played(env, lambda shown, info: 0, seed=3) for env in (a, b))
    assert one[0] == two[0]
    np.testing.assert_array_equal([shown for shown, _ in one[1]], [shown for shown, _ in two[1]])
    envs = cxsim.gym.vectorised(center, 2, cxsim.gym.Callbacks)
    shown, _ = envs.reset(seed=[1, 1])
    assert (shown[0] != shown[1]).any()
    envs.close()


def test_a_scenario_without_callbacks_is_refused(center):
    with pytest.raises(ValueError, match=r"no queue offers callbacks, .*; write queues.NAME.callback"):
        cxsim.gym.Callbacks(cxsim.parse({key: value for key, value in CENTER.items() if key != "queues"}))
    with pytest.raises(ValueError, match="'wait' is not a price; the prices are waiting, callback, abandoned"):
        cxsim.gym.Callbacks(center, {"wait": 1.0})
