"""A log and an interval report of the same days: what contradicts is told, and the log is used."""

from __future__ import annotations

import pytest
from calibrate.made_contacts import contacts, intervals

from cxsim.calibrate.looks import against_report
from cxsim.calibrate.records import read_records

LOG = contacts(seed=1)
REPORT = intervals(LOG)


def said(report):
    return against_report(read_records({"contacts": LOG, "intervals": report}))


def test_a_report_that_agrees_is_said_to():
    assert said(REPORT) == ["the interval report counts as many contacts as the log on all 10 days; the log is used"]


@pytest.mark.parametrize("change", [1.1, 0.8])
def test_days_that_contradict_are_counted_and_the_worst_is_named(change):
    report = REPORT.astype({"offered": float})
    wrong = report["start"].str.startswith(("2026-01-07", "2026-01-09"))
    report.loc[wrong, "offered"] = report.loc[wrong, "offered"] * change
    (text,) = said(report)
    assert "contradict each other on 2 of 10 days" in text and "on 2026-01-0" in text and "the log is used" in text


def test_days_of_one_source_alone_are_counted_and_chance_is_none():
    report = REPORT[~REPORT["start"].str.startswith("2026-01-08")]
    assert said(report)[0] == "1 day in the log or in the interval report alone; the log is used"
    assert against_report(read_records({"contacts": LOG})) == []
