"""Shifts exchanged for others by the slopes: steps of a search that need no program.

One person of a team and contract works another shift of the same day, or another day. What that does to each goal
follows from the slopes; exchanges are taken one after another, the one that brings most first, each with regard to
those before it. A step of a week of shifts takes some hundredths of a second this way, and seconds by a program.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.shifts.shift_columns import Work

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from cxsim.optimizer.problem.structure import Structure
    from cxsim.optimizer.search.gradient import Slopes
    from cxsim.optimizer.search.points import Point

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Pair = tuple[int, int]  # the column that loses a person, and the one that gets them

CANDIDATES = 300  # pairs looked at exactly in each turn
LEAST = 0.25  # contacts that an exchange must bring
BOX = 2.0  # agents by which the exchanges of a step may change a level
ALLOWED = 1e-6
FIRST, AGAIN, MANY = 30, 4, 8  # exchanges at once: at most, after new slopes at least, and after which slopes are old
SINGLES = 3  # single exchanges that fail, after which new slopes are needed
GROW, SHRINK = 1.5, 4  # factors on them after a success and a failure


@dataclass(frozen=True, eq=False)
class Worth:
    """Money for what goals lack: `price` (K,) times `lacking` of a slack, (K,) or (K, n).

    By fewer agents goals lose `kappa` times what slopes say, as in the program of a step.
    """

    price: Floats
    lacking: Callable[[Floats], Floats]
    kappa: float

    def __call__(self, slack: Floats) -> Floats:
        return np.asarray(self.price @ self.lacking(slack))


@dataclass(frozen=True, eq=False)
class Exchanges:
    """The columns of shifts by team and contract, and how people come to work other days."""

    structure: Structure
    alike: tuple[Numbers, ...]  # columns of shifts of one team and contract
    day: Numbers  # of each column of a shift
    tours: dict[tuple[int, int, int], tuple[Pair, ...]]  # by (index of `alike`, day left, day gained)
    cover: csc_array
    rows: csc_array

    def step(
        self, at: Point, found: Slopes, worth: Worth, most: int, tried: Container[Pair] = ()
    ) -> tuple[Floats, list[Pair]]:
        """Columns after up to `most` exchanges, the best by the slopes in each turn, and these exchanges.

        Pairs `tried` are left out.
        """
        x, made, structure, n = at.x.copy(), list[Pair](), self.structure, len(self.day)
        up = found.up.reshape(len(found.up), -1)
        down = found.down.reshape(up.shape)
        down = np.where(down > 0.0, worth.kappa * down, down)
        effect = 0.5 * (up + down) @ self.cover[:, :n]
        rise = found.money_up.ravel()
        money = structure.cost[:n] + rise @ self.cover[:, :n]
        least = LEAST * float(np.max(structure.cost, initial=1.0))
        slack, activity = at.slack.copy(), np.asarray(structure.rows @ x)
        moved = np.zeros(self.cover.shape[0])
        while len(made) < most:
            pairs, blocks = self._promising(x, effect, money, slack, worth)
            net = self.cover[:, pairs[:, 1]] - self.cover[:, pairs[:, 0]]
            change = up @ net.maximum(0.0) - down @ (-net).maximum(0.0)
            gain = worth(slack) - worth(slack[:, None] + change) + money[pairs[:, 0]] - money[pairs[:, 1]]
            for k in np.argsort(-gain, kind="stable"):
                pair = (int(pairs[k, 0]), int(pairs[k, 1]))
                if gain[k] < least or pair in tried or pair[::-1] in made:
                    continue
                allowed = self._allowed(x, pair, int(blocks[k]), activity, moved)
                if allowed is not None:
                    break
            else:
                break
            columns, signs = allowed
            x[columns] += signs
            activity = activity + self.rows[:, columns] @ signs
            moved = moved + self.cover[:, columns] @ signs
            slack = slack + change[:, k]
            made.append(pair)
        return x, made

    def _promising(
        self, x: Floats, effect: Floats, money: Floats, slack: Floats, worth: Worth
    ) -> tuple[Numbers, Numbers]:
        """The pairs that bring most if what they lose and gain is added up, and their team and contract."""
        before = worth(slack)
        gained = before - worth(slack[:, None] + effect) - money
        lost = before - worth(slack[:, None] - effect) + money
        pairs, blocks, value = [], [], []
        for number, columns in enumerate(self.alike):
            there = columns[x[columns] > 0.5]
            both = lost[there][:, None] + gained[columns][None, :]
            flat = np.argsort(-both, axis=None)[:CANDIDATES]
            flat = flat[both.ravel()[flat] > 0.0]
            j, k = np.unravel_index(flat, both.shape)
            pairs.append(np.stack([there[j], columns[k]], axis=1))
            blocks.append(np.full(len(flat), number))
            value.append(both.ravel()[flat])
        best = np.argsort(-np.concatenate(value), kind="stable")[: 4 * CANDIDATES]
        return np.concatenate(pairs)[best], np.concatenate(blocks)[best]

    def _allowed(
        self, x: Floats, pair: Pair, block: int, activity: Floats, moved: Floats
    ) -> tuple[Numbers, Floats] | None:
        """The columns that an exchange changes, and by how much; None where a rule forbids it."""
        out, into = pair
        if out == into or x[into] + 1.0 > self.structure.high[into]:
            return None
        days = (block, int(self.day[out]), int(self.day[into]))
        ways: tuple[Pair | None, ...] = (None,) if days[1] == days[2] else self.tours.get(days, ())
        for way in ways:
            if way is not None and x[way[0]] < 0.5:
                continue
            columns = np.array(pair if way is None else (*pair, *way))
            signs = np.array([-1.0, 1.0] * (len(columns) // 2))
            value = activity + self.rows[:, columns] @ signs
            if np.any(value < np.minimum(self.structure.row_low, activity) - ALLOWED):
                continue
            if np.any(value > np.maximum(self.structure.row_high, activity) + ALLOWED):
                continue
            if np.abs(moved + self.cover[:, columns] @ signs).max() <= BOX:
                return columns, signs
        return None


@dataclass(eq=False)
class Exchanging:
    """Exchanges in a search: how many at once, and which have failed; none any more after many failed, until a look."""

    exchanges: Exchanges
    most: int = FIRST
    tried: set[Pair] = field(default_factory=set)
    _made: list[Pair] = field(default_factory=list)
    _singles: int = 0  # single ones that failed since the last look

    def looked(self) -> None:
        """Slopes are new: what failed may help now."""
        self.most = max(self.most, AGAIN)
        self.tried.clear()
        self._singles = 0

    def step(self, at: Point, found: Slopes, worth: Worth) -> Floats | None:
        """Columns to be simulated; None if no exchange is worth it."""
        if self.most < 1:
            return None
        x, self._made = self.exchanges.step(at, found, worth, self.most, self.tried)
        if not self._made:
            self.most = 0
            return None
        return x

    def learn(self, better: bool) -> bool:
        """Take more at once, or fewer; whether so many were made that slopes should be taken again."""
        count = len(self._made)
        if better:
            self.most = min(max(self.most, round(GROW * count)), FIRST)
        else:
            single = count == 1
            self._singles += single
            self.tried.update(self._made if single else ())
            self.most = int(self._singles < SINGLES) if single else max(1, count // SHRINK)
        return better and count >= MANY


def exchanges_of(structure: Structure) -> Exchanges | None:
    """The exchanges of a structure; None where it has no shifts, or only those that stay."""
    work = structure.payload
    if not isinstance(work, Work):
        return None
    of: dict[tuple[int, str], list[int]] = {}
    for j, column in enumerate(work.columns):
        if column.fixed is None:
            of.setdefault((column.group, column.pattern.contract), []).append(j)
    if not of:
        return None
    tours: dict[tuple[int, int, int], list[Pair]] = {}
    if work.tours is not None:
        numbers = {key: number for number, key in enumerate(of)}
        at = {(numbers[one.group, one.contract], one.days): k for k, one in enumerate(work.tours.columns)}
        for (number, days), k in at.items():
            for gained in {d for other, all_days in at if other == number for d in all_days} - set(days):
                for left in days:
                    other = at.get((number, tuple(sorted({*days, gained} - {left}))))
                    if other is not None:
                        first = work.tours.first
                        tours.setdefault((number, left, gained), []).append((first + k, first + other))
    return Exchanges(
        structure=structure,
        alike=tuple(np.array(columns) for columns in of.values()),
        day=np.array([column.day for column in work.columns]),
        tours={key: tuple(ways) for key, ways in tours.items()},
        cover=structure.cover.tocsc(),
        rows=structure.rows.tocsc(),
    )
