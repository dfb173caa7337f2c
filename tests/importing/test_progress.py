"""An import says how far it is, and ends where it is asked to; nothing of it is left."""

from __future__ import annotations

import pytest
from made import CONTACTS, INTERVALS, LOCAL, put

import cxsim
from cxsim.importing import Cancelled, ExportError, read_export
from cxsim.tables import sheets


def told_by(paths, **said):
    told = []
    export = read_export(paths, set=LOCAL, progress=lambda *step: told.append(step), **said)
    return export, told


def test_an_import_tells_every_step_once_per_file_and_ends_with_the_last(tmp_path):
    later = CONTACTS.replace("2026-03-02", "2026-03-03").replace("\n", "\n1").rstrip("1")  # other ids on another day
    files = [put(tmp_path, "one.csv", CONTACTS), put(tmp_path, "two.csv", later)]
    export, told = told_by(files)
    assert told[-1] == (7, 7)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {done for done, _ in told} == {1, 2, 3, 4, 5, 6, 7}
    assert export.mapping == read_export(files, set=LOCAL).mapping


def test_a_long_file_asks_between_its_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "_BLOCK", 20)
    head, row = CONTACTS.splitlines()[:2]
    long = put(tmp_path, "long.csv", "\n".join([head, *(row.replace("1,", f"{k},", 1) for k in range(200))]))
    _, told = told_by(long)
    assert sum(done == 0 for done, _ in told) >= 7, "200 rows, of which 59 are read to find the header"


@pytest.mark.parametrize("step", range(5))
def test_an_import_ends_on_request_at_any_step(step, tmp_path):
    with pytest.raises(Cancelled, match=f"after {step + 1} of 5 steps"):
        read_export(put(tmp_path, "a.csv", CONTACTS), set=LOCAL, progress=lambda done, _: done <= step)


def test_what_progress_raises_comes_through(tmp_path):
    def gone(done, expected):
        raise KeyError("nobody waits")

    with pytest.raises(KeyError):
        read_export(put(tmp_path, "a.csv", CONTACTS), set=LOCAL, progress=gone)


def test_faults_come_before_progress_says_that_all_is_done(tmp_path):
    told = []
    with pytest.raises(ExportError):
        read_export(put(tmp_path, "i.csv", INTERVALS), progress=lambda *step: told.append(step))
    assert all(done < expected for done, expected in told)


def test_both_long_functions_take_the_same_callback():
    import inspect

    from cxsim.calibrate import calibrate

    for one in (cxsim.read_export, calibrate):
        assert inspect.signature(one).parameters["progress"].default is None
