"""A column of a large table: its distinct texts once, and a number for each row.

What a text means is worked out once per distinct text, so that a rule may look at all rows of a long file.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Lines = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Coded:
    """`values[codes[i]]` is the text of row i; `values` holds no text twice. `memo` keeps what was worked out."""

    values: list[str]
    codes: Codes
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    def has(self, text: str) -> npt.NDArray[np.bool_]:
        """Which rows have a text."""
        try:
            return np.asarray(self.codes == self.values.index(text))
        except ValueError:
            return np.zeros(len(self.codes), np.bool_)

    def text(self, row: int) -> str:
        return self.values[int(self.codes[row])]

    def texts(self) -> npt.NDArray[np.object_]:
        """The text of every row."""
        return np.array([*self.values, ""], dtype=object)[self.codes]

    def each(self, rule: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
        """What a rule says of each row; the rule is asked once per distinct text."""
        found = np.array([rule(text) for text in self.values], dtype=dtype)
        return found[self.codes] if len(found) else np.empty(len(self.codes), dtype=dtype)

    def changed(self, rule: Callable[[str], str]) -> Coded:
        """The column with every text replaced by what the rule makes of it."""
        numbers: dict[str, int] = {}
        at = np.array([numbers.setdefault(rule(text), len(numbers)) for text in self.values], dtype=np.int32)
        return Coded(list(numbers), at[self.codes] if len(at) else self.codes)

    def kept(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Coded:
        """Some of the rows; texts that no row has any more are forgotten."""
        codes = self.codes[rows]
        used, back = np.unique(codes, return_inverse=True)
        return Coded([self.values[k] for k in used.tolist()], back.astype(np.int32))

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many rows have each of the values."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)


class Coder(dict[str, int]):
    """Builds a Coded from blocks of texts."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = array("i")

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number

    def add(self, texts: Iterable[str]) -> None:
        self.codes.extend(map(self.__getitem__, texts))

    def coded(self) -> Coded:
        found = Coded(list(self), np.frombuffer(self.codes, dtype=np.int32) if self.codes else np.empty(0, np.int32))
        return found.changed(str.strip) if any(text != text.strip() for text in found.values) else found


def coded(texts: Iterable[str]) -> Coded:
    """The coded form of a list of texts."""
    coder = Coder()
    coder.add(texts)
    return coder.coded()


def constant(text: str, rows: int) -> Coded:
    """A column that holds one text."""
    return Coded([text], np.zeros(rows, dtype=np.int32))


def stacked(parts: Sequence[Coded]) -> Coded:
    """Columns of several tables, one below the other."""
    numbers: dict[str, int] = {}
    codes = []
    for part in parts:
        at = np.array([numbers.setdefault(text, len(numbers)) for text in part.values], dtype=np.int32)
        codes.append(at[part.codes] if len(at) else part.codes)
    return Coded(list(numbers), np.concatenate(codes) if codes else np.empty(0, dtype=np.int32))


def joined(parts: Sequence[Coded], between: str = " ") -> Coded:
    """Cells of several columns of a row, joined by a blank; each distinct pair is joined once."""
    found = parts[0]
    for part in parts[1:]:
        width = max(len(part.values), 1)
        pairs, codes = np.unique(found.codes.astype(np.int64) * width + part.codes, return_inverse=True)
        texts = [f"{found.values[p // width]}{between}{part.values[p % width]}".strip() for p in pairs.tolist()]
        found = Coded(texts, codes.astype(np.int32)).changed(str)
    return found
