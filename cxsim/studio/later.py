"""The screens that study a plan: loaded once the page is up, or when something first asks for one of them.

They need the optimizer, imports and studies, which take as long to load as everything that the first page needs.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from fastapi import FastAPI

from cxsim.studio.guard import App, Receive, Scope, Send

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk


class LaterScreens:
    """The addresses of the screens, added to an application once.

    Parameters
    ----------
    app : FastAPI
        The application, which has every other address.
    desk : Desk
        The open scenarios.
    """

    def __init__(self, app: FastAPI, desk: Desk) -> None:
        self._app, self._desk = app, desk
        self._lock = threading.Lock()
        self._there = {getattr(route, "path", "") for route in app.routes} - {app.openapi_url}
        self.added = False
        app.add_middleware(_Waiting, screens=self)

    def needed(self, path: str) -> bool:
        """Whether what answers an address may not be there yet."""
        return not self.added and path.startswith("/api/") and path not in self._there

    def add(self) -> None:
        """Load them, from any thread; those who come meanwhile wait."""
        from cxsim.studio.screens import add_screens

        with self._lock:
            if self.added:
                return
            add_screens(self._app, self._desk)
            self.added = True


class _Waiting:
    """Has a request wait for the screens where it may be for one of them."""

    def __init__(self, app: App, screens: LaterScreens) -> None:
        self._app, self._screens = app, screens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._screens.needed(scope["path"]):
            await asyncio.to_thread(self._screens.add)
        await self._app(scope, receive, send)
