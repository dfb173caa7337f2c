"""A small scenario in a folder of its own, a client of the service over it, and pages of a module's own `studio`."""

from __future__ import annotations

import pytest
from browsing import chromium, visit
from studio_world import BEARER, HOST, KEY, SMALL, TOKEN

pytest.importorskip("fastapi", reason="the studio's tests need FastAPI: pip install 'cxsim[studio]'")
pytest.importorskip("httpx", reason="the studio's tests need httpx: pip install 'cxsim[dev]'")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "desk.yaml").write_text(SMALL, encoding="utf-8")
    return tmp_path


@pytest.fixture
def guarded(folder):
    from cxsim.studio.app import make_app
    from cxsim.studio.guard import Guard
    from cxsim.studio.workspace import Workspace

    app = make_app(Workspace(folder))
    yield Guard(app, {HOST, "localhost:8765"}, KEY, {TOKEN}, BEARER)
    app.state.desk.end()


@pytest.fixture
def stranger(guarded):
    from fastapi.testclient import TestClient

    return TestClient(guarded, base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def client(stranger):
    assert stranger.get(f"/?token={TOKEN}").status_code == 303
    return stranger


@pytest.fixture
def desk():
    return {"path": "desk.yaml"}


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def context(browser, studio):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=studio.address.rstrip("/"))
    first = context.new_page()
    visit(first, studio.url)
    first.close()
    yield context
    context.close()


@pytest.fixture
def page(context, studio):
    """An empty page that fails the test for any error, and for any request that leaves the machine."""
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((studio.address, "data:", "blob:")) else wrong.append(asked.url),
    )
    page.wrong = wrong
    yield page
    page.close()
    assert [text for text in wrong if "status of 422" not in text] == []
