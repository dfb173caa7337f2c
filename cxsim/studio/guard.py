"""Who may speak to the studio: the machine itself, with a key, from its own pages, and not for long."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 2 * 2**20  # bytes
TOO_LARGE = (f"the request has more than {LARGEST_BODY:,} bytes", "send less at once")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Wraps an application: refuses other hosts, other origins, strangers and large bodies.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    hosts : iterable of str
        Values of the Host header that are answered, such as '127.0.0.1:8765'.
    key : str
        The session's key, which the cookie holds.
    tokens : iterable of str
        One-time tokens that an address may bring (`/?token=…`): each gives the cookie once.
    bearer : str
        A token that programs may send as `Authorization: Bearer …`; '' for none.
    """

    def __init__(self, app: App, hosts: Iterable[str], key: str, tokens: Iterable[str] = (), bearer: str = "") -> None:
        self._app, self._key, self._bearer = app, key, bearer
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._tokens = set(tokens)
        port = next(iter(sorted(self._hosts)), "").rpartition(":")[2]
        self.cookie = f"cxsim-studio-{port if port.isdigit() else 'local'}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        sending = self._with_headers(send)
        refusal = self._foreign(headers)
        if refusal:
            await _refuse(sending, *refusal)
        elif self._token(scope):
            await self._welcome(sending)
        elif not self._known(headers):
            await _refuse(
                sending, 401, "this page is open to the person who started the studio only",
                "use the address that `cxsim studio` printed; it works once",
            )  # fmt: skip
        elif int(headers.get(b"content-length", b"0") or 0) > LARGEST_BODY:
            await _refuse(sending, 413, *TOO_LARGE)
        else:
            await self._bounded(scope, receive, sending)

    def _foreign(self, headers: dict[bytes, bytes]) -> tuple[int, str, str] | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self._hosts:
            return 421, "the Host header is not an address of this studio", f"open http://{min(self._hosts)}"
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() not in self._origins:
            return 403, "another web page cannot use the studio", "use the studio's own page"
        if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return 403, "another web page cannot use the studio", "open its address in a new tab"
        length = headers.get(b"content-length", b"0") or b"0"
        if not length.isdigit() or len(length) > 18:
            return 400, "the Content-Length header is not a number", "leave it to your program's HTTP library"
        return None

    def _token(self, scope: Scope) -> bool:
        """Whether the address brings a token that nobody has used."""
        if scope["method"] != "GET" or scope["path"] != "/":
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        for token in self._tokens:
            if _same(given, token):
                self._tokens.discard(token)
                return True
        return False

    def _known(self, headers: dict[bytes, bytes]) -> bool:
        sent = headers.get(b"authorization", b"").decode("latin-1")
        if self._bearer and sent.startswith("Bearer ") and _same(sent.removeprefix("Bearer ").strip(), self._bearer):
            return True
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        return self.cookie in cookies and _same(cookies[self.cookie].value, self._key)

    async def _welcome(self, send: Send) -> None:
        cookie = f"{self.cookie}={self._key}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on once its whole body is here; refuse one that grows past the limit."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > LARGEST_BODY:
                await _refuse(send, 413, *TOO_LARGE)
                return
        passed = False

        async def whole() -> Message:
            nonlocal passed
            if passed:
                return await receive()
            passed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, whole, send)

    @staticmethod
    def _with_headers(send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
            await send(message)

        return sending


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


async def _refuse(send: Send, status: int, rule: str, fix: str) -> None:
    message = f"{rule}; {fix}"
    body = json.dumps(
        {"faults": [{"place": "request", "path": "", "value": "", "rule": rule, "fix": fix, "message": message}]}
    ).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
