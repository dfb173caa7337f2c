"""A search of calibrate that ends at a limit of its own range says so; a new search must be named here."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from calibrate.made_contacts import contacts, intervals
from calibrate.test_level_of_availability import record

import cxsim
from cxsim.calibrate import absences, agents, calibrate, closed_loop, durations, joint
from cxsim.calibrate.estimates import at_edge
from cxsim.calibrate.settings import LOWEST, Search
from cxsim.tables.steps import Steps

SEARCHES = {"brentq", "minimize", "minimize_scalar", "root", "root_scalar", "argmax", "argmin", "clip"}
# Each function that searches, and why it does not end at a limit in silence.
NAMED = {
    ("absences", "_fitted"): "said in the note of the estimate",
    ("absences", "_spread"): "said in the note of each interval",
    ("absences", "of_share"): "its ends are those of `_fitted`",
    ("absences", "of_length"): "its ends are those of `_fitted`",
    ("agents", "of_idle"): "said in the note of the estimate",
    ("closed_loop", "_nearest"): "said in the note of the answer",
    ("closed_loop", "by_interval"): "said in the note of the interval",
    ("durations", "weibull_shape"): "said in the note of the shape",
    ("estimates", "profile_interval"): "its limits are those that the caller searches",
    ("joint", "_profile"): "said in `edge`, and in the note of the estimate",
    ("looks", "against_report"): "the worst of all days",
    ("patience", "_lognormal"): "without limits",
    ("repeats", "resolution"): "shares are from 0 to 1",
    ("repeats", "repeats"): "shares are from 0 to 1",
    ("repeats", "_answers"): "cuts times for counting; nothing is searched",
    ("repeats", "_delays"): "shares are from 0 to 1",
    ("report_only", "calibrate_intervals"): "the most frequent width of all",
    ("report_only", "_handle_time"): "said as an assumption",
    ("repeats", "passed"): "cuts times to the record; nothing is searched",
    ("short_calls", "_fitted"): "without limits",
    ("validate_intervals", "_report"): "the most frequent width of all",
}


def searching():
    """(module, function) of everything in calibrate that calls a search."""
    out = set()
    for path in sorted((Path(cxsim.__file__).parent / "calibrate").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                called = {
                    getattr(x.func, "attr", getattr(x.func, "id", ""))
                    for x in ast.walk(node)
                    if isinstance(x, ast.Call)
                }
                if called & SEARCHES:
                    out.add((path.stem, node.name))
    return out


def test_every_search_is_named():
    """One that is added must say in its estimate where it ends at a limit, and be named with how."""
    assert searching() <= set(NAMED), searching() - set(NAMED)


@pytest.mark.parametrize("value, said", [(0.02, True), (0.5, False), (0.999, True), (0.03, False)])
def test_the_sentence(value, said):
    text = at_edge(value, 0.02, 0.999, "share")
    assert bool(text) == said and ("2.00% to 99.90%" in text) == said


def pauses(lengths, worked=200.0):
    lengths = np.asarray(lengths, dtype=np.float64)
    return absences.Pauses(
        np.zeros(len(lengths)), np.full(len(lengths), worked), lengths, np.ones(len(lengths), np.bool_)
    )


def test_absences_that_last_longer_than_the_search_looks():
    found = absences._fitted(absences.Likelihood(pauses([0.0] * 20 + [30_000.0] * 20)), 40, 20)
    assert found.length == pytest.approx(7200.0) and "to 7,200 s" in found.edge
    assert "may lie beyond" in absences.estimates(found)[0].note


def test_absences_after_every_contact():
    """Every agent goes away after every contact, however short: the availability may be anything below."""
    found = absences._fitted(absences.Likelihood(pauses([60.0] * 40, worked=1.0)), 40, 40)
    assert found.share == pytest.approx(0.02, rel=0.01) and "2.00% to" in found.edge


def test_idle_agents_none_of_whom_takes_a_contact():
    idle = np.full(300, 3.0)
    found = agents.of_idle(idle, np.ones(300, np.bool_))
    assert found.share == pytest.approx(0.005) and "may lie beyond" in found.edge
    usual = agents.of_idle(idle, np.arange(300) % 8 == 0)
    assert usual.share == pytest.approx(0.5, abs=0.01) and not usual.edge


def test_durations_that_hardly_vary_end_the_search_of_a_shape():
    """They ended in a traceback before: a Weibull shape of hundreds."""
    x = 300.0 + np.random.default_rng(1).uniform(-0.5, 0.5, 200)
    assert durations.weibull_shape(x) == 50.0
    found = durations.durations(x)
    weibull = next(fit for fit in found.fits if fit.name == "weibull")
    rows = durations.parameters("q", "talk", weibull, x)
    assert "0.02 to 50" in rows[0].note
    assert not durations.parameters("q", "talk", weibull._replace(law={"shape": "2"}), x)[0].note


def test_redials_that_come_sooner_than_the_search_looks():
    """Redials after half a minute: the shortest delay that is tried is likeliest."""
    rng = np.random.default_rng(2)
    left = rng.poisson(20.0, (20, 60)).astype(float)
    back = np.array([np.convolve(day, joint.lags(30.0, 120.0, 60))[:60] for day in left])
    found = joint.fresh_and_redials(rng.poisson(40.0 + 0.6 * back).astype(float), left, 120.0)
    assert found.delay == joint.DELAYS[0] and "300 s to 2,400 s" in found.edge


class Made(Search):
    """A search in a world in which the figures follow a formula, whose truth is beyond all limits."""

    def __init__(self, truth):
        self.made = lambda share, length: np.array([np.log(share / (1 - share)), np.log(length), 0.0, 0.0, 0.0])
        super().__init__(None, {}, Steps(None, 1))
        self.truth = self.made(*truth)

    def at(self, share, length):
        noise = np.random.default_rng(1).normal(0.0, 0.1, (5, 12))
        self.tried[round(share, 4), round(length, 2)] = self.made(min(share, 0.9999), length)[:, None] + noise
        return self.misfit((share, length))

    def observed(self):
        return self.truth


@pytest.mark.parametrize("truth, said", [((0.6, 60.0), ""), ((0.001, 60.0), "2.00% to"), ((0.6, 90_000.0), "7,200 s")])
def test_the_closed_loop_says_where_it_ends(truth, said):
    search = Made(truth)
    search.at(0.5, 60.0)
    answer = closed_loop._nearest_answer(search, closed_loop._nearest(search))
    assert (said in answer.note) if said else ("limit" not in answer.note), answer
    assert LOWEST[0] <= answer.low <= answer.share + 1e-9 <= answer.high
    if not said:
        assert answer.low < 0.6 < answer.high and answer.shortest < 60.0 < answer.longest


def test_more_customers_wait_than_with_any_availability_of_the_grid():
    grid, waits = np.array([0.3, 0.5, 0.7]), np.array([0.6, 0.4, 0.2])
    assert closed_loop.following(0.5, waits, grid) == pytest.approx(0.4)
    assert at_edge(closed_loop.following(0.9, waits, grid), 0.3, 0.7, "share")


def test_an_interval_of_a_report_that_is_cut_is_named():
    table = intervals(contacts(1, horizon__days=5))
    assert not any("is cut to" in text for text in calibrate({"intervals": table}, offered="total").assumptions)
    late = pd.to_datetime(table["start"]).dt.strftime("%H:%M") == "15:30"
    table["aht_s"] = np.where(late, 20.0, 1.0) * table["aht_s"]
    said = calibrate({"intervals": table}, offered="total").assumptions
    assert any("is cut to between a fifth and five times the mean" in text for text in said), said


def test_a_usual_record_says_nothing_of_limits():
    records = absences_of(record(1, 9, 0.67))
    assert records is not None and not records.edge


def absences_of(tables):
    from cxsim.calibrate.records import read_records

    records = read_records(tables)
    return absences.absent(records.contacts, agents.team(records))
