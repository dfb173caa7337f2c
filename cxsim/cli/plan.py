"""`cxsim plan`: from volumes to shifts and one workbook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxsim.cli import common, returning
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong
from cxsim.cli.compare import read_variant
from cxsim.cli.optimize import NOT_CERTIFIED, earlier_in, keeping, read_time, seconds_option
from cxsim.cli.time_limit import TimeLimit

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.options(shared.variation, shared.seed_option, shared.threads_option, shared.solver_option, seconds_option)
@click.option(
    "--volumes",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Volumes to plan for, instead of the scenario's: a folder or table of cxsim forecast, or a table with a "
    "column for each reason.",
)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="TEXT",
    help="One more what-if row: 'NAME: PATH=VALUE; …', as for cxsim compare. Repeatable.",
)
@click.option("--replications", type=click.IntRange(2, 10_000), default=20, help="Replications per row (default 20).")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Workbook (default: plan-NAME.xlsx)."
)
@click.option("--strict", is_flag=True, help="Exit with code 3 if the plan is not certified.")
@shared.printing
def plan(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    threads: int | None,
    solver: str,
    time_limit: str | None,
    volumes: Path | None,
    variants: tuple[str, ...],
    replications: int,
    out: Path | None,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Plan the staff of SCENARIO and write it as one workbook.

    Finds the cheapest shifts that meet the targets, as cxsim optimize does, and lays them out: required, scheduled,
    over and under by half-hour and team; shifts and roster; expected SL; what-if rows for 15 % more volume, 10 % sick
    and 5 points more FCR; costs and definitions. Needs targets, wages and, for shifts, optimize.shifts.

    \b
    cxsim plan center.xlsx
    cxsim plan center.xlsx --volumes results/forecast-history --time-limit 10min
    cxsim plan center.xlsx --variant 'mailing: events=[{date: 2026-11-04, from: 10:00, to: 14:00, factor: 1.2}]'
    cxsim export results/plan-center --format icalendar --out week.ics

    Exits with code 0 (with --strict: 3 if the plan is not certified), or 2 if the input is wrong or the targets cannot
    be met.
    """  # noqa: D301
    from cxsim.cli.watching import watching
    from cxsim.optimizer.optimize import optimize
    from cxsim.report.studies import week_plan as report
    from cxsim.schema.plan_tables import KIND
    from cxsim.storage.folders import write_file
    from cxsim.storage.seals import sealed
    from cxsim.studies.week_plan import lay_out, with_volumes

    limit = TimeLimit(read_time(time_limit))
    place = common.locate(scenario)
    folder = common.check_out(common.run_folder(f"plan-{place.name}", with_, set_), KIND)
    file = out or folder.with_name(folder.name + ".xlsx")
    if file.suffix.lower() != ".xlsx":
        raise wrong(f"{str(file)!r} is not the name of a workbook; write {file.with_suffix('.xlsx')}", "--out")
    common.check_file(file, "--out")
    read_in, said = common.read_scenario(place.file, with_=with_, set_=set_), list[str]()
    if volumes is not None:
        if not volumes.exists():
            raise wrong(f"{str(volumes)!r} does not exist; write a folder of cxsim forecast or a table", "--volumes")
        try:
            read_in, said = with_volumes(read_in, volumes)
        except ValueError as error:
            raise wrong(str(error), "--volumes") from None
        said += returning.counted_twice(read_in, volumes)
    asked = {one.name: _variant(one.with_, one.set_) for one in map(read_variant, variants)}
    for make in asked.values():
        make(read_in)  # its faults, before anything is simulated
    common.tell_first_run("clock", quiet, read_in)
    number = 1 if seed is None else seed
    with watching(quiet, read_in.currency, limit.seconds) as watch:
        best = optimize(
            read_in,
            seed=number,
            threads=threads,
            solver=solver,
            seconds=limit.for_search(drawing=True),
            advise=False,
            progress=watch,
            keep=keeping(earlier_in(folder, resumed=False)),
        )
        stopped = watch.stopped
    with common.writing(folder):
        best.save(folder, pictures=False)
    found = lay_out(
        best, folder, asked, seed=number, replications=replications, threads=threads, messages=said, allow_outside=True
    )
    with common.writing(file, what="file"):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, sealed(report.workbook(found), ".xlsx"))
    if stopped and not quiet:
        common.say("stopped early; this is the best plan found so far")
    if as_json:
        common.print_json({**report.document(found), "stopped": stopped, "file": str(file), "folder": str(folder)})
    elif not quiet:
        common.show(report.summary(found, common.stdout().width))
    if not quiet:
        common.echo(f"\n{file}; the plan itself is in {folder}: cxsim run or cxsim export {folder}", err=as_json)
    return NOT_CERTIFIED if strict and not best.certified else 0


def _variant(with_: tuple[str, ...], set_: tuple[str, ...]) -> Callable[[Scenario], Scenario]:
    """What makes the scenario of a what-if row. Raises ScenarioError for a change that does not fit."""
    from cxsim.studies.week_plan import changed

    return lambda scenario: changed(scenario, with_, set_)
