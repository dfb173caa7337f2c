"""The simulations of open scenarios in the background, and the pages that receive their results."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from cxsim.scenario.io.faults import ScenarioError
from cxsim.simulation.first_run import first_run
from cxsim.studio.answers import Answers, Cancelled
from cxsim.studio.document import Document
from cxsim.studio.variants import WhatIf

_log = logging.getLogger(__name__)
END = "end"
QUIET = 15.0  # seconds after which a silent stream says that it lives


class Mailbox:
    """What a page has yet to hear; an event of kind `END` ends its stream.

    Of each kind of event only the newest, so that a slow network falls no further back.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[str, str] = {}
        self._some = asyncio.Event()

    def post(self, kind: str, text: str) -> None:
        """From any thread."""
        with contextlib.suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self._put, kind, text)

    def _put(self, kind: str, text: str) -> None:
        self._waiting[kind] = text
        self._some.set()

    async def events(self) -> AsyncIterator[str]:
        """Server-sent events, until the server ends."""
        while True:
            try:
                await asyncio.wait_for(self._some.wait(), QUIET)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            self._some.clear()
            waiting, self._waiting = self._waiting, {}
            if END in waiting:
                return
            for kind, text in waiting.items():
                yield f"event: {kind}\ndata: {text}\n\n"


class Open:
    """An open scenario: the document, the thread that simulates it, and the pages that show it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lock = threading.Lock()  # of the document
        self._answers, self._saved = Answers(document.saved.times), document.model
        self._wake = threading.Condition()
        self._wanted = 0  # goes up with every edit
        self._ended = False
        self.ending: list[Callable[[], object]] = []  # called at the end
        self.answered = threading.Event()  # once a plan was answered to its end, or has a fault
        self._boxes: set[Mailbox] = set()
        self._last: dict[str, str] = {}
        self._what_if: tuple[tuple[int, str], WhatIf] | None = None
        self.cancelled = 0  # runs that a newer edit ended
        self.tell("plan", document.state())
        self._thread = threading.Thread(target=self._work, name=f"studio {document.name}", daemon=True)
        self._thread.start()

    def subscribe(self, loop: asyncio.AbstractEventLoop) -> Mailbox:
        """A mailbox that has what was said last."""
        box = Mailbox(loop)
        with self._wake:  # so that nothing newer is overwritten
            self._boxes.add(box)
            for kind, text in self._last.items():
                box.post(kind, text)
        return box

    def unsubscribe(self, box: Mailbox) -> None:
        """The page has gone."""
        with self._wake:
            self._boxes.discard(box)

    def tell(self, kind: str, content: dict[str, Any], keep: bool = True) -> None:
        """Send an event to every page, and later to those that come if it is kept."""
        text = json.dumps(content, allow_nan=False)
        with self._wake:
            if keep:
                self._last[kind] = text
            if kind == "answer":  # what was wrong before it is right now
                self._last.pop("fault", None)
            for box in self._boxes:
                box.post(kind, text)

    def hang_up(self) -> None:
        """End the streams to every page."""
        with self._wake:
            for box in self._boxes:
                box.post(END, "")

    def changed(self) -> None:
        """The document has changed: tell its pages and simulate it, giving up what is under way."""
        with self.lock:  # so that pages hear of two edits in their order
            self.tell("plan", self.document.state())
        with self._wake:
            self._wanted += 1
            self._wake.notify_all()

    def what_if(self) -> WhatIf:
        """The plan on the screen, for variants of it."""
        with self.lock:
            if self._what_if is None or self._what_if[0] != (self.document.revision, self.document.sha256):
                changes, rows = self.document.changes(), self.document.changed_rows()
                base = self.document.edited_model(changes, rows)
                made = WhatIf(self.document.scenario, base, changes, rows, self.document.saved.times)
                self._what_if = (self.document.revision, self.document.sha256), made
            return self._what_if[1]

    def end(self) -> None:
        """Stop simulating, and whatever else is under way for it; its pages ask again."""
        self.hang_up()
        for stop in self.ending:
            stop()
        with self._wake:
            self._ended = True
            self._wanted += 1
            self._wake.notify_all()
        self._thread.join(10.0)

    def _work(self) -> None:
        done = -1
        while True:
            with self._wake:
                while self._wanted == done and not self._ended:
                    self._wake.wait()
                if self._ended:
                    return
                done = self._wanted
            self._simulate(partial(self._is_old, done))

    def _is_old(self, turn: int) -> bool:
        return self._wanted != turn

    def _tell_cold(self, document: Document) -> None:
        """Say that the engine is compiled first, where it is."""
        text = first_run(document.scenario)
        if text:
            self.tell("status", {"text": f"{text[0].upper()}{text[1:]}."})

    def _simulate(self, stopped: Callable[[], bool]) -> None:
        document = self.document
        try:
            with self.lock:
                if self._saved is not document.model:  # the file was read again
                    self._answers, self._saved = Answers(document.saved.times), document.model
                answers, revision, base = self._answers, document.revision, document.model
                changes, rows = document.changes(), document.changed_rows()
                make = document.as_edited()
                key = json.dumps([changes, rows], sort_keys=True) if changes or rows else ""
            self._tell_cold(document)
            found = answers.answer(base, make, key, stopped)
            for answer in found:
                self.tell("answer", {"revision": revision, **answer})
        except Cancelled:
            self.cancelled += 1
            return
        except ScenarioError as error:
            self.tell("fault", faults_of(error))
        except Exception as error:
            _log.exception("simulating %s", document.name)
            self.tell("fault", {"faults": [{"message": f"the simulation failed: {error}"}]})
        self.answered.set()


def faults_of(error: ScenarioError) -> dict[str, Any]:
    """Faults as JSON: place, path, value, rule, fix, and the sentence made of them."""
    return {"faults": [{**vars(fault), "message": fault.message} for fault in error.faults]}
