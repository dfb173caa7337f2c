"""A Result: its tables, its summary, its document, and the folder it is kept in."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from example_result import example_result
from rich.console import Console

import cxsim.report.run.folder
from cxsim.report.common import formats
from cxsim.report.run import tables, target_words
from cxsim.simulation.result import Result
from cxsim.simulation.stored import load
from cxsim.storage.listing import LIST

DAY = example_result()
SMALL = example_result(queues=("sales",), groups=("team",), replications=1, targets=False)


def printed(result: Result, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(result.summary())
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_figure_is_found_by_its_name_scope_and_interval() -> None:
    total = DAY.estimate("sl", "queue", "cards")
    assert total.unit == "share" and total.low < total.value < total.high and total.n == 40
    with pytest.raises(ValueError, match="not a queue of this result"):
        DAY.estimate("sl", "queue", "no such queue")
    with pytest.raises(ValueError, match="is not a metric"):
        DAY.estimate("no such figure")
    assert DAY.names("queue") == ("cards", "billing", "sales")
    series = DAY.series("sl", "queue", "cards")
    assert list(series["interval"]) == sorted(series["interval"]) and len(series) == 20


def test_a_wide_table_has_a_row_an_interval_and_keeps_the_order_of_the_queues() -> None:
    frame = DAY.table("queue", "interval", bounds=True)
    assert list(frame.columns[:3]) == ["queue", "date", "time"]
    assert len(frame) == 60 and list(frame["queue"].unique()) == ["cards", "billing", "sales"]
    assert frame["time"].iloc[0] == "08:00"
    one = DAY.estimate("sl", "queue", "billing", "2026-03-02T09:30")
    row = frame[(frame["queue"] == "billing") & (frame["time"] == "09:30")].iloc[0]
    assert (row["sl"], row["sl_low"], row["sl_high"]) == (one.value, one.low, one.high)
    across = DAY.table("queue", "interval", "sl")
    assert across.loc["2026-03-02T09:30", "billing"] == one.value


def test_categories_for_columns_make_no_difference() -> None:
    columns = dict.fromkeys(("figure", "scope", "name", "interval", "unit"), "category")
    same = replace(DAY, figures=DAY.figures.astype(columns))
    pd.testing.assert_frame_equal(same.table("queue", "interval"), DAY.table("queue", "interval"))
    assert same.headline() == DAY.headline()


def test_figures_without_a_needed_column_are_refused() -> None:
    with pytest.raises(ValueError, match="no column 'unit'"):
        replace(DAY, figures=DAY.figures.drop(columns="unit"))


@pytest.mark.parametrize("width", [80, 100])
def test_the_summary_fits_the_terminal_and_names_what_misses(width: int) -> None:
    text = printed(DAY, width)
    assert max(map(len, text.splitlines())) <= width
    assert "2 of 4 targets are missed" in text and "misses its target" in text
    assert "too close to call" in text
    for name in ("cards", "billing", "sales", "front", "experts", "total"):
        assert name in text


def test_the_summary_of_one_replication_claims_no_interval() -> None:
    text = printed(SMALL, 90)
    assert "no 95% intervals" in text and "±" not in text and "nan" not in text
    assert "No targets are set" in text


def test_names_that_look_like_markup_are_printed_as_they_are() -> None:
    assert "[red]sales" in printed(example_result(queues=("[red]sales", "b")), 90)


def test_neighbouring_intervals_are_named_as_one_stretch() -> None:
    found = target_words.spans(DAY, ["2026-03-02T08:30", "2026-03-02T08:00", "2026-03-02T10:00"])
    assert found == [("2026-03-02", "08:00-09:00, 10:00-10:30")]


def test_a_target_inside_its_interval_is_too_close_to_call() -> None:
    by_queue = {(j.queue, j.figure): j.status for j in target_words.judgements(DAY)}
    assert by_queue["billing", "sl"] == target_words.UNCLEAR
    assert by_queue["sales", "sl"] == target_words.MISSED
    assert by_queue["cards", "abandoned_share"] == target_words.MET


def test_the_document_is_json_without_nan_and_says_what_went_in() -> None:
    document = DAY.document()
    text = json.dumps(document, allow_nan=False)
    again = json.loads(text)
    assert again["schema_version"] == 1 and again["wall_seconds"] == 1.234
    assert again["inputs"]["seed"] == 7 and again["inputs"]["scenario"]["cxsim"] == 1
    assert set(again["figures"][0]) == {"figure", "scope", "interval", "value", "low", "high", "unit", "n"}
    assert {"queue:cards", "total", "group:front"} <= {row["scope"] for row in again["figures"]}
    assert again["targets"][0]["met"] is False
    assert SMALL.document()["figures"][0]["low"] is None


def test_a_saved_result_comes_back_the_same(tmp_path: Path) -> None:
    folder = DAY.save(tmp_path / "run", pictures=False, report=False)
    back = load(folder)
    assert back.headline() == DAY.headline() and back.labels == DAY.labels
    pd.testing.assert_frame_equal(back.figures, DAY.figures, check_dtype=False, rtol=1e-9, check_index_type=False)
    assert back.provenance["scenario_sha256"]
    again = back.save(tmp_path / "again", pictures=False, report=False)
    assert files(folder) == files(again)


def test_a_queue_named_na_or_like_a_number_survives_the_folder(tmp_path: Path) -> None:
    odd = example_result(queues=("NA", "1234", "null"))
    assert load(odd.save(tmp_path / "run", pictures=False, report=False)).names("queue") == (
        "NA",
        "1234",
        "null",
    )


def test_the_same_result_gives_the_same_bytes_and_wall_time_stays_in_provenance(tmp_path: Path) -> None:
    one = files(SMALL.save(tmp_path / "one", pictures=False))
    other = files(replace(SMALL, wall_seconds=99.0).save(tmp_path / "two", pictures=False))
    assert {name for name in one if one[name] != other[name]} == {"provenance.json", LIST}
    assert {
        "figures.csv",
        "plan.csv",
        "targets.csv",
        "wait_histogram.csv",
        "workbook.xlsx",
        "report.html",
    } <= set(one)
    assert {"tables/queue_interval.csv", "tables/group_interval.csv", "tables/total_total.csv"} <= set(one)


def test_a_foreign_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="no cxsim result"):
        SMALL.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    (tmp_path / "file").write_text("a file")
    with pytest.raises(FileExistsError):
        SMALL.save(tmp_path / "file")


def test_an_earlier_result_is_replaced_and_the_reader_s_own_notes_stay(tmp_path: Path) -> None:
    folder = DAY.save(tmp_path / "run", pictures=False, report=False)
    (folder / "notes.txt").write_text("ask Ada about Monday")
    SMALL.save(folder, pictures=False, report=False)
    assert load(folder).names("queue") == ("sales",)
    assert (folder / "notes.txt").read_text() == "ask Ada about Monday"
    assert not (folder / "tables" / "segment_total.csv").exists()


def test_a_stop_while_saving_leaves_the_old_result_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SMALL.save(tmp_path / "run", pictures=False, report=False)
    before = files(folder)

    def stop(result: Result) -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(cxsim.report.run.folder, "provenance", stop)
    with pytest.raises(KeyboardInterrupt):
        DAY.save(folder, pictures=False, report=False)
    with pytest.raises(KeyboardInterrupt):
        DAY.save(tmp_path / "new", pictures=False, report=False)
    assert files(folder) == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_inputs_are_kept_beside_the_scenario_and_never_outside_the_folder(tmp_path: Path) -> None:
    with_file = replace(SMALL, inputs={"data/volumes.csv": b"time,calls\n"})
    folder = with_file.save(tmp_path / "run", pictures=False, report=False)
    assert load(folder).inputs == {"data/volumes.csv": b"time,calls\n"}
    with pytest.raises(ValueError, match="outside"):
        replace(SMALL, inputs={"../evil.csv": b""}).save(tmp_path / "bad", pictures=False, report=False)
    assert not (tmp_path / "evil.csv").exists() and not (tmp_path / "bad").exists()


def test_loading_what_is_no_result_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="the folder does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="not a cxsim result"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("result.json", "{"),
        ("result.json", '{"kind": "cxsim result"}'),
        ("figures.csv", ""),
        ("figures.csv", "figure,scope\nsl,total\n"),
        ("figures.csv", "figure,scope,name,interval,value,low,high,unit,n\nsl,total,,total,much,0,1,share,2\n"),
        ("provenance.json", "[]"),
        ("targets.csv", 'a,b\n1,2,3,4\n"'),
    ],
)
def test_a_damaged_result_names_its_folder_and_file(tmp_path: Path, name: str, content: str) -> None:
    folder = DAY.save(tmp_path / "day", pictures=False, report=False)
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match=rf"day: the result is damaged .{name}: .*; run the scenario again"):
        load(folder)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.99996, "99.996%"), (1.0, "100.0%"), (0.0, "0.0%"), (0.8, "80.0%"), (math.nan, "n/a")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(value: float, text: str) -> None:
    assert formats.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (4.25, "4.2 s"),
        (59.7, "1 min"),
        (61, "1 min 01 s"),
        (3599.8, "1 h"),
        (7260, "2 h 01 min"),
        (200000, "2.3 days"),
        (math.inf, "never"),
    ],
)
def test_durations_are_short(value: float, text: str) -> None:
    assert formats.seconds(value) == text


def test_every_scope_has_a_planner_s_table() -> None:
    frame = tables.planner(DAY, "group", "interval")
    assert {"group", "date", "time", "agents_present", "occupancy", "occupancy_low"} <= set(frame.columns)
    assert tables.planner(DAY, "queue", "total").columns[0] == "queue"
