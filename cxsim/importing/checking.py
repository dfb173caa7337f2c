"""What commonly goes wrong with exports, looked for in every import: each check adds a finding, or asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cxsim.importing.contacts import NAMES
from cxsim.importing.fields import Rows
from cxsim.importing.guessing import dated
from cxsim.importing.identities import talks
from cxsim.importing.mapping import Plan
from cxsim.importing.quality import Quality, several
from cxsim.tables.faults import ExportError, Question
from cxsim.tables.sheets import Sheet

Floats = npt.NDArray[np.float64]
LEAST, SHARE = 20, 0.05  # abandons in one second: at least so many, and this share of all
TIMES = 3.0  # and so many times the mean of the seconds around it
AROUND = 5  # seconds
APART = 0.02  # by which talk + hold + ACW may differ from handle time


def check(tables: dict[str, Rows], plan: Plan, quality: Quality) -> None:
    """Look at the tables. ExportError for what must be answered before they are of use."""
    if "contacts" in tables:
        _contacts(tables["contacts"], plan, quality)
    if "intervals" in tables:
        _intervals(tables["intervals"], plan, quality)


def _contacts(rows: Rows, plan: Plan, quality: Quality) -> None:
    outcome = rows.number("outcome").astype(np.int64)
    number = {name: int((outcome == k).sum()) for k, name in enumerate(NAMES)}
    wait = rows.number("wait")
    if plan.forced_exits is None:
        _forced(rows, outcome, plan)
    if number["left_before_queue"]:
        text = (
            f"{several(number['left_before_queue'], 'contact')} ended before joining a queue (menu, closed, or no"
            " queue); they are not demand for agents, and they did not abandon the queue"
        )
        quality.find("left_before_queue", text)
    if number["forced_exit"]:
        quality.find(
            "forced_exit",
            f"the system took {several(number['forced_exit'], 'contact')} out of the queue; they say nothing about"
            " patience beyond that wait",
        )
    if not np.isfinite(wait).any():
        quality.find(
            "no_wait",
            "the export does not say how long contacts waited in a queue: it cannot tell waits or patience",
        )
    elif blank := int(((outcome == NAMES.index("abandoned")) & ~np.isfinite(wait)).sum()):
        quality.find(
            "no_wait_of_abandoned", f"{blank:,} abandoned contacts have no wait: patience cannot be estimated from them"
        )
    if np.isfinite(wait).any() and not number["answered"]:
        quality.find(
            "only_abandoned",
            "the export has abandoned contacts only: their waits are not a sample of patience, and its volumes are not"
            " complete",
        )
    if number["answered"] and not np.isfinite(rows.number("acw")).any():
        quality.find(
            "no_acw",
            "after-call work is not recorded: handle times are talk and hold only, unless the talk time includes it",
        )
    _minutes(rows, quality)
    _sums(rows, "handle", quality)
    talks(rows, outcome, quality)
    _figures(rows, outcome, quality)


def _forced(rows: Rows, outcome: npt.NDArray[np.int64], plan: Plan) -> None:
    """Ask about seconds in which many more contacts were abandoned than in those around them, in all or in a queue."""
    wait, queue = rows.number("wait"), rows.text("queue")
    left = (outcome == NAMES.index("abandoned")) & np.isfinite(wait)
    whole, where = exits(wait[left]), ""
    if not whole and len(queue.values) > 1:
        for code, name in enumerate(queue.values):
            whole = exits(wait[left & (queue.codes == code)])
            if whole:
                left, where = left & (queue.codes == code), f" in queue {name!r}"
                break
    if whole:
        told = ", ".join(f"{number} at {second} s" for second, number in whole)
        rule = (
            f"has many more abandons in one second than in those around it ({told} of {int(left.sum()):,}{where}): does"
            " the system end the wait there?"
        )
        choices = (f"[{', '.join(str(second) for second, _ in whole)}]", "none")
        raise ExportError([Question(", ".join(rows.files.values), None, rule, "forced_exits", choices)])


def exits(waits: Floats) -> list[tuple[int, int]]:
    """(second, abandons) where many more abandon than in the seconds around it: the system may end the wait there."""
    if len(waits) < LEAST:
        return []
    counts = np.bincount(np.round(waits).astype(np.int64))
    found = []
    for second in np.flatnonzero((counts >= LEAST) & (counts >= SHARE * len(waits))).tolist():
        near = np.r_[counts[max(second - AROUND, 0) : second], counts[second + 1 : second + 1 + AROUND]]
        if second > 0 and counts[second] > TIMES * max(float(near.mean()) if len(near) else 0.0, 1.0):
            found.append((second, int(counts[second])))
    return found


def _minutes(rows: Rows, quality: Quality) -> None:
    """Stamps that are cut to the minute."""
    arrived = rows.number("arrived")
    if len(arrived) >= 20 and not np.any(arrived % 60.0):
        quality.find(
            "minute_stamps",
            "times of arrival are cut to the minute: do not read gaps between arrivals, or short waits, from them",
        )


def _sums(rows: Rows, whole: str, quality: Quality) -> None:
    """Whether talk, hold and after-call work add up to the handle time."""
    parts = [rows.number(role) for role in ("talk", "hold", "acw")]
    total = rows.number(whole)
    told = np.isfinite(total) & np.isfinite(parts[0]) & np.isfinite(parts[2]) & (total > 0)
    if told.sum() < 1:
        return
    made = parts[0] + np.nan_to_num(parts[1]) + np.nan_to_num(parts[2])
    wrong = told & (np.abs(made - total) > np.maximum(APART * total, 1.0))
    if not wrong.any():
        return
    without = (
        told
        & (np.abs(parts[0] + np.nan_to_num(parts[1]) - total) <= np.maximum(APART * total, 1.0))
        & (np.nan_to_num(parts[2]) > 0)
    )
    share = f"{int(wrong.sum()):,} of {int(told.sum()):,} rows"
    if without.sum() > 0.5 * told.sum():
        quality.find(
            "aht_without_acw",
            f"handle time is talk and hold only in {share}: it leaves out after-call work",
            "use talk + hold + acw as handle time",
        )
    else:
        quality.find("handle_time", f"talk + hold + after-call work is not the handle time in {share}")


def _intervals(rows: Rows, plan: Plan, quality: Quality) -> None:
    offered, answered, abandoned = (rows.number(r) for r in ("offered", "answered", "abandoned"))
    more = answered > offered + 1e-9
    if more.any():
        quality.find(
            "answered_above_offered",
            f"more contacts are answered than offered in {several(int(more.sum()), 'row')}: counted by start or end of"
            " the contact, or transfers",
            _lines(rows, more),
        )
    both = np.isfinite(offered) & np.isfinite(answered) & np.isfinite(abandoned).any()
    rest = offered[both] - answered[both] - np.nan_to_num(abandoned[both])
    if len(rest) and np.any(np.abs(rest) > 0.5):
        wrong = several(int((np.abs(rest) > 0.5).sum()), "row")
        text = f"offered is not answered + abandoned in {wrong}: {np.nansum(rest):,.0f} contacts are neither"
        quality.find(
            "neither", text + " (transfers, overflow, short abandons, or contacts that end in another interval)"
        )
    if not np.isfinite(answered).any():
        quality.find(
            "no_answered",
            "the export does not say how many contacts were answered: 'offered' may be answered contacts only",
        )
    aht, acw, talk = rows.number("aht"), rows.number("acw"), rows.number("talk")
    if np.isfinite(aht).any() and not np.isfinite(acw).any():
        quality.find(
            "acw_unknown",
            "nothing says whether AHT includes after-call work",
            "ask who runs the report; if not, every handle time made from it is too short",
        )
    elif not np.isfinite(aht).any() and np.isfinite(talk).any() and not np.isfinite(acw).any():
        quality.find("no_acw", "there is talk time, but no handle time and no after-call work")
    _sums(rows, "aht", quality)
    _last(rows, quality)
    _overlaps(rows, quality)
    for name, total in _by_queue(rows).items():
        quality.figures.append({"queue": name[0], "channel": name[1], **total})


def contradicting(sheets: Sequence[Sheet], plan: Plan, quality: Quality) -> None:
    """Columns that are not read and differ between two files that hold the same contact."""
    spec = plan.columns.get("contact")
    if spec is None or len(spec.columns) != 1 or len(sheets) < 2:
        return
    used = {column for one in plan.columns.values() for column in one.columns}
    for k, one in enumerate(sheets):
        for other in sheets[k + 1 :]:
            a, b = one.find(spec.columns[0]), other.find(spec.columns[0])
            if a is None or b is None:
                continue
            place = {text: i for i, text in enumerate(one.columns[a].texts().tolist()) if text}
            pairs = [(place[t], i) for i, t in enumerate(other.columns[b].texts().tolist()) if t in place]
            for name in one.columns if pairs else ():
                if name in used or name not in other.columns or dated(one.columns[name]):
                    continue
                left, right = one.columns[name].texts(), other.columns[name].texts()
                apart = sum(1 for i, j in pairs if left[i].casefold() != right[j].casefold())
                if apart:
                    text = (
                        f"column {name!r} differs in {apart:,} of the {len(pairs):,} contacts that are in both"
                        f" {one.path.name} and {other.path.name}; it is not used"
                    )
                    quality.find("contradictions", text)


def _lines(rows: Rows, which: Any) -> str:
    at = np.flatnonzero(which)[:5].tolist()
    return "see " + ", ".join(f"{rows.files.text(k)}:{rows.lines[k]}" for k in at)


def _last(rows: Rows, quality: Quality) -> None:
    """A last interval that is far below those of the same time on other days may be cut off by the export."""
    start, offered = rows.number("start"), rows.number("offered")
    if len(start) < 10 or rows.number("minutes")[0] >= 1440.0:
        return
    last = start == start.max()
    same = (start % 86400.0 == start.max() % 86400.0) & ~last
    if same.any() and last.any():
        usual = float(np.median([offered[same & (start == s)].sum() for s in np.unique(start[same])]))
        here = float(offered[last].sum())
        if usual >= 20.0 and here < 0.3 * usual:
            quality.find(
                "last_interval",
                f"the last interval has {here:g} contacts where {usual:g} are usual at that time: the export may end"
                " within it",
                _lines(rows, last),
            )


def _overlaps(rows: Rows, quality: Quality) -> None:
    lengths = np.unique(np.round(rows.number("minutes")))
    if (
        len(lengths) > 1
        and lengths.max() < 28 * 1440.0
        and not (lengths.max() - lengths.min() < 61 and lengths.min() >= 1380)
    ):
        told = ", ".join(f"{x:g} min" for x in lengths[:6].tolist())
        quality.find(
            "lengths", f"rows have intervals of different lengths ({told}); do not add them up where they overlap"
        )


def _figures(rows: Rows, outcome: npt.NDArray[np.int64], quality: Quality) -> None:
    queue, channel = rows.text("queue"), rows.text("channel")
    keys = queue.codes.astype(np.int64) * max(len(channel.values), 1) + channel.codes
    wait, handle = rows.number("wait"), rows.number("handle")
    for key in np.unique(keys).tolist()[:200]:
        mine = keys == key
        served = mine & (outcome == NAMES.index("answered"))
        counts = {name: int((mine & (outcome == k)).sum()) for k, name in enumerate(NAMES)}
        quality.figures.append(
            {
                "queue": queue.values[key // max(len(channel.values), 1)],
                "channel": channel.values[key % max(len(channel.values), 1)],
                "contacts": int(mine.sum()),
                **{name: count for name, count in counts.items() if count},
                "asa_s": _mean(wait[served]),
                "handle_s": _mean(handle[served]),
            }
        )


def _by_queue(rows: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    queue, channel = rows.text("queue"), rows.text("channel")
    keys = queue.codes.astype(np.int64) * max(len(channel.values), 1) + channel.codes
    out = {}
    for key in np.unique(keys).tolist()[:200]:
        mine = keys == key
        name = queue.values[key // max(len(channel.values), 1)], channel.values[key % max(len(channel.values), 1)]
        counts = [role for role in rows.numbers if role in ("offered", "answered", "abandoned")]
        told = {role: float(np.nansum(rows.number(role)[mine])) for role in counts}
        aht, answered = rows.number("aht")[mine], np.nan_to_num(rows.number("answered")[mine])
        good = np.isfinite(aht) & (answered > 0)
        if good.any():
            told["aht_s"] = round(float(np.average(aht[good], weights=answered[good])), 1)
        out[name] = {"intervals": int(mine.sum()), **told}
    return out


def _mean(values: Floats) -> float | None:
    good = values[np.isfinite(values)]
    return round(float(good.mean()), 1) if len(good) else None
