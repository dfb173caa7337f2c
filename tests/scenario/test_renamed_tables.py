"""A results folder keeps its own copy of every table, so its scenario must name each of them there."""

from __future__ import annotations

import pytest

import cxsim
from cxsim.scenario.io.reading import parse, read, referenced
from cxsim.scenario.io.writing import document

SCENARIO = """\
cxsim: 1
horizon: {open: 08:00-09:00}
reasons:
  a: {volume: {file: a.csv}, handle_time: 4 min, handle_times: {file: b.csv}}
  b: {volume: {arrivals: {file: c.csv}}, handle_time: 4 min}
groups: {team: {serves: [a, b]}}
staff: {file: d.csv}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(SCENARIO)
    (tmp_path / "a.csv").write_text("time,a\n08:00,10\n08:30,10\n")
    (tmp_path / "b.csv").write_text("time,a\n08:00,200\n08:30,300\n")
    (tmp_path / "c.csv").write_text("time\n08:10:00\n")
    (tmp_path / "d.csv").write_text("time,team\n08:00,3\n08:30,3\n")
    return tmp_path


def test_every_table_that_a_scenario_refers_to_can_be_renamed(folder):
    scenario = read(folder / "mine.yaml")
    names = [name for _, name, _ in referenced(scenario)]
    assert sorted(names) == ["a.csv", "b.csv", "c.csv", "d.csv"]
    (folder / "inputs").mkdir()
    for name in names:
        (folder / name).rename(folder / "inputs" / name)
    renamed = parse(document(scenario, {name: f"inputs/{name}" for name in names}), folder=folder)
    assert [name for _, name, _ in referenced(renamed)] == [f"inputs/{name}" for name in names]


def test_a_saved_result_can_be_run_again_wherever_it_is(folder, tmp_path_factory):
    result = cxsim.simulate(read(folder / "mine.yaml"), replications=2)
    moved = tmp_path_factory.mktemp("elsewhere") / "result"
    result.save(moved, pictures=False)
    again = cxsim.simulate(read(moved / "scenario.yaml"), replications=2)
    assert again.figures.equals(result.figures)
