"""When the chain of one queue and one team is the scenario itself, and when only the nearest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxsim.model.demand import POISSON, expected_of
from cxsim.optimizer.fluid.contact_flows import Flows
from cxsim.rules.contact_times import laws_in, patience
from cxsim.scenario.model.optimizing import optimizing
from cxsim.schema.service_levels import DEFAULT_SL

if TYPE_CHECKING:
    from cxsim.model.prepare import Model
    from cxsim.scenario import Scenario
    from cxsim.scenario.model.part import Part

# What may be written without the chain being another one: all else must be as it is by default.
KNOWN = {
    "scenario": "cxsim name currency notes horizon at_close closed_hours segments channels reasons queues groups "
    "after_contact sl staff optimize overrides levers fcr_window",
    "segments": "share value",
    "channels": "patience",
    "reasons": "volume talk wrap patience queue resolution after_contact cost",
    "queues": "channel priority target agents_needed",
    "groups": "agents serves skills wage shrinkage scheduled",
    "skills": "rank order handle_time resolution",
    "staff": "file sheet columns carry_down kind headcounts shifts scheduled overrun_paid",
    "sl": "within share definition",
}


def departures(model: Model, stream: Flows) -> tuple[str, ...]:
    """In what the scenario is not the chain, in words; empty where they are the same."""
    scenario = model.scenario
    out = []
    reason, queue = next(iter(scenario.reasons.values())), next(iter(scenario.queues.values()))
    talk, wrap = laws_in(reason, queue)
    if len(scenario.reasons) > 1:
        out.append("several reasons share the queue")
    if talk.name != "exponential" or (wrap is not None and wrap.mean > 0.0) or (stream.lengthened != 1.0).any():
        out.append("handle times are not exponential")
    kinds = {patience(scenario.channels[queue.channel], reason, one) for one in scenario.segments.values()}
    if len(kinds) > 1 or any(law is not None and law.name != "exponential" for law, _ in kinds):
        out.append("patience is not exponential")
    again = reason.after_contact
    if again.abandoned.chance > 0.0 or (again.unresolved.chance > 0.0 and stream.failing.max() > 0.0):
        out.append("customers come again")
    if not _steady_rates(model):
        out.append("arrivals are not Poisson at a rate that is constant in each interval")
    if len(optimizing(scenario).forecasts) > 0:
        out.append("there are several forecasts")
    if not _all_known(scenario) or model.layout.definition != DEFAULT_SL:
        out.append("the scenario has features that the chain leaves out")
    return tuple(out)


def _steady_rates(model: Model) -> bool:
    """Whether fresh arrivals are Poisson, at a constant rate in each open interval, and nobody comes while closed."""
    demand, timeline = model.demand, model.timeline
    if (demand.modes != POISSON).any() or (demand.busyness >= 0).any() or (demand.intraday >= 0).any():
        return False
    if demand.slopes.any():
        return False
    if timeline.steady:
        return bool(np.unique(np.round(demand.rates, 12)).size == 1)
    volume = expected_of(demand, timeline).sum(axis=0)
    whole = np.isclose(timeline.open_seconds, timeline.interval) | ~timeline.open_mask
    if (volume[~timeline.open_mask] > 0.0).any() or not whole.all():
        return False
    edges = np.concatenate([demand.starts, demand.latest])
    inside = (edges > timeline.counted_from) & (edges < timeline.counted_to)
    off = (edges[inside] - timeline.counted_from) / timeline.interval
    return bool((np.abs(off - np.round(off)) * timeline.interval < 1e-3).all())


def _all_known(scenario: Scenario) -> bool:
    parts = [("scenario", scenario), ("staff", scenario.staff), ("sl", scenario.sl)]
    for kind in ("segments", "channels", "reasons", "queues", "groups"):
        parts += [(kind, one) for one in getattr(scenario, kind).values()]
    parts += [("skills", skill) for group in scenario.groups.values() for skill in group.skills.values()]
    return all(_written(part) <= set(KNOWN[kind].split()) for kind, part in parts)


def _written(part: Part) -> set[str]:
    """The fields of a part that are not as they are by default."""
    out = set()
    for name, field in type(part).model_fields.items():
        if getattr(part, name) != field.get_default(call_default_factory=True):
            out.add(name)
    return out
