"""A studio in another process and a browser that shows its page, for tests of the page and for the benchmark."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIETLY = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """Where this machine has a Chromium; '' if nowhere."""
    return next((path for name in NAMES if (path := shutil.which(name))), "")


class Studio:
    """A running `cxsim studio`."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0, **environment: str) -> None:
        self.folder, self.arguments = folder, arguments
        self._environment = {**os.environ, **environment}
        self.start(port)

    def start(self, port: int = 0) -> None:
        """Start it, and wait until it has said its address."""
        command = [sys.executable, "-m", "cxsim", "studio", str(self.folder), "--no-browser", *self.arguments]
        command += ["--port", str(port)] if port else []
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self._environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line
        self.url = found[0]
        self.address = self.url.partition("?")[0]
        self.port = int(self.address.rpartition(":")[2].strip("/"))

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it as Ctrl+C does."""
        self._process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
            return
        self.kill()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser of this machine, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(QUIETLY))
        yield browser
        browser.close()


def visit(page: Any, url: str, seconds: float = 60.0) -> None:
    """Go to an address whose server may still be starting."""
    from playwright.sync_api import Error

    until = time.monotonic() + seconds
    while True:
        try:
            page.goto(url)
            return
        except Error:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
