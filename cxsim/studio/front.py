"""The page's files at once, and the service as soon as it is loaded: that takes as long as a browser needs to begin."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Protocol

from cxsim.studio.guard import App, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)
PAGE = Path(__file__).parent / "page"
KINDS = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain", ".html": "text/html"}


class Service(Protocol):
    """What is loaded: an application, what it does once it answers, and how it ends."""

    @property
    def app(self) -> App:
        """The application."""

    def warm(self) -> None:
        """Load what is asked for next; called once requests are answered."""

    def hang_up(self) -> None:
        """End the streams to pages."""

    def end(self) -> None:
        """Stop what is under way."""


class Front:
    """An application that answers for the page's files itself and passes on everything else, once it can.

    Parameters
    ----------
    load : callable
        Loads the service; called in a thread when the server starts.
    page : bool
        Whether the page's files are served.
    """

    def __init__(self, load: Callable[[], Service], *, page: bool) -> None:
        self._load, self._page = load, page
        self._loaded: Future[Service] = Future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        file = page_file(scope["path"]) if self._page and scope["method"] in ("GET", "HEAD") else None
        if file is not None:
            await _send_file(file, send, body=scope["method"] == "GET")
            return
        try:
            service = await asyncio.shield(asyncio.wrap_future(self._loaded))
        except asyncio.CancelledError:
            if not self._loaded.cancelled():
                raise
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await service.app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        threading.Thread(target=self._work, name="studio loading", daemon=True).start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if (service := self._service()) is not None:
            service.end()
        await send({"type": "lifespan.shutdown.complete"})

    def hang_up(self) -> None:
        """End the streams to pages and what waits for the service, so that the server can end."""
        self._loaded.cancel()
        if (service := self._service()) is not None:
            service.hang_up()

    def _service(self) -> Service | None:
        there = self._loaded.done() and not self._loaded.cancelled() and not self._loaded.exception()
        return self._loaded.result() if there else None

    def _work(self) -> None:
        try:
            service = self._load()
        except BaseException as error:
            _log.exception("loading the studio")
            with contextlib.suppress(InvalidStateError):
                self._loaded.set_exception(error)
            return
        try:
            self._loaded.set_result(service)
        except InvalidStateError:  # the server ends already
            return
        service.warm()


def page_file(path: str) -> Path | None:
    """The file of the page at an address; None where there is none."""
    name = path.removeprefix("/") or "index.html"
    if "/" in name or "\\" in name or "\0" in name:
        return None
    file = PAGE / name
    return file if file.suffix in KINDS and file.is_file() else None


async def _send_file(file: Path, send: Send, *, body: bool) -> None:
    content = file.read_bytes()
    headers = [
        (b"content-type", f"{KINDS[file.suffix]}; charset=utf-8".encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-cache"),
    ]
    start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": content if body else b""})
