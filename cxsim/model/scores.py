"""What a routing rule knows of groups and queues before anything has happened: their work, and scores made of it.

A rule that scores is a table over (queue, group), made of its `Policy.score`, see `rules.routing.catalogue`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.rules import ivr_steps
from cxsim.rules.routing.catalogue import AGENTS, CONTACTS, Pairs, Score
from cxsim.schema.names import OTHERS
from cxsim.schema.scores import CANDIDATE_DTYPE, HEAD_DTYPE, SCORE_DTYPE

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

NOTHING = 1e-9  # contacts, where there are none: so that means and prices are defined
MOST_HANDS = 10  # that a contact goes through, as far as loads are concerned


class Work(NamedTuple):
    """The work of each group at each queue, means over the reasons that are met there by their volume."""

    time: Floats  # (Q, G) handle time, in seconds
    resolution: Floats  # (Q, G) share resolved
    lasting: Floats  # (Q, G) share that does not come back, unresolved


def work(scenario: Scenario, skills: npt.NDArray[np.void], times: Floats, volumes: Floats) -> Work:
    """The work of a scenario; `times` are mean handle times (R, Q, G), `volumes` contacts by reason."""
    shape = (len(scenario.reasons), len(scenario.queues), len(scenario.groups))
    rows, reasons = skills.reshape(shape), scenario.reasons.values()
    back = np.array([one.after_contact.unresolved.chance for one in reasons])
    met, place = np.zeros(shape[:2]), {name: q for q, name in enumerate(scenario.queues)}
    for r, name in enumerate(scenario.reasons):
        for queue in ivr_steps.handed_on(scenario, *ivr_steps.queues_of(scenario, name, False)):
            met[r, place[queue]] = volumes[r] + NOTHING
    share = met / np.maximum(met.sum(axis=0), 1e-300)
    again = np.einsum("rq,r,rqg->qg", share, back, 1.0 - rows["resolution"])
    return Work(
        np.einsum("rq,rqg->qg", share, times),
        np.einsum("rq,rqg->qg", share, rows["resolution"]),
        1.0 - again,
    )


def looks_at_work(scenario: Scenario) -> bool:
    """Whether a rule, or a policy of the user's own, looks at what agents do."""
    routing = scenario.routing
    by_work = AGENTS[routing.agent].by_work or CONTACTS[routing.contact].by_work
    return by_work or bool(routing.policy)


def unseen(scenario: Scenario) -> Work:
    """In the place of work that nobody looks at."""
    return Work(*(np.zeros((len(scenario.queues), len(scenario.groups))) for _ in Work._fields))


def loads(scenario: Scenario, skills: npt.NDArray[np.void], volumes: Floats) -> Floats:
    """The fresh contacts of each queue (Q,), those that agents hand on among them."""
    shape = (len(scenario.reasons), len(scenario.queues), len(scenario.groups))
    unhelped = 1.0 - skills["resolution"].reshape(shape).mean(axis=2)
    parts = [_load(scenario, name, volumes[r], unhelped[r]) for r, name in enumerate(scenario.reasons)]
    return np.asarray(np.sum(parts, axis=0) + NOTHING)


def _load(scenario: Scenario, reason: str, volume: float, unhelped: Floats) -> Floats:
    """The fresh contacts of a reason by queue (Q,): where its flow leads, and where agents hand them on."""
    queues = list(scenario.queues)
    moves = np.zeros((len(queues), len(queues)))
    asked = np.zeros(len(queues))  # the share about which agents of each queue ask others
    for q, queue in enumerate(scenario.queues.values()):
        for one in sorted(queue.transfers, key=lambda one: one.when == "in_vain"):
            share = one.share.get(reason, one.share.get(OTHERS, 0.0))
            if one.when == "in_vain":  # of what another was asked about: nobody knows who will be idle
                share *= unhelped[q] * asked[q]
            share *= unhelped[q] if one.when == "unresolved" else 1.0
            asked[q] += share if one.kind == "consult" else 0.0
            moves[q, queues.index(one.to)] += share
    shares = ivr_steps.queue_shares(scenario, reason)
    coming = volume * np.array([shares.get(name, 0.0) for name in queues])
    load = coming
    for _ in range(MOST_HANDS):
        coming = coming @ moves
        load = load + coming
    return load


def scores(
    scenario: Scenario, by_queue: npt.NDArray[np.void], by_group: npt.NDArray[np.void], done: Work
) -> dict[str, npt.NDArray[np.void]]:
    """The tables of the rules that score; those that go by prices are filled by `by_prices`."""
    routing, queues, groups = scenario.routing, list(scenario.queues), list(scenario.groups)
    weight = np.array([routing.weights.get(name, 1.0) for name in queues])
    credit = np.array([routing.credit.get(name, 0.0) for name in queues])
    idle = np.array([routing.idleness.get(name, 1.0) for name in groups])
    rate = np.divide(1.0, done.time, out=np.zeros_like(done.time), where=done.time > 0.0)
    serves = np.bincount(by_group["group"], minlength=len(groups)).astype(np.float64)

    def table(rows: npt.NDArray[np.void], score: Score | None, *given: Floats) -> npt.NDArray[np.void]:
        made = np.zeros(len(rows) if score else 0, SCORE_DTYPE)
        if score:
            q, g = rows["queue"], rows["group"]
            for column, values in score(Pairs(rate[q, g], done.resolution[q, g], serves[g], *given)).items():
                made[column] = values
        return made

    q, g = by_group["queue"], by_queue["group"]
    return {
        "agent_scores": table(by_queue, AGENTS[routing.agent].score, idle[g], (idle / idle.sum())[g], np.zeros(len(g))),
        "contact_scores": table(
            by_group, CONTACTS[routing.contact].score, weight[q], (weight / weight.sum())[q], credit[q]
        ),
    }


def shown(
    scenario: Scenario, by_queue: npt.NDArray[np.void], by_group: npt.NDArray[np.void], done: Work
) -> dict[str, npt.NDArray[np.void]]:
    """What a policy of the user's own is shown, as far as it does not change; nothing where there is none."""
    own, routing = bool(scenario.routing.policy), scenario.routing
    groups = np.zeros(len(by_queue) if own else 0, CANDIDATE_DTYPE)
    queues = np.zeros(len(by_group) if own else 0, HEAD_DTYPE)
    if own:
        time = np.where(done.time > 0.0, done.time, math.inf)
        for rows, matches, number in ((groups, by_queue, "group"), (queues, by_group, "queue")):
            q, g = matches["queue"], matches["group"]
            rows["number"], rows["handle_time"] = matches[number], time[q, g]
            rows["resolution"] = done.resolution[q, g]
        groups["order"], groups["serves"] = by_queue["order"], np.bincount(by_group["group"])[by_queue["group"]]
        groups["weight"] = np.array([routing.idleness.get(name, 1.0) for name in scenario.groups])[by_queue["group"]]
        queues["rank"], queues["priority"] = by_group["rank"], by_group["priority"]
        for key, given, usual in (("weight", routing.weights, 1.0), ("credit", routing.credit, 0.0)):
            queues[key] = np.array([given.get(name, usual) for name in scenario.queues])[by_group["queue"]]
    return {"candidates": groups, "heads": queues}


def shared_time(scenario: Scenario) -> Floats:
    """The part of a contact's handle time (Q,) that an agent has no time for others: less with several at once."""
    channels = [scenario.channels[queue.channel] for queue in scenario.queues.values()]
    return np.array([(one.slowdown or (1.0,))[-1] / one.concurrent for one in channels])


def prices(
    load: Floats, time: Floats, lasting: Floats, serves: npt.NDArray[np.bool_], agents: Floats
) -> tuple[Floats, Floats]:
    """What a contact of each queue (Q,) is worth, and what a second of each group (G,) costs, in shares of a load.

    Duals of the fluid program min ρ: Σ_g lasting_qg x_qg = load_q, Σ_q time_qg x_qg ≤ ρ agents_g, x ≥ 0 (the static
    planning problem of Harrison and López 1999, "Heavy traffic resource pooling in parallel-server systems"; contacts
    that come back are served again). Groups that are not the busiest have no price there, nor have the queues that are
    theirs alone: for these it is solved again, and what they cost is less than any work of the busier.
    `serves` (Q, G) says which x there are; a queue that nobody serves is worth 0.
    """
    worth, cost = np.zeros(len(load)), np.zeros(len(agents))
    serves = serves & (agents > 0.0) & (lasting > 0.0)
    queues, groups, scale = serves.any(axis=1), serves.any(axis=0), 1.0
    while queues.any():
        here = np.ix_(queues, groups)
        y, z = _duals(load[queues], time[here], lasting[here], serves[here], agents[groups])
        later = np.zeros(len(load))
        later[queues] = y
        cross = serves & (later > 0.0)[:, None] & (cost > 0.0)
        if cross.any():
            scale = 0.5 * float(((cost * time)[cross] / (later[:, None] * lasting)[cross]).min())
        worth[queues], cost[groups] = scale * y, scale * z
        priced = worth > 0.0
        if not (priced & queues).any():  # work that takes no time has no price
            break
        groups = groups & (cost == 0.0)
        queues = queues & ~priced & serves[:, groups].any(axis=1)
        groups &= serves[queues].any(axis=0)
    return worth, cost


def _duals(
    load: Floats, time: Floats, lasting: Floats, serves: npt.NDArray[np.bool_], agents: Floats
) -> tuple[Floats, Floats]:
    """The duals of the fluid program; those that are next to nothing are nothing."""
    from scipy.optimize import linprog

    q, g = np.nonzero(serves)
    load, agents = load / load.sum(), agents / agents.sum()
    unit = max(float(time[q, g].mean()), NOTHING)
    x = np.arange(len(q))
    demand, capacity = np.zeros((len(load), len(q) + 1)), np.zeros((len(agents), len(q) + 1))
    demand[q, x], capacity[g, x], capacity[:, -1] = lasting[q, g], time[q, g] / unit, -agents
    aim = np.append(np.zeros(len(q)), 1.0)
    found = linprog(aim, A_eq=demand, b_eq=load, A_ub=capacity, b_ub=np.zeros(len(agents)), method="highs-ds")
    y, z = found.eqlin.marginals, -found.ineqlin.marginals
    return np.where(y > NOTHING * y.max(), y, 0.0), np.where(z > NOTHING * z.max(), z, 0.0) / unit


def by_prices(
    load: Floats, time: Floats, lasting: Floats, serves: npt.NDArray[np.bool_], agents: Floats
) -> tuple[Floats, Floats]:
    """Scores of `marginal_cost` (Q, G): what a contact is worth less what its time costs, by contact and by second.

    Work that the fluid program chooses has 0, what other there is less. Rounded, so that what it holds alike is alike.
    """
    worth, cost = prices(load, time, lasting, serves, agents)
    whole = worth[:, None] * lasting
    gain = whole - cost * time
    gain[np.abs(gain) <= NOTHING * whole] = 0.0
    a_second = gain / np.maximum(time, NOTHING)
    return _rounded(gain, serves), _rounded(a_second, serves)


def _rounded(scores: Floats, serves: npt.NDArray[np.bool_]) -> Floats:
    """Scores in parts of the largest, to nine digits; 0 where nobody serves."""
    scores = np.where(serves, scores, 0.0)
    most = float(np.abs(scores).max(initial=0.0))
    return np.round(scores / most, 9) + 0.0 if most > 0.0 else scores
