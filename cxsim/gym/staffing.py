"""The Gymnasium environment of intraday staffing: an episode is a replication, a step is a part of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from cxsim.gym import turns
from cxsim.gym.turns import LARGEST, MINUTE, Floats, Shown, Turns
from cxsim.model.network.compile import restaffed
from cxsim.model.network.people import team_of
from cxsim.model.plan import plan_of_levels
from cxsim.model.prepare import Model, prepare
from cxsim.scenario import Scenario
from cxsim.schema import ledger
from cxsim.simulation.replications import replay

Levels = npt.NDArray[np.int64]
USUAL = {"waiting": 1.0, "abandoned": 5.0, "agent_hour": 30.0}


class Staffing(gymnasium.Env[Shown, npt.NDArray[np.int64]]):
    """Staffing moves during the day as a Gymnasium environment.

    A step decides how many agents more, or fewer, than planned each group has in the next `period`: action k of a group
    means k - `most` more, and never fewer than none. Agents are those present, after shrinkage.

    The observation is a vector: the part of the decisions that has been made; by queue customers waiting now, offered
    and abandoned in the last period, and the mean wait of those (minutes); by group agents at work now, and agents
    planned for the next period. The reward is minus the cost of the period: minutes waited in it, customers who
    abandoned in it, and hours of agents beyond the plan, times their prices. Fewer agents than planned save the price.

    Draws are addressed: episode n of a seed has the same customers for every policy and every learner. The engine is
    `clock`: it replays the replication with all moves so far, and what lies before a decision does not depend on
    later ones.

    Parameters
    ----------
    scenario : Scenario
        What to simulate. Its groups have headcounts, and it has days.
    period : int, default 2
        Counted intervals between decisions.
    most : int, default 2
        How many agents more or fewer a group can have.
    prices : mapping of str to float, optional
        Price of a minute of 'waiting' (1), of a customer who 'abandoned' (5), and of an 'agent_hour' (30).
    first : int, default 0
        The replication of the first episode.
    every : int, default 1
        How many replications each reset goes on by.

    Raises
    ------
    ScenarioError
        A table does not fit the scenario.
    ValueError
        The scenario is in steady state, a group has shifts or changes within an interval, or another argument is wrong.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # as in Gymnasium itself

    def __init__(
        self,
        scenario: Scenario,
        period: int = 2,
        most: int = 2,
        prices: Mapping[str, float] | None = None,
        first: int = 0,
        every: int = 1,
    ) -> None:
        for name, number in (("period", period), ("most", most)):
            if number < 1:
                raise ValueError(f"{name}: {number!r} is not a whole number above 0; write 2")
        self.scenario, self.most, self.prices = scenario, most, turns.prices(dict(prices or {}), USUAL)
        self._turns = Turns(first, every)
        self._model = self._roomy(prepare(scenario, self._turns.seed))
        layout = self._model.layout
        opened = np.flatnonzero(layout.open_mask)
        self._periods = np.split(opened, np.arange(period, len(opened), period))
        self._queues, self._groups = len(scenario.queues), len(scenario.groups)
        self.action_space = spaces.MultiDiscrete([2 * most + 1] * self._groups)
        size = 1 + 4 * self._queues + 2 * self._groups
        self.observation_space = spaces.Box(0.0, LARGEST, (size,), np.float32)
        self._levels = self._planned.copy()
        self._step, self._legs = len(self._periods), np.zeros(0, ledger.LEG_DTYPE)

    def _roomy(self, model: Model) -> Model:
        """The model with a seat for everybody who may be added; sets the planned levels."""
        scenario, when = self.scenario, model.timeline
        if when.steady:
            raise ValueError("the scenario is in steady state and has no day to move staff in; use a horizon of days")
        if not model.plan.by_count.all():
            names = [name for name, counted in zip(model.plan.groups, model.plan.by_count, strict=True) if not counted]
            raise ValueError(f"groups.{names[0]}: it has shifts; give it headcounts (agents) to move staff by hand")
        self._planned = np.rint(model.plan.present * _whole(model)).astype(np.int64)
        usual = plan_of_levels(scenario, when, self._planned)
        if not np.array_equal(usual.events, model.plan.events):
            raise ValueError("the headcounts change within an interval; give each interval one number of agents")
        self._shift = np.where(model.layout.open_mask, self.most, 0)
        top = plan_of_levels(scenario, when, self._planned + self._shift)
        people = team_of(scenario, top.first_seat, model.seed)
        return replace(model, plan=top, network=restaffed(model.network, top, people))

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
            The observation before the first decision, and info: replication, now (s).
        """
        super().reset(seed=seed)
        if self._turns.begin(seed, options):
            self._model = self._roomy(prepare(self.scenario, self._turns.seed))
        self._levels, self._step = self._planned.copy(), 0
        self._legs = self._replayed()
        return self._observed()

    def step(self, action: npt.NDArray[np.int64]) -> tuple[Shown, float, bool, bool, dict[str, Any]]:
        """Move staff in the next period, and go on to its end.

        Parameters
        ----------
        action : array of int
            By group, agents more than planned, plus `most`.

        Returns
        -------
        tuple
            Observation, reward, whether the day is over, False, info.
        """
        if self._step >= len(self._periods):
            raise RuntimeError("the episode is over; call reset")
        inside = self._periods[self._step]
        planned = self._planned[:, inside]
        self._levels[:, inside] = np.maximum(planned + np.asarray(action, np.int64)[:, None] - self.most, 0)
        self._legs = self._replayed()
        hours = ((self._levels[:, inside] - planned) * self._model.timeline.open_seconds[inside]).sum() / 3600.0
        start, end = self._span(self._step)
        waited, abandoned, _ = self._sums(start, end)
        cost = waited.sum() / MINUTE * self.prices["waiting"] + abandoned.sum() * self.prices["abandoned"]
        self._step += 1
        shown, info = self._observed()
        reward = -float(cost + hours * self.prices["agent_hour"])
        return shown, reward, self._step == len(self._periods), False, info

    def _replayed(self) -> npt.NDArray[np.void]:
        """The legs of the replication with the moves so far."""
        plan = plan_of_levels(self.scenario, self._model.timeline, self._levels)
        model = replace(self._model, plan=replace(self._model.plan, events=plan.events))
        keeper = ledger.Keeper()
        replay(model, self._turns.replication, "clock", keeper)
        return keeper.ledger().legs

    def _span(self, step: int) -> tuple[float, float]:
        """When a period begins and ends; the first reaches back, and the last on, to the ends of the counted time."""
        edges = self._model.layout.edges
        start = edges[self._periods[step][0]] if step else edges[0]
        end = edges[self._periods[step + 1][0]] if step + 1 < len(self._periods) else edges[-1]
        return float(start), float(end)

    def _sums(self, start: float, end: float) -> tuple[Floats, Floats, Floats]:
        """By queue: seconds waited within a span, customers who abandoned in it, customers who came in it."""
        legs = self._legs[self._legs["queue"] >= 0]
        gone = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
        waited = np.nan_to_num(np.clip(gone, start, end) - np.clip(legs["queued"], start, end))
        left = (legs["outcome"] == ledger.ABANDONED) & (legs["ended"] >= start) & (legs["ended"] < end)
        came = (legs["arrived"] >= start) & (legs["arrived"] < end)
        by = [np.bincount(legs["queue"], each, self._queues).astype(np.float64) for each in (waited, left, came)]
        return by[0], by[1], by[2]

    def _observed(self) -> tuple[Shown, dict[str, Any]]:
        shown = np.zeros(self.observation_space.shape or (), np.float32)
        whole, q, step = len(self._periods), self._queues, self._step
        start, end = self._span(step - 1) if step else (self._model.layout.edges[0],) * 2
        legs = self._legs[self._legs["queue"] >= 0]
        gone = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
        waiting = (legs["queued"] <= end) & (gone > end)
        busy = (legs["agent"] >= 0) & (legs["answered"] <= end) & (legs["ended"] > end)
        shown[0] = step / whole
        shown[1 : 1 + q] = np.bincount(legs["queue"][waiting], minlength=q)
        if step:
            waited, abandoned, came = self._sums(start, end)
            shown[1 + q : 1 + 4 * q] = np.concatenate([came, abandoned, waited / MINUTE / np.maximum(came, 1.0)])
        shown[1 + 4 * q : 1 + 4 * q + self._groups] = np.bincount(legs["group"][busy], minlength=self._groups)
        if step < whole:
            shown[1 + 4 * q + self._groups :] = self._planned[:, self._periods[step][0]]
        return shown, {"replication": self._turns.replication, "now": float(end)}


def _whole(model: Model) -> Floats:
    """Over the part of each interval that is open: what makes mean agents of an interval those while it is open."""
    opened = model.timeline.open_seconds
    length = np.diff(model.layout.edges)
    return np.divide(length, opened, out=np.zeros_like(length), where=opened > 0.0)
