"""What a user may read is plain English: none of the phrases that readers stumbled over comes back.

One list for all: help texts, messages, report sentences, headings, descriptions of keys, templates and pages.
"""

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cxsim.cli import COMMANDS, cli

ROOT = Path(__file__).parents[2]
BANNED = (
    r"and leave\.",
    r"and stop\.",
    r"\banew\b",
    r"\b(?<!there )is no (?!longer|doubt)",
    r"may be repeated",
    r"if not given",
    r"where not given",
    r"if none is given",
    r"How often it",
    r"Address of the random",
    r"Say nothing but",
    r"To be right",
    r"of one's own",
    r"\bcalls? back\b",
    r"\blaws?\b(?! of)",
    r"leaves nobody",
    r"is said of",
    r"is said again",
    r"told apart",
    r"\bwhoever\b",
    r"\bof whom\b",
    r"\bso many\b",
    r"\blacking\b",
    r"may stand in",
    r"stands? beside",
    r"beside the (file|scenario)",
    r"do(es)? not go with",
    r"nobody would come",
    r"never ends",
    r"is better the",
    r"is none of the",
    r"\bput aside\b",
    r"to and fro",
    r"\breckoned\b",
    r"g[ia]ve[s]? up waiting",
    r"hand(s|ed)? on\b",
    r"is there already",
    r"in place of the",
    r"lies outside",
    r"come(s)? to nothing",
    r"the other(s)? as they are",
    r"[Tt]he commonest",
    r"not told otherwise",
    r"needs to be told",
    r"\ba row an? (?=queue|point|interval|day|replication)",
    r"cannot be had",
    r"half written",
    r"twice leaves",
    r"meets? the same customers",
    r"\bset (side by side|against|beside)",
    r"that (is|was) there,",
    r"in another way than",
    r"the law\b",
    r"beside (it|the company|others)\b",
    r"\bno staff can\b",
    r"in words\b",
)


def banned(text: str) -> list[str]:
    words = " ".join(text.split())
    return [found[0] for phrase in BANNED if (found := re.search(phrase, words))]


def said(path: Path) -> list[tuple[int, str]]:
    """Line and text of every string with several words in a module, docstrings left out and f-strings joined."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    out = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            out.append((node.lineno, "".join(map(str, parts))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            out.append((node.lineno, node.value))
    return [(line, text) for line, text in sorted(out) if " " in text.strip()]


MODULES = [path for path in sorted((ROOT / "cxsim").rglob("*.py")) if path.parent.name != "schema"]  # names in data
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# What the pages still say, and how often: these numbers only fall.
STILL_IN_PAGES = {
    r"\blaws?\b(?! of)": 15,
    r"\bwhoever\b": 6,
    r"if not given": 3,
    r"\b(?<!there )is no (?!longer|doubt)": 2,
    r"g[ia]ve[s]? up waiting": 2,
    r"hand(s|ed)? on\b": 2,
    r"beside (it|the company|others)\b": 2,
    r"told apart": 1,
    r"\bof whom\b": 1,
    r"\bso many\b": 1,
    r"beside the (file|scenario)": 1,
}
TEMPLATES = sorted(path for path in (ROOT / "cxsim").rglob("templates/*") if path.suffix in (".yaml", ".j2"))


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_help_text_uses_a_banned_phrase(command):
    shown = CliRunner().invoke(cli, [*filter(None, [command]), "--help"])
    assert banned(shown.output) == []


def test_no_message_sentence_or_heading_uses_a_banned_phrase():
    assert len(MODULES) > 200
    found = [
        f"{path.relative_to(ROOT)}:{line}: {phrases} in {text!r}"
        for path in MODULES
        for line, text in said(path)
        if (phrases := banned(text))
    ]
    assert found == []


def test_no_template_uses_a_banned_phrase():
    assert TEMPLATES
    assert [(path.name, banned(path.read_text(encoding="utf-8"))) for path in TEMPLATES] == [
        (path.name, []) for path in TEMPLATES
    ]


def test_pages_do_not_use_banned_phrases_again():
    lines = [re.sub("`[^`]*`", "", line) for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    for phrase in BANNED:
        found = [line for line in lines if re.search(phrase, line)]
        assert len(found) <= STILL_IN_PAGES.get(phrase, 0), (phrase, found)
    assert set(STILL_IN_PAGES) <= set(BANNED)


def test_the_phrases_are_found_in_text_of_any_form(tmp_path):
    module = tmp_path / "m.py"
    module.write_text('"""Is no doc."""\nx = 1\ny = f"{x} is no "\\\n    "queue"\nz = ("write it "\n     "anew")\n')
    assert [banned(text) for _, text in said(module)] == [["is no "], ["anew"]]


def test_the_help_lists_every_command_under_its_purpose():
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert "\nCommands:" not in shown
    for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
        assert f"\n{section}:\n" in shown
