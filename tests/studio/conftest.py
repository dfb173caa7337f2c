"""A small scenario in a folder of its own, and a client of the service over it."""

from __future__ import annotations

import pytest
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
