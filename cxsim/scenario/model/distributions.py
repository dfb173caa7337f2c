"""Laws as the user writes them: `4 min` (exponential), `{lognormal: {mean: 4 min, cv: 80%}}`, `never`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from cxsim.randomness.distributions import LAWS, Entry, Law, LawError, Parameter, law
from cxsim.scenario.model import units
from cxsim.scenario.model.units import Refusal
from cxsim.tables.reader import TableError, beside, read_table

Read = Callable[[object], float]
EXAMPLE = "write a time such as '4 min' (exponential) or {lognormal: {mean: 4 min, cv: 80%}}"


def read_law(value: object, folder: Path | None = None, outside: bool = False) -> Law:
    """A law of a time; a bare time is exponential with that mean, 0 is no time at all, `never` never comes.

    `folder` is where `{values: {file: ..., column: ...}}` looks for its file: below it, or `outside` too.
    """
    if isinstance(value, Law):
        return value
    if isinstance(value, str) and value.strip() == "never":
        return law("never")
    if not isinstance(value, Mapping):
        mean = _bare_time(value)
        return law("exponential", mean=mean) if mean > 0 else law("deterministic", value=0.0)
    return _read(value, units.duration, folder, outside)


def read_factor_law(value: object) -> Law:
    """A law of a factor with mean 1, such as `{gamma: {cv: 10%}}`; its mean may be left out."""
    if isinstance(value, Law):
        return _mean_one(value)
    if not isinstance(value, Mapping):
        raise Refusal("is not a distribution of a factor", "write {gamma: {cv: 10%}}")
    name, given = next(iter(value.items()), ("", None))
    if len(value) == 1 and isinstance(given, Mapping) and name in LAWS:
        stated = {"mean", "median", "means"} & set(given)
        if "mean" in LAWS[name].parameters and not stated:
            value = {name: {**given, "mean": 1}}
    return _mean_one(_read(value, units.factor, None))


def write_law(value: Law) -> object:
    """The law as a user would write it, read back as an equal law."""
    return _write(value, units.write_duration)


def write_factor_law(value: Law) -> object:
    """A law of a factor as a user would write it."""
    return _write(value, units.write_number)


def _mean_one(value: Law) -> Law:
    if not abs(value.mean - 1.0) <= 1e-6:
        raise Refusal(f"has mean {value.mean:.6g}; a random factor must have mean 1", "write {gamma: {cv: 10%}}")
    return value


def _bare_time(value: object) -> float:
    try:
        return units.duration(value)
    except Refusal as refusal:
        if isinstance(value, str) and (close := units.nearest(value, LAWS)):
            raise Refusal(
                "is not a distribution without parameters", f"write {{{close}: {{…}}}}; {_forms(close)}"
            ) from None
        plain = "write a time such as"
        parts = [(at, rule, EXAMPLE if fix.startswith(plain) else fix) for at, rule, fix in refusal.parts]
        raise Refusal.of(parts) from None


def _read(value: Mapping[object, object], times: Read, folder: Path | None, outside: bool = False) -> Law:
    if len(value) != 1:
        rule = f"names {len(value)} distributions" if value else "names no distribution"
        raise Refusal(f"{rule}; write one distribution with its parameters", EXAMPLE)
    name, given = next((str(k), v) for k, v in value.items())
    if name not in LAWS:
        raise Refusal(f"{name!r} is not a distribution", units.suggestion(name, LAWS, "the distributions are"), (name,))
    entry = LAWS[name]
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        if entry.short is None:
            raise Refusal(f"needs parameters by name: {_forms(name)}", f"write {{{name}: {{…}}}}", (name,))
        given = {entry.short: given}
        at: tuple[str, ...] = (name,)
    else:
        if "file" in given and folder is not None:
            given = _from_file(name, entry, given, folder, outside)
        at = ()
    parameters: dict[str, object] = {}
    parts: list[tuple[tuple[str | int, ...], str, str]] = []
    for key, item in given.items():
        key = str(key)
        try:
            if key not in entry.parameters:
                known = units.suggestion(key, entry.parameters, "its parameters are")
                raise Refusal(f"{key!r} is not a parameter of {name}", known)
            parameters[key] = _parameter(entry.parameters[key], item, times, folder, outside)
        except Refusal as refusal:
            where = at or (name, key)
            parts += [((*where, *below), rule, fix) for below, rule, fix in refusal.parts]
    if parts:
        raise Refusal.of(parts)
    try:
        return law(name, **parameters)
    except LawError as error:
        culprit = (error.parameter,) if error.parameter is not None and error.parameter in given and not at else ()
        kind = entry.parameters[culprit[0]].kind if culprit else ""
        unit = " (in seconds)" if kind == "duration" and times is units.duration else ""
        raise Refusal(f"is not valid: {error.rule}{unit}", error.fix, (name, *culprit)) from None


def _parameter(rule: Parameter, value: object, times: Read, folder: Path | None, outside: bool) -> object:
    if rule.kind == "law":
        if times is units.duration:
            return read_law(value, folder, outside)
        if not isinstance(value, Mapping):
            raise Refusal("is not a distribution", "write {gamma: {mean: 1, cv: 10%}}")
        return _read(value, times, folder, outside)
    read: Read = {"duration": times, "share": units.percent, "factor": units.factor, "count": units.amount}[rule.kind]
    if rule.or_never and value == "never":
        return math.inf
    return units.each(value, read, "values") if rule.many else read(value)


def _forms(name: str) -> str:
    ways = (" and ".join(form) for form in LAWS[name].forms if form)
    return f"{name} takes " + (" or ".join(ways) or "nothing")


def _write(value: Law, times: Callable[[float], object]) -> object:
    if value.name == "never":
        return "never"
    entry = LAWS[value.name]
    out: dict[str, object] = {}
    for key, item in value.items:
        kind = entry.parameters[key].kind
        if key == "cv":
            kind = "share"
        one: Callable[[float], object] = {"duration": times, "share": units.write_percent}.get(kind, units.write_number)
        if isinstance(item, tuple):
            out[key] = [one(x) for x in item]
        elif isinstance(item, Law):
            out[key] = _write(item, times)
        else:
            out[key] = "never" if math.isinf(item) else one(item)
    return {value.name: out}


def _from_file(
    name: str, entry: Entry, given: Mapping[object, object], folder: Path, outside: bool
) -> dict[object, object]:
    """Take the lists of a law from a table: `{values: {file: talk.csv, column: seconds, unit: s}}`."""
    lists = [key for key, rule in entry.parameters.items() if rule.many]
    if not lists:
        raise Refusal(f"{name} takes no file", _forms(name), (name, "file"))
    unit = str(given.get("unit", "s"))
    out = {k: v for k, v in given.items() if k not in ("file", "column", "sheet", "unit")}
    try:
        sheet = given.get("sheet")
        path = beside(folder, str(given["file"]), outside)
        table = read_table(path, None if sheet is None else str(sheet))
        for key in lists:
            column = str(given.get("column", key)) if len(lists) == 1 else key
            if entry.parameters[key].kind == "share":
                out[key] = [units.write_percent(float(x)) for x in table.numbers(column)]
            elif any(":" in text for text in table.column(column)):
                out[key] = [f"{x!r}s" for x in table.lengths(column).tolist()]
            else:
                out[key] = [f"{x!r}{unit}" for x in table.numbers(column).tolist()]
    except TableError as error:
        inside = error.place.partition(f"{Path(str(given['file'])).name}:")[2].split(" ")[0].rstrip(":")
        where = f" (line {inside})" if inside else ""
        said = "" if error.value is None else f"{error.value!r} "
        rule = f"{said}{error.rule}{where}"
        rule = rule if rule.startswith("is ") else f"cannot be used: {rule}"
        raise Refusal(rule, error.fix, (name, "file")) from None
    return out
