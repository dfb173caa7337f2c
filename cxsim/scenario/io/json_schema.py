"""The JSON Schema of a scenario, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from cxsim.scenario.model.scenario import Scenario

URI = "https://json-schema.org/draft/2020-12/schema"

LISTS = {
    "Optimize": ("counts", "subject_to"),
    "Shifts": ("lengths", "break"),
    "Break": ("for",),
    "Contract": ("lengths", "groups"),
    "Overtime": ("for",),
}  # one entry may stand for a list of one


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a scenario file, short forms included."""
    out = Scenario.model_json_schema(by_alias=True, mode="validation")
    parts = out["$defs"]
    reason = parts["Reason"]
    reason["properties"]["handle_time"] = dict(reason["properties"]["talk"])
    reason["required"] = ["volume"]
    reason["anyOf"] = [{"required": ["talk"]}, {"required": ["handle_time"]}]
    _also(parts, "Volume", {"type": "string", "examples": ["24/h", "200 per 30 min", "500/day"]})
    for name in ("ServiceTarget", "ServiceLevel", "Target"):
        _also(parts, name, {"type": "string", "examples": ["80%/20s"]})
    _single(parts["Queue"], "overflow")
    _single(parts["Overflow"], "to")
    _single(parts["Group"], "serves")
    _single(parts["Shift"], "breaks")
    for name in ("Volume", "Arrivals", "HandleTimes", "ByTime", "Staff"):
        _single(parts.get(f"{name}Map", parts[name]), "carry_down")
    for name, keys in LISTS.items():
        for key in keys:
            _single(parts[name], key)
    parts["Rule"]["properties"]["targets"] = {"anyOf": [{"type": "boolean"}, {"enum": ["every interval", "every day"]}]}
    _also(parts, "Rule", {"const": "targets"})
    _no_defaults(out)
    return {"$schema": URI, "title": "cxsim scenario", **{k: v for k, v in out.items() if k != "title"}}


def schema_text() -> str:
    """The JSON Schema as text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _also(parts: dict[str, Any], name: str, other: dict[str, Any]) -> None:
    """Let a part be written in another form too."""
    parts[f"{name}Map"] = parts[name]
    parts[name] = {"anyOf": [other, {"$ref": f"#/$defs/{name}Map"}]}


def _single(part: dict[str, Any], key: str) -> None:
    """Let one entry stand for a list of one."""
    listed = part["properties"][key]
    arrays = [x for x in listed.get("anyOf", [listed]) if x.get("type") == "array"]
    other = [x for x in listed.get("anyOf", []) if x.get("type") != "array"]
    items = [x["items"] for x in arrays if "items" in x]
    part["properties"][key] = {
        **{k: v for k, v in listed.items() if k in ("description", "title")},
        "anyOf": [*items, *arrays, *other],
    }
    part["properties"][key].pop("type", None)


def _no_defaults(node: Any) -> None:
    """Leave out defaults, which are in inside units there; descriptions say them."""
    if isinstance(node, dict):
        if "properties" in node or "type" in node or "anyOf" in node or "$ref" in node:
            node.pop("default", None)
        for item in node.values():
            _no_defaults(item)
    elif isinstance(node, list):
        for item in node:
            _no_defaults(item)
