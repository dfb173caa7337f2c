"""Rules that both engines and the measures share are written once, in `cxsim.rules`, and hold."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest

from cxsim.rules import effort
from cxsim.schema import ledger
from cxsim.schema.network import EFFORT_DTYPE

ROOT = Path(__file__).resolve().parent.parent / "cxsim"
WEIGHTS = np.array([(1.0, 0.01, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0)], EFFORT_DTYPE)
MAIL = np.array([False, True])  # queue 1 is deferrable


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def read_fields(path: Path) -> set[str]:
    """The names of attributes and of constant keys that a module reads."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.add(str(node.slice.value))
    return found


def test_only_the_rules_of_effort_know_what_telling_it_again_or_a_switch_costs() -> None:
    knowing = [path for path in sources("engines", "rules", "metrics", "simulation") if "retelling" in read_fields(path)]
    assert [path.name for path in knowing] == ["effort.py"]


@pytest.mark.parametrize(
    ("leg", "points"),
    [
        ({"leg": 1, "attempt": 1, "queue": 0}, 1.0),
        ({"leg": 1, "attempt": 2, "queue": 0}, 10_001.0),
        ({"leg": 2, "attempt": 2, "queue": 0}, 0.0),
        ({"leg": 1, "attempt": 1, "queue": -1, "queued": 50.0}, 11.0),  # in the flow a stay counts, not its time
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 50.0, "answered": 150.0}, 1.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 50.0, "ended": 250.0}, 2.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 50.0}, 9.5),  # until the end of time, at 1000
        ({"leg": 2, "attempt": 1, "queue": 1, "queued": 50.0, "answered": 150.0}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 0.0, "answered": 100.0, "cause": ledger.CALLED_BACK}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 0.0, "answered": 100.0, "cause": ledger.TURN}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 0.0, "answered": 100.0, "cause": ledger.CONSULT}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "outcome": ledger.TRANSFERRED}, 100.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "felt": ledger.TOLD_AGAIN}, 1000.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "felt": ledger.SWITCHED | ledger.OURS}, 100_000.0),
    ],
)
def test_the_effort_of_a_leg_is_the_sum_of_what_happened_in_it(leg: dict[str, float], points: float) -> None:
    row = np.zeros(1, ledger.LEG_DTYPE)
    row["queued"] = row["answered"] = row["ended"] = math.nan
    for name, value in leg.items():
        row[name] = value
    assert effort.of_leg(WEIGHTS[0], row[0], MAIL, 1000.0) == pytest.approx(points)
