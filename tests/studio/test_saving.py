"""A plan saved: into its file with comments kept, into a table where it must, or not at all."""

import pytest
from studio_world import SMALL, TIMES

import cxsim
from cxsim.model.plan import headcounts
from cxsim.model.prepare import prepare
from cxsim.scenario import ScenarioError
from cxsim.studio.document import Document
from cxsim.studio.saving import save
from cxsim.studio.workspace import Workspace


@pytest.fixture
def document(folder):
    return Document(Workspace(folder), "desk.yaml")


def planned(path):
    scenario = cxsim.read(path)
    return {name: row.tolist() for name, row in headcounts(scenario, prepare(scenario).timeline).items()}


def in_open_hours(path):
    return {name: [x for x in row if x == x] for name, row in planned(path).items()}


def test_only_the_values_change_and_comments_stay(document, folder):
    document.put([("desk", time, 4.0) for time in TIMES] + [("back", TIMES[0], 2.0)])
    assert save(document) == "desk.yaml"
    wanted = SMALL.replace("agents: 3  ", "agents: 4  ").replace("[0, 1,", "[2, 1,")
    assert (folder / "desk.yaml").read_text() == wanted
    assert list(folder.glob("*.csv")) == []


def test_a_team_whose_headcount_varies_gets_a_list(document, folder):
    document.put([("desk", TIMES[2], 5.0)])
    save(document)
    assert "agents: [3, 3, 5, 3, 3, 3]          # three desks" in (folder / "desk.yaml").read_text()
    assert in_open_hours(folder / "desk.yaml")["desk"] == [3, 3, 5, 3, 3, 3]


def test_days_that_differ_go_into_a_table_beside_the_file(folder):
    (folder / "week.yaml").write_text(SMALL.replace("start: 2026-03-02,", "start: 2026-03-02, days: 2,"))
    document = Document(Workspace(folder), "week.yaml")
    document.put([("desk", "2026-03-03T09:00", 7.0)])
    save(document)
    text = (folder / "week.yaml").read_text()
    assert "staff: {file: week-plan.csv}" in text and "agents" not in text
    assert "# A morning of one desk." in text and "# as measured in February" in text
    lines = (folder / "week-plan.csv").read_text().splitlines()
    assert lines[0] == "date,time,desk,back" and "2026-03-03,09:00,7,1" in lines
    assert in_open_hours(folder / "week.yaml")["desk"] == [3] * 8 + [7] + [3] * 3


def test_a_table_that_the_scenario_named_stays_as_it_was(folder):
    table = "time,desk,back\n" + "".join(f"{time[11:]},3,1\n" for time in TIMES)
    (folder / "staff.csv").write_text(table)
    text = "".join(line for line in SMALL.splitlines(True) if "agents" not in line)
    (folder / "tabled.yaml").write_text(text + "\nstaff: {file: staff.csv}   # from the roster\n")
    document = Document(Workspace(folder), "tabled.yaml")
    document.put([("back", TIMES[5], 4.0)])
    save(document)
    assert (folder / "staff.csv").read_text() == table
    assert "staff: {file: tabled-plan.csv}   # from the roster" in (folder / "tabled.yaml").read_text()
    assert in_open_hours(folder / "tabled.yaml")["back"] == [1, 1, 1, 1, 1, 4]
    again = Document(Workspace(folder), "tabled.yaml")
    again.put([("back", TIMES[5], 5.0)])
    save(again)
    assert in_open_hours(folder / "tabled.yaml")["back"] == [1, 1, 1, 1, 1, 5]


def test_saving_under_another_name_leaves_the_file(document, folder):
    document.put([("desk", TIMES[0], 9.0)])
    assert save(document, "monday.yaml") == "monday.yaml"
    assert (folder / "desk.yaml").read_text() == SMALL
    assert in_open_hours(folder / "monday.yaml")["desk"][0] == 9
    with pytest.raises(ScenarioError, match="already exists"):
        save(document, "monday.yaml")
    save(document, "monday.yaml", replace=True)


@pytest.mark.parametrize(
    "name", ["../x.yaml", "/tmp/x.yaml", "x.txt", ".hidden.yaml", "a/b.yaml", "x.yaml\n", "", " .yaml"]
)
def test_a_name_that_is_not_a_file_name_is_refused(document, folder, name):
    before = sorted(path.name for path in folder.iterdir())
    if name:
        with pytest.raises(ScenarioError, match="is not a file name"):
            save(document, name)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_file_that_another_program_changed_is_not_overwritten(document, folder):
    document.put([("desk", TIMES[0], 9.0)])
    (folder / "desk.yaml").write_text(SMALL + "# new\n")
    with pytest.raises(ScenarioError, match="was changed by another program since it was opened"):
        save(document)
    assert (folder / "desk.yaml").read_text() == SMALL + "# new\n"


def test_what_an_anchor_shares_is_not_changed_behind_the_users_back(folder):
    text = SMALL.replace("agents: [0, 1, 1, 1, 0, 0]", "agents: *n").replace("agents: 3  ", "agents: &n 3  ")
    (folder / "shared.yaml").write_text(text)
    document = Document(Workspace(folder), "shared.yaml")
    document.put([("desk", TIMES[0], 9.0)])
    with pytest.raises(ScenarioError, match="is shared by an anchor"):
        save(document)
    assert (folder / "shared.yaml").read_text() == text


def test_nothing_is_left_behind_where_saving_fails(folder, monkeypatch):
    (folder / "week.yaml").write_text(SMALL.replace("start: 2026-03-02,", "start: 2026-03-02, days: 2,"))
    document = Document(Workspace(folder), "week.yaml")
    document.put([("desk", "2026-03-03T09:00", 7.0)])
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ScenarioError, match="No space left on device"):
        save(document)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_an_example_is_copied_with_its_tables(tmp_path):
    document = Document(Workspace(tmp_path), "example:multi-skill-day")
    document.put([("billing_north", document.saved.labels[0], 30.0)])
    with pytest.raises(ScenarioError, match="save it under a name of your own"):
        save(document)
    save(document, "mine.yaml")
    assert in_open_hours(tmp_path / "mine.yaml")["billing_north"][0] == 30
    assert (tmp_path / "multi-skill-day" / "volumes.csv").is_file()


def test_after_saving_under_another_name_the_edits_are_there_and_not_here(client, desk, folder):
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", TIMES[0], 5]]})
    assert client.post("/api/plan/save", params=desk, json={"name": "more.yaml"}).json() == {"path": "more.yaml"}
    assert client.get("/api/plan", params=desk).json()["changed"] == 0
    assert client.get("/api/plan", params={"path": "more.yaml"}).json()["values"][0][0] == 5
    assert (folder / "desk.yaml").read_text() == SMALL


def test_after_saving_over_http_the_plan_is_the_saved_one(client, desk):
    client.post("/api/plan/cells", params=desk, json={"cells": [["desk", TIMES[0], 5]]})
    assert client.post("/api/plan/save", params=desk, json={}).json() == {"path": "desk.yaml"}
    plan = client.get("/api/plan", params=desk).json()
    assert plan["changed"] == 0 and plan["values"][0][0] == 5
    assert client.post("/api/plan/undo", params=desk).json()["values"][0][0] == 3
