"""The last edit is always answered to its end: quick edits, pages that come and go, files that are read again."""

import asyncio
import json
import random
import threading
import time

import pytest
from studio_world import TIMES

from cxsim.studio import answers, runner
from cxsim.studio import desk as desks
from cxsim.studio.desk import Desk
from cxsim.studio.document import Document
from cxsim.studio.runner import Mailbox, Open
from cxsim.studio.workspace import Workspace

LONG = 60.0  # seconds that nothing here should take


@pytest.fixture
def opened(folder, monkeypatch):
    monkeypatch.setattr(answers, "FULL", 24)
    one = Open(Document(Workspace(folder), "desk.yaml"))
    yield one
    one.end()


class Now:
    """A loop that does at once what is asked of it."""

    def call_soon_threadsafe(self, call, *arguments):
        call(*arguments)


def edit(one, agents, time_=TIMES[0]):
    with one.lock:
        one.document.put([("desk", time_, float(agents))])
    one.changed()


def waiting(box, kind):
    return json.loads(box._waiting[kind])


async def listen(one, chance, ended):
    """A page that loses its stream now and then; what it shows once nothing more is edited and all is answered."""
    shown = {}
    while True:
        box = one.subscribe(asyncio.get_running_loop())
        until = time.monotonic() + chance.uniform(0.0, 0.1)
        stream = box.events()
        while time.monotonic() < until or ended.is_set():
            try:
                text = await asyncio.wait_for(anext(stream), 5.0 if ended.is_set() else 0.05)
            except (TimeoutError, StopAsyncIteration):
                break  # as where the network fails; the page asks again
            kind, data = text.split("\n")[:2]
            shown[kind.removeprefix("event: ")] = json.loads(data.removeprefix("data: "))
            answer, plan = shown.get("answer"), shown.get("plan")
            if ended.is_set() and answer and answer["done"] and plan and answer["revision"] == plan["revision"]:
                one.unsubscribe(box)
                return shown
        one.unsubscribe(box)


@pytest.mark.parametrize("seed", range(3))
def test_after_many_quick_edits_each_page_shows_the_answer_of_the_last(opened, seed):
    """Two people edit at random moments while pages lose their streams, and the file is read again in between."""
    chance, ended = random.Random(seed), threading.Event()

    def edits(chance, group_time):
        for n in range(25):
            time.sleep(chance.choice((0.0, 0.002, 0.02)))
            edit(opened, chance.randrange(2, 9), group_time)
            if n == 12:
                with opened.lock:
                    opened.document.reload()
                    opened.document.restore()
                    opened.document.revision += 1
                opened.changed()

    async def pages():
        people = [threading.Thread(target=edits, args=(random.Random(chance.random()), at)) for at in TIMES[:2]]
        for one in people:
            one.start()
        shown = [asyncio.create_task(listen(opened, random.Random(chance.random()), ended)) for _ in range(3)]
        await asyncio.to_thread(lambda: [one.join() for one in people])
        ended.set()
        return await asyncio.wait_for(asyncio.gather(*shown), LONG)

    for shown in asyncio.run(pages()):
        assert shown["answer"]["revision"] == shown["plan"]["revision"] == opened.document.revision
        assert shown["plan"]["values"] == opened.document.current.tolist()
        assert shown["answer"]["replications"] == 24 and "fault" not in shown


def test_what_is_told_while_a_page_begins_to_listen_is_not_lost(opened, monkeypatch):
    """The page is told what was said before it came; that must not overwrite what is said meanwhile."""
    opened.tell("optimize", {"job": 1})
    post, others = Mailbox.post, []

    def slowly(box, kind, text):
        if not others:
            others.append(threading.Thread(target=opened.tell, args=("optimize", {"job": 2})))
            others[0].start()
            others[0].join(0.2)
        post(box, kind, text)

    monkeypatch.setattr(Mailbox, "post", slowly)
    box = opened.subscribe(Now())
    others[0].join(LONG)
    assert waiting(box, "optimize") == {"job": 2}


def test_pages_hear_of_two_edits_in_their_order(opened, monkeypatch):
    """The second edit comes while pages are being told of the first."""
    box, tell, others = opened.subscribe(Now()), opened.tell, []

    def slowly(kind, content, keep=True):
        if kind == "plan" and not others:
            others.append(threading.Thread(target=edit, args=(opened, 6)))
            others[0].start()
            others[0].join(0.2)
        tell(kind, content, keep)

    monkeypatch.setattr(opened, "tell", slowly)
    edit(opened, 5)
    others[0].join(LONG)
    assert waiting(box, "plan")["revision"] == opened.document.revision == 2


def test_a_scenario_that_is_closed_for_others_has_its_pages_ask_again(folder, monkeypatch):

    monkeypatch.setattr(desks, "MOST_OPEN", 1)
    (folder / "other.yaml").write_bytes((folder / "desk.yaml").read_bytes())
    desk = Desk(Workspace(folder), run_policies=False)
    box = desk.open("desk.yaml").subscribe(Now())
    desk.open("other.yaml")
    assert runner.END in box._waiting
    desk.end()


def test_a_fault_that_was_put_right_is_not_told_again(opened):
    opened.tell("fault", {"faults": [{"message": "the simulation failed"}]})
    opened.tell("answer", {"revision": 1})
    assert "fault" not in opened.subscribe(Now())._waiting


def test_revisions_never_go_back(folder):
    """A draft that could not be written again is older than what open pages show."""
    document = Document(Workspace(folder), "desk.yaml")
    document.put([("desk", TIMES[0], 4.0)])
    document.revision = 7
    document.restore()
    assert document.revision == 7


def test_a_scenario_that_is_opened_is_simulated_once_and_answered_only_by_an_answer(folder, monkeypatch):
    monkeypatch.setattr(answers, "FULL", 24)
    told = []
    monkeypatch.setattr(Open, "tell", lambda one, kind, content, keep=True: told.append((kind, one.answered.is_set())))
    desk = Desk(Workspace(folder), run_policies=False)
    one = desk.open("desk.yaml")
    assert one.answered.wait(LONG)
    kinds = [kind for kind, _ in told]
    assert one.cancelled == 0 and kinds[0] == "plan" and "answer" in kinds
    assert not any(ready for kind, ready in told[: kinds.index("answer") + 1])
    desk.end()
