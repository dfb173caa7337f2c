"""The Gymnasium environment of callback offers: an episode is a replication, a step is a customer who must wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from cxsim.gym import turns
from cxsim.gym.episode import Offers, Question
from cxsim.gym.turns import LARGEST, MINUTE, Floats, Shown, Turns
from cxsim.model.prepare import prepare
from cxsim.scenario import Scenario
from cxsim.schema import ledger

FIELDS = ledger.LEG_DTYPE.names or ()
QUEUED, ANSWERED, ENDED, QUEUE, CAUSE, OUTCOME = (
    FIELDS.index(name) for name in ("queued", "answered", "ended", "queue", "cause", "outcome")
)
USUAL = {"waiting": 1.0, "callback": 0.25, "abandoned": 5.0}


class Callbacks(gymnasium.Env[Shown, np.int64]):
    """Callback offers of a scenario as a Gymnasium environment.

    A step answers for one customer who must wait in a queue with `callback`: 0 offers nothing, 1 offers a callback,
    which the customer accepts with the share that the scenario states. The scenario's own threshold, `over`, is not
    used; `info["usual"]` says what it would decide.

    The observation is a vector: the part of the counted time that has passed, the customer's queue (1 at its place),
    the expected wait (minutes), customers waiting on the line and for a callback by queue, agents idle and present by
    group. The reward is minus the cost since the last step: minutes waited on the line and for a callback in the
    counted time, and customers who abandoned, times their prices.

    Draws are addressed: episode n of a seed has the same customers for every policy and every learner. The engine is
    `story`.

    Parameters
    ----------
    scenario : Scenario
        What to simulate. A queue or more have `callback`.
    prices : mapping of str to float, optional
        Price of a minute of 'waiting' on the line (1), of a minute of waiting for a 'callback' (0.25), and of a
        customer who 'abandoned' (5).
    first : int, default 0
        The replication of the first episode.
    every : int, default 1
        How many replications each reset goes on by.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario.
    ValueError
        No queue has `callback`, or a price has an unknown name or is negative.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # as in Gymnasium itself

    def __init__(
        self, scenario: Scenario, prices: Mapping[str, float] | None = None, first: int = 0, every: int = 1
    ) -> None:
        if all(queue.callback is None for queue in scenario.queues.values()):
            rule = "no queue offers callbacks, so there is nothing to decide"
            raise ValueError(f"{rule}; write queues.NAME.callback: {{over: 2 min, accepted: 60%}}")
        self.prices = turns.prices(dict(prices or {}), USUAL)
        self.scenario, self._turns = scenario, Turns(first, every)
        self._model = prepare(scenario, self._turns.seed)
        self._queues, self._groups = len(scenario.queues), len(scenario.groups)
        self.action_space = spaces.Discrete(2)
        size = 2 + 3 * self._queues + 2 * self._groups
        self.observation_space = spaces.Box(0.0, LARGEST, (size,), np.float32)
        self._episode: Offers | None = None
        self._read, self._done, self._cost = 0, np.zeros(3), 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Shown, dict[str, Any]]:
        """Begin the next replication; a seed begins again with the first one.

        Parameters
        ----------
        seed : int, optional
            Random seed of the customers; the last one if not given.
        options : dict, optional
            {"replication": n} chooses the replication.

        Returns
        -------
        tuple
            The observation at the first decision, and info: replication, now (s), usual.
        """
        super().reset(seed=seed)
        if self._turns.begin(seed, options):
            self._model = prepare(self.scenario, self._turns.seed)
        self.close()
        self._episode = Offers(self._model, self._turns.replication)
        self._read, self._done = 0, np.zeros(3)
        self._cost = self._costs()
        return self._observed(self._episode.question)

    def step(self, action: np.int64) -> tuple[Shown, float, bool, bool, dict[str, Any]]:
        """Offer a callback, or not, and go on to the next customer.

        Parameters
        ----------
        action : int
            1 to offer a callback, else 0.

        Returns
        -------
        tuple
            Observation, reward, whether the replication is over, False, info.
        """
        episode = self._episode
        if episode is None or episode.question is None:
            raise RuntimeError("the episode is over; call reset")
        asked = episode.go_on(int(action))
        cost = self._costs()
        reward, self._cost = self._cost - cost, cost
        shown, info = self._observed(asked)
        return shown, reward, asked is None, False, info

    def close(self) -> None:
        """End the replication that is under way."""
        if self._episode is not None:
            self._episode.close()
            self._episode = None

    def _costs(self) -> float:
        """What the replication has cost until now: of who left a queue, and of who is in one."""
        assert self._episode is not None
        center, edges = self._episode.center, self._model.layout.edges
        for leg in center.legs[self._read :]:
            if leg[QUEUE] >= 0 and leg[CAUSE] != ledger.OUTBOUND:
                until = leg[ENDED] if np.isnan(leg[ANSWERED]) else leg[ANSWERED]
                self._done[int(leg[CAUSE] == ledger.CALLED_BACK)] += _inside(leg[QUEUED], until, edges)
                self._done[2] += leg[OUTCOME] == ledger.ABANDONED and edges[0] <= leg[ENDED] < edges[-1]
        self._read = len(center.legs)
        now, sums = float(center.env.now), self._done.copy()
        for queue in center.queues:
            for contact in queue:
                if contact.cause != ledger.OUTBOUND:
                    sums[int(contact.cause == ledger.CALLED_BACK)] += _inside(contact.queued, now, edges)
        each = [self.prices["waiting"] / MINUTE, self.prices["callback"] / MINUTE, self.prices["abandoned"]]
        return float(sums @ each)

    def _observed(self, asked: Question | None) -> tuple[Shown, dict[str, Any]]:
        assert self._episode is not None
        center, edges, q = self._episode.center, self._model.layout.edges, self._queues
        shown = np.zeros(self.observation_space.shape or (), np.float32)
        now = float(center.env.now)
        info: dict[str, Any] = {"replication": self._turns.replication, "now": now, "usual": 0}
        if asked is not None:
            shown[0] = np.clip((now - edges[0]) / (edges[-1] - edges[0]), 0.0, 1.0)
            shown[1 + asked.number] = 1.0
            shown[1 + q] = min(asked.wait / MINUTE, LARGEST)
            calls = [sum(1 for contact in queue if contact.callback) for queue in center.queues]
            shown[2 + q : 2 + 2 * q] = [len(queue) - n for queue, n in zip(center.queues, calls, strict=True)]
            shown[2 + 2 * q : 2 + 3 * q] = calls
            groups = center.board["groups"]
            shown[2 + 3 * q :] = np.concatenate([groups["idle"], groups["present"]])
            info["usual"] = asked.choices[0]
        return shown, info


def _inside(start: float, end: float, edges: Floats) -> float:
    """Seconds of a span in the counted time."""
    return float(max(min(end, edges[-1]) - max(start, edges[0]), 0.0)) if end > start else 0.0
