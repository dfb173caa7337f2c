"""The scenario of a calibration as files: YAML with comments that say where each part is from, and its tables."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from cxsim.calibrate.arrivals import WEEKDAYS, Days, clock, hours
from cxsim.calibrate.durations import QUANTILES, Durations
from cxsim.calibrate.patience import Patience
from cxsim.calibrate.redials import Floats
from cxsim.calibrate.shifts import Shift, table
from cxsim.calibrate.shrinkage import LEAST, Shrinkage
from cxsim.calibrate.together import BLOCK, block_of
from cxsim.forecast.returns import Returning

Files = dict[str, str]
NEW_DRAW = "anew"  # of a patience: not the one of the attempt before
CREDIBLE_CV = 0.0005  # a busyness below this is none


@dataclass(frozen=True)
class LawText:
    """A distribution as YAML, the tables it names, and a remark on where it is from."""

    text: str
    files: Files = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, eq=False)
class ReasonPart:
    """What a scenario says of one reason. `volume` and `handle_time` (s) are (7, slots), by weekday and interval."""

    name: str
    volume: Floats
    busyness: float
    talk: LawText
    wrap: LawText | None
    patience: LawText
    handle_time: Floats | None
    intraday: float = 0.0
    shared: float = math.nan  # as far as the data tells
    hold: float = 0.0  # share of talks with one


@dataclass(frozen=True, eq=False)
class Redials:
    """Which share of abandoned contacts redials, after what delay."""

    share: float
    delay: LawText
    patience: str
    remark: str


@dataclass(frozen=True, eq=False)
class Again:
    """Resolution by reason, one share or (7, slots), and the delay of the repeats of all who were not resolved."""

    resolution: Mapping[str, float | Floats]
    delay: LawText


@dataclass(frozen=True, eq=False)
class Parts:
    """All parts of the scenario."""

    name: str
    source: str
    days: Days
    timezone: str | None
    reasons: Sequence[ReasonPart]
    groups: Mapping[str, Mapping[str, int]]
    staff: npt.NDArray[np.int64]  # (groups, 7, slots)
    availability: float
    away: float
    away_remark: str
    redials: Redials | None
    assumptions: Sequence[str]
    with_within: float
    overrides: Sequence[str] = ()  # lines
    work_of: Mapping[str, Mapping[tuple[str, str], float]] = field(
        default_factory=dict
    )  # `talk` or `wrap`, then factors
    returning: Returning | None = None  # as the user said
    again: Again | None = None
    shrinkage: Shrinkage | None = None
    shifts: Sequence[Shift] | None = None  # of a typical week, in place of headcounts
    available: Floats | None = None  # (slots,) factors on availability by interval of the day


def files_of(parts: Parts) -> Files:
    """The files of the scenario by name; the scenario itself is scenario.yaml."""
    out: Files = {"scenario.yaml": _yaml(parts)}
    for one in parts.reasons:
        for law in (one.talk, one.wrap, one.patience):
            out |= law.files if law else {}
    if parts.redials:
        out |= parts.redials.delay.files
    out["volumes.csv"] = _by_week(parts.days, {one.name: one.volume for one in parts.reasons}, parts.days.mask())
    timed = {one.name: one.handle_time for one in parts.reasons if one.handle_time is not None}
    if timed:
        out["handle-times.csv"] = _by_week(parts.days, timed, np.ones((7, parts.days.slots), np.bool_), 1)
    if parts.again is not None:
        out |= parts.again.delay.files
        solved = {
            name: 100.0 * share for name, share in parts.again.resolution.items() if isinstance(share, np.ndarray)
        }
        if solved:
            out["resolution.csv"] = _by_week(parts.days, solved, np.ones((7, parts.days.slots), np.bool_), 2)
    if parts.available is not None and parts.availability < 1.0:
        shares = np.tile(100.0 * np.minimum(parts.availability * parts.available, 1.0), (7, 1))
        everywhere = np.ones((7, parts.days.slots), np.bool_)
        out["availability.csv"] = _by_week(parts.days, dict.fromkeys(parts.groups, shares), everywhere, 2)
    staff = {name: parts.staff[g] for g, name in enumerate(parts.groups)}
    out["staff.csv"] = _by_week(parts.days, staff, parts.days.mask(), 0)
    if parts.shifts is not None:
        out["shifts.csv"] = table(parts.shifts, _cell)
    return out


def _by_week(
    days: Days, columns: Mapping[str, npt.NDArray[np.generic]], keep: npt.NDArray[np.bool_], digits: int = 2
) -> str:
    lines = [",".join(["weekday", "time", *(_cell(name) for name in columns)])]
    for w, i in np.argwhere(keep).tolist():
        values = (f"{float(table[w, i]):.{digits}f}" for table in columns.values())
        lines.append(",".join([WEEKDAYS[w], clock(i * days.width), *values]))
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\n]', text) else text


def start_of(days: Days) -> date:
    """The first Monday after the recorded days: the scenario is a typical week."""
    last = days.dates[-1] + timedelta(days=1)
    return last + timedelta(days=(7 - last.weekday()) % 7)


def _yaml(parts: Parts) -> str:
    lines = [f"# {parts.source}"]
    lines += ["# Where each number is from, with its 95 % interval: estimates.csv."]
    if parts.assumptions:
        lines += ["#", "# Assumptions. The data does not tell these; change what you know better:"]
        for text in parts.assumptions:
            lines += [f"# {row}" for row in textwrap.wrap(text, 112, initial_indent="- ", subsequent_indent="  ")]
    lines += ["cxsim: 1", f"name: {quoted(parts.name)}", "", "horizon:"]
    lines += [
        f"  start: {start_of(parts.days)}  # a typical week; volumes and staff are by weekday, so any start will do",
        "  days: 7",
        "  open: {" + ", ".join(f"{day}: {span}" for day, span in hours(parts.days).items()) + "}",
        f"  interval: {parts.days.width / 60:g} min",
    ]
    lines += [f"  timezone: {parts.timezone}"] if parts.timezone else []
    lines += ["", "reasons:"]
    for one in parts.reasons:
        lines += _reason(one, block_of(parts.days))
        if parts.returning is not None and parts.returning.again:
            lines.append(f"    resolution: {parts.returning.resolution:.1%}")
        if parts.again is not None:
            lines += _resolution(parts.again.resolution[one.name])
    lines += ["", "groups:"]
    for name, skills in parts.groups.items():
        serves = ", ".join(
            f"{quoted(r)}: {{{_skill(k, {key: of.get((name, r)) for key, of in parts.work_of.items()})}}}"
            for r, k in skills.items()
        )
        there = f", availability: {parts.availability:.1%}, away: {parts.away:g}s" if parts.availability < 1 else ""
        if there and parts.available is not None:
            there += ", availability_by_time: {file: availability.csv, unit: percent}"
        there += _shrinkage(parts.shrinkage, name)
        if parts.shifts is not None and all(one.group != name for one in parts.shifts):
            there += ", agents: 0"  # too few people for a whole one on any day
        lines.append(f"  {quoted(name)}: {{skills: {{{serves}}}{there}}}")
    if parts.availability < 1:
        lines.append(f"# availability and away: {parts.away_remark}")
    as_shifts = "staff: {file: shifts.csv}  # the shifts of a typical week; as headcounts: {file: staff.csv}"
    lines += ["", "staff: {file: staff.csv}" if parts.shifts is None else as_shifts, ""]
    if parts.redials:
        lines += [
            f"# {parts.redials.remark}",
            "after_contact:",
            "  abandoned:",
            f"    redial: {parts.redials.share:.1%}",
            f"    delay: {parts.redials.delay.text}",
            f"    patience: {parts.redials.patience}",
            "",
        ]
    if parts.again is not None:
        lines = lines[:-1] if parts.redials else [*lines, "after_contact:"]
        lines += [f"  unresolved: {{repeat: 100%, delay: {parts.again.delay.text}}}", ""]
    back = parts.returning
    if back is not None and (back.redial or back.again):
        lines += ["# As you said; an interval report does not tell it.", "after_contact:"]
        if back.redial:
            lines.append(
                f"  abandoned: {{redial: {back.redial:.1%}, delay: {back.redial_delay:g}s, patience: {NEW_DRAW}}}"
            )
        if back.again:
            lines.append(f"  unresolved: {{repeat: {back.repeat:.1%}, delay: {back.repeat_delay:g}s}}")
        lines.append("")
    lines += [f"sl: {{share: 80%, within: {parts.with_within:g}s}}"]
    if parts.overrides:
        lines += ["", "overrides:", *(f"  {line}" for line in parts.overrides)]
    return "\n".join(lines) + "\n"


def _skill(rank: int, factors: Mapping[str, float | None]) -> str:
    keys = [f"rank: {rank}"] if rank > 1 else []
    return ", ".join([*keys, *(f"{key}: {factor:.1%}" for key, factor in factors.items() if factor is not None)])


def _shrinkage(found: Shrinkage | None, group: str) -> str:
    if found is None or found.share.get(group, 0.0) < LEAST:
        return ""
    out = f", shrinkage: {found.share[group]:.1%}, scheduled: false"
    if found.weekdays is None:
        return out
    return (
        out + f", shrinkage_by_time: {{weekdays: {{{', '.join(f'{w}: {x:.3g}' for w, x in found.weekdays.items())}}}}}"
    )


def _resolution(share: float | Floats) -> list[str]:
    """Of a reason: its share, or with a file of shares by interval, the usual one beside it."""
    usual = float(np.mean(share))
    out = [f"    resolution: {usual:.1%}  # measured by repeats"]
    if isinstance(share, np.ndarray):
        out.append("    resolution_by_time: {file: resolution.csv, unit: percent}")
    return out


def _reason(one: ReasonPart, block: float) -> list[str]:
    busy = f", busyness: {{gamma: {{cv: {100 * one.busyness:.3g}%}}}}" if one.busyness >= CREDIBLE_CV else ""
    if one.intraday >= CREDIBLE_CV:
        busy += f", intraday: {{gamma: {{cv: {100 * one.intraday:.3g}%}}}}"
        busy += "" if block == BLOCK else f", intraday_block: {block / 60:g} min"
    if busy and math.isfinite(one.shared):
        busy += f", shared: {one.shared:.0%}"
    out = [f"  {quoted(one.name)}:", f"    volume: {{file: volumes.csv{busy}}}"]
    for key, law in (("talk", one.talk), ("wrap", one.wrap), ("patience", one.patience)):
        if law is not None:
            remark = f"  # {law.remark}" if law.remark else ""
            out.append(f"    {key}: {law.text}{remark}")
    if one.hold > 0.0:
        out.append(f"    hold: {one.hold:.1%}  # share of talks with one; its time is part of talk")
    if one.handle_time is not None:
        out.append("    handle_times: {file: handle-times.csv}")
    return out


def quoted(name: str) -> str:
    """A name as YAML takes it."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ -]*[A-Za-z0-9_]|[A-Za-z]", name)
    if plain and name.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "never", "y", "n"):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def file_name(kind: str, of: str) -> str:
    """The name of a table, such as talk-PS.csv."""
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_-]+', '-', of).strip('-') or 'x'}.csv"


def duration_law(found: Durations, name: str, unlike: str = "") -> LawText:
    """The law of a duration: a fitted distribution, or the table of empirical quantiles."""
    remark = f"{len(found.values):,} rows" + (f" {unlike}" if unlike else "")
    if found.fit is not None:
        text = "{" + found.fit.name + ": {" + ", ".join(f"{k}: {v}" for k, v in found.fit.law.items()) + "}}"
        table = _table({"shares": found.shares, "values": found.knots})
        other = f"; as they were: {{quantiles: {{file: {name}}}}}"
        return LawText(text, {name: table}, f"{remark}, maximum likelihood{other}")
    why = f"; {found.why}" if found.why else ""
    return LawText(
        f"{{quantiles: {{file: {name}}}}}",
        {name: _table({"shares": found.shares, "values": found.knots})},
        remark + why,
    )


def patience_law(found: Patience, name: str, unlike: str = "") -> LawText:
    """The law of patience: a fitted distribution, or Kaplan–Meier's curve with an exponential tail."""
    remark = f"{found.waited:,} who waited, {found.events:,} abandoned{' ' + unlike if unlike else ''}"
    table = {name: _table({"times": found.times, "shares": found.shares}, 5)}
    if found.fit is not None:
        law = found.fit.law
        if isinstance(law, dict):
            kind, given = next(iter(law.items()))
            law = "{" + kind + ": {" + ", ".join(f"{k}: {v}" for k, v in given.items()) + "}}"
        return LawText(str(law), {}, f"{remark}; {found.fit.name} by censored likelihood")
    tail = f"{found.tail:.0f}s" if np.isfinite(found.tail) else "never"
    if len(found.times) < 2:
        return LawText("never" if tail == "never" else tail, {}, f"{remark}: too few for a curve")
    text = f"{{survival: {{file: {name}, beyond: {tail}}}}}"
    return LawText(text, table, f"Kaplan–Meier, {remark}")


def delay_law(delays: Floats, shares: Floats) -> LawText:
    """The law of the time until a redial: its quantiles."""
    return _quantiles("redial-delay.csv", shares, np.maximum.accumulate(np.quantile(delays, shares)))


def repeat_delay(values: Floats) -> LawText:
    """The law of the time until a repeat, of its values at QUANTILES."""
    return _quantiles("repeat-delay.csv", QUANTILES, np.maximum.accumulate(values))


def _quantiles(name: str, shares: Floats, values: Floats) -> LawText:
    return LawText(f"{{quantiles: {{file: {name}}}}}", {name: _table({"shares": shares, "values": values})})


def _table(columns: Mapping[str, Floats], digits: int = 5) -> str:
    lines = [",".join(columns)]
    for row in zip(*(values.tolist() for values in columns.values()), strict=True):
        lines.append(",".join(f"{value:.{digits}f}".rstrip("0").rstrip(".") or "0" for value in row))
    return "\n".join(lines) + "\n"
