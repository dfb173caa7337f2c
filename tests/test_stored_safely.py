"""Results are whole or not there, and only what cxsim wrote is ever removed or replaced."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cxsim.storage import folders
from cxsim.storage.disk import hash_of
from cxsim.storage.folders import check_folder, put, remove_folder, write_file, write_folder
from cxsim.storage.leftovers import recover, settle
from cxsim.storage.listing import LIST, Listing, listing, write_list
from cxsim.storage.seals import is_ours, sealed
from cxsim.storage.whole_files import part_of

KIND = "cxsim result"
OLD = {"result.json": b"old", "tables/a.csv": b"old a", "tables/gone.csv": b"old gone", "report.html": b"old page"}
NEW = {"result.json": b"new", "tables/a.csv": b"new a", "plan.csv": b"new plan", "figures/p.png": b"new p"}


def fill(files: dict[str, bytes]) -> Callable[[Path], None]:
    def write(made: Path) -> None:
        for name, data in files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)

    return write


def users_files(folder: Path) -> None:
    """What a planner may keep beside results: notes, links, empty folders, a changed table, a plan of her own."""
    (folder / "notes.txt").write_bytes(b"ask Ada about Monday")
    (folder / "mail").mkdir()
    (folder / "mail" / "letter.txt").write_bytes(b"dear Ada")
    (folder / "empty" / "within").mkdir(parents=True)
    (folder / "tables" / "mine.csv").write_bytes(b"mine")
    (folder / "link").symlink_to("notes.txt")
    (folder / "nowhere").symlink_to("no such file")
    (folder / "elsewhere").symlink_to("..", target_is_directory=True)
    (folder / "tables" / "a.csv").write_bytes(b"old a, with remarks of mine")
    (folder / "plan.csv").write_bytes(b"a plan of mine")


def contents(folder: Path) -> dict[str, Any]:
    """Every file, link and empty folder below a folder, but for the list."""
    out: dict[str, Any] = {}
    for above, below, files in os.walk(folder):
        for name in (*files, *below):
            path = Path(above, name)
            key = path.relative_to(folder).as_posix()
            if path.is_symlink():
                out[key] = ("link", os.readlink(path))
            elif path.is_file():
                out[key] = path.read_bytes()
            elif not any(path.iterdir()):
                out[key] = "empty"
    out.pop(LIST, None)
    return out


def prepared(parent: Path) -> Path:
    folder = write_folder(parent / "run", KIND, fill(OLD))
    users_files(folder)
    return folder


MINE = {
    "notes.txt": b"ask Ada about Monday",
    "mail/letter.txt": b"dear Ada",
    "empty/within": "empty",
    "tables/mine.csv": b"mine",
    "link": ("link", "notes.txt"),
    "nowhere": ("link", "no such file"),
    "elsewhere": ("link", ".."),
}
BEFORE = {**OLD, **MINE, "tables/a.csv": b"old a, with remarks of mine", "plan.csv": b"a plan of mine"}
AFTER = {
    **NEW,
    **MINE,
    "tables/a-yours.csv": b"old a, with remarks of mine",
    "plan-yours.csv": b"a plan of mine",
}


def test_a_folder_is_replaced_and_what_is_the_user_s_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = prepared(tmp_path)
    assert contents(folder) == BEFORE
    number = (folder / "notes.txt").stat().st_ino
    write_folder(folder, KIND, fill(NEW))
    assert contents(folder) == AFTER
    assert (folder / "notes.txt").stat().st_ino == number  # the file itself, not a copy
    assert "you changed plan.csv; your version is kept as plan-yours.csv" in caplog.text
    write_folder(folder, KIND, fill(NEW))
    assert contents(folder) == AFTER
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_disk_without_hard_links_and_exchanges_does_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "exchange", lacking(errno.EINVAL))
    monkeypatch.setattr(os, "link", lacking(errno.EPERM))
    folder = prepared(tmp_path)
    write_folder(folder, KIND, fill(NEW))
    assert contents(folder) == AFTER
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def lacking(number: int) -> Callable[..., None]:
    def call(*given: Any, **named: Any) -> None:
        raise OSError(number, os.strerror(number))

    return call


@pytest.mark.parametrize("name", ["tables", "report.html"])
def test_files_and_folders_of_one_name_are_both_kept(tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path / "run", KIND, fill({"result.json": b"old"}))
    if name == "tables":
        (folder / "tables").write_bytes(b"a file of mine")
    else:
        (folder / "report.html").mkdir()
        (folder / "report.html" / "page").write_bytes(b"mine")
    write_folder(folder, KIND, fill({**NEW, "report.html": b"new page"}))
    kept = {"tables-yours": b"a file of mine"} if name == "tables" else {"report-yours.html/page": b"mine"}
    assert contents(folder) == {**NEW, "report.html": b"new page", **kept}


def test_a_file_saved_while_the_new_folder_is_put_in_place_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepared(tmp_path)
    swap = folders._swap

    def late(made: Path, place: Path) -> None:
        (place / "late.txt").write_bytes(b"saved just now")
        swap(made, place)

    monkeypatch.setattr(folders, "_swap", late)
    write_folder(folder, KIND, fill(NEW))
    assert contents(folder) == {**AFTER, "late.txt": b"saved just now"}


# --- Killed at every operation ----------------------------------------------------------------------------------------

CALLS = ("rename", "replace", "link", "unlink", "rmdir", "mkdir", "open", "chmod")


class Full(OSError):
    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def faults(strike: Callable[[int, str], None]) -> Iterator[list[int]]:
    """Call `strike` with its number and name before each operation on files, and after one was opened to write."""
    count = [0]
    patch = pytest.MonkeyPatch()

    def dressed(name: str, call: Callable[..., Any], after: str = "") -> Callable[..., Any]:
        def made(*given: Any, **named: Any) -> Any:
            count[0] += 1
            strike(count[0], name)
            out = call(*given, **named)
            if after:
                count[0] += 1
                strike(count[0], after)
            return out

        return made

    opened = io.open

    def open_(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        writes = set(mode) & set("wax+")
        return (dressed("open", opened, after="write") if writes else opened)(file, mode, *given, **named)

    for name in CALLS:
        patch.setattr(os, name, dressed(name, getattr(os, name), after="opened" if name == "open" else ""))
    patch.setattr(io, "open", open_)
    patch.setattr("builtins.open", open_)
    patch.setattr(folders, "exchange", dressed("exchange", folders.exchange))
    try:
        yield count
    finally:
        patch.undo()


def operations(action: Callable[[], object]) -> int:
    with faults(lambda number, name: None) as count:
        action()
    return count[0]


def killed(at: int, action: Callable[..., object], *given: Any) -> None:
    """Do it in a process that dies, as by kill -9, before operation number `at`."""
    child = os.fork()
    if child == 0:
        try:
            with faults(lambda number, name: os._exit(9) if number == at else None):
                action(*given)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, 9)


@pytest.fixture(params=["exchange", "rename"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "rename":
        monkeypatch.setattr(folders, "exchange", lacking(errno.ENOSYS))


def test_after_a_kill_at_any_operation_there_is_one_whole_result(tmp_path: Path, disk: None) -> None:
    (tmp_path / "count").mkdir()
    folder = prepared(tmp_path / "count")
    total = operations(lambda: write_folder(folder, KIND, fill(NEW)))
    assert total > 60
    seen = set()
    for at in range(1, total + 1):
        parent = tmp_path / str(at)
        parent.mkdir()
        folder = prepared(parent)
        killed(at, write_folder, folder, KIND, fill(NEW))
        recover(parent)  # as the next command does, even one that only reads
        found = contents(folder)
        assert found in (BEFORE, AFTER), at
        seen.add("old" if found == BEFORE else "new")
        settle(parent)
        assert [path.name for path in parent.iterdir()] == ["run"], at
        assert contents(folder) == found
        write_folder(folder, KIND, fill(NEW))
        assert contents(folder) == AFTER
    assert seen == {"old", "new"}


def test_after_a_kill_at_any_operation_of_a_first_save_there_is_a_whole_result_or_none(tmp_path: Path) -> None:
    total = operations(lambda: write_folder(tmp_path / "count" / "run", KIND, fill(NEW)))
    for at in range(1, total + 1):
        parent = tmp_path / str(at)
        killed(at, write_folder, parent / "run", KIND, fill(NEW))
        settle(parent)
        there = [path.name for path in parent.iterdir()] if parent.exists() else []
        assert there in ([], ["run"])
        assert not there or contents(parent / "run") == NEW


def test_a_disk_that_is_full_at_any_operation_leaves_what_was_there(tmp_path: Path, disk: None) -> None:
    (tmp_path / "count").mkdir()
    folder = prepared(tmp_path / "count")
    total = operations(lambda: write_folder(folder, KIND, fill(NEW)))
    taking = ("link", "mkdir", "open", "write")
    for at in range(1, total + 1):
        parent = tmp_path / str(at)
        parent.mkdir()
        folder = prepared(parent)

        def full(number: int, name: str, at: int = at) -> None:
            if number >= at and name in taking:
                raise Full

        with faults(full):
            try:
                write_folder(folder, KIND, fill(NEW))
            except OSError as error:
                assert error.errno == errno.ENOSPC
        settle(parent)
        assert contents(folder) in (BEFORE, AFTER), at
        assert [path.name for path in parent.iterdir()] == ["run"], at


@pytest.mark.parametrize("replace", [True, False])
def test_a_file_is_whole_or_not_there_after_a_kill_or_on_a_full_disk(tmp_path: Path, replace: bool) -> None:
    def write(parent: Path) -> None:
        write_file(parent / "new.yaml", b"cxsim: 1\n", replace=replace)

    (tmp_path / "count").mkdir()
    total = operations(lambda: write(tmp_path / "count"))
    for at in range(1, total + 1):
        parent = tmp_path / f"killed-{at}"
        parent.mkdir()
        killed(at, write, parent)
        assert not (parent / "new.yaml").exists() or (parent / "new.yaml").read_bytes() == b"cxsim: 1\n"
        settle(parent)
        assert [path.name for path in parent.iterdir()] in ([], ["new.yaml"])
        parent = tmp_path / f"full-{at}"
        parent.mkdir()

        def full(number: int, name: str, at: int = at) -> None:
            if number >= at and name in ("link", "open", "write"):
                raise Full

        with faults(full):
            try:
                write(parent)
            except OSError as error:
                assert error.errno == errno.ENOSPC
        assert [path.name for path in parent.iterdir()] in ([], ["new.yaml"])


def test_a_file_put_into_a_folder_is_ours_after_a_kill_at_any_operation(tmp_path: Path) -> None:
    def step(parent: Path, data: bytes) -> None:
        with part_of(parent / "table.csv") as part:
            part.write_bytes(data)
            put(parent, "cxsim sweep", "table.csv", part)

    (tmp_path / "count").mkdir()
    step(tmp_path / "count", b"old")
    total = operations(lambda: step(tmp_path / "count", b"new"))
    for at in range(1, total + 1):
        parent = tmp_path / str(at)
        parent.mkdir()
        step(parent, b"old")
        killed(at, step, parent, b"new")
        settle(parent)
        assert contents(parent) in ({"table.csv": b"old"}, {"table.csv": b"new"})
        step(parent, b"newer")
        assert contents(parent) == {"table.csv": b"newer"}


def test_a_process_that_still_writes_is_left_alone(tmp_path: Path) -> None:
    def look(made: Path) -> None:
        child = os.fork()
        if child == 0:
            settle(tmp_path)
            os._exit(0 if made.exists() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        fill(NEW)(made)

    write_folder(tmp_path / "run", KIND, look)
    assert contents(tmp_path / "run") == NEW


# --- What is the user's -----------------------------------------------------------------------------------------------


def test_a_folder_of_another_kind_is_refused_whatever_it_holds(tmp_path: Path) -> None:
    for name, content in (("thesis.txt", "years of work"), ("result.json", '{"kind": "cxsim result"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(content)
        with pytest.raises(FileExistsError, match="no cxsim result"):
            check_folder(tmp_path / name, KIND)
    write_folder(tmp_path / "compared", "cxsim comparison", fill(OLD))
    with pytest.raises(FileExistsError, match="contains a comparison, not a result"):
        check_folder(tmp_path / "compared", KIND)
    (tmp_path / "file").write_text("a file")
    with pytest.raises(FileExistsError, match="is a file"):
        check_folder(tmp_path / "file", KIND)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileExistsError, match="is a file"):
        check_folder(tmp_path / "loop", KIND)


def test_a_list_cannot_name_a_file_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.csv").write_bytes(b"old a")
    folder = write_folder(tmp_path / "run", KIND, fill(OLD))
    (folder / "tables" / "a.csv").unlink()
    (folder / "tables" / "gone.csv").unlink()
    (folder / "tables").rmdir()
    (folder / "tables").symlink_to("../other", target_is_directory=True)
    found = listing(folder)
    assert found is not None
    digest = hash_of(tmp_path / "secret.txt")
    write_list(folder, Listing(KIND, {**found.files, "../secret.txt": (digest,)}))
    assert not remove_folder(folder)
    assert (tmp_path / "secret.txt").exists() and (tmp_path / "other" / "a.csv").exists()
    assert contents(folder) == {"tables": ("link", "../other")}


def test_removing_leaves_what_is_the_user_s_and_a_whole_folder_goes(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    assert not remove_folder(folder)
    changed = {"tables/a.csv": b"old a, with remarks of mine", "plan.csv": b"a plan of mine"}
    assert contents(folder) == {**MINE, **changed}
    assert remove_folder(write_folder(tmp_path / "clean", KIND, fill(OLD)))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_removal_that_was_killed_goes_on(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "count", KIND, fill(OLD))
    total = operations(lambda: remove_folder(folder))
    for at in range(1, total + 1):
        folder = write_folder(tmp_path / str(at), KIND, fill(OLD))
        (folder / "notes.txt").write_bytes(b"mine")
        killed(at, remove_folder, folder)
        if listing(folder) is not None:
            remove_folder(folder)
        assert contents(folder) == {"notes.txt": b"mine"}, at


@pytest.mark.parametrize("suffix", [".svg", ".html", ".pdf", ".png"])
def test_a_picture_is_known_until_somebody_changes_it(tmp_path: Path, suffix: str) -> None:
    data = {
        ".svg": b"<svg></svg>\n",
        ".html": b"<html></html>",
        ".pdf": b"%PDF\n%%EOF\n",
        ".png": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IEND\xaeB`\x82",
    }[suffix]
    file = tmp_path / f"picture{suffix}"
    file.write_bytes(data)
    assert not is_ours(file)
    file.write_bytes(sealed(data, suffix))
    assert is_ours(file)
    file.write_bytes(sealed(data, suffix).replace(data[:4], data[:3] + b"?", 1))
    assert not is_ours(file)
