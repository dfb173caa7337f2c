"""`cxsim new --example NAME` writes an example with every file it names, so that it runs where it stands."""

import pytest
from click.testing import CliRunner

import cxsim
from cxsim.cli import cli
from cxsim.scenario import examples
from cxsim.studies.sweep.folder import made


def new(*words):
    return CliRunner().invoke(cli, ["new", *words])


def test_the_examples_are_those_of_the_repository():
    assert {"quickstart", "multi-skill-day", "anonymous-bank", "experience/bank-service", "sweeps/six-skills"} <= set(
        examples.names()
    )
    assert new("--example", "list").stdout.split() == list(examples.names())


@pytest.mark.parametrize("name", examples.names())
def test_an_example_can_be_used_alone(tmp_path, name):
    said = new("--example", name, str(tmp_path))
    assert said.exit_code == 0, said.output
    path = tmp_path / f"{name}.yaml"
    if name.startswith("sweeps/"):
        assert len(made(path)) > 0
        assert f"cxsim sweep {path}" in said.stdout
    else:
        found = cxsim.read(path)
        assert f"cxsim run {path}" in said.stdout
        written = {file.resolve() for file in tmp_path.rglob("*") if file.is_file()}
        assert set(found.source.files.values()) <= written
    for file in examples.files(name):
        assert (tmp_path / file).read_bytes() == (examples.folder() / file).read_bytes()


def test_an_example_is_found_by_its_last_part(tmp_path):
    assert new("--example", "bank-service", str(tmp_path)).exit_code == 0
    assert (tmp_path / "experience" / "bank-service.yaml").is_file()


def test_an_unknown_example_is_told_with_the_nearest(tmp_path):
    said = new("--example", "multi-skil-day", str(tmp_path))
    assert said.exit_code == 2
    assert "'multi-skil-day' is not an example; did you mean 'multi-skill-day'?" in said.stderr
    assert not list(tmp_path.iterdir())


def test_nothing_of_the_user_is_replaced_unless_asked(tmp_path):
    mine = tmp_path / "multi-skill-day" / "volumes.csv"
    mine.parent.mkdir()
    mine.write_text("mine\n", encoding="utf-8")
    said = new("--example", "multi-skill-day", str(tmp_path))
    assert said.exit_code == 2
    assert "volumes.csv already exists" in said.stderr
    assert mine.read_text() == "mine\n"
    assert not (tmp_path / "multi-skill-day.yaml").exists()
    assert new("--example", "multi-skill-day", str(tmp_path), "--force").exit_code == 0
    assert mine.read_text() != "mine\n"


def test_an_example_goes_into_a_folder_not_a_file(tmp_path):
    said = new("--example", "quickstart", str(tmp_path / "mine.yaml"))
    assert said.exit_code == 2
    assert "is not a folder" in said.stderr
