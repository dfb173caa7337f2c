"""Who serves what, who is there when, and how many of those who are idle are available."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.distributions import survival
from cxsim.calibrate.durations import QUANTILES, Durations
from cxsim.calibrate.estimates import Estimated, Z, at_edge, profile_interval
from cxsim.calibrate.records import Contacts, Records
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.staffing import Spells, pauses, presence

LONGEST_GAP = 900.0  # s without a service after which an agent counts as off duty
ROUND_SHIFTS = 900.0  # s: shifts begin and end on the quarter-hour
LONGEST_PAUSE = 60.0  # s: a pause after a service up to here is after-call work, a longer one is being away
FEW_PAUSES = 100
EXPECTED = 10.0  # contacts of a reason that an agent would have taken, from which taking none says something
MOST_WITHOUT = 0.1  # of the contacts: where agents who do not serve a reason take more, it needs a skill
LEAST_CALLS, LEAST_SHARE = 3.0, 0.15  # of a reason, in number and against everybody's rate, by who serves it
SPECIALIST = 0.25  # an agent with a larger share of one reason takes that first,
SPECIAL_TIMES = 3.0  # if the share is also so many times everybody's
SMALL_GROUP = 0.02  # of all contacts: smaller groups join the most similar larger one
CLOCK = 3.0  # s: what happened so shortly before an arrival may have happened after it
FEW_IDLE = 200  # arrivals that found an idle agent and an empty queue, below which availability is not counted

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Group:
    """Agents with the same skills: rank by reason."""

    name: str
    skills: dict[str, int]
    agents: int
    contacts: int


@dataclass(frozen=True, eq=False)
class Team:
    """Groups, which group each agent belongs to, and when they were on duty."""

    groups: dict[str, Group]
    group_of: dict[str, str]
    spells: Spells
    source: str  # where the times on duty are from
    notes: tuple[str, ...] = ()


def team(records: Records) -> Team:
    """Groups from who served what, and times on duty from log-ins, or else from services."""
    contacts = records.contacts
    assert contacts is not None
    served = contacts[(contacts.agent != "") & contacts.answered & np.isfinite(contacts.talk)]
    if not len(served):
        everything = {str(r): 1 for r in np.unique(contacts.reason.astype(str))}
        spells = _logged(records)
        one = Group("agents", everything, 0, len(contacts))
        said = ("no contact names its agent: one group serves everything",)
        return Team({"agents": one}, dict.fromkeys(set(spells.agent.tolist()), "agents"), spells, "log-ins", said)
    groups, group_of = _groups(served)
    notes: tuple[str, ...] = ()
    source = "services"
    spells = presence(served.agent.astype(str), served.began, served.freed, LONGEST_GAP, round_to=ROUND_SHIFTS)
    if records.duty is not None and len(records.duty.agent):
        logged = _logged(records)
        known = np.array([a in group_of for a in logged.agent.tolist()])
        if known.mean() >= 0.5:
            spells, source = Spells(logged.agent[known], logged.start[known], logged.end[known]), "log-ins"
            if not known.all():
                notes = (f"{len(set(logged.agent[~known].tolist()))} agents log in but serve no contact; left out",)
        else:
            notes = (
                "the agents of staffing.csv are not those of contacts.csv (ids differ between two imports): times on "
                "duty are taken from services; import both with --keep-identities to use the log-ins",
            )
    return Team(groups, group_of, spells, source, notes)


def _logged(records: Records) -> Spells:
    duty = records.duty
    if duty is None:
        return Spells(np.array([], np.str_), np.zeros(0), np.zeros(0))
    order = np.lexsort((duty.start, duty.agent.astype(str)))
    return Spells(duty.agent.astype(str)[order], duty.start[order], duty.end[order])


def _groups(served: Contacts) -> tuple[dict[str, Group], dict[str, str]]:
    names, a = np.unique(served.agent.astype(str), return_inverse=True)
    reasons, r = np.unique(served.reason.astype(str), return_inverse=True)
    table = np.zeros((len(names), len(reasons)))
    np.add.at(table, (a.reshape(-1), r.reshape(-1)), 1.0)
    total, share = table.sum(axis=1), table.sum(axis=0) / table.sum()
    apart = [k for k in range(len(reasons)) if _needs_skill(table[:, k], total, share[k])]
    calls = {
        str(n): {str(x): int(c) for x, c in zip(reasons, row, strict=True)} for n, row in zip(names, table, strict=True)
    }
    extra = {
        str(n): [str(reasons[k]) for k in apart if _serves(table[i, k], total[i] * share[k])]
        for i, n in enumerate(names)
    }
    common = [str(x) for k, x in enumerate(reasons) if k not in apart]
    kind: dict[str, tuple[tuple[str, ...], str]] = {}
    for i, name in enumerate(names.tolist()):
        own = table[i] / total[i]
        desks = [
            str(reasons[k])
            for k in apart
            if own[k] > SPECIALIST and own[k] > SPECIAL_TIMES * share[k] and str(reasons[k]) in extra[name]
        ]
        serves = tuple(sorted(set(common) | set(extra[name]))) or tuple(str(x) for x in reasons[table[i] > 0])
        kind[name] = serves, desks[0] if desks else ""
    kind = _merged(kind, {n: float(t) for n, t in zip(names.tolist(), total.tolist(), strict=True)})
    groups: dict[str, Group] = {}
    label: dict[tuple[tuple[str, ...], str], str] = {}
    for serves, special in sorted(set(kind.values())):
        mine = [n for n, one in kind.items() if one == (serves, special)]
        name = _name(serves, special, common, len(reasons), set(groups))
        label[serves, special] = name
        ranks = {x: 1 if not special or x == special else 2 for x in serves}
        groups[name] = Group(name, ranks, len(mine), int(sum(sum(calls[n].values()) for n in mine)))
    return groups, {n: label[one] for n, one in kind.items()}


def _needs_skill(taken: Floats, total: Floats, share: float) -> bool:
    """Whether agents who could have shown that they serve a reason, and did not, take many contacts."""
    could = total * share >= EXPECTED
    without = could & ((taken < LEAST_CALLS) | (taken < LEAST_SHARE * share * total))
    return bool(total[without].sum() > MOST_WITHOUT * total[could].sum()) if could.any() else False


def _serves(taken: float, expected: float) -> bool:
    """Whether an agent serves a reason that needs a skill: more often than by mistake, and not far less than others."""
    return taken >= min(LEAST_CALLS, max(1.0, expected / 2.0)) and taken >= LEAST_SHARE * expected


def _merged(
    kind: dict[str, tuple[tuple[str, ...], str]], weight: dict[str, float]
) -> dict[str, tuple[tuple[str, ...], str]]:
    """Agents of small groups join the most similar large one."""
    sums: dict[tuple[tuple[str, ...], str], float] = {}
    for name, one in kind.items():
        sums[one] = sums.get(one, 0.0) + weight[name]
    total = sum(sums.values())
    large = [one for one, w in sums.items() if w >= SMALL_GROUP * total] or [max(sums, key=lambda one: sums[one])]

    def nearest(one: tuple[tuple[str, ...], str]) -> tuple[tuple[str, ...], str]:
        if one in large:
            return one
        return min(large, key=lambda x: (len(set(x[0]) ^ set(one[0])) + (x[1] != one[1]), -sums[x]))

    return {name: nearest(one) for name, one in kind.items()}


def _name(serves: tuple[str, ...], special: str, common: list[str], reasons: int, taken: set[str]) -> str:
    if special:
        base = f"{special} desk"
    elif len(serves) == reasons:
        base = "all round" if reasons > 1 else "agents"
    else:
        base = " ".join(x for x in serves if x not in common) or "basic"
    base = base if len(base) <= 60 else base[:57] + "etc"
    name, k = base, 2
    while name in taken:
        name, k = f"{base} {k}", k + 1
    return name


def wrap_of(contacts: Contacts, longest: float = LONGEST_PAUSE) -> tuple[Durations | None, int]:
    """After-call work that is not recorded: pauses of agents while customers wait, up to `longest` (s).

    Returns the pauses' distribution (None where there are too few) and the number of pauses.
    """
    served = contacts[(contacts.agent != "") & np.isfinite(contacts.talk) & contacts.answered]
    waiting = contacts[contacts.queued]
    lengths, censored = pauses(
        served.agent.astype(str), served.began, served.talk_end, waiting.at, waiting.at + waiting.wait
    )
    if int((~censored).sum()) < FEW_PAUSES:
        return None, int((~censored).sum())
    curve = survival(lengths, censored)
    short = curve.times <= longest
    beyond = float(curve.shares[short][-1])
    if beyond >= 1.0 or not short.any():
        return None, int((~censored).sum())
    known = (1.0 - curve.shares[short]) / (1.0 - beyond)
    knots = np.interp(QUANTILES, np.concatenate(([0.0], known)), np.concatenate(([0.0], curve.times[short])))
    values = lengths[~censored & (lengths <= longest)]
    why = "pauses while customers wait, Kaplan–Meier; longer ones count as being away"
    return Durations(values, int((lengths > longest).sum()), 0, (), None, QUANTILES, knots, why), int((~censored).sum())


@dataclass(frozen=True, eq=False)
class Available:
    """Which share of idle agents is available, counted: None where too few arrivals tell."""

    share: float | None
    low: float
    high: float
    rows: int
    edge: str = ""  # where the search ended at a limit of its range


def availability(contacts: Contacts, who: Team) -> Available:
    """The share of idle agents who take a contact, from arrivals that find an empty queue.

    With i agents on duty and not busy, such an arrival waits if none of them is available: with probability
    (1 - share)^i if each is available independently. The share is that of the largest likelihood.
    """
    everybody = [
        r for r in np.unique(contacts.reason.astype(str)).tolist() if all(r in g.skills for g in who.groups.values())
    ]
    served = contacts[(contacts.agent != "") & np.isfinite(contacts.talk) & contacts.answered]
    waiting = contacts[contacts.queued]
    before = contacts.at - CLOCK

    def passed(times: Floats) -> npt.NDArray[np.int64]:
        return np.searchsorted(np.sort(times), before, side="right")

    idle = passed(who.spells.start) - passed(who.spells.end) - passed(served.began) + passed(served.freed)
    empty = passed(waiting.at) == passed(waiting.at + waiting.wait)
    some = empty & (idle > 0) & (np.isin(contacts.reason.astype(str), everybody) if everybody else True)
    rows = int(some.sum())
    waited = contacts.queued[some]
    if rows < FEW_IDLE:
        return Available(None, math.nan, math.nan, rows)
    return of_idle(idle[some].astype(np.float64), waited)


def of_idle(idle: Floats, waited: Bools) -> Available:
    """The likeliest share, from how many were idle at each arrival, and which of these waited."""
    rows = len(idle)
    waits, served_at_once = float(idle[waited].sum()), idle[~waited]
    sizes, many = np.unique(served_at_once, return_counts=True)

    def likely(p: float) -> float:
        return waits * math.log(p) + float((many * np.log1p(-(p**sizes))).sum())

    grid = np.linspace(0.005, 0.995, 199)
    best = float(grid[int(np.argmax([likely(float(p)) for p in grid]))])
    if best <= 0.01:
        return Available(1.0, math.nan, 1.0, rows)
    low, high = profile_interval(likely, best, 1e-6, 1 - 1e-6)
    edge = at_edge(1.0 - best, 1.0 - float(grid[-1]), 1.0 - float(grid[0]), "share")
    return Available(1.0 - best, 1.0 - high, 1.0 - low, rows, edge)


def estimates(found: Available, who: Team) -> list[Estimated]:
    """Availability and the groups as rows."""
    out = []
    if found.share is not None:
        method = "arrivals that find an empty queue and idle agents: how many wait; profile likelihood"
        out.append(
            Estimated(
                "all",
                "available when idle",
                found.share,
                found.low,
                found.high,
                "share",
                method,
                found.rows,
                found.edge,
            )
        )
    total = sum(g.contacts for g in who.groups.values())
    for g in who.groups.values():
        share = g.contacts / total if total else math.nan
        half = Z * math.sqrt(share * (1 - share) / total) if total else math.nan
        method = "share of the answered contacts; skills from who served what"
        out.append(
            Estimated(
                g.name,
                "group",
                share,
                share - half,
                share + half,
                "share",
                method,
                g.contacts,
                f"{g.agents} agents: {', '.join(g.skills)}",
            )
        )
    return out
