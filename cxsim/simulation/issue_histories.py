"""The issues of one replication, from its ledger: what each went through, how it ended, and what that did to customers.

An issue begins with its first contact, if that is the customer's (records that are dialled are left out), and is over
when it is resolved or nobody comes again. What customers make of it follows from the scenario's `Experience`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.model.prepare import Model
from cxsim.randomness import draws
from cxsim.rules import effort, loyalty
from cxsim.rules.routing import system_state
from cxsim.schema import ledger
from cxsim.schema.ledger import AT_ONCE, BROUGHT, LATER, LEFT, UNSOLVED, WARNED
from cxsim.schema.names import ENDINGS
from cxsim.schema.network import EFFORT_DTYPE
from cxsim.simulation.touchpoints import visits

Floats = npt.NDArray[np.float64]
OPEN = -1  # an issue that is not over; else how it ended
LONGEST = 6  # contacts of a journey that are told
SURVEYED = ("contacts", "satisfied", "sent", "answered", "said")  # of the contacts that end in a queue
MOVED = (
    "start",
    "left_first",
    "left_later",
    "left_unsolved",
    "warned",
    "brought",
    "replaced",
    "end",
)
# How a first contact ended that did not solve its issue, by outcome.
CAUSES = (
    "agent could not help",
    "abandoned",
    "blocked or turned away",
    "hung up in the flow",
    "self-service did not help",
)
CAUSE_OF = np.zeros(len(ledger.OUTCOMES), np.int64)
CAUSE_OF[[ledger.ABANDONED, ledger.BALKED, ledger.CALLBACK, ledger.UNREACHED, ledger.UNFINISHED]] = 1
CAUSE_OF[[ledger.BLOCKED, ledger.CLOSED]] = 2
CAUSE_OF[ledger.HUNG_UP], CAUSE_OF[ledger.CONTAINED] = 3, 4
OF_PATHS = ("issues", "time", "contacts", "effort", "churn", "value_lost")

# What the customer of a stay would say, by how it ended (and whether it resolved the issue).
WORDS = {
    ledger.ABANDONED: "gave up",
    ledger.BALKED: "balked",
    ledger.BLOCKED: "busy",
    ledger.CLOSED: "closed",
    ledger.HUNG_UP: "hung up",
    ledger.TRANSFERRED: ledger.OUTCOMES[ledger.HANDED_ON],
    ledger.CALLBACK: "accepted a callback",
    ledger.UNREACHED: "not reached",
    ledger.UNFINISHED: "still waiting",
}


@dataclass(frozen=True)
class Issues:
    """One replication's issues, an entry each, in the order of their numbers.

    `each` by what is counted of them; `seats` the customer of each, -1 where customers are not told apart. `legs` are
    those of the issues, which begin at the rows `begins`; `attempts` says in which rows a contact does.
    """

    how: npt.NDArray[np.int64]  # OPEN, AT_ONCE, LATER, UNSOLVED
    segment: npt.NDArray[np.int64]
    interval: npt.NDArray[np.int64]  # in which it began
    cause: npt.NDArray[np.int64]  # how its first contact ended, of CAUSES
    seats: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    each: dict[str, Floats]
    legs: npt.NDArray[np.void]
    begins: npt.NDArray[np.int64]
    attempts: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Summary:
    """What is kept of a replication's issues: sums over those that are over.

    `begun` and `settled` by interval: how many began, and were solved at once; `causes` (intervals, CAUSES) how the
    first contact of the others ended. `paths`: by journey in words, if told, the sums `OF_PATHS`. `surveys` (queues +
    1, SURVEYED), the last row for contacts that end in the flow. `people` (segments, MOVED), where customers are told
    apart. `by_segment`: `sums` of each segment. `visits` (touchpoints, VISITED).
    """

    sums: dict[str, float]
    begun: Floats
    settled: Floats
    causes: Floats
    paths: dict[str, Floats]
    surveys: Floats
    people: Floats | None
    by_segment: list[dict[str, float]]
    visits: Floats


def summary(model: Model, made: ledger.Ledger, number: int, told: bool = True) -> Summary:
    """What is kept of the ledger of replication `number`; journeys in words if `told`."""
    one = issues(model, made, number)
    over = one.how != OPEN
    sums = _sums(one, over)
    sums["helped"] = float(made.customers.helped.sum()) if made.customers is not None else 0.0
    by_segment = [_sums(one, over & (one.segment == k)) for k in range(len(model.scenario.segments))]
    n = model.timeline.n_intervals
    begun = np.bincount(one.interval[over], minlength=n).astype(np.float64)
    settled = np.bincount(one.interval[over], one.each["first"][over], n).astype(np.float64)
    causes = np.zeros((n, len(CAUSES)))
    np.add.at(causes, (one.interval[over], one.cause[over]), 1.0 - one.each["first"][over])
    paths: dict[str, Floats] = {}
    if told:
        each = np.stack([np.ones(len(one.how)), *(one.each[name] for name in OF_PATHS[1:])], axis=1)
        for k, path in enumerate(_told(model, one.legs, one.attempts, one.begins)):
            if over[k]:
                paths[path] = paths.get(path, 0.0) + each[k]
    surveys = _surveyed(model, one)
    people = None
    if made.customers is not None:
        people = _moved(model, made.customers, draws.run_key(model.seed, number))
    efforts = _efforts(model, one.legs)[0]
    visited = visits(model.scenario, one.legs, efforts, np.repeat(over, np.diff(np.append(one.begins, len(one.legs)))))
    return Summary(sums, begun, settled, causes, paths, surveys, people, by_segment, visited)


def _sums(one: Issues, which: npt.NDArray[np.bool_]) -> dict[str, float]:
    """What some issues that are over went through, added up."""
    sums = {name: float(values[which].sum()) for name, values in one.each.items()}
    return sums | {"issues": float(which.sum()), "unsolved": float((which & (one.how == UNSOLVED)).sum())}


def _efforts(model: Model, legs: npt.NDArray[np.void]) -> tuple[Floats, Floats]:
    """The effort of each leg in points, and its seconds on the line."""
    efforts, waited = np.zeros(len(legs)), np.zeros(len(legs))
    layout = model.layout
    effort.of_legs(layout.points.view(EFFORT_DTYPE)[0], legs, layout.at_home, layout.end, efforts, waited)
    return efforts, waited


def issues(model: Model, made: ledger.Ledger, number: int) -> Issues:
    """The issues that customers began in the counted time, from the ledger of replication `number` in its order."""
    when = model.timeline
    legs = made.legs
    opened = (legs["opened"] >= when.counted_from) & (legs["opened"] < when.counted_to)
    ours = (legs["felt"] & ledger.OURS) > 0
    legs = legs[(legs["cause"] != ledger.CONSULT) & ~ours & opened]
    begins = np.flatnonzero(np.append(True, np.diff(legs["issue"]) != 0)[: len(legs)])
    attempts = np.append(True, (np.diff(legs["issue"]) != 0) | (np.diff(legs["attempt"]) != 0))[: len(legs)]
    last = np.append(begins[1:], len(legs))[: len(begins)] - 1
    out = _counted(model, legs, begins, attempts)
    ends = legs[last]
    undecided = (ends["next"] != ledger.FRESH) | (ends["outcome"] == ledger.UNFINISHED)
    how = np.where(
        out["solved"] > 0.0, np.where(out["first"] > 0.0, AT_ONCE, LATER), np.where(undecided, OPEN, UNSOLVED)
    )
    segment = legs["segment"][begins].astype(np.int64)
    run = draws.run_key(model.seed, number)
    keys, seats = loyalty.whose(model.network, run, legs["issue"][begins], legs["segment"][begins])
    _felt(model, legs["issue"][begins], how, segment, seats, out, made.customers)
    interval = np.floor((legs["opened"][begins] - when.counted_from) / when.interval).astype(np.int64)
    first = np.flatnonzero(legs["attempt"] == 1)
    ends = first[np.append(np.diff(legs["issue"][first]) != 0, True)[: len(first)]]
    cause = CAUSE_OF[legs["outcome"][ends]]
    return Issues(how, segment, interval, cause, seats, keys, out, legs, begins, attempts)


def _counted(
    model: Model, legs: npt.NDArray[np.void], begins: npt.NDArray[np.int64], attempts: npt.NDArray[np.bool_]
) -> dict[str, Floats]:
    """What each issue went through."""

    def total(values: npt.ArrayLike) -> Floats:
        each = np.asarray(values, dtype=np.float64)
        return np.add.reduceat(each, begins) if len(begins) else np.zeros(0)

    in_flow = legs["queue"] < 0
    efforts, waited = _efforts(model, legs)
    strain = np.zeros(len(legs))
    loyalty.strains(model.network["loyalty"][0], legs["felt"].astype(np.int64), strain)
    handed = legs["outcome"] == ledger.TRANSFERRED
    solved = legs["resolved"] == 1
    done = np.where(legs["outcome"] == ledger.CONTAINED, legs["ended"], legs["talk_end"])
    return {
        "contacts": total(attempts),
        "wait": total(waited),
        "effort": total(efforts),
        "menus": total(in_flow & ((legs["felt"] & ledger.PASSED) == 0)),
        "transfers": total(handed),
        "retellings": total((legs["felt"] & ledger.TOLD_AGAIN) > 0),
        "again": total(attempts & (legs["attempt"] > 1)),
        "switches": total((legs["felt"] & ledger.SWITCHED) > 0),
        "rude": total((legs["felt"] & ledger.RUDE) > 0),
        "holds": total((legs["felt"] & ledger.HELD) > 0),
        "broken": total((legs["felt"] & ledger.BROKEN) > 0),
        "kept": total((legs["felt"] & ledger.KEPT) > 0),
        "compensated": total((legs["felt"] & ledger.COMPENSATED) > 0),
        "strain": total(strain),
        "solved": total(solved),
        "first": total(solved & (legs["attempt"] == 1)),
        "time": total(np.where(solved, done - legs["opened"], 0.0)),
    }


def _felt(
    model: Model,
    issue: npt.NDArray[np.int64],
    how: npt.NDArray[np.int64],
    segment: npt.NDArray[np.int64],
    seats: npt.NDArray[np.int64],
    out: dict[str, Floats],
    made: ledger.Customers | None,
) -> None:
    """What customers make of each issue that is over: satisfaction, loyalty, money; nothing yet of those open.

    Of customers who are told apart it is counted who left; of others so many are expected to as the shares say.
    """
    said = model.scenario.experience

    def of(part: Any) -> Floats:
        return np.array([*(getattr(part, name) for name in ENDINGS), 0.0])[how]

    over = how != OPEN
    out["satisfied"] = over * np.clip(of(said.csat) - said.csat.transfer * out["transfers"], 0.0, 1.0)
    out["nps"] = of(said.promoters) - of(said.detractors)
    after = said.disloyal
    out["disloyal"] = over * np.where(out["effort"] >= after.high, after.high_effort, after.low_effort)
    value = said.years * np.array([one.value for one in model.scenario.segments.values()])
    loyal = np.array([one.churn for one in model.scenario.segments.values()])[segment]
    churn, others = np.minimum(of(said.churn) * loyal * np.exp(out["strain"]), 1.0), np.zeros(len(how))
    if made is not None:
        churn[seats >= 0] = 0.0
        place = np.searchsorted(issue, made.moves["issue"])
        known = issue[np.minimum(place, len(issue) - 1)] == made.moves["issue"] if len(issue) else np.zeros(0, bool)
        moves, place = made.moves[known], place[known]
        churn[place[moves["kind"] == LEFT]] = 1.0
        np.add.at(others, place, np.where(moves["kind"] == WARNED, 1.0, np.where(moves["kind"] == BROUGHT, -1.0, 0.0)))
    out["churn"] = churn
    out["value_lost"] = value[segment] * (churn + (1.0 - churn) * of(said.spend) + others)


def _surveyed(model: Model, one: Issues) -> Floats:
    """Contacts by the queue where they ended: how many, satisfied, sent a survey, answered it, said they were."""
    survey, csat = model.scenario.experience.survey, model.scenario.experience.csat
    out = np.zeros((len(model.scenario.queues) + 1, len(SURVEYED)))
    legs = one.legs
    if survey is None or not len(legs):
        return out
    place = np.flatnonzero(one.attempts)
    ends = legs[np.append(place[1:], len(legs)) - 1]
    handed = np.add.reduceat((legs["outcome"] == ledger.TRANSFERRED).astype(np.float64), place)
    key = one.keys[np.cumsum(np.append(False, np.diff(legs["issue"]) != 0))[place]]

    def drawn(purpose: int) -> Floats:
        found = np.zeros(len(key))
        loyalty.find_draws(key, ends["attempt"].astype(np.int64), purpose, found)
        return found

    solved = ends["resolved"] == 1
    level = np.where(solved, np.where(ends["attempt"] == 1, csat.first, csat.later), csat.unsolved)
    satisfied = drawn(draws.PLEASED) < level - csat.transfer * handed
    kind = {
        "answered": ends["outcome"] == ledger.ANSWERED,
        "resolved": (ends["outcome"] == ledger.ANSWERED) & solved,
        "all": np.ones(len(ends), bool),
    }[survey.of]
    sent = kind & (drawn(draws.ASKED) < survey.asked)
    answered = sent & (drawn(draws.ANSWERS) < np.where(satisfied, survey.satisfied, survey.dissatisfied))
    queue = np.where(ends["queue"] >= 0, ends["queue"], len(out) - 1)
    for column, mask in enumerate((np.ones(len(ends), bool), satisfied, sent, answered, answered & satisfied)):
        out[:, column] = np.bincount(queue, mask, len(out))
    return out


def _moved(model: Model, made: ledger.Customers, run: np.uint64) -> Floats:
    """By segment: customers at the beginning and end of the counted time, and why they are more or fewer."""
    when, moves = model.timeline, made.moves
    begun = system_state.board(model.network, 0)
    loyalty.seated(model.network, begun, run)
    markets = model.network["markets"]
    segments = np.repeat(np.arange(len(markets)), markets["seats"])
    start, end = (loyalty.there(begun, moves, t, segments) for t in (when.counted_from, when.counted_to))
    moves = moves[(moves["time"] > when.counted_from) & (moves["time"] <= when.counted_to)]

    def count(kind: int, how: int | None = None) -> Floats:
        mask = (moves["kind"] == kind) & (True if how is None else moves["how"] == how)
        return np.bincount(moves["segment"], mask, len(markets)).astype(np.float64)

    left = [count(LEFT, how) for how in (AT_ONCE, LATER, UNSOLVED)]
    warned, brought = count(WARNED), count(BROUGHT)
    replaced = end - start + sum(left) + warned - brought
    return np.stack([start, *left, warned, brought, replaced, end], axis=1)


def _told(
    model: Model, legs: npt.NDArray[np.void], attempts: npt.NDArray[np.bool_], begins: npt.NDArray[np.int64]
) -> list[str]:
    """Each issue's journey in words: stays joined by ' → ', contacts by ' | '.

    Of the flow, self-service and conversations with AI agents are told, and else where the journey ends.
    """
    queues, nodes = list(model.scenario.queues), list(model.scenario.flow)
    portals = [-1 - n for n, node in enumerate(model.scenario.flow.values()) if node.self_service is not None]
    helping = np.isin(legs["queue"], portals) | ((legs["felt"] & ledger.CONVERSED) > 0)
    skipped = np.isin(legs["outcome"], (ledger.HANDED_ON, ledger.REPLIED)) & ~helping
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
    last = np.append(begins[1:], len(legs))[: len(begins)] - 1
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
