"""`cxsim tournament`: the best of several routing policies, with a stated chance to be right; `cxsim policies`."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli.common import HELP, options, wrong


@click.command(context_settings=HELP)
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--policy", "names", multiple=True, metavar="NAME",
    help="A rule of contacts or of agents, or contacts/agents; may be repeated. All rules of contacts if not given.",
)
@click.option("--by", "figure", default="asa", show_default=True, metavar="FIGURE", help="The figure that decides.")
@click.option(
    "--indifference", required=True, metavar="VALUE", help="The least difference that matters: 2s, 1%, 500."
)
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True, help="To be right.")
@options(common.with_option, common.set_option, common.seed_option, common.engine_option, common.threads_option)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Picture to write: .svg, .png or .pdf.")
@options(common.json_option, common.quiet_option)
def tournament(
    scenario: Path,
    names: tuple[str, ...],
    figure: str,
    indifference: str,
    confidence: float,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    engine: str | None,
    threads: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Let routing policies meet the same customers of SCENARIO, until the best is known.

    One replication after another, whichever is surely worse drops out (Kim and Nelson 2001); what differs by less than
    the indifference does not matter. `cxsim policies` lists the rules.
    """
    from cxsim.names import CONTACT_RULES
    from cxsim.policies import routed
    from cxsim.report.tournament import plot, summary
    from cxsim.scenario import read
    from cxsim.tournament import tournament as play

    place = common.locate(scenario)
    found = read(place.file, with_=with_, set_=set_)
    file = common.picture_file(out, place.file, "tournament")
    try:
        least = _least(figure, indifference)
        contestants = {name: routed(found, name) for name in names or CONTACT_RULES}
        common.tell_first_run(engine or "clock", quiet, found)
        with common.progress(quiet) as tell:
            run = {"engine": engine or "clock", "threads": threads} | ({} if seed is None else {"seed": seed})
            made = play(contestants, figure, indifference=least, confidence=confidence, progress=tell, **run)  # type: ignore[arg-type]
    except ValueError as error:
        raise wrong(str(error)) from error
    if as_json:
        rows = [{k: None if v != v else v for k, v in row.items()} for row in made.table.to_dict("records")]
        common.print_json({"schema_version": 1, "scenario": found.name, "figure": figure, "best": made.best,
                           "indifference": made.indifference, "confidence": confidence, "rows": rows})  # fmt: skip
    elif not quiet:
        common.show(*summary(made))
    common.save_picture(plot(made), file, quiet)
    return 0


def _least(figure: str, text: str) -> float:
    """The indifference in the figure's unit. Raises ValueError for what is none."""
    from cxsim.measures import REGISTRY
    from cxsim.scenario import units

    if figure not in REGISTRY:
        raise ValueError(f"{figure!r} is no figure; {units.suggestion(figure, REGISTRY, 'they are')}")
    read = {"share": units.percent, "s": units.duration}.get(REGISTRY[figure].unit, units.amount)
    try:
        return read(float(text) if read is units.amount else text)
    except (units.Refusal, ValueError) as refusal:
        raise ValueError(f"--indifference {text!r}: {refusal}; write it in the figure's unit, as 2s or 1%") from refusal


@click.command(context_settings=HELP)
def policies() -> int:
    """List the routing rules: what each prefers, where it is from, when it is good."""
    from rich.table import Table
    from rich.text import Text

    from cxsim.policies import AGENTS, CONTACTS

    for head, rules in (("Which contact for this agent (routing.contact)", CONTACTS),
                        ("Which agent for this contact (routing.agent)", AGENTS)):  # fmt: skip
        table = Table(title=head, title_justify="left", box=None, pad_edge=False)
        for name in ("rule", "prefers", "source", "remarks"):
            table.add_column(name, overflow="fold")
        for name, one in rules.items():
            table.add_row(name, one.prefers, one.source, one.when)
        common.show(table, Text())
    return 0
