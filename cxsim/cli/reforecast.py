"""`cxsim reforecast`: the rest of a day that has begun, and what can still be done."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong
from cxsim.cli.forecast import a_date

KINDS = ("overtime", "break", "time off", "lend")


def a_clock(value: object) -> float:
    """Seconds after midnight of a time of day; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    return units.clock(value)


def read_pairs(texts: tuple[str, ...], option: str, example: str) -> dict[str, str]:
    """`NAME=TEXT` options as a mapping."""
    out = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise wrong(
                f"{text!r} does not have the form {example.partition(' ')[0]}; write {option} {example}", option
            )
        out[name] = value
    return out


def read_counts(texts: tuple[str, ...], option: str, example: str) -> dict[str, float]:
    """`NAME=NUMBER` options as a mapping."""
    out = {}
    for name, text in read_pairs(texts, option, example).items():
        try:
            out[name] = float(text)
        except ValueError:
            raise wrong(f"{text!r} is not a number; write {option} {example}", option) from None
    return out


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@click.option(
    "--actuals",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What was seen of the day by queue and interval: a results folder of cxsim import, or a table with columns "
    "queue, start, minutes, offered and, if known, answered, aht_s, abandoned, answered_in_sl and agents.",
)
@click.option(
    "--until",
    required=True,
    type=shared.written("time", a_clock),
    metavar="TIME",
    help="Until when the day was seen, such as 11:00. Later rows are not used.",
)
@click.option("--date", "day", type=a_date, metavar="DATE", help="The day (default: the one that FILE is about).")
@click.option("--name", "names", multiple=True, metavar="DATA=QUEUE", help="Queue of FILE by another name. Repeatable.")
@click.option("--backlog", "backlogs", multiple=True, metavar="QUEUE=N", help="Contacts that wait at TIME. Repeatable.")
@click.option("--staff", "staffs", multiple=True, metavar="GROUP=N", help="People at work at TIME. Repeatable.")
@click.option("--planned-staff", is_flag=True, help="Leave the column agents of FILE aside.")
@click.option(
    "--handle-times",
    type=click.Choice(["planned", "seen"]),
    default="planned",
    show_default=True,
    help="Whether the rest of the day has the handle times of SCENARIO or those seen so far.",
)
@click.option(
    "--move", "kinds", multiple=True, type=click.Choice(KINDS), help="Kind of move to try (default: all). Repeatable."
)
@click.option("--no-moves", is_flag=True, help="Try no moves.")
@click.option(
    "--at-most",
    type=click.IntRange(1, 1000),
    default=2,
    show_default=True,
    help="Most people of a team that one move may ask.",
)
@click.option("--queue", default="", metavar="NAME", help="Rank moves by the SL of this queue (default: all contacts).")
@shared.variation
@shared.number_of_replications(200, least=20)
@shared.options(shared.seed_option, shared.threads_option, shared.out_option)
@shared.pictures_option("Write the page and draw the chart")
@shared.save_option("the forecast")
@shared.printing
def reforecast(
    scenario: Path,
    actuals: Path,
    until: float,
    day: date | None,
    names: tuple[str, ...],
    backlogs: tuple[str, ...],
    staffs: tuple[str, ...],
    planned_staff: bool,
    handle_times: str,
    kinds: tuple[str, ...],
    no_moves: bool,
    at_most: int,
    queue: str,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    replications: int,
    seed: int | None,
    threads: int | None,
    out: Path | None,
    pictures: bool,
    save: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forecast the rest of a day of SCENARIO, given what was seen of it, and rank what can still be done.

    The day is simulated from its opening with the contacts and people seen until TIME; the rest is drawn, given how
    busy the day is so far. Bands say between what this one day will lie with a chance of 90%. Moves (overtime, breaks
    moved, time off, people lent between teams) are simulated on the same draws, with paired 95% intervals and costs.

    \b
    cxsim reforecast center.yaml --actuals today.csv --until 11:00
    cxsim reforecast center.yaml --actuals results/import-acd --until 11:00 --staff front=7 --backlog mail=40
    cxsim reforecast center.yaml --actuals today.csv --until 11:00 --move overtime --at-most 4
    """  # noqa: D301
    from cxsim.begun_day.outcome import KIND
    from cxsim.begun_day.reforecast import reforecast as made
    from cxsim.scenario import ScenarioError
    from cxsim.tables.faults import ExportError

    place = common.locate(scenario)
    pairs = read_pairs(names, "--name", "'Sales calls=sales'")
    waiting, people = read_counts(backlogs, "--backlog", "mail=40"), read_counts(staffs, "--staff", "front=7")
    folder = None
    if save:
        folder = common.check_out(out or common.run_folder(f"reforecast-{place.name}", with_, set_), KIND)
    read_in = common.read_scenario(place.file, with_=with_, set_=set_)
    common.tell_first_run("clock", quiet, read_in)
    try:
        with common.progress(quiet) as bar:
            found = made(
                read_in,
                actuals,
                until=until,
                date=day,
                names=pairs,
                backlog=waiting,
                staff=people,
                planned_staff=planned_staff,
                handle_times_last=handle_times == "seen",
                kinds=() if no_moves else kinds or KINDS,
                at_most=at_most,
                queue=queue,
                replications=replications,
                seed=1 if seed is None else seed,
                threads=threads,
                progress=bar,
            )
    except (ScenarioError, ExportError):
        raise
    except ValueError as error:
        raise wrong(str(error)) from None
    if folder is not None:
        with common.writing(folder):
            found.save(folder, pictures=pictures)
    if as_json:
        common.print_json({**found.document(), "folder": str(folder) if folder else None})
    elif not quiet:
        common.show(found.summary(common.stdout().width))
    if folder is not None and not quiet:
        where = f"{folder / 'report.html'} and its tables" if pictures else f"tables in {folder}"
        common.echo(f"\n{where}", err=as_json)
