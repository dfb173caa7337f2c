"""What is answered before FastAPI is loaded is what the whole service answers; everything else waits for that."""

import pytest

pytest.importorskip("fastapi", reason="the studio's tests need FastAPI: pip install 'cxsim[studio]'")
pytest.importorskip("httpx", reason="the studio's tests need httpx: pip install 'cxsim[dev]'")

from studio_world import TIMES

from cxsim.studio.first_page import LONGEST_PATH
from cxsim.studio.service import Service
from cxsim.studio.workspace import Workspace


@pytest.fixture
def service(folder):
    (folder / "wrong.yaml").write_text("cxsim: 1\nqueus: {}\n", encoding="utf-8")
    service = Service(Workspace(folder), "desk.yaml")
    yield service
    service.end()


@pytest.fixture
def client(service):
    from fastapi.testclient import TestClient

    return TestClient(service.app)


@pytest.mark.parametrize(
    "address",
    [
        "/api/session",
        "/api/metrics",
        "/api/plan?path=desk.yaml",
        "/api/plan?path=example%3Aquickstart",
        "/api/plan?path=wrong.yaml",
        "/api/plan?path=..%2Fdesk.yaml",
        "/api/plan?path=",
        "/api/plan?path=%ff%00",
        "/api/plan/events?path=wrong.yaml",
    ],
)
def test_both_answer_alike(service, client, address):
    first = client.get(address)
    assert service._whole is None
    service._loaded()
    then = client.get(address)
    assert (first.status_code, first.json()) == (then.status_code, then.json())
    assert first.headers["content-type"] == then.headers["content-type"]


@pytest.mark.parametrize(
    "address",
    ["/api/plan", f"/api/plan?path={'x' * (LONGEST_PATH + 1)}", "/api/plan?path=a&path=b", "/api/plan?x=1&path=a"],
)
def test_a_request_with_a_fault_is_for_the_whole_service(service, client, address):
    assert client.get(address).status_code == 422
    assert service._whole is not None


def test_an_edit_loads_the_whole_service_and_the_plan_is_the_same_one(service, client):
    before = client.get("/api/plan?path=desk.yaml").json()
    assert service._whole is None
    edited = client.post("/api/plan/cells?path=desk.yaml", json={"cells": [["desk", TIMES[0], 9]]})
    assert edited.status_code == 200
    assert service._whole is not None
    assert client.get("/api/plan?path=desk.yaml").json()["revision"] == before["revision"] + 1


def test_events_that_began_before_go_on_when_the_rest_is_loaded(service):
    import asyncio

    told = []

    async def listened():
        gone = asyncio.Event()

        async def receive():
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            told.append(message.get("body", b""))

        scope = {"type": "http", "method": "GET", "path": "/api/plan/events", "query_string": b"path=desk.yaml"}
        stream = asyncio.create_task(service.app({**scope, "headers": []}, receive, send))
        while b"event: plan" not in b"".join(told):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(service._loaded)
        one = service.desk.open("desk.yaml")
        one.document.put([("desk", TIMES[0], 9.0)])
        one.changed()
        while b'"revision": 1' not in b"".join(told):
            await asyncio.sleep(0.01)
        gone.set()
        await asyncio.wait_for(stream, 60)

    asyncio.run(asyncio.wait_for(listened(), 120))
