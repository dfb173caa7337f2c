"""Long work in steps: its progress, and the request to end it before it has a result."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], object]  # with (done, expected); False ends the work


class Cancelled(Exception):
    """The work ended without a result because `progress` returned False; nothing was written.

    Parameters
    ----------
    done : int
        Steps that were done by then.
    expected : int
        Steps of the whole.
    """

    def __init__(self, done: int, expected: int) -> None:
        self.done, self.expected = done, expected
        super().__init__(done, expected)

    def __str__(self) -> str:
        return f"ended on request after {self.done:,} of {self.expected:,} steps"


class Steps:
    """How many of the expected steps are done."""

    def __init__(self, progress: Progress | None, expected: int) -> None:
        self._progress, self.expected = progress, expected
        self.done = 0

    def tell(self, more: int = 0) -> None:
        """So many more steps are done; with 0, only ask whether to go on. Raises Cancelled if not."""
        self.to(self.done + more)

    def to(self, done: int) -> None:
        """So many steps are done in all. Raises Cancelled if the work shall end."""
        self.done = min(done, self.expected)
        if self._progress is not None and self._progress(self.done, self.expected) is False:
            raise Cancelled(self.done, self.expected)

    def part(self) -> Progress:
        """A `progress` for a part of the work whose own steps count as steps of the whole."""
        start = self.done
        return lambda done, _: self.to(start + done)
