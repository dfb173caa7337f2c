"""Availability below 1: both engines share its rule, so it has an oracle of its own."""

import numpy as np
import pytest

from cxsim import parse
from cxsim.model.prepare import prepare
from cxsim.schema import ledger
from cxsim.simulation.replications import replay


def away_share(engine: str, replications: int) -> np.ndarray:
    """The share of each quarter-hour stint, first to last, that agents with nothing to do spend away."""
    stints = [20, 0] * 8
    model = prepare(
        parse(
            {
                "cxsim": 1,
                "horizon": {"open": "08:00-12:00", "interval": "15 min", "before": 0, "after": 0},
                "reasons": {"none": {"volume": {"arrivals": {"times": ["08:00:00"]}}, "handle_time": "1s"}},
                "groups": {"team": {"agents": stints, "serves": ["none"], "availability": "80%", "away": "10 min"}},
            }
        )
    )
    away = np.zeros((replications, 8))
    for number in range(replications):
        keeper = ledger.Keeper()
        replay(model, number, engine, keeper)
        spells = keeper.ledger().spells
        spells = spells[spells["state"] == ledger.AWAY]
        stint = ((spells["start"] - 8 * 3600) // 1800).astype(int)
        np.add.at(away[number], stint, spells["end"] - spells["start"])
    return away / (20 * 900.0)


def test_every_stint_of_an_agent_is_as_available_as_the_first():
    """At hand for Exp(40 min), away for Exp(10 min): the share away by time t is 0.2 (1 - e^(-t/8 min)).

    Over 15 minutes that is 0.2 (1 - (8/15)(1 - e^(-15/8))) = 0.1098 on average. Eight stints are judged at once:
    a false alarm has probability below 1 % (each beyond 3.3 standard errors of its own, seed 1).
    """
    shares = away_share("clock", 200)
    expected = 0.2 * (1.0 - 8.0 / 15.0 * (1.0 - np.exp(-15.0 / 8.0)))
    mean, error = shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
    assert np.all(np.abs(mean - expected) <= 3.3 * error), (mean, error, expected)
    assert error.max() < 0.05 * expected


def test_days_before_do_not_change_the_away_spells_of_a_day():
    """Away spells are addressed by day, so uncounted days before leave those of the counted day alone."""

    def spells(before: int) -> np.ndarray:
        mapping = {
            "cxsim": 1,
            "horizon": {"open": "08:00-10:00", "before": f"{before} days", "after": 0},
            "reasons": {"call": {"volume": {"per_hour": 60}, "handle_time": "3 min"}},
            "groups": {"team": {"agents": 5, "serves": ["call"], "availability": "70%", "away": "2 min"}},
        }
        keeper = ledger.Keeper()
        replay(prepare(parse(mapping)), 0, "clock", keeper)
        made = keeper.ledger().spells
        made = made[made["start"] >= before * 86400.0]
        return np.sort(np.round(made["end"] - made["start"], 6))

    assert spells(0) == pytest.approx(spells(2), abs=1e-5)
