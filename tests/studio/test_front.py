"""The page is served before the service is loaded, and only its own files are."""

import asyncio
import subprocess
import sys
import threading

import pytest

pytest.importorskip("fastapi", reason="the studio's tests need FastAPI: pip install 'cxsim[studio]'")
pytest.importorskip("httpx", reason="the studio's tests need httpx: pip install 'cxsim[dev]'")

from cxsim.studio.front import PAGE, Front, page_file

HEAVY = ("numpy", "pandas", "numba", "scipy", "pydantic", "fastapi", "cxsim.scenario.model.scenario", "cxsim.engines")


class Echo:
    """A service that says which address was asked for."""

    def __init__(self):
        self.said = []

    async def app(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    def warm(self):
        self.said.append("warm")

    def hang_up(self):
        self.said.append("hang up")

    def end(self):
        self.said.append("end")


def client_of(front):
    from fastapi.testclient import TestClient

    return TestClient(front)


def test_the_page_comes_while_the_service_is_loading_and_other_requests_wait_for_it():
    ready, service, answers = threading.Event(), Echo(), []

    def load():
        assert ready.wait(60)
        return service

    with client_of(Front(load, page=True)) as client:
        for path, kind in (("/", "text/html"), ("/studio.js", "text/javascript"), ("/studio.css", "text/css")):
            answer = client.get(path)
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
        assert client.get("/studio.js").content == (PAGE / "studio.js").read_bytes()
        asking = threading.Thread(target=lambda: answers.append(client.get("/api/session").text))
        asking.start()
        asking.join(0.3)
        assert answers == []
        ready.set()
        asking.join(60)
    assert answers == ["/api/session"] and service.said == ["warm", "end"]


def test_without_the_page_the_service_answers_everything():
    with client_of(Front(Echo, page=False)) as client:
        assert client.get("/studio.js").text == "/studio.js"


def test_only_reading_a_file_of_the_page_is_answered_with_it():
    with client_of(Front(Echo, page=True)) as client:
        assert client.post("/studio.js").text == "/studio.js"
        assert client.head("/studio.js").content == b""
        assert client.get("/nothing.js").text == "/nothing.js"


def test_a_server_that_ends_while_it_loads_answers_those_who_wait_without_a_trace():
    front, sent = Front(Echo, page=True), []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message.get("status"))

    async def ended():
        waiting = asyncio.create_task(front({"type": "http", "method": "GET", "path": "/api/session"}, receive, send))
        await asyncio.sleep(0)
        front.hang_up()
        await asyncio.wait_for(waiting, 60)

    asyncio.run(ended())
    assert sent == [503, None]


@pytest.mark.parametrize(
    "path", ["/../front.py", "//etc/passwd", "/..", "/page/../../app.py", "/\0", "/studio", "/a\\b.js"]
)
def test_no_path_leads_out_of_the_page(path):
    assert page_file(path) is None


def test_what_has_to_be_loaded_before_the_browser_is_opened_is_little():
    code = "import sys, cxsim.cli.studio, cxsim.studio.serve, cxsim.studio.workspace; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name for name in done.stdout.split() if name.startswith(HEAVY)] == []
