"""What a process does that helps the first run of all: it has everything compiled but the event loop.

    python -m cxsim.simulation.precompile

runs a small scenario whose replication leaves nothing. `clock` starts it while it compiles the loop itself.
"""

from __future__ import annotations

import numpy as np

from cxsim.engines.clock import replay
from cxsim.engines.inputs import Inputs, Memory
from cxsim.scenario import parse
from cxsim.schema import ledger
from cxsim.simulation.simulate import simulate

SMALL = {
    "cxsim": 1,
    "reasons": {"help": {"volume": "20/h", "talk": "3 min"}},
    "groups": {"team": {"agents": 2, "serves": ["help"]}},
}


def _nothing(inputs: Inputs, sink: ledger.Sink) -> Memory:
    """In the place of the event loop: an empty ledger."""
    net = inputs.network
    shape = (net["queues"].size, int(net["settings"]["intervals"][0]))
    sink.legs(np.zeros(0, ledger.LEG_DTYPE))
    sink.spells(np.zeros(0, ledger.SPELL_DTYPE))
    sink.lengths(np.zeros(shape), np.zeros(shape, np.int64))
    return {}


def main() -> None:
    """Have it compiled and kept on disk."""
    replay.ready = lambda net: replay.loop_called("basic")
    replay.replay = _nothing  # type: ignore[assignment]  # compile only, do not run
    simulate(parse(SMALL), replications=1)


if __name__ == "__main__":
    main()
