"""How long searches are watched and stopped: a few lines on stderr, and what Ctrl-C does the first and second time."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from cxsim.cli.common import say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.optimizer.problem.stage import Stage

PATIENCE = 1.0  # seconds before anything is shown
EVERY = 10.0  # seconds from line to line where there is no terminal to show a picture on


class Watch:
    """A `progress` that shows where a search stands, and ends it after Ctrl-C or when its time is up."""

    def __init__(self, shown: bool, currency: str, seconds: float | None, lines: bool = False) -> None:
        self.stopped = False
        self._lines, self._told = lines, time.monotonic()
        self._currency, self._seconds = currency, seconds
        self._began = time.monotonic()
        self._stage: Stage | None = None
        self._live: Any = None
        if shown:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                console=Console(stderr=True, highlight=False),
                transient=True,
                refresh_per_second=4,
                get_renderable=self.picture,
            )

    def __call__(self, stage: Stage) -> bool:
        self._stage = stage
        if self._live is not None and not self._live.is_started and time.monotonic() - self._began > PATIENCE:
            self._live.start()
        if self._lines and time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            say(self.line())
        return not self.stopped

    def line(self) -> str:
        """Time, phase, best cost and bound, and whether the goals are met: in one line, for a log."""
        from cxsim.optimizer.problem.stage import PHASES
        from cxsim.report.common import formats

        stage = self._stage
        parts = [formats.seconds(round(time.monotonic() - self._began))]
        if stage is None:
            return f"{parts[0]}: starting"
        parts[0] += f": {PHASES.get(stage.phase, stage.phase)}"
        if math.isfinite(stage.cost):
            parts.append(f"best plan {formats.quantity(stage.cost, stage.unit, self._currency)}, {stage.state}")
        if math.isfinite(stage.bound):
            parts.append(f"bound {formats.quantity(stage.bound, 'money', self._currency)}")
        if stage.replications:
            parts.append(f"{stage.replications:,} replications")
        return "; ".join(parts)

    def close(self) -> None:
        """Take the lines away."""
        if self._live is not None and self._live.is_started:
            self._live.stop()

    def stop(self) -> None:
        """End the search at its next step."""
        self.stopped = True

    def picture(self) -> RenderableType:
        """Phase, best cost, bound and gap, the goal with the least room, replications and time."""
        from rich.table import Table
        from rich.text import Text

        from cxsim.optimizer.problem.stage import PHASES
        from cxsim.report.common import formats

        stage, gone = self._stage, time.monotonic() - self._began
        grid = Table.grid(padding=(0, 2))
        if stage is None:
            grid.add_row(Text("starting"), Text(formats.seconds(gone), style="dim"))
            return grid
        left = stage.seconds_left
        if math.isnan(left) and self._seconds is not None:
            left = max(0.0, self._seconds - gone)
        clock = formats.seconds(round(gone))
        if math.isfinite(left):
            clock += f", about {formats.seconds(round(left))} left"
        phase = PHASES.get(stage.phase, stage.phase) + (" (stopping)" if self.stopped else "")
        grid.add_row(Text(phase, style="bold"), Text(clock, style="dim"))
        if math.isfinite(stage.cost):
            money = formats.quantity(stage.cost, stage.unit, self._currency)
            bound = ""
            if math.isfinite(stage.bound):
                gap = (stage.cost - stage.bound) / abs(stage.cost) if stage.cost else math.nan
                bound = f"bound {formats.quantity(stage.bound, 'money', self._currency)}, gap {formats.share(gap)}"
            state = Text(stage.state, style="green" if stage.met else "yellow")
            grid.add_row(Text(f"best plan {money}"), Text.assemble(state, "  ", (bound, "dim")))
        if stage.worst:
            room = f"{stage.slack * 100:+.2f}" if math.isfinite(stage.slack) else ""
            grid.add_row(Text("tightest goal", style="dim"), Text(f"{stage.worst} {room}", style="dim"))
        if stage.replications:
            grid.add_row(Text("simulated", style="dim"), Text(f"{stage.replications:,} replications", style="dim"))
        return grid


@contextmanager
def watching(quiet: bool, currency: str, seconds: float | None = None) -> Iterator[Watch]:
    """A Watch: shown on a terminal, else line by line, unless quiet.

    The first Ctrl-C stops the search, the second ends the program.
    """
    watch = Watch(not quiet and sys.stderr.isatty(), currency, seconds, lines=not quiet and not sys.stderr.isatty())
    usual = None

    def interrupted(number: int, frame: FrameType | None) -> None:
        if watch.stopped:
            raise KeyboardInterrupt
        watch.stop()
        say("stopping the search to certify the best plan so far; press Ctrl-C again to stop without certifying it")

    main = threading.current_thread() is threading.main_thread()
    if main:
        usual = signal.signal(signal.SIGINT, interrupted)
    try:
        yield watch
    finally:
        watch.close()
        if main:
            signal.signal(signal.SIGINT, usual)
