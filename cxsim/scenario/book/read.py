"""From a workbook to the tree of values that a YAML file would have, each with the sheet and cell it came from."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from cxsim.scenario.book import cells, layout
from cxsim.scenario.book.cells import Cell
from cxsim.scenario.book.roster import read_roster
from cxsim.scenario.book.sheet import Page, pages
from cxsim.scenario.book.tree import Tree
from cxsim.scenario.io.faults import Fault, Path, dotted
from cxsim.scenario.io.paths import LEAF, info_at, shape_at
from cxsim.scenario.io.yaml_tree import Marks
from cxsim.scenario.model import units
from cxsim.tables.reader import TableError

USERS_OWN = ("read me", "note", "about")  # how the names of sheets begin that are not read
REMARKS = ("note", "notes", "remark", "remarks", "meaning", "example")  # columns that are not read
TIME_HEADS = ("date", "weekday", "day", "time", "from", "start", "interval", "end", "to")


def is_workbook(path: FilePath) -> bool:
    """Whether a file is a workbook by its name and first bytes. Raises OSError."""
    if path.suffix.lower() in (".yaml", ".yml"):
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def load(path: FilePath) -> tuple[Any, Marks, list[Fault]]:
    """The values, marks and faults of a scenario workbook, as `yaml_tree.load` of a YAML file."""
    try:
        found = pages(path)
    except TableError as error:
        return None, {}, [Fault(f"{path}", "", "", error.rule, error.fix)]
    tree = Tree(str(path))
    known = {one.title.casefold(): one for one in layout.records()}
    own = {one.title.casefold(): one for one in layout.OWN}
    handled: list[Page] = []
    for title in (
        layout.SETTINGS,
        *(one.title for one in layout.records()),
        layout.ROSTER,
        layout.SERIES,
        layout.OTHER,
    ):
        page = found.pop(title.casefold(), None)
        if page is None:
            continue
        handled.append(page)
        if title in (layout.SETTINGS, layout.OTHER):
            _settings(tree, page, continued=title == layout.OTHER)
        elif title == layout.SERIES:
            _series(tree, page)
        elif title == layout.ROSTER:
            read_roster(tree, page)
        else:
            _records(tree, page, known[title.casefold()])
    for key, one in own.items():
        page = found.pop(key, None)
        if page is not None:
            handled.append(page)
            _own(tree, page, one, path.name)
    if not handled:
        fix = "write one to fill in with `cxsim new --workbook center.xlsx`"
        return None, {}, [Fault(str(path), "", "", "has none of the sheets of a scenario workbook", fix)]
    _unread(tree, found, path.name)
    tree.value.setdefault("cxsim", 1)
    return tree.value, tree.marks, tree.faults


def _unread(tree: Tree, rest: dict[str, Page], name: str) -> None:
    """Say that a sheet is not read, unless it is the user's own or a table that the scenario names."""
    titles = [*(one.title for one in layout.records()), *(one.title for one in layout.OWN), layout.ROSTER]
    titles += [layout.SETTINGS, layout.SERIES, layout.OTHER]
    named = _sheets(tree.value, name)
    for page in rest.values():
        if page.title.casefold().startswith(USERS_OWN) or page.title in named or not page.rows:
            continue
        close = units.nearest(page.title, titles)
        fix = f"did you mean {close!r}? " if close else ""
        fix += f"To keep it as your own, begin its name with 'Note': 'Note {page.title}'"
        tree.fault(page.place(0, 0), (), page.title, "is not a sheet that cxsim reads", fix)


def _sheets(value: Any, name: str) -> set[str]:
    """The sheets of this workbook that the scenario names as tables."""
    if isinstance(value, dict):
        mine = {str(value["sheet"])} if value.get("file") == name and "sheet" in value else set()
        return mine.union(*(_sheets(item, name) for item in value.values()))
    return set().union(*(_sheets(item, name) for item in value)) if isinstance(value, list) else set()


def _records(tree: Tree, page: Page, spec: layout.Records) -> None:
    heads, known = layout.heads(spec), layout.columns(spec)
    names = {layout.folded(key): i for i, key in enumerate(spec.keys)}
    keyed: dict[int, int] = {}  # column of a name: which name
    plain: dict[int, tuple[str, str]] = {}  # column: key, unit
    for j, text in page.heads():
        folded = layout.folded(text)
        if folded in names and names[folded] not in keyed.values():
            keyed[j] = names[folded]
        elif folded in heads:
            if heads[folded] in (key for key, _ in plain.values()):
                tree.fault(page.place(page.top, j), (), text, "is the heading of two columns", "remove one of them")
            plain[j] = heads[folded], layout.told_unit(text)
        elif folded not in REMARKS:
            options = [*spec.keys, *(layout.heading(key, known[key][1]) for key in spec.shown if key in known)]
            close = units.nearest(folded, heads)
            fix = f"did you mean {layout.heading(heads[close], known[heads[close]][1])!r}?" if close else ""
            fix = fix or f"the headings are {units.listing(options, 20)}"
            tree.fault(page.place(page.top, j), (), text, f"is not a heading of the sheet {page.title}", fix)
    lacking = [key for i, key in enumerate(spec.keys) if i not in keyed.values()]
    if lacking:
        fix = f"head the column of names {lacking[0]!r}"
        tree.fault(page.place(page.top, 0), (), "", f"has no column {lacking[0]!r}", fix)
        return
    first: dict[tuple[str, ...], str] = {}
    for i in page.body():
        cells_here = {j: page.cell(i, j) for j in (*keyed, *plain)}
        if all(cell.value in ("", None) for cell in cells_here.values()):
            continue
        place = page.place(i, min(keyed, default=min(plain, default=0)))
        name = tuple(cells.name_of(cells_here[j]) for j, _ in sorted(keyed.items(), key=lambda one: one[1]))
        if not all(name):
            tree.fault(
                place, (), "", f"has no {spec.keys[name.index('')].lower()}", "fill in the name, or clear the row"
            )
            continue
        if name and name in first:
            rule = f"is on this sheet twice (first in {first[name]})"
            tree.fault(place, (), " ".join(name), rule, "remove one of the rows")
            continue
        first[name] = page.name(i, min(keyed, default=0))
        at = _filled(tree, spec.path, name)
        if spec.path[-1] in (layout.EACH, layout.ENTRY):
            tree.open(at, place)
        for j, (key, unit) in plain.items():
            shape, info = known[key]
            _put(tree, page, i, j, (*at, *key.split(".")), unit, layout.is_list(shape), layout.is_flag(info))


def _filled(tree: Tree, path: Path, names: tuple[str, ...]) -> Path:
    """The path of a row: names in their places, and the next number of a list."""
    left, out = list(names), list[str | int]()
    for step in path:
        out.append(left.pop(0) if step == layout.EACH else tree.length(tuple(out)) if step == layout.ENTRY else step)
    return tuple(out)


def _put(tree: Tree, page: Page, i: int, j: int, at: Path, unit: str, is_list: bool, is_flag: bool) -> None:
    """Put the value of a cell into the tree; blank cells say nothing."""
    cell, place = page.cell(i, j), page.place(i, j)
    if cell.value in ("", None):
        return
    try:
        value, faults = cells.read(cell, unit, is_list, is_flag)
    except cells.Ambiguous as two:
        tree.fault(place, at, cells.said(cell), two.rule, two.fix)
        return
    for fault in faults:
        tree.fault(place, at, cells.said(cell), fault.rule, fault.fix)
    if not faults:
        tree.put(at, value, place, cells.said(cell))


def _settings(tree: Tree, page: Page, continued: bool) -> None:
    """A row for each setting: its path, and its value, which may go on in further columns."""
    for i in page.body():
        key = page.cell(i, 0)
        if key.value in ("", None):
            if page.cell(i, 1).value not in ("", None):
                fix = "write the setting in the first column, such as horizon.start"
                tree.fault(page.place(i, 1), (), cells.said(page.cell(i, 1)), "is a value without a setting", fix)
            continue
        path = tuple(str(key.value).strip().split("."))
        if "" in path:
            tree.fault(page.place(i, 0), (), str(key.value), "is not a setting", "write one such as horizon.start")
            continue
        cell = page.cell(i, 1)
        if continued and isinstance(cell.value, str):
            cell = Cell("".join(str(page.cell(i, j).value or "") for j in range(1, page.width)))
            page.override[i, 1] = cell
        told = "" if continued else layout.told_unit(str(page.cell(i, 2).value or ""))
        info = info_at(path)
        is_flag = info is not None and layout.is_flag(info)
        _put(tree, page, i, 1, path, told, layout.is_list(shape_at(path) or LEAF), is_flag)


def _series(tree: Tree, page: Page) -> None:
    """A list in each column, below its path."""
    for j, text in page.heads():
        if layout.folded(text) in ("no", "no.", "time", *REMARKS):
            continue
        path = tuple(text.strip().split("."))
        filled = [i for i in range(page.top + 1, len(page.rows)) if page.cell(i, j).value not in ("", None)]
        if not filled:
            continue
        blank = next((i for i in range(page.top + 1, filled[-1]) if i not in filled), None)
        if blank is not None:
            rule = "is blank, but the column goes on below it"
            tree.fault(page.place(blank, j), path, "", rule, "write a number, such as 0")
        read = [cells.read(page.cell(i, j)) for i in filled]
        tree.put(path, [value for value, _ in read], page.place(page.top, j), "")
        for k, i in enumerate(filled):
            tree.mark((*path, k), page.place(i, j), cells.said(page.cell(i, j)))
            for fault in read[k][1]:
                tree.fault(page.place(i, j), path, cells.said(page.cell(i, j)), fault.rule, fault.fix)


def _own(tree: Tree, page: Page, one: layout.Own, file: str) -> None:
    """Refer to a table by interval on a sheet of this workbook, wherever the scenario does not say otherwise."""
    if not list(page.body()):
        return
    parts = tree.value.get(one.part)
    names = list(parts) if isinstance(parts, dict) else []
    here = {cells.name_of(page.cell(page.top, j)): j for j, _ in page.heads()}
    for text, j in here.items():
        if text not in names and text.casefold() not in TIME_HEADS:
            kind = {"reasons": "reason", "groups": "team"}[one.part]
            fix = units.suggestion(text, [*names, *TIME_HEADS[:4]], "the headings are")
            tree.fault(page.place(page.top, j), (), text, f"is not a {kind} of this workbook", fix)
    place = page.place(page.top, 0)
    if one.key == "staff":
        tree.put(("staff", "file"), file, place, "")
        tree.put(("staff", "sheet"), page.title, place, "")
        return
    for name, j in here.items():
        if name not in names:
            continue
        at = (one.part, name, one.key)
        entry = parts[name] if isinstance(parts, dict) else None
        stated = entry.get(one.key) if isinstance(entry, dict) else None
        rival = next((key for key in one.rivals if key in stated), "") if isinstance(stated, dict) else ""
        if rival or (stated is not None and not isinstance(stated, dict)):
            where = (*at, rival) if rival else at
            rule = f"is given here and on the sheet {page.title}"
            tree.fault(
                tree.place(where), where, dotted(where[1:]), rule, f"clear this cell, or the column {name!r} there"
            )
            continue
        tree.put((*at, "file"), file, page.place(page.top, j), "")
        tree.put((*at, "sheet"), page.title, page.place(page.top, j), "")
