"""`cxsim sweep-report`: what a sweep says, on the screen, as a page and as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from cxsim.studies.sweep.effects import Reading


@click.command("sweep-report", context_settings=shared.HELP)
@click.argument("folder", metavar="FOLDER")
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="FIGURE[@PLACE]",
    help="Metric, such as sl or sl@queue:billing (default: all, in total). Repeatable.",
)
@shared.pictures_option("Write the HTML report and the charts")
@shared.printing
def sweep_report(folder: str, figures: tuple[str, ...], pictures: bool, as_json: bool, quiet: bool) -> int:
    """Report the results of the sweep in FOLDER: what moves each metric, sensitivity indices, best and worst points.

    The HTML report and the charts go into the folder of the sweep.

    \b
    cxsim sweep-report results/volume-and-staff
    cxsim sweep-report results/volume-and-staff --figure sl@queue:sales --figure cost
    """  # noqa: D301
    with common.stored_in(folder):
        return _report(folder, figures, pictures, as_json, quiet)


def _report(folder: str, figures: tuple[str, ...], pictures: bool, as_json: bool, quiet: bool) -> int:
    from cxsim.studies.sweep.effects import Unread
    from cxsim.studies.sweep.store import TABLE, Foreign, Store
    from cxsim.studies.sweep.sweep import load

    try:
        found = load(folder)
        if TABLE not in Store(found.folder).names():
            raise Foreign(f"{folder}: no point has been computed yet; run the sweep")
        asked = [read_figure(text) for text in figures]
        asked = asked or [(str(name), "total", "total") for name in found.manifest["figures"]]
        readings = [found.read(*one) for one in asked]
    except (Foreign, FileNotFoundError, Unread) as fault:
        raise wrong(str(fault)) from None
    written = []
    if pictures:
        try:
            written = found.report(asked)
        except OSError as error:
            raise wrong(f"{folder}: cannot be written ({error.strerror or error})") from None
    if as_json:
        common.print_json(document(readings, written))
    elif not quiet:
        _show(readings, found)
        if written:
            common.echo(f"\n{found.folder}/report.html")
    return 0


def read_figure(text: str) -> tuple[str, str, str]:
    """`sl@queue:billing` as (sl, queue, billing); a bare figure is that of the whole."""
    figure, at, place = text.partition("@")
    if not at:
        return figure, "total", "total"
    scope, colon, name = place.partition(":")
    if not (figure and colon and scope and name):
        raise wrong(f"{text!r} does not have the form metric@scope:name; write sl@queue:billing", "--figure")
    return figure, scope, name


def document(readings: list[Reading], written: list[str]) -> dict[str, Any]:
    """What `--json` prints."""
    from cxsim.report.run.document import records
    from cxsim.report.studies.sweep_page import sentences

    return {
        "schema_version": 1,
        "figures": [
            {
                "figure": one.figure,
                "scope": one.scope,
                "name": one.name,
                "unit": one.unit,
                "message": " ".join(sentences(one)),
                **{key: records(getattr(one, key)) for key in ("points", "levels", "swings", "indices")},
            }
            for one in readings
        ],
        "files": written,
    }


def _show(readings: list[Reading], found: Any) -> None:
    from rich.text import Text

    from cxsim.report.studies import sweep_page

    line = sweep_page.run_line(readings[0], found.manifest, found.points, len(found.failures))
    common.show(Text(str(found.manifest["name"]), style="bold"), Text(line, style="dim"))
    for one in readings:
        common.show(Text(), Text(" ".join(sweep_page.sentences(one)), style="bold"))
    for one in readings:
        common.show(Text(), _table(sweep_page.ends(one, 3)))


def _table(grid: Any) -> Any:
    from rich.text import Text

    from cxsim.report.common.terminal import plain_table

    table = plain_table(grid.caption)
    for k, head in enumerate(grid.heads):
        table.add_column(Text(head), justify="left" if k < grid.left else "right")
    for row in grid.rows:
        table.add_row(*(Text(cell.text) for cell in row.cells))
    return table
