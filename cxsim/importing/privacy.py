"""Names, numbers and addresses become ids: the same text the same id within an import, and never again afterwards."""

from __future__ import annotations

import hmac
import re
from os import urandom

from cxsim.tables.coded import Coded

BYTES = 6  # of an id: two of a million texts are alike by chance with a probability of .002
_NOBODY = re.compile(r"(?:none|null|n/?a|unknown|anonymous|private|withheld|unavailable|no_server|0)?", re.IGNORECASE)


class Ids:
    """Makes ids with a random key that is kept in memory only, so that nobody can try out who is behind one."""

    def __init__(self) -> None:
        self._key = urandom(32)

    def hidden(self, column: Coded, kind: str) -> Coded:
        """The column with an id such as agent-3f9a1c20b7d4 for each text; what names nobody becomes blank."""
        return column.changed(lambda text: f"{kind}-{self._id(text)}" if named(text) else "")

    def _id(self, text: str) -> str:
        return hmac.digest(self._key, text.casefold().encode(), "sha256")[:BYTES].hex()


def named(text: str) -> bool:
    """Whether a text names somebody."""
    return _NOBODY.fullmatch(text) is None


def kept(column: Coded) -> Coded:
    """The column as it is, without what names nobody."""
    return column.changed(lambda text: text if named(text) else "")
