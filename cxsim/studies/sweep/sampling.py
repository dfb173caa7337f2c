"""Points of the unit cube: Latin hypercubes, Sobol sequences, Morris trajectories, and the blocks of Sobol's indices.

All are functions of the seed alone, the same with every version of every library. Sources: McKay, Beckman and Conover
1979; Sobol 1967 with the direction numbers of Joe and Kuo 2008 and a random digital shift (Lemieux 2009, section 6.2);
Morris 1991; Saltelli et al. 2010, "Variance based sensitivity analysis of model output".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxsim.randomness.draws import name_hash

Floats = npt.NDArray[np.float64]
MORRIS_LEVELS = 4
_BITS = 30


class Cube(NamedTuple):
    """Points (P, k) in [0, 1), the block of each, and its role in the block."""

    points: Floats
    block: npt.NDArray[np.int64]
    role: list[str]


def uniforms(seed: int, label: str, count: int) -> Floats:
    """Numbers in (0, 1) addressed by (seed, label, place)."""
    with np.errstate(over="ignore"):
        z = name_hash(f"{seed} {label}") + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        z ^= z >> np.uint64(31)
    return (np.asarray(z >> np.uint64(12), dtype=np.float64) + 0.5) * 2.0**-52


def plain(points: Floats) -> Cube:
    """Points without blocks."""
    return Cube(points, np.zeros(len(points), np.int64), [""] * len(points))


def latin_hypercube(points: int, factors: int, seed: int) -> Cube:
    """One point in each of `points` equal slices of every factor."""
    out = np.empty((points, factors))
    for k in range(factors):
        order = np.argsort(uniforms(seed, f"order {k}", points), kind="stable")
        out[:, k] = (order + uniforms(seed, f"place {k}", points)) / points
    return plain(np.minimum(out, 1.0 - 2.0**-53))


def sobol(points: int, factors: int, seed: int) -> Floats:
    """The first points of a shifted Sobol sequence; best where their number is a power of two."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(factors, scramble=False, bits=_BITS)
    drawn = sequence.random_base2(max(1, int(points - 1).bit_length()))[:points]
    shift = (uniforms(seed, "shift", factors) * 2.0**_BITS).astype(np.int64)
    out: Floats = ((np.rint(drawn * 2.0**_BITS).astype(np.int64) ^ shift) + 0.5) / 2.0**_BITS
    return out


def morris(trajectories: int, names: list[str], seed: int) -> Cube:
    """Walks through a grid of four levels that move each factor once by two thirds of its range."""
    k = len(names)
    step = MORRIS_LEVELS / (2.0 * (MORRIS_LEVELS - 1))
    points, block, role = [], [], list[str]()
    for t in range(trajectories):
        start = np.floor(uniforms(seed, f"start {t}", k) * (MORRIS_LEVELS // 2)) / (MORRIS_LEVELS - 1)
        down = uniforms(seed, f"way {t}", k) < 0.5
        now = np.where(down, start + step, start)
        points.append(now.copy())
        role.append("")
        for f in np.argsort(uniforms(seed, f"turn {t}", k), kind="stable"):
            now[f] += -step if down[f] else step
            points.append(now.copy())
            role.append(names[f])
        block += [t] * (k + 1)
    return Cube(np.array(points).reshape(-1, k), np.array(block, np.int64), role)


def sobol_indices(base: int, names: list[str], seed: int) -> Cube:
    """Blocks A, B and A with one column of B each: base × (factors + 2) points."""
    k = len(names)
    both = sobol(base, 2 * k, seed)
    points, role = [], list[str]()
    for a, b in zip(both[:, :k], both[:, k:], strict=True):
        mixed = [np.where(np.arange(k) == f, b, a) for f in range(k)]
        points += [a, b, *mixed]
        role += ["A", "B", *(f"AB:{name}" for name in names)]
    return Cube(np.array(points).reshape(-1, k), np.repeat(np.arange(base), k + 2), role)
