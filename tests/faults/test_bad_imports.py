"""Every bad export in `imports/` is refused with all its faults, each with place, value, rule and fix.

Beside each file stands what must be said (`.txt`) and, where keys of a mapping are given, its mapping (`.yaml`). After
a change of wording, write the texts again by `PYTHONPATH=. python tests/faults/test_bad_imports.py` and read the
difference.
"""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

import cxsim
from cxsim.cli import cli, guarded
from cxsim.importing import Question
from cxsim.tables.faults import Unset

BAD = Path(__file__).parent / "imports"
FILES = {path.stem: path for path in sorted(BAD.iterdir()) if path.suffix not in (".txt", ".yaml")}


ASKED = ["day_or_month", "no_time_zone", "a_decimal_point_or_thousands", "seconds_or_minutes", "minutes_or_hours"]
ASKED += ["one_time_only", "the_same_row_again", "directions_that_are_not_known", "abandons_at_one_second"]
ASKED += ["a_roster_without_a_week"]


def mapping(stem):
    path = BAD / f"{stem}.yaml"
    return path if path.is_file() else None


def answer(stem):
    """The refusal of a bad export, as it is told to one who stands in its folder."""
    before = Path.cwd()
    os.chdir(BAD)
    try:
        cxsim.read_export(FILES[stem].name, mapping=mapping(stem))
    except cxsim.ExportError as error:
        return error
    finally:
        os.chdir(before)
    return None


def command(folder, stem, *more):
    """`cxsim import` of a copy of a bad export: its exit code."""
    path = shutil.copy(FILES[stem], folder)
    given = ["--mapping", str(mapping(stem))] if mapping(stem) else []
    return guarded(lambda: cli.main(["import", path, *given, *more], standalone_mode=False))


@pytest.mark.parametrize("stem", FILES)
def test_every_fault_of_an_export_is_told(stem):
    error = answer(stem)
    assert error is not None, "the export was read without a fault"
    assert f"{error}\n" == (BAD / f"{stem}.txt").read_text(encoding="utf-8")
    for fault in error.faults:
        assert fault.place and fault.rule and fault.fix, fault


def test_there_are_enough_of_them():
    assert len(FILES) >= 40
    assert {path.stem for path in BAD.glob("*.txt")} == set(FILES)
    assert {path.stem for path in BAD.glob("*.yaml")} <= set(FILES)


@pytest.mark.parametrize("stem", ["an_empty_file", "no_time_zone", "a_number_in_words", "a_binary_file"])
def test_the_command_ends_with_code_2_and_writes_nothing(stem, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(tmp_path, stem) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    for line in (BAD / f"{stem}.txt").read_text(encoding="utf-8").splitlines():
        assert line in error.replace(f"{tmp_path}/", "")
    assert [path.name for path in tmp_path.iterdir()] == [FILES[stem].name]


@pytest.mark.parametrize("stem", ASKED)
def test_the_line_that_a_question_names_answers_it_in_a_mapping_and_with_set(stem, tmp_path):
    fault, own = answer(stem).faults[0], mapping(stem)
    assert isinstance(fault, (Question, Unset))
    line = fault.fix.partition("'")[2].partition("'")[0]
    said = tmp_path / "mapping.yaml"
    said.write_text((own.read_text(encoding="utf-8") if own else "") + line + "\n", encoding="utf-8")
    by_file = cxsim.read_export(FILES[stem], mapping=said)
    by_set = cxsim.read_export(FILES[stem], mapping=own, set=[fault.option])
    assert by_file.mapping == by_set.mapping


@pytest.mark.parametrize(
    "stem", ["no_time_zone", "seconds_or_minutes", "a_roster_without_a_week", "abandons_at_one_second"]
)
def test_only_the_command_names_its_option_and_the_option_answers_the_question(stem, tmp_path, monkeypatch, capsys):
    """In the studio and in commands that take a scenario, --set would mean something else, or nothing."""
    monkeypatch.chdir(tmp_path)
    assert "--set" not in str(answer(stem))
    assert command(tmp_path, stem) == 2
    told = re.search(r"\(or (--set .+)\)$", capsys.readouterr().err, re.MULTILINE)
    assert told is not None
    assert command(tmp_path, stem, *shlex.split(told[1])) == 0


if __name__ == "__main__":
    for name in FILES:
        (BAD / f"{name}.txt").write_text(f"{answer(name)}\n", encoding="utf-8")
