"""The web service: paths, and the public functions that answer them."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import threading
from collections.abc import AsyncIterator
from datetime import date as Day
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cxsim.metrics.registry import REGISTRY
from cxsim.scenario import examples
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.model.units import nearest
from cxsim.simulation.build_result import version
from cxsim.studio.document import Document
from cxsim.studio.fields import REFUSALS, PathQuery, Text
from cxsim.studio.guard import LARGEST_BODY
from cxsim.studio.later import LaterScreens
from cxsim.studio.runner import Open, faults_of
from cxsim.studio.saving import save
from cxsim.studio.streams import Events, Lines
from cxsim.studio.texts import faults, save_text, text_of
from cxsim.studio.variants import MOST, Variant
from cxsim.studio.workspace import EXAMPLE, Workspace

_log = logging.getLogger(__name__)
MOST_OPEN = 20  # scenarios at a time
MOST_CELLS = 100_000  # of one edit
MOST_SHIFTS = 10_000  # of one edit
Moment = Annotated[float, Field(ge=0.0, le=172_800.0, allow_inf_nan=False)]  # s
Cells = Annotated[list[tuple[Text, Text, float]], Field(min_length=1, max_length=MOST_CELLS)]


class Edit(BaseModel):
    """Cells of the plan: group, start of the interval, agents."""

    cells: Cells


class ShiftRow(BaseModel):
    """People of one group from a start to an end, in seconds of their first day."""

    group: Text
    date: Day | None = None
    weekday: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] | None = None
    start: Annotated[float, Field(allow_inf_nan=False)]
    end: Annotated[float, Field(allow_inf_nan=False)]
    breaks: Annotated[list[tuple[Moment, Moment]], Field(max_length=20)] = []
    agents: int = 1
    name: Text | None = None
    paid: Annotated[float, Field(ge=0.0, le=360_000.0)] | None = None


class ShiftChange(BaseModel):
    """A shift by its number (null: a new one) and what it becomes (null: it goes)."""

    id: Text | None = None
    row: ShiftRow | None = None


class ShiftEdit(BaseModel):
    """Shifts that change together."""

    changes: Annotated[list[ShiftChange], Field(min_length=1, max_length=MOST_SHIFTS)]


class Typed(BaseModel):
    """The text of a scenario, and the hash of the text that was edited."""

    text: Annotated[str, Field(max_length=LARGEST_BODY)]
    sha256: Text = ""


class Question(BaseModel):
    """Variants to be compared with the plan."""

    variants: Annotated[list[Variant], Field(min_length=1, max_length=MOST)]


class Saving(BaseModel):
    """Where to save a plan; into its own file if no name is given."""

    name: Text = ""
    replace: bool = False


class Desk:
    """The scenarios that are open."""

    def __init__(self, workspace: Workspace, run_policies: bool) -> None:
        self.workspace, self.run_policies = workspace, run_policies
        self._open: dict[str, Open] = {}
        self._lock = threading.Lock()

    def open(self, name: str) -> Open:
        """An open scenario, opened if it is not. ScenarioError where it has faults."""
        with self._lock:
            if name not in self._open:
                if len(self._open) >= MOST_OPEN:
                    self._open.pop(next(iter(self._open))).end()
                self._open[name] = Open(Document(self.workspace, name, run_policies=self.run_policies))
            return self._open[name]

    def read_again(self, name: str) -> None:
        """A file has changed: open it again, with its unsaved headcounts put over it."""
        with self._lock:
            one = self._open.get(name)
        if one is not None:
            with one.lock:
                one.document.reload()
                one.document.restore()
                one.document.revision += 1
            one.tell("saved", {"path": name}, keep=False)
            one.changed()

    def hang_up(self) -> None:
        """End the streams to every page, so that the server can end."""
        for one in list(self._open.values()):
            one.hang_up()

    def end(self) -> None:
        """Stop every simulation."""
        for one in self._open.values():
            one.end()
        self._open.clear()


class Service:
    """The application of a folder; `start` is the scenario that the page opens first."""

    def __init__(self, workspace: Workspace, start: str = "", *, run_policies: bool = False) -> None:
        self.app = make_app(workspace, start, run_policies=run_policies)
        self._start = start

    def warm(self) -> None:
        """Open the scenario to start with, then load the other screens; from then on, garbage is collected."""
        try:
            if self._start:
                self.app.state.desk.open(self._start).answered.wait(30.0)
        except ScenarioError:
            _log.info("%s has faults, which the page shows", self._start)
        finally:
            self.app.state.screens.add()
            gc.freeze()
            gc.enable()

    def hang_up(self) -> None:
        """End the streams to pages."""
        self.app.state.desk.hang_up()

    def end(self) -> None:
        """Stop every simulation."""
        self.app.state.desk.end()


def make_app(workspace: Workspace, start: str = "", *, run_policies: bool = False) -> FastAPI:
    """The service over a folder; `start` is the scenario that the page opens first."""
    desk = Desk(workspace, run_policies)
    app = FastAPI(
        title="cxsim", version=version(), docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        responses=REFUSALS,
    )  # fmt: skip
    app.state.desk = desk
    _add_errors(app)
    _add_paths(app, desk, start)
    _add_edits(app, desk)
    _add_variants(app, desk)
    _add_texts(app, desk)
    app.state.screens = LaterScreens(app, desk)
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ScenarioError)
    def faulty(_: Request, error: ScenarioError) -> JSONResponse:
        return JSONResponse(faults_of(error), 422)

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(faults_of(ScenarioError(_request_fault(one) for one in error.errors()[:100])), 422)

    @app.exception_handler(HTTPException)
    def unknown(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code != 404:
            method = ("", request.method, "is not possible here", "see /api/openapi.json")
            body = ("", "", "the body is not JSON in UTF-8", "send Content-Type: application/json and such a body")
            fault = Fault("request", *(body if error.status_code == 400 else method))
            return JSONResponse(faults_of(ScenarioError([fault])), error.status_code)
        paths = (getattr(route, "path", "") for route in request.app.routes)
        near = nearest(request.url.path, [path for path in paths if path.startswith("/api/")])
        fix = f"did you mean {near}?" if near else "see /api/openapi.json"
        fault = Fault("request", "", request.url.path[:200], "is not an address of this service", fix)
        return JSONResponse(faults_of(ScenarioError([fault])), 404)


def _request_fault(error: Any) -> Fault:
    where = ".".join(str(step) for step in error["loc"][1:]) or str(error["loc"][0])
    value = error.get("input")
    written = "" if isinstance(value, (dict, list)) or value is None else str(value)[:60]
    rule = str(error["msg"])
    rule = rule[0].lower() + rule[1:]
    return Fault(str(error["loc"][0]), where, "", f"{rule} ({written!r})" if written else rule, "see /api/openapi.json")


def _add_paths(app: FastAPI, desk: Desk, start: str) -> None:
    @app.get("/api/session")
    def session() -> dict[str, Any]:
        """What the page needs to begin: the folder, its scenarios, the examples, and the scenario to open."""
        return {
            "version": version(),
            "folder": desk.workspace.root.name,
            "start": start,
            "scenarios": desk.workspace.scenarios(),
            "examples": [f"{EXAMPLE}{name}" for name in examples.names() if not name.startswith("sweeps/")],
        }

    @app.get("/api/metrics")
    def metrics() -> dict[str, Any]:
        """Every metric: title, formula, unit, and which direction is better."""
        return {
            figure.name: {
                "title": figure.title,
                "formula": figure.formula,
                "unit": figure.unit,
                "better": figure.better,
                "scopes": list(figure.scopes),
            }
            for figure in REGISTRY.values()
        }

    @app.get("/api/plan")
    def plan(path: PathQuery) -> dict[str, Any]:
        """A scenario's plan: teams, intervals, headcounts as saved and as edited, targets."""
        one = desk.open(path)
        with one.lock:
            return one.document.describe()

    @app.get("/api/plan/events", response_class=Events)
    async def events(path: PathQuery) -> Events:
        """Server-sent events: `plan` after each edit, `answer` with growing precision, `fault`."""
        one = await asyncio.to_thread(desk.open, path)
        box = one.subscribe(asyncio.get_running_loop())

        async def stream() -> AsyncIterator[str]:
            try:
                yield "retry: 500\n\n"
                async for text in box.events():
                    yield text
            finally:
                one.unsubscribe(box)

        return Events(stream(), headers={"cache-control": "no-store", "x-accel-buffering": "no"})


def _add_edits(app: FastAPI, desk: Desk) -> None:
    @app.post("/api/plan/cells")
    def cells(path: PathQuery, edit: Edit) -> dict[str, Any]:
        """Set headcounts; all of them are one step that can be undone."""
        one = desk.open(path)
        with one.lock:
            step = one.document.put(edit.cells)
        return _edited(one, bool(step))

    @app.post("/api/plan/shifts")
    def shifts(path: PathQuery, edit: ShiftEdit) -> dict[str, Any]:
        """Change, add or remove shifts; all of them are one step that can be undone."""
        one = desk.open(path)
        with one.lock:
            rows = [(x.id, x.row.model_dump(mode="json") if x.row else None) for x in edit.changes]
            step = one.document.put_shifts(rows)
        return _edited(one, bool(step))

    @app.post("/api/plan/undo")
    def undo(path: PathQuery) -> dict[str, Any]:
        """Take the last step back."""
        one = desk.open(path)
        with one.lock:
            one.document.undo()
        return _edited(one)

    @app.post("/api/plan/redo")
    def redo(path: PathQuery) -> dict[str, Any]:
        """Do again what was undone last."""
        one = desk.open(path)
        with one.lock:
            one.document.redo()
        return _edited(one)

    @app.post("/api/plan/revert")
    def revert(path: PathQuery) -> dict[str, Any]:
        """Go back to the plan as saved; a step that can be undone."""
        one = desk.open(path)
        with one.lock:
            step = one.document.revert()
        return _edited(one, bool(step))

    @app.post("/api/plan/reload")
    def reload(path: PathQuery) -> dict[str, Any]:
        """Read the file again, after another program changed it; unsaved edits are lost."""
        one = desk.open(path)
        with one.lock:
            one.document.reload()
            one.document.done, one.document.undone = [], []
            one.document.forget_draft()
        one.changed()
        return one.document.describe()

    @app.post("/api/plan/save")
    def save_plan(path: PathQuery, saving: Saving) -> dict[str, Any]:
        """Write the plan into its scenario file, or into another one beside it; comments stay."""
        one = desk.open(path)
        with one.lock:
            written = save(one.document, saving.name, replace=saving.replace)
            if written == path:
                one.document.reload()
                one.document.forget_draft()
            else:  # the edits are in the other file now
                one.document.revert()
        if written == path:
            one.tell("saved", {"path": path}, keep=False)
        one.changed()
        return {"path": written}


def _add_texts(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/scenario")
    def scenario(path: PathQuery) -> dict[str, Any]:
        """The text of a scenario file, also of one with faults."""
        return text_of(desk.workspace, path)

    @app.post("/api/scenario/check")
    def check(path: PathQuery, typed: Typed) -> dict[str, Any]:
        """Every fault of a text, with its line and column; nothing is written."""
        return {"faults": faults(desk.workspace, path, typed.text, run_policies=desk.run_policies)}

    @app.post("/api/scenario/save")
    def save_scenario(path: PathQuery, typed: Typed) -> dict[str, Any]:
        """Write a text without faults over its file; unsaved headcounts are put over it again."""
        save_text(desk.workspace, path, typed.text, typed.sha256, run_policies=desk.run_policies)
        desk.read_again(path)
        return text_of(desk.workspace, path)


def _add_variants(app: FastAPI, desk: Desk) -> None:
    @app.post("/api/what-if", response_class=Lines)
    def what_if(path: PathQuery, question: Question) -> Lines:
        """Variants of the plan on the same draws: a line of JSON for each answer, as they narrow."""
        made = desk.open(path).what_if()
        made.prepared(question.variants)
        stop = threading.Event()
        found = made.answers(question.variants, stop.is_set)

        async def lines() -> AsyncIterator[str]:
            loop, told = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None]()

            def simulate() -> None:  # always to its end, so that the next question finds the variants free
                for answer in found:
                    if not stop.is_set():
                        loop.call_soon_threadsafe(told.put_nowait, answer)
                loop.call_soon_threadsafe(told.put_nowait, None)

            threading.Thread(target=simulate, daemon=True).start()
            try:
                while (answer := await told.get()) is not None:
                    yield json.dumps(answer, allow_nan=False) + "\n"
            finally:  # also when the page has asked another question
                stop.set()

        return Lines(lines(), headers={"cache-control": "no-store"})


def _edited(one: Open, changed: bool = True) -> dict[str, Any]:
    if changed:
        one.changed()
    with one.lock:
        return one.document.state()
