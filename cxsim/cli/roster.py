"""`cxsim roster`: named people for the shifts of a plan."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.capacity import a_time


def a_clock(value: object) -> float:
    """Seconds of a time of day such as 18:00; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    return units.clock(value)


NOT_COVERED = 3


@click.command(context_settings=shared.HELP)
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--people",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Table of people, CSV or XLSX: name, team, contract, availability, limits of their own, past counts.",
)
@click.option(
    "--requests",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Table of leave, fixed shifts and requests (default: the sheet Requests of the workbook of people).",
)
@shared.options(shared.variation)
@click.option("--weeks", type=click.IntRange(1, 53), help="Number of weeks with the plan's shifts (default: its days).")
@click.option(
    "--early-before",
    "early",
    type=shared.written("time of day", a_clock),
    default="09:00",
    show_default=True,
    help="Shifts that begin before this are early.",
)
@click.option(
    "--late-after",
    "late",
    type=shared.written("time of day", a_clock),
    default="18:00",
    show_default=True,
    help="Shifts that end after this are late.",
)
@click.option(
    "--fairness",
    type=click.FloatRange(0.0, 1e6),
    default=1.0,
    show_default=True,
    help="What one shift above the fair share counts, in weights of requests; 0 leaves fairness out.",
)
@click.option(
    "--time-limit",
    "seconds",
    type=shared.written("time", a_time),
    default="2 min",
    show_default=True,
    metavar="TIME",
    help="Most time for the search.",
)
@shared.options(shared.solver_option, shared.out_option, shared.pictures_option("Write the page and the workbook"))
@click.option("--strict", is_flag=True, help="Exit with code 3 if a shift has nobody.")
@shared.printing
def roster(
    plan: Path,
    people: Path,
    requests: Path | None,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    weeks: int | None,
    early: float,
    late: float,
    fairness: float,
    seconds: float,
    solver: str,
    out: Path | None,
    pictures: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Assign named people to the shifts of PLAN.

    PLAN is a results folder of cxsim optimize or cxsim plan, or a scenario whose staff are shifts. Rules always hold:
    availability, leave, fixed shifts, days and hours a week, rest, days in a row, weekends. Shifts are covered as well
    as the rules allow; requests are granted by weight; late shifts, weekends and refusals are shared fairly.

    \b
    cxsim roster results/plan-center --people people.csv --requests requests.csv --weeks 4
    cxsim run results/plan-center-roster
    cxsim export results/plan-center-roster --format icalendar --timezone Europe/Paris --out roster.ics

    Exits with code 0 (with --strict: 3 if a shift has nobody), or 2 if the input is wrong.
    """  # noqa: D301
    from cxsim.report.studies.roster import summary
    from cxsim.report.studies.roster_folder import KIND, document
    from cxsim.rostering.roster import roster as assign

    file = plan / "scenario.yaml" if plan.is_dir() else plan
    name = plan.resolve().name if plan.is_dir() else plan.stem
    found = common.read_scenario(file, with_=with_, set_=set_)
    folder = common.check_out(out or common.run_folder(f"{name}-roster", with_, set_), KIND)
    try:
        answer = assign(
            found,
            people,
            requests,
            weeks=weeks,
            early=early,
            late=late,
            fairness=fairness,
            seconds=seconds,
            solver=solver,
            progress=lambda text: common.say(text, quiet),
        )
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise common.wrong(str(error)) from None
    common.store(answer, folder, pictures)
    if as_json:
        common.print_json(document(answer))
    elif not quiet:
        common.show(*summary(answer))
    common.say(f"results: {folder}", quiet)
    return NOT_COVERED if strict and not answer.complete else 0
