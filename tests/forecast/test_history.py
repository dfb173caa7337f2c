"""What tables of history may look like, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxsim.forecast import read_events, read_history
from cxsim.tables.reader import TableError


def table(folder: Path, text: str) -> Path:
    file = folder / "history.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_long_table_has_a_history_per_queue_with_weighted_handle_times(tmp_path: Path) -> None:
    file = table(
        tmp_path,
        "queue,date,time,offered,answered,aht\n"
        "a,2026-01-05,09:00,10,8,200\na,2026-01-05,09:30,20,2,300\nb,2026-01-06,09:00,5,0,\nb,2026-01-06,09:30,6,6,90\n",
    )
    a, b = read_history(file, interval=3600.0)
    assert (a.queue, b.queue) == ("a", "b")
    assert a.volume.tolist() == [[30.0]] and a.width == 3600.0
    assert a.aht is not None and a.aht[0, 0] == pytest.approx((8 * 200 + 2 * 300) / 10)
    halves = read_history(file)[1]
    assert halves.aht is not None and np.isnan(halves.aht[0, 0]) and halves.aht[0, 1] == 90.0


def test_a_wide_table_has_a_column_per_queue_and_a_daily_one_has_one_interval(tmp_path: Path) -> None:
    file = table(tmp_path, "date,time,sales,service\n2026-01-05,09:00,1,2\n2026-01-07,09:00,3,4\n")
    sales, service = read_history(file)
    assert (sales.queue, service.queue) == ("sales", "service")
    assert sales.totals[0] == 1.0 and np.isnan(sales.totals[1]) and service.totals[2] == 4.0
    daily = table(tmp_path, "date,offered\n2026-01-05,100\n2026-01-06,120\n")
    (one,) = read_history(daily)
    assert one.queue == "history" and one.width == 86400.0 and one.volume.tolist() == [[100.0], [120.0]]


def test_a_stamp_with_date_and_time_is_read(tmp_path: Path) -> None:
    (one,) = read_history(table(tmp_path, "DateTime,Calls\n2026-01-05 09:00:00,3\n2026-01-05 09:05:00,4\n"))
    assert one.width == 300.0 and one.volume.tolist() == [[3.0, 4.0]]


WRONG = {
    "stands twice": (
        "date,time,offered\n2026-01-05,09:00,1\n2026-01-05,09:00,2\n",
        r":3  '2026-01-05' names an interval of history that line 2 has already; remove one",
    ),
    "no dates": (
        "time,offered\n09:00,1\n09:30,2\n",
        r"has no dates, and a forecast needs history by date; add a column",
    ),
    "two columns of contacts": (
        "date,time,offered,calls\n2026-01-05,09:00,1,2\n",
        r"columns may each be the contacts: 'offered', 'calls'; say which: --volume offered",
    ),
    "no contacts": ("queue,date,time\na,2026-01-05,09:00\n", r"there is no column of contacts; name it with --volume"),
    "handle time without weights": (
        "date,time,offered,aht\n2026-01-05,09:00,1,200\n",
        r"cannot be averaged without answered contacts; name the column",
    ),
    "a date with two meanings": (
        "date,offered\n03/04/2026,1\n",
        r"'03/04/2026' is not a date with one meaning; write 2026-0\d-0\d or write 2026",
    ),
    "a count with two meanings": ("date;offered\n2026-01-05;1.200\n", r"'1.200' may mean 1200 or 1.2"),
    "a negative count": ("date,offered\n2026-01-05,-3\n", r"'-3' is below 0"),
    "an unnamed queue": ("queue,date,offered\n,2026-01-05,3\n", r"queue:  is empty; write the name of the queue"),
    "a handle time with two meanings": (
        "date,offered,answered,aht\n2026-01-05,3,3,4:12\n",
        r"'4:12' may mean 4m12s or 4h12m",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_table_that_cannot_be_read_is_refused_with_place_and_fix(name: str, tmp_path: Path) -> None:
    text, said = WRONG[name]
    with pytest.raises(TableError, match=said):
        read_history(table(tmp_path, text))


def test_intervals_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    file = table(tmp_path, "date,time,offered\n2026-01-05,09:00,1\n2026-01-05,09:30,1\n")
    with pytest.raises(TableError, match=r"has intervals of 1800 s; they do not add up to 2700 s"):
        read_history(file, interval=2700.0)


def test_events_are_read_with_spans_and_factors(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(
        "name,date,to,factor\nmailing,2026-01-05,2026-01-07,120%\nmailing,2026-02-05,,1.2\nfair,2026-03-01,,\n"
    )
    mailing, fair = read_events(file)
    assert mailing.name == "mailing" and len(mailing.days) == 4 and mailing.factor == 1.2
    assert fair.factor is None and len(fair.days) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mailing,2026-01-05,2026-01-02,", "does not follow 2026-01-05"),
        ("mailing,05/06/2026,,", "is not a date with one meaning"),
        ("mailing,2026-01-05,,-2", "is not a factor above 0; write 1.2 or 120%"),
        (",2026-01-05,,", "write what happens"),
        ("mailing,2026-01-05,,1.1\nmailing,2026-01-06,,1.2", "differs from the factor 1.1"),
    ],
)
def test_events_that_cannot_be_read_are_refused(row: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(f"name,date,to,factor\n{row}\n")
    with pytest.raises(TableError, match=said):
        read_events(file)
