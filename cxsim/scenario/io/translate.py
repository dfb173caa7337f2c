"""What pydantic refuses, as findings in the words of this program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cxsim.scenario.io.faults import Path, dotted
from cxsim.scenario.io.paths import keys, shape_at
from cxsim.scenario.model import units
from cxsim.scenario.model.units import Refusal


@dataclass(frozen=True)
class Finding:
    """A fault before it is placed.

    at: its path; key: it is about the key itself; drop: what to leave out to find further faults.
    """

    at: Path
    rule: str
    fix: str = ""
    value: str = ""
    key: bool = False
    echo: bool = False  # another finding says it already
    drop: Path = ()


EXAMPLES = {
    "cxsim": "start the file with 'cxsim: 1'",
    "reasons": "add 'reasons: {sales: {volume: 120/h, handle_time: 4 min}}'",
    "groups": "add 'groups: {team: {agents: 10, serves: [sales]}}'",
    "volume": "add 'volume: 120/h'",
    "talk": "add 'handle_time: 4 min', or talk and wrap",
    "factor": "add 'factor: 1.5'",
    "after": "add 'after: 60s'",
    "group": "add 'group: NAME'",
    "start": "add 'start: 08:00'",
    "end": "add 'end: 16:00'",
    "warm_up": "add 'warm_up: 2 h'",
    "length": "add 'length: 100 h'",
    "share": "add 'share: 80%'",
    "within": "add 'within: 20s'",
    "max": "add 'max: …'",
    "min": "add 'min: …'",
    "lengths": "add 'lengths: [4 h, 8 h]'",
    "up_to": "add 'up_to: 2 h'",
    "break.length": "add 'length: 30 min'",
    "break.after": "add 'after: 3 h', counted from the shift's start",
}
MOVED = {
    "agent": "agents",
    "headcount": "agents",
    "skill": "skills",
    "aht": "handle_time",
    "acw": "wrap",
    "fcr": "resolution",
    "opening_hours": "open",
    "calls": "volume",
    "cost_per_hour": "wage",
    "service_level": "sl",
    "trunks": "lines",
}


def findings(error: ValidationError) -> Iterator[Finding]:
    """Every fault that pydantic reports, in its order."""
    items = error.errors(include_url=False)
    unknown = [item["loc"] for item in items if item["type"] == "extra_forbidden"]
    for item in items:
        at = tuple(x for x in item["loc"] if x != "[key]")
        refusal = (item.get("ctx") or {}).get("error")
        if isinstance(refusal, Refusal):
            yield from _refused(refusal, at, "[key]" in item["loc"])
        elif item["type"] == "missing":
            slips = [str(loc[-1]) for loc in unknown if loc[:-1] == at[:-1]]
            yield _missing(at, any(meant(slip, at[:-1]) == at[-1] for slip in slips))
        else:
            yield _other(str(item["type"]), at, item)


def _refused(refusal: Refusal, at: Path, on_key: bool) -> Iterator[Finding]:
    for below, rule, fix in refusal.parts:
        full = at + below
        shape = shape_at(at)
        drop = full if shape is not None and shape.kind == "model" and len(below) == 1 else at
        name = repr(str(full[-1])) + " " if full else ""
        if below and rule.startswith(name):  # about the key, not its value
            yield Finding(full, rule.removeprefix(name), fix, key=True, drop=drop)
        else:
            yield Finding(full, rule, fix, key=on_key, drop=drop)


def _missing(at: Path, echo: bool) -> Finding:
    name = str(at[-1])
    what = "version" if name == "cxsim" else "handle_time" if name == "talk" else name
    rule = f"has no {what}" if len(at) > 1 else f"the scenario has no {what}"
    above = next((str(step) for step in reversed(at[:-1]) if not isinstance(step, int)), "")
    example = EXAMPLES.get(f"{above}.{name}") or EXAMPLES.get(name, f"add '{name}: …'")
    return Finding(at[:-1], rule, example, drop=at, echo=echo)


def _other(kind: str, at: Path, item: Any) -> Finding:
    if kind == "extra_forbidden":
        return _unknown(at)
    if kind == "literal_error":
        if at == ("cxsim",):
            return Finding(at, "is not a version that this cxsim reads", "write 'cxsim: 1'", drop=at)
        known = re.findall(r"'([^']*)'", str((item.get("ctx") or {}).get("expected", "")))
        given = str(item.get("input"))
        return Finding(at, "is not one of the choices", units.suggestion(given, known, "the choices are"), drop=at)
    if kind in ("model_type", "dict_type", "model_attributes_type", "mapping_type"):
        model = shape_at(at)
        example = "name: …"
        if model is not None and model.model is not None:
            example = next(iter(keys(model.model))) + ": …"
        if at[:1] == ("overrides",):
            example = "groups.front.wage: 20"
        return Finding(at, "is not a mapping of keys to values", f"write {{{example}}}", drop=at)
    if kind in ("tuple_type", "list_type"):
        given = item.get("input")
        one = given if type(given) in (str, int, float) else "a, b, c"
        return Finding(at, "is not a list", f"write [{one}]", drop=at)
    return Finding(
        at, f"is not valid: {str(item.get('msg', kind)).lower()}", "see the scenario reference for its form", drop=at
    )


def meant(name: str, above: Path) -> str:
    """The key that an unknown key at a path most likely stands for; empty when none is like it."""
    shape = shape_at(above)
    known = list(keys(shape.model)) if shape is not None and shape.model is not None else []
    moved = MOVED.get(name.lower(), "")
    return moved if moved in known else units.nearest(name, known)


def _unknown(at: Path) -> Finding:
    name = str(at[-1])
    above = shape_at(at[:-1])
    known = list(keys(above.model)) if above is not None and above.model is not None else []
    where = f"in {dotted(at[:-1])}" if len(at) > 1 else "in a scenario"
    close = meant(name, at[:-1])
    fix = f"did you mean {close!r}?" if close else f"the keys here are {units.listing(known, 30)}"
    return Finding(at, f"is not a key {where}", fix, key=True, drop=at)
