"""`cxsim frontier`: what cost buys in service level and FCR, and what one more point costs."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.variation
@click.option(
    "--points",
    type=click.IntRange(1, 30),
    default=6,
    show_default=True,
    help="Levels of each metric, including the goals' own.",
)
@click.option(
    "--figure",
    "figures",
    multiple=True,
    type=click.Choice(["sl", "fcr_true"]),
    help="Metric to trade off against cost (default: both). Repeatable.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="FIGURE=LEVEL,…",
    help="Use these levels instead: fcr_true=80%,85%,90%. Repeatable.",
)
@shared.routing_option
@shared.options(shared.seed_option, shared.threads_option, shared.cluster_option, shared.solver_option)
@shared.out_option
@shared.pictures_option("Draw the chart and the HTML report")
@shared.save_option("the frontier")
@shared.printing
def frontier(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    points: int,
    figures: tuple[str, ...],
    targets: tuple[str, ...],
    routing: bool,
    seed: int | None,
    threads: int | None,
    cluster: str | None,
    solver: str,
    out: Path | None,
    pictures: bool,
    save: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show what better service costs in SCENARIO: the cheapest plan found for several levels of SL and FCR.

    Every plan meets the scenario's other goals and is simulated on the same draws. cxsim proves which levels no
    staffing can reach. The plans are not certified: optimize the one you choose.

    \b
    cxsim frontier mine.yaml
    cxsim frontier mine.yaml --figure fcr_true --target fcr_true=80%,85%,90%

    Ctrl-C once ends the search with the points found so far; twice quits at once.
    """  # noqa: D301
    from cxsim.cli.watching import watching
    from cxsim.optimizer.frontier import FIGURES
    from cxsim.optimizer.frontier import frontier as traced
    from cxsim.optimizer.problem.stage import Impossible
    from cxsim.report.plan.frontier import KIND
    from cxsim.scenario import ScenarioError

    if not save and out:
        raise wrong("--no-save saves nothing; remove --out")
    set_ = shared.with_routing(set_, routing)
    levels = read_targets(targets)
    place = common.locate(scenario)
    name = common.run_folder(f"frontier-{place.name}", with_, set_)
    folder = common.check_out(out or name, KIND) if save else None
    read_in = common.read_scenario(place.file, with_=with_, set_=set_)
    common.tell_first_run("clock", quiet, read_in)
    wanted = figures or tuple(dict.fromkeys([*levels])) or FIGURES
    with common.on_cluster(cluster), watching(quiet, read_in.currency) as watch:
        try:
            found = traced(
                read_in,
                points=points,
                figures=wanted,
                targets=levels,
                seed=1 if seed is None else seed,
                threads=threads,
                solver=solver,
                progress=watch,
            )
        except (ScenarioError, Impossible):
            raise
        except ValueError as error:
            raise wrong(str(error)) from None
    if folder is not None:
        common.store(found, folder, pictures)
    if as_json:
        document = found.document()
        document["inputs"] |= {"file": str(scenario), "with": list(with_), "set": list(set_)}
        common.print_json({**document, "folder": str(folder) if folder else None})
    elif not quiet:
        common.show(found.summary(common.stdout().width))
    if folder is not None and not quiet:
        common.echo("\n" + found.files(folder, pictures), err=as_json)


def read_targets(texts: tuple[str, ...]) -> dict[str, list[float]]:
    """`fcr_true=80%,85%` as {figure: levels}."""
    from cxsim.optimizer.frontier import FIGURES
    from cxsim.scenario.model import units

    out: dict[str, list[float]] = {}
    for text in texts:
        name, equals, levels = (part.strip() for part in text.partition("="))
        if not equals or name not in FIGURES:
            raise wrong(f"{text!r} does not have the form metric=levels; write sl=80%,90% or fcr_true=85%", "--target")
        try:
            out.setdefault(name, []).extend(units.percent(part.strip()) for part in levels.split(","))
        except units.Refusal as refusal:
            _, rule, fix = refusal.parts[0]
            raise wrong(f"{text!r}: {rule}" + (f"; {fix}" if fix else ""), "--target") from None
    return {name: sorted(set(levels)) for name, levels in out.items()}
