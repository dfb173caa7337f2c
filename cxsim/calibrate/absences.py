"""How long agents are at hand and away, by the pauses that they take while customers wait."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.agents import Team
from cxsim.calibrate.arrivals import clock
from cxsim.calibrate.basis import Basis
from cxsim.calibrate.estimates import Estimated, at_edge, profile_interval
from cxsim.calibrate.records import Contacts
from cxsim.calibrate.redials import Floats

READY = 3.0  # s between two contacts up to which an agent was not away: ringing, and clocks in whole seconds
JUST_BEFORE = 1.0  # s: a customer who waits so long before an agent is free waits when the agent is free
FEW_PAUSES, FEW_IN_SLOT = 30, 15
REACH = 4.0  # of the logit of availability around its mean, within which intervals lie
SPREADS = np.arange(0.1, 2.01, 0.1)  # standard deviations of the logit between intervals that are tried
SURE = 5.41  # twice the log of a likelihood ratio, above which there is a spread: 1 %, since it cannot be negative
MOST_WITHOUT_ACW = 0.05  # of the talks: where more have no after-call work, a pause may be that
SHARES = (0.02, 0.9999)  # between which availability is looked for, and between which the mean length of
LENGTHS = (3.0, 7200.0)  # absences is (s)
FINE = 50.0  # cells per e-fold of the time on a contact: alike, they count together

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pauses:
    """What agents did after contacts while a customer whom they serve waited.

    `at` is when the contact ended, `worked` the time on it (s), `length` the pause (s), `ended` whether the agent then
    took a contact; otherwise the queue emptied or the shift ended first.
    """

    at: Floats
    worked: Floats
    length: Floats
    ended: Bools


@dataclass(frozen=True)
class Absent:
    """Availability and the mean length of an absence (s), each with its 95 % interval."""

    share: float
    low: float
    high: float
    length: float
    shortest: float
    longest: float
    pauses: int
    absences: int  # of them
    edge: str = ""  # where the search ended at a limit of its range
    evidence: Pauses | None = field(default=None, repr=False)


def pauses(contacts: Contacts, who: Team) -> Pauses:
    """The pauses of all agents on duty, up to the moment at which the queue empties or the shift ends."""
    served = contacts[(contacts.agent != "") & contacts.answered & np.isfinite(contacts.talk)]
    group = np.array([who.group_of.get(agent, "") for agent in served.agent.tolist()], dtype=object)
    following, leaves = _next(served), _shift_end(served, who)
    parts = []
    for name, one in who.groups.items():
        waiting = contacts[contacts.queued & np.isin(contacts.reason.astype(str), list(one.skills))]
        mine = (group == name) & (leaves > served.freed) & (following >= served.freed - JUST_BEFORE)
        if not len(waiting) or not mine.any():
            continue
        times = np.concatenate((waiting.at, waiting.at + waiting.wait))
        steps = np.concatenate((np.ones(len(waiting)), -np.ones(len(waiting))))
        order = np.lexsort((-steps, times))
        times, queue = times[order], np.cumsum(steps[order])
        free = served.freed[mine]
        place = np.searchsorted(times, free - JUST_BEFORE, side="right") - 1
        some = (place >= 0) & (queue[np.maximum(place, 0)] > 0.0)
        empty = np.flatnonzero(queue <= 0.0)
        emptied = np.append(times[empty], np.inf)[np.searchsorted(empty, place)]
        until = np.minimum(np.minimum(following[mine], np.maximum(emptied, free)), leaves[mine])
        ended = following[mine] <= until + READY
        length = np.maximum(np.where(ended, following[mine], until) - free, 0.0)
        some &= ended | (length > READY)  # too short to tell whether the agent was ready
        parts.append((free[some], free[some] - served.began[mine][some], length[some], ended[some]))
    at, worked, length, ended = (np.concatenate([part[k] for part in parts] or [np.zeros(0)]) for k in range(4))
    return Pauses(at, worked, length, ended.astype(np.bool_))


def _next(served: Contacts) -> Floats:
    """When each agent begins the next contact; infinity after the last."""
    order = np.lexsort((served.began, served.agent.astype(str)))
    out = np.full(len(served), np.inf)
    same = served.agent[order][1:] == served.agent[order][:-1]
    out[order[:-1][same]] = served.began[order[1:][same]]
    return out


def _shift_end(served: Contacts, who: Team) -> Floats:
    """When the spell on duty ends within which each contact ends; minus infinity outside of all."""
    names, of_spell = np.unique(who.spells.agent.astype(str), return_inverse=True)
    out = np.full(len(served), -np.inf)
    if not len(names):
        return out
    agent = served.agent.astype(str)
    number = np.minimum(np.searchsorted(names, agent), len(names) - 1)
    far = 1.0 + max(float(who.spells.end.max()), float(served.freed.max(initial=0.0)))
    order = np.lexsort((who.spells.start, of_spell))
    place = np.searchsorted((of_spell * far + who.spells.start)[order], number * far + served.freed, side="right") - 1
    spell = order[np.maximum(place, 0)]
    inside = (place >= 0) & (of_spell[spell] == number) & (names[number] == agent)
    inside &= served.freed < who.spells.end[spell]
    out[inside] = who.spells.end[spell[inside]]
    return out


class Likelihood:
    """The log-likelihood of pauses, given availability and the mean length of an absence.

    An agent is at hand for an exponential time with mean length × share ⁄ (1 − share), work included. If it is over
    at the end of a contact, the agent goes away for an exponential time, otherwise takes the customer who waits.
    """

    def __init__(self, found: Pauses) -> None:
        away = found.length > READY
        self.ready, self.ready_count = _cells(found.worked[~away])
        self.away, self.away_count = _cells(found.worked[away])
        self.total, self.ended = float(found.length[away].sum()), int((away & found.ended).sum())

    def __call__(self, share: float, length: float) -> float:
        rate = (1.0 - share) / (share * length)
        ready, away = -np.expm1(-self.ready * rate), -np.expm1(-self.away * rate)
        out = float((self.ready_count * np.log1p(-ready * math.exp(-READY / length))).sum())
        out += float((self.away_count * np.log(np.maximum(away, 1e-300))).sum())
        return out - self.total / length - self.ended * math.log(length)


def _cells(worked: Floats) -> tuple[Floats, Floats]:
    """Times on a contact (s) that differ by more than 2 %, and how many there are of each."""
    cells, count = np.unique(np.round(np.log(np.maximum(worked, 1.0)) * FINE), return_counts=True)
    return np.exp(cells / FINE), count.astype(np.float64)


def absent(contacts: Contacts, who: Team) -> Absent | None:
    """Availability and the length of absences by maximum likelihood, from pauses while customers wait.

    None where fewer than 30 pauses tell, or where after-call work is not recorded: a pause may then be that.
    """
    served = contacts[(contacts.agent != "") & contacts.answered & np.isfinite(contacts.talk)]
    if not len(served) or float(np.mean(~np.isfinite(served.acw))) > MOST_WITHOUT_ACW:
        return None
    found = pauses(contacts, who)
    rows, away = len(found.length), int((found.length > READY).sum())
    if rows < FEW_PAUSES:
        return None
    if not away:
        # None of n went away: with 95 %, fewer than 3 ⁄ n do (the longest absences that are tried make it lowest).
        stays = float(found.worked.mean()) * rows / 3.0
        return Absent(1.0, stays / (stays + 600.0), 1.0, math.nan, math.nan, math.nan, rows, 0)
    return replace(_fitted(Likelihood(found), rows, away), evidence=found)


def _fitted(likely: Likelihood, rows: int, away: int) -> Absent:
    from scipy.optimize import minimize, minimize_scalar

    (a, b), (c, d) = ((_logit(SHARES[0]), _logit(SHARES[1])), (math.log(LENGTHS[0]), math.log(LENGTHS[1])))
    first = min(max(likely.total / max(likely.ended, 1), 2 * LENGTHS[0]), LENGTHS[1] / 2)

    def loss(z: Floats) -> float:
        return -likely(_share(float(z[0])), math.exp(float(z[1])))

    top = minimize(loss, [0.0, math.log(first)], method="Nelder-Mead", bounds=[(a, b), (c, d)], options={"xatol": 1e-3})
    x, y = (float(z) for z in top.x)

    def of_share(z: float) -> float:
        return -float(minimize_scalar(lambda o: loss(np.array([z, o])), bounds=(c, d), method="bounded").fun)

    def of_length(z: float) -> float:
        return -float(minimize_scalar(lambda o: loss(np.array([o, z])), bounds=(a, b), method="bounded").fun)

    low, high = profile_interval(of_share, x, a, b)
    short, long = profile_interval(of_length, y, c, d)
    share, length = _share(x), math.exp(y)
    edges = [at_edge(share, *SHARES, "share"), at_edge(length, *LENGTHS, "s")]
    if not any(edges) and (low <= a or high >= b or short <= c or long >= d):
        edges.append("the interval reaches a limit of the search")
    return Absent(
        share,
        _share(low),
        _share(high),
        length,
        math.exp(short),
        math.exp(long),
        rows,
        away,
        "; ".join(filter(None, edges)),
    )


def by_interval(found: Absent, basis: Basis) -> tuple[Floats | None, list[Estimated]]:
    """Factors on availability by interval of the day (slots,), and a row for each; None where it does not vary.

    Given the mean length of all absences, the logit of availability is normal over intervals, with the likeliest mean
    and spread; a likelihood-ratio test (1 %) decides whether there is any. Each interval has the mean and the middle
    95 % of what its own pauses and the others leave likely (empirical Bayes).
    """
    if found.evidence is None or not SHARES[0] < found.share < SHARES[1]:
        return None, []
    slot, slots = basis.slots(found.evidence.at), basis.days.slots
    used = np.flatnonzero(np.bincount(slot, minlength=slots) >= FEW_IN_SLOT)
    if len(used) < 2:
        return None, []
    grid = _logit(found.share) + np.linspace(-REACH, REACH, 161)
    likely = np.array([_in_slot(found, slot == k, grid) for k in used.tolist()])
    weights, spread = _spread(likely, grid)
    if weights is None:
        return None, []
    method = "pauses while customers wait, drawn towards the mean by as much as chance explains"
    edge = at_edge(spread, 0.0, SPREADS[-1], "logit")
    factor, rows, shares = np.ones(slots), [], 1.0 / (1.0 + np.exp(-grid))
    for k, weight in zip(used.tolist(), weights, strict=True):
        value = float(weight @ shares)
        low, high = (float(x) for x in np.interp((0.025, 0.975), np.cumsum(weight), shares))
        name, count = f"availability: {clock(k * basis.width)}", int((slot == k).sum())
        rows.append(Estimated("all", name, value, low, high, "share", method, count, edge))
        factor[k] = value / found.share
    return factor, rows


def _in_slot(found: Absent, mine: Bools, grid: Floats) -> Floats:
    """The log-likelihood of the pauses in one interval of the day, for each logit of availability."""
    assert found.evidence is not None
    worked, away = found.evidence.worked[mine], found.evidence.length[mine] > READY
    rate = np.exp(-grid)[:, None] / found.length  # (1 − share) ⁄ share is the exponential of the negative logit
    p = -np.expm1(-worked * rate) * math.exp(-READY / found.length)
    return np.asarray(np.log(np.maximum(np.where(away, p, 1.0 - p), 1e-300)).sum(axis=1))


def _spread(likely: Floats, grid: Floats) -> tuple[Floats | None, float]:
    """(weights of the grid by interval, spread of the logits); no weights where a test shows no spread."""
    none = float(likely.sum(axis=0).max())
    best, weights, spread = none, None, 0.0
    top = likely.max(axis=1, keepdims=True)
    for tau in SPREADS:
        prior = np.exp(-0.5 * ((grid[None] - grid[:, None]) / tau) ** 2)  # by mean, and place
        prior /= prior.sum(axis=1, keepdims=True)
        joint = np.exp(likely - top) @ prior.T  # by interval, and mean
        total = np.log(np.maximum(joint, 1e-300)).sum(axis=0) + top.sum()
        mean = int(np.argmax(total))
        if total[mean] > best:
            best, spread = float(total[mean]), float(tau)
            weights = np.exp(likely - top) * prior[mean]
    if weights is None or 2.0 * (best - none) < SURE:
        return None, 0.0
    return weights / weights.sum(axis=1, keepdims=True), spread


def estimates(found: Absent) -> list[Estimated]:
    """Both as rows."""
    method = "pauses while customers wait: which are absences, and how long; profile likelihood"
    note = "; ".join(filter(None, (f"{found.absences:,} of {found.pauses:,} are absences", found.edge)))
    out = [
        Estimated(
            "all", "availability by pauses", found.share, found.low, found.high, "share", method, found.pauses, note
        )
    ]
    if math.isfinite(found.length):
        out.append(
            Estimated(
                "all",
                "away by pauses: mean length",
                found.length,
                found.shortest,
                found.longest,
                "s",
                method,
                found.absences,
                note,
            )
        )
    return out


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def _share(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))
