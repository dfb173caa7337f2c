"""`cxsim validate`: a scenario against what was recorded."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@click.option(
    "--against",
    "folders",
    multiple=True,
    required=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Results folder of `cxsim import` with recorded contacts, or an interval report; log-ins too. Repeatable.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="DATA=NAME",
    help="Reason, queue or group of the scenario that a name in the data stands for, where they differ. Repeatable.",
)
@click.option(
    "--error-rate",
    type=click.FloatRange(0.0, 50.0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    help="Chance of any false difference, over all comparisons.",
)
@shared.variation
@shared.number_of_replications(20, least=5)
@shared.options(shared.seed_option, shared.threads_option, shared.out_option, shared.printing)
def validate(
    scenario: Path,
    folders: tuple[Path, ...],
    names: tuple[str, ...],
    error_rate: float,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    replications: int,
    seed: int | None,
    threads: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Compare SCENARIO with recorded contacts or an interval report, by interval of the day and by reason or queue.

    Replays the recorded arrivals and people with the scenario's distributions, and tests whether what was observed
    differs by more than chance. Splits the miss of the scenario's own plan into volume, handle time, staffing and the
    rest. With an interval report, as many contacts come in each interval as were offered.

    \b
    cxsim validate center.yaml --against results/import-february
    cxsim validate center.yaml --against results/import-calls --name Sales=orders
    """  # noqa: D301
    from cxsim.calibrate.validate import validate as made
    from cxsim.report.calibrate.validation import KIND, summary

    place = common.locate(scenario)
    folder = common.check_out(out or common.run_folder(f"validate-{place.name}", with_, set_), KIND)
    pairs = {}
    for text in names:
        data, equals, reason = text.partition("=")
        if not equals or not data or not reason:
            raise common.wrong(f"{text!r} does not have the form DATA=NAME; write --name Sales=orders", "--name")
        pairs[data.strip()] = reason.strip()
    found = made(
        common.read_scenario(place.file, with_=with_, set_=set_),
        list(folders),
        names=pairs,
        replications=replications,
        error_rate=error_rate / 100.0,
        seed=1 if seed is None else seed,
        threads=threads,
    )
    with common.writing(folder):
        found.save(folder)
    if as_json:
        common.print_json({**found.document(), "folder": str(folder)})
    elif not quiet:
        common.show(*summary(found))
    common.say(f"comparison and report: {folder}", quiet)
    return 0
