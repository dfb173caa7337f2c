"""`cxsim erlang`: what is missing among volume, agents and lines is what is asked."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from cxsim.cli import shared_options as shared
from cxsim.erlang.formulas import MOST, Steady, steady
from cxsim.erlang.required_agents import Target, agents_for, lines_for, lines_for_queue, load_for, rate_for
from cxsim.erlang.roots import check_number
from cxsim.scenario.model import units
from cxsim.schema.service_levels import DEFAULT_SL, SL_NAMES

# What a target limits, by the name of the figure.
FIGURE_OF = {
    "sl": "sl",
    "asa": "asa",
    "abandoned": "abandoned_share",
    "occupancy": "occupancy",
    "blocked": "blocked_share",
}
# What the formulae call a number, and the option it came from where the two differ.
OPTIONS = {
    "rate": "--volume",
    "handle_time": "--aht",
    "load": "--volume times --aht, in erlangs",
    "target": "the target",
}


def read_volume(value: object) -> float:
    """`120/h`, `2/min` or `240 per 30 min` as contacts per second; `Refusal` without a unit."""
    given = units.rate(value)
    if given is None:
        raise units.Refusal("is not a volume", "write contacts per time, such as 120/h or '240 per 30 min'")
    return given[0] / (86400.0 if given[1] == "day" else 3600.0)


VOLUME, LEVEL = shared.written("contacts/time", read_volume), shared.written("share/time", units.level)
TIME, SHARE = shared.written("time", units.duration), shared.written("share", units.percent)


@dataclass(frozen=True)
class Asked:
    """The options as given, in seconds, shares and contacts per second; None where not given."""

    model: str
    volume: float | None
    aht: float
    patience: float
    agents: float | None
    lines: float | None
    target: Target | None

    @property
    def counting(self) -> Target:
        """What says how the service level is counted, when no target is given as well."""
        return self.target or Target(sl=0.8)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--volume", type=VOLUME, help="Offered contacts, such as 120/h or '240 per 30 min'; leave it out to compute it."
)
@click.option("--aht", type=TIME, required=True, help="Average handle time, talk plus after-call work: '4 min', 230s.")
@click.option("--patience", type=TIME, help="Mean patience; selects Erlang A.")
@click.option("--agents", type=float, help="Agents present, fractions allowed; leave it out to compute it.")
@click.option("--lines", type=float, help="Largest number of contacts in the system, waiting or served.")
@click.option("--sl", type=LEVEL, help="Target: share answered within a time; default 80%/20s if no target is given.")
@click.option("--asa", type=TIME, help="Target: maximum mean wait of answered contacts.")
@click.option("--abandoned", type=SHARE, help="Target: maximum abandonment rate.")
@click.option("--occupancy", type=SHARE, help="Target: maximum occupancy.")
@click.option("--blocked", type=SHARE, help="Target: maximum blocking; computes the trunks.")
@click.option(
    "--definition",
    type=click.Choice(SL_NAMES),
    default=DEFAULT_SL,
    show_default=True,
    help="Service level definition.",
)
@click.option(
    "--short-abandon",
    type=TIME,
    default="5s",
    show_default=True,
    help="Short-abandon threshold, for excluding_short_abandoned.",
)
@click.option(
    "--model", type=click.Choice(["b", "c", "a"]), help="Erlang B, C or A (default: A with --patience, else C)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the table.")
def erlang(
    volume: float | None,
    aht: float,
    patience: float | None,
    agents: float | None,
    lines: float | None,
    sl: tuple[float, float] | None,
    asa: float | None,
    abandoned: float | None,
    occupancy: float | None,
    blocked: float | None,
    definition: str,
    short_abandon: float,
    model: str | None,
    as_json: bool,
) -> None:
    """Answer Erlang questions: give what you know, and leave out what you want to compute.

    \b
    Agents for a target:    cxsim erlang --volume 120/h --aht '4 min' --sl 80%/20s
    Metrics for agents:     cxsim erlang --volume 120/h --aht '4 min' --patience '3 min' --agents 10
    Volume for agents:      cxsim erlang --aht '4 min' --agents 10 --sl 80%/20s
    Trunks for a queue:     cxsim erlang --volume 120/h --aht '4 min' --agents 10 --blocked 1%
    Trunks without a queue: cxsim erlang --model b --volume 120/h --aht '4 min' --blocked 1%
    """  # noqa: D301
    started = time.perf_counter()
    model = model or ("a" if patience is not None else "c")
    _check(model, patience, agents, lines)
    wanted = {"asa": asa, "abandoned": abandoned, "occupancy": occupancy, "blocked": blocked}
    try:
        check_number("agents", agents or 0, least=0, most=MOST)
        check_number("lines", lines or 0, least=0)
        target = None
        if sl or any(v is not None for v in wanted.values()):
            share, within = sl or (None, 20.0)
            target = Target(share, within, definition, short_abandon, **wanted)
        elif (agents is None or volume is None) and model != "b":
            target = Target(sl=0.8, definition=definition, short_abandon=short_abandon)
        asked = Asked(model, volume, aht, math.inf if patience is None else patience, agents, lines, target)
        title, answer = _solve(asked)
    except ValueError as error:
        name, colon, rest = str(error).partition(":")
        raise click.UsageError(OPTIONS.get(name, f"--{name}") + colon + rest) from error
    if as_json:
        click.echo(json.dumps(_document(asked, title, answer, time.perf_counter() - started), indent=2))
    else:
        _print(asked, title, answer)


def _check(model: str, patience: float | None, agents: float | None, lines: float | None) -> None:
    if model == "a" and patience is None:
        raise click.UsageError("--model a needs --patience: Erlang A models callers who abandon")
    if model != "a" and patience is not None:
        raise click.UsageError(f"--model {model} has no patience; remove --patience, or use --model a")
    if model == "b" and agents is not None and lines is not None and agents != lines:
        raise click.UsageError("--model b has no queue; every trunk is an agent, so give only --lines")


@dataclass(frozen=True)
class Answer:
    """The state asked for, its neighbours for the table, and the fractional answer where there is one."""

    figure: str
    value: float
    exact: float
    state: Steady
    around: tuple[Steady, ...]


def _solve(asked: Asked) -> tuple[str, Answer]:
    if asked.model == "b":
        return _solve_lines(asked)
    lines = math.inf if asked.lines is None else asked.lines
    target, agents, rate, patience = asked.target, asked.agents, asked.volume, asked.patience
    if rate is None:
        if agents is None:
            raise ValueError("volume: give either --volume or --agents")
        assert target is not None
        rate = rate_for(target, agents, asked.aht, patience=patience, lines=lines)
        figure, value, exact = "volume_per_hour", rate * 3600, rate * 3600
        title = f"{agents:g} agents meet the target up to {value:,.1f} contacts an hour"
    elif agents is None:
        assert target is not None
        agents = agents_for(target, rate, asked.aht, patience=patience, lines=lines)
        exact = agents_for(target, rate, asked.aht, patience=patience, lines=lines, whole=False)
        figure, value = "agents", agents
        title = f"{agents:g} agents meet the target (exactly {exact:.2f})"
    elif target is not None and target.blocked is not None and asked.lines is None:
        if agents != int(agents) or agents < 1:
            raise ValueError("agents: give a whole number of at least 1 when trunks are computed")
        lines = lines_for_queue(target.blocked, rate, asked.aht, int(agents), patience=patience)
        figure, value, exact = "lines", lines, lines
        title = f"{lines:g} trunks meet the target: {agents:g} for talking and {lines - agents:g} for waiting"
    else:
        figure, value, exact = "agents", agents, agents
        title = f"{agents:g} agents"
    states = [steady(rate, asked.aht, n, patience=patience, lines=max(n, lines)) for n in _around(agents)]
    state = steady(rate, asked.aht, agents, patience=patience, lines=lines)
    return title, Answer(figure, value, exact, state, tuple(s for s in states if s.lines == lines))


def _around(number: float) -> list[float]:
    """The number and the whole ones up to three below and above it."""
    middle = math.floor(number)
    return sorted({number} | {float(n) for n in range(middle - 3, middle + 4) if n > 0})


def _solve_lines(asked: Asked) -> tuple[str, Answer]:
    lines = asked.agents if asked.lines is None else asked.lines
    blocked = asked.target.blocked if asked.target else None
    if asked.target and (blocked is None or asked.target.sl or asked.target.asa):
        raise ValueError("target: Erlang B has no queue, so its only target is --blocked, such as 1%")
    rate = asked.volume
    if rate is None:
        if lines is None or blocked is None:
            raise ValueError("volume: Erlang B needs two of --volume, --lines and --blocked")
        rate = load_for(blocked, lines) / asked.aht
        figure, value, exact = "volume_per_hour", rate * 3600, rate * 3600
        title = f"{lines:g} trunks meet the target up to {value:,.1f} contacts an hour"
    elif lines is None:
        if blocked is None:
            raise ValueError("volume: Erlang B needs two of --volume, --lines and --blocked")
        lines = lines_for(blocked, rate * asked.aht)
        exact = lines_for(blocked, rate * asked.aht, whole=False)
        figure, value, title = "lines", lines, f"{lines:g} trunks meet the target (exactly {exact:.2f})"
    else:
        figure, value, exact, title = "lines", lines, lines, f"{lines:g} lines"
    states = tuple(steady(rate, asked.aht, n, lines=n) for n in _around(lines))
    return title, Answer(figure, value, exact, steady(rate, asked.aht, lines, lines=lines), states)


def _figures(asked: Asked, state: Steady) -> dict[str, tuple[float, str]]:
    counting = asked.counting
    return {
        "agents": (state.agents, "agents"),
        "load": (state.load, "erlangs"),
        "sl": (state.sl(counting.within, counting.definition, counting.short_abandon), "share"),
        "asa": (state.asa, "s"),
        "wait_p90": (state.wait_quantile(0.9) if state.answered > 0 else math.nan, "s"),
        "share_queued": (state.share_queued, "share"),
        "abandoned_share": (state.abandoned_share, "share"),
        "blocked_share": (state.blocked, "share"),
        "occupancy": (state.occupancy, "share"),
        "queue_length": (state.queue_length, "contacts"),
    }


def _targets(asked: Asked, state: Steady) -> list[dict[str, Any]]:
    if asked.target is None:
        return []
    found = _figures(asked, state)
    out = []
    for name, figure in FIGURE_OF.items():
        limit, value = getattr(asked.target, name), found[figure][0]
        if limit is not None:
            # The fractional answer sits on its target: rounding must not call it missed.
            met = not value < limit - 1e-9 if name == "sl" else not value > limit * (1 + 1e-9)
            out.append({"figure": figure, "target": limit, "value": _finite(value), "met": met})
    return out


def _document(asked: Asked, title: str, answer: Answer, seconds: float) -> dict[str, Any]:
    def rows(state: Steady) -> list[dict[str, Any]]:
        return [
            {
                "figure": figure,
                "scope": "total",
                "interval": "total",
                "value": _finite(value),
                "low": None,
                "high": None,
                "unit": unit,
                "n": None,
            }
            for figure, (value, unit) in _figures(asked, state).items()
        ]

    counting = asked.counting
    return {
        "schema_version": 1,
        "inputs": {
            "model": asked.model,
            "volume_per_hour": None if asked.volume is None else asked.volume * 3600,
            "aht": asked.aht,
            "patience": _finite(asked.patience),
            "agents": asked.agents,
            "lines": asked.lines,
            "sl_definition": counting.definition,
            "sl_within": counting.within,
            "short_abandon": counting.short_abandon,
        },
        "answer": {
            "figure": answer.figure,
            "value": _finite(answer.value),
            "exact": _finite(answer.exact),
            "text": title,
        },
        "figures": rows(answer.state),
        "targets": _targets(asked, answer.state),
        "table": [
            {figure: _finite(value) for figure, (value, _) in _figures(asked, state).items()} for state in answer.around
        ],
        "wall_seconds": seconds,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _print(asked: Asked, title: str, answer: Answer) -> None:
    from rich.console import Console
    from rich.table import Table

    console, state = Console(highlight=False), answer.state
    name = {"b": "Erlang B", "c": "Erlang C", "a": "Erlang A"}[asked.model]
    console.print(f"[bold]{title}[/bold]")
    console.print(
        f"{name}: {state.rate * 3600:,.1f} contacts an hour"
        + f", handle time {_given(state.handle_time)}"
        + ("" if state.patience == math.inf else f", patience {_given(state.patience)}")
        + ("" if state.lines == math.inf or asked.model == "b" else f", {state.lines:g} lines")
        + f", load {state.load:.2f} erlangs",
        soft_wrap=True,
    )
    for target in _targets(asked, state):
        shown = _time if target["figure"] == "asa" else _share
        value = math.inf if target["value"] is None else target["value"]
        verdict = "[green]met[/green]" if target["met"] else "[red]missed[/red]"
        sign = "≥" if target["figure"] == "sl" else "≤"
        limit = shown(target["target"])
        console.print(f"target {target['figure']} {sign} {limit}: {shown(value)}, {verdict}")
    columns: dict[str, tuple[str, Callable[[float], str]]] = {
        "agents": ("lines" if asked.model == "b" else "agents", lambda n: f"{n:,.10g}"),
        "sl": (f"SL {_given(asked.counting.within)}", _share),
        "asa": ("ASA", _time),
        "wait_p90": ("wait p90", _time),
        "share_queued": ("queued", _share),
        "abandoned_share": ("abandoned", _share),
        "blocked_share": ("blocked", _share),
        "occupancy": ("occupancy", _share),
        "queue_length": ("in queue", lambda n: "grows" if n == math.inf else f"{n:.2f}"),
    }
    hidden = set() if asked.model == "a" else {"abandoned_share"}
    if asked.model == "b":
        hidden |= {"sl", "asa", "wait_p90", "share_queued", "queue_length"}
    if state.lines == math.inf:
        hidden.add("blocked_share")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for figure, (heading, _) in columns.items():
        if figure not in hidden:
            table.add_column(heading, justify="right", no_wrap=True)
    for row in answer.around:
        found = _figures(asked, row)
        cells = [show(found[figure][0]) for figure, (_, show) in columns.items() if figure not in hidden]
        table.add_row(*cells, style="bold reverse" if row.agents == state.agents else "")
    console.print(table)
    if asked.model != "b":
        definition = asked.counting.definition
        console.print(f"[dim]SL by {definition}; waits are of answered contacts; steady state.[/dim]")
    if not state.stable:
        console.print(
            "[yellow]The load is not below the number of agents, so the queue grows without limit: add --patience, "
            "--lines or agents.[/yellow]"
        )


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"


def _given(value: float) -> str:
    return units.write_duration(round(value, 6))


def _time(value: float) -> str:
    if math.isnan(value):
        return "–"
    if value == math.inf:
        return "grows"
    return f"{value:.1f} s" if value < 600 else f"{value / 60:.1f} min"
