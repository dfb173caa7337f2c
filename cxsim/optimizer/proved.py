"""What a search and a proof hand on: a plan with what is known of it, and how it was found."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.problem.stage import Stage
    from cxsim.optimizer.search.gradient import Slopes
    from cxsim.schema.plan_tables import Reached

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Proved:
    """A plan `x` (N,) of a problem's structure, on replications that nothing was chosen by.

    `trial` is what it did there, `slack_low` (K,) the simultaneous one-sided bounds of the goals' slack that prove it,
    `certified` whether all of them are 0 or more. `slack_again` (K,) are the bounds that another proof would need.
    """

    x: Floats
    trial: Trial
    slack_low: Floats
    certified: bool
    reached: Reached | None = None  # where no plan can meet all goals
    slack_again: Floats | None = None


@dataclass(eq=False)
class Advised:
    """What the advice found of a plan, for the answer after a small change that it found.

    `cheaper` are plans after such changes. `slopes` and the tables in `parts` hold near the plan as well.
    """

    cheaper: list[Floats] = field(default_factory=list)
    slopes: Slopes | None = None
    parts: dict[str, Any] = field(default_factory=dict)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


@dataclass(frozen=True, eq=False)
class Searched:
    """How a plan was found.

    `bound` is in the unit of the objective; `program` the fluid solution whose allocation says who serves what;
    `history` the stages of the search; `replications` those simulated for it, `began` when it did: (perf_counter,
    process_time) in seconds; `messages` what a reader must know.
    """

    bound: float = math.nan
    bound_status: Literal["rigorous", "heuristic", "none"] = "none"
    bound_note: str = ""  # what a heuristic bound rests on
    pooled: Any = None  # the answer of the pooled program, where that gave the bound
    program: Any = None
    history: Sequence[Stage] = ()
    replications: int = 0
    began: tuple[float, float] = field(default_factory=_now)
    slopes: Slopes | None = None  # of the search, near the plan
    messages: Sequence[str] = ()
    solver: str = "highs"
    confidence: float = 0.95

    @property
    def spent(self) -> dict[str, Any]:
        """Seconds since it began, as an Optimum has them."""
        wall, cpu = self.began
        return {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
