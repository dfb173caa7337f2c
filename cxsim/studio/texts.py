"""The text of a scenario file: checked as it is typed, and saved only without faults."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.io.reading import read_text
from cxsim.storage.whole_files import write_whole
from cxsim.studio.document import refuse_policy
from cxsim.studio.workspace import EXAMPLE, WORKBOOK, Workspace, refused


def text_of(workspace: Workspace, name: str) -> dict[str, Any]:
    """The text of a scenario file, which may have faults, and a hash that says which text it is."""
    path = _located(workspace, name)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError([Fault(name, "", "", f"cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        raise ScenarioError([Fault(name, "", "", "is not UTF-8 text", "save the file as UTF-8")]) from None
    return {"path": name, "text": text, "sha256": sha256(data).hexdigest(), "example": name.startswith(EXAMPLE)}


def _located(workspace: Workspace, name: str) -> Path:
    path = workspace.locate(name)
    if path.suffix == WORKBOOK:
        rule = "is a workbook, which has no text to edit"
        raise ScenarioError([Fault(name, "", "", rule, "edit it in Excel, or save the plan as a .yaml file")])
    return path


def faults(workspace: Workspace, name: str, text: str, *, run_policies: bool = False) -> list[dict[str, Any]]:
    """What is wrong with a text, each fault with the line and column of the file that it is about (0: none)."""
    path = _located(workspace, name)
    try:
        scenario_of(workspace, name, text, run_policies=run_policies)
    except ScenarioError as error:
        return [_placed(fault, str(path)) for fault in error.faults]
    return []


def scenario_of(workspace: Workspace, name: str, text: str, *, run_policies: bool = False) -> Scenario:
    """A text read as if it stood in its file. ScenarioError with every fault."""
    path = _located(workspace, name)
    if not run_policies:
        refuse_policy(text.encode("utf-8", "replace"), path)
    return read_text(text, path)


def _placed(fault: Fault, path: str) -> dict[str, Any]:
    line = column = 0
    place = fault.place.removeprefix(f"{path}:")
    if place != fault.place:
        numbers = [int(part) for part in place.split(":") if part.isdigit()]
        line, column = (*numbers, 0, 0)[:2]
    return {**vars(fault), "message": fault.message, "line": line, "column": column}


def save_text(workspace: Workspace, name: str, text: str, was: str, *, run_policies: bool = False) -> None:
    """Write a text over a scenario file. ScenarioError, and nothing written, for faults or a file that has changed.

    `was` is the hash of the text that was edited.
    """
    if name.startswith(EXAMPLE):
        raise refused(name, "an example stays as it is; save its plan under a name of your own, then edit that")
    path = _located(workspace, name)
    if sha256(path.read_bytes()).hexdigest() != was:
        rule = "was changed by another program since it was opened"
        raise ScenarioError([Fault(name, "", "", rule, "copy your text, then reload the file")])
    scenario_of(workspace, name, text, run_policies=run_policies)
    try:
        write_whole(path, text.encode("utf-8"))
    except (OSError, UnicodeEncodeError) as error:
        raise ScenarioError([Fault(name, "", "", f"cannot be written ({error})")]) from None
