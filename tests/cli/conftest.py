"""A small center in a folder of its own, and the command line called inside it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cxsim.cli import cli

SCENARIO = """\
cxsim: 1
name: A small center
horizon: {open: 09:00-12:00}
reasons:
  sales: {volume: {file: volumes.csv, column: sales}, handle_time: 4 min, patience: 2 min, resolution: 80%}
  help: {volume: {file: volumes.csv, column: help}, talk: 5 min, wrap: 30s, patience: 3 min}
queues:
  sales: {target: {sl: {share: 80%, within: 20s}, abandoned: {max: 5%}}}
groups:
  team: {serves: [sales, help], wage: 24}
staff: {file: plan.csv, kind: headcounts}
after_contact:
  abandoned: {redial: 40%, delay: 10 min}
  unresolved: {repeat: 50%, delay: 30 min}
overrides:
  storm: {reasons.sales.volume.factor: 1.5}
  lean: {groups.team.wage: 20}
"""
TIMES = ("09:00", "09:30", "10:00", "10:30", "11:00", "11:30")
VOLUMES = "time,sales,help\n" + "".join(f"{time},{20 + 2 * i},{12 + i}\n" for i, time in enumerate(TIMES))
PLAN = "time,team\n" + "".join(f"{time},{5 + i // 2}\n" for i, time in enumerate(TIMES))
# A day that takes long to replay.
LARGE = """\
cxsim: 1
horizon: {open: 00:00-24:00, days: 5}
reasons: {all: {volume: 6000/h, handle_time: 4 min, patience: 3 min}}
groups: {team: {agents: 410, serves: [all]}}
"""


@pytest.fixture
def center(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, which is also the current one."""
    folder = tmp_path / "center"
    folder.mkdir()
    (folder / "small.yaml").write_text(SCENARIO)
    (folder / "volumes.csv").write_text(VOLUMES)
    (folder / "plan.csv").write_text(PLAN)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def large(center: Path) -> Path:
    (center / "large.yaml").write_text(LARGE)
    return center


@pytest.fixture
def cxsim(center: Path) -> Callable[..., Result]:
    """Call `cxsim` with these words."""
    runner = CliRunner(env={"COLUMNS": "100"})
    return lambda *words: runner.invoke(cli, [str(word) for word in words])


@pytest.fixture
def tables() -> Callable[[Path], dict[str, bytes]]:
    """The bytes of every CSV table of a results folder, by name."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.csv"))
        if path.relative_to(folder).parts[0] != "inputs"
    }
