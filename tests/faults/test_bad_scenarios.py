"""Every bad scenario in `bad/` answers with all its faults, each with place, path, value, rule and nearest fix.

The `.txt` beside it says how. After a change of wording, write the texts anew by
`PYTHONPATH=. python tests/faults/test_bad_scenarios.py` and read the difference.
"""

import os
import re
from pathlib import Path

import pytest

from cxsim.scenario import ScenarioError, read

BAD = Path(__file__).parent / "bad"
NAMES = sorted(path.stem for path in BAD.glob("*.yaml"))
PLACE = re.compile(r"[\w.-]+\.yaml:[1-9]\d*:[1-9]\d*")


def answer(name):
    """The faults of a bad scenario, as they are told to one who stands in its folder."""
    before = Path.cwd()
    os.chdir(BAD)
    try:
        read(f"{name}.yaml")
    except ScenarioError as error:
        return error
    finally:
        os.chdir(before)
    return None


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_is_told_at_its_place(name):
    error = answer(name)
    assert error is not None, "the scenario was read without a fault"
    assert str(error) + "\n" == (BAD / f"{name}.txt").read_text(encoding="utf-8")
    for fault in error.faults:
        assert PLACE.fullmatch(fault.place)
        assert fault.rule
        assert fault.fix
    assert [fault.order for fault in error.faults] == sorted(fault.order for fault in error.faults)


@pytest.mark.parametrize("name", NAMES)
def test_every_place_is_where_the_value_or_its_key_stands(name):
    lines = (BAD / f"{name}.yaml").read_bytes().decode("utf-8", "replace").splitlines() or [""]
    for fault in answer(name).faults:
        line, column = (int(x) for x in fault.place.split(":")[1:])
        here = lines[line - 1][column - 1 :].lstrip("'\"")
        if not fault.path or not fault.value.isprintable() or fault.value[:1] in ("", "{", "[") or ".csv" in here:
            continue  # about the whole file, a block, a text that is written with escapes, or a cell of a table
        key = fault.path.rpartition(".")[2]
        start = fault.value.split("-")[0] if key == "start" else fault.value
        assert here.startswith((start, key)), fault


def test_there_are_enough_of_them():
    assert len(NAMES) >= 40
    assert {path.stem for path in BAD.glob("*.txt")} == set(NAMES)


if __name__ == "__main__":
    for stem in NAMES:
        (BAD / f"{stem}.txt").write_text(f"{answer(stem)}\n", encoding="utf-8")
