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


def test_a_state_lasts_until_the_next_row_of_its_agent(tmp_path):
    rows = read("injixo_agent_status", tmp_path).staffing
    assert rows["end"].tolist() == ["2026-03-02T08:30:00+00:00", ""]


def test_an_asterisk_log_gives_waits_talk_and_log_ins(tmp_path):
    export = read("asterisk_queue_log", tmp_path)
    assert export.contacts.loc[0, ["wait_s", "talk_s", "queue", "outcome"]].tolist() == [30, 70, "sales", "answered"]
