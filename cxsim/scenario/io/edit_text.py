"""Single changes to the text of a scenario file that leave everything else, comments too, as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cxsim.scenario.io.faults import Fault, Path, ScenarioError, dotted, shown
from cxsim.scenario.io.yaml_tree import composed, load, plain_scalar, text_of
from cxsim.scenario.model.units import ThreeDecimals
from cxsim.tables.reader import readings

_PLAIN = re.compile(  # names, and quantities such as 3 min
    r"[A-Za-z_][\w./-]*|(?!.*:(?: |$))[+-]?\d[\w.%/:+-]*( [\w%/][\w.%/+-]*)*"
)
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off"])


class Put(NamedTuple):
    """A value at a path; a number that is the length of a list appends to it."""

    path: Path
    value: Any


class Remove(NamedTuple):
    """A key, or an entry of a list, goes; one that is not there is passed over."""

    path: Path


class Rename(NamedTuple):
    """A key becomes another one in its place."""

    path: Path
    key: str


Step = Put | Remove | Rename
_Span = tuple[int, int, str]  # of the text: from, to, and what is written there


def edited(text: str, changes: Mapping[Path, Any], removed: tuple[Path, ...] = (), name: str = "<scenario>") -> str:
    """The text of a scenario with keys removed, and then values put at paths; see `applied`."""
    return applied(text, [*map(Remove, removed), *(Put(path, value) for path, value in changes.items())], name)


def applied(text: str, steps: Sequence[Step], name: str = "<scenario>") -> str:
    """The text of a scenario after steps, one after the other; what they do not name stays as it is.

    Parameters
    ----------
    text : str
        YAML.
    steps : sequence of Put, Remove and Rename
        Values are numbers, texts, lists and mappings of them. Paths are such as ('groups', 'team', 'agents'); a
        number counts the entries of a list from 0.
    name : str, default '<scenario>'
        The file, for faults.

    Raises
    ------
    ScenarioError
        The text cannot be changed without changing more: it uses anchors, or merges mappings. Or it is not YAML.
    """
    wanted = _tree(text, name)
    out = text
    spans: list[_Span] = []  # replaced in `out` together: a name may stand in many places
    renamed: list[Path] = []  # by these
    for step in steps:
        try:
            span = None if any(step.path[: len(at)] == at for at in renamed) else _span(_root(out), step, spans)
            if span is None:
                out = _after(_spliced(out, spans), step)
                spans, renamed = [], []
            else:
                spans.append(span)
                renamed += [step.path] if isinstance(step, Rename) else []
            _make(wanted, step)
        except (AttributeError, AssertionError, LookupError, RecursionError, TypeError, ValueError, YAMLError) as error:
            if isinstance(error, ScenarioError):
                raise
            at = dotted(step.path)
            raise ScenarioError([Fault("", at, shown(at), "is not a place of this text", "reload the file")]) from None
    out = _spliced(out, spans)
    found, _, faults = load(out.encode(), name)
    if faults or found != wanted:
        _, marks, _ = load(text.encode(), name)
        path = steps[0].path if steps else ()
        near = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in marks), ())
        rule = "cannot be changed in place: it is shared by an anchor (&) or a merge key (<<)"
        raise ScenarioError(
            [Fault(marks[near].value, dotted(path), text_of(marks, near), rule, "write its values out in full")]
        )
    return out


def _span(root: Node, step: Step, others: Sequence[_Span]) -> _Span | None:
    """What a step replaces, where it puts a value or name in place of another and of nothing that `others` replace."""
    found: tuple[Node, Node] | None = (root, root)
    for key in step.path:
        found = _entry(found[1], key) if found is not None else None
    if found is None or isinstance(step, Remove):
        return None
    node = found[0] if isinstance(step, Rename) else found[1]
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    simple = isinstance(node, ScalarNode) and node.style not in ("|", ">") and start < end
    if not simple or any(start < other[1] and other[0] < end for other in others):
        return None
    return start, end, _flow(step.key if isinstance(step, Rename) else step.value)


def _spliced(text: str, spans: Sequence[_Span]) -> str:
    for start, end, written in sorted(spans, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _after(text: str, step: Step) -> str:
    """The text after one step."""
    if isinstance(step, Put):
        return _with(text, step.path, step.value)
    return _without(text, step.path) if isinstance(step, Remove) else _renamed(text, step.path, step.key)


def _make(wanted: Any, step: Step) -> None:
    """Make a step on the values."""
    if isinstance(step, Put):
        _put(wanted, step.path, step.value)
    elif isinstance(step, Remove):
        _take(wanted, step.path)
    else:
        _rename(wanted, step.path, step.key)


def _tree(text: str, name: str) -> Any:
    try:
        tree, _, faults = load(text.encode(), name)
    except UnicodeEncodeError:
        tree, faults = None, [Fault(f"{name}:1:1", "", "", "is not UTF-8 text", "save the file as UTF-8")]
    if faults:
        raise ScenarioError(faults)
    return tree


def _put(tree: Any, path: Path, value: Any) -> None:
    for n, step in enumerate(path[:-1]):
        listed = isinstance(tree, list) or (isinstance(path[n + 1], int) and isinstance(tree.get(step), list))
        if not listed and not isinstance(tree.get(step), dict):
            tree[step] = {}
        tree = tree[step]
    if isinstance(tree, list) and path[-1] == len(tree):
        tree.append(value)
    else:
        tree[path[-1]] = value


def _take(tree: Any, path: Path) -> None:
    for step in path[:-1]:
        if isinstance(tree, list) and isinstance(step, int):
            tree = tree[step]
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    last = path[-1]
    if isinstance(tree, dict):
        tree.pop(last, None)
    elif isinstance(tree, list) and isinstance(last, int) and last < len(tree):
        del tree[last]


def _rename(tree: Any, path: Path, key: str) -> None:
    """Rename a key in its place; a key that is not there is passed over."""
    for step in path[:-1]:
        if isinstance(tree, list) and isinstance(step, int):
            tree = tree[step]
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    if isinstance(tree, dict) and path[-1] in tree and key != path[-1]:
        if key in tree:
            raise ScenarioError([Fault("", dotted(path), shown(key), "already exists", "choose another name")])
        items = [(key if one == path[-1] else one, value) for one, value in tree.items()]
        tree.clear()
        tree.update(items)


def _root(text: str) -> MappingNode:
    node = composed(text)
    assert isinstance(node, MappingNode)
    return node


def _flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and plain_scalar(value) == value
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, ThreeDecimals):
        return value.text
    text = json.dumps(value)
    return f"{text}0" if isinstance(value, float) and len(readings(text)) > 1 else text


def _entry(node: Node | None, key: str | int) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        return next(((k, v) for k, v in node.value if k.value == str(key)), None)
    if isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def _is_flow(node: Node) -> bool:
    """Whether a map or list is written in braces or brackets."""
    return bool(getattr(node, "flow_style", False))


def _end(node: Node) -> int:
    """Where the text of a node ends, comments and blank lines behind it left out."""
    if isinstance(node, ScalarNode) or _is_flow(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end_of(*last) if isinstance(node, MappingNode) else _end(last)


def _end_of(key: Node, value: Node) -> int:
    """Where an entry ends; one without a value, whose place is that of whatever comes next, behind its key."""
    empty = isinstance(value, ScalarNode) and value.start_mark.index == value.end_mark.index
    return int(key.end_mark.index) if empty else _end(value)


def _with(text: str, path: Path, value: Any) -> str:
    node: Node = _root(text)
    for n, step in enumerate(path):
        found = _entry(node, step)
        if found is None:
            rest: Any = value
            for missing in reversed(path[n + 1 :]):
                rest = {missing: rest}
            if isinstance(node, SequenceNode) and step == len(node.value):
                return _appended(text, node, _flow(rest))
            return _inserted(text, node, f"{_flow(step)}: {_flow(rest)}", path[:n])
        key, node = found
        listed = isinstance(node, SequenceNode) and isinstance(path[min(n + 1, len(path) - 1)], int)
        if n == len(path) - 1 or not (isinstance(node, MappingNode) or listed):
            rest = value
            for missing in reversed(path[n + 1 :]):
                rest = {missing: rest}
            return _replaced(text, key, node, _flow(rest))
    return text


def _replaced(text: str, key: Node, node: Node, written: str) -> str:
    start, end = int(node.start_mark.index), max(_end(node), int(node.start_mark.index))
    if start == end:  # a key without a value
        colon = text.index(":", int(key.end_mark.index))
        return f"{text[: colon + 1]} {written}{text[colon + 1 :]}"
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        written += "\n"
    return text[:start] + written + text[end:]


def _inserted(text: str, node: Node, line: str, path: Path) -> str:
    if _is_flow(node) or not isinstance(node, MappingNode):
        return _at_end(text, node, line)
    return _below(text, node, line)


def _appended(text: str, node: SequenceNode, item: str) -> str:
    return _at_end(text, node, item) if _is_flow(node) else _below(text, node, f"- {item}")


def _at_end(text: str, node: Node, entry: str) -> str:
    """An entry more in braces or brackets."""
    if not node.value:
        at = int(node.start_mark.index) + 1
        return text[:at] + entry + text[at:]
    last = node.value[-1]
    at = _end_of(*last) if isinstance(node, MappingNode) else _end(last)
    return f"{text[:at]}, {entry}{text[at:]}"


def _below(text: str, node: Node, line: str) -> str:
    """A line more in a block, behind its last one."""
    end = _end(node)
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    if text[stop - 1 : stop] == "\r":
        stop -= 1
    newline = "\r\n" if "\r\n" in text else "\n"
    return text[:stop] + newline + " " * int(node.start_mark.column) + line + text[stop:]


def _without(text: str, path: Path) -> str:
    node: Node = _root(text)
    for step in path[:-1]:
        found = _entry(node, step)
        if found is None:
            return text
        node = found[1]
    found = _entry(node, path[-1])
    if found is None:
        return text
    listed = isinstance(node, SequenceNode)
    if len(node.value) == 1:
        return _with(text, path[:-1], [] if listed else {}) if len(path) > 1 else text
    entries = [(item, item) for item in node.value] if listed else node.value
    key, value = found
    at = next(i for i, (k, _) in enumerate(entries) if k is key)
    if _is_flow(node):
        if at + 1 < len(entries):
            return text[: int(key.start_mark.index)] + text[int(entries[at + 1][0].start_mark.index) :]
        return text[: _end_of(*entries[at - 1])] + text[_end_of(key, value) :]
    first = int(key.start_mark.index)
    start = text.rfind("\n", 0, text.rfind("-", 0, first) if listed else first) + 1
    stop = text.find("\n", _end_of(key, value))
    return text[:start] + (text[stop + 1 :] if stop >= 0 else "")


def _renamed(text: str, path: Path, key: str) -> str:
    node: Node = _root(text)
    for step in path[:-1]:
        found = _entry(node, step)
        if found is None:
            return text
        node = found[1]
    found = _entry(node, path[-1])
    if found is None or not isinstance(node, MappingNode):
        return text
    return text[: int(found[0].start_mark.index)] + _flow(key) + text[int(found[0].end_mark.index) :]
