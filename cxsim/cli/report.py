"""`cxsim report`: make the page, the workbook and the pictures of a stored result again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Another folder for a whole copy; default: the same folder.",
)
@click.option("--pictures/--no-pictures", default=True, help="Draw the PNG figures as well.")
def report(folder: Path, out: Path | None, pictures: bool) -> None:
    """Make report.html, workbook.xlsx and the figures of a results FOLDER again, from its tables alone."""
    from cxsim.results import load

    try:
        result = load(folder)
        made = result.save(out or folder, pictures=pictures)
    except (FileNotFoundError, FileExistsError, ValueError) as fault:
        click.echo(str(fault), err=True)
        raise SystemExit(2) from None
    click.echo(str(made / "report.html"))
