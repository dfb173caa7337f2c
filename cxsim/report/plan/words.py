"""What an Optimum says, in sentences computed from its tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cxsim.metrics import REGISTRY
from cxsim.report.common import formats
from cxsim.report.common.formats import listing, plural, quantity, seconds, share, when
from cxsim.report.plan.floors import kinds_met
from cxsim.report.run import words
from cxsim.schema.plan_tables import ERLANG, THIS, TODAY

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum

SPANS = {"total": "", "day": "each day", "interval": "each interval"}
BADLY = 0.7  # of the lowest SL target: an interval below it is in the headline
ROUTING = "What changes in the routing"
NEAR = 4  # binding spans that are named


@dataclass(frozen=True)
class Line:
    """The goals of one kind in one line: where there are many spans, the one with the least slack stands for all."""

    subject: str
    goal: str
    value: str
    bound: str
    slack: str
    met: bool
    binding: tuple[str, ...]
    count: int
    count_met: int
    verdict: str
    at: str


def spread(span: str) -> str:
    """What a goal covers: total, day or interval."""
    return "total" if span == "total" else "day" if len(span) == 10 else "interval"


def families(optimum: Optimum) -> list[tuple[Line, pd.DataFrame]]:
    """Every goal, those of one figure, scope, name and limit over many spans told together, with their rows."""
    frame = optimum.goals
    if not len(frame):
        return []
    keys = [frame[column].map(str) for column in ("figure", "scope", "name", "bound", "limit", "days", "quantile")]
    keys.append(frame["span"].map(spread))
    return [(_line(optimum, part), part) for _, part in frame.groupby(keys, sort=False)]


def lines(optimum: Optimum) -> list[Line]:
    """Every goal in a line, those that differ in their span alone together."""
    return [line for line, _ in families(optimum)]


def tightest(part: pd.DataFrame) -> pd.Series[Any]:
    """Of goals, the one with the least slack."""
    slack = part["slack"].to_numpy(dtype=float)
    return part.iloc[int(np.nanargmin(slack)) if np.isfinite(slack).any() else 0]


def _line(optimum: Optimum, part: pd.DataFrame) -> Line:
    row = tightest(part)
    kind, unit = spread(str(row["span"])), str(row["unit"])
    subject = f"{formats.head(str(row['figure']))}{_of(str(row['scope']), str(row['name']))}"
    several = len(part) > 1
    if kind != "total":
        subject += f", {SPANS[kind]}" if several else f", {when(str(row['span']), day=_days(optimum) > 1)}"
    binding = part[part["binding"].astype(bool)].sort_values("slack")
    at = when(str(row["span"]), day=_days(optimum) > 1 or kind == "day") if kind != "total" and several else ""
    return Line(
        subject=subject,
        goal=wanted(row, optimum.currency),
        value=quantity(float(row["value"]), unit, optimum.currency),
        bound=_proved(row, optimum.currency),
        slack=room(row, optimum.currency),
        met=bool(part["met"].astype(bool).all()),
        binding=tuple(when(str(span), day=_days(optimum) > 1) for span in binding["span"] if str(span) != "total"),
        count=len(part),
        count_met=int(part["met"].astype(bool).sum()),
        verdict=verdict(part, optimum.certified),
        at=at,
    )


def verdict(part: pd.DataFrame, certified: bool) -> str:
    """How goals fare, many of them counted.

    Of a certified plan they are `proved`; else `met` in simulation with all doubt taken off, `met, not clearly`, or
    `missed`.
    """
    clear = int(part["met"].astype(bool).sum())
    missed = int((part["slack"].astype(float) < 0.0).sum())
    if clear == len(part):
        return "proved" if certified else "met"
    if len(part) > 1:
        return f"{missed} of {len(part)} missed" if missed else f"{clear} of {len(part)} clearly met"
    if missed:
        return "missed"
    return "not measured" if part["slack"].isna().all() else "met, not clearly"


def bound_head(optimum: Optimum) -> str:
    """The head of the column with the bounds of goals: what is proved of a certified plan, else what is likely."""
    return "proved" if optimum.certified else "likely"


def bound_note(optimum: Optimum) -> str:
    """What that column is."""
    bound = f"{bound_head(optimum)}: one-sided bound, all goals together {optimum.confidence:.0%}"
    return bound if optimum.certified else f"{bound}, on {optimum.certified_on:,} replications"


def _of(scope: str, name: str) -> str:
    return "" if scope == "total" or not name else f" of {name}"


def _days(optimum: Optimum) -> int:
    return len({label.date() for label in optimum.labels})


def wanted(row: Any, currency: str = "") -> str:
    """A goal in words: at least 80%, at most 30 s, 95% within 3 min, and on how many days."""
    limit = float(row["limit"])
    days, quantile = (float(row[key]) if row[key] is not None else math.nan for key in ("days", "quantile"))
    if math.isfinite(quantile):
        text = f"{_round(quantile)} within {seconds(limit)}"
    else:
        figure = unit_of(str(row["figure"]))
        most = _round(limit) if figure == "share" else quantity(limit, figure, currency)
        text = f"{'≥' if row['bound'] == 'min' else '≤'} {most}"
    return text + (f" on {_round(days)} of days" if math.isfinite(days) else "")


def unit_of(figure: str) -> str:
    """The unit of a figure of the registry; seconds for a wait."""
    return REGISTRY[figure].unit if figure in REGISTRY else "s"


def _round(value: float) -> str:
    """A limit as it was written: 80%, 52.5%, 56.25%."""
    return share(value, next((n for n in (0, 1) if abs(round(value * 100, n) - value * 100) < 1e-9), 2))


def _proved(row: Any, currency: str) -> str:
    """The side of the value that is proved, with confidence in all goals at once."""
    side = "low" if row["bound"] == "min" or _is_share_of(row) else "high"
    value = float(row[side])
    return "" if math.isnan(value) else quantity(value, str(row["unit"]), currency)


def _is_share_of(row: Any) -> bool:
    return any(row[key] is not None and math.isfinite(float(row[key])) for key in ("days", "quantile"))


def room(row: Any, currency: str = "") -> str:
    """How far a goal is from being missed, in the unit of its figure, with a sign."""
    slack, unit = float(row["slack"]), str(row["unit"])
    if math.isnan(slack):
        return formats.NOTHING
    if unit == "share":
        return formats.signed(slack * 100)
    return formats.change(slack * float(row["limit"]), unit, currency)


def figure_of(optimum: Optimum, plan: str, figure: str, scope: str = "total", name: str = "") -> dict[str, Any]:
    """A row of the comparison as a dict; empty where there is none."""
    frame = optimum.comparison
    found = frame[
        (frame["plan"] == plan) & (frame["figure"] == figure) & (frame["scope"] == scope) & (frame["name"] == name)
    ]
    return {str(key): value for key, value in found.iloc[0].items()} if len(found) else {}


def plans(optimum: Optimum) -> list[str]:
    """The plans of the comparison, this one first."""
    return list(dict.fromkeys(optimum.comparison["plan"].astype(str)))


def goals_met(optimum: Optimum, plan: str) -> tuple[int, int]:
    """How many goals a plan meets, and how many there are, on the draws of the comparison."""
    frame = optimum.goals_of_plans
    part = frame[frame["plan"] == plan]
    return int(part["met"].astype(bool).sum()), len(part)


def money(optimum: Optimum, value: float) -> str:
    """An amount as text."""
    return quantity(value, "money", optimum.currency)


def headline(optimum: Optimum) -> str:
    """The answer: what the plan costs, whether it is proved, and what it saves against today."""
    goals = len(optimum.goals)
    span = formats.plural(_days(optimum), "day") if _days(optimum) > 1 else "the day"
    cost = _objective(optimum)
    if optimum.certified and not goals and optimum.objective != "cost":
        shown = f", measured on {optimum.certified_on:,} replications that the search did not use"
        text = f"{cost} for {span}{shown if optimum.certified_on else ''}; there are no other goals."
    elif optimum.certified:
        all_of = "the goal" if goals == 1 else f"all {goals} goals"
        proof = (
            f", proved on {optimum.certified_on:,} replications that the search did not use"
            if optimum.certified_on
            else ""
        )
        plan = "" if optimum.objective == "cost" else ": the plan"
        text = f"{cost} for {span}{plan} meets {all_of}{proof}."
    elif optimum.reached is not None:
        text = f"No plan can meet all {goals} goals. The best plan found ({cost} for {span}) {reached(optimum)}"
    else:
        met = int((optimum.goals["slack"].astype(float) >= 0.0).sum()) if goals else 0
        clear = int(optimum.goals["met"].astype(bool).sum()) if goals else 0
        sure = f", {clear} of them clearly" if clear < met else ""
        all_of = "its goal" if goals == 1 else f"all {goals} goals"
        many = all_of if met == goals else f"{met} of {goals} goals"
        text = f"In simulation, the best plan found ({cost} for {span}) meets {many}{sure}. It is not certified."
    text += worst_interval(optimum)
    others = (ERLANG,) if optimum.is_today else (TODAY, ERLANG)
    saved = [saving for plan in others if (saving := _saving(optimum, plan))]
    changes = len(optimum.routing)
    needed = [f"It needs {formats.plural(changes, 'change')} of the routing."] if changes else []
    same = ["It is today's staffing."] if optimum.is_today else []
    return " ".join([text, *same, *needed, *([f"It costs {' and '.join(saved)}."] if saved else [])])


def reached(optimum: Optimum) -> str:
    """What the plan reaches where no plan can meet all goals, beside today's staffing and what is proved."""
    found = optimum.reached
    if found is None:
        return ""
    own, today = found.plan, found.today
    text = f"meets {own.met}{kinds_met(optimum)} and misses {plural(round(own.missed), 'contact')}"
    if today is not None and today == own:
        text += ", exactly like today's staffing"
    elif today is not None:
        text += f"; today's staffing meets {today.met} and misses {today.missed:,.0f}"
    least = f" At least {found.least:,.0f} are missed whatever the plan." if math.isfinite(found.least) else ""
    return f"{text}.{least}"


def worst_interval(optimum: Optimum) -> str:
    """A sentence on the interval with the least SL, where that is far below the targets; '' otherwise."""
    queues = getattr(optimum.scenario, "queues", {})
    shares = [one.target.sl.share for one in queues.values() if one.target and one.target.sl]
    series = _sl_by_interval(optimum)
    if not shares or series is None:
        return ""
    opened = {
        one.isoformat(timespec="minutes")
        for one, there in zip(optimum.labels, optimum.open_intervals, strict=True)
        if there
    }
    series = series[series["interval"].astype(str).isin(opened)]  # not what waits overnight
    badly = BADLY * min(shares)
    low = series[series["value"] < badly]
    if not len(low) or len(optimum.labels) < 2:
        return ""
    worst = low.loc[low["value"].idxmin()]
    others = f", one of {len(low)} intervals below {share(badly)}" if len(low) > 1 else ""
    begins = when(str(worst["interval"]), day=_days(optimum) > 1)
    return f" Worst interval: SL {share(float(worst['value']))} at {begins}{others}."


def _sl_by_interval(optimum: Optimum) -> pd.DataFrame | None:
    """The SL by interval: that of its goals if there are any, so that an interval has one figure; else simulated."""
    frame = optimum.goals
    own = frame[(frame["figure"] == "sl") & (frame["scope"] == "total") & (frame["span"].map(spread) == "interval")]
    own = own[own["days"].isna() & own["quantile"].isna()] if len(own) else own
    if len(own):
        return own.rename(columns={"span": "interval"})[["interval", "value"]].astype({"value": float}).dropna()
    if optimum.result is None or optimum.result.replications < 1:
        return None
    return optimum.result.series("sl").dropna(subset=["value"])


def _objective(optimum: Optimum) -> str:
    if optimum.objective == "cost":
        return money(optimum, optimum.cost)
    known = REGISTRY.get(optimum.objective)
    budget = f" for at most {money(optimum, optimum.budget)}" if optimum.budget is not None else ""
    return f"{formats.head(optimum.objective)} of {quantity(optimum.cost, known.unit if known else '')}{budget}"


def _saving(optimum: Optimum, plan: str) -> str:
    ours, other = figure_of(optimum, THIS, "cost"), figure_of(optimum, plan, "cost")
    if not ours or not other or not float(other["value"]):
        return ""
    by = 1 - float(ours["value"]) / float(other["value"])
    if by < -1.0:
        return ""  # staffing too small to compare with
    met, count = goals_met(optimum, plan)
    misses = f" (which misses {count - met} of {count} goals)" if met < count else ""
    name = "today's staffing" if plan == TODAY else "staffing each queue separately by Erlang C"
    return f"{share(abs(by))} {'less' if by >= 0 else 'more'} than {name}{misses}"


def binding(optimum: Optimum) -> str:
    """Which goals are missed, or else which leave no room."""
    slack = optimum.goals["slack"].astype(float)
    missed, tight = slack < 0.0, optimum.goals["binding"].astype(bool)
    if missed.any():
        return f"Goals missed in simulation: {_named(optimum, missed)}."
    if not tight.any():
        return "No goal is tight: each has a slack of one point or more."
    return f"Goals that determine the {'cost' if optimum.objective == 'cost' else 'plan'}: {_named(optimum, tight)}."


def _named(optimum: Optimum, chosen: pd.Series[Any]) -> str:
    """The chosen goals (a bool for each), those over many spans with their worst ones."""
    whole, parts = [], []
    for _, part in families(optimum):
        some = part[chosen.loc[part.index]].sort_values("slack")
        subject = f"{formats.head(str(part['figure'].iloc[0]))}"
        subject += _of(str(part["scope"].iloc[0]), str(part["name"].iloc[0]))
        spans = [when(str(span), day=_days(optimum) > 1) for span in some["span"] if str(span) != "total"]
        if spans:
            parts.append(f"{subject} at {listing(spans, NEAR)}")
        elif len(some):
            whole.append(subject)
    return "; ".join(([listing(whole, 6)] if whole else []) + parts)


def staffing(optimum: Optimum) -> str:
    """One sentence on agents present, against those Erlang C would have."""
    need = optimum.need
    present = optimum.levels.sum(axis=0)
    hours = present.sum() * optimum.interval / 3600
    peak = int(present.argmax())
    text = (
        f"At most {plural(int(present[peak]), 'agent')} at once ({when(_label(optimum, peak), day=_days(optimum) > 1)})"
    )
    text += f", {hours:,.0f} agent-hours in all"
    if len(need) and need["erlang_c"].notna().any():
        erlang = float(need["erlang_c"].astype(float).sum()) * optimum.interval / 3600
        by = 1 - hours / erlang if erlang else 0.0
        text += f"; staffing each queue separately by Erlang C would take {erlang:,.0f} ({share(abs(by), 0)} "
        text += "more)" if by >= 0 else "less)"
    return text + "."


def _label(optimum: Optimum, i: int) -> str:
    label: str = optimum.labels[i].isoformat(timespec="minutes")
    return label


def costs(optimum: Optimum) -> str:
    """One sentence on where the money goes."""
    frame = optimum.costs[optimum.costs["counts"].astype(bool)]
    total = float(frame["money"].astype(float).sum())
    if not total:
        return "Nothing has a price."
    parts = [
        f"{row['title']} {money(optimum, float(row['money']))} ({share(float(row['money']) / total, 0)})"
        for row in frame.to_dict("records")
        if float(row["money"])
    ]
    return "Cost by type: " + listing(parts, 6) + "."


def allocation(optimum: Optimum) -> str:
    """One sentence on who serves what."""
    frame = optimum.allocation
    if not len(frame):
        return "Who serves what was not measured."
    first = frame.loc[frame.groupby("queue", sort=False)["share"].idxmax()]
    parts = [
        f"{row['queue']} goes to {row['group']} ({share(float(row['share']), 0)})" for row in first.to_dict("records")
    ]
    return listing(parts, 6) + "."


def after_change(row: Any) -> str:
    """What a change of the plan leaves of the proof: every goal proved, or the goal that is unproved or missed."""
    if row["met"]:
        return "all proved"
    return f"{row['worst']} {'unproved' if float(row['slack']) >= 0.0 else 'missed'}"


def point(optimum: Optimum, row: Any) -> str:
    """What one more (or less) point of a figure costs."""
    figure = f"{formats.head(str(row['figure']))}{_of(str(row['scope']), str(row['name']))}"
    step, cost, reached = (float(row[key]) for key in ("step", "cost", "reached"))
    one = f"{abs(step) * 100:g} point{'' if abs(step) == 0.01 else 's'}"
    head = f"{one} {'more' if step > 0 else 'less'} of {figure}"
    if math.isnan(cost):
        return f"{head}: {row['how']}."
    verb = "costs" if cost >= 0 else "saves"
    low, high = sorted((abs(float(row["low"])), abs(float(row["high"]))))
    between = formats.between(low, high, "money", optimum.currency)
    gained = f"; {formats.change(reached, 'share')} simulated" if math.isfinite(reached) else ""
    return f"{head} {verb} {money(optimum, abs(cost))}{f' ({between})' if between else ''}{gained}."


def points(optimum: Optimum) -> str:
    """The prices of one more point, in sentences."""
    found = [point(optimum, row) for row in optimum.points.to_dict("records") if float(row["step"]) > 0]
    return " ".join(text[:1].upper() + text[1:] for text in found) or "The cost of one more point was not requested."


def search(optimum: Optimum) -> str:
    """How long it took, and how the cost came down, or the contacts that goals miss where no plan meets all of them."""
    frame = optimum.history[optimum.history["met"].astype(bool)] if len(optimum.history) else optimum.history
    text = (
        f"{optimum.replications:,} replications, {seconds(optimum.cpu_seconds)} of processor time, "
        f"{seconds(optimum.wall_seconds)} elapsed"
    )
    if len(frame) > 1:
        first = frame.iloc[0]
        text += f"; the first plan that met every goal, after {seconds(float(first['cpu_seconds']))}, cost "
        text += money(optimum, float(first["cost"])) if optimum.objective == "cost" else f"{float(first['cost']):,.4g}"
    missed = optimum.history["missed"].dropna().astype(float)
    if optimum.reached is not None and len(missed):
        text += f"; the first plan missed {missed.iloc[0]:,.0f} contacts, this plan {optimum.reached.plan.missed:,.0f}"
    return text + "."


def run_line(optimum: Optimum) -> str:
    """How the answer came about."""
    days = sorted({label.date() for label in optimum.labels})
    span = f"{formats.day_label(days[0])} {days[0].year}"
    if len(days) > 1:
        span += f" to {formats.day_label(days[-1])} {days[-1].year} ({len(days)} days)"
    solver = f", solver {optimum.solver}" if optimum.solver else ""
    kind = "shifts" if optimum.kind == "shifts" else "headcounts"
    return (
        f"{span}. {kind.capitalize()} in {seconds(optimum.interval)} intervals. Seed {optimum.seed}{solver}; "
        f"{optimum.replications:,} replications, {seconds(optimum.wall_seconds)}."
    )


def service(optimum: Optimum) -> str:
    """One sentence on service over the day."""
    frame = optimum.goals
    part = frame[frame["span"].map(spread) == "interval"] if len(frame) else frame
    if not len(part):
        if optimum.result is None:
            return "Service over the day was not kept."
        return words.service_level(optimum.result)
    met = int(part["met"].astype(bool).sum())
    row = tightest(part)
    verb = "is" if met == 1 else "are"
    worst = f"{formats.head(str(row['figure']))}{_of(str(row['scope']), str(row['name']))} is tightest"
    at = when(str(row["span"]), day=_days(optimum) > 1)
    value = quantity(float(row["value"]), str(row["unit"]), optimum.currency)
    head = f"{met} of {plural(len(part), 'goal')} by interval {verb} {'proved' if optimum.certified else 'clearly met'}"
    return f"{head}; {worst} at {at} ({value}, goal {wanted(row)})."


def signed(slack: Any) -> str:
    """A slack in points with its sign; nothing for none."""
    return formats.signed(float(slack) * 100)
