"""Help texts are plain English: none of the phrases that readers stumbled over comes back."""

import pytest
from click.testing import CliRunner

from cxsim.cli import COMMANDS, cli

BANNED = (
    "and leave.",
    "anew",
    "is no ",
    "may be repeated",
    "if not given",
    "How often it",
    "Address of the random",
    "Say nothing but",
    "To be right",
    "of one's own",
    "and stop.",
)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_help_text_uses_a_banned_phrase(command):
    shown = CliRunner().invoke(cli, [*filter(None, [command]), "--help"])
    text = " ".join(shown.output.split())
    assert [phrase for phrase in BANNED if phrase in text] == []


def test_the_help_lists_every_command_under_its_purpose():
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert "\nCommands:" not in shown
    for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
        assert f"\n{section}:\n" in shown
