"""Long work as a stream: a line of JSON for each step of its progress, and its result as the last line."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from fastapi.responses import StreamingResponse

from cxsim.report.run.document import plain
from cxsim.scenario.io.faults import ScenarioError
from cxsim.studio.runner import faults_of

_log = logging.getLogger(__name__)
OFTEN = 0.1  # seconds between two lines of progress
Tell = Callable[[int, int], object]  # done, expected; raises GivenUp when nobody waits any more


class Lines(StreamingResponse):
    """Lines of JSON, one for each step."""

    media_type = "application/x-ndjson"


class GivenUp(Exception):
    """The page has asked something else, or is closed."""


def streamed(work: Callable[[Tell], Mapping[str, Any]]) -> Lines:
    """Work in a thread: lines `{"progress": [done, expected]}`, then `{"result": …}` or `{"faults": […]}`.

    `work` ends at its next call of what it is given when the other side hangs up.
    """
    stop = threading.Event()

    async def lines() -> AsyncIterator[str]:
        loop, told = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None]()

        def send(line: dict[str, Any] | None) -> None:
            loop.call_soon_threadsafe(told.put_nowait, line)

        threading.Thread(target=_worked, args=(work, send, stop), daemon=True).start()
        try:
            while (line := await told.get()) is not None:
                yield json.dumps(line, allow_nan=False, ensure_ascii=False) + "\n"
        finally:
            stop.set()

    return Lines(lines(), headers={"cache-control": "no-store"})


def _worked(
    work: Callable[[Tell], Mapping[str, Any]], send: Callable[[dict[str, Any] | None], None], stop: threading.Event
) -> None:
    last = 0.0

    def tell(done: int, expected: int) -> None:
        nonlocal last
        if stop.is_set():
            raise GivenUp
        if time.monotonic() - last >= OFTEN:
            last = time.monotonic()
            send({"progress": [done, expected]})

    try:
        send({"result": plain(dict(work(tell)))})
    except GivenUp:
        pass
    except ScenarioError as error:
        send(faults_of(error))
    except ValueError as error:
        send({"faults": [{"message": str(error)}]})
    except Exception as error:
        _log.exception("work for the page")
        send({"faults": [{"message": f"this failed: {error}"}]})
    finally:
        send(None)
