"""A router with linear scores: what a learner may train with plain numpy, and export to a policy file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from cxsim.gym.routing import Parts
from cxsim.storage.folders import write_file

if TYPE_CHECKING:
    from cxsim.gym.routing import Routing

TEMPLATE: Final = '''"""A router with linear scores, exported by cxsim.gym. For {queues} queues and {groups} groups."""

import numpy as np

# By queue and group: a constant, then weights of the contacts waiting by queue, and of the agents idle by group.
CONTACT = np.array([{contact}]).reshape({queues}, {groups}, {size})
AGENT = np.array([{agent}]).reshape({queues}, {groups}, {size})


class LinearRouter:
    """Takes the pair with the highest score above 0; without one the contact waits, or the agent stays idle."""

    def choose_agent(self, contact, groups, every_queue, every_group):
        best, highest = -1, 0.0
        for group in groups:
            weights = CONTACT[contact.queue, group.number]
            score = weights[0]
            for k in range({queues}):
                score += weights[1 + k] * every_queue[k].waiting
            for k in range({groups}):
                score += weights[1 + {queues} + k] * every_group[k].idle
            if score > highest:
                best, highest = group.number, score
        return best if best >= 0 else None

    def choose_contact(self, agent, queues, every_queue, every_group):
        best, highest = -1, 0.0
        for queue in queues:
            weights = AGENT[queue.number, agent.group]
            score = weights[0]
            for k in range({queues}):
                score += weights[1 + k] * every_queue[k].waiting
            for k in range({groups}):
                score += weights[1 + {queues} + k] * every_group[k].idle
            if score > highest:
                best, highest = queue.number, score
        return best if best >= 0 else None
'''


@dataclass(frozen=True, eq=False)
class LinearRouter:
    """Scores that are linear in contacts waiting and agents idle; the highest above 0 is chosen.

    Attributes
    ----------
    parts : Parts
        Numbers of queues and groups.
    weights : array of float
        2 (contact asks, agent asks) × queues × groups × (1 + queues + groups): constant, waiting by queue, idle by
        group.
    """

    parts: Parts
    weights: npt.NDArray[np.float64]

    @classmethod
    def zero(cls, env: Routing) -> LinearRouter:
        """A router for an environment whose weights are all 0: it never chooses anyone.

        Parameters
        ----------
        env : Routing
            The environment.

        Returns
        -------
        LinearRouter
            With weights to fill in.
        """
        q, g = env.parts
        return cls(env.parts, np.zeros((2, q, g, 1 + q + g)))

    def action(self, shown: npt.NDArray[np.float32]) -> int:
        """The action for an observation.

        Parameters
        ----------
        shown : array
            An observation of `Routing`.

        Returns
        -------
        int
            0, or 1 + the number of a group or queue.
        """
        kind, queue, group, waiting, _, idle, _, permitted = self.parts.read(shown)
        state = np.concatenate([[1.0], waiting, idle]).astype(np.float64)
        if kind[0]:
            scores = self.weights[0, int(queue.argmax())] @ state
        else:
            scores = self.weights[1, :, int(group.argmax())] @ state
        scores = np.where(permitted[: len(scores)] > 0, scores, -np.inf)
        best = int(scores.argmax())
        return 1 + best if scores[best] > 0.0 else 0


def export(router: LinearRouter, file: str | Path) -> Path:
    """Write a router as a policy file that `--policy` and `simulate(policy=…)` take.

    Parameters
    ----------
    router : LinearRouter
        The router.
    file : str or Path
        The Python file to write.

    Returns
    -------
    Path
        The file.
    """
    texts = [", ".join(repr(float(x)) for x in one.ravel()) for one in router.weights]
    q, g = router.parts
    path = Path(file)
    write_file(path, TEMPLATE.format(queues=q, groups=g, size=1 + q + g, contact=texts[0], agent=texts[1]).encode())
    return path
