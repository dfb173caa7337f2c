"""The omnichannel week in both engines: contacts a second of CPU time, and how they compare.

    python -m benchmarks.omnichannel

One replication by `story`, four by `clock`; a contact is a stay that ended, transfers and calls back included. Prints a
line of JSON a figure.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import cxsim
from cxsim.engines.inputs import Inputs
from cxsim.model.prepare import prepare
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs

SCENARIO = Path(__file__).parent.parent / "scenarios" / "omnichannel-retailer.yaml"


def lap(given: list[Inputs], engine: str) -> tuple[int, float]:
    """Contacts, and seconds of CPU time, of some replications."""
    from cxsim.engines import story
    from cxsim.engines.clock import replay as clock

    replay = clock.replay if engine == "clock" else story.replay
    contacts, started = 0, time.process_time()
    for one in given:
        sink = ledger.Keeper()
        replay(one, sink)
        contacts += int((sink.ledger().legs["outcome"] != ledger.HANDED_ON).sum())
    return contacts, time.process_time() - started


def main() -> None:
    """Print the figures."""
    model = prepare(cxsim.read(SCENARIO))
    given = [inputs(model, i) for i in range(4)]
    lap(given[:1], "clock")  # compiled
    rates = {}
    for engine, some in (("clock", given), ("story", given[:1])):
        contacts, seconds = lap(some, engine)
        rates[engine] = contacts / seconds
    for name, value, against, ratio in (
        ("clock", rates["clock"], "story", rates["clock"] / rates["story"]),
        ("story", rates["story"], None, None),
    ):
        line = {"name": f"omnichannel.{name}", "value": round(value), "unit": "contacts/s", "against": against}
        print(json.dumps(line | {"ratio": None if ratio is None else round(ratio, 1)}))


if __name__ == "__main__":
    main()
