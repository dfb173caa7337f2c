"""A scenario reads only below its own folder, unless it is allowed to read elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import cxsim
from cxsim.model.routing_choice import routed
from cxsim.scenario import ScenarioError, parse, read
from cxsim.studies.sweep.design_file import read_design

BASE = """\
cxsim: 1
horizon: {open: 08:00-12:00}
reasons: {sales: {volume: %s, talk: %s}}
groups: {team: {%s, serves: [sales]}}
%s
"""
WAYS = {
    "volume": ("{file: %s}", "3 min", "agents: 3", ""),
    "arrivals": ("{arrivals: {file: %s}}", "3 min", "agents: 3", ""),
    "staff": ("20/h", "3 min", "wage: 1", "staff: {file: %s}"),
    "law": ("20/h", "{values: {file: %s, column: seconds}}", "agents: 3", ""),
    "policy": ("20/h", "3 min", "agents: 3", "routing: {policy: %s}"),
    "override": ("20/h", "3 min", "agents: 3", "overrides: {x: {reasons.sales.volume: {file: %s}}}"),
}
SECRET = "hour,top secret\n8,the code is 1234\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "shared" / "mine"
    folder.mkdir(parents=True)
    for name in ("secret.csv", "secret.py"):
        (tmp_path / name).write_text(SECRET)
        (folder / f"link-{name}").symlink_to(tmp_path / name)
    (folder / "away").symlink_to(tmp_path, target_is_directory=True)
    return folder


def written(folder: Path, way: str, name: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(BASE % tuple(part % name if "%s" in part else part for part in WAYS[way]))
    return path


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("to", ["../../%s", "link-%s", "away/%s", "ABSOLUTE", "../../no-such-%s"])
def test_a_file_outside_is_refused_and_not_looked_at(place: Path, way: str, to: str) -> None:
    file = "secret.py" if way == "policy" else "secret.csv"
    name = str(place.parent.parent / file) if to == "ABSOLUTE" else to % file
    path = written(place, way, name)
    with pytest.raises(ScenarioError) as error:
        read(path, with_=("x",) if way == "override" else ())
    said = str(error.value)
    assert "is outside the scenario's folder" in said and "--allow-outside" in said
    assert "code" not in said and "top secret" not in said and "exist" not in said


@pytest.mark.parametrize("way", list(WAYS))
def test_it_is_read_where_that_is_allowed(place: Path, way: str) -> None:
    file = "secret.py" if way == "policy" else "secret.csv"
    path = written(place, way, f"../../{file}")
    with pytest.raises(ScenarioError) as error:  # the file is of no use, but it is looked at
        read(path, with_=("x",) if way == "override" else (), allow_outside=True)
    assert "is outside" not in str(error.value)


def test_what_lies_below_is_read_however_it_is_written(place: Path) -> None:
    (place / "tables").mkdir()
    (place / "tables" / "v.csv").write_text("time,sales\n08:00,20\n")
    (place / "v.csv").symlink_to("tables/v.csv")
    for name in ("tables/v.csv", "v.csv", "./tables/../v.csv", "../mine/v.csv", str(place / "v.csv")):
        assert read(written(place, "volume", name)).source.tables


def test_a_sweep_of_a_foreign_design_reads_nothing_outside(place: Path) -> None:
    (place / "d.yaml").write_text("sweep: {scenario: ../../secret.csv}\nfactors: {a: {path: x, values: [1]}}\n")
    with pytest.raises(ScenarioError) as error:
        read_design(place / "d.yaml")
    assert "is not a .yaml or .xlsx file" in str(error.value) and "code" not in str(error.value)
    (place / "s.yaml").write_text(BASE % ("20/h", "3 min", "agents: 3", ""))
    volume = "{path: reasons.sales.volume, values: [{file: ../../secret.csv}, 20/h]}"
    (place / "e.yaml").write_text(f"sweep: {{scenario: s.yaml}}\nfactors: {{a: {volume}}}\n")
    with pytest.raises(ScenarioError, match="is outside"):
        cxsim.sweep(read_design(place / "e.yaml"), folder=place / "out")
    (place / "f.yaml").write_text(
        "sweep: {scenario: s.yaml, set: {reasons.sales.volume: {file: ../../secret.csv}}}\n"
        "factors: {a: {path: groups.team.agents, values: [1, 2]}}\n"
    )
    with pytest.raises(ScenarioError, match="is outside"):
        read_design(place / "f.yaml")


def test_values_and_policies_that_a_program_gives_may_lie_anywhere(place: Path, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("time,sales\n08:00,20\n")
    (tmp_path / "mine.py").write_text("def choose_contact(agent, queues, center):\n    return None\n")
    (place / "s.yaml").write_text(BASE % ("20/h", "3 min", "agents: 3", ""))
    plain = read(place / "s.yaml")
    varied = plain.vary({"reasons.sales.volume": {"file": str(tmp_path / "v.csv")}})
    assert varied.source.tables and routed(varied, str(tmp_path / "mine.py")).own_policy is not None
    tree = {
        "cxsim": 1,
        "reasons": {"a": {"volume": {"file": "../../v.csv", "column": "sales"}, "talk": "3 min"}},
        "horizon": {"open": "08:00-12:00"},
        "groups": {"t": {"agents": 3, "serves": ["a"]}},
    }
    assert parse(tree, folder=place).source.tables
    with pytest.raises(ScenarioError, match="is outside"):
        parse(tree, folder=place, allow_outside=False)


def test_a_link_to_itself_is_a_fault(place: Path) -> None:
    (place / "loop.csv").symlink_to("loop.csv")
    (place / "loop.py").symlink_to("loop.py")
    for way, name in (("volume", "loop.csv"), ("staff", "loop.csv"), ("law", "loop.csv"), ("policy", "loop.py")):
        with pytest.raises(ScenarioError, match=r"loop\.(csv|py)"):
            read(written(place, way, name))
    (place / "s.yaml").unlink()
    (place / "s.yaml").symlink_to("s.yaml")
    with pytest.raises(ScenarioError, match="is a link to a file that does not exist"):
        read(place / "s.yaml")
