"""Every known source reads a small file of its form."""

from __future__ import annotations

from pathlib import Path

import pytest
from made import put

import cxsim
from cxsim.importing.sources import sources

# Rows of the tables that files/NAME.txt becomes: small made files with the columns of each source.
ROWS = {
    "calabrio_forecast": {"intervals": 2},
    "amazon_connect_contact_records": {"contacts": 1},
    "amazon_connect_forecast_override": {"intervals": 1},
    "asterisk_queue_log": {"contacts": 1, "staffing": 1},
    "asterisk_pbxware": {"contacts": 1},
    "avaya_cms_split_interval": {"intervals": 2},
    "avaya_ip_office_smdr": {"contacts": 1},
    "callreport_cradle_to_grave": {"contacts": 1},
    "callreport_login": {"staffing": 1},
    "callreport_queue_abandoned": {"contacts": 1},
    "cisco_uccx_csq_activity": {"intervals": 1},
    "dixa_conversations": {"contacts": 1},
    "freepbx_cdr": {"contacts": 1},
    "genesys_cloud_queue": {"intervals": 2},
    "genesys_cloud_wfm_history": {"intervals": 2},
    "injixo_agent_status": {"staffing": 2},
    "injixo_contacts": {"contacts": 2},
    "injixo_intervals": {"intervals": 2},
    "talkdesk_calls": {"contacts": 1},
    "technion_bank_log": {"contacts": 1},
    "teleopti_queue_statistics": {"intervals": 1},
}
GIVEN = {"timezone": "Europe/London"}


def file(name):
    return (Path(__file__).with_name("files") / f"{name}.txt").read_text()


def read(name, folder):
    text = file(name)
    needs = name not in ("amazon_connect_contact_records",)
    return cxsim.read_export(put(folder, "export.txt", text), source=name, set=GIVEN if needs else {})


@pytest.mark.parametrize("name", ROWS)
def test_a_source_reads_a_file_of_its_form(name, tmp_path):
    export = read(name, tmp_path)
    assert {table: len(values["line"]) for table, values in export.tables.items()} == ROWS[name]


@pytest.mark.parametrize("name", [name for name, one in sources().items() if one.signature])
def test_a_source_is_recognised_by_its_columns(name, tmp_path):
    export = cxsim.read_export(put(tmp_path, "export.txt", file(name)), set=GIVEN)
    assert export.mapping["source"] == name


def test_every_source_has_a_file_here_and_says_where_its_columns_are_from():
    assert ROWS.keys() == sources().keys()
    for one in sources().values():
        assert one.title and one.columns_from and one.limits
        assert one.plan.layout


def test_totals_become_means(tmp_path):
    rows = read("genesys_cloud_wfm_history", tmp_path).intervals
    assert rows["aht_s"].tolist() == [300, 200]
    row = read("teleopti_queue_statistics", tmp_path).intervals.iloc[0]
    assert row[["talk_s", "acw_s", "asa_s", "abandon_wait_s", "minutes"]].tolist() == [200, 30, 10, 30, 15]
    rows = read("avaya_cms_split_interval", tmp_path).intervals
    assert rows["start"].tolist() == ["2026-03-16T08:30:00+00:00", "2026-03-16T09:00:00+00:00"]
    assert rows["asa_s"].tolist() == [15, 25]
    assert (rows["talk_s"] + rows["hold_s"] + rows["acw_s"]).tolist() == [240, 240]


@pytest.mark.parametrize(("text", "hour"), [("0", "00:00"), ("30", "00:30"), ("830", "08:30"), ("1500", "15:00")])
def test_a_time_of_day_may_be_a_number_if_the_mapping_says_so(text, hour, tmp_path):
    table = f"Queue,Date,Time,Offered\nA,2026-03-16,{text},5\n"
    plain = {**GIVEN, "columns.start": ["Date", "Time"], "interval": "30 min"}
    with pytest.raises(cxsim.ExportError, match="is not a date and time"):
        cxsim.read_export(put(tmp_path, "a.csv", table), set=plain)
    stated = plain | {"columns.start": {"columns": ["Date", "Time"], "unit": "hhmm"}}
    row = cxsim.read_export(put(tmp_path, "a.csv", table), set=stated).intervals.iloc[0]
    assert row["start"] == f"2026-03-16T{hour}:00+00:00"


def test_the_unit_of_a_time_of_day_is_not_one_of_a_length(tmp_path):
    table = put(tmp_path, "a.csv", "Queue,Date,Time,Offered,AHT\nA,2026-03-16,08:30,5,240\n")
    with pytest.raises(cxsim.ExportError) as error:
        cxsim.read_export(table, set={**GIVEN, "columns.aht.unit": "hhmm", "columns.start.unit": "s"})
    assert "columns.aht:  'hhmm' is not a unit;" in str(error.value)
    assert "'s' is not a unit of a time of day; write hhmm" in str(error.value)


def test_a_state_lasts_until_the_next_row_of_its_agent(tmp_path):
    rows = read("injixo_agent_status", tmp_path).staffing
    assert rows["end"].tolist() == ["2026-03-02T08:30:00+00:00", ""]


def test_an_asterisk_log_gives_waits_talk_and_log_ins(tmp_path):
    export = read("asterisk_queue_log", tmp_path)
    assert export.contacts.loc[0, ["wait_s", "talk_s", "queue", "outcome"]].tolist() == [30, 70, "sales", "answered"]
