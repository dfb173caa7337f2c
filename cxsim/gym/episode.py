"""One replication of `story` that stops at every decision and goes on with the answer.

The engine runs in a thread of its own, and only one of the two runs at any time: the engine until it asks, the caller
until it answers.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cxsim.engines.story import life
from cxsim.engines.story.center import Center
from cxsim.simulation.replications import inputs

if TYPE_CHECKING:
    from cxsim.model.prepare import Model

CONTACT, AGENT, OFFER = 0, 1, 2  # a contact asks for a group, a free agent for a queue, a customer may be called back


class Question(NamedTuple):
    """A decision: who asks, the queue or group of who asks, and the numbers of what may be chosen, first the usual.

    `wait` is the expected wait (s) of a customer who may be offered a callback.
    """

    kind: int
    number: int
    choices: tuple[int, ...]
    now: float
    wait: float = 0.0


class _Closed(BaseException):
    """The caller has gone: the engine's thread ends."""


class _Choosers:
    """What the engine looks up of a policy's file."""

    agent = contact = True
    hooks = None


class _Asking:
    """A policy for the engine that asks the caller."""

    file = _Choosers()

    def __init__(self, episode: Episode) -> None:
        self.episode = episode

    def fresh(self) -> _Asking:
        return self

    def begin(self, board: Any, network: Any) -> None:
        """Nothing to prepare."""

    def remembers(self, board: Any) -> dict[str, Any]:
        return {}

    def agent(self, board: Any) -> int:
        """The group for a contact."""
        rows = board["candidates"][: board["asking"]["count"][0]]
        order = np.lexsort((rows["number"], rows["order"]))
        return self.episode.ask(CONTACT, int(board["contact"]["queue"][0]), rows["number"][order])

    def contact(self, board: Any) -> int:
        """The queue for a free agent."""
        rows = board["heads"][: board["asking"]["count"][0]]
        order = np.lexsort((-rows["wait"], rows["rank"]))
        return self.episode.ask(AGENT, int(board["free_agent"]["group"][0]), rows["number"][order])


class Episode:
    """A replication that is under way, of a model prepared for a policy of two functions: only that has room to ask."""

    def __init__(self, model: Model, replication: int) -> None:
        self.center = self._made(model, replication)
        self.question: Question | None = None
        self._answer = -1
        self._error: BaseException | None = None
        self._closed = False
        self._turn, self._asked = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.go_on(-1)

    def _made(self, model: Model, replication: int) -> Center:
        """The center whose decisions are asked for."""
        if model.policy is None or not (model.policy.file.agent and model.policy.file.contact):
            rule = "the scenario has no policy of two functions, so its boards have no room to show choices"
            raise ValueError(f"{rule}; prepare it with routed(scenario, (choose_agent, choose_contact))")
        given = replace(inputs(model, replication), policy=_Asking(self))  # type: ignore[arg-type]  # it is asked alike
        return Center(given, life)

    def _run(self) -> None:
        self._turn.acquire()
        try:
            if not self._closed:
                life.run(self.center)
        except _Closed:
            pass
        except BaseException as error:  # told to the caller
            self._error = error
        self.question = None
        self._asked.release()

    def ask(self, kind: int, number: int, choices: Any, wait: float = 0.0) -> int:
        """Called by the engine: wait for the answer."""
        now = float(self.center.env.now)
        self.question = Question(kind, number, tuple(int(one) for one in choices), now, wait)
        self._asked.release()
        self._turn.acquire()
        if self._closed:
            raise _Closed
        return self._answer

    def go_on(self, answer: int) -> Question | None:
        """Give the answer and run until the next question; None at the end. -1 keeps waiting or idle."""
        self._answer = answer
        self._turn.release()
        self._asked.acquire()
        if self._error is not None:
            raise self._error
        return self.question

    def close(self) -> None:
        """End the engine's thread."""
        if self._thread.is_alive():
            self._closed = True
            self._turn.release()
            self._thread.join()

    def waited(self, start: float, end: float) -> np.ndarray[Any, Any]:
        """Contact-seconds waited so far by queue, in the counted time from `start` to `end`."""
        center = self.center
        now = min(max(float(center.env.now), start), end)
        since = np.clip(np.array(center.changed), start, end)
        lengths = np.array([len(queue) for queue in center.queues])
        done = center.waiting.reshape(len(center.queues), -1).sum(axis=1)
        return np.asarray(done + lengths * np.maximum(now - since, 0.0))


class Offers(Episode):
    """A replication that asks of every customer who must wait in a queue with `callback` whether to offer one."""

    def _made(self, model: Model, replication: int) -> Center:
        center = Center(inputs(model, replication), life)
        rules = center.book["callbacks"]["over"][center.book["queues"]["callback"]]
        center.offers = lambda contact, wait: (
            self.ask(OFFER, contact.queue, (int(wait > rules[contact.queue]),), wait) == 1
        )
        return center
