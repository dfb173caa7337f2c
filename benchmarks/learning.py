"""A router that learns, against the winner of a tuned tournament of the catalogue: `python -m benchmarks.learning`.

Fixed beforehand: the scenario (an N design whose experts take longer for the other queue), the metric (mean wait of all
contacts), the baseline (the best of the catalogue by a tournament, then its reserve tuned), the budget of the learner
(60 seconds of processor time in the environment) and the test (1000 fresh days, seed 99). The learner is the
cross-entropy method over a router with linear scores: plain numpy, through `cxsim.gym`. The result is printed as it is.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import cxsim
from cxsim.model.routing_choice import routed
from cxsim.scenario import Scenario, parse
from cxsim.studies.tournament import tournament

CENTER = {
    "cxsim": 1,
    "name": "Learning to route",
    "horizon": {"start": "2026-01-05", "open": "08:00-12:00"},
    "channels": {"phone": {"patience": "10 min"}},
    "reasons": {
        "help": {"volume": "30/h", "talk": "4 min"},
        "fault": {"volume": "24/h", "talk": "4 min"},
    },
    "groups": {
        "desk": {"agents": 2, "serves": ["help"]},
        "experts": {
            "agents": 3,
            "skills": {
                "fault": {"order": 1, "rank": 1},
                "help": {"order": 2, "rank": 2, "handle_time": "6 min"},
            },
        },
    },
}
POLICIES = (
    "rank_then_longest_wait",
    "first_come",
    "longest_queue",
    "cmu/fastest",
    "cmu/specialist_first",
    "marginal_cost/marginal_cost",
    "queue_ratio/fastest",
    "first_come/fastest",
)
FIGURE, BUDGET, TEST_SEED, TEST_DAYS = "wait_mean", 60.0, 99, 1000


def baseline(center: Scenario) -> tuple[str, int, Scenario]:
    """The best rule of the catalogue, the reserve tuned for it, and the scenario with both."""
    rules = {name: routed(center, name) for name in POLICIES}
    best = tournament(rules, FIGURE, indifference=0.5, seed=11).best
    path = "groups.experts.skills.help.reserve"
    rivals = {f"{n}": rules[best].vary({path: n}) for n in (0, 1, 2)}
    reserve = int(tournament(rivals, FIGURE, indifference=0.5, seed=12).best)
    return best, reserve, rivals[f"{reserve}"]


def learn(center: Scenario, budget: float = BUDGET, seed: int = 1) -> tuple[cxsim.gym.LinearRouter, int, int]:  # type: ignore[name-defined]
    """The cross-entropy method: the router, how many generations, and how many days it saw."""
    import cxsim.gym

    env = cxsim.gym.Routing(center)
    router = cxsim.gym.LinearRouter.zero(env)
    mean = router.weights.copy()
    mean[:, 0, 0, 0], mean[:, 1, 1, 0], mean[:, 0, 1, 0] = 2.0, 2.0, 1.0  # the usual ranks
    spread, drawn = np.full(mean.shape, 0.7), np.random.default_rng(seed)
    began, generations, day = time.process_time(), 0, 0
    while time.process_time() - began < budget:
        tried = [mean + spread * drawn.normal(size=mean.shape) for _ in range(16)]
        days = (day, day + 1)
        worth = [sum(_day(env, one, n, seed) for n in days) for one in tried]
        day += len(days)
        best = np.array([tried[k] for k in np.argsort(worth)[-4:]])
        mean = 0.3 * mean + 0.7 * best.mean(axis=0)
        spread = 0.3 * spread + 0.7 * best.std(axis=0) + 0.02
        generations += 1
    router.weights[:] = mean
    env.close()
    return router, generations, day


def _day(env: cxsim.gym.Routing, weights: np.ndarray, number: int, seed: int) -> float:  # type: ignore[name-defined, type-arg]
    import cxsim.gym

    router = cxsim.gym.LinearRouter(env.parts, weights)
    shown, _ = env.reset(seed=seed, options={"replication": number})
    total, over = 0.0, False
    while not over:
        shown, reward, over, _, _ = env.step(router.action(shown))
        total += reward
    return total


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of processor time for the learner")
    parser.add_argument("--out", type=Path, help="where to keep the exported policy")
    given = parser.parse_args()
    import cxsim.gym

    center = parse(CENTER)
    rule, reserve, tuned = baseline(center)
    print(f"baseline: {rule}, reserve {reserve}", flush=True)
    router, generations, days = learn(center, given.budget)
    with TemporaryDirectory() as folder:
        file = cxsim.gym.export(router, given.out or Path(folder) / "learned.py")
        contestants = {"baseline": tuned, "usual ranks": center, "learned": routed(center, file)}
        found = cxsim.compare(contestants, seed=TEST_SEED, replications=TEST_DAYS)
        chosen = tournament(contestants, FIGURE, indifference=0.5, seed=TEST_SEED + 1)
    rows = found.table(FIGURE).to_dict("records")
    print(
        json.dumps(
            {
                "baseline": rule,
                "reserve": reserve,
                "generations": generations,
                "days": days,
                "budget": given.budget,
                "tournament": chosen.best,
                "rows": [
                    {key: row[key] for key in ("variant", "base", "value", "difference", "low", "high", "verdict")}
                    for row in rows
                ],
            },
            indent=1,
            default=float,
        )
    )


if __name__ == "__main__":
    main()
