"""The table of bounds in the docs is as its command prints it, which leaves no instance out."""

from pathlib import Path

from benchmarks import bounds
from benchmarks.staffing import NAMES, SHIPPED

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "bounds.md"


def table():
    """The cells of the page's table of benchmarks, line by line."""
    lines = PAGE.read_text(encoding="utf-8").split("## Bounds of the benchmarks")[1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_every_instance_is_printed_and_the_page_has_them_in_that_order():
    """Before, the order was another one, and some rows came from a run with fewer plans."""
    heads, _, *rows = table()
    assert tuple(heads) == bounds.HEADS
    assert {*NAMES, *SHIPPED} == {*bounds.EVERY[:-1]}
    told = [row[0] for row in rows[:-1]]
    assert told == [name for name in bounds.EVERY if name in told]
    assert "retailer" in told
    assert rows[-1][0].endswith("small cases, medians")
    assert all(len(row) == len(bounds.HEADS) for row in rows)


def test_an_instance_whose_goals_no_plan_meets_has_a_row_too(monkeypatch):
    """Before, the command ended there with the error of the program."""

    def refused(given):
        raise bounds.Impossible("no plan")

    monkeypatch.setattr(bounds, "posed", lambda name: None)
    monkeypatch.setattr(bounds, "problem", lambda scenario: None)
    monkeypatch.setattr(bounds, "fluid", refused)
    row = bounds.line("planner-week", 0, None)
    assert row[:2] == ("planner-week", "no plan meets all goals") and len(row) == len(bounds.HEADS)
