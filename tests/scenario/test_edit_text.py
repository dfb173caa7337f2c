"""Single changes to the text of a scenario: what is changed reads back, the rest is the same to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsim.scenario.io.edit_text import edited
from cxsim.scenario.io.yaml_tree import load

BLOCK = """\
# head
groups:
  team:            # the team
    agents: 3   # three
    serves: [a, b]

    # about wages
    wage: 20
  other: {agents: [1, 2,
                   3], serves: a}   # end
staff:
  # where
  file: x.csv      # the table
  scheduled: false
empty:
"""


@pytest.mark.parametrize(
    ("path", "value", "was", "becomes"),
    [
        (("groups", "team", "agents"), [1, 2], "agents: 3   # three", "agents: [1, 2]   # three"),
        (("groups", "other", "agents"), 7, "agents: [1, 2,\n                   3]", "agents: 7"),
        (("groups", "team", "site"), "north", "    wage: 20\n", "    wage: 20\n    site: north\n"),
        (("groups", "other", "wage"), 4.5, "3], serves: a}", "3], serves: a, wage: 4.5}"),
        (("staff", "file"), "a b.csv", "file: x.csv      #", 'file: "a b.csv"      #'),
        (("empty",), {"a": [1]}, "empty:\n", "empty: {a: [1]}\n"),
        (("empty", "deep", "er"), 1, "empty:\n", "empty: {deep: {er: 1}}\n"),
        (("new",), "true", "empty:\n", 'empty:\nnew: "true"\n'),
    ],
)
def test_a_value_is_put_where_it_belongs_and_nothing_else_moves(path, value, was, becomes):
    assert edited(BLOCK, {path: value}) == BLOCK.replace(was, becomes)


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        (("groups", "team", "agents"), "    agents: 3   # three\n", ""),
        (("groups", "other", "agents"), "{agents: [1, 2,\n                   3], serves: a}", "{serves: a}"),
        (("groups", "other", "serves"), ", serves: a}", "}"),
        (("staff", "file"), "  file: x.csv      # the table\n", ""),
        (("nothing", "there"), "", ""),
    ],
)
def test_a_key_goes_with_its_value(path, was, becomes):
    assert edited(BLOCK, {}, (path,)) == BLOCK.replace(was, becomes)


def test_line_ends_stay_as_they_are():
    text = BLOCK.replace("\n", "\r\n")
    assert edited(text, {("groups", "team", "site"): "north"}).count("\r\n") == text.count("\r\n") + 1


KEYS = st.sampled_from(["agents", "wage", "a b", "on", "ä", "x: y", "#", "'", "12"])
LEAVES = st.integers(0, 99) | KEYS | st.lists(st.integers(0, 9), max_size=3)
TREES = st.recursive(LEAVES, lambda below: st.dictionaries(KEYS, below, min_size=1, max_size=3), max_leaves=8)


@given(
    st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.lists(KEYS, min_size=1, max_size=3), LEAVES, st.booleans()
)
def test_what_is_put_reads_back_whatever_the_names(tree, path, value, block):
    """In flow and in block style; all other values stay (`edited` compares the trees itself)."""
    from io import StringIO

    from ruamel.yaml import YAML

    out = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = not block
    yaml.dump(tree, out)
    read = load(edited(out.getvalue(), {tuple(path): value}).encode(), "x")[0]
    for step in path:
        read = read[step]
    assert read == value
