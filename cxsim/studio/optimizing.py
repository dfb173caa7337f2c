"""Optimizations and frontiers of the plan on the screen: asked, watched, stopped, and put into the grid."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import Field

from cxsim.model.plan import headcounts
from cxsim.model.prepare import prepare
from cxsim.optimizer.frontier import FIGURES
from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.model.optimizing import optimizing
from cxsim.studio import shifts
from cxsim.studio.document import Document, Step
from cxsim.studio.edited import values
from cxsim.studio.fields import PathQuery
from cxsim.studio.goals import Asked, at_goals, choices, of_scenario
from cxsim.studio.runner import Open
from cxsim.studio.saving import OF_TABLES, table_text
from cxsim.studio.workspace import HIDDEN, refused

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

_log = logging.getLogger(__name__)
LONGEST = 86_400.0  # seconds of a search
MOST_TOLD = 300  # points of the curve of the best cost
EVENT = "optimize"  # kind of the events about searches


class Search(Asked):
    """A search to begin."""

    kind: Literal["optimize", "frontier"] = "optimize"
    seconds: Annotated[float, Field(gt=0.0, le=LONGEST)] | None = 120.0
    start: Literal["screen", "scratch"] = "screen"
    certify: bool = True
    seed: Annotated[int, Field(ge=0, le=2**31)] = 1
    figure: Literal["sl", "fcr_true"] = "sl"
    points: Annotated[int, Field(ge=2, le=30)] = 6


class Job:
    """One search in a process of its own, and what it has reported."""

    def __init__(self, one: Open, asked: Search, task: dict[str, Any], number: int) -> None:
        self._one = one
        self.state: dict[str, Any] = {
            "job": number,
            "told": 0,  # goes up with every change
            "kind": asked.kind,
            "status": "running",
            "began": time.time(),
            "seconds": asked.seconds if asked.kind == "optimize" else None,
            "revision": one.document.revision,
            "stage": None,
            "curve": [],
            "best": None,
            "frontier": None,
            "faults": [],
        }
        self._lock = threading.RLock()
        self._tables: dict[str, str] = {}  # plans by number, the best of an optimization under ''
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cxsim.studio.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip
        self._say(json.dumps(task))
        self._thread = threading.Thread(target=self._listen, name="studio search", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still searching."""
        return self.state["status"] in ("running", "stopping")

    def stop(self) -> None:
        """End the search with the best plan so far; a second time at once."""
        with self._lock:  # it may end by itself at this moment
            if self.state["status"] == "stopping":
                self.end()
            elif self.running:
                self._say("stop")
                self._change(status="stopping")

    def end(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def table(self, number: str) -> str:
        """A plan as a table; '' for one that there is not."""
        return self._tables.get(number, "")

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        began = time.monotonic()
        for line in self._process.stdout:
            told = json.loads(line)
            kind = told.pop("kind")
            if kind == "stage":
                point = [round(time.monotonic() - began, 1), told["cost"], told["bound"], told["met"]]
                self._change(stage=told, curve=_thinned([*self.state["curve"], point]))
            elif kind == "best":
                self._tables[""] = told.pop("table")
                self._change(best=told)
            elif kind == "frontier":
                for one in told["points"]:
                    self._tables[str(one["number"])] = one.pop("table")
                self._change(frontier=told)
            else:
                self._change(faults=told["faults"])
        self._process.wait()
        self._process.stdout.close()
        failed = bool(self.state["faults"])
        if not failed and not self._tables and self.state["status"] == "running":
            failed = True
            self._change(faults=[{"message": "the search ended without a plan"}])
        self._change(status="fault" if failed else "done", took=round(time.monotonic() - began, 1))

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self.state = {**self.state, **changes, "told": self.state["told"] + 1}
            self._one.tell(EVENT, self.state)


def _thinned(curve: list[list[Any]]) -> list[list[Any]]:
    """A curve of few enough points: neighbours alike are one, and of the older ones every second goes."""
    if len(curve) > 2 and curve[-1][1:] == curve[-2][1:] == curve[-3][1:]:
        curve = [*curve[:-2], curve[-1]]
    return curve if len(curve) <= MOST_TOLD else [*curve[: MOST_TOLD // 2 : 2], *curve[MOST_TOLD // 2 :]]


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of the Optimize screen."""
    jobs: dict[str, Job] = {}
    numbers = iter(range(1, 2**53))

    @app.get("/api/optimize")
    def asked(path: PathQuery) -> dict[str, Any]:
        """The goals of a scenario, what goals can be made of, and the search that is under way or was last."""
        document = desk.open(path).document
        block = optimizing(document.scenario)
        return {
            "goals": [goal.model_dump() for goal in of_scenario(document.scenario)],
            "minimise": block.minimise or ("" if block.maximise else "cost"),
            "maximise": block.maximise or "",
            "budget": block.budget,
            "staff": block.kind,
            "frontier_figures": list(FIGURES),
            "job": jobs[path].state if path in jobs else None,
            **choices(document.scenario),
        }

    @app.post("/api/optimize/check")
    def check(path: PathQuery, wanted: Asked) -> dict[str, Any]:
        """The faults of goals, each with the number of its goal; nothing is searched."""
        try:
            desk.open(path).document.scenario.vary(wanted.values())
        except ScenarioError as error:
            return {"faults": at_goals(error)}
        return {"faults": []}

    @app.post("/api/optimize/start")
    def start(path: PathQuery, search: Search) -> dict[str, Any]:
        """Begin a search for the scenario and the plan on the screen; events of kind `optimize` tell of it."""
        one = desk.open(path)
        if path in jobs and jobs[path].running:
            raise refused("search", "a search is under way already; stop it first")
        with one.lock:
            changed = {**values(one.document), **search.values()}
            one.document.scenario.vary(changed)  # its faults at once
            task = {
                "file": str(one.document.path),
                "values": changed,
                "start": _start(one.document) if search.start == "screen" and search.kind == "optimize" else "",
                **search.model_dump(include={"kind", "seconds", "certify", "seed", "figure", "points"}),
            }
            job = jobs[path] = Job(one, search, task, next(numbers))
        one.ending.append(job.end)
        return job.state

    @app.post("/api/optimize/stop")
    def stop(path: PathQuery) -> dict[str, Any]:
        """End the search with the best plan so far; asked again, at once."""
        if path not in jobs:
            raise refused("search", "there is no search to stop")
        jobs[path].stop()
        return jobs[path].state

    @app.post("/api/optimize/accept")
    def accept(path: PathQuery, point: Annotated[str, Field(max_length=10)] = "") -> dict[str, Any]:
        """Put the best plan so far, or a point of the frontier, into the grid: one step that can be undone."""
        one = desk.open(path)
        table = jobs[path].table(point) if path in jobs else ""
        if not table:
            raise refused("plan", "there is no such plan; search first")
        with one.lock:
            step = put(one.document, table)
        if step:
            one.changed()
        with one.lock:
            return one.document.state()


def _start(document: Document) -> str:
    """The plan on the screen as a file that a search can begin from; '' where its form is another one."""
    block = optimizing(document.scenario)
    if block.kind == "shifts":
        if not document.rows:
            return ""
        text = shifts.table(document.rows)
    elif document.locked or document.model.timeline.steady:
        return ""
    else:
        text = table_text(document)
    return _kept(document, "start", text)


def _kept(document: Document, what: str, text: str) -> str:
    path = document.workspace.root / HIDDEN / f"{what}-{sha256(text.encode()).hexdigest()[:16]}.csv"
    if not path.exists():
        document.workspace.keep(path, text.encode())
    return str(path)


def put(document: Document, table: str) -> Step:
    """Put a plan, as a table that `staff.file` reads, into the grid. ScenarioError where it is of another form."""
    file = _kept(document, "found", table)
    on_shifts = "end" in table.partition("\n")[0].split(",")
    counted = not document.locked
    if on_shifts is counted or (on_shifts and not document.rows):
        told = "shifts" if on_shifts else "headcounts"
        rule = f"has {told}, and the plan on the screen does not"
        raise ScenarioError([Fault("plan", "", "", rule, "use `cxsim optimize`, which writes the plan to a folder")])
    gone = {f"staff.{key}": None for key in (*OF_TABLES, "shifts") if key != "file"}
    scenario = document.scenario.vary({**gone, "staff.file": file, **_no_agents(document.scenario)})
    model = prepare(scenario)
    if on_shifts:
        found = shifts.rows_of(scenario, model)
        number = shifts.next_number([*document.rows, *document.saved_rows])
        old = list(document.rows.items())
        same = {json.dumps(row, sort_keys=True): key for key, row in old}
        new = [row for row in found.values() if row["agents"]]
        kept = {same[text] for row in new if (text := json.dumps(row, sort_keys=True)) in same}
        added = [row for row in new if json.dumps(row, sort_keys=True) not in same]
        changes: list[tuple[str, Any]] = [(key, None) for key, _ in old if key not in kept]
        return document.put_found([*changes, *((str(number + n), row) for n, row in enumerate(added))])
    given = headcounts(scenario, model.timeline)
    times = list(document.saved.times)
    return document.put(
        [
            (name, label, float(agents))
            for name in document.scenario.groups
            for label, agents in zip(document.saved.labels, given[name][times].tolist(), strict=True)
            if agents == agents  # not an interval that the table says nothing of
        ]
    )


def _no_agents(scenario: Scenario) -> dict[str, None]:
    return {f"groups.{name}.agents": None for name, group in scenario.groups.items() if group.agents is not None}
