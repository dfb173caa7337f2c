"""`cxsim convert`: a scenario as YAML or as a workbook."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong


@click.command(context_settings=shared.HELP)
@click.argument("source", type=click.Path(path_type=Path), metavar="FROM")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path), metavar="TO")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@shared.outside_option
def convert(source: Path, target: Path, force: bool) -> None:
    """Convert a scenario between YAML and an Excel workbook, without loss.

    FROM and TO end in .yaml or .xlsx. The new file is read back and compared before it is written. Comments of a YAML
    file, and sheets and columns of notes, are not carried over. Tables that the scenario names stay where they are.

    \b
    cxsim convert center.xlsx center.yaml
    cxsim convert center.yaml center.xlsx
    """  # noqa: D301
    from cxsim.scenario.book.convert import WORKBOOK, YAML, converted
    from cxsim.scenario.io.faults import ScenarioError
    from cxsim.storage.folders import write_file

    if target.suffix.lower() not in (*WORKBOOK, *YAML):
        raise wrong(f"{str(target)!r} ends in neither .yaml nor .xlsx; write {target.with_suffix('.xlsx')}")
    scenario = common.read_scenario(source)
    used = {file.resolve() for file in (source, *scenario.source.files.values())}
    if target.resolve() in used:
        raise wrong(f"{str(target)!r} is a file that {str(source)!r} is read from; name another file")
    try:
        data = converted(scenario, target)
    except ScenarioError as error:
        folder = source.parent / target.name
        said = str(error.faults[0].message)
        raise wrong(f"{str(target)!r} would not find a file that the scenario names: {said}; write {folder}") from None
    try:
        write_file(target, data, replace=force)
    except FileExistsError:
        raise wrong(f"{str(target)!r} already exists; name another file, or replace it with --force") from None
    except OSError as error:
        raise wrong(f"{str(target)!r} cannot be written ({error.strerror}); name another file") from None
    common.echo(f"{target} written, the same scenario as {source}.")
