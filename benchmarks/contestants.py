"""Who runs in the speed benchmark: each function simulates a model once and says how fast it was.

A rate is offered contacts (redials and repeats included) per second of CPU time, from the first arrival drawn
to the last row written; reading, compiling and reporting are left out for all alike.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ciw_model, simpy_only
from benchmarks.models import HERE, Model, limit_text
from benchmarks.scenarios import scenario
from cxsim.model.prepare import prepare
from cxsim.scenario import parse
from cxsim.simulation.replications import replay


@dataclass(frozen=True)
class Lap:
    """What one contestant did: offered contacts and CPU seconds."""

    contacts: int
    seconds: float

    @property
    def rate(self) -> float:
        """Offered contacts per CPU second."""
        return self.contacts / self.seconds


@dataclass(frozen=True)
class Limit:
    """The compiled C program, in a folder of its own that goes away."""

    folder: Path

    def lines(self, model: Model, seed: int, replications: int) -> list[dict[str, Any]]:
        """One mapping of counts, SL and seconds per replication."""
        path = self.folder / f"{model.name}.txt"
        path.write_text(limit_text(model))
        command = [str(self.folder / "limit"), str(path), str(seed), str(replications)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def lap(self, model: Model, seed: int, replications: int) -> Lap:
        """The first replication warms the caches and the pages and is not timed."""
        lines = self.lines(model, seed, replications + 1)[1:]
        return Lap(sum(x["offered"] for x in lines), sum(x["seconds"] for x in lines))


@contextmanager
def limit() -> Iterator[Limit]:
    """Compile `limit/limit.c` with `cc`."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["-O3", "-ffp-contract=off"]
        source, program = str(HERE / "limit" / "limit.c"), str(Path(folder) / "limit")
        subprocess.run(["cc", *flags, source, "-lm", "-o", program], check=True)
        yield Limit(Path(folder))


class Counter:
    """A sink that counts rows and keeps nothing."""

    def __init__(self) -> None:
        self.contacts = 0

    def legs(self, block: np.ndarray) -> None:
        """One row of these models is one contact."""
        self.contacts += len(block)

    def spells(self, block: np.ndarray) -> None:
        """Nothing to do."""

    def lengths(self, waiting: np.ndarray, most: np.ndarray) -> None:
        """Nothing to do."""


class Tally(Counter):
    """A sink that counts outcomes, to compare with the C program."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = self.abandoned = self.within_20s = 0

    def legs(self, block: np.ndarray) -> None:
        """Count the outcomes."""
        super().legs(block)
        answered = block["outcome"] == 0
        self.answered += int(answered.sum())
        self.abandoned += int((block["outcome"] == 1).sum())
        self.within_20s += int((block["answered"] - block["queued"] <= 20.0)[answered].sum())

    @property
    def counts(self) -> dict[str, int]:
        """Named as the C program names them."""
        return {
            "offered": self.contacts,
            "answered": self.answered,
            "abandoned": self.abandoned,
            "within_20s": self.within_20s,
        }


class Engine:
    """A model made ready for one of the engines of cxsim."""

    def __init__(self, model: Model, name: str) -> None:
        self._engine = name
        self._model = prepare(parse(scenario(model)))

    def replay(self, seed: int, replication: int, sink: Counter) -> float:
        """CPU seconds of one replication: arrivals drawn and replayed."""
        started = time.process_time()
        replay(replace(self._model, seed=seed), replication, self._engine, sink)
        return time.process_time() - started

    def lap(self, seed: int, replications: int) -> Lap:
        """Some replications after one another."""
        sink = Counter()
        seconds = sum(self.replay(seed, i, sink) for i in range(1, replications + 1))
        return Lap(sink.contacts, seconds)

    def counts(self, seed: int) -> dict[str, int]:
        """Outcomes of replication 0."""
        sink = Tally()
        self.replay(seed, 0, sink)
        return sink.counts


def simpy_lap(model: Model, seed: int) -> Lap:
    """SimPy alone."""
    done = simpy_only.run(model, seed)
    return Lap(int(done["offered"]), done["seconds"])


def ciw_lap(model: Model, seed: int) -> Lap:
    """Ciw; model (a) only."""
    done = ciw_model.run(model, seed)
    return Lap(int(done["offered"]), done["seconds"])
