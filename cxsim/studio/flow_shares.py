"""What contacts went through before and between queues, counted from a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.model.prepare import Model
from cxsim.schema import ledger

Legs = npt.NDArray[np.void]
KINDS = {ledger.TRANSFER: "transfer", ledger.CONSULT: "transfer", ledger.CALLED_BACK: "callback"}


def shares(model: Model, made: Sequence[Legs]) -> dict[str, Any]:
    """Ways and places of the flow with the number of contacts, all replications together.

    `ways` are [from, to, kind, contacts]: kind is `begin` from a reason, `transfer`, `callback`, or `next` for what the
    flow and overflow do. `places` give the visits of each place, and how stays there ended.
    """
    reasons, queues, nodes = (list(names) for names in (model.layout.reasons, model.layout.queues, model.scenario.flow))
    ways: dict[tuple[str, str, str], int] = {}
    places: dict[str, dict[str, Any]] = {}

    def named(place: int) -> str:
        return f"queue:{queues[place]}" if place >= 0 else f"node:{nodes[-1 - place]}" if nodes else "out"

    for legs in made:
        legs = legs[np.lexsort((legs["leg"], legs["attempt"], legs["issue"]))]
        goes_on = np.zeros(len(legs), bool)
        goes_on[1:] = (legs["issue"][1:] == legs["issue"][:-1]) & (legs["attempt"][1:] == legs["attempt"][:-1])
        rows = np.stack(
            [
                np.where(goes_on, np.roll(legs["queue"], 1), legs["reason"]),
                legs["queue"],
                legs["cause"],
                goes_on,
                legs["outcome"],
            ],
            axis=1,
        ).astype(np.int64)
        unique, counts = np.unique(rows, axis=0, return_counts=True)
        for (start, end, cause, further, outcome), count in zip(unique.tolist(), counts.tolist(), strict=True):
            kind = KINDS.get(cause, "next") if further else "begin"
            way = (named(start) if further else f"reason:{reasons[start]}", named(end), kind)
            ways[way] = ways.get(way, 0) + count
            place = places.setdefault(named(end), {"visits": 0, "ends": {}})
            place["visits"] += count
            place["ends"][ledger.OUTCOMES[outcome]] = place["ends"].get(ledger.OUTCOMES[outcome], 0) + count
            if not further:
                begun = places.setdefault(f"reason:{reasons[start]}", {"visits": 0, "ends": {}})
                begun["visits"] += count
    return {"ways": [[*way, count] for way, count in sorted(ways.items())], "places": places}
