"""The options that several commands share, each with its one help text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Any], Any]
HELP = {"help_option_names": ["-h", "--help"]}
OUTSIDE = "cxsim.allow_outside"  # where click keeps what --allow-outside said


def options(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several click options as one decorator, in the order given."""

    def dress(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return dress


with_option = click.option(
    "--with", "with_", multiple=True, metavar="NAME", help="Apply a named override from the file. Repeatable."
)


def _allow(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    ctx.meta[OUTSIDE] = wanted


outside_option = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_allow,
    help="Allow the scenario to read files outside its own folder.",
)
set_option = options(
    click.option(
        "--set",
        "set_",
        multiple=True,
        metavar="PATH=VALUE",
        help="Set one value after the overrides, such as groups.team.agents=12; * stands for every name. Repeatable.",
    ),
    outside_option,
)
seed_option = click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Random seed (default 1).")
replications_option = click.option(
    "--replications", type=click.IntRange(1, 10_000), help="Number of replications (default 20)."
)
precision_option = click.option(
    "--precision",
    multiple=True,
    metavar="FIGURE=WIDTH",
    help="Add replications until the intervals are this narrow: sl=1% (in points), asa=5% (of its value).",
)


def _confidence(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """A level as a share: 99, 99% and 0.99 are the same."""
    if text is None:
        return None
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = float("nan")
    share = value if value < 1.0 and not text.strip().endswith("%") else value / 100.0
    if not 0.5 <= share <= 0.999:
        raise click.BadParameter(f"{text!r} is not a confidence level from 50 to 99.9; write 99 for 99 %")
    return share


confidence_option = click.option(
    "--confidence", metavar="PERCENT", callback=_confidence, help="Confidence level of all intervals (default 95)."
)
control_variates_option = click.option(
    "--control-variates",
    is_flag=True,
    help="Narrow the intervals by what the number of fresh contacts explains (10 replications or more).",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(["clock", "story"]),
    help="clock (compiled, the default) or story (readable, slower); both give the same tables.",
)
threads_option = click.option(
    "--threads", type=click.IntRange(1, 1024), help="Replications to run in parallel (default: all processors)."
)
cluster_option = click.option(
    "--cluster", metavar="ADDRESS", help="Simulate on Dask: tcp://host:8786, or local:4 for local workers."
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Results folder (default: results/<name of the run>).",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout and everything else on stderr."
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print only errors (and the --json document).")
solver_option = click.option(
    "--solver",
    default="highs",
    show_default=True,
    metavar="NAME",
    help="Solver for the linear and integer programs: highs, or any installed solver that PuLP supports.",
)
routing_option = click.option(
    "--routing",
    is_flag=True,
    help="Decide the routing too: ranks, reserves, overflow delays and which skills are used. Short for "
    "--set optimize.routing=true.",
)


def with_routing(set_: tuple[str, ...], routing: bool) -> tuple[str, ...]:
    """The values set, with the routing made a decision where that was asked for."""
    return (*set_, "optimize.routing=true") if routing else set_


# What most commands begin and end with.
scenario_argument = click.argument("scenario", type=click.Path(path_type=Path))
scenarios_argument = click.argument("scenarios", nargs=-1, required=True, type=click.Path(path_type=Path))
variation = options(with_option, set_option)
printing = options(json_option, quiet_option)
chart_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Chart file to write: .svg, .png or .pdf."
)
metric_option = click.option(
    "--by", "figure", default="asa", show_default=True, metavar="FIGURE", help="Metric that decides which is best."
)


def page_option(text: str = "HTML page to write.") -> Option:
    """`--page FILE`."""
    return click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help=text)


def number_of_replications(default: int, text: str = "Number of replications.", *, least: int = 1) -> Option:
    """`--replications N` with a default of its own, at `least` so many."""
    most = click.IntRange(least, 10_000)
    return click.option("--replications", type=most, default=default, show_default=True, help=text)


def pictures_option(what: str) -> Option:
    """`--pictures/--no-pictures`; `what` pictures are for, as its help says."""
    return click.option("--pictures/--no-pictures", default=True, help=f"{what} (default: yes).")


format_option = click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["png", "svg", "pdf"]),
    help="Format of the charts, png unless given; svg and pdf are for papers. Repeatable.",
)


def save_option(what: str) -> Option:
    """`--save/--no-save`; `what` is saved, such as 'the results'."""
    return click.option("--save/--no-save", "save", default=True, help=f"Save {what} in a folder (default: yes).")


def written(name: str, read: Callable[[object], Any]) -> Callable[[str], Any]:
    """The click type of an option with a unit, read by a function that may raise `units.Refusal`."""

    def convert(value: str) -> Any:
        from cxsim.scenario.model import units

        try:
            return read(value)
        except units.Refusal as refusal:
            _, rule, fix = refusal.parts[0]
            raise click.BadParameter(f"{value!r} {rule}" + (f"; {fix}" if fix else "")) from None

    convert.__name__ = name
    return convert
