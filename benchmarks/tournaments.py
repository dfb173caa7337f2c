"""How far tournaments can be trusted: pairs that reverse from seed to seed, differences that are none, and the time.

    python -m benchmarks.tournaments [--seeds 10] [--alike 1000]

*Reversed*: 16 policies on the multi-skill day with so many seeds; a pair is reversed where one seed calls the first
better and another seed the second; only pairs with a winner are called. *False*: longest idle against random among
agents who are alike and are away at times, which changes what happens and not its law; the share of tournaments that
call a difference, to be at most 5 %. *Seconds*: least and most of one tournament of the 16, the first with compiling,
on as many processors as there are.
"""

from __future__ import annotations

import argparse
import json
import time

from cxsim.model.routing_choice import routed
from cxsim.rules.routing.catalogue import CONTACT_RULES
from cxsim.scenario import parse, read
from cxsim.studies.tournament import Tournament, tournament

POLICIES = (*CONTACT_RULES, "fastest", "specialist_first", "random")
ALIKE = {
    "cxsim": 1,
    "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-16:00"},
    "reasons": {"calls": {"volume": "100/h", "talk": "4 min"}},
    "groups": {"team": {"agents": 9, "serves": ["calls"], "availability": "85%"}},
}


def called(found: Tournament) -> list[tuple[str, str]]:
    """The pairs (better, worse) that a tournament calls different."""
    rows = found.table.to_dict("records")
    worse = [(found.best, str(row["name"])) for row in rows if row["verdict"] == "worse"]
    return worse + [(str(row["name"]), found.best) for row in rows if row["verdict"] == "better"]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--alike", type=int, default=1000)
    given = parser.parse_args()
    scenario = read("scenarios/multi-skill-day.yaml")
    contestants = {name: routed(scenario, name) for name in POLICIES}
    pairs: set[tuple[str, str]] = set()
    seconds: list[float] = []
    best = []
    for seed in range(1, given.seeds + 1):
        began = time.perf_counter()
        found = tournament(contestants, "asa", indifference=1.0, seed=seed)
        seconds.append(time.perf_counter() - began)
        pairs.update(called(found))
        best.append(found.best)
    alike = parse(ALIKE)
    same = {name: routed(alike, name) for name in ("longest_idle", "random")}
    false = sum(
        bool(called(tournament(same, "asa", indifference=10.0, seed=seed))) for seed in range(1, given.alike + 1)
    )
    print(
        json.dumps(
            {
                "policies": len(POLICIES),
                "seconds": [round(min(seconds), 1), round(max(seconds), 1)],
                "seeds": given.seeds,
                "best": {name: best.count(name) for name in dict.fromkeys(best)},
                "pairs_called_different": len(pairs),
                "reversed": sum((b, a) in pairs for a, b in pairs) // 2,
                "alike": given.alike,
                "false_differences": f"{100 * false / given.alike:.1f}%",
            }
        )
    )


if __name__ == "__main__":
    main()
