"""A text that is not saved, simulated: its figures against the saved scenario, and the paths of its contacts."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from cxsim.model.prepare import Model, prepare
from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import ScenarioError
from cxsim.schema import ledger
from cxsim.simulation.first_run import first_run
from cxsim.simulation.replications import replay
from cxsim.studio.answers import Answers, Cancelled
from cxsim.studio.fields import PathQuery
from cxsim.studio.flow_shares import Legs, shares
from cxsim.studio.forms import FormEdit
from cxsim.studio.runner import Open, faults_of
from cxsim.studio.texts import scenario_of

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

_log = logging.getLogger(__name__)
HELD = 3  # saved scenarios whose replications are kept
REPLICATIONS = 5  # at most, of which contacts are followed through the flow
LONG = 1.0  # seconds after which no further one is begun


class _Saved:
    """Answers about texts of one saved scenario."""

    def __init__(self, model: Model) -> None:
        self.model, self.answers, self.lock = model, Answers(()), threading.Lock()


_held: OrderedDict[tuple[str, str, str], _Saved] = OrderedDict()
_lock = threading.Lock()


def _saved(one: Open) -> _Saved:
    with one.lock:
        document = one.document
        key, model = (str(document.workspace.root), document.name, document.sha256), document.model
    with _lock:
        found = _held.setdefault(key, _Saved(model))
        _held.move_to_end(key)
        while len(_held) > HELD:
            _held.popitem(last=False)
        return found


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of texts that are simulated."""

    @app.post("/api/scenario/try")
    def trial(path: PathQuery, edit: FormEdit) -> StreamingResponse:
        """Figures of a text against the saved scenario, on the same draws: a line of JSON as precision grows."""
        scenario = scenario_of(desk.workspace, path, edit.text, run_policies=desk.run_policies)
        saved = _saved(desk.open(path))
        stop = threading.Event()
        return _lines(stop, lambda: _answers(saved, scenario, sha256(edit.text.encode()).hexdigest(), stop.is_set))

    @app.post("/api/scenario/flow")
    def flow(path: PathQuery, edit: FormEdit) -> dict[str, Any]:
        """How many contacts went from place to place of the flow of a text, in a few replications, and how they ended.

        Places are `reason:NAME`, `node:NAME` and `queue:NAME`.
        """
        model = prepare(scenario_of(desk.workspace, path, edit.text, run_policies=desk.run_policies))
        legs: list[Legs] = []
        began = time.perf_counter()
        while len(legs) < REPLICATIONS and (not legs or time.perf_counter() - began < LONG):
            keeper = ledger.Keeper()
            replay(model, len(legs), "clock", keeper)
            legs.append(keeper.ledger().legs)
        return {"replications": len(legs), **shares(model, legs)}


def _answers(saved: _Saved, scenario: Scenario, key: str, stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    text = first_run(scenario)
    if text:
        yield {"status": f"{text[0].upper()}{text[1:]}."}
    model = prepare(scenario)
    with saved.lock:  # one question at a time: an older one was asked to stop
        for answer in saved.answers.answer(saved.model, lambda: model, key, stopped):
            yield {"answer": {name: value for name, value in answer.items() if name != "bands"}}


def _lines(stop: threading.Event, work: Callable[[], Iterator[dict[str, Any]]]) -> StreamingResponse:
    """What `work` says, a line each, from a thread that ends soon after the other side hangs up."""

    async def lines() -> AsyncIterator[str]:
        loop, told = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None]()

        def send(line: dict[str, Any] | None) -> None:
            loop.call_soon_threadsafe(told.put_nowait, line)

        threading.Thread(target=_worked, args=(work, send), daemon=True).start()
        try:
            while (line := await told.get()) is not None:
                yield json.dumps(line, allow_nan=False) + "\n"
        finally:
            stop.set()

    return StreamingResponse(lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"})


def _worked(work: Callable[[], Iterator[dict[str, Any]]], send: Callable[[dict[str, Any] | None], None]) -> None:
    try:
        for line in work():
            send(line)
    except Cancelled:
        pass
    except ScenarioError as error:
        send(faults_of(error))
    except Exception as error:
        _log.exception("simulating a text")
        send({"faults": [{"message": f"the simulation failed: {error}"}]})
    finally:
        send(None)
