"""`cxsim capacity`: hiring by month and team for uncertain volumes."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared


def a_time(value: object) -> float:
    """Seconds of a length of time such as 2 min; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    seconds = units.duration(value)
    if not 1.0 <= seconds <= units.DAY:
        raise units.Refusal("is not between 1 second and a day", "write a time such as '2 min'")
    return seconds


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.options(shared.variation, shared.seed_option)
@click.option(
    "--futures",
    type=click.IntRange(100, 100_000),
    default=4000,
    show_default=True,
    help="Number of fresh futures in which the plan is judged.",
)
@click.option(
    "--time-limit",
    "seconds",
    type=shared.written("time", a_time),
    default="2 min",
    show_default=True,
    metavar="TIME",
    help="Most time for the search; the requirement and the judgement come on top.",
)
@shared.options(shared.solver_option, shared.out_option, shared.pictures_option("Write the page, workbook and picture"))
@shared.printing
def capacity(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    futures: int,
    seconds: float,
    solver: str,
    out: Path | None,
    pictures: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Plan hiring by month and team from the capacity block of SCENARIO.

    Finds how many people to hire in each month, and by when to decide, so that each month keeps its limit on the
    probability of missing hours, at the least mean cost. Volumes, handle times and attrition are uncertain; the plan is
    judged in futures that were not used to find it, beside the rule of thumb.
    """
    from cxsim.capacity.capacity_plan import capacity_plan
    from cxsim.report.studies.capacity import summary
    from cxsim.report.studies.capacity_folder import KIND, document

    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    if found.capacity is None:
        rule = "the scenario has no capacity block"
        raise common.wrong(f"{place.file}: {rule}; add 'capacity:' with start, full_time, shrinkage, hiring and teams")
    folder = common.check_out(out or common.run_folder(f"{place.name}-capacity", with_, set_), KIND)
    try:
        plan = capacity_plan(
            found,
            seed=1 if seed is None else seed,
            futures=futures,
            seconds=seconds,
            solver=solver,
            progress=lambda text: common.say(text, quiet),
        )
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise common.wrong(str(error)) from None
    common.store(plan, folder, pictures)
    if as_json:
        common.print_json(document(plan))
    elif not quiet:
        common.show(*summary(plan))
    common.say(f"results: {folder}", quiet)
    return 0
