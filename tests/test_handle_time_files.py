"""Handle times from a file: what is refused, with its place and fix; levers; and the way from a forecast to a check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

import cxsim
from cxsim.cli import cli
from cxsim.model.prepare import prepare
from cxsim.scenario import ScenarioError, read
from cxsim.scenario.io.explain import explain
from cxsim.scenario.io.writing import dump
from cxsim.scenario.lever_catalogue import REMEDIES
from cxsim.studies.sweep.compiling import Compiler

SCENARIO = """cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 08:00-09:00}
reasons:
  call: {volume: 30/h, talk: 3 min, wrap: 1 min, handle_times: {file: h.csv}}
groups: {team: {serves: call, agents: 3}}
"""


def saved(folder: Path, table: str, text: str = SCENARIO) -> Path:
    (folder / "h.csv").write_text(table, encoding="utf-8")
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return folder / "s.yaml"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "weekday,time,call\nmon,08:00,240\nmon,08:30,240\ntue,08:00,240\n",
            "h.csv:4  call:  has no row for open time on Tue 2026-03-03 from 08:30; write the mean handle time there",
        ),
        (
            "time,call\n08:00,240\n08:30,\n",
            "h.csv:2  call:  has no row for open time on Mon 2026-03-02 from 08:30; write the mean handle time there",
        ),
        (
            "time,call\n08:00,0\n08:30,0:00:00\n",
            "'0' is not a duration like the others in the column",
        ),
        (
            "time,call\n08:00,0\n08:30,0\n",
            "has no row for open time on Mon 2026-03-02 from 08:00",
        ),
        (
            "date,time,call\n2026-03-02,08:00,240\n2026-03-02,08:30,240\n",
            "has no rows for Tue 2026-03-03, which reasons.call.handle_times needs",
        ),
        (
            "time,call\n08:00,4.2\n08:30,4.5\n",
            "h.csv:2  call:  '4.2' is read as 4.2s, but talk and wrap take 4 min on average; set the unit of the "
            "column, such as 'unit: min' next to 'file'",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        prepare(read(saved(tmp_path, table)))
    assert said in str(error.value).replace(f"{tmp_path}/", "")


def factors(scenario: cxsim.Scenario) -> list[float]:
    return [float(x) for x in prepare(scenario).network["pieces"]["value"]]


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("time,call\n08:00,240\n08:30,300\n", ""),
        ("time,call\n08:00,4\n08:30,5\n", ", unit: min"),
        ("time;AHT\n08:00;0:04:00\n08:30;0:05:00\n", ", column: AHT"),
        ("Beginn,AHT\n08:00,240\n08:30,300\n", ", column: AHT, columns: {time: Beginn}"),
    ],
)
def test_seconds_minutes_and_clock_times_are_read_alike(tmp_path: Path, table: str, more: str) -> None:
    scenario = read(saved(tmp_path, table, SCENARIO.replace("h.csv", f"h.csv{more}")))
    assert factors(scenario) == [1.0, 1.25, 1.0, 1.25]
    assert YAML(typ="safe").load(dump(scenario))["reasons"]["call"]["handle_times"]["file"] == "h.csv"
    assert {line.path: line.value for line in explain(scenario)}["reasons.call.handle_times.file"] == "h.csv"


def test_one_factor_makes_all_handle_times_longer(tmp_path: Path) -> None:
    place = saved(tmp_path, "time,call\n08:00,240\n08:30,300\n")
    assert factors(read(place, set_=["reasons.*.handle_times.factor=1.2"])) == pytest.approx([1.2, 1.5, 1.2, 1.5])
    said = CliRunner().invoke(cli, ["check", str(place)]).output
    assert "handle times are those of h.csv" in " ".join(said.split())


def test_factors_take_the_place_of_a_file(tmp_path: Path) -> None:
    place = saved(tmp_path, "time,call\n08:00,240\n08:30,300\n")
    assert factors(read(place, set_=["reasons.call.handle_times.factors=[1, 2]"])) == [1.0, 2.0, 1.0, 2.0]


def test_levers_that_shorten_talk_shorten_the_times_of_a_file(tmp_path: Path) -> None:
    """3 minutes of talk 4 % shorter and one of wrap 30 % shorter: 3.58 of 4 minutes in each interval."""
    scenario = read(saved(tmp_path, "time,call\n08:00,240\n08:30,300\n"))
    changes: dict[str, Any] = REMEDIES["smart_desktop"].changes(scenario, {"shorter": 0.04, "wrap": 0.30})
    assert float(changes["reasons.call.handle_times.factor"]) == pytest.approx(3.58 / 4.0)
    without = cxsim.parse({**YAML(typ="safe").load(SCENARIO.replace(", handle_times: {file: h.csv}", ""))})
    plain = REMEDIES["smart_desktop"].changes(without, {"shorter": 0.04, "wrap": 0.30})
    assert not any("handle_times" in path for path in plain)


def test_a_forecast_of_handle_times_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Two queues with other hours, and a holiday among the days ahead: blanks of the forecast are the queue's mean."""
    rows = ["queue,date,time,offered,answered,aht"]
    for day in np.arange("2026-02-02", "2026-04-04", dtype="datetime64[D]"):
        if np.is_busday(day):
            rows += [f"sales,{day},{t},20,20,{240 + 30 * k}" for k, t in enumerate(("08:00", "08:30", "09:00"))]
            rows += [f"care,{day},{t},10,10,300" for t in ("08:30", "09:00")]
    (tmp_path / "history.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    args = ["forecast", str(tmp_path / "history.csv"), "--weeks", "2", "--closed", "2026-04-08", "--out", str(out)]
    said = CliRunner().invoke(cli, args)
    assert said.exit_code == 0, said.output
    part = YAML(typ="safe").load((out / "scenario-part.yaml").read_text())
    for name in part["reasons"]:
        part["reasons"][name]["talk"] = "4 min"
    part |= {"cxsim": 1, "groups": {"team": {"serves": list(part["reasons"]), "agents": 10}}}
    scenario = cxsim.parse(part, folder=out)
    net = prepare(scenario).network
    ways = dict(zip(part["reasons"], net["handling"], strict=True))
    found = {name: net["pieces"]["value"][way["first"] : way["last"]] for name, way in ways.items()}
    assert 240 * np.unique(found["sales"])[[0, -1]] == pytest.approx([240, 300], abs=2)
    assert "2026-04-08" in (out / "handle_times.csv").read_text()
    assert found["care"].tolist() == pytest.approx([1.25])


def test_a_sweep_compiles_handle_times_as_a_single_run_does(tmp_path: Path) -> None:
    """Models that differ in a factor, in the talk beside a file, and in days that the file lacks."""
    place = saved(tmp_path, "date,time,call\n2026-03-02,08:00,240\n2026-03-02,08:30,300\n")
    compiler = Compiler(1)
    for told in ([], ["reasons.call.handle_times.factor=2"], ["reasons.call.talk={erlang: {mean: 4 min, phases: 2}}"]):
        scenario = read(place, set_=["horizon.days=1", *told])
        net, alone = compiler.model(scenario).network, prepare(scenario).network
        assert net["pieces"].tolist() == alone["pieces"].tolist()
        assert net["settings"]["paced"][0] == 1
    with pytest.raises(ScenarioError, match="has no rows for Tue 2026-03-03"):
        compiler.model(read(place))
