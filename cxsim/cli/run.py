"""`cxsim run`: simulate a scenario and store what came out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from cxsim.scenario import Scenario
    from cxsim.simulation.result import Result
    from cxsim.studies.journeys import Journeys

TARGET_MISSED = 3
LEDGER = click.Choice(["csv", "parquet"])
CUSTOMERS_PAGE = "customers.html"
TOP = 8  # journeys that are listed


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.options(
    shared.variation,
    shared.replications_option,
    shared.precision_option,
    shared.confidence_option,
    shared.control_variates_option,
    shared.seed_option,
    shared.engine_option,
    shared.threads_option,
    shared.out_option,
)
@click.option("--legs", type=LEDGER, help="Keep every leg of every contact, as CSV or Parquet.")
@click.option("--spells", type=LEDGER, help="Keep every spell of every agent, as CSV or Parquet.")
@shared.pictures_option("Draw the charts and the HTML report")
@shared.format_option
@shared.save_option("the results")
@click.option(
    "--view",
    type=click.Choice(("company", "customer", "both")),
    default="company",
    show_default=True,
    help="Scorecard to show; the customer's also writes customers.html.",
)
@click.option("--strict", is_flag=True, help="Exit with code 3 if a target is missed (not if it is not measured).")
@shared.printing
def run(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    replications: int | None,
    precision: tuple[str, ...],
    confidence: float | None,
    control_variates: bool,
    seed: int | None,
    engine: str | None,
    threads: int | None,
    out: Path | None,
    legs: str | None,
    spells: str | None,
    pictures: bool,
    formats: tuple[str, ...],
    save: bool,
    view: str,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Simulate SCENARIO, print a summary and save tables, workbook, HTML report and charts in a folder.

    SCENARIO is a file, or the folder of an earlier run. A folder repeats its run, with the same seed, replications
    and engine unless you give others.

    \b
    cxsim run scenarios/quickstart.yaml
    cxsim run mine.yaml --with storm --set groups.front.agents=16
    cxsim run mine.yaml --precision sl=1% --out results/exact
    cxsim run mine.yaml --json --no-save

    Exits with code 0, 2 if the input is wrong, or 130 if interrupted (no half-written files remain).
    """  # noqa: D301
    from cxsim.report.run.folder import KIND
    from cxsim.simulation.simulate import simulate

    if precision and replications is not None:
        raise wrong("give either --replications or --precision; --precision decides the number of replications")
    if not save and (out or legs or spells or formats):
        raise wrong("--no-save saves nothing; remove --out, --legs, --spells and --format")
    common.check_formats(formats, pictures)
    place = common.locate(scenario)
    folder = common.check_out(out or common.run_folder(place.name, with_, set_), KIND) if save else None
    read_in = common.read_scenario(place.file, with_=with_, set_=set_)
    widths = common.read_precision(precision)
    given = {"seed": seed, "replications": replications, "engine": engine, "confidence": confidence}
    settings: dict[str, Any] = {**place.settings, **{key: value for key, value in given.items() if value is not None}}
    if widths:
        settings.pop("replications", None)
    settings |= {"control_variates": True} if control_variates else {}
    if view != "company" and settings.pop("control_variates", False) and control_variates:
        raise wrong("--control-variates is for the company's view; leave out --view, or --control-variates")
    common.tell_first_run(settings.get("engine", "clock"), quiet, read_in)
    tables = {"legs": legs, "spells": spells}
    keep = [name for name, kind in tables.items() if kind]
    followed = None
    with common.progress(quiet) as bar:
        run = {**settings, "precision": widths, "threads": threads, "keep": keep, "progress": bar}
        if view == "company":
            with common.refused():
                result = simulate(read_in, **run)
        else:
            followed = _followed(read_in, run)
            result = followed.result
    if folder is not None:
        with common.writing(folder):
            _save(result, folder, tables, pictures, formats or ("png",), followed)
    for text in _imprecise(result, widths):
        common.say(text)
    if as_json:
        document = result.document()
        document["inputs"] |= {"file": str(scenario), "with": list(with_), "set": list(set_), "precision": widths}
        if followed is not None:
            document["customers"] = _customers(followed)
        common.print_json({**document, "folder": str(folder) if folder else None})
    elif not quiet and followed is not None:
        _show_customers(followed, view)
    elif not quiet:
        common.show(result.summary(common.stdout().width))
    if folder is not None and not quiet:
        where = f"{folder / 'report.html'} and workbook.xlsx in the same folder" if pictures else f"tables in {folder}"
        where += f", and {CUSTOMERS_PAGE}" if followed is not None else ""
        common.echo(f"\n{where}", err=as_json)
    missed = any(met is not None and not met for met in result.targets["met"])
    return TARGET_MISSED if strict and missed else 0


def _followed(scenario: Scenario, run: dict[str, Any]) -> Journeys:
    """The same run, with the issues of its customers followed."""
    from cxsim.simulation.replications import DEFAULT_REPLICATIONS
    from cxsim.studies.journeys import journeys

    if not run["precision"]:
        run.setdefault("replications", DEFAULT_REPLICATIONS)
    return journeys(scenario, **run)


def _customers(followed: Journeys) -> dict[str, Any]:
    from cxsim.cli.journeys import document

    return document(followed, TOP)


def _show_customers(followed: Journeys, view: str) -> None:
    from cxsim.report.studies.journeys import summary

    if view == "both":
        common.show(followed.result.summary(common.stdout().width))
        common.echo()
    common.show(*summary(followed, "customer", TOP))


def _imprecise(result: Result, widths: dict[str, float]) -> list[str]:
    """In sentences, which wanted precision was not reached, or means nothing."""
    from cxsim.metrics import REGISTRY

    out = []
    for name, width in widths.items():
        value, low, high, _, _ = result.estimate(name)
        half, n, absolute = (high - low) / 2, f"{result.replications:,}", REGISTRY[name].absolute
        got = half if absolute or not value else half / abs(value)
        if not half >= 0.0:
            out.append(f"precision: {name} could not be measured in {n} replications, so it has no confidence interval")
        elif half == 0.0:
            out.append(
                f"precision: {name} is the same in all {n} replications, so it has no confidence interval to narrow"
            )
        elif got > width * (1 + 1e-9):
            text = f"not reached: {name} is within {100 * got:.3g}% after {n} replications, not {100 * width:g}%"
            out.append(f"precision {text}")
    return out


def _save(
    result: Result,
    folder: Path,
    tables: dict[str, str | None],
    pictures: bool,
    formats: tuple[str, ...],
    followed: Journeys | None,
) -> None:
    """Store a result; its legs and spells in the format asked for, and the customers' page if they were followed."""
    from cxsim.report.run.folder import csv_text, save

    more = {}
    if followed is not None:
        from cxsim.report.studies.journeys_page import page

        more[CUSTOMERS_PAGE] = page(followed).encode()
    as_csv = [name for name, kind in tables.items() if kind == "csv"]
    for name in as_csv:
        more[f"{name}.csv"] = csv_text(getattr(result, name)).encode()  # all digits: waits are exact
    rest = replace(
        result,
        legs=None if "legs" in as_csv else result.legs,
        spells=None if "spells" in as_csv else result.spells,
    )
    save(rest, folder, pictures=pictures, report=pictures, formats=formats, more=more)
