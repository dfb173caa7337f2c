"""Rules about what the optimizer is asked: goals that mean something, shifts that can be worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cxsim.scenario.checks.shifts import check_shifts
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.model import units
from cxsim.scenario.model.optimizing import OF_TARGET, PRICED, Optimize, Rule
from cxsim.scenario.model.scenario import Scenario

AT: Path = ("optimize",)
SHARES = {
    "abandoned": "abandoned_share",
    "answered": "answered_share",
    "blocked": "blocked_share",
    "balked": "balked_share",
    "closed": "closed_share",
    "contained": "contained_share",
    "queued": "share_queued",
    "resolved": "issues_resolved",
    "answered_in_time": "sl",
    "repeats": "contacts_per_issue",
    "fcr": "fcr_true",
    "service_level": "sl",
    "aht_mean": "aht",
    "wait": "wait_mean",
}
MADE_ONCE = ("horizon", "staff", "optimize", "groups.*.agents")  # what one plan for several forecasts has in common


def check_optimize(scenario: Scenario, names: Mapping[str, Sequence[str]], broken: Sequence[Path]) -> Iterator[Finding]:
    """Every broken rule of the block; `names` are the queues, reasons, segments and groups that were written."""
    asked = scenario.optimize
    if asked is None:
        return

    def sound(*below: str | int) -> bool:
        path = (*AT, *below)
        return not any(b[: len(path)] == path for b in broken)

    yield from _objective(asked, sound("budget"))
    yield from _counts(scenario, asked)
    if sound("subject_to"):
        yield from _asked_at_all(scenario, asked)
    for i, rule in enumerate(asked.subject_to):
        if sound("subject_to", i):
            yield from _rule(scenario, rule, (*AT, "subject_to", i), names)
    if sound("subject_to"):
        yield from _contradictions(asked)
    if sound("forecasts"):
        yield from _forecasts(scenario, asked)
    for name in asked.groups:
        if name not in names["group"]:
            fix = units.suggestion(name, names["group"], "the groups are")
            yield Finding((*AT, "groups", name), "is not a group", fix, key=True)
    yield from _kinds(scenario, asked)
    yield from check_shifts(scenario, names["group"], sound)


def _objective(asked: Optimize, sound: bool) -> Iterator[Finding]:
    if asked.minimise is not None and asked.maximise is not None:
        yield Finding(
            (*AT, "maximise"), "cannot be combined with minimise", "keep one, and make the other a rule in subject_to"
        )
        return
    way, figure = asked.objective
    at = (*AT, "maximise" if way == "max" else "minimise")
    if figure == "cost":
        if way == "max":
            yield Finding(at, "cannot be maximised: lower is better", "write minimise: cost")
        return
    finding = _ratio(figure, at)
    if finding is not None:
        yield finding
        return
    other = _wrong_way(figure, way)
    if other:
        yield Finding(
            at,
            f"cannot be {'maxi' if way == 'max' else 'mini'}mised: {'lower' if way == 'max' else 'higher'} is better",
            f"write {other}imise instead",
        )
    elif asked.budget is None and sound:
        rule = "needs a budget: without one, more staff is always better"
        yield Finding(at, rule, "add 'budget: 12000', the money for staff over the counted time")
    if asked.budget == 0.0:
        yield Finding((*AT, "budget"), "pays for no agents", "write an amount above 0")


def _wrong_way(figure: str, way: str) -> str:
    """The direction that a figure should have, where it is the other one."""
    side = _better(figure)
    if way == "max" and side < 0:
        return "min"
    return "max" if way == "min" and side > 0 else ""


def _better(figure: str) -> int:
    """1 where more of a figure is better, -1 where less is, else 0; `wait`, `wait_all` stand for quantiles of waits."""
    from cxsim.metrics.registry import better

    return better("wait_p50" if figure in ("wait", "wait_all") else figure)


def _counts(scenario: Scenario, asked: Optimize) -> Iterator[Finding]:
    keys = {term: key for key, term in PRICED.items()}
    for i, term in enumerate(asked.counts):
        at = (*AT, "counts", i)
        if term in asked.counts[:i]:
            yield Finding(at, "is listed twice", "remove it")
        elif term in keys and getattr(asked.prices, keys[term]) == 0.0:
            yield Finding(at, "has no price", f"add 'prices: {{{keys[term]}: 2}}', or remove it here")
        elif term == "churn" and not any(segment.value for segment in scenario.segments.values()):
            yield Finding(
                at, "has no effect: no segment has a value", "add 'segments: {NAME: {value: 100}}', or remove it here"
            )
    for key, priced in PRICED.items():
        if asked.counts and getattr(asked.prices, key) > 0.0 and priced not in asked.counts:
            fix = f"add {priced!r} to counts, or remove the price"
            yield Finding((*AT, "prices", key), "is a price that `counts` does not include", fix)


def _asked_at_all(scenario: Scenario, asked: Optimize) -> Iterator[Finding]:
    stated = any(queue.target is not None for queue in scenario.queues.values())
    for i, rule in enumerate(asked.subject_to):
        if rule.targets and not stated:
            fix = "add 'target: {sl: {share: 80%, within: 20s}}' to a queue, or state a rule with 'figure'"
            yield Finding((*AT, "subject_to", i), "refers to queue targets, but no queue has one", fix)
    if not asked.subject_to and not stated and asked.objective == ("min", "cost") and not _priced(asked):
        fix = "add a target to a queue, or 'subject_to: [{figure: sl, min: 80%}]'"
        yield Finding(AT, "has no goals, so the cheapest plan has no staff", fix, key=True)


def _priced(asked: Optimize) -> bool:
    return any(getattr(asked.prices, key) > 0.0 for key in PRICED)


def _rule(scenario: Scenario, rule: Rule, at: Path, names: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    if rule.each == "day" and scenario.horizon.steady is not None:
        yield Finding((*at, "each"), "cannot be combined with steady state, which has no days", "write each: horizon")
    if rule.on_days is not None and scenario.horizon.steady is not None:
        yield Finding((*at, "on_days"), "cannot be combined with steady state, which has no days", "remove it")
    if rule.on_days == 0.0:
        yield Finding((*at, "on_days"), "sets no requirement", "write a share above 0%, such as 90%")
    if rule.targets:
        for key in ("figure", "min", "max", "quantile"):
            if getattr(rule, key) is not None:
                yield Finding(
                    (*at, key), "cannot be combined with targets", "write it as a separate rule", key, key=True
                )
        if rule.scope != "total":
            rule_ = "cannot be combined with targets, which belong to queues"
            yield Finding((*at, "scope"), rule_, "remove it, or write {figure: sl, scope: queue:NAME, min: target}")
        return
    if rule.figure is None:
        yield Finding(at, "names no metric", "write {figure: sl, min: 80%}, or targets")
        return
    found = list(_figure(rule, at))
    yield from found
    if not found:
        yield from _scope(rule, at, names)
        yield from _bounds(scenario, rule, at)


def _figure(rule: Rule, at: Path) -> Iterator[Finding]:
    figure = rule.figure or ""
    if figure in ("wait", "wait_all"):
        if rule.quantile is None:
            yield Finding((*at, "figure"), "needs a quantile", "add 'quantile: 95%', or write wait_mean")
        elif not 0.0 < rule.quantile < 1.0:
            yield Finding((*at, "quantile"), "is not a quantile", "write a share between 0% and 100%, such as 95%")
        return
    finding = _ratio(figure, (*at, "figure"))
    if finding is not None:
        yield finding
    elif rule.quantile is not None:
        yield Finding(
            (*at, "quantile"), f"cannot be combined with {figure}", "remove it; only 'figure: wait' has a quantile"
        )


def _ratio(figure: str, at: Path) -> Finding | None:
    """What is wrong with a figure that is to be a ratio of sums."""
    from cxsim.metrics.registry import REGISTRY

    known = REGISTRY.get(figure)
    ratios = [name for name, one in REGISTRY.items() if one.kind == "ratio"]
    if known is not None and known.kind == "ratio":
        if known.numerator == "required":
            return Finding(at, "is calculated by Erlang, not simulated", "use sl or another simulated metric")
        return None
    better = SHARES.get(figure) or ("wait_mean" if figure.startswith("wait") else units.nearest(figure, ratios))
    fix = f"did you mean {better!r}?" if better else f"the metrics are {units.listing(ratios)}"
    if known is None:
        return Finding(at, "is not a metric", fix)
    if figure == "cost":
        return Finding(
            at, "cannot be a goal: it is what the optimizer minimises", "write 'budget: 12000' in optimize instead"
        )
    what = "a quantile" if known.kind == "quantile" else "a total that grows with volume"
    return Finding(at, f"is {what}; a goal must be a ratio", fix)


def _scope(rule: Rule, at: Path, names: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    from cxsim.metrics.figure import SCOPES
    from cxsim.metrics.registry import REGISTRY

    figure = rule.figure or ""
    kind, colon, name = rule.scope.partition(":")
    figures_of = REGISTRY["wait_p50" if figure in ("wait", "wait_all") else figure]
    if kind not in SCOPES:
        holders = [k for k in names if kind in names[k]] if not colon else []
        fix = f"write {holders[0]}:{kind}" if holders else units.suggestion(kind, SCOPES, "the scopes are")
        yield Finding((*at, "scope"), "is not a scope", fix)
        return
    if kind not in figures_of.scopes:
        fix = f"{figure} has the scopes {', '.join(figures_of.scopes)}"
        yield Finding((*at, "scope"), f"is not a scope of {figure}", fix)
        return
    if colon and kind == "total":
        yield Finding((*at, "scope"), "has a name after 'total', which takes none", "write scope: total")
    elif colon and name.strip() not in names[kind]:
        fix = units.suggestion(name.strip(), names[kind], f"the {kind}s are")
        yield Finding((*at, "scope"), f"does not name a {kind}", fix)


def _bounds(scenario: Scenario, rule: Rule, at: Path) -> Iterator[Finding]:
    figure = rule.figure or ""
    if rule.min is None and rule.max is None:
        key = "min" if _better(figure) > 0 else "max"
        yield Finding(at, "has neither min nor max", f"add '{key}: …'")
        return
    if rule.min is not None and rule.max is not None:
        yield Finding((*at, "max"), "cannot be combined with min", "write two rules", "max", key=True)
        return
    wrong = _wrong_way(figure, "max" if rule.bound == "min" else "min")
    if wrong:
        key = "max" if rule.bound == "min" else "min"
        better = "lower" if key == "max" else "higher"
        rule_ = f"has the wrong direction: a {better} {figure} is better"
        yield Finding((*at, rule.bound), rule_, f"write {key}: …")
    elif rule.limit == "target":
        yield from _own_target(scenario, rule, (*at, rule.bound))
    elif figure not in ("wait", "wait_all") and rule.unit == "share" and rule.limit in (0.0, 1.0):
        if (rule.bound == "min") == (rule.limit == 0.0):
            yield Finding((*at, rule.bound), "is always met", "write another share, or remove the rule")
        elif _better(figure) > 0:
            yield Finding((*at, rule.bound), "can never be certified", "write a share below 100%")


def _own_target(scenario: Scenario, rule: Rule, at: Path) -> Iterator[Finding]:
    figure = rule.figure or ""
    kind, _, name = rule.scope.partition(":")
    if figure not in OF_TARGET:
        yield Finding(
            at, f"is not a target of {figure}", f"write a number; only {', '.join(OF_TARGET)} have queue targets"
        )
        return
    if kind != "queue":
        yield Finding(at, "differs by queue", "add 'scope: queue', or write a number")
        return
    if figure == "sl":
        return  # sl.share of the scenario where a queue says nothing
    queues = scenario.queues if not name else {name.strip(): scenario.queues[name.strip()]}
    without = [q for q, one in queues.items() if one.target is None or getattr(one.target, OF_TARGET[figure]) is None]
    if without and (name or len(without) == len(queues)):
        where = f"queues.{name.strip() or without[0]}.target.{OF_TARGET[figure]}"
        yield Finding(at, f"is not set for {units.listing(without)}", f"add {where}, or write a number")


def _contradictions(asked: Optimize) -> Iterator[Finding]:
    """Two rules on the same figure that no plan can keep."""
    seen: dict[tuple[Any, ...], tuple[int, Rule]] = {}
    for i, rule in enumerate(asked.subject_to):
        if rule.figure is None or (rule.min is None) == (rule.max is None) or isinstance(rule.limit, str):
            continue
        key = (rule.figure, rule.scope, rule.each, rule.quantile, rule.on_days)
        same = seen.get((*key, rule.bound))
        other = seen.get((*key, "min" if rule.bound == "max" else "max"))
        at = (*AT, "subject_to", i, rule.bound)
        if same is not None:
            yield Finding(at, f"repeats the limit of rule {same[0] + 1}", "keep only the stricter rule")
        elif other is not None:
            least, most = (rule, other[1]) if rule.bound == "min" else (other[1], rule)
            assert not isinstance(least.limit, str) and not isinstance(most.limit, str)
            if least.limit > most.limit:
                yield Finding(at, f"contradicts rule {other[0] + 1}", "leave room between min and max")
        seen.setdefault((*key, rule.bound), (i, rule))


def _forecasts(scenario: Scenario, asked: Optimize) -> Iterator[Finding]:
    known = ["base", *scenario.overrides]
    for name, share in asked.forecasts.items():
        at = (*AT, "forecasts", name)
        if name not in known:
            fix = units.suggestion(name, known, "write base (the file as it is) or an override")
            yield Finding(at, "is not an override of this scenario", fix, key=True)
        elif share == 0.0:
            yield Finding(at, "means this forecast never happens", "give it a share above 0%, or remove it")
        else:
            paths = scenario.overrides.get(name, {})
            once = next((path for path in paths if _made_once(str(path))), None)
            if once is not None:
                rule = f"changes {once}, but one plan must serve all forecasts"
                yield Finding(at, rule, "name an override of volumes or other rules", name, key=True)
    total = sum(asked.forecasts.values())
    if asked.forecasts and abs(total - 1.0) > 1e-9:
        last = list(asked.forecasts)[-1]
        rest = 1.0 - (total - asked.forecasts[last])
        fix = f"did you mean {rest * 100:.6g}% here?" if 0.0 < rest <= 1.0 else "make them sum to 100%"
        yield Finding((*AT, "forecasts", last), f"makes the shares sum to {total * 100:.6g}%, not 100%", fix)


def _made_once(path: str) -> bool:
    parts = path.split(".")
    return parts[0] in MADE_ONCE or (parts[0] == "groups" and parts[-1] == "agents")


def _kinds(scenario: Scenario, asked: Optimize) -> Iterator[Finding]:
    """Headcounts or shifts, and what goes with each."""
    if asked.staff == "shifts" and asked.shifts is None:
        yield Finding((*AT, "staff"), "has no shifts to choose from", "add 'shifts: {lengths: [4 h, 8 h]}'")
    if asked.staff == "headcounts":
        for key in ("shifts", "week"):
            if getattr(asked, key) is not None:
                fix = "remove it, or write staff: shifts"
                yield Finding((*AT, key), "cannot be combined with staff: headcounts", fix, key, key=True)
    elif asked.shifts is None and asked.week is not None:
        fix = "add 'shifts: {lengths: [4 h, 8 h]}', or remove week"
        yield Finding((*AT, "week"), "has no shifts to plan", fix, "week", key=True)
    elif asked.shifts is not None and scenario.horizon.steady is not None:
        rule = "cannot be combined with steady state, which has constant headcounts"
        yield Finding((*AT, "shifts"), rule, "remove it, or give the horizon days", "shifts", key=True)
