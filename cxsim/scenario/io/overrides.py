"""Values put over a scenario: named overrides and `--set path=value`; paths are dotted, `*` means each."""

from __future__ import annotations

import copy
from typing import Any

from cxsim.randomness.distributions import LAWS
from cxsim.scenario.io.faults import Fault, Path, dotted, shown
from cxsim.scenario.io.paths import LEAF, ROOT, Shape, below, keys
from cxsim.scenario.io.yaml_tree import Mark, Marks, load, moved, place_of, text_of
from cxsim.scenario.model import short_forms, units

SAME = {"talk": "handle_time", "handle_time": "talk"}
RIVALS = {
    **{kind: set(short_forms.KINDS_OF_VOLUME) - {kind} for kind in short_forms.KINDS_OF_VOLUME},
    "factors": {"file", "sheet", "column", "columns", "carry_down", "unit"},
    "handle_time": {"talk", "wrap"},
    "talk": {"handle_time"},
    "serves": {"skills"},
    "skills": {"serves"},
}  # what a key takes the place of


class Unknown(Exception):
    """A path that leads nowhere: what is wrong, and the nearest fix."""

    def __init__(self, rule: str, fix: str) -> None:
        self.rule, self.fix = rule, fix


class Layers:
    """A scenario's raw tree with the overrides put over it so far, and the place of everything in it."""

    def __init__(self, tree: dict[str, Any], marks: Marks) -> None:
        self.tree = copy.deepcopy(tree)
        self.marks = dict(marks)
        self.faults: list[Fault] = []
        self.touched: list[Path] = []  # what was put over it

    def reached(self, block: Path) -> bool:
        """Whether something at or below a path was put over it."""
        return any(at[: len(block)] == block for at in self.touched)

    def named(self, name: str, place: str) -> None:
        """Apply a named override of the file; `place` is who asked for it."""
        known = self.tree.get("overrides")
        known = known if isinstance(known, dict) else {}
        if name not in known:
            rule = "is not an override of this scenario"
            self.faults.append(Fault(place, "", name, rule, units.suggestion(name, known, "its overrides are")))
            return
        self.apply(known[name], ("overrides", name), f"override {name}")

    def apply(self, values: Any, source: Path, by: str) -> None:
        """Apply {path: value}, as it stands at `source` in the file."""
        if not isinstance(values, dict):
            place = place_of(self.marks, source, key=True)
            rule = "is not a mapping of paths to values"
            self.faults.append(
                Fault(place, dotted(source), text_of(self.marks, source), rule, "write {groups.front.wage: 20}")
            )
            return
        for path, value in list(values.items()):
            at = (*source, path)
            try:
                found = find(self.tree, path)
            except Unknown as unknown:
                place = place_of(self.marks, at, key=True)
                self.faults.append(Fault(place, dotted(source), path, unknown.rule, unknown.fix))
                continue
            self.touched += found
            for target in found:
                self._put(target, value)
                self._mark(at, target, by)

    def set(self, text: str) -> None:
        """Apply one `path=value`, the value read as YAML."""
        place = "--set"
        path, equals, given = text.partition("=")
        path = path.strip()
        if not equals or not path:
            self.faults.append(Fault(place, "", shown(text), "is not a path=value", "write groups.front.wage=20"))
            return
        value: Any = None
        marks: Marks = {(): Mark(place, place, given)}
        if given.strip():
            value, marks, faults = load(given.encode("utf-8", "replace"), place)
            if faults:
                self.faults += [Fault(place, path, shown(given), fault.rule, fault.fix) for fault in faults]
                return
        try:
            found = find(self.tree, path)
        except Unknown as unknown:
            self.faults.append(Fault(place, "", path, unknown.rule, unknown.fix))
            return
        self.touched += found
        for target in found:
            self._put(target, value)
            self._forget(target)
            for below_, mark in marks.items():
                self.marks[target + below_] = Mark(
                    place, place, mark.text or (shown(given) if not below_ else ""), "--set"
                )

    def _put(self, target: Path, value: Any) -> None:
        """Put a value at a path that `find` found; the models refuse what is malformed there."""
        node: Any = self.tree
        at: Shape = ROOT
        for step in target[:-1]:
            here, at = at, below(at, step) or LEAF
            if isinstance(node, list) and here.kind == "list" and isinstance(step, int):
                node = node[step]
            elif isinstance(node, dict) and here.kind != "list":
                _make_room(node, step, at)
                if not isinstance(node.get(step), (dict, list)):
                    served = _served(node) if here.kind == "model" and step == "skills" else []
                    node[step] = {queue: {} for queue in served} or _opened(step, node.get(step))
                    if served:  # the long form takes the place of the short one
                        del node["serves"]
                node = node[step]
            elif not isinstance(node, dict):  # else one entry, written without its list
                return
        last = target[-1]
        if isinstance(node, list) and at.kind == "list" and isinstance(last, int):
            node[last] = copy.deepcopy(value)
        elif not isinstance(node, dict):
            return
        elif at.kind == "list":
            if isinstance(value, dict):
                node.clear()
                node.update(copy.deepcopy(value))
        elif at.kind == "map" and value is None:
            node.pop(last, None)
        else:
            _make_room(node, last, at)
            if value is not None and at.kind == "model":
                for other in RIVALS.get(str(last), ()):
                    node.pop(other, None)
            node[last] = copy.deepcopy(value)

    def _forget(self, target: Path) -> None:
        n = len(target)
        for path in [p for p in self.marks if p[:n] == target]:
            del self.marks[path]

    def _mark(self, source: Path, target: Path, by: str) -> None:
        new = dict(moved(self.marks, source, target, by))
        self._forget(target)
        self.marks.update(new)


def _make_room(node: dict[str, Any], step: str | int, at: Shape) -> None:
    """One law takes the place of another."""
    if at.kind == "leaf" and step in LAWS and step not in node and all(key in LAWS for key in node):
        node.clear()


def _opened(step: str | int, value: Any) -> dict[str, Any]:
    """The long form of a short one, so that something below it can be set."""
    read = {"volume": short_forms.volume, "sl": short_forms.level, "target": short_forms.target}.get(str(step))
    if read is None or not isinstance(value, str):
        return {}
    try:
        return dict(read(value))
    except units.Refusal:
        return {}


def _served(group: Any) -> list[str]:
    """The queues of the short form `serves`; none where the group has skills, or is malformed."""
    served = group.get("serves") if isinstance(group, dict) and not group.get("skills") else None
    return [served] if isinstance(served, str) else [str(queue) for queue in served] if isinstance(served, list) else []


def find(tree: dict[str, Any], dotted_path: str) -> list[Path]:
    """The paths that a dotted path with `*` stands for; Unknown when there is none."""
    steps = dotted_path.strip().split(".")
    if "" in steps:
        raise Unknown("is not a path", "write groups.front.wage")
    found = _walk(tree, tree, ROOT, (), steps)
    if not found:
        raise Unknown("matches nothing here", "remove it: there is nothing for * to match")
    return found


def _walk(tree: dict[str, Any], node: Any, at: Shape, path: Path, steps: list[str]) -> list[Path]:
    if not steps:
        return [path]
    step, rest = steps[0], steps[1:]
    if at.kind == "leaf":
        return [path + tuple(steps)]
    if at.kind == "list":
        items = node if isinstance(node, list) else [] if node is None else [node]
        if step == "*":
            entries: list[tuple[str | int, Any]] = [(i, items[i]) for i in range(len(items))]
            return _each(tree, entries, at.item or LEAF, path, rest)
        if not step.isdigit() or int(step) >= len(items):
            rule = f"is not an entry of {dotted(path)}"
            raise Unknown(
                rule, f"count its {len(items)} entries from 0" if items else "remove the path: there are no entries"
            )
        return _walk(tree, items[int(step)], at.item or LEAF, (*path, int(step)), rest)
    known = _names(tree, node, at, path)
    if step == "*":
        if at.kind == "map":
            named: list[tuple[str | int, Any]] = [(name, _child(node, name)) for name in known]
            return _each(tree, named, at.item or LEAF, path, rest)
        return _each_field(tree, node, at, path, known, rest)
    if step not in known:
        if at.kind == "map" and not rest:
            return [(*path, step)]  # a new entry
        raise Unknown("is not a path of this scenario", _nearest_path(tree, node, at, path, step, rest, known))
    if rest and step in SAME and _child(node, step) is None and _child(node, SAME[step]) is not None:
        step = SAME[step]  # the law that is there, under its other name
    return _walk(tree, _child(node, step), below(at, step) or LEAF, (*path, step), rest)


def _each(
    tree: dict[str, Any], entries: list[tuple[str | int, Any]], at: Shape, path: Path, rest: list[str]
) -> list[Path]:
    """What a path below `*` stands for; Unknown when it is unknown below every entry."""
    out: list[Path] = []
    missed: list[Unknown] = []
    for name, node in entries:
        try:
            out += _walk(tree, node, at, (*path, name), rest)
        except Unknown as unknown:
            missed.append(unknown)
    if not out and missed:
        raise missed[0]
    return out


def _each_field(
    tree: dict[str, Any], node: Any, at: Shape, path: Path, known: list[str], rest: list[str]
) -> list[Path]:
    out: list[Path] = []
    for name in known:
        shape = below(at, name) or LEAF
        if shape.kind != "leaf" and rest:
            try:
                out += _walk(tree, _child(node, name), shape, (*path, name), rest)
            except Unknown:
                continue
    return out


def _child(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _names(tree: dict[str, Any], node: Any, at: Shape, path: Path) -> list[str]:
    if at.kind == "model":
        assert at.model is not None
        return list(keys(at.model))
    names = list(node) if isinstance(node, dict) else []
    if path[:1] == ("groups",) and path[2:] == ("skills",) and not names:
        return _served(_child(_child(tree, "groups"), str(path[1])))
    implied: dict[Path, list[str]] = {
        ("queues",): _implied_queues(tree),
        ("channels",): [] if names else ["phone"],
        ("segments",): [] if names else ["all"],
    }
    return names + [name for name in implied.get(path, []) if name not in names]


def _implied_queues(tree: dict[str, Any]) -> list[str]:
    reasons = tree.get("reasons")
    if not isinstance(reasons, dict):
        return []
    named = (r.get("queue") if isinstance(r, dict) else None for r in reasons.values())
    return [str(queue or name) for name, queue in zip(reasons, named, strict=True)]


def _whole(where: str, steps: list[str]) -> str:
    """An entry that is not there yet as one value: optimize.groups={team: {max: ...}}."""
    value = "..."
    for step in reversed(steps):
        value = f"{{{step}: {value}}}"
    return f"{where}={value}"


def _nearest_path(
    tree: dict[str, Any], node: Any, at: Shape, path: Path, step: str, rest: list[str], known: list[str]
) -> str:
    close = units.nearest(step, known)
    where = dotted(path)
    if not close:
        if not known and at.kind == "map":
            return f"{where} is empty; write {_whole(where, [step, *rest])}"
        return f"{where or 'a scenario'} has {units.listing(known)}" if known else f"{where} is empty"
    try:
        _walk(tree, _child(node, close), below(at, close) or LEAF, (*path, close), rest)
        tail = ".".join([close, *rest])
    except Unknown:
        tail = close
    full = f"{where}.{tail}" if where else tail
    return f"did you mean {full!r}?"
