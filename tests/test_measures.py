"""Every figure against a slow computation in pandas that shares no code with the fold; edges one by one."""

from __future__ import annotations

import math
import pickle
import time
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from cxsim import metrics
from cxsim.metrics import REGISTRY, Staffing, Target
from cxsim.schema import ledger
from cxsim.schema.service_levels import SL_NAMES

DAY = 86400.0
HOUR = 3600.0
REASONS = ("cards", "bills", "sales")
SEGMENTS = ("standard", "premium")
QUEUES = ("cards", "billing")
GROUPS = ("front", "experts")
GROUP_OF = (0, 0, 0, 1, 1)
WITHIN = (20.0, 60.0)
COST = (0.5, 1.25, 0.0)
POINTS = (1.0, 0.01, 0.5, 2.0, 1.5, 3.0, 0.75, 0.4)
GIFTS, LESSON, SOLD = (5.0, 7.5), (2.0, 0.0, 1.0), (0.0, 3.0, 1.5)
AT_HOME = (False, True)
LEAVING = (0.05, 0.1, 0.4)
LOST = ((5.0, 8.0, 30.0), (50.0, 80.0, 333.0))
WINDOW = 6 * HOUR
FROM, END = DAY, 3.5 * DAY
STEP = 2 * HOUR
LABELS = [datetime(2026, 3, 2) + timedelta(hours=hour) for hour in range(0, 48, 2)]
OPEN = np.array([8 <= label.hour < 20 for label in LABELS])


def two_days(**changes):
    options = {
        "reasons": REASONS,
        "segments": SEGMENTS,
        "queues": QUEUES,
        "groups": GROUPS,
        "group_of": GROUP_OF,
        "labels": LABELS,
        "interval": STEP,
        "counted_from": FROM,
        "end": END,
        "within": WITHIN,
        "open_mask": OPEN,
        "short_abandon": 5.0,
        "fcr_window": WINDOW,
        "contact_cost": COST,
        "points": POINTS,
        "gifts": GIFTS,
        "lesson_cost": LESSON,
        "offered": SOLD,
        "at_home": AT_HOME,
        "leaving": LEAVING,
        "lost": LOST,
        "serves": ((0, 1), (1,)),
    }
    return metrics.layout(**{**options, **changes})


def random_ledger(seed: int, issues: int = 200) -> ledger.Ledger:
    """Issues with redials, repeats, overflows and every outcome, from before to after the counted days."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(issues):
        reason, segment = int(rng.integers(3)), int(rng.integers(2))
        entry = (0, 1, 1)[reason]
        arrived = opened = DAY * rng.integers(0, 3) + rng.uniform(8 * HOUR, 20 * HOUR)
        accumulated, answers, cause = 0.0, 0, ledger.FRESH
        for attempt in range(1, 6):
            base = {
                "issue": ledger.issue_id(reason, 0, number),
                "arrived": arrived,
                "opened": opened,
                "accumulated": accumulated,
                "reason": reason,
                "segment": segment,
                "entry": entry,
                "attempt": attempt,
                "cause": cause,
                "agent": -1,
                "group": -1,
                "queued": math.nan,
                "answered": math.nan,
                "talk_end": math.nan,
                "ended": arrived,
                "next_at": math.nan,
                "next": 0,
                "resolved": 0,
                "waited": 0.0,
                "channel": 0,
                "nth": answers,
                "offer": int(rng.random() < 0.2),
                "felt": (7 * number + attempt) % 4 + 4 * (number % 5 == 0),
                "told": rng.choice([math.nan, math.inf, rng.exponential(60)]),
            }
            before, handed = [], rng.random() < 0.2
            called = not handed and rng.random() < 0.15
            if called:  # hangs up, and an agent calls
                before.append({**base, "leg": 1, "queue": entry, "queued": arrived, "outcome": ledger.CALLBACK})
                base |= {"cause": ledger.CALLED_BACK, "offer": 0, "told": math.nan}
            if handed:  # by the agent who answered first, to the other queue
                answers += 1
                agent, spent = int(rng.integers(5)), float(rng.choice([0.0, rng.exponential(30)]))
                leaves = arrived + spent + rng.exponential(200)
                part = {"queued": arrived, "answered": arrived + spent, "talk_end": leaves, "agent": agent}
                part |= {"group": GROUP_OF[agent], "ended": leaves + 20.0, "outcome": ledger.TRANSFERRED}
                before.append({**base, **part, "leg": 1, "queue": entry, "nth": answers})
                base |= {"arrived": leaves, "ended": leaves, "entry": 1 - entry, "cause": ledger.TRANSFER}
                base |= {"accumulated": accumulated + spent, "nth": answers}
                accumulated += spent
            if not (handed or called) and rng.random() < 0.3:  # no customer's call
                base["cause"] = int(rng.choice([ledger.TURN, ledger.OUTBOUND, ledger.CONSULT]))
            kind = rng.choice(8, p=[0.6, 0.15, 0.03, 0.04, 0.05, 0.03, 0.05, 0.05])
            if called:
                kind = rng.choice([ledger.ANSWERED, ledger.UNREACHED, ledger.UNFINISHED])
            waited, legs = 0.0, []
            now = base["arrived"]
            for leg in range(1 + len(before), 1 + len(before) + (rng.random() < 0.2)):  # an overflow first
                spent = rng.exponential(20)
                legs.append(
                    {
                        **base,
                        "leg": leg,
                        "queue": base["entry"],
                        "queued": now,
                        "ended": now + spent,
                        "outcome": ledger.HANDED_ON,
                        "waited": waited,
                    }
                )
                now += spent
                waited += spent
                kind = min(kind, 1) if not called else kind
            last = {
                **base,
                "leg": len(legs) + 1 + len(before),
                "queue": 1 if legs else base["entry"],
                "waited": waited,
                "outcome": int(kind),
            }
            wait = 0.0 if rng.random() < 0.6 else float(rng.choice([rng.exponential(30), 20.0, 20.5, 60.0, 5.0]))
            if kind in (ledger.ANSWERED, ledger.HANDED_ON) or (kind == ledger.UNFINISHED and rng.random() < 0.5):
                answers += not handed
                agent = int(rng.integers(5))
                talk_end = now + wait + rng.choice([rng.exponential(200), rng.uniform(HOUR, 3 * HOUR)])
                last |= {
                    "queued": now,
                    "answered": now + wait,
                    "talk_end": talk_end,
                    "ended": talk_end + rng.exponential(40),
                    "agent": agent,
                    "group": GROUP_OF[agent],
                    "nth": answers,
                    "resolved": int(rng.random() < 0.6),
                }
                if kind == ledger.UNFINISHED:
                    last |= {"ended": math.nan, "resolved": 0}
                    if rng.random() < 0.5:
                        last |= {"talk_end": math.nan}
                if kind == ledger.HANDED_ON:  # handed back by an agent who left: answered by a second one
                    legs.append({**last, "ended": talk_end, "resolved": 0})
                    waited += wait
                    second = talk_end + rng.exponential(10)
                    last = {
                        **last,
                        "leg": len(legs) + 1 + len(before),
                        "queued": talk_end,
                        "answered": second,
                        "outcome": 0,
                        "talk_end": second + 100,
                        "ended": second + 130,
                        "waited": waited,
                    }
                    wait = second - talk_end
            elif kind == ledger.UNREACHED:
                agent, gone = int(rng.integers(5)), now + wait + 20.0
                last |= {"queued": now, "answered": now + wait, "talk_end": gone, "ended": gone}
                last |= {"agent": agent, "group": GROUP_OF[agent]}
            elif kind in (ledger.ABANDONED, ledger.UNFINISHED) or (kind == ledger.CLOSED and rng.random() < 0.5):
                last |= {"queued": now, "ended": now + wait}
                if kind == ledger.UNFINISHED:
                    last |= {"ended": math.nan}
            finished = last["ended"]
            again = rng.random() < 0.6 and not last["resolved"] and last["outcome"] != ledger.UNFINISHED
            if again:
                late = finished + rng.exponential(5 * HOUR)
                cause = ledger.REPEAT if last["outcome"] == ledger.ANSWERED else ledger.REDIAL
                last |= {"next_at": late, "next": cause}
            rows += [*before, *legs, last]
            if not again or late >= END:
                break
            accumulated += waited + (wait if last["queued"] == last["queued"] else 0.0)
            arrived = late
    block = np.zeros(len(rows), dtype=ledger.LEG_DTYPE)
    for name in ledger.LEG_DTYPE.names:
        block[name] = [row[name] for row in rows]
    spells = np.zeros(200, dtype=ledger.SPELL_DTYPE)
    spells["start"] = rng.uniform(0.5 * DAY, 3 * DAY, 200)
    spells["end"] = spells["start"] + rng.exponential(2 * HOUR, 200)
    spells["agent"] = rng.integers(0, 5, 200)
    spells["state"] = rng.integers(0, 4, 200)
    waiting = rng.uniform(0, HOUR, (2, 24)) * OPEN
    talked = block["answered"] == block["answered"]  # what else such a leg may have felt
    felt = np.where(talked, rng.integers(0, 64, len(block)), 4 * rng.integers(0, 2, len(block)))
    felt = np.where(felt & 16 > 0, felt & 31, felt)  # a compensation is one or the other
    block["felt"] += (ledger.RUDE * felt).astype(block["felt"].dtype)
    return ledger.Ledger(block[np.argsort(block["ended"])], spells, waiting, rng.integers(0, 9, (2, 24)) * OPEN)


def fold_of(layout, book: ledger.Ledger, size: int = 97):
    fold = metrics.fold(layout)
    for first in range(0, len(book.legs), size):
        fold.legs(book.legs[first : first + size])
    fold.spells(book.spells)
    fold.lengths(book.waiting, book.most)
    return fold.finish()


# --- the slow way ----------------------------------------


def slow_contacts(book: ledger.Ledger, basis: str) -> pd.DataFrame:
    """One row a contact, with the columns figures are made of."""
    legs = pd.DataFrame({name: book.legs[name] for name in book.legs.dtype.names})
    legs["own_wait"] = legs["answered"].fillna(legs["ended"].fillna(END)) - legs["queued"]
    legs["own_wait"] = legs["own_wait"].fillna(0.0)
    legs["worked"] = (legs["outcome"] != ledger.UNFINISHED) & legs["answered"].notna()
    legs["talk"] = (legs["talk_end"] - legs["answered"]).where(legs["worked"], 0.0)
    legs["wrap"] = (legs["ended"] - legs["talk_end"]).where(legs["worked"], 0.0)
    legs["points"], legs["tried"] = slow_points(legs), legs["attempt"]
    # A contact that was transferred counts once in each queue.
    legs = legs.sort_values(["issue", "attempt", "leg"])
    over = legs["outcome"].isin([ledger.TRANSFERRED, ledger.CALLBACK])
    legs["stay"] = over.groupby([legs["issue"], legs["attempt"]]).cumsum() - over
    together = legs.groupby(["issue", "attempt", "stay"])
    c = legs[legs["outcome"] != ledger.HANDED_ON].set_index(["issue", "attempt", "stay"]).copy()
    c["wait"] = together["own_wait"].sum()
    c["talk"], c["wrap"] = together["talk"].sum(), together["wrap"].sum()
    c["points"] = together["points"].sum()
    for name, flag in FLAGS.items():
        legs[name] = legs["felt"] & flag > 0
    legs["gift"] = (legs["settled"] | legs["misused"]) * np.array([*GIFTS, 0.0])[legs["group"]]
    for name in (*FLAGS, "gift"):
        c[name] = legs.groupby(["issue", "attempt", "stay"])[name].sum()
    c["total"] = c["wait"] + c["accumulated"]
    judged = c["total"] if basis == "accumulated" else c["wait"]
    in_time = judged <= np.array(WITHIN)[c["entry"]] + 1e-6
    c["came"], c["passed"] = c["cause"].isin([ledger.TRANSFER, ledger.TURN]), c["outcome"] == ledger.TRANSFERRED
    c["called"], talked = c["cause"] == ledger.CALLED_BACK, c["answered"].notna() & (c["outcome"] != ledger.UNREACHED)
    c["talked"], c["special"], asked = talked, c["cause"] >= ledger.TURN, c["cause"] == ledger.CONSULT
    c["reached"] = c["called"] & talked
    c["is_answered"] = talked & ~c["called"] & ~c["special"]
    c["is_served"] = (c["outcome"] == 0) | c["passed"]
    concluded = ((c["outcome"] == 0) | (c["came"] & ~talked)) & ~asked
    done = c["talk_end"].where(c["outcome"] == 0, c["ended"])
    c["plain"] = ~c["special"]
    c["is_abandoned"] = (c["outcome"] == 1) & c["plain"]
    c["other"] = c["outcome"].isin([4, 7]) & c["queued"].notna() & ~talked & ~c["called"] & c["plain"]
    c["knew"] = c["is_answered"] & (c["told"] < math.inf)
    c["is_entered"] = c["is_answered"] | c["is_abandoned"] | c["other"]
    # Answered at once, in a stay or before it was handed back: the first answer came without a wait.
    first = legs["answered"].notna().groupby([legs["issue"], legs["attempt"], legs["stay"]]).cumsum() <= 1
    first &= ~(
        legs["answered"].isna()
        & legs["answered"].notna().groupby([legs["issue"], legs["attempt"], legs["stay"]]).cumsum().eq(1)
    )
    c["first_wait"] = legs["own_wait"].where(first, 0.0).groupby([legs["issue"], legs["attempt"], legs["stay"]]).sum()
    c["is_queued"] = (c["is_answered"] & (c["wait"] > 0) & (c["first_wait"] > 0)) | c["is_abandoned"] | c["other"]
    c["is_in_time"] = c["is_answered"] & in_time
    c["is_lost_in_time"] = c["is_abandoned"] & in_time
    c["is_short"] = c["is_abandoned"] & (c["wait"] <= 5.0 + 1e-6)
    c["in20"], c["in60"] = (c["is_answered"] & (judged <= x + 1e-6) for x in (20, 60))
    c["is_resolved"] = c["is_served"] & (c["resolved"] == 1) & ~asked
    c["first"] = concluded & (c["nth"] == 1)
    c["window"] = concluded & (done + WINDOW <= END)
    c["alone"] = c["window"] & ~(c["next_at"] <= done + WINDOW)
    c["first_answered"] = talked & (c["nth"] == 1) & ~c["came"] & ~asked
    c["total_in_time"] = c["first_answered"] & (c["total"] <= np.array(WITHIN)[c["entry"]] + 1e-6)
    c["cost"] = (talked & ~c["came"] & ~asked) * np.array(COST)[c["reason"]]
    ours = (c["cause"] == ledger.CONSULT) | (c["felt"] & ledger.OURS > 0)
    over = ~c["outcome"].isin([ledger.UNFINISHED, ledger.TRANSFERRED, ledger.REPLIED, ledger.CALLBACK])
    c["how"] = np.where(c["resolved"] == 1, np.where(c["tried"] == 1, 0, 1), np.where(over & (c["next"] == 0), 2, -1))
    c["how"] = c["how"].where(~ours, -1)
    c["lost"] = np.column_stack([LOST, np.zeros(2)])[c["segment"], c["how"]]
    return c


FLAGS = {
    "rude": ledger.RUDE,
    "held": ledger.HELD,
    "broken": ledger.BROKEN,
    "kept": ledger.KEPT,
    "settled": ledger.COMPENSATED,
    "misused": ledger.MISUSED,
}


def slow_points(legs: pd.DataFrame) -> pd.Series:
    """The effort of each leg."""
    contact, second, menu, transfer, retelling, again, switch, hold = POINTS
    first, home = legs["leg"] == 1, legs["cause"].isin([ledger.CALLED_BACK, ledger.TURN])
    points = contact * first + again * (first & (legs["attempt"] > 1)) + menu * (legs["queue"] < 0)
    points += second * legs["own_wait"].where(~home & ~np.array(AT_HOME)[legs["queue"]], 0.0)
    points += transfer * (legs["outcome"] == ledger.TRANSFERRED)
    points += retelling * (legs["felt"] % 4).isin([1, 3]) + switch * (legs["felt"] % 4).isin([2, 3])
    points += hold * (legs["felt"] & ledger.HELD > 0)
    return points.where((legs["cause"] != ledger.CONSULT) & (legs["felt"] & ledger.OURS == 0), 0.0)


def slow_figures(contacts: np.ndarray, cohort: np.ndarray) -> dict[str, tuple[float, float | None]]:
    """Numerators and denominators of contacts that arrived, and issues that began, in a place and time."""
    c, n = contacts, float((contacts["cause"] < ledger.TRANSFER).sum())
    answered_by = {cause: (c["talked"] & (c["cause"] == cause)).sum() for cause in range(len(ledger.CAUSES))}
    turns, records, asked = (c["cause"] == cause for cause in (ledger.TURN, ledger.OUTBOUND, ledger.CONSULT))
    gone = ~c["talked"] & ~np.isin(c["outcome"], [ledger.UNREACHED, ledger.UNFINISHED])
    calm = c["plain"]
    reached, known = c["reached"], c["knew"]
    answered, entered, queued = c["is_answered"].sum(), c["is_entered"].sum(), c["is_queued"].sum()
    abandoned, short, served = c["is_abandoned"].sum(), c["is_short"].sum(), c["is_served"].sum()
    in_time, lost_in_time = c["is_in_time"].sum(), c["is_lost_in_time"].sum()
    fresh = (c["cause"] == 0).sum()
    done = cohort[cohort["is_resolved"]]
    wait_answered = c["wait"][c["is_answered"]].sum()
    wait_abandoned = c["wait"][c["is_abandoned"]].sum()
    return {
        "offered": (n, None),
        "fresh": (fresh, None),
        "redials": ((c["cause"] == 1).sum(), None),
        "repeats": ((c["cause"] == 2).sum(), None),
        "turns": (turns.sum(), None),
        "turns_lost": ((turns & ~c["talked"]).sum(), None),
        "turn_wait": (c["wait"][turns & c["talked"]].sum(), answered_by[ledger.TURN]),
        "outbound": (records.sum(), None),
        "outbound_reached": (answered_by[ledger.OUTBOUND], None),
        "outbound_dropped": ((records & gone).sum(), None),
        "outbound_unreached": ((records & (c["outcome"] == ledger.UNREACHED)).sum(), None),
        "outbound_left": ((records & ~c["talked"] & (c["outcome"] == ledger.UNFINISHED)).sum(), None),
        "outbound_reached_share": (answered_by[ledger.OUTBOUND], records.sum()),
        "outbound_dropped_share": ((records & gone).sum(), answered_by[ledger.OUTBOUND] + (records & gone).sum()),
        "consults": (asked.sum(), None),
        "consults_lost": ((asked & ~c["talked"]).sum(), None),
        "consult_wait": (c["wait"][asked & c["talked"]].sum(), answered_by[ledger.CONSULT]),
        "transferred_in": ((c["cause"] == ledger.TRANSFER).sum(), None),
        "transferred": (c["passed"].sum(), None),
        "transferred_share": (c["passed"].sum(), answered),
        "hand_offs": (c["passed"].sum(), c["is_served"].sum() - c["passed"].sum() - answered_by[ledger.CONSULT]),
        "callbacks_offered": (c["offer"][~asked].sum(), None),
        "callbacks": ((c["outcome"] == ledger.CALLBACK).sum(), None),
        "callbacks_reached": (reached.sum(), None),
        "callbacks_unreached": ((calm & (c["outcome"] == ledger.UNREACHED)).sum(), None),
        "callback_share": ((c["outcome"] == ledger.CALLBACK).sum(), n),
        "callback_wait": ((c["answered"] - c["arrived"])[reached].sum(), reached.sum()),
        "told_wait": (c["told"][known].astype(float).sum(), known.sum()),
        "told_error": (np.abs(c["told"].astype(float) - c["wait"])[known].sum(), known.sum()),
        "entered": (entered, None),
        "queued": (queued, None),
        "answered": (answered, None),
        "answered_in_time": (in_time, None),
        "abandoned": (abandoned, None),
        "short_abandoned": (short, None),
        "balked": ((calm & (c["outcome"] == 2)).sum(), None),
        "blocked": ((calm & (c["outcome"] == 3)).sum(), None),
        "closed": ((calm & (c["outcome"] == 4)).sum(), None),
        "contained": ((calm & (c["outcome"] == 5)).sum(), None),
        "unfinished": ((calm & (c["outcome"] == 7) & ~c["is_answered"] & ~reached).sum(), None),
        "resolved": (c["is_resolved"].sum(), None),
        "sl": (in_time, entered),
        "sl_answered_of_offered": (in_time, entered),
        "sl_answered_of_answered": (in_time, answered),
        "sl_excluding_short_abandoned": (in_time, entered - short),
        "sl_abandoned_in_time_count_as_met": (in_time + lost_in_time, entered),
        "sl_excluding_abandoned_in_time": (in_time, entered - lost_in_time),
        "sl_including_blocked": (in_time, n),
        "answered_within_20s": (c["in20"].sum(), entered),
        "answered_within_60s": (c["in60"].sum(), entered),
        "share_queued": (queued, entered),
        "answered_share": (answered, entered),
        "abandoned_share": (abandoned, entered),
        "abandoned_of_queued": (abandoned, queued),
        "balked_share": ((calm & (c["outcome"] == 2)).sum(), n),
        "blocked_share": ((calm & (c["outcome"] == 3)).sum(), n),
        "closed_share": ((calm & (c["outcome"] == 4)).sum(), n),
        "contained_share": ((calm & (c["outcome"] == 5)).sum(), n),
        "asa": (wait_answered, answered),
        "ata": (wait_abandoned, abandoned),
        "wait_mean": (wait_answered + wait_abandoned, answered + abandoned),
        "wait_queued": (wait_answered + wait_abandoned + c["wait"][c["other"]].sum(), queued),
        "aht": ((c["talk"] + c["wrap"]).sum(), served),
        "talk_mean": (c["talk"].sum(), served),
        "wrap_mean": (c["wrap"].sum(), served),
        "fcr_true": ((c["first"] & c["is_resolved"]).sum(), c["first"].sum()),
        "fcr_measured": (c["alone"].sum(), c["window"].sum()),
        "contacts_per_issue": ((cohort["cause"] < ledger.TRANSFER).sum(), fresh),
        "issues_answered": (cohort["first_answered"].sum(), fresh),
        "issues_answered_in_time": (cohort["total_in_time"].sum(), fresh),
        "issues_resolved": (len(done), fresh),
        "time_to_resolution": ((done["talk_end"] - done["opened"]).sum(), len(done)),
        "contact_cost": (c["cost"].sum(), None),
        "solved_at_once": ((cohort["how"] == 0).sum(), fresh),
        "effort": (cohort["points"].sum(), fresh),
        "churn": (np.append(LEAVING, 0.0)[cohort["how"]].sum(), (cohort["how"] >= 0).sum()),
        "value_lost": (cohort["lost"].sum(), None),
        "discourteous_share": (c["rude"].sum(), answered),
        "held_share": (c["held"].sum(), answered),
        "expectations_kept": (c["kept"].sum(), c["kept"].sum() + c["broken"].sum()),
        "compensations": (c["settled"].sum() + c["misused"].sum(), None),
        "misused_share": (c["misused"].sum(), c["settled"].sum() + c["misused"].sum()),
        "compensation": (c["gift"].sum(), None),
        "lesson_cost": (np.array(LESSON)[cohort["reason"][np.isin(cohort["how"], [0, 1])]].sum(), None),
        "revenue": (np.array(SOLD)[c["reason"][c["is_resolved"]]].sum(), None),
        "revenue_per_contact": (np.array(SOLD)[c["reason"][c["is_resolved"]]].sum(), answered),
    }


def spans() -> dict[str, tuple[float, float]]:
    """Every interval, day and the total, as seconds from and to."""
    found = {
        "total": (FROM, FROM + 2 * DAY),
        "2026-03-02": (FROM, FROM + DAY),
        "2026-03-03": (FROM + DAY, FROM + 2 * DAY),
    }
    for number, label in enumerate(LABELS):
        found[label.isoformat(timespec="minutes")] = (FROM + number * STEP, FROM + (number + 1) * STEP)
    return found


def slow_agents(book: ledger.Ledger, groups: list[int], begin: float, end: float) -> dict[str, float]:
    """Seconds of each state inside [begin, end), and what was answered in it, of some groups."""
    legs = book.legs[~np.isnan(book.legs["answered"]) & np.isin(book.legs["group"], groups)]

    def inside(first, last):
        return float((np.minimum(last, end) - np.maximum(first, begin)).clip(min=0.0).sum())

    talk_end, ended = np.nan_to_num(legs["talk_end"], nan=END), np.nan_to_num(legs["ended"], nan=END)
    found = {"busy": inside(legs["answered"], talk_end) + inside(talk_end, ended)}
    own = book.spells[np.isin(np.array(GROUP_OF)[book.spells["agent"]], groups)]
    own = own[own["state"] == ledger.ENGAGED]
    found["engaged"] = inside(own["start"], own["end"])
    found["busy"] += found["engaged"]
    spells = book.spells[np.isin(np.array(GROUP_OF)[book.spells["agent"]], groups)]
    for number, state in enumerate(ledger.STATES):
        part = spells[spells["state"] == number]
        found[state] = inside(part["start"], part["end"])
    here = legs[(legs["answered"] >= begin) & (legs["answered"] < end)]
    whole = here[here["outcome"] != ledger.UNFINISHED]
    tries = (here["outcome"] == ledger.UNREACHED) | (
        (here["outcome"] == ledger.HANDED_ON) & (here["cause"] == ledger.CALLED_BACK)
    )
    found["answered"] = (~tries).sum()
    found["served"] = np.isin(here["outcome"], (0, ledger.TRANSFERRED)).sum()
    found["passed"] = (here["outcome"] == ledger.TRANSFERRED).sum()
    found["resolved"] = ((here["outcome"] == 0) & (here["resolved"] == 1)).sum()
    found["talk"] = (whole["talk_end"] - whole["answered"]).sum()
    found["wrap"] = (whole["ended"] - whole["talk_end"]).sum()
    return found


def plan(seed: int = 5) -> Staffing:
    rng = np.random.default_rng(seed)
    planned = rng.integers(1, 9, (2, 24)) * OPEN
    return Staffing(
        scheduled=planned / 0.8,
        planned=planned,
        paid=planned * STEP / 0.8,
        wage=np.array([24.0, 33.0]),
        required=rng.uniform(1, 9, (2, 24)) * OPEN,
    )


def table_of(frame: pd.DataFrame) -> dict[tuple[str, str, str, str], float]:
    keys = zip(frame["figure"], frame["scope"], frame["name"], frame["interval"], strict=True)
    return dict(zip(keys, frame["value"], strict=True))


BOOKS = [random_ledger(seed) for seed in (1, 2, 3)]


def ratio(parts: list[tuple[float, float | None]]) -> float:
    above = sum(float(a) for a, _ in parts)
    if parts[0][1] is None:
        return above / len(parts)
    below = sum(float(b) for _, b in parts)
    return above / below if below else math.nan


@pytest.mark.parametrize("basis", ["attempt", "accumulated"])
def test_every_contact_figure_is_what_pandas_says(basis):
    layout = two_days(basis=basis)
    samples = [fold_of(layout, book) for book in BOOKS]
    values = table_of(metrics.figures(samples, layout, plan()))
    everyone = [slow_contacts(book, basis).to_records() for book in BOOKS]
    places = [("total", "total", None, 0)]
    places += [("queue", name, "entry", n) for n, name in enumerate(QUEUES)]
    places += [("reason", name, "reason", n) for n, name in enumerate(REASONS)]
    places += [("segment", name, "segment", n) for n, name in enumerate(SEGMENTS)]
    checked = set()
    for scope, name, column, number in places:
        parts = [c if column is None else c[c[column] == number] for c in everyone]
        for interval, (begin, end) in spans().items():
            slow = [
                slow_figures(
                    c[(c["arrived"] >= begin) & (c["arrived"] < end)],
                    c[(c["opened"] >= begin) & (c["opened"] < end)],
                )
                for c in parts
            ]
            for figure in slow[0]:
                if scope not in REGISTRY[figure].scopes:
                    continue
                key = (figure, scope, name, interval)
                if key not in values:  # closed, and nothing happened
                    assert not OPEN[[label.isoformat(timespec="minutes") for label in LABELS].index(interval)]
                    continue
                expected = ratio([one[figure] for one in slow])
                assert values[key] == pytest.approx(expected, rel=1e-7, abs=1e-6, nan_ok=True), key
                checked.add(figure)
    left = {name for name, figure in REGISTRY.items() if "queue" in figure.scopes} - checked
    assert {name for name in left if not name.startswith("wait_")} == {
        "queue_length",
        "queue_length_max",
        "agents_required",
    }


def test_every_agent_and_money_figure_is_what_pandas_says():
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    staffing = plan()
    values = table_of(metrics.figures(samples, layout, staffing))
    everyone = [slow_contacts(book, "attempt") for book in BOOKS]
    checked = set()
    for scope, name, groups in [
        ("total", "total", [0, 1]),
        ("group", "front", [0]),
        ("group", "experts", [1]),
    ]:
        for interval, (begin, end) in spans().items():
            inside = np.array([begin <= FROM + STEP * n < end for n in range(24)])
            opened = inside & (OPEN if inside.sum() > 1 else True)
            seconds = opened.sum() * STEP
            agents = [slow_agents(book, groups, begin, end) for book in BOOKS]
            in_open = [
                sum(
                    one[state]
                    for n in np.flatnonzero(opened)
                    for one in [slow_agents(book, groups, FROM + n * STEP, FROM + (n + 1) * STEP)]
                    for state in ("on duty", "away")
                )
                if inside.sum() == 1 or scope == "group"
                else None
                for book in BOOKS
            ]
            paid = [
                [staffing.paid[g][inside].sum() + slow_agents(book, [g], begin, end)["overrun"] for g in groups]
                for book in BOOKS
            ]
            wages = [sum(p * staffing.wage[g] / 3600 for p, g in zip(one, groups, strict=True)) for one in paid]
            cost, answers, fixed = (
                wages,
                [one["served"] - one["passed"] for one in agents],
                [one["resolved"] for one in agents],
            )
            if scope == "total":
                here = [c[(c["arrived"] >= begin) & (c["arrived"] < end)] for c in everyone]
                begun = [c[(c["opened"] >= begin) & (c["opened"] < end)] for c in everyone]
                taught = [np.array(LESSON)[c["reason"][np.isin(c["how"], [0, 1])]].sum() for c in begun]
                given = [c["cost"].sum() + c["gift"].sum() for c in here]
                cost = [sum(one) for one in zip(wages, given, taught, strict=True)]
                answers = [(c["is_served"] & ~c["passed"]).sum() for c in here]
                fixed = [c["is_resolved"].sum() for c in here]
            slow = {
                "occupancy": [(one["busy"], one["on duty"] + one["overrun"]) for one in agents],
                "concurrency": [(0.0, one["engaged"]) for one in agents],
                "utilisation": [(one["busy"], sum(p)) for one, p in zip(agents, paid, strict=True)],
                "overrun_hours": [(one["overrun"] / 3600, None) for one in agents],
                "away_hours": [(one["away"] / 3600, None) for one in agents],
                "paid_hours": [(sum(p) / 3600, None) for p in paid],
                "cost": [(money, None) for money in cost],
                "cost_per_contact": list(zip(cost, answers, strict=True)),
                "cost_per_resolution": list(zip(cost, fixed, strict=True)),
                "agents_scheduled": [(staffing.scheduled[groups][:, opened].sum() * STEP, seconds)],
                "agents_planned": [(staffing.planned[groups][:, opened].sum() * STEP, seconds)],
            }
            if in_open[0] is not None:
                slow["agents_present"] = [(one, seconds) for one in in_open]
            if scope == "group":
                slow |= {
                    "answered": [(one["answered"], None) for one in agents],
                    "resolved": [(one["resolved"], None) for one in agents],
                    "aht": [(one["talk"] + one["wrap"], one["served"]) for one in agents],
                    "talk_mean": [(one["talk"], one["served"]) for one in agents],
                    "wrap_mean": [(one["wrap"], one["served"]) for one in agents],
                }
            for figure, parts in slow.items():
                key = (figure, scope, name, interval)
                if key in values:
                    assert values[key] == pytest.approx(ratio(parts), rel=1e-7, abs=1e-6, nan_ok=True), key
                    checked.add(figure)
    assert {name for name, figure in REGISTRY.items() if "group" in figure.scopes} == checked


def test_queue_lengths_average_open_time_and_keep_the_peak():
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    staffing = plan()
    values = table_of(metrics.figures(samples, layout, staffing))
    first, last = LABELS[5].isoformat(timespec="minutes"), "2026-03-03"
    area = np.array([book.waiting for book in BOOKS])
    most = np.array([book.most for book in BOOKS])
    assert values["queue_length", "queue", "billing", first] == pytest.approx(area[:, 1, 5].mean() / STEP)
    assert values["queue_length", "queue", "cards", last] == pytest.approx(
        area[:, 0, 12:].sum(axis=1).mean() / STEP / 6
    )
    assert values["queue_length", "total", "total", "total"] == pytest.approx(area.sum(axis=(1, 2)).mean() / STEP / 12)
    assert values["queue_length_max", "queue", "billing", first] == pytest.approx(most[:, 1, 5].mean())
    assert values["queue_length_max", "queue", "cards", "total"] == pytest.approx(most[:, 0].max(axis=1).mean())
    assert values["agents_required", "queue", "cards", first] == pytest.approx(staffing.required[0, 5])
    assert values["agents_required", "total", "total", last] == pytest.approx(staffing.required[:, 12:].sum() / 6)


@pytest.mark.parametrize("who", ["wait", "wait_all"])
def test_wait_quantiles_are_within_half_a_percent_and_zeros_exact(who):
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    values = table_of(metrics.figures(samples, layout))
    everyone = pd.concat([slow_contacts(book, "attempt") for book in BOOKS])
    counted = everyone[everyone["is_answered"] | (everyone["is_abandoned"] & (who == "wait_all"))]
    zeros = 0
    for scope, name, column, number in [
        ("total", "total", None, 0),
        ("queue", "billing", "entry", 1),
        ("segment", "premium", "segment", 1),
    ]:
        here = counted if column is None else counted[counted[column] == number]
        for interval, (begin, end) in spans().items():
            waits = here.loc[(here["arrived"] >= begin) & (here["arrived"] < end), "wait"]
            for q in metrics.QUANTILES:
                key = (f"{who}_p{round(100 * q)}", scope, name, interval)
                if key not in values or (
                    len(interval) == 16 and not OPEN[LABELS.index(datetime.fromisoformat(interval))]
                ):
                    continue
                if waits.empty:
                    assert math.isnan(values[key])
                    continue
                exact = float(np.quantile(waits, q, method="inverted_cdf"))
                assert values[key] == pytest.approx(exact, rel=0.00501, abs=0.0 if exact == 0 else 1e-3), key
                zeros += exact == 0.0
    assert zeros > 0


def test_histogram_counts_every_wait():
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    frame = metrics.wait_histogram(samples, layout)
    values = table_of(metrics.figures(samples, layout))
    for queue in QUEUES:
        part = frame[frame["queue"] == queue]
        for figure in ("answered", "abandoned"):
            assert part[figure].sum() == pytest.approx(values[figure, "queue", queue, "total"])


@pytest.mark.parametrize(
    ("streams", "intervals", "level"), [(6, 24, "interval"), (60, 480, "day"), (2000, 480, "total")]
)
def test_histograms_get_coarser_as_they_grow(streams, intervals, level):
    labels = [datetime(2026, 3, 2) + timedelta(hours=n) for n in range(intervals)]
    layout = two_days(
        labels=labels,
        open_mask=None,
        reasons=[f"r{n}" for n in range(streams)],
        segments=["all"],
        queues=["q"],
        within=20.0,
        contact_cost=None,
        lesson_cost=None,
        offered=None,
        at_home=None,
        lost=0.0,
        serves=None,
    )
    assert len(layout.cell_day) == {"interval": intervals, "day": len(layout.days), "total": 1}[level]


# --- edges, one by one ----------------------------------------

SMALL = metrics.layout(
    reasons=("r",),
    queues=("q",),
    groups=("g",),
    group_of=(0, 0),
    interval=1800.0,
    counted_from=1000.0,
    labels=[datetime(2026, 1, 5, 8) + timedelta(minutes=30 * n) for n in range(4)],
    end=20000.0,
    fcr_window=500.0,
)


def legs_of(*rows: dict) -> np.ndarray:
    block = np.zeros(len(rows), dtype=ledger.LEG_DTYPE)
    for n, row in enumerate(rows):
        arrived = row.get("arrived", 1000.0)
        wait, talk, wrap = row.pop("wait", 0.0), row.pop("talk", 100.0), row.pop("wrap", 0.0)
        full = {
            "issue": n,
            "arrived": arrived,
            "queued": arrived,
            "opened": arrived,
            "next_at": math.nan,
            "attempt": 1,
            "leg": 1,
            "nth": 1,
        }
        outcome = row.get("outcome", ledger.ANSWERED)
        if outcome == ledger.ANSWERED:
            full |= {
                "answered": arrived + wait,
                "talk_end": arrived + wait + talk,
                "ended": arrived + wait + talk + wrap,
            }
        else:
            full |= {
                "answered": math.nan,
                "talk_end": math.nan,
                "ended": arrived + wait,
                "agent": -1,
                "group": -1,
                "nth": 0,
            }
        for name, value in {**full, **row}.items():
            block[name][n] = value
    return block


def small(*rows: dict, layout=SMALL, spells: list[tuple] = ()):
    fold = metrics.fold(layout)
    fold.legs(legs_of(*rows))
    fold.spells(np.array([*spells], dtype=ledger.SPELL_DTYPE))
    return fold.finish()


def value_of(sample, figure: str, scope="total", name="total", interval="total", layout=SMALL, staffing=None):
    above, below = metrics.figure_values([sample], layout, figure, scope, name, interval, staffing or Staffing())
    return above[0] / below[0] if below[0] else math.nan


def test_a_wait_of_exactly_the_target_is_in_time_and_half_a_second_more_is_not():
    sample = small({"wait": 20.0}, {"wait": 20.5}, {"wait": 20.000001}, {"wait": 20.01})
    assert value_of(sample, "answered_in_time") == 2
    assert value_of(sample, "answered_within_20s") == 0.5
    assert value_of(sample, "asa") == pytest.approx(20.1275025)


def test_rounding_of_times_far_from_zero_does_not_make_a_wait_late():
    """Arrivals at odd times: queued + 20 − queued is seldom exactly 20."""
    layout = replace(SMALL, edges=SMALL.edges + 1e7, end=2e7)
    times = 1e7 + 1000 + np.random.default_rng(3).uniform(0, 7000, 500)
    sample = small(
        *({"arrived": t, "answered": t + 20.0, "talk_end": t + 30, "ended": t + 30} for t in times),
        layout=layout,
    )
    assert value_of(sample, "sl", layout=layout) == 1.0


def test_an_abandonment_at_the_short_threshold_is_short():
    sample = small(*({"wait": w, "outcome": ledger.ABANDONED} for w in (4.9, 5.0, 5.1)))
    assert value_of(sample, "short_abandoned") == 2
    assert value_of(sample, "ata") == pytest.approx(5.0)
    assert math.isnan(value_of(sample, "asa"))


def test_balked_and_blocked_contacts_stay_out_of_sl_unless_asked_for():
    gone = [{"outcome": o, "queued": math.nan} for o in (ledger.BALKED, ledger.BLOCKED, ledger.CLOSED)]
    sample = small({"wait": 1.0}, {"wait": 3.0, "outcome": ledger.ABANDONED}, *gone)
    assert value_of(sample, "offered") == 5
    assert value_of(sample, "sl") == 0.5
    assert value_of(sample, "sl_including_blocked") == 0.2
    assert value_of(sample, "sl_excluding_short_abandoned") == 1.0
    assert value_of(sample, "sl_excluding_abandoned_in_time") == 1.0
    assert value_of(sample, "sl_abandoned_in_time_count_as_met") == 1.0


def test_a_contact_turned_away_while_it_waited_is_a_miss():
    sample = small({"wait": 1.0}, {"wait": 7.0, "outcome": ledger.CLOSED})
    assert value_of(sample, "sl") == 0.5
    assert value_of(sample, "wait_queued") == pytest.approx(4.0)


def test_every_definition_that_can_be_named_has_its_formula():
    assert tuple(metrics.SL_DEFINITIONS) == SL_NAMES


def test_the_definition_chosen_is_the_one_used():
    row = {"wait": 3.0, "outcome": ledger.ABANDONED}
    for definition in metrics.SL_DEFINITIONS:
        layout = replace(SMALL, definition=definition)
        sample = small({"wait": 1.0}, row.copy(), {"wait": 30.0}, layout=layout)
        assert value_of(sample, "sl", layout=layout) == value_of(sample, f"sl_{definition}", layout=layout)
    with pytest.raises(ValueError, match="not a definition of SL"):
        two_days(definition="sl")


def test_contacts_count_when_they_arrive_inside_the_counted_time():
    sample = small(
        {"arrived": 999.999},
        {"arrived": 1000.0},
        {"arrived": 2800.0},
        {"arrived": 8199.999},
        {"arrived": 8200.0},
    )
    assert value_of(sample, "offered") == 3
    assert [value_of(sample, "offered", interval=label) for label in SMALL.labels] == [1, 1, 0, 1]


def test_agents_time_is_clipped_to_the_counted_time_and_split_over_intervals():
    """A service from before the counted time over two intervals, and one that outlives it."""
    sample = small(
        {"arrived": 900.0, "talk": 2000.0, "wrap": 300.0},
        {"arrived": 8100.0, "talk": 500.0},
        spells=[
            (900.0, 3200.0, 0, ledger.ON_DUTY),
            (8000.0, 9000.0, 1, ledger.ON_DUTY),
            (2900.0, 3000.0, 1, ledger.OVERRUN),
        ],
    )
    busy = [value_of(sample, "occupancy", "group", "g", label) for label in SMALL.labels]
    assert busy[0] == 1.0
    assert busy[1] == pytest.approx((100 + 300) / (400 + 100))
    assert math.isnan(busy[2])
    assert busy[3] == pytest.approx(100 / 200)
    assert value_of(sample, "occupancy") == pytest.approx((1800 + 400 + 100) / (1800 + 400 + 200 + 100))
    assert value_of(sample, "overrun_hours") == pytest.approx(100 / 3600)
    assert value_of(sample, "answered", "group", "g") == 1  # answered in the counted time
    assert value_of(sample, "answered") == 1  # arrived in the counted time


def test_a_service_spanning_several_intervals_fills_each():
    sample = small({"arrived": 1100.0, "talk": 4000.0, "wrap": 1000.0}, spells=[(1000.0, 8200.0, 0, ledger.ON_DUTY)])
    filled = [value_of(sample, "occupancy", "group", "g", label) * 1800 for label in SMALL.labels]
    assert filled == pytest.approx([1700, 1800, 1500, 0])
    assert value_of(sample, "aht", interval=SMALL.labels[0]) == 5000


def test_a_contact_of_several_legs_is_one_contact_with_the_sum_of_its_waits():
    first = {"issue": 7, "wait": 12.0, "outcome": ledger.HANDED_ON, "arrived": 1100.0}
    second = {
        "issue": 7,
        "leg": 2,
        "waited": 12.0,
        "arrived": 1100.0,
        "queued": 1112.0,
        "answered": 1121.0,
        "talk_end": 1200.0,
        "ended": 1210.0,
    }
    sample = small(first, second)
    assert value_of(sample, "offered") == value_of(sample, "answered") == 1
    assert value_of(sample, "asa") == pytest.approx(21.0)
    assert value_of(sample, "sl") == 0.0
    assert value_of(sample, "aht") == pytest.approx(89.0)


def test_the_accumulated_basis_adds_the_waits_of_earlier_attempts():
    row = {"wait": 15.0, "accumulated": 6.0, "attempt": 2, "cause": ledger.REDIAL, "opened": 900.0}
    for accumulated, met in ((False, 1.0), (True, 0.0)):
        layout = replace(SMALL, accumulated=accumulated)
        sample = small(row.copy(), layout=layout)
        assert value_of(sample, "sl", layout=layout) == met
        assert value_of(sample, "asa", layout=layout) == pytest.approx(15.0)
        assert value_of(sample, "redials", layout=layout) == 1


def test_customer_shares_never_exceed_one_with_redials():
    layout = two_days()
    for book in BOOKS:
        sample = fold_of(layout, book)
        for figure in ("issues_answered", "issues_answered_in_time", "issues_resolved"):
            assert 0 < value_of(sample, figure, layout=layout) <= 1


def test_measured_fcr_censors_open_windows_and_true_fcr_does_not():
    sample = small(
        {"resolved": 1},
        {"next_at": 1600.0, "next": ledger.REPEAT},  # exactly at the end of the window: inside it
        {"next_at": 1600.1, "next": ledger.REPEAT},
        {"nth": 2, "resolved": 1},
        layout=replace(SMALL, end=1600.0),
    )
    assert value_of(sample, "fcr_measured") == pytest.approx(3 / 4)
    assert value_of(sample, "fcr_true") == pytest.approx(1 / 3)
    censored = small({"resolved": 1}, layout=replace(SMALL, end=1599.0))
    assert math.isnan(value_of(censored, "fcr_measured"))
    assert value_of(censored, "fcr_true") == 1.0


def test_issues_are_counted_where_they_began():
    sample = small(
        {"issue": 1, "arrived": 1100.0, "wait": 2.0, "outcome": ledger.ABANDONED, "next_at": 9000.0},
        {
            "issue": 1,
            "arrived": 9000.0,
            "opened": 1100.0,
            "attempt": 2,
            "cause": 1,
            "resolved": 1,
            "accumulated": 2.0,
        },
        {"issue": 2, "arrived": 1500.0, "opened": 500.0, "attempt": 2, "cause": 2, "resolved": 1},
    )
    assert value_of(sample, "contacts_per_issue") == 2
    assert value_of(sample, "issues_resolved") == 1
    assert value_of(sample, "time_to_resolution") == pytest.approx(8000.0)
    assert value_of(sample, "offered") == 2


def test_overrun_is_paid_only_where_it_is():
    sample = small({}, spells=[(1000.0, 4600.0, 0, ledger.OVERRUN)])
    paid = np.zeros((1, 4))
    for overrun_paid, cost in ((True, 30.0), (False, 0.0)):
        staffing = Staffing(paid=paid, wage=np.array([30.0]), overrun_paid=overrun_paid)
        assert value_of(sample, "cost", staffing=staffing) == pytest.approx(cost)
    with pytest.raises(ValueError, match="cost has no total"):
        value_of(sample, "cost")


def test_one_replication_has_no_interval_and_equal_ones_a_narrow_one():
    layout = two_days()
    sample = fold_of(layout, BOOKS[0])
    alone = metrics.figures([sample], layout, plan())
    assert alone["low"].isna().all() and alone["high"].isna().all() and (alone["n"] == 1).all()
    twice = metrics.figures([sample, sample], layout, plan())
    there = twice["value"].notna()
    np.testing.assert_allclose(twice["low"][there], twice["value"][there], atol=1e-9)
    np.testing.assert_allclose(twice["value"], alone["value"])


def test_block_size_and_pickling_change_nothing():
    layout = two_days()
    whole = fold_of(layout, BOOKS[0], 10**6)
    pieces = fold_of(pickle.loads(pickle.dumps(layout)), BOOKS[0], 1)
    again = pickle.loads(pickle.dumps(pieces))
    for name in ("contacts", "groups", "waiting", "most", "bins", "counts"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(again, name))


def test_a_leg_of_no_stream_is_refused():
    layout = two_days(streams=[(0, 0, 0)])
    with pytest.raises(ValueError, match="is not a stream"):
        fold_of(layout, BOOKS[0])


def test_figure_values_agree_with_the_table():
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    frame = metrics.figures(samples, layout, plan())
    frame = frame.sample(400, random_state=1)
    for row in frame.itertuples():
        above, below = metrics.figure_values(samples, layout, row.figure, row.scope, row.name, row.interval, plan())
        if REGISTRY[row.figure].kind == "quantile":
            continue
        value = above.sum() / below.sum() if below.sum() else math.nan
        assert value == pytest.approx(row.value, nan_ok=True), row
    for wrong in (
        ("nonsense",),
        ("sl", "group", "front"),
        ("sl", "queue", "nope"),
        ("sl", "total", "total", "2026"),
    ):
        with pytest.raises(ValueError):
            metrics.figure_values(samples, layout, *wrong)


def test_targets_name_the_intervals_that_miss():
    layout = replace(SMALL, serves=((0,),))
    sample = small(
        {"arrived": 1100.0}, {"arrived": 3000.0, "wait": 30.0}, spells=[(1000.0, 8200.0, 0, 0)], layout=layout
    )
    frame = metrics.targets(
        [sample, sample], layout, [Target("q", "sl", "min", 0.8), Target("q", "occupancy", "max", 0.5)]
    )
    sl, occupancy = frame.to_dict("records")
    assert (sl["value"], sl["met"], sl["within"]) == (0.5, False, 20.0)
    assert sl["misses"] == ["2026-01-05T08:30"] and sl["worst_interval"] == "2026-01-05T08:30"
    assert occupancy["met"] and occupancy["misses"] == [] and math.isnan(occupancy["within"])


def test_paired_differences_take_the_common_noise_out():
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    same = metrics.differences((samples, layout, plan()), (samples, layout, plan()))
    there = same["value"].notna()
    assert (
        (same["value"][there] == 0).all()
        and (same["low"][there].dropna() == 0).all()  # of what only one replication has there is no interval
        and (same["high"][there].dropna() == 0).all()
    )
    longer = two_days(within=(30.0, 90.0))
    other = [fold_of(longer, book) for book in BOOKS]
    frame = metrics.differences((samples, layout, plan()), (other, longer, plan()), names=["sl", "answered"])
    values = table_of(frame)
    before, after = (table_of(metrics.figures(s, x)) for s, x in ((samples, layout), (other, longer)))
    key = ("sl", "queue", "billing", "total")
    assert values[key] == pytest.approx(after[key] - before[key])
    assert values["answered", "group", "front", "total"] == 0.0


def test_additive_figures_add_up_and_every_figure_is_explained():
    layout = two_days()
    samples = [fold_of(layout, book) for book in BOOKS]
    frame = metrics.figures(samples, layout, plan())
    totals = frame[frame["interval"] == "total"]
    for name, figure in REGISTRY.items():
        assert figure.formula and figure.title and figure.unit in {"contacts", "share", "s", "agents", "h", "money", ""}
        part = totals[totals["figure"] == name]
        assert set(part["scope"]) == set(figure.scopes), name
        if figure.additive and name not in {"cost"}:
            for scope in set(figure.scopes) - {"total", "group"}:
                assert part.loc[part["scope"] == scope, "value"].sum() == pytest.approx(
                    part.loc[part["scope"] == "total", "value"].sum()
                )


def test_a_day_of_forty_intervals_becomes_figures_quickly():
    """Measured 30 ms; the bound is loose because test machines are shared."""
    names = [f"r{n}" for n in range(8)]
    layout = metrics.layout(
        reasons=names,
        queues=names,
        groups=[f"g{n}" for n in range(12)],
        group_of=np.arange(12),
        interval=900.0,
        labels=[datetime(2026, 1, 5, 8) + timedelta(minutes=15 * n) for n in range(40)],
        counted_from=28800.0,
        end=90000.0,
        streams=[(n, n, 0) for n in range(8)],
    )
    sample = metrics.fold(layout).finish()
    best = math.inf
    for _ in range(5):
        began = time.perf_counter()
        frame = metrics.figures([sample], layout)
        best = min(best, time.perf_counter() - began)
    assert len(frame) > 30_000
    assert best < 0.25
