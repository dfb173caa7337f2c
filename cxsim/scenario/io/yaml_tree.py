"""YAML 1.2 text as plain Python values, with the place of every key and value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from cxsim.scenario.io.faults import Fault, Path, dotted, shown
from cxsim.scenario.model.units import written_number
from cxsim.tables.reader import readings

LARGEST_TEXT = 5 * 2**20  # bytes; bulk numbers belong in a table beside the scenario
MOST_NODES = 60_000
DEEPEST = 40
MOST_KEPT = 200_000  # characters of a text whose nodes are kept
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", re.IGNORECASE)
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def composed(text: str) -> Any:
    """The nodes of YAML text, which nobody may change; those of the last texts are kept, since edits ask again."""
    return _kept(text) if len(text) <= MOST_KEPT else YAML(typ="safe", pure=True).compose(text)


@lru_cache(maxsize=3)
def _kept(text: str) -> Any:
    return YAML(typ="safe", pure=True).compose(text)


@dataclass(frozen=True)
class Mark:
    """Where a key and its value stand, the scalar as written, and which override put it there."""

    key: str
    value: str
    text: str = ""
    by: str = ""


Marks = dict[Path, Mark]


class _TooMuch(Exception):
    def __init__(self, rule: str, fix: str, node: Any) -> None:
        self.rule, self.fix, self.node = rule, fix, node


def load(data: bytes, name: str) -> tuple[Any, Marks, list[Fault]]:
    """The value, the marks and the faults (syntax, duplicate keys) of YAML text; `name` is the file."""
    if len(data) > LARGEST_TEXT:
        rule = f"is {len(data) / 2**20:.0f} MiB of YAML"
        return (
            None,
            {},
            [
                Fault(
                    f"{name}:1:1",
                    "",
                    shown(name),
                    rule,
                    "move large tables to a CSV or XLSX file in the same folder (the limit is 5 MiB)",
                )
            ],
        )
    problem = _no_text(data, name)
    if problem is not None:
        return None, {}, [problem]
    return _Loader(name).load(data.decode("utf-8-sig"))


def _no_text(data: bytes, name: str) -> Fault | None:
    if not data.strip():
        return Fault(f"{name}:1:1", "", "", "the file is empty", "start with `cxsim new`")
    if data[:4] == b"PK\x03\x04":
        return Fault(f"{name}:1:1", "", "", "this is a workbook or archive, not a scenario", "name the .yaml file")
    zero = data.find(b"\0")
    if zero >= 0:
        return Fault(_at(data, zero, name), "", "", "this is a binary file, not a scenario", "name the .yaml file")
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte 0x{data[error.start]:02x}"
        return Fault(_at(data, error.start, name), "", byte, "is not UTF-8 text", "save the file as UTF-8")
    return None


def _at(data: bytes, i: int, name: str) -> str:
    line = data.count(b"\n", 0, i) + 1
    begin = data.rfind(b"\n", 0, i)
    return f"{name}:{line}:{i - begin}"


class _Loader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.marks: Marks = {}
        self.faults: list[Fault] = []
        self.nodes = 0

    def load(self, text: str) -> tuple[Any, Marks, list[Fault]]:
        try:
            node = composed(text)
            if node is None:
                fault = Fault(
                    f"{self.name}:1:1",
                    "",
                    "",
                    "the file contains only comments",
                    "start with `cxsim new`",
                )
                return None, {}, [fault]
            start = self._place(node)
            self.marks[()] = Mark(start, start)
            value = self._value(node, (), ())
        except _TooMuch as much:
            place = f"{self.name}:1:1" if much.node is None else self._place(much.node)
            return None, {}, [*self.faults, Fault(place, "", "", much.rule, much.fix)]
        except RecursionError:
            return (
                None,
                {},
                [Fault(f"{self.name}:1:1", "", "", "has too many levels", f"use at most {DEEPEST} levels")],
            )
        except MarkedYAMLError as error:
            return None, {}, [self._syntax(error, text)]
        except (YAMLError, ValueError, NotImplementedError, AttributeError, IndexError) as error:
            reason = shown(error, 120)
            return (
                None,
                {},
                [Fault(f"{self.name}:1:1", "", "", f"is not valid YAML ({reason})", "remove the invalid characters")],
            )
        return value, self.marks, self.faults

    def _place(self, node: Any) -> str:
        return f"{self.name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def _syntax(self, error: Any, text: str) -> Fault:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        lines = text.splitlines()
        here = lines[line] if line < len(lines) else ""
        place = f"{self.name}:{line + 1}:{column + 1}"
        lead = here[: len(here) - len(here.lstrip())]
        problem = shown(error.problem or error.context or "cannot be read", 120)
        if "\t" in lead or "\\t" in problem:
            return Fault(place, "", "a tab", "is not allowed as YAML indentation", "indent with spaces")
        if "document" in problem or (here.startswith("---") and line):
            return Fault(place, "", "---", "starts a second YAML document", "put one scenario in each file")
        fix = "check colons, brackets, quotes and indentation near here"
        if "mapping values are not allowed" in problem:
            fix = "indent by the same number of spaces as the line before, or put the text in quotes"
        elif "expected ',' or" in problem:
            fix = "close the bracket, or add a comma before this"
        elif "expected <block end>" in problem:
            fix = "indent this line like the other lines of its block"
        elif "undefined alias" in problem:
            fix = "put text that begins with * in quotes"
        elif "cannot start any token" in problem:
            fix = "put the text in quotes"
        return Fault(place, "", "", f"is not valid YAML: {problem}", fix)

    def _value(self, node: Any, path: Path, above: tuple[int, ...]) -> Any:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            rule = f"has more than {MOST_NODES:,} values, counting each use of an alias"
            raise _TooMuch(rule, "move large tables to a CSV or XLSX file in the same folder", node)
        if len(above) > DEEPEST:
            raise _TooMuch("has too many levels", f"use at most {DEEPEST} levels", node)
        if id(node) in above:
            raise _TooMuch("an alias contains itself", "write the values out", node)
        inside = (*above, id(node))
        kind = type(node).__name__
        if kind == "ScalarNode":
            return self._scalar(node)
        if kind == "SequenceNode":
            out = []
            for i, item in enumerate(node.value):
                self.marks[*path, i] = self._mark(item, item)
                out.append(self._value(item, (*path, i), inside))
            return out
        return self._map(node, path, inside)

    def _map(self, node: Any, path: Path, inside: tuple[int, ...]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        before = "", ""  # the key before, and its value where a comma may have cut it
        for key_node, item in node.value:
            place = self._place(key_node)
            if type(key_node).__name__ != "ScalarNode":
                self.faults.append(
                    Fault(
                        place,
                        dotted(path),
                        "",
                        "a key is a mapping or a list",
                        "write a name before the colon",
                    )
                )
                continue
            key = str(key_node.value)
            if key == "<<":
                self.faults.append(
                    Fault(
                        place,
                        dotted(path),
                        "<<",
                        "is not a key of a scenario",
                        "write the values out, or use overrides",
                    )
                )
                continue
            if key in out:
                first = self.marks[*path, key].key.rpartition(":")[0].rpartition(":")[2]
                rule = f"is given twice (first on line {first})"
                self.faults.append(Fault(place, dotted(path), key, rule, "remove or rename one of them"))
                continue
            plain = type(item).__name__ == "ScalarNode" and not item.style
            if node.flow_style and before[1] and plain and not item.value and re.match(r"\d", key):
                before = before[0], f"{before[1]},{key}"
                out[before[0]] = self._cut_by_a_comma(path, *before)
                continue
            self.marks[*path, key] = self._mark(key_node, item)
            out[key] = self._value(item, (*path, key), inside)
            before = key, str(item.value) if plain and re.search(r"\d$", str(item.value)) else ""
        return out

    def _cut_by_a_comma(self, path: Path, key: str, text: str) -> Any:
        """A value in place of `{per_day: 1,200}`, which is 1 and a key 200 with nothing, and the fault of it."""
        place = self.marks[*path, key].value
        self.faults = [fault for fault in self.faults if fault.place != place]
        number, unit = re.fullmatch(r"([\d.,]*)(.*)", text).groups()  # type: ignore[union-attr]  # the pattern fits any text
        ways = [one + unit for one in readings(number)]
        rule = (
            "is cut off at the comma here"
            if len(ways) < 2
            else f"may mean {' or '.join(ways)}, and is cut off at the comma here"
        )
        fix = f"write {', or '.join(ways)}" if ways else "write the number without the comma"
        self.faults.append(Fault(place, dotted((*path, key)), text, rule, fix))
        return float(ways[0]) if ways and not unit else ways[0] if ways else None

    def _mark(self, key_node: Any, node: Any) -> Mark:
        scalar = type(node).__name__ == "ScalarNode"
        return Mark(self._place(key_node), self._place(node), str(node.value) if scalar else "")

    def _scalar(self, node: Any) -> Any:
        text = str(node.value)
        if node.style in ("'", '"', "|", ">"):
            return text
        return plain_scalar(text)


def plain_scalar(text: str) -> Any:
    """The value of a scalar without quotes: nothing, a truth value, a number or text."""
    if text in _WORDS:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 400 else float("inf")
    if _FLOAT.fullmatch(text):
        return written_number(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def place_of(marks: Marks, path: Path, key: bool = False) -> str:
    """The place of a value (or of its key); of the nearest thing above where it was not written."""
    exact = written(marks, path)
    if exact is not None:
        mark = marks[exact]
        return mark.key if key or not mark.text else mark.value
    for n in range(len(path), -1, -1):
        above = written(marks, path[:n])
        if above is not None:
            return marks[above].key
    return next(iter(marks.values())).key if marks else ""


def text_of(marks: Marks, path: Path) -> str:
    """The value as written; empty for maps, lists and what was not written."""
    exact = written(marks, path)
    return "" if exact is None else shown(marks[exact].text)


def written(marks: Mapping[Path, object], path: Path) -> Path | None:
    """The path under which this was written: a list of one may have been written without the list."""
    if path in marks:
        return path
    for i, step in enumerate(path):
        if step == 0 and isinstance(step, int):
            shorter = written(marks, path[:i] + path[i + 1 :])
            if shorter is not None:
                return shorter
    return None


def moved(marks: Marks, source: Path, target: Path, by: str) -> Iterable[tuple[Path, Mark]]:
    """The marks of everything at and below `source`, as they are for `target`."""
    n = len(source)
    for path, mark in list(marks.items()):
        if path[:n] == source:
            yield target + path[n:], Mark(mark.key, mark.value, mark.text, by)
