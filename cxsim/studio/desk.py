"""The scenarios that are open."""

from __future__ import annotations

import threading

from cxsim.studio.document import Document
from cxsim.studio.runner import Open
from cxsim.studio.workspace import Workspace

MOST_OPEN = 20  # scenarios at a time


class Desk:
    """The scenarios of a folder that are open; each is opened when it is first asked for."""

    def __init__(self, workspace: Workspace, run_policies: bool) -> None:
        self.workspace, self.run_policies = workspace, run_policies
        self._open: dict[str, Open] = {}
        self._lock = threading.Lock()

    def open(self, name: str) -> Open:
        """An open scenario, opened if it is not. ScenarioError where it has faults."""
        with self._lock:
            if name not in self._open:
                if len(self._open) >= MOST_OPEN:
                    self._open.pop(next(iter(self._open))).end()
                self._open[name] = Open(Document(self.workspace, name, run_policies=self.run_policies))
            return self._open[name]

    def read_again(self, name: str) -> None:
        """A file has changed: open it again, with its unsaved headcounts put over it."""
        with self._lock:
            one = self._open.get(name)
        if one is not None:
            with one.lock:
                one.document.reload()
                one.document.restore()
                one.document.revision += 1
            one.tell("saved", {"path": name}, keep=False)
            one.changed()

    def hang_up(self) -> None:
        """End the streams to every page, so that the server can end."""
        for one in list(self._open.values()):
            one.hang_up()

    def end(self) -> None:
        """Stop every simulation."""
        for one in self._open.values():
            one.end()
        self._open.clear()
