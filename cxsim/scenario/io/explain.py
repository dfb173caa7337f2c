"""Every value of a scenario, defaults included, with where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import AliasChoices, BaseModel

from cxsim.scenario.io.defaults import CHANCE
from cxsim.scenario.io.faults import Path, dotted
from cxsim.scenario.io.paths import Shape, shape_of
from cxsim.scenario.io.yaml_tree import written
from cxsim.scenario.model.scenario import Scenario
from cxsim.schema.names import CAUSES


@dataclass(frozen=True)
class Explained:
    """One value: its path, what it is, where it came from (place, override, default), what it means."""

    path: str
    value: str
    origin: str
    meaning: str

    @property
    def given(self) -> bool:
        """Whether somebody wrote it."""
        return not self.origin.startswith("default")


FOLLOWS: dict[Path, str] = {
    ("horizon", "before"): "derived from returns and backlog",
    ("horizon", "after"): "derived from returns and backlog",
    ("fcr_window",): "derived from the return delays",
}
NONE = {
    "order": "as rank",
    "lines": "unlimited",
    "capacity": "unlimited",
    "wrap": "none",
    "handle_times": "always alike",
    "resolution_by_time": "always alike",
    "availability_by_time": "always alike",
    "shrinkage_by_time": "always alike",
    "busyness": "none",
    "intraday": "none",
    "target": "none",
    "resolution": "as the reason",
    "date": "every day",
    "reasons": "all",
    "steady": "no",
    "profile": "even",
    "balk": "as the channel",
    "slowdown": "none",
    "next": "as before",
    "retold": "told again, at no extra time",
    "before": "derived",
    "after": "derived",
    "fcr_window": "derived",
    "scheduled": "as staff.scheduled",
}
EMPTY: dict[Path, str] = {
    ("optimize", "minimise"): "cost",
    ("optimize", "counts"): "wages, overrun, contacts and everything with a price",
    ("optimize", "subject_to"): "the queues' targets",
    ("optimize", "forecasts"): "the file as it is",
}  # what is meant by nothing
ENTRIES = {
    "every": "as starts_every",
    "for": "all",
    "lengths": "all",
    "groups": "all",
    "days": "as week.days_on",
    "hours": "no limit",
    "max": "no limit",
    "before": "exactly then",
}  # what is meant by nothing further down in optimize
BESIDE: dict[Path, str] = {
    ("announces", "patience"): "as if no wait was announced",
    ("callback", "estimator"): "as announces, else queue_length",
    ("callback", "after"): "keeps its place",
}  # what is meant by nothing there
UNSAID = {"slowdown", "next", "down", "holidays", "leaves"}  # empty where nothing is said
HIDDEN = {"serves", "overrides", "notes"}


def explain(scenario: Scenario) -> list[Explained]:
    """Every value of a scenario that `read` or `parse` made, in the order of the format."""
    written = scenario.model_dump(mode="json", by_alias=True, exclude={"overrides"})
    return list(_model(scenario, scenario, written, ()))


def explain_text(scenario: Scenario, all_values: bool = True) -> str:
    """`explain` as lines of text: path = value, origin; only what somebody wrote when not `all_values`."""
    lines = [line for line in explain(scenario) if all_values or line.given]
    left = min(44, max((len(line.path) for line in lines), default=0))
    middle = min(36, max((len(line.value) for line in lines), default=0))
    return "\n".join(f"{line.path:<{left}}  {line.value:<{middle}}  {line.origin}".rstrip() for line in lines)


def _model(scenario: Scenario, model: BaseModel, written: dict[str, Any], path: Path) -> Iterator[Explained]:
    for name, info in type(model).model_fields.items():
        key = info.alias or name
        if key in HIDDEN or name in HIDDEN:
            continue
        at = (*path, key)
        value, text = getattr(model, name), written.get(key)
        if len(path) == 2 and path[0] == "reasons" and key == "after_contact":
            yield from _own_after(scenario, value, text or {}, at)
            continue
        if _irrelevant(scenario, model, name, value):
            continue
        alias = info.validation_alias
        names = [str(x) for x in alias.choices] if isinstance(alias, AliasChoices) else [key]
        yield from _value(scenario, value, text, at, shape_of(info), info.description or "", names)


def _irrelevant(scenario: Scenario, model: BaseModel, name: str, value: Any) -> bool:
    """Values that say nothing: the kinds of volume not used, and days where there are none."""
    kind = type(model).__name__
    tables = kind in ("Volume", "Arrivals", "HandleTimes", "ByTime", "Staff")
    if (tables or kind in ("Overflow", "Target", "Shift", "Rule")) and value in (None, {}, ()):
        return True
    if kind == "Optimize" and value is None:
        return name != "minimise" or getattr(model, "maximise", None) is not None
    if kind == "Rule":
        return getattr(model, "targets", False) is (name in ("scope",)) and name in ("targets", "scope")
    return kind == "Horizon" and scenario.horizon.steady is not None and name not in ("interval", "steady")


def _value(
    scenario: Scenario, value: Any, text: Any, at: Path, shape: Shape, meaning: str, names: list[str]
) -> Iterator[Explained]:
    if isinstance(value, BaseModel) and isinstance(text, dict):
        yield from _model(scenario, value, text, at)
    elif shape.kind == "map" and value and shape.item is not None and isinstance(text, dict):
        for name, item in value.items():
            yield from _value(scenario, item, text[name], (*at, name), shape.item, meaning, [name])
    elif shape.kind == "list" and value and shape.item is not None and shape.item.kind == "model":
        for i, item in enumerate(value):
            yield from _value(scenario, item, text[i], (*at, i), shape.item, meaning, [str(i)])
    else:
        unsaid = value is None or (value in ((), {}) and (at[0] == "optimize" or at[-1] in UNSAID))
        shown = _none(at) if unsaid else _shown(text)
        yield Explained(dotted(at), shown, _origin(scenario, at, names), meaning)


def _none(at: Path) -> str:
    if at[0] == "optimize":
        longest = "the longest" if at[-2:] == ("overtime", "for") else ""
        return EMPTY.get(at) or longest or ENTRIES.get(str(at[-1]), "none")
    if at[-2:] in BESIDE:
        return BESIDE[at[-2:]]
    if at[-1] in ("talk", "wrap") and at[0] != "reasons":
        return "as the reasons" if at[0] == "queues" else "as handle_time"
    if at[-1] == "patience":
        return {"reasons": "as the channel", "segments": "as the reason or channel"}.get(str(at[0]), "never abandons")
    return NONE.get(str(at[-1]), "none")


def _own_after(scenario: Scenario, own: Any, text: dict[str, Any], at: Path) -> Iterator[Explained]:
    for cause in CAUSES:
        if getattr(own, cause) != getattr(scenario.after_contact, cause):
            yield from _model(scenario, getattr(own, cause), text[cause], (*at, cause))


def _origin(scenario: Scenario, at: Path, names: list[str]) -> str:
    places = scenario.source.places
    for name in names:
        found = written(places, (*at[:-1], name))
        if found is not None:
            return places[found]
    if at in FOLLOWS:
        return f"default: {FOLLOWS[at]}"
    if at[:2] == ("optimize", "subject_to") and at[-1] == "targets" and at[:-1] in places:
        return places[at[:-1]]
    if at[:1] == ("after_contact",) and len(at) == 3 and at[1] in ("balked", "closed"):
        other = "abandoned" if at[1] == "balked" else "blocked"
        if at[:2] not in places:
            return f"default: as after_contact.{other}"
    if at[:1] == ("reasons",) and len(at) > 3 and at[2] == "after_contact":
        if at[3] in CHANCE and at[4:] == (CHANCE[str(at[3])],) and _replays(scenario, at):
            return "default: a log already contains redials and repeats"
        return f"default: as {dotted(at[2:])}"
    if at[:1] == ("segments",) and at[-1] == "share":
        return "default: an equal part of what the other segments leave"
    if at[:1] == ("reasons",) and at[-1] == "queue":
        return "default: the queue of the same name"
    if at[:1] == ("groups",) and "skills" in at and (*at[:2], "serves") in places:
        return f"default of serves at {places[*at[:2], 'serves']}"
    shorter = at[:-1]
    if shorter in places and shorter[-1:] == ("volume",) and at[-1] in ("per_hour", "per_day"):
        return places[shorter]
    if at[-1] in ("share", "within") and scenario.source.written is not None:
        marks = scenario.source.written[1]
        for above in (shorter, shorter[:-1]):  # such as sl: 80%/20s
            if above in places and above[-1:] in (("sl",), ("target",)) and marks[above].text:
                return places[above]
    return "default"


def _replays(scenario: Scenario, at: Path) -> bool:
    """Whether a log of arrivals keeps the scenario's return at this place from happening."""
    reason = scenario.reasons[str(at[1])]
    return reason.volume.arrivals is not None and getattr(reason.after_contact, str(at[3])).chance == 0.0


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"exponential"}:
        return f"exponential, mean {value['exponential']['mean']}"
    text = json.dumps(value, ensure_ascii=False).replace('"', "")
    return text if len(text) <= 72 else text[:71] + "…"
