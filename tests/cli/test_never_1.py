"""Whatever a command is fed, it ends with a documented code other than 1, and without a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from example_optimum import example_optimum

from cxsim.cli import cli

FAULTS = Path(__file__).parents[1] / "faults" / "bad"
FILES = sorted(path for path in FAULTS.rglob("*") if path.is_file())
CODES = (0, 2, 3)
SCENARIO = """\
cxsim: 1
name: Small
horizon: {open: 08:00-09:00}
reasons: {help: {volume: {file: volumes.csv, column: help}, talk: 3 min}}
queues: {help: {target: {sl: {share: 80%, within: 20s}}}}
groups: {team: {agents: 3, serves: [help], wage: 20}}
overrides: {more: {groups.team.agents: 4}}
"""
FEW = ("--replications", "2", "--quiet")


def ends(*words: object) -> None:
    """The command ends with a documented code."""
    done = CliRunner().invoke(cli, [str(word) for word in words])
    text = f"cxsim {' '.join(map(str, words))}\n{done.output}"
    assert done.exit_code in CODES, text
    assert "Traceback" not in done.output and "fault of the program" not in done.output, text


# --- Every command, every file of tests/faults ------------------------------------------------------------------------


def commands(file: object) -> list[tuple[object, ...]]:
    return [
        ("check", file),
        ("check", file, "--explain", "--json"),
        ("run", file, *FEW, "--no-save"),
        ("compare", file, "--with", "more", *FEW, "--no-save"),
        ("compare", "small.yaml", file, *FEW, "--no-save"),
        ("explain", file, *FEW, "--no-save"),
        ("explain", "small.yaml", file, *FEW, "--no-save"),
        ("tournament", file, "--indifference", "5s", "--quiet"),
        ("tune", file, "--over", "a=1..2", "--quiet"),
        ("trace", file),
        ("optimize", file, "--no-save", "--quiet"),
        ("frontier", file, "--no-save", "--quiet"),
        ("sweep", file, "--quiet"),
        ("sweep", file, "--factor", "a=groups.team.agents: 1,2", "--quiet"),
        ("flow", file),
        ("journeys", file, *FEW),
        ("levers", file, *FEW),
        ("sensitivity", file, *FEW),
        ("optimize", "small.yaml", "--layer", "cover", "--need", file, "--no-save", "--quiet"),
        ("optimize", "small.yaml", "--layer", "certify", "--plan", file, "--no-save", "--quiet"),
        ("run", "small.yaml", *FEW, "--no-save", "--set", f"staff.file={file}"),
        ("run", "small.yaml", *FEW, "--no-save", "--set", f"reasons.help.volume.file={file}"),
        ("results", "ls", file),
        ("results", "show", file),
        ("results", "diff", file, file),
        ("report", file),
        ("sweep-report", file),
        ("results", "clean", file, "--yes"),
        ("import", file, "--set", "timezone=local", "--out", "imported"),
        ("import", "volumes.csv", "--mapping", file, "--set", "timezone=local", "--out", "imported"),
    ]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FAULTS, tmp_path / "bad")
    (tmp_path / "small.yaml").write_text(SCENARIO)
    (tmp_path / "volumes.csv").write_text("time,help\n08:00,10\n08:30,12\n")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "nothing.yaml").symlink_to("no such file")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "plain.bin").write_bytes(bytes(range(256)))
    return tmp_path


SAMPLE = [path for n, path in enumerate(FILES) if n % 40 == 0]


@pytest.mark.parametrize("file", [path.relative_to(FAULTS).as_posix() for path in SAMPLE])
def test_a_sample_of_the_files_of_tests_faults(place: Path, file: str) -> None:
    for words in commands(Path("bad", file)):
        ends(*words)


@pytest.mark.slow
@pytest.mark.parametrize("file", [path.relative_to(FAULTS).as_posix() for path in FILES])
def test_every_file_of_tests_faults(place: Path, file: str) -> None:
    for words in commands(Path("bad", file)):
        ends(*words)


@pytest.mark.parametrize("file", ["loop.csv", "loop.yaml", "nothing.yaml", "folder.yaml", "plain.bin", "", "a\nb", "/"])
def test_links_to_themselves_and_other_things_that_are_no_files(place: Path, file: str) -> None:
    for words in commands(file):
        if file != "/" or words[:2] != ("results", "clean"):
            ends(*words)


@pytest.mark.parametrize("width", ["1e-300%", "1e-5%", "5e-324", "1e300%", "nan%", "inf%", "-1%", "1e999%"])
def test_no_precision_is_too_much(place: Path, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setattr("cxsim.simulation.replications.MOST_REPLICATIONS", 8)
    ends("run", "small.yaml", "--no-save", "--quiet", "--precision", f"sl={width}")


# --- Every folder of results, with each file spoilt ----------------------------------------------------------------


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


SPOILERS: dict[str, Callable[[bytes], bytes]] = {
    "cut": cut,
    "emptied": lambda data: b"",
    "doubled": lambda data: data + data,
    "binary": lambda data: bytes(256),
    "first column lost": lambda data: b"\n".join(line.partition(b",")[2] for line in data.split(b"\n")),
    "last column lost": lambda data: b"\n".join(line.rpartition(b",")[0] for line in data.split(b"\n")),
    "words for numbers": lambda data: data.translate(bytes.maketrans(b"0123456789", b"abcdefghij")),
    "no numbers": lambda data: b"\n".join(
        line if n == 0 else b",".join(b"nan" if cell[:1].isdigit() else cell for cell in line.split(b","))
        for n, line in enumerate(data.split(b"\n"))
    ),
    "header only": lambda data: data.split(b"\n")[0] + b"\n",
}
VALUES: tuple[object, ...] = (None, "text", -1, 1.5, [], {}, [None], {"a": {}}, True, "\x1b[31m", 10**30)


def spoilt(file: Path) -> Iterator[bytes]:
    """The file, spoilt in each of the ways."""
    data = file.read_bytes()
    yield from (spoil(data) for spoil in SPOILERS.values())
    if file.suffix == ".json":
        known = json.loads(data)
        for value in VALUES:
            yield json.dumps(value).encode()
            for key in known if isinstance(known, dict) else ():
                yield json.dumps({**known, key: value}).encode()
                yield json.dumps({k: v for k, v in known.items() if k != key}).encode()


READING = {
    "run": lambda folder: [
        ("results", "show", folder),
        ("results", "diff", folder, "whole-run"),
        ("results", "diff", "whole-run", folder),
        ("report", folder, "--no-pictures"),
        ("report", folder, "--out", "again", "--no-pictures"),
        ("run", folder, "--no-save", "--quiet", "--replications", "1"),
        ("check", folder),
        ("compare", folder, "small.yaml", *FEW, "--no-save"),
        ("results", "ls", "."),
    ],
    "sweep": lambda folder: [
        ("results", "show", folder),
        ("sweep-report", folder, "--figure", "sl", "--no-pictures"),
        ("sweep", "small.yaml", "--factor", "a=groups.team.agents: 1,2", *FEW, "--out", folder),
        ("results", "ls", "."),
    ],
    "compare": lambda folder: [
        ("results", "show", folder),
        ("results", "diff", folder, folder),
        ("results", "ls", "."),
    ],
    "optimum": lambda folder: [
        ("results", "show", folder),
        ("run", folder, "--no-save", "--quiet", "--replications", "1"),
        ("optimize", "small.yaml", "--resume", "--out", folder, "--layer", "requirements"),
        ("report", folder),
        ("results", "ls", "."),
    ],
}


def made(kind: str) -> Path:
    """A folder of results of a kind."""
    folder = Path(f"whole-{kind}")
    if kind == "run":
        ends("run", "small.yaml", *FEW, "--no-pictures", "--out", folder)
    elif kind == "compare":
        ends("compare", "small.yaml", "--with", "more", *FEW, "--no-pictures", "--out", folder)
    elif kind == "sweep":
        ends("sweep", "small.yaml", "--factor", "a=groups.team.agents: 1,2", *FEW, "--out", folder)
    else:
        example_optimum().save(folder, pictures=False)
    assert (folder / "scenario.yaml").exists() or kind == "compare"
    return folder


def feed(kind: str, every: int) -> None:
    whole = made(kind)
    if kind != "run":
        made("run")
    files = sorted(path for path in whole.rglob("*") if path.is_file())
    count = 0
    for file in files:
        for data in spoilt(file):
            count += 1
            if count % every:
                continue
            folder = Path("spoilt")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree("again", ignore_errors=True)
            shutil.copytree(whole, folder)
            (folder / file.relative_to(whole)).write_bytes(data)
            for words in READING[kind](folder):
                try:
                    ends(*words)
                except AssertionError as error:
                    raise AssertionError(f"{file}: {data[:200]!r}\n{error}") from None
    assert count > 50


@pytest.mark.parametrize(("kind", "every"), [("run", 29), ("sweep", 31), ("compare", 101), ("optimum", 37)])
def test_a_sample_of_spoilt_results(place: Path, kind: str, every: int) -> None:
    feed(kind, every)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(READING))
def test_every_spoilt_result(place: Path, kind: str) -> None:
    feed(kind, 1)


# --- Output that nobody reads -----------------------------------------------------------------------------------------


TYPED = [("policies",), ("schema",), ("check", "small.yaml"), ("--help",), ("run", "no.yaml")]


@pytest.mark.parametrize("words", TYPED)
@pytest.mark.parametrize("way", [">&-", ">&- 2>&-", "2>&-", "| head -0", "2>&1 | head -0"])
def test_a_closed_output_is_no_fault_of_the_program(place: Path, words: tuple[str, ...], way: str) -> None:
    typed = f"{sys.executable} -m cxsim {' '.join(words)} {way}"
    done = subprocess.run(["bash", "-c", f"{typed}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True)
    assert done.returncode in (0, 2, 141), done.stderr
    assert not [word for word in ("Traceback", "fault of the program", "Exception") if word in done.stderr]
