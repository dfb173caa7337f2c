"""Taking what is wrong out of a scenario's raw tree, so that the rest can be checked too."""

from __future__ import annotations

from typing import Any

from cxsim.scenario.io.faults import Path, shown
from cxsim.scenario.io.paths import info_at

STAND_INS: dict[str, Any] = {
    "cxsim": 1,
    "reasons": {},
    "groups": {},
    "volume": "1/h",
    "talk": "1 min",
    "handle_time": "1 min",
    "factor": 1,
    "after": "0s",
    "group": "",
    "start": "08:00",
    "end": "16:00",
    "warm_up": "1 h",
    "length": "24 h",
    "share": "80%",
    "within": "20s",
}
ELEMENTS: dict[str, Any] = {
    "times": "12:00",
    "breaks": "12:00-12:10",
    "to": "",
    "serves": "",
    "reasons": "",
    "subject_to": "targets",
    "lengths": "8 h",
    "for": "8 h",
    "groups": "",
    "counts": "wages",
}


def heal(tree: Any, path: Path) -> bool:
    """Leave out what stands at a path, or stand in for what is needed; False when that cannot be done."""
    if not path:
        return False
    above = _at(tree, path[:-1])
    last = path[-1]
    info = info_at(path)
    if isinstance(above, dict) and isinstance(last, str):
        other = {"talk": "handle_time", "handle_time": "talk"}.get(last, "")
        if info is not None and info.is_required() and other not in above:
            if last not in STAND_INS:
                return heal(tree, path[:-1])
            above[last] = STAND_INS[last]
            return True
        above.pop(last, None)
        return True
    if isinstance(above, list) and isinstance(last, int) and last < len(above) and path[-2] in ELEMENTS:
        above[last] = ELEMENTS[str(path[-2])]
        return True
    return heal(tree, path[:-1])


def flow(tree: Any, path: Path) -> str:
    """A map or list as a user would write it in one line, cut where long; empty for the whole scenario."""
    return shown(_flow(_at(tree, path))) if path else ""


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return "" if value is None else str(value)


def _at(tree: Any, path: Path) -> Any:
    node = tree
    for step in path:
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        elif step != 0:  # a list of one may be written without the list
            return None
    return node
