"""From samples to a `Result`: figures, targets, what they rest on, and where they came from."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cxsim import metrics
from cxsim.erlang.requirements import erlang_table, required_agents
from cxsim.metrics.control_variates import Control
from cxsim.model import handle_times, shares_by_time
from cxsim.model.calendar import explain
from cxsim.model.demand import left_out
from cxsim.model.prepare import Model, with_required
from cxsim.model.time_spans import span_text
from cxsim.randomness import draws
from cxsim.rules.loyalty import whose
from cxsim.scenario import dump
from cxsim.scenario.io.policy_file import split
from cxsim.scenario.io.reading import policy_input
from cxsim.schema import ledger
from cxsim.simulation.control_variates import described
from cxsim.simulation.figure_rows import LaterFigures
from cxsim.simulation.lazy import later
from cxsim.simulation.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.scenario import Scenario

MOST_HELD = 128 * 2**20  # bytes of sums that a result keeps for tables that nobody has read yet
NEEDED = frozenset({"agents_required"})  # figures of what Erlang asks for
LIBRARIES = ("numpy", "numba", "pandas", "simpy")


def assemble(
    model: Model,
    samples: Sequence[metrics.Sample],
    kept: Sequence[ledger.Ledger],
    engine: str,
    wall_seconds: float,
    keep: Sequence[str],
    precision: Mapping[str, float] | None = None,
    ended: str = "",
    confidence: float = 0.95,
    known: Control | None = None,
) -> Result:
    """The result of a run from its samples and, where kept, its ledgers."""
    scenario, tables = model.scenario, Tables(model, samples, confidence, known)
    words = (
        definitions(model, confidence) | reached(tables, precision or {}) | ({"replications": ended} if ended else {})
    )
    if known is not None:
        words["control_variates"] = described(model, samples, known)
    more: dict[str, Any] = ({"ended": ended} if ended else {}) | ({} if known is None else {"control_variates": True})
    result = Result(
        name=scenario.name,
        scenario_text=later(lambda: tables.text),
        figures=cast("pd.DataFrame", LaterFigures(tables.figures)),
        seed=model.seed,
        replications=len(samples),
        engine=engine,
        interval=model.timeline.interval,
        labels=model.timeline.labels,
        targets=later(tables.targets),
        currency=scenario.currency,
        confidence=confidence,
        wall_seconds=wall_seconds,
        definitions=words,
        assumptions=later(
            lambda: (
                *explain(model.timeline),
                *handle_times.explain(scenario),
                *shares_by_time.explain(scenario),
                *model.plan.notes,
                *left_out(scenario, model.timeline),
            )
        ),
        provenance=later(lambda: provenance(model, tables.text, engine, len(samples), confidence) | more),
        plan=later(lambda: plan_table(model)),
        erlang=later(lambda: erlang_table(model, samples)),
        wait_histogram=later(lambda: metrics.wait_histogram(samples, model.layout)),
        inputs={
            name: scenario.source.files[written].read_bytes()
            for written, name in tables.names.items()
            if written in scenario.source.files
        },
        legs=later(lambda: legs_table(model, kept)) if "legs" in keep else None,
        spells=later(lambda: spells_table(model, kept)) if "spells" in keep else None,
        kinds={kind: tuple(model.layout.queues[q] for q in queues) for kind, queues in model.layout.kinds.items()},
        scenario=scenario,
    )
    if sum(sample.nbytes for sample in samples) > MOST_HELD:
        result.make_all()
    return result


class Tables:
    """What a run comes to, from the sums of its replications."""

    def __init__(
        self,
        model: Model,
        samples: Sequence[metrics.Sample],
        confidence: float = 0.95,
        known: Control | None = None,
    ) -> None:
        self._model, self._samples, self.confidence, self._known = model, samples, confidence, known

    @cached_property
    def names(self) -> dict[str, str]:
        """Where a results folder keeps the tables that the scenario refers to."""
        return stored(self._model.scenario)

    @cached_property
    def text(self) -> str:
        """The scenario as YAML, to be read beside those tables."""
        return dump(self._model.scenario, self.names)

    @cached_property
    def _staffing(self) -> metrics.Staffing:
        return with_required(self._model, required_agents(self._model, self._samples)).staffing

    def figures(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """The long table of all figures, or of those named."""
        needs = names is None or not NEEDED.isdisjoint(names)
        staffing = self._staffing if needs else self._model.staffing
        return metrics.figures(self._samples, self._model.layout, staffing, self.confidence, names, self._known)

    def targets(self) -> pd.DataFrame:
        """The targets of the queues, judged."""
        model = self._model
        promised = promises(model)
        return metrics.targets(self._samples, model.layout, promised, model.staffing, self.confidence, self._known)


def stored(scenario: Scenario) -> dict[str, str]:
    """Where a results folder keeps the tables a scenario refers to, by their names as written: in `inputs/`.

    A folder of their own, so that no table of the result can take the place of one of them.
    """
    out: dict[str, str] = {}
    if scenario.own_policy is not None:  # finds what it reads beside itself
        policy = split(scenario.routing.policy)[0]
        out = {policy_input(policy, file): f"inputs/{file}" for file, _ in scenario.own_policy.reads}
    for name, path in scenario.source.files.items():
        if name in out:
            continue
        place, again = f"inputs/{path.name}", 2
        while place in out.values():
            place, again = f"inputs/{path.stem}-{again}{path.suffix}", again + 1
        out[name] = place
    return out


def reached(tables: Tables, precision: Mapping[str, float]) -> dict[str, str]:
    """Whether a wanted precision was reached, as a definition; nothing where none was wanted."""
    if not precision:
        return {}
    said = []
    figures = tables.figures(list(precision))
    total = figures[(figures["scope"] == "total") & (figures["interval"] == "total")].set_index("figure")
    for name, width in precision.items():
        value, low, high = (float(x) for x in np.asarray(total.loc[name, ["value", "low", "high"]], np.float64))
        half, goal = (high - low) / 2, width if metrics.REGISTRY[name].absolute else width * abs(value)
        said.append(f"{name} within {100 * width:g}%: {'reached' if half <= goal else 'not reached'}")
    return {"precision": f"half-width of the {_level(tables.confidence)} interval, " + "; ".join(said)}


def promises(model: Model) -> list[metrics.Target]:
    """The targets of the scenario's queues as figures with a bound."""
    out = []
    for name, queue in model.scenario.queues.items():
        target = queue.target
        if target is None:
            continue
        if target.sl:
            out.append(metrics.Target(name, "sl", "min", target.sl.share))
        if target.asa:
            out.append(metrics.Target(name, "asa", "max", target.asa.max))
        if target.abandoned:
            out.append(metrics.Target(name, "abandoned_share", "max", target.abandoned.max))
        if target.blocked:
            out.append(metrics.Target(name, "blocked_share", "max", target.blocked.max))
        if target.occupancy:
            out.append(metrics.Target(name, "occupancy", "max", target.occupancy.max))
        if target.fcr_true:
            out.append(metrics.Target(name, "fcr_true", "min", target.fcr_true.min))
    return out


def definitions(model: Model, confidence: float = 0.95) -> dict[str, str]:
    """What the words in the tables mean in this run."""
    layout = model.layout
    within = sorted({float(x) for x in layout.within})
    times = ", ".join(f"{x:g} s" for x in within)
    basis = "the wait of all attempts of the issue so far" if layout.accumulated else "the attempt's own wait"
    window = layout.fcr_window
    return {
        "sl": f"{metrics.SL_DEFINITIONS[layout.definition].formula}; T = {times}, applied to {basis}"
        f" (definition {layout.definition})",
        "short_abandon": f"abandoned within {layout.short_abandon:g} s",
        "fcr_true": metrics.REGISTRY["fcr_true"].formula,
        "fcr_measured": f"{metrics.REGISTRY['fcr_measured'].formula}; window {span_text(window)}",
        "occupancy": metrics.REGISTRY["occupancy"].formula,
        "confidence": f"{_level(confidence)} over replications; ratio estimator for ratios, sectioning for quantiles",
    } | agents(model, confidence)


def _level(confidence: float) -> str:
    return f"{100.0 * confidence:.6g} %"


def agents(model: Model, confidence: float = 0.95) -> dict[str, str]:
    """What intervals say of agents who differ from one another, where they do."""
    if not any(group.differ for group in model.scenario.groups.values()):
        return {}
    if model.scenario.staff.redraw_agents:
        level = f"the {_level(confidence)} intervals include the variation between teams"
        return {"agents": f"drawn again in each replication, so {level}"}
    return {
        "agents": f"the same people in every replication, those of seed {model.seed}: the {_level(confidence)} "
        "intervals are for this team only, and another seed gives another team. Write "
        "staff.redraw_agents: true for intervals over all teams"
    }


def provenance(model: Model, text: str, engine: str, replications: int, confidence: float = 0.95) -> dict[str, Any]:
    """Where a result came from: enough to make it again."""
    return {
        "cxsim": version(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "engine": engine,
        "seed": model.seed,
        "replications": replications,
        "scenario_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "files": model.scenario.files,
        "overrides": list(model.scenario.source.chosen),
        **({} if confidence == 0.95 else {"confidence": confidence}),
    }


def version() -> str:
    """The installed version of cxsim."""
    try:
        return metadata.version("cxsim")
    except metadata.PackageNotFoundError:
        return "unknown"


def plan_table(model: Model) -> pd.DataFrame:
    """Who is planned: a row for each group and counted interval with agents scheduled and present."""
    import pandas as pd

    who, when = model.plan, model.timeline
    groups, intervals = who.scheduled.shape
    return pd.DataFrame(
        {
            "group": np.repeat(np.array(who.groups, dtype=object), intervals),
            "interval": list(model.layout.labels) * groups,
            "scheduled": who.scheduled.reshape(-1),
            "present": who.present.reshape(-1),
            "paid_hours": who.paid.reshape(-1) / 3600.0,
        }
    )[np.tile(when.open_mask, groups) | (who.present.reshape(-1) > 0)].reset_index(drop=True)


def _in_words(codes: Any, words: Sequence[str]) -> Any:
    import pandas as pd

    index: Any = pd.Index
    return pd.Categorical.from_codes(codes.to_numpy(dtype=np.int64), index(words, dtype=object))


def legs_table(model: Model, kept: Sequence[ledger.Ledger]) -> pd.DataFrame:
    """Every leg of every replication in words; times in seconds since the first simulated midnight."""
    import pandas as pd

    scenario = model.scenario
    tables = [pd.DataFrame(one.legs).assign(replication=number) for number, one in enumerate(kept)]
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "replication", table.pop("replication"))
    table.insert(2, "customer", _customers(model, kept))
    names = {
        "reason": list(scenario.reasons),
        "segment": list(scenario.segments),
        "channel": list(scenario.channels),
        "queue": [*scenario.queues, *scenario.flow],
        "entry": list(scenario.queues),
        "group": list(scenario.groups),
        "agent": list(model.plan.seats),
        "cause": list(ledger.CAUSES),
        "outcome": list(ledger.OUTCOMES),
        "next": ["", *ledger.CAUSES[1:]],
    }
    led = table["queue"] < 0
    table.loc[led, "queue"] = len(scenario.queues) - 1 - table.loc[led, "queue"]
    for column, words in names.items():
        table[column] = _in_words(table[column], words)
    table["resolved"] = table["resolved"].astype(bool)
    table["counted"] = model.layout.counts(table["arrived"].to_numpy())
    return table


def _customers(model: Model, kept: Sequence[ledger.Ledger]) -> Any:
    """Whose each leg is: the seat of a customer who is told apart, else the issue."""
    found = []
    for number, one in enumerate(kept):
        issue, run = one.legs["issue"], draws.run_key(model.seed, number)
        seats = whose(model.network, run, issue, one.legs["segment"])[1]
        found.append(np.where(seats >= 0, seats, issue))
    return np.concatenate(found)


def spells_table(model: Model, kept: Sequence[ledger.Ledger]) -> pd.DataFrame:
    """Every spell of every replication in words; times in seconds since the first simulated midnight."""
    import pandas as pd

    tables = [pd.DataFrame(one.spells).assign(replication=number) for number, one in enumerate(kept)]
    table = pd.concat(tables, ignore_index=True)
    table["agent"] = _in_words(table["agent"], list(model.plan.seats))
    table["state"] = _in_words(table["state"], list(ledger.STATES))
    return table[["replication", "agent", "state", "start", "end"]]
