"""`make bench`: how fast cxsim is beside C doing the same work, its own `story`, SimPy alone and Ciw.

    python -m benchmarks.run [--rounds N] [--only a|b_small|b_middle|b_large|startup ...] [--dry]

Each turn of another contestant is followed by one of `clock`, so that a slow moment of the machine hits both; a
ratio is the median of those pairs. The C program has five turns a round, the slow ones have one. A rate is
offered contacts per second of CPU on one core. The slow contestants get the first intervals of a model only:
their rate hardly depends on how long it runs. One line of JSON per figure is appended to results.jsonl.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import startup
from benchmarks.contestants import Engine, Lap, Limit, ciw_lap, limit, simpy_lap
from benchmarks.models import Model, by_name, model_a, model_b, shortened
from benchmarks.record import append, line

MODELS = ("a", "b_small", "b_middle", "b_large")
REPLICATIONS = {
    "a": 2,
    "b_small": 60,
    "b_middle": 7,
    "b_large": 1,
}  # of the fast ones, about a third of a second
SEED = 1
TURNS = {"c": 5}  # a round; of the others one


def slow_model(name: str) -> Model:
    """A few ten thousand contacts of a model."""
    if name == "a":
        return model_a(30_000)
    intervals = {"b_small": 40, "b_middle": 6, "b_large": 1}[name]
    return shortened(model_b(name.removeprefix("b_")), intervals)


def pairs(name: str, program: Limit, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Contestant -> its rate and that of `clock` just after, turn by turn."""
    model, small, n = by_name(name), slow_model(name), REPLICATIONS[name]
    clock, story = Engine(model, "clock"), Engine(small, "story")
    same_work(name, program, model, clock)
    laps: dict[str, Callable[[], Lap]] = {
        "c": lambda: program.lap(model, SEED, n),
        "story": lambda: story.lap(SEED, 1),
        "simpy": lambda: simpy_lap(small, SEED),
    }
    if name == "a":
        laps["ciw"] = lambda: ciw_lap(small, SEED)
    clock.lap(SEED, 1)
    out: dict[str, list[tuple[float, float]]] = {who: [] for who in laps}
    for _ in range(rounds):
        for who, lap in laps.items():
            out[who] += [(lap().rate, clock.lap(SEED, n).rate) for _ in range(TURNS.get(who, 1))]
    return out


def same_work(name: str, program: Limit, model: Model, clock: Engine) -> None:
    """Refuse to compare speeds of programs that do not count the same contacts from the same draws."""
    ours, theirs = clock.counts(SEED), program.lines(model, SEED, 1)[0]
    for count, value in ours.items():
        if abs(value - theirs[count]) > 1e-4 * theirs["offered"]:
            raise SystemExit(f"{name}: clock has {value} {count}, the C program {theirs[count]}")


def main() -> None:
    """Run, print, append."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=(*MODELS, "startup"), default=(*MODELS, "startup"))
    parser.add_argument("--dry", action="store_true", help="print, append nothing")
    options = parser.parse_args()
    figures: list[dict[str, Any]] = []
    with limit() as program:
        for name in MODELS:
            if name not in options.only:
                continue
            met = pairs(name, program, options.rounds)
            mine = statistics.median(ours for turns in met.values() for _, ours in turns)
            medians = {who: statistics.median(other for other, _ in turns) for who, turns in met.items()}
            print(name, {who: f"{rate:,.0f}/s" for who, rate in {"clock": mine, **medians}.items()}, file=sys.stderr)
            figures += [
                line(f"contacts_per_second.{name}", mine, "contacts/s", who, statistics.median(b / a for a, b in turns))
                for who, turns in met.items()
            ]
    if "startup" in options.only:
        figures += [line(name, *value) for name, value in startup.measure().items()]
    for figure in figures:
        print(json.dumps(figure))
    if not options.dry:
        append(figures)


if __name__ == "__main__":
    main()
