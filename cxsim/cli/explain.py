"""`cxsim explain`: why a metric is what it is, step by step from Erlang C or from another run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong
from cxsim.cli.forecast import a_date
from cxsim.cli.reforecast import a_clock, read_pairs

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.studies.explanation import Explanation


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
@click.option(
    "--actuals",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Explain why the SL of a day differs from that planned: what was seen by queue and interval, as for cxsim "
    "reforecast.",
)
@click.option(
    "--until",
    type=shared.written("time", a_clock),
    metavar="TIME",
    help="With --actuals: until this time of day (default: the whole day).",
)
@click.option("--date", "day", type=a_date, metavar="DATE", help="With --actuals: the day (default: that of FILE).")
@click.option(
    "--name", "aliases", multiple=True, metavar="DATA=QUEUE", help="With --actuals: queue of FILE by another name."
)
@click.option("--planned-staff", is_flag=True, help="With --actuals: leave the column agents of FILE aside.")
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
    actuals: Path | None,
    until: float | None,
    day: date | None,
    aliases: tuple[str, ...],
    planned_staff: bool,
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
    """Explain a metric of SCENARIO step by step from Erlang C to the simulation, to OTHER, or to what happened.

    Each step adds one thing that Erlang C leaves out, such as abandonment or redials, in a fixed order; between two
    scenarios, plans or results folders the steps are volume, handle time, staffing, routing, and everything else; to
    the actuals of a day also noise. All are simulated on the same random numbers, so that the steps add up exactly and
    have paired 95% intervals.

    \b
    cxsim explain mine.yaml                        from Erlang C to the simulated service level
    cxsim explain mine.yaml --queue sales --figure abandoned_share
    cxsim explain mine.yaml --shapley              the mean over the orders of the steps
    cxsim explain results/monday results/tuesday   from one run to another
    cxsim explain mine.yaml --actuals monday.csv   from the plan of a day to what happened
    """  # noqa: D301
    from cxsim.scenario import ScenarioError
    from cxsim.studies.explain import explain as explained
    from cxsim.studies.explanation import KIND
    from cxsim.tables.faults import ExportError

    if len(scenarios) > 2:
        raise wrong(f"{len(scenarios)} scenarios given; explain takes one, or two to go from the first to the second")
    if actuals is None and (until is not None or day or aliases or planned_staff):
        raise wrong("--until, --date, --name and --planned-staff go with --actuals FILE")
    if actuals is not None and len(scenarios) > 1:
        raise wrong("--actuals explains one scenario; leave the other one out")
    places = [common.locate(path) for path in scenarios]
    given = {"replications": replications, "seed": seed, "engine": engine}
    settings: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    for key in given:  # runs that were made alike are explained as they were made
        stored = {place.settings.get(key) for place in places}
        if key not in settings and len(stored) == 1 and stored != {None}:
            settings[key] = stored.pop()
    found = _read([place.file for place in places], with_, set_)
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
            if actuals is not None:
                asked = {"until": until, "date": day, "names": aliases, "planned_staff": planned_staff}
                made = _by_actuals(found[0], actuals, asked, bar, figure, queue, shapley, threads, settings)
            else:
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
    except (ScenarioError, ExportError):
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


def _read(files: list[Path], with_: tuple[str, ...], set_: tuple[str, ...]) -> list[Scenario]:
    """The scenarios. ScenarioError with the faults of all of them."""
    from cxsim.scenario import ScenarioError

    faults, found = [], []
    for file in files:
        try:
            found.append(common.read_scenario(file, with_=with_, set_=set_))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return found


def _by_actuals(
    scenario: Scenario,
    actuals: Path,
    asked: dict[str, Any],
    bar: Callable[[int, int], None],
    figure: str,
    queue: str,
    shapley: bool,
    threads: int | None,
    settings: dict[str, Any],
) -> Explanation:
    """The way from the plan of a day to what happened."""
    from cxsim.begun_day.explain_day import explain_actuals

    asked = {**asked, "names": read_pairs(asked["names"], "--name", "'Sales calls=sales'")}
    return explain_actuals(
        scenario,
        actuals,
        figure=figure,
        queue=queue,
        shapley=shapley,
        threads=threads,
        progress=bar,
        **asked,
        **settings,
    )
