"""Every known source reads a small file of its form."""

from __future__ import annotations

import pytest
from made import put

import cxsim
from cxsim.importing.sources import sources

# A file of each source, and the rows of its tables. The values are made up; the columns are the source's.
FILES = {
    "amazon_connect_contact_records": (
        '{"ContactId":"c1","InitiationMethod":"INBOUND","Channel":"VOICE","InitiationTimestamp":"2026-03-02T08:00:00Z","DisconnectTimestamp":"2026-03-02T08:03:00Z","LastUpdateTimestamp":"2026-03-02T08:04:00Z","CustomerEndpoint":{"Address":"+15550001"},"Queue":{"Name":"Sales","EnqueueTimestamp":"2026-03-02T08:00:10Z"},"Agent":{"Username":"ann","ConnectedToAgentTimestamp":"2026-03-02T08:00:40Z","AgentInteractionDuration":140,"CustomerHoldDuration":0,"AfterContactWorkDuration":20}}',
        {"contacts": 1},
    ),
    "amazon_connect_forecast_override": (
        "QueueName,QueueId,ChannelType,TimeStamp,IntervalDuration,IncomingContactVolume,AverageHandleTime\nSales,q1,VOICE,2026-03-02T08:00:00Z,15mins,12,310\n",
        {"intervals": 1},
    ),
    "asterisk_queue_log": (
        "1772438400|NONE|NONE|NONE|QUEUESTART|\n1772438400|c.1|sales|NONE|ENTERQUEUE||15550001|1\n1772438430|c.1|sales|SIP/8007|CONNECT|30|c.2|5\n1772438500|c.1|sales|SIP/8007|COMPLETECALLER|30|70|1\n1772438400|NONE|sales|SIP/8007|ADDMEMBER|\n",
        {"contacts": 1, "staffing": 1},
    ),
    "asterisk_pbxware": (
        "uid,date_time,callid,queue_name,type,event,param1,param2,param3\n1,1772438400,c.1,IT,NONE,ENTERQUEUE,15550001,,\n2,1772438420,c.1,IT,NONE,ABANDON,1,1,20\n",
        {"contacts": 1},
    ),
    "avaya_ip_office_smdr": (
        "Call Start,Connected Time,Ring Time,Caller,Direction,Called Number,Is Internal,Call ID,Continuation,Party1Name,Hold Time,Unique Call ID\n21/08/2026 14:30:02,00:01:23,00:00:12,15550001,I,1205,0,1,0,Ann,00:00:05,u1\n",
        {"contacts": 1},
    ),
    "callreport_cradle_to_grave": (
        "Date,Time,Direction,Agent,Duration,Result,Hold Time,Total Duration\n23/01/2026,08:23:46,Inc,Ann,00:05:58,Released,,00:05:58\n23/01/2026,08:24:00,Out,Ann,00:00:58,Released,,8.6 Days\n",
        {"contacts": 1},
    ),
    "callreport_login": (
        "Date,Time,Agent,Logged in Time,Details\n23/01/2026,08:00,Ann,,Logged into Queue: IT (1)\n23/01/2026,12:00,Ann,04:00:00,Logged out of Queue: IT (1)\n",
        {"staffing": 1},
    ),
    "callreport_queue_abandoned": ("Date,Time,Wait Time,Result\n23/01/2026,10:22,00:01:40,Abandoned\n", {"contacts": 1}),
    "cisco_uccx_csq_activity": (
        "CSQ Name,CSQ ID,Report Period,Calls Presented,Avg Queue Time,Calls Handled,Avg Speed of Answer,Avg Handle Time,Calls Abandoned,Avg Time to Abandon\nEnglish,1,April 2026,100,00:00:28,90,00:00:20,00:03:40,10,00:00:18\n",
        {"intervals": 1},
    ),
    "dixa_conversations": (
        "id,createdAt,answeredAt,queuedAt,closedAt,direction,channel,assigneeName,queueName\n1,2026-03-02T08:00:00Z,2026-03-02 08:00:50+00:00,2026-03-02T08:00:20Z,2026-03-02T08:05:50Z,inbound,pstnphone,ann ,Sales \n",
        {"contacts": 1},
    ),
    "freepbx_cdr": (
        "calldate,clid,src,dst,dcontext,channel,lastapp,duration,billsec,disposition,uniqueid\n2026-03-02 08:00:00,Ann <1>,1,2,int,SIP,Dial,8,6,ANSWERED,u1\n",
        {"contacts": 1},
    ),
    "genesys_cloud_queue": (
        '"Interval Start","Interval End","Interval Complete","Media Type","Queue Id","Queue Name","Offer","Answer","Abandon","ASA","Service Level %","Avg Wait","Avg Handle","Avg Talk","Avg Hold","Avg ACW","Short Abandon"\n"3/13/26 8:00 AM","3/13/26 8:30 AM","TRUE","voice","q","Sales","27","25","2","24671.8","0.58","27139","352382","290370","3143","58867","1"\n"3/13/26 8:30 AM","3/13/26 9:00 AM","TRUE","voice","q","Sales","","","","","","","","","","",""\n',
        {"intervals": 2},
    ),
    "genesys_cloud_wfm_history": (
        "Interval Start UTC Date,Queue,Media Type,Offered,Interactions Handled,Total Handle Time (Seconds)\n2026-03-02T08:00:00Z,Sales,voice,10,8,2400\n2026-03-02T08:15:00Z,Sales,voice,10,8,1600\n",
        {"intervals": 2},
    ),
    "injixo_agent_status": ("StartDate;StartTime;AgentID;AgentActivityID\n2026-03-02;08:00;7;ready\n2026-03-02;08:30;7;pause\n", {"staffing": 2}),
    "injixo_contacts": ("Queue;Date;Time;Offered;Answered;Duration\nInbound;25/05/2026;08:00:10;1;1;230\nInbound;25/05/2026;08:00:40;1;0;0\n", {"contacts": 2}),
    "injixo_intervals": ("Queue;Date;Time;IncomingCalls;AnsweredCalls;AHT\nInbound;25/05/2026;08:00;15;14;230\nInbound;25/05/2026;08:15;5;4;230\n", {"intervals": 2}),
    "talkdesk_calls": (
        '{"type":"calls","entries":[{"call_id":"1","type":"inbound","start_at":"2026-03-02T08:00:00Z","end_at":"2026-03-02T08:03:00Z","contact_phone_number":"+15550001","talk_time":140,"wait_time":40,"hold_time":0,"ring_groups":"sales","handling_user_id":"u","is_transfer":false},{"call_id":"2","type":"outbound","start_at":"2026-03-02T08:00:00Z","end_at":"2026-03-02T08:03:00Z","contact_phone_number":"+15550001","talk_time":140,"wait_time":40,"hold_time":0,"ring_groups":"sales","handling_user_id":"u","is_transfer":false}]}',
        {"contacts": 1},
    ),
    "technion_bank_log": (
        "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\nA1\t1\t7\t2\tPS\t990101\t0:00:31\t0:00:36\t5\t0:00:36\t0:03:09\t153\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n",
        {"contacts": 1},
    ),
    "teleopti_queue_statistics": (
        "Teleopti.Queue.Data\n\ninterval,date,time,queue,queue_name,offd_direct_call_cnt,aband_call_cnt,answ_call_cnt,queued_and_answ_call_dur,queued_and_aband_call_dur,talking_call_dur,wrap_up_dur,avg_avail_member_cnt,ans_servicelevel_cnt,aband_short_call_cnt\n15,20260302,08:00,1,Sales,10,2,8,80,60,1600,240,5,6,1\n",
        {"intervals": 1},
    ),
}  # fmt: skip
GIVEN = {"timezone": "Europe/London"}


def read(name, folder):
    text, _ = FILES[name]
    needs = name not in ("amazon_connect_contact_records",)
    return cxsim.read_export(put(folder, "export.txt", text), source=name, set=GIVEN if needs else {})


@pytest.mark.parametrize("name", FILES)
def test_a_source_reads_a_file_of_its_form(name, tmp_path):
    export = read(name, tmp_path)
    assert {table: len(values["line"]) for table, values in export.tables.items()} == FILES[name][1]


@pytest.mark.parametrize("name", [name for name, one in sources().items() if one.signature])
def test_a_source_is_recognised_by_its_columns(name, tmp_path):
    export = cxsim.read_export(put(tmp_path, "export.txt", FILES[name][0]), set=GIVEN)
    assert export.mapping["source"] == name


def test_every_source_has_a_file_here_and_says_where_its_columns_are_from():
    assert FILES.keys() == sources().keys()
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
