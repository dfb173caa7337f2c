"""Ready-made levers: what can be done for customers, each as changes of the scenario by a mechanism that is simulated.

A remedy is a sentence, parameters with defaults, what it needs, and a function from a scenario to {path: value}. The
sizes are assumptions, to be replaced by what one's own pilot has shown; none is a published effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxsim.scenario.model import distributions, units
from cxsim.scenario.usual_share import changed_to, usual
from cxsim.schema.names import ENDINGS, OTHERS

if TYPE_CHECKING:
    from cxsim.scenario.model.scenario import Scenario

Changes = dict[str, Any]
Sizes = Mapping[str, float]


@dataclass(frozen=True)
class Remedy:
    """One ready-made lever: `sizes` are shares with their defaults, `needs` what the scenario must have."""

    does: str
    sizes: dict[str, float]
    changes: Callable[[Scenario, Sizes], Changes]
    needs: tuple[str, ...] = ()


def _pct(share: float) -> str:
    return units.write_percent(min(max(share, 0.0), 1.0))


def _skills(scenario: Scenario) -> Iterator[tuple[str, str, str, Any]]:
    """(path, group, queue, skill) of every skill."""
    for group, one in scenario.groups.items():
        for queue, skill in one.skills.items():
            yield f"groups.{group}.skills.{queue}", group, queue, skill


def _faster(scenario: Scenario, factor: float, wrap: float | None = None) -> Changes:
    """Talk times a factor, and wrap, by another if given: of every reason, and of skills with a time of their own."""
    written = (scenario.source.written or ({}, {}))[0].get("reasons", {})
    out: Changes = {}
    for name, one in scenario.reasons.items():
        key = "handle_time" if "handle_time" in written.get(name, {}) else "talk"
        out[f"reasons.{name}.{key}"] = distributions.write_law(one.talk.scaled(factor))
        if one.wrap is not None:
            out[f"reasons.{name}.wrap"] = distributions.write_law(one.wrap.scaled(factor if wrap is None else wrap))
        if one.handle_times is not None and one.handle_times.file:  # whose times do not follow talk and wrap
            parts = (one.talk.mean, one.wrap.mean if one.wrap is not None else 0.0)
            shorter = (parts[0] * factor + parts[1] * (factor if wrap is None else wrap)) / sum(parts)
            out[f"reasons.{name}.handle_times.factor"] = units.write_number(one.handle_times.factor * shorter)
    laws_of = {"talk": factor, "wrap": factor if wrap is None else wrap}
    for name, queue in scenario.queues.items():
        for key, times in laws_of.items():
            if (own := getattr(queue, key)) is not None:
                out[f"queues.{name}.{key}"] = distributions.write_law(own.scaled(times))
    for path, _, _, skill in _skills(scenario):
        for key, times in {"handle_time": factor, **laws_of}.items():
            time = getattr(skill, key)
            if time is not None and time.mean is not None:
                out[f"{path}.{key}"] = units.write_duration(time.mean * times)
    return out


def _pct_any(factor: float) -> str:
    return f"{100.0 * factor:.6g}%"


def resolving(scenario: Scenario, better: Callable[[float], float]) -> Changes:
    """What agents resolve, from `better`: of each reason, and of skills with a share of their own.

    Where a file gives a reason's shares, `better` is asked of their mean, and all of them change by the same factor.
    """
    out: Changes = {}
    for name in scenario.reasons:
        out |= changed_to(scenario, name, "resolution", better(usual(scenario, name, "resolution")))
    for path, _, _, skill in _skills(scenario):
        if skill.resolution is not None and skill.resolution.share is not None:
            out[f"{path}.resolution"] = _pct(better(skill.resolution.share))
    return out


def _transfers(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for name, queue in scenario.queues.items():
        for i, one in enumerate(queue.transfers):
            yield f"queues.{name}.transfers.{i}", one


def _menus(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for name, node in scenario.flow.items():
        if node.menu is not None:
            yield f"flow.{name}.menu", node.menu


def _portals(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for name, node in scenario.flow.items():
        if node.self_service is not None:
            yield f"flow.{name}.self_service", node.self_service


def _shared_history(scenario: Scenario, size: Sizes) -> Changes:
    told = {f"{path}.retold": "0s" for path, one in (*_transfers(scenario), *_portals(scenario)) if one.retold}
    return {**told, **_faster(scenario, 1.0 - size["shorter"]), "experience.effort.retelling": 0}


def _smart_desktop(scenario: Scenario, size: Sizes) -> Changes:
    return _faster(scenario, 1.0 - size["shorter"], 1.0 - size["wrap"])


def _knowledge(scenario: Scenario, size: Sizes) -> Changes:
    spread = {
        f"groups.{name}.spread.resolution": units.write_points(one.spread.resolution * (1.0 - size["alike"]))
        for name, one in scenario.groups.items()
        if one.spread.resolution > 0.0
    }
    return {**resolving(scenario, lambda share: share + size["closes"] * (1.0 - share)), **spread}


def _timed(scenario: Scenario, size: Sizes) -> Changes:
    return {**_faster(scenario, 1.0 - size["shorter"]), **resolving(scenario, lambda share: share - size["unsolved"])}


def _untimed(scenario: Scenario, size: Sizes) -> Changes:
    solved = resolving(scenario, lambda share: share + size["solved"] * (1.0 - share))
    return {**_faster(scenario, 1.0 + size["longer"]), **solved}


def _of(rule: Any, reason: str) -> float:
    """The share of a reason's contacts that a transfer takes."""
    return float(rule.share.get(reason, rule.share.get(OTHERS, 0.0)))


def _empowered(scenario: Scenario, size: Sizes) -> Changes:
    """Who may decide hands on less of what was not resolved; so much more is resolved, by a compensation."""
    out: Changes = {}
    decided, reasons = size["decided"], list(scenario.reasons)
    value = sum(segment.share * segment.value for segment in scenario.segments.values())
    handed: dict[str, dict[str, float]] = {}  # by queue and reason, of those that are not resolved there
    for name, queue in scenario.queues.items():
        rules = [one for one in queue.transfers if one.when == "unresolved"]
        if not rules:
            continue
        handed[name] = {r: sum(_of(one, r) for one in rules) for r in reasons}
        for k, one in enumerate(queue.transfers):
            if one.when == "unresolved":  # so many less, of fewer that are not resolved
                out[f"queues.{name}.transfers.{k}.share"] = {
                    r: _pct(_of(one, r) * (1.0 - decided) / max(1.0 - part * decided, 1e-9))
                    for r, part in handed[name].items()
                }
    for name, reason in scenario.reasons.items():
        share = usual(scenario, name, "resolution")
        gained = (1.0 - share) * decided * max((of[name] for of in handed.values()), default=0.0)
        if gained > 0.0:
            out |= changed_to(scenario, name, "resolution", share + gained)
            given = gained * (1.0 + size["misuse"]) * size["given"] * value
            out[f"reasons.{name}.cost"] = round(reason.cost + given, 6)
    for path, _, queue_name, skill in _skills(scenario):
        if queue_name in handed and skill.resolution is not None and skill.resolution.share is not None:
            share = skill.resolution.share
            out[f"{path}.resolution"] = _pct(share + (1.0 - share) * decided * max(handed[queue_name].values()))
    return out


def _simple_menu(scenario: Scenario, size: Sizes) -> Changes:
    out: Changes = {}
    for path, menu in _menus(scenario):
        out[f"{path}.hang_up"] = _pct(menu.hang_up * (1.0 - size["fewer"]))
        out[f"{path}.invalid"] = _pct(menu.invalid * (1.0 - size["fewer"]))
        if menu.time is not None:
            out[f"{path}.time"] = distributions.write_law(menu.time.scaled(1.0 - size["shorter"]))
    return out


def _better_portal(scenario: Scenario, size: Sizes) -> Changes:
    """Fewer go away believing they were helped; as many stay there who are."""
    out: Changes = {}
    for path, one in _portals(scenario):
        false = one.of_which_false * (1.0 - size["honest"])
        helped = one.contained * (1.0 - one.of_which_false)
        contained = min(1.0, helped * (1.0 + size["easier"]) / max(1.0 - false, 1e-9))
        out |= {f"{path}.of_which_false": _pct(false), f"{path}.contained": _pct(contained)}
    return out


def _ai_agents(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for name, node in scenario.flow.items():
        if node.ai_agent is not None:
            yield f"flow.{name}.ai_agent", node.ai_agent


def _more_ai(scenario: Scenario, size: Sizes) -> Changes:
    return {
        f"{path}.offered": {reason: _pct(share + size["more"]) for reason, share in one.offered.items()}
        for path, one in _ai_agents(scenario)
    }


def _honest_ai(scenario: Scenario, size: Sizes) -> Changes:
    return {
        f"{path}.hands_over": {
            reason: _pct(share + size["recognised"] * (1.0 - share)) for reason, share in one.hands_over.items()
        }
        for path, one in _ai_agents(scenario)
    }


def _ai_summary(scenario: Scenario, size: Sizes) -> Changes:
    """Nothing is told again; talk is shorter by a share of what people talk about these contacts on average."""
    talk = min((one.talk.mean for one in scenario.reasons.values()), default=0.0)
    out: Changes = {}
    for path, one in _ai_agents(scenario):
        out |= {f"{path}.retold": "0s", f"{path}.saves": units.write_duration(one.saves + size["shorter"] * talk)}
    return out


def _community(scenario: Scenario, size: Sizes) -> Changes:
    part = size["reached"] * size["solved"]
    return {
        f"reasons.{name}.volume.factor": _pct_any(one.volume.factor * (1.0 - part))
        for name, one in scenario.reasons.items()
        if one.volume.arrivals is None
    }


def _training(scenario: Scenario, size: Sizes) -> Changes:
    out: Changes = {}
    for name, group in scenario.groups.items():
        if group.tenure is not None:
            path, kept = f"groups.{name}.tenure", 1.0 - size["better"]
            out[f"{path}.handle_time"] = _pct_any(1.0 + (group.tenure.handle_time - 1.0) * kept)
            out[f"{path}.resolution"] = units.write_points(group.tenure.resolution * kept)
            out[f"{path}.halves"] = units.write_duration(group.tenure.halves * (1.0 - size["faster"]))
    return out


def _peer_learning(scenario: Scenario, size: Sizes) -> Changes:
    return {
        f"reasons.{name}.learning.spreads": units.write_duration(one.learning.spreads * (1.0 - size["sooner"]))
        for name, one in scenario.reasons.items()
        if one.learning is not None and one.learning.spreads
    }


def _courtesy(scenario: Scenario, size: Sizes) -> Changes:
    csat = scenario.experience.csat
    return {
        f"experience.csat.{how}": _pct(getattr(csat, how) + size["pleased"] * (1.0 - getattr(csat, how)))
        for how in ENDINGS
    }


def _recognition(scenario: Scenario, size: Sizes) -> Changes:
    said = scenario.experience.memory.restored
    return {"experience.memory.restored": _pct(said + size["restored"] * (1.0 - said))}


def _closed_loop(scenario: Scenario, size: Sizes) -> Changes:
    """Who says in a survey that it did not help is asked back: some of those who would have given up come again."""
    survey = scenario.experience.survey
    asked = 0.0 if survey is None or survey.of == "resolved" else survey.asked
    heard = asked * survey.dissatisfied * size["repaired"] if survey is not None else 0.0
    return {
        f"reasons.{name}.after_contact.unresolved.repeat": _pct(rule.repeat + heard * (1.0 - rule.repeat))
        for name, rule in ((name, one.after_contact.unresolved) for name, one in scenario.reasons.items())
    }


REMEDIES: dict[str, Remedy] = {
    "shared_history": Remedy(
        "one customer record for all channels: customers never repeat themselves, and talk is shorter",
        {"shorter": 0.03},
        _shared_history,
    ),
    "smart_desktop": Remedy(
        "one screen for agents and automatic notes: shorter talk and wrap",
        {"shorter": 0.04, "wrap": 0.30},
        _smart_desktop,
    ),
    "knowledge_base": Remedy(
        "a knowledge base: closes part of the gap to full resolution and makes agents more alike",
        {"closes": 0.20, "alike": 0.40},
        _knowledge,
    ),
    "empowerment": Remedy(
        "agents have authority to decide: part of the unresolved transfers is resolved at once, at the cost of "
        "compensation (a share of a customer's yearly value, plus some misuse)",
        {"decided": 0.50, "given": 0.05, "misuse": 0.20},
        _empowered,
        ("transfers when: unresolved",),
    ),
    "training": Remedy(
        "new agents start closer to the level of experienced agents and learn faster",
        {"better": 0.40, "faster": 0.30},
        _training,
        ("groups.X.tenure",),
    ),
    "peer_learning": Remedy(
        "team meetings and pairing: what an agent has learned reaches colleagues sooner",
        {"sooner": 0.50},
        _peer_learning,
        ("reasons.X.learning.spreads",),
    ),
    "courtesy": Remedy(
        "courtesy training: part of the dissatisfied customers become satisfied, whatever the outcome",
        {"pleased": 0.10},
        _courtesy,
    ),
    "recognition": Remedy(
        "recognition of good customers: a good contact removes more of their remembered effort",
        {"restored": 0.20},
        _recognition,
        ("segments.X.customers",),
    ),
    "closed_loop": Remedy(
        "survey follow-up: dissatisfied customers are called, so some who would have given up make contact again",
        {"repaired": 0.60},
        _closed_loop,
        ("experience.survey",),
    ),
    "simple_menu": Remedy(
        "a shorter menu: less time, fewer hang-ups and errors",
        {"shorter": 0.50, "fewer": 0.50},
        _simple_menu,
        ("flow.X.menu",),
    ),
    "better_portal": Remedy(
        "a better portal or bot: less false containment, more issues resolved",
        {"honest": 0.60, "easier": 0.10},
        _better_portal,
        ("flow.X.self_service",),
    ),
    "more_ai": Remedy(
        "AI agents are offered more of the contacts",
        {"more": 0.10},
        _more_ai,
        ("flow.X.ai_agent",),
    ),
    "honest_ai": Remedy(
        "AI agents recognise more often that they cannot help, and hand over: fewer falsely resolved issues",
        {"recognised": 0.50},
        _honest_ai,
        ("flow.X.ai_agent",),
    ),
    "ai_summary": Remedy(
        "AI agents hand over with a summary: customers repeat nothing, and talk is shorter (a share of the shortest "
        "mean talk)",
        {"shorter": 0.10},
        _ai_summary,
        ("flow.X.ai_agent",),
    ),
    "community": Remedy(
        "a customer community: part of the issues never become contacts",
        {"reached": 0.10, "solved": 0.40},
        _community,
    ),
    "timed_calls": Remedy(
        "handle-time targets: talk is shorter, but fewer issues are resolved",
        {"shorter": 0.10, "unsolved": 0.06},
        _timed,
    ),
    "untimed_calls": Remedy(
        "no handle-time targets: talk is longer, and more issues are resolved",
        {"longer": 0.08, "solved": 0.15},
        _untimed,
    ),
}

# Operating models: what is done together.
MODELS: dict[str, tuple[str, ...]] = {
    "interaction_management": ("timed_calls",),
    "relationship_management": ("shared_history", "knowledge_base", "smart_desktop"),
    "experience_management": ("shared_history", "knowledge_base", "untimed_calls", "empowerment", "courtesy"),
}
LEFT_OUT: dict[str, str] = {
    "organisational learning": "the effect of fixing root causes differs too much between companies to have a "
    "default; write reasons.X.learning",
    "fatigue from occupancy": "there is no reliable published curve of handle time or resolution against occupancy",
    "proactive messages": "these need a time, customers and reasons; write them as `notices`",
}


def missing(scenario: Scenario, remedy: Remedy) -> list[str]:
    """What a remedy needs and a scenario has not."""
    has = {
        "transfers when: unresolved": any(one.when == "unresolved" for _, one in _transfers(scenario)),
        "segments.X.customers": any(segment.customers for segment in scenario.segments.values()),
        "groups.X.tenure": any(group.tenure is not None for group in scenario.groups.values()),
        "reasons.X.learning.spreads": any(one.learning and one.learning.spreads for one in scenario.reasons.values()),
        "experience.survey": scenario.experience.survey is not None,
        "flow.X.menu": any(True for _ in _menus(scenario)),
        "flow.X.self_service": any(True for _ in _portals(scenario)),
        "flow.X.ai_agent": any(True for _ in _ai_agents(scenario)),
    }
    return [need for need in remedy.needs if not has[need]]


def members(use: Sequence[str]) -> list[str]:
    """The remedies behind names, those of operating models in their place."""
    return list(dict.fromkeys(one for name in use for one in MODELS.get(name, (name,))))


def changed(scenario: Scenario, use: Sequence[str], sizes: Mapping[str, float]) -> Scenario:
    """The scenario with remedies in effect, one after another; those of a model that it has no use for are left out.

    Raises ScenarioError where the result does not hold.
    """
    for name in members(use):
        remedy = REMEDIES[name]
        if missing(scenario, remedy):
            continue
        scenario = scenario.vary(remedy.changes(scenario, {**remedy.sizes, **sizes}))
    return scenario
