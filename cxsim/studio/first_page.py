"""What the page asks until it shows its first figures, answered before FastAPI and the other screens are loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response, StreamingResponse

from cxsim.metrics.registry import REGISTRY
from cxsim.scenario import examples
from cxsim.scenario.io.faults import ScenarioError
from cxsim.simulation.build_result import version
from cxsim.studio.desk import Desk
from cxsim.studio.guard import Receive, Scope, Send
from cxsim.studio.runner import faults_of
from cxsim.studio.workspace import EXAMPLE

LONGEST_PATH = 1000  # characters


class Events(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


def session(desk: Desk, start: str) -> dict[str, Any]:
    """What the page needs to begin: the folder, its scenarios, the examples, and the scenario to open."""
    return {
        "version": version(),
        "folder": desk.workspace.root.name,
        "start": start,
        "scenarios": desk.workspace.scenarios(),
        "examples": [f"{EXAMPLE}{name}" for name in examples.names() if not name.startswith("sweeps/")],
    }


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


def plan(desk: Desk, path: str) -> dict[str, Any]:
    """A scenario's plan: teams, intervals, headcounts as saved and as edited, targets."""
    one = desk.open(path)
    with one.lock:
        return one.document.describe()


async def events(desk: Desk, path: str) -> Events:
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


class FirstPage:
    """An application that answers the addresses above, as the whole service does.

    Parameters
    ----------
    desk : Desk
        The open scenarios.
    start : str
        The scenario that the page opens first.
    """

    def __init__(self, desk: Desk, start: str) -> None:
        self._desk, self._start = desk, start

    def knows(self, scope: Scope) -> bool:
        """Whether a request is one that it answers; any other, and any with a fault, is for the whole service."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        if scope["path"] in ("/api/session", "/api/metrics"):
            return True
        query = _query(scope)
        asked = scope["path"] in ("/api/plan", "/api/plan/events")
        return asked and [name for name, _ in query] == ["path"] and len(query[0][1]) <= LONGEST_PATH

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope)
        except ScenarioError as error:
            answer = JSONResponse(faults_of(error), 422)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["path"] == "/api/session":
            return JSONResponse(await asyncio.to_thread(session, self._desk, self._start))
        if scope["path"] == "/api/metrics":
            return JSONResponse(metrics())
        path = _query(scope)[0][1]
        if scope["path"] == "/api/plan":
            return JSONResponse(await asyncio.to_thread(plan, self._desk, path))
        return await events(self._desk, path)


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
