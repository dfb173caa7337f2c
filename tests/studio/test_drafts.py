"""Nothing is lost: a draft on disk after each edit, taken up after the server was killed."""

import os
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest
from studio_world import SMALL, TIMES

from cxsim.studio.document import Document
from cxsim.studio.workspace import HIDDEN, Workspace


def test_a_draft_is_taken_up_with_its_steps(folder):
    first = Document(Workspace(folder), "desk.yaml")
    first.put([("desk", TIMES[0], 5.0)])
    first.put([("back", TIMES[1], 4.0)])
    first.undo()
    again = Document(Workspace(folder), "desk.yaml")
    assert again.current.tolist() == first.current.tolist() and again.revision == first.revision == 3
    again.redo()
    assert again.current[1, 1] == 4.0
    again.undo()
    again.undo()
    assert not again.changes()


def test_a_draft_of_a_file_that_changed_is_put_over_it_as_far_as_it_fits(folder):
    first = Document(Workspace(folder), "desk.yaml")
    first.put([("desk", TIMES[0], 5.0), ("back", TIMES[1], 4.0)])
    (folder / "desk.yaml").write_text(SMALL.replace("  back:", "  rear:").replace("agents: 3", "agents: 8"))
    again = Document(Workspace(folder), "desk.yaml")
    assert again.current[0].tolist() == [5, 8, 8, 8, 8, 8] and again.current[1, 1] == 1
    assert "has changed since" in again.note and not again.done


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [["desk", "x"]]}', b"\xff"])
def test_a_damaged_draft_is_passed_over(folder, text):
    workspace = Workspace(folder)
    workspace.keep(workspace.draft("desk.yaml"), text)
    assert not Document(workspace, "desk.yaml").changes()


def test_a_folder_that_cannot_be_written_to_is_said(folder, monkeypatch):
    document = Document(Workspace(folder), "desk.yaml")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(document.workspace, "keep", refuse)
    document.put([("desk", TIMES[0], 5.0)])
    assert "cannot be kept" in document.state()["note"] and document.current[0, 0] == 5


def test_drafts_are_hidden_from_git_and_the_session_from_others(folder):
    workspace = Workspace(folder)
    assert workspace.session_key() == Workspace(folder).session_key()
    assert (folder / HIDDEN / ".gitignore").read_text() == "*\n"
    if os.name == "posix":
        assert (folder / HIDDEN / "session").stat().st_mode & 0o077 == 0
    assert workspace.scenarios() == ["desk.yaml"]


def started(folder, port=0):
    """A studio in another process, and a client that has been let in."""
    command = [sys.executable, "-m", "cxsim", "studio", str(folder), "--no-browser"]
    command += ["--port", str(port)] if port else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    url = re.search(r"http://\S+", line)
    assert url, line
    return process, httpx.Client(base_url=url[0].partition("?")[0], timeout=60), url[0]


def test_what_was_edited_survives_a_killed_server_and_the_page_goes_on(folder):
    process, client, url = started(folder)
    port = client.base_url.port
    desk = {"path": "desk.yaml"}
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert client.get(url).status_code == 303
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        client.post("/api/plan/cells", params=desk, json={"cells": [["desk", TIMES[0], 6]]})
    finally:
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
    process, other, url = started(folder, port)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                plan = client.get("/api/plan", params=desk)  # with the cookie of before
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert plan.json()["values"][0][0] == 6 and plan.json()["can_undo"]
        assert other.get(url).status_code == 303
        with client.stream("GET", "/api/plan/events", params=desk) as stream:
            kinds = []
            for line in stream.iter_lines():
                kinds += [line.removeprefix("event: ")] if line.startswith("event: ") else []
                if "answer" in kinds:
                    break
            assert "plan" in kinds
            process.send_signal(signal.SIGINT)  # while a page listens
            _, errors = process.communicate(timeout=30)
        assert errors == ""
    finally:
        process.kill()
        process.wait(20)
    assert (folder / "desk.yaml").read_text() == SMALL
