"""No request makes an error of the server: whatever it says, it is answered or refused in the house form."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studio_world import BEARER, HOST, KEY, SMALL, TIMES, TOKEN

POSTS = ("cells", "undo", "redo", "revert", "reload", "save")
ADDRESSES = (*(f"/api/plan/{what}" for what in POSTS), "/api/what-if", "/api/scenario/check", "/api/scenario/save")
PATHS = st.sampled_from(["desk.yaml", "../desk.yaml", "example:quickstart", "example:", "x.yaml", "", "."]) | st.text(
    max_size=9
)
WORDS = st.sampled_from(["desk", "back", "volume", TIMES[0], "mine.yaml", "a.csv", SMALL]) | st.text(max_size=9)
NUMBERS = (
    st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1, 1.1, -5])
)
KEYS = st.sampled_from(["cells", "name", "replace", "variants", "volume", "shrinkage", "text", "sha256"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
CELLS = st.lists(
    st.tuples(st.sampled_from(["desk", "back"]) | WORDS, st.sampled_from(TIMES) | WORDS, NUMBERS), max_size=3
)
BODIES = VALUES | st.fixed_dictionaries({"cells": CELLS}) | st.fixed_dictionaries({"text": WORDS, "sha256": WORDS})


def test_no_request_makes_an_error_of_the_server(tmp_path_factory, monkeypatch):
    from fastapi.testclient import TestClient

    from cxsim.studio import answers
    from cxsim.studio.app import make_app
    from cxsim.studio.guard import Guard
    from cxsim.studio.workspace import Workspace

    monkeypatch.setattr(answers, "FULL", 2)
    monkeypatch.setattr(answers, "FIRST", 2)
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "desk.yaml").write_text(SMALL)
    app = make_app(Workspace(folder))
    client = TestClient(Guard(app, {HOST}, KEY, {TOKEN}, BEARER), base_url=f"http://{HOST}")
    allowed = {"authorization": f"Bearer {BEARER}", "content-type": "application/json"}

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(ADDRESSES), PATHS, BODIES)
    def any_request(address, path, body):
        query = {"path": path.encode("utf-8", "replace")}
        text = json.dumps(body)
        answer = client.post(address, params=query, content=text.encode(), headers=allowed)
        assert answer.status_code in (200, 422), (address, path, text, answer.text)
        if answer.status_code == 422:
            assert all({"place", "rule", "fix", "message"} <= set(fault) for fault in answer.json()["faults"])
        got = client.get(address, params=query, headers=allowed)
        assert got.status_code in (404, 405)

    try:
        any_request()
    finally:
        app.state.desk.end()
    assert {path.name for path in folder.parent.iterdir()} >= {folder.name}
    assert not list(folder.parent.glob("*.yaml"))
