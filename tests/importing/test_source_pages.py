"""Each source has a page, and the page names every column that is read."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from cxsim.importing.sources import sources

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = DOCS / "reference" / "sources"


def _generate():
    spec = importlib.util.spec_from_file_location("generate_sources", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generate()


def test_there_is_a_page_for_each_source_and_no_other():
    assert {path.stem for path in PAGES.glob("*.md")} == {*sources(), "index"}


@pytest.mark.parametrize("name", sources())
def test_the_page_has_the_title_every_column_with_its_meaning_and_every_limit(name):
    one = sources()[name]
    text = generate.fill((PAGES / f"{name}.md").read_text(encoding="utf-8"))
    assert text.startswith(f"# {one.title}\n")
    for role, spec in one.plan.columns.items():
        (row,) = [line for line in text.splitlines() if f"| `{role}` |" in line]
        assert all(column.replace("|", "\\|") in row for column in spec.columns)
        assert len(row.split(" | ")[2]) >= 3  # what it means
    assert all(event in text for event in one.plan.events)
    assert all(limit.replace("|", "\\|") in text for limit in one.limits)
