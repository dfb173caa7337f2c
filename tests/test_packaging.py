"""What is shipped: every requirement once, extras that something imports, and all files of the repository."""

import re
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOR_WORK = ("dev", "docs", "bench", "all")  # extras of those who work on the program, and the sum


@pytest.fixture(scope="module")
def config():
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def listed(text):
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [re.split(r"[<>=;\[ ]", line)[0].lower() for line in lines if line]


def sources():
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "cxsim").rglob("*.py"))


def test_no_requirement_stands_twice(config):
    for names in [config["options"]["install_requires"], *config["options.extras_require"].values()]:
        assert len(listed(names)) == len(set(listed(names)))


def test_every_extra_of_users_is_imported_and_none_repeats_what_is_always_there(config):
    text, always = sources(), set(listed(config["options"]["install_requires"]))
    for extra, names in config["options.extras_require"].items():
        if extra not in FOR_WORK:
            for name in listed(names):
                assert re.search(rf"^\s*(import|from) {name}\b", text, re.MULTILINE), (extra, name)
                assert name not in always


def test_all_is_the_sum_of_the_extras_of_users(config):
    extras = config["options.extras_require"]
    wanted = [name for name in extras if name not in FOR_WORK]
    assert extras["all"].strip() == f"cxsim[{','.join(wanted)}]"


def test_errors_name_only_extras_that_exist(config):
    named = set(re.findall(r"cxsim\[([\w,]+)\]", sources()))
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for page in pages:
        if "_build" not in page.parts:
            named |= set(re.findall(r"cxsim\[([\w,]+)\]", page.read_text(encoding="utf-8")))
    assert {extra for names in named for extra in names.split(",")} <= set(config["options.extras_require"])


def build(what, out, tmp_path):
    """An archive of the files that git knows or would add, built from a copy; skipped where nothing can build."""
    files = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=False
    )
    if files.returncode:
        pytest.skip("not in a git repository")
    copy = tmp_path / "copy"
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    code = f"from setuptools import build_meta as b; print(b.build_{what}({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False)
    if "No module named" in done.stderr or "bdist_wheel" in done.stderr:  # older than pyproject.toml asks for
        pytest.skip("needs setuptools 77 and wheel")
    assert not done.returncode, done.stderr[-2000:]
    return out / done.stdout.split()[-1], {name for name in files.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.mark.slow
def test_the_source_archive_is_complete(tmp_path):
    archive, files = build("sdist", tmp_path, tmp_path)
    with tarfile.open(archive) as tar:
        there = {name.partition("/")[2] for name in tar.getnames()}
    assert files <= there, sorted(files - there)[:20]


@pytest.mark.slow
def test_the_wheel_has_the_examples_byte_for_byte(tmp_path):
    archive, files = build("wheel", tmp_path, tmp_path)
    with zipfile.ZipFile(archive) as wheel:
        names = set(wheel.namelist())
        for name in files:
            if name.startswith("scenarios/"):
                inside = f"cxsim/examples/{name.removeprefix('scenarios/')}"
                assert wheel.read(inside) == (ROOT / name).read_bytes()
    assert {name for name in files if name.startswith("cxsim/")} <= names
    assert {name.split("/")[0] for name in names} == {"cxsim", archive.name.split("-py3")[0] + ".dist-info"}
