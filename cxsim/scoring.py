"""What a routing rule knows of groups and queues before anything has happened: their work, and scores made of it.

A rule that scores is a table over (queue, group): base + slope · time + count · number − ratio · all, the highest is
chosen. Of contacts, time is how long the head of a queue has waited, number how many wait there, all how many wait; of
agents, how long the longest idle of a group has been, how many are idle there, how many are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim import flow
from cxsim.names import AGENT_RULES, CONTACT_RULES, SCORED_AGENTS, SCORED_CONTACTS

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]

PRICED = "marginal_cost"
WORK_RULES = frozenset({"fastest", "resolve_first", "p_mu", "cmu", "generalised_cmu", PRICED})  # look at what agents do
NOTHING = 1e-9  # contacts, where there are none: so that means and prices are defined

SCORE_DTYPE = np.dtype([("base", "f8"), ("slope", "f8"), ("count", "f8"), ("ratio", "f8")], align=True)
# What a policy of the user's own is shown of a group for a contact, and of a queue for an agent.
CANDIDATE_DTYPE = np.dtype(
    [("number", "i8"), ("idle", "i8"), ("present", "i8"), ("order", "i8"), ("serves", "i8"), ("idle_for", "f8"),
     ("handle_time", "f8"), ("resolution", "f8"), ("weight", "f8")], align=True,
)  # fmt: skip
HEAD_DTYPE = np.dtype(
    [("number", "i8"), ("waiting", "i8"), ("rank", "i8"), ("priority", "i8"), ("wait", "f8"), ("expected_wait", "f8"),
     ("recent_sl", "f8"), ("handle_time", "f8"), ("resolution", "f8"), ("weight", "f8"), ("credit", "f8")], align=True,
)  # fmt: skip


class Work(NamedTuple):
    """The work of each group at each queue, means over the reasons that are met there by their volume."""

    load: Floats  # (Q,) fresh contacts; a reason that may come to several queues counts in each alike
    time: Floats  # (Q, G) handle time, in seconds
    resolution: Floats  # (Q, G) share resolved
    lasting: Floats  # (Q, G) share that does not come back, unresolved


def work(scenario: Scenario, skills: npt.NDArray[np.void], volumes: Floats) -> Work:
    """The work of a scenario; `volumes` are contacts by reason."""
    shape = (len(scenario.reasons), len(scenario.queues), len(scenario.groups))
    rows, reasons = skills.reshape(shape), scenario.reasons.values()
    usual = np.array([one.talk.mean + (one.wrap.mean if one.wrap else 0.0) for one in reasons])
    back = np.array([one.after_contact.unresolved.chance for one in reasons])
    met, load = np.zeros(shape[:2]), np.zeros(shape[1])
    for r, name in enumerate(scenario.reasons):
        queues = flow.handed_on(scenario, *flow.queues_of(scenario, name, False))
        for queue in queues:
            q = list(scenario.queues).index(queue)
            met[r, q] = volumes[r] + NOTHING
            load[q] += met[r, q] / len(queues)
    share = met / np.maximum(met.sum(axis=0), 1e-300)
    again = np.einsum("rq,r,rqg->qg", share, back, 1.0 - rows["resolution"])
    return Work(
        load,
        np.einsum("rq,rqg,r->qg", share, rows["handle"], usual),
        np.einsum("rq,rqg->qg", share, rows["resolution"]),
        1.0 - again,
    )


def scores(
    scenario: Scenario, by_queue: npt.NDArray[np.void], by_group: npt.NDArray[np.void], done: Work
) -> dict[str, npt.NDArray[np.void]]:
    """The tables of the rules that score; those that go by prices are filled by `by_prices`."""
    routing, queues, groups = scenario.routing, list(scenario.queues), list(scenario.groups)
    weight = np.array([routing.weights.get(name, 1.0) for name in queues])
    idle = np.array([routing.idleness.get(name, 1.0) for name in groups])
    rate, solves = np.divide(1.0, done.time, out=np.zeros_like(done.time), where=done.time > 0.0), done.resolution
    serves = np.bincount(by_group["group"], minlength=len(groups))
    agents = np.zeros(len(by_queue) if AGENT_RULES.index(routing.agent) >= SCORED_AGENTS else 0, SCORE_DTYPE)
    contacts = np.zeros(len(by_group) if CONTACT_RULES.index(routing.contact) >= SCORED_CONTACTS else 0, SCORE_DTYPE)
    q, g = by_queue["queue"], by_queue["group"]
    if len(agents):
        of_agents = {"fastest": rate[q, g], "resolve_first": solves[q, g], "p_mu": solves[q, g] * rate[q, g],
                     "specialist_first": -serves[g].astype(np.float64), PRICED: 0.0}  # fmt: skip
        if routing.agent in of_agents:
            agents["base"] = of_agents[routing.agent]
        else:  # idleness_ratio
            agents["count"], agents["ratio"] = 1.0, (idle / idle.sum())[g]
    q, g = by_group["queue"], by_group["group"]
    if len(contacts):
        column, values = {
            "longest_queue": ("count", weight[q]), "weighted_wait": ("slope", weight[q]), "ageing": ("slope", 1.0),
            "cmu": ("base", weight[q] * rate[q, g]), "generalised_cmu": ("slope", weight[q] * rate[q, g]),
            "queue_ratio": ("count", 1.0), "resolve_first": ("base", solves[q, g]),
            "p_mu": ("base", solves[q, g] * rate[q, g]), PRICED: ("base", 0.0),
        }[routing.contact]  # fmt: skip
        contacts[column] = values
        if routing.contact == "ageing":
            contacts["base"] = np.array([routing.credit.get(name, 0.0) for name in queues])[q]
        elif routing.contact == "queue_ratio":
            contacts["ratio"] = (weight / weight.sum())[q]
    return {"agent_scores": agents, "contact_scores": contacts}


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


def prices(load: Floats, time: Floats, lasting: Floats, serves: npt.NDArray[np.bool_], agents: Floats
           ) -> tuple[Floats, Floats]:  # fmt: skip
    """What a contact of each queue (Q,) is worth, and what a second of each group (G,) costs, in shares of a load.

    Duals of the fluid program min ρ: Σ_g lasting_qg x_qg = load_q, Σ_q time_qg x_qg ≤ ρ agents_g, x ≥ 0 (the static
    planning problem of Harrison and López 1999, "Heavy traffic resource pooling in parallel-server systems"; contacts
    that come back are served again). `serves` (Q, G) says which x there are; a queue that nobody serves is worth 0.
    """
    from scipy.optimize import linprog

    worth, cost = np.zeros(len(load)), np.zeros(len(agents))
    open_ = np.flatnonzero((serves & (agents > 0.0) & (lasting > 0.0)).any(axis=1))
    q, g = np.nonzero(serves & (agents > 0.0) & (lasting > 0.0))
    if not len(q):
        return worth, cost
    load, agents = load / load.sum(), agents / agents.sum()
    unit = max(float(time[q, g].mean()), NOTHING)
    x = np.arange(len(q))
    demand, capacity = np.zeros((len(load), len(q) + 1)), np.zeros((len(agents), len(q) + 1))
    demand[q, x], capacity[g, x], capacity[:, -1] = lasting[q, g], time[q, g] / unit, -agents
    found = linprog(
        np.append(np.zeros(len(q)), 1.0), A_eq=demand[open_], b_eq=load[open_], A_ub=capacity,
        b_ub=np.zeros(len(agents)), method="highs-ds",
    )  # fmt: skip
    worth[open_], cost[:] = found.eqlin.marginals, -found.ineqlin.marginals / unit
    return worth, cost


def by_prices(
    rows: npt.NDArray[np.void], load: Floats, time: Floats, lasting: Floats, agents: Floats, second: bool
) -> npt.NDArray[np.void]:
    """Scores of `marginal_cost`: what a contact is worth less what its time costs, by contact or by `second` of it.

    Work that the fluid program chooses has 0, any other less. Rounded, so that work it holds alike is alike.
    """
    made = np.zeros(len(rows), SCORE_DTYPE)
    serves = np.zeros(time.shape, np.bool_)
    q, g = rows["queue"], rows["group"]
    serves[q, g] = True
    worth, cost = prices(load, time, lasting, serves, agents)
    gain = worth[:, None] * lasting - cost * time
    if second:
        gain /= np.maximum(time, NOTHING)
    most = np.abs(worth).max() / (1.0 if not second else max(float(time[q, g].mean()), NOTHING)) if len(q) else 0.0
    made["base"] = np.round(gain[q, g] / most, 9) + 0.0 if most > 0.0 else 0.0
    return made
