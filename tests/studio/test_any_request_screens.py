"""No request to the screens makes an error of the server, and none writes outside its folder."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studio_world import BEARER, HOST, KEY, SMALL, TIMES, TOKEN, calls

POSTS = ("customers", "levers", "explain", "data/read", "data/import", "data/calibrate", "keep/report", "keep/workbook")
GETS = ("customers/examples", "contacts", "story", "watch", "levers", "explain", "keep/file", "data", "data/upload")
NAMES = st.sampled_from(
    ["desk.yaml", "../desk.yaml", "/etc/passwd", "a.csv", "", ".", "results", "x.xlsx", "..", "nul\0", "help", "CON"]
) | st.text(max_size=9)
NUMBERS = (
    st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([2, 3, 0.5])
)
KEYS = st.sampled_from(
    [
        "replications",
        "levers",
        "name",
        "use",
        "sizes",
        "cost",
        "budget",
        "assumptions",
        "figure",
        "queue",
        "since",
        "shapley",
        "files",
        "source",
        "settings",
        "folder",
        "folders",
        "minutes",
        "replace",
        "shorter",
        "timezone",
        "columns.wait",
    ]
)
WORDS = NAMES | st.sampled_from(["smart_desktop", "sl", "asa", "erlang", "saved", "wait", TIMES[0], "2026-03-02"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
LEVER = st.fixed_dictionaries(
    {
        "name": WORDS,
        "use": st.lists(WORDS, max_size=2),
        "cost": NUMBERS,
        "sizes": st.dictionaries(KEYS, NUMBERS, max_size=2),
    }
)
LIKELY = st.one_of(
    st.fixed_dictionaries({"levers": st.lists(LEVER, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"figure": WORDS, "queue": WORDS, "since": WORDS}),
    st.fixed_dictionaries(
        {
            "files": st.just(["a.csv"]),
            "settings": st.dictionaries(KEYS, WORDS, max_size=3),
            "folder": NAMES,
            "source": WORDS,
        }
    ),
    st.fixed_dictionaries({"folders": st.lists(NAMES, min_size=1, max_size=2), "folder": NAMES}),
    st.fixed_dictionaries({"name": NAMES, "folder": NAMES}),
)
QUERIES = st.dictionaries(
    st.sampled_from(
        [
            "journey",
            "issue",
            "replication",
            "queue",
            "reason",
            "outcome",
            "date",
            "start",
            "end",
            "least_wait",
            "order",
            "name",
            "offset",
        ]
    ),
    WORDS | NUMBERS.map(str),
    max_size=5,
)


def test_no_request_to_a_screen_makes_an_error_of_the_server(tmp_path_factory):
    from fastapi.testclient import TestClient

    from cxsim.studio.app import make_app
    from cxsim.studio.guard import Guard
    from cxsim.studio.workspace import Workspace

    above = tmp_path_factory.mktemp("above")
    folder = above / "fuzzed"
    folder.mkdir()
    (folder / "desk.yaml").write_text(SMALL)
    app = make_app(Workspace(folder))
    client = TestClient(Guard(app, {HOST}, KEY, {TOKEN}, BEARER), base_url=f"http://{HOST}")
    allowed = {"authorization": f"Bearer {BEARER}", "content-type": "application/json"}

    def checked(answer, *asked):
        assert answer.status_code in (200, 422), (*asked, answer.text)
        if answer.status_code == 422:
            assert all({"place", "rule", "fix", "message"} <= set(one) for one in answer.json()["faults"])
        elif "ndjson" in answer.headers["content-type"]:
            last = json.loads(answer.text.splitlines()[-1])
            said = [one["message"] for one in last.get("faults", [])]
            assert not any(text.startswith("this failed") for text in said), (*asked, said)

    client.post("/api/data/upload", params={"name": "a.csv"}, content=calls(1).encode(), headers=allowed)

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(POSTS), st.sampled_from(["desk.yaml", "desk.yaml", "x.yaml", ""]), LIKELY | VALUES)
    def any_post(address, path, body):
        if isinstance(body, dict):
            body = {**body, "replications": 2} if body.get("replications", 2) in range(2, 1001) else body
        text = json.dumps(body).encode()
        checked(client.post(f"/api/{address}", params={"path": path}, content=text, headers=allowed), address, body)

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(GETS), st.sampled_from(["desk.yaml", "x.yaml", ""]), QUERIES)
    def any_get(address, path, query):
        query = {key: value.encode("utf-8", "replace") for key, value in {"path": path, **query}.items()}
        if address == "data/upload":
            checked(client.post("/api/data/upload", params=query, content=b"x", headers=allowed), address, query)
        else:
            checked(client.get(f"/api/{address}", params=query, headers=allowed), address, query)

    try:
        any_post()
        any_get()
    finally:
        app.state.desk.end()
    assert [path.name for path in above.iterdir()] == ["fuzzed"]
    assert {path.name for path in folder.iterdir()} <= {"desk.yaml", ".cxsim-studio", "results", "x.xlsx"}
