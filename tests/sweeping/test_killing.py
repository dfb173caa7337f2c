"""A sweep that is killed loses its unfinished chunk and nothing else."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sweeping.small import DESIGN, SCENARIO

from cxsim.studies.sweep.sweep import sweep

COMMAND = [sys.executable, "-m", "cxsim", "sweep", "design.yaml", "--out", "swept", "--quiet"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a design of 400 points, about four seconds of work."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.dump(SCENARIO, tmp_path / "small.yaml")
    factors = {
        "volume": {"path": "reasons.sales.volume.factor", "from": 0.8, "to": 1.6, "steps": 100},
        "agents": DESIGN["factors"]["agents"],
    }
    design = {"sweep": {"scenario": "small.yaml"}, "factors": factors, "replications": 20, "figures": ["sl", "cost"]}
    yaml.dump(design, tmp_path / "design.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def killed_after(seconds: float, folder: Path) -> int:
    """Chunks that are there when a sweep is killed so long after its first one."""
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(COMMAND, cwd=folder, env={**os.environ, "PYTHONPATH": path}, start_new_session=True)
    chunks = folder / "swept" / "chunks"
    before = len(list(chunks.glob("*.parquet"))) if chunks.exists() else 0
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        if chunks.exists() and len(list(chunks.glob("*.parquet"))) > before:
            break
        time.sleep(0.005)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return len(list(chunks.glob("*.parquet")))


def undisturbed(folder: Path) -> bytes:
    sweep(folder / "design.yaml", folder=folder / "whole")
    return (folder / "whole" / "table.parquet").read_bytes()


def test_a_killed_sweep_goes_on_to_the_same_bytes(folder: Path) -> None:
    assert killed_after(0.3, folder) > 0
    found = sweep(folder / "design.yaml", folder=folder / "swept")
    assert 0 < found.stored < 400 and found.computed == 400 - found.stored
    assert (folder / "swept" / "table.parquet").read_bytes() == undisturbed(folder)
    assert not list((folder / "swept").rglob("*.partial"))


@pytest.mark.slow
def test_a_sweep_killed_at_ten_random_moments_goes_on_to_the_same_bytes(folder: Path) -> None:
    random_moments = random.Random(20261126)
    for _ in range(10):
        killed_after(random_moments.uniform(0.0, 0.4), folder)
    sweep(folder / "design.yaml", folder=folder / "swept")
    assert (folder / "swept" / "table.parquet").read_bytes() == undisturbed(folder)
