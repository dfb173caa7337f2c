"""The addressed random numbers: exactly SplitMix64, and indistinguishable from chance wherever addresses are near.

Every statistical test gives a p-value. Those of one test function are a family, judged together by Holm's
method at 1 %: a perfect generator would fail each function with at most that probability, and as addresses
and sizes are fixed, it passes always or never.
"""

from __future__ import annotations

import math
from itertools import combinations

import numba
import numpy as np
import pytest
from oracles.multiple_tests import holm
from scipy import stats

from cxsim.randomness import draws

FAMILY_ERROR = 0.01
FAST, SLOW = 1 << 16, 1 << 19
WORD = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
ROOT = draws.name_hash("cxsim")
PURPOSES = {
    name: value
    for name, value in vars(draws).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, int)
}
COORDINATES = ("seed", "replication", "reason", "day", "number", "attempt", "leg", "purpose")
BASE = np.array([1, 0, int(draws.name_hash("cards")) % (1 << 62), 8192, 40, 1, 1, draws.TALK], dtype=np.int64)
BITS = 52


# --- addresses ------------------------------------------------------------------------------------------------


@numba.njit
def draw(root, at):
    """The draw at an address: seed, replication, reason, day, number, attempt, leg, purpose."""
    key = root
    for i in range(5):
        key = draws.child(key, at[i])
    return draws.uniform(draws.attempt_key(key, at[5], at[6]), at[7])


@numba.njit
def along(root, base, coordinate, n):
    """Draws at n addresses that differ in one coordinate alone."""
    at, out = base.copy(), np.empty(n)
    for i in range(n):
        at[coordinate] = base[coordinate] + i
        out[i] = draw(root, at)
    return out


@numba.njit
def as_in_a_run(root, base, purposes, n):
    """Draws in the order in which a run may ask for them: purposes of three attempts of one issue after another."""
    at, out = base.copy(), np.empty(n)
    each = purposes.size
    for i in range(n):
        at[4], at[5], at[7] = i // (3 * each), 1 + i // each % 3, purposes[i % each]
        out[i] = draw(root, at)
    return out


@numba.njit
def table(root, base, coordinate, values, n):
    """Rows are issues, columns the values of one coordinate: what an issue draws there."""
    at, out = base.copy(), np.empty((n, values.size))
    for i in range(n):
        at[4] = i
        for j in range(values.size):
            at[coordinate] = values[j]
            out[i, j] = draw(root, at)
    return out


@numba.njit
def spells(root, n, purpose):
    """Draws of the away-spells of one agent after another, 64 each."""
    out = np.empty(n)
    for i in range(n):
        out[i] = draws.uniform(draws.child(draws.child(root, i // 64), i % 64), purpose)
    return out


@numba.njit
def issue_draws(root, base, n):
    """What is drawn under the issue's own key beside what is drawn under the keys of its first attempts."""
    at, out = base.copy(), np.empty((n, 8))
    for i in range(n):
        at[4] = i
        key = root
        for k in range(5):
            key = draws.child(key, at[k])
        out[i, 0] = draws.uniform(key, draws.ARRIVAL)
        out[i, 1] = draws.uniform(key, draws.SEGMENT)
        for attempt in (1, 2):
            out[i, 3 * attempt - 1] = draws.uniform(draws.attempt_key(key, attempt, 0), draws.RETURN)
            out[i, 3 * attempt] = draws.uniform(draws.attempt_key(key, attempt, 0), draws.DELAY)
            out[i, 3 * attempt + 1] = draws.uniform(draws.attempt_key(key, attempt, 1), draws.RESOLVE)
    return out


@numba.njit
def attempt_keys(root, issues, attempts, legs):
    """The keys of all legs of all attempts of consecutive issues of one day."""
    out = np.empty(issues * attempts * legs, np.uint64)
    n = 0
    for i in range(issues):
        issue = draws.child(root, i)
        for attempt in range(1, attempts + 1):
            for leg in range(legs):
                out[n] = draws.attempt_key(issue, attempt, leg)
                n += 1
    return out


@numba.njit
def flips(root, what, bits, keys):
    """How often flipping bit i of an input flips bit j of the output: of `mix`, of a number, of a purpose."""
    out = np.zeros((bits, 64), np.int64)
    one = np.uint64(1)
    for key in keys:
        for i in range(bits):
            flip = one << np.uint64(i)
            if what == 0:
                changed = draws.mix(key) ^ draws.mix(key ^ flip)
            elif what == 1:
                number = key >> np.uint64(28)
                changed = draws.child(root, number) ^ draws.child(root, number ^ flip)
            else:
                first, second = draws.uniform(key, np.uint64(5)), draws.uniform(key, np.uint64(5) ^ flip)
                changed = np.uint64(first * 2.0**52) ^ np.uint64(second * 2.0**52)
            for j in range(64):
                out[i, j] += np.int64(changed >> np.uint64(j) & one)
    return out


# --- tests that give a p-value --------------------------------------------------------------------------------


def two_sided(law, value) -> float:
    """Too regular is as suspicious as too irregular."""
    return float(min(1.0, 2 * min(law.cdf(value), law.sf(value))))


def fits(counts, shares) -> float:
    """Chi-square: cells filled in the ratio of their shares."""
    expected = counts.sum() * shares
    return two_sided(stats.chi2(counts.size - 1), ((counts - expected) ** 2 / expected).sum())


def even(counts) -> float:
    """Chi-square: all cells as likely."""
    return fits(counts, np.full(counts.size, 1 / counts.size))


def normal(z) -> float:
    return float(2 * stats.norm.sf(abs(z)))


def halves(counts, n) -> float:
    """Chi-square of many counts, each of n tosses of a fair coin."""
    counts = np.asarray(counts)
    return two_sided(stats.chi2(counts.size), (((2.0 * counts - n) ** 2) / n).sum())


def cells(u, size, dimension) -> np.ndarray:
    """Counts of successive tuples of draws on a grid."""
    grid = (u[: len(u) // dimension * dimension].reshape(-1, dimension) * size).astype(np.int64)
    return np.bincount(grid @ size ** np.arange(dimension), minlength=size**dimension)


def correlation(u, v) -> float:
    return normal(((u - 0.5) * (v - 0.5)).sum() * 12 / math.sqrt(len(u)))


def joint(u, v, size=16) -> float:
    return even(cells(np.column_stack([u, v]).ravel(), size, 2))


def words(u) -> np.ndarray:
    return (u * 2.0**BITS).astype(np.uint64)


def bits(w) -> np.ndarray:
    """Bit by bit, how many of the words have it."""
    return np.array([int((w >> np.uint64(k) & np.uint64(1)).sum()) for k in range(BITS)])


def collisions(w, width) -> float:
    """Birthdays: equal values among n numbers of `width` bits are nearly Poisson."""
    n, places = len(w), 2.0**width
    found = n - len(np.unique(w))
    mean = n + places * math.expm1(n * math.log1p(-1 / places))
    law = stats.poisson(mean)
    return float(min(1.0, 2 * min(law.cdf(found), law.sf(found - 1))))


def sequence(u) -> dict[str, float]:
    """The battery for one sequence of draws."""
    n, w = len(u), words(u)
    heavy = np.bincount(np.clip(np.bitwise_count(w), 17, 35) - 17, minlength=19)
    ends = stats.binom.cdf(np.arange(17, 35), BITS, 0.5)
    smallest = 1 - (1 - u[: n // 16 * 16].reshape(-1, 16).min(axis=1)) ** 16
    above = u > 0.5
    order = np.argsort(u[: n // 4 * 4].reshape(-1, 4), axis=1) @ 4 ** np.arange(4)
    found = {
        "uniform": even(cells(u, 1024, 1)),
        "middle bits": even(np.bincount((w >> np.uint64(21) & np.uint64(1023)).astype(np.int64), minlength=1024)),
        "low bits": even(np.bincount((w & np.uint64(1023)).astype(np.int64), minlength=1024)),
        "bit balance": halves(bits(w), n),
        "bits repeat": halves(bits(w[1:] ^ w[:-1]), n - 1),
        "pairs": even(cells(u, 32, 2)),
        "triples": even(cells(u, 8, 3)),
        "fours": even(cells(u, 4, 4)),
        "orders of four": even(np.unique(order, return_counts=True)[1]),
        "runs about the median": normal((2.0 * (above[1:] != above[:-1]).sum() - (n - 1)) / math.sqrt(n - 1)),
        "weight": fits(heavy, np.diff(ends, prepend=0.0, append=1.0)),
        "smallest of 16": float(stats.kstest(smallest, "uniform").pvalue),
    }
    for lag in (1, 2, 3, 4, 12, 64):
        found[f"correlation at {lag}"] = correlation(u[:-lag], u[lag:])
    width = 2 * int(math.log2(n)) - 6
    for shift in range(0, BITS - width + 1, 6):
        part = w >> np.uint64(shift) & np.uint64((1 << width) - 1)
        found[f"collisions of bits from {shift}"] = collisions(part, width)
    return found


def side_by_side(columns, names) -> dict[str, float]:
    """Columns that should know nothing of one another, two at a time, and all their signs together."""
    found = {}
    for (i, a), (j, b) in combinations(enumerate(names), 2):
        u, v = columns[:, i], columns[:, j]
        found[f"{a}, {b}: correlation"] = correlation(u, v)
        found[f"{a}, {b}: joint"] = joint(u, v)
        found[f"{a}, {b}: bits"] = halves(bits(words(u) ^ words(v)), len(u))
    wide = min(8, len(names))
    for first in range(len(names) - wide + 1):
        found[f"signs from {names[first]}"] = even(cells(columns[:, first : first + wide].ravel(), 2, wide))
    return found


def judge(pvalues: dict[str, float]) -> None:
    """Fail if any of the family is rejected at 1 % in all."""
    adjusted = holm(list(pvalues.values()))
    rejected = [
        f"{name}: p = {found:.3g}"
        for (name, found), p in zip(pvalues.items(), adjusted, strict=True)
        if p <= FAMILY_ERROR
    ]
    assert rejected == [], f"of {len(pvalues)} tests"


def battery(n) -> dict[str, float]:
    sequences = {name: along(ROOT, BASE, k, n) for k, name in enumerate(COORDINATES)}
    asked = np.array([draws.PATIENCE, draws.TALK, draws.WRAP, draws.RESOLVE, draws.RETURN, draws.DELAY])
    sequences["as in a run"] = as_in_a_run(ROOT, BASE, asked, n)
    sequences["spells"] = spells(ROOT, n, draws.AWAY_GAP)
    return {f"{name}: {test}": p for name, u in sequences.items() for test, p in sequence(u).items()}


def crossings(n) -> dict[str, float]:
    """Whatever one issue draws, against whatever else it draws, and against its twin in another run."""
    found = {}
    for coordinate, name in ((7, "purpose"), (5, "attempt"), (6, "leg")):
        values = np.array(sorted(PURPOSES.values()) if coordinate == 7 else range(1, 9))
        base = BASE.copy()
        base[7] = draws.RESOLVE
        at = [f"{name} {value}" for value in values]
        found |= side_by_side(table(ROOT, base, coordinate, values, n), at)
    for coordinate, name in ((0, "seed"), (1, "replication"), (3, "day")):
        values = BASE[coordinate] + np.array([0, 1, 2, 3, 100, 1000])
        found |= side_by_side(table(ROOT, BASE, coordinate, values, n), [f"{name} {value}" for value in values])
    reasons = np.array([int(draws.name_hash(name)) & (1 << 62) - 1 for name in ("a", "b", "aa", "sales", "sales 2")])
    found |= side_by_side(table(ROOT, BASE, 2, reasons, n), [f"reason {k}" for k in range(5)])
    own = "arrival", "segment", "return 1", "delay 1", "resolve 1", "return 2", "delay 2", "resolve 2"
    return found | side_by_side(issue_draws(ROOT, BASE, n), own)


def until_resolved(n, chance) -> float:
    """How many attempts an issue needs, each resolving with `chance`: geometric, up to 8."""
    base = BASE.copy()
    base[7] = draws.RESOLVE
    solved = table(ROOT, base, 5, np.arange(1, 9), n) < chance
    needed = np.where(solved.any(axis=1), solved.argmax(axis=1), 8)
    shares = np.append(chance * (1 - chance) ** np.arange(8), (1 - chance) ** 8)
    return fits(np.bincount(needed, minlength=9), shares)


def avalanche(n) -> dict[str, float]:
    """Each bit of a key, a number, a purpose decides each bit of what comes of it by the toss of a coin."""
    inputs = {"mix": (0, 64, 64), "number": (1, 36, 64), "purpose": (2, 5, BITS)}
    keys = np.random.default_rng(11).integers(0, WORD, n, np.uint64)
    found = {}
    for name, (what, of, to) in inputs.items():
        changed = flips(ROOT, what, of, keys)[:, :to]
        found[f"{name}: all"] = halves(changed, n)
        worst = np.abs(2.0 * changed - n).max() / math.sqrt(n)
        found[f"{name}: worst"] = float(-math.expm1(changed.size * math.log1p(-normal(worst))))
    return found


def birthdays_of_keys(issues) -> dict[str, float]:
    """Keys of a day: no two are equal, and parts of them are equal as often as chance has it."""
    keys = attempt_keys(ROOT, issues, 8, 4)
    assert len(np.unique(keys)) == len(keys)
    width = 2 * int(math.log2(len(keys))) - 6
    mask = np.uint64((1 << width) - 1)
    return {f"bits from {k}": collisions(keys >> np.uint64(k) & mask, width) for k in range(0, 65 - width, 4)}


# --- the same numbers everywhere --------------------------------------------------------------------------------


def mixed(z: int) -> int:
    """SplitMix64's finaliser in whole numbers."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
    return z ^ z >> 31


def unmixed(z: int) -> int:
    """The inverse of `mixed`."""

    def unshifted(z: int, by: int) -> int:
        out = z
        for _ in range(64 // by):
            out = z ^ out >> by
        return out

    z = unshifted(z, 31) * pow(0x94D049BB133111EB, -1, 1 << 64) & WORD
    z = unshifted(z, 27) * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & WORD
    return unshifted(z, 30)


def test_it_is_splitmix64():
    """The first numbers of the published generator from the seed 1234567."""
    published = 6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431
    for k, word in enumerate(published, start=1):
        key = 1234567 + k * GOLDEN & WORD
        assert int(draws.mix(np.uint64(key))) == mixed(key) == word
        assert draws.uniform(np.uint64(1234567), k) == ((word >> 12) + 0.5) / 2**52


def test_keys_are_what_their_definition_says():
    issue, number = 0x0123456789ABCDEF, 77
    assert int(draws.child(np.uint64(issue), number)) == mixed(issue ^ (number + 1) * 0xD1B54A32D192ED03 & WORD)
    wanted = mixed(issue + 3 * GOLDEN + 2 * 0x8CB92BA72F3D8DD7 & WORD)
    assert int(draws.attempt_key(np.uint64(issue), 3, 2)) == wanted


def test_mix_loses_nothing():
    for z in (0, 1, WORD, *np.random.default_rng(3).integers(0, WORD, 200, np.uint64).tolist()):
        assert unmixed(mixed(z)) == z
        assert int(draws.mix(np.uint64(z))) == mixed(z)


@pytest.mark.parametrize(("word", "value"), [(0, 2.0**-53), (WORD, 1 - 2.0**-53), (1 << 63, 0.5 + 2.0**-53)])
def test_a_draw_is_never_0_and_never_1(word, value):
    key = unmixed(word) - GOLDEN & WORD
    assert draws.uniform(np.uint64(key), 1) == value
    assert 0 < value < 1


def test_names_have_the_same_hash_on_every_machine():
    assert int(draws.name_hash("cards")) == NAMES["cards"]
    assert int(draws.name_hash("übrige Fälle")) == NAMES["übrige Fälle"]
    assert int(draws.run_key(1, 0)) == NAMES["run 1, 0"]


NAMES = {"cards": 3993169330185758796, "übrige Fälle": 1348596796191568113, "run 1, 0": 791747956947886217}


def test_no_purpose_has_two_meanings():
    assert len(set(PURPOSES.values())) == len(PURPOSES) >= 16
    assert min(PURPOSES.values()) > 0


# --- the battery ------------------------------------------------------------------------------------------------


def test_near_addresses_draw_like_chance():
    judge(battery(FAST))


def test_purposes_attempts_and_runs_know_nothing_of_one_another():
    judge(crossings(FAST // 4) | {f"resolved at {p}": until_resolved(FAST // 4, p) for p in (0.3, 0.5, 0.7)})


def test_one_bit_changes_half_of_all_bits():
    judge(avalanche(1 << 11))


def test_keys_meet_as_rarely_as_chance_has_it():
    judge(birthdays_of_keys(1 << 11))


@pytest.mark.slow
def test_eight_times_as_many_draws_look_like_chance():
    judge(battery(SLOW))


@pytest.mark.slow
def test_eight_times_as_many_crossings_look_like_chance():
    judge(crossings(SLOW // 4) | {f"resolved at {p}": until_resolved(SLOW // 4, p) for p in (0.3, 0.5, 0.7, 0.9)})


@pytest.mark.slow
def test_two_million_keys_and_their_bits_look_like_chance():
    judge(avalanche(1 << 14) | birthdays_of_keys(1 << 16))


# --- the battery has teeth --------------------------------------------------------------------------------------


def congruence(n):
    out, z = np.empty(n), 1
    for i in range(n):
        z = (1103515245 * z + 12345) % (1 << 31)
        out[i] = (z + 0.5) / (1 << 31)
    return out


WEAK = {
    "steps of the golden section": lambda n: np.arange(1, n + 1) * (GOLDEN / 2**64) % 1,
    "a linear congruence": congruence,
    "neighbours that agree": lambda n: np.repeat(np.random.default_rng(1).random(n // 50), 51)[:n],
}


@pytest.mark.parametrize("name", list(WEAK))
def test_the_battery_notices_a_weak_generator(name):
    assert (holm(list(sequence(WEAK[name](FAST)).values())) <= FAMILY_ERROR).any()


def test_the_battery_notices_columns_that_share_something():
    columns = np.random.default_rng(2).random((FAST // 4, 3))
    columns[:, 2] = (columns[:, 0] + columns[:, 2] / 8) % 1
    assert (holm(list(side_by_side(columns, "abc").values())) <= FAMILY_ERROR).any()


def test_the_avalanche_notices_half_a_mix():
    def half(key):
        z = (key ^ key >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        return (z ^ z >> np.uint64(31)) >> np.uint64(12)

    keys = np.random.default_rng(11).integers(0, WORD, 1 << 11, np.uint64)
    changed = [bits(half(keys) ^ half(keys ^ np.uint64(1 << i))) for i in range(64)]
    assert halves(changed, len(keys)) < 1e-9
