"""The service in two steps: what the first page asks at once, and all the rest once the page shows its figures."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from typing import TYPE_CHECKING

from cxsim.scenario.io.faults import ScenarioError
from cxsim.studio.desk import Desk
from cxsim.studio.first_page import FirstPage
from cxsim.studio.guard import Receive, Scope, Send
from cxsim.studio.workspace import Workspace

if TYPE_CHECKING:
    from fastapi import FastAPI

_log = logging.getLogger(__name__)
PATIENCE = 5.0  # seconds for the first answer, while nothing else is loaded


class Service:
    """The service of a folder; `start` is the scenario that the page opens first."""

    def __init__(self, workspace: Workspace, start: str = "", *, run_policies: bool = False) -> None:
        self.desk, self._start = Desk(workspace, run_policies), start
        self._first = FirstPage(self.desk, start)
        self._lock = threading.Lock()
        self._whole: FastAPI | None = None

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one that is not of the first page loads the rest."""
        whole = self._whole
        if whole is None and self._first.knows(scope):
            await self._first(scope, receive, send)
            return
        if whole is None:
            whole = await asyncio.to_thread(self._loaded)
        await whole(scope, receive, send)

    def warm(self) -> None:
        """Open the scenario to start with, then load the rest; from then on, garbage is collected."""
        try:
            if self._start:
                self.desk.open(self._start).answered.wait(PATIENCE)
        except ScenarioError:
            _log.info("%s has faults, which the page shows", self._start)
        finally:
            self._loaded().state.screens.add()
            gc.freeze()
            gc.enable()

    def _loaded(self) -> FastAPI:
        from cxsim.studio.app import app_of

        with self._lock:
            if self._whole is None:
                self._whole = app_of(self.desk, self._start)
            return self._whole

    def hang_up(self) -> None:
        """End the streams to pages."""
        self.desk.hang_up()

    def end(self) -> None:
        """Stop every simulation."""
        self.desk.end()
