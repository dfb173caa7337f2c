"""The shape of a scenario: which keys stand where, read off the models; the one grammar of dotted paths."""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from cxsim.scenario.io.faults import Path
from cxsim.scenario.model.scenario import Scenario


@dataclass(frozen=True)
class Shape:
    """What stands at a path: a `model` with fields, a `map` of names or a `list`, or a `leaf`."""

    kind: str
    model: type[BaseModel] | None = None
    item: Shape | None = None


LEAF = Shape("leaf")


@cache
def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the names a user writes."""
    out: dict[str, FieldInfo] = {}
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        choices = [str(x) for x in alias.choices] if isinstance(alias, AliasChoices) else [alias or info.alias or name]
        for choice in choices:
            out[str(choice)] = info
    return out


@cache
def shape(annotation: Any) -> Shape:
    """The shape of an annotated type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return LEAF
    if origin in (Union, types.UnionType):
        inner = [x for x in get_args(annotation) if x is not type(None)]
        return shape(inner[0]) if len(inner) == 1 else LEAF
    if origin is dict:
        item = shape(get_args(annotation)[1])
        return Shape("map", item=item) if item.kind == "model" or _named(annotation) else LEAF
    if origin is tuple:
        item = shape(get_args(annotation)[0])
        return Shape("list", item=item)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape("model", model=annotation)
    return LEAF


def _named(annotation: Any) -> bool:
    return get_args(annotation)[1] is not Any and get_args(annotation)[0] is not int


ROOT = Shape("model", model=Scenario)


def below(at: Shape, key: str | int) -> Shape | None:
    """The shape one step down; None where a model has no such key."""
    if at.kind == "model":
        assert at.model is not None
        info = keys(at.model).get(str(key))
        return None if info is None else shape_of(info)
    return at.item if at.kind in ("map", "list") else LEAF


def shape_of(info: FieldInfo) -> Shape:
    """The shape of a field: what pydantic took off its annotation says it is a leaf."""
    return LEAF if info.metadata else shape(info.annotation)  # type: ignore[arg-type]  # annotations of models are types


def shape_at(path: Path) -> Shape | None:
    """The shape at a path of the scenario; None where there is no such key."""
    at: Shape | None = ROOT
    for step in path:
        if at is None:
            return None
        at = below(at, step)
    return at


def info_at(path: Path) -> FieldInfo | None:
    """The field that a path ends at, if it ends at one."""
    above = shape_at(path[:-1]) if path else None
    if above is None or above.kind != "model" or above.model is None:
        return None
    return keys(above.model).get(str(path[-1]))


def clean(value: Any, at: Shape = ROOT) -> Any:
    """The raw value without what is empty: such a field is not given, such an entry has only defaults."""
    if at.kind in ("model", "map") and isinstance(value, dict):
        out: dict[Any, Any] = {}
        for key, item in value.items():
            if item is None:
                if at.kind == "map" and at.item is not None and at.item.kind == "model":
                    out[key] = {}
                continue
            out[key] = clean(item, below(at, key) or LEAF)
        return out
    if at.kind == "list" and isinstance(value, list) and at.item is not None:
        return [clean(item, at.item) for item in value]
    return value
