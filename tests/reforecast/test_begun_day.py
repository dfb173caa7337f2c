"""A day that has begun: contacts as counted, people as seen, backlog as given, and moves that can be worked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reforecast.made_days import desk, drawn

import cxsim
from cxsim import metrics, reforecast
from cxsim.begun_day.actuals import day_of, read_rows
from cxsim.begun_day.backlog import waiting
from cxsim.begun_day.begun import columns
from cxsim.begun_day.crew import crew_of, plan_of
from cxsim.begun_day.moves import catalogue
from cxsim.begun_day.reforecast import begin
from cxsim.model.prepare import prepare
from cxsim.schema.ledger import UNFINISHED
from cxsim.simulation.replications import replicate

ELEVEN = 11 * 3600.0
FEW = {"replications": 20, "threads": 1}


@pytest.fixture(scope="module")
def table():
    return drawn(desk(), 1, ELEVEN, seed=3)[0][0]


def begun(scenario, table, **changes):
    rows = read_rows(table)
    day = day_of(rows, [scenario.horizon.start], None)
    given = {"names": {}, "staff": {}, "backlog": {}, "planned_staff": False, "handle_times_last": False} | changes
    return begin(prepare(scenario), rows, day, ELEVEN, threads=1, **given)


def runs(found, n=20, crew=None, keep=False):
    model = found.with_crew(crew or found.crew)
    return model, *replicate(replace(model, drawn=found.day.arrivals), n, threads=1, keep=keep)


@pytest.mark.parametrize(
    "name",
    ["planner-week.yaml", "multi-skill-day.yaml", "quickstart.yaml", "follow-the-sun.yaml", "staffing-week.yaml"],
)
def test_a_plan_read_as_people_is_the_same_plan_again(name):
    model = prepare(cxsim.read(f"scenarios/{name}"))
    again = plan_of(model.plan, crew_of(model.plan), model.layout.edges)
    assert (again.events == model.plan.events).all() and again.seats == model.plan.seats
    assert again.present == pytest.approx(model.plan.present, abs=1e-6)


def test_every_replication_has_the_contacts_that_were_seen(table):
    """Without redials, those offered in each interval until 11:00 are those of the table in every replication."""
    scenario = desk(after_contact={})
    found = begun(scenario, table)
    model, samples, _ = runs(found)
    made = columns(samples, model.layout, "fresh", "redial", "repeat")[:, :, found.actuals.first : found.actuals.last]
    seen = found.actuals.offered[:, found.actuals.first : found.actuals.last]
    assert np.array_equal(np.nan_to_num(made), np.broadcast_to(np.nan_to_num(seen), made.shape))


def test_with_redials_the_offered_contacts_are_on_average_those_seen(table):
    """Fixed seed, 60 replications: within 4 standard errors."""
    found = begun(desk(), table)
    model, samples, _ = runs(found, 60)
    span = slice(found.actuals.first, found.actuals.last)
    made = columns(samples, model.layout, "fresh", "redial", "repeat")[:, :, span].sum(axis=(1, 2))
    seen = np.nansum(found.actuals.offered[:, span])
    assert abs(made.mean() - seen) < max(4.0 * made.std() / 60**0.5, 1.5)


def test_without_busyness_what_was_seen_does_not_change_the_mean_of_the_rest():
    """As many contacts as expected in the first half hour, and then those of the scenario.

    Fixed seed, 200 replications: means of offered contacts within 4 standard errors.
    """
    scenario = desk(**{"reasons.*.volume.busyness": None, "after_contact": {}})
    rows = [(q, "2026-03-02T08:00:00", 30, n) for q, n in (("sales", 15), ("help", 5))]
    table = pd.DataFrame(rows, columns=["queue", "start", "minutes", "offered"])
    found = reforecast(scenario, table, until="08:30", kinds=(), replications=200, threads=1)
    value, _, _ = found.value("offered", part="rest of the day")
    assert abs(value - (300 - 15 + 115 - 5)) < 4.0 * (395 / 200) ** 0.5


def test_the_arrivals_of_a_replication_do_not_depend_on_the_crew(table):
    """Common draws: the same issues at the same times, whatever move is tried."""
    found = begun(desk(), table)
    moves = catalogue(found.model.scenario, found.crew, found.times, 1)
    _, _, (first, *_) = runs(found, 2, keep=True)
    _, _, (other, *_) = runs(found, 2, crew=moves[0].crew, keep=True)
    fresh = [legs[legs["attempt"] == 1][["issue", "arrived"]] for legs in (first.legs, other.legs)]
    assert np.array_equal(*fresh)


@pytest.mark.parametrize("count", [0, 7, 25])
def test_as_many_wait_as_were_counted(table, count):
    found = reforecast(desk(), table, until="11:00", backlog={"sales": count}, kinds=(), **FEW)
    row = found.backlog.set_index("queue").loc["sales"]
    assert row["given"] and row["waiting"] == pytest.approx(count, abs=0.3)
    assert any(f"sales {count}" in note for note in found.notes)


def test_a_backlog_makes_the_next_interval_worse_and_leaves_the_day_before(table):
    usual, behind = (
        reforecast(desk(), table, until="11:00", backlog=backlog, kinds=(), **FEW) for backlog in ({}, {"sales": 30})
    )
    first = [one.intervals[one.intervals["queue"] == "sales"].iloc[0]["sl"] for one in (usual, behind)]
    assert first[1] < first[0] - 0.1
    assert behind.value("sl", part="so far") == usual.value("sl", part="so far")


def test_people_who_are_missing_are_missing_for_the_rest_of_the_day(table):
    found = begun(desk(), table, staff={"both": 1})
    noon = found.times.midnight + 15.2 * 3600
    assert found.crew.at("both", found.times.now) == 1
    assert found.crew.at("both", noon) == max(0, found.planned.at("both", noon) - 2)
    assert any("2 fewer than planned" in note for note in found.notes)


def test_the_agents_of_a_queue_that_one_group_serves_are_its_people(table):
    """Help is served by both alone: its agents tell how many of both were there, and how many stay away."""
    staffed = table.assign(agents=np.where(table["queue"] == "help", 2, np.nan))
    found = begun(desk(), staffed)
    assert [found.crew.at("both", found.times.midnight + h * 3600) for h in (8.2, 10.7)] == [2, 2]
    assert found.crew.at("front", found.times.now) == found.planned.at("front", found.times.now)
    ignored = begun(desk(), staffed, planned_staff=True)
    assert ignored.crew == ignored.planned


def test_more_people_than_planned_stay_as_long_as_their_team(table):
    found = begun(desk(), table, staff={"front": 5})
    assert found.crew.at("front", found.times.now) == 5
    assert found.crew.at("front", found.times.close - 60.0) == found.planned.at("front", found.times.close - 60.0) + 2


def test_headcounts_can_be_missing_and_added_too(table):
    scenario = desk(**{"groups.front.agents": 3, "groups.both.agents": 3, "staff": {}})
    found = begun(scenario, table, staff={"front": 2, "both": 4})
    at = found.times.close - 60.0
    assert [found.crew.at(group, at) for group in ("front", "both")] == [2, 4]
    model, samples, _ = runs(found, 2)
    above, below = metrics.figure_values(samples, model.layout, "sl")
    assert (below > 0).all() and (above <= below).all()


@pytest.mark.parametrize("at_most", [1, 2])
@pytest.mark.parametrize("staff", [None, {"groups.front.agents": 3, "groups.both.agents": 3, "staff": {}}])
def test_every_move_can_be_worked(table, staff, at_most):
    """Nothing before now changes, nobody works after closing or twice at a time, and teams lent have the skills."""
    scenario = desk(**(staff or {}), **{"groups.both.skills": {"sales": {"rank": 2}, "help": {}}})
    found = begun(scenario, table)
    moves = catalogue(found.model.scenario, found.crew, found.times, at_most)
    assert {"time off", "lend"} <= {move.kind for move in moves}
    if staff is None:
        assert {"overtime", "break"} <= {move.kind for move in moves}
    groups = found.model.plan.groups
    for move in moves:
        assert move.people <= at_most
        for group in groups:
            before = np.arange(found.times.midnight, found.times.now, 300.0)
            assert [move.crew.at(group, t) for t in before] == [found.crew.at(group, t) for t in before], move.words
            assert move.crew.at(group, found.times.close + 1.0) == found.crew.at(group, found.times.close + 1.0)
            for person in move.crew.people.get(group, ()):
                ends = [duty.end for duty in person.duties]
                assert all(a <= duty.start for a, duty in zip(ends, person.duties[1:], strict=False))
                assert all(duty.start <= a < b <= duty.end for duty in person.duties for a, b in duty.breaks)
        hours = np.arange(found.times.now, found.times.close, 300.0)
        more = sum(move.crew.at(g, t) - found.crew.at(g, t) for g in groups for t in hours) / 12.0
        assert more == pytest.approx(move.hours, abs=0.51 * move.people), move.words


def test_an_empty_team_to_lend_to_changes_nothing(table):
    """The groups for people lent are there in all simulations; while nobody is in them, figures are as without."""
    scenario = desk()
    found = begun(scenario, table.drop(columns="aht_s"))
    assert len(found.model.plan.groups) > len(scenario.groups)
    alone = replicate(replace(prepare(scenario), drawn=found.day.arrivals), 4, threads=1)[0]
    _, samples, _ = runs(found, 4)
    for one, two in zip(samples, alone, strict=True):
        assert np.array_equal(one.contacts, two.contacts)


def test_both_engines_have_the_same_day(table):
    found = begun(desk(), table)
    model = replace(found.with_crew(found.crew), drawn=found.day.arrivals)
    (one,), (two,) = (replicate(model, 1, engine=engine, keep=True)[1] for engine in ("clock", "story"))
    assert np.array_equal(one.legs["issue"], two.legs["issue"])
    assert np.array_equal(one.legs["ended"], two.legs["ended"], equal_nan=True)


def test_contacts_that_wait_are_counted_from_the_ledger(table):
    found = begun(desk(), table)
    model, _, ledgers = runs(found, 3, keep=True)
    read = waiting(model, found.times.now)
    for ledger in ledgers:
        legs = ledger.legs[ledger.legs["outcome"] != UNFINISHED]
        until = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"])
        now = found.times.now
        by_hand = [((legs["queue"] == q) & (legs["queued"] <= now) & (until > now)).sum() for q in range(2)]
        assert read(ledger, 0, None).counts.tolist() == by_hand


def test_handle_times_seen_so_far_go_on_only_if_asked(table):
    longer = table.assign(aht_s=400.0)
    usual, lasting = (
        reforecast(desk(), longer, until="11:00", handle_times_last=last, kinds=(), **FEW) for last in (False, True)
    )
    assert lasting.value(part="rest of the day")[0] < usual.value(part="rest of the day")[0] - 0.05
    assert any("handle times so far are 400 s" in note for note in usual.notes)


def test_a_day_of_a_week_is_simulated_by_itself():
    scenario = cxsim.read("scenarios/planner-week.yaml")
    rows = [(q, f"2026-11-04T{h:02}:{m:02}:00", 30, 20) for q in ("order", "billing") for h in (8, 9) for m in (0, 30)]
    table = pd.DataFrame(rows, columns=["queue", "start", "minutes", "offered"])
    found = reforecast(scenario, table, until="10:00", kinds=(), replications=20, threads=2)
    assert found.date == "2026-11-04" and found.until == "10:00"
    assert any(note.startswith("technical, chat, email: not in the actuals") for note in found.notes)
    assert found.intervals["interval"].iloc[0] == "2026-11-04T10:00"
