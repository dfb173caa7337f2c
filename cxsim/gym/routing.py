"""The Gymnasium environment: an episode is a replication, a step is a routing decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from cxsim.gym import placeholder
from cxsim.gym.episode import CONTACT, Episode, Question
from cxsim.gym.turns import LARGEST, MINUTE, Shown, Turns
from cxsim.model.prepare import prepare
from cxsim.model.routing_choice import routed
from cxsim.scenario import Scenario


class Parts(NamedTuple):
    """Where an observation has what, for so many queues and groups."""

    queues: int
    groups: int

    @property
    def size(self) -> int:
        """Numbers of an observation."""
        return 2 + 3 * self.queues + 3 * self.groups + max(self.queues, self.groups)

    @property
    def actions(self) -> int:
        """Choices at a decision: nobody, or a group or queue."""
        return 1 + max(self.queues, self.groups)

    def read(self, shown: Shown) -> tuple[Shown, ...]:
        """Who asks (2), which queue, which group; waiting, first wait by queue; idle, present by group; permitted."""
        q, g = self.queues, self.groups
        return tuple(np.split(shown, np.cumsum([2, q, g, q, q, g, g])))


class Routing(gymnasium.Env[Shown, np.int64]):
    """Routing of a scenario as a Gymnasium environment.

    A step answers one question: which group takes a contact that finds idle agents, or which queue a free agent
    serves. Action 0 lets the contact wait or the agent be idle; action k chooses group or queue k - 1. An action that
    is not permitted counts as the usual choice: the lowest order or rank. `info["action_mask"]` tells what is
    permitted.

    The observation is a vector: who asks (contact, agent), the asking queue and group (1 at its place), contacts
    waiting and the wait of the first (minutes) by queue, agents idle and present by group, and permitted choices. The
    reward is minus the contact-minutes waited in the counted time since the last decision, times the costs.

    Draws are addressed: episode n of a seed has the same customers for every policy and every learner.

    Parameters
    ----------
    scenario : Scenario
        What to simulate. Its own routing policy, if it has one, is not asked.
    costs : mapping of str to float, optional
        Cost of a contact-minute of waiting by queue; 1 where not given.
    first : int, default 0
        The replication of the first episode.
    every : int, default 1
        How many replications each reset goes on by.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario.
    ValueError
        A cost is given for a queue that does not exist.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # as in Gymnasium itself

    def __init__(
        self, scenario: Scenario, costs: Mapping[str, float] | None = None, first: int = 0, every: int = 1
    ) -> None:
        self.scenario = routed(scenario, (placeholder.choose_agent, placeholder.choose_contact))
        queues = tuple(scenario.queues)
        given = dict(costs or {})
        if wrong := [name for name in given if name not in queues]:
            raise ValueError(f"costs: {wrong[0]!r} is not a queue; the queues are {', '.join(queues)}")
        self.costs = np.array([float(given.get(name, 1.0)) for name in queues]) / MINUTE
        self.parts = Parts(len(queues), len(scenario.groups))
        self.action_space = spaces.Discrete(self.parts.actions)
        self.observation_space = spaces.Box(0.0, LARGEST, (self.parts.size,), np.float32)
        self._turns = Turns(first, every)
        self._model = prepare(self.scenario, self._turns.seed)
        self._episode: Episode | None = None
        self._waited = np.zeros(self.parts.queues)

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
            The observation at the first decision, and info: replication, now (s), action_mask.
        """
        super().reset(seed=seed)
        if self._turns.begin(seed, options):
            self._model = prepare(self.scenario, self._turns.seed)
        self.close()
        self._episode = Episode(self._model, self._turns.replication)
        self._waited = np.zeros(self.parts.queues)
        return self._observed(self._episode.question)

    def step(self, action: np.int64) -> tuple[Shown, float, bool, bool, dict[str, Any]]:
        """Answer the question and go on to the next.

        Parameters
        ----------
        action : int
            0, or 1 + the number of a group or queue.

        Returns
        -------
        tuple
            Observation, reward, whether the replication is over, False, info.
        """
        episode = self._episode
        if episode is None or episode.question is None:
            raise RuntimeError("the episode is over; call reset")
        wanted, choices = int(action) - 1, episode.question.choices
        asked = episode.go_on(wanted if wanted == -1 or wanted in choices else choices[0])
        waited = self._waits(episode)
        reward = -float((waited - self._waited) @ self.costs)
        self._waited = waited
        shown, info = self._observed(asked)
        return shown, reward, asked is None, False, info

    def close(self) -> None:
        """End the replication that is under way."""
        if self._episode is not None:
            self._episode.close()
            self._episode = None

    def _waits(self, episode: Episode) -> npt.NDArray[np.float64]:
        edges = self._model.layout.edges
        return episode.waited(float(edges[0]), float(edges[-1]))

    def _observed(self, asked: Question | None) -> tuple[Shown, dict[str, Any]]:
        assert self._episode is not None
        shown = np.zeros(self.parts.size, np.float32)
        info: dict[str, Any] = {"replication": self._turns.replication, "now": float(self._episode.center.env.now)}
        mask = np.zeros(self.parts.actions, np.int8)
        mask[0] = 1
        if asked is not None:
            kind, queue, group, waiting, first, idle, present, permitted = self.parts.read(shown)
            board = self._episode.center.board
            kind[asked.kind] = 1.0
            (queue if asked.kind == CONTACT else group)[asked.number] = 1.0
            waiting[:] = board["queues"]["waiting"]
            some = waiting > 0
            first[some] = (asked.now - board["queues"]["since"][some]) / MINUTE
            idle[:], present[:] = board["groups"]["idle"], board["groups"]["present"]
            permitted[list(asked.choices)] = 1.0
            mask[1 + np.array(asked.choices)] = 1
        return shown, info | {"action_mask": mask}
