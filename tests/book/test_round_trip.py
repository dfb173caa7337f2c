"""A scenario written as a workbook and read back is the same scenario, whatever is in it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from agreement.strategies import scenarios
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cxsim.scenario import examples, parse, read
from cxsim.scenario.book import cells
from cxsim.scenario.book.convert import converted
from cxsim.scenario.book.read import load
from cxsim.scenario.book.write import workbook
from cxsim.scenario.io.writing import document

SHIPPED = [name for name in examples.names() if not name.startswith("sweeps/")]


def in_full(scenario: Any) -> str:
    """The order of names included, which decides ties; but headcounts are looked up by group."""
    both = [document(scenario), scenario.model_dump(mode="json")]
    for one in both:
        if found := one.get("staff", {}).get("headcounts"):
            one["staff"]["headcounts"] = dict(sorted(found.items()))
    return json.dumps(both, default=str)


def through_a_workbook(tree: dict[str, Any]) -> Any:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "book.xlsx"
        file.write_bytes(workbook(tree))
        back, marks, faults = load(file)
    assert faults == []
    assert all("!" in mark.value for at, mark in marks.items() if at)
    return back


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_goes_both_ways_without_loss(name):
    first = read(examples.folder() / f"{name}.yaml")
    again = parse(through_a_workbook({"name": first.name, **first.source.written[0]}), folder=first.source.folder)
    assert in_full(again) == in_full(first)
    assert again == first
    folder = first.source.folder
    assert converted(again, folder / "other.yaml") == converted(again, folder / "third.yaml")


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(scenarios(loop="rich"))
def test_any_scenario_goes_through_a_workbook_without_loss(tree):
    assert in_full(parse(through_a_workbook(tree))) == in_full(parse(tree))


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=12)
PLAIN = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=6,
)
HARD = (
    "12",
    "1e5",
    "true",
    "null",
    "~",
    "1.200",
    "{a}",
    "[",
    "'x",
    '"',
    "a: b",
    "- x",
    "#",
    "=1+1",
    "a, b",
    " x",
    "0x1",
)


@settings(deadline=None, max_examples=400)
@example(math.inf, "", False)
@example("0x1", "", True)
@example(1e15, "", True)
@given(VALUES | st.sampled_from(HARD), st.sampled_from(("", "s", "%", "hh:mm", "yyyy-mm-dd")), st.booleans())
def test_every_value_has_a_cell_that_reads_back(value, unit, is_list):
    """A text such as '12' stays a text, and a number a number."""
    if value is None or (unit and not isinstance(value, str)):
        return
    made = cells.written(value, unit, is_list)
    if made is None:
        assert isinstance(value, str | dict | list)  # a key with a quote or a line end that YAML refuses
        assert "<<" in json.dumps(value) or not json.dumps(value).isprintable() or len(json.dumps(value)) > 20
        return
    back, faults = cells.read(cells.Cell(made[0], "%" in made[1]), unit, is_list)
    assert faults == []
    assert cells._same(back, value, unit, is_list)


def test_the_words_of_a_name_stay_words(tmp_path):
    tree = {
        "cxsim": 1,
        "notes": "=1+1, {not a formula}",
        "reasons": {"1": {"volume": "30/h", "handle_time": "240s", "queue": "true"}},
        "queues": {"true": {"target": {"sl": {"share": "80%", "within": "20s"}}}},
        "groups": {"null": {"agents": 4, "serves": ["true"]}},
        "overrides": {"more": {"reasons.1.volume": "40/h"}},
    }
    assert through_a_workbook(tree) == tree


def test_a_list_too_long_for_a_cell_goes_on_in_the_next_column():
    times = [f"08:00:{k % 60:02d}.{k:04d}" for k in range(4000)]
    tree = {
        "cxsim": 1,
        "reasons": {"a": {"volume": {"arrivals": {"times": times}}, "handle_time": "240s"}},
        "groups": {"team": {"agents": 4, "serves": ["a"]}},
    }
    assert len(json.dumps(times)) > cells.LONGEST
    assert through_a_workbook(tree) == tree
