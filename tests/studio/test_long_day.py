"""A studio that stays open all day: a thousand edits leave little memory, and an idle one takes no processor."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from studio_world import SMALL, TIMES

PROC = Path("/proc/self/status")
QUERY = "path=desk.yaml"


class Service:
    """A running `cxsim serve` with a page that listens."""

    def __init__(self, folder: Path) -> None:
        (folder / "desk.yaml").write_text(SMALL, encoding="utf-8")
        command = [sys.executable, "-m", "cxsim", "serve", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = "".join(self.process.stdout.readline() for _ in range(2))
        self.host = urlsplit(re.search(r"http://\S+", said)[0]).netloc
        self.headers = {"Authorization": f"Bearer {re.search(r'Token: (.+)', said)[1]}"}
        self.calls = http.client.HTTPConnection(self.host, timeout=60)
        self.done = threading.Event()  # once an answer of full precision has come
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        stream = http.client.HTTPConnection(self.host)
        stream.request("GET", f"/api/plan/events?{QUERY}", headers=self.headers)
        for line in stream.getresponse():
            if line.startswith(b"data:") and b'"done": true' in line:
                self.done.set()

    def edit(self, agents: int, at: str) -> None:
        body = json.dumps({"cells": [["desk", at, agents]]})
        headers = self.headers | {"Content-Type": "application/json"}
        self.calls.request("POST", f"/api/plan/cells?{QUERY}", body, headers)
        answer = self.calls.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()

    def megabytes(self) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) / 1024

    def seconds(self) -> float:
        """Of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    if not PROC.exists():
        pytest.skip("measures a process by /proc, which only Linux has")
    service = Service(tmp_path)
    yield service
    service.process.terminate()
    service.process.wait(20)


@pytest.mark.slow
def test_a_thousand_edits_leave_less_than_20_megabytes(service: Service) -> None:
    assert service.done.wait(120)
    sizes = []
    for n in range(1000):
        service.edit(1 + n % 7, TIMES[n % len(TIMES)])
        if n % 100 == 99:
            time.sleep(0.5)
            sizes.append(service.megabytes())
    print("MB after each hundred:", *(f"{size:.1f}" for size in sizes))
    assert sizes[-1] - sizes[0] < 20.0, sizes


@pytest.mark.slow
def test_an_idle_studio_takes_less_than_a_hundredth_of_a_core(service: Service) -> None:
    assert service.done.wait(120)
    time.sleep(5.0)  # the other screens are loaded
    began = service.seconds()
    time.sleep(60.0)
    used = service.seconds() - began
    print(f"processor time in a minute: {used:.2f} s")
    assert used < 0.6
