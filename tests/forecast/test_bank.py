"""The backtest on real counts: a North American bank, weekdays from March to August 2003."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxsim.forecast import forecast, read_history

COUNTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "bank_calls_5min" / "bank_calls_mar_aug.csv"


@pytest.mark.skipif(not COUNTS.exists(), reason=f"the counts are not there: {COUNTS}")
def test_the_backtest_on_the_bank_beats_its_baselines_and_its_bands_cover() -> None:
    """Leads of 1 to 10 working days, last six weeks."""
    (found,) = forecast(read_history(COUNTS, interval=1800.0), holidays="US").queues
    scores = {one.model: one for one in found.scores}
    best = scores["calendar regression"]
    assert found.method == best.model
    assert best.wape <= 0.052 and best.daily_wape <= 0.036
    assert 0.85 <= best.coverage <= 0.95
    assert all(best.wape < one.wape and best.daily_wape < one.daily_wape for one in found.scores if one is not best)
    assert scores["weekday mean"].wape == pytest.approx(0.056, abs=0.001), "as measured elsewhere"
    assert scores["weekday mean"].daily_wape == pytest.approx(0.040, abs=0.002)
