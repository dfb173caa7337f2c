"""`cxsim forecast`: volumes and handle times of the coming weeks, from history."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from cxsim.cli import common, returning
from cxsim.cli import shared_options as shared

if TYPE_CHECKING:
    from cxsim.forecast import Forecast


def a_date(value: str) -> date:
    """A date such as 2026-03-02, as a type of options."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date; write it as 2026-03-02") from None


def a_length(value: object) -> float:
    """Seconds of a length of time such as 30 min; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    return units.duration(value)


@click.command(context_settings=shared.HELP)
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--weeks", type=click.IntRange(1, 52), default=4, show_default=True, help="Weeks to forecast.")
@click.option(
    "--start", type=a_date, metavar="DATE", help="First day of the forecast (default: the day after HISTORY)."
)
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook (default: the first).")
@click.option("--queue", metavar="COLUMN", help="Column that names the queue of a row (default: queue or reason).")
@click.option("--volume", metavar="COLUMN", help="Column of contacts (default: offered, volume, calls or contacts).")
@click.option("--answered", metavar="COLUMN", help="Column of answered contacts (default: answered or handled).")
@click.option("--aht", metavar="COLUMN", help="Column of mean handle times in seconds (default: aht or handle_time).")
@click.option(
    "--interval",
    type=shared.written("time", a_length),
    metavar="TIME",
    help="Length of the intervals, such as '30 min' (default: as in HISTORY).",
)
@click.option("--holidays", metavar="CODE", help="Country of the public holidays, such as US, GB-ENG or DE-BY.")
@click.option(
    "--events",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV or XLSX file of events that change volume: columns name, date and, optionally, to and factor.",
)
@click.option(
    "--closed", type=a_date, multiple=True, metavar="DATE", help="Day on which the center is closed. Repeatable."
)
@click.option(
    "--open", "opened", type=a_date, multiple=True, metavar="DATE", help="Day on which the center is open. Repeatable."
)
@returning.options
@shared.options(shared.out_option, shared.printing)
def forecast(
    history: Path,
    weeks: int,
    start: date | None,
    sheet: str | None,
    queue: str | None,
    volume: str | None,
    answered: str | None,
    aht: str | None,
    interval: float | None,
    holidays: str | None,
    events: Path | None,
    closed: tuple[date, ...],
    opened: tuple[date, ...],
    offered: Literal["total", "fresh"] | None,
    redial: float | None,
    redial_delay: float | None,
    resolution: float | None,
    repeat: float | None,
    repeat_delay: float | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Forecast volumes and handle times by interval from HISTORY.

    HISTORY is a results folder of cxsim import, or a CSV or XLSX table.
    A table has one row per interval with a date, a time, and either the columns queue, offered, answered and aht,
    or one column per queue. A backtest compares a calendar regression with three baselines and uses the best. The
    results folder holds volumes.csv for a scenario, 90% bands, the backtest and a chart.

    What a phone system counts as offered includes customers who call again. If you know or assume how they do, these
    options take them out, and the forecast is of fresh contacts:

    \b
    cxsim forecast results/import-acd --offered total --redial 40% --redial-delay '10 min'
    """  # noqa: D301
    from cxsim.forecast import forecast as make
    from cxsim.forecast import read_events, read_history
    from cxsim.report.studies.forecast import KIND, of_volume, save, summary

    folder = common.check_out(out or common.run_folder(f"forecast-{history.stem.removeprefix('import-')}"), KIND)
    back = returning.behaviour(locals())
    try:
        past = read_history(
            history, sheet=sheet, volume=volume, queue=queue, answered=answered, aht=aht, interval=interval
        )
        said = read_events(events) if events else ()
        found = make(
            past,
            weeks=weeks,
            start=start,
            holidays=holidays,
            events=said,
            closed=closed,
            opened=opened,
            offered=offered,
            returning=back,
        )
    except ValueError as error:
        raise common.wrong(str(error)) from None
    with common.writing(folder):
        save(found, folder)
    if as_json:
        common.print_json(document(found))
    elif not quiet:
        common.show(*summary(found))
        common.say(of_volume(found), quiet)
    common.say(f"results: {folder}", quiet)
    return 0


def document(found: Forecast) -> dict[str, Any]:
    """What `--json` prints: for each queue the method, scores, effects, notes, days and intervals with their bands."""
    from cxsim.report.studies import forecast as tables

    def records(frame: Any) -> list[dict[str, Any]]:
        return [
            {
                k: None if isinstance(v, float) and v != v else str(v) if isinstance(v, date) else v
                for k, v in row.items()
            }
            for row in frame.to_dict("records")
        ]

    return {
        "schema_version": 1,
        "queues": [
            {
                "queue": one.queue,
                "method": one.method,
                "reason": one.reason,
                "busyness": one.busyness,
                "notes": list(one.notes),
            }
            for one in found.queues
        ],
        "days": records(tables.days(found)),
        "intervals": records(tables.intervals(found)),
        "backtest": records(tables.backtest(found)),
        "effects": records(tables.effects(found)),
    }
