"""Points as scenarios: only what a factor touches is written, validated and hashed anew; the rest is shared.

An entry of a scenario (`reasons.billing`, `groups.north`, or a whole part such as `routing`) is validated once for each
combination of the values that reach it. The rules between the parts are checked at every point.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError, create_model

from cxsim.scenario import Scenario
from cxsim.scenario.checks import check as checks
from cxsim.scenario.io.defaults import complete
from cxsim.scenario.io.overrides import Layers, Unknown, find
from cxsim.scenario.io.overshadowed import overshadowed
from cxsim.scenario.io.paths import ROOT, below, clean
from cxsim.scenario.io.policy_file import split
from cxsim.scenario.io.reading import policy_input, referenced, varied
from cxsim.scenario.io.yaml_tree import Mark
from cxsim.scenario.model.part import Part
from cxsim.studies.sweep.factors import BASE, Factor, Value
from cxsim.tables.reader import Table, TableError, beside, read_table
from cxsim.tables.tidying import tidy

MAPS = ("reasons", "groups", "queues", "segments", "channels")
SILENT = ("overrides", "notes", "name")  # parts of a scenario that no figure depends on
MOST_KEPT = 4096  # validated entries

Entry = tuple[str, str] | tuple[str]


class Refused(Exception):
    """A point that the short way does not take: the long way, `Scenario.vary`, says what is wrong."""


@dataclass
class _Base:
    """The scenario under one choice of overrides, and which entries each factor with a path reaches."""

    tree: dict[str, Any]
    validated: Scenario  # its defaults not yet filled in
    reach: dict[str, frozenset[Entry]]
    digests: dict[str, Any]  # by part, or by entry of a part
    entries: tuple[Entry, ...]


class Builder:
    """Makes scenarios, and their keys, from the values of factors. Not safe for threads."""

    def __init__(
        self, scenario: Scenario, factors: Sequence[Factor], salt: str = "", tables: Mapping[Any, Any] | None = None
    ) -> None:
        self.base_scenario, self.factors, self.salt = scenario, tuple(factors), salt
        self.tables: dict[tuple[str, str | None], Table] = {**scenario.source.tables, **(tables or {})}
        self.hashes: dict[str, str] = dict(scenario.source.hashes)
        self._bases: dict[tuple[str, ...], _Base] = {}
        self._entries: dict[Any, tuple[Any, Any, str]] = {}
        self._completed: dict[Any, Any] = {}
        self._models: dict[str, type[Part]] = {}

    def scenario(self, values: Sequence[Value], check: bool = True) -> Scenario:
        """The scenario of a point. Raises Refused where it breaks a rule; `check` the rules between its parts too."""
        return self._build(values, check)[0]

    def slowly(self, values: Sequence[Value]) -> Scenario:
        """The scenario of a point made from the beginning. Raises ScenarioError with every fault."""
        names, paths = self._split(values)
        return varied(self.base_scenario, paths, names, own=False)

    def key(self, values: Sequence[Value], check: bool = True) -> str:
        """The address of a point's content: a hash of the scenario, its tables, and the salt. Raises Refused."""
        scenario, base, changed = self._build(values, check)
        parts = dict(base.digests)
        for entry, digest in changed.items():
            if len(entry) == 1:
                parts[entry[0]] = digest
            else:
                part = parts.get(entry[0])
                parts[entry[0]] = {**(part if isinstance(part, dict) else {}), entry[1]: digest}
        files = [name for _, name, _ in referenced(scenario)]
        if scenario.routing.policy:
            policy = split(scenario.routing.policy)[0]
            reads = scenario.own_policy.reads if scenario.own_policy else ()
            files += [policy, *(policy_input(policy, file) for file, _ in reads)]
        tables = sorted({(name, self._hash(name)) for name in files})
        text = json.dumps([self.salt, parts, tables], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _split(self, values: Sequence[Value]) -> tuple[tuple[str, ...], dict[str, Any]]:
        names: list[str] = []
        paths: dict[str, Any] = {}
        for factor, value in zip(self.factors, values, strict=True):
            if factor.kind == "overrides":
                names += [part.strip() for part in str(value).split("+")] if value != BASE else []
            else:
                paths[factor.path] = factor.raw(value)
        return tuple(names), paths

    def _base(self, names: tuple[str, ...]) -> _Base:
        if names not in self._bases:
            start = self.base_scenario.vary(with_=names) if names else self.base_scenario
            self.tables.update(start.source.tables)
            self.hashes.update(start.source.hashes)
            assert start.source.written is not None
            tree = start.source.written[0]
            validated = Scenario.model_validate(clean(copy.deepcopy(tree)), context=self._context())
            reach: dict[str, frozenset[Entry]] = {}
            for factor in self.factors:
                if factor.path:
                    try:
                        reach[factor.path] = frozenset(map(_entry, find(tree, factor.path)))
                    except Unknown:
                        raise Refused from None
            kept = {part: value for part, value in tree.items() if part not in SILENT}
            digests = {
                part: {name: _digest(item) for name, item in value.items()}
                if part in MAPS and isinstance(value, dict)
                else _digest(value)
                for part, value in kept.items()
            }
            entries = tuple(sorted(set().union(*reach.values()))) if reach else ()
            self._bases[names] = _Base(tree, validated, reach, digests, entries)
        return self._bases[names]

    def _build(self, values: Sequence[Value], check: bool) -> tuple[Scenario, _Base, dict[Entry, str]]:
        names, paths = self._split(values)
        base = self._base(names)
        if len(self._entries) > MOST_KEPT:
            self._entries, self._completed = {}, {}
        shown = {path: repr(value) for path, value in paths.items()}
        keys = {
            entry: (names, entry, *(shown[path] for path in paths if entry in base.reach[path]))
            for entry in base.entries
        }
        if any(key not in self._entries for key in keys.values()):
            self._write(base, paths, keys)
        found = {entry: self._entries[key] for entry, key in keys.items()}
        tree = dict(base.tree)
        update: dict[str, Any] = {}
        for entry, (raw, valid, _) in found.items():
            if len(entry) == 1:
                tree[entry[0]], update[entry[0]] = raw, valid
                continue
            part, name = entry
            if part not in update:
                above = tree.get(part)
                tree[part] = dict(above) if isinstance(above, dict) else {}
                update[part] = dict(getattr(base.validated, part))
            tree[part][name], update[part][name] = raw, valid
        made = self._complete(base.validated.model_copy(update=update))
        self._tables(made)
        source = replace(self.base_scenario.source, tables=self.tables, hashes=self.hashes)
        object.__getattribute__(made, "__pydantic_private__")["_source"] = source
        if check and next(iter(checks.check(made, tree, [], self.tables)), None) is not None:
            raise Refused
        if check and self._void(made, base, paths):
            raise Refused
        return made, base, {entry: digest for entry, (_, _, digest) in found.items()}

    def _void(self, made: Scenario, base: _Base, paths: Mapping[str, Any]) -> bool:
        """Whether a value changes nothing, since a file takes its place."""
        if not any(said.file for _, said in made.by_time()):
            return False
        layers = Layers({}, {(): Mark("", "")})
        layers.touched = [target for path in paths for target in find(base.tree, path)]
        return next(overshadowed(made, lambda: base.validated, layers, (), self.tables), None) is not None

    def _write(self, base: _Base, paths: Mapping[str, Any], keys: Mapping[Entry, Any]) -> None:
        """Put a point's values into copies of the entries they reach, and validate those that are new."""
        layers = Layers({}, {})
        layers.tree = dict(base.tree)
        for entry in base.entries:
            part = entry[0]
            above = layers.tree.get(part)
            if len(entry) == 1:
                layers.tree[part] = copy.deepcopy(above)
                continue
            if above is base.tree.get(part):
                layers.tree[part] = dict(above) if isinstance(above, dict) else {}
            if isinstance(above, dict) and entry[1] in above:
                layers.tree[part][entry[1]] = copy.deepcopy(above[entry[1]])
        layers.apply(dict(paths), ("sweep",), "sweep")
        if layers.faults:
            raise Refused
        for entry, key in keys.items():
            if key not in self._entries:
                raw = layers.tree.get(entry[0])
                raw = raw if len(entry) == 1 else raw.get(entry[1]) if isinstance(raw, dict) else None
                self._entries[key] = (raw, self._valid(entry, raw), _digest(raw))

    def _valid(self, entry: Entry, raw: Any) -> Any:
        part = entry[0]
        if part not in self._models:
            info = Scenario.model_fields[part]
            self._models[part] = create_model(f"Only_{part}", __base__=Part, **{part: (info.annotation, info)})  # type: ignore[call-overload]  # a field made at run time
        shape = below(ROOT, part)
        assert shape is not None
        value = clean({part: raw if len(entry) == 1 else {entry[1]: raw}})
        try:
            made = self._models[part].model_validate(value, context=self._context())
        except ValidationError:
            raise Refused from None
        found = getattr(made, part)
        return found if len(entry) == 1 else found[entry[1]]

    def _complete(self, validated: Scenario) -> Scenario:
        """With defaults filled in; parts that were completed before from the same are the same objects again."""
        made = complete(validated)
        update: dict[str, Any] = {}
        for part in ("reasons", "groups", "queues", "segments", "channels"):
            before = getattr(validated, part)
            context = _identity(part, validated)
            update[part] = {
                name: self._same(
                    (part, name, id(before.get(name)), *map(id, context)), (before.get(name), context, item)
                )
                for name, item in getattr(made, part).items()
            }
        general = self._same(("after", id(validated.after_contact)), (validated.after_contact, (), made.after_contact))
        return made.model_copy(update={**update, "after_contact": general})

    def _same(self, key: Any, kept: tuple[Any, Any, Any]) -> Any:
        return self._completed.setdefault(key, kept)[2]  # the first two keep their ids from being used again

    def _tables(self, scenario: Scenario) -> None:
        folder, outside = self.base_scenario.source.folder, self.base_scenario.source.outside
        for _, name, sheet in referenced(scenario):
            if (name, sheet) not in self.tables:
                try:
                    self.tables[name, sheet] = tidy(read_table(beside(folder, name, outside), sheet))
                except (TableError, OSError, ValueError):
                    raise Refused from None

    def _context(self) -> dict[str, Any]:
        return {"folder": self.base_scenario.source.folder, "outside": self.base_scenario.source.outside}

    def _hash(self, name: str) -> str:
        if name not in self.hashes:
            self.hashes[name] = hashlib.sha256((self.base_scenario.source.folder / name).read_bytes()).hexdigest()
        return self.hashes[name]


def _identity(part: str, validated: Scenario) -> tuple[Any, ...]:
    """What else the defaults of an entry depend on."""
    if part == "reasons":
        return (validated.after_contact,)
    if part == "segments":
        return tuple(validated.segments.values())
    return ()


def _entry(target: tuple[str | int, ...]) -> Entry:
    if len(target) > 1 and target[0] in MAPS:
        return str(target[0]), str(target[1])
    return (str(target[0]),)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
