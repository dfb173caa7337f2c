"""A calibration for the page: what was observed beside what the scenario has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.calibrate import calibrate
from cxsim.calibrate.calibration import Calibration
from cxsim.randomness.distributions import Law
from cxsim.report.calibrate.words import verdict
from cxsim.scenario import Scenario, read
from cxsim.studio.streams import Tell

POINTS = 80  # of a curve
MOST = 12  # reasons that are drawn
LEAST_AT_RISK = 30  # waits below which the curve of patience is not drawn
LONGEST = 600.0  # s of patience that are drawn

Floats = npt.NDArray[np.float64]


def calibrated(
    folders: Sequence[Path], target: Path, name: str, interval: float, replications: int, tell: Tell
) -> dict[str, Any]:
    """Calibrate, write the scenario and its report into a folder, and tell what was found."""
    found = calibrate(list(folders), name=name, interval=interval, replications=replications, progress=tell)
    written = found.save(target)
    scenario = read(written / "scenario.yaml")
    return {
        **found.document(),
        "verdict": verdict(found),
        "source": found.parts.source,
        "charts": {
            "volumes": _volumes(found),
            "talk": _talk(found, scenario),
            "patience": _patience(found, scenario),
            "staff": _staff(found),
        },
        "faults": [],
        "questions": [],
    }


def _curve(x: Floats, y: Floats) -> list[list[float]]:
    return [[round(float(a), 3), round(float(b), 5)] for a, b in zip(x, y, strict=True) if np.isfinite(b)]


def _talk(found: Calibration, scenario: Scenario) -> list[dict[str, Any]]:
    """Share of talks up to each length (s), as recorded and as the scenario has them."""
    out = []
    for name, one in list(found.talk.items())[:MOST]:
        x = np.sort(one.values)
        grid = np.linspace(0.0, float(np.quantile(x, 0.98)) if len(x) else 1.0, POINTS)
        seen = np.searchsorted(x, grid, side="right") / max(len(x), 1)
        law = scenario.reasons[name].talk if name in scenario.reasons else None
        out.append(
            {
                "name": name,
                "rows": len(x),
                "law": one.fit.title if one.fit else "as recorded",
                "observed": _curve(grid, seen),
                "fitted": _curve(grid, law.cdf(grid)) if law is not None else [],
            }
        )
    return out


def _patience(found: Calibration, scenario: Scenario) -> list[dict[str, Any]]:
    """Share of customers who would still wait after each time (s): Kaplan–Meier's curve, and the scenario's law."""
    out = []
    for name, one in list(found.curves.items())[:MOST]:
        law = scenario.reasons[name].patience if name in scenario.reasons else None
        if name not in scenario.reasons:  # that of all contacts
            continue
        last = one.curve.times[one.curve.at_risk >= LEAST_AT_RISK]
        grid = np.linspace(0.0, min(float(last[-1]) if len(last) else 60.0, LONGEST), POINTS)
        out.append(
            {
                "name": name,
                "rows": one.waited,
                "law": one.fit.name if one.fit else "as recorded",
                "observed": _curve(grid, np.asarray(one.curve.at(grid))),
                "fitted": _curve(grid, 1.0 - law.cdf(grid)) if isinstance(law, Law) else [],
            }
        )
    return out


def _weekly(found: Calibration, values: Any) -> list[list[float | None]]:
    """Values (7, slots) of each weekday; nothing where it is closed."""
    days = found.parts.days
    return [
        [round(float(x), 3) if is_open else None for x, is_open in zip(row, mask, strict=True)]
        for row, mask in zip(np.asarray(values), days.mask(), strict=True)
    ]


def _volumes(found: Calibration) -> dict[str, Any]:
    """Expected fresh contacts by weekday and interval, by reason, and the busyness of each."""
    parts = found.parts
    return {
        "width": parts.days.width,
        "reasons": [
            {"name": one.name, "busyness": one.busyness, "values": _weekly(found, one.volume)}
            for one in parts.reasons[:MOST]
        ],
    }


def _staff(found: Calibration) -> dict[str, Any]:
    """People on duty of all groups together, by weekday and interval."""
    parts = found.parts
    return {"width": parts.days.width, "groups": list(parts.groups), "values": _weekly(found, parts.staff.sum(axis=0))}
