"""Data: exports read by a guessed mapping that can be corrected, imported, and calibrated."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, Field

from cxsim.importing import Export, ExportError, Question, read_export
from cxsim.importing.canonical import NEEDED, OUTCOMES, ROLES, SAYS
from cxsim.importing.mapping import CHOICES, KEYS, parse_yaml, plan_of
from cxsim.importing.sources import sources
from cxsim.report.importing.folder import KIND as IMPORT
from cxsim.report.importing.page import by_reason
from cxsim.scenario.io.faults import shown
from cxsim.storage.listing import kind_of
from cxsim.studio.calibrating import calibrated
from cxsim.studio.fields import Text
from cxsim.studio.streams import Lines, Tell, streamed
from cxsim.studio.uploads import LARGEST, MOST_FILES, Uploads
from cxsim.studio.workspace import refused
from cxsim.tables.reader import TableError
from cxsim.tables.sheets import read_sheet

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

SHOWN_ROWS = 8
SHOWN_VALUES = 4
MOST_COLUMNS = 300
RESULTS = "results"
_FOLDER = re.compile(r"[\w][\w .()+=-]{0,80}")


class Reading(BaseModel):
    """Files that were sent, and keys of the mapping that the user has set, such as `timezone` or `columns.wait`."""

    files: Annotated[list[Text], Field(min_length=1, max_length=MOST_FILES)]
    source: Text = ""
    settings: Annotated[dict[Text, Text], Field(max_length=200)] = {}
    keep_identities: bool = False


class Importing(Reading):
    """A reading whose tables go into a folder of `results`."""

    folder: Text


class Calibrating(BaseModel):
    """Folders of imports, and how to make a scenario of them."""

    folders: Annotated[list[Text], Field(min_length=1, max_length=MOST_FILES)]
    folder: Text
    name: Text = ""
    minutes: Annotated[int, Field(ge=5, le=60)] = 30
    replications: Annotated[int, Field(ge=2, le=100)] = 10


class _Desk:
    """The exports of one studio; what was read last is kept, so that importing does not read it again."""

    def __init__(self, desk: Desk) -> None:
        self.root, self.uploads = desk.workspace.root, Uploads(desk.workspace)
        self._inside = desk.workspace.inside
        self._last: tuple[str, Export] | None = None
        self._lock = threading.Lock()

    def read(self, asked: Reading, tell: Tell) -> Export:
        """Read files as asked. ExportError with every fault and question; what `tell` raises ends it."""
        paths = [self.uploads.find(name) for name in asked.files]
        told = Reading(**{name: getattr(asked, name) for name in Reading.model_fields})
        key = json.dumps([told.model_dump(), [(path.stat().st_mtime_ns, path.stat().st_size) for path in paths]])
        with self._lock:
            if self._last is None or self._last[0] != key:
                source = asked.source or None
                keep = asked.keep_identities
                given = _lists(asked.settings)
                self._last = key, read_export(paths, source=source, set=given, keep_identities=keep, progress=tell)
            return self._last[1]

    def place(self, name: str) -> Path:
        """A folder of results by its name. ScenarioError for another place."""
        short = name.removeprefix(f"{RESULTS}/")
        if not _FOLDER.fullmatch(short):
            raise refused(name, f"{shown(name)!r} is not the name of a folder; write a name such as calls-march")
        return self._inside(f"{RESULTS}/{short}")

    def imports(self) -> list[str]:
        """The folders of earlier imports."""
        folder = self.root / RESULTS
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return [f"{RESULTS}/{path.name}" for path in found if path.is_dir() and kind_of(path) == IMPORT]

    def without_paths(self, text: str) -> str:
        return text.replace(f"{self.uploads.folder}/", "")

    def refusal(self, error: ExportError) -> dict[str, Any]:
        """Faults and questions of an export as JSON."""
        faults = [
            {
                "place": self.without_paths(one.place),
                "value": "" if one.value is None else str(one.value),
                "rule": one.rule,
                "fix": one.fix,
                "message": self.without_paths(str(one)),
            }
            for one in error.faults
        ]
        questions = [
            {**fault, "key": one.key, "choices": list(one.choices)}
            for fault, one in zip(faults, error.faults, strict=True)
            if isinstance(one, Question)
        ]
        others = [fault for fault, one in zip(faults, error.faults, strict=True) if not isinstance(one, Question)]
        return {"faults": others, "questions": questions}


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of this screen."""
    here = _Desk(desk)

    @app.get("/api/data")
    def session() -> dict[str, Any]:
        """The files that were sent, earlier imports, known sources, and what a mapping may say."""
        return {
            "files": [{"name": path.name, "bytes": path.stat().st_size} for path in here.uploads.files()],
            "largest": LARGEST,
            "imports": here.imports(),
            "sources": [{"name": name, "title": one.title} for name, one in sources().items()],
            "keys": KEYS,
            "choices": CHOICES,
            "roles": {layout: list(roles) for layout, roles in ROLES.items()},
            "needed": NEEDED,
            "says": {**OUTCOMES, **SAYS},
        }

    @app.post("/api/data/upload")
    async def upload(
        request: Request,
        name: Annotated[str, Query(max_length=200)],
        offset: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    ) -> dict[str, Any]:
        """A piece of a file as the body of the request; pieces follow each other."""
        return {"name": name, "bytes": here.uploads.put(name, offset, await request.body())}

    @app.post("/api/data/remove")
    def remove(name: Annotated[str, Query(max_length=200)]) -> dict[str, Any]:
        """Delete a file that was sent."""
        here.uploads.remove(name)
        return session()

    @app.post("/api/data/read", response_class=Lines)
    def read(asked: Reading) -> Lines:
        """Read files: the mapping with its evidence and a report, or questions and faults; nothing is written."""
        for name in asked.files:
            here.uploads.find(name)

        def work(tell: Tell) -> dict[str, Any]:
            seen = _seen(here, asked.files[0], asked.settings)
            try:
                export = here.read(asked, tell)
            except ExportError as error:
                return {"read": False, "columns": seen, **here.refusal(error)}
            return {"read": True, "columns": seen, **_reported(export)}

        return streamed(work)

    @app.post("/api/data/import", response_class=Lines)
    def write(asked: Importing) -> Lines:
        """Read files, and write tables, mapping and report into a folder of `results`."""
        folder = here.place(asked.folder)

        def work(tell: Tell) -> dict[str, Any]:
            try:
                here.read(asked, tell).save(folder)
            except ExportError as error:
                return {"folder": "", **here.refusal(error)}
            except OSError as error:
                raise refused(asked.folder, _unwritten(error)) from None
            return {"folder": folder.relative_to(here.root).as_posix(), "faults": [], "questions": []}

        return streamed(work)

    _add_calibrating(app, here)


def _add_calibrating(app: FastAPI, here: _Desk) -> None:
    @app.post("/api/data/calibrate", response_class=Lines)
    def make(asked: Calibrating) -> Lines:
        """Make a scenario of imports, with every estimate and what is observed beside what was fitted."""
        folders = [here.place(name) for name in asked.folders]
        for name, folder in zip(asked.folders, folders, strict=True):
            if not folder.is_dir():
                raise refused(name, f"{shown(name)!r} is not an import of this folder; import a file first")
        target = here.place(asked.folder)

        def work(tell: Tell) -> dict[str, Any]:
            try:
                found = calibrated(folders, target, asked.name, asked.minutes * 60.0, asked.replications, tell)
            except ExportError as error:
                return {"scenario": "", **here.refusal(error)}
            except OSError as error:
                raise refused(asked.folder, _unwritten(error)) from None
            return {**found, "scenario": (target / "scenario.yaml").relative_to(here.root).as_posix()}

        return streamed(work)


def _lists(settings: dict[str, str]) -> dict[str, Any]:
    """Keys of a mapping whose values are lists where they are written as such: `names` as `[start, offered]`."""
    try:
        return {
            key: parse_yaml(f"value: {text}", key)["value"] if text.startswith("[") else text
            for key, text in settings.items()
        }
    except TableError as error:
        raise ExportError([error]) from None


def _unwritten(error: OSError) -> str:
    said = error.strerror or str(error).partition("; ")[0]
    return f"the folder cannot be written ({said}); choose another name"


def _seen(here: _Desk, name: str, settings: dict[str, str]) -> list[dict[str, Any]]:
    """The columns of a file and some of their values, as they are written there."""
    try:
        plan: dict[str, Any] = {key: settings[key] for key in ("sheet", "delimiter", "encoding") if settings.get(key)}
        sheet = read_sheet(here.uploads.find(name), **plan)
    except (ValueError, LookupError):
        return []  # the faults say why
    columns = list(sheet.columns.items())[:MOST_COLUMNS]
    return [
        {"name": column, "values": [text[:60] for text in cells.values if text.strip()][:SHOWN_VALUES]}
        for column, cells in columns
    ]


def _reported(export: Export) -> dict[str, Any]:
    quality, plan = export.quality, plan_of(export.mapping, "mapping")
    return {
        "layout": plan.layout,
        "roles": {
            column: {"role": role, "unit": spec.unit} for role, spec in plan.columns.items() for column in spec.columns
        },
        "mapping": export.mapping,
        "evidence": [one._asdict() for one in quality.evidence],
        "findings": [one._asdict() for one in quality.findings],
        "files": [
            {"file": name, "form": quality.forms.get(name, ""), "rows": rows, "kept": quality.kept.get(name, 0)}
            for name, rows in quality.read.items()
        ],
        "reasons": [
            {"what": what, "why": why, "rows": rows, "where": where} for what, why, rows, where in by_reason(quality)
        ],
        "figures": quality.figures,
        "tables": [
            {
                "name": name,
                "rows": len(table["line"]),
                "columns": list(table),
                "first": [[column[k] for column in table.values()] for k in range(min(SHOWN_ROWS, len(table["line"])))],
            }
            for name, table in export.tables.items()
        ],
        "faults": [],
        "questions": [],
    }
