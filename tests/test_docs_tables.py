"""Tables of the documentation, and that the built pages cut nothing off."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from cxsim.rules.routing.catalogue import AGENTS, CONTACTS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(`{3,}).*?\n.*?^\1$", re.MULTILINE | re.DOTALL)


def _generate() -> Any:
    spec = importlib.util.spec_from_file_location("generate_tables", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generate()


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_each_row_of_a_table_has_a_cell_for_each_head(page: Path) -> None:
    """A bar in `code` ends the cell too, so that what follows would not be shown; it needs a backslash."""
    text = FENCE.sub("", generate.fill(page.read_text(encoding="utf-8")))
    wrong = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
        wrong += [row for row, bars in zip(table.splitlines(), rows, strict=True) if bars != rows[0]]
    assert wrong == []


def test_every_routing_rule_is_in_the_rules_and_on_a_page_of_its_family() -> None:
    reference = ROOT / "docs" / "reference"
    rules = (reference / "rules.md").read_text(encoding="utf-8")
    pages = "".join(page.read_text(encoding="utf-8") for page in (reference / "policies").glob("*.md"))
    names = [*AGENTS, *CONTACTS]
    assert [name for name in names if f"| `{name}` |" not in rules] == []
    assert [name for name in names if not re.search(rf"\b{name}\b", pages)] == []
