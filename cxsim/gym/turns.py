"""Which replication an episode is, and what all environments share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Shown = npt.NDArray[np.float32]
MINUTE = 60.0
LARGEST = float(np.finfo(np.float32).max)  # gymnasium warns of a space without an upper bound


class Turns:
    """Replications in turn: the first, then every so many; a seed begins again with the first."""

    def __init__(self, first: int, every: int) -> None:
        self.first, self.every, self.next = first, every, first
        self.seed, self.replication = 1, first

    def begin(self, seed: int | None, options: dict[str, Any] | None) -> bool:
        """Go on to the next replication; whether the seed is another than before."""
        changed = seed is not None and int(seed) != self.seed
        if seed is not None:
            self.next, self.seed = self.first, int(seed)
        self.replication = int((options or {}).get("replication", self.next))
        self.next = self.replication + self.every
        return changed


def prices(given: dict[str, float] | None, usual: dict[str, float]) -> dict[str, float]:
    """Prices with those not given as usual. Raises ValueError for a name that there is not, or a negative price."""
    for name, price in (given or {}).items():
        if name not in usual:
            raise ValueError(f"prices: {name!r} is not a price; the prices are {', '.join(usual)}")
        if not float(price) >= 0.0:
            raise ValueError(f"prices: {name} is {price!r}; write 0 or more")
    return usual | {name: float(price) for name, price in (given or {}).items()}
