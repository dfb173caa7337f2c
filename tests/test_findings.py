"""Published findings on routing, reproduced with the scenarios that ship.

Error rates: exact figures are judged at 4 of their own standard errors; orders by intervals that do not overlap.
"""

from __future__ import annotations

import math
from itertools import pairwise

from oracles.markov import off

import cxsim
from cxsim.model.routing_choice import routed


def mmnk(load: float, agents: int, places: int, minutes: float) -> tuple[float, float]:
    """Share blocked, and mean wait of who is answered (s), in M/M/n/K."""
    weights = [load**k / math.factorial(k) for k in range(agents + 1)]
    weights += [weights[-1] * (load / agents) ** j for j in range(1, places - agents + 1)]
    total = math.fsum(weights)
    length = math.fsum(j * weights[agents + j] for j in range(places - agents + 1)) / total
    blocked = weights[-1] / total
    return blocked, 60.0 * minutes * length / (load * (1.0 - blocked))


def test_two_skills_are_nearly_as_good_as_six() -> None:
    """Wallace and Whitt (2005): of what six skills save in waits and blocked calls, two save most; six are M/M/n/K."""
    base = cxsim.read("scenarios/six-skills.yaml")
    found = {
        name: cxsim.simulate(base.vary(with_=[name] if name else []), replications=12, seed=4)
        for name in ("", "two", "six")
    }
    blocked, wait = mmnk(84.0, 90, 120, 10.0)
    assert off(found["six"], "asa", "total", wait, "total") < 4.0
    assert off(found["six"], "blocked_share", "total", blocked, "total") < 4.0
    for figure, part in (("asa", 0.8), ("blocked_share", 0.85)):
        one, two, six = (found[name].estimate(figure).value for name in found)
        assert one - two > part * (one - six) > 0.0


def test_a_threshold_trades_wait_for_resolution() -> None:
    """Zhan and Ward (2014): the later the others help, the longer the wait and the more is resolved."""
    base = cxsim.read("scenarios/wait-or-resolution.yaml")
    runs = [
        cxsim.simulate(base.vary({"routing.parameters.many": many}), replications=20, seed=2) for many in (0, 2, 5, 9)
    ]
    for figure in ("asa", "fcr_true"):
        bounds = [(found.estimate(figure).low, found.estimate(figure).high) for found in runs]
        assert all(a[1] < b[0] for a, b in pairwise(bounds)), figure


def test_resolving_first_is_worth_more_than_speed_where_the_unresolved_come_back() -> None:
    base = cxsim.read("scenarios/wait-or-resolution.yaml")
    fast, solve = (routed(base, name) for name in ("fastest", "resolve_first"))
    found = cxsim.compare({"fast": fast, "solve": solve}, replications=20, seed=2).pair("solve").set_index("figure")
    for figure, side in (("cost_per_resolution", -1), ("fcr_true", 1), ("contacts_per_issue", -1)):
        row = found.loc[figure]
        row = row[(row["scope"] == "total") & (row["interval"] == "total")].iloc[0]
        assert side * row["low"] > 0.0 and side * row["high"] > 0.0
