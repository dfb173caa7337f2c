"""`cxsim tune`: thresholds, weights and ranks of a scenario, chosen for a figure and checked on fresh draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@click.option(
    "--over",
    "ranges",
    multiple=True,
    required=True,
    metavar="PATH=LOW..HIGH",
    help="Number to tune and its range: routing.weights.vip=1..10. Repeatable.",
)
@shared.metric_option
@click.option(
    "--evaluations",
    type=click.IntRange(2, 5000),
    default=60,
    show_default=True,
    help="Maximum number of settings to try.",
)
@shared.number_of_replications(20, "Replications of each setting.")
@click.option(
    "--check",
    type=click.IntRange(2, 10_000),
    default=100,
    show_default=True,
    help="Fresh replications to check the best setting.",
)
@shared.options(shared.variation, shared.seed_option, shared.engine_option, shared.threads_option)
@shared.cluster_option
@shared.chart_option
@shared.printing
def tune(
    scenario: Path,
    ranges: tuple[str, ...],
    figure: str,
    evaluations: int,
    replications: int,
    check: int,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    engine: str | None,
    threads: int | None,
    cluster: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Tune numbers of SCENARIO, such as routing thresholds and weights, for the best value of a metric.

    All settings serve the same customers. The best one is then compared with the unchanged scenario on fresh draws.

    \b
    cxsim tune mine.yaml --over routing.weights.vip=1..10 --by sl
    cxsim tune mine.yaml --over 'routing.parameters.after=0 s..120 s' --by cost_per_resolution
    cxsim tune results/optimum/scenario.yaml --over groups.front.skills.sales.rank=1..3   with the plan found
    """  # noqa: D301
    from cxsim.metrics import REGISTRY
    from cxsim.report.run.document import plain, records
    from cxsim.report.studies.tune import plot, sentence, summary
    from cxsim.scenario import ScenarioError
    from cxsim.scenario.model import units
    from cxsim.studies.tune import tune as choose

    over: dict[str, tuple[Any, Any]] = {}
    for text in ranges:
        path, equals, ends = text.partition("=")
        low, dots, high = ends.partition("..")
        if not (equals and dots):
            raise wrong(f"{text!r} is not a range; write routing.weights.vip=1..10", "--over")
        over[path.strip()] = (low.strip(), high.strip())
    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    file = common.picture_file(out, place.file, "tuned")
    if figure not in REGISTRY:
        raise wrong(f"{figure!r} is not a metric; {units.suggestion(figure, REGISTRY, 'the metrics are')}", "--by")
    common.tell_first_run(engine or "clock", quiet, found)
    run: dict[str, Any] = {"evaluations": evaluations, "replications": replications, "check": check}
    run |= {"engine": engine or "clock", "threads": threads} | ({} if seed is None else {"seed": seed})
    try:
        with common.on_cluster(cluster), common.progress(quiet) as tell:
            made = choose(found, over, figure, progress=tell, **run)
    except ScenarioError:
        raise
    except ValueError as error:
        raise wrong(str(error)) from None
    if as_json:
        common.print_json(
            {
                "schema_version": 1,
                "scenario": found.name,
                "figure": figure,
                "settings": made.settings,
                "before": plain(made.before),
                "after": plain(made.after),
                "difference": plain(made.difference),
                "low": plain(made.low),
                "high": plain(made.high),
                "verdict": made.verdict,
                "sentence": sentence(made),
                "tried": records(made.tried),
                "replications": replications,
                "checked": check,
                "seed": made.seed,
            }
        )
    elif not quiet:
        common.show(*summary(made))
    common.save_picture(plot(made), file, quiet)
    return 0
