"""Exports beside the repository are read to the counts of their notes, or refused for the reason there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cxsim

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not beside the repository")


def read(*names, **settings):
    return cxsim.read_export([DATA / name for name in names], set=settings)


def sums(frame, *columns):
    return [round(float(frame[column].sum())) for column in columns]


def found(export, name):
    return [one.text for one in export.quality.findings if one.name == name]


def test_a_planners_interval_report_is_read_without_a_word_from_the_planner():
    export = read("planner_week/ACD interval report.csv")
    assert len(export.intervals) == 3180
    by = export.intervals.groupby("queue")["offered"].sum().to_dict()
    assert by == {"Orders": 30885, "Billing": 22299, "Technical": 14695, "Chat": 11632, "E-Mail": 7038}
    assert export.mapping["timezone"] == "Europe/Paris"
    assert export.quality.count("dropped", "row of totals") == 5
    assert found(export, "acw_unknown")


def test_a_planners_roster_grid_is_read():
    with pytest.raises(cxsim.ExportError, match="15 shifts"):
        read("planner_week/roster and rules.xlsx")
    export = read("planner_week/roster and rules.xlsx", unpaid_above=6)
    shifts = export.staffing
    hours = (np.array(shifts["end"], dtype="datetime64[s]") - np.array(shifts["start"], dtype="datetime64[s]")).astype(
        float
    ) / 3600
    assert shifts["agent"].nunique() == 63
    assert shifts["group"].nunique() == 7
    assert hours.sum() - shifts["unpaid_s"].fillna(0).sum() / 3600 == pytest.approx(2328.0)


@pytest.mark.parametrize(
    ("file", "phone", "queued", "answered", "wait", "left"),
    [
        ("2025-03-26__2025-04-01", 213, 132, 129, 115.8, 3),
        ("2025-09-10__2025-09-14", 253, 177, 165, 141.3, 12),
        ("2025-09-10__2025-09-16", 275, 187, 175, 136.5, 12),
    ],
)
def test_dixa_conversations(file, phone, queued, answered, wait, left):
    export = read(f"exports/dixa_conversations_{file}.csv")
    calls = export.contacts[export.contacts["channel"] == "pstnphone"]
    assert len(calls) == phone
    assert (calls["queued"] != "").sum() == queued
    served = calls[calls["outcome"] == "answered"]
    assert len(served) == answered
    assert served["wait_s"].mean() == pytest.approx(wait, abs=0.05)
    assert (calls["outcome"] == "abandoned").sum() == left
    assert not any(name.endswith(" ") for name in calls["queue"])


def test_two_dixa_files_that_overlap_are_one_and_their_contradictions_are_told():
    names = [f"exports/dixa_conversations_2025-09-10__2025-09-{end}.csv" for end in ("14", "16")]
    export = read(*names)
    dropped = export.quality.count("dropped", "the same contact again")
    other = export.quality.count("dropped", "not demand")
    assert len(export.contacts) + other - 84 == 398 and dropped + 84 == 358
    assert any("'TakenFromQueue' differs in 179 of the 358" in text for text in found(export, "contradictions"))
    assert (export.contacts["outcome"] == "abandoned").sum() == (
        read(names[1]).contacts["outcome"] == "abandoned"
    ).sum()


def test_a_cradle_to_grave_report_and_its_running_sum():
    export = read("exports/callreport_cradle_to_grave_detail.csv", timezone="Europe/London")
    assert len(export.contacts) == 1843
    assert export.quality.count("dropped", "not demand: Direction is 'Int'") == 1097
    assert export.quality.count("dropped", "not demand: Direction is 'Out'") == 486
    everything = cxsim.read_export(
        DATA / "exports/callreport_cradle_to_grave_detail.csv",
        source="callreport_cradle_to_grave",
        set={"timezone": "Europe/London", "demand.Direction": ["Inc", "Int", "Out"]},
    )
    assert len(everything.contacts) == 3426
    assert everything.contacts["transferred"].sum() == 264
    assert everything.contacts["handle_s"].max() < 8 * 3600


def test_abandoned_calls_alone_are_no_sample_of_patience():
    export = read("exports/callreport_queue_abandoned_detail.csv", timezone="Europe/London")
    assert len(export.contacts) == 127
    assert export.contacts["wait_s"].mean() == pytest.approx(93.3, abs=0.05)
    assert export.contacts["wait_s"].max() == 615
    assert found(export, "only_abandoned") and found(export, "minute_stamps")


def test_log_ins_are_rebuilt_from_their_events():
    export = read("exports/callreport_login_detail_by_agent_by_queue_part.csv", timezone="Europe/London")
    assert export.quality.read == {"callreport_login_detail_by_agent_by_queue_part.csv": 3562}
    assert len(export.staffing) > 800


def test_an_asterisk_log_in_another_order_of_columns():
    export = read("exports/asterisk_queue_log_pbxware.csv")
    contacts = export.contacts
    assert export.quality.read["asterisk_queue_log_pbxware.csv"] == 1000
    assert len(contacts) == 108
    assert contacts["outcome"].value_counts().to_dict() == {
        "answered": 93,
        "abandoned": 12,
        "forced_exit": 1,
        "unknown": 2,
    }
    assert contacts.loc[contacts["outcome"] == "answered", "wait_s"].mean() == pytest.approx(38.7, abs=0.05)
    left = contacts.loc[contacts["outcome"] == "abandoned", "wait_s"]
    assert (left.min(), left.max()) == (5, 201)
    assert contacts.loc[contacts["outcome"] == "forced_exit", "wait_s"].item() == 300


def test_shares_with_and_without_a_percent_sign():
    export = read("exports/daily_acd_mixed_percent.csv")
    days = export.intervals
    assert export.quality.read["daily_acd_mixed_percent.csv"] == 956 and len(days) == 668
    assert sums(days, "offered", "answered", "abandoned") == [715762, 665114, 44436]
    assert any("6,212 contacts are neither" in text for text in found(export, "neither"))
    assert any("sign in 354 rows" in text for text in found(export, "mixed_percent"))
    assert 0.5 < days["service_level"].median() < 1.0
    assert (days["start"].min()[:10], days["start"].max()[:10]) == ("2022-01-04", "2024-08-13")


def test_call_records_without_a_queue_say_so():
    export = read("exports/freepbx_cdr_with_header.csv", timezone="local")
    assert (export.contacts["outcome"] == "answered").sum() == 88 and len(export.contacts) == 100
    assert found(export, "no_wait")


def test_months_of_uccx():
    months = read("exports/cisco_uccx_csq_activity_SYNTHETIC.csv").intervals
    assert len(months) == 15
    assert sorted(set(months["minutes"])) == [30 * 1440, 31 * 1440]
    assert months["queue"].nunique() == 5


def test_half_hours_of_genesys():
    export = read("exports/genesys_cloud_queue_performance_SYNTHETIC.csv", timezone="Europe/London")
    voice = export.intervals[export.intervals["channel"] == "voice"]
    assert export.quality.read["genesys_cloud_queue_performance_SYNTHETIC.csv"] == 672
    assert export.quality.count("dropped", "incomplete interval") == 2
    assert sums(voice, "offered", "answered", "abandoned") == [2394, 2253, 141]
    told = voice.dropna(subset=["aht_s"])
    assert np.average(told["aht_s"], weights=told["answered"]) == pytest.approx(302.1, abs=0.05)
    assert export.mapping["dates"] == "mdy"


def test_connect_records_with_nothing_between_them():
    export = read("exports/amazon_connect_contact_records_concatenated.json")
    contacts = export.contacts.set_index("line")
    assert len(contacts) == 2
    assert export.quality.count("dropped", "an older record") == 1
    assert contacts.loc[1, ["wait_s", "talk_s", "acw_s", "handle_s"]].tolist() == [7, 33, 32, 65]
    assert contacts.loc[3, "outcome"] == "abandoned" and contacts.loc[3, "wait_s"] == 41


def test_a_forecast_with_quarter_hours_and_a_day():
    export = read("exports/amazon_connect_forecast_override_TEMPLATE.csv")
    assert sorted(export.intervals["minutes"]) == [15] * 8 + [1440]
    assert found(export, "lengths")


def test_smdr_legs_are_one_contact():
    export = read("exports/avaya_ip_office_smdr_FIXTURE.csv", timezone="local")
    assert export.quality.count("joined") == 1
    assert sorted(export.contacts["legs"]) == [1, 1, 2]


def test_records_without_a_header_are_refused():
    with pytest.raises(cxsim.ExportError, match="no line with the names of its columns"):
        read("exports/avaya_cm_cdr_expanded_FIXTURE.txt")


def test_every_file_is_read_or_refused_in_a_test_here():
    told = Path(__file__).read_text()
    for path in (DATA / "exports").iterdir():
        if path.suffix in (".csv", ".txt", ".json"):
            assert path.name in told or path.stem.startswith("dixa_"), path.name


@pytest.mark.parametrize(
    ("month", "calls", "queued", "hung", "menu", "abandoned", "wait", "in20", "in60", "service", "median"),
    [
        ("january", 31357, 53.2, 13.7, 3.8, 18.6, 36.2, 52.3, 68.4, 185, 114),
        ("february", 33066, 54.6, 17.9, 5.9, 22.0, 41.4, 49.0, 63.3, 177, 107),
    ],
)
def test_the_banks_log(month, calls, queued, hung, menu, abandoned, wait, in20, in60, service, median):
    export = read(f"anonymous_bank_1999/{month}.txt")
    contacts = export.contacts
    assert len(contacts) == calls
    waited = contacts["queued"] != ""
    outcome = contacts["outcome"]
    assert 100 * waited.mean() == pytest.approx(queued, abs=0.06)
    assert 100 * (outcome != "answered").mean() == pytest.approx(hung, abs=0.06)
    assert 100 * (outcome == "left_before_queue").mean() == pytest.approx(menu, abs=0.06)
    assert 100 * (outcome[waited] == "abandoned").mean() == pytest.approx(abandoned, abs=0.06)
    assert contacts["wait_s"].fillna(0).mean() == pytest.approx(wait, abs=0.1)
    served = outcome == "answered"
    assert 100 * (served & (contacts["wait_s"] <= 20)).mean() == pytest.approx(in20, abs=0.1)
    assert 100 * (served & (contacts["wait_s"] <= 60)).mean() == pytest.approx(in60, abs=0.1)
    talk = contacts.loc[served & (contacts["talk_s"] > 0), "talk_s"]
    assert talk.mean() == pytest.approx(service, abs=1.5)
    assert talk.median() == pytest.approx(median, abs=1.0)


def test_a_synthetic_log_of_known_truth():
    export = read("simulated_call_centre_2021/simulated_call_centre.csv", timezone="local")
    assert len(export.contacts) == 51708
    assert export.contacts["handle_s"].mean() == pytest.approx(300, abs=2)


def test_a_table_of_five_minutes():
    export = read("bank_calls_5min/bank_calls_mar_aug.csv", timezone="local")
    assert len(export.intervals) == 21294 and set(export.intervals["minutes"]) == {5}
    assert found(export, "no_answered")


def test_a_daily_report_without_a_date_is_refused():
    with pytest.raises(cxsim.ExportError, match="no column that says when a row was"):
        read("kaggle_daily_acd/daily_acd.csv")
