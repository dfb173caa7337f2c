"""Answers of growing precision: the same figures as `simulate` and `compare` give, and none after a newer edit."""

import asyncio
import json
import threading
import time

import pytest
from studio_world import SMALL, TIMES

import cxsim
from cxsim.studio import answers
from cxsim.studio.answers import Answers, Cancelled
from cxsim.studio.document import Document
from cxsim.studio.runner import Mailbox, Open
from cxsim.studio.workspace import Workspace


@pytest.fixture
def document(folder, monkeypatch):
    monkeypatch.setattr(answers, "FULL", 12)
    return Document(Workspace(folder), "desk.yaml")


def all_answers(document, stopped=lambda: False):
    changes = document.changes()
    made = Answers(document.saved.times)
    return list(made.answer(document.model, lambda: document.edited_model(changes), str(changes or ""), stopped))


def test_the_last_answer_has_the_figures_that_simulate_and_compare_give(document, folder):
    document.put([("desk", time, 4.0) for time in TIMES])
    last = all_answers(document)[-1]
    (folder / "more.yaml").write_text(SMALL.replace("agents: 3", "agents: 4"))
    before, after = cxsim.read(folder / "desk.yaml"), cxsim.read(folder / "more.yaml")
    both = cxsim.compare({"before": before, "after": after}, replications=12)
    result = both.results["after"]
    for figure, told in last["totals"].items():
        wanted = result.estimate(figure)
        assert [told["value"], told["low"], told["high"]] == pytest.approx([*wanted[:3]], rel=1e-4), figure
        row = both.differences.query("figure == @figure and scope == 'total' and interval == 'total'").iloc[0]
        change = [told["change"], told["change_low"], told["change_high"]]
        assert change == pytest.approx([row["difference"], row["low"], row["high"]], rel=1e-3, abs=1e-9), figure
    sl = result.series("sl", "queue", "help").iloc[: len(TIMES)]  # without those who call after it has closed
    assert sl["interval"].tolist() == TIMES
    band = last["bands"]["sl"]
    for column in ("value", "low", "high"):
        assert band[column][0] == pytest.approx(sl[column].tolist(), rel=1e-4)
    needed = result.series("agents_required", "total")["value"].tolist()[: len(TIMES)]
    assert last["required"] == needed and min(needed) >= 3
    met = result.targets.iloc[0]
    assert [last["targets"][0]["met"], last["targets"][0]["value"]] == [met["met"], pytest.approx(met["value"], 1e-4)]
    assert last["missed"]["targets"] == int(not met["met"])


def test_answers_grow_from_a_few_replications_to_all_and_intervals_narrow(document):
    document.put([("desk", TIMES[0], 4.0)])
    found = all_answers(document)
    sizes = [one["replications"] for one in found]
    assert sizes == sorted(set(sizes)) and sizes[0] == answers.FIRST and sizes[-1] == 12
    assert [one["done"] for one in found] == [False] * (len(found) - 1) + [True]
    widths = [one["totals"]["sl"]["high"] - one["totals"]["sl"]["low"] for one in (found[0], found[-1])]
    assert widths[1] < widths[0]


def test_the_saved_plan_differs_from_itself_by_nothing(document):
    last = all_answers(document)[-1]
    assert {(one["change"], one["change_low"], one["change_high"]) for one in last["totals"].values()} == {(0, 0, 0)}
    assert last["missed"] == last["missed_before"]


def test_intervals_that_miss_are_those_whose_own_value_does(document):
    document.put([(group, time, 0.0 if time == TIMES[2] else 9.0) for group in ("desk", "back") for time in TIMES])
    last = all_answers(document)[-1]
    assert last["targets"][0]["misses"] == [2] and last["missed"]["intervals"] == 1


def test_a_newer_edit_ends_a_run_between_replications(document):
    looks = []

    def stopped():
        looks.append(1)
        return len(looks) > 3

    document.put([("desk", TIMES[0], 4.0)])
    with pytest.raises(Cancelled):
        all_answers(document, stopped)
    assert len(looks) == 4


def test_the_page_hears_only_the_newest_of_each_kind():
    async def heard():
        box = Mailbox(asyncio.get_running_loop())
        for number in range(50):
            box.post("answer", str(number))
        box.post("plan", "x")
        await asyncio.sleep(0.01)
        events = box.events()
        return [await anext(events), await anext(events)]

    assert asyncio.run(heard()) == ["event: answer\ndata: 49\n\n", "event: plan\ndata: x\n\n"]


def test_edits_in_a_row_are_answered_once_for_the_last(document, monkeypatch):
    """While the first is simulated nine more come: their runs are given up, and the last plan's answer is complete."""
    monkeypatch.setattr(answers, "FULL", 40)
    done = threading.Event()
    told = []
    one = Open(document)
    tell = one.tell

    def listen(kind, content, keep=True):
        tell(kind, content, keep)
        told.append((kind, json.loads(json.dumps(content))))
        if kind == "answer" and content["done"] and content["revision"] == 10:
            done.set()

    monkeypatch.setattr(one, "tell", listen)
    try:
        for agents in range(10):
            with one.lock:
                document.put([("desk", TIMES[0], 4.0 + agents)])
            one.changed()
            time.sleep(0.01)
        assert done.wait(60)
    finally:
        one.end()
    assert one.cancelled >= 1
    complete = [content["revision"] for kind, content in told if kind == "answer" and content["done"]]
    assert complete[-1] == 10 and len(complete) < 10
    assert [content["revision"] for kind, content in told if kind == "plan"] == list(range(1, 11))
