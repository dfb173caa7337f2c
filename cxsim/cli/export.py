"""`cxsim export`: forecasts, results and shift plans in the files of other workforce tools."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared

VOLUMES = ("amazon_connect", "calabrio", "genesys_cloud", "injixo", "verint_strategic")
ROSTERS = {"roster_csv": ".csv", "icalendar": ".ics"}


@click.command(context_settings=shared.HELP)
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, type=click.Choice([*VOLUMES, *ROSTERS]), help="Format of the file.")
@click.option("--queue", metavar="NAME", help="The queue to export, for formats with one queue per file.")
@click.option("--timezone", metavar="ZONE", help="Time zone of the center, such as Europe/Berlin, for files in UTC.")
@click.option("--channel", metavar="TEXT", help="Channel as the other tool names it, such as VOICE or chat.")
@click.option("--queue-id", metavar="TEXT", help="Id of the queue in Amazon Connect.")
@click.option("--aht", type=click.FloatRange(0.0), help="Mean handle time in seconds, where the folder has none.")
@click.option("--wrap", type=click.FloatRange(0.0), help="After-call work in seconds, where the folder has none.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@shared.quiet_option
def export(
    results: Path,
    form: str,
    queue: str | None,
    timezone: str | None,
    channel: str | None,
    queue_id: str | None,
    aht: float | None,
    wrap: float | None,
    out: Path,
    quiet: bool,
) -> int:
    """Export a results folder in the file format of another workforce management tool.


    RESULTS is a folder of `cxsim forecast` or `cxsim run` for volumes. For rosters (roster_csv, icalendar) it is one of
    `cxsim roster`, or of `cxsim optimize` with shifts.
    """
    from cxsim.storage.folders import write_file

    if out.exists():
        raise common.wrong(f"{str(out)!r} already exists; name another file, or move it away", "--out")
    try:
        if form in ROSTERS:
            data = _roster(results, form, timezone)
        else:
            from cxsim.report.exchange.formats import export as written
            from cxsim.report.exchange.rows import read_rows

            asked = {"timezone": timezone, "channel": channel, "queue_id": queue_id, "aht": aht, "wrap": wrap}
            said = {key: str(value) for key, value in asked.items() if value is not None}
            data = written(read_rows(results), form, said, queue).encode()
    except ValueError as error:
        raise common.wrong(str(error)) from None
    with common.writing(out, what="file"):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_file(out, data, replace=False)
    common.say(f"{form}: {out}", quiet)
    return 0


def _roster(results: Path, form: str, timezone: str | None) -> bytes:
    from cxsim.report.exchange.roster import as_calendar, as_table, read_roster

    scenario = common.read_scenario(results / "scenario.yaml")
    first = scenario.horizon.start
    if not isinstance(first, date):
        raise common.wrong(f"{results}: the horizon has no dates; set horizon.start")
    named = results / "roster.csv"
    entries = read_roster(named if named.exists() else results / "plan.csv", first, scenario.horizon.days)
    if form == "roster_csv":
        return as_table(entries).encode()
    zone = timezone or (str(scenario.horizon.timezone) if scenario.horizon.timezone else None)
    if zone is None:
        raise common.wrong("the scenario has no time zone; write --timezone Europe/Berlin", "--timezone")
    return as_calendar(entries, zone)
