"""`cxsim studio` and `cxsim serve`: what they say before they serve."""

import pytest
from click.testing import CliRunner

from cxsim.cli.studio import serve, studio


def said(command, *arguments):
    done = CliRunner().invoke(command, list(map(str, arguments)))
    assert done.exit_code == 2, done.output
    return " ".join(done.output.split())


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    find = __import__("importlib.util").util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name == "uvicorn" else find(name, *more)
    )
    for command in (studio, serve):
        assert "the studio needs uvicorn; install it with: pip install 'cxsim[studio]'" in said(command)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.yaml"], "'nothing.yaml' does not exist; name a scenario file or a folder"),
        (["--example", "quickstrat"], "did you mean 'quickstart'?"),
    ],
)
def test_a_place_that_is_not_there_is_said(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in said(studio, *arguments)


def test_a_file_that_is_not_yaml_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n")
    text = said(studio, tmp_path / "x.csv")
    assert "is not a scenario file; name a .yaml file, a workbook (.xlsx) or a folder" in text


def test_a_port_in_use_is_said(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = said(studio, tmp_path, "--port", port, "--no-browser")
    assert f"cannot listen on 127.0.0.1:{port}" in message and "choose another --port" in message
