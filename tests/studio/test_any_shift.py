"""No edit of shifts and no goals make an error of the server: they are taken, or refused in the house form."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studio_world import HEAD, LISTED, RULES

TIMES = st.sampled_from([0, 1800, 28800, 36000, 50400, 64800, 86400, 172800]) | st.floats(-1e9, 1e9) | st.integers()
NAMES = st.sampled_from(["desk", "back", "dsek", ""]) | st.text(max_size=5)
DATES = st.sampled_from([None, "2026-03-02", "2026-13-40", "0001-01-01", "9999-12-31", "soon"])
ROWS = st.fixed_dictionaries(
    {"group": NAMES, "start": TIMES, "end": TIMES},
    optional={
        "date": DATES,
        "weekday": st.none() | st.lists(st.integers(-1, 7), max_size=3),
        "breaks": st.lists(st.tuples(TIMES, TIMES), max_size=3),
        "agents": st.integers(-2, 10**20),
        "name": st.none() | NAMES,
        "paid": st.none() | TIMES,
    },
)
CHANGES = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from([None, "0", "1", "2", "x"]), "row": st.none() | ROWS}), max_size=3
)
WORDS = st.sampled_from(["sl", "asa", "total", "queue", "queue:help", "80%", "20s", "target", ""]) | st.text(max_size=6)
GOALS = st.lists(
    st.fixed_dictionaries(
        {"figure": WORDS, "scope": WORDS, "limit": WORDS, "bound": st.sampled_from(["min", "max", "?"])},
        optional={"each": st.sampled_from(["day", "interval", "?"]), "quantile": WORDS, "on_days": WORDS},
    ),
    max_size=3,
)
ASKED = st.fixed_dictionaries(
    {"goals": GOALS}, optional={"minimise": WORDS, "maximise": WORDS, "budget": st.none() | st.floats(-1, 1e13)}
)


def test_shifts_and_goals_of_any_kind_are_taken_or_refused(tmp_path_factory, monkeypatch):
    from fastapi.testclient import TestClient

    from cxsim.studio import answers
    from cxsim.studio.app import make_app
    from cxsim.studio.workspace import Workspace

    monkeypatch.setattr(answers, "FULL", 2)
    monkeypatch.setattr(answers, "FIRST", 2)
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "shifts.yaml").write_text(HEAD + LISTED + RULES)
    app = make_app(Workspace(folder))
    client, where = TestClient(app), {"path": "shifts.yaml"}

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CHANGES, ASKED)
    def any_edit(changes, asked):
        for address, body in (("/api/plan/shifts", {"changes": changes}), ("/api/optimize/check", asked)):
            answer = client.post(address, params=where, json=body)
            assert answer.status_code in (200, 422), (address, body, answer.text)
            if answer.status_code == 422:
                assert all({"place", "rule", "fix", "message"} <= set(fault) for fault in answer.json()["faults"])

    try:
        any_edit()
    finally:
        app.state.desk.end()
