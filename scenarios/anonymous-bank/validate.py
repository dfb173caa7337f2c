"""Replay the Anonymous Bank's arrivals, simulated against observed: `python validate.py [folder of the log]`.

January first, whose parameters these are, then February with January's parameters and February's own
arrivals and staffing. Redials and repeats are off: logged arrivals contain them. Everything goes to
results/anonymous-bank-replay/: replay scenarios (with the arrivals: not to be committed), tables, pictures.

  --fit             how the mean away-spell was chosen, on January alone
  --evidence        what the log says about pauses, idle agents, service through the day, and redials
  --replications N  (default 20)
  --out FOLDER      in place of results/anonymous-bank-replay
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import build
import numpy as np
import pandas as pd

import cxsim.scenario
from cxsim import calibrate
from cxsim.model.prepare import prepare
from cxsim.schema.ledger import ABANDONED, AWAY, ON_DUTY, OVERRUN
from cxsim.simulation.replications import replicate

MONTHS = {"january": 31, "february": 28}
FIGURES = {
    "queued": "share that queued",
    "abandoned": "share that abandoned in queue",
    "wait": "mean wait, s",
    "within_20": "share answered within 20 s",
    "within_60": "share answered within 60 s",
}
ALLOWED = {"january": (0.015, 0.10), "february": (0.03, 0.20)}  # abandonment, points; mean wait, relative
SCALES = {"queued": 0.10, "abandoned": 0.015, "wait": 0.10, "within_20": 0.10, "within_60": 0.10}  # of --fit
ODD = {  # stretches that the log itself shows to be out of the ordinary, see the docs page
    "18 January, 15:00 to 15:30": ("january", lambda x: (x["day"] == 18) & (x["half_hour"] == 30)),
    "3 February, 13:00 to 14:00": ("february", lambda x: (x["day"] == 3) & x["half_hour"].between(26, 27)),
    "14 February, 21:00 to 22:30": ("february", lambda x: (x["day"] == 14) & x["half_hour"].between(42, 44)),
}
TRIED = tuple(product((15.0, 20.0, 30.0, 60.0, 180.0, 600.0), (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)))


@dataclass(frozen=True)
class Replayed:
    """A month replayed: the calls and the figures of all replications, and the share of duty spent away."""

    calls: pd.DataFrame
    totals: pd.DataFrame  # a row a replication
    away: float


def write_scenario(
    calls: pd.DataFrame, found: build.Parameters, month: str, folder: Path, availability: float, away: float
) -> Path:
    """The replay of a month: exact arrivals, agents on duty as logged, laws of January, no returns."""
    build.write_tables(found, folder)
    first = pd.Timestamp(calls["date"].min()).replace(day=1)
    moments = first + pd.to_timedelta(calls["at"], unit="s")
    arrivals = pd.DataFrame({"time": moments.dt.strftime("%Y-%m-%dT%H:%M:%S"), "reason": calls["reason"]})
    days = pd.Index(arrivals["time"].str[:10].unique())
    wanted = [f"{first + pd.Timedelta(days=d):%Y-%m-%d}" for d in range(MONTHS[month])]
    empty = [f"{day}T12:00:00" for day in wanted if day not in days]  # 11 and 12 January are missing from the log
    rows = pd.DataFrame({"time": empty, "reason": "not logged"})
    pd.concat([arrivals, rows]).to_csv(folder / "arrivals.csv", index=False, lineterminator="\n")
    spells, group_of = build.duty(calls), build.groups(calls)
    begin = first + pd.to_timedelta(spells.start, unit="s")
    shifts = pd.DataFrame(
        {
            "group": [group_of[str(agent)] for agent in spells.agent],
            "date": begin.strftime("%Y-%m-%d"),
            "start": begin.strftime("%H:%M:%S"),
            "end": (first + pd.to_timedelta(spells.end, unit="s")).strftime("%H:%M:%S"),
            "agents": 1,
        }
    )
    shifts.sort_values(["date", "start", "end", "group"]).to_csv(
        folder / "shifts.csv", index=False, lineterminator="\n"
    )
    laws = build.laws_text(found, "")
    parts = [
        "cxsim: 1",
        f"name: Anonymous Bank, {month.capitalize()} 1999 replayed",
        f"horizon: {{start: {first:%Y-%m-%d}, days: {MONTHS[month]}, open: 00:00-24:00, before: 0, after: 0}}",
        "reasons:",
    ]
    for reason in build.REASONS.values():
        parts += [
            f"  {reason}:",
            f"    volume: {{arrivals: {{file: arrivals.csv, column: time, reason: {reason}}}}}",
            f"    talk: {laws[f'talk {reason}']}",
            f"    wrap: {laws['pause']}",
            f"    patience: {laws[f'patience {reason}']}",
        ]
    parts += [
        build.groups_text(sorted(set(group_of.values())), availability, away),
        "staff: {file: shifts.csv}",
    ]
    path = folder / "replay.yaml"
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return path


def simulated(path: Path, replications: int) -> Replayed:
    """The calls of a replay scenario, in the columns of `observed`."""
    model = prepare(cxsim.scenario.read(path), seed=1999)
    _, ledgers = replicate(model, replications, keep=True)
    names = np.array(list(model.scenario.reasons))
    frames, away, duty = [], 0.0, 0.0
    for number, one in enumerate(ledgers):
        legs = one.legs
        left = legs["outcome"] == ABANDONED
        wait = np.where(np.isnan(legs["answered"]), legs["ended"], legs["answered"]) - legs["arrived"]
        frames.append(_calls(legs["arrived"], names[legs["reason"]], wait > 0.0, wait, left).assign(replication=number))
        length = one.spells["end"] - one.spells["start"]
        away += float(length[one.spells["state"] == AWAY].sum())
        duty += float(length[np.isin(one.spells["state"], (ON_DUTY, AWAY, OVERRUN))].sum())
    calls = pd.concat(frames, ignore_index=True)
    return Replayed(calls, figures(calls, "replication"), away / duty)


def observed(calls: pd.DataFrame) -> pd.DataFrame:
    """The logged calls in the columns of the comparison."""
    return _calls(
        calls["at"].to_numpy(),
        calls["reason"].to_numpy(),
        calls["queued"].to_numpy(),
        calls["wait"].to_numpy(),
        calls["abandoned"].to_numpy(),
    )


def _calls(at: np.ndarray, reason: np.ndarray, queued: np.ndarray, wait: np.ndarray, left: np.ndarray) -> pd.DataFrame:
    slot = (at % build.DAY // build.HALF_HOUR).astype(int)
    return pd.DataFrame(
        {
            "day": (at // build.DAY).astype(int) + 1,
            "half_hour": slot,
            "reason": reason,
            "queued": queued,
            "abandoned": left,
            "wait": wait,
            "within_20": ~left & (wait <= 20.0),
            "within_60": ~left & (wait <= 60.0),
        }
    )


def figures(calls: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """The figures of calls, in total or by a column; ratios of sums."""
    grouped = calls.groupby(by) if by else calls.groupby(lambda _: "total")
    return grouped[list(FIGURES)].mean().astype(float).assign(calls=grouped.size())


def side_by_side(seen: pd.DataFrame, replayed: Replayed, by: str | None) -> pd.DataFrame:
    """Observed and simulated figures, a pair of columns each."""
    left, right = figures(seen, by), figures(replayed.calls, by)
    columns: dict[str, pd.Series] = {"calls": left["calls"]}
    for name in FIGURES:
        columns[f"{name} observed"], columns[f"{name} simulated"] = left[name], right[name]
    table = pd.DataFrame(columns)
    if by == "half_hour":
        table.index = pd.Index([build.clock(i * build.HALF_HOUR)[:5] for i in table.index], name=by)
    return table


def misfit(seen: pd.Series, made: pd.Series) -> float:
    """Sum of squared misses, each in its own scale: what --fit makes small."""
    relative = {"wait"}
    misses = [(made[k] - seen[k]) / (seen[k] if k in relative else 1.0) / scale for k, scale in SCALES.items()]
    return float(np.square(misses).sum())


def fit(calls: pd.DataFrame, found: build.Parameters, out: Path, replications: int) -> None:
    """January's misfit over a grid of away-spell and availability."""
    seen = figures(observed(calls)).loc["total"]
    rows = []
    for away, availability in TRIED:
        path = write_scenario(calls, found, "january", out / "fit", availability, away)
        made = simulated(path, replications)
        total = made.totals[list(FIGURES)].mean()
        row = {"away": away, "availability": availability, **total}
        rows.append(row | {"away share": made.away, "misfit": misfit(seen, total)})
    table = pd.DataFrame(rows).sort_values("misfit")
    table.to_csv(out / "fit.csv", index=False, float_format="%.4f", lineterminator="\n")
    print(table.head(12).to_string(index=False, float_format=lambda x: f"{x:.3f}"))


def report(month: str, seen: pd.DataFrame, replayed: Replayed, out: Path) -> None:
    """Print and store the comparison of a month."""
    total = side_by_side(seen, replayed, None).loc["total"]
    spread = replayed.totals.std(ddof=1) if len(replayed.totals) > 1 else replayed.totals.iloc[0] * np.nan
    print(
        f"\n{month.capitalize()} 1999: {int(total['calls'])} calls from the end of the VRU on, "
        f"{len(replayed.totals)} replications, agents away {replayed.away:.1%} of their time on duty"
    )
    print(f"  {'':<32}{'observed':>10}{'simulated':>11}{'difference':>12}{'sd of a run':>13}")
    for name, sentence in FIGURES.items():
        a, b = total[f"{name} observed"], total[f"{name} simulated"]
        if name == "wait":
            print(f"  {sentence:<32}{a:10.1f}{b:11.1f}{b / a - 1:11.1%} {spread[name]:12.2f}")
        else:
            print(f"  {sentence:<32}{a:10.1%}{b:11.1%}{100 * (b - a):+8.1f} pts {spread[name]:12.2%}")
    points, relative = ALLOWED[month]
    miss = abs(total["abandoned simulated"] - total["abandoned observed"])
    off = abs(total["wait simulated"] / total["wait observed"] - 1.0)
    print(
        f"  abandonment within {100 * points:g} points: {'yes' if miss <= points else 'NO'}; "
        f"mean wait within {relative:.0%}: {'yes' if off <= relative else 'NO'}"
    )
    for name, (when, stretch) in ODD.items():
        if when == month:
            a, b = (figures(x[~stretch(x)]).loc["total"] for x in (seen, replayed.calls))
            print(
                f"  without {name}: abandoned {a['abandoned']:.1%} observed, {b['abandoned']:.1%} simulated; "
                f"mean wait {a['wait']:.1f} and {b['wait']:.1f} s ({b['wait'] / a['wait'] - 1:+.1%})"
            )
    worst(seen, replayed.calls, out / f"{month}-worst.csv")
    for by in (None, "half_hour", "day", "reason"):
        table = side_by_side(seen, replayed, by)
        table.to_csv(out / f"{month}-{by or 'total'}.csv", float_format="%.4f", lineterminator="\n")
        if by in ("half_hour", "reason"):
            short = table.rename(columns=lambda c: c.replace(" observed", " obs").replace(" simulated", " sim"))
            print(short.to_string(float_format=lambda x: f"{x:.3f}" if x < 3 else f"{x:.1f}"))
    picture(month, side_by_side(seen, replayed, "half_hour"), out / f"{month}.png")


def worst(seen: pd.DataFrame, made: pd.DataFrame, path: Path) -> None:
    """Print the half-hours of the month that add most to the miss of the mean wait, and store them all."""
    keys = ["day", "half_hour"]
    left, right = (x.groupby(keys)[["abandoned", "wait"]].mean() for x in (seen, made))
    table = left.add_suffix(" observed").join(right.add_suffix(" simulated"))
    table.insert(0, "calls", seen.groupby(keys).size())
    miss = (table["wait simulated"] - table["wait observed"]) * table["calls"] / len(seen)
    table["adds to mean wait"] = miss
    table = table.loc[miss.abs().sort_values(ascending=False).index].reset_index()
    table["half_hour"] = [build.clock(s * build.HALF_HOUR)[:5] for s in table["half_hour"]]
    table.to_csv(path, index=False, float_format="%.4f", lineterminator="\n")
    print("  half-hours that add most to the miss of the mean wait:")
    print(table.head(6).to_string(index=False, float_format=lambda x: f"{x:.2f}"))


def not_at_hand(idle: np.ndarray, queued: pd.Series) -> float:
    """Share p that makes calls waiting with probability p to the power of the idle agents most likely."""
    shares, waits = np.linspace(0.01, 0.99, 99)[:, None], queued.to_numpy()
    likely = np.log(shares) * idle[waits].sum() + np.log1p(-(shares ** idle[~waits])).sum(axis=1, keepdims=True)
    return float(shares[np.argmax(likely)][0])


def evidence(month: str, calls: pd.DataFrame, january: pd.DataFrame) -> None:
    """Print what the log of a month shows of the things that the model simplifies."""
    served = calls[calls["agent"] != ""]
    waiting = calls[calls["queued"]]
    gone = waiting["at"] + waiting["wait"]
    lengths, censored = calibrate.pauses(served["agent"], served["began"], served["ended"], waiting["at"], gone)
    curve, points = calibrate.survival(lengths, censored), [5, 10, 30, 60, 120, 300, 600, 900]
    lasting = ", ".join(f"{t} s {s:.1%}" for t, s in zip(points, curve.at(points), strict=True))
    print(f"\n{month.capitalize()}: {len(lengths)} pauses after a service while customers wait")
    print(f"  last longer than {lasting}")

    spells, before = build.duty(calls), calls["at"].to_numpy() - 3.0
    passed = {
        name: np.searchsorted(np.sort(np.asarray(values)), before, side="right")
        for name, values in {
            "came": spells.start,
            "left": spells.end,
            "began": served["began"],
            "ended": served["ended"],
            "queued": waiting["at"],
            "gone": gone,
        }.items()
    }
    idle = passed["came"] - passed["left"] - passed["began"] + passed["ended"]
    empty = (passed["queued"] == passed["gone"]) & (calls["reason"] == "regular").to_numpy()
    table = calls[empty].groupby(np.clip(idle[empty], 0, 6))["queued"].agg(["size", "mean"])
    print("regular calls that find an empty queue: how many of them wait, by agents on duty who are not talking")
    print("  " + ", ".join(f"{i}: {row['mean']:.0%} of {row['size']:.0f}" for i, row in table.iterrows()))

    some = empty & (idle > 0)
    hours = (calls["at"] % build.DAY // 3600).astype(int)
    absent = {h: not_at_hand(idle[some & (hours == h)], calls["queued"][some & (hours == h)]) for h in range(7, 24)}
    overall = not_at_hand(idle[some], calls["queued"][some])
    print(f"most likely share of idle agents who are not at hand, if each is so independently: {overall:.0%}; by hour:")
    print("  " + ", ".join(f"{h}h {share:.0%}" for h, share in absent.items()))

    talk = (calls["ended"] - calls["began"]).clip(upper=build.LONGEST_SERVICE)
    mean = (january["ended"] - january["began"]).clip(upper=build.LONGEST_SERVICE).groupby(january["reason"]).mean()
    hour = (calls["at"] % build.DAY // 3600).astype(int)
    known = talk.notna()
    ratio = talk[known].groupby(hour).sum() / calls.loc[known, "reason"].map(mean).groupby(hour).sum()
    print("service time by hour, against January's mean of the same reasons:")
    print("  " + ", ".join(f"{h}h {r:.2f}" for h, r in ratio.items() if h >= 7))

    named = calls[calls["customer"] != ""]
    end = named["ended"].fillna(named["at"] + named["wait"])
    found = calibrate.returns(named["customer"], named["at"], end, named["abandoned"], build.RETURN_WITHIN)
    print(
        f"identified callers who call again in an hour: {found.after_abandoned:.1%} of those who abandoned, "
        f"{found.after_served:.1%} of those served; excess {found.excess:.1%}; "
        f"median delay after abandoning {np.median(found.delays):.0f} s"
    )
    for who, some in (("call again after abandoning", found.again), ("other", ~found.again)):
        some = named[some & (named["queued"] & (named["reason"] == "regular")).to_numpy()]
        curve = calibrate.survival(some["wait"], ~some["abandoned"])
        print(f"  patience of {len(some)} regular calls, {who}: {curve.at(60):.1%} wait 60 s")


def picture(month: str, table: pd.DataFrame, path: Path) -> None:
    """Observed and simulated figures by half-hour."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    table = table[(table.index >= "07:00") & (table["calls"] > 50)]
    places = np.arange(len(table))
    figure, axes = plt.subplots(len(FIGURES), 1, figsize=(9, 12), sharex=True, layout="constrained")
    for axis, (name, sentence) in zip(axes, FIGURES.items(), strict=True):
        axis.plot(places, table[f"{name} observed"], "o-", color="#333333", markersize=3, label="observed")
        axis.plot(places, table[f"{name} simulated"], "s--", color="#d1495b", markersize=3, label="simulated")
        axis.set_title(sentence, loc="left", fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, ncols=2, loc="upper right")
    axes[-1].set_xticks(places[::4], table.index[::4])
    axes[-1].set_xlabel("half-hour of arrival")
    figure.suptitle(f"Anonymous Bank, {month.capitalize()} 1999")
    figure.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Validate, or fit."""
    repository = build.HERE.parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", nargs="?", type=Path, default=build.LOG)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--evidence", action="store_true")
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--out", type=Path, default=repository / "results" / "anonymous-bank-replay")
    given = parser.parse_args()
    if not (given.log / "january.txt").is_file():
        raise SystemExit(f"{given.log / 'january.txt'}  the call log is not there; give its folder as the argument")
    given.out.mkdir(parents=True, exist_ok=True)
    january = build.read(given.log, "january")
    found = build.parameters(january)
    if given.fit:
        fit(january, found, given.out, given.replications)
        return
    for month in MONTHS:
        calls = build.read(given.log, month)
        if given.evidence:
            evidence(month, calls, january)
            continue
        path = write_scenario(calls, found, month, given.out / month, build.AVAILABILITY, build.AWAY)
        report(month, observed(calls), simulated(path, given.replications), given.out)


if __name__ == "__main__":
    main()
