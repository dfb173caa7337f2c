"""`read_export`, the map of an import: read files, settle the mapping, read rows, check them, hide identities."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cxsim.importing import privacy
from cxsim.importing.canonical import TABLES
from cxsim.importing.checking import check, contradicting
from cxsim.importing.completing import complete
from cxsim.importing.contacts import read_contacts
from cxsim.importing.events import read_events
from cxsim.importing.export import Export, table
from cxsim.importing.fields import Reader, Rows, stack
from cxsim.importing.filtering import filtered
from cxsim.importing.guessing import layout_of
from cxsim.importing.intervals import read_intervals
from cxsim.importing.mapping import Plan, parse_yaml, plan_of, read_mapping
from cxsim.importing.quality import Quality
from cxsim.importing.roster import read_roster
from cxsim.importing.sources import recognized, source
from cxsim.importing.staffing import read_staffing
from cxsim.importing.totals import compare
from cxsim.importing.wide import as_given, long_form
from cxsim.tables.faults import ExportError
from cxsim.tables.reader import TableError
from cxsim.tables.sheets import Sheet, read_sheet
from cxsim.tables.steps import Progress, Steps

Paths = str | Path | Sequence[str | Path]


def read_export(
    paths: Paths,
    *,
    source: str | None = None,
    mapping: Mapping[str, Any] | str | Path | None = None,
    set: Mapping[str, Any] | Sequence[str] = (),
    keep_identities: bool = False,
    progress: Progress | None = None,
) -> Export:
    """Read one or several files that a contact-center system exported.

    What the columns mean is taken from `mapping`, from a known source, or guessed from all rows. Where two readings are
    possible, nothing is guessed: the error names the key to set and its choices.

    Parameters
    ----------
    paths : str, path or sequence of these
        CSV, text, XLSX or JSON files, all with the same columns.
    source : str, optional
        Name of a known source, as `cxsim import --sources` lists them; by default its columns tell.
    mapping : mapping, str or path, optional
        Keys of a mapping, or the file of one, such as the mapping.yaml of an earlier import.
    set : mapping or sequence of str, default ()
        Single keys of the mapping: {"timezone": "Europe/Paris"} or ["timezone=Europe/Paris"].
    keep_identities : bool, default False
        Keep names of agents, and names, numbers and addresses of customers. By default they become ids; the key of the
        ids is random and not kept.
    progress : callable, optional
        Called as `progress(done, expected)` after each step and every 50,000 rows; the import ends if
        it returns False.

    Returns
    -------
    Export
        The tables, the mapping that was used, and what became of every row.

    Raises
    ------
    ExportError
        The files or the mapping cannot be read, or two readings are possible; `faults` lists every fault and question.
    Cancelled
        `progress` returned False.

    Examples
    --------
    >>> export = cxsim.read_export("calls.csv", set={"timezone": "Europe/Paris"})
    >>> export.contacts.groupby("queue")["wait_s"].mean()
    """
    found = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if not found:
        raise ExportError([TableError("read_export", None, "was given no file", "name one file or more")])
    plan = _plan(source, _given(mapping, set))
    steps = Steps(progress, 2 * len(found) + 3)
    return _read(plan, _sheets(found, plan, steps), keep_identities, steps)


def _read(plan: Plan, sheets: Sequence[Sheet], keep_identities: bool, steps: Steps) -> Export:
    """What the files hold, once the mapping is settled from what was given, a known source, and all rows."""
    quality = Quality()
    for sheet in sheets:
        name = sheet.path.name
        quality.read[name] = len(sheet)
        quality.forms[name] = _form(sheet)
        if len(sheet.sheets) > 1:
            others = ", ".join(repr(one) for one in sheet.sheets if one != (plan.sheet or sheet.sheets[0]))
            why = "as you said" if plan.sheet else f"the first; the others ({others}) were not read"
            quality.told("sheet", plan.sheet or sheet.sheets[0], why)
        for what, lines in sheet.repairs:
            quality.note("repaired", what, name, list(lines))
    known = None if plan.source or plan.columns else recognized(sheets)
    if known is not None and known[0].fits(plan.layout):
        plan = plan.over(known[0].plan)
        quality.told("source", known[0].name, known[1])
    before = plan
    if plan.layout == "roster" or plan.wide or (not plan.layout and layout_of(sheets[0])[0] == "roster"):
        plan = replace(plan, layout=plan.layout or ("" if plan.wide else "roster"))
        plan, sheets = long_form(plan, sheets, quality)
    plan = complete(plan, sheets, quality)
    steps.tell(1)
    tables = _tables(plan, sheets, quality, steps)
    for _, rows in tables.items():
        for name, count in zip(rows.files.values, rows.files.counts.tolist(), strict=True):
            quality.kept[name] = quality.kept.get(name, 0) + count
    check(tables, plan, quality)
    contradicting(sheets, plan, quality)
    steps.tell(1)
    if not keep_identities:
        _hide(tables)
    else:
        _clean(tables)
    made = {name: table(name, rows, plan) for name, rows in tables.items()}
    steps.tell(1)
    return Export(as_given(plan, before).written(), quality, made)


def _given(
    mapping: Mapping[str, Any] | str | Path | None, changes: Mapping[str, Any] | Sequence[str]
) -> dict[str, Any]:
    try:
        found = (
            dict(mapping) if isinstance(mapping, Mapping) else {} if mapping is None else read_mapping(Path(mapping))
        )
        pairs = changes.items() if isinstance(changes, Mapping) else [_pair(text) for text in changes]
    except TableError as error:
        raise ExportError([error]) from None
    for key, value in pairs:
        _put(found, key, value)
    return found


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise TableError("--set", text, "is not KEY=VALUE", "write --set timezone=Europe/Paris")
    if re.fullmatch(r"[.,]|\d+:.*|[a-z]+:[a-z:]+", value):
        return key.strip(), value
    return key.strip(), parse_yaml(f"value: {value}", f"--set {text}")["value"]


def _put(found: dict[str, Any], key: str, value: Any) -> None:
    """Set `columns.aht.unit` and the like; the column of a filter may have dots in its name."""
    head, _, rest = key.partition(".")
    if not rest:
        found[key] = value
        return
    below = found.get(head)
    below = dict(below) if isinstance(below, Mapping) else {}
    role, _, part = rest.partition(".")
    if head == "columns" and part:
        spec = below.get(role)
        spec = dict(spec) if isinstance(spec, Mapping) else {} if spec is None else {"column": spec}
        below[role] = {**spec, part: value}
    else:
        below[rest] = value
    found[head] = below


def _plan(name: str | None, given: Mapping[str, Any]) -> Plan:
    try:
        plan = plan_of(given, "mapping")
        named = name or plan.source
        if named and not source(named).fits(plan.layout):
            rule = f"is not the layout of source {named}"
            raise TableError(
                "mapping  layout:", plan.layout, rule, f"write {source(named).plan.layout}, or leave it out"
            )
        return plan.over(source(named).plan) if named else plan
    except TableError as error:
        raise ExportError([error]) from None


def _sheets(paths: Sequence[Path], plan: Plan, steps: Steps) -> list[Sheet]:
    sheets, faults = [], []
    said: dict[str, Any] = {
        "sheet": plan.sheet or None,
        "names": plan.names,
        "delimiter": plan.delimiter,
        "encoding": plan.encoding,
    }
    for path in paths:
        try:
            sheets.append(read_sheet(path, **said, tick=steps.tell))
        except ExportError as error:
            faults += error.faults
        except TableError as error:
            faults.append(error)
        except LookupError:
            faults.append(
                TableError("mapping  encoding:", plan.encoding, "is not an encoding", "write utf-8 or cp1252")
            )
        steps.tell(1)
    names = [sheet.path.name for sheet in sheets]
    faults += [
        TableError(
            str(sheet.path), None, "has the name of another file", "rename one: reports name files without folders"
        )
        for sheet, name in zip(sheets, names, strict=True)
        if names.count(name) > 1
    ]
    if faults:
        raise ExportError(faults)
    return sheets


def _form(sheet: Sheet) -> str:
    if sheet.form != "csv":
        return sheet.form
    mark = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(sheet.delimiter, sheet.delimiter)
    return f"csv, {mark}, {sheet.encoding.removesuffix('-sig')}, header in line {sheet.header}"


def _tables(plan: Plan, sheets: Sequence[Sheet], quality: Quality, steps: Steps) -> dict[str, Rows]:
    parts, faults = [], []
    for sheet in sheets:
        keep = filtered(sheet, plan, quality)
        reader = Reader(sheet, plan, keep)
        rows = reader.rows()
        faults += reader.faults
        for why, lines in reader.repairs.items():
            quality.note("repaired", why, sheet.path, lines)
        if plan.unreadable == "drop":
            quality.note("dropped", "a cell that cannot be read", sheet.path, sheet.lines[keep & reader.bad])
            keep = keep & ~reader.bad
        if plan.layout == "intervals":
            told = [n.lines for n in quality.notes if n.why == "row of totals" and n.file == sheet.path.name]
            compare(rows, keep, np.isin(sheet.lines, [line for lines in told for line in lines]), quality)
        parts.append(rows.kept(np.flatnonzero(keep)))
        steps.tell(1)
    if faults:
        raise ExportError(faults)
    rows = stack(parts)
    if not len(rows):
        why = "; ".join(sorted({note.why for note in quality.notes if note.what == "dropped"})) or "nothing to read"
        raise ExportError(
            [
                TableError(
                    ", ".join(quality.read),
                    None,
                    f"has no row to read ({why})",
                    "check 'demand' and 'drop' of the mapping",
                )
            ]
        )
    if plan.layout == "intervals":
        return {"intervals": read_intervals(rows, plan, quality)}
    if plan.layout == "staffing":
        return {"staffing": read_staffing(rows, plan, quality)}
    if plan.layout == "roster":
        return {"staffing": read_roster(rows, plan, quality)}
    if plan.layout == "events":
        contacts, staffing = read_events(rows, plan, quality)
        return {"contacts": contacts, **({"staffing": staffing} if staffing is not None else {})}
    return {"contacts": read_contacts(rows, plan, quality)}


def _identities(name: str) -> list[str]:
    return [column.name for column in TABLES[name] if column.kind == "identity"]


def _hide(tables: dict[str, Rows]) -> None:
    ids = privacy.Ids()
    for name, rows in tables.items():
        for role in _identities(name):
            if role in rows.texts:
                rows.texts[role] = ids.hidden(rows.texts[role], role)


def _clean(tables: dict[str, Rows]) -> None:
    for name, rows in tables.items():
        for role in _identities(name):
            if role in rows.texts:
                rows.texts[role] = privacy.kept(rows.texts[role])
