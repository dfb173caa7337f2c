"""What the documentation shows must work: files are read, commands parse, Python runs, links lead somewhere.

Blocks of a page, by their language: `yaml` or `text` with a caption is a file of that name; `yaml` without one is a
part of a scenario, put over the last scenario file of the page; `console` are commands; `python` is run, the blocks
of a page one after another. A `text` block right after a single command of `PLAIN` is its output.
"""

from __future__ import annotations

import importlib.util
import linecache
import re
import shlex
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from xlsxwriter import Workbook

import cxsim
from cxsim.cli import cli
from cxsim.cli.compare import _read, read_variant
from cxsim.engines import events
from cxsim.metrics import REGISTRY
from cxsim.model.prepare import facts
from cxsim.model.routing_choice import routed
from cxsim.scenario.templates import template
from cxsim.schema import ledger
from cxsim.studies.tune import factor

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
TUTORIALS = [DOCS / "tutorials" / name for name in ("first-run.md", "your-own-center.md")]
HOUSE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
FENCE = re.compile(r"^(`{3,})(\{code-block\} )?(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
ANY_FENCE = re.compile(r"^(`{3,}).*?\n.*?^\1$", re.MULTILINE | re.DOTALL)  # also {eval-rst} and {toctree}
PLAIN = ("check", "erlang", "import", "new", "schema")  # quick enough to be run, and without a results folder
REPLACED = {"volume", "talk", "wrap", "handle_times", "patience", "delay", "staff", "horizon"}


def _generate() -> Any:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generate()


class Block(NamedTuple):
    """One fenced block: its language, its caption if it has one, its text."""

    language: str
    caption: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        text, caption = found[4], ""
        if found[2]:
            head, _, text = text.partition("\n\n")
            caption = head.removeprefix(":caption:").strip()
        yield Block(found[3], caption, text)


def commands(text: str) -> list[list[str]]:
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("cxsim ")]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it: the files of the tutorials, and the scenarios."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios", target_is_directory=True)
    for page in TUTORIALS:
        save(page)
    return tmp_path


def save(page: Path) -> None:
    for block in blocks(page):
        if block.caption:
            Path(block.caption).write_text(block.text, encoding="utf-8")


def with_(*languages: str) -> list[Any]:
    found = [page for page in PAGES if any(block.language in languages for block in blocks(page))]
    return [pytest.param(page, id=name(page)) for page in found]


# --- What is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", with_("yaml"))
def test_scenarios_are_read(page: Path, folder: Path) -> None:
    save(page)
    if page.stem == "volumes-from-excel":
        workbook(page, "volumes.xlsx", "March")
    last = Path("mine.yaml")
    for block in blocks(page):
        if block.language != "yaml":
            continue
        if block.caption:
            last = Path(block.caption)
            tree = {}
        else:
            tree = YAML(typ="safe", pure=True).load(block.text)
        whole = over(YAML(typ="safe", pure=True).load(last.read_text(encoding="utf-8")), tree)
        facts(cxsim.parse(whole, folder=folder))


def workbook(page: Path, file: str, sheet: str) -> None:
    """The first table of a page as a workbook."""
    rows = re.findall(r"^\| (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    with Workbook(file) as book:
        written = book.add_worksheet(sheet)
        for i, row in enumerate(rows):
            for j, cell in enumerate(row.split(" | ")):
                written.write(i, j, int(cell) if cell.isdigit() else cell)


def over(tree: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of a scenario put over a whole: maps are merged, but for those that are one thing."""
    out = deepcopy(tree)
    for key, value in part.items():
        merged = isinstance(value, dict) and isinstance(out.get(key), dict) and key not in REPLACED
        out[key] = over(out[key], value) if merged else value
    if "staff" in part:
        for group in out["groups"].values():
            group.pop("agents", None)
    return out


def test_the_first_scenario_is_the_one_that_new_writes() -> None:
    shown = next(block for block in blocks(TUTORIALS[0]) if block.caption == "mine.yaml")
    assert shown.text == template("quickstart")


@pytest.mark.parametrize("page", with_("console"))
def test_commands_are_accepted(page: Path, folder: Path) -> None:
    save(page)
    shown = list(blocks(page))
    for block, following in zip(shown, [*shown[1:], Block("", "", "")], strict=True):
        if block.language != "console":
            continue
        asked = commands(block.text)
        assert asked, f"{name(page)}: no command in {block.text!r}"
        for words in asked:
            said = accepted(words)
            if following.language == "text" and not following.caption and len(asked) == 1 and words[0] in PLAIN:
                missing = [line for line in following.text.splitlines() if line.rstrip() not in said]
                assert not missing, f"cxsim {shlex.join(words)} does not say\n" + "\n".join(missing)


def accepted(words: list[str]) -> list[str]:
    """What a command says, if it is quick; of others, that options and scenarios are right."""
    command = cli.get_command(None, words[0])  # type: ignore[arg-type]
    assert command is not None
    if words[0] in PLAIN:
        if words[0] == "new":
            Path(words[-1]).unlink(missing_ok=True)
        done = CliRunner().invoke(command, words[1:], standalone_mode=False)
        assert done.exception is None and not done.return_value, f"cxsim {shlex.join(words)}: {done.output}"
        return [line.rstrip() for line in done.output.splitlines()]
    given = command.make_context(words[0], words[1:]).params
    if words[0] == "run" and given["scenario"].suffix:
        facts(cxsim.read(given["scenario"], with_=given["with_"], set_=given["set_"]))
    if words[0] in ("compare", "tournament"):
        policies = given["policies" if words[0] == "compare" else "names"]
        for policy in policies:
            facts(routed(cxsim.read(given["scenarios"][0]), policy))
    if words[0] == "tune":
        found = cxsim.read(given["scenario"], with_=given["with_"], set_=given["set_"])
        ends = [text.replace("=", "..").split("..") for text in given["ranges"]]
        facts(found.vary({path: factor(path, low, high).raw(factor(path, low, high).low) for path, low, high in ends}))
    if words[0] == "compare":
        named = [read_variant(text) for text in (*(x.replace("+", "; ") for x in given["with_"]), *given["variants"])]
        assert len(named) + len(given["scenarios"]) + len(given["policies"]) > 1
        for variant in [read_variant(f"base: {text}") for text in given["set_"]] + named:
            facts(_read(given["scenarios"][0], variant, given["set_"]))
        for other in given["scenarios"]:
            facts(cxsim.read(other, set_=given["set_"]))
    return []


@pytest.mark.parametrize("page", with_("python"))
def test_python_runs(page: Path, folder: Path) -> None:
    save(page)
    known: dict[str, Any] = {"__name__": "__main__"}
    for number, block in enumerate(blocks(page)):
        if block.language == "python":
            text = re.sub(r"replications=\d+", "replications=2", block.text)
            cell = f"<{name(page)}, block {number}>"  # as a notebook does, so that the source of a class can be found
            linecache.cache[cell] = (len(text), None, text.splitlines(True), cell)
            exec(compile(text, cell, "exec"), known)


def test_readme_and_house_pages_show_commands_that_exist() -> None:
    for page in (*HOUSE, DOCS / "how-to" / "windows.md"):
        text = page.read_text(encoding="utf-8")
        for found in re.finditer(r"^(?:\.venv\S+)?cxsim (.*?)(?:  +#.*)?$", text, re.MULTILINE):
            words = shlex.split(found[1])
            command = cli.get_command(None, words[0])  # type: ignore[arg-type]
            assert command is not None, f"{name(page)}: {found[0]}"
            command.make_context(words[0], words[1:])


# --- What is linked and named -----------------------------------------------------------------------------------------


def slugs(text: str) -> set[str]:
    """The anchors of a page's headings, as MyST makes them."""
    heads = re.findall(r"^#{1,6} (.*)$", ANY_FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower().replace("`", "")).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in (*PAGES, *HOUSE)])
def test_links_lead_somewhere(page: Path) -> None:
    text = generate.fill(page.read_text(encoding="utf-8"))
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", ANY_FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in slugs(generate.fill(file.read_text(encoding="utf-8")))):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in (*PAGES, *HOUSE)])
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:cxsim|tests|docs|scenarios|benchmarks)/[\w./-]*)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_page_is_in_a_table_of_contents() -> None:
    for page in PAGES:
        index = page.parent / "index.md"
        if page != index:
            text = index.read_text(encoding="utf-8")
            assert re.search(rf"^{page.stem}$", text, re.MULTILINE) or re.search(r"^\S*\*$", text, re.MULTILINE), page


# --- What is generated, and what must follow the code -----------------------------------------------------------------


def test_generated_parts_are_complete() -> None:
    figures, scenario = generate.figures() + generate.sl_definitions(), generate.scenario()
    assert [figure for figure in REGISTRY if f"| `{figure}` |" not in figures] == []
    assert [key for key in cxsim.Scenario.model_fields if f"| `{key}` |" not in scenario] == []
    assert "see below" not in scenario
    for page in PAGES:
        assert "<!-- generated" not in generate.fill(page.read_text(encoding="utf-8"))


def test_the_ledger_page_names_every_column() -> None:
    text = (DOCS / "reference" / "ledger.md").read_text(encoding="utf-8")
    columns = [*(ledger.LEG_DTYPE.names or ()), *(ledger.SPELL_DTYPE.names or ()), "replication", "customer"]
    assert [column for column in columns if f"`{column}`" not in text] == []
    assert [word for word in (*ledger.OUTCOMES, *ledger.STATES) if word not in text] == []


def test_the_rules_list_every_kind_of_event_in_order() -> None:
    text = (DOCS / "reference" / "rules.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, events.WAKE + 2))
    starts = dict(rows)
    assert starts[str(events.TALK_END + 1)].startswith("a talk ends")
    assert starts[str(events.PATIENCE_ENDS + 1)].startswith("patience ends")
    assert starts[str(events.CLOSING + 1)] == "closing time"
    assert starts[str(events.WAKE + 1)].startswith("a timer")
