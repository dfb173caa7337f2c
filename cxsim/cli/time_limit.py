"""A time limit on a whole command: what the search may use of it, and whether pictures still have time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

DRAWING, TABLES = 2.5, 0.5  # s of processor time that the page and its pictures, and the tables alone, take
FIRST_PICTURE = 1.3  # s of it until the first picture is drawn
MOST_RESERVED = 0.3  # of the limit
LEAST = 0.2  # s that a search is given at least: today's staffing, or another first plan


@dataclass
class TimeLimit:
    """Seconds that a command may take, None for no limit, since it began.

    `slower` is how much longer than its processor time everything took until the search began: the machine may be busy.
    """

    seconds: float | None
    wall: float = field(default_factory=lambda: time.perf_counter())
    cpu: float = field(default_factory=lambda: time.process_time())
    slower: float = 1.0

    def left(self) -> float:
        """Seconds until the limit; infinite without one."""
        return float("inf") if self.seconds is None else self.seconds - (time.perf_counter() - self.wall)

    def for_search(self, drawing: bool) -> float | None:
        """Seconds left for the search, certificate and advice: those until the limit less what comes after."""
        if self.seconds is None:
            return None
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        self.slower = max(1.0, wall / max(cpu, 1e-3))
        after, tables = (self.slower * part for part in (DRAWING, TABLES))
        most = MOST_RESERVED * self.seconds
        return max(LEAST, self.left() - (after if drawing and after <= most else min(tables, most)))

    def in_time(self) -> bool:
        """Whether there is time left."""
        return self.left() > 0.0

    def can_draw(self) -> bool:
        """Whether there is time to begin with pictures."""
        return self.left() > self.slower * FIRST_PICTURE
