"""Small Markov chains in continuous time (those of `cxsim reproduce`), and how far a simulated figure is from them."""

from __future__ import annotations

from typing import Any

import cxsim
from cxsim.published.chains import mean, stationary

__all__ = ["mean", "off", "stationary"]


def off(found: cxsim.Result, figure: str, name: str, right: float, scope: str = "") -> float:
    """How many standard errors a simulated figure lies from the right value, by its own 95 % interval."""
    told: Any = found.figures
    chosen = (told["figure"] == figure) & (told["name"] == name) & (told["interval"] == "total")
    if scope:
        chosen &= told["scope"] == scope
    row = told[chosen].iloc[0]
    error = (row["high"] - row["low"]) / 2.0 / 1.96
    assert error > 0.0
    return float(abs(row["value"] - right) / error)
