"""How many contacts wait at a moment, and a day on which so many wait as somebody counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.begun_day.draws import WAITING
from cxsim.schema.ledger import Ledger, issue_id

if TYPE_CHECKING:
    from cxsim import metrics
    from cxsim.begun_day.reforecast import Begun
    from cxsim.model.prepare import Model

PASSES = 6  # times that a backlog is corrected; contacts that are put in may find an idle agent
JUST = 1e-3  # s between contacts that are put into a queue, the last of them so long before the moment


class Waiting(NamedTuple):
    """How many wait in each queue (Q,), and by queue the fresh issues of that day among them, first come first."""

    counts: npt.NDArray[np.int64]
    issues: tuple[npt.NDArray[np.int64], ...]


def waiting(model: Model, now: float) -> Callable[[Ledger, int, Any], Waiting]:
    """A reader of ledgers: who waits at a moment."""
    queues = len(model.scenario.queues)

    def read(ledger: Ledger, _: int, __: Any) -> Waiting:
        legs = ledger.legs
        left = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
        left = np.where(np.isnan(left), np.inf, left)
        legs = legs[(legs["queue"] >= 0) & (legs["queued"] <= now) & (left > now)]
        legs = legs[np.argsort(legs["queued"], kind="stable")]
        counts = np.bincount(legs["queue"], minlength=queues).astype(np.int64)
        first = legs[(legs["attempt"] == 1) & (legs["leg"] == 1)]
        return Waiting(counts, tuple(first["issue"][first["queue"] == q] for q in range(queues)))

    return read


def settle(
    found: Begun,
    model: Model,
    wanted: Mapping[str, int],
    samples: list[metrics.Sample],
    there: list[Waiting],
    simulated: Callable[[], tuple[list[metrics.Sample], list[Waiting]]],
) -> tuple[list[metrics.Sample], list[Waiting]]:
    """Put contacts into queues, or take out those that came last, until as many wait as were counted."""
    queues = list(model.scenario.queues)
    serial = 0
    for _ in range(PASSES):
        wrong = False
        for k, now in enumerate(there):
            for name, count in wanted.items():
                q = queues.index(name)
                more = count - int(now.counts[q])
                if not more:
                    continue
                removed = np.zeros(0, np.int64)
                if more < 0:
                    removed = now.issues[q][more:]
                    if not len(removed):
                        continue
                times = np.asarray(found.times.now - JUST * np.arange(max(0, more), 0, -1), np.float64)
                issues = issue_id(_reason(found, q), _own(found), WAITING + serial) + np.arange(len(times))
                serial += len(times)
                found.day.put(k, removed, times, issues.astype(np.int64))
                wrong = True
        if not wrong:
            break
        samples, there = simulated()
    return samples, there


def _reason(found: Begun, q: int) -> int:
    """The reason with the most contacts of those that come straight to a queue."""
    reasons = list(found.model.scenario.reasons.values())
    straight = [r for r, one in enumerate(reasons) if not one.flow and found.day.reach[q, r] >= 1.0]
    return max(straight, key=lambda r: found.day.volumes.of[r].levels[-1:].sum())


def _own(found: Begun) -> int:
    return int(found.day.d + found.model.demand.first_day)


def counts(there: Sequence[Waiting]) -> npt.NDArray[np.int64]:
    """How many wait, replication × queue."""
    return np.array([one.counts for one in there])
