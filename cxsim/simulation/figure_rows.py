"""The rows of the long table of figures, found by figure, scope, name and kind of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.simulation.lazy import Later

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str, str, str]  # figure, scope, name ('' at scope total), 'total' | 'day' | 'interval'


class LaterFigures(Later):
    """A long table, not made yet; `table` makes all figures (None) or those named."""

    def __init__(self, table: Callable[[Sequence[str] | None], pd.DataFrame]) -> None:
        super().__init__(lambda: table(None))
        self.table = table


class FigureRows:
    """Some rows of the long table, and where each series of them stands."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def at(self, key: Key) -> pd.DataFrame:
        """The rows of a series, none where there are none."""
        return self._frame.iloc[self.places.get(key, [])]

    @cached_property
    def places(self) -> dict[Key, np.ndarray[Any, Any]]:
        """Row numbers by key; keys in the order in which figures, scopes and names first come."""
        frame = self._frame
        figure, figures = _coded(frame["figure"])
        scope, scopes = _coded(frame["scope"])
        name, names = _coded(frame["name"])
        interval, intervals = _coded(frame["interval"])
        kinds = ["total" if one == "total" else "day" if len(one) == 10 else "interval" for one in intervals]
        times = list(dict.fromkeys(kinds))
        when = np.array([times.index(kind) for kind in kinds], np.int64)[interval]
        name = np.where(np.array([one == "total" for one in scopes], np.bool_)[scope], 0, name + 1)
        names = ["", *names]
        code = ((figure * len(scopes) + scope) * len(names) + name) * len(times) + when
        order = np.argsort(code, kind="stable")
        begins = np.flatnonzero(np.diff(code[order], prepend=-1))
        found: dict[Key, np.ndarray[Any, Any]] = {}
        for rows in np.split(order, begins[1:]) if len(begins) else ():
            at = rows[0]
            found[figures[figure[at]], scopes[scope[at]], names[name[at]], times[when[at]]] = rows
        return found


def _coded(column: pd.Series[Any]) -> tuple[np.ndarray[Any, Any], list[str]]:
    """A column as numbers of its texts, in the order in which they first come."""
    import pandas as pd

    codes, texts = pd.factorize(column)
    return np.asarray(codes, np.int64), [str(text) for text in texts]
