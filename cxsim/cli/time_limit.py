"""A time limit on a whole command: what the search may use of it, and whether pictures still have time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

DRAWING, TABLES = 2.5, 0.5  # s of processor time that the page and its pictures, and the tables alone, take
MOST_RESERVED = 0.3  # of the limit
LEAST = 0.2  # s that a search is given at least: today's staffing, or another first plan


@dataclass(frozen=True)
class TimeLimit:
    """Seconds that a command may take, None for no limit, since it began."""

    seconds: float | None
    wall: float = field(default_factory=lambda: time.perf_counter())
    cpu: float = field(default_factory=lambda: time.process_time())

    def left(self) -> float:
        """Seconds until the limit; infinite without one."""
        return float("inf") if self.seconds is None else self.seconds - (time.perf_counter() - self.wall)

    def for_search(self, drawing: bool) -> float | None:
        """Seconds left for the search, certificate and advice: those until the limit less what comes after.

        What comes after takes as much longer than its processor time as everything did so far: the machine may be busy.
        """
        if self.seconds is None:
            return None
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        slower = max(1.0, wall / max(cpu, 1e-3))
        after = min(slower * (DRAWING if drawing else TABLES), MOST_RESERVED * self.seconds)
        return max(LEAST, self.left() - after)

    def in_time(self) -> bool:
        """Whether there is time left."""
        return self.left() > 0.0
