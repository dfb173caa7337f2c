"""The bank's log of January 1999 in, a scenario out, no manual step: as good as the scenario made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import cxsim
from cxsim import calibrate, read_export

LOG = Path(__file__).resolve().parents[3] / "shared" / "data" / "anonymous_bank_1999"
needs_log = pytest.mark.skipif(
    not (LOG / "january.txt").is_file(), reason="the bank's log is not beside the repository"
)
# Misses of the scenario made by hand, simulated less observed, from docs/explanation/anonymous-bank.md: shares in
# points, the wait as a part of the observed one.
BY_HAND = {
    "january": {"queued": 0.003, "abandoned": -0.007, "wait": 0.038, "within_20": 0.069, "within_60": 0.025},
    "february": {"queued": 0.024, "abandoned": -0.011, "wait": 0.121, "within_20": 0.036, "within_60": 0.009},
}
# As `validate.py --fit` has them.
SCALES = {"queued": 0.10, "abandoned": 0.015, "wait": 0.10, "within_20": 0.10, "within_60": 0.10}
ALLOWED = {"january": (0.015, 0.10), "february": (0.03, 0.20)}  # abandonment, points; mean wait, relative
NOISE = 0.3  # of a month's misfit: two standard deviations of the difference of two means of 20 replications


def misfit(misses):
    return sum((misses[figure] / scale) ** 2 for figure, scale in SCALES.items())


@pytest.fixture(scope="module")
def january():
    """January's export, and what it is calibrated to."""
    export = read_export(LOG / "january.txt")
    return export, calibrate.calibrate(export)


@needs_log
def test_kaplan_meier_at_60_120_and_300_seconds():
    """Within 5 % of the figures of the data's own description, for both months."""
    for month, told in (("january", (0.831, 0.727, 0.516)), ("february", (0.820, 0.710, 0.486))):
        log = read_export(LOG / f"{month}.txt").contacts
        waited = log[log["outcome"].isin(["answered", "abandoned"]) & log["wait_s"].gt(0)]
        curve = calibrate.survival(waited["wait_s"], waited["outcome"] == "answered")
        assert curve.at([60, 120, 300]) == pytest.approx(told, rel=0.05), month


@needs_log
@pytest.mark.slow
def test_kaplan_meier_of_the_calibration(january):
    rows = january[1].estimates.set_index(["of", "parameter"])["value"]
    for t, told in ((60, 0.831), (120, 0.727), (300, 0.516)):
        assert rows["all", f"patience: share above {t} s"] == pytest.approx(told, rel=0.05)


@needs_log
@pytest.mark.slow
@pytest.mark.parametrize("month", ["january", "february"])
def test_the_replay_is_as_good_as_that_of_the_scenario_made_by_hand(month, january, tmp_path):
    """Each month within what the page asks, and the sum of squared misses not above that by hand, up to noise."""
    export, found = january
    scenario = cxsim.read(found.save(tmp_path / "january") / "scenario.yaml")
    source = export if month == "january" else read_export(LOG / f"{month}.txt")
    table = calibrate.validate(scenario, source).table
    total = table[table["scope"] == "total"].set_index("figure")
    misses = (total["simulated"] - total["observed"]).to_dict()
    misses["wait"] /= total.loc["wait", "observed"]
    points, relative = ALLOWED[month]
    assert abs(misses["abandoned"]) <= points and abs(misses["wait"]) <= relative, misses
    print(month, {name: round(value, 4) for name, value in misses.items()}, round(misfit(misses), 2))
    assert misfit(misses) <= misfit(BY_HAND[month]) + NOISE, misses


@needs_log
def test_traps_of_the_log_are_told():
    """Those of the data's description, in the notes of the import and of the calibration's first look."""
    from cxsim.calibrate.basis import basis
    from cxsim.calibrate.estimation import Estimation
    from cxsim.calibrate.records import read_records

    export = read_export(LOG / "january.txt")
    rows = {note.why: len(note.lines) for note in export.quality.notes}
    assert rows["outcome is 'PHANTOM'"] == 240 and rows["type is 'AA'"] == 2
    findings = {one.name for one in export.quality.findings}
    assert {"left_before_queue", "no_acw"} <= findings, "hang-ups in the menu; after-call work"
    records = read_records(export)
    made = Estimation(basis(records, records.contacts, 1800.0, 3600.0), 3600.0)
    made.parts("")
    told = " | ".join([*made.basis.told.notes, *made.basis.told.assumptions])
    for text in (
        "4 talks last longer than 1 h",
        "490 answered contacts name no agent",
        "of those that queued, ",
        ", never of IN",
        "Mon 1999-01-11: no contacts",
        "Tue 1999-01-12: no contacts",
        "10% of the customers make 51% of the identified contacts",
        "no distribution follows the curve of patience",
        "After-call work is not recorded",
        "Log-ins are not recorded",
    ):
        assert text in told, (text, told)
