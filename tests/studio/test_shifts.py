"""Shifts in the plan: moved, counted, undone, checked by the scenario's rules, and saved where they came from."""

import pytest
from studio_world import HEAD, LISTED, RULES

from cxsim.model.plan import plan
from cxsim.model.prepare import prepare
from cxsim.scenario import read
from cxsim.scenario.io.faults import ScenarioError
from cxsim.studio.document import Document
from cxsim.studio.saving import save
from cxsim.studio.workspace import Workspace

TABLE = """\
group,weekday,start,end,breaks,agents
desk,mon-fri,08:00,14:00,11:00-11:30,2
desk,tue,12:00,18:00,,2
desk,mon,12:00,18:00,,1
"""


def opened(folder, text):
    (folder / "shifts.yaml").write_text(text)
    return Document(Workspace(folder), "shifts.yaml")


def moved(row, seconds, **changes):
    breaks = [[a + seconds, b + seconds] for a, b in row["breaks"]]
    return {**row, "start": row["start"] + seconds, "end": row["end"] + seconds, "breaks": breaks, **changes}


def edit(document, key, row):
    return document.put_shifts([(key, row)])


def as_in(document, path):
    """Whether a file has the plan of the document."""
    scenario = read(path)
    mine = document.edited_model(document.changes(), document.changed_rows()).plan
    return plan(scenario, prepare(scenario).timeline).events.tolist() == mine.events.tolist()


def test_the_rows_are_those_of_the_file_and_show_who_is_there(tmp_path):
    document = opened(tmp_path, HEAD + LISTED)
    assert [(row["start"], row["end"], row["agents"]) for row in document.rows.values()] == [
        (28800, 50400, 2),
        (43200, 64800, 2),
    ]
    edit(document, "1", moved(document.rows["1"], -3600, agents=3))
    state = document.state()
    assert state["values"][0][5:8] == [2.0, 3.0, 5.0] and state["changed"] == state["changed_shifts"] == 1
    assert [one["days"] for one in state["shifts"]] == [["2026-03-02", "2026-03-03"]] * 2
    assert not document.changes() and document.edited_model({}, document.changed_rows()) is not document.model


def test_an_edit_of_shifts_is_undone_done_again_and_taken_up_from_the_draft(tmp_path):
    document = opened(tmp_path, HEAD + LISTED)
    before = document.rows
    document.put([("back", document.saved.labels[0], 4.0)])
    edit(document, "0", moved(document.rows["0"], 1800))
    edit(document, None, moved(document.rows["1"], 0, agents=1, weekday=[0]))
    again = Document(Workspace(tmp_path), "shifts.yaml")
    assert again.rows == document.rows and again.current.tolist() == document.current.tolist()
    again.undo()
    again.undo()
    assert again.rows == before and again.changes()
    again.redo()
    assert again.rows["0"]["start"] == 30600
    again.revert()
    assert again.changed_rows() is None and not again.changes()
    assert again.current.tolist() == again.saved.values.tolist()


def test_shifts_of_the_list_are_saved_in_their_place_with_the_comments(tmp_path):
    document = opened(tmp_path, HEAD + LISTED)
    edit(document, "0", moved(document.rows["0"], 1800, agents=5))
    edit(document, "1", {**document.rows["1"], "breaks": [[54000, 55800]]})
    wanted = as_in(document, tmp_path / "shifts.yaml")
    save(document)
    text = (tmp_path / "shifts.yaml").read_text()
    assert not wanted and as_in(document, tmp_path / "shifts.yaml")
    assert "# as agreed in February" in text and "agents: 5}   # early" in text and "start: 08:30" in text
    assert not (tmp_path / "shifts-plan.csv").exists()


def test_added_and_removed_shifts_are_saved_in_a_table_beside_the_file(tmp_path):
    document = opened(tmp_path, HEAD + LISTED)
    document.put_shifts([("0", None), (None, moved(document.rows["0"], 3600, weekday=[0], name="Ada", agents=1))])
    save(document)
    assert as_in(document, tmp_path / "shifts.yaml")
    assert (
        "Ada" in (tmp_path / "shifts-plan.csv").read_text() and "# Two days" in (tmp_path / "shifts.yaml").read_text()
    )


def test_a_table_of_shifts_stays_as_it_is_and_another_is_written(tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE)
    document = opened(tmp_path, HEAD + "staff: {file: mine.csv}   # ours\n")
    assert [row["weekday"] for row in document.rows.values()] == [[0, 1, 2, 3, 4], [1], [0]]
    edit(document, "2", moved(document.rows["2"], -1800))
    save(document)
    assert (tmp_path / "mine.csv").read_text() == TABLE and as_in(document, tmp_path / "shifts.yaml")
    assert "{file: shifts-plan.csv}   # ours" in (tmp_path / "shifts.yaml").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": 48600}, "is not a shift length of this scenario; choose 4 h or 6 h"),
        ({"breaks": []}, "are not breaks that the scenario allows; the nearest: 10:00-10:30"),
        ({"breaks": [[30600, 32400]]}, "are not breaks that the scenario allows; the nearest: 10:00-10:30"),
        ({"start": 28860, "end": 50460, "breaks": [[36060, 37860]]}, "is not a start that the scenario allows"),
        ({"start": 46800, "end": 68400, "breaks": [[54000, 55800]]}, "the nearest is 12:00"),
    ],
)  # fmt: skip
def test_what_the_scenario_does_not_allow_is_refused_at_once(tmp_path, change, message):
    document = opened(tmp_path, HEAD + LISTED + RULES)
    with pytest.raises(ScenarioError) as refused:
        edit(document, "0", {**document.rows["0"], **change})
    assert message in refused.value.faults[0].message and document.changed_rows() is None
    edit(document, "0", moved(document.rows["0"], 1800))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group": "dsek"}, "did you mean 'desk'?"),
        ({"end": 28800}, "does not end within 24 hours after its start"),
        ({"agents": -1}, "is not a number of people"),
        ({"breaks": [[30000, 40000], [36000, 41000]]}, "has a break outside it, or two at once"),
    ],
)
def test_what_cannot_be_worked_is_refused(tmp_path, change, message):
    document = opened(tmp_path, HEAD + LISTED)
    with pytest.raises(ScenarioError) as refused:
        edit(document, "0", {**document.rows["0"], **change})
    assert message in refused.value.faults[0].message and document.changed_rows() is None


def test_a_group_keeps_a_shift_and_unknown_shifts_are_refused(tmp_path):
    document = opened(tmp_path, HEAD + LISTED)
    with pytest.raises(ScenarioError, match="would have no shifts at all"):
        document.put_shifts([("0", None), ("1", {**document.rows["1"], "agents": 0})])
    with pytest.raises(ScenarioError, match="is not a shift of this plan"):
        document.put_shifts([("17", None)])


def test_shifts_are_edited_over_http(tmp_path):
    from fastapi.testclient import TestClient

    from cxsim.studio.app import make_app

    (tmp_path / "shifts.yaml").write_text(HEAD + LISTED)
    app = make_app(Workspace(tmp_path))
    client, where = TestClient(app), {"path": "shifts.yaml"}
    plan_ = client.get("/api/plan", params=where).json()
    row = {key: value for key, value in plan_["shifts"][0].items() if key not in ("id", "days", "changed")}
    told = client.post("/api/plan/shifts", params=where, json={"changes": [{"id": "0", "row": {**row, "agents": 6}}]})
    assert told.status_code == 200 and told.json()["shifts"][0]["agents"] == 6 and told.json()["can_undo"]
    assert client.post("/api/plan/undo", params=where).json()["changed_shifts"] == 0
    wrong = client.post("/api/plan/shifts", params=where, json={"changes": [{"id": "0", "row": {"group": "desk"}}]})
    assert wrong.status_code == 422
    app.state.desk.end()
