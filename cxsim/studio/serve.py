"""The server: an address on this machine, a token in it, and the page in the browser."""

from __future__ import annotations

import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import NamedTuple

import uvicorn

from cxsim.studio.front import Front, Service
from cxsim.studio.guard import Guard
from cxsim.studio.workspace import Workspace, secret

PORT = 8765  # tried first; another one is taken where this is in use
LOOPBACK = ("127.0.0.1", "localhost")


class Address(NamedTuple):
    """Where a server listens: the address for a browser, works once, and the token for programs."""

    url: str
    bearer: str


def listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens on a port, or on any free one. OSError where a named port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in (port,) if port is not None else (PORT, 0):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, wanted))
        except OSError:
            sock.close()
            if wanted == 0 or port is not None:
                raise
            continue
        sock.listen(128)
        return sock
    raise OSError("no port is free")


def serve(
    workspace: Workspace,
    start: str,
    *,
    host: str = LOOPBACK[0],
    port: int | None = None,
    page: bool = True,
    browser: bool = True,
    run_policies: bool = False,
    tell: Callable[[Address], None],
) -> None:
    """Serve until interrupted; `tell` is called with the address once the server listens."""
    sock = listening(host, port)
    number = sock.getsockname()[1]
    token, bearer = secret(), "" if page else secret()
    front = Front(partial(_load, workspace, start, run_policies), page=page)
    guarded = Guard(front, {f"{name}:{number}" for name in _names(host)}, workspace.session_key(), {token}, bearer)
    config = uvicorn.Config(guarded, log_level="error", access_log=False, ws="none", timeout_graceful_shutdown=1)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{number}/" + (f"?token={token}" if page else "")
    server = _Server(config, front)
    tell(Address(url, bearer))
    if browser and page:
        threading.Thread(target=_browse, args=(url,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[sock])


def _load(workspace: Workspace, start: str, run_policies: bool) -> Service:
    from cxsim.studio.service import Service  # with the engine and all that reads scenarios

    return Service(workspace, start, run_policies=run_policies)


class _Server(uvicorn.Server):
    """Ends the streams to open pages before it waits for its connections."""

    def __init__(self, config: uvicorn.Config, front: Front) -> None:
        super().__init__(config)
        self._front = front

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As uvicorn does at Ctrl+C."""
        self._front.hang_up()
        super().handle_exit(sig, frame)


def _names(host: str) -> set[str]:
    """The names under which browsers may reach a server that listens on an address."""
    names = {host}
    if host in (*LOOPBACK, "::1", "0.0.0.0", "::"):
        names |= {*LOOPBACK, "::1"}
    if host in ("0.0.0.0", "::"):
        names |= {socket.gethostname(), socket.getfqdn()}
        with contextlib.suppress(OSError):
            names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    return {f"[{name}]" if ":" in name else name for name in names}


def _browse(url: str) -> None:
    with contextlib.suppress(Exception):  # the address is printed too
        webbrowser.open(url)
