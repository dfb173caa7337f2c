"""`cxsim report`: make the page, the workbook and the figures of a stored result again."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared


@click.command(context_settings=shared.HELP)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="New folder for a copy of the tables and the report.")
@shared.pictures_option("Also draw the charts")
@shared.format_option
def report(folder: Path, out: Path | None, pictures: bool, formats: tuple[str, ...]) -> int:
    """Regenerate the HTML report, workbook and charts of a results FOLDER from its tables.

    FOLDER is one of cxsim run, optimize or plan. A plan gets what a time limit left no time for.

    \b
    cxsim report results/quickstart
    cxsim report results/quickstart --out for-the-board
    cxsim report results/optimize-quickstart
    """  # noqa: D301
    from cxsim.optimizer import stored as plan
    from cxsim.report.run.folder import KIND
    from cxsim.simulation.stored import load, refresh

    common.check_formats(formats, pictures)
    if plan.is_plan(folder):
        return _of_plan(folder, out, pictures, formats)
    kinds = formats or ("png",)
    if out is not None:
        common.check_out(out, KIND)
    with common.stored_in(folder):
        result = load(folder)
        result.summary()  # reads every table: what is damaged shows before anything is written
        with common.writing(out or folder, "--out" if out else "FOLDER"):
            if out is None:
                refresh(folder, pictures=pictures, formats=kinds)
            else:
                result.save(out, pictures=pictures, formats=kinds)
    common.echo(str((out or folder) / "report.html"))
    return 0


def _of_plan(folder: Path, out: Path | None, pictures: bool, formats: tuple[str, ...]) -> int:
    """The same for a folder that holds a plan; its own run is simulated again."""
    from cxsim.optimizer import stored as plan
    from cxsim.schema.plan_tables import KIND

    if set(formats) - {"png"}:
        raise common.wrong("the charts of a plan are PNG files; remove --format", "--format")
    if out is not None:
        common.check_out(out, KIND)
    with common.stored_in(folder):
        found = plan.load(folder, allow_outside=common.allows_outside())
        with common.writing(out or folder, "--out" if out else "FOLDER"):
            if out is None:
                plan.refresh(found, folder, pictures=pictures)
            else:
                plan.copy(found, out, pictures=pictures)
    common.echo(f"{out or folder}/report.html and plan.xlsx")
    return 0
