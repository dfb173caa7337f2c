"""A workbook as the scenario: opened, planned on, saved as a file beside it, and never written over."""

import pytest
from studio_world import SMALL, TIMES

import cxsim
from cxsim.scenario.book.convert import converted
from cxsim.scenario.io.faults import ScenarioError
from cxsim.studio.document import Document
from cxsim.studio.saving import save
from cxsim.studio.texts import faults, save_text, text_of
from cxsim.studio.workspace import Workspace


@pytest.fixture
def book(folder):
    path = folder / "desk.xlsx"
    path.write_bytes(converted(cxsim.read(folder / "desk.yaml"), path))
    (folder / "data.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    return path


def test_a_workbook_is_found_and_opened_as_the_scenario_that_it_is(folder, book):
    workspace = Workspace(folder)
    assert workspace.scenarios() == ["desk.xlsx", "desk.yaml"]
    mine, other = Document(workspace, "desk.xlsx"), Document(workspace, "desk.yaml")
    assert mine.saved.values.tolist() == other.saved.values.tolist() and mine.describe()["workbook"]


def test_a_plan_is_saved_as_yaml_beside_the_workbook_which_stays(folder, book):
    before = book.read_bytes()
    document = Document(Workspace(folder), "desk.xlsx")
    document.put([("desk", TIMES[0], 7.0)])
    with pytest.raises(ScenarioError, match="a workbook stays as it is; save the plan as a file of its own"):
        save(document)
    assert save(document, "monday.yaml") == "monday.yaml"
    again = Document(Workspace(folder), "monday.yaml")
    assert again.saved.values.tolist() == document.current.tolist() and book.read_bytes() == before


def test_the_text_of_a_workbook_is_neither_shown_nor_written(folder, book):
    before, workspace = book.read_bytes(), Workspace(folder)
    for call in (
        lambda: text_of(workspace, "desk.xlsx"),
        lambda: faults(workspace, "desk.xlsx", SMALL),
        lambda: save_text(workspace, "desk.xlsx", SMALL, ""),
    ):
        with pytest.raises(ScenarioError, match="has no text to edit"):
            call()
    assert book.read_bytes() == before


def test_a_workbook_with_a_policy_is_refused_unless_allowed(folder):
    (folder / "mine.py").write_text("def choose(*_):\n    return 0\n")
    text = SMALL + "routing: {policy: mine.py}\n"
    from cxsim.scenario.book.write import workbook
    from cxsim.scenario.io.yaml_tree import load

    (folder / "policy.xlsx").write_bytes(workbook(load(text.encode(), "policy.yaml")[0]))
    with pytest.raises(ScenarioError, match="is Python code, which the studio does not run by itself"):
        Document(Workspace(folder), "policy.xlsx")


def test_a_file_that_is_not_a_workbook_of_a_scenario_says_so(folder, book):
    with pytest.raises(ScenarioError):
        Document(Workspace(folder), "data.xlsx")
