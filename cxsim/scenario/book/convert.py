"""A scenario file as the same scenario in the other form: YAML or workbook."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from cxsim.scenario.book.read import load
from cxsim.scenario.book.write import workbook
from cxsim.scenario.io.reading import parse
from cxsim.scenario.io.writing import document, yaml_text
from cxsim.scenario.io.yaml_tree import load as load_yaml
from cxsim.scenario.model.scenario import Scenario

WORKBOOK, YAML = (".xlsx",), (".yaml", ".yml")


def converted(scenario: Scenario, target: Path) -> bytes:
    """The bytes of `target`, whose ending says the form, so that reading it gives an equal scenario.

    What is written is read back and compared before it is given out. Raises ScenarioError where the tables that the
    scenario names are not beside `target`, and ValueError where the two scenarios would differ.
    """
    written = scenario.source.written
    if written is None:
        raise ValueError("only a scenario made by read or parse can be converted")
    tree = {"cxsim": 1, "name": scenario.name, **written[0]}
    data = workbook(tree) if target.suffix.lower() in WORKBOOK else yaml_text(tree).encode()
    again = parse(_read_back(data, target), folder=target.parent, allow_outside=scenario.source.outside)
    if _text(again) != _text(scenario):
        raise ValueError(f"{target} would not be the same scenario")
    return data


def _read_back(data: bytes, target: Path) -> dict[str, object]:
    if target.suffix.lower() in WORKBOOK:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / target.name
            file.write_bytes(data)
            tree, _, faults = load(file)
    else:
        tree, _, faults = load_yaml(data, str(target))
    if faults:
        raise ValueError("\n".join(str(fault) for fault in faults[:5]))
    out: dict[str, object] = tree
    return out


def _text(scenario: Scenario) -> str:
    """A scenario in full, the order of its names included."""
    return json.dumps([document(scenario), scenario.model_dump(mode="json")], default=str)
