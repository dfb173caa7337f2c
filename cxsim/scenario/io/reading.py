"""From a file or a mapping to a `Scenario`: layers of values, models, checks, every fault at its place."""

from __future__ import annotations

import copy
import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from cxsim.scenario.book import read as book
from cxsim.scenario.checks import check
from cxsim.scenario.io import policy_file
from cxsim.scenario.io.defaults import complete
from cxsim.scenario.io.faults import Fault, Path, ScenarioError, dotted, shown
from cxsim.scenario.io.healing import flow, heal
from cxsim.scenario.io.overrides import Layers
from cxsim.scenario.io.overshadowed import overshadowed
from cxsim.scenario.io.paths import clean
from cxsim.scenario.io.translate import Finding, findings
from cxsim.scenario.io.yaml_tree import LARGEST_TEXT, Mark, Marks, load, place_of, text_of
from cxsim.scenario.model import scenario as scenario_model
from cxsim.scenario.model import units
from cxsim.scenario.model.scenario import Scenario, Source
from cxsim.storage.files import unreadable_kind
from cxsim.tables.reader import Table, TableError, beside, read_table
from cxsim.tables.tidying import tidy

MOST_PASSES = 8
OF_FILES = ("is ", "has ", "cannot ", "contains ")  # how a rule begins that reads on after the name of a file
VARIED, FOREIGN = "vary", "values"  # where values that are put over a scenario come from: the program, or a file
_log = logging.getLogger(__name__)


def read(
    path: str | FilePath, with_: Sequence[str] = (), set_: Sequence[str] = (), *, allow_outside: bool = False
) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : str or Path
        The YAML file or workbook.
    with_ : sequence of str, default ()
        Names of the file's `overrides` to apply, in this order.
    set_ : sequence of str, default ()
        Single changes written as `path=value`, such as `groups.team.agents=12`; applied after `with_`.
    allow_outside : bool, default False
        Whether tables and the routing policy may lie outside the file's folder, links followed.

    Returns
    -------
    Scenario
        The checked scenario: times in seconds, shares from 0 to 1.

    Raises
    ------
    ScenarioError
        The file cannot be read or breaks a rule; `faults` lists every fault found.

    Examples
    --------
    >>> scenario = cxsim.read("mine.yaml", set_=["groups.team.agents=12"])
    """
    path = FilePath(path)
    try:
        if path.is_file() and book.is_workbook(path):
            tree, marks, faults = book.load(path)
        else:
            tree, marks, faults = load(file_bytes(path), str(path))
    except OSError as error:
        raise ScenarioError([_unreadable(path, error)]) from None
    if tree is None and faults:
        raise ScenarioError(faults)
    return _build(tree, marks, faults, path, path.parent, with_, set_, outside=allow_outside)


def read_text(text: str, path: FilePath, *, allow_outside: bool = False) -> Scenario:
    """Check a text as if it stood in the file of a path. Raises ScenarioError as `read` does."""
    tree, marks, faults = load(text.encode("utf-8", "replace"), str(path))
    if tree is None and faults:
        raise ScenarioError(faults)
    return _build(tree, marks, faults, path, path.parent, (), (), outside=allow_outside)


def parse(
    mapping: Mapping[str, Any],
    with_: Sequence[str] = (),
    set_: Sequence[str] = (),
    folder: str | FilePath = ".",
    *,
    allow_outside: bool = True,
) -> Scenario:
    """Make a scenario from plain Python values, with the same checks as `read`.

    Parameters
    ----------
    mapping : mapping
        The keys and values of a scenario file; times and shares with their units, such as `'4 min'` or `'80%'`.
    with_ : sequence of str, default ()
        Names of the `overrides` in `mapping` to apply, in this order.
    set_ : sequence of str, default ()
        Single changes written as `path=value`; applied after `with_`.
    folder : str or Path, default '.'
        Where to look for the tables and the routing policy that the scenario names.
    allow_outside : bool, default True
        Whether these files may lie outside `folder`. Say False for values that you did not write yourself.

    Returns
    -------
    Scenario
        The checked scenario: times in seconds, shares from 0 to 1.

    Raises
    ------
    ScenarioError
        A value breaks a rule, or a file cannot be read; `faults` lists every fault found.

    Examples
    --------
    >>> small = cxsim.parse({
    ...     "cxsim": 1,
    ...     "reasons": {"help": {"volume": "30/h", "handle_time": "5 min", "patience": "4 min"}},
    ...     "groups": {"team": {"agents": 4, "serves": "help"}},
    ... })
    """
    tree = _plain(mapping)
    marks: Marks = {}
    _mark_all(tree, (), marks)
    return _build(tree, marks, [], None, FilePath(folder), with_, set_, outside=allow_outside)


def varied(scenario: Scenario, values: Mapping[str, Any], with_: Sequence[str] = (), own: bool = True) -> Scenario:
    """A scenario with further overrides and {path: value} put over it; see `Scenario.vary`.

    Files that the values name may lie anywhere if the values are the program's `own`.
    """
    source = scenario.source
    if source.written is None:
        raise ValueError("only a scenario made by read or parse can be varied")
    if isinstance(with_, str):
        raise ValueError(f"with_: {with_!r} is a single string; write ({with_!r},)")
    tree, marks = source.written
    place = VARIED if own else FOREIGN
    return _build(tree, marks, [], source.path, source.folder, with_, (), values, source.chosen, source.outside, place)


scenario_model.VARY.append(varied)


def _build(
    tree: Any,
    marks: Marks,
    faults: list[Fault],
    path: FilePath | None,
    folder: FilePath,
    with_: Sequence[str],
    set_: Sequence[str],
    values: Mapping[str, Any] | None = None,
    before: tuple[str, ...] = (),
    outside: bool = False,
    place: str = VARIED,
) -> Scenario:
    if not isinstance(tree, dict):
        text = shown(tree)
        what = "a list" if isinstance(tree, list) else "a text" if isinstance(tree, str) else "a single value"
        rule, fix = (
            f"is {what}, not a scenario",
            "start with 'cxsim: 1' and keys such as reasons: and groups:",
        )
        raise ScenarioError(
            [*faults, Fault(place_of(marks, ()), "", text if not isinstance(tree, list) else "", rule, fix)]
        )
    faults = faults + _unchosen(tree, marks, folder, outside)
    layers = Layers(tree, marks)
    for name in with_:
        layers.named(name, "--with")
    for text in set_:
        layers.set(text)
    if values:
        put = _plain(values)
        _mark_all(put, ("vary",), layers.marks, place)
        layers.apply(put, ("vary",), "vary")
        layers.marks = {at: mark for at, mark in layers.marks.items() if at[:1] != ("vary",)}
    faults = faults + layers.faults
    own = bool(values) and not with_ and place == VARIED
    scenario, found, broken = _validate(layers.tree, layers.marks, folder, outside or own)
    faults = faults + found
    if scenario is None:
        raise ScenarioError(faults)
    scenario = complete(scenario)
    if path is not None and "name" not in scenario.model_fields_set:
        scenario = scenario.model_copy(update={"name": path.stem})
    files, tables = dict[str, FilePath](), dict[tuple[str, str | None], Table]()
    policy = layers.marks.get(("routing", "policy"))
    anywhere = outside or (policy is not None and policy.value == VARIED)
    looked_at = Source(path, folder, policy_outside=anywhere)
    _came_from(scenario, looked_at)
    faults += _tables(scenario, layers.marks, folder, files, tables, outside)
    faults += overshadowed(scenario, lambda: _validate(tree, marks, folder, outside or own)[0], layers, broken, tables)
    for finding in check.check(scenario, layers.tree, broken, tables):
        if not any(finding.at[: len(path)] == path for path in broken):
            faults.append(_fault(finding, layers.marks, layers.tree))
    if faults:
        raise ScenarioError(faults)
    if scenario.routing.policy:
        name = policy_file.split(scenario.routing.policy)[0]
        files[name] = beside(folder, name, anywhere)
        if scenario.own_policy is not None:
            files |= {policy_input(name, file): files[name].parent / file for file, _ in scenario.own_policy.reads}
    hashes = {name: _sha256(file) for name, file in files.items()}
    by = {
        at: f"{mark.by}, {mark.value}" if mark.by not in ("", "--set") else mark.by or mark.value
        for at, mark in layers.marks.items()
    }
    put_over = tuple(f"{at}={flow({'': value}, ('',))}" for at, value in (_plain(values) if values else {}).items())
    chosen = (*before, *with_, *set_, *put_over)
    written = (layers.tree, layers.marks)
    _log.info(
        "read %s: %d reasons, %d groups, %d other files",
        path or scenario.name,
        len(scenario.reasons),
        len(scenario.groups),
        len(files),
    )
    for name, sha256 in hashes.items():
        _log.debug("%s: sha256 %s", name, sha256)
    known = looked_at.policies
    _came_from(scenario, Source(path, folder, files, hashes, tables, by, chosen, written, known, outside, anywhere))
    return scenario


def policy_input(policy: str, file: str) -> str:
    """A file that a policy reads, as the scenario would name it."""
    return (PurePosixPath(policy).parent / file).as_posix()


def _came_from(scenario: Scenario, source: Source) -> None:
    object.__getattribute__(scenario, "__pydantic_private__")["_source"] = source


def _validate(
    tree: dict[str, Any], marks: Marks, folder: FilePath, outside: bool
) -> tuple[Scenario | None, list[Fault], list[Path]]:
    """The model of what is right in a tree, the faults of the rest, and the paths that faults touch.

    What is wrong is left out, or stood in for where needed, so that pass after pass finds all faults.
    """
    healed = clean(copy.deepcopy(tree))
    faults: list[Fault] = []
    broken: list[Path] = []
    for _ in range(MOST_PASSES):
        try:
            return Scenario.model_validate(healed, context={"folder": folder, "outside": outside}), faults, broken
        except ValidationError as error:
            found = list(findings(error))
        before = list(broken)
        for finding in found:
            follows = any(path[: len(finding.at)] == finding.at or finding.drop == path for path in before)
            if not follows and not finding.echo:
                faults.append(_fault(finding, marks, tree))
            broken.append(finding.drop)
            if not heal(healed, finding.drop):
                return None, faults, broken
    return None, faults, broken


def _unchosen(tree: dict[str, Any], marks: Marks, folder: FilePath, outside: bool) -> list[Fault]:
    """The faults that single named overrides would bring: unknown paths and values that cannot be."""
    named = tree.get("overrides")
    if not isinstance(named, dict) or not named:
        return []
    before = {str(fault) for fault in _validate(tree, marks, folder, outside)[1]}
    out: list[Fault] = []
    for name in named:
        if not isinstance(named[name], dict):
            continue
        layers = Layers(tree, marks)
        layers.apply(named[name], ("overrides", name), f"override {name}")
        _, found, _ = _validate(layers.tree, layers.marks, folder, outside)
        out += layers.faults + [fault for fault in found if str(fault) not in before]
    return out


def _fault(finding: Finding, marks: Marks, tree: Any) -> Fault:
    at = finding.at
    if at not in marks and at[-1:] == ("talk",) and (*at[:-1], "handle_time") in marks:
        at = (*at[:-1], "handle_time")
    place = place_of(marks, at, key=finding.key)
    if finding.key:
        return Fault(place, dotted(at[:-1]), finding.value or dotted(at[-1:]), finding.rule, finding.fix)
    value = finding.value or text_of(marks, at) or flow(tree, at)
    return Fault(place, dotted(at), value, finding.rule, finding.fix)


def _tables(
    scenario: Scenario,
    marks: Marks,
    folder: FilePath,
    files: dict[str, FilePath],
    tables: dict[tuple[str, str | None], Table],
    outside: bool,
) -> list[Fault]:
    """Read every table the scenario refers to into `files` and `tables`; the faults met."""
    faults: dict[tuple[str, str | None], Fault] = {}
    for at, name, sheet in referenced(scenario):
        if (name, sheet) in tables or (name, sheet) in faults:
            continue
        place = place_of(marks, at)
        anywhere = outside or (at in marks and marks[at].value == VARIED)
        try:
            path = beside(folder, name, anywhere)
            tables[name, sheet] = tidy(read_table(path, sheet))
            files[name] = path
        except TableError as error:
            inside = error.place.removeprefix(os.path.realpath(folder / name) if "\0" not in name else name).strip(": ")
            rule = error.rule if error.value in (None, name) else f"{error.value!r} {error.rule}"
            where = f" ({'' if '!' in inside else 'line '}{inside})" if inside else ""
            rule = rule if rule.startswith(OF_FILES) else f"cannot be used: {rule}"
            faults[name, sheet] = Fault(place, dotted(at), name, f"{rule}{where}", error.fix)
        except OSError as error:
            faults[name, sheet] = Fault(place, dotted(at), name, f"cannot be read ({error.strerror})", "check its name")
    return list(faults.values())


def referenced(scenario: Scenario) -> list[tuple[Path, str, str | None]]:
    """Every table a scenario refers to: the path that names it, its name as written, its sheet."""
    out: list[tuple[Path, str, str | None]] = []
    for name, reason in scenario.reasons.items():
        volume = reason.volume
        if volume.file is not None:
            out.append((("reasons", name, "volume", "file"), volume.file, volume.sheet))
        if volume.arrivals is not None and volume.arrivals.file is not None:
            out.append((("reasons", name, "volume", "arrivals", "file"), volume.arrivals.file, volume.arrivals.sheet))
    out += [((*at, "file"), said.file, said.sheet) for at, said in scenario.by_time() if said.file is not None]
    if scenario.staff.file is not None:
        out.append((("staff", "file"), scenario.staff.file, scenario.staff.sheet))
    if scenario.capacity is not None and scenario.capacity.file is not None:
        out.append((("capacity", "file"), scenario.capacity.file, scenario.capacity.sheet))
    return out


def file_bytes(path: FilePath) -> bytes:
    """The text of a scenario or a design. Raises OSError, or ScenarioError for devices and what is too large."""
    rule, fix = unreadable_kind(path)
    if rule and not path.is_dir():
        raise ScenarioError([Fault(str(path), "", "", rule, fix)])
    with path.open("rb") as file:
        data = file.read(LARGEST_TEXT + 1)
    size = path.stat().st_size
    if len(data) > LARGEST_TEXT:
        rule = f"is {size / 2**20:.0f} MiB"
        fix = "move large tables to a CSV or XLSX file in the same folder (the limit is 5 MiB)"
        raise ScenarioError([Fault(f"{path}:1:1", "", path.name, rule, fix)])
    return data


def _unreadable(path: FilePath, error: OSError) -> Fault:
    if path.is_dir():
        found = sorted(p.name for p in path.glob("*.y*ml"))
        return Fault(
            str(path),
            "",
            "",
            "is a folder, not a scenario file",
            f"name one of {units.listing(found) or 'your .yaml files'}",
        )
    if path.is_symlink() and not path.exists():
        return Fault(str(path), "", "", "is a link to a file that does not exist", "replace the link with the file")
    if not path.exists():
        try:
            near = units.nearest(path.name, (p.name for p in path.parent.iterdir()))
        except OSError:
            near = ""
        fix = f"did you mean {str(path.with_name(near))!r}?" if near else "create one with `cxsim new`"
        return Fault(str(path), "", "", "the file does not exist", fix)
    return Fault(str(path), "", "", f"cannot be read ({error.strerror})", "check its permissions")


def _sha256(path: FilePath) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and callable(value.item) and not isinstance(value, str):
        return value.item()  # a number of numpy
    return value


def _mark_all(value: Any, path: Path, marks: Marks, place: str = "<scenario>") -> None:
    scalar = not isinstance(value, (dict, list))
    marks[path] = Mark(place, place, shown(value) if scalar else "")
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        _mark_all(item, (*path, key), marks, place)
