"""A sweep is many runs in one table: the same figures, once each, whatever ran them."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sweeping.small import DESIGN, SCENARIO, deadly, lock_and_die, scenario

import cxsim
from cxsim.scenario import ScenarioError, parse
from cxsim.studies.sweep.factors import of_values
from cxsim.studies.sweep.points import Builder
from cxsim.studies.sweep.running import LETHAL, Processes, drive
from cxsim.studies.sweep.store import MANIFEST, Busy, Foreign, Store
from cxsim.studies.sweep.sweep import load, sweep
from cxsim.studies.sweep.worker import Answer, Worker


def bytes_of(folder: Path) -> bytes:
    return (folder / "table.parquet").read_bytes()


def rows(found: Any, point: int, figure: str, scope: str = "total") -> pd.DataFrame:
    table = found.table()
    return table[(table["point"] == point) & (table["figure"] == figure) & (table["scope"] == scope)]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("swept") / "all"
    return folder, sweep(DESIGN, scenario=scenario(), folder=folder, workers=1)


def test_every_point_of_the_grid_is_there_with_its_factors(swept: tuple[Path, Any]) -> None:
    found = swept[1]
    design = found.design()
    assert (found.points, found.computed, found.stored, found.failures) == (12, 12, 0, ())
    assert sorted(zip(design["volume"], design["agents"], strict=True)) == [
        (volume, agents) for volume in (0.8, 1.0, 1.2) for agents in (4, 5, 6, 7)
    ]
    assert len(found.table()) == 12 * 3 * len(found.table().query("point == 0 and replication == 0"))


def test_a_point_has_the_figures_of_a_run_with_its_values(swept: tuple[Path, Any]) -> None:
    one = scenario().vary({"reasons.sales.volume.factor": 1.2, "groups.team.agents": 6})
    result = cxsim.simulate(one, replications=3)
    design = swept[1].design()
    point = int(design.query("volume == 1.2 and agents == 6")["point"].iloc[0])
    for figure in ("sl", "asa", "cost"):
        mine = rows(swept[1], point, figure)
        above, below = mine["numerator"], mine["denominator"]
        value = above.sum() / below.sum() if below.notna().all() else mine["value"].mean()
        assert value == pytest.approx(result.estimate(figure).value, rel=1e-12), figure


def test_points_meet_the_same_customers(swept: tuple[Path, Any]) -> None:
    design = swept[1].design()
    same_load = design.query("volume == 1.0")["point"]
    offered = [rows(swept[1], int(point), "sl")["denominator"].tolist() for point in same_load]
    assert all(one == offered[0] for one in offered)  # nobody balks or is blocked here: who got in is who came


@pytest.mark.parametrize("workers", [2, 5])
def test_the_table_does_not_depend_on_the_number_of_threads(
    swept: tuple[Path, Any], tmp_path: Path, workers: int
) -> None:
    sweep(DESIGN, scenario=scenario(), folder=tmp_path / "two", workers=workers)
    assert bytes_of(tmp_path / "two") == bytes_of(swept[0])


def test_what_is_stored_is_not_computed_again(swept: tuple[Path, Any], tmp_path: Path) -> None:
    few = {**DESIGN, "where": ["agents <= 5"]}
    first = sweep(few, scenario=scenario(), folder=tmp_path / "x")
    more = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    again = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    assert (first.computed, more.stored, more.computed) == (6, 6, 6)
    assert (again.stored, again.computed) == (12, 0)
    assert bytes_of(tmp_path / "x") == bytes_of(swept[0])


def test_other_replications_or_another_seed_are_other_points(tmp_path: Path) -> None:
    few = {**DESIGN, "where": ["agents == 5", "volume == 1.0"]}
    for changed in ({}, {"replications": 4}, {"seed": 2}):
        assert sweep({**few, **changed}, scenario=scenario(), folder=tmp_path / "x").computed == 1


def test_points_that_say_the_same_are_computed_once(tmp_path: Path) -> None:
    plan = {
        "factors": {
            "variant": {"overrides": ["base", "storm"]},
            "volume": {"path": "reasons.sales.volume.factor", "values": [1.0, 1.4]},
        },
        "replications": 1,
    }
    found = sweep(plan, scenario=scenario(), folder=tmp_path / "x")
    keys = found.design().set_index(["variant", "volume"])["key"]
    assert keys["base", 1.4] == keys["storm", 1.4]
    assert rows(found, 1, "sl")["value"].tolist() == rows(found, 3, "sl")["value"].tolist()
    assert len(list((tmp_path / "x" / "chunks").glob("*.parquet"))) <= 3


def test_the_readable_engine_leaves_the_same_table_but_for_its_keys(swept: tuple[Path, Any], tmp_path: Path) -> None:
    few = {**DESIGN, "where": ["agents == 5"], "replications": 1}
    clock = sweep(few, scenario=scenario(), folder=tmp_path / "clock").table().drop(columns="key")
    story = sweep({**few, "engine": "story"}, scenario=scenario(), folder=tmp_path / "story", workers=2).table()
    pd.testing.assert_frame_equal(clock, story.drop(columns="key"))


def test_a_sweep_ends_when_progress_says_so_and_goes_on_later(swept: tuple[Path, Any], tmp_path: Path) -> None:
    found = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x", workers=1, progress=lambda done, _: done < 1)
    assert 0 < found.left < 12
    sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    assert bytes_of(tmp_path / "x") == bytes_of(swept[0])


def test_a_damaged_chunk_is_computed_again(swept: tuple[Path, Any], tmp_path: Path) -> None:
    sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    chunk = next((tmp_path / "x" / "chunks").glob("*.parquet"))
    chunk.write_bytes(chunk.read_bytes()[:-20])
    (tmp_path / "x" / "chunks" / ".cxsim-0123abcd-half.parquet.partial").write_bytes(b"PAR1")
    assert sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x").computed > 0
    assert bytes_of(tmp_path / "x") == bytes_of(swept[0])
    assert not list((tmp_path / "x" / "chunks").glob(".*"))


def test_a_url_serves_as_well_as_a_folder(swept: tuple[Path, Any]) -> None:
    found = sweep(DESIGN, scenario=scenario(), folder="memory://sweeps/one")
    assert found.computed == 12
    assert Store("memory://sweeps/one").read("table.parquet") == bytes_of(swept[0])
    assert sweep(DESIGN, scenario=scenario(), folder="memory://sweeps/one").stored == 12


def test_a_full_disk_leaves_what_is_there(
    swept: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        nonlocal written
        if "chunks" in str(target):
            written += 1
            if written > 2:
                raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space"):
            sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x", workers=1)
    assert not list((tmp_path / "x").rglob("*.partial"))
    assert sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x").stored > 0
    assert bytes_of(tmp_path / "x") == bytes_of(swept[0])


def test_two_sweeps_in_one_folder_keep_out_of_each_other(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "x"))
    with store.lock(), pytest.raises(Busy, match=f"process {os.getpid()}"):
        sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    assert sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x").computed == 12


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=lock_and_die, args=(str(tmp_path / "x"),))
    process.start()
    process.join()
    found = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    assert found.computed == 12 and f"process {process.pid}" in found.remarks[0]


def test_a_store_of_another_version_is_explained_and_left_alone(tmp_path: Path) -> None:
    sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    path = tmp_path / "x" / MANIFEST
    path.write_text(path.read_text().replace('"model_version": "', '"model_version": "older'))
    before = {file: file.read_bytes() for file in (tmp_path / "x").rglob("*") if file.is_file()}
    with pytest.raises(Foreign, match="version"):
        sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    assert {file: file.read_bytes() for file in (tmp_path / "x").rglob("*") if file.is_file()} == before


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(Foreign, match="not a sweep"):
        sweep(DESIGN, scenario=scenario(), folder=tmp_path)


def test_precision_simulates_until_it_is_reached(tmp_path: Path) -> None:
    plan = {key: value for key, value in DESIGN.items() if key != "replications"}
    plan |= {"precision": {"sl": "4%"}, "where": ["agents == 5", "volume == 1.0"], "figures": ["sl"]}
    found = sweep(plan, scenario=scenario(), folder=tmp_path / "x")
    n = len(rows(found, 0, "sl"))
    result = cxsim.simulate(scenario(), replications=n)
    one = result.estimate("sl")
    assert n > 2 and (one.high - one.low) / 2 <= 0.04


@pytest.mark.slow
def test_the_optimizer_runs_at_every_point(tmp_path: Path) -> None:
    goal = {**SCENARIO, "queues": {"sales": {"target": {"sl": {"share": "80%", "within": "20s"}}}}}
    plan = {
        "task": "optimize",
        "factors": {"volume": {"path": "reasons.sales.volume.factor", "values": [0.6, 1.0]}},
    }
    found = sweep(plan, scenario=cxsim.parse(goal), folder=tmp_path / "x", workers=2)
    table = found.table().pivot(index="point", columns="figure", values="value")
    assert (table["certified"] == 1.0).all() and (table["bound"] <= table["cost"]).all()
    assert table["cost"][0] < table["cost"][1]
    assert table["cost"][1] == pytest.approx(cxsim.optimize(cxsim.parse(goal), advise=False, threads=1).cost)


def test_load_finds_what_was_swept(swept: tuple[Path, Any]) -> None:
    found = load(swept[0])
    assert (found.points, found.left) == (12, 0)
    pd.testing.assert_frame_equal(found.table(), swept[1].table())


# --- Designs ----------------------------------------------------------------------------------------------------------


def spread_of(kind: str, points: int) -> pd.DataFrame:
    import tempfile

    plan = {
        "design": kind,
        "points": points,
        "replications": 1,
        "figures": ["sl"],
        "factors": {
            "volume": {"path": "reasons.sales.volume.factor", "from": 0.5, "to": 1.5},
            "patience": {"path": "reasons.sales.patience", "from": "1 min", "to": "5 min"},
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        return sweep(plan, scenario=scenario(), folder=folder + "/x").design()


def test_a_latin_hypercube_has_one_point_in_each_slice_of_each_factor() -> None:
    design = spread_of("latin_hypercube", 10)
    assert sorted(((design["volume"] - 0.5) * 10).astype(int)) == list(range(10))
    assert sorted(((design["patience"] - 1.0) / 4.0 * 10).astype(int)) == list(range(10))


def test_a_sobol_design_fills_every_quarter_evenly() -> None:
    design = spread_of("sobol", 16)
    quarters = 2 * (design["volume"] > 1.0).astype(int) + (design["patience"] > 3.0).astype(int)
    assert quarters.value_counts().tolist() == [4, 4, 4, 4]


def test_a_morris_walk_moves_one_factor_at_a_time() -> None:
    design = spread_of("morris", 5)
    assert len(design) == 5 * 3
    for _, walk in design.groupby("block"):
        moved = walk[["volume", "patience"]].diff().iloc[1:].ne(0.0)
        assert (moved.sum(axis=1) == 1).all() and (moved.sum() == 1).all()
        assert walk["role"].iloc[1:].tolist() == [row.idxmax() for _, row in moved.iterrows()]


# --- What goes wrong --------------------------------------------------------------------------------------------------

BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    ("path", {"factors": {"x": {"path": "groups.taem.agents", "values": [1]}}}, ["taem", "team"]),
    ("value", {"factors": {"x": {"path": "groups.team.agents", "values": [4, -2]}}}, ["-2", "point 1 (x=-2)"]),
    ("empty", {"factors": {}}, ["factors"]),
    ("nothing left", {"factors": DESIGN["factors"], "where": ["agents > 99"]}, ["where"]),
    ("condition", {"factors": DESIGN["factors"], "where": ["import os"]}, ["where"]),
    ("kind", {"factors": DESIGN["factors"], "design": "gird"}, ["gird", "grid"]),
    ("figure", {"factors": DESIGN["factors"], "figures": ["sll"]}, ["sll", "sl"]),
    ("key", {"factors": DESIGN["factors"], "replication": 3}, ["replication", "replications"]),
    ("override", {"factors": {"v": {"overrides": ["base", "strom"]}}}, ["strom", "storm"]),
]


@pytest.mark.parametrize(("design", "said"), [pytest.param(d, s, id=name) for name, d, s in BAD])
def test_bad_designs_are_refused_before_anything_runs(design: dict[str, Any], said: list[str], tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        sweep({"replications": 1, **design}, scenario=scenario(), folder=tmp_path / "x")
    text = str(refused.value)
    assert all(word in text for word in said), text
    assert not (tmp_path / "x").exists() or not (tmp_path / "x" / "table.parquet").exists()


def test_all_faults_of_a_design_are_told_at_once(tmp_path: Path) -> None:
    design = {
        "design": "gird",
        "figures": ["sll"],
        "replications": 0,
        "factors": {"x": {"path": "groups.taem.agents", "values": [1]}},
    }
    with pytest.raises(ScenarioError) as refused:
        sweep(design, scenario=scenario(), folder=tmp_path / "x")
    assert len(refused.value.faults) == 4


def test_a_point_that_fails_is_told_and_the_others_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Worker.point

    def poisoned(self: Worker, values: Any) -> Any:
        if tuple(values) == (1.0, 5):
            raise FloatingPointError("poison")
        return whole(self, values)

    monkeypatch.setattr(Worker, "point", poisoned)
    found = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "x")
    assert [failure["shown"] for failure in found.failures] == ["volume=1, agents=5"]
    assert "poison" in found.failures[0]["text"]
    assert found.table()["point"].nunique() == 11


@pytest.mark.slow
def test_a_point_that_kills_its_worker_is_found_and_named(tmp_path: Path) -> None:
    from threading import Event

    from cxsim.studies.sweep.folder import made
    from cxsim.studies.sweep.sweep import job_of
    from cxsim.studies.sweep.worker import Unit

    plan = made(DESIGN, scenario())
    stop = Event()
    crew = Processes(job_of(plan), 2, stop, deadly)
    units = [Unit(point, str(point), plan.values(point)) for point in range(len(plan))]
    done: list[str] = []

    def take(answer: Answer) -> bool:
        done.extend(answer.done)
        return True

    try:
        lethal = drive(crew, units, take, stop)
    finally:
        crew.close()
    culprit = next(point for point in range(12) if plan.values(point) == (1.0, 5))
    assert [(one.point, one.error) for one in lethal] == [(culprit, LETHAL)]
    assert sorted(done, key=int) == [str(point) for point in range(12) if point != culprit]


def test_a_scenario_file_is_swept_as_a_parsed_one(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.dump(SCENARIO, tmp_path / "small.yaml")
    yaml.dump({"cxsim": 1, "sweep": {"scenario": "small.yaml"}, **DESIGN}, tmp_path / "design.yaml")
    from_file = sweep(tmp_path / "design.yaml", folder=tmp_path / "x")
    parsed = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "y")
    assert from_file.table()["value"].tolist() == parsed.table()["value"].tolist()


def test_a_point_costs_little_beside_its_simulation(tmp_path: Path) -> None:
    """Not a benchmark: a thousand points of a moment must not take minutes, whatever the machine."""
    plan = {**DESIGN, "replications": 1, "figures": ["sl"]}
    plan["factors"] = {"volume": {"path": "reasons.sales.volume.factor", "from": 0.5, "to": 1.5, "steps": 300}}
    began = time.process_time()
    assert sweep(plan, scenario=scenario(), folder=tmp_path / "x").computed == 300
    assert time.process_time() - began < 60


def test_a_policy_of_ones_own_is_swept_and_known_by_its_content(tmp_path):
    (tmp_path / "kept.py").write_text(
        "def choose_contact(agent, queues, center, kept=0):\n"
        "    return queues[0].number if agent.idle >= kept else None\n"
    )
    base = parse(
        {
            "cxsim": 1,
            "horizon": {"start": "2026-01-05", "days": 1, "open": "08:00-10:00"},
            "channels": {"phone": {"patience": "3 min"}},
            "reasons": {"calls": {"volume": "60/h", "talk": "4 min"}},
            "groups": {"team": {"agents": 5, "serves": ["calls"]}},
            "routing": {"policy": "kept.py"},
        },
        folder=tmp_path,
    )
    kept = (of_values("kept", "routing.parameters.kept", [0, 1, 2]),)
    values = [Builder(base, kept).key((n,)) for n in (0, 1, 2)]
    assert len(set(values)) == 3
    other = "def choose_contact(agent, queues, center, kept=0):\n    return queues[0].number\n"
    (tmp_path / "kept.py").write_text(other)
    again = Builder(base.vary({}), kept).key((0,))
    assert again != values[0]
