"""Hours of work that volumes ask for: the requirement of the scenario's days, curved by economies of scale."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.model.demand import expected_of
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.problem.requirements import requirements
from cxsim.scenario.checks.capacity import months_of
from cxsim.tables.months import by_month

if TYPE_CHECKING:
    from cxsim.model.prepare import Model
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Tell = Callable[[str], object]

SCALES = (0.4, 0.7, 1.0, 1.4, 2.0)  # times the workload of the scenario, at which the requirement is computed


@dataclass(frozen=True, eq=False)
class Needs:
    """What Q queues need, by the workload of R reasons.

    `curve[q, k]` is agent-hours over the scenario's horizon at `scales[k]` times its workload; between the scales it
    is linear, and beyond them it goes on as the last piece, below them towards nothing. `mix[q, r]` is the share of
    reason r in the work of queue q; `forecast[r, m]` the workload of reason r on a day of month m, as a multiple of
    that of a day of the horizon; `days[m]` the days of month m that are like one of the horizon's, as multiples of
    the horizon.
    """

    queues: tuple[str, ...]
    reasons: tuple[str, ...]
    scales: Floats  # (K,)
    curve: Floats  # (Q, K)
    mix: Floats  # (Q, R)
    forecast: Floats  # (R, M)
    volumes: Floats  # (R, M) contacts a month
    days: Floats  # (M,)

    def hours(self, load: Floats) -> Floats:
        """Hours (Q, M, …) for workloads (R, M, …), multiples of the scenario's."""
        share = np.einsum("qr,rm...->qm...", self.mix, load)
        out = np.empty_like(share)
        for q in range(len(self.queues)):
            out[q] = self.at(q, share[q])
        return np.asarray(out * self.days.reshape(1, -1, *[1] * (share.ndim - 2)))

    def at(self, q: int, x: Floats) -> Floats:
        """Hours of queue q over the horizon at x times its workload."""
        xs, ys = np.concatenate([[0.0], self.scales]), np.concatenate([[0.0], self.curve[q]])
        slope = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
        return np.asarray(np.where(x <= xs[-1], np.interp(x, xs, ys), ys[-1] + slope * (x - xs[-1])))

    def average(self, load: Floats) -> Floats:
        """Hours (Q, M) as the rule of thumb has them: in proportion to the workload (R, M)."""
        one = np.array([float(self.at(q, np.array(1.0))) for q in range(len(self.queues))])
        return np.asarray(one[:, None] * (self.mix @ load) * self.days)


def needs(scenario: Scenario, scales: Sequence[float] = SCALES, seed: int = 1, tell: Tell | None = None) -> Needs:
    """The requirement of each queue for its target, at several workloads, by Erlang A or C as the queue says."""
    asked = scenario.capacity
    assert asked is not None
    model = prepare(scenario, seed)
    horizon = scenario.horizon
    months = months_of(asked)
    days = np.array([calendar.monthrange(*one)[1] for one in months], dtype=np.float64)
    like = days if asked.open_days is None else np.full(len(months), asked.open_days)
    own = expected_of(model.demand, model.timeline).sum(axis=1) / horizon.days  # contacts a day
    volumes = np.outer(own, like)
    reasons = list(scenario.reasons)
    table = None if asked.file is None else scenario.table(asked.file, asked.sheet)
    for r, name in enumerate(reasons):
        if name in asked.volumes:
            volumes[r] = asked.volumes[name]
        elif table is not None and (column := table.find(name)) is not None:
            volumes[r] = by_month(table, column, months)
        if own[r] <= 0.0 and volumes[r].any():
            raise ValueError(
                f"{name}: has volumes by month, but no contacts in the scenario, so that their work is not known; "
                f"give reasons.{name}.volume in the scenario, or remove it from capacity"
            )
    forecast = np.divide(volumes, np.outer(own, like), out=np.zeros_like(volumes), where=own[:, None] > 0.0)
    curve = []
    for scale in scales:
        if tell is not None:
            tell(f"requirement at {scale:.0%} of the scenario's volume")
        varied = {f"reasons.{name}.volume.factor": scale * one.volume.factor for name, one in scenario.reasons.items()}
        table_of = requirements(scenario.vary(varied) if scale != 1.0 else scenario, seed=seed)
        width = horizon.interval / 3600.0
        hours = table_of.groupby("queue", sort=False)["agents"].sum() * width
        curve.append([float(hours.get(queue, 0.0)) for queue in scenario.queues])
    return Needs(
        queues=tuple(scenario.queues),
        reasons=tuple(reasons),
        scales=np.array(scales, dtype=np.float64),
        curve=np.maximum.accumulate(np.array(curve).T, axis=1),
        mix=_mix(model, len(scenario.queues)),
        forecast=forecast,
        volumes=volumes,
        days=like / horizon.days,
    )


def _mix(model: Model, queues: int) -> Floats:
    """The shares of the reasons in the work of each queue."""
    stream = flows(model)
    offered = stream.settled()[0].sum(axis=1)
    finite = np.isfinite(stream.handle)
    handle = np.where(finite, stream.handle, 0.0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    out = np.zeros((queues, stream.mix.shape[1]))
    np.add.at(out, stream.queue_of, (offered * handle)[:, None] * stream.mix)
    total = out.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(out, total, out=np.zeros_like(out), where=total > 0.0))
