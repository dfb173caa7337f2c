"""The readable engine: the life of one contact, told with SimPy.

Read `life.life_of_issue` first: an issue's attempts, each waiting in queues and talking to agents. What is *decided*
is asked of `cxsim.rules`, which the compiled engine asks too: from the same inputs both engines leave the same ledger,
row for row. `Center` holds the state; each module has the functions of one part, and the same name as in `clock.loop`.
Everything that passes time is in `life`; the other modules start it through `center.life`, so that imports go downward.

SimPy's calendar is given (kind, id) as priority, so that simultaneous events have the order of `cxsim.engines.events`;
what SimPy schedules for itself (an event that succeeds, a process that begins) comes before any of them, so nothing
happens between a decision and whoever was waiting for it.
"""

from __future__ import annotations

import numpy as np

from cxsim.engines.inputs import Inputs, Memory
from cxsim.engines.story import life
from cxsim.engines.story.center import Center
from cxsim.engines.story.verify import check
from cxsim.rules import loyalty
from cxsim.schema import ledger


def replay(inputs: Inputs, sink: ledger.Sink, verify: bool = False) -> Memory:
    """Replay one replication and hand its ledger to `sink`; what its policy remembers.

    With `verify` the state is checked after each event, which is slow; raises `verify.BrokenInvariant`.
    """
    center = Center(inputs, life)
    life.run(center, check if verify else None)
    sink.legs(np.array(center.legs, ledger.LEG_DTYPE))
    sink.spells(np.array(center.spells, ledger.SPELL_DTYPE))
    shape = (len(center.queues), -1)
    sink.lengths(center.waiting.reshape(shape), center.most.reshape(shape))
    if center.settings["people"] or center.settings["community"]:
        sink.customers(loyalty.made(center.board))
    return center.policy.remembers(center.board) if center.policy else {}
