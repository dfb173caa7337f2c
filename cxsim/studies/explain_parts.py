"""From one scenario to another: the parts in which they differ, put in one after another.

Both are written out in full, as documents. A part is the paths that belong to it; a document between the two has some
parts of the second scenario and the others of the first. Where such a document breaks a rule, because a new queue has
no agents yet, say, the part goes in together with the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cxsim.model.prepare import facts
from cxsim.randomness.distributions import LAWS
from cxsim.report.common.formats import listing
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
    ("segments.*.priority", "routing"),
    ("routing", "routing"),
    ("reasons.*.volume", "volume"),
    ("horizon", "volume"),
    ("events", "volume"),
    ("notices", "volume"),
    ("segments.*.share", "volume"),
    ("reasons.*.community", "volume"),
)
NAMED: Final = ("reasons", "segments", "queues")  # an entry that only one of the two has is volume: other contacts
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
        if self.path.endswith(".file"):  # tables are named by where they are
            before, after = (
                text if one is MISSING else Path(one).name for text, one in zip((before, after), self[2:], strict=True)
            )
            if before == after:
                return f"{self.path}: {before} with other contents"
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
        self._only = _only(self._first, self._second)
        self.differences = list(_differences(self._first, self._second, (), self._only))
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
        return parse(_mixed(self._first, self._second, (), self._only, parts), folder=self._folder, allow_outside=True)

    def title(self, step: str) -> str:
        """What a step is called."""
        text = listing([PARTS[part].lower() for part in self.steps[step]])
        return text[0].upper() + text[1:]

    def of(self, step: str) -> list[Difference]:
        """The differences that a step puts in."""
        return [one for one in self.differences if one.part in self.steps[step]]


def _tree(scenario: Scenario, known: Mapping[str, str]) -> Tree:
    """A scenario as a document whose tables lie where they are; those of equal content at the same place."""
    files = {name: known.get(scenario.files[name], str(path)) for name, path in scenario.source.files.items()}
    tree = document(scenario, files)
    return {key: value for key, value in tree.items() if key not in UNSEEN}


def part_of(path: tuple[str, ...], only: Collection[tuple[str, ...]] = ()) -> str:
    """The part that a path belongs to. `only` are the entries of `NAMED` that only one of two scenarios has."""
    if path[:2] in only or (path[0] == "groups" and path[2:3] == ("skills",) and ("queues", *path[3:4]) in only):
        return "volume"  # contacts of another kind come with their queue and who may serve it
    dotted = ".".join(path)
    fits = partial(fnmatchcase, dotted)
    return next((part for pattern, part in PATHS if fits(pattern) or fits(f"{pattern}.*")), "other")


def _pairs(first: Tree, second: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Tree, Tree, bool]]:
    """What two documents have at each key: path, both values, and whether to look below it. A law is one value."""
    for key in dict.fromkeys((*first, *second)):
        a, b = first.get(key, MISSING), second.get(key, MISSING)
        below = isinstance(a, dict) and isinstance(b, dict) and not (_is_law(a) or _is_law(b))
        yield (*path, key), a, b, below


def _is_law(value: Tree) -> bool:
    return len(value) == 1 and next(iter(value)) in LAWS


def _only(first: Tree, second: Tree) -> set[tuple[str, ...]]:
    return {(part, name) for part in NAMED for name in {*first.get(part, ())} ^ {*second.get(part, ())}}


def _differences(
    first: Tree, second: Tree, path: tuple[str, ...], only: Collection[tuple[str, ...]]
) -> Iterator[Difference]:
    for at, a, b, below in _pairs(first, second, path):
        if below:
            yield from _differences(a, b, at, only)
        elif a != b:
            yield Difference(".".join(map(str, at)), part_of(at, only), a, b)


def _mixed(
    first: Tree, second: Tree, path: tuple[str, ...], only: Collection[tuple[str, ...]], parts: set[str]
) -> Tree:
    out = {} if path else {"cxsim": 1}
    for at, a, b, below in _pairs(first, second, path):
        if below:
            out[at[-1]] = _mixed(a, b, at, only, parts)
            continue
        chosen = b if a != b and part_of(at, only) in parts else a
        if chosen is not MISSING:
            out[at[-1]] = chosen
    return out
