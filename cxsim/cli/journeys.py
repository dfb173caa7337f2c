"""`cxsim journeys`: what became of customers' issues, beside what the company sees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.scenario.model.units import suggestion

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.studies.journeys import Journeys

VIEWS = ("both", "customer", "company")


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.options(shared.variation, shared.seed_option)
@shared.number_of_replications(10)
@shared.options(shared.engine_option, shared.threads_option)
@click.option("--lever", "pulled", multiple=True, metavar="NAME", help="Apply this lever. Repeatable.")
@click.option("--view", type=click.Choice(VIEWS), default="both", show_default=True, help="Which scorecard to show.")
@click.option(
    "--segment",
    "segments",
    multiple=True,
    metavar="NAME",
    help="Show the scorecards of this segment beside those of all customers; 'all' for each segment. Repeatable.",
)
@click.option("--top", type=click.IntRange(1, 100), default=12, show_default=True, help="Number of journeys to list.")
@shared.chart_option
@shared.page_option(
    "HTML page to write for decision makers; includes the value of each lever, if the scenario has any."
)
@shared.printing
def journeys(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    replications: int,
    engine: str | None,
    threads: int | None,
    pulled: tuple[str, ...],
    view: str,
    segments: tuple[str, ...],
    top: int,
    out: Path | None,
    page: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Follow the issues of SCENARIO through all their contacts, and compare the customer's view with the company's.

    Lists the most common journeys with share, time, effort and outcome, and the intervals that look good to the company
    but not to customers. The chart goes to results/NAME-journeys.svg unless --out names another file.
    """
    from cxsim.report.studies.journeys import plot, summary
    from cxsim.studies.journeys import journeys as follow
    from cxsim.studies.levers import levers as weigh
    from cxsim.studies.levers import pulled as pull

    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    for name in pulled:
        if name not in found.levers:
            raise common.wrong(
                f"{name!r} is not a lever; {suggestion(name, found.levers, 'the levers are')}", "--lever"
            )
    shown = _segments(found, segments)
    scenario_now = pull(found, pulled) if pulled else found
    file = common.picture_file(out, place.file, "journeys")
    page = common.page_file(page)
    common.tell_first_run(engine or "clock", quiet, scenario_now)
    with common.progress(quiet) as tell:
        run: dict[str, Any] = {"replications": replications, "engine": engine or "clock", "threads": threads}
        run |= {} if seed is None else {"seed": seed}
        made = follow(scenario_now, progress=tell, **run)
        told = weigh(found, progress=tell, **run) if page is not None and found.levers else None
    if as_json:
        common.print_json(document(made, top, shown))
    elif not quiet:
        common.show(*summary(made, view, top, shown))
    common.save_picture(plot(made, top), file, quiet)
    if page is not None:
        from cxsim.report.studies.journeys_page import page as written

        common.save_page(written(made, told), page, quiet)
    return 0


def _segments(scenario: Scenario, named: tuple[str, ...]) -> list[str]:
    """The segments whose scorecards are asked for."""
    known = list(scenario.segments)
    for name in named:
        if name not in known and name != "all":
            raise common.wrong(f"{name!r} is not a segment; {suggestion(name, known, 'they are')}", "--segment")
    if named and len(known) < 2:
        raise common.wrong("the scenario has one kind of customers; add `segments` to compare them", "--segment")
    return known if "all" in named else list(dict.fromkeys(named))


def document(found: Journeys, top: int, segments: Sequence[str] = ()) -> dict[str, Any]:
    """What `--json` prints: both scorecards, the gap, the commonest journeys, and the assumptions.

    With `segments` only the scorecards of these are under `segments`, else those of all.
    """
    from cxsim.report.studies.journeys import gap

    def records(frame: Any) -> list[dict[str, Any]]:
        return [
            {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}
            for row in frame.to_dict("records")
        ]

    return {
        "schema_version": 1,
        "scenario": found.scenario.name,
        "replications": found.result.replications,
        "seed": found.result.seed,
        "company": records(found.company),
        "customer": records(found.customer),
        "segments": records(found.segments[found.segments["segment"].isin(segments)] if segments else found.segments),
        "touchpoints": records(found.touchpoints),
        "customers": records(found.people),
        "surveys": records(found.surveys),
        "gap": {"sentence": gap(found), "green": found.intervals, "red": records(found.gap)},
        "journeys": records(found.paths.head(top)),
        "troubled": records(found.troubled.head(top)),
        "assumptions": list(found.assumptions),
    }
