"""`cxsim methods`: a scenario described for a paper, by the checklist STRESS-DES."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.variation
@shared.options(shared.replications_option, shared.confidence_option, shared.seed_option, shared.engine_option)
def methods(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    replications: int | None,
    confidence: float | None,
    seed: int | None,
    engine: str | None,
) -> None:
    """Describe SCENARIO for a paper: the 20 items of the checklist STRESS-DES, in Markdown.

    SCENARIO is a file, or a results folder, whose seed, replications and confidence level are then described. What only
    you know, such as where data come from, is left as a line to fill in.

    \b
    cxsim methods results/mine > methods.md
    """  # noqa: D301
    from cxsim.report.run.methods import methods as described
    from cxsim.simulation.build_result import version

    place = common.locate(scenario)
    given: dict[str, Any] = {"replications": replications, "confidence": confidence, "seed": seed, "engine": engine}
    usual: dict[str, Any] = {"replications": 20, "confidence": 0.95, "seed": 1, "engine": "clock"}
    said = {key: value for key, value in given.items() if value is not None}
    settings: dict[str, Any] = usual | place.settings | said
    found = common.read_scenario(place.file, with_=with_, set_=set_)
    common.echo(described(found, version(), **settings), nl=False)
