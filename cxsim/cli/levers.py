"""`cxsim levers`: what can be done for customers, and what it is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.optimize import read_time
from cxsim.cli.time_limit import TimeLimit

if TYPE_CHECKING:
    from cxsim.scenario import Scenario


@click.command(context_settings=shared.HELP)
@click.argument("scenario", type=click.Path(path_type=Path), required=False)
@shared.options(shared.variation, shared.seed_option)
@shared.number_of_replications(20, least=2)
@shared.options(shared.engine_option, shared.threads_option)
@click.option("--budget", type=click.FloatRange(min=0.0), help="Budget per year for levers; also tries combinations.")
@click.option("--staff", is_flag=True, help="Also find the cheapest staff for each choice of levers.")
@click.option(
    "--time-limit",
    "time_limit",
    metavar="TIME",
    help="With --staff: stop after this long with the best plans so far: 10min, 90s. Each choice gets an equal part.",
)
@click.option("--catalogue", is_flag=True, help="List the ready-made levers and operating models, and exit.")
@shared.chart_option
@shared.printing
def levers(
    scenario: Path | None,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    replications: int,
    engine: str | None,
    threads: int | None,
    budget: float | None,
    staff: bool,
    time_limit: str | None,
    catalogue: bool,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Simulate each lever of SCENARIO alone, and combinations within a budget, on the same draws.

    Shows how each changes cost, solved issues, effort and churn, and its net worth with an interval, or "not
    distinguishable". The chart goes to results/NAME-levers.svg unless --out names another file. With --staff, cxsim
    finds and certifies the cheapest staffing for each choice of levers, as `cxsim optimize` does, and compares the
    choices.
    """
    limit = TimeLimit(read_time(time_limit))
    if catalogue:
        from cxsim.report.studies.levers import catalogue as listed

        common.show(*listed())
        return 0
    if scenario is None:
        raise common.wrong("name a scenario, or use --catalogue", "SCENARIO")
    from cxsim.report.studies.levers import plot, sentence, summary
    from cxsim.studies.levers import levers as weigh

    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    file = common.picture_file(out, place.file, "levers")
    if not found.levers:
        raise common.wrong(
            f"{place.file}: the scenario has no levers; add 'levers: {{NAME: {{cost: ...}}}}' and an override NAME"
        )
    if staff and (out or engine):
        raise common.wrong("--staff writes no chart and uses the clock engine; remove --out and --engine")
    if time_limit and not staff:
        raise common.wrong("--time-limit limits the search for staff; add --staff, or remove it")
    if staff:
        return _with_staff(found, budget, seed, threads, limit.for_search(False), as_json, quiet)
    common.tell_first_run(engine or "clock", quiet, found)
    with common.progress(quiet) as tell:
        run: dict[str, Any] = {"replications": replications, "engine": engine or "clock", "threads": threads}
        run |= {} if seed is None else {"seed": seed}
        made = weigh(found, budget=budget, progress=tell, **run)
    if as_json:
        rows = [{k: None if v != v else v for k, v in row.items()} for row in made.table.to_dict("records")]
        head = {"schema_version": 1, "scenario": found.name, "replications": replications, "seed": made.seed}
        told = {"days": made.days, "budget": budget, "best": made.best, "sentence": sentence(made)}
        common.print_json({**head, **told, "levers": rows, "assumptions": list(made.assumptions)})
    elif not quiet:
        common.show(*summary(made))
    common.save_picture(plot(made), file, quiet)
    return 0


def _with_staff(
    scenario: Scenario,
    budget: float | None,
    seed: int | None,
    threads: int | None,
    seconds: float | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Each choice of levers with the cheapest staff for it."""
    from cxsim.optimizer.levers_and_staffing import decide
    from cxsim.report.studies.levers import chosen

    def told(choice: str, done: int, total: int) -> None:
        common.say(f"staff for {choice.replace('_', ' ')} ({done + 1} of {total})", quiet)

    asked: dict[str, Any] = {"seed": 1 if seed is None else seed, "threads": threads, "seconds": seconds}
    found = decide(scenario, budget=budget, progress=told, **asked)
    if as_json:
        rows = [{k: None if v != v else v for k, v in row.items()} for row in found.table.to_dict("records")]
        common.print_json(
            {"schema_version": 1, "scenario": scenario.name, "days": found.days, "best": found.best, "choices": rows}
        )
    elif not quiet:
        common.show(*chosen(found))
    return 0
