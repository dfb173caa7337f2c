"""Days of shipped scenarios that have begun: menus, mail, callbacks, replies, lists and several sites."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reforecast.made_days import seen

import cxsim
from cxsim.begun_day.actuals import day_of, read_rows
from cxsim.begun_day.begun import columns
from cxsim.begun_day.moves import catalogue
from cxsim.begun_day.reforecast import begin
from cxsim.model.prepare import prepare
from cxsim.simulation.replications import replicate

NAMES = ("three-queues", "calls-and-mail", "phone-menu", "callbacks", "outbound", "messages", "follow-the-sun")


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (k > 2)) for k, one in enumerate(NAMES)])
def test_the_morning_has_as_many_contacts_as_were_seen_and_moves_can_be_simulated(name):
    """Fixed seed, 20 replications: by queue within 4 standard errors, or 6 % of what was seen.

    The 6 % are for redials and repeats, which are taken off as expected values.
    """
    scenario = cxsim.read(f"scenarios/{name}.yaml")
    if scenario.horizon.days > 1:
        scenario = scenario.vary({"horizon.days": 1})
    hours, width = scenario.horizon.hours_on(scenario.horizon.start), scenario.horizon.interval
    until = hours[0][0] + width * round(0.4 * (hours[-1][1] - hours[0][0]) / width)
    model = prepare(scenario, 3)
    ledger = replicate(model, 1, threads=1, keep=True)[1][0]
    rows = read_rows(seen(scenario, ledger, model, until).assign(minutes=width / 60.0))
    day = day_of(rows, [scenario.horizon.start], None)
    found = begin(prepare(scenario, 5), rows, day, until, {}, {}, {}, False, False, 1)
    own = replace(found.with_crew(found.crew), drawn=found.day.arrivals)
    samples, _ = replicate(own, 20, threads=1)
    span = slice(found.actuals.first, found.actuals.last)
    known = np.isfinite(found.actuals.offered)  # mail also comes at night, before the first row
    made = (columns(samples, own.layout, "fresh", "redial", "repeat") * known)[:, :, span].sum(axis=2)
    for q, queue in enumerate(scenario.queues):
        if found.actuals.told[q]:
            many = np.nansum(found.actuals.offered[q, span])
            assert abs(made[:, q].mean() - many) < max(4.0 * made[:, q].std() / 20**0.5, 0.06 * many, 1.0), queue
    assert found.actuals.told.any()
    for move in catalogue(own.scenario, found.crew, found.times, 1)[:3]:
        sample = replicate(replace(found.with_crew(move.crew), drawn=found.day.arrivals), 1, threads=1)[0][0]
        assert np.isfinite(sample.contacts).all()
