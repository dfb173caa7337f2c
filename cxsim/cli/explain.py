"""`cxsim explain`: why a metric is what it is, step by step from Erlang C or from another run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong


@click.command(context_settings=shared.HELP)
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO [OTHER]", type=click.Path(path_type=Path))
@click.option(
    "--figure",
    type=click.Choice(["sl", "asa", "abandoned_share", "occupancy"]),
    default="sl",
    show_default=True,
    help="Metric to explain.",
)
@click.option("--queue", default="", metavar="NAME", help="Explain the metric of this queue (default: all contacts).")
@click.option("--shapley", is_flag=True, help="Average the steps over the orders in which they can be taken.")
@shared.variation
@shared.options(
    shared.replications_option,
    shared.seed_option,
    shared.engine_option,
    shared.threads_option,
    shared.out_option,
)
@shared.pictures_option("Draw the PNG chart")
@shared.save_option("the explanation")
@shared.printing
def explain(
    scenarios: tuple[Path, ...],
    figure: str,
    queue: str,
    shapley: bool,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    replications: int | None,
    seed: int | None,
    engine: str | None,
    threads: int | None,
    out: Path | None,
    pictures: bool,
    save: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Explain a metric of SCENARIO step by step from Erlang C to the simulation, or from SCENARIO to OTHER.

    Each step adds one thing that Erlang C leaves out, such as abandonment or redials, in a fixed order; between two
    scenarios, plans or results folders the steps are volume, handle time, staffing, routing, and everything else. All
    are simulated on the same random numbers, so that the steps add up exactly and have paired 95% intervals.

    \b
    cxsim explain mine.yaml                        from Erlang C to the simulated service level
    cxsim explain mine.yaml --queue sales --figure abandoned_share
    cxsim explain mine.yaml --shapley              the mean over the orders of the steps
    cxsim explain results/monday results/tuesday   from one run to another
    """  # noqa: D301
    from cxsim.scenario import ScenarioError
    from cxsim.studies.explain import explain as explained
    from cxsim.studies.explanation import KIND

    if len(scenarios) > 2:
        raise wrong(f"{len(scenarios)} scenarios given; explain takes one, or two to go from the first to the second")
    places = [common.locate(path) for path in scenarios]
    given = {"replications": replications, "seed": seed, "engine": engine}
    settings: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    for key in given:  # runs that were made alike are explained as they were made
        stored = {place.settings.get(key) for place in places}
        if key not in settings and len(stored) == 1 and stored != {None}:
            settings[key] = stored.pop()
    faults = []
    found = []
    for place in places:
        try:
            found.append(common.read_scenario(place.file, with_=with_, set_=set_))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    names = [path.name if place.settings else place.name for path, place in zip(scenarios, places, strict=True)]
    if len(names) == 2 and names[0] == names[1]:
        names = [str(path) for path in scenarios]
    folder = None
    if save:
        where = "+".join(name.replace("/", "-") for name in names)
        folder = common.check_out(out or common.run_folder(f"explain-{where}", with_, set_), KIND)
    common.tell_first_run(settings.get("engine", "clock"), quiet, *found)
    try:
        with common.progress(quiet) as bar:
            made = explained(
                *found,
                figure=figure,
                queue=queue,
                shapley=shapley,
                names=names if len(found) == 2 else (),
                threads=threads,
                progress=bar,
                **settings,
            )
    except ScenarioError:
        raise
    except ValueError as error:
        raise wrong(str(error)) from None
    if folder is not None:
        with common.writing(folder):
            made.save(folder, pictures=pictures)
    if as_json:
        common.print_json({**made.document(), "folder": str(folder) if folder else None})
    elif not quiet:
        common.show(made.summary(common.stdout().width))
    if folder is not None and not quiet:
        where = f"{folder / 'waterfall.png'} and its tables" if pictures else f"tables in {folder}"
        common.echo(f"\n{where}", err=as_json)
