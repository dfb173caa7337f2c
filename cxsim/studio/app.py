"""The web service: paths, and the public functions that answer them."""

from __future__ import annotations

import asyncio
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

from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.model.units import nearest
from cxsim.simulation.build_result import version
from cxsim.studio import first_page
from cxsim.studio.desk import Desk
from cxsim.studio.fields import REFUSALS, PathQuery, Text
from cxsim.studio.first_page import Events
from cxsim.studio.guard import LARGEST_BODY
from cxsim.studio.later import LaterScreens
from cxsim.studio.runner import Open, faults_of
from cxsim.studio.saving import save
from cxsim.studio.streams import Lines
from cxsim.studio.texts import faults, save_text, text_of
from cxsim.studio.variants import MOST, Variant
from cxsim.studio.workspace import Workspace

_log = logging.getLogger(__name__)
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


def make_app(workspace: Workspace, start: str = "", *, run_policies: bool = False) -> FastAPI:
    """The service over a folder; `start` is the scenario that the page opens first."""
    return app_of(Desk(workspace, run_policies), start)


def app_of(desk: Desk, start: str) -> FastAPI:
    """The service over the scenarios of a desk."""
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
    @app.get("/api/session", description=first_page.session.__doc__)
    def session() -> dict[str, Any]:
        return first_page.session(desk, start)

    @app.get("/api/metrics", description=first_page.metrics.__doc__)
    def metrics() -> dict[str, Any]:
        return first_page.metrics()

    @app.get("/api/plan", description=first_page.plan.__doc__)
    def plan(path: PathQuery) -> dict[str, Any]:
        return first_page.plan(desk, path)

    @app.get("/api/plan/events", response_class=Events, description=first_page.events.__doc__)
    async def events(path: PathQuery) -> Events:
        return await first_page.events(desk, path)


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
