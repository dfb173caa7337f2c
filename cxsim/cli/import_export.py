"""`cxsim import`: read the exports of a contact-center system into tables whose columns are always the same."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared


@click.command(name="import", context_settings=shared.HELP)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--source", metavar="NAME", help="Known source of the files (default: found by their columns).")
@click.option("--sources", "list_sources", is_flag=True, help="List the known sources and exit.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Mapping to read the files by, such as the mapping.yaml of an earlier import.",
)
@click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the mapping: timezone=Europe/Paris. Repeatable.",
)
@click.option("--keep-identities", is_flag=True, help="Keep names, numbers and addresses (default: replaced by ids).")
@shared.options(shared.out_option, shared.printing)
def import_export(
    files: tuple[Path, ...],
    source: str | None,
    list_sources: bool,
    mapping: Path | None,
    set_: tuple[str, ...],
    keep_identities: bool,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Read FILES that a contact-center system exported: CSV, text, XLSX or JSON.

    Writes contacts.csv, intervals.csv or staffing.csv, the mapping that was used, and a report that says what became
    of every row. The meaning of the columns is guessed from all rows. Where two readings are possible, the command
    asks, or ends with code 2 and the line to add.

    \b
    cxsim import calls.csv                               guess everything
    cxsim import calls.csv --set timezone=Europe/Paris   settle what it asks
    cxsim import may.csv june.csv --mapping results/import-calls/mapping.yaml
    cxsim import queue_log.csv --source asterisk_queue_log
    """  # noqa: D301
    from cxsim.importing import read_export
    from cxsim.importing.sources import sources
    from cxsim.report.importing.folder import KIND
    from cxsim.report.importing.page import lines

    if list_sources:
        for name, one in sources().items():
            common.echo(f"{name:34} {one.title}")
        return 0
    if not files:
        raise common.wrong("name the files to read: cxsim import calls.csv")
    folder = common.check_out(out or common.run_folder(f"import-{files[0].stem}"), KIND)
    changes = list(set_)
    while True:
        try:
            with common.progress(quiet, "steps") as bar:
                export = read_export(
                    list(files),
                    source=source,
                    mapping=mapping,
                    set=changes,
                    keep_identities=keep_identities,
                    progress=bar,
                )
            break
        except ValueError as error:
            answers = _answers(error) if not as_json and not quiet else []
            if not answers:
                raise _with_options(error) from None
            changes += answers
    with common.writing(folder):
        export.save(folder)
    if as_json:
        rows = {name: len(table["line"]) for name, table in export.tables.items()}
        common.print_json({"schema_version": 1, "folder": str(folder), "tables": rows, **export.quality.as_dict()})
    elif not quiet:
        for line in lines(export):
            common.echo(line)
    common.say(f"tables, mapping and report: {folder}", quiet)
    return 0


def _with_options(error: ValueError) -> ValueError:
    """The faults of an import, with the option that settles each question."""
    from cxsim.importing import ExportError
    from cxsim.tables.faults import Question, Unset
    from cxsim.tables.reader import TableError

    if not isinstance(error, ExportError):
        return error
    return ExportError(
        TableError(one.place, one.value, one.rule, f"{one.fix} (or --set {shlex.quote(one.option)})")
        if isinstance(one, (Question, Unset))
        else one
        for one in error.faults
    )


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answers(error: ValueError) -> list[str]:
    """The user's answers to the questions of an import, asked on a terminal; none where there are other faults."""
    from cxsim.importing import ExportError, Question

    if not isinstance(error, ExportError) or not _on_terminal():
        return []
    asked = [fault for fault in error.faults if isinstance(fault, Question)]
    if len(asked) < len(error.faults):
        return []
    answers = []
    for one in asked:
        value = "" if one.value is None else f"{one.value!r} "
        common.say(f"{one.place}  {value}{one.rule}")
        answer = click.prompt(f"{one.key} ({' / '.join(one.choices)})", err=True)
        answers.append(f"{one.key}={answer.strip()}")
    return answers
