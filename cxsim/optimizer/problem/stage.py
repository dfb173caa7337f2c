"""Where a search for a plan stands, and what it says when no plan can do what is asked."""

from __future__ import annotations

import math
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PHASES = {
    "requirements": "Erlang requirements",
    "fluid": "fluid program",
    "cover": "covering requirements with shifts",
    "calibrate": "calibrating the start",
    "cuts": "cuts from simulation",
    "polish": "repair and polish",
    "enumerate": "trying every cheaper plan",
    "routing": "trying changes of the routing",
    "certify": "certifying on fresh draws",
    "advise": "pricing changes of the plan",
}


@dataclass(frozen=True)
class Stage:
    """How far a search is: passed to `progress` after each plan that was tried, and kept as its history.

    `phase` is a key of `PHASES`; `cost` that of the best plan so far (money, or the
    figure that is sought in its own `unit`), `bound` the lower bound, NaN where
    there is none; `met` whether that plan met every goal when it was simulated, `worst` the title of the goal with
    the least `slack` (as `Goals.slack` gives it); `missed` the contacts that the goals miss, NaN where all goals
    may be met; `replications` simulated so far, `cpu_seconds` used so far and
    `seconds_left` an estimate, NaN if there is none.
    """

    phase: str
    cost: float = math.nan
    unit: str = "money"
    bound: float = math.nan
    met: bool = False
    worst: str = ""
    slack: float = math.nan
    missed: float = math.nan
    replications: int = 0
    cpu_seconds: float = 0.0
    seconds_left: float = math.nan

    @property
    def state(self) -> str:
        """How the best plan stands to its goals, in words."""
        if self.met:
            return "meets its goals so far"
        return "misses goals" if math.isnan(self.missed) else f"misses {self.missed:,.0f} contacts"


Progress = Callable[[Stage], object]  # False ends the search with the best plan so far


class TimeUp(Exception):
    """The time for a step is up; whatever plan there is by then stands."""


class Impossible(ValueError):
    """No plan can meet the goals or rules; the message says why and what can be reached.

    Parameters
    ----------
    text : str
        The message.
    best : mapping, optional
        For goals proved out of reach: the title of each and the best value any plan can reach.
    conflict : tuple of str, default ()
        Titles of a smallest set of rules that contradict each other.

    Attributes
    ----------
    best : dict
        As given; empty without any.
    conflict : tuple of str
        As given.
    """

    def __init__(self, text: str, *, best: Mapping[str, float] | None = None, conflict: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.best = dict(best or {})
        self.conflict = conflict


def failure(what: str, error: Exception) -> str:
    """In words, that a step failed once there was a plan; with CXSIM_DEBUG=1 the traceback is printed."""
    if isinstance(error, TimeUp):
        return f"{what} was cut short by the time limit"
    if os.environ.get("CXSIM_DEBUG") == "1":
        traceback.print_exception(error)
    lines = str(error).splitlines() or [type(error).__name__]
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    return f"{what} failed ({lines[0]}{more})"
