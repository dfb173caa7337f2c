"""What somebody may have meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: object, known: Iterable[str]) -> str:
    """The known name most like `name`; empty when none is like it."""
    names = list(known)
    folded = {x.casefold(): x for x in names}
    close = difflib.get_close_matches(str(name).casefold(), list(folded), 1, 0.6)
    return folded[close[0]] if close else ""


def suggestion(name: object, known: Iterable[str], what: str) -> str:
    """`did you mean 'x'?`, or the list of what is known, or that nothing is."""
    names = list(known)
    close = nearest(name, names)
    if close:
        return f"did you mean {close!r}?"
    return f"{what}: {listing(names)}" if names else "none are defined"


def listing(names: Iterable[str], most: int = 12) -> str:
    """Names in a row, cut after `most`."""
    shown = list(names)
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")
