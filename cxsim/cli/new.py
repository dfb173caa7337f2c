"""`cxsim new`: a scenario file to start from."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli.common import HELP, wrong

DEFAULT_KIND = "quickstart"


@click.command(context_settings=HELP)
@click.argument("words", nargs=-1, metavar="[KIND] [FILE]")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def new(words: tuple[str, ...], force: bool) -> None:
    """Write a commented scenario to start from.

    \b
    KIND  quickstart    one queue, one team, one day (the default)
          voice         a week: two reasons, two groups, redials and repeats
          multi-skill   a day of languages and products, headcounts by half-hour
    FILE  where it goes; KIND.yaml if not given, - for stdout

    \b
    cxsim new mine.yaml
    cxsim new voice mine.yaml
    """  # noqa: D301
    from cxsim.exchange.folders import write_file
    from cxsim.scenario.templates import KINDS, template
    from cxsim.scenario.units import suggestion

    if len(words) > 2:
        raise wrong(f"{len(words)} words are too many; write cxsim new [KIND] [FILE]")
    kind, file = DEFAULT_KIND, ""
    if words and (len(words) == 2 or words[0] in KINDS or not _is_file(words[0])):
        kind, file = words[0], words[1] if len(words) == 2 else ""
    elif words:
        file = words[0]
    if kind not in KINDS:
        fix = suggestion(kind, KINDS, "the kinds are")
        file_too = "" if len(words) == 2 else f" (a file ends in .yaml: {kind}.yaml)"
        raise wrong(f"{kind!r} is no kind of scenario; {fix}{file_too}")
    text = template(kind)
    if file == "-":
        common.echo(text, nl=False)
        return
    path = Path(file or f"{kind}.yaml")
    if path.is_dir():
        path = path / f"{kind}.yaml"
    try:
        write_file(path, text.encode(), replace=force)
    except FileExistsError:
        raise wrong(f"{str(path)!r} is there already; name another file, or replace it with --force") from None
    except OSError as error:
        if not path.parent.is_dir():
            raise wrong(f"{str(path)!r} cannot be written: there is no folder {str(path.parent)!r}; make it") from None
        raise wrong(f"{str(path)!r} cannot be written ({error.strerror}); name another file") from None
    common.echo(f"{path} written. Next: cxsim check {path}, then cxsim run {path}")


def _is_file(word: str) -> bool:
    return word == "-" or bool(Path(word).suffix) or "/" in word or "\\" in word
