"""A plan costs in its tables what the program reckons: wages, and overrun of those who leave."""

import numpy as np
import pytest
from ruamel.yaml import YAML

import cxsim
from cxsim.optimizer.advice.rivals import rival
from cxsim.optimizer.problem.problem import problem
from cxsim.scenario import examples

HORIZONS = {
    "day": "{open: 08:00-20:00, interval: 30 min}",
    "night": "{start: 2026-11-02, days: 3, open: 00:00-24:00, interval: 60 min}",
    "clocks": "{start: 2026-03-28, days: 3, open: 00:00-24:00, interval: 60 min, timezone: Europe/Berlin}",
    "week": "{start: 2026-11-02, days: 7, open: {mon-fri: 08:00-20:00, sat: 09:00-15:00}, interval: 30 min}",
}
STAFF = {"scheduled": "scheduled: true", "present": "scheduled: false"}
CENTER = """
cxsim: 1
horizon: {horizon}
reasons:
  calls: {volume: {per_hour: 20}, handle_time: {lognormal: {mean: 5 min, cv: 80%}}}
queues:
  calls: {target: {sl: {share: 80%, within: 20s}}}
groups:
  desk: {serves: [calls], wage: 20, shrinkage: 27%, agents: 4}
  night: {serves: [calls], wage: 31, shrinkage: 11%, agents: 3}
staff: {STAFF}
optimize:
  within_team: false
  shifts:
    lengths: [4 h, 7 h, 9 h]
    starts_every: 60 min
    break: {length: 30 min, after: 2 h, before: 5 h, for: 7 h}
"""


def agrees(scenario, seed):
    """The cost of a random plan, and what its tables give for wages and overrun."""
    made = problem(scenario, seed=seed, threads=1)
    structure, draws = made.structure, np.random.default_rng(seed)
    most = np.where(np.isfinite(structure.high), structure.high, 3.0)
    some = np.floor(draws.random(len(most)) * (most + 1.0) * (draws.random(len(most)) < 0.3))
    x = structure.completed(np.maximum(some, structure.low))
    told = rival(made, "random", structure.plan(x))
    assert told.overrun > 0.0
    return float(structure.cost @ x), told.wages + told.overrun


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("staff", STAFF)
@pytest.mark.parametrize("horizon", HORIZONS)
def test_tables_give_a_plan_of_shifts_the_cost_that_the_search_saw(horizon, staff, seed):
    text = CENTER.replace("{horizon}", HORIZONS[horizon]).replace("{STAFF}", "{" + STAFF[staff] + "}")
    reckoned, told = agrees(cxsim.parse(YAML(typ="safe").load(text)), seed)
    assert told == pytest.approx(reckoned, abs=1e-4)


@pytest.mark.parametrize("name", ["planner-week", "staffing-week"])
def test_tables_give_a_shipped_week_the_cost_that_the_search_saw(name):
    reckoned, told = agrees(cxsim.read(examples.folder() / f"{name}.yaml"), 1)
    assert told == pytest.approx(reckoned, abs=1e-4)
