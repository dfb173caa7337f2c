"""Steps on the text of a scenario: entries appended, removed and renamed, everything else as it was."""

from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cxsim.scenario.io.edit_text import Put, Remove, Rename, applied
from cxsim.scenario.io.faults import ScenarioError
from cxsim.scenario.io.yaml_tree import load, plain_scalar

TEXT = """\
groups:
  # the first
  a b: {serves: [x, y]}   # of two words
  late:
    serves: [x]
staff:
  shifts:              # agreed
    - {group: late}    # early
    # the long one
    - group: late
      breaks: [12:00-12:30]
    - {group: a b}
"""


@pytest.mark.parametrize(
    ("step", "was", "becomes"),
    [
        (Rename(("groups", "a b"), "ab"), "  a b: {serves", "  ab: {serves"),
        (Rename(("groups", "late"), "on"), "  late:\n", '  "on":\n'),
        (Rename(("groups", "nobody"), "x"), "", ""),
        (Put(("groups", "a b", "serves", 2), "z"), "[x, y]", "[x, y, z]"),
        (Put(("groups", "late", "serves", 0), "z"), "[x]\n", "[z]\n"),
        (Remove(("groups", "a b", "serves", 0)), "[x, y]", "[y]"),
        (Remove(("groups", "late", "serves", 0)), "serves: [x]\n", "serves: []\n"),
        (Remove(("staff", "shifts", 0)), "    - {group: late}    # early\n", ""),
        (Remove(("staff", "shifts", 1)), "    - group: late\n      breaks: [12:00-12:30]\n", ""),
        (Put(("staff", "shifts", 3), {"group": "late"}), "{group: a b}\n", "{group: a b}\n    - {group: late}\n"),
        (Put(("staff", "shifts", 1, "start"), "08:00"), "12:30]\n", "12:30]\n      start: 08:00\n"),
        (Put(("groups", "late", "wage"), plain_scalar("8.000")), "serves: [x]\n", "serves: [x]\n    wage: 8.000\n"),
        (Put(("groups", "late", "away"), "3 min"), "serves: [x]\n", "serves: [x]\n    away: 3 min\n"),
    ],
)  # fmt: skip
def test_a_step_changes_its_place_alone(step, was, becomes):
    assert applied(TEXT, [step]) == TEXT.replace(was, becomes, 1)


@pytest.mark.parametrize("text", ["80%/20s", "200 per 30 min", "+9 points", "08:00-20:00", "2026-03-02", "3% per year"])
def test_quantities_are_written_without_quotes(text):
    assert applied("a: 1\n", [Put(("a",), text)]) == f"a: {text}\n"


@pytest.mark.parametrize("text", ["12", "1e3", "null", "a: b", "8: x", "x #y", "- a", "[a", "", " a", "a "])
def test_a_text_that_would_be_read_as_something_else_is_quoted(text):
    written = applied("a: {b: 1}\n", [Put(("a", "b"), text)])
    assert load(written.encode(), "x")[0] == {"a": {"b": text}}


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ScenarioError, match="'late' already exists"):
        applied(TEXT, [Rename(("groups", "a b"), "late")])


KEYS = st.sampled_from(["agents", "wage", "a b", "on", "ä", "x: y", "#", "'", "12", "-", "3 min"])
LEAVES = st.integers(0, 99) | KEYS
TREES = st.dictionaries(
    KEYS, LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(KEYS, LEAVES, min_size=1, max_size=3), min_size=1
)


@st.composite
def tree_and_steps(draw):
    tree = {"cxsim": 1, **draw(TREES)}  # which always stays
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        key = draw(st.sampled_from(list(tree)[1:]))
        below = tree[key]
        path = (key, draw(st.integers(0, len(below) - 1))) if isinstance(below, list) and below else (key,)
        kinds = [Remove(path), Put(path, draw(LEAVES))]
        if (other := draw(KEYS)) not in tree and not any(isinstance(step, Rename) for step in steps):
            kinds.append(Rename((key,), other))
        steps.append(draw(st.sampled_from(kinds)))
    return tree, steps


@settings(max_examples=60)
@given(tree_and_steps(), st.booleans())
def test_any_steps_read_back_as_they_would_on_the_values(given, block):
    """`applied` compares with the steps on the values and raises if they differ; nothing may be refused here."""
    tree, steps = given
    out = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = not block
    yaml.dump(tree, out)
    if load(out.getvalue().encode(), "x")[0] != tree:
        return  # the dumper's own forms of keys
    applied(out.getvalue(), steps)
