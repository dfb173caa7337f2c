"""Make the Anonymous Bank scenario from the bank's call log: `python build.py [folder of the log]`.

Reads january.txt (default folder: ../shared/data/anonymous_bank_1999, from the repository) and writes
../anonymous-bank.yaml and the tables in this folder, the same bytes every time. Only figures derived
from the log are written, never the log. NOTICE.md says whose data these are;
docs/explanation/anonymous-bank.md gives the reasons for each step and says what they are worth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxsim import calibrate
from cxsim.calibrate import Spells, Survival

HERE = Path(__file__).resolve().parent
LOG = HERE.parents[2] / "shared" / "data" / "anonymous_bank_1999"
DAY, HALF_HOUR = 86400.0, 1800.0

# The log's types in the order of their first mention in its description, and what they are called here.
REASONS = {
    "PS": "regular",
    "PE": "english",
    "IN": "internet",
    "NE": "stocks",
    "NW": "prospects",
    "TT": "call_backs",
}
TOLD_APART = ("internet", "stocks", "prospects")  # what not every agent serves
SPECIALIST = 0.25  # an agent with a larger share of stock calls than this takes stock calls first

LONGEST_SERVICE = 3600.0  # s; longer records, four in January, are taken for mistakes
LONGEST_GAP = 900.0  # s without a service after which an agent is taken to be off duty
LONGEST_PAUSE = 60.0  # s; a pause after a service up to here is after-call work, a longer one is being away
ROUND_SHIFTS = 900.0  # s; shifts begin and end on the quarter-hour
RETURN_WITHIN = 3600.0  # s; who calls again within this time is looked at for the redial propensity

AVAILABILITY = 0.5  # share of idle agents who are at hand, as counted by `validate.py --evidence`: see the docs page
AWAY = 20.0  # s, mean length of an away-spell: the only fitted number, on January alone, by `validate.py --fit`

WEEK = ("1999-01-17", 7)  # the planner's week: January's first full week, Sunday to Saturday, after the gap
OPEN = {"sun-thu": "07:00-24:00", "fri": "07:00-14:00", "sat": "19:00-24:00"}
QUANTILES = np.concatenate((np.arange(0, 97.5, 2.5), (97.5, 99.0, 99.5, 99.9, 100.0))) / 100.0
POINTS = np.concatenate(
    (
        np.arange(1, 20),
        np.arange(20, 60, 2),
        np.arange(60, 120, 5),
        np.arange(120, 300, 15),
        np.arange(300, 1800, 60),
    )
).astype(np.float64)


def read(folder: Path, month: str) -> pd.DataFrame:
    """The calls of a month that reached the queue or an agent, in the order in which they did so.

    Columns, times in s since the month's first midnight: at, reason, queued, wait, abandoned, began and ended
    (of service; NaN without), agent ('' without), customer ('' where unknown), day (number), date. Left out:
    PHANTOM rows, hang-ups in the VRU, and the two rows of type AA.
    """
    raw = pd.read_csv(folder / f"{month}.txt", sep="\t", dtype={"customer_id": str, "date": str})
    raw = raw.rename(columns={"vru+line": "line"})
    clock = {}
    for name in ("vru_exit", "q_start", "q_exit", "ser_start", "ser_exit"):
        parts = raw[name].str.split(":", expand=True).astype(np.int64)
        clock[name] = (parts[0] * 3600 + parts[1] * 60 + parts[2]).to_numpy(dtype=np.float64)
    date = pd.to_datetime(raw["date"], format="%y%m%d")
    day = (date - date.min().replace(day=1)).dt.days.to_numpy()
    queued = clock["q_start"] > 0.0
    answered = (raw["outcome"] == "AGENT").to_numpy()
    recorded = answered & (clock["ser_start"] > 0.0)
    midnight = day * DAY
    wait = np.where(queued, raw["q_time"].to_numpy(dtype=np.float64), 0.0)
    ended = np.where(clock["ser_exit"] < clock["ser_start"], clock["ser_exit"] + DAY, clock["ser_exit"])
    calls = pd.DataFrame(
        {
            "at": midnight + np.where(queued, clock["q_start"], clock["vru_exit"]),
            "reason": raw["type"].map(REASONS),
            "queued": queued,
            "wait": wait,
            "abandoned": raw["outcome"].to_numpy() == "HANG",
            "began": np.where(recorded, midnight + clock["ser_start"], np.nan),
            "ended": np.where(recorded, midnight + ended, np.nan),
            "agent": raw["server"].where(recorded & (raw["server"] != "NO_SERVER"), "").to_numpy(),
            "customer": raw["customer_id"].where(raw["customer_id"] != "0", "").to_numpy(),
            "day": day,
            "date": date.dt.strftime("%Y-%m-%d"),
        }
    )
    keep = (raw["outcome"] != "PHANTOM") & (answered | queued) & calls["reason"].notna()
    return calls[keep].sort_values("at", kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class Service:
    """A quantile law of times in s, and how many records were dropped from it."""

    shares: np.ndarray
    values: np.ndarray
    dropped: int


@dataclass(frozen=True)
class Parameters:
    """What January says about customers and agents, apart from how many there are."""

    service: dict[str, Service]
    patience: dict[str, Survival]
    patience_tail: dict[str, float]  # s, mean of the exponential law beyond the table
    pause: Service  # after-call work
    returns: calibrate.Returns


def parameters(calls: pd.DataFrame) -> Parameters:
    """Service, patience, pauses and redials from the calls of a month."""
    service, patience, tails = {}, {}, {}
    for reason in REASONS.values():
        some = calls[calls["reason"] == reason]
        lengths = (some["ended"] - some["began"]).dropna()
        service[reason] = Service(*calibrate.quantile_table(lengths, QUANTILES, LONGEST_SERVICE))
        waited = some[some["queued"]]
        patience[reason] = calibrate.survival(waited["wait"], ~waited["abandoned"])
        times, _ = patience[reason].table(POINTS)
        tails[reason] = calibrate.tail_mean(waited["wait"], ~waited["abandoned"], start=float(times[-1]) / 2.0)
    served = calls[calls["agent"] != ""]
    waiting = calls[calls["queued"]]
    lengths, censored = calibrate.pauses(
        served["agent"], served["began"], served["ended"], waiting["at"], waiting["at"] + waiting["wait"]
    )
    curve = calibrate.survival(lengths, censored)
    short = curve.times <= LONGEST_PAUSE
    beyond = float(curve.shares[short][-1])
    known = (1.0 - curve.shares[short]) / (1.0 - beyond)
    grid = QUANTILES
    values = np.interp(grid, np.concatenate(([0.0], known)), np.concatenate(([0.0], curve.times[short])))
    named = calls[calls["customer"] != ""]
    end = np.where(named["ended"].notna(), named["ended"], named["at"] + named["wait"])
    again = calibrate.returns(named["customer"], named["at"], end, named["abandoned"], RETURN_WITHIN)
    return Parameters(service, patience, tails, Service(grid, values, 0), again)


def groups(calls: pd.DataFrame) -> dict[str, str]:
    """The group of each agent, named by what it serves besides regular, English and call-back calls."""
    served = calls[calls["agent"] != ""]
    counts = {str(a): some["reason"].value_counts().to_dict() for a, some in served.groupby("agent")}
    out = {}
    for agent, kinds in calibrate.group_by_skills(counts, TOLD_APART).items():
        if counts[agent].get("stocks", 0) > SPECIALIST * sum(counts[agent].values()):
            out[agent] = "stock_desk" if "prospects" not in kinds else "stock_desk_prospects"
        else:
            out[agent] = "_".join(kinds) if len(kinds) < len(TOLD_APART) else "all_round"
            out[agent] = out[agent] or "regular_only"
    return out


def skills(group: str) -> dict[str, int]:
    """The rank at which a group serves each reason."""
    if group == "all_round":
        extra: Iterable[str] = TOLD_APART
    else:
        extra = [k for k in TOLD_APART if k in group or (k == "stocks" and group.startswith("stock_desk"))]
    desk = group.startswith("stock_desk")
    return {r: 2 if desk and r != "stocks" else 1 for r in REASONS.values() if r not in TOLD_APART or r in extra}


def duty(calls: pd.DataFrame) -> Spells:
    """When each agent was on duty."""
    served = calls[calls["agent"] != ""]
    return calibrate.presence(served["agent"], served["began"], served["ended"], LONGEST_GAP, round_to=ROUND_SHIFTS)


def clock(seconds: float) -> str:
    """Seconds of a day as HH:MM:SS."""
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}:{int(seconds) % 60:02d}"


def planning_volumes(calls: pd.DataFrame, found: Parameters) -> pd.DataFrame:
    """Fresh calls to expect per half-hour of the planner's week: date, time, a column a reason.

    The week's own daily totals, spread by January's profile of Sunday to Thursday, Friday or Saturday;
    observed calls less the estimated returns of those who abandoned.
    """
    first = pd.Timestamp(WEEK[0])
    kind = pd.to_datetime(calls["date"]).dt.day_of_week.map({4: "fri", 5: "sat"}).fillna("sun-thu")
    slot = ((calls["at"] - calls["day"] * DAY) // HALF_HOUR).astype(int)
    rows = []
    hours = {k: [float(x[:2]) * 2 + float(x[3:]) / 30 for x in v.split("-")] for k, v in OPEN.items()}
    for offset in range(WEEK[1]):
        date = first + pd.Timedelta(days=offset)
        of = {4: "fri", 5: "sat"}.get(date.day_of_week, "sun-thu")
        opens, closes = (int(x) for x in hours[of])
        block = {}
        for reason in REASONS.values():
            some = (calls["reason"] == reason) & (slot >= opens) & (slot < closes)
            seen = np.bincount(slot[some & (kind == of)], minlength=48)[:48].astype(float)
            left = np.bincount(slot[some & (kind == of) & calls["abandoned"]], minlength=48)[:48].astype(float)
            fresh = calibrate.fresh_arrivals(seen, left, found.returns.excess, found.returns.delays, HALF_HOUR)
            level = float((some & (calls["date"] == f"{date:%Y-%m-%d}")).sum()) / max(seen.sum(), 1.0)
            block[reason] = np.round(fresh * level, 2)
        for i in range(opens, closes):
            row = {"date": f"{date:%Y-%m-%d}", "time": clock(i * HALF_HOUR)[:5]}
            rows.append(row | {reason: block[reason][i] for reason in block})
    return pd.DataFrame(rows)


def planning_staff(calls: pd.DataFrame) -> pd.DataFrame:
    """Whole agents on duty per half-hour of the planner's week: date, time, a column a group."""
    spells, group_of = duty(calls), groups(calls)
    first = pd.Timestamp(WEEK[0])
    begin = (first - pd.Timestamp(calls["date"].min()).replace(day=1)).days * DAY
    edges = begin + np.arange(WEEK[1] * 48 + 1) * HALF_HOUR
    names = sorted(set(group_of.values()))
    of = np.array([group_of[str(a)] for a in spells.agent])
    mean = np.array([calibrate.on_duty(spells.start[of == g], spells.end[of == g], edges) for g in names])
    whole = calibrate.whole_agents(mean)
    table = pd.DataFrame(whole.T, columns=names)
    table.insert(0, "time", [clock((i % 48) * HALF_HOUR)[:5] for i in range(len(table))])
    table.insert(0, "date", [f"{first + pd.Timedelta(days=i // 48):%Y-%m-%d}" for i in range(len(table))])
    hours = {k: v.split("-") for k, v in OPEN.items()}
    days = pd.to_datetime(table["date"]).dt.day_of_week.map({4: "fri", 5: "sat"}).fillna("sun-thu")
    inside = [hours[d][0] <= t < hours[d][1] for d, t in zip(days, table["time"], strict=True)]
    table = table[inside]
    return table[["date", "time", *(g for g in names if table[g].any())]]


def laws_text(found: Parameters, folder: str) -> dict[str, str]:
    """The laws of the scenario file, by reason, and of the pause; they point at the tables in `folder`."""
    out = {"pause": f"{{quantiles: {{file: {folder}pause.csv}}}}"}
    for reason in REASONS.values():
        out[f"talk {reason}"] = f"{{quantiles: {{file: {folder}service-{reason}.csv}}}}"
        tail = f"{found.patience_tail[reason]:.0f}s"
        out[f"patience {reason}"] = f"{{survival: {{file: {folder}patience-{reason}.csv, beyond: {tail}}}}}"
    return out


def write_tables(found: Parameters, folder: Path) -> None:
    """The tables of the laws, as CSV files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for reason in REASONS.values():
        times, shares = found.patience[reason].table(POINTS)
        _write(folder / f"patience-{reason}.csv", {"times": times, "shares": np.round(shares, 5)})
        law = found.service[reason]
        _write(folder / f"service-{reason}.csv", {"shares": law.shares, "values": np.round(law.values, 1)})
    _write(folder / "pause.csv", {"shares": found.pause.shares, "values": np.round(found.pause.values, 2)})
    delays = np.quantile(found.returns.delays, QUANTILES)
    _write(folder / "redial-delay.csv", {"shares": QUANTILES, "values": np.round(delays, 1)})


def _write(path: Path, columns: dict[str, np.ndarray]) -> None:
    pd.DataFrame(columns).to_csv(path, index=False, lineterminator="\n")


def groups_text(names: Iterable[str], availability: float = AVAILABILITY, away: float = AWAY) -> str:
    """The `groups` of a scenario file."""
    lines = ["groups:"]
    for name in names:
        ranks = ", ".join(f"{r}: {{rank: {k}}}" if k > 1 else f"{r}: {{}}" for r, k in skills(name).items())
        lines.append(f"  {name}: {{skills: {{{ranks}}}, availability: {availability:.0%}, away: {away:g}s}}")
    return "\n".join(lines)


def planning_text(staff: pd.DataFrame) -> list[str]:
    """What `cxsim optimize` may decide, and two questions to ask of it; `staff` as in staff.csv."""
    on_duty = staff[list(staff.columns[2:])]
    hours = on_duty.to_numpy().sum() / 2
    return [
        "# No group larger, at any time of day, than the bank ever had it. Its wages are not known: the overrides",
        "# below count hours.",
        "optimize:",
        "  groups: {" + ", ".join(f"{name}: {{max: {most}}}" for name, most in on_duty.max().items()) + "}",
        "",
        "overrides:",
        "  no_redials: {after_contact.abandoned.redial: 0%}",
        "  busy: {reasons.*.volume.factor: 1.1}",
        f"  same_hours:                   # the bank's own {hours:g} hours, where they help most",
        "    currency: hours",
        "    groups.*.wage: 1",
        f"    optimize.budget: {hours:g}",
        "    optimize.maximise: sl",
        "    optimize.subject_to: []",
        "  served:                       # the fewest hours that answer 80 % within 60 s every day",
        "    currency: hours",
        "    groups.*.wage: 1",
        "    optimize.subject_to:",
        "      - {figure: sl, each: day, min: 80%}",
        "      - {figure: abandoned_share, each: day, max: 10%}",
    ]


def scenario_text(found: Parameters, staff: pd.DataFrame) -> str:
    """The planner's scenario; `staff` as in staff.csv."""
    laws = laws_text(found, "anonymous-bank/")
    again = found.returns
    parts = [
        "# One week of January 1999 in the telephone center of a bank: what `make run` runs.",
        "# Derived by anonymous-bank/build.py from the call log of I. Guedj and A. Mandelbaum (Technion):",
        "# see anonymous-bank/NOTICE.md, and docs/explanation/anonymous-bank.md for what it is worth.",
        "cxsim: 1",
        "name: Anonymous Bank, a week of January 1999",
        "currency: ILS",
        "",
        "horizon:",
        f"  start: {WEEK[0]}",
        f"  days: {WEEK[1]}",
        "  open: {" + ", ".join(f"{k}: {v}" for k, v in OPEN.items()) + "}",
        "  interval: 30 min",
        "  timezone: Asia/Jerusalem",
        "",
        "reasons:                        # expected fresh calls: observed calls less the estimated redials",
    ]
    for code, reason in REASONS.items():
        parts += [
            f"  {reason}:".ljust(32) + f"# type {code} in the log",
            "    volume: {file: anonymous-bank/volumes.csv}",
            f"    talk: {laws[f'talk {reason}']}",
            f"    wrap: {laws['pause']}",
            f"    patience: {laws[f'patience {reason}']}",
        ]
    parts += [
        "",
        "# All serve regular, English and call-back calls; a group's name says what else. Agents are away for",
        "# half of their idle time, in short spells: a fifth of their time on duty, as their spells show.",
        groups_text(staff.columns[2:]),
        "",
        "staff: {file: anonymous-bank/staff.csv}",
        "",
        "after_contact:",
        f"  # Of identified callers who abandoned, {again.after_abandoned:.1%} called again within an hour,",
        f"  # of those served {again.after_served:.1%}: the difference is what abandoning causes.",
        "  abandoned:",
        f"    redial: {again.excess:.1%}",
        "    delay: {quantiles: {file: anonymous-bank/redial-delay.csv}}",
        "    patience: anew",
        "",
        "queues:",
        *(f"  {r}: {{target: {{sl: {{share: 80%, within: 60s}}, abandoned: {{max: 10%}}}}}}" for r in REASONS.values()),
        "",
        *planning_text(staff),
    ]
    return "\n".join(parts) + "\n"


def build(log: Path, out: Path) -> str:
    """Write the scenario to `out`, its tables to `out`/anonymous-bank; answers with what was found, in a line."""
    calls, tables = read(log, "january"), out / "anonymous-bank"
    found = parameters(calls)
    staff = planning_staff(calls)
    write_tables(found, tables)
    planning_volumes(calls, found).to_csv(tables / "volumes.csv", index=False, lineterminator="\n")
    staff.to_csv(tables / "staff.csv", index=False, lineterminator="\n")
    text = scenario_text(found, staff)
    (out / "anonymous-bank.yaml").write_text(text, encoding="utf-8", newline="\n")
    dropped = sum(law.dropped for law in found.service.values())
    return (
        f"{len(calls)} calls; {dropped} services above {LONGEST_SERVICE:g} s dropped; "
        f"redial propensity {found.returns.excess:.3f}"
    )


def main() -> None:
    """Write the scenario and its tables where they stand in the repository."""
    log = Path(sys.argv[1]) if len(sys.argv) > 1 else LOG
    if not (log / "january.txt").is_file():
        raise SystemExit(f"{log / 'january.txt'}  the call log is not there; give its folder as the argument")
    print(build(log, HERE.parent))


if __name__ == "__main__":
    main()
