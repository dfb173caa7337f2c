"""What the numbers say, in sentences computed from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
from ruamel.yaml import YAML

from cxsim.report.common import formats
from cxsim.report.common.formats import listing, plural, quantity, seconds, share, when
from cxsim.report.common.style import time_axis
from cxsim.report.run.features import SAID
from cxsim.report.run.tables import wholes
from cxsim.report.run.target_words import MET, MISSED, UNCLEAR, UNKNOWN, Judgement, extreme, judgements, named
from cxsim.rules.ivr_steps import LITTLE

if TYPE_CHECKING:
    from cxsim.simulation.result import Result


def headline(result: Result) -> str:
    """The verdict: targets missed, met, and too close to call; without targets, the main figures; what is left over."""
    return " ".join(filter(None, (_verdict(result), turned_away(result), unfinished(result))))


def turned_away(result: Result) -> str:
    """One sentence on contacts that found their queue closed, of which no target tells; empty where they are few."""
    closed = result.estimate("closed_share").value
    return f"{share(closed)} of contacts are turned away because their queue is closed." if closed >= LITTLE else ""


def unfinished(result: Result) -> str:
    """One sentence on contacts that nobody answered before the simulation ended; empty where there are none."""
    left = result.estimate("unfinished").value
    if not left >= 0.05:
        return ""
    by_queue = [(name, result.estimate("unfinished", "queue", name).value) for name in result.names("queue")]
    most = sorted((-value, name) for name, value in by_queue if value >= 0.05)
    where = f" ({listing([f'{name} {_few(-value)}' for value, name in most], 4)})" if most else ""
    return (
        f"{_few(left)} {'contact was' if _few(left) == '1' else 'contacts were'} still unanswered when the simulation"
        f" ended{where}."
    )


def _few(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.5 or value == round(value) else f"{value:.1f}"


def _verdict(result: Result) -> str:
    """Targets missed, met, and too close to call; without targets, the main figures."""
    judged = judgements(result)
    if not judged:
        return _plain(result)
    whole = len(judged)
    missed, met, unclear, unknown = ([j for j in judged if j.status == s] for s in (MISSED, MET, UNCLEAR, UNKNOWN))
    if whole == 1:
        verdict = {MISSED: "The target is missed", MET: "The target is met", UNCLEAR: "Too close to call"}
        if unknown:
            return f"{named(judged[0])} could not be measured."
        after = f" after {plural(result.replications, 'replication')}" if unclear else ""
        return f"{verdict[judged[0].status]}: {_result_of(judged[0])}{after}."
    if len(met) == whole:
        return f"All {whole} targets are met."
    parts = []
    if missed:
        those = listing([_result_of(j) for j in missed], 4)
        parts.append(f"{len(missed)} of {whole} targets {'is' if len(missed) == 1 else 'are'} missed: {those}.")
    elif met:
        parts.append(f"{len(met)} of {whole} targets {'is' if len(met) == 1 else 'are'} met, and none is missed.")
    if unclear:
        close = listing([named(j) if missed else _result_of(j) for j in unclear], 4)
        verb = "is" if len(unclear) == 1 else "are"
        parts.append(f"{close} {verb} too close to call after {result.replications} replications.")
    if unknown:
        parts.append(f"{listing([named(j) for j in unknown], 4)} could not be measured.")
    return " ".join(parts)


def _result_of(j: Judgement) -> str:
    return f"{named(j)} is {j.value} (target {j.goal})"


def _plain(result: Result) -> str:
    said = []
    for scope, name, label in wholes(result):
        parts = []
        sl, asa, lost = (result.estimate(figure, scope, name) for figure in ("sl", "asa", "abandoned_share"))
        if not math.isnan(sl.value):
            parts.append(f"SL is {share(sl.value)}")
        if not math.isnan(asa.value):
            parts.append(f"answered contacts wait {seconds(asa.value)} on average")
        if not math.isnan(lost.value) and (lost.value > 0.0 or not label):
            parts.append(f"{share(lost.value)} abandon")
        text = listing(parts) or ("" if label else "No contacts were offered")
        if text:
            said.append(f"{of_kind(label)}: {text}." if label else text[:1].upper() + text[1:] + ".")
    return " ".join([*said, "No targets are set."])


def of_kind(kind: str) -> str:
    """The contacts of a kind of channel: `Live contacts`, `Chats`, `Deferred contacts`."""
    return {"live": "Live contacts", "chat": "Chats", "deferred": "Deferred contacts"}.get(kind, kind)


def shrinkage(result: Result) -> list[str]:
    """What shrinkage leaves of the people scheduled, where there is any: the plan's own sentences."""
    return [text for text in result.assumptions if "(1 \u2212 " in text]


def run_line(result: Result) -> str:
    """How the answer came about: replications, seed, engine, days."""
    days = time_axis(result, "interval").days
    span = formats.day_label(days[0]) + f" {days[0].year}"
    if len(days) > 1:
        span += f" to {formats.day_label(days[-1])} {days[-1].year} ({len(days)} days)"
    times = plural(result.replications, "replication") + (
        f" (no {formats.level(result.confidence)} intervals)" if result.replications == 1 else ""
    )
    return f"{span}. {times}, seed {result.seed}, engine {result.engine}, {seconds(result.interval)} intervals."


def at(result: Result, interval: str) -> str:
    """`at 08:30` on a run of one day, `on Mon 5 Jan at 08:30` on longer ones."""
    one = len({label.date() for label in result.labels}) <= 1
    if len(interval) == 10:
        return f"on {when(interval)}"
    return f"at {when(interval, day=False)}" if one else f"on {when(interval[:10])} at {when(interval, day=False)}"


def service_level(result: Result) -> str:
    """One sentence on SL by interval."""
    judged = [j for j in judgements(result) if j.figure.startswith("sl")]
    if judged:
        count, off = sum(j.intervals for j in judged), sum(len(j.misses) for j in judged)
        j = min(judged, key=lambda j: -len(j.misses) / max(j.intervals, 1))
        if not off:
            return f"All {plural(count, 'interval')} reach the SL target."
        of = f" {j.queue} most often ({len(j.misses)} of {j.intervals})," if len(judged) > 1 else ""
        return (
            f"{off} of {plural(count, 'interval')} miss{'es' if off == 1 else ''} the SL target,{of} at worst"
            " "
            f"{j.worst_value} {at(result, j.worst)}{' for ' + j.queue if len(judged) > 1 else ''}."
        )
    said = []
    for scope, name, label in wholes(result):
        total = result.estimate("sl", scope, name)
        interval, value = extreme(result.series("sl", scope, name), False)
        if not math.isnan(total.value):
            said.append(
                f"{of_kind(label) + ': ' if label else ''}SL is {share(total.value)} over the whole run and lowest"
                f" {at(result, interval)} ({share(value)})."
            )
    return " ".join(said) or "No SL was measured."


def wait(result: Result) -> str:
    """One sentence on the mean wait by interval."""
    said = []
    for scope, name, label in wholes(result):
        total = result.estimate("asa", scope, name)
        if math.isnan(total.value):
            continue
        queues = result.kinds[name] if label else result.names("queue")
        found = [(*extreme(result.series("asa", "queue", queue), True), queue) for queue in queues]
        found = [one for one in found if one[0]] or [(*extreme(result.series("asa"), True), "")]
        interval, value, queue = max(found, key=lambda one: one[1])
        where = f" in {queue}" if len(found) > 1 else ""
        said.append(
            f"{of_kind(label) + ' that are answered' if label else 'Answered contacts'} wait {seconds(total.value)} on"
            f" average; the longest mean wait is {seconds(value)},{where} {at(result, interval)}."
        )
    return " ".join(said) or "No contact was answered, so there is no wait to show."


def abandonment(result: Result) -> str:
    """One sentence on abandonment by interval."""
    said = []
    for scope, name, label in wholes(result):
        total = result.estimate("abandoned_share", scope, name)
        if math.isnan(total.value) or total.value == 0:
            continue
        queues = result.kinds[name] if label else result.names("queue")
        found = [(*extreme(result.series("abandoned_share", "queue", q), True), q) for q in queues]
        found = [one for one in found if one[0]] or [(*extreme(result.series("abandoned_share"), True), "")]
        interval, value, queue = max(found, key=lambda one: one[1])
        where = f" in {queue}" if len(found) > 1 else ""
        of = of_kind(label).lower() if label else "contacts"
        worst = f"the worst interval has {share(value)},{where} {at(result, interval)}"
        said.append(f"{share(total.value)} of {of} abandon; {worst}.")
    return " ".join(said) or "No contacts abandon."


def offered(result: Result) -> str:
    """One sentence on what was offered and why."""
    total = result.estimate("offered").value
    if not total or math.isnan(total):
        return "No contacts were offered."
    fresh, redials, repeats = (result.estimate(figure).value for figure in ("fresh", "redials", "repeats"))
    per = " per replication" if result.replications > 1 else ""
    text = f"{total:,.0f} contacts are offered{per}"
    before = "".join(f" {said}" for tell in SAID if (said := tell(result)))
    if redials + repeats == 0:
        return text + ", all of them fresh." + before
    return (
        f"{text}: {share(fresh / total, 0)} fresh, {share(redials / total, 0)} redials and "
        f"{share(repeats / total, 0)} repeats, so {share((redials + repeats) / total, 0)} of the load is redials and "
        f"repeats.{before}"
    )


def _pooled(result: Result) -> bool:
    """Whether some agents serve several queues: what each queue needs on its own is then no need of theirs."""
    if len(result.names("queue")) < 2:
        return False
    tree = YAML(typ="safe", pure=True).load(result.scenario_text)
    groups = tree.get("groups") if isinstance(tree, dict) else None
    served = [one.get("skills") or one.get("serves") or () for one in (groups or {}).values() if isinstance(one, dict)]
    return any(len(queues) > 1 for queues in served if not isinstance(queues, str))


def staffing(result: Result) -> str:
    """One sentence on agents present against agents required."""
    both = [result.series(f).set_index("interval")["value"] for f in ("agents_present", "agents_required")]
    present, required = both
    gap = (required - present)[(required > 0) | (present > 0)].dropna()
    if not len(gap):
        peak, most = extreme(result.series("agents_present"), True)
        return (
            f"At most {_agents(most)} {'is' if most == 1 else 'are'} present, {at(result, peak)}."
            if peak
            else "No staffing was measured."
        )
    if _pooled(result) and float(present.sum()) > 0.0:
        by = float(required.sum() / present.sum()) - 1.0
        peak, most = extreme(result.series("agents_present"), True)
        return (
            f"At most {_agents(most)} {'is' if most == 1 else 'are'} present, {at(result, peak)}. Staffing each "
            f"queue separately would take {share(abs(by), 0)} {'more' if by >= 0 else 'fewer'} agents by Erlang. "
            "Agents here serve several queues, so fewer may be enough; the targets show whether they are."
        )
    short = gap[gap > 0.05]
    alone = " (each queue staffed separately)" if len(result.names("queue")) > 1 else ""
    if not len(short):
        spare = quantity(-float(gap.mean()), "agents")
        return (
            f"Agents present cover the Erlang requirement{alone} in every interval, with {spare} to spare on average."
        )
    return (
        f"{len(short)} of {plural(len(gap), 'interval')} {'is' if len(short) == 1 else 'are'} below the Erlang "
        f"requirement{alone}, by at most "
        f"{_agents(float(short.max()))} {at(result, str(short.idxmax()))}; over the run, "
        f"{share(float(present.sum() / required.sum()), 0)} of the requirement is present."
    )


def occupancy(result: Result) -> str:
    """One sentence on how busy agents are."""
    total = result.estimate("occupancy")
    if math.isnan(total.value):
        return "No agents were on duty."
    found = [(*extreme(_on_duty(result, "group", g), True), g) for g in result.names("group")]
    found = [one for one in found if one[0]] or [(*extreme(_on_duty(result, "total", ""), True), "")]
    interval, value, group = max(found, key=lambda one: one[1])
    busy = f"Agents are busy {share(total.value)} of their time on duty"
    if len(found) > 1:
        return f"{busy}; {group} is busiest {at(result, interval)} ({share(value)})."
    return f"{busy}, and {share(value)} in the busiest interval, {at(result, interval)}."


def _agents(value: float) -> str:
    return quantity(value, "agents") + (" agent" if value == 1 else " agents")


def _on_duty(result: Result, scope: str, name: str) -> pd.DataFrame:
    """Occupancy where anybody is planned: after closing, the last to finish are busy all of their time."""
    busy, present = result.series("occupancy", scope, name), result.series("agents_present", scope, name)
    return busy[busy["interval"].isin(present.loc[present["value"] > 0, "interval"])]


def wait_distribution(result: Result) -> str:
    """One sentence on how long contacts wait."""
    said = []
    for scope, name, label in wholes(result):
        half, most, queued = (
            result.estimate(figure, scope, name).value for figure in ("wait_p50", "wait_p95", "share_queued")
        )
        if math.isnan(most):
            continue
        of = f"answered {of_kind(label).lower()}" if label else "answered contacts"
        parts = f"Half of the {of} " + ("do not wait at all" if half == 0 else f"wait {seconds(half)} or less")
        text = f"{parts}, 95% {seconds(most)} or less" if most else f"95% of the {of} do not wait at all"
        said.append(text + (f"; {share(queued)} have to wait." if not math.isnan(queued) else "."))
    return " ".join(said) or "Waits of contacts until they were answered or abandoned."


def erlang(result: Result) -> str:
    """One sentence that sets Erlang's answer beside the simulated one, weighted by contacts."""
    frame = result.erlang
    if frame is None or not len(frame):
        return "Erlang cannot be applied to this scenario."
    parts: list[tuple[float, float, float, float]] = []
    live = result.kinds.get("live", ()) if len(result.kinds) > 1 else None
    for queue in dict.fromkeys(frame["queue"].astype(str)):
        if live is not None and queue not in live:
            continue  # Erlang knows neither chats nor work that may wait
        mine = frame[frame["queue"].astype(str) == queue].set_index("interval")
        weight = result.series("offered", "queue", queue).set_index("interval")["value"]
        simulated = result.series("sl", "queue", queue).set_index("interval")["value"]
        for interval in mine.index:
            a = float(mine.loc[interval].get("sl_erlang_a", math.nan))
            c = float(mine.loc[interval].get("sl_erlang_c", math.nan))
            if (
                interval in weight.index
                and not math.isnan(a)
                and not math.isnan(float(simulated.get(interval, math.nan)))
            ):
                parts.append((float(weight[interval]), float(simulated[interval]), a, c))
    if not parts:
        return "Erlang cannot be applied here: agents are shared between queues, or no agents are present."
    whole = sum(part[0] for part in parts) or 1.0
    sim, a = (sum(part[0] * part[i] for part in parts) / whole for i in (1, 2))
    c_known = not any(math.isnan(part[3]) for part in parts)
    c = sum(part[0] * part[3] for part in parts) / whole if c_known else math.nan
    alone = ", each queue with its own agents" if len(result.names("queue")) > 1 else ""
    text = f"Over the intervals to which Erlang applies{alone}, SL is {share(sim)} simulated and {share(a)} by Erlang A"
    text += f" ({share(c)} by Erlang C, which has no abandonment)" if c_known else ""
    gap = sim - a
    if abs(gap) < 0.02:
        text += ", so the Erlang A formula is accurate here."
    else:
        text += f", so Erlang A is {abs(gap) * 100:.1f} points too {'optimistic' if gap < 0 else 'pessimistic'}."
    return text + (
        " Erlang uses the expected fresh contacts, the simulated redials and repeats, and each reason's mean handle "
        "time."
    )


def heat(result: Result) -> str:
    """One sentence on SL by day and time of day."""
    scope, name, label = wholes(result)[0]
    interval, value = extreme(result.series("sl", scope, name), False)
    by_day = result.series("sl", scope, name, by="day")
    day, low = extreme(by_day, False)
    text = (
        f"The worst interval is {at(result, interval).removeprefix('on ')} ({share(value)})"
        if interval
        else "No SL was measured"
    )
    text += f"; the worst day is {when(day)} ({share(low)})." if day else "."
    return f"Of {of_kind(label).lower()}: {text[0].lower()}{text[1:]}" if label else text
