"""Fingerprints of the shipped scenarios, by both engines, to show that a change of code changes no figure.

    python -m benchmarks.fingerprints record before.json
    python -m benchmarks.fingerprints compare before.json

`record` writes a hash of the legs, the spells and the figures of two replications of each scenario by each engine;
`compare` makes them again and lists what differs, with exit code 1 if anything does.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pandas as pd

import cxsim

ROOT = Path(__file__).parent.parent / "scenarios"
ENGINES = ("clock", "story")
TABLES = ("legs", "spells", "figures")


def scenarios() -> list[Path]:
    """The shipped scenario files, designs of sweeps left out."""
    return [path for path in sorted(ROOT.rglob("*.yaml")) if path.parent.name != "sweeps"]


def fingerprint(path: Path, engine: str) -> dict[str, str]:
    """A hash of each table of two replications."""
    result = cxsim.simulate(cxsim.read(path), seed=1, replications=2, engine=engine, keep=("legs", "spells"))
    return {table: _hash(getattr(result, table)) for table in TABLES}


def _hash(table: pd.DataFrame) -> str:
    return hashlib.blake2b(table.to_csv(index=False).encode(), digest_size=8).hexdigest()


def main(arguments: list[str]) -> int:
    """Record fingerprints, or compare with recorded ones."""
    if len(arguments) < 2 or arguments[0] not in ("record", "compare"):
        print(__doc__)
        return 2
    what, file = arguments[0], Path(arguments[1])
    engines = arguments[2:] or ENGINES
    found = {}
    for path in scenarios():
        for engine in engines:
            name = f"{path.relative_to(ROOT).as_posix()} {engine}"
            found[name] = fingerprint(path, engine)
            print(name, *found[name].values(), flush=True)
    if what == "record":
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return 0
    before = json.loads(file.read_text(encoding="utf-8"))
    differ = [
        f"{name}: {table} differ"
        for name in found
        for table in TABLES
        if name in before and before[name][table] != found[name][table]
    ]
    print(*(differ or ["no difference"]), sep="\n")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
