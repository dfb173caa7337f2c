"""On a Dask cluster the table is the same to the byte, whoever comes and goes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweeping.small import DESIGN, scenario

from cxsim.studies.sweep.cluster import NoCluster
from cxsim.studies.sweep.sweep import Sweep, sweep

pytest.importorskip("distributed")

PLAN = {
    **DESIGN,
    "replications": 20,
    "factors": {
        "volume": {"path": "reasons.sales.volume.factor", "from": 0.8, "to": 1.6, "steps": 60},
        "agents": DESIGN["factors"]["agents"],
    },
}
POINTS = 240


class Cluster:
    """A scheduler and its workers, each a process of its own that the test may kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start_scheduler()
        self.workers: list[subprocess.Popen[bytes]] = []

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).resolve().parents[2])
        environment = {**os.environ, "PYTHONPATH": root, "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s"}
        log = (self.folder / f"{words[0]}.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        return self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")

    def start_worker(self, *more: str) -> None:
        words = ("--nthreads", "1", "--no-dashboard", "--death-timeout", "60", *(more or ("--no-nanny",)))
        self.workers.append(self._start("dask_worker", self.address, *words))

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a nanny's worker too
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    made.start_worker()
    made.start_worker()
    yield made
    made.stop()


def local(tmp_path: Path) -> bytes:
    sweep(PLAN, scenario=scenario(), folder=tmp_path / "local")
    return (tmp_path / "local" / "table.parquet").read_bytes()


def in_background(cluster: Cluster, folder: Path) -> tuple[threading.Thread, list[Any], list[int]]:
    found: list[Any] = []
    done: list[int] = []

    def run() -> None:
        try:
            found.append(
                sweep(
                    PLAN,
                    scenario=scenario(),
                    folder=folder,
                    cluster=cluster.address,
                    progress=lambda at, _: done.append(at),
                )
            )
        except BaseException as error:  # shown by the test
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found, done


def wait_for_points(done: list[int], count: int, thread: threading.Thread) -> None:
    until = time.monotonic() + 120
    while thread.is_alive() and time.monotonic() < until and (not done or done[-1] < count):
        time.sleep(0.01)


def finished(thread: threading.Thread, found: list[Any]) -> Sweep:
    thread.join(180)
    assert not thread.is_alive()
    assert isinstance(found[0], Sweep), found[0]
    return found[0]


@pytest.mark.slow
def test_the_table_of_a_cluster_is_that_of_this_process(cluster: Cluster, tmp_path: Path) -> None:
    found = sweep(PLAN, scenario=scenario(), folder=tmp_path / "far", cluster=cluster.address)
    assert (found.computed, found.failures) == (POINTS, ())
    assert (tmp_path / "far" / "table.parquet").read_bytes() == local(tmp_path)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_only_what_it_was_at(cluster: Cluster, tmp_path: Path) -> None:
    thread, found, done = in_background(cluster, tmp_path / "far")
    wait_for_points(done, 1, thread)
    cluster.workers[0].kill()
    whole = finished(thread, found)
    assert (whole.computed, whole.failures) == (POINTS, ())
    assert (tmp_path / "far" / "table.parquet").read_bytes() == local(tmp_path)


@pytest.mark.slow
def test_workers_may_join_a_sweep_that_runs(cluster: Cluster, tmp_path: Path) -> None:
    thread, found, done = in_background(cluster, tmp_path / "far")
    wait_for_points(done, 1, thread)
    cluster.start_worker()
    assert finished(thread, found).computed == POINTS
    assert (tmp_path / "far" / "table.parquet").read_bytes() == local(tmp_path)


@pytest.mark.slow
def test_a_scheduler_that_is_killed_and_started_again_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    thread, found, done = in_background(cluster, tmp_path / "far")
    wait_for_points(done, 1, thread)
    cluster.stop()
    cluster.scheduler = cluster.start_scheduler()
    cluster.workers.clear()
    cluster.start_worker()
    whole = finished(thread, found)
    assert (whole.computed, whole.failures) == (POINTS, ())
    assert (tmp_path / "far" / "table.parquet").read_bytes() == local(tmp_path)


POISON = """
import os

from cxsim.studies.sweep import cluster
from cxsim.studies.sweep.worker import Worker


class Poisoned(Worker):
    def point(self, values):
        if tuple(values) == (1.0, 5):
            os._exit(11)
        return super().point(values)


cluster.Worker = Poisoned
"""


@pytest.mark.slow
def test_a_point_that_kills_workers_of_a_cluster_is_named_and_the_others_finish(tmp_path: Path) -> None:
    (tmp_path / "poison.py").write_text(POISON)
    cluster = Cluster(tmp_path)
    try:
        for _ in range(2):
            cluster.start_worker("--nanny", "--preload", str(tmp_path / "poison.py"))
        found = sweep(DESIGN, scenario=scenario(), folder=tmp_path / "far", cluster=cluster.address)
    finally:
        cluster.stop()
    assert [failure["shown"] for failure in found.failures] == ["volume=1, agents=5"]
    assert found.computed == 11


@pytest.mark.slow
def test_a_cluster_of_this_machine_is_made_by_name(tmp_path: Path) -> None:
    found = sweep(PLAN, scenario=scenario(), folder=tmp_path / "far", cluster="local:2")
    assert found.computed == POINTS
    assert (tmp_path / "far" / "table.parquet").read_bytes() == local(tmp_path)


@pytest.mark.parametrize("address", ["local:none", "local:0"])
def test_an_address_that_is_none_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(NoCluster, match="local:4"):
        sweep(DESIGN, scenario=scenario(), folder=tmp_path / "far", cluster=address)
