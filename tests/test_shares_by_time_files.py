"""Resolution, availability and shrinkage from files: units, levers, sweeps, workbooks, formulas, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.cli.check import facts
from cxsim.model.calendar import timeline
from cxsim.model.prepare import prepare
from cxsim.optimizer.fluid.contact_flows import flows
from cxsim.optimizer.fluid.fluid import fluid
from cxsim.optimizer.problem.problem import problem
from cxsim.optimizer.shifts.needed import read_agents
from cxsim.scenario import ScenarioError, read
from cxsim.scenario.io.explain import explain
from cxsim.scenario.io.reading import parse, referenced
from cxsim.scenario.io.writing import document
from cxsim.scenario.lever_catalogue import REMEDIES
from cxsim.studies.sweep.compiling import Compiler
from cxsim.tables.reader import TableError

SCENARIO = """cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 08:00-09:00}
reasons:
  call: {volume: 30/h, talk: 3 min, resolution: 80%, resolution_by_time: {file: r.csv}}
groups:
  team:
    serves: call
    agents: 10
    wage: 20
    scheduled: true
    availability: 90%
    availability_by_time: {file: a.csv}
    shrinkage: 20%
    shrinkage_by_time: {file: s.csv}
"""
TABLES = {
    "r.csv": "time,call\n08:00,80%\n08:30,40%\n",
    "a.csv": "time,team\n08:00,90%\n08:30,45%\n",
    "s.csv": "time,team\n08:00,20%\n08:30,40%\n",
}


def saved(folder: Path, text: str = SCENARIO, **tables: str) -> Path:
    for name, table in (TABLES | {f"{key}.csv": table for key, table in tables.items()}).items():
        (folder / name).write_text(table, encoding="utf-8")
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return folder / "s.yaml"


def values(scenario: cxsim.Scenario, kind: str) -> list[float]:
    net = prepare(scenario).network
    return [float(x) for first, last in net[kind] for x in net["pieces"]["value"][first:last]]


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("time,call\n08:00,80\n08:30,40\n", ", unit: percent"),
        ("time,call\n08:00,0.8\n08:30,0.4\n", ", unit: fraction"),
        ("Beginn;FCR\n08:00;80 %\n08:30;40,0%\n", ", column: FCR, columns: {time: Beginn}"),
    ],
)
def test_shares_are_read_in_percent_or_in_the_unit_that_is_stated(tmp_path: Path, table: str, more: str) -> None:
    scenario = read(saved(tmp_path, SCENARIO.replace("r.csv", f"r.csv{more}"), r=table))
    assert values(scenario, "solving") == pytest.approx([1.0, 0.5, 1.0, 0.5])
    assert {line.path: line.value for line in explain(scenario)}["reasons.call.resolution_by_time.file"] == "r.csv"


def test_files_decide_what_engines_and_plans_are_told(tmp_path: Path) -> None:
    """Away for ten minutes on average: 90 minutes at hand at 90 %, 490.9 s at 45 %; eight, then six of ten people."""
    scenario = read(saved(tmp_path))
    assert values(scenario, "attending") == pytest.approx([5400.0, 600.0 * 0.45 / 0.55] * 2)
    plan = prepare(scenario).plan
    assert plan.present[0, 16:18].tolist() == [8.0, 6.0]
    assert prepare(read(saved(tmp_path), set_=["groups.team.scheduled=false"])).plan.paid[0, 16:18] == pytest.approx(
        [10 * 1800.0 / 0.8, 10 * 1800.0 / 0.6]
    )


REFUSED = [
    ({"r": "time,call\n08:00,80\n08:30,40\n"}, "'80' has no unit, but a share needs one (line 2 of r.csv)"),
    ({"r": "time,call\n08:00,80%\n08:30,140%\n"}, "'140%' is more than 100% (line 3 of r.csv)"),
    ({"r": "time,call\n08:00,80%\n08:30,good\n"}, "'good' is not a share (line 3 of r.csv)"),
    ({"r": "time,call\n08:00,80%\n08:30,\n"}, "has no row for open time on Mon 2026-03-02 from 08:30"),
    ({"a": "time,team\n08:00,90%\n08:30,0%\n"}, "'0%' means agents are never available"),
    ({"s": "time,team\n08:00,90%\n08:30,100%\n"}, "'100%' leaves no agents"),
    ({"s": "date,time,team\n2026-03-02,08:00,9%\n2026-03-02,08:30,8%\n"}, "has no rows for Tue 2026-03-03"),
]


@pytest.mark.parametrize(("tables", "said"), REFUSED)
def test_a_file_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, tables: dict[str, str], said: str) -> None:
    place = saved(tmp_path, **tables)
    with pytest.raises(ScenarioError) as error:
        prepare(read(place))
    assert said in str(error.value).replace(f"{tmp_path}/", "")
    told = CliRunner().invoke(cli, ["check", str(place)])
    assert told.exit_code == 2
    assert said.split(" (")[0] in " ".join(told.output.split())


def test_factors_that_leave_no_agents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="makes shrinkage 100%, which leaves no agents"):
        prepare(read(saved(tmp_path), set_=["groups.team.shrinkage_by_time.factor=2.5"]))


def test_check_says_what_a_file_takes_the_place_of(tmp_path: Path) -> None:
    said = " ".join(CliRunner().invoke(cli, ["check", str(saved(tmp_path))]).output.split())
    assert "call: resolution is that of r.csv; the 80 % of the scenario are not used." in said
    assert "at most 10 scheduled × (1 − 20 %) = 8 present" in said.replace("At most", "at most")
    assert "shrinkage is 20 % to 40 % while it is open" in said


def test_the_load_of_check_follows_resolution_and_availability(tmp_path: Path) -> None:
    """15 contacts in half an hour, three minutes; each that fails comes again at once: 1.2 and 1.6 contacts each."""
    more = "after_contact: {unresolved: {repeat: 100%, at_most: 2}}"
    scenario = read(saved(tmp_path, SCENARIO.replace("resolution: 80%", f"resolution: 80%, {more}")))
    (pool,) = facts(scenario)[1]
    assert pool.load == pytest.approx(15 * 180.0 / 1800.0 * 1.4)
    assert pool.tightest.endswith("08:30")
    assert pool.tightest_load == pytest.approx(15 * 180.0 / 1800.0 * 1.6)
    assert pool.tightest_agents < 6.0 * 0.75


def test_formulas_of_the_optimizer_follow(tmp_path: Path) -> None:
    """Mean resolution 60 % of equal volumes, availability by interval, wages over one minus shrinkage by interval."""
    ready = problem(read(saved(tmp_path, SCENARIO + "optimize: {}\nqueues: {call: {target: {sl: 80%/20s}}}\n")))
    stream = flows(ready.model)
    assert stream.resolution[0, 0] == pytest.approx(0.6)
    assert stream.availability[0, 16:18].tolist() == pytest.approx([0.9, 0.45])
    assert ready.prices.present[0, 16:18].tolist() == pytest.approx([10.0 / 0.8, 10.0 / 0.6])
    levels = fluid(ready, erlang="own").levels
    assert levels[0, 17] > 1.3 * levels[0, 16]


def test_levers_that_improve_resolution_improve_the_shares_of_a_file(tmp_path: Path) -> None:
    """A knowledge base that closes half of the gap of the mean, 60 %: 80 %, and each interval is as much better."""
    changes: dict[str, Any] = REMEDIES["knowledge_base"].changes(read(saved(tmp_path)), {"closes": 0.5, "alike": 0.0})
    assert float(changes["reasons.call.resolution_by_time.factor"]) == pytest.approx(0.8 / 0.6)


def test_low_resolution_in_one_interval_is_followed_for_days(tmp_path: Path) -> None:
    repeats = "after_contact: {unresolved: {repeat: 50%, delay: 2 days}}"
    text = SCENARIO.replace("resolution: 80%", f"resolution: 100%, {repeats}")
    assert prepare(read(saved(tmp_path, text))).timeline.days_before > 0
    always = saved(tmp_path, text, r="time,call\n08:00,100%\n08:30,100%\n")
    assert prepare(read(always)).timeline.days_before == 0


def test_a_sweep_compiles_shares_by_time_as_a_single_run_does(tmp_path: Path) -> None:
    place, compiler = saved(tmp_path), Compiler(1)
    for part in ("reasons.call.resolution", "groups.team.availability", "groups.team.shrinkage"):
        for told in ([], [f"{part}_by_time.factor=0.5"], [f"{part}=70%", f"{part}_by_time.factor=0.9"]):
            scenario = read(place, set_=told)
            model, alone = compiler.model(scenario), prepare(scenario)
            for name in ("pieces", "groups", "skills", "settings"):
                assert model.network[name].tolist() == alone.network[name].tolist(), (part, told, name)
            assert (model.plan.present == alone.plan.present).all()


def test_every_table_goes_into_a_results_folder_and_a_workbook(tmp_path: Path) -> None:
    scenario = read(saved(tmp_path))
    names = [name for _, name, _ in referenced(scenario)]
    assert sorted(names) == sorted(TABLES)
    renamed = document(scenario, {name: f"inputs/{name}" for name in names})
    assert renamed["groups"]["team"]["shrinkage_by_time"]["file"] == "inputs/s.csv"
    (tmp_path / "inputs").mkdir()
    for name in names:
        (tmp_path / "inputs" / name).write_bytes((tmp_path / name).read_bytes())
    assert (prepare(parse(renamed, folder=tmp_path)).plan.present == prepare(scenario).plan.present).all()
    for args in (["s.yaml", "book.xlsx"], ["book.xlsx", "back.yaml"]):
        said = CliRunner().invoke(cli, ["convert", *(str(tmp_path / name) for name in args)])
        assert said.exit_code == 0, said.output
    back = read(tmp_path / "back.yaml")
    for key in ("solving", "attending"):
        assert values(back, key) == values(scenario, key)
    assert (prepare(back).plan.present == prepare(scenario).plan.present).all()


def test_explain_takes_changing_availability_away_with_the_rest(tmp_path: Path) -> None:
    from cxsim.studies.explain_steps import _availability

    changes = _availability(read(saved(tmp_path)), None)  # type: ignore[arg-type]
    assert changes == {"groups.team.availability": "100%", "groups.team.availability_by_time": None}
    assert read(saved(tmp_path)).vary(changes).groups["team"].availability_by_time is None


def test_a_need_of_people_scheduled_is_refused_where_shrinkage_changes_by_time(tmp_path: Path) -> None:
    scenario = read(saved(tmp_path))
    days, need = timeline(scenario), tmp_path / "need.csv"
    for column, agents in (("present", 4.0), ("scheduled", None)):
        need.write_text(f"group,start,{column}\nteam,08:00,4\nteam,08:30,4\n", encoding="utf-8")
        if agents is None:
            with pytest.raises(TableError, match="the shrinkage of 'team' changes by time"):
                read_agents(need, scenario, days)
        else:
            assert read_agents(need, scenario, days)[2][0, 16:18].tolist() == [agents] * 2
