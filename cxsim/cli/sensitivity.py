"""`cxsim sensitivity`: how far verdicts on levers depend on what is assumed of customers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.options(shared.variation, shared.seed_option)
@shared.number_of_replications(10, least=2)
@shared.options(shared.engine_option, shared.threads_option)
@click.option(
    "--low",
    type=click.FloatRange(0.0, 1.0, min_open=True),
    default=0.5,
    show_default=True,
    help="Factor for the lower value.",
)
@click.option(
    "--high", type=click.FloatRange(1.0, 100.0), default=2.0, show_default=True, help="Factor for the higher value."
)
@click.option("--only", metavar="PARTS", help="Parts to vary: churn,memory,learning.")
@shared.chart_option
@shared.printing
def sensitivity(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    replications: int,
    engine: str | None,
    threads: int | None,
    low: float,
    high: float,
    only: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Lower and raise each assumption about customers, and simulate the levers of SCENARIO again on the same draws.

    Shows which verdicts stay the same, and at which values the others change. The chart goes to
    results/NAME-sensitivity.svg unless --out names another file.
    """
    from cxsim.report.studies.sensitivity import plot, sentence, summary
    from cxsim.studies.sensitivity import parts
    from cxsim.studies.sensitivity import sensitivity as vary

    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    file = common.picture_file(out, place.file, "sensitivity")
    if not found.levers:
        raise common.wrong(f"{place.file}: the scenario has no levers; add 'levers: {{NAME: {{use: knowledge_base}}}}'")
    chosen = [part.strip() for part in only.split(",")] if only else []
    acting = parts(found)
    if not acting:
        raise common.wrong(f"{place.file}: no assumption affects money; add 'segments: {{NAME: {{value: 100}}}}'")
    for part in chosen:
        if part not in acting:
            raise common.wrong(f"{part!r} does not affect money here; these do: {', '.join(acting)}", "--only")
    common.tell_first_run(engine or "clock", quiet, found)
    with common.progress(quiet) as tell:
        run: dict[str, Any] = {
            "replications": replications,
            "engine": engine or "clock",
            "threads": threads,
            "low": low,
            "high": high,
        }
        run |= {} if seed is None else {"seed": seed}
        made = vary(found, only=chosen, progress=tell, **run)
    if as_json:
        rows = [{k: None if v != v else v for k, v in row.items()} for row in made.table.to_dict("records")]
        head = {"schema_version": 1, "scenario": found.name, "replications": replications, "seed": made.seed}
        common.print_json({**head, "firm": made.firm, "sentence": sentence(made), "rows": rows})
    elif not quiet:
        common.show(*summary(made))
    common.save_picture(plot(made), file, quiet)
    return 0
