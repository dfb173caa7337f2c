"""`cxsim tournament`: the best of several routing policies, with a stated chance to be right; `cxsim policies`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from cxsim.studies.tournament import Tournament


@click.command(context_settings=shared.HELP)
@shared.scenarios_argument
@click.option(
    "--policy",
    "names",
    multiple=True,
    metavar="NAME",
    help="Contact rule, agent rule, contact/agent, or file.py[:name] (default: all contact rules). Repeatable.",
)
@click.option(
    "--under", multiple=True, metavar="NAME", help="Also run the first scenario with this override. Repeatable."
)
@shared.metric_option
@click.option("--indifference", required=True, metavar="VALUE", help="Smallest difference that matters: 2s, 1%, 500.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="Probability of selecting the best.",
)
@shared.options(shared.variation, shared.seed_option, shared.engine_option, shared.threads_option)
@shared.cluster_option
@shared.chart_option
@shared.page_option()
@shared.printing
def tournament(
    scenarios: tuple[Path, ...],
    names: tuple[str, ...],
    under: tuple[str, ...],
    figure: str,
    indifference: str,
    confidence: float,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    engine: str | None,
    threads: int | None,
    cluster: str | None,
    out: Path | None,
    page: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Simulate routing policies with the same customers, and find the best policy for each of SCENARIOS.

    After each replication, policies that are clearly worse drop out (Kim and Nelson 2001). Differences smaller than
    --indifference do not matter. `cxsim policies` lists the rules.
    """
    from rich.text import Text

    from cxsim.report.studies.tournament import heat, plot, summary
    from cxsim.rules.routing.catalogue import CONTACT_RULES
    from cxsim.scenario import ScenarioError
    from cxsim.studies.tournament import tournaments

    places = [common.locate(path) for path in scenarios]
    if len({place.name for place in places}) < len(places):
        raise wrong("two scenarios have the same name; copy one to a file of another name")
    found = {place.name: common.read_scenario(place.file, with_=with_, set_=set_) for place in places}
    found |= {name: common.read_scenario(places[0].file, with_=(*with_, name), set_=set_) for name in under}
    file = common.picture_file(out, places[0].file, "tournament")
    page = common.page_file(page)
    try:
        least = _least(figure, indifference)
        common.tell_first_run(engine or "clock", quiet, *found.values())
        with common.on_cluster(cluster), common.progress(quiet) as tell:
            run: dict[str, Any] = {"engine": engine or "clock", "threads": threads, "progress": tell}
            run |= {} if seed is None else {"seed": seed}
            made = tournaments(found, names or CONTACT_RULES, figure, indifference=least, confidence=confidence, **run)
    except ScenarioError:
        raise
    except ValueError as error:
        raise wrong(str(error)) from error
    if as_json:
        common.print_json(document(made))
    elif not quiet:
        for name, one in made.items():
            common.show(*([Text(f"\n{name}", style="bold")] if len(made) > 1 else []), *summary(one))
    common.save_picture(heat(made) if len(made) > 1 else plot(next(iter(made.values()))), file, quiet)
    if page is not None:
        from cxsim.report.studies.tournament_page import page as written
        from cxsim.simulation.build_result import version

        common.save_page(written(made, next(iter(found.values())).currency, version()), page, quiet)
    return 0


def document(made: Mapping[str, Tournament]) -> dict[str, Any]:
    """What `--json` prints: a tournament a scenario, its rows with the last to drop out first."""
    from cxsim.report.run.document import records

    return {
        "schema_version": 2,
        "tournaments": [
            {
                "scenario": name,
                "figure": one.figure,
                "best": one.best,
                "indifference": one.indifference,
                "confidence": one.confidence,
                "seed": one.seed,
                "rows": records(one.table),
                "beside": records(one.beside),
                "intervals": records(one.intervals),
            }
            for name, one in made.items()
        ],
    }


def _least(figure: str, text: str) -> float:
    """The indifference in the figure's unit. Raises ValueError for what is none."""
    from cxsim.metrics import REGISTRY
    from cxsim.scenario.model import units

    if figure not in REGISTRY:
        raise ValueError(f"{figure!r} is not a metric; {units.suggestion(figure, REGISTRY, 'the metrics are')}")
    read = {"share": units.percent, "s": units.duration}.get(REGISTRY[figure].unit, units.amount)
    try:
        return read(float(text) if read is units.amount else text)
    except (units.Refusal, ValueError) as refusal:
        like = {"share": "a share, such as 1%", "s": "a time, such as 2s"}.get(REGISTRY[figure].unit, "a number")
        raise ValueError(f"--indifference {text!r} does not fit {figure}; write {like}") from refusal


@click.command(context_settings=shared.HELP)
def policies() -> int:
    """List the routing rules: what each prefers, its source, and when it works well."""
    from rich.table import Table
    from rich.text import Text

    from cxsim.rules.routing.catalogue import AGENTS, CONTACTS

    for head, rules in (
        ("Which contact for this agent (routing.contact)", CONTACTS),
        ("Which agent for this contact (routing.agent)", AGENTS),
    ):
        table = Table(title=head, title_justify="left", box=None, pad_edge=False)
        for name in ("rule", "prefers", "source", "remarks"):
            table.add_column(name, overflow="fold", no_wrap=name == "rule")
        for name, one in rules.items():
            table.add_row(name, one.prefers, one.source, one.when)
        common.show(table, Text())
    common.show(
        Text("Your own, in a file in the scenario's folder: routing.policy: file.py"),
        Text("  def choose_agent(contact, groups, center): number of a group, or None"),
        Text("  def choose_contact(agent, queues, center): number of a queue, or None"),
        Text("First the agent who knows the customer, if idle: routing.last_agent, routing.preferred_agent"),
    )
    return 0
