"""A scenario described by the items of STRESS-DES, for the methods section or the supplement of a paper.

Monks, Currie, Onggo, Robinson, Kunc and Taylor (2019), "Strengthening the reporting of empirical simulation studies:
introducing the STRESS guidelines", Journal of Simulation 13(1). What only the author knows is a line to fill in.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cxsim.report.common.formats import listing, plural, seconds

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

CONTROLLED = (
    " Means and ratios are regression estimates on the number of fresh contacts, whose mean is known (Lavenberg and "
    "Welch 1981)."
)
ASK = "*To be written by the author.*"
HEADS = {
    "1": "Objectives",
    "2": "Logic",
    "3": "Data",
    "4": "Experimentation",
    "5": "Implementation",
    "6": "Code access",
}


def methods(
    scenario: Scenario,
    version: str,
    replications: int,
    seed: int,
    confidence: float,
    engine: str,
    control_variates: bool = False,
) -> str:
    """Markdown with a heading for each section and item of the checklist."""
    lines = [f"# {scenario.name}: description by STRESS-DES"]
    section = ""
    for item, title, text in (
        *_objectives(scenario, confidence),
        *_logic(scenario),
        *_data(scenario),
        *_experiment(scenario, replications, confidence, control_variates),
        *_implementation(version, seed, engine),
    ):
        if item[0] != section:
            section = item[0]
            lines.append(f"\n## {section}. {HEADS[section]}")
        lines.append(f"\n### {item} {title}\n\n{text}")
    return "\n".join(lines) + "\n"


Item = tuple[str, str, str]


def _objectives(scenario: Scenario, confidence: float) -> Iterator[Item]:
    yield "1.1", "Purpose of the model", scenario.notes.strip() or ASK
    promised = [name for name, queue in scenario.queues.items() if queue.target]
    goals = f" Targets are given for {listing(promised)}." if promised else ""
    yield (
        "1.2",
        "Model outputs",
        "Metrics as defined in cxsim's reference (formulas in terms of the ledger of contacts). Ratios are ratios of "
        f"sums over replications, quantiles are pooled; intervals are {100 * confidence:g} % t intervals, by the delta "
        f"method for ratios and by sectioning for quantiles.{goals}",
    )
    variants = listing(list(scenario.overrides), 12)
    yield "1.3", "Experimentation aims", f"Named variants: {variants}. {ASK}" if variants else ASK


def _logic(scenario: Scenario) -> Iterator[Item]:
    yield (
        "2.1",
        "Base model overview diagram",
        "`cxsim flow` draws the contact flow."
        if scenario.flow
        else "Customers call, wait in a queue, are served by an agent whose group has the skill, or leave.",
    )
    yield (
        "2.2",
        "Base model logic",
        "An issue begins with a fresh contact; it is queued, served, abandoned or blocked, and it may come back as "
        "a redial or a repeat until it is resolved (rules of the model, in cxsim's reference).",
    )
    yield (
        "2.3",
        "Scenario logic",
        "The variants above change the values written in the scenario file, under `overrides`.",
    )
    routing = scenario.routing.policy or f"contacts: {scenario.routing.contact}; agents: {scenario.routing.agent}"
    yield "2.4", "Algorithms", f"Routing: {routing}."
    reasons = [
        f"{name} (talk: {one.talk}; resolved: {100 * one.resolution:g} %)" for name, one in scenario.reasons.items()
    ]
    yield "2.5.1", "Entities", f"Contacts of issues, by reason: {listing(reasons, 40)}."
    yield "2.5.2", "Activities", "Talk and wrap-up with an agent; waiting; the delay before a redial or a repeat."
    groups = [
        f"{name} ({one.agents if isinstance(one.agents, int) else 'by interval'} agents; serves "
        f"{listing(list(one.skills) or list(one.serves), 20)})"
        for name, one in scenario.groups.items()
    ]
    yield "2.5.3", "Resources", f"Agents: {listing(groups, 40)}."
    queues = [
        f"{name} (priority {one.priority}" + (f"; at most {one.capacity} waiting)" if one.capacity is not None else ")")
        for name, one in scenario.queues.items()
    ]
    kinds = [f"{name}: {one.priority}" for name, one in scenario.segments.items()]
    several = len({one.priority for one in scenario.segments.values()}) > 1
    by_segment = f"by the priority of the segment ({listing(kinds, 20)}), then " if several else ""
    patience = [f"{name}: {one.patience}" for name, one in scenario.channels.items() if one.patience is not None]
    patience += [f"{name}: {one.patience}" for name, one in scenario.reasons.items() if one.patience is not None]
    yield (
        "2.5.4",
        "Queues",
        f"{listing(queues, 40)}; within a queue {by_segment}first come, first served. "
        f"Patience: {listing(patience, 40) or 'unlimited'}.",
    )
    yield (
        "2.5.5",
        "Entry and exit points",
        "Fresh contacts arrive by Poisson processes with rates that are constant within an interval, unless the "
        "scenario says otherwise (inversion of the cumulative rate). They leave when their issue "
        "is resolved or given up.",
    )


def _data(scenario: Scenario) -> Iterator[Item]:
    files = listing(sorted(scenario.source.files), 20)
    yield "3.1", "Data sources", f"Tables read: {files}. {ASK}" if files else ASK
    yield "3.2", "Pre-processing", ASK
    yield (
        "3.3",
        "Input parameters",
        "All values with their defaults: `cxsim check --explain`; the scenario file is the complete list.",
    )
    yield "3.4", "Assumptions", "Those that a run lists under *What it rests on*. " + ASK


def _experiment(scenario: Scenario, replications: int, confidence: float, controlled: bool) -> Iterator[Item]:
    steady = scenario.horizon.steady
    if steady is not None:
        yield (
            "4.1",
            "Initialisation",
            f"Non-terminating: it begins empty, and a warm-up of {seconds(steady.warm_up)} is not counted.",
        )
        length = f"{seconds(steady.length)} are counted"
    else:
        yield (
            "4.1",
            "Initialisation",
            "Terminating: each day begins empty and ends when the last contact has been served.",
        )
        length = f"{plural(scenario.horizon.days, 'day')} from {scenario.horizon.start}"
    yield "4.2", "Run length", f"{length}; times in seconds, without rounding."
    yield (
        "4.3",
        "Estimation approach",
        f"{plural(replications, 'independent replication')}, {100 * confidence:g} % t intervals over them. Comparisons "
        f"are paired, on the same random numbers.{CONTROLLED if controlled else ''}",
    )


def _implementation(version: str, seed: int, engine: str) -> Iterator[Item]:
    yield (
        "5.1",
        "Software",
        f"cxsim {version}, Python {platform.python_version()}, {platform.system()} {platform.machine()}; versions of "
        "libraries are in `provenance.json` of the results.",
    )
    yield (
        "5.2",
        "Random sampling",
        "Draws have addresses: each is a hash of seed, replication, reason, day, number, attempt, leg and purpose, "
        f"turned into a value by the inverse of its distribution function. So variants share "
        f"their random numbers. Seed {seed}.",
    )
    yield (
        "5.3",
        "Model execution",
        f"Engine `{engine}`: next-event simulation. Simultaneous events have the order that cxsim's reference states; "
        "a second engine, process interaction in SimPy, gives the same ledger row for row.",
    )
    yield "5.4", "System specification", "Run time is in `provenance.json`. " + ASK
    yield "6.1", "Computer model sharing statement", "cxsim is open source (Apache-2.0). " + ASK
