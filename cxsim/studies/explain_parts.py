"""From one scenario to another: the parts in which they differ, put in one after another.

Both are written out in full, as documents. A part is the paths that belong to it; a document between the two has some
parts of the second scenario and the others of the first. Where such a document breaks a rule, because a new queue has
no agents yet, say, the part goes in together with the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cxsim.model.prepare import facts
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.io.healing import flow
from cxsim.scenario.io.reading import parse
from cxsim.scenario.io.writing import document

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Tree = Any
PARTS: Final = {
    "volume": "Volume",
    "handle_time": "Handle time",
    "staffing": "Staffing",
    "routing": "Routing",
    "other": "Everything else",
}
# The first pattern that fits a path says its part. A pattern stands for everything below it too.
PATHS: Final = (
    ("reasons.*.talk", "handle_time"),
    ("reasons.*.wrap", "handle_time"),
    ("queues.*.talk", "handle_time"),
    ("queues.*.wrap", "handle_time"),
    ("groups.*.skills.*.handle_time", "handle_time"),
    ("groups.*.skills.*.talk", "handle_time"),
    ("groups.*.skills.*.wrap", "handle_time"),
    ("groups.*.skills", "routing"),
    ("groups", "staffing"),
    ("staff", "staffing"),
    ("sites", "staffing"),
    ("queues.*.priority", "routing"),
    ("queues.*.overflow", "routing"),
    ("routing", "routing"),
    ("reasons.*.volume", "volume"),
    ("horizon", "volume"),
    ("events", "volume"),
    ("notices", "volume"),
    ("segments.*.share", "volume"),
)
WHOLE: Final = {("reasons", 2): "volume", ("segments", 2): "volume"}  # an entry that only one of the two has
UNSEEN: Final = ("name", "notes", "currency", "optimize", "overrides", "levers")  # what no simulation looks at
MISSING: Final = object()


class Difference(NamedTuple):
    """A path at which two scenarios differ, its part, and both values; `MISSING` for none."""

    path: str
    part: str
    before: Any
    after: Any

    def __str__(self) -> str:
        before, after = ("not given" if one is MISSING else _short(one) for one in (self.before, self.after))
        return f"{self.path}: {before} → {after}"


def _short(value: Any) -> str:
    text = flow({"": value}, ("",)) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


class Between:
    """Two scenarios, and those between them."""

    def __init__(self, first: Scenario, second: Scenario) -> None:
        self._folder = first.source.folder
        known = {digest: str(first.source.files[name]) for name, digest in first.files.items()}
        self._first, self._second = (_tree(one, known) for one in (first, second))
        self.differences = list(_differences(self._first, self._second, ()))
        self._steps: dict[str, tuple[str, ...]] | None = None

    @property
    def steps(self) -> dict[str, tuple[str, ...]]:
        """The steps by name, in order: the parts that go in together."""
        if self._steps is None:
            self._steps = dict(self._joined())
        return self._steps

    def _joined(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        changed = {one.part for one in self.differences}
        taken: list[str] = []
        waiting: list[str] = []
        for part in (part for part in PARTS if part in changed):
            waiting.append(part)
            try:
                facts(self._with({*taken, *waiting}))
            except ScenarioError:
                continue
            yield "+".join(waiting), tuple(waiting)
            taken += waiting
            waiting = []
        if waiting:  # the second scenario itself, whose faults its own reader tells
            facts(self._with({*taken, *waiting}))

    def scenario(self, steps: Iterable[str]) -> Scenario:
        """The first scenario with these steps put in. Raises ScenarioError where it then breaks a rule."""
        return self._with({part for step in steps for part in self.steps[step]})

    def _with(self, parts: set[str]) -> Scenario:
        return parse(_mixed(self._first, self._second, (), parts), folder=self._folder, allow_outside=True)

    def title(self, step: str) -> str:
        """What a step is called."""
        first, *rest = (PARTS[part] for part in self.steps[step])
        return " and ".join([first, *(one[0].lower() + one[1:] for one in rest)])

    def of(self, step: str) -> list[Difference]:
        """The differences that a step puts in."""
        return [one for one in self.differences if one.part in self.steps[step]]


def _tree(scenario: Scenario, known: Mapping[str, str]) -> Tree:
    """A scenario as a document whose tables lie where they are; those of equal content at the same place."""
    files = {name: known.get(scenario.files[name], str(path)) for name, path in scenario.source.files.items()}
    tree = document(scenario, files)
    return {key: value for key, value in tree.items() if key not in UNSEEN}


def part_of(path: tuple[str, ...], whole: bool = False) -> str:
    """The part that a path belongs to; `whole` where only one of two scenarios has it."""
    if whole and (path[0], len(path)) in WHOLE:
        return WHOLE[path[0], len(path)]
    dotted = ".".join(path)
    fits = partial(fnmatchcase, dotted)
    return next((part for pattern, part in PATHS if fits(pattern) or fits(f"{pattern}.*")), "other")


def _both(first: Tree, second: Tree) -> bool:
    return isinstance(first, dict) and isinstance(second, dict)


def _differences(first: Tree, second: Tree, path: tuple[str, ...]) -> Iterator[Difference]:
    for key in dict.fromkeys((*first, *second)):
        at = (*path, str(key))
        a, b = first.get(key, MISSING), second.get(key, MISSING)
        if _both(a, b):
            yield from _differences(a, b, at)
        elif a != b:
            yield Difference(".".join(at), part_of(at, MISSING in (a, b)), a, b)


def _mixed(first: Tree, second: Tree, path: tuple[str, ...], parts: set[str]) -> Tree:
    out = {}
    for key in dict.fromkeys((*first, *second)):
        at = (*path, str(key))
        a, b = first.get(key, MISSING), second.get(key, MISSING)
        if _both(a, b):
            out[key] = _mixed(a, b, at, parts)
            continue
        chosen = b if a != b and part_of(at, MISSING in (a, b)) in parts else a
        if chosen is not MISSING:
            out[key] = chosen
    return {"cxsim": 1, **out} if not path else out
