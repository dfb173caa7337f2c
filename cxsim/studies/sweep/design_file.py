"""Reading what a user writes as a design: a YAML file or a mapping, every fault at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cxsim import metrics
from cxsim.scenario import Scenario
from cxsim.scenario import read as read_scenario
from cxsim.scenario.io.faults import Fault, ScenarioError, dotted, shown
from cxsim.scenario.io.faults import Path as At
from cxsim.scenario.io.healing import flow
from cxsim.scenario.io.overrides import Unknown, find
from cxsim.scenario.io.reading import file_bytes, varied
from cxsim.scenario.io.yaml_tree import Mark, Marks, load, place_of
from cxsim.scenario.model import units
from cxsim.simulation.simulate import check_arguments
from cxsim.studies.sweep import conditions, factors
from cxsim.studies.sweep.arranging import Unfit, arrange, count
from cxsim.studies.sweep.design import (
    DESIGNS,
    FIGURES,
    MOST_LEVELS,
    MOST_POINTS,
    OPTIMUM,
    SAMPLED,
    TASKS,
    Design,
    default_name,
)
from cxsim.studies.sweep.factors import BASE, Factor

KEYS = (
    "cxsim",
    "name",
    "sweep",
    "design",
    "points",
    "factors",
    "where",
    "replications",
    "precision",
    "figures",
    "scopes",
    "intervals",
    "seed",
    "engine",
    "task",
)
KEYS_OF_FACTOR = ("path", "values", "from", "to", "steps", "whole", "overrides", "base")
TAKEN = (
    "point",
    "key",
    "replication",
    "figure",
    "scope",
    "name",
    "interval",
    "value",
    "numerator",
    "denominator",
    "block",
    "role",
    "low",
    "high",
    "n",
)
NOT_HERE = ("agents_required",)  # needs a search of its own


def read_design(path: str | Path, *, allow_outside: bool = False) -> Design:
    """The design in a YAML file, its points made and its scenario read. Raises ScenarioError with every fault found.

    The scenario is a .yaml file anywhere; what it names lies below its own folder, unless `allow_outside`.
    """
    path = Path(path)
    try:
        data = file_bytes(path)
    except OSError as error:
        raise ScenarioError(
            [Fault(str(path), "", "", f"cannot be read ({error.strerror})", "check its name")]
        ) from None
    tree, marks, faults = load(data, str(path))
    if faults:
        raise ScenarioError(faults)
    return _Reader(tree, marks, path.parent, str(path), allow_outside).design(path)


def design_of(
    mapping: Mapping[str, Any], folder: str | Path = ".", scenario: Scenario | None = None, place: str = "<design>"
) -> Design:
    """The design of plain Python values; `scenario` stands for its key `sweep`. Raises ScenarioError."""
    tree = dict(mapping)
    marks: Marks = {}
    _mark(tree, (), marks, place)
    return _Reader(tree, marks, Path(folder), place).design(None, scenario)


def _mark(value: Any, at: At, marks: Marks, place: str) -> None:
    marks[at] = Mark(place, place, "" if isinstance(value, dict | list) else shown(value))
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        _mark(item, (*at, key), marks, place)


class _Reader:
    """Collects faults while a design is read."""

    def __init__(self, tree: Any, marks: Marks, folder: Path, place: str, outside: bool = False) -> None:
        self.tree, self.marks, self.folder, self.place, self.outside = tree, marks, folder, place, outside
        self.faults: list[Fault] = []

    def fault(self, at: At, rule: str, fix: str = "", value: Any = "", key: bool = False) -> None:
        """Note what is wrong at a path of the design."""
        said = shown(value) if not isinstance(value, dict | list) else flow({"": value}, ("",))
        self.faults.append(Fault(place_of(self.marks, at, key=key), dotted(at), said, rule, fix))

    def design(self, file: Path | None, scenario: Scenario | None = None) -> Design:
        """The design, or ScenarioError with every fault."""
        if not isinstance(self.tree, dict):
            fix = "start with 'sweep: {scenario: mine.yaml}' and 'factors:'"
            raise ScenarioError([Fault(f"{self.place}:1:1" if file else self.place, "", "", "is not a design", fix)])
        for key in self.tree:
            if key not in KEYS:
                self.fault(
                    (key,), "is not a key of a design", units.suggestion(key, KEYS, "the keys are"), key, key=True
                )
        if self.tree.get("cxsim", 1) != 1:
            self.fault(("cxsim",), "is not a version that this cxsim reads", "write 'cxsim: 1'", self.tree["cxsim"])
        scenario = scenario if scenario is not None else self._scenario()
        kind = self._choice("design", DESIGNS, "grid")
        task = self._choice("task", TASKS, "run")
        engine = self._choice("engine", ("clock", "story"), "clock")
        seed = self._whole("seed", 1, 0, 2**63 - 1)
        sampled = kind in SAMPLED
        points = self._whole("points", 64, 1, MOST_POINTS) if sampled else None
        if not sampled and "points" in self.tree:
            self.fault(("points",), f"applies only to sampled designs, not to {kind}", "leave it out", key=True)
        replications, precision = self._replications(task)
        made = self._factors(kind, scenario)
        holds = self._where(kind, made)
        figures, scopes = self._figures(task)
        intervals = self._flag("intervals")
        if self.faults or scenario is None or not made:
            raise ScenarioError(self.faults)
        arranged = None
        total = count(kind, made, points)
        if total > MOST_POINTS:
            self.fault(
                ("design",),
                f"has {total:,} points",
                f"a design has at most {MOST_POINTS:,}: use fewer values, or a sampled design",
            )
        else:
            try:
                arranged = arrange(kind, made, points, seed, holds)
            except Unfit as unfit:
                self.fault(("where",) if holds else ("factors",), unfit.rule, unfit.fix)
            except conditions.Unreadable as wrong:
                self.fault(("where",), wrong.rule, wrong.fix)
        if self.faults or arranged is None:
            raise ScenarioError(self.faults)
        name = self.tree.get("name")
        return Design(
            name if isinstance(name, str) and name else default_name(file, scenario),
            scenario,
            kind,
            tuple(made),
            arranged.columns,
            arranged.block,
            arranged.role,
            replications,
            precision,
            figures,
            scopes,
            intervals,
            seed,
            engine,
            task,
            tuple(map(str, self._list("where"))),
            arranged.left_out,
            self.place,
        )

    def _scenario(self) -> Scenario | None:
        """The scenario that `sweep` names, with its overrides and values."""
        given = self.tree.get("sweep")
        given = {"scenario": given} if isinstance(given, str) else given
        if not isinstance(given, dict) or not isinstance(given.get("scenario"), str):
            self.fault(("sweep",), "has no scenario", "write 'sweep: {scenario: mine.yaml}'")
            return None
        for key in given:
            if key not in ("scenario", "with", "set"):
                fix = units.suggestion(key, ("scenario", "with", "set"), "the keys are")
                self.fault(("sweep", key), "is not a key here", fix, key, key=True)
        with_ = given.get("with") or []
        put = given.get("set") or {}
        path = self.folder / given["scenario"]
        if not self.outside and path.suffix not in (".yaml", ".yml", ".xlsx"):
            self.fault(("sweep", "scenario"), "is not a .yaml or .xlsx file", "name a scenario file", given["scenario"])
            return None
        names = [with_] if isinstance(with_, str) else [str(name) for name in with_]
        try:
            found = read_scenario(path, with_=names, allow_outside=self.outside)
            return varied(found, put, own=False) if put else found
        except ScenarioError as error:
            self.faults += error.faults
        return None

    def _factors(self, kind: str, scenario: Scenario | None) -> list[Factor]:
        given = self.tree.get("factors")
        if not isinstance(given, dict) or not given:
            self.fault(("factors",), "the design has no factors", "add 'factors: {volume: {path: …, values: […]}}'")
            return []
        made = [self._factor(str(name), spec, kind, scenario) for name, spec in given.items()]
        kept = [factor for factor in made if factor is not None]
        if kind == "list" and len({len(factor.values) for factor in kept}) > 1:
            sizes = ", ".join(f"{factor.name} {len(factor.values)}" for factor in kept)
            self.fault(
                ("factors",), f"have lists of different lengths ({sizes})", "a list design needs one value per point"
            )
        owner: dict[At, str] = {}
        tree = scenario.source.written[0] if scenario is not None and scenario.source.written else {}
        for factor in kept:
            for target in self._targets(tree, factor):
                if target in owner and owner[target] != factor.name:
                    rule = f"sets {dotted(target)}, which {owner[target]!r} also sets"
                    self.fault(("factors", factor.name, "path"), rule, "set it in only one factor")
                    break
                owner[target] = factor.name
        return kept

    def _targets(self, tree: Any, factor: Factor) -> list[At]:
        try:
            return find(tree, factor.path) if factor.path else []
        except Unknown:
            return []

    def _factor(self, name: str, spec: Any, kind: str, scenario: Scenario | None) -> Factor | None:
        at: At = ("factors", name)
        known = len(self.faults)
        if not name.isidentifier() or name in TAKEN:
            self.fault(
                at,
                "is not a name for a factor",
                "use letters, digits and _, but not the name of a column",
                name,
                key=True,
            )
        if not isinstance(spec, dict):
            self.fault(at, "is not a factor", "write {path: groups.team.agents, values: [10, 12]}", spec)
            return None
        for key in spec:
            if key not in KEYS_OF_FACTOR:
                fix = units.suggestion(key, KEYS_OF_FACTOR, "the keys are")
                self.fault((*at, key), "is not a key of a factor", fix, key, key=True)
        if "overrides" in spec:
            return self._overrides(name, spec, at, scenario)
        path = spec.get("path")
        if not isinstance(path, str) or not path:
            self.fault(at, "has neither path nor overrides", "add 'path: groups.team.agents'")
            return None
        tree = scenario.source.written[0] if scenario is not None and scenario.source.written else None
        if tree is not None:
            try:
                find(tree, path)
            except Unknown as unknown:
                self.fault((*at, "path"), unknown.rule, unknown.fix, path)
        base = spec.get("base")
        if base is None and tree is not None:
            base = _present(tree, path)
        if "values" in spec:
            for key in ("from", "to", "steps", "whole"):
                if key in spec:
                    self.fault((*at, key), "cannot be combined with values", "give values, or from and to", key=True)
            values = spec["values"] if isinstance(spec["values"], list) else [spec["values"]]
            if not values:
                self.fault((*at, "values"), "is empty", "give one value or more")
            elif len({repr(value) for value in values}) < len(values) and kind != "list":
                self.fault((*at, "values"), "lists a value twice", "remove one", spec["values"])
            if len(self.faults) > known:
                return None
            return self._based(factors.of_values(name, path, values, base), base, spec, at)
        return self._range(name, path, spec, kind, at, base) if len(self.faults) == known else None

    def _overrides(self, name: str, spec: dict[str, Any], at: At, scenario: Scenario | None) -> Factor | None:
        given = spec["overrides"]
        names = given if isinstance(given, list) else [given]
        if "path" in spec:
            self.fault((*at, "path"), "cannot be combined with overrides", "keep one of them", key=True)
        if not names:
            self.fault((*at, "overrides"), "is empty", f"list overrides, or {BASE!r} for no override")
        known = list(scenario.overrides) if scenario is not None else []
        for n, one in enumerate(names):
            for part in str(one).split("+") if str(one) != BASE else ():
                if scenario is not None and part.strip() not in known:
                    fix = units.suggestion(part.strip(), [*known, BASE], "its overrides are")
                    self.fault((*at, "overrides", n), "is not an override of this scenario", fix, part.strip())
        texts = tuple(str(one) for one in names)
        if len(set(texts)) < len(texts):
            self.fault((*at, "overrides"), "lists one twice", "remove one", given)
        base = str(spec.get("base", BASE if BASE in texts else texts[0] if texts else BASE))
        return Factor(name, "", "overrides", texts, base=base if base in texts else texts[0]) if texts else None

    def _range(self, name: str, path: str, spec: dict[str, Any], kind: str, at: At, base: Any) -> Factor | None:
        known = len(self.faults)
        low, high = factors.split(spec.get("from")), factors.split(spec.get("to"))
        for key, part in (("from", low), ("to", high)):
            if key not in spec:
                self.fault(at, f"has no {key}", "give values, or from and to")
            elif part is None:
                self.fault(
                    (*at, key),
                    "is not a number",
                    "write 0.8, 80% or 2 min; list values that are not numbers under 'values'",
                    spec[key],
                )
        if low is None or high is None:
            return None
        if low[1] != high[1]:
            self.fault(
                (*at, "to"), f"has a different unit from {spec['from']!r}", "write both in the same unit", spec["to"]
            )
            return None
        if not low[0] < high[0]:
            self.fault((*at, "to"), f"is not above {spec['from']}", "write the smaller number first", spec["to"])
            return None
        whole, steps = spec.get("whole", False), spec.get("steps")
        if isinstance(whole, str) and whole in ("yes", "no"):
            whole = whole == "yes"
        if not isinstance(whole, bool):
            self.fault((*at, "whole"), "is neither yes nor no", "write 'whole: yes'", whole)
            return None
        scale = factors.scale_of(low[1])
        ends = [round(end * scale, 9) for end in (low[0], high[0])]
        if whole and not all(end.is_integer() for end in ends):
            self.fault((*at, "whole"), "needs whole numbers in from and to", f"write from: {ends[0]:.0f}{low[1]}")
        levels = ends[1] - ends[0] + 1.0 if whole else 0.0
        if steps is not None and not (type(steps) is int and 1 <= steps <= MOST_POINTS):
            self.fault((*at, "steps"), f"is not a whole number from 1 to {MOST_POINTS:,}", "write 'steps: 6'", steps)
        elif steps is None and kind in ("grid", "one_at_a_time") and levels > MOST_LEVELS:
            rule = f"gives {levels:,.0f} values; the limit is {MOST_LEVELS:,}"
            self.fault((*at, "to"), rule, "add 'steps: 6', or list the values", spec["to"])
        elif steps is None and not whole and kind in ("grid", "one_at_a_time"):
            self.fault(at, f"has a range without steps, which {kind} needs", "add 'steps: 5', or list its values")
        elif kind == "list":
            self.fault(at, "has a range, but a list design takes values", "list one value per point under values")
        kind_of = "whole" if whole else "number"
        if whole and scale != 1.0 and len(self.faults) == known:  # whole percents
            listed = Factor(name, path, "whole", low=ends[0], high=ends[1], steps=steps).levels()
            values = tuple(round(float(one) / scale, 14) for one in listed)
            percents = Factor(name, path, "number", values, unit=low[1], signed=low[2] or high[2])
            return self._based(percents, base, spec, at)
        made = Factor(name, path, kind_of, (), (), low[0], high[0], steps, low[1], low[2] or high[2])  # type: ignore[arg-type]  # checked above
        return self._based(made, base, spec, at)

    def _based(self, factor: Factor, base: Any, spec: dict[str, Any], at: At) -> Factor:
        """The factor with its base value, if that is of its kind."""
        if base is None or factor.kind == "choice":
            there = factor.base if factor.base in factor.values else None
            return replace(factor, base=there)
        part = factors.split(base)
        if part is None or part[1] != factor.unit:
            if "base" in spec:
                self.fault(
                    (*at, "base"), "is not a value of this factor", "write it in the form of the other values", base
                )
            return replace(factor, base=None)
        return replace(factor, base=int(part[0]) if factor.kind == "whole" else part[0])

    def _where(self, kind: str, made: Sequence[Factor]) -> list[Callable[[Mapping[str, Any]], bool]]:
        out = []
        for n, text in enumerate(self._list("where")):
            try:
                out.append(conditions.read(str(text), [factor.name for factor in made]))
            except conditions.Unreadable as wrong:
                self.fault(("where", n), wrong.rule, wrong.fix, text)
        if out and kind in ("morris", "sobol_indices"):
            self.fault(
                ("where",), f"cannot be combined with {kind}, which needs every point", "narrow the factors instead"
            )
        return out

    def _figures(self, task: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if task == "optimize":
            return OPTIMUM, ("total",)
        names = self._list("figures") or list(FIGURES)
        there = [name for name in metrics.REGISTRY if name not in NOT_HERE]
        for n, name in enumerate(names):
            if name not in there:
                self.fault(
                    ("figures", n),
                    "is not a metric of a sweep",
                    units.suggestion(str(name), there, "the choices are"),
                    name,
                )
        scopes = self._list("scopes") or ["total", "queue"]
        for n, scope in enumerate(scopes):
            if scope not in metrics.SCOPES:
                fix = units.suggestion(str(scope), metrics.SCOPES, "the choices are")
                self.fault(("scopes", n), "is not a scope", fix, scope)
        return tuple(dict.fromkeys(map(str, names))), tuple(dict.fromkeys(map(str, scopes)))

    def _replications(self, task: str) -> tuple[int | None, dict[str, float]]:
        replications, precision = self.tree.get("replications"), self.tree.get("precision")
        if task == "optimize":
            return 1, {}
        try:
            widths = check_arguments(replications, precision, "clock", ())
        except ValueError as error:
            for line in str(error).splitlines():
                self.fault(("precision" if "precision" in line else "replications",), line.partition(": ")[2] or line)
            return 10, {}
        return (None if widths else replications or 10), widths

    def _list(self, key: str) -> list[Any]:
        given = self.tree.get(key)
        return given if isinstance(given, list) else [] if given is None else [given]

    def _choice(self, key: str, known: tuple[str, ...], usual: str) -> str:
        given = self.tree.get(key, usual)
        if given not in known:
            self.fault(
                (key,), "is not one of the choices", units.suggestion(str(given), known, "the choices are"), given
            )
            return usual
        return str(given)

    def _whole(self, key: str, usual: int, low: int, high: int) -> int:
        given = self.tree.get(key, usual)
        if type(given) is not int or not low <= given <= high:
            self.fault((key,), f"is not a whole number from {low:,} to {high:,}", f"write '{key}: {usual}'", given)
            return usual
        return given

    def _flag(self, key: str) -> bool:
        given = self.tree.get(key, False)
        given = {"yes": True, "no": False}.get(given, given) if isinstance(given, str) else given
        if not isinstance(given, bool):
            self.fault((key,), "is neither yes nor no", f"write '{key}: yes'", given)
            return False
        return given


def _present(tree: Any, path: str) -> Any:
    """What stands at a path now, if it is the same everywhere the path leads; 1 for an unwritten factor of volume."""
    try:
        found = find(tree, path)
    except Unknown:
        return None
    seen = []
    for target in found:
        node: Any = tree
        for step in target:
            node = node.get(step) if isinstance(node, dict) else node[step] if isinstance(node, list) else None  # type: ignore[index]  # an index of a list
        seen.append(1 if node is None and target[-2:] == ("volume", "factor") else node)
    return seen[0] if seen and all(one == seen[0] for one in seen) and not isinstance(seen[0], dict | list) else None
