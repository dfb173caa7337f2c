"""Journeys: what became of customers' issues, contact after contact and across channels, beside what the company sees.

An issue begins with its first contact, if that is the customer's (records that are dialled are left out), and is over
when it is resolved or nobody comes again; those still open when the simulated time ends are left out of all shares.
Everything is computed from the ledger, so both engines say the same. Effort and churn follow from weights and shares
that are assumptions (`Experience`); nothing in the simulation depends on them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cxsim import ledger
from cxsim.assemble import assemble
from cxsim.model import Model, prepare
from cxsim.replicate import Engine, Progress, Watch, replicate
from cxsim.statistics import ratio_interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cxsim.measures import Sample
    from cxsim.results import Result
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
SOLVED, GIVEN_UP, OPEN = range(3)
DEFAULT_REPLICATIONS = 10
LONGEST = 6  # contacts of a journey that are told
GREEN_FROM = 10.0  # issues begun in an interval, over all replications, below which nothing is said of it

# What the customer of a stay would say, by how it ended (and whether it resolved the issue).
WORDS = {
    ledger.ABANDONED: "gave up", ledger.BALKED: "left at once", ledger.BLOCKED: "busy", ledger.CLOSED: "closed",
    ledger.HUNG_UP: "hung up", ledger.TRANSFERRED: "handed on", ledger.CALLBACK: "to be called back",
    ledger.UNREACHED: "not reached", ledger.UNFINISHED: "still waiting",
}  # fmt: skip
COMPANY = (
    "sl", "asa", "aht", "occupancy", "abandoned_share", "contained_share", "fcr_measured", "cost_per_contact",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Journeys:
    """What became of the issues that began in the counted time.

    `paths` has a row a journey, the commonest first: path, issues (a replication), share, time (mean, s), contacts,
    effort, solved (0 or 1), churn (expected share who leave), value_lost (a replication, money a year). `customer` and
    `company` are scorecards: figure, title, value, low, high, unit, formula. `gap` has a row an interval that is green
    for the company and red for customers: interval, sl, target, settled, issues. `assumptions` say what effort and
    churn rest on.
    """

    scenario: Scenario
    result: Result
    paths: pd.DataFrame
    customer: pd.DataFrame
    company: pd.DataFrame
    gap: pd.DataFrame
    intervals: int  # of those looked at for the gap, how many are green for the company
    assumptions: tuple[dict[str, str], ...]

    @property
    def troubled(self) -> pd.DataFrame:
        """The rows of `paths` that were not solved at the first contact."""
        return self.paths[(self.paths["solved"] == 0) | (self.paths["contacts"] > 1.0)]

    def plot(self, most: int = 12) -> Figure:
        """The commonest journeys, and those not solved at once: each a row of contacts coloured by how they ended."""
        from cxsim.report.journeys import plot

        return plot(self, most)


@dataclass(frozen=True)
class Issues:
    """One replication's issues, an entry each; `sums` by what is counted of them."""

    state: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int64]
    interval: npt.NDArray[np.int64]
    sums: dict[str, Floats]
    paths: list[str]


def journeys(
    scenario: Scenario,
    *,
    seed: int = 1,
    replications: int = DEFAULT_REPLICATIONS,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Journeys:
    """Simulate a scenario and follow its issues. Raises as `simulate` does."""
    import pandas as pd

    model = prepare(scenario, seed)
    watch = Watch(progress)
    samples, found = follow(model, replications, engine, threads, watch)
    result = assemble(model, samples, (), engine, math.nan, (), {}, watch.ended)
    value = np.array([segment.value for segment in scenario.segments.values()])
    gap, green = _gap(model, result, found)
    company = [
        (figure, *_title(figure), *(getattr(result.estimate(figure), k) for k in ("value", "low", "high", "unit")))
        for figure in COMPANY
    ]
    columns = ["figure", "title", "formula", "value", "low", "high", "unit"]
    board = pd.DataFrame([row for row in company if math.isfinite(row[3])], columns=columns)
    return Journeys(
        scenario=scenario,
        result=result,
        paths=_paths(found, scenario, value),
        customer=pd.DataFrame(_customer(found, scenario), columns=columns),
        company=board,
        gap=gap,
        intervals=green,
        assumptions=tuple(scenario.experience.assumptions()),
    )


def follow(
    model: Model,
    replications: int,
    engine: Engine = "clock",
    threads: int | None = None,
    progress: Progress | None = None,
    told: bool = True,
) -> tuple[list[Sample], list[Issues]]:
    """The samples and the issues of each replication; without their paths in words if not `told`."""
    samples, kept = replicate(model, replications, None, engine, threads, True, progress)
    return samples, [_issues(model, one.legs, told) for one in kept]


def sums_of(found: Sequence[Issues], scenario: Scenario) -> dict[str, tuple[Floats, Floats]]:
    """The sides of the customer's figures (n,), each a ratio of sums over closed issues."""
    value = np.array([segment.value for segment in scenario.segments.values()])
    closed = [one.state != OPEN for one in found]
    many = np.array([float(mask.sum()) for mask in closed])
    good = np.array([float((one.state == SOLVED).sum()) for one in found])

    def sums(name: str) -> Floats:
        return np.array([float(one.sums[name][mask].sum()) for one, mask in zip(found, closed, strict=True)])

    lost = np.array([
        float((one.sums["churn"] * value[one.segment])[mask].sum()) for one, mask in zip(found, closed, strict=True)
    ])  # fmt: skip
    each = ("first", "contacts", "wait", "menus", "transfers", "retellings", "switches", "effort", "churn")
    return {
        "solved": (good, many),
        "failed": (many - good, many),
        "time": (sums("time"), good),
        **{name: (sums(name), many) for name in each},
        "value_lost": (lost, np.ones(len(lost))),
    }


def _title(figure: str) -> tuple[str, str]:
    from cxsim.measures.registry import REGISTRY

    return REGISTRY[figure].title, REGISTRY[figure].formula


def _issues(model: Model, legs: npt.NDArray[np.void], told: bool) -> Issues:
    """The issues that customers began in the counted time, from legs in the order (issue, attempt, leg)."""
    weights, when = model.scenario.experience.effort, model.timeline
    opened = (legs["opened"] >= when.counted_from) & (legs["opened"] < when.counted_to)
    ours = np.isin(legs["issue"], legs["issue"][legs["cause"] == ledger.OUTBOUND])
    legs = legs[(legs["cause"] != ledger.CONSULT) & ~ours & opened]
    begins = np.flatnonzero(np.append(True, np.diff(legs["issue"]) != 0)[: len(legs)])
    attempts = np.append(True, (np.diff(legs["issue"]) != 0) | (np.diff(legs["attempt"]) != 0))[: len(legs)]
    last = np.append(begins[1:], len(legs)) - 1

    def total(values: npt.ArrayLike) -> Floats:
        each = np.asarray(values, dtype=np.float64)
        return np.add.reduceat(each, begins) if len(begins) else np.zeros(0)

    in_flow = legs["queue"] < 0
    left = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
    # Who is not on a line meanwhile, as with mail or until called back, has no effort of waiting.
    channels = list(model.scenario.channels.values())
    at_home = np.array([channel.deferrable for channel in channels])[legs["channel"]]
    at_home |= (legs["cause"] == ledger.CALLED_BACK) | (legs["cause"] == ledger.TURN)
    waited = np.where(in_flow | at_home | np.isnan(legs["queued"]), 0.0, left - legs["queued"])
    handed = legs["outcome"] == ledger.TRANSFERRED
    told_again = handed & _retold(model)[np.maximum(legs["queue"], 0), np.roll(np.maximum(legs["queue"], 0), -1)]
    answered = ~np.isnan(legs["answered"]) & (legs["outcome"] != ledger.UNREACHED)
    again = attempts & (legs["attempt"] > 1)
    back = (legs["cause"] == ledger.REPEAT) & again & answered
    place = np.flatnonzero(attempts)
    switched = np.zeros(len(legs), bool)
    switched[place[1:]] = np.diff(legs["channel"][place]) != 0
    switched &= again
    solved = legs["resolved"] == 1
    done = np.where(legs["outcome"] == ledger.CONTAINED, legs["ended"], legs["talk_end"])
    out = {
        "contacts": total(attempts),
        "wait": total(waited),
        "menus": total(in_flow),
        "transfers": total(handed),
        "retellings": total(told_again) + total(back),
        "again": total(again),
        "switches": total(switched),
        "solved": total(solved),
        "first": total(solved & (legs["attempt"] == 1)),
        "time": total(np.where(solved, done - legs["opened"], 0.0)),
    }
    out["effort"] = (
        weights.contact * out["contacts"] + weights.wait_minute * out["wait"] / 60.0 + weights.menu * out["menus"]
        + weights.transfer * out["transfers"] + weights.retelling * out["retellings"] + weights.again * out["again"]
        + weights.switch * out["switches"]
    )  # fmt: skip
    ends = legs[last] if len(legs) else legs
    undecided = (ends["next"] != ledger.FRESH) | (ends["outcome"] == ledger.UNFINISHED)
    state = np.where(out["solved"] > 0.0, SOLVED, np.where(undecided, OPEN, GIVEN_UP))
    churn = model.scenario.experience.churn
    out["churn"] = np.where(
        state == SOLVED, np.where(out["first"] > 0.0, churn.first, churn.later), churn.unsolved
    )
    interval = np.floor((legs["opened"][begins] - when.counted_from) / when.interval).astype(np.int64)
    paths = _told(model, legs, attempts, begins, last) if told else []
    return Issues(state, legs["segment"][begins].astype(np.int64), interval, out, paths)


def _retold(model: Model) -> npt.NDArray[np.bool_]:
    """From which queue to which customers tell it all again, (Q, Q)."""
    queues = model.scenario.queues
    names = list(queues)
    out = np.zeros((len(names), len(names)), bool)
    for q, queue in enumerate(queues.values()):
        for one in queue.transfers:
            out[q, names.index(one.to)] |= one.retold > 0.0
    return out


def _told(
    model: Model, legs: npt.NDArray[np.void], attempts: npt.NDArray[np.bool_], begins: Any, last: Any
) -> list[str]:
    """Each issue's journey in words: stays joined by ' → ', contacts by ' | '; the flow is told where it ends there."""
    queues, nodes = list(model.scenario.queues), list(model.scenario.flow)
    skipped = np.isin(legs["outcome"], (ledger.HANDED_ON, ledger.REPLIED))
    code = legs["queue"].astype(np.int64) * 64 + legs["outcome"] * 2 + (legs["resolved"] == 1)
    known: dict[int, str] = {}

    def word(k: int) -> str:
        if int(code[k]) not in known:
            queue, outcome = int(legs["queue"][k]), int(legs["outcome"][k])
            where = queues[queue] if queue >= 0 else nodes[-1 - queue]
            helped = "solved" if legs["resolved"][k] == 1 else "not solved"
            known[int(code[k])] = f"{where.replace('_', ' ')}: {WORDS.get(outcome, helped)}"
        return known[int(code[k])]

    out = []
    for start, end in zip(begins.tolist(), last.tolist(), strict=True):
        contacts: list[list[str]] = []
        for k in range(start, end + 1):
            if attempts[k]:
                contacts.append([])
            if not skipped[k]:
                contacts[-1].append(word(k))
        told = [" → ".join(one) for one in contacts]
        if len(told) > LONGEST:  # how it ended is told all the same
            told = [*told[: LONGEST - 2], "…", told[-1]]
        out.append(" | ".join(told))
    return out


def _customer(found: Sequence[Issues], scenario: Scenario) -> list[tuple[Any, ...]]:
    """The customer's scorecard."""
    rows = [
        ("solved", "issues solved", "issues solved at last ÷ issues that are over", "share"),
        ("first", "solved at the first contact", "in any channel, self-service too ÷ issues that are over", "share"),
        ("failed", "journeys that failed", "given up unsolved ÷ issues that are over", "share"),
        ("time", "time to solution", "from the first contact to the end of the one that helped ÷ issues solved", "s"),
        ("contacts", "contacts per issue", "contacts ÷ issues that are over", ""),
        ("wait", "time waiting per issue", "on the line, in all queues ÷ issues that are over", "s"),
        ("menus", "menus per issue", "menus, announcements, self-service ÷ issues that are over", ""),
        ("transfers", "hand-offs per issue", "transfers ÷ issues that are over", ""),
        ("retellings", "retellings per issue", "times that a customer told it again ÷ issues that are over", ""),
        ("switches", "channel switches per issue", "next contacts by another channel ÷ issues that are over", ""),
        ("effort", "effort per issue", "weighted sum of all of these ÷ issues that are over (assumption)", "points"),
        ("churn", "customers expected to leave", "by the declared shares ÷ issues that are over (assumption)", "share"),
    ]
    if any(segment.value for segment in scenario.segments.values()):
        rows.append(("value_lost", "value lost", "churn × the segment's value, a year's worth (assumption)", "money"))
    out, sides = [], sums_of(found, scenario)
    for figure, title, formula, unit in rows:
        told = ratio_interval(*sides[figure])
        out.append((figure, title, formula, float(told.value), float(told.low), float(told.high), unit))
    return out


def _paths(found: Sequence[Issues], scenario: Scenario, value: Floats) -> pd.DataFrame:
    """The journeys of closed issues, the commonest first."""
    import pandas as pd

    counts: Counter[str] = Counter()
    sums: dict[str, Floats] = {}
    for one in found:
        lost = one.sums["churn"] * value[one.segment]
        each = np.stack([one.sums[key] for key in ("time", "contacts", "effort", "churn")] + [lost], axis=1)
        for k in np.flatnonzero(one.state != OPEN).tolist():
            path = one.paths[k]
            counts[path] += 1
            sums[path] = sums.get(path, 0.0) + each[k]
    total, n = max(sum(counts.values()), 1), max(len(found), 1)
    rows = []
    for path, many in counts.most_common():
        time, contacts, effort, churn, lost = sums[path]
        solved = path.endswith(": solved")
        rows.append((path, many / n, many / total, time / many if solved else math.nan, contacts / many, effort / many,
                     int(solved), churn / many, lost / n))  # fmt: skip
    columns = ["path", "issues", "share", "time", "contacts", "effort", "solved", "churn", "value_lost"]
    return pd.DataFrame(rows, columns=columns)


def _gap(model: Model, result: Result, found: Sequence[Issues]) -> tuple[pd.DataFrame, int]:
    """Intervals that are green for the company and red for its customers, and how many are green."""
    import pandas as pd

    n = model.timeline.n_intervals
    begun, settled = np.zeros(n), np.zeros(n)
    for one in found:
        closed = one.state != OPEN
        np.add.at(begun, one.interval[closed], 1.0)
        np.add.at(settled, one.interval[closed], one.sums["first"][closed])
    sl = result.series("sl").set_index("interval")["value"]
    goal, line = model.scenario.sl.share, model.scenario.experience.settled
    rows, green = [], 0
    for i, label in enumerate(model.layout.labels):
        level = float(sl.get(label, math.nan))
        if not (math.isfinite(level) and level >= goal and begun[i] >= GREEN_FROM):
            continue
        green += 1
        share = settled[i] / begun[i]
        if share < line:
            rows.append((label, level, goal, share, begun[i] / len(found)))
    frame = pd.DataFrame(rows, columns=["interval", "sl", "target", "settled", "issues"])
    return frame.sort_values("settled", kind="stable").reset_index(drop=True), green
