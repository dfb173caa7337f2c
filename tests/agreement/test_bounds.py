"""The compiled engine reads and writes no place outside its arrays: seen as plain Python, which checks each.

Machine code checks nothing, so a place outside would be a wrong figure, or a crash that nobody can repeat.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import numba; assert numba.config.DISABLE_JIT
from hypothesis import HealthCheck, Phase, given, seed, settings
from agreement.running import Raw, differences, in_order, model_of, written
from agreement.strategies import scenarios
from cxsim.engines.clock.replay import replay
from cxsim.schema import network as nw
from cxsim.simulation.replications import inputs

examples, contacts = int(sys.argv[1]), 0

@seed(23)
@settings(deadline=None, max_examples=examples, database=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))
@given(scenarios(loop="rich"))
def agree(tree):
    global contacts
    model = model_of(tree)
    given, sink = inputs(model, 0), Raw()
    replay(given, sink, block=64, contacts=16)  # small, so that blocks and pool are often full
    wrong = differences(in_order(sink.ledger()), in_order(written(model, "story")))
    assert not wrong, wrong
    contacts += len(given.times)
    for place in (-1, model.network["queues"].size):
        try:
            nw.queues(model.network.record, place)
        except IndexError:
            continue
        raise SystemExit("a place outside was not seen")

agree()
print("contacts", contacts)
"""


@pytest.mark.parametrize("examples", [4, pytest.param(80, marks=pytest.mark.slow)])
def test_no_place_outside_an_array_is_read_or_written(examples: int) -> None:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(examples)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(run.stdout.split()[-1]) >= 100 * examples
