"""`cxsim trace`: the story of contacts and decisions, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

MOST = 400  # lines that are printed


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@click.option(
    "--issue",
    "--contact",
    "issue",
    type=click.IntRange(min=0),
    help="Number of an issue to follow from its first contact to its end.",
)
@click.option("--from", "start", metavar="TIME", help="Start of the period to explain, such as 10:00.")
@click.option("--to", "end", metavar="TIME", help="End of the period.")
@click.option("--day", type=click.IntRange(min=0), default=0, show_default=True, help="Day of the horizon, from 0.")
@click.option(
    "--replication", type=click.IntRange(min=0), default=0, show_default=True, help="Number of the replication."
)
@shared.options(shared.variation, shared.seed_option, shared.engine_option)
@shared.json_option
def trace(
    scenario: Path,
    issue: int | None,
    start: str | None,
    end: str | None,
    day: int,
    replication: int,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    engine: str | None,
    as_json: bool,
) -> int:
    """Describe what happens to contacts of SCENARIO: who was idle or waiting, and why this agent or contact came next.

    \b
    cxsim trace mine.yaml --from 10:00 --to 10:05
    cxsim trace mine.yaml --issue 281474976710656
    """  # noqa: D301
    from cxsim.scenario.model import units
    from cxsim.simulation.trace import trace as told

    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    if (issue is None) == (start is None or end is None):
        raise wrong("give either --issue NUMBER, or --from 10:00 --to 10:05")
    try:
        times = [_time(text, option) for text, option in ((start, "--from"), (end, "--to"))]
        run: dict[str, Any] = {"replication": replication, "day": day, "engine": engine or "clock"}
        run |= {} if seed is None else {"seed": seed}
        made = told(found, issue=issue, start=times[0], end=times[1], **run)
    except (units.Refusal, ValueError) as error:
        raise wrong(str(error)) from error
    lines = made.text()
    if as_json:
        rows = [{"time": time, "issue": number, "text": text} for time, number, text in made.lines]
        common.print_json({"schema_version": 1, "scenario": found.name, "replication": replication, "lines": rows})
        return 0
    for line in lines[:MOST]:
        common.echo(line)
    if not lines:
        common.say("nothing happens between these times")
    if len(lines) > MOST:
        common.echo(f"… and {len(lines) - MOST:,} more lines; use a shorter time, or --json")
    return 0


def _time(text: str | None, option: str) -> float | None:
    """A time of day, in seconds."""
    from cxsim.scenario.model import units

    try:
        return None if text is None else units.clock(text)
    except units.Refusal as refusal:
        raise wrong(f"{text!r} {refusal}; write 10:05", option) from None
