"""Which cells of a workbook show a percentage: 0.8 there is read as 80 %."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BUILT_IN = {9, 10}  # 0% and 0.00%


def percent_cells(path: Path) -> dict[str, set[str]]:
    """The cells with a number format of per cent, by sheet, as `C4`. Raises what a damaged workbook raises."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "xl/styles.xml" not in names:
            return {}
        styles = _percent_styles(ElementTree.fromstring(archive.read("xl/styles.xml")))
        if not styles:
            return {}
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        out: dict[str, set[str]] = {}
        for sheet in book.iter(f"{_MAIN}sheet"):
            inside = targets.get(sheet.get(_RELATION), "").removeprefix("/").removeprefix("xl/")
            if f"xl/{inside}" in names:
                with archive.open(f"xl/{inside}") as file:
                    out[str(sheet.get("name"))] = _cells(file, styles)
        return out


def _percent_styles(root: ElementTree.Element) -> set[str]:
    codes = {int(x.get("numFmtId", 0)): x.get("formatCode", "") for x in root.iter(f"{_MAIN}numFmt")}
    own = {number for number, code in codes.items() if "%" in re.sub(r'"[^"]*"', "", code)}
    found = root.find(f"{_MAIN}cellXfs")
    formats = [] if found is None else list(found)
    return {str(i) for i, one in enumerate(formats) if int(one.get("numFmtId", 0)) in own | _BUILT_IN}


def _cells(file: IO[bytes], styles: set[str]) -> set[str]:
    out = set()
    for _, one in ElementTree.iterparse(file):
        if one.tag == f"{_MAIN}c":
            if one.get("s") in styles:
                out.add(str(one.get("r")))
            one.clear()
    return out
