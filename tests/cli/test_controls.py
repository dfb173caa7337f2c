"""Control characters reach neither a terminal nor a picture."""

from __future__ import annotations

from click.testing import CliRunner
from example_result import example_result
from matplotlib.figure import Figure
from rich.text import Text

from cxsim.cli import cli, common
from cxsim.report.common.svg import svg as svg_of
from cxsim.scenario import Fault
from cxsim.schema.names import printable

EVIL = "a\x1b[2J\x1b]0;PWN\x07b\u202e"


def test_what_moves_a_cursor_is_escaped_and_the_rest_stays():
    assert printable(EVIL) == r"a\x1b[2J\x1b]0;PWN\x07b\u202e"
    plain = "Größe 8\u00a0000, עברית, line\n\tnext, 👩\u200d💻"
    assert printable(plain) == plain


def test_a_scenario_with_escapes_in_its_names_is_refused_in_plain_characters(center):
    (center / "e\x1b[31m.yaml").write_text('cxsim: 1\nreasons: {"a\\e[2J\\ab": {volume: x}}\n')
    for words in (
        ["check", "e\x1b[31m.yaml"],
        ["run", "e\x1b[31m.yaml"],
        ["run", "no\x1b[2J.yaml"],
        ["run\x1b[2J"],
        ["compare", "small.yaml", "--with", "x\x1b[2J"],
        ["results", "show", "\x1b[2J"],
    ):
        done = CliRunner().invoke(cli, words, color=True)
        assert done.exit_code == 2 and "\\x1b" in done.output
        assert "\x1b" not in done.output and "\x07" not in done.output


def test_a_fault_a_table_and_a_remark_are_escaped(capsys):
    assert "\x1b" not in str(Fault(EVIL, EVIL, EVIL, EVIL, EVIL))
    common.show(Text(EVIL, style="bold"), EVIL)
    common.say(EVIL)
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err and "PWN" in out and "PWN" in err


def test_pictures_are_escaped():
    figure = Figure()
    figure.add_subplot().set_title(EVIL)
    drawn = svg_of(figure, "x", EVIL)
    assert "\x1b" not in drawn and r"\x1b[2J" in drawn
    assert example_result().name in printable(example_result().name)
