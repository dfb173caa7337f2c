"""What commonly goes wrong with exports is told, and is not told of data that are in order."""

from __future__ import annotations

import pytest
from made import LOCAL, put

import cxsim

CLEAN = """\
Queue,Start,Offered,Answered,Abandoned,AHT (s),Talk Time (s),ACW (s)
A,2026-03-02 08:00,10,9,1,240,200,40
A,2026-03-02 08:30,12,11,1,250,210,40
"""


def findings(folder, text, **given):
    export = cxsim.read_export(put(folder, "a.csv", text), set=LOCAL | given)
    return {one.name: one.text for one in export.quality.findings}


def test_a_report_that_is_in_order_has_no_finding(tmp_path):
    assert findings(tmp_path, CLEAN) == {}


@pytest.mark.parametrize(
    ("old", "new", "name", "said"),
    [
        ("10,9,1,", "10,11,1,", "answered_above_offered", "in 1 row:"),
        ("12,11,1,", "16,11,1,", "neither", "4 contacts are neither"),
        ("240,200,40", "300,200,40", "handle_time", "in 1 of 2 rows"),
        (",AHT (s)", ",Mean", "no_acw", ""),
        ("\nA,2026-03-02 08:30", "\nA,2026-03-02 08:45", "lengths", ""),
    ],
)
def test_a_report_with_one_thing_wrong(tmp_path, old, new, name, said):
    text = CLEAN.replace(old, new)
    if name == "no_acw":
        text = text.replace(",ACW (s)", ",Other")
    if name == "lengths":
        text = "Queue,Start,Interval Duration,Offered,Answered\nA,2026-03-02,15,10,10\nB,2026-03-02,daily,100,100\n"
    found = findings(tmp_path, text)
    assert said in found[name]


def test_handle_time_that_leaves_out_after_call_work(tmp_path):
    text = CLEAN.replace("240,200,40", "200,200,40").replace("250,210,40", "210,210,40")
    assert "talk and hold only in 2 of 2 rows" in findings(tmp_path, text)["aht_without_acw"]


def test_a_queue_of_totals_is_left_out_if_it_is_the_sum(tmp_path):
    rows = [f"{q},2026-03-02 0{h}:00,{n},{n}" for h in (8, 9) for q, n in (("A", 10), ("B", 20), ("Total", 30))]
    head = "Queue,Start,Offered,Answered\n"
    export = cxsim.read_export(put(tmp_path, "a.csv", head + "\n".join(rows)), set=LOCAL)
    assert export.intervals["offered"].sum() == 60
    assert export.quality.count("dropped", "row of totals") == 2
    odd = cxsim.read_export(put(tmp_path, "b.csv", head + "\n".join(rows).replace(",30,30", ",99,99")), set=LOCAL)
    assert odd.intervals["offered"].sum() == 60 + 198
    assert any(one.name == "totals" for one in odd.quality.findings)


def test_a_last_interval_that_the_export_cut_off(tmp_path):
    rows = [f"2026-03-0{d} {h:02d}:00,100" for d in (2, 3, 4) for h in range(8, 12)]
    rows[-1] = "2026-03-04 11:00,7"
    assert "7 contacts where 100 are usual" in findings(tmp_path, "Start,Offered\n" + "\n".join(rows))["last_interval"]


@pytest.mark.parametrize(
    ("row", "name", "said"),
    [
        (
            "Total,,40,40,150",
            "unweighted",
            "(150 s) is the plain mean of its rows; weighted by answered contacts it is 175 s",
        ),
        ("Total,,50,50,175", "totals", "in line 4 has 50 contacts offered, but its rows add up to 40"),
        ("Total,,40,40,175", "", ""),
    ],
)
def test_a_row_of_totals_is_compared_with_its_rows(tmp_path, row, name, said):
    text = f"Queue,Start,Offered,Answered,AHT (s)\nA,2026-03-02 08:00,10,10,100\nA,2026-03-02 08:30,30,30,200\n{row}\n"
    found = findings(tmp_path, text)
    found.pop("acw_unknown")
    assert said in found.pop(name) if name else not found
    assert not found


def abandons(waits):
    rows = [
        f"2026-03-02 {8 + k // 3600:02d}:{k // 60 % 60:02d}:{k % 60:02d},{w},abandoned" for k, w in enumerate(waits)
    ]
    rows += [f"2026-03-02 20:00:{k:02d},10,answered" for k in range(30)]
    return "arrived,wait (s),outcome\n" + "\n".join(rows)


def test_many_abandons_at_one_second_are_a_question_and_its_answer_makes_them_exits(tmp_path):
    text = abandons([60] * 25 + [k % 120 for k in range(300)])
    file = put(tmp_path, "a.csv", text)
    with pytest.raises(cxsim.ExportError, match=r"at 60 s of 325.*forced_exits: \[60\]"):
        cxsim.read_export(file, set=LOCAL)
    export = cxsim.read_export(file, set=LOCAL | {"forced_exits": [60]})
    assert (export.contacts["outcome"] == "forced_exit").sum() == 25 + 2
    none = cxsim.read_export(file, set=[*(f"{k}={v}" for k, v in LOCAL.items()), "forced_exits=none"])
    assert (none.contacts["outcome"] == "forced_exit").sum() == 0


@pytest.mark.parametrize(
    "waits",
    [[60] * 18 + list(range(1, 200)), [60] * 25 + [k % 10 + 55 for k in range(600)], [k % 90 for k in range(900)]],
)
def test_few_or_even_abandons_are_no_exits(tmp_path, waits):
    """Below 20, below 5 % or not above its neighbours: no question."""
    export = cxsim.read_export(put(tmp_path, "a.csv", abandons(waits)), set=LOCAL)
    assert (export.contacts["outcome"] == "forced_exit").sum() == 0


def test_hang_ups_in_the_menu_are_told_and_are_not_abandons(tmp_path):
    text = (
        "Start Time,Queued At,Answered At,End Time\n2026-03-02 08:00:00,,,2026-03-02 08:00:20\n"
        "2026-03-02 08:00:00,2026-03-02 08:00:09,2026-03-02 08:01:00,2026-03-02 08:02:00\n"
    )
    export = cxsim.read_export(put(tmp_path, "a.csv", text), set=LOCAL)
    assert export.contacts["outcome"].tolist() == ["left_before_queue", "answered"]
    assert any(one.name == "left_before_queue" for one in export.quality.findings)


def test_times_after_midnight_beside_the_date_of_arrival_are_of_the_next_day(tmp_path):
    text = (
        "date,call started,call answered,call ended\n"
        "2026-03-02,23:59:30,00:00:10,00:05:10\n2026-03-02,10:00:00,10:00:05,10:01:05\n"
    )
    export = cxsim.read_export(put(tmp_path, "a.csv", text), set=LOCAL)
    late = export.contacts[export.contacts["line"] == 2]
    assert (late["wait_s"].item(), late["talk_s"].item()) == (40, 300)
    assert export.quality.count("repaired", "times after midnight") == 1


def test_many_abandons_at_one_second_of_one_queue_are_a_question(tmp_path):
    """25 of 100 at 60 s in queue B; of all 1,000 abandons they are below 5 %."""
    waits = [(f"A,{k % 200}") for k in range(900)] + ["B,60"] * 25 + [f"B,{k}" for k in range(75)]
    rows = [
        f"2026-03-02 {8 + k // 3600:02d}:{k // 60 % 60:02d}:{k % 60:02d},{w},abandoned" for k, w in enumerate(waits)
    ]
    file = put(tmp_path, "a.csv", "arrived,queue,wait (s),outcome\n" + "\n".join(rows))
    with pytest.raises(cxsim.ExportError, match=r"at 60 s of 100 in queue 'B'.*forced_exits: \[60\]"):
        cxsim.read_export(file, set=LOCAL)


def calls(talk, gap=400):
    """Forty calls of one agent that last 240 s by the clock, `gap` s apart, with this talk time."""
    rows = []
    for k in range(40):
        start = 8 * 3600 + gap * k
        clock = [f"2026-03-02 {t // 3600:02d}:{t // 60 % 60:02d}:{t % 60:02d}" for t in (start, start + 5, start + 245)]
        rows.append(",".join([clock[0], clock[0], *clock[1:], "Ann", str(talk)]))
    return "Start Time,Queued At,Answered At,End Time,Agent,Talk (s)\n" + "\n".join(rows) + "\n"


def test_talk_in_another_unit_than_it_says_is_told_by_the_clock(tmp_path):
    assert "60 times as long" in findings(tmp_path, calls(4))["unit"]
    assert "unit" not in findings(tmp_path, calls(240)) and "at_once" not in findings(tmp_path, calls(240))


def test_agents_with_several_contacts_at_once_are_told(tmp_path):
    """Calls of 240 s that begin every 100 s: all but the last begin before the one before has ended."""
    assert "39 contacts of 40 began before" in findings(tmp_path, calls(240, gap=100))["at_once"]


def test_wait_buckets_without_bounds_are_told(tmp_path):
    head = "Queue,Start,Offered,Answered,Ans 0-10s,Ans 10-20s,Ans >20s\n"
    text = findings(tmp_path, head + "A,2026-03-02 08:00,10,10,5,3,2\nA,2026-03-02 08:30,9,9,5,2,2\n")["wait_buckets"]
    assert "a wait of 10 s may be in either of two" in text and "no upper bound" in text
