"""Whatever the cover layer gives is checked second by second, by an oracle that knows only tables and clocks."""

import csv
import math
from datetime import date, timedelta
from itertools import groupby, pairwise

import numpy as np
import pytest
from scipy.optimize import linprog
from staffing.staff import read_back, same

from cxsim import parse
from cxsim.model.calendar import timeline
from cxsim.model.plan import plan
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.problem.stage import Impossible
from cxsim.optimizer.shifts.covering import cover
from cxsim.optimizer.shifts.needed import Demand, by_group, by_queue, read_agents, read_need
from cxsim.optimizer.shifts.staff import structure

DAY = 86400


def seconds(text):
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return 3600 * hours + 60 * minutes + (rest[0] if rest else 0)


def present(table, groups, dates, share):
    """People on duty by group and second of these dates, from the rows of a plan of shifts.

    A row without a date holds for every day, that before the first one too.
    """
    known = [str(date.fromisoformat(dates[0]) - timedelta(days=1)), *dates]
    out = np.zeros((len(groups), (len(known) + 2) * DAY))
    for row in table:
        g, people = groups.index(row["group"]), float(row["agents"]) * share[groups.index(row["group"])]
        for day in [known.index(row["date"])] if row.get("date") else range(len(known)):
            start, end = (day * DAY + seconds(row[key]) for key in ("start", "end"))
            end += DAY * (end <= start)
            out[g, start:end] += people
            for span in filter(None, (row["breaks"] or "").split(";")):
                a, b = (day * DAY + seconds(one) for one in span.split("-"))
                a, b = (x + DAY * (x < start) for x in (a, b))
                b += DAY * (b < a)
                out[g, a:b] -= people
    return out[:, DAY : len(known) * DAY]


def lacking(scenario, dates, table, kind, rows, width):
    """The moments (s) at which the people of a plan, each counted once, cannot meet a need in whole people.

    `rows` are (group or queue, date or '', start in s, agents), each for `width` s.
    """
    groups = list(scenario.groups)
    share = [1.0 - one.shrinkage * scenario.is_scheduled(name) for name, one in scenario.groups.items()]
    there = present(table, groups, dates, share)
    needs = {}
    for name, on, start, agents in rows:
        for day in [dates.index(on)] if on else range(len(dates)):
            line = needs.setdefault(name, np.zeros(len(dates) * DAY))
            line[day * DAY + start : day * DAY + start + width] = agents
    names = list(needs)
    wanted = np.array([needs[name] for name in names])
    serves = [set(one.skills) for one in scenario.groups.values()]
    states = np.concatenate([there, wanted])
    begins = np.concatenate([[0], 1 + np.flatnonzero((np.diff(states, axis=1) != 0).any(axis=0))])
    out = []
    for at in begins:
        people, asked = there[:, at], []
        for k, name in enumerate(names):
            if kind == "queue":
                asked.append(({g for g in range(len(groups)) if name in serves[g]}, wanted[k, at]))
            else:
                mine, whole = groups.index(name), math.floor(wanted[k, at] + 1e-7)
                asked.append(({mine}, whole))
                asked.append(({g for g in range(len(groups)) if serves[mine] <= serves[g]}, wanted[k, at] - whole))
        if not allotted(asked, people):
            out.append(int(at))
    return out


def allotted(asked, people):
    """Whether people can be handed out so that every demand is met: a small linear program."""
    pairs = [(k, g) for k, (able, _) in enumerate(asked) for g in able]
    rows = [[-1.0 * (k == d) for d, _ in pairs] for k in range(len(asked))]
    rows += [[1.0 * (g == one) for _, one in pairs] for g in range(len(people))]
    limits = [*(-agents + 1e-6 for _, agents in asked), *people]
    return linprog(np.zeros(len(pairs)), A_ub=rows, b_ub=limits, method="highs").status == 0


def text_rows(frame):
    return list(csv.DictReader(frame.to_csv(index=False).splitlines()))


def scenario_of(groups, shifts, hours="08:00-16:00", days=1, interval="1 h", **more):
    queues = sorted({queue for group in groups.values() for queue in group["serves"]})
    return parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-03-02", "days": days, "open": hours, "interval": interval},
            "reasons": {q: {"volume": "10/h", "handle_time": "4 min", "patience": "3 min"} for q in queues},
            "queues": {q: {"target": {"sl": {"share": "80%", "within": "20s"}}} for q in queues},
            "groups": {name: {"wage": 10, "agents": 2, **group} for name, group in groups.items()},
            "optimize": {"within_team": False, **({} if shifts is None else {"shifts": shifts})},
            **more,
        }
    )


def covered(scenario, demand):
    """The plan that covers a demand, as rows of a table, and what covering says of it."""
    found = problem(scenario, threads=1)
    best = cover(found.structure, demand, gap=0.0, seconds=60)
    return text_rows(found.structure.table(found.structure.complete(np.rint(best.x)))), best


BREAK = {"length": "30 min", "after": "3 h", "before": "5 h", "every": "30 min"}
TEAM = {"team": {"serves": ["call"]}}


def hourly(name, first, last, agents):
    return [(name, "", h * 3600, agents) for h in range(first, last)]


def demand_of(scenario, kind, rows, width):
    times = timeline(scenario)
    names = list(scenario.groups if kind == "group" else scenario.queues)
    need = np.zeros((len(names), times.n_intervals))
    for name, on, start, agents in rows:
        days = [dates_of(scenario).index(on)] if on else range(times.days)
        for day in days:
            a, b = (day * DAY + x for x in (start, start + width))
            need[names.index(name), int(a // times.interval) : math.ceil(b / times.interval)] = agents
    return by_group(need, scenario) if kind == "group" else by_queue(need, scenario)


def dates_of(scenario):
    times = timeline(scenario)
    return [str(one) for one in times.dates[times.days_before : times.days_before + times.days]]


def test_breaks_never_leave_a_moment_short():
    """Two breaks within one hour, needed by the hour: on average one person would do, at 11:30 nobody were there."""
    scenario = scenario_of(TEAM, {"lengths": ["8 h"], "starts_every": "1 h", "break": BREAK})
    rows = hourly("team", 8, 16, 1)
    table, best = covered(scenario, demand_of(scenario, "group", rows, 3600))
    assert lacking(scenario, ["2026-03-02"], table, "group", rows, 3600) == []
    assert sum(int(row["agents"]) for row in table) == 2 and len({row["breaks"] for row in table}) == 2
    assert best.levels[0, 8:16].min() >= 1.0
    alone = [{**table[0], "agents": "2"}]  # the oracle sees what averages hide
    assert lacking(scenario, ["2026-03-02"], alone, "group", rows, 3600) == [seconds(alone[0]["breaks"][:5])]


@pytest.mark.parametrize(("need", "people"), [(2.4, 3), (0.4, 1), (2.0, 2), (2.0000000001, 2)])
def test_a_fraction_of_an_agent_takes_a_person(need, people):
    scenario = scenario_of(TEAM, {"lengths": ["8 h"], "starts_every": "1 h"})
    rows = hourly("team", 8, 16, need)
    table, _ = covered(scenario, demand_of(scenario, "group", rows, 3600))
    assert [int(row["agents"]) for row in table] == [people]


@pytest.mark.parametrize(
    ("one", "two", "people"),
    [
        (["a"], ["b"], {"one": 2, "two": 2}),  # they share no queue: 1.4 is 2, twice
        (["a", "b"], ["a", "b"], {"one": 1, "two": 2}),  # 0.4 and 0.4 are one person of the cheaper group
        (["a"], ["a", "b"], {"one": 1, "two": 2}),  # two may do what one leaves over, not the other way round
        (["a", "b"], ["b"], {"one": 2, "two": 1}),
        (["a", "b"], ["b", "c"], {"one": 2, "two": 2}),  # neither serves all that the other does
    ],
)
def test_what_is_left_over_of_groups_that_can_stand_in_for_one_another_is_added(one, two, people):
    groups = {"one": {"serves": one, "wage": 11}, "two": {"serves": two, "wage": 10}}
    scenario = scenario_of(groups, {"lengths": ["8 h"], "starts_every": "1 h"})
    rows = hourly("one", 8, 16, 1.4) + hourly("two", 8, 16, 1.4)
    table, _ = covered(scenario, demand_of(scenario, "group", rows, 3600))
    assert {row["group"]: int(row["agents"]) for row in table} == people
    assert lacking(scenario, ["2026-03-02"], table, "group", rows, 3600) == []


def test_nobody_of_two_queues_is_counted_twice():
    """Each of three queues needs 1 of agents who serve two of them: three people, not two."""
    groups = {"ab": {"serves": ["a", "b"]}, "bc": {"serves": ["b", "c"]}, "ca": {"serves": ["c", "a"]}}
    scenario = scenario_of(groups, {"lengths": ["8 h"], "starts_every": "1 h"})
    rows = [row for queue in "abc" for row in hourly(queue, 8, 16, 0.9)]
    table, _ = covered(scenario, demand_of(scenario, "queue", rows, 3600))
    assert sum(int(row["agents"]) for row in table) == 3
    assert lacking(scenario, ["2026-03-02"], table, "queue", rows, 3600) == []


def test_hours_that_no_shift_reaches_are_named():
    scenario = scenario_of(TEAM, {"lengths": ["10 h"], "starts_every": "7 h"}, hours="06:00-22:00")
    with pytest.raises(Impossible, match=r"no shift reaches 16:00-22:00, where team needs 3; allow other lengths"):
        covered(scenario, demand_of(scenario, "group", hourly("team", 9, 22, 3), 3600))
    gap = hourly("team", 9, 17, 2) + hourly("team", 20, 21, 1)
    with pytest.raises(Impossible, match=r"reaches 16:00-17:00, 20:00-21:00, where team needs 2;"):
        covered(scenario, demand_of(scenario, "group", gap, 3600))
    two = {"team": {"serves": ["call"]}, "late": {"serves": ["mail"]}}
    scenario = scenario_of(two, {"lengths": ["10 h"], "starts_every": "7 h"}, hours="06:00-22:00", days=2)
    rows = [("team", "2026-03-03", 20 * 3600, 1.0), ("late", "", 21 * 3600, 2.5)]
    with pytest.raises(Impossible) as error:
        covered(scenario, demand_of(scenario, "group", rows, 3600))
    for said in ("Tue 3 Mar 20:00-21:00, where team", "Mon 2 Mar 21:00-22:00, Tue 3 Mar 21:00-22:00, where late"):
        assert said in str(error.value)


def drawn(seed):
    """A center with shifts, and a need of its groups or queues."""
    draw = np.random.default_rng(seed)
    queues = list("abc")[: draw.integers(1, 4)]
    groups = {}
    for k in range(draw.integers(1, 4)):
        count = draw.integers(1, len(queues) + 1)
        groups[f"g{k}"] = {"serves": sorted(draw.choice(queues, count, replace=False).tolist()), "wage": 10 + k}
        if draw.random() < 0.3:
            groups[f"g{k}"] |= {"shrinkage": "30%", "scheduled": True}
    groups["all"] = {"serves": queues, "wage": 15}
    days = int(draw.choice([1, 1, 2]))
    night = bool(draw.random() < 0.3)
    every = ["30 min", "1 h"][draw.integers(2)]
    lengths = [["4 h"], ["4 h", "6 h"], ["5 h 30 min" if every == "30 min" else "5 h"]][draw.integers(3)]
    shifts = {"lengths": lengths, "starts_every": every}
    if draw.random() < 0.7:
        shifts["break"] = [
            {"length": "20 min", "after": "1 h", "before": "3 h", "every": "20 min"},
            {"length": "45 min", "after": "90 min", "before": "3 h", "every": "15 min", "paid": True},
        ][draw.integers(2)]
    hours = "00:00-24:00" if night else ["08:00-20:00", "08:15-14:45"][draw.integers(2)]
    interval = ["30 min", "1 h"][draw.integers(2)]
    scenario = scenario_of(groups, shifts, hours=hours, days=days, interval=interval)
    kind = ["group", "queue"][draw.integers(2)]
    width = 1800 if interval == "30 min" else 3600
    rows = []
    times = timeline(scenario)
    for name in scenario.groups if kind == "group" else scenario.queues:
        for i in np.flatnonzero(times.open_mask):
            if draw.random() < 0.8:
                start, day = int(i * times.interval) % DAY, int(i * times.interval) // DAY
                agents = float(draw.choice([0.0, 0.3, 1.0, round(draw.uniform(0, 3), 2)]))
                rows.append((name, dates_of(scenario)[day], start, agents))
    return scenario, kind, rows, width


@pytest.mark.parametrize("seed", range(24))
def test_every_plan_that_covers_does_so_at_every_second(seed):
    scenario, kind, rows, width = drawn(seed)
    times = timeline(scenario)
    demand = demand_of(scenario, kind, rows, width)
    try:
        table, best = covered(scenario, demand)
    except Impossible as error:
        assert "no shift reaches" in str(error)
        return
    inside = []
    for name, on, start, agents in rows:  # an interval that is open in part needs people while it is open
        hours = times.hours[times.days_before + dates_of(scenario).index(on)]
        for a, b in hours:
            inside += [(name, on, s, agents) for s in range(max(start, int(a)), min(start + width, int(b)), 300)]
    assert lacking(scenario, dates_of(scenario), table, kind, inside, 300) == []
    assert best.bound <= best.cost + 1e-6


def test_most_drawn_needs_can_be_covered():
    """So that the test above is not one of refusals."""
    found = 0
    for seed in range(24):
        scenario, kind, rows, width = drawn(seed)
        try:
            covered(scenario, demand_of(scenario, kind, rows, width))
        except Impossible:
            continue
        found += 1
    assert found >= 16


def test_who_reaches_into_the_first_day_is_named_on_the_evening_before(tmp_path):
    """The table of a dated plan staffs the same people as the plan it was written from."""
    scenario = scenario_of(TEAM, {"lengths": ["8 h"], "starts_every": "4 h"}, hours="00:00-24:00", days=2)
    found = problem(scenario, threads=1)
    need = np.tile(np.where(np.arange(24) < 4, 3.0, 1.0), 2)[None]
    best = cover(found.structure, by_group(need), gap=0.0)
    table = found.structure.table(best.x)
    assert "2026-03-01" in set(table["date"])
    again, _ = read_back(scenario, found.model.timeline, table, tmp_path / "plan.csv")
    assert same(again, found.structure.plan(best.x))


@pytest.mark.parametrize("seed", [4, 8, 9])
def test_allotting_people_by_variables_gives_the_same_cost_as_rows_for_sets_of_groups(seed, monkeypatch):
    scenario, kind, rows, width = drawn(100 + seed)
    demand = demand_of(scenario, kind, rows, width)
    _, best = covered(scenario, demand)
    monkeypatch.setattr("cxsim.optimizer.shifts.needed.MOST_SETS", 0)
    assert not demand.sets()[1]
    _, again = covered(scenario, demand)
    assert again.cost == pytest.approx(best.cost)


def test_sets_of_groups_say_what_variables_say():
    """Random demands and people: the sets hold exactly when the oracle can hand the people out."""
    draw = np.random.default_rng(5)
    for _ in range(200):
        g, d = int(draw.integers(1, 5)), int(draw.integers(1, 5))
        able = draw.random((d, g)) < 0.5
        able[np.arange(d), draw.integers(0, g, d)] = True
        demand = Demand(able, draw.uniform(0.0, 2.0, (d, 1)))
        people = draw.integers(0, 4, g)
        sets, enough = demand.sets()
        assert enough
        holds = all(people[of].sum() >= demand.agents[mine].sum() - 1e-9 for of, mine in sets)
        asked = [(set(np.flatnonzero(row)), float(n)) for row, n in zip(able, demand.agents[:, 0], strict=True)]
        assert holds == allotted(asked, people.astype(float))


def written(frame, path):
    path.write_text(frame.to_csv(index=False))
    return path


def test_what_the_requirements_layer_writes_is_covered(tmp_path):
    """By queue, in fractions: read back as it is written, and met at every second by people counted once."""
    from cxsim.optimizer.problem.requirements import requirements

    groups = {"one": {"serves": ["a", "b"]}, "two": {"serves": ["b", "c"], "wage": 11}}
    pause = {**BREAK, "for": ["8 h"]}
    scenario = scenario_of(groups, {"lengths": ["4 h", "8 h"], "starts_every": "1 h", "break": pause})
    asked = requirements(scenario)
    path = written(asked, tmp_path / "requirements.csv")
    kind, column, agents = read_agents(path, scenario, timeline(scenario))
    assert (kind, column) == ("queue", "agents")
    assert agents.sum() == pytest.approx(asked["agents"].sum(), rel=1e-9)
    table, _ = covered(scenario, read_need(path, scenario, timeline(scenario)))
    rows = [(row["queue"], "", seconds(str(row["interval"])[11:16]), row["agents"]) for row in asked.to_dict("records")]
    assert lacking(scenario, ["2026-03-02"], table, "queue", rows, 3600) == []


def test_what_a_run_writes_is_covered(tmp_path):
    """plan.csv: the people who are there; erlang.csv: what each queue would take alone."""
    from cxsim import simulate
    from cxsim.report.run import tables

    groups = {"one": {"serves": ["a"], "agents": 3}, "two": {"serves": ["b"], "agents": 2}}
    scenario = scenario_of(groups, {"lengths": ["8 h"], "starts_every": "1 h", "break": BREAK})
    wrote = tables.saved(simulate(scenario, replications=2))
    times = timeline(scenario)
    kind, column, agents = read_agents(written(wrote["plan"], tmp_path / "plan.csv"), scenario, times)
    assert (kind, column) == ("group", "present")
    assert agents[:, 8:16].tolist() == [[3.0] * 8, [2.0] * 8]
    table, _ = covered(scenario, read_need(tmp_path / "plan.csv", scenario, times))
    rows = hourly("one", 8, 16, 3.0) + hourly("two", 8, 16, 2.0)
    assert lacking(scenario, ["2026-03-02"], table, "group", rows, 3600) == []
    kind, column, agents = read_agents(written(wrote["erlang"], tmp_path / "erlang.csv"), scenario, times)
    assert (kind, column) == ("queue", "agents_required_a")
    assert agents[0, 8:16].tolist() == wrote["erlang"].query("queue == 'a'")["agents_required_a"].tolist()


def test_a_table_of_headcounts_comes_back_as_it_went(tmp_path):
    """A plan of headcounts by the optimizer is a need that covers itself."""
    scenario = scenario_of(TEAM, None)
    found = problem(scenario, threads=1)
    best = cover(found.structure, by_group(np.where(timeline(scenario).open_mask, [[2.6]], 0.0)))
    table = found.structure.table(found.structure.complete(np.rint(best.x)))
    kind, _, agents = read_agents(written(table, tmp_path / "plan.csv"), scenario, timeline(scenario))
    assert kind == "group"
    assert agents[0, 8:16].tolist() == [3.0] * 8
    given = {"groups.team.agents": None, "staff.file": str(tmp_path / "plan.csv")}
    again = plan(scenario.vary(given), found.model.timeline)
    assert again.present[0, 8:16].tolist() == [3.0] * 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("group,start,end,agents\nteam,08:00,16:00,2\n", "'end' is a column of shifts, but requirements are expected"),
        ("group,start,agents\nteam,08:00,1\nteam,09:00,1\nteam,12:00,1\n", "'team' has no row for 10:00; add it"),
        ("group,start,agents\nteam,08:00,1\nteam,08:00,2\n", "is a second row of 'team' for the same time"),
        (
            "group,start,agents\nteam,06:00,1\nteam,07:00,1\n",
            "has a requirement at 06:00, when the center is closed; write 0",
        ),
        ("queue,start,agents\ncalls,08:00,1\n", "'calls' is not a queue; the queues are 'call'"),
        ("queue,group,start,agents\ncall,team,08:00,1\n", "has both groups and queues"),
        ("group,start,agents\nshort,08:00,1\n", "may mean people present or people scheduled: 'short' is scheduled"),
        ("start,short\n08:00,1\n", "use the columns group, start and present (or scheduled)"),
    ],
)
def test_a_need_that_can_mean_two_things_is_asked_about(tmp_path, text, said):
    groups = {**TEAM, "short": {"serves": ["call"], "shrinkage": "30%", "scheduled": True}}
    scenario = scenario_of(groups, None)
    (tmp_path / "need.csv").write_text(text)
    with pytest.raises(ValueError, match=r"need\.csv") as error:
        read_need(tmp_path / "need.csv", scenario, timeline(scenario))
    assert said in str(error.value)


def test_people_scheduled_are_read_as_people_present(tmp_path):
    groups = {"short": {"serves": ["call"], "shrinkage": "30%", "scheduled": True}}
    scenario = scenario_of(groups, {"lengths": ["8 h"], "starts_every": "1 h"})
    lines = "".join(f"short,{h:02d}:00,10\n" for h in range(8, 16))
    (tmp_path / "need.csv").write_text("group,start,scheduled\n" + lines)
    assert read_agents(tmp_path / "need.csv", scenario, timeline(scenario))[2].max() == pytest.approx(7.0)
    table, _ = covered(scenario, read_need(tmp_path / "need.csv", scenario, timeline(scenario)))
    assert [int(row["agents"]) for row in table] == [10]
    (tmp_path / "need.csv").write_text("group,start,present\n" + lines)
    table, _ = covered(scenario, read_need(tmp_path / "need.csv", scenario, timeline(scenario)))
    assert [int(row["agents"]) for row in table] == [15]  # of whom 10.5 are there
    mixed = scenario.vary({"staff.scheduled": True, "groups.short.scheduled": False})  # the group's own word goes first
    (tmp_path / "need.csv").write_text("group,start,agents\n" + lines)
    assert read_agents(tmp_path / "need.csv", mixed, timeline(mixed))[2].max() == 10.0


def test_rows_finer_than_the_interval_are_all_met(tmp_path):
    scenario = scenario_of(TEAM, {"lengths": ["8 h"], "starts_every": "1 h"})
    rows = [f"team,{h:02d}:{m:02d},{1 + (h == 9 and m == 30)}\n" for h in range(8, 16) for m in (0, 30)]
    (tmp_path / "need.csv").write_text("group,start,agents\n" + "".join(rows))
    agents = read_agents(tmp_path / "need.csv", scenario, timeline(scenario))[2]
    assert agents[0, 8:11].tolist() == [1.0, 2.0, 1.0]


@pytest.mark.parametrize(("limit", "need"), [({"min": 1}, 0.0), ({"min": 1, "max": 2}, 0.0), ({"max": 1}, 1.0)])
def test_the_least_and_the_most_of_a_group_hold_at_every_moment(limit, need):
    """By averages over the hour one person with a break, or two at once for half of it, would have passed."""
    shifts = {"lengths": ["8 h"], "starts_every": "1 h", "break": BREAK}
    scenario = scenario_of(TEAM, shifts).vary({"optimize.groups": {"team": limit}})
    rows = hourly("team", 8, 16, need)
    if "min" not in limit:
        with pytest.raises(Impossible, match=r"groups\.team\.max, \d\d:\d\d; need, team"):
            covered(scenario, demand_of(scenario, "group", rows, 3600))
        return
    table, _ = covered(scenario, demand_of(scenario, "group", rows, 3600))
    there = present(table, ["team"], ["2026-03-02"], [1.0])[0, 8 * 3600 : 16 * 3600]
    assert there.min() == 1.0 and there.max() <= limit.get("max", 9)


def test_the_parts_of_the_open_time_are_those_between_comings_and_goings():
    scenario = scenario_of(TEAM, {"lengths": ["8 h"], "break": BREAK}, hours="08:10-16:40")
    times = timeline(scenario)
    from cxsim.optimizer.problem.prices import prices  # the same prices for all: only the shape is looked at

    model = problem(scenario, threads=1).model
    moments = structure(scenario, times, prices(scenario, model.layout, times, model.demand)).moments()
    edges = [one for pair in moments.labels for one in pair]
    assert edges[0] == "08:10" and edges[-1] == "16:40"
    assert all(a == b for (_, a), (b, _) in pairwise(moments.labels))
    assert [int(i) for i, _ in groupby(moments.interval)] == list(range(8, 17))
