"""Small problems and futures, written out."""

from __future__ import annotations

from itertools import product

import numpy as np

from cxsim.capacity.futures import Sample
from cxsim.capacity.problem import Problem

CERTAIN = 1_000  # months that a person stays for ever


def made_problem(
    months=4,
    serves=((True,),),
    hours=100.0,
    wage=10.0,
    people=(3,),
    lead=1,
    at_most=2,
    at_least=1,
    hire_cost=500.0,
    productivity=None,
    stay=None,
    overtime=0.0,
    overtime_pay=1.5,
    temps=0.0,
    temps_cost=25.0,
    missing_hour=100.0,
    miss=None,
) -> Problem:
    """Teams alike but for what they serve and how many they are."""
    serves = np.array(serves, dtype=bool)
    teams = len(serves)
    curve = np.ones(months) if productivity is None else np.array(productivity, dtype=float)
    kept = np.ones(months) if stay is None else np.array(stay, dtype=float)
    return Problem(
        months=tuple((2026, 1 + m) for m in range(months)),
        days=np.full(months, 30.0),
        queues=tuple(f"q{q}" for q in range(serves.shape[1])),
        teams=tuple(f"t{t}" for t in range(teams)),
        serves=serves,
        hours=np.full((teams, months), hours),
        pay=np.full((teams, months), hours * wage),
        fte=np.ones(teams),
        productivity=np.tile(curve, (teams, 1)),
        trained=np.ones((teams, months)),
        stay=np.tile(kept, (teams, 1)),
        stay_old=np.tile(kept, (teams, 1)),
        people=np.array(people),
        joining=np.zeros((teams, months), dtype=np.int64),
        lead=np.full(teams, lead),
        at_least=np.full(teams, at_least),
        at_most=np.full(teams, at_most),
        hire_cost=np.full(teams, hire_cost),
        overtime=np.full(teams, overtime),
        overtime_cost=np.full(teams, wage * overtime_pay),
        temps=np.full((teams, months), temps),
        temps_cost=np.full(teams, temps_cost),
        missing_hour=missing_hour,
        miss=miss,
        currency="EUR",
    )


def made_sample(problem: Problem, need, ages=None) -> Sample:
    """Futures with this need (Q, M, S); nobody leaves unless `ages` (T, K, M, S) says so."""
    need = np.array(need, dtype=float)
    size, months = need.shape[2], len(problem.months)
    old = np.repeat(problem.people[:, None].astype(float), months, axis=1)[:, :, None] * np.ones(size)
    stays = [np.full((int(k), months, size), CERTAIN, dtype=np.int16) for k in problem.at_most]
    return Sample(problem, need, old, old * problem.hours[:, :, None], tuple(stays if ages is None else ages))


def all_plans(problem: Problem):
    """Every plan of hiring there is."""
    places = [(t, c) for t in range(len(problem.teams)) for c in problem.classes(t)]
    sizes = [[0, *range(int(problem.at_least[t]), int(problem.at_most[t]) + 1)] for t, _ in places]
    for chosen in product(*sizes):
        hires = np.zeros((len(problem.teams), len(problem.months)), dtype=np.int64)
        for place, size in zip(places, chosen, strict=True):
            hires[place] = size
        yield hires
