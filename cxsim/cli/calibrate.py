"""`cxsim calibrate`: from the tables of an import to a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from cxsim.cli import common, returning
from cxsim.cli import shared_options as shared


def a_length(value: object) -> float:
    """Seconds of a length of time such as 30 min; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    return units.duration(value)


_TIME = shared.written("time", a_length)


@click.command(context_settings=shared.HELP)
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name of the scenario (default: the dates of the data).")
@click.option(
    "--interval", type=_TIME, default="30 min", show_default=True, metavar="TIME", help="Length of the intervals."
)
@click.option(
    "--redial-within",
    type=_TIME,
    default="1h",
    show_default=True,
    metavar="TIME",
    help="Customers who abandoned and call again within this time may have redialled.",
)
@click.option(
    "--repeat-within",
    type=_TIME,
    metavar="TIME",
    help="Customers who contact again about the same reason within this time after an answer may not have been "
    "resolved: estimate resolution and repeats (default: all are resolved).",
)
@click.option(
    "--longest-talk",
    type=_TIME,
    default="1h",
    show_default=True,
    metavar="TIME",
    help="Leave out longer talks, as mistakes of the record.",
)
@click.option(
    "--staff",
    type=click.Choice(["shifts", "headcounts"]),
    help="How the scenario's staff is written (default: shifts, if log-ins are recorded and at least 90 % of their "
    "hours fit).",
)
@returning.options
@shared.number_of_replications(10, "Replications of the closed loop.", least=2)
@shared.options(shared.seed_option, shared.threads_option, shared.out_option, shared.printing)
def calibrate(
    folders: tuple[Path, ...],
    name: str,
    interval: float,
    redial_within: float,
    repeat_within: float | None,
    longest_talk: float,
    staff: Literal["shifts", "headcounts"] | None,
    offered: Literal["total", "fresh"] | None,
    redial: float | None,
    redial_delay: float | None,
    resolution: float | None,
    repeat: float | None,
    repeat_delay: float | None,
    replications: int,
    seed: int | None,
    threads: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make a scenario from the tables that `cxsim import` wrote into FOLDER.

    Contacts give volumes with busyness, talk, after-call work, patience, redials, skills, people on duty and
    availability, each with its interval. Interval reports alone give volumes and handle times; the rest is assumed,
    and listed. Say whether their contacts include customers who contact again (--offered). The results folder holds
    scenario.yaml with its tables, estimates.csv, and a report with pictures.

    \b
    cxsim calibrate results/import-calls
    cxsim calibrate results/import-calls results/import-logins   contacts, and log-ins of the same agents
    cxsim calibrate results/import-calls --repeat-within '3 days'   resolution too, from customers' ids
    cxsim calibrate results/import-acd --offered total --redial 40% --redial-delay '10 min'
    """  # noqa: D301
    from cxsim.calibrate.calibrate import calibrate as make
    from cxsim.report.calibrate.folder import KIND
    from cxsim.report.calibrate.words import summary

    back = returning.behaviour(locals())
    folder = common.check_out(out or common.run_folder(f"calibrate-{folders[0].resolve().name}"), KIND)
    if repeat_within is not None and repeat_within <= 0:
        raise common.wrong("it must be above 0; write '1 day' or '3 days'", "--repeat-within")
    if interval <= 0 or 86400.0 % interval:
        raise common.wrong(f"{interval:g} s does not divide the day; write '15 min', '30 min' or '1h'", "--interval")
    with common.progress(quiet, "steps") as bar:
        found = make(
            list(folders),
            name=name,
            interval=interval,
            redial_within=redial_within,
            repeat_within=repeat_within,
            longest_talk=longest_talk,
            staff=staff,
            replications=replications,
            seed=1 if seed is None else seed,
            threads=threads,
            offered=offered,
            returning=back,
            progress=bar,
        )
    with common.writing(folder):
        found.save(folder)
    if as_json:
        document: dict[str, Any] = {**found.document(), "folder": str(folder)}
        common.print_json(document)
    elif not quiet:
        common.show(*summary(found))
    common.say(f"scenario, estimates and report: {folder}", quiet)
    return 0
