"""The JSON Schema of a scenario with what a form shows besides: defaults as a user writes them, units, and names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

from pydantic import BaseModel, PlainSerializer, PlainValidator
from pydantic.fields import FieldInfo

from cxsim.randomness.distributions import Law
from cxsim.scenario.io.json_schema import schema
from cxsim.scenario.io.paths import keys, shape_of
from cxsim.scenario.io.renaming import NAMED
from cxsim.scenario.model import distributions, units
from cxsim.scenario.model.scenario import Scenario

MONEY = "currency"  # the unit of amounts, which the scenario names
NO_MONEY = ("Effort", "Disloyal", "Memory", "Routing")  # whose amounts are points of effort, or weights


@cache
def form_schema() -> dict[str, Any]:
    """The schema of `cxsim schema`, and for each field its `default` as written, and `unit` where the value has none.

    `names` says at which places queues, groups, reasons and other named parts are named, as `renaming.NAMED` does.
    """
    out = schema()
    models: set[type[BaseModel]] = {Scenario, *_models(Scenario)}
    for model in models:
        name = model.__name__
        part = out if model is Scenario else out["$defs"].get(f"{name}Map", out["$defs"].get(name, {}))
        for key, info in keys(model).items():
            field = part.get("properties", {}).get(key)
            if field is None:
                continue
            default = written_default(info)
            if default is not None:
                field["default"] = default
            if name not in NO_MONEY and _is_amount(info):
                field["unit"] = MONEY
    return {**out, "names": {kind: list(places) for kind, places in NAMED.items()}}


def written_default(info: FieldInfo) -> Any:
    """The default of a field as a user would write it; None where it has none that can be written."""
    if info.is_required():
        return None
    value = info.get_default(call_default_factory=True)
    if value is None or value == () or value == {} or value == "" or isinstance(value, BaseModel):
        return None
    if isinstance(value, Law):
        return distributions.write_law(value)
    for part in info.metadata:
        if isinstance(part, PlainSerializer):
            write = cast("Callable[[Any], Any]", part.func)  # of one argument, as `fields` has them
            value = write(value)
    return getattr(value, "factor", value)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every model below a model."""
    for info in model.model_fields.values():
        at = shape_of(info)
        if at.kind in ("map", "list") and at.item is not None:
            at = at.item
        if at.model is not None:
            yield at.model
            yield from _models(at.model)


def _is_amount(info: FieldInfo) -> bool:
    """Whether a field is an amount of money, or may be."""
    parts = [*info.metadata, *(x for one in getattr(info.annotation, "__args__", ()) for x in _metadata(one))]
    return any(isinstance(part, PlainValidator) and part.func is units.amount for part in parts)


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return tuple(getattr(annotation, "__metadata__", ()))
