"""Shrinking singular values: against what is known of it, and of slopes that are simulated."""

import numpy as np
import pytest

from cxsim.optimizer.search.denoise import LEAST, _median, denoised
from cxsim.optimizer.search.gradient import Slopes


def noisy(seed: int, noise: float, shape: tuple[int, int] = (12, 40), rank: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = rng.gamma(2.0, 1.0, (shape[0], rank)) @ rng.gamma(2.0, 1.0, (rank, shape[1])) / rank
    return true, true + noise * rng.standard_normal(shape)


@pytest.mark.parametrize("shape, left", [((12, 40), 0.75), ((40, 12), 0.75), ((8, 8), 0.95)])
def test_noise_of_a_table_of_products_goes(shape, left):
    for seed in range(5):
        true, seen = noisy(seed, 1.0, shape)
        before, after = (np.sqrt(np.mean((table - true) ** 2)) for table in (seen, denoised(seen)))
        assert after < left * before


def test_noise_alone_is_told_for_what_it_is():
    """Of noise alone nothing is left beyond its edge, which a finite table passes by a little."""
    for seed in range(5):
        seen = np.random.default_rng(seed).standard_normal((12, 40))
        assert np.mean(denoised(seen) ** 2) < 0.35


def test_what_has_no_noise_stays():
    true, _ = noisy(1, 0.0)
    assert denoised(true) == pytest.approx(true, rel=1e-9)


def test_a_small_table_stays():
    table = np.random.default_rng(1).standard_normal((LEAST - 1, 40))
    assert np.array_equal(denoised(table), table)


def test_the_median_is_that_of_long_simulation():
    """Marchenko and Pastur's law at 120 × 400, against 20 tables of noise; fixed seed, 1 %."""
    rng = np.random.default_rng(5)
    values = [np.linalg.svd(rng.standard_normal((120, 400)), compute_uv=False) ** 2 / 400 for _ in range(20)]
    assert _median(0.3) == pytest.approx(np.median(values), rel=0.01)


def test_slopes_keep_loss_above_gain_and_their_ratio():
    true, seen = noisy(3, 0.5)
    found = Slopes(0.8 * seen[None], 1.2 * seen[None], np.zeros((12, 40)), np.zeros((12, 40)), 8.0)
    calm = found.calmed()
    mean = 0.5 * (calm.up + calm.down)[0]
    assert (calm.down >= calm.up).all()
    assert np.abs(calm.down - calm.up) == pytest.approx(0.4 * np.abs(calm.up + calm.down) / 2.0)
    assert np.mean((mean - true) ** 2) < np.mean((seen - true) ** 2)
