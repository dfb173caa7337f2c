"""Small rosters drawn at random, their rules checked and their best found without any of the code that is tested."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path

from cxsim import parse, roster

MONDAY = date(2026, 3, 2)
EARLY, LATE = 9, 18
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Who:
    """A person as the test sees it; hours are clock hours, `until` hours from the first midnight (below 0)."""

    name: str
    team: str = "a"
    also: list = field(default_factory=list)
    days: int = 5
    hours: float | None = None
    rest: float = 11
    in_a_row: int = 6
    off_together: int = 0
    weekends: int | None = None
    available: dict | None = None
    past: dict = field(default_factory=dict)
    until: int | None = None
    days_before: int = 0


@dataclass
class World:
    """`shifts` are (team, day, start, end, people); `leave` (name, day), `fixed` (name, day, start, end).

    `dated` is {(name, day): (start, end)}: when a person can work on a day, whatever the weekday says.
    """

    days: int
    shifts: list
    people: list
    leave: list = field(default_factory=list)
    fixed: list = field(default_factory=list)
    requests: list = field(default_factory=list)  # (name, what, day, span or None, weight)
    fairness: float = 1.0
    dated: dict = field(default_factory=dict)

    def on(self, day):
        return MONDAY + timedelta(days=day)

    def scenario(self):
        """Its shifts as the staff of a scenario."""
        shifts = [
            {"group": team, "date": str(self.on(day)), "start": clock(a), "end": clock(b), "agents": count}
            for team, day, a, b, count in self.shifts
        ]
        return parse(
            {
                "cxsim": 1,
                "name": "A world",
                "horizon": {"start": str(MONDAY), "days": self.days, "open": "00:00-24:00"},
                "reasons": {"calls": {"volume": "1/h", "talk": "3 min", "patience": "3 min"}},
                "groups": {team: {"serves": ["calls"], "wage": 20} for team in sorted({one[0] for one in self.shifts})},
                "staff": {"shifts": shifts},
            }
        )

    def write(self, folder: Path):
        """The two tables."""
        heads = "name,team,also,days,hours,rest,days in a row,days off together,weekends,available"
        rows = [heads + ",past late,past weekend,past refused,worked until,days before"]
        for one in self.people:
            until = ""
            if one.until is not None:
                moment = (one.until // 24, one.until % 24)
                until = f"{MONDAY + timedelta(days=moment[0])} {moment[1]:02d}:00"
            hours = "" if one.hours is None else f"{one.hours} h a week"
            weekends = "" if one.weekends is None else one.weekends
            available = (
                ""
                if one.available is None
                else "; ".join(f"{WEEKDAYS[day]} {clock(a)}-{clock(b)}" for day, (a, b) in one.available.items())
            )
            cells = (one.name, one.team, ";".join(one.also), one.days, hours, one.rest, one.in_a_row, one.off_together)
            past = [one.past.get(kind, "") for kind in ("late", "weekend", "refused")]
            rows.append(",".join(map(str, (*cells, weekends, available, *past, until, one.days_before))))
        (folder / "people.csv").write_text("\n".join(rows) + "\n")
        rows = ["name,what,date,shift,weight"]
        rows += [f"{name},leave,{self.on(day)},," for name, day in self.leave]
        rows += [
            f"{name},available,{self.on(day)},{clock(a)}-{clock(b)}," for (name, day), (a, b) in self.dated.items()
        ]
        rows += [f"{name},fixed,{self.on(day)},{clock(a)}-{clock(b)}," for name, day, a, b in self.fixed]
        for name, what, day, span, weight in self.requests:
            rows.append(f"{name},{what},{self.on(day)},{'-'.join(map(clock, span)) if span else ''},{weight}")
        (folder / "requests.csv").write_text("\n".join([*rows, ""]))
        return folder / "people.csv", folder / "requests.csv" if len(rows) > 1 else None

    def solved(self, folder: Path, **more):
        people, requests = self.write(folder)
        return roster(self.scenario(), people, requests, fairness=self.fairness, **more)


def clock(hour):
    return f"{hour % 24:02d}:00" if hour != 24 else "24:00"


def worked_by(found):
    """{name: {day: (team, start, end)}} of a table of shifts; teams without people have no names."""
    out = {}
    for row in found.shifts[found.shifts["name"] != ""].to_dict("records"):
        a, b = int(row["start"][:2]), int(row["end"][:2])
        day = (date.fromisoformat(row["date"]) - MONDAY).days
        assert day not in out.setdefault(row["name"], {}), "two shifts on one day"
        out[row["name"]][day] = (row["group"], a, b if b > a else b + 24)
    return out


def broken(world: World, one: Who, mine: dict) -> list[str]:
    """The rules that one person's shifts break, by name."""
    out = []
    for day, (team, a, b) in mine.items():
        if team != one.team and team not in one.also:
            out.append("team")
        if any(name == one.name and 24 * day + a < 24 * gone + 24 and 24 * gone < 24 * day + b
               for name, gone in world.leave):  # fmt: skip
            out.append("leave")
        if one.available is not None or (one.name, day) in world.dated:
            weekly = one.available or {}
            span = world.dated.get((one.name, day), weekly.get(world.on(day).weekday()))
            if span is None or a < span[0] or b > span[1]:
                out.append("availability")
        if one.until is not None and 24 * day + a - one.until < one.rest:
            out.append("rest before")
    spans = sorted((24 * day + a, 24 * day + b) for day, (_, a, b) in mine.items())
    out += ["rest" for (_, b), (a, _) in pairwise(spans) if a - b < one.rest]
    for week in range(-(-world.days // 7)):
        here = [day for day in mine if day // 7 == week]
        if len(here) > one.days:
            out.append("days a week")
        if one.hours is not None and sum(mine[day][2] - mine[day][1] for day in here) > one.hours:
            out.append("hours a week")
        runs = [
            all(day not in mine for day in range(first, first + one.off_together))
            for first in range(7 * week, min(7 * week + 7, world.days))
        ]
        if one.off_together and not any(runs):
            out.append("days off together")
    line = [True] * one.days_before + [day in mine for day in range(world.days)]
    run = 0
    for k, works in enumerate(line):
        run = run + 1 if works else 0
        if run > one.in_a_row and k >= one.days_before:
            out.append("days in a row")
    ends = {(world.on(day) - timedelta(days=world.on(day).weekday())) for day in mine if world.on(day).weekday() > 4}
    if one.weekends is not None and len(ends) > one.weekends:
        out.append("weekends")
    for name, day, a, b in world.fixed:
        if name == one.name and (day not in mine or mine[day][1:] != (a, b)):
            out.append("fixed")
    return out


def grants(request, mine: dict) -> bool:
    _, what, day, span, _ = request
    if what == "shift":
        return day in mine and mine[day][1:] == span
    if day not in mine:
        return True
    return {"off": False, "early": mine[day][1] < EARLY, "late": mine[day][2] > LATE}[what]


def cover_missing(world: World, roster_: dict) -> float:
    """Hours of the plan's shifts that nobody works; NaN where more work one than it needs."""
    need = {(team, day, a, b): count for team, day, a, b, count in world.shifts}
    for mine in roster_.values():
        for day, (team, a, b) in mine.items():
            need[team, day, a, b] -= 1
    if min(need.values()) < 0:
        return float("nan")
    return float(sum((b - a) * left for (_, _, a, b), left in need.items()))


def able_days(world: World, one: Who, kind: str):
    """Days on which the person could work a shift of a kind, and days on which there is one in the own teams."""
    could, there = set(), set()
    for team, day, a, b, _ in world.shifts:
        if (team == one.team or team in one.also) and is_kind(world, kind, day, b):
            there.add(day)
            free = Who(one.name, one.team, one.also, rest=one.rest, available=one.available, until=one.until)
            bare = World(world.days, world.shifts, [], world.leave, dated=world.dated)
            if not broken(bare, free, {day: (team, a, b)}):
                could.add(day)
    return len(could), len(there)


def is_kind(world, kind, day, b):
    return {"late": b > LATE, "weekend": world.on(day).weekday() > 4, "shifts": True}[kind]


def worth(world: World, roster_: dict) -> float:
    """Weight refused, unfairness, and a hundredth for shifts in other teams."""
    refused = {one.name: 0.0 for one in world.people}
    for request in world.requests:
        refused[request[0]] += request[4] * (not grants(request, roster_.get(request[0], {})))
    other = sum(team != one.team for one in world.people for team, _, _ in roster_.get(one.name, {}).values())
    return sum(refused.values()) + 0.01 * other + world.fairness * _unfairness(world, roster_, refused)


def _unfairness(world, roster_, refused):
    out = 0.0
    for team in {one.team for one in world.people}:
        for kind in ("late", "weekend", "refused", "shifts"):
            weights, counts = {}, {}
            for one in world.people:
                if one.team != team:
                    continue
                mine = roster_.get(one.name, {})
                if kind == "refused":
                    weight = sum(request[4] for request in world.requests if request[0] == one.name)
                    now = refused[one.name]
                else:
                    could, there = able_days(world, one, kind)
                    weight = one.days * could / there if there else 0
                    now = sum(is_kind(world, kind, day, b) for day, (_, _, b) in mine.items())
                if weight > 0:
                    weights[one.name] = weight
                    counts[one.name] = now + (one.past.get(kind, 0) if kind != "shifts" else 0)
            if weights:
                whole, all_ = sum(weights.values()), sum(counts.values())
                sign = -1 if kind == "shifts" else 1
                bad = [max(0.0, sign * (counts[n] - weights[n] / whole * all_)) for n in weights]
                out += max(bad) + sum(bad) / len(bad)
    return out


def best_of_all(world: World):
    """The least hours missing and, at these, the least worth, over every roster; and whether nobody is barred."""
    choices = []
    for one in world.people:
        options = []
        slots = [[None, *((t, a, b) for t, day, a, b, _ in world.shifts if day == d)] for d in range(world.days)]
        for picked in product(*slots):
            mine = {d: slot for d, slot in enumerate(picked) if slot is not None}
            if not broken(world, one, mine):
                options.append(mine)
        choices.append(options)
    best = None
    for picked in product(*choices):
        roster_ = {one.name: mine for one, mine in zip(world.people, picked, strict=True)}
        missing = cover_missing(world, roster_)
        if missing == missing and (best is None or missing <= best[0] + 1e-9):
            value = worth(world, roster_)
            if best is None or missing < best[0] - 1e-9 or value < best[1]:
                best = (missing, value)
    return best


def draw_world(seed: int, *, days: int, people: int, teams: str = "ab", most: int = 2) -> World:
    """A world with every rule somewhere, drawn from a seed."""
    pick = random.Random(seed)
    kinds = [(7, 15), (10, 18), (14, 22), (22, 30)]
    shifts = []
    for day in range(days):
        for team in teams:
            for a, b in pick.sample(kinds, pick.randint(0, min(len(kinds), most))):
                shifts.append((team, day, a, b, pick.randint(1, 2)))
    shifts = shifts or [(teams[0], 0, 7, 15, 1)]
    shifts += [(team, 0, 10, 18, 1) for team in teams if not any(one[0] == team for one in shifts)]
    crew = []
    for k in range(people):
        team = pick.choice(teams)
        one = Who(f"P{k}", team, [t for t in teams if t != team and pick.random() < 0.3])
        one.days = pick.choice([2, 3, 4, 5, 6])
        one.rest = pick.choice([8, 11, 12, 24])
        one.in_a_row = pick.choice([2, 3, 6])
        one.off_together = pick.choice([0, 0, 0, 2])
        one.hours = pick.choice([None, None, 16, 24])
        one.weekends = pick.choice([None, None, 0, 1])
        if pick.random() < 0.3:
            one.available = {d: pick.choice([(6, 18), (0, 24), (13, 23)]) for d in pick.sample(range(7), 5)}
        one.past = {kind: pick.randint(0, 3) for kind in ("late", "weekend", "refused") if pick.random() < 0.4}
        if pick.random() < 0.3:
            one.until, one.days_before = pick.choice([-2, -10]), pick.randint(0, 3)
        crew.append(one)
    world = World(days, shifts, crew, fairness=pick.choice([0.0, 0.5, 1.0]))
    for one in crew:
        if pick.random() < 0.25:
            world.leave.append((one.name, pick.randrange(days)))
        if pick.random() < 0.25:
            world.dated[one.name, pick.randrange(days)] = pick.choice([(6, 16), (9, 24), (12, 23)])
        for _ in range(pick.randint(0, 2)):
            what, day = pick.choice(["off", "early", "late", "shift"]), pick.randrange(days)
            span = pick.choice(kinds) if what == "shift" else None
            world.requests.append((one.name, what, day, span, pick.choice([1, 2, 3])))
        team, day, a, b, _ = pick.choice(shifts)
        if pick.random() < 0.2 and team == one.team and not broken(world, one, {day: (team, a, b)}):
            taken = sum(day == d and (a, b) == (u, v) for _, d, u, v in world.fixed)
            if taken == 0:
                world.fixed.append((one.name, day, a, b))
    return world
