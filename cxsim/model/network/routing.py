"""Who may serve what, in which order, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim.model import scores
from cxsim.rules.routing.catalogue import AGENT_RULES, CONTACT_RULES, PRICED
from cxsim.schema.network import (
    MATCH_DTYPE,
    REST,
    WORK_DTYPE,
)
from cxsim.schema.scores import SCORE_DTYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxsim.model.plan import Plan
    from cxsim.scenario import Scenario


def tells_waits(scenario: Scenario) -> bool:
    """Whether waits are estimated, or agents scored by what they do, for which the network needs the volumes."""
    told = any(queue.announces or queue.callback for queue in scenario.queues.values())
    told |= any(node.least_delay for node in scenario.flow.values())
    return told or scores.looks_at_work(scenario)


def priced_work(
    scenario: Scenario, done: scores.Work, skills: npt.NDArray[np.void], volumes: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[Any]]:
    """What prices are made of, where a rule goes by them."""
    if PRICED not in (scenario.routing.agent, scenario.routing.contact):
        return {"load": np.zeros(0), "work": np.zeros(0, WORK_DTYPE)}
    rows = np.zeros(done.time.shape, WORK_DTYPE)
    rows["time"], rows["lasting"] = done.time * scores.shared_time(scenario)[:, None], done.lasting
    return {"load": scores.loads(scenario, skills, volumes), "work": rows.reshape(-1)}


def by_prices(arrays: Mapping[str, npt.NDArray[Any]], plan: Plan) -> dict[str, npt.NDArray[np.void]]:
    """The tables of a rule that goes by prices, which are those of a plan."""
    if not len(arrays["load"]):
        return {}
    work, matches = arrays["work"].reshape(len(arrays["load"]), -1), arrays["by_queue"]
    serves = np.zeros(work.shape, np.bool_)
    serves[matches["queue"], matches["group"]] = True
    given = (arrays["load"], work["time"], work["lasting"], serves, plan.present.sum(axis=1))
    by_contact, by_second = scores.by_prices(*given)
    settings, made = arrays["settings"][0], {}
    for table, rows, rule, known, base in (
        ("agent_scores", "by_queue", "agent_rule", AGENT_RULES, by_contact),
        ("contact_scores", "by_group", "contact_rule", CONTACT_RULES, by_second),
    ):
        if settings[rule] == known.index(PRICED):
            made[table] = np.zeros(len(arrays[rows]), SCORE_DTYPE)
            made[table]["base"] = base[arrays[rows]["queue"], arrays[rows]["group"]]
    return made


def matches(scenario: Scenario, names: dict[str, list[str]]) -> tuple[npt.NDArray[np.void], npt.NDArray[np.void]]:
    """Who may serve what: skills at once, overflow after its delay and behind everything else."""
    found = []
    for g, group in enumerate(scenario.groups.values()):
        for queue, skill in group.skills.items():
            q = names["queue"].index(queue)
            order, priority = skill.order or skill.rank, scenario.queues[queue].priority
            found.append((0.0, q, g, order, skill.rank, priority, skill.reserve))
    last: dict[str, dict[int, int]] = {"queue": {}, "group": {}}
    for _, q, g, order, rank, *_ in found:
        last["queue"][q] = max(last["queue"].get(q, 0), order)
        last["group"][g] = max(last["group"].get(g, 0), rank)
    for q, place in enumerate(scenario.queues.values()):
        for stage, overflow in enumerate(place.overflow):
            for name in overflow.to or ():
                g = names["group"].index(name)
                order, rank = last["queue"].get(q, 0) + 1 + stage, last["group"].get(g, 0) + 1
                found.append((overflow.after, q, g, order, rank, place.priority, 0))
    rows = np.array(found, MATCH_DTYPE)
    return (
        rows[np.lexsort((rows["group"], rows["order"], rows["queue"]))],
        rows[np.lexsort((rows["queue"], rows["rank"], rows["group"]))],
    )


def bits(rows: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    return np.uint64(1) << np.minimum(np.arange(len(rows), dtype=np.uint64), np.uint64(63))


def mark(queues: npt.NDArray[np.void], groups: npt.NDArray[np.void], matches: npt.NDArray[np.void]) -> None:
    """Give each queue and group its bit, and the bits of those that it goes with; who has none shares the last one."""
    by_queue, by_group = bits(queues), bits(groups)
    np.bitwise_or.at(queues["groups"], matches["queue"], by_group[matches["group"]])
    np.bitwise_or.at(groups["queues"], matches["group"], by_queue[matches["queue"]])
    queues["mark"], groups["mark"] = by_queue & ~REST, by_group & ~REST


def row_range(rows: npt.NDArray[np.void], key: str, place: int) -> tuple[int, int]:
    mine = np.flatnonzero(rows[key] == place)
    return (int(mine[0]), int(mine[-1]) + 1) if mine.size else (0, 0)
