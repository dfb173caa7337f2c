"""An edit works out the plan once, and reads headcounts that did not change not at all."""

import pytest

pytest.importorskip("fastapi", reason="the studio's tests need FastAPI: pip install 'cxsim[studio]'")

import numpy as np
from studio_world import TIMES

from cxsim.model import plan as plans
from cxsim.model.staffing_input import Roster
from cxsim.studio import document as documents
from cxsim.studio.document import Document
from cxsim.studio.workspace import Workspace


@pytest.fixture
def counted(monkeypatch):
    calls = []
    monkeypatch.setattr(documents, "plan", lambda *given: calls.append("plan") or plans.plan(*given))
    levels = Roster.levels
    monkeypatch.setattr(Roster, "levels", lambda self, name: calls.append("headcount") or levels(self, name))
    return calls


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("events", "scheduled", "paid"))


def test_a_change_of_a_shift_works_out_one_plan_for_the_grid_and_the_answer(tmp_path, counted):
    document = Document(Workspace(tmp_path), "example:omnichannel-retailer")
    key, row = next(iter(document.rows.items()))
    counted.clear()
    document.put_shifts([(key, {**row, "agents": row["agents"] + 1})])
    model = document.as_edited()()
    assert counted == ["plan"]
    assert same(model.plan, document.edited_model({}, document.changed_rows()).plan)
    document.undo()
    assert document.as_edited()() is document.model


def test_an_edit_of_a_cell_reads_no_headcounts_again(folder, counted):
    document = Document(Workspace(folder), "desk.yaml")
    counted.clear()
    document.put([("desk", TIMES[0], 9.0)])
    make = document.as_edited()
    document.put([("desk", TIMES[1], 8.0)])
    first, then = make(), document.as_edited()()
    assert counted == ["plan", "plan"]
    fresh = plans.plan(document.scenario, document.model.timeline, document.changes())
    assert same(then.plan, fresh) and not same(first.plan, fresh)
