"""Short calls: split off where they are there, with their share and limit, and not where they are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import contacts
from calibrate.test_by_interval import estimated, saved

import cxsim
from cxsim.calibrate.durations import durations, estimates
from cxsim.calibrate.scenario_file import duration_law
from cxsim.randomness.distributions import law

TRUTH = law("split", share=0.08, limit=10.0, rest=law("lognormal", median=120.0, sigma=0.9))
PLAIN = {
    "lognormal": law("lognormal", median=120.0, sigma=0.9),
    "exponential": law("exponential", mean=120.0),
    "gamma": law("gamma", mean=150.0, shape=1.5),
    "weibull": law("weibull", mean=100.0, shape=1.4),
}


def sample(of, seed, n=1500, whole=False):
    values = of.quantile(np.random.default_rng(seed).random(n))
    return np.round(values) if whole else values


def test_share_limit_and_shape_of_the_rest_are_covered_by_their_intervals():
    """40 samples; at 95 % fewer than 33 covered have a probability of 0.1 %, for each of three parameters."""
    truth = {"talk: short calls": 0.08, "talk: limit of short calls": 10.0, "talk: sigma of the rest": 0.9}
    covered = dict.fromkeys(truth, 0)
    for seed in range(40):
        found = durations(sample(TRUTH, seed, whole=seed % 2 == 1))
        assert found.fit is not None and found.fit.name == "split"
        rows = {row.parameter: row for row in estimates("all", "talk", found)}
        for name, value in truth.items():
            covered[name] += rows[name].low <= value <= rows[name].high if name in rows else 0
    assert min(covered.values()) >= 33, covered


@pytest.mark.parametrize("name", PLAIN)
def test_nothing_is_split_off_without_short_calls(name):
    """20 samples of each distribution; a false split has a probability below 1 %: two or more of 20, 2 %."""
    found = [durations(sample(PLAIN[name], seed, whole=seed % 2 == 1)) for seed in range(20)]
    assert sum(one.split is not None for one in found) <= 1


def test_durations_that_only_become_rarer_are_not_split():
    found = durations(sample(law("hyperexponential", mean=100.0, cv=1.5), 1, 3000))
    assert found.split is None


def test_the_scenario_has_the_split_as_found_and_keeps_the_recorded_durations_beside_it(tmp_path):
    x = sample(TRUTH, 3, 4000)
    found = durations(x)
    text = duration_law(found, "talk-x.csv")
    (tmp_path / "made.yaml").write_text(
        f"cxsim: 1\nreasons: {{x: {{volume: 10 per hour, talk: {text.text}}}}}\n"
        "groups: {t: {agents: 1, serves: [x]}}\n"
    )
    scenario = cxsim.read(tmp_path / "made.yaml")
    talk = scenario.reasons["x"].talk
    assert talk.name == "split" and talk.mean == pytest.approx(x.mean(), rel=0.03)
    assert talk.parameters["share"] == pytest.approx((x <= talk.parameters["limit"]).mean(), abs=1e-4)
    assert "talk-x.csv" in text.files


def test_short_calls_are_told_where_the_durations_as_they_were_are_used():
    """Two kinds of longer calls fit no distribution; the short ones are still seen."""
    rng = np.random.default_rng(1)
    longer = np.concatenate([rng.normal(120, 8, 1000), rng.normal(600, 20, 1000)])
    found = durations(np.concatenate([rng.uniform(0, 10, 250), longer]))
    assert found.fit is None and found.split is not None and "misses" in found.why
    rows = {row.parameter: row for row in estimates("all", "talk", found)}
    assert rows["talk: short calls"].low < 250 / 2250 < rows["talk: short calls"].high


def test_the_simulated_truth_is_found_again(tmp_path):
    """About 4,000 contacts of two weeks; share within four standard errors, limit within 1.5 s; seed fixed."""
    talk = {"split": {"share": "12%", "limit": "9s", "rest": {"lognormal": {"median": "3 min", "sigma": 0.7}}}}
    parts, table = estimated(contacts(5, reasons__orders__talk=talk))
    orders = table[table["of"] == "orders"].set_index("parameter")
    share = orders.loc["talk: short calls"]
    assert abs(share["value"] - 0.12) <= 4 * (share["high"] - share["low"]) / 3.92
    assert orders.loc["talk: limit of short calls", "value"] == pytest.approx(9.0, abs=1.5)
    assert not len(pd.DataFrame(table).query("of == 'faults' and parameter == 'talk: short calls'"))
    made = saved(parts, tmp_path).reasons
    assert made["orders"].talk.name == "split" and made["faults"].talk.name != "split"
