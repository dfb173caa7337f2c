"""A scenario as a document a user could have written: every value with its unit, and read back the same."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from cxsim.scenario.io.defaults import FOLLOWS, usual
from cxsim.scenario.io.policy_file import split
from cxsim.scenario.model.scenario import AfterContact, Scenario, Segment
from cxsim.scenario.model.units import ThreeDecimals
from cxsim.schema.names import CAUSES
from cxsim.tables.reader import readings


def document(scenario: Scenario, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The scenario as plain JSON values, units written; `files` renames the tables it refers to.

    What another value implies (a reason's `after_contact`, say) is left to that value, so that an override
    does to the document what it does to the original.
    """
    out = scenario.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"overrides"})
    shared = _after(scenario.after_contact, out["after_contact"])
    for name, reason in scenario.reasons.items():
        written = out["reasons"][name]
        general = scenario.after_contact
        own = _own_after(reason.after_contact, general, usual(reason, general), written["after_contact"], shared)
        if own:
            written["after_contact"] = own
        else:
            del written["after_contact"]
    for name in _evenly(scenario.segments):
        del out["segments"][name]["share"]
    for group in out["groups"].values():
        if not group["serves"]:
            del group["serves"]
        for skill in group["skills"].values():
            if skill["handle_time"] == 1.0:  # which goes with neither talk nor wrap
                del skill["handle_time"]
    if scenario.horizon.steady is not None:
        out["horizon"] = {key: out["horizon"][key] for key in ("steady", "interval")}
    if scenario.overrides:
        out["overrides"] = copy.deepcopy(scenario.overrides)
    _drop_empty(out)
    if files:
        _rename(out, files)
    return out


def dump(scenario: Scenario, files: Mapping[str, str] | None = None) -> str:
    """The scenario as YAML that reads back the same; `files` renames the tables it refers to."""
    return yaml_text(document(scenario, files))


def yaml_text(document: Mapping[str, Any]) -> str:
    """A document as YAML; a zero behind three decimals says that they are no thousands."""

    class Representer(SafeRepresenter):
        def represent_float(self, data: float) -> Any:
            text = repr(float(data))
            if len(readings(text)) > 1:
                return self.represent_scalar("tag:yaml.org,2002:float", text + "0")
            return super().represent_float(float(data))

    Representer.add_representer(float, Representer.represent_float)
    Representer.add_representer(ThreeDecimals, Representer.represent_float)
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = Representer
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel.yaml declares no type
    yaml.width = 120
    yaml.allow_unicode = True
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _after(given: AfterContact, written: dict[str, Any]) -> set[str]:
    """Leave out the causes that follow another; the causes that stay."""
    for cause, other in FOLLOWS.items():
        if cause not in given.model_fields_set and getattr(given, cause) == getattr(given, other):
            del written[cause]
    return set(written)


def _own_after(
    own: AfterContact, general: AfterContact, usual: AfterContact, written: dict[str, Any], said: set[str]
) -> dict[str, Any]:
    """What a reason must say so that reading it gives the same again."""
    out: dict[str, Any] = {}
    for cause in CAUSES:
        value, base = getattr(own, cause), getattr(general, cause)
        follows = FOLLOWS.get(cause)
        otherwise = getattr(own, follows) if follows in out and cause not in said and follows else getattr(usual, cause)
        given = cause in own.model_fields_set
        if value == otherwise and not given:
            continue
        names = [name for name in written[cause] if getattr(value, name) != getattr(base, name)]
        names += [name for name in value.model_fields_set if given and name not in names]
        out[cause] = {name: written[cause][name] for name in written[cause] if name in names}
        if not names and not given:
            out[cause] = written[cause]
    return out


def _evenly(segments: Mapping[str, Segment]) -> list[str]:
    """The segments whose share is what the others leave."""
    without = [name for name, segment in segments.items() if "share" not in segment.model_fields_set]
    rest = {segments[name].share for name in without}
    total = sum(segment.share for segment in segments.values())
    return without if len(rest) == 1 and abs(total - 1.0) < 1e-12 else []


def _drop_empty(value: Any) -> None:
    for key in [key for key, item in value.items() if item in ({}, [], "") and key not in CAUSES]:
        del value[key]
    for key, item in value.items():
        if isinstance(item, dict) and key not in ("overrides", "queues", "segments"):
            _drop_empty(item)


def _rename(out: dict[str, Any], files: Mapping[str, str]) -> None:
    holders = [out.get("staff", {})]
    for reason in out["reasons"].values():
        holders += [reason["volume"], reason["volume"].get("arrivals", {})]
        holders += [reason.get(key, {}) for key in ("handle_times", "resolution_by_time")]
    for group in out["groups"].values():
        holders += [group.get(key, {}) for key in ("availability_by_time", "shrinkage_by_time")]
    for holder in holders:
        if holder.get("file") in files:
            holder["file"] = files[holder["file"]]
    routing = out.get("routing", {})
    file, name = split(routing.get("policy", ""))
    if file in files:
        routing["policy"] = f"{files[file]}:{name}" if name else files[file]
