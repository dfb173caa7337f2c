"""A plan written into its scenario file: comments stay, and what is read back has the same plan."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from cxsim.model.plan import headcounts, plan
from cxsim.model.prepare import prepare
from cxsim.scenario import examples, read
from cxsim.scenario.io import edit_text
from cxsim.scenario.io.faults import Fault, ScenarioError, shown
from cxsim.scenario.io.faults import Path as Place
from cxsim.storage.whole_files import part_of, write_whole
from cxsim.studio import shifts
from cxsim.studio.document import Document
from cxsim.studio.workspace import refused

OF_TABLES = (
    "file",
    "sheet",
    "columns",
    "carry_down",
    "kind",
    "headcounts",
)  # keys of `staff` that a new table replaces
_FILE_NAME = re.compile(r"[\w][\w .()-]{0,100}\.ya?ml")


def save(document: Document, as_: str = "", *, replace: bool = False) -> str:
    """Write the plan as edited into the scenario's file, or into another file beside it; the path of that file.

    Headcounts that are the same every day stay in the scenario file. Others go into a table beside it, named after the
    file (`mine-plan.csv`); a table that the scenario named before stays as it is.

    Raises
    ------
    ScenarioError
        Nothing was written: the name is taken, the file was changed meanwhile, or what would be read back has
        another plan.
    """
    text, target, extra = _target(document, as_, replace)
    changes, rows = document.changes(), document.changed_rows()
    files = dict(extra)
    table = target.with_name(f"{target.stem}-plan.csv")
    if rows is not None:
        given, gone = shifts_in_place(document, rows, table.name)
        if ("staff", "file") in given:
            files[table] = shifts.table(rows).encode()
        text = edit_text.edited(text, given, gone, name=target.name)
    if changes:
        edits = changes_in_place(document, changes)
        if edits is not None:
            text = edit_text.edited(text, edits, name=target.name)
        else:
            files[table] = table_text(document).encode()
            text = edit_text.edited(text, *named_table(document, table.name), name=target.name)
    _write(document, target, text, files)
    return target.relative_to(document.workspace.root).as_posix()


def _target(document: Document, as_: str, replace: bool) -> tuple[str, Path, dict[Path, bytes]]:
    """The text to change, the file to write, and files that must stand beside it."""
    text = "" if document.is_workbook else document.path.read_bytes().decode("utf-8-sig")
    if not as_:
        if document.is_workbook:
            raise refused(document.name, "a workbook stays as it is; save the plan as a file of its own")
        if document.is_example:
            raise refused(document.name, "an example stays as it is; save it under a name of your own")
        if sha256(document.path.read_bytes()).hexdigest() != document.sha256:
            rule = "was changed by another program since it was opened"
            raise ScenarioError(
                [Fault(document.name, "", "", rule, "save under another name, or reload the file and lose your edits")]
            )
        return text, document.path, {}
    if not _FILE_NAME.fullmatch(as_):
        raise refused(as_, f"{shown(as_)!r} is not a file name; write a name such as monday.yaml")
    folder = document.workspace.root if document.is_example else document.path.parent
    target = folder / as_
    document.workspace.inside(target.relative_to(document.workspace.root).as_posix())
    if target.exists() and not replace:
        raise refused(as_, f"{shown(as_)!r} already exists; choose another name, or replace it")
    if document.is_workbook:
        from cxsim.scenario.book.convert import converted  # with what writes workbooks

        text = converted(document.scenario, target).decode()
    return text, target, _of_example(document, folder) if document.is_example else {}


def _of_example(document: Document, folder: Path) -> dict[Path, bytes]:
    """The files that an example names, as they are copied beside it."""
    source = examples.folder()
    name = document.path.relative_to(source).with_suffix("").as_posix()
    out: dict[Path, bytes] = {}
    for file in examples.files(name)[1:]:
        path, data = folder / os.path.relpath(source / file, document.path.parent), (source / file).read_bytes()
        document.workspace.inside(os.path.relpath(path, document.workspace.root))
        if path.exists() and path.read_bytes() != data:
            raise refused(file, f"{shown(path.name)!r} already exists with other contents; start the studio elsewhere")
        if not path.exists():
            out[path] = data
    return out


def changes_in_place(document: Document, changes: Mapping[str, Mapping[int, float]]) -> dict[Place, Any] | None:
    """Values of the scenario file that give the plan, if the groups changed are there and alike every day."""
    scenario, timeline = document.scenario, document.model.timeline
    if scenario.staff.file is not None:
        return None
    out: dict[Place, Any] = {}
    groups = list(scenario.groups)
    for name in changes:
        row = dict(zip(document.saved.times, document.current[groups.index(name)].tolist(), strict=True))
        if timeline.steady:
            value: Any = int(next(iter(row.values())))
        else:
            by_slot: dict[float, set[float]] = {}
            for t, agents in row.items():
                if document.model.layout.open_mask[t]:
                    start = timeline.labels[t]
                    by_slot.setdefault(start.hour * 3600.0 + start.minute * 60.0 + start.second, set()).add(agents)
            slots = scenario.horizon.slots(scenario.horizon.interval)
            if any(len(one) > 1 for one in by_slot.values()) or not set(by_slot) <= set(slots):
                return None
            known = [by_slot[slot].pop() if slot in by_slot else None for slot in slots]
            usual = next(x for x in known if x is not None)
            each = [int(usual if x is None else x) for x in known]
            value = each[0] if len(set(each)) == 1 else each
        out[("staff", "headcounts", name) if name in scenario.staff.headcounts else ("groups", name, "agents")] = value
    return out


def shifts_in_place(document: Document, rows: shifts.Rows, file: str) -> tuple[dict[Place, Any], tuple[Place, ...]]:
    """The changes that give a scenario these shifts: in its own list, or naming a table of them."""
    changed, staff = document.changed_shifts(), document.scenario.staff
    listed = len(staff.shifts)
    if not shifts.has_table(document.scenario) and all(
        row and row["agents"] and int(key) < listed for key, row in changed.items()
    ):
        out: dict[Place, Any] = {}
        gone: list[Place] = []
        for key in changed:
            before, after = (shifts.as_written(one) for one in (document.saved_rows[key], rows[key]))
            at: Place = ("staff", "shifts", int(key))
            out |= {(*at, name): value for name, value in after.items() if before.get(name) != value}
            gone += [(*at, name) for name in before if name not in after]
        return out, tuple(gone)
    if staff.file and not shifts.has_table(document.scenario):
        rule = "cannot be saved with shifts added or removed, because staff.file holds headcounts"
        raise ScenarioError([Fault(document.name, "staff", "", rule, "change the shifts in the scenario file")])
    return {("staff", "file"): file}, (*(("staff", key) for key in ("sheet", "columns", "carry_down", "shifts")),)


def named_table(document: Document, file: str) -> tuple[dict[Place, Any], tuple[Place, ...]]:
    """The changes that make a scenario name a table of headcounts: values, and keys that go."""
    staff, faults = document.scenario.staff, []
    on_shifts = [name for name, why in document.locked.items() if why]
    if on_shifts or staff.shifts:
        rule = "cannot be saved with days that differ while other groups work in shifts or by other clocks"
        fix = "give every day the same headcounts, or change the scenario file"
        faults.append(Fault(document.name, "staff", "", rule, fix))
        raise ScenarioError(faults)
    gone: list[Place] = [("staff", key) for key in OF_TABLES if key != "file"]
    gone += [("groups", name, "agents") for name, group in document.scenario.groups.items() if group.agents is not None]
    return {("staff", "file"): file}, tuple(gone)


def table_text(document: Document) -> str:
    """The plan as a CSV: a row for each interval, a column for each group."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    one_day = len({label[:10] for label in document.saved.labels}) == 1
    writer.writerow([*(() if one_day else ("date",)), "time", *document.scenario.groups])
    for label, agents in zip(document.saved.labels, document.current.T.tolist(), strict=True):
        when = label[11:16] + label[19:]
        writer.writerow([*(() if one_day else (label[:10],)), when, *(f"{x:g}" for x in agents)])
    return out.getvalue()


def _write(document: Document, target: Path, text: str, files: Mapping[Path, bytes]) -> None:
    """Write everything, or put everything back as it was."""
    before = {path: path.read_bytes() if path.exists() else None for path in files}
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        with part_of(target) as part:
            part.write_bytes(text.encode("utf-8"))
            _same_plan(document, part, target)
            os.replace(part, target)
    except (OSError, ScenarioError) as error:
        for path, old in before.items():
            with contextlib.suppress(OSError):
                path.unlink() if old is None else write_whole(path, old)
        if isinstance(error, ScenarioError):
            raise
        rule = f"cannot be written ({error.strerror})"
        raise ScenarioError([Fault(target.name, "", "", rule, "save under another name")]) from None


def _same_plan(document: Document, part: Path, target: Path) -> None:
    """ScenarioError unless what is about to be saved reads back with the plan on the screen."""
    try:
        scenario = read(part)
    except ScenarioError as error:
        named = [Fault(f.place.replace(str(part), target.name), f.path, f.value, f.rule, f.fix) for f in error.faults]
        raise ScenarioError(named) from None
    timeline = prepare(scenario).timeline
    given = headcounts(scenario, timeline)
    rows = document.changed_rows()
    if rows is not None and not shifts.alike(
        plan(scenario, timeline), document.edited_model(document.changes(), rows).plan
    ):
        rule = "would not be read back with the shifts on the screen"
        raise ScenarioError([Fault(target.name, "staff", "", rule, "change the shifts in the scenario file")])
    for g, name in enumerate(document.scenario.groups):
        if name in document.locked:
            continue
        back = np.nan_to_num(given[name])[list(document.saved.times)] if name in given else None
        if back is None or not np.array_equal(back, document.current[g]):
            rule = "would not be read back as it is on the screen"
            fix = "its file says hours in a way that the studio cannot write; change the file"
            raise ScenarioError([Fault(target.name, f"groups.{name}", "", rule, fix)])
