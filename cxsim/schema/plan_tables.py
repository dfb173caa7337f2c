"""Columns of the tables of an optimum, and the names of the plans it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

SCHEMA_VERSION = 1
KIND = "cxsim optimum"
MARK = "optimum.json"
UNFINISHED = "unfinished"  # folder with the best plan of a run that has not ended yet, beside a certified plan
ASKED = "asked_sha256"  # in provenance.json: checksum of the scenario that was optimized, and of its tables
# Columns of the tables of an Optimum; more may follow.
GOAL_COLUMNS = (
    "goal",
    "figure",
    "scope",
    "name",
    "span",
    "bound",
    "limit",
    "days",
    "quantile",
    "value",
    "low",
    "high",
    "slack",
    "slack_low",
    "unit",
    "met",
    "binding",
)
COST_COLUMNS = ("term", "title", "money", "low", "high", "counts")
NEED_COLUMNS = ("interval", "present", "busy", "erlang_c")
ALLOCATION_COLUMNS = ("queue", "group", "share", "program_share", "rank", "program_rank")
COMPARISON_COLUMNS = (
    "plan",
    "figure",
    "scope",
    "name",
    "value",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
    "unit",
    "n",
)
PLAN_GOAL_COLUMNS = ("plan", "goal", "value", "slack", "slack_low", "met", "unit")
MOVE_COLUMNS = (
    "kind",
    "title",
    "group",
    "start",
    "agents",
    "cost",
    "cost_low",
    "cost_high",
    "sl",
    "sl_low",
    "sl_high",
    "fcr_true",
    "fcr_true_low",
    "fcr_true_high",
    "worst",
    "slack",
    "slack_low",
    "met",
    "n",
)
POINT_COLUMNS = (
    "figure",
    "scope",
    "name",
    "step",
    "cost",
    "low",
    "high",
    "reached",
    "reached_low",
    "reached_high",
    "how",
    "n",
)
HISTORY_COLUMNS = ("phase", "cost", "bound", "met", "worst", "slack", "missed", "replications", "cpu_seconds")
WORTH_PRINTING = 0.2  # the largest gap to a lower bound by which a plan can be judged: wider ones follow small changes
THIS, TODAY, ERLANG = "this plan", "today's staffing", "Erlang C per queue"


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table without rows."""
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})


@dataclass(frozen=True)
class Nearby:
    """What changes of up to two agents or shifts do to a plan: one less, or one less and one more of a cheaper kind.

    `cheaper` changes cost less than the plan. Of those simulated on `n` replications, `worse` break a goal's proof with
    `confidence`, all together, `unclear` break it as far as is known, and `kept` leave enough slack for a proof of
    their own: `best` of these saves `saving` money.
    """

    cheaper: int
    worse: int
    unclear: int
    kept: int
    best: str
    saving: float
    confidence: float
    n: int

    @property
    def simulated(self) -> int:
        """Changes that were simulated."""
        return self.worse + self.unclear + self.kept

    def unproved(self) -> Nearby:
        """The same where no change that seemed to keep every goal was proved to."""
        return replace(self, unclear=self.unclear + self.kept, kept=0, best="", saving=0.0)


@dataclass(frozen=True)
class Reach:
    """What a plan reaches of goals that no plan can meet together.

    `missed` contacts: for each goal its shortfall times the contacts that it counts, added up. `met` goals; `worst` is
    the largest shortfall of a goal of one interval (0 or above).
    """

    missed: float
    met: int
    worst: float


@dataclass(frozen=True)
class Reached:
    """What a plan and today's staffing reach on the same `n` replications; every plan misses `least` contacts."""

    plan: Reach
    today: Reach | None
    least: float
    n: int
