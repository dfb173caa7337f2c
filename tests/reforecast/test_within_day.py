"""How busy a day is where it varies within, or where reasons have busy days of their own: against exact densities."""

from __future__ import annotations

import numpy as np
import pytest
from reforecast.made_days import desk
from scipy import stats
from scipy.special import ndtr

from cxsim.begun_day import particles
from cxsim.begun_day.busyness import Posterior, posterior
from cxsim.begun_day.draws import Day
from cxsim.model.demand import arrivals
from cxsim.model.prepare import prepare
from cxsim.randomness.draws import run_key

OPEN, NOON = 16, 24  # numbers of half-hours
SALES, HELP = "reasons.sales.volume", "reasons.help.volume"


def gamma(cv):
    return {"gamma": {"cv": f"{100 * cv:g}%"}}


def quantile(cv, z):
    return stats.gamma.ppf(ndtr(z), cv**-2, scale=cv**2)


def within(**changes):
    """The small desk, whose sales vary by day (cv 20 %) and by hour (cv 30 %)."""
    return desk(
        **{
            f"{SALES}.busyness": gamma(0.2),
            f"{SALES}.intraday": gamma(0.3),
            f"{SALES}.intraday_block": "1 h",
            f"{HELP}.busyness": None,
            **changes,
        }
    )


EXPECTED = np.zeros((2, 3, 4))  # half-hours of two hours that were seen, and a third that was not
EXPECTED[0, 0, :2], EXPECTED[0, 1, 2:] = 20.0, 25.0
WHOLE = np.array([[40.0, 50.0, 40.0], [0.0, 0.0, 0.0]])
SEEN = np.array([[30.0, 28.0, 20.0, 35.0], [np.nan] * 4])


def test_day_and_hours_of_one_reason_follow_their_exact_density():
    """Integrated on a grid of the day's and each hour's factor. 2,000 draws: misses below four standard errors."""
    found = posterior(prepare(within()).demand, EXPECTED, WHOLE, np.eye(2), SEEN, run_key(1, 0))
    z = np.linspace(-6, 6, 601)
    prior, day, hour = np.exp(-0.5 * z * z), quantile(0.2, z), quantile(0.3, z)
    density, hours = prior.copy(), []
    for mean, count in ((40.0, 58), (50.0, 55)):
        joint = stats.poisson.pmf(count, mean * day[:, None] * hour) * prior
        hours.append((joint @ hour) / joint.sum(axis=1))
        density *= joint.sum(axis=1)
    density /= density.sum()
    mean = density @ day
    spread = np.sqrt(density @ (day - mean) ** 2)
    assert found.factors[0].mean() == pytest.approx(mean, abs=4 * spread / 2000**0.5)
    assert found.factors[0].std() == pytest.approx(spread, rel=0.07)
    for k, given_day in enumerate(hours):
        assert found.blocks[0, k].mean() == pytest.approx(density @ given_day, abs=0.02)
    assert found.blocks[0, 2].mean() == pytest.approx(1.0, abs=0.03), "an hour that has not begun"
    assert found.blocks[0, 2].std() == pytest.approx(0.3, rel=0.07)
    assert (found.blocks[1] == 1.0).all() and (found.factors[1] == 1.0).all()


def test_reasons_that_share_their_busy_days_in_part_are_told_by_the_sum_of_their_queue():
    """Against 300,000 weighted draws of the prior, with a queue that both reasons come to."""
    model = prepare(
        within(**{f"{SALES}.shared": "60%", f"{HELP}.busyness": gamma(0.25), f"{HELP}.shared": "60%"}), seed=1
    )
    expected, whole = EXPECTED.copy(), WHOLE.copy()
    expected[1, 0, :2], expected[1, 0, 2:], whole[1, 0] = 10.0, 10.0, 60.0
    reach, seen = np.array([[1.0, 0.5], [0.0, 0.5]]), np.array([[33.0, 31, 23, 36], [8.0, 9, 9, 8]])
    found = posterior(model.demand, expected, whole, reach, seen, run_key(2, 0))
    rng, n = np.random.default_rng(5), 300_000

    def z():
        common, own = rng.normal(size=n), rng.normal(size=(2, n))
        return 0.6 * common + 0.8 * own

    day, first, second = z(), z(), z()
    sales, help_ = quantile(0.2, day[0]), quantile(0.25, day[1])
    hours = [quantile(0.3, first[0]), quantile(0.3, second[0])]
    logs = np.zeros(n)
    for i in range(4):
        of = (20.0, 25.0)[i // 2] * sales * hours[i // 2]
        for q, mean in enumerate((of + 5.0 * help_, 5.0 * help_)):
            logs += seen[q, i] * np.log(mean) - mean
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    assert 1.0 / (weights**2).sum() > 1500
    for mine, exact in ((found.factors[0], sales), (found.factors[1], help_), (found.blocks[0, 0], hours[0])):
        mean = weights @ exact
        spread = np.sqrt(weights @ (exact - mean) ** 2)
        assert mine.mean() == pytest.approx(mean, abs=4 * spread / 1000**0.5)
        assert mine.std() == pytest.approx(spread, rel=0.1)
    together = np.corrcoef(found.factors[0], found.blocks[0, 0])[0, 1]
    means = [weights @ x for x in (sales, hours[0])]
    covariance = weights @ ((sales - means[0]) * (hours[0] - means[1]))
    exact = covariance / np.sqrt((weights @ (sales - means[0]) ** 2) * (weights @ (hours[0] - means[1]) ** 2))
    assert together == pytest.approx(exact, abs=0.1)


def test_draws_follow_a_likelihood_with_jumps():
    """Three kinds of day, of which counts allow two: their shares are those of Bayes' rule (4 standard errors)."""
    edges, means = np.array([-1.0, 1.0]), np.array([50.0, 100.0, 120.0])

    def likelihood(points):
        return stats.poisson.logpmf(108, means[np.searchsorted(edges, points[:, 0])])

    kinds = np.searchsorted(edges, particles.draw(likelihood, 1, run_key(4, 0))[:, 0])
    exact = stats.poisson.pmf(108, means) * np.diff(ndtr([-np.inf, *edges, np.inf]))
    exact /= exact.sum()
    for k in range(3):
        assert (kinds == k).mean() == pytest.approx(exact[k], abs=1e-9 + 4 * np.sqrt(exact[k] * (1 - exact[k]) / 1000))


def test_nothing_seen_leaves_what_the_scenario_says():
    found = posterior(prepare(within()).demand, EXPECTED, WHOLE, np.eye(2), np.full((2, 4), np.nan), run_key(1, 0))
    assert found.factors[0].std() == pytest.approx(0.2, rel=0.06)
    assert found.blocks[0].std(axis=1) == pytest.approx([0.3] * 3, rel=0.06)


def begun_at_noon(model, counts):
    """The day of the small desk with counts by half-hour until 12:00."""
    first, last = OPEN, NOON
    reasons = len(model.demand.modes)
    seen = np.full((reasons, model.layout.n_intervals), np.nan)
    seen[:, first:last] = counts[:, first:last]
    noon = model.layout.edges[last]
    prior = Posterior(np.ones((reasons, 1)), np.ones(1))
    day = Day(model, model.timeline.days_before, noon, first, last, seen, np.ones_like(seen), np.eye(reasons), prior)
    day.posterior = posterior(
        model.demand, day.by_block[:, :, first:last], day.whole, np.eye(reasons), seen[:, first:last], day.key
    )
    return day


def by_half_hour(model, times, issues):
    """Fresh contacts by reason and half-hour (R, 48)."""
    return np.array([np.histogram(times[issues >> 50 == r], model.layout.edges)[0] for r in (0, 1)])


def ranks(scenario, days, draws, seed):
    """Where the contacts of each day after 12:00 lie among as many draws, from 0 to 1: all, and those until 13:00."""
    model, rng, out = prepare(scenario, seed), np.random.default_rng(seed), []
    for k in range(days):
        truth = by_half_hour(model, *arrivals(model.demand, run_key(seed, k)))
        day = begun_at_noon(prepare(scenario, 1000 + 9 * seed + k), truth)
        made = np.array([by_half_hour(model, *day.arrivals(n)) for n in range(draws)])
        assert (made[:, :, :NOON] == truth[:, :NOON]).all()
        for span in (slice(NOON, 48), slice(NOON, NOON + 2)):
            values, true = made[:, :, span].sum(axis=(1, 2)), truth[:, span].sum()
            out.append(((values < true).sum() + rng.uniform() * ((values == true).sum() + 1)) / (draws + 1))
    return np.array(out).reshape(-1, 2)


RUSHES = {
    f"{SALES}.intraday": gamma(0.35),
    f"{SALES}.intraday_block": "90 min",  # one of them begins before 12:00 and ends after it
    f"{SALES}.shared": "70%",
    f"{HELP}.intraday": gamma(0.35),
    f"{HELP}.intraday_block": "90 min",
    f"{HELP}.busyness": gamma(0.2),
    f"{HELP}.shared": "70%",
}


def test_bands_of_the_afternoon_hold_where_a_day_varies_within():
    """Fixed seed. Of 12 days, right 90 % bands hold at least 9 afternoons, but for a chance of 0.4 %.

    With the busyness of the whole day alone, common to both reasons, they held 6 of the same 12, and 48 % of 60.
    """
    assert (np.abs(ranks(within(**RUSHES), 12, 40, seed=4)[:, 0] - 0.5) < 0.45).sum() >= 9


@pytest.mark.slow
def test_true_afternoons_lie_evenly_among_the_draws():
    """150 days, fixed seed: Kolmogorov–Smirnov tests of ranks after 12:00 and until 13:00, together at 1 %."""
    found = ranks(within(**RUSHES), 150, 100, seed=11)
    for column in found.T:
        assert stats.kstest(column, "uniform").pvalue > 0.005


def test_a_number_that_is_fixed_stays_fixed_where_the_day_varies():
    scenario = within(**{SALES: {"count": 300, "intraday": gamma(0.4), "intraday_block": "2 h"}})
    model = prepare(scenario, 5)
    truth = by_half_hour(model, *arrivals(model.demand, run_key(5, 0)))
    day = begun_at_noon(prepare(scenario, 6), truth)
    for n in range(5):
        made = by_half_hour(model, *day.arrivals(n))
        assert made[0].sum() == 300
        assert (made[0, :NOON] == truth[0, :NOON]).all()
