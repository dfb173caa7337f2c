"""Whole scenarios drawn at random over every feature, small, and full of ties.

Nearly every time is a multiple of half a minute: arrivals by exact lists, constant talk, wrap, patience and delays,
round shifts. So agents finish, customers lose patience, shifts end and queues overflow at the same instants, again and
again, and the order of simultaneous events is tried in all ways.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from agreement.policies import CLASSES
from hypothesis import strategies as st

from cxsim.model.prepare import facts
from cxsim.rules.routing.catalogue import AGENT_RULES, BASIC_AGENT_RULES, BASIC_CONTACT_RULES, CONTACT_RULES
from cxsim.scenario import ScenarioError, parse
from cxsim.schema.names import ESTIMATORS
from cxsim.schema.service_levels import SL_NAMES

Draw = Callable[..., Any]
Tree = dict[str, Any]

DAY = 1440  # minutes
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CAUSES = ("abandoned", "blocked", "balked", "closed", "hung_up")


def rarely(draw: Draw, one_in: int = 4) -> bool:
    return bool(draw(st.integers(1, one_in)) == one_in)


def clock(minutes: float) -> str:
    seconds = round(minutes * 60)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02d}"


def wrapped(minutes: int) -> str:
    """A time of day for the end of a shift, which may lie on the next day."""
    return clock(minutes if minutes <= DAY else minutes - DAY)


# --- laws ----------------------------------------------------------------------------------------------------------


def law(draw: Draw, low: int, high: int, never: bool = False) -> Any:
    """A law of some half-minutes between `low` and `high`; mostly constant."""
    tick = st.integers(low, high).map(lambda k: f"{30 * k}s")
    if draw(st.integers(1, 5)) <= 3:
        return {"deterministic": draw(tick)}
    above = max(low, 1)
    mean = f"{30 * draw(st.integers(above, max(above, high)))}s"
    a, b, c = sorted(draw(st.lists(st.integers(low, high + 3), min_size=3, max_size=3, unique=True)))
    ticks = [f"{30 * x}s" for x in (a, b, c)]
    laws: list[Any] = [
        mean,
        {"exponential": {"mean": mean}},
        {"lognormal": {"mean": mean, "cv": "80%"}},
        {"lognormal": {"median": mean, "sigma": 0.5}},
        {"gamma": {"mean": mean, "cv": "60%"}},
        {"gamma": {"mean": mean, "shape": 0.7}},
        {"weibull": {"mean": mean, "shape": 1.5}},
        {"erlang": {"mean": mean, "phases": 3}},
        {"uniform": {"low": ticks[0], "high": ticks[2]}},
        {"triangular": {"low": ticks[0], "mode": ticks[1], "high": ticks[2]}},
        {"hyperexponential": {"mean": mean, "cv": "150%"}},
        {"hyperexponential": {"probabilities": ["30%", "70%"], "means": [mean, "60s"]}},
        {"split": {"share": "20%", "limit": "15s", "rest": {"lognormal": {"mean": mean, "cv": "90%"}}}},
        {"split": {"share": "40%", "limit": "30s", "short": "20s", "rest": {"gamma": {"mean": mean, "cv": "70%"}}}},
        {"values": ticks},  # constant values: ties
        {"values": [ticks[1], ticks[1], ticks[2]]},
        {"quantiles": {"shares": ["0%", "50%", "100%"], "values": ticks}},
        {"survival": {"times": ["0s", *(x for x in ticks[1:])], "shares": ["100%", "60%", "0%"]}},
        {"survival": {"times": ["0s", ticks[1]], "shares": ["100%", "40%"], "beyond": mean}},
    ]
    if never:
        laws += [
            "never",
            {"survival": {"times": ["0s", ticks[1]], "shares": ["100%", "50%"], "beyond": "never"}},
        ]
    return draw(st.sampled_from(laws))


# --- days ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Days:
    """The horizon as written, and what the rest of a scenario must fit."""

    tree: Tree
    dates: tuple[date, ...]  # counted
    hours: tuple[tuple[tuple[int, int], ...], ...]  # by weekday, minutes
    interval: int  # minutes
    simulated: int  # days, about
    steady: bool = False

    def open_on(self, day: date) -> tuple[tuple[int, int], ...]:
        return self.hours[day.weekday()]

    def slots(self, width: int) -> int:
        spans = {span for day in self.hours for span in day}
        return sum(any(a < s + width and s < b for a, b in spans) for s in range(0, DAY, width))

    @property
    def open_minutes(self) -> int:
        return max(sum(b - a for a, b in self.open_on(day)) for day in self.dates)


def text(spans: tuple[tuple[int, int], ...]) -> list[str] | str:
    return [f"{clock(a)}-{clock(b)}" for a, b in spans] if spans else "closed"


def days(draw: Draw) -> Days:
    interval = draw(st.sampled_from([15, 30, 60]))
    if rarely(draw, 8):
        warm_up, length = draw(st.sampled_from([0, 20, 60])), draw(st.sampled_from([60, 90, 120]))
        tree = {"steady": {"warm_up": f"{warm_up} min", "length": f"{length} min"}, "interval": f"{interval} min"}
        return Days(tree, (date(2026, 1, 5),), (((0, warm_up + length),),) * 7, interval, 1, steady=True)
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    start = date(2026, 1, 5) + timedelta(days=draw(st.sampled_from([0, 0, 3, 4, 5])))
    two = ((480, 600),)
    hours: tuple[tuple[tuple[int, int], ...], ...] = draw(
        st.sampled_from(
            [
                (two,) * 7,
                (((480, 540),),) * 7,
                (((600, 780),),) * 7,
                (((480, 540), (570, 660)),) * 7,  # a lunch break
                (((485, 590),),) * 7,  # not on the grid of intervals
                (((0, 1440),),) * 7,
                (((1320, 1440),),) * 7,  # late, so that shifts run past midnight
                (((0, 60), (1380, 1440)),) * 7,  # night openings that touch the next day's
                (two, two, ((540, 660),), two, ((480, 540),), (), two),
                (two, (), two, (), two, ((480, 540), (570, 660)), ()),
            ]
        )
    )
    dates = tuple(start + timedelta(days=d) for d in range(count))
    if not any(hours[day.weekday()] for day in dates):
        hours = (two,) * 7
    tree: Tree = {"start": start.isoformat(), "days": count, "interval": f"{interval} min"}
    if len(set(hours)) == 1:
        tree["open"] = text(hours[0])
    else:
        tree["open"] = {WEEK[w]: text(spans) for w, spans in enumerate(hours)}
    edges = [draw(st.sampled_from([0, 0, 0, 1])) for _ in range(2)]
    tree |= {"before": f"{edges[0]} days", "after": f"{edges[1]} days"}
    for key in ("before", "after"):
        if rarely(draw, 8):
            del tree[key]
    return Days(tree, dates, hours, interval, count + sum(edges))


# --- customers -----------------------------------------------------------------------------------------------------


def arrival_times(draw: Draw, when: Days, number: int) -> list[str]:
    """Exact times, many of them equal: half of them on a grid of five minutes, others on one of half a minute."""
    alike = len(set(when.hours)) == 1
    out = []
    for day in when.dates[:1] if alike else when.dates:
        spans = when.open_on(day)
        if not spans:
            continue
        ticks = [t for a, b in spans for t in range(2 * a, 2 * b)]
        coarse = [t for t in ticks if t % 10 == 0] or ticks
        seed = draw(st.integers(0, 10**6))
        for i in range(number):
            grid = coarse if (seed + i) % 2 else ticks
            at = clock(grid[(seed * 7919 + i * i * 104729 + i * 31) % len(grid)] / 2)
            out.append(at if alike else f"{day.isoformat()}T{at}")
    return out


def volume(draw: Draw, when: Days, number: int) -> Tree:
    """About `number` fresh contacts a day."""
    hourly = round(60.0 * number / when.open_minutes, 1)
    weights = st.integers(0, 3)
    kinds = ["per_hour", "per_day"] if when.steady else []
    if not when.steady:
        kinds = ["arrivals", "arrivals", "arrivals", "count", "per_hour", "per_hours", "per_interval", "per_day"]
    kind = draw(st.sampled_from(kinds))
    tree: Tree = {}
    if kind == "arrivals":
        return {"arrivals": {"times": arrival_times(draw, when, number)}}
    if kind == "per_hour":
        tree = {"per_hour": hourly}
    elif kind == "per_hours":
        n = when.slots(60)
        tree = {"per_hour": [hourly * x for x in draw(st.lists(weights, min_size=n, max_size=n))]}
    elif kind == "per_interval":
        n = when.slots(when.interval)
        each = hourly * when.interval / 60
        tree = {"per_interval": draw(st.sampled_from([each, [each * (1 + i % 2) for i in range(n)]]))}
    else:
        tree = {kind: number if not when.steady else 24 * hourly}
        if not when.steady and rarely(draw, 2):
            n = when.slots(when.interval)
            tree["profile"] = draw(st.lists(weights, min_size=n, max_size=n).filter(any))
    if rarely(draw):
        tree["factor"] = draw(st.sampled_from([0.5, "150%"]))
    listed = "profile" in tree or any(isinstance(tree.get(key), list) for key in ("per_hour", "per_interval"))
    if listed and draw(st.booleans()):
        tree["within_interval"] = "linear"
    if not when.steady and rarely(draw):
        tree["weekdays"] = {"mon-wed": 1.25, "sat": "50%"}
    if not when.steady and rarely(draw):
        tree["busyness"] = draw(st.sampled_from([{"gamma": {"cv": "30%"}}, {"uniform": {"low": 0.5, "high": 1.5}}]))
        tree["shared"] = draw(st.sampled_from(["100%", "60%", "0%"]))
    if not when.steady and rarely(draw):
        tree |= {"intraday": {"gamma": {"cv": "40%"}}, "intraday_block": draw(st.sampled_from(["30 min", "2h"]))}
    return tree


def after_contact(draw: Draw) -> Tree:
    """Who comes back; half of them after a time that makes ties."""
    tree: Tree = {}
    for cause in CAUSES:
        if rarely(draw, 2):
            tree[cause] = returns(draw, "redial")
    for cause in ("unresolved", "contained"):
        if rarely(draw, 2):
            tree[cause] = returns(draw, "repeat")
    return tree


def returns(draw: Draw, word: str) -> Tree:
    tree: Tree = {
        word: draw(st.sampled_from(["30%", "60%", "100%", "0%"])),
        "delay": law(draw, 0, 20)
        if draw(st.integers(0, 3))
        else {"deterministic": draw(st.sampled_from(["2 h", "24 h"]))},
        "at_most": draw(st.integers(1, 5)),
    }
    for key in ("patience", "work"):
        if rarely(draw, 2):
            tree[key] = draw(st.sampled_from(["keep", "anew"]))
    return tree


def reason(draw: Draw, when: Days, queue: str, number: int) -> Tree:
    tree: Tree = {"volume": volume(draw, when, number), "queue": queue}
    if rarely(draw, 3):
        tree["handle_time"] = law(draw, 2, 14)
    else:
        tree["talk"] = law(draw, 1, 12) if draw(st.integers(0, 7)) else {"values": ["5 min", "20 min", "45 min"]}
        if rarely(draw, 2):
            tree["wrap"] = law(draw, 0, 3)
    if rarely(draw, 3):
        tree["handle_times"] = by_time(draw, when, [0.5, 1, 1.5, 2])
    if rarely(draw, 2):
        tree["resolution"] = draw(st.sampled_from(["0%", "50%", "80%", "100%"]))
    if tree.get("resolution") != "0%" and rarely(draw):
        tree["resolution_by_time"] = by_time(draw, when, [0.5, 1, 1.5])
    if rarely(draw, 3):
        tree["patience"] = law(draw, 0, 8, never=True)
    if rarely(draw):
        tree["balk"] = draw(st.sampled_from(["0%", "20%"]))
    # Beside a replayed log nobody returns but as the reason itself says.
    if rarely(draw, 3) or ("arrivals" in tree["volume"] and draw(st.integers(0, 3))):
        tree["after_contact"] = after_contact(draw)
    if rarely(draw):
        tree["cost"] = 0.5
    return tree


def by_time(draw: Draw, when: Days, sizes: list[float]) -> Tree:
    """Factors that make ties, by interval, by weekday or at any time; those of 1 change nothing."""
    if when.steady:
        return {"factor": draw(st.sampled_from([0.5, 1, max(sizes)]))}
    tree: Tree = {}
    if draw(st.booleans()):
        n = when.slots(when.interval)
        tree["factors"] = draw(st.lists(st.sampled_from(sizes), min_size=n, max_size=n))
    if rarely(draw, 2):
        tree["weekdays"] = {"mon": max(sizes), "wed": "50%", "thu-sun": draw(st.sampled_from([1, 1.5]))}
    if not tree or rarely(draw):
        tree["factor"] = draw(st.sampled_from([0.5, 1, max(sizes)]))
    return tree


def segments(draw: Draw, urgent: bool) -> Tree:
    """Kinds of customers, some of them before others if `urgent`."""
    names = draw(st.sampled_from([[], [], ["all_of_them"], ["many", "few"], ["many", "few", "vip"]]))
    shares = ["70%", "20%", None]
    out: Tree = {}
    for i, name in enumerate(names):
        out[name] = {} if len(names) == 1 or shares[i] is None or i == len(names) - 1 else {"share": shares[i]}
        if urgent:
            out[name]["priority"] = draw(st.integers(1, 3))
        if rarely(draw, 2):
            out[name]["patience"] = (
                draw(st.sampled_from([{"factor": 0.5}, {"factor": 2}])) if rarely(draw, 2) else law(draw, 1, 8)
            )
    return out


def people(draw: Draw, tree: Tree) -> None:
    """Customers who are told apart in some of the segments, and what they remember; few, so that they call again."""
    kinds = tree.setdefault("segments", {"everyone": {}})
    for kind in kinds.values():
        if rarely(draw, 4):
            continue
        kind["customers"] = draw(st.sampled_from([1000, 1500]))
        listed = any(key in one["volume"] for one in tree["reasons"].values() for key in ("arrivals", "count"))
        listed |= any("outbound" in one for one in tree.get("queues", {}).values())
        if not listed and rarely(draw, 2):
            kind["market"] = draw(st.sampled_from([2000, 2500]))
        if rarely(draw, 2):
            kind["replaced_after"] = draw(st.sampled_from(["20 min", "2 h", "3 days"]))
        if rarely(draw, 2):
            kind["heavy_users"] = draw(st.sampled_from(["50%", "80%", "99%"]))
    if not any("customers" in kind for kind in kinds.values()):
        return
    memory = {"fades": ["20 min", "2 days"], "patience_halves": [1, 5], "churn_doubles": [0.5, 4], "restored": ["40%"]}
    told = {"brings": ["30%", "100%"], "warns": ["30%", "100%"]}
    posts = {"praises": ["50%", "100%"], "complains": ["50%", "100%"], "wins": ["5%", "50%"], "loses": ["5%", "50%"]}
    said = {
        part: {key: draw(st.sampled_from(values)) for key, values in rules.items() if rarely(draw, 2)}
        for part, rules in (("memory", memory), ("word_of_mouth", told), ("posts", posts))
    }
    if said["posts"]:
        said["posts"]["reach"] = draw(st.sampled_from([1, 20]))
    tree["experience"] = {part: rules for part, rules in said.items() if rules}
    if rarely(draw, 2):
        tree["experience"]["churn"] = {"first": "20%", "later": "50%", "unsolved": "90%"}


def care(draw: Draw, tree: Tree) -> None:
    """Courtesy, holds, expectations, compensation, lessons, and segments that begin elsewhere."""
    said = tree.setdefault("experience", {})
    people = any("customers" in one for one in tree.get("segments", {}).values())
    groups, reasons = list(tree["groups"].values()), list(tree["reasons"].values())
    if rarely(draw, 2):
        draw(st.sampled_from(groups))["courtesy"] = draw(st.sampled_from(["30%", "90%"]))
    if rarely(draw, 2):
        draw(st.sampled_from(reasons))["hold"] = draw(st.sampled_from(["20%", "100%"]))
    if rarely(draw, 2):
        said["expectations"] = draw(st.sampled_from([{}, {"wait": "60s"}, {"wait": "30s", "tolerance": "30s"}]))
    if rarely(draw, 2):
        draw(st.sampled_from(groups))["empowerment"] = {
            "budget": draw(st.sampled_from([0, 10, 25])),
            "given": draw(st.sampled_from([5, 0.1])),
            "decides": draw(st.sampled_from(["40%", "100%"])),
            "misuse": draw(st.sampled_from(["0%", "30%"])),
        }
    if rarely(draw, 2):
        draw(st.sampled_from(reasons))["learning"] = {
            "fed_back": draw(st.sampled_from(["30%", "100%"])),
            "halves": draw(st.sampled_from([5, 20])),
            "delay": draw(st.sampled_from(["0s", "12 h", "1 day"])),
            "prevents": draw(st.sampled_from(["0%", "60%"])),
            "resolution": draw(st.sampled_from(["0 points", "30 points"])),
        }
        for one in reasons:
            if one.get("learning", {}).get("resolution") == "30 points" and draw(st.booleans()):
                one["learning"]["spreads"] = draw(st.sampled_from(["1 min", "2 h"]))
    if rarely(draw, 2):
        draw(st.sampled_from(reasons))["community"] = {
            "helps": draw(st.sampled_from(["0%", "10%"])),
            "helps_most": draw(st.sampled_from(["10%", "60%"])),
            "halves": draw(st.sampled_from([1, 20])),
        }
    if people and rarely(draw, 2):
        said["loyalty"] = {"discourtesy": 3, "hold": 1.5, "broken": "200%", "kept": 0.5, "compensated": 0}
    outbound = any("outbound" in one for one in tree["queues"].values())
    if tree.get("segments") and not outbound and rarely(draw, 2):
        one, other = (draw(st.sampled_from([*tree["queues"], *tree.get("flow", {})])) for _ in range(2))
        place = one if one == other else {one: "70%", other: "30%"}
        tree["segments"][draw(st.sampled_from(list(tree["segments"])))]["begins"] = place
    if not said:
        del tree["experience"]


# --- queues and groups ---------------------------------------------------------------------------------------------


def queues(draw: Draw, names: list[str]) -> Tree:
    """Queues with priorities and room; where they overflow to is said once it is known who serves them."""
    out: Tree = {}
    for name in names:
        tree: Tree = {}
        if rarely(draw, 2):
            tree["priority"] = draw(st.integers(1, 3))
        if rarely(draw, 3):
            tree["capacity"] = draw(st.sampled_from([0, 1, 2, 5]))
        if rarely(draw):
            tree["target"] = {"sl": {"share": "80%", "within": draw(st.sampled_from(["0s", "30s"]))}}
        out[name] = tree
    return out


def overflow(draw: Draw, queues: Tree, groups: Tree) -> None:
    """Stages to groups that do not serve the queue anyway, and at the end perhaps to a later queue."""
    names = list(queues)
    for i, name in enumerate(names):
        stages: list[Tree] = []
        others = [g for g in groups if name not in (groups[g].get("skills") or groups[g]["serves"])]
        at = 0
        while others and len(stages) < 3 and rarely(draw, 2):
            at += draw(st.sampled_from([0, 30, 60, 90]))
            n = draw(st.integers(1, len(others)))
            stages.append({"after": f"{at}s", "to": others[:n]})
            others = others[n:]
        if i + 1 < len(names) and not rarely(draw, 3):
            at += draw(st.sampled_from([30, 0, 60, 90]))
            stages.append({"after": f"{at}s", "to_queue": draw(st.sampled_from(names[i + 1 :]))})
        if stages:
            queues[name]["overflow"] = stages


def groups(draw: Draw, when: Days, names: list[str]) -> Tree:
    out: Tree = {}
    count = draw(st.integers(1, 3))
    for g in range(count):
        served = [q for i, q in enumerate(names) if i % count == g % len(names) or rarely(draw, 2)] or names[:1]
        tree: Tree = {}
        if rarely(draw, 3):
            tree["serves"] = served
        else:
            tree["skills"] = {queue: skill(draw) for queue in served}
        if rarely(draw):
            tree |= {"availability": draw(st.sampled_from(["50%", "80%", "95%"])), "away": law(draw, 1, 8)}
        if rarely(draw, 2 if "availability" in tree else 12):
            tree["availability_by_time"] = by_time(draw, when, [0.5, 1, 1.5])
        if rarely(draw, 5):
            tree["tenure"] = {"attrition": "80%", "halves": "10 weeks", "handle_time": "150%"}
        if rarely(draw):
            tree["spread"] = {"handle_time": "20%", "resolution": "10 points"}
        if rarely(draw):
            tree["shrinkage"] = draw(st.sampled_from(["20%", {"planned": "10%", "unplanned": "10%"}]))
            said = draw(st.sampled_from([True, False, None]))
            tree |= {} if said is None else {"scheduled": said}
            if rarely(draw, 2):
                tree["shrinkage_by_time"] = by_time(draw, when, [0.5, 1, 1.5])
        if rarely(draw):
            tree["wage"] = 20
        out[f"g{g + 1}"] = tree
    missing = [q for q in names if not any(q in (t.get("skills") or t["serves"]) for t in out.values())]
    if missing:
        tree = out["g1"]
        if "skills" in tree:
            tree["skills"] |= {queue: {} for queue in missing}
        else:
            tree["serves"] = [*tree["serves"], *missing]
    return out


def skill(draw: Draw) -> Tree:
    tree: Tree = {}
    if rarely(draw, 2):
        tree["rank"] = draw(st.integers(1, 3))
    if rarely(draw):
        tree["order"] = draw(st.integers(1, 3))
    if rarely(draw):
        tree["handle_time"] = draw(st.sampled_from([0.5, "200%", "2 min"]))
    elif rarely(draw, 3):
        tree["talk"] = draw(st.sampled_from(["50%", "120%", "3 min"]))
        tree["wrap"] = draw(st.sampled_from(["200%", "60%", "1 min"]))
    if rarely(draw):
        tree["resolution"] = draw(st.sampled_from(["+20 points", "-30 points", "75%"]))
    return tree


# --- flow ----------------------------------------------------------------------------------------------------------


def flow(draw: Draw, reasons: Tree, queues: list[str], steady: bool, more: bool) -> Tree:
    """Nodes that some reasons begin in: what is first chosen always leads on, other options may lead back.

    `more`: also those whose way out is not drawn.
    """
    mine = [name for name in reasons if draw(st.booleans())]
    names = [f"n{i + 1}" for i in range(draw(st.integers(1, 4)))]
    if not mine:
        return {}
    nodes = {name: node(draw, names, i, queues, list(reasons), steady, more) for i, name in enumerate(names)}
    for name in mine:
        del reasons[name]["queue"]
        reasons[name]["flow"] = names[0] if draw(st.integers(0, 3)) else draw(st.sampled_from(names))
    met: list[str] = []
    for name in mine:  # a node that nobody comes to is a fault
        met += came_to(nodes, reasons[name]["flow"], name)
    unmet = set(names) - set(met)
    for one in nodes.values():  # nor may a way that nobody takes lead there
        for ways in (one, one.get("to", {})):
            ways.update({way: queues[0] for way, to in ways.items() if isinstance(to, str) and to in unmet})
    return {name: nodes[name] for name in names if name in met}


def node(draw: Draw, names: list[str], i: int, queues: list[str], reasons: list[str], steady: bool, more: bool) -> Tree:
    onward = [*names[i + 1 :], *names[i + 1 :], *queues]
    kind = draw(st.sampled_from(["menu", "menu", "self_service", "announcement", "hours", "capture"]))
    if more and len(queues) > 1 and rarely(draw):
        kind = "least_delay"
        how = {"estimator": draw(st.sampled_from(ESTIMATORS)), "random": draw(st.booleans())}
        return {kind: {"of": draw(st.permutations(queues)), **how}}
    if kind == "hours":
        if steady:
            kind = "announcement"
        else:
            opens = draw(st.sampled_from(["08:00-09:00", ["00:00-08:20", "08:50-24:00"], {"mon-thu": "00:00-24:00"}]))
            out: Tree = {kind: {"open": opens}, "then": draw(st.sampled_from(onward))}
            if draw(st.booleans()):
                out["otherwise"] = draw(st.sampled_from([*onward, "closed"]))
            return out
    tree: Tree = {}
    if draw(st.integers(0, 3)):
        tree["time"] = law(draw, 0, 4)
    if more and rarely(draw, 3):
        return ai_agent(draw, tree, onward, reasons)
    if rarely(draw, 3):
        tree["hang_up"] = draw(st.sampled_from(["10%", "40%"]))
    if kind == "announcement":
        return {kind: tree, "then": "closed" if rarely(draw, 10) else draw(st.sampled_from(onward))}
    if kind == "self_service":
        tree["contained"] = draw(st.sampled_from(["0%", "30%", "70%"]))
        if rarely(draw, 2):
            tree["of_which_false"] = draw(st.sampled_from(["20%", "50%", "100%"]))
        if rarely(draw, 3):
            tree["retold"] = draw(st.sampled_from(["0s", "30s"]))
        out = {kind: tree, "then": draw(st.sampled_from(onward))}
        if rarely(draw):
            tree |= {"availability": draw(st.sampled_from(["50%", "90%"])), "outage": law(draw, 1, 20)}
            out["otherwise"] = draw(st.sampled_from(onward))
        if rarely(draw) and not steady:
            tree["down"] = [{"from": "08:10", "to": "08:40"}]
            out["otherwise"] = draw(st.sampled_from(onward))
        return out
    if kind == "capture":
        tree |= {"success": draw(st.sampled_from(["60%", "60%", "100%"]))}
        tree["saves"] = draw(st.sampled_from(["30s", "5 min"]))
        return {kind: tree, "then": draw(st.sampled_from(onward)), "otherwise": draw(st.sampled_from(onward))}
    to = {"a": draw(st.sampled_from(onward)), "b": draw(st.sampled_from([*names, *queues, "closed"]))}
    tree["chooses"] = {"others": {"a": "70%", "b": "30%"}}
    for reason in reasons:
        if rarely(draw):
            shares = [{"a": "100%"}, {"b": "10%", "a": "90%"}, {"b": "0%", "a": "100%"}]
            tree["chooses"][reason] = draw(st.sampled_from(shares))
    out = {kind: tree, "to": to}
    if rarely(draw, 2):
        tree |= {"invalid": draw(st.sampled_from(["10%", "50%", "0%"])), "tries": draw(st.integers(1, 3))}
        if rarely(draw, 2):
            out["otherwise"] = draw(st.sampled_from(onward))
    return out


def ai_agent(draw: Draw, tree: Tree, onward: list[str], reasons: list[str]) -> Tree:
    """A machine that talks to customers, mostly to fewer at a time than would like to."""
    shares = st.sampled_from(["30%", "70%", {reasons[0]: "90%", "others": "10%"}])
    tree["resolves"] = draw(shares)
    for key in ("offered", "accepted", "hands_over"):
        if rarely(draw, 2):
            tree[key] = draw(shares)
    if rarely(draw, 3):
        tree["hang_up"] = "20%"
    if rarely(draw, 2):
        tree["retold"] = draw(st.sampled_from(["0s", "30s"]))
    if rarely(draw, 3):
        tree["saves"] = "60s"
    if rarely(draw, 2):
        tree["cost"] = 0.25
    out: Tree = {"ai_agent": tree, "then": draw(st.sampled_from(onward))}
    if "time" in tree and draw(st.integers(0, 3)):
        tree["longer"] = {reasons[-1]: 2}
        tree["concurrent"] = draw(st.integers(1, 3))
        if draw(st.booleans()):
            out["otherwise"] = draw(st.sampled_from(onward))
    return out


def came_to(nodes: Tree, start: str, reason: str) -> list[str]:
    met = [start]
    for name in met:
        one = nodes[name]
        ways = [one.get("then"), one.get("otherwise") if "menu" not in one else None]
        if "menu" in one:
            shares = one["menu"]["chooses"]
            ways += [one["to"][option] for option in shares.get(reason, shares["others"])]
            ways += [one.get("otherwise")] if "invalid" in one["menu"] else []
        met += [way for way in dict.fromkeys(ways) if way in nodes and way not in met]
    return met


# --- staff ---------------------------------------------------------------------------------------------------------


def staff(draw: Draw, when: Days, groups: Tree) -> Tree:
    out: Tree = {"at_shift_end": draw(st.sampled_from(["hand_back", "finish"]))}
    shifts: list[Tree] = []
    for name, tree in groups.items():
        kind = draw(st.sampled_from(["number", "list", "list", "headcounts", "shifts", "shifts"]))
        n = when.slots(when.interval)
        if when.steady or kind == "number":
            tree["agents"] = draw(st.integers(1, 4))
        elif kind == "shifts":
            shifts += roster(draw, when, name)
        else:
            given = draw(st.one_of(st.integers(0, 4), st.lists(st.integers(0, 4), min_size=n, max_size=n)))
            if kind == "list":
                tree["agents"] = given
            else:
                out.setdefault("headcounts", {})[name] = given
    if shifts:
        out["shifts"] = shifts
    if any("shrinkage" in tree and "scheduled" not in tree for tree in groups.values()):
        out["scheduled"] = draw(st.booleans())
    elif rarely(draw):
        out["scheduled"] = True
    if rarely(draw):
        out["overrun_paid"] = False
    return out


def roster(draw: Draw, when: Days, group: str) -> list[Tree]:
    """Shifts around the opening hours of the first open day: some overlap, some follow one another, some run over."""
    day = next(d for d in when.dates if when.open_on(d))
    spans = when.open_on(day)
    first, last = spans[0][0], spans[-1][1]
    middle = min(last - 15, first + 15 * max(1, (last - first) // 30))
    out = []
    for _ in range(draw(st.integers(1, 3))):
        begin = max(0, draw(st.sampled_from([first, first, first - 30, first + 15, middle])))
        end = draw(st.sampled_from([last, last, last + 30, middle, min(last, begin + 60)]))
        # The end of one opening hour must lie after the shift begins.
        begin = min(begin, last - 15)
        if end <= begin:
            end = last
        if not any(begin < b and a < end for a, b in spans):
            begin, end = first, last
        end = min(end, begin + 1425)
        tree: Tree = {"group": group, "start": clock(begin), "end": wrapped(end)}
        if rarely(draw, 2):
            tree["agents"] = draw(st.integers(1, 2))
        choice = draw(st.integers(0, 3))
        if choice == 1:
            tree["weekday"] = WEEK[day.weekday()]
        elif choice == 2:
            tree["date"] = day.isoformat()
        breaks, at = [], begin
        while rarely(draw, 2) and len(breaks) < 3:
            a = at + draw(st.sampled_from([0, 10, 15, 30]))
            b = a + draw(st.sampled_from([5, 10, 15]))
            if b > end or (b - begin >= end - begin - 10 and a == begin):
                break
            breaks.append((a, b))
            at = b
        if sum(b - a for a, b in breaks) < end - begin and breaks:
            tree["breaks"] = [f"{wrapped(a)}-{wrapped(b)}" for a, b in breaks]
        out.append(tree)
    return out


# --- the whole -----------------------------------------------------------------------------------------------------


@st.composite
def scenarios(
    draw: Draw,
    contacts: tuple[int, int] = (200, 320),
    more: bool = True,
    loop: str | None = None,
    chats: bool = False,
    dated: bool = False,
) -> Tree:
    """A scenario, as plain values for `cxsim.parse`, of about so many fresh contacts, for a `loop` at most.

    Where none is named, two thirds are for the `rich` one; `own` and `own_rich` have a policy that is a class. `more`:
    messages that go to and fro, agents who ask one another, and lists that are dialled, too. `chats`: several at a time
    in any case, mostly beside calls and mail. `dated`: absences, holidays and other hours on single dates, too.
    """
    loop = "rich" if chats else loop
    kind = loop or draw(st.sampled_from(["rich", "rich", "rich", "rich", "plain", "basic"]))
    as_class, kind = kind.startswith("own"), {"own": "plain", "own_rich": "rich"}.get(kind, kind)
    rich, basic = kind == "rich", kind == "basic"
    when = days(draw)
    names = [f"q{i + 1}" for i in range(draw(st.sampled_from([2, 3, 3, 4] if chats else [1, 2, 2, 3])))]
    count = draw(st.integers(max(1, len(names) - 1), 4))
    fresh = draw(st.integers(*contacts)) / max(1, when.simulated)
    lists = queues(draw, names)
    crews = groups(draw, when, names)
    if not basic:
        overflow(draw, lists, crews)
    for one in lists.values():
        if rich and rarely(draw):
            one["talk"] = law(draw, 1, 12)
        if rarely(draw):
            one["wrap"] = law(draw, 0, 3)
    tree: Tree = {
        "cxsim": 1,
        "horizon": when.tree,
        "at_close": draw(st.sampled_from(["serve_queue", "turn_away"])),
        "closed_hours": {
            "then": draw(st.sampled_from(["next_opening", "lost"])),
            "spread": draw(st.sampled_from(["0s", "10 min", "1 h"])),
        },
        "reasons": {
            f"r{i + 1}": reason(draw, when, names[i % len(names)], math.ceil(fresh / count)) for i in range(count)
        },
        "queues": lists,
        "groups": crews,
        "staff": staff(draw, when, crews),
        "routing": {
            "agent": draw(st.sampled_from(BASIC_AGENT_RULES if basic else AGENT_RULES)),
            "contact": draw(st.sampled_from(BASIC_CONTACT_RULES if basic else CONTACT_RULES)),
        },
        "sl": {
            "definition": draw(st.sampled_from(SL_NAMES)),
            "basis": draw(st.sampled_from(["attempt", "accumulated"])),
        },
    }
    if not any("wrap" in one for one in tree["reasons"].values()):  # a factor has nothing to change
        for crew in crews.values():
            for name, one in crew.get("skills", {}).items():
                if "wrap" not in lists[name]:
                    one.pop("wrap", None)
    if basic:
        tree["staff"]["at_shift_end"] = "finish"
        for one in (*lists.values(), *tree["reasons"].values()):
            one.pop("capacity", None)
            one.pop("balk", None)
    if rich and draw(st.booleans()) and (nodes := flow(draw, tree["reasons"], names, when.steady, more)):
        tree["flow"] = nodes
    if chats or (as_class and rich) or draw(st.booleans()):  # the policies that are classes choose whom to interrupt
        tree["channels"] = channels(draw, tree, names, chats) if rich else {"phone": channel(draw, basic)}
        if any(one.get("deferrable") or one.get("always_open") for one in tree["channels"].values()):
            whole_days(draw, when, tree, math.ceil(fresh / count))
    if rich and len(names) > 1 and draw(st.booleans()):
        transfers(draw, tree, names, more)
    if rich and draw(st.booleans()):
        told(draw, tree, names)
    if rich and more and draw(st.booleans()):
        to_and_fro(draw, tree, names)
    if kinds := segments(draw, urgent=rich and more and draw(st.booleans())):
        tree["segments"] = kinds
    if draw(st.integers(0, 2)):
        tree["after_contact"] = after_contact(draw)
        for rule in tree["after_contact"].values():
            if rich and rarely(draw, 3):
                places = [*names, *tree.get("flow", {})]
                one, other = draw(st.sampled_from(places)), draw(st.sampled_from(places))
                rule["next"] = one if one == other else {one: "70%", other: "30%"}
                if "segments" in tree and draw(st.booleans()):
                    kind = tree["segments"][draw(st.sampled_from(list(tree["segments"])))]
                    kind["next"] = {draw(st.sampled_from(["abandoned", "unresolved"])): draw(st.sampled_from(places))}
    if not when.steady and rarely(draw, 3):
        tree["events"] = [event(draw, when, list(tree["reasons"]))]
    if rich and more and not when.steady and rarely(draw, 2):
        people(draw, tree)
    if rich and more and draw(st.booleans()):
        care(draw, tree)
    if rich and more and rarely(draw, 3):
        tree["routing"]["last_agent"] = True
    if rich and more and rarely(draw, 3):
        group = draw(st.sampled_from(list(tree["groups"])))
        kinds = [*tree.get("segments", {}), "others"]
        tree["routing"]["preferred_agent"] = draw(st.sampled_from([group, {draw(st.sampled_from(kinds)): group}]))
    if as_class:
        own = draw(st.sampled_from(CLASSES if rich else CLASSES[:-1]))
        tree["routing"]["policy"] = f"{Path(__file__).with_name('policies.py')}:{own}"
        tree["routing"]["parameters"] = {"kept": draw(st.integers(0, 2))}
    elif more and not basic and rarely(draw, 3):
        own = draw(st.sampled_from(["both", "agents", "contacts"]))
        tree["routing"]["policy"] = f"{Path(__file__).with_name('policies.py')}:{own}"
        tree["routing"]["parameters"] = {"kept": draw(st.integers(0, 3))}
    if any("spread" in crew or "tenure" in crew for crew in crews.values()) and draw(st.booleans()):
        tree["staff"]["redraw_agents"] = True
    return other_days(draw, when, tree) if dated and not when.steady else tree


def other_days(draw: Draw, when: Days, tree: Tree) -> Tree:
    """The scenario with absences, and with a holiday or other hours on a date where what is dated allows it."""
    if rarely(draw, 3):
        absence: Tree = {"name": "flu", "share": draw(st.sampled_from(["0%", "10%", "35%", "100%"]))}
        absence |= draw(st.sampled_from([{}, {"date": when.dates[0].isoformat()}, {"weekday": "mon, thu"}]))
        if draw(st.booleans()):
            absence["groups"] = draw(st.sampled_from(list(tree["groups"])))
        tree["absences"] = [absence, {"share": "20%", "date": when.dates[-1].isoformat()}][: draw(st.integers(1, 2))]
    if rarely(draw, 3):
        day = (when.dates[0] + timedelta(days=draw(st.integers(-1, len(when.dates))))).isoformat()
        hours = draw(st.sampled_from(["closed", "08:00-09:00", "08:20-09:30", "00:00-00:30, 23:00-24:00"]))
        key = draw(st.sampled_from(["holidays", "exceptions"]))
        changed = tree | {"horizon": tree["horizon"] | {key: [day] if key == "holidays" else {day: hours}}}
        with suppress(ScenarioError):
            facts(parse(changed))
            return changed
    return tree


def channels(draw: Draw, tree: Tree, queues: list[str], chats: bool = False) -> Tree:
    """The phone, and perhaps work that may wait, with agents kept from it."""
    out: Tree = {"phone": channel(draw)}
    if not chats and rarely(draw):
        return out
    out["mail"] = channel(draw) | {
        "deferrable": draw(st.booleans()),
        "always_open": draw(st.booleans()),
        "interruptible": draw(st.booleans()),
    }
    for name in queues[1:] or queues:
        if draw(st.integers(0, 3)):
            tree["queues"][name]["channel"] = "mail"
    first = tree["groups"]["g1"]
    overflows = repr([one.get("overflow") for one in tree["queues"].values()])
    if "serves" in first and "'g1'" not in overflows:  # calls and mail for the same agents
        first["serves"] = queues
    for one in tree.get("flow", {}).values():
        if rarely(draw):
            one["channel"] = "mail"
    if chats or not rarely(draw, 3):
        out["chat"] = channel(draw) | {"concurrent": draw(st.integers(2, 3))}
        if rarely(draw):
            out["chat"]["deferrable"] = True
        if draw(st.booleans()):
            out["chat"]["slowdown"] = draw(st.sampled_from([[1, 1.5], ["100%", 1.25], [2]]))
        for name in queues[:-1] or queues:
            if draw(st.booleans()) or (chats and name == queues[0]):
                tree["queues"][name]["channel"] = "chat"
        if "'channel': 'chat'" not in repr(tree["queues"]):
            del out["chat"]
    if "'channel': 'mail'" not in repr([tree["queues"], tree.get("flow")]):
        del out["mail"]
    for group in tree["groups"].values():
        for skill in group.get("skills", {}).values():
            if rarely(draw):
                skill["reserve"] = draw(st.integers(1, 2))
    return out


def transfers(draw: Draw, tree: Tree, queues: list[str], more: bool) -> None:
    """Agents hand contacts on to other queues, forward and back; `more`: also only to who is idle, or after that."""
    for name in queues:
        if rarely(draw, 3):
            continue
        rules = []
        kinds = [["always"], ["unresolved"], ["always", "unresolved"]]
        if more:
            kinds += [["unresolved", "in_vain"], ["always", "unresolved", "in_vain"]]
        for when in draw(st.sampled_from(kinds)):
            to = draw(st.sampled_from([q for q in queues if q != name]))
            kind = draw(st.sampled_from(["cold", "warm", "warm", "conference"]))
            if "chat" in (tree["queues"][name].get("channel"), tree["queues"][to].get("channel")):
                kind = "cold"
            share = draw(st.sampled_from(["20%", "50%", {"others": "40%", "r1": "10%"}, {"r1": "60%"}]))
            rule: Tree = {"to": to, "share": share}
            rule |= {"when": when, "kind": kind}
            if kind == "warm" and draw(st.booleans()):
                rule["handover"] = law(draw, 0, 3)
            if more and rarely(draw, 3) and tree["queues"][to].get("channel") != "chat":
                rule["if_idle"] = True
            elif rarely(draw) and when == "always":
                rule["talk"] = draw(st.sampled_from(["50%", "130%"]))
            if rarely(draw):
                rule["talk_after"] = draw(st.sampled_from(["150%", "50%"]))
            if rarely(draw, 3):
                rule["retold"] = draw(st.sampled_from(["30s", "60s"]))
            if rarely(draw, 3):
                rule["keeps_place"] = True
            rules.append(rule)
        if when == "in_vain" and not any(rule.get("if_idle") for rule in rules[:-1]):
            if rules[0]["to"] in [q for q in queues if tree["queues"][q].get("channel") == "chat"]:
                rules.pop()
            else:
                rules[0]["if_idle"] = True
                rules[0].pop("talk", None)
        tree["queues"][name]["transfers"] = rules


def moved_on(tree: Tree, name: str) -> list[str]:
    """The queues to which contacts of one overflow, one after another."""
    found: list[str] = []
    while place := next((s["to_queue"] for s in tree["queues"][name].get("overflow", []) if "to_queue" in s), None):
        found.append(place)
        name = place
    return found


def told(draw: Draw, tree: Tree, queues: list[str]) -> None:
    """Waits are announced, and calls back offered, where nothing is put aside."""
    for name in queues:
        one = tree["queues"][name]
        if draw(st.booleans()):
            rule: Tree = {"estimator": draw(st.sampled_from(ESTIMATORS))}
            if draw(st.booleans()):
                rule["leaves"] = [{"over": "0s", "share": "10%"}, {"over": "2 min", "share": "50%"}]
            if draw(st.booleans()):
                rule["patience"] = draw(st.sampled_from([{"factor": 0.5}, {"factor": 2}, law(draw, 0, 10, never=True)]))
            one["announces"] = rule
        interruptible = tree.get("channels", {}).get(one.get("channel", "phone"), {}).get("interruptible")
        alone = all(
            tree["queues"][place].get("channel") != "chat"
            and not tree.get("channels", {}).get(tree["queues"][place].get("channel", "phone"), {}).get("interruptible")
            for place in moved_on(tree, name)
        )
        if draw(st.booleans()) and alone and not interruptible and one.get("channel") != "chat":
            call: Tree = {"over": draw(st.sampled_from(["0s", "30s", "2 min"])), "accepted": "50%"}
            call["reached"] = draw(st.sampled_from(["100%", "60%", "20%"]))
            call |= {"dial": law(draw, 0, 2), "tries": draw(st.integers(1, 3)), "retry": law(draw, 0, 10)}
            if draw(st.booleans()):
                call["after"] = law(draw, 0, 60)
            one["callback"] = call


def to_and_fro(draw: Draw, tree: Tree, queues: list[str]) -> None:
    """Customers write again, agents ask agents, and what is on a list is dialled."""
    for name in queues:
        one = tree["queues"][name]
        kind = tree.get("channels", {}).get(one.get("channel", "phone"), {})
        for rule in one.get("transfers", ()):
            other = tree["queues"][rule["to"]].get("channel", "phone")
            asked = tree.get("channels", {}).get(other, {})
            alone = "chat" not in (one.get("channel"), other) and not asked.get("interruptible")
            alone &= not any("to_queue" in stage for stage in tree["queues"][rule["to"]].get("overflow", []))
            if alone and not rarely(draw, 4) and rule["when"] != "in_vain":
                rule |= {"kind": "consult", "handover": law(draw, 0, 4)}
                rule.pop("retold", None)
                rule.pop("talk_after", None)
        if not rarely(draw, 3) and not one.get("transfers"):
            one["turns"] = {"share": draw(st.sampled_from(["40%", {"r1": "70%", "others": "10%"}]))}
            one["turns"]["think"] = law(draw, 0, 15)
        quiet = not any(one.get(key) for key in ("callback", "announces", "overflow"))
        if quiet and not kind.get("interruptible") and one.get("channel") != "chat" and draw(st.booleans()):
            mode = draw(st.sampled_from(["preview", "progressive", "predictive", "predictive"]))
            out: Tree = {"mode": mode, "reached": draw(st.sampled_from(["100%", "60%", "30%"]))}
            out |= {"dial": law(draw, 0, 2), "tries": draw(st.integers(1, 3)), "retry": law(draw, 0, 20)}
            if mode == "preview":
                out["preview"] = law(draw, 0, 1)
            if mode == "predictive":
                out["ahead"] = draw(st.sampled_from([1, 1.5, 3]))
                out["dropped_at_most"] = draw(st.sampled_from(["100%", "5%"]))
            one["outbound"] = out


def whole_days(draw: Draw, when: Days, tree: Tree, number: int) -> None:
    """Reasons that begin in the mail have a volume by day and night."""
    always = replace(when, hours=when.hours if when.steady else (((0, DAY),),) * 7)
    for one in tree["reasons"].values():
        begins = tree["flow"][one["flow"]] if "flow" in one else tree["queues"].get(one["queue"], {})
        kind = tree["channels"].get(begins.get("channel"), {})
        if kind.get("deferrable") or kind.get("always_open"):
            one["volume"] = volume(draw, always, number)


def channel(draw: Draw, basic: bool = False) -> Tree:
    tree: Tree = {}
    if draw(st.integers(0, 3)):
        tree["patience"] = law(draw, 0, 10, never=True)
    if basic:
        return tree
    if rarely(draw):
        tree["balk"] = "10%"
    if rarely(draw):
        tree["lines"] = draw(st.integers(1, 12))
    return tree


def event(draw: Draw, when: Days, reasons: list[str]) -> Tree:
    tree: Tree = {"factor": draw(st.sampled_from([0, 0.5, 2]))}
    if rarely(draw, 2):
        tree |= {"from": "08:10", "to": "08:50"}
    if rarely(draw, 2):
        tree["date"] = draw(st.sampled_from(when.dates)).isoformat()
    if rarely(draw, 2):
        tree["reasons"] = [draw(st.sampled_from(reasons))]
    return tree
