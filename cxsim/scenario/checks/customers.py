"""Rules about segments, customers, what contacts are to them, and levers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cxsim.scenario.checks.sizes import contacts
from cxsim.scenario.checks.view import View
from cxsim.scenario.io.faults import Path
from cxsim.scenario.io.translate import Finding
from cxsim.scenario.lever_catalogue import MODELS, REMEDIES, members, missing
from cxsim.scenario.model import units
from cxsim.scenario.model.experience import Lever
from cxsim.scenario.model.scenario import Queue, Scenario
from cxsim.schema.names import ENDINGS

ADVOCACY = ("promoters", "detractors")
MOST_A_DAY = 1.0  # issues of one customer
MOST_READERS = 1000  # of a post


def segments(view: View) -> Iterator[Finding]:
    if not view.sound(("segments",)):
        return
    segments = view.scenario.segments
    given = [name for name, segment in segments.items() if "share" in segment.model_fields_set]
    total = sum(segments[name].share for name in given)
    last = given[-1] if given else ""
    if len(given) == len(segments) and abs(total - 1.0) > 1e-9 and given:
        rest = 1.0 - (total - segments[last].share)
        fix = f"did you mean {percent(rest)} here?" if 0 <= rest <= 1 else "make them sum to 100%"
        yield Finding(("segments", last, "share"), f"makes the shares sum to {percent(total)}, not 100%", fix)
    elif total > 1.0 + 1e-9:
        rule = f"makes the shares sum to {percent(total)}"
        yield Finding(
            ("segments", last, "share"),
            rule,
            "make them sum to at most 100%; the segments without a share split the rest",
        )


def customers(view: View) -> Iterator[Finding]:
    """Customers who are told apart: a market that holds them, enough of them for their issues."""
    if ("segments",) in view.broken:
        return
    scenario = view.scenario
    horizon = scenario.horizon
    days = sum(horizon.steady.spans) / units.DAY if horizon.steady else float(horizon.days)
    issues = sum(contacts(scenario, name, reason) for name, reason in scenario.reasons.items())
    a_day = issues / max(days, 1e-9)
    for name, segment in scenario.segments.items():
        at = ("segments", name)
        if not view.sound(at):
            continue
        if segment.customers is None:
            for key in ("market", "replaced_after", "heavy_users"):
                if getattr(segment, key) != type(segment).model_fields[key].default:
                    rule = "requires individually modelled customers"
                    yield Finding((*at, key), rule, "give the segment a number of customers: customers: 20000")
            continue
        if segment.market is not None and segment.market < segment.customers:
            rule = f"is less than the segment's {segment.customers:,} customers"
            yield Finding((*at, "market"), rule, f"write at least {segment.customers}, or leave it out")
        dialled = [r for r, one in scenario.reasons.items() if scenario.queues.get(one.queue, Queue()).outbound]
        if dialled and segment.seats > segment.customers:
            rule = f"is more than the segment's customers, but {dialled[0]!r} is an outbound list of customers"
            yield Finding((*at, "market"), rule, "leave it out")
        fixed = [r for r, one in scenario.reasons.items() if one.volume.count is not None or one.volume.arrivals]
        for reason in fixed:
            if segment.seats > segment.customers:
                rule = (
                    f"is more than the segment's customers, but {reason!r} has a fixed number of contacts, not a rate"
                )
                yield Finding((*at, "market"), rule, "leave it out, or give the volume as per_hour or per_day")
        if not 0.2 <= segment.heavy_users < 1.0:
            rule = "is outside the range for heavy_users (20% to below 100%)"
            yield Finding(
                (*at, "heavy_users"), rule, "write 20% if all customers are alike, more if some contact you more often"
            )
        if (segment.replaced_after or 1.0) <= 0.0 or segment.replaced_after == 0.0:
            yield Finding((*at, "replaced_after"), "must be above 0", "write a time above 0, such as 180 days")
        each = a_day * segment.share / segment.customers
        if each > MOST_A_DAY and view.sound(("reasons",), ("horizon",)):
            rule = f"are too few for this volume: each would have {each:.2g} issues a day"
            yield Finding((*at, "customers"), rule, f"write at least {math.ceil(a_day * segment.share / MOST_A_DAY)}")


def experience(view: View) -> Iterator[Finding]:
    """What the experience says must be shares together, and act on someone."""
    said = view.scenario.experience
    for how in ENDINGS:
        promoters, detractors = getattr(said.promoters, how), getattr(said.detractors, how)
        if promoters + detractors > 1.0 + 1e-9 and view.sound(*(("experience", key) for key in ADVOCACY)):
            rule = f"exceeds 100% together with the promoters ({percent(promoters + detractors)})"
            at: Path = ("experience", "detractors", how)
            yield Finding(
                at, rule, f"write at most {percent(1.0 - promoters)}, since {percent(promoters)} are promoters"
            )
    yield from _kept(view)
    if said.success.effort_halves == 0.0 and view.sound(("experience", "success", "effort_halves")):
        at = ("experience", "success", "effort_halves")
        yield Finding(at, "must be above 0", "write more than 0, or leave it out")
    posts = said.posts
    if view.sound(("experience", "posts")):
        if posts.reach > MOST_READERS:
            yield Finding(
                ("experience", "posts", "reach"),
                f"is more than {MOST_READERS:,} people per post",
                f"write at most {MOST_READERS}; raise `wins` and `loses` instead",
            )
        if posts.reach == 0 and (posts.praises or posts.complains):
            yield Finding(
                ("experience", "posts", "reach"), "is 0, so nobody sees the posts", "write a number, such as reach: 30"
            )
    life = said.lifetime
    if life is not None and life.factor == math.inf and view.sound(("experience", "lifetime")):
        rule = "counts all years of customers who never leave, without discount: that is without end"
        yield Finding(("experience", "lifetime"), rule, "add a discount, or years: 5", key=True)
    for key in ("fades", "patience_halves", "churn_doubles"):
        if getattr(said.memory, key) == 0.0 and view.sound(("experience", "memory", key)):
            yield Finding(("experience", "memory", key), "must be above 0", "write more than 0, or leave it out")
    if any(segment.customers for segment in view.scenario.segments.values()) or not view.sound(("segments",)):
        return
    for part in ("memory", "word_of_mouth", "posts"):
        for key in (name for name, value in getattr(said, part) if value):
            rule = "requires individually modelled customers, but no segment has any"
            yield Finding(
                ("experience", part, key), rule, "give a segment a number of customers: segments.NAME.customers: 20000"
            )


def _kept(view: View) -> Iterator[Finding]:
    """Lessons, compensation and first touchpoints can have an effect."""
    scenario = view.scenario
    for name, reason in scenario.reasons.items():
        at: Path = ("reasons", name, "learning")
        if reason.learning is not None and reason.learning.halves < 1 and view.sound(at):
            yield Finding((*at, "halves"), "must be 1 or more", "write a number of lessons, such as 500")
        if reason.learning is not None and reason.learning.spreads == 0.0 and view.sound(at):
            yield Finding((*at, "spreads"), "must be above 0", "write a time such as '5 days', or remove it")
        at = ("reasons", name, "community")
        if (those := reason.community) is None or not view.sound(at):
            continue
        if those.helps_most < those.helps:
            rule_text = f"is less than the {percent(those.helps)} that it helps with at the beginning"
            yield Finding((*at, "helps_most"), rule_text, f"write at least {percent(those.helps)}")
    for name, group in scenario.groups.items():
        at = ("groups", name, "empowerment")
        rule = group.empowerment
        if rule is not None and 0.0 < rule.budget < rule.given and view.sound(at):
            yield Finding((*at, "given"), "is more than the budget, so nothing could be given", "raise the budget")
    dialled = [name for name, queue in scenario.queues.items() if queue.outbound]
    for name, segment in scenario.segments.items():
        if segment.begins and dialled and view.sound(("segments", name)):
            rule_text = f"cannot be combined with the outbound list of {dialled[0]!r}"
            yield Finding(("segments", name, "begins"), rule_text, "remove it", key=True)


def remedies(scenario: Scenario, name: str, lever: Lever) -> Iterator[Finding]:
    """A lever's ready-made remedies: known, of use here, with sizes that they have."""
    known = [*REMEDIES, *MODELS]
    for i, one in enumerate(lever.use):
        at: Path = ("levers", name, "use", i)
        if one not in known:
            yield Finding(at, "is not a remedy", units.suggestion(one, known, "the remedies are"), one)
        elif one in lever.use[:i]:
            yield Finding(at, "is named twice", "remove it", one)
        elif one in REMEDIES and (lacks := missing(scenario, REMEDIES[one])):
            yield Finding(at, f"has no effect here: the scenario has no {lacks[0]}", "add it, or remove this", one)
    if lever.override is not None:
        yield Finding(("levers", name, "override"), "cannot be combined with `use`", "remove one of them")
    sizes = list(dict.fromkeys(size for one in members(lever.use) if one in REMEDIES for size in REMEDIES[one].sizes))
    for size in lever.sizes:
        if size not in sizes:
            fix = units.suggestion(size, sizes, "they are")
            yield Finding(("levers", name, "sizes", size), "is not a setting of these remedies", fix, size, key=True)
        elif size in ("shorter", "wrap", "faster") and lever.sizes[size] >= 1.0:
            yield Finding(("levers", name, "sizes", size), "leaves no handle time", "write less than 100%")


def percent(value: float) -> str:
    return f"{value * 100:.6g}%"
