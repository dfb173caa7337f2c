"""`cxsim new`: a scenario file to start from."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

DEFAULT_KIND = "quickstart"


@click.command(context_settings=shared.HELP)
@click.argument("words", nargs=-1, metavar="[KIND] [FILE]")
@click.option("--example", metavar="NAME", help="Copy an example and its tables; `--example list` lists them.")
@click.option(
    "--workbook",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write an Excel workbook to fill in instead: volumes, teams, roster, targets, with examples and notes.",
)
@click.option(
    "--from",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="With --workbook: fill in what a results folder of cxsim forecast, or of cxsim import for a roster, knows. "
    "Repeatable.",
)
@click.option(
    "--break-after",
    metavar="TIME",
    help="With --from: when the unpaid breaks of the roster begin, counted from the start of the shift, such as '4 h'.",
)
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def new(
    words: tuple[str, ...],
    example: str | None,
    workbook: Path | None,
    folders: tuple[Path, ...],
    break_after: str | None,
    force: bool,
) -> None:
    """Write a commented scenario to start from.

    \b
    KIND  quickstart    one queue, one team, one day (the default)
          voice         a week: two reasons, two groups, redials and repeats
          multi-skill   a day of languages and products, headcounts by half-hour
    FILE  file to write (default: KIND.yaml; - for stdout)

    \b
    cxsim new mine.yaml
    cxsim new voice mine.yaml
    cxsim new --example multi-skill-day          an example, with its tables next to it
    cxsim new --example multi-skill-day FOLDER   into a folder
    cxsim new --workbook center.xlsx             a workbook to fill in
    """  # noqa: D301
    from cxsim.scenario.model.units import suggestion
    from cxsim.scenario.templates import KINDS, template

    if workbook is not None:
        if words or example is not None:
            raise wrong("--workbook needs no KIND, FILE or --example; write cxsim new --workbook center.xlsx")
        _workbook(workbook, folders, break_after, force)
        return
    if folders or break_after:
        raise wrong("--from and --break-after fill in a workbook; add --workbook center.xlsx")
    if example is not None:
        _copy(example, words, force)
        return
    if len(words) > 2:
        raise wrong(f"{len(words)} arguments are too many; write cxsim new [KIND] [FILE]")
    kind, file = DEFAULT_KIND, ""
    if words and (len(words) == 2 or words[0] in KINDS or not _is_file(words[0])):
        kind, file = words[0], words[1] if len(words) == 2 else ""
    elif words:
        file = words[0]
    if kind not in KINDS:
        fix = suggestion(kind, KINDS, "the kinds are")
        file_too = "" if len(words) == 2 else f" (a file name ends in .yaml: {kind}.yaml)"
        raise wrong(f"{kind!r} is not a template; {fix}{file_too}")
    text = template(kind)
    if file == "-":
        common.echo(text, nl=False)
        return
    path = Path(file or f"{kind}.yaml")
    if path.is_dir():
        path = path / f"{kind}.yaml"
    _write(path, text.encode(), force)
    common.echo(f"{path} written. Next: cxsim check {path}, then cxsim run {path}")


def _workbook(path: Path, folders: tuple[Path, ...], break_after: str | None, force: bool) -> None:
    """Write the workbook to fill in."""
    from cxsim.scenario.book.start import begun
    from cxsim.scenario.book.template import template
    from cxsim.scenario.model import units

    if path.suffix.lower() != ".xlsx":
        raise wrong(f"{str(path)!r} is not the name of a workbook; write {path.with_suffix('.xlsx')}", "--workbook")
    if not folders:
        _write(path, template(), force)
        common.echo(f"{path} written. Fill it in, then: cxsim check {path}, cxsim run {path}")
        return
    try:
        after = None if break_after is None else units.duration(break_after)
    except units.Refusal as refusal:
        _, rule, fix = refusal.parts[0]
        raise wrong(f"{break_after!r} {rule}; {fix}", "--break-after") from None
    try:
        data, todo = begun(folders, after)
    except ValueError as error:
        raise wrong(str(error), "--from") from None
    _write(path, data, force)
    common.echo("\n".join([f"{path} written. Still to fill in:", *(f"  {one}" for one in todo)]))
    common.echo(f"Then: cxsim check {path}, cxsim run {path}")


def _write(path: Path, data: bytes, force: bool) -> None:
    from cxsim.storage.folders import write_file

    try:
        write_file(path, data, replace=force)
    except FileExistsError:
        raise wrong(f"{str(path)!r} already exists; name another file, or replace it with --force") from None
    except OSError as error:
        if not path.parent.is_dir():
            raise wrong(
                f"{str(path)!r} cannot be written: the folder {str(path.parent)!r} does not exist; create it"
            ) from None
        raise wrong(f"{str(path)!r} cannot be written ({error.strerror}); name another file") from None


def _copy(example: str, words: tuple[str, ...], force: bool) -> None:
    """Write an example and every file it names, or nothing at all."""
    from cxsim.scenario import examples

    if example == "list":
        click.echo("\n".join(examples.names()))
        return
    if len(words) > 1:
        raise wrong("an example needs one folder; write cxsim new --example NAME [FOLDER]")
    try:
        name = examples.named(example)
    except ValueError as error:
        raise wrong(str(error), "--example") from None
    target = Path(words[0] if words else ".")
    if target.suffix in (".yaml", ".yml") or target.is_file():
        raise wrong(f"{str(target)!r} is not a folder; an example keeps its name, with its tables next to it")
    copies = {target / file: (examples.folder() / file).read_bytes() for file in examples.files(name)}
    there = [path for path, data in copies.items() if path.exists() and path.read_bytes() != data]
    if there and not force:
        shown = ", ".join(map(str, there[:3])) + (" …" if len(there) > 3 else "")
        raise wrong(f"{shown} already exists; name another folder, or replace it with --force")
    try:
        for path, data in copies.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise wrong(f"{str(target)!r} cannot be written ({error.strerror}); name another folder") from None
    first, *others = copies
    beside = f", with {len(others)} file{'s' * (len(others) > 1)} in the same folder" if others else ""
    command = "sweep" if name.startswith("sweeps/") else "run"
    click.echo(f"{first} written{beside}. Next: cxsim {command} {first}")


def _is_file(word: str) -> bool:
    return word == "-" or bool(Path(word).suffix) or "/" in word or "\\" in word
