"""Keep and share: the plan on the screen as a report in `results`, or as a workbook beside its file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from cxsim.scenario.book.convert import converted
from cxsim.scenario.io.faults import shown
from cxsim.simulation.simulate import simulate
from cxsim.storage.folders import write_file
from cxsim.studio.edited import edited
from cxsim.studio.fields import PathQuery, Text
from cxsim.studio.saving import changes_in_place
from cxsim.studio.streams import Lines, Tell, streamed
from cxsim.studio.workspace import refused

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

RESULTS = "results"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NAME = re.compile(r"[\w][\w .()+-]{0,100}")


class Report(BaseModel):
    """The folder of `results` for a report, and how many replications to simulate."""

    folder: Text
    replications: Annotated[int, Field(ge=2, le=1000)] = 100


class Workbook(BaseModel):
    """The name of a workbook."""

    name: Text
    replace: bool = False


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of keeping and sharing."""
    root = desk.workspace.root

    @app.post("/api/keep/report", response_class=Lines)
    def report(path: PathQuery, asked: Report) -> Lines:
        """Simulate the plan on the screen, and write page, workbook and tables as `cxsim run` does."""
        one = desk.open(path)
        if not _NAME.fullmatch(asked.folder):
            raise refused(asked.folder, f"{shown(asked.folder)!r} is not a folder's name; write a name such as monday")
        folder = desk.workspace.inside(f"{RESULTS}/{asked.folder}")
        with one.lock:
            scenario = edited(one.document)

        def work(tell: Tell) -> dict[str, Any]:
            result = simulate(scenario, replications=asked.replications, progress=tell)
            try:
                result.save(folder, pictures=False)
            except OSError as error:
                said = error.strerror or str(error).partition("; ")[0]
                raise refused(asked.folder, f"the folder cannot be written ({said}); choose another name") from None
            files = sorted(p for p in folder.iterdir() if p.suffix in KINDS)
            return {"folder": f"{RESULTS}/{asked.folder}", "files": [p.relative_to(root).as_posix() for p in files]}

        return streamed(work)

    @app.post("/api/keep/workbook")
    def workbook(path: PathQuery, asked: Workbook) -> dict[str, Any]:
        """Write the plan on the screen as a workbook beside its scenario, as `cxsim convert` does."""
        one = desk.open(path)
        name = asked.name
        if not _NAME.fullmatch(name) or not name.lower().endswith(".xlsx"):
            raise refused(name, f"{shown(name)!r} is not the name of a workbook; write a name such as monday.xlsx")
        with one.lock:
            document = one.document
            folder = root if document.is_example else document.path.parent
            target = desk.workspace.inside((folder / name).relative_to(root).as_posix())
            changes = document.changes()
            if changes and changes_in_place(document, changes) is None:
                raise refused(name, "the plan has days that differ, which go into a table of their own; save it first")
            data = converted(edited(document), target)
        _write(target, data, asked)
        return {"file": target.relative_to(root).as_posix()}

    contents = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS.values()}

    @app.get("/api/keep/file", response_class=FileResponse, responses={200: {"content": contents}})
    def file(name: Annotated[str, Query(max_length=1000)]) -> FileResponse:
        """A page or workbook of the starting folder, to be downloaded."""
        path = desk.workspace.inside(name)
        if path.suffix not in KINDS or not path.is_file():
            raise refused(name, f"{shown(name)!r} is not a page or workbook of the starting folder; save one first")
        return FileResponse(path, media_type=KINDS[path.suffix], filename=path.name)


def _write(target: Path, data: bytes, asked: Workbook) -> None:
    try:
        write_file(target, data, replace=asked.replace)
    except FileExistsError:
        raise refused(asked.name, f"{shown(asked.name)!r} already exists; choose another name, or replace it") from None
    except OSError as error:
        raise refused(
            asked.name, f"{shown(asked.name)!r} cannot be written ({error.strerror}); choose another name"
        ) from None
