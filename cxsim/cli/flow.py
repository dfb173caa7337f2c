"""`cxsim flow`: the contact flow of a scenario, drawn, with the share that goes each way."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared

if TYPE_CHECKING:
    from rich.table import Table

    from cxsim.rules.ivr_steps import Expected
    from cxsim.scenario import Scenario


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.variation
@click.option("--reason", help="Only contacts of this reason (default: all, weighted by volume).")
@shared.chart_option
@shared.printing
def flow(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    reason: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Draw the contact flow of SCENARIO: menus, self-service and queues, and what share of contacts goes where.

    Shares and times are exact and refer to contacts that enter the flow; nothing is simulated. The chart goes to
    results/NAME-flow.svg unless --out names another file.
    """
    from cxsim.model.demand import expected_of
    from cxsim.model.prepare import facts
    from cxsim.report.studies.ivr_picture import draw
    from cxsim.rules.ivr_steps import expected, mixed
    from cxsim.scenario.model.units import suggestion

    place = common.locate(scenario)
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    by_flow = [name for name, one in found.reasons.items() if one.flow]
    if not by_flow:
        raise common.wrong(
            f"{place.file}: no reason has a flow; write 'flow: NODE' in a reason, and the nodes in 'flow'"
        )
    if reason is not None and reason not in by_flow:
        raise common.wrong(
            f"{reason!r} has no flow; {suggestion(reason, by_flow, 'the reasons with a flow are')}", "--reason"
        )
    file = common.picture_file(out, place.file, "flow")
    when, _, volume = facts(found)
    weights = dict(zip(found.reasons, expected_of(volume, when).sum(axis=1).tolist(), strict=True))
    chosen = [reason] if reason is not None else by_flow
    each = {name: expected(found, name) for name in chosen}
    whole = mixed(found, {name: weights[name] for name in chosen})
    if as_json:
        said = {name: _plain(one) for name, one in each.items()}
        common.print_json({"schema_version": 1, "file": str(place.file), "flow": _plain(whole), "reasons": said})
    elif not quiet:
        common.show(_table(found, each, whole))
        for name in (name for name, node in found.flow.items() if node.least_delay is not None):
            common.say(
                f"{name}: this node chooses by waits, which only a simulation knows; here each of its queues has the "
                "same share"
            )
    of = f"contacts of {reason.replace('_', ' ')}" if reason else "contacts"
    title = f"{found.name}: where {of} go, in % of contacts that enter the flow"
    common.save_picture(draw(found, whole, title), file, quiet)
    return 0


def _plain(found: Expected) -> dict[str, Any]:
    ways = [{"node": a, "to": b, "option": option, "share": share} for (a, b, option), share in found.ways.items()]
    return asdict(found) | {"ways": ways}


def _table(scenario: Scenario, each: dict[str, Expected], whole: Expected) -> Table:
    """What becomes of the contacts of each reason, and of all."""
    from rich.table import Table

    columns = {name.replace("_", " "): one for name, one in each.items()}
    if len(each) > 1:
        columns["all"] = whole
    table = Table(title="of contacts that enter the flow", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")

    def row(title: str, values: list[str]) -> None:
        table.add_row(title, *values)

    def shares(title: str, values: list[float]) -> None:
        if any(values):
            row(title, [f"{100.0 * value:.1f} %" if value else "" for value in values])

    found = list(columns.values())
    for node in whole.visits:
        shares(f"reach {node}", [one.visits.get(node, 0.0) for one in found])
    shares("hang up", [sum(one.hung_up.values()) for one in found])
    shares("are contained", [sum(one.contained.values()) + sum(one.not_helped.values()) for one in found])
    shares("  of them falsely, as a share of all", [sum(one.not_helped.values()) for one in found])
    shares("are turned away", [sum(one.turned_away.values()) for one in found])
    for queue in scenario.queues:
        shares(f"reach queue {queue}", [one.queues.get(queue, 0.0) for one in found])
    row("mean time in the flow", [f"{one.seconds:.0f} s" for one in found])
    return table
