"""Whatever a file holds: every row is kept, joined, added or left out, and told with its line; never lost."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import cxsim

STAMPS = st.sampled_from([f"2026-03-0{d} {h:02d}:{m:02d}:00" for d in (2, 3) for h in (8, 9) for m in (0, 30)])
NUMBERS = st.sampled_from(["", "0", "1", "7", "x"])
CALLS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["", "1", "2", "3", "4"]),
            st.sampled_from(["in", "out"]),
            st.one_of(STAMPS, st.just("")),
            st.one_of(STAMPS, st.just(""), st.just("soon")),
            NUMBERS,
        ),
        st.sampled_from(
            [("", "", "", "", ""), ("Total", "", "", "", "9"), ("id", "Direction", "Start", "Answered At", "ACW (s)")]
        ),
    ),
    min_size=1,
    max_size=12,
)
INTERVALS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["A", "B", "Total"]), STAMPS, NUMBERS, NUMBERS),
        st.sampled_from([("", "", "", ""), ("Total A", "", "9", "9"), ("made by a system", "", "", "")]),
    ),
    min_size=1,
    max_size=12,
)


def check(head, rows, **settings_):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("\n".join(",".join(row) for row in [head, *rows]) + "\n")
        try:
            export = cxsim.read_export(path, set={"timezone": "local", "unreadable": "drop", **settings_})
        except cxsim.ExportError as error:
            assert all(fault.rule and fault.fix for fault in error.faults)
            return
    quality = export.quality
    fates = Counter(line for n in quality.notes if n.what in ("dropped", "joined", "added") for line in n.lines)
    assert not [line for line, times in fates.items() if times > 1], "a row with two fates"
    kept = {int(line) for table in export.tables.values() for line in table["line"]}
    assert not kept & fates.keys()
    blanks = sum(len(n.lines) for n in quality.notes if n.why == "blank lines left out")
    assert len(kept) + len(fates) == quality.read["a.csv"] == len(rows) - blanks


@given(CALLS, st.sampled_from(["contacts", "segments"]), st.sampled_from(["first", "last"]))
@settings(max_examples=60, deadline=None)
def test_every_row_of_a_log_is_accounted_for(rows, layout, duplicates):
    head = ("id", "Direction", "Start", "Answered At", "ACW (s)")
    extra = {"columns.contact": "id", "columns.arrived": "Start", "columns.answered": "Answered At"}
    check(
        head,
        rows,
        layout=layout,
        duplicates=duplicates,
        **extra,
        **{"demand.Direction": ["in"], "columns.acw": "ACW (s)"},
    )


@given(INTERVALS, st.sampled_from(["first", "last", "add"]), st.sampled_from(["missing", "zero"]))
@settings(max_examples=60, deadline=None)
def test_every_row_of_a_report_is_accounted_for(rows, duplicates, blanks):
    head = ("Queue", "Start", "Offered", "Answered")
    check(head, rows, duplicates=duplicates, blanks=blanks, interval="30 min")
