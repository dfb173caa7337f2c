"""Days before and after the counted time: how many are needed, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.model.time_spans import DAY, span_text
from cxsim.rules.contact_times import handle_time
from cxsim.rules.ivr_steps import handed_on, queues_of, reached
from cxsim.schema.names import CAUSES, REPEATS
from cxsim.tables.shares import shares

if TYPE_CHECKING:
    from cxsim.scenario.model.scenario import Scenario

Returns = list[tuple[Any, bool]]  # the rules by which a customer can return, and whether each makes repeats
SHORT_DELAY = 12 * 3600.0  # returns that nearly always come within this need no days before
LONGEST_BEFORE = LONGEST_AFTER = 14  # days
QUANTILE = 0.95
BACKLOG = 7  # days before and after where work waits over night: each weekday leaves its own backlog to the next
CUT = 1e-4  # at most this share of the issues of a steady state goes on after the simulated time


def steady_after(scenario: Scenario, window: float) -> tuple[float, tuple[str, ...]]:
    """Seconds simulated after the counted time of a steady state, so that its issues end; and what to say of it.

    Raises ValueError where issues may go on for more than `LONGEST_AFTER` days and the scenario does not say how long
    to follow them.
    """
    horizon: Any = scenario.horizon
    warm_up, length, given = float(horizon.steady.warm_up), float(horizon.steady.length), horizon.steady.after
    needed = _longest_issue(scenario)
    if given is None and needed > LONGEST_AFTER * DAY:
        how_long = span_text(needed) if math.isfinite(needed) else "any length of time"
        raise ValueError(
            f"horizon.steady: customers may keep coming back for {how_long}, longer than the {LONGEST_AFTER} days "
            "that are simulated afterwards by default; write after: 14 days, which cuts later returns, or shorten the"
            " delays, chances or at_most of after_contact"
        )
    after = needed if given is None else float(given)
    notes = [
        f"Steady state: one opening of {span_text(warm_up + length + after)}, the first {span_text(warm_up)} of it"
        f" not counted{f', nor the last {span_text(after)}' if after else ''}."
    ]
    if given is None and after:
        notes.append(f"The last {span_text(after)} are simulated so that all but 1 in {1 / CUT:,.0f} issues end.")
    elif given is not None and needed > after:
        notes.append(
            f"Returns may come until {span_text(needed)} after the first contact, but only {span_text(after)} are"
            " simulated after the counted time: the last returns are missing, so contacts per issue are too low."
        )
    longest, repeats = longest_delay(scenario)
    if longest > warm_up:
        notes.append(
            f"The warm-up of {span_text(warm_up)} is shorter than returns take (95 % come within {span_text(longest)}):"
            " fewer customers return in the counted time than in steady state. Write a longer warm_up."
        )
    if repeats and window > after:
        seen = length + after - window
        which = f"only of contacts in the first {span_text(seen)}" if seen > 0.0 else "is not available"
        notes.append(
            f"Measured FCR {which}: its window of {span_text(window)} is longer than the {span_text(after)} simulated"
            f" after the counted time. Write a shorter fcr_window, or steady.after: {span_text(window)}."
        )
    return after, tuple(notes)


def _outside(count: int, side: str, why: str) -> str:
    """How many days before or after the horizon are simulated, as a sentence with its reason."""
    joined = f", {why}" if why.startswith(("so that", "as ")) else f": {why}"
    return f"{days(count)} {side} the horizon {is_are(count)} simulated{' but not counted' if count else ''}{joined}."


def _longest_issue(scenario: Scenario) -> float:
    """Seconds after its first contact within which all but a share `CUT` of the issues end, if every wait is in vain.

    The last return comes by its 1 - CUT quantile, those before it after the mean of delay and talk.
    """
    out, who = 0.0, serving(scenario)
    for name, reason in scenario.reasons.items():
        rules = _returns_of(scenario, name, who)
        chance = max((chance for _, _, chance in rules), default=0.0)
        most = max((rule.at_most - 1 for rule, _, _ in rules), default=0)
        if chance < 1.0:
            most = min(most, max(1, math.ceil(math.log(CUT) / math.log(chance) - 1e-9))) if chance > 0.0 else 0
        delays = [rule.delay for rule, _, _ in rules if rule.delay.name != "never"]
        if most and delays:
            last = max(float(delay.quantile(1.0 - CUT)) for delay in delays)
            queues = reachable(scenario, *queues_of(scenario, name))
            work = max((handle_time(reason, scenario.queues[queue]) for queue in queues), default=0.0)
            mean = max(float(delay.mean) for delay in delays) + work
            out = max(out, last + most * work + (most - 1) * mean)
    return out


def edges(scenario: Scenario, window: float | None) -> tuple[int, int, float, tuple[str, ...]]:
    horizon: Any = scenario.horizon
    returns = _returns(scenario)
    longest, repeats = _longest_delay(returns)
    long = longest > SHORT_DELAY
    notes = []
    before = horizon.before
    carried, left, waits = _carried(scenario)
    if before is None:
        returning = min(LONGEST_BEFORE, math.ceil(longest / DAY)) if long else 0
        before = max(returning, carried)
        why = f"95 % of the returns come within {span_text(longest)}" if longest else "no customer ever returns"
        why = waits if carried > returning else why
        notes.append(_outside(before, "before", why))
    else:
        notes.append(_outside(before, "before", "as the scenario says"))
    if window is None:
        window = 7 * DAY if long else DAY
        notes.append(f"FCR window {span_text(window)}, derived from the delays of the returns.")
    else:
        notes.append(f"FCR window {span_text(window)}, as the scenario says.")
    after = horizon.after
    if after is None:
        closing = math.ceil(window / DAY - 1e-9) if repeats else 0
        redialling = min(LONGEST_AFTER, math.ceil(_last_return(returns, redials=True) / DAY - 1e-9))
        after = max(closing, redialling, left)
        why = "no return takes longer than a few hours" if longest else "no customer ever returns"
        if after:
            why = "so that FCR windows close" if closing >= redialling else "so that redials come"
            why = waits if left > max(closing, redialling) else why
            # A return due on a closed day comes at the next opening, and so must be simulated as far as that.
            last = horizon.start + timedelta(days=horizon.days - 1)
            while not horizon.hours_on(last + timedelta(days=after)):
                after += 1
        notes.append(_outside(after, "after", why))
    else:
        notes.append(_outside(after, "after", "as the scenario says"))
    needed = _last_return(returns)
    if needed > after * DAY:
        notes.append(
            f"Returns may come until {span_text(needed)} after the first contact, but {days(after).lower()} after the "
            f"horizon {is_are(after)} simulated: late returns are missing, so contacts per issue are too low."
        )
    return before, after, window, tuple(notes)


def _carried(scenario: Scenario) -> tuple[int, int, str]:
    """Days before and after that work needs which one day leaves to the next; and why, in words."""
    horizon: Any = scenario.horizon
    waiting = [name for name, queue in scenario.queues.items() if scenario.channels[queue.channel].day_and_night]
    if waiting:
        return BACKLOG, BACKLOG, f"contacts of {listed(waiting)} wait overnight and over weekends"

    def open_at_midnight(day: date) -> int:
        evening, morning = (horizon.hours_on(day - timedelta(days=n)) for n in (1, 0))
        return int(any(b == DAY for _, b in evening) and any(a == 0.0 for a, _ in morning))

    edges = (horizon.start, horizon.start + timedelta(days=horizon.days))
    return (
        open_at_midnight(edges[0]),
        open_at_midnight(edges[1]),
        "it is open at midnight, so contacts are already in service",
    )


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def longest_delay(scenario: Scenario) -> tuple[float, bool]:
    """The longest 95 % quantile (s) of the delays of returns that can happen; and whether repeats can."""
    return _longest_delay(_returns(scenario))


def _longest_delay(returns: Returns) -> tuple[float, bool]:
    longest, repeats = 0.0, False
    for rule, repeat in returns:
        delay = float(rule.delay.quantile(QUANTILE))
        if math.isfinite(delay):
            longest, repeats = max(longest, delay), repeats or repeat
    return longest, repeats


def _last_return(returns: Returns, redials: bool = False) -> float:
    """Seconds after an issue's first contact in which nearly all its long returns come; `redials`: of these alone.

    As if every attempt failed: 95 % of the chains end within so many returns, all but the last of mean delay.
    """
    out = 0.0
    for rule, repeat in returns:
        last = float(rule.delay.quantile(QUANTILE))
        if (redials and repeat) or not SHORT_DELAY < last < math.inf:
            continue
        most = rule.at_most - 1
        if rule.chance < 1.0:
            most = min(most, max(1, math.ceil(math.log(1.0 - QUANTILE) / math.log(rule.chance) - 1e-9)))
        mean = float(rule.delay.mean)
        out = max(out, last + (most - 1) * (mean if math.isfinite(mean) else last))
    return out


def replayed(scenario: Scenario) -> list[str]:
    """The reasons whose returns a replayed log turns off, in a sentence each."""
    out = []
    for name, reason in scenario.reasons.items():
        off = [
            cause
            for cause in CAUSES
            if getattr(scenario.after_contact, cause).chance > 0.0
            and getattr(reason.after_contact, cause).chance == 0.0
            and cause not in reason.after_contact.model_fields_set
        ]
        if reason.volume.arrivals is not None and off:
            out.append(
                f"reasons.{name}: its log of arrivals already contains redials and repeats, so none are added"
                f" ({', '.join(off)})."
            )
    return out


def _returns(scenario: Scenario) -> Returns:
    who = serving(scenario)
    return [(rule, repeats) for name in scenario.reasons for rule, repeats, _ in _returns_of(scenario, name, who)]


def _returns_of(scenario: Scenario, name: str, who: Mapping[str, Sequence[str]]) -> list[tuple[Any, bool, float]]:
    """Of one reason: each rule by which a customer can return, whether it makes repeats, and its greatest chance."""
    after = scenario.reasons[name].after_contact
    ends = {cause: 1.0 for cause in CAUSES if cause not in REPEATS}
    ends["unresolved"] = 1.0 - _lowest_resolution(scenario, name, who)
    ends["hung_up"] = ends["contained"] = float(bool(reached(scenario, name)[0]))
    out = [(getattr(after, cause), cause in REPEATS, share) for cause, share in ends.items()]
    return [
        (rule, repeats, rule.chance * share)
        for rule, repeats, share in out
        if rule.chance * share > 0.0 and rule.at_most > 1
    ]


def serving(scenario: Scenario) -> dict[str, list[str]]:
    """The groups that serve each queue, by skill or by overflow, in their order."""
    place = {name: g for g, name in enumerate(scenario.groups)}
    found = {
        name: {group for stage in queue.overflow for group in stage.to or ()} for name, queue in scenario.queues.items()
    }
    for name, group in scenario.groups.items():
        for queue in group.skills:
            found[queue].add(name)
    return {queue: sorted(names, key=place.__getitem__) for queue, names in found.items()}


def _lowest_resolution(scenario: Scenario, name: str, who: Mapping[str, Sequence[str]]) -> float:
    """The least share of this reason's contacts that an agent who may answer them resolves."""
    own = least = float(scenario.reasons[name].resolution)
    lowest = min(1.0, _lowest_factor(scenario, name))
    for queue in reachable(scenario, *queues_of(scenario, name)):
        for group in (scenario.groups[one] for one in who[queue]):
            skill = group.skills.get(queue)
            change = None if skill is None else skill.resolution
            if group.spread.resolution > 0.0:
                return 0.0
            new = min(0.0, group.tenure.resolution) if group.tenure else 0.0
            usual = own if not change else own + change.points if change.share is None else change.share
            least = min(least, max(0.0, usual * lowest + new))
    return min(least, own * lowest)


def _lowest_factor(scenario: Scenario, name: str) -> float:
    """The least factor on this reason's resolution; TableError for a file that cannot be read."""
    said = scenario.reasons[name].resolution_by_time
    if said is None:
        return 1.0
    least = min(said.factors or (1.0,))
    if said.file:
        table = scenario.table_of(said)
        least = float(np.nanmin(shares(table, said.column or name, said.unit), initial=1.0))
        least /= scenario.reasons[name].resolution
    return said.factor * least * min(said.weekdays.values(), default=1.0)


def reachable(scenario: Scenario, *queues: str) -> list[str]:
    """Queues and those to which their contacts may overflow or be transferred."""
    return handed_on(scenario, *queues)


def is_are(n: int) -> str:
    """The verb after `days(n)`."""
    return "is" if n == 1 else "are"


def days(n: int) -> str:
    return "1 day" if n == 1 else f"{n or 'No'} days"
